//! The page for addresses at which there is nothing.

use http::StatusCode;
use leptos::prelude::*;
use till_core::admin::Right;
use ui::headers;
use ui::language::texts;

use crate::guarded::page;
use crate::layout::Layout;

/// Says so to users; others sign in first, so that nobody else learns which pages there are.
#[component]
pub fn NotFoundPage() -> impl IntoView {
    page(Right::Account, |_| {
        headers::status(StatusCode::NOT_FOUND);
        let texts = texts();
        view! {
            <Layout title=texts.admin_not_found()>
                <p>{texts.admin_not_found_explanation()}</p>
                <p><a href=crate::ROOT>{texts.admin_to_today()}</a></p>
            </Layout>
        }
    })
}
