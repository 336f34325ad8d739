//! One record, or one saved page, to what it says. The cheapest test comes first: nothing of a page is decoded that
//! cannot hold the block.

use std::sync::Arc;

use crate::domain::Digest;
use crate::parse::{self, Issue, Layout, Reading};

use super::super::record::{Kind, Record, response};
use super::Options;
use super::capture::{Captured, Fate};
use super::revisit::{Keys, Revisit};
use super::wanted::{is_kind_of_page, is_page};

/// The kind of the texts that archives make of pages; they are in UTF-8 by definition.
const CONVERTED: &str = "text/plain; charset=utf-8";

/// What a record is for us.
#[derive(Debug)]
pub(super) enum Looked {
    /// A page, and what a later record may call it.
    Page(Captured, Keys),
    /// A note that a page was the same as another.
    Revisit(Revisit),
    /// Nothing that is looked for.
    Other,
}

/// Looks at a record.
pub(super) fn look(file: &Arc<str>, record: &Record<'_>, options: &Options<'_>) -> Looked {
    if record.kind == Kind::Other || !options.globs.want(record.url.as_deref()) {
        return Looked::Other;
    }
    let page = |body: &[u8], content_type: Option<&str>| {
        Looked::Page(archived(file, record, body, content_type, options), Keys::of(record))
    };
    match record.kind {
        Kind::Response => {
            let answer = response(record.block);
            let content_type = answer.fields.get("Content-Type");
            if !is_page(answer.status, content_type, options.layout) {
                return Looked::Other;
            }
            match (page(&answer.body, content_type), answer.unreadable) {
                (Looked::Page(captured, keys), Some(coding)) if captured.reading.quotes.is_empty() => {
                    Looked::Page(Captured { fate: Fate::Unreadable(coding), ..captured }, keys)
                }
                (looked, _) => looked,
            }
        }
        Kind::Resource if is_kind_of_page(record.fields.get("Content-Type"), options.layout) => {
            page(record.block, record.fields.get("Content-Type"))
        }
        // Neither elements nor documents are left in a text.
        Kind::Conversion if *options.layout == Layout::Kontan => page(record.block, Some(CONVERTED)),
        Kind::Revisit if may_revisit_page(record.block, options.layout) => {
            Looked::Revisit(Revisit::of(file, record, options.time))
        }
        Kind::Resource | Kind::Conversion | Kind::Revisit | Kind::Other => Looked::Other,
    }
}

/// Whether a revisit, going by the head of the answer that it keeps, is one of a page: of pictures there are many.
fn may_revisit_page(block: &[u8], layout: &Layout) -> bool {
    let answer = response(block);
    matches!(answer.status, None | Some(200 | 304))
        && is_kind_of_page(answer.fields.get("Content-Type"), layout)
}

fn archived(
    file: &Arc<str>,
    record: &Record<'_>,
    body: &[u8],
    content_type: Option<&str>,
    options: &Options<'_>,
) -> Captured {
    let may_hold = parse::may_hold_block(body, content_type, options.layout);
    let reading =
        if may_hold { parse::parse(body, content_type, options.layout) } else { Reading::default() };
    let time = options.time.of(record);
    let fate = match (fate(&reading, options.layout), &time) {
        (Fate::Read, Err(untimed)) => Fate::Untimed(untimed.clone()),
        (fate, _) => fate,
    };
    Captured {
        file: file.clone(),
        offset: record.offset,
        is_archived: true,
        url: record.url.as_deref().map(str::to_owned),
        captured_at: time.ok(),
        fate,
        digest: digest(&reading),
        reading,
        is_truncated: record.fields.get("WARC-Truncated").is_some(),
    }
}

/// Reads a file that is a page.
pub(super) fn saved(file: &Arc<str>, body: &[u8], layout: &Layout) -> Captured {
    let reading = parse::parse(body, None, layout);
    Captured {
        file: file.clone(),
        offset: 0,
        is_archived: false,
        url: None,
        captured_at: None,
        fate: fate(&reading, layout),
        digest: digest(&reading),
        reading,
        is_truncated: false,
    }
}

fn fate(reading: &Reading, layout: &Layout) -> Fate {
    let has_word = |issue: &Issue| !matches!(issue, Issue::NoBar { mentions: 0, .. } | Issue::NoText { .. });
    if !reading.quotes.is_empty() {
        Fate::Read
    } else if *layout == Layout::Kontan && reading.issues.iter().any(has_word) {
        Fate::Unparsed
    } else {
        Fate::NoBlock
    }
}

fn digest(reading: &Reading) -> Option<Digest> {
    reading.block.as_ref().map(|block| Digest::of(block.as_bytes()))
}
