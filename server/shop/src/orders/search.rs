//! Who has lost the link to an order gets it by mail.
//!
//! Whoever asks is always answered the same, and for every question the same is done: it is written
//! down. Only the job that reads it looks whether there is such an order, so that neither an answer
//! nor its time tells a stranger who has bought here.

use sea_orm::{
    ActiveValue::{NotSet, Set},
    DbErr, EntityTrait, QueryOrder, QuerySelect,
};
use sha2::{Digest, Sha256};

use super::number::find_exactly;
use crate::checkout::CheckoutError;
use crate::entity::{order, order_search};
use crate::limits::{Client, LimitedAction};
use crate::outbox::{self, Mail, Task};
use crate::refusal::Refusal;
use crate::{Shop, clock};

/// Characters that are kept of a number as it was typed. The longest one is shorter.
const MAX_NUMBER: usize = 64;
/// Searches that are answered in one round.
const BATCH: u64 = 50;
/// Each order's link is sent at most once in this time, in seconds, whoever asks how often.
const MAIL_INTERVAL: i64 = 3_600;

/// Writes down that somebody looks for the order of this number, paid by somebody with this mail
/// address. A `client` of `None` is not limited.
///
/// # Errors
/// Where the database does not answer.
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
    let transaction = shop.database.begin_write().await?;
    let written = match shop.limiter.write(&transaction, client, &COUNTED).await? {
        Ok(written) => written,
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
    shop.limiter.learn(written);
    Ok(Ok(()))
}

/// Answers what was asked so far, a bounded number at once: puts a mail into the outbox where
/// number and address belong together. Any number of servers may do this at once.
///
/// # Errors
/// Where the database does not answer; what was not answered stays written down.
pub async fn answer(shop: &Shop) -> Result<(), DbErr> {
    let asked = order_search::Entity::find()
        .order_by_asc(order_search::Column::Id)
        .limit(BATCH)
        .all(shop.database.reader())
        .await?;
    for search in asked {
        let numbers = &shop.settings.order_numbers;
        let orders = find_exactly(&shop.database, &search.number, numbers).await?;
        let meant = orders.into_iter().filter(|order| is_meant(order, &search));
        let transaction = shop.database.begin_write().await?;
        let deleted = order_search::Entity::delete_by_id(search.id)
            .exec(&transaction)
            .await?;
        // Another server may be answering it as well.
        if deleted.rows_affected == 1 {
            for order in meant {
                let period = clock::now().unix_timestamp() / MAIL_INTERVAL;
                let mail = Mail::OrderLink { period };
                outbox::enqueue(&transaction, &order.checkout_id, &Task::Mail { mail }).await?;
            }
        }
        transaction.commit().await?;
    }
    Ok(())
}

fn is_meant(order: &order::Model, search: &order_search::Model) -> bool {
    let email = order.customer_email.as_deref();
    email.is_some_and(|email| digest(email) == search.email_digest)
}

/// Letters and digits of a number, which are all that counts.
fn storable(number: &str) -> String {
    let kept = number.chars().filter(char::is_ascii_alphanumeric);
    kept.take(MAX_NUMBER).collect()
}

/// An address in a form that is compared, and that nobody reads by accident.
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
        assert_eq!(storable(&"7".repeat(1_000)).len(), MAX_NUMBER);
    }
}
