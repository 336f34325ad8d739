//! However captures arrive, rollups are what the runs up to one instant come to.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::domain::{Level, Page, Rollup, TimeRange};
use crate::ingest::tests::{at, bring_in, captures, dense_captures, long_captures, page, poll, record};
use crate::ingest::{decide, faults};
use crate::store::{Decision, Store, StoredIndicator};

/// The rollups of one indicator, each with its grain.
fn of(store: &Store, indicator: &StoredIndicator) -> Vec<(Grain, Rollup)> {
    let mut all = Vec::new();
    for grain in Grain::ALL {
        let (from, to) = (Timestamp::MIN_UTC, Timestamp::MAX_UTC);
        let take = |rollup| {
            all.push((grain, rollup));
            Ok::<(), StoreError>(())
        };
        store.tables().each_rollup(indicator.id, grain, from, to, take).unwrap();
    }
    all
}

/// Every rollup of every indicator.
pub(crate) fn rollups(store: &Store) -> Vec<String> {
    let indicators = store.tables().indicators().unwrap();
    let of = |one: &StoredIndicator| {
        of(store, one).into_iter().map(|rollup| format!("{} {rollup:?}", one.indicator.slug)).collect()
    };
    let mut all = indicators.iter().map(of).collect::<Vec<Vec<_>>>().concat();
    all.sort();
    all
}

/// Counts and compares the runs of each hour and day one by one, with nothing of what makes rollups.
fn counted(store: &Store, indicator: &StoredIndicator) -> Vec<(Grain, Rollup)> {
    let tables = store.tables();
    let until = tables.rolled_until(indicator.id).unwrap().map_or(i64::MIN, |until| until.timestamp());
    let mut stretches: BTreeMap<(i64, i64), Vec<_>> = BTreeMap::new();
    for one in tables.runs(indicator.id, TimeRange::default()).unwrap() {
        for seconds in [3600, 86400] {
            let begin = one.run.first_seen.timestamp().div_euclid(seconds) * seconds;
            if begin + seconds <= until && one.run.figures.level.is_some() {
                stretches.entry((seconds, begin)).or_default().push(one.run);
            }
        }
    }
    let rollup = |((seconds, _), runs): ((i64, i64), Vec<crate::domain::Run>)| {
        let level = |run: &crate::domain::Run| run.figures.level.unwrap();
        let number = |run: &&crate::domain::Run| level(run).0.decimal();
        // Of equals `max_by_key` gives the last, so it is asked backwards for the first.
        let high = runs.iter().rev().max_by_key(number).unwrap();
        let low = runs.iter().min_by_key(number).unwrap();
        let [open, close]: [Level; 2] = [runs[0], runs[runs.len() - 1]].map(|run| level(&run));
        let levels = crate::domain::Ohlc { open, high: level(high), low: level(low), close };
        let rollup = Rollup {
            first_seen: runs[0].first_seen,
            last_seen: runs[runs.len() - 1].last_seen,
            levels,
            high_at: high.first_seen,
            low_at: low.first_seen,
            runs: u64::try_from(runs.len()).unwrap(),
        };
        (if seconds == 3600 { Grain::Hour } else { Grain::Day }, rollup)
    };
    stretches.into_iter().map(rollup).collect()
}

/// That rollups are right by what `db verify` says, and by another way of counting.
pub(crate) fn assert_rolled_up(store: &Store) {
    assert_eq!(faults(store).unwrap(), []);
    for indicator in store.tables().indicators().unwrap() {
        assert_eq!(of(store, &indicator), counted(store, &indicator), "{}", indicator.indicator.slug);
        let until = store.tables().rolled_until(indicator.id).unwrap();
        assert!(until.is_none_or(|until| Some(until) <= newest_hour(store, &indicator)));
    }
}

fn newest_hour(store: &Store, indicator: &StoredIndicator) -> Option<Timestamp> {
    let newest = store.tables().newest_run(indicator.id).unwrap();
    newest.map(|newest| Grain::Hour.start_of(newest.run.first_seen))
}

/// Goes on until nothing waits, so many runs at once.
fn catch_up(store: &mut Store, most: u64) {
    while !store.write(|tables| roll_up(tables, "kontan", most)).unwrap() {}
    for indicator in store.tables().indicators().unwrap() {
        let until = store.tables().rolled_until(indicator.id).unwrap();
        assert_eq!(until, newest_hour(store, &indicator));
    }
}

