//! The emails to the owner, in English like the command line.

use askama::Template;
use till_core::money::Money;
use till_core::refunds::DisputeStatus;

use super::summary::Summary;
use super::templates::{MailTemplate, Rendered, Sender, files};

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
