//! `pantau run` against a loopback server: every attempt leaves its row, none is recorded twice, and it ends when asked.

use std::time::Duration;

use pantau::domain::{Attempt, Outcome, TimeRange};
use pantau::store::Store;

use crate::captures::{FOUR, capture};
use crate::common::{Done, Home, Running, wait_for};
use crate::database::content;
use crate::server::{Answer, Server, deserted_url};
use crate::shapes;

/// How long the whole sequence of polls, a second apart, may take on a busy machine.
pub(crate) const SEQUENCE: Duration = Duration::from_secs(60);

/// The promise: from the signal to the end of the process.
pub(crate) const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) fn source(name: &str, url: &str) -> String {
    format!(
        "[[source]]\nname = \"{name}\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1s\"\ntimeout = \"30s\"\n"
    )
}

pub(crate) fn start(home: &Home, sources: &[String]) -> Running {
    let config = home.write("config/pantau/pantau.toml", sources.join("\n"));
    home.pantau(["run", "--config"]).arg(config).start()
}

/// The poll log of a source, in order.
pub(crate) fn attempts(home: &Home, source: &str) -> Vec<Attempt> {
    let Ok(store) = Store::open_reader(&home.database()) else { return Vec::new() };
    let tables = store.tables();
    let Ok(Some(source)) = tables.source(source) else { return Vec::new() };
    let polls = tables.polls_in(source.id, TimeRange::default()).unwrap();
    polls.into_iter().map(|poll| poll.attempt).collect()
}

pub(crate) fn outcomes(home: &Home, source: &str) -> Vec<&'static str> {
    attempts(home, source).iter().map(|attempt| attempt.outcome.word()).collect()
}

/// A page of a capture in markup, as a site would give it.
pub(crate) fn page(name: &str) -> String {
    shapes::pages(&capture(name).text).remove(0).html
}

pub(crate) fn slow_page() -> Answer {
    // A minute for the whole page.
    let html = page("c04");
    let piece = html.len() / 600 + 1;
    Answer::page(html).trickle(piece, Duration::from_millis(100))
}

/// Expects an end without a complaint.
pub(crate) fn expect_clean_end(done: &Done) {
    assert_eq!(done.code, Some(0), "{done}");
    assert!(done.stdout.is_empty(), "{done}");
    assert!(!done.stderr().contains("panicked"), "{done}");
}

#[test]
fn every_attempt_is_in_the_log_with_its_own_outcome() {
    let home = Home::new();
    let mut script: Vec<Answer> = FOUR.map(|name| Answer::page(page(name))).to_vec();
    script[3] = script[3].clone().header("ETag", "\"keempat\"");
    script.extend([
        Answer::new("304 Not Modified", "").header("ETag", "\"keempat\""),
        Answer::new("304 Not Modified", "").header("ETag", "\"keempat\""),
        Answer::new("500 Internal Server Error", "<h1>rusak</h1>"),
        Answer::page(shapes::without_block()),
        slow_page(),
    ]);
    let server = Server::start(script);
    let daemon = start(&home, &[source("kontan", &server.url())]);
    // The ninth request is the slow one: its body is in hand.
    wait_for("the ninth request", SEQUENCE, || (server.requests().len() >= 9).then_some(()));
    wait_for("the eighth outcome", SEQUENCE, || (attempts(&home, "kontan").len() >= 8).then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(GOODBYE);
    expect_clean_end(&done);
    assert_eq!(
        outcomes(&home, "kontan"),
        [
            "stored",
            "stored",
            "stored",
            "stored",
            "not_modified",
            "not_modified",
            "http_error",
            "not_understood",
            "interrupted"
        ],
        "{done}"
    );
    assert_eq!(server.requests().len(), 9);

    let log = attempts(&home, "kontan");
    assert_eq!(log[0].http_status, Some(200));
    assert_eq!((log[4].http_status, log[4].rows), (Some(304), 11));
    assert_eq!((log[6].http_status, log[6].rows), (Some(500), 0));
    assert_eq!((log[7].http_status, log[7].rows), (Some(200), 0));
    assert!(log[7].detail.as_deref().is_some_and(|detail| detail.contains("| INDIKATOR |")), "{log:?}");
    assert!(log[..4].iter().all(|attempt| attempt.rows == 11), "{log:?}");

    let asked: Vec<bool> = server
        .requests()
        .iter()
        .map(|head| head.to_lowercase().contains("if-none-match: \"keempat\""))
        .collect();
    assert_eq!(asked[..6], [false, false, false, false, true, true], "{:?}", server.requests());

    // The four pages came within seconds. LQ45 is the same in the first two, gold in both pairs.
    let runs = |slug: &str| {
        let done = home.pantau(["history", slug, "-f", "json"]).ok();
        done.array().iter().map(|run| run["level"].to_string()).collect::<Vec<_>>()
    };
    assert_eq!(runs("lq45"), ["866", "878", "877"]);
    assert_eq!(runs("emas"), ["1508000", "1520000"]);
    assert_eq!(runs("usd-idr"), ["15930", "15930", "15917", "15880"]);
    home.pantau(["db", "verify"]).ok();
    // One line of the log for each poll.
    for outcome in ["not_modified", "http_error", "not_understood", "interrupted"] {
        assert!(done.stderr().contains(outcome), "{outcome} is not in the log\n{done}");
    }
}

#[test]
fn a_keyboard_interrupt_ends_it_as_well() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20")), slow_page()]);
    let daemon = start(&home, &[source("kontan", &server.url())]);
    wait_for("the second request", SEQUENCE, || (server.requests().len() >= 2).then_some(()));
    daemon.signal("INT");
    expect_clean_end(&daemon.wait(GOODBYE));
    assert_eq!(outcomes(&home, "kontan"), ["stored", "interrupted"]);
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn it_ends_at_once_while_it_waits_for_the_next_poll() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let source = source("kontan", &server.url()).replace("\"1s\"", "\"1h\"");
    let daemon = start(&home, &[source]);
    wait_for("the first outcome", SEQUENCE, || (!attempts(&home, "kontan").is_empty()).then_some(()));
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
    assert_eq!(outcomes(&home, "kontan"), ["stored"]);
}

