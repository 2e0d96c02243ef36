//! The form for quantities that begins a checkout. It is a plain HTML form, so that shoppers with
//! and without JavaScript use the same path.

use leptos::either::{Either, EitherOf3};
use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use locale::Texts;
use shop::catalog::MAX_VARIANTS_ON_CARD;
use shop::checkout::Options;
use shop::checkout::options::AutomaticTax;
use till_core::money::{Currency, Money};
use till_core::view::{ProductView, VariantView, full_name};

use super::category_links::{CategoryLinks, category_path};
use super::chosen::{ChosenAbove, ChosenFirst};
use super::form_state::{Catalog, FormState};
use super::icons::Padlock;
use super::island_script::IslandScript;
use super::picture::{card_picture, has_picture};
use super::price::{Price, unit_price};
use super::price_note::{PriceNote, TotalNote};
use super::quantity::Quantity;
use crate::api::BeginCheckout;
use crate::islands::live_form::LiveForm;
use crate::language::{country_name, language, localized, texts};
use ui::rendered::{Rendered, RenderedChildren};

/// The id of the form, for buttons outside it.
pub(super) const FORM_ID: &str = "buy";

/// Maximum number of characters of a description on a card.
const MAX_SUMMARY_CHARS: usize = 300;

/// Without any of these, a text has no Markdown to remove.
const MARKUP: [char; 10] = ['*', '_', '`', '[', '#', '>', '<', '&', '\\', '~'];

