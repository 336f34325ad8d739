//! Servers that lie, stall, flood and hang up: each poll has its outcome in the log, memory stays bounded, and a
//! healthy source beside them keeps its pace.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::raw::{Raw, hang};
use crate::rig::{Daemon, PATIENCE, Rig, source};
use crate::short_or_long;
use crate::ticker::{Ticker, page};

/// The most memory that the daemon may ever have used, whatever its servers do.
const MOST_KB: u64 = 64 * 1024;

type Handler = Box<dyn Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync>;

/// A way to fail, and how a poll that meets it must end.
struct Fault {
    name: &'static str,
    outcome: &'static str,
    /// What its detail must say.
    detail: &'static str,
    serve: Serve,
}

enum Serve {
    /// Nobody listens.
    Nobody,
    /// A request is read, and then this is done.
    Http(Handler),
    /// A connection is made, and then this is done.
    Tcp(Handler),
    /// The same, but asked for by https.
    Tls(Handler),
}

fn http(
    name: &'static str,
    outcome: &'static str,
    detail: &'static str,
    answer: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) -> Fault {
    Fault { name, outcome, detail, serve: Serve::Http(Box::new(answer)) }
}

/// A whole answer with these header lines.
fn says(
    name: &'static str,
    outcome: &'static str,
    detail: &'static str,
    status: &str,
    headers: &str,
    body: impl AsRef<[u8]>,
) -> Fault {
    let mut answer = format!(
        "HTTP/1.1 {status}\r\nConnection: close\r\nContent-Length: {}\r\n{headers}\r\n",
        body.as_ref().len()
    )
    .into_bytes();
    answer.extend_from_slice(body.as_ref());
    http(name, outcome, detail, move |stream| stream.write_all(&answer))
}

/// Bytes just as they are, and then the end.
fn sends(name: &'static str, outcome: &'static str, detail: &'static str, bytes: impl AsRef<[u8]>) -> Fault {
    let bytes = bytes.as_ref().to_vec();
    http(name, outcome, detail, move |stream| stream.write_all(&bytes))
}

fn dribble(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    for byte in bytes {
        stream.write_all(&[*byte])?;
        thread::sleep(Duration::from_secs(1));
    }
    Ok(())
}

/// The same bytes again and again, as long as somebody takes them.
fn flood(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(bytes)?;
    }
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn brotli(content: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    brotli::CompressorWriter::new(&mut out, 4096, 9, 22).write_all(content).unwrap();
    out
}

/// A page with a bar and these rows.
fn rows(rows: impl Iterator<Item = String>) -> String {
    let rows: String = rows.map(|row| format!("<p>{row}</p>")).collect();
    format!("<p>| INDIKATOR |</p>{rows}")
}

const OK: &str = "HTTP/1.1 200 OK\r\nConnection: close\r\n";
const GZIP: &str = "Content-Encoding: gzip\r\n";

fn connections() -> Vec<Fault> {
    let unreachable = |name, detail, serve| Fault { name, outcome: "unreachable", detail, serve };
    let tcp = |name, handler: Handler| unreachable(name, "", Serve::Tcp(handler));
    let tls = |name, detail, handler: Handler| unreachable(name, detail, Serve::Tls(handler));
    let reset_mid_body = |stream: &mut TcpStream| {
        stream.read_exact(&mut [0])?;
        write!(stream, "{OK}Content-Length: 1000\r\n\r\n| INDIKATOR |")?;
        leave_unread()
    };
    let plain = |stream: &mut TcpStream| write!(stream, "{OK}Content-Length: 0\r\n\r\n");
    vec![
        unreachable("refused", "refused", Serve::Nobody),
        tcp("reset-at-once", Box::new(|_| leave_unread())),
        tcp("reset-mid-body", Box::new(reset_mid_body)),
        tcp("never-reads", Box::new(|_| hang())),
        tls("plain-server-on-https", "TLS", Box::new(plain)),
        tls("self-signed", "TLS", Box::new(self_signed())),
        tls("tls-hangs-up", "", Box::new(|stream| stream.read_exact(&mut [0]))),
        tls("tls-never-greets", "", Box::new(|_| hang())),
    ]
}

