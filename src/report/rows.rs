//! The rows that answers are made of, field for field as people script against them.
//! Absent is null, numbers are numbers, times are RFC 3339 with an offset.

use chrono::DateTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::domain::{Change, Digest, Indicator, Interval, Level, Percent, Quantity, Quote, Run, Timestamp};
use crate::format;
use crate::query::{ChangeOver, Explanation, IndicatorHealth, Record, SourceHealth};
use crate::series::Bar;
use crate::store::Held;

use super::table::{Table, Text};

fn rfc3339(at: Timestamp, zone: Tz) -> String {
    at.with_timezone(&zone).to_rfc3339()
}

/// Computed decimals as numbers.
#[expect(clippy::ref_option, reason = "serde hands over references")]
fn decimal<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
    match value.map(|value| Quantity::from_decimal(value.normalize())) {
        Some(Ok(quantity)) => quantity.serialize(to),
        // Longer than any printed number: the nearest one that is not.
        Some(Err(_)) => rust_decimal::prelude::ToPrimitive::to_f64(&value.unwrap_or_default()).serialize(to),
        None => to.serialize_none(),
    }
}

#[expect(clippy::ref_option, reason = "serde hands over references")]
fn optional_time<S: Serializer>(at: &Option<DateTime<Tz>>, to: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_rfc3339()).serialize(to)
}

fn level_text(level: Option<Level>) -> Text {
    Text::maybe(level.map(format::level))
}

fn change_text(change: Option<Change>) -> Text {
    Text::signed(change.map(format::change), change.map(Change::decimal))
}

fn percent_text(percent: Option<Percent>) -> Text {
    Text::signed(percent.map(format::percent), percent.map(Percent::decimal))
}

fn computed_percent_text(percent: Option<Decimal>) -> Text {
    Text::signed(percent.map(format::computed_percent), percent)
}

/// The verdict where it is not plain: only a contradiction is worth a word to people.
fn remark_text(run: &Run) -> Text {
    run.verdict.remark().map_or_else(|| Text::plain(""), Text::warning)
}

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
            first_seen: rfc3339(run.first_seen, zone),
            last_seen: rfc3339(run.last_seen, zone),
            source: indicator.source.clone(),
        }
    }

    /// The newest runs, with the age of those that are stale.
    #[must_use]
    pub fn latest_table(records: &[Record], zone: Tz, now: Timestamp) -> Table {
        let mut table = Table::new(&["INDICATOR", ">LEVEL", ">CHANGE", ">PERCENT", "UNIT", "LAST SEEN", ""]);
        for Record { indicator, run } in records {
            let is_stale = crate::series::is_stale(run.last_seen, indicator.heartbeat, now);
            let age = is_stale.then(|| format!("{} ago", format::age(now - run.last_seen)));
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
            start: rfc3339(bar.start, zone),
            end: rfc3339(bar.end, zone),
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
        let mut table =
            Table::new(&["INDICATOR", "START", ">OPEN", ">HIGH", ">LOW", ">CLOSE", ">PERCENT", ">SAMPLES"]);
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
            ]);
        }
        table
    }
}

/// `change`: one indicator over one window.
#[derive(Debug, Serialize)]
pub struct ChangeRow {
    indicator: String,
    as_of: String,
    level: Option<Level>,
    over: String,
    base_level: Option<Level>,
    base_at: Option<String>,
    #[serde(serialize_with = "decimal")]
    change: Option<Decimal>,
    #[serde(serialize_with = "decimal")]
    percent: Option<Decimal>,
}

impl ChangeRow {
    /// A change with its times in a zone.
    #[must_use]
    pub fn new(change: &ChangeOver, zone: Tz) -> Self {
        Self {
            indicator: change.indicator.slug.to_string(),
            as_of: rfc3339(change.as_of, zone),
            level: change.level,
            over: change.over.to_string(),
            base_level: change.base_level,
            base_at: change.base_at.map(|at| rfc3339(at, zone)),
            change: change.change,
            percent: change.percent,
        }
    }

    /// Changes, with the reason where there is no number.
    #[must_use]
    pub fn table(changes: &[ChangeOver], zone: Tz) -> Table {
        let mut table = Table::new(&[
            "INDICATOR",
            "AS OF",
            ">LEVEL",
            "OVER",
            ">BASE",
            "BASE SEEN",
            ">CHANGE",
            ">PERCENT",
            "",
        ]);
        for change in changes {
            table.row(vec![
                Text::plain(change.indicator.slug.as_str()),
                Text::plain(format::time(change.as_of, zone)),
                level_text(change.level),
                Text::plain(change.over.to_string()),
                level_text(change.base_level),
                Text::maybe(change.base_at.map(|at| format::time(at, zone))),
                Text::signed(change.change.map(format::signed), change.change),
                computed_percent_text(change.percent),
                Text::warning(change.note.clone().unwrap_or_default()),
            ]);
        }
        table
    }
}

