//! Composes the email of an outbox task from the current rows: an email describes the state when
//! it is composed, not when its task was created, and is skipped if it no longer applies.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::email::{Block, Email, Link, Recipient, Row, Summary};
use super::one_line;
use crate::Shop;
use crate::catalog;
use crate::checkout::{CheckoutError, Quote, find};
use crate::entity::{
    checkout, dispute, order, order_line, outbox, refund, refund_request, stripe_event,
};
use crate::inbox::payload::{Envelope, SessionPayload};
use crate::notice::{self, Notice};
use crate::orders::{self, Flag};
use crate::outbox::{Attention, Mail, Task};
use till_core::lifecycle::CheckoutState;
use till_core::money::{self, MinorUnit, Money};
use till_core::refunds::{Certainty, DisputeStatus, RefundStatus};
use till_core::view::OrderView;

/// Whether an email is still to be sent.
#[derive(Debug)]
pub(crate) enum ComposeOutcome {
    /// The email to send.
    Email(Box<Email>),
    /// It is not sent, for this reason.
    Skip(&'static str),
}

/// The rows that an email is about.
struct MailContext<'a> {
    shop: &'a Shop,
    quote: Quote,
    order: Option<order::Model>,
    view: OrderView,
}

/// The text of one email, without greeting, summary and footer.
struct MailText {
    subject: String,
    heading: &'static str,
    paragraphs: Vec<String>,
}

/// Composes the email about a checkout, or about the whole shop if it is a notice.
pub(crate) async fn compose(
    shop: &Shop,
    checkout: &str,
    mail: &Mail,
) -> Result<ComposeOutcome, CheckoutError> {
    if let Mail::Notice { notice, .. } = mail {
        return compose_notice(shop, *notice).await;
    }
    let context = load_context(shop, checkout).await?;
    if let Some(reason) = skip_reason(&context, mail) {
        return Ok(ComposeOutcome::Skip(reason));
    }
    let text = match mail {
        Mail::Paid => paid(&context),
        Mail::Processing => processing(&context),
        Mail::Failed => failed(&context),
        Mail::PaidLate { refunding } => paid_late(&context, *refunding),
        Mail::Refunded { refund } => match refunded(&context, refund).await? {
            Some(text) => text,
            None => return Ok(ComposeOutcome::Skip("the refund failed or was cancelled")),
        },
        Mail::NewOrder => match new_order(&context) {
            Some(text) => text,
            None => return Ok(ComposeOutcome::Skip("there is no order")),
        },
        Mail::OrderLink { .. } => order_link(&context),
        Mail::Attention { reason } => match attention(&context, reason).await? {
            Some(text) => text,
            None => return Ok(ComposeOutcome::Skip("superseded by another decision")),
        },
        Mail::Notice { .. } => return Ok(ComposeOutcome::Skip("it belongs to no checkout")),
    };
    let to = match mail {
        Mail::NewOrder | Mail::Attention { .. } => Some(Recipient::Owner),
        _ => find_shopper(&context).await?,
    };
    let Some(to) = to else {
        return Ok(ComposeOutcome::Skip("no email address"));
    };
    let mut email = build_email(&context, to, text);
    if *mail == Mail::NewOrder {
        add_packing_details(&context, &mut email).await?;
    }
    Ok(ComposeOutcome::Email(Box::new(email)))
}

