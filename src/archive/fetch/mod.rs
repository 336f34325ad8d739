//! Fetching what a plan names into one archive file: the only step that uses the network. One request at a time, no
//! faster than each host may be asked and its robots.txt allows, and no sooner than it asks for.
//!
//! What an answer means is decided by `verdict`, how long to wait by `patience`, what is on the disk by `output`; the
//! loops here obey. The same plan and the same answers make the same file, whatever fails in between.

mod capture;
mod errand;
mod member;
mod output;
mod patience;
mod rates;
mod survey;
#[cfg(test)]
mod tests;
mod verdict;

use std::future::Future;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::place::{NoPlace, Place};
use crate::clock::Clock;
use crate::fetch::{Ask, Manners, RobotsRule};
use crate::format;
use output::Output;
use survey::Survey;
use verdict::{AtLast, Verdict};

pub use errand::Where;
pub use output::Begin;
pub use patience::Patience;
pub use rates::Rate;

/// How often an archive may send us on to the nearest capture.
const MOST_HOPS: u32 = 5;

/// Why nothing could be fetched at all.
#[derive(Debug, thiserror::Error)]
pub enum FetchingError {
    /// The plan cannot be read.
    #[error("failed to read {path}")]
    ReadPlan {
        /// The plan.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
    /// A line of the plan names no place.
    #[error("line {line} of {path} is {source}")]
    NoPlace {
        /// The plan.
        path: PathBuf,
        /// The number of the line.
        line: u64,
        /// What it is.
        source: NoPlace,
    },
    /// Something is there that would be overwritten.
    #[error("{path} exists already; it was left as it is")]
    Exists {
        /// It.
        path: PathBuf,
    },
    /// The journal is that of another plan.
    #[error("{path} was begun with another plan")]
    OtherPlan {
        /// The journal.
        path: PathBuf,
    },
    /// The file has fewer bytes than were written to it.
    #[error("{path} has {found} bytes, {expected} of which were written; it was changed since")]
    Shorter {
        /// The file.
        path: PathBuf,
        /// How many there should be.
        expected: u64,
        /// How many there are.
        found: u64,
    },
    /// Another process writes it.
    #[error("another process fetches into {path}")]
    Held {
        /// The file.
        path: PathBuf,
    },
    /// The file or its journal cannot be written.
    #[error("failed to write {path}")]
    Output {
        /// It.
        path: PathBuf,
        /// What went wrong.
        #[source]
        source: io::Error,
    },
}

/// What to fetch, and how.
#[derive(Debug)]
pub struct Job<'a> {
    /// The plan.
    pub plan: &'a Path,
    /// The file to write.
    pub output: &'a Path,
    /// How it is begun.
    pub begin: Begin,
    /// Where things lie.
    pub at: &'a Where,
    /// What was said about hosts.
    pub rates: &'a [Rate],
    /// How much failure is borne.
    pub patience: Patience,
    /// Tells how far off a date is that a server wants to be left alone until.
    pub clock: Clock,
}

/// How far it is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// How many places the plan has.
    pub places: u64,
    /// How many of them are decided.
    pub decided: u64,
    /// How many of those could not be had.
    pub failed: u64,
    /// How many bytes the file has.
    pub bytes: u64,
}

/// What happens meanwhile.
#[derive(Debug)]
pub enum News<'a> {
    /// A place is decided, or some were decided by an earlier run.
    Progress(Progress),
    /// A place cannot be had.
    Failed {
        /// Its line in the plan.
        line: u64,
        /// Why not.
        why: &'a str,
    },
    /// An archive is left alone for a while.
    Waiting {
        /// The line in the plan that it was asked for.
        line: u64,
        /// Why.
        why: &'a str,
        /// How long.
        wait: Duration,
    },
}

/// How it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The file is complete; a plan of what could not be had lies beside it, if there was any.
    Complete(Option<PathBuf>),
    /// The plan is empty. Nothing was made.
    NothingPlanned,
    /// It was complete already.
    WasComplete,
    /// The archive cannot be had now. What came is kept.
    GaveUp(String),
    /// It was stopped. What came is kept.
    Stopped,
}

/// Fetches what a plan names, until it is done, stopped, or the archive cannot be had any more.
///
/// # Errors
/// The plan cannot be read, or the file not be written.
pub async fn fetch<A: Ask>(
    asker: &A,
    job: &Job<'_>,
    stop: impl Future<Output = ()>,
    told: &mut dyn FnMut(News<'_>),
) -> Result<(End, Progress), FetchingError> {
    let plan = Survey::of(job.plan)?;
    if plan.places == 0 {
        return Ok((End::NothingPlanned, Progress::default()));
    }
    let Some(output) = Output::begin(job.output, job.begin, &plan.mark)? else {
        return Ok((End::WasComplete, Progress { places: plan.places, ..Progress::default() }));
    };
    let run = Run { asker, job, manners: Manners::default(), output, refusals: 0, places: plan.places };
    run.all(&plan, stop, told).await
}

struct Run<'a, A> {
    asker: &'a A,
    job: &'a Job<'a>,
    manners: Manners,
    output: Output,
    /// How many of the latest places were refused. They are noted as failed once the archive gives another answer:
    /// until then it may be us that it refuses.
    refusals: u64,
    places: u64,
}

