//! Sends emails by SMTP.
//!
//! An email can arrive twice if the server has accepted it and we do not learn so (the connection
//! breaks, or the response takes longer than `SEND_TIMEOUT`) or cannot store it (the process
//! dies, or the database is unreachable). It is then sent again with the same Message-ID, by which
//! mail programs recognize the duplicate.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use lettre::address::Envelope;
use lettre::transport::smtp::authentication::{Credentials, DEFAULT_MECHANISMS};
use lettre::transport::smtp::client::{AsyncSmtpConnection, Certificate, TlsParameters};
use lettre::transport::smtp::extension::{ClientId, Extension};
use lettre::transport::smtp::{
    Error, SMTP_PORT, SUBMISSION_PORT, SUBMISSIONS_PORT, client::TlsParametersBuilder,
};
use lettre::{Address, Message};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use tokio::net::TcpStream;
use url::{Host, Url};

use super::SendError;

/// For connecting, TLS and login.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(12);
/// For sending one email, connecting included. Some servers scan an email before they accept it;
/// a retry during that time would send it twice.
pub(crate) const SEND_TIMEOUT: Duration = Duration::from_secs(60);
/// For the response to QUIT, on which nothing depends.
const QUIT_TIMEOUT: Duration = Duration::from_secs(5);

/// Why `SMTP_URL` is invalid. No message contains the password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSmtpUrl {
    /// Not a URL at all.
    #[error(
        "is not a URL such as smtps://user:password@mail.example. Characters such as / or @ in the \
         password must be percent-encoded"
    )]
    NotAUrl,
    /// Neither `smtp` nor `smtps`.
    #[error("must begin with smtp:// or smtps://")]
    Scheme,
    /// A path, a fragment or an unknown parameter.
    #[error("must not contain anything after the host and port except ?tls=required")]
    UnexpectedPart,
    /// A user without a password, or the other way round.
    #[error("must contain both a user and a password, or neither")]
    IncompleteCredentials,
}

/// Not a certificate in PEM.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("holds no certificate in PEM")]
pub struct InvalidCertificate;

const BEGIN_CERTIFICATE: &[u8] = b"-----BEGIN CERTIFICATE-----";

/// TLS cannot be set up for the server's name.
#[derive(Debug, thiserror::Error)]
#[error("the mail server's name cannot be used for TLS")]
pub struct InvalidServerName;

/// How the connection is protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte: `smtps://`, port 465.
    Tls,
    /// Plain text at first, then TLS before login and email: `smtp://`, port 587. Nothing is sent
    /// to a server without STARTTLS.
    StartTls,
    /// No TLS, for a server on this machine: `smtp://localhost`, port 25.
    None,
}

/// A mail server, from `smtp://[user:password@]host[:port]` or `smtps://…`.
#[derive(Clone)]
pub struct SmtpSettings {
    host: String,
    port: u16,
    security: Security,
    /// User and password.
    credentials: Option<(String, SecretString)>,
    /// A root certificate that is trusted in addition to the public ones.
    root_certificate: Option<Certificate>,
}

impl fmt::Debug for SmtpSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SmtpSettings")
            .field("security", &self.security)
            .finish_non_exhaustive()
    }
}

impl SmtpSettings {
    /// Parses the URL. `smtp://` requires STARTTLS except on this machine, where `?tls=required`
    /// requires it, too.
    ///
    /// # Errors
    /// [`InvalidSmtpUrl`]
    pub fn parse(text: &str) -> Result<Self, InvalidSmtpUrl> {
        let url = Url::parse(text).map_err(|_| InvalidSmtpUrl::NotAUrl)?;
        // With schemes that the URL standard does not know, an IPv4 address is parsed as a name.
        let (host, ip) = match url.host().ok_or(InvalidSmtpUrl::NotAUrl)? {
            Host::Domain(name) => (ascii_domain(name)?, name.parse::<IpAddr>().ok()),
            Host::Ipv4(ip) => (ip.to_string(), Some(ip.into())),
            Host::Ipv6(ip) => (ip.to_string(), Some(ip.into())),
        };
        let loopback =
            host.eq_ignore_ascii_case("localhost") || ip.is_some_and(|ip| ip.is_loopback());
        let required = match url.query() {
            None => false,
            Some("tls=required") => true,
            Some(_) => return Err(InvalidSmtpUrl::UnexpectedPart),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(InvalidSmtpUrl::UnexpectedPart);
        }
        let (security, port) = match url.scheme() {
            "smtps" => (Security::Tls, SUBMISSIONS_PORT),
            "smtp" if loopback && !required => (Security::None, SMTP_PORT),
            "smtp" => (Security::StartTls, SUBMISSION_PORT),
            _ => return Err(InvalidSmtpUrl::Scheme),
        };
        Ok(Self {
            host,
            port: url.port().unwrap_or(port),
            security,
            credentials: credentials(&url)?,
            root_certificate: None,
        })
    }

