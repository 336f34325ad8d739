//! What the configuration promises: defaults, precedence, round trips and the words of its errors.

mod alerts;

use super::*;
use crate::calendar::Day;
use crate::domain::Kind;
use crate::parse::{CssRules, JsonIndicator, Locale};

const KONTAN: &str =
    "[[source]]\nname = \"kontan\"\nurl = \"https://www.kontan.co.id/\"\nlayout = \"kontan\"\n";
const CSS: &str = "[[source]]\nname = \"other\"\nurl = \"https://example.org/\"\nlayout = \"css\"\n";
const JSON: &str = "[[source]]\nname = \"api\"\nurl = \"https://example.org/\"\nlayout = \"json\"\n";

fn home(name: &str) -> Option<String> {
    (name == "HOME").then(|| "/home/ana".to_owned())
}

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(text, Path::new("/etc/pantau/pantau.toml"), &home)
}

fn read_one(text: &str) -> Source {
    parse(text).unwrap().sources.remove(0)
}

/// The pauses of a source that has a pace.
fn seconds(source: &Source) -> (u64, u64) {
    let pace = source.schedule.pace().unwrap();
    (pace.open.as_secs(), pace.closed.as_secs())
}

/// The line and column, and the message.
fn refusal(text: &str) -> String {
    let error = parse(text).expect_err(text).to_string();
    error.strip_prefix("/etc/pantau/pantau.toml:").unwrap_or(&error).to_owned()
}

#[test]
fn nothing_is_needed() {
    let config = parse("").unwrap();
    assert_eq!(config, Config::builtin(&home));
    assert_eq!(config.database, Path::new("/home/ana/.local/share/pantau/pantau.db"));
    assert_eq!(config.market.zone, Tz::Asia__Jakarta);
    let kontan = config.source("kontan").unwrap();
    assert_eq!(kontan.url.as_str(), "https://www.kontan.co.id/");
    assert_eq!(kontan.layout, Layout::Kontan);
    assert_eq!(seconds(kontan), (60, 900));
    assert!(kontan.enabled);
    assert_eq!(kontan.fetch, FetchSettings::default());
}

#[test]
fn a_second_opinion_is_ready_but_not_enabled() {
    let config = Config::builtin(&home);
    assert_eq!(config.sources.len(), 2);
    let yahoo = config.source("yahoo").unwrap();
    assert!(!yahoo.enabled);
    assert_eq!(
        yahoo.url.as_str(),
        "https://query1.finance.yahoo.com/v8/finance/chart/%5EJKLQ45?range=1d&interval=1m"
    );
    assert_eq!(seconds(yahoo), (300, 3600));
    let Layout::Json(rules) = &yahoo.layout else { panic!("{:?}", yahoo.layout) };
    assert_eq!(rules.indicators[0].label, "LQ45");
    assert_eq!(rules.indicators[0].level.as_deref(), Some("/chart/result/0/meta/regularMarketPrice"));
    assert_eq!(
        rules.indicators[0].previous_close.as_deref(),
        Some("/chart/result/0/meta/chartPreviousClose")
    );
}

#[test]
fn the_example_says_what_holds_without_it() {
    assert_eq!(parse(&commented_example()).unwrap(), Config::builtin(&home));
}

#[test]
fn the_examples_in_the_example_hold_too() {
    let uncommented: String = commented_example()
        .lines()
        .map(|line| match line.strip_prefix('#') {
            Some(rest) if !rest.starts_with(' ') => format!("{rest}\n"),
            _ => format!("{line}\n"),
        })
        .collect();
    let config = parse(&uncommented).unwrap();
    assert_eq!(config.sources.len(), 3);
    assert_eq!(config.database, Path::new("/home/ana/.local/share/pantau/pantau.db"));
    assert_eq!(config.market.closures.len(), 2);
    assert_eq!(config.listen, Some("127.0.0.1:9187".parse().unwrap()));
}

