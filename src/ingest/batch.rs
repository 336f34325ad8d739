//! Many captures of one source, brought in together: in order of time whatever order they came in, each distinct text
//! read and stored once, each run written once however many captures confirm it. The rows are those that `ingest`
//! makes of the same captures one by one; only the way there is shorter.

use std::collections::HashMap;
use std::rc::Rc;

use chrono::NaiveDate;

use crate::domain::{Digest, Origin, Timestamp};
use crate::parse::{Issue, Reading};
use crate::store::{NewCapture, Sighting, StoreError, Tables};

use super::book::Book;
use super::claim::{Kept, Names};
use super::{Fate, Source};

/// What is counted for a text beside its own bytes and what is kept of its quotes: its place among the texts and in
/// the map of their names, both as roomy as half empty ones, and what the allocator adds.
const TEXT_BYTES: usize = 2 * (size_of::<Text>() + size_of::<(Digest, usize)>()) + 64;

/// What became of captures.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recorded {
    /// Captures that were brought in.
    pub captures: usize,
    /// Those of them that were recorded for their moment before.
    pub repeats: usize,
    /// Rows that began a run.
    pub stored: usize,
    /// Rows that confirmed what was known.
    pub unchanged: usize,
    /// Rows that wait for a decision.
    pub held: usize,
    /// Labels that were recorded for the first time, and those that found no room.
    pub issues: Vec<Issue>,
}

impl Recorded {
    /// Adds what became of others.
    pub fn add(&mut self, other: Self) {
        self.captures += other.captures;
        self.repeats += other.repeats;
        self.stored += other.stored;
        self.unchanged += other.unchanged;
        self.held += other.held;
        self.issues.extend(other.issues);
    }

    fn count(&mut self, fate: Fate) {
        match fate {
            Fate::Stored => self.stored += 1,
            Fate::Unchanged => self.unchanged += 1,
            Fate::Held => self.held += 1,
        }
    }
}

/// A capture that was read: where its page stood, and when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// The address, or the file.
    pub url: String,
    /// When the crawler saw it.
    pub captured_at: Timestamp,
    /// What the page said.
    pub reading: Reading,
}

/// Captures that wait to be brought in.
#[derive(Debug, Default)]
pub struct Batch {
    texts: Vec<Text>,
    by_digest: HashMap<Digest, usize>,
    names: Names,
    /// In order of time once they are being brought in; those before `done` are.
    sightings: Vec<(Timestamp, usize)>,
    done: usize,
    is_sorted: bool,
    bytes: usize,
}

/// A distinct text, and its first sighting in the batch.
#[derive(Debug)]
struct Text {
    block: Box<str>,
    digest: Digest,
    page_date: Option<NaiveDate>,
    says: Rc<[Kept]>,
    seen_at: Timestamp,
    url: String,
    /// Its key, once it is stored.
    capture: Option<i64>,
}

impl Batch {
    /// Takes a capture; one without any row has nothing to record and is given back as `false`.
    pub fn take(&mut self, captured: Captured) -> bool {
        let Captured { url, captured_at, reading } = captured;
        let Some(block) = reading.block.filter(|_| !reading.quotes.is_empty()) else { return false };
        let text = match self.known(&block) {
            Ok(known) => {
                let text = &mut self.texts[known];
                if (captured_at, &url) < (text.seen_at, &text.url) {
                    (text.seen_at, text.url) = (captured_at, url);
                }
                known
            }
            Err(digest) => {
                let (page_date, says) = (reading.page_date, self.names.keep(reading.quotes));
                self.bytes += block.len() + url.len() + TEXT_BYTES + size_of_val(&*says);
                self.by_digest.insert(digest, self.texts.len());
                self.texts.push(Text {
                    block: block.into(),
                    digest,
                    page_date,
                    says,
                    seen_at: captured_at,
                    url,
                    capture: None,
                });
                self.texts.len() - 1
            }
        };
        self.is_sorted = false;
        self.sightings.push((captured_at, text));
        self.bytes += size_of::<(Timestamp, usize)>();
        true
    }

    /// Which text it is; the name of one that is new.
    fn known(&self, block: &str) -> Result<usize, Digest> {
        // Captures in order of time mostly show the text of the one before.
        let last = self.sightings.last().map(|(_, text)| *text);
        if let Some(last) = last.filter(|last| *self.texts[*last].block == *block) {
            return Ok(last);
        }
        let digest = Digest::of(block.as_bytes());
        self.by_digest.get(&digest).copied().ok_or(digest)
    }

    /// About how much memory it takes.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    /// Whether all of it is brought in.
    #[must_use]
    pub fn is_done(&self) -> bool {
        self.done == self.sightings.len()
    }

    /// Brings captures in, in order of time, for as long as `goes_on` says. To be run inside a transaction, and again
    /// in another one until it is done; when a transaction fails, what it did is lost. When no other batch is to come,
    /// `roll_up` finishes it.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn record(
        &mut self,
        tables: Tables<'_>,
        source: &Source,
        goes_on: &mut dyn FnMut() -> bool,
    ) -> Result<Recorded, StoreError> {
        if !self.is_sorted {
            self.sightings[self.done..].sort_unstable_by_key(|(at, text)| (*at, self.texts[*text].digest));
            self.is_sorted = true;
        }
        let stored = tables.put_source(&source.name, &source.url)?;
        let indicators = tables.indicators_of(stored.id)?;
        let mut book = Book::open(tables, source, stored, indicators)?;
        let mut recorded = Recorded::default();
        while let Some(&(seen_at, text)) = self.sightings.get(self.done) {
            record_one(&mut book, &mut self.texts[text], seen_at, &mut recorded)?;
            self.done += 1;
            if !goes_on() {
                break;
            }
        }
        // The next ones may come from any time: it is rolled up when all are in.
        book.close(0)?;
        Ok(recorded)
    }
}

fn record_one(
    book: &mut Book<'_>,
    text: &mut Text,
    seen_at: Timestamp,
    recorded: &mut Recorded,
) -> Result<(), StoreError> {
    let capture = match text.capture {
        Some(known) => known,
        None => store_text(book, text, recorded)?,
    };
    let seen = Sighting { seen_at, capture };
    recorded.captures += 1;
    recorded.repeats += usize::from(!book.see(seen, text.digest)?);
    for fate in book.record(text.says.iter().map(Kept::claim), seen)? {
        recorded.count(fate);
    }
    Ok(())
}

/// Stores a text of the batch, unless it is there, with the indicators that it shows. Gives its key.
fn store_text(book: &mut Book<'_>, text: &mut Text, recorded: &mut Recorded) -> Result<i64, StoreError> {
    let (admitted, issues) = book.admit(&text.says)?;
    text.says = admitted;
    recorded.issues.extend(issues);
    let new = NewCapture {
        url: &text.url,
        captured_at: text.seen_at,
        origin: Origin::Archive,
        page_date: text.page_date,
        block: &text.block,
    };
    let capture = book.sightings.tables.put_capture(book.sightings.source.id, &new)?;
    book.sightings.readings.learn(capture, text.says.clone());
    text.capture = Some(capture);
    Ok(capture)
}
