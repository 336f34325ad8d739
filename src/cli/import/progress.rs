//! How far an import is, on a terminal. Nowhere else: there it would be noise between the lines that matter.

use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::cli::context::Context;

const FORM: &str = "{bar:30} {percent:>3} %  {msg}  {eta} left";

/// The bar, and what moves it.
pub(super) struct Progress {
    /// How many bytes of the files are read.
    pub(super) bytes: Arc<AtomicU64>,
    bar: ProgressBar,
}

impl Progress {
    pub(super) fn begin(context: &Context, bytes: u64) -> Self {
        let is_shown = std::io::stderr().is_terminal() && !context.quiet;
        let target = if is_shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(bytes), target);
        // The form is one, or the bar keeps its own.
        if let Ok(style) = ProgressStyle::with_template(FORM) {
            bar.set_style(style);
        }
        if is_shown {
            bar.enable_steady_tick(Duration::from_millis(200));
        }
        Self { bytes: Arc::default(), bar }
    }

    /// Shows how far it is, with so many captures taken.
    pub(super) fn show(&self, captures: usize) {
        if self.bar.is_hidden() {
            return;
        }
        self.bar.set_position(self.bytes.load(Ordering::Relaxed));
        let rate = captures as f64 / self.bar.elapsed().as_secs_f64();
        self.bar.set_message(format!("{captures} captures, {rate:.0}/s"));
    }

    /// Says something without tearing the bar apart.
    pub(super) fn beside(&self, say: impl FnOnce()) {
        self.bar.suspend(say);
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}
