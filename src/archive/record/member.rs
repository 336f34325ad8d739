//! Gzip members: where one ends, and what it holds. Whole ones in one go, which is fastest; others as a stream. Knows no
//! record.

use std::io::Read;

use flate2::bufread::GzDecoder;
use libdeflater::Decompressor;
use memchr::memmem;

use super::window::Window;

/// Larger members than this, compressed, are read as a stream.
const MAX_WHOLE: usize = 1024 * 1024;

/// Larger members than this, decoded, are read as a stream.
pub(super) const MAX_DECODED: usize = 8 * 1024 * 1024;

/// The header and the trailer of a member, and the shortest content.
const LEAST: usize = 10 + 2 + 8;

/// How often the next magic number may turn out to be inside the member.
const TRIES: usize = 3;

/// How many decoded bytes say whether a record begins there.
const PREFIX: usize = 4096;

/// Decodes members that are whole in memory.
pub(super) struct Members {
    decompressor: Decompressor,
    decoded: Vec<u8>,
}

/// A member that was decoded: so many compressed bytes, so many decoded ones.
pub(super) struct Whole {
    pub(super) taken: usize,
    pub(super) length: usize,
}

impl Members {
    pub(super) fn new() -> Self {
        Self { decompressor: Decompressor::new(), decoded: Vec::new() }
    }

    /// The buffer that holds what was decoded; give it back.
    pub(super) fn take_buffer(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.decoded)
    }

    pub(super) fn give_back(&mut self, buffer: Vec<u8>) {
        self.decoded = buffer;
    }

    /// Decodes the member that begins at the window's first byte, where it is small enough and undamaged. Its end is
    /// where the next member begins or the file ends, and the four bytes before it tell the decoded length: this both
    /// says how much memory it takes and that the end was found.
    pub(super) fn whole(&mut self, window: &mut Window<'_>) -> Option<Whole> {
        let mut from = LEAST;
        for _ in 0..TRIES {
            let end = next_end(window, from)?;
            let member = &window.held()[..end];
            if let Some(length) = self.decode(member) {
                return Some(Whole { taken: end, length });
            }
            from = end + 1;
        }
        None
    }

    fn decode(&mut self, member: &[u8]) -> Option<usize> {
        let tail = member.last_chunk::<4>()?;
        let length = usize::try_from(u32::from_le_bytes(*tail)).ok()?;
        if length > MAX_DECODED {
            return None;
        }
        if self.decoded.len() < length {
            self.decoded.resize(length, 0);
        }
        let decoded = self.decompressor.gzip_decompress(member, &mut self.decoded[..length]).ok()?;
        (decoded == length && ends_here(member, &self.decoded[..length])).then_some(length)
    }
}

/// Whether it is this member's own trailer that is at the end, and not that of another one behind it, which only holds as
/// many bytes and has a damaged beginning. Its own one says the same length, so one is to be found before the end then.
fn ends_here(member: &[u8], decoded: &[u8]) -> bool {
    let Some((before, [checksum @ .., _, _, _, _])) = member.split_last_chunk::<8>() else { return false };
    let length = &member[member.len() - 4..];
    memmem::find(before, length).is_none() || libdeflater::crc32(decoded).to_le_bytes() == *checksum
}

/// Where the next member begins behind `from`, or where the file ends, if that is near.
fn next_end(window: &mut Window<'_>, mut from: usize) -> Option<usize> {
    let mut wanted = 64 * 1024;
    loop {
        let held = window.fill(wanted);
        if let Some(at) = find(held.get(from..)?) {
            return Some(from + at);
        }
        if held.len() < wanted {
            return (held.len() <= MAX_WHOLE && held.len() >= from).then_some(held.len());
        }
        from = from.max(held.len() - 3);
        if held.len() > MAX_WHOLE {
            return None;
        }
        wanted = held.len() + 64 * 1024;
    }
}

/// Whether a member begins here: magic number, method, and no flag that does not exist.
pub(super) fn begins(bytes: &[u8]) -> bool {
    matches!(bytes, [0x1f, 0x8b, 8, flags, ..] if flags & 0xe0 == 0)
}

/// Where the next member may begin.
pub(super) fn find(bytes: &[u8]) -> Option<usize> {
    memmem::find_iter(bytes, &[0x1f, 0x8b, 8]).find(|&at| begins(&bytes[at..]))
}

/// The first decoded bytes of the member that may begin here, or nothing.
pub(super) fn prefix(bytes: &[u8]) -> Vec<u8> {
    let mut decoded = vec![0; PREFIX];
    let mut decoder = GzDecoder::new(bytes);
    let mut length = 0;
    while length < PREFIX {
        match decoder.read(&mut decoded[length..]) {
            Ok(0) | Err(_) => break,
            Ok(more) => length += more,
        }
    }
    decoded.truncate(length);
    decoded
}
