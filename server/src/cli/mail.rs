//! `till mail`

use anyhow::Context;
use clap::Subcommand;
use shop::mail::email::{Email, Recipient};
use shop::mail::templates::Sender;
use shop::mail::{InvalidAddress, SentTo};
use time::OffsetDateTime;

use super::output::print_line;
use crate::application::open_mailer;
use crate::config::Config;

/// Arguments of `till mail`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test email now, and print the mail server's response. Needs no database.
    Test(Test),
}

#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// The recipient, such as you@mail.example.
    #[arg(value_parser = address)]
    address: String,
}

/// Checks that the text is an email address.
fn address(text: &str) -> Result<String, InvalidAddress> {
    text.parse::<shop::mail::MailAddress>()?;
    Ok(text.to_owned())
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Test(Test { address }) = command;
    let public_url = config.site.public_url(config.site.addr);
    let mailer = open_mailer(config, &public_url)?;
    let to = Recipient::Shopper {
        address,
        name: None,
    };
    let sender = Sender::new(&config.profile, &public_url, !config.payments.livemode());
    let email =
        Email::test(to, &sender, &public_url).context("the test email cannot be written")?;
    let now = OffsetDateTime::now_utc();
    let key = format!("test:{}", now.unix_timestamp_nanos());
    let sent = mailer
        .send(&key, now, &email)
        .await
        .context("the test email was not sent")?;
    print_line(&match sent {
        SentTo::Server(name) => format!("the mail server {name} accepted the test email"),
        SentTo::File(file) => format!(
            "SMTP_URL is not set: the test email was written to {}",
            file.display()
        ),
    });
    Ok(())
}
