//! Mails by SMTP.
//!
//! A mail can arrive twice in one case: the server has taken it, and we do not get to know (the connection breaks before its
//! answer, or that takes longer than [`SENT_WITHIN`]) or cannot note it (the process dies, or the database is out of reach). It
//! is then sent again with the same Message-ID, by which mail programs recognise it.

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
            Host::Domain(name) => (domain(name)?, name.parse::<IpAddr>().ok()),
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

/// A host's name in its ASCII form. Schemes that the URL standard does not know leave it
/// percent-encoded.
fn domain(name: &str) -> Result<String, BadSmtpUrl> {
    let decoded = percent_decode_str(name).decode_utf8();
    let decoded = decoded.map_err(|_| BadSmtpUrl::NotAUrl)?;
    if decoded.is_ascii() {
        return Ok(decoded.into_owned());
    }
    idna::domain_to_ascii(&decoded).map_err(|_| BadSmtpUrl::NotAUrl)
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
            hello: hello(host),
        })
    }

    /// Host and port, for the owner.
    pub(super) fn name(&self) -> String {
        let SmtpSettings { host, port, .. } = &self.settings;
        if host.contains(':') {
            format!("[{host}]:{port}")
        } else {
            format!("{host}:{port}")
        }
    }

    /// Sends a mail. `Ok` as soon as the server has taken it.
    pub(super) async fn send(&self, message: Message) -> Result<(), SendError> {
        let sent = async {
            let connected = tokio::time::timeout(CONNECTED_WITHIN, self.connect()).await;
            let mut connection = connected.map_err(|_| self.no_answer())??;
            self.check_addresses(&connection, message.envelope())?;
            let text = message.formatted();
            let sent = connection.send(message.envelope(), &text).await;
            sent.map_err(|error| self.reason(&error))?;
            Ok(connection)
        };
        let sent = tokio::time::timeout(SENT_WITHIN, sent).await;
        let mut connection = sent.map_err(|_| self.no_answer())??;
        // Not waited for: a server that is slow to part has the mail all the same.
        tokio::spawn(tokio::time::timeout(FAREWELL_WITHIN, async move {
            connection.quit().await
        }));
        Ok(())
    }

    /// Goes as far as a mail would before it is given, and sends none.
    pub(super) async fn check(&self) -> Result<(), SendError> {
        let connected = tokio::time::timeout(CONNECTED_WITHIN, self.connect()).await;
        let mut connection = connected.map_err(|_| self.no_answer())??;
        let _ = tokio::time::timeout(FAREWELL_WITHIN, connection.quit()).await;
        Ok(())
    }

    /// A connection to which a mail may be given: protected and logged in as the settings say.
    async fn connect(&self) -> Result<AsyncSmtpConnection, SendError> {
        let failed = |error: Error| self.reason(&error);
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
                let stream = quick(address)
                    .await
                    .map_err(|error| self.no_connection(&error))?;
                AsyncSmtpConnection::connect_with_transport(Box::new(stream), &self.hello)
                    .await
                    .map_err(failed)?
            }
        };
        if *security == Security::StartTls
            && let Some(tls) = &self.tls
        {
            if !connection.can_starttls() {
                return Err(passing(format!(
                    "the mail server {} offers no STARTTLS, and nothing is sent in the clear",
                    self.name()
                )));
            }
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

    /// Refuses addresses that the server cannot take. What is before an @ has no ASCII form.
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
        Err(SendError::Lasting(format!(
            "the mail server {} has no SMTPUTF8, which an address needs that has letters other \
             than a to z before its @",
            self.name()
        )))
    }

    fn no_answer(&self) -> SendError {
        silent(format!(
            "the mail server {} did not answer in time",
            self.name()
        ))
    }

    fn no_connection(&self, cause: &dyn std::error::Error) -> SendError {
        silent(format!(
            "no connection to the mail server {}: {cause}",
            self.name()
        ))
    }

    /// What may be said of an error: of an answer only its codes, because servers quote addresses
    /// in their sentences.
    fn reason(&self, error: &Error) -> SendError {
        let name = self.name();
        if let Some(code) = error.status() {
            // Not even a 550 is the last word: a server says it of an unknown recipient, and as
            // well of a sender who is not allowed yet or whose address is on a list for an hour.
            // It is tried again like everything else, and dead after two days.
            let said = std::error::Error::source(error).map(ToString::to_string);
            let status = said.as_deref().and_then(enhanced_status);
            let status = status
                .map(|status| format!(" {status}"))
                .unwrap_or_default();
            let code = code.to_string();
            let hint = hint(&code);
            return passing(format!(
                "the mail server {name} answered {code}{status}{hint}"
            ));
        }
        if error.is_timeout() {
            return self.no_answer();
        }
        let cause = io_cause(error);
        let is_handshake = cause.is_some_and(|io| io.kind() == std::io::ErrorKind::InvalidData);
        if error.is_tls() || is_handshake {
            let cause = cause.map(|io| format!(": {io}")).unwrap_or_default();
            silent(format!(
                "no secure connection to the mail server {name}{cause}"
            ))
        } else if error.is_client() {
            passing(format!(
                "the mail server {name} lacks what the mail needs: a way to log in, or 8BITMIME"
            ))
        } else if error.is_response() {
            silent(format!(
                "the mail server {name} gave an answer that is not SMTP"
            ))
        } else {
            match cause {
                Some(io) => self.no_connection(io),
                None => silent(format!("no connection to the mail server {name}")),
            }
        }
    }
}

