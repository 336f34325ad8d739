//! Rows brought in, many at a time: how many a second of processor time, and how much room they take.

use std::path::PathBuf;

use anyhow::Result;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::launch::{self, Job};
use crate::peers::Tool;
use crate::results::Section;
use crate::work;

use super::{Ground, answers};

const ROWS_A_CAPTURE: u32 = 11;

/// When the rows have other levels.
struct Pace {
    /// Its name among the words of [`work`].
    word: &'static str,
    contest: &'static str,
    work: &'static str,
    aim: Option<Aim>,
}

const PACES: [Pace; 2] = [
    Pace {
        word: "calm",
        contest: "ingest, mostly confirmed",
        work: "Captures of 11 rows of three numbers, a minute apart, nine in ten of which confirm what is known: rows a second of processor \
               time. Pantau takes them as the texts of pages, and keeps every text; the others take plain numbers",
        aim: Some(Aim::AtLeast(1_800_000.0)),
    },
    Pace {
        word: "restless",
        contest: "ingest, all new",
        work: "The same with rows that all move at every capture",
        aim: None,
    },
];

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let captures = ground.scale.of(200_000, 2_000);
    let contest = |pace| Ok(contest(ground, pace, captures)?.run(ground.folder, ground.scale).into());
    PACES.iter().map(contest).collect()
}

fn contest(ground: &Ground<'_>, pace: &Pace, captures: u32) -> Result<Contest> {
    let peers = ground.peers;
    let same = Answer::Same(answers::lines);
    let file = |ending: &str| ground.folder.path().join(format!("rows-{}-{captures}.{ending}", pace.word));
    let worker = |name: &str| Ok::<Job, anyhow::Error>(work::job(name)?.arg(pace.word).arg(captures));
    let text = || -> Result<PathBuf> {
        ground.folder.made(&format!("rows-{}-{captures}.csv", pace.word), |path| {
            launch::run(ground.folder, &worker("rows-text")?.path(path)).map(drop)
        })
    };
    let mut contest = Contest::new(pace.contest, pace.work, Measure::ToldRate("rows/CPU s"))
        .of_rows(captures * ROWS_A_CAPTURE);
    contest.aims.extend(pace.aim);
    let database = file("pantau.db");
    contest.pantau("pantau, in batches", worker("batch")?.path(&database).writes(database), same);
    contest.peer(peers, Tool::Python, "Python executemany", same, || {
        let database = file("python.sqlite");
        Ok(peers.script("ingest_sqlite.py").path(&text()?).path(&database).writes(database))
    })?;
    contest.peer(peers, Tool::DuckDb, "duckdb COPY", same, || {
        let database = file("duckdb");
        Ok(peers.script("ingest_duckdb.py").path(&text()?).path(&database).writes(database))
    })?;
    let apart = Answer::Apart("it tells no sums");
    contest.peer(peers, Tool::Rrdtool, "rrdtool update, 500 a call", apart, || {
        let (database, commands) = (file("rrd"), file("rrd-commands"));
        launch::run(ground.folder, &worker("rows-rrd-commands")?.path(&database).path(&commands))?;
        Ok(work::job("rows-rrd")?.arg(captures).path(&commands).writes(database))
    })?;
    let database = file("limit.sqlite");
    contest.limit(
        "SQLite alone, sorted integers",
        worker("rows-insert")?.path(&database).writes(database),
        same,
    );
    Ok(contest)
}
