//! Channels: what the keys of `[[channel]]` mean, and which belong to which kind.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use toml::Spanned;
use url::Url;

use super::check::{name, web_address};
use super::error::Problem;
use super::file::{self, ChannelKind, Placed};
use super::layout::text;
use super::lookup::{Env, resolve};
use super::secret::{Address, Secret};
use crate::alert::channel::{MailTls, Telegram, is_mail_address};

/// A way to tell people that needs more than one text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// What `to` calls it.
    pub name: String,
    /// How it is reached.
    pub way: Way,
    /// Whether its host may lie in a private network although its name looks public.
    pub private: bool,
}

/// How a channel is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Way {
    /// JSON to a program, signed when there is a secret.
    Webhook {
        /// Where it listens.
        url: Address,
        /// The key of the signature.
        secret: Option<Secret>,
    },
    /// A topic of ntfy.
    Ntfy {
        /// The topic.
        url: Address,
        /// The access token.
        token: Option<Secret>,
    },
    /// A bot of Telegram.
    Telegram {
        /// Where the Bot API is.
        url: Url,
        /// The token of the bot.
        token: Secret,
        /// The chat that is meant when `to` only names the channel.
        chat: Option<String>,
    },
    /// A mail server.
    Mail(MailServer),
}

/// A mail server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MailServer {
    /// Its host.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Who logs in, and the password.
    pub login: Option<(String, Secret)>,
    /// The sender.
    pub from: String,
    /// The receivers that are meant when `to` only names the channel.
    pub to: Vec<String>,
    /// Certificates that the server's may be signed by, in place of the usual ones.
    pub ca: Option<PathBuf>,
}

impl Channel {
    /// Whether it knows by itself who is to be told.
    pub(super) fn has_receiver(&self) -> bool {
        match &self.way {
            Way::Webhook { .. } | Way::Ntfy { .. } => true,
            Way::Telegram { chat, .. } => chat.is_some(),
            Way::Mail(server) => !server.to.is_empty(),
        }
    }

    pub(super) fn kind(&self) -> ChannelKind {
        match self.way {
            Way::Webhook { .. } => ChannelKind::Webhook,
            Way::Ntfy { .. } => ChannelKind::Ntfy,
            Way::Telegram { .. } => ChannelKind::Telegram,
            Way::Mail(_) => ChannelKind::Mail,
        }
    }
}

/// What a file's channels mean, no two of one name.
pub(super) fn channels(files: &[file::Channel], path: &Path, env: Env<'_>) -> Result<Vec<Channel>, Problem> {
    let mut names = HashSet::new();
    let one = |file: &file::Channel| {
        let name = name(&file.name)?;
        if !names.insert(name.clone()) {
            return Err(Problem::new(file.name.span(), format!("`name`: two channels are called '{name}'")));
        }
        refuse_strangers(file)?;
        Ok(Channel { name, way: way(file, path, env)?, private: file.private.unwrap_or_default() })
    };
    files.iter().map(one).collect()
}

fn way(file: &file::Channel, path: &Path, env: Env<'_>) -> Result<Way, Problem> {
    let secret = |key, value: &Placed<toml::Value>| secret(key, value, path, env);
    match *file.kind.get_ref() {
        ChannelKind::Webhook => {
            Ok(Way::Webhook { url: address(file, path, env)?, secret: secret("secret", &file.secret)? })
        }
        ChannelKind::Ntfy => {
            Ok(Way::Ntfy { url: address(file, path, env)?, token: secret("token", &file.token)? })
        }
        ChannelKind::Telegram => Ok(Way::Telegram {
            url: telegram_api(file)?,
            token: secret("token", &file.token)?.ok_or_else(|| missing(file, "token"))?,
            chat: file.chat.as_ref().map(chat).transpose()?,
        }),
        ChannelKind::Mail => mail_server(file, path, env).map(Way::Mail),
    }
}

fn mail_server(file: &file::Channel, path: &Path, env: Env<'_>) -> Result<MailServer, Problem> {
    let tls = file.tls.as_ref().map_or_else(MailTls::default, |tls| (*tls.get_ref()).into());
    let password = secret("password", &file.password, path, env)?;
    let user = text("user", &file.user)?;
    let login = match (user, password) {
        (Some(user), Some(password)) => Some((user, password)),
        (None, None) => None,
        (Some(_), None) => return Err(missing(file, "password")),
        (None, Some(_)) => return Err(missing(file, "user")),
    };
    if let (MailTls::None, Some(password)) = (tls, &file.password) {
        return Err(Problem::new(
            password.span(),
            "`password` is not sent without encryption; leave `tls` away",
        ));
    }
    let server = text("server", &file.server)?.ok_or_else(|| missing(file, "server"))?;
    let from = file.from.as_ref().ok_or_else(|| missing(file, "from"))?;
    Ok(MailServer {
        server,
        port: file.port.unwrap_or_else(|| tls.port()),
        tls,
        login,
        from: mail_address("from", from)?,
        to: file.to.iter().map(|to| mail_address("to", to)).collect::<Result<_, _>>()?,
        ca: text("ca", &file.ca)?.map(|written| resolve(&written, path, env)),
    })
}

