//! One transaction on the server: rows, and that they were told.
//!
//! All pushers write rows in the order of their keys, first what is new and then what changed, so that two of them wait for
//! each other at most in one direction.

use std::collections::HashMap;
use std::pin::pin;

use tokio_postgres::Transaction;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};

use crate::query::{Fingerprint, Part, Sighted};

use super::copy::Copied;
use super::error::PushError;
use super::row::Row;
use super::session::{Session, doing, patiently};

const COPY: &str = "COPY pantau_batch FROM STDIN BINARY";
const TYPES: [Type; 9] = [
    Type::INT4,
    Type::INT8,
    Type::INT8,
    Type::TEXT,
    Type::TEXT,
    Type::BYTEA,
    Type::TEXT,
    Type::TEXT,
    Type::TEXT,
];

const INSERT: &str = "INSERT INTO pantau.observation \
    (series_id, captured_at, until, verdict, standing, digest, level, change, percent) \
    SELECT series_id, to_timestamp(captured_at), to_timestamp(until), verdict::pantau.verdict, \
           standing::pantau.standing, digest, level::numeric, change::numeric, percent::numeric \
    FROM pantau_batch ORDER BY series_id, captured_at, digest ON CONFLICT DO NOTHING";

/// The rows that differ are locked in the order of their keys before any of them is changed.
const CHANGE: &str = "WITH differing AS ( \
        SELECT kept.series_id, kept.captured_at, kept.digest, batch.standing::pantau.standing AS standing, \
               to_timestamp(batch.until) AS until \
        FROM pantau_batch AS batch \
        JOIN pantau.observation AS kept ON kept.series_id = batch.series_id \
             AND kept.captured_at = to_timestamp(batch.captured_at) AND kept.digest = batch.digest \
        WHERE kept.standing <> batch.standing::pantau.standing \
           OR to_timestamp(batch.until) > coalesce(kept.until, '-infinity') \
        ORDER BY kept.series_id, kept.captured_at, kept.digest FOR UPDATE OF kept) \
    UPDATE pantau.observation AS kept \
    SET standing = differing.standing, until = greatest(kept.until, differing.until) \
    FROM differing WHERE kept.series_id = differing.series_id AND kept.captured_at = differing.captured_at \
         AND kept.digest = differing.digest";

const TELL: &str = "INSERT INTO pantau.told (database, source_id, part, fingerprint) \
    SELECT $1, $2, part, fingerprint FROM unnest($3::bigint[], $4::bytea[]) AS new (part, fingerprint) \
    ORDER BY part \
    ON CONFLICT (database, source_id, part) DO UPDATE SET fingerprint = excluded.fingerprint";

/// Rows that are written together, and the parts that they are all of.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) rows: Vec<Row>,
    pub(super) told: Vec<(Part, Fingerprint)>,
}

impl Session {
    /// What a database told of a source already, from a part on.
    pub(super) async fn told(
        &self,
        database: &str,
        source: i32,
        from: Part,
    ) -> Result<HashMap<Part, Fingerprint>, PushError> {
        let sql =
            "SELECT part, fingerprint FROM pantau.told WHERE database = $1 AND source_id = $2 AND part >= $3";
        let asking = async {
            doing("ask what was told", self.client.query(sql, &[&database, &source, &from.0])).await
        };
        let rows = patiently("ask what was told", asking).await?;
        // A fingerprint of another length is none of ours, and as good as none.
        let known =
            |row: &tokio_postgres::Row| Some((Part(row.get(0)), row.get::<_, &[u8]>(1).try_into().ok()?));
        Ok(rows.iter().filter_map(known).collect())
    }

    /// Writes a batch, all of it or nothing.
    pub(super) async fn write(
        &mut self,
        database: &str,
        source: i32,
        batch: &Batch,
    ) -> Result<Copied, PushError> {
        patiently("copy observations", async {
            let transaction = doing("begin a transaction", self.client.transaction()).await?;
            let copied = copy(&transaction, &batch.rows).await?;
            tell(&transaction, database, source, &batch.told).await?;
            doing("commit", transaction.commit()).await?;
            Ok(copied)
        })
        .await
    }
}

async fn copy(transaction: &Transaction<'_>, rows: &[Row]) -> Result<Copied, PushError> {
    if rows.is_empty() {
        return Ok(Copied::default());
    }
    doing("copy observations", fill(transaction, rows)).await?;
    let new = doing("add observations", transaction.execute(INSERT, &[])).await?;
    let rows = rows.len() as u64;
    let changed =
        if new < rows { doing("change observations", transaction.execute(CHANGE, &[])).await? } else { 0 };
    Ok(Copied { rows, new, changed, same: rows.saturating_sub(new + changed) })
}

async fn fill(transaction: &Transaction<'_>, rows: &[Row]) -> Result<(), tokio_postgres::Error> {
    let mut writer = pin!(BinaryCopyInWriter::new(transaction.copy_in(COPY).await?, &TYPES));
    for row in rows {
        let Sighted { at, until, verdict, standing, digest, .. } = &row.sighted;
        let (at, until) = (at.timestamp(), until.map(|until| until.timestamp()));
        let (verdict, standing, digest) = (verdict.word(), standing.word(), digest.0.as_slice());
        let [level, change, percent] = row.numbers();
        let values: [&(dyn ToSql + Sync); 9] =
            [&row.series, &at, &until, &verdict, &standing, &digest, &level, &change, &percent];
        writer.as_mut().write(&values).await?;
    }
    writer.finish().await.map(drop)
}

async fn tell(
    transaction: &Transaction<'_>,
    database: &str,
    source: i32,
    told: &[(Part, Fingerprint)],
) -> Result<(), PushError> {
    let parts: Vec<i64> = told.iter().map(|(part, _)| part.0).collect();
    let fingerprints: Vec<&[u8]> = told.iter().map(|(_, fingerprint)| fingerprint.as_slice()).collect();
    doing("note what was told", transaction.execute(TELL, &[&database, &source, &parts, &fingerprints]))
        .await?;
    Ok(())
}
