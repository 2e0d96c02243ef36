//! `/admin/orders/{number}/refund`

use std::sync::Arc;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::Shop;
use shop::new_token::form_attempt;
use shop::orders::overview::{OrderDetails, OrderSummary};
use till_core::admin::Right;
use ui::language::texts;
use ui::rendered::Rendered;

use super::order_page;
use crate::api::orders::{CONFIRMED, RETURNED, RefundOrder, SEEN, page_of};
use crate::form::{Checkbox, Field, Form, Select};
use crate::layout::Layout;
use crate::pages::orders::Notify;
use crate::sent::{SentForm, first_shown, sent_to};

/// A form for what is left to refund; once it is filled in, what it would do.
#[component]
pub fn RefundPage() -> impl IntoView {
    order_page(Right::Refund, |_, order, _| {
        match asked(&order.summary.number) {
            Some((sent, amount)) => view! { <Confirmation order sent amount /> }.rendered(),
            None => view! { <Refund order /> }.rendered(),
        }
    })
}

/// The form that was filled in for this order, and the amount to confirm, in minor units.
fn asked(number: &str) -> Option<(Arc<SentForm>, i64)> {
    let sent = sent_to(RefundOrder::PATH)?;
    let sent = Some(sent).filter(|sent| sent.typed("number") == Some(number))?;
    let amount = sent.typed(CONFIRMED)?.parse().ok()?;
    let is_question = sent.problems.is_empty() && sent.typed("change").is_none();
    is_question.then_some((sent, amount))
}

/// The customer's name or address; for want of both the order's number.
fn customer(order: &OrderDetails) -> String {
    let OrderSummary {
        customer_name,
        customer_email,
        number,
        ..
    } = &order.summary;
    let customer = customer_name.as_ref().or(customer_email.as_ref());
    customer.unwrap_or(number).clone()
}

/// The units that a refund keeps from being shipped: those of the chosen lines, or else all that
/// are left to ship.
fn not_shipped(order: &OrderDetails, sent: &SentForm) -> i64 {
    let is_of_lines = sent.typed("part") == Some("lines");
    let lines = order.lines.iter().map(|line| {
        let typed = sent.typed(&format!("units[{}]", line.variant));
        let typed = typed.and_then(|units| units.trim().parse::<i64>().ok());
        match is_of_lines {
            true => std::cmp::min(typed.unwrap_or(0), line.to_ship),
            false => line.to_ship,
        }
    });
    lines.fold(0, i64::saturating_add)
}