/// Waits until a request has come. A connection that ends with something unread is reset.
fn leave_unread() -> std::io::Result<()> {
    thread::sleep(Duration::from_millis(50));
    Ok(())
}

/// A server of TLS that vouches for itself.
fn self_signed() -> impl Fn(&mut TcpStream) -> std::io::Result<()> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    let config = Arc::new(config);
    move |stream| {
        let mut tls = rustls::ServerConnection::new(Arc::clone(&config)).unwrap();
        rustls::Stream::new(&mut tls, stream).write_all(format!("{OK}Content-Length: 0\r\n\r\n").as_bytes())
    }
}

fn timing() -> Vec<Fault> {
    let late = "in time";
    vec![
        http("never-answers", "unreachable", late, |_| hang()),
        http("one-byte-a-second", "unreachable", late, |stream| {
            write!(stream, "{OK}Content-Length: 5000\r\n\r\n")?;
            dribble(stream, page(0).as_bytes())
        }),
        http("headers-a-byte-a-second", "unreachable", late, |stream| dribble(stream, OK.as_bytes())),
        http("continue-for-ever", "unreachable", "", |stream| {
            loop {
                stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n")?;
                thread::sleep(Duration::from_millis(50));
            }
        }),
        http("half-a-body-and-silence", "unreachable", late, |stream| {
            write!(stream, "{OK}Content-Length: 5000\r\n\r\n{}", page(0))?;
            hang()
        }),
    ]
}

fn framing() -> Vec<Fault> {
    let page = page(0);
    let length = page.len();
    let chunked = format!("{OK}Transfer-Encoding: chunked\r\n\r\n");
    let half = page.find("LQ45").unwrap();
    vec![
        sends("hangs-up", "unreachable", "", ""),
        sends(
            "length-too-long",
            "unreachable",
            "cut short",
            format!("{OK}Content-Length: {}\r\n\r\n{page}", length + 9),
        ),
        sends("length-too-short", "not_understood", "", format!("{OK}Content-Length: {half}\r\n\r\n{page}")),
        sends("length-negative", "unreachable", "", format!("{OK}Content-Length: -5\r\n\r\n{page}")),
        sends(
            "two-lengths",
            "unreachable",
            "",
            format!("{OK}Content-Length: {length}\r\nContent-Length: 3\r\n\r\n{page}"),
        ),
        sends("chunk-of-nonsense", "unreachable", "cut short", format!("{chunked}zz\r\n{page}")),
        sends("chunk-without-end", "unreachable", "", format!("{chunked}{length:x}\r\n{page}\r\n")),
        sends("no-http", "unreachable", "", page.clone()),
        sends("status-of-nonsense", "unreachable", "", "HTTP/1.1 abc OK\r\n\r\n"),
    ]
}

fn floods() -> Vec<Fault> {
    let chunked = format!("{OK}Transfer-Encoding: chunked\r\n\r\n");
    vec![
        http("endless-chunks", "too_large", "more than", move |stream| {
            stream.write_all(chunked.as_bytes())?;
            flood(stream, format!("1000\r\n{}\r\n", "x".repeat(0x1000)).as_bytes())
        }),
        http("endless-body", "too_large", "more than", |stream| {
            stream.write_all(format!("{OK}\r\n").as_bytes())?;
            flood(stream, &[b'x'; 4096])
        }),
        http("endless-headers", "too_large", "headers", |stream| {
            stream.write_all(OK.as_bytes())?;
            flood(stream, b"X-Banjir: ya\r\n")
        }),
        http("endless-header", "too_large", "headers", |stream| {
            write!(stream, "{OK}X-Banjir: ")?;
            flood(stream, &[b'x'; 4096])
        }),
        sends(
            "promises-a-gigabyte",
            "too_large",
            "more than",
            format!("{OK}Content-Length: 1000000000\r\n\r\n"),
        ),
    ]
}

