//! What the owner does with products.

use std::borrow::Cow;
use std::cmp::Ordering;

use leptos::prelude::*;
use locale::Texts;
use shop::Shop;
use shop::audit::Actor;
use shop::catalog::editing::{
    self, ArchiveOutcome, FieldProblem, Move, ProductForm, SaveOutcome, VariantForm,
};
use shop::catalog::stock::StockReason;
use shop::catalog::table::{self, TableColumn, TableOutcome, TableProblem, TableReason, TableRow};
use shop::database::is_wait_timeout;
use till_core::admin::Right;
use ui::language::{language, texts};

use crate::access::require;
use crate::amounts::{exchanged_in_form, exchanged_in_rows};
use crate::decision::{Decision, Problem, UnreadableForm, decide};
use crate::notice::Notice;
use crate::product_words::{field_name, reason_text};

/// The shop, and who changes its products.
pub(crate) fn products_of() -> Result<(Shop, Actor), Decision> {
    let admin = require(Right::Products)?;
    let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
    Ok((shop, admin.actor))
}

/// A failed write: someone else may be importing.
pub(crate) fn failed(error: sea_orm::DbErr) -> Decision {
    match is_wait_timeout(&error) {
        true => Decision::again(texts().admin_products_busy()),
        false => error.into(),
    }
}

/// Creates a product, or saves a changed one.
#[server(prefix = "/admin/api", endpoint = "save-product")]
pub async fn save_product(
    #[server(default)] id: Option<i64>,
    #[server(default)] version: Option<i64>,
    #[server(default)] preview: Option<String>,
    #[server(default)] form: ProductForm,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        if preview.is_some() {
            return Ok(Decision::again(texts().admin_product_preview_note()));
        }
        let (form, indices) = without_blanks(exchanged_in_form(form, language()));
        let zone = shop.profile().time_zone.clone();
        let outcome = match (id, version) {
            (Some(id), Some(version)) => {
                editing::save(&shop.database, &zone, id, version, &form, &actor).await
            }
            _ => editing::create(&shop.database, &zone, &form, &actor).await,
        };
        Ok(match outcome.map_err(failed)? {
            SaveOutcome::Saved { id: saved, .. } => {
                let notice = match id {
                    Some(_) => Notice::Saved,
                    None => Notice::Created,
                };
                Decision::done(&format!("/admin/products/{saved}"), notice)
            }
            SaveOutcome::Invalid(problems) => invalid(&problems, &indices),
            SaveOutcome::Conflict(_) => Decision::again(texts().admin_product_conflict()),
            SaveOutcome::NotFound => Decision::again(texts().admin_product_not_found()),
        })
    })
    .await
}

/// The form without the variants that nobody has filled in, in the order of their places, and their
/// indices in the form as it was sent.
fn without_blanks(mut form: ProductForm) -> (ProductForm, Vec<usize>) {
    let variants = std::mem::take(&mut form.variants).into_iter().enumerate();
    let variants = variants.filter(|(_, variant)| variant.is_filled_in());
    let mut variants: Vec<(usize, VariantForm)> = variants.collect();
    variants.sort_by_key(|(index, variant)| order(*index, &variant.place));
    let (indices, variants) = variants.into_iter().unzip();
    form.variants = variants;
    (form, indices)
}

/// By what a variant is sorted: the place that was typed. One that has moved ahead is before the
/// one that was there, and one that has moved back is behind it.
fn order(index: usize, place: &str) -> (usize, u8) {
    let present = index + 1;
    let place = place.trim().parse().unwrap_or(present);
    let among = match place.cmp(&present) {
        Ordering::Less => 0,
        Ordering::Equal => 1,
        Ordering::Greater => 2,
    };
    (place, among)
}

fn invalid(problems: &[FieldProblem], indices: &[usize]) -> Decision {
    let texts = texts();
    let whole = Problem {
        field: None,
        text: texts.admin_product_not_saved(),
    };
    let fields = problems.iter().map(|problem| Problem {
        field: field_name(problem.field, indices),
        text: reason_text(problem.reason, texts),
    });
    Decision::Again {
        problems: std::iter::once(whole).chain(fields).collect(),
        retry_after: None,
    }
}

/// Takes a product off sale, or puts it on sale.
#[server(prefix = "/admin/api", endpoint = "archive-product")]
pub async fn archive_product(
    #[server(default)] id: i64,
    #[server(default)] on_sale: bool,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let outcome = match on_sale {
            true => editing::put_on_sale(&shop.database, id, &actor).await,
            false => editing::take_off_sale(&shop.database, id, &actor).await,
        };
        let notice = match on_sale {
            true => Notice::PutOnSale,
            false => Notice::TakenOffSale,
        };
        Ok(match outcome.map_err(failed)? {
            ArchiveOutcome::Done | ArchiveOutcome::Unchanged => {
                Decision::done(&format!("/admin/products/{id}"), notice)
            }
            ArchiveOutcome::NotFound => Decision::again(texts().admin_product_not_found()),
        })
    })
    .await
}

