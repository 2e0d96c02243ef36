//! The append-only file behind the state: one line of JSON for each transaction, with every object as it is afterwards.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::coupon::{Coupon, PromotionCode};
use crate::dispute::Dispute;
use crate::endpoint::{DEFAULT_ENDPOINT, Endpoint};
use crate::event::snapshot::{self, Snapshot};
use crate::event::{DeliveryState, Event};
use crate::idempotency::KeptAnswer;
use crate::payment::{Charge, PaymentIntent};
use crate::refund::Refund;
use crate::session::CheckoutSession;

/// One change of the state. Objects replace what had their id.
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
    Answer(KeptAnswer),
}

/// Why a journal cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file cannot be opened, read or written.
    #[error("the sandbox's state file {path} cannot be used: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Another sandbox works with this file.
    #[error("the sandbox's state file {0} is in use by another process")]
    InUse(PathBuf),
    /// A line in the middle is damaged; only the last one may be torn.
    #[error(
        "line {line} of the sandbox's state file {path} is damaged ({source}); move the file away to begin afresh"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
}

/// Where transactions are written.
#[derive(Debug)]
pub(crate) enum Journal {
    /// Nothing outlives the process.
    Memory,
    File {
        file: Arc<File>,
        length: u64,
    },
}

impl Journal {
    /// Opens or creates the file, hands every record in it to `apply`, and keeps it locked.
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
                    "the last line of the sandbox's state file is torn and is left out"
                );
                break;
            }
            let mut records: Vec<Record> =
                serde_json::from_slice(&text).map_err(|source| JournalError::Damaged {
                    path: path.to_owned(),
                    line,
                    source,
                })?;
            leave_on_disk(&mut records, &text, &file, length);
            records.into_iter().for_each(&mut apply);
            length += read as u64;
        }
        let mut journal = Journal::File { file, length };
        journal.rewind().map_err(failed)?;
        Ok(journal)
    }

    /// Writes one transaction and hands it to the operating system, so that it outlives the process.
    ///
    /// The objects of events are left there: from now on they are read from the file.
    pub(crate) fn append(&mut self, records: &mut [Record]) -> io::Result<()> {
        let Journal::File { file, length } = self else {
            return Ok(());
        };
        let kept = |record: &&Record| !matches!(record, Record::Endpoint(endpoint) if endpoint.id == DEFAULT_ENDPOINT);
        let kept: Vec<&Record> = records.iter().filter(kept).collect();
        let mut line = serde_json::to_vec(&kept)?;
        line.push(b'\n');
        if let Err(error) = file.as_ref().write_all(&line) {
            // Half a line must not stand before the next one.
            self.rewind()?;
            return Err(error);
        }
        leave_on_disk(records, &line, file, *length);
        *length += line.len() as u64;
        Ok(())
    }

    /// Cuts off what lies behind the last whole line.
    fn rewind(&mut self) -> io::Result<()> {
        if let Journal::File { file, length } = self {
            file.set_len(*length)?;
            file.as_ref().seek(SeekFrom::Start(*length))?;
        }
        Ok(())
    }
}

/// Lets go of the objects of events that stand in `line`, which begins at `offset` of the file.
fn leave_on_disk(records: &mut [Record], line: &[u8], file: &Arc<File>, offset: u64) {
    let mut events = records
        .iter_mut()
        .filter_map(|record| match record {
            Record::Event(event) => Some(event),
            _ => None,
        })
        .peekable();
    if !snapshot::ON_DISK || events.peek().is_none() {
        return;
    }
    for (event, place) in events.zip(snapshot::places(line)) {
        event.object = Snapshot::Disk {
            file: file.clone(),
            at: offset + place.start as u64,
            length: place.len(),
        };
    }
}

/// A server that is being replaced may still hold the file for a moment.
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
