//! What `/healthz` says: whether each polled source is fresh. Pure.

use std::collections::BTreeSet;

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::format;
use crate::query::{SourceHealth, SourceState};

/// How a source that is polled does, in the words of `status`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    /// What it shows is known.
    Fresh,
    /// It was seen too long ago.
    Stale,
    /// Pages come, and nothing in the newest could be read.
    Drifted,
    /// It says the same for too long while prices are made.
    Frozen,
    /// It was never seen.
    #[serde(rename = "never seen")]
    NeverSeen,
}

impl State {
    /// The state of a source, or of one that left no trace yet.
    pub(super) fn of(health: Option<&SourceHealth>) -> Self {
        let Some(health) = health.filter(|health| health.last_seen.is_some()) else {
            return Self::NeverSeen;
        };
        match health.state {
            SourceState::Healthy => Self::Fresh,
            SourceState::Drifted => Self::Drifted,
            SourceState::Frozen => Self::Frozen,
            SourceState::NeverPolled => Self::NeverSeen,
            SourceState::Stale | SourceState::NotPolled => Self::Stale,
        }
    }
}

/// The whole answer.
#[derive(Debug, Serialize)]
pub(super) struct HealthPage {
    status: State,
    sources: Vec<SourceRow>,
}

#[derive(Debug, Serialize)]
struct SourceRow {
    source: String,
    state: State,
    last_seen: Option<String>,
    age_s: Option<i64>,
    /// Attempts since the last one that succeeded.
    failures: u64,
    last_poll: Option<String>,
    outcome: Option<&'static str>,
    next_poll: Option<String>,
}

impl HealthPage {
    /// The health of every polled source; one that is not among the recorded was never seen.
    pub(super) fn new(polled: &BTreeSet<String>, healths: &[SourceHealth], zone: Tz, now: Timestamp) -> Self {
        let recorded = |name: &String| healths.iter().find(|health| health.name == *name);
        let sources: Vec<SourceRow> =
            polled.iter().map(|name| SourceRow::new(name, recorded(name), zone, now)).collect();
        let is_fresh = sources.iter().all(|row| row.state == State::Fresh);
        Self { status: if is_fresh { State::Fresh } else { State::Stale }, sources }
    }

    pub(super) fn is_fresh(&self) -> bool {
        self.status == State::Fresh
    }
}

impl SourceRow {
    fn new(name: &str, health: Option<&SourceHealth>, zone: Tz, now: Timestamp) -> Self {
        let shown = |at| format::rfc3339(at, zone);
        let last_seen = health.and_then(|health| health.last_seen);
        let last_poll = health.and_then(|health| health.last_poll.as_ref());
        Self {
            source: name.to_owned(),
            state: State::of(health),
            last_seen: last_seen.map(shown),
            age_s: last_seen.map(|at| (now - at).num_seconds()),
            failures: health.map_or(0, SourceHealth::failures),
            last_poll: last_poll.map(|poll| shown(poll.attempt.started_at)),
            outcome: last_poll.map(|poll| poll.attempt.outcome.word()),
            next_poll: health.and_then(|health| health.next_poll).map(shown),
        }
    }
}
