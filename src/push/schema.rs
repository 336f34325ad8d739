//! The tables on the server: made where there are none, and left alone where they are newer than what is known.

use tokio_postgres::{Client, GenericClient};

use super::error::PushError;
use super::session::{doing, patiently};

/// The version of [`SQL`].
const KNOWN: i32 = 1;
const SQL: &str = include_str!("schema.sql");

/// What daemons take turns by that make the tables at the same time: `pantau` in ASCII.
const TURN: i64 = 0x7061_6e74_6175;

/// Makes the tables where there are none.
pub(super) async fn prepare(client: &mut Client) -> Result<(), PushError> {
    patiently("look at the tables", async {
        if version(client).await?.is_some() {
            return Ok(());
        }
        let transaction = doing("make the tables", client.transaction()).await?;
        doing("make the tables", transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&TURN])).await?;
        // Another daemon may have been quicker.
        if version(&transaction).await?.is_none() {
            doing("make the tables", transaction.batch_execute(SQL)).await?;
        }
        doing("make the tables", transaction.commit()).await
    })
    .await
}

/// The version of the tables, if there are any; never one that is not known.
async fn version(client: &impl GenericClient) -> Result<Option<i32>, PushError> {
    // Asked of the catalogue itself: `to_regclass` remembers that there was none while it waited for its turn.
    let there =
        "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'pantau' AND tablename = 'schema_version')";
    if !doing("look at the tables", client.query_one(there, &[])).await?.get::<_, bool>(0) {
        return Ok(None);
    }
    let row = client.query_one("SELECT max(version) FROM pantau.schema_version", &[]);
    let found: i32 = doing("look at the tables", row).await?.get(0);
    if found > KNOWN { Err(PushError::Newer { found, known: KNOWN }) } else { Ok(Some(found)) }
}
