//! The loops of fetching, with canned answers and a clock that stands still: any order of failures, and any moment of
//! being stopped or killed, ends with the same file.

use std::collections::VecDeque;
use std::fs;
use std::sync::Mutex;
use std::time::Duration;

use chrono::DateTime;
use proptest::prelude::*;
use tempfile::TempDir;
use tokio::sync::Notify;

use super::*;
use crate::domain::{Timestamp, Validators};
use crate::fetch::{Fetch, FetchError, Fetched, Head, Reply, Request, Robots};

const TRIES: u32 = 4;

fn now() -> Timestamp {
    DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

/// What an archive says once in a while instead of what it has.
#[derive(Debug, Clone, Copy)]
enum Hiccup {
    Reset,
    TooMany,
    Unavailable,
    OtherBytes,
    Damaged,
}

/// What an archive has.
#[derive(Debug, Clone, Copy)]
enum Has {
    Capture,
    Refused,
    Nothing,
}

/// An archive of a few places, each with the hiccups that come ahead of its answer.
#[derive(Debug)]
struct Archive {
    places: Vec<(Has, Mutex<VecDeque<Hiccup>>)>,
    /// After so many requests somebody wants it to stop.
    patience: Mutex<u32>,
    stop: Notify,
    rules: &'static [u8],
    asked: Mutex<Vec<String>>,
}

impl Archive {
    fn new(places: &[(Has, Vec<Hiccup>)]) -> Self {
        let place = |(has, hiccups): &(Has, Vec<Hiccup>)| (*has, Mutex::new(hiccups.clone().into()));
        Self {
            places: places.iter().map(place).collect(),
            patience: Mutex::new(u32::MAX),
            stop: Notify::new(),
            rules: b"",
            asked: Mutex::default(),
        }
    }

    /// Every other place is a memento, the rest are ranges.
    fn line(number: usize) -> String {
        if number.is_multiple_of(2) {
            format!("https://w.example/web/202404231234{number:02}id_/http://a.id/")
        } else {
            format!("x/{number}.warc.gz\t{number}\t{}", range_member(number).len())
        }
    }

    fn answer(&self, request: &Request) -> Result<Reply, FetchError> {
        let number = number_of(request);
        let (has, hiccups) = &self.places[number];
        let is_range = request.bytes.is_some();
        match hiccups.lock().unwrap().pop_front() {
            Some(Hiccup::Reset) => {
                Err(FetchError::Cut { url: request.url.clone(), source: "connection reset".into() })
            }
            Some(Hiccup::TooMany) => Ok(reply(429, &[("retry-after", "6")], b"")),
            Some(Hiccup::Unavailable) => Ok(reply(503, &[], b"")),
            Some(Hiccup::OtherBytes) if is_range => {
                Ok(reply(206, &[("content-range", "bytes 0-1/2")], b"xx"))
            }
            Some(Hiccup::Damaged) if is_range => {
                let mut member = range_member(number);
                let last = member.len() - 1;
                member[last] ^= 1;
                Ok(reply(206, &[("content-range", &content_range(number))], &member))
            }
            _ => Ok(match has {
                Has::Nothing => reply(404, &[], b""),
                Has::Refused => reply(if is_range { 403 } else { 200 }, &[], b"blocked"),
                Has::Capture if is_range => {
                    reply(206, &[("content-range", &content_range(number))], &range_member(number))
                }
                Has::Capture => reply(200, &[("memento-datetime", "Tue, 23 Apr 2024 12:34:56 GMT")], b"page"),
            }),
        }
    }
}

fn number_of(request: &Request) -> usize {
    match request.bytes {
        Some((first, _)) => usize::try_from(first).unwrap(),
        None => request.url["https://w.example/web/202404231234".len()..][..2].parse().unwrap(),
    }
}

fn range_member(number: usize) -> Vec<u8> {
    let memento = super::super::memento::Memento::read(&Archive::line(number / 2 * 2)).unwrap();
    capture::member(&memento, &Head::default(), format!("range {number}").as_bytes()).unwrap()
}

fn content_range(number: usize) -> String {
    format!("bytes {number}-{}/9999", number + range_member(number).len() - 1)
}

fn reply(status: u16, fields: &[(&str, &str)], body: &[u8]) -> Reply {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Reply {
        head: Head { status, reason: "", fields: fields.iter().map(owned).collect() },
        body: body.to_vec(),
    }
}

impl Ask for Archive {
    async fn ask(&self, request: &Request, most: impl Fn(&Head) -> u64 + Send) -> Result<Reply, FetchError> {
        self.asked.lock().unwrap().push(request.url.clone());
        let is_enough = {
            let mut left = self.patience.lock().unwrap();
            *left -= 1;
            *left == 0
        };
        if is_enough {
            self.stop.notify_one();
            // The answer never comes.
            std::future::pending::<()>().await;
        }
        let reply = self.answer(request)?;
        let limit = usize::try_from(most(&reply.head)).unwrap();
        Ok(Reply { body: reply.body[..reply.body.len().min(limit)].to_vec(), ..reply })
    }
}

impl Fetch for Archive {
    async fn fetch(&self, url: &str, _: &Validators) -> Result<Fetched, FetchError> {
        Err(FetchError::Status { url: url.to_owned(), status: 500, retry_after: None })
    }

    async fn robots(&self, _: &str) -> Result<Robots, FetchError> {
        Ok(Robots::read("pantau", self.rules).unwrap())
    }

    fn robot_name(&self) -> &str {
        "pantau"
    }
}

struct Desk {
    folder: TempDir,
    at: Where,
}

impl Desk {
    fn new(places: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lines: String = (0..places).map(|number| Archive::line(number) + "\n").collect();
        fs::write(folder.path().join("plan.tsv"), lines).unwrap();
        Self { folder, at: Where { base: "https://data.example/".to_owned(), private: None } }
    }

    fn output(&self) -> PathBuf {
        self.folder.path().join("out.warc.gz")
    }

    fn fetch(&self, archive: &Archive, begin: Begin) -> (End, Progress) {
        let runtime =
            tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let (plan, output) = (self.folder.path().join("plan.tsv"), self.output());
        let job = Job {
            plan: &plan,
            output: &output,
            begin,
            at: &self.at,
            rates: &[],
            patience: Patience { tries: TRIES, pause: Duration::from_secs(30) },
            clock: now,
        };
        runtime.block_on(fetch(archive, &job, archive.stop.notified(), &mut |_| {})).unwrap()
    }

    /// The file, and the plan of what could not be had.
    fn result(&self) -> (Vec<u8>, String) {
        assert!(!output::beside(&self.output(), "done").exists());
        let failed = fs::read_to_string(output::beside(&self.output(), "failed")).unwrap_or_default();
        (fs::read(self.output()).unwrap(), failed)
    }

    /// Leaves the files as a program that is killed may: a line of the journal half written, bytes that it does not
    /// know of.
    fn tear(&self, bytes: usize) {
        let journal = output::beside(&self.output(), "done");
        if let Ok(text) = fs::read(&journal) {
            fs::write(&journal, &text[..text.len().saturating_sub(bytes)]).unwrap();
            let mut file = fs::read(self.output()).unwrap_or_default();
            file.extend_from_slice(b"torn");
            fs::write(self.output(), file).unwrap();
        }
    }
}

fn any_places() -> impl Strategy<Value = Vec<(Has, Vec<Hiccup>)>> {
    let hiccup = prop_oneof![
        Just(Hiccup::Reset),
        Just(Hiccup::TooMany),
        Just(Hiccup::Unavailable),
        Just(Hiccup::OtherBytes),
        Just(Hiccup::Damaged),
    ];
    let hiccups = proptest::collection::vec(hiccup, 0..TRIES as usize);
    let has = prop_oneof![4 => Just(Has::Capture), 1 => Just(Has::Nothing), 1 => Just(Has::Refused)];
    let place = (has, hiccups);
    // Refusals in a row would stop it.
    proptest::collection::vec(place, 1..8).prop_filter("too many refusals", |places| {
        let is_refused = |(has, _): &(Has, _)| matches!(has, Has::Refused);
        places.windows(TRIES as usize).all(|row| !row.iter().all(is_refused))
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn any_order_of_failures_ends_with_the_same_file(
        places in any_places(),
        stops in proptest::collection::vec((1_u32..20, 0_usize..12), 0..4),
    ) {
        let calm: Vec<_> = places.iter().map(|(has, _)| (*has, Vec::new())).collect();
        let (desk, other) = (Desk::new(places.len()), Desk::new(places.len()));
        desk.fetch(&Archive::new(&calm), Begin::Anew);
        let mut begin = Begin::Anew;
        let archive = Archive::new(&places);
        for (requests, torn) in stops {
            *archive.patience.lock().unwrap() = requests;
            let (end, _) = other.fetch(&archive, begin);
            begin = Begin::WhereItEnded;
            if end == End::Stopped {
                other.tear(torn);
            }
        }
        *archive.patience.lock().unwrap() = u32::MAX;
        other.fetch(&archive, begin);
        prop_assert_eq!(desk.result(), other.result());
    }
}

#[test]
fn what_came_is_kept_when_the_archive_is_away_for_too_long() {
    let desk = Desk::new(3);
    let away = vec![Hiccup::Unavailable; TRIES as usize];
    let archive = Archive::new(&[(Has::Capture, vec![]), (Has::Capture, away), (Has::Capture, vec![])]);
    let (end, progress) = desk.fetch(&archive, Begin::Anew);
    let why = "line 2 of the plan: the archive answered with status 503".to_owned();
    assert_eq!((end, progress.decided, progress.failed), (End::GaveUp(why), 1, 0));
    let (end, progress) = desk.fetch(&archive, Begin::WhereItEnded);
    assert_eq!((end, progress.decided, progress.failed), (End::Complete(None), 3, 0));
    assert_eq!(archive.asked.lock().unwrap().len(), 1 + TRIES as usize + 2, "nothing is asked for twice");
    assert_eq!(desk.fetch(&archive, Begin::WhereItEnded).0, End::WasComplete);
}

#[test]
fn refusals_in_a_row_may_mean_us_and_are_asked_for_again() {
    let desk = Desk::new(6);
    let refused = |places: usize| -> Vec<_> {
        (0..6).map(|n| (if n < places { Has::Refused } else { Has::Capture }, vec![])).collect()
    };
    let (end, progress) = desk.fetch(&Archive::new(&refused(6)), Begin::Anew);
    assert!(
        matches!(&end, End::GaveUp(why) if why.starts_with("4 places in a row were refused: ")),
        "{end:?}"
    );
    assert_eq!(progress.bytes, 0);
    let (end, progress) = desk.fetch(&Archive::new(&refused(2)), Begin::WhereItEnded);
    assert!(matches!(end, End::Complete(Some(_))));
    assert_eq!((progress.decided, progress.failed), (6, 2));
    assert_eq!(desk.result().1, format!("{}\n{}\n", Archive::line(0), Archive::line(1)));
}

#[test]
fn what_robots_may_not_see_is_not_asked_for() {
    let desk = Desk::new(4);
    let captures = vec![(Has::Capture, vec![]); 4];
    let archive = Archive { rules: b"User-agent: *\nDisallow: /web/\n", ..Archive::new(&captures) };
    let (end, progress) = desk.fetch(&archive, Begin::Anew);
    assert!(matches!(end, End::Complete(Some(_))), "{end:?}");
    assert_eq!((progress.decided, progress.failed), (4, 2));
    assert!(archive.asked.lock().unwrap().iter().all(|url| url.starts_with("https://data.example/x/")));
}

#[test]
fn a_plan_that_names_no_place_asks_for_nothing() {
    let desk = Desk::new(2);
    let plan = desk.folder.path().join("plan.tsv");
    fs::write(&plan, format!("{}\nnowhere\n", Archive::line(0))).unwrap();
    let refused = Survey::of(&plan).unwrap_err();
    assert!(matches!(refused, FetchingError::NoPlace { line: 2, .. }));
    fs::write(&plan, "").unwrap();
    assert_eq!(desk.fetch(&Archive::new(&[]), Begin::Anew).0, End::NothingPlanned);
    assert!(!desk.output().exists());
}
