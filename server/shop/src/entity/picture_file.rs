//! A file of a stored picture. Rows are inserted and deleted, and never changed.

use sea_orm::entity::prelude::*;
use strum::{AsRefStr, Display};

/// The format of a file.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, AsRefStr, Display, EnumIter, DeriveActiveEnum,
)]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Format {
    /// For pages, in several widths.
    Webp,
    /// For emails, Stripe and others, in one width.
    Jpeg,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "picture_file")]
pub struct Model {
    /// The content hash of the original, see `picture::ContentHash`.
    #[sea_orm(primary_key, auto_increment = false)]
    pub hash: String,
    #[sea_orm(primary_key, auto_increment = false)]
    pub format: Format,
    /// In pixels.
    #[sea_orm(primary_key, auto_increment = false)]
    pub width: i64,
    /// In pixels.
    pub height: i64,
    /// The whole file.
    pub bytes: Vec<u8>,
}

impl ActiveModelBehavior for ActiveModel {}
