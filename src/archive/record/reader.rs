//! The file as a whole: gzip members one after the other, or plain records, and what to do where there is neither. Every
//! loss is said once, with its place; behind it, reading goes on at the next member or record that is one.

use std::io::{self, Read};
use std::ops::ControlFlow;

use flate2::bufread::GzDecoder;

use super::family::Family;
use super::member::{self, Members};
use super::walk::{End, Place, Walk};
use super::window::Window;
use super::{Damage, Event, MAX_BLOCK};

/// How many consumed bytes are kept, to look again behind the beginning of a damaged member.
const KEEP: usize = 1024 * 1024;

/// How much is looked at at once while a member is searched.
const STRIDE: usize = 128 * 1024;

/// How deep gzip may lie in gzip.
pub(super) const MAX_DEPTH: u8 = 3;

/// Zeros behind the last member are padding, up to this many; more are a file that was never filled.
const MAX_PADDING: u64 = 64 * 1024;

/// Decoding what turns out to be damaged may cost so many bytes, and so many times the bytes of the file: behind that,
/// the search for the next member no longer begins inside the damaged one. Keeps time linear, whatever the file holds.
const WASTE: (u64, u64) = (64 * 1024 * 1024, 16);

/// How the members of a file are told from its plain records, once one was seen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Plain,
    Members,
}

/// A record that the end of a member cut: it may go on in the next one.
struct Carry {
    offset: u64,
    bytes: Vec<u8>,
}

type Sink<'s> = &'s mut dyn FnMut(Event<'_>) -> ControlFlow<()>;

pub(super) struct Reader<'s> {
    sink: Sink<'s>,
    members: Members,
    family: Option<Family>,
    mode: Option<Mode>,
    carry: Option<Carry>,
    /// The place of everything, where this reads what a member of another file holds.
    inside: Option<u64>,
    depth: u8,
    wasted: u64,
}

impl<'s> Reader<'s> {
    pub(super) fn new(sink: Sink<'s>) -> Self {
        Self {
            sink,
            members: Members::new(),
            family: None,
            mode: None,
            carry: None,
            inside: None,
            depth: 0,
            wasted: 0,
        }
    }

    pub(super) fn read(&mut self, input: impl Read, start: u64) -> io::Result<ControlFlow<()>> {
        let mut raw = Window::new(input, start, KEEP, Vec::new());
        let flow = self.file(&mut raw);
        match raw.take_fault() {
            Some(error) if flow.is_continue() => Err(error),
            _ => Ok(flow),
        }
    }

    fn file(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        while !raw.fill(64).is_empty() {
            self.next(raw)?;
        }
        if raw.fault().is_some() {
            return ControlFlow::Continue(());
        }
        self.drop_carry(Damage::ENDS_IN_RECORD)
    }

    fn next(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        let held = raw.held();
        if member::begins(held) {
            return self.member(raw);
        }
        if is_zstd(held) && self.mode.is_none() {
            let offset = raw.at();
            while !raw.fill(STRIDE).is_empty() {
                raw.consume(STRIDE);
            }
            return self.say(
                offset,
                "the file is compressed by zstd, which is not read: decompress it first".to_owned(),
            );
        }
        if self.mode != Some(Mode::Members) && is_plain(raw) {
            return self.plain(raw);
        }
        self.neither(raw)
    }

    fn say(&mut self, offset: u64, what: String) -> ControlFlow<()> {
        let offset = self.inside.unwrap_or(offset);
        (self.sink)(Event::Damage(Damage { offset, what }))
    }

    /// Says that a carried record does not go on.
    fn drop_carry(&mut self, what: &str) -> ControlFlow<()> {
        match self.carry.take() {
            Some(carry) => self.say(carry.offset, what.to_owned()),
            None => ControlFlow::Continue(()),
        }
    }

    fn place(&self, place: Place) -> Place {
        match self.inside {
            Some(offset) => Place::Member { offset, carried: 0, earlier: offset },
            None => place,
        }
    }

