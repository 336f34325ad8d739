//! Ten million observations as CSV.

use std::fs::File;
use std::io::{BufRead, BufReader};

use anyhow::Result;
use chrono::DateTime;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::data::Data;
use crate::launch::{Job, Run};
use crate::peers::Tool;
use crate::results::Section;

use super::Ground;

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let count = ground.scale.of(10_000_000, 10_000);
    let data = Data::points(ground.folder, ground.peers, count)?;
    Ok(vec![contest(ground, &data, count)?.run(ground.folder, ground.scale).into()])
}

fn contest(ground: &Ground<'_>, data: &Data<'_>, count: u32) -> Result<Contest> {
    let peers = ground.peers;
    let same = Answer::Same(digest);
    let mut contest = Contest::new(
        "csv",
        format!(
            "{count} observations from a database to CSV, in the eleven columns that pantau writes, two of them times that \
             people read; rrdtool, which knows no such columns, writes time and level"
        ),
        Measure::CpuMs,
    )
    .aim(Aim::TimesOf(0.5, "duckdb"));
    contest.pantau("pantau history -f csv", data.ask().args(["-f", "csv", "history", "lq45"]), same);
    contest.peer(peers, Tool::Sqlite, "sqlite3 -csv", same, || {
        Ok(Job::new("sqlite3").args(["-readonly", "-csv", "-header"]).path(&data.sqlite()?).arg(SQL))
    })?;
    contest.peer(peers, Tool::Rrdtool, "rrdtool fetch", same, || {
        let path = data.rrd(None)?;
        let begin = crate::data::LAST - i64::from(count) * 60;
        let range = [begin.to_string(), "-e".to_owned(), (crate::data::LAST - 60).to_string()];
        Ok(Job::new("rrdtool").arg("fetch").path(&path).args(["LAST", "-r", "60", "-s"]).args(range))
    })?;
    contest.peer(peers, Tool::DuckDb, "duckdb", same, || {
        let file = ground.folder.path().join("csv-duckdb.csv");
        Ok(peers.script("csv_duckdb.py").path(&data.duckdb()?).path(&file).writes(file))
    })?;
    contest.peer(peers, Tool::Pandas, "pandas", same, || {
        let file = ground.folder.path().join("csv-pandas.csv");
        Ok(peers.script("csv_pandas.py").path(&data.parquet()?).path(&file).writes(file))
    })?;
    Ok(contest)
}

/// How many lines there are with a time and a level, and a sum that every time and level and their order make.
fn digest(run: &Run) -> Result<String> {
    let mut sum = crc32fast::Hasher::new();
    let mut count = 0;
    let mut places = (0, 1);
    for line in BufReader::new(File::open(&run.written)?).lines() {
        let line = line?;
        let cells: Vec<&str> = line.split(',').collect();
        if let Some(named) = named(&cells) {
            places = named;
        } else if let Some((at, level)) = point(&line, &cells, places) {
            sum.update(&at.to_le_bytes());
            sum.update(&level.to_le_bytes());
            count += 1;
        }
    }
    Ok(format!("{count} points, {:08x}", sum.finalize()))
}

/// Where time and level stand, going by the names of columns.
fn named(cells: &[&str]) -> Option<(usize, usize)> {
    let place = |name: &str| cells.iter().position(|cell| *cell == name);
    place("first_seen").zip(place("level"))
}

/// Seconds, and hundredths of a level.
fn point(line: &str, cells: &[&str], places: (usize, usize)) -> Option<(i64, i64)> {
    // `1767200340: 9.0125000000e+02`
    if let Some((at, level)) = line.split_once(": ") {
        return Some((at.parse().ok()?, hundredths(level)?));
    }
    Some((moment(cells.get(places.0)?)?, hundredths(cells.get(places.1)?)?))
}

fn hundredths(level: &str) -> Option<i64> {
    let level: f64 = level.parse().ok().filter(|level: &f64| level.is_finite())?;
    #[expect(clippy::cast_possible_truncation, reason = "levels have some hundred points")]
    Some((level * 100.0).round() as i64)
}

/// RFC 3339, and how pandas writes times.
fn moment(text: &str) -> Option<i64> {
    let text = text.trim_matches('"');
    let at = DateTime::parse_from_rfc3339(text)
        .or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%:z"));
    at.ok().map(|at| at.timestamp())
}

const SQL: &str = "SELECT slug AS indicator, 'LQ45' AS label, 'index' AS kind, 'points' AS unit, level / 100.0 AS level, \
                   NULL AS change, NULL AS percent, 'unverifiable' AS verdict, \
                   strftime('%Y-%m-%dT%H:%M:%S+07:00', at + 25200, 'unixepoch') AS first_seen, \
                   strftime('%Y-%m-%dT%H:%M:%S+07:00', at + 25200, 'unixepoch') AS last_seen, 'kontan' AS source \
                   FROM point JOIN indicator ON id = indicator WHERE indicator = 0 ORDER BY at";
