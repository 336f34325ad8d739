//! Notes that a page was the same as one before, and the memory that finds that one again. Of a page that had no rows
//! only that is remembered, and of all pages only the last: what an archive holds is not bounded, what is remembered is.

use std::collections::{HashMap, VecDeque};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use crate::domain::{Digest, Timestamp};
use crate::parse::{self, Reading};

use super::super::record::Record;
use super::capture::{Captured, Fate};
use super::time::{TimeRule, Untimed};

/// The most bytes that are remembered of pages: some 10,000 with rows, or 60,000 without.
const MAX_REMEMBERED: usize = 8 << 20;
/// What a page takes beside its block.
const PAGE_BYTES: usize = 128;

/// What a record may be called by, the surest first: its number, its address with its date, and the digest of what it
/// holds. Only their hashes are kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Keys(Vec<u64>);

impl Keys {
    /// What a page is called.
    pub(super) fn of(record: &Record<'_>) -> Self {
        Self::named(record, "WARC-Record-ID", "WARC-Target-URI", "WARC-Date")
    }

    /// What a revisit calls its page.
    fn meant(record: &Record<'_>) -> Self {
        Self::named(record, "WARC-Refers-To", "WARC-Refers-To-Target-URI", "WARC-Refers-To-Date")
    }

    fn named(record: &Record<'_>, id: &str, url: &str, date: &str) -> Self {
        let field = |name| record.fields.get(name).map(|text| text.trim_matches(['<', '>']));
        let address = field(url).zip(field(date)).map(|address| hash(&address));
        let keys = [field(id).map(|id| hash(&id)), address, field("WARC-Payload-Digest").map(|it| hash(&it))];
        Self(keys.into_iter().flatten().collect())
    }
}

/// The same for the same text in every run of the program.
fn hash(text: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish()
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

/// The last pages of an input.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// The places of pages in the order of remembering, counted from the first ever.
    places: HashMap<u64, u64>,
    pages: VecDeque<(Keys, Known)>,
    forgotten: u64,
    bytes: usize,
}

/// What is known of a page.
#[derive(Debug)]
enum Known {
    Block(Box<str>),
    NoBlock,
    Unparsed,
}

impl Known {
    fn of(captured: &Captured) -> Self {
        match (&captured.reading.block, &captured.fate) {
            (Some(block), Fate::Read | Fate::Untimed(_)) => Self::Block(block.as_str().into()),
            (_, Fate::Unparsed) => Self::Unparsed,
            _ => Self::NoBlock,
        }
    }

    fn bytes(&self) -> usize {
        PAGE_BYTES + if let Self::Block(block) = self { block.len() } else { 0 }
    }
}

impl Memory {
    /// Remembers a page.
    pub(super) fn keep(&mut self, captured: &Captured, keys: Keys) {
        let place = self.forgotten + self.pages.len() as u64;
        self.places.extend(keys.0.iter().map(|key| (*key, place)));
        let known = Known::of(captured);
        self.bytes += known.bytes();
        self.pages.push_back((keys, known));
        while self.bytes > MAX_REMEMBERED {
            self.forget();
        }
    }

    fn forget(&mut self) {
        let Some((keys, known)) = self.pages.pop_front() else { return };
        self.bytes -= known.bytes();
        for key in keys.0 {
            // A later page may be called the same.
            if self.places.get(&key) == Some(&self.forgotten) {
                self.places.remove(&key);
            }
        }
        self.forgotten += 1;
    }

    fn find(&self, keys: &Keys) -> Option<&Known> {
        let place = keys.0.iter().find_map(|key| self.places.get(key))?;
        self.pages.get(usize::try_from(place - self.forgotten).ok()?).map(|(_, known)| known)
    }

