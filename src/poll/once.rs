//! One poll of a source: ask its server, and record the answer with its row in the poll log. Knows neither why it is
//! made now nor when the next one is due.

use std::time::Duration;

use tokio::time::Instant;

use super::errands::Poll;
use super::order::{self, Stamp};
use super::past::Past;
use super::{Done, PollError, Polled, backoff};
use crate::clock::Clock;
use crate::domain::{Attempt, Origin, Outcome, Page, Timestamp, Validators};
use crate::fetch::{Barred, Fetch, FetchError, Fetched, Manners, retry_after};
use crate::format;
use crate::ingest::{self, Report, Source};
use crate::store::{SharedStore, StoreError, Tables};

/// What is known of a source ahead of a poll.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    pub(super) validators: Validators,
    pub(super) past: Past,
}

/// An answer that is not recorded yet.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) attempt: Attempt,
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
    let source = polled.source.clone();
    let Known { validators, past } =
        store.off_the_workers(move |store| known(store.tables(), &source)).await?;
    let admitted = polled.admit(manners, spacing).await;
    let stamp = order::stamp(clock(), past.last)?;
    let answer = match admitted {
        Ok(turn) => turn.ask(ask(polled, &validators, stamp, clock, std::future::pending())).await.0,
        Err(barred) => turned_away(&barred, stamp, clock()),
    };
    let poll = Poll { source: polled.source.clone(), answer, past };
    Ok(store.off_the_workers(move |store| store.write(|tables| record(tables, &poll))).await?)
}

/// Asks a server for its page, for as long as `cut` is not done.
pub(super) async fn ask<F: Fetch>(
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
pub(super) fn turned_away(barred: &Barred, stamp: Stamp, now: Timestamp) -> Answer {
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

pub(super) fn known(tables: Tables<'_>, source: &Source) -> Result<Known, StoreError> {
    let validators = ingest::validators(tables, source)?;
    Ok(Known { validators, past: Past::read(tables, &source.name)? })
}

/// Records a poll and the pause that it calls for. To be run inside a transaction: all of it is kept, or none.
pub(super) fn record(tables: Tables<'_>, poll: &Poll) -> Result<Done, StoreError> {
    let Poll { source, answer, past } = poll;
    let attempt = answer.attempt.clone();
    let (report, attempt) = match &answer.body {
        Body::Page(page, validators) => {
            ingest::ingest_poll(tables, source, page, validators.clone(), attempt)?
        }
        Body::NotModified(seen_at) => ingest::confirm(tables, source, *seen_at, attempt)?,
        Body::None => {
            ingest::log_failure(tables, source, &attempt)?;
            (Report::default(), attempt)
        }
    };
    let past = past.clone().with(&attempt, answer.body.seen_at());
    let pause = backoff::pause_after(&attempt, answer.asked, past.refusals);
    let past = past.paused(tables, &source.name, pause)?;
    Ok(Done { report, attempt, is_transient: answer.is_transient, past })
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
