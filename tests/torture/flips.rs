//! One bit of a stored value or time flips in the file: `db verify` sees it, wherever it is.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use pantau::domain::{AlertState, Notice};
use pantau::store::{Delivery, NewDelivery, Store, StoreError, StoredAlert};
use rusqlite::{Connection, OpenFlags};

use crate::captures::{FOUR, capture};
use crate::cells::records;
use crate::raw::Raw;
use crate::rig::{Rig, source};

const FLIPS: usize = 1500;

/// A database with something in every table: captures, a poll log with a version of the page, a page that was not
/// understood, a pause, a held value, an alert that fired and the message about it.
pub(crate) fn rich() -> Rig {
    let rig = Rig::new();
    let answers = [
        ("200 OK", "X-Kosong: ya", "<h1>sedang diperbaiki</h1>".to_owned()),
        ("200 OK", "ETag: \"satu\"\r\nLast-Modified: Fri, 22 Nov 2024 03:30:00 GMT", capture("c03").text),
        ("503 Service Unavailable", "Retry-After: 3600", String::new()),
    ];
    let asked = AtomicUsize::new(0);
    let server = Raw::answering("127.0.0.1", move |stream| {
        let (status, header, body) = &answers[asked.fetch_add(1, Ordering::SeqCst).min(answers.len() - 1)];
        let length = body.len();
        write!(
            stream,
            "HTTP/1.1 {status}\r\nConnection: close\r\n{header}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    });
    rig.configure(&source("kontan", &server.url()));
    for name in FOUR {
        let capture = capture(name);
        rig.expect(0, &["poll", "--at", &capture.seen_at, "--from", capture.path.to_str().unwrap()]);
    }
    fs::write(rig.path("held.html"), "| : WIB | INDIKATOR |\n• LQ45 8.780 0,00 0,00%\n").unwrap();
    rig.expect(0, &["poll", "--at", "2024-11-22T10:45:00+07:00", "--from", "held.html"]);
    for code in [5, 0, 75] {
        rig.expect(code, &["poll"]);
    }
    alert(&rig.database());
    rig
}

/// An alert that fired, and a message about it that waits for its second attempt.
fn alert(database: &Path) {
    let at = chrono::DateTime::from_timestamp(1_732_246_200, 0).unwrap();
    let (name, rule) = ("naik".to_owned(), "lq45.level >= 900".to_owned());
    let fired = StoredAlert { name: name.clone(), rule: rule.clone(), state: AlertState::Fired, since: at };
    let readings = "[]".to_owned();
    let what = NewDelivery { alert: name, notice: Notice::Fired, rule, readings, since: at, made_at: at };
    let written = Store::open_writer(database).unwrap().write(|tables| {
        tables.put_alert(&fired)?;
        let kept = tables.add_delivery(what, "ops")?;
        tables.put_delivery(&Delivery { attempts: 1, detail: Some("sibuk".to_owned()), ..kept })
    });
    written.unwrap_or_else(|error: StoreError| panic!("{error}"));
}

/// Every table that `db verify` vouches for.
fn sealed(database: &Path) -> Vec<String> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let sql = "SELECT tables.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns \
               WHERE tables.type = 'table' AND columns.name = 'seal'";
    let mut statement = connection.prepare(sql).unwrap();
    let tables = statement.query_map([], |row| row.get(0)).unwrap();
    tables.map(Result::unwrap).collect()
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
    for table in sealed(&copy) {
        let has_rows = places.keys().any(|place| place.split('.').next() == Some(&table));
        assert!(has_rows, "nothing to flip in {table}");
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
