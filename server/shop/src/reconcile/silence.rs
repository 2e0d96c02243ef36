//! Detects silent webhooks: payments had to be fetched from Stripe, and no webhook came for a
//! while.

use std::time::Duration as StdDuration;

use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use time::{Duration, OffsetDateTime};

use super::pull::PullReport;
use super::{cursor_row, set_silent_since};
use crate::database::Database;
use crate::entity::reconciliation::Cursor;
use crate::entity::stripe_event;
use crate::inbox::Source;
use crate::{Shop, clock};

/// If the last webhook is older than this, a payment that had to be fetched means that something is
/// wrong.
const MAX_WEBHOOK_AGE: Duration = Duration::minutes(15);
/// The webhook of a payment younger than this may still be on its way.
const RECENT_PAYMENT_AGE: Duration = Duration::minutes(1);
/// How long to wait for that webhook.
const WEBHOOK_DELAY: StdDuration = StdDuration::from_secs(3);

/// Payments were fetched from Stripe, but no webhooks arrive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When the last webhook arrived; if none ever did, when the first payment without one was
    /// confirmed.
    pub since: OffsetDateTime,
}

/// Returns the silence of webhooks, if there were payments without any. It ends with the next
/// webhook.
///
/// # Errors
/// If the database does not answer.
pub async fn silence(database: &Database) -> Result<Option<Silence>, DbErr> {
    silence_on(database.reader()).await
}

/// Like [`silence`], on this connection.
///
/// # Errors
/// If the database does not answer.
pub async fn silence_on(connection: &DatabaseConnection) -> Result<Option<Silence>, DbErr> {
    let Some(since) = cursor_row(connection, Cursor::Events)
        .await?
        .and_then(|row| row.silent_since)
    else {
        return Ok(None);
    };
    let ended = last_webhook(connection).await?.is_some_and(|at| at > since);
    Ok((!ended).then_some(Silence { since }))
}

/// Records the silence that a run has found, or its end.
pub(super) async fn update(shop: &Shop, found: &PullReport) -> Result<Option<Silence>, DbErr> {
    let before = cursor_row(shop.database.reader(), Cursor::Events)
        .await?
        .and_then(|row| row.silent_since);
    let current = silence(&shop.database).await?;
    if before.is_some() && current.is_none() {
        tracing::info!("webhooks arrive again");
        set_silent_since(shop, None).await?;
    }
    let Some(first_payment) = found.first_payment else {
        return Ok(current);
    };
    if webhook_came_recently(shop).await? {
        return Ok(current);
    }
    if first_payment > clock::now() - RECENT_PAYMENT_AGE {
        tokio::time::sleep(WEBHOOK_DELAY).await;
        if webhook_came_recently(shop).await? {
            return Ok(current);
        }
    }
    let since = match current {
        Some(silence) => silence.since,
        None => last_webhook(shop.database.reader())
            .await?
            .unwrap_or(first_payment),
    };
    set_silent_since(shop, Some(since)).await?;
    tracing::error!(
        payments = found.payments,
        "{} had to be fetched from Stripe: {}",
        payments(found.payments),
        words(shop, since)
    );
    Ok(Some(Silence { since }))
}

fn payments(count: usize) -> String {
    match count {
        1 => "1 payment".to_owned(),
        _ => format!("{count} payments"),
    }
}

/// Describes the problem and what to check.
pub(super) fn words(shop: &Shop, since: OffsetDateTime) -> String {
    format!(
        "no webhook has arrived since {}. In Stripe's dashboard, check that the endpoint \
         {}/webhooks/stripe exists and is enabled, and how its deliveries were answered; here, \
         check that STRIPE_WEBHOOK_SECRET is its signing secret",
        clock::rfc3339(since),
        shop.settings.public_url
    )
}

async fn webhook_came_recently(shop: &Shop) -> Result<bool, DbErr> {
    let last = last_webhook(shop.database.reader()).await?;
    Ok(last.is_some_and(|at| at > clock::now() - MAX_WEBHOOK_AGE))
}

async fn last_webhook(connection: &DatabaseConnection) -> Result<Option<OffsetDateTime>, DbErr> {
    stripe_event::Entity::find()
        .select_only()
        .column(stripe_event::Column::ReceivedAt)
        .filter(stripe_event::Column::Source.eq(Source::Webhook))
        .order_by_desc(stripe_event::Column::ReceivedAt)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
}

#[cfg(test)]
mod tests {
    use super::payments;

    #[test]
    fn one_payment_has_a_singular() {
        assert_eq!(payments(1), "1 payment");
        assert_eq!(payments(2), "2 payments");
    }
}
