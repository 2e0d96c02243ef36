//! Identifies the client of a request, also behind proxies.

use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::extract::{ConnectInfo, Request};
use http::{HeaderMap, header};
use ipnet::IpNet;
use shop::limits::LogInterval;
use till_core::limits::Client;

/// Each proxy appends the address that it forwards for.
const FORWARDED_FOR: &str = "x-forwarded-for";
/// How often an untrusted peer that sends the header is logged, and for how long `/readyz` warns of
/// it.
const WARNING_INTERVAL: Duration = Duration::from_secs(3_600);

/// The address of the client, also behind trusted proxies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

/// Tells clients apart; cheap to clone.
#[derive(Clone, Debug)]
pub struct Clients(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    trusted: Vec<IpNet>,
    embedded_sandbox: bool,
    untrusted: Mutex<Option<Instant>>,
    untrusted_log: LogInterval,
    missing_header_log: LogInterval,
}

impl Clients {
    /// Trusts these proxies. With the embedded sandbox, clients on this machine are not limited.
    #[must_use]
    pub fn new(trusted: Vec<IpNet>, embedded_sandbox: bool) -> Self {
        Self(Arc::new(Inner {
            trusted,
            embedded_sandbox,
            untrusted: Mutex::default(),
            untrusted_log: LogInterval::new(WARNING_INTERVAL),
            missing_header_log: LogInterval::new(WARNING_INTERVAL),
        }))
    }

    /// Adds the [`ClientAddress`] and, unless it is not limited, the [`Client`] to the request's
    /// extensions.
    pub fn identify(&self, request: &mut Request) {
        let Some(ConnectInfo(peer)) = request.extensions().get::<ConnectInfo<SocketAddr>>() else {
            return;
        };
        let peer = peer.ip();
        let client = self.of(peer, request.headers());
        let address = address(peer.to_canonical(), request.headers(), &self.0.trusted);
        let extensions = request.extensions_mut();
        extensions.insert(ClientAddress(address));
        if let Some(client) = client {
            extensions.insert(client);
        }
    }

    /// The client that has sent a request. `None`: not limited.
    fn of(&self, peer: IpAddr, headers: &HeaderMap) -> Option<Client> {
        let peer = peer.to_canonical();
        let forwarded = headers.contains_key(FORWARDED_FOR);
        if self.0.embedded_sandbox && peer.is_loopback() && !forwarded {
            return None;
        }
        let trusted = is_trusted(&self.0.trusted, peer);
        if forwarded && !trusted {
            self.record_untrusted(peer);
        }
        // Only browsers send a referrer; health checks and Stripe's CLI do not.
        if trusted && !forwarded && headers.contains_key(header::REFERER) {
            self.warn_of_missing_header(peer);
        }
        Some(Client::at(address(peer, headers, &self.0.trusted)))
    }

    fn record_untrusted(&self, peer: IpAddr) {
        *self.untrusted() = Some(Instant::now());
        if self.0.untrusted_log.is_due() {
            tracing::warn!("{}", untrusted_message(peer));
        }
    }

    fn warn_of_missing_header(&self, peer: IpAddr) {
        if self.0.missing_header_log.is_due() {
            tracing::warn!(
                "{peer} is in TRUSTED_PROXIES, but sends no X-Forwarded-For: all its requests \
                 count as one client. If it is your proxy, configure it to send the header"
            );
        }
    }

    /// A warning for the owner if an untrusted peer, perhaps a proxy, has sent the header.
    #[must_use]
    pub fn warning(&self) -> Option<String> {
        let seen = *self.untrusted();
        // `/readyz` is public, and anyone can send the header: only the log has the address.
        seen.filter(|seen| seen.elapsed() < WARNING_INTERVAL)
            .map(|_| {
                "X-Forwarded-For comes from a peer that is not in TRUSTED_PROXIES: if it is your \
             proxy, all shoppers behind it count as one client; its address is in the log"
                    .to_owned()
            })
    }

    fn untrusted(&self) -> std::sync::MutexGuard<'_, Option<Instant>> {
        self.0
            .untrusted
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

fn untrusted_message(peer: IpAddr) -> String {
    format!(
        "{peer} sends X-Forwarded-For, but is not in TRUSTED_PROXIES: all its requests count as \
         one client. If it is your proxy, add it"
    )
}

/// Whether an address belongs to a trusted proxy.
pub(super) fn is_trusted(trusted: &[IpNet], address: IpAddr) -> bool {
    let address = address.to_canonical();
    trusted.iter().any(|network| network.contains(&address))
}

/// The right-most address that is not a trusted proxy's: anything to its left can be forged.
fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let mut nearest = peer;
    if !is_trusted(trusted, peer) {
        return nearest;
    }
    let values: Vec<_> = headers.get_all(FORWARDED_FOR).iter().collect();
    for value in values.into_iter().rev() {
        // As bytes, so that invalid text on the left does not affect the right.
        for item in value.as_bytes().rsplit(|byte| *byte == b',') {
            let item = std::str::from_utf8(item).ok().and_then(parse);
            let Some(address) = item else {
                return nearest;
            };
            nearest = address;
            if !is_trusted(trusted, address) {
                return nearest;
            }
        }
    }
    nearest
}

