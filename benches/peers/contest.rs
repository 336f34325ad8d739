//! A contest: one piece of work, whoever can do it, and what it is to cost. Contestants take turns, A B A B, after one run
//! each to warm up; what that first run answers is compared.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::aim::Aim;
use crate::folder::Folder;
use crate::launch::{self, Cost, Job, Run};
use crate::options::Scale;
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

    fn of(self, run: &Run) -> Result<f64> {
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
    rows: Option<u32>,
    entries: Vec<Entry>,
}

#[derive(Debug)]
enum Entry {
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

    /// Lets everybody run.
    ///
    /// # Errors
    /// The figures of a run cannot be read. A contestant that fails is told of in the results.
    pub(crate) fn run(self, folder: &Folder, scale: Scale) -> Result<Results> {
        let Self { name, work, measure, aims, rows, entries } = self;
        let mut lines: Vec<(Line, Option<Contestant>)> =
            entries.into_iter().map(|entry| warm_up(folder, measure, entry)).collect();
        for round in 0.. {
            let mut is_over = true;
            for (line, contestant) in &mut lines {
                let Some(contestant) = contestant.as_ref().filter(|_| round < rounds(line, scale)) else {
                    continue;
                };
                is_over = false;
                let run = launch::run(folder, &contestant.job)?;
                // The run to warm up is the only one of what is slow, and none of the others.
                if round == 0 {
                    line.runs.clear();
                }
                line.runs.push((measure.of(&run)?, run.cost));
            }
            if is_over {
                break;
            }
        }
        let mut lines: Vec<Line> = lines.into_iter().map(|(line, _)| line).collect();
        compare(&mut lines);
        Ok(Results { name, work, measure, aims, rows, lines })
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

fn warm_up(folder: &Folder, measure: Measure, entry: Entry) -> (Line, Option<Contestant>) {
    let line = |name, role, verdict| Line { name, role, runs: Vec::new(), product_bytes: None, verdict };
    let contestant = match entry {
        Entry::Absent { name, why } => return (line(name, Role::Peer, Verdict::Absent(why)), None),
        Entry::Present(contestant) => contestant,
    };
    let mut line = line(contestant.name.clone(), contestant.role, Verdict::Same);
    match first_run(folder, measure, &contestant, &mut line) {
        Ok(()) => (line, Some(contestant)),
        Err(error) => {
            line.verdict = Verdict::Failed(format!("{error:#}"));
            (line, None)
        }
    }
}

fn first_run(folder: &Folder, measure: Measure, contestant: &Contestant, line: &mut Line) -> Result<()> {
    let run = launch::run(folder, &contestant.job)?;
    line.verdict = match contestant.answer {
        Answer::Same(read) => Verdict::Gave(read(&run).context("its answer cannot be read")?),
        Answer::Apart(why) => Verdict::Apart(why),
    };
    let has_product = run.written != run.stdout;
    line.product_bytes = has_product.then(|| fs::metadata(&run.written)).transpose()?.map(|file| file.len());
    line.runs = vec![(measure.of(&run)?, run.cost)];
    Ok(())
}

/// How often a contestant runs, going by how long it took to warm up: what is short varies most.
fn rounds(line: &Line, scale: Scale) -> usize {
    let seconds = line.runs.first().map_or(0.0, |(_, cost)| cost.wall.as_secs_f64());
    match seconds {
        _ if scale == Scale::Quick => 0,
        0.0..0.1 => 15,
        0.1..1.0 => 7,
        1.0..4.0 => 3,
        _ => 0,
    }
}

/// The answer of the first is what the others are held against.
fn compare(lines: &mut [Line]) {
    let given = |line: &Line| match &line.verdict {
        Verdict::Gave(answer) => Some((line.name.clone(), answer.clone())),
        _ => None,
    };
    let Some((from, that)) = lines.iter().find_map(given) else { return };
    for line in lines {
        if let Some((_, this)) = given(line) {
            let differs = || Verdict::Differs { from: from.clone(), this: this.clone(), that: that.clone() };
            line.verdict = if this == that { Verdict::Same } else { differs() };
        }
    }
}
