//! What the command line asks for.

use anyhow::{Context, bail};

/// What can be measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    Page,
    Once,
    Minute,
}

impl Part {
    const ALL: [Self; 3] = [Self::Page, Self::Once, Self::Minute];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::Once => "once",
            Self::Minute => "minute",
        }
    }
}

/// What the command line asks for.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) parts: Vec<Part>,
    pub(crate) seconds: u32,
    pub(crate) pages: u16,
    pub(crate) sites: u16,
    pub(crate) sources: u16,
    pub(crate) minutes: u32,
    /// `cargo bench` says so; `cargo test --benches` does not.
    pub(crate) is_bench: bool,
}

impl Options {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self {
            parts: Vec::new(),
            seconds: 120,
            pages: 10_000,
            sites: 16,
            sources: 1000,
            minutes: 10,
            is_bench: false,
        };
        while let Some(arg) = args.next() {
            let mut number = || args.next().with_context(|| format!("{arg} needs a number"));
            match arg.as_str() {
                "--bench" => options.is_bench = true,
                "--seconds" => options.seconds = number()?.parse().context("--seconds needs a number")?,
                "--pages" => options.pages = number()?.parse().context("--pages needs a number")?,
                "--sites" => options.sites = number()?.parse().context("--sites needs a number")?,
                "--sources" => options.sources = number()?.parse().context("--sources needs a number")?,
                "--minutes" => options.minutes = number()?.parse().context("--minutes needs a number")?,
                other => match Part::ALL.into_iter().find(|part| part.name() == other) {
                    Some(part) => options.parts.push(part),
                    None => bail!(
                        "unknown argument '{other}'; there are page, once, minute, --seconds N, --pages N, --sites N, \
                         --sources N and --minutes N"
                    ),
                },
            }
        }
        if options.parts.is_empty() {
            options.parts = Part::ALL.to_vec();
        }
        Ok(options)
    }
}