fn encodings() -> Vec<Fault> {
    let zeros = vec![b'0'; 64 * 1024 * 1024];
    let packed = gzip(page(0).as_bytes());
    let truncated = &packed[..packed.len() / 2];
    vec![
        says("gzip-bomb", "too_large", "more than", "200 OK", GZIP, gzip(&zeros)),
        says("brotli-bomb", "too_large", "more than", "200 OK", "Content-Encoding: br\r\n", brotli(&zeros)),
        says("gzip-truncated", "unreachable", "", "200 OK", GZIP, truncated),
        says("gzip-of-nonsense", "http_error", "decompress", "200 OK", GZIP, page(0)),
        says("gzip-twice", "http_error", "", "200 OK", "Content-Encoding: gzip, gzip\r\n", gzip(&packed)),
        says("gzip-unsaid", "http_error", "gzip", "200 OK", "", packed),
        says("encoding-unknown", "http_error", "rot13", "200 OK", "Content-Encoding: rot13\r\n", page(0)),
    ]
}

fn statuses() -> Vec<Fault> {
    let refused = "not followed";
    let metadata = "Location: http://169.254.169.254/latest/meta-data/\r\n";
    vec![
        says("500", "http_error", "500", "500 Internal Server Error", "", "rusak"),
        says("502", "http_error", "502", "502 Bad Gateway", "", ""),
        says(
            "503-with-retry-after",
            "http_error",
            "503",
            "503 Service Unavailable",
            "Retry-After: 3600\r\n",
            "",
        ),
        says("429-with-retry-after", "blocked", "429", "429 Too Many Requests", "Retry-After: 3600\r\n", ""),
        says("403", "blocked", "403", "403 Forbidden", "", ""),
        says("404", "http_error", "404", "404 Not Found", "", page(0)),
        says("304-unasked", "http_error", "304", "304 Not Modified", "", ""),
        says(
            "206-unasked",
            "http_error",
            "206",
            "206 Partial Content",
            "Content-Range: bytes 0-9/99\r\n",
            page(0),
        ),
        says("204", "not_understood", "", "204 No Content", "", ""),
        says("redirect-loop", "http_error", refused, "302 Found", "Location: /\r\n", ""),
        says(
            "redirect-to-a-file",
            "http_error",
            refused,
            "302 Found",
            "Location: file:///etc/passwd\r\n",
            "",
        ),
        says("redirect-to-nowhere", "http_error", "302", "302 Found", "", ""),
        says(
            "redirect-to-loopback",
            "http_error",
            refused,
            "302 Found",
            "Location: http://127.0.0.1:9/\r\n",
            "",
        ),
        says("redirect-to-metadata", "http_error", refused, "302 Found", metadata, ""),
    ]
}

fn pages() -> Vec<Fault> {
    let digits = "9".repeat(400);
    let utf16: Vec<u8> = page(0).encode_utf16().flat_map(u16::to_le_bytes).collect();
    let html = "Content-Type: text/html; charset=";
    vec![
        says("no-block", "not_understood", "INDIKATOR", "200 OK", "", "<h1>Situs sedang diperbaiki</h1>"),
        says("empty", "not_understood", "", "200 OK", "", ""),
        says("only-zeros", "not_understood", "", "200 OK", "", vec![0; 100_000]),
        says("eight-megabytes-of-brackets", "not_understood", "", "200 OK", "", vec![b'<'; 8_000_000]),
        says(
            "number-of-400-digits",
            "not_understood",
            "",
            "200 OK",
            "",
            rows([format!("LQ45 {digits} 1 0,10%")].into_iter()),
        ),
        says("charset-unknown", "stored", "", "200 OK", &format!("{html}klingon\r\n"), page(0)),
        says("charset-wrong", "not_understood", "no text", "200 OK", &format!("{html}utf-8\r\n"), utf16),
        says(
            "ten-thousand-rows",
            "not_understood",
            "at most 500 rows",
            "200 OK",
            "",
            rows((0..10_000).map(|row| format!("BARIS{row} 900,00 1,00 0,11%"))),
        ),
    ]
}

/// The outcome of each source, and what its detail must say.
type Expected = BTreeMap<&'static str, (&'static str, &'static str)>;

