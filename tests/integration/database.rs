//! The database file: backups, damage of every kind, other versions. And what a database says, read past the program.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use pantau::domain::{AlertState, Notice};
use pantau::store::{Delivery, NewDelivery, Store, StoreError, StoredAlert};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::captures::{FOUR, capture, fixtures};
use crate::common::{Home, number, text};

/// Everything that a database says, without the keys that tell in which order it came. A text is its digest: how it is
/// folded changed once, and that it has its digest is what `db verify` proves.
pub(crate) fn content(database: &Path) -> Vec<String> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    let of_capture = "(SELECT hex(digest) FROM capture WHERE capture.id = capture_id)";
    let of_indicator = "(SELECT slug FROM indicator WHERE indicator.id = indicator_id)";
    let figures = "level, level_scale, change, change_scale, percent, percent_scale";
    let mut rows: Vec<String> = [
        "SELECT 'source', name, url, log_begins_at FROM source".to_owned(),
        "SELECT 'indicator', slug, label, kind, unit, heartbeat FROM indicator".to_owned(),
        "SELECT 'capture', url, captured_at, origin, hex(digest), page_date FROM capture".to_owned(),
        format!(
            "SELECT 'observation', {of_indicator}, first_seen, last_seen, {figures}, verdict, {of_capture} \
             FROM observation"
        ),
        format!("SELECT 'poll', started_at, outcome, rows, detail, seen_at, {of_capture} FROM poll"),
        format!("SELECT 'sighting', seen_at, {of_capture} FROM sighting"),
        format!("SELECT 'rolled', {of_indicator}, until FROM rolled"),
        format!("SELECT 'rollup', {of_indicator}, grain, first_seen, last_seen, open, high, low, close, runs FROM rollup"),
        "SELECT 'kept_page', url, content_type, hex(digest), bytes, was_cut FROM kept_page".to_owned(),
        "SELECT 'kept_sighting', seen_at, (SELECT hex(digest) FROM kept_page WHERE id = page_id) FROM kept_sighting"
            .to_owned(),
        format!(
            "SELECT 'held', {of_indicator}, seen_at, last_seen, {figures}, reason, decision, {of_capture} FROM held"
        ),
    ]
    .iter()
    .flat_map(|sql| lines(&connection, sql).unwrap())
    .collect();
    rows.sort();
    rows
}

/// The rows of a question, a line each.
fn lines(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(sql)?;
    let columns = statement.column_count();
    let line = |row: &rusqlite::Row<'_>| {
        let values: rusqlite::Result<Vec<String>> = (0..columns)
            .map(|column| row.get::<_, Value>(column).map(|value| format!("{value:?}")))
            .collect();
        values.map(|values| values.join(" "))
    };
    statement.query_map([], line)?.collect()
}

/// A database with something in every table: captures, a poll log with a version of the page, a kept page, held
/// figures.
fn rich() -> Home {
    let home = Home::with_captures(&FOUR);
    let server = crate::server::Server::start(vec![
        crate::server::Answer::page(crate::shapes::without_block()),
        crate::server::Answer::page(capture("c03").text).header("ETag", "\"satu\""),
        crate::server::Answer::new("500 Internal Server Error", "sedang rusak").header("Retry-After", "120"),
    ]);
    let config = home.write(
        "config/pantau/pantau.toml",
        format!("[[source]]\nname = \"kontan\"\nurl = \"{}\"\nlayout = \"kontan\"\n", server.url()),
    );
    home.pantau(["poll"]).fails(5);
    home.pantau(["poll"]).ok();
    home.pantau(["poll"]).fails(75);
    // An alert that fired, and a message about it that waits for its second attempt.
    let at = chrono::DateTime::from_timestamp(1_732_246_200, 0).unwrap();
    let (name, rule) = ("naik".to_owned(), "lq45.level >= 900".to_owned());
    let fired = StoredAlert { name: name.clone(), rule: rule.clone(), state: AlertState::Fired, since: at };
    let readings = "[]".to_owned();
    let what = NewDelivery { alert: name, notice: Notice::Fired, rule, readings, since: at, made_at: at };
    let written = Store::open_writer(&home.database()).unwrap().write(|tables| {
        tables.put_alert(&fired)?;
        let kept = tables.add_delivery(what, "ops")?;
        tables.put_delivery(&Delivery { attempts: 1, detail: Some("busy".to_owned()), ..kept })
    });
    written.unwrap_or_else(|error: StoreError| panic!("{error}"));
    fs::remove_file(config).unwrap();
    let page = "| : WIB | INDIKATOR |\n• LQ45 8.780 0,00 0,00%\n";
    home.pantau(["poll", "--at", "2024-11-22T10:45:00+07:00", "--from", "-"]).stdin(page).run();
    home
}

