//! A corpus of archives: pages of our own in the form that crawlers keep, a few of them with the header, some of those
//! broken. The same seed gives the same bytes. In Rust, since the headers and their shapes of markup are those of the
//! other tests, and since the benchmark writes 1.5 GB of it.

pub(crate) mod filler;
pub(crate) mod page;
pub(crate) mod random;
pub(crate) mod warc;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Duration, Utc};

use filler::Filler;
use page::{Kind, Pages};
use random::Random;
use warc::{Archive, Record};

/// How much of what.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan {
    /// How many pages in all.
    pub(crate) pages: usize,
    /// How many bytes the filler of a page has, on average.
    pub(crate) page_bytes: usize,
    /// Over how many files they are spread.
    pub(crate) files: usize,
    /// Whether there are notes that a page is the same as one before: their rows depend on that one.
    pub(crate) has_revisits: bool,
    /// What makes it different from other corpora.
    pub(crate) seed: u64,
}

/// What was written.
#[derive(Debug)]
pub(crate) struct Corpus {
    /// The archives, in order.
    pub(crate) files: Vec<PathBuf>,
    /// A line for each record, with its file, its offset and its length between tabs.
    pub(crate) places: PathBuf,
    /// What a reader must find, going by how each page was made.
    pub(crate) holds: Holds,
    /// How many bytes there are before compression.
    pub(crate) bytes: u64,
    /// How many bytes the files have.
    pub(crate) compressed: u64,
}

/// What is in a corpus.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Holds {
    /// Records of every type.
    pub(crate) records: usize,
    pub(crate) rows: usize,
    /// Pages without the word of the bar.
    pub(crate) no_block: usize,
    /// Pages with the word and without rows.
    pub(crate) unparsed: usize,
    /// Pages that are not in the character set that they are said to be in.
    pub(crate) mismatched: usize,
    /// Notes that a page is the same as one that is not there.
    pub(crate) orphans: usize,
}

/// Writes a corpus into a folder: archives with a gzip member for each record; the last file but one is not compressed,
/// and the last one has only texts, glued as crawlers glue them.
pub(crate) fn write(folder: &Path, plan: Plan) -> Corpus {
    let mut writer = Writer::new(plan);
    let each = plan.pages / plan.files;
    for number in 0..plan.files {
        let path = folder.join(format!("pages-{number:03}.warc.gz"));
        let pages = if number == 0 { plan.pages - each * (plan.files - 1) } else { each };
        writer.pages(Archive::compressed(&path), pages);
    }
    writer.pages(Archive::plain(&folder.join("plain.warc")), (plan.pages / 100).max(10));
    writer.texts(Archive::compressed(&folder.join("texts.warc.wet.gz")), (plan.pages / 100).max(10));
    writer.finish(&folder.join("places.tsv"))
}

struct Writer {
    plan: Plan,
    random: Random,
    pages: Pages,
    filler: Filler,
    at: DateTime<Utc>,
    places: String,
    corpus: Corpus,
}

impl Writer {
    fn new(plan: Plan) -> Self {
        let mut random = Random::new(plan.seed);
        let filler = Filler::new(&mut random);
        let at = DateTime::parse_from_rfc3339("2024-04-18T17:00:00Z").unwrap().to_utc();
        let corpus = Corpus {
            files: Vec::new(),
            places: PathBuf::new(),
            holds: Holds::default(),
            bytes: 0,
            compressed: 0,
        };
        Self { plan, random, pages: Pages::new(), filler, at, places: String::new(), corpus }
    }

    fn pages(&mut self, mut archive: Archive, count: usize) {
        archive.write(&Record::info());
        // What a revisit may refer to: the last page of this file with rows.
        let mut last: Option<(Record, usize)> = None;
        for number in 0..count {
            self.at += Duration::seconds(1 + self.random.below(600) as i64);
            let kind = Kind::of(&mut self.random, self.plan.has_revisits);
            let size = self.plan.page_bytes / 2 + self.random.below(self.plan.page_bytes.max(1));
            let id = self.corpus.holds.records as u64 + self.random.below(1 << 30) as u64 * (1 << 30);
            if number % 3 == 0 {
                archive.write(&Record::request(id, self.at));
                self.corpus.holds.records += 1;
            }
            let (record, rows) = match (kind, &last) {
                (Kind::Revisit, Some((page, rows))) => (Record::revisit(id, self.at, page), *rows),
                (Kind::Revisit, None) => (Record::orphan(id, self.at), 0),
                _ => {
                    let answer = self.pages.answer(kind, size, &mut self.filler, &mut self.random);
                    (Record::page(id, self.at, kind, &answer), answer.rows)
                }
            };
            archive.write(&record);
            self.count(kind, rows);
            if rows > 0 && kind != Kind::Revisit {
                last = Some((record, rows));
            }
        }
        self.done(archive);
    }

    fn count(&mut self, kind: Kind, rows: usize) {
        let holds = &mut self.corpus.holds;
        holds.records += 1;
        holds.rows += rows;
        holds.no_block += usize::from(kind == Kind::Article);
        holds.unparsed += usize::from(matches!(kind, Kind::Mention | Kind::Empty));
        holds.mismatched += usize::from(kind == Kind::WrongCharset);
        holds.orphans += usize::from(kind == Kind::Revisit && rows == 0);
    }

    fn texts(&mut self, mut archive: Archive, count: usize) {
        archive.write(&Record::info());
        for number in 0..count {
            self.at += Duration::seconds(1 + self.random.below(600) as i64);
            let (text, rows) = self.pages.text(number, &mut self.filler, &mut self.random);
            archive.write(&Record::text(number as u64, self.at, &text));
            self.count(if rows > 0 { Kind::Header } else { Kind::Article }, rows);
        }
        self.done(archive);
    }

    fn done(&mut self, archive: Archive) {
        let done = archive.finish();
        for (offset, length) in &done.places {
            writeln!(self.places, "{}\t{offset}\t{length}", done.path.display()).unwrap();
        }
        self.corpus.holds.records += 1;
        self.corpus.bytes += done.bytes;
        self.corpus.compressed += fs::metadata(&done.path).unwrap().len();
        self.corpus.files.push(done.path);
    }

    fn finish(self, places: &Path) -> Corpus {
        fs::write(places, &self.places).unwrap();
        Corpus { places: places.to_owned(), ..self.corpus }
    }
}
