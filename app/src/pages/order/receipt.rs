//! What makes the page of an order a receipt: its taxes, who bought it, and the invoice.

use leptos::prelude::*;
use locale::Texts;
use till_core::view::{BuyerView, Destination, OrderView};

use super::TotalLine;
use crate::language::texts;
use ui::rendered::Rendered;

/// The taxes that are added to the prices, or those that the prices include.
pub(super) fn tax_lines(texts: Texts, order: &OrderView, included: bool) -> Vec<TotalLine> {
    let language = texts.language();
    let line = |name, amount| TotalLine {
        name,
        amount: language.money(amount),
        class: "",
    };
    if order.taxes.is_empty() {
        let shown = order.tax.amount.0 != 0 && order.tax_included == included;
        let name = match included {
            true => texts.line_tax_included(),
            false => texts.line_tax(),
        };
        return shown.then(|| line(name, order.tax)).into_iter().collect();
    }
    let shown = order.taxes.iter().filter(|tax| tax.included == included);
    let lines = shown.map(|tax| {
        let rate = tax.percentage.as_deref().map(|rate| language.decimal(rate));
        let name = match (rate, included) {
            (Some(rate), true) => texts.line_tax_at_rate_included(&tax.name, &rate),
            (Some(rate), false) => texts.line_tax_at_rate(&tax.name, &rate),
            (None, true) => texts.line_named_tax_included(&tax.name),
            (None, false) => tax.name.clone(),
        };
        line(name.into(), tax.amount)
    });
    lines.collect()
}

/// What the shopper entered for the receipt, and the link to the invoice; nothing if there is none.
#[component]
pub(super) fn Buyer(buyer: BuyerView) -> impl IntoView {
    let BuyerView {
        billing_address,
        business_name,
        tax_ids,
        note,
        invoice_url,
    } = buyer;
    let texts = texts();
    let entry = |name, value: String| {
        view! { <div><dt>{name}</dt><dd dir="auto">{value}</dd></div> }
    };
    let company = business_name.map(|name| entry(texts.receipt_company(), name));
    let tax_ids = (!tax_ids.is_empty()).then(|| entry(texts.receipt_tax_id(), tax_ids.join(", ")));
    let note = note.map(|note| entry(texts.receipt_note(), note));
    let entries = (company.is_some() || tax_ids.is_some() || note.is_some())
        .then(|| view! { <dl class="order-facts">{company}{tax_ids}{note}</dl> });
    let invoice = invoice_url.map(|url| {
        view! { <p><a href=url rel="noreferrer">{texts.receipt_invoice()}</a></p> }
    });
    view! {
        {billing_address.map(|address| view! { <BillingAddress address /> })}
        {entries}
        {invoice}
    }
    .rendered()
}

#[component]
fn BillingAddress(address: Destination) -> impl IntoView {
    let lines = address
        .lines
        .into_iter()
        .map(|line| view! { <span dir="auto">{line}</span> })
        .collect_view();
    view! {
        <section class="ships-to" aria-labelledby="billed-to">
            <h2 id="billed-to">{texts().receipt_billing_address()}</h2>
            <address>{lines}</address>
        </section>
    }
}
