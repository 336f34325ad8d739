//! `pantau check`: what one rule says now.

use anyhow::Context as _;

use crate::alert::{Reading, Rule, Truth, readings};
use crate::query;
use crate::report::CheckRow;

use super::CheckArgs;
use super::context::Context;
use super::exit::{Exit, Refusal};

pub(super) fn run(context: &Context, args: &CheckArgs) -> anyhow::Result<Exit> {
    let rule: Rule = args.rule.parse().context("this is no rule")?;
    let store = context.reader()?;
    let facts = query::facts(store.tables(), &rule.terms(), context.now, &context.calendar)?;
    let (truth, readings) = (rule.judge(&facts, None), readings(&rule, &facts));
    let shown = rule.to_string();
    let rows = CheckRow::of(&shown, truth, &readings);
    context.answer(&rows, || CheckRow::table(&shown, truth, &readings))?;
    match truth {
        Truth::True => Ok(Exit::RuleTrue),
        Truth::False => Ok(Exit::Done),
        Truth::Unknown => {
            let message = format!("too little is known to say: {}", unknown(&readings));
            Err(Refusal::new(Exit::NoData, message).into())
        }
    }
}

fn unknown(readings: &[Reading]) -> String {
    let unknown = readings.iter().filter(|reading| reading.value.is_null());
    unknown.map(|reading| format!("{} is {}", reading.term, reading.text)).collect::<Vec<_>>().join("; ")
}
