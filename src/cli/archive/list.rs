//! `pantau archive list`: what stands in archives, and whether it is whole. Opens no database.

use std::borrow::Cow;
use std::fs::File;
use std::io::{self, Read, Seek};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use chrono_tz::Tz;
use clap::Args;

use crate::archive::record::{self, ENOUGH, Event, Format as FileFormat, Record, digest};
use crate::report::{RecordRow, Stream};

use super::super::context::{complain, note, print};
use super::super::exit::Exit;
use super::super::{FormatArg, Global};
use crate::format;

#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Archives: WARC, WET, ARC, gzip or not, WACZ; - or nothing is stdin
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// What was listed so far.
struct Listing {
    rows: Stream<RecordRow>,
    zone: Tz,
    damage: u64,
    disagreeing: u64,
    outcome: anyhow::Result<()>,
}

pub(in crate::cli) fn run(global: &Global, args: &ListArgs) -> anyhow::Result<Exit> {
    let format = global.format.and_then(FormatArg::text).unwrap_or_default();
    let mut listing = Listing {
        rows: Stream::new(format, RecordRow::table),
        zone: global.tz.unwrap_or(Tz::UTC),
        damage: 0,
        disagreeing: 0,
        outcome: Ok(()),
    };
    let files = if args.files.is_empty() { vec![PathBuf::from("-")] } else { args.files.clone() };
    let mut exit = Exit::Done;
    for file in &files {
        if let Err(error) = listing.file(file) {
            complain(&format::error_chain(error.as_ref()));
            exit = Exit::Failed;
        }
        std::mem::replace(&mut listing.outcome, Ok(()))?;
    }
    let (damage, disagreeing) = (listing.damage, listing.disagreeing);
    print(&listing.rows.finish()?)?;
    if disagreeing > 0 {
        note(global.quiet, &format!("{disagreeing} records do not agree with the digests that they state"));
    }
    Ok(if exit == Exit::Done && damage + disagreeing > 0 { Exit::Unsound } else { exit })
}

impl Listing {
    fn file(&mut self, path: &Path) -> anyhow::Result<()> {
        let name = path.display().to_string();
        let failed = || format!("failed to read {name}");
        if path == Path::new("-") {
            return self.stream(io::stdin().lock(), "stdin").with_context(failed);
        }
        let mut file = File::open(path).with_context(failed)?;
        if format_of(&mut file).with_context(failed)? == FileFormat::Zip {
            return record::read_wacz(file, &mut |inside, event| {
                let name =
                    if inside.is_empty() { Cow::Borrowed(&*name) } else { format!("{name}!{inside}").into() };
                self.take(&name, event)
            })
            .with_context(failed);
        }
        self.stream(file, &name).with_context(failed)
    }

    fn stream(&mut self, input: impl Read, name: &str) -> io::Result<()> {
        record::read(input, 0, &mut |event| self.take(name, event))
    }

    fn take(&mut self, file: &str, event: Event<'_>) -> ControlFlow<()> {
        match event {
            Event::Damage(damage) => {
                self.damage += 1;
                complain(&format!("{file}, {damage}"));
            }
            Event::Record(record) => {
                let row = row(file, &record, self.zone);
                self.disagreeing += u64::from(row.digest_agrees == Some(false));
                self.outcome = self.show(row);
            }
        }
        if self.outcome.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    }

    fn show(&mut self, row: RecordRow) -> anyhow::Result<()> {
        match self.rows.add(row)? {
            Some(text) => print(&text),
            None => Ok(()),
        }
    }
}

/// What a file is; it stands at its beginning afterwards.
fn format_of(file: &mut File) -> io::Result<FileFormat> {
    let mut begin = Vec::new();
    file.by_ref().take(ENOUGH as u64).read_to_end(&mut begin)?;
    file.rewind()?;
    Ok(record::detect(&begin))
}

fn row(file: &str, record: &Record<'_>, zone: Tz) -> RecordRow {
    let head = record::head(record.block);
    let mime =
        head.as_ref().map_or(record.fields.get("Content-Type"), |(_, fields)| fields.get("Content-Type"));
    RecordRow {
        file: file.to_owned(),
        offset: record.offset,
        kind: record.type_name().to_owned(),
        url: record.url.as_deref().map(str::to_owned),
        date: RecordRow::date(record.date, zone),
        status: head.as_ref().map(|(status, _)| *status),
        mime: mime.map(|mime| mime.split(';').next().unwrap_or_default().trim().to_owned()),
        length: record.block.len() as u64,
        payload_digest: digest::sha1_of(digest::payload(record)),
        digest_agrees: digest::agrees(record),
    }
}
