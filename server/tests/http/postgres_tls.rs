//! A PostgreSQL that is not on this machine: what it hears before it has proved who it is.
//!
//! Its address is 0.0.0.0: no loopback address, but Linux and macOS lead it back to this machine.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

use crate::fake_smtp::certificate_for;
use crate::till_binary::{Till, refusal};

/// Asks for TLS: <https://www.postgresql.org/docs/current/protocol-message-formats.html>.
const SSL_REQUEST: u32 = 80_877_103;
/// Version 3.0 of the protocol: a start-up message, which names the user.
const STARTUP: u32 = 196_608;

/// Hangs up after the first message that is not about TLS.
struct FakePostgres {
    port: u16,
    /// What each message asked for, and whether others could have read it.
    heard: Arc<Mutex<Vec<(u32, bool)>>>,
}

impl FakePostgres {
    async fn start(tls: Option<TlsAcceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let hearing = heard.clone();
        tokio::spawn(async move {
            while let Ok((connection, _)) = listener.accept().await {
                // The client may hang up at any point.
                let _ = serve(connection, tls.as_ref(), &hearing).await;
            }
        });
        Self { port, heard }
    }

    /// Why `till migrate` gives up on it.
    async fn refused(&self, parameters: &str) -> String {
        self.refused_with(parameters, &[]).await
    }

    /// The same, in this environment.
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
        let said = refusal(&mut migrate).await;
        assert!(!said.contains("hidden"), "{said}");
        said
    }

    /// Whether it was asked for TLS, and for nothing else. The pool may have asked more than once.
    fn heard_only_ssl_requests(&self) -> bool {
        let heard = self.heard();
        !heard.is_empty() && heard.iter().all(|heard| *heard == (SSL_REQUEST, true))
    }

    fn heard(&self) -> Vec<(u32, bool)> {
        self.heard.lock().unwrap().clone()
    }
}

async fn message(connection: &mut (impl AsyncRead + Unpin)) -> std::io::Result<u32> {
    let _length = connection.read_u32().await?;
    connection.read_u32().await
}

async fn serve(
    mut connection: TcpStream,
    tls: Option<&TlsAcceptor>,
    heard: &Mutex<Vec<(u32, bool)>>,
) -> std::io::Result<()> {
    let first = message(&mut connection).await?;
    heard.lock().unwrap().push((first, true));
    if first != SSL_REQUEST {
        return Ok(());
    }
    let Some(tls) = tls else {
        connection.write_all(b"N").await?;
        let second = message(&mut connection).await?;
        heard.lock().unwrap().push((second, true));
        return Ok(());
    };
    connection.write_all(b"S").await?;
    let mut connection = tls.accept(connection).await?;
    let second = message(&mut connection).await?;
    heard.lock().unwrap().push((second, false));
    Ok(())
}

#[tokio::test]
async fn a_postgresql_elsewhere_hears_nothing_in_clear_text() {
    let postgres = FakePostgres::start(None).await;
    let said = postgres.refused("").await;
    assert!(
        said.contains("verified certificate only, and that failed"),
        "{said}"
    );
    assert!(said.contains("sslrootcert=/path/ca.pem"), "{said}");
    assert!(postgres.heard_only_ssl_requests());
}

#[tokio::test]
async fn a_postgresql_elsewhere_must_show_a_certificate_that_is_trusted() {
    let (authority, tls) = certificate_for("0.0.0.0");
    let postgres = FakePostgres::start(Some(tls)).await;
    let said = postgres.refused("").await;
    assert!(
        said.contains("verified certificate only, and that failed"),
        "{said}"
    );
    assert!(postgres.heard_only_ssl_requests());

    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    let trusted = format!("?sslrootcert={}", file.path().display());
    let said = postgres.refused(&trusted).await;
    assert!(said.contains("cannot be reached"), "{said}");
    assert!(postgres.heard().contains(&(STARTUP, false)));
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let (authority, tls) = certificate_for("db.example");
    let postgres = FakePostgres::start(Some(tls)).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), authority).unwrap();
    let trusted = format!("?sslrootcert={}", file.path().display());
    let said = postgres.refused(&trusted).await;
    assert!(
        said.contains("verified certificate only, and that failed"),
        "{said}"
    );
    assert!(postgres.heard_only_ssl_requests());
}

#[tokio::test]
async fn an_owner_may_choose_clear_text() {
    let postgres = FakePostgres::start(None).await;
    let said = postgres.refused("?sslmode=disable").await;
    assert!(said.contains("cannot be reached"), "{said}");
    assert_eq!(postgres.heard()[0], (STARTUP, true));
}

/// The driver would fall back to clear text.
#[tokio::test]
async fn a_mode_that_nobody_can_read_is_no_choice() {
    for mode in ["", "verify_full"] {
        let postgres = FakePostgres::start(None).await;
        postgres.refused_with("", &[("PGSSLMODE", mode)]).await;
        assert!(postgres.heard_only_ssl_requests(), "{mode:?}");
    }
}
