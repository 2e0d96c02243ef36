//! Files that were uploaded to be imported: their owner looks at what would change, and then
//! applies them.
//!
//! They end after a day, and few are kept, so that uploads do not fill the disk: of each user the
//! latest [`MAX_OF_USER`], and [`MAX_IN_SHOP`] in all. Another upload removes the oldest, whose
//! page then asks to upload the file again.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::Duration;

use product_file::{Format, InputFile};

use super::{ImportError, ImportOptions, ImportReport, StockMode, import};
use crate::audit::Actor;
use crate::clock;
use crate::database::{Database, WriteTransaction};
use crate::entity::import_draft;
use crate::time_zone::TimeZone;

/// How long an uploaded file is kept.
const TTL: Duration = Duration::days(1);
/// The number of files of one user that are kept.
pub const MAX_OF_USER: u64 = 3;
/// The number of files of all users that are kept.
pub const MAX_IN_SHOP: u64 = 10;

/// A file to be imported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// The file's name.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
    /// Whose file it is.
    pub format: Format,
    /// The currency of prices, if the file does not name it.
    pub currency: Option<till_core::money::Currency>,
    /// Which variants' stock to set.
    pub stock: StockMode,
}

/// Stores a file for a day, and returns its key. Those that are too old or too many are deleted.
///
/// # Errors
/// If the database fails.
pub async fn store(database: &Database, draft: &Draft, actor: &Actor) -> Result<i64, DbErr> {
    let transaction = database.begin_write("store-import").await?;
    let now = clock::now();
    delete(&transaction, expired()).await?;
    // Room for this one.
    let of_user = import_draft::Column::Actor.eq(actor.name.as_str()).into();
    delete_oldest(&transaction, of_user, MAX_OF_USER - 1).await?;
    delete_oldest(&transaction, Condition::all(), MAX_IN_SHOP - 1).await?;
    let row = import_draft::ActiveModel {
        id: NotSet,
        name: Set(draft.name.clone()),
        content: Set(draft.content.clone()),
        format: Set(format_name(draft.format).to_owned()),
        currency: Set(draft.currency.map(|currency| currency.code().to_owned())),
        sets_stock: Set(draft.stock == StockMode::Set),
        actor: Set(actor.name.clone()),
        created_at: Set(now),
    };
    let stored = import_draft::Entity::insert(row)
        .exec_with_returning(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(stored.id)
}

fn expired() -> Condition {
    let created = import_draft::Column::CreatedAt;
    Condition::all().add(created.lte(clock::now() - TTL))
}

/// Deletes all but the latest of some files.
async fn delete_oldest(
    transaction: &WriteTransaction,
    of: Condition,
    kept: u64,
) -> Result<(), DbErr> {
    let oldest: Vec<i64> = import_draft::Entity::find()
        .select_only()
        .column(import_draft::Column::Id)
        .filter(of)
        .order_by_desc(import_draft::Column::Id)
        .into_tuple()
        .all(transaction)
        .await?
        .into_iter()
        .skip(usize::try_from(kept).unwrap_or(usize::MAX))
        .collect();
    let oldest = Condition::all().add(import_draft::Column::Id.is_in(oldest));
    delete(transaction, oldest).await.map(|_| ())
}

async fn delete(transaction: &WriteTransaction, which: Condition) -> Result<u64, DbErr> {
    let deleted = import_draft::Entity::delete_many()
        .filter(which)
        .exec(transaction)
        .await?;
    Ok(deleted.rows_affected)
}

/// Deletes files that are too old, and returns their number. A dry run only counts them.
///
/// # Errors
/// If the database fails.
pub(crate) async fn delete_expired(database: &Database, dry_run: bool) -> Result<u64, DbErr> {
    if dry_run {
        let all = import_draft::Entity::find().filter(expired());
        return all.count(database.reader()).await;
    }
    let transaction = database.begin_write("prune-imports").await?;
    let deleted = delete(&transaction, expired()).await?;
    transaction.commit().await?;
    Ok(deleted)
}

/// Deletes a stored file that its user does not want to import. It may be gone already.
///
/// # Errors
/// If the database fails.
pub async fn discard(database: &Database, id: i64, actor: &Actor) -> Result<(), DbErr> {
    let transaction = database.begin_write("discard-import").await?;
    let own = Condition::all()
        .add(import_draft::Column::Id.eq(id))
        .add(import_draft::Column::Actor.eq(actor.name.as_str()));
    delete(&transaction, own).await?;
    transaction.commit().await
}

/// Finds out what the import of a stored file would change, and changes nothing. Only who uploaded
/// it may. `None` if it is no longer there.
///
/// # Errors
/// [`ImportError`]
pub async fn preview(
    database: &Database,
    id: i64,
    zone: &TimeZone,
    actor: &Actor,
) -> Result<Option<ImportReport>, ImportError> {
    run(database, id, zone, actor, None).await
}

/// Imports a stored file if it still changes what was shown, by the preview's
/// [`ImportReport::digest`], and deletes it. `None` if it is no longer there.
///
/// # Errors
/// [`ImportError`]. Nothing was written then.
pub async fn apply(
    database: &Database,
    id: i64,
    seen: String,
    zone: &TimeZone,
    actor: &Actor,
) -> Result<Option<ImportReport>, ImportError> {
    let report = run(database, id, zone, actor, Some(seen)).await?;
    if report.is_some() {
        let transaction = database.begin_write("forget-import").await?;
        import_draft::Entity::delete_by_id(id)
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
    }
    Ok(report)
}

async fn run(
    database: &Database,
    id: i64,
    zone: &TimeZone,
    actor: &Actor,
    seen: Option<String>,
) -> Result<Option<ImportReport>, ImportError> {
    let found = import_draft::Entity::find_by_id(id)
        .filter(import_draft::Column::Actor.eq(actor.name.as_str()))
        .filter(expired().not())
        .one(database.reader())
        .await?;
    let Some(draft) = found else {
        return Ok(None);
    };
    let stock = match draft.sets_stock {
        true => StockMode::Set,
        false => StockMode::OnlyNew,
    };
    let options = ImportOptions {
        file: product_file::Options {
            format: format_of(&draft.format),
            currency: draft.currency.and_then(|code| code.parse().ok()),
        },
        dry_run: seen.is_none(),
        seen,
        actor: actor.clone(),
        ..ImportOptions::own(stock, zone.clone())
    };
    let open = || {
        let content = std::io::Cursor::new(draft.content.clone());
        Ok(vec![InputFile::new(&draft.name, content)])
    };
    import(database, open, options, |_, _| {}).await.map(Some)
}

/// The format's name, in the table and in forms.
#[must_use]
pub fn format_name(format: Format) -> &'static str {
    match format {
        Format::Till => "till",
        Format::Shopify => "shopify",
        Format::WooCommerce => "woocommerce",
    }
}

/// The format with this name; the shop's own for any other text.
#[must_use]
pub fn format_of(name: &str) -> Format {
    match name {
        "shopify" => Format::Shopify,
        "woocommerce" => Format::WooCommerce,
        _ => Format::Till,
    }
}
