//! `pantau push` and a daemon that pushes, to a real PostgreSQL: every row once, whoever tells it, however often and
//! whatever dies in between.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use pantau::ingest::{Source, ingest, saved_page};
use pantau::parse::Layout;
use pantau::store::Store;
use serde_json::Value;

use crate::captures::{ALL, FOUR};
use crate::common::{Done, Home, Running, number, text, wait_for};
use crate::daemon::{GOODBYE, attempts, expect_clean_end, page, source};
use crate::postgres::Postgres;
use crate::server::{Answer, Server, deserted_url, listen};
use crate::{injection, retention};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn push(home: &Home, url: &str) -> crate::common::Pantau {
    home.pantau(["push", "-f", "json", "--to", url])
}

/// What became of the rows, as (rows, new, changed, same).
fn counts(done: &Done) -> (u64, u64, u64, u64) {
    let row = &done.array()[0];
    let [rows, new, changed, same] =
        ["rows", "new", "changed", "same"].map(|field| row[field].as_u64().unwrap());
    assert_eq!(rows, new + changed + same, "{done}");
    (rows, new, changed, same)
}

/// Every run of every indicator, as `history` tells it.
fn history(home: &Home) -> BTreeSet<String> {
    let all = home.pantau(["indicators", "-f", "json"]).ok().array();
    let names = all.iter().map(|row| format!("{}/{}", text(row, "source"), text(row, "indicator")));
    let args = ["history", "--all", "-f", "json", "--tz", "UTC"].map(str::to_owned);
    let done = home.pantau(args.into_iter().chain(names)).ok();
    done.array().iter().map(told).collect()
}

/// The same as the server has it.
fn quotes(server: &Postgres) -> BTreeSet<String> {
    let rows = server.rows("SELECT * FROM pantau.quotes");
    let told: BTreeSet<String> = rows.iter().map(told).collect();
    assert_eq!(told.len(), rows.len(), "no run is there twice");
    told
}

/// All that both tell of a run, in one form.
fn told(run: &Value) -> String {
    let words = ["source", "indicator", "label", "kind", "unit", "verdict"].map(|field| text(run, field));
    let numbers =
        ["level", "change", "percent"].map(|field| number(run, field).map(|number| number.normalize()));
    let times = ["first_seen", "last_seen"].map(|field| {
        DateTime::parse_from_rfc3339(text(run, field)).unwrap().with_timezone(&Utc).to_rfc3339()
    });
    format!("{words:?} {numbers:?} {times:?}")
}

#[track_caller]
fn the_server_has_the_history(home: &Home, server: &Postgres) {
    let (here, there) = (history(home), quotes(server));
    let missing: Vec<_> = here.difference(&there).collect();
    let strange: Vec<_> = there.difference(&here).collect();
    assert!(missing.is_empty() && strange.is_empty(), "missing {missing:#?}\nstrange {strange:#?}");
    assert!(!here.is_empty());
}

/// A moment of the made-up history.
fn at(minute: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap() + TimeDelta::minutes(minute)
}

/// What the header says at a minute: four indicators, which move at different paces and come back to where they were.
fn header(minute: i64) -> String {
    let level = |base: i64, pace: i64| base + (minute / pace) % 5;
    format!(
        "| : WIB | INDIKATOR |\n• EMAS {}.000 0,00%\n• IDX 7.{} 0,00 0,00%\n• LQ45 {},50 0,00 0,00%\n• RD.SAHAM 0.0{}%\n",
        level(1520, 60),
        level(197, 1),
        level(878, 7),
        level(1, 400),
    )
}

