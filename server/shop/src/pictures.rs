//! The pictures of products.
//!
//! A row of `picture` names where a picture came from, and the content hash of its files in
//! `picture_file`, which all servers share. Without a hash, browsers load it from its address: one
//! of another server that was not fetched yet, a file in the shop's folder, or one of the demo.
//!
//! Whatever changes a row or deletes files holds [`AdvisoryLock::Import`], so that no file is
//! deleted while a picture begins to use it.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use ::picture::{CARD_WIDTH, ContentHash, File, PictureError};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, DbErr, EntityTrait, PaginatorTrait, QueryFilter,
    QueryOrder, QuerySelect,
};
use till_core::view::{PictureFiles, PictureView};
use tokio::sync::Semaphore;

use crate::catalog_change;
use crate::database::{AdvisoryLock, Database, WriteTransaction};
use crate::entity::picture_file::Format;
use crate::entity::{picture, picture_file};

mod changes;
mod download;
mod fetch;
mod folder;
mod logo;
mod special_addresses;

pub use ::picture::{FileName, MAX_BYTES};
pub use changes::{
    ChangeError, Of, PictureSummary, Which, add, check_sku, list, move_picture, remove, set_alt,
};
pub use download::DownloadError;
pub use fetch::{
    FailureReason, FetchError, FetchFailure, FetchReport, fetch_waiting, fetch_with, waiting,
};
pub use folder::{FileProblem, Folders, read_file};
pub use logo::set_logo;

/// Pictures that are converted at once: each takes up to 350 MB, and a processor.
const CONVERSIONS: usize = 2;

/// A picture in all its sizes, ready to be stored.
#[derive(Clone, Debug)]
pub struct Converted(::picture::Picture);

impl Converted {
    /// The key of its files.
    #[must_use]
    pub fn hash(&self) -> String {
        self.0.hash.to_string()
    }
}

/// Why a file does not become a picture. `Display` writes a predicate, as [`PictureError`] does.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConvertError {
    /// The file is not accepted.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// No size of it is small enough for a card.
    #[error(
        "has so many details that even its smallest size has more than {} kB: crop it, or choose \
         another picture",
        ::picture::MAX_CARD_BYTES / 1_000
    )]
    TooLargeForCards,
}

/// Why a file does not become a picture, for its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unfit {
    /// It is no JPEG, PNG, WebP or GIF.
    Kind,
    /// It has more than [`MAX_BYTES`].
    Bytes,
    /// It has too many pixels or details.
    Pixels,
    /// It is damaged, or stored in a way that cannot be read.
    Unreadable,
}

impl ConvertError {
    /// The same in fewer words.
    #[must_use]
    pub fn unfit(&self) -> Unfit {
        match self {
            Self::Picture(PictureError::OtherKind(_)) => Unfit::Kind,
            Self::Picture(PictureError::TooManyBytes) => Unfit::Bytes,
            Self::TooLargeForCards
            | Self::Picture(
                PictureError::TooLong { .. }
                | PictureError::TooManyPixels { .. }
                | PictureError::TooManyLosslessBytes,
            ) => Unfit::Pixels,
            Self::Picture(_) => Unfit::Unreadable,
        }
    }
}

/// Converts a picture, as soon as fewer than two others are being converted.
///
/// # Errors
/// [`ConvertError`]
pub async fn convert(original: Vec<u8>) -> Result<Converted, ConvertError> {
    static PERMITS: LazyLock<Semaphore> = LazyLock::new(|| Semaphore::new(CONVERSIONS));
    // The semaphore is never closed.
    let permit = PERMITS.acquire().await;
    let converting = tokio::task::spawn_blocking(move || {
        // Kept until the end, also if nobody waits for the result any more.
        let _permit = permit;
        ::picture::convert(&original)
    });
    let converted = converting.await;
    let mut picture = converted.unwrap_or(Err(PictureError::ConversionFailed))?;
    // A page may then show a smaller file, but never a card of more than the limit.
    picture.webp.retain(|file| !file.is_over_limit());
    let has_card = picture.webp.iter().any(|file| file.width <= CARD_WIDTH);
    if !has_card {
        return Err(ConvertError::TooLargeForCards);
    }
    Ok(Converted(picture))
}

/// A picture as pages show it. `files` are those of [`files_of`].
pub(crate) fn view(row: picture::Model, files: &HashMap<String, PictureFiles>) -> PictureView {
    let files = row.hash.as_ref().and_then(|hash| files.get(hash)).cloned();
    PictureView {
        address: row.address,
        alt: row.alt,
        files,
    }
}

