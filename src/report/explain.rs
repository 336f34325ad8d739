//! The row of `explain`.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Change, Level, Percent};
use crate::format;
use crate::query::Explanation;

use super::table::{Table, Text};

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
            first_seen: format::rfc3339(run.first_seen, zone),
            last_seen: format::rfc3339(run.last_seen, zone),
            text: quote.as_ref().map(|quote| quote.text.clone()),
            digest: capture.digest.to_string(),
            url: capture.url.clone(),
            captured_at: format::rfc3339(capture.captured_at, zone),
            origin: capture.origin.word(),
            page_date: capture.page_date.map(|date| date.to_string()),
            poll_started_at: attempt.map(|attempt| format::rfc3339(attempt.started_at, zone)),
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
            if poll.was_reread() {
                line("", "its page was not understood then; it was kept, and read again later".to_owned());
            }
        }
        table
    }
}
