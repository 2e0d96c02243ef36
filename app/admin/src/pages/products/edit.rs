//! `/admin/products/new` and `/admin/products/{id}`: everything about a product but its stock.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use http::StatusCode;
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use leptos_router::hooks::use_params_map;
use locale::{Language, Texts};
use sea_orm::DbErr;
use shop::Shop;
use shop::catalog::categories::{self, CategoryRow};
use shop::catalog::editing::{self, Editable, ProductForm, TextForm, VariantFacts, VariantForm};
use shop::markdown;
use till_core::admin::Right;
use till_core::money::Currency;
use till_core::unit_price::ContentUnit;
use ui::head::summary;
use ui::headers;
use ui::language::{language, texts};
use ui::when_read::when_read;

use super::stock_and_held;
use crate::amounts::exchanged_in_form;
use crate::api::products::{ArchiveProduct, DuplicateProduct, SaveProduct};
use crate::form::{Checkbox, Field, Form, LongField, Select};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::not_found::NotFoundPage;
use crate::pages::unavailable::unavailable;
use crate::product_words::variant_field;
use crate::sent::{SentForm, sent_to};
use crate::sent_product::product_form;

mod conflict;
mod pictures;

use conflict::Differences;
use pictures::{NoPicturesYet, Pictures};
use ui::rendered::Rendered;

type Text = Cow<'static, str>;

/// The number of characters that search engines show of a title.
const SEARCH_TITLE_CHARACTERS: usize = 60;

/// What the page shows.
struct Shown {
    /// `None`: a new product.
    stored: Option<Editable>,
    /// What is stored, or was typed.
    form: ProductForm,
    categories: Vec<CategoryRow>,
    languages: Vec<Language>,
    /// What was typed, if the form was sent and is shown again.
    sent: Option<Arc<SentForm>>,
    /// The product's address, if a preview is shown: as it is stored, or as it will be.
    address: Option<String>,
    public_url: String,
}

/// How many variants the form of a new product has; those that stay empty are none.
const NEW_VARIANTS: usize = 3;

/// `/admin/products/new`
#[component]
pub fn NewProductPage() -> impl IntoView {
    page(Right::Products, |_| {
        let sent = sent_to(SaveProduct::PATH);
        let shop = expect_context::<Shop>();
        when_read(move || show(shop.clone(), None, sent.clone()))
    })
}

/// `/admin/products/{id}`
#[component]
pub fn ProductPage() -> impl IntoView {
    page(Right::Products, |_| {
        let sent = sent_to(SaveProduct::PATH);
        let shop = expect_context::<Shop>();
        let id = use_params_map().read_untracked().get("id");
        // What is no number is the id of no product.
        let id = id.and_then(|id| id.parse().ok()).unwrap_or(0);
        when_read(move || show(shop.clone(), Some(id), sent.clone()))
    })
}

async fn show(shop: Shop, id: Option<i64>, sent: Option<Arc<SentForm>>) -> AnyView {
    match read(&shop, id, sent).await {
        Ok(Some(shown)) => view! { <Product shown /> }.rendered(),
        Ok(None) => {
            headers::status(StatusCode::NOT_FOUND);
            view! { <NotFoundPage /> }.rendered()
        }
        Err(error) => unavailable(&error),
    }
}

async fn read(
    shop: &Shop,
    id: Option<i64>,
    sent: Option<Arc<SentForm>>,
) -> Result<Option<Shown>, DbErr> {
    let stored = match id {
        Some(id) => match editing::load(&shop.database, id).await? {
            Some(stored) => Some(stored),
            None => return Ok(None),
        },
        None => None,
    };
    let form = match (&sent, &stored) {
        (Some(sent), _) => product_form(&sent.fields),
        (None, Some(stored)) => exchanged_in_form(stored.form.clone(), language()),
        (None, None) => {
            let currencies = shop::catalog::currencies(&shop.database).await;
            let currencies = currencies.map_err(|error| error.0)?;
            editing::blank(currencies.first().map_or("eur", |currency| currency.code()))
        }
    };
    let is_preview = sent.as_ref().is_some_and(|sent| is_preview(sent));
    let address = match is_preview {
        true => Some(address(shop, stored.as_ref(), &form).await?),
        false => None,
    };
    Ok(Some(Shown {
        stored,
        address,
        form,
        categories: categories::all(&shop.database).await?,
        languages: shop.settings.languages.iter().collect(),
        sent,
        public_url: shop.settings.public_url.clone(),
    }))
}