/// Says what would be refunded, and asks whether it is meant.
#[component]
fn Confirmation(order: OrderDetails, sent: Arc<SentForm>, amount: i64) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number.clone();
    let money = texts.amount(amount, &order.summary.currency);
    let question = match amount {
        0 => texts.admin_refund_only_restocks().into_owned(),
        _ => texts.admin_refund_confirm(&customer(&order), &money),
    };
    let chosen = order.lines.iter().filter_map(|line| {
        let units = sent.typed(&format!("units[{}]", line.variant))?;
        let units: u64 = units.trim().parse().ok().filter(|units| *units > 0)?;
        Some(view! { <li dir="auto">{texts.admin_refund_line(units, &line.name)}</li> })
    });
    let chosen = chosen.collect_view();
    let returned: Option<u64> = sent.typed(RETURNED).and_then(|units| units.parse().ok());
    let returned = match returned.unwrap_or(0) {
        0 => texts.admin_refund_returns_none().into_owned(),
        units => texts.admin_refund_returns(units),
    };
    let writes_files = use_context::<Shop>().is_some_and(|shop| shop.mailer.writes_files());
    let told = match sent.typed("notify") {
        _ if amount == 0 => None,
        Some(_) if writes_files => Some(texts.admin_done_mail_in_file()),
        Some(_) => Some(texts.admin_refund_tells()),
        None => Some(texts.admin_refund_tells_not()),
    };
    let cancelled = match sent.typed("restock") {
        Some(_) => not_shipped(&order, &sent),
        None => 0,
    };
    let cancelled = (cancelled > 0)
        .then(|| view! { <li>{texts.admin_refund_cancels(cancelled.unsigned_abs())}</li> });
    let reason = sent.typed("reason").filter(|reason| !reason.is_empty());
    let reason = reason.map(|reason| {
        view! {
            <dt>{texts.admin_refund_reason()}</dt>
            <dd dir="auto">{reason.to_owned()}</dd>
        }
    });
    // The form adds its own.
    let fields = sent.fields.iter().filter(|(name, _)| name != "from");
    let fields = fields.map(|(name, value)| {
        view! { <input type="hidden" name=name.clone() value=value.clone() /> }
    });
    let fields = fields.collect_view();
    let do_it = match amount {
        0 => texts.admin_refund_restock_now().into_owned(),
        _ => texts.admin_refund_now(&money),
    };
    view! {
        <Layout title=texts.admin_order_title(&number)>
            <h2>{texts.admin_refund_title()}</h2>
            <Form action=RefundOrder::PATH>
                {fields}
                <p class="lead">{question}</p>
                <ul>
                    {chosen}
                    <li>{returned}</li>
                    {cancelled}
                    {told.map(|told| view! { <li>{told}</li> })}
                </ul>
                {reason.map(|reason| view! { <dl class="facts">{reason}</dl> })}
                <p class="actions">
                    <button type="submit" class="btn btn-primary">{do_it}</button>
                    " "
                    <button type="submit" class="btn btn-outline" name="change" value="on">
                        {texts.admin_refund_change()}
                    </button>
                </p>
            </Form>
        </Layout>
    }
}

#[component]
fn Refund(order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number.clone();
    let preview = format!("{}/mail", page_of(&number));
    let money = |amount: i64| texts.amount(amount, &order.summary.currency);
    let lines = order.lines.iter().filter_map(|line| {
        let left = line.quantity.saturating_sub(line.refunded);
        let paid = money(line.paid.filter(|_| left > 0)?);
        let label = texts.admin_refund_units(&line.name, left.unsigned_abs(), &paid);
        Some((format!("units[{}]", line.variant), label))
    });
    let lines: Vec<_> = lines.collect();
    // Called inside of the form, so that they show what was typed.
    let field = |(name, label): &(String, String)| {
        let (name, label) = (name.clone(), label.clone());
        view! { <Field name label kind="number" value="0" /> }
    };
    let seen = first_shown(RefundOrder::PATH, SEEN, order.refundable);
    let parts = vec![
        (String::new(), texts.admin_refund_choose()),
        (
            "rest".to_owned(),
            texts.admin_refund_rest(&money(order.refundable)).into(),
        ),
        ("amount".to_owned(), texts.admin_refund_by_amount()),
        ("lines".to_owned(), texts.admin_refund_by_lines()),
    ];
    view! {
        <Layout title=texts.admin_order_title(&number)>
            <h2>{texts.admin_refund_title()}</h2>
            <p><a href=page_of(&number)>{texts.admin_order_back()}</a></p>
            <Form action=RefundOrder::PATH class="admin-form refund-form">
                <input type="hidden" name="number" value=number />
                <input type="hidden" name=SEEN value=seen />
                <input type="hidden" name="attempt" value=form_attempt() />
                <input type="hidden" name="mail" value="refunded" />
                <Select name="part" label=texts.admin_refund_what() options=parts />
                <div class="field refund-amount">
                    <Field name="amount" label=texts.admin_refund_amount() />
                </div>
                <div class="field refund-lines">{lines.iter().map(field).collect_view()}</div>
                <Checkbox name="restock" label=texts.admin_refund_restock() />
                <Field name="reason" label=texts.admin_refund_reason() />
                <Notify />
                <p class="actions">
                    <button type="submit" class="btn btn-primary">
                        {texts.admin_refund_continue()}
                    </button>
                    " "
                    <button type="submit" class="btn btn-outline" formmethod="get"
                        formaction=preview formtarget="_blank">{texts.admin_preview()}</button>
                </p>
            </Form>
        </Layout>
    }
}
