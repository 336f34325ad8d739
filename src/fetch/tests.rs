//! What the client makes of good and bad servers. Nothing here leaves the machine.

mod ask;
mod heads;
mod http2;
mod server;
mod targets;

use std::error::Error;
use std::io::Write;
use std::time::Duration;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

use super::{Client, Fetch, FetchError, FetchOptions, Fetched, Refusal, Robots, Validators};
use crate::domain::Outcome;
use server::{Server, Step, answer};

const PAGE: &str = "<b>LQ45</b> 919,20 -16,32 -1.74%";

fn quick() -> FetchOptions {
    FetchOptions {
        connect_timeout: Duration::from_secs(5),
        total_timeout: Duration::from_secs(20),
        max_body: 100_000,
        ..FetchOptions::default()
    }
}

fn hasty() -> FetchOptions {
    FetchOptions { total_timeout: Duration::from_millis(150), ..quick() }
}

fn fetch_with(options: &FetchOptions, url: &str, validators: &Validators) -> Result<Fetched, FetchError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Client::new(options).unwrap().fetch(url, validators))
}

fn fetch(url: &str) -> Result<Fetched, FetchError> {
    fetch_with(&quick(), url, &Validators::default())
}

fn failure(url: &str) -> FetchError {
    fetch(url).unwrap_err()
}

fn body_of(fetched: Fetched) -> Vec<u8> {
    match fetched {
        Fetched::Page { body, .. } => body,
        Fetched::NotModified { .. } => panic!("not a page"),
    }
}

/// What a person sees: the error and its causes.
fn told(error: &FetchError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |told, cause| format!("{told}: {cause}"))
}

