//! The order of the catalog.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, ExprTrait, QueryFilter, QueryOrder,
    QuerySelect, Statement,
};
use serde_json::json;

use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog_change;
use crate::database::{Database, WriteTransaction};
use crate::entity::{product, product_listing};

/// Where to move a product among all products, those off sale included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Move {
    /// One place ahead.
    Up,
    /// One place back.
    Down,
    /// Before all others.
    First,
    /// Behind all others.
    Last,
    /// To the place of the product with this id, which then follows or precedes it.
    PlaceOf(i64),
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MoveOutcome {
    /// It has moved.
    Moved,
    /// It was there already.
    Unchanged,
    /// There is no such product, or none at that place.
    NotFound,
}

/// Gives every product a position of its own, in the order that they have. Both databases take it.
const RENUMBER: &str = "UPDATE product SET position = ranked.number \
    FROM (SELECT id, row_number() OVER (ORDER BY position, id) AS number FROM product) AS ranked \
    WHERE ranked.id = product.id AND product.position <> ranked.number";
const RENUMBER_LISTING: &str = "UPDATE product_listing SET position = product.position \
    FROM product WHERE product.id = product_listing.product_id \
    AND product_listing.position <> product.position";

/// Moves a product to another place.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn move_product(
    database: &Database,
    id: i64,
    to: Move,
    actor: &Actor,
) -> Result<MoveOutcome, DbErr> {
    let transaction = database.begin_edit("move-product").await?;
    let Some(moved) = product::Entity::find_by_id(id).one(&transaction).await? else {
        return Ok(MoveOutcome::NotFound);
    };
    // Imported files may give several products the same position.
    if has_equal_positions(&transaction).await? {
        let backend = transaction.get_database_backend();
        for sql in [RENUMBER, RENUMBER_LISTING] {
            let statement = Statement::from_string(backend, sql);
            transaction.execute_raw(statement).await?;
        }
    }
    let Some(from) = position_of(&transaction, id).await? else {
        return Ok(MoveOutcome::NotFound);
    };
    let target = match to {
        Move::PlaceOf(other) => match position_of(&transaction, other).await? {
            Some(position) => Some(position),
            None => return Ok(MoveOutcome::NotFound),
        },
        other => neighbour(&transaction, from, other).await?,
    };
    let Some(target) = target.filter(|target| *target != from) else {
        return Ok(MoveOutcome::Unchanged);
    };
    shift(&transaction, from, target).await?;
    set_position(&transaction, id, target).await?;
    let entry = Entry {
        action: Action::MoveProduct,
        kind: SubjectKind::Product,
        subject: moved.slug,
        before: Some(json!({ "position": from })),
        after: Some(json!({ "position": target })),
    };
    audit::write(&transaction, actor, entry).await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await?;
    Ok(MoveOutcome::Moved)
}

async fn has_equal_positions(transaction: &WriteTransaction) -> Result<bool, DbErr> {
    let equal: Option<i64> = product::Entity::find()
        .select_only()
        .column(product::Column::Position)
        .group_by(product::Column::Position)
        .having(Expr::col(product::Column::Id).count().gt(1))
        .limit(1)
        .into_tuple()
        .one(transaction)
        .await?;
    Ok(equal.is_some())
}

async fn position_of(transaction: &WriteTransaction, id: i64) -> Result<Option<i64>, DbErr> {
    product::Entity::find_by_id(id)
        .select_only()
        .column(product::Column::Position)
        .into_tuple()
        .one(transaction)
        .await
}

/// The position to which it moves; `None` if it is the first or last one.
async fn neighbour(
    transaction: &WriteTransaction,
    from: i64,
    to: Move,
) -> Result<Option<i64>, DbErr> {
    let position = product::Column::Position;
    let positions = product::Entity::find().select_only().column(position);
    let positions = match to {
        Move::Up => positions.filter(position.lt(from)).order_by_desc(position),
        Move::Down => positions.filter(position.gt(from)).order_by_asc(position),
        Move::First => positions.order_by_asc(position),
        Move::Last | Move::PlaceOf(_) => positions.order_by_desc(position),
    };
    positions.limit(1).into_tuple().one(transaction).await
}

/// Makes room: those between both places move one ahead or back.
async fn shift(transaction: &WriteTransaction, from: i64, target: i64) -> Result<(), DbErr> {
    let (first, last, by) = match target < from {
        true => (target, from - 1, 1),
        false => (from + 1, target, -1),
    };
    product::Entity::update_many()
        .col_expr(
            product::Column::Position,
            Expr::col(product::Column::Position).add(by),
        )
        .filter(product::Column::Position.between(first, last))
        .exec(transaction)
        .await?;
    product_listing::Entity::update_many()
        .col_expr(
            product_listing::Column::Position,
            Expr::col(product_listing::Column::Position).add(by),
        )
        .filter(product_listing::Column::Position.between(first, last))
        .exec(transaction)
        .await
        .map(|_| ())
}

async fn set_position(transaction: &WriteTransaction, id: i64, position: i64) -> Result<(), DbErr> {
    product::Entity::update_many()
        .col_expr(product::Column::Position, Expr::value(position))
        .filter(product::Column::Id.eq(id))
        .exec(transaction)
        .await?;
    product_listing::Entity::update_many()
        .col_expr(product_listing::Column::Position, Expr::value(position))
        .filter(product_listing::Column::ProductId.eq(id))
        .exec(transaction)
        .await
        .map(|_| ())
}
