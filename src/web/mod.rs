//! Health and metrics over HTTP: the only user of axum, hyper and prometheus_client.
//!
//! Three pages to read and nothing to change: `/healthz` (is each polled source fresh?), `/readyz` (is the daemon at
//! work?) and `/metrics` (for Prometheus). Everything about stored values comes from `query`, through a connection of
//! its own. There is no authentication and no TLS: it listens on the loopback device unless another address is written
//! out. Knows nothing of how polls are made; it is told how they ended.

mod accept;
mod exposition;
mod gauges;
mod health;
mod host;
mod labels;
mod listen;
mod metrics;
mod pages;
mod process;
mod reading;
mod standing;
#[cfg(test)]
mod tests;

pub use listen::{Listen, ListenError, WebError};
pub use metrics::Metrics;
pub use pages::{HealthOf, Pages};
pub use standing::{Phase, Standing};

use tokio::net::TcpListener;

use accept::Limits;
use pages::Names;

/// Serves the pages on a socket that [`Listen::bind`] opened, until `shutdown` is done.
pub async fn serve(listener: TcpListener, pages: Pages, shutdown: impl Future<Output = ()>) {
    let is_open = listener.local_addr().is_ok_and(|address| !address.ip().to_canonical().is_loopback());
    let names = if is_open { Names::Any } else { Names::Own };
    accept::serve(listener, pages::router(pages, names), Limits::default(), shutdown).await;
}
