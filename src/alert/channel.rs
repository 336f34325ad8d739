//! Where messages go: a webhook, ntfy, Telegram or mail. Knows neither rules nor the database.

pub mod mail;
pub mod ntfy;
pub mod telegram;
pub mod webhook;

use std::time::Duration;

use crate::domain::{Hidden, Timestamp};
use crate::fetch::{Answer, FetchError, retry_after};
use crate::format::{error_chain, escape};

use super::Message;

pub use mail::{Mail, MailOptions, MailTls, is_mail_address};
pub use ntfy::Ntfy;
pub use telegram::Telegram;
pub use webhook::Webhook;

/// The longest account of a failure that is kept and shown, in characters.
const LONGEST_DETAIL: usize = 300;

/// Shorter texts are no secrets worth the name, and hiding them would garble a message.
const SHORTEST_SECRET: usize = 4;

/// A channel and what the configuration calls it.
#[derive(Debug, Clone)]
pub struct Channel {
    /// As it stands in `to`.
    pub label: String,
    /// How it is reached.
    pub carrier: Carrier,
}

/// The ways to reach people and programs.
#[derive(Debug, Clone)]
pub enum Carrier {
    /// JSON to a program.
    Webhook(Webhook),
    /// A push notification by way of an ntfy server.
    Ntfy(Ntfy),
    /// A message of a Telegram bot.
    Telegram(Telegram),
    /// A mail.
    Mail(Mail),
}

/// Pieces of an address that are shorter are words.
const LONG_PIECE: usize = 8;

/// Why a message was not delivered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What went wrong, in one line without any secret.
    pub detail: String,
    /// Whether the same message would fail again.
    pub is_permanent: bool,
    /// The pause that the receiver asked for.
    pub retry_after: Option<Duration>,
}

/// Why a channel cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum ChannelError {
    /// No HTTP client.
    #[error(transparent)]
    Fetch(#[from] FetchError),
    /// What was given as a token is none.
    #[error("the token of a Telegram bot is made of letters, digits, ':', '_' and '-'; this one is not")]
    Token,
    /// The mail server or an address cannot be meant.
    #[error("{0}")]
    Mail(String),
}

impl Channel {
    /// Sends a message, once. `now` stands in what is sent, and is when a pause begins that the receiver asks for.
    ///
    /// # Errors
    /// The receiver did not take it, or not so that it could be known.
    pub async fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        let sent = match &self.carrier {
            Carrier::Webhook(webhook) => webhook.send(message, now).await,
            Carrier::Ntfy(ntfy) => ntfy.send(message, now).await,
            Carrier::Telegram(telegram) => telegram.send(message, now).await,
            Carrier::Mail(mail) => mail.send(message, now).await,
        };
        sent.map_err(|failure| Failure { detail: told(&failure.detail, &self.secrets()), ..failure })
    }

    fn secrets(&self) -> Vec<String> {
        match &self.carrier {
            Carrier::Webhook(webhook) => webhook.secrets(),
            Carrier::Ntfy(ntfy) => ntfy.secrets(),
            Carrier::Telegram(telegram) => telegram.secrets(),
            Carrier::Mail(mail) => mail.secrets(),
        }
    }
}

impl Failure {
    fn of(error: &FetchError) -> Self {
        let is_permanent = matches!(
            error,
            FetchError::BadUrl { .. } | FetchError::Redirect { .. } | FetchError::Setup { .. }
        );
        Self { detail: error_chain(error), is_permanent, retry_after: None }
    }
}

/// What a server of ours said: it took the message, or why not.
fn judge(answer: &Answer, now: Timestamp) -> Result<(), Failure> {
    if (200..300).contains(&answer.status) {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&answer.body);
    let said = said.trim();
    let detail = if said.is_empty() {
        format!("answered with status {}", answer.status)
    } else {
        format!("answered with status {}: {said}", answer.status)
    };
    let retry_after = answer.retry_after.as_deref().and_then(|header| retry_after(header, now));
    Err(Failure { detail, is_permanent: is_refusal(answer.status), retry_after })
}