/// Composes an email to the owner about the shop as a whole.
async fn compose_notice(shop: &Shop, notice: Notice) -> Result<ComposeOutcome, CheckoutError> {
    let reader = shop.database.reader();
    let Some(last_seen) = notice::last_seen(reader, notice).await? else {
        return Ok(ComposeOutcome::Skip("there is nothing left to report"));
    };
    let settings = &shop.settings;
    let (name, detail) = (one_line(&settings.name), one_line(&last_seen.detail));
    let at = settings.time_zone.format_table(last_seen.at);
    let (subject, heading, paragraphs) = match notice {
        Notice::PaymentsRefused => (
            format!("{name} cannot take payments"),
            "Stripe refused a payment",
            vec![
                format!(
                    "At {at} a shopper tried to pay, and Stripe refused to start the payment. \
                     Stripe’s reason: {detail}."
                ),
                "Shoppers see that the shop cannot take payments at the moment. Nothing was \
                 charged."
                    .to_owned(),
                "Run till doctor on the server: it starts a payment as a shopper would, cancels \
                 it immediately, and says what to fix. You get this email at most once an hour."
                    .to_owned(),
            ],
        ),
        Notice::UnusableEvents => (
            format!("{name} receives webhooks that it cannot use"),
            "These webhooks cannot be used",
            vec![
                format!(
                    "At {at} Stripe sent {detail}. Till needs complete events, which Stripe calls \
                     “snapshot”."
                ),
                format!(
                    "In Stripe’s dashboard, create a webhook endpoint for {}/webhooks/stripe with \
                     the payload style “snapshot”, set STRIPE_WEBHOOK_SECRET to its signing \
                     secret, and remove the old endpoint. The README lists the events.",
                    settings.public_url
                ),
                "Until then, Till fetches payments from Stripe every few minutes: no order is \
                 lost, but each arrives a few minutes late. You get this email at most once a day."
                    .to_owned(),
            ],
        ),
    };
    Ok(ComposeOutcome::Email(Box::new(Email {
        to: Recipient::Owner,
        subject,
        heading: heading.to_owned(),
        greeting: "Hello,".to_owned(),
        paragraphs,
        summary: None,
        blocks: Vec::new(),
        link: Link {
            label: "Stripe’s dashboard".to_owned(),
            url: "https://dashboard.stripe.com/".to_owned(),
        },
        shop: name,
        contact: settings.contact.with_absolute_links(&settings.public_url),
        sandbox: !settings.livemode,
    })))
}

async fn load_context<'a>(
    shop: &'a Shop,
    checkout: &str,
) -> Result<MailContext<'a>, CheckoutError> {
    let reader = shop.database.reader();
    let quote = find(reader, checkout::Column::Id.eq(checkout))
        .await?
        .ok_or(CheckoutError::Row("there is no such checkout"))?;
    let token = quote
        .checkout
        .token
        .parse()
        .map_err(|_| CheckoutError::Row("invalid order token"))?;
    let view = orders::by_token(shop, &token)
        .await?
        .ok_or(CheckoutError::Row("there is no such checkout"))?;
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(checkout))
        .one(reader)
        .await?;
    Ok(MailContext {
        shop,
        quote,
        order,
        view,
    })
}

