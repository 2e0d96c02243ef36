//! The form for quantities that begins a checkout. It is a plain HTML form, so that shoppers with
//! and without JavaScript use the same path.

use std::collections::{BTreeMap, HashSet};

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use shop::catalog::listing::CategoryView;
use shop::catalog::{CatalogError, MAX_VARIANTS_ON_CARD, names_of_discontinued};
use shop::checkout::Options;
use shop::checkout::options::AutomaticTax;
use till_core::money::{Currency, Money};
use till_core::quantity::QuantityError;
use till_core::refusal::{LineReason, Refusal};
use till_core::view::{ProductView, VariantView, full_name};

use super::category_links::{CategoryLinks, category_path};
use super::icons::Padlock;
use super::picture::card_picture;
use super::price::{Price, unit_price};
use super::price_note::{PriceNote, TotalNote};
use crate::api::{BeginCheckout, RefusedForm, TypedQuantities};
use crate::islands::live_form::LiveForm;
use crate::language::{country_name, language, localized, texts};

/// The id of the form, for buttons outside it.
pub(super) const FORM_ID: &str = "buy";

/// Maximum number of characters of a description on a card.
const MAX_SUMMARY_CHARS: usize = 300;

/// The products of one form.
#[derive(Clone, Debug, Default)]
pub struct Catalog {
    /// Sorted as the owner arranged them.
    pub products: Vec<ProductView>,
    /// Selected before, but without a field on this page of the catalog.
    pub selected: Vec<ProductView>,
    /// Names of selected variants that are no longer on sale, by id.
    pub discontinued: BTreeMap<i64, String>,
    /// The categories that have pages of their own; only in the whole catalog.
    pub categories: Vec<CategoryView>,
    /// Whether the catalog has more pages than this one.
    pub has_other_pages: bool,
}

impl Catalog {
    fn variants(&self) -> impl Iterator<Item = (&ProductView, &VariantView)> {
        let products = self.selected.iter().chain(&self.products);
        products.flat_map(|product| {
            product
                .variants
                .iter()
                .map(move |variant| (product, variant))
        })
    }

    /// The currency of the first product.
    pub(super) fn currency(&self) -> Option<Currency> {
        let (_, variant) = self.variants().next()?;
        Some(variant.price.currency)
    }

    /// Groups the products by category, both sorted as the owner arranged them. The last category
    /// may be nameless.
    fn by_category(self) -> Vec<(String, Vec<ProductView>)> {
        let mut categories: Vec<(String, Vec<ProductView>)> = Vec::new();
        if !self.selected.is_empty() {
            categories.push((texts().your_selection().into_owned(), self.selected));
        }
        let first = categories.len();
        for product in self.products {
            match categories[first..]
                .iter_mut()
                .find(|(category, _)| *category == product.category)
            {
                Some((_, products)) => products.push(product),
                None => categories.push((product.category.clone(), vec![product])),
            }
        }
        categories
    }
}

/// What a form contains when it is shown: nothing, what was typed before it was refused, or the
/// quantities of a cancelled checkout.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    /// Path of the form's page, which is shown again if the form is refused.
    pub page: String,
    /// Attempt token.
    pub attempt: String,
    /// Quantities as typed, by variant id.
    pub typed: BTreeMap<i64, String>,
    /// Why the form was refused.
    pub refusal: Option<Refusal>,
}

/// Returns the state of the form on the page with this path.
pub fn form_state(page: impl Into<String>) -> FormState {
    let (typed, refusal) = match use_context::<RefusedForm>() {
        Some(refused) => (refused.typed, Some(refused.refusal)),
        None => {
            let typed = use_context::<TypedQuantities>();
            (typed.map(|typed| typed.0).unwrap_or_default(), None)
        }
    };
    FormState {
        page: page.into(),
        attempt: new_attempt_token(),
        typed,
        refusal,
    }
}

/// Generates an attempt token. It is empty if the system has no randomness: the form is then
/// refused as out of date.
pub(super) fn new_attempt_token() -> String {
    shop::new_token::attempt_token().map_or_else(
        |error| {
            tracing::error!(%error, "could not generate an attempt token");
            String::new()
        },
        String::from,
    )
}

