//! The cookies of a session.

use shop::Shop;
use shop::admin::{DEVICE_TTL, NewSession, SESSION_TTL, device_cookie, session_cookie};

/// The values of `Set-Cookie` for a new session.
pub(crate) fn of(shop: &Shop, session: &NewSession) -> Vec<String> {
    let secure = is_secure(shop);
    let token = session.token.as_str();
    let mut cookies = vec![cookie(
        session_cookie(secure),
        token,
        SESSION_TTL.as_secs(),
        secure,
    )];
    if let Some(device) = &session.device {
        let device = device.as_str();
        cookies.push(cookie(
            device_cookie(secure),
            device,
            DEVICE_TTL.as_secs(),
            secure,
        ));
    }
    cookies
}

/// The value of `Set-Cookie` that removes the session.
pub(crate) fn without_session(shop: &Shop) -> String {
    let secure = is_secure(shop);
    cookie(session_cookie(secure), "", 0, secure)
}

/// Whether shoppers reach the shop by https. Plain http is for loopback only, see `serve`.
fn is_secure(shop: &Shop) -> bool {
    shop.settings.public_url.starts_with("https://")
}

fn cookie(name: &str, value: &str, seconds: u64, secure: bool) -> String {
    let secure = if secure { "; Secure" } else { "" };
    format!("{name}={value}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}")
}
