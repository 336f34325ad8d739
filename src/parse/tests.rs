//! Hazards of headers, each with the smallest page that shows it.

use proptest::prelude::*;

use super::*;
use crate::domain::{Contradiction, Verdict};

/// Reads rows after a bar, as `label level change percent verdict` lines.
fn rows(after_bar: &str) -> Vec<String> {
    show(&page(&format!("<p>| : WIB | INDIKATOR |</p>{after_bar}")))
}

fn page(html: &str) -> Reading {
    parse(html.as_bytes(), None, &Layout::Kontan)
}

fn show(reading: &Reading) -> Vec<String> {
    let part = |number: Option<String>| number.unwrap_or_else(|| "~".to_owned());
    let line = |quote: &Quote| {
        let figures = quote.figures;
        let verdict = match quote.verdict {
            Verdict::Verified => "ok",
            Verdict::Unverifiable => "?",
            Verdict::Contradicted(Contradiction::InvertedSign) => "inverted",
            Verdict::Contradicted(Contradiction::NoPrevious) => "wrong",
        };
        let numbers = [
            part(figures.level.map(|n| n.to_string())),
            part(figures.change.map(|n| n.to_string())),
            part(figures.percent.map(|n| n.to_string())),
        ];
        format!("{} {} {verdict}", quote.label, numbers.join(" "))
    };
    reading.quotes.iter().map(line).collect()
}

fn issues(html: &str) -> Vec<String> {
    page(html).issues.iter().map(ToString::to_string).collect()
}

#[test]
fn a_glued_label_is_split_where_the_row_verifies() {
    assert_eq!(rows("LQ45919,20 -16,32 -1.74%"), ["LQ45 919.20 -16.32 -1.74 ok"]);
    assert_eq!(rows("KOMPAS1001.005 3,86 0,39%"), ["KOMPAS100 1005 3.86 0.39 ok"]);
    assert_eq!(rows("IDX30403 1,61 0,40%"), ["IDX30 403 1.61 0.40 ok"]);
    assert_eq!(rows("IDX6.926 28,03 0,41%"), ["IDX 6926 28.03 0.41 ok"]);
    assert_eq!(rows("JII70240,5 -1,2 -0,5%"), ["JII70 240.5 -1.2 -0.5 ok"]);
}

#[test]
fn a_glued_label_that_nothing_verifies_is_the_longest_known() {
    assert_eq!(rows("EMAS1.345.000 0,75%"), ["EMAS 1345000 ~ 0.75 ?"]);
    assert_eq!(rows("IDX80113 0,00 0,00%"), ["IDX80 113 0.00 0.00 ?"]);
    assert_eq!(rows("PERAK15.000 0,75%"), ["PERAK 15000 ~ 0.75 ?"]);
}

#[test]
fn one_label_may_begin_another() {
    assert_eq!(
        rows("IDX 6.926 28,03 0,41% IDX30 403 1,61 0,40% IDX80 113 0,26 0,23%"),
        ["IDX 6926 28.03 0.41 ok", "IDX30 403 1.61 0.40 ok", "IDX80 113 0.26 0.23 ok"]
    );
}

#[test]
fn rows_need_no_space_between_them() {
    assert_eq!(
        rows("LQ45919,20-16,32-1.74%EMAS1.345.000 0,75%RD.SAHAM0.05%RD.CAMPURAN-0.03%"),
        [
            "LQ45 919.20 -16.32 -1.74 ok",
            "EMAS 1345000 ~ 0.75 ?",
            "RD.SAHAM ~ ~ 0.05 ?",
            "RD.CAMPURAN ~ ~ -0.03 ?"
        ]
    );
    assert_eq!(
        rows("RD.CAMPURAN0.03 % RD.SAHAM<b>0.05</b> <i>%</i>"),
        ["RD.CAMPURAN ~ ~ 0.03 ?", "RD.SAHAM ~ ~ 0.05 ?"]
    );
}

#[test]
fn zero_is_printed_in_three_ways() {
    for zero in ["0 0%", "0,00 0,00%", "0 0.00%"] {
        let read = rows(&format!("LQ45 777 {zero}"));
        assert!(read[0].ends_with('?'), "{read:?}");
    }
}

