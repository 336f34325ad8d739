//! The captures that were read and are not recorded yet, and how they are brought into the database.

use std::collections::{BTreeMap, HashMap};
use std::thread;
use std::time::{Duration, Instant};

use crate::domain::Slug;
use crate::ingest::{self, Batch, Captured, Recorded, Source};
use crate::store::{Store, StoreError};

use super::progress::Progress;

/// About how much memory captures may take until they are brought in. Two years of a page that was seen each minute fit
/// in; what does not fit is brought in among what is there already, which costs more the more often it happens.
const MOST_BYTES: usize = 48 * 1024 * 1024;
/// How long a transaction gathers changes before it writes them. Others wait for as long, and for the writing.
const TRANSACTION: Duration = Duration::from_millis(200);
/// How long the database is left to others after each. They look more often than that.
const PAUSE: Duration = Duration::from_millis(25);
/// About how many runs one transaction rolls up: it takes as long as the others.
const ROLLED_AT_ONCE: u64 = 500_000;

/// Captures that wait to be recorded, and what became of those that were.
pub(super) struct Gathered {
    store: Store,
    sources: HashMap<String, Source>,
    batches: BTreeMap<String, Batch>,
    bytes: usize,
    captures: usize,
    recorded: Recorded,
}

impl Gathered {
    pub(super) fn new(store: Store) -> Self {
        let (sources, batches) = (HashMap::new(), BTreeMap::new());
        Self { store, sources, batches, bytes: 0, captures: 0, recorded: Recorded::default() }
    }

    /// The labels of the indicators of a source.
    pub(super) fn labels(&self, source: &str) -> Result<HashMap<Slug, String>, StoreError> {
        let tables = self.store.tables();
        let Some(stored) = tables.source(source)? else { return Ok(HashMap::new()) };
        let indicators = tables.indicators_of(stored.id)?.into_iter().map(|one| one.indicator);
        Ok(indicators.map(|indicator| (indicator.slug, indicator.label)).collect())
    }

    pub(super) fn add_source(&mut self, source: Source) {
        self.sources.insert(source.name.clone(), source);
    }

    pub(super) fn take(&mut self, source: String, captured: Captured) {
        let batch = self.batches.entry(source).or_default();
        self.bytes -= batch.bytes();
        self.captures += usize::from(batch.take(captured));
        self.bytes += batch.bytes();
    }

    pub(super) fn is_full(&self) -> bool {
        self.bytes > MOST_BYTES
    }

    /// How many captures were taken.
    pub(super) fn captures(&self) -> usize {
        self.captures
    }

    pub(super) fn recorded(&self) -> &Recorded {
        &self.recorded
    }

    /// Records everything that waits. Says what is news about labels.
    pub(super) fn bring_in(&mut self, progress: &Progress) -> Result<Vec<String>, StoreError> {
        self.bytes = 0;
        for (name, mut batch) in std::mem::take(&mut self.batches) {
            let Some(source) = self.sources.get(&name) else { continue };
            while !batch.is_done() {
                let begun = Instant::now();
                let mut goes_on = || begun.elapsed() < TRANSACTION;
                let recorded = self.store.write(|tables| batch.record(tables, source, &mut goes_on))?;
                self.recorded.add(recorded);
                progress.show(self.captures);
                thread::sleep(PAUSE);
            }
        }
        Ok(std::mem::take(&mut self.recorded.issues).iter().map(ToString::to_string).collect())
    }

    /// Rolls up what was recorded, once all of it is.
    pub(super) fn roll_up(&mut self) -> Result<(), StoreError> {
        for name in self.sources.keys() {
            while !self.store.write(|tables| ingest::roll_up(tables, name, ROLLED_AT_ONCE))? {
                thread::sleep(PAUSE);
            }
        }
        Ok(())
    }
}
