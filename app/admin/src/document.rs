//! The document around every page of the admin, and the routes to the pages.

use std::sync::Arc;

use leptos::prelude::*;
use leptos_meta::{MetaTags, provide_meta_context};
use leptos_router::components::{Route, Router, Routes};
use leptos_router::{SsrMode, path};
use ui::files::files;
use ui::headers::{self, CachePolicy};
use ui::language::{language, texts};

use crate::assets;
use crate::held::{HeldForm, HeldPage};
use crate::pages::account::AccountPage;
use crate::pages::account::recovery_codes::RecoveryCodesPage;
use crate::pages::account::second_factor::SecondFactorSettingsPage;
use crate::pages::audit::AuditPage;
use crate::pages::events::EventsPage;
use crate::pages::forgotten::ForgottenPage;
use crate::pages::link::LinkPage;
use crate::pages::not_found::NotFoundPage;
use crate::pages::order::OrderPage;
use crate::pages::order::mail::MailPage;
use crate::pages::order::refund::RefundPage;
use crate::pages::order::ship::ShipPage;
use crate::pages::order::shipment::ShipmentPage;
use crate::pages::orders::OrdersPage;
use crate::pages::outbox::OutboxPage;
use crate::pages::packing::{PackingPage, PickListPage};
use crate::pages::products::ProductsPage;
use crate::pages::products::categories_page::CategoriesPage;
use crate::pages::products::edit::{NewProductPage, ProductPage};
use crate::pages::products::import::ImportPage;
use crate::pages::products::stock::StockPage;
use crate::pages::products::table::ProductTablePage;
use crate::pages::second_factor::SecondFactorPage;
use crate::pages::settings::SettingsPage;
use crate::pages::settings::group::SettingGroupPage;
use crate::pages::settings::policies::{PoliciesPage, PolicyPage};
use crate::pages::settings::promotions::PromotionsPage;
use crate::pages::sign_in::SignInPage;
use crate::pages::today::TodayPage;
use crate::pages::users::UsersPage;
use crate::pages::users::user::UserPage;
use crate::pages::withdrawals::{WithdrawalPage, WithdrawalsPage};

/// Renders the document around every page.
pub fn shell() -> impl IntoView {
    headers::cache_control(CachePolicy::NoStore);
    headers::noindex();
    headers::own_files_only();
    // Nothing is hydrated, so the page needs no data for that.
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
                <link rel="stylesheet" href=files().style_sheet.clone() />
                <link rel="stylesheet" href=assets::style_sheet_address() />
                <script type="module" src=assets::script_address()></script>
                <MetaTags />
            </head>
            <body class="admin" data-cancel=texts().admin_cancel()>{body()}</body>
        </html>
    }
}

/// The page at the request's address, or the one that a form led to.
fn body() -> AnyView {
    match use_context::<Arc<HeldForm>>() {
        Some(form) => view! { <HeldPage form /> }.into_any(),
        None => view! { <AdminApp /> }.into_any(),
    }
}

/// The routes of the admin.
#[component]
pub fn AdminApp() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Routes fallback=NotFoundPage>
                <Route path=path!("/admin") view=TodayPage ssr=SsrMode::Async />
                <Route path=path!("/admin/orders") view=OrdersPage ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/packing") view=PackingPage ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/pick-list") view=PickListPage ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/:number") view=OrderPage ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/:number/ship") view=ShipPage ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/:number/refund") view=RefundPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/:number/shipments/:shipment") view=ShipmentPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/orders/:number/mail") view=MailPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/products") view=ProductsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/products/table") view=ProductTablePage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/products/new") view=NewProductPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/products/import") view=ImportPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/products/:id") view=ProductPage ssr=SsrMode::Async />
                <Route path=path!("/admin/products/:id/stock") view=StockPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/categories") view=CategoriesPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/sign-in") view=SignInPage ssr=SsrMode::Async />
                <Route path=path!("/admin/second-factor") view=SecondFactorPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/forgotten") view=ForgottenPage ssr=SsrMode::Async />
                <Route path=path!("/admin/link/:token") view=LinkPage ssr=SsrMode::Async />
                <Route path=path!("/admin/account") view=AccountPage ssr=SsrMode::Async />
                <Route path=path!("/admin/account/second-factor") view=SecondFactorSettingsPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/account/recovery-codes") view=RecoveryCodesPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/users") view=UsersPage ssr=SsrMode::Async />
                <Route path=path!("/admin/users/:id") view=UserPage ssr=SsrMode::Async />
                <Route path=path!("/admin/withdrawals") view=WithdrawalsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/withdrawals/:id") view=WithdrawalPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/audit") view=AuditPage ssr=SsrMode::Async />
                <Route path=path!("/admin/events") view=EventsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/outbox") view=OutboxPage ssr=SsrMode::Async />
                <Route path=path!("/admin/settings") view=SettingsPage ssr=SsrMode::Async />
                <Route path=path!("/admin/settings/policies") view=PoliciesPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/settings/policies/:policy/:language") view=PolicyPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/settings/promotions") view=PromotionsPage
                    ssr=SsrMode::Async />
                <Route path=path!("/admin/settings/:group") view=SettingGroupPage
                    ssr=SsrMode::Async />
            </Routes>
        </Router>
    }
}
