//! Questions about a few recorded pages, with answers worked out by hand.

use std::time::Duration;

use rust_decimal::Decimal;

use super::*;
use crate::domain::{Attempt, Cause, Outcome, Validators, Window};
use crate::ingest::{self, saved_page};
use crate::parse::Layout;
use crate::series::Detail;
use crate::store::{Store, StoredSource};

/// A time of the market: `2024-11-22T10:30`.
pub(crate) fn at(text: &str) -> Timestamp {
    chrono::DateTime::parse_from_rfc3339(&format!("{text}:00+07:00")).unwrap().to_utc()
}

/// A store that saw these rows at these times of the market.
pub(super) fn store(pages: &[(&str, &str)]) -> Store {
    let mut store = Store::open_in_memory().unwrap();
    for (time, rows) in pages {
        see(&mut store, "kontan", time, rows);
    }
    store
}

/// Records rows of a source as seen at a time of the market.
pub(crate) fn see(store: &mut Store, source: &str, time: &str, rows: &str) {
    let source = ingest::Source {
        name: source.to_owned(),
        url: "https://example.org/".to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(60),
    };
    let page = saved_page("page".to_owned(), format!("| INDIKATOR |\n{rows}").into_bytes(), at(time));
    store.write(|tables| ingest::ingest(tables, &source, &page)).unwrap();
}

fn change(store: &Store, slug: &str, over: &str, as_of: Option<&str>) -> ChangeOver {
    let indicators = resolve(store.tables(), &[slug.to_owned()]).unwrap();
    let over: Window = over.parse().unwrap();
    let changes = changes(store.tables(), &indicators, &[over], as_of.map(at), &Calendar::idx()).unwrap();
    changes.into_iter().next().unwrap()
}

fn percent(change: &ChangeOver) -> Option<String> {
    change.percent.map(|percent| percent.normalize().to_string())
}

/// LQ45 over two days of November 2024.
const NOVEMBER: [(&str, &str); 4] = [
    ("2024-11-21T17:00", "LQ45 866 -8,90 -1,02%"),
    ("2024-11-22T08:00", "LQ45 866 -8,90 -1,02%"),
    ("2024-11-22T10:30", "LQ45 878 11,94 1,38%"),
    ("2024-11-22T17:00", "LQ45 877 10,80 1,25%"),
];

#[test]
fn a_change_is_against_the_last_level_known_when_the_window_began() {
    let store = store(&NOVEMBER);
    let day = change(&store, "lq45", "1d", None);
    assert_eq!((day.as_of, day.base_at), (at("2024-11-22T17:00"), Some(at("2024-11-21T17:00"))));
    assert_eq!(day.change, Some(Decimal::from(11)));
    // 100 * (877 / 866 - 1)
    assert_eq!(percent(&day).as_deref(), Some("1.270208"));
    let hours = change(&store, "lq45", "6h", Some("2024-11-22T16:00"));
    assert_eq!(
        (hours.level.unwrap().to_string(), hours.base_level.unwrap().to_string()),
        ("878".into(), "866".into())
    );
    assert_eq!(hours.base_at, Some(at("2024-11-22T08:00")));
    let told =
        "the base was last seen 2h 00m before the window, the level was last seen 5h 30m before its end";
    assert_eq!(hours.note.as_deref(), Some(told));
}

#[test]
fn no_base_no_number() {
    let change = change(&store(&NOVEMBER), "lq45", "1w", None);
    assert_eq!((change.base_level, change.change, change.percent), (None, None, None));
    assert_eq!(change.note.as_deref(), Some("nothing known at the beginning of the window"));
}

#[test]
fn returns_compound_over_trading_days_and_a_missing_day_is_no_number() {
    let days = [
        ("2024-11-25T16:00", "RD.SAHAM 1.00%"),
        ("2024-11-26T16:00", "RD.SAHAM 2.00%"),
        // The 27th is a closure: what is shown then is still the return of the 26th.
        ("2024-11-27T16:00", "RD.SAHAM 2.00%"),
        ("2024-11-28T16:00", "RD.SAHAM -1.00%"),
    ];
    let known = change(&store(&days), "rd-saham", "3d", None);
    // 100 * (1.02 * 0.99 - 1)
    assert_eq!(percent(&known).as_deref(), Some("0.98"));
    assert_eq!((known.level, known.change), (None, None));
    let missing = change(&store(&days), "rd-saham", "1w", None);
    assert_eq!(missing.percent, None);
    assert_eq!(missing.note.as_deref(), Some("the return of 2024-11-22 was never seen"));
}

#[test]
fn bars_take_their_previous_close_from_before_the_range() {
    let store = store(&NOVEMBER);
    let indicator = resolve(store.tables(), &["lq45".to_owned()]).unwrap().remove(0);
    let range = TimeRange { from: Some(at("2024-11-22T00:00")), to: None };
    let series = series(store.tables(), &indicator, range, chrono_tz::Asia::Jakarta, Detail::RUNS).unwrap();
    let bars = bars(&series, Interval::DAY, range, &Calendar::idx());
    let [bar] = bars[..] else { panic!("one day was asked for: {bars:?}") };
    let levels = bar.levels.unwrap();
    let shown = [levels.open, levels.high, levels.low, levels.close].map(|level| level.to_string());
    assert_eq!(shown, ["866", "878", "866", "877"]);
    assert_eq!(bar.percent.unwrap().normalize().to_string(), "1.270208");
    assert_eq!(bar.samples, 3);
}

