//! Downloads a picture from an address that somebody else has chosen.
//!
//! The name is resolved once, every address that it has must be public, and the connection goes to
//! one of these addresses, so that a second answer of the name server changes nothing. The same
//! holds for each redirect.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::header::{ACCEPT, CONTENT_ENCODING, CONTENT_LENGTH, HOST, LOCATION, USER_AGENT};
use hyper::{Request, Response, StatusCode};
use hyper_rustls::ConfigBuilderExt;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::ClientConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use url::{Host, Position, Url};

use super::special_addresses::is_public;

/// The only port that is connected to.
const PORT: u16 = 443;
/// How many times a server may name another address.
const MAX_REDIRECTS: usize = 3;
/// The timeout for one picture with all its redirects.
const DOWNLOAD_TIMEOUT: Duration = Duration::from_secs(60);
/// The timeout for connecting to one address.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// The largest file, in bytes.
const MAX_BYTES: usize = ::picture::MAX_BYTES;

/// Why a picture was not downloaded. `Display` writes a predicate about its address.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum DownloadError {
    /// It, or what it redirects to, is not an HTTPS address on port 443.
    #[error("leads to {0}: only https:// and port 443 are allowed, without user name or password")]
    Address(String),
    /// The name has no address, or the name server did not respond.
    #[error("leads to {0}, which has no address")]
    UnknownHost(String),
    /// It leads into a private network, or to another one that is not the internet.
    #[error("leads to {host}, whose address {address} is not a public one")]
    NotPublic {
        /// The name or address of the server.
        host: String,
        /// The first of its addresses that is not public.
        address: IpAddr,
    },
    /// No connection could be opened, or the server's certificate is not valid for its name.
    #[error("leads to {0}, with which no secure connection could be made")]
    Connection(String),
    /// The response broke off, or was none.
    #[error("broke off")]
    Interrupted,
    /// It took too long.
    #[error("took more than {} seconds", DOWNLOAD_TIMEOUT.as_secs())]
    Timeout,
    /// The server responded with something else than a picture.
    #[error("responds with the status {0}")]
    Status(u16),
    /// One redirect too many.
    #[error("redirects more than {MAX_REDIRECTS} times")]
    Redirects,
    /// The response is compressed, although this was not asked for.
    #[error("responds with compressed data")]
    Compressed,
    /// The file is too large.
    #[error(
        "has more than {} MB: make the picture smaller, 2,000 pixels wide are enough",
        MAX_BYTES / 1_000_000
    )]
    TooLarge,
}

/// Downloads pictures.
pub(super) struct Downloader {
    tls: TlsConnector,
    network: Network,
    connect_timeout: Duration,
    timeout: Duration,
}

/// Resolves names and opens connections.
enum Network {
    Internet,
    /// A server of a test, and the addresses that names have there.
    #[cfg(test)]
    Fake(tests::FakeNetwork),
}

impl Network {
    async fn resolve(&self, name: &str) -> io::Result<Vec<IpAddr>> {
        match self {
            Self::Internet => {
                let found = tokio::net::lookup_host((name, PORT)).await?;
                Ok(found.map(|address| address.ip()).collect())
            }
            #[cfg(test)]
            Self::Fake(fake) => Ok(fake.resolve(name)),
        }
    }

    async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        match self {
            Self::Internet => TcpStream::connect(address).await,
            #[cfg(test)]
            Self::Fake(fake) => fake.connect(address).await,
        }
    }
}

impl Downloader {
    /// For the internet, with the root certificates that browsers know.
    pub(super) fn new() -> Result<Self, tokio_rustls::rustls::Error> {
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_webpki_roots()
            .with_no_client_auth();
        Ok(Self {
            tls: Arc::new(config).into(),
            network: Network::Internet,
            connect_timeout: CONNECT_TIMEOUT,
            timeout: DOWNLOAD_TIMEOUT,
        })
    }

    /// Downloads the file at an address.
    pub(super) async fn get(&self, address: &str) -> Result<Vec<u8>, DownloadError> {
        let download = async {
            let url = Url::parse(address);
            let mut url = url.map_err(|_| DownloadError::Address(shown(address)))?;
            for _ in 0..=MAX_REDIRECTS {
                match self.request(&url).await? {
                    Received::File(bytes) => return Ok(bytes),
                    Received::Redirect(next) => url = next,
                }
            }
            Err(DownloadError::Redirects)
        };
        match tokio::time::timeout(self.timeout, download).await {
            Ok(result) => result,
            Err(_) => Err(DownloadError::Timeout),
        }
    }