/// A database of so many captures, four minutes apart, that arrived in an order of their own.
fn database(path: &Path, captures: i64, stride: i64) {
    let source = Source {
        name: "kontan".to_owned(),
        url: "https://www.kontan.co.id/".to_owned(),
        layout: Layout::Kontan,
        slowest_poll: Duration::from_secs(60),
    };
    let mut store = Store::open_writer(path).unwrap();
    let arrivals = (0..captures).map(|place| place * stride % captures * 4);
    store
        .write::<_, pantau::store::StoreError>(|tables| {
            arrivals.into_iter().try_for_each(|minute| {
                let page = saved_page(source.url.clone(), header(minute).into_bytes(), at(minute));
                ingest(tables, &source, &page).map(drop)
            })
        })
        .unwrap();
}

fn home_of(captures: i64, stride: i64) -> Home {
    let home = Home::new();
    std::fs::create_dir_all(home.database().parent().unwrap()).unwrap();
    database(&home.database(), captures, stride);
    home
}

#[test]
fn six_pushers_in_any_order_leave_every_row_once_though_the_server_dies_in_between() {
    let Some(mut server) = Postgres::start() else { return };
    // 599 is a prime: each of these goes through all captures, in an order of its own.
    let homes: Vec<Home> = [1, 598, 7, 31, 101, 430].map(|stride| home_of(599, stride)).into();
    // The tables are there, and nothing in them.
    let empty = Home::with_captures(&[]);
    Store::open_writer(&empty.path("empty.db")).map(drop).unwrap();
    counts(&push(&empty, &server.url()).args(["--db", "empty.db"]).ok());

    let lock = server.hold("LOCK TABLE pantau.observation IN SHARE MODE");
    let pushing: Vec<Running> = homes.iter().map(|home| push(home, &server.url()).start()).collect();
    wait_for("six that are about to write", PATIENCE, || (server.waiting() == 6).then_some(()));
    server.crash();
    drop(lock);
    for pusher in pushing {
        let done = pusher.wait(PATIENCE);
        assert_eq!(done.code, Some(75), "{done}");
        assert!(done.stdout.is_empty() && done.stderr().lines().count() == 2, "{done}");
    }
    server.go_on();
    assert_eq!(server.count("SELECT count(*) FROM pantau.observation"), 0);

    let pushing: Vec<Running> = homes.iter().map(|home| push(home, &server.url()).start()).collect();
    let sums: Vec<_> = pushing.into_iter().map(|pusher| counts(&pusher.wait(PATIENCE))).collect();
    let rows = server.count("SELECT count(*) FROM pantau.observation");
    assert_eq!(rows, 599 * 4);
    assert!(sums.iter().all(|(sent, ..)| *sent == rows), "{sums:?}");
    assert_eq!(sums.iter().map(|(_, new, ..)| new).sum::<u64>(), rows, "{sums:?}");
    assert!(sums.iter().all(|(_, _, changed, _)| *changed == 0), "{sums:?}");
    homes.iter().for_each(|home| the_server_has_the_history(home, &server));
    for home in &homes {
        assert_eq!(counts(&push(home, &server.url()).ok()), (0, 0, 0, 0));
    }
    assert_eq!(counts(&push(&homes[0], &server.url()).arg("--all").ok()), (rows, 0, 0, rows));
    assert!(!server.log().contains("deadlock"), "{}", server.log());
}

#[test]
fn a_pusher_that_is_killed_in_the_middle_leaves_nothing_half_done() {
    let Some(server) = Postgres::start() else { return };
    let home = home_of(150, 7);
    for lock in ["pantau.observation", "pantau.told"] {
        push(&home, &server.url()).ok();
        let whole = server.count("SELECT count(*) FROM pantau.observation");
        server.run("TRUNCATE pantau.observation, pantau.told");
        let lock = server.hold(&format!("LOCK TABLE {lock} IN SHARE MODE"));
        let pusher = push(&home, &server.url()).start();
        wait_for("a pusher that is about to write", PATIENCE, || (server.waiting() == 1).then_some(()));
        pusher.signal("KILL");
        pusher.wait_for_death();
        server.release(lock);
        wait_for("the end of its session", PATIENCE, || (server.waiting() == 0).then_some(()));
        let left = server.count("SELECT count(*) FROM pantau.observation");
        // Whether its transaction was still committed is the server's to say: all of it or nothing.
        assert!(left == 0 || left == whole, "{left} of {whole}");
        let (rows, new, ..) = counts(&push(&home, &server.url()).ok());
        assert!(rows == 0 || new == rows, "{new} of {rows}");
        the_server_has_the_history(&home, &server);
    }
}

