//! Why a checkout did not begin, in messages that a shopper can act on.
//!
//! No variant has free text: internal causes are logged where they occur, and a browser gets one of
//! these messages.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::limits::LimitedAction;
use crate::money::Money;
use crate::token::OrderToken;

/// Why a form was refused.
///
/// A message says "Nothing was charged" only if that is certain: after the earlier checkout of the
/// same form, if any, has been checked. Before that it says that no payment was *started*.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum Refusal {
    /// Every quantity was empty or zero.
    #[error("Choose at least one product.")]
    NothingChosen,
    /// Some products cannot be bought as requested. The page shows each reason next to its product.
    #[error("{} Nothing was charged.", about_lines(.0))]
    Lines(Vec<LineRefusal>),
    /// More different variants than one Checkout Session can hold.
    #[error(
        "One order can hold at most 100 different items. Please choose fewer. No payment was \
         started."
    )]
    TooManyLines,
    /// The total is below Stripe's minimum charge in this currency.
    #[error("The minimum order is {0}. Please add another item. Nothing was charged.")]
    BelowMinimum(Money),
    /// The total is above the maximum charge.
    #[error(
        "This order is too large to pay for in one go. Please choose fewer items. Nothing was \
         charged."
    )]
    AboveMaximum,
    /// The form has no valid attempt token or shown price.
    #[error(
        "This page is out of date. Please check the quantities and prices and try again. No \
         payment was started."
    )]
    StaleForm,
    /// The form could not be parsed.
    #[error(
        "Something was wrong with your order form. Please check your quantities and try again. \
         No payment was started."
    )]
    Unreadable,
    /// The form was sent from another website.
    #[error(
        "That form came from another website, so we did not accept it. No payment was started."
    )]
    OtherWebsite,
    /// The form has more bytes than the largest form of this shop.
    #[error(
        "That form is too large for us to read. Please choose fewer products at a time. No \
         payment was started."
    )]
    TooLarge,
    /// A rate limit of this client, or of all clients together, is reached.
    #[error("{}", action.message())]
    Limited {
        /// The action whose limit is reached.
        action: LimitedAction,
        /// In seconds.
        retry_after: u32,
    },
    /// This client has the maximum number of unpaid checkouts.
    #[error(
        "There are already several unpaid orders from your internet connection. Please pay for \
         one of them, or try again later. No payment was started."
    )]
    TooManyOpen {
        /// In seconds.
        retry_after: u32,
    },
    /// Stripe is unreachable or slow, or refused for a reason that is not the shopper's.
    #[error(
        "Payment is not available right now. Nothing was charged. Please try again in a few \
         minutes."
    )]
    PaymentUnavailable,
    /// Stripe refused for a reason that only the owner can fix.
    #[error(
        "This shop cannot take payments at the moment. Nothing was charged. We have been notified; \
         please come back later."
    )]
    PaymentsRefused,
    /// The form's earlier session could not be expired, because Stripe did not respond: it may have
    /// been paid. The token opens the page on which that order would appear.
    #[error(
        "We could not reach the payment provider, so we do not know yet whether your earlier \
         payment went through. No new payment was started."
    )]
    EarlierPaymentUnknown(OrderToken),
    /// An internal failure, usually of the database, so an earlier payment could not be looked up
    /// either.
    #[error(
        "Something went wrong on our side. No new payment was started. Please try again in a few \
         minutes."
    )]
    ShopUnavailable,
}

impl Refusal {
    /// The reason for each refused variant, by variant id.
    #[must_use]
    pub fn by_variant(&self) -> BTreeMap<i64, LineReason> {
        match self {
            Self::Lines(lines) => lines
                .iter()
                .map(|line| (line.variant, line.reason.clone()))
                .collect(),
            _ => BTreeMap::new(),
        }
    }

    /// Seconds after which the same form may succeed: `Some` only if limits were the sole reason.
    #[must_use]
    pub fn retry_after(&self) -> Option<u32> {
        match self {
            Self::Limited { retry_after, .. } | Self::TooManyOpen { retry_after } => {
                Some(*retry_after)
            }
            Self::Lines(lines) => {
                let of_line = |line: &LineRefusal| match line.reason {
                    LineReason::AboveShare { retry_after, .. } => Some(retry_after),
                    _ => None,
                };
                let all: Option<Vec<u32>> = lines.iter().map(of_line).collect();
                all?.into_iter().max()
            }
            _ => None,
        }
    }
}

/// One variant that cannot be bought as requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LineRefusal {
    /// The variant's id as the form sent it.
    pub variant: i64,
    /// The reason.
    pub reason: LineReason,
}