#[test]
fn minus_signs_invisible_characters_and_arrows_are_understood() {
    for row in [
        "LQ45 919,20 \u{2212}16,32 \u{2212}1.74%",
        "L\u{200b}Q45 919\u{200d},20 -16,32 -1.74%",
        "LQ45 919,20 ▼ 16,32 ▼1.74%",
        "LQ45 919,20 ▼16,32 (1.74%)",
        "LQ45 919,20 (16,32) (1.74%)",
        "LQ45 919,20 ▼ -16,32 -1.74%",
        "<b>LQ45</b><i>919,20</i><u>-</u>16,32<s>-1.74</s>%",
        "LQ45: Rp 919,20 &minus;16,32 &#8722;1.74&percnt;",
    ] {
        assert_eq!(rows(row), ["LQ45 919.20 -16.32 -1.74 ok"], "{row}");
    }
    assert_eq!(rows("LQ45 777 ▲ 2,30 ▲ 0,30%"), ["LQ45 777 2.30 0.30 ok"]);
    assert_eq!(rows("LQ45 777 2,30 (0,30%)"), ["LQ45 777 2.30 0.30 ok"]);
}

#[test]
fn a_sign_that_only_a_class_name_tells_is_named_and_not_repaired() {
    let row = "LQ45 919,20 <b class='down'>16,32</b> <b class='down'>1.74%</b>";
    assert_eq!(rows(row), ["LQ45 919.20 16.32 1.74 inverted"]);
    assert_eq!(rows("USD/IDR 16.555 -90,00 -0,55%"), ["USD/IDR 16555 -90.00 -0.55 inverted"]);
}

#[test]
fn placeholders_are_absent_numbers() {
    assert_eq!(
        rows("LQ45 777 - 0,30% EMAS 1.508.000 N/A N/A ISSI 221 0,99 -"),
        ["LQ45 777 ~ 0.30 ?", "EMAS 1508000 ~ ~ ?", "ISSI 221 0.99 ~ ?"]
    );
}

#[test]
fn a_row_without_values_is_named_and_the_next_one_read() {
    for empty in ["LQ45", "LQ45 -", "LQ45 N/A", "LQ45 - - -", "LQ45 777", "LQ45 777 2,30"] {
        let html = format!("| INDIKATOR |<ul><li>{empty}</li><li>ISSI 221 0,99 0,45%</li></ul>");
        assert_eq!(show(&page(&html)), ["ISSI 221 0.99 0.45 ok"], "{empty}");
        assert!(
            issues(&html)[0].starts_with("expected up to two numbers and a percentage after LQ45"),
            "{empty}"
        );
        assert!(page(&html).has_defects());
    }
}

#[test]
fn the_percentage_ends_the_row() {
    let html = "| INDIKATOR | LQ45 919,20 -16,32 5 -1.74% ISSI 221 0,99 0,45%";
    assert!(
        issues(html)[0].contains("after LQ45; there stands 'LQ45 919,20 -16,32 5'"),
        "{:?}",
        issues(html)
    );
}

#[test]
fn unknown_labels_are_read_like_known_ones() {
    let html = "| INDIKATOR | EMAS 1.508.000 10.000 0,67% IDXSMC-LIQ 310 1,00 0,32% S&amp;P/IDX 12 0,1 0,84% RD.PASAR UANG 0.01%";
    assert_eq!(
        show(&page(html)),
        [
            "EMAS 1508000 10000 0.67 ok",
            "IDXSMC-LIQ 310 1.00 0.32 ok",
            "S&P/IDX 12 0.1 0.84 ok",
            "RD.PASAR UANG ~ ~ 0.01 ?"
        ]
    );
    assert_eq!(issues(html)[0], "new label IDXSMC-LIQ: recorded as an indicator of its own");
    assert!(!page(html).has_defects());
}

#[test]
fn article_text_is_no_row() {
    for article in [
        "<h1>LQ45 naik 1,2% pukul 10.01 WIB</h1>",
        "<p>Analisis: IHSG turun 0,5% dan LQ45 0,77% pada 10.01 WIB",
        "<h1>SAHAM PILIHAN NAIK 1,2%</h1>",
        "<h1>IHSG 1,2% HARI INI</h1>",
        "<p>Rabu, 13 Juli 2022 / 14:13 WIB</p><p>kinerja INDIKATOR utama | 0,3%</p>",
    ] {
        let html = format!("<ul>| INDIKATOR |<li>LQ45 777 2,30 0,30%</li></ul>{article}");
        assert_eq!(show(&page(&html)), ["LQ45 777 2.30 0.30 ok"], "{article}");
    }
}

