//! The state of the handlers.

use std::sync::Arc;

use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use secrecy::SecretString;
use shop::Shop;
use tokio::sync::watch;

use super::assets::Assets;
use super::client::Clients;
use super::health::Readiness;
use super::page_cache::PageCache;
use super::pages::Pages;
use super::pictures::Pictures;
use crate::config::{AdminNetworks, Timeouts};

/// The state of the handlers.
#[derive(Clone, Debug, FromRef)]
pub struct AppState {
    /// The shop.
    pub shop: Shop,
    /// Accepted webhook signing secrets.
    pub webhook_secrets: Arc<[SecretString]>,
    /// Files for browsers.
    pub assets: Assets,
    /// Becomes true when the server stops.
    pub stopping: watch::Receiver<bool>,
    /// Identifies clients.
    pub clients: Clients,
    /// From where the admin can be used.
    pub admin_networks: AdminNetworks,
    /// The timeouts of connections.
    pub timeouts: Timeouts,
    /// Pictures of products.
    pub pictures: Pictures,
    /// Rendered pages.
    pub page_cache: Arc<PageCache>,
    /// Checks whether the server can handle requests.
    pub readiness: Readiness,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        LeptosOptions::clone(&state.assets.options)
    }
}

impl FromRef<AppState> for Pages {
    fn from_ref(state: &AppState) -> Self {
        Self {
            shop: state.shop.clone(),
            assets: state.assets.clone(),
        }
    }
}
