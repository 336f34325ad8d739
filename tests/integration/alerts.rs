//! `pantau run` with alerts: told once when a rule becomes true and once when it no longer is, across kills, restarts
//! and receivers that are down; and `pantau check`, which asks one rule now.

use std::time::Duration;

use pantau::domain::{DeliveryFate, Outcome, TimeRange};
use pantau::store::{Delivery, Store};

use crate::captures::FOUR;
use crate::common::{Done, Home, Running, fields, number, text, wait_for};
use crate::receiver::{Receiver, Request};

/// How long a few polls and looks, a second apart, may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn page(level: u32) -> String {
    format!("<p>| : WIB | INDIKATOR |</p><ul><li>LQ45 {level} &nbsp; 1,00 &nbsp; 0,12%</li></ul>")
}

fn source(receiver: &Receiver) -> String {
    let url = receiver.url("");
    format!("[[source]]\nname = \"kontan\"\nurl = \"{url}\"\nlayout = \"kontan\"\nevery = \"1s\"\n")
}

fn alert(when: &str, rest: &str, hook: &Receiver) -> String {
    let url = hook.url("hook");
    format!("[[alert]]\nname = \"naik\"\nwhen = \"{when}\"\nto = [\"webhook:{url}\"]\n{rest}\n")
}

fn start(home: &Home, config: &str) -> Running {
    let config = home.write("config/pantau/pantau.toml", config);
    home.pantau(["run", "--config"]).arg(config).start()
}

/// Ends the daemon and gives what it said.
fn stop(daemon: Running) -> Done {
    daemon.signal("TERM");
    let done = daemon.wait(Duration::from_secs(6));
    assert_eq!(done.code, Some(0), "{done}");
    assert!(!done.stderr().contains("panicked"), "{done}");
    done
}

fn polls(home: &Home) -> usize {
    let Ok(store) = Store::open_reader(&home.database()) else { return 0 };
    let Ok(Some(source)) = store.tables().source("kontan") else { return 0 };
    let polls = store.tables().polls_in(source.id, TimeRange::default()).unwrap();
    polls.iter().filter(|poll| poll.attempt.outcome != Outcome::Interrupted).count()
}

/// Waits for so many more polls: those of the first of them may have begun before, and a look follows within a second.
fn wait_for_polls(home: &Home, more: usize) {
    let before = polls(home);
    wait_for("more polls", PATIENCE, || (polls(home) >= before + more).then_some(()));
}

fn kinds(hook: &Receiver) -> Vec<String> {
    hook.requests().iter().map(|request| text(&request.json(), "kind").to_owned()).collect()
}

fn wait_for_messages(hook: &Receiver, count: usize) -> Vec<Request> {
    wait_for("a message", PATIENCE, || Some(hook.requests()).filter(|requests| requests.len() >= count))
}

fn deliveries(home: &Home) -> Vec<Delivery> {
    Store::open_reader(&home.database()).unwrap().tables().newest_deliveries("naik").unwrap()
}

#[test]
fn a_crossing_is_told_once_across_hysteresis_kills_and_restarts() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(870)), Receiver::start(200, "ok"));
    let config = source(&site) + &alert("lq45.level >= 900", "hysteresis = 10", &hook);
    let daemon = start(&home, &config);
    wait_for_polls(&home, 3);
    assert!(hook.requests().is_empty(), "nothing happened yet");

    site.answers(200, &page(905));
    let fired = wait_for_messages(&hook, 1)[0].json();
    assert_eq!((text(&fired, "kind"), text(&fired, "alert")), ("fired", "naik"));
    assert_eq!(
        (text(&fired["readings"][0], "term"), fired["readings"][0]["value"].to_string().as_str()),
        ("lq45.level", "905")
    );
    // Within the hysteresis, and above the bound again: neither is news.
    site.answers(200, &page(895));
    wait_for_polls(&home, 3);
    site.answers(200, &page(902));
    wait_for_polls(&home, 3);
    assert_eq!(kinds(&hook), ["fired"]);

    daemon.signal("KILL");
    daemon.wait(PATIENCE);
    let listed = home.pantau(["alert", "list", "-f", "json"]).ok().array().remove(0);
    assert_eq!((text(&listed, "state"), text(&listed, "result")), ("fired", "true"));
    assert_eq!(text(&listed, "told"), "fired");
    assert!(text(&listed, "deliveries").ends_with("delivered"), "{listed}");
    let daemon = start(&home, &config);
    wait_for_polls(&home, 3);
    assert_eq!(kinds(&hook), ["fired"], "a restart is no crossing");

    site.answers(200, &page(885));
    let recovered = wait_for_messages(&hook, 2)[1].json();
    assert_eq!(text(&recovered, "kind"), "recovered");
    assert_eq!(text(&recovered, "since"), text(&fired, "at"));
    let done = stop(daemon);
    assert!(done.stderr().contains("alert recovered"), "{done}");
    assert_eq!(kinds(&hook), ["fired", "recovered"]);
    home.pantau(["db", "verify"]).ok();
}

