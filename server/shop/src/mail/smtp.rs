//! Mails by SMTP.
//!
//! A mail can arrive twice in one case: the server has taken it, and we do not get to know (the connection breaks before its
//! answer, or that takes longer than [`SENT_WITHIN`]) or cannot note it (the process dies, or the database is out of reach). It
//! is then sent again with the same Message-ID, by which mail programs recognise it.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::Message;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{
    Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT, client::TlsParametersBuilder,
};
use percent_encoding::percent_decode_str;
use tokio::net::TcpStream;
use url::{Host, Url};

use super::SendError;
use crate::secret::Secret;

/// For the connection to be there and ready for a mail.
const CONNECTED_WITHIN: Duration = Duration::from_secs(12);
/// For all of one mail. Some servers look through a mail before they take it; asking again meanwhile would send it twice.
pub(crate) const SENT_WITHIN: Duration = Duration::from_secs(60);
/// For the server's farewell, on which nothing depends.
const FAREWELL_WITHIN: Duration = Duration::from_secs(5);

const NO_ANSWER: &str = "the mail server did not answer in time";
const NO_CONNECTION: &str = "the connection to the mail server failed";

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

/// Not a certificate in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("holds no certificate in PEM")]
pub struct BadAuthority;

const BEGIN_CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

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
    host: String,
    port: u16,
    security: Security,
    /// User and password.
    credentials: Option<(String, Secret)>,
    /// A certificate of the owner's own that the server's may be signed by, beside the public ones.
    authority: Option<Certificate>,
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
        let url = Url::parse(text).map_err(|_| BadSmtpUrl::NotAUrl)?;
        // Schemes that the URL standard does not know leave a number of IPv4 as a name.
        let (host, ip) = match url.host().ok_or(BadSmtpUrl::NotAUrl)? {
            Host::Domain(name) => (name.to_owned(), name.parse::<IpAddr>().ok()),
            Host::Ipv4(ip) => (ip.to_string(), Some(ip.into())),
            Host::Ipv6(ip) => (ip.to_string(), Some(ip.into())),
        };
        let loopback =
            host.eq_ignore_ascii_case("localhost") || ip.is_some_and(|ip| ip.is_loopback());
        let required = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return Err(BadSmtpUrl::TooMuch),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(BadSmtpUrl::TooMuch);
        }
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls, SUBMISSIONS_PORT),
            "smtp" if loopback && !required => (Security::None, SMTP_PORT),
            "smtp" => (Security::StartTls, SUBMISSION_PORT),
            _ => return Err(BadSmtpUrl::Scheme),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            security,
            credentials: credentials(&url)?,
            authority: None,
        })
    }

    /// Also trusts servers whose certificate this one has signed, in PEM.
    ///
    /// # Errors
    /// [`BadAuthority`]
    pub fn trusting(self, authority: &[u8]) -> Result<Self, BadAuthority> {
        // A text without any certificate reads as none, and would change nothing in silence.
        if !authority
            .windows(BEGIN_CERTIFICATE.len())
            .any(|part| part == BEGIN_CERTIFICATE)
        {
            return Err(BadAuthority);
        }
        let authority = Certificate::from_pem(authority).map_err(|_| BadAuthority)?;
        let settings = Self {
            authority: Some(authority),
            ..self
        };
        // Only now it is read as a certificate.
        tls(&settings).map_err(|_| BadAuthority)?;
        Ok(settings)
    }

    /// How the connection is protected.
    #[must_use]
    pub fn security(&self) -> Security {
        self.security
    }
}

/// User and password, which stand percent-encoded in the address.
fn credentials(url: &Url) -> Result<Option<(String, Secret)>, BadSmtpUrl> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(std::borrow::Cow::into_owned)
            .map_err(|_| BadSmtpUrl::NotAUrl)
    };
    match (url.username(), url.password().unwrap_or_default()) {
        ("", "") => Ok(None),
        ("", _) | (_, "") => Err(BadSmtpUrl::HalfACredential),
        (user, password) => Ok(Some((decoded(user)?, Secret::new(decoded(password)?)))),
    }
}

/// A mail server that can be spoken to. Each mail has a connection of its own.
pub(super) struct Smtp {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    hello: ClientId,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

impl Smtp {
    pub(super) fn new(settings: &SmtpSettings, host: &str) -> Result<Self, BadServer> {
        let tls = match settings.security {
            Security::None => None,
            Security::Tls | Security::StartTls => Some(tls(settings).map_err(|_| BadServer)?),
        };
        Ok(Self {
            settings: settings.clone(),
            tls,
            hello: ClientId::Domain(host.to_owned()),
        })
    }

