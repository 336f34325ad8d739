//! Rows in, rows out, on all real migrations.

use chrono::DateTime;

use super::*;
use crate::domain::{
    Attempt, Cause, Drift, Figures, Indicator, Kind, Level, Observation, Origin, Outcome, Quantity, Run,
    Slug, TimeRange, Verdict,
};

impl Store {
    /// Makes that rows of a table which meet a condition can be written no more, for the tests of those who write them.
    pub(crate) fn sabotage(&self, table: &str, condition: &str) {
        let name = format!("no_{table}");
        let sql = format!(
            "CREATE TRIGGER {name} AFTER INSERT ON {table} WHEN EXISTS (SELECT 1 WHERE NEW.{condition}) \
             BEGIN SELECT RAISE(ABORT, 'sabotage'); END"
        );
        self.connection.execute_batch(&sql).unwrap();
    }
}

fn at(second: i64) -> Timestamp {
    DateTime::from_timestamp(1_700_000_000 + second, 0).unwrap()
}

fn block(text: &str) -> NewCapture<'_> {
    NewCapture {
        url: "https://example.org/",
        captured_at: at(10),
        origin: Origin::Live,
        page_date: None,
        block: text,
    }
}

fn attempt(second: i64, outcome: Outcome) -> Attempt {
    Attempt {
        started_at: at(second),
        outcome,
        http_status: Some(200),
        duration_ms: 12,
        body_bytes: Some(3456),
        rows: 1,
        detail: None,
    }
}

fn run(first: i64, last: i64, level: i64) -> Run {
    let level = Some(Level(Quantity::new(level, 2).unwrap()));
    let figures = Figures { level, ..Figures::default() };
    Run { first_seen: at(first), last_seen: at(last), figures, verdict: Verdict::Unverifiable }
}

/// A store with a source, an indicator, a capture, two polls and three runs.
fn filled() -> (Store, i64) {
    let mut store = Store::open_in_memory().unwrap();
    let indicator = store.write(|tables| {
        let source = tables.put_source("kontan", "https://example.org/")?;
        let capture = tables.put_capture(source.id, &block("| INDIKATOR |\nLQ45 777 2,30 0,30%\n"))?;
        let indicator = Indicator {
            source: "kontan".to_owned(),
            slug: Slug::of("LQ45"),
            label: "LQ45".to_owned(),
            kind: Kind::Index,
            unit: "points".to_owned(),
            heartbeat: Duration::from_secs(3600),
        };
        let indicator = tables.add_indicator(source.id, indicator)?;
        for (first, last, level) in [(0, 10, 77_700), (20, 30, 77_800), (40, 40, 77_700)] {
            tables.put_run(indicator.id, &Observation { run: run(first, last, level), capture })?;
        }
        tables.log_poll(
            source.id,
            &attempt(0, Outcome::Stored),
            Some(Sighting { seen_at: at(1), capture }),
        )?;
        tables.log_poll(source.id, &attempt(60, Outcome::Unreachable), None)?;
        tables.put_pause(source.id, &Pause { until: at(600), reason: "asked".to_owned() })?;
        Ok::<_, StoreError>(indicator.id)
    });
    (store, indicator.unwrap())
}

#[test]
fn looks_are_polls_and_archived_captures_in_order_with_the_last_one_ahead() {
    let (mut store, _) = filled();
    let tables = store.tables();
    let capture = tables.last_sighting(1).unwrap().unwrap().capture;
    store.write(|tables| tables.add_sighting(1, Sighting { seen_at: at(30), capture })).unwrap();
    let looks = |from, to| {
        let looks = store.tables().looks(1, at(from), at(to)).unwrap();
        looks.iter().map(|look| (look.at.timestamp() - 1_700_000_000, look.found)).collect::<Vec<_>>()
    };
    assert_eq!(looks(-100, 100), [(0, Ok(capture)), (30, Ok(capture)), (60, Err(Cause::Unreachable))]);
    assert_eq!(looks(45, 60), [(30, Ok(capture))]);
    assert_eq!(looks(61, 62), [(60, Err(Cause::Unreachable))]);
    assert_eq!(looks(-100, 0), []);
}

