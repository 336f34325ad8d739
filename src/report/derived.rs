//! The rows of `history --derived`: closes that are proven by the change of what was seen after them.

use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::Serialize;

use crate::domain::Level;
use crate::format;
use crate::query::Derived;
use crate::series::{Agreement, DerivedClose, Sighted};

use super::cell::{decimal, level_text};
use super::table::{Table, Text};

/// A derived close.
#[derive(Debug, Serialize)]
pub struct DerivedRow {
    indicator: String,
    session: Option<String>,
    session_by: String,
    #[serde(serialize_with = "decimal")]
    low: Option<Decimal>,
    #[serde(serialize_with = "decimal")]
    high: Option<Decimal>,
    level: Option<Level>,
    proofs: usize,
    first_proof: String,
    last_proof: String,
    agreement: &'static str,
    observed: Option<Level>,
    observed_at: Option<String>,
    source: String,
}

impl DerivedRow {
    /// A derived close with its times in a zone.
    #[must_use]
    pub fn new(derived: &Derived, zone: Tz) -> Self {
        let Derived { indicator, close } = derived;
        let sighted = close.agreement.sighted();
        Self {
            indicator: indicator.slug.to_string(),
            session: close.session.map(|day| day.to_string()),
            session_by: close.by.to_string(),
            low: Some(close.bounds.low),
            high: Some(close.bounds.high),
            level: close.level(),
            proofs: close.proofs,
            first_proof: format::rfc3339(close.first_proof, zone),
            last_proof: format::rfc3339(close.last_proof, zone),
            agreement: close.agreement.word(),
            observed: sighted.map(|sighted| sighted.level),
            observed_at: sighted.map(|sighted| format::rfc3339(sighted.at, zone)),
            source: indicator.source.clone(),
        }
    }

    /// Derived closes in the order of their proofs.
    #[must_use]
    pub fn table(closes: &[Derived], zone: Tz) -> Table {
        let mut table = Table::new(&[
            "INDICATOR",
            "CLOSE OF",
            ">LOW",
            ">HIGH",
            ">LEVEL",
            ">PROOFS",
            "FIRST PROOF",
            "LAST PROOF",
            "",
        ]);
        for Derived { indicator, close } in closes {
            table.row(vec![
                Text::plain(indicator.slug.as_str()),
                Text::plain(date_text(close)),
                Text::plain(format::decimal(close.bounds.low.normalize())),
                Text::plain(format::decimal(close.bounds.high.normalize())),
                level_text(close.level()),
                Text::plain(close.proofs.to_string()),
                Text::plain(format::time(close.first_proof, zone)),
                Text::plain(format::time(close.last_proof, zone)),
                remark_text(close.agreement, zone),
            ]);
        }
        table
    }
}

/// The day, or the last one that it can be.
fn date_text(close: &DerivedClose) -> String {
    close.session.map_or_else(|| format!("by {}", close.by), |day| day.to_string())
}

fn remark_text(agreement: Agreement, zone: Tz) -> Text {
    let seen =
        |Sighted { level, at }| format!("{} was seen at {}", format::level(level), format::time(at, zone));
    match agreement {
        Agreement::Alone | Agreement::Chained => Text::plain(""),
        Agreement::Observed(sighted) => Text::plain(seen(sighted)),
        Agreement::NotObserved(sighted) => {
            Text::warning(format!("{}: a session or a capture was missed between", seen(sighted)))
        }
        Agreement::Disjoint(other) => Text::warning(format!(
            "the same day also counts from {} to {}: the page changed its session, or one was missed",
            format::decimal(other.low.normalize()),
            format::decimal(other.high.normalize())
        )),
    }
}
