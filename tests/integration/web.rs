//! `pantau run --listen`: what a daemon shows of itself over HTTP, to whom, and to whom not.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::captures::capture;
use crate::common::{Home, Running, fields, wait_for};
use crate::server::{Answer, Server, deserted_url};
use crate::shapes;

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// The promise: from the signal to the end of the process.
const GOODBYE: Duration = Duration::from_secs(2);

pub(crate) fn source(name: &str, url: &str) -> String {
    format!("[[source]]\nname = \"{name}\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1s\"\n")
}

pub(crate) fn page(name: &str) -> Answer {
    Answer::page(shapes::pages(&capture(name).text).remove(0).html)
}

/// A daemon that serves its pages on a port of the system's choice.
pub(crate) struct Daemon {
    running: Running,
    pub(crate) address: SocketAddr,
}

impl Daemon {
    pub(crate) fn start(home: &Home, sources: &[String]) -> Self {
        let config = home.write("pantau.toml", sources.join("\n"));
        let running = home.pantau(["run", "--listen", "0", "--config"]).arg(config).start();
        let address = wait_for("the address in the log", PATIENCE, || listening(&running.said()));
        let daemon = Self { running, address };
        daemon.becomes("/readyz", 200);
        daemon
    }

    pub(crate) fn get(&self, path: &str) -> Reply {
        self.ask(&format!("GET {path} HTTP/1.1\r\nHost: {}\r\n\r\n", self.address))
    }

    /// Sends bytes, and gives what comes back until the connection ends.
    fn ask(&self, request: &str) -> Reply {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        Reply(reply)
    }

    fn becomes(&self, path: &str, status: u16) -> Reply {
        wait_for(&format!("{path} to be {status}"), PATIENCE, || {
            Some(self.get(path)).filter(|reply| reply.status() == status)
        })
    }

    pub(crate) fn stop(self) -> crate::common::Done {
        self.running.signal("TERM");
        let done = self.running.wait(GOODBYE);
        assert_eq!(done.code, Some(0), "{done}");
        assert!(!done.stderr().contains("panicked"), "{done}");
        done
    }
}

/// The address that the log names.
pub(crate) fn listening(log: &str) -> Option<SocketAddr> {
    let line = log.lines().find(|line| line.contains("serving /healthz"))?;
    line.split("address=").nth(1)?.split_whitespace().next()?.parse().ok()
}

pub(crate) struct Reply(String);

impl Reply {
    fn status(&self) -> u16 {
        self.0.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn head(&self) -> String {
        self.0.split("\r\n\r\n").next().unwrap().to_lowercase()
    }

    pub(crate) fn body(&self) -> &str {
        self.0.split_once("\r\n\r\n").unwrap().1
    }

    fn json(&self) -> Value {
        assert!(self.head().contains("\r\ncontent-type: application/json"), "{}", self.0);
        serde_json::from_str(self.body()).unwrap_or_else(|error| panic!("{error}\n{}", self.0))
    }

    #[track_caller]
    pub(crate) fn shows(&self, line: &str) {
        assert!(self.body().lines().any(|shown| shown == line), "{line} is not in\n{}", self.0);
    }
}

#[test]
fn a_daemon_whose_sources_are_fresh_is_healthy_and_ready() {
    let home = Home::new();
    let server = Server::start(vec![page("c20")]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url())]);
    assert!(daemon.address.ip().is_loopback());
    let health = daemon.becomes("/healthz", 200).json();
    assert_eq!(health["status"], "fresh");
    let row = &health["sources"][0];
    assert_eq!(
        fields(row),
        ["age_s", "failures", "last_poll", "last_seen", "next_poll", "outcome", "source", "state"]
    );
    assert_eq!(
        (&row["source"], &row["state"], &row["failures"]),
        (&"kontan".into(), &"fresh".into(), &0.into())
    );
    assert!(
        row["age_s"].as_i64().unwrap() < 60 && row["last_seen"].as_str().unwrap().ends_with("+07:00"),
        "{row}"
    );
    let ready = daemon.get("/readyz");
    assert_eq!((ready.status(), ready.body()), (200, "ready\n"));
    let done = daemon.stop();
    assert!(!done.stderr().contains("no authentication"), "{done}");
}

