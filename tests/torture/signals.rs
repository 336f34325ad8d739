//! The daemon is asked to stop in every phase of a poll.

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
    std::fs::write(rig.path("page.html"), page(0)).unwrap();
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

/// Asks the daemon to stop in a phase, and expects that it does, and that what it said it did is so.
fn stop_in(phase: Phase, signal: &str, random: &mut Random) {
    let server = server(phase);
    let rig = rig(phase, &server);
    let mut holder = rusqlite::Connection::open(rig.database()).unwrap();
    let lock = (phase == Phase::Recording)
        .then(|| holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap());
    let mut daemon = rig.run();
    enter(phase, &mut daemon, &server);
    std::thread::sleep(random.within(Duration::from_millis(300)));
    daemon.signal(signal);
    let code = daemon.end_within(GOODBYE).code();
    drop(lock);
    // A poll that cannot be recorded is not acknowledged, and the end is no success.
    let expected = if phase == Phase::Recording { 75 } else { 0 };
    assert_eq!(code, Some(expected), "{phase:?}, {signal}\n{}", daemon.log());
    assert_eq!(polls(&rig).len(), daemon.acknowledged("fase"), "{phase:?}, {signal}\n{}", daemon.log());
    expect_sound(&rig.database(), &format!("{phase:?}, {signal}"));
    rig.expect(0, &["db", "verify"]);
}

#[test]
fn it_stops_in_time_in_every_phase_of_a_poll() {
    let times = short_or_long(10, 100);
    std::thread::scope(|scope| {
        for phase in PHASES {
            scope.spawn(move || {
                let mut random = Random::printed(&format!("{phase:?}"));
                for time in 0..times {
                    stop_in(phase, ["TERM", "INT"][time % 2], &mut random);
                }
            });
        }
    });
}

/// Many answers in hand, and another process holds the database: each of them takes its turn to give up.
#[test]
fn it_stops_in_time_with_many_answers_in_hand() {
    let tickers = Ticker::several(20);
    let rig = Rig::polling(&tickers);
    rig.expect(0, &["poll", "t1"]);
    let mut holder = rusqlite::Connection::open(rig.database()).unwrap();
    let lock = holder.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).unwrap();
    let mut daemon = rig.run();
    daemon.wait_to_say("locked by another process", PATIENCE);
    daemon.signal("TERM");
    assert_eq!(daemon.end_within(GOODBYE).code(), Some(75), "{}", daemon.log());
    drop(lock);
    rig.expect(0, &["db", "verify"]);
}
