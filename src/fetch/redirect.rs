//! Which redirects are followed, and whether they stay where the request began. Pure: it judges addresses and asks
//! nobody. The address that is judged is the very one that is asked next.

use url::Url;

use super::guard;
use super::shown::shown_url;

/// Why a redirect was not followed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// One redirect too many, which is also how a loop ends.
    #[error("more than {limit} redirects")]
    TooMany {
        /// How many would have been followed.
        limit: usize,
    },
    /// Only http and https are spoken.
    #[error("redirected to {to}, which is neither http nor https")]
    Scheme {
        /// Where it pointed.
        to: String,
    },
    /// A page asked for over https must not arrive over http.
    #[error("redirected from https to {to}")]
    Downgrade {
        /// Where it pointed.
        to: String,
    },
    /// An address that logs in somewhere is nothing a server may choose for us.
    #[error("redirected to {to} with a user in it")]
    Userinfo {
        /// Where it pointed, without the user.
        to: String,
    },
    /// A server must not lead us into a private network.
    #[error("redirected to {to}, {what}; only the configuration may lead there")]
    Inside {
        /// Where it pointed.
        to: String,
        /// What is there.
        what: &'static str,
    },
}

/// The way of one request: the address that was asked for, and where redirects led.
#[derive(Debug)]
pub(super) struct Way<'a> {
    hops: Vec<Url>,
    here: Url,
    limit: usize,
    inside: Option<&'a str>,
}

impl<'a> Way<'a> {
    /// A way that begins at an address; `inside` is a host that may lie in a private network.
    pub(super) fn from(asked: Url, limit: usize, inside: Option<&'a str>) -> Self {
        Self { hops: Vec::new(), here: asked, limit, inside }
    }

    /// What is to be asked now.
    pub(super) fn here(&self) -> &Url {
        &self.here
    }

    /// Whether it is still the server that was asked in the first place: what that one was given or is owed
    /// is nothing for another.
    pub(super) fn is_at_its_begin(&self) -> bool {
        self.stays(&self.here)
    }

    /// Goes where a redirect leads.
    pub(super) fn follow(&mut self, next: Url) -> Result<(), Refusal> {
        let to = || shown_url(&next);
        let has_been_https =
            self.here.scheme() == "https" || self.hops.iter().any(|hop| hop.scheme() == "https");
        if self.hops.len() >= self.limit {
            return Err(Refusal::TooMany { limit: self.limit });
        }
        if !matches!(next.scheme(), "http" | "https") {
            return Err(Refusal::Scheme { to: to() });
        }
        if next.scheme() == "http" && has_been_https {
            return Err(Refusal::Downgrade { to: to() });
        }
        if has_userinfo(&next) {
            return Err(Refusal::Userinfo { to: to() });
        }
        if let Some(what) = guard::inside(&next, self.inside).filter(|_| !self.stays(&next)) {
            return Err(Refusal::Inside { to: to(), what });
        }
        self.hops.push(std::mem::replace(&mut self.here, next));
        Ok(())
    }

    /// The same host and port as in the beginning, or the same host going from http to https.
    fn stays(&self, next: &Url) -> bool {
        let asked = self.hops.first().unwrap_or(&self.here);
        let is_upgrade = || asked.scheme() == "http" && next.scheme() == "https" && next.port().is_none();
        let same_port = asked.port_or_known_default() == next.port_or_known_default();
        asked.host_str() == next.host_str() && (same_port || asked.port().is_none() && is_upgrade())
    }
}

/// Whether an address names a user or a password.
pub(super) fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Url {
        text.parse().unwrap()
    }

    /// What becomes of the last of these addresses after the others were followed.
    fn hop(previous: &[&str], next: &str) -> Result<(), Refusal> {
        let mut way = Way::from(url(previous[0]), 2, Some("intra.example"));
        for hop in &previous[1..] {
            way.follow(url(hop)).unwrap();
        }
        way.follow(url(next))
    }

    #[test]
    fn plain_hops_are_followed_up_to_the_limit() {
        assert_eq!(hop(&["http://a.id/"], "https://b.id/"), Ok(()));
        assert_eq!(hop(&["http://a.id/", "http://b.id/"], "http://c.id/"), Ok(()));
        let three = hop(&["http://a.id/", "http://b.id/", "http://c.id/"], "http://d.id/");
        assert_eq!(three, Err(Refusal::TooMany { limit: 2 }));
    }

    #[test]
    fn https_never_falls_to_http() {
        let fall = hop(&["https://a.id/"], "http://a.id/");
        assert_eq!(fall, Err(Refusal::Downgrade { to: "http://a.id/".into() }));
        assert!(matches!(
            hop(&["https://a.id/", "https://b.id/"], "http://c.id/"),
            Err(Refusal::Downgrade { .. })
        ));
    }

    #[test]
    fn other_schemes_and_users_are_refused() {
        let file = hop(&["http://a.id/"], "file:///etc/passwd");
        assert_eq!(file, Err(Refusal::Scheme { to: "file:///etc/passwd".into() }));
        let user = hop(&["http://a.id/"], "http://me:secret@b.id/");
        assert_eq!(user, Err(Refusal::Userinfo { to: "http://b.id/".into() }));
    }

    #[test]
    fn no_redirect_leads_into_a_private_network() {
        for to in ["http://10.0.0.1/", "http://localhost/", "http://router/", "http://intra.example/"] {
            assert!(matches!(hop(&["http://a.id/"], to), Err(Refusal::Inside { .. })), "{to}");
        }
        assert_eq!(hop(&["http://a.id/"], "http://8.8.8.8/"), Ok(()));
    }

    #[test]
    fn what_was_asked_for_inside_may_redirect_to_itself() {
        for host in ["127.0.0.1", "localhost", "router", "intra.example"] {
            let at = |rest: &str| format!("http://{host}{rest}");
            assert_eq!(hop(&[&at(":8080/")], &at(":8080/x")), Ok(()));
            assert_eq!(hop(&[&at("/")], &format!("https://{host}/")), Ok(()));
            assert!(matches!(hop(&[&at(":8080/")], &at(":22/")), Err(Refusal::Inside { .. })), "{host}");
            assert!(matches!(hop(&[&at("/")], "http://127.0.0.2/"), Err(Refusal::Inside { .. })), "{host}");
        }
        let there_and_back = hop(&["http://router/", "http://a.id/"], "http://router/");
        assert_eq!(there_and_back, Ok(()));
    }

    #[test]
    fn a_way_knows_when_it_left_its_server() {
        let mut way = Way::from(url("http://a.id/"), 5, None);
        for (next, stays) in [
            ("https://a.id/x", true),
            ("https://a.id:8443/", false),
            ("https://b.id/", false),
            ("https://a.id/", true),
        ] {
            way.follow(url(next)).unwrap();
            assert_eq!(way.is_at_its_begin(), stays, "{next}");
        }
    }
}