#[test]
fn an_unknown_name_suggests_the_nearest_and_a_shared_one_asks_which() {
    let mut store = store(&NOVEMBER);
    let ask = |store: &Store, name: &str| resolve(store.tables(), &[name.to_owned()]);
    match ask(&store, "lq54").unwrap_err() {
        QueryError::UnknownIndicator { nearest, .. } => assert_eq!(nearest.as_deref(), Some("lq45")),
        other => panic!("{other}"),
    }
    assert!(matches!(ask(&store, "bitcoin"), Err(QueryError::UnknownIndicator { nearest: None, .. })));
    assert_eq!(ask(&store, "LQ45").unwrap().len(), 1);
    see(&mut store, "other", "2024-11-22T10:30", "LQ45 878 11,94 1,38%\nUSD/IDR 15.917 13,00 0,08%");
    assert!(matches!(ask(&store, "lq45"), Err(QueryError::Ambiguous { .. })));
    assert_eq!(ask(&store, "other/lq45").unwrap()[0].indicator.source, "other");
    assert_eq!(ask(&store, "usd/idr").unwrap()[0].indicator.label, "USD/IDR");
}

#[test]
fn the_limit_keeps_the_newest_runs() {
    let store = store(&NOVEMBER);
    let indicator = resolve(store.tables(), &["lq45".to_owned()]).unwrap().remove(0);
    let seen = |limit| {
        let records = history(store.tables(), &indicator, TimeRange::default(), limit).unwrap();
        records.iter().map(|record| record.run.first_seen).collect::<Vec<_>>()
    };
    assert_eq!(seen(Some(2)), [at("2024-11-22T10:30"), at("2024-11-22T17:00")]);
    assert_eq!(seen(None).len(), 4);
}

#[test]
fn a_number_is_traced_back_to_its_text() {
    let store = store(&NOVEMBER);
    let indicator = resolve(store.tables(), &["lq45".to_owned()]).unwrap().remove(0);
    let explained = explain(store.tables(), &indicator, Some(at("2024-11-22T12:00"))).unwrap();
    assert_eq!(explained.quote.unwrap().text, "LQ45 878 11,94 1,38%");
    assert!(explained.nearest.is_some());
    assert!(explain(store.tables(), &indicator, Some(at("2024-11-01T12:00"))).is_err());
}

/// A poll a minute while the market is open, one in a quarter of an hour while it is closed.
fn every_minute(range: TimeRange) -> Box<dyn Iterator<Item = Timestamp>> {
    let idx = Calendar::idx();
    let next = move |at: &Timestamp| {
        let pause = chrono::Duration::minutes(if idx.is_open(*at) { 1 } else { 15 });
        Some((*at + pause).min(idx.next_open(*at)))
    };
    Box::new(std::iter::successors(range.from, next))
}

