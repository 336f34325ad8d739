//! What people see on the screen: tables, colours, notes and their silence.

use crate::captures::FOUR;
use crate::common::Home;

#[test]
fn colour_is_only_where_it_is_wanted() {
    let home = Home::with_captures(&FOUR);
    for (args, variable, is_coloured) in [
        (&["latest"][..], None, false),
        (&["latest", "--color", "always"], None, true),
        (&["latest", "--color", "never"], None, false),
        (&["latest", "--color", "auto"], Some("NO_COLOR"), false),
        (&["latest", "-f", "json", "--color", "always"], None, false),
        (&["history", "lq45", "--color", "always"], None, true),
        (&["change", "--color", "always"], None, true),
    ] {
        let command = home.pantau(args);
        let command = if let Some(name) = variable { command.env(name, "1") } else { command };
        let done = command.ok();
        assert_eq!(done.stdout().contains('\u{1b}'), is_coloured, "{done}");
    }
}

#[test]
fn a_table_reads_the_same_without_its_colours() {
    let home = Home::with_captures(&FOUR);
    for args in [&["history", "lq45"][..], &["change", "--over", "1d"], &["explain", "lq45"]] {
        let plain = home.pantau(args).ok().stdout();
        let coloured = home.pantau(args).args(["--color", "always"]).ok().stdout();
        assert_eq!(without_escapes(&coloured), plain);
    }
}

/// Takes out `ESC [ ... letter`.
fn without_escapes(text: &str) -> String {
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let end = after.find(|character: char| character.is_ascii_alphabetic()).unwrap();
        rest = &after[end + 1..];
    }
    plain + rest
}

#[test]
fn a_table_shows_signs_thousands_and_verdicts_that_are_not_plain() {
    let home = Home::with_captures(&FOUR);
    let table = home.pantau(["latest"]).ok().stdout();
    let line = |label: &str| {
        let found = table.lines().find(|line| line.contains(label));
        found.unwrap_or_else(|| panic!("{label} is not in\n{table}")).to_owned()
    };
    let gold = line("emas");
    assert!(gold.contains("1.520.000") || gold.contains("1,520,000"), "{gold}");
    assert!(gold.contains('+'), "{gold}");
    assert!(line("usd-idr").contains("contradicted") || line("usd-idr").contains("inverted"), "{table}");
    assert!(!line("lq45").contains("verified"), "a plain verdict is not told\n{table}");
}

#[test]
fn a_quiet_program_says_only_what_failed() {
    let home = Home::new();
    let capture = crate::captures::capture("c03");
    let args = ["poll", "-q", "-f", "json", "--at", &capture.seen_at, "--from"];
    home.pantau(args).arg(&capture.path).ok().is_silent();
    home.pantau(["extract", "-q"]).arg(&capture.path).ok().is_silent();
    home.pantau(["latest", "-q", "lq54"]).fails(3).says("lq54");
}

#[test]
fn control_characters_of_a_page_never_reach_the_terminal() {
    let home = Home::new();
    let page = "| : WIB | INDIKATOR |\n• LQ45 878 11,94 1,38%\n• JAHAT\u{1b}[2J\u{7} 310 1,00 0,32%\n";
    let done = home.pantau(["poll", "--at", "2024-11-22T10:30:00+07:00", "--from", "-"]).stdin(page).run();
    let asked = home.pantau(["latest"]).run();
    for done in [done, asked] {
        assert!(!done.stdout.contains(&0x1b) && !done.stderr.contains(&0x1b), "{done}");
        assert!(!done.stdout.contains(&7) && !done.stderr.contains(&7), "{done}");
    }
}

#[test]
fn an_indicator_that_nobody_knew_is_reported_once() {
    let home = Home::new();
    let page = "| : WIB | INDIKATOR |\n• LQ45 878 11,94 1,38%\n• JII70 310 1,00 0,32%\n";
    let poll = |at: &str| home.pantau(["poll", "--at", at, "--from", "-"]).stdin(page).ok();
    poll("2024-11-22T10:30:00+07:00").says("JII70");
    assert!(!poll("2024-11-22T10:31:00+07:00").stderr().contains("JII70"));
    let jii = home.pantau(["latest", "jii70", "-f", "json"]).ok().array().remove(0);
    assert_eq!(crate::common::text(&jii, "kind"), "index");
}
