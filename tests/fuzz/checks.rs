//! What must hold of any bytes at all. Each check panics where it does not; the fuzzer looks for such bytes, and a
//! test of the program replays those that were found once.

use std::ops::ControlFlow;
use std::path::Path;

use pantau::alert::{Rule, Truth};
use pantau::archive::record::{self, Event};
use pantau::config::Config;
use pantau::domain::{Aspect, Fact, Facts, Figures, Interval, Quantity, Term, Window, parse_moment};
use pantau::parse::{
    CssRules, JsonIndicator, JsonRules, Layout, Locale, MAX_LABEL, MAX_ROWS, Reading, around, parse, reread,
};

fn css(locale: Locale) -> Layout {
    Layout::Css(CssRules {
        row: "li, tr".to_owned(),
        label: "b, th".to_owned(),
        level: Some("i, .v".to_owned()),
        change: Some("u, .c".to_owned()),
        percent: Some("s, .p".to_owned()),
        locale,
    })
}

fn json() -> Layout {
    let rule = |label: &str, key: &str| JsonIndicator {
        label: label.to_owned(),
        level: Some(format!("/{key}/level")),
        change: Some(format!("/{key}/change")),
        percent: Some(format!("/{key}/percent")),
        previous_close: Some(format!("/{key}/previous")),
        ..JsonIndicator::default()
    };
    Layout::Json(JsonRules { indicators: vec![rule("LQ45", "a"), rule("EMAS", "0")] })
}

/// Pages of every layout. What a capture keeps gives the quotes that the page gave.
pub(crate) fn parser(bytes: &[u8]) {
    let charset = match bytes.first() {
        Some(b'\0') => Some("text/html; charset=utf-16le"),
        Some(b'\x01') => Some("text/html; charset=windows-1252"),
        Some(b'\x02') => Some("text/html; charset=shift_jis"),
        _ => None,
    };
    let behind_a_bar = [b"| INDIKATOR | ".as_slice(), bytes].concat();
    for (page, layout) in [
        (bytes, Layout::Kontan),
        (&behind_a_bar, Layout::Kontan),
        (bytes, css(Locale::Indonesian)),
        (bytes, css(Locale::English)),
        (bytes, json()),
    ] {
        let reading = parse(page, charset, &layout);
        bounded(&reading);
        let block = reading.block.as_deref().unwrap_or_default();
        if reading.block.is_some() {
            assert_eq!(reread(block).quotes, reading.quotes, "the kept text gives other quotes: {block:?}");
        }
        let _ = around(page, charset, Some(&layout), block);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let _ = reread(text);
    }
}

fn bounded(reading: &Reading) {
    assert!(reading.quotes.len() <= MAX_ROWS);
    for quote in &reading.quotes {
        assert!(quote.label.chars().count() <= MAX_LABEL, "{:?}", quote.label);
        assert!(quote.figures != Figures::default(), "{:?}", quote.label);
    }
    for issue in &reading.issues {
        assert!(issue.to_string().chars().count() < 1000, "{issue}");
    }
}

/// Numbers in the cells of a page and of a document. One that was read is written so that it reads the same.
pub(crate) fn number(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let shown = text.replace('&', "&amp;").replace('<', "&lt;");
    let page = format!("<li><b>LQ45</b><i>{shown}</i><u>{shown}</u><s>{shown}%</s>");
    for locale in [Locale::Indonesian, Locale::English] {
        written_as_read(&parse(page.as_bytes(), None, &css(locale)));
    }
    let quoted = serde_json::Value::String(text.to_owned()).to_string();
    for value in [text, &quoted] {
        written_as_read(&in_document(value));
    }
    let _ = parse(
        format!("| INDIKATOR | LQ45 {text} {text} {text}% EMAS{text}%").as_bytes(),
        None,
        &Layout::Kontan,
    );
}

fn in_document(value: &str) -> Reading {
    parse(format!("{{\"a\":{{\"level\":{value},\"change\":{value}}}}}").as_bytes(), None, &json())
}

