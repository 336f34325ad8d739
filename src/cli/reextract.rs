//! `pantau reextract`: reads kept pages again, after a fix in the configuration or the program.

use crate::ingest::{self, Policy, Reextracted, Report};
use crate::report::{Format, RereadRow, Summary};
use crate::store::{KeptPage, Store, Tables};

use super::ReextractArgs;
use super::context::{Context, complain, ingest_source, print};
use super::exit::{Exit, Refusal};

/// A kept page and what became of it.
struct Tried {
    source: String,
    page: KeptPage,
    /// Absent when its source is not configured any more.
    became: Option<Reextracted>,
}

impl Tried {
    fn reports(&self) -> &[Report] {
        match &self.became {
            Some(Reextracted::Read(reports)) => reports,
            _ => &[],
        }
    }

    /// Why it is kept on.
    fn failure(&self) -> Option<String> {
        match self.became.as_ref() {
            Some(Reextracted::Read(_) | Reextracted::Gone) => None,
            Some(Reextracted::InPart { missing }) => {
                Some(format!("without {}; --partly records it all the same", missing.join(", ")))
            }
            Some(Reextracted::NotUnderstood(issues)) => {
                Some(issues.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
            Some(Reextracted::Cut) => Some("only its beginning was kept".to_owned()),
            None => Some("its source is not in the configuration".to_owned()),
        }
    }

    fn word(&self) -> &'static str {
        match &self.became {
            Some(Reextracted::Read(_)) => "read",
            Some(Reextracted::InPart { .. }) => "read in part, kept on",
            Some(Reextracted::NotUnderstood(_)) => "not understood, kept on",
            Some(Reextracted::Cut) => "cut, kept on",
            Some(Reextracted::Gone) => "gone meanwhile",
            None => "not read, kept on",
        }
    }
}

pub(super) fn run(context: &Context, args: &ReextractArgs) -> anyhow::Result<Exit> {
    // No database is made for it.
    drop(context.reader()?);
    let mut store =
        if args.dry_run { Store::open_scratch(&context.config.database)? } else { context.writer()? };
    let kept = kept(context, store.tables(), args.source.as_deref())?;
    let policy = if args.partly { Policy::Partly } else { Policy::Whole };
    let mut tried = Vec::with_capacity(kept.len());
    for (source, page) in kept {
        let became = match context.config.source(&source) {
            Some(configured) => {
                let source = ingest_source(configured);
                Some(store.write(|tables| ingest::reextract(tables, &source, &page, policy))?)
            }
            None => None,
        };
        tried.push(Tried { source, page, became });
    }
    show(context, &tried)?;
    let is_done = tried.iter().all(|one| one.failure().is_none());
    Ok(if is_done { Exit::Done } else { Exit::Unsound })
}

/// The kept pages, each with the name of its source.
fn kept(
    context: &Context,
    tables: Tables<'_>,
    name: Option<&str>,
) -> anyhow::Result<Vec<(String, KeptPage)>> {
    if let Some(name) = name {
        context.source(name)?;
    }
    let mut kept = Vec::new();
    for source in tables.sources()?.into_iter().filter(|source| name.is_none_or(|name| source.name == name)) {
        kept.extend(tables.pages_of(source.id)?.into_iter().map(|page| (source.name.clone(), page)));
    }
    if kept.is_empty() {
        return Err(Refusal::new(Exit::NoData, "no page is kept that was not understood").into());
    }
    Ok(kept)
}

fn show(context: &Context, tried: &[Tried]) -> anyhow::Result<()> {
    let summary = summary(tried);
    if context.format == Format::Table {
        let rows = tried.iter().map(|one| (one.source.as_str(), &one.page, one.word()));
        print(&RereadRow::table(rows, context.zone).to_string())?;
        print(&format!("{}\n", summary.line()))?;
    } else {
        context.answer(&[summary], || unreachable!("not a table"))?;
    }
    for one in tried {
        let name = format!("{}: page {}", one.source, one.page.id);
        if let Some(failure) = one.failure() {
            complain(&format!("{name}: {failure}"));
        }
        for issue in one.reports().iter().flat_map(|report| &report.issues) {
            context.note(&format!("{name}: {issue}"));
        }
    }
    Ok(())
}

/// A page counts as often as it was seen, as the polls that brought it would have.
fn summary(tried: &[Tried]) -> Summary {
    let read = Summary::of(tried.iter().flat_map(Tried::reports));
    let failed = tried.iter().filter(|one| one.failure().is_some());
    let failed = failed.map(|one| usize::try_from(one.page.times).unwrap_or(usize::MAX)).sum();
    Summary { failed, ..read }
}
