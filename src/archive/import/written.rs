//! Times that were written down: in names of files and in what lies beside them. Pure.

use std::path::Path;

use chrono::{DateTime, NaiveDate, NaiveDateTime, Offset, TimeZone};
use chrono_tz::Tz;

use crate::archive::stamp::Stamp;
use crate::domain::Timestamp;

/// The time in the name of a file; where it has none, the 14 digits in the name of the folder nearest to it, which is
/// how mirrors of web archives lay out their pages.
///
/// Fourteen digits are the stamp of an archive, and UTC. Other forms are in `zone` unless they name one.
///
/// # Errors
/// The name has several different times.
pub(super) fn in_path(path: &Path, zone: Tz) -> Result<Option<Timestamp>, String> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    if let Some(time) = only(&name, &times_in(&name, zone))? {
        return Ok(Some(time));
    }
    for folder in path.ancestors().skip(1).filter_map(Path::file_name) {
        let name = folder.to_string_lossy();
        let stamps: Vec<Timestamp> = digit_runs(&name).filter_map(|(_, run)| fourteen(run)).collect();
        if let Some(time) = only(&name, &stamps)? {
            return Ok(Some(time));
        }
    }
    Ok(None)
}

fn only(name: &str, times: &[Timestamp]) -> Result<Option<Timestamp>, String> {
    match times {
        [] => Ok(None),
        [first, rest @ ..] if rest.iter().all(|time| time == first) => Ok(Some(*first)),
        _ => Err(format!("the name {name} has several times; --at says which one is meant")),
    }
}

/// Every time in a text.
fn times_in(text: &str, zone: Tz) -> Vec<Timestamp> {
    digit_runs(text).filter_map(|(at, run)| fourteen(run).or_else(|| written(&text[at..], zone))).collect()
}