    fn plain(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        self.mode = Some(Mode::Plain);
        let place = self.place(Place::File);
        let end = Walk::new(raw, place, &mut self.family, self.sink).run();
        match end {
            End::Stopped => ControlFlow::Break(()),
            End::Cut if raw.fault().is_none() => {
                let offset = raw.at();
                raw.consume(usize::MAX);
                self.say(offset, Damage::ENDS_IN_RECORD.to_owned())
            }
            End::GivenUp | End::Cut => {
                raw.consume(usize::MAX);
                ControlFlow::Continue(())
            }
            End::Whole => ControlFlow::Continue(()),
            // A plain record is followed by a member.
            End::Gzip if member::begins(raw.held()) => self.member(raw),
            End::Gzip => self.neither(raw),
        }
    }

    fn member(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        self.mode = Some(Mode::Members);
        match self.members.whole(raw) {
            Some(whole) => {
                let offset = raw.at();
                raw.consume(whole.taken);
                let mut window = Window::whole(self.members.take_buffer(), whole.length);
                let outcome = self.content(&mut window, offset);
                self.members.give_back(window.into_buffer());
                outcome.map_continue(|_| ())
            }
            None => self.streamed(raw),
        }
    }

    fn streamed(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        let offset = raw.at();
        let mut decoded = Window::new(GzDecoder::new(&mut *raw), 0, 0, Vec::new());
        // What is wrong with it is known before its records are handed on, where it is not too long for that.
        decoded.fill(member::MAX_DECODED);
        let end = self.content(&mut decoded, offset);
        let (fault, cost) = (decoded.take_fault(), decoded.at());
        drop(decoded);
        let end = end?;
        if raw.fault().is_some() && raw.held().is_empty() {
            return ControlFlow::Continue(());
        }
        match fault {
            Some(fault) => self.damaged(raw, offset, &fault, cost),
            None if end == End::GivenUp => self.after(raw),
            None => ControlFlow::Continue(()),
        }
    }

    /// What a member holds: records, the rest of one, or a file of its own. Where its bytes end early, its fault stays
    /// in the window.
    fn content(&mut self, window: &mut Window<'_>, offset: u64) -> ControlFlow<(), End> {
        let held = window.fill(64);
        if held.is_empty() {
            return ControlFlow::Continue(End::Whole);
        }
        let goes_on = Family::of(held).is_none() && !member::begins(held);
        let place = match self.carry.take() {
            Some(carry) if goes_on => {
                let (carried, earlier) = (carry.bytes.len() as u64, carry.offset);
                window.prepend(carry.bytes);
                Place::Member { offset, carried, earlier }
            }
            Some(carry) => {
                self.say(
                    carry.offset,
                    "the record ends early: its gzip member holds less than its length says".to_owned(),
                )?;
                Place::Member { offset, carried: 0, earlier: offset }
            }
            None => Place::Member { offset, carried: 0, earlier: offset },
        };
        if member::begins(window.held()) {
            return self.nested(window, offset);
        }
        let place = self.place(place);
        match Walk::new(window, place, &mut self.family, self.sink).run() {
            End::Stopped => ControlFlow::Break(()),
            End::Cut if window.fault().is_none() => self.carry_on(window, place.of(window.at())),
            End::Gzip => self.nested(window, offset),
            end => ControlFlow::Continue(end),
        }
    }

    fn carry_on(&mut self, window: &mut Window<'_>, offset: u64) -> ControlFlow<(), End> {
        if window.held().len() as u64 > 2 * MAX_BLOCK {
            self.say(offset, "the record goes on over too many gzip members".to_owned())?;
            return ControlFlow::Continue(End::Whole);
        }
        self.carry = Some(Carry { offset, bytes: window.held().to_vec() });
        ControlFlow::Continue(End::Cut)
    }

    /// Gzip in gzip: a file of its own, all of it at the place of the member that holds it.
    fn nested(&mut self, window: &mut Window<'_>, offset: u64) -> ControlFlow<(), End> {
        if self.depth + 1 >= MAX_DEPTH {
            self.say(offset, format!("gzip lies in gzip more than {MAX_DEPTH} times"))?;
            return ControlFlow::Continue(End::GivenUp);
        }
        let mut inner = Reader::new(self.sink);
        inner.depth = self.depth + 1;
        inner.inside = Some(self.inside.unwrap_or(offset));
        inner.file(window)?;
        ControlFlow::Continue(End::Whole)
    }

