//! What is needed once: init, config, completions, man.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::CommandFactory;

use crate::config;
use crate::files;
use crate::format::escape_json;

use super::context::{Context, confirm, print};
use super::exit::Exit;
use super::new_file::write_new;
use super::{Cli, Global, InitArgs};

pub(super) fn init(global: &Global, args: &InitArgs) -> anyhow::Result<Exit> {
    let file = args.file.clone().or_else(|| global.config.clone()).unwrap_or_else(default_file);
    if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        files::make_private_folder(folder)
            .with_context(|| format!("failed to create the folder {}", folder.display()))?;
    }
    write_new(&file, config::commented_example().as_bytes())?;
    let shown = file.display();
    let where_in_force = format!("it is in force with --config {shown}, or as ~/.config/pantau/pantau.toml");
    confirm(global.quiet, &format!("wrote {shown}; {where_in_force}"));
    Ok(Exit::Done)
}

/// In the current folder, where people look for what they just made.
fn default_file() -> PathBuf {
    PathBuf::from("pantau.toml")
}

pub(super) fn config(context: &Context) -> anyhow::Result<Exit> {
    // A basic string of TOML reads these escapes as JSON does.
    print(&escape_json(&context.config.to_toml()))?;
    Ok(Exit::Done)
}

pub(super) fn completions(shell: clap_complete::Shell) -> anyhow::Result<Exit> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "pantau", &mut script);
    print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}

/// One page: the program, then the help of each of its commands.
pub(super) fn man() -> anyhow::Result<Exit> {
    let mut page = Vec::new();
    let mut program = Cli::command();
    clap_mangen::Man::new(program.clone()).render(&mut page)?;
    let mut page = String::from_utf8_lossy(&page).into_owned();
    for command in program.get_subcommands_mut() {
        let name = format!("pantau {}", command.get_name());
        let help = command.clone().bin_name(&name).term_width(80).render_long_help().to_string();
        page.push_str(&format!(".SH {}\n.nf\n", name.to_uppercase()));
        for line in help.lines() {
            // A line that begins with a mark of its own would be a command of the page.
            let escaped = line.replace('\\', "\\e").replace('-', "\\-");
            page.push_str(&format!("\\&{escaped}\n"));
        }
        page.push_str(".fi\n");
    }
    print(&page)?;
    Ok(Exit::Done)
}