#[test]
fn a_streak_is_of_attempts_that_ended_alike() {
    let (mut store, _) = filled();
    let streak = |store: &Store| {
        let streak = store.tables().streak(1).unwrap().unwrap();
        (streak.is_success, streak.count)
    };
    assert_eq!(streak(&store), (false, 1));
    let capture = store.tables().last_sighting(1).unwrap().unwrap().capture;
    // In the very second of the failure, and after it.
    for second in [60, 120] {
        let seen = Some(Sighting { seen_at: at(second), capture });
        store.write(|tables| tables.log_poll(1, &attempt(second, Outcome::Stored), seen)).unwrap();
    }
    assert_eq!(streak(&store), (true, 2));
    assert_eq!(store.tables().streak(99).unwrap(), None);
}

#[test]
fn old_polls_go_a_few_at_a_time_and_one_that_saw_the_page_later_stays() {
    let (mut store, _) = filled();
    let capture = store.tables().last_sighting(1).unwrap().unwrap().capture;
    let late = Some(Sighting { seen_at: at(101), capture });
    store.write(|tables| tables.log_poll(1, &attempt(99, Outcome::Stored), late)).unwrap();
    assert_eq!(store.tables().count_polls_before(1, at(100)).unwrap(), 2);
    let remove = |store: &mut Store| store.write(|tables| tables.remove_polls_before(1, at(100), 1)).unwrap();
    assert_eq!([remove(&mut store), remove(&mut store), remove(&mut store)], [1, 1, 0]);
    let left = store.tables().polls_in(1, TimeRange::default()).unwrap();
    assert_eq!(left.iter().map(|poll| poll.attempt.started_at).collect::<Vec<_>>(), [at(99)]);
    assert!(store.faults().is_empty());
}

#[test]
fn runs_come_back_as_they_were_written() {
    let (store, indicator) = filled();
    let tables = store.tables();
    let levels = |range: TimeRange| {
        let runs = tables.runs(indicator, range).unwrap();
        runs.iter().map(|one| one.run.first_seen.timestamp() - 1_700_000_000).collect::<Vec<_>>()
    };
    assert_eq!(levels(TimeRange::default()), [0, 20, 40]);
    assert_eq!(levels(TimeRange { from: Some(at(5)), to: Some(at(40)) }), [0, 20]);
    assert_eq!(levels(TimeRange { from: Some(at(11)), to: Some(at(20)) }), [0i64; 0]);
    assert_eq!(tables.run_at(indicator, at(25)).unwrap().unwrap().run, run(20, 30, 77_800));
    assert_eq!(tables.run_after(indicator, at(20)).unwrap().unwrap().run, run(40, 40, 77_700));
    assert_eq!(tables.count_runs(indicator).unwrap(), (3, Some(at(0))));
}

#[test]
fn a_text_is_stored_once_and_remembers_its_first_sighting() {
    let (mut store, _) = filled();
    let (earlier, text) = (at(-5), "| INDIKATOR |\nLQ45 777 2,30 0,30%\n");
    let again = store.write(|tables| {
        let source = tables.source("kontan")?.expect("it was put");
        tables.put_capture(
            source.id,
            &NewCapture { captured_at: earlier, origin: Origin::Archive, ..block(text) },
        )
    });
    let id = again.unwrap();
    let capture = store.tables().capture(id).unwrap();
    assert_eq!(id, 1);
    assert_eq!((capture.captured_at, capture.origin), (earlier, Origin::Archive));
    assert_eq!(capture.block.as_deref(), Some(text));
    assert_eq!(store.faults(), []);
}

