//! What the daemon says of itself: which sources it polls, and whether it is at work. Knows no page and no number.

use std::collections::BTreeSet;
use std::sync::{PoisonError, RwLock};

/// How far the daemon has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Phase {
    /// The loops have not all begun.
    #[default]
    Starting,
    /// Every loop has begun.
    Running,
    /// It was asked to stop.
    Stopping,
}

impl Phase {
    /// The word on the page.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Starting => "starting",
            Self::Running => "running",
            Self::Stopping => "stopping",
        }
    }
}

/// The daemon's own word, shared between its loops and the pages.
#[derive(Debug, Default)]
pub struct Standing(RwLock<State>);

#[derive(Debug, Default)]
struct State {
    phase: Phase,
    polled: BTreeSet<String>,
}

impl Standing {
    /// These sources are polled from now on, and no others.
    pub fn polls(&self, sources: impl IntoIterator<Item = String>) {
        self.write(|state| state.polled = sources.into_iter().collect());
    }

    /// Every loop has begun.
    pub fn started(&self) {
        self.write(|state| {
            if state.phase == Phase::Starting {
                state.phase = Phase::Running;
            }
        });
    }

    /// The daemon was asked to stop.
    pub fn stopping(&self) {
        self.write(|state| state.phase = Phase::Stopping);
    }

    /// How far it has come.
    #[must_use]
    pub fn phase(&self) -> Phase {
        self.0.read().unwrap_or_else(PoisonError::into_inner).phase
    }

    /// The names of the polled sources.
    #[must_use]
    pub fn polled(&self) -> BTreeSet<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).polled.clone()
    }

    fn write(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_was_asked_to_stop_does_not_start_any_more() {
        let standing = Standing::default();
        assert_eq!(standing.phase(), Phase::Starting);
        standing.started();
        assert_eq!(standing.phase(), Phase::Running);
        standing.stopping();
        standing.started();
        assert_eq!(standing.phase(), Phase::Stopping);
    }
}
