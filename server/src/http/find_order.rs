//! `POST /orders/find`: a shopper asks for the link to an order.

use app::api::{SearchOutcome, SubmittedSearch};
use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::response::Response;
use http::{HeaderMap, StatusCode, header};
use locale::Language;
use shop::Shop;
use shop::orders::search;
use till_core::limits::Client;
use till_core::refusal::Refusal;

use super::pages::{Pages, no_store};
use super::storable::form_fields;

/// The path of the form's page, to which the form is also sent.
pub const PATH: &str = "/orders/find";
/// Fields are cut to this many characters.
const MAX_FIELD_CHARS: usize = 254;

/// Responds with the form's page. It depends only on what was typed, never on which orders exist.
pub async fn receive(
    State(shop): State<Shop>,
    State(pages): State<Pages>,
    client: Option<Extension<Client>>,
    Extension(language): Extension<Language>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let typed = |name: &str| {
        let field = form_fields(&body).find(|(found, _)| found == name);
        let value = field.map(|(_, value)| value).unwrap_or_default();
        value
            .trim()
            .chars()
            .take(MAX_FIELD_CHARS)
            .collect::<String>()
    };
    let (number, email) = (typed("number"), typed("email"));
    let client = client.map(|Extension(client)| client);
    let outcome = outcome(&shop, &number, &email, client.as_ref()).await;
    let (status, retry_after) = match &outcome {
        SearchOutcome::Sent => (StatusCode::OK, None),
        SearchOutcome::Incomplete => (StatusCode::UNPROCESSABLE_ENTITY, None),
        SearchOutcome::Refused(refusal) => match refusal.retry_after() {
            Some(seconds) => (StatusCode::TOO_MANY_REQUESTS, Some(seconds)),
            None => (StatusCode::SERVICE_UNAVAILABLE, None),
        },
    };
    let sent = SubmittedSearch {
        number,
        email,
        outcome,
    };
    let mut response = pages.render(&headers, PATH, language, sent).await;
    *response.status_mut() = status;
    if let Some(seconds) = retry_after {
        let headers = response.headers_mut();
        headers.insert(header::RETRY_AFTER, seconds.into());
    }
    no_store(response)
}

async fn outcome(shop: &Shop, number: &str, email: &str, client: Option<&Client>) -> SearchOutcome {
    if number.is_empty() || !email.contains('@') {
        return SearchOutcome::Incomplete;
    }
    match search::request(shop, number, email, client).await {
        Ok(Ok(())) => SearchOutcome::Sent,
        Ok(Err(refusal)) => SearchOutcome::Refused(refusal),
        Err(error) => {
            tracing::error!(
                error = shop::error_chain::with_causes(&error),
                "could not store a search for an order"
            );
            SearchOutcome::Refused(Refusal::ShopUnavailable)
        }
    }
}
