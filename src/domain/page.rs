//! The bytes of one page and where they came from.

use super::Timestamp;

/// Whether a page reached us from its site or from an archive of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Origin {
    /// Fetched from the site.
    Live,
    /// Read from a file or an archive.
    Archive,
}

impl Origin {
    /// The word in SQL and on screen.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Archive => "archive",
        }
    }
}

/// One answer of a site, decoded from its transfer but not from its character set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Where it stood, or the file it was read from.
    pub url: String,
    /// The body.
    pub body: Vec<u8>,
    /// The `Content-Type` header, when there was one.
    pub content_type: Option<String>,
    /// When the bytes reached us, or the crawler. Never a date printed on the page.
    pub captured_at: Timestamp,
    /// Who fetched it.
    pub origin: Origin,
}

/// What a server said about the version of its page, sent back to it the next time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Validators {
    /// `ETag`, sent as `If-None-Match`.
    pub etag: Option<String>,
    /// `Last-Modified`, sent as `If-Modified-Since`.
    pub last_modified: Option<String>,
}
