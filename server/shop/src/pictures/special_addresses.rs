//! Which IP addresses are those of public servers.
//!
//! An address that the shop fetches comes from a product file or from another server. It must not
//! lead to the shop's own machine or network, whatever name it has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Networks for special purposes, by their first address and the length of their prefix: IANA's
/// registry of 2025-10-09 (<https://www.iana.org/assignments/iana-ipv4-special-registry>), also the
/// few that can be reached from everywhere, and multicast.
const IPV4: [(Ipv4Addr, u32); 19] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8),
    (Ipv4Addr::new(10, 0, 0, 0), 8),
    (Ipv4Addr::new(100, 64, 0, 0), 10),
    (Ipv4Addr::new(127, 0, 0, 0), 8),
    (Ipv4Addr::new(169, 254, 0, 0), 16),
    (Ipv4Addr::new(172, 16, 0, 0), 12),
    (Ipv4Addr::new(192, 0, 0, 0), 24),
    (Ipv4Addr::new(192, 0, 2, 0), 24),
    (Ipv4Addr::new(192, 31, 196, 0), 24),
    (Ipv4Addr::new(192, 52, 193, 0), 24),
    (Ipv4Addr::new(192, 88, 99, 0), 24),
    (Ipv4Addr::new(192, 168, 0, 0), 16),
    (Ipv4Addr::new(192, 175, 48, 0), 24),
    (Ipv4Addr::new(198, 18, 0, 0), 15),
    (Ipv4Addr::new(198, 51, 100, 0), 24),
    (Ipv4Addr::new(203, 0, 113, 0), 24),
    (Ipv4Addr::new(224, 0, 0, 0), 4),
    (Ipv4Addr::new(240, 0, 0, 0), 4),
    (Ipv4Addr::new(255, 255, 255, 255), 32),
];

/// The only IPv6 addresses of servers everywhere (RFC 4291). Outside are the loopback, mapped and
/// translated IPv4 addresses, and those of links, sites and groups.
const IPV6_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Special networks within [`IPV6_UNICAST`], from
/// <https://www.iana.org/assignments/iana-ipv6-special-registry>. Teredo and others are part of the
/// first one; 6to4 addresses contain IPv4 addresses.
const IPV6: [(Ipv6Addr, u32); 5] = [
    (Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0), 23),
    (Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0), 32),
    (Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0), 16),
    (Ipv6Addr::new(0x2620, 0x4f, 0x8000, 0, 0, 0, 0, 0), 48),
    (Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0), 20),
];

/// Whether an address is that of a server on the internet. Addresses that contain another one
/// (mapped, NAT64, 6to4, Teredo) are not, whatever they contain.
pub(super) fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !IPV4.iter().any(|network| is_in_v4(address, *network)),
        IpAddr::V6(address) => {
            is_in_v6(address, IPV6_UNICAST)
                && !IPV6.iter().any(|network| is_in_v6(address, *network))
        }
    }
}

fn is_in_v4(address: Ipv4Addr, (first, prefix): (Ipv4Addr, u32)) -> bool {
    let mask = u32::MAX << (32 - prefix);
    address.to_bits() & mask == first.to_bits()
}

