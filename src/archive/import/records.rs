//! The captures of a crawler's archive, as `extract` reads them.

use std::ops::ControlFlow;

use crate::archive::extract::{self, Fate, Options};
use crate::ingest::Captured;

use super::found::{Fault, Found, Place, Sort, Spot};
use super::{Input, Setting, Sink};

pub(super) fn read(input: &Input, setting: &Setting<'_>, sink: &mut Sink<'_>) -> ControlFlow<()> {
    let options = Options {
        layout: setting.layout,
        globs: setting.globs,
        time: setting.time,
        threads: setting.threads,
        progress: Some(&setting.progress),
    };
    let mut flow = ControlFlow::Continue(());
    extract::extract(&[extract::Input::file(&input.path)], &options, &mut |event| {
        flow = found(event, input, setting).map_or(ControlFlow::Continue(()), &mut *sink);
        flow
    });
    flow
}

fn at(input: &Input, offset: u64) -> Place {
    Place { file: input.name(), spot: Some(Spot::Offset(offset)) }
}

/// What an event of `extract` is to an import. Most pages of an archive do not show what is looked for.
fn found(event: extract::Found, input: &Input, setting: &Setting<'_>) -> Option<Found> {
    let fault = |place, sort, what| Some(Found::Fault(Fault::new(place, sort, what)));
    match event {
        extract::Found::Capture(capture) => capture_of(capture, input, setting),
        extract::Found::Damage { damage, .. } => fault(at(input, damage.offset), Sort::Unsound, damage.what),
        extract::Found::Failed { error, .. } => {
            fault(Place::of(input), Sort::Unreadable, format!("failed to read it: {error}"))
        }
        extract::Found::End(tally) => tally.counts.remark().map(|what| Found::Note(Place::of(input), what)),
    }
}

fn capture_of(capture: extract::Captured, input: &Input, setting: &Setting<'_>) -> Option<Found> {
    let place = at(input, capture.offset);
    let unsound = |what: String| Some(Found::Fault(Fault::new(place.clone(), Sort::Unsound, what)));
    if !capture.is_archived {
        return unsound("expected an archive of a crawler: WARC, WET, ARC or WACZ".to_owned());
    }
    if let Fate::Untimed(untimed) = &capture.fate {
        return unsound(format!("{untimed}; its rows are left out"));
    }
    let captured_at = capture.captured_at.filter(|_| capture.fate == Fate::Read)?;
    let url = capture.url.unwrap_or_else(|| capture.file.to_string());
    let captured = Captured { url, captured_at, reading: capture.reading };
    Some(Found::Capture { source: setting.source.to_owned(), captured, place })
}
