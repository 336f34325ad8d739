//! How texts and pages are folded small. Knows nothing of what they say.

use std::cell::RefCell;
use std::io::Read;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, FlushCompress, Status};

thread_local! {
    /// Made once: setting one up costs more than folding a ticker text.
    static ENCODER: RefCell<Compress> = RefCell::new(Compress::new(Compression::best(), false));
}

/// The same bytes, deflated.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    ENCODER.with_borrow_mut(|encoder| {
        encoder.reset();
        let mut folded = Vec::with_capacity(bytes.len() / 2 + 64);
        loop {
            let read = usize::try_from(encoder.total_in()).unwrap_or(bytes.len());
            let status = encoder.compress_vec(&bytes[read..], &mut folded, FlushCompress::Finish);
            match status.expect("deflating in memory does not fail") {
                Status::StreamEnd => return folded,
                Status::Ok | Status::BufError => folded.reserve(bytes.len() / 2 + 64),
            }
        }
    })
}

/// The bytes that were deflated, at most so many of them; `None` when they cannot be unfolded any more.
pub(super) fn inflate(bytes: &[u8], most: u64) -> Option<Vec<u8>> {
    let mut unfolded = Vec::new();
    DeflateDecoder::new(bytes).take(most).read_to_end(&mut unfolded).ok().map(|_| unfolded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_folded_one_after_the_other_unfolds() {
        let texts =
            [Vec::new(), b"LQ45919,20".to_vec(), (0..200_000u32).flat_map(u32::to_le_bytes).collect()];
        for text in texts.iter().chain(&texts) {
            assert_eq!(inflate(&deflate(text), 1_000_000).as_ref(), Some(text));
        }
    }
}
