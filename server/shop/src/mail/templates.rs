//! What each email says, from nothing but the facts in its struct.

use till_core::money::Money;
use till_core::refunds::DisputeStatus;

use crate::contact::Contact;

/// Who sends the emails: what each of them shows of the shop.
#[derive(Clone, Debug)]
pub struct Sender {
    /// The shop's name.
    pub shop: String,
    /// The shop's address and links, which are absolute.
    pub contact: Contact,
    /// Whether this is a test shop, which takes no real payments.
    pub sandbox: bool,
}

/// What was ordered, and the link to it.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    /// The order number; `None` before it is paid.
    pub(crate) number: Option<String>,
    /// When it was paid, such as `28 November 2026, 14:05 CET`.
    pub(crate) paid_at: Option<String>,
    pub(crate) lines: Vec<Line>,
    pub(crate) subtotal: Money,
    /// Negative; `None` if there was none.
    pub(crate) discount: Option<Money>,
    /// The name of the chosen shipping rate.
    pub(crate) shipping_method: Option<String>,
    /// `None` if nothing is shipped. With a shipping method it may be zero.
    pub(crate) shipping: Option<Money>,
    /// `None` if there was none.
    pub(crate) tax: Option<Money>,
    /// Whether the other amounts include the tax.
    pub(crate) tax_included: bool,
    /// `None` before the payment if shipping, tax or a promotion code may change it.
    pub(crate) total: Option<Money>,
    /// The page of the order.
    pub(crate) url: String,
}

/// One product of an order.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) quantity: u32,
    pub(crate) name: String,
    /// The article number; only in an email to the owner.
    pub(crate) sku: Option<String>,
    /// Price times quantity.
    pub(crate) total: Money,
}

// ---- To the shopper ----

/// The payment is confirmed.
#[derive(Debug)]
pub(crate) struct Paid {
    pub(crate) number: String,
    /// Whether there was nothing to pay.
    pub(crate) is_free: bool,
    /// Whether the order is shipped.
    pub(crate) ships: bool,
    pub(crate) summary: Summary,
}

/// The link to an order, which someone has requested.
#[derive(Debug)]
pub(crate) struct OrderLink {
    pub(crate) number: String,
    pub(crate) summary: Summary,
}

/// The bank is processing the payment.
#[derive(Debug)]
pub(crate) struct Processing {
    pub(crate) summary: Summary,
}

/// The payment failed.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) shop_url: String,
    pub(crate) summary: Summary,
}

/// Paid too late: the units are sold out.
#[derive(Debug)]
pub(crate) struct PaidLate {
    pub(crate) number: String,
    /// The amount that is refunded automatically; `None` if the payment is kept.
    pub(crate) refunding: Option<Money>,
    pub(crate) summary: Summary,
}

/// A refund was made.
#[derive(Debug)]
pub(crate) struct Refunded {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) share: RefundShare,
    pub(crate) summary: Summary,
}

/// How much of the payment a refund is.
#[derive(Debug)]
pub(crate) enum RefundShare {
    /// The whole payment.
    InFull,
    /// A part of this payment.
    PartOf(Money),
    /// Unknown, because the refund is in another currency.
    OtherCurrency,
}

// ---- To the owner ----

/// There is a new order: what the owner needs to pack it.
#[derive(Debug)]
pub(crate) struct NewOrder {
    pub(crate) number: String,
    pub(crate) total: Money,
    /// Whether there was nothing to pay.
    pub(crate) is_free: bool,
    /// Why it must be checked first.
    pub(crate) flag: Option<String>,
    /// The lines of the shipping address; `None` if shoppers are not asked for one.
    pub(crate) ship_to: Option<Vec<String>>,
    pub(crate) shipping_method: Option<String>,
    /// The shopper's name, email address and telephone number, as far as they are known.
    pub(crate) ordered_by: Vec<String>,
    /// With article numbers.
    pub(crate) summary: Summary,
}

/// A payment arrived after the units were sold out.
#[derive(Debug)]
pub(crate) struct Oversold {
    pub(crate) number: String,
    pub(crate) payment: LatePayment,
    pub(crate) summary: Summary,
}

/// What happens to the payment of an oversold order.
#[derive(Debug)]
pub(crate) enum LatePayment {
    /// Nothing was due.
    Free,
    /// It is refunded automatically.
    Refunded,
    /// It is kept.
    Kept,
}

