//! The two commonest questions to a process that has just been started: the newest level of every indicator, and how far
//! each moved over four windows.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

use crate::aim::Aim;
use crate::contest::{Answer, Contest, Measure};
use crate::data::Data;
use crate::launch::{self, Job, Run};
use crate::peers::Tool;
use crate::results::Section;

use super::{Ground, answers};

/// Half past the hour of the second session of the last trading day of 2025, in Jakarta.
const AS_OF: (&str, i64) = ("2025-12-30T14:30:00+07:00", 1_767_079_800);
/// Windows, and when each began.
const WINDOWS: [(&str, i64); 4] = [
    ("1d", AS_OF.1 - 86_400),
    ("1w", AS_OF.1 - 7 * 86_400),
    ("1mo", AS_OF.1 - 30 * 86_400),
    ("6mo", AS_OF.1 - 183 * 86_400),
];
const INDICATORS: [&str; 11] = [
    "emas",
    "idx",
    "idx30",
    "idx80",
    "idxhidiv20",
    "idxq30",
    "idxv30",
    "issi",
    "kompas100",
    "lq45",
    "usd-idr",
];

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let data = Data::days(ground.folder, ground.peers, ground.scale.of(365, 10))?;
    let contests = [nothing()?, latest(ground, &data)?, change(ground, &data)?];
    Ok(contests.map(|contest| contest.run(ground.folder, ground.scale).into()).into())
}

/// What it costs to start a program at all.
fn nothing() -> Result<Contest> {
    let apart = Answer::Apart("there is no answer");
    let mut contest = Contest::new(
        "start",
        "A process that does nothing: what no cold answer can be below",
        Measure::WallMs,
    );
    contest.pantau("pantau --version", Job::new(env!("CARGO_BIN_EXE_pantau")).arg("--version"), apart);
    contest.limit("true", Job::new("true"), apart);
    Ok(contest)
}

fn latest(ground: &Ground<'_>, data: &Data<'_>) -> Result<Contest> {
    let peers = ground.peers;
    let lines = Answer::Same(answers::lines);
    let mut contest = Contest::new(
        "latest",
        "The newest level of each of 11 indicators out of a year of session minutes, by a process that was just started",
        Measure::WallMs,
    )
    .aim(Aim::TimesOf(1.0, "sqlite3"));
    contest.pantau(
        "pantau latest",
        data.ask().args(["-f", "json", "latest"]),
        Answer::Same(|run| answers::fields(run, &["indicator", "level"])),
    );
    contest.peer(peers, Tool::Sqlite, "sqlite3", lines, || Ok(sqlite(&data.sqlite()?, LATEST)))?;
    contest.peer(
        peers,
        Tool::Vnstat,
        "vnstat --json",
        Answer::Apart("it keeps only network traffic; its own database, for the time"),
        || vnstat(ground),
    )?;
    contest.peer(peers, Tool::Rrdtool, "rrdtool lastupdate", Answer::Same(last_updates), || {
        rrdtool(ground, data, "latest", |path, _| format!("lastupdate {path}\n"))
    })?;
    contest.peer(peers, Tool::DuckDb, "duckdb", lines, || {
        Ok(peers.script("cold_duckdb.py").path(&data.duckdb()?).arg("latest"))
    })?;
    contest.peer(peers, Tool::Pandas, "pandas", lines, || {
        Ok(peers.script("cold_pandas.py").path(&data.parquet()?).arg("latest"))
    })?;
    Ok(contest)
}

