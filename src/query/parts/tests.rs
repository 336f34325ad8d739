//! Whatever is rolled up, and whatever is asked for: the answer is that of the runs.

use proptest::prelude::*;

use super::super::tests::store;
use super::*;
use crate::domain::{Figures, Interval, Level, Quantity, Roll, Verdict};
use crate::series::{drawdown, resample};
use crate::store::Store;

const ZONES: [Tz; 9] = [
    Tz::Asia__Jakarta,
    Tz::UTC,
    Tz::Europe__Berlin,
    Tz::America__New_York,
    Tz::Pacific__Auckland,
    Tz::Asia__Kolkata,
    Tz::Asia__Kathmandu,
    Tz::Australia__Lord_Howe,
    Tz::Antarctica__Troll,
];

const INTERVALS: [&str; 11] = ["15m", "1h", "2h", "4h", "6h", "12h", "1d", "1w", "1mo", "3mo", "1y"];

/// Runs that begin around a change of clocks: silences and lengths in seconds, and levels.
fn any_runs() -> impl Strategy<Value = Vec<Run>> {
    let begins =
        ["2024-03-09T20:00:00Z", "2024-03-30T00:00:00Z", "2024-04-06T00:00:00Z", "2024-10-26T12:00:00Z"];
    let silence = prop_oneof![8 => 1..900i64, 3 => 900..9000i64, 1 => 9000..200_000i64];
    let length = prop_oneof![4 => Just(0), 4 => 0..1800i64, 1 => 1800..200_000i64];
    let level = prop_oneof![7 => (-40..40i64, 0..3u32).prop_map(Some), 1 => Just(None)];
    let runs = prop::collection::vec((silence, length, level), 0..150);
    (prop::sample::select(begins.to_vec()), runs).prop_map(|(begin, parts)| {
        let mut at: Timestamp = begin.parse().unwrap();
        let run = |(silence, length, level): (i64, i64, Option<(i64, u32)>)| {
            let first_seen = at + Duration::seconds(silence);
            at = first_seen + Duration::seconds(length);
            let level = level.map(|(mantissa, scale)| Level(Quantity::new(900 + mantissa, scale).unwrap()));
            let figures = Figures { level, ..Figures::default() };
            Run { first_seen, last_seen: at, figures, verdict: Verdict::Unverifiable }
        };
        parts.into_iter().map(run).collect()
    })
}

/// A place among runs; a beginning of an hour or of a day more often than by chance.
type Place = Option<(prop::sample::Index, u8)>;

fn any_place() -> impl Strategy<Value = Place> {
    prop::option::of((any::<prop::sample::Index>(), 0..4u8))
}

fn instant(runs: &[Run], place: Place) -> Option<Timestamp> {
    let (index, how) = place.filter(|_| !runs.is_empty())?;
    let at = runs[index.index(runs.len())].first_seen;
    Some(match how {
        0 => at,
        1 => Grain::Hour.start_of(at),
        2 => Grain::Day.start_of(at),
        _ => at + Duration::seconds(977),
    })
}

/// A store of runs of LQ45 that are rolled up to an instant.
fn rolled(runs: &[Run], until: Option<Timestamp>) -> (Store, StoredIndicator) {
    rolled_of("LQ45 1 0 0%", runs, until)
}

fn rolled_of(row: &str, runs: &[Run], until: Option<Timestamp>) -> (Store, StoredIndicator) {
    let mut store = store(&[("2024-01-01T09:00", row)]);
    let indicator = store.tables().indicators().unwrap().remove(0);
    let whole = |grain: Grain, until: Timestamp| {
        let is_whole = move |run: &&Run| grain.end_of(run.first_seen) <= until;
        Roll::all(grain, runs.iter().take_while(is_whole).filter_map(Rollup::of))
    };
    store
        .write(|tables| {
            let first = tables.newest_run(indicator.id)?.unwrap();
            tables.take_run(indicator.id, first.run.first_seen)?;
            for run in runs {
                tables.put_run(indicator.id, &Observation { run: *run, capture: first.capture })?;
            }
            let Some(until) = until else { return Ok(()) };
            for grain in Grain::ALL {
                let mut rollups = whole(grain, until).into_iter();
                rollups.try_for_each(|one| tables.put_rollup(indicator.id, grain, &one))?;
            }
            tables.put_rolled_until(indicator.id, until)
        })
        .unwrap();
    (store, indicator)
}

