//! From the words of the command line to a command. Knows no command by name.
//!
//! To build all commands and their options costs more than the answer to a short question: a quarter of the processor
//! time of `pantau latest`. So only the command that is named is built. Whatever that does not understand is read
//! again beside all of them, which alone know what to say of it: help, usage, what was meant instead.

use std::ffi::OsString;

use clap::{Args, FromArgMatches, Parser, Subcommand};

use super::{Cli, Command, Global};

/// What the words mean; the first is the name of the program.
pub(super) fn read(words: impl Iterator<Item = OsString>) -> Result<Cli, clap::Error> {
    let words: Vec<OsString> = words.collect();
    understood(&words).map_or_else(|| Cli::try_parse_from(&words), Ok)
}

/// Where the first word that names a command is the command, every word means what it means beside all of them. Where
/// it is not, such as the value of an option, the command that follows is not known, and nothing is understood.
fn understood(words: &[OsString]) -> Option<Cli> {
    let all = Command::augment_subcommands(clap::Command::new("pantau"));
    let named =
        words.iter().skip(1).filter_map(|word| word.to_str()).find_map(|word| all.find_subcommand(word))?;
    let program = Global::augment_args(clap::Command::new("pantau")).subcommand(named.clone());
    let mut matches = program.try_get_matches_from(words).ok()?;
    Cli::from_arg_matches_mut(&mut matches).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the short way makes of words, if it makes anything of them, and what the long way does.
    fn both(line: &str) -> (Option<String>, Option<String>) {
        let words: Vec<OsString> = format!("pantau {line}").split(' ').map(OsString::from).collect();
        let shown = |cli: Cli| format!("{cli:?}");
        (understood(&words).map(shown), Cli::try_parse_from(&words).ok().map(shown))
    }

    #[test]
    fn a_command_that_is_built_alone_means_the_same() {
        for line in [
            "latest",
            "latest lq45 emas -f json",
            "--db latest.db -f csv history lq45 --every 1d --tz UTC",
            "change --over 1d,1w -q",
            "archive list a.warc",
            "db prune --yes",
            "review accept 3",
            "history latest change",
            "import --format csv -f json a.csv",
        ] {
            let (short, long) = both(line);
            assert!(short.is_some(), "{line}");
            assert_eq!(short, long, "{line}");
        }
    }

    #[test]
    fn what_is_not_understood_alone_is_left_to_all_commands() {
        for line in [
            "--db latest history lq45",
            "",
            "lattest",
            "latest --help",
            "help latest",
            "-V latest",
            "--db latest",
        ] {
            assert_eq!(both(line).0, None, "{line}");
        }
        assert!(both("--db latest history lq45").1.is_some());
    }
}
