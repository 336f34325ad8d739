//! The loop with canned answers and a paused clock: no sockets here.

use std::cell::Cell;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use tokio::sync::watch;
use tokio::time::Instant;

use super::*;
use crate::calendar::Calendar;
use crate::domain::{Outcome, TimeRange, Timestamp, Validators};
use crate::fetch::{Fetch, FetchError, Fetched, Robots};
use crate::parse::Layout;
use crate::store::{SharedStore, Store};

/// Gives its answers in order and the last one for ever.
#[derive(Debug, Clone)]
struct Canned {
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    takes: Duration,
    /// What the site says to robots, or that it cannot say.
    robots: Option<&'static str>,
}

impl Canned {
    fn new(answers: &[&'static str], takes: Duration) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), takes, robots: Some("") }
    }
}

impl Fetch for Canned {
    async fn fetch(&self, url: &str, _: &Validators) -> Result<Fetched, FetchError> {
        tokio::time::sleep(self.takes).await;
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        match answer.unwrap() {
            "busy" => {
                let retry_after = Some("600".to_owned());
                Err(FetchError::Status { url: url.to_owned(), status: 429, retry_after })
            }
            "refused" => Err(FetchError::Connect { url: url.to_owned(), source: "refused".into() }),
            rows => Ok(Fetched::Page {
                body: format!("| INDIKATOR |\n{rows}").into_bytes(),
                final_url: url.to_owned(),
                content_type: None,
                status: 200,
                validators: Validators::default(),
            }),
        }
    }

    async fn robots(&self, url: &str) -> Result<Robots, FetchError> {
        match self.robots {
            Some(rules) => Ok(Robots::read("pantau", rules.as_bytes()).unwrap()),
            None => Err(FetchError::Status { url: url.to_owned(), status: 503, retry_after: None }),
        }
    }

    fn robot_name(&self) -> &str {
        "pantau"
    }
}

impl PartialEq for Canned {
    fn eq(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.answers, &other.answers)
    }
}

fn polled(name: &str, fetch: Canned, every: u64) -> Polled<Canned> {
    let every = Duration::from_secs(every);
    let source = Source {
        name: name.to_owned(),
        url: format!("https://{name}.example/"),
        layout: Layout::Kontan,
        slowest_poll: every,
    };
    let schedule = Schedule::paced(Pace { open: every, closed: every }, name);
    let (robots, timeout) = (RobotsRule::Obey, Duration::from_secs(120));
    Polled { source, schedule, robots, timeout, fetch }
}

thread_local! {
    /// When the test began, by the paused clock of its runtime.
    static BEGAN: Cell<Option<Instant>> = const { Cell::new(None) };
    /// By how many seconds the clock was set.
    static STEP: Cell<i64> = const { Cell::new(0) };
}

/// What the clock says as a test begins: ten seconds after the start of a minute, on a Wednesday before the opening.
const BEGINNING: i64 = 1_700_000_050;

/// A clock that goes as the paused clock of the runtime does.
fn clock() -> Timestamp {
    let began = BEGAN.get().unwrap_or_else(Instant::now);
    BEGAN.set(Some(began));
    let seconds = i64::try_from(began.elapsed().as_secs()).unwrap();
    chrono::DateTime::from_timestamp(BEGINNING + seconds + STEP.get(), 0).unwrap()
}

/// A daemon under test, and the hands on its levers.
struct Bench {
    daemon: Daemon<Canned>,
    plans: watch::Sender<Arc<Plan<Canned>>>,
    signals: watch::Sender<u64>,
}

fn plan(sources: Vec<Polled<Canned>>) -> Arc<Plan<Canned>> {
    Arc::new(Plan { sources, calendar: Calendar::idx(), spacing: Duration::ZERO })
}

impl Bench {
    fn new(sources: Vec<Polled<Canned>>) -> Self {
        Self::on(SharedStore::new(Store::open_in_memory().unwrap()), sources)
    }

    fn on(store: SharedStore, sources: Vec<Polled<Canned>>) -> Self {
        let ((plans, plan), (signals, poll_now)) = (watch::channel(plan(sources)), watch::channel(0));
        let progress = Progress::default();
        let daemon = Daemon { store, plan, poll_now, clock, progress, on_poll: Arc::new(|_, _| {}) };
        Self { daemon, plans, signals }
    }