#[test]
fn naming_a_source_replaces_the_built_in_ones() {
    let config = parse(&format!("{KONTAN}every = \"5m\"\n")).unwrap();
    assert_eq!(config.sources.len(), 1);
    assert_eq!(seconds(&config.sources[0]), (300, 300));
}

#[test]
fn a_pace_holds_for_closed_hours_too_unless_they_have_their_own() {
    let paces = |keys: &str| seconds(&read_one(&format!("{KONTAN}{keys}")));
    assert_eq!(paces(""), (60, 900));
    assert_eq!(paces("every = \"5m\"\n"), (300, 300));
    assert_eq!(paces("every = \"1s\"\nevery_closed = \"1h\"\n"), (1, 3600));
    assert_eq!(paces("every_closed = \"1h 30m\"\n"), (60, 5400));
}

#[test]
fn a_source_may_go_by_a_cron_expression() {
    let expression = |text: &str| {
        let source = parse(text).unwrap().sources.remove(0);
        source.schedule.expression().map(|(expression, zone)| (expression.to_owned(), zone))
    };
    let cron = "cron = \"*/5 9-16 * * 1-5\"\n";
    let read = |zone| Some(("*/5 9-16 * * 1-5".to_owned(), zone));
    assert_eq!(expression(&format!("{KONTAN}{cron}")), read(Tz::Asia__Jakarta));
    assert_eq!(expression(&format!("[market]\nzone = \"UTC\"\n{KONTAN}{cron}")), read(Tz::UTC));
    let tokyo = "zone = \"Asia/Tokyo\"\n";
    assert_eq!(expression(&format!("{KONTAN}{cron}{tokyo}")), read(Tz::Asia__Tokyo));
}

#[test]
fn manners_are_those_of_the_configuration() {
    let config = parse(&format!("[fetch]\nspacing = \"1500ms\"\n{KONTAN}robots = \"ignore\"\n")).unwrap();
    assert_eq!(config.spacing, Duration::from_millis(1500));
    assert_eq!(config.sources[0].robots, RobotsRule::Ignore);
    let config = parse(&format!("[fetch]\nspacing = \"0s\"\n[log]\nformat = \"json\"\n{KONTAN}")).unwrap();
    assert_eq!((config.spacing, config.log_format), (Duration::ZERO, LogFormat::Json));
    assert_eq!(config.sources[0].robots, RobotsRule::Obey);
    assert_eq!(
        refusal("[log]\nformat = \"jsn\"\n"),
        "2:10: `format`: unknown value `jsn`; did you mean `json`?"
    );
}

#[test]
fn fetch_settings_are_per_source() {
    let keys = "user_agent = \"me\"\nmax_body = 1000\nconnect_timeout = \"500ms\"\ntimeout = \"5s\"\nprivate = true\n";
    assert_eq!(
        read_one(&format!("{KONTAN}{keys}")).fetch,
        FetchSettings {
            user_agent: Some("me".to_owned()),
            max_body: 1000,
            connect_timeout: Duration::from_millis(500),
            timeout: Duration::from_secs(5),
            private: true,
        }
    );
}

#[test]
fn css_sources_have_selectors() {
    let source = read_one(&format!(
        "{CSS}row = \"ul li\"\nlabel = \"b\"\nlevel = \".v\"\npercent = \".p\"\nlocale = \"en\"\n"
    ));
    assert_eq!(
        source.layout,
        Layout::Css(CssRules {
            row: "ul li".to_owned(),
            label: "b".to_owned(),
            level: Some(".v".to_owned()),
            change: None,
            percent: Some(".p".to_owned()),
            locale: Locale::English,
        })
    );
}

