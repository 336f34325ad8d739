//! Which addresses are not the public internet, and what they are. Pure; knows no names.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::LazyLock;

use ipnet::IpNet;

/// Address ranges that are not the public internet, the narrower ahead of the wider (the registries of IANA for
/// special-purpose addresses, and where clouds keep the keys of a machine).
const RANGES: [(&str, &str); 40] = [
    ("169.254.169.254/32", "a metadata address"),
    ("100.100.100.200/32", "a metadata address"),
    ("168.63.129.16/32", "a metadata address"),
    ("fd00:ec2::254/128", "a metadata address"),
    ("0.0.0.0/8", "an unspecified address"),
    ("10.0.0.0/8", "a private address"),
    ("100.64.0.0/10", "a carrier-grade NAT address"),
    ("127.0.0.0/8", "a loopback address"),
    ("169.254.0.0/16", "a link-local address"),
    ("172.16.0.0/12", "a private address"),
    ("192.0.0.0/24", "a reserved address"),
    ("192.0.2.0/24", "a documentation address"),
    ("192.31.196.0/24", "a reserved address"),
    ("192.52.193.0/24", "a reserved address"),
    ("192.88.99.0/24", "a 6to4 relay address"),
    ("192.168.0.0/16", "a private address"),
    ("192.175.48.0/24", "a reserved address"),
    ("198.18.0.0/15", "a benchmarking address"),
    ("198.51.100.0/24", "a documentation address"),
    ("203.0.113.0/24", "a documentation address"),
    ("224.0.0.0/4", "a multicast address"),
    ("255.255.255.255/32", "the broadcast address"),
    ("240.0.0.0/4", "a reserved address"),
    ("::/128", "the unspecified address"),
    ("::1/128", "a loopback address"),
    ("::/96", "an IPv4-compatible address"),
    ("64:ff9b:1::/48", "a local NAT64 address"),
    ("100::/64", "a discard-only address"),
    ("2001::/32", "a Teredo address"),
    ("2001:2::/48", "a benchmarking address"),
    ("2001::/23", "a reserved address"),
    ("2001:db8::/32", "a documentation address"),
    ("2002::/16", "a 6to4 address"),
    ("2620:4f:8000::/48", "a reserved address"),
    ("3fff::/20", "a documentation address"),
    ("5f00::/16", "a segment-routing address"),
    ("fc00::/7", "a unique-local address"),
    ("fe80::/10", "a link-local address"),
    ("fec0::/10", "a site-local address"),
    ("ff00::/8", "a multicast address"),
];

static NETWORKS: LazyLock<Vec<(IpNet, &str)>> = LazyLock::new(|| {
    let network = |(text, what): (&str, &'static str)| text.parse().ok().map(|network| (network, what));
    RANGES.into_iter().filter_map(network).collect()
});

/// What an address is, where it is not one of the public internet.
pub(super) fn forbidden(address: IpAddr) -> Option<&'static str> {
    match address {
        IpAddr::V4(_) => named_range(address),
        IpAddr::V6(v6) => match embedded(v6) {
            Some(v4) => named_range(IpAddr::V4(v4)),
            None => named_range(address).or_else(|| unusual(v6)),
        },
    }
}

fn named_range(address: IpAddr) -> Option<&'static str> {
    NETWORKS.iter().find(|(network, _)| network.contains(&address)).map(|(_, what)| *what)
}

/// The IPv4 address that is really meant: `::ffff:0:0/96`, and what a name server makes up for a network without
/// IPv4 (64:ff9b::/96, RFC 6052). Teredo, 6to4 and the other forms are gone from the internet and refused as such.
pub(super) fn embedded(v6: Ipv6Addr) -> Option<Ipv4Addr> {
    let last = |v6: Ipv6Addr| {
        let [.., a, b, c, d] = v6.octets();
        Ipv4Addr::new(a, b, c, d)
    };
    match v6.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => Some(last(v6)),
        _ => v6.to_ipv4_mapped(),
    }
}

/// Only 2000::/3 is given out; in it, an interface of the form `0:5efe:a.b.c.d` is a tunnel to that address (ISATAP).
fn unusual(v6: Ipv6Addr) -> Option<&'static str> {
    let segments = v6.segments();
    if segments[0] & 0xe000 != 0x2000 {
        Some("a reserved address")
    } else if segments[4] & 0xfdff == 0 && segments[5] == 0x5efe {
        Some("an ISATAP address")
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_range_is_a_network() {
        assert_eq!(NETWORKS.len(), RANGES.len());
    }

    #[test]
    fn public_addresses_are_allowed() {
        for address in [
            "1.1.1.1",
            "8.8.8.8",
            "100.63.255.255",
            "100.128.0.0",
            "126.255.255.255",
            "128.0.0.0",
            "172.15.255.255",
            "172.32.0.0",
            "192.167.255.255",
            "192.169.0.0",
            "223.255.255.255",
            "2606:4700:4700::1111",
            "2001:4860:4860::8888",
            "64:ff9b::8.8.8.8",
            "::ffff:8.8.8.8",
        ] {
            assert_eq!(forbidden(address.parse().unwrap()), None, "{address}");
        }
    }

    #[test]
    fn the_ends_of_each_range_are_inside_it() {
        for (network, what) in NETWORKS.iter() {
            for address in [network.network(), network.broadcast()] {
                assert!(forbidden(address).is_some(), "{address} of {network}, {what}");
            }
        }
    }

    proptest! {
        /// What the standard library knows of addresses never passes, in any of the forms that carry it.
        #[test]
        fn no_form_of_an_inside_address_passes(bits: u32) {
            let v4 = Ipv4Addr::from(bits);
            let inside = v4.is_private() || v4.is_loopback() || v4.is_link_local() || v4.is_multicast()
                || v4.is_broadcast() || v4.is_documentation() || v4.octets()[0] == 0 || v4.octets()[0] >= 240;
            let [a, b, c, d] = v4.octets();
            let (high, low) = (u16::from_be_bytes([a, b]), u16::from_be_bytes([c, d]));
            if inside {
                prop_assert!(forbidden(IpAddr::V4(v4)).is_some(), "{v4}");
            }
            for (form, always) in [
                (v4.to_ipv6_mapped(), false),
                (Ipv6Addr::new(0x64, 0xff9b, 0, 0, 0, 0, high, low), false),
                (v4.to_ipv6_compatible(), true),
                (Ipv6Addr::new(0x64, 0xff9b, 1, 0, 0, 0, high, low), true),
                (Ipv6Addr::new(0x2002, high, low, 0, 0, 0, 0, 1), true),
                (Ipv6Addr::new(0x2001, 0, high, low, 0, 0, !high, !low), true),
                (Ipv6Addr::new(0x2606, 0, 0, 0, 0, 0x5efe, high, low), true),
                (Ipv6Addr::new(0x2606, 0, 0, 0, 0x200, 0x5efe, high, low), true),
            ] {
                let refused = forbidden(IpAddr::V6(form));
                let expected = always || forbidden(IpAddr::V4(v4)).is_some();
                prop_assert_eq!(refused.is_some(), expected, "{}", form);
            }
        }

        /// Only addresses that are given out pass.
        #[test]
        fn only_global_unicast_addresses_pass(bits: u128) {
            let v6 = Ipv6Addr::from(bits);
            if forbidden(IpAddr::V6(v6)).is_none() {
                prop_assert!(v6.segments()[0] & 0xe000 == 0x2000 || embedded(v6).is_some(), "{v6}");
            }
        }
    }
}
