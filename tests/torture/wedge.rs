//! Something in the daemon hangs and does not return: the disk below the database, the parser, the loop that asks a
//! server. The watchdog hears of it, what does not hang goes on, and what was acknowledged is kept.
//!
//! The deadlines are those of the program: 90 s for reading a page and recording it, 60 s for fetching one within its
//! `timeout` of 30 s. In the short form the clocks of the daemon run many times as fast (`libfaketime`), in the long
//! one they are left alone.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::{Duration, Instant};

use crate::clock;
use crate::failing::{expect_all_recorded, expect_polls};
use crate::manager::Manager;
use crate::recorded::expect_sound;
use crate::rig::{Daemon, PATIENCE, Rig};
use crate::shim::{self, Faults, Hanging, Shim};
use crate::short_or_long;
use crate::ticker::Ticker;

/// The promise: from the signal to the end.
const GOODBYE: Duration = Duration::from_secs(5);
/// The longest of the deadlines.
const DEADLINE: Duration = Duration::from_secs(90);
/// How long the service manager waits for a sign of life.
const WATCHDOG: Duration = Duration::from_secs(10);
/// What a busy machine may take on top.
const SLACK: Duration = Duration::from_secs(10);

/// How many times as fast the clocks of the daemon run.
fn speed() -> u32 {
    short_or_long(20, 1)
}

/// A span of the daemon's clock, as the test sees it.
fn seen(span: Duration) -> Duration {
    span / speed()
}

/// A daemon with something below it that may hang.
struct Bench {
    rig: Rig,
    tickers: Vec<Ticker>,
    shim: Shim,
    manager: Manager,
    daemon: Daemon,
}

impl Bench {
    /// Two sources, and a rule that is looked at after every poll. `clocks` may change the daemon's clocks.
    fn start(every: &str, clocks: impl FnOnce(&mut Command)) -> Self {
        let tickers = Ticker::several(2);
        let rig = Rig::polling(&tickers);
        let rule = "[[alert]]\nname = \"naik\"\nwhen = \"t1/lq45.level > 1000000\"\n\
                    to = [\"webhook:http://127.0.0.1:9/\"]\n";
        let sources = std::fs::read_to_string(rig.path("pantau.toml")).unwrap();
        rig.configure(&(sources.replace("1s", every) + rule));
        let (shim, manager) = (Shim::below(&rig), Manager::listen(&rig));
        let mut command = rig.pantau(&["run", "--listen", "127.0.0.1:0"]);
        shim.under(Manager::over(&rig, WATCHDOG, &mut command));
        clocks(&mut command);
        let daemon = Daemon::start(&mut command);
        Self { rig, tickers, shim, manager, daemon }
    }

    fn hang(&self, what: Hanging) {
        self.shim.fail(Faults { hanging: Some(what), ..Faults::default() });
    }

    fn release(&self) {
        self.shim.fail(Faults::default());
    }

    fn expect_signs(&mut self) {
        let now = Instant::now();
        let manager = &self.manager;
        self.daemon.wait_until("signs of life", PATIENCE, |_| manager.signs_since(now) > 3);
    }

    fn expect_no_sign(&self) {
        let now = Instant::now();
        thread::sleep(3 * seen(WATCHDOG));
        assert_eq!(self.manager.signs_since(now), 0, "{}", self.daemon.log());
    }

    /// A page that the daemon serves: the status, and the rest.
    fn get(&mut self, path: &str) -> (String, String) {
        let said = self.daemon.wait_to_say("serving /healthz", PATIENCE);
        let mut stream = TcpStream::connect(said.field("address").unwrap()).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        (answer.split(' ').nth(1).unwrap().to_owned(), answer)
    }

    /// The pages have a reader of their own.
    fn expect_pages(&mut self) {
        assert_eq!(self.get("/readyz").0, "200");
        let (status, health) = self.get("/healthz");
        assert!(["200", "503"].contains(&status.as_str()), "{health}");
        assert!(health.contains("\"source\":\"t2\"") && !health.contains("unknown"), "{health}");
        let (status, metrics) = self.get("/metrics");
        assert!(status == "200" && metrics.contains("source=\"t2\""), "{metrics}");
    }

