//! One source as it is written to inside a transaction: its sightings and the timelines of its indicators.

use std::collections::HashMap;
use std::rc::Rc;

use crate::domain::{Digest, Quote, Slug, Timestamp, known};
use crate::parse::Issue;
use crate::store::{Sighting, StoreError, StoredIndicator, StoredSource, Tables};

use super::news::MAX_INDICATORS;
use super::sightings::Sightings;
use super::timeline::Timeline;
use super::{Fate, Source, indicator_of, splice};

/// A source that is being written to. What is not closed is not written.
pub(super) struct Book<'a> {
    source: &'a Source,
    pub(super) sightings: Sightings<'a>,
    indicators: HashMap<Slug, StoredIndicator>,
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
        let indicators = indicators.into_iter().map(|one| (one.indicator.slug.clone(), one)).collect();
        let (sightings, lines) = (Sightings::new(tables, stored), HashMap::new());
        Ok(Self { source, sightings, indicators, lines, rolled })
    }

    /// Adds the indicators of a text that are new, as many as a source may have. Gives the quotes that have one, and
    /// what is news about the labels.
    pub(super) fn admit(&mut self, quotes: &Rc<[Quote]>) -> Result<(Rc<[Quote]>, Vec<Issue>), StoreError> {
        let mut issues = Vec::new();
        let mut refused: Vec<&Quote> = Vec::new();
        for quote in
            quotes.iter().filter(|quote| !self.indicators.contains_key(&quote.slug)).collect::<Vec<_>>()
        {
            if self.indicators.len() >= MAX_INDICATORS {
                refused.push(quote);
                continue;
            }
            self.add_indicator(quote)?;
            if known(&quote.label).is_none() {
                issues.push(Issue::UnknownLabel { label: quote.label.clone() });
            }
        }
        let Some(first) = refused.first() else { return Ok((quotes.clone(), issues)) };
        let (first, limit) = (first.label.clone(), MAX_INDICATORS);
        issues.push(Issue::TooManyLabels { first, refused: refused.len(), limit });
        let admitted = quotes.iter().filter(|quote| self.indicators.contains_key(&quote.slug));
        Ok((admitted.cloned().collect(), issues))
    }

    fn add_indicator(&mut self, quote: &Quote) -> Result<StoredIndicator, StoreError> {
        let (tables, source_id) = (self.sightings.tables, self.sightings.source.id);
        let added = tables.add_indicator(source_id, indicator_of(self.source, quote))?;
        self.indicators.insert(quote.slug.clone(), added.clone());
        Ok(added)
    }

    /// Notes that an archived text was seen; says whether that is news.
    pub(super) fn see(&mut self, seen: Sighting, digest: Digest) -> Result<bool, StoreError> {
        self.sightings.settle(seen.seen_at)?;
        self.sightings.add(seen, digest)
    }

    /// Brings quotes that were seen, and noted to be, into the series of their indicators.
    pub(super) fn record(&mut self, quotes: &[Quote], seen: Sighting) -> Result<Vec<Fate>, StoreError> {
        let others = self.sightings.others(seen)?;
        quotes.iter().map(|quote| self.record_quote(quote, seen, &others)).collect()
    }

    fn record_quote(&mut self, quote: &Quote, seen: Sighting, others: &[i64]) -> Result<Fate, StoreError> {
        // Of two texts that show an indicator in the very same second one has to stand back.
        let is_alone = !self.sightings.readings.any_shows(others, &quote.slug)?;
        if !self.lines.contains_key(&quote.slug) {
            let line = self.line(quote)?;
            self.lines.insert(quote.slug.clone(), line);
        }
        let Some(line) = self.lines.get_mut(&quote.slug) else { unreachable!("it was just opened") };
        splice::record(&mut self.sightings, line, quote, seen, is_alone)
    }

    fn line(&mut self, quote: &Quote) -> Result<Timeline<'a>, StoreError> {
        let indicator = match self.indicators.get(&quote.slug) {
            Some(known) => known.clone(),
            None => self.add_indicator(quote)?,
        };
        let rolled = self.rolled.get(&indicator.id).copied();
        Timeline::open(self.sightings.tables, indicator, rolled)
    }

    /// Writes what changed, and rolls it up: what waits for that by at most about so many runs.
    pub(super) fn close(self, mut most: u64) -> Result<(), StoreError> {
        self.lines.into_values().try_for_each(|line| line.close(&mut most))
    }
}
