//! Any order and any repetition of captures gives the same rows.

use std::collections::HashMap;

use proptest::prelude::*;

use super::news::MAX_INDICATORS;
use super::*;
use crate::domain::{Digest, TimeRange};
use crate::store::Store;

pub(super) fn source() -> Source {
    Source {
        name: "kontan".to_owned(),
        url: "https://example.org/".to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(60),
    }
}

pub(super) fn at(minute: i64) -> Timestamp {
    chrono::DateTime::from_timestamp(1_700_000_000 + minute * 60, 0).unwrap()
}

pub(super) fn page(minute: i64, rows: &str) -> Page {
    saved_page(format!("page-{minute}"), format!("| INDIKATOR |\n{rows}").into_bytes(), at(minute))
}

pub(super) fn record(store: &mut Store, page: &Page) -> Report {
    store.write(|tables| ingest(tables, &source(), page)).unwrap()
}

/// Everything that is stored, without the keys that tell in which order it came.
fn rows(store: &Store) -> Vec<String> {
    let tables = store.tables();
    let mut names: HashMap<i64, Digest> = HashMap::new();
    let mut rows = Vec::new();
    tables
        .each_capture(|capture| {
            names.insert(capture.id, capture.digest);
            let (at, origin) = (capture.captured_at, capture.origin.word());
            rows.push(format!("capture {} {} {at} {origin}", capture.digest, capture.url));
            Ok(())
        })
        .unwrap();
    for source in tables.sources().unwrap() {
        tables
            .each_sighting(source.id, None, None, |seen| {
                rows.push(format!("sighting {} {}", seen.seen_at, names[&seen.capture]));
                Ok::<(), StoreError>(())
            })
            .unwrap();
    }
    for indicator in tables.indicators().unwrap() {
        let slug = &indicator.indicator.slug;
        for seen in tables.runs(indicator.id, TimeRange::default()).unwrap() {
            rows.push(format!("run {slug} {:?} {}", seen.run, names[&seen.capture]));
        }
        for held in tables.held_of(indicator.id).unwrap() {
            let (from, to, figures) = (held.seen_at, held.last_seen, held.figures);
            rows.push(format!(
                "held {slug} {from} {to} {figures:?} {} {}",
                held.reason, names[&held.capture]
            ));
        }
    }
    rows.sort();
    rows
}

fn stored(pages: &[Page]) -> Vec<String> {
    let mut store = Store::open_in_memory().unwrap();
    for page in pages {
        record(&mut store, page);
    }
    assert_eq!(faults(&store).unwrap(), []);
    rows(&store)
}

/// Brings captures in as one batch, so many a transaction.
pub(super) fn bring_in(store: &mut Store, pages: &[Page], in_transaction: usize) {
    let mut batch = Batch::default();
    for page in pages {
        let reading = parse::parse(&page.body, None, &Layout::Kontan);
        batch.take(Captured { url: page.url.clone(), captured_at: page.captured_at, reading });
    }
    while !batch.is_done() {
        let mut left = in_transaction;
        let mut goes_on = || {
            left -= 1;
            left > 0
        };
        store.write(|tables| batch.record(tables, &source(), &mut goes_on)).unwrap();
    }
}

/// What batches of captures leave, each brought in with so many captures a transaction.
fn stored_in_batches(pages: &[Page], batch_size: usize, in_transaction: usize) -> Vec<String> {
    let mut store = Store::open_in_memory().unwrap();
    pages.chunks(batch_size).for_each(|pages| bring_in(&mut store, pages, in_transaction));
    assert_eq!(faults(&store).unwrap(), []);
    rows(&store)
}

fn runs(store: &Store, slug: &str) -> Vec<(i64, i64)> {
    let tables = store.tables();
    let indicator =
        tables.indicators().unwrap().into_iter().find(|i| i.indicator.slug.as_str() == slug).unwrap();
    let minute = |at: Timestamp| (at.timestamp() - 1_700_000_000) / 60;
    let runs = tables.runs(indicator.id, TimeRange::default()).unwrap();
    runs.iter().map(|o| (minute(o.run.first_seen), minute(o.run.last_seen))).collect()
}

