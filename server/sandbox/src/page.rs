//! The hosted payment page, `/c/pay/{session}`: server-rendered, without a script.

mod html;

pub(crate) use html::Escaped;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use url::Url;

use crate::api::{Confirmation, Instrument, confirm_session};
use crate::error::{ApiError, ErrorType};
use crate::form::{self, Fields};
use crate::server::App;
use crate::session::{CheckoutSession, MethodType, Status};

/// Stripe waits this long for the shop to answer `checkout.session.completed` before it sends the shopper back.
const COMPLETED_ANSWER_LIMIT: Duration = Duration::from_secs(10);
const STYLESHEET: &str = include_str!("page/sandbox.css");
/// The page needs nothing but its stylesheet. No `form-action`: browsers apply it to the redirect back to the shop.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

/// What was typed and may be shown again. Never the card's number or CVC, nor the IBAN.
#[derive(Default)]
struct Typed {
    email: String,
    name: String,
    expiry: String,
    method: Option<MethodType>,
}

/// `GET /c/sandbox.css`
pub(crate) async fn stylesheet() -> Response {
    let mut response = Response::new(Body::from(STYLESHEET));
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/css; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    response
}

/// `GET /c/pay/{session}`
pub(crate) async fn show(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let session = app.store().sessions.get(&id).cloned();
    match session {
        None => page(StatusCode::NOT_FOUND, html::unknown()),
        Some(session) => page_for(&session, &Typed::default()),
    }
}

/// `POST /c/pay/{session}`: pays, waits for the shop to hear of it, and sends the shopper back to it.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let read = form::parse(&body).and_then(|params| read_form(Fields::of_request(params)));
    let Ok((confirmation, typed)) = read else {
        return page(StatusCode::BAD_REQUEST, html::unknown());
    };
    let paid = app
        .transact(|tx| confirm_session(&id, confirmation, tx))
        .unwrap_or_else(|error| {
            tracing::error!(%error, "the sandbox's state file cannot be written");
            let message = "The sandbox cannot write its state file. Nothing was paid.";
            Err(ApiError::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                ErrorType::Api,
                message,
            ))
        });
    let session = app.store().sessions.get(&id).cloned();
    let Some(session) = session else {
        return page(StatusCode::NOT_FOUND, html::unknown());
    };
    match (session.status, paid) {
        // Paid now, or by an earlier click on the same button.
        (Status::Complete, _) => {
            if let Some(event) = &session.completed_event
                && !app.faults().draw_redirect()
            {
                app.deliveries
                    .first_attempt(&app, event, COMPLETED_ANSWER_LIMIT)
                    .await;
            }
            redirect(&success_url(&session))
        }
        (Status::Open, Err(error)) => page(
            error.status,
            html::payment_form(&session, &typed, Some(&error)),
        ),
        (Status::Open | Status::Expired, _) => page_for(&session, &typed),
    }
}

fn page_for(session: &CheckoutSession, typed: &Typed) -> Response {
    match session.status {
        Status::Open => page(StatusCode::OK, html::payment_form(session, typed, None)),
        Status::Complete => page(
            StatusCode::OK,
            html::already_paid(session, &success_url(session)),
        ),
        Status::Expired => page(StatusCode::GONE, html::expired(session)),
    }
}

/// The fields of the page's own form; what else is sent has no effect.
fn read_form(mut fields: Fields) -> Result<(Confirmation, Typed), ApiError> {
    let mut text = |key: &str| fields.text(key).map(Option::unwrap_or_default);
    let (email, name, expiry) = (text("email")?, text("name")?, text("expiry")?);
    let (number, cvc, iban) = (text("number")?, text("cvc")?, text("iban")?);
    let method = match text("method")?.as_str() {
        "sepa_debit" => MethodType::SepaDebit,
        _ => MethodType::Card,
    };
    let expected_amount = fields.integer("expected_amount")?;
    let given = |text: &str| {
        Some(text.trim().chars().take(254).collect()).filter(|text: &String| !text.is_empty())
    };
    let instrument = match method {
        MethodType::SepaDebit => Instrument::SepaDebit { iban },
        MethodType::Card => {
            let (exp_month, exp_year) = split_expiry(&expiry);
            Instrument::Card {
                number,
                exp_month,
                exp_year,
                cvc,
            }
        }
    };
    let confirmation = Confirmation {
        email: given(&email),
        name: given(&name),
        expected_amount,
        instrument: Some(instrument),
    };
    Ok((
        confirmation,
        Typed {
            email,
            name,
            expiry: shown_expiry(&expiry),
            method: Some(method),
        },
    ))
}

/// Only what looks like an expiry is shown again: a card number typed into the wrong field is not.
fn shown_expiry(expiry: &str) -> String {
    let digits = expiry.chars().filter(char::is_ascii_digit).count();
    if digits <= 6 && expiry.len() <= 9 {
        expiry.to_owned()
    } else {
        String::new()
    }
}

/// `12 / 30`, `12/2030` or `1230` as month and year.
fn split_expiry(expiry: &str) -> (String, String) {
    let expiry = expiry.trim();
    let halves = expiry.split_once(['/', '-', ' ']).or_else(|| {
        let short = expiry.len() == 4 && expiry.is_ascii();
        short.then(|| expiry.split_at(2))
    });
    let (month, year) = halves.unwrap_or((expiry, ""));
    (
        month.trim().to_owned(),
        year.trim_matches([' ', '/', '-']).to_owned(),
    )
}

/// Where the shopper goes after paying: the placeholder may have been sent raw or percent-encoded.
fn success_url(session: &CheckoutSession) -> String {
    let mut url = session.success_url.clone();
    for placeholder in [
        "{CHECKOUT_SESSION_ID}",
        "%7BCHECKOUT_SESSION_ID%7D",
        "%7bCHECKOUT_SESSION_ID%7d",
    ] {
        url = url.replace(placeholder, &session.id);
    }
    // A header takes ASCII only; the address was checked when the session was created.
    Url::parse(&url).map_or(url, String::from)
}

fn redirect(location: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SEE_OTHER;
    if let Ok(location) = HeaderValue::from_str(location) {
        response.headers_mut().insert(header::LOCATION, location);
    }
    response
        .headers_mut()
        .insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

fn page(status: StatusCode, html: String) -> Response {
    let mut response = Response::new(Body::from(html));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(
        header::CONTENT_TYPE,
        HeaderValue::from_static("text/html; charset=utf-8"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("no-referrer"),
    );
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expiry_is_read_however_it_is_typed() {
        for typed in ["12/30", "12 / 30", "1230", "12-30", " 12 30 "] {
            assert_eq!(
                split_expiry(typed),
                ("12".to_owned(), "30".to_owned()),
                "{typed}"
            );
        }
        assert_eq!(split_expiry("1/2030"), ("1".to_owned(), "2030".to_owned()));
        assert_eq!(split_expiry(""), (String::new(), String::new()));
        assert_eq!(split_expiry("ää"), ("ää".to_owned(), String::new()));
    }

    #[test]
    fn a_card_number_in_the_wrong_field_is_not_shown_again() {
        assert_eq!(shown_expiry("12 / 30"), "12 / 30");
        assert_eq!(shown_expiry("4242424242424242"), "");
    }
}
