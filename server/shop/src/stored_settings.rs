//! Settings in the database: rows of `setting` that have the name of a variable.
//!
//! A variable that is set wins over them; see [`crate::owner_settings`]. Nothing is copied: a row
//! exists only if the owner has set it.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};

use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog::CatalogError;
use crate::checkout::rates::{RatesOutcome, UnchargeableRate, check_rates};
use crate::clock;
use crate::database::{AdvisoryLock, Database, WriteTransaction};
use crate::entity::setting::{self, SHOP_ID};
use crate::face::SHOP_LOGO;
use crate::logo::InvalidLogo;
use crate::owner_settings::{OwnerSettings, stored_names};
use crate::settings::{InvalidSetting, value};

/// The longest value, in bytes.
const MAX_VALUE_BYTES: usize = 4_000;

/// Why a setting was not stored.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database may not hold it.
    #[error("{0} cannot be in the database: set it as a variable, in the environment or in .env")]
    VariableOnly(String),
    /// Its variable is set.
    #[error(
        "{0} is set in the environment or in .env, which wins over the database: change it there, \
         or unset it first"
    )]
    Locked(String),
    /// The value is refused.
    #[error(transparent)]
    Invalid(#[from] InvalidSetting),
    /// The value is empty.
    #[error("{0} would be empty: use till settings unset {0}")]
    Empty(String),
    /// The value is too long.
    #[error("{0} may have at most {MAX_VALUE_BYTES} bytes")]
    TooLong(String),
    /// The shipping rates cannot be charged.
    #[error(transparent)]
    Rates(UnchargeableRate),
    /// The logo's picture is not stored.
    #[error(
        "{SHOP_LOGO} would name a picture that is not stored: till pictures logo FILE stores one \
         and makes it the logo"
    )]
    LogoNotStored,
    /// The picture cannot be a logo.
    #[error("the picture {0}")]
    Logo(InvalidLogo),
    /// Somebody else has changed it since it was shown.
    #[error("it was changed by somebody else meanwhile")]
    ChangedMeanwhile,
    /// The products' currencies cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

impl StoreError {
    /// The setting that is needed beside others and has no value, if that is the reason.
    #[must_use]
    pub fn missing(&self) -> Option<&'static str> {
        match self {
            Self::Invalid(invalid) => invalid.missing(),
            _ => None,
        }
    }
}

/// One setting of several that are to be changed together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingChange {
    /// The name of its variable.
    pub name: String,
    /// The new value. `None`: the default counts again.
    pub value: Option<String>,
    /// The stored value that was shown to whoever changes it, empty if there was none: if it is
    /// another one now, the change is refused. `None`: whatever it is.
    pub shown: Option<String>,
}