fn due(slots: impl Fn(TimeRange) -> Box<dyn Iterator<Item = Timestamp>> + 'static) -> Due<'static> {
    Due { slots: Box::new(slots), slowest: Duration::from_secs(4 * 3600), patience: Duration::from_secs(900) }
}

/// The health of the only source, polled as above.
fn health_at(store: &Store, time: &str) -> SourceHealth {
    let polling = |_: &StoredSource| Ok(Some(Polling { due: due(every_minute), next_poll: None }));
    health(store.tables(), at(time), &Calendar::idx(), polling).unwrap().remove(0)
}

#[test]
fn what_a_header_no_longer_shows_is_not_stale() {
    let store = store(&[
        ("2024-11-22T10:00", "LQ45 878 11,94 1,38%\nRD.SAHAM 0.05%"),
        ("2024-11-22T10:30", "LQ45 878 11,94 1,38%"),
    ]);
    let seen = health_at(&store, "2024-11-22T10:31");
    let states: Vec<_> = seen.indicators.iter().map(|one| (one.is_gone, one.is_stale)).collect();
    assert_eq!((states, seen.state), (vec![(false, false), (true, false)], SourceState::Healthy));
    assert_eq!(health_at(&store, "2024-11-22T12:00").state, SourceState::Stale);
}

/// Polls at these minutes of the market's time that all saw the same rows.
fn polled(store: &mut Store, first: &str, minutes: impl Iterator<Item = i64>, rows: &str) {
    let source = ingest::Source {
        name: "kontan".to_owned(),
        url: "https://example.org/".to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(900),
    };
    for minute in minutes {
        let at = at(first) + chrono::Duration::minutes(minute);
        let page = saved_page("page".to_owned(), format!("| INDIKATOR |\n{rows}").into_bytes(), at);
        let attempt = Attempt {
            started_at: at,
            outcome: Outcome::Stored,
            http_status: Some(200),
            duration_ms: 1,
            body_bytes: None,
            rows: 0,
            detail: None,
        };
        let polled =
            store.write(|tables| ingest::ingest_poll(tables, &source, &page, Validators::default(), attempt));
        polled.unwrap();
    }
}

#[test]
fn a_page_that_stands_still_while_prices_are_made_is_named_frozen() {
    let mut store = Store::open_in_memory().unwrap();
    polled(&mut store, "2024-11-22T08:45", 0..14, "LQ45 866 -8,90 -1,02%");
    polled(&mut store, "2024-11-22T08:59", 0..76, "LQ45 878 11,94 1,38%");
    let frozen = health_at(&store, "2024-11-22T10:15");
    assert_eq!(frozen.state, SourceState::Frozen);
    assert_eq!(frozen.gap.map(|gap| gap.from), Some(at("2024-11-22T10:00")));
    assert!(!frozen.indicators[0].is_stale, "it is seen, only not new");
    // One new text, and it is well again.
    polled(&mut store, "2024-11-22T10:15", 0..1, "LQ45 879 12,94 1,49%");
    assert_eq!(health_at(&store, "2024-11-22T10:16").state, SourceState::Healthy);
}

#[test]
fn a_market_that_is_closed_makes_nothing_unhealthy() {
    let mut store = Store::open_in_memory().unwrap();
    let rows = "EMAS 1.508.000 0,10%\nLQ45 866 -8,90 -1,02%\nRD.SAHAM 0.05%";
    // From Friday's closing every quarter of an hour, over the whole weekend.
    let mut begin = 0;
    for (end, time) in [(31, "2024-11-22T23:40"), (177, "2024-11-24T12:10"), (256, "2024-11-25T07:50")] {
        polled(&mut store, "2024-11-22T16:00", (begin..end).map(|quarter| quarter * 15), rows);
        begin = end;
        let health = health_at(&store, time);
        assert_eq!(health.state, SourceState::Healthy, "{time}");
        assert!(health.indicators.iter().all(|one| !one.is_stale), "{time}");
    }
}

#[test]
fn a_pace_slower_than_the_heartbeat_is_not_staleness() {
    let mut store = Store::open_in_memory().unwrap();
    polled(&mut store, "2024-11-22T20:00", 0..1, "LQ45 866 -8,90 -1,02%");
    let state_at = |time: &str| {
        let slots = |range: TimeRange| -> Box<dyn Iterator<Item = Timestamp>> {
            let next = |at: &Timestamp| Some(*at + chrono::Duration::hours(4));
            Box::new(std::iter::successors(range.from, next))
        };
        let polling = |_: &StoredSource| Ok(Some(Polling { due: due(slots), next_poll: None }));
        let health = health(store.tables(), at(time), &Calendar::idx(), polling).unwrap().remove(0);
        (health.state, health.indicators[0].is_stale)
    };
    assert_eq!(state_at("2024-11-22T23:59"), (SourceState::Healthy, false));
    assert_eq!(state_at("2024-11-23T04:00"), (SourceState::Stale, true));
}

#[test]
fn coverage_begins_with_the_first_day_that_anything_is_known_of() {
    let store = store(&NOVEMBER);
    let source = store.tables().source("kontan").unwrap().unwrap();
    let idx = Calendar::idx();
    let now = at("2024-11-24T12:00");
    let days = |range| coverage(store.tables(), &source, range, now, &due(every_minute), &idx).unwrap();
    let all = days(TimeRange::default());
    let shown: Vec<_> = all.iter().map(|day| (day.day.to_string(), day.expected, day.share())).collect();
    // Archived captures alone: no poll was ever expected, and nothing is claimed of the time between them.
    let expected = ["2024-11-21", "2024-11-22", "2024-11-23", "2024-11-24"];
    assert_eq!(shown, expected.map(|day| (day.to_owned(), 0, None)));
    assert!(all.iter().flat_map(|day| &day.gaps).all(|gap| gap.cause == Cause::NotRecorded));
    assert_eq!(all[1].gaps.len(), 4, "the captures are data: {:?}", all[1].gaps);
    let before = TimeRange { from: None, to: Some(at("2024-11-20T00:00")) };
    assert_eq!(days(before), []);
}

#[test]
fn a_source_that_fails_is_asked_slowly_also_while_the_market_is_open() {
    let mut store = Store::open_in_memory().unwrap();
    polled(&mut store, "2024-11-22T09:30", 0..30, "LQ45 866 -8,90 -1,02%");
    store
        .write(|tables| {
            let source = tables.source("kontan")?.expect("it was polled");
            for minute in [0, 1, 3, 7, 15, 30] {
                let failed = Attempt {
                    started_at: at("2024-11-22T10:00") + chrono::Duration::minutes(minute),
                    outcome: Outcome::Unreachable,
                    http_status: None,
                    duration_ms: 1,
                    body_bytes: None,
                    rows: 0,
                    detail: None,
                };
                tables.log_poll(source.id, &failed, None)?;
            }
            Ok::<(), StoreError>(())
        })
        .unwrap();
    let gap = health_at(&store, "2024-11-22T10:44").gap.unwrap();
    assert_eq!((gap.cause, gap.from), (Cause::Unreachable, at("2024-11-22T10:00")));
}