    fn expect_reload(&mut self) {
        let read = |daemon: &Daemon| daemon.log().matches("read the configuration again").count();
        let before = read(&self.daemon);
        self.daemon.signal("HUP");
        self.daemon.wait_until("the configuration", GOODBYE, |daemon| read(daemon) > before);
    }
}

fn faster(library: &Path) -> impl FnOnce(&mut Command) {
    let libraries = format!("{}:{}", shim::library().display(), library.display());
    move |command: &mut Command| {
        if speed() > 1 {
            command.env("LD_PRELOAD", libraries).env("FAKETIME", format!("+0 x{}", speed()));
        }
    }
}

/// The signs of life stop when something hangs, and come back with all the rest when it goes on.
fn is_noticed(what: Hanging, meanwhile: impl FnOnce(&mut Bench)) {
    let Some(library) = clock::library() else { return };
    let mut bench = Bench::start("5s", faster(&library));
    expect_polls(&mut bench.daemon, &bench.tickers);
    bench.expect_signs();
    bench.hang(what);
    let hung = Instant::now();
    bench.daemon.wait_to_say("does not get on", seen(DEADLINE + 2 * WATCHDOG) + SLACK);
    bench.expect_no_sign();
    let last = bench.manager.last_sign().unwrap().saturating_duration_since(hung) * speed();
    println!("{what:?}: the last sign of life {:.0} s after it hung", last.as_secs_f64());
    meanwhile(&mut bench);
    assert_eq!(bench.daemon.log().matches("does not get on").count(), 1, "{}", bench.daemon.log());
    bench.release();
    bench.expect_signs();
    expect_polls(&mut bench.daemon, &bench.tickers);
    bench.daemon.stop();
    expect_all_recorded(&bench.rig, &bench.tickers);
}

/// What does not hang is there.
fn expect_the_rest(bench: &mut Bench) {
    bench.expect_pages();
    bench.expect_reload();
}

/// Each in a daemon of its own: nearly all of it is waiting.
fn at_once<const N: usize>(all: [Hanging; N], test: impl Fn(Hanging) + Sync) {
    thread::scope(|scope| {
        for what in all {
            let test = &test;
            scope.spawn(move || test(what));
        }
    });
}

#[test]
fn a_database_or_a_parser_that_hangs_is_noticed() {
    let all = [Hanging::Writes, Hanging::Syncs, Hanging::Copies];
    at_once(all, |what| is_noticed(what, expect_the_rest));
}

/// The one thread that all loops share: nothing but signals and the watchdog is left.
#[test]
fn loops_that_hang_are_noticed() {
    is_noticed(Hanging::Receiving, Bench::expect_reload);
}

fn stops_in_time(what: Hanging) {
    let mut bench = Bench::start("1s", |_| {});
    expect_polls(&mut bench.daemon, &bench.tickers);
    bench.hang(what);
    // Both sources are due within this time, and so is a look at the rules.
    thread::sleep(Duration::from_secs(3));
    bench.daemon.signal("TERM");
    let signalled = Instant::now();
    let ended = bench.daemon.end_within(GOODBYE);
    println!("{what:?}: ended after {:.1} s", signalled.elapsed().as_secs_f64());
    let log = bench.daemon.log();
    assert_eq!(ended.code(), Some(0), "{what:?}\n{log}");
    assert!(log.contains("stopped without waiting longer"), "{what:?}\n{log}");
    expect_sound(&bench.rig.database(), &format!("{what:?}"));
    bench.rig.expect(0, &["db", "verify"]);
    let connection = rusqlite::Connection::open(bench.rig.database()).unwrap();
    let polls: i64 = connection.query_row("SELECT count(*) FROM poll", [], |row| row.get(0)).unwrap();
    let acknowledged: usize =
        bench.tickers.iter().map(|ticker| bench.daemon.acknowledged(&ticker.name)).sum();
    assert!(usize::try_from(polls).unwrap() >= acknowledged, "{what:?}: {polls} of {acknowledged}\n{log}");
}

#[test]
fn it_stops_in_time_whatever_hangs() {
    at_once([Hanging::Writes, Hanging::Syncs, Hanging::Copies, Hanging::Receiving], stops_in_time);
}
