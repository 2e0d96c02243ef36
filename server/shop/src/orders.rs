//! Orders: how they come to be, and how they are shown.

use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    TryInsertResult,
};

use crate::checkout::stock::Taken;
use crate::checkout::{CheckoutError, Options, Quote, find};
use crate::clock;
use crate::database::Database;
use crate::entity::{checkout, order, order_line};
use crate::money::{Currency, MinorUnit};
use crate::token::OrderToken;
use crate::view::{Day, LineView, OrderStatus, OrderView};

pub mod overview;

/// Why the owner should look at an order. The money is real in every case, so the order is too.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flag {
    /// Paid in another currency than promised.
    CurrencyDiffers,
    /// Stripe's subtotal is not the sum of the lines.
    SubtotalDiffers,
    /// The total is not subtotal − discount + shipping + tax.
    TotalDiffers,
    /// Paid after the hold was given up, and the pieces were gone.
    Oversold,
}

impl Flag {
    /// Every flag.
    pub const ALL: [Self; 4] = [
        Self::CurrencyDiffers,
        Self::SubtotalDiffers,
        Self::TotalDiffers,
        Self::Oversold,
    ];

    /// In words, for the owner.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::CurrencyDiffers => "paid in another currency than promised",
            Self::SubtotalDiffers => "Stripe's subtotal is not the sum of the lines",
            Self::TotalDiffers => "the total is not subtotal − discount + shipping + tax",
            Self::Oversold => "paid after its pieces were released, and they were gone",
        }
    }

    /// The name in the database.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::CurrencyDiffers => "currency_differs",
            Self::SubtotalDiffers => "subtotal_differs",
            Self::TotalDiffers => "total_differs",
            Self::Oversold => "oversold",
        }
    }
}

/// What Stripe confirmed as paid, in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) session: String,
    pub(crate) payment_intent: Option<String>,
    pub(crate) status: String,
    /// Stripe's code, in lower case; not always one that the shop could sell in.
    pub(crate) currency: String,
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) shipping: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) shipping_name: Option<String>,
    /// Stripe's address object, as JSON.
    pub(crate) shipping_address: Option<String>,
}

/// Compares what was paid with what was promised. `None` where they agree.
pub(crate) fn compare(promised: &checkout::Model, paid: &Payment) -> Option<Flag> {
    // Stripe states the tax also where the prices contain it; then it is not added.
    let contained = serde_json::from_str::<Options>(&promised.options)
        .is_ok_and(|options| options.automatic_tax && options.tax_inclusive);
    let added_tax = if contained { 0 } else { paid.tax };
    let sum = || {
        paid.subtotal
            .checked_sub(paid.discount)?
            .checked_add(paid.shipping)?
            .checked_add(added_tax)
    };
    if paid.currency != promised.currency {
        Some(Flag::CurrencyDiffers)
    } else if paid.subtotal != promised.amount_subtotal {
        Some(Flag::SubtotalDiffers)
    } else if sum() != Some(paid.total) {
        Some(Flag::TotalDiffers)
    } else {
        None
    }
}

