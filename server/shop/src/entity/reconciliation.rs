//! How far Stripe's events have been read and its sessions compared.

use sea_orm::entity::prelude::*;
use strum::{AsRefStr, Display};

/// What has been read from Stripe up to a time.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, Display, EnumIter, DeriveActiveEnum,
)]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Cursor {
    /// Events.
    Events,
    /// All sessions: when they were last compared.
    Sessions,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "reconciliation")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: Cursor,
    /// Everything up to this time has been read.
    pub read_until: TimeDateTimeWithTimeZone,
    /// Set if payments had to be pulled while no webhook arrived. The warning remains until one
    /// does.
    pub silent_since: Option<TimeDateTimeWithTimeZone>,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