#[test]
fn processes_that_make_the_same_database_at_once_wait_for_each_other() {
    for _ in 0..8 {
        let home = Home::new();
        let started: Vec<_> = (0..4)
            .map(|minute| {
                let page = home.write(&format!("{minute}.html"), "| INDIKATOR | LQ45 704,00 0,00 0,00%");
                let at = format!("2024-08-01T10:{minute:02}:00+07:00");
                home.pantau(["poll", "--at", &at, "--from"]).arg(page).start()
            })
            .collect();
        for poll in started {
            let done = poll.wait(Duration::from_secs(60));
            assert_eq!(done.code, Some(0), "{done}");
        }
        home.pantau(["db", "verify"]).ok();
    }
}

#[test]
fn a_backup_is_a_whole_database() {
    let home = Home::with_captures(&FOUR);
    let copy = home.path("copy.db");
    home.pantau(["db", "backup"]).arg(&copy).ok();
    assert_eq!(content(&copy), content(&home.database()));
    home.pantau(["db", "verify", "--db"]).arg(&copy).ok();
    let latest = |home: &Home, more: &[&str]| home.pantau(["latest", "-f", "json"]).args(more).ok().stdout();
    assert_eq!(latest(&home, &["--db", copy.to_str().unwrap()]), latest(&home, &[]));
    let names: Vec<PathBuf> = home.files();
    assert!(!names.iter().any(|name| name.to_string_lossy().contains("partial")), "{names:?}");
}

#[test]
fn a_backup_never_overwrites() {
    let home = Home::with_captures(&["c20"]);
    let taken = home.write("taken.db", b"something dear");
    home.pantau(["db", "backup"]).arg(&taken).refuses(1).says("taken.db");
    assert_eq!(fs::read(&taken).unwrap(), b"something dear");
    home.pantau(["db", "backup"]).arg(home.path("no/such/folder.db")).refuses(1);
}

#[test]
fn a_backup_touches_no_other_file() {
    let home = Home::with_captures(&["c20"]);
    let names = ["copy.partial", "copy.tmp", "copy.db.tmp", "copy.db.partial", "copy"];
    let others: Vec<PathBuf> = names.iter().map(|name| home.write(name, b"something dear")).collect();
    home.pantau(["db", "backup", "copy.db"]).ok();
    for other in others {
        assert_eq!(fs::read(&other).unwrap(), b"something dear", "{}", other.display());
    }
}

#[test]
fn a_good_database_is_found_good() {
    rich().pantau(["db", "verify"]).ok();
}

/// The columns that `db verify` vouches for: all of them, but for the time at which a migration was applied.
fn columns(connection: &Connection) -> Vec<(String, String)> {
    let sql = "SELECT tables.name, columns.name FROM sqlite_schema AS tables, pragma_table_info(tables.name) AS columns \
               WHERE tables.type = 'table' AND tables.name NOT LIKE 'sqlite_%' AND columns.name <> 'applied_on' \
               ORDER BY 1, columns.cid";
    let mut statement = connection.prepare(sql).unwrap();
    let columns = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    columns.map(Result::unwrap).collect()
}

/// Bits of a number that are tried: low ones, those around the ends of bytes, high ones.
const BITS: [u32; 12] = [0, 1, 2, 5, 7, 8, 15, 16, 21, 31, 32, 62];

/// Values that differ from one by a single bit.
fn flips(value: &Value) -> Vec<Value> {
    let flipped_bytes = |bytes: &[u8]| -> Vec<Vec<u8>> {
        let flip = |at: usize| {
            let mut flipped = bytes.to_vec();
            flipped[at] ^= 1 << (at % 8);
            flipped
        };
        (0..bytes.len()).step_by(1 + bytes.len() / 40).map(flip).collect()
    };
    match value {
        Value::Integer(number) => BITS.map(|bit| Value::Integer(number ^ (1 << bit))).to_vec(),
        Value::Text(text) => flipped_bytes(text.as_bytes())
            .into_iter()
            .filter_map(|bytes| String::from_utf8(bytes).ok().map(Value::Text))
            .collect(),
        Value::Blob(bytes) => flipped_bytes(bytes).into_iter().map(Value::Blob).collect(),
        Value::Null | Value::Real(_) => Vec::new(),
    }
}

