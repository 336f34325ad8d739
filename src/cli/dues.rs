//! When the sources of the daemon are due: for its line of status. Knows no clock and no words.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::domain::Timestamp;
use crate::poll::{Done, Plan, next_due};

/// When each source of a plan is due, as far as that is known. Kept in order, so that thousands of sources that poll
/// at once do not each look at all others.
#[derive(Debug)]
pub(super) struct Dues<F> {
    plan: Arc<Plan<F>>,
    /// Where in the plan a source stands, and when it is due.
    of: HashMap<String, (usize, Option<Timestamp>)>,
    /// The same instants, the next one first.
    order: BTreeSet<(Timestamp, usize)>,
}

impl<F> Dues<F> {
    /// Those of a plan, of which nothing is known yet.
    pub(super) fn of(plan: Arc<Plan<F>>) -> Self {
        Self::knowing(plan, &HashMap::new())
    }

    fn knowing(plan: Arc<Plan<F>>, known: &HashMap<String, (usize, Option<Timestamp>)>) -> Self {
        let due_of = |name: &String| known.get(name).and_then(|(_, due)| *due);
        let names = plan.sources.iter().map(|polled| polled.source.name.clone()).enumerate();
        let of: HashMap<_, _> = names.map(|(at, name)| (name.clone(), (at, due_of(&name)))).collect();
        let order = of.values().filter_map(|(at, due)| due.map(|due| (due, *at))).collect();
        Self { plan, of, order }
    }

    /// Goes by a plan from now on; what is known of its sources stays known.
    pub(super) fn follow(&mut self, plan: &Arc<Plan<F>>) {
        if !Arc::ptr_eq(plan, &self.plan) {
            *self = Self::knowing(plan.clone(), &self.of);
        }
    }

    /// Notes when a source is due after a poll; nothing of one that is not in the plan any more.
    pub(super) fn note(&mut self, source: &str, done: &Done, now: Timestamp) {
        let Some((at, due)) = self.of.get_mut(source) else { return };
        let next = next_due(&self.plan.sources[*at].schedule, &done.past, now, &self.plan.calendar);
        if let Some(before) = due.replace(next) {
            self.order.remove(&(before, *at));
        }
        self.order.insert((next, *at));
    }

    /// When the next source is due.
    pub(super) fn next(&self) -> Option<Timestamp> {
        self.order.first().map(|(due, _)| *due)
    }
}
