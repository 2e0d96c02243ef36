//! The limits of one client and of all clients together, and how clients are told apart.

use ipnet::IpNet;
use till_core::limits::{LimitedAction, Limits, Rate};

use super::checkout::list;
use super::{ConfigError, Serving, invalid};

/// The value that turns a limit off.
const OFF: &str = "off";

/// `LIMIT_OPEN_CHECKOUTS`, `LIMIT_HELD_SHARE`, and the variable of every limited action.
pub(super) fn limits(text: &impl Fn(&str) -> Option<String>) -> Result<Limits, ConfigError> {
    let defaults = Limits::default();
    let mut rates = defaults.rates;
    for action in LimitedAction::ALL {
        let name = action.variable();
        match text(name).as_deref() {
            None => {}
            Some(OFF) => {
                rates.remove(&action);
            }
            Some(typed) => {
                let rate: Rate = typed.parse().map_err(|_| {
                    invalid(format!(
                        "{name} must be a number and a time such as 20/10m (s, m or h, a day at \
                         most), or off, not \"{typed}\"."
                    ))
                })?;
                rates.insert(action, rate);
            }
        }
    }
    Ok(Limits {
        rates,
        open_checkouts: number(
            text,
            "LIMIT_OPEN_CHECKOUTS",
            defaults.open_checkouts,
            |typed| typed.parse().ok().filter(|max| *max > 0),
            "a whole number from 1",
        )?,
        held_share: number(
            text,
            "LIMIT_HELD_SHARE",
            defaults.held_share,
            |typed| {
                let percent = typed.strip_suffix('%')?.parse().ok();
                percent.filter(|percent| (1..=100).contains(percent))
            },
            "a share from 1% to 100%",
        )?,
    })
}

/// `TRUSTED_PROXIES`, `MAX_CONNECTIONS` and `MAX_CONNECTIONS_PER_CLIENT`.
pub(super) fn serving(text: &impl Fn(&str) -> Option<String>) -> Result<Serving, ConfigError> {
    let defaults = Serving::default();
    let max_connections = match text("MAX_CONNECTIONS") {
        None => defaults.max_connections,
        Some(typed) => at_least_one(&typed).ok_or_else(|| {
            invalid(format!(
                "MAX_CONNECTIONS must be a whole number from 1, not \"{typed}\"."
            ))
        })?,
    };
    Ok(Serving {
        trusted_proxies: trusted_proxies(text, defaults.trusted_proxies)?,
        max_connections,
        max_connections_per_client: number(
            text,
            "MAX_CONNECTIONS_PER_CLIENT",
            defaults.max_connections_per_client,
            at_least_one,
            "a whole number from 1",
        )?,
        ..defaults
    })
}

/// Parses a number from 1 that a semaphore can count.
fn at_least_one(typed: &str) -> Option<usize> {
    let number: u32 = typed.parse().ok()?;
    usize::try_from(number).ok().filter(|number| *number > 0)
}

/// Parses addresses and networks, or `none`.
fn trusted_proxies(
    text: &impl Fn(&str) -> Option<String>,
    default: Vec<IpNet>,
) -> Result<Vec<IpNet>, ConfigError> {
    const NAME: &str = "TRUSTED_PROXIES";
    match text(NAME).as_deref() {
        None => return Ok(default),
        Some("none") => return Ok(Vec::new()),
        Some(_) => {}
    }
    let items = list(text, NAME);
    if items.is_empty() {
        return Ok(default);
    }
    items
        .iter()
        .map(|item| {
            network(item).ok_or_else(|| {
                invalid(format!(
                    "{NAME} must be addresses and networks such as 127.0.0.1,10.0.0.0/8, or none; \
                     \"{item}\" is neither."
                ))
            })
        })
        .collect()
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

/// Reads a number or `off`. Returns `None` for off.
fn number<T>(
    text: &impl Fn(&str) -> Option<String>,
    name: &str,
    default: Option<T>,
    parse: impl Fn(&str) -> Option<T>,
    allowed: &str,
) -> Result<Option<T>, ConfigError> {
    match text(name).as_deref() {
        None => Ok(default),
        Some(OFF) => Ok(None),
        Some(typed) => match parse(typed) {
            Some(number) => Ok(Some(number)),
            None => Err(invalid(format!(
                "{name} must be {allowed}, or off, not \"{typed}\"."
            ))),
        },
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::super::tests::{read, refusal};
    use super::*;

    #[test]
    fn limits_have_defaults_and_each_can_be_set_and_switched_off() {
        let config = read(&[]).unwrap();
        assert_eq!(config.limits, Limits::default());
        let rate = |text: &str| text.parse::<Rate>().unwrap();
        assert_eq!(
            config.limits.rates[&LimitedAction::Checkout],
            rate("20/10m")
        );
        assert_eq!(
            config.limits.rates[&LimitedAction::CheckoutInShop],
            rate("300/1m")
        );
        assert_eq!(config.limits.open_checkouts, Some(5));
        assert_eq!(config.limits.held_share, Some(50));

        let config = read(&[
            ("LIMIT_CHECKOUTS", "3/1h"),
            ("LIMIT_OPEN_CHECKOUTS", "7"),
            ("LIMIT_HELD_SHARE", "100%"),
            ("LIMIT_CHECKOUTS_SHOP", "10/30s"),
        ])
        .unwrap();
        assert_eq!(config.limits.rates[&LimitedAction::Checkout], rate("3/1h"));
        assert_eq!(
            config.limits.rates[&LimitedAction::CheckoutInShop],
            rate("10/30s")
        );
        assert_eq!(config.limits.open_checkouts, Some(7));
        assert_eq!(config.limits.held_share, Some(100));

        let off = [
            ("LIMIT_CHECKOUTS", "off"),
            ("LIMIT_OPEN_CHECKOUTS", "off"),
            ("LIMIT_HELD_SHARE", "off"),
            ("LIMIT_CHECKOUTS_SHOP", "off"),
            ("LIMIT_ORDER_SEARCHES", "off"),
        ];
        assert_eq!(read(&off).unwrap().limits, Limits::off());
    }

    #[test]
    fn an_invalid_limit_is_refused_with_the_allowed_values() {
        for (name, typed) in [
            ("LIMIT_CHECKOUTS", "20"),
            ("LIMIT_CHECKOUTS_SHOP", "0/1m"),
            ("LIMIT_OPEN_CHECKOUTS", "0"),
            ("LIMIT_OPEN_CHECKOUTS", "many"),
            ("LIMIT_HELD_SHARE", "50"),
            ("LIMIT_HELD_SHARE", "0%"),
            ("LIMIT_HELD_SHARE", "101%"),
            ("MAX_CONNECTIONS_PER_CLIENT", "-1"),
        ] {
            let said = refusal(&[(name, typed)]);
            assert!(said.starts_with(&format!("{name} must be ")), "{said}");
            assert!(
                said.ends_with(&format!("or off, not \"{typed}\".")),
                "{said}"
            );
        }
    }

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
    }
}
