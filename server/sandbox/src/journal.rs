//! The append-only file that persists the state: one line of JSON for each transaction, with every
//! changed object as it is afterwards.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::endpoint::{DEFAULT_ENDPOINT, Endpoint};
use crate::event::snapshot::{self, Snapshot};
use crate::event::{DeliveryState, Event};
use crate::idempotency::SavedResponse;
use crate::objects::coupon::{Coupon, PromotionCode};
use crate::objects::dispute::Dispute;
use crate::objects::payment::{Charge, PaymentIntent};
use crate::objects::refund::Refund;
use crate::objects::session::CheckoutSession;

/// One change of the state. An object replaces the one with the same id.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Record {
    Session(CheckoutSession),
    PaymentIntent(PaymentIntent),
    Charge(Charge),
    Refund(Refund),
    Dispute(Dispute),
    Endpoint(Endpoint),
    Coupon(Coupon),
    PromotionCode(PromotionCode),
    Event(Event),
    Delivery {
        event: String,
        endpoint: String,
        state: DeliveryState,
        attempts: usize,
    },
    Answer(SavedResponse),
}

/// Why the journal could not be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file could not be opened, read or written.
    #[error("could not use the sandbox's state file {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// Another process has locked the file.
    #[error("the sandbox's state file {0} is in use by another process")]
    InUse(PathBuf),
    /// A complete line is damaged. (An incomplete last line is ignored.)
    #[error(
        "line {line} of the sandbox's state file {path} is damaged ({source}); \
         move the file away to start with an empty state"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// The line number, starting at 1.
        line: usize,
        /// Why the line could not be parsed.
        source: serde_json::Error,
    },
}

/// Where transactions are stored.
#[derive(Debug)]
pub(crate) enum Journal {
    /// Nothing is persisted.
    Memory,
    File {
        file: Arc<File>,
        length: u64,
    },
}

impl Journal {
    /// Opens or creates the file, locks it, and passes every record to `apply`.
    pub(crate) fn open(
        path: &Path,
        mut apply: impl FnMut(Record),
    ) -> Result<Journal, JournalError> {
        let failed = |source| JournalError::File {
            path: path.to_owned(),
            source,
        };
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(failed)?;
        }
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        lock(&file, path)?;
        let file = Arc::new(file);
        let mut reader = BufReader::new(&*file);
        let mut length = 0;
        let mut text = Vec::new();
        for line in 1.. {
            text.clear();
            let read = reader.read_until(b'\n', &mut text).map_err(failed)?;
            if read == 0 {
                break;
            }
            if text.last() != Some(&b'\n') {
                tracing::warn!(
                    line,
                    "ignored the incomplete last line of the sandbox's state file"
                );
                break;
            }
            let mut records: Vec<Record> =
                serde_json::from_slice(&text).map_err(|source| JournalError::Damaged {
                    path: path.to_owned(),
                    line,
                    source,
                })?;
            move_snapshots_to_disk(&mut records, &text, &file, length);
            records.into_iter().for_each(&mut apply);
            length += read as u64;
        }
        let mut journal = Journal::File { file, length };
        journal.truncate().map_err(failed)?;
        Ok(journal)
    }

    /// Writes one transaction to the operating system, so that it survives the process.
    ///
    /// Afterwards the objects of events are read from the file.
    pub(crate) fn append(&mut self, records: &mut [Record]) -> io::Result<()> {
        let Journal::File { file, length } = self else {
            return Ok(());
        };
        let persists = |record: &&Record| match record {
            Record::Endpoint(endpoint) => endpoint.id != DEFAULT_ENDPOINT,
            _ => true,
        };
        let persisted: Vec<&Record> = records.iter().filter(persists).collect();
        let mut line = serde_json::to_vec(&persisted)?;
        line.push(b'\n');
        if let Err(error) = file.as_ref().write_all(&line) {
            // Remove a partly written line, or the next one would be appended to it.
            self.truncate()?;
            return Err(error);
        }
        move_snapshots_to_disk(records, &line, file, *length);
        *length += line.len() as u64;
        Ok(())
    }

    /// Truncates the file after the last complete line.
    fn truncate(&mut self) -> io::Result<()> {
        if let Journal::File { file, length } = self {
            file.set_len(*length)?;
            file.as_ref().seek(SeekFrom::Start(*length))?;
        }
        Ok(())
    }
}

/// Replaces the snapshots of events by references into `line`, which begins at `offset` in the
/// file.
fn move_snapshots_to_disk(records: &mut [Record], line: &[u8], file: &Arc<File>, offset: u64) {
    let mut events = records
        .iter_mut()
        .filter_map(|record| match record {
            Record::Event(event) => Some(event),
            _ => None,
        })
        .peekable();
    if !snapshot::DISK_SUPPORTED || events.peek().is_none() {
        return;
    }
    for (event, place) in events.zip(snapshot::object_ranges(line)) {
        event.object = Snapshot::Disk {
            file: file.clone(),
            at: offset + place.start as u64,
            length: place.len(),
        };
    }
}

/// Locks the file. Retries for three seconds, because a process that is being replaced may still
/// hold the lock.
fn lock(file: &File, path: &Path) -> Result<(), JournalError> {
    for attempt in 0..30 {
        match file.try_lock() {
            Ok(()) => return Ok(()),
            Err(TryLockError::WouldBlock) if attempt < 29 => {
                thread::sleep(Duration::from_millis(100));
            }
            Err(TryLockError::WouldBlock) => break,
            Err(TryLockError::Error(source)) => {
                return Err(JournalError::File {
                    path: path.to_owned(),
                    source,
                });
            }
        }
    }
    Err(JournalError::InUse(path.to_owned()))
}
