//! The file that grows, and the journal beside it. A line of the journal says that a place is decided and how long the
//! file is then; it is written once the bytes are on the disk. Whatever kills the program, the file is cut back to
//! what the journal says, and nothing is asked for twice.
//!
//! `OUT.done` is there for as long as the file is not complete; `OUT.failed` is left where places could not be had: a
//! plan of those.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::FetchingError;
use super::survey::Survey;
use crate::files;

const VERSION: &str = "pantau archive fetch 1";

/// How a file is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Begin {
    /// Nothing may be there.
    Anew,
    /// Where the journal says that it ended; anew where there is nothing.
    WhereItEnded,
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Output {
    path: PathBuf,
    file: File,
    journal: File,
    state: State,
}

/// What a journal says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct State {
    /// How many places are decided: those of the first lines of the plan.
    decided: u64,
    /// How long the file is.
    length: u64,
    /// The lines of the plan whose places could not be had.
    failed: Vec<u64>,
    /// How long the journal is, without a line that was not finished.
    journal: u64,
}

impl Output {
    /// Begins a file, or goes on with it. None where it is complete.
    pub(super) fn begin(path: &Path, begin: Begin, mark: &str) -> Result<Option<Self>, FetchingError> {
        let (journal, failed) = (beside(path, "done"), beside(path, "failed"));
        let there: Vec<&Path> = [path, &journal, &failed].into_iter().filter(|path| path.exists()).collect();
        match (begin, there.as_slice()) {
            (_, []) => Self::create(path, &journal, mark).map(Some),
            (Begin::Anew, [first, ..]) => Err(FetchingError::Exists { path: first.to_path_buf() }),
            (Begin::WhereItEnded, _) if journal.exists() => Self::go_on(path, &journal, mark).map(Some),
            (Begin::WhereItEnded, _) => Ok(None),
        }
    }

    fn create(path: &Path, journal_path: &Path, mark: &str) -> Result<Self, FetchingError> {
        let mut journal = files::make_private(journal_path).map_err(|e| failed(journal_path, e))?;
        lock(&journal, path)?;
        let heading = heading(mark);
        let begun = journal.write_all(heading.as_bytes()).and_then(|()| journal.sync_data());
        begun.and_then(|()| files::keep_name(journal_path)).map_err(|e| failed(journal_path, e))?;
        let file = files::make_private(path).map_err(|e| failed(path, e))?;
        files::keep_name(path).map_err(|e| failed(path, e))?;
        let state = State { journal: heading.len() as u64, ..State::default() };
        Ok(Self { path: path.to_owned(), file, journal, state })
    }

    fn go_on(path: &Path, journal_path: &Path, mark: &str) -> Result<Self, FetchingError> {
        let at_journal = |source| failed(journal_path, source);
        let mut options = OpenOptions::new();
        options.read(true).write(true);
        let mut journal = options.open(journal_path).map_err(at_journal)?;
        lock(&journal, path)?;
        let state = read(&journal, &heading(mark)).map_err(at_journal)?;
        let state = state.ok_or_else(|| FetchingError::OtherPlan { path: journal_path.to_owned() })?;
        journal.set_len(state.journal).map_err(at_journal)?;
        if state.journal == 0 {
            // The program ended before its first line was whole.
            journal
                .rewind()
                .and_then(|()| journal.write_all(heading(mark).as_bytes()))
                .map_err(at_journal)?;
        }
        journal.seek(SeekFrom::End(0)).map_err(at_journal)?;
        let mut file = open_to_write(path).map_err(|e| failed(path, e))?;
        let length = file.metadata().map_err(|e| failed(path, e))?.len();
        if length < state.length {
            let (path, expected) = (path.to_owned(), state.length);
            return Err(FetchingError::Shorter { path, expected, found: length });
        }
        let cut = file.set_len(state.length).and_then(|()| file.seek(SeekFrom::End(0)));
        cut.map_err(|e| failed(path, e))?;
        Ok(Self { path: path.to_owned(), file, journal, state })
    }

    /// How many places are decided already.
    pub(super) fn decided(&self) -> u64 {
        self.state.decided
    }