/// A connection that changes whatever it is told to change.
fn careless(database: &Path) -> Connection {
    let connection = Connection::open(database).unwrap();
    let pragmas =
        "PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; PRAGMA synchronous = OFF;";
    connection.execute_batch(pragmas).unwrap();
    connection
}

/// The first row of a table in which a column holds something, as a condition.
fn a_row_with(connection: &Connection, table: &str, column: &str) -> Option<(String, Value)> {
    let mut keys =
        connection.prepare("SELECT name FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk").unwrap();
    let keys: Vec<String> = keys.query_map([table], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let quoted: Vec<String> = keys.iter().map(|key| format!("quote({key})")).collect();
    let sql =
        format!("SELECT {column}, {} FROM {table} WHERE {column} IS NOT NULL LIMIT 1", quoted.join(", "));
    connection
        .query_row(&sql, [], |row| {
            let conditions: Vec<String> = keys
                .iter()
                .enumerate()
                .map(|(at, key)| Ok(format!("{key} = {}", row.get::<_, String>(at + 1)?)))
                .collect::<rusqlite::Result<_>>()?;
            Ok((conditions.join(" AND "), row.get(0)?))
        })
        .ok()
}

#[test]
fn any_flipped_bit_of_a_stored_value_or_time_is_found() {
    let home = rich();
    let database = home.path("flipped.db");
    home.pantau(["db", "backup"]).arg(&database).ok();
    let bytes = fs::read(&database).unwrap();
    let good = careless(&database);
    let mut empty = Vec::new();
    for (table, column) in columns(&good) {
        let Some((row, value)) = a_row_with(&good, &table, &column) else {
            empty.push(format!("{table}.{column}"));
            continue;
        };
        let update = format!("UPDATE {table} SET {column} = ?1 WHERE {row}");
        let flipped = home.path("flipped-once.db");
        // The program itself looks at one flip of each column, the library at all of them.
        let mut is_first = true;
        for flip in flips(&value) {
            fs::write(&flipped, &bytes).unwrap();
            // Where a flip gives another row's key, SQLite itself refuses it.
            if careless(&flipped).execute(&update, [&flip]).is_err() {
                continue;
            }
            let place = format!("{table}.{column} where {row}: {value:?} became {flip:?}");
            assert!(is_found_bad(&flipped), "{place}");
            if std::mem::take(&mut is_first) {
                let done = home.pantau(["db", "verify", "--db"]).arg(&flipped).run();
                assert_eq!(done.code, Some(5), "{place}\n{done}");
            }
        }
        assert!(!is_first, "nothing could be flipped in {table}.{column}");
    }
    let never_written =
        ["held.decision", "source.log_begins_at", "validator.last_modified", "capture.page_date"];
    empty.retain(|column| !never_written.contains(&column.as_str()));
    assert_eq!(empty, Vec::<String>::new(), "nothing to flip in these columns");
}

fn is_found_bad(database: &Path) -> bool {
    Store::open_reader(database).is_ok_and(|store| {
        let faults = pantau::ingest::faults(&store);
        faults.is_err() || faults.is_ok_and(|faults| !faults.is_empty())
    })
}

/// Every stored row of a file as SQLite reads it, or why it cannot.
fn everything(database: &Path) -> rusqlite::Result<Vec<String>> {
    let connection = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
    let mut rows = Vec::new();
    for table in [
        "source",
        "indicator",
        "capture",
        "observation",
        "poll",
        "sighting",
        "held",
        "validator",
        "alert",
        "delivery",
        "kept_page",
        "kept_sighting",
    ] {
        rows.extend(lines(&connection, &format!("SELECT * FROM {table} NOT INDEXED"))?);
    }
    Ok(rows)
}

#[test]
fn a_flipped_bit_in_the_file_is_found_or_changes_nothing() {
    let home = rich();
    let copy = home.path("copy.db");
    home.pantau(["db", "backup"]).arg(&copy).ok();
    let bytes = fs::read(&copy).unwrap();
    let before = everything(&copy).unwrap();
    let flipped = home.path("flipped.db");
    let (mut found, mut harmless) = (0, 0);
    // A fixed stride that meets every kind of page and every bit of a byte.
    for (count, at) in (20..bytes.len()).step_by(bytes.len() / 150).enumerate() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (count % 8);
        fs::write(&flipped, &damaged).unwrap();
        let is_same = everything(&flipped).is_ok_and(|after| after == before);
        let done = home.pantau(["db", "verify", "--db"]).arg(&flipped).run();
        let is_found = matches!(done.code, Some(1 | 5));
        assert!(is_found || is_same && done.code == Some(0), "bit {} of byte {at}\n{done}", count % 8);
        if is_found {
            found += 1;
        } else {
            harmless += 1;
        }
    }
    assert!(found > 0 && harmless > 0, "{found} found, {harmless} harmless");
}

