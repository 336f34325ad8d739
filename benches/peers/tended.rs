//! Programs that run until they are stopped: started together, watched from outside, and asked to end. Knows nothing of
//! what they do.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::usage::Usage;

const PATIENCE: Duration = Duration::from_secs(60);
const GLANCE: Duration = Duration::from_millis(1);

/// Programs that work together, as long as they are held.
#[derive(Debug)]
pub(crate) struct Tended {
    children: Vec<Child>,
    pub(crate) begun: Instant,
}

/// What they used up to a moment.
#[derive(Debug)]
pub(crate) struct Used(Vec<Usage>);

impl Tended {
    /// Starts them, one right after the other; what they say is not heard.
    ///
    /// # Errors
    /// One cannot be started.
    pub(crate) fn start(commands: Vec<Command>) -> Result<Self> {
        let mut tended = Self { children: Vec::new(), begun: Instant::now() };
        for mut command in commands {
            let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let child = quiet.spawn();
            tended.children.push(child.with_context(|| format!("failed to start {command:?}"))?);
        }
        Ok(tended)
    }

    /// Waits until something is the case.
    ///
    /// # Errors
    /// It is not for too long, cannot be told, or a program has ended.
    pub(crate) fn wait_until(&mut self, mut is: impl FnMut() -> Result<bool>) -> Result<Duration> {
        while !is()? {
            ensure!(self.begun.elapsed() < PATIENCE, "nothing came of it in {} s", PATIENCE.as_secs());
            for child in &mut self.children {
                if let Some(status) = child.try_wait()? {
                    anyhow::bail!("a program ended by itself with {status}");
                }
            }
            sleep(GLANCE);
        }
        Ok(self.begun.elapsed())
    }

    /// What they used until now.
    ///
    /// # Errors
    /// One has ended.
    pub(crate) fn used(&self) -> Result<Used> {
        Ok(Used(self.children.iter().map(|child| Usage::of(child.id())).collect::<Result<_>>()?))
    }

    /// Asks them to end, and waits until they have.
    ///
    /// # Errors
    /// One does not.
    pub(crate) fn stop(mut self) -> Result<()> {
        for child in &self.children {
            kill(Pid::from_raw(i32::try_from(child.id())?), Signal::SIGTERM)?;
        }
        let begun = Instant::now();
        for child in &mut self.children {
            while child.try_wait()?.is_none() {
                ensure!(begun.elapsed() < PATIENCE, "a program does not end");
                sleep(GLANCE);
            }
        }
        Ok(())
    }
}

impl Drop for Tended {
    fn drop(&mut self) {
        for child in &mut self.children {
            // Both fail where it has ended already, as it should have.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Used {
    /// The processor time of all of them.
    pub(crate) fn cpu(&self) -> Duration {
        self.0.iter().map(Usage::cpu).sum()
    }

    /// The same since an earlier moment.
    pub(crate) fn cpu_since(&self, before: &Self) -> Duration {
        self.0.iter().zip(&before.0).map(|(now, before)| now.cpu_since(before)).sum()
    }

    /// What they hold in memory together, in KB.
    pub(crate) fn resident_kb(&self) -> u64 {
        self.0.iter().map(|usage| usage.resident).sum()
    }

    /// The most that each held, in KB.
    pub(crate) fn peak_kb(&self) -> u64 {
        self.0.iter().map(|usage| usage.peak).sum()
    }
}
