//! Whether a poll changes what is known of a source: understood, or not any more. Pure.

use crate::domain::Drift;

/// Whether a source is understood, and whether that is news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Turn {
    /// As before: understood, or never understood at all.
    #[default]
    Steady,
    /// Its page used to be read, and is not any more.
    Lost,
    /// Its page is still not read.
    StillLost,
    /// Its page is read again, after a stretch in which it was not.
    Regained(Drift),
}

impl Turn {
    /// What a page that was read, or not, means after what came before.
    pub(super) fn of(is_read: bool, was_ever_read: bool, drift: Option<Drift>) -> Self {
        match (is_read, drift) {
            (true, Some(drift)) => Self::Regained(drift),
            (false, Some(_)) => Self::StillLost,
            (false, None) if was_ever_read => Self::Lost,
            (_, None) => Self::Steady,
        }
    }
}
