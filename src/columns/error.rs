//! Why rows cannot be written, or read.

use std::io;
use std::path::PathBuf;

/// Why there are no rows. One line, which names the file.
#[derive(Debug, thiserror::Error)]
pub enum ColumnsError {
    /// The feature `parquet` is off.
    #[error("this pantau was built without Parquet")]
    LeftOut,
    /// The output takes no more.
    #[error("failed to write Parquet")]
    Write(#[source] io::Error),
    /// A row is longer than the format takes.
    #[error("failed to write Parquet: {0}")]
    Unwritable(String),
    /// The file cannot be read.
    #[error("failed to read {path}")]
    Read {
        /// The file.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
    /// The file is not what it should be.
    #[error("{path}: {fault}")]
    Unsound {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        fault: Fault,
    },
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// It does not begin like one.
    #[error("this is no Parquet file")]
    NotParquet,
    /// It begins like one and does not end like one.
    #[error("the end of the Parquet file is missing; it was cut short")]
    CutShort,
    /// Something inside does not fit.
    #[error("the Parquet file is damaged: {0}")]
    Damaged(String),
    /// Not the bytes that pantau wrote.
    #[error("the Parquet file is damaged: it is not what its seal says")]
    Broken,
    /// It says itself that it holds other rows.
    #[error("the file holds {found}, not {wanted}")]
    OtherRows {
        /// What its `pantau.schema` says.
        found: String,
        /// What it would have to say.
        wanted: &'static str,
    },
    /// It holds other rows, or was rewritten by something that left a column out.
    #[error("there is no column '{0}'")]
    NoColumn(&'static str),
    /// A column of another type.
    #[error("column '{column}' is {found}, not {wanted}")]
    OtherType {
        /// Its name.
        column: &'static str,
        /// What it holds.
        found: String,
        /// What it would have to hold.
        wanted: &'static str,
    },
    /// A NULL where none may be.
    #[error("column '{column}' is NULL in row {row}")]
    Null {
        /// Its name.
        column: &'static str,
        /// The row, counted from 1.
        row: u64,
    },
    /// A value that means nothing.
    #[error("column '{column}' in row {row}: {problem}")]
    Value {
        /// Its name.
        column: &'static str,
        /// The row, counted from 1.
        row: u64,
        /// What is wrong with it.
        problem: String,
    },
}
