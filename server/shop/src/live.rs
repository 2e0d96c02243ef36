//! What changes while the shop runs: the settings and policies in the database, the notice on the
//! legal guarantee, and whether pages must be rendered anew.
//!
//! Each server looks again when a request comes and `MAX_AGE` has passed, so that a change shows on
//! all servers within half a second, and an idle server reads nothing.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use locale::Language;
use sea_orm::DbErr;
use strum::IntoEnumIterator;
use tokio::sync::Mutex;
use tokio::task::JoinHandle;

use self::generation::Generation;
use crate::catalog::price_changes;
use crate::catalog_change;
use crate::clock;
use crate::database::Database;
use crate::error_chain::with_causes;
use crate::guarantee::GuaranteeNotices;
use crate::owner_settings::OwnerSettings;
use crate::policy::{self, PolicySlug, PolicySummary};
use crate::profile::ShopProfile;
use crate::stored_settings;

mod generation;

/// After this time, the next request reads again.
const MAX_AGE: Duration = Duration::from_millis(250);
/// How long a request waits for that. Afterwards it is answered with what was read before.
const MAX_LOOK: Duration = Duration::from_millis(500);
/// Sales within this time are noted by one statement.
const NOTE_DELAY: Duration = Duration::from_millis(50);

/// What the owner changes while the shop runs; cheap to clone.
#[derive(Clone, Debug)]
pub struct Live(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    /// What the variables say.
    base: OwnerSettings,
    /// Where the notice's files are.
    notices: PathBuf,
    current: RwLock<Arc<Current>>,
    /// Whether the last read failed. Locked by the one that reads.
    failed: Mutex<bool>,
    /// What instants are counted from.
    started: Instant,
    /// The end of the last read, in milliseconds since `started`; 0 if there was none.
    read_at: AtomicU64,
    /// Whether what follows from a sale's beginning or end is being written.
    records: AtomicBool,
    generation: Generation,
    /// Whether a statement that notes this server's sales is still to come.
    will_note: AtomicBool,
    /// Notes the latest sales for other servers.
    note: std::sync::Mutex<Option<JoinHandle<()>>>,
}

/// What was read last.
#[derive(Clone, Debug)]
pub struct Current {
    /// The settings that the owner may change.
    pub settings: Arc<OwnerSettings>,
    /// What people read about the shop itself: a part of these settings.
    pub profile: Arc<ShopProfile>,
    /// The policies that there are.
    pub policies: Vec<PolicySummary>,
    /// The notice on the legal guarantee.
    pub guarantee: GuaranteeNotices,
    stored: BTreeMap<String, String>,
}

impl Live {
    /// Starts with what the variables say. The notice's files are in the folder `notices`.
    #[must_use]
    pub fn new(base: OwnerSettings, notices: PathBuf) -> Self {
        let current = Current {
            profile: Arc::new(base.profile.clone()),
            settings: Arc::new(base.clone()),
            policies: Vec::new(),
            guarantee: GuaranteeNotices::default(),
            stored: BTreeMap::new(),
        };
        Self(Arc::new(Inner {
            base,
            notices,
            current: RwLock::new(Arc::new(current)),
            failed: Mutex::default(),
            started: Instant::now(),
            read_at: AtomicU64::new(0),
            records: AtomicBool::new(false),
            generation: Generation::default(),
            will_note: AtomicBool::new(false),
            note: std::sync::Mutex::default(),
        }))
    }

    /// What the variables say, without the database.
    #[must_use]
    pub fn base(&self) -> &OwnerSettings {
        &self.0.base
    }

    /// What was read last. It is the same `Arc` as long as nothing has changed.
    #[must_use]
    pub fn current(&self) -> Arc<Current> {
        let current = self.0.current.read();
        Arc::clone(&current.unwrap_or_else(PoisonError::into_inner))
    }

