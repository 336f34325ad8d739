//! The configuration: its schema, defaults and places. Flags and variables of the command line come first, and
//! are not known here; nothing but the command line knows this module.

mod alert;
mod builtin;
mod channel;
mod check;
mod error;
mod file;
mod layout;
mod lookup;
mod push;
mod secret;
mod write;

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::NaiveDate;
use chrono_tz::Tz;
use url::Url;

pub use self::alert::{Alert, To};
pub use self::channel::{Channel, MailServer, Way};
pub use self::error::ConfigError;
use self::error::Problem;
pub use self::file::{CalendarName, LogFormat};
pub use self::lookup::Env;
pub use self::push::Push;
pub use self::secret::{Address, Secret, SecretError};
use crate::calendar::Calendar;
use crate::fetch::RobotsRule;
use crate::files::is_writable_by_all;
use crate::parse::Layout;
use crate::poll::{Retention, Schedule};
use crate::web::Listen;

/// The configuration in force: what a file says, and defaults for the rest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The database file: `[store] path`.
    pub database: PathBuf,
    /// The market that the indicators belong to: `[market]`.
    pub market: Market,
    /// The least time between two requests to one host: `[fetch] spacing`.
    pub spacing: Duration,
    /// What the lines of the daemon's log look like: `[log] format`.
    pub log_format: LogFormat,
    /// How long what is not an observation is kept: `[retention]`.
    pub retention: Retention,
    /// Where the daemon serves health and metrics, if it does: `[web] listen`.
    pub listen: Option<Listen>,
    /// The team's PostgreSQL, if there is one: `[push]`.
    pub push: Option<Push>,
    /// What is polled, in the order of the file; no two of one name.
    pub sources: Vec<Source>,
    /// Ways to tell people that need more than one text; no two of one name.
    pub channels: Vec<Channel>,
    /// What people are told of; no two of one name.
    pub alerts: Vec<Alert>,
}

/// The market that the indicators belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Market {
    /// The zone of its days and hours.
    pub zone: Tz,
    /// Which calendar it keeps.
    pub calendar: CalendarName,
    /// Closures besides those that the calendar knows.
    pub closures: BTreeSet<NaiveDate>,
    /// Weekdays that were open although the calendar lists a closure.
    pub open: BTreeSet<NaiveDate>,
}

/// One page that is polled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// What people call it: lower case letters, digits, `_` and `-`.
    pub name: String,
    /// The page, over http or https, without credentials.
    pub url: Url,
    /// How the rows are found in the page.
    pub layout: Layout,
    /// When it is polled.
    pub schedule: Schedule,
    /// Whether the daemon polls it.
    pub enabled: bool,
    /// Whether the robots.txt of its site is obeyed.
    pub robots: RobotsRule,
    /// How it is fetched.
    pub fetch: FetchSettings,
}

/// How a page is fetched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FetchSettings {
    /// Who asks, in place of the program's own name.
    pub user_agent: Option<String>,
    /// The most bytes of a body, decoded.
    pub max_body: u64,
    /// The time to connect.
    pub connect_timeout: Duration,
    /// The time for the whole request.
    pub timeout: Duration,
    /// Whether its host may lie in a private network although its name looks public.
    pub private: bool,
}

/// The word for what is never removed.
const FOREVER: &str = "forever";

impl Config {
    /// The time between two requests to one host, where nothing is said of it.
    pub const SPACING: Duration = Duration::from_secs(1);

