//! The program under torture: it is killed at any instant, its disk fails, fills up or loses power, its clock jumps,
//! its server lies. Short runs by default, the long ones with `PANTAU_LONG=1`; README.md says what each proves.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "a helper of a test fails its test")]
#![expect(
    clippy::print_stdout,
    clippy::use_debug,
    reason = "figures and seeds are told to whoever runs this"
)]

mod beside;
#[path = "../integration/captures.rs"]
#[allow(dead_code, reason = "some of it is for the other tests")]
mod captures;
mod cells;
mod clock;
mod disk;
mod displaced;
mod drill;
mod failing;
mod faults;
mod flips;
mod import;
mod kill;
mod manager;
mod power;
mod random;
mod raw;
mod recorded;
mod rig;
mod shim;
mod signals;
mod ticker;
mod wedge;

/// The number for a short run, or the one for the run that `PANTAU_LONG=1` asks for.
pub(crate) fn short_or_long<T>(short: T, long: T) -> T {
    if std::env::var_os("PANTAU_LONG").is_some_and(|value| value == "1") { long } else { short }
}