/// `extract`: a quote as a page printed it.
#[derive(Debug, Serialize)]
pub struct ExtractRow {
    source: String,
    url: Option<String>,
    captured_at: Option<String>,
    label: String,
    indicator: String,
    level: Option<Level>,
    change: Option<Change>,
    percent: Option<Percent>,
    verdict: &'static str,
    text: String,
    digest: String,
    file: String,
    offset: u64,
}

impl ExtractRow {
    /// A quote of a saved page, whose address and time are not known.
    #[must_use]
    pub fn new(source: &str, quote: &Quote, digest: Digest, file: &str) -> Self {
        Self {
            source: source.to_owned(),
            url: None,
            captured_at: None,
            label: quote.label.clone(),
            indicator: quote.slug.to_string(),
            level: quote.figures.level,
            change: quote.figures.change,
            percent: quote.figures.percent,
            verdict: quote.verdict.word(),
            text: quote.text.clone(),
            digest: digest.to_string(),
            file: file.to_owned(),
            offset: 0,
        }
    }
}

/// `poll`: what was read, for people.
#[derive(Debug)]
pub struct QuoteRow;

impl QuoteRow {
    /// Quotes with a word on what became of each.
    #[must_use]
    pub fn table<'a>(quotes: impl Iterator<Item = (&'a str, &'a Quote, &'a str)>) -> Table {
        let mut table = Table::new(&["SOURCE", "INDICATOR", ">LEVEL", ">CHANGE", ">PERCENT", "", ""]);
        for (source, quote, fate) in quotes {
            table.row(vec![
                Text::plain(source),
                Text::plain(quote.slug.as_str()),
                level_text(quote.figures.level),
                change_text(quote.figures.change),
                percent_text(quote.figures.percent),
                Text::plain(fate),
                quote.verdict.remark().map_or_else(|| Text::plain(""), Text::warning),
            ]);
        }
        table
    }
}

