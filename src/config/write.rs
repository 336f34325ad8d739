//! A configuration as TOML, every default spelled out: what reads back as the same configuration.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;
use toml::Spanned;

use super::file::{self, File, LayoutName, LocaleName, Placed, RobotsName};
use super::{Config, Market, Source};
use crate::parse::{CssRules, JsonIndicator, JsonRules, Layout, Locale};
use crate::poll::RobotsRule;

/// The file that means a configuration.
pub(super) fn file(config: &Config) -> File {
    File {
        store: file::Store { path: given(config.database.to_string_lossy()) },
        market: market(&config.market),
        fetch: file::Fetch { spacing: duration(config.spacing) },
        log: file::Log { format: Some(config.log) },
        source: config.sources.iter().map(source).collect(),
    }
}

fn market(market: &Market) -> file::Market {
    file::Market {
        zone: given(market.zone.name()),
        calendar: Some(market.calendar),
        closures: dates(&market.closures),
        open: dates(&market.open),
    }
}

fn dates(dates: &BTreeSet<NaiveDate>) -> Vec<Spanned<toml::Value>> {
    dates.iter().map(|date| placed(date.to_string().into())).collect()
}

fn source(source: &Source) -> file::Source {
    let pace = source.schedule.pace();
    let (expression, zone) = source.schedule.expression().unzip();
    let plain = file::Source {
        name: placed(source.name.clone()),
        url: placed(source.url.to_string()),
        layout: placed(LayoutName::Kontan),
        every: pace.and_then(|pace| duration(pace.open)),
        every_closed: pace.and_then(|pace| duration(pace.closed)),
        cron: expression.and_then(given),
        zone: zone.and_then(|zone| given(zone.name())),
        enabled: Some(source.enabled),
        robots: Some(match source.robots {
            RobotsRule::Obey => RobotsName::Obey,
            RobotsRule::Ignore => RobotsName::Ignore,
        }),
        user_agent: source.fetch.user_agent.clone().map(placed),
        max_body: Some(placed(source.fetch.max_body)),
        connect_timeout: duration(source.fetch.connect_timeout),
        timeout: duration(source.fetch.timeout),
        private: Some(source.fetch.private),
        row: None,
        label: None,
        level: None,
        change: None,
        percent: None,
        locale: None,
        indicator: Vec::new(),
    };
    match &source.layout {
        Layout::Kontan => plain,
        Layout::Css(rules) => css(rules, plain),
        Layout::Json(rules) => json(rules, plain),
    }
}

fn css(rules: &CssRules, plain: file::Source) -> file::Source {
    file::Source {
        layout: placed(LayoutName::Css),
        row: given(&rules.row),
        label: given(&rules.label),
        level: copied(&rules.level),
        change: copied(&rules.change),
        percent: copied(&rules.percent),
        locale: Some(placed(match rules.locale {
            Locale::Indonesian => LocaleName::Id,
            Locale::English => LocaleName::En,
        })),
        ..plain
    }
}

fn json(rules: &JsonRules, plain: file::Source) -> file::Source {
    file::Source {
        layout: placed(LayoutName::Json),
        indicator: rules.indicators.iter().map(|one| placed(indicator(one))).collect(),
        ..plain
    }
}

fn indicator(indicator: &JsonIndicator) -> file::Indicator {
    file::Indicator {
        label: given(&indicator.label),
        slug: None,
        level: copied(&indicator.level),
        change: copied(&indicator.change),
        percent: copied(&indicator.percent),
        previous_close: copied(&indicator.previous_close),
        kind: indicator.kind,
        unit: copied(&indicator.unit),
    }
}

fn duration(duration: Duration) -> Placed<String> {
    given(humantime::format_duration(duration).to_string())
}

fn copied(text: &Option<String>) -> Placed<String> {
    text.clone().map(placed)
}

fn given(text: impl Into<String>) -> Placed<String> {
    Some(placed(text.into()))
}

/// A value that stands nowhere yet.
fn placed<T>(value: T) -> Spanned<T> {
    Spanned::new(0..0, value)
}
