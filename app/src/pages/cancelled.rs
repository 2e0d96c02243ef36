//! Back from Stripe without paying.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shop::catalog::CatalogPage as Page;
use shop::checkout::{Cancelled, Visit};
use shop::refusal::Refusal;
use shop::token::{AttemptToken, OrderToken};

use super::buy_form::{BuyForm, FormState, Shelf, form_state};
use super::catalog::{PageLinks, Unreadable, read};
use super::layout::Layout;
use super::not_found::NotFoundPage;
use super::trouble::TroublePage;
use crate::headers;

/// `/checkout/{token}/cancelled`
#[component]
pub fn CancelledPage() -> impl IntoView {
    let token = use_params_map()
        .get_untracked()
        .get("token")
        .unwrap_or_default();
    let state = form_state(format!("/checkout/{token}/cancelled"));
    let page = move || {
        let (state, token) = (state.clone(), token.clone());
        Suspend::new(async move {
            let (state, may_be_paid) = match cancel(&token, state).await {
                Outcome::Form { state, may_be_paid } => (state, may_be_paid),
                Outcome::Elsewhere => return ().into_any(),
                Outcome::Unknown => return view! { <NotFoundPage /> }.into_any(),
                Outcome::Unreadable => return view! { <TroublePage /> }.into_any(),
            };
            match read(1, &state).await {
                Ok(Some((page, shelf))) => {
                    view! { <CancelledForm page shelf state may_be_paid /> }.into_any()
                }
                Ok(None) | Err(Unreadable) => view! { <TroublePage /> }.into_any(),
            }
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

enum Outcome {
    /// The form with what had been chosen.
    Form {
        state: FormState,
        /// It is not known whether the earlier session was paid. Opens the page on which its
        /// order would appear.
        may_be_paid: Option<OrderToken>,
    },
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
    let earlier_payment = matches!(state.refusal, Some(Refusal::EarlierPaymentUnknown(_)));
    // A form that was refused is shown again: nobody has come back from Stripe just now.
    let visit = match state.refusal {
        Some(_) => Visit::Prefetch,
        None => visit(),
    };
    let client = use_context::<http::request::Parts>()
        .and_then(|parts| parts.extensions.get::<shop::limits::Client>().cloned());
    match shop::checkout::cancel(&shop, &token, visit, client.as_ref()).await {
        Ok(Some(Cancelled::Form {
            quantities,
            attempt,
            uncharged,
        })) => Outcome::Form {
            state: kept(state, quantities, attempt),
            may_be_paid: (!uncharged || earlier_payment).then_some(token),
        },
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
fn CancelledForm(
    page: Page,
    shelf: Shelf,
    state: FormState,
    may_be_paid: Option<OrderToken>,
) -> impl IntoView {
    let heading = match may_be_paid {
        Some(_) => "We are checking your payment",
        None => "Payment cancelled",
    };
    let status = match may_be_paid {
        // The refusal above the heading says so already.
        Some(_) if state.refusal.is_some() => None,
        Some(token) => {
            let address = format!("/orders/{}", token.as_str());
            Some(view! {
                <p>
                    "We could not check your payment just now. If you have paid, your order will appear at "
                    <a href=address>"your order’s page"</a>
                    ", and there is no need to pay again. If you have not, your quantities are still here."
                </p>
            }
            .into_any())
        }
        None => Some(view! {
            <p>"Nothing was charged. Your quantities are still here: change them if you like, and pay whenever you are ready."</p>
        }
        .into_any()),
    };
    view! {
        <Layout title=heading>
            {state.alert(&shelf)}
            <h1>{heading}</h1>
            {status.map(|status| view! { <div class="alert alert-info" role="status">{status}</div> })}
            <BuyForm shelf state />
            <PageLinks number=page.number count=page.count />
        </Layout>
    }
}
