//! Fetches the pictures that products have at other servers.

use std::sync::{Mutex, PoisonError};

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};

use super::download::{DownloadError, Downloader};
use super::{ConvertError, convert, store_for_address};
use crate::database::Database;
use crate::entity::picture;

/// What was fetched.
#[derive(Debug, Default)]
pub struct FetchReport {
    /// The number of addresses whose picture is stored now.
    pub fetched: u64,
    /// The others, which can be fetched again.
    pub failures: Vec<FetchFailure>,
}

/// A picture that could not be fetched. `Display` writes a sentence.
#[derive(Debug, thiserror::Error)]
#[error("{address} {reason}")]
pub struct FetchFailure {
    /// Where it is.
    pub address: String,
    /// What went wrong.
    #[source]
    pub reason: FailureReason,
}

/// Why a picture could not be fetched. `Display` writes a predicate about its address.
#[derive(Debug, thiserror::Error)]
pub enum FailureReason {
    /// It was not received.
    #[error(transparent)]
    Download(#[from] DownloadError),
    /// It was received, and is not accepted.
    #[error(transparent)]
    Convert(#[from] ConvertError),
}

/// The addresses of pictures at other servers that were not fetched yet.
///
/// # Errors
/// If the database is unreachable.
pub async fn waiting(database: &Database) -> Result<Vec<String>, DbErr> {
    picture::Entity::find()
        .select_only()
        .column(picture::Column::Address)
        .distinct()
        .filter(picture::Column::Hash.is_null())
        .filter(picture::Column::Address.starts_with("https://"))
        .order_by_asc(picture::Column::Address)
        .into_tuple()
        .all(database.reader())
        .await
}

/// Why no picture was fetched, or no further one.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The database failed. What was stored before stays stored.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// Secure connections cannot be made at all.
    #[error("could not prepare secure connections")]
    Tls(#[source] tokio_rustls::rustls::Error),
}

/// Fetches all pictures that were not fetched yet, two at once. Each is stored before the next one,
/// so that an interrupted run can be continued. `progress` is called with the number of addresses
/// that are done, and that of all.
///
/// # Errors
/// [`FetchError`]
pub async fn fetch_waiting(
    database: &Database,
    progress: impl Fn(u64, u64),
) -> Result<FetchReport, FetchError> {
    let downloader = Downloader::new().map_err(FetchError::Tls)?;
    let download = async |address: &str| downloader.get(address).await;
    Ok(fetch_with(database, download, progress).await?)
}

/// [`fetch_waiting`] with another way to download a file from an address, for tests.
///
/// # Errors
/// If the database fails. What was stored before stays stored.
pub async fn fetch_with(
    database: &Database,
    download: impl AsyncFn(&str) -> Result<Vec<u8>, DownloadError>,
    progress: impl Fn(u64, u64),
) -> Result<FetchReport, DbErr> {
    let addresses = waiting(database).await?;
    let fetching = Fetching {
        database,
        download,
        total: u64::try_from(addresses.len()).unwrap_or(u64::MAX),
        queue: Mutex::new(addresses.into_iter()),
        report: Mutex::default(),
        progress,
    };
    tokio::try_join!(fetching.work(), fetching.work())?;
    let report = fetching.report.into_inner();
    let mut report = report.unwrap_or_else(PoisonError::into_inner);
    let by_address = |one: &FetchFailure, other: &FetchFailure| one.address.cmp(&other.address);
    report.failures.sort_by(by_address);
    Ok(report)
}

struct Fetching<'a, D, P> {
    database: &'a Database,
    download: D,
    total: u64,
    queue: Mutex<std::vec::IntoIter<String>>,
    report: Mutex<FetchReport>,
    progress: P,
}

impl<D, P> Fetching<'_, D, P>
where
    D: AsyncFn(&str) -> Result<Vec<u8>, DownloadError>,
    P: Fn(u64, u64),
{
    async fn work(&self) -> Result<(), DbErr> {
        while let Some(address) = self.next() {
            let result = self.fetch(&address).await?;
            let mut report = self.report.lock().unwrap_or_else(PoisonError::into_inner);
            match result {
                Ok(()) => report.fetched += 1,
                Err(reason) => report.failures.push(FetchFailure { address, reason }),
            }
            let failed = u64::try_from(report.failures.len()).unwrap_or(u64::MAX);
            (self.progress)(report.fetched.saturating_add(failed), self.total);
        }
        Ok(())
    }

    fn next(&self) -> Option<String> {
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        queue.next()
    }

    async fn fetch(&self, address: &str) -> Result<Result<(), FailureReason>, DbErr> {
        let original = match (self.download)(address).await {
            Ok(original) => original,
            Err(error) => return Ok(Err(error.into())),
        };
        let converted = match convert(original).await {
            Ok(converted) => converted,
            Err(error) => return Ok(Err(error.into())),
        };
        store_for_address(self.database, address, &converted).await?;
        Ok(Ok(()))
    }
}
