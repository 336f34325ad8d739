//! The numbers that a scrape shows of recorded pages, and callers that take too much.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::routing::get;
use prometheus_client::registry::Registry;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::accept::{self, Limits};
use super::pages::{self, Names};
use super::{HealthOf, Metrics, Pages, Standing, exposition, gauges, reading};
use crate::calendar::Calendar;
use crate::poll::{Pace, Schedule};
use crate::query::tests::{at, see};
use crate::query::{self, Due, Polling};
use crate::store::Store;

fn polled(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn health() -> HealthOf {
    Arc::new(|tables, now| {
        let (calendar, minute) = (Calendar::idx(), Duration::from_secs(60));
        let schedule = Schedule::paced(Pace { open: minute, closed: minute }, "kontan");
        let due = || Due {
            slots: Box::new(|range| schedule.slots(range, &calendar)),
            slowest: minute,
            patience: minute,
        };
        query::health(tables, now, &calendar, |_| {
            Ok(Some(Polling { due: due(), next_poll: Some(at("2024-11-22T10:33")) }))
        })
    })
}

/// What a scrape shows at a time, sorted.
fn scrape(store: &Store, names: &[&str], now: &str) -> Vec<String> {
    let polled = polled(names);
    let reading = reading::read(store, &health(), &polled, at(now)).unwrap();
    let mut registry = Registry::default();
    gauges::register(&mut registry, Some(&reading), &polled);
    let text = exposition::open_metrics(&[&registry]).unwrap();
    let mut samples: Vec<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
    samples.sort();
    samples
}

#[track_caller]
fn has(samples: &[String], line: &str) {
    assert!(samples.iter().any(|sample| sample == line), "{line} is not in\n{}", samples.join("\n"));
}

#[track_caller]
fn lacks(samples: &[String], begin: &str) {
    assert!(!samples.iter().any(|sample| sample.starts_with(begin)), "{begin} is in\n{}", samples.join("\n"));
}

#[test]
fn a_level_is_shown_in_its_unit_while_it_is_known() {
    let mut store = Store::open_in_memory().unwrap();
    see(&mut store, "kontan", "2024-11-22T10:30", "LQ45 878 11,94 1,38%\nEMAS 1.520.000 12.000 0,80%");
    let samples = scrape(&store, &["kontan"], "2024-11-22T10:31");
    for line in [
        "pantau_level{source=\"kontan\",indicator=\"lq45\",unit=\"points\"} 878.0",
        "pantau_level{source=\"kontan\",indicator=\"emas\",unit=\"IDR/g\"} 1520000.0",
        "pantau_change_ratio{source=\"kontan\",indicator=\"emas\"} 0.008",
        "pantau_last_seen_timestamp_seconds{source=\"kontan\",indicator=\"lq45\"} 1732246200",
        "pantau_source_fresh{source=\"kontan\"} 1",
        "pantau_source_failures{source=\"kontan\"} 0",
        "pantau_source_next_poll_timestamp_seconds{source=\"kontan\"} 1732246380",
        "pantau_source_last_success_timestamp_seconds{source=\"kontan\"} 1732246200",
        "pantau_held_values{source=\"kontan\"} 0",
        "pantau_database_readable 1",
    ] {
        has(&samples, line);
    }
}

#[test]
fn a_level_that_is_not_known_any_more_is_left_out() {
    let mut store = Store::open_in_memory().unwrap();
    see(&mut store, "kontan", "2024-11-22T10:30", "LQ45 878 11,94 1,38%\nISSI 221 0,99 0,45%");
    see(&mut store, "kontan", "2024-11-22T10:31", "ISSI 221 0,99 0,45%");
    let gone = scrape(&store, &["kontan"], "2024-11-22T10:32");
    lacks(&gone, "pantau_level{source=\"kontan\",indicator=\"lq45\"");
    lacks(&gone, "pantau_change_ratio{source=\"kontan\",indicator=\"lq45\"");
    has(&gone, "pantau_last_seen_timestamp_seconds{source=\"kontan\",indicator=\"lq45\"} 1732246200");
    has(&gone, "pantau_source_fresh{source=\"kontan\"} 1");

    let stale = scrape(&store, &["kontan"], "2024-12-22T10:31");
    lacks(&stale, "pantau_level");
    lacks(&stale, "pantau_change_ratio");
    has(&stale, "pantau_source_fresh{source=\"kontan\"} 0");
    has(&stale, "pantau_last_seen_timestamp_seconds{source=\"kontan\",indicator=\"issi\"} 1732246260");
}

#[test]
fn only_polled_sources_are_measured_and_each_of_them_is() {
    let mut store = Store::open_in_memory().unwrap();
    see(&mut store, "lama", "2024-11-22T10:30", "LQ45 878 11,94 1,38%");
    let samples = scrape(&store, &["baru"], "2024-11-22T10:31");
    assert!(!samples.iter().any(|sample| sample.contains("lama")), "{samples:?}");
    has(&samples, "pantau_source_fresh{source=\"baru\"} 0");
    has(&samples, "pantau_held_values{source=\"baru\"} 0");
    lacks(&samples, "pantau_source_last_success_timestamp_seconds{");
}

#[test]
fn an_implausible_value_waits_and_is_counted() {
    let mut store = Store::open_in_memory().unwrap();
    see(&mut store, "kontan", "2024-11-22T10:30", "LQ45 878 11,94 1,38%");
    see(&mut store, "kontan", "2024-11-22T10:31", "LQ45 87.800 11,94 1,38%");
    let samples = scrape(&store, &["kontan"], "2024-11-22T10:31");
    has(&samples, "pantau_held_values{source=\"kontan\"} 1");
    has(&samples, "pantau_level{source=\"kontan\",indicator=\"lq45\",unit=\"points\"} 878.0");
}

#[test]
fn no_text_of_a_page_or_of_a_configuration_breaks_the_format() {
    let hostile = "a\"} 1\n# EOF\npantau_level{x=\"\\\u{1b}[31m\u{202e}\r";
    let metrics = Metrics::new(at("2024-11-22T10:30"));
    metrics.delivery(hostile, hostile);
    let mut store = Store::open_in_memory().unwrap();
    see(&mut store, hostile, "2024-11-22T10:30", "LQ45 878 11,94 1,38%");
    let polled = polled(&[hostile]);
    let reading = reading::read(&store, &health(), &polled, at("2024-11-22T10:31")).unwrap();
    let mut registry = Registry::default();
    gauges::register(&mut registry, Some(&reading), &polled);
    let text = exposition::open_metrics(&[metrics.registry(), &registry]).unwrap();
    let shown = r#"a\"} 1\\u{a}# EOF\\u{a}pantau_level{x=\"\\\\u{1b}[31m\\u{202e}\\u{d}"#;
    assert!(text.contains(&format!("pantau_source_fresh{{source=\"{shown}\"}} 1\n")), "{text}");
    assert!(text.contains(&format!("channel=\"{shown}\",outcome=\"{shown}\"}} 1\n")), "{text}");
    assert!(text.ends_with("\n# EOF\n"), "{text}");
    assert_eq!(text.matches("\n# EOF\n").count(), 1, "{text}");
    let is_ours = |line: &str| {
        ["# HELP ", "# TYPE ", "# EOF", "pantau_", "process_"].iter().any(|begin| line.starts_with(begin))
    };
    assert!(text.split('\n').all(|line| line.is_empty() || is_ours(line)), "{text}");
}

/// A server of one page, and what ends it.
struct Served {
    address: std::net::SocketAddr,
    stop: oneshot::Sender<()>,
    serving: JoinHandle<()>,
}

async fn serve(limits: Limits) -> Served {
    serve_router(limits, Router::new().route("/", get(async || "good\n"))).await
}

async fn serve_router(limits: Limits, router: Router) -> Served {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(accept::serve(listener, router, limits, async { drop(stopped.await) }));
    Served { address, stop, serving }
}

impl Served {
    async fn connect(&self) -> TcpStream {
        TcpStream::connect(self.address).await.unwrap()
    }

    async fn get(&self) -> String {
        self.get_page("/").await
    }

    async fn get_page(&self, path: &str) -> String {
        let mut stream = self.connect().await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        read(&mut stream).await
    }
}

/// Everything up to the end of the connection, however it ends.
async fn read(stream: &mut TcpStream) -> String {
    let mut bytes = Vec::new();
    let end = tokio::time::timeout(Duration::from_secs(30), stream.read_to_end(&mut bytes)).await;
    assert!(end.is_ok(), "the connection was not closed");
    String::from_utf8(bytes).unwrap()
}

const QUICK: Limits =
    Limits { connections: 3, head: Duration::from_millis(200), connection: Duration::from_millis(400) };
const PATIENT: Limits =
    Limits { connections: 3, head: Duration::from_secs(60), connection: Duration::from_secs(60) };

#[tokio::test]
async fn a_caller_that_dawdles_over_its_request_is_let_go() {
    let served = serve(QUICK).await;
    let mut slow = served.connect().await;
    slow.write_all(b"GET / HTTP/1.1\r\nHost: local").await.unwrap();
    let mut silent = served.connect().await;
    assert!(!read(&mut slow).await.contains("200 OK"));
    assert!(!read(&mut silent).await.contains("200 OK"));
    assert!(served.get().await.ends_with("\r\n\r\ngood\n"));
}

#[tokio::test]
async fn a_head_that_comes_byte_by_byte_has_no_more_time_than_another() {
    let served = serve(QUICK).await;
    let mut slow = served.connect().await;
    let started = Instant::now();
    for byte in b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: 0123456789".iter().cycle() {
        if slow.write_all(&[*byte]).await.is_err() {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(30), "a trickling caller keeps its seat");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(served.get().await.ends_with("good\n"));
}

#[tokio::test]
async fn more_callers_than_seats_are_closed_at_once_and_a_free_seat_is_given_again() {
    let served = serve(PATIENT).await;
    let mut seated = [served.connect().await, served.connect().await, served.connect().await];
    // The first three are in their seats once the fourth is turned away.
    let mut refused = served.connect().await;
    let mut byte = [0];
    assert!(matches!(refused.read(&mut byte).await, Ok(0) | Err(_)), "the fourth was not closed");
    seated[1].write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    assert!(read(&mut seated[1]).await.ends_with("good\n"));
    assert!(served.get().await.ends_with("good\n"));
}

#[tokio::test]
async fn a_caller_that_stays_does_not_keep_the_server() {
    let served = serve(PATIENT).await;
    let mut idle = served.connect().await;
    assert!(served.get().await.contains("200 OK"));
    let started = Instant::now();
    drop(served.stop);
    served.serving.await.unwrap();
    assert!(started.elapsed() < Duration::from_secs(10), "{:?}", started.elapsed());
    assert_eq!(read(&mut idle).await, "");
    assert!(TcpStream::connect(served.address).await.is_err(), "the listener is closed");
}

#[tokio::test]
async fn it_is_ready_between_start_and_stop_while_the_database_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let database = folder.path().join("pantau.db");
    let standing = Arc::new(Standing::default());
    let pages = Pages {
        database: database.clone(),
        zone: chrono_tz::Asia::Jakarta,
        clock: || at("2024-11-22T10:30"),
        health: health(),
        metrics: Arc::new(Metrics::new(at("2024-11-22T10:30"))),
        standing: standing.clone(),
    };
    let served = serve_router(PATIENT, pages::router(pages, Names::Own)).await;
    let ready = async || {
        let reply = served.get_page("/readyz").await;
        let word = reply.rsplit("\r\n\r\n").next().unwrap().trim_end().to_owned();
        (reply.starts_with("HTTP/1.1 200"), word)
    };
    assert_eq!(ready().await, (false, "starting".to_owned()));
    standing.started();
    assert_eq!(ready().await, (false, "the database cannot be read".to_owned()));
    drop(Store::open_writer(&database).unwrap());
    assert_eq!(ready().await, (true, "ready".to_owned()));
    standing.stopping();
    assert_eq!(ready().await, (false, "stopping".to_owned()));
}
