//! Quarters of an hour, and the fingerprints that tell whether one was known already. Pure.

use std::collections::BTreeMap;

use crate::domain::{Digest, Figures, Quantity, Timestamp};

/// The length of a part in seconds: what is told again as a whole when something in it is new.
const LENGTH: i64 = 900;

/// A part, by the second that it begins at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Part(pub i64);

impl Part {
    /// The part that an instant is in.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        Self(at.timestamp().div_euclid(LENGTH) * LENGTH)
    }

    pub(super) fn next(self) -> Self {
        Self(self.0 + LENGTH)
    }

    /// Its last second.
    pub(super) fn last(self) -> i64 {
        self.next().0 - 1
    }
}

/// A digest of what is to be told of a part. Good only among those of one database: it names things by their keys there.
pub type Fingerprint = [u8; 16];

/// What is to be told of each part, on the way to fingerprints.
#[derive(Debug, Default)]
pub(super) struct Marks(BTreeMap<Part, Vec<u8>>);

impl Marks {
    /// There is something to tell of a part.
    pub(super) fn tell(&mut self, part: Part, mark: Mark) {
        self.0.entry(part).or_default().extend(mark.0);
    }

    /// The parts of which there is something to tell.
    pub(super) fn parts(&self) -> Vec<Part> {
        self.0.keys().copied().collect()
    }

    pub(super) fn fingerprints(self) -> BTreeMap<Part, Fingerprint> {
        let short = |bytes: Vec<u8>| {
            let Digest(digest) = Digest::of(&bytes);
            let mut short = Fingerprint::default();
            short.copy_from_slice(&digest[..size_of::<Fingerprint>()]);
            short
        };
        self.0.into_iter().map(|(part, bytes)| (part, short(bytes))).collect()
    }
}

/// One thing that counts, as bytes: a letter, and numbers of a fixed length.
#[derive(Debug)]
pub(super) struct Mark(Vec<u8>);

impl Mark {
    pub(super) fn new(letter: u8, numbers: &[i64]) -> Self {
        let mut bytes = vec![letter];
        numbers.iter().for_each(|number| bytes.extend(number.to_le_bytes()));
        Self(bytes)
    }

    pub(super) fn figures(mut self, figures: &Figures) -> Self {
        let Figures { level, change, percent } = *figures;
        for quantity in [level.map(|l| l.0), change.map(|c| c.0), percent.map(|p| p.0)] {
            let mantissa = quantity.map_or(0, Quantity::mantissa);
            let scale = quantity.map_or(i64::MIN, |quantity| i64::from(quantity.scale()));
            self.0.extend(mantissa.to_le_bytes());
            self.0.extend(scale.to_le_bytes());
        }
        self
    }
}
