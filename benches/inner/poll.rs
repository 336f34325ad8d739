//! Recording one poll, each in a transaction of its own: of a header that changed, and of one that stands still.

use std::path::PathBuf;

use chrono::{DateTime, TimeDelta};
use divan::Bencher;
use pantau::domain::{Attempt, Page, Timestamp, Validators};
use pantau::ingest::{Source, ingest_poll};
use pantau::store::{Store, StoreError};

use crate::kontan;
use crate::labels::LABELS;
use crate::market::Market;

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
        kontan::poll(self.at, self.market.page())
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
    let source = kontan::source();
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