    /// Sends a mail. `Ok` as soon as the server has taken it.
    pub(super) async fn send(&self, message: Message) -> Result<(), SendError> {
        let sent = async {
            let connected = tokio::time::timeout(CONNECTED_WITHIN, self.connect()).await;
            let mut connection = connected.map_err(|_| silent(NO_ANSWER))??;
            let text = message.formatted();
            let sent = connection.send(message.envelope(), &text).await;
            sent.map_err(|error| reason(&error))?;
            Ok(connection)
        };
        let sent = tokio::time::timeout(SENT_WITHIN, sent).await;
        let mut connection = sent.map_err(|_| silent(NO_ANSWER))??;
        // Not waited for: a server that is slow to part has the mail all the same.
        tokio::spawn(tokio::time::timeout(FAREWELL_WITHIN, async move {
            connection.quit().await
        }));
        Ok(())
    }

    /// Goes as far as a mail would before it is given, and sends none.
    pub(super) async fn check(&self) -> Result<(), SendError> {
        let connected = tokio::time::timeout(CONNECTED_WITHIN, self.connect()).await;
        let mut connection = connected.map_err(|_| silent(NO_ANSWER))??;
        let _ = tokio::time::timeout(FAREWELL_WITHIN, connection.quit()).await;
        Ok(())
    }

    /// A connection to which a mail may be given: protected and logged in as the settings say.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let failed = |error: Error| reason(&error);
        let SmtpSettings {
            host,
            port,
            security,
            credentials,
            ..
        } = &self.settings;
        let address = (host.as_str(), *port);
        let mut connection = match &self.tls {
            Some(tls) if *security == Security::Tls => {
                let (within, tls) = (Some(CONNECTED_WITHIN), Some(tls.clone()));
                AsyncSmtpConnection::connect_tokio1(address, within, &self.hello, tls, None)
                    .await
                    .map_err(failed)?
            }
            _ => {
                let stream = quick(address).await.map_err(|_| silent(NO_CONNECTION))?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello)
                    .await
                    .map_err(failed)?
            }
        };
        if *security == Security::StartTls
            && let Some(tls) = &self.tls
        {
            let protected = connection.starttls(tls.clone(), &self.hello).await;
            protected.map_err(failed)?;
        }
        if let Some((user, password)) = credentials {
            let credentials = Credentials::new(user.clone(), password.expose().to_owned());
            let known = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            known.map_err(failed)?;
        }
        Ok(connection)
    }
}

/// The end of a mail is a small packet of its own. It would wait until the server has confirmed what went before it, and that
/// waits for some 40 ms: twenty mails a second instead of more than a hundred.
async fn quick(address: (&str, u16)) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, Error> {
    let mut tls = TlsParametersBuilder::new(settings.host.clone());
    if let Some(authority) = &settings.authority {
        tls = tls.add_root_certificate(authority.clone());
    }
    tls.build_rustls()
}

/// Whether TLS could not be agreed on: the certificate is not one that anybody trusted vouches for, or the server does not speak
/// TLS. It arrives as an error of the connection.
fn is_handshake(error: &Error) -> bool {
    let first: &dyn std::error::Error = error;
    std::iter::successors(first.source(), |error| error.source())
        .filter_map(|error| error.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == std::io::ErrorKind::InvalidData)
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
        // Not even a 550 is the last word: a server says it of an unknown recipient, and as well of a sender who is not allowed
        // yet or whose address is on a list for an hour. It is tried again like everything else, and dead after two days.
        return SendError::Passing {
            reason: format!("the mail server answered {code}"),
            silent: false,
        };
    }
    if error.is_timeout() {
        silent(NO_ANSWER)
    } else if error.is_tls() || is_handshake(error) {
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
        silent(NO_CONNECTION)
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
    fn user_and_password_may_hold_any_character() {
        let settings =
            SmtpSettings::parse("smtps://u%40a.example:p%2Fw%C3%A4@mail.example").unwrap();
        let (user, password) = settings.credentials.unwrap();
        assert_eq!((user.as_str(), password.expose()), ("u@a.example", "p/wä"));
        assert!(SmtpSettings::parse("smtps://u:%FF@mail.example").is_err());
    }

    #[test]
    fn each_scheme_has_its_port_and_an_address_no_brackets() {
        for (url, host, port) in [
            ("smtps://mail.example", "mail.example", 465),
            ("smtp://mail.example", "mail.example", 587),
            ("smtp://localhost", "localhost", 25),
            ("smtps://[2001:db8::1]:1465", "2001:db8::1", 1465),
        ] {
            let settings = SmtpSettings::parse(url).unwrap();
            assert_eq!((settings.host.as_str(), settings.port), (host, port));
        }
    }

    #[test]
    fn an_authority_is_a_certificate() {
        for bad in [
            "",
            "certificate",
            "-----BEGIN CERTIFICATE-----\nTm9uZQ==\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
        ] {
            let settings = SmtpSettings::parse("smtps://mail.example").unwrap();
            assert_eq!(
                settings.trusting(bad.as_bytes()).unwrap_err(),
                BadAuthority,
                "{bad}"
            );
        }
    }
}