/// The unbroken rows of digits, and where each begins.
fn digit_runs(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_digit = |at: usize| text.as_bytes()[at].is_ascii_digit();
    let starts = (0..text.len()).filter(move |&at| is_digit(at) && (at == 0 || !is_digit(at - 1)));
    starts.map(move |at| (at, &text[at..at + digits(&text[at..])]))
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// `20240423091500`, the stamp of web archives: UTC.
pub(super) fn fourteen(run: &str) -> Option<Timestamp> {
    Stamp::read(run).filter(|_| run.len() == 14).map(Stamp::time)
}

/// A time that begins a text: `2024-04-23T09:15:00Z`, `2024-04-23_09-15-00`, `20240423T091500+0700`.
fn written(text: &str, zone: Tz) -> Option<Timestamp> {
    let mut rest = text;
    let mut part = |width: usize, separators: &str| {
        let is_separated = separators.is_empty() || rest.starts_with(|first| separators.contains(first));
        let after = if separators.is_empty() { rest } else { rest.get(1..)? };
        let number = after.get(..width).filter(|_| is_separated && digits(after) >= width)?;
        rest = &after[width..];
        number.parse::<u32>().ok()
    };
    let year = i32::try_from(part(4, "")?).ok()?;
    let (month, day) = match part(2, "-") {
        Some(month) => (month, part(2, "-")?),
        None => (part(2, "")?, part(2, "")?),
    };
    let hour = part(2, "T t_-")?;
    let minute = part(2, ":-._").or_else(|| part(2, ""))?;
    let second = part(2, ":-._").or_else(|| part(2, "")).unwrap_or(0);
    if rest.starts_with(|next: char| next.is_ascii_digit()) {
        return None;
    }
    let local = NaiveDate::from_ymd_opt(year, month, day)?.and_hms_opt(hour, minute, second)?;
    match offset(rest) {
        Some(minutes) => Some((local - chrono::Duration::minutes(minutes)).and_utc()),
        None => Some(instant(local, zone)),
    }
}

/// The offset that a text begins with, in minutes: `Z`, `+07:00`, `-0700`.
fn offset(text: &str) -> Option<i64> {
    if text.starts_with(['Z', 'z']) {
        return Some(0);
    }
    let sign = if text.starts_with('+') { 1 } else { text.starts_with('-').then_some(-1)? };
    let digits: String =
        text[1..].chars().take(6).filter(|c| *c != ':').take_while(char::is_ascii_digit).collect();
    if digits.len() != 4 {
        return None;
    }
    let (hours, minutes): (i64, i64) = (digits[..2].parse().ok()?, digits[2..].parse().ok()?);
    (hours < 15 && minutes < 60).then_some(sign * (hours * 60 + minutes))
}

/// A local time as an instant. Where a zone skips it, as if its clock had not been changed; where it comes twice, the
/// first.
fn instant(local: NaiveDateTime, zone: Tz) -> Timestamp {
    let found = zone.from_local_datetime(&local).earliest();
    found
        .map_or_else(|| local.and_utc() - zone.offset_from_utc_datetime(&local).fix(), |found| found.to_utc())
}

/// A time that someone wrote down on purpose: RFC 3339, RFC 2822 as in HTTP heads, 14 digits, or a local time.
pub(super) fn read(text: &str, zone: Tz) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(time) = DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_rfc2822(text)) {
        return Some(time.to_utc());
    }
    let local = ["%Y-%m-%dT%H:%M:%S%.f", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M"];
    let local = local.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok());
    fourteen(text).or_else(|| local.map(|local| instant(local, zone)))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Asia::Jakarta;

    use super::*;

    fn of(path: &str) -> Result<Option<String>, String> {
        in_path(Path::new(path), Jakarta).map(|time| time.map(|time| time.format("%FT%TZ").to_string()))
    }

    #[test]
    fn a_name_tells_the_time_in_the_forms_that_tools_give_it() {
        for (path, time) in [
            ("20240423091500.html", "2024-04-23T09:15:00Z"),
            ("kontan-20240423091500id_.html", "2024-04-23T09:15:00Z"),
            ("20240423091500/index.html", "2024-04-23T09:15:00Z"),
            ("web/20240423091500/www.kontan.co.id/index.html", "2024-04-23T09:15:00Z"),
            ("2024-04-23T09:15:00Z.html", "2024-04-23T09:15:00Z"),
            ("2024-04-23T09:15:00+07:00.html", "2024-04-23T02:15:00Z"),
            ("page 2024-04-23 09.15.00.html", "2024-04-23T02:15:00Z"),
            ("2024-04-23_09-15-00.html", "2024-04-23T02:15:00Z"),
            ("2024-04-23_09-15.html", "2024-04-23T02:15:00Z"),
            ("20240423T091500-0500.html", "2024-04-23T14:15:00Z"),
            ("20240423_0915.html", "2024-04-23T02:15:00Z"),
            ("a20240423091500b20240423091500.html", "2024-04-23T09:15:00Z"),
        ] {
            assert_eq!(of(path), Ok(Some(time.to_owned())), "{path}");
        }
    }

    #[test]
    fn what_is_no_time_is_not_taken_for_one() {
        for path in [
            "index.html",
            "2024-04-23.html",
            "20240423.html",
            "20241323091500.html",
            "120240423091500.html",
            "2024-04-23_25-15-00.html",
            "2024-04-23/index.html",
            "1713863700.html",
        ] {
            assert_eq!(of(path), Ok(None), "{path}");
        }
        assert!(of("20240423091500-20240424091500.html").is_err());
    }

    #[test]
    fn what_is_written_on_purpose_is_read() {
        for (text, time) in [
            ("2024-04-23T09:15:00+07:00", "2024-04-23T02:15:00Z"),
            ("Tue, 23 Apr 2024 09:15:00 GMT", "2024-04-23T09:15:00Z"),
            ("20240423091500", "2024-04-23T09:15:00Z"),
            ("2024-04-23 09:15", "2024-04-23T02:15:00Z"),
        ] {
            let read = read(text, Jakarta).map(|time| time.format("%FT%TZ").to_string());
            assert_eq!(read.as_deref(), Some(time), "{text}");
        }
        assert_eq!(read("yesterday", Jakarta), None);
    }
}
