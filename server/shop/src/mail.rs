//! Emails to the shopper and to the owner: what they say, and how they are sent.
//!
//! They are sent as tasks of the outbox ([`crate::outbox`]). `compose` reads what they need from
//! the database's rows, [`templates`] says it as text and HTML, [`smtp`] and `folder` deliver them.
//! An email address is read only when its email is composed, and never logged.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};
use time::OffsetDateTime;

mod account_templates;
pub(crate) mod compose;
pub mod email;
mod folder;
mod owner_templates;
mod policies;
pub mod preview;
mod settings;
mod shopper_templates;
pub mod smtp;
#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod snapshots;
mod summary;
pub mod templates;
mod test_mail;
mod withdrawal_templates;

use crate::crash_points;
use email::{Email, Recipient};
pub use settings::{MailAddresses, MailSettings, Route};
pub use test_mail::{TestMailError, send_test};

/// The text is not an email address such as `shop@shop.example` or `Shop <shop@shop.example>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not an email address")]
pub struct InvalidAddress;

/// An email address with an optional name. Its `Debug` output shows neither.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(Mailbox);

impl FromStr for MailAddress {
    type Err = InvalidAddress;

    fn from_str(text: &str) -> Result<Self, InvalidAddress> {
        let mailbox: Mailbox = text.parse().map_err(|_| InvalidAddress)?;
        let email = with_ascii_domain(&mailbox.email).ok_or(InvalidAddress)?;
        Ok(Self(Mailbox { email, ..mailbox }))
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

/// Converts the address's domain to the ASCII form that every mail server accepts
/// (<https://www.rfc-editor.org/rfc/rfc5891>). The part before the @ has no such form. Returns
/// `None` if the domain is invalid.
fn with_ascii_domain(address: &Address) -> Option<Address> {
    let domain = address.domain();
    if domain.is_ascii() {
        return Some(address.clone());
    }
    let domain = idna::domain_to_ascii(domain).ok()?;
    Address::new(address.user(), domain).ok()
}

/// Whether emails can be sent to this address, without a name before it.
pub(crate) fn is_address(text: &str) -> bool {
    // A mailbox refuses quoted and literal parts, with which no email can be written.
    text.parse::<Address>().is_ok() && text.parse::<MailAddress>().is_ok()
}

/// Why an email was not sent. No variant contains an email address or a server's message about one.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A retry may succeed.
    #[error("{reason}")]
    Transient {
        /// The reason, with the mail server's name.
        reason: String,
        /// The server did not respond at all, so other emails would fail as well.
        unreachable: bool,
    },
    /// A retry would fail as well.
    #[error("{0}")]
    Permanent(String),
}

/// What [`Mailer::check`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CheckOutcome {
    /// The mail server accepts emails from this server.
    Server,
    /// Emails are written to this folder.
    Folder(String),
}

/// Where an email was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentTo {
    /// The mail server, by name and port.
    Server(String),
    /// A file, by path.
    File(PathBuf),
}

/// Sends emails; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    transport: Transport,
    /// What follows the @ of a Message-ID.
    host: String,
}

#[derive(Debug)]
enum Transport {
    Smtp(smtp::Smtp),
    Folder(PathBuf),
}

impl Mailer {
    /// Creates a mailer for the shop at this address. Opens no connection yet.
    ///
    /// # Errors
    /// If TLS cannot be set up for the server's name.
    pub fn new(route: Route, public_url: &str) -> Result<Self, smtp::InvalidServerName> {
        let host = url::Url::parse(public_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "localhost".to_owned());
        let transport = match route {
            Route::Smtp(smtp) => Transport::Smtp(smtp::Smtp::new(&smtp, &host)?),
            Route::Folder(folder) => Transport::Folder(folder),
        };
        Ok(Self(Arc::new(Inner { transport, host })))
    }

    /// Whether emails become files, because there is no mail server.
    #[must_use]
    pub fn writes_files(&self) -> bool {
        matches!(self.0.transport, Transport::Folder(_))
    }

    /// Checks whether an email could be sent, without sending one.
    ///
    /// # Errors
    /// Why it could not, in words.
    pub async fn check(&self) -> Result<CheckOutcome, String> {
        match &self.0.transport {
            Transport::Smtp(smtp) => match smtp.check().await {
                Ok(()) => Ok(CheckOutcome::Server),
                Err(error) => Err(error.to_string()),
            },
            Transport::Folder(folder) => Ok(CheckOutcome::Folder(folder.display().to_string())),
        }
    }