/// Lets one batch through, and holds the next one up.
const STALL: &str = "CREATE FUNCTION stall() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN \
                     IF EXISTS (SELECT FROM pantau.told) THEN PERFORM pg_sleep(600); END IF; RETURN NULL; END'; \
                     CREATE TRIGGER stall BEFORE INSERT ON pantau.observation EXECUTE FUNCTION stall()";

#[test]
fn a_push_goes_on_where_the_last_one_was_acknowledged() {
    let Some(mut server) = Postgres::start() else { return };
    let home = home_of(5600, 1);
    let empty = Home::new();
    Store::open_writer(&empty.path("empty.db")).map(drop).unwrap();
    push(&empty, &server.url()).args(["--db", "empty.db"]).ok();
    server.run(STALL);
    let pusher = push(&home, &server.url()).start();
    wait_for("the second batch", PATIENCE, || (server.sleeping() == 1).then_some(()));
    server.crash();
    let done = pusher.wait(PATIENCE);
    assert_eq!(done.code, Some(75), "{done}");
    server.go_on();
    server.run("DROP FUNCTION stall CASCADE");
    let acknowledged = server.count("SELECT count(*) FROM pantau.observation");
    assert!((20_000..22_400).contains(&acknowledged), "{acknowledged}");
    let left = 22_400 - acknowledged;
    assert_eq!(counts(&push(&home, &server.url()).ok()), (left, left, 0, 0));
    the_server_has_the_history(&home, &server);
}

#[test]
fn what_is_learnt_later_makes_no_row_wrong() {
    let Some(server) = Postgres::start() else { return };
    let home = Home::with_captures(&FOUR);
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
    let before = server.rows("SELECT * FROM pantau.points ORDER BY source, indicator, \"time\"");

    // Two sightings of one value make a run, which a third one splits and a fourth one joins to what was before.
    let record = |at: &str, level: &str| {
        let page = format!("| : WIB | INDIKATOR |\n• LQ45 {level} 0,00 0,00%\n• IDX 7.300 0,00 0,00%\n");
        home.pantau(["poll", "--from", "-", "--at", at]).stdin(page).run();
        push(&home, &server.url()).ok();
        the_server_has_the_history(&home, &server);
    };
    for (at, level) in [
        ("2024-11-25T10:00:00+07:00", "880"),
        ("2024-11-25T10:40:00+07:00", "880"),
        ("2024-11-25T10:20:00+07:00", "881"),
        ("2024-11-25T10:50:00+07:00", "880"),
        ("2024-11-25T09:20:00+07:00", "880"),
        // Nobody believes these before a person does.
        ("2024-11-25T11:00:00+07:00", "8800"),
        ("2024-11-25T11:10:00+07:00", "1"),
        ("2024-11-25T11:20:00+07:00", "880"),
        // One that makes another implausible that was believed so far.
        ("2024-10-01T10:00:00+07:00", "2"),
    ] {
        record(at, level);
    }
    let held = "SELECT count(*) FROM pantau.observation WHERE standing = 'held'";
    assert!(server.count(held) >= 2);
    let mut decided = 0;
    // What is believed then may make others wait for a decision.
    while let Some(review) = home.pantau(["review", "-f", "json"]).run().array().first() {
        let decision = if number(review, "level") == Some(8800.into()) { "accept" } else { "reject" };
        home.pantau(["review", decision, &review["id"].to_string()]).ok();
        let (_, new, changed, _) = counts(&push(&home, &server.url()).ok());
        assert!(new == 0 && changed > 0, "a decision changes what is believed and adds nothing");
        the_server_has_the_history(&home, &server);
        decided += 1;
    }
    assert!(decided >= 3, "{decided}");
    assert_eq!(server.count(held), 0);
    let after = server.rows("SELECT * FROM pantau.points ORDER BY source, indicator, \"time\"");
    assert!(before.iter().all(|row| after.contains(row)), "what was seen stays seen");

    // A server that was never told anything else has the same rows.
    let rows = "SELECT md5(string_agg(told::text, '|' ORDER BY told)) FROM (SELECT slug, captured_at, verdict, standing, \
                digest, level, change, percent FROM pantau.observation JOIN pantau.series ON series.id = series_id) AS told";
    let there = server.one(rows);
    server.run("DROP SCHEMA pantau CASCADE");
    push(&home, &server.url()).ok();
    assert_eq!(server.one(rows), there);
}

