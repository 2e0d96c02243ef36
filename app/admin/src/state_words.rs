//! States of Stripe's objects and of the shop's queues, in the language of the page. A word of
//! Stripe's that this version does not know is shown as it is.

use std::borrow::Cow;

use locale::Texts;
use shop::inbox::EventState;
use shop::inbox::listing::StateFilter;
use shop::outbox::{TaskKind, TaskState, WRITTEN_TO_FILE};
use till_core::refunds::{DisputeStatus, RefundStatus};

type Text = Cow<'static, str>;

/// A word of Stripe's, as people write it.
fn spaced(word: &str) -> Text {
    word.replace('_', " ").into()
}

/// The status of a dispute or an inquiry.
pub(crate) fn dispute_status(status: &DisputeStatus, texts: Texts) -> Text {
    match status {
        DisputeStatus::WarningNeedsResponse => texts.admin_dispute_warning_needs_response(),
        DisputeStatus::WarningUnderReview => texts.admin_dispute_warning_under_review(),
        DisputeStatus::WarningClosed => texts.admin_dispute_warning_closed(),
        DisputeStatus::NeedsResponse => texts.admin_dispute_needs_response(),
        DisputeStatus::UnderReview => texts.admin_dispute_under_review(),
        DisputeStatus::Prevented => texts.admin_dispute_prevented(),
        DisputeStatus::ChargeRefunded => texts.admin_dispute_charge_refunded(),
        DisputeStatus::Lost => texts.admin_dispute_lost(),
        DisputeStatus::Won => texts.admin_dispute_won(),
        DisputeStatus::Other(word) => spaced(word),
    }
}

/// Why a bank disputes a payment
/// (<https://docs.stripe.com/api/disputes/object#dispute_object-reason>).
pub(crate) fn dispute_reason(reason: &str, texts: Texts) -> Text {
    match reason {
        "bank_cannot_process" => texts.admin_dispute_reason_bank_cannot_process(),
        "credit_not_processed" => texts.admin_dispute_reason_credit_not_processed(),
        "customer_initiated" => texts.admin_dispute_reason_customer_initiated(),
        "debit_not_authorized" => texts.admin_dispute_reason_debit_not_authorized(),
        "duplicate" => texts.admin_dispute_reason_duplicate(),
        "fraudulent" => texts.admin_dispute_reason_fraudulent(),
        "general" => texts.admin_dispute_reason_general(),
        "incorrect_account_details" => texts.admin_dispute_reason_incorrect_account_details(),
        "insufficient_funds" => texts.admin_dispute_reason_insufficient_funds(),
        "product_not_received" => texts.admin_dispute_reason_product_not_received(),
        "product_unacceptable" => texts.admin_dispute_reason_product_unacceptable(),
        "subscription_canceled" => texts.admin_dispute_reason_subscription_canceled(),
        "unrecognized" => texts.admin_dispute_reason_unrecognized(),
        other => spaced(other),
    }
}

/// The status of a refund at Stripe.
pub(crate) fn refund_status(status: &RefundStatus, texts: Texts) -> Text {
    match status {
        RefundStatus::RequiresAction => texts.admin_refund_status_requires_action(),
        RefundStatus::Pending => texts.admin_refund_status_pending(),
        RefundStatus::Succeeded => texts.admin_refund_status_succeeded(),
        RefundStatus::Canceled => texts.admin_refund_status_canceled(),
        RefundStatus::Failed => texts.admin_refund_status_failed(),
        RefundStatus::Other(word) => spaced(word),
    }
}

/// The state of an event.
pub(crate) fn event_state(state: EventState, texts: Texts) -> Text {
    match state {
        EventState::Pending => texts.admin_event_state_pending(),
        EventState::Applied => texts.admin_event_state_applied(),
        EventState::Ignored => texts.admin_event_state_ignored(),
        EventState::Failed => texts.admin_event_state_failed(),
        EventState::Dead => texts.admin_event_state_dead(),
    }
}

/// The same, or that it is dismissed.
pub(crate) fn listed_event_state(state: StateFilter, texts: Texts) -> Text {
    match state {
        StateFilter::Dismissed => texts.admin_event_state_dismissed(),
        StateFilter::State(state) => event_state(state, texts),
    }
}

/// What an event is about; `None` for a type that the shop does not use.
pub(crate) fn event_name(kind: &str, texts: Texts) -> Option<Text> {
    Some(match kind {
        "checkout.session.completed" => texts.admin_event_type_checkout_completed(),
        "checkout.session.async_payment_succeeded" => texts.admin_event_type_payment_succeeded(),
        "checkout.session.async_payment_failed" => texts.admin_event_type_payment_failed(),
        "checkout.session.expired" => texts.admin_event_type_checkout_expired(),
        "refund.created" => texts.admin_event_type_refund_created(),
        "refund.updated" | "charge.refund.updated" => texts.admin_event_type_refund_updated(),
        "refund.failed" => texts.admin_event_type_refund_failed(),
        "charge.refunded" => texts.admin_event_type_charge_refunded(),
        "charge.dispute.created" => texts.admin_event_type_dispute_created(),
        "charge.dispute.updated" => texts.admin_event_type_dispute_updated(),
        "charge.dispute.closed" => texts.admin_event_type_dispute_closed(),
        "charge.dispute.funds_withdrawn" => texts.admin_event_type_funds_withdrawn(),
        "charge.dispute.funds_reinstated" => texts.admin_event_type_funds_reinstated(),
        _ => return None,
    })
}