fn is_preview(sent: &SentForm) -> bool {
    sent.typed("preview").is_some()
}

/// The address of the product's page once the form is saved.
async fn address(
    shop: &Shop,
    stored: Option<&Editable>,
    form: &ProductForm,
) -> Result<String, DbErr> {
    let slug = match (form.slug.trim(), stored) {
        ("", Some(stored)) => stored.form.slug.clone(),
        ("", None) => editing::made_slug(&shop.database, &form.name).await?,
        (typed, _) => typed.to_owned(),
    };
    Ok(format!("{}/products/{slug}", shop.settings.public_url))
}

#[component]
fn Product(shown: Shown) -> impl IntoView {
    let texts = texts();
    let title: Text = match &shown.stored {
        Some(stored) => stored.form.name.clone().into(),
        None => texts.admin_products_new(),
    };
    let stored = shown.stored.as_ref();
    let actions = stored.map(|stored| view! { <Actions stored=stored.clone() /> });
    let pictures = match stored {
        Some(stored) => {
            view! { <Pictures product=stored.id pictures=stored.pictures.clone() /> }.rendered()
        }
        None => view! { <NoPicturesYet /> }.rendered(),
    };
    let typed = |name: &str| shown.sent.as_ref().and_then(|sent| sent.typed(name));
    let typed_version = typed("version").and_then(|version| version.parse::<i64>().ok());
    let conflict = stored.filter(|stored| typed_version.is_some_and(|v| v != stored.version));
    let differences = conflict.map(|stored| {
        let theirs = exchanged_in_form(stored.form.clone(), language());
        let (id, yours) = (stored.id, shown.form.clone());
        view! { <Differences id theirs yours /> }
    });
    let preview = shown.address.map(|address| {
        let (form, url) = (shown.form.clone(), shown.public_url.clone());
        view! { <Preview form address public_url=url /> }
    });
    let label = match conflict {
        Some(_) => texts.admin_product_save_mine(),
        None => texts.admin_product_save(),
    };
    let versions = stored.map(|stored| {
        view! {
            <input type="hidden" name="id" value=stored.id />
            <input type="hidden" name="version" value=stored.version />
        }
    });
    let is_again = shown.sent.is_some();
    let facts = stored.map(|stored| stored.variants.clone());
    let facts = facts.unwrap_or_default();
    let (form, categories, languages) = (shown.form, shown.categories, shown.languages);
    view! {
        <Layout title>
            {actions}
            {preview}
            <Form action=SaveProduct::PATH>
                {differences}
                {versions}
                <OwnFields form=form.clone() categories />
                <Variants form=form.clone() facts is_again />
                <Translations form=form.clone() languages />
                <SafetyFields form />
                <p class="actions">
                    <button type="submit" class="btn btn-primary">{label}</button>
                    " "
                    <button type="submit" class="btn btn-outline" name="preview" value="1">
                        {texts.admin_product_preview()}
                    </button>
                </p>
            </Form>
            {pictures}
        </Layout>
    }
    .rendered()
}

