//! The data of an order's page.

use locale::{Language, Texts};
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::Deserialize;
use time::OffsetDateTime;

use super::shipments::{ShipmentRow, of_order};
use super::{Flag, options, payment_details};
use crate::Shop;
use crate::checkout::{CheckoutError, Quote, find};
use crate::country::Country;
use crate::database::Database;
use crate::entity::{checkout, dispute, order, order_line, order_tax, outbox, refund, withdrawal};
use crate::outbox::Task;
use till_core::money::{Currency, MinorUnit};
use till_core::refunds::{DisputeStatus, RefundStatus};
use till_core::token::{AttemptToken, OrderToken};
use till_core::view::{
    BuyerView, Day, Destination, DisputeView, LateOutcome, LineView, OrderStatus, OrderView,
    ShipmentView, TaxView, full_name,
};

/// Returns the data of an order's page, or `None` if the token is unknown.
///
/// # Errors
/// If the database does not answer.
pub async fn by_token(
    shop: &Shop,
    token: &OrderToken,
    language: Language,
) -> Result<Option<OrderView>, CheckoutError> {
    let database = &shop.database;
    let Some(quote) = find(
        database.reader(),
        checkout::Column::Token.eq(token.as_str()),
    )
    .await?
    else {
        return Ok(None);
    };
    match OrderStatus::without_order(quote.checkout.state) {
        Some(status) => Ok(Some(quoted_view(&quote, status))),
        None => paid_view(shop, &quote, language).await.map(Some),
    }
}

/// Returns an order's status, for a page that polls, or `None` if the token is unknown.
///
/// # Errors
/// If the database does not answer.
pub async fn status(
    database: &Database,
    token: &OrderToken,
) -> Result<Option<OrderStatus>, CheckoutError> {
    let condition = checkout::Column::Token.eq(token.as_str());
    let quote = find(database.reader(), condition).await?;
    Ok(quote
        .map(|quote| OrderStatus::without_order(quote.checkout.state).unwrap_or(OrderStatus::Paid)))
}

/// Returns the view of a checkout without an order.
fn quoted_view(quote: &Quote, status: OrderStatus) -> OrderView {
    let currency = quote.checkout.currency;
    let lines = quote.lines.iter().map(|line| {
        line_view(
            (line.variant_id, line.sku.clone()),
            full_name(&line.product_name, &line.variant_name),
            line.unit_amount,
            line.quantity,
            currency,
        )
    });
    let subtotal = MinorUnit(quote.checkout.amount_subtotal).of(currency);
    let nothing = MinorUnit::ZERO.of(currency);
    OrderView {
        status,
        number: None,
        paid_on: None,
        lines: lines.collect(),
        subtotal,
        discount: nothing,
        shipping: nothing,
        tax: nothing,
        taxes: Vec::new(),
        shipping_method: None,
        tax_included: false,
        total: (!options(&quote.checkout).can_change_total()).then_some(subtotal),
        refunded: nothing,
        refunding: nothing,
        refunds_in_other_currencies: Vec::new(),
        late: None,
        dispute: None,
        withdrawn_on: None,
        ships: options(&quote.checkout).shipping.is_some(),
        shipments: Vec::new(),
        destination: None,
        attempt: attempt_of_form(&quote.checkout),
        buyer: BuyerView::default(),
    }
}

/// The attempt token of the form that a checkout was begun with.
fn attempt_of_form(checkout: &checkout::Model) -> Option<AttemptToken> {
    let form = checkout.derived_from.as_ref();
    form.or(checkout.attempt.as_ref()).cloned()
}