#[test]
fn a_flipped_bit_of_a_stored_text_is_found_in_the_file() {
    let home = rich();
    let copy = home.path("copy.db");
    home.pantau(["db", "backup"]).arg(&copy).ok();
    let bytes = fs::read(&copy).unwrap();
    let block: Vec<u8> = {
        let connection = Connection::open_with_flags(&copy, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        connection.query_row("SELECT block FROM capture ORDER BY id LIMIT 1", [], |row| row.get(0)).unwrap()
    };
    let start = bytes.windows(block.len()).position(|window| window == block).unwrap();
    let flipped = home.path("flipped.db");
    for (count, at) in (start..start + block.len()).step_by(block.len() / 12).enumerate() {
        let mut damaged = bytes.clone();
        damaged[at] ^= 1 << (count % 8);
        fs::write(&flipped, &damaged).unwrap();
        home.pantau(["db", "verify", "--db"]).arg(&flipped).fails(5);
    }
}

#[test]
fn a_run_that_the_texts_do_not_say_is_found_even_when_it_is_sealed() {
    let home = Home::with_captures(&FOUR);
    let database = home.database();
    {
        // Written by the store itself, so its seal fits: only the texts can tell.
        let mut store = Store::open_writer(&database).unwrap();
        store
            .write(|tables| {
                let indicators = tables.indicators()?;
                let lq45 = indicators.iter().find(|one| one.indicator.slug.as_str() == "lq45").unwrap();
                let newest = tables.newest_run(lq45.id)?.unwrap();
                tables.take_run(lq45.id, newest.run.first_seen)
            })
            .unwrap();
    }
    home.pantau(["db", "verify"]).fails(5);
}

#[test]
fn a_newer_schema_is_refused_untouched() {
    let home = Home::with_captures(&["c20"]);
    let database = home.database();
    careless(&database).execute_batch("PRAGMA journal_mode = DELETE; PRAGMA user_version = 99;").unwrap();
    let before = fs::read(&database).unwrap();
    let capture = capture("c04");
    home.pantau(["latest"]).refuses(1).says("99");
    home.pantau(["poll", "--at", &capture.seen_at, "--from"]).arg(&capture.path).refuses(1).says("99");
    home.pantau(["db", "verify"]).refuses(1).says("99");
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn the_database_of_another_program_is_refused_untouched() {
    let home = Home::new();
    let database = home.write("data/pantau/pantau.db", b"");
    careless(&database).execute_batch("CREATE TABLE resep (bumbu TEXT)").unwrap();
    let before = fs::read(&database).unwrap();
    let capture = capture("c04");
    home.pantau(["poll", "--at", &capture.seen_at, "--from"]).arg(&capture.path).refuses(1);
    home.pantau(["latest"]).refuses(1);
    assert_eq!(fs::read(&database).unwrap(), before);
}

#[test]
fn a_database_of_every_schema_so_far_is_migrated_by_whoever_writes() {
    for version in [1, 2, 4, 5] {
        let home = Home::new();
        let old = fs::read(fixtures().join(format!("databases/v{version}.db"))).unwrap();
        home.write("data/pantau/pantau.db", old);
        // Nothing new is written, but a writer opens it.
        home.record("c28");
        let newest = home.pantau(["latest", "lq45", "-f", "json"]).ok().array().remove(0);
        assert_eq!(number(&newest, "level"), Some(crate::common::decimal("877")));
        assert_eq!(text(&newest, "first_seen"), "2024-11-22T17:00:00+07:00");
        home.pantau(["db", "verify"]).ok();
        assert_eq!(content(&home.database()), content(&Home::with_captures(&FOUR).database()));
    }
}