/// What was changed.
#[derive(Clone, Debug)]
pub struct Changed {
    /// The settings as they are now.
    pub settings: OwnerSettings,
    /// The names of those that are not what they were.
    pub names: Vec<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum ChangeError {
    /// Some of the changes are refused, each for its reason.
    #[error("{}", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Refused(Vec<Refused>),
    /// The products' currencies cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
}

/// A change that is refused.
#[derive(Debug, thiserror::Error)]
#[error("{reason}")]
pub struct Refused {
    /// The setting.
    pub name: String,
    /// Why.
    pub reason: StoreError,
}

/// Reads all stored settings, by the names of their variables.
///
/// # Errors
/// If the database fails.
pub async fn load(connection: &impl ConnectionTrait) -> Result<BTreeMap<String, String>, DbErr> {
    let rows = setting::Entity::find()
        .filter(setting::Column::Name.ne(SHOP_ID))
        .all(connection)
        .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
}

/// Changes settings, all or none, after the parsers of their variables have accepted them, alone
/// and together. `base` is what the variables say. Each one that really changes is written to the
/// audit log.
///
/// # Errors
/// [`ChangeError`]; nothing has changed then.
pub async fn change(
    database: &Database,
    base: &OwnerSettings,
    actor: &Actor,
    changes: &[SettingChange],
) -> Result<Changed, ChangeError> {
    let mut refused = Vec::new();
    let mut wanted = BTreeMap::new();
    for change in changes {
        match normalized(base, change) {
            Ok(value) => {
                wanted.insert(change.name.clone(), value);
            }
            Err(reason) => refused.push(refusal(&change.name, reason)),
        }
    }
    if !refused.is_empty() {
        return Err(ChangeError::Refused(refused));
    }
    // With the logo, its picture must not be deleted as unused meanwhile.
    let lock = match wanted.get(SHOP_LOGO) {
        Some(Some(_)) => AdvisoryLock::Import,
        _ => AdvisoryLock::Settings,
    };
    let transaction = database.begin_with_lock(lock).await?;
    let before = load(&transaction).await?;
    wanted.retain(|name, value| before.get(name) != value.as_ref());
    for change in changes.iter().filter(|one| wanted.contains_key(&one.name)) {
        let now = before.get(&change.name).map_or("", String::as_str);
        if change.shown.as_deref().is_some_and(|shown| shown != now) {
            refused.push(refusal(&change.name, StoreError::ChangedMeanwhile));
        }
    }
    if !refused.is_empty() {
        transaction.rollback().await?;
        return Err(ChangeError::Refused(refused));
    }
    let mut after = before.clone();
    for (name, value) in &wanted {
        match value {
            Some(value) => after.insert(name.clone(), value.clone()),
            None => after.remove(name),
        };
    }
    let checks = Checks {
        database,
        base,
        before: &before,
        after: &after,
        names: wanted.keys().map(String::as_str).collect(),
    };
    let settings = match checks.run(&transaction).await? {
        Ok(settings) => settings,
        Err(refused) => {
            transaction.rollback().await?;
            return Err(ChangeError::Refused(refused));
        }
    };
    for (name, value) in &wanted {
        let before = before.get(name).map(String::as_str);
        write(&transaction, actor, name, before, value.as_deref()).await?;
    }
    transaction.commit().await?;
    Ok(Changed {
        settings,
        names: wanted.into_keys().collect(),
    })
}

/// What several settings must agree on.
struct Checks<'a> {
    database: &'a Database,
    base: &'a OwnerSettings,
    before: &'a BTreeMap<String, String>,
    after: &'a BTreeMap<String, String>,
    /// Those that change.
    names: Vec<&'a str>,
}

impl Checks<'_> {
    /// Returns the settings as they will be, or why some of the changes are refused.
    async fn run(
        &self,
        transaction: &WriteTransaction,
    ) -> Result<Result<OwnerSettings, Vec<Refused>>, ChangeError> {
        let (old, refused_before) = self.base.with_stored(self.before);
        let (new, refused) = self.base.with_stored(self.after);
        // What was wrong before is not the fault of this change.
        let mut problems: Vec<_> = refused
            .into_iter()
            .filter(|refusal| !refused_before.contains(refusal))
            .map(|refusal| refusal_of(&self.names, refusal.into()))
            .collect();
        if let (Ok(_), Err(error)) = (old.mail.addresses(), new.mail.addresses()) {
            problems.push(refusal("MAIL_FROM", error.into()));
        }
        let logo = new.profile.face.logo.as_ref();
        if let Some(logo) = logo.filter(|_| self.names.contains(&SHOP_LOGO))
            && !logo.is_stored(transaction).await?
        {
            problems.push(refusal(SHOP_LOGO, StoreError::LogoNotStored));
        }
        let options = &new.checkout.options;
        if old.checkout.options.shipping != options.shipping
            && let RatesOutcome::Unchargeable(rate) = check_rates(self.database, options).await?
        {
            problems.push(refusal("SHIPPING_RATES", StoreError::Rates(rate)));
        }
        Ok(match problems.is_empty() {
            true => Ok(new),
            false => Err(problems),
        })
    }
}

fn refusal(name: &str, reason: StoreError) -> Refused {
    Refused {
        name: name.to_owned(),
        reason,
    }
}

/// A refusal is about the setting that is missing, or begins with the name of its variable.
fn refusal_of(names: &[&str], reason: StoreError) -> Refused {
    if let Some(name) = reason.missing() {
        return refusal(name, reason);
    }
    let sentence = reason.to_string();
    let begins = |name: &&&str| {
        let rest = sentence.strip_prefix(**name);
        rest.is_some_and(|rest| rest.starts_with([' ', ':']))
    };
    let name = names.iter().find(begins).or(names.first());
    refusal(name.copied().unwrap_or_default(), reason)
}

