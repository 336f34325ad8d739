//! What a program cost: processor time, time on the clock, and the most memory it held.

use std::fs;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};

/// The clock ticks of a second in `/proc`: 100 on every Linux that Rust's standard library supports.
const TICKS_A_SECOND: u64 = 100;
/// How often memory is looked at; the system itself remembers the most.
const GLANCE: Duration = Duration::from_millis(3);

/// What one run cost.
#[derive(Debug, Clone)]
pub(crate) struct Cost {
    /// User and system.
    pub(crate) cpu: Duration,
    pub(crate) clock: Duration,
    pub(crate) peak_kb: u64,
    /// What it found: its last line where that is short, else how many lines there were.
    pub(crate) answer: String,
}

/// Runs a program to its end.
pub(crate) fn cost(command: &[String]) -> anyhow::Result<Cost> {
    let answers = tempfile::NamedTempFile::new()?;
    let (cpu, begun) = (cpu_of_children()?, Instant::now());
    let child = Command::new(&command[0])
        .args(&command[1..])
        .stdin(Stdio::null())
        .stdout(answers.reopen()?)
        .spawn()
        .with_context(|| format!("failed to start {}", command[0]))?;
    let peak_kb = peak_until_end(child, command)?;
    let (clock, cpu) = (begun.elapsed(), cpu_of_children()?.saturating_sub(cpu));
    let text = fs::read_to_string(answers.path())?;
    let answer = match text.lines().count() {
        1 => text.trim().to_owned(),
        lines => format!("{lines} lines"),
    };
    Ok(Cost { cpu, clock, peak_kb, answer })
}

fn peak_until_end(mut child: Child, command: &[String]) -> anyhow::Result<u64> {
    let path = format!("/proc/{}/status", child.id());
    let mut peak = 0;
    loop {
        if let Some(status) = child.try_wait()? {
            ensure!(status.success(), "{command:?} ended with {status}");
            return Ok(peak);
        }
        // At its very end a process has no memory any more.
        let status = fs::read_to_string(&path).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let now = line.and_then(|line| line.split_whitespace().next()?.parse().ok());
        peak = peak.max(now.unwrap_or_default());
        thread::sleep(GLANCE);
    }
}

/// The processor time of all children that have ended.
fn cpu_of_children() -> anyhow::Result<Duration> {
    let stat = fs::read_to_string("/proc/self/stat")?;
    let (_, fields) = stat.rsplit_once(')').context("no process name in /proc/self/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [user, system] = [13, 14].map(|at| fields.get(at).and_then(|field| field.parse::<u64>().ok()));
    let ticks =
        user.zip(system).map(|(user, system)| user + system).context("no times in /proc/self/stat")?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
}
