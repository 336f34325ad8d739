//! How a person ends an import: the first time what was read is still recorded, the second time nothing more is done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::cli::exit::Exit;
use crate::cli::signals::Signals;

/// Whether the import is to end.
#[derive(Debug, Clone, Default)]
pub(super) struct Stop(Arc<AtomicBool>);

impl Stop {
    pub(super) fn is_wanted(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Listens for whatever asks the program to end, from now on.
pub(super) fn on_signal() -> std::io::Result<Stop> {
    let stop = Stop::default();
    let wanted = stop.clone();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = runtime.block_on(async { Signals::listen() })?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            signals.next().await;
            wanted.0.store(true, Ordering::Relaxed);
            signals.next().await;
            // A transaction in hand is as if it had never begun.
            std::process::exit(Exit::Interrupted as i32)
        })
    });
    Ok(stop)
}
