//! The daemon and the single poll: fetch a page, record what it says, leave a row in the poll log.
//!
//! Each source has a loop of its own, so a slow or failing one never delays another. When a source is due is decided
//! by pure functions of its schedule ([`Schedule`]), its past ([`Past`]) and the time ([`next_due`]); the loops obey.
//! Blocking database work stays off the async workers. Knows no reqwest and no command line.

mod backoff;
mod clock_step;
mod cron;
mod cycle;
mod daemon;
mod hosts;
mod manners;
mod order;
mod past;
mod patience;
mod progress;
mod prune;
mod robots;
mod schedule;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use crate::clock::Clock;
use crate::domain::{Attempt, Origin, Outcome, Page, Timestamp, Validators};
use crate::fetch::{Fetch, FetchError, Fetched, retry_after};
use crate::format;
use crate::ingest::{self, Report, Source, Turn};
use crate::store::{SharedStore, StoreError};

pub use backoff::{first_due, next_due, paused};
pub use cron::Cron;
pub use daemon::{Daemon, Observer, Plan, run};
pub use manners::{Manners, RobotsRule};
pub use order::Ahead;
pub use past::Past;
pub use progress::Progress;
pub use prune::{BATCH, Retention, cutoff, prune_daily};
pub use schedule::{Pace, Schedule};

use manners::Barred;
use order::Stamp;

/// A source, when it is polled, and what fetches it.
#[derive(Debug, Clone, PartialEq)]
pub struct Polled<F> {
    /// The source.
    pub source: Source,
    /// When it is polled.
    pub schedule: Schedule,
    /// Whether the robots.txt of its site is obeyed.
    pub robots: RobotsRule,
    /// How long fetching its page may take at most.
    pub timeout: Duration,
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
    /// The past of the source, this poll included.
    pub past: Past,
}

