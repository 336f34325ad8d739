//! A folder with a database and a configuration, and the daemon in it, whose log is read as it is written.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::ticker::Ticker;

/// What is waited for longer than this has hung.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Rig {
    folder: TempDir,
}

impl Rig {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("store")).unwrap();
        Self { folder }
    }

    /// With a source a second for each server.
    pub(crate) fn polling(tickers: &[Ticker]) -> Self {
        let rig = Self::new();
        rig.configure(&tickers.iter().map(|ticker| source(&ticker.name, &ticker.url)).collect::<String>());
        rig
    }

    pub(crate) fn configure(&self, sources: &str) {
        fs::write(self.path("pantau.toml"), sources).unwrap();
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database has a folder to itself.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("store/pantau.db")
    }

    /// The program with nothing of the surroundings.
    pub(crate) fn pantau(&self, args: &[&str]) -> Command {
        self.command(Path::new(env!("CARGO_BIN_EXE_pantau")), args)
    }

    /// The program, or something that starts it.
    pub(crate) fn command(&self, program: &Path, args: &[&str]) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", "/usr/bin:/bin:/usr/sbin:/sbin")
            .env("HOME", self.folder.path())
            .env("PANTAU_CONFIG", self.path("pantau.toml"))
            .env("PANTAU_DB", self.database())
            .current_dir(self.folder.path())
            .stdin(Stdio::null())
            .args(args);
        command
    }

    pub(crate) fn run(&self) -> Daemon {
        Daemon::start(&mut self.pantau(&["run"]))
    }

    /// Runs a command of the program to its end and expects an exit code; gives what it printed.
    #[track_caller]
    pub(crate) fn expect(&self, code: i32, args: &[&str]) -> String {
        let output = self.pantau(args).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let said = format!("{}{}", text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(code), "pantau {args:?}\n{said}");
        said
    }
}

/// The configuration of a source that is polled every second.
pub(crate) fn source(name: &str, url: &str) -> String {
    let mut text = String::new();
    write!(text, "[[source]]\nname = \"{name}\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1s\"\nrobots = \"ignore\"\n\n")
        .unwrap();
    text
}

/// A line of the log, and when it came.
#[derive(Debug, Clone)]
pub(crate) struct Said {
    pub(crate) at: Instant,
    pub(crate) line: String,
}

impl Said {
    pub(crate) fn new(line: &str) -> Self {
        Self { at: Instant::now(), line: line.to_owned() }
    }

    /// The source of a poll that the daemon says it has recorded. Its line is written after the commit.
    pub(crate) fn acknowledged(&self) -> Option<&str> {
        self.line.contains(": poll ").then(|| self.field("source")).flatten()
    }

    /// A field of the line.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        let after = self.line.split_once(&format!(" {name}="))?.1;
        match after.strip_prefix('"') {
            Some(quoted) => quoted.split('"').next(),
            None => after.split(' ').next(),
        }
    }
}

/// The daemon while it runs; it ends with its test at the latest.
pub(crate) struct Daemon {
    child: Child,
    pub(crate) started: Instant,
    said: Arc<Mutex<Vec<Said>>>,
    reader: Option<JoinHandle<()>>,
}

impl Daemon {
    pub(crate) fn start(command: &mut Command) -> Self {
        let started = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (pipe, log) = (child.stderr.take().unwrap(), Arc::clone(&said));
        let reader = thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                log.lock().unwrap().push(Said::new(&line));
            }
        });
        Self { child, started, said, reader: Some(reader) }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn said(&self) -> Vec<Said> {
        self.said.lock().unwrap().clone()
    }

    /// The whole log as text, for messages.
    pub(crate) fn log(&self) -> String {
        self.said().iter().map(|said| format!("{}\n", said.line)).collect()
    }

    /// Sends a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), id]).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// Ends it between two instructions, and reads what it had said by then.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.reader.take().unwrap().join().unwrap();
    }

    /// Waits for its end, which must come in time.
    #[track_caller]
    pub(crate) fn end_within(&mut self, bound: Duration) -> ExitStatus {
        let status = self.look(bound, |daemon| daemon.child.try_wait().unwrap());
        let status = status.unwrap_or_else(|| panic!("still running after {bound:?}\n{}", self.log()));
        self.reader.take().unwrap().join().unwrap();
        status
    }

    /// Asks it to stop and expects that it does.
    #[track_caller]
    pub(crate) fn stop(&mut self) {
        self.signal("TERM");
        let status = self.end_within(PATIENCE);
        assert_eq!(status.code(), Some(0), "{}", self.log());
    }

    /// Waits until something is so.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, bound: Duration, is_so: impl Fn(&Self) -> bool) {
        let found = self.look(bound, |daemon| is_so(daemon).then_some(()));
        assert!(found.is_some(), "waited {bound:?} for {what}\n{}", self.log());
    }

    /// Waits until a line of the log holds a text, and gives it.
    #[track_caller]
    pub(crate) fn wait_to_say(&mut self, text: &str, bound: Duration) -> Said {
        let find = |daemon: &mut Self| daemon.said().into_iter().find(|said| said.line.contains(text));
        let found = self.look(bound, find);
        found.unwrap_or_else(|| panic!("waited {bound:?} for '{text}'\n{}", self.log()))
    }

    fn look<T>(&mut self, bound: Duration, mut at: impl FnMut(&mut Self) -> Option<T>) -> Option<T> {
        let from = Instant::now();
        loop {
            let found = at(self);
            if found.is_some() || from.elapsed() > bound {
                return found;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// How many polls of a source it says it has recorded.
    pub(crate) fn acknowledged(&self, source: &str) -> usize {
        self.said.lock().unwrap().iter().filter(|said| said.acknowledged() == Some(source)).count()
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}
