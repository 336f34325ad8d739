//! Pantau side by side with its peers: the same work on the same data, in one run, by turns.
//!
//! `cargo bench --bench peers` makes data from a seed, lets pantau and every peer that is installed
//! (`benches/peers/install.sh` installs them all) do each piece of work as a process of its own, and writes what each
//! cost to `benches/RESULTS.md`: medians and spreads of wall time, processor time and peak memory, and how many times
//! better pantau is. Everybody's answer is made comparable and compared; the run fails by name where one differs. A peer
//! that is not there is said to be absent.
//!
//! - `-- --only WORKLOAD`: one of them, told on the output alone; may be said more than once.
//! - `-- --quick`: little data and one run each: whether everybody gives the same answer. Also told on the output alone.
//! - `-- --keep DIR`: make the data there, and use those that are there already.
//!
//! Nothing is asserted of the times. Linux only.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod aim;
#[allow(clippy::unwrap_used, dead_code, reason = "what it shares with the tests is theirs")]
#[path = "../../tests/integration/captures.rs"]
mod captures;
mod contest;
#[allow(clippy::unwrap_used, dead_code, reason = "what it shares with the tests is theirs")]
#[path = "../../tests/corpus/mod.rs"]
mod corpus;
mod data;
#[path = "../archive/decompress.rs"]
mod decompress;
mod figures;
mod folder;
mod keepers;
#[path = "../common/kontan.rs"]
mod kontan;
#[path = "../common/labels.rs"]
mod labels;
mod launch;
mod machine;
#[path = "../common/market.rs"]
mod market;
mod options;
mod peers;
#[allow(dead_code, reason = "what it shares with the bench of loads is that one's")]
#[path = "../load/recorded.rs"]
mod recorded;
mod results;
#[allow(dead_code, reason = "what it shares with the bench of loads is that one's")]
#[path = "../load/server.rs"]
mod server;
#[allow(clippy::unwrap_used, dead_code, reason = "what it shares with the tests is theirs")]
#[path = "../../tests/integration/shapes.rs"]
mod shapes;
mod tended;
mod turns;
#[allow(dead_code, reason = "what it shares with the bench of loads is that one's")]
#[path = "../load/usage.rs"]
mod usage;
mod work;
mod workloads;

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};

use folder::Folder;
use options::{Options, Scale};
use peers::Peers;
use results::Section;
use workloads::Ground;

fn main() -> Result<()> {
    let mut words = std::env::args().skip(1).peekable();
    if words.next_if(|word| word == launch::LAUNCH).is_some() {
        return launch::launch(words);
    }
    if words.next_if(|word| word == work::WORK).is_some() {
        return work::work(words);
    }
    let options = Options::parse(words)?;
    if options.is_bench {
        compete(&options)
    } else {
        println!("nothing to test; run `cargo bench --bench peers`");
        Ok(())
    }
}

fn compete(options: &Options) -> Result<()> {
    let folder = Folder::new(options.keep.as_deref())?;
    let peers = Peers::find();
    let ground = Ground { folder: &folder, peers: &peers, scale: options.scale };
    println!("{}", heading(&peers));
    let mut sections = Vec::new();
    for (_, run) in wanted(options)? {
        let told = run(&ground)?;
        told.iter().for_each(|section| println!("{}", section.text));
        sections.extend(told);
    }
    println!("{}", summary(&sections));
    if options.only.is_empty() && options.scale == Scale::Full {
        write_down(&peers, &sections)?;
    }
    let faults: Vec<&str> = sections.iter().flat_map(|section| &section.faults).map(String::as_str).collect();
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
}

fn write_down(peers: &Peers, sections: &[Section]) -> Result<()> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/RESULTS.md");
    let texts = sections.iter().map(|section| section.text.clone());
    let text: Vec<String> = [heading(peers), summary(sections)].into_iter().chain(texts).collect();
    std::fs::write(&path, text.join("\n")).with_context(|| format!("failed to write {}", path.display()))
}

/// A line for each piece of work.
fn summary(sections: &[Section]) -> String {
    let rows: Vec<&str> = sections.iter().filter_map(|section| section.summary.as_deref()).collect();
    format!("| work | pantau | how many times better than |\n|---|--:|---|\n{}\n", rows.join("\n"))
}

fn wanted(options: &Options) -> Result<Vec<workloads::Workload>> {
    let names = || workloads::ALL.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    for only in &options.only {
        if !workloads::ALL.iter().any(|(name, _)| name == only) {
            bail!("there is no workload '{only}'; there are {}", names());
        }
    }
    Ok(workloads::ALL.into_iter().filter(|(name, _)| options.wants(name)).collect())
}

fn heading(peers: &Peers) -> String {
    let versions: Vec<String> = peers.versions().collect();
    format!(
        "# Side by side with peers\n\n{INTRODUCTION}\n\n- machine: {}\n- pantau {}; peers: {}\n\n",
        machine::told(),
        env!("CARGO_PKG_VERSION"),
        versions.join(", ")
    )
}

const INTRODUCTION: &str = "\
Written by `cargo bench --bench peers` (`benches/peers/`; `benches/peers/install.sh` installs the peers). All of a table ran
in turns, A B A B, after one run each to warm up; what took longer than 4 s ran once. Figures are medians. CPU is user and
system time of the process and of those that it waited for; on a machine with other things to do it is the figure to go by.
Peak memory is that of the process, of which some 6 MB are the least that can be told. `pantau is better by` is the first
line's figure against the other's. `the same` says that the answer was compared with that of the first line.";
