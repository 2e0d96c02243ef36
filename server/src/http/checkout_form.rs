//! `/api/checkout` as browsers see it: the server function decides, and this layer answers.
//!
//! A refused form is answered with the form's own page: the reasons, and everything that was
//! typed, are in the body of the answer and never in an address.

use std::collections::BTreeMap;
use std::error::Error;

use app::api::{BeginCheckout, Decision, DecisionSlot, FORM_PAGES, PaymentLink, RefusedForm};
use app::shell;
use axum::body::{Body, Bytes, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Redirect, Response};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use http_body_util::LengthLimitError;
use leptos::config::LeptosOptions;
use leptos::prelude::provide_context;
use leptos::server_fn::ServerFn;
use leptos_axum::render_app_async_with_context;
use shop::Shop;
use shop::checkout::{MAX_FORM_BYTES, MAX_FORM_LINES};
use shop::refusal::Refusal;
use url::form_urlencoded;

use super::find_order;

/// Characters that are kept of a quantity as it was typed.
const MAX_TYPED: usize = 20;

/// What renders the page of a refused form.
#[derive(Clone, Debug)]
pub struct FormPages {
    /// The domain.
    pub shop: Shop,
    /// How pages name their files.
    pub options: LeptosOptions,
}

/// Answers `/api/checkout`, and passes everything else on.
pub async fn answer(State(pages): State<FormPages>, request: Request, next: Next) -> Response {
    if request.uri().path() != BeginCheckout::PATH {
        return next.run(request).await;
    }
    if matches!(*request.method(), Method::GET | Method::HEAD) {
        // A reloaded or shared address of a refusal. Beginning a checkout takes a form.
        return Redirect::to("/").into_response();
    }
    let (parts, body) = request.into_parts();
    // Where its length is told beforehand, nothing of it needs to be read.
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    let body = match announced > MAX_FORM_BYTES {
        true => None,
        false => match to_bytes(body, MAX_FORM_BYTES).await {
            Ok(body) => Some(body),
            Err(error) if is_too_large(&error) => None,
            Err(_) => return (StatusCode::BAD_REQUEST, "The form did not arrive.").into_response(),
        },
    };
    let Some(body) = body else {
        let refused = RefusedForm {
            refusal: Refusal::TooLarge,
            typed: BTreeMap::new(),
        };
        return pages.refuse(&parts.headers, "/", refused).await;
    };
    let form = SentForm::read(&body);
    let headers = parts.headers.clone();
    let decision = decide(parts, body, next).await;
    let (refusal, page) = match decision {
        Ok(Decision::Redirect(url)) => return redirect(&url),
        Ok(Decision::Link(url)) => return pages.link(&headers, url).await,
        Ok(Decision::Refuse { refusal, page }) => (refusal, page),
        Err(response) => return response,
    };
    let page = page.unwrap_or(form.page);
    let typed = form.typed;
    pages
        .refuse(&headers, &page, RefusedForm { refusal, typed })
        .await
}

/// Answers a form that the check against forged forms has refused with a page and a form of the
/// shop's own.
pub async fn answer_other_website(
    State(pages): State<FormPages>,
    request: Request,
    next: Next,
) -> Response {
    let is_form = [BeginCheckout::PATH, find_order::PATH].contains(&request.uri().path());
    let headers = request.headers().clone();
    let response = next.run(request).await;
    if !is_form || response.status() != StatusCode::FORBIDDEN {
        return response;
    }
    let refused = RefusedForm {
        refusal: Refusal::OtherWebsite,
        typed: BTreeMap::new(),
    };
    pages.refuse(&headers, "/", refused).await
}

