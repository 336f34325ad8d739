//! Where no request may arrive, tried by address, by redirect and by name. A listener on every device of this machine
//! counts who comes nevertheless.

use std::collections::HashMap;
use std::io;
use std::net::{IpAddr, TcpListener};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use super::*;
use crate::domain::Hidden;
use crate::fetch::{Names, Poster};

const TARGETS: &str = include_str!("../../../tests/fixtures/forbidden-targets.txt");

/// A public address where nobody is: of the former 6bone.
const NOBODY: &str = "3ffe::1";

/// Counts connections to its port on any address of this machine.
struct Canary {
    port: u16,
    arrivals: Arc<AtomicUsize>,
}

impl Canary {
    fn new() -> Self {
        let listener = TcpListener::bind("[::]:0").or_else(|_| TcpListener::bind("0.0.0.0:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let arrivals = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&arrivals);
        thread::spawn(move || {
            for stream in listener.incoming() {
                count.fetch_add(1, Ordering::SeqCst);
                // A client is not kept waiting.
                drop(stream);
            }
        });
        Self { port, arrivals }
    }

    fn arrivals(&self) -> usize {
        // Whoever was let in has been accepted by the time that its request failed; a little for the thread to count.
        thread::sleep(Duration::from_millis(20));
        self.arrivals.load(Ordering::SeqCst)
    }
}

/// A name server that answers from a list, the last answer for ever, and knows how often it was asked.
#[derive(Debug, Clone, Default)]
struct Made {
    answers: Arc<Mutex<HashMap<String, Vec<Vec<IpAddr>>>>>,
    asked: Arc<AtomicUsize>,
}

impl Made {
    fn answer(self, host: &str, answers: &[&str]) -> Self {
        let addresses = |text: &&str| text.split(',').map(|one| one.parse().unwrap()).collect();
        self.answers.lock().unwrap().insert(host.to_owned(), answers.iter().map(addresses).collect());
        self
    }

    /// Every other name is this machine.
    fn look_up(&self, host: &str) -> Vec<IpAddr> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        let mut answers = self.answers.lock().unwrap();
        match answers.get_mut(host) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0].clone(),
            None => vec!["127.0.0.1".parse().unwrap()],
        }
    }
}

impl Names for Made {
    async fn addresses(&self, host: &str) -> io::Result<Vec<IpAddr>> {
        Ok(self.look_up(host))
    }
}

/// One line of the list.
#[derive(Debug)]
struct Target {
    kind: &'static str,
    host: &'static str,
    answers: Vec<&'static str>,
}

fn targets(kinds: &[&str]) -> Vec<Target> {
    let lines = TARGETS.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    let target = |line: &'static str| {
        let mut words = line.split(' ');
        Target { kind: words.next().unwrap(), host: words.next().unwrap(), answers: words.collect() }
    };
    lines.map(target).filter(|target| kinds.contains(&target.kind)).collect()
}

impl Target {
    fn url(&self, canary: &Canary) -> String {
        format!("http://{}:{}/", self.host, canary.port)
    }

    /// What a name server says of it.
    fn names(&self) -> Made {
        if self.answers.is_empty() {
            Made::default()
        } else {
            Made::default().answer(self.host, &self.answers)
        }
    }
}

fn impatient() -> FetchOptions {
    FetchOptions {
        connect_timeout: Duration::from_millis(200),
        total_timeout: Duration::from_secs(2),
        ..FetchOptions::default()
    }
}

/// Asks as many times as there are answers to a name.
fn ask(options: &FetchOptions, names: &Made, url: &str, times: usize) -> FetchError {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let client = Client::with_names(options, names.clone()).unwrap();
    let once = || runtime.block_on(client.fetch(url, &Validators::default())).unwrap_err();
    (1..times).for_each(|_| drop(once()));
    once()
}

/// Refused by a rule, rather than by a network that happens to lack the address.
#[track_caller]
fn refused(error: &FetchError, about: &str) {
    let by_rule = matches!(
        error,
        FetchError::BadUrl { .. } | FetchError::Redirect { .. } | FetchError::Forbidden { .. }
    );
    assert!(by_rule, "{about}: {}", told(error));
    assert!(!error.is_transient(), "{about}");
}

