//! How a request can fail, one variant for each step of it, and what a caller may ask of a failure.

use std::error::Error;
use std::io;

use super::guard::Forbidden;
use super::redirect::Refusal;
use super::shown::shown;
use crate::domain::Outcome;

/// The error beneath ours. It does not repeat the address.
pub type Source = Box<dyn Error + Send + Sync>;

/// Why no page came. Every variant that concerns one request names its address.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The client itself could not be made.
    #[error("failed to set up the HTTP client")]
    Setup {
        /// What went wrong.
        #[source]
        source: Source,
    },
    /// The address is none that can be asked.
    #[error("'{url}' is not a URL to fetch: {problem}")]
    BadUrl {
        /// The address.
        url: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The name is unknown, or nothing answers there.
    #[error("failed to connect to {url}")]
    Connect {
        /// The address.
        url: String,
        /// What went wrong.
        #[source]
        source: Source,
    },
    /// The name leads into a private network, which nobody said that it would. Nothing was connected to.
    #[error("{url} was not asked")]
    Forbidden {
        /// The address that was asked for.
        url: String,
        /// Why not.
        #[source]
        source: Forbidden,
    },
    /// Connected, but no agreement on encryption or certificates.
    #[error("failed to agree on TLS with {url}")]
    Tls {
        /// The address.
        url: String,
        /// What went wrong.
        #[source]
        source: Source,
    },
    /// The answer was not complete in time.
    #[error("no complete answer from {url} in time")]
    Timeout {
        /// The address.
        url: String,
        /// What was being waited for.
        #[source]
        source: Source,
    },
    /// A redirect that is not followed.
    #[error("{url} was not followed")]
    Redirect {
        /// The address that was asked for.
        url: String,
        /// Why not.
        #[source]
        source: Refusal,
    },
    /// An answer other than a page.
    #[error("{url} answered with status {status}")]
    Status {
        /// The address.
        url: String,
        /// The status.
        status: u16,
        /// The `Retry-After` header, as it came.
        retry_after: Option<String>,
    },
    /// The connection ended before the answer did.
    #[error("the answer of {url} was cut short")]
    Cut {
        /// The address.
        url: String,
        /// What went wrong.
        #[source]
        source: Source,
    },
    /// The answer begins with more or longer headers than are read.
    #[error("the headers of the answer of {url} are too many or too long")]
    LongHead {
        /// The address.
        url: String,
    },
    /// The body has more bytes than are read, counted after decompression.
    #[error("the answer of {url} has more than {limit} bytes")]
    TooLarge {
        /// The address.
        url: String,
        /// How many would have been read.
        limit: u64,
    },
    /// The body is compressed in a way that was not asked for, or twice.
    #[error("the answer of {url} is encoded as '{encoding}', which cannot be undone")]
    UnknownEncoding {
        /// The address.
        url: String,
        /// The `Content-Encoding` header.
        encoding: String,
    },
    /// The rules of a site for robots hold one that cannot be read within bounds.
    #[error("failed to read the rules of {url}")]
    Rules {
        /// The address.
        url: String,
        /// What is wrong with it.
        #[source]
        source: Source,
    },
    /// The body is not what its `Content-Encoding` says.
    #[error("failed to decompress the answer of {url}")]
    Decompress {
        /// The address.
        url: String,
        /// What went wrong.
        #[source]
        source: Source,
    },
}

