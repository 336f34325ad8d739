//! Whose session figures are of, and of which day the close before them is. Knows nothing of indicators: a page is
//! taken to show the session that is on, or the last one that was.

use chrono::{Datelike, NaiveDate, NaiveTime, TimeDelta};

use super::{Calendar, Day};
use crate::domain::Timestamp;

/// So long after the first trade a page may still show the session before. As long as post trading, which gives a
/// page the same time to show the close.
const LAG: TimeDelta = TimeDelta::minutes(15);

/// No closure of the exchange lasts longer than this; beyond it the dates have come to their end.
const LONGEST_CLOSURE_DAYS: usize = 60;

/// The session that figures seen at an instant are of, and the close that their change is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionAt {
    /// The trading day.
    pub day: NaiveDate,
    /// The trading day before it, as far as is known.
    pub close: NaiveDate,
    /// Whether the page can be of no other session: not when the session has only just begun.
    pub is_sure: bool,
    /// Whether `close` can be no other day: not when a day from it on is beyond the list of closures, or a closure
    /// that is not confirmed.
    pub is_dated: bool,
}

impl Calendar {
    /// The session that was on at an instant, or the last one before it; nothing before the dates begin.
    #[must_use]
    pub fn session_at(&self, at: Timestamp) -> Option<SessionAt> {
        let today = self.date_of(at);
        let is_late = self.first_trade(today) <= at;
        let day = if is_late && self.is_trading_day(today) { today } else { self.trading_day_before(today)? };
        let close = self.trading_day_before(day)?;
        let is_sure = self.first_trade(day) + LAG <= at;
        // Of a day that was open after all the figures could be, too.
        let last = if is_late { today } else { today.pred_opt()? };
        let is_dated = close.iter_days().take_while(|date| *date <= last).all(|date| self.is_certain(date));
        Some(SessionAt { day, close, is_sure, is_dated })
    }

    /// From when to when the close of a day is the last level there is: from the end of its session to the first
    /// trade of the next one.
    #[must_use]
    pub fn closing_stretch(&self, day: NaiveDate) -> Option<(Timestamp, Timestamp)> {
        let next =
            day.iter_days().skip(1).take(LONGEST_CLOSURE_DAYS).find(|date| self.is_trading_day(*date))?;
        Some((self.close_of(day), self.first_trade(next)))
    }

    /// When the session of a day ends.
    #[must_use]
    pub fn close_of(&self, day: NaiveDate) -> Timestamp {
        let closing = self.hours.closing().map(|closing| day.and_time(closing));
        let midnight = || day.succ_opt().unwrap_or(day).and_time(NaiveTime::MIN);
        self.instant(closing.unwrap_or_else(midnight))
    }

    /// When prices are first made on a day.
    fn first_trade(&self, day: NaiveDate) -> Timestamp {
        let first = self.hours.sessions(day.weekday()).next();
        self.instant(day.and_time(first.map_or(self.hours.opening(), |(start, _)| start)))
    }

    fn trading_day_before(&self, date: NaiveDate) -> Option<NaiveDate> {
        let before = std::iter::successors(date.pred_opt(), NaiveDate::pred_opt);
        before.take(LONGEST_CLOSURE_DAYS).find(|date| self.is_trading_day(*date))
    }

    /// Whether a date is known to be open or known to be closed.
    fn is_certain(&self, date: NaiveDate) -> bool {
        match self.day(date) {
            Day::Open { known } => known,
            Day::Closed { confirmed } => confirmed,
            Day::Weekend => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        chrono::DateTime::parse_from_rfc3339(&format!("{text}:00+07:00")).unwrap().to_utc()
    }

    /// `day of close`, with a question mark after what is not sure.
    fn session(text: &str) -> String {
        let SessionAt { day, close, is_sure, is_dated } = Calendar::idx().session_at(at(text)).unwrap();
        let mark = |is_known: bool| if is_known { "" } else { "?" };
        format!("{day}{} {close}{}", mark(is_sure), mark(is_dated))
    }

    #[test]
    fn a_page_shows_the_session_that_is_on_or_the_last_one() {
        for (seen, expected) in [
            ("2024-11-21T17:00", "2024-11-21 2024-11-20"),
            ("2024-11-22T08:00", "2024-11-21 2024-11-20"),
            ("2024-11-22T08:59", "2024-11-21 2024-11-20"),
            // Yesterday's figures may still stand there.
            ("2024-11-22T09:00", "2024-11-22? 2024-11-21"),
            ("2024-11-22T09:14", "2024-11-22? 2024-11-21"),
            ("2024-11-22T09:15", "2024-11-22 2024-11-21"),
            ("2024-11-22T23:59", "2024-11-22 2024-11-21"),
            // Over the weekend and on Monday morning, Friday's.
            ("2024-11-24T12:00", "2024-11-22 2024-11-21"),
            ("2024-11-25T08:30", "2024-11-22 2024-11-21"),
            ("2024-11-25T10:00", "2024-11-25 2024-11-22"),
            // 27 November 2024 was election day.
            ("2024-11-27T10:00", "2024-11-26 2024-11-25"),
            ("2024-11-28T10:00", "2024-11-28 2024-11-26"),
            // Nyepi and Lebaran of 2025.
            ("2025-03-29T10:00", "2025-03-27 2025-03-26"),
        ] {
            assert_eq!(session(seen), expected, "{seen}");
        }
    }

    #[test]
    fn a_close_has_no_date_where_the_list_of_closures_is_not_sure() {
        assert_eq!(session("2025-08-15T10:00"), "2025-08-15 2025-08-14");
        // 18 August 2025 is listed and not confirmed.
        for (seen, expected) in [
            ("2025-08-18T08:00", "2025-08-15 2025-08-14"),
            ("2025-08-18T10:00", "2025-08-15 2025-08-14?"),
            ("2025-08-19T08:00", "2025-08-15 2025-08-14?"),
            ("2025-08-19T10:00", "2025-08-19 2025-08-15?"),
            ("2025-08-20T10:00", "2025-08-20 2025-08-19"),
            ("2016-05-04T10:00", "2016-05-04 2016-05-03?"),
            ("2018-01-02T10:00", "2018-01-02 2017-12-29?"),
            ("2027-01-05T10:00", "2027-01-05 2027-01-04?"),
        ] {
            assert_eq!(session(seen), expected, "{seen}");
        }
    }

    #[test]
    fn a_close_stands_from_the_end_of_its_session_to_the_first_trade_after_it() {
        let stretch = |day: &str| Calendar::idx().closing_stretch(day.parse().unwrap()).unwrap();
        assert_eq!(stretch("2024-11-22"), (at("2024-11-22T16:15"), at("2024-11-25T09:00")));
        assert_eq!(stretch("2025-03-27"), (at("2025-03-27T16:15"), at("2025-04-08T09:00")));
        let weekdays = Calendar::weekdays(chrono_tz::Asia::Jakarta);
        let day = "2024-11-21".parse().unwrap();
        assert_eq!(weekdays.closing_stretch(day), Some((at("2024-11-22T00:00"), at("2024-11-22T00:00"))));
    }

    #[test]
    fn the_first_dates_of_all_have_none_before_them() {
        assert_eq!(Calendar::idx().session_at(Timestamp::MIN_UTC), None);
    }
}
