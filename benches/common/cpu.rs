//! What this process has used of the processor. Linux only.

use std::time::Duration;

use anyhow::Context;

/// The processor time of this process so far, user and system.
pub(crate) fn cpu() -> anyhow::Result<Duration> {
    let times =
        std::fs::read_to_string("/proc/self/schedstat").context("failed to read /proc/self/schedstat")?;
    let nanoseconds = times.split_whitespace().next().context("no times in /proc/self/schedstat")?;
    Ok(Duration::from_nanos(nanoseconds.parse()?))
}
