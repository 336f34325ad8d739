//! What lies beside a saved page and says when and where it was captured: `PAGE.json` or `PAGE.meta.json` beside
//! `PAGE`, one JSON object, or `PAGE.headers`, the head of the answer as `curl -D` and `wget -S` show it.

use std::path::{Path, PathBuf};

use chrono_tz::Tz;
use serde_json::Value;

use crate::domain::Timestamp;

use super::written;

const ENDINGS: [&str; 3] = [".json", ".meta.json", ".headers"];

/// The fields that say when, in the order in which they are believed.
const TIMES: [&str; 5] = ["captured_at", "memento-datetime", "memento_datetime", "timestamp", "date"];
/// The fields that say where.
const ADDRESSES: [&str; 3] = ["url", "original", "uri"];

/// The most bytes of one.
const MAX_BYTES: u64 = 1024 * 1024;

/// What a sidecar says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Said {
    pub(super) at: Option<Timestamp>,
    pub(super) url: Option<String>,
}

/// Whether a file lies beside a page to speak about it.
pub(super) fn is_one(path: &Path) -> bool {
    let name = path.display().to_string();
    ENDINGS.iter().any(|ending| name.strip_suffix(ending).is_some_and(|page| Path::new(page).is_file()))
}

/// What the sidecar of a page says; nothing where there is none.
///
/// # Errors
/// It cannot be read, or is not what its name says.
pub(super) fn of(page: &Path, zone: Tz) -> Result<Said, String> {
    for ending in ENDINGS {
        let path = PathBuf::from(format!("{}{ending}", page.display()));
        if !path.is_file() {
            continue;
        }
        let failed = |why: String| format!("{}, which lies beside it, {why}", path.display());
        let text = text_of(&path).map_err(|error| failed(format!("cannot be read: {error}")))?;
        return match ending {
            ".headers" => Ok(of_head(&text, zone)),
            _ => of_json(&text, zone).map_err(failed),
        };
    }
    Ok(Said::default())
}

fn text_of(path: &Path) -> std::io::Result<String> {
    let mut text = String::new();
    std::io::Read::read_to_string(
        &mut std::io::Read::take(std::fs::File::open(path)?, MAX_BYTES),
        &mut text,
    )?;
    Ok(text)
}

fn of_json(text: &str, zone: Tz) -> Result<Said, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| format!("is no JSON: {error}"))?;
    let Value::Object(object) = value else { return Err("is no JSON object".to_owned()) };
    let field =
        |name: &str| object.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
    let mut at = None;
    if let Some((name, value)) = TIMES.iter().find_map(|name| field(name).map(|value| (name, value))) {
        let read = time_of(value, zone);
        at = Some(read.ok_or_else(|| format!("has a {name} that is no time: {value}"))?);
    }
    let url = ADDRESSES.iter().find_map(|name| field(name)).and_then(Value::as_str);
    Ok(Said { at, url: url.map(str::to_owned) })
}

/// A text, a stamp of 14 digits, or seconds since 1970.
fn time_of(value: &Value, zone: Tz) -> Option<Timestamp> {
    let number = |text: &str| match text.len() {
        9 | 10 => Timestamp::from_timestamp(text.parse().ok()?, 0),
        _ => written::fourteen(text),
    };
    match value {
        Value::String(text) => written::read(text, zone).or_else(|| number(text)),
        Value::Number(digits) => number(digits.as_str()),
        _ => None,
    }
}

/// The last head of a dump: those before it led elsewhere. What an archive says of the page comes before when the
/// archive answered.
fn of_head(text: &str, zone: Tz) -> Said {
    let begin = text.lines().filter(|line| line.trim_start().starts_with("HTTP/")).count();
    let mut seen = 0;
    let last = text.lines().skip_while(|line| {
        seen += usize::from(line.trim_start().starts_with("HTTP/"));
        seen < begin
    });
    let fields: Vec<(&str, &str)> = last.filter_map(|line| line.trim().split_once(':')).collect();
    let field = |name: &str| fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name));
    let time = |name| field(name).and_then(|(_, value)| written::read(value, zone));
    Said { at: time("memento-datetime").or_else(|| time("date")), url: None }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Jakarta;

    use super::*;

    fn shown(said: &Said) -> Option<String> {
        said.at.map(|at| at.format("%FT%TZ").to_string())
    }

    #[test]
    fn json_says_when_and_where() {
        for (text, time) in [
            (r#"{"captured_at": "2024-04-23T09:15:00+07:00", "date": "x"}"#, "2024-04-23T02:15:00Z"),
            (r#"{"timestamp": "20240423091500", "url": "https://x.id/"}"#, "2024-04-23T09:15:00Z"),
            (r#"{"timestamp": 20240423091500}"#, "2024-04-23T09:15:00Z"),
            (r#"{"timestamp": 1713863700}"#, "2024-04-23T09:15:00Z"),
            (r#"{"Memento-Datetime": "Tue, 23 Apr 2024 09:15:00 GMT"}"#, "2024-04-23T09:15:00Z"),
        ] {
            assert_eq!(shown(&of_json(text, Jakarta).unwrap()).as_deref(), Some(time), "{text}");
        }
        let said = of_json(r#"{"timestamp": "20240423091500", "url": "https://x.id/"}"#, Jakarta).unwrap();
        assert_eq!(said.url.as_deref(), Some("https://x.id/"));
        assert!(of_json("[]", Jakarta).is_err());
        assert!(of_json(r#"{"date": "soon"}"#, Jakarta).unwrap_err().contains("a date that is no time"));
    }

    #[test]
    fn a_head_says_when_its_page_was_captured() {
        let plain = "HTTP/1.1 200 OK\r\nDate: Tue, 23 Apr 2024 09:15:00 GMT\r\n";
        assert_eq!(shown(&of_head(plain, Jakarta)).as_deref(), Some("2024-04-23T09:15:00Z"));
        let moved = format!("HTTP/1.1 302 Found\r\nDate: Mon, 22 Apr 2024 09:15:00 GMT\r\n\r\n{plain}");
        assert_eq!(shown(&of_head(&moved, Jakarta)).as_deref(), Some("2024-04-23T09:15:00Z"));
        let archived = format!("{plain}Memento-Datetime: Sun, 21 Apr 2024 09:15:00 GMT\r\n");
        assert_eq!(shown(&of_head(&archived, Jakarta)).as_deref(), Some("2024-04-21T09:15:00Z"));
    }
}
