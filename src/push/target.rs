//! Which server is meant and how the way to it is protected, by its address. Asks nobody.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use url::Url;

use crate::domain::Hidden;

use super::error::PushError;

/// How long a server may take to accept a connection, where its address says nothing of it.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long what was sent may stay without an acknowledgement of the network.
const NETWORK_TIMEOUT: Duration = Duration::from_secs(60);

/// A PostgreSQL server and a database on it.
#[derive(Clone)]
pub struct Target {
    pub(super) config: Config,
    /// Certificates that the server's may be signed by, in place of the usual ones.
    pub(super) root_certificates: Option<PathBuf>,
    /// What people are told of it: no user, no password.
    label: String,
    is_near: bool,
}

impl Target {
    /// Reads an address such as `postgres://user@host:5432/database?sslmode=require`. `password` is that of the
    /// environment; one in the address comes first.
    ///
    /// Without `sslmode` a server on this machine is spoken to in plain text, any other by TLS or not at all.
    /// Certificates are always checked, unlike by libpq: `require` means what `verify-full` means there.
    ///
    /// # Errors
    /// The address cannot be meant. It is in no message: it may hold a password.
    pub fn parse(address: &Hidden, password: Option<&Hidden>) -> Result<Self, PushError> {
        let refuse = |why: &str| PushError::Address(why.to_owned());
        let mut url =
            Url::parse(address.reveal()).map_err(|error| refuse(&format!("is no address: {error}")))?;
        if !matches!(url.scheme(), "postgres" | "postgresql") {
            return Err(refuse("does not begin with postgres://"));
        }
        let options = Options::take(&mut url)?;
        let mut config: Config = url.as_str().parse().map_err(|error: tokio_postgres::Error| {
            refuse(&format!("cannot be meant: {}", crate::format::error_chain(&error)))
        })?;
        if config.get_hosts().is_empty() {
            return Err(refuse("names no host; write localhost, or ?host=/run/postgresql for a socket"));
        }
        if let Some(password) = password.filter(|_| config.get_password().is_none()) {
            config.password(password.reveal());
        }
        config.application_name("pantau").tcp_user_timeout(NETWORK_TIMEOUT).keepalives_idle(NETWORK_TIMEOUT);
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        let is_near = is_near(&config);
        if !options.says_mode {
            config.ssl_mode(if is_near { SslMode::Disable } else { SslMode::Require });
        }
        Ok(Self { label: label(&config), config, root_certificates: options.root_certificates, is_near })
    }

    /// What people are told of it: host, port and database.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.label
    }

    /// What is to be told of it before it is used.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        let is_open = !self.is_near && self.config.get_ssl_mode() != SslMode::Require;
        is_open.then_some(match self.config.get_password() {
            Some(_) => "the password may cross the network without encryption; leave sslmode away",
            None => "what is copied may cross the network without encryption; leave sslmode away",
        })
    }
}

impl std::fmt::Debug for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Target").field("server", &self.label).finish_non_exhaustive()
    }
}

/// What libpq knows of TLS and tokio-postgres does not.
struct Options {
    root_certificates: Option<PathBuf>,
    says_mode: bool,
}

impl Options {
    /// Takes them out of an address.
    fn take(url: &mut Url) -> Result<Self, PushError> {
        if url.fragment().is_some() {
            return Err(PushError::Address("has a '#' in it; write %23".to_owned()));
        }
        let mut options = Self { root_certificates: None, says_mode: false };
        let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        let mut kept = Vec::new();
        for (key, value) in pairs {
            match key.as_str() {
                "sslrootcert" => options.root_certificates = Some(PathBuf::from(value)),
                "sslmode" => {
                    options.says_mode = true;
                    // The name of the server is always checked.
                    let stricter = matches!(value.as_str(), "verify-ca" | "verify-full");
                    kept.push((key, if stricter { "require".to_owned() } else { value }));
                }
                _ => kept.push((key, value)),
            }
        }
        url.set_query(None);
        if !kept.is_empty() {
            // Not as a form: there a space would be a '+', which tokio-postgres takes as it is.
            let encode = |text: &str| text.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
            let pairs: Vec<String> =
                kept.iter().map(|(key, value)| format!("{key}={}", encode(value))).collect();
            url.set_query(Some(&pairs.join("&")));
        }
        Ok(options)
    }
}

