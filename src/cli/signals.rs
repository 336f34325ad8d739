//! What the daemon is asked to do while it runs, and the one signal that must end no command.

/// A wish of the person or the service manager that runs the daemon.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// To end; how it was asked.
    Stop(&'static str),
    /// To read the configuration again.
    Reload,
    /// To poll every source.
    PollNow,
}

#[cfg(unix)]
mod platform {
    use std::sync::Arc;

    use tokio::signal::unix::{Signal as Stream, SignalKind, signal};

    use super::Signal;

    /// A write beyond a limit on the size of files shall fail, not kill.
    #[cfg(target_os = "linux")]
    pub(in crate::cli) fn outlive_limit_on_files() -> std::io::Result<()> {
        /// What comes with such a write; its number but for MIPS.
        const SIGXFSZ: i32 = 25;
        // What the handler notes nobody reads: that there is one is enough. Tokio's would need a runtime, which most
        // commands do without.
        signal_hook::flag::register(SIGXFSZ, Arc::default()).map(drop)
    }

    /// The signals that are listened to.
    #[derive(Debug)]
    pub(in crate::cli) struct Signals {
        terminate: Stream,
        interrupt: Stream,
        hang_up: Stream,
        user: Stream,
    }

    impl Signals {
        /// The handlers are in place when this returns.
        pub(in crate::cli) fn listen() -> std::io::Result<Self> {
            Ok(Self {
                terminate: signal(SignalKind::terminate())?,
                interrupt: signal(SignalKind::interrupt())?,
                hang_up: signal(SignalKind::hangup())?,
                user: signal(SignalKind::user_defined1())?,
            })
        }

        pub(in crate::cli) async fn next(&mut self) -> Signal {
            tokio::select! {
                _ = self.terminate.recv() => Signal::Stop("SIGTERM"),
                _ = self.interrupt.recv() => Signal::Stop("Ctrl-C"),
                _ = self.hang_up.recv() => Signal::Reload,
                _ = self.user.recv() => Signal::PollNow,
            }
        }
    }
}

#[cfg(not(unix))]
mod platform {
    use super::Signal;

    /// Only the keyboard is listened to.
    #[derive(Debug)]
    pub(in crate::cli) struct Signals;

    impl Signals {
        pub(in crate::cli) fn listen() -> std::io::Result<Self> {
            Ok(Self)
        }

        pub(in crate::cli) async fn next(&mut self) -> Signal {
            // Without a handler the program simply ends at once.
            let _ = tokio::signal::ctrl_c().await;
            Signal::Stop("Ctrl-C")
        }
    }
}

/// Where no such signal is known, none is handled.
#[cfg(not(target_os = "linux"))]
pub(super) fn outlive_limit_on_files() -> std::io::Result<()> {
    Ok(())
}

pub(super) use platform::Signals;
#[cfg(target_os = "linux")]
pub(super) use platform::outlive_limit_on_files;
