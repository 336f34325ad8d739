//! What it costs to read archives: `pantau extract` beside the decompression alone and beside two readers of Python that
//! only look for the word of the bar.
//!
//! `cargo bench --bench archive` writes 10,000 pages (about 1.5 GB, one in twenty with a header) as WARC, a gzip member
//! for each record, and reads them in turns, three times: the ratios are of runs of the same minutes. It tells the
//! processor time of each, the most memory that `pantau` took, and the time on the clock with two threads.
//!
//! - `-- --pages N`, `-- --rounds N`: other numbers than 10,000 and 3.
//! - `-- --keep FOLDER`: write the corpus there and leave it, or read the one that is there.
//!
//! The readers of Python are left out where they are not installed: `pip install fastwarc warcio`. Nothing is asserted.
//! Linux only: memory and times are read from `/proc`.

#![allow(clippy::unwrap_used, dead_code, reason = "what it shares with the tests is theirs")]
#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]

#[path = "../../tests/integration/captures.rs"]
mod captures;
#[path = "../../tests/corpus/mod.rs"]
mod corpus;
mod decompress;
mod measure;
#[path = "../../tests/integration/shapes.rs"]
mod shapes;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail, ensure};

use corpus::Plan;
use measure::{Cost, cost};

/// What a file of Common Crawl or of a tool of the Internet Archive has of one site in a day.
const PAGE_BYTES: usize = 150_000;
const FILES: usize = 4;

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    pages: usize,
    rounds: usize,
    keep: Option<PathBuf>,
    /// `cargo bench` says so; `cargo test --benches` does not.
    is_bench: bool,
}

impl Options {
    fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self { pages: 10_000, rounds: 3, keep: None, is_bench: false };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--bench" => options.is_bench = true,
                "--pages" => options.pages = value()?.parse().context("--pages needs a number")?,
                "--rounds" => options.rounds = value()?.parse().context("--rounds needs a number")?,
                "--keep" => options.keep = Some(value()?.into()),
                other => bail!("unknown argument '{other}'; there are --pages, --rounds and --keep"),
            }
        }
        Ok(options)
    }
}

fn main() -> anyhow::Result<()> {
    let mut args = std::env::args().skip(1).peekable();
    if args.next_if(|arg| arg == "decompress").is_some() {
        return decompress::all(&args.map(PathBuf::from).collect::<Vec<_>>());
    }
    let options = Options::parse(args)?;
    if !options.is_bench {
        println!("nothing to test; run `cargo bench --bench archive`");
        return Ok(());
    }
    let scratch = tempfile::tempdir()?;
    let folder = options.keep.clone().unwrap_or_else(|| scratch.path().to_owned());
    let files = archives(&folder, &options)?;
    let contenders = contenders(&files)?;
    let mut costs: Vec<Vec<Cost>> = vec![Vec::new(); contenders.len()];
    for _ in 0..options.rounds {
        for ((_, command), costs) in contenders.iter().zip(&mut costs) {
            costs.push(cost(command)?);
        }
    }
    tell(&contenders, &costs);
    Ok(())
}

/// The compressed archives of a corpus, which is written where it is not there yet.
fn archives(folder: &Path, options: &Options) -> anyhow::Result<Vec<PathBuf>> {
    let names = || (0..FILES).map(|number| folder.join(format!("pages-{number:03}.warc.gz")));
    if names().all(|file| file.exists()) {
        println!("corpus       the one in {}", folder.display());
        return Ok(names().collect());
    }
    std::fs::create_dir_all(folder)?;
    let plan =
        Plan { pages: options.pages, page_bytes: PAGE_BYTES, files: FILES, has_revisits: true, seed: 1 };
    let corpus = corpus::write(folder, plan);
    let ratio = corpus.bytes as f64 / corpus.compressed as f64;
    println!(
        "corpus       {} records, {} MB in {} MB (ratio {ratio:.1}), {} rows",
        corpus.holds.records,
        corpus.bytes / 1_000_000,
        corpus.compressed / 1_000_000,
        corpus.holds.rows
    );
    Ok(names().collect())
}

