//! The README is true: every `console` block is run on the sample pages and compared, line for line.

#![allow(clippy::unwrap_used, missing_docs, reason = "a README that cannot be run is a failed test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What a command prints, from the root of the sources as a reader would call it.
fn pantau(folder: &Path, arguments: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_pantau"))
        .env_clear()
        .env("HOME", folder)
        .env("PANTAU_DB", folder.join("sample.db"))
        .current_dir(root())
        .args(arguments.split(' '))
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn record_samples(folder: &Path) {
    let sample = "tests/fixtures/sample";
    for line in fs::read_to_string(root().join(sample).join("times.txt")).unwrap().lines() {
        let (page, at) = line.split_once(' ').unwrap();
        pantau(folder, &format!("poll --from {sample}/{page} --at {at}"));
    }
}

/// Each command of the `console` blocks, and what the README says it prints.
fn shown(readme: &str) -> Vec<(String, String)> {
    let mut shown: Vec<(String, String)> = Vec::new();
    let mut inside = false;
    for line in readme.lines() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            command if command.starts_with("$ pantau ") => {
                shown.push((command["$ pantau ".len()..].to_owned(), String::new()));
            }
            printed => {
                let last = shown.last_mut().unwrap();
                last.1.push_str(printed);
                last.1.push('\n');
            }
        }
    }
    shown
}

#[test]
fn what_the_readme_shows_is_what_the_program_prints() {
    let folder = tempfile::tempdir().unwrap();
    record_samples(folder.path());
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = shown(&readme);
    assert!(shown.len() >= 5, "the README shows the five things people do");
    for (command, expected) in shown {
        assert_eq!(pantau(folder.path(), &command).trim_end(), expected.trim_end(), "pantau {command}");
    }
}

#[test]
fn every_command_is_in_the_help_of_the_readme() {
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    assert!(readme.contains(pantau(folder.path(), "--help").trim_end()));
}
