//! A form that could not be handled right now, kept so that it can be sent again.

use std::borrow::Cow;
use std::sync::Arc;

use http::StatusCode;
use leptos::prelude::*;
use leptos_meta::provide_meta_context;
use locale::Texts;
use ui::language::texts;

use crate::access::Denied;
use crate::layout::NarrowLayout;
use crate::paths::is_page_of_admin;
use ui::rendered::Rendered;

/// The fields that are not kept: what is secret is typed again.
const SECRET_FIELDS: [&str; 4] = ["password", "new_password", "repeated_password", "code"];

/// A form that could not be handled. Provided as context by the code that renders its page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldForm {
    /// The path of the server function that it was sent to.
    pub action: String,
    /// Names and values of its fields; empty if it cannot be sent again.
    pub fields: Vec<(String, String)>,
    /// Why it was not handled.
    pub reason: Reason,
}

/// Why a form was not handled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// The user has to sign in, or to prove the second factor, first.
    Denied(Denied),
    /// The user's role does not include it.
    Forbidden,
    /// The database does not answer.
    Unavailable,
    /// It was sent from another website.
    OtherWebsite,
    /// It is too large.
    TooLarge,
}

impl Reason {
    /// The response's status.
    #[must_use]
    pub fn status(self) -> StatusCode {
        match self {
            Self::Denied(Denied::SignedOut) => StatusCode::UNAUTHORIZED,
            Self::Denied(_) | Self::Forbidden | Self::OtherWebsite => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        }
    }

    fn text(self, texts: Texts) -> Cow<'static, str> {
        match self {
            Self::Denied(Denied::SignedOut) => texts.admin_signed_out_meanwhile(),
            Self::Denied(Denied::Forbidden(_)) | Self::Forbidden => texts.admin_form_forbidden(),
            Self::Denied(_) => texts.admin_prove_again(),
            Self::Unavailable => texts.admin_unavailable(),
            Self::OtherWebsite => texts.admin_other_website(),
            Self::TooLarge => texts.admin_too_large(),
        }
    }
}

/// Says why, and has the form again, its fields hidden.
#[component]
pub(crate) fn HeldPage(form: Arc<HeldForm>) -> impl IntoView {
    provide_meta_context();
    let texts = texts();
    let from = form.fields.iter().find(|(name, _)| name == "from");
    let from = from
        .map(|(_, from)| from.clone())
        .filter(|from| is_page_of_admin(from));
    let back = from.unwrap_or_else(|| crate::ROOT.to_owned());
    let remedy = match form.reason {
        Reason::Denied(denied) => denied.remedy(&back),
        _ => None,
    };
    let label = match form.reason {
        Reason::Denied(Denied::SignedOut) => texts.admin_sign_in(),
        _ => texts.admin_prove_again_link(),
    };
    let remedy = remedy.map(|remedy| {
        view! { <p><a href=remedy target="_blank">{label}</a></p> }
    });
    let kept = form
        .fields
        .iter()
        .filter(|(name, _)| !SECRET_FIELDS.contains(&name.as_str()));
    let kept: Vec<_> = kept
        .map(
            |(name, value)| view! { <input type="hidden" name=name.clone() value=value.clone() /> },
        )
        .collect();
    let can_be_sent = kept.len() == form.fields.len() && !kept.is_empty();
    let again = can_be_sent.then(|| {
        view! {
            <form method="post" action=form.action.clone()>
                {kept}
                <button type="submit" class="btn btn-primary">{texts.admin_send_again()}</button>
            </form>
        }
    });
    view! {
        <NarrowLayout title=texts.admin_not_done()>
            <p class="alert alert-danger" role="alert">{form.reason.text(texts)}</p>
            {remedy}
            {again}
            <p><a href=back>{texts.admin_back()}</a></p>
        </NarrowLayout>
    }
    .rendered()
}
