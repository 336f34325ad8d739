//! What is to be read: a file, a part of one, the standard input, or every file of a folder. Knows no record.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Why a line names no input.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    /// There are tabs, and what stands between them is no part of a file.
    #[error("'{0}' is neither a path nor a path, an offset and a length with a tab between each")]
    NoPart(String),
    /// A folder cannot be listed.
    #[error("failed to list {path}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why not.
        #[source]
        error: io::Error,
    },
}

/// A part of a file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Where it begins: the beginning of a record.
    pub offset: u64,
    /// How long it is.
    pub length: u64,
}

/// One thing to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Input {
    path: PathBuf,
    name: Arc<str>,
    part: Option<Part>,
}

impl Input {
    /// A whole file, or with `-` the standard input.
    #[must_use]
    pub fn file(path: &Path) -> Self {
        Self { path: path.to_owned(), name: path.display().to_string().into(), part: None }
    }

    /// A part of a file.
    #[must_use]
    pub fn part(path: &Path, part: Part) -> Self {
        Self { part: Some(part), ..Self::file(path) }
    }

    /// What a path, or a path with an offset and a length after tabs, names: several inputs where it is a folder, in the
    /// order of their paths, and those of its folders too.
    ///
    /// # Errors
    /// It has tabs and is no part, or a folder cannot be listed.
    pub fn named(text: &Path) -> Result<Vec<Self>, InputError> {
        match text.to_str().filter(|text| text.contains('\t')) {
            Some(line) => Ok(vec![Self::of_line(line)?]),
            None if text.is_dir() => Ok(files_below(text)?.iter().map(|path| Self::file(path)).collect()),
            None => Ok(vec![Self::file(text)]),
        }
    }

    fn of_line(line: &str) -> Result<Self, InputError> {
        let fields: Vec<&str> = line.split('\t').collect();
        let part = match fields[..] {
            [path, offset, length] => offset.parse().ok().zip(length.parse().ok()).map(|part| (path, part)),
            _ => None,
        };
        let (path, (offset, length)) = part.ok_or_else(|| InputError::NoPart(line.to_owned()))?;
        Ok(Self::part(Path::new(path), Part { offset, length }))
    }

    /// What rows and messages call it: its path as it was given.
    #[must_use]
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// Its path.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is the standard input.
    #[must_use]
    pub fn is_stdin(&self) -> bool {
        self.path == Path::new("-")
    }

    /// How many bytes there are to read, where that can be known before.
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        match self.part {
            Some(part) => Some(part.length),
            None if self.is_stdin() => None,
            None => fs::metadata(&self.path).ok().filter(fs::Metadata::is_file).map(|file| file.len()),
        }
    }

    /// The part that is meant, if it is not the whole.
    pub(super) fn range(&self) -> Option<Part> {
        self.part
    }

    /// Its bytes from a place in the file on, to the end of what is meant.
    pub(super) fn open(&self, from: u64) -> io::Result<Box<dyn Read>> {
        if self.is_stdin() {
            return Ok(Box::new(io::stdin().lock()));
        }
        let mut file = File::open(&self.path)?;
        if from > 0 {
            file.seek(SeekFrom::Start(from))?;
        }
        match self.part {
            Some(part) => {
                Ok(Box::new(file.take(part.offset.saturating_add(part.length).saturating_sub(from))))
            }
            None => Ok(Box::new(file)),
        }
    }
}

/// As it was given: what [`Input::named`] reads again.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.part.map_or(Ok(()), |Part { offset, length }| write!(f, "\t{offset}\t{length}"))
    }
}

/// Files, and links to files. Links to folders are left out, since they may lead in a circle, and so is what is neither.
fn files_below(folder: &Path) -> Result<Vec<PathBuf>, InputError> {
    let failed = |error| InputError::Folder { path: folder.to_owned(), error };
    let mut entries = fs::read_dir(folder).map_err(failed)?.collect::<Result<Vec<_>, _>>().map_err(failed)?;
    entries.sort_by_key(fs::DirEntry::path);
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.path();
        if entry.file_type().map_err(failed)?.is_dir() {
            files.extend(files_below(&path)?);
        } else if path.is_file() {
            files.push(path);
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &Path) -> Vec<String> {
        Input::named(text).unwrap().iter().map(|input| input.name.to_string()).collect()
    }

    #[test]
    fn a_path_with_two_numbers_after_tabs_is_a_part() {
        let inputs = Input::named(Path::new("a.warc.gz\t1200\t345")).unwrap();
        assert_eq!(inputs, [Input::part(Path::new("a.warc.gz"), Part { offset: 1200, length: 345 })]);
        assert_eq!(inputs[0].bytes(), Some(345));
        for text in ["a\tb", "a\t1", "a\t1\tb", "a\t-1\t2", "a\t1\t2\t3"] {
            assert!(matches!(Input::named(Path::new(text)), Err(InputError::NoPart(_))), "{text}");
        }
    }

    #[test]
    fn a_folder_is_its_files_in_the_order_of_their_paths() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("b")).unwrap();
        for name in ["c", "a", "b/2", "b/1"] {
            fs::write(at(name), "").unwrap();
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(folder.path(), at("circle")).unwrap();
            std::os::unix::fs::symlink(at("nowhere"), at("nothing")).unwrap();
        }
        let expected = ["a", "b/1", "b/2", "c"].map(|name| at(name).display().to_string());
        assert_eq!(names(folder.path()), expected);
        assert_eq!(names(Path::new("nowhere")), ["nowhere"]);
    }
}