#[test]
fn one_source_that_was_never_seen_makes_the_whole_unhealthy() {
    let home = Home::new();
    let server = Server::start(vec![page("c20")]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url()), source("mogok", &deserted_url())]);
    let health = wait_for("a first failure of one and success of the other", PATIENCE, || {
        let health = daemon.get("/healthz");
        assert_eq!(health.status(), 503, "{}", health.0);
        let json = health.json();
        let [fresh, failed] = [0, 1].map(|row| &json["sources"][row]);
        (fresh["state"] == "fresh" && failed["failures"].as_u64() >= Some(1)).then(|| json.clone())
    });
    assert_eq!(health["status"], "stale");
    let failed = &health["sources"][1];
    assert_eq!((&failed["source"], &failed["state"]), (&"mogok".into(), &"never seen".into()));
    assert_eq!((&failed["outcome"], &failed["last_seen"]), (&"unreachable".into(), &Value::Null));
    assert_eq!(daemon.get("/readyz").status(), 200, "a source that is down is no fault of the daemon");
    daemon.stop();
}

#[test]
fn a_page_that_is_not_understood_any_more_is_drift_until_it_is_again() {
    let home = Home::new();
    let lost = Answer::page(shapes::without_block());
    let server = Server::start(vec![page("c20"), lost.clone(), lost.clone(), lost, page("c20")]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url())]);
    daemon.becomes("/healthz", 200);
    let drifted = daemon.becomes("/healthz", 503).json();
    assert_eq!(drifted["sources"][0]["state"], "drifted", "{drifted}");
    daemon.becomes("/healthz", 200);
    daemon.stop();
}

#[test]
fn metrics_count_polls_and_show_what_is_known() {
    let home = Home::new();
    let server = Server::start(vec![page("c20"), page("c20"), Answer::new("429 Too Many Requests", "")]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url())]);
    let metrics = wait_for("a blocked poll", PATIENCE, || {
        let metrics = daemon.get("/metrics");
        assert_eq!(metrics.status(), 200, "{}", metrics.0);
        let blocked = "pantau_polls_total{source=\"kontan\",outcome=\"blocked\"} 0";
        (metrics.body().contains("pantau_polls_total{") && !metrics.body().contains(blocked))
            .then_some(metrics)
    });
    assert!(
        metrics.head().contains("\r\ncontent-type: text/plain; version=0.0.4; charset=utf-8"),
        "{}",
        metrics.0
    );
    for line in [
        "# TYPE pantau_polls_total counter",
        "pantau_polls_total{source=\"kontan\",outcome=\"stored\"} 1",
        "pantau_polls_total{source=\"kontan\",outcome=\"unchanged\"} 1",
        "pantau_level{source=\"kontan\",indicator=\"lq45\",unit=\"points\"} 878.0",
        "pantau_source_fresh{source=\"kontan\"} 1",
        "pantau_held_values{source=\"kontan\"} 0",
        "pantau_database_readable 1",
        concat!("pantau_build_info{version=\"", env!("CARGO_PKG_VERSION"), "\"} 1"),
    ] {
        metrics.shows(line);
    }
    daemon.stop();
}

