//! What every command needs: the configuration in force, the moment it was called, and where answers go.

use std::io::Write;

use anyhow::Context as _;
use chrono_tz::Tz;
use serde::Serialize;

use crate::calendar::Calendar;
use crate::config::{Config, ConfigError, Source as ConfiguredSource};
use crate::domain::{Span, TimeRange, Timestamp, parse_moment};
use crate::ingest;
use crate::report::{self, Format, Table};
use crate::store::Store;
use crate::{clock, format};

use super::exit::{Exit, Refusal};
use super::{FormatArg, Global, RangeArgs};

/// The surroundings of a command.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) config: Config,
    pub(super) calendar: Calendar,
    pub(super) now: Timestamp,
    pub(super) format: Format,
    /// The zone that times are shown in.
    pub(super) zone: Tz,
    pub(super) quiet: bool,
    pub(super) verbose: u8,
}

/// A variable of the environment that says something.
pub(super) fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// The configuration in force.
pub(super) fn configuration(global: &Global) -> Result<Config, ConfigError> {
    let (mut config, _) = Config::load(global.config.as_deref(), &variable)?;
    if let Some(db) = &global.db {
        config.database.clone_from(db);
    }
    Ok(config)
}

impl Context {
    pub(super) fn load(global: &Global) -> anyhow::Result<Self> {
        let config = configuration(global)?;
        let calendar = config.market.calendar();
        Ok(Self {
            zone: global.tz.unwrap_or_else(|| calendar.zone()),
            calendar,
            config,
            now: clock::now(),
            format: global.format.and_then(FormatArg::text).unwrap_or_default(),
            quiet: global.quiet,
            verbose: global.verbose,
        })
    }

    pub(super) fn reader(&self) -> anyhow::Result<Store> {
        Ok(Store::open_reader(&self.config.database)?)
    }

    pub(super) fn writer(&self) -> anyhow::Result<Store> {
        Ok(Store::open_writer(&self.config.database)?)
    }

    /// A typed time. Civil dates are the market's, whatever zone times are shown in.
    pub(super) fn moment(&self, text: &str) -> anyhow::Result<Span> {
        Ok(parse_moment(text, self.now, self.calendar.zone())?)
    }

    pub(super) fn range(&self, args: &RangeArgs) -> anyhow::Result<TimeRange> {
        let from = args.from.as_deref().map(|from| self.moment(from)).transpose()?.map(|span| span.start);
        let to = args.to.as_deref().map(|to| self.moment(to)).transpose()?.map(|span| span.end);
        if let Some((from, to)) = from.zip(to)
            && to <= from
        {
            let (from, to) = (format::time(from, self.zone), format::time(to, self.zone));
            let message = format!("the range is empty: it would end at {to}, and begin at {from}");
            return Err(Refusal::new(Exit::Usage, message).into());
        }
        Ok(TimeRange { from, to })
    }

    /// Writes rows in the form asked for.
    pub(super) fn answer<T: Serialize>(
        &self,
        rows: &[T],
        table: impl FnOnce() -> Table,
    ) -> anyhow::Result<()> {
        print(&report::render(self.format, rows, table)?)
    }

    /// Writes rows, or refuses where there are none: people script against the exit code.
    pub(super) fn answer_some<T: Serialize>(
        &self,
        rows: &[T],
        nothing: &str,
        table: impl FnOnce() -> Table,
    ) -> anyhow::Result<Exit> {
        self.answer(rows, table)?;
        if rows.is_empty() {
            return Err(Refusal::new(Exit::NoData, nothing).into());
        }
        Ok(Exit::Done)
    }

    /// Says something beside the answer.
    pub(super) fn note(&self, text: &str) {
        note(self.quiet, text);
    }

    /// Says a way out, below what went wrong.
    pub(super) fn hint(&self, text: &str) {
        if !self.quiet {
            advise(text);
        }
    }

    /// The sources to poll: the named one, else every enabled one.
    pub(super) fn sources(&self, name: Option<&str>) -> anyhow::Result<Vec<&ConfiguredSource>> {
        if let Some(name) = name {
            return Ok(vec![self.source(name)?]);
        }
        enabled_sources(&self.config)
    }

    /// The configured source of a name.
    pub(super) fn source(&self, name: &str) -> anyhow::Result<&ConfiguredSource> {
        let unknown = || {
            let known: Vec<&str> = self.config.sources.iter().map(|source| source.name.as_str()).collect();
            let refusal = Refusal::new(Exit::Usage, format!("no source '{name}' in the configuration"));
            refusal.hint(format!("there is {}", known.join(", ")))
        };
        Ok(self.config.source(name).ok_or_else(unknown)?)
    }
}

/// The sources that are polled, of which there must be one.
pub(super) fn enabled_sources(config: &Config) -> anyhow::Result<Vec<&ConfiguredSource>> {
    let enabled: Vec<_> = config.sources.iter().filter(|source| source.enabled).collect();
    if enabled.is_empty() {
        return Err(Refusal::new(Exit::Usage, "no source is enabled in the configuration").into());
    }
    Ok(enabled)
}

/// Says something beside the answer, unless only errors are wanted.
pub(super) fn note(quiet: bool, text: &str) {
    if !quiet {
        say(&format!("note: {}", format::escape(text)));
    }
}

/// Says what was done where there is no answer to show it.
pub(super) fn confirm(quiet: bool, text: &str) {
    if !quiet {
        say(&format::escape(text));
    }
}

/// Says what went wrong.
pub(super) fn complain(text: &str) {
    say(&format!("pantau: {}", format::escape(text)));
}

/// Says what would help.
pub(super) fn advise(hint: &str) {
    say(&format!("hint: {}", format::escape(hint)));
}

/// Writes a line to stderr. Where that takes none, nobody can be told; the exit code still says how it ended.
fn say(line: &str) {
    let _ = writeln!(anstream::stderr(), "{line}");
}

/// Writes text without colours to stdout.
pub(super) fn print_plain(text: &[u8]) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    stdout.write_all(text).and_then(|()| stdout.flush()).context("failed to write to stdout")
}

/// Writes to stdout; colours are taken out where they are not wanted.
pub(super) fn print(text: &str) -> anyhow::Result<()> {
    // To look for colours takes longer than to see that there are none.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return print_plain(text.as_bytes());
    }
    let mut stdout = anstream::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    written.context("failed to write to stdout")
}

/// A configured source as the write path takes it.
pub(super) fn ingest_source(source: &ConfiguredSource) -> ingest::Source {
    ingest::Source {
        name: source.name.clone(),
        url: source.url.to_string(),
        layout: source.layout.clone(),
        slowest_poll: source.schedule.slowest(),
    }
}
