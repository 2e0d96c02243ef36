//! A page that could not be shown because of a problem in the shop.

use leptos::prelude::*;

use super::layout::Layout;
use crate::headers::{self, CachePolicy};
use crate::language::{localized, texts};

/// Shown instead of a page whose data could not be read. Responds with 503.
#[component]
pub fn ErrorPage() -> impl IntoView {
    headers::status(http::StatusCode::SERVICE_UNAVAILABLE);
    headers::cache_control(CachePolicy::NoStore);
    let texts = texts();
    view! {
        <Layout title=texts.error_title() narrow=true>
            <h1>{texts.error_heading()}</h1>
            <p class="lead">
                {texts.error_explanation()}
            </p>
            <p class="actions">
                <a class="btn btn-primary" href=localized("/")>{texts.back_to_shop()}</a>
            </p>
        </Layout>
    }
}
