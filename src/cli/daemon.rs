//! `pantau run`: the daemon, its signals and its logs.

use std::sync::{Arc, Mutex};

use tracing_subscriber::EnvFilter;

use crate::clock;
use crate::poll;

use super::context::{Context, polled};
use super::exit::Exit;

pub(super) fn run(context: &Context) -> anyhow::Result<Exit> {
    start_log(context);
    let sources = context.sources(None)?.into_iter().map(polled).collect::<anyhow::Result<Vec<_>>>()?;
    let store = context.writer()?;
    // One worker: the work is waiting, and every thread costs memory for years.
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    runtime.block_on(async {
        let shutdown = shutdown()?;
        let names: Vec<&str> = sources.iter().map(|polled| polled.source.name.as_str()).collect();
        tracing::info!(database = %store.path().display(), sources = names.join(","), "started");
        if let Some(note) = context.calendar.note(context.calendar.date_of(context.now)) {
            tracing::warn!("{note}");
        }
        let calendar = context.calendar.clone();
        poll::run(Arc::new(Mutex::new(store)), sources, calendar, clock::now, shutdown).await?;
        tracing::info!("stopped");
        Ok(Exit::Done)
    })
}

/// Logs to stderr; RUST_LOG refines what -q and -v say.
fn start_log(context: &Context) {
    let level = match (context.quiet, context.verbose) {
        (true, _) => "error",
        (false, 0) => "info",
        (false, 1) => "pantau=debug,info",
        (false, _) => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(level));
    let is_coloured = anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(is_coloured)
        .init();
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