/// The value as it is stored, if the database may hold it.
fn normalized(base: &OwnerSettings, change: &SettingChange) -> Result<Option<String>, StoreError> {
    let SettingChange {
        name, value: typed, ..
    } = change;
    let Some(typed) = typed else {
        check_storable(name)?;
        return Ok(None);
    };
    check_name(base, name)?;
    let typed = value(&|_: &str| Some(typed.clone()), name);
    let typed = typed.ok_or_else(|| StoreError::Empty(name.clone()))?;
    if typed.len() > MAX_VALUE_BYTES {
        return Err(StoreError::TooLong(name.clone()));
    }
    Ok(Some(typed))
}

/// Stores one setting, as [`change`] does. Returns the settings as the value changes them.
///
/// # Errors
/// [`StoreError`]; nothing has changed then.
pub async fn set(
    database: &Database,
    base: &OwnerSettings,
    actor: &Actor,
    name: &str,
    typed: &str,
) -> Result<OwnerSettings, StoreError> {
    let value = Some(typed.to_owned());
    let changed = change_one(database, base, actor, name, value).await?;
    Ok(changed.settings)
}

/// Deletes a stored setting, so that its default counts again. Returns whether there was one.
///
/// # Errors
/// [`StoreError`]; nothing has changed then.
pub async fn unset(
    database: &Database,
    base: &OwnerSettings,
    actor: &Actor,
    name: &str,
) -> Result<bool, StoreError> {
    let changed = change_one(database, base, actor, name, None).await?;
    Ok(!changed.names.is_empty())
}

async fn change_one(
    database: &Database,
    base: &OwnerSettings,
    actor: &Actor,
    name: &str,
    value: Option<String>,
) -> Result<Changed, StoreError> {
    let name = name.to_owned();
    let result = change(
        database,
        base,
        actor,
        &[SettingChange {
            name,
            value,
            shown: None,
        }],
    )
    .await;
    result.map_err(|error| match error {
        ChangeError::Refused(mut refused) => match refused.pop() {
            Some(refused) => refused.reason,
            None => DbErr::Custom("a change was refused without a reason".to_owned()).into(),
        },
        ChangeError::Catalog(error) => error.into(),
        ChangeError::Database(error) => error.into(),
    })
}

/// Writes a value that has been checked, or deletes the row, and the entry of the audit log.
pub(crate) async fn write(
    transaction: &WriteTransaction,
    actor: &Actor,
    name: &str,
    before: Option<&str>,
    after: Option<&str>,
) -> Result<(), DbErr> {
    match after {
        Some(value) => write_row(transaction, name, value).await?,
        None => {
            setting::Entity::delete_by_id(name)
                .exec(transaction)
                .await?;
        }
    }
    let entry = Entry {
        action: match after {
            Some(_) => Action::SetSetting,
            None => Action::UnsetSetting,
        },
        kind: SubjectKind::Setting,
        subject: name.to_owned(),
        before: before.map(Into::into),
        after: after.map(Into::into),
    };
    audit::write(transaction, actor, entry).await
}

async fn write_row(transaction: &WriteTransaction, name: &str, value: &str) -> Result<(), DbErr> {
    let row = setting::Model {
        name: name.to_owned(),
        value: value.to_owned(),
        updated_at: clock::now(),
    };
    let latest = OnConflict::column(setting::Column::Name)
        .update_columns([setting::Column::Value, setting::Column::UpdatedAt])
        .to_owned();
    setting::Entity::insert(row.into_active_model().reset_all())
        .on_conflict(latest)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}

fn check_storable(name: &str) -> Result<(), StoreError> {
    match stored_names().any(|known| known == name) {
        true => Ok(()),
        false => Err(StoreError::VariableOnly(name.to_owned())),
    }
}

/// Checks that a setting may be stored now. `base` is what the variables say.
pub(crate) fn check_name(base: &OwnerSettings, name: &str) -> Result<(), StoreError> {
    check_storable(name)?;
    match base.variables.contains(name) {
        true => Err(StoreError::Locked(name.to_owned())),
        false => Ok(()),
    }
}
