//! The rows of `indicators` and `sources`.

use chrono::DateTime;
use chrono_tz::Tz;
use serde::Serialize;

use crate::format;
use crate::query::Recorded;

use super::cell::optional_time;
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
            first_seen: first_seen.map(|at| format::rfc3339(at, zone)),
            last_seen: last_seen.map(|at| format::rfc3339(at, zone)),
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
