//! Settings in the database: rows of `setting` that have the name of a variable.
//!
//! A variable that is set wins over them; see [`crate::profile`]. Nothing is copied: a row exists
//! only if the owner has set it.

use std::collections::BTreeMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter,
};

use crate::clock;
use crate::database::{AdvisoryLock, Database};
use crate::entity::setting::{self, SHOP_ID};
use crate::face::SHOP_LOGO;
use crate::logo::InvalidLogo;
use crate::profile::{ShopProfile, stored_names};
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
    /// The logo's picture is not stored.
    #[error(
        "{SHOP_LOGO} would name a picture that is not stored: till pictures logo FILE stores one \
         and makes it the logo"
    )]
    LogoNotStored,
    /// The picture cannot be a logo.
    #[error("the picture {0}")]
    Logo(InvalidLogo),
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
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

/// Stores a setting, after the parser of its variable has accepted it. `profile` is what the
/// variables say. Returns the profile as the value changes it.
///
/// # Errors
/// [`StoreError`]
pub async fn set(
    database: &Database,
    profile: &ShopProfile,
    name: &str,
    typed: &str,
) -> Result<ShopProfile, StoreError> {
    check_name(profile, name)?;
    let typed = value(&|_: &str| Some(typed.to_owned()), name);
    let typed = typed.ok_or_else(|| StoreError::Empty(name.to_owned()))?;
    if typed.len() > MAX_VALUE_BYTES {
        return Err(StoreError::TooLong(name.to_owned()));
    }
    let only = BTreeMap::from([(name.to_owned(), typed.clone())]);
    let (changed, refused) = profile.with_stored(&only);
    if let Some(refusal) = refused.into_iter().next() {
        return Err(refusal.into());
    }
    let transaction = match changed.face.logo.as_ref().filter(|_| name == SHOP_LOGO) {
        Some(logo) => {
            // With the lock, so that the picture is not deleted as unused meanwhile.
            let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
            if !logo.is_stored(&transaction).await? {
                return Err(StoreError::LogoNotStored);
            }
            transaction
        }
        None => database.begin_write("set-setting").await?,
    };
    write(&transaction, name, typed).await?;
    transaction.commit().await?;
    Ok(changed)
}

/// Writes a value that has been checked.
pub(crate) async fn write(
    transaction: &impl ConnectionTrait,
    name: &str,
    value: String,
) -> Result<(), DbErr> {
    let row = setting::Model {
        name: name.to_owned(),
        value,
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

/// Deletes a stored setting, so that its default counts again. Returns whether there was one.
///
/// # Errors
/// [`StoreError`]
pub async fn unset(database: &Database, name: &str) -> Result<bool, StoreError> {
    check_storable(name)?;
    let transaction = database.begin_write("unset-setting").await?;
    let deleted = setting::Entity::delete_by_id(name)
        .exec(&transaction)
        .await?;
    transaction.commit().await?;
    Ok(deleted.rows_affected > 0)
}

fn check_storable(name: &str) -> Result<(), StoreError> {
    match stored_names().any(|known| known == name) {
        true => Ok(()),
        false => Err(StoreError::VariableOnly(name.to_owned())),
    }
}

/// Checks that a setting may be stored now. `profile` is what the variables say.
pub(crate) fn check_name(profile: &ShopProfile, name: &str) -> Result<(), StoreError> {
    check_storable(name)?;
    match profile.variables.contains(name) {
        true => Err(StoreError::Locked(name.to_owned())),
        false => Ok(()),
    }
}
