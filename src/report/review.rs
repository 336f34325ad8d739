//! The rows of `review`.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::{Change, Indicator, Level, Percent};
use crate::format;
use crate::store::Held;

use super::cell::{change_text, level_text, percent_text};
use super::table::{Table, Text};

/// `review`: what waits for a decision.
#[derive(Debug, Serialize)]
pub struct HeldRow {
    id: i64,
    indicator: String,
    source: String,
    level: Option<Level>,
    change: Option<Change>,
    percent: Option<Percent>,
    first_seen: String,
    last_seen: String,
    reason: String,
}

impl HeldRow {
    /// A held value with its times in a zone.
    #[must_use]
    pub fn new(indicator: &Indicator, held: &Held, zone: Tz) -> Self {
        Self {
            id: held.id,
            indicator: indicator.slug.to_string(),
            source: indicator.source.clone(),
            level: held.figures.level,
            change: held.figures.change,
            percent: held.figures.percent,
            first_seen: format::rfc3339(held.seen_at, zone),
            last_seen: format::rfc3339(held.last_seen, zone),
            reason: held.reason.clone(),
        }
    }

    /// Everything that waits.
    #[must_use]
    pub fn table<'a>(held: impl Iterator<Item = (&'a Indicator, &'a Held)>, zone: Tz) -> Table {
        let columns =
            [">ID", "INDICATOR", ">LEVEL", ">CHANGE", ">PERCENT", "FIRST SEEN", "LAST SEEN", "REASON"];
        let mut table = Table::new(&columns);
        for (indicator, held) in held {
            table.row(vec![
                Text::plain(held.id.to_string()),
                Text::plain(indicator.slug.as_str()),
                level_text(held.figures.level),
                change_text(held.figures.change),
                percent_text(held.figures.percent),
                Text::plain(format::time(held.seen_at, zone)),
                Text::plain(format::time(held.last_seen, zone)),
                Text::plain(&held.reason),
            ]);
        }
        table
    }
}
