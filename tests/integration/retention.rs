//! Old polls are removed, and every answer stays what it was.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use pantau::domain::{DeliveryFate, Notice, Outcome, TimeRange};
use pantau::store::{Delivery, KeptSighting, NewDelivery, NewPage, Store, StoreError};

use crate::captures::capture;
use crate::common::{Home, text, wait_for};
use crate::script::Script;
use crate::server::{Answer, Server};

/// Two days of polls a year and a half ago, a few half a year ago, and some of today.
pub(crate) fn long_lived(home: &Home) -> DateTime<Utc> {
    let mut script = Script::new(home);
    let now = pantau::clock::now();
    let old = now - TimeDelta::days(500);
    for half_hour in 0..96u32 {
        let time = old + TimeDelta::minutes(30 * i64::from(half_hour));
        match half_hour % 20 {
            7 => script.fails(time, Outcome::Unreachable, None),
            // The same figures for hours, seen again and again.
            _ => script.sees(time, 860 + half_hour / 8),
        }
    }
    for days in [180, 179, 1] {
        script.sees(now - TimeDelta::days(days), 900);
    }
    old
}

/// What a database answers to questions about its observations.
fn answers(home: &Home) -> Vec<String> {
    let ask = |question: &[&str]| home.pantau(question).args(["-f", "json"]).ok().stdout();
    vec![
        ask(&["latest"]),
        ask(&["history", "lq45", "--all"]),
        ask(&["history", "lq45", "--every", "1d"]),
        ask(&["change", "--over", "1d,1w,1y"]),
        ask(&["indicators"]),
    ]
}

fn polls(home: &Home) -> usize {
    let store = Store::open_reader(&home.database()).unwrap();
    store.tables().polls_in(1, TimeRange::default()).unwrap().len()
}

fn captures(home: &Home) -> usize {
    let store = Store::open_reader(&home.database()).unwrap();
    let mut count = 0;
    let counted = store.tables().each_capture(|_| {
        count += 1;
        Ok(())
    });
    counted.unwrap();
    count
}

#[test]
fn pruning_says_what_would_go_and_removes_it_only_when_told_to() {
    let home = Home::new();
    long_lived(&home);
    let (before, texts) = (answers(&home), captures(&home));
    let told = home.pantau(["db", "prune", "-f", "json"]).ok();
    let row = &told.array()[0];
    assert_eq!((text(row, "source"), text(row, "what")), ("kontan", "polls"));
    // The last of the old sightings stays: the log begins with it.
    assert_eq!((row["count"].as_u64(), row["removed"].as_bool()), (Some(95), Some(false)));
    told.says("--yes");
    assert_eq!(polls(&home), 99);

    let done = home.pantau(["db", "prune", "--yes", "-f", "json"]).ok();
    assert_eq!(done.array()[0]["removed"].as_bool(), Some(true));
    assert_eq!(polls(&home), 4);
    assert_eq!(captures(&home), texts);
    home.pantau(["db", "verify"]).ok();
    assert_eq!(answers(&home), before);
    home.pantau(["explain", "lq45", "--at", "-400d"]).ok();
    home.pantau(["db", "prune", "--yes"]).ok().says("nothing is older");
    home.pantau(["status", "--coverage", "--from", "-600d", "--to", "-450d", "-f", "csv"]).ok();
}

#[test]
fn a_page_from_where_the_log_is_gone_is_held_and_the_database_stays_sound() {
    let home = Home::new();
    let old = long_lived(&home);
    home.pantau(["db", "prune", "--yes"]).ok();
    let before = answers(&home);
    let page = "| : WIB | INDIKATOR |\n• LQ45 861,50 0,00 0,00%\n";
    let inside = (old + TimeDelta::minutes(15)).to_rfc3339();
    let import = || home.pantau(["poll", "--at", &inside, "--from", "-"]).stdin(page).run();
    import();
    assert_eq!(answers(&home)[..4], before[..4]);
    import();
    home.pantau(["db", "verify"]).ok();
    let held = home.pantau(["review", "-f", "json"]).ok().array();
    assert_eq!(held.len(), 1, "{held:?}");
    assert!(text(&held[0], "reason").contains("poll log"), "{held:?}");
    home.pantau(["review", "accept", "1"]).refuses(5).says("cannot be accepted");
    home.pantau(["review", "reject", "1"]).ok();
    home.pantau(["db", "verify"]).ok();
    assert_eq!(answers(&home)[..4], before[..4]);
}

