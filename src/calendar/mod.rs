//! Sessions, hours and closures of the exchange, from data. Knows nothing of indicators, and never asks
//! what time it is.

mod closes;
mod hours;

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use chrono::{DateTime, Datelike, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeZone, Utc, Weekday};
use chrono_tz::Tz;

pub use self::closes::SessionAt;
use self::hours::Hours;
pub use self::hours::Phase;
use crate::domain::Timestamp;

/// Weekdays on which the exchange was or will be closed, and from where that is known.
const IDX_CLOSURES: &str = include_str!("idx-closures.csv");

/// The first and the last date for which [`IDX_CLOSURES`] claims to be complete.
const IDX_COVERED: RangeInclusive<NaiveDate> = date(2018, 1, 1)..=date(2026, 12, 31);

/// The first date of the hours in [`Hours::Idx`]. From 30 March 2020 until then the exchange kept shorter
/// ones because of the pandemic.
const IDX_HOURS_SINCE: NaiveDate = date(2023, 4, 3);

/// What a date is to the exchange.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Day {
    /// A weekday without a closure.
    Open {
        /// Whether the list of closures covers the date; if not, only the weekday speaks for it.
        known: bool,
    },
    /// A Saturday or a Sunday.
    Weekend,
    /// A weekday on which the exchange does not trade.
    Closed {
        /// Whether the closure was checked; joint leave and religious holidays may turn out otherwise.
        confirmed: bool,
    },
}

/// The trading days and hours of one market.
///
/// Days and hours are those of the market's zone. A closure that is not confirmed counts as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Calendar {
    zone: Tz,
    hours: Hours,
    covered: Option<RangeInclusive<NaiveDate>>,
    /// Closed weekdays, and whether each is confirmed.
    closures: BTreeMap<NaiveDate, bool>,
}

impl Calendar {
    /// The Indonesia Stock Exchange, in western Indonesian time (WIB).
    #[must_use]
    pub fn idx() -> Self {
        Self {
            zone: Tz::Asia__Jakarta,
            hours: Hours::Idx,
            covered: Some(IDX_COVERED),
            closures: rows(IDX_CLOSURES).filter_map(closure).collect(),
        }
    }

    /// A market of which only the weekdays are known: open from Monday to Friday, midnight to midnight,
    /// with no closures but those added.
    #[must_use]
    pub fn weekdays(zone: Tz) -> Self {
        Self { zone, hours: Hours::WholeDay, covered: None, closures: BTreeMap::new() }
    }

    /// The same market with more closures, which count as confirmed.
    #[must_use]
    pub fn with_closures(mut self, dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        self.closures.extend(dates.into_iter().map(|date| (date, true)));
        self
    }

    /// The same market with weekdays that were open after all, whatever the list of closures says of them.
    #[must_use]
    pub fn with_open_days(mut self, dates: impl IntoIterator<Item = NaiveDate>) -> Self {
        for date in dates {
            self.closures.remove(&date);
        }
        self
    }

    /// The same days and hours, read as those of another zone.
    #[must_use]
    pub fn with_zone(self, zone: Tz) -> Self {
        Self { zone, ..self }
    }

    /// The zone that days and hours belong to.
    #[must_use]
    pub fn zone(&self) -> Tz {
        self.zone
    }

    /// The market's date at an instant.
    #[must_use]
    pub fn date_of(&self, at: Timestamp) -> NaiveDate {
        self.local(at).date()
    }

    /// What a date is to the exchange.
    #[must_use]
    pub fn day(&self, date: NaiveDate) -> Day {
        if matches!(date.weekday(), Weekday::Sat | Weekday::Sun) {
            return Day::Weekend;
        }
        match self.closures.get(&date) {
            Some(&confirmed) => Day::Closed { confirmed },
            None => Day::Open { known: self.covers(date) },
        }
    }

    /// Whether a date has a session, as far as is known.
    #[must_use]
    pub fn is_trading_day(&self, date: NaiveDate) -> bool {
        matches!(self.day(date), Day::Open { .. })
    }

