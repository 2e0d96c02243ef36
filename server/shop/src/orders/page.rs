//! What the page of an order shows.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Deserialize;

use super::{Flag, options};
use crate::Shop;
use crate::checkout::{CheckoutError, Quote, find};
use crate::country::Country;
use crate::database::Database;
use crate::entity::{checkout, dispute, order, order_line, outbox, refund};
use crate::money::{Currency, MinorUnit, written};
use crate::money_back::{DisputeStage, DisputeStatus, RefundStatus};
use crate::outbox::Task;
use crate::token::OrderToken;
use crate::view::{Destination, DisputeView, Late, LineView, OrderStatus, OrderView};

/// What the page of an order shows. `None` where nothing has this token.
///
/// # Errors
/// Where the database does not answer.
pub async fn by_token(shop: &Shop, token: &OrderToken) -> Result<Option<OrderView>, CheckoutError> {
    let database = &shop.database;
    let Some(quote) = find(
        database.reader(),
        checkout::Column::Token.eq(token.as_str()),
    )
    .await?
    else {
        return Ok(None);
    };
    match OrderStatus::without_order(quote.state) {
        Some(status) => promised(&quote, status).map(Some),
        None => paid(shop, &quote).await.map(Some),
    }
}

/// Where an order stands, for a page that waits. `None` where nothing has this token.
///
/// # Errors
/// Where the database does not answer.
pub async fn status(
    database: &Database,
    token: &OrderToken,
) -> Result<Option<OrderStatus>, CheckoutError> {
    let condition = checkout::Column::Token.eq(token.as_str());
    let quote = find(database.reader(), condition).await?;
    Ok(quote.map(|quote| OrderStatus::without_order(quote.state).unwrap_or(OrderStatus::Paid)))
}

fn promised(quote: &Quote, status: OrderStatus) -> Result<OrderView, CheckoutError> {
    let currency: Currency = quote
        .checkout
        .currency
        .parse()
        .map_err(|_| CheckoutError::Row("unknown currency"))?;
    let lines = quote.lines.iter().map(|line| {
        line_view(
            line.product_id,
            &line.name,
            line.unit_amount,
            line.quantity,
            currency,
        )
    });
    let subtotal = MinorUnit(quote.checkout.amount_subtotal).of(currency);
    let nothing = MinorUnit::ZERO.of(currency);
    Ok(OrderView {
        status,
        number: None,
        paid_on: None,
        lines: lines.collect(),
        subtotal,
        discount: nothing,
        shipping: nothing,
        tax: nothing,
        shipping_method: None,
        tax_included: false,
        total: (!options(&quote.checkout).change_the_total()).then_some(subtotal),
        refunded: nothing,
        refunding: nothing,
        refunds_in_other_currencies: Vec::new(),
        late: None,
        dispute: None,
        ships: options(&quote.checkout).shipping.is_some(),
        destination: None,
    })
}

async fn paid(shop: &Shop, quote: &Quote) -> Result<OrderView, CheckoutError> {
    let database = &shop.database;
    let order = order::Entity::find()
        .filter(order::Column::CheckoutId.eq(&quote.checkout.id))
        .one(database.reader())
        .await?
        .ok_or(CheckoutError::Row("paid without an order"))?;
    let lines = order_line::Entity::find()
        .filter(order_line::Column::OrderId.eq(order.id))
        .order_by_asc(order_line::Column::ProductId)
        .all(database.reader())
        .await?;
    let back = given_back(database, &order).await?;
    let late = late(database, &order).await?;
    let promised: Currency = quote
        .checkout
        .currency
        .parse()
        .map_err(|_| CheckoutError::Row("unknown currency"))?;
    // Such an order is flagged; the page cannot know the decimals of a currency that the shop does not know.
    let currency: Currency = order.currency.parse().unwrap_or(promised);
    Ok(OrderView {
        status: OrderStatus::Paid,
        number: Some(order.number.clone()),
        paid_on: shop.settings.time_zone.day(order.paid_at),
        // Lines keep the currency in which they were promised, should the payment have come in another.
        lines: lines
            .iter()
            .map(|line| {
                line_view(
                    line.product_id,
                    &line.name,
                    line.unit_amount,
                    line.quantity,
                    promised,
                )
            })
            .collect(),
        subtotal: MinorUnit(order.amount_subtotal).of(currency),
        discount: MinorUnit(order.amount_discount).of(currency),
        shipping: MinorUnit(order.amount_shipping).of(currency),
        tax: MinorUnit(order.amount_tax).of(currency),
        shipping_method: order.shipping_method.clone(),
        tax_included: options(&quote.checkout).contain_tax(),
        total: Some(MinorUnit(order.amount_total).of(currency)),
        refunded: back.done.of(currency),
        refunding: back.under_way.of(currency),
        refunds_in_other_currencies: back.others,
        late,
        dispute: dispute(database, &order).await?,
        ships: options(&quote.checkout).shipping.is_some() || order.shipping_address.is_some(),
        destination: destination(&order),
    })
}

