//! Alerts and channels in the configuration: what they mean, and what is refused where.

use super::*;
use crate::alert::Hysteresis;
use crate::alert::channel::MailTls;

const HOOK: &str = "[[channel]]\nname = \"ops\"\nkind = \"webhook\"\nurl = \"https://example.org/hook\"\nsecret = { env = \"KEY\" }\n";
const BOT: &str = "[[channel]]\nname = \"bot\"\nkind = \"telegram\"\ntoken = { file = \"bot.token\" }\n";
const MAIL: &str = "[[channel]]\nname = \"post\"\nkind = \"mail\"\nserver = \"smtp.example.org\"\nfrom = \"pantau@example.org\"\n";
const ALERT: &str = "[[alert]]\nname = \"falls\"\nwhen = \"lq45.percent<=-2\"\n";

#[test]
fn an_alert_has_a_rule_and_receivers_of_every_form() {
    let text = format!(
        "{HOOK}{BOT}{MAIL}{ALERT}to = [\"ops\", \"ntfy:https://ntfy.sh/topic\", \"webhook:http://localhost:1/\", \"telegram:-1001\", \"mailto:ana@example.org\"]\nhysteresis = 0.5\nfor = \"10m\"\n"
    );
    let config = parse(&text).unwrap();
    let alert = &config.alerts[0];
    assert_eq!((alert.name.as_str(), alert.when.to_string().as_str()), ("falls", "lq45.percent <= -2"));
    assert_eq!(alert.hysteresis, Some(Hysteresis::By("0.5".parse().unwrap())));
    assert_eq!((alert.hold.as_secs(), alert.enabled), (600, true));
    let to: Vec<String> = alert.to.iter().map(ToString::to_string).collect();
    let expected = [
        "ops",
        "ntfy:https://ntfy.sh/topic",
        "webhook:http://localhost:1/",
        "telegram:-1001",
        "mailto:ana@example.org",
    ];
    assert_eq!(to, expected);
    let Way::Telegram { token, .. } = &config.channels[1].way else { panic!("{:?}", config.channels) };
    assert_eq!(*token, Secret::File("/etc/pantau/bot.token".into()));
    let Way::Mail(mail) = &config.channels[2].way else { panic!("{:?}", config.channels) };
    assert_eq!((mail.tls, mail.port, mail.login.is_none()), (MailTls::StartTls, 587, true));
}

#[test]
fn a_number_is_the_one_that_was_written() {
    for (written, expected) in
        [("0.1", "0.1"), ("3", "3"), ("0.30", "0.3"), ("1e-7", "0.0000001"), ("1345000.25", "1345000.25")]
    {
        let config = parse(&format!("{ALERT}hysteresis = {written}\n")).unwrap();
        assert_eq!(config.alerts[0].hysteresis, Some(Hysteresis::By(expected.parse().unwrap())), "{written}");
    }
}

