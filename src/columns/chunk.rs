//! The values of one column between two row groups, packed until they are written.

use std::io::Write;

use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{
    ByteArray, ByteArrayType, DataType, FixedLenByteArray, FixedLenByteArrayType, Int32Type, Int64Type,
};
use parquet::errors::{ParquetError, Result};
use parquet::file::writer::SerializedRowGroupWriter;

use super::cell::Cell;
use super::row::{Column, Holds};
use super::schema;

const DECIMAL_BYTES: usize = schema::DECIMAL_BYTES as usize;

/// Values that are there, in order.
#[derive(Debug)]
enum Values {
    /// All texts in one, and where each ends.
    Texts(Vec<u8>, Vec<usize>),
    /// Big-endian, each as long as the other.
    Decimals(Vec<u8>),
    Small(Vec<i32>),
    Long(Vec<i64>),
}

/// A column of the row group that grows.
#[derive(Debug)]
pub(super) struct Chunk {
    column: &'static Column,
    values: Values,
    /// Of each row, whether there is a value: 1 or 0. Only where there may be none.
    levels: Vec<i16>,
}

impl Chunk {
    pub(super) fn new(column: &'static Column) -> Self {
        let values = match column.holds {
            Holds::Text => Values::Texts(Vec::new(), Vec::new()),
            Holds::Decimal => Values::Decimals(Vec::new()),
            Holds::Scale => Values::Small(Vec::new()),
            Holds::Instant | Holds::Count => Values::Long(Vec::new()),
        };
        Self { column, values, levels: Vec::new() }
    }

    /// Adds the value of one row; gives the bytes it takes here.
    ///
    /// # Errors
    /// It is no value of this column.
    pub(super) fn push(&mut self, cell: &Cell<'_>) -> Result<usize> {
        if self.column.may_be_null {
            self.levels.push(i16::from(*cell != Cell::Null));
            if *cell == Cell::Null {
                return Ok(0);
            }
        }
        let refuse = || ParquetError::General(format!("'{}' cannot hold {cell:?}", self.column.name));
        match (&mut self.values, cell) {
            (Values::Texts(bytes, ends), Cell::Text(text)) => {
                bytes.extend_from_slice(text.as_bytes());
                ends.push(bytes.len());
                Ok(text.len() + size_of::<usize>())
            }
            (Values::Decimals(bytes), Cell::Decimal(units)) => {
                bytes.extend_from_slice(&units.to_be_bytes()[size_of::<i128>() - DECIMAL_BYTES..]);
                Ok(DECIMAL_BYTES)
            }
            (Values::Small(values), Cell::Whole(whole)) => {
                values.push(i32::try_from(*whole).map_err(|_| refuse())?);
                Ok(size_of::<i32>())
            }
            (Values::Long(values), Cell::Instant(value) | Cell::Whole(value)) => {
                values.push(*value);
                Ok(size_of::<i64>())
            }
            _ => Err(refuse()),
        }
    }

    /// Writes the column as the next one of a row group, and is empty again.
    pub(super) fn write<W: Write + Send>(
        &mut self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<()> {
        let Some(mut column) = group.next_column()? else {
            return Err(ParquetError::General(format!("there is no place for '{}'", self.column.name)));
        };
        let Self { values, levels, .. } = std::mem::replace(self, Self::new(self.column));
        let levels = self.column.may_be_null.then_some(&levels[..]);
        match values {
            Values::Texts(bytes, ends) => put::<ByteArrayType>(column.typed(), texts(&bytes, &ends), levels),
            Values::Decimals(bytes) => put::<FixedLenByteArrayType>(column.typed(), decimals(&bytes), levels),
            Values::Small(values) => put::<Int32Type>(column.typed(), values.into_iter(), levels),
            Values::Long(values) => put::<Int64Type>(column.typed(), values.into_iter(), levels),
        }?;
        column.close()
    }
}

/// Rows that are handed over at once.
const BATCH: usize = 1024;

fn put<T: DataType>(
    column: &mut ColumnWriterImpl<'_, T>,
    mut values: impl Iterator<Item = T::T>,
    levels: Option<&[i16]>,
) -> Result<()> {
    let mut batch = |count, levels| {
        let batch: Vec<T::T> = values.by_ref().take(count).collect();
        column.write_batch(&batch, levels, None).map(|_| batch.len())
    };
    if let Some(levels) = levels {
        for part in levels.chunks(BATCH) {
            batch(part.iter().filter(|level| **level > 0).count(), Some(part))?;
        }
    } else {
        while batch(BATCH, None)? > 0 {}
    }
    Ok(())
}

// Each value has its own allocation: the footer keeps the least and the greatest of each row group to the end of the
// file, and with them whatever they are a part of.

fn texts<'a>(bytes: &'a [u8], ends: &'a [usize]) -> impl Iterator<Item = ByteArray> + 'a {
    let starts = std::iter::once(0).chain(ends.iter().copied());
    starts.zip(ends).map(|(start, end)| ByteArray::from(bytes[start..*end].to_vec()))
}

fn decimals(bytes: &[u8]) -> impl Iterator<Item = FixedLenByteArray> + '_ {
    bytes.chunks_exact(DECIMAL_BYTES).map(|decimal| FixedLenByteArray::from(decimal.to_vec()))
}
