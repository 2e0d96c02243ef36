//! The shop's policies, a row for each language that one is written in.

use sea_orm::entity::prelude::*;
use strum::{AsRefStr, Display, EnumString};

/// A policy, by the name in its page's URL.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsRefStr,
    Display,
    EnumString,
    EnumIter,
    DeriveActiveEnum,
)]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum PolicySlug {
    /// Who runs the shop.
    Imprint,
    /// The terms of sale.
    Terms,
    /// What happens to personal data.
    Privacy,
    /// The right of withdrawal, with the model form.
    Withdrawal,
    /// Shipping and returns.
    Shipping,
    /// The accessibility of the shop.
    Accessibility,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "page")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub slug: PolicySlug,
    /// The code of the language.
    #[sea_orm(primary_key, auto_increment = false)]
    pub language: String,
    pub title: String,
    /// Without the title.
    pub markdown: String,
    pub updated_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
