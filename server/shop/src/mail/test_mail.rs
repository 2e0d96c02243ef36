//! A test email, for the owner who sets the mail server up.

use time::OffsetDateTime;

use super::email::{Email, Recipient};
use super::templates::Sender;
use super::{InvalidAddress, MailAddress, Mailer, SendError, SentTo};
use crate::owner_settings::OwnerSettings;
use crate::settings::InvalidSetting;

/// Why a test email was not sent.
#[derive(Debug, thiserror::Error)]
pub enum TestMailError {
    /// The recipient is not an email address.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// There is no sender.
    #[error(transparent)]
    Sender(#[from] InvalidSetting),
    /// The email cannot be rendered.
    #[error("the test email cannot be written")]
    Template(#[from] askama::Error),
    /// The mail server did not take it, or the file could not be written.
    #[error("the test email was not sent")]
    Send(#[from] SendError),
}

/// Sends a test email now, from a shop at this address that takes real payments or does not.
///
/// # Errors
/// [`TestMailError`]
pub async fn send_test(
    mailer: &Mailer,
    settings: &OwnerSettings,
    public_url: &str,
    livemode: bool,
    recipient: &str,
) -> Result<SentTo, TestMailError> {
    recipient.parse::<MailAddress>()?;
    let addresses = settings.mail.addresses()?;
    let to = Recipient::Shopper {
        address: recipient.to_owned(),
        name: None,
    };
    let sender = Sender::new(&settings.profile, public_url, !livemode);
    let email = Email::test(to, &sender, public_url)?;
    let now = OffsetDateTime::now_utc();
    let key = format!("test:{}", now.unix_timestamp_nanos());
    Ok(mailer.send(&addresses, &key, now, &email).await?)
}
