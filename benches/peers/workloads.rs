//! The pieces of work, one a file, in the order in which they are told.

mod answers;
mod bars;
mod cold;

use anyhow::Result;

use crate::contest::Results;
use crate::folder::Folder;
use crate::options::Scale;
use crate::peers::Peers;

/// What a piece of work needs to set itself up.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) peers: &'a Peers,
    pub(crate) scale: Scale,
}

/// A piece of work: its name on the command line, and what lets everybody do it.
pub(crate) type Workload = (&'static str, fn(&Ground<'_>) -> Result<Vec<Results>>);

pub(crate) const ALL: [Workload; 2] = [("cold", cold::run), ("bars", bars::run)];
