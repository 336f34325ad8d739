//! What is told of the results: tables in Markdown. Decides nothing.

use std::fmt::Write;

use crate::contest::{Line, Results, Role, Verdict};
use crate::figures::{Spread, short};

/// What is told of a piece of work.
#[derive(Debug)]
pub(crate) struct Section {
    /// In Markdown.
    pub(crate) text: String,
    /// A row of the table at the beginning.
    pub(crate) summary: Option<String>,
    /// What must not be, a sentence each.
    pub(crate) faults: Vec<String>,
}

impl From<Results> for Section {
    fn from(results: Results) -> Self {
        Self { text: results.markdown(), summary: results.summary(), faults: results.faults().collect() }
    }
}

impl Results {
    /// Its heading, its aims and its table.
    fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n{}.\n\n", self.name, self.work);
        for aim in &self.aims {
            line(&mut text, &format!("- aim: {}", aim.told(self)));
        }
        line(
            &mut text,
            &format!(
                "\n| contestant | {}: median | least to greatest | CPU ms | wall ms | peak MB | pantau is better by | runs | answer |\n\
                 |---|--:|--:|--:|--:|--:|--:|--:|---|",
                self.measure.unit()
            ),
        );
        for contestant in &self.lines {
            line(&mut text, &self.row(contestant));
        }
        text
    }

    fn row(&self, of: &Line) -> String {
        let name = match of.role {
            Role::Pantau => format!("**{}**", of.name),
            Role::Peer => of.name.clone(),
            Role::Limit => format!("*limit: {}*", of.name),
        };
        let median = |spread: Option<Spread>| spread.map_or_else(|| "–".to_owned(), |of| short(of.median));
        let spread = |of: Spread| format!("{} to {}", short(of.least), short(of.greatest));
        let cells = [
            name,
            median(of.figure()),
            of.figure().map(spread).unwrap_or_default(),
            median(of.cpu_ms()),
            median(of.wall_ms()),
            median(of.peak_mb()),
            self.times(of).map(|times| format!("{}x", short(times))).unwrap_or_default(),
            of.runs.len().to_string(),
            self.remark(of),
        ];
        format!("| {} |", cells.join(" | "))
    }

    fn remark(&self, of: &Line) -> String {
        let answer = match &of.verdict {
            Verdict::Same | Verdict::Gave(_) => "the same".to_owned(),
            Verdict::Differs { from, .. } => format!("**not that of {from}**"),
            Verdict::Apart(why) => format!("not compared: {why}"),
            Verdict::Absent(why) => format!("absent: {why}"),
            Verdict::Failed(_) => "**failed**".to_owned(),
        };
        let Some(bytes) = of.product_bytes else { return answer };
        match self.rows {
            Some(rows) => format!("{answer}; {} bytes a row", short(bytes as f64 / f64::from(rows))),
            None => format!("{answer}; {} KB", short(bytes as f64 / 1000.0)),
        }
    }

    /// How many times better pantau is than a contestant.
    fn times(&self, of: &Line) -> Option<f64> {
        let pantau = self.lines.iter().find(|line| line.role == Role::Pantau)?.figure()?.median;
        let other = of.figure().filter(|_| of.role != Role::Pantau)?.median;
        Some(self.measure.times_better(pantau, other))
    }

    /// The work, the figure of pantau, and how many times better it is than each of the others.
    fn summary(&self) -> Option<String> {
        let pantau = self.lines.iter().find(|line| line.role == Role::Pantau)?.figure()?.median;
        let times = |line: &Line| Some(format!("{} {}x", line.name, short(self.times(line)?)));
        let others: Vec<String> = self.lines.iter().filter_map(times).collect();
        Some(format!("| {} | {} {} | {} |", self.name, short(pantau), self.measure.unit(), others.join(", ")))
    }

    /// What must not be: answers that differ, and contestants that failed. One sentence each.
    fn faults(&self) -> impl Iterator<Item = String> {
        self.lines.iter().filter_map(|line| match &line.verdict {
            Verdict::Differs { from, this, that } => {
                let begin = |text: &str| text.chars().take(300).collect::<String>();
                let name = &line.name;
                let work = &self.name;
                Some(format!("{work}: {name} answered\n  {}\nand {from}\n  {}", begin(this), begin(that)))
            }
            Verdict::Failed(why) => Some(format!("{}: {} failed: {why}", self.name, line.name)),
            _ => None,
        })
    }
}

fn line(text: &mut String, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{line}");
}