impl FormState {
    /// The attribute of a form that the server has filled with what was chosen: what the tab
    /// remembers is out of date.
    pub(super) fn is_filled(&self) -> Option<&'static str> {
        (self.refusal.is_some() || !self.typed.is_empty()).then_some("")
    }

    pub(super) fn reason(&self, variant: i64) -> Option<LineReason> {
        self.refusal.as_ref()?.by_variant().remove(&variant)
    }

    pub(super) fn typed(&self, variant: i64) -> String {
        self.typed.get(&variant).cloned().unwrap_or_default()
    }

    /// Returns the names of selected variants that are no longer on sale.
    pub async fn discontinued(
        &self,
        shop: &shop::Shop,
    ) -> Result<BTreeMap<i64, String>, CatalogError> {
        let reasons = self.refusal.as_ref().map(Refusal::by_variant);
        let mut discontinued = reasons.unwrap_or_default();
        discontinued.retain(|_, reason| *reason == LineReason::NotSold);
        match discontinued.is_empty() {
            true => Ok(BTreeMap::new()),
            false => {
                names_of_discontinued(&shop.database, discontinued.into_keys(), language()).await
            }
        }
    }

    /// Renders why the form was refused, with links to the fields.
    pub fn alert(&self, catalog: &Catalog) -> impl IntoView + use<> {
        let refusal = self.refusal.clone()?;
        let texts = texts();
        let reasons = refusal.by_variant();
        let mut named = HashSet::new();
        let mut items: Vec<AnyView> = catalog
            .variants()
            // A variant may have a field of its own besides a product that only links to it.
            .filter(|(_, variant)| named.insert(variant.id))
            .filter_map(|(product, variant)| {
                let reason = texts.line_reason(reasons.get(&variant.id)?);
                let name = full_name(&product.name, &variant.name);
                let text = view! { <bdi>{name}</bdi>": "{reason} };
                // The field of a sold-out variant is disabled, so there is no link to it.
                Some(match variant.available.sold_out() {
                    true => view! { <li>{text}</li> }.into_any(),
                    false => {
                        let field = format!("#quantity-{}", variant.id);
                        view! { <li><a href=field>{text}</a></li> }.into_any()
                    }
                })
            })
            .collect();
        items.extend(catalog.discontinued.iter().filter_map(|(variant, name)| {
            let reason = texts.line_reason(reasons.get(variant)?);
            Some(view! { <li><bdi>{name.clone()}</bdi>": "{reason}</li> }.into_any())
        }));
        // Variants that do not exist have no name to show.
        let unknown = reasons.len() > items.len();
        let list = (!reasons.is_empty()).then(|| {
            view! {
                <ul>
                    {items}
                    {unknown.then(|| view! {
                        <li>{texts.unknown_item()}</li>
                    })}
                </ul>
            }
        });
        let order = match &refusal {
            Refusal::EarlierPaymentUnknown(token) => {
                let address = localized(&format!("/orders/{}", token.as_str()));
                let [before, link, after] = texts.earlier_payment_order();
                Some(view! { <p>{before}<a href=address>{link}</a>{after}</p> })
            }
            _ => None,
        };
        Some(view! {
            <div class="alert alert-danger" role="alert">
                <p>{texts.refusal(&refusal)}</p>
                {order}
                {list}
            </div>
            // The URL is that of the form's target. This script replaces it with the page's own.
            <script src="/page-address.js" data-address=localized(&self.page)></script>
        })
    }
}