/// The payment differs from the quote.
#[derive(Debug)]
pub(crate) struct PaymentDiffers {
    pub(crate) number: String,
    /// How, in words.
    pub(crate) difference: String,
    /// Whether it is refunded automatically, because it also came too late.
    pub(crate) is_refunded: bool,
    pub(crate) summary: Summary,
}

/// A refund failed after it was sent.
#[derive(Debug)]
pub(crate) struct RefundFailed {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) summary: Summary,
}

/// A refund was cancelled before it was sent.
#[derive(Debug)]
pub(crate) struct RefundCancelled {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) summary: Summary,
}

/// A late payment could not be refunded.
#[derive(Debug)]
pub(crate) struct LateRefundRefused {
    pub(crate) number: String,
    pub(crate) total: Money,
    pub(crate) summary: Summary,
}

/// A refund that the owner has requested was not made.
#[derive(Debug)]
pub(crate) struct RequestedRefundRefused {
    pub(crate) number: String,
    pub(crate) amount: Money,
    pub(crate) summary: Summary,
}

/// The shopper's bank has opened an inquiry.
#[derive(Debug)]
pub(crate) struct Inquiry {
    pub(crate) number: String,
    pub(crate) amount: String,
    /// The bank's reason.
    pub(crate) reason: Option<String>,
    pub(crate) summary: Summary,
}

/// The shopper's bank has disputed the payment.
#[derive(Debug)]
pub(crate) struct Disputed {
    pub(crate) number: String,
    pub(crate) amount: String,
    /// The bank's reason.
    pub(crate) reason: Option<String>,
    /// Stripe's word, if this version does not know the status.
    pub(crate) unknown_status: Option<String>,
    pub(crate) summary: Summary,
}

/// A dispute has ended.
#[derive(Debug)]
pub(crate) struct DisputeClosed {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) status: DisputeStatus,
    /// Whether the owner was notified of another decision before.
    pub(crate) decided_again: bool,
    pub(crate) summary: Summary,
}

/// Stripe refuses to start payments.
#[derive(Debug)]
pub(crate) struct PaymentsRefused {
    /// When it happened last.
    pub(crate) at: String,
    /// Stripe's reason.
    pub(crate) detail: String,
}

/// Stripe sends webhooks that cannot be used.
#[derive(Debug)]
pub(crate) struct UnusableEvents {
    /// When it happened last.
    pub(crate) at: String,
    /// What was sent.
    pub(crate) detail: String,
    pub(crate) shop_url: String,
}

/// The email of `till mail test`.
#[derive(Debug)]
pub(crate) struct TestMail {
    pub(crate) shop_url: String,
}

// ---- Words ----

/// What an email says, without greeting and footer.
pub(crate) struct Words<'a> {
    pub(crate) subject: String,
    pub(crate) heading: &'static str,
    pub(crate) paragraphs: Vec<String>,
    pub(crate) summary: Option<&'a Summary>,
    pub(crate) blocks: Vec<Block>,
    pub(crate) link: (&'static str, String),
}

/// Lines below a title.
#[derive(Clone, Debug)]
pub(crate) struct Block {
    pub(crate) title: &'static str,
    pub(crate) lines: Vec<String>,
}

/// An email that can be written from these facts.
pub(crate) trait MailTemplate {
    fn words(&self, sender: &Sender) -> Words<'_>;
}

fn about_order<'a>(
    summary: &'a Summary,
    subject: String,
    heading: &'static str,
    paragraphs: Vec<String>,
) -> Words<'a> {
    Words {
        subject,
        heading,
        paragraphs,
        summary: Some(summary),
        blocks: Vec::new(),
        link: ("View this order", summary.url.clone()),
    }
}

fn attention<'a>(
    number: &str,
    what: &str,
    summary: &'a Summary,
    paragraphs: Vec<String>,
) -> Words<'a> {
    let subject = format!("Order {number}: {what}");
    about_order(
        summary,
        subject,
        "An order needs your attention",
        paragraphs,
    )
}

impl MailTemplate for Paid {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let (number, shop) = (&self.number, &sender.shop);
        let confirmed = if self.is_free {
            format!("Your order {number} is confirmed. There was nothing to pay.")
        } else {
            format!("We’ve received your payment, and your order {number} is confirmed.")
        };
        let mut paragraphs = vec![confirmed];
        if self.ships {
            paragraphs.push("We’ll send it to the address on your order page.".to_owned());
        }
        paragraphs.push(
            "Your order page shows what you ordered and what you paid. Keep this email so that \
             you can find the page again."
                .to_owned(),
        );
        about_order(
            &self.summary,
            format!("Your order {number} from {shop}"),
            "Thank you for your order",
            paragraphs,
        )
    }
}

