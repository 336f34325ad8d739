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
mod contest;
mod data;
mod figures;
mod folder;
mod launch;
mod machine;
#[path = "../year/market.rs"]
mod market;
mod options;
mod peers;
mod results;
mod work;
mod workloads;

use std::fmt::Write;
use std::path::Path;

use anyhow::{Result, bail, ensure};

use contest::Results;
use folder::Folder;
use options::{Options, Scale};
use peers::Peers;
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
    let mut told = heading(&peers);
    print!("{told}");
    let mut faults = Vec::new();
    for (_, run) in wanted(options)? {
        for results in run(&ground)? {
            faults.extend(results.faults());
            tell(&results, &mut told)?;
        }
    }
    if options.only.is_empty() && options.scale == Scale::Full {
        std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/RESULTS.md"), &told)?;
    }
    ensure!(faults.is_empty(), "{}", faults.join("\n"));
    Ok(())
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

fn tell(results: &Results, told: &mut String) -> Result<()> {
    let text = results.markdown();
    println!("{text}");
    writeln!(told, "{text}")?;
    Ok(())
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
