//! Exit codes, and how an error reaches a person: one line, and a hint on its own where there is a way out.

use std::io::ErrorKind;
use std::process::{ExitCode, Termination};

use anyhow::Context as _;

use crate::alert::RuleError;
use crate::alert::channel::ChannelError;
use crate::chart::ChartError;
use crate::columns::ColumnsError;
use crate::config::{ConfigError, SecretError};
use crate::domain::{IntervalError, MomentError};
use crate::format;
use crate::poll::PollError;
use crate::query::QueryError;
use crate::store::StoreError;
use crate::web::WebError;

use super::context::{advise, complain};

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done; also when the reader of a pipe went away.
    Done = 0,
    /// A file that is not there or cannot be written, a database that cannot be read.
    Failed = 1,
    /// Usage or configuration.
    Usage = 2,
    /// Unknown indicator, nothing in the range, no database yet.
    NoData = 3,
    /// A checked rule is true.
    RuleTrue = 4,
    /// The input or the data is not what it should be.
    Unsound = 5,
    /// Unreachable, locked.
    TryAgain = 75,
    /// Interrupted.
    Interrupted = 130,
}

impl Termination for Exit {
    fn report(self) -> ExitCode {
        ExitCode::from(self as u8)
    }
}

/// An error of the command line itself, with its exit code and a way out.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(super) struct Refusal {
    pub(super) exit: Exit,
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Refusal {
    pub(super) fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hint: None }
    }

    pub(super) fn hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }
}

/// Prints an error and gives its exit code.
pub(super) fn tell(error: &anyhow::Error, quiet: bool) -> Exit {
    if is_closed_pipe(error) {
        return Exit::Done;
    }
    let (exit, hint) = judge(error);
    complain(&format::error_chain(error.as_ref()));
    if let Some(hint) = hint.filter(|_| !quiet) {
        advise(&hint);
    }
    exit
}

/// Prints help where it was asked for, and a usage error as one line like any other.
pub(super) fn tell_usage(error: &clap::Error) -> Exit {
    let is_help = !error.use_stderr()
        || error.kind() == clap::error::ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_help {
        let printed = error.print().context("failed to write the help");
        return match printed {
            _ if error.use_stderr() => Exit::Usage,
            Ok(()) => Exit::Done,
            Err(failure) => tell(&failure, true),
        };
    }
    let text = error.render().to_string();
    let lines: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let message = lines.join(" ");
    complain(message.trim_start_matches("error: "));
    let tip = text.lines().find_map(|line| line.trim().strip_prefix("tip: "));
    advise(tip.unwrap_or("--help says what there is"));
    Exit::Usage
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause.downcast_ref::<std::io::Error>().is_some_and(|error| error.kind() == ErrorKind::BrokenPipe)
    })
}

fn judge(error: &anyhow::Error) -> (Exit, Option<String>) {
    if let Some(refusal) = error.downcast_ref::<Refusal>() {
        return (refusal.exit, refusal.hint.clone());
    }
    if let Some(error) = error.downcast_ref::<QueryError>() {
        return of_query(error);
    }
    if let Some(error) = error.downcast_ref::<StoreError>() {
        return of_store(error);
    }
    if let Some(PollError::Store(error)) = error.downcast_ref() {
        return of_store(error);
    }
    #[cfg(feature = "postgres")]
    if let Some(error) = error.downcast_ref::<crate::push::PushError>() {
        return of_push(error);
    }
    if let Some(error) = error.downcast_ref::<ChartError>() {
        let exit = if error.is_no_data() {
            Exit::NoData
        } else if error.is_usage() {
            Exit::Usage
        } else {
            Exit::Failed
        };
        return (exit, None);
    }
    if let Some(error) = error.downcast_ref::<ColumnsError>() {
        return of_columns(error);
    }
    if let Some(ConfigError::WritableByAll { path }) = error.downcast_ref::<ConfigError>() {
        return (Exit::Usage, Some(format!("chmod o-w {}", path.display())));
    }
    if let Some(WebError::Bind { .. }) = error.downcast_ref::<WebError>() {
        return (Exit::Failed, Some("--listen names another address; port 0 takes any free one".to_owned()));
    }
    let is_usage = error.is::<ConfigError>()
        || error.is::<SecretError>()
        || error.is::<ChannelError>()
        || error.is::<RuleError>()
        || error.is::<MomentError>()
        || error.is::<IntervalError>();
    (if is_usage { Exit::Usage } else { Exit::Failed }, None)
}

