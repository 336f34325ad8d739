//! The rows of `archive list`: what stands in an archive, record by record.

use chrono_tz::Tz;
use serde::Serialize;

use crate::domain::Timestamp;
use crate::format;

use super::table::{Table, Text};

/// `archive list`: a record of an archive.
#[derive(Debug, Serialize)]
pub struct RecordRow {
    /// The file; of a WACZ file, with the archive inside behind an exclamation mark.
    pub file: String,
    /// Where it begins, in bytes.
    pub offset: u64,
    /// What the file calls it.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its address.
    pub url: Option<String>,
    /// When it was captured.
    pub date: Option<String>,
    /// The status of an answer.
    pub status: Option<u16>,
    /// The kind of content.
    pub mime: Option<String>,
    /// How many bytes its block has.
    pub length: u64,
    /// SHA-1 of its payload, as it is in the file.
    pub payload_digest: String,
    /// Whether the digests that it states hold.
    pub digest_agrees: Option<bool>,
}

impl RecordRow {
    /// When a record was captured, as a row says it.
    #[must_use]
    pub fn date(at: Option<Timestamp>, zone: Tz) -> Option<String> {
        at.map(|at| format::rfc3339(at, zone))
    }

    /// Records, one a line.
    #[must_use]
    pub fn table(rows: &[Self]) -> Table {
        let mut table =
            Table::new(&["FILE", ">OFFSET", "TYPE", "DATE", ">STATUS", "MIME", ">LENGTH", "DIGEST", "URL"]);
        for row in rows {
            table.row(vec![
                Text::plain(&row.file),
                Text::plain(row.offset.to_string()),
                Text::plain(&row.kind),
                Text::maybe(row.date.clone()),
                Text::maybe(row.status.map(|status| status.to_string())),
                Text::maybe(row.mime.clone()),
                Text::plain(row.length.to_string()),
                agreement(row.digest_agrees),
                Text::maybe(row.url.clone()),
            ]);
        }
        table
    }
}

fn agreement(agrees: Option<bool>) -> Text {
    match agrees {
        Some(true) => Text::plain("agrees"),
        Some(false) => Text::warning("differs"),
        None => Text::maybe(None),
    }
}