/// Something that changes runs.
#[derive(Debug, Clone)]
enum Step {
    Poll(i64, String),
    Record(Vec<Page>),
    BringIn(Vec<Page>, usize),
    Decide(usize, Decision),
    RollUp(u64),
}

/// Captures of two weeks, in any order.
fn wide_captures() -> impl Strategy<Value = Vec<Page>> {
    prop::collection::vec((0..20_000i64, 0..3i64), 1..200).prop_map(|captures| {
        let rows = |minute: i64, off: i64| {
            format!("LQ45 {} 0,00 0,00%\nRD.SAHAM 0.0{off}%", 777 + minute / 100 + off)
        };
        captures.into_iter().map(|(minute, off)| page(minute, &rows(minute, off))).collect()
    })
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let some = || prop_oneof![captures(), dense_captures()];
    let many = prop_oneof![4 => captures(), 1 => long_captures(), 2 => wide_captures()];
    let poll =
        (0..6000i64, 770..780i64).prop_map(|(minute, level)| (minute, format!("LQ45 {level} 0,00 0,00%")));
    let decision = prop_oneof![Just(Decision::Accepted), Just(Decision::Rejected)];
    let step = prop_oneof![
        2 => poll.prop_map(|(minute, rows)| Step::Poll(minute, rows)),
        3 => some().prop_map(Step::Record),
        4 => (many, 1..60usize).prop_map(|(pages, size)| Step::BringIn(pages, size)),
        1 => (0..4usize, decision).prop_map(|(which, decision)| Step::Decide(which, decision)),
        3 => (1..100u64).prop_map(Step::RollUp),
    ];
    prop::collection::vec(step, 1..8)
}