fn written_as_read(reading: &Reading) {
    let numbers = |figures: Figures| -> [Option<Quantity>; 3] {
        [figures.level.map(|n| n.0), figures.change.map(|n| n.0), figures.percent.map(|n| n.0)]
    };
    for quantity in reading.quotes.iter().flat_map(|quote| numbers(quote.figures)).flatten() {
        let again = in_document(&quantity.to_string());
        let level = again.quotes.first().and_then(|quote| quote.figures.level);
        assert_eq!(level.map(|level| level.0), Some(quantity));
    }
}

/// Typed times, intervals and windows. A span never ends before it begins; what is written reads the same.
pub(crate) fn time(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let now = chrono::DateTime::from_timestamp(1_732_262_400, 0).unwrap_or_default();
    for zone in [chrono_tz::Asia::Jakarta, chrono_tz::Europe::Berlin, chrono_tz::Pacific::Apia] {
        if let Ok(span) = parse_moment(text, now, zone) {
            let looks_back = matches!(text, "mtd" | "ytd");
            assert!(span.start <= span.end || looks_back, "{text:?} is {span:?}");
            let _ = span.last();
        }
        if let Ok(window) = text.parse::<Window>() {
            assert_eq!(window.to_string().parse::<Window>(), Ok(window));
            let _ = window.base(now, zone);
        }
        if let Ok(interval) = text.parse::<Interval>() {
            assert_eq!(interval.to_string().parse::<Interval>(), Ok(interval));
        }
    }
}

/// Configurations. One that is understood is written so that it reads the same; one that is not gives one line.
pub(crate) fn config(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (path, env) = (Path::new("/etc/pantau/pantau.toml"), |_: &str| None);
    match Config::parse(text, path, &env) {
        Ok(config) => {
            let written = config.to_toml();
            assert_eq!(Config::parse(&written, path, &env).ok().as_ref(), Some(&config), "{written}");
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
}

/// Rules. One that is understood is written so that it reads the same, and judges whatever is found; of what is not known
/// it never says that it is so.
pub(crate) fn rule(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let rule: Rule = match text.parse() {
        Ok(rule) => rule,
        Err(error) => {
            let told = format!("{error}");
            assert!(!told.is_empty() && !told.contains('\n'), "{told:?}");
            return;
        }
    };
    let written = rule.to_string();
    assert_eq!(written.parse().as_ref(), Ok(&rule), "{written}");
    let now = chrono::DateTime::from_timestamp(1_732_262_400, 0).unwrap_or_default();
    let facts = |find: &dyn Fn(&Term) -> Fact| Facts {
        now,
        zone: chrono_tz::Asia::Jakarta,
        found: rule.terms().into_iter().map(|term| (term.clone(), find(&term))).collect(),
    };
    let found = |term: &Term| match term.aspect {
        Aspect::Age => Fact::Seen(now - chrono::Duration::seconds(90)),
        Aspect::Drift | Aspect::Held => Fact::Flag(true),
        _ => Fact::Number(919.into()),
    };
    assert_ne!(rule.judge(&facts(&found), None), Truth::Unknown, "{written}");
    let nothing = |_: &Term| Fact::Unknown("nothing known yet".to_owned());
    assert_eq!(rule.judge(&facts(&nothing), None), Truth::Unknown, "{written}");
}

/// Archives. No bytes break the reading, every place is within them, and no answer is longer than it may be.
pub(crate) fn archive(bytes: &[u8]) {
    let length = bytes.len() as u64;
    let read = record::read(bytes, 0, &mut |event| {
        match event {
            Event::Record(record) => {
                assert!(record.offset < length, "{record:?}");
                answer(record.block);
                let _ = (record.type_name().len(), record::digest::agrees(&record));
            }
            Event::Damage(damage) => {
                assert!(damage.offset <= length && !damage.what.is_empty(), "{damage:?}")
            }
        }
        ControlFlow::Continue(())
    });
    assert!(read.is_ok(), "bytes in memory can be had");
    let _ = (
        record::detect(bytes),
        record::read_wacz(std::io::Cursor::new(bytes), &mut |_, _| ControlFlow::Continue(())),
    );
    answer(bytes);
}

fn answer(block: &[u8]) {
    let answer = record::response(block);
    assert!(answer.body.len() as u64 <= record::MAX_BLOCK || answer.body.len() <= block.len());
}