/// A form with all products of the catalog.
#[component]
pub fn BuyForm(catalog: Catalog, state: FormState) -> impl IntoView {
    let texts = texts();
    let (hidden, filled) = (state.clone(), state.is_filled());
    let currency = catalog.currency();
    let has_selection = !catalog.selected.is_empty();
    let pages = catalog.categories.clone();
    let has_other_pages = catalog.has_other_pages;
    let mut categories = catalog.by_category();
    let several = categories.len() > 1;
    for (name, _) in &mut categories {
        if name.is_empty() {
            *name = if several {
                texts.other_products()
            } else {
                texts.products()
            }
            .into_owned();
        }
    }
    if categories.is_empty() {
        return view! {
            <p class="lead">{texts.nothing_for_sale()}</p>
        }
        .into_any();
    }
    // On the only page, a link leads down to a category, so that what was typed stays.
    let links = if has_other_pages && pages.len() > 1 {
        view! { <CategoryLinks categories=pages.clone() /> }.into_any()
    } else if categories.len() > 1 {
        let links = categories
            .iter()
            .enumerate()
            .map(|(index, (category, _))| {
                let address = format!("#category-{index}");
                view! { <li><a dir="auto" href=address>{category.clone()}</a></li> }
            })
            .collect_view();
        view! { <nav aria-label=texts.categories()><ul class="category-links">{links}</ul></nav> }
            .into_any()
    } else {
        ().into_any()
    };
    let mut picture_count = 0;
    let sections = categories
        .into_iter()
        .enumerate()
        .map(|(index, (category, products))| {
            let heading = format!("category-{index}");
            let labelled_by = heading.clone();
            let is_selection = has_selection && index == 0;
            let cards = products.into_iter().map(|product| {
                let pictures_before = picture_count;
                picture_count += usize::from(!product.pictures.is_empty());
                let state = state.clone();
                // What was selected must have a field: it could not be changed otherwise.
                let fields = is_selection || has_fields_on_card(&product);
                view! { <Card product pictures_before fields=fields state /> }
            });
            let page = pages.iter().find(|page| page.name == category);
            let category = match page.filter(|_| !is_selection) {
                Some(page) => {
                    let address = localized(&category_path(&page.slug));
                    view! { <a href=address>{category}</a> }.into_any()
                }
                None => view! { {category} }.into_any(),
            };
            view! {
                <section class="category" aria-labelledby=labelled_by>
                    <h2 id=heading dir="auto">{category}</h2>
                    <div class="product-grid">{cards.collect_view()}</div>
                </section>
            }
        })
        .collect_view();
    view! {
        {links}
        <form id=FORM_ID method="post" action=BeginCheckout::url() data-filled=filled>
            <HiddenFields state=hidden />
            {sections}
            <div class="pay-bar"><PayBar currency /></div>
        </form>
    }
    .into_any()
}

/// The form's attempt token, the page that is shown again if it is refused, and the origins that
/// this page's Content-Security-Policy allows it to lead to.
#[component]
pub fn HiddenFields(state: FormState) -> impl IntoView {
    let origins = use_context::<shop::Shop>().map(|shop| {
        let origins = shop.payment_origins.all().join(" ");
        view! { <input type="hidden" name="origins" value=origins /> }
    });
    view! {
        <input type="hidden" name="attempt" value=state.attempt />
        <input type="hidden" name="from" value=state.page />
        <input type="hidden" name="language" value=language().code() />
        {origins}
    }
}

/// The label of a button that leads to Stripe. The island shows the busy text as soon as the form
/// is sent: the response may take seconds.
#[component]
pub fn PayLabel(children: Children) -> impl IntoView {
    view! {
        <span data-idle>{children()}</span>
        <span data-busy hidden>{texts().contacting_stripe()}</span>
    }
}

/// The bar at the end of a form: the current total, the button, and what happens next.
///
/// All texts that depend on the selection are rendered, and the island shows the right ones.
/// Without the island there is only the button, because the total would not follow the fields.
#[component]
pub fn PayBar(
    /// The products' currency, in which shipping is charged.
    currency: Option<Currency>,
) -> impl IntoView {
    let texts = texts();
    let [before_count, after_count] = texts.several_items();
    let options = use_context::<shop::Shop>().map(|shop| shop.settings.checkout.options);
    let options = options.unwrap_or_default();
    // The button names the total only if nothing is added on Stripe's page.
    let button = if options.can_change_total() {
        view! { {texts.continue_to_payment()} }.into_any()
    } else {
        let [before, after] = texts.pay_sum();
        view! {
            <span data-when="unpayable">{texts.continue_to_payment()}</span>
            <span data-when="payable" hidden>
                {before}<span data-sum translate="no"></span>{after}
            </span>
        }
        .into_any()
    };
    view! {
        <LiveForm />
        <div class="pay-row">
            <p class="pay-total">
                <span class="pay-count">
                    <span data-when="none">{texts.nothing_selected()}</span>
                    <span data-when="one" hidden>{texts.one_item()}</span>
                    <span data-when="several" hidden>
                        {before_count}<span data-count translate="no"></span>{after_count}
                    </span>
                </span>
                <output class="pay-sum" data-sum translate="no"></output>
                <TotalNote />
            </p>
            <button type="submit" class="btn btn-primary"><PayLabel>{button}</PayLabel></button>
        </div>
        <p class="visually-hidden" role="status">
            <span data-busy hidden>{texts.contacting_stripe()}</span>
        </p>
        <details class="pay-choice" data-choice-box hidden>
            <summary>{texts.also_chosen()}</summary>
            <div data-choice></div>
        </details>
        <p class="pay-problem" data-choice-failed role="status" hidden>{texts.choice_failed()}</p>
        <p class="pay-problem" data-when="mixed" role="status" hidden>
            {texts.mixed_currencies()}
        </p>
        <p class="pay-note">
            <Padlock />
            " "<span class="pay-this-page">{texts.pays_this_page()}" "</span>
            {texts.pay_note()}" "
            {charges_note(&options, currency)}
        </p>
    }
}