#[test]
fn alerts_that_cannot_be_meant_are_refused() {
    let number = "write a number above zero such as 0.5, or for an age a duration such as \"5m\"";
    for (text, expected) in [
        (
            ALERT.replace("lq45.percent<=-2", "lq45.persent <= -2"),
            "3:8: `when`: column 1: `lq45` has no `persent`; did you mean `lq45.percent`?".to_owned(),
        ),
        (format!("{ALERT}{ALERT}"), "5:8: `name`: two alerts are called 'falls'".to_owned()),
        (format!("{ALERT}hysteresis = -1\n"), format!("4:14: `hysteresis`: {number}")),
        (format!("{ALERT}hysteresis = 0\n"), format!("4:14: `hysteresis`: {number}")),
        (format!("{ALERT}hysteresis = nan\n"), format!("4:14: `hysteresis`: {number}")),
        (format!("{ALERT}hysteresis = inf\n"), format!("4:14: `hysteresis`: {number}")),
        (
            format!("{ALERT}hysteresis = \"5m\"\n"),
            "4:14: `hysteresis`: a number is compared; write a number such as 0.5".to_owned(),
        ),
        (
            format!("{}hysteresis = 1\n", ALERT.replace("lq45", "a.level > 1 and lq45")),
            "4:14: `hysteresis`: works for a single comparison only; make an alert of each".to_owned(),
        ),
        (format!("{ALERT}for = \"soon\"\n"), "4:7: `for`: 'soon' is not a duration; write it like 90s, 15m or 1h".to_owned()),
        (format!("{ALERT}to = [\"a:b\"]\n"), "4:7: `to`: 'a:b' is no receiver; write webhook:URL, ntfy:URL, telegram:CHAT, mailto:ADDRESS or the name of a [[channel]]".to_owned()),
        (format!("{ALERT}to = [\"ntfy:topic\"]\n"), "4:7: `to`: 'topic': relative URL without a base".to_owned()),
        (format!("{HOOK}{ALERT}to = [\"opps\"]\n"), "9:7: `to`: there is no channel 'opps'; did you mean `ops`?".to_owned()),
        (format!("{HOOK}{ALERT}to = [\"ops\", \"ops\"]\n"), "9:14: `to`: ops is named twice".to_owned()),
        (
            format!("{ALERT}to = [\"telegram:1\"]\n"),
            "4:7: `to`: there is no [[channel]] of kind \"telegram\" to send it by".to_owned(),
        ),
        (
            format!("{BOT}{}{ALERT}to = [\"telegram:1\"]\n", BOT.replace("bot\"", "bot2\"")),
            "12:7: `to`: there are several channels of kind \"telegram\"; write the name of one".to_owned(),
        ),
        (
            format!("{BOT}{ALERT}to = [\"telegram:@a b\"]\n"),
            "8:7: `to`: '@a b' is no chat; write its number, such as -1001234567890, or @name".to_owned(),
        ),
        (
            format!("{BOT}{ALERT}to = [\"bot\"]\n"),
            "8:7: `to`: the channel 'bot' has no `chat` of its own, so that nobody would be told".to_owned(),
        ),
        (
            format!("{MAIL}{ALERT}to = [\"mailto:ana\"]\n"),
            "9:7: `to`: 'ana' is not a mail address; write it like ana@example.org".to_owned(),
        ),
        (format!("{ALERT}then = \"x\"\n"), "4:1: unknown key `then`; did you mean `when`?".to_owned()),
    ] {
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn channels_that_cannot_be_meant_are_refused() {
    for (text, expected) in [
        (
            HOOK.replace("url = \"https://example.org/hook\"\n", ""),
            "3:8: a channel of kind \"webhook\" needs the key `url`",
        ),
        (
            BOT.replace("token = { file = \"bot.token\" }\n", ""),
            "3:8: a channel of kind \"telegram\" needs the key `token`",
        ),
        (
            MAIL.replace("from = \"pantau@example.org\"\n", ""),
            "3:8: a channel of kind \"mail\" needs the key `from`",
        ),
        (format!("{MAIL}user = \"ana\"\n"), "3:8: a channel of kind \"mail\" needs the key `password`"),
        (
            format!("{MAIL}user = \"ana\"\npassword = {{ env = \"P\" }}\ntls = \"none\"\n"),
            "7:12: `password` is not sent without encryption; leave `tls` away",
        ),
        (
            format!("{HOOK}token = {{ env = \"T\" }}\n"),
            "6:9: `token` does not belong to a channel of kind \"webhook\"",
        ),
        (format!("{HOOK}port = 25\n"), "3:8: `port` does not belong to a channel of kind \"webhook\""),
        (
            HOOK.replace("webhook\"", "webhok\""),
            "3:8: `kind`: unknown value `webhok`; did you mean `webhook`?",
        ),
        (
            HOOK.replace("https://", "ftp://"),
            "4:7: `url`: 'ftp://example.org/hook' is neither http nor https",
        ),
        (format!("{HOOK}{HOOK}"), "7:8: `name`: two channels are called 'ops'"),
        (
            format!("{MAIL}tls = \"ssl\"\n"),
            "6:7: `tls`: unknown value `ssl`; known here: starttls, implicit, none",
        ),
    ] {
        assert_eq!(refusal(&text), expected, "{text}");
    }
}

#[test]
fn a_secret_in_the_file_itself_is_refused_and_not_repeated() {
    let hint =
        "a secret does not stand in the configuration; write { env = \"NAME\" } or { file = \"PATH\" }";
    for written in [
        "\"hunter2-hunter2\"",
        "{ text = \"hunter2-hunter2\" }",
        "{ env = \"hunter2-hunter2 $\" }",
        "{ env = \"A\", file = \"hunter2-hunter2\" }",
        "{ env = 12345678 }",
        "12345678",
        "[\"hunter2-hunter2\"]",
    ] {
        let refusal = refusal(&HOOK.replace("{ env = \"KEY\" }", written));
        assert_eq!(refusal, format!("5:10: `secret`: {hint}"));
    }
    for text in [
        format!("{HOOK}pasword = \"hunter2-hunter2\"\n"),
        format!("{MAIL}user = \"ana\"\npassword = \"hunter2-hunter2\"\n"),
        format!("{MAIL}user = \"ana\"\npassword = \"hunter2-hunter2\n"),
        format!("{ALERT}token = \"hunter2-hunter2\"\n"),
    ] {
        let refusal = refusal(&text);
        assert!(!refusal.contains("hunter2"), "{refusal}");
    }
}

#[test]
fn alerts_and_channels_that_are_written_read_back_as_the_same() {
    let text = format!(
        "{HOOK}{}{BOT}chat = -1001\n{MAIL}to = [\"ana@example.org\"]\nuser = \"ana\"\npassword = {{ env = \"P\" }}\ntls = \"implicit\"\nca = \"ca.pem\"\n{ALERT}to = [\"ops\", \"phone\", \"bot\", \"post\", \"telegram:@ana\"]\nhysteresis = 0.25\nfor = \"90s\"\n[[alert]]\nname = \"old\"\nwhen = \"age(kontan) > 30m\"\nhysteresis = \"5m\"\nenabled = false\n",
        "[[channel]]\nname = \"phone\"\nkind = \"ntfy\"\nurl = { file = \"/run/topic\" }\ntoken = { env = \"T\" }\n"
    );
    let config = parse(&text).unwrap();
    let written = config.to_toml();
    assert_eq!(parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}")), config);
}
