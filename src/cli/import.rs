//! `pantau import`: what files hold, into the database. Reading goes on while captures are gathered; they are brought in
//! together, in transactions so short, and with pauses between them, that a daemon and another import get their turns.

mod gathered;
mod progress;
mod stop;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::archive::extract::Globs;
use crate::archive::import::{Fault, Found, Place, Setting, Sort, inputs, read};
use crate::config::Source as ConfiguredSource;
use crate::domain::{Slug, TimeRange, Timestamp};
use crate::format;
use crate::ingest::Captured;
use crate::parse::Issue;
use crate::report::{Format, Summary};
use crate::store::StoreError;

use super::ImportArgs;
use super::context::{Context, complain, ingest_source, print};
use super::exit::{Exit, Refusal};
use gathered::Gathered;
use progress::Progress;

pub(super) fn run(context: &Context, args: &ImportArgs) -> anyhow::Result<Exit> {
    let (source, indicator) = asked_for(context, args)?;
    let at = args.at.as_deref().map(|at| context.moment(at)).transpose()?.map(|span| span.start);
    if let Some(at) = at.filter(|at| *at > context.now) {
        let at = format::time(at, context.zone);
        let message = format!("a page cannot have been captured at {at}: that is yet to come");
        return Err(Refusal::new(Exit::Usage, message).into());
    }
    let globs = Globs::new(&args.url).map_err(|error| Refusal::new(Exit::Usage, error.to_string()))?;
    let range = context.range(&args.range)?;
    let stop = stop::on_signal()?;
    let mut gathered = Gathered::new(context.writer()?);
    let mut faults = Vec::new();
    let inputs = inputs(&args.files, args.input.form(), &mut |fault| faults.push(fault));
    let progress = Progress::begin(context, inputs.iter().map(|input| input.bytes()).sum());
    let setting = Setting {
        source: &source.name,
        layout: &source.layout,
        at,
        zone: context.zone,
        calendar: &context.calendar,
        indicator,
        labels: &gathered.labels(&source.name)?,
        globs: &globs,
        time: args.captured_at.into(),
        threads: usize::from(args.threads),
        progress: Arc::clone(&progress.bytes),
    };
    let mut import = Import {
        context,
        range,
        globs: &globs,
        only: args.source.as_deref(),
        sources: HashMap::new(),
        gathered: &mut gathered,
        progress: &progress,
        tally: Tally::default(),
        failure: None,
    };
    faults.into_iter().for_each(|fault| import.fault(&fault));
    for input in &inputs {
        let flow = read(input, &setting, &mut |found| {
            if stop.is_wanted() { ControlFlow::Break(()) } else { import.take(found) }
        });
        if flow.is_break() {
            break;
        }
    }
    import.finish(stop.is_wanted())
}

/// The source of what names none, and the indicator of series that name none.
fn asked_for<'c>(
    context: &'c Context,
    args: &ImportArgs,
) -> anyhow::Result<(&'c ConfiguredSource, Option<Slug>)> {
    let named = args.indicator.as_deref().map(|text| match text.split_once('/') {
        Some((source, slug)) if context.config.source(source).is_some() => (Some(source), slug),
        _ => (None, text),
    });
    let source = args.source.as_deref().or(named.and_then(|(source, _)| source));
    let slug = named.map(|(_, slug)| Slug::of(slug));
    if slug.as_ref().is_some_and(|slug| slug.as_str().is_empty()) {
        return Err(Refusal::new(Exit::Usage, "an indicator has letters or digits, such as lq45").into());
    }
    Ok((context.sources(source)?[0], slug))
}

/// What is counted beside the rows that are recorded.
#[derive(Debug, Default)]
struct Tally {
    issues: usize,
    failed: usize,
    /// Captures that were not asked for.
    left_out: usize,
    worst: Option<Sort>,
}

/// An import under way.
struct Import<'a> {
    context: &'a Context,
    range: TimeRange,
    globs: &'a Globs,
    /// The only source that is wanted, where one was named.
    only: Option<&'a str>,
    /// The sources that captures name, and whether each is one to record.
    sources: HashMap<String, bool>,
    gathered: &'a mut Gathered,
    progress: &'a Progress,
    tally: Tally,
    /// What ended it.
    failure: Option<StoreError>,
}