    /// Runs for a while of paused time.
    async fn run(&self, seconds: u64) {
        run(self.daemon.clone(), tokio::time::sleep(Duration::from_secs(seconds))).await.unwrap();
    }

    /// The poll log of a source.
    fn log(&self, name: &str) -> Vec<Attempt> {
        let store = self.daemon.store.lock();
        let tables = store.tables();
        let Some(source) = tables.source(name).unwrap() else { return Vec::new() };
        let polls = tables.polls_in(source.id, TimeRange::default()).unwrap();
        polls.into_iter().map(|poll| poll.attempt).collect()
    }

    fn outcomes(&self, name: &str) -> Vec<Outcome> {
        self.log(name).into_iter().map(|attempt| attempt.outcome).collect()
    }

    /// When a source was polled, in seconds since the test began.
    fn times(&self, name: &str) -> Vec<i64> {
        self.log(name).iter().map(|attempt| attempt.started_at.timestamp() - BEGINNING).collect()
    }
}

/// Runs for a while of paused time and gives the outcomes of each source.
async fn outcomes(sources: Vec<Polled<Canned>>, seconds: u64) -> Vec<Vec<Outcome>> {
    let names: Vec<String> = sources.iter().map(|polled| polled.source.name.clone()).collect();
    let bench = Bench::new(sources);
    bench.run(seconds).await;
    names.iter().map(|name| bench.outcomes(name)).collect()
}

const ROW: &str = "LQ45 777 2,30 0,30%";

