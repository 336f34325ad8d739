//! The daily bars of an indicator-year of minutes, by a process that was just started.

use anyhow::Result;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::data::Data;
use crate::launch::{Job, Run};
use crate::peers::Tool;
use crate::results::Section;

use super::{Ground, answers};

/// The minutes of a year.
const YEAR: u32 = 365 * 1440;
/// A week.
const WEEK: u32 = 7 * 1440;

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let data = Data::points(ground.folder, ground.peers, ground.scale.of(YEAR, WEEK))?;
    let contest = bars(ground, &data)?;
    Ok(vec![contest.run(ground.folder, ground.scale).into()])
}

fn bars(ground: &Ground<'_>, data: &Data<'_>) -> Result<Contest> {
    let peers = ground.peers;
    let lines = Answer::Same(answers::lines);
    let mut contest = Contest::new(
        "bars",
        "Open, high, low, close and count of each day of an indicator that moved every minute of a year, by a process that \
         was just started",
        Measure::WallMs,
    )
    .aim(Aim::AtMost(5.0));
    contest.pantau("pantau history --every 1d", ask(data), Answer::Same(of_pantau));
    contest.peer(peers, Tool::Sqlite, "sqlite3", lines, || {
        Ok(Job::new("sqlite3").args(["-readonly", "-separator", " "]).path(&data.sqlite()?).arg(SQL))
    })?;
    contest.peer(
        peers,
        Tool::Rrdtool,
        "rrdtool fetch",
        Answer::Apart("it has no open; its days are those of UTC"),
        || {
            let path = data.rrd(None)?.display().to_string();
            let file = ground.folder.path().join("rrdtool-bars");
            let ask = |how: &str| format!("fetch {path} {how} -r 86400 -s 1735664400 -e 1767200340\n");
            std::fs::write(&file, ["MIN", "MAX", "LAST"].map(ask).concat())?;
            Ok(Job::new("rrdtool").arg("-").reads(file))
        },
    )?;
    contest.peer(peers, Tool::DuckDb, "duckdb", lines, || {
        Ok(peers.script("bars_duckdb.py").path(&data.duckdb()?))
    })?;
    contest.peer(peers, Tool::Pandas, "pandas", lines, || {
        Ok(peers.script("bars_pandas.py").path(&data.parquet()?))
    })?;
    Ok(contest)
}

pub(super) fn ask(data: &Data<'_>) -> Job {
    data.ask().args(["-f", "json", "history", "lq45", "--every", "1d"])
}

fn of_pantau(run: &Run) -> Result<String> {
    answers::fields(run, &["open", "high", "low", "close", "samples"])
}

/// Days of Jakarta.
const SQL: &str = "WITH day AS (SELECT (at + 25200) / 86400 AS day, min(at) AS first, max(at) AS last, max(level) AS high, \
                   min(level) AS low, count(*) AS samples FROM point WHERE indicator = 0 GROUP BY 1) \
                   SELECT a.level / 100.0, high / 100.0, low / 100.0, z.level / 100.0, samples FROM day \
                   JOIN point a ON a.indicator = 0 AND a.at = first JOIN point z ON z.indicator = 0 AND z.at = last";
