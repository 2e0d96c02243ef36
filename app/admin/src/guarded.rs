//! Pages for users who have a right.

use http::StatusCode;
use leptos::prelude::*;
use till_core::admin::Right;
use ui::headers;

use crate::access::{Admin, Denied, here, require};
use crate::pages::forbidden::ForbiddenPage;

/// A page of the admin for users with this right; others are sent to where they can get it, or read
/// that they cannot.
pub(crate) fn page<V: IntoView + 'static>(
    right: Right,
    content: impl FnOnce(Admin) -> V,
) -> AnyView {
    match require(right) {
        Ok(admin) => content(admin).into_any(),
        Err(denied) => refusal(denied),
    }
}

/// Answers the request of a page: by a redirect, or by a page that says why not.
fn refusal(denied: Denied) -> AnyView {
    match denied.remedy(&here()) {
        Some(remedy) => {
            headers::redirect(&remedy);
            ().into_any()
        }
        None => {
            headers::status(StatusCode::FORBIDDEN);
            view! { <ForbiddenPage /> }.into_any()
        }
    }
}
