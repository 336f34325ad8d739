//! A configuration as TOML, every default spelled out: what reads back as the same configuration.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::NaiveDate;
use rust_decimal::Decimal;
use toml::Spanned;

use super::file::{self, ChannelKind, File, LayoutName, LocaleName, Placed, RobotsName, TlsName};
use super::{Address, Alert, Channel, Config, FOREVER, MailServer, Market, Push, Secret, Source, Way};
use crate::alert::Hysteresis;
use crate::alert::channel::MailTls;
use crate::fetch::RobotsRule;
use crate::parse::{CssRules, JsonIndicator, JsonRules, Layout, Locale};
use crate::poll::Retention;

/// The file that means a configuration.
pub(super) fn file(config: &Config) -> File {
    File {
        store: file::Store { path: given(config.database.to_string_lossy()) },
        market: market(&config.market),
        fetch: file::Fetch { spacing: duration(config.spacing) },
        log: file::Log { format: Some(config.log_format) },
        retention: retention(config.retention),
        web: file::Web { listen: config.listen.map(|listen| placed(listen.to_string())) },
        push: config.push.as_ref().map(push).unwrap_or_default(),
        source: config.sources.iter().map(source).collect(),
        channel: config.channels.iter().map(channel).collect(),
        alert: config.alerts.iter().map(alert).collect(),
    }
}

fn retention(retention: Retention) -> file::Retention {
    let kept = |kept: Option<Duration>| kept.map_or_else(|| given(FOREVER), days);
    file::Retention { polls: kept(retention.polls), pages: kept(retention.pages) }
}

fn market(market: &Market) -> file::Market {
    file::Market {
        zone: given(market.zone.name()),
        calendar: Some(market.calendar),
        closures: dates(&market.closures),
        open: dates(&market.open),
    }
}

fn push(push: &Push) -> file::Push {
    file::Push { to: address(&push.to), enabled: Some(push.enabled) }
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

fn alert(alert: &Alert) -> file::Alert {
    let hysteresis = alert.hysteresis.map(|hysteresis| match hysteresis {
        Hysteresis::By(number) => float(number),
        Hysteresis::For(window) => window.to_string().into(),
    });
    file::Alert {
        name: placed(alert.name.clone()),
        when: placed(alert.when.to_string()),
        to: alert.to.iter().map(|to| placed(to.to_string())).collect(),
        hysteresis: hysteresis.map(placed),
        hold: (!alert.hold.is_zero()).then(|| duration(alert.hold)).flatten(),
        enabled: Some(alert.enabled),
    }
}

/// A number of TOML that reads back as the same decimal.
fn float(number: Decimal) -> toml::Value {
    number.to_string().parse().map_or_else(|_| number.to_string().into(), toml::Value::Float)
}

fn channel(channel: &Channel) -> file::Channel {
    let plain = |kind| file::Channel {
        name: placed(channel.name.clone()),
        kind: placed(kind),
        url: None,
        private: None,
        secret: None,
        token: None,
        chat: None,
        server: None,
        port: None,
        tls: None,
        user: None,
        password: None,
        from: None,
        to: Vec::new(),
        ca: None,
    };
    let private = Some(channel.private);
    match &channel.way {
        Way::Webhook { url, secret } => {
            file::Channel { url: address(url), private, secret: place(secret), ..plain(ChannelKind::Webhook) }
        }
        Way::Ntfy { url, token } => {
            file::Channel { url: address(url), private, token: place(token), ..plain(ChannelKind::Ntfy) }
        }
        Way::Telegram { url, token, chat } => file::Channel {
            url: Some(placed(url.to_string().into())),
            private,
            token: Some(placed(secret(token))),
            chat: chat.clone().map(|chat| placed(chat.into())),
            ..plain(ChannelKind::Telegram)
        },
        Way::Mail(server) => mail(server, plain(ChannelKind::Mail)),
    }
}

fn mail(mail: &MailServer, plain: file::Channel) -> file::Channel {
    let login = mail.login.as_ref();
    file::Channel {
        server: given(&mail.server),
        port: Some(mail.port),
        tls: Some(placed(match mail.tls {
            MailTls::StartTls => TlsName::StartTls,
            MailTls::Implicit => TlsName::Implicit,
            MailTls::None => TlsName::None,
        })),
        user: login.and_then(|(user, _)| given(user)),
        password: login.map(|(_, password)| placed(secret(password))),
        from: given(&mail.from),
        to: mail.to.iter().cloned().map(placed).collect(),
        ca: mail.ca.as_ref().and_then(|ca| given(ca.to_string_lossy())),
        ..plain
    }
}

fn address(address: &Address) -> Placed<toml::Value> {
    Some(placed(match address {
        Address::Plain(url) => url.to_string().into(),
        Address::Secret(place) => secret(place),
    }))
}

fn place(place: &Option<Secret>) -> Placed<toml::Value> {
    place.as_ref().map(|place| placed(secret(place)))
}

/// Where it stands: the only thing that the configuration knows of it.
fn secret(place: &Secret) -> toml::Value {
    let (key, value) = match place {
        Secret::Env(name) => ("env", name.clone()),
        Secret::File(path) => ("file", path.to_string_lossy().into_owned()),
    };
    toml::Value::Table([(key.to_owned(), value.into())].into_iter().collect())
}

fn duration(duration: Duration) -> Placed<String> {
    given(humantime::format_duration(duration).to_string())
}

/// Whole days as days: 400 of them are no round number of months.
fn days(duration: Duration) -> Placed<String> {
    const DAY: u64 = 86_400;
    let is_whole = duration.subsec_nanos() == 0 && duration.as_secs().is_multiple_of(DAY);
    if is_whole { given(format!("{}d", duration.as_secs() / DAY)) } else { self::duration(duration) }
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
