//! What is wrong with the shop as far as it is known without asking Stripe or the mail server, for
//! the first page of the admin, which says it in the user's language.

use time::OffsetDateTime;

use super::{DoctorError, missing_logo};
use crate::Shop;
use crate::live::MissingText;
use crate::notice::{self, Notice, Occurrence};
use crate::policy::{self, PolicySlug};
use crate::reconcile;

/// Something that the owner should fix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// This server's clock differs so much from Stripe's that payments may be refused.
    Clock {
        /// By how many seconds.
        seconds: u64,
    },
    /// A shop for real payments has no mail server, so emails reach no one.
    NoMailServer,
    /// Stripe refuses to start payments.
    PaymentsRefused(Occurrence),
    /// Stripe sends events of a shape that cannot be used.
    UnusableEvents(Occurrence),
    /// Payments had to be fetched from Stripe, because no webhook arrives.
    NoWebhooks {
        /// Since when.
        since: OffsetDateTime,
    },
    /// The picture of the shop's logo is not stored.
    MissingLogo,
    /// Prices do not say whether they include VAT, where the law wants it.
    PriceTaxUnsaid,
    /// Texts that the law wants.
    MissingTexts(Vec<MissingText>),
    /// Policies that still have text of the demo shop, with the codes of their languages.
    ExampleTexts(Vec<(PolicySlug, String)>),
}

/// Finds what is wrong, without the tasks of the outbox.
///
/// # Errors
/// [`DoctorError`]
pub async fn troubles(shop: &Shop) -> Result<Vec<Trouble>, DoctorError> {
    let reader = shop.database.reader();
    let mut troubles = Vec::new();
    if let (Some(seconds), Some(_)) = (shop.stripe.clock_offset(), shop.stripe.clock_warning()) {
        troubles.push(Trouble::Clock {
            seconds: seconds.unsigned_abs(),
        });
    }
    if shop.settings.livemode && shop.mailer.writes_files() {
        troubles.push(Trouble::NoMailServer);
    }
    for (notice, seen) in notice::current(reader).await? {
        troubles.push(match notice {
            Notice::PaymentsRefused => Trouble::PaymentsRefused(seen),
            Notice::UnusableEvents => Trouble::UnusableEvents(seen),
        });
    }
    if let Some(silence) = reconcile::silence(&shop.database).await? {
        troubles.push(Trouble::NoWebhooks {
            since: silence.since,
        });
    }
    if missing_logo(shop).await?.is_some() {
        troubles.push(Trouble::MissingLogo);
    }
    troubles.extend(missing_by_law(shop));
    let examples = policy::with_placeholders(reader).await?;
    if !examples.is_empty() {
        troubles.push(Trouble::ExampleTexts(examples));
    }
    Ok(troubles)
}

/// What the rules of the European Union want, where they apply.
fn missing_by_law(shop: &Shop) -> Vec<Trouble> {
    let current = shop.live.current();
    let mut troubles = Vec::new();
    if !current.profile.law.eu_rules_apply() {
        return troubles;
    }
    let automatic_tax = current.settings.checkout.options.automatic_tax;
    if current.profile.price_tax.said(automatic_tax).is_none() {
        troubles.push(Trouble::PriceTaxUnsaid);
    }
    let missing = current.missing();
    if !missing.is_empty() {
        troubles.push(Trouble::MissingTexts(missing));
    }
    troubles
}
