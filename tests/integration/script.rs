//! A database written poll by poll, as a daemon would have, at any time in the past.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use pantau::domain::{Attempt, Origin, Outcome, Page, Validators};
use pantau::ingest::{self, Source};
use pantau::parse::Layout;
use pantau::store::Store;

use crate::common::Home;

/// A time of the market: `2024-11-22T10:00`.
pub(crate) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(&format!("{text}:00+07:00")).unwrap().to_utc()
}

/// The daemon that writes it.
pub(crate) struct Script {
    store: Store,
    source: Source,
}

impl Script {
    /// Writes to the database of a home, as the source `kontan`.
    pub(crate) fn new(home: &Home) -> Self {
        let source = Source {
            name: "kontan".to_owned(),
            url: "https://www.kontan.co.id/".to_owned(),
            layout: Layout::Kontan,
            slowest_poll: Duration::from_secs(15 * 60),
        };
        Self { store: Store::open_writer(&home.database()).unwrap(), source }
    }

    /// A poll that saw a level of LQ45.
    pub(crate) fn sees(&mut self, at: DateTime<Utc>, level: u32) {
        self.gets(at, &format!("| INDIKATOR |\nLQ45 {level} 0,00 0,00%"));
    }

    /// A poll that was answered with a page.
    pub(crate) fn gets(&mut self, at: DateTime<Utc>, body: &str) {
        let page = Page {
            url: self.source.url.clone(),
            body: body.as_bytes().to_vec(),
            content_type: None,
            captured_at: at + TimeDelta::seconds(1),
            origin: Origin::Live,
        };
        let attempt = attempt(at, Outcome::Stored, Some(200));
        let (source, validators) = (&self.source, Validators::default());
        self.store.write(|tables| ingest::ingest_poll(tables, source, &page, validators, attempt)).unwrap();
    }

    /// A poll that brought no page.
    pub(crate) fn fails(&mut self, at: DateTime<Utc>, outcome: Outcome, status: Option<u16>) {
        let (source, attempt) = (&self.source, attempt(at, outcome, status));
        self.store.write(|tables| ingest::log_failure(tables, source, &attempt)).unwrap();
    }

    /// Something at every minute from one time to another, the end not included.
    pub(crate) fn every_minute(
        &mut self,
        from: &str,
        to: &str,
        mut poll: impl FnMut(&mut Self, DateTime<Utc>, u32),
    ) {
        let minutes = u32::try_from((at(to) - at(from)).num_minutes()).unwrap();
        for minute in 0..minutes {
            poll(self, at(from) + TimeDelta::minutes(minute.into()), minute);
        }
    }
}

fn attempt(started_at: DateTime<Utc>, outcome: Outcome, http_status: Option<u16>) -> Attempt {
    Attempt { started_at, outcome, http_status, duration_ms: 900, body_bytes: None, rows: 0, detail: None }
}
