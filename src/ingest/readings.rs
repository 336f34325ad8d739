//! What stored texts say, remembered for as long as something is brought in: neighbouring sightings mostly show the
//! same few texts, and unfolding and reading one costs more than everything else that is done with it.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::Slug;
use crate::parse::{self, Reading};
use crate::store::{Sighting, StoreError, StoredIndicator, Tables};

use super::claim::{Claim, Kept, Names};
use super::runs::Seen;

/// The most texts that are remembered; one takes about half a kilobyte.
const MOST: usize = 2048;

/// What a stored text says.
pub(super) fn reading_of(tables: Tables<'_>, capture: i64) -> Result<Reading, StoreError> {
    let capture = tables.capture(capture)?;
    let damaged = || StoreError::Damaged { what: "a ticker text", value: format!("capture {}", capture.id) };
    capture.block.as_deref().map(parse::reread).ok_or_else(damaged)
}

/// Stored texts as they are read again.
pub(super) struct Readings<'a> {
    tables: Tables<'a>,
    known: HashMap<i64, Rc<[Kept]>>,
    names: Names,
}

impl<'a> Readings<'a> {
    pub(super) fn new(tables: Tables<'a>) -> Self {
        Self { tables, known: HashMap::new(), names: Names::default() }
    }

    /// What a capture says.
    pub(super) fn of(&mut self, capture: i64) -> Result<impl Iterator<Item = Claim<'_>>, StoreError> {
        if !self.known.contains_key(&capture) {
            let reading = reading_of(self.tables, capture)?;
            let kept = self.names.keep(reading.quotes);
            self.learn(capture, kept);
        }
        Ok(self.known[&capture].iter().map(Kept::claim))
    }

    /// Remembers what a capture says that was read just now.
    pub(super) fn learn(&mut self, capture: i64, says: Rc<[Kept]>) {
        if self.known.len() >= MOST {
            self.known.clear();
        }
        self.known.insert(capture, says);
    }

    /// Whether any of some captures shows an indicator.
    pub(super) fn any_shows(&mut self, captures: &[i64], slug: &Slug) -> Result<bool, StoreError> {
        for capture in captures {
            if self.of(*capture)?.any(|claim| claim.slug == slug) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What a sighting showed of an indicator, if it showed it at all.
    pub(super) fn seen(
        &mut self,
        indicator: &StoredIndicator,
        sighting: Sighting,
    ) -> Result<Option<Seen>, StoreError> {
        let claim = self.of(sighting.capture)?.find(|claim| *claim.slug == indicator.indicator.slug);
        Ok(claim.map(|claim| Seen::of(claim, sighting)))
    }
}
