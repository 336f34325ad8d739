//! Turns the lines of a header into pages: the same text in the markup of a dozen imaginable sites, among filler
//! that mentions every word of the block.

use std::fmt::Write;

/// A page and what it is called.
pub(crate) struct Page {
    pub(crate) name: &'static str,
    pub(crate) html: String,
}

/// The lines of a header, taken apart.
struct Header {
    junk: Vec<String>,
    bar: String,
    /// The columns of each row. The label is in the first; what was glued to it still is.
    rows: Vec<Vec<String>>,
}

impl Header {
    fn of(capture: &str) -> Self {
        let is_bar = |line: &str| line.contains("INDIKATOR");
        let lines: Vec<&str> = capture.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        let at = lines.iter().position(|line| is_bar(line)).unwrap();
        let owned = |line: &&str| (*line).to_owned();
        let rows = lines[at + 1..].iter().map(|line| columns(line.trim_start_matches('•').trim()));
        Self {
            junk: lines[..at].iter().map(owned).collect(),
            bar: lines[at].to_owned(),
            rows: rows.collect(),
        }
    }
}

/// Columns stand between no-break spaces; in rows without one the last is the percentage.
fn columns(row: &str) -> Vec<String> {
    let parts: Vec<&str> = if row.contains('\u{a0}') {
        row.split('\u{a0}').map(str::trim).collect()
    } else {
        let (front, last) = row.rsplit_once(' ').unwrap();
        vec![front, last]
    };
    parts.into_iter().map(str::to_owned).collect()
}

/// A capture in every shape. All of them show the same words between the same spaces, tags or line breaks.
pub(crate) fn pages(capture: &str) -> Vec<Page> {
    let header = Header::of(capture);
    let page = |name, block: String| Page { name, html: page(&header.junk, &block, "") };
    vec![
        page("list items", list_items(&header)),
        page("table", table(&header)),
        page("nested spans", nested_spans(&header)),
        page("inline", inline(&header)),
        page("unclosed upper-case tags", unclosed(&header)),
        page("definition list", definitions(&header)),
        Page { name: "minified", html: minified(&header) },
        Page {
            name: "end of 400 KB",
            html: self::page(&header.junk, &list_items(&header), &filler(400_000, MENTION, 50)),
        },
    ]
}

fn list_items(Header { bar, rows, .. }: &Header) -> String {
    let mut html = format!("<div class=\"bar-atas\">{bar}</div>\n<ul class=\"ticker\">\n");
    for columns in rows {
        let (label, rest) = columns.split_first().unwrap();
        write!(html, "  <li><a href=\"/data/harga?naik=1%25&amp;id=LQ45\">{label}").unwrap();
        for column in rest {
            write!(html, " &nbsp; <span class=\"naik\">{column}</span>").unwrap();
        }
        html.push_str("</a></li>\n");
    }
    html + "</ul>\n"
}

fn table(Header { bar, rows, .. }: &Header) -> String {
    let mut html = format!("<table>\n<caption><b>{bar}</b></caption>\n<tbody>\n");
    for columns in rows {
        let cells: String = columns.iter().map(|column| format!("<td>{column}</td>")).collect();
        writeln!(html, "<tr data-indikator=\"| INDIKATOR |\">{cells}</tr>").unwrap();
    }
    html + "</tbody>\n</table>\n"
}

fn nested_spans(Header { bar, rows, .. }: &Header) -> String {
    let bar = bar.replace("INDIKATOR", "<span><em>INDIKATOR</em></span>").replace("| :", "<i>|</i> <i>:</i>");
    let mut html = format!("<div><div><span>{bar}</span></div>\n<div class='marquee'>\n");
    for columns in rows {
        let (label, rest) = columns.split_first().unwrap();
        let label = label.replacen(' ', "</b> <b>", 1);
        write!(html, "<span><span><span title='> 5%'><b>{label}</b></span>").unwrap();
        for column in rest {
            write!(html, "\n   <span> <span><span>{column}</span></span> </span>").unwrap();
        }
        html.push_str("</span></span>\n");
    }
    html + "</div></div>\n"
}

fn inline(Header { bar, rows, .. }: &Header) -> String {
    let rows: Vec<String> = rows.iter().map(|columns| columns.join(" \u{a0} ")).collect();
    format!("<p>{bar} • {}</p>", rows.join(" • "))
}

fn unclosed(Header { bar, rows, .. }: &Header) -> String {
    let mut html = format!("<CENTER><FONT SIZE=2>{bar}</FONT>\r\n<UL>\r\n");
    for columns in rows {
        write!(html, "<LI>{}\r\n", columns.join("&nbsp;&nbsp;\r\n")).unwrap();
    }
    html + "</UL></CENTER>\r\n"
}

fn definitions(Header { bar, rows, .. }: &Header) -> String {
    let mut html = format!("<section><header>{bar}</header><dl>");
    for columns in rows {
        let (label, rest) = columns.split_first().unwrap();
        write!(html, "<dt>{label}</dt>").unwrap();
        for column in rest {
            write!(html, "<dd><data value=\"0\">{column}</data></dd>").unwrap();
        }
    }
    html + "</dl></section>\n"
}

/// One line: comments inside words, entities for whatever may be one, attributes without quotes.
fn minified(Header { junk, bar, rows }: &Header) -> String {
    let bar = bar.replacen('|', "&#124;", 1).replace(": WIB", ":<!-- 10.01 --> WIB");
    let mut block = format!("<div class=bar>{bar}</div><ul>");
    for columns in rows {
        let (label, rest) = columns.split_first().unwrap();
        write!(block, "<li>{}", entities(label)).unwrap();
        for column in rest {
            write!(block, "&#160;<i class=v>{}</i>", entities(column)).unwrap();
        }
        block.push_str("</li>");
    }
    block.push_str("</ul>");
    page(junk, &block, "").replace(">\n", ">").replace('\n', " ")
}