/// Returns the view of a paid order.
async fn paid_view(
    shop: &Shop,
    quote: &Quote,
    language: Language,
) -> Result<OrderView, CheckoutError> {
    let database = &shop.database;
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&quote.checkout.id))
        .one(database.reader())
        .await?
        .ok_or(CheckoutError::NotFound("a paid checkout has no order"))?;
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order.id))
        .order_by_asc(order_line::Column::VariantId)
        .all(database.reader())
        .await?;
    let refunds = refund_totals(database, &order, language).await?;
    let taxes = payment_details::taxes(database, &order).await?;
    let late = late(database, &order).await?;
    let quoted_currency = quote.checkout.currency;
    // An order in an unknown currency is flagged. Its decimals are unknown, so the page falls back
    // to the quoted currency.
    let currency = order.currency.known().unwrap_or(quoted_currency);
    Ok(OrderView {
        status: OrderStatus::Paid,
        number: Some(order.number.clone()),
        paid_on: shop.profile().time_zone.day(order.paid_at, language),
        // Lines keep the quoted currency, even if the payment was made in another one.
        lines: lines
            .iter()
            .map(|line| {
                line_view(
                    (line.variant_id, line.sku.clone()),
                    full_name(&line.product_name, &line.variant_name),
                    line.unit_amount,
                    line.quantity,
                    quoted_currency,
                )
            })
            .collect(),
        subtotal: MinorUnit(order.amount_subtotal).of(currency),
        discount: MinorUnit(order.amount_discount).of(currency),
        shipping: MinorUnit(order.amount_shipping).of(currency),
        tax: MinorUnit(order.amount_tax).of(currency),
        taxes: taxes.iter().map(|tax| tax_view(tax, currency)).collect(),
        shipping_method: order.shipping_method.clone(),
        tax_included: options(&quote.checkout).prices_include_tax(),
        total: Some(MinorUnit(order.amount_total).of(currency)),
        refunded: refunds.succeeded.of(currency),
        refunding: refunds.pending.of(currency),
        refunds_in_other_currencies: refunds.in_other_currencies,
        late,
        dispute: dispute(database, &order).await?,
        withdrawn_on: withdrawn_on(shop, &order, language).await?,
        ships: order.fulfilment.is_open(),
        shipments: shipments(shop, &order, language).await?,
        destination: destination(&order, language),
        attempt: attempt_of_form(&quote.checkout),
        buyer: buyer(&order, language),
    })
}

/// Sums of an order's refunds in its own currency, and its refunds in other currencies.
#[derive(Clone, Debug, Default)]
struct RefundTotals {
    succeeded: MinorUnit,
    pending: MinorUnit,
    in_other_currencies: Vec<String>,
}

async fn refund_totals(
    database: &Database,
    order: &order::Model,
    language: Language,
) -> Result<RefundTotals, CheckoutError> {
    let rows = refund::Entity::find()
        .filter(refund::Column::OrderId.eq(order.id))
        .order_by_asc(refund::Column::CreatedAt)
        .order_by_asc(refund::Column::Id)
        .all(database.reader())
        .await?;
    let mut totals = RefundTotals::default();
    for row in rows {
        if !row.status.counts() {
            continue;
        }
        if row.currency != order.currency {
            // Never add up two currencies.
            let amount = Texts::of(language).amount(row.amount, &row.currency);
            totals.in_other_currencies.push(amount);
            continue;
        }
        let sum = if row.status == RefundStatus::Succeeded {
            &mut totals.succeeded
        } else {
            &mut totals.pending
        };
        *sum = sum
            .checked_add(MinorUnit(row.amount))
            .ok_or(CheckoutError::Internal(
                "the sum of the refunds is too large",
            ))?;
    }
    Ok(totals)
}

/// Returns what the page says about a payment that came after the units were sold out. An automatic
/// refund is always for that reason.
async fn late(database: &Database, order: &order::Model) -> Result<Option<LateOutcome>, DbErr> {
    // The flag alone is not enough: a wrong amount takes precedence over a missing unit. Refunds
    // that the owner requested have another key.
    let task = outbox::Entity::find()
        .filter(outbox::Column::Key.eq(Task::refund().key(&order.checkout_id)))
        .one(database.reader())
        .await?;
    let oversold = order.flag == Some(Flag::Oversold);
    Ok(match task {
        Some(_) => Some(LateOutcome::Refunded),
        None if oversold => Some(LateOutcome::Accepted),
        None => None,
    })
}

/// Returns what the page says about the order's disputes: of several, the worst. A dispute with an
/// unknown status counts as open.
async fn dispute(database: &Database, order: &order::Model) -> Result<Option<DisputeView>, DbErr> {
    let rows = dispute::Entity::find()
        .filter(dispute::Column::OrderId.eq(order.id))
        .all(database.reader())
        .await?;
    let view = |row: &dispute::Model| match &row.status {
        DisputeStatus::Lost => Some(DisputeView::Lost),
        status if status.is_closed() => None,
        _ => Some(DisputeView::Open),
    };
    let views: Vec<DisputeView> = rows.iter().filter_map(view).collect();
    let worst = [DisputeView::Lost, DisputeView::Open];
    Ok(worst.into_iter().find(|worst| views.contains(worst)))
}

/// Returns the day of the order's last withdrawal.
async fn withdrawn_on(
    shop: &Shop,
    order: &order::Model,
    language: Language,
) -> Result<Option<Day>, DbErr> {
    let last: Option<OffsetDateTime> = withdrawal::Entity::find()
        .select_only()
        .column(withdrawal::Column::ReceivedAt)
        .filter(withdrawal::Column::OrderId.eq(order.id))
        .order_by_desc(withdrawal::Column::Id)
        .limit(1)
        .into_tuple()
        .one(shop.database.reader())
        .await?;
    Ok(last.and_then(|last| shop.profile().time_zone.day(last, language)))
}

