//! The details of a payment that Stripe's events do not state: taxes by rate, what was paid for
//! each line, how it was paid, Stripe's fee, and the invoice.
//!
//! The outbox fetches them after the order is created, and tries again while Stripe has trouble;
//! the order needs none of them. Each fetch replaces what an earlier one has stored.

use sea_orm::sea_query::Expr;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use serde_json::Value;
use till_core::money::CurrencyCode;

use crate::Shop;
use crate::checkout::CheckoutError;
use crate::database::{Database, WriteTransaction};
use crate::entity::{order, order_line, order_tax};
use crate::inbox::storable;
use crate::stripe::CallError;

/// The longest percentage that is stored, such as `8.875`, in characters.
const MAX_PERCENTAGE: usize = 16;
/// The longest URL that is stored, in characters.
const MAX_URL: usize = 2_000;
/// The longest name of a payment method or card brand that is stored, in characters.
const MAX_METHOD: usize = 50;
/// The name of a tax that Stripe does not name.
const TAX: &str = "Tax";

/// What became of a fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum FetchOutcome {
    /// Everything is stored.
    Complete,
    /// Everything but the fee is stored: Stripe does not know it yet.
    WithoutFee,
    /// There is nothing to fetch, for this reason.
    Missing(&'static str),
}

/// Why a fetch failed. Nothing is stored then.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FetchError {
    /// The rows could not be read or written.
    #[error(transparent)]
    Rows(#[from] CheckoutError),
    /// Stripe did not respond or refused.
    #[error(transparent)]
    Stripe(#[from] CallError),
}

impl From<DbErr> for FetchError {
    fn from(error: DbErr) -> Self {
        Self::Rows(error.into())
    }
}

/// Fetches the details of an order's payment from Stripe and stores them.
pub(crate) async fn fetch(shop: &Shop, checkout: &str) -> Result<FetchOutcome, FetchError> {
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(checkout))
        .one(shop.database.reader())
        .await?;
    let Some(order) = order else {
        return Ok(FetchOutcome::Missing("there is no order"));
    };
    let session = &order.stripe_session_id;
    let Some(found) = shop.stripe.payment_details(session).await? else {
        return Ok(FetchOutcome::Missing("Stripe does not know the session"));
    };
    let mut details = PaymentDetails::read(&found);
    if details.has_more_lines {
        let items = shop.stripe.line_items(session).await?;
        let items = items
            .iter()
            .filter_map(|item| serde_json::from_str(item).ok());
        details.lines = items.map(|item: Value| LineAmounts::read(&item)).collect();
    }
    let transaction = shop.database.begin_write("payment-details").await?;
    store(&transaction, &order, &details).await?;
    transaction.commit().await?;
    Ok(match details.fee_is_pending {
        true => FetchOutcome::WithoutFee,
        false => FetchOutcome::Complete,
    })
}

/// The details in a session.
#[derive(Debug, Default, PartialEq, Eq)]
struct PaymentDetails {
    taxes: Vec<Tax>,
    /// In the order of the request that created the session.
    lines: Vec<LineAmounts>,
    /// Whether there are more lines than the session lists.
    has_more_lines: bool,
    /// Stripe's id and page of the invoice.
    invoice: Option<(String, Option<String>)>,
    shipping_method: Option<String>,
    method: Option<Method>,
    fee: Option<Fee>,
    /// Whether the payment has a charge that is not booked yet.
    fee_is_pending: bool,
}

/// A tax. Amounts in minor units.
#[derive(Debug, PartialEq, Eq)]
struct Tax {
    name: String,
    percentage: Option<String>,
    jurisdiction: Option<String>,
    inclusive: bool,
    amount: i64,
    taxable_amount: Option<i64>,
}

/// What was paid for a line, in minor units.
#[derive(Debug, PartialEq, Eq)]
struct LineAmounts {
    sku: Option<String>,
    subtotal: Option<i64>,
    discount: Option<i64>,
    tax: Option<i64>,
    total: Option<i64>,
}

/// Stripe's fee, and what remains after it, in minor units of a currency that need not be the
/// order's.
#[derive(Debug, PartialEq, Eq)]
struct Fee {
    fee: i64,
    net: i64,
    currency: CurrencyCode,
}

/// How it was paid, in Stripe's words.
#[derive(Debug, PartialEq, Eq)]
struct Method {
    kind: String,
    brand: Option<String>,
    last4: Option<String>,
}

fn text(value: &Value, key: &str) -> Option<String> {
    storable(value.get(key)?.as_str().map(|text| text.trim().to_owned()))
}