#[test]
fn json_indicators_are_called_by_label_or_slug() {
    let called = |keys: &str| {
        let source = read_one(&format!("{JSON}[[source.indicator]]\nlevel = \"/a\"\n{keys}"));
        let Layout::Json(mut rules) = source.layout else { panic!("{keys}") };
        rules.indicators.remove(0)
    };
    assert_eq!(called("slug = \"jii70\"\n").label, "JII70");
    assert_eq!(called("slug = \"usd-idr\"\n").label, "USD/IDR", "the catalogue knows it");
    assert_eq!(called("label = \"My Fund\"\nslug = \"my-fund\"\n").label, "My Fund");
    assert_eq!(
        called("label = \"X\"\nkind = \"price\"\nunit = \"IDR\"\nchange = \"/c\"\n"),
        JsonIndicator {
            label: "X".to_owned(),
            level: Some("/a".to_owned()),
            change: Some("/c".to_owned()),
            kind: Some(Kind::Price),
            unit: Some("IDR".to_owned()),
            ..JsonIndicator::default()
        }
    );
}

#[test]
fn the_market_has_a_calendar() {
    let config = parse("[market]\nclosures = [\"2027-01-04\"]\n").unwrap();
    let date = |text: &str| text.parse().unwrap();
    assert_eq!(config.market.calendar().day(date("2027-01-04")), Day::Closed { confirmed: true });
    assert_eq!(config.market.calendar().day(date("2024-11-27")), Day::Closed { confirmed: true });
    let config = parse("[market]\nzone = \"Asia/Tokyo\"\ncalendar = \"weekdays\"\n").unwrap();
    assert_eq!(config.market.calendar(), Calendar::weekdays(Tz::Asia__Tokyo));
}

#[test]
fn unknown_keys_are_refused_with_the_nearest_known_one() {
    for (text, expected) in [
        (format!("{KONTAN}evry = \"1m\"\n"), "5:1: unknown key `evry`; did you mean `every`?"),
        ("[market]\n  zon = \"UTC\"\n".to_owned(), "2:3: unknown key `zon`; did you mean `zone`?"),
        ("[[sources]]\nname = \"a\"\n".to_owned(), "1:3: unknown key `sources`; did you mean `source`?"),
        (
            "[[nothing]]\nname = \"a\"\n".to_owned(),
            "1:3: unknown key `nothing`; known here: store, market, fetch, log, retention, web, push, source, channel, alert",
        ),
        ("[store]\npaht = \"x\"\n".to_owned(), "2:1: unknown key `paht`; did you mean `path`?"),
        (
            format!("{JSON}[[source.indicator]]\nprevious = \"/a\"\nslug = \"a\"\n"),
            "6:1: unknown key `previous`; known here: label, slug, level, change, percent, previous_close, kind, unit",
        ),
    ] {
        assert_eq!(refusal(&text), expected);
    }
}

#[test]
fn values_that_cannot_be_meant_are_refused_where_they_stand() {
    for (text, expected) in [
        (
            "[market]\nzone = \"Asia/Jakata\"\n",
            "2:8: `zone`: unknown zone 'Asia/Jakata'; did you mean `Asia/Jakarta`?",
        ),
        (
            "[market]\nzone = \"WIB+7\"\n",
            "2:8: `zone`: unknown zone 'WIB+7'; write a zone such as Asia/Jakarta",
        ),
        ("[market]\ncalendar = \"idxx\"\n", "2:12: `calendar`: unknown value `idxx`; did you mean `idx`?"),
        (
            "[market]\nclosures = [\"2027-01-01\", \"2027-02-30\"]\n",
            "2:27: `closures`: '2027-02-30' is not a date; write it like 2027-01-01",
        ),
        ("[store]\npath = \" \"\n", "2:8: `path` must not be empty"),
        (
            "[web]\nlisten = \"example.org\"\n",
            "2:10: `listen`: 'example.org' is no address to listen on; write a port such as 9187, or 127.0.0.1:9187, \
             [::1]:9187 or 0.0.0.0:9187",
        ),
        ("[store]\npath = 5\n", "2:8: `path`: invalid type: integer `5`, expected a string"),
    ] {
        assert_eq!(refusal(text), expected);
    }
}

