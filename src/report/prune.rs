//! The rows of `db prune`: what is older than it is kept.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::format;

use super::table::{Table, Text};

/// What goes of a source, or of no source in particular.
#[derive(Debug, Clone, Serialize)]
pub struct PruneRow {
    source: Option<String>,
    what: &'static str,
    count: u64,
    before: String,
    removed: bool,
    #[serde(skip)]
    shown: String,
}

impl PruneRow {
    /// So many things from before an instant, removed or not.
    #[must_use]
    pub fn new(
        source: Option<&str>,
        what: &'static str,
        count: u64,
        before: Timestamp,
        removed: bool,
        zone: Tz,
    ) -> Self {
        let (at, shown) = (format::rfc3339(before, zone), format::time(before, zone));
        Self { source: source.map(str::to_owned), what, count, before: at, removed, shown }
    }

    /// Every source of which something goes.
    #[must_use]
    pub fn table(rows: &[Self]) -> Table {
        let mut table = Table::new(&["SOURCE", "WHAT", ">COUNT", "BEFORE"]);
        for row in rows {
            table.row(vec![
                Text::maybe(row.source.clone()),
                Text::plain(row.what),
                Text::plain(row.count.to_string()),
                Text::plain(&row.shown),
            ]);
        }
        table
    }
}
