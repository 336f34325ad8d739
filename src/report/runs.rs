//! The rows of `latest` and `history`: runs, and bars.

use chrono::TimeDelta;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::{Change, Indicator, Interval, Level, Percent, Timestamp};
use crate::format;
use crate::query::Record;
use crate::series::{Bar, is_stale};

use super::cell::{change_text, computed_percent_text, decimal, level_text, percent_text, remark_text};
use super::table::{Table, Text};

/// `latest` and `history`: a run.
#[derive(Debug, Serialize)]
pub struct RunRow {
    indicator: String,
    label: String,
    kind: &'static str,
    unit: String,
    level: Option<Level>,
    change: Option<Change>,
    percent: Option<Percent>,
    verdict: &'static str,
    first_seen: String,
    last_seen: String,
    source: String,
}

impl RunRow {
    /// A run with its times in a zone.
    #[must_use]
    pub fn new(record: &Record, zone: Tz) -> Self {
        let Record { indicator, run } = record;
        Self {
            indicator: indicator.slug.to_string(),
            label: indicator.label.clone(),
            kind: indicator.kind.word(),
            unit: indicator.unit.clone(),
            level: run.figures.level,
            change: run.figures.change,
            percent: run.figures.percent,
            verdict: run.verdict.word(),
            first_seen: format::rfc3339(run.first_seen, zone),
            last_seen: format::rfc3339(run.last_seen, zone),
            source: indicator.source.clone(),
        }
    }

    /// The newest runs, with the age of those that are stale.
    #[must_use]
    pub fn latest_table(records: &[Record], zone: Tz, now: Timestamp) -> Table {
        let mut table = Table::new(&["INDICATOR", ">LEVEL", ">CHANGE", ">PERCENT", "UNIT", "LAST SEEN", ""]);
        for Record { indicator, run } in records {
            let stale = is_stale(run.last_seen, indicator.heartbeat, now);
            let age = stale.then(|| format!("{} ago", format::age(now - run.last_seen)));
            let remarks: Vec<String> =
                age.into_iter().chain(run.verdict.remark().map(str::to_owned)).collect();
            table.row(vec![
                Text::plain(indicator.slug.as_str()),
                level_text(run.figures.level),
                change_text(run.figures.change),
                percent_text(run.figures.percent),
                Text::plain(&indicator.unit),
                Text::plain(format::time(run.last_seen, zone)),
                Text::warning(remarks.join("; ")),
            ]);
        }
        table
    }

    /// How many of the newest runs were last seen longer ago than their heartbeat, and how long at most.
    #[must_use]
    pub fn far(records: &[Record], now: Timestamp) -> Option<String> {
        let is_far = |record: &&Record| is_stale(record.run.last_seen, record.indicator.heartbeat, now);
        let ages: Vec<TimeDelta> =
            records.iter().filter(is_far).map(|record| now - record.run.last_seen).collect();
        let (far, all, longest) = (ages.len(), records.len(), ages.iter().max()?);
        Some(format!("{far} of {all} values were last seen up to {} ago", format::age(*longest)))
    }

    /// Runs in order of time.
    #[must_use]
    pub fn history_table(records: &[Record], zone: Tz) -> Table {
        let mut table =
            Table::new(&["INDICATOR", "FIRST SEEN", "LAST SEEN", ">LEVEL", ">CHANGE", ">PERCENT", ""]);
        for Record { indicator, run } in records {
            table.row(vec![
                Text::plain(indicator.slug.as_str()),
                Text::plain(format::time(run.first_seen, zone)),
                Text::plain(format::time(run.last_seen, zone)),
                level_text(run.figures.level),
                change_text(run.figures.change),
                percent_text(run.figures.percent),
                remark_text(run),
            ]);
        }
        table
    }
}

/// `history --every`: a bar.
#[derive(Debug, Serialize)]
pub struct BarRow {
    indicator: String,
    start: String,
    end: String,
    open: Option<Level>,
    high: Option<Level>,
    low: Option<Level>,
    close: Option<Level>,
    #[serde(serialize_with = "decimal")]
    percent: Option<Decimal>,
    samples: usize,
}

impl BarRow {
    /// A bar with its times in a zone.
    #[must_use]
    pub fn new(indicator: &Indicator, bar: &Bar, zone: Tz) -> Self {
        Self {
            indicator: indicator.slug.to_string(),
            start: format::rfc3339(bar.start, zone),
            end: format::rfc3339(bar.end, zone),
            open: bar.levels.map(|levels| levels.open),
            high: bar.levels.map(|levels| levels.high),
            low: bar.levels.map(|levels| levels.low),
            close: bar.levels.map(|levels| levels.close),
            percent: bar.percent,
            samples: bar.samples,
        }
    }

    /// Bars in order of time.
    #[must_use]
    pub fn table(bars: &[(Indicator, Bar)], every: Interval, zone: Tz) -> Table {
        let mut table = Table::new(&[
            "INDICATOR",
            "START",
            ">OPEN",
            ">HIGH",
            ">LOW",
            ">CLOSE",
            ">PERCENT",
            ">SAMPLES",
            "",
        ]);
        for (indicator, bar) in bars {
            let start = bar.start.with_timezone(&zone);
            let start = if every.is_daily_or_longer() {
                start.format("%Y-%m-%d").to_string()
            } else {
                format::time(bar.start, zone)
            };
            table.row(vec![
                Text::plain(indicator.slug.as_str()),
                Text::plain(start),
                level_text(bar.levels.map(|levels| levels.open)),
                level_text(bar.levels.map(|levels| levels.high)),
                level_text(bar.levels.map(|levels| levels.low)),
                level_text(bar.levels.map(|levels| levels.close)),
                computed_percent_text(bar.percent),
                Text::plain(bar.samples.to_string()),
                Text::warning(base_age(indicator, bar).map(base_text).unwrap_or_default()),
            ]);
        }
        table
    }

    /// Bars whose percentage is against a close that was seen long before them, and how long at most; nothing where
    /// there are none.
    #[must_use]
    pub fn far_bases(bars: &[(Indicator, Bar)]) -> Option<String> {
        let ages: Vec<TimeDelta> =
            bars.iter().filter_map(|(indicator, bar)| base_age(indicator, bar)).collect();
        let longest = ages.iter().max()?;
        let (far, all) = (ages.len(), bars.len());
        Some(format!(
            "{far} of {all} bars are against a close seen up to {} before them",
            format::age(*longest)
        ))
    }
}

/// How long before a bar the close that its percentage is against was last seen, where that is longer than the
/// heartbeat.
fn base_age(indicator: &Indicator, bar: &Bar) -> Option<TimeDelta> {
    let seen = bar.base_seen.filter(|seen| is_stale(*seen, indicator.heartbeat, bar.start))?;
    bar.percent.map(|_| bar.start - seen)
}

fn base_text(age: TimeDelta) -> String {
    format!("against a close seen {} before", format::age(age))
}
