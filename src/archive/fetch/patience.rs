//! How often one place is asked for, and how long an archive is left alone in between. Pure.

use std::time::Duration;

use crate::fetch::doubled;

/// A pause of ours grows no longer.
const LONGEST_PAUSE: Duration = Duration::from_secs(15 * 60);
/// Whoever asks for more is left alone until somebody begins again.
const LONGEST_ASKED: Duration = Duration::from_secs(3600);

/// How much failure is borne.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// How often a place is asked for at most; and how many answers in a row may be refusals. At least one.
    pub tries: u32,
    /// The pause after the first failure; each further one is twice as long.
    pub pause: Duration,
}

impl Patience {
    /// How long to wait after so many failures in a row, and no longer than an archive is waited for; none to give up.
    /// `asked` is what the archive asks for.
    #[must_use]
    pub fn pause_after(self, failures: u32, asked: Option<Duration>) -> Option<Duration> {
        let is_borne = failures < self.tries && asked.is_none_or(|asked| asked <= LONGEST_ASKED);
        let own = doubled(self.pause, failures.saturating_sub(1)).min(LONGEST_PAUSE);
        is_borne.then(|| asked.unwrap_or_default().max(own))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_archive_is_left_alone_for_longer_each_time_and_as_long_as_it_asks() {
        let (seconds, patience) =
            (Duration::from_secs, Patience { tries: 4, pause: Duration::from_secs(60) });
        for (failures, asked, expected) in [
            (1, None, Some(60)),
            (2, None, Some(120)),
            (3, None, Some(240)),
            (4, None, None),
            (1, Some(6), Some(60)),
            (1, Some(600), Some(600)),
            (3, Some(6), Some(240)),
            (1, Some(3600), Some(3600)),
            (1, Some(3601), None),
        ] {
            assert_eq!(
                patience.pause_after(failures, asked.map(seconds)),
                expected.map(seconds),
                "{failures}"
            );
        }
        let long = Patience { tries: 100, pause: seconds(60) };
        assert_eq!(long.pause_after(99, None), Some(LONGEST_PAUSE));
    }
}
