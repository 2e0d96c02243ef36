//! The limits of connections and requests, and how clients are told apart.

use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;
use shop::settings::{FromVariables, InvalidSetting, Setting, Variables, invalid, list, or_off};

/// This machine.
const DEFAULT_PROXIES: &str = "127.0.0.0/8,::1";

shop::settings! {
    /// The limits of connections and requests.
    #[derive(Clone, Debug)]
    pub struct Serving {
        /// The proxies whose `X-Forwarded-For` is trusted.
        pub trusted_proxies: Vec<IpNet> =
            Setting::new("TRUSTED_PROXIES", DEFAULT_PROXIES, trusted_proxies)
                .example("127.0.0.0/8,::1,10.0.0.0/8"),
        /// From where the admin can be used.
        pub admin_networks: AdminNetworks = Setting::new("ADMIN_NETWORKS", "", admin_networks)
            .default_in_words("all")
            .example("192.0.2.7,2001:db8:1::/48"),
        /// How many connections may be open at the same time.
        pub max_connections: usize = Setting::new("MAX_CONNECTIONS", "10000", max_connections),
        /// The same for one client that is not a trusted proxy. `None`: unlimited.
        pub max_connections_per_client: Option<usize> = Setting::new(
            "MAX_CONNECTIONS_PER_CLIENT",
            "200",
            or_off(from_one, "a whole number from 1"),
        ),
        /// How much memory rendered pages may take, in MiB; 0: each request renders its page.
        pub page_cache_mb: u32 = Setting::new("PAGE_CACHE_MB", "32", megabytes),
        /// The timeouts of connections.
        pub timeouts: Timeouts,
    }
}

/// The networks from which the admin can be used; none of them: from everywhere.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdminNetworks(Vec<IpNet>);

impl AdminNetworks {
    /// Whether the admin can be used from this address, which is the client's, behind all proxies.
    #[must_use]
    pub fn allows(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.is_empty() || self.0.iter().any(|network| network.contains(&address))
    }
}

impl Serving {
    /// How much memory rendered pages may take, in bytes.
    #[must_use]
    pub fn page_cache_bytes(&self) -> u64 {
        u64::from(self.page_cache_mb) * 1024 * 1024
    }
}

/// The timeouts of connections. Only tests change the defaults.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a request's head to arrive; also how long an idle connection is kept.
    pub head: Duration,
    /// From the head until the request has arrived and its response begins.
    pub request: Duration,
    /// For each part of the response to become ready and be read by the client.
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            request: Duration::from_secs(30),
            stall: Duration::from_secs(30),
        }
    }
}

impl FromVariables for Timeouts {
    fn read(_: &dyn Variables) -> Result<Self, InvalidSetting> {
        Ok(Self::default())
    }
}

fn max_connections(name: &str, typed: &str) -> Result<usize, InvalidSetting> {
    from_one(typed).ok_or_else(|| {
        invalid(format!(
            "{name} must be a whole number from 1, not \"{typed}\"."
        ))
    })
}

fn megabytes(name: &str, typed: &str) -> Result<u32, InvalidSetting> {
    typed
        .parse()
        .map_err(|_| invalid(format!("{name} must be a whole number, not \"{typed}\".")))
}

/// Parses a number from 1 that a semaphore can count.
fn from_one(typed: &str) -> Option<usize> {
    let number: u32 = typed.parse().ok()?;
    usize::try_from(number).ok().filter(|number| *number > 0)
}

/// Parses addresses and networks.
fn admin_networks(name: &str, typed: &str) -> Result<AdminNetworks, InvalidSetting> {
    let parse = |item: &str| {
        network(item).ok_or_else(|| {
            invalid(format!(
                "{name} must be addresses and networks such as 192.0.2.7,2001:db8:1::/48; \
                 \"{item}\" is neither."
            ))
        })
    };
    let networks = list(typed).into_iter().map(parse);
    Ok(AdminNetworks(networks.collect::<Result<_, _>>()?))
}

/// Parses addresses and networks, or `none`.
fn trusted_proxies(name: &str, typed: &str) -> Result<Vec<IpNet>, InvalidSetting> {
    let parse = |item: &str| {
        network(item).ok_or_else(|| {
            invalid(format!(
                "{name} must be addresses and networks such as 127.0.0.1,10.0.0.0/8, or none; \
                 \"{item}\" is neither."
            ))
        })
    };
    let items = match typed {
        "none" => Vec::new(),
        typed if list(typed).is_empty() => list(DEFAULT_PROXIES),
        typed => list(typed),
    };
    items.into_iter().map(parse).collect()
}

