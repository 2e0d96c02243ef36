//! What the owner does with the pictures of a product: add, list, describe, arrange and remove.

use std::collections::HashMap;

use product_file::field;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use serde::Serialize;
use serde_json::json;

use super::{Converted, FileName, files_of, store};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog::editing::Move;
use crate::catalog_change;
use crate::database::{Database, WriteTransaction};
use crate::entity::{picture, product, variant};

/// The product whose pictures are changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of<'a> {
    /// The one that has the variant with this SKU.
    Sku(&'a str),
    /// The one with this id.
    Product(i64),
}

/// Which picture of a product is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Which<'a> {
    /// Its number.
    pub number: i64,
    /// Its address, if the caller has seen it: another one means that the pictures were arranged
    /// anew meanwhile.
    pub address: Option<&'a str>,
}

/// Why pictures were not changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// No variant has this SKU.
    #[error("no variant has the SKU \"{0}\": `till products list` shows them")]
    UnknownSku(String),
    /// There is no such product.
    #[error("there is no such product")]
    UnknownProduct,
    /// The product has no picture with this number.
    #[error("the product has no picture {0}: `till pictures list` shows their numbers")]
    UnknownNumber(i64),
    /// The picture with this number is another one than was shown.
    #[error("someone else has changed the pictures meanwhile: nothing was changed, look again")]
    ChangedMeanwhile,
    /// The text is too long, or has characters that nobody can see.
    #[error(
        "the text must be one line of at most {} characters",
        field::MAX_ALT_CHARACTERS
    )]
    Alt,
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

/// Checks that a variant has this SKU.
///
/// # Errors
/// [`ChangeError`]
pub async fn check_sku(database: &Database, sku: &str) -> Result<(), ChangeError> {
    let id = product_of(database.reader(), Of::Sku(sku)).await;
    id.map(|_| ())
}

/// Adds pictures behind those of a product, all or none. Each has the text for those who do not see
/// it, which may be empty. Returns their numbers.
///
/// # Errors
/// [`ChangeError`]
pub async fn add(
    database: &Database,
    of: Of<'_>,
    pictures: &[(Converted, String)],
    actor: &Actor,
) -> Result<Vec<i64>, ChangeError> {
    let alts = pictures.iter().map(|(_, alt)| field::alt(alt));
    let alts: Result<Vec<String>, _> = alts.collect();
    let alts = alts.map_err(|_| ChangeError::Alt)?;
    let transaction = database.begin_edit("add-pictures").await?;
    let product = product_of(&transaction, of).await?;
    let last: Option<Option<i64>> = picture::Entity::find()
        .select_only()
        .column_as(picture::Column::Position.max(), "last")
        .filter(picture::Column::ProductId.eq(product))
        .into_tuple()
        .one(&transaction)
        .await?;
    let first = last.flatten().unwrap_or(0).saturating_add(1);
    let mut numbers = Vec::new();
    for (position, ((converted, _), alt)) in (first..).zip(pictures.iter().zip(&alts)) {
        store(&transaction, converted).await?;
        let jpeg = FileName::Jpeg {
            hash: converted.0.hash,
        };
        let row = picture::ActiveModel {
            product_id: Set(product),
            position: Set(position),
            address: Set(format!("/pictures/{jpeg}")),
            alt: Set(alt.clone()),
            hash: Set(Some(converted.hash())),
        };
        picture::Entity::insert(row)
            .exec_without_returning(&transaction)
            .await?;
        numbers.push(position);
    }
    let after = json!({ "numbers": numbers, "texts": alts });
    finish(
        transaction,
        product,
        actor,
        (Action::AddPictures, None, Some(after)),
    )
    .await?;
    Ok(numbers)
}

