//! How dense the captures of a source are: on how many trading days of each week, month or year it was seen at all.
//! An archive has no schedule that it could have missed; this is its coverage.

use std::collections::BTreeMap;

use chrono::NaiveDate;

use super::QueryError;
use super::coverage::ratio;
use crate::calendar::Calendar;
use crate::domain::{Interval, TimeRange, Timestamp};
use crate::series::start_of_day;
use crate::store::{StoredSource, Tables};

/// A period of a source, as far as it lies in what was asked for and is past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Density {
    /// The source.
    pub source: String,
    /// Its first instant that is counted.
    pub start: Timestamp,
    /// The first instant that is not.
    pub end: Timestamp,
    /// How many trading days it has, or has a part of.
    pub trading_days: usize,
    /// On how many of them the page was seen.
    pub seen_days: usize,
    /// How many captures there are: polls that saw the page, and those that were imported, on whatever day.
    pub captures: usize,
}

impl Density {
    /// The share of trading days on which the page was seen; none where there was no trading day.
    #[must_use]
    pub fn share(&self) -> Option<f64> {
        ratio(self.seen_days, self.trading_days)
    }

    /// How many captures there are for each trading day; none where there was no trading day.
    #[must_use]
    pub fn captures_a_day(&self) -> Option<f64> {
        ratio(self.captures, self.trading_days)
    }
}

/// The periods of a source in a range, up to `now`. Without a beginning they begin on the first day that it was seen,
/// without an end they end with the last one.
///
/// # Errors
/// The database cannot be read.
pub fn densities(
    tables: Tables<'_>,
    source: &StoredSource,
    every: Interval,
    range: TimeRange,
    now: Timestamp,
    calendar: &Calendar,
) -> Result<Vec<Density>, QueryError> {
    let days = captures_of_days(tables, source, range, calendar)?;
    let (Some((first, _)), Some((last, _))) = (days.first_key_value(), days.last_key_value()) else {
        return Ok(Vec::new());
    };
    let from = range.from.unwrap_or_else(|| start_of_day(*first, calendar.zone()));
    let to =
        range.to.unwrap_or_else(|| start_of_day(last.succ_opt().unwrap_or(*last), calendar.zone())).min(now);
    let end = |start: Timestamp| every.end_of(every.start_of(start, calendar.zone()), calendar.zone());
    let starts = std::iter::successors(Some(from), |start| Some(end(*start))).take_while(|start| *start < to);
    Ok(starts.map(|start| density(source, (start, end(start).min(to)), &days, calendar)).collect())
}

/// How many captures each day has on which there is one. They are counted as they are read.
fn captures_of_days(
    tables: Tables<'_>,
    source: &StoredSource,
    range: TimeRange,
    calendar: &Calendar,
) -> Result<BTreeMap<NaiveDate, usize>, QueryError> {
    let mut days = BTreeMap::new();
    tables.each_capture_time(source.id, range, |at| *days.entry(calendar.date_of(at)).or_default() += 1)?;
    Ok(days)
}

fn density(
    source: &StoredSource,
    (start, end): (Timestamp, Timestamp),
    days: &BTreeMap<NaiveDate, usize>,
    calendar: &Calendar,
) -> Density {
    let last = calendar.date_of(end - chrono::TimeDelta::seconds(1));
    let dates = calendar.date_of(start)..=last;
    let trading = |date: &NaiveDate| calendar.is_trading_day(*date);
    let seen = days.range(dates.clone());
    Density {
        source: source.name.clone(),
        start,
        end,
        trading_days: dates.start().iter_days().take_while(|date| *date <= last).filter(trading).count(),
        seen_days: seen.clone().filter(|(date, _)| trading(date)).count(),
        captures: seen.map(|(_, captures)| captures).sum(),
    }
}
