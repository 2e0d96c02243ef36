//! Orders and refunds as a table for a spreadsheet or an accountant: one row for each amount, so
//! that the sum over a currency's rows is what came in less what went back.

use std::collections::HashMap;
use std::io::Write;

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use time::OffsetDateTime;

use super::{Flag, options};
use crate::catalog::skus;
use crate::database::Database;
use crate::entity::{checkout, dispute, order, order_line, refund};
use crate::money::{Currency, MinorUnit};
use crate::money_back::{DisputeStatus, RefundStatus};
use crate::time_zone::TimeZone;

/// The table's columns. Amounts are decimal numbers in `currency`; times are in the shop's time zone.
pub const COLUMNS: [&str; 15] = [
    "order",
    "time",
    "type",
    "sku",
    "description",
    "quantity",
    "unit_price",
    "amount",
    "currency",
    "tax_included",
    "customer",
    "mail",
    "country",
    "payment",
    "session",
];
/// Orders or refunds that are read at once.
const BATCH: u64 = 500;
/// By this, spreadsheets know the text for UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Why the table is not complete.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database does not answer.
    #[error("the orders could not be read")]
    Database(#[from] DbErr),
    /// Whoever reads the table takes no more of it, or the disk is full.
    #[error("the table could not be written")]
    Write(#[from] std::io::Error),
}

impl From<csv::Error> for ExportError {
    fn from(error: csv::Error) -> Self {
        match error.into_kind() {
            csv::ErrorKind::Io(error) => Self::Write(error),
            other => Self::Write(std::io::Error::other(format!("{other:?}"))),
        }
    }
}

/// Orders that were paid and refunds that were made from `from` on, before `until`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    /// `None`: from the beginning.
    pub from: Option<OffsetDateTime>,
    /// `None`: to the end.
    pub until: Option<OffsetDateTime>,
}

/// Writes the table: first the orders, then the refunds, then the disputes that were lost, the
/// oldest first. A refund is in the period in which it was made and a dispute in that in which it
/// was lost, whenever the order was paid.
///
/// # Errors
/// [`ExportError`]
pub async fn export(
    database: &Database,
    period: Period,
    zone: &TimeZone,
    mut out: impl Write,
) -> Result<(), ExportError> {
    out.write_all(BYTE_ORDER_MARK)?;
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    orders(database, period, zone, &mut table).await?;
    refunds(database, period, zone, &mut table).await?;
    lost_disputes(database, period, zone, &mut table).await?;
    table.flush()?;
    Ok(())
}

/// The next rows by a time and an id, after those that were read before.
fn next<E: EntityTrait, Id: Clone + Into<sea_orm::Value>>(
    period: Period,
    time: E::Column,
    id: E::Column,
    last: Option<(OffsetDateTime, Id)>,
) -> Select<E> {
    E::find()
        .apply_if(period.from, |rows, from| rows.filter(time.gte(from)))
        .apply_if(period.until, |rows, until| rows.filter(time.lt(until)))
        .apply_if(last, |rows, (at, last)| {
            let same = Condition::all().add(time.eq(at)).add(id.gt(last));
            rows.filter(Condition::any().add(time.gt(at)).add(same))
        })
        .order_by_asc(time)
        .order_by_asc(id)
        .limit(BATCH)
}

async fn orders(
    database: &Database,
    period: Period,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
) -> Result<(), ExportError> {
    let reader = database.reader();
    let (time, id) = (order::Column::PaidAt, order::Column::Id);
    let mut last = None;
    loop {
        let orders = next::<order::Entity, i64>(period, time, id, last)
            .all(reader)
            .await?;
        let Some(newest) = orders.last() else {
            return Ok(());
        };
        last = Some((newest.paid_at, newest.id));
        let ids = orders.iter().map(|order| order.id);
        let lines = order_line::Entity::find()
            .filter(order_line::Column::OrderId.is_in(ids))
            .order_by_asc(order_line::Column::OrderId)
            .order_by_asc(order_line::Column::ProductId)
            .all(reader)
            .await?;
        let skus = skus(database, lines.iter().map(|line| line.product_id)).await?;
        let checkouts = orders.iter().map(|order| &order.checkout_id);
        let checkouts = checkout::Entity::find()
            .filter(checkout::Column::Id.is_in(checkouts))
            .all(reader)
            .await?;
        for order in &orders {
            let checkout = checkouts.iter().find(|row| row.id == order.checkout_id);
            let contains_tax = checkout.is_some_and(|row| options(row).contain_tax());
            let lines = lines.iter().filter(|line| line.order_id == order.id);
            for row in rows(order, lines, &skus, contains_tax) {
                table.write_record(row.cells(order, zone))?;
            }
        }
    }
}

