//! ntfy: a topic on a server, at ntfy.sh or one's own, that telephones listen to.

use super::{ChannelError, Failure, judge, secrets_of_url};
use crate::alert::Message;
use crate::domain::{Hidden, Notice, Timestamp};
use crate::fetch::{FetchOptions, Poster};

/// A topic of ntfy.
#[derive(Debug, Clone)]
pub struct Ntfy {
    url: Hidden,
    token: Option<Hidden>,
    poster: Poster,
}

impl Ntfy {
    /// The topic at an address, with an access token where the topic is protected.
    ///
    /// # Errors
    /// No HTTP client.
    pub fn new(url: Hidden, token: Option<Hidden>, options: &FetchOptions) -> Result<Self, ChannelError> {
        Ok(Self { url, token, poster: Poster::new(options)? })
    }

    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        // High priority sounds and vibrates longer; tags that are names of emojis are shown as such.
        let (priority, tags) = match message.notice {
            Notice::Fired => ("4", "warning"),
            Notice::Recovered => ("3", "white_check_mark"),
            Notice::Test => ("3", "test_tube"),
        };
        let mut headers = vec![
            ("content-type", Hidden::new("text/plain; charset=utf-8")),
            ("title", Hidden::new(message.title())),
            ("priority", Hidden::new(priority)),
            ("tags", Hidden::new(tags)),
        ];
        let bearer = self.token.as_ref().map(|token| Hidden::new(format!("Bearer {}", token.reveal())));
        headers.extend(bearer.map(|bearer| ("authorization", bearer)));
        let answer = self.poster.post(&self.url, &headers, message.text().into_bytes()).await;
        judge(&answer.map_err(|error| Failure::of(&error))?, now)
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        let token = self.token.iter().map(|token| token.reveal().to_owned());
        secrets_of_url(&self.url).into_iter().chain(token).collect()
    }
}
