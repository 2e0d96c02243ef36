//! `/admin/products/{id}/stock`: the stock of a product's variants, and what people changed about
//! it.

use std::borrow::Cow;

use http::StatusCode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::{use_params_map, use_query_map};
use sea_orm::DbErr;
use shop::Shop;
use shop::catalog::editing::{self, Editable};
use shop::catalog::stock::{self, HistoryRow, StockReason};
use shop::new_token::form_attempt;
use till_core::admin::Right;
use till_core::view::full_name;
use ui::headers;
use ui::language::{language, texts};
use ui::when_read::when_read;

use super::stock_and_held;
use crate::api::stock::{ChangeStock, SHOWN};
use crate::form::{Field, Form, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::unavailable::unavailable;
use crate::product_words::stock_reason_text;
use crate::sent::{SentForm, first_shown, sent_to};
use ui::rendered::Rendered;

type Text = Cow<'static, str>;

/// The number of rows of the history on one page.
const HISTORY_SIZE: u64 = 50;

/// `/admin/products/{id}/stock`
#[component]
pub fn StockPage() -> impl IntoView {
    page(Right::Products, |_| {
        let shop = expect_context::<Shop>();
        let id = use_params_map().read_untracked().get("id");
        let id = id.and_then(|id| id.parse().ok()).unwrap_or(0);
        let before = use_query_map().read_untracked().get("before");
        let before = before.and_then(|before| before.parse().ok());
        when_read(move || {
            let shop = shop.clone();
            async move {
                match read(&shop, id, before).await {
                    Ok(Some((product, history))) => view! { <Stock product history /> }.rendered(),
                    Ok(None) => {
                        headers::status(StatusCode::NOT_FOUND);
                        view! { <NotFoundPage /> }.rendered()
                    }
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

async fn read(
    shop: &Shop,
    id: i64,
    before: Option<i64>,
) -> Result<Option<(Editable, Vec<HistoryRow>)>, DbErr> {
    let Some(product) = editing::load(&shop.database, id).await? else {
        return Ok(None);
    };
    let variants: Vec<i64> = product.variants.iter().map(|variant| variant.id).collect();
    let history = stock::history(&shop.database, &variants, before, HISTORY_SIZE).await?;
    Ok(Some((product, history)))
}

#[component]
fn Stock(product: Editable, history: Vec<HistoryRow>) -> impl IntoView {
    let texts = texts();
    let title = format!("{}: {}", texts.admin_stock(), product.form.name);
    let id = product.id;
    let back = format!("/admin/products/{id}");
    let name = product.form.name.clone();
    view! {
        <Layout title>
            <p><a href=back dir="auto">{name}</a></p>
            <Change product />
            <History id rows=history />
        </Layout>
    }
}

#[component]
fn Change(product: Editable) -> impl IntoView {
    let texts = texts();
    let is_only = product.variants.len() == 1;
    let variants = product.form.variants.iter().zip(&product.variants);
    let rows = variants.clone().map(|(form, facts)| {
        let stock = stock_and_held(facts.stock, facts.held, texts);
        let name = full_name(&product.form.name, &form.name);
        view! {
            <tr>
                <td data-label=texts.admin_product_name() dir="auto">{name}</td>
                <td data-label=texts.admin_variant_sku()><code>{form.sku.clone()}</code></td>
                <td data-label=texts.admin_variant_stock()><span>{stock}</span></td>
            </tr>
        }
    });
    let rows = rows.collect_view();
    let forms = variants.map(|(form, facts)| {
        let variant = facts.id;
        let name = full_name(&form.sku, &form.name);
        view! { <ChangeForm product=product.id variant name stock=facts.stock is_only /> }
    });
    let forms = forms.collect_view();
    view! {
        <table class="rows">
            <thead><tr>
                <th>{texts.admin_product_name()}</th>
                <th>{texts.admin_variant_sku()}</th>
                <th>{texts.admin_variant_stock()}</th>
            </tr></thead>
            <tbody>{rows}</tbody>
        </table>
        {forms}
    }
    .rendered()
}

/// The form of one variant. Only the one that was sent shows what is wrong.
#[component]
fn ChangeForm(
    product: i64,
    variant: i64,
    name: String,
    stock: Option<i64>,
    is_only: bool,
) -> impl IntoView {
    let texts = texts();
    let sent = sent_to(ChangeStock::PATH);
    let is_sent = |sent: &SentForm| sent.typed("variant") == Some(&variant.to_string());
    let is_sent = sent.is_some_and(|sent| is_sent(&sent));
    let reasons = [
        StockReason::Received,
        StockReason::Counted,
        StockReason::Damaged,
        StockReason::Returned,
        StockReason::Uncounted,
    ];
    let reasons = reasons.map(|reason| (reason.to_string(), stock_reason_text(reason, texts)));
    let shown = stock.map(|stock| stock.to_string()).unwrap_or_default();
    let shown = match is_sent {
        true => first_shown(ChangeStock::PATH, SHOWN, shown),
        false => shown,
    };
    let fields = view! {
        <input type="hidden" name="product" value=product />
        <input type="hidden" name="variant" value=variant />
        <input type="hidden" name=SHOWN value=shown />
        <input type="hidden" name="attempt" value=form_attempt() />
    };
    let reasons = reasons.to_vec();
    view! {
        <details class="admin-card" open=is_sent || is_only>
            <summary dir="auto">{texts.admin_stock_change()} ": " {name}</summary>
            {match is_sent {
                true => view! {
                    <Form action=ChangeStock::PATH>{fields}<Inputs reasons /></Form>
                }.rendered(),
                false => view! {
                    <form class="admin-form" method="post" action=ChangeStock::PATH>
                        <input type="hidden" name="from" value=crate::access::here() />
                        {fields}
                        <Inputs reasons />
                    </form>
                }.rendered(),
            }}
        </details>
    }
    .rendered()
}

#[component]
fn Inputs(reasons: Vec<(String, Text)>) -> impl IntoView {
    let texts = texts();
    view! {
        <Select name="reason" label=texts.admin_stock_reason() options=reasons />
        <Field name="units" label=texts.admin_stock_units() inputmode="numeric"
            hint=texts.admin_stock_units_hint() />
        <Field name="note" label=texts.admin_stock_note() />
        <button type="submit" class="btn btn-primary">{texts.admin_product_save()}</button>
    }
}

#[component]
fn History(id: i64, rows: Vec<HistoryRow>) -> impl IntoView {
    let texts = texts();
    let shop = expect_context::<Shop>();
    let profile = shop.profile();
    let is_full = rows.len() as u64 == HISTORY_SIZE;
    let older = rows.last().filter(|_| is_full).map(|last| {
        let address = format!("/admin/products/{id}/stock?before={}", last.id);
        view! { <p><a rel="next" href=address>{texts.admin_stock_older()}</a></p> }
    });
    if rows.is_empty() {
        return view! {
            <h2>{texts.admin_stock_history()}</h2>
            <p>{texts.admin_stock_no_history()}</p>
        }
        .rendered();
    }
    let rows = rows.into_iter().map(|row| {
        let when = profile.time_zone.format_minutes(row.at, language());
        let difference = match row.difference {
            Some(0) => "0".to_owned(),
            Some(units) => format!("{units:+}"),
            None => "–".to_owned(),
        };
        let after = row.stock_after.map(|units| Text::from(units.to_string()));
        let after = after.unwrap_or_else(|| texts.admin_variant_uncounted());
        // On a phone, each cell is a line with its label.
        let note_label = (!row.note.is_empty()).then(|| texts.admin_stock_note());
        view! {
            <tr>
                <td data-label=texts.admin_stock_when()>{when}</td>
                <td data-label=texts.admin_variant_sku()><code>{row.sku}</code></td>
                <td data-label=texts.admin_stock_reason()>
                    {stock_reason_text(row.reason, texts)}
                </td>
                <td class="number" data-label=texts.admin_stock_difference()>{difference}</td>
                <td class="number" data-label=texts.admin_stock_after()>{after}</td>
                <td data-label=texts.admin_stock_who() dir="auto">{row.actor}</td>
                <td data-label=note_label dir="auto">{row.note}</td>
            </tr>
        }
    });
    view! {
        <h2>{texts.admin_stock_history()}</h2>
        <p class="hint">{texts.admin_stock_history_hint()}</p>
        <table class="rows">
            <thead><tr>
                <th>{texts.admin_stock_when()}</th>
                <th>{texts.admin_variant_sku()}</th>
                <th>{texts.admin_stock_reason()}</th>
                <th class="number">{texts.admin_stock_difference()}</th>
                <th class="number">{texts.admin_stock_after()}</th>
                <th>{texts.admin_stock_who()}</th>
                <th>{texts.admin_stock_note()}</th>
            </tr></thead>
            <tbody>{rows.collect_view()}</tbody>
        </table>
        {older}
    }
    .rendered()
}
