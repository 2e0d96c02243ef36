//! `POST /orders/find`: somebody has lost the link to an order.

use app::api::{SearchOutcome, SentSearch};
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use shop::limits::Client;
use shop::orders::search;
use shop::refusal::Refusal;
use url::form_urlencoded;

use super::checkout_form::FormPages;
use super::router::AppState;

/// Where the form is, and where it is sent.
pub const PATH: &str = "/orders/find";
/// Characters that are kept of what was typed.
const MAX_TYPED: usize = 254;

/// Answers with the form's page. What it says depends on what was typed, never on what there is.
pub async fn receive(
    State(state): State<AppState>,
    client: Option<Extension<Client>>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let typed = |name: &str| {
        let field = form_urlencoded::parse(&body).find(|(found, _)| found == name);
        let value = field.map(|(_, value)| value).unwrap_or_default();
        value.trim().chars().take(MAX_TYPED).collect::<String>()
    };
    let (number, email) = (typed("number"), typed("email"));
    let client = client.map(|Extension(client)| client);
    let outcome = outcome(&state, &number, &email, client.as_ref()).await;
    let (status, retry_after) = match &outcome {
        SearchOutcome::Sent => (StatusCode::OK, None),
        SearchOutcome::Incomplete => (StatusCode::UNPROCESSABLE_ENTITY, None),
        SearchOutcome::Refused(refusal) => match refusal.retry_after() {
            Some(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
            None => (StatusCode::SERVICE_UNAVAILABLE, None),
        },
    };
    let pages = FormPages {
        shop: state.shop,
        options: state.assets.options,
    };
    let sent = SentSearch {
        number,
        email,
        outcome,
    };
    let mut response = pages.render(&headers, PATH, sent).await;
    *response.status_mut() = status;
    let headers = response.headers_mut();
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    if let Some(seconds) = retry_after {
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    response
}

async fn outcome(
    state: &AppState,
    number: &str,
    email: &str,
    client: Option<&Client>,
) -> SearchOutcome {
    if number.is_empty() || !email.contains('@') {
        return SearchOutcome::Incomplete;
    }
    match search::request(&state.shop, number, email, client).await {
        Ok(Ok(())) => SearchOutcome::Sent,
        Ok(Err(refusal)) => SearchOutcome::Refused(refusal),
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a search for an order could not be stored"
            );
            SearchOutcome::Refused(Refusal::ShopUnavailable)
        }
    }
}
