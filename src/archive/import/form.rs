//! What a file is: by what was said, else by its name, else by how it begins.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::Input;
use super::found::{Fault, Place, Sort};

/// The forms that captures come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A saved page.
    Html,
    /// The text of one.
    Text,
    /// What a crawler keeps: WARC, WET, ARC or WACZ.
    Archive,
    /// A series: `date,level[,change,percent]`.
    Csv,
    /// What `extract` wrote, a row a line.
    Ndjson,
    /// What `extract` wrote, as Parquet.
    Parquet,
}

impl Form {
    /// Its name.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Html => "HTML",
            Self::Text => "text",
            Self::Archive => "an archive",
            Self::Csv => "CSV",
            Self::Ndjson => "NDJSON",
            Self::Parquet => "Parquet",
        }
    }
}

/// A file that is read from its beginning.
pub(super) type Bytes = Box<dyn BufRead>;

/// The endings of names, longest first where one ends in another.
const ENDINGS: [(&str, Form); 19] = [
    (".html", Form::Html),
    (".htm", Form::Html),
    (".xhtml", Form::Html),
    (".txt", Form::Text),
    (".text", Form::Text),
    (".warc", Form::Archive),
    (".warc.gz", Form::Archive),
    (".wet", Form::Archive),
    (".wet.gz", Form::Archive),
    (".arc", Form::Archive),
    (".arc.gz", Form::Archive),
    (".wacz", Form::Archive),
    (".csv", Form::Csv),
    (".tsv", Form::Csv),
    (".ndjson", Form::Ndjson),
    (".jsonl", Form::Ndjson),
    (".parquet", Form::Parquet),
    (".pq", Form::Parquet),
    (".mhtml", Form::Text),
];

/// What the name of a file says.
pub(super) fn form_of_name(path: &Path) -> Option<Form> {
    let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
    ENDINGS.iter().find(|(ending, _)| name.ends_with(ending)).map(|(_, form)| *form)
}

/// What the beginning of a file says.
fn form_of_bytes(head: &[u8]) -> Form {
    let is = |magic: &[u8]| head.starts_with(magic);
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head).trim_ascii_start();
    let line = text.split(|byte| matches!(byte, b'\n' | b'\r')).next().unwrap_or_default();
    let line = line.to_ascii_lowercase();
    let is_heading = line.split(|byte| b",;\t".contains(byte)).any(|cell| cell.trim_ascii() == b"date");
    if is(b"\x1f\x8b") || is(b"WARC/") || is(b"filedesc://") || is(b"PK\x03\x04") {
        Form::Archive
    } else if is(b"PAR1") {
        Form::Parquet
    } else if text.starts_with(b"{") {
        Form::Ndjson
    } else if is_heading && line.len() < 1000 {
        Form::Csv
    } else {
        Form::Html
    }
}

/// Says how much of it is read.
struct Counted<R> {
    inner: R,
    progress: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.progress.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Opens a file, and says what it is.
pub(super) fn open(input: &Input, progress: &Arc<AtomicU64>) -> Result<(Form, Bytes), Fault> {
    let unreadable = |error: io::Error| {
        Fault::new(Place::of(input), Sort::Unreadable, format!("failed to read it: {error}"))
    };
    let inner: Box<dyn Read> = if input.is_stdin() {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(&input.path).map_err(unreadable)?)
    };
    let counted = Counted { inner, progress: Arc::clone(progress) };
    let mut bytes: Bytes = Box::new(BufReader::with_capacity(64 * 1024, counted));
    let form = match input.known_form() {
        Some(form) => form,
        None => form_of_bytes(bytes.fill_buf().map_err(unreadable)?),
    };
    Ok((form, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_what_a_file_is() {
        for (name, form) in [
            ("kontan/20240423091500.html", Some(Form::Html)),
            ("CC-MAIN-20240423.warc.wet.gz", Some(Form::Archive)),
            ("IA-2011.ARC.GZ", Some(Form::Archive)),
            ("emas.csv", Some(Form::Csv)),
            ("rows.jsonl", Some(Form::Ndjson)),
            ("page", None),
            ("logo.png", None),
        ] {
            assert_eq!(form_of_name(Path::new(name)), form, "{name}");
        }
    }

    #[test]
    fn a_file_without_a_telling_name_is_known_by_how_it_begins() {
        for (head, form) in [
            (&b"WARC/1.0\r\n"[..], Form::Archive),
            (b"\x1f\x8b\x08", Form::Archive),
            (b"PAR1", Form::Parquet),
            (b"\xef\xbb\xbfDate;Level\n", Form::Csv),
            (b"{\"source\":", Form::Ndjson),
            (b"<html>", Form::Html),
            (b"| INDIKATOR | LQ45 777", Form::Html),
        ] {
            assert_eq!(form_of_bytes(head), form, "{}", String::from_utf8_lossy(head));
        }
    }
}
