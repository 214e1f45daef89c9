//! Letters over SMTP.

use std::time::Duration;

use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{Address, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::config::{MailConfig, Security};

/// A server that does not answer for so long is not there.
const PATIENCE: Duration = Duration::from_secs(20);
/// Characters of a subject: more is cut off by whatever shows it.
const SUBJECT: usize = 120;

#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("reading the certificates {path}: {source}")]
    Read { path: std::path::PathBuf, source: std::io::Error },
    #[error("`{0}` is no address: {1}")]
    Address(String, lettre::address::AddressError),
    #[error("putting a letter together: {0}")]
    Letter(#[from] lettre::error::Error),
    #[error("{}", told(.0))]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// What the server said, with what lies beneath it.
fn told(error: &lettre::transport::smtp::Error) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(below) = source {
        let words = below.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = below.source();
    }
    text
}

impl MailError {
    /// Whether the same letter would be refused again. What is wrong with the account at the mail server an operator puts
    /// right, so such letters wait.
    pub fn is_final(&self) -> bool {
        match self {
            MailError::Address(..) | MailError::Letter(_) => true,
            MailError::Read { .. } => false,
            MailError::Smtp(error) => {
                let code = error.status().map(u16::from);
                error.is_permanent() && !matches!(code, Some(530 | 534 | 535 | 538))
            }
        }
    }
}

/// Where letters are handed in.
#[derive(Clone, Debug)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

/// A letter to one person.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    pub to: &'a str,
    pub subject: &'a str,
    pub body: &'a str,
    /// By which it is known again when it is sent twice.
    pub id: &'a str,
}

impl Mailer {
    pub fn open(config: &MailConfig) -> Result<Mailer, MailError> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port)
            .timeout(Some(PATIENCE));
        if let (Some(user), Some(password)) = (&config.user, &config.password) {
            builder = builder.credentials(Credentials::new(user.clone(), password.expose().to_owned()));
        }
        builder = match config.security {
            Security::Tls => builder.tls(Tls::Wrapper(parameters(config)?)),
            Security::Starttls => builder.tls(Tls::Required(parameters(config)?)),
            Security::None => builder.tls(Tls::None),
        };
        Ok(Mailer { transport: builder.build(), from: config.from.clone() })
    }

    pub async fn send(&self, letter: Letter<'_>) -> Result<(), MailError> {
        let Letter { to, subject, body, id } = letter;
        let to: Address = to.parse().map_err(|error| MailError::Address(to.to_owned(), error))?;
        let mut message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to))
            .subject(one_line(subject))
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .date_now()
            .singlepart(SinglePart::plain(body.to_owned()))?;
        // Nobody's holiday answers it (RFC 3834).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        message.headers_mut().insert_raw(HeaderValue::new(name, "auto-generated".to_owned()));
        self.transport.send(message).await?;
        Ok(())
    }
}

fn parameters(config: &MailConfig) -> Result<TlsParameters, MailError> {
    let mut builder = TlsParameters::builder(config.host.clone());
    if let Some(path) = &config.ca_file {
        let pem = std::fs::read(path).map_err(|source| MailError::Read { path: path.clone(), source })?;
        builder = builder.add_root_certificate(Certificate::from_pem(&pem)?);
    }
    Ok(builder.build()?)
}

/// A title may hold line breaks, and a header that held one would begin another header.
pub(super) fn one_line(text: &str) -> String {
    let mut line = String::new();
    for word in text.split(|c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')) {
        if !line.is_empty() && !word.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    line.chars().take(SUBJECT).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_is_one_line_whatever_the_title_holds() {
        assert_eq!(one_line("停水\r\nBcc: a@example.cn"), "停水 Bcc: a@example.cn");
        assert_eq!(one_line("a\u{2028}b\0c\u{85}"), "a b c");
        assert_eq!(one_line(&"水".repeat(300)).chars().count(), SUBJECT);
    }
}
