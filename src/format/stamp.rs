//! Instants as programs read them, one after the other: what one has in common with the one before is not worked out
//! anew.

use std::io::Write;

use chrono::{Datelike, NaiveDate, Offset, TimeZone};
use chrono_tz::Tz;

use super::rfc3339;
use crate::domain::Timestamp;

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// Writes the same as [`rfc3339`]; a tenth of its work where instants lie near each other.
#[derive(Debug, Clone)]
pub struct Stamp {
    zone: Tz,
    /// The hour of Unix time that was written last, if the zone keeps one offset throughout.
    hour: Option<(i64, KnownOffset)>,
    /// The last day that was written, counted from that of Unix time.
    day: Option<(i64, [u8; 10])>,
}

/// A distance from UTC in whole minutes.
#[derive(Debug, Clone, Copy)]
struct KnownOffset {
    seconds: i64,
    text: [u8; 6],
}

impl Stamp {
    /// In a zone.
    #[must_use]
    pub fn new(zone: Tz) -> Self {
        Self { zone, hour: None, day: None }
    }

    /// Appends `2024-11-22T17:00:00+07:00`.
    pub fn write(&mut self, at: Timestamp, text: &mut Vec<u8>) {
        match self.quickly(at.timestamp()) {
            Some(stamp) => text.extend_from_slice(&stamp),
            None => text.extend_from_slice(rfc3339(at, self.zone).as_bytes()),
        }
    }

    fn quickly(&mut self, at: i64) -> Option<[u8; 25]> {
        let offset = self.offset(at)?;
        let local = at + offset.seconds;
        let mut stamp = *b"0000-00-00T00:00:00+00:00";
        stamp[..10].copy_from_slice(&self.date(local.div_euclid(DAY))?);
        let second = local.rem_euclid(DAY);
        for (at, part) in [(11, second / HOUR), (14, second / 60 % 60), (17, second % 60)] {
            stamp[at..at + 2].copy_from_slice(&two_digits(part));
        }
        stamp[19..].copy_from_slice(&offset.text);
        Some(stamp)
    }

    /// Nothing where it changes within the hour, or has seconds.
    fn offset(&mut self, at: i64) -> Option<KnownOffset> {
        let hour = at.div_euclid(HOUR);
        match self.hour {
            Some((known, offset)) if known == hour => Some(offset),
            _ => {
                let seconds = self.seconds(hour * HOUR)?;
                let is_kept = self.seconds((hour + 1) * HOUR - 1) == Some(seconds) && seconds % 60 == 0;
                let offset = KnownOffset { seconds, text: offset_text(seconds) };
                self.hour = is_kept.then_some((hour, offset));
                is_kept.then_some(offset)
            }
        }
    }

    fn seconds(&self, at: i64) -> Option<i64> {
        let utc = Timestamp::from_timestamp(at, 0)?.naive_utc();
        Some(self.zone.offset_from_utc_datetime(&utc).fix().local_minus_utc().into())
    }

    /// Nothing beyond years of four digits.
    fn date(&mut self, day: i64) -> Option<[u8; 10]> {
        match self.day {
            Some((known, text)) if known == day => Some(text),
            _ => {
                let date = Timestamp::from_timestamp(day * DAY, 0)?.date_naive();
                let text = date_text(date)?;
                self.day = Some((day, text));
                Some(text)
            }
        }
    }
}

fn date_text(date: NaiveDate) -> Option<[u8; 10]> {
    if !(0..=9999).contains(&date.year()) {
        return None;
    }
    let mut text = [0; 10];
    // The text is as long as its room.
    write!(&mut text[..], "{date}").ok()?;
    Some(text)
}

fn offset_text(seconds: i64) -> [u8; 6] {
    let minutes = seconds.abs() / 60;
    let mut text = *b"+00:00";
    text[0] = if seconds < 0 { b'-' } else { b'+' };
    text[1..3].copy_from_slice(&two_digits(minutes / 60));
    text[4..].copy_from_slice(&two_digits(minutes % 60));
    text
}

/// Of a number from 0 to 99.
fn two_digits(number: i64) -> [u8; 2] {
    let digit = |digit: i64| b'0' + u8::try_from(digit % 10).unwrap_or_default();
    [digit(number / 10), digit(number)]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(zone: Tz, seconds: &[i64]) {
        let mut stamp = Stamp::new(zone);
        for at in seconds.iter().filter_map(|at| Timestamp::from_timestamp(*at, 0)) {
            let mut text = Vec::new();
            stamp.write(at, &mut text);
            assert_eq!(String::from_utf8_lossy(&text), rfc3339(at, zone), "{zone} {}", at.timestamp());
        }
    }

    #[test]
    fn clock_changes_and_odd_offsets_are_written_as_they_are() {
        // The end of summer time in Berlin, half hours, an offset with seconds, and years of more or fewer digits.
        check(Tz::Europe__Berlin, &[1_729_990_799, 1_729_990_800, 1_729_990_801, 1_729_994_400]);
        check(Tz::Asia__Kathmandu, &[0, 1, 1_700_000_000]);
        check(Tz::Australia__Lord_Howe, &[1_728_142_199, 1_728_142_200, 1_728_142_201]);
        check(Tz::Asia__Jakarta, &[-3_231_299_999, -1_451_719_200, -1, 0, 1_713_513_600]);
        check(Tz::Asia__Jakarta, &[-62_200_000_000, 253_402_300_800, -1_000_000_000_000]);
    }

    proptest! {
        #[test]
        fn any_instants_are_written_like_one_alone(
            zone in 0..chrono_tz::TZ_VARIANTS.len(),
            begin in -3_000_000_000i64..4_000_000_000,
            steps in prop::collection::vec(-90_000i64..90_000, 0..20),
        ) {
            let seconds: Vec<i64> = steps.iter().scan(begin, |at, step| { *at += step; Some(*at) }).collect();
            check(chrono_tz::TZ_VARIANTS[zone], &seconds);
        }
    }
}
