//! The row of `explain`.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Change, Level, Percent};
use crate::format;
use crate::query::{Explanation, Nearest};

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
    /// Seconds from the last sighting to the moment asked for, where that lies in no run.
    before_s: Option<i64>,
    /// Seconds from that moment to the next sighting.
    after_s: Option<i64>,
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
        let Explanation { indicator, observation, nearest, capture, quote, poll } = explanation;
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
            before_s: nearest.map(|nearest| nearest.before.num_seconds()),
            after_s: nearest.and_then(|nearest| Some(nearest.after?.num_seconds())),
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

    /// How far the captures around a moment are, in words.
    #[must_use]
    pub fn nearest(Nearest { before, after, .. }: Nearest) -> String {
        let before = format!("this was last seen {} before", format::age(before));
        match after {
            Some(after) => format!("{before}, and the next value {} after", format::age(after)),
            None => before,
        }
    }

    /// The way from the number back to the page, a line a step.
    #[must_use]
    pub fn table(explanation: &Explanation, zone: Tz) -> Table {
        let Explanation { indicator, observation, nearest, capture, quote, poll } = explanation;
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
        if let Some(nearest) = nearest {
            line("", format!("nothing was seen at the moment asked for; {}", Self::nearest(*nearest)));
        }
        line(
            "text",
            quote
                .as_ref()
                .map_or("the stored text does not say this".to_owned(), |quote| in_one_line(&quote.text)),
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

/// The cells of a configured source or a file stand between tabs.
fn in_one_line(text: &str) -> String {
    text.trim_end().replace('\t', "  ")
}
