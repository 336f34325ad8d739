//! Saved pages. When one was captured is told by the person, by what lies beside it, or by its name; never by the
//! time of its file, which is when it was copied, and never by a date printed on it.

use std::io::Read;
use std::ops::ControlFlow;

use crate::archive::record::MAX_BLOCK;
use crate::ingest::Captured;
use crate::parse::{self, Issue};

use super::form::Bytes;
use super::found::{Fault, Found, Place, Sort};
use super::sidecar::{self, Said};
use super::{Input, Setting, Sink, written};

const NO_TIME: &str = "when it was captured is not known: --at says it, or a file beside it (PAGE.json with captured_at), \
                       or its name (20240423091500.html)";

pub(super) fn read(
    input: &Input,
    bytes: Bytes,
    setting: &Setting<'_>,
    sink: &mut Sink<'_>,
) -> ControlFlow<()> {
    let place = Place::of(input);
    let unsound = |what: String| Found::Fault(Fault::new(place.clone(), Sort::Unsound, what));
    let said = match said(input, setting) {
        Ok(said) => said,
        Err(what) => return sink(unsound(what)),
    };
    let Some(captured_at) = said.at else {
        return sink(Found::Fault(Fault::new(place, Sort::Unsound, NO_TIME)));
    };
    let mut body = Vec::new();
    if let Err(error) = bytes.take(MAX_BLOCK + 1).read_to_end(&mut body) {
        let what = format!("failed to read it: {error}");
        return sink(Found::Fault(Fault::new(place, Sort::Unreadable, what)));
    }
    if body.len() as u64 > MAX_BLOCK {
        return sink(unsound(format!("a page has at most {MAX_BLOCK} bytes; this has more")));
    }
    let reading = parse::parse(&body, None, setting.layout);
    if reading.quotes.is_empty() {
        let issues: Vec<String> = reading.issues.iter().map(Issue::to_string).collect();
        return sink(unsound(issues.join("; ")));
    }
    let url = said.url.unwrap_or_else(|| input.path.display().to_string());
    let captured = Captured { url, captured_at, reading };
    sink(Found::Capture { source: setting.source.to_owned(), captured, place })
}

/// When and where a page was captured, as far as is known.
fn said(input: &Input, setting: &Setting<'_>) -> Result<Said, String> {
    let beside = if input.is_stdin() { Said::default() } else { sidecar::of(&input.path, setting.zone)? };
    let at = match setting.at.or(beside.at) {
        Some(at) => Some(at),
        None => written::in_path(&input.path, setting.zone)?,
    };
    Ok(Said { at, url: beside.url })
}
