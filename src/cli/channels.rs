//! From the configuration to alerts that can be looked at and channels that can be used: here the secrets are read.

use std::collections::btree_map::{BTreeMap, Entry};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::alert::channel::{Mail, MailOptions, Ntfy, Telegram, Webhook};
use crate::alert::{Alert, Armed, Carrier, Channel};
use crate::config::{self, Config, MailServer, Secret, To, Way};
use crate::domain::Hidden;
use crate::fetch::FetchOptions;

use super::context::variable;
use super::exit::{Exit, Refusal};

/// The alerts in force, with every channel that they name.
pub(super) fn armed(config: &Config) -> anyhow::Result<Armed> {
    let (enabled, disabled): (Vec<_>, Vec<_>) = config.alerts.iter().partition(|alert| alert.enabled);
    let mut channels = BTreeMap::new();
    for to in enabled.iter().flat_map(|alert| &alert.to) {
        if let Entry::Vacant(place) = channels.entry(to.to_string()) {
            place.insert(Arc::new(channel(config, to)?));
        }
    }
    Ok(Armed {
        alerts: enabled.into_iter().map(alert).collect(),
        disabled: disabled.into_iter().map(|alert| alert.name.clone()).collect(),
        channels,
        calendar: config.market.calendar(),
    })
}

/// A configured alert as it is looked at.
pub(super) fn alert(configured: &config::Alert) -> Alert {
    Alert {
        name: configured.name.clone(),
        rule: configured.when.clone(),
        hysteresis: configured.hysteresis,
        hold: configured.hold,
        to: configured.to.iter().map(ToString::to_string).collect(),
    }
}

/// The channel that a receiver is told by.
pub(super) fn channel(config: &Config, to: &To) -> anyhow::Result<Channel> {
    let label = to.to_string();
    let carrier = carrier(config, to).with_context(|| format!("failed to set up the channel {label}"))?;
    Ok(Channel { label, carrier })
}

fn carrier(config: &Config, to: &To) -> anyhow::Result<Carrier> {
    let of = |is_meant: &dyn Fn(&config::Channel) -> bool| {
        let found = config.channels.iter().find(|channel| is_meant(channel));
        // The configuration was checked for it.
        found.ok_or_else(|| Refusal::new(Exit::Usage, format!("there is no channel for {to}")))
    };
    let options = FetchOptions::default();
    match to {
        To::Webhook(url) => Ok(Carrier::Webhook(Webhook::new(Hidden::new(url.as_str()), None, &options)?)),
        To::Ntfy(url) => Ok(Carrier::Ntfy(Ntfy::new(Hidden::new(url.as_str()), None, &options)?)),
        To::Telegram(chat) => {
            carrier_of(of(&|channel| matches!(channel.way, Way::Telegram { .. }))?, Some(chat))
        }
        To::Mail(address) => carrier_of(of(&|channel| matches!(channel.way, Way::Mail(_)))?, Some(address)),
        To::Channel(name) => carrier_of(of(&|channel| channel.name == *name)?, None),
    }
}

/// A channel that is ready to be used; `receiver` in place of its own.
fn carrier_of(channel: &config::Channel, receiver: Option<&String>) -> anyhow::Result<Carrier> {
    let read = |secret: &Option<Secret>| secret.as_ref().map(|secret| secret.read(&variable)).transpose();
    let options = |url: &str| fetch_options(channel, url);
    Ok(match &channel.way {
        Way::Webhook { url, secret } => {
            let url = url.read(&variable)?;
            let options = options(url.reveal());
            Carrier::Webhook(Webhook::new(url, read(secret)?, &options)?)
        }
        Way::Ntfy { url, token } => {
            let url = url.read(&variable)?;
            let options = options(url.reveal());
            Carrier::Ntfy(Ntfy::new(url, read(token)?, &options)?)
        }
        Way::Telegram { url, token, chat } => {
            let chat = receiver.or(chat.as_ref()).cloned().unwrap_or_default();
            Carrier::Telegram(Telegram::new(url, token.read(&variable)?, chat, &options(url.as_str()))?)
        }
        Way::Mail(server) => Carrier::Mail(mail(server, receiver)?),
    })
}

fn fetch_options(channel: &config::Channel, url: &str) -> FetchOptions {
    let host = url::Url::parse(url).ok().and_then(|url| url.host_str().map(str::to_owned));
    FetchOptions { inside: host.filter(|_| channel.private), ..FetchOptions::default() }
}

fn mail(server: &MailServer, receiver: Option<&String>) -> anyhow::Result<Mail> {
    let login = match &server.login {
        Some((user, password)) => Some((user.clone(), password.read(&variable)?)),
        None => None,
    };
    Ok(Mail::new(MailOptions {
        server: server.server.clone(),
        port: server.port,
        tls: server.tls,
        login,
        from: server.from.clone(),
        to: receiver.map_or_else(|| server.to.clone(), |receiver| vec![receiver.clone()]),
        ca: server.ca.as_deref().map(certificates).transpose()?,
    })?)
}

fn certificates(path: &Path) -> anyhow::Result<Vec<u8>> {
    std::fs::read(path).with_context(|| format!("failed to read the certificates in {}", path.display()))
}
