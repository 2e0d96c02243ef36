//! Pages for URLs that lead nowhere.

use leptos::prelude::*;

use super::layout::Layout;
use crate::language::{localized, texts};

/// Shown for any unknown URL, including that of a cancelled checkout that does not exist.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    crate::headers::status(http::StatusCode::NOT_FOUND);
    let texts = texts();
    view! {
        <Layout title=texts.page_not_found() narrow=true>
            <h1>{texts.page_not_found()}</h1>
            <p class="lead">{texts.page_not_found_explanation()}</p>
            <p class="actions">
                <a class="btn btn-primary" href=localized("/")>{texts.see_all_products()}</a>
            </p>
        </Layout>
    }
}

/// Shown for a token that belongs to no order, whether well-formed or not.
#[component]
pub fn OrderNotFoundPage() -> impl IntoView {
    crate::headers::status(http::StatusCode::NOT_FOUND);
    let texts = texts();
    view! {
        <Layout title=texts.page_not_found() narrow=true>
            <h1>{texts.page_not_found()}</h1>
            <p class="lead">{texts.order_not_found_explanation()}</p>
            <p class="actions">
                <a class="btn btn-primary" href=localized("/orders/find")>{texts.find_order()}</a>
                <a class="btn btn-outline" href=localized("/")>{texts.see_all_products()}</a>
            </p>
        </Layout>
    }
}
