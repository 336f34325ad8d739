//! `pantau run`: the daemon, and what it is asked to do while it runs.

use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::{oneshot, watch};

use crate::alert::Alerts;
use crate::fetch::Client;
use crate::poll::{self, Daemon, Plan, Progress, RobotsRule, SharedStore};
use crate::store::{DatabaseLock, Store, StoreError};
use crate::{clock, files, format, query};

use super::context::Context;
use super::exit::{Exit, Refusal};
use super::pages::{Showing, Telling};
use super::reload::{Configured, InForce};
use super::service::{Service, StatusLine};
use super::signals::{Signal, Signals};
use super::{Global, RunArgs, log};

/// How long one try to write waits for another process. The daemon tries again; it must also be able to stop.
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// How long the work may take to end once it is asked to. Whatever gets on takes less.
const GOODBYE: Duration = Duration::from_millis(4200);

pub(super) fn run(global: &Global, context: &Context, args: &RunArgs) -> anyhow::Result<Exit> {
    log::start(context, args.log_format.map_or(context.config.log, Into::into));
    let (configured, in_force) = Configured::begin(context.config.clone())?;
    // Held until the process ends.
    let _lock = DatabaseLock::take(&context.config.database)?;
    let store = context.writer()?;
    store.wait_at_most(LONGEST_WAIT)?;
    // One worker: the work is waiting, and every thread costs memory for years.
    let workers = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // Whatever hangs there, this thread hears signals and speaks to the service manager.
    let desk = Builder::new_current_thread().enable_all().build()?;
    let showing = workers.block_on(Showing::open(context, args.listen))?;
    tell_start(context, &store, &in_force.plan);
    let store = Arc::new(Mutex::new(store));
    let serving = serve(workers.handle(), global, configured, in_force, store.clone(), showing.telling());
    let ended = desk.block_on(showing.beside(context, workers.handle(), serving));
    // Work with a database that another process holds is not waited for.
    workers.shutdown_background();
    ended.map_err(|error| last_words(error, &store))?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// Before the daemon ends over its database: what is only in an open file without a name is brought to safety.
fn last_words(error: anyhow::Error, store: &Mutex<Store>) -> anyhow::Error {
    if !error.downcast_ref::<StoreError>().is_some_and(StoreError::is_displaced) {
        return error;
    }
    let store = store.lock().unwrap_or_else(PoisonError::into_inner);
    match store.rescue(clock::now()) {
        Ok(rescued) => {
            let hint = format!(
                "all that was recorded is in {}; verify it, and move it to the path of the database",
                rescued.display()
            );
            Refusal::new(Exit::Failed, error.to_string()).hint(hint).into()
        }
        Err(failure) => {
            let message = format!("{error}, and what was recorded cannot be rescued");
            anyhow::Error::new(failure).context(message)
        }
    }
}

fn tell_start(context: &Context, store: &Store, plan: &Plan<Client>) {
    let names: Vec<&str> = plan.sources.iter().map(|polled| polled.source.name.as_str()).collect();
    tracing::info!(database = %store.path().display(), sources = names.join(","), "started");
    if store.path().metadata().is_ok_and(|file| files::is_writable_by_all(&file)) {
        let path = store.path().display();
        tracing::warn!(database = %path, "every user of this machine can change the database; chmod o-w it");
    }
    tell_ignored_robots(plan);
    if let Some(note) = context.calendar.note(context.calendar.date_of(context.now)) {
        tracing::warn!("{note}");
    }
}

fn tell_ignored_robots(plan: &Plan<Client>) {
    for polled in plan.sources.iter().filter(|polled| polled.robots == RobotsRule::Ignore) {
        tracing::warn!(source = polled.source.name, "robots.txt is ignored");
    }
}

/// Polls until it is asked to stop, and does what else it is asked for in between.
async fn serve(
    workers: &Handle,
    global: &Global,
    mut configured: Configured,
    in_force: InForce,
    store: SharedStore,
    telling: Telling,
) -> anyhow::Result<()> {
    telling.polls(&in_force.plan);
    let (mut signals, mut service) = (Signals::listen()?, Service::new());
    let delivered = telling.clone();
    let alerts = Alerts::new(store.clone(), in_force.armed, clock::now)
        .on_delivery(Arc::new(move |channel, fate| delivered.delivered(channel, fate)));
    let alerts = Arc::new(alerts);
    let (plans, plan) = watch::channel(Arc::new(in_force.plan));
    let (poll_now, asked) = watch::channel(0);
    let (stop, stopped) = watch::channel(false);
    let status = Arc::new(StatusLine::new(plan.clone(), clock::now));
    let (mut line, progress) = (status.line(), Progress::default());
    let (told, polled) = (alerts.clone(), telling.clone());
    let (keep, kept) = watch::channel(configured.retention());
    // Ends with the runtime; a batch that is being removed is finished, or rolled back, by itself.
    workers.spawn(poll::prune_daily(store.clone(), kept, clock::now));
    let daemon = Daemon {
        store,
        plan,
        poll_now: asked,
        clock: clock::now,
        progress: progress.clone(),
        on_poll: Arc::new(move |source, done| {
            status.observe(source, done);
            told.look();
            polled.polled(source, &done.attempt);
        }),
    };
    let (begun, begins) = oneshot::channel();
    let polling = announced(poll::run(daemon, asked_to_stop(stopped.clone())), begun);
    let mut polling = workers.spawn(alongside(polling, alerts.clone()));
    let (has_begun, late) = (announcement(begins), late(stopped));
    tokio::pin!(has_begun, late);
    let mut is_ready = false;
    loop {
        tokio::select! {
            ended = &mut polling => return Ok(ended.unwrap_or_else(|error| resume_unwind(error.into_panic()))?),
            () = &mut late => {
                tracing::error!("stopped without waiting longer for what hangs");
                return Ok(());
            }
            () = &mut has_begun, if !is_ready => {
                service.ready(&line.borrow_and_update());
                telling.started();
                is_ready = true;
            }
            signal = signals.next() => match signal {
                Signal::Stop(asked) => {
                    tracing::info!(asked, "stopping; the poll in hand is finished");
                    service.stopping();
                    telling.stopping();
                    stop.send_replace(true);
                }
                Signal::Reload => {
                    service.reloading();
                    reload(&mut configured, global, &plans, &alerts, &telling);
                    keep.send_replace(configured.retention());
                    service.ready(&line.borrow_and_update());
                }
                Signal::PollNow => {
                    tracing::info!("asked to poll every source now");
                    poll_now.send_modify(|times| *times += 1);
                }
            },
            () = service.attend(&progress) => {}
            Ok(()) = line.changed() => service.status(&line.borrow_and_update()),
        }
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

/// Goes by the configuration as it is now; by the one of before where that cannot be meant.
fn reload(
    configured: &mut Configured,
    global: &Global,
    plans: &watch::Sender<Arc<Plan<Client>>>,
    alerts: &Alerts,
    telling: &Telling,
) {
    match configured.reload(global) {
        Ok(InForce { plan, armed }) => {
            tell_ignored_robots(&plan);
            telling.polls(&plan);
            plans.send_replace(Arc::new(plan));
            alerts.replace(armed);
        }
        Err(error) => {
            let error = format::error_chain(error.as_ref());
            tracing::error!("the configuration was not changed: {error}");
        }
    }
}
