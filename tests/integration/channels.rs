//! Messages of alerts through every HTTP channel, to servers that behave like the real ones; secrets that show nowhere.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;

use sha2::{Digest, Sha256};

use crate::captures::FOUR;
use crate::common::{Home, python_has, text};
use crate::receiver::Receiver;

const ALERT: &str = "[[alert]]\nname = \"naik\"\nwhen = \"lq45.level >= 900\"\n";

fn config(home: &Home, channels: &str, to: &str) -> std::path::PathBuf {
    home.write("config/pantau/pantau.toml", format!("{channels}\n{ALERT}to = [{to}]\n"))
}

/// HMAC-SHA256 as RFC 2104 has it, written anew: what the program uses cannot vouch for itself.
fn hmac(key: &[u8], message: &[u8]) -> String {
    let mut block = [0_u8; 64];
    if key.len() > 64 {
        block[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        block[..key.len()].copy_from_slice(key);
    }
    let pad = |byte: u8| block.map(|key| key ^ byte).to_vec();
    let inner = Sha256::digest([pad(0x36), message.to_vec()].concat());
    let outer = Sha256::digest([pad(0x5c), inner.to_vec()].concat());
    outer.iter().fold(String::new(), |mut digits, byte| {
        write!(digits, "{byte:02x}").unwrap();
        digits
    })
}

#[test]
fn a_webhook_can_tell_who_sent_what_and_when() {
    let home = Home::with_captures(&FOUR);
    let receiver = Receiver::start(204, "");
    for key in ["kunci", &"panjang ".repeat(20)] {
        let channel = format!(
            "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\nsecret = {{ env = \"KUNCI\" }}\n",
            receiver.url("hook?a=b")
        );
        config(&home, &channel, "\"ops\"");
        let done = home.pantau(["alert", "test", "naik", "-f", "json"]).env("KUNCI", key).ok();
        assert_eq!((&done.array()[0]["delivered"], text(&done.array()[0], "channel")), (&true.into(), "ops"));
        let request = receiver.requests().pop().unwrap();
        assert_eq!(request.line, "POST /hook?a=b");
        assert_eq!(request.header("content-type"), Some("application/json"));
        let signature = request.header("pantau-signature").unwrap();
        let (at, digits) = signature.strip_prefix("t=").unwrap().split_once(",v1=").unwrap();
        let signed = [format!("{at}.").as_bytes(), &request.body].concat();
        assert_eq!(digits, hmac(key.as_bytes(), &signed));
        let now = chrono::DateTime::parse_from_rfc3339(text(&request.json(), "at")).unwrap().timestamp();
        assert!((at.parse::<i64>().unwrap() - now).abs() < 60, "{signature}");

        let json = request.json();
        assert_eq!(request.header("pantau-id"), Some(text(&json, "id")));
        assert_eq!((text(&json, "alert"), text(&json, "kind")), ("naik", "test"));
        assert_eq!(text(&json, "rule"), "lq45.level >= 900");
        // The captures are years old: their level is not known any more.
        assert_eq!(json["readings"][0]["term"], "lq45.level");
        assert!(json["readings"][0]["value"].is_null(), "{json}");
    }
}

#[test]
fn the_recipe_of_the_readme_knows_a_genuine_message_from_others() {
    if !python_has("hmac") {
        return;
    }
    let home = Home::new();
    let receiver = Receiver::start(200, "");
    let channel = format!(
        "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"{}\"\nsecret = {{ env = \"KUNCI\" }}\n",
        receiver.url("")
    );
    config(&home, &channel, "\"ops\"");
    home.pantau(["alert", "test", "naik"]).env("KUNCI", "kunci").ok();
    let request = receiver.requests().pop().unwrap();
    let readme = fs::read_to_string(crate::samples::root().join("README.md")).unwrap();
    let recipe = readme.split("```python\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let body = home.write("body", &request.body);
    let genuine = |key: &str, seconds_later: i64| {
        let header = request.header("pantau-signature").unwrap();
        let at: i64 = header[2..].split(',').next().unwrap().parse().unwrap();
        let script = format!(
            "import hmac\n{recipe}\nprint(is_genuine({header:?}, open({body:?}, 'rb').read(), {key:?}.encode(), {}))",
            at + seconds_later
        );
        let output = Command::new("python3").args(["-c", &script]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    };
    assert_eq!((genuine("kunci", 10).as_str(), genuine("lain", 10).as_str()), ("True", "False"));
    assert_eq!(genuine("kunci", 400), "False", "an old message is not taken again");
}

#[test]
fn a_webhook_without_a_secret_is_not_signed() {
    let home = Home::new();
    let receiver = Receiver::start(200, "ok");
    config(&home, "", &format!("\"webhook:{}\"", receiver.url("")));
    home.pantau(["alert", "test", "naik"]).ok();
    let request = receiver.requests().pop().unwrap();
    assert_eq!(request.header("pantau-signature"), None);
    assert!(!home.database().exists(), "a test makes no database");
}

#[test]
fn a_topic_of_ntfy_gets_a_title_a_priority_and_tags() {
    let home = Home::new();
    let receiver = Receiver::start(
        200,
        r#"{"id":"sPs71M8A2T","time":1643935928,"event":"message","topic":"pasar","priority":3,"message":"x"}"#,
    );
    let channel = "[[channel]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = { env = \"TOPIC\" }\ntoken = { env = \"TOKEN\" }\n";
    config(&home, channel, "\"phone\"");
    let test = home.pantau(["alert", "test", "naik"]).env("TOPIC", receiver.url("pasar"));
    test.env("TOKEN", "tk_3gd7d2yftt4b8ixyfe9mnmro88o76").ok();
    let request = receiver.requests().pop().unwrap();
    assert_eq!(request.line, "POST /pasar");
    assert_eq!(request.header("authorization"), Some("Bearer tk_3gd7d2yftt4b8ixyfe9mnmro88o76"));
    assert_eq!((request.header("title"), request.header("priority")), (Some("naik: a test"), Some("3")));
    assert_eq!(request.header("tags"), Some("test_tube"));
    assert!(request.text().contains("lq45.level >= 900"), "{}", request.text());

    receiver.answers(403, r#"{"code":40301,"http":403,"error":"forbidden","link":"https://ntfy.sh/docs/publish/#authentication"}"#);
    let test = home.pantau(["alert", "test", "naik"]).env("TOPIC", receiver.url("pasar"));
    let refused = test.env("TOKEN", "tk_3gd7d2yftt4b8ixyfe9mnmro88o76").fails(1);
    assert!(
        refused.stdout().contains("answered with status 403") && refused.stdout().contains("forbidden"),
        "{refused}"
    );
    refused.says("1 of 1 messages were not delivered");
}

const TOKEN: &str = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw";

fn telegram(receiver: &Receiver) -> String {
    format!(
        "[[channel]]\nname = \"bot\"\nkind = \"telegram\"\nurl = \"{}\"\ntoken = {{ file = \"bot.token\" }}\n",
        receiver.url("")
    )
}

fn secret_file(home: &Home, name: &str, content: &str, mode: u32) {
    let path = home.write(name, content);
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_telegram_bot_writes_to_a_chat() {
    let home = Home::new();
    let receiver = Receiver::start(200, r#"{"ok":true,"result":{"message_id":7}}"#);
    config(&home, &telegram(&receiver), "\"telegram:-1001234567890\"");
    secret_file(&home, "config/pantau/bot.token", &format!("{TOKEN}\n"), 0o600);
    home.pantau(["alert", "test", "naik"]).ok();
    let request = receiver.requests().pop().unwrap();
    assert_eq!(request.line, format!("POST /bot{TOKEN}/sendMessage"));
    let json = request.json();
    assert_eq!(text(&json, "chat_id"), "-1001234567890");
    assert!(text(&json, "text").starts_with("naik: a test\n"), "{json}");

    receiver.answers(400, r#"{"ok":false,"error_code":400,"description":"Bad Request: chat not found"}"#);
    let refused = home.pantau(["alert", "test", "naik"]).fails(1);
    assert!(refused.stdout().contains("answered with status 400: Bad Request: chat not found"), "{refused}");
    receiver.answers(429, r#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 5","parameters":{"retry_after":5}}"#);
    home.pantau(["alert", "test", "naik"]).fails(75);
}

#[test]
fn a_redirect_takes_no_message_along() {
    let home = Home::new();
    for status in [301, 302, 307, 308] {
        let receiver = Receiver::start(status, "");
        config(&home, "", &format!("\"webhook:{}\"", receiver.url("first")));
        home.pantau(["alert", "test", "naik"]).fails(1);
        assert_eq!(receiver.requests().len(), 1, "{status}");
    }
}

#[test]
fn a_secret_file_that_others_may_read_is_refused() {
    let home = Home::new();
    let receiver = Receiver::start(200, "{}");
    config(&home, &telegram(&receiver), "\"telegram:1\"");
    for mode in [0o644, 0o666, 0o620] {
        secret_file(&home, "config/pantau/bot.token", TOKEN, mode);
        home.pantau(["alert", "test", "naik"]).refuses(2).says("bot.token").says("chmod 600");
    }
    assert!(receiver.requests().is_empty());
}

/// Everything that a run says, hunted for a secret.
fn expect_hidden(secrets: &[&str], places: &[(&str, Vec<u8>)]) {
    for secret in secrets {
        for (place, bytes) in places {
            let found = bytes.windows(secret.len()).any(|window| window == secret.as_bytes());
            assert!(!found, "{secret} is in {place}:\n{}", String::from_utf8_lossy(bytes));
        }
    }
}

#[test]
fn a_secret_shows_nowhere_even_when_the_receiver_repeats_it() {
    let home = Home::with_captures(&FOUR);
    let (key, topic) = ("kenari-kunci-webhook", "kenari-topik-rahasia");
    let token = "999:kenari-token-telegram";
    let bearer = "tk_kenari_ntfy";
    let receiver = Receiver::start(500, "");
    let channels = format!(
        "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"{hook}\"\nsecret = {{ env = \"KEY\" }}\n\
         [[channel]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = {{ env = \"TOPIC\" }}\ntoken = {{ env = \"BEARER\" }}\n\
         [[channel]]\nname = \"bot\"\nkind = \"telegram\"\nurl = \"{api}\"\ntoken = {{ env = \"TOKEN\" }}\nchat = 1\n\
         [[channel]]\nname = \"gone\"\nkind = \"telegram\"\nurl = \"{gone}\"\ntoken = {{ env = \"TOKEN\" }}\nchat = 1\n",
        hook = receiver.url("hook"),
        api = receiver.url(""),
        gone = crate::server::deserted_url(),
    );
    config(&home, &channels, "\"ops\", \"phone\", \"bot\", \"gone\"");
    let run = |args: &[&str]| {
        let command = home.pantau(args).env("KEY", key).env("TOKEN", token).env("BEARER", bearer);
        command.env("TOPIC", receiver.url(topic)).env("RUST_LOG", "trace").run()
    };
    let mut places = Vec::new();
    for status in [500, 400, 302] {
        // An ill-mannered server says back all that it knows.
        receiver.answers_by(move |request| {
            let known = if request.line.contains("/hook") { key } else { "nothing" };
            let topic = request.line.rsplit('/').next().unwrap_or_default();
            (status, format!("no luck with {}, {known}, {topic}", request.head()))
        });
        for args in [
            &["alert", "test", "naik"][..],
            &["alert", "test", "naik", "-vv", "-f", "json"],
            &["alert", "list", "-f", "json"],
            &["config"],
            &["status", "-vv"],
        ] {
            let done = run(args);
            places.push(("stdout", done.stdout.clone()));
            places.push(("stderr", done.stderr.clone()));
        }
    }
    assert!(receiver.requests().len() >= 18, "every channel was tried");
    for file in home.files() {
        if !file.ends_with("pantau.toml") {
            places.push(("a file", fs::read(file).unwrap()));
        }
    }
    let said = String::from_utf8(places[0].1.clone()).unwrap();
    assert!(said.contains("no luck with POST /bot(hidden)/sendMessage"), "{said}");
    expect_hidden(&[key, topic, token, bearer, "kenari"], &places);
}

#[test]
fn an_alert_that_is_not_configured_is_refused_with_the_nearest_one() {
    let home = Home::new();
    config(&home, "", "");
    home.pantau(["alert", "test", "nail"]).refuses(2).says("nail").says("did you mean naik?");
    home.pantau(["alert", "test", "naik"]).refuses(2).says("tells nobody");
    let home = Home::new();
    home.pantau(["alert", "list"]).fails(3).says("[[alert]]");
}
