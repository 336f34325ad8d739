//! How sites are approached: one request at a time, spaced, and only for what their robots.txt allows; and how many
//! sites at once.

mod hosts;
mod places;
mod rulebook;

use std::time::Duration;

use super::shown::shown_path;
use super::{Fetch, FetchError};
use crate::domain::Outcome;
use hosts::Hosts;
use rulebook::Rulebook;

pub use hosts::Turn;
pub use places::Place;

/// What a site says to robots, and whether it is heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RobotsRule {
    /// A page that it forbids is not asked for.
    #[default]
    Obey,
    /// It is not even asked for.
    Ignore,
}

/// What is known of sites, shared by all who ask them.
#[derive(Debug, Default)]
pub struct Manners {
    hosts: Hosts,
    rules: Rulebook,
}

/// Why a page is not asked for.
#[derive(Debug, thiserror::Error)]
pub enum Barred {
    /// Its rules are known, and forbid it.
    #[error("the robots.txt of the site does not allow {path}")]
    Forbidden {
        /// What was to be asked for, as the rules name it.
        path: String,
    },
    /// Its rules are not known.
    #[error("robots.txt, which may forbid the page, cannot be read")]
    Unknown {
        /// Why not.
        source: FetchError,
    },
}

impl Barred {
    /// How the poll ends: as the failure of the site where it is down, else as a refusal.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Forbidden { .. } => Outcome::Blocked,
            Self::Unknown { source } => match source.outcome() {
                Outcome::Unreachable => Outcome::Unreachable,
                _ => Outcome::Blocked,
            },
        }
    }

    /// What the site answered when it was asked for its robots.txt.
    #[must_use]
    pub fn cause(&self) -> Option<&FetchError> {
        match self {
            Self::Forbidden { .. } => None,
            Self::Unknown { source } => Some(source),
        }
    }
}

impl Manners {
    /// Waits until an address may be asked for. `spacing` is the least time between two requests to one host; a site
    /// may ask for more.
    ///
    /// # Errors
    /// The site forbids it, or does not say whether it does.
    pub async fn admit<F: Fetch>(
        &self,
        (fetch, url): (&F, &str),
        robots: RobotsRule,
        spacing: Duration,
    ) -> Result<Turn, Barred> {
        loop {
            let known = match robots {
                RobotsRule::Obey => self.rules.known(fetch, url),
                RobotsRule::Ignore => return Ok(self.hosts.turn(url, spacing).await),
            };
            if let Some(rules) = known {
                if !rules.allows(url) {
                    return Err(Barred::Forbidden { path: shown_path(url) });
                }
                let asked = rules.crawl_delay().unwrap_or_default();
                return Ok(self.hosts.turn(url, spacing.max(asked)).await);
            }
            let turn = self.hosts.turn(url, spacing).await;
            // Another source may have read them while this one waited for its turn.
            if self.rules.known(fetch, url).is_none() {
                let (read, _) = turn.ask(Box::pin(self.rules.read(fetch, url))).await;
                read.map_err(|source| Barred::Unknown { source })?;
            }
        }
    }
}
