//! `/admin/products/import?draft=…`: upload a file, look at what it would change, apply it.

use std::borrow::Cow;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_query_map;
use locale::Texts;
use sea_orm::DbErr;
use shop::Shop;
use shop::audit::Actor;
use shop::catalog::import::{ImportError, ImportReport, Part, ProductChange, What, draft};
use till_core::admin::Right;
use till_core::money::Currency;
use ui::language::texts;
use ui::when_read::when_read;

use crate::access::here;
use crate::api::product_import::{ApplyImport, UploadProducts};
use crate::form::Form;
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::problems::Problems;
use ui::rendered::{Rendered, RenderedChildren};

type Text = Cow<'static, str>;

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
                let Some(draft) = draft else {
                    return view! { <Import><UploadForm /></Import> }.rendered();
                };
                match preview(&shop, draft, &actor).await {
                    Ok(preview) => view! {
                        <Import><Shown draft preview /><UploadForm /></Import>
                    }
                    .rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
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

/// A form with a file, which an ordinary [`Form`] has not.
#[component]
fn UploadForm() -> impl IntoView {
    let texts = texts();
    let formats = [
        ("till", "Till"),
        ("shopify", "Shopify"),
        ("woocommerce", "WooCommerce"),
    ];
    let formats = formats.map(|(value, label)| view! { <option value=value>{label}</option> });
    let currencies = Currency::all().map(|currency| {
        let code = currency.code();
        view! { <option value=code>{code.to_ascii_uppercase()}</option> }
    });
    view! {
        <Problems of=vec![UploadProducts::PATH] />
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
            }
            .rendered()
        }
    }
}

#[component]
fn Report(draft: i64, report: ImportReport) -> impl IntoView {
    let texts = texts();
    let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
    let (created, updated) = (count(report.created), count(report.updated));
    let summary = texts.admin_import_summary(created, updated, count(report.unchanged));
    let more = report.changes.count - report.changes.first.len();
    let more = (more > 0).then(|| view! { <p>{texts.admin_import_more(count(more))}</p> });
    let nothing = (report.changes.count == 0).then(|| {
        view! { <p>{texts.admin_import_nothing()}</p> }
    });
    let digest = report.digest();
    let rows = report
        .changes
        .first
        .iter()
        .flat_map(|change| rows(change, texts));
    let rows = rows.collect_view();
    let apply = (report.changes.count > 0).then(|| {
        view! {
            <Form action=ApplyImport::PATH>
                <input type="hidden" name="draft" value=draft />
                <input type="hidden" name="seen" value=digest />
                <button type="submit" class="btn btn-primary">{texts.admin_import_apply()}</button>
            </Form>
        }
    });
    view! {
        <section class="admin-card" id="preview">
            <p><strong>{summary}</strong></p>
            {nothing}
            <table class="rows">
                <thead><tr>
                    <th>{texts.admin_import_product()}</th>
                    <th>{texts.admin_product_conflict_field()}</th>
                    <th>{texts.admin_import_old()}</th>
                    <th>{texts.admin_import_new()}</th>
                </tr></thead>
                <tbody>{rows}</tbody>
            </table>
            {more}
            {apply}
        </section>
    }
    .rendered()
}

/// The rows of a changed product: one for each value.
fn rows(change: &ProductChange, texts: Texts) -> Vec<AnyView> {
    let row = |part: &Part| {
        let name = match &part.sku {
            Some(sku) => format!("{} · {sku}", change.slug),
            None => change.slug.clone(),
        };
        let badge = change.is_new.then(|| {
            view! { " " <span class="badge">{texts.admin_import_is_new()}</span> }
        });
        view! {
            <tr>
                <td data-label=texts.admin_import_product()>{name}{badge}</td>
                <td data-label=texts.admin_product_conflict_field()>{word(part.what, texts)}</td>
                <td data-label=texts.admin_import_old() dir="auto">{part.old.clone()}</td>
                <td data-label=texts.admin_import_new() dir="auto">{part.new.clone()}</td>
            </tr>
        }
        .rendered()
    };
    change.parts.iter().map(row).collect()
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
        What::MovedHere | What::NewVariant => texts.admin_variant_new(),
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