#[test]
fn what_is_kept_for_ever_is_not_pruned() {
    let home = Home::new();
    long_lived(&home);
    home.write("config/pantau/pantau.toml", "[retention]\npolls = \"forever\"\n");
    home.pantau(["db", "prune", "--yes"]).ok().says("nothing is older");
    assert_eq!(polls(&home), 99);
    home.pantau(["config"]).ok().stdout().lines().find(|line| *line == "polls = \"forever\"").unwrap();
    home.pantau(["db", "prune", "--db", "none.db"]).refuses(3);
    home.pantau(["db", "prune", "--yes", "--db", "none.db"]).refuses(3);
    assert!(!home.path("none.db").exists());
}

/// A page that was not understood and a message that was delivered, so many days ago; one message still waits.
fn leftovers(home: &Home, days: i64) {
    let at = pantau::clock::now() - TimeDelta::days(days);
    let message = || NewDelivery {
        alert: "naik".to_owned(),
        notice: Notice::Fired,
        rule: "lq45.level >= 900".to_owned(),
        readings: "[]".to_owned(),
        since: at,
        made_at: at,
    };
    let written = Store::open_writer(&home.database()).unwrap().write(|tables| {
        let source = tables.put_source("kontan", "https://www.kontan.co.id/")?;
        let page = NewPage { url: &source.url, content_type: None, body: b"<h1>baru</h1>" };
        tables.keep_page(source.id, &page, KeptSighting { poll: 1, seen_at: at })?;
        tables.add_delivery(message(), "ops")?;
        let told = tables.add_delivery(message(), "ops")?;
        tables.put_delivery(&Delivery { fate: DeliveryFate::Delivered, next_attempt_at: None, ..told })
    });
    written.unwrap_or_else(|error: StoreError| panic!("{error}"));
}

#[test]
fn pages_and_messages_go_with_their_age_and_what_still_waits_does_not() {
    let home = Home::new();
    leftovers(&home, 450);
    let counts = |done: &crate::common::Done| -> Vec<(String, u64)> {
        let rows = done.array();
        rows.iter().map(|row| (text(row, "what").to_owned(), row["count"].as_u64().unwrap())).collect()
    };
    let expected = [("pages".to_owned(), 1), ("messages".to_owned(), 1)];
    assert_eq!(counts(&home.pantau(["db", "prune", "-f", "json"]).ok()), expected);
    assert_eq!(counts(&home.pantau(["db", "prune", "--yes", "-f", "json"]).ok()), expected);
    home.pantau(["db", "prune", "--yes"]).ok().says("nothing is older");
    let store = Store::open_reader(&home.database()).unwrap();
    assert_eq!(store.tables().waiting_deliveries().unwrap().len(), 1);
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn the_daemon_prunes_while_it_polls() {
    let home = Home::new();
    long_lived(&home);
    let server = Server::start(vec![Answer::page(capture("c20").text)]);
    let config = format!(
        "[[source]]\nname = \"kontan\"\nurl = \"{}\"\nlayout = \"kontan\"\nevery = \"1s\"\n[retention]\npolls = \"100d\"\n",
        server.url()
    );
    home.write("config/pantau/pantau.toml", config);
    let daemon = home.pantau(["run"]).start();
    let bound = Duration::from_secs(60);
    // Of the old ones only the last sighting ahead of the hundred days is left.
    wait_for("the old polls to go", bound, || {
        let store = Store::open_reader(&home.database()).ok()?;
        let (tables, new) = (store.tables(), pantau::clock::now() - TimeDelta::days(101));
        let range = TimeRange { from: None, to: Some(new) };
        (tables.polls_in(1, range).ok()?.len() == 1).then_some(())
    });
    wait_for("two polls", bound, || (server.requests().len() >= 2).then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(Duration::from_secs(10));
    assert_eq!(done.code, Some(0), "{done}");
    done.says("removed what is older than it is kept");
    home.pantau(["db", "verify"]).ok();
}
