//! `init`, `config`, `completions` and `man`: what a newcomer asks first.

use std::fs;

use crate::captures::FOUR;
use crate::common::Home;

#[test]
fn a_new_configuration_says_what_holds_without_it() {
    let home = Home::new();
    let without = home.pantau(["config"]).ok().stdout();
    home.pantau(["init"]).ok().says("pantau.toml");
    let text = fs::read_to_string(home.path("pantau.toml")).unwrap();
    assert!(text.contains("[[source]]") && text.contains("https://www.kontan.co.id/"), "{text}");
    assert_eq!(home.pantau(["config", "--config", "pantau.toml"]).ok().stdout(), without);
    assert!(!home.database().exists());
}

#[test]
fn a_configuration_is_never_overwritten() {
    let home = Home::new();
    let dear = "[market]\nzone = \"Asia/Tokyo\"\n";
    let written = home.write("pantau.toml", dear);
    home.pantau(["init"]).refuses(1).says("pantau.toml");
    assert_eq!(fs::read_to_string(written).unwrap(), dear);
}

#[test]
fn the_effective_configuration_reads_back_as_itself() {
    let home = Home::new();
    let source = "[store]\npath = \"sini.db\"\n[[source]]\nname = \"satu\"\nurl = \"https://example.org/\"\nlayout = \"kontan\"\nevery = \"90s\"\n";
    let config = home.write("a.toml", source);
    let first = home.pantau(["config", "--config"]).arg(&config).ok().stdout();
    let parsed: toml::Table = toml::from_str(&first).unwrap();
    assert_eq!(parsed["source"][0]["name"].as_str(), Some("satu"));
    assert_eq!(parsed["source"][0]["every"].as_str(), Some("1m 30s"));
    assert!(parsed["store"]["path"].as_str().unwrap().ends_with("sini.db"));
    let again = home.write("b.toml", &first);
    let second: toml::Table =
        toml::from_str(&home.pantau(["config", "--config"]).arg(&again).ok().stdout()).unwrap();
    assert_eq!(second, parsed);
}

#[test]
fn a_flag_comes_before_the_environment_and_that_before_the_file() {
    let home = Home::with_captures(&FOUR);
    let elsewhere = home.path("elsewhere.db");
    fs::rename(home.database(), &elsewhere).unwrap();
    home.write("config/pantau/pantau.toml", "[store]\npath = \"file.db\"\n");
    home.pantau(["latest"]).refuses(3).says("file.db");
    home.pantau(["latest"]).env("PANTAU_DB", "environment.db").refuses(3).says("environment.db");
    home.pantau(["latest", "--db"]).arg(&elsewhere).env("PANTAU_DB", "environment.db").ok();
    home.pantau(["latest"]).env("PANTAU_DB", &elsewhere).ok();
}

#[test]
fn shells_are_helped() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let done = home.pantau(["completions", shell]).ok();
        done.is_silent();
        assert!(done.stdout().contains("pantau") && done.stdout().contains("history"), "{done}");
    }
    home.pantau(["completions", "cmd"]).refuses(2);
    assert_eq!(home.files(), Vec::<std::path::PathBuf>::new());
}

#[test]
fn the_manual_page_is_one() {
    let home = Home::new();
    let done = home.pantau(["man"]).ok();
    done.is_silent();
    assert!(done.stdout().lines().any(|line| line.starts_with(".TH ")), "{done}");
    assert!(done.stdout().contains("history"), "{done}");
}

#[test]
fn help_and_version_go_to_the_standard_output() {
    let home = Home::new();
    let help = home.pantau(["--help"]).ok();
    help.is_silent();
    for command in ["run", "poll", "latest", "history", "change", "chart", "extract", "explain", "db"] {
        assert!(help.stdout().contains(command), "{command} is not in\n{help}");
    }
    let version = home.pantau(["--version"]).ok();
    assert_eq!(version.stdout(), concat!("pantau ", env!("CARGO_PKG_VERSION"), "\n"));
}