/// Says what shipping costs, and whether tax is added on Stripe's page.
fn charges_note(options: &Options, currency: Option<Currency>) -> String {
    let texts = texts();
    let shipping = options.shipping.as_ref().map(|shipping| {
        let names: Vec<&str> = shipping
            .countries
            .iter()
            .map(|country| country_name(*country))
            .collect();
        let to = match names.as_slice() {
            [one] => (*one).to_owned(),
            [first, second] => texts.two_countries(first, second),
            [first, second, third] => texts.three_countries(first, second, third),
            many => texts.many_countries(many.len() as u64),
        };
        let lowest = shipping.rates.iter().map(|rate| rate.amount).min();
        let mut rates = shipping.rates.iter();
        let several = rates.any(|rate| Some(rate.amount) != lowest);
        match (lowest, currency) {
            (None, _) => texts.delivery_free(&to),
            (Some(lowest), _) if lowest.0 == 0 && !several => texts.delivery_free(&to),
            (Some(lowest), _) if lowest.0 == 0 => texts.delivery_free_or_faster(&to),
            (Some(lowest), Some(currency)) if several => {
                texts.delivery_from(&to, lowest.of(currency))
            }
            (Some(lowest), Some(currency)) => texts.delivery_costs(&to, lowest.of(currency)),
            (Some(_), None) => texts.delivery(&to),
        }
    });
    let tax = options.automatic_tax.map(|tax| match tax {
        AutomaticTax::Exclusive => texts.tax_added().into_owned(),
        AutomaticTax::Inclusive => texts.tax_included().into_owned(),
    });
    let sentences: Vec<String> = [shipping, tax].into_iter().flatten().collect();
    sentences.join(" ")
}

/// Whether the catalog shows the fields of the product's variants; if not, it links to the product.
pub(super) fn has_fields_on_card(product: &ProductView) -> bool {
    product.variants.len() <= MAX_VARIANTS_ON_CARD
}

/// A product in a list.
#[component]
pub(super) fn Card(
    product: ProductView,
    /// The number of pictures before its own on the page.
    pictures_before: usize,
    /// Whether the card has the fields of the variants; if not, it links to the product.
    fields: bool,
    state: FormState,
) -> impl IntoView {
    let class = if product.sold_out() {
        "card product product-sold-out"
    } else {
        "card product"
    };
    let address = localized(&format!("/products/{}", product.slug));
    let picture = card_picture(&product, pictures_before);
    let (name, description) = (product.name.clone(), summary(&product.description));
    let buy = if let Some(variant) = product.only_variant() {
        view! { <OnlyVariant product=product.clone() variant=variant.clone() state /> }.into_any()
    } else if fields {
        view! { <Variants product=product.clone() state /> }.into_any()
    } else {
        view! { <VariantsLink product=product.clone() /> }.into_any()
    };
    view! {
        <article class=class>
            <div class="product-about">
                {picture}
                <div class="card-body">
                    <h3 class="card-title" dir="auto">
                        <a class="stretched-link" href=address>{name}</a>
                    </h3>
                    <p class="card-text product-summary" dir="auto">{description}</p>
                </div>
            </div>
            {buy}
            <PriceNote />
        </article>
    }
    .into_any()
}

/// Price and field of a product with one variant, on its card.
#[component]
fn OnlyVariant(product: ProductView, variant: VariantView, state: FormState) -> impl IntoView {
    let field = format!("quantity-{}", variant.id);
    let name = full_name(&product.name, &variant.name);
    // The card's heading names the product.
    let variant_name = (!variant.name.is_empty()).then(|| {
        view! { <p class="variant-name" dir="auto">{variant.name.clone()}</p> }
    });
    let (typed, reason) = (state.typed(variant.id), state.reason(variant.id));
    view! {
        <div class="product-buy">
            {variant_name}
            <Price variant=variant.clone() />
            <label class="visually-hidden" for=field>{texts().quantity_of(&name)}</label>
            <Quantity name variant typed reason />
        </div>
    }
}

