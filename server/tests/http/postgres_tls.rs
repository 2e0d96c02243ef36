//! A remote PostgreSQL: what it receives before it has proved its identity.
//!
//! Its address is 0.0.0.0: not a loopback address, but Linux and macOS route it to this machine.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::fake_smtp::certificate_for;
use crate::till_binary::{Till, refusal};

/// The SSLRequest message: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
const SSL_REQUEST: u32 = 80_877_103;
/// A StartupMessage of protocol version 3.0, which names the user.
const STARTUP: u32 = 196_608;

/// Closes the connection after the first message that is not about TLS.
struct FakePostgres {
    port: u16,
    /// Each message's code, and whether it was encrypted or an SSLRequest.
    messages: Arc<Mutex<Vec<(u32, bool)>>>,
}

impl FakePostgres {
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let messages = Arc::new(Mutex::new(Vec::new()));
        let recorded = messages.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // The client may disconnect at any point.
                let _ = serve(connection, tls.as_ref(), &recorded).await;
            }
        });
        Self { port, messages }
    }

    /// Runs `till migrate` against it. Returns the error.
    async fn refused(&self, parameters: &str) -> String {
        self.refused_with(parameters, &[]).await
    }

    /// The same in this environment.
    async fn refused_with(&self, parameters: &str, environment: &[(&str, &str)]) -> String {
        let till = Till::new();
        let url = format!(
            "postgres://till:hidden@0.0.0.0:{}/till{parameters}",
            self.port
        );
        let mut migrate = till.command(&["migrate"]);
        migrate
            .env("DATABASE_URL", url)
            .envs(environment.iter().copied());
        let message = refusal(&mut migrate).await;
        assert!(!message.contains("hidden"), "{message}");
        message
    }

    /// Whether it received SSLRequests and nothing else. The pool may connect more than once.
    fn saw_only_ssl_requests(&self) -> bool {
        let messages = self.messages();
        !messages.is_empty()
            && messages
                .iter()
                .all(|message| *message == (SSL_REQUEST, true))
    }

    fn messages(&self) -> Vec<(u32, bool)> {
        self.messages.lock().unwrap().clone()
    }
}

async fn message(connection: &mut (impl AsyncRead + Unpin)) -> std::io::Result<u32> {
    let _length = connection.read_u32().await?;
    connection.read_u32().await
}

async fn serve(
    mut connection: TcpStream,
    tls: Option<&TlsAcceptor>,
    messages: &Mutex<Vec<(u32, bool)>>,
) -> std::io::Result<()> {
    let first = message(&mut connection).await?;
    messages.lock().unwrap().push((first, true));
    if first != SSL_REQUEST {
        return Ok(());
    }
    let Some(tls) = tls else {
        connection.write_all(b"N").await?;
        let second = message(&mut connection).await?;
        messages.lock().unwrap().push((second, true));
        return Ok(());
    };
    connection.write_all(b"S").await?;
    let mut connection = tls.accept(connection).await?;
    let second = message(&mut connection).await?;
    messages.lock().unwrap().push((second, false));
    Ok(())
}

#[tokio::test]
async fn a_remote_postgresql_gets_nothing_in_clear_text() {
    let postgres = FakePostgres::start(None).await;
    let message = postgres.refused("").await;
    assert!(
        message.contains("requires TLS with a verified certificate"),
        "{message}"
    );
    assert!(message.contains("sslrootcert=/path/ca.pem"), "{message}");
    assert!(postgres.saw_only_ssl_requests());
}

#[tokio::test]
async fn a_remote_postgresql_must_show_a_trusted_certificate() {
    let (authority, tls) = certificate_for("0.0.0.0");
    let postgres = FakePostgres::start(Some(tls)).await;
    let message = postgres.refused("").await;
    assert!(
        message.contains("requires TLS with a verified certificate"),
        "{message}"
    );
    assert!(postgres.saw_only_ssl_requests());

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    let trusted = format!("?sslrootcert={}", file.path().display());
    let message = postgres.refused(&trusted).await;
    assert!(message.contains("could not reach PostgreSQL"), "{message}");
    assert!(postgres.messages().contains(&(STARTUP, false)));
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let (authority, tls) = certificate_for("db.example");
    let postgres = FakePostgres::start(Some(tls)).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    let trusted = format!("?sslrootcert={}", file.path().display());
    let message = postgres.refused(&trusted).await;
    assert!(
        message.contains("requires TLS with a verified certificate"),
        "{message}"
    );
    assert!(postgres.saw_only_ssl_requests());
}

#[tokio::test]
async fn an_owner_may_choose_clear_text() {
    let postgres = FakePostgres::start(None).await;
    let message = postgres.refused("?sslmode=disable").await;
    assert!(message.contains("could not reach PostgreSQL"), "{message}");
    assert_eq!(postgres.messages()[0], (STARTUP, true));
}

/// The driver would fall back to clear text.
#[tokio::test]
async fn an_invalid_sslmode_is_refused() {
    for mode in ["", "verify_full"] {
        let postgres = FakePostgres::start(None).await;
        postgres.refused_with("", &[("PGSSLMODE", mode)]).await;
        assert!(postgres.saw_only_ssl_requests(), "{mode:?}");
    }
}
