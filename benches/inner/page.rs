//! Reading pages: a page of 398 KB with the header in three places and in none, and with what looks like one.

use divan::Bencher;
use pantau::parse::{Layout, Reading, parse, reread};

use crate::filler::Filler;
use crate::labels::LABELS;
use crate::market::Market;
use crate::random::Random;

const BYTES: usize = 398_000;
/// How far from the edge of the page a header near its top or its end stands.
const EDGE: usize = 4000;
const CONTENT_TYPE: &str = "text/html; charset=utf-8";
/// What a card of the filler begins with.
const CARD: &str = "<div class=\"card card-berita";
/// What stands behind one card in ten.
const BETWEEN: &str =
    "<script>window.ads = window.ads || []; if (1 < 2) { ads.push('<b>x</b>'); }</script>\n<!-- iklan -->\n";
/// A bar that is none, in text, in a script and in a comment.
const FALSE: [&str; 3] = [
    "<p>Analis menilai pertumbuhan | INDIKATOR harga, dan | LQ45 naik 1,2%.</p>\n",
    "<script>var bar = '| INDIKATOR | LQ45 900 9,00 1,01%';</script>\n",
    "<!-- | INDIKATOR | LQ45 900 9,00 1,01% -->\n",
];

/// A page and how many rows it has.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Shape {
    Top,
    Middle,
    End,
    Absent,
    /// Near its end, behind three false ones.
    FalseBefore,
    /// Near its end, behind false ones in every second card.
    FalseEverywhere,
}

impl Shape {
    fn rows(self) -> usize {
        if matches!(self, Self::Absent) { 0 } else { LABELS.len() }
    }

    fn page(self) -> String {
        let ahead = match self {
            Self::Top => EDGE,
            Self::Middle => BYTES / 2,
            Self::End | Self::Absent | Self::FalseBefore | Self::FalseEverywhere => BYTES - EDGE,
        };
        let mut random = Random::new(7);
        let filler = Filler::new(&mut random);
        let mut markup = |bytes: usize| cards(&filler.markup(bytes, &mut random), self);
        let (mut before, behind) = (markup(ahead), markup(BYTES - ahead));
        if matches!(self, Self::FalseBefore) {
            before = FALSE.concat() + &before;
        }
        let page = header_page();
        let (head, header) = page.split_once("<p>kontan").unwrap();
        let (header, tail) = header.split_once("<h1>").unwrap();
        let header = if matches!(self, Self::Absent) { "" } else { header };
        format!("{head}{before}<p>kontan{header}{behind}<h1>{tail}")
    }
}

/// Filler with scripts and comments between its cards.
fn cards(markup: &str, shape: Shape) -> String {
    let mut page = String::new();
    for (number, card) in markup.split(CARD).enumerate() {
        page.push_str(if number == 0 { "" } else { CARD });
        page.push_str(card);
        if number % 10 == 9 {
            page.push_str(BETWEEN);
        }
        if number % 2 == 1 && matches!(shape, Shape::FalseEverywhere) {
            page.push_str(FALSE[number / 2 % FALSE.len()]);
        }
    }
    page
}

/// A small page of the market's.
pub(crate) fn header_page() -> String {
    Market::new(7).page()
}

fn read(page: &str) -> Reading {
    parse(page.as_bytes(), Some(CONTENT_TYPE), &Layout::Kontan)
}

#[divan::bench(args = [Shape::Top, Shape::Middle, Shape::End, Shape::Absent, Shape::FalseBefore, Shape::FalseEverywhere])]
fn a_page(bencher: Bencher<'_, '_>, shape: Shape) {
    let page = shape.page();
    assert!(page.len() >= BYTES, "{shape:?}");
    assert_eq!(read(&page).quotes.len(), shape.rows(), "{shape:?}");
    bencher.bench(|| read(&page));
}

#[divan::bench]
fn a_page_of_nothing_but_the_header(bencher: Bencher<'_, '_>) {
    let page = header_page();
    bencher.bench(|| read(&page));
}

#[divan::bench(args = ["LQ45919,20 -16,32 -1.74%", "KOMPAS1001.005 3,86 0,39%", "RD.PENDAPATAN TETAP 0.05%"])]
fn a_row_that_a_capture_kept(bencher: Bencher<'_, '_>, row: &str) {
    let block = format!("| INDIKATOR |\n{row}\n");
    assert_eq!(reread(&block).quotes.len(), 1, "{row}");
    bencher.bench(|| reread(&block));
}
