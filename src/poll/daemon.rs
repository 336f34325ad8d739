//! The daemon: a loop for each source of a plan that may change while it runs, until it is asked to stop.
//! Knows who polls; when and how is the business of each loop.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};

use super::cycle::{Cycle, Stop};
use super::errands::Errands;
use super::patience::Patience;
use super::{Done, Polled, Progress, clock_step};
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::fetch::{Fetch, Manners};
use crate::store::{SharedStore, StoreError};

/// How long the loops may take to end, once the program is asked to stop: a page on its way gets a second of it, a
/// database that another process holds cannot be waited for.
const GOODBYE: Duration = Duration::from_secs(4);

/// What is polled.
#[derive(Debug, Clone)]
pub struct Plan<F> {
    /// The sources, no two of one name.
    pub sources: Vec<Polled<F>>,
    /// The market's calendar.
    pub calendar: Calendar,
    /// The least time between two requests to one host.
    pub spacing: Duration,
}

/// Is told of each poll once it is recorded, by the loop of its source: it must not block.
pub type Observer = Arc<dyn Fn(&str, &Done) + Send + Sync>;

/// What the daemon works with.
#[derive(Clone)]
pub struct Daemon<F> {
    /// The one writer.
    pub store: SharedStore,
    /// What is polled. A source that did not change in a new plan is not disturbed; one that is gone finishes the
    /// poll in hand.
    pub plan: watch::Receiver<Arc<Plan<F>>>,
    /// Every change makes every source poll now, unless its server asked to be left alone.
    pub poll_now: watch::Receiver<u64>,
    /// The time.
    pub clock: Clock,
    /// Where every loop says by when it will have got on.
    pub progress: Progress,
    /// Who wants to know of polls.
    pub on_poll: Observer,
}

impl<F> std::fmt::Debug for Daemon<F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Daemon").finish_non_exhaustive()
    }
}

/// What all loops share.
pub(super) struct Shared<F> {
    pub(super) daemon: Daemon<F>,
    pub(super) manners: Manners,
    /// What the loops want of the database.
    pub(super) errands: Errands,
    /// Loops wait here for their turn at the errands, not in threads of their own. Nothing once the daemon has given
    /// up on the database.
    pub(super) turn: tokio::sync::Mutex<Option<Patience>>,
}

/// Polls every source of the plan when it is due, the first time at once unless its past says otherwise, until
/// `shutdown` is done; then finishes the polls in hand.
///
/// # Errors
/// A database that no waiting helps.
pub async fn run<F: Fetch + Clone + PartialEq + Send + Sync + 'static>(
    daemon: Daemon<F>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StoreError> {
    let (clock, mut plan) = (daemon.clock, daemon.plan.clone());
    let turn = tokio::sync::Mutex::new(Some(Patience::default()));
    let shared = Shared { daemon, manners: Manners::default(), errands: Errands::default(), turn };
    let mut loops =
        Loops { shared: Arc::new(shared), running: Vec::new(), leaving: Vec::new(), tasks: JoinSet::new() };
    loops.follow(&plan.borrow_and_update().clone());
    tokio::pin!(shutdown);
    let clock_watch = clock_step::watch(clock);
    tokio::pin!(clock_watch);
    let mut plan_may_change = true;
    let result = loop {
        tokio::select! {
            () = &mut shutdown => break Ok(()),
            () = &mut clock_watch => {}
            changed = plan.changed(), if plan_may_change => {
                plan_may_change = changed.is_ok();
                loops.follow(&plan.borrow_and_update().clone());
            }
            Some(ended) = loops.tasks.join_next() => {
                if let Err(error) = finished(ended) {
                    break Err(error);
                }
            }
        }
    };
    result.and(loops.finish().await)
}

/// A loop's own result; a panic goes on where it is waited for.
fn finished(ended: Result<Result<(), StoreError>, JoinError>) -> Result<(), StoreError> {
    ended.unwrap_or_else(|error| match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(_) => Ok(()),
    })
}

/// The loops of all sources.
struct Loops<F> {
    shared: Arc<Shared<F>>,
    running: Vec<Running<F>>,
    /// Those that finish the poll in hand and then end.
    leaving: Vec<Running<F>>,
    tasks: JoinSet<Result<(), StoreError>>,
}

/// The loop of one source.
struct Running<F> {
    polled: Polled<F>,
    stop: watch::Sender<Stop>,
    /// Held by the loop as long as it runs: its successor waits for it.
    baton: Arc<tokio::sync::Mutex<()>>,
}

impl<F: Fetch + Clone + PartialEq + Send + Sync + 'static> Loops<F> {
    /// Brings the loops in line with a plan.
    fn follow(&mut self, plan: &Plan<F>) {
        let loops = std::mem::take(&mut self.running);
        let (kept, gone): (Vec<_>, Vec<_>) =
            loops.into_iter().partition(|running| plan.sources.contains(&running.polled));
        self.running = kept;
        self.leaving.retain(|running| !running.stop.is_closed());
        for running in gone {
            running.stop.send_replace(Stop::AfterPoll);
            self.leaving.push(running);
        }
        let kept: HashSet<String> = self.running.iter().map(|running| running.name().to_owned()).collect();
        for polled in plan.sources.iter().filter(|polled| !kept.contains(&polled.source.name)) {
            self.start(polled.clone());
        }
    }

    fn start(&mut self, polled: Polled<F>) {
        let (stop, stopped) = watch::channel(Stop::No);
        let cycle = Cycle::new(self.shared.clone(), polled.clone(), stopped);
        let before = self.leaving.iter().rfind(|running| running.name() == polled.source.name);
        let baton = before.map(|running| running.baton.clone()).unwrap_or_default();
        let held = baton.clone();
        self.tasks.spawn(async move {
            let _baton = held.lock_owned().await;
            cycle.run().await
        });
        self.running.push(Running { polled, stop, baton });
    }

    /// Ends every loop, and waits for it a little.
    async fn finish(mut self) -> Result<(), StoreError> {
        for running in self.running.iter().chain(&self.leaving) {
            running.stop.send_replace(Stop::Now);
        }
        let mut result = Ok(());
        let all_ended = tokio::time::timeout(GOODBYE, async {
            while let Some(ended) = self.tasks.join_next().await {
                result = std::mem::replace(&mut result, Ok(())).and(finished(ended));
            }
        });
        if all_ended.await.is_err() {
            tracing::warn!(left = self.tasks.len(), "stopped without waiting longer for polls in hand");
        }
        result
    }
}

impl<F> Running<F> {
    fn name(&self) -> &str {
        &self.polled.source.name
    }
}
