//! Counts the changes of what pages show. Servers keep rendered pages, and render them anew when
//! the count has grown; see [`crate::live`].
//!
//! What an owner writes counts in its own transaction. A sale's transaction does not, because all
//! sales would wait for one row: its change is noted after the commit. If the process dies before
//! that, other servers find the change when their copy of the page is ten seconds old.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::OffsetDateTime;

use crate::database::Database;
use crate::entity::{catalog_change, variant};

/// What tells whether a page must be rendered anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CatalogState {
    /// Grows with every change.
    pub(crate) version: i64,
    /// When the next sale begins or ends, if one does.
    pub(crate) next_price_change: Option<OffsetDateTime>,
    /// Whether a sale has begun or ended, and what follows from that is not written yet.
    pub(crate) is_due: bool,
}

/// Counts a change. Whoever writes what pages show calls this in the same transaction.
pub(crate) async fn note(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    catalog_change::Entity::update_many()
        .col_expr(
            catalog_change::Column::Version,
            Expr::col(catalog_change::Column::Version).add(1),
        )
        .filter(catalog_change::Column::Id.eq(catalog_change::ID))
        .exec(connection)
        .await?;
    Ok(())
}

/// Counts a change by a statement of its own. It has no crash point: what a crash prevents is found
/// by age.
pub(crate) async fn note_alone(database: &Database) -> Result<(), DbErr> {
    note(database.bare_writer()).await
}

/// Reads the count, and when prices change by themselves after this time.
pub(crate) async fn read(database: &Database, now: OffsetDateTime) -> Result<CatalogState, DbErr> {
    let row = catalog_change::Entity::find_by_id(catalog_change::ID)
        .one(database.reader())
        .await?;
    let first = first_price_change(database, variant::Column::PriceChangesAt.is_not_null()).await?;
    let is_due = first.is_some_and(|first| first <= now);
    let next_price_change = match is_due {
        true => first_price_change(database, variant::Column::PriceChangesAt.gt(now)).await?,
        false => first,
    };
    Ok(CatalogState {
        version: row.map_or(0, |row| row.version),
        next_price_change,
        is_due,
    })
}

async fn first_price_change(
    database: &Database,
    among: Expr,
) -> Result<Option<OffsetDateTime>, DbErr> {
    variant::Entity::find()
        .select_only()
        .column(variant::Column::PriceChangesAt)
        .filter(among)
        .order_by_asc(variant::Column::PriceChangesAt)
        .limit(1)
        .into_tuple()
        .one(database.reader())
        .await
}
