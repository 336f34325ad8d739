//! Sends one message to one address. Follows no redirect: neither a body nor a credential goes where nobody sent it.
//! What is in the address besides its host may be secret and is in no message.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use url::Url;

use super::client::{Beyond, address, text_of};
use super::{Client, FetchError, FetchOptions};
use crate::domain::Hidden;

/// The most bytes of an answer that are read: receivers say little.
const MAX_ANSWER: u64 = 64 * 1024;

/// Posts messages, with the bounds and guards of [`Client`].
#[derive(Debug, Clone)]
pub struct Poster {
    pub(super) client: Client,
}

/// What a receiver said, whatever its status.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// What it said with it, as far as it could be read.
    pub body: Vec<u8>,
    /// Its `Retry-After`, as it came; [`super::retry_after`] reads it.
    pub retry_after: Option<String>,
}

impl Poster {
    /// Makes a poster.
    ///
    /// # Errors
    /// Those of [`Client::new`].
    pub fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        Ok(Self { client: Client::new(options)? })
    }

    /// Posts a body. Headers are treated as secret.
    ///
    /// # Errors
    /// Whatever kept an answer from arriving, a redirect included. It names the host and nothing else of the address.
    pub async fn post(
        &self,
        url: &Hidden,
        headers: &[(&'static str, Hidden)],
        body: Vec<u8>,
    ) -> Result<Answer, FetchError> {
        let shown = origin(url.reveal());
        let to = address(url.reveal()).map_err(|error| error.about(&shown))?;
        let request = self.client.http.of(&to)?.post(to).headers(header_map(headers)?).body(body);
        let answer =
            request.send().await.map_err(|error| FetchError::of_request(&shown, &error.without_url()))?;
        Ok(Answer {
            status: answer.status().as_u16(),
            retry_after: text_of(answer.headers(), header::RETRY_AFTER),
            // The status is what counts; an answer that breaks off after it changes nothing.
            body: self.client.body(&shown, answer, MAX_ANSWER, Beyond::Leave).await.unwrap_or_default(),
        })
    }
}

/// Scheme, host and port: all of an address that may be shown.
#[must_use]
pub fn origin(url: &str) -> String {
    Url::parse(url).map_or_else(|_| "(no address)".to_owned(), |url| url.origin().ascii_serialization())
}

fn header_map(headers: &[(&'static str, Hidden)]) -> Result<HeaderMap, FetchError> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let refuse = || FetchError::Setup { source: format!("the header {name} cannot be sent").into() };
        let mut value = HeaderValue::from_str(value.reveal()).map_err(|_| refuse())?;
        value.set_sensitive(true);
        map.insert(HeaderName::from_static(name), value);
    }
    Ok(map)
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;
    use crate::format::error_chain;

    fn failure(url: &str, header: &str) -> String {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let poster = Poster::new(&FetchOptions::default()).unwrap();
        let headers = [("authorization", Hidden::new(header))];
        let posted = runtime.block_on(poster.post(&Hidden::new(url), &headers, b"x".to_vec()));
        error_chain(&posted.unwrap_err())
    }

    #[test]
    fn a_failure_names_the_host_and_nothing_secret() {
        let deserted = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        for (url, header) in [
            (format!("http://{deserted}/rahasia?k=rahasia"), "Bearer rahasia"),
            (format!("ftp://{deserted}/rahasia"), "Bearer rahasia"),
            ("http://ana:rahasia@127.0.0.1/rahasia".to_owned(), "x"),
            ("rahasia".to_owned(), "x"),
            (format!("http://{deserted}/"), "rahasia\n"),
        ] {
            let told = failure(&url, header);
            assert!(!told.contains("rahasia"), "{told}");
        }
        let told = failure(&format!("http://{deserted}/rahasia"), "x");
        assert!(told.starts_with(&format!("failed to connect to http://{deserted}/: ")), "{told}");
    }
}
