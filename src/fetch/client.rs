//! The client: one request, its redirects, and a body that is read only as far as the cap.
//! Knows neither when to ask nor what an answer is worth.

use std::sync::Arc;

use reqwest::header::{self, HeaderMap, HeaderName, HeaderValue};
use reqwest::redirect::Policy;
use reqwest::{ClientBuilder, Response, StatusCode};
use tokio::time::Instant;
use url::Url;

use super::error::FetchError;
use super::guard::disguise;
use super::http::Http;
use super::names::{Guarded, Names, SystemNames};
use super::redirect::{Way, has_userinfo};
use super::shown::{bare, shown};
use super::{Fetch, FetchOptions, Fetched, Robots, Validators, robots};

/// The most headers of an answer. Those of HTTP/1 are at most 408 KiB together, which is fixed in hyper.
const MAX_HEADERS: usize = 100;
/// The most bytes that the headers of an answer over HTTP/2 have together.
const MAX_HEADER_BYTES: u32 = 64 * 1024;

/// Fetches pages over http and https. Cheap to clone; clones share their connections.
#[derive(Debug, Clone)]
pub struct Client {
    pub(super) http: Http,
    options: Arc<FetchOptions>,
}

/// Clients that do the same: where one has to be made anew is no difference.
impl PartialEq for Client {
    fn eq(&self, other: &Self) -> bool {
        self.options == other.options
    }
}

/// What to do with a body beyond its cap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Beyond {
    Refuse,
    Leave,
}

impl Client {
    /// Makes a client. Proxies of the environment are not used: they would connect in our place.
    ///
    /// # Errors
    /// A user agent that cannot stand in a header, or no TLS.
    pub fn new(options: &FetchOptions) -> Result<Self, FetchError> {
        Self::with_names(options, SystemNames)
    }

    /// Makes a client that asks others than the system for the addresses of names.
    ///
    /// # Errors
    /// As [`Client::new`].
    pub fn with_names<N: Names>(options: &FetchOptions, names: N) -> Result<Self, FetchError> {
        Self::build(options, names, |builder| builder)
    }

    /// Makes a client that hands a body over as it lies there, coded or not.
    pub(super) fn of_files(options: &FetchOptions) -> Result<Self, FetchError> {
        let undoes_nothing = |builder: ClientBuilder| builder.no_gzip().no_brotli().no_zstd().no_deflate();
        Self::build(options, SystemNames, undoes_nothing)
    }

    fn build<N: Names>(
        options: &FetchOptions,
        names: N,
        shape: impl Fn(ClientBuilder) -> ClientBuilder + Send + 'static,
    ) -> Result<Self, FetchError> {
        let guarded = Guarded::new(names, options.inside.as_deref());
        let options = Arc::new(options.clone());
        let described = options.clone();
        let http = Http::new(move || shape(builder(&described)).dns_resolver(guarded.clone()))?;
        Ok(Self { http, options })
    }

    /// The bounds that it keeps.
    #[must_use]
    pub fn options(&self) -> &FetchOptions {
        &self.options
    }