fn ends(error: &FetchError, outcome: Outcome, transient: bool) {
    assert_eq!((error.outcome(), error.is_transient()), (outcome, transient), "{}", told(error));
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn zlib(text: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn brotli(text: &[u8]) -> Vec<u8> {
    let mut encoder = brotli::CompressorWriter::new(Vec::new(), 4096, 5, 20);
    encoder.write_all(text).unwrap();
    encoder.into_inner()
}

/// One frame with one raw block: a zstd file without an encoder.
fn zstd(text: &[u8]) -> Vec<u8> {
    let size = u8::try_from(text.len()).unwrap();
    let block = (u32::from(size) << 3 | 1).to_le_bytes();
    [&[0x28, 0xb5, 0x2f, 0xfd, 0x20, size], &block[..3], text].concat()
}

mod answers {
    use super::*;

    #[test]
    fn a_page_arrives_with_what_the_server_said_of_it() {
        let headers = "Content-Type: text/html; charset=utf-8\r\nETag: \"v1\"\r\n\
                       Last-Modified: Fri, 19 Apr 2024 02:00:00 GMT\r\n";
        let server = Server::fixed(answer("200 OK", headers, PAGE.as_bytes()));
        let expected = Fetched::Page {
            body: PAGE.into(),
            final_url: server.url("/"),
            content_type: Some("text/html; charset=utf-8".into()),
            status: 200,
            validators: Validators {
                etag: Some("\"v1\"".into()),
                last_modified: Some("Fri, 19 Apr 2024 02:00:00 GMT".into()),
            },
        };
        assert_eq!(fetch(&server.url("/")).unwrap(), expected);
    }

    struct Canned(u16);

    impl Fetch for Canned {
        async fn fetch(&self, url: &str, _: &Validators) -> Result<Fetched, FetchError> {
            Err(FetchError::Status { url: url.into(), status: self.0, retry_after: None })
        }

        async fn robots(&self, _: &str) -> Result<Robots, FetchError> {
            Ok(Robots::default())
        }

        fn robot_name(&self) -> &str {
            "canned"
        }
    }

    #[test]
    fn a_caller_can_be_given_canned_answers_instead() {
        async fn status(fetch: &impl Fetch) -> Option<u16> {
            fetch.fetch("http://a/", &Validators::default()).await.err()?.status()
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
        let asked = runtime.spawn(async { status(&Canned(503)).await });
        assert_eq!(runtime.block_on(asked).unwrap(), Some(503));
    }

    #[test]
    fn every_compression_that_is_asked_for_is_undone() {
        for (name, encode) in [
            ("gzip", gzip as fn(&[u8]) -> Vec<u8>),
            ("deflate", zlib),
            ("br", brotli),
            ("zstd", zstd),
            ("identity", <[u8]>::to_vec),
        ] {
            let header = format!("Content-Encoding: {name}\r\n");
            let server = Server::fixed(answer("200 OK", &header, &encode(PAGE.as_bytes())));
            assert_eq!(body_of(fetch(&server.url("/")).unwrap()), PAGE.as_bytes(), "{name}");
            let asked = server.requests()[0].to_lowercase();
            assert!(name == "identity" || asked.contains(name), "{asked}");
        }
    }

    #[test]
    fn the_server_learns_an_honest_name() {
        let server = Server::fixed(answer("200 OK", "", b""));
        fetch(&server.url("/")).unwrap();
        let name = format!("user-agent: pantau/{} (market-indicator recorder)", env!("CARGO_PKG_VERSION"));
        assert!(server.requests()[0].contains(&name), "{:?}", server.requests());
    }

    #[test]
    fn validators_are_sent_back_and_304_means_not_modified() {
        let server = Server::fixed("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
        let validators =
            Validators { etag: Some("W/\"v1\"".into()), last_modified: Some("Fri, 19 Apr 2024".into()) };
        let fetched = fetch_with(&quick(), &server.url("/"), &validators).unwrap();
        assert_eq!(fetched, Fetched::NotModified { status: 304 });
        let asked = &server.requests()[0];
        assert!(asked.contains("if-none-match: W/\"v1\"\n"), "{asked}");
        assert!(asked.contains("if-modified-since: Fri, 19 Apr 2024\n"), "{asked}");
    }

    #[test]
    fn a_304_that_nobody_asked_for_is_an_error() {
        let server = Server::fixed("HTTP/1.1 304 Not Modified\r\nConnection: close\r\n\r\n");
        let error = failure(&server.url("/"));
        assert_eq!(error.status(), Some(304));
        ends(&error, Outcome::HttpError, false);
        let unsendable = Validators { etag: Some("a\nb".into()), last_modified: None };
        assert!(fetch_with(&quick(), &server.url("/"), &unsendable).is_err());
    }

    #[test]
    fn statuses_say_whether_to_ask_again_and_whether_we_are_unwelcome() {
        for (status, outcome, transient) in [
            ("403 Forbidden", Outcome::Blocked, false),
            ("404 Not Found", Outcome::HttpError, false),
            ("408 Request Timeout", Outcome::HttpError, true),
            ("429 Too Many Requests", Outcome::Blocked, true),
            ("500 Internal Server Error", Outcome::HttpError, true),
            ("503 Service Unavailable", Outcome::HttpError, true),
            ("206 Partial Content", Outcome::HttpError, false),
        ] {
            let server = Server::fixed(answer(status, "Retry-After: 120\r\n", b"no"));
            let error = failure(&server.url("/"));
            assert_eq!(error.status().map(|code| code.to_string()).as_deref(), status.get(..3));
            assert_eq!(error.retry_after(), Some("120"));
            ends(&error, outcome, transient);
        }
    }
}

mod redirects {
    use super::*;

    /// `/3` leads to `/2`, `/1` and then the page at `/0`.
    fn chain() -> Server {
        Server::start(|head| {
            let path = head.split(' ').nth(1).unwrap_or_default();
            let left: u32 = path.trim_start_matches('/').parse().unwrap_or_default();
            let bytes = match left.checked_sub(1) {
                None => answer("200 OK", "", PAGE.as_bytes()),
                Some(next) => answer("302 Found", &format!("Location: /{next}\r\n"), b""),
            };
            vec![Step::Send(bytes)]
        })
    }

    fn leading_to(location: &str) -> FetchError {
        let header = format!("Location: {location}\r\n");
        let server = Server::fixed(answer("301 Moved Permanently", &header, b""));
        failure(&server.url("/"))
    }

    fn refusal(error: &FetchError) -> &Refusal {
        match error {
            FetchError::Redirect { source, .. } => source,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn five_are_followed_and_the_last_address_is_kept() {
        let server = chain();
        let Fetched::Page { body, final_url, .. } = fetch(&server.url("/5")).unwrap() else { panic!() };
        assert_eq!((body, final_url), (PAGE.into(), server.url("/0")));
    }

    #[test]
    fn six_are_too_many() {
        let server = chain();
        let error = failure(&server.url("/6"));
        assert_eq!(refusal(&error), &Refusal::TooMany { limit: 5 });
        assert_eq!(told(&error), format!("{} was not followed: more than 5 redirects", server.url("/6")));
        assert_eq!(server.requests().len(), 6);
        ends(&error, Outcome::HttpError, false);
    }

    #[test]
    fn a_loop_ends() {
        assert_eq!(refusal(&leading_to("/")), &Refusal::TooMany { limit: 5 });
    }

    #[test]
    fn no_redirect_leads_to_other_protocols() {
        let error = leading_to("ftp://127.0.0.1/");
        assert_eq!(refusal(&error), &Refusal::Scheme { to: "ftp://127.0.0.1/".into() });
        ends(&error, Outcome::HttpError, false);
    }

    /// reqwest does not take these for addresses, and hands over the redirect itself.
    #[test]
    fn a_redirect_to_a_file_or_to_nonsense_is_an_answer_without_a_page() {
        for location in ["file:///etc/passwd", "data:text/html,LQ45", "http://[", ""] {
            let error = leading_to(location);
            ends(&error, Outcome::HttpError, false);
        }
    }

    #[test]
    fn no_redirect_logs_in() {
        let error = leading_to("http://me:secret@127.0.0.1/");
        assert!(matches!(refusal(&error), Refusal::Userinfo { .. }));
        assert!(!told(&error).contains("secret"), "{}", told(&error));
    }
}

mod robots {
    use super::*;

    fn robots(options: &FetchOptions, url: &str) -> Result<Robots, FetchError> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(Client::new(options).unwrap().robots(url))
    }

    #[test]
    fn the_rules_of_a_site_stand_at_its_root() {
        let server = Server::fixed(answer("200 OK", "", b"User-agent: pantau\nDisallow: /a\n"));
        let rules = robots(&quick(), &server.url("/a/b?c=d")).unwrap();
        assert!(!rules.allows(&server.url("/a/b?c=d")) && rules.allows(&server.url("/b")));
        assert!(server.requests()[0].starts_with("GET /robots.txt HTTP"), "{:?}", server.requests());
        let options = FetchOptions { user_agent: "other/1.0".into(), ..quick() };
        assert!(robots(&options, &server.url("/a")).unwrap().allows(&server.url("/a")));
    }

    #[test]
    fn rules_that_are_not_there_forbid_nothing_and_those_that_fail_are_an_error() {
        for (status, expected) in [
            ("404 Not Found", Ok(())),
            ("401 Unauthorized", Ok(())),
            ("429 Too Many Requests", Ok(())),
            ("500 Internal Server Error", Err(Some(500))),
            ("503 Service Unavailable", Err(Some(503))),
        ] {
            let server = Server::fixed(answer(status, "", b"User-agent: *\nDisallow: /\n"));
            let rules = robots(&quick(), &server.url("/"));
            let found =
                rules.map(|rules| assert!(rules.allows(&server.url("/")))).map_err(|error| error.status());
            assert_eq!(found, expected, "{status}");
        }
        let cut = Server::fixed("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nUser-agent");
        assert!(matches!(robots(&quick(), &cut.url("/")), Err(FetchError::Cut { .. })));
        let looping = Server::fixed(answer("302 Found", "Location: /robots.txt\r\n", b""));
        assert!(robots(&quick(), &looping.url("/")).unwrap().allows(&looping.url("/")));
    }

    #[test]
    fn of_endless_rules_the_beginning_is_read() {
        let rules =
            [&b"User-agent: *\nDisallow: /a\n"[..], &b"# more\n".repeat(200_000), b"Disallow: /b\n"].concat();
        let server = Server::fixed(answer("200 OK", "", &rules));
        let rules = robots(&quick(), &server.url("/")).unwrap();
        assert!(!rules.allows(&server.url("/a")) && rules.allows(&server.url("/b")));
    }
}

mod trouble {
    use super::*;

    fn too_slow(steps: fn() -> Vec<Step>) {
        let server = Server::start(move |_| steps());
        let error = fetch_with(&hasty(), &server.url("/"), &Validators::default()).unwrap_err();
        assert!(matches!(error, FetchError::Timeout { .. }), "{}", told(&error));
        ends(&error, Outcome::Unreachable, true);
    }

    fn cut(bytes: &[u8]) -> FetchError {
        let server = Server::fixed(bytes);
        let error = failure(&server.url("/"));
        assert!(matches!(error, FetchError::Cut { .. }), "{error:?}");
        ends(&error, Outcome::Unreachable, true);
        error
    }

    #[test]
    fn headers_that_do_not_come_are_not_waited_for() {
        too_slow(|| vec![Step::Wait(Duration::from_secs(30))]);
    }

    #[test]
    fn a_body_that_trickles_is_not_waited_for() {
        too_slow(|| {
            let mut steps = vec![Step::Send(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n".to_vec())];
            for _ in 0..300 {
                steps.push(Step::Send(b"x".to_vec()));
                steps.push(Step::Wait(Duration::from_millis(20)));
            }
            steps
        });
    }

    #[test]
    fn a_body_shorter_than_promised_is_cut() {
        let error = cut(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort");
        assert_eq!(told(&error).matches("http://").count(), 1, "{}", told(&error));
        assert!(told(&error).ends_with("end of file before message length reached"), "{}", told(&error));
        cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nshort\r\n");
        cut(b"HTTP/1.1 200 OK\r\nContent-Le");
        cut(b"");
    }

    #[test]
    fn a_compressed_body_shorter_than_promised_is_cut() {
        for (name, encoded) in [("gzip", gzip(PAGE.as_bytes())), ("br", brotli(PAGE.as_bytes()))] {
            let whole = answer("200 OK", &format!("Content-Encoding: {name}\r\n"), &encoded);
            cut(&whole[..whole.len() - 9]);
        }
    }

    #[test]
    fn a_compressed_body_that_ends_too_early_is_an_error_even_if_all_promised_bytes_came() {
        for (name, encode) in
            [("gzip", gzip as fn(&[u8]) -> Vec<u8>), ("deflate", zlib), ("br", brotli), ("zstd", zstd)]
        {
            let encoded = encode(PAGE.as_bytes());
            let header = format!("Content-Encoding: {name}\r\n");
            let server = Server::fixed(answer("200 OK", &header, &encoded[..encoded.len() - 9]));
            let error = failure(&server.url("/"));
            let named = matches!(error, FetchError::Cut { .. } | FetchError::Decompress { .. });
            assert!(named, "{name}: {error:?}");
        }
    }

    #[test]
    fn nonsense_instead_of_a_compressed_body_is_named() {
        for name in ["gzip", "deflate", "br", "zstd"] {
            let header = format!("Content-Encoding: {name}\r\n");
            let server = Server::fixed(answer("200 OK", &header, &[0xff; 500]));
            let error = failure(&server.url("/"));
            assert!(matches!(error, FetchError::Decompress { .. }), "{name}: {error:?}");
            ends(&error, Outcome::HttpError, false);
        }
    }

    #[test]
    fn unknown_and_doubled_encodings_are_refused() {
        let twice = gzip(&gzip(PAGE.as_bytes()));
        for header in [
            "Content-Encoding: gzip, gzip\r\n",
            "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n",
            "Content-Encoding: compress\r\n",
            "Content-Encoding: x-gzip\r\n",
        ] {
            let server = Server::fixed(answer("200 OK", header, &twice));
            let error = failure(&server.url("/"));
            assert!(matches!(error, FetchError::UnknownEncoding { .. }), "{header}: {error:?}");
            ends(&error, Outcome::HttpError, false);
        }
    }

    fn too_large(server: &Server) {
        let error = failure(&server.url("/"));
        assert!(matches!(error, FetchError::TooLarge { limit: 100_000, .. }), "{error:?}");
        ends(&error, Outcome::TooLarge, false);
    }

    #[test]
    fn a_huge_body_is_not_read() {
        too_large(&Server::fixed("HTTP/1.1 200 OK\r\nContent-Length: 100001\r\n\r\n"));
        too_large(&Server::start(|_| {
            let head = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n".to_vec();
            vec![Step::Send(head), Step::Repeat(vec![b'x'; 65_536], 100_000)]
        }));
    }

    #[test]
    fn a_body_of_just_the_cap_is_read() {
        let server = Server::fixed(answer("200 OK", "", &[b'x'; 100_000]));
        assert_eq!(body_of(fetch(&server.url("/")).unwrap()).len(), 100_000);
    }

    #[test]
    fn a_bomb_stops_at_the_cap() {
        // A thousand members of one megabyte each: about a megabyte that would become a gigabyte.
        let member = gzip(&vec![0; 1 << 20]);
        let bomb = member.repeat(1000);
        too_large(&Server::fixed(answer("200 OK", "Content-Encoding: gzip\r\n", &bomb)));
    }

    #[test]
    fn nobody_there_is_unreachable() {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        for url in [format!("http://127.0.0.1:{port}/"), "http://nonexistent.invalid/".into()] {
            let error = failure(&url);
            assert!(matches!(error, FetchError::Connect { .. }), "{error:?}");
            ends(&error, Outcome::Unreachable, true);
            assert_eq!(told(&error).matches(&url).count(), 1, "{}", told(&error));
        }
    }

    #[test]
    fn a_server_without_tls_is_not_spoken_to_in_the_clear() {
        let server = Server::fixed(answer("200 OK", "", PAGE.as_bytes()));
        let error = failure(&format!("https://{}/", server.authority()));
        assert!(matches!(error, FetchError::Tls { .. }), "{error:?}");
        ends(&error, Outcome::Unreachable, false);
    }

    #[test]
    fn what_is_no_web_address_is_refused_before_asking() {
        for url in ["", "kontan.co.id", "file:///etc/passwd", "http://", "https://me:secret@example.com/"] {
            let error = failure(url);
            assert!(matches!(error, FetchError::BadUrl { .. }), "{error:?}");
            assert!(!told(&error).contains("secret"), "{}", told(&error));
            assert!(!error.is_transient());
        }
    }

    #[test]
    fn a_name_that_cannot_be_sent_makes_no_client() {
        let error = Client::new(&FetchOptions { user_agent: "a\nb".into(), ..quick() }).unwrap_err();
        assert!(matches!(error, FetchError::Setup { .. }));
    }

    #[test]
    fn a_host_without_certificates_still_gets_a_client() {
        crate::fetch::tls::install_provider();
        let built_in = crate::fetch::tls::built_in_roots();
        assert!(reqwest::Client::builder().tls_backend_preconfigured(built_in).build().is_ok());
    }
}
