//! A webhook: the message as JSON, signed so that the receiver can tell who sent it and when.
//!
//! ```text
//! Pantau-Id: lq45-falls-1732246200-7
//! Pantau-Signature: t=1732246201,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
//! ```
//!
//! `v1` is HMAC-SHA256 in hexadecimal over the decimal digits of `t`, a point and the body as it came, with the secret
//! of the channel as the key. `t` is when this attempt was made; a receiver refuses one that is more than a few minutes
//! old. `Pantau-Id` is the same whenever the same message is sent again.

use hmac::{Hmac, KeyInit, Mac};

use super::{ChannelError, Failure, judge, secrets_of_url};
use crate::alert::Message;
use crate::domain::{Hidden, Sha256, Timestamp};
use crate::fetch::{FetchOptions, Poster};

/// A receiver of JSON.
#[derive(Debug, Clone)]
pub struct Webhook {
    url: Hidden,
    key: Option<Hidden>,
    poster: Poster,
}

impl Webhook {
    /// A webhook at an address; signed when there is a key.
    ///
    /// # Errors
    /// No HTTP client.
    pub fn new(url: Hidden, key: Option<Hidden>, options: &FetchOptions) -> Result<Self, ChannelError> {
        Ok(Self { url, key, poster: Poster::new(options)? })
    }

    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        let body = message.json().to_string();
        let mut headers = vec![
            ("content-type", Hidden::new("application/json")),
            ("pantau-id", Hidden::new(message.id.as_str())),
        ];
        let signature = self.key.as_ref().map(|key| signature(key, now.timestamp(), body.as_bytes()));
        headers.extend(signature.map(|signature| ("pantau-signature", Hidden::new(signature))));
        let answer = self.poster.post(&self.url, &headers, body.into_bytes()).await;
        judge(&answer.map_err(|error| Failure::of(&error))?, now)
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        let key = self.key.iter().map(|key| key.reveal().to_owned());
        secrets_of_url(&self.url).into_iter().chain(key).collect()
    }
}

fn signature(key: &Hidden, at: i64, body: &[u8]) -> String {
    let signed = Hmac::<Sha256>::new_from_slice(key.reveal().as_bytes()).map(|mut mac| {
        mac.update(format!("{at}.").as_bytes());
        mac.update(body);
        mac.finalize().into_bytes()
    });
    // HMAC takes keys of any length.
    let digits: String = signed.unwrap_or_default().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("t={at},v1={digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_over_the_time_and_the_body() {
        // printf '1732246201.{"a":1}' | openssl dgst -sha256 -hmac kunci
        assert_eq!(
            signature(&Hidden::new("kunci"), 1_732_246_201, b"{\"a\":1}"),
            "t=1732246201,v1=c74eef15ad9c9b60605b6f468b65ab622b123ba4e798d21f4129897dd5f2abd4"
        );
    }
}
