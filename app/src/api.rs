//! Server functions: thin, each calls one function of `shop`.

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
use shop::refusal::Refusal;
use shop::token::OrderToken;
use shop::view::OrderStatus;

/// Pages that show the form and can show it again with a refusal. Each is a route of `App`.
#[cfg(feature = "ssr")]
pub const FORM_PAGES: [&str; 3] = ["/", "/products/{slug}", "/checkout/{token}/cancelled"];

/// A form that was refused: why, and what had been typed, so that nobody types it again. Whoever
/// renders the form's page provides it as context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedForm {
    /// Why.
    pub refusal: Refusal,
    /// As typed, by product id.
    pub typed: BTreeMap<i64, String>,
}

/// Where a session is paid: a page links to it where a redirect from the form would be blocked.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaymentLink(pub String);

/// Somebody looks for an order. Whoever renders the page of the form provides it as context.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SentSearch {
    /// As typed.
    pub number: String,
    /// As typed.
    pub email: String,
    /// What to say.
    pub outcome: SearchOutcome,
}

/// What is said to whoever looks for an order. It does not depend on whether there is one.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchOutcome {
    /// If there is such an order, its link is sent.
    Sent,
    /// Number or address is missing.
    Incomplete,
    /// The search was not taken.
    Refused(Refusal),
}

/// What was decided about a form.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The browser goes on: to Stripe's page, or to the order.
    Redirect(String),
    /// The shopper goes on to Stripe's page by a link: the policy of the form's page does not let
    /// it lead there.
    Link(String),
    /// The form is shown again.
    Refuse {
        /// Why.
        refusal: Refusal,
        /// On another page than the one that sent it.
        page: Option<String>,
    },
}

/// Where [`begin_checkout`] leaves its decision. Whoever receives the request puts it into the
/// request's extensions.
///
/// A server function cannot answer a plain form with a page: Leptos turns its answer into a
/// redirect to the Referer and puts errors into that address (server_fn 0.8.13, lib.rs:327).
/// Addresses are too short for what a refusal says, are kept, and are shared.
#[cfg(feature = "ssr")]
#[derive(Clone, Debug, Default)]
pub struct DecisionSlot(Arc<OnceLock<Decision>>);

#[cfg(feature = "ssr")]
impl DecisionSlot {
    /// What was decided; `None` where the server function did not run to its end.
    #[must_use]
    pub fn decision(&self) -> Option<Decision> {
        self.0.get().cloned()
    }
}

/// The form could not be read as the server function's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableForm;

impl FromServerFnError for UnreadableForm {
    type Encoder = JsonEncoding;

    /// What Leptos itself finds wrong is always the form's own doing; its texts stay on the server.
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self
    }
}

/// Begins a checkout and decides where the shopper goes: to Stripe, to the order, or back to the
/// form with the reason. The decision is left in the request's [`DecisionSlot`].
///
/// It takes product ids and quantities. `shown` are the prices that the page carried: they can only lead to a refusal,
/// never to another price. `origins` is where the form's page allows it to lead. Whatever else is
/// sent is ignored.
#[server(endpoint = "checkout")]
pub async fn begin_checkout(
    #[server(default)] attempt: String,
    #[server(default)] quantity: HashMap<String, String>,
    #[server(default)] shown: HashMap<String, String>,
    #[server(default)] origins: Option<String>,
) -> Result<(), UnreadableForm> {
    use shop::checkout::{Begun, Form, begin};

    use crate::pages::arrival::Arrival;

    let shop = expect_context::<shop::Shop>();
    let request = use_context::<http::request::Parts>();
    let form = Form {
        attempt,
        quantity,
        shown,
        client: use_context::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<shop::limits::Client>().cloned()),
    };
    let decision = match begin(&shop, &form).await {
        Ok(Begun::Pay { url }) if shop.payment_origins.lead_to(&url, origins.as_deref()) => {
            Decision::Redirect(url)
        }
        Ok(Begun::Pay { url }) => Decision::Link(url),
        Ok(Begun::Order {
            token,
            already: false,
        }) => Decision::Redirect(Arrival::Usual.address(&token)),
        Ok(Begun::Order { token, .. }) => Decision::Redirect(Arrival::AlreadyPaid.address(&token)),
        Ok(Begun::PaidMeanwhile { token, choice }) => {
            Decision::Redirect(Arrival::OtherChoice(choice).address(&token))
        }
        // That page's form carries the same attempt, so that the next click ends the session first.
        Ok(Begun::StillOpen { token }) => Decision::Refuse {
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
        // Only one server function runs for a request.
        let _ = slot.0.set(decision);
    }
    Ok(())
}

/// Where an order stands, for the page that waits for it. `None` where nothing has this token.
#[server(endpoint = "order-status")]
pub async fn read_order_status(token: OrderToken) -> Result<Option<OrderStatus>, StatusError> {
    let shop = expect_context::<shop::Shop>();
    shop::orders::status(&shop.database, &token)
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an order's status could not be read"
            );
            StatusError::Unavailable
        })
}

/// Why a status is not told. The page that waits asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StatusError {
    /// The request names no order's token.
    Unreadable,
    /// It could not be read this time.
    Unavailable,
}

impl FromServerFnError for StatusError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self::Unreadable
    }
}
