//! The one helper of the tests that the server needs.

use std::time::{Duration, Instant};

/// Looks again and again until something is there.
pub(crate) fn wait_for<T>(what: &str, bound: Duration, mut look: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(started.elapsed() < bound, "waited {bound:?} for {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}
