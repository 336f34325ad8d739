//! The shape of the TOML file: its tables, keys and words. Knows no defaults and does not judge what the
//! values mean.

use serde::{Deserialize, Serialize};
use toml::Spanned;

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
    pub(super) source: Vec<Source>,
}

/// `[store]`
#[derive(Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Store {
    pub(super) path: Placed<String>,
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
