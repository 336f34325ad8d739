//! Reading the configuration again while the daemon runs: what changed, and what cannot change before a restart.

use crate::alert::Armed;
use crate::config::{Config, Source};
use crate::fetch::Client;
use crate::poll::{Plan, Retention};

use super::Global;
use super::channels::armed;
use super::context::configuration;
use super::plan::Clients;

/// What follows from a configuration.
#[derive(Debug)]
pub(super) struct InForce {
    pub(super) plan: Plan<Client>,
    pub(super) armed: Armed,
}

/// The configuration that the daemon goes by.
#[derive(Debug)]
pub(super) struct Configured {
    config: Config,
    clients: Clients,
}

impl Configured {
    /// Begins with a configuration, and what follows from it.
    pub(super) fn begin(config: Config) -> anyhow::Result<(Self, InForce)> {
        let mut clients = Clients::default();
        let in_force = InForce { plan: clients.plan(&config)?, armed: armed(&config)? };
        Ok((Self { config, clients }, in_force))
    }

    /// How long what is not an observation is kept.
    pub(super) fn retention(&self) -> Retention {
        self.config.retention
    }

    /// Reads the configuration again. Nothing changes where it cannot be meant.
    pub(super) fn reload(&mut self, global: &Global) -> anyhow::Result<InForce> {
        let new = configuration(global)?;
        let in_force = InForce { plan: self.clients.plan(&new)?, armed: armed(&new)? };
        let changes = changes(&self.config, &new);
        for change in &changes {
            tracing::info!("{change}");
        }
        for fixed in fixed(&self.config, &new) {
            tracing::warn!("{fixed}");
        }
        tracing::info!(
            changes = changes.len(),
            sources = in_force.plan.sources.len(),
            "read the configuration again"
        );
        let (database, log_format, listen, push) = (
            self.config.database.clone(),
            self.config.log_format,
            self.config.listen,
            self.config.push.clone(),
        );
        self.config = Config { database, log_format, listen, push, ..new };
        Ok(in_force)
    }
}

/// What a new configuration changes for a daemon that runs, a line each.
fn changes(old: &Config, new: &Config) -> Vec<String> {
    let find = |config: &'_ Config, name: &str| config.source(name).filter(|source| source.enabled).cloned();
    let enabled = |config: &'_ Config| -> Vec<Source> {
        config.sources.iter().filter(|source| source.enabled).cloned().collect()
    };
    let mut changes: Vec<String> = Vec::new();
    for source in enabled(old) {
        match find(new, &source.name) {
            None => changes.push(format!("source {} is not polled any more", source.name)),
            Some(now) if now != source => changes.push(format!("source {} changed", source.name)),
            Some(_) => {}
        }
    }
    for source in enabled(new) {
        if find(old, &source.name).is_none() {
            changes.push(format!("source {} is polled from now on", source.name));
        }
    }
    if old.market != new.market {
        changes.push("the market changed".to_owned());
    }
    if old.spacing != new.spacing {
        changes.push("the spacing of requests changed".to_owned());
    }
    if (&old.alerts, &old.channels) != (&new.alerts, &new.channels) {
        changes.push("the alerts changed".to_owned());
    }
    if old.retention != new.retention {
        changes.push("what is kept for how long changed".to_owned());
    }
    changes
}

/// What a new configuration says and a daemon that runs cannot do, a line each.
fn fixed(old: &Config, new: &Config) -> Vec<String> {
    let mut fixed = Vec::new();
    if old.database != new.database {
        let (old, new) = (old.database.display(), new.database.display());
        fixed.push(format!("the database stays {old} until a restart; the configuration names {new}"));
    }
    if old.log_format != new.log_format {
        fixed.push("the form of the log changes with a restart".to_owned());
    }
    if old.listen != new.listen {
        fixed.push("the address of the health and metrics pages changes with a restart".to_owned());
    }
    if old.push != new.push {
        fixed.push("where what is recorded is copied to changes with a restart".to_owned());
    }
    fixed
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn config(text: &str) -> Config {
        Config::parse(text, Path::new("/etc/pantau.toml"), &|_| None).unwrap()
    }

    fn source(name: &str, rest: &str) -> String {
        format!("[[source]]\nname = \"{name}\"\nurl = \"https://a.example/\"\nlayout = \"kontan\"\n{rest}")
    }

    #[test]
    fn what_changed_is_named() {
        let old = [source("a", ""), source("b", ""), source("c", ""), source("d", "enabled = false\n")];
        let new = [source("a", ""), source("b", "every = \"5m\"\n"), source("d", ""), source("e", "")];
        assert_eq!(
            changes(&config(&old.concat()), &config(&new.concat())),
            [
                "source b changed",
                "source c is not polled any more",
                "source d is polled from now on",
                "source e is polled from now on",
            ]
        );
        let (plain, else_where) = (
            config(&source("a", "")),
            config(&format!("[market]\nzone = \"UTC\"\n[fetch]\nspacing = \"2s\"\n{}", source("a", ""))),
        );
        assert_eq!(changes(&plain, &else_where), ["the market changed", "the spacing of requests changed"]);
        assert_eq!(changes(&plain, &plain), [""; 0]);
        let longer = config(&format!("[retention]\npolls = \"forever\"\n{}", source("a", "")));
        assert_eq!(changes(&plain, &longer), ["what is kept for how long changed"]);
    }

    #[test]
    fn what_waits_for_a_restart_is_named() {
        let old = config("[store]\npath = \"/a.db\"\n");
        let new = config(
            "[store]\npath = \"/b.db\"\n[log]\nformat = \"json\"\n[web]\nlisten = \"9187\"\n\
                          [push]\nto = \"postgres://ana@localhost/market\"\n",
        );
        assert_eq!(
            fixed(&old, &new),
            [
                "the database stays /a.db until a restart; the configuration names /b.db",
                "the form of the log changes with a restart",
                "the address of the health and metrics pages changes with a restart",
                "where what is recorded is copied to changes with a restart",
            ]
        );
        assert_eq!(fixed(&old, &old), [""; 0]);
    }
}
