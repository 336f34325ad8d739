//! How costs grow with the data: of one indicator that moves each minute, at one, ten and a hundred times the size.

use anyhow::{Context, Result};

use crate::data::{Data, LAST};
use crate::figures::{Spread, exponent, short};
use crate::launch::{self, Job};
use crate::results::Section;

use super::{Ground, bars, pictures};

/// How often each question is asked.
const RUNS: usize = 5;

/// Something that has a cost at each size.
struct Growing {
    name: &'static str,
    unit: &'static str,
    /// The greatest exponent that is wanted.
    most: f64,
    costs: Vec<f64>,
}

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let sizes = ground.scale.of([100_000, 1_000_000, 10_000_000], [100, 1_000, 10_000]);
    let growing = |name, unit, most| Growing { name, unit, most, costs: Vec::new() };
    let mut table = vec![
        growing("database", "MB", LINEAR),
        growing("bringing it in", "CPU s", LINEAR),
        growing("`latest`", "CPU ms", FLAT),
        growing("`change` over four windows", "CPU ms", FLAT),
        growing("daily bars of everything", "CPU ms", LINEAR),
        growing("chart of everything", "CPU ms", NEARLY_FLAT),
    ];
    for size in sizes {
        let data = Data::points(ground.folder, ground.peers, size)?;
        for (growing, cost) in table.iter_mut().zip(costs(ground, &data, size)?) {
            growing.costs.push(cost);
        }
    }
    Ok(vec![Section { text: told(sizes, &table)?, summary: None, faults: Vec::new() }])
}

/// A hair more than the whole number: what is measured scatters.
const LINEAR: f64 = 1.05;
const FLAT: f64 = 0.05;
const NEARLY_FLAT: f64 = 0.15;

fn costs(ground: &Ground<'_>, data: &Data<'_>, size: u32) -> Result<[f64; 6]> {
    let begin = LAST - (i64::from(size) - 1) * 60;
    let picture = ground.folder.path().join("growth.png");
    let change = ["change", "--over", "1d,1w,1mo,6mo", "--as-of", "2025-12-30T14:30:00+07:00"];
    let cpu = |job: &Job| cpu_ms(ground, job);
    Ok([
        Data::bytes(&data.database())? / 1e6,
        data.import_seconds()?,
        cpu(&data.ask().args(["-f", "json", "latest"]))?,
        cpu(&data.ask().args(["-f", "json"]).args(change))?,
        cpu(&bars::ask(data))?,
        cpu(&pictures::pantau(data, begin, &picture)?)?,
    ])
}

fn cpu_ms(ground: &Ground<'_>, job: &Job) -> Result<f64> {
    let run = || Ok(launch::run(ground.folder, job)?.cost.cpu.as_secs_f64() * 1000.0);
    run()?;
    let costs = (0..RUNS).map(|_| run()).collect::<Result<Vec<f64>>>()?;
    Ok(Spread::of(costs).context("no run")?.median)
}

fn told(sizes: [u32; 3], table: &[Growing]) -> Result<String> {
    let size = |size: u32| short(f64::from(size));
    let mut text = format!(
        "## growth\n\nWhat the same costs with more data: one indicator that moved each minute. The exponent is that of the \
         curve that fits best (1 is linear, 0 is flat).\n\n| | {} points | {} points | {} points | exponent | wanted |\n\
         |---|--:|--:|--:|--:|---|\n",
        size(sizes[0]),
        size(sizes[1]),
        size(sizes[2])
    );
    for Growing { name, unit, most, costs } in table {
        let points: Vec<(f64, f64)> = sizes.into_iter().map(f64::from).zip(costs.iter().copied()).collect();
        let exponent = exponent(&points).context("sizes that differ")?;
        let met = if exponent <= *most { "met" } else { "**not met**" };
        let costs = costs.iter().copied().map(short).collect::<Vec<_>>().join(" | ");
        text.push_str(&format!("| {name}, {unit} | {costs} | {exponent:.2} | at most {most}: {met} |\n"));
    }
    Ok(text)
}
