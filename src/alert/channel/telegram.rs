//! Telegram: `sendMessage` of its Bot API. The token of the bot stands in the address.

use std::time::Duration;

use serde_json::{Value, json};
use url::Url;

use super::{ChannelError, Failure, judge};
use crate::alert::Message;
use crate::domain::{Hidden, Timestamp};
use crate::fetch::{Answer, FetchOptions, Poster};

/// A chat that a bot writes to.
#[derive(Debug, Clone)]
pub struct Telegram {
    token: Hidden,
    url: Hidden,
    chat: String,
    poster: Poster,
}

impl Telegram {
    /// Where the Bot API is, unless one runs a server of one's own.
    pub const API: &str = "https://api.telegram.org/";

    /// A chat (a number, or `@name` of a public channel) by way of the Bot API at `api`.
    ///
    /// # Errors
    /// No token that could be one, or no HTTP client.
    pub fn new(api: &Url, token: Hidden, chat: String, options: &FetchOptions) -> Result<Self, ChannelError> {
        let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_' | '-');
        if token.reveal().is_empty() || !token.reveal().chars().all(is_of_token) {
            return Err(ChannelError::Token);
        }
        let url = format!("{}/bot{}/sendMessage", api.as_str().trim_end_matches('/'), token.reveal());
        Ok(Self { token, url: Hidden::new(url), chat, poster: Poster::new(options)? })
    }

    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        // Without a parse mode the text is taken as it is: nothing in it needs escaping.
        let body = json!({
            "chat_id": self.chat,
            "text": format!("{}\n{}", message.title(), message.text()),
            "link_preview_options": { "is_disabled": true },
        });
        let headers = [("content-type", Hidden::new("application/json"))];
        let answer = self.poster.post(&self.url, &headers, body.to_string().into_bytes()).await;
        let answer = answer.map_err(|error| Failure::of(&error))?;
        judge(&answer, now).map_err(|failure| explained(failure, &answer))
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        vec![self.url.reveal().to_owned(), self.token.reveal().to_owned()]
    }
}

/// The API says in JSON what is wrong and how long to wait.
fn explained(failure: Failure, answer: &Answer) -> Failure {
    let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
    let asked = said["parameters"]["retry_after"].as_u64().map(Duration::from_secs);
    let detail = said["description"]
        .as_str()
        .map(|description| format!("answered with status {}: {description}", answer.status));
    Failure {
        detail: detail.unwrap_or(failure.detail),
        retry_after: asked.or(failure.retry_after),
        ..failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_token_changes_no_address() {
        for token in ["", "123/../456", "123:abc?x", "123:abc def"] {
            let made = Telegram::new(
                &Telegram::API.parse().unwrap(),
                Hidden::new(token),
                "1".to_owned(),
                &FetchOptions::default(),
            );
            assert!(matches!(made, Err(ChannelError::Token)), "{token}");
        }
    }

    #[test]
    fn the_words_of_the_api_are_passed_on() {
        let body = br#"{"ok":false,"error_code":429,"description":"Too Many Requests: retry after 35","parameters":{"retry_after":35}}"#;
        let answer = Answer { status: 429, body: body.to_vec(), retry_after: None };
        let failure = explained(judge(&answer, Timestamp::UNIX_EPOCH).unwrap_err(), &answer);
        assert_eq!(failure.detail, "answered with status 429: Too Many Requests: retry after 35");
        assert_eq!((failure.is_permanent, failure.retry_after), (false, Some(Duration::from_secs(35))));
    }
}
