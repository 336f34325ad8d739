//! The daemon and the single poll: fetch a page, record what it says, leave a row in the poll log.
//!
//! Each source has a loop of its own, so a slow or failing one never delays another. Blocking database work
//! stays off the async workers. Knows no reqwest and no command line.

mod schedule;
#[cfg(test)]
mod tests;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::domain::{Attempt, Origin, Outcome, Page, Timestamp, Validators};
use crate::fetch::{Fetch, FetchError, Fetched};
use crate::format;
use crate::ingest::{self, Report, Source};
use crate::store::{Store, StoreError};

pub use schedule::Pace;

/// How long a page that is on its way may still take once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(1);
/// How long to wait before trying again to write to a database that another process holds.
const LOCKED_PAUSE: Duration = Duration::from_secs(1);

/// The one writer, shared by the loops of all sources.
pub type SharedStore = Arc<Mutex<Store>>;

/// Is told of each poll of a source once it is recorded.
pub type OnPoll = Arc<dyn Fn(&str, &Done) + Send + Sync>;

/// A source, how often it is polled, and what fetches it.
#[derive(Debug, Clone)]
pub struct Polled<F> {
    /// The source.
    pub source: Source,
    /// How often it is polled.
    pub pace: Pace,
    /// What fetches its page.
    pub fetch: F,
}

/// One poll, done and logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Done {
    /// What became of the page; empty when none came.
    pub report: Report,
    /// The row in the poll log.
    pub attempt: Attempt,
    /// Whether trying again soon may help, when no page came.
    pub is_transient: bool,
}

/// An answer that is not recorded yet.
#[derive(Debug, Clone)]
struct Answer {
    attempt: Attempt,
    body: Body,
    is_transient: bool,
}

#[derive(Debug, Clone)]
enum Body {
    Page(Page, Validators),
    NotModified(Timestamp),
    None,
}

/// Polls one source once.
///
/// # Errors
/// The database cannot be read or written. A page that cannot be fetched or understood is no error: it is logged.
pub async fn poll_once<F: Fetch>(
    store: &SharedStore,
    polled: &Polled<F>,
    clock: Clock,
) -> Result<Done, StoreError> {
    let validators = known_validators(store, &polled.source).await?;
    let answer = ask(polled, &validators, clock, std::future::pending()).await;
    record(store, &polled.source, answer).await
}

/// Polls every source at its pace, the first time at once, until `shutdown` is done; then finishes the polls in hand.
///
/// # Errors
/// A database that fails in any other way than being held by another process.
pub async fn run<F: Fetch + Send + Sync + 'static>(
    store: SharedStore,
    sources: Vec<Polled<F>>,
    calendar: Calendar,
    clock: Clock,
    on_poll: OnPoll,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StoreError> {
    let (stop, stopped) = watch::channel(false);
    let calendar = Arc::new(calendar);
    let mut loops = JoinSet::new();
    for polled in sources {
        let (store, calendar, on_poll) = (store.clone(), calendar.clone(), on_poll.clone());
        loops.spawn(poll_forever(store, polled, calendar, clock, on_poll, stopped.clone()));
    }
    tokio::pin!(shutdown);
    let first_end = tokio::select! {
        () = &mut shutdown => None,
        ended = loops.join_next() => ended,
    };
    stop.send_replace(true);
    let mut result = first_end.map_or(Ok(()), finished);
    while let Some(ended) = loops.join_next().await {
        result = result.and(finished(ended));
    }
    result
}

/// A loop's own result; a panic goes on where it is waited for.
fn finished(ended: Result<Result<(), StoreError>, tokio::task::JoinError>) -> Result<(), StoreError> {
    ended.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Ok(()),
    })
}

async fn poll_forever<F: Fetch>(
    store: SharedStore,
    polled: Polled<F>,
    calendar: Arc<Calendar>,
    clock: Clock,
    on_poll: OnPoll,
    mut stopped: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    while !*stopped.borrow() {
        let (started, started_at) = (Instant::now(), clock());
        let done = poll_patiently(&store, &polled, clock, &stopped).await?;
        on_poll(&polled.source.name, &done);
        let due = started + polled.pace.until_next(started_at, &calendar);
        tokio::select! {
            () = tokio::time::sleep_until(due) => {}
            _ = stopped.wait_for(|stopped| *stopped) => {}
        }
    }
    Ok(())
}

