//! `/api/checkout` as browsers see it: the server function decides, and this middleware builds the
//! response.
//!
//! The response to a refused form is the form's own page: the reasons, and everything that was
//! typed, are in the body and never in a URL.

use std::collections::BTreeMap;
use std::error::Error;

use app::api::{BeginCheckout, Decision, DecisionSlot, FORM_PAGES, PaymentLink, RefusedForm};
use app::listing_address::ListingAddress;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Extension, Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::LengthLimitError;
use leptos::server_fn::ServerFn;
use locale::Language;
use shop::Shop;
use shop::checkout::{MAX_FORM_BYTES, MAX_FORM_LINES};
use till_core::refusal::Refusal;
use url::form_urlencoded;

use super::find_order;
use super::pages::{Pages, no_store};
use super::storable::form_fields;
use super::withdraw;

/// The routes of pages that list products. Their buttons for another order or page send the form.
pub(super) const LISTS: [&str; 3] = ["/", "/categories/{slug}", "/search"];

/// A typed quantity is cut to this many characters.
const MAX_QUANTITY_CHARS: usize = 20;

/// Handles `/api/checkout`, and passes everything else on.
pub async fn answer(State(pages): State<Pages>, request: Request, next: Next) -> Response {
    if request.uri().path() != BeginCheckout::PATH {
        return next.run(request).await;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        // A reloaded or shared URL of a refusal. A checkout begins with a form.
        return Redirect::to("/").into_response();
    }
    let (parts, body) = request.into_parts();
    // With a declared length above the limit, the body need not be read.
    let declared = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let body = match declared > MAX_FORM_BYTES {
        true => None,
        false => match to_bytes(body, MAX_FORM_BYTES).await {
            Ok(body) => Some(body),
            Err(error) if is_too_large(&error) => None,
            Err(_) => {
                return (
                    StatusCode::BAD_REQUEST,
                    "The form did not arrive completely.",
                )
                    .into_response();
            }
        },
    };
    let Some(body) = body else {
        let refused = RefusedForm {
            refusal: Refusal::TooLarge,
            typed: BTreeMap::new(),
        };
        let language = pages.default_language();
        return pages.refuse(&parts.headers, "/", language, refused).await;
    };
    let form = SentForm::read(&body);
    let language = form.language(&pages.shop);
    let headers = parts.headers.clone();
    let decision = decide(parts, body, next).await;
    let (refusal, page) = match decision {
        Ok(Decision::Redirect(url)) => return redirect(&url),
        Ok(Decision::Link(url)) => return pages.link(&headers, language, url).await,
        Ok(Decision::Refuse { refusal, page }) => (refusal, page),
        Err(response) => return response,
    };
    let page = page.unwrap_or(form.page);
    let typed = form.typed;
    pages
        .refuse(&headers, &page, language, RefusedForm { refusal, typed })
        .await
}

/// Responds to a form that the CSRF check has rejected with a page that has a form of the shop's
/// own.
pub async fn answer_other_website(
    State(pages): State<Pages>,
    language: Option<Extension<Language>>,
    request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let is_form = [BeginCheckout::PATH, find_order::PATH, withdraw::PATH].contains(&path)
        || (*request.method() == Method::POST && is_list(path));
    let headers = request.headers().clone();
    let response = next.run(request).await;
    if !is_form || response.status() != StatusCode::FORBIDDEN {
        return response;
    }
    let refused = RefusedForm {
        refusal: Refusal::OtherWebsite,
        typed: BTreeMap::new(),
    };
    let language = language.map_or(pages.default_language(), |Extension(language)| language);
    pages.refuse(&headers, "/", language, refused).await
}