    /// A member that cannot be decoded to its end.
    fn damaged(
        &mut self,
        raw: &mut Window<'_>,
        offset: u64,
        fault: &io::Error,
        cost: u64,
    ) -> ControlFlow<()> {
        let what = if fault.kind() == io::ErrorKind::UnexpectedEof {
            Damage::ENDS_IN_MEMBER.to_owned()
        } else {
            format!("the gzip member is damaged ({fault})")
        };
        self.carry = None;
        self.wasted += cost + (raw.at() - offset);
        let reached = raw.at();
        if self.wasted <= WASTE.0 + WASTE.1 * reached {
            raw.rewind(offset + 1);
        }
        self.search(raw);
        self.say(offset, what)
    }

    /// Goes on behind a member that was given up in its middle.
    fn after(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        self.search(raw);
        ControlFlow::Continue(())
    }

    /// Neither a member nor a record begins here.
    fn neither(&mut self, raw: &mut Window<'_>) -> ControlFlow<()> {
        let offset = raw.at();
        let is_padding = self.skip_padding(raw);
        if is_padding {
            return ControlFlow::Continue(());
        }
        self.drop_carry("the record ends early")?;
        raw.rewind(offset);
        self.search(raw);
        if raw.fault().is_some() && raw.held().is_empty() {
            return ControlFlow::Continue(());
        }
        let skipped = raw.at() - offset;
        self.say(offset, format!("no record begins here: {skipped} bytes are passed over"))
    }

    /// Passes over line ends, and over the zeros that pad a file at its end.
    fn skip_padding(&mut self, raw: &mut Window<'_>) -> bool {
        let offset = raw.at();
        let is_padding = |byte: &&u8| matches!(byte, 0 | b'\r' | b'\n');
        let limit = usize::try_from(MAX_PADDING).unwrap_or(usize::MAX);
        let held = raw.fill(limit + 64);
        let length = held.iter().take_while(is_padding).count();
        let is_all =
            length > 0 && length <= limit && (length == held.len() || member::begins(&held[length..]));
        raw.consume(if is_all { length } else { 0 });
        raw.at() > offset
    }

    /// Goes on to the next member or plain record, or to the end.
    fn search(&mut self, raw: &mut Window<'_>) {
        loop {
            let (mode, family) = (self.mode, self.family);
            let held = raw.fill(STRIDE);
            let member = (mode != Some(Mode::Plain)).then(|| member::find(held)).flatten();
            let record = (mode != Some(Mode::Members)).then(|| Family::find_any(family, held)).flatten();
            let is_last = held.len() < STRIDE;
            let keep = if mode == Some(Mode::Members) { 3 } else { Family::overlap_any(held) };
            let pass = if is_last { held.len() } else { held.len() - keep };
            match (member, record) {
                (Some(member), record) if record.is_none_or(|record| member < record) => {
                    raw.consume(member);
                    if self.is_member(raw) {
                        return;
                    }
                    raw.consume(1);
                }
                (_, Some(record)) => return raw.consume(record),
                _ => raw.consume(pass),
            }
            if is_last && raw.held().is_empty() {
                return;
            }
        }
    }

    /// Whether what looks like a member holds a record, or is whole.
    fn is_member(&mut self, raw: &mut Window<'_>) -> bool {
        let prefix = member::prefix(raw.fill(STRIDE));
        self.wasted += prefix.len() as u64;
        let begin = prefix.trim_ascii_start();
        if Family::of(begin).is_some() || member::begins(begin) {
            return true;
        }
        let may_look = self.wasted <= WASTE.0 + WASTE.1 * raw.at();
        may_look && !prefix.is_empty() && self.is_whole(raw)
    }

    fn is_whole(&mut self, raw: &mut Window<'_>) -> bool {
        let whole = self.members.whole(raw);
        self.wasted += whole.as_ref().map_or(STRIDE, |whole| whole.taken) as u64;
        whole.is_some()
    }
}

/// What Zstandard compressed begins here, or the frame before it that holds its dictionary.
pub(super) fn is_zstd(bytes: &[u8]) -> bool {
    bytes.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) || bytes.starts_with(&[0x5d, 0x2a, 0x4d, 0x18])
}

/// A plain record begins here.
fn is_plain(raw: &mut Window<'_>) -> bool {
    let held = raw.fill(super::arc::MAX_LINE);
    let begin = held.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(0);
    Family::of(&held[begin..]).is_some()
}
