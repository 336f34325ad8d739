//! The loop of one source: wait until it is due, ask, record. It obeys; what is due, and when, is decided elsewhere.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{MutexGuard, oneshot, watch};
use tokio::time::Instant;

use super::daemon::{Plan, Shared};
use super::errands::Poll;
use super::once::{Answer, Known, ask, turned_away};
use super::order::{self, Ahead};
use super::patience::{Patience, Remedy, Trouble, pause};
use super::{Done, Past, Polled, Schedule, clock_step, first_due, next_due, paused, told};
use crate::calendar::Calendar;
use crate::domain::{Timestamp, Validators};
use crate::fetch::{Fetch, Place};
use crate::format;
use crate::store::StoreError;

/// How long a page that is on its way may still take once the program is asked to stop.
const GRACE: Duration = Duration::from_secs(1);
/// The wall clock is read again after so long: it may have been set, and the machine may have slept.
const LONGEST_STEP: Duration = Duration::from_secs(15);
/// How long reading a page and recording it may take, waiting for another process included.
const RECORDING: Duration = Duration::from_secs(60);
/// How often an error is repeated that only a person can mend.
const REMINDER: Duration = Duration::from_secs(3600);

/// Whether a loop goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    No,
    /// The source is not polled any more; the poll in hand is finished.
    AfterPoll,
    /// The program ends.
    Now,
}

/// Why a loop woke up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wake {
    Due,
    Stopped,
}

/// When a source is due: as the daemon begins, or as it goes on.
type Due = fn(&Schedule, &Past, Timestamp, &Calendar) -> Timestamp;

/// The loop of one source.
pub(super) struct Cycle<F> {
    shared: Arc<Shared<F>>,
    polled: Polled<F>,
    plan: watch::Receiver<Arc<Plan<F>>>,
    poll_now: watch::Receiver<u64>,
    stop: watch::Receiver<Stop>,
    past: Past,
    /// What the two clocks said at the last poll of this loop.
    polled_at: Option<(Timestamp, Instant)>,
    /// When it was last said that the clock cannot be believed.
    reminded: Option<Instant>,
}