fn of_query(error: &QueryError) -> (Exit, Option<String>) {
    match error {
        QueryError::UnknownIndicator { nearest: Some(nearest), .. } => {
            (Exit::NoData, Some(format!("did you mean {nearest}? `pantau indicators` lists them all")))
        }
        QueryError::UnknownIndicator { .. } => {
            (Exit::NoData, Some("`pantau indicators` lists what is recorded".to_owned()))
        }
        QueryError::Ambiguous { choices, .. } => (Exit::Usage, Some(format!("say {}", choices.join(" or ")))),
        QueryError::NothingKnown { .. } => (Exit::NoData, None),
        QueryError::UnknownPage { .. } => {
            (Exit::NoData, Some("`pantau drift` lists the pages that are kept".to_owned()))
        }
        QueryError::AmbiguousPage { .. } => (Exit::Usage, Some("say more of it, or its number".to_owned())),
        QueryError::Store(error) => of_store(error),
        QueryError::Disorder(_) => (Exit::Unsound, None),
    }
}

#[cfg(feature = "postgres")]
fn of_push(error: &crate::push::PushError) -> (Exit, Option<String>) {
    use crate::push::PushError;
    match error {
        PushError::Store(error) => of_store(error),
        PushError::Address(_) => {
            (Exit::Usage, Some("write it like postgres://user@host:5432/database".to_owned()))
        }
        PushError::Certificates { .. } => (Exit::Usage, None),
        PushError::Newer { .. } => {
            (Exit::Failed, Some("use the version of pantau that made them, or a newer one".to_owned()))
        }
        error if error.is_tls() => {
            let hint = "sslrootcert=FILE in the address names whom to trust; sslmode=disable does without encryption";
            (Exit::Failed, Some(hint.to_owned()))
        }
        error if error.is_transient() => {
            (Exit::TryAgain, Some("what was copied stays; the next push goes on there".to_owned()))
        }
        _ => (Exit::Failed, None),
    }
}

fn of_columns(error: &ColumnsError) -> (Exit, Option<String>) {
    match error {
        ColumnsError::LeftOut => {
            (Exit::Usage, Some("build it with its feature `parquet`, which is on by default".to_owned()))
        }
        ColumnsError::Unsound { .. } => (Exit::Unsound, None),
        ColumnsError::Write(_) | ColumnsError::Unwritable(_) | ColumnsError::Read { .. } => {
            (Exit::Failed, None)
        }
    }
}

fn of_store(error: &StoreError) -> (Exit, Option<String>) {
    match error {
        StoreError::Missing { .. } => {
            (Exit::NoData, Some("`pantau poll` or `pantau run` begins one; --db names another".to_owned()))
        }
        StoreError::Newer { .. } => {
            (Exit::Failed, Some("use the version of pantau that wrote it, or a newer one".to_owned()))
        }
        StoreError::Held { .. } => (Exit::TryAgain, None),
        StoreError::Rescued { .. } => (
            Exit::Failed,
            Some("verify the copy and move it to the path of the database, or away to begin anew".to_owned()),
        ),
        StoreError::Foreign { .. } => (Exit::Failed, Some("--db names the file to use".to_owned())),
        error if error.is_locked() => {
            (Exit::TryAgain, Some("another process holds the database; try again in a moment".to_owned()))
        }
        error if error.is_damaged() => (
            Exit::Failed,
            Some(
                "keep the file; `pantau db verify` says more; with no process using it, move it and its -wal and -shm \
                 files away, and copy the last verified backup to its path"
                    .to_owned(),
            ),
        ),
        error if error.is_failing() => (
            Exit::Failed,
            Some("see whether the disk takes writes, and whether a limit on files (ulimit -f) is reached".to_owned()),
        ),
        _ => (Exit::Failed, None),
    }
}
