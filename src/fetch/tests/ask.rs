//! One request and its answer, whatever its status.

use super::*;
use crate::fetch::{Ask, Asker, Reply, Request};

fn ask(url: &str, bytes: Option<(u64, u64)>, most: u64) -> Result<Reply, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let request = Request { url: url.to_owned(), bytes };
    runtime.block_on(Asker::new(&quick()).unwrap().ask(&request, |_| most))
}

#[test]
fn some_bytes_of_a_file_come_as_they_lie_there() {
    let member = gzip(b"WARC/1.0");
    // Some servers take the name of a file for the coding of its transfer.
    let headers = format!("Content-Range: bytes 5-{}/100\r\nContent-Encoding: gzip\r\n", 4 + member.len());
    let server = Server::fixed(answer("206 Partial Content", &headers, &member));
    let reply = ask(&server.url("/x.warc.gz"), Some((5, member.len() as u64)), 1000).unwrap();
    assert_eq!((reply.head.status, &reply.body), (206, &member));
    assert_eq!(reply.head.get("content-encoding"), Some("gzip"));
    let asked = server.requests().remove(0).to_ascii_lowercase();
    assert!(asked.contains(&format!("range: bytes=5-{}\n", 4 + member.len())), "{asked}");
    assert!(!asked.contains("accept-encoding"), "{asked}");
}

#[test]
fn a_page_comes_without_its_coding_and_no_redirect_is_followed() {
    let server = Server::start(|head| {
        let coded = "Content-Encoding: gzip\r\nRetry-After: 6\r\n";
        vec![Step::Send(match head.split(' ').nth(1) {
            Some("/from") => answer("302 Found", "Location: /to\r\n", b""),
            _ => answer("429 Too Many Requests", coded, &gzip(b"whoa")),
        })]
    });
    let redirect = ask(&server.url("/from"), None, 1000).unwrap();
    assert_eq!((redirect.head.status, redirect.head.get("location")), (302, Some("/to")));
    let refusal = ask(&server.url("/to"), None, 1000).unwrap();
    assert_eq!((refusal.head.status, refusal.body.as_slice()), (429, &b"whoa"[..]));
    assert_eq!(refusal.head.get("retry-after"), Some("6"));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_body_is_read_as_far_as_it_is_wanted() {
    let endless = |_: &str| {
        let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
        vec![Step::Send(head), Step::Repeat(vec![b'x'; 65_536], 100_000)]
    };
    let server = Server::start(endless);
    assert_eq!(ask(&server.url("/"), Some((0, 10)), 0).unwrap().body, b"");
    let too_long = ask(&server.url("/"), Some((0, 10)), 10).unwrap_err();
    assert!(matches!(too_long, FetchError::TooLarge { limit: 10, .. }), "{}", told(&too_long));
    let cut =
        Server::fixed("HTTP/1.1 206 Partial Content\r\nContent-Length: 10\r\nConnection: close\r\n\r\n12345");
    let short = ask(&cut.url("/"), Some((0, 10)), 10).unwrap_err();
    assert!(short.is_transient(), "{}", told(&short));
}