#[test]
fn the_word_of_the_bar_in_a_tag_a_comment_or_a_script_does_not_count() {
    let decoy = "| INDIKATOR | LQ45 1 2 3%";
    for hidden in [
        format!("<script>var bar = '<!-- {decoy}';</script>"),
        format!("<!-- {decoy} -->"),
        format!("<a title=\"> {decoy}\" href='x'>"),
        format!("<style>/* {decoy} */</style>"),
        format!("<textarea>{decoy}</textarea>"),
        "<p>INDIKATOR | pasar dan | INDIKATOR".to_owned(),
    ] {
        let html = format!("{hidden}<p>| INDIKATOR |<p>ISSI 221 0,99 0,45%");
        assert_eq!(show(&page(&html)), ["ISSI 221 0.99 0.45 ok"], "{hidden}");
        assert!(page(&hidden).quotes.is_empty());
        assert!(page(&hidden).has_defects());
    }
}

#[test]
fn a_page_without_the_block_says_what_stood_there() {
    assert_eq!(
        issues("<h1>Sedang perawatan</h1>"),
        ["expected the bar `| INDIKATOR |`; the word is not in the page, which begins 'Sedang perawatan'"]
    );
    assert_eq!(
        issues("harga INDIKATOR naik")[0],
        "expected the bar `| INDIKATOR |`; the word stands 1 times, never between bars in shown text; the page begins 'harga INDIKATOR naik'"
    );
    assert_eq!(issues("| INDIKATOR |"), ["expected rows after the bar `| INDIKATOR |`; the page ends there"]);
    assert_eq!(
        issues("| INDIKATOR | Memuat data pasar"),
        ["expected rows after the bar `| INDIKATOR |`; there stands 'Memuat data pasar'"]
    );
}

#[test]
fn half_a_block_gives_its_rows_and_says_where_it_broke() {
    let html = "<html><body>| INDIKATOR | LQ45 777 2,30 0,30% ISSI 221 0,9";
    assert_eq!(show(&page(html)), ["LQ45 777 2.30 0.30 ok"]);
    assert_eq!(
        issues(html),
        [
            "expected up to two numbers and a percentage after ISSI; there stands 'ISSI 221 0,9'",
            "the page ends without </html>; it may be cut short"
        ]
    );
}

#[test]
fn agreeing_copies_are_one_and_disagreeing_ones_none() {
    let copies = |first: &str, second: &str| {
        page(&format!("| INDIKATOR | {first} ISSI 221 0,99 0,45%<p>menu<p>| INDIKATOR | {second}"))
    };
    let row = "LQ45 777 2,30 0,30%";
    assert_eq!(copies(row, row).quotes.len(), 2);
    assert!(copies(row, row).issues.is_empty());
    let disagreeing = copies(row, "LQ45 778 3,30 0,43%");
    assert_eq!(show(&disagreeing), ["ISSI 221 0.99 0.45 ok"]);
    assert_eq!(
        disagreeing.issues[0].to_string(),
        "expected one row of LQ45; two copies disagree: 'LQ45 777 2,30 0,30%' and 'LQ45 778 3,30 0,43%'; neither is recorded"
    );
    assert_eq!(disagreeing.issues.len(), 1);
    let refuted = copies("LQ45 777 2,30 3,00%", row);
    assert_eq!(show(&refuted)[0], "LQ45 777 2.30 0.30 ok");
}

#[test]
fn a_date_before_the_bar_is_kept_and_a_clock_is_not() {
    let date = |bar: &str| page(&format!("{bar} | INDIKATOR | LQ45 777 2,30 0,30%")).page_date;
    let expected = NaiveDate::from_ymd_opt(2025, 3, 29);
    assert_eq!(date("Sabtu, 29 Maret 2025 | : WIB"), expected);
    assert_eq!(date("<i>Sabtu, 29 Mar 2025</i> <b>|</b> 10:01 WIB"), expected);
    assert_eq!(date("naik 29 persen | 10.01 WIB"), None);
    assert_eq!(date("31 Februari 2025 | : WIB"), None);
    assert_eq!(date("| : WIB"), None);
    let with_clock = page("29 Maret 2025 | 10:01 WIB | INDIKATOR | LQ45 777 2,30 0,30%").block;
    let without = page("29 Maret 2025 | : WIB | INDIKATOR | LQ45\u{a0}777 2,30 0,30%").block;
    assert_eq!(with_clock, without);
    assert_eq!(with_clock.as_deref(), Some("29 Maret 2025 | INDIKATOR |\nLQ45 777 2,30 0,30%\n"));
}

