//! Mails by SMTP.
//!
//! A mail can arrive twice in one case: the server has taken it, and we do not get to know (the connection breaks before its
//! answer, or the process dies before the answer is noted). It is then sent again with the same Message-ID, by which mail
//! programs recognise it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::transport::smtp::extension::ClientId;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use url::{Host, Url};

use super::SendError;
use crate::secret::Secret;

/// For one answer of the server.
const ANSWER_WITHIN: Duration = Duration::from_secs(12);
/// For all of one mail. Shorter than a lease, so that no other server begins with the same mail meanwhile.
pub(crate) const SENT_WITHIN: Duration = Duration::from_secs(20);

/// What is wrong with `SMTP_URL`. None of the sentences shows the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSmtpUrl {
    /// Not a URL at all.
    #[error(
        "is no address such as smtps://user:password@mail.example. Characters such as / or @ in its password must be percent-encoded"
    )]
    NotAUrl,
    /// Neither `smtp` nor `smtps`.
    #[error("must begin with smtp:// or smtps://")]
    Scheme,
    /// A path, a fragment or an unknown parameter.
    #[error("may have nothing after the host and port but ?tls=required")]
    TooMuch,
    /// A user without a password, or the other way round.
    #[error("must have both a user and a password, or neither")]
    HalfACredential,
}

/// TLS cannot be set up for the server's name.
#[derive(Debug, thiserror::Error)]
#[error("the mail server's name cannot be used for TLS")]
pub struct BadServer;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte: `smtps://`, port 465.
    Tls,
    /// Begins in the clear and changes to TLS before anything is said: `smtp://`, port 587. A server that cannot gets nothing.
    StartTls,
    /// In the clear, to a server on this machine: `smtp://localhost`, port 25.
    None,
}

/// A mail server, from `smtp://[user:password@]host[:port]` or `smtps://…`.
#[derive(Clone)]
pub struct SmtpSettings {
    url: Secret,
    security: Security,
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

impl SmtpSettings {
    /// Reads the address. `smtp://` leaves the machine only with STARTTLS; `?tls=required` asks for it on this machine too.
    ///
    /// # Errors
    /// [`BadSmtpUrl`]
    pub fn parse(text: &str) -> Result<Self, BadSmtpUrl> {
        let mut url = Url::parse(text).map_err(|_| BadSmtpUrl::NotAUrl)?;
        let host = url.host().ok_or(BadSmtpUrl::NotAUrl)?;
        let loopback = match host {
            // Schemes that the URL standard does not know leave a number of IPv4 as a name.
            Host::Domain(name) => {
                name.eq_ignore_ascii_case("localhost")
                    || name.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
            }
            Host::Ipv4(ip) => ip.is_loopback(),
            Host::Ipv6(ip) => ip.is_loopback(),
        };
        let required = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return Err(BadSmtpUrl::TooMuch),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadSmtpUrl::TooMuch);
        }
        if url.username().is_empty() != url.password().is_none_or(str::is_empty) {
            return Err(BadSmtpUrl::HalfACredential);
        }
        let security = match url.scheme() {
            "smtps" => Security::Tls,
            "smtp" if loopback && !required => Security::None,
            "smtp" => Security::StartTls,
            _ => return Err(BadSmtpUrl::Scheme),
        };
        url.set_query((security == Security::StartTls).then_some("tls=required"));
        Ok(Self {
            url: Secret::new(url),
            security,
        })
    }

    /// How the connection is protected.
    #[must_use]
    pub fn security(&self) -> Security {
        self.security
    }
}

/// A mail server that can be spoken to. Each mail has a connection of its own.
pub(super) struct Smtp(AsyncSmtpTransport<Tokio1Executor>);

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

