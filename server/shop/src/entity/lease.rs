//! Which server runs a job.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "lease")]
pub struct Model {
    /// The job's name, see [`crate::lease::Job`].
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    /// Random, new each time the lease is acquired.
    pub holder: String,
    pub expires_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
