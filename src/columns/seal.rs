//! The seal of a file: SHA-256 of all its values and their count, in its footer. The format's own checksums of pages are
//! optional, and the crate parquet 60 does not write them: without a seal most flipped bits gave other numbers unseen.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use parquet::file::metadata::ParquetMetaData;

use crate::domain::Digester;

use super::row::Row;
use super::schema::{WRITER, said, schema};

/// What the seal is called in the footer.
pub(super) const SEAL_KEY: &str = "pantau.seal";

/// The footer ends with its own length and the name of the format, four bytes each.
const TAIL: u64 = 8;

/// The seal of values that went by, and of how many rows they are.
pub(super) fn seal(mut values: Digester, rows: u64) -> String {
    values.update(&rows.to_le_bytes());
    values.digest().to_string()
}

/// An output that remembers what went by.
#[derive(Debug)]
pub(super) struct Sealing<W> {
    output: W,
    so_far: Digester,
}

impl<W: Write> Sealing<W> {
    pub(super) fn new(output: W) -> Self {
        Self { output, so_far: Digester::default() }
    }

    pub(super) fn so_far(&self) -> Digester {
        self.so_far.clone()
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.output.write(bytes)?;
        self.so_far.update(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.output.flush()
    }
}

/// Whether pantau wrote a file. What others make of one may keep its seal, which is no longer true.
pub(super) fn is_ours(metadata: &ParquetMetaData) -> bool {
    metadata.file_metadata().created_by().is_some_and(|writer| writer.starts_with(WRITER))
}

/// Whether a file of ours is as it was written.
///
/// # Errors
/// It cannot be read.
pub(super) fn is_whole<R: Row>(metadata: &ParquetMetaData, file: &mut File) -> io::Result<bool> {
    let Ok(columns) = schema::<R>() else { return Ok(false) };
    let rows = u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(u64::MAX);
    let is_sealed = said(metadata, SEAL_KEY) == Some(seal(values(file)?, rows).as_str());
    let groups: i64 = metadata.row_groups().iter().map(|group| group.num_rows()).sum();
    let is_counted = groups == metadata.file_metadata().num_rows();
    Ok(is_sealed && is_counted && *metadata.file_metadata().schema_descr().root_schema() == columns)
}

/// What is sealed: everything ahead of the footer.
fn values(file: &mut File) -> io::Result<Digester> {
    let mut tail = [0; 4];
    let end = file.seek(SeekFrom::End(-(TAIL as i64)))?;
    file.read_exact(&mut tail)?;
    let length = end.saturating_sub(u32::from_le_bytes(tail).into());
    file.rewind()?;
    let mut values = Digester::default();
    let mut left = file.take(length);
    let mut piece = vec![0; 1 << 16];
    loop {
        match left.read(&mut piece)? {
            0 => return Ok(values),
            count => values.update(&piece[..count]),
        }
    }
}