#[test]
fn charsets_are_honoured_and_replacement_is_noted() {
    let latin = b"<meta charset=windows-1252>| INDIKATOR | LQ45919,20 \xa0 -16,32 \xa0 -1.74%";
    assert_eq!(show(&parse(latin, None, &Layout::Kontan)), ["LQ45 919.20 -16.32 -1.74 ok"]);
    assert!(parse(latin, None, &Layout::Kontan).issues.is_empty());
    let broken = parse(latin, Some("text/html; charset=utf-8"), &Layout::Kontan);
    assert_eq!(show(&broken), ["LQ45 919.20 -16.32 -1.74 ok"]);
    assert_eq!(broken.issues, [Issue::Replaced { charset: "UTF-8" }]);
    let wide: Vec<u8> =
        "\u{feff}| INDIKATOR | LQ45 777 2,30 0,30%".encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(show(&parse(&wide, None, &Layout::Kontan)), ["LQ45 777 2.30 0.30 ok"]);
}

#[test]
fn junk_between_rows_is_skipped_when_the_next_row_verifies() {
    let html = "| INDIKATOR | Lihat semua LQ45 777 2,30 0,30% iklan sela ISSI 221 0,99 0,45%";
    assert_eq!(show(&page(html)), ["LQ45 777 2.30 0.30 ok", "ISSI 221 0.99 0.45 ok"]);
    assert_eq!(
        issues(html),
        ["skipped text between rows: 'Lihat semua'", "skipped text between rows: 'iklan sela'"]
    );
}

#[test]
fn hostile_pages_are_read_in_time_that_grows_with_their_length() {
    let endless_tags = format!("{}&gt; | INDIKATOR | LQ45 777 2,30 0,30%", "<a =\">\"".repeat(400_000));
    assert_eq!(show(&page(&endless_tags)), ["LQ45 777 2.30 0.30 ok"]);
    let endless_number = format!("| INDIKATOR | X A{} LQ45 777 2,30 0,30%", "1".repeat(60_000));
    assert_eq!(show(&page(&endless_number)), ["LQ45 777 2.30 0.30 ok"]);
}

fn css() -> Layout {
    Layout::Css(CssRules {
        row: "li".to_owned(),
        label: "b".to_owned(),
        level: Some("i".to_owned()),
        change: None,
        percent: None,
        locale: Locale::English,
    })
}

fn json(labels: &[String]) -> Layout {
    let rule = |label: &String| JsonIndicator {
        label: label.clone(),
        level: Some(format!("/{label}")),
        ..JsonIndicator::default()
    };
    Layout::Json(JsonRules { indicators: labels.iter().map(rule).collect() })
}

fn issues_of(body: &str, layout: &Layout) -> Vec<String> {
    parse(body.as_bytes(), None, layout).issues.iter().map(ToString::to_string).collect()
}

#[test]
fn a_page_with_more_rows_than_a_header_has_gives_none() {
    let header = |count: usize| {
        let rows: String = (0..count).map(|row| format!("X{row}Y 1 0 0%\n")).collect();
        (format!("| INDIKATOR |\n{rows}"), Layout::Kontan)
    };
    let list = |count: usize| {
        let rows: String = (0..count).map(|row| format!("<li><b>X{row}Y</b><i>1</i>")).collect();
        (rows, css())
    };
    let document = |count: usize| {
        let labels: Vec<String> = (0..count).map(|row| format!("X{row}Y")).collect();
        let fields: Vec<String> = labels.iter().map(|label| format!("\"{label}\":1")).collect();
        (format!("{{{}}}", fields.join(",")), json(&labels))
    };
    for page in [&header as &dyn Fn(usize) -> (String, Layout), &list, &document] {
        let (body, layout) = page(MAX_ROWS);
        assert_eq!(parse(body.as_bytes(), None, &layout).quotes.len(), MAX_ROWS, "{layout:?}");
        for count in [MAX_ROWS + 1, 10_000] {
            let (body, layout) = page(count);
            let reading = parse(body.as_bytes(), None, &layout);
            assert!(reading.quotes.is_empty() && reading.block.is_none());
            assert_eq!(issues_of(&body, &layout), ["expected at most 500 rows, found more"]);
        }
    }
}

