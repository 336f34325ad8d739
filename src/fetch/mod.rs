//! Asks one address for its page. The only user of reqwest; knows nothing of what a page says,
//! of the time, or of when to ask again.

mod ask;
mod client;
mod error;
mod guard;
mod http;
mod manners;
mod names;
mod pause;
mod post;
mod ranges;
mod redirect;
mod robots;
mod shown;
mod tls;

#[cfg(test)]
mod tests;

use std::future::Future;
use std::time::Duration;

use crate::domain::Validators;

pub use ask::{Ask, Asker, Head, Reply, Request, leads_inside};
pub use client::Client;
pub use error::{FetchError, Source};
pub use guard::{Forbidden, disguise};
pub use manners::{Barred, Manners, Place, RobotsRule, Turn};
pub use names::{Names, SystemNames};
pub use pause::{doubled, retry_after};
pub use post::{Answer, Poster, origin};
pub use redirect::Refusal;
pub use robots::Robots;
pub use tls::{CertificateError, trust};

/// Bounds of one request. None of reqwest's own defaults is relied upon: it has no timeouts at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchOptions {
    /// For resolving the name, the connection and the TLS handshake.
    pub connect_timeout: Duration,
    /// For everything, redirects and the last byte of the body included.
    pub total_timeout: Duration,
    /// How many redirects are followed.
    pub max_redirects: usize,
    /// How many bytes of a body are read, counted after decompression.
    pub max_body: u64,
    /// What to call ourselves.
    pub user_agent: String,
    /// A host that may lie in a private network although its name looks public. Addresses, and names that only a
    /// local network knows, say so themselves.
    pub inside: Option<String>,
}

impl Default for FetchOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(10),
            total_timeout: Duration::from_secs(30),
            max_redirects: 5,
            max_body: 8 * 1024 * 1024,
            user_agent: concat!("pantau/", env!("CARGO_PKG_VERSION"), " (market-indicator recorder)").into(),
            inside: None,
        }
    }
}

/// A successful answer. It bears no time: the caller knows when it asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fetched {
    /// A page.
    Page {
        /// The body, decompressed but not decoded from its character set.
        body: Vec<u8>,
        /// Where it stood after all redirects, without a user or password.
        final_url: String,
        /// The `Content-Type` header, when there was one.
        content_type: Option<String>,
        /// The status, always a success.
        status: u16,
        /// What to send the next time.
        validators: Validators,
    },
    /// The page is still the one whose validators were sent.
    NotModified {
        /// The status, always 304.
        status: u16,
    },
}

/// Whatever can answer for an address: [`Client`], or canned answers in a test.
pub trait Fetch {
    /// Fetches one page; `validators` are those of the answer that the caller already has.
    ///
    /// # Errors
    /// Whatever kept a complete page from arriving.
    fn fetch(
        &self,
        url: &str,
        validators: &Validators,
    ) -> impl Future<Output = Result<Fetched, FetchError>> + Send;

    /// Fetches the rules of a site for robots. A site without any has none; one that cannot say is an error.
    ///
    /// # Errors
    /// The rules cannot be had or read at the moment.
    fn robots(&self, url: &str) -> impl Future<Output = Result<Robots, FetchError>> + Send;

    /// The name that those rules may call us by.
    fn robot_name(&self) -> &str;
}