/// Copies a product.
#[server(prefix = "/admin/api", endpoint = "duplicate-product")]
pub async fn duplicate_product(#[server(default)] id: i64) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let copy = editing::duplicate(&shop.database, id, &actor).await;
        Ok(match copy.map_err(failed)? {
            Some(copy) => Decision::done(&format!("/admin/products/{copy}"), Notice::Duplicated),
            None => Decision::again(texts().admin_product_not_found()),
        })
    })
    .await
}

/// Moves a product in the catalog: `up`, `down`, `first` or `last`.
#[server(prefix = "/admin/api", endpoint = "move-product")]
pub async fn move_product(
    #[server(default)] id: i64,
    #[server(default)] to: String,
    #[server(default)] back: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        if let Some(to) = place(&to) {
            let moved = editing::move_product(&shop.database, id, to, &actor).await;
            moved.map_err(failed)?;
        }
        let back = match crate::is_page_of_admin(&back) {
            true => back,
            false => format!("/admin/products/{id}"),
        };
        Ok(Decision::done(&back, Notice::Saved))
    })
    .await
}

/// The place that a form's button names.
pub(crate) fn place(name: &str) -> Option<Move> {
    Some(match name {
        "up" => Move::Up,
        "down" => Move::Down,
        "first" => Move::First,
        "last" => Move::Last,
        _ => return None,
    })
}

/// Saves the table form: all of it, or nothing.
#[server(prefix = "/admin/api", endpoint = "save-product-table")]
pub async fn save_product_table(
    #[server(default)] rows: Vec<TableRow>,
    #[server(default)] reason: String,
    #[server(default)] note: String,
    #[server(default)] back: String,
    #[server(default)] attempt: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let rows = exchanged_in_rows(rows, language());
        let zone = shop.profile().time_zone.clone();
        let reason = reason.parse().unwrap_or(StockReason::Received);
        let (database, form) = (&shop.database, attempt.parse().ok());
        let saved = table::save(database, &zone, &rows, reason, &note, form.as_ref(), &actor);
        Ok(match saved.await.map_err(failed)? {
            TableOutcome::Saved { .. } => {
                let back = match crate::is_page_of_admin(&back) {
                    true => back,
                    false => "/admin/products/table".to_owned(),
                };
                Decision::done(&back, Notice::Saved)
            }
            TableOutcome::TooManyRows => Decision::again(texts().admin_table_too_long()),
            TableOutcome::Invalid(problems) => refused_rows(&problems),
        })
    })
    .await
}

fn refused_rows(problems: &[TableProblem]) -> Decision {
    let texts = texts();
    let whole = Problem {
        field: None,
        text: texts.admin_product_not_saved(),
    };
    let rows = problems.iter().map(|problem| Problem {
        field: Some(format!("rows[{}]{}", problem.row, column(problem.column))),
        text: table_text(problem.reason, texts),
    });
    Decision::Again {
        problems: std::iter::once(whole).chain(rows).collect(),
        retry_after: None,
    }
}

/// The end of the name of the field in a column.
fn column(column: TableColumn) -> &'static str {
    match column {
        TableColumn::Row | TableColumn::Price => "[typed][price]",
        TableColumn::Units => "[units]",
        TableColumn::Category => "[typed][category]",
        TableColumn::Active => "[typed][active]",
    }
}

fn table_text(reason: TableReason, texts: Texts) -> Cow<'static, str> {
    match reason {
        TableReason::Field(reason) => reason_text(reason, texts),
        TableReason::ChangedMeanwhile => texts.admin_table_meanwhile(),
        TableReason::BelowHeld { stock, held: 0 } => {
            texts.admin_stock_too_few(unsigned(stock)).into()
        }
        TableReason::BelowHeld { stock, held } => texts
            .admin_stock_below_held(unsigned(held), unsigned(stock))
            .into(),
        TableReason::NotCounted => texts.admin_stock_not_counted(),
        TableReason::TwoCategories => texts.admin_table_two_categories(),
        TableReason::LastOnSale => texts.admin_table_last(),
        TableReason::NotFound => texts.admin_field_unknown(),
        TableReason::Twice => texts.admin_table_twice(),
    }
}

/// A number of units, which is never negative.
pub(crate) fn unsigned(units: i64) -> u64 {
    u64::try_from(units).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(places: &[&str]) -> Vec<usize> {
        let variant = |place: &&str| VariantForm {
            sku: "A".to_owned(),
            place: (*place).to_owned(),
            ..VariantForm::default()
        };
        let mut form = ProductForm {
            variants: places.iter().map(variant).collect(),
            ..ProductForm::default()
        };
        form.variants.push(VariantForm::default());
        let (form, indices) = without_blanks(form);
        assert_eq!(form.variants.len(), places.len());
        indices
    }

    #[test]
    fn variants_go_where_their_places_say() {
        assert_eq!(sorted(&["1", "2", "3"]), [0, 1, 2]);
        assert_eq!(sorted(&["1", "2", "1"]), [2, 0, 1]);
        assert_eq!(sorted(&["3", "2", "3"]), [1, 2, 0]);
        assert_eq!(sorted(&["", "1", "x"]), [1, 0, 2]);
    }
}