/// What is measured, with its command line.
type Contender = (&'static str, Vec<String>);

fn contenders(files: &[PathBuf]) -> anyhow::Result<Vec<Contender>> {
    let paths: Vec<String> = files.iter().map(|file| file.display().to_string()).collect();
    let command =
        |start: &[&str]| start.iter().map(|&part| part.to_owned()).chain(paths.clone()).collect::<Vec<_>>();
    let own = std::env::current_exe()?.display().to_string();
    let pantau = env!("CARGO_BIN_EXE_pantau");
    let mut all = vec![
        ("pantau", command(&[pantau, "-q", "extract", "--threads", "1"])),
        ("decompression", command(&[&own, "decompress"])),
        ("pantau, 2 threads", command(&[pantau, "-q", "extract", "--threads", "2"])),
        ("pantau, 1 file, 2 threads", vec![pantau, "-q", "extract", "--threads", "2", &paths[0]].owned()),
        ("pantau, 1 file", vec![pantau, "-q", "extract", "--threads", "1", &paths[0]].owned()),
    ];
    let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/archive");
    for name in ["fastwarc", "warcio"] {
        if python_has(name)? {
            let script = scripts.join(format!("find_{name}.py")).display().to_string();
            all.push((name, command(&["python3", &script])));
        } else {
            println!("{name:<13}not measured: python3 has no {name}");
        }
    }
    ensure!(!paths.is_empty(), "there is no archive to read");
    Ok(all)
}

fn python_has(module: &str) -> anyhow::Result<bool> {
    let mut import = Command::new("python3");
    import.args(["-c", &format!("import {module}")]).stderr(Stdio::null());
    Ok(import.status().context("failed to start python3")?.success())
}

/// Words of a command line as it keeps them.
trait Owned {
    fn owned(self) -> Vec<String>;
}

impl Owned for Vec<&str> {
    fn owned(self) -> Vec<String> {
        self.into_iter().map(str::to_owned).collect()
    }
}

fn tell(contenders: &[Contender], costs: &[Vec<Cost>]) {
    for ((name, _), costs) in contenders.iter().zip(costs) {
        let list =
            |of: fn(&Cost) -> f64| costs.iter().map(|cost| format!("{:.2}", of(cost))).collect::<Vec<_>>();
        println!(
            "{name:<26} cpu {} s, clock {} s, memory {:.1} MB, answer {}",
            list(|cost| cost.cpu.as_secs_f64()).join(" "),
            list(|cost| cost.clock.as_secs_f64()).join(" "),
            costs.iter().map(|cost| cost.peak_kb).max().unwrap_or_default() as f64 / 1000.0,
            costs.first().map_or("none", |cost| cost.answer.as_str())
        );
    }
    let best = |name: &str, of: fn(&Cost) -> f64| {
        let at = contenders.iter().position(|(known, _)| *known == name)?;
        costs[at].iter().map(of).min_by(f64::total_cmp)
    };
    let cpu = |name| best(name, |cost| cost.cpu.as_secs_f64());
    let clock = |name| best(name, |cost| cost.clock.as_secs_f64());
    let ratio = |what: &str, of: Option<f64>, to: Option<f64>| {
        if let Some((of, to)) = of.zip(to) {
            println!("{what:<40} {:.2}", of / to);
        }
    };
    ratio("cpu, pantau to decompression", cpu("pantau"), cpu("decompression"));
    ratio("cpu, fastwarc to pantau", cpu("fastwarc"), cpu("pantau"));
    ratio("cpu, warcio to pantau", cpu("warcio"), cpu("pantau"));
    ratio("clock, two threads to one", clock("pantau, 2 threads"), clock("pantau"));
    ratio(
        "clock, two threads to one, of one file",
        clock("pantau, 1 file, 2 threads"),
        clock("pantau, 1 file"),
    );
}
