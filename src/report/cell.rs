//! How the parts of a row look: times and computed numbers for programs, coloured text for people.

use chrono::DateTime;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Serialize, Serializer};

use crate::domain::{Change, Level, Percent, Quantity, Run};
use crate::format;

use super::table::Text;

/// Computed decimals as numbers.
#[expect(clippy::ref_option, reason = "serde hands over references")]
pub(super) fn decimal<S: Serializer>(value: &Option<Decimal>, to: S) -> Result<S::Ok, S::Error> {
    match value.map(|value| Quantity::from_decimal(value.normalize())) {
        Some(Ok(quantity)) => quantity.serialize(to),
        // Longer than any printed number: the nearest one that is not.
        Some(Err(_)) => rust_decimal::prelude::ToPrimitive::to_f64(&value.unwrap_or_default()).serialize(to),
        None => to.serialize_none(),
    }
}

#[expect(clippy::ref_option, reason = "serde hands over references")]
pub(super) fn optional_time<S: Serializer>(at: &Option<DateTime<Tz>>, to: S) -> Result<S::Ok, S::Error> {
    at.map(|at| at.to_rfc3339()).serialize(to)
}

pub(super) fn level_text(level: Option<Level>) -> Text {
    Text::maybe(level.map(format::level))
}

pub(super) fn change_text(change: Option<Change>) -> Text {
    Text::signed(change.map(format::change), change.map(Change::decimal))
}

pub(super) fn percent_text(percent: Option<Percent>) -> Text {
    Text::signed(percent.map(format::percent), percent.map(Percent::decimal))
}

pub(super) fn computed_percent_text(percent: Option<Decimal>) -> Text {
    Text::signed(percent.map(format::computed_percent), percent)
}

/// The verdict where it is not plain: only a contradiction is worth a word to people.
pub(super) fn remark_text(run: &Run) -> Text {
    run.verdict.remark().map_or_else(|| Text::plain(""), Text::warning)
}
