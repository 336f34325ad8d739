//! Pictures of the newest thousand to ten million points, from a database to a file.

use std::fs::{self, File};
use std::path::Path;

use anyhow::{Context, Result};
use chrono::DateTime;

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::data::{Data, LAST};
use crate::launch::{Job, Run};
use crate::peers::Tool;
use crate::results::Section;

use super::Ground;

const WIDTH: u32 = 1600;
const HEIGHT: u32 = 900;

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let counts = ground.scale.of([1_000, 100_000, 1_000_000, 10_000_000], [100, 1_000, 5_000, 10_000]);
    let data = Data::points(ground.folder, ground.peers, counts[3])?;
    let contest = |count| Ok(contest(ground, &data, count)?.run(ground.folder, ground.scale).into());
    counts.into_iter().map(contest).collect()
}

fn contest(ground: &Ground<'_>, data: &Data<'_>, count: u32) -> Result<Contest> {
    let peers = ground.peers;
    let same = Answer::Same(size);
    let begin = LAST - (i64::from(count) - 1) * 60;
    let file = |name: &str| ground.folder.path().join(format!("{name}.png"));
    let mut contest = Contest::new(
        format!("picture of {count} points"),
        format!(
            "A line of {count} points in a PNG file of {WIDTH}x{HEIGHT}, anti-aliased, with axes and titles"
        ),
        Measure::CpuMs,
    )
    .aim(Aim::AtMost(40.0))
    .aim(Aim::PeakMb(25.0))
    .aim(Aim::ProductKb(90.0));
    contest.pantau("pantau chart", pantau(data, begin, &file("pantau"))?, same);
    contest.peer(peers, Tool::Rrdtool, "rrdtool graph", same, || {
        let file = file("rrdtool");
        let line = [
            format!("DEF:level={}:level:LAST", data.rrd(None)?.display()),
            "LINE1:level#1f77b4:LQ45".to_owned(),
        ];
        let job = Job::new("rrdtool").arg("graph").path(&file).args([
            "--full-size-mode",
            "-w",
            "1600",
            "-h",
            "900",
        ]);
        Ok(job.args(["--start", &begin.to_string(), "--end", &LAST.to_string()]).args(line).writes(file))
    })?;
    contest.peer(peers, Tool::Gnuplot, "gnuplot", same, || gnuplot(ground, data, begin, &file("gnuplot")))?;
    contest.peer(peers, Tool::Matplotlib, "matplotlib", same, || {
        let file = file("matplotlib");
        Ok(peers.script("picture_matplotlib.py").path(&data.sqlite()?).arg(begin).path(&file).writes(file))
    })?;
    Ok(contest)
}

pub(super) fn pantau(data: &Data<'_>, begin: i64, file: &Path) -> Result<Job> {
    let from = DateTime::from_timestamp(begin, 0).context("a minute of our age")?.to_rfc3339();
    let job = data.ask().args([
        "-q",
        "chart",
        "lq45",
        "--size",
        "1600x900",
        "--from",
        &from,
        "--to",
        "2025-12-31",
        "-o",
    ]);
    Ok(job.path(file).writes(file.to_owned()))
}

/// It asks the database itself, as its users do.
fn gnuplot(ground: &Ground<'_>, data: &Data<'_>, begin: i64, file: &Path) -> Result<Job> {
    let (database, picture) = (data.sqlite()?.display().to_string(), file.display());
    let script = ground.folder.path().join(format!("picture-from-{begin}.gnuplot"));
    fs::write(
        &script,
        format!(
            "set terminal pngcairo size {WIDTH},{HEIGHT}\nset output '{picture}'\nset xdata time\nset timefmt '%s'\n\
             set format x '%Y-%m-%d'\nset title 'LQ45'\n\
             plot '< sqlite3 -readonly -separator \" \" {database} \"SELECT at, level / 100.0 FROM point \
             WHERE indicator = 0 AND at >= {begin}\"' using 1:2 with lines title 'LQ45'\n"
        ),
    )?;
    Ok(Job::new("gnuplot").path(&script).writes(file.to_owned()))
}

/// The size that a PNG file says it has, and that it ends as one.
fn size(run: &Run) -> Result<String> {
    let mut reader = png::Decoder::new(std::io::BufReader::new(File::open(&run.written)?)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().context("a picture too large")?];
    let frame = reader.next_frame(&mut pixels)?;
    let first = pixels.first().copied();
    let is_blank = pixels.iter().all(|byte| Some(*byte) == first);
    Ok(format!("{}x{}{}", frame.width, frame.height, if is_blank { ", blank" } else { "" }))
}