#[test]
fn deliveries_of_alerts_are_counted_by_how_they_ended() {
    let (home, site) = (Home::new(), Server::start(vec![page("c20")]));
    let receiver = Server::start(vec![Answer::new("200 OK", ""), Answer::new("404 Not Found", "")]);
    let hook = Server::start(vec![Answer::new("200 OK", "")]);
    let channel =
        format!("[[channel]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = \"{}kabar\"\n", receiver.url());
    let alert =
        |name: &str| format!("[[alert]]\nname = \"{name}\"\nwhen = \"lq45.level > 1\"\nto = [\"phone\"]\n");
    let inline = format!("{}\n", alert("tiga").replace("phone", &format!("webhook:{}rahasia", hook.url())));
    let daemon =
        Daemon::start(&home, &[source("kontan", &site.url()), channel, alert("satu"), alert("dua"), inline]);
    let metrics = wait_for("the end of three messages", PATIENCE, || {
        Some(daemon.get("/metrics"))
            .filter(|metrics| metrics.body().matches("pantau_alert_deliveries_total{").count() >= 3)
    });
    metrics.shows("pantau_alert_deliveries_total{channel=\"phone\",outcome=\"delivered\"} 1");
    metrics.shows("pantau_alert_deliveries_total{channel=\"phone\",outcome=\"refused\"} 1");
    assert!(metrics.body().contains("pantau_alert_deliveries_total{channel=\"webhook\","), "{}", metrics.0);
    assert!(!metrics.body().contains("rahasia"), "{}", metrics.0);
    daemon.stop();
}

#[test]
fn a_caller_that_knows_openmetrics_gets_it() {
    let home = Home::new();
    let daemon = Daemon::start(&home, &[source("mogok", &deserted_url())]);
    let accept = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
    let reply = daemon.ask(&format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nAccept: {accept}\r\n\r\n"));
    let content_type = "\r\ncontent-type: application/openmetrics-text; version=1.0.0; charset=utf-8";
    assert!(reply.head().contains(content_type), "{}", reply.0);
    assert!(reply.body().ends_with("\n# EOF\n"), "{}", reply.0);
    reply.shows("# TYPE pantau_polls counter");
    daemon.stop();
}

#[test]
fn only_reading_is_possible_and_only_three_pages() {
    let home = Home::new();
    let daemon = Daemon::start(&home, &[source("mogok", &deserted_url())]);
    let ask =
        |line: &str, rest: &str| daemon.ask(&format!("{line} HTTP/1.1\r\nHost: 127.0.0.1\r\n{rest}\r\n"));
    for (line, rest, status) in [
        ("GET /", "", 404),
        ("GET /metrics/", "", 404),
        ("GET /../etc/passwd", "", 404),
        ("POST /metrics", "Content-Length: 0\r\n", 405),
        ("DELETE /healthz", "", 405),
        ("OPTIONS /readyz", "", 405),
        ("GET /metrics", "Content-Length: 5\r\n", 413),
        ("POST /nowhere", "Transfer-Encoding: chunked\r\n", 413),
        ("HEAD /metrics", "", 200),
    ] {
        let reply = ask(line, rest);
        assert_eq!(reply.status(), status, "{line}: {}", reply.0);
        assert!(reply.head().contains("\r\nx-content-type-options: nosniff"), "{line}: {}", reply.0);
        assert!(reply.body().len() < 100, "{line}: {}", reply.0);
        assert!(reply.body().is_empty() || !line.starts_with("HEAD"), "{}", reply.0);
    }
    assert!(
        ask("POST /metrics", "").head().contains("\r\nallow: get,head"),
        "a refusal says what is allowed"
    );
    let long = format!("GET /metrics HTTP/1.1\r\nHost: localhost\r\nX-Long: {}\r\n\r\n", "x".repeat(100_000));
    assert_eq!(daemon.ask_boldly(&long).as_deref(), Some("431"));
    daemon.stop();
}

impl Daemon {
    /// The status of the answer to a request that may not be read to its end.
    fn ask_boldly(&self, request: &str) -> Option<String> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let _ = stream.write_all(request.as_bytes());
        let mut start = [0; 12];
        stream.read_exact(&mut start).ok()?;
        Some(String::from_utf8_lossy(&start[9..]).into_owned())
    }
}

