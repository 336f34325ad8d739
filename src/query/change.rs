//! Changes over windows: of levels against the last level known at the base, of returns by compounding.

use chrono::{Days, NaiveDate, TimeDelta};
use rust_decimal::Decimal;

use crate::calendar::Calendar;
use crate::domain::{Indicator, Kind, Level, TimeRange, Timestamp, Window};
use crate::format::age;
use crate::series::{Detail, compound, daily_returns, is_stale, percent_change, start_of_day};
use crate::store::{StoredIndicator, Tables};

use super::{QueryError, known_until, series};

/// The change of one indicator over one window. Where there is no base there is no number.
#[derive(Debug, Clone, PartialEq)]
pub struct ChangeOver {
    /// The indicator.
    pub indicator: Indicator,
    /// The end of the window.
    pub as_of: Timestamp,
    /// The window.
    pub over: Window,
    /// The last level known at its end.
    pub level: Option<Level>,
    /// The last level known at its beginning.
    pub base_level: Option<Level>,
    /// When the base was last seen, at or before the beginning of the window.
    pub base_at: Option<Timestamp>,
    /// The difference of the levels.
    pub change: Option<Decimal>,
    /// The change in percent of the base; for a return the compounded return of the trading days in the window.
    pub percent: Option<Decimal>,
    /// How long before the end of the window the level was last seen, where that is longer than the heartbeat.
    pub level_age: Option<TimeDelta>,
    /// How long before the beginning of the window the base was last seen, where that is longer than the heartbeat.
    pub base_age: Option<TimeDelta>,
    /// Why there is no number, or what to know about it.
    pub note: Option<String>,
}

impl ChangeOver {
    /// A window of which nothing is known yet.
    fn unknown(indicator: &StoredIndicator, as_of: Timestamp, over: Window) -> Self {
        Self {
            indicator: indicator.indicator.clone(),
            as_of,
            over,
            level: None,
            base_level: None,
            base_at: None,
            change: None,
            percent: None,
            level_age: None,
            base_age: None,
            note: None,
        }
    }
}

/// The changes of indicators over windows, one for each pair. Without `as_of` each indicator is taken as of the
/// moment it was last seen, so that an old value is never compared as if it were today's.
///
/// # Errors
/// The database cannot be read.
pub fn changes(
    tables: Tables<'_>,
    indicators: &[StoredIndicator],
    windows: &[Window],
    as_of: Option<Timestamp>,
    calendar: &Calendar,
) -> Result<Vec<ChangeOver>, QueryError> {
    let mut changes = Vec::new();
    for indicator in indicators {
        let Some(known_until) = known_until(tables, indicator)? else { continue };
        let as_of = as_of.unwrap_or(known_until);
        let of = |over| ChangeOver::unknown(indicator, as_of, over);
        match indicator.indicator.kind {
            Kind::Return => {
                for &over in windows {
                    changes.push(change_of_return(tables, indicator, of(over), calendar)?);
                }
            }
            Kind::Index | Kind::Price | Kind::Rate => {
                let known = known_level(tables, indicator.id, as_of)?;
                for &over in windows {
                    changes.push(change_of_level(tables, indicator, known, of(over), calendar)?);
                }
            }
        }
    }
    Ok(changes)
}

/// A level and when it was last seen, not after the moment it was asked for.
type Known = (Level, Timestamp);

fn known_level(tables: Tables<'_>, indicator_id: i64, at: Timestamp) -> Result<Option<Known>, QueryError> {
    let mut begin = at;
    while let Some(observation) = tables.run_at(indicator_id, begin)? {
        let run = observation.run;
        if let Some(level) = run.figures.level {
            return Ok(Some((level, run.last_seen.min(at))));
        }
        begin = run.first_seen - chrono::Duration::seconds(1);
    }
    Ok(None)
}

fn change_of_level(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    known: Option<Known>,
    change: ChangeOver,
    calendar: &Calendar,
) -> Result<ChangeOver, QueryError> {
    let as_of = change.as_of;
    let begin = change.over.base(as_of, calendar.zone());
    let base = begin.map(|begin| known_level(tables, indicator.id, begin)).transpose()?.flatten();
    let pair = known.zip(base);
    let level_age = known.and_then(|(_, seen)| long_age(indicator, as_of, seen));
    let base_age = begin.zip(base).and_then(|(begin, (_, seen))| long_age(indicator, begin, seen));
    let note = match (known, base) {
        (None, _) => Some("nothing known yet".to_owned()),
        (_, None) => Some("nothing known at the beginning of the window".to_owned()),
        (Some(_), Some(_)) => ages_in_words(level_age, base_age),
    };
    Ok(ChangeOver {
        level: known.map(|known| known.0),
        base_level: base.map(|base| base.0),
        base_at: base.map(|base| base.1),
        change: pair.map(|(known, base)| known.0.decimal() - base.0.decimal()),
        percent: pair.and_then(|(known, base)| percent_change(base.0, known.0)),
        level_age,
        base_age,
        note,
        ..change
    })
}

/// A level that was last seen longer before a moment than the heartbeat may not have been the level at that moment.
fn long_age(indicator: &StoredIndicator, at: Timestamp, seen: Timestamp) -> Option<TimeDelta> {
    is_stale(seen, indicator.indicator.heartbeat, at).then(|| at - seen)
}

fn ages_in_words(level: Option<TimeDelta>, base: Option<TimeDelta>) -> Option<String> {
    let level = level.map(|level| format!("the level was last seen {} before its end", age(level)));
    let base = base.map(|base| format!("the base was last seen {} before the window", age(base)));
    let both: Vec<String> = base.into_iter().chain(level).collect();
    (!both.is_empty()).then(|| both.join(", "))
}

fn change_of_return(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    mut change: ChangeOver,
    calendar: &Calendar,
) -> Result<ChangeOver, QueryError> {
    let as_of = change.as_of;
    let Some(begin) = change.over.base(as_of, calendar.zone()) else { return Ok(change) };
    let first = calendar.date_of(begin) + Days::new(1);
    let days = trading_days(first, calendar.date_of(as_of), calendar);
    let from = start_of_day(first, calendar.zone());
    let range = TimeRange { from: Some(from), to: Some(as_of + chrono::Duration::seconds(1)) };
    let known = series(tables, indicator, range, calendar.zone(), Detail::RUNS)?.within(range);
    let returns = daily_returns(&known, |date| calendar.is_trading_day(date));
    let missing: Vec<NaiveDate> =
        days.iter().copied().filter(|day| !returns.iter().any(|known| known.date == *day)).collect();
    change.note = match (&missing[..], days.is_empty()) {
        (_, true) => Some("no trading day in the window".to_owned()),
        ([], false) => days.iter().find_map(|day| calendar.note(*day)),
        ([day], false) => Some(format!("the return of {day} was never seen")),
        ([first, ..], false) => {
            Some(format!("the returns of {} trading days were never seen, the first {first}", missing.len()))
        }
    };
    // A compounded return with a day left out would be a wrong number, not an estimate.
    if missing.is_empty() && !days.is_empty() {
        change.base_at = Some(begin);
        change.percent = Some(compound(returns.iter().map(|known| known.percent)));
    }
    Ok(change)
}

fn trading_days(first: NaiveDate, last: NaiveDate, calendar: &Calendar) -> Vec<NaiveDate> {
    first.iter_days().take_while(|date| *date <= last).filter(|date| calendar.is_trading_day(*date)).collect()
}
