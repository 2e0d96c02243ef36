//! Orders and refunds as a table for a spreadsheet or an accountant: one row for each amount. The
//! sum of a currency's rows is what was paid less what was refunded or lost.

use std::io::Write;

use sea_orm::{
    ColumnTrait, Condition, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect, QueryTrait,
    Select,
};
use till_core::money::{CurrencyCode, MinorUnit};
use till_core::refunds::{DisputeStatus, RefundStatus};
use till_core::view::full_name;
use time::OffsetDateTime;

use super::payment_details::{shown_taxes, tax_ids};
use super::{Flag, options};
use crate::database::Database;
use crate::entity::{checkout, dispute, order, order_line, order_tax, refund};
use crate::spreadsheet::{BYTE_ORDER_MARK, line, lines};
use crate::time_zone::TimeZone;

/// The table's columns. Amounts are decimal numbers in `currency`, times in the shop's time zone.
pub const COLUMNS: [&str; 19] = [
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
    "company",
    "tax_id",
    "note",
    "invoice",
];
/// The number of orders or refunds read at once.
const BATCH: u64 = 500;

/// Why the table is incomplete.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database does not answer.
    #[error("the orders could not be read")]
    Database(#[from] DbErr),
    /// The reader closed the output, or the disk is full.
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

/// The period of the export: from `from` on, before `until`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Period {
    /// `None`: everything before `until`.
    pub from: Option<OffsetDateTime>,
    /// `None`: everything from `from` on.
    pub until: Option<OffsetDateTime>,
}

/// Writes the table: the orders, then the refunds, then the lost disputes, each oldest first. A
/// refund belongs to the period in which it was made and a dispute to that in which it was lost,
/// whenever the order was paid.
///
/// # Errors
/// [`ExportError`]
pub async fn export(
    database: &Database,
    period: Period,
    zone: &TimeZone,
    out: impl Write,
) -> Result<(), ExportError> {
    let rows = Rows {
        period,
        orders: None,
    };
    export_rows(database, rows, zone, out).await
}

/// Writes the table of these orders, with all their refunds and lost disputes.
///
/// # Errors
/// [`ExportError`]
pub async fn export_orders(
    database: &Database,
    orders: &[i64],
    zone: &TimeZone,
    out: impl Write,
) -> Result<(), ExportError> {
    let rows = Rows {
        period: Period::default(),
        orders: Some(orders),
    };
    export_rows(database, rows, zone, out).await
}

/// What the table contains.
#[derive(Clone, Copy, Debug)]
struct Rows<'a> {
    period: Period,
    /// Only these orders.
    orders: Option<&'a [i64]>,
}

async fn export_rows(
    database: &Database,
    rows: Rows<'_>,
    zone: &TimeZone,
    mut out: impl Write,
) -> Result<(), ExportError> {
    out.write_all(BYTE_ORDER_MARK)?;
    let mut table = csv::Writer::from_writer(out);
    table.write_record(COLUMNS)?;
    write_orders(database, rows, zone, &mut table).await?;
    write_refunds(database, rows, zone, &mut table).await?;
    write_lost_disputes(database, rows, zone, &mut table).await?;
    table.flush()?;
    Ok(())
}

