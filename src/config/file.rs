//! The shape of the TOML file: its tables, keys and words. Knows no defaults and does not judge what the
//! values mean.

use serde::{Deserialize, Serialize};
use toml::Spanned;

use crate::alert::channel::MailTls;
use crate::domain::Kind;

/// A value, and where in the text it stands.
pub(super) type Placed<T> = Option<Spanned<T>>;

/// The whole file.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    #[serde(default)]
    pub(super) store: Store,
    #[serde(default)]
    pub(super) market: Market,
    #[serde(default)]
    pub(super) fetch: Fetch,
    #[serde(default)]
    pub(super) log: Log,
    #[serde(default)]
    pub(super) retention: Retention,
    #[serde(default)]
    pub(super) web: Web,
    #[serde(default)]
    pub(super) push: Push,
    #[serde(default)]
    pub(super) source: Vec<Source>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) channel: Vec<Channel>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) alert: Vec<Alert>,
}

/// `[store]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub(super) path: Placed<String>,
}

/// `[retention]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Retention {
    pub(super) polls: Placed<String>,
    pub(super) pages: Placed<String>,
}

/// `[market]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Market {
    pub(super) zone: Placed<String>,
    pub(super) calendar: Option<CalendarName>,
    #[serde(default)]
    pub(super) closures: Vec<Spanned<toml::Value>>,
    #[serde(default)]
    pub(super) open: Vec<Spanned<toml::Value>>,
}

/// `[web]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Web {
    pub(super) listen: Placed<String>,
}

/// `[push]`. What may be a secret is taken as it comes.
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    pub(super) to: Placed<toml::Value>,
    pub(super) enabled: Option<bool>,
}

/// `[fetch]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fetch {
    pub(super) spacing: Placed<String>,
}

/// `[log]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Log {
    pub(super) format: Option<LogFormat>,
}

/// What the lines of the daemon's log look like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// Words and `key=value`.
    #[default]
    Text,
    /// A JSON object a line.
    Json,
}

/// The word for whether robots.txt counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum RobotsName {
    Obey,
    Ignore,
}

/// Which calendar the market keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum CalendarName {
    /// The Indonesia Stock Exchange.
    #[default]
    Idx,
    /// Any weekday, all day.
    Weekdays,
}

/// `[[source]]`, with the keys of every layout.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Source {
    pub(super) name: Spanned<String>,
    pub(super) url: Spanned<String>,
    pub(super) layout: Spanned<LayoutName>,
    pub(super) every: Placed<String>,
    pub(super) every_closed: Placed<String>,
    pub(super) cron: Placed<String>,
    pub(super) zone: Placed<String>,
    pub(super) enabled: Option<bool>,
    pub(super) robots: Option<RobotsName>,
    pub(super) user_agent: Placed<String>,
    pub(super) max_body: Placed<u64>,
    pub(super) connect_timeout: Placed<String>,
    pub(super) timeout: Placed<String>,
    pub(super) private: Option<bool>,
    pub(super) row: Placed<String>,
    pub(super) label: Placed<String>,
    pub(super) level: Placed<String>,
    pub(super) change: Placed<String>,
    pub(super) percent: Placed<String>,
    pub(super) locale: Placed<LocaleName>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) indicator: Vec<Spanned<Indicator>>,
}

/// The word for a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LayoutName {
    Kontan,
    Json,
    Css,
}

impl LayoutName {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Kontan => "kontan",
            Self::Json => "json",
            Self::Css => "css",
        }
    }
}

/// The word for how numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum LocaleName {
    Id,
    En,
}

/// `[[source.indicator]]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Indicator {
    pub(super) label: Placed<String>,
    pub(super) slug: Placed<String>,
    pub(super) level: Placed<String>,
    pub(super) change: Placed<String>,
    pub(super) percent: Placed<String>,
    pub(super) previous_close: Placed<String>,
    pub(super) kind: Option<Kind>,
    pub(super) unit: Placed<String>,
}

/// `[[alert]]`
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alert {
    pub(super) name: Spanned<String>,
    pub(super) when: Spanned<String>,
    #[serde(default)]
    pub(super) to: Vec<Spanned<String>>,
    pub(super) hysteresis: Placed<toml::Value>,
    #[serde(rename = "for")]
    pub(super) hold: Placed<String>,
    pub(super) enabled: Option<bool>,
}

/// `[[channel]]`, with the keys of every kind. What may be a secret is taken as it comes: a message about its type
/// would show it.
#[derive(Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Channel {
    pub(super) name: Spanned<String>,
    pub(super) kind: Spanned<ChannelKind>,
    pub(super) url: Placed<toml::Value>,
    pub(super) private: Option<bool>,
    pub(super) secret: Placed<toml::Value>,
    pub(super) token: Placed<toml::Value>,
    pub(super) chat: Placed<toml::Value>,
    pub(super) server: Placed<String>,
    pub(super) port: Option<u16>,
    pub(super) tls: Placed<TlsName>,
    pub(super) user: Placed<String>,
    pub(super) password: Placed<toml::Value>,
    pub(super) from: Placed<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) to: Vec<Spanned<String>>,
    pub(super) ca: Placed<String>,
}

/// The word for a kind of channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ChannelKind {
    Webhook,
    Ntfy,
    Telegram,
    Mail,
}

impl ChannelKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Webhook => "webhook",
            Self::Ntfy => "ntfy",
            Self::Telegram => "telegram",
            Self::Mail => "mail",
        }
    }
}

/// The word for how a connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum TlsName {
    StartTls,
    Implicit,
    None,
}

impl From<TlsName> for MailTls {
    fn from(name: TlsName) -> Self {
        match name {
            TlsName::StartTls => Self::StartTls,
            TlsName::Implicit => Self::Implicit,
            TlsName::None => Self::None,
        }
    }
}