impl<F: Fetch + Clone + Send + Sync + 'static> Cycle<F> {
    pub(super) fn new(shared: Arc<Shared<F>>, polled: Polled<F>, stop: watch::Receiver<Stop>) -> Self {
        let (plan, mut poll_now) = (shared.daemon.plan.clone(), shared.daemon.poll_now.clone());
        poll_now.mark_unchanged();
        Self { shared, polled, plan, poll_now, stop, past: Past::default(), polled_at: None, reminded: None }
    }

    /// Polls until it is stopped.
    pub(super) async fn run(mut self) -> Result<(), StoreError> {
        let result = self.poll_on().await;
        self.shared.daemon.progress.forget(self.name());
        result
    }

    async fn poll_on(&mut self) -> Result<(), StoreError> {
        let Some(Known { past, .. }) = self.known().await? else { return Ok(()) };
        self.past = past;
        let mut due: Due = first_due;
        loop {
            match self.wait(due).await {
                // A loop mostly waits. What it needs for a poll, ten kilobytes, is on the heap for that long only.
                Wake::Due => Box::pin(self.poll()).await?,
                Wake::Stopped => return Ok(()),
            }
            due = next_due;
        }
    }

    fn name(&self) -> &str {
        &self.polled.source.name
    }

    fn now(&self) -> Timestamp {
        (self.shared.daemon.clock)()
    }

    fn is_stopped(&self) -> bool {
        *self.stop.borrow() != Stop::No
    }

    /// Sleeps until the source is due, or is to be polled now.
    async fn wait(&mut self, due: Due) -> Wake {
        while !self.is_stopped() {
            let now = self.now();
            let due = due(&self.polled.schedule, &self.past_by(now), now, &self.plan.borrow().calendar);
            let mut step = (due - now).to_std().unwrap_or_default().min(LONGEST_STEP);
            if due <= now {
                match order::stamp(now, self.past.last) {
                    Ok(_) => return Wake::Due,
                    Err(ahead) => {
                        self.remind(&ahead);
                        step = LONGEST_STEP;
                    }
                }
            }
            self.shared.daemon.progress.expect(self.name(), step);
            let is_asked = tokio::select! {
                () = tokio::time::sleep(step) => false,
                _ = self.stop.changed() => false,
                Ok(()) = self.poll_now.changed() => true,
            };
            if is_asked && self.is_welcome() {
                return Wake::Due;
            }
        }
        Wake::Stopped
    }

    /// The past by the clock of this moment: where the clock was set since the last poll, as if it had been before.
    fn past_by(&self, now: Timestamp) -> Past {
        let last = self.polled_at.map_or(self.past.last, |(wall, instant)| {
            Some(wall + clock_step::step(now - wall, instant.elapsed()).unwrap_or_default())
        });
        Past { last, ..self.past.clone() }
    }

    /// Whether the source may be polled out of turn: not while its server wants to be left alone.
    fn is_welcome(&self) -> bool {
        let Some(pause) = paused(&self.past, self.now()) else { return true };
        let until = pause.until.to_rfc3339();
        tracing::info!(source = self.name(), until, reason = pause.reason, "not polled now: it is paused");
        false
    }

    /// Says that nothing can be polled before a person has set things right: at once, and again every hour.
    fn remind(&mut self, ahead: &Ahead) {
        if self.reminded.is_none_or(|reminded| reminded.elapsed() >= REMINDER) {
            tracing::error!(source = self.name(), "not polled: {ahead}");
            self.reminded = Some(Instant::now());
        }
    }

    /// One poll. It is recorded, or the program ends.
    async fn poll(&mut self) -> Result<(), StoreError> {
        let Some(Known { validators, past }) = self.known().await? else { return Ok(()) };
        // Another process may have polled as well.
        self.past = past;
        let Some((answer, _place)) = self.answer(&validators).await else { return Ok(()) };
        if let Some(done) = self.record(answer).await? {
            told::log(&self.polled.source, &done, &self.past);
            (self.shared.daemon.on_poll)(self.name(), &done);
            self.past = done.past;
        }
        Ok(())
    }

    /// What the server says, and the place that the answer takes until it is recorded; nothing when the loop was stopped
    /// before the server was asked.
    async fn answer(&mut self, validators: &Validators) -> Option<(Answer, Option<Place>)> {
        let shared = self.shared.clone();
        let Shared { daemon, manners, .. } = &*shared;
        let spacing = self.plan.borrow().spacing;
        let mut stop = self.stop.clone();
        let admission = self.polled.admit(manners, spacing);
        let admitted = tokio::select! {
            admitted = daemon.progress.while_waiting(self.name(), admission) => admitted,
            _ = stop.changed() => return None,
        };
        let now = self.now();
        let stamp = order::stamp(now, self.past.last).ok()?;
        self.polled_at = Some((now, Instant::now()));
        daemon.progress.expect(self.name(), self.polled.timeout);
        Some(match admitted {
            Ok(turn) => {
                let asking = ask(&self.polled, validators, stamp, daemon.clock, grace(stop));
                turn.ask(Box::pin(asking)).await
            }
            Err(barred) => (turned_away(&barred, stamp, self.now()), None),
        })
    }

    /// Records a poll as soon as the database can be written. Nothing when the program ends before that.
    async fn record(&self, answer: Answer) -> Result<Option<Done>, StoreError> {
        let poll = Poll { source: self.polled.source.clone(), answer, past: self.past.clone() };
        self.settle(self.shared.errands.record(poll)).await
    }

    async fn known(&self) -> Result<Option<Known>, StoreError> {
        self.settle(self.shared.errands.look(self.polled.source.clone())).await
    }

    /// Waits until an errand is done, by another loop or by this one when it has its turn.
    async fn settle<T>(&self, mut result: oneshot::Receiver<T>) -> Result<Option<T>, StoreError> {
        let Shared { daemon, turn, .. } = &*self.shared;
        let waiting = async {
            tokio::select! {
                biased;
                Ok(done) = &mut result => Turn::NotNeeded(done),
                turn = turn.lock() => Turn::Ours(turn),
            }
        };
        match daemon.progress.while_waiting(self.name(), waiting).await {
            Turn::NotNeeded(done) => Ok(Some(done)),
            Turn::Ours(turn) => self.patiently(turn, result).await,
        }
    }

    /// Does what waits until the own errand is done, again and again while that may help: the answers in hand are kept
    /// meanwhile. Gives up when the program ends or waiting helps nothing, and then for all.
    async fn patiently<T>(
        &self,
        mut turn: MutexGuard<'_, Option<Patience>>,
        mut result: oneshot::Receiver<T>,
    ) -> Result<Option<T>, StoreError> {
        let Shared { daemon, errands, .. } = &*self.shared;
        let mut stop = self.stop.clone();
        let mut failed = 0;
        while let Some(patience) = turn.as_mut() {
            if let Ok(done) = result.try_recv() {
                return Ok(Some(done));
            }
            daemon.progress.expect(self.name(), RECORDING);
            let errands = errands.clone();
            let error = match daemon.store.off_the_workers(move |store| errands.run(store)).await {
                Ok(()) => {
                    log_end(patience.worked(Instant::now()));
                    continue;
                }
                Err(error) => error,
            };
            match Remedy::of(&error) {
                Remedy::Stop => {
                    *turn = None;
                    return Err(error);
                }
                Remedy::Wait(_) if *stop.borrow() == Stop::Now => {
                    *turn = None;
                    let detail = format::error_chain(&error);
                    tracing::warn!(detail, "stopped before the answers in hand could be recorded");
                    return Ok(None);
                }
                Remedy::Wait(trouble) => log_trouble(patience, trouble, &error),
            }
            tokio::select! {
                () = tokio::time::sleep(pause(failed)) => {}
                Ok(_) = stop.wait_for(|stop| *stop == Stop::Now) => {}
            }
            failed += 1;
        }
        Ok(None)
    }
}

/// What came first to a loop that waits with an errand.
enum Turn<'a, T> {
    /// Its result: another loop did it.
    NotNeeded(T),
    /// The turn to do it.
    Ours(MutexGuard<'a, Option<Patience>>),
}

/// One line when a trouble begins, and one a minute.
fn log_trouble(patience: &mut Patience, trouble: Trouble, error: &StoreError) {
    if !patience.failed(trouble, Instant::now()) {
        return;
    }
    let (trouble_word, detail) = (trouble.word(), format::error_chain(error));
    macro_rules! line {
        ($level:ident) => {
            tracing::$level!(
                trouble = trouble_word,
                detail,
                "cannot record; waiting, and keeping the answers in hand"
            )
        };
    }
    if trouble == Trouble::Locked { line!(warn) } else { line!(error) }
}

fn log_end(lasted: Option<Duration>) {
    if let Some(lasted) = lasted {
        tracing::info!(after_s = lasted.as_secs(), "recording again");
    }
}

/// Done a little after the program was asked to stop.
async fn grace(mut stop: watch::Receiver<Stop>) {
    if stop.wait_for(|stop| *stop == Stop::Now).await.is_err() {
        // Nobody is left who could ask to stop.
        std::future::pending().await
    }
    tokio::time::sleep(GRACE).await;
}