/// Money that went back, or was taken back.
struct MoneyBack {
    id: String,
    order: i64,
    time: OffsetDateTime,
    amount: i64,
    currency: String,
}

async fn refunds(
    database: &Database,
    period: Period,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
) -> Result<(), ExportError> {
    let columns = (refund::Column::CreatedAt, refund::Column::Id);
    let which = refund::Column::Status.is_not_in(RefundStatus::failing());
    let next = |last| next::<refund::Entity, _>(period, columns.0, columns.1, last);
    money_back(
        database,
        "refund",
        zone,
        table,
        |last| next(last).filter(which.clone()),
        |refund| MoneyBack {
            id: refund.id,
            order: refund.order_id,
            time: refund.created_at,
            amount: refund.amount,
            currency: refund.currency,
        },
    )
    .await
}

async fn lost_disputes(
    database: &Database,
    period: Period,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
) -> Result<(), ExportError> {
    let columns = (dispute::Column::StatusAt, dispute::Column::Id);
    let which = dispute::Column::Status.eq(DisputeStatus::Lost.as_str());
    let next = |last| next::<dispute::Entity, _>(period, columns.0, columns.1, last);
    money_back(
        database,
        "dispute",
        zone,
        table,
        |last| next(last).filter(which.clone()),
        |dispute| MoneyBack {
            id: dispute.id,
            order: dispute.order_id,
            time: dispute.status_at,
            amount: dispute.amount,
            currency: dispute.currency,
        },
    )
    .await
}

async fn money_back<E: EntityTrait>(
    database: &Database,
    kind: &'static str,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
    next: impl Fn(Option<(OffsetDateTime, String)>) -> Select<E>,
    read: impl Fn(E::Model) -> MoneyBack,
) -> Result<(), ExportError> {
    let reader = database.reader();
    let mut last = None;
    loop {
        let rows = next(last).all(reader).await?;
        let rows: Vec<_> = rows.into_iter().map(&read).collect();
        let Some(newest) = rows.last() else {
            return Ok(());
        };
        last = Some((newest.time, newest.id.clone()));
        let orders = order::Entity::find()
            .filter(order::Column::Id.is_in(rows.iter().map(|row| row.order)))
            .all(reader)
            .await?;
        for row in rows {
            let Some(order) = orders.iter().find(|order| order.id == row.order) else {
                continue;
            };
            let row = Row {
                time: row.time,
                kind,
                description: row.id,
                amount: Some(row.amount.saturating_neg()),
                currency: row.currency,
                ..Row::default(order)
            };
            table.write_record(row.cells(order, zone))?;
        }
    }
}

/// One amount. All in minor units of `currency`.
#[derive(Clone, Debug)]
struct Row {
    time: OffsetDateTime,
    kind: &'static str,
    sku: String,
    description: String,
    quantity: Option<i64>,
    unit_price: Option<i64>,
    amount: Option<i64>,
    tax_included: Option<i64>,
    currency: String,
}

/// The rows of an order, which add up to what was paid.
fn rows<'a>(
    order: &order::Model,
    lines: impl Iterator<Item = &'a order_line::Model>,
    skus: &HashMap<i64, String>,
    contains_tax: bool,
) -> Vec<Row> {
    let row = || Row::default(order);
    // Such lines are in the currency in which they were promised.
    let counts = order.flag.as_deref() != Some(Flag::CurrencyDiffers.as_str());
    let mut rows: Vec<_> = lines
        .map(|line| Row {
            kind: "product",
            sku: skus.get(&line.product_id).cloned().unwrap_or_default(),
            description: line.name.clone(),
            quantity: Some(line.quantity),
            unit_price: counts.then_some(line.unit_amount),
            amount: counts.then(|| line.unit_amount.saturating_mul(line.quantity)),
            ..row()
        })
        .collect();
    if order.amount_discount != 0 {
        rows.push(Row {
            kind: "discount",
            amount: Some(order.amount_discount.saturating_neg()),
            ..row()
        });
    }
    if order.amount_shipping != 0 || order.shipping_method.is_some() {
        rows.push(Row {
            kind: "shipping",
            description: order.shipping_method.clone().unwrap_or_default(),
            amount: Some(order.amount_shipping),
            ..row()
        });
    }
    if order.amount_tax != 0 {
        rows.push(Row {
            kind: "tax",
            amount: Some(if contains_tax { 0 } else { order.amount_tax }),
            tax_included: contains_tax.then_some(order.amount_tax),
            ..row()
        });
    }
    let sum = rows
        .iter()
        .filter_map(|row| row.amount)
        .fold(0_i64, i64::saturating_add);
    if sum != order.amount_total {
        rows.push(Row {
            kind: "difference",
            description: "what was paid differs from what was promised".to_owned(),
            amount: Some(order.amount_total.saturating_sub(sum)),
            ..row()
        });
    }
    rows
}