/// Why an email no longer applies.
fn skip_reason(context: &MailContext<'_>, mail: &Mail) -> Option<&'static str> {
    let fully_refunded = || {
        // Pending refunds do not count: they may fail before the shopper has heard of them.
        let refunded = context.view.refunded.amount.0;
        context
            .order
            .as_ref()
            .is_some_and(|order| refunded >= order.amount_total && refunded > 0)
    };
    match (mail, context.quote.state) {
        (Mail::Paid | Mail::NewOrder, _) if fully_refunded() => Some("already refunded"),
        (Mail::Processing | Mail::Failed, CheckoutState::Paid) => Some("has since been paid"),
        (Mail::Processing, CheckoutState::Failed) => Some("has since failed"),
        _ => None,
    }
}

/// The shopper, from the order, or from the session's latest event if there is no order yet.
async fn find_shopper(context: &MailContext<'_>) -> Result<Option<Recipient>, CheckoutError> {
    if let Some(order) = &context.order {
        let name = order.customer_name.clone();
        return Ok(recipient(order.customer_email.clone(), name));
    }
    let events = stripe_event::Entity::find()
        .filter(stripe_event::Column::CheckoutId.eq(&context.quote.checkout.id))
        .filter(stripe_event::Column::Type.starts_with("checkout.session."))
        .order_by_desc(stripe_event::Column::CreatedAt)
        .order_by_desc(stripe_event::Column::Id)
        .all(context.shop.database.reader())
        .await?;
    Ok(events.iter().find_map(|event| {
        let object = Envelope::read(&event.payload)?.data.object;
        let session: SessionPayload = serde_json::from_value(object).ok()?;
        let customer = session.customer_details?;
        recipient(customer.email, customer.name)
    }))
}

fn recipient(address: Option<String>, name: Option<String>) -> Option<Recipient> {
    let address = address.filter(|address| !address.trim().is_empty())?;
    Some(Recipient::Shopper { address, name })
}

// ---- To the shopper ----

fn paid(context: &MailContext<'_>) -> MailText {
    let (name, shop) = (context.name(), context.shop_name());
    let confirmed = if context.total().amount == MinorUnit::ZERO {
        format!("Your {name} is confirmed. There was nothing to pay.")
    } else {
        format!("We’ve received your payment, and your {name} is confirmed.")
    };
    let mut paragraphs = vec![confirmed];
    if context.view.ships {
        paragraphs.push("We’ll send it to the address on your order page.".to_owned());
    }
    paragraphs.push(
        "Your order page shows what you ordered and what you paid. Keep this email so that you \
         can find the page again."
            .to_owned(),
    );
    MailText {
        subject: format!("Your {name} from {shop}"),
        heading: "Thank you for your order",
        paragraphs,
    }
}

fn order_link(context: &MailContext<'_>) -> MailText {
    let (name, shop) = (context.name(), context.shop_name());
    MailText {
        subject: format!("The link to your {name} at {shop}"),
        heading: "The link to your order",
        paragraphs: vec![
            format!(
                "Someone entered this email address and asked for the link to your {name}. Here \
                 it is."
            ),
            "If that wasn’t you, you can ignore this email: no one else has received it."
                .to_owned(),
        ],
    }
}

fn processing(context: &MailContext<'_>) -> MailText {
    let shop = context.shop_name();
    MailText {
        subject: format!("Your payment to {shop} is being processed"),
        heading: "Your bank is processing the payment",
        paragraphs: vec![
            "With this payment method it can take a few working days. There’s nothing more you \
             need to do, and please don’t pay again."
                .to_owned(),
            "The products you ordered are reserved for you. We’ll email you when the payment has \
             arrived, or if it fails."
                .to_owned(),
        ],
    }
}

fn failed(context: &MailContext<'_>) -> MailText {
    let shop = context.shop_name();
    let url = &context.shop.settings.public_url;
    MailText {
        subject: format!("Your payment to {shop} did not go through"),
        heading: "The payment did not go through",
        paragraphs: vec![
            "The payment wasn’t completed. Nothing was charged, and nothing will be sent."
                .to_owned(),
            format!(
                "The products you chose are no longer reserved for you. If you’d still like them, \
                 please order again at {url}."
            ),
        ],
    }
}

fn paid_late(context: &MailContext<'_>, refunding: bool) -> MailText {
    let (name, shop) = (context.name(), context.shop_name());
    let apology = "Your payment arrived after your checkout had expired. By then the products you \
                   chose had been sold to others, and there aren’t enough left. We’re sorry."
        .to_owned();
    let next = if refunding {
        format!(
            "We’re refunding you in full ({}). No action is needed: we’ll email you when the \
             refund is on its way.",
            context.total()
        )
    } else {
        "We’ve kept your order. We’ll contact you about when we can deliver it, or refund you."
            .to_owned()
    };
    MailText {
        subject: format!("About your {name} at {shop}"),
        heading: "Your payment arrived too late",
        paragraphs: vec![apology, next],
    }
}

/// Returns `None` if the refund failed or was cancelled.
async fn refunded(context: &MailContext<'_>, id: &str) -> Result<Option<MailText>, CheckoutError> {
    let (refund, status) = context.refund(id).await?;
    if !status.is_under_way() {
        return Ok(None);
    }
    let (name, shop) = (context.name(), context.shop_name());
    let amount = money::format_amount(refund.amount, &refund.currency);
    let order = context.order.as_ref();
    let same_currency = order.is_some_and(|order| order.currency == refund.currency);
    let is_full = order.is_some_and(|order| order.amount_total == refund.amount);
    let refunded = if !same_currency {
        format!("We’ve refunded {amount} for your {name}.")
    } else if is_full {
        format!("We’ve refunded your {name} in full ({amount}).")
    } else {
        format!(
            "We’ve refunded {amount} of the {} you paid for your {name}.",
            context.total()
        )
    };
    Ok(Some(MailText {
        subject: format!("Your refund from {shop}: {amount}"),
        heading: "Your refund is on its way",
        paragraphs: vec![
            refunded,
            "It will go back to the card or account you paid with, and usually appears on your \
             statement within five to ten days. No action is needed."
                .to_owned(),
        ],
    }))
}

// ---- To the owner ----

/// Returns `None` if there is no order.
fn new_order(context: &MailContext<'_>) -> Option<MailText> {
    let order = context.order.as_ref()?;
    let (number, total) = (&order.number, context.total());
    let mut paragraphs = Vec::new();
    let flag = order.flag.as_ref().map(|flag| {
        let known = Flag::ALL.into_iter().find(|known| known.as_str() == flag);
        known.map_or_else(|| flag.clone(), |known| known.words().to_owned())
    });
    if let Some(flag) = flag {
        paragraphs.push(format!(
            "Check it before you send anything: {flag}. A separate email says more."
        ));
    }
    let payment = match order.amount_total {
        0 => "There was nothing to pay.".to_owned(),
        _ => format!("{total} has been paid."),
    };
    paragraphs.push(format!(
        "{payment} The items are below; till orders show {number} prints all details."
    ));
    Some(MailText {
        subject: format!("New order {number}: {total}"),
        heading: "You have a new order",
        paragraphs,
    })
}

/// Adds what the owner needs to pack an order: article numbers, the shipping address and method,
/// and the shopper's contact details.
async fn add_packing_details(
    context: &MailContext<'_>,
    email: &mut Email,
) -> Result<(), CheckoutError> {
    let Some(order) = &context.order else {
        return Ok(());
    };
    let products: Vec<i64> = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::ProductId)
        .filter(order_line::Column::OrderId.eq(order.id))
        // In the order of the summary's lines.
        .order_by_asc(order_line::Column::ProductId)
        .into_tuple()
        .all(context.shop.database.reader())
        .await?;
    let skus = catalog::skus(&context.shop.database, products.clone()).await?;
    if let Some(summary) = &mut email.summary {
        for (row, product) in summary.lines.iter_mut().zip(products) {
            if let Some(sku) = skus.get(&product) {
                row.label = format!("{} ({})", row.label, one_line(sku));
            }
        }
    }
    let block = |title: &str, lines: Vec<String>| Block {
        title: title.to_owned(),
        lines: lines.iter().map(|line| one_line(line)).collect(),
    };
    match &context.view.destination {
        Some(destination) => email
            .blocks
            .push(block("Ship to", destination.lines.clone())),
        None => email.blocks.push(block(
            "Ship to",
            vec!["Shoppers are not asked for an address (SHIPPING_COUNTRIES).".to_owned()],
        )),
    }
    if let Some(method) = &order.shipping_method {
        email
            .blocks
            .push(block("Shipping method", vec![method.clone()]));
    }
    let shopper = [
        &order.customer_name,
        &order.customer_email,
        &order.customer_phone,
    ];
    let shopper: Vec<String> = shopper.into_iter().flatten().cloned().collect();
    if !shopper.is_empty() {
        email.blocks.push(block("Ordered by", shopper));
    }
    Ok(())
}

