//! The emails: for each a struct of the facts that it is about, and three files below
//! `templates/mail` that say them: the subject, the plain text and the HTML.
//!
//! In a template `mail` is the email's struct, `sender` the [`Sender`], and `name` the shopper's
//! name. askama compiles the templates, so a missing fact is a compile error.

use askama::Template;
use till_core::money::Money;
use till_core::refunds::DisputeStatus;
use till_core::view::{BuyerView, TaxView};

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
    /// The same by rate; empty if that is not known.
    pub(crate) taxes: Vec<TaxView>,
    /// Whether the other amounts include the tax.
    pub(crate) tax_included: bool,
    /// `None` before the payment if shipping, tax or a promotion code may change it.
    pub(crate) total: Option<Money>,
    /// Company, tax ids, note and invoice.
    pub(crate) buyer: BuyerView,
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

impl Summary {
    /// Whether anything is added to the subtotal or taken off it, so that it is shown.
    fn has_parts(&self) -> bool {
        self.discount.is_some() || self.shipping.is_some() || self.tax.is_some()
    }

    /// Whether anything is shown below the lines.
    fn has_totals(&self) -> bool {
        self.has_parts() || self.total.is_some()
    }
}

/// An email without its recipient.
#[derive(Debug)]
pub(crate) struct Rendered {
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
}

/// An email that is written from these facts.
pub(crate) trait MailTemplate {
    /// Renders the email, which greets this name.
    ///
    /// # Errors
    /// If a template fails, which no email makes it do.
    fn render(&self, name: Option<&str>, sender: &Sender) -> Result<Rendered, askama::Error>;
}

/// Names the three files of an email.
macro_rules! files {
    ($mail:ident, $subject:literal, $text:literal, $html:literal) => {
        impl MailTemplate for $mail {
            fn render(
                &self,
                name: Option<&str>,
                sender: &Sender,
            ) -> Result<Rendered, askama::Error> {
                #[derive(Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    mail: &'a $mail,
                    sender: &'a Sender,
                }
                #[derive(Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    name: Option<&'a str>,
                    mail: &'a $mail,
                    sender: &'a Sender,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    subject: String,
                    name: Option<&'a str>,
                    mail: &'a $mail,
                    sender: &'a Sender,
                }
                let subject = Subject { mail: self, sender };
                let text = Text {
                    name,
                    mail: subject.mail,
                    sender: subject.sender,
                };
                let html = Html {
                    subject: subject.render()?,
                    name: text.name,
                    mail: text.mail,
                    sender: text.sender,
                };
                Ok(Rendered {
                    text: text.render()?,
                    html: html.render()?,
                    subject: html.subject,
                })
            }
        }
    };
}

pub(super) use files;

// ---- To the shopper ----

/// The payment is confirmed.
#[derive(Debug)]
pub(crate) struct Paid {
    pub(crate) number: String,
    /// Whether there was nothing to pay.
    pub(crate) is_free: bool,
    /// Whether the order is shipped.
    pub(crate) ships: bool,
    /// Where the shopper can withdraw from the contract, if the shop offers that.
    pub(crate) withdrawal_url: Option<String>,
    pub(crate) summary: Summary,
    /// The terms and the right of withdrawal.
    pub(crate) policies: Vec<PolicyText>,
}

/// One of the shop's policies.
#[derive(Debug)]
pub(crate) struct PolicyText {
    /// The code of its language.
    pub(crate) language: &'static str,
    pub(crate) title: String,
    pub(crate) text: String,
    /// Safe HTML.
    pub(crate) html: String,
}

files!(
    Paid,
    "mail/shopper/paid.subject.txt",
    "mail/shopper/paid.txt",
    "mail/shopper/paid.html"
);

/// The link to an order, which someone has requested.
#[derive(Debug)]
pub(crate) struct OrderLink {
    pub(crate) number: String,
    pub(crate) summary: Summary,
}

files!(
    OrderLink,
    "mail/shopper/order_link.subject.txt",
    "mail/shopper/order_link.txt",
    "mail/shopper/order_link.html"
);

/// The bank is processing the payment.
#[derive(Debug)]
pub(crate) struct Processing {
    pub(crate) summary: Summary,
}

files!(
    Processing,
    "mail/shopper/processing.subject.txt",
    "mail/shopper/processing.txt",
    "mail/shopper/processing.html"
);

/// The payment failed.
#[derive(Debug)]
pub(crate) struct Failed {
    pub(crate) shop_url: String,
    pub(crate) summary: Summary,
}

files!(
    Failed,
    "mail/shopper/failed.subject.txt",
    "mail/shopper/failed.txt",
    "mail/shopper/failed.html"
);

/// Paid too late: the units are sold out.
#[derive(Debug)]
pub(crate) struct PaidLate {
    pub(crate) number: String,
    /// The amount that is refunded automatically; `None` if the payment is kept.
    pub(crate) refunding: Option<Money>,
    pub(crate) summary: Summary,
}

