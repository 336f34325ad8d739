//! How much room a year takes: a header of eleven rows, polled each minute of the sessions.

use anyhow::Result;
use rusqlite::Connection;

use crate::data::Data;
use crate::figures::short;
use crate::results::Section;

use super::Ground;

/// In MB: with every text that was seen, and without.
const AIMS: (f64, f64) = (25.0, 7.0);
/// Where the texts are.
const TEXTS: [&str; 2] = ["capture", "sqlite_autoindex_capture_1"];

pub(super) fn run(ground: &Ground<'_>) -> Result<Vec<Section>> {
    let days = ground.scale.of(365, 10);
    let data = Data::days(ground.folder, ground.peers, days)?;
    let parts = parts(&data)?;
    let mb = |bytes: i64| bytes as f64 / 1e6;
    let sum = |wanted: fn(&str) -> bool| {
        mb(parts.iter().filter(|(name, _)| wanted(name)).map(|(_, size)| size).sum())
    };
    let (whole, without) = (sum(|_| true), sum(|name| !TEXTS.contains(&name)));
    let met = |is: f64, aim: f64| if is <= aim { "met" } else { "**not met**" };
    let mut text = format!(
        "## year\n\nHow much room {days} days take of a header of 11 rows that is polled each minute of the sessions. \
         Recording it took {} s of processor time, each page parsed and 500 polls a transaction.\n\n\
         - aim: at most {} MB with every text: {} ({} MB)\n- aim: at most {} MB without the texts: {} ({} MB)\n\n\
         | table or index | MB |\n|---|--:|\n",
        short(data.import_seconds()?),
        AIMS.0,
        met(whole, AIMS.0),
        short(whole),
        AIMS.1,
        met(without, AIMS.1),
        short(without)
    );
    for (name, size) in parts.iter().filter(|(_, size)| mb(*size) >= 0.01) {
        text.push_str(&format!("| {name} | {} |\n", short(mb(*size))));
    }
    Ok(vec![Section { text, summary: None, faults: Vec::new() }])
}

/// Bytes of each table and index, the greatest first.
fn parts(data: &Data<'_>) -> Result<Vec<(String, i64)>> {
    let connection = Connection::open(data.database())?;
    let mut statement =
        connection.prepare("SELECT name, sum(pgsize) FROM dbstat GROUP BY 1 ORDER BY 2 DESC, 1")?;
    let parts = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(parts.collect::<Result<_, _>>()?)
}
