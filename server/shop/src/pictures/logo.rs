//! Stores the shop's logo.

use sea_orm::{ConnectionTrait, DbErr, EntityTrait};

use super::{Converted, store};
use crate::audit::Actor;
use crate::catalog_change;
use crate::database::{AdvisoryLock, Database};
use crate::entity::setting;
use crate::face::SHOP_LOGO;
use crate::logo::{self, Logo};
use crate::owner_settings::OwnerSettings;
use crate::stored_settings::{self, StoreError};

/// The width that the file for pages has at least, if the original has, in pixels.
const WIDTH: u32 = 320;

fn logo_of(converted: &Converted) -> Option<Logo> {
    let files = converted.0.webp.iter();
    let mut sizes: Vec<_> = files.map(|file| (file.width, file.height)).collect();
    sizes.sort_unstable();
    let wide_enough = sizes.iter().find(|(width, _)| *width >= WIDTH);
    let (width, height) = *wide_enough.or(sizes.last())?;
    Some(Logo {
        hash: converted.hash(),
        width,
        height,
    })
}

/// Stores a picture and makes it the shop's logo. `base` is what the variables say.
///
/// # Errors
/// [`StoreError`]; nothing is stored then.
pub async fn set_logo(
    database: &Database,
    base: &OwnerSettings,
    actor: &Actor,
    converted: &Converted,
) -> Result<Logo, StoreError> {
    stored_settings::check_name(base, SHOP_LOGO)?;
    let Converted(picture) = converted;
    logo::check_shape(picture.width, picture.height).map_err(StoreError::Logo)?;
    let logo = logo_of(converted).ok_or_else(|| StoreError::Empty(SHOP_LOGO.to_owned()))?;
    let transaction = database.begin_with_lock(AdvisoryLock::Import).await?;
    store(&transaction, converted).await?;
    let before = setting::Entity::find_by_id(SHOP_LOGO)
        .one(&transaction)
        .await?
        .map(|row| row.value);
    let after = logo.to_string();
    let (before, after) = (before.as_deref(), Some(&*after));
    stored_settings::write(&transaction, actor, SHOP_LOGO, before, after).await?;
    catalog_change::note(&transaction).await?;
    transaction.commit().await?;
    Ok(logo)
}

/// The key of the logo's picture that the database names, if any: its files are in use.
pub(super) async fn stored_hash(
    connection: &impl ConnectionTrait,
) -> Result<Option<String>, DbErr> {
    let row = setting::Entity::find_by_id(SHOP_LOGO)
        .one(connection)
        .await?;
    let logo = row.and_then(|row| row.value.parse::<Logo>().ok());
    Ok(logo.map(|logo| logo.hash))
}
