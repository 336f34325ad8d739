//! How texts and pages are folded small. Knows what a header mostly looks like, and nothing of what it says.

use std::cell::RefCell;
use std::io::Read;

use flate2::read::DeflateDecoder;
use flate2::{Compress, Compression, Decompress, FlushCompress, FlushDecompress, Status};

/// What a ticker text is folded against: its labels and the marks between its numbers need not be said again. Measured
/// on 20,000 texts of eleven rows: 120 bytes where there were 178. Never to be changed: what was folded with it cannot be
/// unfolded without.
const HEADER: &[u8] = b"RD.PENDAPATAN TETAP 0,0%\nRD.CAMPURAN 0.0%\nRD.SAHAM -0.0%\n| INDIKATOR |\nEMAS 1.000 0,00%\n\
USD/IDR 16.00 0,00 0,00%\nIDX 7.0 -0,0%\nKOMPAS100 1.0 -0,0%\nLQ45 8 -0,0%\nISSI 2 -0,0%\nIDX30 4 -0,0%\nIDXHIDIV20 5 \
-0,0%\nIDX80 1 -0,0%\nIDXV30 1 -0,0%\nIDXQ30 1 -0,0%\n";

/// What a text begins with that was folded against [`HEADER`]. No deflated bytes begin so: the two bits that name the kind
/// of their first block would name one that there is none of. Texts of earlier versions are such bytes.
const AGAINST_HEADER: u8 = 0xff;

thread_local! {
    /// Made once: setting one up costs more than folding a ticker text.
    static BEST: RefCell<Compress> = RefCell::new(Compress::new(Compression::best(), false));
    /// Against the header a more thorough search finds one byte in a hundred and takes a third longer.
    static QUICK: RefCell<Compress> = RefCell::new(Compress::new(Compression::new(4), false));
}

/// A ticker text, folded.
pub(super) fn fold_text(text: &[u8]) -> Vec<u8> {
    QUICK.with_borrow_mut(|encoder| {
        encoder.reset();
        encoder.set_dictionary(HEADER).expect("an encoder that was just reset takes a dictionary");
        finish(encoder, text, vec![AGAINST_HEADER])
    })
}

/// A folded ticker text, at most so many bytes of it; `None` when it cannot be unfolded any more.
pub(super) fn unfold_text(bytes: &[u8], most: usize) -> Option<Vec<u8>> {
    let Some(folded) = bytes.strip_prefix(&[AGAINST_HEADER]) else {
        return inflate(bytes, u64::try_from(most).unwrap_or(u64::MAX));
    };
    let mut decoder = Decompress::new(false);
    decoder.set_dictionary(HEADER).ok()?;
    let mut unfolded = Vec::with_capacity(folded.len() * 4);
    while unfolded.len() < most {
        let (read, had) = (usize::try_from(decoder.total_in()).ok()?, unfolded.len());
        let status =
            decoder.decompress_vec(folded.get(read..)?, &mut unfolded, FlushDecompress::None).ok()?;
        match status {
            Status::StreamEnd => return Some(unfolded),
            // There was room, and nothing came: the end is missing.
            Status::Ok | Status::BufError if unfolded.len() == had && had < unfolded.capacity() => {
                return None;
            }
            Status::Ok | Status::BufError => unfolded.reserve(folded.len().max(64)),
        }
    }
    None
}

/// The same bytes, deflated.
pub(super) fn deflate(bytes: &[u8]) -> Vec<u8> {
    BEST.with_borrow_mut(|encoder| {
        encoder.reset();
        finish(encoder, bytes, Vec::new())
    })
}

/// Everything that an encoder makes of bytes, after what is there.
fn finish(encoder: &mut Compress, bytes: &[u8], mut folded: Vec<u8>) -> Vec<u8> {
    folded.reserve(bytes.len() / 2 + 64);
    loop {
        let read = usize::try_from(encoder.total_in()).unwrap_or(bytes.len());
        let status = encoder.compress_vec(&bytes[read..], &mut folded, FlushCompress::Finish);
        match status.expect("deflating in memory does not fail") {
            Status::StreamEnd => return folded,
            Status::Ok | Status::BufError => folded.reserve(bytes.len() / 2 + 64),
        }
    }
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

    #[test]
    fn a_folded_text_unfolds_whatever_it_says() {
        let texts = [
            Vec::new(),
            b"x".to_vec(),
            b"| INDIKATOR |\nLQ45 919,20 -16,32 -1.74%\n".to_vec(),
            HEADER.repeat(40),
            (0..200_000u32).flat_map(|number| number.wrapping_mul(2_654_435_761).to_le_bytes()).collect(),
        ];
        for text in texts.iter().chain(&texts) {
            let folded = fold_text(text);
            assert_eq!(unfold_text(&folded, 1_000_000).as_ref(), Some(text));
            assert_eq!(unfold_text(&folded[..folded.len() - 1], 1_000_000), None, "its end is missing");
        }
    }

    #[test]
    fn a_text_that_an_earlier_version_folded_unfolds() {
        let text = b"| INDIKATOR |\nLQ45 919,20 -16,32 -1.74%\n".to_vec();
        assert_eq!(unfold_text(&deflate(&text), 1_000_000), Some(text));
    }

    #[test]
    fn no_deflated_bytes_begin_as_a_folded_text_does() {
        assert_eq!(inflate(&[AGAINST_HEADER, 0, 0, 0, 0, 0], 100), None);
    }

    #[test]
    fn a_text_that_unfolds_to_more_than_it_may_does_not() {
        assert_eq!(unfold_text(&fold_text(&[b'x'; 5_000]), 1_000), None);
    }
}
