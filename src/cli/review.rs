//! `pantau review`: what is held, and a person's decision about it.

use crate::ingest::{self, Decided};
use crate::query;
use crate::report::HeldRow;
use crate::store::Decision;

use super::context::Context;
use super::exit::{Exit, Refusal};
use super::{DecisionArg, ReviewArgs};

pub(super) fn run(context: &Context, args: &ReviewArgs) -> anyhow::Result<Exit> {
    match args.decision {
        None => list(context),
        Some(DecisionArg::Accept { id }) => decide(context, id, Decision::Accepted),
        Some(DecisionArg::Reject { id }) => decide(context, id, Decision::Rejected),
    }
}

fn list(context: &Context) -> anyhow::Result<Exit> {
    let store = context.reader()?;
    let held = query::held(store.tables())?;
    let rows: Vec<HeldRow> =
        held.iter().map(|(of, held)| HeldRow::new(&of.indicator, held, context.zone)).collect();
    let shown = || HeldRow::table(held.iter().map(|(of, held)| (&of.indicator, held)), context.zone);
    context.answer(&rows, shown)?;
    if rows.is_empty() {
        context.note("nothing is held");
    }
    Ok(Exit::Done)
}

fn decide(context: &Context, id: i64, decision: Decision) -> anyhow::Result<Exit> {
    // A decision is about something that is there: no database is made for it.
    drop(context.reader()?);
    let mut store = context.writer()?;
    let Some(held) = store.tables().held_by_id(id)? else {
        let refusal = Refusal::new(Exit::NoData, format!("nothing is held under number {id}"));
        return Err(refusal.hint("`pantau review` lists what is").into());
    };
    if let Some(decided) = held.decision {
        let message = format!("number {id} was {} already", decided.word());
        return Err(Refusal::new(Exit::Usage, message).into());
    }
    if store.write(|tables| ingest::decide(tables, &held, decision))? == Decided::NoPlace {
        let message =
            format!("number {id} cannot be accepted: the poll log that would tell its place was removed");
        return Err(Refusal::new(Exit::Unsound, message).hint("it can only be rejected").into());
    }
    context.note(&format!("number {id} {}", decision.word()));
    Ok(Exit::Done)
}
