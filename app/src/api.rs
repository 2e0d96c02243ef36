//! Server functions. Each is thin and calls one function of `shop`.

use std::collections::HashMap;
#[cfg(feature = "ssr")]
use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
#[cfg(feature = "ssr")]
use till_core::refusal::Refusal;
use till_core::token::OrderToken;
use till_core::view::OrderStatus;

/// Where a page asks for the fields of variants that were chosen on other pages.
pub const CHOICE_PATH: &str = "/api/choice";

/// Routes of `App` whose pages show the form, and show it again with a refusal.
#[cfg(feature = "ssr")]
pub const FORM_PAGES: [&str; 5] = [
    "/",
    "/categories/{slug}",
    "/search",
    "/products/{slug}",
    "/checkout/{token}/cancelled",
];

/// A refused form: the reason, and what the shopper had typed. Provided as context by the code that
/// renders the form's page again.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedForm {
    /// The reason.
    pub refusal: Refusal,
    /// Quantities as typed, by variant id.
    pub typed: BTreeMap<i64, String>,
}

/// Quantities as typed, by variant id, in a form that was sent for another page of a list. Provided
/// as context by the code that renders that page.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypedQuantities(pub BTreeMap<i64, String>);

/// URL of a session's payment page, for a page that links to it because the browser would block a
/// redirect from the form. Provided as context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLink(pub String);

/// A submitted search for an order, with its outcome. Provided as context by the code that renders
/// the search page again.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubmittedSearch {
    /// Order number as typed.
    pub number: String,
    /// Email address as typed.
    pub email: String,
    /// What the page says.
    pub outcome: SearchOutcome,
}

/// Outcome of a search for an order, as shown to the shopper. It does not reveal whether the order
/// exists.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchOutcome {
    /// If the order exists, its link is emailed.
    Sent,
    /// Order number or email address is missing.
    Incomplete,
    /// The search was refused.
    Refused(Refusal),
}

/// What to do with a submitted form.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Redirect to Stripe's page, or to the order.
    Redirect(String),
    /// Show a link to Stripe's page: the Content-Security-Policy of the form's page would block a
    /// redirect there.
    Link(String),
    /// Show the form again.
    Refuse {
        /// The reason.
        refusal: Refusal,
        /// Path of the page that shows it, if not the page that sent it.
        page: Option<String>,
    },
}

/// Where [`begin_checkout`] leaves its decision. The HTTP handler adds it to the request's
/// extensions.
///
/// A server function cannot answer a plain form with a page: Leptos turns its response into a
/// redirect to the Referer and puts errors into that URL (`server_fn` 0.8.13, lib.rs:327). A URL is
/// too short for a refusal, and it is remembered and shared.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub struct DecisionSlot(Arc<OnceLock<Decision>>);

#[cfg(feature = "ssr")]
impl DecisionSlot {
    /// Returns the decision; `None` if the server function did not finish.
    #[must_use]
    pub fn decision(&self) -> Option<Decision> {
        self.0.get().cloned()
    }
}

/// The form could not be parsed into the server function's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableForm;

impl FromServerFnError for UnreadableForm {
    type Encoder = JsonEncoding;

    /// Errors from Leptos itself are always caused by the form; their texts stay on the server.
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self
    }
}

/// Begins a checkout and decides where the shopper goes next: to Stripe, to the order, or back to
/// the form with a reason. The decision is left in the request's [`DecisionSlot`].
///
/// `quantity` maps variant ids to quantities. `shown` has the prices that the page displayed: they
/// can cause a refusal, never another price. `origins` lists the origins that the page's policy
/// allows its form to lead to. `language` is the code of the form's language. All other fields are
/// ignored.
#[server(endpoint = "checkout")]
pub async fn begin_checkout(
    #[server(default)] attempt: String,
    #[server(default)] quantity: HashMap<String, String>,
    #[server(default)] shown: HashMap<String, String>,
    #[server(default)] origins: Option<String>,
    #[server(default)] language: Option<String>,
) -> Result<(), UnreadableForm> {
    use shop::checkout::{BeginOutcome, Form, begin};

    use crate::pages::arrival::Arrival;

    let shop = expect_context::<shop::Shop>();
    let request = use_context::<http::request::Parts>();
    let languages = &shop.settings.languages;
    let language = language.and_then(|code| languages.named(&code));
    let language = language.unwrap_or(languages.default_language());
    let localized = |page: &str| locale::paths::localized(page, language, languages);
    let form = Form {
        attempt,
        quantity,
        shown,
        client: use_context::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<till_core::limits::Client>().cloned()),
        language,
    };
    let decision = match begin(&shop, &form).await {
        Ok(BeginOutcome::Pay { url })
            if shop
                .payment_origins
                .allow_redirect_to(&url, origins.as_deref()) =>
        {
            Decision::Redirect(url)
        }
        Ok(BeginOutcome::Pay { url }) => Decision::Link(url),
        Ok(BeginOutcome::Order {
            token,
            already_paid: false,
        }) => Decision::Redirect(localized(&Arrival::Usual.url(&token))),
        Ok(BeginOutcome::Order { token, .. }) => {
            Decision::Redirect(localized(&Arrival::AlreadyPaid.url(&token)))
        }
        Ok(BeginOutcome::PaidBeforeChange { token, selection }) => {
            let page = Arrival::OtherSelection(selection).url(&token);
            Decision::Redirect(localized(&page))
        }
        // That page's form has the same attempt token: sending it again expires the session first.
        Ok(BeginOutcome::EarlierPaymentUnknown { token }) => Decision::Refuse {
            page: Some(format!("/checkout/{}/cancelled", token.as_str())),
            refusal: Refusal::EarlierPaymentUnknown(token),
        },
        Err(refusal) => Decision::Refuse {
            refusal,
            page: None,
        },
    };
    let slot = request.and_then(|request| request.extensions.get::<DecisionSlot>().cloned());
    if let Some(slot) = slot {
        // Only one server function runs per request.
        let _ = slot.0.set(decision);
    }
    Ok(())
}

/// Returns an order's status, for the page that waits for it. `None` if no order has this token.
#[server(endpoint = "order-status")]
pub async fn read_order_status(token: OrderToken) -> Result<Option<OrderStatus>, StatusError> {
    let shop = expect_context::<shop::Shop>();
    shop::orders::status(&shop.database, &token)
        .await
        .map_err(|error| {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not read an order's status"
            );
            StatusError::Unavailable
        })
}

/// Why a status was not returned. The waiting page tries again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusError {
    /// The request has no valid order token.
    Unreadable,
    /// The database could not be read.
    Unavailable,
}

impl FromServerFnError for StatusError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unreadable
    }
}
