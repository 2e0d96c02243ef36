//! The hosted payment page, `/c/pay/{session}`: rendered on the server, without scripts.

mod form;
mod html;

pub(crate) use html::Escaped;

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use url::Url;

use crate::api::confirm_session;
use crate::app::App;
use crate::delivery;
use crate::error::ApiError;
use crate::form::{self as parameters, Fields};
use crate::objects::session::{CheckoutSession, Status};
use crate::page::form::{Action, FormValues, Submission};
use crate::page::html::Form;
use crate::session;
use crate::store::Transaction;

/// Stripe waits this long for the response to `checkout.session.completed` before it redirects the
/// shopper to the shop.
const COMPLETED_WEBHOOK_TIMEOUT: Duration = Duration::from_secs(10);
const STYLESHEET: &str = include_str!("page/sandbox.css");
/// The page needs only its stylesheet. No `form-action`: browsers would apply it to the redirect to
/// the shop.
const CONTENT_SECURITY_POLICY: &str =
    "default-src 'none'; style-src 'self'; img-src data:; base-uri 'none'; frame-ancestors 'none'";

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
    match find(&app, &id) {
        None => page(StatusCode::NOT_FOUND, html::not_found()),
        Some(session) => {
            let authentication = session.authentication.as_ref();
            let typed = authentication
                .map(|authentication| FormValues::from_shopper(authentication.shopper.clone()));
            page_for(&session, &Form::new(&session, &typed.unwrap_or_default()))
        }
    }
}

/// `POST /c/pay/{session}`: pays, waits until the shop has received the event, and redirects to the
/// shop. The other buttons update the total and show the page again.
pub(crate) async fn submit(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let read =
        parameters::parse(&body).and_then(|params| Submission::read(Fields::of_request(params)));
    let Ok(mut submission) = read else {
        return page(StatusCode::BAD_REQUEST, html::not_found());
    };
    let Some(before) = find(&app, &id) else {
        return page(StatusCode::NOT_FOUND, html::not_found());
    };
    let acted = app.change(|tx| {
        let session = tx.store().sessions.get(&id).unwrap_or(&before).clone();
        perform(tx, &session, &submission)
    });
    let session = find(&app, &id).unwrap_or(before);
    if session.discount().is_some() || submission.action == Action::RemoveCode {
        // The code was applied or removed: do not show it in the field again.
        submission.typed.code.clear();
    }
    let form = Form::new(&session, &submission.typed);
    match (session.status, acted) {
        // Paid by this request or by an earlier one.
        (Status::Complete, _) => redirect_to_shop(&app, &session).await,
        (Status::Open, Err(error)) => page(error.status, form.with_error(&error).html()),
        (Status::Open, Ok(())) if submission.action != Action::Pay => {
            page(StatusCode::OK, form.with_new_total().html())
        }
        (Status::Open, Ok(())) if session.authentication.is_some() => {
            redirect(&format!("{}/c/pay/{id}/authenticate", app.origin))
        }
        (Status::Open | Status::Expired, _) => page_for(&session, &form),
    }
}

/// Performs the button's action. Choices are saved even if the payment is rejected.
fn perform(
    tx: &mut Transaction<'_>,
    session: &CheckoutSession,
    submission: &Submission,
) -> Result<(), ApiError> {
    session::save_choices(tx, session, submission.session_change(session))?;
    if submission.action == Action::Pay {
        confirm_session(&session.id, submission.confirmation(session), tx)?;
    }
    Ok(())
}

/// `GET /c/pay/{session}/authenticate`: the bank's 3-D Secure page.
pub(crate) async fn show_authentication(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
) -> Response {
    match find(&app, &id) {
        None => page(StatusCode::NOT_FOUND, html::not_found()),
        Some(session) if session.status != Status::Open => page_for(
            &session,
            &Form::new(&session, &FormValues::default()).below_page(),
        ),
        Some(session) => match &session.authentication {
            Some(authentication) => page(
                StatusCode::OK,
                html::authentication(&session, authentication),
            ),
            None => redirect(&format!("{}/c/pay/{id}", app.origin)),
        },
    }
}

