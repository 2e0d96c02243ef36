//! A statement by which a shopper withdraws from a contract. It is kept as it was made.

use sea_orm::entity::prelude::*;
use serde::Serialize;
use strum::{AsRefStr, Display};

/// What has become of a withdrawal.
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
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum WithdrawalState {
    /// The owner has not decided yet.
    Received,
    /// The owner has accepted it. A refund is requested separately.
    Accepted,
    /// The owner has refused it, for example because it came too late.
    Refused,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "withdrawal")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    /// Derived from the form's token and everything that was stated: a form that is sent twice is
    /// stored once, and one that was changed in between twice.
    #[sea_orm(unique)]
    pub submission: String,
    /// The code of the language in which it was made.
    pub language: String,
    pub name: String,
    /// Where the receipt is acknowledged.
    pub email: String,
    /// The order number, or what was bought, as typed.
    pub contract: String,
    /// As typed, if the shopper withdraws from a part.
    pub items: Option<String>,
    /// JSON of [`crate::withdrawals::StatedLine`]s, if the shopper chose lines of the order.
    pub lines: Option<String>,
    /// The order that it is about, if one was found.
    pub order_id: Option<i64>,
    /// When an order was looked for; `None` until then.
    pub matched_at: Option<TimeDateTimeWithTimeZone>,
    pub state: WithdrawalState,
    pub received_at: TimeDateTimeWithTimeZone,
    /// When the owner decided.
    pub decided_at: Option<TimeDateTimeWithTimeZone>,
    /// The operating system's user name.
    pub decided_by: Option<String>,
    /// The owner's reason for a refusal.
    pub reason: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