/// Sums over an order's refunds in its own currency, and its refunds in others.
#[derive(Clone, Debug, Default)]
struct GivenBack {
    done: MinorUnit,
    under_way: MinorUnit,
    others: Vec<String>,
}

async fn given_back(database: &Database, order: &order::Model) -> Result<GivenBack, CheckoutError> {
    let rows = refund::Entity::find()
        .filter(refund::Column::OrderId.eq(order.id))
        .order_by_asc(refund::Column::CreatedAt)
        .order_by_asc(refund::Column::Id)
        .all(database.reader())
        .await?;
    let mut back = GivenBack::default();
    for row in rows {
        let Ok(status) = row.status.parse::<RefundStatus>();
        if !status.counts() {
            continue;
        }
        if row.currency != order.currency {
            // No sum mixes currencies.
            back.others.push(written(row.amount, &row.currency));
            continue;
        }
        let sum = if status == RefundStatus::Succeeded {
            &mut back.done
        } else {
            &mut back.under_way
        };
        *sum = sum
            .checked_add(MinorUnit(row.amount))
            .ok_or(CheckoutError::Row("refunds without measure"))?;
    }
    Ok(back)
}

/// Whether the payment came when its pieces were gone. A refund that is to be made by itself is always because of that.
async fn late(database: &Database, order: &order::Model) -> Result<Option<Late>, DbErr> {
    // Not by the flag alone: a wrong amount weighs more than a missing piece, and the owner may have settled it.
    // And not by a refund that the owner has asked for, whose key is another one.
    let task = outbox::Entity::find()
        .filter(outbox::Column::Key.eq(Task::refund().key(&order.checkout_id)))
        .one(database.reader())
        .await?;
    let oversold = order.flag.as_deref() == Some(Flag::Oversold.as_str());
    Ok(match task {
        Some(_) => Some(Late::GoesBack),
        None if oversold => Some(Late::Stands),
        None => None,
    })
}

/// What is to be told of the order's disputes, of several the worst. One whose status is new to
/// this version is open: nobody has won it yet.
async fn dispute(database: &Database, order: &order::Model) -> Result<Option<DisputeView>, DbErr> {
    let rows = dispute::Entity::find()
        .filter(dispute::Column::OrderId.eq(order.id))
        .all(database.reader())
        .await?;
    let told = |row: &dispute::Model| match row.status.parse() {
        Ok(DisputeStatus::Lost) => Some(DisputeView::Lost),
        Ok(status) if matches!(status.stage(), DisputeStage::Closed(_)) => None,
        Ok(_) | Err(_) => Some(DisputeView::Open),
    };
    let told: Vec<DisputeView> = rows.iter().filter_map(told).collect();
    let worst = [DisputeView::Lost, DisputeView::Open];
    Ok(worst.into_iter().find(|worst| told.contains(worst)))
}

/// Stripe's address object, as far as a parcel needs it.
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

fn destination(order: &order::Model) -> Option<Destination> {
    let name = order.shipping_name.as_ref();
    let lines = address_lines(name, order.shipping_address.as_deref()?);
    (!lines.is_empty()).then_some(Destination { lines })
}

/// An address as on a parcel: name, street, town, country. Empty where `address`, Stripe's address
/// object as JSON, says nothing.
#[must_use]
pub fn address_lines(name: Option<&String>, address: &str) -> Vec<String> {
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
    // Where there are states, the code stands behind them: "Portland OR 97201", but "10115 Berlin".
    let town = if words(&[&address.state]).is_some() {
        words(&[&address.city, &address.state, &address.postal_code])
    } else {
        words(&[&address.postal_code, &address.city])
    };
    let country = words(&[&address.country]).map(|code| {
        code.parse::<Country>()
            .map_or(code, |country| country.name().to_owned())
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
    product: i64,
    name: &str,
    unit_amount: i64,
    quantity: i64,
    currency: Currency,
) -> LineView {
    let pieces = u32::try_from(quantity).unwrap_or(u32::MAX);
    let price = MinorUnit(unit_amount);
    let total = price.checked_times(pieces).unwrap_or(MinorUnit(i64::MAX));
    LineView {
        product,
        name: name.to_owned(),
        price: price.of(currency),
        quantity: pieces,
        total: total.of(currency),
    }
}
