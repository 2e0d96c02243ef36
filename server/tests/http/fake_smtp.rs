//! A mail server that misbehaves as it is told, and remembers what it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// How a connection is treated.
#[derive(Clone, Copy, Debug)]
pub enum Smtp {
    /// The mail is taken.
    Takes,
    /// The mail is taken, also for addresses with any letters (SMTPUTF8).
    TakesUtf8,
    /// This is said to the recipient's address.
    Says(&'static str),
    /// The mail is taken, after some seconds.
    Slow,
    /// The mail is taken after it was looked through, which takes long.
    LooksThrough,
    /// The mail is taken, and nothing is said at the end.
    HangsAtQuit,
    /// Nothing is ever said.
    Hangs,
    /// The mail is taken, then the connection is cut without a word.
    CutsAfterData,
}

#[derive(Debug)]
struct Inner {
    script: Mutex<VecDeque<Smtp>>,
    afterwards: Smtp,
    /// Recipient and text, as far as a mail came in full.
    mails: Mutex<Vec<(String, String)>>,
    /// Every line of every client outside mails.
    lines: Mutex<Vec<String>>,
    /// Those of them that anybody on the way could read.
    clear: Mutex<Vec<String>>,
    tls: Option<Tls>,
    url: String,
}

struct Tls {
    acceptor: TlsAcceptor,
    /// From the first byte, not by STARTTLS.
    at_once: bool,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// A certificate for `localhost`, in PEM, and what a server needs to show it.
pub fn certificate() -> (String, TlsAcceptor) {
    certificate_for("localhost")
}

/// The same for another host.
pub fn certificate_for(host: &str) -> (String, TlsAcceptor) {
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(made.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key.into())
        .unwrap();
    (made.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<C: AsyncRead + AsyncWrite + Send + Unpin> Connection for C {}
type Stream = BufStream<Box<dyn Connection>>;

/// A running fake; it ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct FakeSmtp(Arc<Inner>);

impl FakeSmtp {
    /// Treats the first connections as the script says, and all others like `afterwards`.
    pub async fn start(script: &[Smtp], afterwards: Smtp) -> Self {
        Self::start_with(script, afterwards, None).await
    }

    /// Takes all mails at `smtps://localhost`, or after STARTTLS at `smtp://localhost`.
    pub async fn start_tls(acceptor: TlsAcceptor, at_once: bool) -> Self {
        let tls = Tls { acceptor, at_once };
        Self::start_with(&[], Smtp::Takes, Some(tls)).await
    }

    async fn start_with(script: &[Smtp], afterwards: Smtp, tls: Option<Tls>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let addr = listener.local_addr().unwrap();
        let url = match &tls {
            None => format!("smtp://{addr}"),
            Some(tls) if tls.at_once => {
                format!("smtps://user:pass%2Fword@localhost:{}", addr.port())
            }
            Some(_) => format!(
                "smtp://user:pass%2Fword@localhost:{}?tls=required",
                addr.port()
            ),
        };
        let fake = Self(Arc::new(Inner {
            script: Mutex::new(script.iter().copied().collect()),
            afterwards,
            mails: Mutex::default(),
            lines: Mutex::default(),
            clear: Mutex::default(),
            tls,
            url,
        }));
        let serving = fake.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move {
                    // A client that goes away in between is none of our business.
                    let _ = serving.serve(connection).await;
                });
            }
        });
        fake
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Recipient and text of every mail that came in full.
    pub fn mails(&self) -> Vec<(String, String)> {
        self.0.mails.lock().unwrap().clone()
    }

    /// What clients said outside mails.
    pub fn lines(&self) -> Vec<String> {
        self.0.lines.lock().unwrap().clone()
    }

    /// What clients said outside mails before the connection was protected.
    pub fn clear_lines(&self) -> Vec<String> {
        self.0.clear.lock().unwrap().clone()
    }

    async fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        let next = self.0.script.lock().unwrap().pop_front();
        let how = next.unwrap_or(self.0.afterwards);
        let tls = self.0.tls.as_ref();
        let at_once = tls.filter(|tls| tls.at_once);
        let mut protected = at_once.is_some();
        let mut stream: Stream = BufStream::new(match at_once {
            Some(tls) => Box::new(tls.acceptor.accept(connection).await?),
            None => Box::new(connection),
        });
        if matches!(how, Smtp::Hangs) {
            std::future::pending::<()>().await;
        }
        if matches!(how, Smtp::Slow) {
            tokio::time::sleep(Duration::from_secs(4)).await;
        }
        say(&mut stream, "220 fake.example ESMTP").await?;
        let mut recipient = String::new();
        loop {
            let mut bytes = Vec::new();
            if stream.read_until(b'\n', &mut bytes).await? == 0 {
                return Ok(());
            }
            let line = String::from_utf8_lossy(&bytes).trim().to_owned();
            self.0.lines.lock().unwrap().push(line.clone());
            if !protected {
                self.0.clear.lock().unwrap().push(line.clone());
            }
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => {
                    let more = match (tls, protected) {
                        (Some(_), false) => "250-STARTTLS\r\n",
                        (Some(_), true) => "250-AUTH PLAIN\r\n",
                        (None, _) => "",
                    };
                    let utf8 = match how {
                        Smtp::TakesUtf8 => "250-SMTPUTF8\r\n",
                        _ => "",
                    };
                    say(
                        &mut stream,
                        &format!("250-fake.example\r\n{more}{utf8}250 8BITMIME"),
                    )
                    .await?;
                }
                "STARTTLS" => {
                    say(&mut stream, "220 go on").await?;
                    let acceptor = &tls.expect("STARTTLS was offered").acceptor;
                    let connection = acceptor.accept(stream.into_inner()).await?;
                    stream = BufStream::new(Box::new(connection));
                    protected = true;
                }
                "AUTH" => say(&mut stream, "235 known").await?,
                "MAIL" => say(&mut stream, "250 ok").await?,
                "RCPT" => {
                    if let Smtp::Says(no) = how {
                        say(&mut stream, no).await?;
                    } else {
                        recipient = line;
                        say(&mut stream, "250 ok").await?;
                    }
                }
                "DATA" => {
                    say(&mut stream, "354 go on").await?;
                    let mut mail = String::new();
                    while !mail.ends_with("\r\n.\r\n") {
                        if stream.read_line(&mut mail).await? == 0 {
                            return Ok(());
                        }
                    }
                    self.0.mails.lock().unwrap().push((recipient.clone(), mail));
                    if matches!(how, Smtp::LooksThrough) {
                        tokio::time::sleep(Duration::from_secs(32)).await;
                    }
                    if matches!(how, Smtp::CutsAfterData) {
                        return Ok(());
                    }
                    say(&mut stream, "250 taken").await?;
                }
                "QUIT" if matches!(how, Smtp::HangsAtQuit) => std::future::pending::<()>().await,
                "QUIT" => return say(&mut stream, "221 bye").await,
                _ => say(&mut stream, "502 not here").await?,
            }
        }
    }
}

async fn say(stream: &mut Stream, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}
