//! The captures under `tests/fixtures/captures/`: header lines of real pages, when each was seen, and the rows it holds.

use std::fs;
use std::path::{Path, PathBuf};

use rust_decimal::Decimal;
use serde_json::Value;

/// Every capture, in order of time.
pub(crate) const ALL: [&str; 9] = ["c02", "c01", "c18", "c28", "c13", "c20", "c04", "c15", "c03"];

/// Four captures around one trading day, in order of time: after the close of the day before, before the open,
/// in session, after the close.
pub(crate) const FOUR: [&str; 4] = ["c28", "c13", "c20", "c04"];

/// Every indicator of the four.
pub(crate) const SLUGS: [&str; 11] = [
    "emas",
    "usd-idr",
    "idx",
    "kompas100",
    "lq45",
    "issi",
    "idx30",
    "idxhidiv20",
    "idx80",
    "idxv30",
    "idxq30",
];

/// One saved header.
pub(crate) struct Capture {
    pub(crate) name: String,
    pub(crate) path: PathBuf,
    /// The header lines.
    pub(crate) text: String,
    /// RFC 3339.
    pub(crate) seen_at: String,
    pub(crate) rows: Vec<Row>,
}

/// A row that a capture holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) label: String,
    pub(crate) level: Option<Decimal>,
    pub(crate) change: Option<Decimal>,
    pub(crate) percent: Option<Decimal>,
}

pub(crate) fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

pub(crate) fn capture(name: &str) -> Capture {
    let folder = fixtures().join("captures");
    let path = folder.join(format!("{name}.txt"));
    let text = fs::read_to_string(&path).unwrap();
    let expected = fs::read_to_string(folder.join(format!("{name}.expected.json"))).unwrap();
    let expected: Vec<Value> = serde_json::from_str(&expected).unwrap();
    let seen_at = seen_at(&fs::read_to_string(folder.join("captures.csv")).unwrap(), name);
    Capture { name: name.to_owned(), path, text, seen_at, rows: expected.iter().map(row).collect() }
}

fn seen_at(times: &str, name: &str) -> String {
    let line = times.lines().find(|line| line.starts_with(&format!("{name}.txt,"))).unwrap();
    line.split(',').nth(2).unwrap().to_owned()
}

fn row(expected: &Value) -> Row {
    let number = |field: &str| expected[field].as_str().map(|text| text.parse().unwrap());
    Row {
        label: expected["label"].as_str().unwrap().to_owned(),
        level: number("level"),
        change: number("change"),
        percent: number("percent"),
    }
}

impl Capture {
    /// The verdict that the arithmetic of a row must give. The rupiah is printed with an inverted sign in two captures:
    /// 90 / (16555 - 90) = 0.5466 % and 50 / (15880 + 50) = 0.3139 % are what stands there, while the previous close
    /// that level and change imply would give 90 / (16555 + 90) = 0.5407 % and 50 / (15880 - 50) = 0.3159 %.
    pub(crate) fn verdict(&self, row: &Row) -> &'static str {
        let Row { level, change, percent, .. } = row;
        let is_whole = level.is_some() && change.is_some() && percent.is_some();
        let stands_still = change.is_some_and(|change| change.is_zero());
        match (self.name.as_str(), row.label.as_str()) {
            ("c03" | "c04", "USD/IDR") => "contradicted",
            _ if is_whole && !stands_still => "verified",
            _ => "unverifiable",
        }
    }
}