    /// Fetches one page; see [`Fetch::fetch`].
    ///
    /// # Errors
    /// Whatever kept a complete page from arriving.
    pub async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        let conditions = conditions(validators);
        let mut way = Way::from(address(url)?, self.options.max_redirects, self.options.inside.as_deref());
        let answer = self.answer(url, &mut way, &conditions).await?;
        let is_conditional = !conditions.is_empty() && way.is_at_its_begin();
        if is_conditional && answer.status() == StatusCode::NOT_MODIFIED {
            return Ok(Fetched::NotModified { status: answer.status().as_u16() });
        }
        self.page(url, answer, &way).await
    }

    /// The first answer that is no redirect. Each hop is a request of its own, so that the address that was judged
    /// is the one that is asked, and no other server is told what the first one said of its page.
    async fn answer(
        &self,
        url: &str,
        way: &mut Way<'_>,
        conditions: &HeaderMap,
    ) -> Result<Response, FetchError> {
        let deadline = Instant::now() + self.options.total_timeout;
        loop {
            let mut request = self.http.of(way.here())?.get(way.here().clone());
            if way.is_at_its_begin() {
                request = request.headers(conditions.clone());
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let sent = request.timeout(left).send().await;
            let answer = sent.map_err(|error| FetchError::of_request(url, &error))?;
            let Some(next) = location(&answer) else { return Ok(answer) };
            let refused = |source| FetchError::Redirect { url: shown(url), source };
            way.follow(next).map_err(refused)?;
        }
    }

    /// Fetches the rules of the site of an address; see [`Fetch::robots`].
    ///
    /// # Errors
    /// They cannot be had, or not be read.
    pub async fn robots(&self, url: &str) -> Result<Robots, FetchError> {
        let mut address = address(url)?;
        address.set_path("/robots.txt");
        address.set_query(None);
        address.set_fragment(None);
        let url = address.to_string();
        match self.rules(&url, address).await {
            // RFC 9309: rules that are not available forbid nothing.
            Err(FetchError::Status { status: 300..=499, .. } | FetchError::Redirect { .. }) => {
                Ok(Robots::default())
            }
            rules => rules,
        }
    }

    async fn rules(&self, url: &str, address: Url) -> Result<Robots, FetchError> {
        let mut way = Way::from(address, self.options.max_redirects, self.options.inside.as_deref());
        let answer = self.answer(url, &mut way, &HeaderMap::new()).await?;
        check_status(url, &answer)?;
        check_encoding(url, answer.headers())?;
        let text = self.body(url, answer, robots::MOST_BYTES, Beyond::Leave).await?;
        Robots::read(self.robot_name(), &text)
            .map_err(|problem| FetchError::Rules { url: shown(url), source: problem.into() })
    }

    async fn page(&self, url: &str, answer: Response, way: &Way<'_>) -> Result<Fetched, FetchError> {
        check_status(url, &answer)?;
        check_encoding(url, answer.headers())?;
        Ok(Fetched::Page {
            final_url: bare(answer.url()).into(),
            content_type: text_of(answer.headers(), header::CONTENT_TYPE),
            status: answer.status().as_u16(),
            // What another server says of its page is nothing to send to the one that is asked first.
            validators: if way.is_at_its_begin() { validators(&answer) } else { Validators::default() },
            body: self.body(url, answer, self.options.max_body, Beyond::Refuse).await?,
        })
    }

    /// A body without any coding.
    pub(super) async fn body(
        &self,
        url: &str,
        answer: Response,
        limit: u64,
        beyond: Beyond,
    ) -> Result<Vec<u8>, FetchError> {
        let body = self.pieces(url, answer, limit, beyond).await?;
        check_undone(url, &body)?;
        Ok(body)
    }

    /// Reads piece by piece, so that a bomb costs no more than the cap and one piece.
    pub(super) async fn pieces(
        &self,
        url: &str,
        mut answer: Response,
        limit: u64,
        beyond: Beyond,
    ) -> Result<Vec<u8>, FetchError> {
        let too_large = || FetchError::TooLarge { url: shown(url), limit };
        let promised = answer.content_length();
        if beyond == Beyond::Refuse && promised.is_some_and(|promised| promised > limit) {
            return Err(too_large());
        }
        let mut body = Vec::new();
        // Of a length that is promised truly nothing is copied twice; one that is not costs no memory before it comes.
        body.reserve_exact(
            promised.and_then(|promised| usize::try_from(promised.min(limit)).ok()).unwrap_or_default(),
        );
        while let Some(piece) = answer.chunk().await.map_err(|error| FetchError::of_body(url, &error))? {
            if length(&body) + length(&piece) > limit {
                return match beyond {
                    Beyond::Refuse => Err(too_large()),
                    Beyond::Leave => Ok(whole_lines(body)),
                };
            }
            body.extend_from_slice(&piece);
        }
        check_length(url, promised, length(&body))?;
        Ok(body)
    }
}

impl Fetch for Client {
    async fn fetch(&self, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
        Self::fetch(self, url, validators).await
    }

    async fn robots(&self, url: &str) -> Result<Robots, FetchError> {
        Self::robots(self, url).await
    }

    fn robot_name(&self) -> &str {
        robots::name(&self.options.user_agent)
    }
}

/// The text up to its last line end.
fn whole_lines(mut text: Vec<u8>) -> Vec<u8> {
    let end = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    text.truncate(end);
    text
}

pub(super) fn builder(options: &FetchOptions) -> ClientBuilder {
    reqwest::Client::builder()
        .user_agent(&options.user_agent)
        .connect_timeout(options.connect_timeout)
        .read_timeout(options.total_timeout)
        .timeout(options.total_timeout)
        .redirect(Policy::none())
        .referer(false)
        .http1_max_headers(MAX_HEADERS)
        .http2_max_header_list_size(MAX_HEADER_BYTES)
        .no_proxy()
        .pool_max_idle_per_host(1)
}

/// The address as one that may be asked.
pub(super) fn address(url: &str) -> Result<Url, FetchError> {
    let bad = |problem: &str| FetchError::BadUrl { url: shown(url), problem: problem.to_owned() };
    let address = Url::parse(url).map_err(|error| bad(&error.to_string()))?;
    if !matches!(address.scheme(), "http" | "https") {
        return Err(bad("neither http nor https"));
    }
    if has_userinfo(&address) {
        return Err(bad("it has a user in it"));
    }
    if let Some(problem) = disguise(url, &address) {
        return Err(bad(&problem));
    }
    Ok(address)
}

/// Where a redirect leads. One that leads nowhere is an answer like any other.
fn location(answer: &Response) -> Option<Url> {
    if !matches!(answer.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = answer.headers().get(header::LOCATION)?.to_str().ok()?;
    answer.url().join(location).ok().filter(|_| !location.is_empty())
}

fn validators(answer: &Response) -> Validators {
    Validators {
        etag: text_of(answer.headers(), header::ETAG),
        last_modified: text_of(answer.headers(), header::LAST_MODIFIED),
    }
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

/// Two headers of encoding count as one for reqwest, which undoes one of two and drops both.
/// No page begins like a gzip, zstd or zlib file; a brotli file has no mark to know it by.
fn check_undone(url: &str, body: &[u8]) -> Result<(), FetchError> {
    let magics: [(&[u8], &str); 5] = [
        (&[0x1f, 0x8b, 0x08], "gzip"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (&[0x78, 0x01], "deflate"),
        (&[0x78, 0x9c], "deflate"),
        (&[0x78, 0xda], "deflate"),
    ];
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

pub(super) fn text_of(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}