#[test]
fn a_message_outlives_a_receiver_that_is_down_and_a_killed_daemon() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(905)), Receiver::start(503, "down for a moment"));
    let config = source(&site) + &alert("lq45.level >= 900", "", &hook);
    let daemon = start(&home, &config);
    wait_for_messages(&hook, 1);
    let waiting = || deliveries(&home).first().filter(|waits| waits.attempts > 0).cloned();
    let waits = wait_for("a noted attempt", PATIENCE, waiting);
    assert_eq!(waits.fate, DeliveryFate::Waiting);
    assert_eq!(waits.detail.as_deref(), Some("answered with status 503: down for a moment"));
    daemon.signal("KILL");
    daemon.wait(PATIENCE);

    hook.answers(204, "");
    let daemon = start(&home, &config);
    let is_delivered = || (deliveries(&home)[0].fate == DeliveryFate::Delivered).then_some(());
    wait_for("the delivery", PATIENCE, is_delivered);
    let done = stop(daemon);
    assert!(done.stderr().contains("message delivered"), "{done}");
    let requests = hook.requests();
    assert!(requests.len() >= 2 && deliveries(&home).len() == 1);
    assert!(deliveries(&home)[0].attempts >= 2, "{:?}", deliveries(&home));
    // However often it was sent, it is known as the same message.
    let ids: Vec<Option<&str>> = requests.iter().map(|request| request.header("pantau-id")).collect();
    assert!(ids[0].is_some() && ids.iter().all(|id| *id == ids[0]), "{ids:?}");
}

#[test]
fn a_refusal_for_good_is_not_tried_again_and_delays_no_poll() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(905)), Receiver::start(410, "gone"));
    let daemon = start(&home, &(source(&site) + &alert("lq45.level >= 900", "", &hook)));
    wait_for_messages(&hook, 1);
    wait_for_polls(&home, 7);
    let done = stop(daemon);
    assert_eq!(hook.requests().len(), 1, "{done}");
    assert_eq!(deliveries(&home)[0].fate, DeliveryFate::Refused);
    assert!(done.stderr().contains("message not delivered") && done.stderr().contains("410"), "{done}");
}

#[test]
fn a_page_that_is_not_understood_is_told_once_and_its_recovery_too() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(870)), Receiver::start(200, ""));
    let daemon = start(&home, &(source(&site) + &alert("drift(kontan)", "for = \"2s\"", &hook)));
    wait_for_polls(&home, 2);
    site.answers(200, "<p>Sedang dalam perawatan.</p>");
    wait_for_messages(&hook, 1);
    site.answers(200, &page(870));
    wait_for_messages(&hook, 2);
    wait_for_polls(&home, 2);
    stop(daemon);
    assert_eq!(kinds(&hook), ["fired", "recovered"]);
}

#[test]
fn another_rule_is_looked_at_anew() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(905)), Receiver::start(200, ""));
    let daemon = start(&home, &(source(&site) + &alert("lq45.level >= 900", "", &hook)));
    wait_for_messages(&hook, 1);
    stop(daemon);
    let daemon = start(&home, &(source(&site) + &alert("lq45.level >= 800", "", &hook)));
    let again = wait_for_messages(&hook, 2)[1].json();
    stop(daemon);
    assert_eq!((text(&again, "kind"), text(&again, "rule")), ("fired", "lq45.level >= 800"));
}

#[test]
fn no_log_of_the_daemon_holds_a_secret() {
    let home = Home::new();
    let (site, api) = (Receiver::start(200, &page(905)), Receiver::start(500, ""));
    api.answers_by(|request| (500, format!("no luck with {}", request.head())));
    let config = format!(
        "{}[[channel]]\nname = \"bot\"\nkind = \"telegram\"\nurl = \"{url}\"\ntoken = {{ env = \"TOKEN\" }}\nchat = 1\n\
         [[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = {{ env = \"HOOK\" }}\nsecret = {{ env = \"KEY\" }}\n\
         [[channel]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = \"{url}\"\ntoken = {{ env = \"BEARER\" }}\n\
         [[alert]]\nname = \"naik\"\nwhen = \"lq45.level >= 900\"\nto = [\"bot\", \"ops\", \"phone\"]\n",
        source(&site),
        url = api.url(""),
    );
    let config = home.write("config/pantau/pantau.toml", config);
    let command = home.pantau(["run", "-vv", "--config"]).arg(config).env("TOKEN", "999:kenari-token");
    let command = command.env("HOOK", api.url("kenari-alamat")).env("KEY", "kenari-kunci");
    let daemon = command.env("BEARER", "tk_kenari").env("RUST_LOG", "trace").start();
    wait_for_messages(&api, 4);
    let done = stop(daemon);
    assert!(
        done.stderr().contains("TRACE") && done.stderr().contains("(hidden)"),
        "all was told, and repeated"
    );
    let files = home.files().into_iter().filter(|file| !file.ends_with("pantau.toml"));
    let files: Vec<Vec<u8>> = files.map(|file| std::fs::read(file).unwrap()).collect();
    for bytes in files.iter().chain([&done.stdout, &done.stderr]) {
        let found = bytes.windows(6).position(|window| window == b"kenari");
        let around = found
            .map(|at| String::from_utf8_lossy(&bytes[at.saturating_sub(200)..(at + 60).min(bytes.len())]));
        assert_eq!(around, None);
    }
}