/// Returns `None` if the reason no longer applies; another task then reports the current one.
async fn attention(
    context: &MailContext<'_>,
    reason: &Attention,
) -> Result<Option<MailText>, CheckoutError> {
    let name = context.name();
    let (what, paragraphs) = match reason {
        Attention::Flagged { flag } => flagged(context, flag).await?,
        Attention::RefundFailed { refund } => {
            let (refund, status) = context.refund(refund).await?;
            let amount = money::format_amount(refund.amount, &refund.currency);
            if status == RefundStatus::Canceled {
                (
                    "a refund was cancelled",
                    vec![
                        format!(
                            "The refund of {amount} for {name} was cancelled before it was sent: \
                             you have the money, and the shopper may have been told that it is on \
                             its way."
                        ),
                        "If it is still due, make the refund again in Stripe’s dashboard."
                            .to_owned(),
                    ],
                )
            } else {
                (
                    "a refund has failed",
                    vec![
                        format!(
                            "The refund of {amount} for {name} was returned: the money is back in \
                             your account, and the shopper did not receive it."
                        ),
                        "Arrange another way to refund the shopper. Stripe’s dashboard shows why \
                         it failed."
                            .to_owned(),
                    ],
                )
            }
        }
        Attention::RefundRefused { .. } => (
            "late payment could not be refunded",
            vec![
                format!(
                    "The payment for {name} arrived too late and should be refunded, but the \
                     refund could not be made. The shopper is waiting for {}.",
                    context.total()
                ),
                "till outbox list says why. When that is fixed, run till outbox retry, or make \
                 the refund in Stripe’s dashboard: Till will pick it up."
                    .to_owned(),
            ],
        ),
        Attention::RequestRefused { request, .. } => {
            let amount = context.requested_amount(*request).await?;
            (
                "a refund could not be made",
                vec![
                    format!(
                        "The refund of {amount} for {name} that you requested could not be made. \
                         The shopper was not notified."
                    ),
                    "till orders show says why. When that is fixed, request the refund again, or \
                     make it in Stripe’s dashboard: Till will pick it up."
                        .to_owned(),
                ],
            )
        }
        Attention::Inquiry { dispute } => {
            let (amount, because, _) = context.dispute(dispute).await?;
            (
                "the bank has opened an inquiry",
                vec![
                    format!(
                        "The shopper’s bank has opened an inquiry about {amount} for \
                         {name}{because}. No money has been withdrawn from you."
                    ),
                    "Respond in Stripe’s dashboard before the deadline shown there, or refund the \
                     payment: without a response it may become a dispute."
                        .to_owned(),
                ],
            )
        }
        Attention::Disputed { dispute } => {
            let (amount, because, status) = context.dispute(dispute).await?;
            let unknown = status.filter(|status| status.parse() == Ok(DisputeStatus::Unknown));
            let unknown = unknown.map(|status| {
                let status = one_line(&status);
                format!(
                    " Its status at Stripe is “{status}”, which this version of Till does not \
                     know."
                )
            });
            (
                "payment disputed",
                vec![
                    format!(
                        "The shopper’s bank has disputed {amount} of {name}{because}.{}",
                        unknown.unwrap_or_default()
                    ),
                    "Respond in Stripe’s dashboard before the deadline shown there. If you don’t \
                     respond, you lose the dispute. Don’t refund the payment in the meantime."
                        .to_owned(),
                ],
            )
        }
        Attention::DisputeClosed {
            dispute,
            status,
            turned_at,
        } => {
            let (amount, _, current) = context.dispute(dispute).await?;
            if current.is_some_and(|current| current != *status) {
                return Ok(None);
            }
            let end = match status.parse() {
                Ok(DisputeStatus::Won) => "was decided in your favour: the money stays with you",
                Ok(DisputeStatus::Lost) => "was decided in the shopper’s favour: the money is gone",
                Ok(DisputeStatus::WarningClosed) => "ended as an inquiry: nothing was withdrawn",
                Ok(DisputeStatus::ChargeRefunded) => "ended because the payment was refunded",
                _ => "has ended",
            };
            let (what, begin) = match turned_at {
                None => ("a dispute has ended", ""),
                Some(_) => (
                    "a dispute was decided again",
                    "This replaces an earlier decision. ",
                ),
            };
            (
                what,
                vec![
                    format!("{begin}The dispute about {amount} for {name} {end}."),
                    "Stripe’s dashboard has the details.".to_owned(),
                ],
            )
        }
    };
    Ok(Some(MailText {
        subject: format!("{}: {what}", capitalized(&name)),
        heading: "An order needs your attention",
        paragraphs,
    }))
}

