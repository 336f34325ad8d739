//! The client: one request, its redirects, and a body that is read only as far as the cap.
//! Knows neither when to ask nor what an answer is worth.

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::{ClientBuilder, Response, StatusCode};
use url::Url;

use super::error::FetchError;
use super::redirect::{self, has_userinfo};
use super::shown::{bare, shown};
use super::{Fetch, FetchOptions, Fetched, Validators, tls};

/// Fetches pages over http and https. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    max_body: u64,
}

impl Client {
    /// Makes a client. Proxies of the environment are not used.
    ///
    /// # Errors
    /// A user agent that cannot stand in a header, or no TLS.
    pub fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        tls::install_provider();
        let http = builder(options)
            .build()
            .or_else(|_| builder(options).tls_backend_preconfigured(tls::built_in_roots()).build())
            .map_err(|error| FetchError::of_setup(&error))?;
        Ok(Self { http, max_body: options.max_body })
    }

    /// Fetches one page; see [`Fetch::fetch`].
    ///
    /// # Errors
    /// Whatever kept a complete page from arriving.
    pub async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        let address = address(url)?;
        let conditions = conditions(validators);
        let conditional = !conditions.is_empty();
        let request = self.http.get(address).headers(conditions);
        let answer = request.send().await.map_err(|error| FetchError::of_request(url, &error))?;
        if conditional && answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(Fetched::NotModified { status: answer.status().as_u16() });
        }
        self.page(url, answer).await
    }

    async fn page(&self, url: &str, answer: Response) -> Result<Fetched, FetchError> {
        check_status(url, &answer)?;
        check_encoding(url, answer.headers())?;
        Ok(Fetched::Page {
            final_url: bare(answer.url()).into(),
            content_type: text_of(answer.headers(), header::CONTENT_TYPE),
            status: answer.status().as_u16(),
            validators: Validators {
                etag: text_of(answer.headers(), header::ETAG),
                last_modified: text_of(answer.headers(), header::LAST_MODIFIED),
            },
            body: self.body(url, answer).await?,
        })
    }

    /// Reads piece by piece, so that a bomb costs no more than the cap and one piece.
    async fn body(&self, url: &str, mut answer: Response) -> Result<Vec<u8>, FetchError> {
        let too_large = || FetchError::TooLarge { url: shown(url), limit: self.max_body };
        let promised = answer.content_length();
        if promised.is_some_and(|promised| promised > self.max_body) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| FetchError::of_body(url, &error))? {
            if length(&body) + length(&piece) > self.max_body {
                return Err(too_large());
            }
            body.extend_from_slice(&piece);
        }
        check_length(url, promised, length(&body))?;
        check_undone(url, &body)?;
        Ok(body)
    }
}

impl Fetch for Client {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        Self::fetch(self, url, validators).await
    }
}

fn builder(options: &FetchOptions) -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.total_timeout)
        .timeout(options.total_timeout)
        .redirect(redirect::policy(options.max_redirects))
        .referer(false)
        .no_proxy()
        .pool_max_idle_per_host(1)
}

/// The address as one that may be asked.
fn address(url: &str) -> Result<Url, FetchError> {
    let bad = |problem: &str| FetchError::BadUrl { url: shown(url), problem: problem.to_owned() };
    let address = Url::parse(url).map_err(|error| bad(&error.to_string()))?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(bad("neither http nor https"));
    }
    if has_userinfo(&address) {
        return Err(bad("it has a user in it"));
    }
    Ok(address)
}

/// Validators as headers. One that cannot stand in a header was never sent by a server.
fn conditions(validators: &Validators) -> HeaderMap {
    let pairs =
        [(header::IF_NONE_MATCH, &validators.etag), (header::IF_MODIFIED_SINCE, &validators.last_modified)];
    let header = |(name, value): (HeaderName, &Option<String>)| {
        value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()).map(|value| (name, value))
    };
    pairs.into_iter().filter_map(header).collect()
}

/// A part of a page (206) was never asked for.
fn check_status(url: &str, answer: &Response) -> Result<(), FetchError> {
    let status = answer.status();
    if status.is_success() && status != StatusCode::PARTIAL_CONTENT {
        return Ok(());
    }
    let retry_after = text_of(answer.headers(), header::RETRY_AFTER);
    Err(FetchError::Status { url: shown(url), status: status.as_u16(), retry_after })
}

/// What reqwest decodes it also removes from the headers; what it does not know it hands over as it came.
fn check_encoding(url: &str, headers: &HeaderMap) -> Result<(), FetchError> {
    let left: Vec<_> = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()).trim().to_owned())
        .filter(|encoding| !encoding.is_empty() && !encoding.eq_ignore_ascii_case("identity"))
        .collect();
    if left.is_empty() { Ok(()) } else { Err(unknown_encoding(url, &left.join(", "))) }
}

/// Two headers of encoding count as one for reqwest, which then undoes one of two.
/// No page begins like a gzip or zstd file.
fn check_undone(url: &str, body: &[u8]) -> Result<(), FetchError> {
    let magics: [(&[u8], &str); 2] = [(&[0x1f, 0x8b, 0x08], "gzip"), (&[0x28, 0xb5, 0x2f, 0xfd], "zstd")];
    match magics.iter().find(|(magic, _)| body.starts_with(magic)) {
        Some((_, encoding)) => Err(unknown_encoding(url, encoding)),
        None => Ok(()),
    }
}

fn unknown_encoding(url: &str, encoding: &str) -> FetchError {
    let encoding = encoding.chars().filter(|character| !character.is_control()).take(60).collect();
    FetchError::UnknownEncoding { url: shown(url), encoding }
}

/// Decompression removes the promise, so that this is only asked of plain bodies.
fn check_length(url: &str, promised: Option<u64>, came: u64) -> Result<(), FetchError> {
    match promised {
        Some(promised) if promised != came => {
            let source = format!("{came} of {promised} bytes").into();
            Err(FetchError::Cut { url: shown(url), source })
        }
        _ => Ok(()),
    }
}

fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}

fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
