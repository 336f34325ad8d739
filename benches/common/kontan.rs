//! The built-in source, and polls of it, as every bench records them. Knows no market: what a page shows is given.

use std::time::Duration;

use pantau::domain::{Attempt, Origin, Outcome, Page, Timestamp};
use pantau::ingest::Source;
use pantau::parse::Layout;

/// As the configuration has it where it says nothing.
pub(crate) fn source() -> Source {
    Source {
        name: "kontan".to_owned(),
        url: "https://www.kontan.co.id/".to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(900),
    }
}

/// A page that was just fetched, and how that went.
pub(crate) fn poll(at: Timestamp, body: String) -> (Page, Attempt) {
    let attempt = Attempt {
        started_at: at,
        outcome: Outcome::Stored,
        http_status: Some(200),
        duration_ms: 150,
        body_bytes: u64::try_from(body.len()).ok(),
        rows: 0,
        detail: None,
    };
    let content_type = Some("text/html; charset=utf-8".to_owned());
    let page = Page {
        url: source().url,
        body: body.into_bytes(),
        content_type,
        captured_at: at,
        origin: Origin::Live,
    };
    (page, attempt)
}
