//! Whether every loop gets on: each says by when it will have finished what it does now. A source whose server is
//! down gets on; one whose loop, reading or writing hangs does not. Knows no reason, only deadlines.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What a busy machine may take on top of what a step should take.
const SLACK: Duration = Duration::from_secs(30);
/// How often a loop that waits for another says that it still does.
const TICK: Duration = Duration::from_secs(15);

/// The deadlines of all loops. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Progress(Arc<Mutex<HashMap<String, Instant>>>);

impl Progress {
    /// A source whose loop has not finished what it said it would.
    #[must_use]
    pub fn overdue(&self, now: Instant) -> Option<String> {
        let deadlines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let overdue = deadlines.iter().filter(|(_, deadline)| **deadline < now);
        overdue.min_by_key(|(_, deadline)| **deadline).map(|(source, _)| source.clone())
    }

    /// Says that the next step of a source takes so long at most.
    pub(super) fn expect(&self, source: &str, within: Duration) {
        let deadline = Instant::now() + within + SLACK;
        let mut deadlines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match deadlines.get_mut(source) {
            Some(known) => *known = deadline,
            None => {
                deadlines.insert(source.to_owned(), deadline);
            }
        }
    }

    /// A source that has no loop any more.
    pub(super) fn forget(&self, source: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(source);
    }

    /// Waits for something that only others can bring about and that they have deadlines for: their turn at a host
    /// or at the database.
    pub(super) async fn while_waiting<T>(&self, source: &str, awaited: impl Future<Output = T>) -> T {
        tokio::pin!(awaited);
        loop {
            self.expect(source, TICK);
            tokio::select! {
                done = &mut awaited => return done,
                () = tokio::time::sleep(TICK) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn whoever_does_not_finish_in_time_is_overdue() {
        let progress = Progress::default();
        assert_eq!(progress.overdue(Instant::now()), None);
        progress.expect("slow", Duration::from_secs(60));
        progress.expect("stuck", Duration::from_secs(5));
        let later = Instant::now() + Duration::from_secs(36);
        assert_eq!(progress.overdue(Instant::now()), None);
        assert_eq!(progress.overdue(later).as_deref(), Some("stuck"));
        progress.forget("stuck");
        assert_eq!(progress.overdue(later), None);
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_for_others_is_no_standstill() {
        let progress = Progress::default();
        let wait = tokio::time::sleep(Duration::from_secs(3600));
        progress.while_waiting("patient", wait).await;
        assert_eq!(progress.overdue(Instant::now()), None);
    }
}
