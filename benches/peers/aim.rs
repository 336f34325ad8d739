//! What the work is to cost, and whether it does.

use crate::contest::{Line, Measure, Results, Role};
use crate::figures::{Spread, short};

/// What is wanted of every line of pantau.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Aim {
    /// A figure of at most this.
    AtMost(f64),
    /// A rate of at least this.
    AtLeast(f64),
    /// At most so many times the figure of another contestant.
    TimesOf(f64, &'static str),
    /// Memory, in MB.
    PeakMb(f64),
    /// The file that it writes, in KB.
    ProductKb(f64),
}

impl Aim {
    /// `at most 50 µs: met by pantau (12.3)`.
    pub(crate) fn told(self, results: &Results) -> String {
        let pantau = results.lines.iter().filter(|line| line.role == Role::Pantau);
        let each: Vec<String> = pantau.map(|line| self.of(line, results)).collect();
        format!("{}: {}", self.wanted(results.measure), each.join("; "))
    }

    fn wanted(self, measure: Measure) -> String {
        let unit = measure.unit();
        match self {
            Self::AtMost(most) => format!("at most {} {unit}", short(most)),
            Self::AtLeast(least) => format!("at least {} {unit}", short(least)),
            Self::TimesOf(times, other) => format!("at most {times} times the {unit} of {other}"),
            Self::PeakMb(most) => format!("at most {most} MB of memory"),
            Self::ProductKb(most) => format!("a file of at most {most} KB"),
        }
    }

    fn of(self, line: &Line, results: &Results) -> String {
        let Some((is, wanted)) = self.figures(line, results) else {
            return format!("not measured of {}", line.name);
        };
        let is_met = if matches!(self, Self::AtLeast(_)) { is >= wanted } else { is <= wanted };
        let word = if is_met { "met" } else { "**not met**" };
        format!("{word} by {} ({} of {})", line.name, short(is), short(wanted))
    }

    /// What is, and what is wanted.
    fn figures(self, line: &Line, results: &Results) -> Option<(f64, f64)> {
        match self {
            Self::AtMost(wanted) | Self::AtLeast(wanted) => Some((line.figure()?.median, wanted)),
            Self::TimesOf(times, other) => {
                let other = results.lines.iter().find(|line| line.name == other)?.figure()?.median;
                Some((line.figure()?.median, times * other))
            }
            Self::PeakMb(wanted) => Some((line.peak_mb()?.median, wanted)),
            Self::ProductKb(wanted) => Some((line.product_bytes? as f64 / 1000.0, wanted)),
        }
    }
}

impl Line {
    pub(crate) fn figure(&self) -> Option<Spread> {
        Spread::of(self.runs.iter().map(|(figure, _)| *figure))
    }

    pub(crate) fn cpu_ms(&self) -> Option<Spread> {
        Spread::of(self.runs.iter().map(|(_, cost)| cost.cpu.as_secs_f64() * 1000.0))
    }

    pub(crate) fn wall_ms(&self) -> Option<Spread> {
        Spread::of(self.runs.iter().map(|(_, cost)| cost.wall.as_secs_f64() * 1000.0))
    }

    pub(crate) fn peak_mb(&self) -> Option<Spread> {
        Spread::of(self.runs.iter().map(|(_, cost)| cost.peak_kb as f64 / 1000.0))
    }
}
