//! The rows in a table of SQLite alone: the least that keeping them there can cost.

use std::path::Path;

use anyhow::Result;
use rusqlite::Connection;

use super::rows::{INDICATORS, Pace, at, level};
use super::{Stopwatch, say, tell};

const TABLE: &str = "PRAGMA journal_mode = WAL;
    CREATE TABLE point (indicator INTEGER NOT NULL, at INTEGER NOT NULL, level INTEGER NOT NULL,
                        PRIMARY KEY (indicator, at)) WITHOUT ROWID;";

/// Brings the rows into a clustered table of integers, sorted, in one transaction. Tells the rows a second of
/// processor time, and what is there then.
pub(super) fn insert(pace: Pace, captures: u32, database: &Path) -> Result<()> {
    let mut connection = Connection::open(database)?;
    connection.execute_batch(TABLE)?;
    let stopwatch = Stopwatch::begin()?;
    let transaction = connection.transaction()?;
    let mut statement = transaction.prepare("INSERT INTO point VALUES (?, ?, ?)")?;
    for number in 0..INDICATORS {
        for minute in 0..captures {
            statement.execute((number, at(minute), level(pace.state(minute), number)))?;
        }
    }
    drop(statement);
    transaction.commit()?;
    tell(f64::from(captures * INDICATORS) * 1e6 / stopwatch.micros()?);
    let sums = "SELECT count(*), sum(level) FROM point";
    let (count, sum): (i64, i64) = connection.query_row(sums, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
    say(format_args!("{count} {sum}"));
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
        let mut statement = transaction.prepare_cached("INSERT INTO point VALUES (?, ?, ?)")?;
        (0..INDICATORS).try_for_each(|number| {
            statement.execute((number, at(minute), level(minute, number))).map(drop)
        })?;
        drop(statement);
        transaction.commit()?;
    }
    tell(stopwatch.micros()? / f64::from(polls));
    let count: i64 = connection.query_row("SELECT count(DISTINCT at) FROM point", [], |row| row.get(0))?;
    say(format_args!("{count} polls"));
    Ok(())
}
