//! The least that reading can cost: every member decompressed in one go by the library that `pantau` uses, its end found
//! by the magic number of the next.

use std::path::PathBuf;

use anyhow::{Context, ensure};
use libdeflater::Decompressor;
use memchr::memmem;

const MAGIC: &[u8] = &[0x1f, 0x8b, 0x08];

/// Decompresses every member of files, and tells how many bytes there were.
pub(crate) fn all(files: &[PathBuf]) -> anyhow::Result<()> {
    let mut decompressor = Decompressor::new();
    let (mut decoded, mut bytes) = (Vec::new(), 0);
    for file in files {
        let held = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
        let mut at = 0;
        while at < held.len() {
            let (taken, length) = member(&mut decompressor, &held[at..], &mut decoded)
                .with_context(|| format!("{} at {at} is no gzip member", file.display()))?;
            at += taken;
            bytes += length;
        }
        ensure!(at == held.len(), "{} was read past its end", file.display());
    }
    println!("{bytes} bytes");
    Ok(())
}

/// The member at the beginning: how long it is, and how many bytes it decompresses to.
fn member(decompressor: &mut Decompressor, bytes: &[u8], decoded: &mut Vec<u8>) -> Option<(usize, usize)> {
    let next = memmem::find_iter(&bytes[1..], MAGIC).map(|at| at + 1);
    for end in next.chain([bytes.len()]) {
        let size = u32::from_le_bytes(*bytes[..end].last_chunk()?) as usize;
        // A place that is no end has any length there.
        if size > 64 << 20 {
            continue;
        }
        decoded.resize(decoded.len().max(size), 0);
        if decompressor
            .gzip_decompress(&bytes[..end], &mut decoded[..size])
            .is_ok_and(|length| length == size)
        {
            return Some((end, size));
        }
    }
    None
}