fn change(ground: &Ground<'_>, data: &Data<'_>) -> Result<Contest> {
    let peers = ground.peers;
    let lines = Answer::Same(answers::lines);
    let windows = WINDOWS.map(|(over, base)| format!("{over}={base}"));
    let mut contest = Contest::new(
        "change",
        "The level of each of 11 indicators at a moment and at the beginning of four windows, by a process that was just \
         started",
        Measure::WallMs,
    )
    .aim(Aim::TimesOf(1.0, "sqlite3"));
    let over = WINDOWS.map(|(over, _)| over).join(",");
    contest.pantau(
        "pantau change",
        data.ask().args(["-f", "json", "change", "--over", &over, "--as-of", AS_OF.0]),
        Answer::Same(|run| answers::fields(run, &["indicator", "over", "level", "base_level"])),
    );
    contest.peer(peers, Tool::Sqlite, "sqlite3", lines, || Ok(sqlite(&data.sqlite()?, &change_sql())))?;
    contest.peer(
        peers,
        Tool::Rrdtool,
        "rrdtool fetch",
        Answer::Apart("it knows nothing outside of its minutes, nor what was known last"),
        || rrdtool(ground, data, "change", fetches),
    )?;
    contest.peer(peers, Tool::DuckDb, "duckdb", lines, || {
        let job = peers.script("cold_duckdb.py").path(&data.duckdb()?).arg("change");
        Ok(job.arg(AS_OF.1).args(&windows))
    })?;
    contest.peer(peers, Tool::Pandas, "pandas", lines, || {
        let job = peers.script("cold_pandas.py").path(&data.parquet()?).arg("change");
        Ok(job.arg(AS_OF.1).args(&windows))
    })?;
    Ok(contest)
}

const LATEST: &str = "SELECT slug, (SELECT level FROM point WHERE indicator = id ORDER BY at DESC LIMIT 1) / 100.0 \
                      FROM indicator";

fn change_sql() -> String {
    let windows = WINDOWS.map(|(over, base)| format!("('{over}', {base})")).join(", ");
    let known = |at: &str| {
        format!(
            "coalesce((SELECT level FROM point WHERE indicator = id AND at <= {at} ORDER BY at DESC LIMIT 1) / 100.0, '-')"
        )
    };
    format!(
        "WITH span (over, base) AS (VALUES {windows}) SELECT slug, over, {}, {} FROM indicator, span",
        known(&AS_OF.1.to_string()),
        known("base")
    )
}

fn sqlite(database: &Path, sql: &str) -> Job {
    Job::new("sqlite3").args(["-readonly", "-separator", " "]).path(database).arg(sql)
}

/// Many questions to one process, which reads them from its input.
fn rrdtool(
    ground: &Ground<'_>,
    data: &Data<'_>,
    name: &str,
    ask: impl Fn(&str, &str) -> String,
) -> Result<Job> {
    let mut questions = String::new();
    for indicator in INDICATORS {
        questions.push_str(&ask(&data.rrd(Some(indicator))?.display().to_string(), indicator));
    }
    let file = ground.folder.path().join(format!("rrdtool-{name}"));
    fs::write(&file, questions)?;
    Ok(Job::new("rrdtool").arg("-").reads(file))
}

fn fetches(path: &str, _: &str) -> String {
    let moments = WINDOWS.iter().map(|(_, base)| *base).chain([AS_OF.1]);
    moments.map(|at| format!("fetch {path} LAST -r 60 -s {} -e {at}\n", at - 60)).collect()
}

/// Eleven times ` level`, a blank line, and `1767078000: 827`; in the order of the questions.
fn last_updates(run: &Run) -> Result<String> {
    let text = fs::read_to_string(&run.stdout)?;
    let levels: Vec<&str> =
        text.lines().filter_map(|line| line.split_once(": ")).map(|(_, level)| level).collect();
    ensure!(levels.len() == INDICATORS.len(), "{} levels", levels.len());
    let pairs = INDICATORS.iter().zip(levels).map(|(indicator, level)| format!("{indicator} {level}"));
    Ok(pairs.collect::<Vec<_>>().join("\n"))
}

/// A database of its own, with the loopback device in it.
fn vnstat(ground: &Ground<'_>) -> Result<Job> {
    let folder: PathBuf = ground.folder.path().join("vnstat");
    fs::create_dir_all(&folder)?;
    let config = folder.join("vnstat.conf");
    fs::write(&config, format!("DatabaseDir \"{}\"\n", folder.display()))?;
    if !folder.join("vnstat.db").exists() {
        launch::run(ground.folder, &Job::new("vnstatd").arg("--initdb").arg("--config").path(&config))?;
        let add = Job::new("vnstat").arg("--config").path(&config).args(["--add", "-i", "lo"]);
        launch::run(ground.folder, &add)?;
    }
    Ok(Job::new("vnstat").arg("--config").path(&config).arg("--json"))
}
