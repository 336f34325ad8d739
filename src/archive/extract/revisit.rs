//! Notes that a page was the same as one before, and the memory that finds that one again. Only pages that had rows
//! are remembered, and only the last of them: what an archive holds is not bounded, what is remembered is.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::domain::{Digest, Timestamp};
use crate::parse::{self, Reading};

use super::super::record::Record;
use super::capture::{Captured, Fate};
use super::time::{TimeRule, Untimed};

/// The most pages that are remembered: of texts of half a kilobyte, some megabytes.
const MAX_REMEMBERED: usize = 10_000;

/// What a record may be called by: its number, its address with its date, and the digest of what it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(Vec<Key>);

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    Id(Box<str>),
    Address(Box<str>, Box<str>),
    Digest(Box<str>),
}

impl Keys {
    /// What a page is called.
    pub(super) fn of(record: &Record<'_>) -> Self {
        Self::named(record, "WARC-Record-ID", "WARC-Target-URI", "WARC-Date")
    }

    /// What a revisit calls its page, the surest first.
    fn meant(record: &Record<'_>) -> Self {
        Self::named(record, "WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
    }

    fn named(record: &Record<'_>, id: &str, url: &str, date: &str) -> Self {
        let field = |name| record.fields.get(name);
        let bare = |text: &str| Box::from(text.trim_start_matches('<').trim_end_matches('>'));
        let address = field(url).zip(field(date)).map(|(url, date)| Key::Address(bare(url), Box::from(date)));
        let digest = field("WARC-Payload-Digest").map(|digest| Key::Digest(Box::from(digest)));
        Self(field(id).map(|id| Key::Id(bare(id))).into_iter().chain(address).chain(digest).collect())
    }
}

/// A note that a page was the same as another.
#[derive(Debug)]
pub(super) struct Revisit {
    file: Arc<str>,
    offset: u64,
    url: Option<String>,
    time: Result<Timestamp, Untimed>,
    meant: Keys,
}

impl Revisit {
    pub(super) fn of(file: &Arc<str>, record: &Record<'_>, rule: TimeRule) -> Self {
        let (url, time) = (record.url.as_deref().map(str::to_owned), rule.of(record));
        Self { file: file.clone(), offset: record.offset, url, time, meant: Keys::meant(record) }
    }
}

/// The last pages of an input that had rows.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The places of pages in the order of remembering, counted from the first ever.
    places: HashMap<Key, u64>,
    kept: VecDeque<(Keys, String)>,
    forgotten: u64,
}

impl Memory {
    /// Remembers a page if it had rows.
    pub(super) fn keep(&mut self, captured: &Captured, keys: Keys) {
        let has_rows = matches!(captured.fate, Fate::Read | Fate::Untimed(_));
        let Some(block) = captured.reading.block.as_ref().filter(|_| has_rows) else { return };
        if self.kept.len() == MAX_REMEMBERED {
            self.forget();
        }
        let place = self.forgotten + self.kept.len() as u64;
        self.places.extend(keys.0.iter().map(|key| (key.clone(), place)));
        self.kept.push_back((keys, block.clone()));
    }

    fn forget(&mut self) {
        let Some((keys, _)) = self.kept.pop_front() else { return };
        for key in keys.0 {
            // A later page may be called the same.
            if self.places.get(&key) == Some(&self.forgotten) {
                self.places.remove(&key);
            }
        }
        self.forgotten += 1;
    }

    fn find(&self, keys: &Keys) -> Option<&str> {
        let place = keys.0.iter().find_map(|key| self.places.get(key))?;
        let (_, block) = self.kept.get(usize::try_from(place - self.forgotten).ok()?)?;
        Some(block)
    }

    /// What a revisit says: what its page said, at its own time.
    pub(super) fn resolve(&self, revisit: Revisit) -> Captured {
        let block = self.find(&revisit.meant);
        let fate = match (block, &revisit.time) {
            (None, _) => Fate::Unresolved,
            (Some(_), Err(untimed)) => Fate::Untimed(untimed.clone()),
            (Some(_), Ok(_)) => Fate::Read,
        };
        Captured {
            file: revisit.file,
            offset: revisit.offset,
            is_archived: true,
            url: revisit.url,
            captured_at: revisit.time.ok(),
            fate,
            reading: block.map_or_else(Reading::default, parse::reread),
            digest: block.map(|block| Digest::of(block.as_bytes())),
            is_truncated: false,
        }
    }
}
