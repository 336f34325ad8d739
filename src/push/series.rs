//! The keys that sources and indicators have on the server: given there, to whoever names them first.

use std::collections::HashMap;

use tokio_postgres::Client;

use crate::domain::Indicator;
use crate::store::{StoredIndicator, StoredSource};

use super::error::PushError;
use super::session::{doing, patiently};

/// The keys on the server of what is recorded here.
#[derive(Debug, Clone, Default)]
pub(super) struct Keys {
    /// Of sources, by their key here.
    pub(super) sources: HashMap<i64, i32>,
    /// Of indicators, by their key here.
    pub(super) series: HashMap<i64, i32>,
}

impl Keys {
    /// Asks for the keys that are not known yet, in the order of their names.
    pub(super) async fn learn(
        &mut self,
        client: &Client,
        sources: &[StoredSource],
        indicators: &[StoredIndicator],
    ) -> Result<(), PushError> {
        for source in sources {
            if self.sources.contains_key(&source.id) {
                continue;
            }
            let key = patiently("note a source", source_key(client, source)).await?;
            self.sources.insert(source.id, key);
        }
        let mut unknown: Vec<&StoredIndicator> =
            indicators.iter().filter(|indicator| !self.series.contains_key(&indicator.id)).collect();
        unknown.sort_by(|a, b| a.indicator.slug.as_str().cmp(b.indicator.slug.as_str()));
        for StoredIndicator { id, source_id, indicator } in unknown {
            let Some(&source) = self.sources.get(source_id) else { continue };
            let key = patiently("note a series", series_key(client, source, indicator)).await?;
            self.series.insert(*id, key);
        }
        Ok(())
    }
}

async fn source_key(client: &Client, source: &StoredSource) -> Result<i32, PushError> {
    let (name, url) = (text(&source.name), text(&source.url));
    let sql = "INSERT INTO pantau.source (name, url) \
               SELECT $1, $2 WHERE NOT EXISTS (SELECT FROM pantau.source WHERE name = $1) ON CONFLICT DO NOTHING";
    doing("note a source", client.execute(sql, &[&name, &url])).await?;
    let sql = "SELECT id FROM pantau.source WHERE name = $1";
    Ok(doing("note a source", client.query_one(sql, &[&name])).await?.get(0))
}

async fn series_key(client: &Client, source: i32, indicator: &Indicator) -> Result<i32, PushError> {
    let Indicator { slug, label, kind, unit, heartbeat, .. } = indicator;
    let (slug, label, kind, unit) = (text(slug.as_str()), text(label), kind.word(), text(unit));
    let heartbeat = i64::try_from(heartbeat.as_secs()).unwrap_or(i64::MAX);
    let sql = "INSERT INTO pantau.series (source_id, slug, label, kind, unit, heartbeat_s) \
               SELECT $1, $2, $3, $4, $5, $6 \
               WHERE NOT EXISTS (SELECT FROM pantau.series WHERE source_id = $1 AND slug = $2) ON CONFLICT DO NOTHING";
    doing("note a series", client.execute(sql, &[&source, &slug, &label, &kind, &unit, &heartbeat])).await?;
    let sql = "SELECT id, heartbeat_s FROM pantau.series WHERE source_id = $1 AND slug = $2";
    let row = doing("note a series", client.query_one(sql, &[&source, &slug])).await?;
    let id: i32 = row.get(0);
    if row.get::<_, i64>(1) < heartbeat {
        let sql = "UPDATE pantau.series SET heartbeat_s = $2 WHERE id = $1 AND heartbeat_s < $2";
        doing("note a series", client.execute(sql, &[&id, &heartbeat])).await?;
    }
    Ok(id)
}

/// A text as PostgreSQL takes it: all but NUL.
fn text(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}