    /// How many of them could not be had.
    pub(super) fn failed(&self) -> u64 {
        self.state.failed.len() as u64
    }

    /// How long the file is.
    pub(super) fn length(&self) -> u64 {
        self.state.length
    }

    /// Appends what the next place holds.
    pub(super) fn keep(&mut self, bytes: &[u8]) -> Result<(), FetchingError> {
        let written = self.file.write_all(bytes).and_then(|()| self.file.sync_data());
        written.map_err(|source| failed(&self.path, source))?;
        self.state.length += bytes.len() as u64;
        self.state.decided += 1;
        let line = format!("{}\t{}\n", self.state.decided, self.state.length);
        self.note(&line)
    }

    /// Notes that the next places could not be had.
    pub(super) fn leave_out(&mut self, places: u64) -> Result<(), FetchingError> {
        let mut lines = String::new();
        for _ in 0..places {
            self.state.decided += 1;
            self.state.failed.push(self.state.decided);
            lines.push_str(&format!("{}\t{}\tfailed\n", self.state.decided, self.state.length));
        }
        self.note(&lines)
    }

    fn note(&mut self, lines: &str) -> Result<(), FetchingError> {
        let noted = self.journal.write_all(lines.as_bytes()).and_then(|()| self.journal.sync_data());
        noted.map_err(|source| failed(&beside(&self.path, "done"), source))
    }

    /// Writes the plan of what could not be had, if there is any, and removes the journal: the file is complete.
    pub(super) fn finish(self, plan: &Survey) -> Result<Option<PathBuf>, FetchingError> {
        let left = self.write_failed(plan)?;
        let journal = beside(&self.path, "done");
        let removed = self.file.sync_all().and_then(|()| fs::remove_file(&journal));
        removed.and_then(|()| files::keep_name(&journal)).map_err(|source| failed(&journal, source))?;
        Ok(left)
    }

    fn write_failed(&self, plan: &Survey) -> Result<Option<PathBuf>, FetchingError> {
        if self.state.failed.is_empty() {
            return Ok(None);
        }
        let path = beside(&self.path, "failed");
        let at = |source| failed(&path, source);
        let draft = files::beside(&path).map_err(at)?;
        let mut output = BufWriter::new(files::make_private(&draft).map_err(at)?);
        let mut wanted = self.state.failed.iter().peekable();
        for planned in plan.places()? {
            let planned = planned?;
            if wanted.next_if(|number| **number == planned.number).is_some() {
                writeln!(output, "{}", planned.text).map_err(at)?;
            }
        }
        let file = output.into_inner().map_err(|error| at(error.into_error()))?;
        let renamed = file.sync_all().and_then(|()| fs::rename(&draft, &path));
        renamed.and_then(|()| files::keep_name(&path)).map_err(at)?;
        Ok(Some(path))
    }
}

/// A file of the same name with another ending behind it.
pub(super) fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn heading(mark: &str) -> String {
    format!("{VERSION}\t{mark}\n")
}

fn failed(path: &Path, source: io::Error) -> FetchingError {
    FetchingError::Output { path: path.to_owned(), source }
}

fn lock(journal: &File, path: &Path) -> Result<(), FetchingError> {
    match journal.try_lock() {
        Ok(()) => Ok(()),
        Err(TryLockError::WouldBlock) => Err(FetchingError::Held { path: path.to_owned() }),
        Err(TryLockError::Error(source)) => Err(failed(path, source)),
    }
}

/// The file may not be there yet: its journal is made first.
fn open_to_write(path: &Path) -> io::Result<File> {
    match OpenOptions::new().write(true).open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => files::make_private(path),
        opened => opened,
    }
}

