//! The row of `push`: what became of what was copied.

use serde::Serialize;

use super::table::{Table, Text};

/// What became of the rows that were sent to a server.
#[derive(Debug, Serialize)]
pub struct PushRow {
    to: String,
    rows: u64,
    new: u64,
    changed: u64,
    same: u64,
}

impl PushRow {
    /// `rows` is the sum of the others.
    #[must_use]
    pub fn new(to: &str, rows: u64, new: u64, changed: u64, same: u64) -> Self {
        Self { to: to.to_owned(), rows, new, changed, same }
    }

    /// One server.
    #[must_use]
    pub fn table(rows: &[Self]) -> Table {
        let mut table = Table::new(&["TO", ">ROWS", ">NEW", ">CHANGED", ">SAME"]);
        for row in rows {
            let counts = [row.rows, row.new, row.changed, row.same];
            let counts = counts.map(|count| Text::plain(count.to_string()));
            table.row([Text::plain(&row.to)].into_iter().chain(counts).collect());
        }
        table
    }
}
