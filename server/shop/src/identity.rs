//! Who this shop is to Stripe: a random id that the metadata of every session and payment carries.
//!
//! The id is kept in the database and comes back with every backup. So a payment that carries it,
//! and whose checkout is unknown here, is one that a restored database has forgotten, and not that
//! of another shop on the same Stripe account.

use sea_orm::{DbErr, EntityTrait};
use time::OffsetDateTime;

use crate::database::Database;
use crate::entity::setting;
use crate::token::ShopId;

/// The row of the id.
const SHOP_ID: &str = "shop_id";

/// The shop's id, and since when it has had it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// `metadata[shop]` at Stripe.
    pub id: ShopId,
    /// No session from before carries it.
    pub since: OffsetDateTime,
}

/// Why the shop does not know who it is.
#[derive(Debug, thiserror::Error)]
pub enum IdentityError {
    /// The database does not answer.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// The row was deleted or changed by hand. Another id would make strangers of all payments.
    #[error(
        "the table \"setting\" does not hold the shop's id (the row shop_id, 32 hexadecimal digits): put it back from a backup"
    )]
    Missing,
}

/// Reads the shop's id.
///
/// # Errors
/// [`IdentityError`]
pub async fn identity(database: &Database) -> Result<Identity, IdentityError> {
    let row = setting::Entity::find_by_id(SHOP_ID)
        .one(database.reader())
        .await?
        .ok_or(IdentityError::Missing)?;
    Ok(Identity {
        id: row.value.parse().map_err(|_| IdentityError::Missing)?,
        since: row.updated_at,
    })
}
