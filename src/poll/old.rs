//! What is not kept for ever, in one list: what is old of it is shown, removed by hand, and removed by the daemon.
//! Observations and their texts are not in it. Which polls may go is decided in `ingest`.

use std::time::Duration;

use chrono::TimeDelta;

use crate::domain::Timestamp;
use crate::ingest;
use crate::store::{StoreError, StoredSource, Tables};

/// How many polls go in one transaction, which takes a few milliseconds; a poll in between waits no longer.
const BATCH: u32 = 500;

/// How long what is not an observation is kept; observations and their texts are kept for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// The poll log, and messages of alerts that wait no longer; absent where they are kept for ever.
    pub polls: Option<Duration>,
    /// Whole pages that could not be read; absent where they are kept for ever.
    pub pages: Option<Duration>,
}

impl Default for Retention {
    /// A year of coverage and a month to look at it; three months to notice that a page changed.
    fn default() -> Self {
        let days = |days: u64| Some(Duration::from_secs(days * 86_400));
        Self { polls: days(400), pages: days(90) }
    }
}

/// Things of one sort that age.
#[derive(Debug, Clone)]
pub struct Aging {
    /// What they are.
    pub sort: Sort,
    /// What is younger stays.
    cutoff: Timestamp,
}

/// What is not kept for ever.
#[derive(Debug, Clone)]
pub enum Sort {
    /// Pages of a source that could not be read.
    Pages(StoredSource),
    /// The poll log of a source.
    Polls(StoredSource),
    /// Messages of alerts that wait no longer.
    Messages,
}

impl Retention {
    /// Everything that is not kept for ever, and is old enough to be looked at.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn aging(self, tables: Tables<'_>, now: Timestamp) -> Result<Vec<Aging>, StoreError> {
        let cutoff = |kept: Option<Duration>| now.checked_sub_signed(TimeDelta::from_std(kept?).ok()?);
        let (polls, pages) = (cutoff(self.polls), cutoff(self.pages));
        let aging = |sort: Sort, cutoff: Option<Timestamp>| cutoff.map(|cutoff| Aging { sort, cutoff });
        let mut list = Vec::new();
        for source in tables.sources()? {
            list.extend(aging(Sort::Pages(source.clone()), pages));
            list.extend(aging(Sort::Polls(source), polls));
        }
        list.extend(aging(Sort::Messages, polls));
        Ok(list)
    }
}

impl Aging {
    /// Before when they are old and needed no more; nothing where none is.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn old_before(&self, tables: Tables<'_>) -> Result<Option<Timestamp>, StoreError> {
        match &self.sort {
            Sort::Polls(source) => ingest::log_begin(tables, source, self.cutoff),
            Sort::Pages(_) | Sort::Messages => Ok(Some(self.cutoff)),
        }
    }

    /// How many are from before an instant.
    ///
    /// # Errors
    /// The database cannot be read.
    pub fn count(&self, tables: Tables<'_>, before: Timestamp) -> Result<u64, StoreError> {
        match &self.sort {
            Sort::Pages(source) => Ok(tables.pages_before(source.id, before)?.len() as u64),
            Sort::Polls(source) => tables.count_polls_before(source.id, before),
            Sort::Messages => tables.count_deliveries_before(before),
        }
    }

    /// Removes some of those; says how many went. To be run inside a transaction, again and again until nothing goes.
    ///
    /// # Errors
    /// The database cannot be written.
    pub fn remove_some(&self, tables: Tables<'_>, before: Timestamp) -> Result<usize, StoreError> {
        match &self.sort {
            Sort::Pages(source) => tables.drop_pages_before(source.id, before),
            Sort::Polls(source) => ingest::prune(tables, source, before, BATCH),
            Sort::Messages => tables.drop_deliveries_before(before),
        }
    }
}

impl Sort {
    /// Of which source they are.
    #[must_use]
    pub fn source(&self) -> Option<&str> {
        match self {
            Self::Pages(source) | Self::Polls(source) => Some(&source.name),
            Self::Messages => None,
        }
    }

    /// The word in JSON and on screen.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::Pages(_) => "pages",
            Self::Polls(_) => "polls",
            Self::Messages => "messages",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Store;

    #[test]
    fn what_is_kept_for_ever_or_for_longer_than_time_reaches_is_not_in_the_list() {
        let mut store = Store::open_in_memory().unwrap();
        store.write(|tables| tables.put_source("kontan", "https://www.kontan.co.id/")).unwrap();
        let listed = |polls, pages| {
            let kept = Retention { polls, pages };
            let aging = kept.aging(store.tables(), Timestamp::UNIX_EPOCH).unwrap();
            aging.iter().map(|aging| (aging.sort.source().is_some(), aging.sort.word())).collect::<Vec<_>>()
        };
        let day = Some(Duration::from_secs(86_400));
        assert_eq!(listed(day, day), [(true, "pages"), (true, "polls"), (false, "messages")]);
        assert_eq!(listed(None, day), [(true, "pages")]);
        assert_eq!(listed(day, Some(Duration::MAX)), [(true, "polls"), (false, "messages")]);
    }
}
