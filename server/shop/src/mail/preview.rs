//! Emails before they are sent, composed like those that are.

use sea_orm::EntityTrait;

pub use super::compose::ComposeError;
use super::compose::{ComposeOutcome, compose, preview_refunded, preview_shipped};
use super::email::{Email, Recipient};
use crate::Shop;
use crate::entity::{order, outbox};
use crate::orders::fulfilment::Units;
use crate::orders::resend::mail_of;
use crate::orders::shipments::Parcel;

/// An email that a form would send.
#[derive(Clone, Debug)]
pub enum PreviewedMail {
    /// About a parcel that is about to be sent.
    Shipped {
        /// How it travels.
        parcel: Parcel,
        /// What is in it. `None`: everything that is left to ship.
        lines: Option<Vec<Units>>,
    },
    /// About a refund that is about to be requested.
    Refunded {
        /// In minor units of the order's currency.
        amount: i64,
    },
    /// That of a task, again, as of now.
    Again {
        /// The task's number.
        task: i64,
    },
}

/// An email, or why none would be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PreviewOutcome {
    /// The email.
    Email(MailPreview),
    /// None would be sent, for this reason.
    NotSent(&'static str),
}

/// What an email would say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailPreview {
    /// The shopper's address; `None` if it goes to the owner.
    pub to: Option<String>,
    /// The code of its language.
    pub language: &'static str,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML, a whole document that loads nothing.
    pub html: String,
}

impl From<Email> for MailPreview {
    fn from(email: Email) -> Self {
        Self {
            to: match email.to {
                Recipient::Shopper { address, .. } => Some(address),
                Recipient::Owner => None,
            },
            language: email.language,
            subject: email.subject,
            text: email.text,
            html: email.html,
        }
    }
}

/// Composes an email about an order without sending it.
///
/// # Errors
/// [`ComposeError`]
pub async fn preview(
    shop: &Shop,
    order: i64,
    mail: &PreviewedMail,
) -> Result<PreviewOutcome, ComposeError> {
    let reader = shop.database.reader();
    let Some(order) = order::Entity::find_by_id(order).one(reader).await? else {
        return Ok(PreviewOutcome::NotSent("there is no such order"));
    };
    shop.live.refresh(&shop.database).await;
    let composed = match mail {
        PreviewedMail::Shipped { parcel, lines } => {
            preview_shipped(shop, &order, parcel, lines.as_deref()).await?
        }
        PreviewedMail::Refunded { amount } => preview_refunded(shop, &order, *amount).await?,
        PreviewedMail::Again { task } => {
            let task = outbox::Entity::find_by_id(*task).one(reader).await?;
            let task = task.filter(|task| task.checkout_id == order.checkout_id);
            match task.as_ref().and_then(mail_of) {
                Some(mail) => compose(shop, &order.checkout_id, &mail).await?,
                None => ComposeOutcome::Skip("the order has no such email"),
            }
        }
    };
    Ok(match composed {
        ComposeOutcome::Email(email) => PreviewOutcome::Email((*email).into()),
        ComposeOutcome::Skip(reason) => PreviewOutcome::NotSent(reason),
    })
}
