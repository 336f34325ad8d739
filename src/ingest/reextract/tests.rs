//! Pages that were not understood, kept, and read again: as if they had always been understood.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::domain::{Attempt, Drift, Outcome, TimeRange, Timestamp, Validators};
use crate::ingest::rollups::tests::{assert_rolled_up, rollups};
use crate::ingest::{MAX_PAGES, Turn, faults, ingest_poll};
use crate::parse::{CssRules, Layout, Locale};
use crate::store::{MAX_KEPT, Store};

fn at(minute: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap()
}

/// A source whose rows are the elements of this name.
fn source(row: &str) -> Source {
    let rules = CssRules {
        row: row.to_owned(),
        label: "b".to_owned(),
        level: Some("i".to_owned()),
        change: None,
        percent: None,
        locale: Locale::English,
    };
    Source {
        name: "lain".to_owned(),
        url: "https://example.org/".to_owned(),
        layout: Layout::Css(rules),
        slowest_poll: Duration::from_secs(60),
    }
}

fn page(element: &str, level: i64) -> String {
    format!(
        "<{element}><b>LQ45</b><i>{level}</i></{element}><{element}><b>EMAS</b><i>{level}</i></{element}>"
    )
}

fn poll(store: &mut Store, source: &Source, minute: i64, body: &str) -> (Outcome, Turn) {
    let page = Page {
        url: "https://example.org/".to_owned(),
        body: body.as_bytes().to_vec(),
        content_type: None,
        captured_at: at(minute),
        origin: Origin::Live,
    };
    let attempt = Attempt {
        started_at: at(minute),
        outcome: Outcome::Interrupted,
        http_status: Some(200),
        duration_ms: 1,
        body_bytes: None,
        rows: 0,
        detail: None,
    };
    let done = store.write(|tables| ingest_poll(tables, source, &page, Validators::default(), attempt));
    let (report, attempt) = done.unwrap();
    (attempt.outcome, report.turn)
}

fn kept(store: &Store) -> Vec<KeptPage> {
    let tables = store.tables();
    tables.pages_of(tables.source("lain").unwrap().unwrap().id).unwrap()
}

fn reread_all(store: &mut Store, source: &Source, policy: Policy) -> Vec<Reextracted> {
    let mut done = Vec::new();
    for page in kept(store) {
        done.push(store.write(|tables| reextract(tables, source, &page, policy)).unwrap());
    }
    done
}

/// The runs of every indicator, and what the poll log says was seen.
fn rows(store: &Store) -> Vec<String> {
    let tables = store.tables();
    let mut rows = Vec::new();
    for one in tables.indicators().unwrap() {
        let runs = tables.runs(one.id, TimeRange::default()).unwrap();
        rows.extend(runs.iter().map(|seen| format!("{} {:?}", one.indicator.slug, seen.run)));
        let held = tables.held_of(one.id).unwrap();
        rows.extend(
            held.iter().map(|held| format!("{} {} {}", one.indicator.slug, held.seen_at, held.last_seen)),
        );
    }
    let source = tables.source("lain").unwrap().unwrap();
    for poll in tables.polls_in(source.id, TimeRange::default()).unwrap() {
        let text = |seen: Sighting| {
            let capture = tables.capture(seen.capture).unwrap();
            (seen.seen_at, capture.digest, capture.captured_at, capture.origin)
        };
        let seen = poll.sighting.map(text);
        rows.push(format!("poll {} {} {seen:?}", poll.attempt.started_at, poll.attempt.rows));
    }
    rows
}

#[test]
fn a_page_read_again_gives_the_sightings_that_the_polls_would_have_made() {
    let (old, new) = (source("li"), source("tr"));
    let mut levels = vec![page("li", 1000)];
    levels.extend([1010, 1010, 1020, 1010].map(|level| page("div", level)));
    let mut missed = Store::open_in_memory().unwrap();
    let mut seen = Store::open_in_memory().unwrap();
    for (minute, body) in (0..).zip(&levels) {
        poll(&mut missed, &old, minute, body);
        let layout = if minute == 0 { &old } else { &source("div") };
        poll(&mut seen, layout, minute, body);
    }
    assert_eq!(kept(&missed).iter().map(|page| page.times).collect::<Vec<_>>(), [3, 1]);
    let still = reread_all(&mut missed, &new, Policy::Whole);
    assert!(still.iter().all(|page| matches!(page, Reextracted::NotUnderstood(_))), "{still:?}");
    assert_eq!(kept(&missed).len(), 2);
    let read = reread_all(&mut missed, &source("div"), Policy::Whole);
    assert!(read.iter().all(|page| matches!(page, Reextracted::Read(_))), "{read:?}");
    assert_eq!(kept(&missed), []);
    assert_eq!(rows(&missed), rows(&seen));
    assert_eq!(faults(&missed).unwrap(), []);
    let source = missed.tables().source("lain").unwrap().unwrap();
    assert_eq!(missed.tables().drift(source.id).unwrap(), None);
}

