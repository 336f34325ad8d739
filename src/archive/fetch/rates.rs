//! How fast an archive is asked. Pure.

use std::str::FromStr;
use std::time::Duration;

use url::Url;

use crate::archive::place::Place;

/// Between two ranges of files: four a second, which a store of files does not feel.
const BETWEEN_RANGES: Duration = Duration::from_millis(250);
/// Between two mementos: two a second. The Wayback Machine bears eight; each costs it a look into its files.
const BETWEEN_MEMENTOS: Duration = Duration::from_millis(500);

/// What was said about one host: `web.archive.org=4/s`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    host: String,
    between: Duration,
}

impl FromStr for Rate {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        read(text).ok_or_else(|| "write HOST=N/s or HOST=N/m, such as web.archive.org=4/s".to_owned())
    }
}

fn read(text: &str) -> Option<Rate> {
    let (host, rate) = text.split_once('=')?;
    let (count, unit) = rate.split_once('/')?;
    let unit = match unit {
        "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return None,
    };
    let count: f64 = count.parse().ok()?;
    let between = Duration::try_from_secs_f64(unit / count).ok()?;
    let is_meant = !host.is_empty() && !host.contains(['/', '@']) && count > 0.0 && count.is_finite();
    is_meant.then(|| Rate { host: host.to_ascii_lowercase(), between })
}

/// The least time from one request to the next.
pub(super) fn spacing(rates: &[Rate], url: &Url, place: &Place) -> Duration {
    let host = url.host_str().unwrap_or_default();
    let with_port = url.port_or_known_default().map(|port| format!("{host}:{port}"));
    let is_meant = |rate: &&Rate| rate.host == host || Some(&rate.host) == with_port.as_ref();
    let usual = match place {
        Place::Range(_) => BETWEEN_RANGES,
        Place::Memento(_) => BETWEEN_MEMENTOS,
    };
    rates.iter().rev().find(is_meant).map_or(usual, |rate| rate.between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_a_number_a_second_or_a_minute() {
        for (text, millis) in [
            ("web.archive.org=4/s", Some(250)),
            ("web.archive.org=30/m", Some(2000)),
            ("Web.Archive.org=0.4/s", Some(2500)),
            ("127.0.0.1:8080=36/h", Some(100_000)),
            ("web.archive.org=0/s", None),
            ("web.archive.org=-1/s", None),
            ("web.archive.org=inf/s", None),
            ("web.archive.org=NaN/s", None),
            ("web.archive.org=4", None),
            ("web.archive.org=4/d", None),
            ("https://web.archive.org=4/s", None),
            ("=4/s", None),
            ("4/s", None),
        ] {
            let rate: Option<Rate> = text.parse().ok();
            assert_eq!(rate.map(|rate| rate.between.as_millis()), millis, "{text}");
        }
    }

    #[test]
    fn the_last_word_about_a_host_counts() {
        let rates: Vec<Rate> =
            ["a.id=1/s", "a.id=2/s", "b.id:8080=4/s"].iter().map(|text| text.parse().unwrap()).collect();
        let memento: Place = "https://a.id/20240423123456id_/http://b/".parse().unwrap();
        let range: Place = "x\t0\t1".parse().unwrap();
        for (url, place, millis) in [
            ("https://a.id/", &memento, 500),
            ("http://a.id:81/", &range, 500),
            ("http://b.id:8080/", &memento, 250),
            ("http://b.id/", &memento, 500),
            ("http://b.id/", &range, 250),
        ] {
            assert_eq!(spacing(&rates, &Url::parse(url).unwrap(), place).as_millis(), millis, "{url}");
        }
    }
}