/// One poll of the daemon. A database held by another process is waited for: neither the daemon nor the answer
/// in hand is given up.
async fn poll_patiently<F: Fetch>(
    store: &SharedStore,
    polled: &Polled<F>,
    clock: Clock,
    stopped: &watch::Receiver<bool>,
) -> Result<Done, StoreError> {
    let source = &polled.source;
    let validators = match known_validators(store, source).await {
        Err(error) if error.is_locked() => Validators::default(),
        other => other?,
    };
    let answer = ask(polled, &validators, clock, grace(stopped.clone())).await;
    loop {
        match record(store, source, answer.clone()).await {
            Ok(done) => {
                log(source, &done);
                return Ok(done);
            }
            Err(error) if error.is_locked() && !*stopped.borrow() => {
                tracing::warn!(
                    source = source.name,
                    "the database is locked by another process; waiting for it"
                );
                tokio::time::sleep(LOCKED_PAUSE).await;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Done a little after the program was asked to stop.
async fn grace(mut stopped: watch::Receiver<bool>) {
    if stopped.wait_for(|stopped| *stopped).await.is_ok() {
        tokio::time::sleep(GRACE).await;
    }
}

/// Asks a server for its page, for as long as `cut` is not done.
async fn ask<F: Fetch>(
    polled: &Polled<F>,
    validators: &Validators,
    clock: Clock,
    cut: impl Future<Output = ()>,
) -> Answer {
    let (started, started_at) = (Instant::now(), clock());
    let fetched = tokio::select! {
        fetched = polled.fetch.fetch(&polled.source.url, validators) => Some(fetched),
        () = cut => None,
    };
    let attempt = Attempt {
        started_at,
        outcome: Outcome::Interrupted,
        http_status: None,
        duration_ms: u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX),
        body_bytes: None,
        rows: 0,
        detail: None,
    };
    match fetched {
        None => {
            let detail = Some("stopped before the answer was complete".to_owned());
            Answer { attempt: Attempt { detail, ..attempt }, body: Body::None, is_transient: true }
        }
        Some(Ok(fetched)) => answered(fetched, clock(), attempt),
        Some(Err(error)) => failed(&error, attempt),
    }
}

fn answered(fetched: Fetched, now: Timestamp, attempt: Attempt) -> Answer {
    match fetched {
        Fetched::NotModified { status } => Answer {
            attempt: Attempt { http_status: Some(status), ..attempt },
            body: Body::NotModified(now),
            is_transient: false,
        },
        Fetched::Page { body, final_url, content_type, status, validators } => {
            let body_bytes = u64::try_from(body.len()).ok();
            let page = Page { url: final_url, body, content_type, captured_at: now, origin: Origin::Live };
            Answer {
                attempt: Attempt { http_status: Some(status), body_bytes, ..attempt },
                body: Body::Page(page, validators),
                is_transient: false,
            }
        }
    }
}

fn failed(error: &FetchError, attempt: Attempt) -> Answer {
    let attempt = Attempt {
        outcome: error.outcome(),
        http_status: error.status(),
        detail: Some(format::error_chain(error)),
        ..attempt
    };
    Answer { attempt, body: Body::None, is_transient: error.is_transient() }
}

async fn known_validators(store: &SharedStore, source: &Source) -> Result<Validators, StoreError> {
    let source = source.clone();
    off_the_workers(store, move |store| ingest::validators(store.tables(), &source)).await
}

/// One poll is one transaction: all of it or none.
async fn record(store: &SharedStore, source: &Source, answer: Answer) -> Result<Done, StoreError> {
    let source = source.clone();
    off_the_workers(store, move |store| {
        let Answer { attempt, body, is_transient } = answer;
        let (report, attempt) = store.write(|tables| match body {
            Body::Page(page, validators) => ingest::ingest_poll(tables, &source, &page, validators, attempt),
            Body::NotModified(seen_at) => ingest::confirm(tables, &source, seen_at, attempt),
            Body::None => {
                ingest::log_failure(tables, &source, &attempt).map(|()| (Report::default(), attempt))
            }
        })?;
        Ok(Done { report, attempt, is_transient })
    })
    .await
}

/// Runs blocking database work where blocking is allowed. It is never cancelled: dropping the future only stops
/// waiting for it.
async fn off_the_workers<T: Send + 'static>(
    store: &SharedStore,
    work: impl FnOnce(&mut Store) -> Result<T, StoreError> + Send + 'static,
) -> Result<T, StoreError> {
    let store = store.clone();
    let done = tokio::task::spawn_blocking(move || {
        // A panic inside a transaction has rolled it back; the connection is as good as before.
        let mut store = store.lock().unwrap_or_else(PoisonError::into_inner);
        work(&mut store)
    });
    done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}

/// One line a poll.
fn log(source: &Source, done: &Done) {
    let Attempt { outcome, http_status, duration_ms, rows, ref detail, .. } = done.attempt;
    let (name, outcome_word) = (source.name.as_str(), outcome.word());
    let (stored, held) = (done.report.count(ingest::Fate::Stored), done.report.count(ingest::Fate::Held));
    let status = http_status.map(tracing::field::display);
    let detail = detail.as_deref().map(tracing::field::display);
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                source = name,
                outcome = outcome_word,
                duration_ms,
                status,
                rows,
                stored,
                held,
                detail,
                "poll"
            )
        };
    }
    if outcome.is_success() && !done.report.has_defects() { line!(info) } else { line!(warn) }
}
