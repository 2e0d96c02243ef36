//! Which of the shop's texts the page shows.

use std::borrow::Cow;

use locale::Texts;
use till_core::view::{OrderStatus, OrderView};

use super::status::ShownStatus;

/// A text without arguments.
type Text = Cow<'static, str>;

/// The page's title.
pub(super) fn heading(texts: Texts, status: ShownStatus) -> Text {
    match status {
        ShownStatus::Confirming => texts.order_confirming(),
        ShownStatus::Processing => texts.order_processing(),
        ShownStatus::Failed => texts.order_failed(),
        ShownStatus::Expired => texts.order_expired(),
        ShownStatus::Paid => texts.order_paid(),
        ShownStatus::Free => texts.order_free(),
        ShownStatus::LateRefunded | ShownStatus::LateRefunding => texts.order_late(),
        ShownStatus::LateAccepted => texts.order_late_accepted(),
        ShownStatus::Refunded => texts.order_refunded(),
        ShownStatus::Refunding => texts.order_refunding(),
        ShownStatus::Disputed => texts.order_disputed(),
        ShownStatus::DisputeLost => texts.order_dispute_lost(),
    }
}

/// What the status means for the shopper.
pub(super) fn explanation(texts: Texts, status: ShownStatus) -> Text {
    match status {
        ShownStatus::Confirming => texts.order_confirming_explanation(),
        ShownStatus::Processing => texts.order_processing_explanation(),
        ShownStatus::Failed => texts.order_failed_explanation(),
        ShownStatus::Expired => texts.order_expired_explanation(),
        ShownStatus::Paid => texts.order_paid_explanation(),
        ShownStatus::Free => texts.order_free_explanation(),
        ShownStatus::LateRefunded => texts.order_late_refunded_explanation(),
        ShownStatus::LateRefunding => texts.order_late_refunding_explanation(),
        ShownStatus::LateAccepted => texts.order_late_accepted_explanation(),
        ShownStatus::Refunded => texts.order_refunded_explanation(),
        ShownStatus::Refunding => texts.order_refunding_explanation(),
        ShownStatus::Disputed => texts.order_disputed_explanation(),
        ShownStatus::DisputeLost => texts.order_dispute_lost_explanation(),
    }
}

/// The caption of the table of lines.
pub(super) fn caption(texts: Texts, status: ShownStatus) -> Text {
    match status {
        ShownStatus::Confirming | ShownStatus::Processing => texts.caption_your_order(),
        ShownStatus::Failed
        | ShownStatus::Expired
        | ShownStatus::LateRefunded
        | ShownStatus::LateRefunding => texts.caption_your_selection(),
        ShownStatus::Paid
        | ShownStatus::Free
        | ShownStatus::LateAccepted
        | ShownStatus::Refunded
        | ShownStatus::Refunding
        | ShownStatus::Disputed
        | ShownStatus::DisputeLost => texts.caption_ordered(),
    }
}

/// What is still to be shipped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NextShipping {
    /// Nothing, and nothing was.
    Nothing,
    /// Everything.
    All,
    /// Some of it; the rest is on its way.
    Rest,
    /// Nothing any more.
    Done,
}

impl NextShipping {
    pub(super) fn of(order: &OrderView) -> Self {
        match (order.ships, order.shipments.is_empty()) {
            (false, true) => Self::Nothing,
            (true, true) => Self::All,
            (true, false) => Self::Rest,
            (false, false) => Self::Done,
        }
    }
}

/// The list "What happens next"; empty if nothing does. `mails` is whether emails reach shoppers.
pub(super) fn next_steps(
    texts: Texts,
    status: ShownStatus,
    mails: bool,
    shipping: NextShipping,
) -> Vec<Text> {
    match status {
        ShownStatus::Processing => vec![texts.next_bank_confirms()],
        ShownStatus::Paid | ShownStatus::Free => [
            mails.then(|| texts.next_confirmation()),
            match shipping {
                NextShipping::Nothing => None,
                NextShipping::All => Some(texts.next_shipping()),
                NextShipping::Rest => Some(texts.next_shipping_rest()),
                NextShipping::Done => Some(texts.next_shipped()),
            },
            Some(texts.next_save_link()),
        ]
        .into_iter()
        .flatten()
        .collect(),
        ShownStatus::LateRefunded
        | ShownStatus::LateRefunding
        | ShownStatus::Refunded
        | ShownStatus::Refunding => vec![texts.next_refund_arrives()],
        ShownStatus::Confirming
        | ShownStatus::Failed
        | ShownStatus::Expired
        | ShownStatus::LateAccepted
        | ShownStatus::Disputed
        | ShownStatus::DisputeLost => Vec::new(),
    }
}

/// Why a form that was sent again has started no payment.
pub(super) fn already_paid(texts: Texts, status: OrderStatus) -> Text {
    match status {
        OrderStatus::Processing => texts.already_processing(),
        _ => texts.already_paid(),
    }
}

/// How to contact the owner: by email, by telephone or both. `None` if neither is known.
pub(super) fn questions(
    texts: Texts,
    email: Option<String>,
    phone: Option<String>,
    numbered: bool,
) -> Option<String> {
    let ways = match (email, phone) {
        (Some(email), Some(phone)) => texts.questions_email_or_phone(&email, &phone),
        (Some(email), None) => texts.questions_email(&email),
        (None, Some(phone)) => texts.questions_phone(&phone),
        (None, None) => return None,
    };
    Some(match numbered {
        true => format!("{ways} {}", texts.quote_order_number()),
        false => ways,
    })
}
