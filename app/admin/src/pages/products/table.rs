//! `/admin/products/table?q=…`: many variants at once.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use shop::Shop;
use shop::catalog::list::VariantRow;
use shop::catalog::stock::StockReason;
use shop::catalog::table::MAX_ROWS;
use shop::new_token::form_attempt;
use till_core::admin::Right;
use till_core::view::full_name;
use ui::language::{language, texts};
use ui::when_read::when_read;

use super::{Asked, Filters, Listed, Pager, read, variant_stock};
use crate::access::here;
use crate::amounts::exchanged;
use crate::api::products::SaveProductTable;
use crate::form::{Field, Form, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::product_words::stock_reason_text;
use crate::sent::sent_to;
use ui::rendered::Rendered;

type Text = Cow<'static, str>;

const PATH: &str = "/admin/products/table";

/// `/admin/products/table`
#[component]
pub fn ProductTablePage() -> impl IntoView {
    page(Right::Products, |_| {
        let shop = expect_context::<Shop>();
        let asked = Asked::read(&use_query_map().read_untracked());
        when_read(move || {
            let (shop, asked) = (shop.clone(), asked.clone());
            async move {
                match read(&shop, &asked).await {
                    Ok(listed) => view! { <Table asked listed /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Table(asked: Asked, listed: Listed) -> impl IntoView {
    let texts = texts();
    let Listed { list, categories } = listed;
    let none = (String::new(), texts.admin_product_no_category());
    let options = categories.iter();
    let options = options.map(|category| (category.slug.clone(), category.name.clone().into()));
    let options: Vec<(String, Text)> = std::iter::once(none).chain(options).collect();
    let all = list.products.iter().flat_map(|product| {
        let variants = product.variants.iter();
        variants.map(|variant| (full_name(&product.name, &variant.name), variant.clone()))
    });
    let mut all: Vec<(String, VariantRow)> = all.collect();
    let cut = all.len() > MAX_ROWS;
    all.truncate(MAX_ROWS);
    let rows = all.into_iter().enumerate().map(|(index, (name, variant))| {
        view! { <Row index name variant options=options.clone() /> }
    });
    let rows = rows.collect_view();
    let reasons = [
        StockReason::Received,
        StockReason::Returned,
        StockReason::Damaged,
        StockReason::Counted,
    ];
    let reasons = reasons.map(|reason| (reason.to_string(), stock_reason_text(reason, texts)));
    view! {
        <Layout title=texts.admin_products_table()>
            <Filters asked=asked.clone() categories path=PATH />
            <p class="hint">{texts.admin_table_hint()}</p>
            {cut.then(|| view! { <p class="alert alert-info">{texts.admin_table_too_long()}</p> })}
            <Form action=SaveProductTable::PATH class="admin-table">
                <input type="hidden" name="back" value=back() />
                <input type="hidden" name="attempt" value=form_attempt() />
                <table class="rows">
                    <thead><tr>
                        <th>{texts.admin_product_name()}</th>
                        <th>{texts.admin_table_price()}</th>
                        <th>{texts.admin_variant_stock()}</th>
                        <th>{texts.admin_table_units()}</th>
                        <th>{texts.admin_product_category()}</th>
                        <th>{texts.admin_variant_active()}</th>
                    </tr></thead>
                    <tbody>{rows}</tbody>
                </table>
                <Select name="reason" label=texts.admin_stock_reason() options=reasons.to_vec()
                    value="received" />
                <Field name="note" label=texts.admin_stock_note() />
                <button type="submit" class="btn btn-primary">{texts.admin_product_save()}</button>
            </Form>
            <Pager asked list path=PATH />
        </Layout>
    }
}

/// The page to come back to: this one, also if it is shown again.
fn back() -> String {
    let sent = sent_to(SaveProductTable::PATH);
    let earlier = sent.and_then(|sent| sent.typed("back").map(ToOwned::to_owned));
    earlier.unwrap_or_else(here)
}

/// A row: what is shown goes with the form, so that only what was changed is saved. If the form is
/// shown again, that is what was shown first.
#[component]
fn Row(
    index: usize,
    name: String,
    variant: VariantRow,
    options: Vec<(String, Text)>,
) -> impl IntoView {
    let texts = texts();
    let field = |name: &str| format!("rows[{index}]{name}");
    let sent = sent_to(SaveProductTable::PATH);
    // A row of another variant may be here now: then what was typed is not for it.
    let id = variant.id.to_string();
    let sent = sent.filter(|sent| sent.typed(&field("[variant]")) == Some(id.as_str()));
    let typed = |name: &str, value: &str| {
        let typed = sent
            .as_ref()
            .map(|sent| sent.typed(&field(name)).unwrap_or_default());
        typed.unwrap_or(value).to_owned()
    };
    let problem = |name: &str| {
        let problem = sent.as_ref().and_then(|sent| sent.problem(&field(name)));
        problem.map(|problem| {
            view! { <span class="invalid-feedback d-block">{problem.text.clone()}</span> }
        })
    };
    let class = |name: &str| {
        let problem = sent.as_ref().and_then(|sent| sent.problem(&field(name)));
        if problem.is_some() {
            "form-control is-invalid"
        } else {
            "form-control"
        }
    };
    let values = &variant.values;
    let price = exchanged(&values.price, language());
    let was_active = if values.active { "true" } else { "false" };
    let shown_active = typed("[shown][active]", was_active);
    let active = match &sent {
        Some(sent) => sent.has(&field("[typed][active]"), "true"),
        None => values.active,
    };
    let chosen = typed("[typed][category]", &values.category);
    let options = options.into_iter().map(|(value, label)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{label}</option> }
    });
    let stock = variant
        .stock
        .map(|stock| stock.to_string())
        .unwrap_or_default();
    let label = |column: Text| format!("{}: {column}", variant.sku);
    view! {
        <tr>
            <td data-label=texts.admin_product_name()>
                <span><span dir="auto">{name}</span>" "<code>{variant.sku.clone()}</code></span>
                <input type="hidden" name=field("[variant]") value=id />
                <input type="hidden" name=field("[shown][price]")
                    value=typed("[shown][price]", &price) />
                <input type="hidden" name=field("[shown][category]")
                    value=typed("[shown][category]", &values.category) />
                <input type="hidden" name=field("[shown][active]") value=shown_active />
                <input type="hidden" name=field("[stock]") value=stock />
            </td>
            <td data-label=texts.admin_table_price()>
                <input class=class("[typed][price]") type="text" inputmode="decimal"
                    name=field("[typed][price]") aria-label=label(texts.admin_table_price())
                    value=typed("[typed][price]", &price) />
                {problem("[typed][price]")}
            </td>
            <td data-label=texts.admin_variant_stock()>
                <span>{variant_stock(&variant, texts)}</span>
            </td>
            <td data-label=texts.admin_table_units()>
                <input class=class("[units]") type="text" name=field("[units]")
                    aria-label=label(texts.admin_table_units()) value=typed("[units]", "") />
                {problem("[units]")}
            </td>
            <td data-label=texts.admin_product_category()>
                <select class=class("[typed][category]") name=field("[typed][category]")
                    aria-label=label(texts.admin_product_category())>
                    {options.collect_view()}
                </select>
                {problem("[typed][category]")}
            </td>
            <td data-label=texts.admin_variant_active()>
                <input type="checkbox" name=field("[typed][active]") value="true" checked=active
                    aria-label=label(texts.admin_variant_active()) />
                {problem("[typed][active]")}
            </td>
        </tr>
    }
    .rendered()
}
