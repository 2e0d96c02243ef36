//! Files for the browser: the WASM module, the style sheet, pictures.

use std::net::SocketAddr;
use std::path::Path;

use axum::Router;
use http::{HeaderValue, header};
use leptos::config::LeptosOptions;
use tower_http::services::ServeDir;
use tower_http::set_header::SetResponseHeaderLayer;

use crate::application::StartError;

/// The name under which pages ask for the module and the style sheet; `.cargo/config.toml` has the same.
const OUTPUT_NAME: &str = "till";

/// Where the files are, and how pages name them.
#[derive(Clone, Debug)]
pub struct Assets {
    /// What Leptos needs to name them.
    pub options: LeptosOptions,
}

impl Assets {
    /// Looks how the files were built.
    ///
    /// A release build puts a hash into each name and writes `hash.txt` beside the binary. Leptos would want to be told by a
    /// variable at run time; the file itself is the better witness. While `cargo leptos watch` runs, names carry no hash.
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

    /// Looks whether the files are there: without them every page would come without its style.
    ///
    /// # Errors
    /// [`StartError::NoAssets`], with the folder as it was looked for.
    pub fn check(&self) -> Result<(), StartError> {
        let root = Path::new(&*self.options.site_root);
        let folder = root.join(&*self.options.site_pkg_dir);
        let names = || std::fs::read_dir(&folder).into_iter().flatten().flatten();
        for end in ["css", "js", "wasm"] {
            let begin = format!("{OUTPUT_NAME}.");
            let there = names().any(|file| {
                let name = file.file_name();
                let name = name.to_string_lossy();
                name.starts_with(&begin) && name.ends_with(end)
            });
            if !there {
                let looked_in = std::path::absolute(root).unwrap_or_else(|_| root.to_owned());
                let missing = format!("{}/{OUTPUT_NAME}.{end}", self.options.site_pkg_dir);
                return Err(StartError::NoAssets(
                    looked_in.display().to_string(),
                    missing,
                ));
            }
        }
        Ok(())
    }

    /// The files under `/pkg`. Those with a hash in their name never change.
    pub fn pkg(&self) -> Router {
        let caching = if self.options.hash_files {
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
                HeaderValue::from_static(caching),
            ))
    }
}
