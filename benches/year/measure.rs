//! What a question costs the release binary: wall time, and the processor time of its process.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::folder::Folder;

const RUNS: usize = 7;

/// A question that takes longer is measured once.
const LONG: Duration = Duration::from_secs(10);

/// A run asks a question again until this much time has passed, ...
const A_RUN: Duration = Duration::from_millis(500);
/// ... but no more often than this.
const MOST_TIMES: u32 = 20;

/// The clock ticks of a second in `/proc`: 100 on every Linux that Rust's standard library supports.
const TICKS_A_SECOND: f64 = 100.0;

/// A command of the program.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) name: &'static str,
    pub(crate) args: Vec<String>,
}

/// Medians over the runs, in milliseconds.
#[derive(Debug)]
pub(crate) struct Cost {
    pub(crate) wall_ms: f64,
    pub(crate) cpu_ms: f64,
}

/// The binary in a folder of its own, with none of the surroundings of whoever measures.
pub(crate) fn pantau(folder: &Folder) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pantau"));
    command.current_dir(folder.path()).env_clear().env("HOME", folder.path());
    command
}

/// Asks once to warm up, and then as often as the median needs.
pub(crate) fn cost(folder: &Folder, database: &Path, question: &Question) -> anyhow::Result<Cost> {
    let mut command = pantau(folder);
    command.arg("--db").arg(database).args(&question.args);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    let warm = Instant::now();
    ask(&mut command)?;
    let took = warm.elapsed();
    let times = (A_RUN.as_secs_f64() / took.as_secs_f64()).ceil();
    let times = (1..=MOST_TIMES).find(|count| f64::from(*count) >= times).unwrap_or(MOST_TIMES);
    let runs = if took > LONG { 1 } else { RUNS };
    let runs = (0..runs).map(|_| run(&mut command, times)).collect::<anyhow::Result<Vec<Cost>>>()?;
    Ok(Cost {
        wall_ms: median(runs.iter().map(|run| run.wall_ms)),
        cpu_ms: median(runs.iter().map(|run| run.cpu_ms)),
    })
}

fn run(command: &mut Command, times: u32) -> anyhow::Result<Cost> {
    let (begun, before) = (Instant::now(), ticks_of_children()?);
    for _ in 0..times {
        ask(command)?;
    }
    let wall_ms = begun.elapsed().as_secs_f64() * 1000.0 / f64::from(times);
    let ticks = ticks_of_children()? - before;
    Ok(Cost { wall_ms, cpu_ms: ticks * 1000.0 / TICKS_A_SECOND / f64::from(times) })
}

fn ask(command: &mut Command) -> anyhow::Result<()> {
    let status = command.status().context("failed to start the release binary")?;
    if !status.success() {
        bail!("{command:?} ended with {status}");
    }
    Ok(())
}

/// The processor time of all processes that this one started and waited for, user and system.
fn ticks_of_children() -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string("/proc/self/stat").context("failed to read /proc/self/stat")?;
    // The name in brackets may hold anything; the fields after it are numbers, the third of the line first.
    let (_, fields) = stat.rsplit_once(')').context("no process name in /proc/self/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [user, system] = [13, 14].map(|at| fields.get(at).and_then(|field| field.parse::<f64>().ok()));
    user.zip(system).map(|(user, system)| user + system).context("no times in /proc/self/stat")
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
