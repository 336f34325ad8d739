//! Runs a command as a process of its own, and tells what exactly that process and those that it waited for cost. Knows
//! nothing of who competes.
//!
//! Between this program and the command stands a small one: this same program, asked to `launch`. The system counts all
//! ended children of a process together and the most memory of any of them, and a child's memory is counted from that of
//! its parent at the start; so the parent has to be small, and to have one child. Nothing else stands between: no shell,
//! and the standard library starts a process without copying its parent (`posix_spawn`).

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use nix::sys::resource::{Usage, UsageWho, getrusage};

use crate::folder::Folder;

/// The first word of the command line of the small program between.
pub(crate) const LAUNCH: &str = "launch";

/// How much of what a failed program said is told.
const TOLD: usize = 600;

/// A command line, where it runs, and what it reads.
#[derive(Debug, Clone)]
pub(crate) struct Job {
    program: PathBuf,
    args: Vec<String>,
    stdin: Option<PathBuf>,
    /// What it writes, if not its output; not there when it begins.
    product: Option<PathBuf>,
}

impl Job {
    pub(crate) fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), args: Vec::new(), stdin: None, product: None }
    }

    pub(crate) fn arg(mut self, arg: impl ToString) -> Self {
        self.args.push(arg.to_string());
        self
    }

    pub(crate) fn args<T: ToString>(mut self, args: impl IntoIterator<Item = T>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.to_string()));
        self
    }

    /// The command itself, for whoever tends it.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.args);
        command
    }

    pub(crate) fn path(self, path: &Path) -> Self {
        self.arg(path.display())
    }

    pub(crate) fn reads(mut self, file: PathBuf) -> Self {
        self.stdin = Some(file);
        self
    }

    pub(crate) fn writes(mut self, file: PathBuf) -> Self {
        self.product = Some(file);
        self
    }
}

/// What a process cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cost {
    pub(crate) wall: Duration,
    /// User and system.
    pub(crate) cpu: Duration,
    pub(crate) peak_kb: u64,
}

/// A process that ended well.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) cost: Cost,
    /// What it wrote: the file that it is to write, or its output.
    pub(crate) written: PathBuf,
    /// Its output.
    pub(crate) stdout: PathBuf,
}

/// Runs a command to its end.
///
/// # Errors
/// It cannot be started, or does not end well.
pub(crate) fn run(folder: &Folder, job: &Job) -> anyhow::Result<Run> {
    let place = |name: &str| folder.path().join(format!("launch-{name}"));
    let (report, stdout, stderr) = (place("report"), place("stdout"), place("stderr"));
    if let Some(product) = job.product.as_deref().filter(|product| product.exists()) {
        fs::remove_file(product)?;
    }
    let input =
        job.stdin.as_deref().map_or_else(|| Ok(Stdio::null()), |path| File::open(path).map(Stdio::from));
    let status = Command::new(std::env::current_exe()?)
        .arg(LAUNCH)
        .arg(&report)
        .arg(&job.program)
        .args(&job.args)
        .current_dir(folder.path())
        .env("HOME", folder.path())
        .env("MPLCONFIGDIR", folder.path())
        .env_remove("PANTAU_CONFIG")
        .env_remove("RUST_BACKTRACE")
        .stdin(input.context("failed to open what the command reads")?)
        .stdout(File::create(&stdout)?)
        .stderr(File::create(&stderr)?)
        .status()?;
    let told = || fs::read(&stderr).map(|told| end_of(&String::from_utf8_lossy(&told)));
    ensure!(status.success(), "{} {}: {}", job.program.display(), job.args.join(" "), told()?);
    let cost = read_report(&fs::read_to_string(&report)?)?;
    Ok(Run { cost, written: job.product.clone().unwrap_or_else(|| stdout.clone()), stdout })
}

fn end_of(text: &str) -> String {
    let begin = text.char_indices().rev().nth(TOLD).map_or(0, |(at, _)| at);
    text[begin..].trim().to_owned()
}

fn read_report(text: &str) -> anyhow::Result<Cost> {
    let numbers: Vec<u64> = text.split_whitespace().map(str::parse).collect::<Result<_, _>>()?;
    let [wall, cpu, peak_kb] = numbers[..] else { bail!("a report of three numbers, not '{text}'") };
    Ok(Cost { wall: Duration::from_micros(wall), cpu: Duration::from_micros(cpu), peak_kb })
}

/// What the small program does: starts the command with what it was given itself, waits, and reports.
///
/// # Errors
/// The command cannot be started or does not end well.
pub(crate) fn launch(mut words: impl Iterator<Item = String>) -> anyhow::Result<()> {
    let report = words.next().context("no file for the report")?;
    let program = words.next().context("no program")?;
    let mut command = Command::new(&program);
    command.args(words);
    let begun = Instant::now();
    let status = command.status().with_context(|| format!("failed to start {program}"))?;
    let wall = begun.elapsed();
    ensure!(status.success(), "{program} ended with {status}");
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    fs::write(&report, format!("{} {} {}", wall.as_micros(), micros(&usage), usage.max_rss()))?;
    Ok(())
}

/// User and system time of this process and of those that it waited for.
///
/// # Errors
/// The system does not tell.
pub(crate) fn cpu_micros() -> anyhow::Result<i64> {
    Ok(micros(&getrusage(UsageWho::RUSAGE_SELF)?) + micros(&getrusage(UsageWho::RUSAGE_CHILDREN)?))
}

fn micros(usage: &Usage) -> i64 {
    [usage.user_time(), usage.system_time()]
        .map(|time| time.tv_sec() * 1_000_000 + time.tv_usec())
        .iter()
        .sum()
}
