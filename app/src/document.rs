//! The document around every page, and the routes to the pages.

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};

use crate::files::files;
use crate::headers;
use crate::language::{language, localized};
use crate::pages::cancelled::CancelledPage;
use crate::pages::catalog::CatalogPage;
use crate::pages::category::CategoryPage;
use crate::pages::find_order::FindOrderPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::order::OrderPage;
use crate::pages::policy::PolicyPage;
use crate::pages::product::ProductPage;
use crate::pages::search::SearchPage;
use crate::pages::withdraw::WithdrawPage;

/// Renders the document around every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    headers::content_security_policy();
    // Only islands are woken, so the rest of the page needs no data for that.
    if let Some(context) = Owner::current_shared_context() {
        context.set_is_hydrating(false);
    }
    view! {
        <!DOCTYPE html>
        <html lang=language().code()>
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon-32.png" sizes="32x32" type="image/png" />
                <link rel="icon" href="/favicon.svg" sizes="any" type="image/svg+xml" />
                <link rel="apple-touch-icon" href="/apple-touch-icon.png" />
                <link rel="manifest" href="/site.webmanifest" />
                <link
                    rel="alternate"
                    type="application/atom+xml"
                    href=localized("/feeds/products.atom")
                />
                <link rel="stylesheet" href=files().style_sheet.clone() />
                {theme()}
                <AutoReload options />
                <MetaTags />
            </head>
            <body>
                <App />
            </body>
        </html>
    }
}

/// The style sheet of the shop's own accent colour. It follows the shop's style sheet, whose colour
/// it replaces.
fn theme() -> impl IntoView {
    let accent = use_context::<shop::Shop>().and_then(|shop| shop.profile().face.accent);
    accent.map(|accent| {
        let address = format!("/theme.css?color={}", accent.digits());
        view! { <link rel="stylesheet" href=address /> }
    })
}

/// The routes. Pages are rendered completely before anything is sent: status codes are right, and
/// no script has to assemble the page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/") view=CatalogPage ssr=SsrMode::Async />
                <Route path=path!("/categories/:slug") view=CategoryPage ssr=SsrMode::Async />
                <Route path=path!("/search") view=SearchPage ssr=SsrMode::Async />
                <Route path=path!("/products/:slug") view=ProductPage ssr=SsrMode::Async />
                <Route path=path!("/pages/:slug") view=PolicyPage ssr=SsrMode::Async />
                <Route path=path!("/orders/find") view=FindOrderPage ssr=SsrMode::Async />
                <Route path=path!("/withdraw") view=WithdrawPage ssr=SsrMode::Async />
                <Route path=path!("/orders/:token") view=OrderPage ssr=SsrMode::Async />
                <Route
                    path=path!("/checkout/:token/cancelled")
                    view=CancelledPage
                    ssr=SsrMode::Async
                />
            </Routes>
        </Router>
    }
}
