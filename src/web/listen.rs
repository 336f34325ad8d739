//! Where the pages are served: the address as people write it, loopback unless another is written out, and the
//! socket. Knows no HTTP.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::str::FromStr;

use tokio::net::TcpListener;

/// An address to listen on. Port 0 lets the system choose one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listen(SocketAddr);

/// Why a text is no address to listen on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no address to listen on; write a port such as 9187, or 127.0.0.1:9187, [::1]:9187 or 0.0.0.0:9187"
)]
pub struct ListenError(String);

/// Why the pages cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// The address is in use, or not of this machine, or not allowed.
    #[error("failed to listen on {address}")]
    Bind {
        /// The address.
        address: Listen,
        /// What the system said.
        source: io::Error,
    },
}

impl Listen {
    /// Whether only this machine reaches it.
    #[must_use]
    pub fn is_loopback(self) -> bool {
        self.0.ip().to_canonical().is_loopback()
    }

    /// Opens the socket.
    ///
    /// # Errors
    /// The address is in use, or not of this machine, or not allowed.
    pub async fn bind(self) -> Result<TcpListener, WebError> {
        TcpListener::bind(self.0).await.map_err(|source| WebError::Bind { address: self, source })
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A bare port is one of the loopback device: nothing is open to others by an omission.
impl FromStr for Listen {
    type Err = ListenError;

    fn from_str(text: &str) -> Result<Self, ListenError> {
        let local = text.strip_prefix("localhost:").or(text.strip_prefix(':')).unwrap_or(text);
        let address = port(local)
            .map(|port| SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), port))
            .or_else(|| text.parse().ok());
        address.map(Self).ok_or_else(|| ListenError(text.to_owned()))
    }
}

fn port(text: &str) -> Option<u16> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_alone_is_one_of_the_loopback_device() {
        for (text, address) in [
            ("9187", "127.0.0.1:9187"),
            (":9187", "127.0.0.1:9187"),
            ("localhost:9187", "127.0.0.1:9187"),
            ("0", "127.0.0.1:0"),
            ("127.0.0.1:9187", "127.0.0.1:9187"),
            ("[::1]:9187", "[::1]:9187"),
            ("0.0.0.0:80", "0.0.0.0:80"),
            ("[::]:80", "[::]:80"),
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().to_string(), address, "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused_with_the_forms_that_are() {
        for text in [
            "",
            ":",
            "65536",
            "+80",
            "-1",
            "9187 ",
            "127.0.0.1",
            "::1",
            "::1:9187",
            "example.org:80",
            "localhost",
            "http://127.0.0.1:80",
        ] {
            let error = text.parse::<Listen>().unwrap_err().to_string();
            assert!(error.contains(&format!("'{text}'")) && error.contains("127.0.0.1:9187"), "{error}");
        }
    }

    #[test]
    fn only_loopback_addresses_are_loopback() {
        for (text, is_loopback) in [
            ("127.0.0.1:1", true),
            ("127.9.9.9:1", true),
            ("[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", true),
            ("0.0.0.0:1", false),
            ("[::]:1", false),
            ("192.168.1.2:1", false),
        ] {
            assert_eq!(text.parse::<Listen>().unwrap().is_loopback(), is_loopback, "{text}");
        }
    }
}