/// Removes a picture of a product. Its files are deleted by the next [`crate::prune`], unless
/// another picture has them too.
///
/// # Errors
/// [`ChangeError`]
pub async fn remove(
    database: &Database,
    of: Of<'_>,
    which: Which<'_>,
    actor: &Actor,
) -> Result<(), ChangeError> {
    let transaction = database.begin_edit("remove-picture").await?;
    let product = product_of(&transaction, of).await?;
    let row = find(&transaction, product, which).await?;
    picture::Entity::delete_by_id((product, row.position))
        .exec(&transaction)
        .await?;
    let before = json!({ "number": row.position, "address": row.address, "text": row.alt });
    finish(
        transaction,
        product,
        actor,
        (Action::RemovePicture, Some(before), None),
    )
    .await
}

/// Gives a picture the text for those who do not see it.
///
/// # Errors
/// [`ChangeError`]
pub async fn set_alt(
    database: &Database,
    of: Of<'_>,
    which: Which<'_>,
    alt: &str,
    actor: &Actor,
) -> Result<(), ChangeError> {
    let alt = field::alt(alt).map_err(|_| ChangeError::Alt)?;
    let transaction = database.begin_edit("describe-picture").await?;
    let product = product_of(&transaction, of).await?;
    let row = find(&transaction, product, which).await?;
    if row.alt == alt {
        return Ok(());
    }
    picture::Entity::update_many()
        .col_expr(picture::Column::Alt, Expr::value(alt.as_str()))
        .filter(picture::Column::ProductId.eq(product))
        .filter(picture::Column::Position.eq(row.position))
        .exec(&transaction)
        .await?;
    let before = json!({ "number": row.position, "text": row.alt });
    let after = json!({ "number": row.position, "text": alt });
    let change = (Action::ChangePicture, Some(before), Some(after));
    finish(transaction, product, actor, change).await
}

/// Moves a picture to another place among those of its product; [`Move::PlaceOf`] has a number.
/// Numbers stay, so that they may have gaps.
///
/// # Errors
/// [`ChangeError`]
pub async fn move_picture(
    database: &Database,
    of: Of<'_>,
    which: Which<'_>,
    to: Move,
    actor: &Actor,
) -> Result<(), ChangeError> {
    let transaction = database.begin_edit("move-picture").await?;
    let product = product_of(&transaction, of).await?;
    find(&transaction, product, which).await?;
    let mut rows = rows_of(&transaction, product).await?;
    let numbers: Vec<i64> = rows.iter().map(|row| row.position).collect();
    let place = |number: i64| {
        let place = numbers.iter().position(|known| *known == number);
        place.ok_or(ChangeError::UnknownNumber(number))
    };
    let from = place(which.number)?;
    let last = numbers.len() - 1;
    let target = match to {
        Move::Up => from.saturating_sub(1),
        Move::Down => (from + 1).min(last),
        Move::First => 0,
        Move::Last => last,
        Move::PlaceOf(number) => place(number)?,
    };
    if target == from {
        return Ok(());
    }
    let moved = rows.remove(from);
    rows.insert(target, moved);
    picture::Entity::delete_many()
        .filter(picture::Column::ProductId.eq(product))
        .exec(&transaction)
        .await?;
    let arranged = numbers.iter().zip(rows).map(|(number, row)| {
        let mut row = row.into_active_model().reset_all();
        row.position = Set(*number);
        row
    });
    picture::Entity::insert_many(arranged)
        .exec_without_returning(&transaction)
        .await?;
    let before = json!({ "place": from + 1 });
    let after = json!({ "place": target + 1 });
    let change = (Action::ChangePicture, Some(before), Some(after));
    finish(transaction, product, actor, change).await
}

async fn rows_of(
    connection: &impl ConnectionTrait,
    product: i64,
) -> Result<Vec<picture::Model>, DbErr> {
    picture::Entity::find()
        .filter(picture::Column::ProductId.eq(product))
        .order_by_asc(picture::Column::Position)
        .all(connection)
        .await
}