fn amount(value: &Value, key: &str) -> Option<i64> {
    value.get(key)?.as_i64()
}

impl PaymentDetails {
    /// Reads what is there; anything of another shape counts as not there.
    fn read(session: &Value) -> Self {
        let list = |path: &str| session.pointer(path).and_then(Value::as_array);
        let at = |path: &str| session.pointer(path).unwrap_or(&Value::Null);
        let taxes = list("/total_details/breakdown/taxes").into_iter().flatten();
        let lines = list("/line_items/data").into_iter().flatten();
        let charge = at("/payment_intent/latest_charge");
        let booked = at("/payment_intent/latest_charge/balance_transaction");
        let invoice = at("/invoice");
        let id = text(invoice, "id").or_else(|| storable(invoice.as_str().map(str::to_owned)));
        Self {
            taxes: taxes.filter_map(Tax::read).collect(),
            lines: lines.map(LineAmounts::read).collect(),
            has_more_lines: at("/line_items/has_more").as_bool().unwrap_or(false),
            invoice: id
                .filter(|id| id.len() <= 255)
                .map(|id| (id, web_address(invoice, "hosted_invoice_url"))),
            shipping_method: text(at("/shipping_cost/shipping_rate"), "display_name"),
            method: Method::read(at("/payment_intent/latest_charge/payment_method_details")),
            fee: Fee::read(booked),
            fee_is_pending: charge.is_object() && booked.is_null(),
        }
    }
}

/// A URL for a link: nothing but the web.
fn web_address(value: &Value, key: &str) -> Option<String> {
    text(value, key).filter(|url| {
        let web = url.starts_with("https://") || url.starts_with("http://");
        web && url.len() <= MAX_URL && !url.contains(char::is_control)
    })
}

impl Tax {
    fn read(tax: &Value) -> Option<Self> {
        let rate = tax.get("rate").unwrap_or(&Value::Null);
        // What was charged may differ from the nominal rate, for example for reduced rates.
        let percentage = percentage(rate.get("effective_percentage"))
            .or_else(|| percentage(rate.get("percentage")));
        Some(Self {
            name: text(rate, "display_name").unwrap_or_else(|| TAX.to_owned()),
            percentage,
            jurisdiction: text(rate, "jurisdiction"),
            inclusive: rate
                .get("inclusive")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            amount: amount(tax, "amount")?,
            taxable_amount: amount(tax, "taxable_amount"),
        })
    }
}

/// Reads a JSON number as the decimal text that it was written as, without zeros at its end.
fn percentage(value: Option<&Value>) -> Option<String> {
    let written = match value? {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => return None,
    };
    let plain = written.chars().all(|c| c.is_ascii_digit() || c == '.');
    let shortened = match written.contains('.') {
        true => written.trim_end_matches('0').trim_end_matches('.'),
        false => written.as_str(),
    };
    (plain && (1..=MAX_PERCENTAGE).contains(&shortened.len())).then(|| shortened.to_owned())
}

impl LineAmounts {
    fn read(item: &Value) -> Self {
        Self {
            sku: item
                .pointer("/price/product/metadata/sku")
                .and_then(Value::as_str)
                .map(str::to_owned),
            subtotal: amount(item, "amount_subtotal"),
            discount: amount(item, "amount_discount"),
            tax: amount(item, "amount_tax"),
            total: amount(item, "amount_total"),
        }
    }
}

impl Method {
    fn read(details: &Value) -> Option<Self> {
        let word = |text: String| {
            let plain = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            Some(text).filter(|text| plain && text.len() <= MAX_METHOD)
        };
        let kind = text(details, "type").and_then(word)?;
        let of_kind = details.get(&kind).unwrap_or(&Value::Null);
        Some(Self {
            brand: text(of_kind, "brand").and_then(word),
            last4: text(of_kind, "last4")
                .and_then(word)
                .filter(|last4| last4.len() == 4),
            kind,
        })
    }
}

impl Fee {
    fn read(booked: &Value) -> Option<Self> {
        Some(Self {
            fee: amount(booked, "fee")?,
            net: amount(booked, "net")?,
            currency: booked.get("currency")?.as_str()?.parse().ok()?,
        })
    }
}

