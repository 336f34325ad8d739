//! The sources that are polled where no file names any: those of the example, which a test compares. Written out here
//! as well, because every short command would wait for the example to be read.

use std::time::Duration;

use url::Url;

use super::{FetchSettings, Source};
use crate::fetch::RobotsRule;
use crate::parse::{JsonIndicator, JsonRules, Layout};
use crate::poll::{Pace, Schedule};

const YAHOO: &str = "https://query1.finance.yahoo.com/v8/finance/chart/%5EJKLQ45?range=1d&interval=1m";

/// The header, and a second opinion on one of its indicators that is not asked unless somebody enables it.
pub(super) fn sources() -> Vec<Source> {
    let kontan = Pace { open: Source::EVERY, closed: Source::EVERY_CLOSED };
    let yahoo = Pace { open: Duration::from_secs(5 * 60), closed: Duration::from_secs(3600) };
    let sources = [
        source("kontan", "https://www.kontan.co.id/", Layout::Kontan, kontan),
        source("yahoo", YAHOO, quote_of_lq45(), yahoo).map(|source| Source { enabled: false, ..source }),
    ];
    sources.into_iter().flatten().collect()
}

/// Nothing only where the address is none; a test sees that both are there.
fn source(name: &str, url: &str, layout: Layout, pace: Pace) -> Option<Source> {
    Some(Source {
        name: name.to_owned(),
        url: Url::parse(url).ok()?,
        layout,
        schedule: Schedule::paced(pace, name),
        enabled: true,
        robots: RobotsRule::default(),
        fetch: FetchSettings::default(),
    })
}

fn quote_of_lq45() -> Layout {
    let meta = |name: &str| Some(format!("/chart/result/0/meta/{name}"));
    Layout::Json(JsonRules {
        indicators: vec![JsonIndicator {
            label: "LQ45".to_owned(),
            level: meta("regularMarketPrice"),
            previous_close: meta("chartPreviousClose"),
            ..JsonIndicator::default()
        }],
    })
}
