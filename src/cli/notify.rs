//! Words to the service manager, said without ever waiting for it: what it has no room for is said later, unless it
//! means nothing then. The only user of sd-notify; says nothing where no service manager listens.

use std::io::ErrorKind;
use std::time::Duration;

pub(super) use platform::{is_heard, watchdog};

/// What there was no room for is said again after this, if nothing else is said before.
const AGAIN: Duration = Duration::from_secs(1);

/// What a service manager can be told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Word {
    /// All has begun, or begun anew, and a line of status.
    Ready(String),
    /// A line of status.
    Status(String),
    Reloading,
    Stopping,
    Alive,
}

/// The service manager, as one who may not listen.
#[derive(Debug, Default)]
pub(super) struct Manager {
    untold: Untold,
    /// Whether it was said that it cannot be told.
    in_trouble: bool,
}

impl Manager {
    pub(super) fn tell(&mut self, word: Word) {
        self.untold.add(word);
        self.tell_rest();
    }

    /// Waits until it is time to try again; for ever where all is told.
    pub(super) async fn again(&self) {
        if self.untold.0.is_empty() {
            std::future::pending().await
        }
        tokio::time::sleep(AGAIN).await;
    }

    /// Tells what is not told yet, as far as there is room for it.
    pub(super) fn tell_rest(&mut self) {
        while let Some(word) = self.untold.0.first() {
            match platform::tell(word) {
                Ok(()) => self.in_trouble = false,
                Err(error) => {
                    if !std::mem::replace(&mut self.in_trouble, true) {
                        tracing::warn!(%error, "the service manager cannot be told");
                    }
                    if error.kind() == ErrorKind::WouldBlock {
                        return self.untold.late();
                    }
                }
            }
            self.untold.0.remove(0);
        }
    }
}

/// What is not told yet, in order: a handful of words at most, however long nobody listens.
#[derive(Debug, Default)]
struct Untold(Vec<Word>);

impl Untold {
    /// Takes a word, and drops those that it makes old.
    fn add(&mut self, word: Word) {
        match word {
            Word::Status(_) => self.0.retain(|old| !matches!(old, Word::Status(_))),
            // The end of a reload says all that the words before it said.
            Word::Reloading => self.0.retain(|old| *old == Word::Stopping),
            Word::Ready(_) | Word::Stopping | Word::Alive => {}
        }
        self.0.push(word);
    }

    /// There is no room now. A sign of life that comes late is none.
    fn late(&mut self) {
        self.0.retain(|word| *word != Word::Alive);
    }
}

#[cfg(unix)]
mod platform {
    use std::ffi::OsStr;
    use std::io;
    use std::os::unix::net::UnixDatagram;
    use std::time::Duration;

    use sd_notify::NotifyState;

    use super::Word;

    pub(in crate::cli) fn watchdog() -> Option<Duration> {
        sd_notify::watchdog_enabled()
    }

    /// Whether a service manager listens.
    pub(in crate::cli) fn is_heard() -> bool {
        std::env::var_os("NOTIFY_SOCKET").is_some()
    }

    /// `sd_notify::notify` would wait for room.
    pub(super) fn tell(word: &Word) -> io::Result<()> {
        let Some(name) = std::env::var_os("NOTIFY_SOCKET") else { return Ok(()) };
        let text: String = states(word)?.iter().map(|state| format!("{state}\n")).collect();
        let socket = UnixDatagram::unbound()?;
        socket.set_nonblocking(true)?;
        connect(&socket, &name)?;
        // A datagram goes whole or not at all.
        socket.send(text.as_bytes()).map(|_| ())
    }

    fn states(word: &Word) -> io::Result<Vec<NotifyState<'_>>> {
        Ok(match word {
            Word::Ready(status) => vec![NotifyState::Ready, NotifyState::Status(status)],
            Word::Status(status) => vec![NotifyState::Status(status)],
            // systemd wants to know which of its own reload requests is meant.
            Word::Reloading => vec![NotifyState::Reloading, NotifyState::monotonic_usec_now()?],
            Word::Stopping => vec![NotifyState::Stopping],
            Word::Alive => vec![NotifyState::Watchdog],
        })
    }

    /// A name that begins with `@` is one of Linux's abstract sockets, which have no file.
    fn connect(socket: &UnixDatagram, name: &OsStr) -> io::Result<()> {
        #[cfg(target_os = "linux")]
        {
            use std::os::linux::net::SocketAddrExt;
            use std::os::unix::ffi::OsStrExt;
            use std::os::unix::net::SocketAddr;

            if let Some(name) = name.as_bytes().strip_prefix(b"@") {
                return socket.connect_addr(&SocketAddr::from_abstract_name(name)?);
            }
        }
        socket.connect(name)
    }
}

#[cfg(not(unix))]
mod platform {
    use std::io;
    use std::time::Duration;

    use super::Word;

    pub(in crate::cli) fn watchdog() -> Option<Duration> {
        None
    }

    pub(in crate::cli) fn is_heard() -> bool {
        false
    }

    /// Nobody listens on this platform.
    pub(super) fn tell(_: &Word) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn left(words: &[Word]) -> Vec<Word> {
        let mut untold = Untold::default();
        for word in words {
            untold.add(word.clone());
            untold.late();
        }
        untold.0
    }

    #[test]
    fn only_what_still_means_something_is_told_late() {
        let (ready, first, second) = (
            Word::Ready("1 sources".to_owned()),
            Word::Status("first".to_owned()),
            Word::Status("second".to_owned()),
        );
        assert_eq!(
            left(&[ready.clone(), Word::Alive, first.clone(), second.clone()]),
            [ready.clone(), second.clone()]
        );
        let reload = [Word::Reloading, ready.clone()];
        assert_eq!(left(&[ready.clone(), first, Word::Reloading, ready.clone()]), reload);
        assert_eq!(left(&[&reload[..], &reload[..], &reload[..]].concat()), reload);
        assert_eq!(
            left(&[second.clone(), Word::Stopping, Word::Reloading]),
            [Word::Stopping, Word::Reloading]
        );
    }
}
