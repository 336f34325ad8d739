//! The rows of `status --coverage`: a day of a source each.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Gap;
use crate::format;
use crate::query::Coverage;

use super::table::{Table, Text};

/// How many gaps of a day a table shows.
const MOST_SHOWN: usize = 3;

/// A day of a source.
#[derive(Debug, Serialize)]
pub struct CoverageRow<G> {
    source: String,
    day: String,
    expected: usize,
    seen: usize,
    /// From 0 to 1, with four decimals.
    share: Option<f64>,
    gaps: G,
    captures: usize,
}

/// One stretch without data.
#[derive(Debug, Serialize)]
pub struct GapRow {
    cause: &'static str,
    from: String,
    to: String,
}

impl GapRow {
    fn new(gap: &Gap, zone: Tz) -> Self {
        Self {
            cause: gap.cause.word(),
            from: format::rfc3339(gap.from, zone),
            to: format::rfc3339(gap.to, zone),
        }
    }
}

impl CoverageRow<Vec<GapRow>> {
    /// A day with its gaps as a list.
    #[must_use]
    pub fn new(coverage: &Coverage, zone: Tz) -> Self {
        Self::with(coverage, coverage.gaps.iter().map(|gap| GapRow::new(gap, zone)).collect())
    }
}

impl CoverageRow<String> {
    /// A day with its gaps in one cell: `cause from/to`, parted by semicolons.
    #[must_use]
    pub fn flat(coverage: &Coverage, zone: Tz) -> Self {
        let gaps = coverage.gaps.iter().map(|gap| GapRow::new(gap, zone));
        let texts: Vec<String> = gaps.map(|gap| format!("{} {}/{}", gap.cause, gap.from, gap.to)).collect();
        Self::with(coverage, texts.join("; "))
    }

    /// Every day, with the longest of its gaps.
    #[must_use]
    pub fn table(days: &[Coverage], zone: Tz) -> Table {
        let mut table =
            Table::new(&["SOURCE", "DAY", ">EXPECTED", ">SEEN", ">SHARE", ">CAPTURES", "WITHOUT DATA"]);
        for day in days {
            table.row(vec![
                Text::plain(&day.source),
                Text::plain(day.day.to_string()),
                Text::plain(day.expected.to_string()),
                Text::plain(day.seen.to_string()),
                Text::maybe(day.share().map(percent)),
                Text::plain(day.captures.to_string()),
                Text::plain(longest(&day.gaps, zone)),
            ]);
        }
        table
    }
}

impl<G> CoverageRow<G> {
    fn with(coverage: &Coverage, gaps: G) -> Self {
        Self {
            source: coverage.source.clone(),
            day: coverage.day.to_string(),
            expected: coverage.expected,
            seen: coverage.seen,
            share: coverage.share().map(rounded),
            gaps,
            captures: coverage.captures,
        }
    }
}

/// A share with four decimals, rounded down, so that only the whole is 1.
pub(super) fn rounded(share: f64) -> f64 {
    (share * 10_000.0).floor() / 10_000.0
}

/// Rounded down, so that only the whole is 100 %.
pub(super) fn percent(share: f64) -> String {
    format!("{:.1}%", (share * 1000.0).floor() / 10.0)
}

/// The longest gaps of a day in the order of time.
fn longest(gaps: &[Gap], zone: Tz) -> String {
    let mut shown: Vec<&Gap> = gaps.iter().collect();
    shown.sort_by_key(|gap| std::cmp::Reverse(gap.to - gap.from));
    shown.truncate(MOST_SHOWN);
    shown.sort_by_key(|gap| gap.from);
    let mut texts: Vec<String> = shown.iter().map(|gap| text(gap, zone)).collect();
    if gaps.len() > shown.len() {
        texts.push(format!("{} more", gaps.len() - shown.len()));
    }
    texts.join(", ")
}

/// `not running 09:00-10:30`
fn text(gap: &Gap, zone: Tz) -> String {
    let clock = |at: crate::domain::Timestamp| at.with_timezone(&zone).format("%H:%M");
    format!("{} {}-{}", gap.cause.words(), clock(gap.from), clock(gap.to))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, Timestamp};

    fn at(minute: i64) -> Timestamp {
        chrono::DateTime::from_timestamp(1_732_233_600 + minute * 60, 0).unwrap()
    }

    fn gap(from: i64, to: i64, cause: Cause) -> Gap {
        Gap { from: at(from), to: at(to), cause }
    }

    #[test]
    fn a_table_names_the_longest_gaps_in_order() {
        let gaps = [
            gap(0, 10, Cause::NotRunning),
            gap(20, 21, Cause::Unreachable),
            gap(30, 60, Cause::Blocked),
            gap(70, 75, Cause::Frozen),
        ];
        let shown = "not running 00:00-00:10, blocked 00:30-01:00, frozen 01:10-01:15, 1 more";
        assert_eq!(longest(&gaps, Tz::UTC), shown);
        assert_eq!(longest(&[], Tz::UTC), "");
    }

    #[test]
    fn a_share_is_whole_only_where_nothing_was_missed() {
        assert_eq!(percent(1.0), "100.0%");
        assert_eq!(percent(0.99999), "99.9%");
    }
}
