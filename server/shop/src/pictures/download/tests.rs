//! A server on this machine plays the internet: names have the addresses that a test says, and
//! every connection to port 443 of a public address leads to it.

#![expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]

use std::collections::HashMap;
use std::sync::Mutex;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::*;

const PUBLIC: &str = "93.184.215.14";

/// The addresses that names have, and the server that has all of these addresses.
pub(super) struct FakeNetwork {
    names: HashMap<&'static str, Vec<IpAddr>>,
    server: SocketAddr,
    connected: Arc<Mutex<Vec<SocketAddr>>>,
}

impl FakeNetwork {
    pub(super) fn resolve(&self, name: &str) -> Vec<IpAddr> {
        self.names.get(name).cloned().unwrap_or_default()
    }

    pub(super) async fn connect(&self, address: SocketAddr) -> io::Result<TcpStream> {
        self.connected.lock().unwrap().push(address);
        TcpStream::connect(self.server).await
    }
}

/// A downloader in a network with one server, which sends a response for each path.
struct World {
    downloader: Downloader,
    connected: Arc<Mutex<Vec<SocketAddr>>>,
}

impl World {
    /// `names` with their addresses, and `pages` with complete responses. The server's certificate
    /// is for all names but `other.example`.
    async fn new(names: &[(&'static str, &[&str])], pages: &[(&str, String)]) -> Self {
        let valid: Vec<String> = names
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .filter(|name| name != "other.example")
            .chain([PUBLIC.to_owned()])
            .collect();
        let certified = rcgen::generate_simple_self_signed(valid).unwrap();
        let certificate = certified.cert.der().clone();
        let provider = || Arc::new(ring::default_provider());
        let key = certified.signing_key.serialize_der();
        let server = ServerConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.clone()], key.try_into().unwrap())
            .unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(certificate).unwrap();
        let client = ClientConfig::builder_with_provider(provider())
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connected = Arc::default();
        let fake = FakeNetwork {
            names: names
                .iter()
                .map(|(name, addresses)| {
                    let addresses = addresses.iter().map(|address| address.parse().unwrap());
                    (*name, addresses.collect())
                })
                .collect(),
            server: serve(server, pages).await,
            connected: Arc::clone(&connected),
        };
        Self {
            downloader: Downloader {
                tls: Arc::new(client).into(),
                network: Network::Fake(fake),
                connect_timeout: CONNECT_TIMEOUT,
                timeout: DOWNLOAD_TIMEOUT,
            },
            connected,
        }
    }

    async fn get(&self, address: &str) -> Result<Vec<u8>, String> {
        let result = self.downloader.get(address).await;
        result.map_err(|error| error.to_string())
    }

    fn connected(&self) -> Vec<String> {
        let connected = self.connected.lock().unwrap();
        connected.iter().map(ToString::to_string).collect()
    }
}

async fn serve(config: ServerConfig, pages: &[(&str, String)]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let pages: Vec<(String, String)> = pages
        .iter()
        .map(|(path, page)| ((*path).to_owned(), page.clone()))
        .collect();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            // A client that does not like the certificate is gone.
            let Ok(mut stream) = acceptor.accept(stream).await else {
                continue;
            };
            let mut head = vec![0; 4_096];
            let length = stream.read(&mut head).await.unwrap_or(0);
            let head = String::from_utf8_lossy(&head[..length]).into_owned();
            let path = head.split(' ').nth(1).unwrap_or_default().to_owned();
            let page = pages.iter().find(|(known, _)| *known == path);
            let not_found = "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n";
            let page = page.map_or(not_found, |(_, page)| page.as_str());
            let _ = stream.write_all(page.as_bytes()).await;
            let _ = stream.shutdown().await;
        }
    });
    address
}

