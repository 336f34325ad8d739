//! From the file's shape to a configuration: fills in the defaults and refuses what cannot be meant.

use std::collections::{BTreeSet, HashSet};
use std::ops::RangeInclusive;
use std::path::Path;
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::{TZ_VARIANTS, Tz};
use toml::Spanned;
use url::Url;

use super::error::Problem;
use super::file::{self, File, Placed, RobotsName};
use super::layout::{layout, text};
use super::lookup::{Env, default_database, resolve};
use super::{Config, FOREVER, FetchSettings, Market, Source, alert, builtin, channel, push};
use crate::fetch::RobotsRule;
use crate::fetch::disguise;
use crate::format::nearest;
use crate::poll::{Cron, Pace, Retention, Schedule};
use crate::web::{Listen, ListenError};

/// A page is not asked more often than this.
const SHORTEST_PACE: Duration = Duration::from_secs(1);

/// Longer durations are slips of the pen.
const LONGEST_DURATION: Duration = Duration::from_secs(366 * 86_400);

/// What is younger may still have to be told from what is recorded next to it.
const SHORTEST_KEPT: Duration = Duration::from_secs(86_400);

/// Whoever keeps something for longer means for ever.
const LONGEST_KEPT: Duration = Duration::from_secs(100 * 366 * 86_400);

/// The longest name of a source.
const LONGEST_NAME: usize = 64;

/// The configuration that a file means.
pub(super) fn config(file: &File, path: &Path, env: Env<'_>) -> Result<Config, Problem> {
    let database = text("path", &file.store.path)?;
    let market = market(&file.market)?;
    let sources =
        if file.source.is_empty() { builtin::sources() } else { sources(&file.source, market.zone)? };
    let channels = channel::channels(&file.channel, path, env)?;
    Ok(Config {
        database: database.map_or_else(|| default_database(env), |written| resolve(&written, path, env)),
        market,
        spacing: at_least(Duration::ZERO, "spacing", &file.fetch.spacing)?.unwrap_or(Config::SPACING),
        log_format: file.log.format.unwrap_or_default(),
        retention: retention(&file.retention)?,
        listen: file.web.listen.as_ref().map(listen).transpose()?,
        push: push::push(&file.push, path, env)?,
        sources,
        alerts: alert::alerts(&file.alert, &channels)?,
        channels,
    })
}

fn retention(file: &file::Retention) -> Result<Retention, Problem> {
    let defaults = Retention::default();
    Ok(Retention {
        polls: kept("polls", &file.polls)?.unwrap_or(defaults.polls),
        pages: kept("pages", &file.pages)?.unwrap_or(defaults.pages),
    })
}

/// How long something is kept, or for ever.
fn kept(key: &str, value: &Placed<String>) -> Result<Option<Option<Duration>>, Problem> {
    match value {
        Some(written) if written.get_ref() == FOREVER => Ok(Some(None)),
        _ => within(SHORTEST_KEPT..=LONGEST_KEPT, key, value).map(|kept| kept.map(Some)),
    }
}

fn market(file: &file::Market) -> Result<Market, Problem> {
    let defaults = Market::default();
    Ok(Market {
        zone: file.zone.as_ref().map(zone).transpose()?.unwrap_or(defaults.zone),
        calendar: file.calendar.unwrap_or_default(),
        closures: dates("closures", &file.closures)?,
        open: dates("open", &file.open)?,
    })
}

fn listen(address: &Spanned<String>) -> Result<Listen, Problem> {
    let problem = |error| Problem::new(address.span(), format!("`listen`: {error}"));
    address.get_ref().parse().map_err(|error: ListenError| problem(error))
}

