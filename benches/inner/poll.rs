//! Recording one poll, each in a transaction of its own: of a header that changed, and of one that stands still.

use std::path::PathBuf;
use std::time::Duration;

use chrono::{DateTime, TimeDelta};
use divan::Bencher;
use pantau::domain::{Attempt, Origin, Outcome, Page, Timestamp, Validators};
use pantau::ingest::{Source, ingest_poll};
use pantau::parse::Layout;
use pantau::store::{Store, StoreError};

use crate::labels::LABELS;
use crate::market::Market;

const URL: &str = "https://www.kontan.co.id/";

/// Where the rows go.
#[derive(Debug, Clone, Copy)]
enum Place {
    Memory,
    /// Where a commit waits for the disk.
    File,
}

/// What the next poll finds.
#[derive(Debug, Clone, Copy)]
enum Next {
    New,
    Confirming,
}

/// The polls of a session, a minute apart.
struct Polls {
    market: Market,
    at: Timestamp,
    next: Next,
}

impl Polls {
    fn new(next: Next) -> Self {
        // A Thursday, ten minutes into the session.
        let at = DateTime::from_timestamp(1_735_784_400, 0).unwrap() + TimeDelta::minutes(10);
        let mut market = Market::new(7);
        market.go_on(at);
        Self { market, at, next }
    }

    fn next(&mut self) -> (Page, Attempt) {
        self.at += TimeDelta::minutes(1);
        if matches!(self.next, Next::New) {
            self.market.trade();
        }
        let body = self.market.page().into_bytes();
        let attempt = Attempt {
            started_at: self.at,
            outcome: Outcome::Stored,
            http_status: Some(200),
            duration_ms: 150,
            body_bytes: u64::try_from(body.len()).ok(),
            rows: 0,
            detail: None,
        };
        let content_type = Some("text/html; charset=utf-8".to_owned());
        let page =
            Page { url: URL.to_owned(), body, content_type, captured_at: self.at, origin: Origin::Live };
        (page, attempt)
    }
}

fn record(store: &mut Store, source: &Source, (page, attempt): (Page, Attempt)) -> usize {
    let report = store.write(|tables| {
        let (report, _) = ingest_poll(tables, source, &page, Validators::default(), attempt)?;
        Ok::<_, StoreError>(report)
    });
    report.unwrap().quotes.len()
}

fn bench(bencher: Bencher<'_, '_>, place: Place, next: Next) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("inner.db");
    let mut store = match place {
        Place::Memory => Store::open_in_memory().unwrap(),
        Place::File => Store::open_writer(&path).unwrap(),
    };
    let source = Source {
        name: "kontan".to_owned(),
        url: URL.to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(60),
    };
    let mut polls = Polls::new(next);
    assert_eq!(record(&mut store, &source, polls.next()), LABELS.len());
    bencher.with_inputs(|| polls.next()).bench_local_values(|poll| record(&mut store, &source, poll));
}

#[divan::bench(args = [Place::Memory, Place::File])]
fn a_poll_that_is_new(bencher: Bencher<'_, '_>, place: Place) {
    bench(bencher, place, Next::New);
}

#[divan::bench(args = [Place::Memory, Place::File])]
fn a_poll_that_confirms(bencher: Bencher<'_, '_>, place: Place) {
    bench(bencher, place, Next::Confirming);
}