/// Returns the parcels that were sent.
async fn shipments(
    shop: &Shop,
    order: &order::Model,
    language: Language,
) -> Result<Vec<ShipmentView>, DbErr> {
    let zone = shop.profile().time_zone.clone();
    let rows = of_order(shop.database.reader(), order.id).await?;
    let sent = rows.into_iter().filter(|row| row.undone_at.is_none());
    let view = |row: ShipmentRow| ShipmentView {
        sent_on: zone.day(row.at, language),
        carrier: row.carrier_name,
        tracking_number: row.tracking_number,
        tracking_address: row.tracking_address,
        lines: row
            .lines
            .into_iter()
            .map(|line| (u32::try_from(line.quantity).unwrap_or(u32::MAX), line.name))
            .collect(),
    };
    Ok(sent.map(view).collect())
}

/// The parts of Stripe's address object that a parcel label needs.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Address {
    line1: Option<String>,
    line2: Option<String>,
    postal_code: Option<String>,
    city: Option<String>,
    state: Option<String>,
    country: Option<String>,
}

fn tax_view(tax: &order_tax::Model, currency: Currency) -> TaxView {
    TaxView {
        name: tax.name.clone(),
        percentage: tax.percentage.clone(),
        included: tax.inclusive,
        amount: MinorUnit(tax.amount).of(currency),
    }
}

fn buyer(order: &order::Model, language: Language) -> BuyerView {
    // With a card, Stripe may ask for the country and the postal code only.
    let is_complete = |address: &&str| {
        serde_json::from_str::<Address>(address).is_ok_and(|address| address.line1.is_some())
    };
    let billing_address = order.billing_address.as_deref().filter(is_complete);
    let billing_address = billing_address.map(|address| {
        let name = order
            .business_name
            .as_ref()
            .or(order.customer_name.as_ref());
        address_lines(name, address, language)
    });
    let billing_address = billing_address.filter(|lines| !lines.is_empty());
    BuyerView {
        billing_address: billing_address.map(|lines| Destination { lines }),
        business_name: order.business_name.clone(),
        tax_ids: payment_details::tax_ids(order),
        note: order.customer_note.clone(),
        invoice_url: order.invoice_url.clone(),
    }
}

fn destination(order: &order::Model, language: Language) -> Option<Destination> {
    let name = order.shipping_name.as_ref();
    let lines = address_lines(name, order.shipping_address.as_deref()?, language);
    (!lines.is_empty()).then_some(Destination { lines })
}

/// Formats an address as on a parcel: name, street, town, country. `address` is Stripe's address
/// object as JSON; the country is named in `language`. Empty if it has no values.
#[must_use]
pub fn address_lines(name: Option<&String>, address: &str, language: Language) -> Vec<String> {
    let Ok(address) = serde_json::from_str::<Address>(address) else {
        return Vec::new();
    };
    let words = |parts: &[&Option<String>]| {
        let parts: Vec<&str> = parts
            .iter()
            .filter_map(|part| part.as_deref())
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        (!parts.is_empty()).then(|| parts.join(" "))
    };
    // With a state, the postal code comes last: "Portland OR 97201", but "10115 Berlin".
    let town = if words(&[&address.state]).is_some() {
        words(&[&address.city, &address.state, &address.postal_code])
    } else {
        words(&[&address.postal_code, &address.city])
    };
    let country = words(&[&address.country]).map(|code| {
        let named = language.country(&code).map(str::to_owned);
        let english = || {
            code.parse()
                .ok()
                .map(|country: Country| country.name().to_owned())
        };
        named.or_else(english).unwrap_or(code)
    });
    let lines = [
        words(&[&name.cloned()]),
        words(&[&address.line1]),
        words(&[&address.line2]),
        town,
        country,
    ];
    lines.into_iter().flatten().collect()
}

fn line_view(
    (variant, sku): (i64, String),
    name: String,
    unit_amount: i64,
    quantity: i64,
    currency: Currency,
) -> LineView {
    let units = u32::try_from(quantity).unwrap_or(u32::MAX);
    let price = MinorUnit(unit_amount);
    let total = price.checked_mul(units).unwrap_or(MinorUnit(i64::MAX));
    LineView {
        variant,
        sku,
        name,
        price: price.of(currency),
        quantity: units,
        total: total.of(currency),
    }
}