#[test]
fn sources_that_cannot_be_meant_are_refused() {
    for (text, expected) in [
        (
            format!("{KONTAN}every = \"soon\"\n"),
            "5:9: `every`: 'soon' is not a duration; write it like 90s, 15m or 1h",
        ),
        (format!("{KONTAN}every = \"500ms\"\n"), "5:9: `every`: '500ms' is too short; the least is 1s"),
        (format!("{KONTAN}every = \"9y\"\n"), "5:9: `every`: '9y' is longer than a year"),
        (format!("{KONTAN}every = 60\n"), "5:9: `every`: invalid type: integer `60`, expected a string"),
        (
            format!("{KONTAN}cron = \"soon\"\n"),
            "5:8: `cron`: 'soon': pattern must have between 5 and 7 fields; write it like */5 9-16 * * 1-5",
        ),
        (
            format!("{KONTAN}cron = \"0 0 30 2 *\"\n"),
            "5:8: `cron`: '0 0 30 2 *': no day fits it; write it like */5 9-16 * * 1-5",
        ),
        (
            format!("{KONTAN}cron = \"* * * * *\"\nevery = \"1m\"\n"),
            "6:9: a source has either `cron` or `every` and `every_closed`",
        ),
        (
            format!("{KONTAN}zone = \"UTC\"\n"),
            "5:8: `zone` of a source is that of its `cron`, which is missing",
        ),
        (
            format!("{KONTAN}cron = \"* * * * *\"\nzone = \"Asia/Jakata\"\n"),
            "6:8: `zone`: unknown zone 'Asia/Jakata'; did you mean `Asia/Jakarta`?",
        ),
        (format!("{KONTAN}max_body = 0\n"), "5:12: `max_body` must be at least 1 byte"),
        (
            format!("{KONTAN}user_agent = \"a\\nb\"\n"),
            "5:14: `user_agent` may only have printable ASCII characters",
        ),
        (format!("{KONTAN}{KONTAN}"), "6:8: `name`: two sources are called 'kontan'"),
        ("[[source]]\nname = \"a\"\nlayout = \"kontan\"\n".to_owned(), "1:1: missing key `url`"),
        (KONTAN.replace("\"kontan\"\nurl", "\"\"\nurl"), "2:8: `name` must not be empty"),
        (
            KONTAN.replace("\"kontan\"\nurl", "\"Kontan!\"\nurl"),
            "2:8: `name`: 'Kontan!' may only have lower case letters, digits, '_' and '-'",
        ),
        (
            KONTAN.replace("layout = \"kontan\"", "layout = \"kontann\""),
            "4:10: `layout`: unknown value `kontann`; did you mean `kontan`?",
        ),
    ] {
        assert_eq!(refusal(&text), expected);
    }
}

#[test]
fn only_plain_web_addresses_are_urls() {
    for (url, expected) in [
        ("kontan.co.id", "3:7: `url`: 'kontan.co.id': relative URL without a base"),
        ("ftp://kontan.co.id/", "3:7: `url`: 'ftp://kontan.co.id/' is neither http nor https"),
        ("file:///etc/passwd", "3:7: `url`: 'file:///etc/passwd' is neither http nor https"),
        ("https://", "3:7: `url`: 'https://': empty host"),
        ("https://ana:secret@kontan.co.id/", "3:7: `url`: must not hold a user name or a password"),
        ("http://2130706433/", "3:7: `url`: write the address as 127.0.0.1"),
        ("http://0x7f.1:8080/", "3:7: `url`: write the address as 127.0.0.1"),
        ("http://[::ffff:10.0.0.1]/", "3:7: `url`: write the address as 10.0.0.1"),
        ("http://0.0.0.0/", "3:7: `url`: 0.0.0.0 is an unspecified address"),
    ] {
        assert_eq!(refusal(&KONTAN.replace("https://www.kontan.co.id/", url)), expected);
    }
}

