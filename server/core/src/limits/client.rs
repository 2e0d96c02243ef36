//! What counts as one client.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// One client: an IPv4 address or an IPv6 /64, because whoever has one address of a /64 has all.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Client {
    key: String,
    network: Option<String>,
}

impl Client {
    /// Returns the client at an address. An IPv4-mapped IPv6 address is the IPv4 client.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::v4(address),
            IpAddr::V6(address) => Self::v6(address),
        }
    }

    fn v4(address: Ipv4Addr) -> Self {
        Self {
            key: address.to_string(),
            network: None,
        }
    }

    fn v6(address: Ipv6Addr) -> Self {
        let [a, b, c, d, ..] = address.segments();
        Self {
            key: format!("{}/64", Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0)),
            network: Some(format!("{}/48", Ipv6Addr::new(a, b, c, 0, 0, 0, 0, 0))),
        }
    }

    /// The key under which it is counted, at most 43 characters.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The enclosing IPv6 /48, which is counted as well, with [`super::NETWORK_FACTOR`] times the
    /// limit.
    #[must_use]
    pub fn network(&self) -> Option<&str> {
        self.network.as_deref()
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn at(address: &str) -> Client {
        Client::at(address.parse().unwrap())
    }

    #[test]
    fn every_ipv4_address_is_its_own_client() {
        assert_eq!(at("192.0.2.7").key(), "192.0.2.7");
        assert_eq!(at("192.0.2.7").network(), None);
        assert_eq!(at("192.0.2.7"), at("::ffff:192.0.2.7"));
        assert_ne!(at("192.0.2.7"), at("192.0.2.8"));
    }

    #[test]
    fn an_ipv6_client_is_a_network_of_64_bits_within_one_of_48() {
        let client = at("2001:db8:1:2:3:4:5:6");
        assert_eq!(client, at("2001:db8:1:2:ffff::1"));
        assert_ne!(client, at("2001:db8:1:3::1"));
        assert_eq!(client.key(), "2001:db8:1:2::/64");
        assert_eq!(client.network(), Some("2001:db8:1::/48"));
        assert_eq!(client.network(), at("2001:db8:1:3::1").network());
        let longest = at("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
        assert!(longest.key().len() <= 43);
    }
}
