//! Files for browsers: the WASM module and its script, and the style sheet.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use http::{HeaderValue, header};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::error::StartError;

/// The name of the module and the style sheet, the same as in `.cargo/config.toml`.
const OUTPUT_NAME: &str = "till";

/// Where the files are and what they are called.
#[derive(Clone, Debug)]
pub struct Assets {
    /// Leptos' options, from which pages build their URLs.
    pub options: LeptosOptions,
}

impl Assets {
    /// Finds out whether the files have a hash in their names.
    ///
    /// A release build has, and writes `hash.txt` beside the binary; Leptos itself would need a
    /// variable at run time. Under `cargo leptos watch`, names have no hash.
    #[must_use]
    pub fn find(site_root: &Path, site_addr: SocketAddr) -> Self {
        let hash_file = std::env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.parent()?.join("hash.txt")));
        let watching = std::env::var_os("LEPTOS_WATCH").is_some();
        let hashed =
            !cfg!(debug_assertions) && !watching && hash_file.is_some_and(|file| file.exists());
        let options = LeptosOptions::builder()
            .output_name(OUTPUT_NAME)
            .site_root(site_root.display().to_string())
            .site_addr(site_addr)
            .hash_files(hashed)
            .build();
        Self { options }
    }

    /// Checks that the files exist: without them, every page would lack its style.
    ///
    /// # Errors
    /// [`StartError::NoAssets`], with the folder's absolute path.
    pub fn check(&self) -> Result<(), StartError> {
        let root = Path::new(&*self.options.site_root);
        let folder = root.join(&*self.options.site_pkg_dir);
        let names = || std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for end in ["css", "js", "wasm"] {
            let begin = format!("{OUTPUT_NAME}.");
            let exists = names().any(|file| {
                let name = file.file_name();
                let name = name.to_string_lossy();
                name.starts_with(&begin) && name.ends_with(end)
            });
            if !exists {
                let root = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
                let missing = format!("{}/{OUTPUT_NAME}.{end}", self.options.site_pkg_dir);
                return Err(StartError::NoAssets(root.display().to_string(), missing));
            }
        }
        Ok(())
    }

    /// Serves the files under `/pkg`. Those with a hash in their names never change.
    pub fn pkg(&self) -> Router {
        let cache_control = if self.options.hash_files {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        };
        let folder = Path::new(&*self.options.site_root).join(&*self.options.site_pkg_dir);
        let files = ServeDir::new(folder)
            .precompressed_br()
            .precompressed_gzip();
        Router::new()
            .fallback_service(files)
            .layer(SetResponseHeaderLayer::if_not_present(
                header::CACHE_CONTROL,
                HeaderValue::from_static(cache_control),
            ))
    }
}