/// `poll` and `import`: the summary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Summary {
    /// Pages that could be read.
    pub captures: usize,
    /// Rows in them.
    pub rows: usize,
    /// Rows that began a run.
    pub stored: usize,
    /// Rows that confirmed what was known.
    pub unchanged: usize,
    /// Rows that wait for a decision.
    pub held: usize,
    /// Things that were not as expected.
    pub issues: usize,
    /// Pages that could not be fetched or read.
    pub failed: usize,
}

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
    pub fn new(health: &IndicatorHealth, zone: Tz) -> Self {
        let IndicatorHealth { indicator, first_seen, last_seen, runs, .. } = health;
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
    pub fn table(healths: &[&IndicatorHealth], zone: Tz) -> Table {
        let mut table =
            Table::new(&["INDICATOR", "LABEL", "KIND", "UNIT", "SOURCE", ">RUNS", "FIRST SEEN", "LAST SEEN"]);
        for health in healths {
            table.row(vec![
                Text::plain(health.indicator.slug.as_str()),
                Text::plain(&health.indicator.label),
                Text::plain(health.indicator.kind.word()),
                Text::plain(&health.indicator.unit),
                Text::plain(&health.indicator.source),
                Text::plain(health.runs.to_string()),
                Text::maybe(health.first_seen.map(|at| format::time(at, zone))),
                Text::maybe(health.last_seen.map(|at| format::time(at, zone))),
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
            let polled = match (row.enabled, row.every_s, row.every_closed_s) {
                (Some(true), Some(every), Some(closed)) => format!("every {every} s, closed {closed} s"),
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
        note.push_str(&format!("; {}", format::escape(detail)));
    }
    note
}

/// `review`: what waits for a decision.
#[derive(Debug, Serialize)]
pub struct HeldRow {
    id: i64,
    indicator: String,
    source: String,
    level: Option<Level>,
    change: Option<Change>,
    percent: Option<Percent>,
    first_seen: String,
    last_seen: String,
    reason: String,
}

impl HeldRow {
    /// A held value with its times in a zone.
    #[must_use]
    pub fn new(indicator: &Indicator, held: &Held, zone: Tz) -> Self {
        Self {
            id: held.id,
            indicator: indicator.slug.to_string(),
            source: indicator.source.clone(),
            level: held.figures.level,
            change: held.figures.change,
            percent: held.figures.percent,
            first_seen: rfc3339(held.seen_at, zone),
            last_seen: rfc3339(held.last_seen, zone),
            reason: held.reason.clone(),
        }
    }

    /// Everything that waits.
    #[must_use]
    pub fn table(rows: &[Self]) -> Table {
        let mut table = Table::new(&[
            ">ID",
            "INDICATOR",
            ">LEVEL",
            ">CHANGE",
            ">PERCENT",
            "FIRST SEEN",
            "LAST SEEN",
            "REASON",
        ]);
        for row in rows {
            table.row(vec![
                Text::plain(row.id.to_string()),
                Text::plain(&row.indicator),
                level_text(row.level),
                change_text(row.change),
                percent_text(row.percent),
                Text::plain(&row.first_seen),
                Text::plain(&row.last_seen),
                Text::plain(&row.reason),
            ]);
        }
        table
    }
}

/// `explain`: what stands behind a number.
#[derive(Debug, Serialize)]
pub struct ExplainRow {
    indicator: String,
    label: String,
    level: Option<Level>,
    change: Option<Change>,
    percent: Option<Percent>,
    verdict: &'static str,
    remark: Option<&'static str>,
    first_seen: String,
    last_seen: String,
    text: Option<String>,
    digest: String,
    url: String,
    captured_at: String,
    origin: &'static str,
    page_date: Option<String>,
    poll_started_at: Option<String>,
    poll_outcome: Option<&'static str>,
    http_status: Option<u16>,
    source: String,
}

impl ExplainRow {
    /// An explanation with its times in a zone.
    #[must_use]
    pub fn new(explanation: &Explanation, zone: Tz) -> Self {
        let Explanation { indicator, observation, capture, quote, poll, .. } = explanation;
        let run = &observation.run;
        let attempt = poll.as_ref().map(|poll| &poll.attempt);
        Self {
            indicator: indicator.slug.to_string(),
            label: indicator.label.clone(),
            level: run.figures.level,
            change: run.figures.change,
            percent: run.figures.percent,
            verdict: run.verdict.word(),
            remark: run.verdict.remark(),
            first_seen: rfc3339(run.first_seen, zone),
            last_seen: rfc3339(run.last_seen, zone),
            text: quote.as_ref().map(|quote| quote.text.clone()),
            digest: capture.digest.to_string(),
            url: capture.url.clone(),
            captured_at: rfc3339(capture.captured_at, zone),
            origin: capture.origin.word(),
            page_date: capture.page_date.map(|date| date.to_string()),
            poll_started_at: attempt.map(|attempt| rfc3339(attempt.started_at, zone)),
            poll_outcome: attempt.map(|attempt| attempt.outcome.word()),
            http_status: attempt.and_then(|attempt| attempt.http_status),
            source: indicator.source.clone(),
        }
    }

    /// The way from the number back to the page, a line a step.
    #[must_use]
    pub fn table(explanation: &Explanation, zone: Tz) -> Table {
        let Explanation { indicator, observation, is_within, capture, quote, poll } = explanation;
        let run = &observation.run;
        let mut table = Table::lines();
        let mut line = |name: &str, text: String| table.row(vec![Text::plain(name), Text::plain(text)]);
        let numbers = [
            run.figures.level.map(format::level),
            run.figures.change.map(format::change),
            run.figures.percent.map(format::percent),
        ];
        line("indicator", format!("{} ({}, {})", indicator.slug, indicator.kind.word(), indicator.unit));
        line("numbers", numbers.into_iter().flatten().collect::<Vec<_>>().join("  "));
        line("verdict", run.verdict.remark().unwrap_or(run.verdict.word()).to_owned());
        line("first seen", format::time(run.first_seen, zone));
        line("last seen", format::time(run.last_seen, zone));
        if !is_within {
            line("", "nothing was seen at the moment asked for; this is the last that was known".to_owned());
        }
        line(
            "text",
            quote.as_ref().map_or("the stored text does not say this".to_owned(), |quote| quote.text.clone()),
        );
        line("capture", format!("{} of {}", capture.origin.word(), capture.url));
        line("text seen", format!("first at {}", format::time(capture.captured_at, zone)));
        if let Some(date) = capture.page_date {
            line("page date", format!("{date}, as printed on the page"));
        }
        line("digest", capture.digest.to_string());
        if let Some(poll) = poll {
            let attempt = &poll.attempt;
            let status = attempt.http_status.map(|status| format!(", status {status}")).unwrap_or_default();
            let (started, outcome) = (format::time(attempt.started_at, zone), attempt.outcome.word());
            line("poll", format!("started {started}, {outcome}{status}, {} ms", attempt.duration_ms));
        }
        table
    }
}