/// Runs the server function. An `Err` is the response of something before it.
async fn decide(mut parts: Parts, body: Bytes, next: Next) -> Result<Decision, Response> {
    let slot = DecisionSlot::default();
    parts.extensions.insert(slot.clone());
    // To a client that does not accept HTML, Leptos reports an unreadable form as a server error.
    let html = HeaderValue::from_static("text/html");
    parts.headers.insert(header::ACCEPT, html);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    match slot.decision() {
        Some(decision) => Ok(decision),
        // It panicked or timed out.
        None if response.status().is_server_error() => Err(response),
        None if response.status() == StatusCode::METHOD_NOT_ALLOWED => Err(response),
        // Its arguments could not be read.
        None => Ok(Decision::Refuse {
            refusal: Refusal::Unreadable,
            page: None,
        }),
    }
}

fn redirect(url: &str) -> Response {
    match HeaderValue::try_from(url) {
        Ok(url) => (StatusCode::FOUND, [(header::LOCATION, url)]).into_response(),
        Err(_) => {
            tracing::error!("the address of the payment page is not a valid header value");
            StatusCode::BAD_GATEWAY.into_response()
        }
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let mut cause: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return true;
        }
        cause = error.source();
    }
    false
}

/// What is needed to show a form again, whether or not its server function can read it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct SentForm {
    /// The page that it was on.
    page: String,
    /// The code of its language, as it was sent.
    language: Option<String>,
    /// Quantities as typed, by variant id; without empty and zero ones.
    pub(super) typed: BTreeMap<i64, String>,
}

impl SentForm {
    pub(super) fn read(body: &[u8]) -> Self {
        let (mut page, mut language) = (None, None);
        let mut typed = BTreeMap::new();
        for (name, value) in form_fields(body) {
            let variant = name
                .strip_prefix("quantity[")
                .and_then(|rest| rest.strip_suffix(']'))
                .and_then(|id| id.parse::<i64>().ok());
            if let Some(variant) = variant {
                if !matches!(value.trim(), "" | "0") {
                    typed.insert(variant, value.chars().take(MAX_QUANTITY_CHARS).collect());
                }
            } else if name == "from" {
                page = form_page(&value);
            } else if name == "language" {
                language = Some(value.into_owned());
            }
        }
        // None of our forms is that long, so its quantities need not be rendered.
        if typed.len() > MAX_FORM_LINES {
            typed.clear();
        }
        Self {
            page: page.unwrap_or_else(|| "/".to_owned()),
            language,
            typed,
        }
    }

    /// Its language, or else the shop's default one.
    pub(super) fn language(&self, shop: &Shop) -> Language {
        let languages = &shop.settings.languages;
        let named = self.language.as_deref();
        let named = named.and_then(|code| languages.named(code));
        named.unwrap_or(languages.default_language())
    }
}