#[test]
fn every_number_keeps_the_decimals_that_were_printed() {
    let Some(server) = Postgres::start() else { return };
    let home = Home::with_captures(&ALL);
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
    let printed = "SELECT level || ' ' || change || ' ' || percent FROM pantau.quotes \
                   WHERE indicator = 'lq45' AND level::text LIKE '919%'";
    assert_eq!(server.one(printed), "919.20 -16.32 -1.74");
    let zone = "SELECT to_char(first_seen AT TIME ZONE 'Asia/Jakarta', 'YYYY-MM-DD HH24:MI') FROM pantau.quotes \
                WHERE indicator = 'lq45' AND level::text LIKE '919%'";
    assert_eq!(server.one(zone), "2024-04-19 10:30");
}

#[test]
fn where_the_poll_log_is_gone_the_runs_are_told() {
    let Some(server) = Postgres::start() else { return };
    let home = Home::new();
    retention::long_lived(&home);
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
    let whole = server.count("SELECT count(*) FROM pantau.observation");
    home.pantau(["db", "prune", "--yes"]).ok();
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
    assert_eq!(server.count("SELECT count(*) FROM pantau.observation"), whole);
    server.run("DROP SCHEMA pantau CASCADE");
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
    assert!(server.count("SELECT count(*) FROM pantau.observation") < whole);
}

#[test]
fn hostile_labels_are_texts_like_any_other_there() {
    let Some(server) = Postgres::start() else { return };
    let home = injection::recorded();
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
    let here = home.pantau(["indicators", "-f", "json"]).ok().array();
    let here: BTreeSet<&str> = here.iter().map(|row| text(row, "label")).collect();
    let there = server.rows("SELECT label FROM pantau.series");
    assert_eq!(there.iter().map(|row| text(row, "label")).collect::<BTreeSet<_>>(), here);
}

fn pushing(to: &str) -> String {
    format!("[push]\nto = \"{to}\"\n")
}

fn run(home: &Home, config: &str) -> Running {
    let config = home.write("config/pantau/pantau.toml", config);
    home.pantau(["run", "--config"]).arg(config).start()
}

/// Pages of which each tells something new.
fn script() -> Vec<Answer> {
    (0..40).map(|at| Answer::page(page(FOUR[at % 4]))).collect()
}

