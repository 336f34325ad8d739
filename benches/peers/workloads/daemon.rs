//! Programs that poll pages every second and keep what they show: what each holds in memory, what a poll costs, and how
//! soon the first one is made.

use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::aim::Aim;
use crate::contest::{Line, Measure, Results, Role, Verdict};
use crate::keepers::{self, Keeper, Place};
use crate::launch::{self, Cost, Job};
use crate::peers::Tool;
use crate::results::Section;
use crate::server::{Moves, PAGE_BYTES, Server, Shape};
use crate::tended::Tended;

use super::Ground;

/// So many sites with a page each.
const PAGES: u16 = 20;
/// Until a program has settled.
const WARM: Duration = Duration::from_secs(4);
/// Programs that go through all pages and end.
const RUNS_OF_URLWATCH: usize = 5;

/// What is told of each program.
#[derive(Debug, Clone, Copy)]
struct Figures {
    resident_mb: f64,
    cpu_of_a_thousand: f64,
    ready_ms: f64,
    cost: Cost,
}

/// What was found of a program.
struct Found {
    name: &'static str,
    role: Role,
    runs: Result<Vec<Figures>, Verdict>,
    /// Why what it keeps is not compared.
    apart: &'static str,
}

/// A way to look at the same runs.
struct Way {
    name: &'static str,
    work: &'static str,
    measure: Measure,
    aim: Aim,
    figure: fn(&Figures) -> f64,
}

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let rounds = ground.scale.of(3, 1);
    let time = ground.scale.of(Duration::from_secs(10), Duration::from_secs(2));
    let mut runs: Vec<(Keeper, Result<Vec<Figures>, Verdict>)> =
        keepers::ALL.into_iter().map(|keeper| (keeper, start_list(ground, &keeper))).collect();
    for _ in 0..rounds {
        for (keeper, found) in &mut runs {
            let Ok(list) = found else { continue };
            match watch(ground, keeper, time) {
                Ok(figures) => list.push(figures),
                Err(error) => *found = Err(Verdict::Failed(format!("{error:#}"))),
            }
        }
    }
    let found = |(keeper, runs): (Keeper, _)| {
        let Keeper { name, role, apart, .. } = keeper;
        Found { name, role, runs, apart }
    };
    let mut all: Vec<Found> = runs.into_iter().map(found).collect();
    all.push(Found {
        name: "urlwatch",
        role: Role::Peer,
        runs: urlwatch(ground),
        apart: "it is started anew for every round, and keeps texts",
    });
    Ok(ways().map(|way| way.told(&all)).into())
}

fn start_list(ground: &Ground<'_>, keeper: &Keeper) -> Result<Vec<Figures>, Verdict> {
    let absent = keeper.tools.iter().find_map(|tool| ground.peers.absent(*tool));
    absent.map_or(Ok(Vec::new()), |why| Err(Verdict::Absent(why)))
}

/// One program for a while, on pages that say something else each time.
fn watch(ground: &Ground<'_>, keeper: &Keeper, time: Duration) -> Result<Figures> {
    let folder = ground.folder.inner()?;
    let server = Server::start(PAGES, Shape { bytes: PAGE_BYTES, moves: Moves::EachRequest })?;
    let place = Place { folder: folder.path(), peers: ground.peers, urls: server.urls().collect() };
    let mut tended = Tended::start((keeper.commands)(&place)?)?;
    let ready = tended.wait_until(|| Ok(server.served() > 0))?;
    sleep(WARM);
    let (before, served_before) = (tended.used()?, server.served());
    sleep(time);
    let (after, served_after) = (tended.used()?, server.served());
    let cost = Cost { wall: tended.begun.elapsed(), cpu: after.cpu(), peak_kb: after.peak_kb() };
    tended.stop()?;
    (keeper.look)(&place).context("what it kept is not what it should be")?;
    let polls = u32::try_from(served_after - served_before)?;
    anyhow::ensure!(polls > 0, "no page was asked for in {} s", time.as_secs());
    Ok(Figures {
        resident_mb: after.resident_kb() as f64 * 1024.0 / 1e6,
        cpu_of_a_thousand: after.cpu_since(&before).as_secs_f64() / f64::from(polls) * 1e3,
        ready_ms: ready.as_secs_f64() * 1e3,
        cost,
    })
}

