//! The form: quantities in, Checkout Session out. A plain form, so that one way serves shoppers with and without JavaScript.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::catalog::{CatalogError, names_of_gone};
use shop::checkout::Options;
use shop::checkout::options::AutomaticTax;
use shop::money::Currency;
use shop::quantity::QuantityError;
use shop::refusal::{LineReason, Refusal};
use shop::token::AttemptToken;
use shop::view::ProductView;

use super::icons::Padlock;
use crate::api::{BeginCheckout, RefusedForm};
use crate::islands::live_form::LiveForm;

/// From this many units on nobody needs to hurry.
const LOW_STOCK: u32 = 5;

/// Characters of a description that a card shows.
const MAX_SUMMARY: usize = 300;

/// The products of one form.
#[derive(Clone, Debug, Default)]
pub struct Shelf {
    /// In the owner's order.
    pub products: Vec<ProductView>,
    /// Chosen before, but not on this page of the catalog.
    pub chosen: Vec<ProductView>,
    /// Names of chosen products that are no longer on sale, by id.
    pub gone: BTreeMap<i64, String>,
}

impl Shelf {
    fn all(&self) -> impl Iterator<Item = &ProductView> {
        self.chosen.iter().chain(&self.products)
    }

    /// The products under their headings, both in the owner's order.
    fn by_category(self) -> Vec<(String, Vec<ProductView>)> {
        let mut categories: Vec<(String, Vec<ProductView>)> = Vec::new();
        if !self.chosen.is_empty() {
            categories.push(("Your selection".to_owned(), self.chosen));
        }
        let own = categories.len();
        for product in self.products {
            match categories[own..]
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

/// What a form holds when it is shown: nothing, what was typed before it was refused, or what a cancelled checkout held.
#[derive(Clone, Debug, Default)]
pub struct FormState {
    /// The address of the form's page, to which a refused form comes back.
    pub page: String,
    /// One-time token.
    pub attempt: String,
    /// As typed, by product id.
    pub typed: BTreeMap<i64, String>,
    /// Why it was refused.
    pub refusal: Option<Refusal>,
}

/// The state of a form on the page with this address.
pub fn form_state(page: impl Into<String>) -> FormState {
    let refused = use_context::<RefusedForm>();
    let (typed, refusal) = refused.map_or_else(Default::default, |refused| {
        (refused.typed, Some(refused.refusal))
    });
    FormState {
        page: page.into(),
        attempt: new_attempt(),
        typed,
        refusal,
    }
}

/// An empty token where the system has no randomness: the server then asks for the form again.
pub(super) fn new_attempt() -> String {
    AttemptToken::random().map_or_else(
        |error| {
            tracing::error!(%error, "no attempt token for a form");
            String::new()
        },
        String::from,
    )
}

impl FormState {
    fn reason(&self, product: i64) -> Option<LineReason> {
        self.refusal.as_ref()?.by_product().remove(&product)
    }

    /// The names of what was chosen and is no longer on sale.
    pub async fn gone(&self, shop: &shop::Shop) -> Result<BTreeMap<i64, String>, CatalogError> {
        let reasons = self.refusal.as_ref().map(Refusal::by_product);
        let mut gone = reasons.unwrap_or_default();
        gone.retain(|_, reason| *reason == LineReason::NotSold);
        match gone.is_empty() {
            true => Ok(BTreeMap::new()),
            false => names_of_gone(&shop.database, gone.into_keys()).await,
        }
    }

    /// What is wrong with the form, with links to the fields.
    pub fn alert(&self, shelf: &Shelf) -> impl IntoView + use<> {
        let refusal = self.refusal.clone()?;
        let reasons = refusal.by_product();
        let mut items: Vec<AnyView> = shelf
            .all()
            .filter_map(|product| {
                let reason = reasons.get(&product.id)?.to_string();
                let said = view! { <bdi>{product.name.clone()}</bdi>": "{reason} };
                // There is nothing to type into the field of what is gone.
                Some(match product.available.sold_out() {
                    true => view! { <li>{said}</li> }.into_any(),
                    false => {
                        let field = format!("#quantity-{}", product.id);
                        view! { <li><a href=field>{said}</a></li> }.into_any()
                    }
                })
            })
            .collect();
        items.extend(shelf.gone.iter().filter_map(|(product, name)| {
            let reason = reasons.get(product)?.to_string();
            Some(view! { <li><bdi>{name.clone()}</bdi>": "{reason}</li> }.into_any())
        }));
        let gone = reasons.len() > items.len();
        let list = (!reasons.is_empty()).then(|| view! {
            <ul>
                {items}
                {gone.then(|| view! { <li>"An item you selected is no longer available."</li> })}
            </ul>
        });
        let order = match &refusal {
            Refusal::EarlierPaymentUnknown(token) => {
                let address = format!("/orders/{}", token.as_str());
                Some(view! {
                    <p>"If you have paid, your order will appear at "<a href=address>"your order’s page"</a>". There is no need to pay again."</p>
                })
            }
            _ => None,
        };
        Some(view! {
            <div class="alert alert-danger" role="alert">
                <p>{refusal.to_string()}</p>
                {order}
                {list}
            </div>
            // The address is that of the form's target: reloading or sharing it is to show the page.
            <script src="/page-address.js" data-address=self.page.clone()></script>
        })
    }
}

/// One form over all products of the shelf.
#[component]
pub fn BuyForm(shelf: Shelf, state: FormState) -> impl IntoView {
    let hidden = state.clone();
    let currency = shelf.all().next().map(|product| product.price.currency);
    let categories = shelf.by_category();
    if categories.is_empty() {
        return view! { <p class="lead">"There is nothing for sale at the moment. Please come back later."</p> }.into_any();
    }
    let links = categories
        .iter()
        .enumerate()
        .map(|(index, (category, _))| view! { <li><a dir="auto" href=format!("#category-{index}")>{category.clone()}</a></li> })
        .collect_view();
    let sections = categories
        .into_iter()
        .enumerate()
        .map(|(index, (category, products))| {
            let heading = format!("category-{index}");
            let labelled_by = heading.clone();
            let cards = products.into_iter().map(|product| view! { <Card reason=state.reason(product.id) typed=typed(&state, &product) product /> });
            view! {
                <section class="category" aria-labelledby=labelled_by>
                    <h2 id=heading dir="auto">{category}</h2>
                    <div class="product-grid">{cards.collect_view()}</div>
                </section>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Categories"><ul class="category-links">{links}</ul></nav>
        <form method="post" action=BeginCheckout::url()>
            <HiddenFields state=hidden />
            {sections}
            <div class="pay-bar"><PayBar currency /></div>
        </form>
    }
    .into_any()
}

/// What identifies the form: its attempt, the page that it comes back to if it is refused, and
/// where this page's policy lets it lead.
#[component]
pub fn HiddenFields(state: FormState) -> impl IntoView {
    let origins = use_context::<shop::Shop>().map(|shop| shop.payment_origins.all().join(" "));
    view! {
        <input type="hidden" name="attempt" value=state.attempt />
        <input type="hidden" name="from" value=state.page />
        {origins.map(|origins| view! { <input type="hidden" name="origins" value=origins /> })}
    }
}

/// The label of a button that leads to Stripe. The island shows at once that it was pressed: the
/// answer may take seconds.
#[component]
pub fn PayLabel(children: Children) -> impl IntoView {
    view! {
        <span data-idle>{children()}</span>
        <span data-busy hidden>"Contacting Stripe…"</span>
    }
}

/// The foot of a form: what is chosen so far, the button, and what happens next.
///
/// Texts that depend on the choice are all here, and the island shows the one that is true.
/// Without it there is only the button: a sum that does not follow the fields would be a lie.
#[component]
pub fn PayBar(
    /// Of the products; that in which shipping is paid.
    currency: Option<Currency>,
) -> impl IntoView {
    let options = use_context::<shop::Shop>().map(|shop| shop.settings.options);
    let options = options.unwrap_or_default();
    // The sum is what will be asked for only where nothing comes to it on Stripe's page.
    let button = if options.change_the_total() {
        view! { "Continue to payment" }.into_any()
    } else {
        view! {
            <span data-when="unpayable">"Continue to payment"</span>
            <span data-when="payable" hidden>"Pay "<span data-sum translate="no"></span></span>
        }
        .into_any()
    };
    view! {
        <LiveForm />
        <div class="pay-row">
            <p class="pay-total">
                <span class="pay-count">
                    <span data-when="none">"Nothing chosen yet"</span>
                    <span data-when="one" hidden>"1 item"</span>
                    <span data-when="several" hidden><span data-count translate="no"></span>" items"</span>
                </span>
                <output class="pay-sum" data-sum translate="no"></output>
            </p>
            <button type="submit" class="btn btn-primary"><PayLabel>{button}</PayLabel></button>
        </div>
        <p class="visually-hidden" role="status"><span data-busy hidden>"Contacting Stripe…"</span></p>
        <p class="pay-problem" data-when="mixed" role="status" hidden>
            "Items in different currencies are paid separately. Please choose one currency at a time."
        </p>
        <p class="pay-note"><Padlock />" You pay on Stripe’s secure page. Nothing is charged before you confirm there. "{added(&options, currency)}</p>
    }
}

/// What comes to the sum on Stripe's page: shipping, and tax.
fn added(options: &Options, currency: Option<Currency>) -> String {
    let mut sentences = Vec::new();
    if let Some(shipping) = &options.shipping {
        let names: Vec<&str> = shipping
            .countries
            .iter()
            .map(|country| country.name())
            .collect();
        let to = match names.as_slice() {
            [one] => (*one).to_owned(),
            [first, second] => format!("{first} and {second}"),
            [first, second, third] => format!("{first}, {second} and {third}"),
            many => format!("{} countries", many.len()),
        };
        let least = shipping.rates.iter().map(|rate| rate.amount).min();
        let several = shipping.rates.iter().any(|rate| Some(rate.amount) != least);
        let price = match (least, currency) {
            (None, _) => " is free".to_owned(),
            (Some(least), _) if least.0 == 0 && !several => " is free".to_owned(),
            (Some(least), _) if least.0 == 0 => ": free, or faster for a charge".to_owned(),
            (Some(least), Some(currency)) if several => format!(" from {}", least.of(currency)),
            (Some(least), Some(currency)) => format!(" costs {}", least.of(currency)),
            (Some(_), None) => String::new(),
        };
        sentences.push(format!("Delivery to {to}{price}."));
    }
    match options.automatic_tax {
        Some(AutomaticTax::Exclusive) => sentences.push("Tax is added at checkout.".to_owned()),
        Some(AutomaticTax::Inclusive) => sentences.push("Prices include tax.".to_owned()),
        None => {}
    }
    sentences.join(" ")
}

pub(super) fn typed(state: &FormState, product: &ProductView) -> String {
    state.typed.get(&product.id).cloned().unwrap_or_default()
}

#[component]
fn Card(product: ProductView, typed: String, reason: Option<LineReason>) -> impl IntoView {
    let available = product.available;
    let class = if available.sold_out() && !available.all_held() {
        "card product product-sold-out"
    } else {
        "card product"
    };
    let address = format!("/products/{}", product.slug);
    let picture = picture(&product, true);
    let id = format!("quantity-{}", product.id);
    let (name, description) = (product.name.clone(), summary(&product.description));
    view! {
        <article class=class>
            <div class="product-about">
                {picture}
                <div class="card-body">
                    <h3 class="card-title" dir="auto"><a class="stretched-link" href=address>{name.clone()}</a></h3>
                    <p class="card-text product-summary" dir="auto">{description}</p>
                </div>
            </div>
            <div class="product-buy">
                <Price product=product.clone() />
                <label class="visually-hidden" for=id>"Quantity: "{name}</label>
                <Quantity product typed reason />
            </div>
        </article>
    }
    .into_any()
}

/// The beginning of a description: all of a page's cards together stay small.
fn summary(description: &str) -> String {
    let first = description.split("\n\n").next().unwrap_or_default().trim();
    match first.char_indices().nth(MAX_SUMMARY) {
        Some((end, _)) => format!("{}…", first[..end].trim_end()),
        None => first.to_owned(),
    }
}

/// The picture, where there is one.
pub(super) fn picture(product: &ProductView, lazy: bool) -> impl IntoView + use<> {
    let loading = lazy.then_some("lazy");
    let source = product.image.clone();
    (!source.is_empty())
        .then(|| view! { <img class="product-picture" src=source width="480" height="360" loading=loading alt="" /> })
}

/// The price, and what there is to know about stock.
#[component]
pub fn Price(product: ProductView) -> impl IntoView {
    let available = product.available;
    let hint = match available.left {
        Some(0) if available.held => Some((
            "stock-hint stock-hint-low",
            "Held by another shopper, may come back".to_owned(),
        )),
        Some(0) => Some(("stock-hint stock-hint-sold-out", "Sold out".to_owned())),
        Some(left) if left <= LOW_STOCK && left <= available.max_per_order => {
            Some(("stock-hint stock-hint-low", format!("Only {left} left")))
        }
        _ if available.max_per_order <= LOW_STOCK => Some((
            "stock-hint",
            format!("Up to {} per order", available.max_per_order),
        )),
        _ => None,
    };
    view! {
        <p class="product-price">
            <span class="price">{product.price.to_string()}</span>
            {hint.map(|(class, text)| view! { <span class=class>{text}</span> })}
        </p>
    }
}

/// The field for a quantity, with the price that is shown beside it. Everything that the island
/// around it needs to know is in attributes.
#[component]
pub fn Quantity(product: ProductView, typed: String, reason: Option<LineReason>) -> impl IntoView {
    let ProductView {
        id: product_id,
        name,
        price,
        available,
        ..
    } = product;
    let sold_out = available.sold_out();
    let shown = (!sold_out).then(|| {
        view! { <input type="hidden" name=format!("shown[{product_id}]") value=price.as_field() /> }
    });
    let problem = reason.map(|reason| reason.to_string());
    let wrong = problem.is_some();
    let said = |typed: QuantityError| available.check(Err(typed)).err().map(|why| why.to_string());
    let id = format!("quantity-{product_id}");
    let problem_id = format!("{id}-error");
    // A field that cannot be sent holds nothing: it would be counted by whoever reads the page.
    let value = if sold_out { String::new() } else { typed };
    view! {
        {shown}
        <div class="stepper" data-price=price.amount.0 data-pattern=price.currency.pattern().to_string()
            data-max=available.most() data-limit-text=said(QuantityError::TooMany)
            data-whole-text=said(QuantityError::NotWhole)>
            <button type="button" class="btn" data-step="-1" disabled=sold_out aria-label=format!("Fewer: {name}")>"−"</button>
            <input type="number" class=if wrong { "form-control is-invalid" } else { "form-control" }
                id=id name=format!("quantity[{product_id}]") min="0" max=available.most() step="1"
                inputmode="numeric" placeholder="0" value=value disabled=sold_out
                aria-invalid=wrong.then_some("true") aria-describedby=problem_id.clone() />
            <button type="button" class="btn" data-step="1" disabled=sold_out aria-label=format!("More: {name}")>"+"</button>
        </div>
        <p class="invalid-feedback" id=problem_id aria-live="polite" hidden=!wrong>{problem}</p>
    }
    .into_any()
}
