//! What the owner does with the pictures of a product.

use leptos::prelude::*;
use shop::pictures::{self, ChangeError, Of, Which};
use ui::language::texts;

use super::products::{failed, place, products_of};
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;
use crate::product_words::unfit_text;
use crate::uploads::uploaded;

/// Adds pictures: all of them or none. The form has the files in `pictures`.
#[server(prefix = "/admin/api", endpoint = "add-pictures")]
pub async fn add_pictures(
    #[server(default)] product: i64,
    #[server(default)] alt: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let texts = texts();
        let files = uploaded("pictures");
        if files.is_empty() {
            return Err(Decision::again(texts.admin_picture_no_file()));
        }
        let mut converted = Vec::new();
        for file in files {
            match pictures::convert(file.bytes).await {
                Ok(picture) => converted.push((picture, alt.clone())),
                Err(error) => {
                    let reason = unfit_text(error.unfit(), texts);
                    let refused = texts.admin_picture_refused(&file.name, &reason);
                    return Err(Decision::again(refused));
                }
            }
        }
        let of = Of::Product(product);
        let added = pictures::add(&shop.database, of, &converted, &actor).await;
        added.map_err(refused)?;
        Ok(done(product))
    })
    .await
}

/// Describes, moves or removes a picture, as the form's button says.
#[server(prefix = "/admin/api", endpoint = "change-picture")]
pub async fn change_picture(
    #[server(default)] product: i64,
    #[server(default)] number: i64,
    #[server(default)] address: String,
    #[server(default)] action: String,
    #[server(default)] alt: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let (database, of) = (&shop.database, Of::Product(product));
        let which = Which {
            number,
            address: Some(&address),
        };
        let changed = match (action.as_str(), place(&action)) {
            (_, Some(to)) => pictures::move_picture(database, of, which, to, &actor).await,
            ("remove", None) => pictures::remove(database, of, which, &actor).await,
            _ => pictures::set_alt(database, of, which, &alt, &actor).await,
        };
        changed.map_err(refused)?;
        Ok(done(product))
    })
    .await
}

/// Continues where the pictures are, not at the top of a long page.
fn done(product: i64) -> Decision {
    let notice = Notice::Saved;
    Decision::go(format!("/admin/products/{product}?done={notice}#pictures"))
}

fn refused(error: ChangeError) -> Decision {
    let texts = texts();
    match error {
        ChangeError::Database(error) => failed(error),
        ChangeError::Alt => Decision::again(texts.admin_picture_alt_refused()),
        ChangeError::UnknownProduct | ChangeError::UnknownSku(_) => {
            Decision::again(texts.admin_product_not_found())
        }
        ChangeError::UnknownNumber(_) | ChangeError::ChangedMeanwhile => {
            Decision::again(texts.admin_picture_changed())
        }
    }
}