/// Why one variant cannot be bought as requested.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub enum LineReason {
    /// Not a whole number, or negative.
    #[error("Please enter a whole number, 0 or more.")]
    NotWhole,
    /// Above the owner's limit for one order.
    #[error("At most {0} per order.")]
    AboveLimit(u32),
    /// Above the units that are left.
    #[error("Only {0} left.")]
    AboveStock(u32),
    /// With this quantity, the client's unpaid checkouts would hold more than one client may.
    #[error("{}", above_share_message(*left))]
    AboveShare {
        /// Units that the client may still hold.
        left: u32,
        /// In seconds.
        retry_after: u32,
    },
    /// Nothing is left.
    #[error("Sold out.")]
    SoldOut,
    /// Nothing is left because unpaid checkouts hold the rest.
    #[error("Reserved by another shopper. It may become available again.")]
    Held,
    /// Unknown, or not on sale.
    #[error("This is no longer sold.")]
    NotSold,
    /// Products of two currencies cannot be paid together.
    #[error("This is sold in another currency. Please order it separately.")]
    OtherCurrency,
    /// The price is not the one that the form showed.
    #[error("The price has changed from {shown} to {now}. Please check it and try again.")]
    PriceChanged {
        /// The price that the page showed.
        shown: Money,
        /// The current price.
        now: Money,
    },
}

/// The message about all refused lines, specific if they share a reason.
fn about_lines(lines: &[LineRefusal]) -> &'static str {
    let all = |matches: fn(&LineReason) -> bool| lines.iter().all(|line| matches(&line.reason));
    if all(|reason| matches!(reason, LineReason::PriceChanged { .. })) && !lines.is_empty() {
        "Prices have changed since you opened this page."
    } else if all(LineReason::is_gone) && !lines.is_empty() {
        "Some of what you chose is no longer available."
    } else if all(|reason| matches!(reason, LineReason::Held)) && !lines.is_empty() {
        "Another shopper is paying for some of what you chose."
    } else if all(|reason| matches!(reason, LineReason::OtherCurrency)) && !lines.is_empty() {
        "Products in different currencies cannot be paid together."
    } else if all(|reason| matches!(reason, LineReason::AboveShare { .. })) && !lines.is_empty() {
        "We cannot reserve everything you chose."
    } else if all(LineReason::is_about_quantity) {
        "Some quantities need your attention."
    } else {
        "Some of your selection needs your attention."
    }
}

impl LineReason {
    /// Whether the product cannot be bought in any quantity.
    fn is_gone(&self) -> bool {
        matches!(self, Self::SoldOut | Self::NotSold)
    }

    /// Whether another quantity can be bought.
    fn is_about_quantity(&self) -> bool {
        matches!(
            self,
            Self::NotWhole | Self::AboveLimit(_) | Self::AboveStock(_)
        )
    }
}

