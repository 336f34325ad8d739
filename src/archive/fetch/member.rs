//! Whether some bytes of an archive file are whole gzip members. Holds none of what they unfold to.

use std::io::{self, Read};

use flate2::bufread::GzDecoder;

/// The most bytes that the members of one range may unfold to.
pub(super) const MOST: u64 = 64 << 20;

/// Unfolds every member, each to its checksum.
///
/// # Errors
/// Some bytes are no gzip member, or unfold to too much. The text says what is wrong.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    let (mut rest, mut unfolded) = (bytes, 0);
    while !rest.is_empty() {
        if !rest.starts_with(&[0x1f, 0x8b]) {
            return Err(format!("no gzip member begins at byte {}", bytes.len() - rest.len()));
        }
        let mut member = GzDecoder::new(&mut rest).take(MOST + 1 - unfolded);
        unfolded +=
            io::copy(&mut member, &mut io::sink()).map_err(|_| "the gzip member is damaged".to_owned())?;
        if unfolded > MOST {
            return Err(format!("it unfolds to more than {} MiB", MOST >> 20));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn only_whole_members_pass() {
        let one = gzip(b"WARC/1.0");
        let two = [one.clone(), one.clone()].concat();
        assert_eq!((check(&one), check(&two)), (Ok(()), Ok(())));
        for cut in 1..one.len() {
            assert!(check(&one[..cut]).is_err(), "{cut}");
            assert!(check(&one[cut..]).is_err(), "{cut}");
        }
        let flipped = |at: usize| {
            let mut bytes = one.clone();
            bytes[at] ^= 1;
            check(&bytes)
        };
        for at in one.len() - 8..one.len() {
            assert_eq!(flipped(at), Err("the gzip member is damaged".to_owned()), "{at}");
        }
        let trailing = [one.as_slice(), b"\r\n"].concat();
        assert_eq!(check(&trailing), Err(format!("no gzip member begins at byte {}", one.len())));
        let bomb = gzip(&vec![0; usize::try_from(MOST).unwrap() + 1]);
        assert_eq!(check(&bomb), Err("it unfolds to more than 64 MiB".to_owned()));
    }
}