#[test]
fn a_repeated_page_is_not_stored_twice() {
    let mut store = Store::open_in_memory().unwrap();
    let first = record(&mut store, &page(0, "LQ45 777 2,30 0,30%"));
    assert_eq!((first.count(Fate::Stored), first.is_repeat), (1, false));
    let again = record(&mut store, &page(0, "LQ45 777 2,30 0,30%"));
    assert_eq!((again.count(Fate::Unchanged), again.is_repeat), (1, true));
    let later = record(&mut store, &page(5, "LQ45 777 2,30 0,30%"));
    assert_eq!((later.count(Fate::Unchanged), later.is_repeat), (1, false));
    assert_eq!(runs(&store, "lq45"), [(0, 5)]);
}

#[test]
fn a_capture_inside_a_run_of_another_value_splits_it() {
    let mut store = Store::open_in_memory().unwrap();
    for (minute, rows) in [(1, "LQ45 777 2,30 0,30%"), (3, "LQ45 777 2,30 0,30%"), (2, "LQ45 778 3,30 0,43%")]
    {
        record(&mut store, &page(minute, rows));
    }
    assert_eq!(runs(&store, "lq45"), [(1, 1), (2, 2), (3, 3)]);
}

#[test]
fn a_capture_that_bridges_two_equal_runs_joins_them() {
    let mut store = Store::open_in_memory().unwrap();
    for minute in [0, 100] {
        record(&mut store, &page(minute, "LQ45 777 2,30 0,30%"));
    }
    assert_eq!(runs(&store, "lq45"), [(0, 0), (100, 100)]);
    record(&mut store, &page(50, "LQ45 777 2,30 0,30%"));
    assert_eq!(runs(&store, "lq45"), [(0, 100)]);
}

#[test]
fn a_row_that_is_missing_from_one_page_does_not_end_its_run() {
    let mut store = Store::open_in_memory().unwrap();
    for (minute, rows) in [
        (0, "LQ45 777 2,30 0,30%\nISSI 221 0,99 0,45%"),
        (1, "ISSI 221 0,99 0,45%"),
        (2, "LQ45 777 2,30 0,30%"),
    ] {
        record(&mut store, &page(minute, rows));
    }
    assert_eq!(runs(&store, "lq45"), [(0, 2)]);
    assert_eq!(runs(&store, "issi"), [(0, 1)]);
}

#[test]
fn where_the_poll_log_is_gone_a_split_is_held_and_not_guessed() {
    let mut store = Store::open_in_memory().unwrap();
    for minute in [0, 10] {
        record(&mut store, &page(minute, "LQ45 777 2,30 0,30%"));
    }
    let gone = store.write(|tables| {
        let stored = tables.source("kontan")?.expect("the source was recorded");
        tables.set_log_begin(stored, at(20))
    });
    gone.unwrap();
    let report = record(&mut store, &page(5, "LQ45 778 3,30 0,43%"));
    assert_eq!(report.count(Fate::Held), 1);
    assert_eq!(runs(&store, "lq45"), [(0, 10)]);
    assert!(store.tables().held().unwrap()[0].reason.contains("poll log"));
}

/// Records a live poll that saw these rows.
pub(super) fn poll(store: &mut Store, minute: i64, rows: &str) {
    let attempt = Attempt {
        started_at: at(minute),
        outcome: Outcome::Stored,
        http_status: Some(200),
        duration_ms: 1,
        body_bytes: None,
        rows: 0,
        detail: None,
    };
    let page = Page { origin: Origin::Live, ..page(minute, rows) };
    let polled = store.write(|tables| ingest_poll(tables, &source(), &page, Validators::default(), attempt));
    polled.unwrap();
}

/// Removes polls older than a minute, two at a time; says where the log begins.
fn prune_before(store: &mut Store, minute: i64) -> Option<Timestamp> {
    let stored = store.tables().source("kontan").unwrap()?;
    if let Some(begin) = log_begin(store.tables(), &stored, at(minute)).unwrap() {
        while store.write(|tables| prune(tables, &stored, begin, 2)).unwrap() > 0 {}
    }
    store.tables().source("kontan").unwrap()?.log_begins_at
}

