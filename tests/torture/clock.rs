//! The clock is set back and forward while the daemon polls.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use crate::recorded::expect_sound;
use crate::rig::{Daemon, PATIENCE, Rig};
use crate::ticker::Ticker;

/// The library that stands between a program and its clock, where Debian's `faketime` puts it. `None` where that is
/// not installed; where everything must be tried, it must be.
pub(crate) fn library() -> Option<PathBuf> {
    let machine = std::env::consts::ARCH;
    let library = PathBuf::from(format!("/usr/lib/{machine}-linux-gnu/faketime/libfaketimeMT.so.1"));
    if library.exists() {
        return Some(library);
    }
    let missing = format!("{} is missing: install faketime", library.display());
    assert!(std::env::var_os("CI").is_none_or(|ci| ci != "true"), "{missing}");
    println!("skipped: {missing}");
    None
}

/// Sets the clock of the daemon so many seconds off the machine's. The file is replaced whole: it is read at any time.
fn set_clock(rig: &Rig, seconds: i64) {
    fs::write(rig.path("clock.new"), format!("{seconds:+}s\n")).unwrap();
    fs::rename(rig.path("clock.new"), rig.path("clock")).unwrap();
}

fn start(rig: &Rig, library: &Path) -> Daemon {
    set_clock(rig, 0);
    let mut command = rig.pantau(&["run"]);
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", rig.path("clock"))
        .env("FAKETIME_NO_CACHE", "1")
        // A monotonic clock that jumps is none, and no program must bear one.
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    Daemon::start(&mut command)
}

/// The most requests within any second.
fn densest(requests: &[Instant]) -> usize {
    let within = |first: &Instant| {
        requests.iter().filter(|at| **at >= *first && **at - *first < Duration::from_secs(1)).count()
    };
    requests.iter().map(within).max().unwrap()
}

fn survives_a_step(library: &Path, seconds: i64) {
    let tickers = Ticker::several(2);
    let rig = Rig::polling(&tickers);
    let mut daemon = start(&rig, library);
    let polled =
        |daemon: &Daemon, more: usize| tickers.iter().all(|ticker| daemon.acknowledged(&ticker.name) >= more);
    daemon.wait_until("polls", PATIENCE, |daemon| polled(daemon, 3));
    set_clock(&rig, seconds);
    let said = daemon.wait_to_say("the clock was set", PATIENCE);
    let step: i64 = said.field("seconds").unwrap().parse().unwrap();
    assert!((step - seconds).abs() <= 3, "{}", said.line);
    let before = tickers.iter().map(|ticker| daemon.acknowledged(&ticker.name)).max().unwrap();
    daemon.wait_until("polls after the step", PATIENCE, |daemon| polled(daemon, before + 5));
    daemon.stop();

    expect_sound(&rig.database(), "after the step");
    rig.expect(0, &["db", "verify"]);
    let connection = rusqlite::Connection::open(rig.database()).unwrap();
    for ticker in &tickers {
        let sql = "SELECT started_at FROM poll JOIN source ON source.id = source_id WHERE name = ?1 \
                   AND outcome = 'stored' ORDER BY poll.id";
        let mut statement = connection.prepare(sql).unwrap();
        let starts = statement.query_map([&ticker.name], |row| row.get(0)).unwrap();
        let starts: Vec<i64> = starts.map(Result::unwrap).collect();
        assert!(
            starts.windows(2).all(|pair| pair[0] <= pair[1]),
            "out of order: {starts:?}\n{}",
            daemon.log()
        );
        let requests = ticker.served();
        assert!(
            requests.len() - starts.len() <= 1,
            "{} polls of {} are in the log",
            starts.len(),
            requests.len()
        );
        assert!(densest(&requests) <= 3, "a burst: {requests:?}\n{}", daemon.log());
    }
}

/// An hour and a day, back and forward; all at once, for most of it is waiting.
#[test]
fn a_stepped_clock_neither_stops_nor_hastens_anything() {
    let Some(library) = library() else { return };
    std::thread::scope(|scope| {
        for seconds in [-86_400, -3600, 3600, 86_400] {
            let library = &library;
            scope.spawn(move || survives_a_step(library, seconds));
        }
    });
}
