//! The daemon's broom: once a day it removes what is older than it is kept, a few rows at a time. Which polls may go is
//! decided in `ingest`; observations never go.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::store::{SharedStore, Store, StoreError, StoredSource};
use crate::{format, ingest};

/// How many polls go in one transaction, which takes a few milliseconds; a poll in between waits no longer.
pub const BATCH: u32 = 500;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(200);
/// From one round to the next.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The same after a round that failed.
const HOUR: Duration = Duration::from_secs(3600);

/// How long what is not an observation is kept; observations and their texts are kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The poll log, and messages of alerts that wait no longer; absent where they are kept for ever.
    pub polls: Option<Duration>,
    /// Whole pages that could not be read; absent where they are kept for ever.
    pub pages: Option<Duration>,
}

impl Default for Retention {
    /// A year of coverage and a month to look at it; three months to notice that a page changed.
    fn default() -> Self {
        let days = |days: u64| Some(Duration::from_secs(days * 86_400));
        Self { polls: days(400), pages: days(90) }
    }
}

/// How much went in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Removed {
    polls: usize,
    pages: usize,
    messages: usize,
}

/// From when on something is kept, if it is kept for so long.
#[must_use]
pub fn cutoff(now: Timestamp, kept: Duration) -> Option<Timestamp> {
    now.checked_sub_signed(TimeDelta::from_std(kept).ok()?)
}

/// Removes what is old now, once a day, and when it changes how long things are kept; for as long as it is not dropped.
/// A round that fails is logged and tried again.
pub async fn prune_daily(store: SharedStore, mut kept: watch::Receiver<Retention>, clock: Clock) {
    loop {
        let retention = *kept.borrow_and_update();
        let pause = told(round(&store, retention, clock()).await);
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = kept.changed() => if changed.is_err() { return },
        }
    }
}

/// Logs how a round went; says how long to wait for the next one.
fn told(round: Result<Removed, StoreError>) -> Duration {
    match round {
        Ok(removed) if removed == Removed::default() => DAY,
        Ok(Removed { polls, pages, messages }) => {
            tracing::info!(polls, pages, messages, "removed what is older than it is kept");
            DAY
        }
        Err(error) => {
            let error = format::error_chain(&error);
            tracing::warn!(error, "what is older than it is kept was not removed; trying again in an hour");
            HOUR
        }
    }
}

/// Removes what is due: of every source, and of the messages of alerts.
async fn round(store: &SharedStore, kept: Retention, now: Timestamp) -> Result<Removed, StoreError> {
    let polls_since = kept.polls.and_then(|kept| cutoff(now, kept));
    let pages_since = kept.pages.and_then(|kept| cutoff(now, kept));
    let mut removed = Removed::default();
    for source in store.off_the_workers(|store| store.tables().sources()).await? {
        if let Some(since) = pages_since {
            let id = source.id;
            let pages = move |store: &mut Store| store.write(|tables| tables.drop_pages_before(id, since));
            removed.pages += store.off_the_workers(pages).await?;
        }
        if let Some(since) = polls_since {
            removed.polls += polls_of(store, source, since).await?;
        }
    }
    if let Some(since) = polls_since {
        let messages = move |store: &mut Store| store.write(|tables| tables.drop_deliveries_before(since));
        removed.messages = store.off_the_workers(messages).await?;
    }
    Ok(removed)
}

async fn polls_of(store: &SharedStore, source: StoredSource, cutoff: Timestamp) -> Result<usize, StoreError> {
    let asked = source.clone();
    let begin = store.off_the_workers(move |store| ingest::log_begin(store.tables(), &asked, cutoff)).await?;
    let Some(begin) = begin else { return Ok(0) };
    let mut removed = 0;
    loop {
        let source = source.clone();
        let batch =
            move |store: &mut Store| store.write(|tables| ingest::prune(tables, &source, begin, BATCH));
        let gone = store.off_the_workers(batch).await?;
        removed += gone;
        if gone == 0 {
            return Ok(removed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