fn above_share_message(left: u32) -> String {
    let remaining = match left {
        0 => "No more of these".to_owned(),
        _ => format!("Only {left} more of these"),
    };
    format!(
        "{remaining} can be reserved until the other orders from your connection have been paid \
         for."
    )
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;
    use crate::money::{Currency, MinorUnit};

    #[test]
    fn nothing_was_charged_is_said_only_where_it_is_known() {
        for refusal in [
            Refusal::Lines(vec![]),
            Refusal::AboveMaximum,
            Refusal::PaymentUnavailable,
            Refusal::PaymentsRefused,
        ] {
            let said = refusal.to_string();
            assert!(said.contains("Nothing was charged."), "{said}");
        }
        for refusal in [
            Refusal::TooManyLines,
            Refusal::StaleForm,
            Refusal::Unreadable,
            Refusal::TooLarge,
            Refusal::OtherWebsite,
            Refusal::ShopUnavailable,
            Refusal::TooManyOpen { retry_after: 60 },
            Refusal::Limited {
                action: LimitedAction::Checkout,
                retry_after: 60,
            },
            Refusal::Limited {
                action: LimitedAction::CheckoutInShop,
                retry_after: 60,
            },
        ] {
            let said = refusal.to_string();
            let none = ["No payment was started.", "No new payment was started."];
            assert!(none.iter().any(|none| said.contains(none)), "{said}");
            assert!(!said.contains("charged"), "{said}");
        }
    }

    #[test]
    fn the_message_is_about_what_the_lines_have_in_common() {
        let said = |reasons: &[LineReason]| {
            let line = |reason: &LineReason| LineRefusal {
                variant: 1,
                reason: reason.clone(),
            };
            Refusal::Lines(reasons.iter().map(line).collect()).to_string()
        };
        let Ok(euro) = "eur".parse::<Currency>() else {
            panic!("the euro is known");
        };
        let price = LineReason::PriceChanged {
            shown: MinorUnit(500).of(euro),
            now: MinorUnit(550).of(euro),
        };
        assert!(said(std::slice::from_ref(&price)).starts_with("Prices have changed"));
        let gone = [LineReason::SoldOut, LineReason::NotSold];
        assert!(said(&gone).contains("no longer available."));
        assert!(said(&[LineReason::Held]).starts_with("Another shopper"));
        let quantities = [LineReason::NotWhole, LineReason::AboveLimit(2)];
        assert!(said(&quantities).starts_with("Some quantities"));
        assert!(said(&[price, LineReason::SoldOut]).starts_with("Some of your selection"));
        for reasons in [&gone[..], &quantities[..], &[]] {
            assert!(said(reasons).ends_with(" Nothing was charged."));
        }
    }

    #[test]
    fn only_a_limit_says_when_to_retry() {
        let line = |reason| LineRefusal { variant: 1, reason };
        let share = |retry_after| {
            line(LineReason::AboveShare {
                left: 2,
                retry_after,
            })
        };
        assert_eq!(
            Refusal::Lines(vec![share(60), share(90)]).retry_after(),
            Some(90)
        );
        // The other line would be refused again.
        let mixed = Refusal::Lines(vec![share(60), line(LineReason::SoldOut)]);
        assert_eq!(mixed.retry_after(), None);
        assert_eq!(Refusal::Lines(vec![]).retry_after(), None);
        assert_eq!(Refusal::ShopUnavailable.retry_after(), None);
        let open = Refusal::TooManyOpen { retry_after: 7 };
        assert_eq!(open.retry_after(), Some(7));
    }

    /// The variant's name. A new variant does not compile until it is added to the test below.
    fn name(refusal: &Refusal) -> &'static str {
        match refusal {
            Refusal::NothingChosen => "NothingChosen",
            Refusal::Lines(_) => "Lines",
            Refusal::TooManyLines => "TooManyLines",
            Refusal::BelowMinimum(_) => "BelowMinimum",
            Refusal::AboveMaximum => "AboveMaximum",
            Refusal::StaleForm => "StaleForm",
            Refusal::Unreadable => "Unreadable",
            Refusal::OtherWebsite => "OtherWebsite",
            Refusal::TooLarge => "TooLarge",
            Refusal::Limited { .. } => "Limited",
            Refusal::TooManyOpen { .. } => "TooManyOpen",
            Refusal::PaymentUnavailable => "PaymentUnavailable",
            Refusal::PaymentsRefused => "PaymentsRefused",
            Refusal::EarlierPaymentUnknown(_) => "EarlierPaymentUnknown",
            Refusal::ShopUnavailable => "ShopUnavailable",
        }
    }

    /// As [`name`].
    fn line_name(reason: &LineReason) -> &'static str {
        match reason {
            LineReason::NotWhole => "NotWhole",
            LineReason::AboveLimit(_) => "AboveLimit",
            LineReason::AboveStock(_) => "AboveStock",
            LineReason::AboveShare { .. } => "AboveShare",
            LineReason::SoldOut => "SoldOut",
            LineReason::Held => "Held",
            LineReason::NotSold => "NotSold",
            LineReason::OtherCurrency => "OtherCurrency",
            LineReason::PriceChanged { .. } => "PriceChanged",
        }
    }

    #[test]
    fn every_refusal_has_its_sentence() {
        let Ok(euro) = "eur".parse::<Currency>() else {
            panic!("the euro is known");
        };
        let share = |left| LineReason::AboveShare {
            left,
            retry_after: 60,
        };
        let reasons = [
            LineReason::NotWhole,
            LineReason::AboveLimit(5),
            LineReason::AboveStock(3),
            share(0),
            share(2),
            LineReason::SoldOut,
            LineReason::Held,
            LineReason::NotSold,
            LineReason::OtherCurrency,
            LineReason::PriceChanged {
                shown: MinorUnit(500).of(euro),
                now: MinorUnit(550).of(euro),
            },
        ];
        let mut said: Vec<String> = reasons
            .iter()
            .map(|reason| format!("{}: {reason}", line_name(reason)))
            .collect();
        let lines = |reasons: &[LineReason]| {
            let line = |reason: &LineReason| LineRefusal {
                variant: 1,
                reason: reason.clone(),
            };
            Refusal::Lines(reasons.iter().map(line).collect())
        };
        let limited = |action| Refusal::Limited {
            action,
            retry_after: 60,
        };
        let refusals = reasons
            .iter()
            .map(|reason| lines(std::slice::from_ref(reason)))
            .chain([lines(&[LineReason::SoldOut, LineReason::AboveStock(3)])])
            .chain([
                Refusal::NothingChosen,
                Refusal::TooManyLines,
                Refusal::BelowMinimum(MinorUnit(50).of(euro)),
                Refusal::AboveMaximum,
                Refusal::StaleForm,
                Refusal::Unreadable,
                Refusal::OtherWebsite,
                Refusal::TooLarge,
            ])
            .chain(LimitedAction::iter().map(limited))
            .chain([
                Refusal::TooManyOpen { retry_after: 60 },
                Refusal::PaymentUnavailable,
                Refusal::PaymentsRefused,
                Refusal::EarlierPaymentUnknown(OrderToken::from_bytes([0; 16])),
                Refusal::ShopUnavailable,
            ]);
        for refusal in refusals {
            let about = match &refusal {
                Refusal::Lines(lines) => {
                    let names: Vec<_> = lines.iter().map(|one| line_name(&one.reason)).collect();
                    format!("Lines({})", names.join(", "))
                }
                Refusal::Limited { action, .. } => format!("Limited({})", action.as_ref()),
                other => name(other).to_owned(),
            };
            said.push(format!("{about}: {refusal}"));
        }
        insta::assert_snapshot!(said.join("\n"));
    }

    #[test]
    fn a_line_above_the_share_says_what_is_left() {
        assert!(above_share_message(2).starts_with("Only 2 more of these can be reserved"));
        assert!(above_share_message(0).starts_with("No more of these can be reserved"));
    }
}
