//! One poll that survives a power cut.

use anyhow::Result;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::peers::Tool;
use crate::results::Section;
use crate::work;

use super::{Ground, answers};

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let polls = ground.scale.of(3_000, 50);
    let same = Answer::Same(answers::lines);
    let file = |name: &str| ground.folder.path().join(format!("polls-{name}"));
    let database = file("pantau.db");
    let mut contest = Contest::new(
        "durable",
        "A poll of 11 rows of three numbers in a transaction of its own, parsing included for pantau: processor time of one",
        Measure::Told("CPU µs"),
    )
    .aim(Aim::AtMost(200.0));
    contest.pantau("pantau", work::job("polls")?.arg(polls).path(&database).writes(database), same);
    for (name, synchronous) in [("SQLite, synchronous=FULL", "FULL"), ("SQLite, no sync", "OFF")] {
        let database = file(synchronous);
        let job = work::job("rows-polls")?.arg(synchronous).arg(polls).path(&database).writes(database);
        contest.limit(name, job, same);
    }
    let apart = Answer::Apart("it tells no count");
    contest.peer(ground.peers, Tool::Rrdtool, "rrdtool update, 11 files", apart, || {
        Ok(work::job("rows-rrd-polls")?.arg(ground.scale.of(50, 2)).path(&file("rrd")))
    })?;
    Ok(vec![contest.run(ground.folder, ground.scale).into()])
}
