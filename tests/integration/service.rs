//! `pantau run` as a service: one daemon for a database, signals, a new configuration, and what systemd is told.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use rusqlite::Connection;
use serde_json::Value;

use crate::common::{Done, Home, Running, wait_for};
use crate::daemon::{SEQUENCE, attempts, expect_clean_end, outcomes, page, slow_page, source, start};
use crate::server::{Answer, Server, deserted_url};

/// The promise, in every phase of a poll.
const FIVE_SECONDS: Duration = Duration::from_secs(5);

fn rarely(name: &str, url: &str) -> String {
    source(name, url).replace("every = \"1s\"", "every = \"365d\"")
}

fn wait_for_polls(home: &Home, source: &str, count: usize) {
    wait_for(&format!("{count} polls of {source}"), SEQUENCE, || {
        (attempts(home, source).len() >= count).then_some(())
    });
}

fn end(daemon: Running) -> Done {
    daemon.signal("TERM");
    let done = daemon.wait(FIVE_SECONDS);
    expect_clean_end(&done);
    done
}

/// The same configuration file with other sources, and a word to the daemon.
fn reconfigure(home: &Home, daemon: &Running, text: &str) {
    home.write("config/pantau/pantau.toml", text);
    daemon.signal("HUP");
}

#[test]
fn a_database_has_one_daemon() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let first = start(&home, &[rarely("kontan", &server.url())]);
    wait_for_polls(&home, "kontan", 1);
    let second = home.pantau(["run", "-q", "--config", "config/pantau/pantau.toml"]).fails(75);
    let expected =
        format!("pantau: process {} polls into {} already\n", first.id(), home.database().display());
    assert_eq!(second.stderr(), expected);
    // The lock dies with the process, however it dies.
    first.signal("KILL");
    first.wait_for_death();
    let third = start(&home, &[rarely("kontan", &server.url())]);
    wait_for_polls(&home, "kontan", 2);
    end(third);
    assert_eq!(outcomes(&home, "kontan"), ["stored", "unchanged"]);
}

#[test]
fn every_source_polls_when_the_daemon_is_asked_to() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let daemon = start(&home, &[rarely("satu", &server.url()), rarely("dua", &server.url())]);
    wait_for_polls(&home, "satu", 1);
    wait_for_polls(&home, "dua", 1);
    daemon.signal("USR1");
    wait_for_polls(&home, "satu", 2);
    wait_for_polls(&home, "dua", 2);
    end(daemon).says("asked to poll every source now");
}

#[test]
fn a_pause_is_stronger_than_the_wish_to_poll_now() {
    let home = Home::new();
    let server = Server::start(vec![Answer::new("403 Forbidden", "")]);
    let daemon = start(&home, &[rarely("kontan", &server.url())]);
    wait_for_polls(&home, "kontan", 1);
    daemon.signal("USR1");
    thread::sleep(Duration::from_secs(2));
    end(daemon).says("not polled now: it is paused").says("the server answered with status 403");
    assert_eq!(server.requests().len(), 1);
}

#[test]
fn a_new_configuration_is_gone_by_without_a_restart() {
    let home = Home::new();
    let (kept, gone, new) = (
        Server::start(vec![Answer::page(page("c20"))]),
        Server::start(vec![Answer::page(page("c20"))]),
        Server::start(vec![Answer::page(page("c20"))]),
    );
    let kept_source = rarely("tetap", &kept.url());
    let daemon = start(&home, &[kept_source.clone(), source("lama", &gone.url())]);
    wait_for_polls(&home, "tetap", 1);
    wait_for_polls(&home, "lama", 1);
    let text = format!("[store]\npath = \"lain.db\"\n{kept_source}{}", source("baru", &new.url()));
    reconfigure(&home, &daemon, &text);
    wait_for_polls(&home, "baru", 2);
    let asked = gone.requests().len();
    thread::sleep(Duration::from_secs(3));
    assert_eq!(gone.requests().len(), asked, "it is not polled any more");
    assert_eq!(kept.requests().len(), 1, "it was not disturbed");
    let done = end(daemon);
    done.says("source lama is not polled any more").says("source baru is polled from now on");
    done.says("the database stays").says("lain.db");
    assert!(!home.path("config/pantau/lain.db").exists());
}

#[test]
fn a_configuration_that_cannot_be_meant_changes_nothing() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let good = source("kontan", &server.url());
    let daemon = start(&home, std::slice::from_ref(&good));
    wait_for_polls(&home, "kontan", 1);
    reconfigure(&home, &daemon, &good.replace("every = \"1s\"", "every = \"soon\""));
    let before = attempts(&home, "kontan").len();
    wait_for_polls(&home, "kontan", before + 2);
    reconfigure(&home, &daemon, "[[source]]\n");
    fs::remove_file(home.path("config/pantau/pantau.toml")).unwrap();
    daemon.signal("HUP");
    let before = attempts(&home, "kontan").len();
    wait_for_polls(&home, "kontan", before + 2);
    let done = end(daemon);
    done.says("the configuration was not changed: ");
    done.says("pantau.toml:5:9: `every`: 'soon' is not a duration");
    done.says("failed to read the configuration");
}