/// Parses a network, or an address as a network of one. IPv4-mapped IPv6 becomes IPv4.
fn network(text: &str) -> Option<IpNet> {
    if let Ok(address) = text.parse::<std::net::IpAddr>() {
        return Some(address.to_canonical().into());
    }
    let network: IpNet = text.parse().ok()?;
    let mapped = network.addr().to_canonical();
    if mapped.is_ipv4() && network.addr().is_ipv6() {
        return IpNet::new(mapped, network.prefix_len().checked_sub(96)?).ok();
    }
    Some(network)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use crate::config::tests::{read, refusal};

    #[test]
    fn proxies_are_addresses_and_networks() {
        let proxies = |typed| {
            read(&[("TRUSTED_PROXIES", typed)])
                .map(|config| config.serving.trusted_proxies)
                .map(|proxies| proxies.iter().map(ToString::to_string).collect::<Vec<_>>())
        };
        assert_eq!(proxies("").unwrap(), ["127.0.0.0/8", "::1/128"]);
        assert_eq!(proxies("none").unwrap(), [""; 0]);
        assert_eq!(
            proxies("10.0.0.1, 172.16.0.0/12,,fd00::/8,::ffff:192.0.2.1,::ffff:192.0.2.0/120")
                .unwrap(),
            [
                "10.0.0.1/32",
                "172.16.0.0/12",
                "fd00::/8",
                "192.0.2.1/32",
                "192.0.2.0/24"
            ]
        );
        for bad in [
            "proxy.example",
            "10.0.0.0/33",
            "10.0.0.1:80",
            "none,10.0.0.1",
        ] {
            let said = refusal(&[("TRUSTED_PROXIES", bad)]);
            assert!(said.starts_with("TRUSTED_PROXIES must be"), "{said}");
        }
    }

    #[test]
    fn the_admin_can_be_restricted_to_networks() {
        let networks = |typed| {
            read(&[("ADMIN_NETWORKS", typed)])
                .unwrap()
                .serving
                .admin_networks
        };
        let address = |text: &str| text.parse().unwrap();
        for everywhere in ["", ",", " "] {
            assert!(networks(everywhere).allows(address("198.51.100.1")));
        }
        let some = networks("192.0.2.7, 2001:db8:1::/48,::ffff:198.51.100.0/120");
        for inside in [
            "192.0.2.7",
            "::ffff:192.0.2.7",
            "2001:db8:1:2::3",
            "198.51.100.9",
        ] {
            assert!(some.allows(address(inside)), "{inside}");
        }
        for outside in ["192.0.2.8", "2001:db8:2::1", "127.0.0.1", "::1"] {
            assert!(!some.allows(address(outside)), "{outside}");
        }
        for bad in ["all", "none", "192.0.2.0/33", "office.example"] {
            let said = refusal(&[("ADMIN_NETWORKS", bad)]);
            assert!(
                said.starts_with("ADMIN_NETWORKS must be addresses"),
                "{said}"
            );
        }
    }

    #[test]
    fn connections_are_bounded() {
        let serving = read(&[]).unwrap().serving;
        assert_eq!(serving.max_connections, 10_000);
        assert_eq!(serving.max_connections_per_client, Some(200));
        let serving = read(&[
            ("MAX_CONNECTIONS", "500"),
            ("MAX_CONNECTIONS_PER_CLIENT", "off"),
        ])
        .unwrap()
        .serving;
        assert_eq!(serving.max_connections, 500);
        assert_eq!(serving.max_connections_per_client, None);
        for typed in ["0", "off", "-1", "9999999999"] {
            let said = refusal(&[("MAX_CONNECTIONS", typed)]);
            let sentence =
                format!("MAX_CONNECTIONS must be a whole number from 1, not \"{typed}\".");
            assert_eq!(said, sentence);
        }
        assert_eq!(
            refusal(&[("MAX_CONNECTIONS_PER_CLIENT", "-1")]),
            "MAX_CONNECTIONS_PER_CLIENT must be a whole number from 1, or off, not \"-1\"."
        );
    }
}
