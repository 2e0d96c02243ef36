//! Keeps public pages, feeds and sitemaps as bytes, so that each is rendered once for each change.
//!
//! A page is kept under its address and language, and under the generation of what it shows (see
//! [`shop::live`]): in the next generation it is rendered anew, and after ten seconds in any case.
//! It is rendered from its address alone, without the visitor's headers, so it cannot depend on who
//! asks. Only the attempt token of its form differs in each answer: the bytes are cut there.

use std::sync::Arc;
use std::time::Duration;

use app::FormAttempt;
use app::listing_address::ListingAddress;
use axum::body::{Body, HttpBody, to_bytes};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::FutureExt;
use http::request::Parts;
use http::{Method, StatusCode, Uri, header};
use locale::Language;
use moka::future::Cache;
use shop::Shop;
use url::form_urlencoded;

use self::page::Page;
use super::security_headers::SecurityHeaders;

mod page;

/// A page is rendered anew after this time, whether or not a change was noticed.
const MAX_AGE: Duration = Duration::from_secs(10);
/// The longest address of a page that is kept, in bytes.
const MAX_ADDRESS_BYTES: usize = 300;
/// A page that takes more than this share of the cache is not kept.
const MAX_SHARE: u64 = 4;
/// What the cache itself needs for each page, in bytes.
const OVERHEAD_BYTES: usize = 600;

/// Documents for machines.
const PLAIN_PATHS: [&str; 3] = [
    "/feeds/products.atom",
    "/feeds/products.xml",
    "/sitemap.xml",
];

/// Rendered pages.
#[derive(Debug)]
pub struct PageCache {
    shop: Shop,
    pages: Cache<Key, Arc<Page>>,
    /// The largest page that is kept, in bytes.
    max_page: usize,
    security_headers: SecurityHeaders,
}

/// What a page depends on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Key {
    address: Box<str>,
    language: Language,
    generation: u64,
    /// How many origins of payment pages the page's policy allows.
    origins: usize,
}

/// The page is not kept.
#[derive(Clone, Copy, Debug)]
struct NotKept;

impl PageCache {
    /// Keeps pages of together at most this many bytes; none if it is 0.
    #[must_use]
    pub fn new(shop: Shop, max_bytes: u64) -> Self {
        let weigh = |key: &Key, page: &Arc<Page>| {
            let bytes = OVERHEAD_BYTES + key.address.len() + page.weight();
            u32::try_from(bytes).unwrap_or(u32::MAX)
        };
        let pages = Cache::builder()
            .max_capacity(max_bytes)
            .weigher(weigh)
            .time_to_live(MAX_AGE)
            .build();
        let max_page = usize::try_from(max_bytes / MAX_SHARE).unwrap_or(usize::MAX);
        Self {
            security_headers: SecurityHeaders::of(&shop),
            shop,
            pages,
            max_page,
        }
    }

    /// The answer to a request whose page is kept and still right, with all its headers. Looks only
    /// into memory.
    pub fn kept(&self, request: &Request) -> Option<Response> {
        if !self.shop.live.is_fresh() {
            return None;
        }
        let key = self.key(request)?;
        let page = self.pages.get(&key).now_or_never()??;
        tracing::debug!("a page was answered from memory");
        Some(page.answer(request.method(), request.headers()))
    }

    fn key(&self, request: &Request) -> Option<Key> {
        let reads = matches!(*request.method(), Method::GET | Method::HEAD);
        // A request with a body is refused where its size is limited.
        if self.max_page == 0 || !reads || !request.body().is_end_stream() {
            return None;
        }
        Some(Key {
            address: own_address(request.uri())?,
            language: *request.extensions().get::<Language>()?,
            generation: self.shop.live.generation(),
            origins: self.shop.payment_origins.count(),
        })
    }

    /// Renders the page and keeps it. `Err` if it is not to be kept; `answer` is the response then.
    async fn render(
        &self,
        parts: Parts,
        next: Next,
        answer: &mut Option<Response>,
    ) -> Result<Arc<Page>, NotKept> {
        let token = shop::new_token::attempt_token().map_err(|_| NotKept)?;
        let token = String::from(token);
        let mut request = Request::from_parts(parts, Body::empty());
        *request.method_mut() = Method::GET;
        // What the visitor's browser says changes nothing.
        request.headers_mut().clear();
        request.extensions_mut().insert(FormAttempt(token.clone()));
        let (mut head, body) = next.run(request).await.into_parts();
        if !is_kept(&head) {
            *answer = Some(Response::from_parts(head, body));
            return Err(NotKept);
        }
        // A longer one is read again, without being kept.
        let body = to_bytes(body, self.max_page).await.map_err(|_| NotKept)?;
        self.security_headers.add_to(&mut head.headers);
        let page = Page::new(head.headers, body, &token).ok_or(NotKept)?;
        Ok(Arc::new(page))
    }
}

