//! The daemon while it runs: everything that it is steered by, what it is asked to do, and who is told of what it did.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::alert::Alerts;
use crate::fetch::{Client, RobotsRule};
use crate::poll::{self, Daemon, Observer, Plan, Progress, Retention};
use crate::store::{SharedStore, StoreError};
use crate::{clock, format, query};

use super::Global;
use super::pages::Telling;
use super::push::Pushing;
use super::reload::{Configured, InForce};
use super::service::{Service, StatusLine};
use super::signals::{Signal, Signals};

/// How long the work may take to end once it is asked to. Whatever gets on takes less.
const GOODBYE: Duration = Duration::from_millis(4200);

/// A daemon that runs. It is steered from a thread of its own: whatever hangs among the workers, signals are heard and
/// the service manager is spoken to.
pub(super) struct Running<'a> {
    /// What the command line says: a configuration that is read again comes from the same place.
    global: &'a Global,
    configured: Configured,
    signals: Signals,
    service: Service,
    status: Arc<StatusLine>,
    /// What the service manager is shown of the status.
    line: watch::Receiver<String>,
    telling: Telling,
    store: SharedStore,
    alerts: Arc<Alerts>,
    pushing: Arc<Pushing>,
    progress: Progress,
    plans: watch::Sender<Arc<Plan<Client>>>,
    kept: watch::Sender<Retention>,
    poll_now: watch::Sender<u64>,
    stop: watch::Sender<bool>,
}

impl<'a> Running<'a> {
    /// From here on signals are listened to.
    pub(super) fn begin(
        global: &'a Global,
        configured: Configured,
        InForce { plan, armed }: InForce,
        store: &SharedStore,
        telling: Telling,
        pushing: Pushing,
    ) -> anyhow::Result<Self> {
        telling.polls(&plan);
        let signals = Signals::listen()?;
        let plans = watch::Sender::new(Arc::new(plan));
        let status = Arc::new(StatusLine::new(plans.subscribe(), clock::now));
        let delivered = telling.clone();
        let alerts = Alerts::new(store.clone(), armed, clock::now)
            .on_delivery(Arc::new(move |channel, fate| delivered.delivered(channel, fate)));
        Ok(Self {
            global,
            signals,
            service: Service::new(),
            line: status.line(),
            status,
            pushing: Arc::new(pushing.telling(telling.clone())),
            telling,
            store: store.clone(),
            alerts: Arc::new(alerts),
            progress: Progress::default(),
            plans,
            kept: watch::Sender::new(configured.retention()),
            poll_now: watch::Sender::new(0),
            stop: watch::Sender::new(false),
            configured,
        })
    }

    /// Lets the workers poll until it is asked to stop, and does what else it is asked for in between.
    pub(super) async fn poll(self, workers: &Handle) -> anyhow::Result<()> {
        // Ends with the workers; a batch that is being removed is finished, or rolled back, by itself.
        workers.spawn(poll::prune_daily(self.store.clone(), self.kept.subscribe(), clock::now));
        let (pushing, asked) = (self.pushing.clone(), asked_to_stop(self.stop.subscribe()));
        workers.spawn(async move { pushing.follow(asked).await });
        let (begun, begins) = oneshot::channel();
        let polling = poll::run(self.daemon(), asked_to_stop(self.stop.subscribe()));
        let polling = workers.spawn(alongside(announced(polling, begun), self.alerts.clone()));
        self.obey_beside(polling, begins).await
    }

    fn daemon(&self) -> Daemon<Client> {
        Daemon {
            store: self.store.clone(),
            plan: self.plans.subscribe(),
            poll_now: self.poll_now.subscribe(),
            clock: clock::now,
            progress: self.progress.clone(),
            on_poll: self.on_poll(),
        }
    }

    /// Who is told of each poll.
    fn on_poll(&self) -> Observer {
        let (status, alerts, telling) = (self.status.clone(), self.alerts.clone(), self.telling.clone());
        let pushing = self.pushing.clone();
        Arc::new(move |source, done| {
            status.observe(source, done);
            alerts.look();
            pushing.recorded();
            telling.polled(source, &done.attempt);
        })
    }