#[test]
fn a_failing_source_never_delays_another() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let hanging = Server::start(vec![Answer::page("").delay(Duration::from_secs(60))]);
    let sources =
        [source("mogok", &deserted_url()), source("lambat", &hanging.url()), source("kontan", &server.url())];
    let daemon = start(&home, &sources);
    wait_for("four good polls", SEQUENCE, || (attempts(&home, "kontan").len() >= 4).then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(GOODBYE);
    expect_clean_end(&done);
    let good = attempts(&home, "kontan");
    assert_eq!(good[0].outcome, Outcome::Stored);
    assert!(good[1..].iter().all(|attempt| attempt.outcome == Outcome::Unchanged), "{good:?}");
    let starts: Vec<i64> = good.iter().map(|attempt| attempt.started_at.timestamp()).collect();
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] <= 3), "every second: {starts:?}");
    assert!(outcomes(&home, "mogok").iter().all(|outcome| *outcome == "unreachable"));
    assert!(!outcomes(&home, "mogok").is_empty());
    assert_eq!(outcomes(&home, "lambat"), ["interrupted"]);
    let runs = home.pantau(["history", "kontan/lq45", "-f", "ndjson"]).ok();
    assert_eq!(runs.ndjson().len(), 1, "{runs}");
}

#[test]
fn an_answer_that_is_cut_short_stores_nothing() {
    let home = Home::new();
    let html = page("c20");
    let half = html.find("IDX30").unwrap();
    let server = Server::start(vec![Answer::page(html.clone()).cut(half), Answer::page(html)]);
    let daemon = start(&home, &[source("kontan", &server.url())]);
    wait_for("two outcomes", SEQUENCE, || (attempts(&home, "kontan").len() >= 2).then_some(()));
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
    assert_eq!(outcomes(&home, "kontan")[..2], ["unreachable", "stored"]);
}

#[test]
fn a_question_and_a_backup_do_not_disturb_it() {
    let home = Home::new();
    let server = Server::start(FOUR.map(|name| Answer::page(page(name))).to_vec());
    let daemon = start(&home, &[source("kontan", &server.url())]);
    let copy = home.path("copy.db");
    wait_for("the second outcome", SEQUENCE, || (attempts(&home, "kontan").len() >= 2).then_some(()));
    home.pantau(["latest"]).ok();
    home.pantau(["status"]).ok();
    home.pantau(["db", "backup"]).arg(&copy).ok();
    home.pantau(["db", "verify", "--db"]).arg(&copy).ok();
    wait_for("the fifth outcome", SEQUENCE, || (attempts(&home, "kontan").len() >= 5).then_some(()));
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
    assert_eq!(outcomes(&home, "kontan")[..5], ["stored", "stored", "stored", "stored", "unchanged"]);
    assert!(content(&copy).len() < content(&home.database()).len());
}

#[test]
fn a_database_that_is_locked_for_long_ends_nothing_and_loses_no_poll() {
    let home = Home::new();
    let server = Server::start(FOUR.map(|name| Answer::page(page(name))).to_vec());
    let daemon = start(&home, &[source("kontan", &server.url())]);
    wait_for("the first outcome", SEQUENCE, || (!attempts(&home, "kontan").is_empty()).then_some(()));
    // Longer than a statement waits by itself.
    let other = rusqlite::Connection::open(home.database()).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    std::thread::sleep(Duration::from_secs(7));
    other.execute_batch("ROLLBACK").unwrap();
    wait_for("the fourth outcome", SEQUENCE, || (attempts(&home, "kontan").len() >= 4).then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(GOODBYE);
    expect_clean_end(&done);
    let outcomes = outcomes(&home, "kontan");
    assert_eq!(outcomes[..4], ["stored"; 4], "{done}");
    assert_eq!(outcomes.len(), server.requests().len(), "{done}");
}

#[test]
fn a_restart_asks_with_the_version_it_remembers() {
    let home = Home::new();
    let server = Server::start(vec![
        Answer::page(page("c20"))
            .header("ETag", "\"ingat\"")
            .header("Last-Modified", "Fri, 22 Nov 2024 03:30:00 GMT"),
        Answer::new("304 Not Modified", ""),
    ]);
    let config = home.write("config/pantau/pantau.toml", source("kontan", &server.url()));
    assert!(config.exists());
    home.pantau(["poll"]).ok();
    home.pantau(["poll"]).ok();
    assert_eq!(outcomes(&home, "kontan"), ["stored", "not_modified"]);
    let second = server.requests()[1].to_lowercase();
    assert!(second.contains("if-none-match: \"ingat\""), "{second}");
    assert!(second.contains("if-modified-since: fri, 22 nov 2024 03:30:00 gmt"), "{second}");
    let runs = home.pantau(["history", "lq45", "-f", "json"]).ok();
    assert_eq!(runs.array().len(), 1, "{runs}");
}
