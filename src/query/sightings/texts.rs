//! Stored ticker texts as they are read again, each once.

use std::collections::HashMap;
use std::sync::Arc;

use crate::domain::{Digest, Quote};
use crate::parse;
use crate::store::{StoreError, StoredIndicator, Tables};

/// How many texts are kept as they were read; sightings that follow each other mostly show the same.
const MAX_TEXTS: usize = 256;

/// What a text says.
#[derive(Debug)]
pub(super) struct Text {
    pub(super) digest: Digest,
    quotes: Vec<Quote>,
}

impl Text {
    pub(super) fn quote(&self, indicator: &StoredIndicator) -> Option<&Quote> {
        self.quotes.iter().find(|quote| quote.slug == indicator.indicator.slug)
    }
}

/// Texts that were read.
#[derive(Debug, Default)]
pub struct Texts(HashMap<i64, Arc<Text>>);

impl Texts {
    pub(super) fn of(&mut self, tables: Tables<'_>, capture: i64) -> Result<Arc<Text>, StoreError> {
        if let Some(text) = self.0.get(&capture) {
            return Ok(text.clone());
        }
        let stored = tables.capture(capture)?;
        let damaged = || StoreError::Damaged { what: "a ticker text", value: format!("capture {capture}") };
        let quotes = parse::reread(stored.block.as_deref().ok_or_else(damaged)?).quotes;
        if self.0.len() >= MAX_TEXTS {
            self.0.clear();
        }
        let text = Arc::new(Text { digest: stored.digest, quotes });
        self.0.insert(capture, text.clone());
        Ok(text)
    }
}
