//! The table of `reextract`.

use chrono_tz::Tz;

use crate::format;
use crate::store::KeptPage;

use super::table::{Table, Text};

/// `reextract`: what became of kept pages, for people.
#[derive(Debug)]
pub struct RereadRow;

impl RereadRow {
    /// Kept pages with their source and a word on what became of each.
    #[must_use]
    pub fn table<'a>(pages: impl Iterator<Item = (&'a str, &'a KeptPage, &'a str)>, zone: Tz) -> Table {
        let mut table = Table::new(&["SOURCE", ">PAGE", ">SEEN", "FIRST SEEN", "LAST SEEN", ""]);
        for (source, page, outcome) in pages {
            table.row(vec![
                Text::plain(source),
                Text::plain(page.id.to_string()),
                Text::plain(page.times.to_string()),
                Text::plain(format::time(page.first_seen, zone)),
                Text::plain(format::time(page.last_seen, zone)),
                Text::plain(outcome),
            ]);
        }
        table
    }
}
