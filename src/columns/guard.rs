//! Keeps a damaged file from ending the program: the crate parquet 60 checks much of what it reads and panics over the
//! rest (a flipped byte in a page: `assertion failed: size <= src.len()`, bit_util.rs).

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

thread_local! {
    /// Whether a panic of this thread is caught below, and so none of anyone's business.
    static IS_GUARDED: Cell<bool> = const { Cell::new(false) };
}

/// Does some reading; a panic in it becomes a word on what is wrong. What was read with is not to be used after one.
pub(super) fn guarded<T>(read: impl FnOnce() -> T) -> Result<T, String> {
    keep_quiet();
    IS_GUARDED.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(read));
    IS_GUARDED.set(false);
    done.map_err(|_| "its parts contradict each other".to_owned())
}

/// From now on nothing is printed about panics that are caught here.
fn keep_quiet() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let tell = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_GUARDED.get() {
                tell(panic);
            }
        }));
    });
}
