//! What a process used: memory and processor time, as `/proc` tells it.

use std::time::Duration;

use anyhow::Context;

/// The clock ticks of a second in `/proc`: 100 on every Linux that Rust's standard library supports.
const TICKS_A_SECOND: u64 = 100;

/// What a process used up to now.
#[derive(Debug)]
pub(crate) struct Usage {
    pub(crate) resident: String,
    pub(crate) peak: String,
    /// User and system.
    pub(crate) cpu: Duration,
}

impl Usage {
    pub(crate) fn of(process: u32) -> anyhow::Result<Self> {
        let read = |name: &str| {
            std::fs::read_to_string(format!("/proc/{process}/{name}"))
                .with_context(|| format!("failed to read {name} of the daemon; it may have ended"))
        };
        let (status, stat) = (read("status")?, read("stat")?);
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            line.unwrap_or_default().trim().to_owned()
        };
        Ok(Self { resident: field("VmRSS"), peak: field("VmHWM"), cpu: cpu(&stat)? })
    }
}

/// The name in brackets may hold anything; the fields after it are numbers, the third of the line first.
fn cpu(stat: &str) -> anyhow::Result<Duration> {
    let (_, fields) = stat.rsplit_once(')').context("no process name in /proc/PID/stat")?;
    let fields: Vec<&str> = fields.split_whitespace().collect();
    let [user, system] = [11, 12].map(|at| fields.get(at).and_then(|field| field.parse::<u64>().ok()));
    let ticks = user.zip(system).map(|(user, system)| user + system).context("no times in /proc/PID/stat")?;
    Ok(Duration::from_millis(ticks * 1000 / TICKS_A_SECOND))
}
