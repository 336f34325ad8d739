//! Runs the program in a folder of its own, with nothing of the surroundings but what a test gives it.

use std::fmt;
use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rust_decimal::Decimal;
use serde_json::Value;
use tempfile::TempDir;

/// A run that takes longer has hung.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often something is looked at that is waited for.
const GLANCE: Duration = Duration::from_millis(20);

/// A folder that is the home of one test: its files, its configuration and its database.
pub(crate) struct Home {
    folder: TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        Self { folder }
    }

    /// A home whose database holds captures, each seen at its own time.
    pub(crate) fn with_captures(names: &[&str]) -> Self {
        let home = Self::new();
        for name in names {
            home.record(name);
        }
        home
    }

    /// Records a capture as seen at its own time, from a file in the home.
    pub(crate) fn record(&self, name: &str) -> Done {
        let capture = crate::captures::capture(name);
        let file = format!("{name}.txt");
        self.write(&file, &capture.text);
        self.pantau(["poll", "--from", &file, "--at", &capture.seen_at]).ok()
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file and says where it is.
    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, content).unwrap();
        path
    }

    /// Where the database lies when nothing else is said.
    pub(crate) fn database(&self) -> PathBuf {
        self.path("data/pantau/pantau.db")
    }

    /// Every file below the home, except the temporary folder when it is empty.
    pub(crate) fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        files.sort();
        files
    }

    /// The program with arguments, ready to run.
    pub(crate) fn pantau<I>(&self, args: I) -> Pantau
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        self.program(Path::new(env!("CARGO_BIN_EXE_pantau")), args)
    }

    /// Another program in the same surroundings.
    pub(crate) fn program<I>(&self, program: &Path, args: I) -> Pantau
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        let mut command = Command::new(program);
        let inside = |name: &str| self.folder.path().join(name);
        command
            .env_clear()
            .env("HOME", self.folder.path())
            .env("XDG_CONFIG_HOME", inside("config"))
            .env("XDG_DATA_HOME", inside("data"))
            .env("XDG_STATE_HOME", inside("state"))
            .env("XDG_CACHE_HOME", inside("cache"))
            .env("TMPDIR", inside("tmp"))
            // A zone with an odd offset: whatever leaks the machine's zone shows.
            .env("TZ", "Pacific/Chatham")
            .current_dir(self.folder.path())
            .args(args);
        Pantau { command, stdin: Vec::new() }
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect(&path, files);
        } else {
            files.push(path);
        }
    }
}

/// The program, not yet started.
pub(crate) struct Pantau {
    command: Command,
    stdin: Vec<u8>,
}

impl Pantau {
    pub(crate) fn arg(mut self, arg: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.arg(arg);
        self
    }

    pub(crate) fn args<I>(mut self, args: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<std::ffi::OsStr>,
    {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<std::ffi::OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    pub(crate) fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Runs it to its end.
    pub(crate) fn run(self) -> Done {
        self.start().wait(PATIENCE)
    }

    /// Runs it and expects success.
    pub(crate) fn ok(self) -> Done {
        self.fails(0)
    }

    /// Runs it and expects an exit code.
    pub(crate) fn fails(self, code: i32) -> Done {
        let done = self.run();
        assert_eq!(done.code, Some(code), "{done}");
        done
    }

    /// Runs it and expects one clear line of refusal, perhaps with a hint below, and nothing on the standard output.
    pub(crate) fn refuses(self, code: i32) -> Done {
        let done = self.fails(code);
        assert!(done.stdout.is_empty(), "{done}");
        let text = done.stderr();
        let lines: Vec<&str> = text.lines().collect();
        let is_clear = match lines[..] {
            [error] => error.starts_with("pantau: "),
            [error, hint] => error.starts_with("pantau: ") && hint.starts_with("hint: "),
            _ => false,
        };
        assert!(is_clear, "{done}");
        assert!(!text.contains("panicked"), "{done}");
        done
    }

    /// Runs it with an output that nobody reads.
    pub(crate) fn unread(mut self) -> Done {
        let shown = format!("{:?}", self.command);
        self.command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = self.command.spawn().unwrap();
        drop(child.stdout.take());
        let stderr = Said::listen(child.stderr.take().unwrap());
        let stdout = Some(thread::spawn(Vec::new));
        Running { shown, child, stdout, stderr }.wait(PATIENCE)
    }

    /// Starts it and leaves it running.
    pub(crate) fn start(mut self) -> Running {
        let shown = format!("{:?}", self.command);
        let mut child = self
            .command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{shown}: {error}"));
        let mut stdin = child.stdin.take().unwrap();
        let bytes = std::mem::take(&mut self.stdin);
        // A program that needs no input may be gone before it is all written.
        thread::spawn(move || drop(stdin.write_all(&bytes)));
        let stdout = Some(drain(child.stdout.take().unwrap()));
        let stderr = Said::listen(child.stderr.take().unwrap());
        Running { shown, child, stdout, stderr }
    }
}

fn drain(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        bytes
    })
}

/// What a program says while it runs.
struct Said {
    so_far: Arc<Mutex<Vec<u8>>>,
    listener: Option<JoinHandle<()>>,
}

impl Said {
    fn listen(mut pipe: impl Read + Send + 'static) -> Self {
        let so_far = Arc::new(Mutex::new(Vec::new()));
        let heard = so_far.clone();
        let listener = thread::spawn(move || {
            let mut piece = [0; 4096];
            loop {
                let count = pipe.read(&mut piece).unwrap();
                heard.lock().unwrap().extend_from_slice(&piece[..count]);
                if count == 0 {
                    return;
                }
            }
        });
        Self { so_far, listener: Some(listener) }
    }