#[test]
fn keys_must_fit_the_layout() {
    let json = |keys: &str| format!("{JSON}[[source.indicator]]\n{keys}");
    for (text, expected) in [
        (
            format!("{KONTAN}row = \"li\"\n"),
            "5:7: `row` does not belong to a source of layout \"kontan\"; only css sources have selectors",
        ),
        (
            format!("{JSON}level = \"/a\"\n"),
            "5:9: `level` does not belong to a source of layout \"json\"; a json source has it in [[source.indicator]]",
        ),
        (
            format!("{CSS}row = \"li\"\n[[source.indicator]]\nslug = \"a\"\n"),
            "6:1: `indicator` does not belong to a source of layout \"css\"; only json sources name indicators",
        ),
        (format!("{CSS}label = \"b\"\n"), "4:10: a css source needs the key `row`"),
        (format!("{CSS}row = \"li\"\nlabel = \"b\"\n"), "4:10: a css source needs `level` or `percent`"),
        (JSON.to_owned(), "4:10: a json source needs a [[source.indicator]]"),
        (json("level = \"/a\"\n"), "5:1: an indicator needs a `label` or a `slug`"),
        (json("slug = \"a\"\n"), "5:1: the indicator \"A\" needs `level` or `percent`"),
        (json("slug = \"USD/IDR\"\n"), "6:8: `slug`: 'USD/IDR' is not a slug; write it like usd-idr"),
        (json("slug = \"a\"\nlabel = \"B\"\n"), "5:1: the slug of \"B\" is `b`, not `a`"),
        (json("label = \"//\"\nlevel = \"/a\"\n"), "6:9: `label`: \"//\" has neither a letter nor a digit"),
        (
            json("slug = \"a\"\nlevel = \"a/b\"\n"),
            "7:9: `level`: 'a/b' is not a JSON pointer; it must start with '/'",
        ),
        (
            json(&format!("slug = \"{}\"\nlevel = \"/a\"\n", "a".repeat(65))),
            "5:1: the label of an indicator is longer than 64 characters",
        ),
        (
            format!("{JSON}{}", "[[source.indicator]]\nslug = \"a\"\nlevel = \"/a\"\n".repeat(501)),
            "1505:1: a json source has at most 500 indicators",
        ),
        (
            json("slug = \"a\"\nlevel = \"/a\"\nkind = \"indeks\"\n"),
            "8:8: `kind`: unknown value `indeks`; did you mean `index`?",
        ),
        (
            json("slug = \"a\"\nlevel = \"/a\"\n[[source.indicator]]\nlabel = \"A\"\nlevel = \"/b\"\n"),
            "8:1: two indicators are called `a`",
        ),
    ] {
        assert_eq!(refusal(&text), expected);
    }
}

#[test]
fn what_is_not_an_observation_is_kept_for_a_while_or_for_ever() {
    let kept = |keys: &str| parse(&format!("[retention]\n{keys}")).unwrap().retention;
    let days = |days: u64| Some(Duration::from_secs(days * 86_400));
    assert_eq!(kept(""), Retention { polls: days(400), pages: days(90) });
    assert_eq!(kept("polls = \"30d\"\npages = \"forever\""), Retention { polls: days(30), pages: None });
    for (keys, expected) in [
        ("polls = \"5m\"", "2:9: `polls`: '5m' is too short; the least is 1day"),
        ("polls = \"200y\"", "2:9: `polls`: '200y' is longer than a century; write forever"),
        ("pages = \"always\"", "2:9: `pages`: 'always' is not a duration; write it like 90s, 15m or 1h"),
        ("page = \"1d\"", "2:1: unknown key `page`; did you mean `pages`?"),
    ] {
        assert_eq!(refusal(&format!("[retention]\n{keys}\n")), expected);
    }
}

#[test]
fn a_day_can_be_open_after_all() {
    let config = parse("[market]\nopen = [\"2025-08-18\"]\n").unwrap();
    let day = NaiveDate::from_ymd_opt(2025, 8, 18).unwrap();
    assert!(config.market.calendar().is_trading_day(day));
    assert!(!Market::default().calendar().is_trading_day(day));
    assert_eq!(
        refusal("[market]\nopen = [\"soon\"]\n"),
        "2:9: `open`: 'soon' is not a date; write it like 2027-01-01"
    );
}

