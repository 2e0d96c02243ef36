//! Security headers of every response, unless it has set its own.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use shop::Shop;

/// A year, in seconds.
const STRICT_TRANSPORT_SECURITY: &str = "max-age=31536000";

/// The headers of every response, unless it has set its own.
const FIXED: [(&str, &str); 7] = [
    (
        "content-security-policy",
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    ),
    ("cross-origin-opener-policy", "same-origin"),
    // Pictures may be shown elsewhere, and say so themselves.
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", PERMISSIONS_POLICY),
    // The CSRF check needs the origin, and a refused form needs the path to return to.
    ("referrer-policy", "strict-origin-when-cross-origin"),
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
];
/// What pages cannot do, not even with a script that is not the shop's: every feature that
/// Chromium lets a page turn off and that a shop has no use for.
const PERMISSIONS_POLICY: &str = "accelerometer=(), autoplay=(), camera=(), \
                                  display-capture=(), encrypted-media=(), fullscreen=(), \
                                  gamepad=(), geolocation=(), gyroscope=(), hid=(), \
                                  idle-detection=(), local-fonts=(), magnetometer=(), \
                                  microphone=(), midi=(), otp-credentials=(), payment=(), \
                                  picture-in-picture=(), publickey-credentials-create=(), \
                                  publickey-credentials-get=(), screen-wake-lock=(), serial=(), \
                                  storage-access=(), usb=(), \
                                  window-management=(), xr-spatial-tracking=()";

/// The headers of a shop's responses.
#[derive(Clone, Copy, Debug)]
pub struct SecurityHeaders {
    /// Whether shoppers reach the shop by https.
    https: bool,
    /// Whether search engines must not show anything, because the shop has no live key.
    noindex: bool,
}

impl SecurityHeaders {
    /// The headers of this shop.
    #[must_use]
    pub fn of(shop: &Shop) -> Self {
        Self {
            https: shop.settings.public_url.starts_with("https://"),
            noindex: !shop.settings.livemode,
        }
    }

    /// Adds the headers. Pages set their own Content-Security-Policy; nothing else may load
    /// anything.
    pub fn add_to(self, headers: &mut HeaderMap) {
        for (name, value) in FIXED {
            let name = HeaderName::from_static(name);
            headers
                .entry(name)
                .or_insert(HeaderValue::from_static(value));
        }
        if self.https {
            headers
                .entry(header::STRICT_TRANSPORT_SECURITY)
                .or_insert(HeaderValue::from_static(STRICT_TRANSPORT_SECURITY));
        }
        if self.noindex {
            let name = HeaderName::from_static("x-robots-tag");
            headers.insert(name, HeaderValue::from_static("noindex"));
        }
    }
}
