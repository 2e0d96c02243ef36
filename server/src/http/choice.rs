//! `POST /api/choice`: a page asks for the fields of what was chosen on other pages of its tab.

use app::Choice;
use axum::body::{Body, Bytes};
use axum::extract::{Extension, Request, State};
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use leptos::prelude::*;
use till_core::choice::MAX_LINES;
use till_core::limits::{Client, LimitedAction};

use super::checkout_form::SentForm;
use super::pages::Pages;

/// Longer than the form of [`MAX_LINES`] lines.
const MAX_BYTES: usize = 8 * 1024;

/// Responds with fields that become a part of the page's form. It only reads.
pub async fn receive(
    State(pages): State<Pages>,
    client: Option<Extension<Client>>,
    body: Bytes,
) -> Response {
    let shop = &pages.shop;
    let client = client.map(|Extension(client)| client);
    let counted = shop
        .limiter
        .count_read(client.as_ref(), LimitedAction::Choice);
    if let Err(refusal) = counted {
        let seconds = HeaderValue::from(refusal.retry_after().unwrap_or(1));
        let headers = [(header::RETRY_AFTER, seconds)];
        return (StatusCode::TOO_MANY_REQUESTS, headers).into_response();
    }
    let form = SentForm::read(&body);
    if body.len() > MAX_BYTES || form.typed.len() > MAX_LINES {
        return StatusCode::PAYLOAD_TOO_LARGE.into_response();
    }
    let language = form.language(shop);
    let mut request = Request::new(Body::empty());
    request.extensions_mut().insert(language);
    let lines = move || view! { <Choice typed=form.typed.clone() /> };
    pages.respond_with(request, || {}, lines).await
}
