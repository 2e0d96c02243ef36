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
use time::OffsetDateTime;

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
        let mailbox: Mailbox = text.parse().map_err(|_| NotAnAddress)?;
        let email = with_ascii_domain(&mailbox.email).ok_or(NotAnAddress)?;
        Ok(Self(Mailbox { email, ..mailbox }))
    }
}

impl fmt::Debug for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MailAddress(…)")
    }
}

/// The address as every mail server takes it: its domain in the ASCII form, under which it is in
/// the DNS (<https://www.rfc-editor.org/rfc/rfc5891>). What is before the @ has no such form.
/// `None` where the domain is none.
fn with_ascii_domain(address: &Address) -> Option<Address> {
    let domain = address.domain();
    if domain.is_ascii() {
        return Some(address.clone());
    }
    let domain = idna::domain_to_ascii(domain).ok()?;
    Address::new(address.user(), domain).ok()
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
    /// Whether the owner is told of each new order, too.
    pub new_orders: bool,
}

/// Why a mail did not leave. Neither variant carries an address, or what a server said of one.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// The next try may succeed.
    #[error("{reason}")]
    Passing {
        /// Why, with the mail server's name.
        reason: String,
        /// Nobody answered: other mails would meet the same.
        silent: bool,
    },
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

/// Who has a mail now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SentTo {
    /// The mail server, by name and port.
    Server(String),
    /// A file.
    File(PathBuf),
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

    /// Sends a letter under the key of its task, which was written `at`: every time that it is
    /// sent, it is the same mail.
    ///
    /// # Errors
    /// [`SendError`]; unless it is lasting, the mail may have been sent.
    pub async fn send(
        &self,
        key: &str,
        at: OffsetDateTime,
        letter: &Letter,
    ) -> Result<SentTo, SendError> {
        let digest = hex::encode(Sha256::digest(key.as_bytes()));
        let message = self.message(&digest, letter)?;
        match &self.0.way {
            Way::Smtp(smtp) => {
                smtp.send(message).await?;
                Ok(SentTo::Server(smtp.name()))
            }
            Way::Folder(folder) => {
                let name = folder::name(at, &letter.subject, &digest);
                folder::write(folder, &name, &message.formatted())
                    .await
                    .map(SentTo::File)
            }
        }
    }

    fn message(&self, digest: &str, letter: &Letter) -> Result<Message, SendError> {
        let to = match &letter.to {
            Recipient::Owner => self.0.owner.0.clone(),
            Recipient::Shopper { address, name } => {
                let address: Option<Address> = address.trim().parse().ok();
                let address = address.as_ref().and_then(with_ascii_domain);
                let address = address.ok_or_else(|| {
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
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
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