async fn flagged(
    context: &MailContext<'_>,
    flag: &str,
) -> Result<(&'static str, Vec<String>), CheckoutError> {
    let name = context.name();
    let refund = Task::refund().key(&context.quote.checkout.id);
    let is_refunded = outbox::Entity::find()
        .filter(outbox::Column::Key.eq(refund))
        .one(context.shop.database.reader())
        .await?
        .is_some();
    if flag != Flag::Oversold.as_str() {
        let known = Flag::ALL.into_iter().find(|known| known.as_str() == flag);
        let words = known.map_or_else(|| flag.to_owned(), |known| known.words().to_owned());
        let differs =
            format!("The payment for {name} differs from what the shop quoted ({words}).");
        let next = if is_refunded {
            "It also arrived after its items had been sold, and is refunded automatically \
             (LATE_PAYMENT=refund). Compare the refund with the payment in Stripe’s dashboard."
        } else {
            "The order was created all the same. Compare it with its payment in Stripe’s \
             dashboard before you send anything."
        };
        return Ok((
            "the payment differs from the quote",
            vec![differs, next.to_owned()],
        ));
    }
    let nothing_was_due = context
        .order
        .as_ref()
        .is_some_and(|order| order.amount_total == 0);
    let next = if nothing_was_due {
        "Nothing was due, so there is nothing to refund. The shopper expects to hear from you: \
         get more units, or tell them there are none."
    } else if is_refunded {
        "The payment is refunded automatically (LATE_PAYMENT=refund), and the shopper is \
         notified. No action is needed unless another email says that the refund failed."
    } else {
        "The payment is kept (LATE_PAYMENT=accept), and the shopper expects to hear from you: get \
         more units, or refund the payment in Stripe’s dashboard."
    };
    Ok((
        "paid too late, and oversold",
        vec![
            format!(
                "The payment for {name} arrived after its checkout had expired, and after its \
                 items had been sold."
            ),
            next.to_owned(),
        ],
    ))
}

// ---- Building blocks ----

