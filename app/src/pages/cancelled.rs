//! Back from Stripe without paying.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shop::checkout::{Cancelled, Visit};
use shop::token::AttemptToken;

use super::buy_form::{BuyForm, FormState, Shelf, form_state};
use super::catalog::shelf;
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::trouble::TroublePage;
use crate::headers;

/// `/checkout/{token}/cancelled`
#[component]
pub fn CancelledPage() -> impl IntoView {
    let state = form_state();
    let token = use_params_map()
        .get_untracked()
        .get("token")
        .unwrap_or_default();
    let page = move || {
        let (state, token) = (state.clone(), token.clone());
        Suspend::new(async move {
            let state = match cancel(&token, state).await {
                Outcome::Form(state) => state,
                Outcome::Elsewhere => return ().into_any(),
                Outcome::Unknown => return view! { <NotFoundPage /> }.into_any(),
                Outcome::Unreadable => return view! { <TroublePage /> }.into_any(),
            };
            match shelf().await {
                Some(shelf) => view! { <CancelledForm shelf state /> }.into_any(),
                None => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

enum Outcome {
    /// The form with what had been chosen.
    Form(FormState),
    /// The shopper has been sent to the order.
    Elsewhere,
    Unknown,
    Unreadable,
}

async fn cancel(token: &str, state: FormState) -> Outcome {
    headers::unlisted();
    let shop = expect_context::<shop::Shop>();
    let Ok(token) = token.parse() else {
        return Outcome::Unknown;
    };
    match shop::checkout::cancel(&shop, &token, visit()).await {
        Ok(Some(Cancelled::Form {
            quantities,
            attempt,
        })) => Outcome::Form(kept(state, quantities, attempt)),
        Ok(Some(Cancelled::Order(token))) => {
            leptos_axum::redirect(&format!("/orders/{}", token.as_str()));
            Outcome::Elsewhere
        }
        Ok(None) => Outcome::Unknown,
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a checkout could not be cancelled"
            );
            Outcome::Unreadable
        }
    }
}

/// The form with what had been chosen. Where it was sent back meanwhile, what was typed then counts more.
fn kept(
    mut state: FormState,
    quantities: BTreeMap<i64, u32>,
    attempt: Option<AttemptToken>,
) -> FormState {
    if let Some(attempt) = attempt {
        state.attempt = attempt.into();
    }
    if state.refusal.is_none() {
        state.typed = quantities
            .into_iter()
            .map(|(product, quantity)| (product, quantity.to_string()))
            .collect();
    }
    state
}

/// A browser that loads pages ahead of time says so, and a `HEAD` is nobody's visit.
fn visit() -> Visit {
    let Some(parts) = use_context::<http::request::Parts>() else {
        return Visit::Prefetch;
    };
    let ahead = ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| {
            let value = parts
                .headers
                .get(*name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            value.contains("prefetch") || value.contains("preview")
        });
    if ahead || parts.method != http::Method::GET {
        Visit::Prefetch
    } else {
        Visit::Real
    }
}

#[component]
fn CancelledForm(shelf: Shelf, state: FormState) -> impl IntoView {
    view! {
        <Layout title="Payment cancelled">
            {state.alert(&shelf)}
            <h1>"Payment cancelled"</h1>
            <div class="alert alert-info" role="status">
                <p>"Nothing was charged. Your quantities are still here: change them if you like, and pay whenever you are ready."</p>
            </div>
            <BuyForm shelf state />
        </Layout>
    }
}