#[test]
fn a_daemon_whose_server_is_away_polls_on_and_catches_up() {
    let Some(mut server) = Postgres::stopped(&[]) else { return };
    let (home, site) = (Home::new(), Server::start(script()));
    let daemon = run(&home, &(pushing(&server.url()) + &source("kontan", &site.url())));
    let polls = |count: usize| {
        wait_for("polls", PATIENCE, || (attempts(&home, "kontan").len() >= count).then_some(()))
    };
    polls(4);
    let away = |said: &str| said.matches("not pushed").count();
    assert_eq!(away(&daemon.said()), 1, "{}", daemon.said());

    server.go_on();
    let rows = "SELECT count(DISTINCT captured_at) FROM pantau.observation";
    let there = "SELECT to_regclass('pantau.told') IS NOT NULL";
    wait_for("what was recorded meanwhile", PATIENCE, || {
        (server.one(there) == "t" && server.count(rows) >= 4).then_some(())
    });
    let now = attempts(&home, "kontan").len();
    polls(now + 2);
    wait_for("what is recorded now", PATIENCE, || (server.count(rows) >= now as u64 + 2).then_some(()));

    server.crash();
    let now = attempts(&home, "kontan").len();
    polls(now + 3);
    server.go_on();
    wait_for("what was recorded in the second outage", PATIENCE, || {
        (server.count(rows) >= now as u64 + 3).then_some(())
    });
    daemon.signal("TERM");
    let done = daemon.wait(GOODBYE);
    expect_clean_end(&done);
    let said = done.stderr();
    assert!(said.contains("pushing again, and caught up"), "{said}");
    push(&home, &server.url()).ok();
    the_server_has_the_history(&home, &server);
}

#[test]
fn a_server_that_never_answers_delays_neither_a_poll_nor_the_end() {
    let mute = listen(|stream| {
        std::thread::sleep(PATIENCE);
        drop(stream);
    });
    let (home, site) = (Home::new(), Server::start(script()));
    let to = pushing(&format!("postgres://ana@127.0.0.1:{}/market", mute.port()));
    let daemon = run(&home, &(to + &source("kontan", &site.url())));
    wait_for("four polls", PATIENCE, || (attempts(&home, "kontan").len() >= 4).then_some(()));
    let log = attempts(&home, "kontan");
    let took = log[3].started_at - log[0].started_at;
    assert!(took < TimeDelta::seconds(20), "four polls a second apart took {took}");
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
}

#[test]
fn many_daemons_push_at_once() {
    let Some(server) = Postgres::start() else { return };
    let site = Server::start(script());
    let homes: Vec<Home> = (0..4).map(|_| Home::new()).collect();
    let config = pushing(&server.url()) + &source("kontan", &site.url());
    let daemons: Vec<Running> = homes.iter().map(|home| run(home, &config)).collect();
    for home in &homes {
        wait_for("five polls", PATIENCE, || (attempts(home, "kontan").len() >= 5).then_some(()));
    }
    for daemon in daemons {
        daemon.signal("TERM");
        let done = daemon.wait(GOODBYE);
        expect_clean_end(&done);
        assert!(!done.stderr().contains("not pushed"), "{done}");
    }
    let mut new = server.count("SELECT count(*) FROM pantau.observation");
    for home in &homes {
        new += counts(&push(home, &server.url()).ok()).1;
    }
    let distinct = "SELECT count(*) FROM (SELECT DISTINCT series_id, captured_at, digest FROM pantau.observation) AS rows";
    assert_eq!(server.count("SELECT count(*) FROM pantau.observation"), new);
    assert_eq!(server.count(distinct), new);
    assert_eq!(server.count("SELECT count(*) FROM pantau.source"), 1);
    assert_eq!(server.count("SELECT count(*) FROM pantau.series"), 11);
    assert!(!server.log().contains("deadlock"), "{}", server.log());
}

