//! How sites are approached: what robots may not see is not asked for, and who asks for time gets it.

use std::time::{Duration, Instant};

use crate::common::{Home, wait_for};
use crate::daemon::{GOODBYE, SEQUENCE, attempts, expect_clean_end, outcomes, page, source, start};
use crate::server::{Answer, Server};

const NOTHING: &str = "User-agent: *\nDisallow: /\n";

#[test]
fn a_page_that_robots_may_not_see_is_not_asked_for() {
    let home = Home::new();
    let server = Server::with_robots(Answer::new("200 OK", NOTHING), vec![Answer::page(page("c20"))]);
    home.write("config/pantau/pantau.toml", source("kontan", &server.url()));
    let done = home.pantau(["poll"]).fails(1);
    done.says("kontan: the robots.txt of the site does not allow /");
    assert_eq!((server.requests().len(), server.robots_asked()), (0, 1));
    assert_eq!(outcomes(&home, "kontan"), ["blocked"]);

    let heedless = source("kontan", &server.url()) + "robots = \"ignore\"\n";
    let daemon = start(&home, &[heedless]);
    wait_for("a good poll", SEQUENCE, || outcomes(&home, "kontan").contains(&"stored").then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(GOODBYE);
    expect_clean_end(&done);
    done.says("robots.txt is ignored").says("kontan");
    assert_eq!(server.robots_asked(), 1);
}

#[test]
fn rules_that_cannot_be_read_bar_the_page_until_they_can() {
    let home = Home::new();
    let broken = Answer::new("503 Service Unavailable", "");
    let server = Server::with_robots(broken, vec![Answer::page(page("c20"))]);
    home.write("config/pantau/pantau.toml", source("kontan", &server.url()));
    let done = home.pantau(["poll"]).fails(75);
    done.says("kontan: robots.txt, which may forbid the page, cannot be read: ").says("status 503");
    assert_eq!(server.requests().len(), 0);
    assert_eq!(outcomes(&home, "kontan"), ["blocked"]);
}

#[test]
fn the_rules_of_a_site_are_read_once_for_all_its_sources() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let sources = ["satu", "dua", "tiga"].map(|name| source(name, &format!("{}{name}", server.url())));
    let began = Instant::now();
    let daemon = start(&home, &sources);
    wait_for("six polls", SEQUENCE, || (server.requests().len() >= 6).then_some(()));
    // One for robots.txt, and a second from the start of each request to that of the next.
    assert!(began.elapsed() >= Duration::from_secs(6), "{:?}", began.elapsed());
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
    assert_eq!(server.robots_asked(), 1);
}

#[test]
fn a_server_that_asks_for_time_gets_it_also_after_a_restart() {
    let home = Home::new();
    let busy = Answer::new("429 Too Many Requests", "").header("Retry-After", "7");
    let server = Server::start(vec![busy, Answer::page(page("c20"))]);
    let sources = [source("kontan", &server.url())];
    let daemon = start(&home, &sources);
    wait_for("the refusal", SEQUENCE, || (!attempts(&home, "kontan").is_empty()).then_some(()));
    daemon.signal("TERM");
    let done = daemon.wait(GOODBYE);
    expect_clean_end(&done);
    done.says("paused").says("status 429 and asked to wait 7s");

    let daemon = start(&home, &sources);
    wait_for("the second poll", SEQUENCE, || (attempts(&home, "kontan").len() >= 2).then_some(()));
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
    let log = attempts(&home, "kontan");
    assert_eq!(log[0].outcome.word(), "blocked");
    assert_eq!(log[1].outcome.word(), "stored");
    let waited = (log[1].started_at - log[0].started_at).num_seconds();
    assert!(waited >= 7, "{waited}");
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_source_may_go_by_a_cron_expression() {
    let home = Home::new();
    let server = Server::start(vec![Answer::page(page("c20"))]);
    let cron =
        source("kontan", &server.url()).replace("every = \"1s\"", "cron = \"*/2 * * * * *\"\nzone = \"UTC\"");
    let daemon = start(&home, &[cron]);
    wait_for("four polls", SEQUENCE, || (attempts(&home, "kontan").len() >= 4).then_some(()));
    daemon.signal("TERM");
    expect_clean_end(&daemon.wait(GOODBYE));
    // The first poll is at once.
    let starts: Vec<i64> =
        attempts(&home, "kontan").iter().skip(1).map(|attempt| attempt.started_at.timestamp()).collect();
    assert!(starts.windows(2).all(|pair| pair[1] - pair[0] >= 2), "{starts:?}");
    let listed = home.pantau(["sources", "--config", "config/pantau/pantau.toml"]).ok().stdout();
    assert!(listed.contains("at */2 * * * * * UTC"), "{listed}");
}
