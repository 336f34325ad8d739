//! The rows of `status --coverage --every`: a week, month or year of a source each.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::format;
use crate::query::Density;

use super::coverage::{percent, rounded};
use super::table::{Table, Text};

/// A period of a source.
#[derive(Debug, Serialize)]
pub struct DensityRow {
    source: String,
    start: String,
    end: String,
    trading_days: usize,
    seen_days: usize,
    /// From 0 to 1, with four decimals.
    share: Option<f64>,
    captures: usize,
}

impl DensityRow {
    /// A period with its ends in a zone.
    #[must_use]
    pub fn new(density: &Density, zone: Tz) -> Self {
        Self {
            source: density.source.clone(),
            start: format::rfc3339(density.start, zone),
            end: format::rfc3339(density.end, zone),
            trading_days: density.trading_days,
            seen_days: density.seen_days,
            share: density.share().map(rounded),
            captures: density.captures,
        }
    }

    /// Every period, named by its first and last day of the market.
    #[must_use]
    pub fn table(periods: &[Density], market: Tz) -> Table {
        let mut table =
            Table::new(&["SOURCE", "FROM", "TO", ">TRADING DAYS", ">SEEN", ">SHARE", ">CAPTURES", ">A DAY"]);
        let day = |at: Timestamp| Text::plain(at.with_timezone(&market).format("%Y-%m-%d").to_string());
        for density in periods {
            table.row(vec![
                Text::plain(&density.source),
                day(density.start),
                day(density.end - chrono::TimeDelta::seconds(1)),
                Text::plain(density.trading_days.to_string()),
                Text::plain(density.seen_days.to_string()),
                Text::maybe(density.share().map(percent)),
                Text::plain(density.captures.to_string()),
                Text::maybe(density.captures_a_day().map(|count| format!("{count:.1}"))),
            ]);
        }
        table
    }
}