    /// Also trusts servers whose certificate is signed by this one, in PEM.
    ///
    /// # Errors
    /// [`InvalidCertificate`]
    pub fn with_root_certificate(
        self,
        root_certificate: &[u8],
    ) -> Result<Self, InvalidCertificate> {
        // `from_pem` accepts a text without any certificate and would silently add none.
        if !root_certificate
            .windows(BEGIN_CERTIFICATE.len())
            .any(|part| part == BEGIN_CERTIFICATE)
        {
            return Err(InvalidCertificate);
        }
        let root_certificate =
            Certificate::from_pem(root_certificate).map_err(|_| InvalidCertificate)?;
        let settings = Self {
            root_certificate: Some(root_certificate),
            ..self
        };
        // The certificate is parsed only when TLS is set up.
        tls(&settings).map_err(|_| InvalidCertificate)?;
        Ok(settings)
    }

    /// How the connection is protected.
    #[must_use]
    pub fn security(&self) -> Security {
        self.security
    }
}

/// The ASCII form of a host name, which is percent-encoded with schemes that the URL standard does
/// not know.
fn ascii_domain(name: &str) -> Result<String, InvalidSmtpUrl> {
    let decoded = percent_decode_str(name).decode_utf8();
    let decoded = decoded.map_err(|_| InvalidSmtpUrl::NotAUrl)?;
    if decoded.is_ascii() {
        return Ok(decoded.into_owned());
    }
    idna::domain_to_ascii(&decoded).map_err(|_| InvalidSmtpUrl::NotAUrl)
}

/// User and password, which are percent-encoded in the URL.
fn credentials(url: &Url) -> Result<Option<(String, SecretString)>, InvalidSmtpUrl> {
    let decoded = |text: &str| {
        let text = percent_decode_str(text).decode_utf8();
        text.map(std::borrow::Cow::into_owned)
            .map_err(|_| InvalidSmtpUrl::NotAUrl)
    };
    match (url.username(), url.password().unwrap_or_default()) {
        ("", "") => Ok(None),
        ("", _) | (_, "") => Err(InvalidSmtpUrl::IncompleteCredentials),
        (user, password) => Ok(Some((decoded(user)?, decoded(password)?.into()))),
    }
}

/// A client for one mail server. Opens a connection for each email.
pub(super) struct Smtp {
    settings: SmtpSettings,
    tls: Option<TlsParameters>,
    client_id: ClientId,
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp").finish_non_exhaustive()
    }
}

impl Smtp {
    pub(super) fn new(settings: &SmtpSettings, host: &str) -> Result<Self, InvalidServerName> {
        let tls = match settings.security {
            Security::None => None,
            Security::Tls | Security::StartTls => {
                Some(tls(settings).map_err(|_| InvalidServerName)?)
            }
        };
        Ok(Self {
            settings: settings.clone(),
            tls,
            client_id: client_id(host),
        })
    }

