//! `-f parquet`: the rows that `-f ndjson` gives, as DuckDB, pandas and Spark read them without any option; and what
//! those make of them, read again.
//!
//! Without `python3` and its packages `duckdb`, `pandas` and `pyarrow` these tests say so and pass; where `CI` is set they
//! fail instead. Spark is tried where `pyspark` and Java are there; `PANTAU_PYSPARK` may name a Python that has it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use chrono::DateTime;
use pantau::columns::{self, QuoteRow, RunRow};
use pantau::domain::Quantity;
use rust_decimal::Decimal;
use serde_json::Value;

use crate::captures::{ALL, capture};
use crate::common::{Done, Home, python_has, system_program};
use crate::samples::root;

/// How long Spark may take to start, on a busy machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// A home with the runs of every capture, and a file of the quotes in them.
fn home() -> Home {
    let home = Home::with_captures(&ALL);
    let paths = ALL.map(|name| capture(name).path);
    fs::write(home.path("runs.parquet"), home.pantau(["history", "--all", "-f", "parquet"]).ok().stdout)
        .unwrap();
    let quotes = home.pantau(["extract", "-f", "parquet"]).args(paths).ok();
    fs::write(home.path("quotes.parquet"), quotes.stdout).unwrap();
    home
}

fn rows_in_json(home: &Home) -> [Vec<Value>; 2] {
    let paths = ALL.map(|name| capture(name).path);
    [
        home.pantau(["history", "--all", "-f", "ndjson"]).ok().ndjson(),
        home.pantau(["extract", "-f", "ndjson"]).args(paths).ok().ndjson(),
    ]
}

/// An engine that reads Parquet.
struct Engine {
    name: &'static str,
    python: PathBuf,
    /// What it calls a text, a number, an instant, a scale, and a scale where some are absent.
    types: [&'static str; 5],
}

impl Engine {
    /// What it finds in a file: the type of each column, and the rows. It writes them again below `rewritten`.
    fn read(&self, home: &Home, file: &str) -> (BTreeMap<String, String>, Vec<Value>) {
        let script = root().join("tests/conformance/parquet_rows.py");
        let rewritten = home.path(&format!("{file}.{}", self.name));
        fs::create_dir(&rewritten).unwrap();
        let path = std::env::var_os("PATH").unwrap_or_default();
        let program = home.program(&self.python, [script.as_path()]).env("PATH", path);
        let running = program.arg(self.name).arg(home.path(file)).arg(&rewritten).start();
        let done = running.wait(PATIENCE);
        assert_eq!(done.code, Some(0), "{done}");
        let mut lines = done.ndjson().into_iter();
        (serde_json::from_value(lines.next().unwrap()).unwrap(), lines.collect())
    }

    /// The files it wrote.
    fn rewritten(&self, home: &Home, file: &str) -> Vec<PathBuf> {
        let folder = home.path(&format!("{file}.{}", self.name));
        let is_rows = |path: &PathBuf| path.extension().is_some_and(|extension| extension == "parquet");
        home.files().into_iter().filter(|path| path.starts_with(&folder)).filter(is_rows).collect()
    }

