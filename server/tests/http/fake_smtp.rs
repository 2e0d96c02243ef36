//! A mail server that misbehaves on command, and records what it got.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// How a connection behaves.
#[derive(Clone, Copy, Debug)]
pub enum Smtp {
    /// Accepts the email.
    Accepts,
    /// Accepts the email, also for non-ASCII addresses (SMTPUTF8).
    AcceptsUtf8,
    /// Answers the recipient with this line.
    RejectsRecipient(&'static str),
    /// Accepts the email, but greets only after some seconds.
    Slow,
    /// Accepts the email long after receiving it, as if scanning it.
    SlowAfterData,
    /// Accepts the email, and does not answer QUIT.
    HangsAtQuit,
    /// Never answers.
    Hangs,
    /// Receives the email, then closes the connection without an answer.
    ClosesAfterData,
}

#[derive(Debug)]
struct Inner {
    script: Mutex<VecDeque<Smtp>>,
    default: Smtp,
    /// Recipient and text of every email received in full.
    mails: Mutex<Vec<(String, String)>>,
    /// Every line that clients sent, without the emails.
    lines: Mutex<Vec<String>>,
    /// Those of them that were sent in clear text.
    clear_text: Mutex<Vec<String>>,
    tls: Option<Tls>,
    url: String,
}

struct Tls {
    acceptor: TlsAcceptor,
    /// TLS from the first byte, not by STARTTLS.
    at_once: bool,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").finish_non_exhaustive()
    }
}

/// A certificate for `localhost` in PEM, and an acceptor that presents it.
pub fn certificate() -> (String, TlsAcceptor) {
    certificate_for("localhost")
}

/// The same for another host.
pub fn certificate_for(host: &str) -> (String, TlsAcceptor) {
    let generated = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
    let key = PrivatePkcs8KeyDer::from(generated.signing_key.serialize_der());
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![generated.cert.der().clone()], key.into())
        .unwrap();
    (generated.cert.pem(), TlsAcceptor::from(Arc::new(config)))
}

trait Connection: AsyncRead + AsyncWrite + Send + Unpin {}
impl<C: AsyncRead + AsyncWrite + Send + Unpin> Connection for C {}
type Stream = BufStream<Box<dyn Connection>>;

/// A running fake. It stops with the test's runtime.
#[derive(Clone, Debug)]
pub struct FakeSmtp(Arc<Inner>);

impl FakeSmtp {
    /// The first connections behave as in `script`, all others like `default`.
    pub async fn start(script: &[Smtp], default: Smtp) -> Self {
        Self::start_with(script, default, None).await
    }

    /// Accepts all emails at `smtps://localhost`, or after STARTTLS at `smtp://localhost`.
    pub async fn start_tls(acceptor: TlsAcceptor, at_once: bool) -> Self {
        let tls = Tls { acceptor, at_once };
        Self::start_with(&[], Smtp::Accepts, Some(tls)).await
    }

    async fn start_with(script: &[Smtp], default: Smtp, tls: Option<Tls>) -> Self {
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
            default,
            mails: Mutex::default(),
            lines: Mutex::default(),
            clear_text: Mutex::default(),
            tls,
            url,
        }));
        let serving = fake.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                let serving = serving.clone();
                tokio::spawn(async move {
                    // A client may disconnect at any time.
                    let _ = serving.serve(connection).await;
                });
            }
        });
        fake
    }

    pub fn url(&self) -> &str {
        &self.0.url
    }

    /// Recipient and text of every email received in full.
    pub fn mails(&self) -> Vec<(String, String)> {
        self.0.mails.lock().unwrap().clone()
    }

    /// Every line that clients sent, without the emails.
    pub fn lines(&self) -> Vec<String> {
        self.0.lines.lock().unwrap().clone()
    }

    /// Every line that clients sent in clear text, without the emails.
    pub fn clear_lines(&self) -> Vec<String> {
        self.0.clear_text.lock().unwrap().clone()
    }

    async fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        let next = self.0.script.lock().unwrap().pop_front();
        let behavior = next.unwrap_or(self.0.default);
        let tls = self.0.tls.as_ref();
        let at_once = tls.filter(|tls| tls.at_once);
        let mut protected = at_once.is_some();
        let mut stream: Stream = BufStream::new(match at_once {
            Some(tls) => Box::new(tls.acceptor.accept(connection).await?),
            None => Box::new(connection),
        });
        if matches!(behavior, Smtp::Hangs) {
            std::future::pending::<()>().await;
        }
        if matches!(behavior, Smtp::Slow) {
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
                self.0.clear_text.lock().unwrap().push(line.clone());
            }
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => {
                    let more = match (tls, protected) {
                        (Some(_), false) => "250-STARTTLS\r\n",
                        (Some(_), true) => "250-AUTH PLAIN\r\n",
                        (None, _) => "",
                    };
                    let utf8 = match behavior {
                        Smtp::AcceptsUtf8 => "250-SMTPUTF8\r\n",
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
                    if let Smtp::RejectsRecipient(no) = behavior {
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
                    if matches!(behavior, Smtp::SlowAfterData) {
                        tokio::time::sleep(Duration::from_secs(32)).await;
                    }
                    if matches!(behavior, Smtp::ClosesAfterData) {
                        return Ok(());
                    }
                    say(&mut stream, "250 taken").await?;
                }
                "QUIT" if matches!(behavior, Smtp::HangsAtQuit) => {
                    std::future::pending::<()>().await;
                }
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
