//! What has happened to an order, in one list.

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::orders::overview::OrderDetails;
use shop::orders::refund::RequestState;
use shop::orders::shipments::ShipmentRow;
use shop::orders::timeline::Happening;
use shop::withdrawals::WithdrawalState;
use till_core::money::CurrencyCode;
use ui::language::texts;

use crate::state_words::{
    dispute_reason, dispute_status, event_name, listed_event_state, mail_name, mail_state,
    refund_status,
};

type Text = std::borrow::Cow<'static, str>;

#[component]
pub(super) fn Timeline(shop: Shop, order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let zone = shop.profile().time_zone.clone();
    let currency = order.summary.currency;
    let items = order.timeline.into_iter().map(|entry| {
        let by = entry.by.map(|by| texts.admin_timeline_by(&by));
        view! {
            <li>
                <time>{zone.format_short(entry.at)}</time>
                " "
                <bdi class="timeline-text">{text(texts, &currency, entry.what)}</bdi>
                " "
                <span class="hint" dir="auto">{by}</span>
            </li>
        }
    });
    view! {
        <section class="admin-card" aria-labelledby="timeline">
            <h2 id="timeline">{texts.admin_timeline()}</h2>
            <ol class="timeline">{items.collect_view()}</ol>
        </section>
    }
}

fn with_reason(text: String, reason: Option<String>) -> String {
    match reason {
        Some(reason) => format!("{text}: {reason}"),
        None => text,
    }
}

/// What has happened, in a line.
fn text(texts: Texts, currency: &CurrencyCode, what: Happening) -> String {
    let money = |amount: i64| texts.amount(amount, currency);
    match what {
        Happening::Paid { amount } => texts.admin_happened_paid(&money(amount)),
        Happening::Adopted => texts.admin_happened_adopted().into_owned(),
        Happening::Event {
            r#type,
            state,
            error,
            ..
        } => {
            let name = match event_name(&r#type, texts) {
                Some(name) => format!("{name}, {type}"),
                None => r#type,
            };
            let state = listed_event_state(state, texts);
            with_reason(texts.admin_happened_event(&name, &state), error)
        }
        Happening::Mail {
            mail, state, error, ..
        } => {
            let state = mail_state(texts, state, error.as_deref());
            texts.admin_happened_mail(&mail_name(texts, &mail), &state)
        }
        Happening::RefundRequested {
            amount,
            state,
            reason,
            error,
            ..
        } => {
            let state = request_text(texts, state);
            let text = texts.admin_happened_refund_requested(&money(amount), &state);
            with_reason(with_reason(text, reason), error)
        }
        Happening::Restocked => texts.admin_happened_restocked().into_owned(),
        Happening::Refund {
            amount,
            currency,
            status,
            ..
        } => {
            let amount = texts.amount(amount, &currency);
            texts.admin_happened_refund(&amount, &refund_status(&status, texts))
        }
        Happening::Dispute {
            amount,
            currency,
            status,
            reason,
            ..
        } => {
            let amount = texts.amount(amount, &currency);
            let text = texts.admin_happened_dispute(&amount, &dispute_status(&status, texts));
            let reason = reason.map(|reason| dispute_reason(&reason, texts).into_owned());
            with_reason(text, reason)
        }
        Happening::Shipped { shipment } => texts.admin_happened_shipped(&parcel_text(&shipment)),
        Happening::ShipmentCorrected { .. } => {
            texts.admin_happened_shipment_corrected().into_owned()
        }
        Happening::ShipmentUndone { .. } => texts.admin_happened_shipment_undone().into_owned(),
        Happening::Note { text } => texts.admin_happened_note(&text),
        Happening::MailResent { .. } => texts.admin_happened_mail_resent().into_owned(),
        Happening::Withdrawn { withdrawal } => {
            texts.admin_happened_withdrawn(withdrawal.unsigned_abs())
        }
        Happening::WithdrawalDecided {
            withdrawal,
            state,
            reason,
        } => {
            let state = withdrawal_text(texts, state);
            let number = withdrawal.unsigned_abs();
            let text = texts.admin_happened_withdrawal_decided(number, &state);
            with_reason(text, reason)
        }
        Happening::Resolved { note } => texts.admin_happened_resolved(&note),
    }
}

fn request_text(texts: Texts, state: RequestState) -> Text {
    match state {
        RequestState::Asked => texts.admin_request_asked(),
        RequestState::Made => texts.admin_request_made(),
        RequestState::Refused => texts.admin_request_refused(),
    }
}

pub(crate) fn withdrawal_text(texts: Texts, state: WithdrawalState) -> Text {
    match state {
        WithdrawalState::Received => texts.admin_withdrawal_received(),
        WithdrawalState::Accepted => texts.admin_withdrawal_accepted(),
        WithdrawalState::Refused => texts.admin_withdrawal_refused(),
    }
}

/// Carrier and number of a parcel, and its own number if neither is known.
pub(super) fn parcel_text(shipment: &ShipmentRow) -> String {
    let known = [&shipment.carrier_name, &shipment.tracking_number];
    let known: Vec<&str> = known.into_iter().flatten().map(String::as_str).collect();
    match known.is_empty() {
        true => format!("#{}", shipment.id),
        false => known.join(" "),
    }
}
