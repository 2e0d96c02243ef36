//! Where the shop is served.

use std::net::SocketAddr;
use std::path::PathBuf;

use shop::settings::{InvalidSetting, Setting, invalid};
use url::{Host, Url};

/// Only this machine can reach it.
const DEFAULT_ADDR: &str = "127.0.0.1:3000";

shop::settings! {
    /// Where the shop is served.
    #[derive(Clone, Debug)]
    pub struct SiteSettings {
        /// The address that the server listens on.
        pub addr: SocketAddr =
            Setting::new("LEPTOS_SITE_ADDR", DEFAULT_ADDR, address(DEFAULT_ADDR)),
        /// The folder of the demo's pictures, the style sheet and the WASM module, unless the
        /// program contains them.
        pub root: PathBuf =
            Setting::new("LEPTOS_SITE_ROOT", "target/site", |_, typed| Ok(typed.into())),
        /// The origin under which shoppers reach the shop. `None`: `addr`.
        pub public_url: Option<String> = Setting::optional("PUBLIC_URL", origin)
            .default_in_words("`http://` and the address that it listens on")
            .example("https://shop.example"),
    }
}

impl SiteSettings {
    /// The origin of a shop that listens on `addr`; the port is the real one even if 0 was
    /// configured.
    #[must_use]
    pub fn public_url(&self, addr: SocketAddr) -> String {
        let public_url = self.public_url.clone();
        public_url.unwrap_or_else(|| format!("http://{addr}"))
    }

    /// Whether others than this machine reach the shop.
    pub(super) fn is_public(&self) -> bool {
        let public_url = self.public_url.as_deref();
        !self.addr.ip().is_loopback() || public_url.is_some_and(|url| !is_loopback(url))
    }
}

/// Parses an address with a port. `example` is one.
pub(super) fn address(
    example: &'static str,
) -> impl Fn(&str, &str) -> Result<SocketAddr, InvalidSetting> + Copy {
    move |name, typed| {
        typed.parse().map_err(|_| {
            invalid(format!(
                "{name} must be an IP address and a port such as {example}, not \"{typed}\"."
            ))
        })
    }
}

/// Parses a URL that consists of scheme, host and port only.
pub(super) fn origin(name: &str, typed: &str) -> Result<String, InvalidSetting> {
    let bad = || {
        invalid(format!(
            "{name} must be an address such as https://shop.example, without a path, not \
             \"{typed}\"."
        ))
    };
    let url = Url::parse(typed).map_err(|_| bad())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(bad())
    }
}

/// Whether an origin is on this machine.
pub(super) fn is_loopback(origin: &str) -> bool {
    let url = Url::parse(origin);
    match url.as_ref().ok().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // Reserved for this machine (RFC 6761).
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use crate::config::tests::read;

    #[test]
    fn the_public_url_is_an_origin() {
        let public = |value| {
            let key = ("STRIPE_SECRET_KEY", "sk_test_x");
            let secret = ("STRIPE_WEBHOOK_SECRET", "whsec_a");
            read(&[key, secret, ("PUBLIC_URL", value)])
                .map(|config| config.site.public_url.unwrap())
        };
        assert_eq!(
            public("https://Shop.Example/").unwrap(),
            "https://shop.example"
        );
        assert_eq!(
            public("http://127.0.0.1:8080").unwrap(),
            "http://127.0.0.1:8080"
        );
        for bad in [
            "shop.example",
            "https://shop.example/till",
            "https://u:p@shop.example",
            "ftp://shop.example",
            "https://shop.example/?x=1",
        ] {
            assert!(public(bad).is_err(), "{bad}");
        }
    }
}
