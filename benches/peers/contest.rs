//! A contest: one piece of work, whoever can do it, what it is to cost, and what became of it. How they take turns is the
//! business of `turns`.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::aim::Aim;
use crate::launch::{Cost, Job, Run};
use crate::peers::{Peers, Tool};

/// What a line of output begins with that tells what the work inside a process took.
pub(crate) const TOLD: &str = "figure: ";

/// What is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Measure {
    /// The time of the process on the clock, in milliseconds.
    WallMs,
    /// The processor time of the process, in milliseconds.
    CpuMs,
    /// What the process says of the work inside it, in this unit; less is better.
    Told(&'static str),
    /// As before; more is better.
    ToldRate(&'static str),
}

impl Measure {
    pub(crate) fn unit(self) -> &'static str {
        match self {
            Self::WallMs => "wall ms",
            Self::CpuMs => "CPU ms",
            Self::Told(unit) | Self::ToldRate(unit) => unit,
        }
    }

    /// How many times better one figure is than another.
    pub(crate) fn times_better(self, one: f64, other: f64) -> f64 {
        if matches!(self, Self::ToldRate(_)) { one / other } else { other / one }
    }

    /// The figure of a run.
    ///
    /// # Errors
    /// The process did not tell it.
    pub(crate) fn of(self, run: &Run) -> Result<f64> {
        match self {
            Self::WallMs => Ok(run.cost.wall.as_secs_f64() * 1000.0),
            Self::CpuMs => Ok(run.cost.cpu.as_secs_f64() * 1000.0),
            Self::Told(_) | Self::ToldRate(_) => told(&run.stdout),
        }
    }
}

fn told(path: &Path) -> Result<f64> {
    let text = fs::read_to_string(path)?;
    let line = text.lines().find_map(|line| line.strip_prefix(TOLD)).context("no figure is told")?;
    line.trim().parse().with_context(|| format!("'{line}' is no figure"))
}

/// What a contestant is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Pantau,
    Peer,
    /// The least that the work could cost.
    Limit,
}

/// Makes what a contestant wrote comparable: the same text for the same answer.
pub(crate) type Reader = fn(&Run) -> Result<String>;

/// How a contestant's answer is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// It must be that of the others.
    Same(Reader),
    /// It cannot be, and why.
    Apart(&'static str),
}

/// Who takes part.
#[derive(Debug)]
pub(crate) struct Contestant {
    pub(crate) name: String,
    pub(crate) role: Role,
    pub(crate) job: Job,
    pub(crate) answer: Answer,
}

/// A piece of work.
#[derive(Debug)]
pub(crate) struct Contest {
    pub(crate) name: String,
    pub(crate) work: String,
    pub(crate) measure: Measure,
    pub(crate) aims: Vec<Aim>,
    /// How many rows the file of each holds, where that is of interest.
    pub(crate) rows: Option<u32>,
    pub(crate) entries: Vec<Entry>,
}

/// A contestant, or why there is none.
#[derive(Debug)]
pub(crate) enum Entry {
    Present(Contestant),
    Absent { name: String, why: String },
}

impl Contest {
    pub(crate) fn new(name: impl Into<String>, work: impl Into<String>, measure: Measure) -> Self {
        Self {
            name: name.into(),
            work: work.into(),
            measure,
            aims: Vec::new(),
            rows: None,
            entries: Vec::new(),
        }
    }

    pub(crate) fn of_rows(mut self, rows: u32) -> Self {
        self.rows = Some(rows);
        self
    }

    pub(crate) fn aim(mut self, aim: Aim) -> Self {
        self.aims.push(aim);
        self
    }

    pub(crate) fn pantau(&mut self, name: &str, job: Job, answer: Answer) {
        self.enter(name, Role::Pantau, job, answer);
    }

    pub(crate) fn limit(&mut self, name: &str, job: Job, answer: Answer) {
        self.enter(name, Role::Limit, job, answer);
    }

    /// A peer, whose data are only made where it is there.
    ///
    /// # Errors
    /// Its data cannot be made.
    pub(crate) fn peer(
        &mut self,
        peers: &Peers,
        tool: Tool,
        name: &str,
        answer: Answer,
        job: impl FnOnce() -> Result<Job>,
    ) -> Result<()> {
        match peers.absent(tool) {
            Some(why) => self.entries.push(Entry::Absent { name: name.to_owned(), why }),
            None => {
                let job = job().with_context(|| format!("{}: failed to prepare {name}", self.name))?;
                self.enter(name, Role::Peer, job, answer);
            }
        }
        Ok(())
    }

    fn enter(&mut self, name: &str, role: Role, job: Job, answer: Answer) {
        self.entries.push(Entry::Present(Contestant { name: name.to_owned(), role, job, answer }));
    }
}

/// What became of a contest.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) name: String,
    pub(crate) work: String,
    pub(crate) measure: Measure,
    pub(crate) aims: Vec<Aim>,
    pub(crate) rows: Option<u32>,
    pub(crate) lines: Vec<Line>,
}

/// What became of one contestant.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) role: Role,
    /// The figure and the cost of each run; none of who is absent or failed.
    pub(crate) runs: Vec<(f64, Cost)>,
    /// How many bytes its file has, where it wrote one.
    pub(crate) product_bytes: Option<u64>,
    pub(crate) verdict: Verdict,
}

/// What is said of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Not compared yet.
    Gave(String),
    Same,
    /// Another one than the first contestant's.
    Differs {
        from: String,
        this: String,
        that: String,
    },
    Apart(&'static str),
    Absent(String),
    Failed(String),
}
