//! What the command line asks for.

use std::path::PathBuf;

use anyhow::{Context, bail};

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scale {
    /// Everything: about twenty minutes of a quiet machine with two cores.
    Full,
    /// Little data and one run each: whether everybody gives the same answer.
    Quick,
}

impl Scale {
    /// One of two sizes.
    pub(crate) fn of<T>(self, full: T, quick: T) -> T {
        match self {
            Self::Full => full,
            Self::Quick => quick,
        }
    }
}

/// The options.
#[derive(Debug)]
pub(crate) struct Options {
    pub(crate) only: Vec<String>,
    pub(crate) scale: Scale,
    pub(crate) keep: Option<PathBuf>,
    /// `cargo bench` says so; `cargo test --benches` does not.
    pub(crate) is_bench: bool,
}

impl Options {
    pub(crate) fn parse(mut args: impl Iterator<Item = String>) -> anyhow::Result<Self> {
        let mut options = Self { only: Vec::new(), scale: Scale::Full, keep: None, is_bench: false };
        while let Some(arg) = args.next() {
            let mut value = || args.next().with_context(|| format!("{arg} needs a value"));
            match arg.as_str() {
                "--bench" => options.is_bench = true,
                "--quick" => options.scale = Scale::Quick,
                "--only" => options.only.push(value()?),
                "--keep" => options.keep = Some(value()?.into()),
                other => {
                    bail!("unknown argument '{other}'; there are --only WORKLOAD, --quick and --keep DIR")
                }
            }
        }
        Ok(options)
    }

    pub(crate) fn wants(&self, workload: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == workload)
    }
}
