//! The loop with canned answers and a paused clock: no sockets here.

use std::collections::VecDeque;

use super::*;
use crate::parse::Layout;

/// Gives its answers in order and the last one for ever.
#[derive(Debug, Clone)]
struct Canned {
    answers: Arc<Mutex<VecDeque<&'static str>>>,
    takes: Duration,
}

impl Canned {
    fn new(answers: &[&'static str], takes: Duration) -> Self {
        Self { answers: Arc::new(Mutex::new(answers.iter().copied().collect())), takes }
    }
}

impl Fetch for Canned {
    async fn fetch(&self, url: &str, _: &Validators) -> Result<Fetched, FetchError> {
        tokio::time::sleep(self.takes).await;
        let mut answers = self.answers.lock().unwrap();
        let answer = if answers.len() > 1 { answers.pop_front() } else { answers.front().copied() };
        match answer.unwrap() {
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
}

fn polled(name: &str, fetch: Canned, every: u64) -> Polled<Canned> {
    let every = Duration::from_secs(every);
    let source = Source {
        name: name.to_owned(),
        url: format!("https://{name}.example/"),
        layout: Layout::Kontan,
        slowest_poll: every,
    };
    Polled { source, pace: Pace { open: every, closed: every }, fetch }
}

/// A clock that a paused runtime does not move; runs need no more than that.
fn still() -> Timestamp {
    chrono::DateTime::from_timestamp(1_700_000_000, 0).unwrap()
}

/// Runs for a while of paused time and gives the outcomes of each source.
async fn outcomes(sources: Vec<Polled<Canned>>, seconds: u64) -> Vec<Vec<Outcome>> {
    let names: Vec<String> = sources.iter().map(|polled| polled.source.name.clone()).collect();
    let store = Arc::new(Mutex::new(Store::open_in_memory().unwrap()));
    let shutdown = tokio::time::sleep(Duration::from_secs(seconds));
    run(store.clone(), sources, Calendar::idx(), still, Arc::new(|_, _| {}), shutdown).await.unwrap();
    let store = store.lock().unwrap();
    let tables = store.tables();
    names
        .iter()
        .map(|name| {
            let source = tables.source(name).unwrap().unwrap();
            let mut polls = tables.newest_polls(source.id, 100).unwrap();
            polls.reverse();
            polls.into_iter().map(|poll| poll.attempt.outcome).collect()
        })
        .collect()
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