#[test]
fn copies_of_a_header_are_not_counted_as_rows() {
    let rows: String = (0..MAX_ROWS).map(|row| format!("X{row}Y 1 0 0%\n")).collect();
    let reading = page(&format!("| INDIKATOR |\n{rows}").repeat(3));
    assert_eq!(reading.quotes.len(), MAX_ROWS);
}

#[test]
fn a_label_too_long_to_be_one_is_named_and_not_recorded() {
    let long = "X".repeat(MAX_LABEL + 1);
    let begins = format!("{}...", &long[..57]);
    let told = format!("expected a label of at most 64 characters; there stands '{begins}'");
    let list = format!("<li><b>{long}</b><i>1</i><li><b>IDX</b><i>6926</i>");
    let reading = parse(list.as_bytes(), None, &css());
    assert_eq!(show(&reading), ["IDX 6926 ~ ~ ?"]);
    assert_eq!(reading.issues[0].to_string(), told);
    assert!(reading.has_defects());
    assert!(!reading.block.unwrap().contains("XX"));
    let document = format!("{{\"{long}\":1,\"IDX\":6926}}");
    let layout = json(&[long.clone(), "IDX".to_owned()]);
    assert_eq!(show(&parse(document.as_bytes(), None, &layout)), ["IDX 6926 ~ ~ ?"]);
    assert_eq!(issues_of(&document, &layout), [told]);
    // In a header it is no row at all: such text follows every block.
    let header = format!("IDX 6.926 28,03 0,41% {long} 1 0 0%");
    assert_eq!(rows(&header), ["IDX 6926 28.03 0.41 ok"]);
}

#[test]
fn a_number_of_four_hundred_digits_is_named_and_not_read() {
    let digits = "9".repeat(400);
    let shown = format!("{}...", "9".repeat(57));
    let header = format!("| INDIKATOR | LQ45 {digits} 2,30 0,30%");
    let told = &issues(&header)[0];
    assert!(told.starts_with("expected up to two numbers and a percentage after LQ45"), "{told}");
    assert!(told.len() < 200, "{told}");
    assert!(page(&header).quotes.is_empty());
    let list = format!("<li><b>LQ45</b><i>{digits}</i>");
    let told = format!("expected a number as the level of LQ45; there stands '{shown}'");
    assert_eq!(issues_of(&list, &css()), [told]);
    for number in [digits.clone(), format!("-{digits}.5"), format!("\"{digits}\""), format!("{digits}e400")] {
        let document = format!("{{\"LQ45\":{number}}}");
        let reading = parse(document.as_bytes(), None, &json(&["LQ45".to_owned()]));
        assert!(reading.quotes.is_empty(), "{number}");
        assert!(
            reading.issues[0].to_string().starts_with("expected a number as the level of LQ45"),
            "{number}"
        );
        assert!(reading.block.unwrap().len() < 400);
    }
}

/// Text in the likeness of a header, broken in any way.
fn header_like() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("| INDIKATOR |".to_owned()),
        Just("<!-- ".to_owned()),
        Just("<script>".to_owned()),
        Just("</li><li>".to_owned()),
        Just("\u{a0}".to_owned()),
        Just(" ".to_owned()),
        Just("%".to_owned()),
        "(LQ45|EMAS|IDX|IDX30|RD\\.SAHAM|RD\\.PENDAPATAN TETAP|USD/IDR|JII|Naik)",
        "-?[0-9]{1,3}(\\.[0-9]{3}){0,2}(,[0-9]{1,2})?%?",
        "[▲▼+(){}\u{2212}\u{200b}.,:|&;#x<>/=\"' \n]{1,3}",
        "\\PC{0,6}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = parse(&bytes, None, &Layout::Kontan);
        let mut page = b"| INDIKATOR | ".to_vec();
        page.extend(&bytes);
        let _ = parse(&page, Some("text/html; charset=shift_jis"), &Layout::Kontan);
        let _ = reread(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn the_kept_text_gives_the_same_quotes(text in header_like()) {
        let reading = page(&format!("| INDIKATOR | {text}"));
        if let Some(block) = &reading.block {
            let again = reread(block);
            prop_assert_eq!(&again.quotes, &reading.quotes, "{}", block);
            prop_assert_eq!(again.block.as_ref(), Some(block));
            prop_assert_eq!(again.page_date, reading.page_date);
        }
    }
}
