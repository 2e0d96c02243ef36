//! What a new shop needs before it sells something, in the order in which it matters.

use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};

use crate::Shop;
use crate::doctor::Trouble;
use crate::entity::{order, product};
use crate::live::MissingText;

/// One of the first steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The country that the shop is run from is set: the law and the time of day follow it.
    Country,
    /// A product is on sale.
    Products,
    /// The owner has said where the shop ships to, even if nowhere.
    Shipping,
    /// The owner's postal address is set.
    Contact,
    /// There are policies: those that the law wants, and no text of the demo shop.
    Policies,
    /// There is a mail server.
    MailServer,
    /// Stripe's key is one for real payments.
    LiveKey,
}

/// A step and whether it is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstStep {
    /// What is to be done.
    pub step: Step,
    /// Whether it is done.
    pub is_done: bool,
}

/// Returns the first steps; none once the shop has taken a real payment, or all are done.
///
/// # Errors
/// If the database fails.
pub async fn first_steps(shop: &Shop, troubles: &[Trouble]) -> Result<Vec<FirstStep>, DbErr> {
    let reader = shop.database.reader();
    if shop.settings.livemode && has_order(reader).await? {
        return Ok(Vec::new());
    }
    let current = shop.live.current();
    let steps = [
        (Step::Country, current.profile.law.country.is_some()),
        (Step::Products, has_product(reader).await?),
        (Step::Shipping, current.settings.checkout.shipping_decided.0),
        (Step::Contact, !current.profile.contact.address.is_empty()),
        (
            Step::Policies,
            !current.policies.is_empty() && !troubles.iter().any(is_about_policies),
        ),
        (Step::MailServer, !shop.mailer.writes_files()),
        (Step::LiveKey, shop.settings.livemode),
    ];
    if steps.iter().all(|(_, is_done)| *is_done) {
        return Ok(Vec::new());
    }
    let step = |(step, is_done)| FirstStep { step, is_done };
    Ok(steps.into_iter().map(step).collect())
}

fn is_about_policies(trouble: &Trouble) -> bool {
    match trouble {
        Trouble::MissingTexts(missing) => missing
            .iter()
            .any(|text| matches!(text, MissingText::Policy(..))),
        Trouble::ExampleTexts(_) => true,
        _ => false,
    }
}

async fn has_order(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let first: Option<i64> = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(first.is_some())
}

async fn has_product(connection: &impl ConnectionTrait) -> Result<bool, DbErr> {
    let first: Option<i64> = product::Entity::find()
        .select_only()
        .column(product::Column::Id)
        .filter(product::Column::Active.eq(true))
        .limit(1)
        .into_tuple()
        .one(connection)
        .await?;
    Ok(first.is_some())
}
