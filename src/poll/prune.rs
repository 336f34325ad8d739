//! The daemon's broom: once a day it removes polls that are older than they are kept, a few at a time. What may go is
//! decided in `ingest`.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::sync::watch;

use super::{SharedStore, off_the_workers};
use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::store::{Store, StoreError, StoredSource};
use crate::{format, ingest};

/// How many polls go in one transaction, which takes a few milliseconds; a poll in between waits no longer.
pub const BATCH: u32 = 500;
/// The pause between two of them.
const PAUSE: Duration = Duration::from_millis(200);
/// From one round to the next.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The same after a round that failed.
const HOUR: Duration = Duration::from_secs(3600);

/// From when on polls are kept, if they are kept for so long.
#[must_use]
pub fn cutoff(now: Timestamp, kept: Duration) -> Option<Timestamp> {
    now.checked_sub_signed(TimeDelta::from_std(kept).ok()?)
}

/// Removes old polls now, once a day, and when it changes how long they are kept; for as long as it is not dropped. A
/// round that fails is logged and tried again. Without a length polls are kept for ever.
pub async fn prune_daily(store: SharedStore, mut kept: watch::Receiver<Option<Duration>>, clock: Clock) {
    loop {
        let length = *kept.borrow_and_update();
        let pause = match length {
            Some(length) => told(round(&store, length, clock).await),
            None => DAY,
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            changed = kept.changed() => if changed.is_err() { return },
        }
    }
}

/// Logs how a round went; says how long to wait for the next one.
fn told(round: Result<usize, StoreError>) -> Duration {
    match round {
        Ok(0) => DAY,
        Ok(removed) => {
            tracing::info!(removed, "pruned the poll log");
            DAY
        }
        Err(error) => {
            let error = format::error_chain(&error);
            tracing::warn!(error, "the poll log was not pruned; trying again in an hour");
            HOUR
        }
    }
}

/// Removes what is due in every source.
async fn round(store: &SharedStore, kept: Duration, clock: Clock) -> Result<usize, StoreError> {
    let Some(cutoff) = cutoff(clock(), kept) else { return Ok(0) };
    let mut removed = 0;
    for source in off_the_workers(store, |store| store.tables().sources()).await? {
        removed += of_source(store, source, cutoff).await?;
    }
    Ok(removed)
}

async fn of_source(
    store: &SharedStore,
    source: StoredSource,
    cutoff: Timestamp,
) -> Result<usize, StoreError> {
    let asked = source.clone();
    let begin =
        off_the_workers(store, move |store| ingest::log_begin(store.tables(), &asked, cutoff)).await?;
    let Some(begin) = begin else { return Ok(0) };
    let mut removed = 0;
    loop {
        let source = source.clone();
        let batch =
            move |store: &mut Store| store.write(|tables| ingest::prune(tables, &source, begin, BATCH));
        let gone = off_the_workers(store, batch).await?;
        removed += gone;
        if gone == 0 {
            return Ok(removed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
