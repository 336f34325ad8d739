//! The daemon is asked to stop, or to read its configuration again, in every phase of a poll.

use std::fs;
use std::io::Write;
use std::time::Duration;

use crate::random::Random;
use crate::raw::{Raw, hang};
use crate::recorded::expect_sound;
use crate::rig::{Daemon, PATIENCE, Rig, source};
use crate::short_or_long;
use crate::ticker::{Ticker, page};

/// The promise: from the signal to the end.
const GOODBYE: Duration = Duration::from_secs(5);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Connecting,
    AwaitingHeaders,
    InBody,
    /// Another process holds the database.
    Recording,
    Sleeping,
}

const PHASES: [Phase; 5] =
    [Phase::Connecting, Phase::AwaitingHeaders, Phase::InBody, Phase::Recording, Phase::Sleeping];

/// A server at which a poll stays in a phase. Nobody answers the greeting of TLS.
fn server(phase: Phase) -> Raw {
    match phase {
        Phase::Connecting => Raw::serve("127.0.0.1", |_| hang()),
        Phase::AwaitingHeaders => Raw::answering("127.0.0.1", |_| hang()),
        Phase::InBody => Raw::answering("127.0.0.1", |stream| {
            let page = page(0);
            let (length, half) = (page.len(), &page[..page.len() / 2]);
            write!(stream, "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{half}")?;
            hang()
        }),
        Phase::Recording | Phase::Sleeping => Raw::answering("127.0.0.1", |stream| {
            let page = page(1);
            write!(
                stream,
                "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{page}",
                page.len()
            )
        }),
    }
}

fn url(phase: Phase, server: &Raw) -> String {
    let url = server.url();
    if phase == Phase::Connecting { url.replace("http:", "https:") } else { url }
}

/// A database that exists and knows its source, so that only the phase in question can hold the daemon up.
fn rig(phase: Phase, server: &Raw) -> Rig {
    let rig = Rig::new();
    let hanging = source("fase", &url(phase, server)).replace("\"1s\"", "\"1h\"");
    rig.configure(&hanging);
    fs::write(rig.path("page.html"), page(0)).unwrap();
    rig.expect(0, &["poll", "--at", "2024-04-19T10:30:00+07:00", "--from", "page.html"]);
    rig
}

fn enter(phase: Phase, daemon: &mut Daemon, server: &Raw) {
    if phase == Phase::Sleeping {
        daemon.wait_until("the poll", PATIENCE, |daemon| daemon.acknowledged("fase") > 0);
    } else {
        daemon.wait_until("a connection", PATIENCE, |_| server.connections() > 0);
    }
}

fn polls(rig: &Rig) -> Vec<String> {
    let connection = rusqlite::Connection::open(rig.database()).unwrap();
    let mut statement = connection.prepare("SELECT outcome FROM poll ORDER BY id").unwrap();
    let outcomes = statement.query_map([], |row| row.get(0)).unwrap();
    outcomes.map(Result::unwrap).collect()
}

/// Holds a database as another process would, as long as it lives.
struct Holder {
    _connection: rusqlite::Connection,
}

impl Holder {
    fn of(rig: &Rig) -> Self {
        let connection = rusqlite::Connection::open(rig.database()).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        Self { _connection: connection }
    }
}

/// A daemon in the midst of a phase.
struct Midst {
    rig: Rig,
    daemon: Daemon,
    holder: Option<Holder>,
    _server: Raw,
}

impl Midst {
    fn of(phase: Phase, random: &mut Random) -> Self {
        let server = server(phase);
        let rig = rig(phase, &server);
        let holder = (phase == Phase::Recording).then(|| Holder::of(&rig));
        let mut daemon = rig.run();
        enter(phase, &mut daemon, &server);
        std::thread::sleep(random.within(Duration::from_millis(300)));
        Self { rig, daemon, holder, _server: server }
    }

    /// Asks it to stop, and expects that it does, and that what it said it did is so.
    fn stop(mut self, phase: Phase, signal: &str) {
        self.daemon.signal(signal);
        let ended = self.daemon.end_within(GOODBYE).code();
        drop(self.holder);
        let log = self.daemon.log();
        assert_eq!(ended, Some(0), "{phase:?}, {signal}\n{log}");
        // A poll that cannot be recorded is not acknowledged.
        let acknowledged = self.daemon.acknowledged("fase") + self.daemon.acknowledged("t1");
        assert_eq!(polls(&self.rig).len(), acknowledged, "{phase:?}, {signal}\n{log}");
        expect_sound(&self.rig.database(), &format!("{phase:?}, {signal}"));
        self.rig.expect(0, &["db", "verify"]);
    }
}

/// Does something so often in every phase, all phases at once: nearly all of it is waiting.
fn in_every_phase(what: &str, so_often: usize, act: impl Fn(Phase, usize, &mut Random) + Sync) {
    std::thread::scope(|scope| {
        for phase in PHASES {
            let act = &act;
            scope.spawn(move || {
                let mut random = Random::printed(&format!("{what} {phase:?}"));
                (0..so_often).for_each(|time| act(phase, time, &mut random));
            });
        }
    });
}

#[test]
fn it_stops_in_time_in_every_phase_of_a_poll() {
    in_every_phase("stop", short_or_long(10, 100), |phase, time, random| {
        Midst::of(phase, random).stop(phase, ["TERM", "INT"][time % 2]);
    });
}

#[test]
fn it_reads_its_configuration_again_in_every_phase_of_a_poll() {
    in_every_phase("reload", short_or_long(10, 100), |phase, _, random| {
        let tickers = Ticker::several(1);
        let mut midst = Midst::of(phase, random);
        let before = fs::read_to_string(midst.rig.path("pantau.toml")).unwrap();
        midst.rig.configure("[[source]]\nevery = \"often\"");
        midst.daemon.signal("HUP");
        midst.daemon.wait_to_say("the configuration was not changed", GOODBYE);
        midst.rig.configure(&(before + &source("t1", &tickers[0].url)));
        midst.daemon.signal("HUP");
        midst.daemon.wait_to_say("read the configuration again", GOODBYE);
        midst.holder = None;
        midst.daemon.wait_until("the new source", PATIENCE, |daemon| daemon.acknowledged("t1") > 0);
        midst.stop(phase, "TERM");
    });
}

/// Many answers in hand, and another process holds the database: each of them takes its turn to give up.
#[test]
fn it_stops_in_time_with_many_answers_in_hand() {
    let tickers = Ticker::several(20);
    let rig = Rig::polling(&tickers);
    rig.expect(0, &["poll", "t1"]);
    let holder = Holder::of(&rig);
    let mut daemon = rig.run();
    daemon.wait_to_say("locked by another process", PATIENCE);
    daemon.signal("TERM");
    assert_eq!(daemon.end_within(GOODBYE).code(), Some(0), "{}", daemon.log());
    assert_eq!(daemon.log().matches("could be recorded").count(), 1, "{}", daemon.log());
    drop(holder);
    rig.expect(0, &["db", "verify"]);
}
