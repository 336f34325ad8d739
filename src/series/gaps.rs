//! Silences: where a series is unknown because nobody looked, or nobody answered. Never fills them.

use std::time::Duration;

use chrono::TimeDelta;

use super::{Part, Series};
use crate::domain::Timestamp;

/// The series cut where it was silent for longer than its heartbeat. No stretch is empty.
#[must_use]
pub fn stretches(series: &Series) -> Vec<&[Part]> {
    let heartbeat = span(series.indicator().heartbeat);
    let joined = |a: &Part, b: &Part| b.first_seen() - a.last_seen() <= heartbeat;
    series.parts().chunk_by(joined).collect()
}

/// Whether what was last seen then is unknown now. Exactly one heartbeat of silence is still accepted.
#[must_use]
pub fn is_stale(last_seen: Timestamp, heartbeat: Duration, now: Timestamp) -> bool {
    now - last_seen > span(heartbeat)
}

/// A heartbeat as a difference of instants; one too long to be such is never exceeded.
fn span(heartbeat: Duration) -> TimeDelta {
    TimeDelta::from_std(heartbeat).unwrap_or(TimeDelta::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::samples::{at, index};
    use super::*;

    #[test]
    fn a_silence_longer_than_the_heartbeat_parts_two_stretches() {
        let series = index(&[
            ("19T09:00", "19T09:30", "1"),
            ("19T10:30", "19T10:31", "2"),
            ("19T11:32", "19T11:32", "3"),
        ]);
        let lengths: Vec<usize> = stretches(&series).into_iter().map(<[Part]>::len).collect();
        assert_eq!(lengths, [2, 1]);
    }

    #[test]
    fn a_series_without_runs_has_no_stretch() {
        assert!(stretches(&index(&[])).is_empty());
    }

    #[test]
    fn a_level_from_the_future_is_not_stale() {
        let hour = Duration::from_secs(3600);
        assert!(!is_stale(at("19T09:00"), hour, at("19T08:00")));
        assert!(!is_stale(at("19T09:00"), hour, at("19T10:00")));
        assert!(is_stale(at("19T09:00"), hour, at("19T10:01")));
    }
}
