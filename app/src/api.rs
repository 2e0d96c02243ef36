//! Server functions: thin, each calls one function of `shop`.

use std::collections::{BTreeMap, HashMap};

use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};
use shop::refusal::Refusal;
use shop::token::OrderToken;
use shop::view::OrderStatus;

/// A form that was sent back: why, and what had been typed, so that nobody types it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SentBack {
    /// Why.
    pub refusal: Refusal,
    /// As typed, by product id.
    #[serde(default)]
    pub typed: BTreeMap<i64, String>,
}

impl FromServerFnError for SentBack {
    type Encoder = JsonEncoding;

    /// What Leptos itself finds wrong is always the form's own doing; its texts stay on the server.
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self {
            refusal: Refusal::Unreadable,
            typed: BTreeMap::new(),
        }
    }
}

/// Begins a checkout and sends the shopper on: to Stripe, or back to the form with the reason.
///
/// It takes product ids and quantities. `shown` are the prices that the page carried: they can only lead to a refusal,
/// never to another price. Whatever else is sent is ignored.
#[server(endpoint = "checkout")]
pub async fn begin_checkout(
    #[server(default)] attempt: String,
    #[server(default)] quantity: HashMap<String, String>,
    #[server(default)] shown: HashMap<String, String>,
) -> Result<(), SentBack> {
    use shop::checkout::{Begun, Form, begin};

    let shop = expect_context::<shop::Shop>();
    let form = Form {
        attempt,
        quantity: quantity.clone(),
        shown,
        client: use_context::<http::request::Parts>()
            .and_then(|parts| parts.extensions.get::<shop::limits::Client>().cloned()),
    };
    match begin(&shop, &form).await {
        Ok(Begun::Pay { url }) => leptos_axum::redirect(&url),
        Ok(Begun::Order { token }) => leptos_axum::redirect(&format!("/orders/{}", token.as_str())),
        Ok(Begun::StillOpen { token }) => {
            let form = format!("/checkout/{}/cancelled", token.as_str());
            return send_back(Refusal::PaymentUnavailable, &quantity, &form);
        }
        Err(refusal) => return send_back(refusal, &quantity, &form_path()),
    }
    Ok(())
}

/// Where an order stands, for the page that waits for it. `None` where nothing has this token.
#[server(endpoint = "order-status")]
pub async fn read_order_status(
    token: OrderToken,
) -> Result<Option<OrderStatus>, StatusUnavailable> {
    let shop = expect_context::<shop::Shop>();
    shop::orders::status(&shop.database, &token)
        .await
        .map_err(|error| {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "an order's status could not be read"
            );
            StatusUnavailable
        })
}

/// The status could not be read this time; the page asks again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusUnavailable;

impl FromServerFnError for StatusUnavailable {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self
    }
}

/// What was typed, cut to what fits into an address: fields that hold something, each at most a few characters long.
#[cfg(feature = "ssr")]
fn typed(quantity: &HashMap<String, String>) -> BTreeMap<i64, String> {
    const MOST_FIELDS: usize = 100;
    const MOST_CHARACTERS: usize = 20;

    quantity
        .iter()
        .filter(|(_, typed)| !matches!(typed.trim(), "" | "0"))
        .filter_map(|(id, typed)| {
            Some((
                id.parse().ok()?,
                typed.chars().take(MOST_CHARACTERS).collect(),
            ))
        })
        .take(MOST_FIELDS)
        .collect()
}

/// Redirects to a form with what is wrong with it, in Leptos' own way: as an error in its address.
#[cfg(feature = "ssr")]
fn send_back(
    refusal: Refusal,
    quantity: &HashMap<String, String>,
    form: &str,
) -> Result<(), SentBack> {
    use leptos::server_fn::ServerFn;
    use leptos::server_fn::error::ServerFnUrlError;

    let sent_back = SentBack {
        refusal,
        typed: typed(quantity),
    };
    let error = ServerFnUrlError::new(BeginCheckout::PATH, sent_back.clone());
    // After it has been put in order, a path that begins with two slashes would be read as the name of another host.
    if let Ok(url) = error.to_url(&format!("http://shop{form}")) {
        let path = if url.path().starts_with("//") {
            "/"
        } else {
            url.path()
        };
        leptos_axum::redirect(&format!("{path}?{}", url.query().unwrap_or_default()));
    }
    Err(sent_back)
}

/// The path of the form that was sent. Leptos would take the whole Referer, which may be missing or lead anywhere.
#[cfg(feature = "ssr")]
fn form_path() -> String {
    use_context::<http::request::Parts>()
        .and_then(|parts| {
            let referer = parts.headers.get(http::header::REFERER)?.to_str().ok()?;
            Some(referer.parse::<http::Uri>().ok()?.path().to_owned())
        })
        .unwrap_or_else(|| "/".to_owned())
}
