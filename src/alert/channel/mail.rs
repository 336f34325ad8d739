//! Mail by SMTP. Encrypted unless plain text was asked for in so many words; a password is never sent in plain text.

use std::time::{Duration, SystemTime};

use lettre::message::{Mailbox, header::ContentType};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Tokio1Executor};

use super::{ChannelError, Failure};
use crate::alert::Message;
use crate::domain::{Hidden, Timestamp};

/// For one answer of the server.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// For the whole conversation.
const TOTAL_TIMEOUT: Duration = Duration::from_secs(90);

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MailTls {
    /// Begun in plain text and then encrypted, or given up.
    #[default]
    StartTls,
    /// Encrypted from the first byte.
    Implicit,
    /// Not at all.
    None,
}

impl MailTls {
    /// The port that is usual for it.
    #[must_use]
    pub fn port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Implicit => 465,
            Self::None => 25,
        }
    }
}

/// What is needed to send mail.
#[derive(Debug, Clone)]
pub struct MailOptions {
    /// The host of the mail server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Who logs in, where the server asks for it.
    pub login: Option<(String, Hidden)>,
    /// The sender.
    pub from: String,
    /// The receivers.
    pub to: Vec<String>,
    /// Certificates (PEM) that the server's may be signed by, in place of the usual ones.
    pub ca: Option<Vec<u8>>,
}

/// A mail server and who gets mail by it.
#[derive(Debug, Clone)]
pub struct Mail {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    to: Vec<Mailbox>,
    password: Option<Hidden>,
}

impl Mail {
    /// Prepares the mail; connects nowhere.
    ///
    /// # Errors
    /// An address or a certificate that is none.
    pub fn new(options: MailOptions) -> Result<Self, ChannelError> {
        let tls = tls(&options)?;
        let mut transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&options.server)
            .port(options.port)
            .timeout(Some(ANSWER_TIMEOUT))
            .tls(tls);
        if let Some((user, password)) = &options.login {
            transport = transport.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
        }
        Ok(Self {
            transport: transport.build(),
            from: mailbox(&options.from)?,
            to: options.to.iter().map(|to| mailbox(to)).collect::<Result<_, _>>()?,
            password: options.login.map(|(_, password)| password),
        })
    }

    pub(super) async fn send(&self, message: &Message, now: Timestamp) -> Result<(), Failure> {
        let mail = self.mail(message, now).map_err(|error| Failure {
            detail: format!("failed to write the mail: {error}"),
            is_permanent: true,
            retry_after: None,
        })?;
        match tokio::time::timeout(TOTAL_TIMEOUT, self.transport.send(mail)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(Failure {
                detail: format!("failed to send the mail: {error}"),
                is_permanent: error.is_permanent(),
                retry_after: None,
            }),
            Err(_) => Err(Failure {
                detail: format!("the mail server took longer than {}s", TOTAL_TIMEOUT.as_secs()),
                is_permanent: false,
                retry_after: None,
            }),
        }
    }

    fn mail(&self, message: &Message, now: Timestamp) -> Result<lettre::Message, lettre::error::Error> {
        let mut mail = lettre::Message::builder()
            .from(self.from.clone())
            .subject(format!("pantau: {}", message.title()))
            .date(SystemTime::from(now))
            // The same for the same message, so that a mailbox shows it once.
            .message_id(Some(format!("<{}@{}>", message.id, self.from.email.domain())))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            mail = mail.to(to.clone());
        }
        mail.body(message.text() + "\n")
    }

    pub(super) fn secrets(&self) -> Vec<String> {
        self.password.iter().map(|password| password.reveal().to_owned()).collect()
    }
}

fn tls(options: &MailOptions) -> Result<Tls, ChannelError> {
    let refuse = |error: lettre::transport::smtp::Error| ChannelError::Mail(error.to_string());
    let mut parameters = TlsParameters::builder(options.server.clone());
    if let Some(pem) = &options.ca {
        parameters = parameters
            .certificate_store(lettre::transport::smtp::client::CertificateStore::None)
            .add_root_certificate(Certificate::from_pem(pem).map_err(refuse)?);
    }
    Ok(match options.tls {
        MailTls::StartTls => Tls::Required(parameters.build().map_err(refuse)?),
        MailTls::Implicit => Tls::Wrapper(parameters.build().map_err(refuse)?),
        MailTls::None => Tls::None,
    })
}

fn mailbox(text: &str) -> Result<Mailbox, ChannelError> {
    text.parse().map_err(|_| ChannelError::Mail(format!("'{text}' is not a mail address")))
}

/// Whether a text is an address that mail can be sent to.
#[must_use]
pub fn is_mail_address(text: &str) -> bool {
    text.parse::<Address>().is_ok()
}
