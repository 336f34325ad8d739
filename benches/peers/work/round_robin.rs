//! The rows in round robin databases.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use super::rows::{FIRST, INDICATORS, Numbers, Pace, at, numbers};
use super::{Stopwatch, tell};

/// Commands for one round robin database with a source for each row.
pub(super) fn write_commands(pace: Pace, captures: u32, database: &Path, path: &Path) -> Result<()> {
    let mut text = BufWriter::new(File::create(path)?);
    let database = database.display();
    let sources = (0..INDICATORS)
        .map(|number| ["l", "c", "p"].map(|of| format!(" DS:{of}{number}:GAUGE:600:U:U")).concat())
        .collect::<String>();
    write!(text, "create {database} --start {} --step 60{sources} RRA:LAST:0.5:1:{captures}", FIRST - 60)?;
    for minute in 0..captures {
        if minute % 500 == 0 {
            write!(text, "\nupdate {database}")?;
        }
        write!(text, " {}", at(minute))?;
        (0..INDICATORS).try_for_each(|number| {
            let Numbers { level, change, percent } = numbers(pace.state(minute), number);
            write!(text, ":{level}:{change}:{percent}")
        })?;
    }
    writeln!(text)?;
    text.flush()?;
    Ok(())
}

/// Runs `rrdtool` over commands. Tells the rows a second of its processor time.
pub(super) fn update(captures: u32, commands: &Path) -> Result<()> {
    let stopwatch = Stopwatch::begin()?;
    rrdtool(Command::new("rrdtool").arg("-").stdin(File::open(commands)?).stdout(Stdio::null()))?;
    tell(f64::from(captures * INDICATORS) * 1e6 / stopwatch.micros()?);
    Ok(())
}

/// Eleven processes a poll, each of which updates a database of its own. Tells their processor time.
pub(super) fn polls(polls: u32, folder: &Path) -> Result<()> {
    std::fs::create_dir_all(folder)?;
    let file = |number: u32| folder.join(format!("{number}.rrd"));
    for number in 0..INDICATORS {
        let mut create = Command::new("rrdtool");
        create.arg("create").arg(file(number)).args(["--start", &(FIRST - 60).to_string(), "--step", "60"]);
        rrdtool(create.args([
            "DS:l:GAUGE:600:U:U",
            "DS:c:GAUGE:600:U:U",
            "DS:p:GAUGE:600:U:U",
            "RRA:LAST:0.5:1:525600",
        ]))?;
    }
    let stopwatch = Stopwatch::begin()?;
    for minute in 0..polls {
        for number in 0..INDICATORS {
            let Numbers { level, change, percent } = numbers(minute, number);
            let value = format!("{}:{level}:{change}:{percent}", at(minute));
            rrdtool(Command::new("rrdtool").arg("update").arg(file(number)).arg(value))?;
        }
    }
    tell(stopwatch.micros()? / f64::from(polls));
    Ok(())
}

fn rrdtool(command: &mut Command) -> Result<()> {
    let status = command.status().context("failed to start rrdtool")?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}