fn missing(file: &file::Channel, key: &str) -> Problem {
    let kind = file.kind.get_ref().word();
    Problem::new(file.kind.span(), format!("a channel of kind \"{kind}\" needs the key `{key}`"))
}

/// A key of another kind is a slip that would go unnoticed.
fn refuse_strangers(file: &file::Channel) -> Result<(), Problem> {
    use ChannelKind::{Mail, Ntfy, Telegram, Webhook};
    let kind = *file.kind.get_ref();
    let at = |value: &Placed<String>| value.as_ref().map(Spanned::span);
    let keys = [
        ("url", file.url.as_ref().map(Spanned::span), &[Webhook, Ntfy, Telegram][..]),
        ("secret", file.secret.as_ref().map(Spanned::span), &[Webhook]),
        ("token", file.token.as_ref().map(Spanned::span), &[Ntfy, Telegram]),
        ("chat", file.chat.as_ref().map(Spanned::span), &[Telegram]),
        ("server", at(&file.server), &[Mail]),
        ("tls", file.tls.as_ref().map(Spanned::span), &[Mail]),
        ("user", at(&file.user), &[Mail]),
        ("password", file.password.as_ref().map(Spanned::span), &[Mail]),
        ("from", at(&file.from), &[Mail]),
        ("to", file.to.first().map(Spanned::span), &[Mail]),
        ("ca", at(&file.ca), &[Mail]),
    ];
    let port = file.port.filter(|_| kind != Mail).map(|_| ("port", file.kind.span()));
    let private = file.private.filter(|_| kind == Mail).map(|_| ("private", file.kind.span()));
    let stranger = keys
        .into_iter()
        .find_map(|(key, at, kinds)| at.filter(|_| !kinds.contains(&kind)).map(|at| (key, at)));
    match stranger.or(port).or(private) {
        Some((key, at)) => {
            let text = format!("`{key}` does not belong to a channel of kind \"{}\"", kind.word());
            Err(Problem::new(at, text))
        }
        None => Ok(()),
    }
}

/// An address as text, or where it stands when it is secret.
fn address(file: &file::Channel, path: &Path, env: Env<'_>) -> Result<Address, Problem> {
    let value = file.url.as_ref().ok_or_else(|| missing(file, "url"))?;
    match value.get_ref() {
        toml::Value::String(text) => {
            let text = Spanned::new(value.span(), text.clone());
            web_address("url", &text).map(Address::Plain)
        }
        _ => place("url", value, path, env).map(Address::Secret),
    }
}

fn telegram_api(file: &file::Channel) -> Result<Url, Problem> {
    let (span, text) = match file.url.as_ref().map(|value| (value.span(), value.get_ref())) {
        None => (file.kind.span(), Telegram::API),
        Some((span, toml::Value::String(text))) => (span, text.as_str()),
        Some((span, _)) => return Err(Problem::new(span, "`url`: write the address of the Bot API")),
    };
    web_address("url", &Spanned::new(span, text.to_owned()))
}

fn chat(value: &Spanned<toml::Value>) -> Result<String, Problem> {
    let text = match value.get_ref() {
        toml::Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    if is_chat(&text) { Ok(text) } else { Err(Problem::new(value.span(), no_chat("chat", &text))) }
}

pub(super) fn no_chat(key: &str, text: &str) -> String {
    format!("`{key}`: '{text}' is no chat; write its number, such as -1001234567890, or @name")
}

pub(super) fn is_chat(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_word = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    is_number || text.strip_prefix('@').is_some_and(is_word)
}

pub(super) fn mail_address(key: &str, value: &Spanned<String>) -> Result<String, Problem> {
    let text = value.get_ref();
    if is_mail_address(text) {
        return Ok(text.clone());
    }
    let problem = format!("`{key}`: '{text}' is not a mail address; write it like ana@example.org");
    Err(Problem::new(value.span(), problem))
}

fn secret(
    key: &str,
    value: &Placed<toml::Value>,
    path: &Path,
    env: Env<'_>,
) -> Result<Option<Secret>, Problem> {
    value.as_ref().map(|value| place(key, value, path, env)).transpose()
}

/// `{ env = "NAME" }` or `{ file = "PATH" }`. What stands there instead is in no message: it may be the secret.
pub(super) fn place(
    key: &str,
    value: &Spanned<toml::Value>,
    path: &Path,
    env: Env<'_>,
) -> Result<Secret, Problem> {
    let refuse = || {
        let text = format!(
            "`{key}`: a secret does not stand in the configuration; write {{ env = \"NAME\" }} or {{ file = \"PATH\" }}"
        );
        Problem::new(value.span(), text)
    };
    let table = value.get_ref().as_table().ok_or_else(refuse)?;
    let only = table.iter().next().filter(|_| table.len() == 1);
    match only.map(|(key, value)| (key.as_str(), value.as_str().map(str::trim))) {
        Some(("env", Some(name))) if is_variable(name) => Ok(Secret::Env(name.to_owned())),
        Some(("file", Some(file))) if !file.is_empty() => Ok(Secret::File(resolve(file, path, env))),
        _ => Err(refuse()),
    }
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}
