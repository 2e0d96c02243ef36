//! The shop's random id in the metadata of every session and payment at Stripe.
//!
//! The id is in the database and so in every backup. A payment with this id but an unknown checkout
//! is therefore missing in a restored database, and does not belong to another shop on the same
//! Stripe account.

use sea_orm::{DbErr, EntityTrait};
use time::OffsetDateTime;

use crate::database::Database;
use crate::entity::setting::{self, SHOP_ID};
use till_core::token::ShopId;

/// The shop's id and when it was set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `metadata[shop]` at Stripe.
    pub id: ShopId,
    /// When the id was set. Earlier sessions do not have it.
    pub since: OffsetDateTime,
}

/// Why the shop's id could not be read.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database is unreachable.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// The row was deleted or changed manually. With another id, all earlier payments would look
    /// like those of another shop.
    #[error(
        "the table \"setting\" does not hold the shop's id (the row shop_id, 32 hexadecimal \
         digits): restore it from a backup"
    )]
    Missing,
}

/// Reads the shop's id.
///
/// # Errors
/// [`IdentityError`]
pub async fn load_identity(database: &Database) -> Result<Identity, IdentityError> {
    let row = setting::Entity::find_by_id(SHOP_ID)
        .one(database.reader())
        .await?
        .ok_or(IdentityError::Missing)?;
    Ok(Identity {
        id: row.value.parse().map_err(|_| IdentityError::Missing)?,
        since: row.updated_at,
    })
}
