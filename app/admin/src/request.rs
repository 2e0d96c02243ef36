//! What server functions know of their request.

use http::request::Parts;
use leptos::prelude::*;
use shop::Shop;
use shop::admin::{SessionToken, Visit};
use ui::language::texts;

use crate::decision::{Decision, Problem};

/// The shop.
pub(crate) fn shop() -> Result<Shop, Decision> {
    use_context::<Shop>().ok_or(Decision::Unavailable)
}

/// From where the request comes.
pub(crate) fn visit() -> Result<Visit, Decision> {
    let parts = use_context::<Parts>();
    let visit = parts.and_then(|parts| parts.extensions.get::<Visit>().cloned());
    visit.ok_or(Decision::Unavailable)
}

/// The token of the browser's session.
pub(crate) fn session_token() -> Option<SessionToken> {
    let parts = use_context::<Parts>()?;
    parts.extensions.get::<SessionToken>().cloned()
}

/// Show the form again, because there were too many attempts.
pub(crate) fn limited(retry_after: u32) -> Decision {
    const MINUTE: u32 = 60;
    const HOUR: u32 = 60 * MINUTE;
    let (seconds, texts) = (retry_after, texts());
    let text = if seconds > 2 * HOUR {
        texts.admin_limited_hours(u64::from(seconds.div_ceil(HOUR)))
    } else if seconds > 2 * MINUTE {
        texts.admin_limited_minutes(u64::from(seconds.div_ceil(MINUTE)))
    } else {
        texts.admin_sign_in_limited(u64::from(seconds))
    };
    Decision::Again {
        problems: vec![Problem {
            field: None,
            text: text.into(),
        }],
        retry_after: Some(retry_after),
    }
}
