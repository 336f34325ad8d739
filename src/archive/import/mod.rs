//! Files that people have -> captures for `ingest`: saved pages, series as CSV, and what this program itself wrote.
//! Archives of crawlers are read by `extract`. Says of everything that cannot be read what it is, where it stands and
//! what to do. Knows no database, no terminal and no clock.

mod bulk;
mod files;
mod form;
mod found;
mod page;
mod pages;
mod records;
mod rows;
mod sidecar;
mod table;
mod written;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use chrono_tz::Tz;

use crate::calendar::Calendar;
use crate::domain::{Slug, Timestamp};
use crate::parse::Layout;

use super::extract::{Globs, TimeRule};

pub use files::{Input, inputs};
pub use form::Form;
pub use found::{Fault, Found, Place, Sort};

/// What is known ahead of reading: whose captures they are, and how times and labels are meant.
#[derive(Debug)]
pub struct Setting<'a> {
    /// The source of what names none.
    pub source: &'a str,
    /// How its pages are read.
    pub layout: &'a Layout,
    /// When pages were captured that do not say it.
    pub at: Option<Timestamp>,
    /// The zone of times that name none.
    pub zone: Tz,
    /// When the market closes on a date.
    pub calendar: &'a Calendar,
    /// The indicator of series that name none.
    pub indicator: Option<Slug>,
    /// The labels of the indicators that are recorded.
    pub labels: &'a HashMap<Slug, String>,
    /// Which captures of archives are wanted, by their address.
    pub globs: &'a Globs,
    /// What says when a capture of an archive was made.
    pub time: TimeRule,
    /// How many threads read an archive.
    pub threads: usize,
    /// Grows by every byte that is read of a file.
    pub progress: Arc<AtomicU64>,
}

/// Takes what was found; says whether to go on.
pub type Sink<'s> = dyn FnMut(Found) -> ControlFlow<()> + 's;

/// Reads one file, and hands over everything in it.
pub fn read(input: &Input, setting: &Setting<'_>, sink: &mut Sink<'_>) -> ControlFlow<()> {
    // Archives are opened where they are read, and perhaps by several threads.
    if input.known_form() == Some(Form::Archive) {
        return records::read(input, setting, sink);
    }
    match form::open(input, &setting.progress) {
        Ok((Form::Html | Form::Text, bytes)) => page::read(input, bytes, setting, sink),
        Ok((Form::Csv, bytes)) => table::read(input, bytes, setting, sink),
        // What begins like JSON is a page where pages are JSON.
        Ok((Form::Ndjson, bytes)) if input.known_form().is_none() && is_json(setting.layout) => {
            page::read(input, bytes, setting, sink)
        }
        Ok((Form::Ndjson, bytes)) => rows::read(input, bytes, setting, sink),
        Ok((Form::Archive, _)) if input.is_stdin() => {
            let what = "it begins like an archive; --format warc says that it is one";
            sink(Found::Fault(Fault::new(Place::of(input), Sort::Unclear, what)))
        }
        Ok((Form::Archive, _)) => records::read(input, setting, sink),
        Ok((Form::Parquet, _)) => bulk::read(input, setting, sink),
        Err(fault) => sink(Found::Fault(fault)),
    }
}

fn is_json(layout: &Layout) -> bool {
    matches!(layout, Layout::Json(_))
}
