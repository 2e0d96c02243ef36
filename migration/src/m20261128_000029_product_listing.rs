//! `product_listing`: a row for each product, with what lists sort by and what a search
//! reads. Written together with the product.
//!
//! The search's index is a virtual table in SQLite, which triggers keep up to date, and an index in
//! PostgreSQL. Both read the same words, which are folded before they are written.

use sea_orm_migration::sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema::*};

use crate::m20261128_000002_product::Product;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The words are folded already. The prefixes make short words fast, with which typing begins.
const SQLITE_SEARCH: &str = "
CREATE VIRTUAL TABLE product_search USING fts5 (
    search_text, content = 'product_listing', content_rowid = 'product_id',
    tokenize = 'unicode61 remove_diacritics 0', prefix = '1 2'
);
CREATE TRIGGER product_listing_insert AFTER INSERT ON product_listing BEGIN
    INSERT INTO product_search (rowid, search_text) VALUES (new.product_id, new.search_text);
END;
CREATE TRIGGER product_listing_delete AFTER DELETE ON product_listing BEGIN
    INSERT INTO product_search (product_search, rowid, search_text)
        VALUES ('delete', old.product_id, old.search_text);
END;
CREATE TRIGGER product_listing_update AFTER UPDATE OF search_text ON product_listing BEGIN
    INSERT INTO product_search (product_search, rowid, search_text)
        VALUES ('delete', old.product_id, old.search_text);
    INSERT INTO product_search (rowid, search_text) VALUES (new.product_id, new.search_text);
END;
";

/// Names are sorted by their characters, as in SQLite, whatever the database's locale is. The words
/// are stored as PostgreSQL compares them: for a word that many products have, it reads all rows,
/// and would otherwise parse the text of each.
const POSTGRES_SEARCH: &str = r#"
ALTER TABLE product_listing ALTER COLUMN name TYPE varchar(250) COLLATE "C";
ALTER TABLE product_listing ADD COLUMN search_vector tsvector
    GENERATED ALWAYS AS (to_tsvector('simple', search_text)) STORED;
CREATE INDEX product_listing_search ON product_listing USING gin (search_vector);
"#;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let is_sqlite = manager.get_database_backend() == DbBackend::Sqlite;
        // In SQLite it is the row's own number, which a big integer would not be.
        let mut id = match is_sqlite {
            true => integer(ProductListing::ProductId),
            false => big_integer(ProductListing::ProductId),
        };
        let table = Table::create()
            .table(ProductListing::Table)
            .col(id.primary_key())
            .col(big_integer_null(ProductListing::CategoryId))
            .col(boolean(ProductListing::OnSale))
            .col(big_integer(ProductListing::Position))
            .col(string_len(ProductListing::Name, 250))
            .col(big_integer(ProductListing::LowestPrice))
            .col(text(ProductListing::SearchText))
            .foreign_key(
                ForeignKey::create()
                    .from(ProductListing::Table, ProductListing::ProductId)
                    .to(Product::Table, Product::Id),
            )
            .to_owned();
        manager.create_table(table).await?;
        // With everything that a list sorts by, so that it need not read the rows.
        let category = Index::create()
            .name("product_listing_category")
            .table(ProductListing::Table)
            .col(ProductListing::CategoryId)
            .col(ProductListing::OnSale)
            .col(ProductListing::Position)
            .col(ProductListing::ProductId)
            .col(ProductListing::Name)
            .col(ProductListing::LowestPrice)
            .to_owned();
        manager.create_index(category).await?;
        let search = match is_sqlite {
            true => SQLITE_SEARCH,
            false => POSTGRES_SEARCH,
        };
        let connection = manager.get_connection();
        connection.execute_unprepared(search).await.map(|_| ())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        if manager.get_database_backend() == DbBackend::Sqlite {
            let connection = manager.get_connection();
            let drop = "DROP TABLE product_search";
            connection.execute_unprepared(drop).await?;
        }
        manager
            .drop_table(Table::drop().table(ProductListing::Table).to_owned())
            .await
    }
}

#[derive(DeriveIden)]
enum ProductListing {
    Table,
    ProductId,
    CategoryId,
    OnSale,
    Position,
    Name,
    LowestPrice,
    SearchText,
}
