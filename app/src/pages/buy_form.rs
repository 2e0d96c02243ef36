//! The form: quantities in, Checkout Session out. A plain form, so that one way serves shoppers with and without JavaScript.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::checkout::options::AutomaticTax;
use shop::refusal::{LineReason, Refusal};
use shop::token::AttemptToken;
use shop::view::ProductView;

use super::icons::Padlock;
use crate::api::{BeginCheckout, RefusedForm};
use crate::islands::pay_bar::PayBar;
use crate::islands::running_total::RunningTotal;
use crate::islands::stepper::Stepper;

/// From this many pieces on nobody needs to hurry.
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
fn new_attempt() -> String {
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

    /// What is wrong with the form, with links to the fields.
    pub fn alert(&self, shelf: &Shelf) -> impl IntoView + use<> {
        let refusal = self.refusal.clone()?;
        let reasons = refusal.by_product();
        let items: Vec<_> = shelf
            .all()
            .filter_map(|product| {
                let reason = reasons.get(&product.id)?.to_string();
                Some(view! { <li><a href=format!("#quantity-{}", product.id)>{product.name.clone()}": "{reason}</a></li> })
            })
            .collect();
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
    let categories = shelf.by_category();
    if categories.is_empty() {
        return view! { <p class="lead">"There is nothing for sale at the moment. Please come back later."</p> }.into_any();
    }
    let links = categories
        .iter()
        .enumerate()
        .map(|(index, (category, _))| view! { <li><a href=format!("#category-{index}")>{category.clone()}</a></li> })
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
                    <h2 id=heading>{category}</h2>
                    <div class="product-grid">{cards.collect_view()}</div>
                </section>
            }
        })
        .collect_view();
    view! {
        <nav aria-label="Categories"><ul class="category-links">{links}</ul></nav>
        <form method="post" action=BeginCheckout::url()>
            <HiddenFields state=hidden />
            <RunningTotal>
                {sections}
                <div class="pay-bar"><PayBar /><PayNote /></div>
            </RunningTotal>
        </form>
    }
    .into_any()
}

/// What identifies the form: its attempt, and the page that it comes back to if it is refused.
#[component]
pub fn HiddenFields(state: FormState) -> impl IntoView {
    view! {
        <input type="hidden" name="attempt" value=state.attempt />
        <input type="hidden" name="from" value=state.page />
    }
}

/// What happens next, beside the button, and what comes to the sum there.
#[component]
pub fn PayNote() -> impl IntoView {
    let options = use_context::<shop::Shop>().map(|shop| shop.settings.options);
    let added = options.map_or("", |options| {
        let shipping = options.rates().iter().any(|rate| rate.amount.0 != 0);
        let tax = options.automatic_tax == Some(AutomaticTax::Exclusive);
        match (shipping, tax) {
            (true, true) => " Shipping and tax are added there.",
            (true, false) => " Shipping is added there.",
            (false, true) => " Tax is added there.",
            (false, false) => "",
        }
    });
    view! {
        <p class="pay-note"><Padlock />" You pay on Stripe’s secure page."{added}" Nothing is charged before you confirm there."</p>
    }
}

pub(super) fn typed(state: &FormState, product: &ProductView) -> String {
    state
        .typed
        .get(&product.id)
        .cloned()
        .unwrap_or_else(|| "0".to_owned())
}

#[component]
fn Card(product: ProductView, typed: String, reason: Option<LineReason>) -> impl IntoView {
    let class = if product.available.sold_out() {
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
                    <h3 class="card-title"><a class="stretched-link" href=address>{name.clone()}</a></h3>
                    <p class="card-text product-summary">{description}</p>
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

/// The field for a quantity, with the price that is shown beside it.
#[component]
pub fn Quantity(product: ProductView, typed: String, reason: Option<LineReason>) -> impl IntoView {
    let problem = reason.map(|reason| reason.to_string()).unwrap_or_default();
    let shown = (!product.available.sold_out()).then(|| {
        view! { <input type="hidden" name=format!("shown[{}]", product.id) value=product.price.as_field() /> }
    });
    view! {
        {shown}
        <Stepper product=product.id name=product.name price=product.price.amount.0 currency=product.price.currency.code().to_owned()
            max_per_order=product.available.max_per_order left=product.available.left value=typed problem />
    }
    .into_any()
}