/// Parses an address, with or without port and brackets.
fn parse(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let address = text
        .parse()
        .ok()
        .or_else(|| Some(text.parse::<SocketAddr>().ok()?.ip()))
        .or_else(|| {
            let inside = text.strip_prefix('[')?.strip_suffix(']')?;
            inside.parse().ok()
        });
    address.map(|address: IpAddr| address.to_canonical())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn trusted() -> Vec<IpNet> {
        ["127.0.0.0/8", "::1/128", "10.0.0.0/8"]
            .map(|network| network.parse().unwrap())
            .to_vec()
    }

    fn headers(values: &[&str]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(
                FORWARDED_FOR,
                HeaderValue::from_bytes(value.as_bytes()).unwrap(),
            );
        }
        headers
    }

    fn seen(peer: &str, values: &[&str]) -> String {
        address(peer.parse().unwrap(), &headers(values), &trusted()).to_string()
    }

    #[test]
    fn an_untrusted_peer_is_the_client_whatever_it_says() {
        assert_eq!(seen("192.0.2.1", &[]), "192.0.2.1");
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"]), "192.0.2.1");
    }

    #[test]
    fn behind_trusted_proxies_the_right_most_other_address_is_the_client() {
        assert_eq!(seen("127.0.0.1", &[]), "127.0.0.1");
        assert_eq!(seen("127.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            seen("10.1.1.1", &["203.0.113.9, 198.51.100.7 ,10.0.0.2"]),
            "198.51.100.7"
        );
        // Several headers are one list.
        assert_eq!(
            seen(
                "::1",
                &["203.0.113.9", "198.51.100.7", "10.0.0.2, 127.0.0.1"]
            ),
            "198.51.100.7"
        );
        // All of them trusted: the one furthest away.
        assert_eq!(seen("127.0.0.1", &["10.0.0.3, 10.0.0.2"]), "10.0.0.3");
    }

    #[test]
    fn ports_brackets_and_mapped_addresses_are_read() {
        assert_eq!(seen("127.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(seen("127.0.0.1", &["[2001:db8::7]"]), "2001:db8::7");
        assert_eq!(seen("127.0.0.1", &["::ffff:198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            seen("127.0.0.1", &["198.51.100.7, ::ffff:10.0.0.1"]),
            "198.51.100.7"
        );
    }

    #[test]
    fn an_invalid_entry_ends_what_is_trusted() {
        for garbage in ["unknown", "", ",", "198.51.100.7,", "_hidden", "1.2.3", "ä"] {
            assert_eq!(seen("127.0.0.1", &[garbage]), "127.0.0.1", "{garbage}");
        }
        assert_eq!(seen("127.0.0.1", &["\u{e4}, 198.51.100.7"]), "198.51.100.7");
        assert_eq!(seen("127.0.0.1", &["nonsense, 10.0.0.2"]), "10.0.0.2");
    }

    #[test]
    fn beside_the_sandbox_clients_on_this_machine_are_not_limited() {
        let local: IpAddr = "127.0.0.1".parse().unwrap();
        let beside = Clients::new(trusted(), true);
        assert_eq!(beside.of(local, &headers(&[])), None);
        let shopper = beside.of(local, &headers(&["198.51.100.7"])).unwrap();
        assert_eq!(shopper.key(), "198.51.100.7");
        let alone = Clients::new(trusted(), false);
        assert_eq!(alone.of(local, &headers(&[])).unwrap().key(), "127.0.0.1");
    }

    #[test]
    fn an_untrusted_peer_that_sends_the_header_is_a_warning() {
        let clients = Clients::new(trusted(), false);
        let peer: IpAddr = "172.17.0.1".parse().unwrap();
        clients.of(peer, &headers(&[]));
        clients.of("127.0.0.1".parse().unwrap(), &headers(&["198.51.100.7"]));
        assert_eq!(clients.warning(), None);
        clients.of(peer, &headers(&["198.51.100.7"]));
        let warning = clients.warning().unwrap();
        assert!(warning.starts_with("X-Forwarded-For comes from a peer"));
        assert!(warning.contains("TRUSTED_PROXIES"));
        assert!(!warning.contains("172.17.0.1"), "{warning}");
    }
}
