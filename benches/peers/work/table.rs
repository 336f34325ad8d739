//! The rows in a table of SQLite alone: the least that keeping them there can cost.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, Statement};

use super::rows::{INDICATORS, Numbers, Pace, at, numbers};
use super::{Stopwatch, say, tell};

const TABLE: &str = "PRAGMA journal_mode = WAL;
    CREATE TABLE point (indicator INTEGER NOT NULL, at INTEGER NOT NULL, level INTEGER NOT NULL,
                        change INTEGER NOT NULL, percent INTEGER NOT NULL,
                        PRIMARY KEY (indicator, at)) WITHOUT ROWID;";

const INSERT: &str = "INSERT INTO point VALUES (?, ?, ?, ?, ?)";
const SUMS: &str = "SELECT count(*), sum(level), sum(change), sum(percent) FROM point";

fn insert_one(statement: &mut Statement<'_>, minute: u32, state: u32, number: u32) -> rusqlite::Result<()> {
    let Numbers { level, change, percent } = numbers(state, number);
    statement.execute((number, at(minute), level, change, percent)).map(drop)
}

/// How many rows there are, and the sums of their numbers.
pub(super) fn sums(connection: &Connection, sql: &str) -> Result<String> {
    let sums = |row: &rusqlite::Row<'_>| -> rusqlite::Result<[i64; 4]> {
        Ok([row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?])
    };
    Ok(connection.query_row(sql, [], sums)?.map(|sum| sum.to_string()).join(" "))
}

/// Brings the rows into a clustered table of integers, sorted, in one transaction. Tells the rows a second of
/// processor time, and what is there then.
pub(super) fn insert(pace: Pace, captures: u32, database: &Path) -> Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch(TABLE)?;
    let stopwatch = Stopwatch::begin()?;
    let transaction = connection.transaction()?;
    let mut statement = transaction.prepare(INSERT)?;
    for number in 0..INDICATORS {
        for minute in 0..captures {
            insert_one(&mut statement, minute, pace.state(minute), number)?;
        }
    }
    drop(statement);
    transaction.commit()?;
    tell(f64::from(captures * INDICATORS) * 1e6 / stopwatch.micros()?);
    say(format_args!("{}", sums(&connection, SUMS)?));
    Ok(())
}

/// Eleven rows a transaction. Tells the processor time of one in microseconds, and how many there are.
pub(super) fn polls(synchronous: &str, polls: u32, database: &Path) -> Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch(TABLE)?;
    connection.pragma_update(None, "synchronous", synchronous)?;
    let stopwatch = Stopwatch::begin()?;
    for minute in 0..polls {
        let transaction = connection.transaction()?;
        let mut statement = transaction.prepare_cached(INSERT)?;
        (0..INDICATORS).try_for_each(|number| insert_one(&mut statement, minute, minute, number))?;
        drop(statement);
        transaction.commit()?;
    }
    tell(stopwatch.micros()? / f64::from(polls));
    let count: i64 = connection.query_row("SELECT count(DISTINCT at) FROM point", [], |row| row.get(0))?;
    say(format_args!("{count} polls"));
    Ok(())
}
