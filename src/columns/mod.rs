//! Rows in bulk as Parquet, out and in: the runs of `history` and the quotes of `extract`. The only user of the crate
//! parquet. Knows no store, no page and no command; what the files hold is stated in `docs/parquet.md`.
//!
//! - The columns are those of the JSON contract, by name and in order, and after them the count of printed decimals of
//!   each number, so that `919,20` comes back as 919.20 and `777` as 777.
//! - Numbers are DECIMAL(30, 15): up to 15 digits before and after the mark hold every [`Quantity`] exactly. Instants are
//!   microseconds in UTC. Texts are dictionary-encoded, everything is compressed with Zstandard.
//! - Writing needs no seeking and one row group of memory; the same rows give the same bytes. Reading is by pages.
//! - A file of ours is sealed: a flipped bit is found before the first row is given. One that something else wrote from
//!   it has no seal, and is read as it is.
//!
//! Without the feature `parquet` all this is here too, and answers [`ColumnsError::LeftOut`].
//!
//! [`Quantity`]: crate::domain::Quantity

mod cell;
mod error;
mod quotes;
mod row;
mod runs;

#[cfg(feature = "parquet")]
mod chunk;
#[cfg(feature = "parquet")]
mod decode;
#[cfg(feature = "parquet")]
mod guard;
#[cfg(feature = "parquet")]
mod partition;
#[cfg(feature = "parquet")]
mod read;
#[cfg(feature = "parquet")]
mod schema;
#[cfg(feature = "parquet")]
mod seal;
#[cfg(test)]
#[cfg(feature = "parquet")]
mod tests;
#[cfg(feature = "parquet")]
mod write;

#[cfg(not(feature = "parquet"))]
mod absent;

pub use error::{ColumnsError, Fault};
pub use quotes::QuoteRow;
pub use row::Row;
pub use runs::RunRow;

#[cfg(not(feature = "parquet"))]
pub use absent::{Reader, Writer};
#[cfg(feature = "parquet")]
pub use read::Reader;
#[cfg(feature = "parquet")]
pub use write::Writer;

use std::fs::File;
use std::path::Path;

/// The quotes of a Parquet file, in its order. Messages call it by its path, whose folders named `source=NAME` stand for
/// a column that is not in the file.
///
/// # Errors
/// The file is no Parquet, or has other columns.
pub fn quotes(file: File, path: &Path) -> Result<Reader<QuoteRow>, ColumnsError> {
    Reader::open(file, path)
}

/// The runs of a Parquet file, in its order, in the same way.
///
/// # Errors
/// The file is no Parquet, or has other columns.
pub fn runs(file: File, path: &Path) -> Result<Reader<RunRow>, ColumnsError> {
    Reader::open(file, path)
}
