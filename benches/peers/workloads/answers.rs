//! What contestants write, made comparable: numbers as numbers, lines in one order.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::contest::TOLD;

/// The lines of whoever was asked to write words between blanks, commas or bars; numbers as they are worth.
pub(super) fn lines(path: &Path) -> Result<String> {
    let text = fs::read_to_string(path)?;
    let lines = text.lines().filter(|line| !line.starts_with(TOLD) && !line.trim().is_empty());
    Ok(sorted(lines.map(line)))
}

fn line(line: &str) -> String {
    let words = line.split([' ', ',', '|', '\t']).filter(|word| !word.is_empty());
    words.map(word).collect::<Vec<_>>().join(" ")
}

/// `777.00` is `777`; to the seventh significant digit of a level.
fn word(word: &str) -> String {
    word.trim_matches('"')
        .parse::<f64>()
        .map_or_else(|_| word.to_owned(), |number| format!("{}", (number * 100.0).round() / 100.0))
}

/// Fields of every object of a JSON array; `-` for null.
pub(super) fn fields(path: &Path, names: &[&str]) -> Result<String> {
    let rows: Vec<Value> = serde_json::from_slice(&fs::read(path)?).context("no array of JSON")?;
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
