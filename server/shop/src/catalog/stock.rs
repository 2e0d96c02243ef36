//! Changes of stock by people: by a difference with a reason, never to a new number that would
//! undo what was sold meanwhile. Each is a row of `stock_change`.
//!
//! Sales lock variants in the order of their ids, and so do these changes.

use std::collections::BTreeSet;

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect,
};
use serde_json::json;
use till_core::token::AttemptToken;
use time::OffsetDateTime;

use product_file::field::MAX_STOCK;

use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog_change;
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::{stock_change, variant};
use crate::new_token::form_key;

pub use crate::entity::stock_change::StockReason;

/// Maximum length of a note, in characters.
pub const MAX_NOTE_CHARACTERS: usize = 500;

/// How the stock changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockChange {
    /// This many units were received.
    Received(i64),
    /// This many units are damaged or lost.
    Damaged(i64),
    /// This many units came back.
    Returned(i64),
    /// Units were counted, held ones included. If the stock was not counted, it is from now on.
    Counted {
        /// The units that are there.
        units: i64,
        /// The stock that was shown to whoever counted: if it is another one now, units were sold
        /// meanwhile, and nothing is written. `None`: whatever it is.
        shown: Option<i64>,
    },
    /// The stock is no longer counted.
    Uncounted,
}

impl StockChange {
    /// The reason in the history.
    #[must_use]
    pub fn reason(self) -> StockReason {
        match self {
            Self::Received(_) => StockReason::Received,
            Self::Damaged(_) => StockReason::Damaged,
            Self::Returned(_) => StockReason::Returned,
            Self::Counted { .. } => StockReason::Counted,
            Self::Uncounted => StockReason::Uncounted,
        }
    }

    /// The change of this many units for this reason: received, damaged and returned units are
    /// added or taken away, and others counted. `None` for a reason that no person has.
    #[must_use]
    pub fn of(reason: StockReason, units: i64) -> Option<Self> {
        Some(match reason {
            StockReason::Received => Self::Received(units),
            StockReason::Damaged => Self::Damaged(units),
            StockReason::Returned => Self::Returned(units),
            StockReason::Counted => Self::Counted { units, shown: None },
            StockReason::First | StockReason::Imported | StockReason::Uncounted => return None,
        })
    }
}

/// What came of it. Only [`StockOutcome::Changed`] has written something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StockOutcome {
    /// The stock is this one now; `None`: it is not counted.
    Changed {
        /// Units, including held ones.
        stock: Option<i64>,
    },
    /// The same form was sent before, and has changed it.
    AlreadyChanged,
    /// It was this one already.
    Unchanged {
        /// Units, including held ones.
        stock: Option<i64>,
    },
    /// Unpaid checkouts hold more units than would be left.
    BelowHeld {
        /// The stock as it is.
        stock: i64,
        /// The units held.
        held: i64,
    },
    /// The stock is not counted: count it first.
    NotCounted,
    /// The stock is another one than was shown.
    ChangedMeanwhile {
        /// The stock now; `None`: it is not counted.
        stock: Option<i64>,
    },
    /// The number of units is negative or zero, or the stock would be too large.
    InvalidUnits,
    /// There is no such variant.
    NotFound,
}

