//! The sentences of the page, without markup.

use till_core::view::OrderStatus;

use super::status::ShownStatus;

const BANK_DELAY: &str = "It usually takes five to ten days for a refund to appear on the card or \
                          account you paid with.";
const SAVE_LINK: &str = "Save the link to this page: you can always see your order, your payment \
                         and any refund here.";

/// The page's title.
pub(super) fn heading(status: ShownStatus) -> &'static str {
    match status {
        ShownStatus::Confirming => "Confirming your payment",
        ShownStatus::Processing => "Your bank is processing the payment",
        ShownStatus::Failed => "The payment did not go through",
        ShownStatus::Expired => "This checkout has ended",
        ShownStatus::Paid => "Thank you, your order is paid",
        ShownStatus::Free => "Thank you, we have your order",
        ShownStatus::LateRefunded | ShownStatus::LateRefunding => "Your payment arrived too late",
        ShownStatus::LateAccepted => "Your order is paid, but something is missing",
        ShownStatus::Refunded => "Your order has been refunded",
        ShownStatus::Refunding => "Your refund is on its way",
        ShownStatus::Disputed => "Your bank has questioned this payment",
        ShownStatus::DisputeLost => "Your bank has reversed this payment",
    }
}

/// What the status means for the shopper.
pub(super) fn explanation(status: ShownStatus) -> &'static str {
    match status {
        ShownStatus::Confirming => {
            "If you’ve just paid, we’re waiting for Stripe to confirm your payment, which usually \
             takes a few seconds. This page updates automatically. Please don’t pay again."
        }
        ShownStatus::Processing => {
            "With this payment method, that can take a few working days. Your items are reserved \
             in the meantime. There’s nothing more you need to do."
        }
        ShownStatus::Failed => {
            "The payment wasn’t completed, so no order was placed and nothing was charged. You \
             can try again with another card or payment method."
        }
        ShownStatus::Expired => {
            "We didn’t receive a payment before it ended. Nothing was charged. If you’d still \
             like these products, please choose them again."
        }
        ShownStatus::Paid => {
            "We’ve received your order and your payment. There’s nothing more you need to do."
        }
        ShownStatus::Free => "There was nothing to pay, and there’s nothing more you need to do.",
        ShownStatus::LateRefunded => {
            "By the time it reached us, the products you chose had been sold to someone else. \
             We’ve refunded you in full. We’re sorry."
        }
        ShownStatus::LateRefunding => {
            "By the time it reached us, the products you chose had been sold to someone else. \
             We’re refunding you in full. No action is needed. We’re sorry."
        }
        ShownStatus::LateAccepted => {
            "We have your payment, but not everything is in stock any more: the payment arrived \
             after your checkout had expired. We’ll contact you to sort this out."
        }
        ShownStatus::Refunded => "We’ve refunded you in full.",
        ShownStatus::Refunding => "We’re refunding you in full. No action is needed.",
        ShownStatus::Disputed => {
            "We have your order, but your bank is looking into the payment. If you didn’t ask it \
             to, please contact us. You don’t need to pay again."
        }
        ShownStatus::DisputeLost => {
            "Your bank has decided to return this payment to you, and can tell you when the money \
             will arrive. If you’d like to keep your order, please contact us."
        }
    }
}

/// The caption of the table of lines.
pub(super) fn caption(status: ShownStatus) -> &'static str {
    match status {
        ShownStatus::Confirming | ShownStatus::Processing => "Your order",
        ShownStatus::Failed
        | ShownStatus::Expired
        | ShownStatus::LateRefunded
        | ShownStatus::LateRefunding => "Your selection",
        ShownStatus::Paid
        | ShownStatus::Free
        | ShownStatus::LateAccepted
        | ShownStatus::Refunded
        | ShownStatus::Refunding
        | ShownStatus::Disputed
        | ShownStatus::DisputeLost => "What you ordered",
    }
}

/// The list "What happens next"; empty if nothing does.
pub(super) fn next_steps(status: ShownStatus, ships: bool) -> &'static [&'static str] {
    match status {
        ShownStatus::Processing => {
            &["Once your bank confirms the payment, this page will show your order as paid."]
        }
        ShownStatus::Paid | ShownStatus::Free if ships => &[
            "We’ll send your order to the address you gave us.",
            SAVE_LINK,
        ],
        ShownStatus::Paid | ShownStatus::Free => &[SAVE_LINK],
        ShownStatus::LateRefunded
        | ShownStatus::LateRefunding
        | ShownStatus::Refunded
        | ShownStatus::Refunding => &[BANK_DELAY],
        ShownStatus::Confirming
        | ShownStatus::Failed
        | ShownStatus::Expired
        | ShownStatus::LateAccepted
        | ShownStatus::Disputed
        | ShownStatus::DisputeLost => &[],
    }
}

/// Why a form that was sent again has started no payment.
pub(super) fn already_paid(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Processing => {
            "Your payment for this order is already being processed, so no new payment was \
             started."
        }
        _ => "You’ve already paid for this order, so no new payment was started.",
    }
}

/// Offers the same selection.
pub(super) const ORDER_AGAIN: &str = "Would you like to order the same items again?";

/// Why a form that was sent with another selection has started no payment.
pub(super) const PAID_BEFORE_CHANGE: &str = "This order had already been paid for when you \
                                             changed your selection, so no new payment was \
                                             started.";

/// Offers the other selection.
pub(super) const BUY_NEW_SELECTION: &str = "Would you like to buy your new selection as well?";

/// Shown with an offer that leaves out products.
pub(super) const OFFER_INCOMPLETE: &str = "The rest of your selection is not available right now.";

/// How to contact the owner: by email, by telephone or both. `None` if neither is known.
pub(super) fn questions(
    email: Option<String>,
    phone: Option<String>,
    numbered: bool,
) -> Option<String> {
    let ways: Vec<String> = [
        email.map(|email| format!("email {email}")),
        phone.map(|phone| format!("call {phone}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    let number = match numbered {
        true => " Please quote your order number.",
        false => "",
    };
    (!ways.is_empty()).then(|| {
        let ways = ways.join(" or ");
        format!("Questions about your order? Please {ways}.{number}")
    })
}