impl FetchError {
    /// Whether the same request may well succeed a little later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { .. } | Self::Timeout { .. } | Self::Cut { .. } => true,
            Self::Status { status, .. } => matches!(status, 408 | 429 | 500..=599),
            _ => false,
        }
    }

    /// The status of the answer, when one was the reason.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Status { status, .. } => Some(*status),
            _ => None,
        }
    }

    /// The `Retry-After` header of the answer, as it came: seconds or a date.
    #[must_use]
    pub fn retry_after(&self) -> Option<&str> {
        match self {
            Self::Status { retry_after, .. } => retry_after.as_deref(),
            _ => None,
        }
    }

    /// How the attempt ended, for the poll log.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Setup { .. }
            | Self::BadUrl { .. }
            | Self::Connect { .. }
            | Self::Forbidden { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::Cut { .. } => Outcome::Unreachable,
            Self::Status { status: 403 | 429, .. } => Outcome::Blocked,
            Self::Status { .. }
            | Self::Redirect { .. }
            | Self::UnknownEncoding { .. }
            | Self::Rules { .. }
            | Self::Decompress { .. } => Outcome::HttpError,
            Self::TooLarge { .. } | Self::LongHead { .. } => Outcome::TooLarge,
        }
    }

    /// The same of an address that is shown in another way.
    pub(super) fn about(self, shown: &str) -> Self {
        match self {
            Self::BadUrl { problem, .. } => Self::BadUrl { url: shown.to_owned(), problem },
            other => other,
        }
    }

    /// A failure before the headers of the answer were complete.
    pub(super) fn of_request(url: &str, error: &reqwest::Error) -> Self {
        let url = shown(url);
        if let Some(forbidden) = find::<Forbidden>(error) {
            return Self::Forbidden { url, source: forbidden.clone() };
        }
        if is_long_head(error) {
            return Self::LongHead { url };
        }
        let source = beneath(error);
        if error.is_timeout() {
            Self::Timeout { url, source }
        } else if is_tls(error) {
            Self::Tls { url, source }
        } else if error.is_connect() {
            Self::Connect { url, source }
        } else {
            Self::Cut { url, source }
        }
    }

    /// A failure in the midst of the body.
    pub(super) fn of_body(url: &str, error: &reqwest::Error) -> Self {
        let url = shown(url);
        let source = beneath(error);
        if error.is_timeout() {
            Self::Timeout { url, source }
        } else if is_decompression(error) {
            Self::Decompress { url, source }
        } else {
            Self::Cut { url, source }
        }
    }

    pub(super) fn of_setup(error: &reqwest::Error) -> Self {
        Self::Setup { source: beneath(error) }
    }
}

/// What lies beneath reqwest's own words, which only say "request" or "body" up to three times over
/// and repeat the address.
fn beneath(error: &reqwest::Error) -> Source {
    let mut told: Vec<String> =
        causes(error).filter(|cause| !cause.is::<reqwest::Error>()).map(ToString::to_string).collect();
    told.dedup();
    let last =
        || causes(error).skip(1).last().map_or_else(|| "no reason given".to_owned(), ToString::to_string);
    if told.is_empty() { last().into() } else { told.join(": ").into() }
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

fn find<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    causes(error).find_map(|cause| cause.downcast_ref())
}

/// A TLS failure comes wrapped in one or more `io::Error`s, which skip what they wrap as a source.
fn is_tls(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.downcast_ref().map_or_else(|| cause.is::<rustls::Error>(), wraps_tls))
}

fn wraps_tls(io: &io::Error) -> bool {
    io.get_ref().is_some_and(|inner| {
        inner.downcast_ref().map_or_else(|| inner.is::<rustls::Error>(), |io: &io::Error| wraps_tls(io))
    })
}

/// hyper has no name for it that could be asked for without depending on hyper; a test holds these words.
fn is_long_head(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| cause.to_string() == "message head is too large")
}

/// The decoders report nonsense as bare `io::Error`s; what the connection reports comes by way of hyper, nonsense in
/// the framing of the body too.
fn is_decompression(error: &(dyn Error + 'static)) -> bool {
    let is_bare = causes(error).all(|cause| cause.is::<reqwest::Error>() || cause.is::<io::Error>());
    let deepest = causes(error).last().and_then(|cause| cause.downcast_ref::<io::Error>());
    is_bare
        && deepest.is_some_and(|io| {
            matches!(
                io.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::Other
            )
        })
}
