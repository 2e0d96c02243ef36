//! The shop's logo.

use leptos::prelude::*;
use shop::Shop;
use shop::face::SHOP_LOGO;
use shop::logo::InvalidLogo;
use shop::pictures::{self, set_logo};
use shop::settings_list::SettingGroup;
use shop::stored_settings::{self, ChangeError, SettingChange, StoreError};
use ui::language::texts;

use super::products::failed;
use crate::access::require;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::pages::settings::path_of;
use crate::setting_problems::reason_text;
use crate::uploads::uploaded;

/// Makes the picture in the field `logo` the shop's logo, or removes the logo. `shown` is the
/// stored value that was shown.
#[server(prefix = "/admin/api", endpoint = "save-logo")]
pub async fn save_logo(
    #[server(default)] remove: Option<String>,
    #[server(default)] shown: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(SettingGroup::Face.right())?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        let (database, base) = (&shop.database, shop.live.base());
        if remove.is_some() {
            let change = SettingChange {
                name: SHOP_LOGO.to_owned(),
                value: None,
                shown: Some(shown),
            };
            let removed = stored_settings::change(database, base, &admin.actor, &[change]).await;
            removed.map_err(not_removed)?;
        } else {
            let file = uploaded("logo").into_iter().next();
            let file = file.ok_or_else(|| Decision::again(texts().admin_logo_no_file()))?;
            let Ok(picture) = pictures::convert(file.bytes).await else {
                return Err(Decision::again(texts().admin_logo_refused(&file.name)));
            };
            let stored = set_logo(database, base, &admin.actor, &picture).await;
            stored.map_err(refused)?;
        }
        // So that this server's next page shows it.
        shop.live.read(database).await?;
        Ok(Decision::done(&path_of(SettingGroup::Face), Notice::Saved))
    })
    .await
}

fn refused(error: StoreError) -> Decision {
    match error {
        StoreError::Database(error) => failed(error),
        StoreError::Logo(InvalidLogo::Shape { width, height }) => {
            let (width, height) = (width.to_string(), height.to_string());
            Decision::again(texts().admin_logo_shape(&width, &height))
        }
        error => Decision::again(reason_text(&error, None, "", texts())),
    }
}

fn not_removed(error: ChangeError) -> Decision {
    match error {
        ChangeError::Refused(reasons) => match reasons.into_iter().next() {
            Some(refusal) => refused(refusal.reason),
            None => Decision::Unavailable,
        },
        ChangeError::Catalog(error) => failed(error.0),
        ChangeError::Database(error) => failed(error),
    }
}
