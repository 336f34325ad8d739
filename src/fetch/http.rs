//! The HTTP client of an address: one for http, and one for https that is made when it is first needed, since reading
//! and judging the certificates of the host takes 10 ms and a megabyte. Knows no bounds: they come with the builder.

use std::sync::{Arc, LazyLock};

use reqwest::ClientBuilder;
use url::Url;

use super::FetchError;
use super::tls;

type Built = reqwest::Result<reqwest::Client>;

/// Two clients of one making. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Http {
    plain: reqwest::Client,
    secure: Arc<LazyLock<Built, Box<dyn FnOnce() -> Built + Send>>>,
}

impl Http {
    /// Makes the clients that a builder describes.
    ///
    /// # Errors
    /// The description cannot be followed.
    pub(super) fn new(builder: impl Fn() -> ClientBuilder + Send + 'static) -> Result<Self, FetchError> {
        tls::install_provider();
        // It trusts nobody, and would refuse every https address.
        let plain = builder().tls_backend_preconfigured(tls::no_roots()).build();
        let plain = plain.map_err(|error| FetchError::of_setup(&error))?;
        let secure = move || {
            builder().build().or_else(|_| builder().tls_backend_preconfigured(tls::built_in_roots()).build())
        };
        Ok(Self { plain, secure: Arc::new(LazyLock::new(Box::new(secure))) })
    }

    /// The client for an address.
    ///
    /// # Errors
    /// No TLS.
    pub(super) fn of(&self, url: &Url) -> Result<&reqwest::Client, FetchError> {
        match url.scheme() {
            "http" => Ok(&self.plain),
            _ => (*self.secure).as_ref().map_err(FetchError::of_setup),
        }
    }

    /// One client for everything.
    #[cfg(test)]
    pub(super) fn only(client: reqwest::Client) -> Self {
        let secure = client.clone();
        Self { plain: client, secure: Arc::new(LazyLock::new(Box::new(|| Ok(secure)))) }
    }
}
