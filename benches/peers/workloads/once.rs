//! Ten thousand pages, each polled once, as quickly as a program gets through them.

use std::time::Duration;

use anyhow::{Result, ensure};
use pantau::store::Store;

use crate::aim::Aim;
use crate::contest::{Line, Measure, Results, Role, Verdict};
use crate::keepers::{Place, pantau_toml, run_pantau};
use crate::launch::{self, Cost};
use crate::peers::Tool;
use crate::recorded;
use crate::results::Section;
use crate::server::{Moves, PAGE_BYTES, ROWS, Server, Shape};
use crate::tended::Tended;
use crate::work;

use super::Ground;

/// The pages are dealt out to so many sites; as many are asked for at a time.
const SITES: u16 = 16;

/// Lets a contestant poll the pages of a place; gives what it cost and what it says that it recorded.
type Poller = fn(&Ground<'_>, &Place<'_>) -> Result<(Cost, String)>;

struct Contestant {
    name: &'static str,
    role: Role,
    tools: &'static [Tool],
    poll: Poller,
    runs: Vec<(f64, Cost)>,
    verdict: Option<Verdict>,
}

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let pages = ground.scale.of(10_000, 100);
    let contestant =
        |name, role, tools, poll| Contestant { name, role, tools, poll, runs: Vec::new(), verdict: None };
    let mut contestants = [
        contestant("pantau run", Role::Pantau, &[][..], pantau as Poller),
        contestant("sockets and pantau's parser, nothing kept", Role::Limit, &[], limit),
        contestant("aiohttp, selectolax and SQLite", Role::Peer, &[Tool::Aiohttp, Tool::Selectolax], aiohttp),
    ];
    for _ in 0..ground.scale.of(3, 1) {
        for contestant in &mut contestants {
            contestant.run(ground, pages);
        }
    }
    let name = "many pages".to_owned();
    let work = format!(
        "{pages} pages of 398 KB on {SITES} sites of loopback that need no spacing, each polled once and its rows kept, from the \
         start of the program until the last one is"
    );
    let lines = contestants.into_iter().map(Contestant::line).collect();
    let aims = vec![Aim::AtMost(2500.0), Aim::PeakMb(40.0)];
    Ok(vec![Results { name, work, measure: Measure::WallMs, aims, rows: None, lines }.into()])
}

impl Contestant {
    fn run(&mut self, ground: &Ground<'_>, pages: usize) {
        if self.verdict.as_ref().is_some_and(|verdict| *verdict != Verdict::Same) {
            return;
        }
        let absent = self.tools.iter().find_map(|tool| ground.peers.absent(*tool));
        self.verdict =
            Some(match absent.map_or_else(|| self.polled(ground, pages), |why| Ok(Verdict::Absent(why))) {
                Ok(verdict) => verdict,
                Err(error) => Verdict::Failed(format!("{error:#}")),
            });
    }

    fn polled(&mut self, ground: &Ground<'_>, pages: usize) -> Result<Verdict> {
        let folder = ground.folder.inner()?;
        let server = Server::start(SITES, Shape { bytes: PAGE_BYTES, moves: Moves::EachRequest })?;
        let sites: Vec<String> = server.urls().collect();
        let urls =
            sites.iter().cycle().take(pages).enumerate().map(|(number, site)| format!("{site}{number}"));
        let place = Place { folder: folder.path(), peers: ground.peers, urls: urls.collect() };
        let (cost, this) = (self.poll)(ground, &place)?;
        self.runs.push((cost.wall.as_secs_f64() * 1e3, cost));
        let that = recorded_words(pages, pages * ROWS);
        let differs =
            || Verdict::Differs { from: "the server".to_owned(), this: this.clone(), that: that.clone() };
        Ok(if this == that { Verdict::Same } else { differs() })
    }

    fn line(self) -> Line {
        let Self { name, role, runs, verdict, .. } = self;
        let verdict = verdict.unwrap_or(Verdict::Apart("it did not run"));
        Line { name: name.to_owned(), role, runs, product_bytes: None, verdict }
    }
}

fn recorded_words(pages: usize, rows: usize) -> String {
    format!("{pages} pages, {rows} rows")
}

fn pantau(_: &Ground<'_>, place: &Place<'_>) -> Result<(Cost, String)> {
    let pages = place.urls.len();
    let config = pantau_toml(&place.urls, "1h", "0s");
    let database = place.file("pantau.db");
    let mut tended = Tended::start(vec![run_pantau(place, &config)?])?;
    let mut store = None;
    let wall = tended.wait_until(|| {
        if store.is_none() {
            // It is not there in the first moments.
            store = Store::open_reader(&database).ok();
        }
        store.as_ref().map_or(Ok(false), |store| Ok(recorded::sources(store)? >= pages))
    })?;
    let used = tended.used()?;
    tended.stop()?;
    let cost = Cost { wall, cpu: used.cpu(), peak_kb: used.peak_kb() };
    let polls = recorded::polls(&database)?;
    Ok((cost, recorded_words(polls, polls * ROWS)))
}

fn limit(ground: &Ground<'_>, place: &Place<'_>) -> Result<(Cost, String)> {
    by_list(ground, place, |list| Ok(work::job("poll-once")?.path(list)))
}

fn aiohttp(ground: &Ground<'_>, place: &Place<'_>) -> Result<(Cost, String)> {
    by_list(ground, place, |list| {
        Ok(place.peers.script("once_aiohttp.py").path(list).path(&place.file("kept.db")))
    })
}

fn by_list(
    ground: &Ground<'_>,
    place: &Place<'_>,
    job: impl FnOnce(&std::path::Path) -> Result<launch::Job>,
) -> Result<(Cost, String)> {
    let list = place.file("pages");
    std::fs::write(&list, place.urls.join("\n"))?;
    let run = launch::run(ground.folder, &job(&list)?)?;
    ensure!(run.cost.wall > Duration::ZERO, "no time passed");
    Ok((run.cost, std::fs::read_to_string(&run.stdout)?.trim().to_owned()))
}
