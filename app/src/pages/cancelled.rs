//! The page for shoppers who come back from Stripe without paying.

use std::collections::BTreeMap;

use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use shop::catalog::CatalogPage as Page;
use shop::checkout::{CancelOutcome, Visit};
use till_core::refusal::Refusal;
use till_core::token::{AttemptToken, OrderToken};

use super::buy_form::BuyForm;
use super::catalog::{PageLinks, Unreadable, read};
use super::error::ErrorPage;
use super::form_state::{Catalog, FormState, form_state};
use super::layout::Layout;
use super::not_found::NotFoundPage;
use crate::headers;
use crate::language::{localized, texts};
use ui::rendered::Rendered;
use ui::when_read::when_read;

/// `/checkout/{token}/cancelled`
#[component]
pub fn CancelledPage() -> impl IntoView {
    let token = use_params_map()
        .get_untracked()
        .get("token")
        .unwrap_or_default();
    let state = form_state(format!("/checkout/{token}/cancelled"));
    when_read(move || {
        let (state, token) = (state.clone(), token.clone());
        async move {
            let (mut state, may_be_paid) = match cancel(&token, state).await {
                Outcome::Form { state, may_be_paid } => (state, may_be_paid),
                Outcome::Redirected => return ().rendered(),
                Outcome::NotFound => return view! { <NotFoundPage /> }.rendered(),
                Outcome::Failed => return view! { <ErrorPage /> }.rendered(),
            };
            match read(1, &mut state).await {
                Ok(Some((page, catalog))) => {
                    view! { <CancelledForm page catalog state may_be_paid /> }.rendered()
                }
                Ok(None) | Err(Unreadable) => view! { <ErrorPage /> }.rendered(),
            }
        }
    })
}

enum Outcome {
    /// Show the form with the selection.
    Form {
        state: FormState,
        /// Set if it is unknown whether the earlier session was paid: the token of the page on
        /// which its order would appear.
        may_be_paid: Option<OrderToken>,
    },
    /// The shopper is redirected to the order.
    Redirected,
    /// No checkout has this token.
    NotFound,
    /// The checkout could not be cancelled; the cause has been logged.
    Failed,
}

async fn cancel(token: &str, state: FormState) -> Outcome {
    headers::noindex();
    let shop = expect_context::<shop::Shop>();
    let Ok(token) = token.parse() else {
        return Outcome::NotFound;
    };
    let payment_unknown = matches!(state.refusal, Some(Refusal::EarlierPaymentUnknown(_)));
    // A refused form is shown again: the shopper has not just come back from Stripe.
    let visit = match state.refusal {
        Some(_) => Visit::ReadOnly,
        None => detect_visit(),
    };
    let client = use_context::<http::request::Parts>()
        .and_then(|parts| parts.extensions.get::<till_core::limits::Client>().cloned());
    match shop::checkout::cancel(&shop, &token, visit, client.as_ref()).await {
        Ok(Some(CancelOutcome::Form {
            quantities,
            attempt,
            uncharged,
        })) => Outcome::Form {
            state: restore_selection(state, quantities, attempt),
            may_be_paid: (!uncharged || payment_unknown).then_some(token),
        },
        Ok(Some(CancelOutcome::Order(token))) => {
            leptos_axum::redirect(&localized(&format!("/orders/{}", token.as_str())));
            Outcome::Redirected
        }
        Ok(None) => Outcome::NotFound,
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not cancel a checkout"
            );
            Outcome::Failed
        }
    }
}

/// Fills the form with the checkout's quantities, unless it was refused: then it keeps what was
/// typed.
fn restore_selection(
    mut state: FormState,
    quantities: BTreeMap<i64, u32>,
    attempt: Option<AttemptToken>,
) -> FormState {
    if let Some(attempt) = attempt {
        state.attempt = attempt.into();
    }
    state.selection_first = true;
    if state.refusal.is_none() {
        state.typed = quantities
            .into_iter()
            .map(|(variant, quantity)| (variant, quantity.to_string()))
            .collect();
    }
    state
}

/// Detects prefetches by their headers. They may change nothing, nor may `HEAD` requests.
fn detect_visit() -> Visit {
    let Some(parts) = use_context::<http::request::Parts>() else {
        return Visit::ReadOnly;
    };
    let prefetch = ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .iter()
        .any(|name| {
            let value = parts
                .headers
                .get(*name)
                .and_then(|value| value.to_str().ok())
                .unwrap_or_default();
            value.contains("prefetch") || value.contains("preview")
        });
    if prefetch || parts.method != http::Method::GET {
        Visit::ReadOnly
    } else {
        Visit::MayCancel
    }
}

#[component]
fn CancelledForm(
    page: Page,
    catalog: Catalog,
    state: FormState,
    may_be_paid: Option<OrderToken>,
) -> impl IntoView {
    let texts = texts();
    let heading = match may_be_paid {
        Some(_) => texts.payment_unconfirmed(),
        None => texts.payment_cancelled(),
    };
    let status = match may_be_paid {
        // The refusal above the heading says so already.
        Some(_) if state.refusal.is_some() => None,
        Some(token) => {
            let address = localized(&format!("/orders/{}", token.as_str()));
            let [before, link, after] = texts.unconfirmed_explanation();
            Some(view! { <p>{before}<a href=address>{link}</a>{after}</p> }.rendered())
        }
        None => Some(view! { <p>{texts.cancelled_explanation()}</p> }.rendered()),
    };
    view! {
        <Layout title=heading.clone()>
            {state.alert(&catalog)}
            <h1>{heading}</h1>
            {status.map(|status| view! {
                <div class="alert alert-info" role="status">{status}</div>
            })}
            <BuyForm catalog state />
            <PageLinks number=page.number count=page.count />
        </Layout>
    }
}
