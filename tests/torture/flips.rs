//! One bit of a stored value or time flips in the file: `db verify` sees it, wherever it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use pantau::store::Store;
use rusqlite::{Connection, OpenFlags};

use crate::captures::{FOUR, capture};
use crate::cells::records;
use crate::raw::Raw;
use crate::rig::{Rig, source};

const FLIPS: usize = 1500;

/// A database with something in every table that polls fill: captures, a poll log with a version of the page, a
/// held value.
pub(crate) fn rich() -> Rig {
    let rig = Rig::new();
    let server = Raw::answering("127.0.0.1", |stream| {
        let page = capture("c03").text;
        let tag = "ETag: \"satu\"\r\nLast-Modified: Fri, 22 Nov 2024 03:30:00 GMT";
        write!(
            stream,
            "HTTP/1.1 200 OK\r\nConnection: close\r\n{tag}\r\nContent-Length: {}\r\n\r\n{page}",
            page.len()
        )
    });
    rig.configure(&source("kontan", &server.url()));
    for name in FOUR {
        let capture = capture(name);
        rig.expect(0, &["poll", "--at", &capture.seen_at, "--from", capture.path.to_str().unwrap()]);
    }
    fs::write(rig.path("held.html"), "| : WIB | INDIKATOR |\n• LQ45 8.780 0,00 0,00%\n").unwrap();
    rig.expect(0, &["poll", "--at", "2024-11-22T10:45:00+07:00", "--from", "held.html"]);
    rig.expect(0, &["poll"]);
    rig
}

/// Where the values of each column lie in a file, by table and column. A table is its own b-tree, with its columns
/// in the order in which they are stored.
fn places(database: &Path, file: &[u8]) -> BTreeMap<String, Vec<usize>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' \
               AND name NOT LIKE 'refinery_%'";
    let mut statement = connection.prepare(sql).unwrap();
    let tables = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    let mut places: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for table in tables {
        let (table, root): (String, u32) = table.unwrap();
        let root = usize::try_from(root).unwrap();
        for value in records(file, root).into_iter().flatten() {
            let column = value.column.map_or("key".to_owned(), |column| column.to_string());
            places.entry(format!("{table}.{column}")).or_default().extend(value.bytes);
        }
    }
    places
}

/// Flips that go round the columns, and in each from its first byte to its last in even steps.
fn flips(places: &BTreeMap<String, Vec<usize>>) -> Vec<(String, usize, u8)> {
    let rounds = FLIPS.div_ceil(places.len());
    let flip = |round: usize, column: &String, bytes: &Vec<usize>| {
        let at = bytes[(round * bytes.len() / rounds + round) % bytes.len()];
        (column.clone(), at, u8::try_from((round * 5 + at) % 8).unwrap())
    };
    let all =
        (0..rounds).flat_map(|round| places.iter().map(move |(column, bytes)| flip(round, column, bytes)));
    all.take(FLIPS).collect()
}

fn is_found_by_verify(database: &Path) -> bool {
    Store::open_reader(database).is_ok_and(|store| match pantau::ingest::faults(&store) {
        Ok(faults) => !faults.is_empty(),
        Err(_) => true,
    })
}

fn is_found_by_sqlite(database: &Path) -> bool {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let check = connection.query_row("PRAGMA integrity_check", [], |row| row.get::<_, String>(0));
    check.is_err() || check.is_ok_and(|check| check != "ok")
}

#[test]
fn every_flipped_bit_of_a_stored_value_or_time_is_found() {
    let rig = rich();
    let copy = rig.path("copy.db");
    rig.expect(0, &["db", "backup", "copy.db"]);
    let file = fs::read(&copy).unwrap();
    let places = places(&copy, &file);
    let tables: Vec<&str> = places.keys().map(|place| place.split('.').next().unwrap()).collect();
    for table in ["observation", "poll", "sighting", "capture", "indicator", "source", "held", "validator"] {
        assert!(tables.contains(&table), "nothing to flip in {table}");
    }
    let flipped: PathBuf = rig.path("flipped.db");
    let (mut missed, mut by_sqlite) = (Vec::new(), 0);
    for (number, (column, at, bit)) in flips(&places).into_iter().enumerate() {
        let mut damaged = file.clone();
        damaged[at] ^= 1 << bit;
        fs::write(&flipped, &damaged).unwrap();
        by_sqlite += usize::from(is_found_by_sqlite(&flipped));
        if !is_found_by_verify(&flipped) {
            missed.push(format!("bit {bit} of byte {at}, in {column}"));
        }
        // What people run is asked now and then.
        if number % 100 == 0 {
            let verified = rig.pantau(&["db", "verify", "--db", "flipped.db"]).output().unwrap();
            assert!(matches!(verified.status.code(), Some(1 | 5)), "bit {bit} of byte {at}, in {column}");
        }
    }
    let found = FLIPS - missed.len();
    println!("{found} of {FLIPS} flips in {} columns found; by SQLite's own check {by_sqlite}", places.len());
    assert!(missed.is_empty(), "{}", missed.join("\n"));
    assert!(by_sqlite < FLIPS, "SQLite finds them all: the seals are not needed");
}
