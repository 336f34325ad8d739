//! `pantau run`: how the daemon begins and how it ends.

use tokio::runtime::Builder;

use crate::fetch::Client;
use crate::poll::Plan;
use crate::store::{DatabaseLock, Patience, SharedStore, Store, StoreError};
use crate::{clock, files};

use super::context::Context;
use super::exit::{Exit, Refusal};
use super::pages::Showing;
use super::push::Pushing;
use super::reload::Configured;
use super::running::{Running, tell_ignored_robots};
use super::{Global, RunArgs, log};

pub(super) fn run(global: &Global, context: &Context, args: &RunArgs) -> anyhow::Result<Exit> {
    log::start(context, args.log_format.map_or(context.config.log_format, Into::into));
    let (configured, in_force) = Configured::begin(context.config.clone())?;
    let pushing = Pushing::configured(context)?;
    // Held until the process ends.
    let _lock = DatabaseLock::take(&context.config.database)?;
    let mut store = context.writer()?;
    store.wait_as(Patience::Daemon)?;
    // One worker: the work is waiting, and every thread costs memory for years.
    let workers = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // Whatever hangs there, this thread hears signals and speaks to the service manager.
    let desk = Builder::new_current_thread().enable_all().build()?;
    let showing = workers.block_on(Showing::open(context, args.listen))?;
    tell_start(context, &store, &in_force.plan);
    let store = SharedStore::new(store);
    let telling = showing.telling();
    let running = async {
        Running::begin(global, configured, in_force, &store, telling, pushing)?.poll(workers.handle()).await
    };
    let ended = desk.block_on(showing.beside(context, workers.handle(), running));
    // Work with a database that another process holds is not waited for.
    workers.shutdown_background();
    ended.map_err(|error| last_words(error, &store))?;
    tracing::info!("stopped");
    Ok(Exit::Done)
}

/// Before the daemon ends over its database: what is only in an open file without a name is brought to safety.
fn last_words(error: anyhow::Error, store: &SharedStore) -> anyhow::Error {
    if !error.downcast_ref::<StoreError>().is_some_and(StoreError::is_displaced) {
        return error;
    }
    match store.lock().rescue(clock::now()) {
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
