//! The one writer, shared by everything in the daemon that writes: blocking work is done where blocking is allowed.
//! Knows no rows.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Store;

/// A store whose users take turns. Clones share it.
#[derive(Debug, Clone)]
pub struct SharedStore(Arc<Mutex<Store>>);

impl SharedStore {
    /// Shares a store.
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self(Arc::new(Mutex::new(store)))
    }

    /// Waits for one's turn, blocking. A panic inside a transaction has rolled it back: the connection is as good as
    /// before.
    pub fn lock(&self) -> MutexGuard<'_, Store> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does blocking work off the async workers. It is never cancelled: dropping the future only stops waiting for it.
    ///
    /// # Errors
    /// Those of the work.
    pub async fn off_the_workers<T: Send + 'static, E: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Store) -> Result<T, E> + Send + 'static,
    ) -> Result<T, E> {
        let store = self.clone();
        let done = tokio::task::spawn_blocking(move || work(&mut store.lock()));
        done.await.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
    }
}