    fn finish(&mut self) -> Vec<u8> {
        self.listener.take().unwrap().join().unwrap();
        std::mem::take(&mut self.so_far.lock().unwrap())
    }
}

/// A program of the system that a test needs. Without it the test is left out, except where everything is to be
/// tested: there a missing program fails.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
pub(crate) fn system_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file());
    let is_needed = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(found.is_some() || !is_needed, "{name} is not installed");
    if found.is_none() {
        eprintln!("{name} is not installed: its test is left out");
    }
    found
}

/// The program while it runs; it ends with the test at the latest.
pub(crate) struct Running {
    shown: String,
    child: Child,
    stdout: Option<JoinHandle<Vec<u8>>>,
    stderr: Said,
}

impl Running {
    /// Sends a signal by name to this process only.
    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([format!("-{name}"), id]).status().unwrap();
        assert!(sent.success(), "kill -{name}");
    }

    /// What it has said so far.
    pub(crate) fn said(&self) -> String {
        String::from_utf8_lossy(&self.stderr.so_far.lock().unwrap()).into_owned()
    }

    /// Its number, as the system knows it.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it is gone, whatever it was killed by.
    pub(crate) fn wait_for_death(mut self) {
        self.child.wait().unwrap();
    }

    /// Waits for its end, which must come within a bound.
    pub(crate) fn wait(mut self, bound: Duration) -> Done {
        let status = self.status_within(bound);
        if status.is_none() {
            self.child.kill().unwrap();
            self.child.wait().unwrap();
        }
        let stdout = self.stdout.take().unwrap().join().unwrap();
        let stderr = self.stderr.finish();
        let shown = std::mem::take(&mut self.shown);
        let done = Done { shown, stdout, stderr, code: status.and_then(|status| status.code()) };
        assert!(status.is_some(), "still running after {bound:?}\n{done}");
        done
    }

    fn status_within(&mut self, bound: Duration) -> Option<ExitStatus> {
        let started = Instant::now();
        loop {
            let status = self.child.try_wait().unwrap();
            if status.is_some() || started.elapsed() > bound {
                return status;
            }
            thread::sleep(Duration::from_millis(2));
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = self.child.kill();
            let _ = self.child.wait();
        }
    }
}

/// Looks again and again until something is there.
pub(crate) fn wait_for<T>(what: &str, bound: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < bound, "waited {bound:?} for {what}");
        thread::sleep(GLANCE);
    }
}

/// What a run left.
pub(crate) struct Done {
    shown: String,
    pub(crate) stdout: Vec<u8>,
    pub(crate) stderr: Vec<u8>,
    pub(crate) code: Option<i32>,
}

impl Done {
    pub(crate) fn stdout(&self) -> String {
        String::from_utf8(self.stdout.clone()).unwrap()
    }

    pub(crate) fn stderr(&self) -> String {
        String::from_utf8(self.stderr.clone()).unwrap()
    }

    /// The standard output as one JSON document.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.stdout).unwrap_or_else(|error| panic!("{error}\n{self}"))
    }

    /// The standard output as one array.
    pub(crate) fn array(&self) -> Vec<Value> {
        match self.json() {
            Value::Array(values) => values,
            other => panic!("no array: {other}\n{self}"),
        }
    }

    /// The standard output as a JSON document a line.
    pub(crate) fn ndjson(&self) -> Vec<Value> {
        let read = |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}\n{self}"));
        self.stdout().lines().map(read).collect()
    }

    /// Expects messages to hold a text.
    #[track_caller]
    pub(crate) fn says(&self, text: &str) -> &Self {
        assert!(self.stderr().contains(text), "'{text}' is not said by\n{self}");
        self
    }

    /// Expects no message at all.
    #[track_caller]
    pub(crate) fn is_silent(&self) -> &Self {
        assert!(self.stderr.is_empty(), "{self}");
        self
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { shown, stdout, stderr, code } = self;
        let text = |bytes: &[u8]| String::from_utf8_lossy(&bytes[..bytes.len().min(4000)]).into_owned();
        let code = code.map_or("by a signal".to_owned(), |code| code.to_string());
        write!(f, "{shown}\nexit {code}\n--- stdout\n{}\n--- stderr\n{}", text(stdout), text(stderr))
    }
}

/// A number of a JSON document, exactly; `None` where it is null.
#[track_caller]
pub(crate) fn number(object: &Value, field: &str) -> Option<Decimal> {
    match object.get(field) {
        Some(Value::Null) => None,
        Some(Value::Number(number)) => {
            let text = number.to_string();
            Some(text.parse().or_else(|_| Decimal::from_scientific(&text)).unwrap())
        }
        other => panic!("{field} is {other:?} in {object}"),
    }
}

/// A text of a JSON document.
#[track_caller]
pub(crate) fn text<'a>(object: &'a Value, field: &str) -> &'a str {
    let found = object.get(field).and_then(Value::as_str);
    found.unwrap_or_else(|| panic!("{field} is no text in {object}"))
}

/// The names of the fields of a JSON object, sorted.
pub(crate) fn fields(object: &Value) -> Vec<&str> {
    let mut names: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

/// A written number.
pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

/// Whether a module of Python can be used here. Where `CI` is set it must be.
pub(crate) fn python_has(module: &str) -> bool {
    let import =
        Command::new("python3").args(["-c", &format!("import {module}")]).stderr(Stdio::null()).status();
    let has = import.is_ok_and(|status| status.success());
    let is_demanded = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
    assert!(has || !is_demanded, "python3 has no {module}; `pip install {module}` may bring it");
    if !has {
        #[expect(clippy::print_stderr, reason = "whoever runs the tests is to know")]
        {
            eprintln!("not tested: python3 has no {module}; `pip install {module}` may bring it");
        }
    }
    has
}
