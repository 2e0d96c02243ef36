//! Importing products from a file, after looking at what it would change.

use leptos::prelude::*;
use shop::catalog::import::draft::{self, Draft, format_of};
use shop::catalog::import::{ImportError, StockMode};
use ui::language::texts;

use super::products::{failed, products_of};
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::uploads::uploaded;

/// Stores a file, and leads to what it would change. The form has it in `file`.
#[server(prefix = "/admin/api", endpoint = "upload-products")]
pub async fn upload_products(
    #[server(default)] format: String,
    #[server(default)] currency: String,
    #[server(default)] stock: bool,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let Some(file) = uploaded("file").into_iter().next() else {
            return Err(Decision::again(texts().admin_import_no_file()));
        };
        let draft = Draft {
            name: file.name,
            content: file.bytes,
            format: format_of(&format),
            currency: currency.parse().ok(),
            stock: match stock {
                true => StockMode::Set,
                false => StockMode::OnlyNew,
            },
        };
        let stored = draft::store(&shop.database, &draft, &actor).await;
        let id = stored.map_err(failed)?;
        Ok(Decision::go(format!("/admin/products/import?draft={id}")))
    })
    .await
}

/// Removes a stored file that is not to be imported.
#[server(prefix = "/admin/api", endpoint = "cancel-import")]
pub async fn cancel_import(#[server(default)] draft: i64) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let discarded = draft::discard(&shop.database, draft, &actor).await;
        discarded.map_err(failed)?;
        let page = "/admin/products/import";
        Ok(Decision::done(page, Notice::ImportCancelled))
    })
    .await
}

/// Imports a stored file if it still changes what was shown.
#[server(prefix = "/admin/api", endpoint = "apply-import")]
pub async fn apply_import(
    #[server(default)] draft: i64,
    #[server(default)] seen: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let zone = shop.profile().time_zone.clone();
        let texts = texts();
        match draft::apply(&shop.database, draft, seen, &zone, &actor).await {
            Ok(Some(_)) => Ok(Decision::done("/admin/products", Notice::Imported)),
            Ok(None) => Ok(Decision::again(texts.admin_import_gone())),
            Err(ImportError::Database(error)) => Err(failed(error)),
            // What was right when it was shown does not fit what is stored now.
            Err(_) => Ok(Decision::again(texts.admin_import_not_as_seen())),
        }
    })
    .await
}
