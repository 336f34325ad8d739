//! `[push]`: the team's PostgreSQL that the daemon copies to. Whether the address works is for whoever uses it to say.

use std::path::Path;

use toml::Spanned;
use url::Url;

use super::channel::place;
use super::error::Problem;
use super::file;
use super::lookup::Env;
use super::secret::{Address, SecretError};
use crate::domain::Hidden;

/// A team's PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Push {
    /// Its address.
    pub to: Address,
    /// Whether the daemon copies to it.
    pub enabled: bool,
}

impl Push {
    /// Reads the address.
    ///
    /// # Errors
    /// It is secret and cannot be had.
    pub fn address(&self, env: Env<'_>) -> Result<Hidden, SecretError> {
        match &self.to {
            Address::Plain(url) => Ok(Hidden::new(url.as_str())),
            Address::Secret(secret) => secret.read(env),
        }
    }
}

/// What a file's table means.
pub(super) fn push(file: &file::Push, path: &Path, env: Env<'_>) -> Result<Option<Push>, Problem> {
    let Some(to) = &file.to else { return Ok(None) };
    let to = match to.get_ref() {
        toml::Value::String(text) => Address::Plain(address(&Spanned::new(to.span(), text))?),
        _ => Address::Secret(place("to", to, path, env)?),
    };
    Ok(Some(Push { to, enabled: file.enabled.unwrap_or(true) }))
}

/// An address without a password: that does not stand in the configuration. Nothing of it is in a message.
fn address(text: &Spanned<&String>) -> Result<Url, Problem> {
    let problem = |why: &str| Problem::new(text.span(), format!("`to`: {why}"));
    let url = Url::parse(text.get_ref())
        .map_err(|_| problem("this is no address; write it like postgres://user@host/database"))?;
    if !matches!(url.scheme(), "postgres" | "postgresql") {
        return Err(problem("an address of PostgreSQL begins with postgres://"));
    }
    if url.password().is_some() || url.query_pairs().any(|(key, _)| key == "password") {
        return Err(problem(
            "a password does not stand in the configuration; write { env = \"NAME\" } or { file = \"PATH\" } for the whole address, or set PGPASSWORD",
        ));
    }
    Ok(url)
}

#[cfg(test)]
mod tests {
    use super::super::{Config, Secret};
    use super::*;

    fn parse(rest: &str) -> Result<Config, String> {
        let text = format!("[push]\n{rest}\n");
        Config::parse(&text, Path::new("/etc/pantau/pantau.toml"), &|_| None)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_address_stands_there_or_elsewhere_and_reads_back_as_it_was() {
        let plain = Address::Plain("postgres://ana@db.example.org/market".parse().unwrap());
        for (rest, to, enabled) in [
            ("to = \"postgres://ana@db.example.org/market\"", plain, true),
            ("to = { env = \"TO\" }\nenabled = false", Address::Secret(Secret::Env("TO".to_owned())), false),
            ("to = { file = \"to\" }", Address::Secret(Secret::File("/etc/pantau/to".into())), true),
        ] {
            let config = parse(rest).unwrap();
            assert_eq!(config.push, Some(Push { to, enabled }), "{rest}");
            let again = Config::parse(&config.to_toml(), Path::new("/etc/pantau/pantau.toml"), &|_| None);
            assert_eq!(again.unwrap(), config, "{rest}");
        }
        assert_eq!(parse("enabled = true").unwrap().push, None);
    }

    #[test]
    fn what_cannot_be_meant_is_refused_and_no_password_repeated() {
        for (rest, expected) in [
            ("to = \"postgres://ana:rahasia@localhost/m\"", "a password does not stand in the configuration"),
            (
                "to = \"postgres://localhost/m?password=rahasia\"",
                "a password does not stand in the configuration",
            ),
            ("to = \"https://rahasia.example.org/\"", "begins with postgres://"),
            ("to = \"host=localhost password=rahasia\"", "this is no address"),
            ("to = { password = \"rahasia\" }", "a secret does not stand in the configuration"),
            ("to = 7", "a secret does not stand in the configuration"),
            ("too = \"rahasia\"", "unknown"),
        ] {
            let refusal = parse(rest).unwrap_err();
            assert!(refusal.contains(expected) && !refusal.contains("rahasia"), "{rest}: {refusal}");
        }
    }
}