#[test]
fn a_daemon_without_its_secret_says_which_and_does_not_start() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(905)), Receiver::start(200, ""));
    let channel = format!(
        "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\nsecret = {{ env = \"KUNCI\" }}\n",
        hook.url("")
    );
    let alert = "[[alert]]\nname = \"naik\"\nwhen = \"lq45.level > 1\"\nto = [\"ops\"]\n";
    home.write("config/pantau/pantau.toml", source(&site) + &channel + alert);
    home.pantau(["run"]).refuses(2).says("ops").says("KUNCI");
    // Whoever only asks needs no secret.
    home.pantau(["alert", "list"]).ok();
}

#[test]
fn one_rule_is_asked_with_an_exit_code_for_each_answer() {
    let home = Home::new();
    home.pantau(["check", "lq45.level > 1"]).refuses(3).says("no database");
    let site = Receiver::start(200, &page(905));
    home.write("config/pantau/pantau.toml", source(&site));
    home.pantau(["poll"]).ok();
    for (rule, code) in [
        ("lq45.level > 900", 4),
        ("kontan/lq45.level > 900 and age(kontan) < 1h", 4),
        ("LQ45.level < 900", 0),
        ("not drift(kontan) and not held(lq45)", 4),
        ("age(lq45) > 1h", 0),
    ] {
        let done = home.pantau(["check", rule]).fails(code);
        done.is_silent();
    }
    for rule in ["lq45.change(1d) > 1", "lq54.level > 1", "age(other) > 1h", "drift(other)"] {
        home.pantau(["check", rule]).fails(3).says("too little is known");
    }
    home.pantau(["check", "lq54.level > 1"]).fails(3).says("did you mean lq45?");
    home.pantau(["check", "lq45.level > "]).refuses(2).says("column 14");
    home.pantau(["check", "-lq45"]).refuses(2).says("column 1");
    home.pantau(["check", &"(".repeat(5000)]).refuses(2).says("at most 1000 characters");
    let row = home.pantau(["check", "lq45.level>900", "-f", "json"]).fails(4).array().remove(0);
    assert_eq!((text(&row, "rule"), text(&row, "result")), ("lq45.level > 900", "true"));
    assert_eq!(number(&row, "value"), Some(905.into()));
}

#[test]
fn a_value_older_than_its_heartbeat_is_not_known() {
    let home = Home::with_captures(&FOUR);
    home.pantau(["check", "lq45.level > 1"]).fails(3).says("longer than its heartbeat");
    // Its age is.
    home.pantau(["check", "age(lq45) > 1mo"]).fails(4);
}

#[test]
fn the_alerts_are_listed_in_every_form() {
    let home = Home::new();
    let (site, hook) = (Receiver::start(200, &page(905)), Receiver::start(200, ""));
    let config = source(&site) + &alert("lq45.level >= 900 or lq54.level > 1", "for = \"10m\"", &hook);
    home.write(
        "config/pantau/pantau.toml",
        config + "[[alert]]\nname = \"off\"\nwhen = \"drift(kontan)\"\nenabled = false\n",
    );
    home.pantau(["poll"]).ok();
    home.pantau(["alert", "test", "naik"]).ok();
    let row = home.pantau(["alert", "list", "-f", "json"]).ok().array().remove(0);
    assert_eq!(
        fields(&row),
        [
            "alert",
            "deliveries",
            "detail",
            "enabled",
            "for_s",
            "hysteresis",
            "result",
            "rule",
            "since",
            "state",
            "to",
            "told",
            "told_at",
            "values"
        ]
    );
    assert_eq!((text(&row, "result"), row["for_s"].as_u64()), ("true", Some(600)));
    assert_eq!(home.pantau(["alert", "list", "-f", "ndjson"]).ok().ndjson().len(), 2);
    assert!(home.pantau(["alert", "list", "-f", "csv"]).ok().stdout().starts_with("alert,rule,enabled,"));
    let table = home.pantau(["alert", "list"]).ok().stdout();
    for word in ["naik", "not looked at yet", "off", "did you mean lq45?", "test", "delivered"] {
        assert!(table.contains(word), "{word} is not in\n{table}");
    }
    let csv = home.pantau(["alert", "test", "naik", "-f", "csv"]).ok().stdout();
    assert!(csv.starts_with("alert,channel,delivered,detail\nnaik,webhook:http://127.0.0.1:"), "{csv}");
}
