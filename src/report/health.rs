//! The rows of `indicators`, `sources` and `status`.

use chrono::DateTime;
use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::format;
use crate::query::{IndicatorHealth, Recorded, SourceHealth};

use super::cell::{optional_time, rfc3339};
use super::table::{Table, Text};

/// `indicators`: what is recorded.
#[derive(Debug, Serialize)]
pub struct IndicatorRow {
    indicator: String,
    label: String,
    kind: &'static str,
    unit: String,
    source: String,
    heartbeat_s: u64,
    first_seen: Option<String>,
    last_seen: Option<String>,
    runs: u64,
}

impl IndicatorRow {
    /// An indicator with its times in a zone.
    #[must_use]
    pub fn new(recorded: &Recorded, zone: Tz) -> Self {
        let Recorded { indicator, first_seen, last_seen, runs } = recorded;
        Self {
            indicator: indicator.slug.to_string(),
            label: indicator.label.clone(),
            kind: indicator.kind.word(),
            unit: indicator.unit.clone(),
            source: indicator.source.clone(),
            heartbeat_s: indicator.heartbeat.as_secs(),
            first_seen: first_seen.map(|at| rfc3339(at, zone)),
            last_seen: last_seen.map(|at| rfc3339(at, zone)),
            runs: *runs,
        }
    }

    /// Every indicator.
    #[must_use]
    pub fn table(recorded: &[Recorded], zone: Tz) -> Table {
        let mut table =
            Table::new(&["INDICATOR", "LABEL", "KIND", "UNIT", "SOURCE", ">RUNS", "FIRST SEEN", "LAST SEEN"]);
        for one in recorded {
            table.row(vec![
                Text::plain(one.indicator.slug.as_str()),
                Text::plain(&one.indicator.label),
                Text::plain(one.indicator.kind.word()),
                Text::plain(&one.indicator.unit),
                Text::plain(&one.indicator.source),
                Text::plain(one.runs.to_string()),
                Text::maybe(one.first_seen.map(|at| format::time(at, zone))),
                Text::maybe(one.last_seen.map(|at| format::time(at, zone))),
            ]);
        }
        table
    }
}

/// `sources`: where the indicators come from.
#[derive(Debug, Clone, Serialize)]
pub struct SourceRow {
    /// Its name.
    pub source: String,
    /// Its address.
    pub url: String,
    /// Whether the daemon polls it; null for one that is recorded and no longer configured.
    pub enabled: Option<bool>,
    /// Seconds between polls in a session.
    pub every_s: Option<u64>,
    /// Seconds between polls outside.
    pub every_closed_s: Option<u64>,
    /// The cron expression and its zone, where one says when it is polled.
    pub cron: Option<String>,
    /// How many indicators it showed.
    pub indicators: usize,
    /// When its header was last seen.
    #[serde(serialize_with = "optional_time")]
    pub last_seen: Option<DateTime<Tz>>,
}

impl SourceRow {
    /// Every source.
    #[must_use]
    pub fn table(rows: &[Self], zone: Tz) -> Table {
        let mut table = Table::new(&["SOURCE", "POLLED", ">INDICATORS", "LAST SEEN", "URL"]);
        for row in rows {
            let polled = match (row.enabled, row.every_s.zip(row.every_closed_s), &row.cron) {
                (Some(true), Some((every, closed)), _) => format!("every {every} s, closed {closed} s"),
                (Some(true), None, Some(cron)) => format!("at {cron}"),
                (Some(_), ..) => "disabled".to_owned(),
                (None, ..) => "not configured".to_owned(),
            };
            table.row(vec![
                Text::plain(&row.source),
                Text::plain(polled),
                Text::plain(row.indicators.to_string()),
                Text::maybe(row.last_seen.map(|at| format::time(at.to_utc(), zone))),
                Text::plain(&row.url),
            ]);
        }
        table
    }
}

/// `status`: one indicator and its source.
#[derive(Debug, Serialize)]
pub struct StatusRow {
    source: String,
    indicator: Option<String>,
    state: &'static str,
    last_seen: Option<String>,
    age_s: Option<i64>,
    heartbeat_s: Option<u64>,
    last_poll: Option<String>,
    outcome: Option<&'static str>,
    failures: usize,
}

impl StatusRow {
    /// A line for each indicator of a source; one for a source that never showed any.
    #[must_use]
    pub fn of(health: &SourceHealth, zone: Tz, now: Timestamp) -> Vec<Self> {
        let row = |indicator: Option<&IndicatorHealth>| {
            let last_seen = indicator.map_or(health.last_seen, |one| one.last_seen);
            let poll = health.last_poll.as_ref().map(|poll| &poll.attempt);
            Self {
                source: health.source.name.clone(),
                indicator: indicator.map(|one| one.indicator.slug.to_string()),
                state: indicator.map_or("never seen", state),
                last_seen: last_seen.map(|at| rfc3339(at, zone)),
                age_s: last_seen.map(|at| (now - at).num_seconds()),
                heartbeat_s: indicator.map(|one| one.indicator.heartbeat.as_secs()),
                last_poll: poll.map(|attempt| rfc3339(attempt.started_at, zone)),
                outcome: poll.map(|attempt| attempt.outcome.word()),
                failures: health.failures,
            }
        };
        if health.indicators.is_empty() {
            return vec![row(None)];
        }
        health.indicators.iter().map(|one| row(Some(one))).collect()
    }

    /// A line for each source, then its indicators.
    #[must_use]
    pub fn table(healths: &[SourceHealth], zone: Tz, now: Timestamp) -> Table {
        let mut table = Table::new(&["SOURCE", "INDICATOR", "STATE", ">AGE", "LAST SEEN"]);
        let age = |at: Option<Timestamp>| Text::maybe(at.map(|at| format::age(now - at)));
        let seen = |at: Option<Timestamp>| Text::maybe(at.map(|at| format::time(at, zone)));
        for health in healths {
            for one in &health.indicators {
                let state = state(one);
                table.row(vec![
                    Text::plain(&health.source.name),
                    Text::plain(one.indicator.slug.as_str()),
                    if state == "stale" { Text::warning(state) } else { Text::plain(state) },
                    age(one.last_seen),
                    seen(one.last_seen),
                ]);
            }
        }
        for health in healths {
            table.note(poll_note(health, zone, now));
        }
        table
    }
}

fn state(health: &IndicatorHealth) -> &'static str {
    match (health.is_gone, health.is_stale) {
        (true, _) => "no longer shown",
        (false, true) => "stale",
        (false, false) => "fresh",
    }
}

fn poll_note(health: &SourceHealth, zone: Tz, now: Timestamp) -> String {
    let name = &health.source.name;
    let Some(poll) = &health.last_poll else { return format!("{name}: never polled, only saved pages") };
    let attempt = &poll.attempt;
    let mut note = format!(
        "{name}: last poll {} ({} ago): {}",
        format::time(attempt.started_at, zone),
        format::age(now - attempt.started_at),
        attempt.outcome.word()
    );
    if health.failures > 0 {
        note.push_str(&format!(", {} in a row without success", health.failures));
    }
    if let Some(detail) = &attempt.detail {
        note.push_str(&format!("; {detail}"));
    }
    note
}
