//! `pantau extract` on archives: the same rows by whatever way they are read, and those that another program reads.

use std::fs;
use std::path::Path;
use std::process::Command;

use rust_decimal::Decimal;
use serde_json::Value;

use crate::common::{Home, decimal, number, python_has, system_program, text};
use crate::corpus::{self, Corpus, Plan};

const SMALL: Plan = Plan { pages: 2000, page_bytes: 4000, files: 3, has_revisits: true, seed: 1 };

/// A corpus, and the rows that the program reads from it in one go.
struct Read {
    home: Home,
    corpus: Corpus,
    rows: Vec<u8>,
}

fn read(plan: Plan) -> Read {
    let home = Home::new();
    let corpus = corpus::write(&home.path("tmp"), plan);
    let rows = home.pantau(["extract", "-q"]).args(&corpus.files).ok().stdout;
    assert!(!rows.is_empty());
    Read { home, corpus, rows }
}

/// What two readers of archives must agree on, of each row.
fn figures(row: &Value) -> ([String; 4], Option<u64>, [Option<Decimal>; 3]) {
    let numbers = ["level", "change", "percent"].map(|field| match &row[field] {
        Value::String(written) => Some(decimal(written)),
        _ => number(row, field),
    });
    let words = ["file", "url", "captured_at", "label"].map(|field| text(row, field).to_owned());
    (words, row["offset"].as_u64(), numbers)
}

fn lines(bytes: &[u8]) -> Vec<Value> {
    std::str::from_utf8(bytes).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn compare_with_python(plan: Plan) {
    if !python_has("zlib") {
        return;
    }
    let Read { home: _home, corpus, rows } = read(plan);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance/read_archives.py");
    let python = Command::new("python3").arg(script).args(&corpus.files).output().unwrap();
    assert!(python.status.success(), "{}", String::from_utf8_lossy(&python.stderr));
    let (ours, theirs) = (lines(&rows), lines(&python.stdout));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert_eq!(figures(ours), figures(theirs));
    }
    assert_eq!((ours.len(), theirs.len()), (corpus.holds.rows, corpus.holds.rows));
}

#[test]
fn a_reader_in_another_language_finds_the_same_rows() {
    compare_with_python(SMALL);
}

#[test]
fn a_reader_in_another_language_finds_the_same_rows_in_the_whole_corpus() {
    if std::env::var_os("PANTAU_LONG").is_some() {
        compare_with_python(Plan { pages: 10_000, page_bytes: 150_000, files: 4, ..SMALL });
    }
}

#[test]
fn the_report_counts_what_the_corpus_was_made_of() {
    let Read { home, corpus, rows } = read(SMALL);
    let holds = corpus.holds;
    let done = home.pantau(["extract", "--report", "report.json"]).args(&corpus.files).ok();
    assert_eq!(done.stdout, rows);
    done.says("INDIKATOR").says("-v");
    let report: Value = serde_json::from_slice(&fs::read(home.path("report.json")).unwrap()).unwrap();
    let totals = [
        ("records", holds.records),
        ("rows", holds.rows),
        ("no_block", holds.no_block),
        ("unparsed", holds.unparsed),
        ("encoding_mismatch", holds.mismatched),
        ("revisit_unresolved", holds.orphans),
        ("truncated", 0),
    ];
    for (field, expected) in totals {
        assert_eq!(report["totals"][field], expected, "{field}");
    }
    assert_eq!(report["totals"].as_object().unwrap().len(), totals.len());
    assert!(holds.unparsed > 10 && holds.mismatched > 2, "{holds:?}");
    let inputs = report["inputs"].as_array().unwrap();
    assert_eq!(inputs.len(), corpus.files.len());
    for (input, file) in inputs.iter().zip(&corpus.files) {
        assert_eq!((text(input, "path"), text(input, "status")), (file.to_str().unwrap(), "ok"));
        assert_eq!(input["detail"], Value::Null);
    }
    let sum: u64 = inputs.iter().map(|input| input["rows"].as_u64().unwrap()).sum();
    assert_eq!(sum, report["totals"]["rows"]);
}

#[test]
fn any_number_of_threads_writes_the_same_bytes() {
    // One file of several megabytes is cut between the threads, others are spread over them.
    for plan in [SMALL, Plan { pages: 500, page_bytes: 120_000, files: 1, ..SMALL }] {
        let Read { home, corpus, rows } = read(plan);
        let report = |threads: &str| {
            let done = home.pantau(["extract", "-q", "--report", "report", "--threads", threads]);
            assert!(done.args(&corpus.files).ok().stdout == rows, "{threads} threads");
            fs::read(home.path("report")).unwrap()
        };
        let one = report("1");
        for threads in ["2", "3", "4"] {
            assert!(report(threads) == one, "the report of {threads} threads");
        }
    }
}

#[test]
fn the_outputs_of_the_parts_are_the_output_of_the_whole() {
    let Read { home, corpus, rows } = read(SMALL);
    let each = corpus.files.iter().map(|file| home.pantau(["extract", "-q"]).arg(file).ok().stdout);
    assert!(each.collect::<Vec<_>>().concat() == rows);
}

#[test]
fn byte_ranges_give_the_rows_of_the_whole() {
    let Read { home, corpus, rows } = read(Plan { has_revisits: false, ..SMALL });
    let places = fs::read_to_string(&corpus.places).unwrap();
    for threads in ["1", "2"] {
        let ranges = home.pantau(["extract", "-q", "--paths-from", "-", "--threads", threads]);
        assert!(ranges.stdin(places.as_str()).ok().stdout == rows, "{threads} threads");
    }
    let named = home.pantau(["extract", "-q", "--paths-from"]).arg(&corpus.places);
    assert!(named.ok().stdout == rows);
    let one = text(&lines(&rows)[0], "file").to_owned();
    let offset = lines(&rows)[0]["offset"].as_u64().unwrap();
    let place = places.lines().find(|line| line.starts_with(&format!("{one}\t{offset}\t"))).unwrap();
    let row = home.pantau(["extract", "-q", place]).ok().ndjson();
    assert!(lines(&rows).starts_with(&row) && !row.is_empty());
}

#[test]
fn gnu_parallel_in_order_gives_the_rows_of_the_whole() {
    let Some(parallel) = system_program("parallel") else { return };
    let Read { home, corpus, rows } = read(SMALL);
    let paths: Vec<String> = corpus.files.iter().map(|file| format!("{}\n", file.display())).collect();
    let pantau = env!("CARGO_BIN_EXE_pantau");
    let run = home.program(&parallel, ["-k", "-j2", "-n1", pantau, "extract", "-q"]);
    let done = run.env("PATH", "/usr/bin:/bin").stdin(paths.concat()).ok();
    assert!(done.stdout == rows);
}
