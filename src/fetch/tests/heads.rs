//! Answers that begin with too much, last for ever, or come byte by byte.

use super::*;

fn with_headers(headers: &str) -> Result<Fetched, FetchError> {
    let server = Server::fixed(answer("200 OK", headers, PAGE.as_bytes()));
    fetch(&server.url("/"))
}

fn many(count: usize) -> String {
    (0..count).map(|number| format!("X-{number}: 1\r\n")).collect()
}

#[test]
fn a_hundred_headers_are_read_and_no_more() {
    // Two of them are the length and the end of the connection.
    assert_eq!(body_of(with_headers(&many(98)).unwrap()), PAGE.as_bytes());
    for count in [99, 1000, 20_000] {
        let error = with_headers(&many(count)).unwrap_err();
        assert!(matches!(error, FetchError::LongHead { .. }), "{count}: {}", told(&error));
        ends(&error, Outcome::TooLarge, false);
    }
}

#[test]
fn a_header_of_a_megabyte_is_not_read() {
    for header in [
        format!("X-Long: {}\r\n", "x".repeat(1 << 20)),
        format!("{}: x\r\n", "x".repeat(1 << 20)),
        format!("Location: /{}\r\n", "x".repeat(1 << 20)),
    ] {
        let error = with_headers(&header).unwrap_err();
        assert!(matches!(error, FetchError::LongHead { .. }), "{}", told(&error));
    }
    assert!(with_headers(&format!("X-Long: {}\r\n", "x".repeat(100_000))).is_ok());
}

#[test]
fn a_head_without_an_end_is_not_waited_for() {
    let server = Server::start(|_| {
        let mut steps = vec![Step::Send(b"HTTP/1.1 200 OK\r\nX: ".to_vec())];
        for _ in 0..300 {
            steps.push(Step::Send(b"x".to_vec()));
            steps.push(Step::Wait(Duration::from_millis(20)));
        }
        steps
    });
    let error = fetch_with(&hasty(), &server.url("/"), &Validators::default()).unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }), "{}", told(&error));
}

#[test]
fn slow_redirects_share_one_bound_of_time() {
    let server = Server::start(|head| {
        let next: u32 = head.split(['/', ' ']).nth(2).and_then(|path| path.parse().ok()).unwrap_or_default();
        let header = format!("Location: /{}\r\n", next + 1);
        vec![Step::Wait(Duration::from_millis(100)), Step::Send(answer("302 Found", &header, b""))]
    });
    let options = FetchOptions { total_timeout: Duration::from_millis(250), max_redirects: 50, ..quick() };
    let error = fetch_with(&options, &server.url("/0"), &Validators::default()).unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. }), "{}", told(&error));
    assert!(server.requests().len() <= 3, "{:?}", server.requests().len());
}

#[test]
fn an_informational_answer_without_end_is_not_waited_for() {
    let server =
        Server::start(|_| vec![Step::Repeat(b"HTTP/1.1 103 Early Hints\r\n\r\n".to_vec(), usize::MAX)]);
    let error = fetch_with(&hasty(), &server.url("/"), &Validators::default()).unwrap_err();
    assert!(matches!(error, FetchError::Timeout { .. } | FetchError::Cut { .. }), "{}", told(&error));
}

/// Two headers of encoding are one for the decoder, which undoes the first and drops both. What is left of a second
/// gzip, zstd or zlib shows by how it begins; brotli has no such mark, and is no text for whoever reads the page.
#[test]
fn a_second_encoding_is_never_taken_for_text() {
    let page = PAGE.as_bytes();
    for (second, encoded) in
        [("gzip", gzip(page)), ("zstd", zstd(page)), ("deflate", zlib(page)), ("br", brotli(page))]
    {
        let headers = format!("Content-Encoding: gzip\r\nContent-Encoding: {second}\r\n");
        let server = Server::fixed(answer("200 OK", &headers, &gzip(&encoded)));
        match fetch(&server.url("/")) {
            Err(FetchError::UnknownEncoding { encoding, .. }) => assert_eq!(encoding, second),
            Ok(fetched) if second == "br" => assert!(String::from_utf8(body_of(fetched)).is_err()),
            other => panic!("{second}: {other:?}"),
        }
    }
}
