//! Programs that keep an eye on pages: how each is told to poll some of them every second, and where it is seen that it
//! did.

use std::fmt::Write;
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Result, ensure};
use rusqlite::Connection;

use crate::contest::Role;
use crate::labels::LABELS;
use crate::peers::{Peers, Tool};
use crate::recorded;

/// A program, or several that work together.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeper {
    pub(crate) name: &'static str,
    pub(crate) role: Role,
    pub(crate) tools: &'static [Tool],
    /// Why its answer is not that of the others.
    pub(crate) apart: &'static str,
    /// The commands that start it.
    pub(crate) commands: fn(&Place<'_>) -> Result<Vec<Command>>,
    /// Fails unless something was kept of every page.
    pub(crate) look: fn(&Place<'_>) -> Result<()>,
}

/// Where a keeper works, and on what.
#[derive(Debug)]
pub(crate) struct Place<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) peers: &'a Peers,
    pub(crate) urls: Vec<String>,
}

pub(crate) const ALL: [Keeper; 4] = [
    Keeper {
        name: "pantau run",
        role: Role::Pantau,
        tools: &[],
        apart: "11 rows of every poll are in its database",
        commands: pantau,
        look: look_at_pantau,
    },
    Keeper {
        name: "collectd, curl and rrdtool",
        role: Role::Peer,
        tools: &[Tool::Collectd, Tool::Rrdtool],
        apart: "it keeps 11 numbers of every page by a pattern each",
        commands: collectd,
        look: look_at_collectd,
    },
    Keeper {
        name: "Prometheus and its blackbox exporter",
        role: Role::Peer,
        tools: &[Tool::Prometheus, Tool::Blackbox],
        apart: "it keeps whether a pattern is there, no number",
        commands: prometheus,
        look: look_at_prometheus,
    },
    Keeper {
        name: "requests and BeautifulSoup",
        role: Role::Peer,
        tools: &[Tool::Requests, Tool::BeautifulSoup],
        apart: "it keeps 11 rows of every page in SQLite, synchronous=FULL",
        commands: requests,
        look: look_at_requests,
    },
];

impl Place<'_> {
    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    fn write(&self, name: &str, text: &str) -> Result<PathBuf> {
        let path = self.file(name);
        fs::write(&path, text)?;
        Ok(path)
    }
}

/// What pantau is told: every page each second, whatever the day and the hour.
pub(crate) fn pantau_toml(urls: &[String], every: &str, spacing: &str) -> String {
    let mut config = format!("[market]\ncalendar = \"weekdays\"\n[fetch]\nspacing = \"{spacing}\"\n");
    for (number, url) in urls.iter().enumerate() {
        // Writing to a string cannot fail.
        let _ = write!(
            config,
            "[[source]]\nname = \"s{number}\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"{every}\"\n\
             every_closed = \"{every}\"\n"
        );
    }
    config
}

pub(crate) fn run_pantau(place: &Place<'_>, config: &str) -> Result<Command> {
    let config = place.write("pantau.toml", config)?;
    let mut command = Command::new(env!("CARGO_BIN_EXE_pantau"));
    command.env_clear().args(["-q", "run", "--config"]).arg(config).arg("--db").arg(place.file("pantau.db"));
    Ok(command)
}

fn pantau(place: &Place<'_>) -> Result<Vec<Command>> {
    Ok(vec![run_pantau(place, &pantau_toml(&place.urls, "1s", "0s"))?])
}

fn look_at_pantau(place: &Place<'_>) -> Result<()> {
    let polls = recorded::polls(&place.file("pantau.db"))?;
    ensure!(polls >= place.urls.len(), "{polls} polls of {} pages", place.urls.len());
    Ok(())
}

