//! One page of 398 KB: finding the header in it, wherever it stands, and reading its rows. lol_html, a streaming parser of
//! Rust, does not take part: it would be a dependency for one line of a table.

use anyhow::Result;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::launch;
use crate::peers::Tool;
use crate::results::Section;
use crate::work;

use super::{Ground, answers};

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let places = [("top", "near the top"), ("end", "at the end"), ("absent", "nowhere")];
    let contest = |(place, stands): (&str, &str)| {
        Ok(contest(ground, place, stands)?.run(ground.folder, ground.scale).into())
    };
    places.into_iter().map(contest).collect()
}

fn contest(ground: &Ground<'_>, place: &str, stands: &str) -> Result<Contest> {
    let peers = ground.peers;
    let same = Answer::Same(answers::lines);
    let page = ground.folder.made(&format!("page-{place}.html"), |path| {
        launch::run(ground.folder, &work::job("make-page")?.arg(place).path(path)).map(drop)
    })?;
    let mut contest = Contest::new(
        format!("header {place}"),
        format!("A page of 398 KB with the header {stands}: processor time of reading its rows, the page in memory"),
        Measure::Told("CPU µs"),
    )
    .aim(Aim::AtMost(50.0));
    let rounds = ground.scale.of(2_000, 2);
    contest.pantau("pantau", work::job("read-page")?.arg(rounds).path(&page), same);
    let apart = Answer::Apart("it only looks for the word of the bar");
    contest.limit("a search of bytes", work::job("search-page")?.arg(rounds).path(&page), apart);
    let readers = [
        (Tool::Resiliparse, "resiliparse", ground.scale.of(50, 1)),
        (Tool::Selectolax, "selectolax", ground.scale.of(50, 1)),
        (Tool::Lxml, "lxml", ground.scale.of(50, 1)),
        (Tool::BeautifulSoup, "BeautifulSoup on lxml", ground.scale.of(4, 1)),
    ];
    for (tool, name, rounds) in readers {
        contest.peer(peers, tool, name, same, || {
            Ok(peers.script("read_page.py").arg(tool.name()).path(&page).arg(rounds))
        })?;
    }
    Ok(contest)
}
