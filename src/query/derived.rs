//! Closes that nobody may have seen, derived from the change of what was seen after them: asks the store for the runs,
//! and the calendar of which day each close is. Nothing of it is stored.

use chrono::TimeDelta;

use super::QueryError;
use crate::calendar::{Calendar, SessionAt};
use crate::domain::{Indicator, Kind, TimeRange, Timestamp};
use crate::series::{Base, DerivedClose, derived_closes, start_of_day};
use crate::store::{StoredIndicator, Tables};

/// A derived close and what it is of.
#[derive(Debug, Clone, PartialEq)]
pub struct Derived {
    /// The indicator.
    pub indicator: Indicator,
    /// The close.
    pub close: DerivedClose,
}

/// What proves the close of a day, and what was seen of it, lies within this time of it: more than any closure of the
/// market.
const REACH: TimeDelta = TimeDelta::days(31);

/// The closes of one indicator that can be derived, of the days that begin in a range; at most the newest `limit`.
/// A return has no level, and so no close.
///
/// # Errors
/// The database cannot be read.
pub fn derived(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    range: TimeRange,
    limit: Option<usize>,
    calendar: &Calendar,
) -> Result<Vec<Derived>, QueryError> {
    let kind = indicator.indicator.kind;
    let around = TimeRange {
        from: range.from.and_then(|from| from.checked_sub_signed(REACH)),
        to: range.to.and_then(|to| to.checked_add_signed(REACH)),
    };
    let runs: Vec<_> = tables.runs(indicator.id, around)?.into_iter().map(|one| one.run).collect();
    let mut closes = derived_closes(&runs, |at| base_of(kind, at, calendar));
    closes.retain(|close| range.contains(start_of_day(close.by, calendar.zone())));
    let skipped = limit.map_or(0, |limit| closes.len().saturating_sub(limit));
    let record = |close| Derived { indicator: indicator.indicator.clone(), close };
    Ok(closes.into_iter().skip(skipped).map(record).collect())
}

/// What the change of figures is from that were first seen at an instant.
fn base_of(kind: Kind, at: Timestamp, calendar: &Calendar) -> Option<Base> {
    match kind {
        Kind::Index => {
            let SessionAt { day, close, is_sure, is_dated } = calendar.session_at(at)?;
            let stands = calendar.closing_stretch(close);
            Some(Base { day, by: close, is_dated, is_sure, is_shared: true, stands })
        }
        // Gold changes on Saturdays, and a currency when it likes: of the price before nobody knows the date.
        Kind::Price | Kind::Rate => {
            let day = calendar.date_of(at);
            let by = day.pred_opt()?;
            Some(Base { day, by, is_dated: false, is_sure: true, is_shared: false, stands: None })
        }
        Kind::Return => None,
    }
}

#[cfg(test)]
mod tests {
    use chrono::NaiveDate;
    use proptest::prelude::*;
    use rust_decimal::{Decimal, RoundingStrategy};

    use super::super::resolve;
    use super::super::tests::{at, see, store};
    use super::*;
    use crate::store::Store;

    const ALL: TimeRange = TimeRange { from: None, to: None };

