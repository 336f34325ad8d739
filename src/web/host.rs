//! Which names a caller may use for a loopback listener. Pure.
//!
//! A web page elsewhere can point a name of its own at 127.0.0.1 (DNS rebinding) and have a browser read what is
//! served there. The browser then names that host, so a loopback listener answers only to what no stranger can own:
//! an address, or localhost.

use std::net::{IpAddr, Ipv6Addr};

/// Whether a `Host` header, or the authority of a request target, names this machine and no one else's name.
pub(super) fn is_own(host: &str) -> bool {
    let Some(name) = without_port(host) else { return false };
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    match address {
        Some(address) => address.parse::<Ipv6Addr>().is_ok(),
        None => name.eq_ignore_ascii_case("localhost") || matches!(name.parse(), Ok(IpAddr::V4(_))),
    }
}

fn without_port(host: &str) -> Option<&str> {
    let is_port = |port: &str| !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && !name.is_empty() => Some(name),
        Some(_) if host.ends_with(']') => Some(host),
        Some(_) => None,
        None => Some(host),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses_and_localhost_are_answered() {
        for host in [
            "localhost",
            "LocalHost:9187",
            "127.0.0.1",
            "127.0.0.1:9187",
            "10.0.0.7:80",
            "[::1]",
            "[::1]:9187",
        ] {
            assert!(is_own(host), "{host}");
        }
    }

    #[test]
    fn names_that_others_can_own_are_not() {
        for host in [
            "",
            ":",
            ":80",
            "example.org",
            "example.org:9187",
            "localhost.example.org",
            "127.0.0.1.example.org",
            "127.0.0.1:9187.example.org",
            "user@127.0.0.1",
            "::1",
            "[::1",
            "[example.org]:80",
            "2130706433",
            "0x7f.1",
            "localhost:",
            "localhost:80:80",
        ] {
            assert!(!is_own(host), "{host}");
        }
    }

    proptest! {
        #[test]
        fn whatever_is_answered_is_an_address_or_localhost(host in "\\PC{0,12}|[0-9a-z.:\\[\\]]{0,24}|localhost\\PC{0,4}") {
            if is_own(&host) {
                let name = host.to_ascii_lowercase();
                let rest = name.strip_prefix("localhost").unwrap_or(&name);
                let is_part = |c: char| c.is_ascii_hexdigit() || "[]:.".contains(c);
                prop_assert!(rest.chars().all(is_part), "{}", host);
            }
        }
    }
}
