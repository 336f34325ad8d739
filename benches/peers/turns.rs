//! How contestants take turns: one run each to warm up, whose answers are compared, and then A B A B until everybody ran
//! often enough. Who they are and what is measured is not its business.

use std::fs;

use anyhow::{Context, Result};

use crate::contest::{Answer, Contest, Contestant, Entry, Line, Measure, Results, Role, Verdict};
use crate::folder::Folder;
use crate::launch;
use crate::options::Scale;

/// The most runs of one contestant.
const MOST_ROUNDS: usize = 15;

impl Contest {
    /// Lets everybody run. A contestant that fails is told of in the results.
    pub(crate) fn run(self, folder: &Folder, scale: Scale) -> Results {
        let Self { name, work, measure, aims, rows, entries } = self;
        let mut competing: Vec<Competing> = entries.into_iter().map(Competing::new).collect();
        for one in &mut competing {
            one.warm_up(folder, measure, scale);
        }
        for round in 0..MOST_ROUNDS {
            for one in competing.iter_mut().filter(|one| round < one.rounds) {
                one.again(folder, measure, round);
            }
        }
        let mut lines: Vec<Line> = competing.into_iter().map(|one| one.line).collect();
        compare(&mut lines);
        Results { name, work, measure, aims, rows, lines }
    }
}

/// A contestant in the middle of its contest.
struct Competing {
    line: Line,
    /// None where it is absent or failed.
    contestant: Option<Contestant>,
    /// How often it is to run; none but the run to warm up.
    rounds: usize,
}

impl Competing {
    fn new(entry: Entry) -> Self {
        let (name, role, verdict, contestant) = match entry {
            Entry::Absent { name, why } => (name, Role::Peer, Verdict::Absent(why), None),
            Entry::Present(one) => (one.name.clone(), one.role, Verdict::Same, Some(one)),
        };
        let line = Line { name, role, runs: Vec::new(), product_bytes: None, verdict };
        Self { line, contestant, rounds: 0 }
    }

    fn warm_up(&mut self, folder: &Folder, measure: Measure, scale: Scale) {
        let Some(contestant) = &self.contestant else { return };
        match first_run(folder, measure, contestant, &mut self.line) {
            Ok(seconds) => self.rounds = scale.of(rounds(seconds), 0),
            Err(error) => self.fail(&error),
        }
    }

    /// Another run. The one to warm up is the only one of what is slow, and does not count otherwise.
    fn again(&mut self, folder: &Folder, measure: Measure, round: usize) {
        let Some(contestant) = &self.contestant else { return };
        let figure = || {
            let run = launch::run(folder, &contestant.job)?;
            Ok((measure.of(&run)?, run.cost))
        };
        if round == 0 {
            self.line.runs.clear();
        }
        match figure() {
            Ok(figure) => self.line.runs.push(figure),
            Err(error) => self.fail(&error),
        }
    }

    fn fail(&mut self, error: &anyhow::Error) {
        self.line.verdict = Verdict::Failed(format!("{error:#}"));
        self.line.runs.clear();
        self.contestant = None;
    }
}

/// Gives the seconds that it took.
fn first_run(folder: &Folder, measure: Measure, contestant: &Contestant, line: &mut Line) -> Result<f64> {
    let run = launch::run(folder, &contestant.job)?;
    line.verdict = match contestant.answer {
        Answer::Same(read) => Verdict::Gave(read(&run).context("its answer cannot be read")?),
        Answer::Apart(why) => Verdict::Apart(why),
    };
    let has_product = run.written != run.stdout;
    line.product_bytes = has_product.then(|| fs::metadata(&run.written)).transpose()?.map(|file| file.len());
    line.runs = vec![(measure.of(&run)?, run.cost)];
    Ok(run.cost.wall.as_secs_f64())
}

/// How often a contestant runs, going by how long it took to warm up: what is short varies most.
fn rounds(seconds: f64) -> usize {
    match seconds {
        0.0..0.1 => MOST_ROUNDS,
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