/// The URL of a page with a form, from the form's `from` field: the path of a known route, and what
/// of the query has a meaning there. Everything else is dropped.
fn form_page(from: &str) -> Option<String> {
    let (path, query) = from.split_once('?').unwrap_or((from, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_%.~".contains(&byte);
    if !path.bytes().all(plain) {
        return None;
    }
    let route = FORM_PAGES.iter().find(|route| matches(route, path))?;
    match *route {
        "/categories/{slug}" => {
            return Some(ListingAddress::read_category(path, query).to_string());
        }
        "/search" => return Some(ListingAddress::read_search(path, query).to_string()),
        _ => {}
    }
    let number = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "page")
        .and_then(|(_, number)| number.parse::<u64>().ok());
    Some(match number {
        Some(number) => format!("{path}?page={number}"),
        None => path.to_owned(),
    })
}

/// Whether this is the path of a page that lists products.
pub(super) fn is_list(path: &str) -> bool {
    LISTS.iter().any(|route| matches(route, path))
}

/// Whether a path matches a route such as `/products/{slug}`.
fn matches(route: &str, path: &str) -> bool {
    let (mut wanted, mut found) = (route.split('/'), path.split('/'));
    loop {
        match (wanted.next(), found.next()) {
            (None, None) => return true,
            (Some(wanted), Some(found)) if wanted == found => {}
            (Some(wanted), Some(found)) if wanted.starts_with('{') && !found.is_empty() => {}
            _ => return false,
        }
    }
}

impl Pages {
    /// Responds with the form's page, the reasons and what was typed; with the catalog if that page
    /// no longer exists.
    async fn refuse(
        &self,
        headers: &HeaderMap,
        page: &str,
        language: Language,
        refused: RefusedForm,
    ) -> Response {
        let status = match (&refused.refusal, refused.refusal.retry_after()) {
            (_, Some(_)) => StatusCode::TOO_MANY_REQUESTS,
            (Refusal::TooLarge, None) => StatusCode::PAYLOAD_TOO_LARGE,
            (Refusal::OtherWebsite, None) => StatusCode::FORBIDDEN,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let retry_after = refused.refusal.retry_after();
        let mut response = self.render(headers, page, language, refused.clone()).await;
        if response.status() == StatusCode::NOT_FOUND {
            response = self.render(headers, "/", language, refused).await;
        }
        // Otherwise the page has its own status, such as that the checkout was paid meanwhile.
        if matches!(response.status(), StatusCode::OK | StatusCode::GONE) {
            *response.status_mut() = status;
            if let Some(seconds) = retry_after {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
        }
        no_store(response)
    }

    /// Responds with a link to the payment page, for when a redirect there would be blocked.
    async fn link(&self, headers: &HeaderMap, language: Language, url: String) -> Response {
        no_store(self.render(headers, "/", language, PaymentLink(url)).await)
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;

    use super::*;

    #[test]
    fn a_form_comes_back_to_a_page_with_a_form_and_to_nothing_else() {
        for (from, page) in [
            ("/", "/"),
            ("/?page=2", "/?page=2"),
            ("/?page=2&__err=x&page=9", "/?page=2"),
            ("/?q=<b>", "/"),
            ("/products/green-pen", "/products/green-pen"),
            ("/products/green-pen?page=x", "/products/green-pen"),
            (
                "/categories/tea?sort=price&page=2&q=x",
                "/categories/tea?sort=price&page=2",
            ),
            (
                "/categories/tea?sort=x&in_stock=1",
                "/categories/tea?in_stock=1",
            ),
            (
                "/search?q=%22%3Cb%3E&x=1&sort=name",
                "/search?q=%22%3Cb%3E&sort=name",
            ),
        ] {
            assert_eq!(form_page(from).as_deref(), Some(page), "{from}");
        }
        for bad in [
            "",
            "//evil.example",
            "https://evil.example/",
            "/products/",
            "/categories/",
            "/search/x",
            "/products/a/b",
            "/orders/0123456789abcdef0123456789abcdef",
            "/api/checkout",
            "/products/a b",
            "/products/<script>",
            "/products/a\r\nx: y",
            "/products/ä",
        ] {
            assert_eq!(form_page(bad), None, "{bad}");
        }
    }

    #[test]
    fn what_was_typed_is_read_whatever_else_is_in_the_form() {
        let form = SentForm::read(
            b"attempt=x&quantity%5B7%5D=2&quantity[8]=0&quantity%5Bx%5D=1&quantity=3\
              &quantity[9]=abcdefghijklmnopqrstuvwxyz&from=%2Fproducts%2Fpen",
        );
        let typed = [(7, "2".to_owned()), (9, "abcdefghijklmnopqrst".to_owned())];
        assert_eq!(form.page, "/products/pen");
        assert_eq!(form.typed, BTreeMap::from(typed));
        assert_eq!(SentForm::read(b"\xff\xfe=&&=").page, "/");
    }

    #[test]
    fn empty_fields_take_no_room_among_what_was_typed() {
        let fields = |range: Range<usize>, typed: &str| {
            let fields = range.map(|id| format!("quantity[{id}]={typed}"));
            fields.collect::<Vec<_>>().join("&")
        };
        let many = fields(0..MAX_FORM_LINES, "");
        let one = SentForm::read(format!("{many}&quantity[9999]=2").as_bytes());
        assert_eq!(one.typed, BTreeMap::from([(9999, "2".to_owned())]));
        let too_many = SentForm::read(fields(0..MAX_FORM_LINES + 1, "1").as_bytes());
        assert!(too_many.typed.is_empty());
    }
}