    fn closes(store: &Store, slug: &str, range: TimeRange, calendar: &Calendar) -> Vec<DerivedClose> {
        let indicators = resolve(store.tables(), &[slug.to_owned()]).unwrap();
        let found = derived(store.tables(), &indicators[0], range, None, calendar).unwrap();
        found.into_iter().map(|derived| derived.close).collect()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn gold_has_a_price_before_and_no_day_for_it_and_a_return_has_none() {
        let rows = "EMAS 1.508.000 10.000 0,67%\nUSD/IDR 15.917 13,00 0,08%\nRD.SAHAM 0.05%";
        let store = store(&[("2024-11-23T17:00", rows)]);
        for slug in ["emas", "usd-idr"] {
            let [close] = closes(&store, slug, ALL, &Calendar::idx())[..] else { panic!("{slug}") };
            assert_eq!((close.session, close.by), (None, day("2024-11-22")), "{slug}");
        }
        assert!(closes(&store, "rd-saham", ALL, &Calendar::idx()).is_empty());
    }

    #[test]
    fn a_range_is_of_the_days_whose_closes_they_are() {
        let store = store(&[
            ("2024-11-21T17:00", "LQ45 866 -8,90 -1,02%"),
            ("2024-11-25T10:30", "LQ45 878 11,94 1,38%"),
        ]);
        let range = |from: &str, to: &str| TimeRange { from: Some(at(from)), to: Some(at(to)) };
        let sessions = |range| -> Vec<NaiveDate> {
            closes(&store, "lq45", range, &Calendar::idx())
                .iter()
                .map(|close| close.session.unwrap())
                .collect()
        };
        assert_eq!(sessions(ALL), [day("2024-11-20"), day("2024-11-22")]);
        assert_eq!(sessions(range("2024-11-22T00:00", "2024-11-23T00:00")), [day("2024-11-22")]);
        assert_eq!(sessions(range("2024-11-20T00:00", "2024-11-22T00:00")), [day("2024-11-20")]);
        assert!(sessions(range("2024-11-23T00:00", "2024-11-30T00:00")).is_empty());
    }

    /// A number as the page prints it: `-1.234,50`.
    fn printed(value: Decimal, decimals: u32) -> String {
        let mut value = value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
        value.rescale(decimals);
        let marks = |c| match c {
            ',' => '.',
            '.' => ',',
            c => c,
        };
        crate::format::decimal(value).chars().map(marks).collect()
    }

    /// A row with a level against the close before it.
    fn row(level: Decimal, previous: Decimal, decimals: u32) -> String {
        let change = level - previous;
        let percent = Decimal::ONE_HUNDRED * change / previous;
        format!("LQ45 {} {} {}%", printed(level, decimals), printed(change, 2), printed(percent, 2))
    }

    /// The trading days from 1 November 2024 on, of which the 27th is a closure.
    fn days() -> Vec<NaiveDate> {
        let idx = Calendar::idx();
        day("2024-11-01").iter_days().filter(|date| idx.is_trading_day(*date)).take(30).collect()
    }

    /// Real closes move by up to some percent a day; the true ones have three decimals.
    fn true_closes(moves: &[i64]) -> Vec<Decimal> {
        let mut close = Decimal::new(871_234, 3);
        let step = |by: &i64| {
            close += (close * Decimal::new(*by, 4)).round_dp(3);
            close
        };
        moves.iter().map(step).collect()
    }

    /// A capture: on which day, at which time of it, how far the level is from the close then.
    type Capture = (usize, usize, i64);

    /// When captures are made: in the session, after it, and on the morning after, ahead of the next one.
    const TIMES: [&str; 4] = ["10:00", "14:30", "17:00", "23:30"];

    fn any_captures() -> impl Strategy<Value = Vec<Capture>> {
        let capture = (1..30usize, 0..TIMES.len(), -900..900i64);
        prop::collection::vec(capture, 1..25).prop_shuffle()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn every_derived_close_holds_the_true_one_of_its_day_whatever_is_missing_and_in_any_order(
            moves in prop::collection::vec(-300..300i64, 30), decimals in prop::sample::select(vec![0, 2]),
            captures in any_captures(),
        ) {
            let (days, truth) = (days(), true_closes(&moves));
            let seen = |(number, time, off): &Capture| {
                let is_open = *time < 2;
                let level = truth[*number] + if is_open { Decimal::new(*off, 2) } else { Decimal::ZERO };
                (format!("{}T{}", days[*number], TIMES[*time]), row(level, truth[number - 1], decimals))
            };
            let mut pages: Vec<(String, String)> = captures.iter().map(seen).collect();
            // Of two captures of one instant neither is believed; the order of arrival is kept.
            let mut times = std::collections::HashSet::new();
            pages.retain(|(time, _)| times.insert(time.clone()));
            let mut store = Store::open_in_memory().unwrap();
            for (time, rows) in &pages {
                see(&mut store, "kontan", time, rows);
            }
            let derived = closes(&store, "lq45", ALL, &Calendar::idx());
            for close in &derived {
                let number = days.iter().position(|day| Some(*day) == close.session);
                prop_assert!(number.is_some(), "{close:?} has no day");
                let truth = truth[number.unwrap()];
                prop_assert!(close.bounds.low <= truth && truth <= close.bounds.high, "{truth} {close:?}");
                let rounded = truth.round_dp_with_strategy(close.scale, RoundingStrategy::MidpointAwayFromZero);
                prop_assert!(close.level().is_none_or(|level| level.decimal() == rounded), "{truth} {close:?}");
            }
            pages.sort();
            let mut in_order = Store::open_in_memory().unwrap();
            pages.iter().for_each(|(time, rows)| see(&mut in_order, "kontan", time, rows));
            prop_assert_eq!(closes(&in_order, "lq45", ALL, &Calendar::idx()), derived);
        }

        #[test]
        fn a_session_that_the_calendar_does_not_know_is_revealed(
            moves in prop::collection::vec(prop_oneof![-300..-30i64, 30..300i64], 30), missed in 2..29usize,
        ) {
            let (days, truth) = (days(), true_closes(&moves));
            let mut store = Store::open_in_memory().unwrap();
            for number in (1..30).filter(|number| *number != missed) {
                see(&mut store, "kontan", &format!("{}T17:00", days[number]), &row(truth[number], truth[number - 1], 2));
            }
            let calendar = Calendar::idx().with_closures([days[missed]]);
            let found = closes(&store, "lq45", ALL, &calendar);
            let words: Vec<&str> = found.iter().map(|close| close.agreement.word()).collect();
            let expected: Vec<&str> = (1..30).filter(|number| *number != missed)
                .map(|number| match number {
                    1 => "alone",
                    number if number == missed + 1 => "disjoint",
                    _ => "observed",
                })
                .collect();
            prop_assert_eq!(words, expected);
            let torn = found.iter().find(|close| close.agreement.word() == "disjoint").unwrap();
            prop_assert_eq!((torn.session, torn.by), (None, days[missed - 1]));
            prop_assert!(torn.bounds.low <= truth[missed] && truth[missed] <= torn.bounds.high);
        }
    }
}
