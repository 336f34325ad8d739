//! From the configuration to alerts that can be looked at and channels that can be used: here the secrets are read.

use std::collections::btree_map::{BTreeMap, Entry};
use std::path::Path;
use std::sync::Arc;

use anyhow::Context as _;

use crate::alert::channel::{Mail, MailOptions, Ntfy, Telegram, Webhook};
use crate::alert::{Alert, Armed, Carrier, Channel};
use crate::config::{self, Config, MailServer, To, Way};
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
        zone: config.market.zone,
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
    let options = FetchOptions::default();
    let of_way = |is_meant: &dyn Fn(&config::Channel) -> bool| {
        let found = config.channels.iter().find(|channel| is_meant(channel)).map(|channel| &channel.way);
        // The configuration was checked for it.
        found.ok_or_else(|| Refusal::new(Exit::Usage, format!("there is no channel for {to}")))
    };
    match to {
        To::Webhook(url) => Ok(Carrier::Webhook(Webhook::new(Hidden::new(url.as_str()), None, &options)?)),
        To::Ntfy(url) => Ok(Carrier::Ntfy(Ntfy::new(Hidden::new(url.as_str()), None, &options)?)),
        To::Telegram(chat) => {
            let way = of_way(&|channel| matches!(channel.way, Way::Telegram { .. }))?;
            carrier_of(way, Some(chat), &options)
        }
        To::Mail(address) => {
            let way = of_way(&|channel| matches!(channel.way, Way::Mail(_)))?;
            carrier_of(way, Some(address), &options)
        }
        To::Channel(name) => carrier_of(of_way(&|channel| channel.name == *name)?, None, &options),
    }
}

/// A channel that is ready to be used; `receiver` in place of its own.
fn carrier_of(way: &Way, receiver: Option<&String>, options: &FetchOptions) -> anyhow::Result<Carrier> {
    let read =
        |secret: &Option<config::Secret>| secret.as_ref().map(|secret| secret.read(&variable)).transpose();
    Ok(match way {
        Way::Webhook { url, secret } => {
            Carrier::Webhook(Webhook::new(url.read(&variable)?, read(secret)?, options)?)
        }
        Way::Ntfy { url, token } => Carrier::Ntfy(Ntfy::new(url.read(&variable)?, read(token)?, options)?),
        Way::Telegram { url, token, chat } => {
            let chat = receiver.or(chat.as_ref()).cloned().unwrap_or_default();
            Carrier::Telegram(Telegram::new(url, token.read(&variable)?, chat, options)?)
        }
        Way::Mail(server) => Carrier::Mail(mail(server, receiver)?),
    })
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
