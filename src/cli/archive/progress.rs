//! How far a fetch is, on stderr: a bar on a terminal, now and then a line elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::archive::fetch::{News, Progress};

use super::super::context::{complain, confirm, note};

/// Off a terminal, a line is written after so many places.
const PLACES_A_LINE: u64 = 500;
/// How many places that cannot be had are named; the others are counted.
const NAMED: u64 = 20;

/// What a person sees of a fetch.
pub(super) struct Shown {
    quiet: bool,
    bar: Option<ProgressBar>,
    failed: u64,
    next_line: u64,
}

impl Shown {
    pub(super) fn new(quiet: bool) -> Self {
        let is_seen = !quiet && std::io::stderr().is_terminal();
        let style = "{bar:30} {pos}/{len} places, {msg}, {per_sec}, {eta} left";
        let bar = || {
            let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
            ProgressBar::no_length().with_style(style)
        };
        Self { quiet, bar: is_seen.then(bar), failed: 0, next_line: PLACES_A_LINE }
    }

    pub(super) fn tell(&mut self, news: &News<'_>) {
        match news {
            News::Progress(progress) => self.progress(*progress),
            News::Failed { line, why } => {
                self.failed += 1;
                if self.failed <= NAMED {
                    self.above(|| complain(&format!("line {line} of the plan: {why}")));
                }
            }
            News::Waiting { line, why, wait } => {
                let wait = humantime::format_duration(*wait);
                self.above(|| note(self.quiet, &format!("line {line} of the plan: {why}; waiting {wait}")));
            }
        }
    }

    fn progress(&mut self, progress: Progress) {
        let Progress { places, decided, failed, bytes } = progress;
        match &self.bar {
            Some(bar) => {
                if bar.length().is_none() {
                    // What an earlier run did says nothing of how fast this one is.
                    bar.set_length(places);
                    bar.set_position(decided);
                    bar.reset_eta();
                }
                bar.set_message(format!("{failed} failed, {} MB", bytes / 1_000_000));
                bar.set_position(decided);
            }
            None if decided >= self.next_line => {
                confirm(self.quiet, &format!("{decided} of {places} places, {failed} failed, {bytes} bytes"));
                self.next_line = decided + PLACES_A_LINE;
            }
            None => {}
        }
    }

    /// Writes a line without tearing the bar.
    fn above(&self, write: impl FnOnce()) {
        match &self.bar {
            Some(bar) => bar.suspend(write),
            None => write(),
        }
    }

    /// Takes the bar away.
    pub(super) fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if self.failed > NAMED {
            complain(&format!("{} more places could not be had", self.failed - NAMED));
        }
    }
}
