//! `pantau archive list`: what stands in archives, and what of them is damaged.

use crate::common::Home;

fn record(url: &str, body: &str) -> String {
    let block = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n{body}");
    format!(
        "WARC/1.0\r\nWARC-Type: response\r\nWARC-Target-URI: {url}\r\nWARC-Date: 2024-04-19T03:30:00Z\r\n\
         WARC-Payload-Digest: sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5\r\nContent-Length: {}\r\n\r\n{block}\r\n\r\n",
        block.len()
    )
}

#[test]
fn an_archive_is_listed_record_by_record() {
    let home = Home::new();
    home.write("a.warc", record("http://a/", "abc") + &record("http://b/", "abc"));
    let done = home.pantau(["archive", "list", "-f", "ndjson", "a.warc"]).ok();
    assert_eq!(done.stdout().lines().count(), 2);
    assert_eq!(
        done.stdout().lines().next().unwrap(),
        "{\"file\":\"a.warc\",\"offset\":0,\"type\":\"response\",\"url\":\"http://a/\",\
         \"date\":\"2024-04-19T03:30:00+00:00\",\"status\":200,\"mime\":\"text/html\",\"length\":62,\
         \"payload_digest\":\"sha1:VGMT4NSHA2AWVOR6EVYXQUGCNSONBWE5\",\"digest_agrees\":true}"
    );
    assert_eq!(home.pantau(["archive", "list", "-f", "json", "a.warc"]).ok().array().len(), 2);
    let table = home.pantau(["archive", "list", "a.warc"]).ok();
    assert!(table.stdout().lines().count() == 3 && table.stdout().contains("agrees"), "{}", table.stdout());
}

#[test]
fn damage_is_named_with_its_place_and_the_rest_is_listed() {
    let home = Home::new();
    let whole = record("http://a/", "abc");
    home.write("a.warc", format!("{whole}{}{whole}", whole.replace("WARC/1.0", "WXRC/1.0")));
    let done = home.pantau(["archive", "list", "-f", "ndjson", "a.warc"]).fails(5);
    assert_eq!(done.stdout().lines().count(), 2);
    let place = whole.len();
    assert_eq!(
        done.stderr(),
        format!("pantau: a.warc, offset {place}: no record begins here: {place} bytes are passed over\n")
    );
}

#[test]
fn a_digest_that_does_not_hold_is_told() {
    let home = Home::new();
    home.write("a.warc", record("http://a/", "abd"));
    let done = home.pantau(["archive", "list", "-f", "csv", "a.warc"]).fails(5);
    assert!(done.stdout().trim_end().ends_with(",false"), "{}", done.stdout());
    assert_eq!(done.stderr(), "note: 1 records do not agree with the digests that they state\n");
}

#[test]
fn what_is_no_archive_or_not_there_gives_one_line() {
    let home = Home::new();
    home.write("a.zst", [0x28, 0xb5, 0x2f, 0xfd, 0, 0]);
    home.write("a.html", "<html>");
    let check = |file: &str, exit: i32, line: &str| {
        let done = home.pantau(["archive", "list", file]).fails(exit);
        assert_eq!((done.stdout().as_str(), done.stderr().as_str()), ("", line));
    };
    check(
        "a.zst",
        5,
        "pantau: a.zst, offset 0: the file is compressed by zstd, which is not read: decompress it first\n",
    );
    check("a.html", 5, "pantau: a.html, offset 0: no record begins here: 6 bytes are passed over\n");
    check("none.warc", 1, "pantau: failed to read none.warc: No such file or directory (os error 2)\n");
}