fn zone(name: &Spanned<String>) -> Result<Tz, Problem> {
    name.get_ref().parse().map_err(|_| {
        let near = nearest(name.get_ref(), TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = near.map_or_else(
            || "write a zone such as Asia/Jakarta".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        Problem::new(name.span(), format!("`zone`: unknown zone '{}'; {hint}", name.get_ref()))
    })
}

fn dates(key: &str, dates: &[Spanned<toml::Value>]) -> Result<BTreeSet<NaiveDate>, Problem> {
    dates.iter().map(|written| date(key, written)).collect()
}

/// A date in quotes, or one of TOML's own.
fn date(key: &str, date: &Spanned<toml::Value>) -> Result<NaiveDate, Problem> {
    let written = match date.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    NaiveDate::parse_from_str(&written, "%Y-%m-%d").map_err(|_| {
        let text = format!("`{key}`: '{written}' is not a date; write it like 2027-01-01");
        Problem::new(date.span(), text)
    })
}

/// What a file's sources mean, no two of one name. The zone is that of cron expressions that name none.
pub(super) fn sources(files: &[file::Source], market: Tz) -> Result<Vec<Source>, Problem> {
    let mut names = HashSet::new();
    files
        .iter()
        .map(|file| {
            if names.insert(file.name.get_ref().as_str()) {
                source(file, market)
            } else {
                let text = format!("`name`: two sources are called '{}'", file.name.get_ref());
                Err(Problem::new(file.name.span(), text))
            }
        })
        .collect()
}

fn source(file: &file::Source, market: Tz) -> Result<Source, Problem> {
    Ok(Source {
        name: name(&file.name)?,
        url: web_address("url", &file.url)?,
        layout: layout(file)?,
        schedule: schedule(file, market)?,
        enabled: file.enabled.unwrap_or(true),
        robots: file.robots.map_or_else(RobotsRule::default, |robots| match robots {
            RobotsName::Obey => RobotsRule::Obey,
            RobotsName::Ignore => RobotsRule::Ignore,
        }),
        fetch: fetch(file)?,
    })
}

/// When a source is polled: at a pace, or as a cron expression says.
fn schedule(file: &file::Source, market: Tz) -> Result<Schedule, Problem> {
    let name = file.name.get_ref();
    let every = pace("every", &file.every)?;
    let every_closed = pace("every_closed", &file.every_closed)?;
    let Some(expression) = &file.cron else {
        if let Some(zone) = &file.zone {
            return Err(Problem::new(
                zone.span(),
                "`zone` of a source is that of its `cron`, which is missing",
            ));
        }
        let pace = Pace {
            open: every.unwrap_or(Source::EVERY),
            closed: every_closed.or(every).unwrap_or(Source::EVERY_CLOSED),
        };
        return Ok(Schedule::paced(pace, name));
    };
    if let Some(other) = file.every.as_ref().or(file.every_closed.as_ref()) {
        let text = "a source has either `cron` or `every` and `every_closed`";
        return Err(Problem::new(other.span(), text));
    }
    let zone = file.zone.as_ref().map(zone).transpose()?.unwrap_or(market);
    let cron = Cron::parse(expression.get_ref(), zone).map_err(|why| {
        let text = format!("`cron`: '{}': {why}; write it like */5 9-16 * * 1-5", expression.get_ref());
        Problem::new(expression.span(), text)
    })?;
    Ok(Schedule::cron(cron, name))
}

pub(super) fn name(name: &Spanned<String>) -> Result<String, Problem> {
    let text = name.get_ref();
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '_' | '-');
    let wrong = if text.is_empty() {
        "`name` must not be empty".to_owned()
    } else if !text.chars().all(is_plain) {
        format!("`name`: '{text}' may only have lower case letters, digits, '_' and '-'")
    } else if text.len() > LONGEST_NAME {
        format!("`name`: longer than {LONGEST_NAME} characters")
    } else {
        return Ok(text.clone());
    };
    Err(Problem::new(name.span(), wrong))
}

/// An address over http or https, without credentials.
pub(super) fn web_address(key: &str, url: &Spanned<String>) -> Result<Url, Problem> {
    let problem = |text: String| Problem::new(url.span(), format!("`{key}`: {text}"));
    let parsed =
        Url::parse(url.get_ref()).map_err(|error| problem(format!("'{}': {error}", url.get_ref())))?;
    if !matches!(parsed.scheme(), "http" | "https") {
        return Err(problem(format!("'{}' is neither http nor https", url.get_ref())));
    }
    if parsed.host_str().is_none_or(str::is_empty) {
        return Err(problem(format!("'{}' names no host", url.get_ref())));
    }
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return Err(problem("must not hold a user name or a password".to_owned()));
    }
    if let Some(disguise) = disguise(url.get_ref(), &parsed) {
        return Err(problem(disguise));
    }
    Ok(parsed)
}

fn fetch(file: &file::Source) -> Result<FetchSettings, Problem> {
    let defaults = FetchSettings::default();
    Ok(FetchSettings {
        user_agent: user_agent(&file.user_agent)?,
        max_body: max_body(&file.max_body)?.unwrap_or(defaults.max_body),
        connect_timeout: timeout("connect_timeout", &file.connect_timeout)?
            .unwrap_or(defaults.connect_timeout),
        timeout: timeout("timeout", &file.timeout)?.unwrap_or(defaults.timeout),
        private: file.private.unwrap_or(defaults.private),
    })
}

fn user_agent(value: &Placed<String>) -> Result<Option<String>, Problem> {
    let agent = text("user_agent", value)?;
    match value {
        Some(value) if !value.get_ref().bytes().all(|byte| matches!(byte, b' '..=b'~')) => {
            Err(Problem::new(value.span(), "`user_agent` may only have printable ASCII characters"))
        }
        _ => Ok(agent),
    }
}

fn max_body(value: &Placed<u64>) -> Result<Option<u64>, Problem> {
    match value {
        Some(value) if *value.get_ref() == 0 => {
            Err(Problem::new(value.span(), "`max_body` must be at least 1 byte"))
        }
        other => Ok(other.as_ref().map(|value| *value.get_ref())),
    }
}

fn pace(key: &str, value: &Placed<String>) -> Result<Option<Duration>, Problem> {
    at_least(SHORTEST_PACE, key, value)
}

fn timeout(key: &str, value: &Placed<String>) -> Result<Option<Duration>, Problem> {
    at_least(Duration::from_millis(1), key, value)
}

pub(super) fn at_least(
    least: Duration,
    key: &str,
    value: &Placed<String>,
) -> Result<Option<Duration>, Problem> {
    within(least..=LONGEST_DURATION, key, value)
}

fn within(
    bounds: RangeInclusive<Duration>,
    key: &str,
    value: &Placed<String>,
) -> Result<Option<Duration>, Problem> {
    let Some(value) = value else { return Ok(None) };
    let written = value.get_ref();
    let problem = |text: String| Problem::new(value.span(), format!("`{key}`: {text}"));
    let duration = humantime::parse_duration(written)
        .map_err(|_| problem(format!("'{written}' is not a duration; write it like 90s, 15m or 1h")))?;
    if duration < *bounds.start() {
        let least = humantime::format_duration(*bounds.start());
        return Err(problem(format!("'{written}' is too short; the least is {least}")));
    }
    if duration > *bounds.end() {
        let most = if *bounds.end() == LONGEST_DURATION { "a year" } else { "a century; write forever" };
        return Err(problem(format!("'{written}' is longer than {most}")));
    }
    Ok(Some(duration))
}
