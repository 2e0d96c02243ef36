//! `till mail`

use anyhow::Context;
use clap::Subcommand;
use shop::mail::letter::{Letter, Link, Recipient};
use shop::mail::{NotAnAddress, SentTo};
use time::OffsetDateTime;

use super::answer::print_line;
use crate::application::open_mailer;
use crate::config::{Config, Payments};

/// What `till mail` understands.
#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Send a test mail at once, and say what the mail server answers. Needs no database.
    Test(Test),
}

#[derive(Debug, clap::Args)]
pub(super) struct Test {
    /// Where it goes, such as you@mail.example.
    #[arg(value_parser = address)]
    address: String,
}

/// The text, if mail can be sent there.
fn address(text: &str) -> Result<String, NotAnAddress> {
    text.parse::<shop::mail::MailAddress>()?;
    Ok(text.to_owned())
}

pub(super) async fn run(config: &Config, command: Command) -> anyhow::Result<()> {
    let Command::Test(Test { address }) = command;
    let public_url = config
        .public_url
        .clone()
        .unwrap_or_else(|| format!("http://{}", config.site_addr));
    let mailer = open_mailer(config, &public_url)?;
    let shop = &config.shop_name;
    let letter = Letter {
        to: Recipient::Shopper {
            address,
            name: None,
        },
        subject: format!("Test mail from {shop}"),
        heading: "Mails arrive".to_owned(),
        greeting: "Hello,".to_owned(),
        paragraphs: vec![format!(
            "This is a test mail that was sent by till mail test. If it is not among the unwanted \
             mails, shoppers of {shop} will get theirs."
        )],
        summary: None,
        blocks: Vec::new(),
        link: Link {
            label: "The shop".to_owned(),
            url: public_url.clone(),
        },
        shop: shop.clone(),
        contact: config.contact.in_mails(&public_url),
        sandbox: !matches!(config.payments, Payments::Stripe { livemode: true, .. }),
    };
    let now = OffsetDateTime::now_utc();
    let key = format!("test:{}", now.unix_timestamp_nanos());
    let sent = mailer
        .send(&key, now, &letter)
        .await
        .context("the test mail was not sent")?;
    print_line(&match sent {
        SentTo::Server(name) => format!("the mail server {name} has taken the test mail"),
        SentTo::File(file) => format!(
            "SMTP_URL is not set: the test mail is in {}",
            file.display()
        ),
    });
    Ok(())
}