fn ok(body: &str) -> String {
    format!(
        "HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

fn redirect(to: &str) -> String {
    format!("HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n")
}

#[tokio::test]
async fn a_file_is_downloaded_from_the_address_that_was_checked() {
    let names: [(_, &[&str]); 1] = [("img.example", &[PUBLIC, "2606:4700::1"])];
    let world = World::new(&names, &[("/a.jpg?v=1", ok("picture"))]).await;
    let got = world.get("https://img.example/a.jpg?v=1#top").await;
    assert_eq!(got, Ok(b"picture".to_vec()));
    let got = world.get("https://img.example:443/b.jpg").await;
    assert_eq!(got, Err("responds with the status 404".to_owned()));
    let got = world.get(&format!("https://{PUBLIC}/a.jpg?v=1")).await;
    assert_eq!(got, Ok(b"picture".to_vec()));
    let expected = format!("{PUBLIC}:443");
    assert!(world.connected().iter().all(|address| *address == expected));
}

#[tokio::test]
async fn one_private_address_among_the_answers_is_enough_to_refuse_a_name() {
    let names: [(_, &[&str]); 6] = [
        ("both.example", &[PUBLIC, "10.0.0.1"]),
        ("six.example", &["2606:4700::1", "fd00::1"]),
        ("local.example", &["127.0.0.1"]),
        ("mapped.example", &["::ffff:192.168.0.1"]),
        ("nat64.example", &["64:ff9b::a00:1"]),
        ("metadata.example", &["169.254.169.254"]),
    ];
    let world = World::new(&names, &[("/a.jpg", ok("secret"))]).await;
    for (name, addresses) in names {
        let refused = world
            .get(&format!("https://{name}/a.jpg"))
            .await
            .unwrap_err();
        let private = addresses.last().unwrap();
        let expected = format!("leads to {name}, whose address {private} is not a public one");
        assert_eq!(refused, expected);
    }
    assert_eq!(world.connected(), Vec::<String>::new());
}

#[tokio::test]
async fn an_address_written_as_a_number_is_checked_too() {
    let world = World::new(&[], &[("/a.jpg", ok("secret"))]).await;
    for host in [
        "127.0.0.1",
        "127.1",
        "2130706433",
        "0x7f.1",
        "0177.0.0.1",
        "[::1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "0",
        "１２７.0.0.1",
    ] {
        let refused = world
            .get(&format!("https://{host}/a.jpg"))
            .await
            .unwrap_err();
        assert!(
            refused.ends_with(" is not a public one"),
            "{host}: {refused}"
        );
    }
    let unknown = world.get("https://nowhere.example/a.jpg").await;
    let expected = "leads to nowhere.example, which has no address";
    assert_eq!(unknown, Err(expected.to_owned()));
    assert_eq!(world.connected(), Vec::<String>::new());
}

#[tokio::test]
async fn other_ports_schemes_and_passwords_are_refused() {
    let world = World::new(&[("img.example", &[PUBLIC])], &[("/a.jpg", ok("secret"))]).await;
    for (address, leads_to) in [
        ("https://img.example:8443/a.jpg", "https://img.example:8443"),
        ("https://img.example:22/a.jpg", "https://img.example:22"),
        ("http://img.example/a.jpg", "http://img.example"),
        ("http://img.example:443/a.jpg", "http://img.example:443"),
        ("https://ada:pass@img.example/a.jpg", "https://img.example"),
        ("https://ada@img.example/a.jpg", "https://img.example"),
        ("file:///etc/passwd", "file"),
        ("gopher://img.example:443/a", "gopher"),
        ("https://", "https://"),
    ] {
        let refused = world.get(address).await.unwrap_err();
        let expected = format!(
            "leads to {leads_to}: only https:// and port 443 are allowed, without user name or \
             password"
        );
        assert_eq!(refused, expected);
    }
    assert_eq!(world.connected(), Vec::<String>::new());
}

#[tokio::test]
async fn each_redirect_is_checked_again_and_there_are_at_most_three() {
    let names: [(_, &[&str]); 3] = [
        ("img.example", &[PUBLIC]),
        ("cdn.example", &["93.184.215.15"]),
        ("inside.example", &["192.168.1.1"]),
    ];
    let pages = [
        ("/1", redirect("https://cdn.example/2")),
        ("/2", redirect("/3")),
        ("/3", redirect("4")),
        ("/4", ok("picture")),
        ("/0", redirect("/1")),
        ("/name", redirect("https://inside.example/4")),
        ("/number", redirect("//10.1.2.3/4")),
        ("/plain", redirect("http://img.example/4")),
        ("/port", redirect("https://img.example:8080/4")),
        (
            "/nowhere",
            "HTTP/1.1 301 Moved\r\ncontent-length: 0\r\n\r\n".to_owned(),
        ),
    ];
    let world = World::new(&names, &pages).await;
    let got = world.get("https://img.example/1").await;
    assert_eq!(got, Ok(b"picture".to_vec()));
    let second = "93.184.215.15:443";
    assert_eq!(world.connected()[1..], [second, second, second]);
    for (page, reason) in [
        ("0", "redirects more than 3 times"),
        (
            "name",
            "leads to inside.example, whose address 192.168.1.1 is not a public one",
        ),
        (
            "number",
            "leads to 10.1.2.3, whose address 10.1.2.3 is not a public one",
        ),
        (
            "plain",
            "leads to http://img.example: only https:// and port 443 are allowed, without user \
             name or password",
        ),
        (
            "port",
            "leads to https://img.example:8080: only https:// and port 443 are allowed, without \
             user name or password",
        ),
        ("nowhere", "responds with the status 301"),
    ] {
        let refused = world.get(&format!("https://img.example/{page}")).await;
        assert_eq!(refused, Err(reason.to_owned()), "{page}");
    }
}

#[tokio::test]
async fn size_encoding_certificate_and_broken_responses_are_checked() {
    let names: [(_, &[&str]); 2] = [("img.example", &[PUBLIC]), ("other.example", &[PUBLIC])];
    let endless = format!(
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{:x}\r\n{}\r\n0\r\n\r\n",
        MAX_BYTES + 1,
        "x".repeat(MAX_BYTES + 1)
    );
    let pages = [
        ("/endless", endless),
        (
            "/declared",
            "HTTP/1.1 200 OK\r\ncontent-length: 20000001\r\n\r\nx".to_owned(),
        ),
        (
            "/short",
            "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nx".to_owned(),
        ),
        (
            "/gzip",
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 1\r\n\r\nx".to_owned(),
        ),
        ("/none", "SSH-2.0-OpenSSH\r\n".to_owned()),
        (
            "/partial",
            "HTTP/1.1 206 Partial\r\ncontent-length: 1\r\n\r\nx".to_owned(),
        ),
    ];
    let world = World::new(&names, &pages).await;
    let too_large = "has more than 20 MB: make the picture smaller, 2,000 pixels wide are enough";
    for (page, reason) in [
        ("endless", too_large),
        ("declared", too_large),
        ("short", "broke off"),
        ("gzip", "responds with compressed data"),
        ("none", "broke off"),
        ("partial", "responds with the status 206"),
    ] {
        let refused = world.get(&format!("https://img.example/{page}")).await;
        assert_eq!(refused, Err(reason.to_owned()), "{page}");
    }
    let refused = world.get("https://other.example/short").await;
    let reason = "leads to other.example, with which no secure connection could be made";
    assert_eq!(refused, Err(reason.to_owned()));
}

#[tokio::test]
async fn a_server_that_does_not_respond_is_given_up() {
    let soon = Duration::from_millis(50);
    // Accepts connections, and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = World::new(&[("img.example", &[PUBLIC])], &[]).await;
    world.downloader.timeout = soon;
    if let Network::Fake(fake) = &mut world.downloader.network {
        fake.server = silent.local_addr().unwrap();
    }
    let reason = "took more than 60 seconds";
    let refused = world.get("https://img.example/slow").await;
    assert_eq!(refused, Err(reason.to_owned()));

    world.downloader.timeout = DOWNLOAD_TIMEOUT;
    world.downloader.connect_timeout = soon;
    let refused = world.get("https://img.example/slow").await;
    let reason = "leads to img.example, with which no secure connection could be made";
    assert_eq!(refused, Err(reason.to_owned()));
}
