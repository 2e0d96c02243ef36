//! What a person changed about the stock of a variant. Sales have no row. Rows are only ever added.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display, EnumString};

/// Why the stock was changed.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    EnumString,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum StockReason {
    /// The variant is new, and its stock is counted from the beginning.
    First,
    /// Units were delivered.
    Received,
    /// The units were counted: there are more or fewer than was known.
    Counted,
    /// Units were broken or lost.
    Damaged,
    /// A buyer sent units back.
    Returned,
    /// An import set the stock.
    Imported,
    /// The stock is no longer counted.
    Uncounted,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "stock_change")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub variant_id: i64,
    /// Units added; negative: taken away. `None` if the stock was not counted before or is not now.
    pub difference: Option<i64>,
    /// The stock afterwards, including held units; `None`: it is not counted.
    pub stock_after: Option<i64>,
    pub reason: StockReason,
    /// Empty if there is none.
    pub note: String,
    /// The user's email address, or the operating system's user name.
    pub actor: String,
    /// Derived from the form's token and what was typed; `None` without a form.
    #[sea_orm(unique)]
    pub submission: Option<String>,
    pub at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
