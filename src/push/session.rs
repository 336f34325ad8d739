//! A connection to the server. Nothing is waited for without end: a server that hangs is as good as one that is away.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_postgres::Client;
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::fetch::{CertificateError, trust};

use super::error::PushError;
use super::target::Target;

/// How long one step may take: far more than a batch does.
const PATIENCE: Duration = Duration::from_secs(120);
/// How long it may take until a server has accepted us, encryption and all.
const WELCOME: Duration = Duration::from_secs(30);

/// What a batch is copied into before it is sorted into the table, for as long as its transaction lasts. Joins with it are
/// few rows against many: the planner, which knows nothing of a temporary table, would read the whole table.
const SETUP: &str = "CREATE TEMP TABLE pantau_batch (series_id int, captured_at bigint, until bigint, verdict text, \
                     standing text, digest bytea, level text, change text, percent text) ON COMMIT DELETE ROWS; \
                     SET enable_hashjoin = off; SET enable_mergejoin = off; SET idle_in_transaction_session_timeout = '5min'";

/// An open connection.
pub(super) struct Session {
    pub(super) client: Client,
    connection: JoinHandle<()>,
}

impl Session {
    /// Connects, and brings the tables there to the version that is known.
    pub(super) async fn open(target: &Target) -> Result<Self, PushError> {
        let tls = MakeRustlsConnect::new(trust(certificates(target)?.as_deref()).map_err(|source| {
            PushError::Certificates { path: target.root_certificates.clone().unwrap_or_default(), source }
        })?);
        let connecting = async {
            target
                .config
                .connect(tls)
                .await
                .map_err(|source| PushError::Connect { server: target.label().to_owned(), source })
        };
        let (client, connection) = within(WELCOME, "connect", connecting).await?;
        // Its errors are those of the next thing that is asked of the client.
        let connection = tokio::spawn(async { drop(connection.await) });
        let mut session = Self { client, connection };
        super::schema::prepare(&mut session.client).await?;
        patiently("set up the session", doing("set up the session", session.client.batch_execute(SETUP)))
            .await?;
        Ok(session)
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.connection.abort();
    }
}

fn certificates(target: &Target) -> Result<Option<Vec<u8>>, PushError> {
    let read = |path: &std::path::PathBuf| {
        std::fs::read(path).map_err(|source| PushError::Certificates {
            path: path.clone(),
            source: CertificateError::Read(source),
        })
    };
    target.root_certificates.as_ref().map(read).transpose()
}

/// Says what was being done when something on the server fails.
pub(super) async fn doing<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, PushError> {
    work.await.map_err(|source| PushError::Server { doing: what, source })
}

/// Waits for the server, but not for ever.
pub(super) async fn patiently<T>(
    what: &'static str,
    work: impl Future<Output = Result<T, PushError>>,
) -> Result<T, PushError> {
    within(PATIENCE, what, work).await
}

async fn within<T>(
    bound: Duration,
    what: &'static str,
    work: impl Future<Output = Result<T, PushError>>,
) -> Result<T, PushError> {
    let silent = |_| PushError::Silent { doing: what, within: bound };
    tokio::time::timeout(bound, work).await.map_err(silent)?
}
