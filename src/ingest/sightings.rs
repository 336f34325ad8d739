//! When the texts of a source were seen, and what they showed, as a transaction sees it.
//!
//! New sightings are written at once. Those around the instant at which captures are being brought in are also kept
//! in memory, so that a long row of captures asks the tables once in a while and not each time.

use std::collections::BTreeMap;
use std::ops::Bound::{Excluded, Unbounded};

use chrono::Duration;

use crate::domain::{Digest, Figures, Timestamp};
use crate::store::{Sighting, StoreError, StoredIndicator, StoredSource, Tables};

use super::readings::Readings;
use super::runs::Seen;

/// How many sightings after an instant are read with the one before it.
const AHEAD: u32 = 64;
/// The most sightings that are kept in memory.
const MOST: usize = 4096;

/// The sightings of one source.
pub(super) struct Sightings<'a> {
    pub(super) tables: Tables<'a>,
    pub(super) source: StoredSource,
    pub(super) readings: Readings<'a>,
    window: Option<Window>,
}

/// Every sighting between two instants, both included.
struct Window {
    from: Timestamp,
    to: Timestamp,
    /// By time, those of one instant by their digests.
    captures: BTreeMap<(Timestamp, Digest), i64>,
}

const FIRST: Digest = Digest([0; 32]);
const LAST: Digest = Digest([255; 32]);

impl Window {
    fn holds(&self, at: Timestamp) -> bool {
        self.from <= at && at <= self.to
    }
}

fn sighting((&(seen_at, _), &capture): (&(Timestamp, Digest), &i64)) -> Sighting {
    Sighting { seen_at, capture }
}

impl<'a> Sightings<'a> {
    pub(super) fn new(tables: Tables<'a>, source: StoredSource) -> Self {
        Self { tables, source, readings: Readings::new(tables), window: None }
    }

    /// Makes the surroundings of an instant those that are kept in memory.
    pub(super) fn settle(&mut self, at: Timestamp) -> Result<(), StoreError> {
        if self.window.as_ref().is_some_and(|window| window.holds(at) && window.captures.len() < MOST) {
            return Ok(());
        }
        let before = self.tables.sighting_before(self.source.id, at)?;
        let since = before.map_or(at, |before| before.seen_at);
        let (found, is_all) = self.tables.sightings_since(self.source.id, since, AHEAD)?;
        let last = found.last().filter(|_| !is_all).map(|(last, _)| last.seen_at - Duration::seconds(1));
        let to = last.unwrap_or(Timestamp::MAX_UTC);
        let known = found.into_iter().filter(|(seen, _)| seen.seen_at <= to);
        let captures = known.map(|(seen, digest)| ((seen.seen_at, digest), seen.capture)).collect();
        let from = before.map_or(Timestamp::MIN_UTC, |before| before.seen_at);
        // A crowd of texts of one instant may fill it to the brim: then the tables are asked.
        self.window = Some(Window { from, to, captures }).filter(|window| window.holds(at));
        Ok(())
    }

    /// Notes that an archived text was seen; says whether that is news.
    pub(super) fn add(&mut self, seen: Sighting, digest: Digest) -> Result<bool, StoreError> {
        let Some(window) = self.window.as_mut().filter(|window| window.holds(seen.seen_at)) else {
            return self.tables.add_sighting(self.source.id, seen);
        };
        let is_news = window.captures.insert((seen.seen_at, digest), seen.capture).is_none();
        if is_news {
            self.tables.put_sighting(self.source.id, seen)?;
        }
        Ok(is_news)
    }

    /// The captures seen at an instant, in the order of their digests.
    fn at(&self, seen_at: Timestamp) -> Result<Vec<i64>, StoreError> {
        match self.window.as_ref().filter(|window| window.holds(seen_at)) {
            Some(window) => {
                let range = window.captures.range((seen_at, FIRST)..=(seen_at, LAST));
                Ok(range.map(|(_, capture)| *capture).collect())
            }
            None => self.tables.seen_at(self.source.id, seen_at),
        }
    }

    /// The other captures that were seen in the second of a sighting.
    pub(super) fn others(&self, seen: Sighting) -> Result<Vec<i64>, StoreError> {
        let mut captures = self.at(seen.seen_at)?;
        captures.retain(|capture| *capture != seen.capture);
        Ok(captures)
    }

    /// The last sighting before an instant.
    pub(super) fn before(&self, at: Timestamp) -> Result<Option<Sighting>, StoreError> {
        let window = self.window.as_ref().filter(|window| window.holds(at));
        let known = window.and_then(|window| window.captures.range(..(at, FIRST)).next_back());
        match known {
            Some(known) => Ok(Some(sighting(known))),
            None => self.tables.sighting_before(self.source.id, at),
        }
    }

    /// The first sighting after an instant.
    pub(super) fn after(&self, at: Timestamp) -> Result<Option<Sighting>, StoreError> {
        let window = self.window.as_ref().filter(|window| window.holds(at));
        let known = window.and_then(|window| window.captures.range((Excluded((at, LAST)), Unbounded)).next());
        match known {
            Some(known) => Ok(Some(sighting(known))),
            None => self.tables.sighting_after(self.source.id, at),
        }
    }

    /// What was seen of an indicator at an instant: of several texts the first that shows it stands.
    pub(super) fn seen_at(
        &mut self,
        indicator: &StoredIndicator,
        seen_at: Timestamp,
    ) -> Result<Option<Seen>, StoreError> {
        for capture in self.at(seen_at)? {
            let seen = self.readings.seen(indicator, Sighting { seen_at, capture })?;
            if seen.is_some() {
                return Ok(seen);
            }
        }
        Ok(None)
    }

    /// Whether any text of an instant shows some figures of an indicator.
    pub(super) fn shows(
        &mut self,
        indicator: &StoredIndicator,
        figures: Figures,
        seen_at: Timestamp,
    ) -> Result<bool, StoreError> {
        for capture in self.at(seen_at)? {
            let seen = self.readings.seen(indicator, Sighting { seen_at, capture })?;
            if seen.is_some_and(|seen| seen.figures == figures) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What was seen of an indicator in a range, in order of time; `to` is part of it.
    pub(super) fn each_seen(
        &mut self,
        indicator: &StoredIndicator,
        from: Option<Timestamp>,
        to: Option<Timestamp>,
        mut visit: impl FnMut(Seen),
    ) -> Result<(), StoreError> {
        let readings = &mut self.readings;
        self.tables.each_sighting(self.source.id, from, to, |sighting| {
            if let Some(seen) = readings.seen(indicator, sighting)? {
                visit(seen);
            }
            Ok(())
        })
    }
}