    /// Sends the email of the task with this key, which was created `at`, from the shop's address.
    /// The Message-ID depends only on the key, so that an email sent twice can be recognized.
    ///
    /// # Errors
    /// [`SendError`]; unless it is permanent, the email may have been sent.
    pub async fn send(
        &self,
        addresses: &MailAddresses,
        key: &str,
        at: OffsetDateTime,
        email: &Email,
    ) -> Result<SentTo, SendError> {
        let digest = hex::encode(Sha256::digest(key.as_bytes()));
        let message = self.message(addresses, &digest, email)?;
        crash_points::reach("mail", "before");
        let sent = match &self.0.transport {
            Transport::Smtp(smtp) => {
                let sent = smtp.send(message).await;
                sent.map(|()| SentTo::Server(smtp.name()))
            }
            Transport::Folder(folder) => {
                let name = folder::file_name(at, &email.subject, &digest);
                let written = folder::write(folder, &name, &message.formatted()).await;
                written.map(SentTo::File)
            }
        };
        crash_points::reach("mail", "after");
        sent
    }

    fn message(
        &self,
        addresses: &MailAddresses,
        digest: &str,
        email: &Email,
    ) -> Result<Message, SendError> {
        let to = match &email.to {
            Recipient::Owner => addresses.owner.0.clone(),
            Recipient::Shopper { address, name } => {
                let address: Option<Address> = address.trim().parse().ok();
                let address = address.as_ref().and_then(with_ascii_domain);
                let address = address.ok_or_else(|| {
                    SendError::Permanent("the email address is invalid".to_owned())
                })?;
                Mailbox::new(name.as_deref().map(one_line), address)
            }
        };
        let unwritable = |_| SendError::Permanent("the email cannot be formatted".to_owned());
        let mut from = addresses.from.0.clone();
        from.name = from.name.or_else(|| Some(one_line(&email.shop)));
        Message::builder()
            .from(from)
            .to(to)
            .subject(one_line(&email.subject))
            .message_id(Some(format!("<{digest}@{}>", self.0.host)))
            .date_now()
            .header(AutoSubmitted)
            .header(ContentLanguage(email.language))
            .multipart(
                MultiPart::alternative()
                    // Not random: an email that is written to a file twice has the same content.
                    .boundary(&digest[..32])
                    .singlepart(SinglePart::plain(email.text.clone()))
                    .singlepart(SinglePart::html(email.html.clone())),
            )
            .map_err(unwritable)
    }
}

/// Makes a text safe for a header: without line breaks and other control characters.
fn one_line(text: &str) -> String {
    let spaced = text.replace(char::is_control, " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells automatic responders not to reply (<https://www.rfc-editor.org/rfc/rfc3834#section-5>).
#[derive(Clone)]
struct AutoSubmitted;

impl lettre::message::header::Header for AutoSubmitted {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        let value = "auto-generated".to_owned();
        lettre::message::header::HeaderValue::new(Self::name(), value)
    }
}

/// The code of the email's language (<https://www.rfc-editor.org/rfc/rfc3282#section-2>).
#[derive(Clone)]
struct ContentLanguage(&'static str);

impl lettre::message::header::Header for ContentLanguage {
    fn name() -> lettre::message::header::HeaderName {
        lettre::message::header::HeaderName::new_from_ascii_str("Content-Language")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.parse::<locale::Language>()?.code()))
    }

    fn display(&self) -> lettre::message::header::HeaderValue {
        lettre::message::header::HeaderValue::new(Self::name(), self.0.to_owned())
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_parsed_with_or_without_a_name_and_not_printed() {
        for good in ["a@b.example", "A Shop <a@b.example>"] {
            let address: Result<MailAddress, _> = good.parse();
            assert!(!format!("{address:?}").contains("b.example"), "{good}");
            assert!(address.is_ok(), "{good}");
        }
        for bad in ["", "a", "a@", "@b", "A Shop", "a@b.example, c@d.example"] {
            assert_eq!(bad.parse::<MailAddress>(), Err(InvalidAddress), "{bad}");
        }
    }

    #[test]
    fn a_domain_is_kept_in_its_ascii_form() {
        let address: MailAddress = "Ada <ada@händler.example>".parse().unwrap();
        assert_eq!(address.0.to_string(), "Ada <ada@xn--hndler-bua.example>");
        let address: MailAddress = "käthe@Shop.example".parse().unwrap();
        assert_eq!(address.0.to_string(), "käthe@Shop.example");
    }

    #[test]
    fn a_header_has_one_line() {
        assert_eq!(
            one_line("A\r\nBcc: x@y.example\t  b"),
            "A Bcc: x@y.example b"
        );
    }
}
