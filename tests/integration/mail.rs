//! Mail of alerts to a real mail server (aiosmtpd), with certificates of its own.
//!
//! Without `python3` and its package `aiosmtpd` these tests say so and pass; where `CI` is set they fail instead.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rcgen::{CertificateParams, KeyPair};

use crate::captures::fixtures;
use crate::common::{Home, Pantau, python_has};

const PASSWORD: &str = "kenari-sandi-surat";

/// A mail server of a test; it ends with it.
struct MailServer {
    child: Child,
    port: u16,
    mails: PathBuf,
    certificate: PathBuf,
}

impl MailServer {
    fn start(home: &Home, mode: &str) -> Self {
        let mails = home.path("mails");
        fs::create_dir_all(&mails).unwrap();
        let (certificate, key) = certificate(home, "server");
        let mut command = Command::new("python3");
        command.arg(fixtures().join("mail/server.py")).arg(&mails).arg(mode);
        if mode != "none" {
            command.args([&certificate, &key]).args(["ana", PASSWORD]);
        }
        let log = home.path("mail-server.log");
        let stderr = fs::File::create(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(stderr).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let why = || fs::read_to_string(&log).unwrap();
        let port = line.trim().parse().unwrap_or_else(|_| panic!("the mail server did not start: {}", why()));
        Self { child, port, mails, certificate }
    }

    /// The mails that came, as the server wrote them down.
    fn mails(&self) -> Vec<String> {
        let mut files: Vec<PathBuf> =
            fs::read_dir(&self.mails).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        files.iter().map(|file| fs::read_to_string(file).unwrap()).collect()
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A certificate for localhost that nobody signed, and its key.
fn certificate(home: &Home, name: &str) -> (PathBuf, PathBuf) {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
    let written = home.write(&format!("{name}.pem"), certificate.pem());
    (written, home.write(&format!("{name}.key"), key.serialize_pem()))
}

fn channel(server: &MailServer, rest: &str) -> String {
    format!(
        "[[channel]]\nname = \"post\"\nkind = \"mail\"\nserver = \"localhost\"\nport = {}\nfrom = \"pantau@example.org\"\nto = [\"ana@example.org\", \"budi@example.org\"]\n{rest}\n",
        server.port
    )
}

fn login(ca: &Path) -> String {
    format!("user = \"ana\"\npassword = {{ env = \"SANDI\" }}\nca = \"{}\"\n", ca.display())
}

fn test(home: &Home, channel: &str, to: &str) -> Pantau {
    let alert = format!("[[alert]]\nname = \"naik\"\nwhen = \"lq45.level >= 900\"\nto = [\"{to}\"]\n");
    home.write("config/pantau/pantau.toml", format!("{channel}{alert}"));
    home.pantau(["alert", "test", "naik"]).env("SANDI", PASSWORD)
}

#[test]
fn mail_goes_out_encrypted_and_logged_in() {
    if !python_has("aiosmtpd") {
        return;
    }
    for mode in ["starttls", "implicit"] {
        let home = Home::new();
        let server = MailServer::start(&home, mode);
        let channel = channel(&server, &format!("tls = \"{mode}\"\n{}", login(&server.certificate)));
        test(&home, &channel, "post").ok();
        test(&home, &channel, "mailto:citra@example.org").ok();
        let mails = server.mails();
        let heads: Vec<&str> = mails.iter().filter_map(|mail| mail.lines().next()).collect();
        let [both, one] = heads[..] else { panic!("{heads:?}") };
        assert_eq!(both, "tls ana pantau@example.org ana@example.org,budi@example.org");
        assert_eq!(one, "tls ana pantau@example.org citra@example.org");
        for line in ["Subject: pantau: naik: a test", "From: pantau@example.org", "Message-ID: <naik-"] {
            assert!(mails[0].contains(line), "{}", mails[0]);
        }
        assert!(
            mails[0].contains("lq45.level >= 900") || mails[0].contains("lq45.level >=3D 900"),
            "{}",
            mails[0]
        );
    }
}

#[test]
fn a_mail_server_that_cannot_be_trusted_gets_neither_mail_nor_password() {
    if !python_has("aiosmtpd") {
        return;
    }
    for mode in ["starttls", "implicit"] {
        let home = Home::new();
        let server = MailServer::start(&home, mode);
        let (stranger, _) = certificate(&home, "stranger");
        let tls = format!("tls = \"{mode}\"\n");
        let done = test(&home, &channel(&server, &(tls.clone() + &login(&stranger))), "post").fails(75);
        assert!(done.stdout().to_lowercase().contains("certificate"), "{done}");
        let usual = "user = \"ana\"\npassword = { env = \"SANDI\" }\n";
        test(&home, &channel(&server, &(tls + usual)), "post").fails(75);
        assert!(server.mails().is_empty());
    }
}

#[test]
fn a_mail_server_without_encryption_is_used_only_when_that_is_asked_for() {
    if !python_has("aiosmtpd") {
        return;
    }
    let home = Home::new();
    let server = MailServer::start(&home, "none");
    let done = test(&home, &channel(&server, ""), "post").fails(75);
    assert!(done.stdout().contains("STARTTLS"), "{done}");
    assert!(server.mails().is_empty());
    test(&home, &channel(&server, "tls = \"none\"\n"), "post").ok();
    assert_eq!(
        server.mails()[0].lines().next(),
        Some("plain - pantau@example.org ana@example.org,budi@example.org")
    );
}

#[test]
fn what_the_mail_server_refuses_for_good_is_told_from_what_it_puts_off() {
    if !python_has("aiosmtpd") {
        return;
    }
    let home = Home::new();
    let server = MailServer::start(&home, "starttls");
    let good = channel(&server, &login(&server.certificate));
    let refused = test(&home, &good, "mailto:nobody@example.org").fails(1);
    assert!(refused.stdout().contains("no such mailbox"), "{refused}");
    test(&home, &good, "mailto:busy@example.org").fails(75);
    let wrong = test(&home, &good, "post").env("SANDI", "kenari-salah").fails(1);
    for bytes in [&wrong.stdout, &wrong.stderr] {
        assert!(!String::from_utf8_lossy(bytes).contains("kenari"), "{wrong}");
    }
    assert!(server.mails().is_empty());
}
