//! What the owner does with categories.

use leptos::prelude::*;
use shop::catalog::categories::{self, CategoryOutcome};
use ui::language::texts;

use super::products::{failed, place, products_of};
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::product_words::reason_text;

const PAGE: &str = "/admin/categories";

/// Creates a category.
#[server(prefix = "/admin/api", endpoint = "create-category")]
pub async fn create_category(#[server(default)] name: String) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let created = categories::create(&shop.database, &name, &actor).await;
        Ok(follow(created.map_err(failed)?, "name"))
    })
    .await
}

/// Renames, moves or deletes a category, as its button says.
#[server(prefix = "/admin/api", endpoint = "change-category")]
pub async fn change_category(
    #[server(default)] id: i64,
    #[server(default)] action: String,
    #[server(default)] new_name: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let database = &shop.database;
        let changed = match (action.as_str(), place(&action)) {
            (_, Some(to)) => categories::move_category(database, id, to, &actor).await,
            ("delete", None) => categories::delete(database, id, &actor).await,
            _ => categories::rename(database, id, &new_name, &actor).await,
        };
        Ok(follow(changed.map_err(failed)?, "new_name"))
    })
    .await
}

fn follow(outcome: CategoryOutcome, field: &str) -> Decision {
    let texts = texts();
    match outcome {
        CategoryOutcome::Done { .. } | CategoryOutcome::Unchanged => {
            Decision::done(PAGE, Notice::Saved)
        }
        CategoryOutcome::Invalid(reason) => {
            Decision::wrong_field(field, reason_text(reason, texts))
        }
        CategoryOutcome::HasProducts(_) => Decision::again(texts.admin_category_has_products()),
        CategoryOutcome::NotFound => Decision::again(texts.admin_field_unknown()),
    }
}