/// Why a poll could not be made or recorded.
#[derive(Debug, thiserror::Error)]
pub enum PollError {
    /// The database cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The clock is not to be believed.
    #[error(transparent)]
    Ahead(#[from] Ahead),
}

/// What is known of a source ahead of a poll.
#[derive(Debug, Clone, Default)]
struct Known {
    validators: Validators,
    past: Past,
}

/// An answer that is not recorded yet.
#[derive(Debug)]
struct Answer {
    attempt: Attempt,
    body: Body,
    is_transient: bool,
    /// How long the server asked to be left alone.
    asked: Option<Duration>,
}

#[derive(Debug)]
enum Body {
    Page(Page, Validators),
    NotModified(Timestamp),
    None,
}

/// Polls one source once, whether it is due or paused or not.
///
/// # Errors
/// The database cannot be read or written, or the clock is not to be believed. A page that may not be asked for, or
/// cannot be fetched or understood, is no error: it is logged.
pub async fn poll_once<F: Fetch>(
    store: &SharedStore,
    polled: &Polled<F>,
    manners: &Manners,
    spacing: Duration,
    clock: Clock,
) -> Result<Done, PollError> {
    let known = known(store, &polled.source).await?;
    let admitted = manners.admit(polled, spacing).await;
    let stamp = order::stamp(clock(), known.past.last)?;
    let answer = match admitted {
        Ok(_turn) => ask(polled, &known.validators, stamp, clock, std::future::pending()).await,
        Err(barred) => turned_away(&barred, stamp, clock()),
    };
    Ok(record(store, &polled.source, Arc::new(answer), known.past).await?)
}

/// Asks a server for its page, for as long as `cut` is not done.
async fn ask<F: Fetch>(
    polled: &Polled<F>,
    validators: &Validators,
    stamp: Stamp,
    clock: Clock,
    cut: impl Future<Output = ()>,
) -> Answer {
    let started = Instant::now();
    let fetched = tokio::select! {
        fetched = polled.fetch.fetch(&polled.source.url, validators) => Some(fetched),
        () = cut => None,
    };
    let duration_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let attempt = Attempt { duration_ms, ..no_answer(stamp) };
    match fetched {
        None => {
            let detail = with_remark(&attempt, "stopped before the answer was complete");
            Answer {
                attempt: Attempt { detail, ..attempt },
                body: Body::None,
                is_transient: true,
                asked: None,
            }
        }
        // A page is seen when it has come, and never before it was asked for.
        Some(Ok(fetched)) => answered(fetched, clock().max(stamp.at), attempt),
        Some(Err(error)) => failed(&error, clock(), attempt),
    }
}

/// An attempt of which nothing came yet.
fn no_answer(stamp: Stamp) -> Attempt {
    Attempt {
        started_at: stamp.at,
        outcome: Outcome::Interrupted,
        http_status: None,
        duration_ms: 0,
        body_bytes: None,
        rows: 0,
        detail: stamp.remark(),
    }
}

fn answered(fetched: Fetched, seen_at: Timestamp, attempt: Attempt) -> Answer {
    let (attempt, body) = match fetched {
        Fetched::NotModified { status } => {
            (Attempt { http_status: Some(status), ..attempt }, Body::NotModified(seen_at))
        }
        Fetched::Page { body, final_url, content_type, status, validators } => {
            let body_bytes = u64::try_from(body.len()).ok();
            let page =
                Page { url: final_url, body, content_type, captured_at: seen_at, origin: Origin::Live };
            (Attempt { http_status: Some(status), body_bytes, ..attempt }, Body::Page(page, validators))
        }
    };
    Answer { attempt, body, is_transient: false, asked: None }
}

fn failed(error: &FetchError, now: Timestamp, attempt: Attempt) -> Answer {
    let attempt = Attempt {
        outcome: error.outcome(),
        http_status: error.status(),
        detail: with_remark(&attempt, &format::error_chain(error)),
        ..attempt
    };
    let asked = error.retry_after().and_then(|header| retry_after(header, now));
    Answer { attempt, body: Body::None, is_transient: error.is_transient(), asked }
}

/// The page was not asked for.
fn turned_away(barred: &Barred, stamp: Stamp, now: Timestamp) -> Answer {
    let attempt = no_answer(stamp);
    let attempt = Attempt {
        outcome: barred.outcome(),
        http_status: barred.cause().and_then(FetchError::status),
        detail: with_remark(&attempt, &format::error_chain(barred)),
        ..attempt
    };
    let asked = barred.cause().and_then(FetchError::retry_after).and_then(|header| retry_after(header, now));
    let is_transient = barred.cause().is_some_and(FetchError::is_transient);
    Answer { attempt, body: Body::None, is_transient, asked }
}

/// A detail after the remark that an attempt has already.
fn with_remark(attempt: &Attempt, detail: &str) -> Option<String> {
    let remark = attempt.detail.as_ref().map(|remark| format!("{remark}; ")).unwrap_or_default();
    Some(format!("{remark}{detail}"))
}

async fn known(store: &SharedStore, source: &Source) -> Result<Known, StoreError> {
    let source = source.clone();
    store
        .off_the_workers(move |store| {
            let tables = store.tables();
            let validators = ingest::validators(tables, &source)?;
            Ok(Known { validators, past: Past::read(tables, &source.name)? })
        })
        .await
}

/// One poll is one transaction, the pause that it calls for included: all of it or none.
async fn record(
    store: &SharedStore,
    source: &Source,
    answer: Arc<Answer>,
    past: Past,
) -> Result<Done, StoreError> {
    let source = source.clone();
    store
        .off_the_workers(move |store| {
            let Answer { body, is_transient, asked, .. } = &*answer;
            let attempt = answer.attempt.clone();
            store.write(|tables| {
                let (report, attempt) = match body {
                    Body::Page(page, validators) => {
                        ingest::ingest_poll(tables, &source, page, validators.clone(), attempt)?
                    }
                    Body::NotModified(seen_at) => ingest::confirm(tables, &source, *seen_at, attempt)?,
                    Body::None => {
                        ingest::log_failure(tables, &source, &attempt)?;
                        (Report::default(), attempt)
                    }
                };
                let past = past.with(&attempt, body.seen_at());
                let pause = backoff::pause_after(&attempt, *asked, past.refusals);
                let past = past.paused(tables, &source.name, pause)?;
                Ok(Done { report, attempt, is_transient: *is_transient, past })
            })
        })
        .await
}

impl Body {
    /// When what the header says was seen.
    fn seen_at(&self) -> Option<Timestamp> {
        match self {
            Self::Page(page, _) => Some(page.captured_at),
            Self::NotModified(seen_at) => Some(*seen_at),
            Self::None => None,
        }
    }
}

/// One line a poll, and one more when the source is to be left alone from now on. A page that is not understood any
/// more is an error once, not at every poll until somebody comes.
fn log(source: &Source, done: &Done, before: &Past) {
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
    match done.report.turn {
        Turn::Lost => {
            tracing::error!(
                source = name,
                outcome = outcome_word,
                detail,
                "the page is not understood any more and is kept; `pantau drift {name}` shows what changed"
            );
        }
        Turn::StillLost => line!(info),
        Turn::Regained(drift) => {
            line!(info);
            let outage = format::age(done.attempt.started_at - drift.since);
            tracing::info!(source = name, outage, polls = drift.polls, "the page is understood again");
        }
        Turn::Steady if outcome.is_success() && !done.report.has_defects() => line!(info),
        Turn::Steady => line!(warn),
    }
    if let Some(pause) = done.past.pause.as_ref().filter(|pause| before.pause.as_ref() != Some(pause)) {
        tracing::warn!(source = name, until = %pause.until.to_rfc3339(), reason = pause.reason, "paused");
    }
}