/// What can be done with a stored product beside editing it.
#[component]
fn Actions(stored: Editable) -> impl IntoView {
    let texts = texts();
    let id = stored.id;
    let on_sale = stored.form.on_sale;
    let (label, value) = match on_sale {
        true => (texts.admin_product_archive(), "false"),
        false => (texts.admin_product_restore(), "true"),
    };
    let confirm = on_sale.then(|| texts.admin_product_archive_confirm());
    let add_pictures = stored.pictures.is_empty().then(|| {
        view! { <a class="btn btn-primary" href="#pictures">{texts.admin_pictures_add()}</a> }
    });
    let see = on_sale.then(|| {
        let address = format!("/products/{}", stored.form.slug);
        view! { <a class="btn btn-outline" href=address>{texts.admin_product_see()}</a> }
    });
    view! {
        <div class="actions">
            {add_pictures}
            {see}
            <a class="btn btn-outline" href=format!("/admin/products/{id}/stock")>
                {texts.admin_product_stock_link()}
            </a>
            <Form action=ArchiveProduct::PATH class="inline">
                <input type="hidden" name="id" value=id />
                <input type="hidden" name="on_sale" value=value />
                <button type="submit" class="btn btn-outline" data-confirm=confirm>{label}</button>
            </Form>
            <Form action=DuplicateProduct::PATH class="inline">
                <input type="hidden" name="id" value=id />
                <button type="submit" class="btn btn-outline">
                    {texts.admin_product_duplicate()}
                </button>
            </Form>
        </div>
    }
}

#[component]
fn OwnFields(form: ProductForm, categories: Vec<CategoryRow>) -> impl IntoView {
    let texts = texts();
    let none = (String::new(), texts.admin_product_no_category());
    let categories = categories.into_iter();
    let categories = categories.map(|category| (category.slug, Text::from(category.name)));
    let categories: Vec<(String, Text)> = std::iter::once(none).chain(categories).collect();
    view! {
        <Field name="form[name]" label=texts.admin_product_name() value=form.name required=true />
        <Field name="form[slug]" label=texts.admin_product_slug() value=form.slug
            hint=texts.admin_product_slug_hint() />
        <LongField name="form[description]" label=texts.admin_product_description()
            value=form.description rows=10 hint=texts.admin_product_markdown_hint() />
        <Select name="form[category]" label=texts.admin_product_category() options=categories
            value=form.category />
        <Field name="form[brand]" label=texts.admin_product_brand() value=form.brand />
        <Select name="form[currency]" label=texts.admin_product_currency()
            options=currencies() value=form.currency />
        <Checkbox name="form[on_sale]" label=texts.admin_product_on_sale() value="true"
            checked=form.on_sale />
    }
}

fn currencies() -> Vec<(String, Text)> {
    Currency::all()
        .map(|currency| {
            let code = currency.code();
            (code.to_owned(), Text::from(code.to_ascii_uppercase()))
        })
        .collect()
}

#[component]
fn Variants(form: ProductForm, facts: Vec<VariantFacts>, is_again: bool) -> impl IntoView {
    let texts = texts();
    let facts: BTreeMap<i64, VariantFacts> =
        facts.into_iter().map(|facts| (facts.id, facts)).collect();
    let mut variants = form.variants;
    let last = variants.iter().rposition(VariantForm::is_filled_in);
    let count = last.map_or(0, |last| last + 1);
    // Some more than there are, to be filled in: a new product often has several. A form that is
    // shown again has them already.
    let is_new = variants.iter().all(|variant| variant.id.is_none());
    let wanted = match (is_again, is_new) {
        (true, _) => 0,
        (false, true) => NEW_VARIANTS,
        (false, false) => count + 1,
    };
    while variants.len() < wanted {
        variants.push(VariantForm {
            active: true,
            ..VariantForm::default()
        });
    }
    let variants = variants.into_iter().enumerate().map(|(index, variant)| {
        let facts = variant.id.and_then(|id| facts.get(&id).cloned());
        let is_spare = index >= count && index > 0;
        view! { <Variant index variant facts is_spare /> }
    });
    view! {
        <section>
            <h2>{texts.admin_product_variants()}</h2>
            <p class="hint">{texts.admin_product_variants_hint()}</p>
            {variants.collect_view()}
        </section>
    }
    .rendered()
}

