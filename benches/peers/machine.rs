//! What the figures were measured on.

use std::fs;

use pantau::clock::now;

/// `AMD EPYC, 2 processors, Linux 6.1, 2026-11-24`.
pub(crate) fn told() -> String {
    let cpus = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpus.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let count =
        std::thread::available_parallelism().map_or_else(|_| "some".to_owned(), |count| count.to_string());
    format!(
        "{}, {count} processors, Linux {}, {}",
        model.map_or("unknown processor", |(_, model)| model),
        kernel.trim(),
        now().date_naive()
    )
}