/// What became of a place.
enum Fate {
    Kept(Vec<u8>),
    Failed { why: String, is_refusal: bool },
    GivenUp(String),
}

impl<A: Ask> Run<'_, A> {
    async fn all(
        mut self,
        plan: &Survey,
        stop: impl Future<Output = ()>,
        told: &mut dyn FnMut(News<'_>),
    ) -> Result<(End, Progress), FetchingError> {
        let decided = self.output.decided();
        told(News::Progress(self.progress()));
        tokio::pin!(stop);
        for planned in plan.places()?.skip(usize::try_from(decided).unwrap_or(usize::MAX)) {
            let planned = planned?;
            let fate = tokio::select! {
                biased;
                () = &mut stop => return Ok((End::Stopped, self.progress())),
                fate = self.place(planned.number, planned.place, told) => fate,
            };
            if let Some(why) = self.settle(planned.number, fate, told)? {
                return Ok((End::GaveUp(why), self.progress()));
            }
            told(News::Progress(self.progress()));
        }
        self.note_refusals()?;
        let progress = self.progress();
        Ok((End::Complete(self.output.finish(plan)?), progress))
    }

    /// Writes down what became of a place; says why nothing more is to be had, if so.
    fn settle(
        &mut self,
        line: u64,
        fate: Fate,
        told: &mut dyn FnMut(News<'_>),
    ) -> Result<Option<String>, FetchingError> {
        match fate {
            Fate::Kept(bytes) => {
                self.note_refusals()?;
                self.output.keep(&bytes)?;
            }
            Fate::Failed { why, is_refusal: true } => {
                told(News::Failed { line, why: &why });
                self.refusals += 1;
                if self.refusals >= u64::from(self.job.patience.tries) {
                    return Ok(Some(format!("{} places in a row were refused: {why}", self.refusals)));
                }
            }
            Fate::Failed { why, is_refusal: false } => {
                told(News::Failed { line, why: &why });
                self.note_refusals()?;
                self.output.leave_out(1)?;
            }
            Fate::GivenUp(why) => return Ok(Some(format!("line {line} of the plan: {why}"))),
        }
        Ok(None)
    }

    fn note_refusals(&mut self) -> Result<(), FetchingError> {
        match std::mem::take(&mut self.refusals) {
            0 => Ok(()),
            refusals => self.output.leave_out(refusals),
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            places: self.places,
            decided: self.output.decided() + self.refusals,
            failed: self.output.failed() + self.refusals,
            bytes: self.output.length(),
        }
    }

    /// Asks for a place until it is decided.
    async fn place(&self, line: u64, mut place: Place, told: &mut dyn FnMut(News<'_>)) -> Fate {
        let (mut failures, mut hops) = (0, 0);
        loop {
            match self.once(&place).await {
                Verdict::Keep(bytes) => return Fate::Kept(bytes),
                Verdict::LeaveOut { why, is_refusal } => return Fate::Failed { why, is_refusal },
                Verdict::Follow(_) if hops == MOST_HOPS => {
                    let why = format!("redirected more than {MOST_HOPS} times");
                    return Fate::Failed { why, is_refusal: false };
                }
                Verdict::Follow(nearest) => {
                    hops += 1;
                    place = Place::Memento(nearest);
                }
                Verdict::Again { why, asked, at_last } => {
                    failures += 1;
                    let Some(wait) = self.job.patience.pause_after(failures, asked) else {
                        return given_up(why, asked, at_last);
                    };
                    told(News::Waiting { line, why: &why, wait });
                    tokio::time::sleep(wait).await;
                }
            }
        }
    }

    /// Asks once, when it may.
    async fn once(&self, place: &Place) -> Verdict {
        let (url, request) = match self.job.at.request(place) {
            Ok(errand) => errand,
            Err(why) => return verdict::leave_out(why),
        };
        let spacing = rates::spacing(self.job.rates, &url, place);
        let admitted = self.manners.admit((self.asker, &request.url), RobotsRule::Obey, spacing).await;
        let _turn = match admitted {
            Ok(turn) => turn,
            Err(barred) => {
                let why = format::error_chain(&barred);
                return match barred.cause() {
                    Some(cause) => verdict::no_answer(why, cause, (self.job.clock)()),
                    None => verdict::leave_out(why),
                };
            }
        };
        let answer = self.asker.ask(&request, |head| verdict::most(place, head)).await;
        verdict::what_to_do(place, &url, answer, (self.job.clock)())
    }
}

fn given_up(why: String, asked: Option<Duration>, at_last: AtLast) -> Fate {
    let asks = asked.map(|asked| format!(", and asks to wait {}", humantime::format_duration(asked)));
    let why = why + &asks.unwrap_or_default();
    match at_last {
        AtLast::Stop => Fate::GivenUp(why),
        AtLast::LeaveOut => Fate::Failed { why, is_refusal: false },
    }
}
