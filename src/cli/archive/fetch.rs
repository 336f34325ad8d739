//! `pantau archive fetch`: from a plan to one WARC file.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;

use crate::archive::fetch::{self, Begin, End, FetchingError, Job, Patience, Progress, Rate, Where};
use crate::clock;
use crate::fetch::{Asker, FetchOptions};
use crate::format;

use super::super::Global;
use super::super::context::{advise, complain, confirm};
use super::super::exit::{Exit, Refusal};
use super::super::signals::{Signal, Signals};
use super::plan::parse_base;
use super::progress::Shown;

/// Archives look long into their files, and send tens of megabytes.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(180);

#[derive(Debug, Args)]
#[command(after_help = "\
A memento becomes a record of the time that the archive gives it (Memento-Datetime), whatever its status was; a range \
is appended as it is. An answer without that time is the archive's own and never kept. Two mementos or four ranges a \
second are asked for unless --rate says otherwise, one at a time; robots.txt and Retry-After are obeyed.\n\
OUT.done beside OUT says that it is not complete, and how far it is: however the program ended, --resume goes on from \
there, with the same plan. OUT.failed is a plan of what could not be had.\n\
Exit codes: 0 complete, 3 the plan is empty, 5 complete but for what is in OUT.failed, 75 the archive cannot be had \
now and what came is kept, 130 interrupted and what came is kept.")]
pub(in crate::cli) struct FetchArgs {
    /// The plan, as `pantau archive plan` writes it
    #[arg(long, value_name = "FILE")]
    plan: PathBuf,
    /// The file to write, never overwritten
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Go on with a file that is not complete
    #[arg(long)]
    resume: bool,
    /// How fast a host may be asked: HOST=N/s or HOST=N/m. May be given again
    #[arg(long, value_name = "HOST=N/s")]
    rate: Vec<Rate>,
    /// What the files of ranges lie below
    #[arg(long, value_name = "URL", default_value = "https://data.commoncrawl.org/", value_parser = parse_base)]
    base: String,
    /// A host that may lie in a private network
    #[arg(long, value_name = "HOST")]
    private: Option<String>,
    /// How often a place is asked for before it is given up; and how many may be refused in a row
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..))]
    tries: u32,
    /// The pause after a failure; each further one is twice as long
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = humantime::parse_duration)]
    pause: Duration,
}

pub(super) fn run(global: &Global, args: &FetchArgs) -> anyhow::Result<Exit> {
    let at = Where { base: args.base.clone(), private: args.private.clone() };
    let job = Job {
        plan: &args.plan,
        output: &args.output,
        begin: if args.resume { Begin::WhereItEnded } else { Begin::Anew },
        at: &at,
        rates: &args.rate,
        patience: Patience { tries: args.tries, pause: args.pause },
        clock: clock::now,
    };
    let asker = Asker::new(&FetchOptions {
        total_timeout: TOTAL_TIMEOUT,
        inside: args.private.clone(),
        ..FetchOptions::default()
    })?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut shown = Shown::new(global.quiet);
    let fetched = runtime.block_on(async {
        let stop = stopped(Signals::listen()?);
        anyhow::Ok(fetch::fetch(&asker, &job, stop, &mut |news| shown.tell(&news)).await)
    })?;
    shown.end();
    let (end, progress) = fetched.map_err(refusal)?;
    ended(global, &args.output, end, progress)
}

async fn stopped(mut signals: Signals) {
    while !matches!(signals.next().await, Signal::Stop(_)) {}
}

fn ended(global: &Global, output: &Path, end: End, progress: Progress) -> anyhow::Result<Exit> {
    let Progress { places, decided, failed, bytes } = progress;
    let path = output.display();
    let (kept, resume) = (decided - failed, "the same command with --resume goes on from here");
    let so_far = format!("{path} has {kept} of {places} places, {bytes} bytes");
    match end {
        End::NothingPlanned => Err(Refusal::new(Exit::NoData, "the plan is empty").into()),
        End::WasComplete => {
            confirm(global.quiet, &format!("{path} is complete: there is no {path}.done beside it"));
            Ok(Exit::Done)
        }
        End::Complete(None) => {
            confirm(global.quiet, &so_far);
            Ok(Exit::Done)
        }
        End::Complete(Some(left)) => {
            confirm(global.quiet, &so_far);
            complain(&format!(
                "{failed} of {places} places could not be had; {} is a plan of them",
                left.display()
            ));
            if !global.quiet {
                advise("fetch that plan into another file to ask for them again");
            }
            Ok(Exit::Unsound)
        }
        End::GaveUp(why) => {
            confirm(global.quiet, &so_far);
            Err(Refusal::new(Exit::TryAgain, format!("gave up: {why}")).hint(resume).into())
        }
        End::Stopped => {
            confirm(global.quiet, &so_far);
            Err(Refusal::new(Exit::Interrupted, "interrupted; what came is kept").hint(resume).into())
        }
    }
}

fn refusal(error: FetchingError) -> anyhow::Error {
    let message = format::error_chain(&error);
    match error {
        FetchingError::ReadPlan { .. } | FetchingError::Output { .. } => error.into(),
        FetchingError::NoPlace { .. } => {
            Refusal::new(Exit::Unsound, message).hint("`pantau archive plan` writes plans").into()
        }
        FetchingError::Exists { .. } => Refusal::new(Exit::Failed, message)
            .hint("--resume goes on with a file that is not complete")
            .into(),
        FetchingError::OtherPlan { .. } => {
            Refusal::new(Exit::Usage, message).hint("name that plan, or another file to write").into()
        }
        FetchingError::Shorter { .. } => Refusal::new(Exit::Unsound, message).into(),
        FetchingError::Held { .. } => Refusal::new(Exit::TryAgain, message).into(),
    }
}
