//! A mail server that misbehaves as it is told, and remembers what it was given.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufStream};
use tokio::net::{TcpListener, TcpStream};

/// How a connection is treated.
#[derive(Clone, Copy, Debug)]
pub enum Smtp {
    /// The mail is taken.
    Takes,
    /// This is said to the recipient's address.
    Says(&'static str),
    /// The mail is taken, after some seconds.
    Slow,
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
    url: String,
}

/// A running fake; it ends with the test's runtime.
#[derive(Clone, Debug)]
pub struct FakeSmtp(Arc<Inner>);

impl FakeSmtp {
    /// Treats the first connections as the script says, and all others like `afterwards`.
    pub async fn start(script: &[Smtp], afterwards: Smtp) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let fake = Self(Arc::new(Inner {
            script: Mutex::new(script.iter().copied().collect()),
            afterwards,
            mails: Mutex::default(),
            lines: Mutex::default(),
            url: format!("smtp://{}", listener.local_addr().unwrap()),
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

    async fn serve(&self, connection: TcpStream) -> std::io::Result<()> {
        let next = self.0.script.lock().unwrap().pop_front();
        let how = next.unwrap_or(self.0.afterwards);
        let mut stream = BufStream::new(connection);
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
            match line.split(' ').next().unwrap_or_default() {
                "EHLO" => say(&mut stream, "250-fake.example\r\n250 8BITMIME").await?,
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
                    if matches!(how, Smtp::CutsAfterData) {
                        return Ok(());
                    }
                    say(&mut stream, "250 taken").await?;
                }
                "QUIT" => return say(&mut stream, "221 bye").await,
                _ => say(&mut stream, "502 not here").await?,
            }
        }
    }
}

async fn say(stream: &mut BufStream<TcpStream>, line: &str) -> std::io::Result<()> {
    stream.write_all(format!("{line}\r\n").as_bytes()).await?;
    stream.flush().await
}