impl Import<'_> {
    fn take(&mut self, found: Found) -> ControlFlow<()> {
        match found {
            Found::Capture { source, captured, place } => return self.capture(source, captured, &place),
            Found::Fault(fault) => self.fault(&fault),
            Found::Note(place, what) => self.issue(&format!("{place}: {what}")),
        }
        ControlFlow::Continue(())
    }

    fn capture(&mut self, source: String, mut captured: Captured, place: &Place) -> ControlFlow<()> {
        if !self.range.contains(captured.captured_at) || !self.globs.want(Some(&captured.url)) {
            self.tally.left_out += 1;
            return ControlFlow::Continue(());
        }
        if captured.captured_at > self.context.now {
            self.fault(&yet_to_come(self.context, place, captured.captured_at));
            return ControlFlow::Continue(());
        }
        if !self.is_recorded(&source, place) {
            return ControlFlow::Continue(());
        }
        for issue in std::mem::take(&mut captured.reading.issues) {
            // A label is news when its indicator is added, and told then.
            if !matches!(issue, Issue::UnknownLabel { .. }) {
                self.issue(&format!("{place}: {issue}"));
            }
        }
        self.gathered.take(source, captured);
        self.progress.show(self.gathered.captures());
        if self.gathered.is_full() { self.bring_in() } else { ControlFlow::Continue(()) }
    }

    /// Whether captures of a source are to be recorded. One that is not is told once.
    fn is_recorded(&mut self, source: &str, place: &Place) -> bool {
        if let Some(&known) = self.sources.get(source) {
            self.tally.failed += usize::from(!known);
            return known;
        }
        let configured = self.context.config.source(source);
        let why_not = match (configured, self.only) {
            (_, Some(only)) if only != source => {
                Some(format!("it is of the source {source}, and --source asks for {only}"))
            }
            (None, _) => Some(format!("its source {source} is not in the configuration")),
            (Some(configured), _) => {
                self.gathered.add_source(ingest_source(configured));
                None
            }
        };
        self.sources.insert(source.to_owned(), why_not.is_none());
        if let Some(what) = &why_not {
            self.fault(&Fault::new(
                place.clone(),
                Sort::Unclear,
                format!("{what}; others like it are not told"),
            ));
        }
        why_not.is_none()
    }

    /// Brings in what was gathered.
    fn bring_in(&mut self) -> ControlFlow<()> {
        match self.gathered.bring_in(self.progress) {
            Ok(issues) => {
                issues.iter().for_each(|issue| self.issue(issue));
                ControlFlow::Continue(())
            }
            Err(error) => {
                self.failure = Some(error);
                ControlFlow::Break(())
            }
        }
    }

    fn fault(&mut self, fault: &Fault) {
        self.tally.failed += 1;
        self.tally.worst = self.tally.worst.max(Some(fault.sort));
        self.progress.beside(|| complain(&fault.to_string()));
    }

    fn issue(&mut self, what: &str) {
        self.tally.issues += 1;
        self.progress.beside(|| self.context.note(what));
    }

    /// Brings in the rest and says what became of everything.
    fn finish(mut self, was_interrupted: bool) -> anyhow::Result<Exit> {
        if self.failure.is_none() && self.bring_in().is_continue() {
            self.failure = self.gathered.roll_up().err();
        }
        self.progress.finish();
        let summary = self.summary();
        if let Some(failure) = self.failure {
            let hint = format!("{} captures were recorded; the same command goes on", summary.captures);
            self.context.note(&hint);
            return Err(failure.into());
        }
        if self.context.format == Format::Table {
            print(&format!("{}\n", line(&summary)))?;
        } else {
            self.context.answer(&[summary], || unreachable!("not a table"))?;
        }
        if self.tally.left_out > 0 {
            self.context.note(&format!("{} captures were not asked for", self.tally.left_out));
        }
        if was_interrupted {
            let message = "interrupted; what was read is recorded, and the same command goes on";
            return Err(Refusal::new(Exit::Interrupted, message).into());
        }
        self.exit(&summary)
    }

    fn summary(&self) -> Summary {
        let recorded = self.gathered.recorded();
        Summary {
            captures: recorded.captures,
            rows: recorded.stored + recorded.unchanged + recorded.held,
            stored: recorded.stored,
            unchanged: recorded.unchanged,
            held: recorded.held,
            issues: self.tally.issues,
            failed: self.tally.failed,
        }
    }

    fn exit(&self, summary: &Summary) -> anyhow::Result<Exit> {
        match self.tally.worst {
            Some(Sort::Unreadable) => Ok(Exit::Failed),
            Some(Sort::Unclear) => Ok(Exit::Usage),
            Some(Sort::Unsound) => Ok(Exit::Unsound),
            None if summary.captures == 0 => Err(Refusal::new(Exit::NoData, "no capture was found").into()),
            None => Ok(Exit::Done),
        }
    }
}

fn yet_to_come(context: &Context, place: &Place, at: Timestamp) -> Fault {
    let at = format::time(at, context.zone);
    Fault::new(
        place.clone(),
        Sort::Unsound,
        format!("it would have been captured at {at}, which is yet to come"),
    )
}

/// The summary for people.
fn line(summary: &Summary) -> String {
    let Summary { captures, rows, stored, unchanged, held, issues, failed } = summary;
    format!(
        "{captures} captures, {rows} rows in = {stored} new + {unchanged} same + {held} held; \
         {issues} issues, {failed} failed"
    )
}
