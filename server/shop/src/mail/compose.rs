//! From a task and the rows it is about to the words of its mail. Everything is read when the mail is made, not when it was asked
//! for: what has changed since is said as it is now, or not said at all.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::letter::{Block, Letter, Link, Recipient, Row, Summary};
use super::one_line;
use crate::Shop;
use crate::catalog;
use crate::checkout::{CheckoutError, Quote, find};
use crate::entity::{
    checkout, dispute, order, order_line, outbox, refund, refund_request, stripe_event,
};
use crate::inbox::payload::{Envelope, SessionPayload};
use crate::lifecycle::CheckoutState;
use crate::money::{self, MinorUnit, Money};
use crate::money_back::{Certainty, DisputeStatus, RefundStatus};
use crate::notice::{self, Notice};
use crate::orders::{self, Flag};
use crate::outbox::{Attention, Mail, Task};
use crate::view::OrderView;

/// What became of a mail that was asked for.
#[derive(Debug)]
pub(crate) enum Composed {
    /// It can be sent.
    Letter(Box<Letter>),
    /// It is not to be sent, for this reason.
    Nothing(&'static str),
}

/// The rows that a mail is about.
struct Facts<'a> {
    shop: &'a Shop,
    quote: Quote,
    order: Option<order::Model>,
    view: OrderView,
}

/// What differs from mail to mail.
struct Words {
    subject: String,
    heading: &'static str,
    paragraphs: Vec<String>,
}

/// Makes the mail.
pub(crate) async fn compose(
    shop: &Shop,
    checkout: &str,
    mail: &Mail,
) -> Result<Composed, CheckoutError> {
    if let Mail::Notice { notice, .. } = mail {
        return of_shop(shop, *notice).await;
    }
    let facts = facts(shop, checkout).await?;
    if let Some(reason) = outdated(&facts, mail) {
        return Ok(Composed::Nothing(reason));
    }
    let words = match mail {
        Mail::Paid => paid(&facts),
        Mail::Processing => processing(&facts),
        Mail::Failed => failed(&facts),
        Mail::PaidLate { refunding } => paid_late(&facts, *refunding),
        Mail::Refunded { refund } => match refunded(&facts, refund).await? {
            Some(words) => words,
            None => return Ok(Composed::Nothing("the refund does not go on")),
        },
        Mail::NewOrder => match new_order(&facts) {
            Some(words) => words,
            None => return Ok(Composed::Nothing("there is no order")),
        },
        Mail::OrderLink { .. } => order_link(&facts),
        Mail::Attention { reason } => match attention(&facts, reason).await? {
            Some(words) => words,
            None => return Ok(Composed::Nothing("decided otherwise meanwhile")),
        },
        Mail::Notice { .. } => return Ok(Composed::Nothing("it belongs to no checkout")),
    };
    let to = match mail {
        Mail::NewOrder | Mail::Attention { .. } => Some(Recipient::Owner),
        _ => shopper(&facts).await?,
    };
    let Some(to) = to else {
        return Ok(Composed::Nothing("no address"));
    };
    let mut letter = letter(&facts, to, words);
    if *mail == Mail::NewOrder {
        to_pack(&facts, &mut letter).await?;
    }
    Ok(Composed::Letter(Box::new(letter)))
}

/// To the owner, about the shop as a whole.
async fn of_shop(shop: &Shop, notice: Notice) -> Result<Composed, CheckoutError> {
    let reader = shop.database.reader();
    let Some(seen) = notice::seen(reader, notice).await? else {
        return Ok(Composed::Nothing("there is nothing to tell any more"));
    };
    let settings = &shop.settings;
    let (name, detail) = (one_line(&settings.name), one_line(&seen.detail));
    let at = settings.time_zone.in_a_table(seen.at);
    let (subject, heading, paragraphs) = match notice {
        Notice::PaymentsRefused => (
            format!("{name} cannot take payments"),
            "Stripe refuses payments",
            vec![
                format!("At {at} a shopper wanted to pay, and Stripe refused to begin the payment. Stripe's reason: {detail}."),
                "Shoppers are told that the shop cannot take payments at the moment. Nothing was charged.".to_owned(),
                "Run till doctor on the server: it begins a payment as a shopper would, ends it at once, and says what to put right. You get this email at most once an hour.".to_owned(),
            ],
        ),
        Notice::UnusableEvents => (
            format!("{name} gets webhooks that it cannot use"),
            "These webhooks cannot be used",
            vec![
                format!("At {at} Stripe sent {detail}. Till needs whole events, which Stripe calls \u{201c}snapshot\u{201d}."),
                format!("In Stripe's dashboard, make a webhook endpoint for {}/webhooks/stripe with the payload style \u{201c}snapshot\u{201d}, set STRIPE_WEBHOOK_SECRET to its signing secret, and remove the other one. The README lists the events.", settings.public_url),
                "Until then payments are found by asking Stripe every few minutes: no order is lost, but each comes some minutes late. You get this email at most once a day.".to_owned(),
            ],
        ),
    };
    Ok(Composed::Letter(Box::new(Letter {
        to: Recipient::Owner,
        subject,
        heading: heading.to_owned(),
        greeting: "Hello,".to_owned(),
        paragraphs,
        summary: None,
        blocks: Vec::new(),
        link: Link {
            label: "Stripe's dashboard".to_owned(),
            url: "https://dashboard.stripe.com/".to_owned(),
        },
        shop: name,
        contact: settings.contact.in_mails(&settings.public_url),
        sandbox: !settings.livemode,
    })))
}

