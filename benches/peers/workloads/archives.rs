//! An archive of pages of whole sites, a few of which have the header: all of it is read, and the header found.

use std::collections::HashSet;
use std::fs;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::launch::{self, Job, Run};
use crate::peers::Tool;
use crate::results::Section;
use crate::work;

use super::{Ground, answers};

const LIMIT: &str = "libdeflate";

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    Ok(vec![contest(ground)?.run(ground.folder, ground.scale).into()])
}

fn contest(ground: &Ground<'_>) -> Result<Contest> {
    let peers = ground.peers;
    let pages = ground.scale.of(4_000, 60);
    let archive = ground.folder.made(&format!("pages-{pages}.warc.gz"), |path| {
        launch::run(ground.folder, &work::job("make-archive")?.arg(pages).path(path)).map(drop)
    })?;
    let mut contest = Contest::new(
        "archive",
        format!(
            "A WARC file of {pages} pages of 150 KB, compressed to {} MB, one in twenty with the header: pantau finds it and \
             reads its rows, the others count the pages that have it",
            archive.metadata()?.len() / 1_000_000
        ),
        Measure::CpuMs,
    )
    .aim(Aim::TimesOf(1.15, LIMIT))
    .aim(Aim::PeakMb(20.0));
    for threads in [1, 2] {
        let extract =
            Job::new(env!("CARGO_BIN_EXE_pantau")).args(["-q", "extract", "--threads"]).arg(threads);
        let name = if threads == 1 {
            "pantau extract".to_owned()
        } else {
            format!("pantau extract, {threads} threads")
        };
        contest.pantau(&name, extract.path(&archive), Answer::Same(pages_with_rows));
    }
    let apart = Answer::Apart("it only decompresses");
    contest.limit(LIMIT, work::job("decompress")?.path(&archive), apart);
    let readers = [
        (Tool::Fastwarc, "FastWARC and a search of bytes", "archive_fastwarc.py"),
        (Tool::Warcio, "warcio and a search of bytes", "archive_warcio.py"),
        (Tool::Resiliparse, "FastWARC and resiliparse", "archive_resiliparse.py"),
    ];
    for (tool, name, script) in readers {
        contest.peer(peers, tool, name, Answer::Same(answers::lines), || {
            Ok(peers.script(script).path(&archive))
        })?;
    }
    Ok(contest)
}

/// How many places of the archive rows came from.
fn pages_with_rows(run: &Run) -> Result<String> {
    let text = fs::read_to_string(&run.stdout)?;
    let place = |line: &str| -> Result<u64> {
        let row: Value = serde_json::from_str(line)?;
        row["offset"].as_u64().context("a row without an offset")
    };
    let places = text.lines().map(place).collect::<Result<HashSet<u64>>>()?;
    Ok(format!("{} pages", places.len()))
}