/// Returns the stored taxes of an order. None if they do not add up to the order's tax, which is
/// what was paid.
pub(super) async fn taxes(
    database: &Database,
    order: &order::Model,
) -> Result<Vec<order_tax::Model>, DbErr> {
    let rows = order_tax::Entity::find()
        .filter(order_tax::Column::OrderId.eq(order.id))
        .order_by_asc(order_tax::Column::Position)
        .all(database.reader())
        .await?;
    Ok(shown_taxes(order, rows.iter()))
}

/// Those of an order's taxes that are shown: all that come to something, if they add up.
pub(super) fn shown_taxes<'a>(
    order: &order::Model,
    taxes: impl Iterator<Item = &'a order_tax::Model>,
) -> Vec<order_tax::Model> {
    let shown: Vec<_> = taxes.filter(|tax| tax.amount != 0).cloned().collect();
    let sum = shown
        .iter()
        .try_fold(0_i64, |sum, tax| sum.checked_add(tax.amount));
    match sum == Some(order.amount_tax) {
        true => shown,
        false => Vec::new(),
    }
}

/// The tax ids that the shopper entered, without their types.
pub(super) fn tax_ids(order: &order::Model) -> Vec<String> {
    let stored = order.tax_ids.as_deref().unwrap_or("[]");
    let stored: Vec<Value> = serde_json::from_str(stored).unwrap_or_default();
    stored
        .iter()
        .filter_map(|tax_id| text(tax_id, "value"))
        .collect()
}

async fn store(
    transaction: &WriteTransaction,
    order: &order::Model,
    details: &PaymentDetails,
) -> Result<(), DbErr> {
    store_on_order(transaction, order, details).await?;
    order_tax::Entity::delete_many()
        .filter(order_tax::Column::OrderId.eq(order.id))
        .exec(transaction)
        .await?;
    let taxes = details.taxes.iter().zip(0..).map(|(tax, position)| {
        order_tax::Model {
            order_id: order.id,
            position,
            name: tax.name.clone(),
            percentage: tax.percentage.clone(),
            jurisdiction: tax.jurisdiction.clone(),
            inclusive: tax.inclusive,
            amount: tax.amount,
            taxable_amount: tax.taxable_amount,
        }
        .into_active_model()
        .reset_all()
    });
    let taxes: Vec<_> = taxes.collect();
    if !taxes.is_empty() {
        order_tax::Entity::insert_many(taxes)
            .exec_without_returning(transaction)
            .await?;
    }
    store_on_lines(transaction, order, details).await
}

/// Sets what is known on the order. The update comes first: it locks the order, so that a
/// simultaneous fetch waits.
async fn store_on_order(
    transaction: &WriteTransaction,
    order: &order::Model,
    details: &PaymentDetails,
) -> Result<(), DbErr> {
    let (invoice, url) = match &details.invoice {
        Some((id, url)) => (Some(id.clone()), url.clone()),
        None => (order.stripe_invoice_id.clone(), order.invoice_url.clone()),
    };
    let shipping_method = order.shipping_method.clone();
    let shipping_method = shipping_method.or_else(|| details.shipping_method.clone());
    let mut update = order::Entity::update_many()
        .col_expr(order::Column::StripeInvoiceId, Expr::value(invoice))
        .col_expr(order::Column::InvoiceUrl, Expr::value(url))
        .col_expr(order::Column::ShippingMethod, Expr::value(shipping_method))
        .filter(order::Column::Id.eq(order.id));
    if let Some(method) = &details.method {
        let (brand, last4) = (method.brand.clone(), method.last4.clone());
        update = update
            .col_expr(order::Column::PaymentMethod, Expr::value(&*method.kind))
            .col_expr(order::Column::PaymentBrand, Expr::value(brand))
            .col_expr(order::Column::PaymentLast4, Expr::value(last4));
    }
    if let Some(fee) = &details.fee {
        let currency = fee.currency.as_str();
        update = update
            .col_expr(order::Column::StripeFee, Expr::value(fee.fee))
            .col_expr(order::Column::StripeNet, Expr::value(fee.net))
            .col_expr(order::Column::StripeFeeCurrency, Expr::value(currency));
    }
    update.exec(transaction).await?;
    Ok(())
}