async fn facts<'a>(shop: &'a Shop, checkout: &str) -> Result<Facts<'a>, CheckoutError> {
    let reader = shop.database.reader();
    let quote = find(reader, checkout::Column::Id.eq(checkout))
        .await?
        .ok_or(CheckoutError::Row("there is no such checkout"))?;
    let token = quote
        .checkout
        .token
        .parse()
        .map_err(|_| CheckoutError::Row("not a token"))?;
    let view = orders::by_token(shop, &token)
        .await?
        .ok_or(CheckoutError::Row("there is no such checkout"))?;
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(checkout))
        .one(reader)
        .await?;
    Ok(Facts {
        shop,
        quote,
        order,
        view,
    })
}

/// Why a mail has nothing to say any more.
fn outdated(facts: &Facts<'_>, mail: &Mail) -> Option<&'static str> {
    let given_back = || {
        // Not what is under way: it may fail before anybody has heard of it.
        let back = facts.view.refunded.amount.0;
        facts
            .order
            .as_ref()
            .is_some_and(|order| back >= order.amount_total && back > 0)
    };
    match (mail, facts.quote.state) {
        (Mail::Paid | Mail::NewOrder, _) if given_back() => Some("given back meanwhile"),
        (Mail::Processing | Mail::Failed, CheckoutState::Paid) => Some("paid meanwhile"),
        (Mail::Processing, CheckoutState::Failed) => Some("failed meanwhile"),
        _ => None,
    }
}

/// Who paid: as the order has it, or, before there is one, as the session's events say.
async fn shopper(facts: &Facts<'_>) -> Result<Option<Recipient>, CheckoutError> {
    if let Some(order) = &facts.order {
        let name = order.customer_name.clone();
        return Ok(recipient(order.customer_email.clone(), name));
    }
    let events = stripe_event::Entity::find()
        .filter(stripe_event::Column::CheckoutId.eq(&facts.quote.checkout.id))
        .filter(stripe_event::Column::Type.starts_with("checkout.session."))
        .order_by_desc(stripe_event::Column::CreatedAt)
        .order_by_desc(stripe_event::Column::Id)
        .all(facts.shop.database.reader())
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

fn paid(facts: &Facts<'_>) -> Words {
    let (name, shop) = (facts.name(), facts.shop_name());
    let mut paragraphs = vec![format!(
        "We have received your payment, and your {name} is confirmed."
    )];
    if facts.view.ships {
        paragraphs.push("We will send it to the address on your order page.".to_owned());
    }
    paragraphs.push(
        "Your order page shows what you ordered and paid. Keep this email to find it again."
            .to_owned(),
    );
    Words {
        subject: format!("Your {name} at {shop}"),
        heading: "Thank you for your order",
        paragraphs,
    }
}

fn order_link(facts: &Facts<'_>) -> Words {
    let (name, shop) = (facts.name(), facts.shop_name());
    Words {
        subject: format!("The link to your {name} at {shop}"),
        heading: "The link to your order",
        paragraphs: vec![
            format!(
                "Somebody has asked for the link to your {name}, with this email address. Here it is."
            ),
            "If it was not you, you can ignore this email: nobody else has received it.".to_owned(),
        ],
    }
}

fn processing(facts: &Facts<'_>) -> Words {
    let shop = facts.shop_name();
    Words {
        subject: format!("Your payment to {shop} is under way"),
        heading: "Your payment is under way",
        paragraphs: vec![
            "Your bank needs some days for this payment. You need not do anything, and please do not pay again.".to_owned(),
            "What you ordered is set aside for you. We write again as soon as the payment has arrived, or if it fails.".to_owned(),
        ],
    }
}

fn failed(facts: &Facts<'_>) -> Words {
    let shop = facts.shop_name();
    let url = &facts.shop.settings.public_url;
    Words {
        subject: format!("Your payment to {shop} has failed"),
        heading: "Your payment has failed",
        paragraphs: vec![
            "Your bank did not complete the payment. Nothing was charged, and nothing will be sent.".to_owned(),
            format!("What you chose is free for others again. If you still want it, please order again at {url}."),
        ],
    }
}

fn paid_late(facts: &Facts<'_>, refunding: bool) -> Words {
    let (name, shop) = (facts.name(), facts.shop_name());
    let sorry = "Your payment arrived after the time for it was over. Meanwhile others have bought what you chose, and there is not enough left. We are sorry.".to_owned();
    let next = if refunding {
        format!(
            "We give you back all that you paid, {}. You need not do anything: we write again when the money is on its way.",
            facts.total()
        )
    } else {
        "Your order stands, and we look after it in person: we write to you about when it can be delivered, or give you the money back.".to_owned()
    };
    Words {
        subject: format!("About your {name} at {shop}"),
        heading: "Your payment came too late",
        paragraphs: vec![sorry, next],
    }
}

/// `None` where the refund will not arrive.
async fn refunded(facts: &Facts<'_>, id: &str) -> Result<Option<Words>, CheckoutError> {
    let (refund, status) = facts.refund(id).await?;
    if !status.is_under_way() {
        return Ok(None);
    }
    let (name, shop) = (facts.name(), facts.shop_name());
    let amount = money::written(refund.amount, &refund.currency);
    let order = facts.order.as_ref();
    let same_currency = order.is_some_and(|order| order.currency == refund.currency);
    let all = order.is_some_and(|order| order.amount_total == refund.amount);
    let what = if !same_currency {
        format!("We have refunded {amount} for your {name}.")
    } else if all {
        format!("We have refunded all that you paid for your {name}: {amount}.")
    } else {
        format!(
            "We have refunded {amount} of the {} that you paid for your {name}.",
            facts.total()
        )
    };
    Ok(Some(Words {
        subject: format!("Your refund from {shop}: {amount}"),
        heading: "Your money is on its way back",
        paragraphs: vec![
            what,
            "It goes back the way you paid. Banks take five to ten days until it shows on your statement; you do not need to do anything.".to_owned(),
        ],
    }))
}

// ---- To the owner ----

/// `None` where there is no order.
fn new_order(facts: &Facts<'_>) -> Option<Words> {
    let order = facts.order.as_ref()?;
    let (number, total) = (&order.number, facts.total());
    let mut paragraphs = Vec::new();
    let flag = order.flag.as_ref().map(|flag| {
        let known = Flag::ALL.into_iter().find(|known| known.as_str() == flag);
        known.map_or_else(|| flag.clone(), |known| known.words().to_owned())
    });
    if let Some(flag) = flag {
        paragraphs.push(format!(
            "Check it before you send anything: {flag}. Another email says more."
        ));
    }
    paragraphs.push(format!(
        "{total} is paid. The items are below; till orders show {number} has all the details."
    ));
    Some(Words {
        subject: format!("New order {number}: {total}"),
        heading: "You have a new order",
        paragraphs,
    })
}

/// Adds what the owner needs to pack an order: article numbers, where it goes, by which way to
/// ship, and how its buyer is reached.
async fn to_pack(facts: &Facts<'_>, letter: &mut Letter) -> Result<(), CheckoutError> {
    let Some(order) = &facts.order else {
        return Ok(());
    };
    let products: Vec<i64> = order_line::Entity::find()
        .select_only()
        .column(order_line::Column::ProductId)
        .filter(order_line::Column::OrderId.eq(order.id))
        // As the lines of the page.
        .order_by_asc(order_line::Column::ProductId)
        .into_tuple()
        .all(facts.shop.database.reader())
        .await?;
    let skus = catalog::skus(&facts.shop.database, products.clone()).await?;
    if let Some(summary) = &mut letter.summary {
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
    match &facts.view.destination {
        Some(destination) => letter
            .blocks
            .push(block("Ship to", destination.lines.clone())),
        None => letter.blocks.push(block(
            "Ship to",
            vec!["Shoppers are not asked for an address (SHIPPING_COUNTRIES).".to_owned()],
        )),
    }
    if let Some(method) = &order.shipping_method {
        letter.blocks.push(block("Ship by", vec![method.clone()]));
    }
    let buyer = [
        &order.customer_name,
        &order.customer_email,
        &order.customer_phone,
    ];
    let buyer: Vec<String> = buyer.into_iter().flatten().cloned().collect();
    if !buyer.is_empty() {
        letter.blocks.push(block("Bought by", buyer));
    }
    Ok(())
}

/// `None` where something else counts by now: another task tells of it.
async fn attention(facts: &Facts<'_>, reason: &Attention) -> Result<Option<Words>, CheckoutError> {
    let name = facts.name();
    let (what, paragraphs) = match reason {
        Attention::Flagged { flag } => flagged(facts, flag).await?,
        Attention::RefundFailed { refund } => {
            let (refund, status) = facts.refund(refund).await?;
            let amount = money::written(refund.amount, &refund.currency);
            if status == RefundStatus::Canceled {
                (
                    "a refund was cancelled",
                    vec![
                        format!("The refund of {amount} for {name} was given up before it was sent: the money is with you, and the shopper may have been told that it comes."),
                        "If it is still owed, make the refund again in Stripe's dashboard.".to_owned(),
                    ],
                )
            } else {
            (
                "a refund has failed",
                vec![
                    format!("The refund of {amount} for {name} came back: the money is with you again, and the shopper has not got it."),
                    "Find another way to give it back, together with the shopper. Stripe's dashboard shows why it failed.".to_owned(),
                ],
            )
            }
        }
        Attention::RefundRefused { .. } => (
            "it could not be refunded",
            vec![
                format!("The payment of {name} came too late and should go back, but the refund could not be made. The shopper waits for {}.", facts.total()),
                "till outbox list says why. When that is mended, till outbox retry asks again; or make the refund in Stripe's dashboard, and the shop will know.".to_owned(),
            ],
        ),
        Attention::RequestRefused { request, .. } => {
            let amount = facts.requested(*request).await?;
            (
                "a refund could not be made",
                vec![
                    format!("The refund of {amount} for {name} that you asked for could not be made. The shopper was not told."),
                    "till orders show says why. When that is solved, ask for the refund again, or make it in Stripe's dashboard: the shop will notice.".to_owned(),
                ],
            )
        }
        Attention::Inquiry { dispute } => {
            let (amount, because, _) = facts.dispute(dispute).await?;
            (
                "the bank asks about its payment",
                vec![
                    format!("The shopper's bank asks about {amount} for {name}{because}. Nothing has been taken from you."),
                    "Answer in Stripe's dashboard before the date that stands there, or give the money back: without an answer it may become a dispute.".to_owned(),
                ],
            )
        }
        Attention::Disputed { dispute } => {
            let (amount, because, status) = facts.dispute(dispute).await?;
            let unknown = status.filter(|status| status.parse() == Ok(DisputeStatus::Unknown));
            let unknown = unknown.map(|status| {
                let status = one_line(&status);
                format!(" Stripe calls its state \u{201c}{status}\u{201d}, which this version of Till does not know.")
            });
            (
                "its payment is disputed",
                vec![
                    format!("The shopper's bank has called {amount} for {name} into question{because}.{}", unknown.unwrap_or_default()),
                    "Answer it in Stripe's dashboard before the date that stands there; a dispute without an answer is lost. Do not refund it meanwhile.".to_owned(),
                ],
            )
        }
        Attention::DisputeClosed {
            dispute,
            status,
            turned_at,
        } => {
            let (amount, _, current) = facts.dispute(dispute).await?;
            if current.is_some_and(|current| current != *status) {
                return Ok(None);
            }
            let end = match status.parse() {
                Ok(DisputeStatus::Won) => "was decided for you: the money stays with you",
                Ok(DisputeStatus::Lost) => "was decided for the shopper: the money is gone",
                Ok(DisputeStatus::WarningClosed) => "ended as an inquiry: nothing was taken",
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
                    "Stripe's dashboard has the details.".to_owned(),
                ],
            )
        }
    };
    Ok(Some(Words {
        subject: format!("{}: {what}", capitalised(&name)),
        heading: "An order needs your attention",
        paragraphs,
    }))
}

async fn flagged(
    facts: &Facts<'_>,
    flag: &str,
) -> Result<(&'static str, Vec<String>), CheckoutError> {
    let name = facts.name();
    let refund = Task::refund().key(&facts.quote.checkout.id);
    let goes_back = outbox::Entity::find()
        .filter(outbox::Column::Key.eq(refund))
        .one(facts.shop.database.reader())
        .await?
        .is_some();
    if flag != Flag::Oversold.as_str() {
        let known = Flag::ALL.into_iter().find(|known| known.as_str() == flag);
        let words = known.map_or_else(|| flag.to_owned(), |known| known.words().to_owned());
        let differs =
            format!("The payment of {name} differs from what the shop promised ({words}).");
        let next = if goes_back {
            "It also came when its pieces were gone, and is given back by itself, as LATE_PAYMENT=refund says. Compare the refund with the payment in Stripe's dashboard."
        } else {
            "The order stands. Compare it with its payment in Stripe's dashboard before you send anything."
        };
        return Ok((
            "what was paid is not what was promised",
            vec![differs, next.to_owned()],
        ));
    }
    let nothing_was_due = facts
        .order
        .as_ref()
        .is_some_and(|order| order.amount_total == 0);
    let next = if nothing_was_due {
        "Nothing was due, so nothing goes back. The shopper expects to hear from you: get more pieces, or write that there are none."
    } else if goes_back {
        "The payment is given back by itself, as LATE_PAYMENT=refund says, and the shopper is told. You need not do anything unless another mail says that the refund failed."
    } else {
        "The payment stands, as LATE_PAYMENT=accept says, and the shopper expects to hear from you: get more pieces, or give the money back in Stripe's dashboard."
    };
    Ok((
        "paid too late, and oversold",
        vec![
            format!(
                "The payment of {name} came after its time was over, when others had bought the pieces."
            ),
            next.to_owned(),
        ],
    ))
}

// ---- What they are made of ----

impl Facts<'_> {
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

    /// The amount of a refund that the owner has asked for.
    async fn requested(&self, request: i64) -> Result<Money, CheckoutError> {
        let request = refund_request::Entity::find_by_id(request)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such request for a refund"))?;
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

    /// The amount of a dispute, its reason as the end of a sentence, and its status; `None` while
    /// that is contested.
    async fn dispute(&self, id: &str) -> Result<(String, String, Option<String>), CheckoutError> {
        let dispute = dispute::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such dispute"))?;
        let reason = dispute.reason.map(|reason| {
            let words = one_line(&reason.replace('_', " "));
            format!(" ({words})")
        });
        let amount = money::written(dispute.amount, &dispute.currency);
        let certain = dispute.certainty != Certainty::Contested.as_str();
        let status = certain.then_some(dispute.status);
        Ok((amount, reason.unwrap_or_default(), status))
    }
}

fn capitalised(words: &str) -> String {
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

fn letter(facts: &Facts<'_>, to: Recipient, words: Words) -> Letter {
    let settings = &facts.shop.settings;
    let greeting = match &to {
        Recipient::Shopper {
            name: Some(name), ..
        } => format!("Hello {},", one_line(name)),
        _ => "Hello,".to_owned(),
    };
    Letter {
        to,
        subject: words.subject,
        heading: words.heading.to_owned(),
        greeting,
        paragraphs: words.paragraphs,
        summary: Some(summary(facts)),
        blocks: Vec::new(),
        link: Link {
            label: "The page of this order".to_owned(),
            url: format!(
                "{}/orders/{}",
                settings.public_url, facts.quote.checkout.token
            ),
        },
        shop: facts.shop_name(),
        contact: settings.contact.in_mails(&settings.public_url),
        sandbox: !settings.livemode,
    }
}

fn summary(facts: &Facts<'_>) -> Summary {
    let view = &facts.view;
    let mut title = capitalised(&facts.name());
    if let Some(order) = &facts.order {
        let zone = &facts.shop.settings.time_zone;
        title = format!("{title}, {}", zone.in_words(order.paid_at));
    }
    let row = |label: &str, amount: Money| Row {
        label: label.to_owned(),
        amount: amount.to_string(),
    };
    let lines = view.lines.iter().map(|line| Row {
        label: format!("{} × {}", line.quantity, one_line(&line.name)),
        amount: line.total.to_string(),
    });
    let taken_off = MinorUnit(view.discount.amount.0.saturating_neg()).of(view.discount.currency);
    let shipping = match &view.shipping_method {
        Some(method) => format!("Shipping ({})", one_line(method)),
        None => "Shipping".to_owned(),
    };
    let mut totals: Vec<_> = [
        ("Discount", taken_off),
        (shipping.as_str(), view.shipping),
        (
            if view.tax_included {
                "Tax, included"
            } else {
                "Tax"
            },
            view.tax,
        ),
    ]
    .into_iter()
    // A way to ship is named also where it costs nothing.
    .filter(|(label, amount)| {
        amount.amount != MinorUnit::ZERO || (*label == shipping && view.shipping_method.is_some())
    })
    .map(|(label, amount)| row(label, amount))
    .collect();
    if !totals.is_empty() {
        totals.insert(0, row("Subtotal", view.subtotal));
    }
    // Not known before the payment where shipping, tax or a promotion code may change it.
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
        assert_eq!(capitalised("order 12"), "Order 12");
        assert_eq!(capitalised(""), "");
    }
}