/// Selects the next rows by time and id, after those read before.
fn next_batch<E: EntityTrait, Id: Clone + Into<sea_orm::Value>>(
    rows: Rows<'_>,
    (time, id, order): (E::Column, E::Column, E::Column),
    last: Option<(OffsetDateTime, Id)>,
) -> Select<E> {
    let period = rows.period;
    E::find()
        .apply_if(rows.orders, |rows, orders| {
            rows.filter(order.is_in(orders.iter().copied()))
        })
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

async fn write_orders(
    database: &Database,
    selected: Rows<'_>,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
) -> Result<(), ExportError> {
    let reader = database.reader();
    let (time, id) = (order::Column::PaidAt, order::Column::Id);
    let columns = (time, id, id);
    let mut last = None;
    loop {
        let orders = next_batch::<order::Entity, i64>(selected, columns, last)
            .all(reader)
            .await?;
        let Some(newest) = orders.last() else {
            return Ok(());
        };
        last = Some((newest.paid_at, newest.id));
        let ids = orders.iter().map(|order| order.id);
        let taxes = order_tax::Entity::find()
            .filter(order_tax::Column::OrderId.is_in(ids.clone()))
            .order_by_asc(order_tax::Column::OrderId)
            .order_by_asc(order_tax::Column::Position)
            .all(reader)
            .await?;
        let lines = order_line::Entity::find()
            .filter(order_line::Column::OrderId.is_in(ids))
            .order_by_asc(order_line::Column::OrderId)
            .order_by_asc(order_line::Column::VariantId)
            .all(reader)
            .await?;
        let checkouts = orders.iter().map(|order| &order.checkout_id);
        let checkouts = checkout::Entity::find()
            .filter(checkout::Column::Id.is_in(checkouts))
            .all(reader)
            .await?;
        for order in &orders {
            let checkout = checkouts.iter().find(|row| row.id == order.checkout_id);
            let contains_tax = checkout.is_some_and(|row| options(row).prices_include_tax());
            let lines = lines.iter().filter(|line| line.order_id == order.id);
            let taxes = taxes.iter().filter(|tax| tax.order_id == order.id);
            let taxes = shown_taxes(order, taxes);
            for row in rows(order, lines, &taxes, contains_tax) {
                table.write_record(row.cells(order, zone))?;
            }
        }
    }
}

/// A refund or a lost dispute.
struct Deduction {
    id: String,
    order: i64,
    time: OffsetDateTime,
    amount: i64,
    currency: CurrencyCode,
}

async fn write_refunds(
    database: &Database,
    selected: Rows<'_>,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
) -> Result<(), ExportError> {
    let columns = (
        refund::Column::CreatedAt,
        refund::Column::Id,
        refund::Column::OrderId,
    );
    let condition = refund::Column::Status.is_not_in(RefundStatus::not_counted());
    let next_batch = |last| next_batch::<refund::Entity, _>(selected, columns, last);
    write_deductions(
        database,
        "refund",
        zone,
        table,
        |last| next_batch(last).filter(condition.clone()),
        |refund| Deduction {
            id: refund.id,
            order: refund.order_id,
            time: refund.created_at,
            amount: refund.amount,
            currency: refund.currency,
        },
    )
    .await
}

async fn write_lost_disputes(
    database: &Database,
    selected: Rows<'_>,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
) -> Result<(), ExportError> {
    let columns = (
        dispute::Column::StatusAt,
        dispute::Column::Id,
        dispute::Column::OrderId,
    );
    let condition = dispute::Column::Status.eq(DisputeStatus::Lost);
    let next_batch = |last| next_batch::<dispute::Entity, _>(selected, columns, last);
    write_deductions(
        database,
        "dispute",
        zone,
        table,
        |last| next_batch(last).filter(condition.clone()),
        |dispute| Deduction {
            id: dispute.id,
            order: dispute.order_id,
            time: dispute.status_at,
            amount: dispute.amount,
            currency: dispute.currency,
        },
    )
    .await
}

async fn write_deductions<E: EntityTrait>(
    database: &Database,
    kind: &'static str,
    zone: &TimeZone,
    table: &mut csv::Writer<impl Write>,
    next_batch: impl Fn(Option<(OffsetDateTime, String)>) -> Select<E>,
    read: impl Fn(E::Model) -> Deduction,
) -> Result<(), ExportError> {
    let reader = database.reader();
    let mut last = None;
    loop {
        let rows = next_batch(last).all(reader).await?;
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
                ..Row::of(order)
            };
            table.write_record(row.cells(order, zone))?;
        }
    }
}