/// What a journal says, up to the first line that is not whole. None where it is that of another plan.
fn read(journal: &File, heading: &str) -> io::Result<Option<State>> {
    let mut lines = BufReader::new(journal);
    let mut line = String::new();
    lines.read_line(&mut line)?;
    if line != heading {
        let is_torn = !line.ends_with('\n') && heading.starts_with(&line);
        return Ok(is_torn.then(State::default));
    }
    let mut state = State { journal: line.len() as u64, ..State::default() };
    loop {
        line.clear();
        lines.read_line(&mut line)?;
        let Some((decided, length, is_failed)) = entry(&line).filter(|entry| entry.0 == state.decided + 1)
        else {
            return Ok(Some(state));
        };
        state.journal += line.len() as u64;
        state.decided = decided;
        state.length = length;
        state.failed.extend(is_failed.then_some(decided));
    }
}

fn entry(line: &str) -> Option<(u64, u64, bool)> {
    let fields: Vec<&str> = line.strip_suffix('\n')?.split('\t').collect();
    match fields[..] {
        [decided, length] => Some((decided.parse().ok()?, length.parse().ok()?, false)),
        [decided, length, "failed"] => Some((decided.parse().ok()?, length.parse().ok()?, true)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARK: &str = "mark";

    fn go_on(path: &Path) -> Output {
        Output::begin(path, Begin::WhereItEnded, MARK).unwrap().unwrap()
    }

    fn survey(folder: &Path) -> Survey {
        let plan = folder.join("plan.tsv");
        fs::write(&plan, "a\t0\t1\nb\t0\t1\nc\t0\t1\nd\t0\t1\n").unwrap();
        Survey::of(&plan).unwrap()
    }

    #[test]
    fn wherever_it_is_cut_short_it_goes_on_from_a_whole_place() {
        let folder = tempfile::tempdir().unwrap();
        let (whole, survey) = (folder.path().join("whole.warc.gz"), survey(folder.path()));
        let mut output = Output::begin(&whole, Begin::Anew, MARK).unwrap().unwrap();
        output.keep(b"aaaa").unwrap();
        output.leave_out(2).unwrap();
        output.keep(b"dd").unwrap();
        let (bytes, journal) = (fs::read(&whole).unwrap(), fs::read(beside(&whole, "done")).unwrap());
        drop(output);
        for cut in 0..=journal.len() {
            let path = folder.path().join(format!("cut-{cut}.warc.gz"));
            fs::write(beside(&path, "done"), &journal[..cut]).unwrap();
            // Bytes may be there that the journal does not know yet.
            fs::write(&path, &bytes).unwrap();
            let mut output = go_on(&path);
            let decided = output.decided();
            if decided < 1 {
                output.keep(b"aaaa").unwrap();
            }
            if decided < 3 {
                output.leave_out(3 - decided.max(1)).unwrap();
            }
            if decided < 4 {
                output.keep(b"dd").unwrap();
            }
            assert_eq!(fs::read(beside(&path, "done")).unwrap(), journal, "{cut}");
            assert_eq!((output.decided(), output.failed(), output.length()), (4, 2, 6), "{cut}");
            let left = output.finish(&survey).unwrap().unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes, "{cut}");
            assert_eq!(fs::read_to_string(left).unwrap(), "b\t0\t1\nc\t0\t1\n");
            assert!(!beside(&path, "done").exists());
            assert!(Output::begin(&path, Begin::WhereItEnded, MARK).unwrap().is_none(), "complete");
        }
    }

    #[test]
    fn what_is_there_is_neither_overwritten_nor_taken_for_another_s() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.warc.gz");
        let mut output = Output::begin(&path, Begin::Anew, MARK).unwrap().unwrap();
        output.keep(b"aaaa").unwrap();
        let held = Output::begin(&path, Begin::WhereItEnded, MARK).unwrap_err();
        assert!(matches!(held, FetchingError::Held { .. }));
        drop(output);
        assert!(matches!(Output::begin(&path, Begin::Anew, MARK), Err(FetchingError::Exists { .. })));
        assert!(matches!(
            Output::begin(&path, Begin::WhereItEnded, "other"),
            Err(FetchingError::OtherPlan { .. })
        ));
        fs::write(&path, "aa").unwrap();
        assert!(matches!(
            Output::begin(&path, Begin::WhereItEnded, MARK),
            Err(FetchingError::Shorter { expected: 4, found: 2, .. })
        ));
        assert_eq!(fs::read(&path).unwrap(), b"aa");
    }
}