#[tokio::test(start_paused = true)]
async fn a_source_is_polled_at_once_and_then_at_its_interval() {
    let fetch = Canned::new(&[ROW, ROW, "ISSI 221 0,99 0,45%"], Duration::ZERO);
    let outcomes = outcomes(vec![polled("one", fetch, 60)], 150).await;
    assert_eq!(outcomes, [[Outcome::Stored, Outcome::Unchanged, Outcome::Stored]]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_or_failing_source_never_delays_another() {
    let slow = polled("slow", Canned::new(&[ROW], Duration::from_secs(100)), 10);
    let failing = polled("failing", Canned::new(&["refused"], Duration::ZERO), 10);
    let good = polled("good", Canned::new(&[ROW], Duration::ZERO), 10);
    let outcomes = outcomes(vec![slow, failing, good], 45).await;
    assert_eq!(outcomes[0], [Outcome::Interrupted]);
    assert_eq!(outcomes[1], [Outcome::Unreachable; 5]);
    assert_eq!(outcomes[2].len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_poll_in_hand_is_finished_before_the_end() {
    let fetch = Canned::new(&[ROW], Duration::from_millis(10_500));
    let outcomes = outcomes(vec![polled("one", fetch, 60)], 10).await;
    assert_eq!(outcomes, [[Outcome::Stored]]);
}

#[tokio::test(start_paused = true)]
async fn a_site_that_is_down_is_asked_less_and_less_often() {
    let mut down = polled("down", Canned::new(&["refused"], Duration::ZERO), 60);
    let pace = Pace { open: Duration::from_secs(60), closed: Duration::from_secs(60) };
    down.schedule = Schedule::paced(Pace { closed: Duration::from_secs(900), ..pace }, "down");
    let bench = Bench::new(vec![down]);
    // From 07:44:10 on, an hour before the opening, for three hours.
    STEP.set(2 * 3600 + 1800);
    bench.run(3 * 3600).await;
    let times = bench.times("down");
    let pauses: Vec<i64> = times.windows(2).map(|pair| pair[1] - pair[0]).collect();
    assert!(times.len() < 25, "{pauses:?}");
    assert!(pauses.iter().all(|pause| *pause <= 960), "{pauses:?}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_asks_for_time_gets_it_also_from_the_next_daemon() {
    let sources = || vec![polled("busy", Canned::new(&["busy", ROW], Duration::ZERO), 60)];
    let bench = Bench::new(sources());
    bench.run(300).await;
    assert_eq!(bench.outcomes("busy"), [Outcome::Blocked]);
    let next =
        Bench::on(bench.daemon.store.clone(), vec![polled("busy", Canned::new(&[ROW], Duration::ZERO), 60)]);
    next.signals.send_replace(1);
    next.run(200).await;
    assert_eq!(next.outcomes("busy"), [Outcome::Blocked], "neither at the start nor when asked to poll now");
    next.run(300).await;
    let times = next.times("busy");
    assert!(times[1] >= times[0] + 600 && times[1] <= times[0] + 667, "{times:?}");
    let store = next.daemon.store.lock();
    let past = Past::read(store.tables(), "busy").unwrap();
    assert_eq!((past.pause, past.refusals), (None, 0));
}

#[tokio::test(start_paused = true)]
async fn every_source_polls_when_asked_to() {
    let bench = Bench::new(vec![polled("one", Canned::new(&[ROW], Duration::ZERO), 3600)]);
    let asked = async {
        tokio::time::sleep(Duration::from_secs(100)).await;
        bench.signals.send_replace(1);
    };
    tokio::join!(bench.run(200), asked);
    assert_eq!(bench.times("one"), [0, 100]);
}

#[tokio::test(start_paused = true)]
async fn a_new_plan_disturbs_no_source_that_it_keeps() {
    let (kept, gone) = (
        polled("kept", Canned::new(&[ROW], Duration::ZERO), 60),
        polled("gone", Canned::new(&[ROW], Duration::from_secs(30)), 60),
    );
    let changed = polled("changed", Canned::new(&[ROW], Duration::from_secs(5)), 60);
    let quicker = polled("changed", Canned::new(&[ROW], Duration::ZERO), 10);
    let new = polled("new", Canned::new(&[ROW], Duration::ZERO), 60);
    let bench = Bench::new(vec![kept.clone(), gone, changed]);
    let change = async {
        tokio::time::sleep(Duration::from_secs(2)).await;
        bench.plans.send_replace(plan(vec![kept, quicker, new]));
    };
    tokio::join!(bench.run(58), change);
    assert_eq!(bench.outcomes("gone"), [Outcome::Stored], "the poll in hand was finished");
    assert_eq!(bench.times("new")[0], 2);
    assert_eq!(bench.times("kept")[0], 0);
    assert!(bench.times("kept")[1] >= 50, "{:?}", bench.times("kept"));
    let times = bench.times("changed");
    assert_eq!(times[..2], [0, 5], "never two polls of a source at a time");
    assert!(times.len() >= 6, "{times:?}");
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_makes_no_burst_and_no_disorder() {
    for step in [3600, 86_400, -3600, -86_400] {
        BEGAN.set(None);
        STEP.set(0);
        let bench = Bench::new(vec![polled("one", Canned::new(&[ROW], Duration::ZERO), 60)]);
        let set = async {
            tokio::time::sleep(Duration::from_secs(125)).await;
            STEP.set(step);
        };
        tokio::join!(bench.run(605), set);
        let times = bench.times("one");
        assert!((10..=12).contains(&times.len()), "{step}: {times:?}");
        assert!(times.windows(2).all(|pair| pair[0] < pair[1]), "{step}: {times:?}");
        let noted = bench.log("one").iter().filter(|attempt| attempt.detail.is_some()).count();
        assert_eq!(noted > 0, step < 0, "{step}: {:?}", bench.log("one"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_clock_two_days_behind_the_log_is_not_believed() {
    let bench = Bench::new(vec![polled("one", Canned::new(&[ROW], Duration::ZERO), 60)]);
    bench.run(5).await;
    STEP.set(-3 * 86_400);
    bench.run(600).await;
    assert_eq!(bench.times("one"), [0]);
    STEP.set(0);
    bench.run(600).await;
    assert!(bench.times("one").len() > 5);
}

#[tokio::test(start_paused = true)]
async fn what_robots_may_not_see_is_not_asked_for() {
    let with_rules =
        |name: &str, robots| polled(name, Canned { robots, ..Canned::new(&[ROW], Duration::ZERO) }, 60);
    let mut heedless = with_rules("heedless", Some("User-agent: *\nDisallow: /\n"));
    heedless.robots = RobotsRule::Ignore;
    let bench = Bench::new(vec![
        with_rules("barred", Some("User-agent: *\nDisallow: /\n")),
        with_rules("unsure", None),
        heedless,
    ]);
    bench.run(5).await;
    let details = |name: &str| bench.log(name)[0].detail.clone().unwrap();
    assert_eq!(bench.outcomes("barred"), [Outcome::Blocked]);
    assert_eq!(details("barred"), "the robots.txt of the site does not allow /");
    assert_eq!(bench.outcomes("unsure"), [Outcome::Blocked]);
    assert!(details("unsure").starts_with("robots.txt, which may forbid the page, cannot be read: "));
    assert_eq!(bench.log("unsure")[0].http_status, Some(503));
    assert_eq!(bench.outcomes("heedless"), [Outcome::Stored]);
}

#[tokio::test(start_paused = true)]
async fn a_site_that_asks_for_more_time_between_requests_gets_it() {
    let delay = Some("User-agent: *\nCrawl-delay: 100\n");
    let source = polled("one", Canned { robots: delay, ..Canned::new(&[ROW], Duration::ZERO) }, 10);
    let bench = Bench::new(vec![source]);
    bench.run(350).await;
    // The robots.txt itself is the first request.
    assert_eq!(bench.times("one"), [100, 200, 300]);
}

#[tokio::test(start_paused = true)]
async fn sources_of_one_host_take_turns() {
    let mut sources: Vec<_> =
        ["a", "b", "c"].map(|name| polled(name, Canned::new(&[ROW], Duration::from_secs(7)), 60)).into();
    for polled in &mut sources {
        polled.source.url = "https://shared.example/".to_owned();
    }
    let bench = Bench::new(sources);
    bench.run(30).await;
    let mut times: Vec<i64> = ["a", "b", "c"].iter().flat_map(|name| bench.times(name)).collect();
    times.sort_unstable();
    assert_eq!(times, [0, 7, 14]);
}

#[tokio::test(start_paused = true)]
async fn only_a_loop_that_hangs_is_overdue() {
    async fn overdue(source: Polled<Canned>, seconds: u64) -> Option<String> {
        let bench = Bench::new(vec![source]);
        let look = async {
            tokio::time::sleep(Duration::from_secs(seconds)).await;
            bench.daemon.progress.overdue(Instant::now())
        };
        tokio::join!(bench.run(seconds + 1), look).1
    }
    let source = |fetch| polled("one", fetch, 60);
    assert_eq!(overdue(source(Canned::new(&["refused"], Duration::from_secs(119))), 1000).await, None);
    assert_eq!(overdue(source(Canned::new(&[ROW], Duration::ZERO)), 1000).await, None);
    assert_eq!(overdue(source(Canned::new(&["busy"], Duration::ZERO)), 1000).await, None);
    // Twice as long as its client promised to take.
    let hung = source(Canned::new(&[ROW], Duration::from_secs(240)));
    assert_eq!(overdue(hung, 200).await.as_deref(), Some("one"));
}

#[expect(clippy::await_holding_lock, reason = "that nobody else gets it is the point")]
#[tokio::test(start_paused = true)]
async fn a_database_that_hangs_is_overdue() {
    let bench = Bench::new(vec![polled("one", Canned::new(&[ROW], Duration::ZERO), 60)]);
    bench.run(5).await;
    let store = bench.daemon.store.clone();
    // While this is held, work with the database comes to no end.
    let held = store.lock();
    let running = tokio::spawn(run(bench.daemon.clone(), std::future::pending()));
    let mut overdue = Vec::new();
    for _ in 0..10 {
        tokio::time::advance(Duration::from_secs(15)).await;
        tokio::task::yield_now().await;
        overdue.push(bench.daemon.progress.overdue(Instant::now()));
    }
    drop(held);
    assert_eq!(overdue[4], None, "a minute and a half is allowed: {overdue:?}");
    assert_eq!(overdue[9].as_deref(), Some("one"), "{overdue:?}");
    running.abort();
}
