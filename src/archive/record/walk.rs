//! Records out of a stretch of decoded bytes: a plain file, or what a gzip member holds. Where the bytes are no record,
//! it says so once and goes on at the next one. Knows no gzip.

use std::ops::ControlFlow;

use super::family::Family;
use super::warc::Length;
use super::window::Window;
use super::{Damage, Event, MAX_BLOCK, digest};

/// The most bytes of a record's head.
const MAX_HEAD: usize = 1024 * 1024;

/// How much is looked at at once while a record is searched.
const STRIDE: usize = 256 * 1024;

/// How far behind a block it is looked whether a record ends there.
const BEHIND: usize = 256;

/// The most bytes of one member that are passed over to find its next record. More are in a bomb, not in an archive.
const MAX_SKIP: u64 = 256 * 1024 * 1024;

type Sink<'s> = &'s mut dyn FnMut(Event<'_>) -> ControlFlow<()>;

/// Where the bytes of a window stand in the file.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// They are the file's own.
    File,
    /// They come out of a gzip member; the first `carried` of them out of an earlier one.
    Member { offset: u64, carried: u64, earlier: u64 },
}

impl Place {
    pub(super) fn of(self, at: u64) -> u64 {
        match self {
            Self::File => at,
            Self::Member { carried, earlier, .. } if at < carried => earlier,
            Self::Member { offset, .. } => offset,
        }
    }
}

/// How a walk ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum End {
    /// All bytes are read, and the last record is whole.
    Whole,
    /// The last record is not whole; its bytes are still in the window.
    Cut,
    /// What follows is a gzip member.
    Gzip,
    /// Too much had to be passed over: a bomb. It was said.
    GivenUp,
    /// The receiver wants no more.
    Stopped,
}

/// A walk over the records of a window.
pub(super) struct Walk<'w, 'a, 's> {
    window: &'w mut Window<'a>,
    place: Place,
    family: &'w mut Option<Family>,
    sink: Sink<'s>,
    /// How many records of this window were handed on.
    given: u64,
    /// Whether records of a damaged member have stated digests.
    has_digests: bool,
}

/// What is at the place that was come to.
enum Step {
    Go,
    Done(End),
}

impl<'w, 'a, 's> Walk<'w, 'a, 's> {
    pub(super) fn new(
        window: &'w mut Window<'a>,
        place: Place,
        family: &'w mut Option<Family>,
        sink: Sink<'s>,
    ) -> Self {
        Self { window, place, family, sink, given: 0, has_digests: false }
    }

    pub(super) fn run(&mut self) -> End {
        loop {
            self.skip_line_ends();
            if let Step::Done(end) = self.step() {
                return end;
            }
        }
    }

    fn skip_line_ends(&mut self) {
        loop {
            let held = self.window.fill(1);
            let length = held.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            self.window.consume(length);
            if length == 0 {
                return;
            }
        }
    }

    fn step(&mut self) -> Step {
        let held = self.window.fill(8);
        if held.is_empty() {
            return Step::Done(End::Whole);
        }
        if held.starts_with(&[0x1f, 0x8b]) {
            return Step::Done(End::Gzip);
        }
        match self.family_here() {
            Some(family) => self.at_record(family),
            None if self.is_cut_begin() => Step::Done(End::Cut),
            None => self.pass_over(0, "no record begins here".to_owned()),
        }
    }

    /// Which kind of record begins here, if any does.
    fn family_here(&mut self) -> Option<Family> {
        let family = Family::of(self.window.held()).or_else(|| {
            if self.window.held().first().is_some_and(u8::is_ascii_alphabetic) {
                self.fill_line();
            }
            Family::of(self.window.held())
        })?;
        Some(*self.family.get_or_insert(family)).filter(|known| *known == family)
    }

    fn fill_line(&mut self) {
        let mut wanted = 4096;
        while memchr::memchr(b'\n', self.window.fill(wanted)).is_none()
            && wanted < super::arc::MAX_LINE
            && self.window.held().len() >= wanted
        {
            wanted *= 2;
        }
    }

    /// The stream ends in what could be the first line of a record.
    fn is_cut_begin(&mut self) -> bool {
        let held = self.window.fill(super::arc::MAX_LINE);
        let is_line = held.len() < super::arc::MAX_LINE && memchr::memchr(b'\n', held).is_none();
        is_line && (b"WARC/".starts_with(&held[..held.len().min(5)]) || *self.family == Some(Family::Arc))
    }

