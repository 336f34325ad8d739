//! A made-up market and the header it shows: the same from one run to the next, and consistent in every row.
//! Knows when things move, not who reads of it.

use chrono::{NaiveDate, Timelike};
use pantau::calendar::{Calendar, Phase};
use pantau::domain::Timestamp;

use crate::labels::LABELS;

/// Numbers from a seed, after Steele, Lea and Flood's splitmix64.
#[derive(Debug)]
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// One of the numbers from 0 up to a bound.
    pub(crate) fn below(&mut self, bound: u64) -> i64 {
        (self.next() % bound).cast_signed()
    }

    fn happens(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    /// Around zero, shaped like a bell, with a deviation of about 1155.
    fn noise(&mut self) -> i64 {
        (0..4).map(|_| self.below(2001) - 1000).sum()
    }
}

/// How a row moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Habit {
    /// On most minutes of a session.
    Index,
    /// Some times an hour of a session.
    Rate,
    /// Once a day, Saturdays included, by thousands.
    Gold,
}

/// One row of the header, in hundredths.
#[derive(Debug)]
struct Row {
    label: &'static str,
    habit: Habit,
    level: i64,
    /// The close that the change is measured from.
    previous: i64,
}

impl Row {
    fn new(label: &'static str, level: i64) -> Self {
        let habit = match label {
            "EMAS" => Habit::Gold,
            "USD/IDR" => Habit::Rate,
            _ => Habit::Index,
        };
        Self { label, habit, level: level * 100, previous: level * 100 }
    }

    /// Moves by so many parts of a thousand millions.
    fn move_by(&mut self, parts: i64) {
        self.level += self.level * parts / 1_000_000_000;
    }

    /// `LQ45 866   -8,90   -1,02%`, with the columns parted by no-break spaces.
    fn print(&self) -> String {
        let change = self.level - self.previous;
        let percent = rounded(change * 10_000, self.previous);
        let change = match self.habit {
            Habit::Gold => indonesian(change / 100, 0),
            Habit::Index | Habit::Rate => indonesian(change, 2),
        };
        let (level, percent) = (indonesian(rounded(self.level, 100), 0), indonesian(percent, 2));
        format!("{} {level} \u{a0} {change} \u{a0} {percent}%", self.label)
    }
}

/// A quotient rounded to the nearest whole number, halves away from zero.
fn rounded(value: i64, by: i64) -> i64 {
    (value.abs() * 2 + by) / (by * 2) * value.signum()
}

/// `1.508.000`, `-54,65`.
fn indonesian(mantissa: i64, decimals: u32) -> String {
    let unit = 10i64.pow(decimals);
    let (mut whole, fraction) = (mantissa.abs() / unit, mantissa.abs() % unit);
    let mut text = String::new();
    while whole >= 1000 {
        text = format!(".{:03}{text}", whole % 1000);
        whole /= 1000;
    }
    let sign = if mantissa < 0 { "-" } else { "" };
    match decimals {
        0 => format!("{sign}{whole}{text}"),
        _ => format!("{sign}{whole}{text},{fraction:0width$}", width = decimals as usize),
    }
}

/// The market at some minute.
#[derive(Debug)]
pub(crate) struct Market {
    calendar: Calendar,
    numbers: Numbers,
    rows: Vec<Row>,
    today: Option<Today>,
}

#[derive(Debug)]
struct Today {
    date: NaiveDate,
    has_opened: bool,
    /// The minute of the day at which gold is priced anew; none on Sundays.
    gold_minute: Option<i64>,
}

impl Market {
    pub(crate) fn new(seed: u64) -> Self {
        let levels = [1_524_000, 16_190, 7_080, 1_020, 827, 215, 425, 505, 118, 128, 139];
        let rows = LABELS.iter().zip(levels).map(|(label, level)| Row::new(label, level)).collect();
        Self { calendar: Calendar::idx(), numbers: Numbers::new(seed), rows, today: None }
    }

    /// Goes on to a minute.
    pub(crate) fn go_on(&mut self, at: Timestamp) {
        let local = at.with_timezone(&self.calendar.zone());
        self.begin_day(local.date_naive());
        let phase = self.calendar.phase(at);
        if let Some(today) = &mut self.today {
            if phase.is_open() && !std::mem::replace(&mut today.has_opened, true) {
                open(&mut self.rows);
            }
            let minute = i64::from(local.hour() * 60 + local.minute());
            if today.gold_minute.take_if(|due| *due <= minute).is_some() {
                price_gold(&mut self.rows, &mut self.numbers);
            }
        }
        if matches!(phase, Phase::SessionOne | Phase::SessionTwo) {
            self.trade();
        }
    }

    fn begin_day(&mut self, date: NaiveDate) {
        if self.today.as_ref().is_some_and(|today| today.date == date) {
            return;
        }
        let is_sunday = chrono::Datelike::weekday(&date) == chrono::Weekday::Sun;
        let gold_minute = (!is_sunday).then(|| 8 * 60 + 20 + self.numbers.below(40));
        self.today = Some(Today { date, has_opened: false, gold_minute });
    }

    /// One minute of a session. An index follows the market and has a will of its own; over a day of 330 minutes
    /// it moves by about one percent.
    pub(crate) fn trade(&mut self) {
        let market = self.numbers.noise() * 400;
        for row in &mut self.rows {
            let own = self.numbers.noise() * 250;
            match row.habit {
                Habit::Index if self.numbers.happens(92) => row.move_by(market + own),
                Habit::Rate if self.numbers.happens(8) => {
                    row.move_by(own);
                    row.level -= row.level % 100;
                }
                Habit::Index | Habit::Rate | Habit::Gold => {}
            }
        }
    }

    /// The header, inside a page.
    pub(crate) fn page(&self) -> String {
        let mut rows = String::new();
        for row in &self.rows {
            rows.push_str("<li>");
            rows.push_str(&row.print());
            rows.push_str("</li>\n");
        }
        format!("{BEFORE}{rows}{AFTER}")
    }
}

/// The change begins at nothing again.
fn open(rows: &mut [Row]) {
    for row in rows.iter_mut().filter(|row| row.habit != Habit::Gold) {
        row.previous = row.level;
    }
}

fn price_gold(rows: &mut [Row], numbers: &mut Numbers) {
    for row in rows.iter_mut().filter(|row| row.habit == Habit::Gold) {
        row.previous = row.level;
        row.level += (numbers.noise() * 12 / 1155 + 2) * 100_000;
    }
}

const BEFORE: &str = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><title>Berita</title></head><body>\n\
                      <p>kontan.co.id</p><div>| : WIB | INDIKATOR |</div>\n<ul>\n";
const AFTER: &str = "</ul>\n<h1>Berita hari ini</h1><p>Teks sebuah artikel.</p></body></html>\n";