#[test]
fn it_ends_in_time_while_another_process_holds_the_database() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let daemon = start(&home, &[source("kontan", &server.url())]);
    wait_for_polls(&home, "kontan", 1);
    let other = Connection::open(home.database()).unwrap();
    other.busy_timeout(Duration::from_secs(5)).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let asked = server.requests().len();
    wait_for("a poll that cannot be recorded", SEQUENCE, || (server.requests().len() > asked).then_some(()));
    thread::sleep(Duration::from_millis(500));
    end(daemon);
    other.execute_batch("ROLLBACK").unwrap();
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn the_log_is_json_where_that_is_wanted() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let config = home.write("config/pantau/pantau.toml", source("kontan", &server.url()));
    let daemon = home.pantau(["run", "--log-format", "json", "--config"]).arg(&config).start();
    wait_for_polls(&home, "kontan", 1);
    let lines: Vec<Value> =
        end(daemon).stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let poll = lines.iter().find(|line| line["message"] == "poll").unwrap();
    assert_eq!((poll["source"].as_str(), poll["outcome"].as_str()), (Some("kontan"), Some("stored")));
}

/// What a service manager hears.
struct Manager {
    socket: UnixDatagram,
    heard: Vec<String>,
}

impl Manager {
    fn listen(home: &Home) -> Self {
        let socket = UnixDatagram::bind(home.path("notify")).unwrap();
        socket.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
        Self { socket, heard: Vec::new() }
    }

    /// Starts the daemon as a service.
    fn start(home: &Home, sources: &[String], watchdog: Duration) -> Running {
        let config = home.write("config/pantau/pantau.toml", sources.join("\n"));
        let socket: &Path = &home.path("notify");
        let watchdog = watchdog.as_micros().to_string();
        home.pantau(["run", "--config"])
            .arg(config)
            .env("NOTIFY_SOCKET", socket)
            .env("WATCHDOG_USEC", watchdog)
            .start()
    }

    /// Hears everything that is said for a while.
    fn hear(&mut self, time: Duration) {
        let began = Instant::now();
        let mut buffer = [0; 4096];
        while began.elapsed() < time {
            if let Ok(length) = self.socket.recv(&mut buffer) {
                let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
                self.heard.extend(text.lines().map(str::to_owned));
            }
        }
    }

    /// Hears until something was said.
    fn wait_for(&mut self, word: &str) {
        wait_for(word, SEQUENCE, || {
            self.hear(Duration::from_millis(100));
            self.heard.iter().any(|line| line.starts_with(word)).then_some(())
        });
    }

    fn count(&self, word: &str) -> usize {
        self.heard.iter().filter(|line| line.starts_with(word)).count()
    }
}

#[test]
fn the_service_manager_is_told_of_readiness_status_and_the_end() {
    let home = Home::new();
    let mut manager = Manager::listen(&home);
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let daemon = Manager::start(&home, &[rarely("kontan", &server.url())], Duration::from_secs(60));
    manager.wait_for("READY=1");
    manager.wait_for("STATUS=1 sources; kontan: stored at ");
    assert_eq!(manager.count("STOPPING=1"), 0);
    manager.heard.clear();
    daemon.signal("HUP");
    manager.wait_for("READY=1");
    let order: Vec<&str> = manager.heard.iter().filter_map(|line| line.split('=').next()).collect();
    assert_eq!(order[..3], ["RELOADING", "MONOTONIC_USEC", "READY"], "{:?}", manager.heard);
    end(daemon);
    manager.wait_for("STOPPING=1");
}

#[test]
fn a_site_that_is_down_or_slow_does_not_stop_the_watchdog_from_being_fed() {
    let home = Home::new();
    let mut manager = Manager::listen(&home);
    let slow = Server::start(vec![slow_page()]);
    let sources = [source("mogok", &deserted_url()), source("lambat", &slow.url())];
    let daemon = Manager::start(&home, &sources, Duration::from_secs(1));
    manager.wait_for("READY=1");
    manager.heard.clear();
    manager.hear(Duration::from_secs(6));
    assert!(manager.count("WATCHDOG=1") >= 6, "{:?}", manager.heard);
    end(daemon);
}

/// How often signs of life are due so that the queue of a manager that does not read is full at once: it holds as many
/// words as the system allows, by default 10 or 512.
const FLOOD: Duration = Duration::from_millis(2);

#[test]
fn a_service_manager_that_does_not_listen_keeps_nothing_waiting() {
    let home = Home::new();
    let mut manager = Manager::listen(&home);
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let daemon = Manager::start(&home, &[source("satu", &server.url())], FLOOD);
    wait_for_polls(&home, "satu", 3);
    reconfigure(&home, &daemon, &[source("satu", &server.url()), source("dua", &server.url())].concat());
    wait_for_polls(&home, "dua", 2);
    // What still means something is told once there is room, and no status of long ago.
    manager.wait_for("STATUS=2 sources; dua: ");
    let order: Vec<&str> = manager.heard.iter().map(String::as_str).collect();
    let first = |word: &str| order.iter().position(|line| line.starts_with(word));
    assert!(first("READY=1") < first("RELOADING=1") && first("RELOADING=1").is_some(), "{order:?}");
    let reloaded = first("RELOADING=1").unwrap();
    assert!(order[reloaded..].contains(&"READY=1"), "{order:?}");
    manager.heard.clear();
    manager.wait_for("WATCHDOG=1");
    end(daemon).says("the service manager cannot be told");
}

#[test]
fn it_ends_in_time_when_the_service_manager_does_not_listen() {
    let home = Home::new();
    let _deaf = Manager::listen(&home);
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let daemon = Manager::start(&home, &[source("kontan", &server.url())], FLOOD);
    wait_for_polls(&home, "kontan", 3);
    let done = end(daemon);
    assert_eq!(done.stderr().matches("the service manager cannot be told").count(), 1, "{done}");
}