/// Changes the stock of a variant.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn change(
    database: &Database,
    variant: i64,
    change: StockChange,
    note: &str,
    form: Option<&AttemptToken>,
    actor: &Actor,
) -> Result<StockOutcome, DbErr> {
    let transaction = database.begin_write("change-stock").await?;
    let found = locked(variant::Entity::find_by_id(variant))
        .one(&transaction)
        .await?;
    let Some(found) = found else {
        return Ok(StockOutcome::NotFound);
    };
    let units = match change {
        StockChange::Received(units)
        | StockChange::Damaged(units)
        | StockChange::Returned(units)
        | StockChange::Counted { units, .. } => units.to_string(),
        StockChange::Uncounted => String::new(),
    };
    let submission = submission(form, variant, change.reason(), &units);
    if let Some(submission) = &submission
        && !done(&transaction, [submission.as_str()]).await?.is_empty()
    {
        return Ok(StockOutcome::AlreadyChanged);
    }
    let outcome = apply(&transaction, &found, change, note, submission, actor).await?;
    if let StockOutcome::Changed { .. } = outcome {
        catalog_change::note(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(outcome)
}

/// Changes the stock of a variant that the transaction has locked.
pub(super) async fn apply(
    transaction: &WriteTransaction,
    before: &variant::Model,
    change: StockChange,
    note: &str,
    submission: Option<String>,
    actor: &Actor,
) -> Result<StockOutcome, DbErr> {
    let note = cut(note);
    let stock = match decide(before, change) {
        Ok(stock) => stock,
        Err(refused) => return Ok(refused),
    };
    let mut after = before.clone();
    after.stock = stock;
    variant::Entity::update_many()
        .col_expr(variant::Column::Stock, Expr::value(stock))
        .col_expr(variant::Column::UpdatedAt, Expr::value(clock::now()))
        .filter(variant::Column::Id.eq(before.id))
        .exec(transaction)
        .await?;
    record(
        transaction,
        before.stock,
        &after,
        change.reason(),
        &note,
        submission,
        actor,
    )
    .await?;
    let entry = Entry {
        action: Action::ChangeStock,
        kind: SubjectKind::Variant,
        subject: before.sku.clone(),
        before: Some(json!({ "stock": before.stock })),
        after: Some(json!({ "stock": stock, "reason": change.reason(), "note": note })),
    };
    audit::write(transaction, actor, entry).await?;
    Ok(StockOutcome::Changed { stock })
}

/// The key of a form's change of a variant's stock, which is made once. `None` without a form.
pub(super) fn submission(
    form: Option<&AttemptToken>,
    variant: i64,
    reason: StockReason,
    units: &str,
) -> Option<String> {
    form.map(|form| form_key(form, &format!("{variant}\0{reason}\0{}", units.trim())))
}

/// The variants whose stock was changed by forms with these keys.
pub(super) async fn done(
    transaction: &WriteTransaction,
    submissions: impl IntoIterator<Item = &str>,
) -> Result<BTreeSet<i64>, DbErr> {
    let found: Vec<i64> = stock_change::Entity::find()
        .select_only()
        .column(stock_change::Column::VariantId)
        .filter(stock_change::Column::Submission.is_in(submissions))
        .into_tuple()
        .all(transaction)
        .await?;
    Ok(found.into_iter().collect())
}

fn cut(note: &str) -> String {
    let spaced = note.replace(char::is_control, " ");
    spaced.trim().chars().take(MAX_NOTE_CHARACTERS).collect()
}

/// The new stock, or why there is none.
pub(super) fn decide(
    variant: &variant::Model,
    change: StockChange,
) -> Result<Option<i64>, StockOutcome> {
    let add = |units: i64, sign: i64| {
        if !(1..=MAX_STOCK).contains(&units) {
            return Err(StockOutcome::InvalidUnits);
        }
        let stock = variant.stock.ok_or(StockOutcome::NotCounted)?;
        Ok(stock + sign * units)
    };
    let stock = match change {
        StockChange::Uncounted => {
            return match variant.stock {
                None => Err(StockOutcome::Unchanged { stock: None }),
                Some(_) => Ok(None),
            };
        }
        StockChange::Received(units) | StockChange::Returned(units) => add(units, 1)?,
        StockChange::Damaged(units) => add(units, -1)?,
        StockChange::Counted { shown, .. } if shown.is_some() && shown != variant.stock => {
            return Err(StockOutcome::ChangedMeanwhile {
                stock: variant.stock,
            });
        }
        StockChange::Counted { units, .. } => units,
    };
    if stock < variant.held {
        return Err(match variant.stock {
            _ if stock < 0 && matches!(change, StockChange::Counted { .. }) => {
                StockOutcome::InvalidUnits
            }
            known => StockOutcome::BelowHeld {
                stock: known.unwrap_or(0),
                held: variant.held,
            },
        });
    }
    if stock > MAX_STOCK {
        return Err(StockOutcome::InvalidUnits);
    }
    match variant.stock == Some(stock) {
        true => Err(StockOutcome::Unchanged { stock: Some(stock) }),
        false => Ok(Some(stock)),
    }
}

/// Writes the first row of the history of a new variant, if its stock is counted.
pub(super) async fn record_first(
    transaction: &WriteTransaction,
    variant: &variant::Model,
    actor: &Actor,
) -> Result<(), DbErr> {
    if variant.stock.is_none() {
        return Ok(());
    }
    let (before, reason) = (Some(0), StockReason::First);
    record(transaction, before, variant, reason, "", None, actor).await
}

/// Writes a row of the history. `after` has the new stock.
pub(crate) async fn record(
    transaction: &WriteTransaction,
    before: Option<i64>,
    after: &variant::Model,
    reason: StockReason,
    note: &str,
    submission: Option<String>,
    actor: &Actor,
) -> Result<(), DbErr> {
    let difference = before.zip(after.stock).map(|(was, is)| is - was);
    let row = stock_change::ActiveModel {
        id: NotSet,
        variant_id: Set(after.id),
        difference: Set(difference),
        stock_after: Set(after.stock),
        reason: Set(reason),
        note: Set(note.to_owned()),
        actor: Set(actor.name.clone()),
        submission: Set(submission),
        at: Set(clock::now()),
    };
    stock_change::Entity::insert(row)
        .exec_without_returning(transaction)
        .await
        .map(|_| ())
}

/// A row of a variant's history.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct HistoryRow {
    /// Its key: older rows have smaller ones.
    pub id: i64,
    /// The variant's SKU.
    pub sku: String,
    /// Units added; negative: taken away. `None` if the stock was not counted before or after.
    pub difference: Option<i64>,
    /// The stock afterwards; `None`: it is not counted.
    pub stock_after: Option<i64>,
    /// Why.
    pub reason: StockReason,
    /// Empty if there is none.
    pub note: String,
    /// Who did it.
    pub actor: String,
    /// When.
    #[serde(with = "time::serde::rfc3339")]
    pub at: OffsetDateTime,
}

/// Returns what people changed about the stock of a product's variants, the newest first: at most
/// `limit` rows, before the row with this key.
///
/// # Errors
/// If the database is unreachable.
pub async fn history(
    database: &Database,
    variants: &[i64],
    before: Option<i64>,
    limit: u64,
) -> Result<Vec<HistoryRow>, DbErr> {
    let connection = database.reader();
    let mut rows = stock_change::Entity::find()
        .filter(stock_change::Column::VariantId.is_in(variants.iter().copied()))
        .order_by_desc(stock_change::Column::Id)
        .limit(limit);
    if let Some(before) = before {
        rows = rows.filter(stock_change::Column::Id.lt(before));
    }
    let rows = rows.all(connection).await?;
    let skus = skus(connection, variants).await?;
    let row = |row: stock_change::Model| HistoryRow {
        id: row.id,
        sku: skus.get(&row.variant_id).cloned().unwrap_or_default(),
        difference: row.difference,
        stock_after: row.stock_after,
        reason: row.reason,
        note: row.note,
        actor: row.actor,
        at: row.at,
    };
    Ok(rows.into_iter().map(row).collect())
}

async fn skus(
    connection: &impl ConnectionTrait,
    variants: &[i64],
) -> Result<std::collections::HashMap<i64, String>, DbErr> {
    let skus: Vec<(i64, String)> = variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .column(variant::Column::Sku)
        .filter(variant::Column::Id.is_in(variants.iter().copied()))
        .into_tuple()
        .all(connection)
        .await?;
    Ok(skus.into_iter().collect())
}

/// The id of the variant with this SKU.
///
/// # Errors
/// If the database is unreachable.
pub async fn variant_with_sku(database: &Database, sku: &str) -> Result<Option<i64>, DbErr> {
    variant::Entity::find()
        .select_only()
        .column(variant::Column::Id)
        .filter(variant::Column::Sku.eq(sku))
        .into_tuple()
        .one(database.reader())
        .await
}

/// The id of the product that has the variant with this SKU.
///
/// # Errors
/// If the database is unreachable.
pub async fn product_with_sku(database: &Database, sku: &str) -> Result<Option<i64>, DbErr> {
    variant::Entity::find()
        .select_only()
        .column(variant::Column::ProductId)
        .filter(variant::Column::Sku.eq(sku))
        .into_tuple()
        .one(database.reader())
        .await
}