/// The levels that a line shows, in order of time.
fn shown(series: &Series) -> Vec<rust_decimal::Decimal> {
    let levels = series.parts().iter().filter_map(Part::levels).flat_map(|part| {
        let (high, low) = (part.levels.high, part.levels.low);
        let (earlier, later) = if part.high_at <= part.low_at { (high, low) } else { (low, high) };
        [part.levels.open, earlier, later, part.levels.close]
    });
    levels.map(Level::decimal).collect()
}

#[test]
fn a_pause_without_a_level_breaks_a_line_also_between_hours() {
    let begin: Timestamp = "2024-04-01T00:00:00Z".parse().unwrap();
    let run = |minute: i64, length: i64, level: Option<i64>| {
        let level = level.map(|mantissa| Level(Quantity::new(mantissa, 0).unwrap()));
        let figures = Figures { level, ..Figures::default() };
        let first_seen = begin + Duration::minutes(minute);
        let last_seen = first_seen + Duration::minutes(length);
        Run { first_seen, last_seen, figures, verdict: Verdict::Unverifiable }
    };
    let minutes = |from: i64| (from..from + 170).map(move |minute| run(minute, 0, Some(1000 + minute)));
    let runs: Vec<Run> = minutes(0).chain([run(171, 300, None)]).chain(minutes(480)).collect();
    for until in [None, Some(begin + Duration::hours(10))] {
        let (store, emas) = rolled_of("EMAS 1.000 0%", &runs, until);
        let detail = Detail::of_pixels(TimeDelta::hours(1));
        let seen = series(store.tables(), &emas, TimeRange::default(), Tz::UTC, detail).unwrap();
        let hours = seen.parts().iter().filter(|part| part.run().is_none()).count();
        let blank: Vec<&Part> = seen.parts().iter().filter(|part| part.levels().is_none()).collect();
        assert_eq!((hours, blank), (5, vec![&Part::Run(runs[170])]));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn bars_of_rollups_are_those_of_the_runs(
        runs in any_runs(),
        until in any_place(),
        (from, to) in (any_place(), any_place()),
        zone in prop::sample::select(ZONES.to_vec()),
        every in prop::sample::select(INTERVALS.to_vec()),
    ) {
        let every: Interval = every.parse().unwrap();
        let until = instant(&runs, until).map(|until| Grain::Hour.start_of(until));
        let range = TimeRange { from: instant(&runs, from), to: instant(&runs, to) };
        let (store, indicator) = rolled(&runs, until);
        let bars = |detail| {
            resample(&series(store.tables(), &indicator, range, zone, detail).unwrap(), every, range)
        };
        prop_assert_eq!(bars(Detail::of_bars(every, zone)), bars(Detail::RUNS));
    }

    #[test]
    fn what_is_read_does_not_depend_on_what_is_rolled_up(
        runs in any_runs(),
        until in any_place(),
        (from, to) in (any_place(), any_place()),
        pixel in prop::sample::select(vec![60, 3600, 20_000, 86_400]),
        every in prop::option::of(prop::sample::select(INTERVALS.to_vec())),
        has_falls in any::<bool>(),
    ) {
        let zone = Tz::Asia__Jakarta;
        let until = instant(&runs, until).map(|until| Grain::Hour.start_of(until));
        let range = TimeRange { from: instant(&runs, from), to: instant(&runs, to) };
        let detail = Detail::of_pixels(TimeDelta::seconds(pixel));
        let detail = every.map_or(detail, |every| detail.with_bars(every.parse().unwrap(), zone));
        let detail = if has_falls { detail.with_falls() } else { detail };
        let read = |until, detail| {
            let (store, indicator) = rolled(&runs, until);
            series(store.tables(), &indicator, range, zone, detail).unwrap()
        };
        let seen = read(until, detail);
        prop_assert_eq!(&seen, &read(None, detail));

        let all = read(None, Detail::RUNS);
        let ends = |series: &Series| (series.parts().first().map(Part::first_seen), series.parts().last().map(Part::last_seen));
        prop_assert_eq!(ends(&seen).1, ends(&all).1);
        let (seen, all) = (shown(&seen), shown(&all));
        prop_assert_eq!((seen.first(), seen.last()), (all.first(), all.last()));
        prop_assert_eq!((seen.iter().min(), seen.iter().max()), (all.iter().min(), all.iter().max()));
        if has_falls {
            let deepest = |levels: &[_]| drawdown(levels).into_iter().min();
            prop_assert_eq!(deepest(&seen), deepest(&all));
        }
    }
}