    fn at_record(&mut self, family: Family) -> Step {
        match self.head(family) {
            Head::Whole(head) => match family.length(&self.window.held()[..head]) {
                Length::Stated(length) if length <= MAX_BLOCK => self.stated(family, head, length),
                Length::Stated(length) => self.too_long(family, head, length),
                Length::Unknown => self.unstated(family, head),
            },
            Head::Cut => Step::Done(End::Cut),
            Head::Endless => {
                self.pass_over(1, format!("the head of a record has more than {MAX_HEAD} bytes"))
            }
        }
    }

    fn head(&mut self, family: Family) -> Head {
        let mut wanted = 4096;
        loop {
            let held = self.window.fill(wanted);
            match family.end_of_head(held) {
                Some(end) => return Head::Whole(end),
                None if held.len() < wanted => return Head::Cut,
                None if wanted > MAX_HEAD => return Head::Endless,
                None => wanted = held.len().max(wanted) * 2,
            }
        }
    }

    /// A record of a length that is said: it is believed where a record ends there.
    fn stated(&mut self, family: Family, head: usize, length: u64) -> Step {
        let end = head + usize::try_from(length).unwrap_or(usize::MAX);
        let held = self.window.fill(end.saturating_add(BEHIND));
        if held.len() < end {
            return match family.find(&held[head..]) {
                Some(next) => self.refuted(head + next, length),
                None => Step::Done(End::Cut),
            };
        }
        match family.ending(&held[end..]) {
            Ending::Right => self.give(family, head, end, end),
            Ending::Short(rest) => self.give(family, head, end + rest, end + rest),
            Ending::Wrong => match family.find(&held[head..end]) {
                Some(next) => self.refuted(head + next, length),
                None => self.wrong(family, head, end, length),
            },
        }
    }

    fn refuted(&mut self, next: usize, length: u64) -> Step {
        let offset = self.place.of(self.window.at());
        self.window.consume(next);
        self.say(offset, format!("the record's length of {length} reaches into the next one"))
    }

    /// Behind the block, there is no record: the length is too small.
    fn wrong(&mut self, family: Family, head: usize, end: usize, length: u64) -> Step {
        let offset = self.place.of(self.window.at());
        match self.give(family, head, end, end) {
            Step::Go => self.pass_over_from(
                offset,
                0,
                format!("the record's length of {length} does not reach to its end"),
            ),
            done => done,
        }
    }

    /// A record that does not say how long it is reaches to the next one, or to the end.
    fn unstated(&mut self, family: Family, head: usize) -> Step {
        let offset = self.place.of(self.window.at());
        let Some(next) = self.next_within_cap(family, head) else {
            return self.pass_over(1, "the record states no length, and has no end".to_owned());
        };
        let block = self.window.held()[head..next].trim_ascii_end().len();
        match self.give(family, head, head + block, next) {
            Step::Go => self
                .say(offset, "the record states no length: it is taken to reach to the next one".to_owned()),
            done => done,
        }
    }

    fn next_within_cap(&mut self, family: Family, head: usize) -> Option<usize> {
        let cap = usize::try_from(MAX_BLOCK).unwrap_or(usize::MAX);
        let (mut wanted, mut from) = (head + STRIDE, head);
        loop {
            let held = self.window.fill(wanted);
            if let Some(next) = family.find(&held[from..]) {
                return Some(from + next);
            }
            if held.len() < wanted {
                return Some(held.len());
            }
            from = held.len() - family.overlap(&held[from..]);
            wanted = held.len() * 2;
            if held.len() > cap {
                return None;
            }
        }
    }

    /// A record that is longer than what is kept of one: its beginning is handed on, and its rest is passed over.
    fn too_long(&mut self, family: Family, head: usize, length: u64) -> Step {
        let offset = self.place.of(self.window.at());
        let cap = head + usize::try_from(MAX_BLOCK).unwrap_or(usize::MAX);
        let held = self.window.fill(cap);
        if let Some(next) = family.find(&held[head..held.len().min(cap)]) {
            return self.refuted(head + next, length);
        }
        if held.len() < cap {
            return Step::Done(End::Cut);
        }
        if let Step::Done(end) = self.give(family, head, cap, cap) {
            return Step::Done(end);
        }
        let what = format!("the record has {length} bytes, of which the first {MAX_BLOCK} are read");
        match self.say(offset, what) {
            Step::Go => self.skip_rest(family, length - MAX_BLOCK),
            done => done,
        }
    }