    /// Expects it to find the rows of the JSON form, in columns of the right types.
    fn expect(&self, home: &Home, file: &str, expected: &[Value]) {
        let (types, found) = self.read(home, file);
        let [text, number, instant, scale, gappy_scale] = self.types;
        for (column, of) in &types {
            let right = match column.as_str() {
                "level" | "change" | "percent" => number,
                "first_seen" | "last_seen" | "captured_at" => instant,
                "level_scale" | "change_scale" => gappy_scale,
                "percent_scale" => scale,
                "offset" => continue,
                _ => text,
            };
            assert_eq!(of, right, "{column} of {file} in {}", self.name);
        }
        assert_eq!(found.len(), expected.len(), "{file} in {}", self.name);
        for (found, expected) in found.iter().zip(expected) {
            for (field, value) in expected.as_object().unwrap() {
                let place = format!("{field} of {expected} in {}", self.name);
                assert_eq!(canonical(field, &found[field]), canonical(field, value), "{place}");
            }
        }
    }
}

/// A value of which every form is the same.
fn canonical(field: &str, value: &Value) -> String {
    match value {
        Value::Number(number) => {
            let text = number.to_string();
            let number = text.parse().or_else(|_| Decimal::from_scientific(&text)).unwrap();
            number.normalize().to_string()
        }
        Value::String(at) if field.ends_with("_seen") || field.ends_with("_at") => {
            DateTime::parse_from_rfc3339(at).unwrap().to_utc().to_rfc3339()
        }
        other => other.to_string(),
    }
}

/// The engines that are here.
fn engines() -> Vec<Engine> {
    let mut engines = Vec::new();
    if ["duckdb", "pandas", "pyarrow"].into_iter().all(python_has) {
        let python = system_program("python3").unwrap();
        let scale = "TINYINT";
        let types = ["VARCHAR", "DECIMAL(30,15)", "TIMESTAMP WITH TIME ZONE", scale, scale];
        engines.push(Engine { name: "duckdb", python: python.clone(), types });
        let types = ["str", "object", "datetime64[us, UTC]", "int8", "float64"];
        engines.push(Engine { name: "pandas", python, types });
    }
    if let Some(python) = python_with_spark() {
        let types = ["string", "decimal(30,15)", "timestamp", "tinyint", "tinyint"];
        engines.push(Engine { name: "spark", python, types });
    }
    engines
}

#[expect(clippy::print_stderr, reason = "whoever runs the tests is to know")]
fn python_with_spark() -> Option<PathBuf> {
    let named = std::env::var_os("PANTAU_PYSPARK").map(PathBuf::from);
    let python = named.unwrap_or_else(|| PathBuf::from("python3"));
    let works = |program: &Path, args: &[&str]| {
        Command::new(program).args(args).output().is_ok_and(|done| done.status.success())
    };
    let has_spark = works(&python, &["-c", "import pyspark"]) && works(Path::new("java"), &["-version"]);
    if !has_spark {
        eprintln!(
            "not tested: Spark, which needs Java and a Python with pyspark; PANTAU_PYSPARK may name one"
        );
        return None;
    }
    let path =
        Command::new(&python).args(["-c", "import sys; print(sys.executable)"]).output().unwrap().stdout;
    Some(PathBuf::from(String::from_utf8(path).unwrap().trim()))
}

#[test]
fn engines_read_without_options_what_the_json_says_and_what_they_write_is_read_again() {
    let home = home();
    let [runs, quotes] = rows_in_json(&home);
    assert!(runs.len() > 60 && quotes.len() > 60);
    for engine in engines() {
        engine.expect(&home, "runs.parquet", &runs);
        engine.expect(&home, "quotes.parquet", &quotes);
        let written = engine.rewritten(&home, "runs.parquet");
        assert_eq!(written.len(), 1, "{written:?}");
        assert_eq!(read_runs(&written[0]), read_runs(&home.path("runs.parquet")), "{}", engine.name);
        let written = engine.rewritten(&home, "quotes.parquet");
        assert_eq!(written.len(), 1, "{written:?}");
        assert_eq!(read_quotes(&written[0]), read_quotes(&home.path("quotes.parquet")), "{}", engine.name);
    }
}

fn read_runs(path: &Path) -> Vec<RunRow> {
    columns::runs(File::open(path).unwrap(), path).unwrap().map(Result::unwrap).collect()
}

fn read_quotes(path: &Path) -> Vec<QuoteRow> {
    columns::quotes(File::open(path).unwrap(), path).unwrap().map(Result::unwrap).collect()
}

#[test]
fn the_printed_decimals_come_back() {
    let home = home();
    let levels: Vec<Quantity> = read_quotes(&home.path("quotes.parquet"))
        .into_iter()
        .filter(|row| row.quote.label == "LQ45")
        .filter_map(|row| row.quote.figures.level.map(|level| level.0))
        .collect();
    for printed in [Quantity::new(91920, 2), Quantity::new(777, 0)] {
        assert!(levels.contains(&printed.unwrap()), "{levels:?}");
    }
}

#[test]
fn the_same_rows_are_the_same_file() {
    let home = home();
    let again = |args: &[&str]| home.pantau(args).ok().stdout;
    let runs = fs::read(home.path("runs.parquet")).unwrap();
    assert_eq!(again(&["history", "--all", "-f", "parquet"]), runs);
    assert_eq!(again(&["history", "--all", "-f", "parquet", "--tz", "America/New_York"]), runs);
}

#[test]
fn history_keeps_to_the_indicators_and_the_range() {
    let home = home();
    let read = |args: &[&str]| {
        let file = home.write("some.parquet", home.pantau(args).arg("-f").arg("parquet").ok().stdout);
        let row = |row: RunRow| (row.slug.to_string(), row.run.first_seen);
        read_runs(&file).into_iter().map(row).collect::<Vec<_>>()
    };
    let expected = |args: &[&str]| {
        let row = |row: Value| {
            let first_seen =
                DateTime::parse_from_rfc3339(row["first_seen"].as_str().unwrap()).unwrap().to_utc();
            (row["indicator"].as_str().unwrap().to_owned(), first_seen)
        };
        home.pantau(args).arg("-f").arg("ndjson").ok().ndjson().into_iter().map(row).collect::<Vec<_>>()
    };
    for args in [
        &["history", "lq45"][..],
        &["history", "emas", "lq45", "--from", "2024-11-21", "--to", "2024-11-22"],
        &["history", "lq45", "--limit", "2"],
        &["history", "--all", "--from", "2025"],
    ] {
        let rows = read(args);
        assert!(!rows.is_empty(), "{args:?}");
        assert_eq!(rows, expected(args), "{args:?}");
    }
}

#[test]
fn nothing_in_the_range_is_a_file_without_rows_and_exit_3() {
    let home = home();
    let done = home.pantau(["history", "lq45", "--from", "2031", "-f", "parquet"]).fails(3);
    done.says("nothing was seen in the range");
    let file = home.write("none.parquet", done.stdout);
    assert_eq!(read_runs(&file), []);
}

#[test]
fn every_other_command_says_where_parquet_works() {
    let home = home();
    for command in
        [&["latest"][..], &["change"], &["status"], &["sources"], &["config"], &["check", "lq45.level > 1"]]
    {
        let done = home.pantau(command).arg("-f").arg("parquet").refuses(2);
        done.says("`pantau history` and `pantau extract`");
    }
    home.pantau(["history", "lq45", "--every", "1d", "-f", "parquet"]).refuses(2).says("--every");
    home.pantau(["history", "lq45", "--derived", "-f", "parquet"]).refuses(2).says("--derived");
    home.pantau(["history", "-f", "parquet"]).refuses(2);
}

#[test]
fn a_terminal_is_given_no_bytes() {
    let home = home();
    let Some(script) = system_program("script") else { return };
    let program = env!("CARGO_BIN_EXE_pantau");
    let done = shown_on_terminal(&home, &script, &format!("{program} history --all -f parquet"));
    assert_eq!(done.stdout().trim_end().lines().count(), 2, "{done}");
    assert!(done.stdout().contains("Parquet is no text for a terminal"), "{done}");
}

fn shown_on_terminal(home: &Home, script: &Path, command: &str) -> Done {
    let path = std::env::var_os("PATH").unwrap_or_default();
    home.program(script, ["-qec", command, "/dev/null"]).env("PATH", path).fails(2)
}

#[test]
fn a_reader_that_goes_away_is_a_quiet_success() {
    let done = home().pantau(["history", "--all", "-f", "parquet"]).unread();
    assert_eq!(done.code, Some(0), "{done}");
    done.is_silent();
}