#[component]
fn Variant(
    index: usize,
    variant: VariantForm,
    facts: Option<VariantFacts>,
    is_spare: bool,
) -> impl IntoView {
    let texts = texts();
    let name = move |field: &str| variant_field(index, field);
    let legend: Text = match (is_spare, variant.sku.is_empty()) {
        (true, _) => texts.admin_variant_new(),
        (false, true) => texts.admin_variant_number(index as u64 + 1).into(),
        (false, false) => variant.sku.clone().into(),
    };
    let hint = is_spare.then(|| view! { <p class="hint">{texts.admin_variant_new_hint()}</p> });
    let stock = facts.clone().map(|facts| {
        view! { <p>{texts.admin_variant_stock()} ": "
        {stock_and_held(facts.stock, facts.held, texts)}</p> }
    });
    let first_stock = facts.is_none().then(|| {
        view! { <Field name=name("stock") label=texts.admin_variant_first_stock()
        inputmode="numeric" value=variant.stock.clone() /> }
    });
    let id = variant
        .id
        .map(|id| view! { <input type="hidden" name=name("id") value=id /> });
    view! {
        <fieldset class="admin-card">
            <legend dir="auto">{legend}</legend>
            {hint}
            {id}
            <Field name=name("sku") label=texts.admin_variant_sku() value=variant.sku.clone() />
            <Field name=name("name") label=texts.admin_variant_name() value=variant.name.clone() />
            <Field name=name("price") label=texts.admin_variant_price() inputmode="decimal"
                value=variant.price.clone() />
            {first_stock}
            {stock}
            <Checkbox name=name("active") label=texts.admin_variant_active() value="true"
                checked=variant.active />
            <VariantDetails index variant facts />
        </fieldset>
    }
    .rendered()
}

/// What is needed less often.
#[component]
fn VariantDetails(
    index: usize,
    variant: VariantForm,
    facts: Option<VariantFacts>,
) -> impl IntoView {
    let texts = texts();
    let name = move |field: &str| variant_field(index, field);
    let lowest = facts.and_then(|facts| facts.lowest_price);
    let lowest: Option<Text> = lowest.map(|price| texts.admin_variant_lowest(price).into());
    let units = ContentUnit::ALL.map(ContentUnit::symbol);
    let units = units.map(|unit| (unit.to_owned(), Text::from(unit)));
    let none = (String::new(), texts.admin_product_no_category());
    let units: Vec<(String, Text)> = std::iter::once(none).chain(units).collect();
    let has_sale = !variant.sale_price.is_empty();
    let lowest = lowest.map(|lowest| view! { <p class="hint">{lowest}</p> });
    view! {
        <details open=has_sale>
            <summary>{texts.admin_product_more()}</summary>
            <Field name=name("sale_price") label=texts.admin_variant_sale_price()
                inputmode="decimal" value=variant.sale_price />
            {lowest}
            <Field name=name("sale_from") kind="date" label=texts.admin_variant_sale_from()
                value=variant.sale_from />
            <Field name=name("sale_until") kind="date" label=texts.admin_variant_sale_until()
                value=variant.sale_until />
            <Field name=name("max_per_order") label=texts.admin_variant_max() inputmode="numeric"
                value=variant.max_per_order />
            <Field name=name("weight_grams") label=texts.admin_variant_weight() inputmode="numeric"
                value=variant.weight_grams />
            <Field name=name("gtin") label=texts.admin_variant_gtin() inputmode="numeric"
                value=variant.gtin />
            <Field name=name("content_amount") label=texts.admin_variant_content()
                inputmode="decimal" value=variant.content_amount />
            <Select name=name("content_unit") label=texts.admin_variant_content_unit()
                options=units value=variant.content_unit />
            <Field name=name("tax_code") label=texts.admin_variant_tax_code()
                value=variant.tax_code />
            <Field name=name("place") kind="number" label=texts.admin_variant_place()
                value=(index + 1).to_string() />
        </details>
    }
    .rendered()
}

