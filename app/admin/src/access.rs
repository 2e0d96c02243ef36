//! Who is signed in, and what they may do.

use http::request::Parts;
use leptos::prelude::*;
use shop::admin::{Permission, SignedIn, Visit};
use shop::audit::Actor;
use till_core::admin::Right;
use url::form_urlencoded;

/// The user who makes the request, and may do what was asked for.
#[derive(Clone, Debug)]
pub struct Admin {
    /// The user and the session.
    pub signed_in: SignedIn,
    /// The same for the audit log.
    pub actor: Actor,
}

/// Why a request is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// Nobody is signed in, or the session has ended.
    SignedOut,
    /// The password was right, and the second factor is still to come.
    SecondFactorMissing,
    /// The second factor must be proved again, because the last time is too long ago.
    ProofTooOld,
    /// The user's role does not include the right.
    Forbidden(Right),
}

/// The user who makes the request, if the user has the right. Every page and server function calls
/// it first.
///
/// # Errors
/// [`Denied`], if nothing may be shown or done.
pub fn require(right: Right) -> Result<Admin, Denied> {
    let admin = signed_in().ok_or(Denied::SignedOut)?;
    match admin.signed_in.may_now(right) {
        Permission::Granted => Ok(admin),
        Permission::AwaitsSecondFactor => Err(Denied::SecondFactorMissing),
        Permission::NeedsProof => Err(Denied::ProofTooOld),
        Permission::Denied => Err(Denied::Forbidden(right)),
    }
}

/// The user of the request's session, whatever the user may do.
pub(crate) fn signed_in() -> Option<Admin> {
    let parts = use_context::<Parts>()?;
    let signed_in = parts.extensions.get::<SignedIn>()?.clone();
    let actor = signed_in.actor(parts.extensions.get::<Visit>()?);
    Some(Admin { signed_in, actor })
}

impl Denied {
    /// Where the user can do something about it, and comes back from; `None` if nowhere.
    #[must_use]
    pub fn remedy(self, here: &str) -> Option<String> {
        let page = match self {
            Self::SignedOut => "/admin/sign-in",
            Self::SecondFactorMissing | Self::ProofTooOld => "/admin/second-factor",
            Self::Forbidden(_) => return None,
        };
        let next: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
        Some(format!("{page}?next={next}"))
    }
}

/// The path and query of the page that is rendered.
pub(crate) fn here() -> String {
    let parts = use_context::<Parts>();
    let here = parts.as_ref().and_then(|parts| parts.uri.path_and_query());
    here.map_or(crate::ROOT, |here| here.as_str()).to_owned()
}
