//! Rows to a Parquet file, one row group after the other.

use std::io::{self, Write};
use std::marker::PhantomData;
use std::sync::Arc;

use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::writer::SerializedFileWriter;

use super::chunk::Chunk;
use super::error::ColumnsError;
use super::row::Row;
use super::schema::{properties, schema};
use super::seal::{SEAL_KEY, Sealing, seal};

/// A row group ends with this many rows. DuckDB and Spark read row groups in parallel.
const GROUP_ROWS: usize = 1 << 16;
/// Or with this many bytes of values, so that long texts do not fill the memory.
const GROUP_BYTES: usize = 8 << 20;

/// Writes rows of one kind. The output is never sought in; it is whole only after [`Writer::finish`].
#[derive(Debug)]
pub struct Writer<R: Row, W: Write + Send> {
    file: SerializedFileWriter<Sealing<W>>,
    chunks: Vec<Chunk>,
    /// Rows in the row group that grows.
    rows: usize,
    /// Bytes of their values.
    bytes: usize,
    /// Rows in the whole file.
    all_rows: u64,
    of: PhantomData<fn(R)>,
}

impl<R: Row, W: Write + Send> Writer<R, W> {
    /// Begins a file.
    ///
    /// # Errors
    /// The output takes nothing.
    pub fn new(output: W) -> Result<Self, ColumnsError> {
        let schema = Arc::new(schema::<R>().map_err(failed)?);
        let output = Sealing::new(output);
        let file = SerializedFileWriter::new(output, schema, Arc::new(properties::<R>())).map_err(failed)?;
        let chunks = R::COLUMNS.iter().map(Chunk::new).collect();
        Ok(Self { file, chunks, rows: 0, bytes: 0, all_rows: 0, of: PhantomData })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// The output takes no more.
    pub fn write(&mut self, row: &R) -> Result<(), ColumnsError> {
        for (chunk, cell) in self.chunks.iter_mut().zip(row.cells()) {
            self.bytes += chunk.push(&cell).map_err(failed)?;
        }
        self.rows += 1;
        self.all_rows += 1;
        if self.rows >= GROUP_ROWS || self.bytes >= GROUP_BYTES { self.end_group() } else { Ok(()) }
    }

    /// Ends the file.
    ///
    /// # Errors
    /// The output takes no more.
    pub fn finish(mut self) -> Result<(), ColumnsError> {
        if self.rows > 0 {
            self.end_group()?;
        }
        self.file.flush().map_err(ColumnsError::Write)?;
        let seal = seal(self.file.inner().so_far(), self.all_rows);
        self.file.append_key_value_metadata(KeyValue::new(SEAL_KEY.to_owned(), seal));
        self.file.finish().map(|_| ()).map_err(failed)
    }

    fn end_group(&mut self) -> Result<(), ColumnsError> {
        let mut group = self.file.next_row_group().map_err(failed)?;
        for chunk in &mut self.chunks {
            chunk.write(&mut group).map_err(failed)?;
        }
        group.close().map_err(failed)?;
        (self.rows, self.bytes) = (0, 0);
        Ok(())
    }
}

fn failed(error: ParquetError) -> ColumnsError {
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => ColumnsError::Write(*error),
            Err(other) => ColumnsError::Unwritable(other.to_string()),
        },
        other => ColumnsError::Unwritable(other.to_string()),
    }
}
