//! `pantau run`: the daemon and its signals.

use std::sync::{Arc, Mutex};

use tokio::sync::watch;

use crate::poll::{self, Daemon, Progress, RobotsRule};
use crate::{clock, files};

use super::context::Context;
use super::exit::Exit;
use super::plan::Clients;
use super::{RunArgs, log};

pub(super) fn run(context: &Context, args: &RunArgs) -> anyhow::Result<Exit> {
    log::start(context, args.log);
    context.sources(None)?;
    let plan = Clients::default().plan(&context.config)?;
    let store = context.writer()?;
    // One worker: the work is waiting, and every thread costs memory for years.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let shutdown = shutdown()?;
        let names: Vec<&str> = plan.sources.iter().map(|polled| polled.source.name.as_str()).collect();
        tracing::info!(database = %store.path().display(), sources = names.join(","), "started");
        if store.path().metadata().is_ok_and(|file| files::is_writable_by_all(&file)) {
            let path = store.path().display();
            tracing::warn!(database = %path, "every user of this machine can change the database; chmod o-w it");
        }
        for polled in plan.sources.iter().filter(|polled| polled.robots == RobotsRule::Ignore) {
            tracing::warn!(source = polled.source.name, "robots.txt is ignored");
        }
        if let Some(note) = context.calendar.note(context.calendar.date_of(context.now)) {
            tracing::warn!("{note}");
        }
        let (_plans, plan) = watch::channel(Arc::new(plan));
        let (_signals, poll_now) = watch::channel(0);
        let daemon = Daemon {
            store: Arc::new(Mutex::new(store)),
            plan,
            poll_now,
            clock: clock::now,
            progress: Progress::default(),
            on_poll: Arc::new(|_, _| {}),
        };
        poll::run(daemon, shutdown).await?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    })
}

/// Done when the program is asked to stop. The handlers are in place before this returns.
#[cfg(unix)]
fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        let asked = tokio::select! {
            _ = terminate.recv() => "SIGTERM",
            _ = interrupt.recv() => "Ctrl-C",
        };
        tracing::info!(asked, "stopping; the poll in hand is finished");
    })
}

#[cfg(not(unix))]
fn shutdown() -> std::io::Result<impl Future<Output = ()>> {
    Ok(async {
        // Without a handler the program simply ends at once.
        let _ = tokio::signal::ctrl_c().await;
    })
}