#[test]
fn a_transaction_that_fails_leaves_nothing() {
    let (mut store, indicator) = filled();
    let failed: Result<(), StoreError> = store.write(|tables| {
        tables.take_run(indicator, at(0))?;
        Err(StoreError::Damaged { what: "a number", value: "for the sake of the test".to_owned() })
    });
    assert!(failed.is_err());
    assert_eq!(store.tables().count_runs(indicator).unwrap().0, 3);
}

#[test]
fn polls_are_logged_with_what_they_saw() {
    let (store, _) = filled();
    let tables = store.tables();
    let source = tables.source("kontan").unwrap().unwrap();
    let polls = tables.newest_polls(source.id, 10).unwrap();
    assert_eq!(polls[0].attempt, attempt(60, Outcome::Unreachable));
    assert_eq!(tables.last_sighting(source.id).unwrap().map(|seen| seen.seen_at), Some(at(1)));
    assert_eq!(
        tables.polls_in(source.id, TimeRange { from: Some(at(0)), to: Some(at(60)) }).unwrap().len(),
        1
    );
}

#[test]
fn a_pause_is_kept_until_it_is_forgotten() {
    let (store, _) = filled();
    let tables = store.tables();
    let source = tables.source("kontan").unwrap().unwrap();
    let longer = Pause { until: at(700), reason: "the server answered 403".to_owned() };
    tables.put_pause(source.id, &longer).unwrap();
    assert_eq!(tables.pause(source.id).unwrap(), Some(longer));
    tables.forget_pause(source.id).unwrap();
    assert_eq!(tables.pause(source.id).unwrap(), None);
}

#[test]
fn a_changed_row_is_found_by_its_seal() {
    for change in [
        "UPDATE observation SET level = level + 1 WHERE first_seen = 1700000020",
        "UPDATE observation SET last_seen = last_seen + 1 WHERE first_seen = 1700000020",
        "UPDATE poll SET duration_ms = 13 WHERE id = 1",
        "UPDATE source SET url = 'https://example.com/'",
        "UPDATE indicator SET heartbeat = 7200",
        "UPDATE capture SET captured_at = captured_at + 65536",
        "UPDATE poll SET seal = seal + 1 WHERE id = 2",
        "UPDATE pause SET until = until + 1",
    ] {
        let (store, _) = filled();
        assert_eq!(store.faults(), []);
        store.connection.execute(change, []).unwrap();
        assert_eq!(store.faults().len(), 1, "{change}");
    }
}

#[test]
fn the_key_of_a_released_value_is_not_given_again() {
    let (mut store, indicator_id) = filled();
    let held = Held {
        id: 0,
        indicator_id,
        seen_at: at(50),
        last_seen: at(50),
        figures: run(50, 50, 777_000).figures,
        reason: "moved".to_owned(),
        capture: 1,
        decision: None,
    };
    let keys = store.write(|tables| {
        let first = tables.put_held(&held)?;
        tables.release_held(first)?;
        Ok::<_, StoreError>((first, tables.put_held(&held)?))
    });
    assert_eq!(keys.unwrap(), (1, 2));
}

#[test]
fn people_who_use_sql_see_natural_numbers() {
    let (store, _) = filled();
    let sql = "SELECT source, indicator, level, verdict, first_seen FROM quotes LIMIT 1";
    let row: (String, String, f64, String, String) = store
        .connection
        .query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .unwrap();
    let expected = ("kontan", "lq45", 777.0, "unverifiable", "2023-11-14T22:13:20Z");
    assert_eq!((row.0.as_str(), row.1.as_str(), row.2, row.3.as_str(), row.4.as_str()), expected);
}

#[test]
fn the_sqlite_inside_is_safe() {
    assert!(check_sqlite().is_ok());
    assert!(rusqlite::version_number() >= OLDEST_SAFE_SQLITE);
}

#[test]
fn a_reader_makes_no_database() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.db");
    assert!(Store::open_reader(&path).unwrap_err().is_missing());
    assert!(!path.exists());
}