#[test]
fn a_loopback_listener_answers_to_no_name_that_a_stranger_may_own() {
    let home = Home::new();
    let daemon = Daemon::start(&home, &[source("mogok", &deserted_url())]);
    for (request, status) in [
        ("GET /readyz HTTP/1.1\r\nHost: localhost:9187\r\n\r\n", 200),
        ("GET /readyz HTTP/1.1\r\nHost: [::1]\r\n\r\n", 200),
        ("GET /readyz HTTP/1.0\r\n\r\n", 200),
        ("GET /readyz HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 403),
        ("GET /readyz HTTP/1.1\r\nHost: localhost\r\nHost: rebound.example\r\n\r\n", 403),
        ("GET http://rebound.example/readyz HTTP/1.1\r\nHost: localhost\r\n\r\n", 403),
        ("GET /nowhere HTTP/1.1\r\nHost: rebound.example\r\n\r\n", 403),
    ] {
        let reply = daemon.ask(request);
        assert_eq!(reply.status(), status, "{request}{}", reply.0);
    }
    daemon.stop();
}

#[test]
fn callers_that_stay_neither_stop_the_polls_nor_the_end() {
    let home = Home::new();
    let server = Server::start(vec![page("c20")]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url())]);
    let mut seats: Vec<TcpStream> = (0..100).map(|_| TcpStream::connect(daemon.address).unwrap()).collect();
    for seat in &mut seats {
        let _ = seat.write_all(b"GET /healthz HTTP/1.1\r\nHost: local");
    }
    let seen = server.requests().len();
    wait_for("three more polls", PATIENCE, || (server.requests().len() >= seen + 3).then_some(()));
    // Those without a seat were closed at once, the others after the time for a head: then there is room again.
    for seat in &mut seats {
        seat.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reply = Vec::new();
        let _ = seat.read_to_end(&mut reply);
        assert!(!reply.starts_with(b"HTTP/1.1 200"), "{}", String::from_utf8_lossy(&reply));
    }
    daemon.becomes("/healthz", 200);
    let _idle = TcpStream::connect(daemon.address).unwrap();
    daemon.stop();
}

#[test]
fn a_new_configuration_changes_what_is_healthy() {
    let home = Home::new();
    let server = Server::start(vec![page("c20")]);
    let [good, lost] = [source("kontan", &server.url()), source("mogok", &deserted_url())];
    let daemon = Daemon::start(&home, &[good.clone(), lost]);
    assert_eq!(daemon.get("/healthz").status(), 503);
    home.write("pantau.toml", good);
    daemon.running.signal("HUP");
    let health = daemon.becomes("/healthz", 200).json();
    assert_eq!(health["sources"].as_array().unwrap().len(), 1, "{health}");
    let metrics = daemon.get("/metrics");
    assert!(!metrics.body().contains("pantau_source_fresh{source=\"mogok\"}"), "{}", metrics.0);
    daemon.stop();
}

#[test]
fn while_it_stops_it_is_not_ready() {
    let home = Home::new();
    // An answer on its way is waited for a second, which leaves time to look.
    let server = Server::start(vec![page("c20"), page("c20").delay(Duration::from_secs(60))]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url())]);
    wait_for("the second request", PATIENCE, || (server.requests().len() >= 2).then_some(()));
    assert_eq!(daemon.get("/readyz").status(), 200);
    daemon.running.signal("TERM");
    let asked = Instant::now();
    let mut stopping = None;
    while stopping.is_none() && asked.elapsed() < Duration::from_secs(1) {
        let Ok(mut stream) = TcpStream::connect(daemon.address) else { break };
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut reply = String::new();
        let _ = stream.write_all(b"GET /readyz HTTP/1.0\r\n\r\n");
        let _ = stream.read_to_string(&mut reply);
        stopping = reply.starts_with("HTTP/1.0 503").then_some(reply);
    }
    assert!(stopping.is_some_and(|reply| reply.ends_with("stopping\n")));
    assert_eq!(daemon.running.wait(GOODBYE).code, Some(0));
}