files!(
    PaidLate,
    "mail/shopper/paid_late.subject.txt",
    "mail/shopper/paid_late.txt",
    "mail/shopper/paid_late.html"
);

/// A refund was made.
#[derive(Debug)]
pub(crate) struct Refunded {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) share: RefundShare,
    pub(crate) summary: Summary,
}

files!(
    Refunded,
    "mail/shopper/refunded.subject.txt",
    "mail/shopper/refunded.txt",
    "mail/shopper/refunded.html"
);

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

files!(
    NewOrder,
    "mail/owner/new_order.subject.txt",
    "mail/owner/new_order.txt",
    "mail/owner/new_order.html"
);

/// A payment arrived after the units were sold out.
#[derive(Debug)]
pub(crate) struct Oversold {
    pub(crate) number: String,
    pub(crate) payment: LatePayment,
    pub(crate) summary: Summary,
}

files!(
    Oversold,
    "mail/owner/oversold.subject.txt",
    "mail/owner/oversold.txt",
    "mail/owner/oversold.html"
);

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

files!(
    PaymentDiffers,
    "mail/owner/payment_differs.subject.txt",
    "mail/owner/payment_differs.txt",
    "mail/owner/payment_differs.html"
);

/// A refund failed after it was sent.
#[derive(Debug)]
pub(crate) struct RefundFailed {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) summary: Summary,
}

files!(
    RefundFailed,
    "mail/owner/refund_failed.subject.txt",
    "mail/owner/refund_failed.txt",
    "mail/owner/refund_failed.html"
);

/// A refund was cancelled before it was sent.
#[derive(Debug)]
pub(crate) struct RefundCancelled {
    pub(crate) number: String,
    pub(crate) amount: String,
    pub(crate) summary: Summary,
}

files!(
    RefundCancelled,
    "mail/owner/refund_cancelled.subject.txt",
    "mail/owner/refund_cancelled.txt",
    "mail/owner/refund_cancelled.html"
);

/// A late payment could not be refunded.
#[derive(Debug)]
pub(crate) struct LateRefundRefused {
    pub(crate) number: String,
    pub(crate) total: Money,
    pub(crate) summary: Summary,
}

files!(
    LateRefundRefused,
    "mail/owner/late_refund_refused.subject.txt",
    "mail/owner/late_refund_refused.txt",
    "mail/owner/late_refund_refused.html"
);

/// A refund that the owner has requested was not made.
#[derive(Debug)]
pub(crate) struct RequestedRefundRefused {
    pub(crate) number: String,
    pub(crate) amount: Money,
    pub(crate) summary: Summary,
}

files!(
    RequestedRefundRefused,
    "mail/owner/requested_refund_refused.subject.txt",
    "mail/owner/requested_refund_refused.txt",
    "mail/owner/requested_refund_refused.html"
);

/// The shopper's bank has opened an inquiry.
#[derive(Debug)]
pub(crate) struct Inquiry {
    pub(crate) number: String,
    pub(crate) amount: String,
    /// The bank's reason.
    pub(crate) reason: Option<String>,
    pub(crate) summary: Summary,
}

files!(
    Inquiry,
    "mail/owner/inquiry.subject.txt",
    "mail/owner/inquiry.txt",
    "mail/owner/inquiry.html"
);

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

files!(
    Disputed,
    "mail/owner/disputed.subject.txt",
    "mail/owner/disputed.txt",
    "mail/owner/disputed.html"
);

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

files!(
    DisputeClosed,
    "mail/owner/dispute_closed.subject.txt",
    "mail/owner/dispute_closed.txt",
    "mail/owner/dispute_closed.html"
);

/// Stripe refuses to start payments.
#[derive(Debug)]
pub(crate) struct PaymentsRefused {
    /// When it happened last.
    pub(crate) at: String,
    /// Stripe's reason.
    pub(crate) detail: String,
}

files!(
    PaymentsRefused,
    "mail/owner/payments_refused.subject.txt",
    "mail/owner/payments_refused.txt",
    "mail/owner/payments_refused.html"
);

/// Stripe sends webhooks that cannot be used.
#[derive(Debug)]
pub(crate) struct UnusableEvents {
    /// When it happened last.
    pub(crate) at: String,
    /// What was sent.
    pub(crate) detail: String,
    pub(crate) shop_url: String,
}

files!(
    UnusableEvents,
    "mail/owner/unusable_events.subject.txt",
    "mail/owner/unusable_events.txt",
    "mail/owner/unusable_events.html"
);

/// The email of `till mail test`.
#[derive(Debug)]
pub(crate) struct TestMail {
    pub(crate) shop_url: String,
}

files!(
    TestMail,
    "mail/owner/test.subject.txt",
    "mail/owner/test.txt",
    "mail/owner/test.html"
);
