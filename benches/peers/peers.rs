//! The other programs: which of them are there, and in which version. Installs nothing; `install.sh` does.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::launch::Job;

/// Another program, or a library of Python.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tool {
    Rrdtool,
    Sqlite,
    Gnuplot,
    Collectd,
    Prometheus,
    Blackbox,
    Vnstat,
    Urlwatch,
    /// Python itself, whose standard library speaks to SQLite.
    Python,
    Selectolax,
    Lxml,
    BeautifulSoup,
    Resiliparse,
    Fastwarc,
    Warcio,
    DuckDb,
    Pandas,
    Matplotlib,
    Aiohttp,
    Requests,
}

impl Tool {
    const ALL: [Self; 20] = [
        Self::Rrdtool,
        Self::Sqlite,
        Self::Gnuplot,
        Self::Collectd,
        Self::Prometheus,
        Self::Blackbox,
        Self::Vnstat,
        Self::Urlwatch,
        Self::Python,
        Self::Selectolax,
        Self::Lxml,
        Self::BeautifulSoup,
        Self::Resiliparse,
        Self::Fastwarc,
        Self::Warcio,
        Self::DuckDb,
        Self::Pandas,
        Self::Matplotlib,
        Self::Aiohttp,
        Self::Requests,
    ];

    /// What it is called where it is installed from.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Rrdtool => "rrdtool",
            Self::Sqlite => "sqlite3",
            Self::Gnuplot => "gnuplot",
            Self::Collectd => "collectd",
            Self::Prometheus => "prometheus",
            Self::Blackbox => "prometheus-blackbox-exporter",
            Self::Vnstat => "vnstat",
            Self::Urlwatch => "urlwatch",
            Self::Python => "python3",
            Self::Selectolax => "selectolax",
            Self::Lxml => "lxml",
            Self::BeautifulSoup => "beautifulsoup4",
            Self::Resiliparse => "resiliparse",
            Self::Fastwarc => "fastwarc",
            Self::Warcio => "warcio",
            Self::DuckDb => "duckdb",
            Self::Pandas => "pandas",
            Self::Matplotlib => "matplotlib",
            Self::Aiohttp => "aiohttp",
            Self::Requests => "requests",
        }
    }

    /// What it is asked for its version, and for whether it is there; a library of Python is asked about otherwise.
    fn version_option(self) -> Option<&'static str> {
        match self {
            Self::Sqlite => Some("-version"),
            Self::Rrdtool
            | Self::Gnuplot
            | Self::Prometheus
            | Self::Blackbox
            | Self::Vnstat
            | Self::Python => Some("--version"),
            Self::Collectd => Some("-h"),
            _ => None,
        }
    }
}

/// What was found.
#[derive(Debug)]
pub(crate) struct Peers {
    /// The interpreter itself: what is on the path may be a script that looks for it.
    python: PathBuf,
    versions: Vec<(Tool, Option<String>)>,
}

impl Peers {
    /// Looks for all of them.
    pub(crate) fn find() -> Self {
        let python = said(Command::new("python3").args(["-c", "import sys; print(sys.executable)"]));
        let python =
            PathBuf::from(python.map_or_else(|| "python3".to_owned(), |path| path.trim().to_owned()));
        let version = |tool: Tool| match tool.version_option() {
            Some(option) => said(Command::new(program(tool, &python)).arg(option)).map(|said| number(&said)),
            None => {
                let asked = format!("import importlib.metadata as m; print(m.version('{}'))", tool.name());
                said(Command::new(&python).args(["-c", &asked])).map(|version| version.trim().to_owned())
            }
        };
        let versions = Tool::ALL.into_iter().map(|tool| (tool, version(tool))).collect();
        Self { python, versions }
    }

    /// Why a program cannot take part, if it cannot.
    pub(crate) fn absent(&self, tool: Tool) -> Option<String> {
        let is_there = |wanted: Tool| self.versions.iter().any(|(tool, is)| *tool == wanted && is.is_some());
        (!is_there(tool)).then(|| format!("{} is not installed", tool.name()))
    }

    /// A line each.
    pub(crate) fn versions(&self) -> impl Iterator<Item = String> {
        self.versions
            .iter()
            .map(|(tool, version)| format!("{} {}", tool.name(), version.as_deref().unwrap_or("absent")))
    }

    /// The command line of a script of ours.
    pub(crate) fn script(&self, name: &str) -> Job {
        let script =
            std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers/scripts").join(name);
        Job::new(&self.python).path(&script)
    }
}

fn program(tool: Tool, python: &std::path::Path) -> PathBuf {
    match tool {
        Tool::Python => python.to_owned(),
        // Where servers are installed, which is not on everybody's path.
        Tool::Collectd => PathBuf::from("/usr/sbin/collectd"),
        _ => PathBuf::from(tool.name()),
    }
}

/// What a program says; nothing where it is not there.
fn said(command: &mut Command) -> Option<String> {
    let output = command.stdin(Stdio::null()).output().ok().filter(|output| output.status.success())?;
    let bytes = if output.stdout.is_empty() { output.stderr } else { output.stdout };
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// The first word that looks like a version.
fn number(said: &str) -> String {
    let is_version =
        |word: &&str| word.contains('.') && word.starts_with(|first: char| first.is_ascii_digit());
    let version = said.split([' ', ',', '\n']).find(is_version);
    version.unwrap_or("of an unknown version").to_owned()
}