/// Whether the server can only be on this machine.
fn is_near(config: &Config) -> bool {
    let is_near = |host: &Host| match host {
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
        #[cfg(unix)]
        Host::Unix(_) => true,
    };
    config.get_hosts().iter().all(is_near) && config.get_hostaddrs().iter().all(IpAddr::is_loopback)
}

fn label(config: &Config) -> String {
    let host = |host: &Host| match host {
        Host::Tcp(name) => name.clone(),
        #[cfg(unix)]
        Host::Unix(path) => path.display().to_string(),
    };
    let hosts: Vec<String> = config.get_hosts().iter().map(host).collect();
    let port = config.get_ports().first().copied().unwrap_or(5432);
    let database = config.get_dbname().or(config.get_user()).unwrap_or_default();
    format!("{}:{port}/{database}", hosts.join(","))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(address: &str) -> Result<Target, PushError> {
        Target::parse(&Hidden::new(address), None)
    }

    #[test]
    fn a_server_elsewhere_is_spoken_to_by_tls_unless_the_address_says_otherwise() {
        for (address, mode, warns) in [
            ("postgres://ana@localhost/market", SslMode::Disable, false),
            ("postgresql://ana@127.0.0.1:5433/market", SslMode::Disable, false),
            ("postgres://ana@[::1]/market", SslMode::Disable, false),
            ("postgres:///market?host=/run/postgresql", SslMode::Disable, false),
            ("postgres://ana:rahasia@db.example.org/market", SslMode::Require, false),
            ("postgres://ana:rahasia@10.0.0.5/market?sslmode=verify-full", SslMode::Require, false),
            ("postgres://ana:rahasia@10.0.0.5/market?sslmode=prefer", SslMode::Prefer, true),
            ("postgres://ana@10.0.0.5/market?sslmode=disable", SslMode::Disable, true),
            ("postgres://ana@localhost/market?hostaddr=10.0.0.5", SslMode::Require, false),
        ] {
            let target = target(address).unwrap();
            assert_eq!(target.config.get_ssl_mode(), mode, "{address}");
            assert_eq!(target.warning().is_some(), warns, "{address}");
        }
    }

    #[test]
    fn what_is_told_of_a_server_holds_no_password() {
        let target =
            target("postgres://ana:rahasia@db.example.org:5433/market?sslrootcert=/etc/ca.pem").unwrap();
        assert_eq!(target.label(), "db.example.org:5433/market");
        assert_eq!(target.root_certificates.as_deref(), Some("/etc/ca.pem".as_ref()));
        assert!(!format!("{target:?}").contains("rahasia"));
    }

    #[test]
    fn the_password_of_the_environment_is_used_where_the_address_has_none() {
        let password = Hidden::new("kunci");
        for (address, expected) in
            [("postgres://ana@localhost/m", "kunci"), ("postgres://ana:rahasia@localhost/m", "rahasia")]
        {
            let target = Target::parse(&Hidden::new(address), Some(&password)).unwrap();
            assert_eq!(target.config.get_password(), Some(expected.as_bytes()));
        }
    }

    #[test]
    fn what_cannot_be_meant_is_refused_without_being_shown() {
        for (address, problem) in [
            ("host=localhost password=rahasia", "is no address"),
            ("mysql://ana:rahasia@localhost/m", "does not begin with postgres://"),
            ("postgres://ana:rahasia@localhost:port/m", "is no address"),
            ("postgres://ana:rahasia@/m", "is no address"),
            ("postgres:///m", "names no host"),
            ("postgres://ana:rahasia@localhost/m?sslmode=perhaps", "sslmode"),
            ("postgres://ana:rahasia@localhost/m?colour=red", "colour"),
            ("postgres://ana:rahasia@localhost/m#rahasia", "has a '#'"),
            ("", "is no address"),
        ] {
            let refusal = target(address).unwrap_err().to_string();
            assert!(refusal.contains(problem) && !refusal.contains("rahasia"), "{address}: {refusal}");
        }
    }
}
