//! Which redirects are followed. Pure: it judges addresses and asks nobody.

use reqwest::redirect::Policy;
use url::Url;

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
}

/// The policy for reqwest, which calls it on every hop.
pub(super) fn policy(limit: usize) -> Policy {
    Policy::custom(move |attempt| match judge(attempt.previous(), attempt.url(), limit) {
        Ok(()) => attempt.follow(),
        Err(refusal) => attempt.error(refusal),
    })
}

/// Judges one hop; `previous` begins with the address that was asked for.
fn judge(previous: &[Url], next: &Url, limit: usize) -> Result<(), Refusal> {
    let to = || shown_url(next);
    if previous.len() > limit {
        return Err(Refusal::TooMany { limit });
    }
    if !matches!(next.scheme(), "http" | "https") {
        return Err(Refusal::Scheme { to: to() });
    }
    if next.scheme() == "http" && previous.iter().any(|url| url.scheme() == "https") {
        return Err(Refusal::Downgrade { to: to() });
    }
    if has_userinfo(next) {
        return Err(Refusal::Userinfo { to: to() });
    }
    Ok(())
}

/// Whether an address names a user or a password.
pub(super) fn has_userinfo(url: &Url) -> bool {
    !url.username().is_empty() || url.password().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hop(previous: &[&str], next: &str) -> Result<(), Refusal> {
        let previous: Vec<Url> = previous.iter().map(|url| url.parse().unwrap()).collect();
        judge(&previous, &next.parse().unwrap(), 2)
    }

    #[test]
    fn plain_hops_are_followed_up_to_the_limit() {
        assert_eq!(hop(&["http://a/"], "https://b/"), Ok(()));
        assert_eq!(hop(&["http://a/", "http://b/"], "http://c/"), Ok(()));
        let three = hop(&["http://a/", "http://b/", "http://c/"], "http://d/");
        assert_eq!(three, Err(Refusal::TooMany { limit: 2 }));
    }

    #[test]
    fn https_never_falls_to_http() {
        let fall = hop(&["https://a/"], "http://a/");
        assert_eq!(fall, Err(Refusal::Downgrade { to: "http://a/".into() }));
        assert!(matches!(hop(&["https://a/", "https://b/"], "http://c/"), Err(Refusal::Downgrade { .. })));
    }

    #[test]
    fn other_schemes_and_users_are_refused() {
        let file = hop(&["http://a/"], "file:///etc/passwd");
        assert_eq!(file, Err(Refusal::Scheme { to: "file:///etc/passwd".into() }));
        let user = hop(&["http://a/"], "http://me:secret@b/");
        assert_eq!(user, Err(Refusal::Userinfo { to: "http://b/".into() }));
    }
}