#[component]
fn Translations(form: ProductForm, languages: Vec<Language>) -> impl IntoView {
    let texts = texts();
    if languages.len() < 2 {
        return ().rendered();
    }
    let fields = languages.into_iter().map(|of| {
        let code = of.code();
        let called = Texts::of(of).language_name();
        let typed: TextForm = form.texts.get(code).cloned().unwrap_or_default();
        view! {
            <Field name=format!("form[texts][{code}][name]")
                label=texts.admin_product_name_in(&called) value=typed.name />
            <LongField name=format!("form[texts][{code}][description]")
                label=texts.admin_product_description_in(&called) value=typed.description />
        }
    });
    view! {
        <details>
            <summary>{texts.admin_product_languages_heading()}</summary>
            <p class="hint">{texts.admin_product_language_hint()}</p>
            {fields.collect_view()}
        </details>
    }
    .rendered()
}

#[component]
fn SafetyFields(form: ProductForm) -> impl IntoView {
    let texts = texts();
    view! {
        <details>
            <summary>{texts.admin_product_safety_heading()}</summary>
            <Field name="form[manufacturer_name]"
                label=texts.admin_product_manufacturer_name() value=form.manufacturer_name />
            <LongField name="form[manufacturer_address]" rows=3
                label=texts.admin_product_manufacturer_address()
                value=form.manufacturer_address />
            <Field name="form[manufacturer_contact]"
                label=texts.admin_product_manufacturer_contact()
                value=form.manufacturer_contact />
            <LongField name="form[responsible_person]" rows=3
                label=texts.admin_product_responsible_person() value=form.responsible_person />
            <LongField name="form[safety]" label=texts.admin_product_safety()
                value=form.safety />
        </details>
    }
    .rendered()
}

/// The description as shoppers see it, and the product as a search engine may show it.
#[component]
fn Preview(form: ProductForm, address: String, public_url: String) -> impl IntoView {
    let texts = texts();
    let html = markdown::to_html(&form.description);
    let plain = markdown::to_mail_text(&form.description, &public_url);
    let title = format!(
        "{} · {}",
        form.name,
        expect_context::<Shop>().profile().name
    );
    view! {
        <section class="admin-card">
            <h2>{texts.admin_product_preview()}</h2>
            <div class="product-description" dir="auto" lang=language().code()
                inner_html=html></div>
        </section>
        <section class="admin-card search-preview">
            <h2>{texts.admin_product_search_preview()}</h2>
            <p class="hint">{address}</p>
            <p dir="auto"><strong>{cut(&title, SEARCH_TITLE_CHARACTERS)}</strong></p>
            <p dir="auto">{summary(&plain)}</p>
        </section>
    }
    .rendered()
}

fn cut(text: &str, characters: usize) -> String {
    match text.char_indices().nth(characters) {
        None => text.to_owned(),
        Some((end, _)) => format!("{} …", &text[..end]),
    }
}

/// What a field is called, for the table of differences.
pub(super) fn label(field: &str, texts: Texts) -> Text {
    match field {
        "name" => texts.admin_product_name(),
        "slug" => texts.admin_product_slug(),
        "description" => texts.admin_product_description(),
        "brand" => texts.admin_product_brand(),
        "category" => texts.admin_product_category(),
        "currency" => texts.admin_product_currency(),
        "on_sale" => texts.admin_product_on_sale(),
        "manufacturer_name" => texts.admin_product_manufacturer_name(),
        "manufacturer_address" => texts.admin_product_manufacturer_address(),
        "manufacturer_contact" => texts.admin_product_manufacturer_contact(),
        "responsible_person" => texts.admin_product_responsible_person(),
        "safety" => texts.admin_product_safety(),
        "sku" => texts.admin_variant_sku(),
        "variant_name" => texts.admin_variant_name(),
        "price" => texts.admin_variant_price(),
        "sale_price" => texts.admin_variant_sale_price(),
        "sale_from" => texts.admin_variant_sale_from(),
        "sale_until" => texts.admin_variant_sale_until(),
        "max_per_order" => texts.admin_variant_max(),
        "weight_grams" => texts.admin_variant_weight(),
        "gtin" => texts.admin_variant_gtin(),
        "content_amount" => texts.admin_variant_content(),
        "content_unit" => texts.admin_variant_content_unit(),
        "tax_code" => texts.admin_variant_tax_code(),
        "active" => texts.admin_variant_active(),
        other => other.to_owned().into(),
    }
}
