//! A Parquet file to rows, one row group after the other and of each a page at a time.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use parquet::errors::ParquetError;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};

use super::cell::{Cell, Cells};
use super::decode::{ColumnCells, Form, described, form, wanted};
use super::error::{ColumnsError, Fault};
use super::guard::guarded;
use super::partition;
use super::row::{Column, Holds, Row};
use super::schema::{SCHEMA_KEY, said};
use super::seal::{is_ours, is_whole};

const MAGIC: [u8; 4] = *b"PAR1";

/// Where the cells of a column come from.
enum Place {
    /// A column of the file.
    Column(usize, Form),
    /// The folders of its path.
    Folder(String),
}

/// A column of the row group that is read.
enum Supply {
    Column(Box<ColumnCells>),
    Folder(String),
}

/// The rows of a file. Ends after the first error.
pub struct Reader<R: Row> {
    file: SerializedFileReader<File>,
    path: PathBuf,
    places: Vec<Place>,
    next_group: usize,
    supplies: Vec<Supply>,
    /// Rows that are left in the row group.
    left: u64,
    /// Rows so far.
    row: u64,
    has_failed: bool,
    of: PhantomData<fn() -> R>,
}

impl<R: Row> std::fmt::Debug for Reader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Reader").field("path", &self.path).field("row", &self.row).finish_non_exhaustive()
    }
}

impl<R: Row> Reader<R> {
    /// Opens a file; `path` is what messages call it.
    ///
    /// # Errors
    /// The file is no Parquet, or has other columns.
    pub fn open(mut file: File, path: &Path) -> Result<Self, ColumnsError> {
        expect_parquet(&mut file, path)?;
        let unsound = |fault| ColumnsError::Unsound { path: path.to_owned(), fault };
        let unreadable = |error| ColumnsError::Read { path: path.to_owned(), error };
        let mut bytes = file.try_clone().map_err(unreadable)?;
        let opened = guarded(|| SerializedFileReader::new(file));
        let file = opened
            .map_err(|problem| unsound(Fault::Damaged(problem)))?
            .map_err(|error| failed(path, error))?;
        expect_schema::<R>(file.metadata()).map_err(unsound)?;
        if is_ours(file.metadata()) && !is_whole::<R>(file.metadata(), &mut bytes).map_err(unreadable)? {
            return Err(unsound(Fault::Broken));
        }
        let place = |column| place(file.metadata(), path, column);
        let places = R::COLUMNS.iter().map(place).collect::<Result<_, _>>().map_err(unsound)?;
        Ok(Self {
            file,
            path: path.to_owned(),
            places,
            next_group: 0,
            supplies: Vec::new(),
            left: 0,
            row: 0,
            has_failed: false,
            of: PhantomData,
        })
    }

    /// How many rows the file says it has.
    #[must_use]
    pub fn row_count(&self) -> u64 {
        self.file.metadata().file_metadata().num_rows().unsigned_abs()
    }

    fn unsound(&self, fault: Fault) -> ColumnsError {
        ColumnsError::Unsound { path: self.path.clone(), fault }
    }

    /// Goes to the next row group that has rows; `false` at the end of the file.
    fn advance(&mut self) -> Result<bool, ColumnsError> {
        while self.left == 0 {
            if self.next_group == self.file.num_row_groups() {
                return Ok(false);
            }
            let group =
                self.file.get_row_group(self.next_group).map_err(|error| failed(&self.path, error))?;
            let schema = group.metadata().schema_descr_ptr();
            let supply = |place: &Place| match place {
                Place::Column(index, form) => group.get_column_reader(*index).map(|reader| {
                    Supply::Column(Box::new(ColumnCells::new(reader, *form, &schema.column(*index))))
                }),
                Place::Folder(text) => Ok(Supply::Folder(text.clone())),
            };
            let supplies = self.places.iter().map(supply).collect::<Result<Vec<_>, _>>();
            self.left = u64::try_from(group.metadata().num_rows()).unwrap_or(0);
            self.supplies = supplies.map_err(|error| failed(&self.path, error))?;
            self.next_group += 1;
        }
        Ok(true)
    }