#[test]
fn a_database_that_cannot_be_read_is_said_and_the_counters_stay() {
    let home = Home::new();
    let server = Server::start(vec![page("c20"), page("c20").delay(Duration::from_secs(60))]);
    let daemon = Daemon::start(&home, &[source("kontan", &server.url())]);
    daemon.becomes("/healthz", 200);
    std::fs::rename(home.database(), home.path("moved.db")).unwrap();
    let health = daemon.get("/healthz");
    assert_eq!((health.status(), &health.json()["status"]), (503, &"unknown".into()));
    assert_eq!(daemon.get("/readyz").status(), 503);
    let metrics = daemon.get("/metrics");
    assert_eq!(metrics.status(), 200);
    metrics.shows("pantau_database_readable 0");
    metrics.shows("pantau_polls_total{source=\"kontan\",outcome=\"stored\"} 1");
    assert!(!metrics.body().contains("pantau_level"), "{}", metrics.0);
    let path = home.database().display().to_string();
    assert!(![health, metrics].iter().any(|reply| reply.0.contains(&path)), "where it lies is for the log");
    std::fs::rename(home.path("moved.db"), home.database()).unwrap();
    daemon.becomes("/healthz", 200);
    let done = daemon.stop();
    done.says("no database at");
}

#[test]
fn a_port_in_use_is_one_clear_line() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let refused = home.pantau(["run", "--listen", &address]).refuses(1);
    refused.says(&format!("failed to listen on {address}: ")).says("--listen");
}

#[test]
fn what_is_no_address_is_refused_before_anything_begins() {
    let home = Home::new();
    home.pantau(["run", "--listen", "example.org:80"]).refuses(2).says("127.0.0.1:9187");
    let config = home.write("pantau.toml", "[web]\nlisten = \"9187x\"\n");
    home.pantau(["run", "--config"]).arg(&config).refuses(2).says("pantau.toml:2:10: `listen`: '9187x'");
    assert!(!home.database().exists());
}

#[test]
fn the_configuration_names_the_address_and_the_flag_comes_first() {
    let home = Home::new();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let config = home.write(
        "pantau.toml",
        format!("[web]\nlisten = \"{}\"\n{}", taken.local_addr().unwrap(), source("mogok", &deserted_url())),
    );
    home.pantau(["run", "-q", "--config"]).arg(&config).refuses(1).says("failed to listen on 127.0.0.1:");
    let shown = home.pantau(["config", "--config"]).arg(&config).ok().stdout();
    assert!(shown.contains(&format!("[web]\nlisten = \"{}\"\n", taken.local_addr().unwrap())), "{shown}");
    let running = home.pantau(["run", "--listen", "localhost:0", "--config"]).arg(&config).start();
    wait_for("the address in the log", PATIENCE, || listening(&running.said()));
    running.signal("TERM");
    assert_eq!(running.wait(GOODBYE).code, Some(0));
}

#[test]
fn an_address_that_others_reach_is_warned_of() {
    let home = Home::new();
    let config = home.write("pantau.toml", source("mogok", &deserted_url()));
    let running = home.pantau(["run", "--listen", "0.0.0.0:0", "--config"]).arg(&config).start();
    let address = wait_for("the address in the log", PATIENCE, || listening(&running.said()));
    assert!(running.said().contains("there is no authentication"), "{}", running.said());
    // Its name is for whoever opened it to choose.
    let mut stream = TcpStream::connect(("127.0.0.1", address.port())).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: pantau.example\r\n\r\n").unwrap();
    let mut reply = String::new();
    stream.read_to_string(&mut reply).unwrap();
    assert!(reply.starts_with("HTTP/1.1 200"), "{reply}");
    running.signal("TERM");
    assert_eq!(running.wait(GOODBYE).code, Some(0));
}

#[test]
fn without_an_address_nothing_listens() {
    let home = Home::new();
    let server = Server::start(vec![page("c20")]);
    let config = home.write("pantau.toml", source("kontan", &server.url()));
    let running = home.pantau(["run", "--config"]).arg(&config).start();
    wait_for("a request", PATIENCE, || (!server.requests().is_empty()).then_some(()));
    running.signal("TERM");
    let done = running.wait(GOODBYE);
    assert!(!done.stderr().contains("serving"), "{done}");
}
