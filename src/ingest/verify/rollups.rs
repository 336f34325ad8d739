//! Whether the rollups of an indicator are what its runs come to: each is derived again, for both grains.

use std::collections::BTreeMap;

use crate::domain::{Grain, Observation, Roll, Rollup, Timestamp};
use crate::store::{Fault, StoreError, StoredIndicator, Tables};

use super::place;

/// Compares the stored rollups with those of all stored runs.
pub(super) fn faults(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    runs: &[Observation],
) -> Result<Vec<Fault>, StoreError> {
    let until = tables.rolled_until(indicator.id)?.unwrap_or(Timestamp::MIN_UTC);
    let rolled = runs.iter().map(|one| &one.run).filter(|run| run.first_seen < until);
    let hours = Roll::all(Grain::Hour, rolled.filter_map(Rollup::of));
    let mut days = Roll::all(Grain::Day, hours.iter().copied());
    days.retain(|day| Grain::Day.end_of(day.first_seen) <= until);
    let mut faults = compare(tables, indicator, Grain::Hour, hours)?;
    faults.extend(compare(tables, indicator, Grain::Day, days)?);
    Ok(faults)
}

fn compare(
    tables: Tables<'_>,
    indicator: &StoredIndicator,
    grain: Grain,
    derived: Vec<Rollup>,
) -> Result<Vec<Fault>, StoreError> {
    let start_of = |one: &Rollup| grain.start_of(one.first_seen);
    let mut derived: BTreeMap<_, _> = derived.into_iter().map(|one| (start_of(&one), one)).collect();
    let mut faults = Vec::new();
    let mut fault = |start: Timestamp, problem: &str| {
        let problem = format!("{problem}: the rollup of the {} that begins at {start}", grain.word());
        faults.push(Fault { place: place(indicator), problem });
    };
    tables.each_rollup(
        indicator.id,
        grain,
        Timestamp::MIN_UTC,
        Timestamp::MAX_UTC,
        |stored| -> Result<(), StoreError> {
            match derived.remove(&start_of(&stored)) {
                Some(right) if right == stored => {}
                Some(_) => fault(start_of(&stored), "not what the runs come to"),
                None => fault(start_of(&stored), "one too many"),
            }
            Ok(())
        },
    )?;
    derived.into_keys().for_each(|start| fault(start, "missing"));
    Ok(faults)
}
