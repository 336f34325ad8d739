//! The rows of `change`.

use chrono::TimeDelta;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::Level;
use crate::format;
use crate::query::ChangeOver;

use super::cell::{computed_percent_text, decimal, level_text};
use super::table::{Table, Text};

/// `change`: one indicator over one window.
#[derive(Debug, Serialize)]
pub struct ChangeRow {
    indicator: String,
    as_of: String,
    level: Option<Level>,
    over: String,
    base_level: Option<Level>,
    base_at: Option<String>,
    #[serde(serialize_with = "decimal")]
    change: Option<Decimal>,
    #[serde(serialize_with = "decimal")]
    percent: Option<Decimal>,
}

impl ChangeRow {
    /// A change with its times in a zone.
    #[must_use]
    pub fn new(change: &ChangeOver, zone: Tz) -> Self {
        Self {
            indicator: change.indicator.slug.to_string(),
            as_of: format::rfc3339(change.as_of, zone),
            level: change.level,
            over: change.over.to_string(),
            base_level: change.base_level,
            base_at: change.base_at.map(|at| format::rfc3339(at, zone)),
            change: change.change,
            percent: change.percent,
        }
    }

    /// How many changes rest on a capture that is farther than the heartbeat, and how far at most.
    #[must_use]
    pub fn far(changes: &[ChangeOver]) -> Option<String> {
        let age = |change: &ChangeOver| change.level_age.into_iter().chain(change.base_age).max();
        let ages: Vec<TimeDelta> = changes.iter().filter_map(age).collect();
        let (far, all, longest) = (ages.len(), changes.len(), ages.iter().max()?);
        let longest = format::age(*longest);
        Some(format!(
            "{far} of {all} changes rest on a level seen up to {longest} before an end of the window"
        ))
    }

    /// Changes, with the reason where there is no number.
    #[must_use]
    pub fn table(changes: &[ChangeOver], zone: Tz) -> Table {
        let mut table = Table::new(&[
            "INDICATOR",
            "AS OF",
            ">LEVEL",
            "OVER",
            ">BASE",
            "BASE SEEN",
            ">CHANGE",
            ">PERCENT",
            "",
        ]);
        for change in changes {
            table.row(vec![
                Text::plain(change.indicator.slug.as_str()),
                Text::plain(format::time(change.as_of, zone)),
                level_text(change.level),
                Text::plain(change.over.to_string()),
                level_text(change.base_level),
                Text::maybe(change.base_at.map(|at| format::time(at, zone))),
                Text::signed(change.change.map(format::signed), change.change),
                computed_percent_text(change.percent),
                Text::warning(change.note.clone().unwrap_or_default()),
            ]);
        }
        table
    }
}