impl Smtp {
    pub(super) fn new(settings: &SmtpSettings, host: &str) -> Result<Self, BadServer> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(settings.url.expose())
            .map_err(|_| BadServer)?;
        let transport = builder
            .hello_name(ClientId::Domain(host.to_owned()))
            .timeout(Some(ANSWER_WITHIN))
            .build();
        Ok(Self(transport))
    }

    pub(super) async fn send(&self, message: Message) -> Result<(), SendError> {
        match tokio::time::timeout(SENT_WITHIN, self.0.send(message)).await {
            Ok(Ok(_)) => Ok(()),
            Ok(Err(error)) => Err(reason(&error)),
            Err(_) => Err(silent("the mail server did not answer in time")),
        }
    }
}

fn silent(reason: &str) -> SendError {
    SendError::Passing {
        reason: reason.to_owned(),
        silent: true,
    }
}

/// What may be said of an error: the code at most, because servers quote addresses in their sentences.
fn reason(error: &lettre::transport::smtp::Error) -> SendError {
    if let Some(code) = error.status() {
        let code = code.to_string();
        // 55x is about this mail and its recipient (<https://www.rfc-editor.org/rfc/rfc5321#section-4.2.3>). Other noes, such
        // as those to a wrong password, are about our settings: they last until the owner has mended those.
        return if code.starts_with("55") {
            SendError::Lasting(format!("the mail server refused it: {code}"))
        } else {
            SendError::Passing {
                reason: format!("the mail server answered {code}"),
                silent: false,
            }
        };
    }
    if error.is_timeout() {
        silent("the mail server did not answer in time")
    } else if error.is_tls() {
        silent("no secure connection to the mail server")
    } else if error.is_client() {
        SendError::Passing {
            reason:
                "the mail server lacks what the mail needs: STARTTLS, a way to log in, or SMTPUTF8"
                    .to_owned(),
            silent: false,
        }
    } else if error.is_response() {
        silent("the mail server gave an answer that is not SMTP")
    } else {
        silent("the connection to the mail server failed")
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_the_machine_without_tls() {
        let security = |url: &str| SmtpSettings::parse(url).unwrap().security();
        assert_eq!(security("smtps://mail.example"), Security::Tls);
        assert_eq!(security("smtps://localhost"), Security::Tls);
        assert_eq!(security("smtp://mail.example"), Security::StartTls);
        assert_eq!(security("smtp://u:p@192.0.2.1:25"), Security::StartTls);
        assert_eq!(security("smtp://localhost.example"), Security::StartTls);
        assert_eq!(security("smtp://127.0.0.1:1025"), Security::None);
        assert_eq!(security("smtp://[::1]:1025"), Security::None);
        assert_eq!(security("smtp://localhost:1025/"), Security::None);
        assert_eq!(
            security("smtp://localhost:1025?tls=required"),
            Security::StartTls
        );
    }

    #[test]
    fn an_address_of_another_form_is_refused() {
        for (bad, why) in [
            ("mail.example", BadSmtpUrl::NotAUrl),
            ("smtp://", BadSmtpUrl::NotAUrl),
            ("smtp://u:p/w@mail.example", BadSmtpUrl::NotAUrl),
            ("http://mail.example", BadSmtpUrl::Scheme),
            ("smtp://mail.example/path", BadSmtpUrl::TooMuch),
            ("smtp://mail.example?tls=opportunistic", BadSmtpUrl::TooMuch),
            ("smtps://user@mail.example", BadSmtpUrl::HalfACredential),
            ("smtps://:word@mail.example", BadSmtpUrl::HalfACredential),
        ] {
            assert_eq!(SmtpSettings::parse(bad).unwrap_err(), why, "{bad}");
        }
    }

    #[test]
    fn the_password_is_not_printed() {
        let settings = SmtpSettings::parse("smtps://u:hidden@mail.example").unwrap();
        let smtp = Smtp::new(&settings, "shop.example").unwrap();
        let printed = format!("{settings:?} {smtp:?}");
        assert!(!printed.contains("hidden"), "{printed}");
    }

    #[test]
    fn a_mail_takes_less_time_than_a_lease_lasts() {
        assert!(SENT_WITHIN < crate::lease::LASTS);
    }
}