/// How we introduce ourselves: by the shop's name, or by an address in brackets
/// (<https://www.rfc-editor.org/rfc/rfc5321#section-4.1.3>).
fn hello(host: &str) -> ClientId {
    let address = host.trim_start_matches('[').trim_end_matches(']');
    match address.parse() {
        Ok(IpAddr::V4(address)) => ClientId::Ipv4(address),
        Ok(IpAddr::V6(address)) => ClientId::Ipv6(address),
        Err(_) => ClientId::Domain(host.to_owned()),
    }
}

/// The status that a server puts before its sentence, such as `5.7.1`
/// (<https://www.rfc-editor.org/rfc/rfc3463>).
fn enhanced_status(said: &str) -> Option<&str> {
    let status = said.split_whitespace().next()?;
    let mut parts = status.split('.');
    let is_number = |part: &str| {
        (1..=3).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
    };
    let fits = parts.clone().count() == 3 && parts.all(is_number);
    fits.then_some(status)
}

/// What an answer mostly means, for its owner.
fn hint(code: &str) -> &'static str {
    match code {
        "530" => ": it wants a user and a password in SMTP_URL",
        "534" | "535" => ": it does not accept the user and password of SMTP_URL",
        "550" | "551" | "553" | "554" => {
            ": it does not take mail for this address, or not from MAIL_FROM"
        }
        _ => "",
    }
}

/// The error of the operating system, or of TLS, that is behind one of the connection.
fn io_cause(error: &Error) -> Option<&std::io::Error> {
    let first: &dyn std::error::Error = error;
    std::iter::successors(first.source(), |error| error.source())
        .find_map(|error| error.downcast_ref::<std::io::Error>())
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

fn silent(reason: String) -> SendError {
    SendError::Passing {
        reason,
        silent: true,
    }
}

fn passing(reason: String) -> SendError {
    SendError::Passing {
        reason,
        silent: false,
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
    fn a_mail_server_is_greeted_by_a_name_or_by_an_address_in_brackets() {
        for (host, said) in [
            ("shop.example", "shop.example"),
            ("127.0.0.1", "[127.0.0.1]"),
            ("[::1]", "[IPv6:::1]"),
        ] {
            assert_eq!(hello(host).to_string(), said);
        }
    }

    #[test]
    fn a_host_is_known_by_its_ascii_form() {
        let settings = SmtpSettings::parse("smtps://mail.händler.example").unwrap();
        assert_eq!(settings.host, "mail.xn--hndler-bua.example");
    }

    #[test]
    fn of_an_answer_only_its_status_is_taken() {
        for (said, status) in [
            ("5.7.1 <ada@shopper.example> is unknown", Some("5.7.1")),
            ("ada@5.7.1 is unknown", None),
            ("5.7 no", None),
            ("5.7.1.2 no", None),
            ("", None),
        ] {
            assert_eq!(enhanced_status(said), status, "{said}");
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
