//! What contestants write, made comparable: numbers as numbers, lines in one order.

use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::contest::TOLD;
use crate::launch::Run;

/// The lines on the output of whoever was asked to write words between blanks; numbers as they are worth, and without the
/// figure that is told among them.
pub(super) fn lines(run: &Run) -> Result<String> {
    let text = fs::read_to_string(&run.stdout)?;
    let lines = text.lines().filter(|line| !line.starts_with(TOLD) && !line.trim().is_empty());
    Ok(sorted(lines.map(line)))
}

fn line(line: &str) -> String {
    let words = line.split([' ', ',', '|', '\t']).filter(|word| !word.is_empty());
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// `777.00` is `777`; to the hundredth.
fn word(word: &str) -> String {
    word.trim_matches('"')
        .parse::<f64>()
        .map_or_else(|_| word.to_owned(), |number| format!("{}", (number * 100.0).round() / 100.0))
}

/// Fields of every object of a JSON array; `-` for null.
pub(super) fn fields(run: &Run, names: &[&str]) -> Result<String> {
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(&run.stdout)?).context("no array of JSON")?;
    let cell = |row: &Value, name: &str| match &row[name] {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => word(&other.to_string()),
    };
    Ok(sorted(rows.iter().map(|row| names.iter().map(|name| cell(row, name)).collect::<Vec<_>>().join(" "))))
}

fn sorted(lines: impl Iterator<Item = String>) -> String {
    let mut lines: Vec<String> = lines.collect();
    lines.sort_unstable();
    lines.join("\n")
}
