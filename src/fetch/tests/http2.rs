//! HTTP/2, frame by frame, over TLS: headers that no server of a library would send.

use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::*;

const PREFACE: usize = 24;
const HEADERS: u8 = 1;
const SETTINGS: u8 = 4;
const CONTINUATION: u8 = 9;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;
/// The most bytes of a frame that every client takes.
const FRAME: usize = 16_384;

type Tls = StreamOwned<ServerConnection, TcpStream>;

fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let [_, length @ ..] = u32::try_from(payload.len()).unwrap().to_be_bytes();
    [&length[..], &[kind, flags, 0, 0, 0, stream], payload].concat()
}

/// A header as it is: not compressed, not remembered.
fn literal(name: &str, value: &str) -> Vec<u8> {
    let text = |text: &str| -> Vec<u8> {
        let mut bytes = vec![];
        let mut rest = text.len();
        if rest < 127 {
            bytes.push(u8::try_from(rest).unwrap());
        } else {
            bytes.push(127);
            rest -= 127;
            while rest >= 128 {
                bytes.push(u8::try_from(rest % 128 + 128).unwrap());
                rest /= 128;
            }
            bytes.push(u8::try_from(rest).unwrap());
        }
        [bytes, text.as_bytes().to_vec()].concat()
    };
    [vec![0], text(name), text(value)].concat()
}

/// An answer of status 200 without a body, in as many frames as its headers take.
fn head(headers: &[(String, String)]) -> Vec<u8> {
    let mut block = vec![0x88];
    headers.iter().for_each(|(name, value)| block.extend(literal(name, value)));
    let count = block.len().div_ceil(FRAME);
    let one = |(place, piece): (usize, &[u8])| {
        let kind = if place == 0 { HEADERS } else { CONTINUATION };
        let end = if place == 0 { END_STREAM } else { 0 } | if place + 1 == count { END_HEADERS } else { 0 };
        frame(kind, end, 1, piece)
    };
    block.chunks(FRAME).enumerate().flat_map(one).collect()
}

fn converse(stream: &mut Tls, answer: &[u8]) -> std::io::Result<()> {
    stream.read_exact(&mut [0; PREFACE])?;
    stream.write_all(&frame(SETTINGS, 0, 0, &[]))?;
    loop {
        let mut begin = [0; 9];
        stream.read_exact(&mut begin)?;
        let length = u32::from_be_bytes([0, begin[0], begin[1], begin[2]]);
        stream.read_exact(&mut vec![0; length as usize])?;
        if begin[3] == HEADERS {
            break;
        }
    }
    stream.write_all(answer)?;
    stream.flush()?;
    // Keeps the connection until the client goes.
    stream.read_to_end(&mut Vec::new()).map(drop)
}

fn serve(answer: Vec<u8>) -> String {
    crate::fetch::tls::install_provider();
    let certified = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::try_from(certified.signing_key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certified.cert.der().clone()], key)
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let (config, listener) = (Arc::new(config), TcpListener::bind("127.0.0.1:0").unwrap());
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for socket in listener.incoming().flatten() {
            let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
            // The client may hang up at any moment.
            let _ = converse(&mut StreamOwned::new(connection, socket), &answer);
        }
    });
    format!("https://127.0.0.1:{port}/")
}

fn ask(headers: &[(String, String)]) -> Result<Fetched, FetchError> {
    let url = serve(head(headers));
    let mut client = Client::new(&quick()).unwrap();
    let trusting = super::super::client::builder(&quick()).danger_accept_invalid_certs(true).build().unwrap();
    client.http = super::super::http::Http::only(trusting);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(client.fetch(&url, &Validators::default()))
}

#[test]
fn long_headers_of_http2_are_not_read() {
    let header = |name: String, length: usize| (name, "x".repeat(length));
    let few = ask(&[header("x".into(), 30_000)]).unwrap();
    assert_eq!(body_of(few), b"");
    let many: Vec<_> = (0..5000).map(|number| header(format!("x{number}"), 10)).collect();
    for headers in [vec![header("x".into(), 70_000)], vec![header("x".into(), 1 << 20)], many] {
        let error = ask(&headers).unwrap_err();
        assert!(matches!(error, FetchError::Cut { .. }), "{}", told(&error));
    }
}
