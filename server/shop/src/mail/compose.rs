//! From a task and the rows it is about to the words of its mail. Everything is read when the mail is made, not when it was asked
//! for: what has changed since is said as it is now, or not said at all.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};

use super::letter::{Letter, Link, Recipient, Row, Summary};
use super::one_line;
use crate::Shop;
use crate::checkout::{CheckoutError, Quote, find};
use crate::contact::Contact;
use crate::entity::{checkout, dispute, order, outbox, refund, stripe_event};
use crate::inbox::payload::{Envelope, SessionPayload};
use crate::lifecycle::CheckoutState;
use crate::money::{MinorUnit, Money};
use crate::money_back::{Certainty, DisputeStatus, RefundStatus};
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
        Mail::OrderLink { .. } => order_link(&facts),
        Mail::Attention { reason } => match attention(&facts, reason).await? {
            Some(words) => words,
            None => return Ok(Composed::Nothing("decided otherwise meanwhile")),
        },
    };
    let to = match mail {
        Mail::Attention { .. } => Some(Recipient::Owner),
        _ => shopper(&facts).await?,
    };
    let Some(to) = to else {
        return Ok(Composed::Nothing("no address"));
    };
    Ok(Composed::Letter(Box::new(letter(&facts, to, words))))
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
        (Mail::Paid, _) if given_back() => Some("given back meanwhile"),
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
        "Your payment has arrived, and your {name} is confirmed."
    )];
    if facts.view.ships {
        paragraphs.push("We send it to the address on its page.".to_owned());
    }
    paragraphs.push(
        "Its page shows what you ordered and paid. Keep this mail to find it again.".to_owned(),
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
                "Somebody with your {name} and your mail address has asked for the link to its page. Here it is."
            ),
            "If it was not you, there is nothing that you need to do: only you get this mail."
                .to_owned(),
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
    let amount = facts.money(refund.amount);
    let all = facts
        .order
        .as_ref()
        .is_some_and(|order| order.amount_total == refund.amount);
    let what = if all {
        format!("We have given back all that you paid for your {name}: {amount}.")
    } else {
        format!(
            "We have given back {amount} of the {} that you paid for your {name}.",
            facts.total()
        )
    };
    Ok(Some(Words {
        subject: format!("Your refund from {shop}: {amount}"),
        heading: "Your money is on its way back",
        paragraphs: vec![
            what,
            "It goes back the way you paid. Banks take five to ten days until it shows on your statement; you need not do anything.".to_owned(),
        ],
    }))
}

// ---- To the owner ----

/// `None` where something else counts by now: another task tells of it.
async fn attention(facts: &Facts<'_>, reason: &Attention) -> Result<Option<Words>, CheckoutError> {
    let name = facts.name();
    let (what, paragraphs) = match reason {
        Attention::Flagged { flag } => flagged(facts, flag).await?,
        Attention::RefundFailed { refund } => {
            let (refund, status) = facts.refund(refund).await?;
            let amount = facts.money(refund.amount);
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
            let (amount, because, _) = facts.dispute(dispute).await?;
            (
                "its payment is disputed",
                vec![
                    format!("The shopper's bank has called {amount} for {name} into question{because}."),
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
        let differs =
            format!("The payment of {name} differs from what the shop promised ({flag}).");
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

    async fn refund(&self, id: &str) -> Result<(refund::Model, RefundStatus), CheckoutError> {
        let refund = refund::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such refund"))?;
        let status = refund
            .status
            .parse()
            .map_err(|_| CheckoutError::Row("a refund without a status"))?;
        Ok((refund, status))
    }

    /// The amount of a dispute, its reason as the end of a sentence, and its status; `None` while
    /// that is contested.
    async fn dispute(&self, id: &str) -> Result<(Money, String, Option<String>), CheckoutError> {
        let dispute = dispute::Entity::find_by_id(id)
            .one(self.shop.database.reader())
            .await?
            .ok_or(CheckoutError::Row("there is no such dispute"))?;
        let reason = dispute.reason.map(|reason| {
            let words = one_line(&reason.replace('_', " "));
            format!(" ({words})")
        });
        let amount = self.money(dispute.amount);
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
        link: Link {
            label: "The page of this order".to_owned(),
            url: format!(
                "{}/orders/{}",
                settings.public_url, facts.quote.checkout.token
            ),
        },
        shop: facts.shop_name(),
        contact: Contact {
            links: settings.contact.links_from(&settings.public_url),
            ..settings.contact.clone()
        },
        sandbox: settings.sandbox,
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
    let mut totals: Vec<_> = [
        ("Discount", taken_off),
        ("Shipping", view.shipping),
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
    .filter(|(_, amount)| amount.amount != MinorUnit::ZERO)
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