fn entities(text: &str) -> String {
    text.replace('/', "<!--|-->&#x2F;")
        .replace('.', "&period;")
        .replace(',', "<!-- LQ45 1,2% -->&#44;")
        .replace('%', "&percnt;")
        .replace('-', "&#45;")
        .replace(' ', "&#32;")
}

/// A whole page around a block: a script, a style, a comment and an attribute that hold the bar, the junk lines of
/// the capture, and articles before and after.
fn page(junk: &[String], block: &str, ahead: &str) -> String {
    let junk: String = junk.iter().map(|line| format!("<div>{line}</div>\n")).collect();
    format!(
        "<!DOCTYPE html>\n<html lang=\"id\">\n<head>\n<meta charset=\"utf-8\">\n\
         <title>INDIKATOR pasar: LQ45 naik 1,2%</title>\n\
         <meta name=\"description\" content=\"| INDIKATOR | LQ45 1.000 1,00 0,10%\">\n\
         <style>.bar::before {{ content: '| INDIKATOR | EMAS 1 2 3%' }}</style>\n\
         <script>var bar = \"| : WIB | INDIKATOR | LQ45 900 9,00 1,01%\"; if (1 < 2) {{ bar += '</b>'; }}</script>\n\
         </head>\n<body>\n<!-- | INDIKATOR | LQ45 901 9,00 1,01% -->\n{ARTICLE}{ahead}{junk}{block}{ARTICLE}\
         <footer>| TENTANG | INDIKATOR EKONOMI | KONTAK |</footer>\n</body>\n</html>\n"
    )
}

const ARTICLE: &str = "<article>\n<h2>Pasar bergerak tipis, LQ45 naik 1,2% pukul 10.01 WIB</h2>\n\
    <p>INDIKATOR kunci kembali menguat 0,5% sementara harga EMAS turun ke 1.345.000 atau 0,75% pada 10.01 WIB. \
    Menurut pengamat, IDX dan IDX30 berpeluang naik 2,3% | INDIKATOR teknikal masih positif.</p>\n\
    <p>Rabu, 13 Juli 2022 / 14:13 WIB</p>\n</article>\n";

const SENTENCES: [&str; 5] = [
    "Warga desa memanen padi sambil menunggu kabar pasar yang belum pasti.",
    "Kurs USD/IDR dibuka pada 10.01 WIB lalu bergerak 0,3% tanpa arah yang jelas.",
    "Analis menilai angka 2,5% dan 1.005 pesanan baru perlu dibaca bersama.",
    "Kapal pembawa kopi berlayar pelan ke timur, dan saham LQ45 tidak banyak berubah.",
    "Pedagang kain menutup kios lebih awal karena hujan turun sejak pukul 15.40 WIB.",
];

const MENTION: &str = "<p>Analis menilai INDIKATOR pertumbuhan belum pasti, LQ45 naik 1,2%.</p>";

/// As near to the bar as an article comes.
const NEAR_MENTION: &str = "<p>Analis menilai pertumbuhan | INDIKATOR harga, dan | LQ45 naik 1,2%.</p>";

/// Text of our own, at least so many bytes, with a mention of the bar's word once in so many paragraphs.
fn filler(bytes: usize, mention: &str, mention_every: usize) -> String {
    let mut text = String::with_capacity(bytes + 200);
    for (count, sentence) in SENTENCES.iter().cycle().enumerate() {
        if text.len() >= bytes {
            break;
        }
        writeln!(text, "<p class=\"isi\">{sentence}</p>").unwrap();
        if count.is_multiple_of(mention_every) {
            writeln!(text, "{mention}").unwrap();
        }
    }
    text
}

/// A page that mentions the word of the bar some thousand times before the bar itself.
pub(crate) fn full_of_mentions(capture: &str) -> String {
    let header = Header::of(capture);
    let ahead = filler(200_000, MENTION, 2) + &filler(200_000, NEAR_MENTION, 2);
    page(&header.junk, &list_items(&header), &ahead)
}

/// Pages whose markup separates every label from its value, also where the text glued them: the rows are the same,
/// the words are not.
pub(crate) fn with_label_elements(capture: &str, labels: &[&str]) -> Page {
    let Header { junk, bar, rows } = Header::of(capture);
    let mut block = format!("<div>{bar}</div>\n");
    for columns in rows {
        let row = columns.join(" ");
        let mut fitting: Vec<&&str> = labels.iter().filter(|label| row.starts_with(**label)).collect();
        fitting.sort_by_key(|label| label.len());
        let label = fitting.pop().unwrap();
        let values: String =
            row[label.len()..].split_whitespace().map(|value| format!("<i>{value}</i>")).collect();
        writeln!(block, "<div class=\"row\"><b>{label}</b>{values}</div>").unwrap();
    }
    Page { name: "label elements", html: page(&junk, &block, "") }
}

/// Only half of the block: the page ends in the middle of its second row.
pub(crate) fn half(capture: &str) -> String {
    let Header { bar, rows, .. } = Header::of(capture);
    let first = rows[0].join(" ");
    let second = &rows[1][..rows[1].len() - 1];
    format!("<html>\n<body>\n<div>{bar}</div>\n<ul>\n<li>{first}</li>\n<li>{}", second.join(" "))
}

/// A page of the same site without the block.
pub(crate) fn without_block() -> String {
    page(&["kontan.co.id".to_owned()], "<p>Sedang dalam perawatan.</p>\n", "")
}
