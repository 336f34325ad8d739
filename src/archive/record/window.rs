//! Bytes of a stream, held in one buffer for as long as somebody looks at them. Knows nothing of what they mean.

use std::io::{self, BufRead, Read};

/// How much is asked of the input at least.
const STEP: usize = 256 * 1024;

/// A stretch of a stream: what was read and not yet consumed, and a little of what was.
pub(super) struct Window<'a> {
    input: Box<dyn Read + 'a>,
    buffer: Vec<u8>,
    /// The first byte that is not consumed.
    begin: usize,
    /// Behind the last byte that was read.
    end: usize,
    /// Where `begin` stands in the stream.
    at: u64,
    /// How many consumed bytes stay, to go back to.
    keep: usize,
    is_ended: bool,
    fault: Option<io::Error>,
}

impl<'a> Window<'a> {
    /// Over a stream, whose first byte stands at `at`. At least `keep` consumed bytes can be gone back to.
    pub(super) fn new(input: impl Read + 'a, at: u64, keep: usize, buffer: Vec<u8>) -> Self {
        Self { input: Box::new(input), buffer, begin: 0, end: 0, at, keep, is_ended: false, fault: None }
    }

    /// Over the first `length` bytes of a buffer, which are all there is.
    pub(super) fn whole(buffer: Vec<u8>, length: usize) -> Self {
        let end = length.min(buffer.len());
        Self {
            input: Box::new(io::empty()),
            buffer,
            begin: 0,
            end,
            at: 0,
            keep: 0,
            is_ended: true,
            fault: None,
        }
    }

    /// The buffer, to be used again.
    pub(super) fn into_buffer(self) -> Vec<u8> {
        self.buffer
    }

    /// Where the first byte that is not consumed stands in the stream.
    pub(super) fn at(&self) -> u64 {
        self.at
    }

    /// What was read and not yet consumed.
    pub(super) fn held(&self) -> &[u8] {
        &self.buffer[self.begin..self.end]
    }

    /// Why the stream ended early, where it did.
    pub(super) fn fault(&self) -> Option<&io::Error> {
        self.fault.as_ref()
    }

    /// Takes that reason out.
    pub(super) fn take_fault(&mut self) -> Option<io::Error> {
        self.fault.take()
    }

    /// Reads until so many bytes are held. Fewer are there only where the stream ends.
    pub(super) fn fill(&mut self, wanted: usize) -> &[u8] {
        while self.held().len() < wanted && !self.is_ended {
            self.read_more(wanted);
        }
        self.held()
    }

    /// Goes on by so many of the bytes that are held.
    pub(super) fn consume(&mut self, length: usize) {
        let length = length.min(self.held().len());
        self.begin += length;
        self.at += length as u64;
    }

    /// Goes back to a place, or as near to it as the kept bytes reach.
    pub(super) fn rewind(&mut self, to: u64) {
        let back = usize::try_from(self.at.saturating_sub(to)).unwrap_or(usize::MAX).min(self.begin);
        self.begin -= back;
        self.at -= back as u64;
    }

    /// Puts bytes before those that are held.
    pub(super) fn prepend(&mut self, mut bytes: Vec<u8>) {
        bytes.extend_from_slice(self.held());
        (self.begin, self.end) = (0, bytes.len());
        self.buffer = bytes;
    }

    fn read_more(&mut self, wanted: usize) {
        if self.end == self.buffer.len() {
            self.make_room(wanted);
        }
        match self.input.read(&mut self.buffer[self.end..]) {
            Ok(0) => self.is_ended = true,
            Ok(length) => self.end += length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => (self.is_ended, self.fault) = (true, Some(error)),
        }
    }

    /// Drops what is not needed where that is at least half of the buffer, so that each byte moves once or so;
    /// grows it otherwise, never to more than what is wanted and a step.
    fn make_room(&mut self, wanted: usize) {
        let from = self.begin.saturating_sub(self.keep);
        if from > 0 && from >= self.buffer.len() / 2 {
            self.buffer.copy_within(from..self.end, 0);
            (self.begin, self.end) = (self.begin - from, self.end - from);
            return;
        }
        let needed = self.begin.saturating_add(wanted).saturating_add(STEP);
        let length = (self.buffer.len() * 2).min(needed).max(self.buffer.len() + STEP);
        self.buffer.resize(length, 0);
    }
}

impl Read for Window<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(buffer)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Window<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.fill(1);
        match &self.fault {
            Some(error) if self.held().is_empty() => Err(io::Error::new(error.kind(), error.to_string())),
            _ => Ok(self.held()),
        }
    }

    fn consume(&mut self, length: usize) {
        Window::consume(self, length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_held_until_they_are_consumed_and_can_be_gone_back_to() {
        let bytes: Vec<u8> = (0..2_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let mut window = Window::new(&bytes[..], 10, 1000, Vec::new());
        let mut at = 0;
        while !window.fill(70_000).is_empty() {
            let length = window.held().len().min(70_000);
            assert_eq!(window.held()[..length], bytes[at..at + length]);
            assert_eq!(window.at(), 10 + at as u64);
            window.consume(length);
            at += length;
            window.rewind(window.at() - 1000);
            assert_eq!(window.held()[0], bytes[at - 1000]);
            window.consume(1000);
        }
        assert_eq!(at, bytes.len());
        assert!(window.into_buffer().len() <= 2 * STEP);
    }

    #[test]
    fn a_huge_wish_takes_no_more_memory_than_there_are_bytes() {
        let mut window = Window::new(&[7; 100][..], 0, 0, Vec::new());
        assert_eq!(window.fill(usize::MAX).len(), 100);
        assert_eq!(window.into_buffer().len(), STEP);
    }

    #[test]
    fn a_stream_that_breaks_gives_what_was_read_before_and_its_reason() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("the disk is gone"))
            }
        }
        let mut window = Window::new((&b"abc"[..]).chain(Broken), 0, 0, Vec::new());
        assert_eq!(window.fill(10), b"abc");
        assert_eq!(window.fault().map(ToString::to_string).as_deref(), Some("the disk is gone"));
    }
}