#[test]
fn an_outage_is_counted_from_the_last_text_that_was_seen() {
    let (mut store, _) = filled();
    let log = |store: &mut Store, second: i64, outcome: Outcome| {
        store.write(|tables| tables.log_poll(1, &attempt(second, outcome), None)).unwrap()
    };
    assert_eq!(store.tables().drift(1).unwrap(), None);
    let first = log(&mut store, 120, Outcome::NotUnderstood);
    log(&mut store, 180, Outcome::Unreachable);
    let last = log(&mut store, 240, Outcome::NotUnderstood);
    assert_eq!(store.tables().drift(1).unwrap(), Some(Drift { since: at(120), polls: 2 }));
    let seen = |second: i64| Sighting { seen_at: at(second), capture: 1 };
    let mut see_again =
        |poll, second| store.write(|tables| tables.see_again(1, poll, seen(second), 1)).unwrap();
    assert!(see_again(first, 121));
    assert!(!see_again(first, 121), "it saw something by now");
    assert!(!see_again(2, 61), "it brought no page");
    assert_eq!(store.tables().drift(1).unwrap(), Some(Drift { since: at(240), polls: 1 }));
    store.write(|tables| tables.see_again(1, last, seen(241), 1)).unwrap();
    assert_eq!(store.tables().drift(1).unwrap(), None);
    assert!(store.tables().newest_polls(1, 1).unwrap()[0].was_reread());
    assert_eq!(store.faults(), []);
}

#[test]
fn a_source_that_was_never_understood_is_not_understood_since_its_first_page() {
    let mut store = Store::open_in_memory().unwrap();
    let source = store.write(|tables| tables.put_source("lain", "https://example.org/")).unwrap();
    let not_understood = |store: &Store| store.tables().not_understood(source.id).unwrap();
    let mut log = |second, outcome| {
        store.write(|tables| tables.log_poll(source.id, &attempt(second, outcome), None)).unwrap();
        not_understood(&store)
    };
    assert_eq!(log(0, Outcome::Unreachable), None);
    assert_eq!(log(60, Outcome::NotUnderstood), Some(Drift { since: at(60), polls: 1 }));
    assert_eq!(log(120, Outcome::Unreachable), Some(Drift { since: at(60), polls: 1 }));
    assert_eq!(log(180, Outcome::NotUnderstood), Some(Drift { since: at(60), polls: 2 }));
    assert_eq!(store.tables().drift(source.id).unwrap(), None, "nothing changed");
}

#[test]
fn a_page_is_kept_once_and_goes_with_its_age() {
    let (mut store, _) = filled();
    let seen = |poll, second| KeptSighting { poll, seen_at: at(second) };
    let new = |body| NewPage { url: "https://example.org/", content_type: Some("text/html"), body };
    store
        .write(|tables| {
            tables.keep_page(1, &new(b"one"), seen(1, 0))?;
            tables.keep_page(1, &new(b"two"), seen(2, 60))?;
            tables.keep_page(1, &new(b"one"), seen(3, 120))?;
            // The same bytes under another header may say something else.
            tables.keep_page(1, &NewPage { content_type: None, ..new(b"two") }, seen(4, 180))
        })
        .unwrap();
    let times = |store: &Store| {
        let pages = store.tables().pages_of(1).unwrap();
        pages.iter().map(|page| (page.id, page.times, page.last_seen)).collect::<Vec<_>>()
    };
    assert_eq!(times(&store), [(1, 2, at(120)), (2, 1, at(60)), (3, 1, at(180))]);
    assert_eq!(store.tables().page_sightings(1).unwrap(), [seen(1, 0), seen(3, 120)]);
    assert_eq!(store.tables().page_body(2).unwrap().as_deref(), Some(b"two".as_slice()));
    assert_eq!(store.faults(), []);
    assert_eq!(store.write(|tables| tables.drop_pages_before(1, at(120))).unwrap(), 1);
    assert_eq!(times(&store), [(1, 2, at(120)), (3, 1, at(180))]);
    assert_eq!(store.faults(), []);
}