    /// Host and port, for messages to the owner.
    pub(super) fn name(&self) -> String {
        let SmtpSettings { host, port, .. } = &self.settings;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    /// Sends an email. Returns `Ok` as soon as the server has accepted it.
    pub(super) async fn send(&self, message: Message) -> Result<(), SendError> {
        let sent = async {
            let connected = tokio::time::timeout(CONNECT_TIMEOUT, self.connect()).await;
            let mut connection = connected.map_err(|_| self.timed_out())??;
            self.check_addresses(&connection, message.envelope())?;
            let text = message.formatted();
            let sent = connection.send(message.envelope(), &text).await;
            sent.map_err(|error| self.send_error(&error))?;
            Ok(connection)
        };
        let sent = tokio::time::timeout(SEND_TIMEOUT, sent).await;
        let mut connection = sent.map_err(|_| self.timed_out())??;
        // Not awaited: the server has accepted the email, however slowly it responds to QUIT.
        tokio::spawn(tokio::time::timeout(QUIT_TIMEOUT, async move {
            connection.quit().await
        }));
        Ok(())
    }

    /// Connects and logs in as for an email, and sends none.
    pub(super) async fn check(&self) -> Result<(), SendError> {
        let connected = tokio::time::timeout(CONNECT_TIMEOUT, self.connect()).await;
        let mut connection = connected.map_err(|_| self.timed_out())??;
        let _ = tokio::time::timeout(QUIT_TIMEOUT, connection.quit()).await;
        Ok(())
    }

    /// Opens a connection that is ready for an email: with TLS and login as in the settings.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let failed = |error: Error| self.send_error(&error);
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
                let (timeout, tls) = (Some(CONNECT_TIMEOUT), Some(tls.clone()));
                AsyncSmtpConnection::connect_tokio1(address, timeout, &self.client_id, tls, None)
                    .await
                    .map_err(failed)?
            }
            _ => {
                let stream = connect_nodelay(address)
                    .await
                    .map_err(|error| self.connection_failed(&error))?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.client_id)
                    .await
                    .map_err(failed)?
            }
        };
        if *security == Security::StartTls
            && let Some(tls) = &self.tls
        {
            if !connection.can_starttls() {
                return Err(transient(format!(
                    "the mail server {} offers no STARTTLS, and emails are not sent unencrypted",
                    self.name()
                )));
            }
            let protected = connection.starttls(tls.clone(), &self.client_id).await;
            protected.map_err(failed)?;
        }
        if let Some((user, password)) = credentials {
            let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
            let logged_in = connection.auth(DEFAULT_MECHANISMS, &credentials).await;
            logged_in.map_err(failed)?;
        }
        Ok(connection)
    }

    /// Refuses addresses that the server does not support: a non-ASCII part before the @ needs
    /// SMTPUTF8.
    fn check_addresses(
        &self,
        connection: &AsyncSmtpConnection,
        envelope: &Envelope,
    ) -> Result<(), SendError> {
        let addresses = envelope.to().iter().chain(envelope.from());
        let is_ascii = |address: &Address| AsRef::<str>::as_ref(address).is_ascii();
        let takes_utf8 = connection
            .server_info()
            .supports_feature(Extension::SmtpUtfEight);
        if takes_utf8 || addresses.into_iter().all(is_ascii) {
            return Ok(());
        }
        Err(SendError::Permanent(format!(
            "the mail server {} has no SMTPUTF8, which is needed for an email address with \
             non-ASCII letters before the @",
            self.name()
        )))
    }

    fn timed_out(&self) -> SendError {
        unreachable(format!(
            "the mail server {} did not respond in time",
            self.name()
        ))
    }

    fn connection_failed(&self, cause: &dyn std::error::Error) -> SendError {
        unreachable(format!(
            "no connection to the mail server {}: {cause}",
            self.name()
        ))
    }

    /// Converts an error to one without personal data: of a response only the codes are kept,
    /// because servers quote email addresses in their messages.
    fn send_error(&self, error: &Error) -> SendError {
        let name = self.name();
        if let Some(code) = error.status() {
            // Even 550 is retried: servers return it not only for unknown recipients, but also for
            // a sender who is not allowed yet or is on a block list for an hour. The task is dead
            // after two days.
            let message = std::error::Error::source(error).map(ToString::to_string);
            let status = message.as_deref().and_then(enhanced_status);
            let status = status
                .map(|status| format!(" {status}"))
                .unwrap_or_default();
            let code = code.to_string();
            let hint = hint(&code);
            return transient(format!(
                "the mail server {name} answered {code}{status}{hint}"
            ));
        }
        if error.is_timeout() {
            return self.timed_out();
        }
        let cause = io_cause(error);
        let is_handshake = cause.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData);
        if error.is_tls() || is_handshake {
            let cause = cause.map(|io| format!(": {io}")).unwrap_or_default();
            unreachable(format!(
                "no secure connection to the mail server {name}{cause}"
            ))
        } else if error.is_client() {
            transient(format!(
                "the mail server {name} lacks a feature that is needed: a login method, or 8BITMIME"
            ))
        } else if error.is_response() {
            unreachable(format!(
                "the mail server {name} gave a response that is not SMTP"
            ))
        } else {
            match cause {
                Some(io) => self.connection_failed(io),
                None => unreachable(format!("no connection to the mail server {name}")),
            }
        }
    }
}

