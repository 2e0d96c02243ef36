//! `/admin/orders/{number}/refund`

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::new_token::form_attempt;
use shop::orders::overview::OrderDetails;
use till_core::admin::Right;
use ui::language::texts;

use super::order_page;
use crate::api::orders::{RefundOrder, page_of};
use crate::form::{Checkbox, Field, Form, Select};
use crate::layout::Layout;

/// What the script replaces by what is chosen and typed in the form.
const CHOICE: &str = "{part} {amount}";

/// A form for what is left to refund.
#[component]
pub fn RefundPage() -> impl IntoView {
    order_page(Right::Refund, |_, order, _| view! { <Refund order /> })
}

#[component]
fn Refund(order: OrderDetails) -> impl IntoView {
    let texts = texts();
    let number = order.summary.number.clone();
    let preview = format!("{}/mail", page_of(&number));
    let money = |amount: i64| texts.amount(amount, &order.summary.currency);
    let fields = order.lines.iter().filter_map(|line| {
        let left = line.quantity.saturating_sub(line.refunded);
        let paid = money(line.paid.filter(|_| left > 0)?);
        let label = texts.admin_refund_units(&line.name, left.unsigned_abs(), &paid);
        Some(view! {
            <Field name=format!("units[{}]", line.variant) label=label kind="number" value="0" />
        })
    });
    let fields = fields.collect_view();
    let customer = order.summary.customer_name.clone();
    let customer = customer.or_else(|| order.summary.customer_email.clone());
    let customer = customer.unwrap_or_else(|| number.clone());
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
                <input type="hidden" name="seen" value=order.refundable />
                <input type="hidden" name="attempt" value=form_attempt() />
                <input type="hidden" name="mail" value="refunded" />
                <Select name="part" label=texts.admin_refund_what() options=parts />
                <div class="field refund-amount">
                    <Field name="amount" label=texts.admin_refund_amount() />
                </div>
                <div class="field refund-lines">{fields}</div>
                <Checkbox name="restock" label=texts.admin_refund_restock() />
                <Field name="reason" label=texts.admin_refund_reason() />
                <Checkbox name="notify" label=texts.admin_notify() checked=true />
                <p class="actions">
                    <button type="submit" class="btn btn-primary"
                        data-confirm=texts.admin_refund_confirm(&customer, CHOICE)>
                        {texts.admin_refund_now()}
                    </button>
                    " "
                    <button type="submit" class="btn btn-outline" formmethod="get"
                        formaction=preview formtarget="_blank">{texts.admin_preview()}</button>
                </p>
            </Form>
        </Layout>
    }
}