    async fn obey_beside(
        mut self,
        mut polling: JoinHandle<Result<(), StoreError>>,
        begins: oneshot::Receiver<()>,
    ) -> anyhow::Result<()> {
        let (has_begun, late) = (announcement(begins), late(self.stop.subscribe()));
        tokio::pin!(has_begun, late);
        let mut is_ready = false;
        loop {
            tokio::select! {
                ended = &mut polling => {
                    return Ok(ended.unwrap_or_else(|error| resume_unwind(error.into_panic()))?);
                }
                () = &mut late => {
                    tracing::error!("stopped without waiting longer for what hangs");
                    return Ok(());
                }
                () = &mut has_begun, if !is_ready => {
                    self.tell_ready();
                    self.telling.started();
                    is_ready = true;
                }
                signal = self.signals.next() => self.obey(signal),
                () = self.service.attend(&self.progress) => {}
                Ok(()) = self.line.changed(), if self.service.is_heard() => self.service.status(&self.line.borrow_and_update()),
            }
        }
    }

    fn obey(&mut self, signal: Signal) {
        match signal {
            Signal::Stop(asked) => {
                tracing::info!(asked, "stopping; the poll in hand is finished");
                self.service.stopping();
                self.telling.stopping();
                self.stop.send_replace(true);
            }
            Signal::Reload => {
                self.service.reloading();
                self.reload();
                self.tell_ready();
            }
            Signal::PollNow => {
                tracing::info!("asked to poll every source now");
                self.poll_now.send_modify(|times| *times += 1);
            }
        }
    }

    /// Goes by the configuration as it is now; by the one of before where that cannot be meant.
    fn reload(&mut self) {
        match self.configured.reload(self.global) {
            Ok(InForce { plan, armed }) => {
                tell_ignored_robots(&plan);
                self.telling.polls(&plan);
                self.plans.send_replace(Arc::new(plan));
                self.alerts.replace(armed);
                self.kept.send_replace(self.configured.retention());
            }
            Err(error) => {
                let error = format::error_chain(error.as_ref());
                tracing::error!("the configuration was not changed: {error}");
            }
        }
    }

    fn tell_ready(&mut self) {
        self.service.ready(&self.line.borrow_and_update());
    }
}

pub(super) fn tell_ignored_robots(plan: &Plan<Client>) {
    for polled in plan.sources.iter().filter(|polled| polled.robots == RobotsRule::Ignore) {
        tracing::warn!(source = polled.source.name, "robots.txt is ignored");
    }
}

async fn asked_to_stop(mut stopped: watch::Receiver<bool>) {
    // Without anybody who could ask there is nothing left to run for.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// Done when what is asked to stop should have ended.
async fn late(stopped: watch::Receiver<bool>) {
    asked_to_stop(stopped).await;
    tokio::time::sleep(GOODBYE).await;
}

/// Says that some work has begun once it has had its first turn.
async fn announced<T>(work: impl Future<Output = T>, begun: oneshot::Sender<()>) -> T {
    tokio::pin!(work);
    tokio::select! {
        biased;
        done = &mut work => return done,
        () = std::future::ready(()) => {}
    }
    // Nobody waits for it who ends already.
    let _ = begun.send(());
    work.await
}

/// Done when something is announced; never when whoever would do so is gone.
async fn announcement(begins: oneshot::Receiver<()>) {
    if begins.await.is_err() {
        std::future::pending().await
    }
}

/// Looks after the alerts for as long as something else goes on.
async fn alongside<T>(work: impl Future<Output = T>, alerts: Arc<Alerts>) -> T {
    let (ended, end) = oneshot::channel();
    let work = async {
        let result = work.await;
        drop(ended);
        result
    };
    let end = async {
        // It ends by being dropped.
        let _: Result<(), _> = end.await;
    };
    tokio::join!(work, alerts.run(query::facts, end)).0
}
