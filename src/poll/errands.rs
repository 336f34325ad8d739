//! What the loops want of the database, done in one go: whoever gets the turn does what all others wait for as well.
//! Polls that end together share a transaction, and with it the wait for the disk; each is recorded whole or not at
//! all, and told of only after the commit. Knows neither loops nor patience.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::oneshot;

use super::Done;
use super::once::{Answer, Known, known, record};
use super::past::Past;
use super::patience::Remedy;
use crate::ingest::Source;
use crate::store::{Store, StoreError};

/// The most of a kind that are done in one go. A commit of so many takes some milliseconds.
const MOST_TOGETHER: usize = 64;

/// A poll that is not recorded yet.
#[derive(Debug)]
pub(super) struct Poll {
    pub(super) source: Source,
    pub(super) answer: Answer,
    pub(super) past: Past,
}

/// What the loops wait for.
#[derive(Debug, Clone, Default)]
pub(super) struct Errands(Arc<Mutex<Batch>>);

impl Errands {
    /// Asks for what is known of a source.
    pub(super) fn look(&self, source: Source) -> oneshot::Receiver<Known> {
        let (asker, known) = oneshot::channel();
        self.waiting().looks.push_back((source, asker));
        known
    }

    /// Asks that a poll be recorded.
    pub(super) fn record(&self, poll: Poll) -> oneshot::Receiver<Done> {
        let (asker, done) = oneshot::channel();
        self.waiting().polls.push_back((poll, asker));
        done
    }

    /// Does what waits. What could not be done waits on.
    ///
    /// # Errors
    /// The database cannot be read or written.
    pub(super) fn run(&self, store: &mut Store) -> Result<(), StoreError> {
        let mut batch = self.waiting().take();
        let result = batch.look(store).and_then(|()| batch.record(store));
        self.waiting().put_back(batch);
        result
    }

    fn waiting(&self) -> MutexGuard<'_, Batch> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who waits, in order, and for what.
type Line<E, T> = VecDeque<(E, oneshot::Sender<T>)>;

/// Errands of both kinds.
#[derive(Debug, Default)]
struct Batch {
    looks: Line<Source, Known>,
    polls: Line<Poll, Done>,
}

impl Batch {
    /// The first in line, to be done in one go.
    fn take(&mut self) -> Self {
        Self { looks: first(&mut self.looks), polls: first(&mut self.polls) }
    }

    fn put_back(&mut self, left: Self) {
        left.looks.into_iter().rev().for_each(|look| self.looks.push_front(look));
        left.polls.into_iter().rev().for_each(|poll| self.polls.push_front(poll));
    }

    /// Reading takes no lock of the database, and goes on while another process writes.
    fn look(&mut self, store: &Store) -> Result<(), StoreError> {
        while let Some((source, _)) = self.looks.front() {
            let known = known(store.tables(), source)?;
            answer_front(&mut self.looks, known);
        }
        Ok(())
    }

    /// Records all polls in one transaction; where one of them is at fault, each in one of its own, so that none is lost
    /// with it.
    fn record(&mut self, store: &mut Store) -> Result<(), StoreError> {
        if self.polls.is_empty() {
            return Ok(());
        }
        let all = self.polls.len();
        match self.record_first(all, store) {
            Err(error) if all > 1 && may_be_of_one(&error) => self.record_singly(store),
            recorded => recorded,
        }
    }

    /// What cannot be recorded is left behind.
    fn record_singly(&mut self, store: &mut Store) -> Result<(), StoreError> {
        let mut result = Ok(());
        for _ in 0..self.polls.len() {
            if let Err(error) = self.record_first(1, store) {
                result = result.and(Err(error));
                self.polls.rotate_left(1);
            }
        }
        result
    }

    fn record_first(&mut self, count: usize, store: &mut Store) -> Result<(), StoreError> {
        let polls = self.polls.iter().take(count);
        let recorded: Vec<Done> = store
            .write(|tables| polls.map(|(poll, _)| record(tables, poll)).collect::<Result<_, StoreError>>())?;
        recorded.into_iter().for_each(|done| answer_front(&mut self.polls, done));
        Ok(())
    }
}

/// Whether an error may be that of one poll alone. A database that is not in its place took them all before that was
/// seen, and may not be told of them twice.
fn may_be_of_one(error: &StoreError) -> bool {
    Remedy::of(error) == Remedy::Stop && !error.is_displaced()
}

fn first<E>(line: &mut VecDeque<E>) -> VecDeque<E> {
    let most = line.len().min(MOST_TOGETHER);
    line.drain(..most).collect()
}

/// Tells the first in line; one that waits no more has stopped.
fn answer_front<E, T>(line: &mut Line<E, T>, result: T) {
    if let Some((_, asker)) = line.pop_front() {
        let _ = asker.send(result);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::once::turned_away;
    use super::super::order;
    use super::*;
    use crate::fetch::Barred;
    use crate::parse::Layout;

    /// A poll that its site forbade, as one that waits.
    fn add(errands: &Errands, name: &str) -> oneshot::Receiver<Done> {
        let at = chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap();
        let stamp = order::stamp(at, None).unwrap();
        let source = Source {
            name: name.to_owned(),
            url: format!("https://{name}.example/"),
            layout: Layout::Kontan,
            slowest_poll: Duration::from_secs(60),
        };
        let answer = turned_away(&Barred::Forbidden { path: "/".into() }, stamp, at);
        errands.record(Poll { source, answer, past: Past::default() })
    }

    fn count(store: &Store, name: &str) -> usize {
        let source = store.tables().source(name).unwrap();
        source.map_or(0, |source| store.tables().newest_polls(source.id, 9).unwrap().len())
    }

    #[test]
    fn everything_that_waits_is_done_in_one_go() {
        let (mut store, errands) = (Store::open_in_memory().unwrap(), Errands::default());
        let mut waiting: Vec<_> = ["a", "b", "c"].map(|name| add(&errands, name)).into();
        errands.run(&mut store).unwrap();
        assert!(waiting.iter_mut().all(|done| done.try_recv().is_ok()));
        errands.run(&mut store).unwrap();
        assert_eq!(["a", "b", "c"].map(|name| count(&store, name)), [1, 1, 1], "and only once");
    }

    #[test]
    fn a_poll_that_cannot_be_recorded_takes_none_with_it() {
        let (mut store, errands) = (Store::open_in_memory().unwrap(), Errands::default());
        store.sabotage("poll", "source_id = (SELECT id FROM source WHERE name = 'b')");
        let [mut a, mut b, mut c] = ["a", "b", "c"].map(|name| add(&errands, name));
        assert_eq!(Remedy::of(&errands.run(&mut store).unwrap_err()), Remedy::Stop);
        assert!(a.try_recv().is_ok() && b.try_recv().is_err() && c.try_recv().is_ok());
        assert_eq!(["a", "b", "c"].map(|name| count(&store, name)), [1, 0, 1]);
    }
}