impl MailTemplate for OrderLink {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let (number, shop) = (&self.number, &sender.shop);
        about_order(
            &self.summary,
            format!("The link to your order {number} at {shop}"),
            "The link to your order",
            vec![
                format!(
                    "Someone entered this email address and asked for the link to your order \
                     {number}. Here it is."
                ),
                "If that wasn’t you, you can ignore this email: no one else has received it."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for Processing {
    fn words(&self, sender: &Sender) -> Words<'_> {
        about_order(
            &self.summary,
            format!("Your payment to {} is being processed", sender.shop),
            "Your bank is processing the payment",
            vec![
                "With this payment method it can take a few working days. There’s nothing more \
                 you need to do, and please don’t pay again."
                    .to_owned(),
                "The products you ordered are reserved for you. We’ll email you when the payment \
                 has arrived, or if it fails."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for Failed {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let url = &self.shop_url;
        about_order(
            &self.summary,
            format!("Your payment to {} did not go through", sender.shop),
            "The payment did not go through",
            vec![
                "The payment wasn’t completed. Nothing was charged, and nothing will be sent."
                    .to_owned(),
                format!(
                    "The products you chose are no longer reserved for you. If you’d still like \
                     them, please order again at {url}."
                ),
            ],
        )
    }
}

impl MailTemplate for PaidLate {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let apology = "Your payment arrived after your checkout had expired. By then the products \
                       you chose had been sold to others, and there aren’t enough left. We’re \
                       sorry."
            .to_owned();
        let next = match self.refunding {
            Some(amount) => format!(
                "We’re refunding you in full ({amount}). No action is needed: we’ll email you \
                 when the refund is on its way."
            ),
            None => "We’ve kept your order. We’ll contact you about when we can deliver it, or \
                     refund you."
                .to_owned(),
        };
        about_order(
            &self.summary,
            format!("About your order {} at {}", self.number, sender.shop),
            "Your payment arrived too late",
            vec![apology, next],
        )
    }
}

impl MailTemplate for Refunded {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, &self.amount);
        let refunded = match self.share {
            RefundShare::OtherCurrency => {
                format!("We’ve refunded {amount} for your order {number}.")
            }
            RefundShare::InFull => {
                format!("We’ve refunded your order {number} in full ({amount}).")
            }
            RefundShare::PartOf(paid) => {
                format!("We’ve refunded {amount} of the {paid} you paid for your order {number}.")
            }
        };
        about_order(
            &self.summary,
            format!("Your refund from {}: {amount}", sender.shop),
            "Your refund is on its way",
            vec![
                refunded,
                "It will go back to the card or account you paid with, and usually appears on \
                 your statement within five to ten days. No action is needed."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for NewOrder {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, total) = (&self.number, self.total);
        let mut paragraphs = Vec::new();
        if let Some(flag) = &self.flag {
            paragraphs.push(format!(
                "Check it before you send anything: {flag}. A separate email says more."
            ));
        }
        let payment = match self.is_free {
            true => "There was nothing to pay.".to_owned(),
            false => format!("{total} has been paid."),
        };
        paragraphs.push(format!(
            "{payment} The items are below; till orders show {number} prints all details."
        ));
        let mut words = about_order(
            &self.summary,
            format!("New order {number}: {total}"),
            "You have a new order",
            paragraphs,
        );
        let not_asked = "Shoppers are not asked for an address (SHIPPING_COUNTRIES).";
        let ship_to = self.ship_to.clone();
        words.blocks.push(Block {
            title: "Ship to",
            lines: ship_to.unwrap_or_else(|| vec![not_asked.to_owned()]),
        });
        if let Some(method) = &self.shipping_method {
            words.blocks.push(Block {
                title: "Shipping method",
                lines: vec![method.clone()],
            });
        }
        if !self.ordered_by.is_empty() {
            words.blocks.push(Block {
                title: "Ordered by",
                lines: self.ordered_by.clone(),
            });
        }
        words
    }
}

impl MailTemplate for Oversold {
    fn words(&self, _: &Sender) -> Words<'_> {
        let number = &self.number;
        let next = match self.payment {
            LatePayment::Free => {
                "Nothing was due, so there is nothing to refund. The shopper expects to hear from \
                 you: get more units, or tell them there are none."
            }
            LatePayment::Refunded => {
                "The payment is refunded automatically (LATE_PAYMENT=refund), and the shopper is \
                 notified. No action is needed unless another email says that the refund failed."
            }
            LatePayment::Kept => {
                "The payment is kept (LATE_PAYMENT=accept), and the shopper expects to hear from \
                 you: get more units, or refund the payment in Stripe’s dashboard."
            }
        };
        attention(
            number,
            "paid too late, and oversold",
            &self.summary,
            vec![
                format!(
                    "The payment for order {number} arrived after its checkout had expired, and \
                     after its items had been sold."
                ),
                next.to_owned(),
            ],
        )
    }
}

impl MailTemplate for PaymentDiffers {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, difference) = (&self.number, &self.difference);
        let next = if self.is_refunded {
            "It also arrived after its items had been sold, and is refunded automatically \
             (LATE_PAYMENT=refund). Compare the refund with the payment in Stripe’s dashboard."
        } else {
            "The order was created all the same. Compare it with its payment in Stripe’s \
             dashboard before you send anything."
        };
        attention(
            number,
            "the payment differs from the quote",
            &self.summary,
            vec![
                format!(
                    "The payment for order {number} differs from what the shop quoted \
                     ({difference})."
                ),
                next.to_owned(),
            ],
        )
    }
}

impl MailTemplate for RefundFailed {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, &self.amount);
        attention(
            number,
            "a refund has failed",
            &self.summary,
            vec![
                format!(
                    "The refund of {amount} for order {number} was returned: the money is back in \
                     your account, and the shopper did not receive it."
                ),
                "Arrange another way to refund the shopper. Stripe’s dashboard shows why it \
                 failed."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for RefundCancelled {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, &self.amount);
        attention(
            number,
            "a refund was cancelled",
            &self.summary,
            vec![
                format!(
                    "The refund of {amount} for order {number} was cancelled before it was sent: \
                     you have the money, and the shopper may have been told that it is on its way."
                ),
                "If it is still due, make the refund again in Stripe’s dashboard.".to_owned(),
            ],
        )
    }
}

impl MailTemplate for LateRefundRefused {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, total) = (&self.number, self.total);
        attention(
            number,
            "late payment could not be refunded",
            &self.summary,
            vec![
                format!(
                    "The payment for order {number} arrived too late and should be refunded, but \
                     the refund could not be made. The shopper is waiting for {total}."
                ),
                "till outbox list says why. When that is fixed, run till outbox retry, or make \
                 the refund in Stripe’s dashboard: Till will pick it up."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for RequestedRefundRefused {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, self.amount);
        attention(
            number,
            "a refund could not be made",
            &self.summary,
            vec![
                format!(
                    "The refund of {amount} for order {number} that you requested could not be \
                     made. The shopper was not notified."
                ),
                "till orders show says why. When that is fixed, request the refund again, or make \
                 it in Stripe’s dashboard: Till will pick it up."
                    .to_owned(),
            ],
        )
    }
}

fn because(reason: Option<&String>) -> String {
    reason.map_or_else(String::new, |reason| format!(" (reason given: {reason})"))
}

impl MailTemplate for Inquiry {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, &self.amount);
        let because = because(self.reason.as_ref());
        attention(
            number,
            "the bank has opened an inquiry",
            &self.summary,
            vec![
                format!(
                    "The shopper’s bank has opened an inquiry about {amount} for order \
                     {number}{because}. No money has been withdrawn from you."
                ),
                "Respond in Stripe’s dashboard before the deadline shown there, or refund the \
                 payment: without a response it may become a dispute."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for Disputed {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, &self.amount);
        let because = because(self.reason.as_ref());
        let unknown = self.unknown_status.as_ref().map(|status| {
            format!(
                " Its status at Stripe is “{status}”, which this version of Till does not know."
            )
        });
        attention(
            number,
            "payment disputed",
            &self.summary,
            vec![
                format!(
                    "The shopper’s bank has disputed {amount} of order {number}{because}.{}",
                    unknown.unwrap_or_default()
                ),
                "Respond in Stripe’s dashboard before the deadline shown there. If you don’t \
                 respond, you lose the dispute. Don’t refund the payment in the meantime."
                    .to_owned(),
            ],
        )
    }
}

impl MailTemplate for DisputeClosed {
    fn words(&self, _: &Sender) -> Words<'_> {
        let (number, amount) = (&self.number, &self.amount);
        let end = match self.status {
            DisputeStatus::Won => "was decided in your favour: the money stays with you",
            DisputeStatus::Lost => "was decided in the shopper’s favour: the money is gone",
            DisputeStatus::WarningClosed => "ended as an inquiry: nothing was withdrawn",
            DisputeStatus::ChargeRefunded => "ended because the payment was refunded",
            _ => "has ended",
        };
        let (what, begin) = match self.decided_again {
            false => ("a dispute has ended", ""),
            true => (
                "a dispute was decided again",
                "This replaces an earlier decision. ",
            ),
        };
        attention(
            number,
            what,
            &self.summary,
            vec![
                format!("{begin}The dispute about {amount} for order {number} {end}."),
                "Stripe’s dashboard has the details.".to_owned(),
            ],
        )
    }
}

