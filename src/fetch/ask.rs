//! One request and its answer as it came, whatever its status: nothing is followed, nothing is judged. Some bytes of
//! a file come exactly as they lie there, a page without the coding of its transfer. How much of a body is read is
//! decided by its head. Whether and when to ask again is the business of others.

use std::future::Future;

use reqwest::header::RANGE;
use url::Url;

use super::client::{Beyond, Client, address};
use super::guard;
use super::{Fetch, FetchError, FetchOptions, Fetched, Robots, Validators};

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// The address.
    pub url: String,
    /// Only these bytes of what is there: the first of them and how many, at least one.
    pub bytes: Option<(u64, u64)>,
}

/// The head of an answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// The status.
    pub status: u16,
    /// What HTTP calls that status; empty where it has no name for it.
    pub reason: &'static str,
    /// Its fields, in an order that says nothing. Names are in lower case.
    pub fields: Vec<(String, String)>,
}

impl Head {
    /// The first field of a name, which is given in lower case.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// An answer, whatever its status.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// Its head.
    pub head: Head,
    /// Its body, as far as it was wanted.
    pub body: Vec<u8>,
}

/// Whatever can be asked: [`Asker`], or canned answers in a test. It also knows the rules of a site, by [`Fetch`].
pub trait Ask: Fetch {
    /// Asks once. `most` says by the head of the answer how long a body may be; of 0 none is read at all.
    ///
    /// # Errors
    /// Whatever kept an answer from arriving whole, and a longer body.
    fn ask(
        &self,
        request: &Request,
        most: impl Fn(&Head) -> u64 + Send,
    ) -> impl Future<Output = Result<Reply, FetchError>> + Send;
}

/// Asks over http and https, with the bounds and guards of [`Client`].
#[derive(Debug, Clone)]
pub struct Asker {
    pages: Client,
    /// Undoes no coding: of a compressed file, those very bytes are wanted.
    files: Client,
}

impl Asker {
    /// Makes one.
    ///
    /// # Errors
    /// Those of [`Client::new`].
    pub fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        Ok(Self { pages: Client::new(options)?, files: Client::of_files(options)? })
    }
}

impl Ask for Asker {
    async fn ask(&self, request: &Request, most: impl Fn(&Head) -> u64 + Send) -> Result<Reply, FetchError> {
        let url = request.url.as_str();
        let client = if request.bytes.is_some() { &self.files } else { &self.pages };
        let address = address(url)?;
        let mut get = client.http.of(&address)?.get(address);
        if let Some((first, count)) = request.bytes {
            let last = first.saturating_add(count).saturating_sub(1);
            get = get.header(RANGE, format!("bytes={first}-{last}"));
        }
        let answer = get.send().await.map_err(|error| FetchError::of_request(url, &error))?;
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let fields = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value.as_bytes())));
        let status = answer.status();
        let reason = status.canonical_reason().unwrap_or_default();
        let head = Head { status: status.as_u16(), reason, fields: fields.collect() };
        let body = match most(&head) {
            0 => Vec::new(),
            limit => client.pieces(url, answer, limit, Beyond::Refuse).await?,
        };
        Ok(Reply { head, body })
    }
}

impl Fetch for Asker {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        self.pages.fetch(url, validators).await
    }

    async fn robots(&self, url: &str) -> Result<Robots, FetchError> {
        self.pages.robots(url).await
    }

    fn robot_name(&self) -> &str {
        Fetch::robot_name(&self.pages)
    }
}

/// What is inside about the host of an address that nobody here wrote, as far as its text says.
#[must_use]
pub fn leads_inside(url: &Url) -> Option<&'static str> {
    guard::inside(url, None)
}