fn collectd(place: &Place<'_>) -> Result<Vec<Command>> {
    let folder = place.folder.display();
    let mut config = format!(
        "BaseDir \"{folder}\"\nPIDFile \"{folder}/pid\"\nPluginDir \"/usr/lib/collectd\"\nTypesDB \
         \"/usr/share/collectd/types.db\"\nInterval 1\nLoadPlugin curl\nLoadPlugin rrdtool\n<Plugin rrdtool>\n DataDir \
         \"{folder}/rrd\"\n</Plugin>\n<Plugin curl>\n"
    );
    for (number, url) in place.urls.iter().enumerate() {
        let _ = writeln!(config, " <Page \"s{number}\">\n  URL \"{url}\"");
        for label in LABELS {
            let instance = label.replace('/', "-");
            let _ = writeln!(
                config,
                "  <Match>\n   Regex \"{label} ([0-9]+)\"\n   DSType \"GaugeLast\"\n   Type \"gauge\"\n   Instance \
                 \"{instance}\"\n  </Match>"
            );
        }
        config.push_str(" </Page>\n");
    }
    config.push_str("</Plugin>\n");
    let mut command = Command::new("/usr/sbin/collectd");
    command.args(["-f", "-C"]).arg(place.write("collectd.conf", &config)?);
    Ok(vec![command])
}

fn look_at_collectd(place: &Place<'_>) -> Result<()> {
    let mut files = 0;
    for host in fs::read_dir(place.file("rrd"))? {
        for page in fs::read_dir(host?.path())? {
            files += fs::read_dir(page?.path())?.count();
        }
    }
    let wanted = place.urls.len() * LABELS.len();
    ensure!(files == wanted, "{files} files of {wanted} numbers");
    Ok(())
}

fn prometheus(place: &Place<'_>) -> Result<Vec<Command>> {
    let (asks, answers) = (free_port()?, free_port()?);
    let pages: Vec<String> = place.urls.iter().map(|url| format!("\"{url}\"")).collect();
    let config = format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n- job_name: pages\n  metrics_path: \
         /probe\n  params: {{module: [page]}}\n  static_configs:\n  - targets: [{}]\n  relabel_configs:\n  - source_labels: \
         [__address__]\n    target_label: __param_target\n  - target_label: __address__\n    replacement: \
         127.0.0.1:{answers}\n",
        pages.join(", ")
    );
    let module = "modules:\n  page:\n    prober: http\n    timeout: 1s\n    http:\n      fail_if_body_not_matches_regexp: \
                  [\"LQ45 [0-9]+\"]\n";
    let mut exporter = Command::new("prometheus-blackbox-exporter");
    exporter
        .arg("--config.file")
        .arg(place.write("blackbox.yml", module)?)
        .arg(format!("--web.listen-address=127.0.0.1:{answers}"));
    let mut prometheus = Command::new("prometheus");
    prometheus
        .arg("--config.file")
        .arg(place.write("prometheus.yml", &config)?)
        .arg("--storage.tsdb.path")
        .arg(place.file("series"))
        .arg(format!("--web.listen-address=127.0.0.1:{asks}"));
    Ok(vec![exporter, prometheus])
}

fn look_at_prometheus(place: &Place<'_>) -> Result<()> {
    let log = place.file("series/wal");
    let mut bytes = 0;
    for file in fs::read_dir(log)? {
        bytes += file?.metadata()?.len();
    }
    ensure!(bytes > 0, "nothing was kept");
    Ok(())
}

fn requests(place: &Place<'_>) -> Result<Vec<Command>> {
    let pages = place.write("pages", &place.urls.join("\n"))?;
    let mut command = place.peers.script("poll_requests.py").command();
    command.arg(pages).arg(place.file("kept.db"));
    Ok(vec![command])
}

fn look_at_requests(place: &Place<'_>) -> Result<()> {
    let count = "SELECT count(DISTINCT page || label) FROM row";
    let rows: i64 = Connection::open(place.file("kept.db"))?.query_row(count, [], |row| row.get(0))?;
    let wanted = i64::try_from(place.urls.len() * LABELS.len())?;
    ensure!(rows == wanted, "{rows} of {wanted} numbers");
    Ok(())
}

/// A port that nobody listens on.
fn free_port() -> Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
