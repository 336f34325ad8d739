//! `pantau drift`: which sources are not understood any more and what changed, and the kept pages as files.

use std::io::{IsTerminal, Write};
use std::path::Path;

use crate::query::{self, SourceDrift};
use crate::report::{DriftRow, Format};
use crate::store::Store;

use super::DriftArgs;
use super::context::{Context, print};
use super::exit::{Exit, Refusal};
use super::new_file::write_new;

pub(super) fn run(context: &Context, args: &DriftArgs) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    match (&args.page, &args.output) {
        (Some(page), Some(output)) => write_page(context, &store, page, output),
        _ => show(context, &store, args.source.as_deref()),
    }
}

fn show(context: &Context, store: &Store, name: Option<&str>) -> anyhow::Result<Exit> {
    if let Some(name) = name {
        known(context, store, name)?;
    }
    let layout = |name: &str| context.config.source(name).map(|source| &source.layout);
    let found = query::drifts(store.tables(), name, layout)?;
    if context.format == Format::Table {
        print(&DriftRow::table(&found, context.zone, context.now))?;
    } else {
        let rows: Vec<DriftRow> = found.iter().map(|one| DriftRow::new(one, context.zone)).collect();
        context.answer(&rows, || unreachable!("not a table"))?;
    }
    if found.is_empty() {
        context.note("every page is understood");
    } else if found.iter().any(|one| !one.pages.is_empty()) {
        context.note(
            "after a fix `pantau reextract` reads the kept pages again; --page PAGE -o FILE writes one out",
        );
    }
    let is_drifted = |one: &SourceDrift| one.drift.is_some();
    Ok(if found.iter().any(is_drifted) { Exit::Unsound } else { Exit::Done })
}

/// A source that was recorded once, configured or not.
fn known(context: &Context, store: &Store, name: &str) -> anyhow::Result<()> {
    if store.tables().source(name)?.is_none() {
        context.source(name)?;
        return Err(Refusal::new(Exit::NoData, format!("nothing is recorded of {name} yet")).into());
    }
    Ok(())
}

/// Writes a kept page as it came. What it says may command a terminal, so it never goes to one.
fn write_page(context: &Context, store: &Store, name: &str, output: &Path) -> anyhow::Result<Exit> {
    let page = query::kept_page(store.tables(), name)?;
    let damaged = || Refusal::new(Exit::Failed, format!("page {} cannot be unfolded any more", page.id));
    let body = store.tables().page_body(page.id)?.ok_or_else(damaged)?;
    if output == Path::new("-") {
        let mut stdout = std::io::stdout().lock();
        if stdout.is_terminal() {
            let refusal =
                Refusal::new(Exit::Usage, "a page may command a terminal, so it is not shown on one");
            return Err(refusal.hint("name a file, or pipe it on").into());
        }
        stdout.write_all(&body)?;
        stdout.flush()?;
    } else {
        write_new(output, &body)?;
        context.note(&format!("wrote page {} to {}", page.id, output.display()));
    }
    if page.was_cut {
        context.note(&format!("page {} was cut: only its first {} bytes were kept", page.id, body.len()));
    }
    Ok(Exit::Done)
}
