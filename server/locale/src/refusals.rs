//! The sentences of refusals.

use std::borrow::Cow;

use till_core::limits::LimitedAction;
use till_core::refusal::{LineReason, LineRefusal, Refusal};

use crate::texts::Texts;

impl Texts {
    /// Why a form was refused: what `Refusal` says in English.
    #[must_use]
    pub fn refusal(self, refusal: &Refusal) -> Cow<'static, str> {
        match refusal {
            Refusal::NothingChosen => self.nothing_chosen(),
            Refusal::Lines(lines) => self.refused_lines(lines),
            Refusal::TooManyLines => self.too_many_lines(),
            Refusal::BelowMinimum(minimum) => self.below_minimum(*minimum).into(),
            Refusal::AboveMaximum => self.above_maximum(),
            Refusal::StaleForm => self.stale_form(),
            Refusal::Unreadable => self.unreadable_form(),
            Refusal::OtherWebsite => self.other_website(),
            Refusal::TooLarge => self.form_too_large(),
            Refusal::Limited { action, .. } => match action {
                LimitedAction::Checkout => self.limited_checkouts(),
                LimitedAction::CheckoutInShop => self.limited_shop(),
                LimitedAction::FindOrder => self.limited_order_searches(),
                LimitedAction::Choice => self.limited_requests(),
                LimitedAction::Withdraw => self.limited_withdrawals(),
                LimitedAction::WithdrawalMail => self.limited_withdrawal_mails(),
                LimitedAction::ResetPassword => self.limited_password_resets(),
                LimitedAction::ResetPasswordMail => self.limited_password_reset_mails(),
            },
            Refusal::TooManyOpen { .. } => self.too_many_open(),
            Refusal::PaymentUnavailable => self.payment_unavailable(),
            Refusal::PaymentsRefused => self.payments_refused(),
            Refusal::EarlierPaymentUnknown(_) => self.earlier_payment_unknown(),
            Refusal::ShopUnavailable => self.shop_unavailable(),
        }
    }

    /// Why one variant cannot be bought as requested: what `LineReason` says in English.
    #[must_use]
    pub fn line_reason(self, reason: &LineReason) -> Cow<'static, str> {
        match reason {
            LineReason::NotWhole => self.not_whole(),
            LineReason::AboveLimit(max) => self.above_limit((*max).into()).into(),
            LineReason::AboveStock(left) => self.above_stock((*left).into()).into(),
            LineReason::AboveShare { left, .. } => self.above_share((*left).into()).into(),
            LineReason::SoldOut => self.none_left(),
            LineReason::Held => self.held(),
            LineReason::NotSold => self.no_longer_sold(),
            LineReason::OtherCurrency => self.other_currency(),
            LineReason::PriceChanged { shown, now } => self.price_changed(*shown, *now).into(),
        }
    }

    /// What the refused lines have in common.
    fn refused_lines(self, lines: &[LineRefusal]) -> Cow<'static, str> {
        let mut subjects = lines.iter().map(|line| Subject::of(&line.reason));
        let first = subjects.next().unwrap_or(Subject::Quantity);
        if subjects.any(|subject| subject != first) {
            return self.lines_mixed();
        }
        match first {
            Subject::Price => self.lines_prices_changed(),
            Subject::Gone => self.lines_gone(),
            Subject::Held => self.lines_held(),
            Subject::Currency => self.lines_currencies(),
            Subject::Share => self.lines_above_share(),
            Subject::Quantity => self.lines_quantities(),
        }
    }
}

/// What a reason is about.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Subject {
    Price,
    Gone,
    Held,
    Currency,
    Share,
    Quantity,
}

impl Subject {
    fn of(reason: &LineReason) -> Self {
        match reason {
            LineReason::PriceChanged { .. } => Self::Price,
            LineReason::SoldOut | LineReason::NotSold => Self::Gone,
            LineReason::Held => Self::Held,
            LineReason::OtherCurrency => Self::Currency,
            LineReason::AboveShare { .. } => Self::Share,
            LineReason::NotWhole | LineReason::AboveLimit(_) | LineReason::AboveStock(_) => {
                Self::Quantity
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use till_core::money::{MinorUnit, Money};
    use till_core::token::OrderToken;

    use super::*;
    use crate::language::Language;

    fn euros(cents: i64) -> Money {
        MinorUnit(cents).of("eur".parse().unwrap())
    }

    fn reasons() -> Vec<LineReason> {
        let above_share = |left| LineReason::AboveShare {
            left,
            retry_after: 60,
        };
        vec![
            LineReason::NotWhole,
            LineReason::AboveLimit(5),
            LineReason::AboveStock(3),
            above_share(0),
            above_share(2),
            LineReason::SoldOut,
            LineReason::Held,
            LineReason::NotSold,
            LineReason::OtherCurrency,
            LineReason::PriceChanged {
                shown: euros(123_400),
                now: euros(550),
            },
        ]
    }

    /// Refusals for every combination of at most two lines, and all others.
    fn refusals() -> Vec<Refusal> {
        let lines = |reasons: &[&LineReason]| {
            let lines = reasons.iter().zip(1..);
            let lines = lines.map(|(reason, variant)| LineRefusal {
                variant,
                reason: (*reason).clone(),
            });
            Refusal::Lines(lines.collect())
        };
        let mut refusals = vec![
            lines(&[]),
            Refusal::NothingChosen,
            Refusal::TooManyLines,
            Refusal::BelowMinimum(euros(50)),
            Refusal::AboveMaximum,
            Refusal::StaleForm,
            Refusal::Unreadable,
            Refusal::OtherWebsite,
            Refusal::TooLarge,
            Refusal::TooManyOpen { retry_after: 60 },
            Refusal::PaymentUnavailable,
            Refusal::PaymentsRefused,
            Refusal::EarlierPaymentUnknown(OrderToken::nil()),
            Refusal::ShopUnavailable,
        ];
        for action in [
            LimitedAction::Checkout,
            LimitedAction::CheckoutInShop,
            LimitedAction::FindOrder,
            LimitedAction::Withdraw,
            LimitedAction::WithdrawalMail,
            LimitedAction::ResetPassword,
            LimitedAction::ResetPasswordMail,
        ] {
            refusals.push(Refusal::Limited {
                action,
                retry_after: 60,
            });
        }
        let reasons = reasons();
        for first in &reasons {
            refusals.push(lines(&[first]));
            refusals.extend(reasons.iter().map(|second| lines(&[first, second])));
        }
        refusals
    }

    #[test]
    fn english_refusals_are_those_of_the_core() {
        let english = Texts::of("en".parse().unwrap());
        for reason in reasons() {
            assert_eq!(english.line_reason(&reason), reason.to_string());
        }
        for refusal in refusals() {
            assert_eq!(english.refusal(&refusal), refusal.to_string());
        }
    }

    #[test]
    fn every_language_has_a_sentence_for_each_refusal() {
        for language in Language::all() {
            let texts = Texts::of(language);
            for refusal in refusals() {
                let sentence = texts.refusal(&refusal);
                assert!(sentence.ends_with('.'), "{language}: {sentence}");
                let is_english = sentence == refusal.to_string();
                assert_eq!(is_english, language.code() == "en", "{sentence}");
            }
        }
    }
}
