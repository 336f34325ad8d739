//! Rows that `extract` wrote as Parquet. A file that is damaged gives no row at all: its seal is looked at first.

use std::fs::File;
use std::ops::ControlFlow;
use std::sync::atomic::Ordering;

use crate::columns::{self, ColumnsError, QuoteRow};
use crate::format;

use super::found::{Fault, Found, Place, Sort, Spot};
use super::pages::{Page, Pages, Row};
use super::{Input, Setting, Sink};

pub(super) fn read(input: &Input, setting: &Setting<'_>, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let failed = |error: &ColumnsError| Found::Fault(fault(input, error));
    if input.is_stdin() {
        let what = "Parquet is not read from the standard input; name the file";
        return sink(Found::Fault(Fault::new(Place::of(input), Sort::Unclear, what)));
    }
    let opened = File::open(&input.path)
        .map_err(|error| ColumnsError::Read { path: input.path.clone(), error })
        .and_then(|file| columns::quotes(file, &input.path));
    let reader = match opened {
        Ok(reader) => reader,
        Err(error) => return sink(failed(&error)),
    };
    let mut pages = Pages::new(setting);
    for (row, number) in reader.zip(1..) {
        match row {
            Ok(quote) => {
                let place = Place { file: input.name(), spot: Some(Spot::Row(number)) };
                pages.add(row_of(quote), place, sink)?;
            }
            Err(error) => {
                sink(failed(&error))?;
                break;
            }
        }
    }
    // How far it is cannot be told while it is read: its columns stand one after the other.
    setting.progress.fetch_add(input.bytes(), Ordering::Relaxed);
    pages.finish(sink)
}

fn row_of(row: QuoteRow) -> Row {
    let QuoteRow { source, url, captured_at, quote, digest, file, offset } = row;
    let figures = quote.figures;
    Row {
        page: Page { source, url, captured_at, digest: Some(digest), file: Some(file), offset: Some(offset) },
        figures: [
            figures.level.map(|level| level.0.decimal()),
            figures.change.map(|change| change.0.decimal()),
            figures.percent.map(|percent| percent.0.decimal()),
        ],
        label: quote.label,
        indicator: quote.slug.to_string(),
        verdict: quote.verdict.word().to_owned(),
        text: quote.text,
    }
}

fn fault(input: &Input, error: &ColumnsError) -> Fault {
    let (sort, what) = match error {
        ColumnsError::Unsound { fault, .. } => (Sort::Unsound, fault.to_string()),
        ColumnsError::Read { error, .. } => (Sort::Unreadable, format!("failed to read it: {error}")),
        other => (Sort::Unclear, format::error_chain(other)),
    };
    Fault::new(Place::of(input), sort, what)
}
