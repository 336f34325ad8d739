//! One source as it is written to inside a transaction: its sightings and the timelines of its indicators.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::{Digest, Slug, Timestamp, known};
use crate::parse::Issue;
use crate::store::{Held, Sighting, StoreError, StoredIndicator, StoredSource, Tables};

use super::claim::{Claim, Kept};
use super::news::MAX_INDICATORS;
use super::sightings::Sightings;
use super::timeline::Timeline;
use super::{Fate, Source, indicator_of, splice};

/// A source that is being written to. What is not closed is not written.
pub(super) struct Book<'a> {
    source: &'a Source,
    pub(super) sightings: Sightings<'a>,
    indicators: HashMap<Slug, StoredIndicator>,
    /// What was ever held, of those whose timelines are not open yet.
    held: HashMap<i64, Vec<Held>>,
    lines: HashMap<Slug, Timeline<'a>>,
    /// Up to where runs are rolled up, by the key of their indicator.
    rolled: HashMap<i64, Timestamp>,
}

impl<'a> Book<'a> {
    pub(super) fn open(
        tables: Tables<'a>,
        source: &'a Source,
        stored: StoredSource,
        indicators: Vec<StoredIndicator>,
    ) -> Result<Self, StoreError> {
        let rolled = tables.rolled_of(stored.id)?;
        let mut held: HashMap<i64, Vec<Held>> = HashMap::new();
        for one in tables.held_of_source(stored.id)? {
            held.entry(one.indicator_id).or_default().push(one);
        }
        let indicators = indicators.into_iter().map(|one| (one.indicator.slug.clone(), one)).collect();
        let (sightings, lines) = (Sightings::new(tables, stored), HashMap::new());
        Ok(Self { source, sightings, indicators, held, lines, rolled })
    }

    /// Adds the indicators of a text that are new, as many as a source may have. Gives what it says of those that have
    /// room, and what is news about the labels.
    pub(super) fn admit(&mut self, says: &Rc<[Kept]>) -> Result<(Rc<[Kept]>, Vec<Issue>), StoreError> {
        let mut issues = Vec::new();
        let mut refused: Vec<Claim<'_>> = Vec::new();
        for claim in says.iter().map(Kept::claim) {
            if self.indicators.contains_key(claim.slug) {
                continue;
            }
            if self.indicators.len() >= MAX_INDICATORS {
                refused.push(claim);
                continue;
            }
            self.add_indicator(claim)?;
            if known(claim.label).is_none() {
                issues.push(Issue::UnknownLabel { label: claim.label.to_owned() });
            }
        }
        let Some(first) = refused.first() else { return Ok((says.clone(), issues)) };
        let (first, limit) = (first.label.to_owned(), MAX_INDICATORS);
        issues.push(Issue::TooManyLabels { first, refused: refused.len(), limit });
        let admitted = says.iter().filter(|kept| self.indicators.contains_key(kept.claim().slug));
        Ok((admitted.cloned().collect(), issues))
    }

    fn add_indicator(&mut self, claim: Claim<'_>) -> Result<StoredIndicator, StoreError> {
        let (tables, source_id) = (self.sightings.tables, self.sightings.source.id);
        let added = tables.add_indicator(source_id, indicator_of(self.source, claim))?;
        self.indicators.insert(claim.slug.clone(), added.clone());
        Ok(added)
    }

    /// Notes that an archived text was seen; says whether that is news.
    pub(super) fn see(&mut self, seen: Sighting, digest: Digest) -> Result<bool, StoreError> {
        self.sightings.settle(seen.seen_at)?;
        self.sightings.add(seen, digest)
    }

    /// Brings what was seen, and noted to be, into the series of its indicators.
    pub(super) fn record<'c>(
        &mut self,
        claims: impl Iterator<Item = Claim<'c>>,
        seen: Sighting,
    ) -> Result<Vec<Fate>, StoreError> {
        let others = self.sightings.others(seen)?;
        claims.map(|claim| self.record_claim(claim, seen, &others)).collect()
    }

    fn record_claim(&mut self, claim: Claim<'_>, seen: Sighting, others: &[i64]) -> Result<Fate, StoreError> {
        // Of two texts that show an indicator in the very same second one has to stand back.
        let is_alone = !self.sightings.readings.any_shows(others, claim.slug)?;
        if let Some(line) = self.lines.get_mut(claim.slug) {
            return splice::record(&mut self.sightings, line, claim, seen, is_alone);
        }
        let opened = self.line(claim)?;
        let line = self.lines.entry(claim.slug.clone()).or_insert(opened);
        splice::record(&mut self.sightings, line, claim, seen, is_alone)
    }

    fn line(&mut self, claim: Claim<'_>) -> Result<Timeline<'a>, StoreError> {
        let indicator = match self.indicators.get(claim.slug) {
            Some(known) => known.clone(),
            None => self.add_indicator(claim)?,
        };
        let rolled = self.rolled.get(&indicator.id).copied();
        let held = self.held.remove(&indicator.id).unwrap_or_default();
        Ok(Timeline::with_held(self.sightings.tables, indicator, held, rolled))
    }

    /// Writes what changed, and rolls it up: what waits for that by at most about so many runs.
    pub(super) fn close(self, mut most: u64) -> Result<(), StoreError> {
        self.lines.into_values().try_for_each(|line| line.close(&mut most))
    }
}
