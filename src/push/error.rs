//! Why nothing, or not all, was copied. What was copied before stays.

use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::error::SqlState;

use crate::fetch::CertificateError;
use crate::store::StoreError;

/// Why nothing, or not all, was copied.
#[derive(Debug, thiserror::Error)]
pub enum PushError {
    /// The address cannot be meant. It is not shown: it may hold a password.
    #[error("the address of the PostgreSQL server {0}")]
    Address(String),
    /// The certificates that the server's may be signed by.
    #[error("failed to use the certificates in {}", path.display())]
    Certificates {
        /// The file.
        path: PathBuf,
        /// Why.
        source: CertificateError,
    },
    /// The server cannot be reached, or refuses us.
    #[error("failed to connect to the PostgreSQL server at {server}")]
    Connect {
        /// Its host, port and database.
        server: String,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// Something did not work on the server.
    #[error("failed to {doing} on the PostgreSQL server")]
    Server {
        /// What was being done.
        doing: &'static str,
        /// Why.
        source: tokio_postgres::Error,
    },
    /// The server says nothing any more.
    #[error("the PostgreSQL server did not answer for {} s ({doing})", within.as_secs())]
    Silent {
        /// What was being done.
        doing: &'static str,
        /// How long it was waited for.
        within: Duration,
    },
    /// A newer version made the tables there.
    #[error("the tables on the PostgreSQL server are of version {found}, and this pantau knows {known}")]
    Newer {
        /// What is there.
        found: i32,
        /// What is known.
        known: i32,
    },
    /// The database here cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl PushError {
    /// Whether the same may work later without anybody's help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Connect { source, .. } | Self::Server { source, .. } => is_transient(source),
            Self::Silent { .. } => true,
            Self::Store(error) => error.is_locked(),
            Self::Address(_) | Self::Certificates { .. } | Self::Newer { .. } => false,
        }
    }

    /// Whether the server's certificate, or its lack of one, is the reason.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self, Self::Connect { source, .. } if source.to_string().starts_with("error performing TLS handshake"))
    }
}

/// A server that is away, starting, stopping, full or busy. Without a code there is no answer of the server at all: a
/// connection that failed or ended, which is the same, unless TLS failed.
fn is_transient(error: &tokio_postgres::Error) -> bool {
    let Some(code) = error.code() else { return error.is_closed() || is_io(error) };
    let class = &code.code()[..2];
    // Connection exceptions, insufficient resources, operator intervention (a server that stops or starts).
    matches!(class, "08" | "53" | "57")
        || [
            SqlState::T_R_SERIALIZATION_FAILURE,
            SqlState::T_R_DEADLOCK_DETECTED,
            SqlState::LOCK_NOT_AVAILABLE,
            SqlState::READ_ONLY_SQL_TRANSACTION,
        ]
        .contains(code)
}

fn is_io(error: &tokio_postgres::Error) -> bool {
    let source = std::error::Error::source(error);
    let is_tls = error.to_string().starts_with("error performing TLS handshake");
    !is_tls && source.is_some_and(|source| source.is::<std::io::Error>())
        || error.to_string() == "timeout waiting for server"
}