/// Writes the order of a paid checkout. Says whether it is new: one that is already there stays as it is.
pub(crate) async fn create(
    transaction: &DatabaseTransaction,
    quote: &Quote,
    paid: Payment,
    taken: &Taken,
    flag: Option<Flag>,
    paid_at: time::OffsetDateTime,
) -> Result<bool, DbErr> {
    let row = order::ActiveModel {
        id: NotSet,
        checkout_id: Set(quote.checkout.id.clone()),
        stripe_session_id: Set(paid.session),
        stripe_payment_intent_id: Set(paid.payment_intent),
        token: Set(quote.checkout.token.clone()),
        currency: Set(paid.currency),
        amount_subtotal: Set(paid.subtotal),
        amount_discount: Set(paid.discount),
        amount_shipping: Set(paid.shipping),
        amount_tax: Set(paid.tax),
        amount_total: Set(paid.total),
        payment_status: Set(paid.status),
        customer_email: Set(paid.email),
        customer_name: Set(paid.name),
        customer_phone: Set(paid.phone),
        shipping_name: Set(paid.shipping_name),
        shipping_address: Set(paid.shipping_address),
        flag: Set(flag.map(|flag| flag.as_str().to_owned())),
        paid_at: Set(paid_at),
        created_at: Set(clock::now()),
    };
    let inserted = order::Entity::insert(row)
        .on_conflict_do_nothing_on([order::Column::CheckoutId])
        .exec(transaction)
        .await?;
    let TryInsertResult::Inserted(inserted) = inserted else {
        return Ok(false);
    };
    let lines = quote.lines.iter().map(|line| {
        order_line::Model {
            order_id: inserted.last_insert_id,
            product_id: line.product_id,
            name: line.name.clone(),
            unit_amount: line.unit_amount,
            quantity: line.quantity,
            stock_taken: taken.get(&line.product_id).copied().unwrap_or(0),
        }
        .into_active_model()
        .reset_all()
    });
    order_line::Entity::insert_many(lines)
        .exec_without_returning(transaction)
        .await?;
    if let Some(flag) = flag {
        let number = inserted.last_insert_id;
        tracing::error!(
            order = number,
            flag = flag.as_str(),
            "order {number} was paid but needs the owner's attention: {}",
            flag.as_str()
        );
    }
    Ok(true)
}

/// What the page of an order shows. `None` where nothing has this token.
///
/// # Errors
/// Where the database does not answer.
pub async fn by_token(
    database: &Database,
    token: &OrderToken,
) -> Result<Option<OrderView>, CheckoutError> {
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
        None => paid(database, &quote).await.map(Some),
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
    Ok(by_token(database, token).await?.map(|view| view.status))
}

fn promised(quote: &Quote, status: OrderStatus) -> Result<OrderView, CheckoutError> {
    let currency: Currency = quote
        .checkout
        .currency
        .parse()
        .map_err(|_| CheckoutError::Row("unknown currency"))?;
    let lines = quote
        .lines
        .iter()
        .map(|line| line_view(&line.name, line.unit_amount, line.quantity, currency));
    let subtotal = MinorUnit(quote.checkout.amount_subtotal).of(currency);
    let nothing = MinorUnit::ZERO.of(currency);
    Ok(OrderView {
        status,
        paid_on: None,
        lines: lines.collect(),
        subtotal,
        discount: nothing,
        shipping: nothing,
        tax: nothing,
        total: subtotal,
    })
}

async fn paid(database: &Database, quote: &Quote) -> Result<OrderView, CheckoutError> {
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
    let promised: Currency = quote
        .checkout
        .currency
        .parse()
        .map_err(|_| CheckoutError::Row("unknown currency"))?;
    // Such an order is flagged; the page cannot know the decimals of a currency that the shop does not know.
    let currency: Currency = order.currency.parse().unwrap_or(promised);
    Ok(OrderView {
        status: OrderStatus::Paid { number: order.id },
        paid_on: day(order.paid_at),
        // Lines keep the currency in which they were promised, should the payment have come in another.
        lines: lines
            .iter()
            .map(|line| line_view(&line.name, line.unit_amount, line.quantity, promised))
            .collect(),
        subtotal: MinorUnit(order.amount_subtotal).of(currency),
        discount: MinorUnit(order.amount_discount).of(currency),
        shipping: MinorUnit(order.amount_shipping).of(currency),
        tax: MinorUnit(order.amount_tax).of(currency),
        total: MinorUnit(order.amount_total).of(currency),
    })
}

fn day(paid_at: time::OffsetDateTime) -> Option<Day> {
    let machine = time::macros::format_description!("[year]-[month]-[day]");
    let person = time::macros::format_description!("[day padding:none] [month repr:long] [year]");
    Some(Day {
        machine: paid_at.format(machine).ok()?,
        person: paid_at.format(person).ok()?,
    })
}

fn line_view(name: &str, unit_amount: i64, quantity: i64, currency: Currency) -> LineView {
    let pieces = u32::try_from(quantity).unwrap_or(u32::MAX);
    let price = MinorUnit(unit_amount);
    let total = price.checked_times(pieces).unwrap_or(MinorUnit(i64::MAX));
    LineView {
        name: name.to_owned(),
        price: price.of(currency),
        quantity: pieces,
        total: total.of(currency),
    }
}
