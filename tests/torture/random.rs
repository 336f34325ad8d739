//! Random numbers that can be had again: the seed is printed, and `PANTAU_SEED` sets it.

use std::hash::{BuildHasher, RandomState};
use std::time::Duration;

/// SplitMix64.
pub(crate) struct Random(u64);

impl Random {
    /// A new sequence, whose seed stands in the output of a failed test.
    pub(crate) fn printed(what: &str) -> Self {
        let given = std::env::var("PANTAU_SEED").ok().map(|seed| seed.parse().unwrap());
        let seed = given.unwrap_or_else(|| RandomState::new().hash_one(what));
        println!("{what}: PANTAU_SEED={seed}");
        Self(seed)
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a bound.
    pub(crate) fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(bound.max(1)).unwrap()).unwrap()
    }

    pub(crate) fn is_heads(&mut self) -> bool {
        self.next() & 1 == 1
    }

    /// A time shorter than a bound.
    pub(crate) fn within(&mut self, bound: Duration) -> Duration {
        Duration::from_micros(self.next() % u64::try_from(bound.as_micros().max(1)).unwrap())
    }
}