/// A product's variants, each with its price and field.
#[component]
pub fn Variants(product: ProductView, state: FormState) -> impl IntoView {
    let texts = texts();
    let rows = product
        .variants
        .into_iter()
        .map(|variant| {
            let class = if variant.available.sold_out() && !variant.available.all_held() {
                "variant variant-sold-out"
            } else {
                "variant"
            };
            let field = format!("quantity-{}", variant.id);
            let name = full_name(&product.name, &variant.name);
            let (typed, reason) = (state.typed(variant.id), state.reason(variant.id));
            view! {
                <li class=class>
                    <label class="variant-name" for=field>
                        <span class="visually-hidden">
                            {texts.quantity_of(&product.name)}", "
                        </span>
                        <bdi>{variant.name.clone()}</bdi>
                    </label>
                    <Price variant=variant.clone() />
                    <Quantity name variant typed reason />
                </li>
            }
        })
        .collect_view();
    view! { <ul class="variants">{rows}</ul> }.into_any()
}

/// The lowest price of a product with many variants, and a link to them.
#[component]
fn VariantsLink(product: ProductView) -> impl IntoView {
    let texts = texts();
    let price = product.lowest_price().map(|(price, several)| {
        view! { <span class="price">{lowest_price(texts, price, several)}</span> }
    });
    let unit_price = product.lowest_unit_price().map(unit_price);
    let sold_out = product
        .sold_out()
        .then(|| view! { <span class="stock-hint stock-hint-sold-out">{texts.sold_out()}</span> });
    let address = localized(&format!("/products/{}", product.slug));
    let count = product.variants.len() as u64;
    view! {
        <div class="product-buy">
            <p class="product-price">{price}{unit_price}{sold_out}</p>
            <a class="btn btn-outline" href=address>
                {texts.see_all_options(count)}
                <span class="visually-hidden">" "{texts.options_of_product(&product.name)}</span>
            </a>
        </div>
    }
    .into_any()
}

/// The lowest price of a product's variants.
pub(super) fn lowest_price(texts: Texts, price: Money, several: bool) -> String {
    match several {
        true => texts.price_from(price),
        false => texts.language().money(price),
    }
}

/// Returns the beginning of a description, so that a page with many cards stays small.
fn summary(description: &str) -> String {
    let first = description.split("\n\n").next().unwrap_or_default().trim();
    match first.char_indices().nth(MAX_SUMMARY_CHARS) {
        Some((end, _)) => format!("{}…", first[..end].trim_end()),
        None => first.to_owned(),
    }
}

/// The field for a quantity, and a hidden field with the price that is shown beside it. Everything
/// that the island needs is in attributes.
#[component]
pub fn Quantity(
    /// The names of product and variant, for the labels of the buttons.
    name: String,
    variant: VariantView,
    typed: String,
    reason: Option<LineReason>,
    /// Whether the page, not the shopper, has filled the field.
    #[prop(optional)]
    suggested: bool,
) -> impl IntoView {
    let VariantView {
        id: variant_id,
        price,
        available,
        ..
    } = variant;
    let sold_out = available.sold_out();
    let shown = (!sold_out).then(|| {
        view! { <input type="hidden" name=format!("shown[{variant_id}]") value=price.as_field() /> }
    });
    let texts = texts();
    let problem = reason.map(|reason| texts.line_reason(&reason));
    let invalid = problem.is_some();
    let message = |error: QuantityError| {
        let refused = available.check(Err(error)).err();
        refused.map(|reason| texts.line_reason(&reason))
    };
    let id = format!("quantity-{variant_id}");
    let problem_id = format!("{id}-error");
    // A disabled field is not submitted, so it shows no quantity.
    let value = if sold_out { String::new() } else { typed };
    let class = if invalid {
        "form-control is-invalid"
    } else {
        "form-control"
    };
    view! {
        {shown}
        <div class="stepper" data-price=price.amount.0
            data-pattern=texts.language().money_pattern(price.currency)
            data-max=available.max_quantity() data-limit-text=message(QuantityError::TooMany)
            data-whole-text=message(QuantityError::NotWhole)>
            <button type="button" class="btn" data-step="-1" disabled=sold_out
                aria-label=texts.decrease_quantity(&name)>"−"</button>
            <input type="number" class=class id=id name=format!("quantity[{variant_id}]") min="0"
                max=available.max_quantity() step="1" inputmode="numeric" placeholder="0"
                value=value data-suggested=suggested.then_some("") disabled=sold_out
                aria-invalid=invalid.then_some("true") aria-describedby=problem_id.clone() />
            <button type="button" class="btn" data-step="1" disabled=sold_out
                aria-label=texts.increase_quantity(&name)>"+"</button>
        </div>
        <p class="invalid-feedback" id=problem_id aria-live="polite" hidden=!invalid>{problem}</p>
    }
    .into_any()
}
