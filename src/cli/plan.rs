//! From the configuration to what is polled.

use crate::config::{Config, Source};
use crate::fetch::{Client, FetchOptions};
use crate::poll::{Plan, Polled};

use super::context::{enabled_sources, ingest_source};

/// The HTTP clients in use, one for all sources that are fetched in the same way: each holds certificates and
/// connections of its own.
#[derive(Debug, Default)]
pub(super) struct Clients(Vec<Client>);

impl Clients {
    /// A configured source, ready to be polled.
    pub(super) fn polled(&mut self, source: &Source) -> anyhow::Result<Polled<Client>> {
        Ok(Polled {
            source: ingest_source(source),
            schedule: source.schedule.clone(),
            robots: source.robots,
            timeout: source.fetch.timeout,
            fetch: self.client(fetch_options(source))?,
        })
    }

    /// What the daemon polls under a configuration.
    pub(super) fn plan(&mut self, config: &Config) -> anyhow::Result<Plan<Client>> {
        let enabled = enabled_sources(config)?.into_iter();
        let sources = enabled.map(|source| self.polled(source)).collect::<anyhow::Result<Vec<_>>>()?;
        self.0.retain(|client| sources.iter().any(|polled| polled.fetch == *client));
        Ok(Plan { sources, calendar: config.market.calendar(), spacing: config.spacing })
    }

    fn client(&mut self, options: FetchOptions) -> anyhow::Result<Client> {
        if let Some(known) = self.0.iter().find(|client| *client.options() == options) {
            return Ok(known.clone());
        }
        let client = Client::new(&options)?;
        self.0.push(client.clone());
        Ok(client)
    }
}

fn fetch_options(source: &Source) -> FetchOptions {
    let defaults = FetchOptions::default();
    FetchOptions {
        connect_timeout: source.fetch.connect_timeout,
        total_timeout: source.fetch.timeout,
        max_body: source.fetch.max_body,
        user_agent: source.fetch.user_agent.clone().unwrap_or(defaults.user_agent.clone()),
        inside: source.url.host_str().filter(|_| source.fetch.private).map(str::to_owned),
        ..defaults
    }
}
