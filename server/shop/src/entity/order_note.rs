//! What the owner has noted about an order. The buyer does not see it.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order_note")]
pub struct Model {
    #[sea_orm(primary_key)]
    pub id: i64,
    pub order_id: i64,
    pub text: String,
    /// The user's email address, or the operating system's user name.
    pub written_by: String,
    pub written_at: TimeDateTimeWithTimeZone,
    /// Derived from the form's token and the text; `None` on the command line.
    #[sea_orm(unique)]
    pub submission: Option<String>,
}

impl ActiveModelBehavior for ActiveModel {}
