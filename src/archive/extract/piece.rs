//! Where a large archive can be cut so that several threads may read it: at places that look like the beginning of a
//! record. A wrong guess costs time and no row: whoever puts the pieces together sees that they do not meet.

use std::io::{self, Read};

use memchr::memmem;

use super::input::Input;

/// How much of a file one piece has, in bytes.
pub(super) const PIECE: u64 = 4 << 20;
/// How far a beginning is looked for. A file that is one compressed stream has none.
const REACH: u64 = 32 << 20;
/// How much is looked through at a time.
const WINDOW: usize = 256 * 1024;
/// How much of a compressed beginning must be there to be recognized.
const ENOUGH: usize = 1024;

const GZIP: &[u8] = &[0x1f, 0x8b, 0x08];
const WARC: &[u8] = b"WARC/";

/// A stretch of an input that one thread reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Piece {
    /// Which input.
    pub(super) input: usize,
    /// Where it begins in the file.
    pub(super) start: u64,
    /// Where the next one begins; the last one goes to the end of the input.
    pub(super) end: Option<u64>,
    /// Whether it is the first of its input.
    pub(super) is_first: bool,
}

/// The pieces of inputs, in order, for several threads each about so long: each is cut only when it is asked for.
pub(super) fn pieces(inputs: &[Input], threads: usize, length: u64) -> impl Iterator<Item = Piece> {
    let mut next = (!inputs.is_empty()).then(|| first(inputs, 0));
    std::iter::from_fn(move || {
        let begin = next?;
        let input = &inputs[begin.input];
        let end = if threads > 1 { cut(input, begin.start.saturating_add(length)) } else { None };
        next = match end {
            Some(start) => Some(Piece { start, is_first: false, ..begin }),
            None => (begin.input + 1 < inputs.len()).then(|| first(inputs, begin.input + 1)),
        };
        Some(Piece { end, ..begin })
    })
}

fn first(inputs: &[Input], input: usize) -> Piece {
    let start = inputs[input].range().map_or(0, |part| part.offset);
    Piece { input, start, end: None, is_first: true }
}

/// The first place from a place on where a record seems to begin. Whatever cannot be read will be found out by whoever
/// reads the whole.
fn cut(input: &Input, from: u64) -> Option<u64> {
    let begin = input.range().map_or(0, |part| part.offset);
    if from >= begin.saturating_add(input.bytes()?) {
        return None;
    }
    let mut head = Vec::new();
    input.open(begin).ok()?.take(GZIP.len().max(WARC.len()) as u64).read_to_end(&mut head).ok()?;
    if head.starts_with(GZIP) {
        search(input.open(from).ok()?, find_member).ok()?.map(|at| from + at)
    } else if head.starts_with(WARC) {
        search(input.open(from).ok()?, find_record).ok()?.map(|at| from + at)
    } else {
        None
    }
}

/// The first place in a reader that a search finds; windows overlap by as much as the search must see at once.
fn search(mut input: impl Read, find: fn(&[u8]) -> Option<usize>) -> io::Result<Option<u64>> {
    let mut window = Vec::new();
    let mut at = 0;
    while at < REACH {
        let length = input.by_ref().take(WINDOW as u64).read_to_end(&mut window)?;
        if let Some(found) = find(&window) {
            return Ok(Some(at + found as u64));
        }
        if length == 0 {
            break;
        }
        let passed = window.len().saturating_sub(ENOUGH);
        window.drain(..passed);
        at += passed as u64;
    }
    Ok(None)
}

/// The first compressed member that begins with a record.
fn find_member(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, GZIP).find(|&at| {
        let mut start = [0; WARC.len()];
        let read = flate2::read::GzDecoder::new(&bytes[at..]).read_exact(&mut start);
        read.is_ok() && start == WARC
    })
}

/// The first record that follows the two empty lines after another.
fn find_record(bytes: &[u8]) -> Option<usize> {
    memmem::find(bytes, b"\r\n\r\nWARC/1.").map(|at| at + 4)
}