/// A form with all products of the catalog.
#[component]
pub fn BuyForm(catalog: Catalog, state: FormState) -> impl IntoView {
    let texts = texts();
    let (hidden, filled) = (state.clone(), state.is_filled());
    let currency = catalog.currency();
    let Catalog {
        products,
        selection,
        categories: pages,
        has_other_pages,
    } = catalog;
    if currency.is_none() {
        return view! {
            <p class="lead">{texts.nothing_for_sale()}</p>
        }
        .rendered();
    }
    let categories = by_category(products);
    // On the only page, a link leads down to a category, so that what was typed stays.
    let links = if has_other_pages && pages.len() > 1 {
        view! { <CategoryLinks categories=pages.clone() /> }.rendered()
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
            .rendered()
    } else {
        ().rendered()
    };
    let mut picture_count = 0;
    let chosen = state.clone();
    let sections = categories
        .into_iter()
        .enumerate()
        .map(|(index, (category, products))| {
            let heading = format!("category-{index}");
            let labelled_by = heading.clone();
            let cards = products.into_iter().map(|product| {
                let pictures_before = picture_count;
                picture_count += usize::from(has_picture(&product));
                view! { <Card product pictures_before state=state.clone() /> }
            });
            let category = match pages.iter().find(|page| page.name == category) {
                Some(page) => {
                    let address = localized(&category_path(&page.slug));
                    view! { <a href=address>{category}</a> }.rendered()
                }
                None => view! { {category} }.rendered(),
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
        <form id=FORM_ID method="post" action=BeginCheckout::url() data-filled=filled>
            <HiddenFields state=hidden />
            <ChosenFirst selection state=chosen />
            {links}
            {sections}
            <div class="pay-bar"><PayBar currency /></div>
        </form>
    }
    .rendered()
}

/// Groups the products by category, both sorted as the owner arranged them.
fn by_category(products: Vec<ProductView>) -> Vec<(String, Vec<ProductView>)> {
    let mut categories: Vec<(String, Vec<ProductView>)> = Vec::new();
    for product in products {
        match categories
            .iter_mut()
            .find(|(category, _)| *category == product.category)
        {
            Some((_, products)) => products.push(product),
            None => categories.push((product.category.clone(), vec![product])),
        }
    }
    let several = categories.len() > 1;
    for (name, _) in &mut categories {
        if name.is_empty() {
            let texts = texts();
            *name = match several {
                true => texts.other_products(),
                false => texts.products(),
            }
            .into_owned();
        }
    }
    categories
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
pub fn PayLabel(children: RenderedChildren) -> impl IntoView {
    view! {
        <span data-idle>{children.render()}</span>
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
    let shop = use_context::<shop::Shop>();
    let options = shop.map(|shop| shop.owner_settings().checkout.options.clone());
    let options = options.unwrap_or_default();
    // The button names the total only if nothing is added on Stripe's page.
    let button = if options.can_change_total() {
        view! { {texts.continue_to_payment()} }.rendered()
    } else {
        let [before, after] = texts.pay_sum();
        view! {
            <span data-when="unpayable">{texts.continue_to_payment()}</span>
            <span data-when="payable" hidden>
                {before}<span data-sum translate="no"></span>{after}
            </span>
        }
        .rendered()
    };
    let chosen = view! {
        <details class="pay-choice" data-choice-box data-when="listed" hidden>
            <summary>{texts.your_selection()}</summary>
            <div class="pay-lines">
                // The first row is the pattern of those for fields on the page.
                <ul class="variants" data-lines>
                    <li class="variant" hidden>
                        <label class="variant-name">
                            <span class="visually-hidden">{texts.your_selection()}": "</span>
                            <bdi></bdi>
                        </label>
                        <p class="line-amount" data-amount translate="no"></p>
                        <p class="invalid-feedback" hidden></p>
                    </li>
                </ul>
                <div data-choice></div>
            </div>
        </details>
    }
    .rendered();
    view! {
        <LiveForm />
        <IslandScript />
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
        {chosen}
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
    .rendered()
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
    // Without `into_any`, which copies all attributes: a page has dozens of cards.
    let buy = if let Some(variant) = product.only_variant().cloned() {
        EitherOf3::A(view! { <OnlyVariant product variant state /> })
    } else if has_fields_on_card(&product) {
        EitherOf3::B(view! { <Variants product state /> })
    } else {
        EitherOf3::C(view! { <VariantsLink product /> })
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
    let quantity = if state.above.contains(&variant.id) {
        Either::Left(view! { <ChosenAbove variant=variant.id /> })
    } else {
        let (typed, reason) = (state.typed(variant.id), state.reason(variant.id));
        Either::Right(view! {
            <label class="visually-hidden" for=field>{texts().quantity_of(&name)}</label>
            <Quantity name variant=variant.clone() typed reason />
        })
    };
    view! {
        <div class="product-buy">
            {variant_name}
            <Price variant=variant />
            {quantity}
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
            let variant_name = variant.name.clone();
            if state.above.contains(&variant.id) {
                return view! {
                    <li class=class>
                        <p class="variant-name" dir="auto">{variant_name}</p>
                        <Price variant=variant.clone() />
                        <ChosenAbove variant=variant.id />
                    </li>
                }
                .rendered();
            }
            let field = format!("quantity-{}", variant.id);
            let name = full_name(&product.name, &variant.name);
            let (typed, reason) = (state.typed(variant.id), state.reason(variant.id));
            view! {
                <li class=class>
                    <label class="variant-name" for=field>
                        <span class="visually-hidden">
                            {texts.quantity_of(&product.name)}", "
                        </span>
                        <bdi>{variant_name}</bdi>
                    </label>
                    <Price variant=variant.clone() />
                    <Quantity name variant typed reason />
                </li>
            }
            .rendered()
        })
        .collect_view();
    view! { <ul class="variants">{rows}</ul> }.rendered()
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
    .rendered()
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
    let has_markup = first.contains(MARKUP) || first.starts_with("- ");
    let plain = has_markup.then(|| shop::markdown::to_mail_text(first, ""));
    let first = plain.as_deref().map_or(first, str::trim);
    match first.char_indices().nth(MAX_SUMMARY_CHARS) {
        Some((end, _)) => format!("{}…", first[..end].trim_end()),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_on_a_card_has_no_markup() {
        assert_eq!(summary("A **soft** towel.\n\n- washable"), "A soft towel.");
        assert_eq!(summary("Plain & simple"), "Plain & simple");
        assert!(summary("- one\n- two").contains("one"));
        assert_eq!(summary(&"x".repeat(400)).chars().count(), 301);
    }
}
