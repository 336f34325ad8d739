//! Row seals: a CRC-32 over every other column of a row, so that any single flipped bit in a stored value or
//! time is found. SQLite's own `integrity_check` sees structure, not values (it missed 15 % of such flips).

use std::sync::OnceLock;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;

/// A table and the columns its seal covers: all but the seal itself.
pub(super) struct Sealed {
    pub(super) table: &'static str,
    pub(super) columns: &'static [&'static str],
    put: OnceLock<String>,
    add: OnceLock<String>,
}

macro_rules! sealed {
    ($name:ident, $table:literal, $($column:literal),+ $(,)?) => {
        pub(super) static $name: Sealed = Sealed { table: $table, columns: &[$($column),+], put: OnceLock::new(), add: OnceLock::new() };
    };
}

sealed!(SOURCE, "source", "id", "name", "url", "log_begins_at");
sealed!(INDICATOR, "indicator", "id", "source_id", "slug", "label", "kind", "unit", "heartbeat");
sealed!(
    CAPTURE,
    "capture",
    "id",
    "source_id",
    "url",
    "captured_at",
    "origin",
    "digest",
    "page_date",
    "block"
);
sealed!(
    OBSERVATION,
    "observation",
    "indicator_id",
    "first_seen",
    "last_seen",
    "level",
    "level_scale",
    "change",
    "change_scale",
    "percent",
    "percent_scale",
    "verdict",
    "capture_id",
);
sealed!(
    POLL,
    "poll",
    "id",
    "source_id",
    "started_at",
    "outcome",
    "http_status",
    "duration_ms",
    "body_bytes",
    "rows",
    "detail",
    "seen_at",
    "capture_id",
);
sealed!(SIGHTING, "sighting", "source_id", "seen_at", "capture_id");
sealed!(
    HELD,
    "held",
    "id",
    "indicator_id",
    "seen_at",
    "last_seen",
    "level",
    "level_scale",
    "change",
    "change_scale",
    "percent",
    "percent_scale",
    "reason",
    "capture_id",
    "decision",
);
sealed!(VALIDATOR, "validator", "source_id", "url", "layout", "etag", "last_modified", "capture_id");
sealed!(PAUSE, "pause", "source_id", "until", "reason");
sealed!(ALERT, "alert", "name", "rule", "state", "since");
sealed!(
    DELIVERY,
    "delivery",
    "id",
    "alert",
    "kind",
    "rule",
    "readings",
    "since",
    "made_at",
    "channel",
    "attempts",
    "next_attempt_at",
    "outcome",
    "detail",
);
sealed!(
    KEPT_PAGE,
    "kept_page",
    "id",
    "source_id",
    "url",
    "content_type",
    "digest",
    "bytes",
    "was_cut",
    "body",
);
sealed!(
    ROLLUP,
    "rollup",
    "indicator_id",
    "grain",
    "first_seen",
    "last_seen",
    "open",
    "open_scale",
    "high",
    "high_scale",
    "high_at",
    "low",
    "low_scale",
    "low_at",
    "close",
    "close_scale",
    "runs",
);
sealed!(ROLLED, "rolled", "indicator_id", "until");
sealed!(KEPT_SIGHTING, "kept_sighting", "page_id", "poll_id", "seen_at");

/// Every sealed table.
pub(super) static ALL: [&Sealed; 15] = [
    &SOURCE,
    &INDICATOR,
    &CAPTURE,
    &OBSERVATION,
    &POLL,
    &SIGHTING,
    &HELD,
    &VALIDATOR,
    &PAUSE,
    &ALERT,
    &DELIVERY,
    &KEPT_PAGE,
    &KEPT_SIGHTING,
    &ROLLUP,
    &ROLLED,
];

impl Sealed {
    /// Writes a whole row, replacing the one with the same key. Parameters are the columns in order.
    pub(super) fn put(&self) -> &str {
        self.put.get_or_init(|| format!("INSERT OR REPLACE {}", self.row()))
    }

    /// Writes a whole row that is not there yet. Half the work of looking for one to replace, which SQLite takes out
    /// key by key as a deletion of its own where other rows are referred to.
    pub(super) fn add(&self) -> &str {
        self.add.get_or_init(|| format!("INSERT {}", self.row()))
    }

    fn row(&self) -> String {
        let values = (1..=self.columns.len()).map(|at| format!("?{at}")).collect::<Vec<_>>().join(", ");
        let (table, names) = (self.table, self.names());
        format!("INTO {table} ({names}, seal) VALUES ({values}, seal('{table}', {values}))")
    }

    /// The columns, comma-separated.
    pub(super) fn names(&self) -> String {
        self.columns.join(", ")
    }

    /// Counts the rows whose seal does not fit.
    pub(super) fn count_broken(&self) -> String {
        format!("SELECT count(*) FROM {0} WHERE seal IS NOT seal('{0}', {1})", self.table, self.names())
    }
}

/// Teaches a connection the SQL function `seal(table, column...)`.
pub(super) fn register(connection: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("seal", -1, flags, |context| {
        let mut hasher = crc32fast::Hasher::new();
        for at in 0..context.len() {
            each_part(context.get_raw(at), |part| hasher.update(part));
        }
        // As a signed 32-bit number SQLite stores it in four bytes.
        Ok(hasher.finalize().cast_signed())
    })
}

/// What `seal(table, column...)` gives for a row of nothing but whole numbers. Most rows are such, and a call from SQL
/// costs more than all else that is done with a small one.
pub(super) fn of_numbers(table: &str, columns: &[Option<i64>]) -> i32 {
    let mut bytes = Vec::with_capacity((columns.len() + 2) * 17 + table.len());
    let columns = columns.iter().map(|column| column.map_or(ValueRef::Null, ValueRef::Integer));
    for value in std::iter::once(ValueRef::Text(table.as_bytes())).chain(columns) {
        each_part(value, |part| bytes.extend_from_slice(part));
    }
    crc32fast::hash(&bytes).cast_signed()
}

/// Each value with its type and length ahead of it, so that no two rows run together to the same bytes.
fn each_part(value: ValueRef<'_>, mut take: impl FnMut(&[u8])) {
    let mut tagged = |tag: u8, bytes: &[u8]| {
        take(&[tag]);
        take(&bytes.len().to_le_bytes());
        take(bytes);
    };
    match value {
        ValueRef::Null => tagged(0, &[]),
        ValueRef::Integer(number) => tagged(1, &number.to_le_bytes()),
        ValueRef::Real(number) => tagged(2, &number.to_le_bytes()),
        ValueRef::Text(text) => tagged(3, text),
        ValueRef::Blob(bytes) => tagged(4, bytes),
    }
}