impl MailContext<'_> {
    fn shop_name(&self) -> String {
        one_line(&self.shop.settings.name)
    }

    /// `order K7QM-3XPA`, or `order` before it has a number.
    fn name(&self) -> String {
        match &self.order {
            Some(order) => format!("order {}", order.number),
            None => "order".to_owned(),
        }
    }

    fn money(&self, amount: i64) -> Money {
        MinorUnit(amount).of(self.view.subtotal.currency)
    }

    fn total(&self) -> Money {
        let order = self.order.as_ref();
        self.money(order.map_or(self.quote.checkout.amount_subtotal, |order| {
            order.amount_total
        }))
    }

    /// The amount of a refund that the owner has requested.
    async fn requested_amount(&self, request: i64) -> Result<Money, CheckoutError> {
        let request = refund_request::Entity::find_by_id(request)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such refund request"))?;
        Ok(self.money(request.amount))
    }

    async fn refund(&self, id: &str) -> Result<(refund::Model, RefundStatus), CheckoutError> {
        let refund = refund::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such refund"))?;
        let Ok(status) = refund.status.parse();
        Ok((refund, status))
    }

    /// The amount of a dispute, its reason in parentheses, and its status: `None` while that is
    /// contested.
    async fn dispute(&self, id: &str) -> Result<(String, String, Option<String>), CheckoutError> {
        let dispute = dispute::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such dispute"))?;
        let reason = dispute.reason.map(|reason| {
            let words = one_line(&reason.replace('_', " "));
            format!(" (reason given: {words})")
        });
        let amount = money::format_amount(dispute.amount, &dispute.currency);
        let certain = dispute.certainty != Certainty::Contested.as_str();
        let status = certain.then_some(dispute.status);
        Ok((amount, reason.unwrap_or_default(), status))
    }
}

fn capitalized(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn build_email(context: &MailContext<'_>, to: Recipient, text: MailText) -> Email {
    let settings = &context.shop.settings;
    let greeting = match &to {
        Recipient::Shopper {
            name: Some(name), ..
        } => format!("Hello {},", one_line(name)),
        _ => "Hello,".to_owned(),
    };
    Email {
        to,
        subject: text.subject,
        heading: text.heading.to_owned(),
        greeting,
        paragraphs: text.paragraphs,
        summary: Some(summary(context)),
        blocks: Vec::new(),
        link: Link {
            label: "View this order".to_owned(),
            url: format!(
                "{}/orders/{}",
                settings.public_url, context.quote.checkout.token
            ),
        },
        shop: context.shop_name(),
        contact: settings.contact.with_absolute_links(&settings.public_url),
        sandbox: !settings.livemode,
    }
}

fn summary(context: &MailContext<'_>) -> Summary {
    let view = &context.view;
    let mut title = capitalized(&context.name());
    if let Some(order) = &context.order {
        let zone = &context.shop.settings.time_zone;
        title = format!("{title}, {}", zone.format_long(order.paid_at));
    }
    let row = |label: &str, amount: Money| Row {
        label: label.to_owned(),
        amount: amount.to_string(),
    };
    let lines = view.lines.iter().map(|line| Row {
        label: format!("{} × {}", line.quantity, one_line(&line.name)),
        amount: line.total.to_string(),
    });
    let discount = MinorUnit(view.discount.amount.0.saturating_neg()).of(view.discount.currency);
    let shipping = match &view.shipping_method {
        Some(method) => format!("Shipping ({})", one_line(method)),
        None => "Shipping".to_owned(),
    };
    let mut totals: Vec<_> = [
        ("Discount", discount),
        (shipping.as_str(), view.shipping),
        (
            if view.tax_included {
                "Tax (included)"
            } else {
                "Tax"
            },
            view.tax,
        ),
    ]
    .into_iter()
    // A free shipping method is listed, too.
    .filter(|(label, amount)| {
        amount.amount != MinorUnit::ZERO || (*label == shipping && view.shipping_method.is_some())
    })
    .map(|(label, amount)| row(label, amount))
    .collect();
    if !totals.is_empty() {
        totals.insert(0, row("Subtotal", view.subtotal));
    }
    // Unknown before the payment if shipping, tax or a promotion code may change it.
    totals.extend(view.total.map(|total| row("Total", total)));
    Summary {
        title,
        lines: lines.collect(),
        totals,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sentence_begins_with_a_capital() {
        assert_eq!(capitalized("order 12"), "Order 12");
        assert_eq!(capitalized(""), "");
    }
}