/// `POST /c/pay/{session}/authenticate`: the shopper's answer, `approve` or `fail`.
pub(crate) async fn authenticate(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    body: Bytes,
) -> Response {
    let answer = parameters::parse(&body)
        .and_then(|params| Fields::of_request(params).one_of("answer", &["approve", "fail"]));
    let Ok(Some(answer)) = answer else {
        return page(StatusCode::BAD_REQUEST, html::not_found());
    };
    let Some(before) = find(&app, &id) else {
        return page(StatusCode::NOT_FOUND, html::not_found());
    };
    let answered = app.change(|tx| {
        let session = tx.store().sessions.get(&id).unwrap_or(&before).clone();
        session::authenticate(tx, &session, answer == "approve")
    });
    let session = find(&app, &id).unwrap_or_else(|| before.clone());
    let authentication = before.authentication;
    let typed = authentication.map_or_else(FormValues::default, |authentication| {
        FormValues::from_shopper(authentication.shopper)
    });
    let form = Form::new(&session, &typed).below_page();
    match (session.status, answered) {
        (Status::Complete, _) => redirect_to_shop(&app, &session).await,
        (Status::Open, Err(error)) => page(error.status, form.with_error(&error).html()),
        _ => page_for(&session, &form),
    }
}

/// `GET /c/invoice/{invoice}`
pub(crate) async fn invoice(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    let store = app.store();
    let session = session::session_of_invoice(&store, &id);
    let invoice = session.and_then(|session| session.invoice_json(&app.origin));
    match (session, invoice) {
        (Some(session), Some(invoice)) => {
            let number = invoice["number"].as_str().unwrap_or_default();
            page(StatusCode::OK, html::invoice(session, number))
        }
        _ => page(StatusCode::NOT_FOUND, html::not_found()),
    }
}

/// `GET /c/invoice/{invoice}/pdf`: the sandbox writes no PDF, so it shows the page.
pub(crate) async fn invoice_pdf(State(app): State<Arc<App>>, Path(id): Path<String>) -> Response {
    match session::session_of_invoice(&app.store(), &id) {
        Some(_) => redirect(&format!("{}/c/invoice/{id}", app.origin)),
        None => page(StatusCode::NOT_FOUND, html::not_found()),
    }
}

fn find(app: &App, id: &str) -> Option<CheckoutSession> {
    app.store().sessions.get(id).cloned()
}

fn page_for(session: &CheckoutSession, form: &Form<'_>) -> Response {
    match session.status {
        Status::Open => page(StatusCode::OK, form.html()),
        Status::Complete => page(
            StatusCode::OK,
            html::already_paid(session, &success_url(session), form.base),
        ),
        Status::Expired => page(StatusCode::GONE, html::expired(session, form.base)),
    }
}

/// Redirects to the shop once the shop has received the event, or after a timeout.
async fn redirect_to_shop(app: &App, session: &CheckoutSession) -> Response {
    if let Some(event) = &session.completed_event
        && !app.faults().draw_redirect()
    {
        delivery::wait_for_first_attempt(app, event, COMPLETED_WEBHOOK_TIMEOUT).await;
    }
    redirect(&success_url(session))
}

/// The URL to return to after paying. The placeholder may have been sent raw or percent-encoded.
fn success_url(session: &CheckoutSession) -> String {
    let mut url = session.success_url.clone();
    for placeholder in [
        "{CHECKOUT_SESSION_ID}",
        "%7BCHECKOUT_SESSION_ID%7D",
        "%7bCHECKOUT_SESSION_ID%7d",
    ] {
        url = url.replace(placeholder, &session.id);
    }
    // A header must be ASCII; the URL was validated when the session was created.
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