/// A redirect and what is wrong with the request stay so; a server that is busy or broken may recover.
fn is_refusal(status: u16) -> bool {
    (300..500).contains(&status) && !matches!(status, 408 | 429)
}

/// The parts of an address that may be secret: all of it, what follows the host, and each long piece of that.
fn secrets_of_url(url: &Hidden) -> Vec<String> {
    let mut secrets = vec![url.reveal().to_owned()];
    if let Ok(parsed) = url::Url::parse(url.reveal()) {
        let after_host = &parsed[url::Position::BeforePath..];
        let pieces = after_host.split(['/', '?', '&', '=']).filter(|piece| piece.len() >= LONG_PIECE);
        secrets.push(after_host.to_owned());
        secrets.extend(pieces.map(str::to_owned));
    }
    secrets
}

/// A failure as it is kept and shown: one line, bounded, and without what a server may have said of our secrets.
fn told(detail: &str, secrets: &[String]) -> String {
    let hidden = secrets
        .iter()
        .filter(|secret| secret.len() >= SHORTEST_SECRET)
        .fold(detail.to_owned(), |text, secret| text.replace(secret.as_str(), "(hidden)"));
    let line = hidden.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = escape(&line);
    match line.char_indices().nth(LONGEST_DETAIL) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, body: body.as_bytes().to_vec(), retry_after: None }
    }

    fn now() -> Timestamp {
        chrono::DateTime::parse_from_rfc3339("2024-11-22T03:00:00Z").unwrap().to_utc()
    }

    #[test]
    fn a_pause_is_asked_for_in_seconds_or_by_a_date() {
        for (header, seconds) in
            [("120", Some(120)), ("Fri, 22 Nov 2024 03:01:00 GMT", Some(60)), ("soon", None)]
        {
            let busy = Answer { retry_after: Some(header.to_owned()), ..answer(429, "") };
            let asked = judge(&busy, now()).unwrap_err().retry_after;
            assert_eq!(asked, seconds.map(Duration::from_secs), "{header}");
        }
    }

    #[test]
    fn what_is_refused_is_not_tried_again_and_what_is_busy_is() {
        for status in [200, 202, 204] {
            assert_eq!(judge(&answer(status, ""), now()), Ok(()));
        }
        for (status, is_permanent) in [
            (301, true),
            (400, true),
            (401, true),
            (403, true),
            (404, true),
            (408, false),
            (410, true),
            (429, false),
            (500, false),
            (503, false),
        ] {
            assert_eq!(judge(&answer(status, ""), now()).unwrap_err().is_permanent, is_permanent, "{status}");
        }
        let refused = judge(&answer(400, "{\"description\":\"chat not found\"}\n"), now()).unwrap_err();
        assert_eq!(refused.detail, "answered with status 400: {\"description\":\"chat not found\"}");
    }

    #[test]
    fn a_failure_is_one_bounded_line_without_secrets() {
        let secrets = ["123:abc".to_owned(), "x".to_owned(), String::new()];
        assert_eq!(told("no bot123:abc here\r\n\u{1b}[2J x", &secrets), r"no bot(hidden) here \u{1b}[2J x");
        assert_eq!(told(&"y".repeat(9000), &secrets).chars().count(), LONGEST_DETAIL + 1);
        // A secret is hidden before the line is cut, so that no half of it remains.
        let cut = told(&format!("{}123:abc", "y".repeat(LONGEST_DETAIL - 3)), &secrets);
        assert!(!cut.contains("123"), "{cut}");
    }

    #[test]
    fn the_whole_address_and_what_follows_the_host_are_secret() {
        let url = Hidden::new("https://hooks.example.org/T0/B1/xyzxyzxyz?k=v");
        let expected = ["https://hooks.example.org/T0/B1/xyzxyzxyz?k=v", "/T0/B1/xyzxyzxyz?k=v", "xyzxyzxyz"];
        assert_eq!(secrets_of_url(&url), expected.map(str::to_owned));
    }
}
