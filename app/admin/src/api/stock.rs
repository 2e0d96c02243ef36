//! Changing the stock.

use leptos::prelude::*;
use shop::catalog::stock::{self, StockChange, StockOutcome, StockReason};
use ui::language::texts;

use super::products::{failed, products_of, unsigned};
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;

/// The field with the stock that a form showed.
pub(crate) const SHOWN: &str = "shown";

/// Changes the stock of a variant by units with a reason. `shown` is the stock that the page
/// showed.
#[server(prefix = "/admin/api", endpoint = "change-stock")]
pub async fn change_stock(
    #[server(default)] product: i64,
    #[server(default)] variant: i64,
    #[server(default)] reason: String,
    #[server(default)] units: String,
    #[server(default)] shown: String,
    #[server(default)] note: String,
    #[server(default)] attempt: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let (shop, actor) = products_of()?;
        let texts = texts();
        let Some(change) = change(&reason, &units, &shown) else {
            return Err(Decision::wrong_field("units", texts.admin_stock_invalid()));
        };
        let form = attempt.parse().ok();
        let database = &shop.database;
        let outcome = stock::change(database, variant, change, &note, form.as_ref(), &actor);
        let wrong = |text| Decision::wrong_field("units", text);
        Ok(match outcome.await.map_err(failed)? {
            // Sent twice by a double click: what it wanted is done.
            StockOutcome::Changed { .. } | StockOutcome::AlreadyChanged => {
                let page = format!("/admin/products/{product}/stock");
                Decision::done(&page, Notice::StockChanged)
            }
            StockOutcome::Unchanged { .. } => wrong(texts.admin_stock_unchanged()),
            StockOutcome::BelowHeld { stock, held: 0 } => {
                wrong(texts.admin_stock_too_few(unsigned(stock)).into())
            }
            StockOutcome::BelowHeld { stock, held } => {
                let (held, stock) = (unsigned(held), unsigned(stock));
                wrong(texts.admin_stock_below_held(held, stock).into())
            }
            StockOutcome::NotCounted => wrong(texts.admin_stock_not_counted()),
            StockOutcome::ChangedMeanwhile { .. } => {
                Decision::changed(SHOWN, texts.admin_stock_meanwhile())
            }
            StockOutcome::InvalidUnits => wrong(texts.admin_stock_invalid()),
            StockOutcome::NotFound => Decision::again(texts.admin_product_not_found()),
        })
    })
    .await
}

fn change(reason: &str, units: &str, shown: &str) -> Option<StockChange> {
    let reason: StockReason = reason.parse().ok()?;
    if reason == StockReason::Uncounted {
        return Some(StockChange::Uncounted);
    }
    let units: i64 = units.trim().parse().ok()?;
    Some(match StockChange::of(reason, units)? {
        StockChange::Counted { units, .. } => StockChange::Counted {
            units,
            shown: shown.parse().ok(),
        },
        change => change,
    })
}