    /// Whether the list of closures covers a date.
    #[must_use]
    pub fn covers(&self, date: NaiveDate) -> bool {
        self.covered.as_ref().is_some_and(|covered| covered.contains(&date))
    }

    /// Whether a date lies before or after the list of closures, so that every weekday counts as open.
    #[must_use]
    pub fn is_beyond_list(&self, date: NaiveDate) -> bool {
        !self.covers(date)
    }

    /// What to tell a person who asks about a date beyond the list of closures.
    #[must_use]
    pub fn note(&self, date: NaiveDate) -> Option<String> {
        if self.covers(date) {
            return None;
        }
        Some(match &self.covered {
            Some(covered) => format!(
                "the list of closures covers {} to {}; every other weekday counts as a trading day",
                covered.start(),
                covered.end()
            ),
            None => "this calendar has no list of closures; every weekday counts as a trading day".to_owned(),
        })
    }

    /// Whether the hours of a date are known. Where they are not, today's hours stand in for them.
    #[must_use]
    pub fn knows_hours(&self, date: NaiveDate) -> bool {
        self.hours == Hours::Idx && date >= IDX_HOURS_SINCE
    }

    /// What the exchange does at an instant.
    #[must_use]
    pub fn phase(&self, at: Timestamp) -> Phase {
        let local = self.local(at);
        if self.is_trading_day(local.date()) {
            self.hours.phase(local.weekday(), local.time())
        } else {
            Phase::Closed
        }
    }

    /// Whether the market is worth watching closely: from pre-open to the end of post trading,
    /// the break included.
    #[must_use]
    pub fn is_open(&self, at: Timestamp) -> bool {
        self.phase(at).is_open()
    }

