//! The daemon as its service manager sees it: started, ready, and stopped.

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail};

use crate::usage::Usage;

const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon with a configuration and a database of its own; killed when nobody waits for its end.
pub(crate) struct Daemon {
    process: Child,
    pub(crate) begun: Instant,
    /// How long it took until it said that it is ready.
    pub(crate) ready: Duration,
    pub(crate) database: PathBuf,
}

impl Daemon {
    /// Starts it, and waits until it is ready.
    pub(crate) fn start(folder: &Path, config: &str) -> anyhow::Result<Self> {
        let (config_file, database) = (folder.join("load.toml"), folder.join("load.db"));
        std::fs::write(&config_file, config)?;
        let name = folder.join("notify");
        if name.exists() {
            std::fs::remove_file(&name)?;
        }
        let manager = UnixDatagram::bind(&name)?;
        manager.set_read_timeout(Some(PATIENCE))?;
        let begun = Instant::now();
        let mut process = Command::new(env!("CARGO_BIN_EXE_pantau"))
            .env_clear()
            .env("NOTIFY_SOCKET", &name)
            .args(["-q", "run", "--config"])
            .arg(&config_file)
            .arg("--db")
            .arg(&database)
            .stdin(Stdio::null())
            .spawn()
            .context("failed to start the daemon")?;
        if let Err(error) = wait_until_ready(&manager) {
            // It fails where it has ended already.
            let _ = process.kill();
            process.wait()?;
            return Err(error);
        }
        let ready = begun.elapsed();
        // Nobody hears what it says from now on, which costs it less than being heard.
        drop(manager);
        Ok(Self { process, begun, ready, database })
    }

    pub(crate) fn usage(&self) -> anyhow::Result<Usage> {
        Usage::of(self.process.id())
    }

    /// Asks it to stop, and waits until it has.
    pub(crate) fn stop(mut self) -> anyhow::Result<ExitStatus> {
        Command::new("kill").args(["-TERM", &self.process.id().to_string()]).status()?;
        let exit = self.process.wait()?;
        if exit.success() { Ok(exit) } else { bail!("the daemon ended with {exit}") }
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail where it has ended already, as it should have.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn wait_until_ready(manager: &UnixDatagram) -> anyhow::Result<()> {
    let mut word = [0; 4096];
    loop {
        let length = manager.recv(&mut word).context("the daemon does not say that it is ready")?;
        if word[..length].starts_with(b"READY=1") {
            return Ok(());
        }
    }
}
