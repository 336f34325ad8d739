//! What a process used: memory and processor time, as `/proc` tells it.

use std::collections::HashMap;
use std::time::Duration;

use anyhow::Context;

/// What a process used up to now.
#[derive(Debug)]
pub(crate) struct Usage {
    /// In KB.
    pub(crate) resident: u64,
    pub(crate) peak: u64,
    /// Of each thread, user and system, to the nanosecond: the times of `/proc/PID/stat` come in steps of 10 ms.
    threads: HashMap<u32, Duration>,
}

impl Usage {
    pub(crate) fn of(process: u32) -> anyhow::Result<Self> {
        let ended = || "failed to read what the daemon used; it may have ended";
        let status = std::fs::read_to_string(format!("/proc/{process}/status")).with_context(ended)?;
        let field = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
            let number = line.and_then(|line| line.trim().strip_suffix(" kB")?.parse().ok());
            number.with_context(|| format!("no {name} in /proc/PID/status"))
        };
        let mut threads = HashMap::new();
        for thread in std::fs::read_dir(format!("/proc/{process}/task")).with_context(ended)? {
            let thread = thread?;
            // One that ended between the two readings is gone.
            let Ok(told) = std::fs::read_to_string(thread.path().join("schedstat")) else { continue };
            let nanoseconds = told.split_whitespace().next().and_then(|first| first.parse().ok());
            let spent = nanoseconds.map(Duration::from_nanos).context("no time in schedstat")?;
            threads.insert(thread.file_name().to_string_lossy().parse()?, spent);
        }
        Ok(Self { resident: field("VmRSS")?, peak: field("VmHWM")?, threads })
    }

    /// The processor time of all threads.
    pub(crate) fn cpu(&self) -> Duration {
        self.threads.values().sum()
    }

    /// The processor time since an earlier reading. A thread that ended meanwhile had been idle for ten seconds.
    pub(crate) fn cpu_since(&self, before: &Self) -> Duration {
        let spent = self.threads.iter().map(|(thread, spent)| {
            spent.saturating_sub(before.threads.get(thread).copied().unwrap_or_default())
        });
        spent.sum()
    }

    /// In words.
    pub(crate) fn memory(&self) -> String {
        let mb = |kb: u64| kb * 1024 / 100_000;
        let told = |kb| format!("{}.{} MB", mb(kb) / 10, mb(kb) % 10);
        format!("{} now, {} at the most", told(self.resident), told(self.peak))
    }
}
