//! How many answers are fetched or held at once, whatever their hosts: each may take the memory of a page and a
//! connection, and of ten thousand pages that are due together no machine holds all.
//!
//! A server that is slow to answer holds up no other: its place goes to them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// How many there are. Each costs the memory of a page and of the buffer that it came through: 0.8 MB for one of 398 KB.
pub(super) const MOST_AT_ONCE: usize = 16;
/// A request that takes longer is counted no more.
const SLOW: Duration = Duration::from_millis(50);

/// The places that are free.
#[derive(Debug)]
pub(super) struct Places(Arc<Semaphore>);

impl Default for Places {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_AT_ONCE)))
    }
}

/// Room for an answer, until it is dropped.
#[derive(Debug)]
pub struct Place {
    /// Always there: nobody closes the places.
    _permit: Option<OwnedSemaphorePermit>,
}

impl Places {
    /// Waits for a place, first come, first served.
    pub(super) async fn take(&self) -> Place {
        Place { _permit: self.0.clone().acquire_owned().await.ok() }
    }
}

impl Place {
    /// Holds the place while something is done, and gives it away if that takes long.
    pub(super) async fn hold<T>(self, work: impl Future<Output = T>) -> (T, Option<Self>) {
        tokio::pin!(work);
        match tokio::time::timeout(SLOW, &mut work).await {
            Ok(done) => (done, Some(self)),
            Err(_) => {
                drop(self);
                (work.await, None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn there_are_so_many_places_and_a_slow_server_keeps_none() {
        let (places, began) = (Arc::new(Places::default()), Instant::now());
        for _ in 0..MOST_AT_ONCE {
            let place = places.take().await;
            tokio::spawn(place.hold(tokio::time::sleep(Duration::from_secs(30))));
        }
        let place = places.take().await;
        assert_eq!(began.elapsed(), SLOW);
        let (answer, place) = place.hold(std::future::ready("quick")).await;
        assert!(answer == "quick" && place.is_some());
    }
}
