//! Files to captures: every page that the inputs hold, in their order, each with what it says. Pure: opens nothing but
//! the inputs, and knows no network, clock, database or place of configuration.
//!
//! ```ignore
//! pub fn extract(
//!     inputs: &[Input],
//!     options: &Options<'_>,
//!     sink: &mut dyn FnMut(Found) -> ControlFlow<()>,
//! ) -> Vec<Tally>
//! ```
//!
//! `sink` is called in the thread of the caller, in the order of the inputs and of the bytes in each, however many
//! threads read; what it is given does not depend on their number. It is given a [`Found::Capture`] for each page, those
//! without a block too ([`Fate`] says what became of it), a [`Found::Damage`] with its place for what is no record, a
//! [`Found::Failed`] for an input that is not there, and at the end of each input a [`Found::End`] with its [`Tally`]. It stops everything by breaking. What was read so far,
//! in bytes of the files, stands in [`Options::progress`]; [`Input::bytes`] says how many there are.

mod capture;
mod gather;
mod input;
mod look;
mod ordered;
mod piece;
mod revisit;
mod scan;
mod tally;
#[cfg(test)]
mod tests;
mod time;
mod wanted;

use std::io;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use crate::parse::Layout;

pub use super::addresses::{Globs, GlobsError};
pub use capture::{Captured, Fate};
pub use input::{Input, InputError, Part};
pub use tally::{Status, Tally, Totals};
pub use time::{TimeRule, Untimed};

use super::record::Damage;
use gather::Gathering;

/// How to read.
#[derive(Debug, Clone, Copy)]
pub struct Options<'a> {
    /// How the rows of a page are found.
    pub layout: &'a Layout,
    /// Which captures of archives are wanted, by their address. Saved pages have none, and are always read.
    pub globs: &'a Globs,
    /// What says when a capture was made.
    pub time: TimeRule,
    /// How many threads read; at least one does.
    pub threads: usize,
    /// Grows by every byte that is read of a file.
    pub progress: Option<&'a AtomicU64>,
}

/// What is found, in the order of the inputs.
#[derive(Debug)]
pub enum Found {
    /// A page that was looked at.
    Capture(Captured),
    /// Bytes that could not be read.
    Damage {
        /// The input's path.
        file: Arc<str>,
        /// Where, and what is wrong.
        damage: Damage,
    },
    /// An input that could not be opened, or not be read any further.
    Failed {
        /// The input's path.
        file: Arc<str>,
        /// Why not.
        error: io::Error,
    },
    /// The end of an input, also of one that failed.
    End(Tally),
}

/// Reads inputs, and gives what each held. An input where the sink broke, and those after it, are left out.
pub fn extract(
    inputs: &[Input],
    options: &Options<'_>,
    sink: &mut dyn FnMut(Found) -> ControlFlow<()>,
) -> Vec<Tally> {
    extract_in_pieces(inputs, options, sink, piece::PIECE)
}

fn extract_in_pieces(
    inputs: &[Input],
    options: &Options<'_>,
    sink: &mut dyn FnMut(Found) -> ControlFlow<()>,
    length: u64,
) -> Vec<Tally> {
    let mut gathering = Gathering::new(inputs, options, sink);
    ordered::in_order(
        piece::pieces(inputs, options.threads, length),
        options.threads,
        &|piece, sink| scan::scan(&inputs[piece.input], *piece, options, sink),
        &mut |piece, item| gathering.take(piece, item),
    );
    gathering.tallies
}