impl Row {
    fn default(order: &order::Model) -> Self {
        Self {
            time: order.paid_at,
            kind: "",
            sku: String::new(),
            description: String::new(),
            quantity: None,
            unit_price: None,
            amount: None,
            tax_included: None,
            currency: order.currency.clone(),
        }
    }

    fn cells(&self, order: &order::Model, zone: &TimeZone) -> [String; COLUMNS.len()] {
        let number = |number: Option<i64>| number.map(|number| number.to_string());
        let money = |amount: Option<i64>| amount.map(|amount| decimal(amount, &self.currency));
        let text = |text: Option<&str>| text.map(safe).unwrap_or_default();
        let address = order.shipping_address.as_deref();
        let address = address.or(order.billing_address.as_deref());
        let address = address.and_then(|json| serde_json::from_str(json).ok());
        let address: serde_json::Value = address.unwrap_or_default();
        [
            text(Some(&order.number)),
            zone.in_a_spreadsheet(self.time),
            self.kind.to_owned(),
            text(Some(&self.sku)),
            text(Some(&self.description)),
            number(self.quantity).unwrap_or_default(),
            money(self.unit_price).unwrap_or_default(),
            money(self.amount).unwrap_or_default(),
            self.currency.to_uppercase(),
            money(self.tax_included).unwrap_or_default(),
            text(order.customer_name.as_deref()),
            text(order.customer_email.as_deref()),
            text(address["country"].as_str()),
            text(order.stripe_payment_intent_id.as_deref()),
            text(Some(&order.stripe_session_id)),
        ]
    }
}

/// An amount as a number; one in a currency that the shop does not know in minor units.
fn decimal(amount: i64, currency: &str) -> String {
    match currency.parse::<Currency>() {
        Ok(currency) => MinorUnit(amount).of(currency).decimal(),
        Err(_) => amount.to_string(),
    }
}

/// Text that a spreadsheet takes for text: an apostrophe keeps it from computing a shopper's name
/// (<https://owasp.org/www-community/attacks/CSV_Injection>). Numbers are the shop's own, and stay
/// numbers.
///
/// A spreadsheet that separates cells by semicolons would begin a cell within the text: where that
/// would be computed, it gets commas.
fn safe(text: &str) -> String {
    let computes = |first: char| "=+-@\t\r\n＝＋－＠".contains(first);
    let within = |cell: &str| cell.trim_start_matches([' ', '"']).starts_with(computes);
    let text = match text.split(';').skip(1).any(within) {
        true => text.replace(';', ","),
        false => text.to_owned(),
    };
    if text.starts_with(computes) {
        format!("'{text}")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_that_a_spreadsheet_would_compute_is_marked_as_text() {
        for text in [
            "=1+1", "+49 30 1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1",
        ] {
            assert_eq!(safe(text), format!("'{text}"));
        }
        for text in ["", "Ada", "1-2", "a=b", "'", "a; b", "a;1"] {
            assert_eq!(safe(text), text);
        }
        // Where semicolons separate cells, a cell would begin there.
        for (text, safely) in [("Ada;=1+1", "Ada,=1+1"), ("a; \"@b;c", "a, \"@b,c")] {
            assert_eq!(safe(text), safely);
        }
        assert_eq!(safe("=1;-1"), "'=1,-1");
    }

    #[test]
    fn an_amount_is_a_number() {
        assert_eq!(decimal(-1_234_567, "eur"), "-12345.67");
        assert_eq!(decimal(-5, "eur"), "-0.05");
        assert_eq!(decimal(1500, "jpy"), "1500");
        assert_eq!(decimal(1500, "kwd"), "1.500");
        assert_eq!(decimal(1500, "xyz"), "1500");
    }
}