    /// Passes over the rest of a block; or up to a record inside it, since a length of gigabytes is rather wrong.
    fn skip_rest(&mut self, family: Family, mut rest: u64) -> Step {
        let mut limit = self.skip_limit();
        while rest > 0 {
            let held = self.window.fill(STRIDE);
            let here = held.len().min(usize::try_from(rest).unwrap_or(usize::MAX));
            let length = match family.find(&held[..here]) {
                Some(next) => {
                    self.window.consume(next);
                    return Step::Go;
                }
                None if here < held.len() || held.len() < STRIDE => here,
                None => here - family.overlap(&held[..here]),
            };
            if length == 0 {
                return Step::Done(End::Cut);
            }
            if limit < length as u64 {
                return Step::Done(End::GivenUp);
            }
            self.window.consume(length);
            (rest, limit) = (rest - length as u64, limit - length as u64);
        }
        Step::Go
    }

    /// Hands a record on, unless the bytes it came from are known to be damaged and nothing speaks for it.
    fn give(&mut self, family: Family, head: usize, end: usize, next: usize) -> Step {
        let offset = self.place.of(self.window.at());
        let is_doubtful = self.is_doubtful();
        let held = self.window.held();
        let (record, lack) = family.record(offset, &held[..head], &held[head..end]);
        if is_doubtful {
            let agrees = digest::agrees(&record);
            self.has_digests |= agrees.is_some();
            let is_alone = self.given == 0 && Family::of(held[next..].trim_ascii_start()).is_none();
            if is_alone || lack.is_some() || !agrees.unwrap_or(!self.has_digests) {
                self.window.consume(next);
                return Step::Go;
            }
        }
        self.given += 1;
        if (self.sink)(Event::Record(record)).is_break() {
            return Step::Done(End::Stopped);
        }
        self.window.consume(next);
        match lack {
            Some(what) => self.say(offset, what),
            None => Step::Go,
        }
    }

    /// The member these bytes come from is known to be damaged.
    fn is_doubtful(&self) -> bool {
        matches!(self.place, Place::Member { .. }) && self.window.fault().is_some()
    }

    /// Says what is wrong, unless that its member is damaged says it all.
    fn say(&mut self, offset: u64, what: String) -> Step {
        if self.is_doubtful() {
            return Step::Go;
        }
        match (self.sink)(Event::Damage(Damage { offset, what })) {
            ControlFlow::Continue(()) => Step::Go,
            ControlFlow::Break(()) => Step::Done(End::Stopped),
        }
    }

    fn pass_over(&mut self, at_least: usize, what: String) -> Step {
        let offset = self.place.of(self.window.at());
        self.pass_over_from(offset, at_least, what)
    }

    /// Goes to the next record, and says how many bytes are none.
    fn pass_over_from(&mut self, offset: u64, at_least: usize, what: String) -> Step {
        let from = self.window.at();
        self.window.consume(at_least);
        let found = self.search();
        let skipped = self.window.at() - from;
        let more = if found { "" } else { "; so are all that follow in its gzip member" };
        match self.say(offset, format!("{what}: {skipped} bytes are passed over{more}")) {
            Step::Go if found => Step::Go,
            Step::Go => Step::Done(End::GivenUp),
            done => done,
        }
    }

    /// Goes on to the next record, or to the end. False where that is too far.
    fn search(&mut self) -> bool {
        let mut limit = self.skip_limit();
        loop {
            let family = *self.family;
            let held = self.window.fill(STRIDE);
            let is_here = family.is_some() && Family::of(held) == family;
            if let Some(next) = if is_here { Some(0) } else { Family::find_any(family, held) } {
                self.window.consume(next);
                return true;
            }
            let is_last = held.len() < STRIDE;
            let length = if is_last { held.len() } else { held.len() - Family::overlap_any(held) };
            self.window.consume(length);
            if is_last {
                return true;
            }
            limit = limit.saturating_sub(length as u64);
            if limit == 0 {
                return false;
            }
        }
    }

    fn skip_limit(&self) -> u64 {
        if matches!(self.place, Place::File) { u64::MAX } else { MAX_SKIP }
    }
}

/// How much of a head is there.
enum Head {
    Whole(usize),
    Cut,
    Endless,
}

/// What is behind a block of the length that was said.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The end of a record.
    Right,
    /// So many more bytes, and then the end of a record.
    Short(usize),
    /// Something else.
    Wrong,
}
