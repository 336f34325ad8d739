//! What the system says of this process, under the names that Prometheus knows; on Linux only, and nothing elsewhere.

use std::fs;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;
use std::sync::atomic::AtomicU64;

/// Ticks of a second in /proc/self/stat. The kernel's interface fixes it (USER_HZ), whatever the machine's own.
const TICKS_PER_SECOND: f64 = 100.0;

/// Adds what is known of the process.
pub(super) fn register(registry: &mut Registry) {
    if let Some(seconds) = fs::read_to_string("/proc/self/stat").ok().and_then(|stat| cpu_seconds(&stat)) {
        let counter = Counter::<f64, AtomicU64>::default();
        counter.inc_by(seconds);
        registry.register("process_cpu_seconds", "Processor time used, in user and system mode", counter);
    }
    if let Some(bytes) =
        fs::read_to_string("/proc/self/status").ok().and_then(|status| resident_bytes(&status))
    {
        let gauge = Gauge::<i64>::default();
        gauge.set(bytes);
        registry.register("process_resident_memory_bytes", "Memory in use", gauge);
    }
    if let Ok(open) = fs::read_dir("/proc/self/fd") {
        let gauge = Gauge::<i64>::default();
        // One of them is the listing itself.
        gauge.set(i64::try_from(open.count()).unwrap_or(i64::MAX) - 1);
        registry.register("process_open_fds", "Open file descriptors", gauge);
    }
}

/// The 14th and 15th field; the second, in parentheses, may hold anything.
fn cpu_seconds(stat: &str) -> Option<f64> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_ascii_whitespace().collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u32>().ok();
    Some((f64::from(ticks(11)?) + f64::from(ticks(12)?)) / TICKS_PER_SECOND)
}

fn resident_bytes(status: &str) -> Option<i64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kilobytes: i64 = line.trim().strip_suffix(" kB")?.trim().parse().ok()?;
    kilobytes.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_program_confuses_nothing() {
        let stat = "42 (a) 1 2 (b) S 1 42 42 0 -1 4194560 1 0 0 0 150 50 0 0 20 0 3 0 100 1 1";
        assert_eq!(cpu_seconds(stat), Some(2.0));
        assert_eq!(cpu_seconds("42"), None);
        assert_eq!(cpu_seconds(""), None);
    }

    #[test]
    fn memory_is_in_bytes() {
        assert_eq!(resident_bytes("Name:\tpantau\nVmRSS:\t   14320 kB\n"), Some(14_663_680));
        assert_eq!(resident_bytes("Name:\tpantau\n"), None);
    }
}
