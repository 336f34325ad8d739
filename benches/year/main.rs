//! One year of minute observations of 11 indicators: how fast they are recorded, how much room they take, and what
//! the answers to common questions cost.
//!
//! `cargo bench --bench year` makes a database of 2025, polled every minute from 06:00 to 18:01 Jakarta time: about
//! 263,500 polls, each of which confirms 11 rows (2.9 million confirmations). The pages are made up from a seed and
//! are the same in every run; they go through the one way in, parsing included, 500 polls a transaction. Time spent
//! on making up the pages is not counted. Then the release binary answers questions of that database; of each the
//! median of 7 runs after one to warm up is told, in wall time and in processor time (user and system), starting
//! the process included; what takes longer than 10 s is measured once. A run asks short questions several times in
//! a row and divides, because the system counts processor time in steps of 10 ms.
//!
//! - `-- --days N`: only the first N days, for a quick look.
//! - `-- --keep DIR`: leave the database there, and measure the one that is there already.
//! - `-- --idle`: instead, what the daemon holds in memory while it polls a page that does not change every second.
//!
//! Nothing is asserted of the times. Linux only: times and memory are read from `/proc`.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

mod database;
mod folder;
mod idle;
#[path = "../common/kontan.rs"]
mod kontan;
#[path = "../common/labels.rs"]
mod labels;
#[path = "../common/market.rs"]
mod market;
mod measure;

use std::path::PathBuf;

use anyhow::{Context, bail};

use folder::Folder;
use measure::Question;

/// What the command line asks for.
#[derive(Debug, Default)]
struct Options {
    days: Option<u32>,
    keep: Option<PathBuf>,
    idle: bool,
    /// `cargo bench` says so; `cargo test --benches` does not.
    is_bench: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self::default();
        while let Some(arg) = args.next() {
            match arg.as_str() {
                "--bench" => options.is_bench = true,
                "--idle" => options.idle = true,
                "--days" => {
                    let days = args.next().context("--days needs a number")?;
                    options.days = Some(days.parse().context("--days needs a number")?);
                }
                "--keep" => options.keep = Some(args.next().context("--keep needs a folder")?.into()),
                other => bail!("unknown argument '{other}'; there are --days N, --keep DIR and --idle"),
            }
        }
        Ok(options)
    }
}

fn main() -> anyhow::Result<()> {
    let options = Options::parse(std::env::args().skip(1))?;
    if !options.is_bench {
        println!("nothing to test; run `cargo bench --bench year`");
        return Ok(());
    }
    let folder = match &options.keep {
        Some(path) => Folder::kept(path)?,
        None => Folder::temporary()?,
    };
    if options.idle { idle::run(&folder) } else { year(&folder, options.days.unwrap_or(database::DAYS)) }
}

fn year(folder: &Folder, days: u32) -> anyhow::Result<()> {
    let path = database::prepare(folder, days)?;
    let bytes = path.metadata()?.len();
    println!("database   {bytes} bytes ({} MB)\n", bytes / 1_000_000);
    println!("{:<28} {:>10} {:>10}", "question", "wall ms", "cpu ms");
    for question in questions() {
        let cost = measure::cost(folder, &path, &question)?;
        println!("{:<28} {:>10.1} {:>10.1}", question.name, cost.wall_ms, cost.cpu_ms);
    }
    Ok(())
}

fn questions() -> Vec<Question> {
    let all = "emas usd-idr idx kompas100 lq45 issi idx30 idxhidiv20 idx80 idxv30 idxq30";
    let question =
        |name, words: &str| Question { name, args: words.split_whitespace().map(str::to_owned).collect() };
    vec![
        question("nothing (config)", "config"),
        question("latest", "latest"),
        question("change of all", "change"),
        question("history lq45 --every 1d", "-f csv history lq45 --every 1d"),
        question("history of all --every 1d", &format!("-f csv history {all} --every 1d")),
        question("chart lq45, PNG", "-q chart lq45 -o lq45.png --from 2025-01-01 --to 2025-12-31"),
        question("chart lq45, SVG", "-q chart lq45 -o lq45.svg --from 2025-01-01 --to 2025-12-31"),
        question("status --coverage", "-f csv status --coverage --from 2025-01-01 --to 2025-12-31"),
        question("db verify", "db verify"),
    ]
}