    /// The number of the current state of everything that public pages show. A page rendered in
    /// this generation is right until the next one begins.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.0.generation.at(clock::now())
    }

    /// Begins a generation because of a sale, and soon tells other servers.
    pub(crate) fn catalog_changed(&self, database: &Database) {
        self.0.generation.begin_next();
        if self.0.will_note.swap(true, Ordering::AcqRel) {
            return;
        }
        let (live, database) = (self.clone(), database.clone());
        let noting = tokio::spawn(async move {
            tokio::time::sleep(NOTE_DELAY).await;
            // A sale from here on is noted by the next statement.
            live.0.will_note.store(false, Ordering::Release);
            if let Err(error) = catalog_change::note_alone(&database).await {
                let error = with_causes(&error);
                tracing::warn!(error, "could not tell other servers that stock has changed");
            }
        });
        *self.0.note.lock().unwrap_or_else(PoisonError::into_inner) = Some(noting);
    }

    /// Waits until other servers can see what this one has changed. For the end of a process.
    pub async fn finish(&self) {
        let noting = self
            .0
            .note
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(noting) = noting {
            let _ = noting.await;
        }
    }

    /// The folder of the notice's files.
    #[must_use]
    pub fn notices_folder(&self) -> &std::path::Path {
        &self.0.notices
    }

    /// Whether [`Self::refresh`] would not read again.
    #[must_use]
    pub fn is_fresh(&self) -> bool {
        let read_at = self.0.read_at.load(Ordering::Acquire);
        read_at > 0 && self.0.started.elapsed() < Duration::from_millis(read_at) + MAX_AGE
    }

    /// Reads again if that was longer ago than `MAX_AGE` and no one else is reading. If the
    /// database fails, what was read before counts.
    pub async fn refresh(&self, database: &Database) {
        if self.is_fresh() {
            return;
        }
        let Ok(mut failed) = self.0.failed.try_lock() else {
            return;
        };
        let look = tokio::time::timeout(MAX_LOOK, self.look(database)).await;
        let timed_out = || Err(DbErr::Custom("timed out".to_owned()));
        let read = look.unwrap_or_else(|_| timed_out());
        match &read {
            Ok(Prices::Due) => self.record_prices(database),
            Err(error) if !*failed => tracing::warn!(
                error = with_causes(error),
                "could not read the settings in the database; the earlier ones are used"
            ),
            Ok(Prices::Recorded) | Err(_) => {}
        }
        *failed = read.is_err();
        let now = u64::try_from(self.0.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.0.read_at.store(now.max(1), Ordering::Release);
    }

    /// Writes what follows from a sale's beginning or end, such as its place in lists by price. The
    /// job would do it within a minute.
    fn record_prices(&self, database: &Database) {
        if self.0.records.swap(true, Ordering::AcqRel) {
            return;
        }
        let (live, database) = (self.clone(), database.clone());
        tokio::spawn(async move {
            if let Err(error) = price_changes::record_due(&database).await {
                tracing::warn!(
                    error = with_causes(&error),
                    "could not write the price history; the job does"
                );
            }
            live.0.records.store(false, Ordering::Release);
        });
    }

    /// Reads now.
    ///
    /// # Errors
    /// If the database fails.
    pub async fn read(&self, database: &Database) -> Result<(), DbErr> {
        self.look(database).await.map(|_| ())
    }

    async fn look(&self, database: &Database) -> Result<Prices, DbErr> {
        // Before the rest: what changes meanwhile begins one more generation at the next look.
        let now = clock::now();
        let catalog = catalog_change::read(database, now).await?;
        let prices = match catalog.is_due {
            true => Prices::Due,
            false => Prices::Recorded,
        };
        let stored = stored_settings::load(database.reader()).await?;
        let policies = policy::list(database.reader()).await?;
        let guarantee = GuaranteeNotices::find(&self.0.notices).await;
        let generation = &self.0.generation;
        generation.read(catalog.version, catalog.next_price_change, now);
        let before = self.current();
        if (&before.stored, &before.policies, &before.guarantee) == (&stored, &policies, &guarantee)
        {
            return Ok(prices);
        }
        let (settings, profile) = if before.stored == stored {
            (Arc::clone(&before.settings), Arc::clone(&before.profile))
        } else {
            let (settings, refused) = self.0.base.with_stored(&stored);
            for refusal in refused {
                tracing::warn!("a setting in the database is not used: {refusal}");
            }
            let profile = Arc::new(settings.profile.clone());
            (Arc::new(settings), profile)
        };
        let current = Current {
            settings,
            profile,
            policies,
            guarantee,
            stored,
        };
        *self
            .0
            .current
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Arc::new(current);
        generation.begin_next();
        Ok(prices)
    }
}

/// Whether what follows from the beginnings and ends of sales is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Prices {
    Recorded,
    Due,
}

impl Current {
    /// The policies to link to, each in the first of these languages that it is written in.
    #[must_use]
    pub fn policies_in(&self, languages: &[Language]) -> Vec<&PolicySummary> {
        PolicySlug::iter()
            .filter_map(|slug| {
                languages.iter().find_map(|language| {
                    let code = language.code();
                    let mut all = self.policies.iter();
                    all.find(|policy| policy.slug == slug && policy.language == code)
                })
            })
            .collect()
    }

    /// The shop's languages that a policy is written in, the default one first.
    #[must_use]
    pub fn languages_of(&self, slug: PolicySlug) -> Vec<Language> {
        let is_written = |language: &Language| {
            let mut all = self.policies.iter();
            all.any(|one| one.slug == slug && one.language == language.code())
        };
        self.profile.languages.iter().filter(is_written).collect()
    }

    /// The shop's languages that have the notice on the legal guarantee, the default one first.
    #[must_use]
    pub fn languages_of_guarantee(&self) -> Vec<Language> {
        let has_notice = |language: &Language| self.guarantee.in_language(&[*language]).is_some();
        self.profile.languages.iter().filter(has_notice).collect()
    }

    /// What the rules of the European Union want and is missing: policies that are not written in
    /// one of the shop's languages, and the notice on the legal guarantee. Empty if the rules do
    /// not apply.
    #[must_use]
    pub fn missing(&self) -> Vec<MissingText> {
        if !self.profile.law.eu_rules_apply() {
            return Vec::new();
        }
        let mut missing = Vec::new();
        for language in self.profile.languages.iter() {
            for slug in PolicySlug::iter() {
                let mut all = self.policies.iter();
                if !all.any(|one| one.slug == slug && one.language == language.code()) {
                    missing.push(MissingText::Policy(slug, language));
                }
            }
            if self.guarantee.in_language(&[language]).is_none() {
                missing.push(MissingText::GuaranteeNotice(language));
            }
        }
        missing
    }
}

/// A text that the rules of the European Union want and the shop does not have. Shown in English.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MissingText {
    /// A policy in one of the shop's languages.
    Policy(PolicySlug, Language),
    /// The notice on the legal guarantee in one of the shop's languages.
    GuaranteeNotice(Language),
}

impl fmt::Display for MissingText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy(slug, language) => write!(f, "{slug} ({language})"),
            Self::GuaranteeNotice(language) => {
                write!(f, "the notice on the legal guarantee ({language})")
            }
        }
    }
}

/// The texts in one line, in English.
#[must_use]
pub fn in_one_line(missing: &[MissingText]) -> String {
    let missing: Vec<String> = missing.iter().map(ToString::to_string).collect();
    missing.join(", ")
}