/// The runs and what is held, without where they were seen.
fn known(store: &Store) -> Vec<String> {
    rows(store).into_iter().filter(|row| row.starts_with("run") || row.starts_with("held")).collect()
}

#[test]
fn a_log_that_another_has_shortened_further_does_not_begin_earlier_again() {
    let mut store = Store::open_in_memory().unwrap();
    for minute in [0, 10, 20, 30] {
        poll(&mut store, minute, "LQ45 777 0,00 0,00%");
    }
    let stored = store.tables().source("kontan").unwrap().expect("the source was recorded");
    for minute in [20, 10] {
        store.write(|tables| prune(tables, &stored, at(minute), 9)).unwrap();
    }
    assert_eq!(store.tables().source("kontan").unwrap().unwrap().log_begins_at, Some(at(20)));
}

#[test]
fn without_its_old_polls_a_series_is_what_it_was() {
    let mut store = Store::open_in_memory().unwrap();
    for (minute, level) in [(0, "777"), (10, "777"), (20, "778"), (30, "778"), (40, "778"), (50, "777")] {
        poll(&mut store, minute, &format!("LQ45 {level} 0,00 0,00%"));
    }
    let before = known(&store);
    // The last sighting ahead of the minute is kept: the log begins with it.
    assert_eq!(prune_before(&mut store, 35), Some(at(30)));
    assert_eq!(store.tables().polls_in(1, TimeRange::default()).unwrap().len(), 3);
    assert_eq!(known(&store), before);
    assert_eq!(faults(&store).unwrap(), []);
    // Nothing more to remove, however late it is asked; the newest sighting stays for ever.
    assert_eq!(prune_before(&mut store, 35), Some(at(30)));
    assert_eq!(prune_before(&mut store, 4000), Some(at(50)));
    assert_eq!(store.tables().polls_in(1, TimeRange::default()).unwrap().len(), 1);
    assert_eq!(known(&store), before);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn a_run_from_before_the_log_begins_is_still_checked_against_its_text() {
    let mut store = Store::open_in_memory().unwrap();
    for (minute, level) in [(0, "777"), (10, "778"), (20, "779")] {
        poll(&mut store, minute, &format!("LQ45 {level} 0,00 0,00%"));
    }
    prune_before(&mut store, 20);
    let lie = store.tables().run_at(1, at(0)).unwrap().unwrap();
    let figures = store.tables().run_at(1, at(10)).unwrap().unwrap().run.figures;
    let lie = crate::domain::Observation { run: crate::domain::Run { figures, ..lie.run }, ..lie };
    store.write(|tables| tables.put_run(1, &lie)).unwrap();
    let problems: Vec<String> = faults(&store).unwrap().iter().map(ToString::to_string).collect();
    let [problem] = &problems[..] else { panic!("{problems:?}") };
    assert!(problem.contains("its text does not say this"), "{problem}");
}

#[test]
fn a_run_that_the_log_begins_in_is_split_where_the_log_tells() {
    let mut store = Store::open_in_memory().unwrap();
    for minute in [0, 10, 20, 30, 40] {
        poll(&mut store, minute, "LQ45 777 2,30 0,30%");
    }
    assert_eq!(prune_before(&mut store, 20), Some(at(20)));
    assert_eq!(record(&mut store, &page(15, "LQ45 778 3,30 0,43%")).count(Fate::Held), 1);
    assert_eq!(record(&mut store, &page(15, "LQ45 778 3,30 0,43%")).count(Fate::Held), 1);
    assert_eq!((runs(&store, "lq45"), store.tables().held().unwrap().len()), (vec![(0, 40)], 1));
    assert_eq!(record(&mut store, &page(25, "LQ45 778 3,30 0,43%")).count(Fate::Stored), 1);
    assert_eq!(runs(&store, "lq45"), [(0, 20), (25, 25), (30, 40)]);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn a_page_that_begins_what_is_known_of_a_run_places_what_was_held_after_it() {
    let mut store = Store::open_in_memory().unwrap();
    poll(&mut store, 0, "LQ45 777 2,30 0,30%");
    poll(&mut store, 5, "ISSI 221 0,99 0,45%");
    poll(&mut store, 30, "LQ45 777 2,30 0,30%");
    assert_eq!(prune_before(&mut store, 5), Some(at(5)));
    // Ahead of the first sighting that is left of the run nobody can tell how it stood, ...
    assert_eq!(record(&mut store, &page(15, "LQ45 778 3,30 0,43%")).count(Fate::Held), 1);
    assert_eq!(runs(&store, "lq45"), [(0, 30)]);
    // ... until an earlier one turns up.
    record(&mut store, &page(8, "LQ45 777 2,30 0,30%"));
    assert_eq!(runs(&store, "lq45"), [(0, 8), (15, 15), (30, 30)]);
    assert_eq!(store.tables().held().unwrap(), []);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn what_waits_for_a_decision_keeps_the_log_it_is_judged_by() {
    let mut store = Store::open_in_memory().unwrap();
    for (minute, level) in [(0, "776"), (10, "777"), (20, "7.770"), (30, "777"), (40, "778"), (50, "778")] {
        poll(&mut store, minute, &format!("LQ45 {level} 0,00 0,00%"));
    }
    assert_eq!(prune_before(&mut store, 50), Some(at(10)));
    let held = store.tables().held().unwrap().remove(0);
    store.write(|tables| decide(tables, &held, Decision::Rejected)).unwrap();
    assert_eq!(faults(&store).unwrap(), []);
    assert_eq!(prune_before(&mut store, 50), Some(at(50)));
    assert_eq!(runs(&store, "lq45"), [(0, 0), (10, 30), (40, 50)]);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn a_value_whose_place_is_not_known_any_more_can_only_be_rejected() {
    let mut store = Store::open_in_memory().unwrap();
    for minute in [0, 10, 20] {
        poll(&mut store, minute, "LQ45 777 2,30 0,30%");
    }
    prune_before(&mut store, 20);
    // Inside the run, and in the silence long before it.
    record(&mut store, &page(5, "LQ45 778 0,00 0,00%"));
    record(&mut store, &page(-500, "LQ45 777 0,00 0,00%"));
    record(&mut store, &page(-490, "LQ45 7.770 0,00 0,00%"));
    let held = store.tables().held().unwrap();
    assert_eq!(held.len(), 2);
    let decide =
        |store: &mut Store, held: &Held, decision| store.write(|tables| decide(tables, held, decision));
    assert_eq!(decide(&mut store, &held[0], Decision::Accepted).unwrap(), Decided::NoPlace);
    assert_eq!(runs(&store, "lq45"), [(-500, -500), (0, 20)]);
    assert_eq!(decide(&mut store, &held[0], Decision::Rejected).unwrap(), Decided::Noted);
    assert_eq!(decide(&mut store, &held[1], Decision::Accepted).unwrap(), Decided::Noted);
    assert_eq!(runs(&store, "lq45"), [(-500, -500), (-490, -490), (0, 20)]);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn an_accepted_value_enters_the_series_and_a_rejected_one_stays_out() {
    for (decision, expected) in
        [(Decision::Accepted, vec![(0, 0), (1, 2), (3, 3)]), (Decision::Rejected, vec![(0, 0), (3, 3)])]
    {
        let mut store = Store::open_in_memory().unwrap();
        for (minute, level) in [(0, "777"), (1, "7.770"), (2, "7.770"), (3, "778")] {
            record(&mut store, &page(minute, &format!("LQ45 {level} 0,00 0,00%")));
        }
        let held = store.tables().held().unwrap();
        assert_eq!((held.len(), held[0].seen_at, held[0].last_seen), (1, at(1), at(2)));
        store.write(|tables| decide(tables, &held[0], decision)).unwrap();
        // After an accepted 7.770 the fall to 778 is what looks implausible.
        if decision == Decision::Accepted {
            assert_eq!(runs(&store, "lq45"), [(0, 0), (1, 2)]);
            let fall =
                store.tables().held().unwrap().into_iter().find(|held| held.decision.is_none()).unwrap();
            store.write(|tables| decide(tables, &fall, decision)).unwrap();
        }
        assert_eq!(runs(&store, "lq45"), expected);
        assert_eq!(faults(&store).unwrap(), []);
    }
}

#[test]
fn of_two_texts_of_one_second_each_indicator_is_read_from_the_one_that_shows_it() {
    let both = [
        page(60, "RD.SAHAM 0.03%"),
        page(8, "LQ45 7.770 0,00 0,00%\nRD.SAHAM 0.03%"),
        page(0, "RD.SAHAM 0.03%"),
        page(8, "LQ45 777 2,30 5,30%"),
        page(50, "RD.SAHAM 0.05%"),
    ];
    let mut store = Store::open_in_memory().unwrap();
    for page in &both {
        record(&mut store, page);
    }
    assert_eq!(runs(&store, "rd-saham"), [(0, 8), (50, 50), (60, 60)]);
    assert_eq!(faults(&store).unwrap(), []);
}

#[test]
fn a_decision_is_about_the_same_figures_wherever_they_are_held() {
    let odd = "LQ45 7.770 0,00 0,00%";
    let real = "LQ45 777 2,30 0,30%";
    for (decision, kept) in [(Decision::Accepted, 5), (Decision::Rejected, 1)] {
        let mut store = Store::open_in_memory().unwrap();
        for (minute, rows) in [(0, real), (10, odd), (20, real), (30, odd), (40, real)] {
            record(&mut store, &page(minute, rows));
        }
        let held = store.tables().held().unwrap();
        assert_eq!(held.len(), 2);
        store.write(|tables| decide(tables, &held[1], decision)).unwrap();
        assert_eq!(runs(&store, "lq45").len(), kept);
        assert!(store.tables().held().unwrap().iter().all(|held| held.decision == Some(decision)));
        record(&mut store, &page(50, odd));
        assert_eq!(store.tables().held().unwrap().len(), 2);
        assert_eq!(faults(&store).unwrap(), []);
    }
}

#[test]
fn held_stretches_that_move_do_not_push_each_other_out() {
    let held = "LQ45 777 2,30 5,30%";
    let pages = [
        page(3626, held),
        page(0, "LQ45 7.770 0,00 0,00%"),
        page(4, "LQ45 777 0,00 0,00%"),
        page(4, held),
        page(2908, "LQ45 77 0,00 0,00%"),
    ];
    assert_eq!(stored(&pages), stored(&in_order(&pages)));
}

#[test]
fn a_held_stretch_goes_on_through_a_second_with_two_texts() {
    let pages = [
        page(25, "LQ45 777 2,30 0,30%\nRD.SAHAM 0.05%"),
        page(25, "LQ45 7.780 0,00 0,00%"),
        page(24, "LQ45 7.780 0,00 0,00%"),
        page(10, "LQ45 777 2,30 5,30%"),
    ];
    assert_eq!(stored(&pages), stored(&in_order(&pages)));
}

#[test]
fn a_believed_value_between_two_held_ones_parts_them() {
    let (real, odd) = ("LQ45 777 2,30 0,30%", "LQ45 7.770 0,00 0,00%");
    let pages = [page(0, real), page(1, odd), page(3, odd), page(4, real), page(2, real)];
    assert_eq!(stored(&pages), stored(&in_order(&pages)));
    assert_eq!(stored(&pages).iter().filter(|row| row.starts_with("held")).count(), 2);
}

#[test]
fn a_page_without_a_block_stores_nothing() {
    let mut store = Store::open_in_memory().unwrap();
    let page = saved_page("x".to_owned(), b"<h1>perawatan</h1>".to_vec(), at(0));
    let report = store.write(|tables| ingest(tables, &source(), &page)).unwrap();
    assert!(report.capture.is_none() && report.has_defects());
    assert!(rows(&store).is_empty());
}

#[test]
fn a_source_that_shows_new_labels_for_ever_gets_no_more_than_a_thousand_indicators() {
    let mut store = Store::open_in_memory().unwrap();
    let labels =
        |from: usize, to: usize| (from..to).map(|label| format!("X{label}Y 1 0 0%\n")).collect::<String>();
    for (minute, from) in [(0, 0), (1, 400), (2, 800)] {
        record(&mut store, &page(minute, &labels(from, from + 400)));
    }
    let full = record(&mut store, &page(3, &format!("{}LQ45 777 2,30 0,30%\n", labels(0, 3))));
    assert_eq!((full.quotes.len(), store.tables().indicators().unwrap().len()), (3, MAX_INDICATORS));
    assert!(full.has_defects());
    assert_eq!(
        full.issues.last().unwrap().to_string(),
        "new labels, LQ45 the first of 1, are not recorded: a source has at most 1000 indicators"
    );
    assert_eq!(faults(&store).unwrap(), []);
}

/// A few rows that move, stand still, vanish, contradict themselves, or are off by a factor of ten.
pub(super) fn header_rows() -> impl Strategy<Value = String> {
    let lq45 = prop_oneof![
        Just(""),
        Just("LQ45 777 2,30 0,30%\n"),
        Just("LQ45 778 3,30 0,43%\n"),
        Just("LQ45 777 0,00 0,00%\n"),
        Just("LQ45 7.770 0,00 0,00%\n"),
        Just("LQ45 7.780 0,00 0,00%\n"),
        Just("LQ45 77 0,00 0,00%\n"),
        Just("LQ45 777 2,30 5,30%\n"),
    ];
    let rest = prop_oneof![
        Just(""),
        Just("USD/IDR 16.555 -90,00 -0,55%\n"),
        Just("USD/IDR 16.555 0,00 0,00%\n"),
        Just("RD.SAHAM 0.05%\n"),
        Just("RD.SAHAM 0.03%\n"),
    ];
    (lq45, rest).prop_map(|(lq45, rest)| format!("{lq45}{rest}"))
}

pub(super) fn captures() -> impl Strategy<Value = Vec<Page>> {
    let minute = prop_oneof![0..12i64, 0..40i64, 0..4000i64];
    prop::collection::vec((minute, header_rows()), 1..9)
        .prop_map(|captures| captures.into_iter().map(|(minute, rows)| page(minute, &rows)).collect())
}

/// One indicator that is believed and held by turns, close together in time.
pub(super) fn dense_captures() -> impl Strategy<Value = Vec<Page>> {
    let row = prop_oneof![
        3 => Just("LQ45 777 2,30 0,30%"),
        2 => Just("LQ45 777 0,00 0,00%"),
        3 => Just("LQ45 7.770 0,00 0,00%"),
        1 => Just("LQ45 77 0,00 0,00%"),
        1 => Just("ISSI 221 0,99 0,45%"),
    ];
    let minute = prop_oneof![4 => 0..10i64, 1 => (0..4i64).prop_map(|hour| hour * 50)];
    prop::collection::vec((minute, row), 2..12)
        .prop_map(|captures| captures.into_iter().map(|(minute, row)| page(minute, row)).collect())
}

/// The same pages twice, in any order.
fn shuffled(pages: impl Strategy<Value = Vec<Page>>) -> impl Strategy<Value = (Vec<Page>, Vec<Page>)> {
    pages.prop_flat_map(|pages| {
        let doubled: Vec<Page> = pages.iter().chain(&pages).cloned().collect();
        (Just(pages), Just(doubled).prop_shuffle())
    })
}

fn in_order(pages: &[Page]) -> Vec<Page> {
    let mut in_order = pages.to_vec();
    in_order.sort_by_key(|page| page.captured_at);
    in_order
}

/// The rows of a page at a minute.
type Shown = (i64, String);

fn shown(pages: &[Page]) -> Vec<Shown> {
    let rows = |page: &Page| String::from_utf8_lossy(&page.body).split_once('\n').unwrap().1.to_owned();
    pages.iter().map(|page| ((page.captured_at - at(0)).num_minutes(), rows(page))).collect()
}

/// Pages of which some were polled and the rest archived, in order of time, a minute to prune at, and pages that
/// turn up later.
fn pruned() -> impl Strategy<Value = (Vec<(Shown, bool)>, i64, Vec<Shown>)> {
    let pages = || prop_oneof![captures(), dense_captures()];
    let polled = pages().prop_flat_map(|pages| {
        let is_live = prop::collection::vec(prop::bool::weighted(0.8), pages.len());
        (Just(shown(&in_order(&pages))), is_live)
            .prop_map(|(pages, live)| pages.into_iter().zip(live).collect())
    });
    (polled, prop_oneof![0..12i64, 0..200i64], pages().prop_map(|pages| shown(&pages)))
}

fn see_all(pages: &[(Shown, bool)]) -> Store {
    let mut store = Store::open_in_memory().unwrap();
    for ((minute, rows), is_live) in pages {
        if *is_live {
            poll(&mut store, *minute, rows);
        } else {
            record(&mut store, &page(*minute, rows));
        }
    }
    store
}

/// Many captures of a source whose values move, stand still and leap, far more than are kept in memory at once.
pub(super) fn long_captures() -> impl Strategy<Value = Vec<Page>> {
    let capture = (0..3000i64, header_rows(), prop::bool::weighted(0.8));
    prop::collection::vec(capture, 1..250).prop_map(|captures| {
        let calm =
            |minute: i64| format!("LQ45 {} 0,00 0,00%\nRD.SAHAM 0.0{}%\n", 700 + minute / 40, minute / 900);
        let rows = |(minute, rows, is_calm)| page(minute, &if is_calm { calm(minute) } else { rows });
        captures.into_iter().map(rows).collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::default()
    })]

    #[test]
    fn any_order_and_repetition_of_captures_gives_the_same_rows((pages, shuffled) in shuffled(captures())) {
        let expected = stored(&in_order(&pages));
        prop_assert_eq!(&stored(&shuffled), &expected);
        prop_assert_eq!(&stored(&pages), &expected);
    }

    #[test]
    fn pruning_changes_no_answer_then_or_later((pages, minute, later) in pruned()) {
        let (mut whole, mut store) = (see_all(&pages), see_all(&pages));
        let begin = prune_before(&mut store, minute);
        prop_assert_eq!(known(&store), known(&whole));
        prop_assert_eq!(faults(&store).unwrap(), []);
        // Of two texts of one second one stands back, and in the stretch that was removed nobody can tell which.
        let is_free = |minute: i64| pages.iter().all(|((taken, _), _)| *taken != minute);
        let in_log = |minute: i64| begin.is_none_or(|begin| begin <= at(minute));
        for (minute, rows) in later.iter().filter(|(minute, _)| is_free(*minute) && in_log(*minute)) {
            record(&mut whole, &page(*minute, rows));
            record(&mut store, &page(*minute, rows));
            prop_assert_eq!(faults(&store).unwrap(), []);
            if known(&store).iter().any(|row| row.contains("poll log")) {
                // Its place was not known any more; from here on the two differ.
                break;
            }
            prop_assert_eq!(known(&store), known(&whole));
        }
    }

    #[test]
    fn what_turns_up_from_before_the_log_begins_damages_nothing((pages, minute, later) in pruned()) {
        let mut store = see_all(&pages);
        prune_before(&mut store, minute);
        for (minute, rows) in &later {
            record(&mut store, &page(*minute, rows));
            prop_assert_eq!(faults(&store).unwrap(), []);
            let before = known(&store);
            record(&mut store, &page(*minute, rows));
            prop_assert_eq!(known(&store), before);
        }
        let before = known(&store);
        prune_before(&mut store, 2 * minute);
        prop_assert_eq!(known(&store), before);
        prop_assert_eq!(faults(&store).unwrap(), []);
    }

    #[test]
    fn captures_brought_in_together_give_the_rows_that_they_give_one_by_one(
        (pages, shuffled) in prop_oneof![shuffled(captures()), shuffled(dense_captures())],
        batch_size in 1..20usize,
        in_transaction in 1..20usize,
    ) {
        prop_assert_eq!(stored_in_batches(&shuffled, batch_size, in_transaction), stored(&in_order(&pages)));
    }

    #[test]
    fn any_order_of_believed_and_held_values_gives_the_same_rows((pages, shuffled) in shuffled(dense_captures())) {
        prop_assert_eq!(stored(&shuffled), stored(&in_order(&pages)));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 20, failure_persistence: None, max_shrink_iters: 500, ..ProptestConfig::default()
    })]

    #[test]
    fn long_rows_of_captures_brought_in_together_give_the_same_rows(
        (pages, shuffled) in shuffled(long_captures()),
        batch_size in 1..300usize,
        in_transaction in 1..300usize,
    ) {
        prop_assert_eq!(stored_in_batches(&shuffled, batch_size, in_transaction), stored(&in_order(&pages)));
    }
}
