//! Alerts: what the keys of `[[alert]]` mean, and whether their channels are there.

use std::collections::HashSet;
use std::fmt;
use std::time::Duration;

use rust_decimal::Decimal;
use toml::Spanned;
use url::Url;

use super::channel::{Channel, is_chat, mail_address, no_chat};
use super::check::{at_least, name, web_address};
use super::error::Problem;
use super::file::{self, ChannelKind, Placed};
use crate::alert::{Hysteresis, Rule};
use crate::format::nearest;

/// A rule, and who is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alert {
    /// What people call it: lower case letters, digits, `_` and `-`.
    pub name: String,
    /// What must be true.
    pub when: Rule,
    /// How far the value must come back before the alert recovers.
    pub hysteresis: Option<Hysteresis>,
    /// How long the rule must be true before the alert fires.
    pub hold: Duration,
    /// Who is told; nobody but the log when empty.
    pub to: Vec<To>,
    /// Whether the daemon looks at it.
    pub enabled: bool,
}

/// Who is told, as one text.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum To {
    /// `webhook:URL`, unsigned.
    Webhook(Url),
    /// `ntfy:URL`, a topic that needs no token.
    Ntfy(Url),
    /// `telegram:CHAT`, by the one Telegram channel.
    Telegram(String),
    /// `mailto:ADDRESS`, by the one mail channel.
    Mail(String),
    /// The name of a channel.
    Channel(String),
}

impl fmt::Display for To {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Webhook(url) => write!(f, "webhook:{url}"),
            Self::Ntfy(url) => write!(f, "ntfy:{url}"),
            Self::Telegram(chat) => write!(f, "telegram:{chat}"),
            Self::Mail(address) => write!(f, "mailto:{address}"),
            Self::Channel(name) => f.write_str(name),
        }
    }
}

/// What a file's alerts mean, no two of one name.
pub(super) fn alerts(files: &[file::Alert], channels: &[Channel]) -> Result<Vec<Alert>, Problem> {
    let mut names = HashSet::new();
    let one = |file: &file::Alert| {
        let alert = alert(file, channels)?;
        if !names.insert(alert.name.clone()) {
            let text = format!("`name`: two alerts are called '{}'", alert.name);
            return Err(Problem::new(file.name.span(), text));
        }
        Ok(alert)
    };
    files.iter().map(one).collect()
}

fn alert(file: &file::Alert, channels: &[Channel]) -> Result<Alert, Problem> {
    let when: Rule = file
        .when
        .get_ref()
        .parse()
        .map_err(|error| Problem::new(file.when.span(), format!("`when`: {error}")))?;
    Ok(Alert {
        name: name(&file.name)?,
        hysteresis: hysteresis(&file.hysteresis, &when)?,
        when,
        hold: at_least(Duration::ZERO, "for", &file.hold)?.unwrap_or_default(),
        to: receivers(&file.to, channels)?,
        enabled: file.enabled.unwrap_or(true),
    })
}

fn hysteresis(value: &Placed<toml::Value>, rule: &Rule) -> Result<Option<Hysteresis>, Problem> {
    let Some(value) = value else { return Ok(None) };
    let problem = |text: String| Problem::new(value.span(), format!("`hysteresis`: {text}"));
    let hysteresis = match value.get_ref() {
        toml::Value::String(text) => text.parse().ok().map(Hysteresis::For),
        toml::Value::Integer(number) => Some(Hysteresis::By((*number).into())),
        // The shortest text of a float is the number that was written.
        toml::Value::Float(number) => number.to_string().parse().ok().map(Hysteresis::By),
        _ => None,
    };
    let is_positive = |hysteresis: &Hysteresis| match hysteresis {
        Hysteresis::By(number) => *number > Decimal::ZERO,
        Hysteresis::For(_) => true,
    };
    let hysteresis = hysteresis.filter(is_positive).ok_or_else(|| {
        problem("write a number above zero such as 0.5, or for an age a duration such as \"5m\"".to_owned())
    })?;
    rule.accepts(hysteresis).map_err(|why| problem(why.to_owned()))?;
    Ok(Some(hysteresis))
}

fn receivers(files: &[Spanned<String>], channels: &[Channel]) -> Result<Vec<To>, Problem> {
    let mut to = Vec::new();
    for file in files {
        let one = receiver(file, channels)?;
        if to.contains(&one) {
            return Err(Problem::new(file.span(), format!("`to`: {one} is named twice")));
        }
        to.push(one);
    }
    Ok(to)
}

fn receiver(file: &Spanned<String>, channels: &[Channel]) -> Result<To, Problem> {
    let text = file.get_ref();
    let problem = |text: String| Problem::new(file.span(), text);
    let rest = |rest: &str| Spanned::new(file.span(), rest.to_owned());
    match text.split_once(':') {
        Some(("webhook", url)) => web_address("to", &rest(url)).map(To::Webhook),
        Some(("ntfy", url)) => web_address("to", &rest(url)).map(To::Ntfy),
        Some(("telegram", chat)) if is_chat(chat) => {
            only(channels, ChannelKind::Telegram).map_err(problem)?;
            Ok(To::Telegram(chat.to_owned()))
        }
        Some(("telegram", chat)) => Err(problem(no_chat("to", chat))),
        Some(("mailto", address)) => {
            only(channels, ChannelKind::Mail).map_err(problem)?;
            mail_address("to", &rest(address)).map(To::Mail)
        }
        Some((_, _)) => Err(problem(format!("`to`: '{text}' is no receiver; {FORMS}"))),
        None => named(text, channels).map_err(problem),
    }
}

const FORMS: &str = "write webhook:URL, ntfy:URL, telegram:CHAT, mailto:ADDRESS or the name of a [[channel]]";

/// The one channel of a kind, which knows how to reach any chat or address.
fn only(channels: &[Channel], kind: ChannelKind) -> Result<(), String> {
    let of_kind: Vec<&str> = channels
        .iter()
        .filter(|channel| channel.kind() == kind)
        .map(|channel| channel.name.as_str())
        .collect();
    let word = kind.word();
    match of_kind[..] {
        [_] => Ok(()),
        [] => Err(format!("`to`: there is no [[channel]] of kind \"{word}\" to send it by")),
        _ => Err(format!("`to`: there are several channels of kind \"{word}\"; write the name of one")),
    }
}

fn named(text: &str, channels: &[Channel]) -> Result<To, String> {
    let Some(channel) = channels.iter().find(|channel| channel.name == text) else {
        let near = nearest(text, channels.iter().map(|channel| channel.name.as_str()));
        let hint = near.map_or_else(|| FORMS.to_owned(), |near| format!("did you mean `{near}`?"));
        return Err(format!("`to`: there is no channel '{text}'; {hint}"));
    };
    if channel.has_receiver() {
        return Ok(To::Channel(text.to_owned()));
    }
    let key = if channel.kind() == ChannelKind::Mail { "to" } else { "chat" };
    Err(format!("`to`: the channel '{text}' has no `{key}` of its own, so that nobody would be told"))
}