#[test]
fn there_are_enough_of_them() {
    let kinds = ["disguise", "address", "local", "nonsense", "user", "name", "rebind"];
    let count = |kind: &&str| targets(&[kind]).len();
    assert!(kinds.iter().all(|kind| count(kind) >= 3));
    assert!(kinds.iter().map(count).sum::<usize>() >= 100);
    let lines = TARGETS.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).count();
    assert_eq!(targets(&kinds).len(), lines, "every line is tried");
}

/// Without this the counts below would prove nothing.
#[test]
fn the_canary_counts_whoever_comes() {
    let canary = Canary::new();
    for host in ["127.0.0.1", "localhost", "printer.lan"] {
        let error = ask(&impatient(), &Made::default(), &format!("http://{host}:{}/", canary.port), 1);
        assert!(matches!(error, FetchError::Cut { .. }), "{error:?}");
    }
    assert_eq!(canary.arrivals(), 3);
}

#[test]
fn an_address_in_disguise_is_not_asked_even_by_its_owner() {
    let canary = Canary::new();
    for target in targets(&["disguise", "user", "nonsense"]) {
        let error = ask(&impatient(), &target.names(), &target.url(&canary), 1);
        assert!(matches!(error, FetchError::BadUrl { .. }), "{target:?}: {}", told(&error));
    }
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn a_name_that_looks_public_does_not_lead_inside() {
    let canary = Canary::new();
    for target in targets(&["name", "rebind"]) {
        let names = target.names();
        let error = ask(&impatient(), &names, &target.url(&canary), target.answers.len());
        assert!(matches!(error, FetchError::Forbidden { .. }), "{target:?}: {}", told(&error));
        ends(&error, Outcome::Unreachable, false);
        assert!(told(&error).contains("`private = true`"), "{}", told(&error));
        // Asked once for each connection: what was judged is what is connected to.
        assert_eq!(names.asked.load(Ordering::SeqCst), target.answers.len(), "{target:?}");
    }
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn what_is_sent_to_somebody_does_not_lead_inside_either() {
    let canary = Canary::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for target in targets(&["disguise", "user", "nonsense", "name", "rebind"]) {
        let names = target.names();
        let poster = Poster { client: Client::with_names(&impatient(), names.clone()).unwrap() };
        let url = Hidden::new(target.url(&canary));
        let post = || runtime.block_on(poster.post(&url, &[], b"level=1".to_vec())).unwrap_err();
        (1..target.answers.len()).for_each(|_| drop(post()));
        refused(&post(), target.host);
    }
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn what_is_sent_follows_no_redirect() {
    let canary = Canary::new();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    for status in ["301 Moved Permanently", "302 Found", "303 See Other", "307 Temporary", "308 Permanent"] {
        let location = format!("Location: http://127.0.0.1:{}/\r\n", canary.port);
        let server = Server::fixed(answer(status, &location, b""));
        let poster = Poster::new(&impatient()).unwrap();
        let url = Hidden::new(server.url("/"));
        let answer = runtime.block_on(poster.post(&url, &[], b"level=1".to_vec())).unwrap();
        assert_eq!(answer.status.to_string(), status[..3]);
    }
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn no_redirect_leads_inside() {
    let canary = Canary::new();
    for target in targets(&["disguise", "address", "local", "nonsense", "user", "name", "rebind"]) {
        let url = target.url(&canary);
        for location in [url.clone(), url.replacen("http:", "", 1)] {
            let server = Server::fixed(answer("302 Found", &format!("Location: {location}\r\n"), b""));
            // A page on a public host, which a redirect leaves.
            let options = FetchOptions { inside: Some("www.example.org".to_owned()), ..impatient() };
            let page = server.url("/").replace("127.0.0.1", "www.example.org");
            let error = ask(&options, &target.names(), &page, target.answers.len());
            // What is no address for anybody, or no ASCII in a header, makes the redirect an answer without a page.
            let is_nonsense = target.kind == "nonsense" || !location.is_ascii();
            if !(is_nonsense && matches!(error, FetchError::Status { status: 302, .. })) {
                refused(&error, &location);
            }
        }
    }
    assert_eq!(canary.arrivals(), 0);
}

/// Spellings of a redirect that browsers and libraries take apart in different ways.
#[test]
fn no_spelling_of_a_redirect_leads_inside() {
    let canary = Canary::new();
    let there = format!("127.0.0.1:{}", canary.port);
    for location in [
        format!("http:\\\\{there}/"),
        format!("\\\\{there}/"),
        format!("/\\{there}/"),
        format!("///{there}/"),
        format!("http:///{there}/"),
        format!("http:{there}/"),
        format!("ht\ttp://{there}/"),
        format!("HTTP://{there}/"),
        format!("http://www.example.org\\@{there}/"),
        format!("http://www.example.org#@{there}/"),
        format!("http://{there}#@www.example.org/"),
        format!("http://{there}\\.example.org/"),
        format!("http://{there}?.example.org/"),
        format!("http://www.example.org:80@{there}/"),
        format!("http://{there},www.example.org/"),
        format!("https://{there}/"),
        format!("gopher://{there}/"),
        format!("ws://{there}/"),
    ] {
        let server = Server::fixed(answer("303 See Other", &format!("Location: {location}\r\n"), b""));
        let options = FetchOptions { inside: Some("www.example.org".to_owned()), ..impatient() };
        let page = server.url("/").replace("127.0.0.1", "www.example.org");
        ask(&options, &Made::default(), &page, 1);
    }
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn another_port_of_a_host_inside_is_not_reached_by_redirect() {
    let canary = Canary::new();
    let header = format!("Location: http://127.0.0.1:{}/\r\n", canary.port);
    let server = Server::fixed(answer("307 Temporary Redirect", &header, b""));
    let error = ask(&impatient(), &Made::default(), &server.url("/"), 1);
    assert!(matches!(&error, FetchError::Redirect { source: Refusal::Inside { .. }, .. }), "{error:?}");
    ends(&error, Outcome::HttpError, false);
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn a_host_that_may_lie_inside_is_reached_there() {
    let server = Server::fixed(answer("200 OK", "", PAGE.as_bytes()));
    let url = server.url("/").replace("127.0.0.1", "intra.example.org");
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let options = FetchOptions { inside: Some("intra.example.org".to_owned()), ..quick() };
    let client = Client::with_names(&options, Made::default()).unwrap();
    assert_eq!(
        body_of(runtime.block_on(client.fetch(&url, &Validators::default())).unwrap()),
        PAGE.as_bytes()
    );
}

#[test]
fn allowed_addresses_are_used_where_others_are_refused() {
    let names = Made::default().answer("mixed.example.org", &[&format!("127.0.0.1,{NOBODY}")]);
    let canary = Canary::new();
    let error = ask(&impatient(), &names, &format!("http://mixed.example.org:{}/", canary.port), 1);
    assert!(matches!(error, FetchError::Connect { .. } | FetchError::Timeout { .. }), "{}", told(&error));
    assert_eq!(canary.arrivals(), 0);
}

#[test]
fn another_server_is_not_told_what_the_first_one_said() {
    let other = Server::fixed(answer("200 OK", "ETag: \"theirs\"\r\n", PAGE.as_bytes()));
    let header = format!("Location: {}\r\n", other.url("/").replace("127.0.0.1", "other.example.org"));
    let first = Server::fixed(answer("302 Found", &header, b""));
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let validators =
        Validators { etag: Some("\"ours\"".into()), last_modified: Some("Fri, 19 Apr 2024".into()) };
    let mut client = Client::with_names(&quick(), Made::default()).unwrap();
    // Both servers are on this machine, which no guard would let a redirect reach.
    let unguarded = super::super::client::builder(&quick()).dns_resolver(Unguarded).build().unwrap();
    client.http = super::super::http::Http::only(unguarded);
    let fetched = runtime.block_on(client.fetch(&first.url("/"), &validators)).unwrap();
    assert!(first.requests()[0].contains("if-none-match: \"ours\""), "{:?}", first.requests());
    let asked = other.requests()[0].to_lowercase();
    for header in ["if-none-match", "if-modified-since", "authorization", "cookie", "referer"] {
        assert!(!asked.contains(header), "{asked}");
    }
    let Fetched::Page { validators, .. } = fetched else { panic!("{fetched:?}") };
    assert_eq!(validators, Validators::default(), "what the other one said is nothing to send to the first");
}

/// Every name is this machine, and nobody minds.
struct Unguarded;

impl reqwest::dns::Resolve for Unguarded {
    fn resolve(&self, _: reqwest::dns::Name) -> reqwest::dns::Resolving {
        let here: std::net::SocketAddr = "127.0.0.1:0".parse().unwrap();
        Box::pin(async move { Ok(Box::new(std::iter::once(here)) as reqwest::dns::Addrs) })
    }
}
