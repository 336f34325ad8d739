//! The README is true: every `console` block is run on the sample pages and compared, line for line.

use std::fs;

use crate::samples::{Samples, root};

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
    let samples = Samples::recorded();
    let readme = fs::read_to_string(root().join("README.md")).unwrap();
    let shown = shown(&readme);
    assert!(shown.len() >= 5, "the README shows the five things people do");
    assert!(shown.iter().any(|(command, _)| command == "--help"), "the README shows every command");
    for (command, expected) in shown {
        let printed = samples.pantau(&command.split(' ').collect::<Vec<_>>());
        assert_eq!(printed.trim_end(), expected.trim_end(), "pantau {command}");
    }
}
