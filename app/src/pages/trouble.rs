//! The shop itself has a problem.

use leptos::prelude::*;

use super::layout::Layout;
use crate::headers::{self, Keep};

/// Said instead of a page whose data could not be read.
#[component]
pub fn TroublePage() -> impl IntoView {
    headers::status(http::StatusCode::SERVICE_UNAVAILABLE);
    headers::keep(Keep::Never);
    view! {
        <Layout title="The shop has a problem" narrow=true>
            <h1>"The shop has a problem"</h1>
            <p class="lead">
                "This page could not be put together just now. No payment has been started or changed by it. Please try again in a moment."
            </p>
            <p class="actions"><a class="btn btn-primary" href="/">"Back to the shop"</a></p>
        </Layout>
    }
}
