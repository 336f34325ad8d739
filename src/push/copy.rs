//! Copies what the server was not told yet, from a database to a server, batch by batch. A batch that was acknowledged is
//! never told again, so whatever interrupts it, the next copy goes on there.

use std::collections::HashMap;
use std::ops::AddAssign;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::DateTime;

use crate::domain::Timestamp;
use crate::query::{Fingerprint, Part, Sighted, SightedDay, Texts, next_sighted};
use crate::store::{SharedStore, Store, StoreError, StoredIndicator, StoredSource};

use super::batch::Batch;
use super::error::PushError;
use super::row::Row;
use super::series::Keys;
use super::session::Session;
use super::target::Target;

/// How many rows are written in one transaction: enough that a commit costs little, few enough to be held in memory.
const BATCH: usize = 20_000;

/// What became of rows; `rows` is the sum of the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Copied {
    /// How many were sent.
    pub rows: u64,
    /// The server had not heard of them.
    pub new: u64,
    /// Something about them changed: whether they are believed, or until when they stood.
    pub changed: u64,
    /// The server knew them.
    pub same: u64,
}

impl AddAssign for Copied {
    fn add_assign(&mut self, other: Self) {
        self.rows += other.rows;
        self.new += other.new;
        self.changed += other.changed;
        self.same += other.same;
    }
}

/// How much is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What is newer than what this copier told before.
    Newest,
    /// All that is recorded; told is what the server was not told yet.
    Untold,
    /// All that is recorded, whatever was told.
    All,
}

/// Copies to one server.
pub struct Copier {
    database: PathBuf,
    session: Session,
    keys: Keys,
    /// The last part of each source that was told, by the key of the source here.
    reached: HashMap<i64, Part>,
}

/// What there is in a database.
struct Recorded {
    birth: String,
    sources: Vec<StoredSource>,
    indicators: Vec<StoredIndicator>,
}

impl Copier {
    /// Connects to a server, and makes the tables there where there are none.
    ///
    /// # Errors
    /// The server cannot be reached or used.
    pub async fn connect(target: &Target, database: PathBuf) -> Result<Self, PushError> {
        let session = Session::open(target).await?;
        Ok(Self { database, session, keys: Keys::default(), reached: HashMap::new() })
    }

    /// Copies; says what became of the rows that were sent.
    ///
    /// # Errors
    /// The database cannot be read, or the server is away or refuses. What was copied until then stays.
    pub async fn copy(&mut self, extent: Extent) -> Result<Copied, PushError> {
        // Opened anew each time: the file may have been replaced, and nothing is held open between two copies.
        let database = self.database.clone();
        let opening = tokio::task::spawn_blocking(move || Store::open_reader(&database));
        let store = SharedStore::new(joined(opening.await)?);
        let recorded = store.off_the_workers(|store| recorded(store)).await?;
        self.keys.learn(&self.session.client, &recorded.sources, &recorded.indicators).await?;
        let mut copied = Copied::default();
        for source in recorded.sources {
            copied += self.copy_source(&store, &recorded.birth, source, extent).await?;
        }
        Ok(copied)
    }

    async fn copy_source(
        &mut self,
        store: &SharedStore,
        birth: &str,
        source: StoredSource,
        extent: Extent,
    ) -> Result<Copied, PushError> {
        let Some(&key) = self.keys.sources.get(&source.id) else { return Ok(Copied::default()) };
        let reached = self.reached.get(&source.id).filter(|_| extent == Extent::Newest);
        let from = reached.copied().unwrap_or(Part(i64::MIN));
        let told = match extent {
            Extent::All => HashMap::new(),
            Extent::Newest | Extent::Untold => self.session.told(birth, key, from).await?,
        };
        let mut reader = Reader {
            source,
            told: Arc::new(told),
            series: Arc::new(self.keys.series.clone()),
            texts: Texts::default(),
            next: Some(from),
            last: from,
        };
        let mut copied = Copied::default();
        while reader.next.is_some() {
            let reading = move |store: &mut Store| reader.batch(store).map(|batch| (batch, reader));
            let (batch, came_to) = store.off_the_workers(reading).await?;
            reader = came_to;
            if !batch.rows.is_empty() || !batch.told.is_empty() {
                copied += self.session.write(birth, key, &batch).await?;
            }
        }
        self.reached.insert(reader.source.id, reader.last);
        Ok(copied)
    }
}

impl std::fmt::Debug for Copier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Copier").field("database", &self.database).finish_non_exhaustive()
    }
}

fn recorded(store: &Store) -> Result<Recorded, StoreError> {
    store.read(|tables| {
        Ok(Recorded { birth: tables.birth()?, sources: tables.sources()?, indicators: tables.indicators()? })
    })
}

/// Reads a source from a part on, as much at a time as is written together.
struct Reader {
    source: StoredSource,
    told: Arc<HashMap<Part, Fingerprint>>,
    series: Arc<HashMap<i64, i32>>,
    texts: Texts,
    /// Where it goes on, if there is more.
    next: Option<Part>,
    /// The last part that there is something to tell of.
    last: Part,
}

impl Reader {
    fn batch(&mut self, store: &Store) -> Result<Batch, StoreError> {
        let mut batch = Batch::default();
        while let Some(next) = self.next.filter(|_| batch.rows.len() < BATCH) {
            // All of a part, and its fingerprint, are of one moment.
            self.next = store.read(|tables| {
                let Some(at) = next_sighted(tables, &self.source, begin(next))? else { return Ok(None) };
                let day = SightedDay::read(tables, &self.source, at)?;
                let is_known = day.indicators().all(|indicator| self.series.contains_key(&indicator.id));
                for (part, fingerprint) in day.fingerprints().range(next..) {
                    if batch.rows.len() >= BATCH {
                        return Ok(Some(*part));
                    }
                    self.last = self.last.max(*part);
                    if self.told.get(part) == Some(fingerprint) {
                        continue;
                    }
                    let seen = day.seen_in(tables, &mut self.texts, *part)?;
                    batch.rows.extend(seen.into_iter().filter_map(|sighted| row(&self.series, sighted)));
                    // An indicator that was recorded just now is told the next time, so the part is not yet.
                    if is_known {
                        batch.told.push((*part, *fingerprint));
                    }
                }
                Ok::<_, StoreError>(Some(Part::of(day.end())))
            })?;
        }
        Ok(batch)
    }
}

/// A row of what was seen; none of an indicator that has no key on the server yet.
fn row(series: &HashMap<i64, i32>, sighted: Sighted) -> Option<Row> {
    series.get(&sighted.indicator).map(|&series| Row { series, sighted })
}

/// The first second of a part, or of all time.
fn begin(part: Part) -> Timestamp {
    // A second of room: what lies before it is asked for.
    DateTime::from_timestamp(part.0, 0)
        .unwrap_or(DateTime::<chrono::Utc>::MIN_UTC + chrono::TimeDelta::seconds(1))
}

fn joined<T>(done: Result<T, tokio::task::JoinError>) -> T {
    done.unwrap_or_else(|error| std::panic::resume_unwind(error.into_panic()))
}