/// A program that is started for every round of all pages.
fn urlwatch(ground: &Ground<'_>) -> Result<Vec<Figures>, Verdict> {
    if let Some(why) = ground.peers.absent(Tool::Urlwatch) {
        return Err(Verdict::Absent(why));
    }
    rounds_of_urlwatch(ground).map_err(|error| Verdict::Failed(format!("{error:#}")))
}

fn rounds_of_urlwatch(ground: &Ground<'_>) -> Result<Vec<Figures>> {
    let server = Server::start(PAGES, Shape { bytes: PAGE_BYTES, moves: Moves::EachRequest })?;
    let folder = ground.folder.inner()?;
    let list = folder.path().join("urls.yaml");
    let jobs: Vec<String> =
        server.urls().map(|url| format!("url: {url}\nfilter:\n- css: ul\n- html2text\n")).collect();
    std::fs::write(&list, jobs.join("---\n"))?;
    let file = |name: &str| folder.path().join(name);
    let job = Job::new("urlwatch")
        .arg("--urls")
        .path(&list)
        .arg("--config")
        .path(&file("config.yaml"))
        .arg("--hooks")
        .path(&file("hooks.py"))
        .arg("--cache")
        .path(&file("cache.db"));
    let mut runs = Vec::new();
    for round in 0..=ground.scale.of(RUNS_OF_URLWATCH, 1) {
        let served = server.served();
        let cost = launch::run(ground.folder, &job)?.cost;
        let polls = u32::try_from(server.served() - served)?;
        anyhow::ensure!(polls == u32::from(PAGES), "{polls} of {PAGES} pages were asked for");
        // The first one makes its files.
        if round > 0 {
            runs.push(Figures {
                resident_mb: cost.peak_kb as f64 * 1024.0 / 1e6,
                cpu_of_a_thousand: cost.cpu.as_secs_f64() / f64::from(polls) * 1e3,
                // To the end of all pages.
                ready_ms: cost.wall.as_secs_f64() * 1e3,
                cost,
            });
        }
    }
    Ok(runs)
}

fn ways() -> [Way; 3] {
    [
        Way {
            name: "daemon memory",
            work: "20 pages of 398 KB that say something else each time, each polled every second from loopback: what is held \
                   in memory, of urlwatch at the most",
            measure: Measure::Told("MB resident"),
            aim: Aim::AtMost(18.0),
            figure: |figures| figures.resident_mb,
        },
        Way {
            name: "daemon processor time",
            work: "The same: processor time of 1,000 polls, everything that is done with them included",
            measure: Measure::Told("CPU s for 1,000 polls"),
            aim: Aim::AtMost(0.6),
            figure: |figures| figures.cpu_of_a_thousand,
        },
        Way {
            name: "daemon readiness",
            work: "The same: from the start until the first page is asked for, of urlwatch until the last one is there; \
                   pantau makes its database first, and asks for robots.txt",
            measure: Measure::Told("ms"),
            aim: Aim::AtMost(60.0),
            figure: |figures| figures.ready_ms,
        },
    ]
}

impl Way {
    fn told(self, all: &[Found]) -> Section {
        let lines = all.iter().map(|found| found.line(self.figure)).collect();
        let Self { name, work, measure, aim, .. } = self;
        let (name, work) = (name.to_owned(), work.to_owned());
        Section::from(Results { name, work, measure, aims: vec![aim], rows: None, lines })
    }
}

impl Found {
    fn line(&self, figure: fn(&Figures) -> f64) -> Line {
        let (runs, verdict) = match &self.runs {
            Ok(list) => {
                (list.iter().map(|one| (figure(one), one.cost)).collect(), Verdict::Apart(self.apart))
            }
            Err(verdict) => (Vec::new(), verdict.clone()),
        };
        Line { name: self.name.to_owned(), role: self.role, runs, product_bytes: None, verdict }
    }
}
