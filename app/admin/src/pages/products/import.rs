//! `/admin/products/import?draft=…`: upload a file, look at what it would change, apply it.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use locale::Texts;
use sea_orm::DbErr;
use shop::Shop;
use shop::audit::Actor;
use shop::catalog::editing;
use shop::catalog::import::{ImportError, ImportReport, Part, ProductChange, Value, What, draft};
use till_core::admin::Right;
use till_core::money::Currency;
use ui::language::texts;
use ui::when_read::when_read;

use crate::access::here;
use crate::amounts::exchanged;
use crate::api::product_import::{ApplyImport, CancelImport, UploadProducts};
use crate::form::Form;
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::problems::Problems;
use ui::rendered::{Rendered, RenderedChildren};

type Text = Cow<'static, str>;

/// The most rows of one product in the table of what changes.
const MAX_ROWS_OF_PRODUCT: usize = 50;

/// What would be imported.
enum Preview {
    Report(Box<ImportReport>),
    /// Sentences in English, as the command line has them.
    Rejected(Vec<String>),
    Gone,
}

/// `/admin/products/import`
#[component]
pub fn ImportPage() -> impl IntoView {
    page(Right::Products, |admin| {
        let shop = expect_context::<Shop>();
        let draft = use_query_map().read_untracked().get("draft");
        let draft: Option<i64> = draft.and_then(|draft| draft.parse().ok());
        let actor = admin.actor;
        when_read(move || {
            let (shop, actor) = (shop.clone(), actor.clone());
            async move {
                match read(&shop, draft, &actor).await {
                    Ok((currency, None)) => {
                        view! { <Import><UploadForm currency /></Import> }.rendered()
                    }
                    Ok((currency, Some((draft, preview)))) => view! {
                        <Import><Shown draft preview /><UploadForm currency /></Import>
                    }
                    .rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// The shop's first currency, and what a file would change if one is asked for.
async fn read(
    shop: &Shop,
    draft: Option<i64>,
    actor: &Actor,
) -> Result<(Option<Currency>, Option<(i64, Preview)>), DbErr> {
    let currencies = shop::catalog::currencies(&shop.database).await;
    let currencies = currencies.map_err(|error| error.0)?;
    let preview = match draft {
        Some(draft) => Some((draft, preview(shop, draft, actor).await?)),
        None => None,
    };
    Ok((currencies.first().copied(), preview))
}

async fn preview(shop: &Shop, draft: i64, actor: &Actor) -> Result<Preview, DbErr> {
    let zone = shop.profile().time_zone.clone();
    match draft::preview(&shop.database, draft, &zone, actor).await {
        Ok(Some(report)) => Ok(Preview::Report(Box::new(report))),
        Ok(None) => Ok(Preview::Gone),
        Err(ImportError::Database(error)) => Err(error),
        Err(error) => Ok(Preview::Rejected(
            error.to_string().lines().map(ToOwned::to_owned).collect(),
        )),
    }
}

#[component]
fn Import(children: RenderedChildren) -> impl IntoView {
    view! { <Layout title=texts().admin_products_import()>{children.render()}</Layout> }
}

/// A form with a file, which an ordinary [`Form`] has not. The shop's currency is chosen, because
/// files of other shops need one; a currency in the file goes before it.
#[component]
fn UploadForm(currency: Option<Currency>) -> impl IntoView {
    let texts = texts();
    let formats = [
        ("till", texts.admin_import_own_format()),
        ("shopify", "Shopify".into()),
        ("woocommerce", "WooCommerce".into()),
    ];
    let formats = formats.map(|(value, label)| view! { <option value=value>{label}</option> });
    let currencies = Currency::all().map(|one| {
        let (code, chosen) = (one.code(), currency == Some(one));
        view! { <option value=code selected=chosen>{code.to_ascii_uppercase()}</option> }
    });
    view! {
        <Problems of=vec![UploadProducts::PATH] />
        <p>{texts.admin_import_columns()}</p>
        <p class="actions">
            <a class="btn btn-outline" href="/admin/products/sample" download="">
                {texts.admin_import_sample()}
            </a>
            " " <a class="btn btn-outline" href="/admin/products/export" download="">
                {texts.admin_import_export()}
            </a>
        </p>
        <form class="admin-form" method="post" action=UploadProducts::PATH
            enctype="multipart/form-data">
            <input type="hidden" name="from" value=here() />
            <div class="field">
                <label for="file">{texts.admin_import_file()}</label>
                <input class="form-control" type="file" id="file" name="file" required
                    accept=".csv,text/csv" />
            </div>
            <div class="field">
                <label for="format">{texts.admin_import_from()}</label>
                <select class="form-control" id="format" name="format">
                    {formats.into_iter().collect_view()}
                </select>
            </div>
            <div class="field">
                <label for="currency">{texts.admin_import_currency()}</label>
                <select class="form-control" id="currency" name="currency">
                    <option value="">"–"</option>
                    {currencies.collect_view()}
                </select>
            </div>
            <label class="check">
                <input type="checkbox" name="stock" value="true" />
                <span>{texts.admin_import_stock()}</span>
            </label>
            <button type="submit" class="btn btn-primary">{texts.admin_import_preview()}</button>
        </form>
    }
    .rendered()
}

#[component]
fn Shown(draft: i64, preview: Preview) -> impl IntoView {
    let texts = texts();
    match preview {
        Preview::Report(report) => view! { <Report draft report=*report /> }.rendered(),
        Preview::Gone => {
            view! { <p class="alert alert-danger" role="alert">{texts.admin_import_gone()}</p> }
                .rendered()
        }
        Preview::Rejected(problems) => {
            let problems = problems.into_iter();
            let problems = problems.map(|problem| view! { <li lang="en">{problem}</li> });
            view! {
                <div class="alert alert-danger" role="alert">
                    <p>{texts.admin_import_rejected()}</p>
                    <ul>{problems.collect_view()}</ul>
                </div>
                <Cancel draft />
            }
            .rendered()
        }
    }
}

/// Removes the file.
#[component]
fn Cancel(draft: i64) -> impl IntoView {
    view! {
        <Form action=CancelImport::PATH class="inline">
            <input type="hidden" name="draft" value=draft />
            <button type="submit" class="btn btn-outline">{texts().admin_import_cancel()}</button>
        </Form>
    }
}

#[component]
fn Report(draft: i64, report: ImportReport) -> impl IntoView {
    let texts = texts();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (created, updated) = (count(report.created), count(report.updated));
    let summary = texts.admin_import_summary(created, updated, count(report.unchanged));
    let kinds = report.changes.kinds.iter().map(|(what, number)| {
        view! { <li>{word(*what, texts)} ": " {texts.language().number(count(*number))}</li> }
    });
    let kinds = kinds.collect_view();
    let more = report.changes.count - report.changes.first.len();
    let more = (more > 0).then(|| view! { <p>{texts.admin_import_more(count(more))}</p> });
    let nothing = (report.changes.count == 0).then(|| {
        view! { <p>{texts.admin_import_nothing()}</p> }
    });
    let stays = (report.stock_differs > 0).then(|| {
        view! { <p>{texts.admin_import_stock_stays(count(report.stock_differs))}</p> }
    });
    let digest = report.digest();
    let rows = report
        .changes
        .first
        .iter()
        .flat_map(|change| rows(change, texts));
    let rows = rows.collect_view();
    let changes = (report.changes.count > 0).then(|| {
        view! {
            <ul class="plain counts">{kinds}</ul>
            <table class="rows">
                <thead><tr>
                    <th>{texts.admin_import_product()}</th>
                    <th>{texts.admin_import_what()}</th>
                    <th>{texts.admin_import_old()}</th>
                    <th>{texts.admin_import_new()}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {more}
        }
    });
    let apply = (report.changes.count > 0).then(|| {
        view! {
            <Form action=ApplyImport::PATH class="inline">
                <input type="hidden" name="draft" value=draft />
                <input type="hidden" name="seen" value=digest />
                <button type="submit" class="btn btn-primary">{texts.admin_import_apply()}</button>
            </Form>
        }
    });
    view! {
        <section class="admin-card" id="preview">
            <h2>{texts.admin_import_preview_heading()}</h2>
            <p><strong>{summary}</strong></p>
            {nothing}
            {stays}
            {changes}
            <div class="actions">{apply} <Cancel draft /></div>
        </section>
    }
    .rendered()
}

/// The rows of a changed product: one for each value.
fn rows(change: &ProductChange, texts: Texts) -> Vec<AnyView> {
    let row = |part: &Part| {
        let name = change.name.clone();
        let code = part.sku.clone().unwrap_or_else(|| change.slug.clone());
        let badge = change.is_new.then(|| {
            view! { " " <span class="badge">{texts.admin_import_is_new()}</span> }
        });
        let (old, new) = (
            shown(part.old.as_ref(), texts),
            shown(part.new.as_ref(), texts),
        );
        view! {
            <tr>
                <td data-label=texts.admin_import_product()>
                    <span><span dir="auto">{name}</span> " " <code>{code}</code>{badge}</span>
                </td>
                <td data-label=texts.admin_import_what()>{word(part.what, texts)}</td>
                <td data-label=texts.admin_import_old() dir="auto">{old}</td>
                <td data-label=texts.admin_import_new() dir="auto">{new}</td>
            </tr>
        }
        .rendered()
    };
    let rest = change.parts.len().saturating_sub(MAX_ROWS_OF_PRODUCT);
    let rest = (rest > 0).then(|| {
        let more = texts.admin_import_more_values(u64::try_from(rest).unwrap_or(u64::MAX));
        view! { <tr><td colspan="4">{more}</td></tr> }.rendered()
    });
    let rows = change.parts.iter().take(MAX_ROWS_OF_PRODUCT).map(row);
    rows.chain(rest).collect()
}

/// A value in the language of the page.
fn shown(value: Option<&Value>, texts: Texts) -> Text {
    let language = texts.language();
    let stock = |stock: Option<i64>| match stock {
        Some(units) => texts.admin_import_units(units.unsigned_abs()).into(),
        None => texts.admin_variant_uncounted(),
    };
    let day = |day: &Option<String>| {
        let day = day.as_deref().and_then(editing::day)?;
        Some(language.date_short(day))
    };
    match value {
        None => "–".into(),
        Some(Value::Text(text)) => text.clone().into(),
        Some(Value::Number(number)) => number.to_string().into(),
        Some(Value::Yes(true)) => texts.admin_products_on_sale(),
        Some(Value::Yes(false)) => texts.admin_products_off_sale(),
        Some(Value::Amount(amount, currency)) => texts.amount(*amount, currency).into(),
        Some(Value::Sale {
            price,
            currency,
            from,
            until,
        }) => {
            let parts = [
                Some(texts.amount(*price, currency)),
                day(from).map(|day| texts.admin_import_from_day(&day)),
                day(until).map(|day| texts.admin_import_until_day(&day)),
            ];
            let parts: Vec<String> = parts.into_iter().flatten().collect();
            parts.join(", ").into()
        }
        Some(Value::Content(thousandths, unit)) => {
            let amount = editing::thousandths_text(*thousandths);
            format!("{} {unit}", exchanged(&amount, language)).into()
        }
        Some(Value::Variant {
            name,
            price,
            currency,
            stock: units,
        }) => {
            let price = texts.amount(*price, currency);
            let stock = stock(*units);
            match name.is_empty() {
                true => format!("{price}, {stock}").into(),
                false => format!("{name}, {price}, {stock}").into(),
            }
        }
    }
}

fn word(what: What, texts: Texts) -> Text {
    match what {
        What::Address => texts.admin_product_slug(),
        What::Name => texts.admin_product_name(),
        What::Description => texts.admin_product_description(),
        What::Brand => texts.admin_product_brand(),
        What::Category => texts.admin_product_category(),
        What::Position => texts.admin_product_place(),
        What::Pictures => texts.admin_pictures(),
        What::Translation => texts.admin_product_languages_heading(),
        What::Safety => texts.admin_product_safety_heading(),
        What::NewVariant => texts.admin_import_new_variant(),
        What::MovedHere => texts.admin_import_moved_here(),
        What::Price => texts.admin_variant_price(),
        What::Sale => texts.admin_variant_sale_price(),
        What::Stock => texts.admin_variant_stock(),
        What::VariantName => texts.admin_variant_name(),
        What::OnSale => texts.admin_variant_active(),
        What::Limit => texts.admin_variant_max(),
        What::Weight => texts.admin_variant_weight(),
        What::Gtin => texts.admin_variant_gtin(),
        What::Content => texts.admin_variant_content(),
        What::TaxCode => texts.admin_variant_tax_code(),
        What::Place => texts.admin_variant_place(),
    }
}