    async fn request(&self, url: &Url) -> Result<Received, DownloadError> {
        let host = check(url)?;
        let name = host.to_string();
        let stream = self.connect(host).await?;
        let interrupted = |_| DownloadError::Interrupted;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
            .await
            .map_err(interrupted)?;
        // Dropped with the response, it closes the connection.
        let mut driver = JoinSet::new();
        driver.spawn(connection);
        let path = &url[Position::BeforePath..Position::AfterQuery];
        let request = Request::builder()
            .uri(path)
            .header(HOST, name)
            .header(USER_AGENT, concat!("Till/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "image/webp, image/jpeg, image/png, image/gif")
            .body(Empty::<Bytes>::new())
            .map_err(|_| DownloadError::Address(shown(url.as_str())))?;
        let response = sender.send_request(request).await.map_err(interrupted)?;
        receive(url, response).await
    }

    /// Connects to the first reachable address of a server whose addresses are all public.
    async fn connect(&self, host: Host<&str>) -> Result<TlsStream<TcpStream>, DownloadError> {
        let addresses = match host {
            Host::Ipv4(address) => vec![address.into()],
            Host::Ipv6(address) => vec![address.into()],
            Host::Domain(name) => self.network.resolve(name).await.unwrap_or_default(),
        };
        let name = || shown(&host.to_string());
        if addresses.is_empty() {
            return Err(DownloadError::UnknownHost(name()));
        }
        if let Some(address) = addresses.iter().find(|address| !is_public(**address)) {
            return Err(DownloadError::NotPublic {
                host: name(),
                address: *address,
            });
        }
        let server: ServerName<'static> = match host {
            Host::Ipv4(address) => IpAddr::from(address).into(),
            Host::Ipv6(address) => IpAddr::from(address).into(),
            Host::Domain(domain) => ServerName::try_from(domain.to_owned())
                .map_err(|_| DownloadError::UnknownHost(name()))?,
        };
        for address in addresses {
            let connect = async {
                let stream = self.network.connect(SocketAddr::new(address, PORT)).await?;
                self.tls.connect(server.clone(), stream).await
            };
            if let Ok(Ok(stream)) = tokio::time::timeout(self.connect_timeout, connect).await {
                return Ok(stream);
            }
        }
        Err(DownloadError::Connection(name()))
    }
}

/// What a server has sent.
enum Received {
    File(Vec<u8>),
    Redirect(Url),
}

/// Returns the server of an address that may be requested.
fn check(url: &Url) -> Result<Host<&str>, DownloadError> {
    let is_plain = url.scheme() == "https"
        // The port is `None` if it is 443, the default.
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    let host = url.host().filter(|_| is_plain);
    host.ok_or_else(|| {
        // Without a password, and short.
        let origin = url.origin().ascii_serialization();
        let origin = if origin == "null" {
            url.scheme().to_owned()
        } else {
            origin
        };
        DownloadError::Address(shown(&origin))
    })
}

/// What another server has written, short enough for a line.
fn shown(text: &str) -> String {
    const MAX_CHARS: usize = 200;
    text.chars().take(MAX_CHARS).collect()
}

async fn receive(url: &Url, response: Response<Incoming>) -> Result<Received, DownloadError> {
    let headers = response.headers();
    let status = response.status();
    match status {
        StatusCode::OK => {}
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::SEE_OTHER
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => {
            let next = headers.get(LOCATION).and_then(|next| next.to_str().ok());
            let next = next.and_then(|next| url.join(next).ok());
            return next
                .map(Received::Redirect)
                .ok_or(DownloadError::Status(status.as_u16()));
        }
        other => return Err(DownloadError::Status(other.as_u16())),
    }
    let is_compressed = headers
        .get(CONTENT_ENCODING)
        .is_some_and(|encoding| encoding != "identity");
    if is_compressed {
        return Err(DownloadError::Compressed);
    }
    let length = headers.get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    let length = length.map(|length| usize::try_from(length).unwrap_or(usize::MAX));
    if length.is_some_and(|length| length > MAX_BYTES) {
        return Err(DownloadError::TooLarge);
    }
    let mut body = response.into_body();
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| DownloadError::Interrupted)?;
        if let Ok(data) = frame.into_data() {
            if bytes.len().saturating_add(data.len()) > MAX_BYTES {
                return Err(DownloadError::TooLarge);
            }
            bytes.extend_from_slice(&data);
        }
    }
    Ok(Received::File(bytes))
}

#[cfg(test)]
mod tests;
