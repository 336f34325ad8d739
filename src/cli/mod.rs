//! The command line: the only user of clap. Turns arguments into calls of the library, and results into text and
//! exit codes. Data on stdout, everything else on stderr.

mod alert;
mod archive;
mod arguments;
mod ask;
mod bulk;
mod channels;
mod chart;
mod check;
mod context;
mod daemon;
mod db;
mod drift;
mod dues;
mod exit;
mod extract;
mod import;
mod log;
mod new_file;
mod notify;
mod pages;
mod plan;
mod poll;
mod push;
mod reextract;
mod reload;
mod review;
mod running;
mod service;
mod setup;
mod signals;
mod status;

use std::path::PathBuf;

use chrono_tz::Tz;
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::archive::import::Form;
use crate::chart::{ChartKind, Size, Theme};
use crate::config::LogFormat;
use crate::domain::{Interval, Window};
use crate::report::Format;
use crate::web::Listen;

use context::Context;
pub use exit::Exit;

/// Remembers the market indicators that a news site's header shows for a minute and forgets.
#[derive(Debug, Parser)]
#[command(name = "pantau", version, disable_help_subcommand = true, max_term_width = 110)]
#[command(
    after_help = "Times: 2024-04-19T10:30:00+07:00, 2024, 2024-04, 2024-04-19, now, today, -30d, -6mo, -1y, \
mtd, ytd (m is minutes, mo months).\nExit codes: 0 done, 1 failed, 2 usage or configuration, 3 no data, 4 a \
checked rule is true,\n5 the input or the data is not what it should be, 75 try again later, 130 interrupted."
)]
pub struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Clone, Args)]
struct Global {
    /// Configuration file
    #[arg(long, global = true, value_name = "FILE", env = "PANTAU_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,
    /// Database file
    #[arg(long, global = true, value_name = "FILE", env = "PANTAU_DB", hide_env_values = true)]
    db: Option<PathBuf>,
    /// Zone that times are shown in, such as UTC or Europe/Berlin; the market's by default
    #[arg(long, global = true, value_name = "ZONE", value_parser = parse_zone)]
    tz: Option<Tz>,
    /// Form of the answer
    #[arg(short, long, global = true, value_name = "FORM", value_enum)]
    format: Option<FormatArg>,
    /// Colour of the output; NO_COLOR is obeyed
    #[arg(long, global = true, value_name = "WHEN", value_enum, default_value_t = ColorArg::Auto)]
    color: ColorArg,
    /// Say less: only errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Say more; twice for everything
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    Table,
    Json,
    Ndjson,
    Csv,
    // Only where rows come in bulk.
    Parquet,
}

