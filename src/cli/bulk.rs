//! Rows in bulk, on their way to the standard output as they come: runs as text, and with `-f parquet` runs and quotes.
//! What other commands answer is read by people, or by programs that take JSON.

use std::io::{IsTerminal, Stdout};

use crate::archive::extract::Captured;
use crate::columns::{QuoteRow, RunRow, Writer};
use crate::query;
use crate::report::RunStream;
use crate::store::{Store, StoredIndicator};

use super::ask::NOTHING_IN_RANGE;
use super::context::{Context, print_plain};
use super::exit::{Exit, Refusal};
use super::{Command, Global, HistoryArgs, extract};

pub(super) fn run(global: &Global, command: &Command) -> anyhow::Result<Exit> {
    match command {
        Command::History(args) if args.every.is_none() && !args.derived => {
            history(&Context::load(global)?, args)
        }
        Command::History(_) => {
            let refusal =
                Refusal::new(Exit::Usage, "-f parquet holds runs, which --every and --derived replace");
            Err(refusal.hint("-f csv takes bars and derived closes").into())
        }
        Command::Extract(args) => extract::run(global, args),
        _ => {
            let refusal =
                Refusal::new(Exit::Usage, "-f parquet is for `pantau history` and `pantau extract`");
            Err(refusal.hint("-f table, json, ndjson or csv works everywhere").into())
        }
    }
}

fn history(context: &Context, args: &HistoryArgs) -> anyhow::Result<Exit> {
    let range = context.range(&args.range)?;
    let limit = args.limit.and_then(|limit| usize::try_from(limit).ok());
    let store = context.reader()?;
    let indicators = query::resolve(store.tables(), &args.indicators)?;
    let mut runs = Writer::new(output()?)?;
    let mut is_empty = true;
    for stored in &indicators {
        let mut row = None;
        query::each_run(store.tables(), stored, range, limit, |run| {
            is_empty = false;
            let row = row.get_or_insert_with(|| RunRow::new(&stored.indicator, run));
            row.run = run;
            runs.write(row).map_err(anyhow::Error::from)
        })?;
    }
    runs.finish()?;
    if is_empty { Err(Refusal::new(Exit::NoData, NOTHING_IN_RANGE).into()) } else { Ok(Exit::Done) }
}

/// The runs of `history` as text.
pub(super) fn text(
    context: &Context,
    store: &Store,
    indicators: &[StoredIndicator],
    args: &HistoryArgs,
    mut stream: RunStream,
) -> anyhow::Result<Exit> {
    let range = context.range(&args.range)?;
    let limit = args.limit.and_then(|limit| usize::try_from(limit).ok());
    let mut is_empty = true;
    store.read(|tables| {
        indicators.iter().try_for_each(|stored| {
            stream.begin(&stored.indicator)?;
            query::each_run(tables, stored, range, limit, |run| {
                is_empty = false;
                let Some(text) = stream.add(&run) else { return Ok(()) };
                let written = print_plain(text);
                text.clear();
                written
            })
        })
    })?;
    print_plain(&stream.finish())?;
    if is_empty { Err(Refusal::new(Exit::NoData, NOTHING_IN_RANGE).into()) } else { Ok(Exit::Done) }
}

/// The quotes of `extract`.
pub(super) struct Quotes(Writer<QuoteRow, Stdout>);

impl Quotes {
    pub(super) fn begin() -> anyhow::Result<Self> {
        Ok(Self(Writer::new(output()?)?))
    }

    /// Adds the rows of a capture.
    pub(super) fn add(&mut self, source: &str, captured: Captured) -> anyhow::Result<()> {
        let Captured { file, offset, url, captured_at, reading, digest, .. } = captured;
        let Some(digest) = digest else { return Ok(()) };
        for quote in reading.quotes {
            self.0.write(&QuoteRow {
                source: source.to_owned(),
                url: url.clone(),
                captured_at,
                quote,
                digest,
                file: file.to_string(),
                offset,
            })?;
        }
        Ok(())
    }

    pub(super) fn finish(self) -> anyhow::Result<()> {
        Ok(self.0.finish()?)
    }
}

/// The standard output, if it takes bytes.
fn output() -> anyhow::Result<Stdout> {
    let stdout = std::io::stdout();
    if stdout.is_terminal() {
        let refusal = Refusal::new(Exit::Usage, "Parquet is no text for a terminal");
        return Err(refusal.hint("redirect it to a file, or pipe it on").into());
    }
    Ok(stdout)
}
