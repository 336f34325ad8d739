//! Notices that the clock was set, or that the machine slept: the wall clock went another way than the time that
//! passed.

use std::time::Duration;

use chrono::TimeDelta;
use tokio::time::Instant;

use crate::clock::Clock;

/// How often the clocks are compared.
const GLANCE: Duration = Duration::from_secs(15);
/// What is not worth a word. The wall clock is read in whole seconds.
const TOLERANCE: TimeDelta = TimeDelta::seconds(2);

/// Logs every step of the clock, for ever.
pub(super) async fn watch(clock: Clock) {
    let mut before = (clock(), Instant::now());
    loop {
        tokio::time::sleep(GLANCE).await;
        let now = (clock(), Instant::now());
        if let Some(step) = step(now.0 - before.0, now.1 - before.1) {
            tracing::warn!(
                seconds = step.num_seconds(),
                "the clock was set, or the machine slept; polls that were missed are skipped"
            );
        }
        before = now;
    }
}

/// By how much the wall clock went farther than the time that passed.
pub(super) fn step(wall: TimeDelta, passed: Duration) -> Option<TimeDelta> {
    let step = wall - TimeDelta::from_std(passed).ok()?;
    (step.abs() > TOLERANCE).then_some(step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_told_from_the_time_that_passes() {
        let steps = |wall, passed| {
            step(TimeDelta::seconds(wall), Duration::from_secs(passed)).map(|step| step.num_seconds())
        };
        for (wall, passed, expected) in [
            (15, 15, None),
            (17, 15, None),
            (18, 15, Some(3)),
            (3615, 15, Some(3600)),
            (-3585, 15, Some(-3600)),
            (0, 15, Some(-15)),
        ] {
            assert_eq!(steps(wall, passed), expected, "{wall} {passed}");
        }
    }
}
