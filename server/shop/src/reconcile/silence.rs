//! Webhooks that stay away: payments are found by reading, and nothing has been sent here for a while.

use std::time::Duration as StdDuration;

use sea_orm::{
    ColumnTrait, DatabaseConnection, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use time::{Duration, OffsetDateTime};

use super::pull::Pulled;
use super::{EVENTS, row, set_silent};
use crate::database::Database;
use crate::entity::stripe_event;
use crate::inbox::Source;
use crate::{Shop, clock};

/// Without a webhook for this long, a payment that had to be found means that something is wrong.
const SILENT_FOR: Duration = Duration::minutes(15);
/// The webhook of a payment that is younger may still be on its way.
const YOUNG: Duration = Duration::minutes(1);
/// It is given this long.
const ON_ITS_WAY: StdDuration = StdDuration::from_secs(3);

/// Payments were found, but no webhook comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Silence {
    /// When the last webhook came; where none ever did, when the first payment was confirmed that it should have told of.
    pub since: OffsetDateTime,
}

/// Whether webhooks are silent although there were payments. It ends with the next webhook.
///
/// # Errors
/// Where the database does not answer.
pub async fn silence(database: &Database) -> Result<Option<Silence>, DbErr> {
    silence_by(database.reader()).await
}

/// The same, asked by this connection.
///
/// # Errors
/// Where the database does not answer.
pub async fn silence_by(connection: &DatabaseConnection) -> Result<Option<Silence>, DbErr> {
    let Some(since) = row(connection, EVENTS)
        .await?
        .and_then(|row| row.silent_since)
    else {
        return Ok(None);
    };
    let ended = last_webhook(connection).await?.is_some_and(|at| at > since);
    Ok((!ended).then_some(Silence { since }))
}

/// Notes the silence that a run has met, or its end.
pub(super) async fn note(shop: &Shop, found: &Pulled) -> Result<Option<Silence>, DbErr> {
    let before = row(shop.database.reader(), EVENTS)
        .await?
        .and_then(|row| row.silent_since);
    let still = silence(&shop.database).await?;
    if before.is_some() && still.is_none() {
        tracing::info!("webhooks arrive again");
        set_silent(shop, None).await?;
    }
    let Some(first_payment) = found.first_payment else {
        return Ok(still);
    };
    if webhook_came_lately(shop).await? {
        return Ok(still);
    }
    if first_payment > clock::now() - YOUNG {
        tokio::time::sleep(ON_ITS_WAY).await;
        if webhook_came_lately(shop).await? {
            return Ok(still);
        }
    }
    let since = match still {
        Some(silence) => silence.since,
        None => last_webhook(shop.database.reader())
            .await?
            .unwrap_or(first_payment),
    };
    set_silent(shop, Some(since)).await?;
    tracing::error!(
        payments = found.payments,
        "{} payments had to be read from Stripe: {}",
        found.payments,
        words(shop, since)
    );
    Ok(Some(Silence { since }))
}

/// What is wrong, and what to look at.
pub(super) fn words(shop: &Shop, since: OffsetDateTime) -> String {
    format!(
        "no webhook has arrived since {}. In Stripe's dashboard, look whether the endpoint {}/webhooks/stripe is there, enabled, and what its deliveries were answered; here, whether STRIPE_WEBHOOK_SECRET is its signing secret",
        clock::written(since),
        shop.settings.public_url
    )
}

async fn webhook_came_lately(shop: &Shop) -> Result<bool, DbErr> {
    let last = last_webhook(shop.database.reader()).await?;
    Ok(last.is_some_and(|at| at > clock::now() - SILENT_FOR))
}

async fn last_webhook(connection: &DatabaseConnection) -> Result<Option<OffsetDateTime>, DbErr> {
    stripe_event::Entity::find()
        .select_only()
        .column(stripe_event::Column::ReceivedAt)
        .filter(stripe_event::Column::Source.eq(Source::Webhook.as_str()))
        .order_by_desc(stripe_event::Column::ReceivedAt)
        .limit(1)
        .into_tuple()
        .one(connection)
        .await
}