    /// The configuration in force, and the file it came from.
    ///
    /// An explicit file must exist. Without one, the first of `$XDG_CONFIG_HOME/pantau/pantau.toml` (or
    /// below `~/.config`) and `/etc/pantau/pantau.toml` that exists is read; without any, the defaults hold.
    ///
    /// # Errors
    /// A file that cannot be read, or that says what cannot be meant.
    pub fn load(explicit: Option<&Path>, env: Env<'_>) -> Result<(Self, Option<PathBuf>), ConfigError> {
        if let Some(path) = explicit {
            let text = read(path)?;
            return Ok((Self::parse(&text, path, env)?, Some(path.to_owned())));
        }
        for path in lookup::config_files(env) {
            match read(&path) {
                Ok(text) => return Ok((Self::parse(&text, &path, env)?, Some(path))),
                Err(error) if is_absent(&error) => {}
                Err(error) => return Err(error),
            }
        }
        Ok((Self::builtin(env), None))
    }

    /// The configuration that a file's text means. The path is for messages and for relative paths.
    ///
    /// # Errors
    /// The first thing in the text that cannot be meant.
    pub fn parse(text: &str, path: &Path, env: Env<'_>) -> Result<Self, ConfigError> {
        let anchored = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        toml::from_str(text)
            .map_err(|error| Problem::of_toml(&error, text))
            .and_then(|file| check::config(&file, &anchored, env))
            .map_err(|problem| problem.in_file(path, text))
    }

    /// The configuration without a file.
    #[must_use]
    pub fn builtin(env: Env<'_>) -> Self {
        Self {
            database: lookup::default_database(env),
            market: Market::default(),
            spacing: Self::SPACING,
            log_format: LogFormat::default(),
            retention: Retention::default(),
            listen: None,
            push: None,
            sources: builtin::sources(),
            channels: Vec::new(),
            alerts: Vec::new(),
        }
    }

    /// The configuration as TOML, every default spelled out; it reads back as the same configuration.
    #[must_use]
    pub fn to_toml(&self) -> String {
        // Strings, numbers and tables of them: nothing that TOML could not hold.
        toml::to_string(&write::file(self)).unwrap_or_default()
    }

    /// The source of a name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<&Source> {
        self.sources.iter().find(|source| source.name == name)
    }
}

impl Market {
    /// The calendar with the closures of the configuration.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        let calendar = match self.calendar {
            CalendarName::Idx => Calendar::idx().with_zone(self.zone),
            CalendarName::Weekdays => Calendar::weekdays(self.zone),
        };
        calendar.with_closures(self.closures.iter().copied()).with_open_days(self.open.iter().copied())
    }
}

impl Default for Market {
    fn default() -> Self {
        let (closures, open) = (BTreeSet::new(), BTreeSet::new());
        Self { zone: Tz::Asia__Jakarta, calendar: CalendarName::Idx, closures, open }
    }
}

impl Source {
    /// The pace of a source that names none, while the market is open.
    pub const EVERY: Duration = Duration::from_secs(60);
    /// The pace of a source that names none, while the market is closed.
    pub const EVERY_CLOSED: Duration = Duration::from_secs(15 * 60);
}

impl Default for FetchSettings {
    fn default() -> Self {
        Self {
            user_agent: None,
            max_body: 8 * 1024 * 1024,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_secs(30),
            private: false,
        }
    }
}

/// What `pantau init` writes: the defaults with their reasons, and examples commented out.
#[must_use]
pub fn commented_example() -> String {
    EXAMPLE.to_owned()
}

const EXAMPLE: &str = include_str!("example.toml");

fn read(path: &Path) -> Result<String, ConfigError> {
    let failed = |source| ConfigError::Read { path: path.to_owned(), source };
    let mut file = File::open(path).map_err(failed)?;
    if is_writable_by_all(&file.metadata().map_err(failed)?) {
        return Err(ConfigError::WritableByAll { path: path.to_owned() });
    }
    let mut text = String::new();
    file.read_to_string(&mut text).map_err(failed)?;
    Ok(text)
}

fn is_absent(error: &ConfigError) -> bool {
    let absent = |kind| matches!(kind, ErrorKind::NotFound | ErrorKind::NotADirectory);
    matches!(error, ConfigError::Read { source, .. } if absent(source.kind()))
}

#[cfg(test)]
mod tests;
