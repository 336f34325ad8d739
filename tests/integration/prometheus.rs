//! A real Prometheus and its own checker accept what a daemon shows (Debian's package `prometheus` has both).

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

use serde_json::Value;

use crate::common::{Home, Running, system_program, wait_for};
use crate::samples::root;
use crate::server::{Answer, Server};
use crate::web::{Daemon, page, source};

/// How long anything may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon that has a level, a failure and some counts to show.
fn daemon(home: &Home, server: &Server) -> Daemon {
    let daemon = Daemon::start(home, &[source("kontan", &server.url())]);
    wait_for("an unreachable page", PATIENCE, || {
        let metrics = daemon.get("/metrics");
        let blocked = "pantau_polls_total{source=\"kontan\",outcome=\"blocked\"} 1\n";
        metrics.body().contains(blocked).then_some(())
    });
    daemon
}

fn server() -> Server {
    Server::start(vec![page("c20"), page("c20"), Answer::new("429 Too Many Requests", ""), page("c20")])
}

#[test]
fn its_checker_finds_nothing_to_say() {
    let Some(promtool) = system_program("promtool") else { return };
    let (home, server) = (Home::new(), server());
    let daemon = daemon(&home, &server);
    let metrics = daemon.get("/metrics").body().to_owned();
    daemon.stop();
    let checked = home.program(&promtool, ["check", "metrics"]).stdin(metrics.clone()).ok();
    checked.is_silent();
    assert!(checked.stdout.is_empty(), "{checked}");
    // It would have had something to say.
    let spoilt = metrics.replace("pantau_source_failures", "pantau_source_failures_total");
    home.program(&promtool, ["check", "metrics"]).stdin(spoilt).fails(3);
}

#[test]
fn it_scrapes_a_running_daemon_and_answers_with_its_levels() {
    let Some(prometheus) = system_program("prometheus") else { return };
    let (home, server) = (Home::new(), server());
    let daemon = daemon(&home, &server);
    let scraper = Scraper::start(&home, &prometheus, daemon.address);

    let levels = scraper.becomes("pantau_level", |found| !found.is_empty());
    let lq45 = levels.iter().find(|level| level["metric"]["indicator"] == "lq45").unwrap();
    assert_eq!(lq45["metric"]["unit"], "points", "{lq45}");
    assert_eq!((&lq45["metric"]["source"], &lq45["value"][1]), (&"kontan".into(), &"878".into()), "{lq45}");
    assert_eq!(levels.len(), 11, "{levels:?}");

    let one = |query: &str| scraper.becomes(query, |found| found.len() == 1)[0]["value"][1].clone();
    assert_eq!(one("pantau_polls_total{outcome=\"blocked\"}"), "1");
    assert_eq!(one("pantau_source_fresh"), "1");
    assert_eq!(one("pantau_build_info"), "1");
    assert_eq!(one("up"), "1");
    assert_eq!(one("pantau_change_ratio{indicator=\"lq45\"}"), "0.0138");
    one("histogram_quantile(0.5, pantau_poll_duration_seconds_bucket)");

    let rules = scraper.get("/api/v1/rules");
    let rules = rules["data"]["groups"][0]["rules"].as_array().unwrap().clone();
    assert_eq!(rules.len(), 5, "{rules:?}");
    assert!(rules.iter().all(|rule| rule["lastError"].is_null()), "{rules:?}");
    scraper.stop();
    daemon.stop();
}

/// A Prometheus that scrapes one daemon every second, with the rules that come with pantau.
struct Scraper {
    running: Running,
    address: SocketAddr,
}

impl Scraper {
    fn start(home: &Home, program: &Path, target: SocketAddr) -> Self {
        let rules = root().join("packaging/prometheus/pantau.rules.yml");
        let config = format!(
            "global: {{scrape_interval: 1s, evaluation_interval: 1s}}\nrule_files: ['{}']\n\
             scrape_configs: [{{job_name: pantau, static_configs: [{{targets: ['{target}']}}]}}]\n",
            rules.display()
        );
        let config = home.write("prometheus.yml", config);
        let data = home.path("prometheus");
        let args = [
            format!("--config.file={}", config.display()),
            format!("--storage.tsdb.path={}", data.display()),
            "--web.listen-address=127.0.0.1:0".to_owned(),
        ];
        let running = home.program(program, args).start();
        let address = wait_for("the address of Prometheus", PATIENCE, || {
            let said = running.said();
            // It listens before it is ready.
            said.contains("Server is ready to receive web requests").then_some(())?;
            let line = said.lines().find(|line| line.contains("msg=\"Listening on\""))?;
            line.split("address=").nth(1)?.split_whitespace().next()?.parse().ok()
        });
        Self { running, address }
    }

    fn get(&self, path: &str) -> Value {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        write!(stream, "GET {path} HTTP/1.0\r\nHost: {}\r\n\r\n", self.address).unwrap();
        let mut reply = String::new();
        stream.read_to_string(&mut reply).unwrap();
        let body = reply.split_once("\r\n\r\n").unwrap().1;
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}\n{reply}"))
    }

    /// What it finds, once that is as expected.
    fn becomes(&self, query: &str, is_expected: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let encoded: String = query.bytes().map(|byte| format!("%{byte:02x}")).collect();
        wait_for(query, PATIENCE, || {
            let answer = self.get(&format!("/api/v1/query?query={encoded}"));
            let found = answer["data"]["result"].as_array()?.clone();
            is_expected(&found).then_some(found)
        })
    }

    fn stop(self) {
        self.running.signal("TERM");
        let done = self.running.wait(PATIENCE);
        assert_eq!(done.code, Some(0), "{done}");
    }
}
