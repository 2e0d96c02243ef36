//! What a variant has cost, and since when. A row is written in the transaction of each change, and
//! for the beginning and the end of a sale by a job, with their exact instants.

use sea_orm::entity::prelude::*;
use till_core::money::CurrencyCode;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "price_history")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub variant_id: i64,
    /// The price of one unit, in minor units of `currency`.
    pub amount: i64,
    pub currency: CurrencyCode,
    /// When this price began.
    pub since: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