/// Answers with a kept page, or passes the request on. Looks first whether something has changed.
pub async fn answer(State(cache): State<Arc<PageCache>>, request: Request, next: Next) -> Response {
    cache.shop.live.refresh(&cache.shop.database).await;
    let Some(key) = cache.key(&request) else {
        return next.run(request).await;
    };
    if let Some(page) = cache.pages.get(&key).await {
        return page.answer(request.method(), request.headers());
    }
    let (parts, body) = request.into_parts();
    let mut not_kept = None;
    // Others who want the page meanwhile wait for this one.
    let rendering = cache.render(parts.clone(), next.clone(), &mut not_kept);
    let kept = cache.pages.try_get_with(key, rendering).await;
    match (kept, not_kept) {
        (Ok(page), _) => page.answer(&parts.method, &parts.headers),
        (Err(_), Some(response)) if parts.method == Method::GET => response,
        (Err(_), _) => next.run(Request::from_parts(parts, body)).await,
    }
}

/// Whether others may get this response.
fn is_kept(head: &http::response::Parts) -> bool {
    let no_store = head.headers.get(header::CACHE_CONTROL);
    let no_store = no_store.is_some_and(|value| value.as_bytes() == b"no-store");
    head.status == StatusCode::OK && !no_store && !head.headers.contains_key(header::SET_COOKIE)
}

/// The address of a public page, if it is written as the shop itself writes it: a route that is
/// known, and no parameter without a meaning there.
fn own_address(uri: &Uri) -> Option<Box<str>> {
    let (path, query) = (uri.path(), uri.query());
    let is_plain = |path: &str| {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
        path.bytes().all(plain)
    };
    if path.len() + query.map_or(0, str::len) > MAX_ADDRESS_BYTES || !is_plain(path) {
        return None;
    }
    let mut segments = path.split('/').skip(1);
    let route = (segments.next()?, segments.next(), segments.next());
    let canonical = match route {
        ("", None, None) => ListingAddress::catalog("/")
            .page(page_number(query)?)
            .to_string(),
        ("categories", Some(slug), None) if !slug.is_empty() => {
            ListingAddress::read_category(path, query.unwrap_or_default()).to_string()
        }
        ("search", None, None) => {
            ListingAddress::read_search(path, query.unwrap_or_default()).to_string()
        }
        ("products" | "pages" | "sitemaps", Some(name), None) if !name.is_empty() => {
            path.to_owned()
        }
        _ if PLAIN_PATHS.contains(&path) => path.to_owned(),
        _ => return None,
    };
    let written = uri.path_and_query()?.as_str();
    (written == canonical).then(|| canonical.into_boxed_str())
}

/// The number of a page of the catalog. `None` if the query has something else.
fn page_number(query: Option<&str>) -> Option<u64> {
    let Some(query) = query else { return Some(1) };
    let mut parameters = form_urlencoded::parse(query.as_bytes());
    let (name, number) = parameters.next()?;
    if name != "page" {
        return None;
    }
    number.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(address: &str) -> bool {
        let uri: Result<Uri, _> = address.parse();
        uri.is_ok_and(|uri| own_address(&uri).is_some())
    }

    #[test]
    fn only_addresses_that_the_shop_itself_writes_are_kept() {
        for own in [
            "/",
            "/?page=2",
            "/categories/tea",
            "/categories/tea?sort=price&in_stock=1&page=2",
            "/search?q=mug",
            "/search?q=%22%3Cb%3E&sort=name",
            "/products/green-pen",
            "/pages/terms",
            "/feeds/products.xml",
            "/sitemap.xml",
            "/sitemaps/products-1.xml",
        ] {
            assert!(kept(own), "{own}");
        }
        let long = format!("/search?q={}", "x".repeat(MAX_ADDRESS_BYTES));
        for other in [
            "/?",
            "/?page=1",
            "/?page=02",
            "/?page=2&x=1",
            "/?utm_source=x",
            "/categories/",
            "/categories/tea?page=1",
            "/categories/tea?in_stock=1&sort=price",
            "/categories/t%65a",
            "/products/green-pen?x",
            "/products/green-pen/",
            "/products/a/b",
            "/search?q=mug&x=1",
            "/orders/0123456789abcdef0123456789abcdef",
            "/orders/find",
            "/withdraw",
            "/checkout/0123456789abcdef0123456789abcdef/cancelled",
            "/feeds/products.xml?x",
            "/pictures/x.webp",
            &long,
        ] {
            assert!(!kept(other), "{other}");
        }
    }
}
