//! How sites are approached: one request at a time, spaced, and only for what their robots.txt allows.

use std::time::Duration;

use super::Polled;
use super::hosts::{Hosts, Turn};
use super::robots::Rulebook;
use crate::domain::Outcome;
use crate::fetch::{Fetch, FetchError};
use crate::format;

/// What a site says to robots, and whether it is heeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RobotsRule {
    /// A page that it forbids is not asked for.
    #[default]
    Obey,
    /// It is not even asked for.
    Ignore,
}

/// What is known of sites, shared by all sources.
#[derive(Debug, Default)]
pub struct Manners {
    hosts: Hosts,
    rules: Rulebook,
}

/// Why a page is not asked for.
#[derive(Debug, thiserror::Error)]
pub(super) enum Barred {
    #[error("the robots.txt of the site does not allow {path}")]
    Forbidden { path: String },
    #[error("robots.txt, which may forbid the page, cannot be read")]
    Unknown { source: FetchError },
}

impl Barred {
    /// How the poll ends: as the failure of the site where it is down, else as a refusal.
    pub(super) fn outcome(&self) -> Outcome {
        match self {
            Self::Forbidden { .. } => Outcome::Blocked,
            Self::Unknown { source } => match source.outcome() {
                Outcome::Unreachable => Outcome::Unreachable,
                _ => Outcome::Blocked,
            },
        }
    }

    /// What the site answered when it was asked for its robots.txt.
    pub(super) fn cause(&self) -> Option<&FetchError> {
        match self {
            Self::Forbidden { .. } => None,
            Self::Unknown { source } => Some(source),
        }
    }
}

impl Manners {
    /// Waits until the page of a source may be asked for. `spacing` is the least time between two requests to one
    /// host; a site may ask for more.
    pub(super) async fn admit<F: Fetch>(
        &self,
        polled: &Polled<F>,
        spacing: Duration,
    ) -> Result<Turn, Barred> {
        let (url, fetch) = (polled.source.url.as_str(), &polled.fetch);
        loop {
            let known = match polled.robots {
                RobotsRule::Obey => self.rules.known(fetch, url),
                RobotsRule::Ignore => return Ok(self.hosts.turn(url, spacing).await),
            };
            if let Some(rules) = known {
                if !rules.allows(url) {
                    return Err(Barred::Forbidden { path: path(url) });
                }
                let asked = rules.crawl_delay().unwrap_or_default();
                return Ok(self.hosts.turn(url, spacing.max(asked)).await);
            }
            let _turn = self.hosts.turn(url, spacing).await;
            // Another source may have read them while this one waited for its turn.
            if self.rules.known(fetch, url).is_none() {
                self.rules.read(fetch, url).await.map_err(|source| Barred::Unknown { source })?;
            }
        }
    }
}

/// The part of an address that robots.txt speaks of.
fn path(url: &str) -> String {
    let path =
        url::Url::parse(url).map(|url| url[url::Position::BeforePath..url::Position::AfterQuery].to_owned());
    format::escape(&path.unwrap_or_else(|_| url.to_owned())).into_owned()
}