    fn row(&mut self) -> Result<R, Fault> {
        self.left -= 1;
        self.row += 1;
        let cell = |(supply, column): (&mut Supply, &Column)| match supply {
            Supply::Column(cells) => {
                cells.next().map_err(|problem| Fault::Damaged(format!("column '{}': {problem}", column.name)))
            }
            Supply::Folder(text) => Ok(Cell::Text(text.clone().into())),
        };
        let cells = self.supplies.iter_mut().zip(R::COLUMNS).map(cell).collect::<Result<_, _>>()?;
        R::of(&mut Cells::new(R::COLUMNS, cells, self.row))
    }
}

impl<R: Row> Iterator for Reader<R> {
    type Item = Result<R, ColumnsError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.has_failed {
            return None;
        }
        let row = guarded(|| match self.advance() {
            Ok(false) => None,
            Ok(true) => Some(self.row().map_err(|fault| self.unsound(fault))),
            Err(error) => Some(Err(error)),
        });
        let row = row.unwrap_or_else(|problem| Some(Err(self.unsound(Fault::Damaged(problem)))));
        self.has_failed = row.as_ref().is_some_and(Result::is_err);
        row
    }
}

/// Looks at both ends of a file, where the format has its name.
fn expect_parquet(file: &mut File, path: &Path) -> Result<(), ColumnsError> {
    let unreadable = |error| ColumnsError::Read { path: path.to_owned(), error };
    let [begin, end] = ends(file).map_err(unreadable)?;
    let unsound = |fault| Err(ColumnsError::Unsound { path: path.to_owned(), fault });
    match (begin == MAGIC, end == MAGIC) {
        (true, true) => Ok(()),
        (true, false) => unsound(Fault::CutShort),
        (false, _) => unsound(Fault::NotParquet),
    }
}

/// The first and the last four bytes of a file; zeros where it has fewer.
fn ends(file: &mut File) -> io::Result<[[u8; 4]; 2]> {
    let length = file.seek(SeekFrom::End(0))?;
    let mut ends = [[0; 4]; 2];
    if length >= 4 {
        file.rewind()?;
        file.read_exact(&mut ends[0])?;
    }
    if length >= 8 {
        file.seek(SeekFrom::End(-4))?;
        file.read_exact(&mut ends[1])?;
    }
    Ok(ends)
}

/// Where the file says what it holds, that must be what is wanted. One that was rewritten may say nothing.
fn expect_schema<R: Row>(metadata: &ParquetMetaData) -> Result<(), Fault> {
    match said(metadata, SCHEMA_KEY) {
        Some(found) if found != R::SCHEMA => {
            Err(Fault::OtherRows { found: found.to_owned(), wanted: R::SCHEMA })
        }
        _ => Ok(()),
    }
}

fn place(metadata: &ParquetMetaData, path: &Path, column: &Column) -> Result<Place, Fault> {
    let schema = metadata.file_metadata().schema_descr();
    let Some(index) = schema.columns().iter().position(|one| one.path().string() == column.name) else {
        let folder = (column.holds == Holds::Text).then(|| partition::value(path, column.name)).flatten();
        return folder.map(Place::Folder).ok_or(Fault::NoColumn(column.name));
    };
    let found = schema.column(index);
    let form = form(column.holds, &found).ok_or_else(|| Fault::OtherType {
        column: column.name,
        found: described(&found),
        wanted: wanted(column.holds),
    })?;
    Ok(Place::Column(index, form))
}

fn failed(path: &Path, error: ParquetError) -> ColumnsError {
    let path = path.to_owned();
    match error {
        ParquetError::External(inner) => match inner.downcast::<io::Error>() {
            Ok(error) => ColumnsError::Read { path, error: *error },
            Err(other) => ColumnsError::Unsound { path, fault: Fault::Damaged(other.to_string()) },
        },
        other => ColumnsError::Unsound { path, fault: Fault::Damaged(other.to_string()) },
    }
}
