//! The pages of the corpus: which kinds there are and how often, what each answers, and how many rows a reader must find.

use super::filler::Filler;
use super::random::Random;
use crate::captures::{self, Capture};
use crate::shapes;

/// What a page is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An article without the header: most of them.
    Article,
    /// An article that uses the word of the bar.
    Mention,
    /// The header of a capture, whole.
    Header,
    /// The header, compressed and cut into chunks as its server sent it.
    AsSent,
    /// The header, with a head that says so of a body that is neither.
    SaidToBeSent,
    /// The header in Latin-1, as its answer says.
    Latin,
    /// The header in Latin-1, where the page says that it is UTF-8.
    WrongCharset,
    /// The header of a page that ends in its second row.
    Half,
    /// The header of a page that a tool copied from Wayback, dated when it was copied.
    Copy,
    /// The header, as a file without an answer around it.
    File,
    /// The header in the answer of a server that refuses.
    Refusal,
    /// The header in something that is no page.
    Picture,
    /// The bar, and nothing after it.
    Empty,
    /// A note that a page is the same as before.
    Revisit,
}

impl Kind {
    /// One page in twenty shows the header; of those one in three is out of the ordinary.
    pub(crate) fn of(random: &mut Random, has_revisits: bool) -> Self {
        match random.below(1000) {
            0..34 => Self::Header,
            34..37 => Self::AsSent,
            37..40 => Self::SaidToBeSent,
            40..42 => Self::Latin,
            42..44 => Self::WrongCharset,
            44..46 => Self::Half,
            46..49 => Self::Copy,
            49..51 => Self::File,
            51..55 => Self::Refusal,
            55..58 => Self::Picture,
            58..60 => Self::Empty,
            60..65 if has_revisits => Self::Revisit,
            65..85 => Self::Mention,
            _ => Self::Article,
        }
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: &'static str,
    pub(crate) content_type: &'static str,
    /// Further lines of its head.
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
    /// How many rows must be found in it.
    pub(crate) rows: usize,
}

/// Makes pages.
pub(crate) struct Pages {
    captures: Vec<Capture>,
}

impl Pages {
    pub(crate) fn new() -> Self {
        Self { captures: captures::ALL.into_iter().map(captures::capture).collect() }
    }

    pub(crate) fn answer(&self, kind: Kind, size: usize, filler: &mut Filler, random: &mut Random) -> Answer {
        let capture = random.one(&self.captures);
        let shapes = shapes::pages(&capture.text);
        let page = &random.one(&shapes).html;
        let rows = capture.rows.len();
        let html = "text/html; charset=UTF-8";
        let plain = |page: &str, rows, filler: &Filler, random: &mut Random| Answer {
            status: "200 OK",
            content_type: html,
            head: String::new(),
            body: around(page, size, filler, random).into_bytes(),
            rows,
        };
        match kind {
            Kind::Article | Kind::Revisit => plain(BARE, 0, filler, random),
            Kind::Mention => plain(&shapes::without_block(), 0, filler, random),
            Kind::Header | Kind::Copy | Kind::File => plain(page, rows, filler, random),
            Kind::Half => plain(&shapes::half(&capture.text), 1, filler, random),
            Kind::Empty => {
                let page =
                    "<html><body><div>| : WIB | INDIKATOR |</div><p>Data belum siap.</p></body></html>";
                plain(page, 0, filler, random)
            }
            Kind::Refusal => {
                Answer { status: "429 Too Many Requests", rows: 0, ..plain(page, rows, filler, random) }
            }
            Kind::Picture => {
                Answer { content_type: "image/png", rows: 0, ..plain(page, rows, filler, random) }
            }
            Kind::AsSent => {
                let answer = plain(page, rows, filler, random);
                let head = "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n".to_owned();
                Answer { head, body: chunked(&gzip(&answer.body)), ..answer }
            }
            Kind::SaidToBeSent => {
                let head = "Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n".to_owned();
                Answer { head, ..plain(page, rows, filler, random) }
            }
            Kind::Latin => {
                let answer = plain(&latin_page(capture), rows, filler, random);
                Answer { content_type: "text/html; charset=ISO-8859-1", body: latin(&answer.body), ..answer }
            }
            Kind::WrongCharset => {
                let answer = plain(&latin_page(capture), rows, filler, random);
                Answer { content_type: "text/html", body: latin(&answer.body), ..answer }
            }
        }
    }

    /// A text as crawlers make it of a page: every second one has a header, its bullets gone, its names glued to its
    /// numbers where the page glued them.
    pub(crate) fn text(&self, number: usize, filler: &mut Filler, random: &mut Random) -> (String, usize) {
        let (before, after) = (filler.text(3000, random), filler.text(2000, random));
        if number % 2 == 1 {
            return (before + &after, 0);
        }
        let capture = &self.captures[number / 2 % self.captures.len()];
        let header: Vec<&str> =
            capture.text.lines().map(|line| line.trim_start_matches([' ', '•'])).collect();
        (format!("{before}{}\n{after}", header.join("\n")), capture.rows.len())
    }
}

const BARE: &str = "<!DOCTYPE html>\n<html lang=\"id\">\n<head><meta charset=\"utf-8\"><title>Berita</title></head>\n\
    <body>\n<p>Isi berita.</p>\n<footer>Tentang kami</footer>\n</body>\n</html>\n";

/// A page with filler ahead of its block and behind it.
fn around(page: &str, size: usize, filler: &Filler, random: &mut Random) -> String {
    let at = page.find("<body>").map_or(0, |at| at + "<body>".len());
    let end = page.rfind("<footer>").unwrap_or(at).max(at);
    let ahead = filler.markup(size / 3, random);
    // What is cut short has nothing behind it.
    let behind = if end > at { filler.markup(size - size / 3, random) } else { String::new() };
    format!("{}\n{ahead}{}{behind}{}", &page[..at], &page[at..end.max(at)], &page[end..])
}

/// A shape with no-break spaces and without any character that Latin-1 does not have.
fn latin_page(capture: &Capture) -> String {
    shapes::pages(&capture.text).swap_remove(3).html.replace('•', "<br>")
}

fn latin(utf8: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(utf8).unwrap();
    text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect()
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut compressor = libdeflater::Compressor::new(libdeflater::CompressionLvl::new(6).unwrap());
    let mut compressed = vec![0; compressor.gzip_compress_bound(bytes.len())];
    let length = compressor.gzip_compress(bytes, &mut compressed).unwrap();
    compressed.truncate(length);
    compressed
}

fn chunked(body: &[u8]) -> Vec<u8> {
    let mut sent = Vec::new();
    for chunk in body.chunks(4000) {
        sent.extend(format!("{:x}\r\n", chunk.len()).bytes());
        sent.extend(chunk);
        sent.extend(b"\r\n");
    }
    sent.extend(b"0\r\n\r\n");
    sent
}
