//! `till mail`

use clap::Subcommand;
use shop::mail::{InvalidAddress, SentTo, send_test};
use shop::owner_settings::OwnerSettings;

use super::output::print_line;
use crate::application::{load_settings, open_existing, open_mailer};
use crate::config::Config;

/// Arguments of `till mail`.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test email now, and print the mail server's response. Works without a database.
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

/// The settings, with those that the database holds if there is one.
async fn settings(config: &Config) -> OwnerSettings {
    let Ok(database) = open_existing(config).await else {
        return config.owner_settings();
    };
    let settings = load_settings(config, &database).await;
    // Nothing was written.
    let _ = database.close().await;
    settings.unwrap_or_else(|_| config.owner_settings())
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Test(Test { address }) = command;
    let public_url = config.site.public_url(config.site.addr);
    let mailer = open_mailer(config, &public_url)?;
    let settings = settings(config).await;
    let livemode = config.payments.livemode();
    let sent = send_test(&mailer, &settings, &public_url, livemode, &address).await?;
    print_line(&match sent {
        SentTo::Server(name) => format!("the mail server {name} accepted the test email"),
        SentTo::File(file) => format!(
            "SMTP_URL is not set: the test email was written to {}",
            file.display()
        ),
    });
    Ok(())
}
