//! `page`: the shop's policies as Markdown, by language.

use sea_orm_migration::{prelude::*, schema::*};

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const SLUGS: [&str; 6] = [
    "imprint",
    "terms",
    "privacy",
    "withdrawal",
    "shipping",
    "accessibility",
];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table(Page::Table)
            .col(string_len(Page::Slug, 32).check(Expr::col(Page::Slug).is_in(SLUGS)))
            .col(string_len(Page::Language, 16))
            .col(text(Page::Title))
            .col(text(Page::Markdown))
            .col(timestamp_with_time_zone(Page::UpdatedAt))
            .primary_key(Index::create().col(Page::Slug).col(Page::Language))
            .to_owned();
        manager.create_table(table).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .drop_table(Table::drop().table(Page::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum Page {
    Table,
    Slug,
    Language,
    Title,
    Markdown,
    UpdatedAt,
}
