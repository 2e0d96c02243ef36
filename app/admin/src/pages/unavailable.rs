//! What a page shows if the database does not answer.

use std::error::Error;

use http::StatusCode;
use leptos::prelude::*;
use ui::headers;
use ui::language::texts;

use crate::layout::Layout;
use ui::rendered::Rendered;

/// Says so, and logs the error.
pub(crate) fn unavailable(error: &(dyn Error + 'static)) -> AnyView {
    tracing::error!(
        error = shop::error_chain::with_causes(error),
        "the database failed while a page of the admin was read"
    );
    headers::status(StatusCode::SERVICE_UNAVAILABLE);
    let texts = texts();
    view! {
        <Layout title=texts.admin_not_done()>
            <p class="alert alert-danger" role="alert">{texts.admin_unavailable()}</p>
        </Layout>
    }
    .rendered()
}
