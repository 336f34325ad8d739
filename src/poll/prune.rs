//! The daemon's broom: once a day it removes what is older than it is kept, a few rows at a time. What that is stands in
//! `old`.

use std::time::Duration;

use tokio::sync::watch;

use crate::clock::Clock;
use crate::domain::Timestamp;
use crate::format;
use crate::store::{SharedStore, Store, StoreError};

use super::old::{Aging, Retention, Sort};

/// The pause between two transactions.
const PAUSE: Duration = Duration::from_millis(200);
/// From one round to the next.
const DAY: Duration = Duration::from_secs(24 * 3600);
/// The same after a round that failed.
const HOUR: Duration = Duration::from_secs(3600);

/// How much went in a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Removed {
    polls: usize,
    pages: usize,
    messages: usize,
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

/// Removes what is old by now.
async fn round(store: &SharedStore, kept: Retention, now: Timestamp) -> Result<Removed, StoreError> {
    let mut removed = Removed::default();
    for aging in store.off_the_workers(move |store| kept.aging(store.tables(), now)).await? {
        let gone = sweep(store, &aging).await?;
        match aging.sort {
            Sort::Pages(_) => removed.pages += gone,
            Sort::Polls(_) => removed.polls += gone,
            Sort::Messages => removed.messages += gone,
        }
    }
    Ok(removed)
}

async fn sweep(store: &SharedStore, aging: &Aging) -> Result<usize, StoreError> {
    let asked = aging.clone();
    let before = store.off_the_workers(move |store| asked.old_before(store.tables())).await?;
    let Some(before) = before else { return Ok(0) };
    let mut removed = 0;
    loop {
        let aging = aging.clone();
        let some = move |store: &mut Store| store.write(|tables| aging.remove_some(tables, before));
        let gone = store.off_the_workers(some).await?;
        removed += gone;
        if gone == 0 {
            return Ok(removed);
        }
        tokio::time::sleep(PAUSE).await;
    }
}
