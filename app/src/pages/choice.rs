//! What was chosen on other pages, as a part of the form.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shop::catalog::{names_of_discontinued, with_variants};
use till_core::refusal::LineReason;
use till_core::view::{ProductView, full_name};

use super::buy_form::{FormState, Quantity};
use super::price::Price;
use crate::headers::{self, CachePolicy};
use crate::language::{language, texts};

/// The fields of chosen variants, for a form that was opened on another page: the response to
/// [`crate::api::CHOICE_PATH`].
#[component]
pub fn Choice(
    /// Quantities by variant id.
    typed: BTreeMap<i64, String>,
) -> impl IntoView {
    headers::cache_control(CachePolicy::NoStore);
    let lines = move || {
        let typed = typed.clone();
        Suspend::new(async move {
            match read(&typed).await {
                Ok((products, gone)) => {
                    let state = FormState {
                        typed,
                        ..FormState::default()
                    };
                    view! { <Lines products gone state /> }.into_any()
                }
                Err(Unreadable) => {
                    headers::status(http::StatusCode::SERVICE_UNAVAILABLE);
                    ().into_any()
                }
            }
        })
    };
    view! { <Suspense>{lines}</Suspense> }
}

/// The catalog could not be read; the cause has been logged.
struct Unreadable;

/// Reads the variants on sale, in their products, and the names of those that no longer are.
async fn read(
    typed: &BTreeMap<i64, String>,
) -> Result<(Vec<ProductView>, Vec<Option<String>>), Unreadable> {
    let shop = expect_context::<shop::Shop>();
    let read = async {
        let products = with_variants(&shop.database, typed.keys().copied(), language()).await?;
        let mut gone: Vec<i64> = typed.keys().copied().collect();
        gone.retain(|id| {
            let variants = products.iter().flat_map(|product| &product.variants);
            !variants.into_iter().any(|variant| variant.id == *id)
        });
        let names = names_of_discontinued(&shop.database, gone.iter().copied(), language()).await?;
        let names = gone.iter().map(|id| names.get(id).cloned()).collect();
        Ok((products, names))
    };
    read.await.map_err(|error: shop::catalog::CatalogError| {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "could not read what was chosen"
        );
        Unreadable
    })
}

/// One row for each variant.
#[component]
fn Lines(
    products: Vec<ProductView>,
    /// Names of variants that are no longer on sale; `None` for one that never was.
    gone: Vec<Option<String>>,
    state: FormState,
) -> impl IntoView {
    let texts = texts();
    let gone = gone.into_iter().map(|name| match name {
        Some(name) => {
            let reason = texts.line_reason(&LineReason::NotSold);
            view! { <li class="variant"><bdi>{name}</bdi>": "{reason}</li> }.into_any()
        }
        None => view! { <li class="variant">{texts.unknown_item()}</li> }.into_any(),
    });
    view! {
        <ul class="variants">
            {gone.collect_view()}
            <ChosenRows products state />
        </ul>
    }
    .into_any()
}

/// Rows with name, price and field of every variant of these products.
#[component]
pub(super) fn ChosenRows(products: Vec<ProductView>, state: FormState) -> impl IntoView {
    let texts = texts();
    let rows = products.into_iter().flat_map(|product| {
        let name_of_product = product.name;
        product.variants.into_iter().map(move |variant| {
            let name = full_name(&name_of_product, &variant.name);
            (name, variant)
        })
    });
    rows.map(|(name, variant)| {
        let class = match variant.available.sold_out() {
            true => "variant variant-sold-out",
            false => "variant",
        };
        let field = format!("quantity-{}", variant.id);
        let (typed, reason) = (state.typed(variant.id), state.reason(variant.id));
        view! {
            <li class=class>
                <label class="variant-name" for=field>
                    <span class="visually-hidden">{texts.quantity()}": "</span>
                    <bdi>{name.clone()}</bdi>
                </label>
                <Price variant=variant.clone() />
                <Quantity name variant typed reason />
            </li>
        }
    })
    .collect_view()
}
