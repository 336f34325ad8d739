//! A service manager that hears what the daemon says of itself, and when.

use std::os::unix::net::UnixDatagram;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::rig::Rig;

/// It listens until its test ends.
pub(crate) struct Manager {
    heard: Arc<Mutex<Vec<(Instant, String)>>>,
}

impl Manager {
    pub(crate) fn listen(rig: &Rig) -> Self {
        let socket = UnixDatagram::bind(rig.path("notify")).unwrap();
        let heard = Arc::<Mutex<Vec<_>>>::default();
        let log = Arc::clone(&heard);
        thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(length) = socket.recv(&mut buffer) {
                let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
                log.lock().unwrap().push((Instant::now(), text));
            }
        });
        Self { heard }
    }

    /// A daemon that is to give a sign of life at least so often, by its own clock.
    pub(crate) fn over<'a>(rig: &Rig, patience: Duration, command: &'a mut Command) -> &'a mut Command {
        command
            .env("NOTIFY_SOCKET", rig.path("notify"))
            .env("WATCHDOG_USEC", patience.as_micros().to_string())
    }

    /// How many signs of life were heard since a moment.
    pub(crate) fn signs_since(&self, moment: Instant) -> usize {
        let heard = self.heard.lock().unwrap();
        heard.iter().filter(|(at, text)| *at >= moment && text.contains("WATCHDOG=1")).count()
    }

    /// When the last sign of life was heard.
    pub(crate) fn last_sign(&self) -> Option<Instant> {
        let heard = self.heard.lock().unwrap();
        heard.iter().rfind(|(_, text)| text.contains("WATCHDOG=1")).map(|(at, _)| *at)
    }
}