/// The WebP files of pictures, by their hashes. Reads nothing if no picture is stored.
pub(crate) async fn files_of(
    connection: &impl ConnectionTrait,
    pictures: &[picture::Model],
) -> Result<HashMap<String, PictureFiles>, DbErr> {
    let hashes: Vec<&str> = pictures
        .iter()
        .filter_map(|picture| picture.hash.as_deref())
        .collect();
    let mut files = HashMap::new();
    for hashes in hashes.chunks(BATCH_SIZE) {
        let found: Vec<(String, i64, i64)> = picture_file::Entity::find()
            .select_only()
            .column(picture_file::Column::Hash)
            .column(picture_file::Column::Width)
            .column(picture_file::Column::Height)
            .filter(picture_file::Column::Hash.is_in(hashes.iter().copied()))
            .filter(picture_file::Column::Format.eq(Format::Webp))
            .order_by_asc(picture_file::Column::Width)
            .into_tuple()
            .all(connection)
            .await?;
        for (hash, width, height) in found {
            let pixels = |side: i64| u32::try_from(side).unwrap_or(u32::MAX);
            let known = files.entry(hash.clone()).or_insert(PictureFiles {
                hash,
                width: 0,
                height: 0,
                widths: Vec::new(),
            });
            // Ascending, so the last one is the largest.
            (known.width, known.height) = (pixels(width), pixels(height));
            known.widths.push(pixels(width));
        }
    }
    Ok(files)
}

/// Maximum number of hashes in one statement.
const BATCH_SIZE: usize = 500;

/// The bytes of a file; `None` if no stored picture has it.
///
/// # Errors
/// If the database is unreachable.
pub async fn file(database: &Database, name: FileName) -> Result<Option<Vec<u8>>, DbErr> {
    let files = picture_file::Entity::find()
        .select_only()
        .column(picture_file::Column::Bytes)
        .filter(picture_file::Column::Hash.eq(name.hash().to_string()));
    let files = match name {
        FileName::WebP { width, .. } => files
            .filter(picture_file::Column::Format.eq(Format::Webp))
            .filter(picture_file::Column::Width.eq(i64::from(width))),
        FileName::Jpeg { .. } => files.filter(picture_file::Column::Format.eq(Format::Jpeg)),
    };
    files.into_tuple().one(database.reader()).await
}

/// The address of a picture that a product file names as a file without folders.
#[must_use]
pub(crate) fn address_of_file(name: &str) -> String {
    let path = percent_encoding::utf8_percent_encode(name, percent_encoding::NON_ALPHANUMERIC);
    let path = format!("/pictures/{path}");
    path.replace("%2E", ".").replace("%2D", "-")
}

/// The hash in the address of a stored picture, as an export of products has it. `None` if the
/// address is another one, or this database has no such picture.
pub(crate) async fn hash_in(
    connection: &impl ConnectionTrait,
    address: &str,
) -> Result<Option<String>, DbErr> {
    let name = address.strip_prefix("/pictures/");
    let Some(Ok(name)) = name.map(str::parse::<FileName>) else {
        return Ok(None);
    };
    let hash = name.hash().to_string();
    let is_stored = has_files(connection, &hash).await?;
    Ok(is_stored.then_some(hash))
}

async fn has_files(connection: &impl ConnectionTrait, hash: &str) -> Result<bool, DbErr> {
    let files = picture_file::Entity::find().filter(picture_file::Column::Hash.eq(hash));
    Ok(files.count(connection).await? > 0)
}

/// Stores the picture's files for all pictures with this address, and returns how many pictures
/// have changed.
///
/// # Errors
/// If the database fails; nothing is stored then.
pub(crate) async fn store_for_address(
    database: &Database,
    address: &str,
    converted: &Converted,
) -> Result<u64, DbErr> {
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    let hash = converted.hash();
    let changed = picture::Entity::update_many()
        .col_expr(picture::Column::Hash, Expr::value(&hash))
        .filter(picture::Column::Address.eq(address))
        .filter(is_other(&hash))
        .exec(&transaction)
        .await?
        .rows_affected;
    // The product may have lost the picture meanwhile.
    if changed > 0 {
        store(&transaction, converted).await?;
        catalog_change::note(&transaction).await?;
    }
    transaction.commit().await?;
    Ok(changed)
}