/// Pages of two layouts with levels that stand still, move, or are off by a factor of ten.
fn pages() -> impl Strategy<Value = Vec<String>> {
    let level = prop_oneof![3 => Just(1000i64), 2 => Just(1010), 1 => Just(10_100)];
    let pages = prop::collection::vec((prop_oneof![Just("li"), Just("div")], level), 1..16);
    pages.prop_map(|pages| {
        let first = page("li", 1000);
        let rest = pages.into_iter().map(|(element, level)| page(element, level));
        std::iter::once(first).chain(rest).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn it_does_not_matter_when_a_layout_was_understood(pages in pages(), fixed_at in 0..16usize) {
        let (old, new) = (source("li"), source("li, div"));
        let mut missed = Store::open_in_memory().unwrap();
        let mut seen = Store::open_in_memory().unwrap();
        // Some an hour, so that hours pass.
        for (number, body) in pages.iter().enumerate() {
            let minute = 25 * i64::try_from(number).unwrap();
            let layout = if number < fixed_at { &old } else { &new };
            poll(&mut missed, layout, minute, body);
            poll(&mut seen, &new, minute, body);
        }
        reread_all(&mut missed, &new, Policy::Whole);
        prop_assert_eq!(kept(&missed), []);
        prop_assert_eq!(rows(&missed), rows(&seen));
        assert_rolled_up(&missed);
        prop_assert_eq!(rollups(&missed), rollups(&seen));
    }
}

#[test]
fn a_stretch_of_pages_that_are_not_understood_begins_and_ends_once() {
    let mut store = Store::open_in_memory().unwrap();
    let source = source("li");
    assert_eq!(poll(&mut store, &source, 0, &page("div", 1)).1, Turn::Steady);
    assert_eq!(kept(&store), []);
    assert_eq!(poll(&mut store, &source, 1, &page("li", 1)).1, Turn::Steady);
    assert_eq!(poll(&mut store, &source, 2, &page("div", 1)).1, Turn::Lost);
    assert_eq!(poll(&mut store, &source, 3, &page("div", 2)).1, Turn::StillLost);
    let drift = Drift { since: at(2), polls: 2 };
    assert_eq!(poll(&mut store, &source, 4, &page("li", 2)).1, Turn::Regained(drift));
    assert_eq!(poll(&mut store, &source, 5, &page("li", 2)).1, Turn::Steady);
    // What could not be read stays kept: a later fix may fill the gap.
    assert_eq!(kept(&store).len(), 2);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn a_way_of_reading_that_finds_less_does_not_use_a_page_up() {
    let mut store = Store::open_in_memory().unwrap();
    poll(&mut store, &source("li"), 0, &page("li", 1000));
    poll(&mut store, &source("li"), 1, &page("div", 1010).replacen("div", "p", 1).replacen("/div", "/p", 1));
    let half = reread_all(&mut store, &source("div"), Policy::Whole);
    assert_eq!(half, [Reextracted::InPart { missing: vec!["LQ45".to_owned()] }]);
    assert_eq!(kept(&store).len(), 1);
    let whole = reread_all(&mut store, &source("p, div"), Policy::Whole);
    assert!(matches!(whole[..], [Reextracted::Read(_)]), "{whole:?}");
    poll(&mut store, &source("li"), 2, "<div><b>EMAS</b><i>1020</i></div>");
    let accepted = reread_all(&mut store, &source("div"), Policy::Partly);
    assert!(matches!(accepted[..], [Reextracted::Read(_)]), "{accepted:?}");
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn what_is_kept_of_a_source_is_bounded() {
    let mut store = Store::open_in_memory().unwrap();
    poll(&mut store, &source("li"), 0, &page("li", 1000));
    for minute in 1..60 {
        poll(&mut store, &source("li"), minute, &page("div", minute));
    }
    let pages = kept(&store);
    assert_eq!((pages.len(), pages[0].first_seen), (MAX_PAGES, at(1)));
    assert_eq!(pages[MAX_PAGES - 1].last_seen, at(59));
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn a_page_that_was_cut_is_not_read_as_if_it_were_whole() {
    let mut store = Store::open_in_memory().unwrap();
    poll(&mut store, &source("li"), 0, &page("li", 1000));
    poll(&mut store, &source("li"), 1, &(page("div", 1010) + &" ".repeat(MAX_KEPT)));
    let pages = kept(&store);
    assert!(pages[0].was_cut && pages[0].bytes > MAX_KEPT as u64);
    assert_eq!(store.tables().page_body(pages[0].id).unwrap().unwrap().len(), MAX_KEPT);
    assert_eq!(reread_all(&mut store, &source("div"), Policy::Whole), [Reextracted::Cut]);
}
