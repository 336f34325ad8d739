//! One piece of an input to what stands in it. What only the whole input can tell is left open.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::super::record::{self, Damage, ENOUGH, Event, Format, MAX_BLOCK, detect};
use super::Options;
use super::capture::Captured;
use super::input::Input;
use super::look::{Looked, look, saved};
use super::ordered::Sink;
use super::piece::Piece;
use super::revisit::{Keys, Revisit};

/// Something in a piece.
#[derive(Debug)]
pub(super) enum Item {
    /// A page, and what a later record may call it.
    Page(Captured, Keys),
    /// A note that a page was the same as another.
    Revisit(Revisit),
    /// Bytes that could not be read, of the input or of an archive inside it.
    Damage(Arc<str>, Damage),
    /// The end of the piece.
    End(PieceEnd),
}

/// How a piece ended.
#[derive(Debug)]
pub(super) struct PieceEnd {
    /// How many records it had.
    pub(super) records: u64,
    /// Where the first record after it begins, if the input does not end before.
    pub(super) next: Option<u64>,
    /// Why it could not be read any further.
    pub(super) error: Option<io::Error>,
}

/// Reads a piece. The last thing that the sink is given is its end, unless it breaks.
pub(super) fn scan(input: &Input, piece: Piece, options: &Options<'_>, sink: Sink<'_, Item>) {
    let mut end = PieceEnd { records: 0, next: None, error: None };
    let mut flow = ControlFlow::Continue(());
    let mut watched = |item| {
        flow = sink(item);
        flow
    };
    end.error = read(input, piece, options, &mut end, &mut watched).err();
    if flow.is_continue() {
        let _ = sink(Item::End(end));
    }
}

fn read(
    input: &Input,
    piece: Piece,
    options: &Options<'_>,
    end: &mut PieceEnd,
    sink: Sink<'_, Item>,
) -> io::Result<()> {
    let own = piece.end.map_or(u64::MAX, |end| end - piece.start);
    let mut bytes = Counted { inner: input.open(piece.start)?, progress: options.progress, own };
    let mut head = Vec::new();
    if piece.is_first && input.range().is_none() {
        bytes.by_ref().take(ENOUGH as u64).read_to_end(&mut head)?;
        match detect(&head) {
            Format::Zip => return read_zip(input, options, end, sink),
            Format::Parquet | Format::Other => {
                return read_page(input, io::Cursor::new(head).chain(bytes), options, end, sink);
            }
            Format::Warc | Format::Arc | Format::Gzip | Format::Zstd => {}
        }
    }
    record::read(io::Cursor::new(head).chain(bytes), piece.start, &mut |event| {
        let at = match &event {
            Event::Record(record) => record.offset,
            Event::Damage(damage) => damage.offset,
        };
        if piece.end.is_some_and(|end| at >= end) {
            end.next = Some(at);
            return ControlFlow::Break(());
        }
        accept(input.name(), event, options, end, sink)
    })
}

/// One thing that an archive holds.
fn accept(
    file: &Arc<str>,
    event: Event<'_>,
    options: &Options<'_>,
    end: &mut PieceEnd,
    sink: Sink<'_, Item>,
) -> ControlFlow<()> {
    match event {
        Event::Damage(damage) => sink(Item::Damage(file.clone(), damage)),
        Event::Record(record) => {
            end.records += 1;
            match look(file, &record, options) {
                Looked::Page(captured, keys) => sink(Item::Page(captured, keys)),
                Looked::Revisit(revisit) => sink(Item::Revisit(revisit)),
                Looked::Other => ControlFlow::Continue(()),
            }
        }
    }
}

/// Archives in a zip file: their places are those in the archive inside, which is named behind the file.
fn read_zip(
    input: &Input,
    options: &Options<'_>,
    end: &mut PieceEnd,
    sink: Sink<'_, Item>,
) -> io::Result<()> {
    if input.is_stdin() {
        let what = "a zip file is read from its end, which the standard input does not have before it ends";
        return Err(io::Error::new(io::ErrorKind::NotSeekable, what));
    }
    let bytes = Counted { inner: File::open(input.path())?, progress: options.progress, own: u64::MAX };
    let mut file = input.name().clone();
    let mut inner = String::new();
    record::read_wacz(bytes, &mut |name, event| {
        if inner != name {
            name.clone_into(&mut inner);
            file = format!("{}!{name}", input.name()).into();
        }
        accept(&file, event, options, end, sink)
    })
}

fn read_page(
    input: &Input,
    bytes: impl Read,
    options: &Options<'_>,
    end: &mut PieceEnd,
    sink: Sink<'_, Item>,
) -> io::Result<()> {
    let mut body = Vec::new();
    bytes.take(MAX_BLOCK + 1).read_to_end(&mut body)?;
    end.records += 1;
    let _ = if body.len() as u64 > MAX_BLOCK {
        let what = format!("a page of more than {MAX_BLOCK} bytes");
        sink(Item::Damage(input.name().clone(), Damage { offset: 0, what }))
    } else {
        sink(Item::Page(saved(input.name(), &body, options.layout), Keys::default()))
    };
    Ok(())
}

/// A reader that tells how far it is. What is read beyond a piece is counted by the next one.
struct Counted<'a, R> {
    inner: R,
    progress: Option<&'a AtomicU64>,
    own: u64,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        let own = self.own.min(length as u64);
        self.own -= own;
        if let Some(progress) = self.progress {
            progress.fetch_add(own, Ordering::Relaxed);
        }
        Ok(length)
    }
}

impl<S: Seek> Seek for Counted<'_, S> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