#[test]
fn what_keeps_a_push_from_working_is_told_in_one_line_without_the_password() {
    let home = Home::with_captures(&FOUR);
    let refused = |to: &str, code: i32, says: &str| {
        let done = home.pantau(["push", "--to", to]).env("PGPASSWORD", "rahasia").refuses(code);
        done.says(says);
        assert!(!done.stderr().contains("rahasia"), "{done}");
    };
    refused("postgres://", 2, "names no host");
    refused("mysql://ana@localhost/market", 2, "postgres://");
    refused("host=localhost", 2, "is no address");
    let nobody = deserted_url().replace("http://", "postgres://ana@");
    refused(&nobody, 75, "failed to connect");
    home.pantau(["push"]).refuses(2).says("--to");
    let absent = ["push", "--db", "none.db", "--to", "postgres://ana@localhost/market"];
    home.pantau(absent).refuses(3);

    let Some(server) = Postgres::start() else { return };
    let to = |user: &str, rest: &str| format!("postgres://{user}@127.0.0.1:{}/{rest}", server.port);
    server.run("CREATE USER ana PASSWORD 'benar'");
    server.run("CREATE USER budi PASSWORD 'rahasia'");
    refused(&to("ana", "postgres"), 1, "password authentication failed");
    refused(&to("postgres", "pasar"), 1, "\"pasar\" does not exist");
    refused(&to("postgres", "postgres?sslmode=require"), 1, "TLS");
    refused(&to("budi", "postgres"), 1, "permission denied");
    push(&home, &server.url()).ok();
    server.run("GRANT USAGE ON SCHEMA pantau TO budi");
    server.run("GRANT SELECT ON ALL TABLES IN SCHEMA pantau TO budi");
    refused(&to("budi", "postgres"), 1, "permission denied");
    server.run("GRANT INSERT, UPDATE ON ALL TABLES IN SCHEMA pantau TO budi");
    let done =
        home.pantau(["push", "--to", &to("budi", "postgres"), "--all"]).env("PGPASSWORD", "rahasia").ok();
    done.is_silent();
    let typed = home.pantau(["push", "--to", &to("budi:rahasia", "postgres")]).ok();
    typed.says("PGPASSWORD");
    assert!(!typed.stderr().contains("rahasia"), "{typed}");
    server.run("UPDATE pantau.schema_version SET version = 99");
    refused(&to("postgres", "postgres"), 1, "of version 99");
}

#[test]
fn a_server_is_trusted_only_with_a_certificate_of_its_name() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let Some(mut server) = Postgres::stopped(&["ssl = on"]) else { return };
    server.write("server.crt", &made.cert.pem());
    server.write("server.key", &made.signing_key.serialize_pem());
    server.go_on();
    let home = Home::with_captures(&FOUR);
    let trusted = home.write("ca.pem", made.cert.pem());
    let to = |host: &str, rest: &str| format!("postgres://postgres@{host}:{}/postgres?{rest}", server.port);
    let trust = format!("sslmode=require&sslrootcert={}", trusted.display());
    push(&home, &to("localhost", "sslmode=require")).refuses(1).says("TLS");
    push(&home, &to("localhost", "sslmode=prefer")).refuses(1).says("TLS");
    push(&home, &to("127.0.0.1", &trust)).refuses(1).says("TLS");
    push(&home, &to("localhost", "sslmode=require&sslrootcert=none.pem")).refuses(2).says("none.pem");
    push(&home, &to("localhost", &trust)).ok();
    the_server_has_the_history(&home, &server);
}

#[test]
fn a_password_stands_in_no_configuration() {
    let home = Home::new();
    let config = home.write("pantau.toml", pushing("postgres://ana:rahasia@db.example.org/market"));
    let refused = home.pantau(["config", "--config"]).arg(&config).refuses(2);
    assert!(!refused.stderr().contains("rahasia"), "{refused}");
    let config = home.write("pantau.toml", "[push]\nto = { env = \"PANTAU_PUSH_TO\" }\nenabled = false\n");
    let secret = "postgres://ana:rahasia@localhost:1/market";
    let shown = home.pantau(["config", "--config"]).arg(&config).env("PANTAU_PUSH_TO", secret).ok();
    assert!(shown.stdout().contains("env = \"PANTAU_PUSH_TO\""), "{shown}");
    assert!(!shown.stdout().contains("rahasia"), "{shown}");
    home.pantau(["push", "--config"]).arg(&config).refuses(2).says("PANTAU_PUSH_TO is not set");
    let done = home.pantau(["push", "--config"]).arg(&config).env("PANTAU_PUSH_TO", secret).refuses(3);
    assert!(!done.stderr().contains("rahasia"), "{done}");
}