#[test]
fn closures_may_be_dates_of_toml() {
    let config = parse("[market]\nclosures = [2027-01-01, \"2027-02-05\", 2027-01-01]\n").unwrap();
    assert_eq!(config.market.closures.len(), 2);
    assert_eq!(
        refusal("[market]\nclosures = [5]\n"),
        "2:13: `closures`: '5' is not a date; write it like 2027-01-01"
    );
}

#[test]
fn a_message_holds_nothing_a_terminal_would_obey() {
    assert_eq!(refusal("[store]\n\"\\u001b[2J\" = 1\n"), r"2:1: unknown key `\u{1b}[2J`; known here: path");
}

#[test]
fn broken_toml_names_its_place() {
    assert_eq!(refusal("[store]\npath = \"a\"\npath = \"b\"\n"), "3:1: duplicate key `path`");
    assert!(refusal("[store]\npath = x\n").starts_with("2:8: "), "{}", refusal("[store]\npath = x\n"));
    assert!(refusal("[store]\n[store]\n").starts_with("2:"), "{}", refusal("[store]\n[store]\n"));
}

#[test]
fn what_is_written_reads_back_as_the_same() {
    for text in [
        String::new(),
        "[retention]\npolls = \"36h\"\npages = \"forever\"\n".to_owned(),
        format!(
            "[store]\npath = \"~/a \\\"b\\\".db\"\n[market]\nzone = \"UTC\"\ncalendar = \"weekdays\"\nclosures = [\"2027-01-01\"]\n[web]\nlisten = \":9187\"\n{KONTAN}"
        ),
        format!(
            "[fetch]\nspacing = \"2s\"\n[log]\nformat = \"json\"\n{KONTAN}every = \"90s\"\nenabled = false\nrobots = \"ignore\"\nuser_agent = \"me\"\nmax_body = 7\ntimeout = \"1500ms\"\n"
        ),
        format!("{KONTAN}cron = \"*/5 9-16 * * 1-5\"\nzone = \"UTC\"\n"),
        format!(
            "{CSS}row = \"li\"\nlabel = \"b\"\nlevel = \"p > i\"\nchange = \".c\"\nlocale = \"en\"\n{KONTAN}"
        ),
        format!(
            "{JSON}[[source.indicator]]\nslug = \"usd-idr\"\nlevel = \"/a\"\nkind = \"rate\"\nunit = \"x\"\n[[source.indicator]]\nlabel = \"B c\"\npercent = \"/p\"\n"
        ),
    ] {
        let config = parse(&text).unwrap();
        let written = config.to_toml();
        assert_eq!(parse(&written).unwrap_or_else(|error| panic!("{error}\n{written}")), config);
    }
}

fn folder_with(config: &str) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("pantau/pantau.toml");
    std::fs::create_dir(folder.path().join("pantau")).unwrap();
    std::fs::write(&file, config).unwrap();
    (folder, file)
}

#[test]
fn the_file_of_the_user_is_found() {
    let (folder, file) = folder_with("[store]\npath = \"here.db\"\n");
    let env = |name: &str| (name == "XDG_CONFIG_HOME").then(|| folder.path().display().to_string());
    let (config, found) = Config::load(None, &env).unwrap();
    assert_eq!(found.as_deref(), Some(file.as_path()));
    assert_eq!(config.database, folder.path().join("pantau/here.db"));
}

#[test]
fn an_explicit_file_comes_first_and_must_exist() {
    let (folder, file) = folder_with("[market]\nzone = \"UTC\"\n");
    let (config, found) = Config::load(Some(&file), &|_| None).unwrap();
    assert_eq!((config.market.zone, found.as_deref()), (Tz::UTC, Some(file.as_path())));
    let missing = folder.path().join("none.toml");
    let error = Config::load(Some(&missing), &home).unwrap_err();
    assert_eq!(error.to_string(), format!("failed to read the configuration {}", missing.display()));
}

#[test]
fn a_file_that_cannot_be_meant_is_not_passed_over() {
    let (folder, file) = folder_with("nonsense");
    let env = |name: &str| (name == "XDG_CONFIG_HOME").then(|| folder.path().display().to_string());
    let error = Config::load(None, &env).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}:1:", file.display())), "{error}");
}
