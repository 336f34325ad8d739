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

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let captures = ground.scale.of(200_000, 2_000);
    Ok(vec![
        calm(ground, captures)?.run(ground.folder, ground.scale)?.into(),
        restless(ground, captures)?.run(ground.folder, ground.scale)?.into(),
    ])
}

fn batch(ground: &Ground<'_>, pace: &str, captures: u32) -> Result<Job> {
    let database = ground.folder.path().join(format!("batch-{pace}.db"));
    Ok(work::job("batch")?.arg(pace).arg(captures).path(&database).writes(database))
}

fn calm(ground: &Ground<'_>, captures: u32) -> Result<Contest> {
    let mut contest = Contest::new(
        "confirm",
        "Captures of 11 rows, a minute apart, nine in ten of which confirm what is known: rows that were recorded a second \
         of processor time",
        Measure::ToldRate("rows/CPU s"),
    )
    .of_rows(captures * ROWS_A_CAPTURE)
    .aim(Aim::AtLeast(1_800_000.0));
    let apart = Answer::Apart("nobody else keeps how long a value was seen");
    contest.pantau("pantau, in batches", batch(ground, "calm", captures)?, apart);
    Ok(contest)
}

fn restless(ground: &Ground<'_>, captures: u32) -> Result<Contest> {
    let peers = ground.peers;
    let same = Answer::Same(answers::lines);
    let file = |ending: &str| ground.folder.path().join(format!("rows-{captures}.{ending}"));
    let text = || -> Result<PathBuf> {
        ground.folder.made(&format!("rows-{captures}.csv"), |path| {
            launch::run(ground.folder, &work::job("rows-text")?.arg(captures).path(path)).map(drop)
        })
    };
    let mut contest = Contest::new(
        "ingest",
        "As many rows, all of them new: pantau from the texts of pages, with every text kept; the others from plain numbers",
        Measure::ToldRate("rows/CPU s"),
    )
    .of_rows(captures * ROWS_A_CAPTURE);
    contest.pantau("pantau, in batches", batch(ground, "restless", captures)?, same);
    contest.peer(peers, Tool::Python, "Python executemany", same, || {
        let database = file("python.sqlite");
        Ok(peers.script("ingest_sqlite.py").path(&text()?).path(&database).writes(database))
    })?;
    contest.peer(peers, Tool::DuckDb, "duckdb COPY", same, || {
        let database = file("ingest.duckdb");
        Ok(peers.script("ingest_duckdb.py").path(&text()?).path(&database).writes(database))
    })?;
    let apart = Answer::Apart("it tells no sums");
    contest.peer(peers, Tool::Rrdtool, "rrdtool update, 500 a call", apart, || {
        let database = file("rrd");
        let commands = file("rrd-commands");
        let job = work::job("rows-rrd-commands")?.arg(captures).path(&database).path(&commands);
        launch::run(ground.folder, &job)?;
        Ok(work::job("rows-rrd")?.arg(captures).path(&commands).writes(database))
    })?;
    let database = file("limit.sqlite");
    let insert = work::job("rows-insert")?.arg(captures).path(&database).writes(database);
    contest.limit("SQLite alone, sorted integers", insert, same);
    Ok(contest)
}
