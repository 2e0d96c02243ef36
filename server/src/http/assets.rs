//! Files for browsers: the WASM module and its script, the style sheet, icons and other scripts.
//!
//! A release contains them (feature `embed`). Otherwise they are in a folder.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn};
use axum::response::Response;
use axum::routing::MethodRouter;
use http::{HeaderValue, header};
use leptos::config::LeptosOptions;
#[cfg(not(feature = "embed"))]
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;
use ui::Files;

use crate::error::StartError;

#[cfg(feature = "embed")]
pub mod embedded;

/// The name of the module and the style sheet, the same as in `.cargo/config.toml`.
const OUTPUT_NAME: &str = "till";
/// The folder of the module, its script and the style sheet.
const PKG: &str = "pkg";
/// The scripts at the top level.
const SCRIPTS: [&str; 5] = [
    "choice-paid.js",
    "finding.js",
    "islands.js",
    "order-refresh.js",
    "page-address.js",
];
/// The caching of files whose address changes with their content: a year.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// Where the files are and what they are called; cheap to clone.
#[derive(Clone, Debug)]
pub struct Assets {
    /// Leptos' options, for reloading under `cargo leptos watch`.
    pub options: Arc<LeptosOptions>,
    /// The addresses that pages use.
    pub files: Arc<Files>,
    /// Whether the names of the module and the style sheet contain a hash.
    hashed: bool,
}

impl Assets {
    /// Finds out what the files are called. In a release build their names contain a hash; under
    /// `cargo leptos watch` they do not.
    #[must_use]
    pub fn find(site_root: &Path, site_addr: SocketAddr) -> Self {
        let options = LeptosOptions::builder()
            .output_name(OUTPUT_NAME)
            .site_root(site_root.display().to_string())
            .site_addr(site_addr)
            .build();
        let is_watched = std::env::var_os("LEPTOS_WATCH").is_some();
        let names = match cfg!(debug_assertions) || is_watched {
            true => Vec::new(),
            false => pkg_names(site_root),
        };
        let hashed = |end: &str| {
            let is_hashed = |name: &&String| {
                let hash = name
                    .strip_prefix("till.")
                    .and_then(|name| name.strip_suffix(end));
                hash.is_some_and(|hash| !hash.is_empty())
            };
            names.iter().find(is_hashed)
        };
        let address = |end: &str| match hashed(end) {
            Some(name) => format!("/{PKG}/{name}"),
            None => format!("/{PKG}/{OUTPUT_NAME}{end}"),
        };
        let are_hashed = hashed(".css").is_some();
        let files = Files {
            style_sheet: address(".css"),
            module: address(".js"),
            wasm: address(".wasm"),
            version: are_hashed.then(|| version(site_root)),
        };
        Self {
            options: Arc::new(options),
            files: Arc::new(files),
            hashed: are_hashed,
        }
    }

    /// Checks that the files exist: without them, every page would lack its style.
    ///
    /// # Errors
    /// [`StartError::NoAssets`], with the folder's absolute path.
    pub fn check(&self) -> Result<(), StartError> {
        let root = Path::new(&*self.options.site_root);
        let names = pkg_names(root);
        for end in [".css", ".js", ".wasm"] {
            let is_own = |name: &String| name.starts_with("till.") && name.ends_with(end);
            if !names.iter().any(is_own) {
                let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
                let missing = format!("{PKG}/{OUTPUT_NAME}{end}");
                return Err(StartError::NoAssets(root.display().to_string(), missing));
            }
        }
        Ok(())
    }

    /// Serves the files under `/pkg`. Those with a hash in their names never change.
    pub fn pkg(&self) -> Router {
        let cache_control = if self.hashed { IMMUTABLE } else { "no-cache" };
        #[cfg(feature = "embed")]
        let files = Router::new().fallback(embedded::serve_pkg);
        #[cfg(not(feature = "embed"))]
        let files = {
            let folder = Path::new(&*self.options.site_root).join(PKG);
            let files = ServeDir::new(folder)
                .precompressed_br()
                .precompressed_gzip();
            Router::new().fallback_service(files)
        };
        files.layer(SetResponseHeaderLayer::if_not_present(
            header::CACHE_CONTROL,
            HeaderValue::from_static(cache_control),
        ))
    }

    /// Serves the files at the top level, and passes other requests to `not_found`.
    pub fn files_or(&self, not_found: MethodRouter) -> Router {
        #[cfg(feature = "embed")]
        let files = Router::new()
            .fallback(move |request: Request| embedded::serve_or(request, not_found.clone()));
        #[cfg(not(feature = "embed"))]
        let files = Router::new().fallback_service(
            ServeDir::new(&*self.options.site_root)
                .append_index_html_on_directories(false)
                .call_fallback_on_method_not_allowed(true)
                .precompressed_br()
                .precompressed_gzip()
                .fallback(not_found),
        );
        files.layer(from_fn(keep_versioned))
    }
}

/// Lets browsers keep a file whose address names its version, as [`Files`] does.
async fn keep_versioned(request: Request, next: Next) -> Response {
    let query = request.uri().query();
    let cache_control = match query.is_some_and(|query| query.starts_with("v=")) {
        true => IMMUTABLE,
        false => "no-cache",
    };
    let mut response = next.run(request).await;
    let kind = response.headers().get(header::CONTENT_TYPE);
    let is_script = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/javascript"));
    if response.status().is_success() && is_script {
        let cache_control = HeaderValue::from_static(cache_control);
        response
            .headers_mut()
            .insert(header::CACHE_CONTROL, cache_control);
    }
    response
}

/// The names of the files in `pkg`.
#[cfg(feature = "embed")]
fn pkg_names(_: &Path) -> Vec<String> {
    embedded::names_in(PKG)
}

/// The names of the files in `pkg`.
#[cfg(not(feature = "embed"))]
fn pkg_names(site_root: &Path) -> Vec<String> {
    let files = std::fs::read_dir(site_root.join(PKG));
    let files = files.into_iter().flatten().flatten();
    files
        .map(|file| file.file_name().to_string_lossy().into_owned())
        .collect()
}

/// A version that changes with the content of the scripts at the top level.
fn version(site_root: &Path) -> String {
    let mut hasher = crc32fast::Hasher::new();
    for script in SCRIPTS {
        hasher.update(&read(site_root, script));
    }
    format!("{:08x}", hasher.finalize())
}

#[cfg(feature = "embed")]
fn read(_: &Path, name: &str) -> Vec<u8> {
    embedded::read(name).unwrap_or_default()
}

#[cfg(not(feature = "embed"))]
fn read(site_root: &Path, name: &str) -> Vec<u8> {
    std::fs::read(site_root.join(name)).unwrap_or_default()
}
