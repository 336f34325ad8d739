//! `pantau run`: the daemon and its signals.

use std::sync::{Arc, Mutex};

use crate::alert::Alerts;
use crate::{clock, files, poll, query};

use super::channels::armed;
use super::context::{Context, polled};
use super::exit::Exit;
use super::{RunArgs, log};

pub(super) fn run(context: &Context, args: &RunArgs) -> anyhow::Result<Exit> {
    log::start(context, args.log);
    let sources = context.sources(None)?.into_iter().map(polled).collect::<anyhow::Result<Vec<_>>>()?;
    let armed = armed(&context.config)?;
    let store = Arc::new(Mutex::new(context.writer()?));
    // One worker: the work is waiting, and every thread costs memory for years.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let shutdown = shutdown()?;
        let names: Vec<&str> = sources.iter().map(|polled| polled.source.name.as_str()).collect();
        let path = &context.config.database;
        tracing::info!(database = %path.display(), sources = names.join(","), "started");
        if path.metadata().is_ok_and(|file| files::is_writable_by_all(&file)) {
            let path = path.display();
            tracing::warn!(database = %path, "every user of this machine can change the database; chmod o-w it");
        }
        if let Some(note) = context.calendar.note(context.calendar.date_of(context.now)) {
            tracing::warn!("{note}");
        }
        let calendar = context.calendar.clone();
        let alerts = Arc::new(Alerts::new(store.clone(), armed, clock::now));
        let on_poll = {
            let alerts = alerts.clone();
            Arc::new(move |_: &str, _: &poll::Done| alerts.look())
        };
        let polls = poll::run(store, sources, calendar, clock::now, on_poll, shutdown);
        alongside(polls, &alerts).await?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    })
}

/// Looks after the alerts for as long as something else goes on.
async fn alongside<T>(work: impl Future<Output = T>, alerts: &Alerts) -> T {
    let (ended, end) = tokio::sync::oneshot::channel();
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
