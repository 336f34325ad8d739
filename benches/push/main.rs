//! What a team's PostgreSQL costs: how fast a year of minute observations is copied there, how much room it takes, and
//! what a push costs when there is nothing to tell.
//!
//! `cargo bench --bench push` makes the database that the bench `year` measures (of 130 days, about 94,000 polls: a
//! million rows; `-- --days N` for another), starts a PostgreSQL of its own with the settings of its package, except that
//! it listens on the loopback device alone, and runs the release binary. Nothing is asserted of the times.

#![expect(clippy::print_stdout, reason = "a benchmark prints what it measured")]
#![allow(clippy::unwrap_used, dead_code, reason = "shares parts with another bench and with the tests")]

mod common;
#[path = "../year/database.rs"]
mod database;
#[path = "../year/folder.rs"]
mod folder;
#[path = "../common/kontan.rs"]
mod kontan;
#[path = "../common/labels.rs"]
mod labels;
#[path = "../common/market.rs"]
mod market;
#[path = "../../tests/integration/postgres.rs"]
mod postgres;

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, ensure};

use folder::Folder;
use postgres::Postgres;

const DAYS: u32 = 130;

fn main() -> anyhow::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.iter().any(|arg| arg == "--bench") {
        println!("nothing to test; run `cargo bench --bench push`");
        return Ok(());
    }
    let days = args.iter().skip_while(|arg| *arg != "--days").nth(1);
    let days = days.map_or(Ok(DAYS), |days| days.parse()).context("--days needs a number")?;
    let Some(mut server) = Postgres::stopped(&["fsync = on", "shared_buffers = 128MB"]) else {
        return Ok(());
    };
    server.go_on();
    let folder = Folder::temporary()?;
    let database = database::prepare(&folder, days)?;

    println!("{:<34} {:>9} {:>8} {:>9}", "push", "rows", "s", "rows/s");
    let rows = push(&database, &server, "all of it new", &[])?;
    push(&database, &server, "nothing new", &[])?;
    push(&database, &server, "all of it known (--all)", &["--all"])?;
    server.run("TRUNCATE pantau.told");
    push(&database, &server, "all of it known, and not told", &[])?;
    server.run("VACUUM ANALYZE");
    println!();
    for (what, sql) in [
        ("bytes a row, table", "SELECT pg_relation_size('pantau.observation')"),
        ("bytes a row, with its indexes", "SELECT pg_total_relation_size('pantau.observation')"),
        ("bytes a row, what was told", "SELECT pg_total_relation_size('pantau.told')"),
    ] {
        let bytes: u64 = server.one(sql).parse()?;
        println!("{what:<34} {:>9.1}", bytes as f64 / rows as f64);
    }
    println!();
    for (what, sql) in [
        (
            "a day of lq45 (points)",
            "FROM pantau.points WHERE indicator = 'lq45' AND \"time\" >= '2025-01-15' AND \"time\" < '2025-01-16'",
        ),
        ("lq45, every point", "FROM pantau.points WHERE indicator = 'lq45'"),
        ("lq45, every run (quotes)", "FROM pantau.quotes WHERE indicator = 'lq45'"),
    ] {
        let begun = Instant::now();
        let found = server.count(&format!("SELECT count(*) {sql}"));
        println!("{what:<34} {found:>9} {:>8.3}", begun.elapsed().as_secs_f64());
    }
    Ok(())
}

/// Runs the program; says how many rows it sent.
fn push(database: &Path, server: &Postgres, what: &str, args: &[&str]) -> anyhow::Result<u64> {
    let begun = Instant::now();
    let done = Command::new(env!("CARGO_BIN_EXE_pantau"))
        .args(["push", "-f", "json", "--to", &server.url(), "--db"])
        .arg(database)
        .args(args)
        .output()?;
    let took = begun.elapsed().as_secs_f64();
    ensure!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let answer: serde_json::Value = serde_json::from_slice(&done.stdout)?;
    let rows = answer[0]["rows"].as_u64().context("no count")?;
    println!("{what:<34} {rows:>9} {took:>8.2} {:>9.0}", rows as f64 / took);
    Ok(rows)
}