    /// What a revisit says: what its page said, at its own time.
    pub(super) fn resolve(&self, revisit: Revisit) -> Captured {
        let known = self.find(&revisit.meant);
        let fate = match (known, &revisit.time) {
            (None, _) => Fate::Unresolved,
            (Some(Known::NoBlock), _) => Fate::NoBlock,
            (Some(Known::Unparsed), _) => Fate::Unparsed,
            (Some(Known::Block(_)), Err(untimed)) => Fate::Untimed(untimed.clone()),
            (Some(Known::Block(_)), Ok(_)) => Fate::Read,
        };
        let block = if let Some(Known::Block(block)) = known { Some(block) } else { None };
        Captured {
            file: revisit.file,
            offset: revisit.offset,
            is_archived: true,
            url: revisit.url,
            captured_at: revisit.time.ok(),
            fate,
            reading: block.map_or_else(Reading::default, |block| parse::reread(block)),
            digest: block.map(|block| Digest::of(block.as_bytes())),
            is_truncated: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::record::{Fields, Kind};
    use super::super::look::saved;
    use super::*;
    use crate::parse::Layout;

    fn record(head: &str) -> Record<'_> {
        let fields = Fields::read(head.as_bytes()).0;
        Record {
            offset: 7,
            kind: Kind::Revisit,
            url: None,
            date: Some(Timestamp::UNIX_EPOCH),
            fields,
            block: b"",
        }
    }

    fn page(text: &str) -> Captured {
        saved(&"a".into(), text.as_bytes(), &Layout::Kontan)
    }

    fn fate(memory: &Memory, head: &str) -> (Fate, usize) {
        let captured = memory.resolve(Revisit::of(&"a".into(), &record(head), TimeRule::Auto));
        let rows = captured.rows();
        (captured.fate, rows)
    }

    #[test]
    fn a_page_is_found_by_its_number_or_its_address_and_date_or_what_it_holds() {
        let mut memory = Memory::default();
        let head = "WARC-Record-ID: <urn:1>\nWARC-Target-URI: <http://a/>\nWARC-Date: 2024\nWARC-Payload-Digest: sha1:X\n";
        memory.keep(&page("| INDIKATOR | LQ45 919,20 -16,32 -1.74%"), Keys::of(&record(head)));
        memory.keep(&page("text"), Keys::of(&record("WARC-Record-ID: <urn:2>\n")));
        memory.keep(&page("an INDIKATOR"), Keys::of(&record("WARC-Record-ID: <urn:3>\n")));
        for (head, expected) in [
            ("WARC-Refers-To: <urn:1>\n", (Fate::Read, 1)),
            ("WARC-Refers-To: urn:0\nWARC-Payload-Digest: sha1:X\n", (Fate::Read, 1)),
            ("WARC-Refers-To-Target-URI: http://a/\nWARC-Refers-To-Date: 2024\n", (Fate::Read, 1)),
            ("WARC-Refers-To-Target-URI: http://a/\nWARC-Refers-To-Date: 2025\n", (Fate::Unresolved, 0)),
            ("WARC-Refers-To: <urn:2>\n", (Fate::NoBlock, 0)),
            ("WARC-Refers-To: <urn:3>\n", (Fate::Unparsed, 0)),
            ("WARC-Refers-To: <urn:4>\n", (Fate::Unresolved, 0)),
            ("", (Fate::Unresolved, 0)),
        ] {
            assert_eq!(fate(&memory, head), expected, "{head}");
        }
    }

    #[test]
    fn what_is_remembered_is_bounded_and_the_last_stay() {
        let mut memory = Memory::default();
        let captured = page("text");
        let ids: Vec<String> = (0..100_000).map(|id| format!("WARC-Record-ID: <urn:{id}>\n")).collect();
        ids.iter().for_each(|id| memory.keep(&captured, Keys::of(&record(id))));
        assert_eq!((memory.pages.len(), memory.places.len()), (65_536, 65_536));
        assert_eq!(fate(&memory, "WARC-Refers-To: <urn:99999>\n").0, Fate::NoBlock);
        assert_eq!(fate(&memory, "WARC-Refers-To: <urn:0>\n").0, Fate::Unresolved);
    }
}