/// The state of a task.
pub(crate) fn task_state(state: TaskState, texts: Texts) -> Text {
    match state {
        TaskState::Pending => texts.admin_task_state_pending(),
        TaskState::Done => texts.admin_task_state_done(),
        TaskState::Dead => texts.admin_task_state_dead(),
    }
}

/// What a task does; for an email, which one.
pub(crate) fn task_name(kind: TaskKind, key: &str, texts: Texts) -> String {
    match kind {
        TaskKind::Mail => {
            let mail = key.split(':').nth(1).unwrap_or_default();
            format!("{}: {}", texts.admin_task_mail(), mail_name(texts, mail))
        }
        TaskKind::Refund => texts.admin_task_refund().into_owned(),
        TaskKind::Dispute => texts.admin_task_dispute().into_owned(),
        TaskKind::FetchPaymentDetails => texts.admin_task_details().into_owned(),
    }
}

/// What an email is about, by its name in the outbox.
pub(crate) fn mail_name(texts: Texts, name: &str) -> Text {
    match name {
        "paid" => texts.admin_mail_name_paid(),
        "processing" => texts.admin_mail_name_processing(),
        "failed" => texts.admin_mail_name_failed(),
        "paid_late" => texts.admin_mail_name_paid_late(),
        "refunded" => texts.admin_mail_name_refunded(),
        "shipped" => texts.admin_mail_name_shipped(),
        "new_order" => texts.admin_mail_name_new_order(),
        "order_link" => texts.admin_mail_name_order_link(),
        "flagged" => texts.admin_mail_name_flagged(),
        "refund_refused" => texts.admin_mail_name_refund_refused(),
        "refund_failed" => texts.admin_mail_name_refund_failed(),
        "inquiry" => texts.admin_mail_name_inquiry(),
        "disputed" => texts.admin_mail_name_disputed(),
        "dispute_closed" => texts.admin_mail_name_dispute_closed(),
        "withdrawal_received" => texts.admin_mail_name_withdrawal_received(),
        "new_withdrawal" => texts.admin_mail_name_new_withdrawal(),
        "password_reset" => texts.admin_mail_name_password_reset(),
        "invitation" => texts.admin_mail_name_invitation(),
        "sign_in_attack" => texts.admin_mail_name_sign_in_attack(),
        "payments_refused" => texts.admin_mail_name_payments_refused(),
        "unusable_events" => texts.admin_mail_name_unusable_events(),
        other => spaced(other),
    }
}

/// Whether an email was sent, and if not, why.
pub(crate) fn mail_state(texts: Texts, state: TaskState, error: Option<&str>) -> String {
    let (said, why) = match (state, error) {
        (TaskState::Done, Some(WRITTEN_TO_FILE)) => (texts.admin_mail_in_file(), None),
        (TaskState::Done, Some(why)) => (texts.admin_mail_not_needed(), Some(why)),
        (TaskState::Done, None) => (texts.admin_mail_sent(), None),
        (TaskState::Pending, why) => (texts.admin_mail_pending(), why),
        (TaskState::Dead, why) => (texts.admin_mail_failed(), why),
    };
    match why {
        Some(why) => format!("{said}: {why}"),
        None => said.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn german() -> Texts {
        Texts::of("de".parse().unwrap_or_default())
    }

    #[test]
    fn stripes_words_are_said_in_the_language_of_the_page() {
        let status = DisputeStatus::NeedsResponse;
        assert_eq!(dispute_status(&status, german()), "wartet auf Ihre Antwort");
        let reason = dispute_reason("product_not_received", german());
        assert_eq!(reason, "die Ware kam nicht an");
        let unknown = DisputeStatus::Other("in_the_mail".to_owned());
        assert_eq!(dispute_status(&unknown, german()), "in the mail");
        assert_eq!(
            refund_status(&RefundStatus::Succeeded, german()),
            "ausgeführt"
        );
        assert_eq!(event_name("customer.created", german()), None);
    }

    #[test]
    fn an_email_in_a_file_was_not_sent() {
        let state = |error| mail_state(german(), TaskState::Done, error);
        assert_eq!(state(None), "Gesendet");
        assert!(state(Some(WRITTEN_TO_FILE)).starts_with("Nicht gesendet, nur in eine Datei"));
        assert_eq!(
            state(Some("no email address")),
            "Nicht gesendet: no email address"
        );
    }

    #[test]
    fn a_task_is_named_by_its_key() {
        let name = task_name(TaskKind::Mail, "mail:paid:co_1", german());
        assert_eq!(name, "E-Mail: Bestellbestätigung");
        assert_eq!(
            task_name(TaskKind::Refund, "refund:co_1", german()),
            "Erstattung"
        );
    }
}
