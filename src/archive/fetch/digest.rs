//! SHA-1 of some bytes as archives write it.

use sha1::{Digest as _, Sha1};

/// `sha1:` and 32 letters and digits of RFC 4648.
pub(super) fn sha1_of(bytes: &[u8]) -> String {
    format!("sha1:{}", base32(&Sha1::digest(bytes)))
}

fn base32(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    let bit = |at: usize| bytes[at / 8] >> (7 - at % 8) & 1;
    let letter = |from: usize| (from..from + 5).fold(0, |value, at| value << 1 | usize::from(bit(at)));
    (0..bytes.len() * 8).step_by(5).map(|from| char::from(LETTERS[letter(from)])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_digest_is_written_as_archives_write_it() {
        assert_eq!(sha1_of(b"abc"), "sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5");
        assert_eq!(sha1_of(b""), "sha1:3I42H3S6NNFQ2MSVX7XZKYAYSCX5QBYJ");
    }
}