fn take(store: &mut Store, step: Step) {
    match step {
        Step::Poll(minute, rows) => poll(store, minute, &rows),
        Step::Record(pages) => pages.iter().for_each(|page| drop(record(store, page))),
        Step::BringIn(pages, in_transaction) => bring_in(store, &pages, in_transaction),
        Step::Decide(which, decision) => {
            let mut waiting = store.tables().held().unwrap();
            waiting.retain(|held| held.decision.is_none());
            if let Some(held) = waiting.get(which) {
                store.write(|tables| decide(tables, held, decision)).unwrap();
            }
        }
        Step::RollUp(most) => drop(store.write(|tables| roll_up(tables, "kontan", most)).unwrap()),
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 60, failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_written_rollups_are_what_the_runs_come_to(steps in steps(), most in 1..500u64) {
        let mut store = Store::open_in_memory().unwrap();
        for step in steps {
            take(&mut store, step);
            assert_rolled_up(&store);
        }
        catch_up(&mut store, most);
        assert_rolled_up(&store);
    }
}

/// A level every ten minutes of three days and some hours, rolled up.
fn three_days() -> Store {
    let mut store = Store::open_in_memory().unwrap();
    for number in 0..(3 * 24 + 5) * 6 {
        poll(&mut store, 10 * number, &format!("LQ45 {} 0,00 0,00%", 777 + number % 7));
    }
    assert_rolled_up(&store);
    store
}

fn problems(store: &Store) -> Vec<String> {
    faults(store).unwrap().iter().map(ToString::to_string).collect()
}

fn lq45(store: &Store) -> StoredIndicator {
    store.tables().indicators().unwrap().remove(0)
}

#[test]
fn the_hour_of_the_newest_run_is_not_rolled_up_and_those_before_it_are() {
    let store = three_days();
    let (until, newest) = (store.tables().rolled_until(1).unwrap(), newest_hour(&store, &lq45(&store)));
    assert_eq!(until, newest);
    let rollups = of(&store, &lq45(&store));
    let count = |grain| rollups.iter().filter(|(of, _)| *of == grain).count();
    assert_eq!((count(Grain::Hour), count(Grain::Day)), (77, 4));
}

#[test]
fn a_return_has_no_level_and_no_rollup() {
    let mut store = Store::open_in_memory().unwrap();
    for day in 0..5 {
        poll(&mut store, 1440 * day, &format!("RD.SAHAM 0.0{day}%"));
    }
    assert_eq!(store.tables().rolled_until(1).unwrap(), newest_hour(&store, &lq45(&store)));
    assert_rolled_up(&store);
    assert_eq!(rollups(&store), [""; 0]);
}

#[test]
fn what_was_recorded_before_rollups_were_kept_is_rolled_up_by_and_by() {
    let mut store = three_days();
    let expected = rollups(&store);
    let newest = newest_hour(&store, &lq45(&store)).unwrap();
    // As a migrated database is: its runs, and no more.
    store
        .write(|tables| {
            Grain::ALL.into_iter().try_for_each(|grain| {
                tables.take_rollups(1, grain, Timestamp::MIN_UTC, Timestamp::MAX_UTC)
            })?;
            tables.put_rolled_until(1, Grain::Hour.start_of(at(0)))
        })
        .unwrap();
    assert_rolled_up(&store);
    let mut steps = 0;
    while store.tables().rolled_until(1).unwrap() != Some(newest) {
        store.write(|tables| roll_up(tables, "kontan", 20)).unwrap();
        assert_rolled_up(&store);
        steps += 1;
    }
    assert_eq!((rollups(&store), steps), (expected, 20));
}

#[test]
fn a_rollup_that_is_not_what_the_runs_come_to_is_found_though_its_seal_is_right() {
    let mut store = three_days();
    let (_, mut hour) = of(&store, &lq45(&store))[10];
    hour.levels.high = hour.levels.low;
    store.write(|tables| tables.put_rollup(1, Grain::Hour, &hour)).unwrap();
    let [problem] = &problems(&store)[..] else { panic!("{:?}", problems(&store)) };
    let begin = Grain::Hour.start_of(hour.first_seen);
    let expected = "not what the runs come to: the rollup of the hour that begins at";
    assert_eq!(*problem, format!("kontan/lq45: {expected} {begin}"));
}

#[test]
fn a_missing_rollup_is_found() {
    let mut store = three_days();
    let (_, hour) = of(&store, &lq45(&store))[10];
    let begin = Grain::Hour.start_of(hour.first_seen);
    let end = Grain::Hour.end_of(begin);
    store.write(|tables| tables.take_rollups(1, Grain::Hour, begin, end)).unwrap();
    assert_eq!(
        problems(&store),
        [format!("kontan/lq45: missing: the rollup of the hour that begins at {begin}")]
    );
}

#[test]
fn a_rollup_too_many_is_found() {
    let store = three_days();
    let until = store.tables().rolled_until(1).unwrap().unwrap();
    let (_, some) = of(&store, &lq45(&store))[10];
    let far = chrono::Duration::days(400);
    let old = some.first_seen - far;
    let [of_a_silence, beyond, in_the_same] = [
        (Grain::Hour, old),
        (Grain::Day, until),
        (Grain::Hour, some.first_seen + chrono::Duration::seconds(1)),
    ];
    for (grain, first_seen) in [of_a_silence, beyond, in_the_same] {
        let mut store = three_days();
        let one = Rollup {
            first_seen,
            last_seen: some.last_seen + far,
            high_at: some.high_at + far,
            low_at: some.low_at + far,
            ..some
        };
        store.write(|tables| tables.put_rollup(1, grain, &one)).unwrap();
        let [problem] = &problems(&store)[..] else { panic!("{:?}", problems(&store)) };
        let begin = grain.start_of(first_seen);
        let word = grain.word();
        assert_eq!(
            *problem,
            format!("kontan/lq45: one too many: the rollup of the {word} that begins at {begin}")
        );
    }
}

#[test]
fn an_instant_that_is_further_than_its_rollups_is_found() {
    let mut store = three_days();
    let until = store.tables().rolled_until(1).unwrap().unwrap();
    store.write(|tables| tables.put_rolled_until(1, Grain::Hour.end_of(until))).unwrap();
    assert_eq!(
        problems(&store),
        [format!("kontan/lq45: missing: the rollup of the hour that begins at {until}")]
    );
}

#[test]
fn captures_of_many_hours_at_once_take_rollups_back_and_catching_up_restores_them() {
    let mut store = three_days();
    let pages: Vec<Page> = (0..77).map(|hour| page(60 * hour + 5, "LQ45 778 0,00 0,00%")).collect();
    assert!(pages.len() > MOST_AGAIN);
    bring_in(&mut store, &pages, 1000);
    assert_eq!(store.tables().rolled_until(1).unwrap(), Some(Grain::Hour.start_of(at(5))));
    assert_rolled_up(&store);
    catch_up(&mut store, 50);
    assert_rolled_up(&store);
}
