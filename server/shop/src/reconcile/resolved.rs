//! Differences that remain after everything was tried, and those of them that the owner has
//! resolved.

use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveModelTrait, DbErr, EntityTrait, IntoActiveModel};

use super::{Amount, Difference, Outcome};
use crate::entity::order_difference;
use crate::{Shop, clock};

/// Marks resolved differences, and records the others that remain, for `till orders resolve`. A
/// difference without an order cannot be resolved: a payment for which the shopper gets nothing
/// must not be closed by a note.
pub(super) async fn record_remaining(
    shop: &Shop,
    differences: &mut [Difference],
    dry_run: bool,
) -> Result<(), DbErr> {
    let mut new = Vec::new();
    for difference in differences {
        let (Outcome::Remains, Some(order_id)) = (difference.outcome, difference.order_id) else {
            continue;
        };
        let kind = difference.kind;
        let amounts = amounts(difference);
        let known = order_difference::Entity::find_by_id((difference.session.clone(), kind))
            .one(shop.database.reader())
            .await?
            .filter(|known| known.amounts == amounts);
        match known {
            Some(known) if known.resolution_id.is_some() => difference.outcome = Outcome::Resolved,
            Some(_) => {}
            None => new.push(order_difference::Model {
                stripe_session_id: difference.session.clone(),
                kind,
                order_id,
                amounts,
                found_at: clock::now(),
                resolution_id: None,
            }),
        }
    }
    if dry_run || new.is_empty() {
        return Ok(());
    }
    let transaction = shop.database.begin_write("differences").await?;
    for row in new {
        order_difference::Entity::insert(row.into_active_model().reset_all())
            .on_conflict(
                OnConflict::columns([
                    order_difference::Column::StripeSessionId,
                    order_difference::Column::Kind,
                ])
                .update_columns([
                    order_difference::Column::OrderId,
                    order_difference::Column::Amounts,
                    order_difference::Column::FoundAt,
                    order_difference::Column::ResolutionId,
                ])
                .to_owned(),
            )
            .exec_without_returning(&transaction)
            .await?;
    }
    transaction.commit().await
}

fn amounts(difference: &Difference) -> String {
    let written = |amount: &Option<Amount>| match amount {
        Some(amount) => format!("{} {}", amount.amount, amount.currency),
        None => "none".to_owned(),
    };
    format!(
        "{} here, {} at Stripe",
        written(&difference.here),
        written(&difference.at_stripe)
    )
}