impl FormatArg {
    /// The form as text. Parquet is none: `bulk` writes it.
    fn text(self) -> Option<Format> {
        match self {
            Self::Table => Some(Format::Table),
            Self::Json => Some(Format::Json),
            Self::Ndjson => Some(Format::Ndjson),
            Self::Csv => Some(Format::Csv),
            Self::Parquet => None,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ColorArg {
    Auto,
    Always,
    Never,
}

fn parse_zone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| format!("'{text}' is no zone; try UTC, Asia/Jakarta or Europe/Berlin"))
}

#[derive(Debug, Subcommand)]
#[command(defer = true)]
enum Command {
    /// Poll every source until stopped
    Run(RunArgs),
    /// Poll once, and print what was stored
    Poll(PollArgs),
    /// Show the newest value of each indicator
    Latest(Indicators),
    /// Show what was seen of indicators: every run, or bars with --every
    History(HistoryArgs),
    /// Show changes over windows
    Change(ChangeArgs),
    /// Draw a chart, as PNG or SVG
    Chart(ChartArgs),
    /// Read saved pages and archives to quotes, without any database
    Extract(ExtractArgs),
    /// Plan what to fetch from a web archive, fetch it, and list what it holds
    Archive(archive::ArchiveArgs),
    #[command(flatten)]
    Import(ImportCommand),
    /// Trace a number back to the exact text it was read from
    Explain(ExplainArgs),
    /// Show how each source and indicator does; exit 5 when one is stale or drifted
    Status(StatusArgs),
    /// List the indicators that are recorded
    Indicators,
    /// List the sources
    Sources,
    /// List held values, and decide about them
    Review(ReviewArgs),
    /// Evaluate one rule now; exit 0 when it is not true, 4 when it is, 3 when too little is known
    Check(CheckArgs),
    /// Show how the alerts stand, and test whether their messages arrive
    Alert(AlertArgs),
    /// Show which sources are not understood any more, and what changed; exit 5 when one is
    Drift(DriftArgs),
    /// Read the pages again that were not understood, after a fix
    Reextract(ReextractArgs),
    /// Copy what is recorded to a team's PostgreSQL
    Push(PushArgs),
    /// Back up, verify or prune the database
    Db(DbArgs),
    /// Write a commented pantau.toml
    Init(InitArgs),
    /// Print the configuration in force
    Config,
    /// Print shell completions
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual page
    Man,
}

/// Apart from the others, whose options are made when they are asked for: what it calls `--format` and `-f` would then
/// come too late to stand for those of all commands.
#[derive(Debug, Subcommand)]
enum ImportCommand {
    /// Record what files hold: saved pages, archives, series as CSV, what extract wrote
    Import(ImportArgs),
}

#[derive(Debug, Args)]
struct RunArgs {
    /// Serve /healthz, /readyz and /metrics here: a port of the loopback device, or an address and a port
    #[arg(long, value_name = "ADDR")]
    listen: Option<Listen>,
    /// Form of the log on the standard error; text by default
    #[arg(long, value_name = "FORM", value_enum)]
    log_format: Option<LogFormatArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum LogFormatArg {
    Text,
    Json,
}

impl From<LogFormatArg> for LogFormat {
    fn from(arg: LogFormatArg) -> Self {
        match arg {
            LogFormatArg::Text => Self::Text,
            LogFormatArg::Json => Self::Json,
        }
    }
}

#[derive(Debug, Args)]
struct PollArgs {
    /// Source to poll; every enabled one by default
    source: Option<String>,
    /// Read a saved page instead of the network; - is stdin
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
    /// When the saved page was fetched; now by default
    #[arg(long, value_name = "TIME", requires = "from", allow_hyphen_values = true)]
    at: Option<String>,
    /// Show what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct Indicators {
    /// Indicators, such as lq45, usd-idr or kontan/emas; all by default
    #[arg(value_name = "IND")]
    indicators: Vec<String>,
}

#[derive(Debug, Clone, Args)]
struct RangeArgs {
    /// Begin of the range
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    from: Option<String>,
    /// End of the range; a bare date includes that day
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    to: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
--derived: a row whose level, change and percentage agree also proves the close ahead of its
session, level less change. Of each close:
  session     its day; none where the calendar or the first minutes of a session leave it open
  session_by  the last day that it can be
  low, high   the interval it lies in, narrowed by all rows of one session and a level seen after it
  level       what the page prints for it, where it prints the same for the whole interval
  agreement   alone, chained (several rows prove it), observed (its level was seen), or disjoint
              (another level was seen, or one session counts from two: something was missed)
--from and --to are the days of the closes. A return has no level, and so no close.")]
struct HistoryArgs {
    /// Indicators, such as lq45, usd-idr or kontan/emas; with --all none means every one
    #[arg(value_name = "IND", required_unless_present = "all")]
    indicators: Vec<String>,
    #[command(flatten)]
    range: RangeArgs,
    /// Bars of this width instead of runs: 15m, 1h, 1d, 1w, 1mo, 1y
    #[arg(long, value_name = "INTERVAL")]
    every: Option<Interval>,
    /// Instead, the closes that the change of each run proves, with the interval that they lie in
    #[arg(long, conflicts_with = "every")]
    derived: bool,
    /// At most this many rows of each indicator, the newest
    #[arg(long, value_name = "N", conflicts_with = "all", value_parser = clap::value_parser!(u32).range(1..))]
    limit: Option<u32>,
    /// Every row, however many
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct ChangeArgs {
    #[command(flatten)]
    indicators: Indicators,
    /// Windows: 1h, 1d, 1w, 1mo, 1y, mtd, ytd
    #[arg(long, value_name = "WINDOW,...", value_delimiter = ',', default_value = "1d,1w,1mo,ytd,1y")]
    over: Vec<Window>,
    /// The moment the windows end; by default the moment each indicator was last seen
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    as_of: Option<String>,
}

#[derive(Debug, Args)]
struct ChartArgs {
    /// Indicators, such as lq45, usd-idr or kontan/emas; several only with --kind rebase
    #[arg(value_name = "IND", required = true)]
    indicators: Vec<String>,
    /// File to write, .png or .svg; - is PNG on stdout
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    range: RangeArgs,
    /// What to draw: line, candle, rebase or drawdown; rebase by default where there are several indicators
    #[arg(long, value_name = "KIND")]
    kind: Option<ChartKind>,
    /// Width of a bar; chosen from the range by default
    #[arg(long, value_name = "INTERVAL")]
    every: Option<Interval>,
    /// Mark the closes that the changes of what was seen prove, as hollow marks; not by default
    #[arg(long)]
    derived: bool,
    /// Moving average over this many bars
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(2..))]
    ma: Option<u32>,
    /// Size in pixels
    #[arg(long, value_name = "WxH", default_value_t = Size::default())]
    size: Size,
    /// Colours: light or dark
    #[arg(long, value_name = "THEME", default_value_t = Theme::default())]
    theme: Theme,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum CapturedAtArg {
    Auto,
    WarcDate,
    SourceUri,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Rows go to the standard output, one capture after the other; the same input gives the same bytes. What a file is, its \
first bytes say. Of an archive those records are pages that were answered with 200 and are HTML or plain text (JSON for \
a source that is read so); a note that a page was the same as before has its rows where that page is ahead of it in the \
same input. A capture without a time has no rows.\n\
The report has for each input its path, status (ok, partial, failed), records, rows and a detail, and for all of them \
records, rows, no_block, unparsed (the word of the header and no row: a changed layout), encoding_mismatch, \
revisit_unresolved and truncated. The path of an input that is not ok names it again.\n\
Exit codes: 0 every input was read to its end; 5 the rows are valid, and some input is damaged or not what it should \
be; 1 an input is not there, or the output cannot be written; 2 usage.")]
struct ExtractArgs {
    /// Saved pages, archives, and folders of them; - or nothing is stdin; with an offset and a length after tabs, a part
    /// of an archive
    #[arg(value_name = "PATH")]
    files: Vec<PathBuf>,
    /// Read these too: a PATH a line; - is stdin
    #[arg(long, value_name = "FILE")]
    paths_from: Option<PathBuf>,
    /// Only captures of archives whose address is like this; * stands for slashes too; may be repeated
    #[arg(long, value_name = "GLOB")]
    url: Vec<String>,
    /// What says when a capture was made: the date of its record, or the digits of the Wayback address it was copied
    /// from; auto takes the digits where there are any
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = CapturedAtArg::Auto)]
    captured_at: CapturedAtArg,
    /// Write what became of each input to this file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Read with this many threads; the answer is the same
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
    /// Configured source whose layout the pages have
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
}

#[derive(Debug, Args)]
#[command(after_help = "\
A saved page says when it was captured by --at, by a file beside it (PAGE.json or PAGE.meta.json with captured_at, \
timestamp, memento-datetime or date; PAGE.headers), or by its name: 14 digits (UTC), or 2024-04-23T09:15:00Z and the \
like (without a zone the market's, or that of --tz). The time of its file says nothing.
CSV has a header date,level,change,percent. A bare date is the close of the market on that day. Between semicolons the \
decimal mark is the comma, else the point.")]
struct ImportArgs {
    /// Files and folders; - is stdin
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Configured source whose captures they are; the first by default
    #[arg(long, value_name = "SOURCE")]
    source: Option<String>,
    /// Indicator of series that name none
    #[arg(long, value_name = "IND")]
    indicator: Option<String>,
    /// When pages were captured
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
    /// What the files are; auto looks at their names, and where these tell nothing at how they begin
    #[arg(long = "format", id = "input", value_name = "FORM", value_enum, default_value_t = InputArg::Auto)]
    input: InputArg,
    /// Form of the summary
    #[arg(short = 'f', id = "format", value_name = "FORM", value_enum)]
    _summary: Option<FormatArg>,
    /// Only captures whose address is like this; * stands for slashes too; may be repeated
    #[arg(long, value_name = "GLOB")]
    url: Vec<String>,
    #[command(flatten)]
    range: RangeArgs,
    /// What says when a capture of an archive was made, as of extract
    #[arg(long, value_name = "WHAT", value_enum, default_value_t = CapturedAtArg::Auto)]
    captured_at: CapturedAtArg,
    /// Read archives with this many threads; the rows are the same
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    threads: u16,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum InputArg {
    Auto,
    Html,
    Text,
    Warc,
    Wet,
    Csv,
    Ndjson,
    Parquet,
}

impl InputArg {
    fn form(self) -> Option<Form> {
        match self {
            Self::Auto => None,
            Self::Html => Some(Form::Html),
            Self::Text => Some(Form::Text),
            Self::Warc | Self::Wet => Some(Form::Archive),
            Self::Csv => Some(Form::Csv),
            Self::Ndjson => Some(Form::Ndjson),
            Self::Parquet => Some(Form::Parquet),
        }
    }
}

#[derive(Debug, Args)]
struct ExplainArgs {
    /// The indicator
    #[arg(value_name = "IND")]
    indicator: String,
    /// The moment; the newest value by default
    #[arg(long, value_name = "TIME", allow_hyphen_values = true)]
    at: Option<String>,
}

#[derive(Debug, Args)]
struct StatusArgs {
    /// Instead, how much of each day was seen, and why not the rest; the last 30 days by default
    #[arg(long)]
    coverage: bool,
    /// Instead of polls of days, trading days with a capture of each period, such as 1mo or 1y: the coverage of an
    /// archive; of all that is recorded by default
    #[arg(long, value_name = "INTERVAL", requires = "coverage")]
    every: Option<Interval>,
    /// Begin of the range
    #[arg(long, value_name = "TIME", requires = "coverage", allow_hyphen_values = true)]
    from: Option<String>,
    /// End of the range; a bare date includes that day
    #[arg(long, value_name = "TIME", requires = "coverage", allow_hyphen_values = true)]
    to: Option<String>,
}

#[derive(Debug, Args)]
struct ReviewArgs {
    #[command(subcommand)]
    decision: Option<DecisionArg>,
}

#[derive(Debug, Clone, Copy, Subcommand)]
enum DecisionArg {
    /// The value is real: it enters the series
    Accept {
        /// Its number in the list
        id: i64,
    },
    /// The value is not real: it stays out
    Reject {
        /// Its number in the list
        id: i64,
    },
}

#[derive(Debug, Args)]
#[command(after_help = "\
NAME is an indicator (lq45, kontan/lq45) or a source (kontan). A rule looks at
  NAME.level  NAME.change  NAME.percent   what the page shows
  NAME.change(1d)                         the change over a window, in percent
  age(NAME)                               the time since it was last seen: 30m, 2h, 1d
  drift(SOURCE)  held(NAME)               the page is not understood; a value waits for a decision
with < <= > >= == != and `and`, `or`, `not` and parentheses. What is older than its heartbeat is not known.")]
struct CheckArgs {
    /// The rule, such as 'lq45.percent <= -2', 'emas.change(1d) > 3' or 'age(kontan) > 30m or drift(kontan)'
    #[arg(value_name = "RULE", allow_hyphen_values = true)]
    rule: String,
}

#[derive(Debug, Args)]
struct AlertArgs {
    #[command(subcommand)]
    task: AlertTask,
}

#[derive(Debug, Clone, Subcommand)]
enum AlertTask {
    /// Every alert: how it stands, what it looks at, and what was told last
    List,
    /// Send a test message through every channel of an alert now
    Test {
        /// The alert
        name: String,
    },
}

#[derive(Debug, Args)]
struct DriftArgs {
    /// Source to look at; every one by default
    #[arg(conflicts_with = "page")]
    source: Option<String>,
    /// Write a kept page to a file instead: its number in the list, or its digest
    #[arg(long, value_name = "PAGE", requires = "output")]
    page: Option<String>,
    /// The file, never overwritten; - is stdout
    #[arg(short, long, value_name = "FILE", requires = "page")]
    output: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct ReextractArgs {
    /// Source whose pages to read; every one by default
    source: Option<String>,
    /// Record pages too that lack an indicator which the last understood text showed
    #[arg(long)]
    partly: bool,
    /// Show what would be stored, and store nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Args)]
struct PushArgs {
    /// The server, such as postgres://user@host/database; that of the configuration by default. PGPASSWORD may have the
    /// password
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// Copy everything again, whatever the server was told before
    #[arg(long)]
    all: bool,
}

#[derive(Debug, Args)]
struct DbArgs {
    #[command(subcommand)]
    task: DbTask,
}

#[derive(Debug, Clone, Subcommand)]
enum DbTask {
    /// Copy the database while it is in use
    Backup {
        /// The copy; never overwritten
        file: PathBuf,
    },
    /// Check the file, and derive every stored observation again from its stored text
    Verify,
    /// Remove polls older than the configuration keeps them; observations and their texts always stay
    Prune {
        /// Do it; without this, only say what would go
        #[arg(long)]
        yes: bool,
    },
}

#[derive(Debug, Args)]
struct InitArgs {
    /// Where to write it; pantau.toml in the current folder by default
    file: Option<PathBuf>,
}

/// Runs the program, and gives its exit code.
#[must_use]
pub fn main() -> Exit {
    if let Err(error) = signals::outlive_limit_on_files() {
        return exit::tell(&error.into(), false);
    }
    let cli = match arguments::read(std::env::args_os()) {
        Ok(cli) => cli,
        Err(error) => return exit::tell_usage(&error),
    };
    match cli.global.color {
        ColorArg::Auto => {}
        ColorArg::Always => anstream::ColorChoice::Always.write_global(),
        ColorArg::Never => anstream::ColorChoice::Never.write_global(),
    }
    let quiet = cli.global.quiet;
    match dispatch(cli) {
        Ok(exit) => exit,
        Err(error) => exit::tell(&error, quiet),
    }
}

fn dispatch(cli: Cli) -> anyhow::Result<Exit> {
    let context = || Context::load(&cli.global);
    if cli.global.format == Some(FormatArg::Parquet) {
        return bulk::run(&cli.global, &cli.command);
    }
    match cli.command {
        Command::Run(args) => daemon::run(&cli.global, &context()?, &args),
        Command::Poll(args) => poll::run(&context()?, &args),
        Command::Latest(args) => ask::latest(&context()?, &args),
        Command::History(args) => ask::history(&context()?, &args),
        Command::Change(args) => ask::change(&context()?, &args),
        Command::Chart(args) => chart::run(&context()?, &args),
        Command::Extract(args) => extract::run(&cli.global, &args),
        Command::Archive(args) => archive::run(&cli.global, &args.task),
        Command::Import(ImportCommand::Import(args)) => import::run(&context()?, &args),
        Command::Explain(args) => ask::explain(&context()?, &args),
        Command::Status(args) => status::run(&context()?, &args),
        Command::Indicators => ask::indicators(&context()?),
        Command::Sources => ask::sources(&context()?),
        Command::Review(args) => review::run(&context()?, &args),
        Command::Check(args) => check::run(&context()?, &args),
        Command::Alert(args) => alert::run(&context()?, &args.task),
        Command::Drift(args) => drift::run(&context()?, &args),
        Command::Reextract(args) => reextract::run(&context()?, &args),
        Command::Push(args) => push::run(&context()?, &args),
        Command::Db(args) => db::run(&context()?, &args.task),
        Command::Init(args) => setup::init(&cli.global, &args),
        Command::Config => setup::config(&context()?),
        Command::Completions { shell } => setup::completions(shell),
        Command::Man => setup::man(),
    }
}