/// Sets what was paid for each line. Lines are matched by SKU, or by their order if Stripe's
/// products have none; a line whose subtotal differs is left out.
async fn store_on_lines(
    transaction: &WriteTransaction,
    order: &order::Model,
    details: &PaymentDetails,
) -> Result<(), DbErr> {
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order.id))
        .order_by_asc(order_line::Column::VariantId)
        .all(transaction)
        .await?;
    for (index, line) in lines.iter().enumerate() {
        let by_sku = details
            .lines
            .iter()
            .find(|amounts| amounts.sku.as_ref() == Some(&line.sku));
        let by_place = || {
            let same_length = details.lines.len() == lines.len();
            let nameless = details.lines.iter().all(|amounts| amounts.sku.is_none());
            details.lines.get(index).filter(|_| same_length && nameless)
        };
        let subtotal = line.unit_amount.checked_mul(line.quantity);
        let Some(amounts) = by_sku
            .or_else(by_place)
            .filter(|amounts| amounts.subtotal == subtotal)
        else {
            continue;
        };
        order_line::Entity::update_many()
            .col_expr(
                order_line::Column::AmountDiscount,
                Expr::value(amounts.discount),
            )
            .col_expr(order_line::Column::AmountTax, Expr::value(amounts.tax))
            .col_expr(order_line::Column::AmountTotal, Expr::value(amounts.total))
            .filter(order_line::Column::OrderId.eq(order.id))
            .filter(order_line::Column::VariantId.eq(line.variant_id))
            .exec(transaction)
            .await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_percentage_is_kept_as_it_is_written() {
        for (written, kept) in [
            ("19.0", Some("19")),
            ("8.875", Some("8.875")),
            ("7", Some("7")),
            ("20", Some("20")),
            ("0.0", Some("0")),
            ("-1", None),
            ("1e300", None),
            ("null", None),
        ] {
            let value = serde_json::from_str(written).ok();
            assert_eq!(percentage(value.as_ref()).as_deref(), kept, "{written}");
        }
    }

    #[test]
    fn a_session_without_details_has_none() {
        let nothing = PaymentDetails::default();
        for session in [
            json!({ "id": "cs_1" }),
            json!({ "total_details": null, "line_items": [], "invoice": null }),
            json!({ "payment_intent": "pi_1" }),
            json!({ "total_details": { "breakdown": { "taxes": [{ "rate": "txr_1" }, 7] } } }),
            json!([]),
        ] {
            assert_eq!(PaymentDetails::read(&session), nothing, "{session}");
        }
    }

    #[test]
    fn a_fee_is_pending_until_the_charge_is_booked() {
        let read = |booked: Value| {
            PaymentDetails::read(&json!({
                "payment_intent": { "latest_charge": { "balance_transaction": booked } },
            }))
        };
        assert!(read(Value::Null).fee_is_pending);
        let booked = read(json!({ "fee": 55, "net": 945, "currency": "eur" }));
        assert!(!booked.fee_is_pending);
        let fee = booked
            .fee
            .map(|fee| (fee.fee, fee.net, fee.currency.to_string()));
        assert_eq!(fee, Some((55, 945, "eur".to_owned())));
    }

    #[test]
    fn how_it_was_paid_is_read_in_stripes_words() {
        let read = |details: Value| {
            let read = PaymentDetails::read(&json!({
                "payment_intent": { "latest_charge": { "payment_method_details": details } },
            }));
            read.method
                .map(|method| (method.kind, method.brand, method.last4))
        };
        let some = |text: &str| Some(text.to_owned());
        let card = json!({ "type": "card", "card": { "brand": "visa", "last4": "4242" } });
        let found = ("card".to_owned(), some("visa"), some("4242"));
        assert_eq!(read(card), Some(found));
        let debit = json!({ "type": "sepa_debit", "sepa_debit": { "last4": "3000" } });
        assert_eq!(
            read(debit),
            Some(("sepa_debit".to_owned(), None, some("3000")))
        );
        let klarna = json!({ "type": "klarna", "klarna": { "preferred_locale": "de-DE" } });
        assert_eq!(read(klarna), Some(("klarna".to_owned(), None, None)));
        // More than the last four digits is never stored.
        let whole = json!({ "type": "card", "card": { "last4": "4242424242424242" } });
        assert_eq!(read(whole), Some(("card".to_owned(), None, None)));
        assert_eq!(read(json!({ "type": "<b>" })), None);
        assert_eq!(read(json!("card")), None);
    }

    #[test]
    fn an_invoice_links_to_the_web_only() {
        let read = |url: &str| {
            let invoice = json!({ "id": "in_1", "hosted_invoice_url": url });
            PaymentDetails::read(&json!({ "invoice": invoice })).invoice
        };
        let id = "in_1".to_owned();
        let url = "https://invoice.stripe.com/i/1";
        assert_eq!(read(url), Some((id.clone(), Some(url.to_owned()))));
        assert_eq!(read("javascript:alert(1)"), Some((id, None)));
    }
}
