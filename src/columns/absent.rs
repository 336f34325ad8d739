//! What stands in for Parquet where it was left out: the same names, and one answer.

use std::convert::Infallible;
use std::fs::File;
use std::io::Write;
use std::marker::PhantomData;
use std::path::Path;

use super::error::ColumnsError;
use super::row::Row;

/// Writes nothing: there is never one.
#[derive(Debug)]
pub struct Writer<R: Row, W: Write + Send> {
    never: Infallible,
    of: PhantomData<(fn(R), W)>,
}

impl<R: Row, W: Write + Send> Writer<R, W> {
    /// # Errors
    /// Always: Parquet was left out.
    pub fn new(_: W) -> Result<Self, ColumnsError> {
        Err(ColumnsError::LeftOut)
    }

    /// # Errors
    /// Never: there is no writer.
    pub fn write(&mut self, _: &R) -> Result<(), ColumnsError> {
        match self.never {}
    }

    /// # Errors
    /// Never: there is no writer.
    pub fn finish(self) -> Result<(), ColumnsError> {
        match self.never {}
    }
}

/// Reads nothing: there is never one.
#[derive(Debug)]
pub struct Reader<R: Row> {
    never: Infallible,
    of: PhantomData<fn() -> R>,
}

impl<R: Row> Reader<R> {
    /// # Errors
    /// Always: Parquet was left out.
    pub fn open(_: File, _: &Path) -> Result<Self, ColumnsError> {
        Err(ColumnsError::LeftOut)
    }

    /// How many rows the file says it has.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        match self.never {}
    }
}

impl<R: Row> Iterator for Reader<R> {
    type Item = Result<R, ColumnsError>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.never {}
    }
}