/// Runs the server function. An answer instead of a decision comes from something before it.
async fn decide(mut parts: Parts, body: Bytes, next: Next) -> Result<Decision, Response> {
    let slot = DecisionSlot::default();
    parts.extensions.insert(slot.clone());
    // To a client that does not ask for HTML, Leptos answers what it cannot read as a failure of
    // the server's own.
    let html = HeaderValue::from_static("text/html");
    parts.headers.insert(header::ACCEPT, html);
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    match slot.decision() {
        Some(decision) => Ok(decision),
        // It panicked or took too long.
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

/// What is needed of a form to show it again, whether or not its server function can read it.
#[derive(Debug, PartialEq, Eq)]
struct SentForm {
    /// The page that it was on.
    page: String,
    /// Quantities as typed, by product id; nothing and zero are left out.
    typed: BTreeMap<i64, String>,
}

impl SentForm {
    fn read(body: &[u8]) -> Self {
        let mut page = None;
        let mut typed = BTreeMap::new();
        let mut lines = 0;
        for (name, value) in form_urlencoded::parse(body) {
            let product = name
                .strip_prefix("quantity[")
                .and_then(|rest| rest.strip_suffix(']'))
                .and_then(|id| id.parse::<i64>().ok());
            if let Some(product) = product {
                lines += 1;
                if !matches!(value.trim(), "" | "0") {
                    typed.insert(product, value.chars().take(MAX_TYPED).collect());
                }
            } else if name == "from" {
                page = form_page(&value);
            }
        }
        // No form of ours is so long: whoever made it need not see it rendered.
        if lines > MAX_FORM_LINES {
            typed.clear();
        }
        Self {
            page: page.unwrap_or_else(|| "/".to_owned()),
            typed,
        }
    }
}

/// The address of a page with a form, from what the form says of itself: a path of a known route,
/// and the number of a page. Everything else is dropped.
fn form_page(from: &str) -> Option<String> {
    let (path, query) = from.split_once('?').unwrap_or((from, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_%.~".contains(&byte);
    if !path.bytes().all(plain) || !FORM_PAGES.iter().any(|route| matches(route, path)) {
        return None;
    }
    let number = form_urlencoded::parse(query.as_bytes())
        .find(|(name, _)| name == "page")
        .and_then(|(_, number)| number.parse::<u64>().ok());
    Some(match number {
        Some(number) => format!("{path}?page={number}"),
        None => path.to_owned(),
    })
}

/// Whether a path is one of a route such as `/products/{slug}`.
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

impl FormPages {
    /// The form's page with the reasons and what was typed. Where that page is gone, the catalog.
    async fn refuse(&self, headers: &HeaderMap, page: &str, refused: RefusedForm) -> Response {
        let status = match (&refused.refusal, refused.refusal.retry_after()) {
            (_, Some(_)) => StatusCode::TOO_MANY_REQUESTS,
            (Refusal::TooLarge, None) => StatusCode::PAYLOAD_TOO_LARGE,
            (Refusal::OtherWebsite, None) => StatusCode::FORBIDDEN,
            _ => StatusCode::UNPROCESSABLE_ENTITY,
        };
        let retry_after = refused.refusal.retry_after();
        let mut response = self.render(headers, page, refused.clone()).await;
        if response.status() == StatusCode::NOT_FOUND {
            response = self.render(headers, "/", refused).await;
        }
        // Otherwise the page says something else, such as that the checkout was paid meanwhile.
        if matches!(response.status(), StatusCode::OK | StatusCode::GONE) {
            *response.status_mut() = status;
            if let Some(seconds) = retry_after {
                let headers = response.headers_mut();
                headers.insert(header::RETRY_AFTER, seconds.into());
            }
        }
        no_store(response)
    }

    /// A page with a link to the payment page, where a redirect there would be blocked.
    async fn link(&self, headers: &HeaderMap, url: String) -> Response {
        no_store(self.render(headers, "/", PaymentLink(url)).await)
    }

    /// Renders a page as a `GET` of its address would, with what was sent as context.
    pub(super) async fn render<T: Clone + Send + Sync + 'static>(
        &self,
        headers: &HeaderMap,
        page: &str,
        sent: T,
    ) -> Response {
        let request = Request::get(page).body(Body::empty());
        let Ok(mut request) = request else {
            return StatusCode::NOT_FOUND.into_response();
        };
        *request.headers_mut() = headers.clone();
        for name in [
            header::CONTENT_LENGTH,
            header::CONTENT_TYPE,
            header::TRANSFER_ENCODING,
        ] {
            request.headers_mut().remove(name);
        }
        let (shop, options) = (self.shop.clone(), self.options.clone());
        let context = move || {
            provide_context(shop.clone());
            provide_context(sent.clone());
        };
        let document = move || shell(options.clone());
        render_app_async_with_context(context, document)(request)
            .await
            .into_response()
    }
}

fn no_store(mut response: Response) -> Response {
    let no_store = HeaderValue::from_static("no-store");
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, no_store);
    response
}

#[cfg(test)]
mod tests {
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
        ] {
            assert_eq!(form_page(from).as_deref(), Some(page), "{from}");
        }
        for bad in [
            "",
            "//evil.example",
            "https://evil.example/",
            "/products/",
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
            b"attempt=x&quantity%5B7%5D=2&quantity[8]=0&quantity%5Bx%5D=1&quantity=3&quantity[9]=abcdefghijklmnopqrstuvwxyz&from=%2Fproducts%2Fpen",
        );
        let typed = [(7, "2".to_owned()), (9, "abcdefghijklmnopqrst".to_owned())];
        assert_eq!(form.page, "/products/pen");
        assert_eq!(form.typed, BTreeMap::from(typed));
        assert_eq!(SentForm::read(b"\xff\xfe=&&=").page, "/");
    }
}
