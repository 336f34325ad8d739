//! What the fuzzer found once, kept as files: none of it may break anything again.

use std::fs;
use std::path::PathBuf;

use crate::captures::fixtures;

#[path = "../fuzz/checks.rs"]
mod checks;

/// The files that are kept for a target, and the fixtures that it begins with.
fn inputs(target: &str, seeds: &[&str]) -> Vec<PathBuf> {
    let folders = [format!("fuzz/{target}")].into_iter().chain(seeds.iter().map(|seed| (*seed).to_owned()));
    let mut files: Vec<PathBuf> = folders
        .flat_map(|folder| fs::read_dir(fixtures().join(folder)).unwrap())
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    assert!(!files.is_empty(), "nothing is kept for {target}");
    files
}

fn replay(target: &str, seeds: &[&str], check: fn(&[u8])) {
    for file in inputs(target, seeds) {
        let bytes = fs::read(&file).unwrap();
        let outcome = std::panic::catch_unwind(|| check(&bytes));
        assert!(outcome.is_ok(), "{} breaks the check of {target}", file.display());
    }
}

#[test]
fn no_page_that_was_found_once_breaks_the_reading() {
    replay("parser", &["captures", "sample", "sources"], checks::parser);
}

#[test]
fn no_number_that_was_found_once_breaks_the_reading() {
    replay("number", &[], checks::number);
}

#[test]
fn no_time_that_was_found_once_breaks_the_reading() {
    replay("time", &[], checks::time);
}

#[test]
fn no_configuration_that_was_found_once_breaks_the_reading() {
    replay("config", &[], checks::config);
}

#[test]
fn no_archive_that_was_found_once_breaks_the_reading() {
    replay("archive", &[], checks::archive);
}

#[test]
fn no_rule_that_was_found_once_breaks_the_reading() {
    replay("rule", &[], checks::rule);
}
