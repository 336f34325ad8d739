//! Eleven rows each minute, as plain numbers: for those who keep no pages.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;

use anyhow::{Context, Result, bail};
use rusqlite::Connection;

use crate::launch::cpu_micros;

use super::{Stopwatch, say, tell};

const FIRST: i64 = 1_700_000_040;
const INDICATORS: u32 = 11;

/// When the levels are others.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// Every ten minutes: most rows confirm what is known.
    Calm,
    /// Each minute.
    Restless,
}

impl Pace {
    /// A number that is another one when the levels are others.
    pub(super) fn state(self, minute: u32) -> u32 {
        match self {
            Self::Calm => minute / 10,
            Self::Restless => minute,
        }
    }
}

impl std::str::FromStr for Pace {
    type Err = anyhow::Error;

    fn from_str(word: &str) -> Result<Self> {
        match word {
            "calm" => Ok(Self::Calm),
            "restless" => Ok(Self::Restless),
            other => bail!("'{other}' is no pace"),
        }
    }
}

pub(super) fn at(minute: u32) -> i64 {
    FIRST + i64::from(minute) * 60
}

/// In hundredths.
pub(super) fn level(state: u32, number: u32) -> u32 {
    70_000 + (state * (7 + number)) % 10_007
}

/// A line for each row: indicator, time, and hundredths.
pub(super) fn write_text(pace: Pace, captures: u32, path: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(path)?);
    for minute in 0..captures {
        for number in 0..INDICATORS {
            writeln!(text, "{number},{},{}", at(minute), level(pace.state(minute), number))?;
        }
    }
    text.flush()?;
    Ok(())
}

/// Commands for one round robin database with a source for each row.
pub(super) fn write_rrd_commands(pace: Pace, captures: u32, database: &Path, path: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(path)?);
    let database = database.display();
    let sources = (0..INDICATORS).map(|number| format!(" DS:d{number}:GAUGE:600:U:U")).collect::<String>();
    write!(text, "create {database} --start {} --step 60{sources} RRA:LAST:0.5:1:{captures}", FIRST - 60)?;
    for minute in 0..captures {
        if minute % 500 == 0 {
            write!(text, "\nupdate {database}")?;
        }
        write!(text, " {}", at(minute))?;
        (0..INDICATORS).try_for_each(|number| write!(text, ":{}", level(pace.state(minute), number)))?;
    }
    writeln!(text)?;
    text.flush()?;
    Ok(())
}

/// Runs `rrdtool` over commands. Tells the rows a second of its processor time.
pub(super) fn rrd(captures: u32, commands: &Path) -> Result<()> {
    let before = cpu_micros()?;
    let mut rrdtool = std::process::Command::new("rrdtool");
    let status =
        rrdtool.arg("-").stdin(File::open(commands)?).stdout(std::process::Stdio::null()).status()?;
    if !status.success() {
        bail!("rrdtool ended with {status}");
    }
    tell(f64::from(captures * INDICATORS) * 1e6 / (cpu_micros()? - before) as f64);
    Ok(())
}

/// Brings the rows into a clustered table of integers, sorted, in one transaction: the least that keeping them in SQLite
/// can cost. Tells the rows a second of processor time, and what is there then.
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

const TABLE: &str = "PRAGMA journal_mode = WAL;
    CREATE TABLE point (indicator INTEGER NOT NULL, at INTEGER NOT NULL, level INTEGER NOT NULL,
                        PRIMARY KEY (indicator, at)) WITHOUT ROWID;";

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

/// Eleven processes a poll, each of which updates a round robin database of its own. Tells their processor time.
pub(super) fn rrd_polls(polls: u32, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = |number: u32| folder.join(format!("{number}.rrd"));
    let rrdtool = |args: &[String]| -> Result<()> {
        let status =
            std::process::Command::new("rrdtool").args(args).status().context("failed to start rrdtool")?;
        if status.success() { Ok(()) } else { bail!("rrdtool {args:?} ended with {status}") }
    };
    for number in 0..INDICATORS {
        let (path, start) = (file(number).display().to_string(), (FIRST - 60).to_string());
        let words = ["create", &path, "--start", &start, "--step", "60", "DS:level:GAUGE:600:U:U"];
        rrdtool(&words.into_iter().chain(["RRA:LAST:0.5:1:525600"]).map(str::to_owned).collect::<Vec<_>>())?;
    }
    let stopwatch = Stopwatch::begin()?;
    for minute in 0..polls {
        for number in 0..INDICATORS {
            let value = format!("{}:{}", at(minute), level(minute, number));
            rrdtool(&["update".to_owned(), file(number).display().to_string(), value])?;
        }
    }
    tell(stopwatch.micros()? / f64::from(polls));
    Ok(())
}