/// Starts the servers, each at an address of its own, and gives the sources and what to expect of each.
fn start(faults: Vec<Fault>) -> (String, Vec<Raw>, Expected) {
    let (mut sources, mut servers, mut expected) = (String::new(), Vec::new(), BTreeMap::new());
    for (number, fault) in faults.into_iter().enumerate() {
        let address = format!("127.0.1.{}", number + 1);
        let is_tls = matches!(fault.serve, Serve::Tls(_));
        let url = match fault.serve {
            Serve::Nobody => {
                let listener = std::net::TcpListener::bind((address.as_str(), 0)).unwrap();
                format!("http://{}/", listener.local_addr().unwrap())
            }
            Serve::Http(handler) => {
                servers.push(Raw::answering(&address, handler));
                servers[servers.len() - 1].url()
            }
            Serve::Tcp(handler) | Serve::Tls(handler) => {
                servers.push(Raw::serve(&address, move |mut stream| handler(&mut stream)));
                servers[servers.len() - 1].url()
            }
        };
        let url = if is_tls { url.replace("http:", "https:") } else { url };
        let limits = "every = \"1s\"\ntimeout = \"2s\"\nconnect_timeout = \"1s\"";
        sources += &source(fault.name, &url).replace("every = \"1s\"", limits);
        expected.insert(fault.name, (fault.outcome, fault.detail));
    }
    (sources, servers, expected)
}

/// The most memory that a process has used so far.
fn peak_kb(daemon: &Daemon) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", daemon.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Polls that did not end as they must.
fn wrong(rig: &Rig, expected: &Expected) -> Vec<String> {
    let connection = rusqlite::Connection::open(rig.database()).unwrap();
    let sql = "SELECT name, outcome, coalesce(detail, '') FROM poll JOIN source ON source.id = source_id \
               WHERE outcome <> 'interrupted' AND name <> 't1' ORDER BY poll.id";
    let mut statement = connection.prepare(sql).unwrap();
    let polls = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).unwrap();
    let judge = |(name, outcome, detail): (String, String, String)| {
        let (expected, says) = expected[name.as_str()];
        // The same page again is unchanged.
        let is_same = outcome == expected || expected == "stored" && outcome == "unchanged";
        let is_right = is_same && detail.contains(says);
        (!is_right).then(|| format!("{name}: {outcome} ({detail}), expected {expected} ({says})"))
    };
    polls.filter_map(|poll| judge(poll.unwrap())).collect()
}

/// Polls servers with these faults, and one without beside them.
fn hurts_nobody_else(faults: Vec<Fault>) {
    let (sources, _servers, expected) = start(faults);
    let tickers = Ticker::several(1);
    let rig = Rig::new();
    rig.configure(&(sources + &source("t1", &tickers[0].url)));
    let mut daemon = rig.run();
    daemon.wait_until("a poll of each", PATIENCE, |daemon| {
        expected.keys().all(|name| daemon.acknowledged(name) > 0)
    });
    thread::sleep(short_or_long(Duration::from_secs(5), Duration::from_secs(120)));
    let peak = peak_kb(&daemon);
    daemon.stop();
    let wrong = wrong(&rig, &expected);
    assert!(wrong.is_empty(), "{}\n", wrong.join("\n"));
    let asked = tickers[0].served();
    let slowest = asked.windows(2).map(|pair| pair[1] - pair[0]).max().unwrap();
    println!(
        "{} faults; peak {} MB; the healthy source waited at most {slowest:?}",
        expected.len(),
        peak / 1024
    );
    assert!(slowest < Duration::from_secs(3), "the healthy source waited {slowest:?}");
    assert!(peak < MOST_KB, "{peak} kB");
    rig.expect(0, &["db", "verify"]);
}

#[test]
fn bad_connections_hurt_nobody_else() {
    hurts_nobody_else(connections());
}

#[test]
fn slow_servers_hurt_nobody_else() {
    hurts_nobody_else(timing());
}

#[test]
fn bad_framing_hurts_nobody_else() {
    hurts_nobody_else(framing());
}

#[test]
fn floods_hurt_nobody_else() {
    hurts_nobody_else(floods());
}

#[test]
fn bad_encodings_hurt_nobody_else() {
    hurts_nobody_else(encodings());
}

#[test]
fn refusals_hurt_nobody_else() {
    hurts_nobody_else(statuses());
}

#[test]
fn odd_pages_hurt_nobody_else() {
    hurts_nobody_else(pages());
}
