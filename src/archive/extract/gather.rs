//! What stands in the pieces of inputs, put together: that the pieces meet, what later records mean of earlier ones,
//! and what each input held.

use std::io;
use std::ops::ControlFlow;

use super::capture::{Captured, Fate};
use super::input::Input;
use super::piece::Piece;
use super::revisit::Memory;
use super::scan::{Item, PieceEnd, scan};
use super::tally::{Status, Tally};
use super::{Found, Options};

/// The input whose pieces are being put together.
pub(super) struct Gathering<'a> {
    inputs: &'a [Input],
    options: &'a Options<'a>,
    sink: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
    /// Where the next piece must begin; nowhere when the input was read to its end.
    next: Option<u64>,
    memory: Memory,
    tally: Tally,
    pub(super) tallies: Vec<Tally>,
}

impl<'a> Gathering<'a> {
    pub(super) fn new(
        inputs: &'a [Input],
        options: &'a Options<'a>,
        sink: &'a mut dyn FnMut(Found) -> ControlFlow<()>,
    ) -> Self {
        let (memory, tally, tallies) = (Memory::default(), Tally::default(), Vec::new());
        Self { inputs, options, sink, next: None, memory, tally, tallies }
    }

    /// Takes the next thing of a piece.
    pub(super) fn take(&mut self, piece: &Piece, item: Item) -> ControlFlow<()> {
        let is_end = matches!(item, Item::End(_));
        if piece.is_first && self.tally.input.is_empty() {
            self.begin(piece);
        }
        if self.next == Some(piece.start) {
            self.accept(piece.input, item)?;
        } else if let Some(start) = self.next {
            // The piece was cut where no record begins.
            self.read_rest(Piece { start, end: None, is_first: false, ..*piece })?;
        }
        if is_end && piece.end.is_none() { self.finish() } else { ControlFlow::Continue(()) }
    }

    fn begin(&mut self, piece: &Piece) {
        self.next = Some(piece.start);
        self.memory = Memory::default();
        self.tally = Tally { input: self.inputs[piece.input].to_string(), ..Tally::default() };
    }

    fn read_rest(&mut self, piece: Piece) -> ControlFlow<()> {
        let mut flow = ControlFlow::Continue(());
        scan(&self.inputs[piece.input], piece, self.options, &mut |item| {
            flow = self.accept(piece.input, item);
            flow
        });
        flow
    }

    fn accept(&mut self, input: usize, item: Item) -> ControlFlow<()> {
        match item {
            Item::Page(captured, keys) => {
                self.memory.keep(&captured, keys);
                self.capture(captured)
            }
            Item::Revisit(revisit) => self.capture(self.memory.resolve(revisit)),
            Item::Damage(file, damage) => {
                self.tally.counts.truncated += u64::from(damage.is_cut_short());
                self.tally.defect(Status::Partial, || damage.to_string());
                (self.sink)(Found::Damage { file, damage })
            }
            Item::End(PieceEnd { records, next, error }) => {
                self.tally.counts.records += records;
                self.next = next.filter(|_| error.is_none());
                error.map_or(ControlFlow::Continue(()), |error| self.fail(input, error))
            }
        }
    }

    fn capture(&mut self, captured: Captured) -> ControlFlow<()> {
        self.tally.counts.count(&captured);
        self.tally.is_archive |= captured.is_archived;
        if let Fate::Untimed(untimed) = &captured.fate {
            self.tally.defect(Status::Partial, || format!("offset {}: {untimed}", captured.offset));
        }
        if !captured.is_archived
            && let Some(issue) = captured.reading.issues.iter().find(|issue| issue.is_defect())
        {
            self.tally.defect(Status::Partial, || issue.to_string());
        }
        (self.sink)(Found::Capture(captured))
    }

    fn fail(&mut self, input: usize, error: io::Error) -> ControlFlow<()> {
        self.tally.defect(Status::Failed, || error.to_string());
        (self.sink)(Found::Failed { file: self.inputs[input].name().clone(), error })
    }

    fn finish(&mut self) -> ControlFlow<()> {
        let tally = std::mem::take(&mut self.tally).whole();
        self.tallies.push(tally.clone());
        (self.sink)(Found::End(tally))
    }
}
