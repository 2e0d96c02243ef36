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
                "We can’t show this page right now. Please try again in a moment. If you have just paid, your payment is safe: there is no need to pay again."
            </p>
            <p class="actions"><a class="btn btn-primary" href="/">"Back to the shop"</a></p>
        </Layout>
    }
}
