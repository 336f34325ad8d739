//! Where the program does not go, however it is asked: into a private network that nobody named.

use crate::common::{Home, text};
use crate::server::{Answer, Server};

fn configure(home: &Home, url: &str) {
    let source = format!("[[source]]\nname = \"kontan\"\nurl = \"{url}\"\nlayout = \"kontan\"\n");
    home.write("config/pantau/pantau.toml", source);
}

#[test]
fn an_address_in_disguise_is_a_mistake_of_the_configuration() {
    let home = Home::new();
    for (url, says) in [
        ("http://2130706433:PORT/", "write the address as 127.0.0.1"),
        ("http://0x7f.1:PORT/", "write the address as 127.0.0.1"),
        ("http://１２７.０.０.１:PORT/", "write the address as 127.0.0.1"),
        ("http://[::ffff:127.0.0.1]:PORT/", "write the address as 127.0.0.1"),
        ("http://0.0.0.0:PORT/", "0.0.0.0 is an unspecified address"),
        ("http://me@127.0.0.1:PORT/", "must not hold a user name"),
    ] {
        let canary = Server::start(vec![Answer::page("")]);
        let port = canary.url().rsplit(':').next().unwrap().trim_end_matches('/').to_owned();
        configure(&home, &url.replace("PORT", &port));
        home.pantau(["poll"]).refuses(2).says("pantau.toml:3:7").says(says);
        assert!(canary.requests().is_empty(), "{url}");
    }
}

#[test]
fn a_redirect_into_a_private_network_is_an_outcome_of_the_poll() {
    let canary = Server::start(vec![Answer::page("")]);
    let by_name = canary.url().replace("127.0.0.1", "localhost");
    for to in
        [canary.url(), by_name, "http://169.254.169.254/latest/meta-data/".to_owned(), "//[::1]/".to_owned()]
    {
        let home = Home::new();
        let server = Server::start(vec![Answer::new("302 Found", "").header("Location", &to)]);
        configure(&home, &server.url());
        home.pantau(["poll"])
            .refuses(1)
            .says("was not followed")
            .says("only the configuration may lead there");
        let status = home.pantau(["status", "-f", "json"]).run().array().remove(0);
        assert_eq!(text(&status, "outcome"), "http_error", "{to}");
    }
    assert!(canary.requests().is_empty());
}
