//! The data of the contests: made once from a seed, and then brought into the form in which each contestant keeps them. A
//! form is only made where somebody asks for it.

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rusqlite::Connection;

use crate::folder::Folder;
use crate::launch::{self, Job};
use crate::peers::Peers;
use crate::work;

/// The moment of the last point: the last minute of 2025 in Jakarta.
pub(crate) const LAST: i64 = 1_767_200_340;

/// How long a value of a round robin database is good.
const HEARTBEAT: u32 = 600;
/// How many values one call brings into it.
const VALUES_A_CALL: usize = 4000;

/// Data of one kind and size.
#[derive(Debug)]
pub(crate) struct Data<'a> {
    folder: &'a Folder,
    peers: &'a Peers,
    /// What its files are called.
    name: String,
    /// How many rows there are of the indicator with the most.
    rows: u32,
}

impl<'a> Data<'a> {
    /// One indicator, so many minutes.
    pub(crate) fn points(folder: &'a Folder, peers: &'a Peers, count: u32) -> Result<Self> {
        let made = Self { folder, peers, name: format!("points-{count}"), rows: count };
        made.make("make-points", count)?;
        Ok(made)
    }

    /// Eleven indicators, each minute of the sessions of so many days.
    pub(crate) fn days(folder: &'a Folder, peers: &'a Peers, days: u32) -> Result<Self> {
        let made = Self { folder, peers, name: format!("days-{days}"), rows: days * 24 * 60 };
        made.make("make-year", days)?;
        Ok(made)
    }

    /// Made by another process, so that this one stays small.
    fn make(&self, work: &str, size: u32) -> Result<()> {
        self.folder.made(&format!("{}.seconds", self.name), |unfinished| {
            for old in [self.database(), self.text()].into_iter().filter(|old| old.exists()) {
                fs::remove_file(old)?;
            }
            let job = work::job(work)?.arg(size).path(&self.database()).path(&self.text());
            let made = launch::run(self.folder, &job)?;
            fs::copy(made.stdout, unfinished)?;
            Ok(())
        })?;
        Ok(())
    }

    fn file(&self, ending: &str) -> PathBuf {
        self.folder.path().join(format!("{}.{ending}", self.name))
    }

    /// The database of pantau.
    pub(crate) fn database(&self) -> PathBuf {
        self.file("db")
    }

    /// The processor time in seconds that it took to bring them in.
    pub(crate) fn import_seconds(&self) -> Result<f64> {
        let text = fs::read_to_string(self.file("seconds"))?;
        Ok(text.trim().trim_start_matches(crate::contest::TOLD).parse()?)
    }

    /// Time and level of a line, the indicator before them where there are several.
    pub(crate) fn text(&self) -> PathBuf {
        self.file("csv")
    }

    /// A question to pantau.
    pub(crate) fn ask(&self) -> Job {
        Job::new(env!("CARGO_BIN_EXE_pantau")).arg("--db").path(&self.database())
    }

    /// A plain table, clustered by indicator and time.
    pub(crate) fn sqlite(&self) -> Result<PathBuf> {
        self.made("sqlite", |path| fill_sqlite(path, &self.text()))
    }

    pub(crate) fn duckdb(&self) -> Result<PathBuf> {
        self.made("duckdb", |path| self.by_script("make_duckdb.py", path))
    }

    pub(crate) fn parquet(&self) -> Result<PathBuf> {
        self.made("parquet", |path| self.by_script("make_parquet.py", path))
    }

    /// A round robin database of one indicator, with the bars of hours and days beside the minutes.
    pub(crate) fn rrd(&self, indicator: Option<&str>) -> Result<PathBuf> {
        let ending = indicator.map_or_else(|| "rrd".to_owned(), |indicator| format!("{indicator}.rrd"));
        self.made(&ending, |path| self.fill_rrd(path, indicator))
    }

    /// How many bytes a file has.
    pub(crate) fn bytes(path: &Path) -> Result<f64> {
        Ok(path.metadata()?.len() as f64)
    }

    fn made(&self, ending: &str, make: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
        self.folder.made(&format!("{}.{ending}", self.name), make)
    }

