//! The pieces of work, one a file, in the order in which they are told.

mod answers;
mod archives;
mod bars;
mod cold;
mod csv;
mod daemon;
mod durable;
mod growth;
mod ingest;
mod once;
mod pages;
mod pictures;
mod year;

use anyhow::Result;

use crate::folder::Folder;
use crate::options::Scale;
use crate::peers::Peers;
use crate::results::Section;

/// What a piece of work needs to set itself up.
#[derive(Debug)]
pub(crate) struct Ground<'a> {
    pub(crate) folder: &'a Folder,
    pub(crate) peers: &'a Peers,
    pub(crate) scale: Scale,
}

/// A piece of work: its name on the command line, and what lets everybody do it.
pub(crate) type Workload = (&'static str, fn(&Ground<'_>) -> Result<Vec<Section>>);

pub(crate) const ALL: [Workload; 12] = [
    ("pages", pages::run),
    ("archives", archives::run),
    ("ingest", ingest::run),
    ("year", year::run),
    ("durable", durable::run),
    ("cold", cold::run),
    ("bars", bars::run),
    ("csv", csv::run),
    ("pictures", pictures::run),
    ("daemon", daemon::run),
    ("once", once::run),
    ("growth", growth::run),
];
