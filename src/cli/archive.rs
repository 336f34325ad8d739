//! `pantau archive`: what to fetch from a web archive, fetching it, and what stands in it.

mod fetch;
mod list;
mod plan;
mod progress;

use clap::{Args, Subcommand};

use super::Global;
use super::exit::Exit;

#[derive(Debug, Args)]
pub(super) struct ArchiveArgs {
    #[command(subcommand)]
    pub(super) task: ArchiveTask,
}

#[derive(Debug, Subcommand)]
pub(super) enum ArchiveTask {
    /// Turn an archive's index on stdin into a plan on stdout: where each capture can be had
    Plan(plan::PlanArgs),
    /// Fetch what a plan names into one WARC file: politely, and going on where it ended
    Fetch(fetch::FetchArgs),
    /// List the records of archives, and check their digests; exit 5 when something is damaged
    List(list::ListArgs),
}

pub(super) fn run(global: &Global, task: &ArchiveTask) -> anyhow::Result<Exit> {
    match task {
        ArchiveTask::Plan(args) => plan::run(global, args),
        ArchiveTask::Fetch(args) => fetch::run(global, args),
        ArchiveTask::List(args) => list::run(global, args),
    }
}