/// The name for EHLO: the shop's host name, or its IP address in brackets
/// (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3>).
fn client_id(host: &str) -> ClientId {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// The enhanced status code that begins a server's message, such as `5.7.1`
/// (<https://www.rfc-editor.org/rfc/rfc3463>).
fn enhanced_status(message: &str) -> Option<&str> {
    let status = message.split_whitespace().next()?;
    let mut parts = status.split('.');
    let is_number = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = parts.clone().count() == 3 && parts.all(is_number);
    fits.then_some(status)
}

/// The usual cause of a response code, for the owner.
fn hint(code: &str) -> &'static str {
    match code {
        "530" => ": it requires a user and a password in SMTP_URL",
        "534" | "535" => ": it does not accept the user and password in SMTP_URL",
        "550" | "551" | "553" | "554" => {
            ": it does not accept emails to this address, or from MAIL_FROM"
        }
        _ => "",
    }
}

/// The I/O or TLS error that caused a connection error.
fn io_cause(error: &Error) -> Option<&std::io::Error> {
    let first: &dyn std::error::Error = error;
    std::iter::successors(first.source(), |error| error.source())
        .find_map(|error| error.downcast_ref::<std::io::Error>())
}

/// Connects with `TCP_NODELAY`. The end of an email is a small packet of its own, which would
/// otherwise wait some 40 ms for the server's delayed ACK: twenty emails a second instead of more
/// than a hundred.
async fn connect_nodelay(address: (&str, u16)) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

fn tls(settings: &SmtpSettings) -> Result<TlsParameters, Error> {
    let mut tls = TlsParametersBuilder::new(settings.host.clone());
    if let Some(root_certificate) = &settings.root_certificate {
        tls = tls.add_root_certificate(root_certificate.clone());
    }
    tls.build_rustls()
}

fn unreachable(reason: String) -> SendError {
    SendError::Transient {
        reason,
        unreachable: true,
    }
}

fn transient(reason: String) -> SendError {
    SendError::Transient {
        reason,
        unreachable: false,
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
    fn an_invalid_url_is_refused() {
        for (bad, why) in [
            ("mail.example", InvalidSmtpUrl::NotAUrl),
            ("smtp://", InvalidSmtpUrl::NotAUrl),
            ("smtp://u:p/w@mail.example", InvalidSmtpUrl::NotAUrl),
            ("http://mail.example", InvalidSmtpUrl::Scheme),
            ("smtp://mail.example/path", InvalidSmtpUrl::UnexpectedPart),
            (
                "smtp://mail.example?tls=opportunistic",
                InvalidSmtpUrl::UnexpectedPart,
            ),
            (
                "smtps://user@mail.example",
                InvalidSmtpUrl::IncompleteCredentials,
            ),
            (
                "smtps://:word@mail.example",
                InvalidSmtpUrl::IncompleteCredentials,
            ),
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
        assert_eq!(
            (user.as_str(), password.expose_secret()),
            ("u@a.example", "p/wä")
        );
        assert!(SmtpSettings::parse("smtps://u:%FF@mail.example").is_err());
    }

    #[test]
    fn each_scheme_has_its_port_and_an_ip_address_loses_its_brackets() {
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
    fn ehlo_has_a_name_or_an_ip_address_in_brackets() {
        for (host, expected) in [
            ("shop.example", "shop.example"),
            ("127.0.0.1", "[127.0.0.1]"),
            ("[::1]", "[IPv6:::1]"),
        ] {
            assert_eq!(client_id(host).to_string(), expected);
        }
    }

    #[test]
    fn a_host_is_stored_in_its_ascii_form() {
        let settings = SmtpSettings::parse("smtps://mail.händler.example").unwrap();
        assert_eq!(settings.host, "mail.xn--hndler-bua.example");
    }

    #[test]
    fn only_the_status_of_a_response_is_kept() {
        for (message, status) in [
            ("5.7.1 <ada@shopper.example> is unknown", Some("5.7.1")),
            ("ada@5.7.1 is unknown", None),
            ("5.7 no", None),
            ("5.7.1.2 no", None),
            ("", None),
        ] {
            assert_eq!(enhanced_status(message), status, "{message}");
        }
    }

    #[test]
    fn a_root_certificate_must_be_a_certificate() {
        for bad in [
            "",
            "certificate",
            "-----BEGIN CERTIFICATE-----\nTm9uZQ==\n-----END CERTIFICATE-----",
            "-----BEGIN CERTIFICATE-----\n!\n-----END CERTIFICATE-----",
        ] {
            let settings = SmtpSettings::parse("smtps://mail.example").unwrap();
            assert_eq!(
                settings.with_root_certificate(bad.as_bytes()).unwrap_err(),
                InvalidCertificate,
                "{bad}"
            );
        }
    }
}
