//! What is read out of archives, beside what warcio reads: records, types, addresses, times, statuses and the bytes of
//! payloads. The archives are written by warcio itself; where `PANTAU_SAMPLES` names a folder, those in it too.
//!
//! Without `python3` and its package `warcio` these tests say so and pass; where `CI` is set they fail instead.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use chrono::{DateTime, SubsecRound, Utc};
use serde_json::Value;

use crate::common::{Home, python_has};

/// In what, and why, warcio reads something else.
enum Difference {
    /// It gives up with these words, after records that are the same.
    GivesUp(&'static str),
    /// The payload of the record at this place is another one, which its own digest says to be the right one.
    Payload(u64),
}

const DIFFERENCES: [(&str, Difference, &str); 6] = [
    (
        "one-member.warc.gz",
        Difference::GivesUp("non-chunked gzip"),
        "warcio reads gzip only with a member for each record",
    ),
    (
        "example-bad-non-chunked.warc.gz",
        Difference::GivesUp("non-chunked gzip"),
        "all six records are in one member",
    ),
    ("example-bad.warc.gz.bad", Difference::GivesUp("non-chunked gzip"), "all six records are in one member"),
    (
        "example-wrong-chunks.warc.gz",
        Difference::GivesUp("first line: <!doctype html>"),
        "the first record lies in two members; warcio ends it with the first, and takes the second for a record",
    ),
    (
        "example-wrong-chunks.warc.gz",
        Difference::Payload(0),
        "the same: its payload is all in the second member",
    ),
    (
        "example-trunc.warc",
        Difference::Payload(1197),
        "the length is two bytes short; warcio leaves them out",
    ),
];

fn differences(file: &Path) -> impl Iterator<Item = &'static Difference> {
    let name = file.file_name().unwrap().to_str().unwrap().to_owned();
    DIFFERENCES.iter().filter(move |(of, _, _)| *of == name).map(|(_, difference, _)| difference)
}

fn script(name: &str) -> Command {
    let mut command = Command::new("python3");
    command.arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/conformance").join(name));
    command
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What warcio reads, and why it gave up, if it did.
fn by_warcio(file: &Path) -> (Vec<Value>, Option<String>) {
    let output = script("read.py").arg(file).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut rows = lines(std::str::from_utf8(&output.stdout).unwrap());
    let error = rows.last().and_then(|row| row["error"].as_str()).map(str::to_owned);
    rows.truncate(rows.len() - usize::from(error.is_some()));
    (rows, error)
}

fn seconds(date: &Value) -> Option<DateTime<Utc>> {
    let date = date.as_str()?.parse::<DateTime<Utc>>().ok()?;
    Some(date.trunc_subsecs(0))
}

fn compare(home: &Home, file: &Path) {
    let name = file.display();
    let ours = home.pantau(["archive", "list", "-f", "ndjson", file.to_str().unwrap()]).run().ndjson();
    let (theirs, error) = by_warcio(file);
    let gives_up = differences(file).find_map(|difference| match difference {
        Difference::GivesUp(words) => Some(*words),
        Difference::Payload(_) => None,
    });
    match (&error, gives_up) {
        (Some(error), Some(words)) => assert!(error.contains(words), "{name}: {error}"),
        (error, words) => {
            assert_eq!((error.as_deref(), words), (None, None), "{name}");
            assert_eq!(ours.len(), theirs.len(), "{name}: the number of records");
        }
    }
    assert!(ours.len() >= theirs.len(), "{name}: {} of {} records", ours.len(), theirs.len());
    for (our, their) in ours.iter().zip(&theirs) {
        compare_record(file, our, their);
    }
}

fn compare_record(file: &Path, our: &Value, their: &Value) {
    let name = format!("{} at {}", file.display(), our["offset"]);
    for field in ["type", "url", "status"] {
        assert_eq!(our[field], their[field], "{name}: {field}");
    }
    assert_eq!(seconds(&our["date"]), seconds(&their["date"]), "{name}: date");
    let is_other = differences(file).any(|difference| {
        matches!(difference, Difference::Payload(offset) if Some(*offset) == our["offset"].as_u64())
    });
    // Of the block that says what an ARC file is, warcio counts the first two lines as head.
    if !is_other && our["type"] != "arc_header" {
        assert_eq!(our["payload_digest"], their["payload_digest"], "{name}: payload");
    }
}

#[test]
fn archives_that_warcio_writes_are_read_as_warcio_reads_them() {
    if !python_has("warcio") {
        return;
    }
    let home = Home::new();
    let folder = home.path("written");
    fs::create_dir(&folder).unwrap();
    let output = script("write.py").arg(&folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let files = archives(&folder);
    assert_eq!(files.len(), 7);
    for file in files {
        compare(&home, &file);
    }
}

#[test]
fn the_archives_of_others_are_read_as_warcio_reads_them() {
    let Some(folder) = std::env::var_os("PANTAU_SAMPLES") else { return };
    if !python_has("warcio") {
        return;
    }
    let files = archives(Path::new(&folder));
    assert!(!files.is_empty(), "PANTAU_SAMPLES holds no archive");
    let home = Home::new();
    for file in files {
        compare(&home, &file);
    }
}

/// The archives of a folder and those below it.
fn archives(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(archives(&path));
        } else if [".warc", ".arc", ".warc.wet", ".warc.wat"].iter().any(|end| is_named(&name, end)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn is_named(name: &str, end: &str) -> bool {
    name.trim_end_matches(".bad").trim_end_matches(".gz").ends_with(end)
}