    fn by_script(&self, script: &str, path: &Path) -> Result<()> {
        launch::run(self.folder, &self.peers.script(script).path(&self.text()).path(path)).map(drop)
    }

    fn fill_rrd(&self, path: &Path, indicator: Option<&str>) -> Result<()> {
        let commands = self.folder.path().join("rrd-commands");
        let mut file = BufWriter::new(File::create(&commands)?);
        let wanted =
            |row: &Result<Row>| row.as_ref().map_or(true, |row| row.indicator.as_deref() == indicator);
        for (number, row) in rows(&self.text())?.filter(wanted).enumerate() {
            let row = row?;
            if number == 0 {
                write!(file, "{}", self.create_rrd(path, row.at - 60))?;
            }
            if number % VALUES_A_CALL == 0 {
                write!(file, "\nupdate {}", path.display())?;
            }
            write!(file, " {}:{}", row.at, row.level)?;
        }
        writeln!(file)?;
        file.flush()?;
        launch::run(self.folder, &Job::new("rrdtool").arg("-").reads(commands)).map(drop)
    }

    /// The command that makes a round robin database of minutes, and of hours and days as they are consolidated.
    fn create_rrd(&self, path: &Path, begin: i64) -> String {
        let (path, minutes) = (path.display(), self.rows);
        let (hours, days) = (minutes / 60 + 24, minutes / 1440 + 2);
        let bars = ["AVERAGE", "MIN", "MAX", "LAST"]
            .map(|how| format!("RRA:{how}:0.5:60:{hours} RRA:{how}:0.5:1440:{days}"))
            .join(" ");
        format!(
            "create {path} --start {begin} --step 60 DS:level:GAUGE:{HEARTBEAT}:U:U RRA:LAST:0.5:1:{minutes} {bars}"
        )
    }
}

/// A row of the text.
struct Row {
    indicator: Option<String>,
    at: i64,
    level: String,
}

fn rows(text: &Path) -> Result<impl Iterator<Item = Result<Row>>> {
    let lines = BufReader::new(File::open(text)?).lines();
    Ok(lines.map(|line| {
        let line = line?;
        let (front, level) = line.rsplit_once(',').context("a line without a comma")?;
        let (indicator, at) = match front.split_once(',') {
            Some((indicator, at)) => (Some(indicator.to_owned()), at),
            None => (None, front),
        };
        Ok(Row { indicator, at: at.parse()?, level: level.to_owned() })
    }))
}

/// As SQLite keeps such rows best: integers in hundredths, in the order of their key.
fn fill_sqlite(path: &Path, text: &Path) -> Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(
        "CREATE TABLE indicator (id INTEGER PRIMARY KEY, slug TEXT NOT NULL UNIQUE);
         CREATE TABLE point (indicator INTEGER NOT NULL, at INTEGER NOT NULL, level INTEGER NOT NULL,
                             PRIMARY KEY (indicator, at)) WITHOUT ROWID;",
    )?;
    let transaction = connection.transaction()?;
    let mut slugs: Vec<String> = Vec::new();
    for row in rows(text)? {
        let Row { indicator, at, level } = row?;
        let slug = indicator.unwrap_or_else(|| "lq45".to_owned());
        let id = slugs.iter().position(|known| *known == slug).unwrap_or_else(|| {
            slugs.push(slug);
            slugs.len() - 1
        });
        let values = (i64::try_from(id)?, at, hundredths(&level)?);
        transaction.prepare_cached("INSERT INTO point VALUES (?, ?, ?)")?.execute(values)?;
    }
    for (id, slug) in slugs.iter().enumerate() {
        transaction.execute("INSERT INTO indicator VALUES (?, ?)", (i64::try_from(id)?, slug))?;
    }
    transaction.commit()?;
    // What `ANALYZE` knows is part of a table that is well kept.
    connection.execute_batch("VACUUM; ANALYZE;")?;
    Ok(())
}

fn hundredths(level: &str) -> Result<i64> {
    let (whole, fraction) = level.split_once('.').unwrap_or((level, "00"));
    Ok(whole.parse::<i64>()? * 100 + format!("{fraction:0<2}").parse::<i64>()?)
}
