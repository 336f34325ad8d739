//! The only place that asks for the wall-clock time. Everything below the command line takes `now`.

use chrono::{DateTime, Utc};

use crate::domain::Timestamp;

/// Tells the time; tests pass one of their own.
pub type Clock = fn() -> Timestamp;

/// The wall-clock time, in whole seconds as it is stored.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "this is the one place")]
pub fn now() -> Timestamp {
    let now = Utc::now();
    DateTime::from_timestamp(now.timestamp(), 0).unwrap_or(now)
}
