//! The accept loop: so many connections and no more, each for one request and for so long and no longer. `axum::serve`
//! knows none of these bounds (axum#3478). Knows no page.

use std::time::Duration;

use axum::Router;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

/// How long to wait after the system could not give a connection, for instance for want of file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// How long an answer that is on its way may still take once the listener closes.
const GRACE: Duration = Duration::from_millis(300);

/// The bytes of a request's head, its target included.
const HEAD_BYTES: usize = 16 * 1024;

/// What one caller, and all of them together, may take.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    /// Connections at a time; further ones are closed at once.
    pub(super) connections: usize,
    /// The time for a request's head.
    pub(super) head: Duration,
    /// The time for a connection altogether: the request, and the answer read to its end.
    pub(super) connection: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self { connections: 64, head: Duration::from_secs(5), connection: Duration::from_secs(15) }
    }
}

/// Answers until `shutdown` is done; what is being answered then is finished, if that is soon.
pub(super) async fn serve(
    listener: TcpListener,
    router: Router,
    limits: Limits,
    shutdown: impl Future<Output = ()>,
) {
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let stream = tokio::select! {
            stream = accept(&listener) => stream,
            () = &mut shutdown => break,
        };
        while connections.try_join_next().is_some() {}
        if connections.len() < limits.connections {
            connections.spawn(converse(stream, router.clone(), limits));
        }
    }
    drop(listener);
    let finish = async { while connections.join_next().await.is_some() {} };
    // What is not finished by then is cut: the set ends its tasks.
    let _ = tokio::time::timeout(GRACE, finish).await;
}

async fn accept(listener: &TcpListener) -> TcpStream {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => return stream,
            Err(error) => {
                tracing::warn!(%error, "no connection can be accepted; trying again in a moment");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// One request. A deadline of the connection is then one of the request, and an idle caller keeps no seat.
async fn converse(stream: TcpStream, router: Router, limits: Limits) {
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.head)
        .max_buf_size(HEAD_BYTES)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    match tokio::time::timeout(limits.connection, connection).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, "a connection ended early"),
        Err(_) => tracing::debug!("a connection took too long"),
    }
}
