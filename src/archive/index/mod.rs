//! Lists of what archives hold, in the forms that archives give them in. A line becomes an [`Entry`]; what is none is
//! said to be a heading or named as malformed, and the rest is read. Knows nothing of what is wanted.

mod cc_ndjson;
mod cdx_json;
mod cdx_text;
mod cdxj;
mod csv;
mod entry;
mod lines;

use std::io::{self, BufRead};
use std::str::FromStr;

pub use entry::Entry;

/// How a list is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The answer of a Wayback CDX server with `output=json`: an array of arrays, the first of which names the fields.
    CdxJson,
    /// The answer of a Wayback CDX server, and the CDX files of archives: fields with a space between them.
    CdxText,
    /// A key, a time and a JSON object on a line: pywb, WACZ, and Common Crawl's index files.
    Cdxj,
    /// The answer of Common Crawl's index with `output=json`: a JSON object on a line.
    CcNdjson,
    /// A table with a heading, such as an engine exports from Common Crawl's columnar index.
    Csv,
}

impl Form {
    /// Every form, by the name that the command line has for it.
    pub const ALL: [(&'static str, Self); 5] = [
        ("cdx-json", Self::CdxJson),
        ("cdx-text", Self::CdxText),
        ("cdxj", Self::Cdxj),
        ("cc-ndjson", Self::CcNdjson),
        ("csv", Self::Csv),
    ];
}

impl FromStr for Form {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|(known, _)| *known == name);
        known.map(|(_, form)| *form).ok_or_else(|| {
            let names = Self::ALL.map(|(name, _)| name).join(", ");
            format!("no such form; there is {names}")
        })
    }
}

/// What a line of a list is. A row of a JSON list counts as a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Line {
    /// A capture.
    Entry(Entry),
    /// A heading, an empty line, or the key that a server goes on from when it is asked for more.
    Heading,
    /// None of these.
    Malformed(Malformed),
}

/// Why a line is no entry.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// More bytes than are read.
    #[error("longer than {} MiB", lines::LONGEST >> 20)]
    TooLong,
    /// Bytes that are no text.
    #[error("not UTF-8")]
    NotText,
    /// Not a JSON value of the expected kind.
    #[error("no JSON {0}")]
    NoJson(&'static str),
    /// What a server says instead of a list.
    #[error("a message, not an entry: {0}")]
    Message(String),
    /// Another number of fields than there are names for.
    #[error("{found} fields instead of {expected}")]
    Fields {
        /// How many there are.
        found: usize,
        /// How many there should be.
        expected: String,
    },
    /// Something that every entry needs is missing.
    #[error("no {0}")]
    Missing(&'static str),
    /// Something is not what it should be.
    #[error("{what} '{found}'")]
    Bad {
        /// What is wrong with it.
        what: &'static str,
        /// What stands there, cut where it is long.
        found: String,
    },
}

/// Reads one form, a line at a time.
trait Reader {
    /// Says what a line is: nothing at all where it only opens or closes a list, and several entries where a whole
    /// list stands on it.
    fn line(&mut self, text: &str, sink: &mut dyn FnMut(Line));
}

/// Reads a list, and hands each line on with its number. Holds one line at a time.
///
/// # Errors
/// The list cannot be read, or the sink cannot take more.
pub fn read<E: From<io::Error>>(
    form: Form,
    input: impl BufRead,
    sink: &mut dyn FnMut(u64, Line) -> Result<(), E>,
) -> Result<(), E> {
    let mut reader: Box<dyn Reader> = match form {
        Form::CdxJson => Box::<cdx_json::CdxJson>::default(),
        Form::CdxText => Box::<cdx_text::CdxText>::default(),
        Form::Cdxj => Box::new(cdxj::Cdxj),
        Form::CcNdjson => Box::new(cc_ndjson::CcNdjson),
        Form::Csv => Box::<csv::Table>::default(),
    };
    lines::each(input, &mut |number, text| {
        let mut result = Ok(());
        let mut hand_on = |line| {
            if result.is_ok() {
                result = sink(number, line);
            }
        };
        match text {
            Ok(text) => reader.line(text, &mut hand_on),
            Err(malformed) => hand_on(Line::Malformed(malformed)),
        }
        result
    })
}

/// What a line makes, for the tests of the forms.
#[cfg(test)]
fn lines_of(form: Form, text: &str) -> Vec<(u64, Line)> {
    let mut lines = Vec::new();
    read(form, text.as_bytes(), &mut |number, line| {
        lines.push((number, line));
        Ok::<_, io::Error>(())
    })
    .unwrap();
    lines
}

/// The same for a person to compare.
#[cfg(test)]
fn shown(form: Form, text: &str) -> Vec<String> {
    let show = |(number, line)| match line {
        Line::Entry(Entry { url, time, status, mime, range }) => {
            let dash = |text: Option<String>| text.unwrap_or_else(|| "-".to_owned());
            let time = time.map(|time| time.to_string());
            let range = range.map(|range| format!("{}@{}+{}", range.file, range.offset, range.length));
            format!("{number} {} {} {} {} {}", dash(url), dash(time), dash(status), dash(mime), dash(range))
        }
        Line::Heading => format!("{number} heading"),
        Line::Malformed(malformed) => format!("{number} malformed: {malformed}"),
    };
    lines_of(form, text).into_iter().map(show).collect()
}