fn about_shop(
    subject: String,
    heading: &'static str,
    paragraphs: Vec<String>,
    link: (&'static str, String),
) -> Words<'static> {
    Words {
        subject,
        heading,
        paragraphs,
        summary: None,
        blocks: Vec::new(),
        link,
    }
}

fn dashboard() -> (&'static str, String) {
    (
        "Stripe’s dashboard",
        "https://dashboard.stripe.com/".to_owned(),
    )
}

impl MailTemplate for PaymentsRefused {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let (at, detail) = (&self.at, &self.detail);
        about_shop(
            format!("{} cannot take payments", sender.shop),
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
            dashboard(),
        )
    }
}

impl MailTemplate for UnusableEvents {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let (at, detail, url) = (&self.at, &self.detail, &self.shop_url);
        about_shop(
            format!("{} receives webhooks that it cannot use", sender.shop),
            "These webhooks cannot be used",
            vec![
                format!(
                    "At {at} Stripe sent {detail}. Till needs complete events, which Stripe calls \
                     “snapshot”."
                ),
                format!(
                    "In Stripe’s dashboard, create a webhook endpoint for {url}/webhooks/stripe \
                     with the payload style “snapshot”, set STRIPE_WEBHOOK_SECRET to its signing \
                     secret, and remove the old endpoint. The README lists the events."
                ),
                "Until then, Till fetches payments from Stripe every few minutes: no order is \
                 lost, but each arrives a few minutes late. You get this email at most once a day."
                    .to_owned(),
            ],
            dashboard(),
        )
    }
}

