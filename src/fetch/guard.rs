//! Which hosts and addresses may be connected to. Pure: it judges, resolves nothing and asks nobody.
//!
//! Everything outside the public internet is refused, in every spelling. What lies inside is only reached where the
//! caller's own address says so: by the address itself, by a name that no public server can have, or by a promise
//! made for one host in [`FetchOptions::inside`](super::FetchOptions::inside). A redirect never makes such a promise.

use std::net::{IpAddr, Ipv4Addr};

use url::{Host, Url};

use super::ranges::{embedded, forbidden};

/// A name that leads where nobody said that it would.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{host} leads to {address}, {what}; if that is meant, say `private = true` beside its url")]
pub struct Forbidden {
    /// The name.
    pub host: String,
    /// The first address of it that is refused.
    pub address: IpAddr,
    /// What that address is.
    pub what: &'static str,
}

/// The ends of names that no public server has: reserved for it, or never given away and in use at home.
const LOCAL_ENDS: [&str; 10] = [
    "localhost",
    "local",
    "localdomain",
    "internal",
    "intranet",
    "private",
    "corp",
    "home",
    "lan",
    "home.arpa",
];

/// The addresses of a host that may be connected to, or why there are none.
pub(super) fn allowed(
    host: &str,
    addresses: Vec<IpAddr>,
    inside: Option<&str>,
) -> Result<Vec<IpAddr>, Forbidden> {
    if is_local_name(host) || inside == Some(host) {
        return Ok(addresses);
    }
    let refused = addresses.iter().find_map(|address| forbidden(*address).map(|what| (*address, what)));
    let allowed: Vec<IpAddr> =
        addresses.into_iter().filter(|address| forbidden(*address).is_none()).collect();
    match refused {
        Some((address, what)) if allowed.is_empty() => {
            Err(Forbidden { host: host.to_owned(), address, what })
        }
        _ => Ok(allowed),
    }
}

/// What is inside about the host of an address, as far as its text says.
pub(super) fn inside(url: &Url, promised: Option<&str>) -> Option<&'static str> {
    match url.host()? {
        Host::Ipv4(v4) => forbidden(IpAddr::V4(v4)),
        Host::Ipv6(v6) => forbidden(IpAddr::V6(v6)),
        Host::Domain(name) if is_local_name(name) => Some("a local name"),
        Host::Domain(name) => (promised == Some(name)).then_some("a host in a private network"),
    }
}

/// Why an address that somebody wrote does not plainly say which host it means. `written` is the text that `url` was
/// read from, which may spell 127.0.0.1 as 2130706433.
#[must_use]
pub fn disguise(written: &str, url: &Url) -> Option<String> {
    let host = url.host()?;
    let plain = match host {
        Host::Domain(_) => return None,
        Host::Ipv4(v4) => return hidden_v4(written, url.scheme(), v4),
        Host::Ipv6(v6) => v6,
    };
    match embedded(plain) {
        Some(v4) => Some(format!("write the address as {v4}")),
        None => nowhere(IpAddr::V6(plain)),
    }
}

fn hidden_v4(written: &str, scheme: &str, v4: Ipv4Addr) -> Option<String> {
    let begin = format!("{scheme}://{v4}");
    let rest = written.get(..begin.len()).filter(|head| head.eq_ignore_ascii_case(&begin));
    let is_plain =
        rest.is_some() && !written[begin.len()..].starts_with(|c| !matches!(c, ':' | '/' | '?' | '#'));
    if is_plain { nowhere(IpAddr::V4(v4)) } else { Some(format!("write the address as {v4}")) }
}

/// An address that is no host even in a private network.
fn nowhere(address: IpAddr) -> Option<String> {
    let is_nowhere = address.is_unspecified() || address.is_multicast() || address == Ipv4Addr::BROADCAST;
    let what = forbidden(address).filter(|_| is_nowhere)?;
    Some(format!("{address} is {what}"))
}

/// Whether a name means something only in a local network: without a dot, or with an end that is nobody's.
fn is_local_name(name: &str) -> bool {
    let name = name.strip_suffix('.').unwrap_or(name);
    let ends =
        |end: &&str| name.strip_suffix(*end).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
    !name.contains('.') || LOCAL_ENDS.iter().any(ends)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v4(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn only_allowed_addresses_of_a_public_name_are_left() {
        let mixed = vec![v4("10.0.0.1"), v4("8.8.8.8"), v4("127.0.0.1")];
        assert_eq!(allowed("example.org", mixed.clone(), None), Ok(vec![v4("8.8.8.8")]));
        assert_eq!(allowed("example.org", mixed.clone(), Some("example.com")), Ok(vec![v4("8.8.8.8")]));
        assert_eq!(allowed("example.org", mixed.clone(), Some("example.org")), Ok(mixed.clone()));
        assert_eq!(allowed("router.lan", mixed.clone(), None), Ok(mixed));
        let refusal = allowed("example.org", vec![v4("10.0.0.1")], None).unwrap_err();
        assert_eq!(
            refusal.to_string(),
            "example.org leads to 10.0.0.1, a private address; if that is meant, say `private = true` beside its url"
        );
        assert_eq!(allowed("example.org", Vec::new(), None), Ok(Vec::new()));
    }

    #[test]
    fn names_of_local_networks_are_known_by_their_end() {
        for name in
            ["localhost", "localhost.", "a.localhost", "ntfy", "nas.local", "x.home.arpa", "db.internal"]
        {
            assert!(is_local_name(name), "{name}");
        }
        for name in
            ["example.org", "localhost.example.org", "notlocalhost.org", "home.arpa.example", "ahome.org"]
        {
            assert!(!is_local_name(name), "{name}");
        }
    }

    #[test]
    fn an_address_is_written_plainly() {
        let problem = |written: &str| disguise(written, &Url::parse(written).unwrap());
        for plain in [
            "http://127.0.0.1/",
            "HTTP://127.0.0.1:8080/x",
            "http://10.0.0.5",
            "http://[::1]:80/",
            "http://[fd00::5]/",
            "https://localhost/",
            "http://8.8.8.8?x",
        ] {
            assert_eq!(problem(plain), None, "{plain}");
        }
        for hidden in ["http://127.1/", "http://2130706433/", "http:127.0.0.1", "http://127.0.0.1./"] {
            assert_eq!(problem(hidden).as_deref(), Some("write the address as 127.0.0.1"), "{hidden}");
        }
        assert_eq!(problem("http://[::ffff:10.0.0.1]/").as_deref(), Some("write the address as 10.0.0.1"));
        assert_eq!(problem("http://0.0.0.0/").as_deref(), Some("0.0.0.0 is an unspecified address"));
        assert_eq!(problem("http://[ff02::1]/").as_deref(), Some("ff02::1 is a multicast address"));
    }
}