/// Stores the picture that a product file names, as it is on the disk now. Returns whether a
/// product has a new picture.
///
/// # Errors
/// If the database fails; nothing is stored then.
pub async fn store_file(
    database: &Database,
    name: &str,
    path: PathBuf,
) -> Result<Result<bool, FileProblem>, DbErr> {
    let address = address_of_file(name);
    let original = match read_file(path).await {
        Ok(original) => original,
        Err(problem) => return Ok(Err(problem)),
    };
    let hash = ContentHash::of(&original).to_string();
    let outdated = picture::Entity::find()
        .filter(picture::Column::Address.eq(&address))
        .filter(is_other(&hash));
    if outdated.count(database.reader()).await? == 0 {
        return Ok(Ok(false));
    }
    match convert(original).await {
        Ok(converted) => {
            let changed = store_for_address(database, &address, &converted).await?;
            Ok(Ok(changed > 0))
        }
        Err(error) => Ok(Err(error.into())),
    }
}

/// Whether the picture that a product file names is stored.
///
/// # Errors
/// If the database is unreachable.
pub async fn is_file_stored(database: &Database, name: &str) -> Result<bool, DbErr> {
    let stored = picture::Entity::find()
        .filter(picture::Column::Address.eq(address_of_file(name)))
        .filter(picture::Column::Hash.is_not_null());
    Ok(stored.count(database.reader()).await? > 0)
}

/// That a picture has other files than these, or none.
fn is_other(hash: &str) -> Condition {
    Condition::any()
        .add(picture::Column::Hash.is_null())
        .add(picture::Column::Hash.ne(hash))
}

/// Stores the files of a picture, unless they are stored: files that browsers keep as immutable are
/// never replaced.
async fn store(transaction: &WriteTransaction, converted: &Converted) -> Result<(), DbErr> {
    let picture = &converted.0;
    let hash = converted.hash();
    if has_files(transaction, &hash).await? {
        return Ok(());
    }
    let row = |format: Format, file: &File| picture_file::ActiveModel {
        hash: Set(hash.clone()),
        format: Set(format),
        width: Set(file.width.into()),
        height: Set(file.height.into()),
        bytes: Set(file.bytes.clone()),
    };
    let webp = picture.webp.iter().map(|file| row(Format::Webp, file));
    let rows = webp.chain([row(Format::Jpeg, &picture.jpeg)]);
    picture_file::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await
        .map(|_| ())
}

/// Deletes the files of stored pictures that neither a product nor the logo has, and returns the
/// number of these pictures. A dry run only counts them.
///
/// # Errors
/// If the database fails; nothing was deleted then.
pub(crate) async fn delete_unused(database: &Database, dry_run: bool) -> Result<u64, DbErr> {
    let unused = unused_hashes(database.reader()).await?;
    let count = u64::try_from(unused.len()).unwrap_or(u64::MAX);
    if dry_run || unused.is_empty() {
        return Ok(count);
    }
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    // Again, because a product may have got one of them meanwhile.
    let unused = unused_hashes(&transaction).await?;
    for hashes in unused.chunks(BATCH_SIZE) {
        picture_file::Entity::delete_many()
            .filter(picture_file::Column::Hash.is_in(hashes.iter().map(String::as_str)))
            .exec(&transaction)
            .await?;
    }
    transaction.commit().await?;
    Ok(u64::try_from(unused.len()).unwrap_or(u64::MAX))
}

async fn unused_hashes(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    let used = Query::select()
        .column(picture::Column::Hash)
        .from(picture::Entity)
        .and_where(picture::Column::Hash.is_not_null())
        .to_owned();
    let mut unused: Vec<String> = picture_file::Entity::find()
        .select_only()
        .column(picture_file::Column::Hash)
        .distinct()
        .filter(picture_file::Column::Hash.not_in_subquery(used))
        .into_tuple()
        .all(connection)
        .await?;
    let logo = logo::stored_hash(connection).await?;
    unused.retain(|hash| Some(hash) != logo.as_ref());
    Ok(unused)
}

/// The hashes of the first pictures of products, as far as they are stored, by product.
pub(crate) async fn first_hashes(
    connection: &impl ConnectionTrait,
    products: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, String>, DbErr> {
    let rows = picture::Entity::find()
        .filter(picture::Column::ProductId.is_in(products))
        .filter(picture::Column::Hash.is_not_null())
        .order_by_asc(picture::Column::Position)
        .all(connection)
        .await?;
    let mut hashes = HashMap::new();
    for row in rows {
        if let Some(hash) = row.hash {
            hashes.entry(row.product_id).or_insert(hash);
        }
    }
    Ok(hashes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_in_the_folder_of_pictures() {
        assert_eq!(
            address_of_file("Tasse grün 1.0-b.jpg"),
            "/pictures/Tasse%20gr%C3%BCn%201.0-b.jpg"
        );
    }
}
