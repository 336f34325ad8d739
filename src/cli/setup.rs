//! What is needed once: init, config, completions, man.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory;

use crate::config;

use super::context::{Context, print};
use super::exit::{Exit, Refusal};
use super::{Cli, Global, InitArgs};

pub(super) fn init(global: &Global, args: &InitArgs) -> anyhow::Result<Exit> {
    let file = args.file.clone().or_else(|| global.config.clone()).unwrap_or_else(default_file);
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder)
            .with_context(|| format!("failed to create the folder {}", folder.display()))?;
    }
    let opened = OpenOptions::new().write(true).create_new(true).open(&file);
    let mut opened = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            let refusal = Refusal::new(
                Exit::Failed,
                format!("{} exists already; it was left as it is", file.display()),
            );
            return Err(refusal.hint("name another file, or move that one away").into());
        }
        other => other.with_context(|| format!("failed to write {}", file.display()))?,
    };
    opened
        .write_all(config::commented_example().as_bytes())
        .with_context(|| format!("failed to write {}", file.display()))?;
    if !global.quiet {
        anstream::eprintln!("wrote {}", file.display());
    }
    Ok(Exit::Done)
}

/// `pantau.toml` in the current folder is what --config is most easily pointed at; the XDG folder needs no pointing.
fn default_file() -> PathBuf {
    PathBuf::from("pantau.toml")
}

pub(super) fn config(context: &Context) -> anyhow::Result<Exit> {
    print(&context.config.to_toml())?;
    Ok(Exit::Done)
}

pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pantau", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

pub(super) fn man() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut page)?;
    print(&String::from_utf8_lossy(&page))?;
    Ok(Exit::Done)
}
