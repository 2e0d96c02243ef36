//! Mails to the shopper and to the owner: what they say, and how they leave.
//!
//! The outbox says when ([`crate::outbox`]). `compose` reads the rows and finds the words, [`letter`] gives them their two
//! forms, [`smtp`] and `folder` bring them away. An address is read when its mail is made, and stands in no log.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::{Address, Message};
use sha2::{Digest, Sha256};

pub(crate) mod compose;
mod folder;
pub mod letter;
pub mod smtp;

use letter::{Letter, Recipient};
use smtp::SmtpSettings;

/// The text is no mail address such as `shop@shop.example` or `Shop <shop@shop.example>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a mail address")]
pub struct NotAnAddress;

/// A mail address, with a name where there is one. It does not print itself.
#[derive(Clone, PartialEq, Eq)]
pub struct MailAddress(Mailbox);

impl FromStr for MailAddress {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        text.parse().map(Self).map_err(|_| NotAnAddress)
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

/// How mails leave.
#[derive(Clone, Debug)]
pub enum Route {
    /// To a mail server.
    Smtp(SmtpSettings),
    /// Into a folder, as `.eml` files.
    Folder(PathBuf),
}

/// What the owner has set for mails.
#[derive(Clone, Debug)]
pub struct MailSettings {
    /// How they leave.
    pub route: Route,
    /// From whom they come. One without a name gets the shop's.
    pub from: MailAddress,
    /// Who is told when an order needs a look.
    pub owner: MailAddress,
}

/// Why a mail did not leave. Neither variant carries an address, or what a server said of one.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The next try may succeed. `silent` where nobody answered: other mails would meet the same.
    #[error("{reason}")]
    Passing { reason: String, silent: bool },
    /// It would fail again.
    #[error("{0}")]
    Lasting(String),
}

/// Where mails would go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// To a mail server, which lets this server in.
    Server,
    /// Into this folder.
    Folder(String),
}

/// Sends mails; cheap to clone.
#[derive(Clone, Debug)]
pub struct Mailer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    way: Way,
    from: MailAddress,
    owner: MailAddress,
    /// What stands after the @ of a Message-ID.
    host: String,
}

#[derive(Debug)]
enum Way {
    Smtp(smtp::Smtp),
    Folder(PathBuf),
}

impl Mailer {
    /// Makes a mailer for the shop of this name at this address. Nothing is sent yet.
    ///
    /// # Errors
    /// Where no TLS can be set up for the server's name.
    pub fn new(
        settings: MailSettings,
        shop: &str,
        public_url: &str,
    ) -> Result<Self, smtp::BadServer> {
        let host = url::Url::parse(public_url)
            .ok()
            .and_then(|url| url.host_str().map(str::to_owned))
            .unwrap_or_else(|| "localhost".to_owned());
        let way = match settings.route {
            Route::Smtp(smtp) => Way::Smtp(smtp::Smtp::new(&smtp, &host)?),
            Route::Folder(folder) => Way::Folder(folder),
        };
        let mut from = settings.from;
        from.0.name = from.0.name.or_else(|| Some(one_line(shop)));
        Ok(Self(Arc::new(Inner {
            way,
            from,
            owner: settings.owner,
            host,
        })))
    }

    /// Tries how far a mail would come, without sending one.
    ///
    /// # Errors
    /// The reason, in words, why none would leave.
    pub async fn check(&self) -> Result<Reached, String> {
        match &self.0.way {
            Way::Smtp(smtp) => match smtp.check().await {
                Ok(()) => Ok(Reached::Server),
                Err(error) => Err(error.to_string()),
            },
            Way::Folder(folder) => Ok(Reached::Folder(folder.display().to_string())),
        }
    }

    /// Sends a letter under the key of its task: every time that it is sent, it is the same mail.
    pub(crate) async fn send(&self, key: &str, letter: &Letter) -> Result<(), SendError> {
        let digest = hex::encode(Sha256::digest(key.as_bytes()));
        let message = self.message(&digest, letter)?;
        match &self.0.way {
            Way::Smtp(smtp) => smtp.send(message).await,
            Way::Folder(folder) => folder::write(folder, &digest, &message.formatted()).await,
        }
    }

    fn message(&self, digest: &str, letter: &Letter) -> Result<Message, SendError> {
        let to = match &letter.to {
            Recipient::Owner => self.0.owner.0.clone(),
            Recipient::Shopper { address, name } => {
                let address: Address = address.trim().parse().map_err(|_| {
                    SendError::Lasting("the address is none that mail can be sent to".to_owned())
                })?;
                Mailbox::new(name.as_deref().map(one_line), address)
            }
        };
        let unwritable = |_| SendError::Lasting("the mail cannot be written".to_owned());
        let (text, html) = letter
            .render()
            .map_err(|_| SendError::Lasting("the mail cannot be written".to_owned()))?;
        Message::builder()
            .from(self.0.from.0.clone())
            .to(to)
            .subject(one_line(&letter.subject))
            .message_id(Some(format!("<{digest}@{}>", self.0.host)))
            .date_now()
            .header(AutoSubmitted)
            .multipart(
                MultiPart::alternative()
                    // Not a random one: the second writing of a mail is the same file.
                    .boundary(&digest[..32])
                    .singlepart(SinglePart::plain(text))
                    .singlepart(SinglePart::html(html)),
            )
            .map_err(unwritable)
    }
}

/// Text that a header can carry: without line breaks and other control characters.
fn one_line(text: &str) -> String {
    let spaced = text.replace(char::is_control, " ");
    spaced.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Tells robots not to answer (<https://www.rfc-editor.org/rfc/rfc3834#section-5>).
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_with_and_without_a_name_and_is_not_printed() {
        for good in ["a@b.example", "A Shop <a@b.example>"] {
            let address: Result<MailAddress, _> = good.parse();
            assert!(!format!("{address:?}").contains("b.example"), "{good}");
            assert!(address.is_ok(), "{good}");
        }
        for bad in ["", "a", "a@", "@b", "A Shop", "a@b.example, c@d.example"] {
            assert_eq!(bad.parse::<MailAddress>(), Err(NotAnAddress), "{bad}");
        }
    }

    #[test]
    fn a_header_has_one_line() {
        assert_eq!(
            one_line("A\r\nBcc: x@y.example\t  b"),
            "A Bcc: x@y.example b"
        );
    }
}