impl MailTemplate for TestMail {
    fn words(&self, sender: &Sender) -> Words<'_> {
        let shop = &sender.shop;
        about_shop(
            format!("Test email from {shop}"),
            "Email works",
            vec![format!(
                "This test email was sent by till mail test. If it is not in your spam folder, \
                 emails will reach the shoppers of {shop} too."
            )],
            ("The shop", self.shop_url.clone()),
        )
    }
}

impl Summary {
    pub(crate) fn title(&self) -> String {
        match (&self.number, &self.paid_at) {
            (Some(number), Some(paid_at)) => format!("Order {number}, {paid_at}"),
            _ => "Order".to_owned(),
        }
    }

    pub(crate) fn line_rows(&self) -> Vec<(String, Money)> {
        let label = |line: &Line| match &line.sku {
            Some(sku) => format!("{} × {} ({sku})", line.quantity, line.name),
            None => format!("{} × {}", line.quantity, line.name),
        };
        let lines = self.lines.iter();
        lines.map(|line| (label(line), line.total)).collect()
    }

    pub(crate) fn total_rows(&self) -> Vec<(String, Money)> {
        let shipping = match &self.shipping_method {
            Some(method) => format!("Shipping ({method})"),
            None => "Shipping".to_owned(),
        };
        let tax = if self.tax_included {
            "Tax (included)"
        } else {
            "Tax"
        };
        let mut totals: Vec<_> = [
            self.discount.map(|amount| ("Discount".to_owned(), amount)),
            self.shipping.map(|amount| (shipping, amount)),
            self.tax.map(|amount| (tax.to_owned(), amount)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if !totals.is_empty() {
            totals.insert(0, ("Subtotal".to_owned(), self.subtotal));
        }
        totals.extend(self.total.map(|total| ("Total".to_owned(), total)));
        totals
    }
}
