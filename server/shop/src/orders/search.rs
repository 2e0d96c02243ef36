//! Emails the order link to shoppers who have lost it.
//!
//! Every request gets the same answer and does the same work: it is written to a table. Only the
//! job that reads the table looks for the order, so neither the answer nor its timing reveals who
//! has bought here.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    DbErr, EntityTrait, QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};

use super::number::find_exact;
use crate::checkout::CheckoutError;
use crate::entity::{order, order_search};
use crate::outbox::{self, Mail, Task};
use crate::{Shop, clock};
use till_core::limits::{Client, LimitedAction};
use till_core::refusal::Refusal;

/// The maximum number of characters stored of a typed number. Real numbers are shorter.
const MAX_NUMBER_LENGTH: usize = 64;
/// The maximum number of searches processed in one run.
const BATCH: u64 = 50;
/// The link of an order is sent at most once in this time, in seconds, however often it is
/// requested.
const MAIL_INTERVAL: i64 = 3_600;

/// Records a search for the order with this number, paid for with this email address. A `client` of
/// `None` is not limited.
///
/// # Errors
/// If the database does not answer.
pub async fn request(
    shop: &Shop,
    number: &str,
    email: &str,
    client: Option<&Client>,
) -> Result<Result<(), Refusal>, CheckoutError> {
    const COUNTED: [LimitedAction; 1] = [LimitedAction::FindOrder];
    if let Err(exceeded) = shop.limiter.check(client, &COUNTED) {
        return Ok(Err(exceeded.into()));
    }
    let transaction = shop.database.begin_write("find-order").await?;
    let counts = match shop.limiter.write(&transaction, client, &COUNTED).await? {
        Ok(counts) => counts,
        Err(exceeded) => {
            transaction.rollback().await?;
            return Ok(Err(exceeded.into()));
        }
    };
    let row = order_search::ActiveModel {
        id: NotSet,
        number: Set(storable(number)),
        email_digest: Set(digest(email)),
        created_at: Set(clock::now()),
    };
    order_search::Entity::insert(row)
        .exec_without_returning(&transaction)
        .await?;
    transaction.commit().await?;
    shop.limiter.remember(counts);
    Ok(Ok(()))
}

/// Processes the recorded searches, a limited number at once: enqueues an email if number and
/// address match. Any number of servers may do this at the same time.
///
/// # Errors
/// If the database does not answer. Unprocessed searches stay recorded.
pub async fn send_order_links(shop: &Shop) -> Result<(), DbErr> {
    let searches = order_search::Entity::find()
        .order_by_asc(order_search::Column::Id)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    for search in searches {
        let settings = shop.owner_settings();
        let numbers = &settings.orders.numbers;
        let orders = find_exact(&shop.database, &search.number, numbers).await?;
        let matching = orders.into_iter().filter(|order| matches(order, &search));
        let transaction = shop.database.begin_write("order-links").await?;
        let deleted = order_search::Entity::delete_by_id(search.id)
            .exec(&transaction)
            .await?;
        // Another server may be processing the same search.
        if deleted.rows_affected == 1 {
            for order in matching {
                let period = clock::now().unix_timestamp() / MAIL_INTERVAL;
                let mail = Mail::OrderLink { period };
                outbox::enqueue(&transaction, &order.checkout_id, &Task::Mail { mail }).await?;
            }
        }
        transaction.commit().await?;
    }
    Ok(())
}

fn matches(order: &order::Model, search: &order_search::Model) -> bool {
    let email = order.customer_email.as_deref();
    email.is_some_and(|email| digest(email) == search.email_digest)
}

/// Returns the letters and digits of a number, the only significant characters.
fn storable(number: &str) -> String {
    let kept = number.chars().filter(char::is_ascii_alphanumeric);
    kept.take(MAX_NUMBER_LENGTH).collect()
}

/// Returns a hash of an email address: enough to compare it, without storing the address itself.
fn digest(email: &str) -> String {
    hex::encode(Sha256::digest(email.trim().to_lowercase().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_compared_without_regard_to_capitals_and_spaces() {
        assert_eq!(
            digest(" Ada@Shopper.Example "),
            digest("ada@shopper.example")
        );
        assert_ne!(digest("ada@shopper.example"), digest("eve@shopper.example"));
    }

    #[test]
    fn of_a_number_letters_and_digits_count() {
        assert_eq!(storable(" tea-K7QM 3xpa\0"), "teaK7QM3xpa");
        assert_eq!(storable(&"7".repeat(1_000)).len(), MAX_NUMBER_LENGTH);
    }
}