fn is_in_v6(address: Ipv6Addr, (first, prefix): (Ipv6Addr, u32)) -> bool {
    let mask = u128::MAX << (128 - prefix);
    address.to_bits() & mask == first.to_bits()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use ipnet::IpNet;
    use proptest::prelude::*;

    use super::*;

    /// Every network of IANA's registries of special-purpose addresses
    /// (<https://www.iana.org/assignments/iana-ipv4-special-registry>,
    /// <https://www.iana.org/assignments/iana-ipv6-special-registry>), of multicast addresses
    /// (RFC 5771, RFC 4291), and IPv6 networks that are deprecated (RFC 3879, RFC 4291).
    const REGISTERED: &str = "
        0.0.0.0/8 0.0.0.0/32 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
        192.0.0.0/24 192.0.0.0/29 192.0.0.8/32 192.0.0.9/32 192.0.0.10/32 192.0.0.170/32
        192.0.0.171/32 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.88.99.2/32
        192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 240.0.0.0/4
        255.255.255.255/32 224.0.0.0/4
        ::1/128 ::/128 ::ffff:0:0/96 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23
        2001::/32 2001:1::1/128 2001:1::2/128 2001:1::3/128 2001:2::/48 2001:3::/32
        2001:4:112::/48 2001:10::/28 2001:20::/28 2001:30::/28 2001:db8::/32 2002::/16
        2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7 fe80::/10
        fec0::/10 ff00::/8 ::/96";

    fn registered() -> Vec<IpNet> {
        let networks = REGISTERED.split_whitespace();
        networks.map(|network| network.parse().unwrap()).collect()
    }

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn no_address_of_a_special_network_is_public() {
        for network in registered() {
            for edge in [network.network(), network.broadcast()] {
                assert!(!is_public(edge), "{edge} of {network}");
            }
        }
    }

    #[test]
    fn the_neighbours_of_special_networks_are_public() {
        for neighbour in [
            "1.0.0.0",
            "9.255.255.255",
            "11.0.0.0",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "169.253.255.255",
            "169.255.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.0.1.0",
            "192.167.255.255",
            "192.169.0.0",
            "198.17.255.255",
            "198.20.0.0",
            "223.255.255.255",
            "2000::",
            "2001:200::",
            "2001:db7:ffff::",
            "2001:db9::",
            "2003::",
            "2620:4f:7fff::",
            "2620:4f:8001::",
            "3ffe::",
            "3fff:1000::",
            "2606:4700:4700::1111",
            "8.8.8.8",
        ] {
            assert!(is_public(address(neighbour)), "{neighbour}");
        }
    }

    #[test]
    fn other_ways_to_write_a_private_address_are_not_public() {
        for hidden in [
            // Mapped, compatible, NAT64, local NAT64, 6to4, Teredo, SIIT.
            "::ffff:10.0.0.1",
            "::ffff:8.8.8.8",
            "::10.0.0.1",
            "64:ff9b::10.0.0.1",
            "64:ff9b::8.8.8.8",
            "64:ff9b:1::a00:1",
            "2002:a00:1::1",
            "2001:0:808:808::f5ff:fffe",
            "::ffff:0:10.0.0.1",
            "fe80::1",
            "fd00:ec2::254",
            "fc00::1",
            "169.254.169.254",
        ] {
            assert!(!is_public(address(hidden)), "{hidden}");
        }
    }

    proptest! {
        #[test]
        fn an_ipv4_address_is_public_if_no_registered_network_has_it(bits: u32) {
            let address = IpAddr::V4(Ipv4Addr::from_bits(bits));
            let is_special = registered().iter().any(|network| network.contains(&address));
            prop_assert_eq!(is_public(address), !is_special);
        }

        #[test]
        fn an_ipv6_address_is_public_if_it_is_unicast_and_no_registered_network_has_it(
            first in prop_oneof![any::<u16>(), 0x2000_u16..=0x2003, 0x3ffe_u16..=0x4000],
            second in prop_oneof![any::<u16>(), 0_u16..=0x400, Just(0xdb8)],
            rest: u128,
        ) {
            let bits = (u128::from(first) << 112) | (u128::from(second) << 96) | (rest >> 32);
            let address = IpAddr::V6(Ipv6Addr::from_bits(bits));
            let is_special = registered().iter().any(|network| network.contains(&address));
            // IANA has assigned only 2000::/3 to servers.
            let is_unicast = first >> 13 == 1;
            prop_assert_eq!(is_public(address), is_unicast && !is_special);
        }

        #[test]
        fn every_address_of_a_registered_network_is_special(
            network in proptest::sample::select(registered()),
            random: u128,
        ) {
            let within = match network {
                IpNet::V4(net) => {
                    let random = u32::try_from(random & u128::from(u32::MAX)).unwrap();
                    let bits = net.network().to_bits() | (random & net.hostmask().to_bits());
                    IpAddr::V4(Ipv4Addr::from_bits(bits))
                }
                IpNet::V6(net) => {
                    let bits = net.network().to_bits() | (random & net.hostmask().to_bits());
                    IpAddr::V6(Ipv6Addr::from_bits(bits))
                }
            };
            prop_assert!(network.contains(&within));
            prop_assert!(!is_public(within), "{} of {}", within, network);
        }
    }
}