async fn find(
    transaction: &WriteTransaction,
    product: i64,
    which: Which<'_>,
) -> Result<picture::Model, ChangeError> {
    let row = picture::Entity::find_by_id((product, which.number))
        .one(transaction)
        .await?;
    let is_shown = |row: &picture::Model| which.address.is_none_or(|shown| shown == row.address);
    match (row, which.address) {
        (Some(row), _) if is_shown(&row) => Ok(row),
        (_, Some(_)) => Err(ChangeError::ChangedMeanwhile),
        (_, None) => Err(ChangeError::UnknownNumber(which.number)),
    }
}

/// What an entry of the audit log says: what was done, and what was there before and after.
type Change = (Action, Option<serde_json::Value>, Option<serde_json::Value>);

async fn finish(
    transaction: WriteTransaction,
    product: i64,
    actor: &Actor,
    (action, before, after): Change,
) -> Result<(), ChangeError> {
    let slug: Option<String> = product::Entity::find_by_id(product)
        .select_only()
        .column(product::Column::Slug)
        .into_tuple()
        .one(&transaction)
        .await?;
    let entry = Entry {
        action,
        kind: SubjectKind::Product,
        subject: slug.unwrap_or_default(),
        before,
        after,
    };
    audit::write(&transaction, actor, entry).await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await?;
    Ok(())
}

async fn product_of(connection: &impl ConnectionTrait, of: Of<'_>) -> Result<i64, ChangeError> {
    let found: Option<i64> = match of {
        Of::Product(id) => {
            let product = product::Entity::find_by_id(id).select_only();
            let id = product.column(product::Column::Id).into_tuple();
            id.one(connection).await?
        }
        Of::Sku(sku) => {
            let variant = variant::Entity::find().select_only();
            let of_variant = variant
                .column(variant::Column::ProductId)
                .filter(variant::Column::Sku.eq(sku))
                .into_tuple();
            of_variant.one(connection).await?
        }
    };
    found.ok_or_else(|| match of {
        Of::Sku(sku) => ChangeError::UnknownSku(sku.to_owned()),
        Of::Product(_) => ChangeError::UnknownProduct,
    })
}

/// A picture as its owner sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PictureSummary {
    /// The last part of the address of its product's page.
    pub product: String,
    /// Its number among the pictures of its product, which may have gaps.
    pub number: i64,
    /// Where it came from.
    pub address: String,
    /// What it shows; may be empty.
    pub alt: String,
    /// Whether this database has its files.
    pub stored: bool,
    /// The width of its largest file, in pixels.
    pub width: Option<u32>,
    /// The height of its largest file, in pixels.
    pub height: Option<u32>,
}

/// Returns the pictures of all products, by the owner's positions, or only those of the product
/// that has this variant.
///
/// # Errors
/// [`ChangeError`]
pub async fn list(
    database: &Database,
    sku: Option<&str>,
) -> Result<Vec<PictureSummary>, ChangeError> {
    let reader = database.reader();
    let mut rows = picture::Entity::find()
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position);
    let mut products = product::Entity::find()
        .order_by_asc(product::Column::Position)
        .order_by_asc(product::Column::Id);
    if let Some(sku) = sku {
        let product = product_of(reader, Of::Sku(sku)).await?;
        rows = rows.filter(picture::Column::ProductId.eq(product));
        products = products.filter(product::Column::Id.eq(product));
    }
    let mut pictures_of = HashMap::new();
    for row in rows.all(reader).await? {
        let of: &mut Vec<picture::Model> = pictures_of.entry(row.product_id).or_default();
        of.push(row);
    }
    let mut summaries = Vec::new();
    for product in products.all(reader).await? {
        let pictures = pictures_of.remove(&product.id).unwrap_or_default();
        let files = files_of(reader, &pictures).await?;
        for picture in pictures {
            let files = picture.hash.as_ref().and_then(|hash| files.get(hash));
            summaries.push(PictureSummary {
                product: product.slug.clone(),
                number: picture.position,
                address: picture.address,
                alt: picture.alt,
                stored: files.is_some(),
                width: files.map(|files| files.width),
                height: files.map(|files| files.height),
            });
        }
    }
    Ok(summaries)
}
