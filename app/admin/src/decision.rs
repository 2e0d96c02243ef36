//! What follows a form.
//!
//! A server function cannot answer a plain form with a page: Leptos turns its response into a
//! redirect to the Referer and puts errors into that address. So each one leaves a [`Decision`] in
//! the request's [`DecisionSlot`], and the server makes the response of it.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use http::request::Parts;
use leptos::prelude::*;
use leptos::server_fn::codec::JsonEncoding;
use leptos::server_fn::error::{FromServerFnError, ServerFnErrorErr};
use locale::{Language, Texts};
use sea_orm::DbErr;
use serde::{Deserialize, Serialize};
use shop::admin::AdminError;

use crate::access::Denied;
use crate::codes::RecoveryCodes;
use crate::notice::Notice;

/// What follows a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// It is done: continue at this path of the admin.
    Continue {
        /// The path, with its query.
        to: String,
        /// Cookies to set, as values of `Set-Cookie`.
        cookies: Vec<String>,
    },
    /// Show recovery codes, which no other page shows.
    ShowCodes {
        /// The codes.
        codes: RecoveryCodes,
        /// Cookies to set, as values of `Set-Cookie`.
        cookies: Vec<String>,
    },
    /// Show the form's page again, with what is wrong and what was typed.
    Again {
        /// What is wrong; at least one.
        problems: Vec<Problem>,
        /// How long to wait before the next try, in seconds.
        retry_after: Option<u32>,
    },
    /// Show the form's page again, which asks whether that is meant: with these fields beside what
    /// was typed. Nothing is done yet.
    Ask {
        /// Names and values of the further fields.
        fields: Vec<(String, String)>,
    },
    /// Nothing may be done.
    Denied(Denied),
    /// The database does not answer. Nothing has changed.
    Unavailable,
}

/// Something wrong with a form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The name of the field that it is about; `None`: of the whole form.
    pub field: Option<String>,
    /// A sentence in the language of the page.
    pub text: Cow<'static, str>,
}

impl Decision {
    /// Continue at this path, which says what was done.
    pub(crate) fn done(path: &str, notice: Notice) -> Self {
        let joined = if path.contains('?') { '&' } else { '?' };
        Self::go(format!("{path}{joined}done={notice}"))
    }

    /// Continue at this path.
    pub(crate) fn go(to: impl Into<String>) -> Self {
        Self::Continue {
            to: to.into(),
            cookies: Vec::new(),
        }
    }

    /// The same with cookies, if it continues at a path.
    pub(crate) fn with_cookies(self, with: Vec<String>) -> Self {
        match self {
            Self::Continue { to, .. } => Self::Continue { to, cookies: with },
            other => other,
        }
    }

    /// Show the form again with a sentence about all of it.
    pub(crate) fn again(text: impl Into<Cow<'static, str>>) -> Self {
        Self::Again {
            problems: vec![Problem {
                field: None,
                text: text.into(),
            }],
            retry_after: None,
        }
    }

    /// Show the form again with the sentence that somebody else has changed what this hidden field
    /// says was shown. The field has what is stored now.
    pub(crate) fn changed(guard: impl Into<String>, text: impl Into<Cow<'static, str>>) -> Self {
        let told = Problem {
            field: Some(guard.into()),
            text: Cow::default(),
        };
        let whole = Problem {
            field: None,
            text: text.into(),
        };
        Self::Again {
            problems: vec![whole, told],
            retry_after: None,
        }
    }

    /// Show the form again with a sentence about a field.
    pub(crate) fn wrong_field(
        field: impl Into<String>,
        text: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::Again {
            problems: vec![Problem {
                field: Some(field.into()),
                text: text.into(),
            }],
            retry_after: None,
        }
    }
}

impl From<Denied> for Decision {
    fn from(denied: Denied) -> Self {
        Self::Denied(denied)
    }
}

/// The error is logged, and the person reads that nothing has changed.
impl From<DbErr> for Decision {
    fn from(error: DbErr) -> Self {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "the database failed while a form of the admin was handled"
        );
        Self::Unavailable
    }
}

/// The error is logged, and the person reads that nothing has changed.
impl From<AdminError> for Decision {
    fn from(error: AdminError) -> Self {
        tracing::error!(
            error = shop::error_chain::with_causes(&error),
            "a form of the admin could not be handled"
        );
        Self::Unavailable
    }
}

/// Where a server function leaves its decision. The HTTP handler adds it to the request's
/// extensions.
#[derive(Clone, Debug, Default)]
pub struct DecisionSlot(Arc<OnceLock<Decision>>);

impl DecisionSlot {
    /// Returns the decision; `None` if the server function did not finish.
    #[must_use]
    pub fn decision(&self) -> Option<Decision> {
        self.0.get().cloned()
    }
}

/// The form could not be parsed into the server function's arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnreadableForm;

impl FromServerFnError for UnreadableForm {
    type Encoder = JsonEncoding;

    /// Errors from Leptos itself are always caused by the form; their texts stay on the server.
    fn from_server_fn_error(_: ServerFnErrorErr) -> Self {
        Self
    }
}

/// Runs the body of a server function. Both results are decisions, so that `?` ends it early.
pub(crate) async fn decide(
    body: impl Future<Output = Result<Decision, Decision>>,
) -> Result<(), UnreadableForm> {
    let slot =
        use_context::<Parts>().and_then(|parts| parts.extensions.get::<DecisionSlot>().cloned());
    let (Ok(decision) | Err(decision)) = body.await;
    if let Some(slot) = slot {
        // Only one server function runs per request.
        let _ = slot.0.set(decision);
    }
    Ok(())
}

/// The sentence for a form that cannot be read.
#[must_use]
pub fn unreadable(language: Language) -> Problem {
    Problem {
        field: None,
        text: Texts::of(language).admin_form_unreadable(),
    }
}
