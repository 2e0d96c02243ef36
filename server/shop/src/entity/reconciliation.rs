//! How far Stripe's events have been read and its sessions compared.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation")]
pub struct Model {
    /// `events`: up to when events were read. `sessions`: when all sessions were last compared.
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Everything up to this time has been read.
    pub read_until: TimeDateTimeWithTimeZone,
    /// Set if payments had to be pulled while no webhook arrived. The warning remains until one
    /// does.
    pub silent_since: Option<TimeDateTimeWithTimeZone>,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