/// One row of the table. Amounts in minor units of `currency`.
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
    currency: CurrencyCode,
}

/// Returns the rows of an order, which add up to what was paid.
fn rows<'a>(
    order: &order::Model,
    lines: impl Iterator<Item = &'a order_line::Model>,
    taxes: &[order_tax::Model],
    contains_tax: bool,
) -> Vec<Row> {
    let row = || Row::of(order);
    // With this flag, the lines are in the quoted currency and the payment is in another.
    let counts = order.flag != Some(Flag::CurrencyDiffers);
    let mut rows: Vec<_> = lines
        .map(|line| Row {
            kind: "product",
            sku: line.sku.clone(),
            description: full_name(&line.product_name, &line.variant_name),
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
    let tax_row = |amount: i64, contained: bool, description: String| Row {
        kind: "tax",
        description,
        amount: Some(if contained { 0 } else { amount }),
        tax_included: contained.then_some(amount),
        ..row()
    };
    rows.extend(taxes.iter().map(|tax| {
        let rate = tax.percentage.as_ref();
        let rate = rate.map(|rate| format!(" {rate}%")).unwrap_or_default();
        tax_row(tax.amount, tax.inclusive, format!("{}{rate}", tax.name))
    }));
    if order.amount_tax != 0 && taxes.is_empty() {
        rows.push(tax_row(order.amount_tax, contains_tax, String::new()));
    }
    let sum = rows
        .iter()
        .filter_map(|row| row.amount)
        .fold(0_i64, i64::saturating_add);
    if sum != order.amount_total {
        rows.push(Row {
            kind: "difference",
            description: "difference between the amount paid and the amount quoted".to_owned(),
            amount: Some(order.amount_total.saturating_sub(sum)),
            ..row()
        });
    }
    rows
}

impl Row {
    fn of(order: &order::Model) -> Self {
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
        let text = |text: Option<&str>| text.map(line).unwrap_or_default();
        let invoice = order.invoice_url.as_ref();
        let invoice = invoice.or(order.stripe_invoice_id.as_ref());
        let address = order.shipping_address.as_deref();
        let address = address.or(order.billing_address.as_deref());
        let address = address.and_then(|json| serde_json::from_str(json).ok());
        let address: serde_json::Value = address.unwrap_or_default();
        [
            text(Some(&order.number)),
            zone.format_spreadsheet(self.time),
            self.kind.to_owned(),
            text(Some(&self.sku)),
            text(Some(&self.description)),
            number(self.quantity).unwrap_or_default(),
            money(self.unit_price).unwrap_or_default(),
            money(self.amount).unwrap_or_default(),
            self.currency.as_str().to_uppercase(),
            money(self.tax_included).unwrap_or_default(),
            text(order.customer_name.as_deref()),
            text(order.customer_email.as_deref()),
            text(address["country"].as_str()),
            text(order.stripe_payment_intent_id.as_deref()),
            text(Some(&order.stripe_session_id)),
            text(order.business_name.as_deref()),
            text(Some(&tax_ids(order).join(", "))),
            order
                .customer_note
                .as_deref()
                .map(lines)
                .unwrap_or_default(),
            text(invoice.map(String::as_str)),
        ]
    }
}

/// Formats an amount as a number; in minor units if the shop does not know the currency.
fn decimal(amount: i64, currency: &CurrencyCode) -> String {
    match currency.known() {
        Some(currency) => MinorUnit(amount).of(currency).decimal(),
        None => amount.to_string(),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn an_amount_is_a_number() {
        let decimal = |amount, code: &str| decimal(amount, &code.parse().unwrap());
        assert_eq!(decimal(-1_234_567, "eur"), "-12345.67");
        assert_eq!(decimal(-5, "eur"), "-0.05");
        assert_eq!(decimal(1500, "jpy"), "1500");
        assert_eq!(decimal(1500, "kwd"), "1.500");
        assert_eq!(decimal(1500, "xyz"), "1500");
    }
}