    /// The first instant after another at which the market turns from closed to open;
    /// the last instant of all when there is none.
    #[must_use]
    pub fn next_open(&self, after: Timestamp) -> Timestamp {
        self.dates_from(after)
            .filter(|&date| self.is_trading_day(date) && !self.is_continued(date))
            .map(|date| self.instant(date.and_time(self.hours.opening())))
            .find(|&open| open > after)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The first instant after another at which the market turns from open to closed;
    /// the last instant of all when there is none.
    #[must_use]
    pub fn next_close(&self, after: Timestamp) -> Timestamp {
        self.dates_from(after)
            .filter(|&date| {
                self.is_trading_day(date) && !date.succ_opt().is_some_and(|d| self.is_continued(d))
            })
            .filter_map(|date| match self.hours.closing() {
                Some(closing) => Some(date.and_time(closing)),
                None => Some(date.succ_opt()?.and_time(NaiveTime::MIN)),
            })
            .map(|local| self.instant(local))
            .find(|&close| close > after)
            .unwrap_or(DateTime::<Utc>::MAX_UTC)
    }

    /// The parts of a stretch of time in which the market is open, in order.
    #[must_use]
    pub fn open_within(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let first = if self.is_open(from) { from } else { self.next_open(from) };
        let opens = std::iter::successors(Some(first), |open| Some(self.next_open(self.next_close(*open))));
        opens.take_while(|open| *open < to).map(|open| (open, self.next_close(open).min(to))).collect()
    }

    /// The parts of a stretch of time in which prices are made, in order: the sessions of days whose hours are known.
    #[must_use]
    pub fn sessions_within(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let last = self.date_of(to);
        let days = self.dates_from(from).take_while(|date| *date <= last);
        let known = days.filter(|date| self.is_trading_day(*date) && self.knows_hours(*date));
        let sessions = known.flat_map(|date| {
            let hours = self.hours.sessions(date.weekday());
            hours.map(move |(start, end)| (date.and_time(start), date.and_time(end)))
        });
        sessions
            .map(|(start, end)| (self.instant(start).max(from), self.instant(end).min(to)))
            .filter(|(start, end)| start < end)
            .collect()
    }

    /// Whether a date goes on with the open hours of the one before, without a moment between them.
    fn is_continued(&self, date: NaiveDate) -> bool {
        let before = date.pred_opt().is_some_and(|before| self.is_trading_day(before));
        self.hours == Hours::WholeDay && before && self.is_trading_day(date)
    }

    fn local(&self, at: Timestamp) -> NaiveDateTime {
        let utc = at.naive_utc();
        let offset = self.zone.offset_from_utc_datetime(&utc).fix();
        utc.checked_add_offset(offset).unwrap_or(utc)
    }

    fn dates_from(&self, at: Timestamp) -> impl Iterator<Item = NaiveDate> {
        self.date_of(at).iter_days()
    }

    /// A local time as an instant. Where a zone skips the time, the one an hour later; where it repeats,
    /// the first of the two.
    fn instant(&self, local: NaiveDateTime) -> Timestamp {
        let later = || {
            let local = local.checked_add_signed(chrono::Duration::hours(1))?;
            self.zone.from_local_datetime(&local).earliest()
        };
        let zoned = self.zone.from_local_datetime(&local).earliest().or_else(later);
        zoned.map_or_else(|| local.and_utc(), |zoned| zoned.to_utc())
    }
}

/// The rows of a list of closures, below its heading.
fn rows(csv: &'static str) -> impl Iterator<Item = &'static str> {
    csv.lines().skip(1)
}

/// A row `date,evidence`: the date, and whether its evidence counts as confirmed.
fn closure(row: &str) -> Option<(NaiveDate, bool)> {
    let (date, evidence) = row.split_once(',')?;
    Some((plain_date(date)?, !evidence.ends_with("unconfirmed")))
}

/// A date as the list writes it. The general parser of dates takes half a millisecond for them all, at every start.
fn plain_date(text: &str) -> Option<NaiveDate> {
    let (year, rest) = text.split_once('-')?;
    let (month, day) = rest.split_once('-')?;
    NaiveDate::from_ymd_opt(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
}

const fn date(year: i32, month: u32, day: u32) -> NaiveDate {
    match NaiveDate::from_ymd_opt(year, month, day) {
        Some(date) => date,
        None => panic!("evaluated while compiling: every date above is one of the calendar"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wib(text: &str) -> Timestamp {
        let local = text.replace(' ', "T");
        let local = if local.len() == 16 { format!("{local}:00") } else { local };
        DateTime::parse_from_rfc3339(&format!("{local}+07:00")).unwrap().to_utc()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn every_row_of_the_list_is_read_and_lies_in_the_years_it_covers() {
        for row in rows(IDX_CLOSURES) {
            let (date, _) = closure(row).unwrap_or_else(|| panic!("{row}"));
            assert!(IDX_COVERED.contains(&date), "{row}");
            assert!(!matches!(date.weekday(), Weekday::Sat | Weekday::Sun), "{row}");
        }
        assert_eq!(Calendar::idx().closures.len(), rows(IDX_CLOSURES).count());
    }

    #[test]
    fn days_are_open_closed_or_neither_for_sure() {
        let idx = Calendar::idx();
        for (text, expected) in [
            ("2024-11-26", Day::Open { known: true }),
            ("2024-11-27", Day::Closed { confirmed: true }),
            ("2024-11-30", Day::Weekend),
            ("2025-08-18", Day::Closed { confirmed: false }),
            ("2026-12-31", Day::Closed { confirmed: true }),
            ("2027-01-03", Day::Weekend),
            ("2027-01-04", Day::Open { known: false }),
            ("2017-12-29", Day::Open { known: false }),
            ("2018-01-02", Day::Open { known: true }),
        ] {
            assert_eq!(idx.day(day(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_date_beyond_the_list_has_a_note() {
        let idx = Calendar::idx();
        assert_eq!(idx.note(day("2026-12-31")), None);
        assert_eq!(
            idx.note(day("2027-01-04")).unwrap(),
            "the list of closures covers 2018-01-01 to 2026-12-31; every other weekday counts as a trading day"
        );
        assert!(idx.is_beyond_list(day("2027-01-01")) && idx.is_beyond_list(day("2017-12-31")));
        assert!(Calendar::weekdays(Tz::UTC).note(day("2024-01-02")).is_some());
    }

    #[test]
    fn a_listed_closure_can_be_open_after_all() {
        let idx = Calendar::idx().with_open_days([day("2025-08-18"), day("2024-11-30")]);
        assert_eq!(idx.day(day("2025-08-18")), Day::Open { known: true });
        assert_eq!(idx.day(day("2024-11-30")), Day::Weekend);
    }

    #[test]
    fn closures_of_the_configuration_are_added_and_confirm_what_was_not() {
        let idx = Calendar::idx().with_closures([day("2027-01-04"), day("2025-08-18"), day("2024-11-30")]);
        assert_eq!(idx.day(day("2027-01-04")), Day::Closed { confirmed: true });
        assert_eq!(idx.day(day("2025-08-18")), Day::Closed { confirmed: true });
        assert_eq!(idx.day(day("2024-11-30")), Day::Weekend);
        assert_eq!(idx.day(day("2024-11-27")), Day::Closed { confirmed: true });
    }

    #[test]
    fn phases_change_on_the_second_from_monday_to_thursday() {
        let idx = Calendar::idx();
        for (time, before, from) in [
            ("08:45", Phase::Closed, Phase::PreOpen),
            ("09:00", Phase::PreOpen, Phase::SessionOne),
            ("12:00", Phase::SessionOne, Phase::Break),
            ("13:30", Phase::Break, Phase::SessionTwo),
            ("15:50", Phase::SessionTwo, Phase::PreClose),
            ("16:00", Phase::PreClose, Phase::Post),
            ("16:15", Phase::Post, Phase::Closed),
        ] {
            let at = wib(&format!("2024-11-21 {time}"));
            assert_eq!(idx.phase(at), from, "{time}");
            assert_eq!(idx.phase(at - chrono::Duration::seconds(1)), before, "before {time}");
        }
    }

    #[test]
    fn the_break_is_longer_on_fridays() {
        let idx = Calendar::idx();
        for (at, phase) in [
            ("2024-11-22 11:29:59", Phase::SessionOne),
            ("2024-11-22 11:30:00", Phase::Break),
            ("2024-11-22 13:59:59", Phase::Break),
            ("2024-11-22 14:00:00", Phase::SessionTwo),
            ("2024-11-22 15:50:00", Phase::PreClose),
        ] {
            assert_eq!(idx.phase(wib(at)), phase, "{at}");
        }
    }

    #[test]
    fn nothing_is_open_on_closures_and_weekends() {
        let idx = Calendar::idx();
        for at in ["2024-11-27 10:00", "2024-11-30 10:00", "2024-12-01 10:00", "2025-08-18 10:00"] {
            assert_eq!(idx.phase(wib(at)), Phase::Closed, "{at}");
        }
        assert!(idx.is_open(wib("2027-01-04 10:00")));
        assert!(idx.is_open(wib("2024-11-21 12:30")), "the break");
    }

    #[test]
    fn the_day_is_that_of_the_market_not_of_utc() {
        let late_on_sunday_in_utc = wib("2024-12-02 06:59:59");
        assert_eq!(Calendar::idx().date_of(late_on_sunday_in_utc), day("2024-12-02"));
        assert!(Calendar::idx().with_zone(Tz::UTC).is_open(wib("2024-11-21 15:45")));
    }

    #[test]
    fn the_next_opening_skips_closures_and_weekends() {
        let idx = Calendar::idx();
        for (after, open) in [
            ("2024-11-21 08:44:59", "2024-11-21 08:45"),
            ("2024-11-21 08:45:00", "2024-11-22 08:45"),
            ("2024-11-22 10:00", "2024-11-25 08:45"),
            ("2024-11-26 20:00", "2024-11-28 08:45"),
            ("2025-03-27 17:00", "2025-04-08 08:45"),
            ("2026-12-30 17:00", "2027-01-01 08:45"),
        ] {
            assert_eq!(idx.next_open(wib(after)), wib(open), "{after}");
        }
    }

    #[test]
    fn the_next_close_is_the_end_of_post_trading() {
        let idx = Calendar::idx();
        for (after, close) in [
            ("2024-11-21 07:00", "2024-11-21 16:15"),
            ("2024-11-21 12:30", "2024-11-21 16:15"),
            ("2024-11-21 16:14:59", "2024-11-21 16:15"),
            ("2024-11-21 16:15:00", "2024-11-22 16:15"),
            ("2024-11-22 16:15:00", "2024-11-25 16:15"),
            ("2024-11-27 10:00", "2024-11-28 16:15"),
        ] {
            assert_eq!(idx.next_close(wib(after)), wib(close), "{after}");
        }
    }

    #[test]
    fn a_market_of_unknown_hours_is_open_all_week() {
        let market = Calendar::weekdays(Tz::Asia__Jakarta).with_closures([day("2024-11-27")]);
        assert!(market.is_open(wib("2024-11-26 23:59:59")));
        assert!(!market.is_open(wib("2024-11-27 00:00")));
        assert_eq!(market.next_close(wib("2024-11-25 10:00")), wib("2024-11-27 00:00"));
        assert_eq!(market.next_open(wib("2024-11-25 10:00")), wib("2024-11-28 00:00"));
        assert_eq!(market.next_close(wib("2024-11-28 10:00")), wib("2024-11-30 00:00"));
        assert_eq!(market.next_open(wib("2024-11-30 10:00")), wib("2024-12-02 00:00"));
    }

    #[test]
    fn open_parts_and_sessions_are_cut_at_the_ends_of_a_stretch() {
        let spans = |spans: Vec<(Timestamp, Timestamp)>| {
            let show = |at: Timestamp| at.with_timezone(&Tz::Asia__Jakarta).format("%d %H:%M").to_string();
            spans.into_iter().map(|(from, to)| format!("{} - {}", show(from), show(to))).collect::<Vec<_>>()
        };
        let idx = Calendar::idx();
        let (from, to) = (wib("2024-11-22 09:30"), wib("2024-11-25 10:00"));
        assert_eq!(spans(idx.open_within(from, to)), ["22 09:30 - 22 16:15", "25 08:45 - 25 10:00"]);
        assert_eq!(
            spans(idx.sessions_within(from, to)),
            ["22 09:30 - 22 11:30", "22 14:00 - 22 15:50", "22 15:50 - 22 16:00", "25 09:00 - 25 10:00"]
        );
        assert!(idx.open_within(wib("2024-11-23 09:00"), wib("2024-11-24 09:00")).is_empty());
        assert!(idx.sessions_within(wib("2022-11-22 09:00"), wib("2022-11-23 09:00")).is_empty());
        let whole = Calendar::weekdays(Tz::Asia__Jakarta);
        assert_eq!(spans(whole.open_within(from, to)), ["22 09:30 - 23 00:00", "25 00:00 - 25 10:00"]);
        assert!(whole.sessions_within(from, to).is_empty());
    }

    #[test]
    fn hours_before_april_2023_are_not_known() {
        let idx = Calendar::idx();
        assert!(!idx.knows_hours(day("2023-03-31")));
        assert!(idx.knows_hours(day("2023-04-03")));
        assert!(!Calendar::weekdays(Tz::UTC).knows_hours(day("2024-01-02")));
    }

    #[test]
    fn the_end_of_time_is_no_accident() {
        let idx = Calendar::idx();
        assert_eq!(idx.next_open(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC);
        assert_eq!(idx.next_close(DateTime::<Utc>::MAX_UTC), DateTime::<Utc>::MAX_UTC);
    }
}
