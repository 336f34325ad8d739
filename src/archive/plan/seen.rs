//! What was planned already. Memory is bounded: a repetition is known among the last quarter of a million lines, which
//! is far more than lists keep between one line and its repetition.

use std::collections::{HashSet, VecDeque};

use crate::domain::Digest;

/// How many lines are remembered; about 12 MB.
const REMEMBERED: usize = 1 << 18;

/// So much of a digest that two lines never share it.
type Mark = [u8; 16];

#[derive(Debug, Default)]
pub(super) struct Seen {
    marks: HashSet<Mark>,
    order: VecDeque<Mark>,
}

impl Seen {
    /// Whether a line was not seen before, as far as that is remembered.
    pub(super) fn is_new(&mut self, line: &str) -> bool {
        let Digest(digest) = Digest::of(line.as_bytes());
        let mut mark = Mark::default();
        mark.copy_from_slice(&digest[..size_of::<Mark>()]);
        if !self.marks.insert(mark) {
            return false;
        }
        self.order.push_back(mark);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.marks.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repetitions_are_known_in_bounded_memory() {
        let mut seen = Seen::default();
        assert!(seen.is_new("a") && seen.is_new("b") && !seen.is_new("a") && !seen.is_new("b"));
        for number in 0..REMEMBERED {
            assert!(seen.is_new(&number.to_string()));
        }
        assert_eq!((seen.marks.len(), seen.order.len()), (REMEMBERED, REMEMBERED));
        assert!(seen.is_new("a"), "forgotten");
        assert!(!seen.is_new(&(REMEMBERED - 1).to_string()));
    }
}
