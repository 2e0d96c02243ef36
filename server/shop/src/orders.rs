//! Orders: how they are created, and how they are shown.

use std::collections::HashMap;

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait, QueryFilter, QuerySelect,
    TryInsertResult,
};

use till_core::fulfilment::Fulfilment;
use till_core::lifecycle::PaymentStatus;
use till_core::money::CurrencyCode;

use crate::checkout::stock::TakenUnits;
use crate::checkout::{CheckoutError, Options, Quote};
use crate::clock;
use crate::database::{Database, WriteTransaction};
pub use crate::entity::order::Flag;
use crate::entity::{checkout, order, order_line};

mod money;
mod number;
mod page;
mod rows;
mod settings;

pub(crate) use number::find_exact;
pub use number::{InvalidPrefix, MAX_PREFIX_LENGTH, OrderNumbers, find};
pub use page::{address_lines, by_token, status};
pub use settings::OrderSettings;

pub mod export;
pub mod fulfilment;
pub mod list;
pub mod notes;
pub mod overview;
pub mod packing;
pub mod payment_details;
pub mod refund;
pub mod resend;
pub mod resolution;
pub mod resolve;
pub mod search;
pub mod shipments;
pub mod timeline;

impl Flag {
    /// The reason in words, for the owner.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::CurrencyDiffers => "paid in a currency other than the quoted one",
            Self::SubtotalDiffers => "Stripe's subtotal is not the sum of the lines",
            Self::TotalDiffers => "the total is not subtotal − discount + shipping + tax",
            Self::Oversold => "paid after its units were released, and they were sold out",
        }
    }
}

/// Returns the numbers of orders, by id.
///
/// # Errors
/// If the database does not answer.
pub async fn numbers_of(
    database: &Database,
    orders: &[i64],
) -> Result<HashMap<i64, String>, DbErr> {
    let numbers: Vec<(i64, String)> = order::Entity::find()
        .select_only()
        .column(order::Column::Id)
        .column(order::Column::Number)
        .filter(order::Column::Id.is_in(orders.iter().copied()))
        .into_tuple()
        .all(database.reader())
        .await?;
    Ok(numbers.into_iter().collect())
}

/// What Stripe confirmed as paid, in minor units of `currency`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Payment {
    pub(crate) session: String,
    pub(crate) payment_intent: Option<String>,
    pub(crate) status: PaymentStatus,
    pub(crate) currency: CurrencyCode,
    pub(crate) subtotal: i64,
    pub(crate) discount: i64,
    pub(crate) shipping: i64,
    pub(crate) tax: i64,
    pub(crate) total: i64,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    /// Stripe's address object, as JSON.
    pub(crate) billing_address: Option<String>,
    pub(crate) business_name: Option<String>,
    /// Stripe's objects with type and value, as JSON.
    pub(crate) tax_ids: Option<String>,
    /// The shopper's note.
    pub(crate) note: Option<String>,
    /// Stripe's id of the invoice.
    pub(crate) invoice: Option<String>,
    pub(crate) shipping_name: Option<String>,
    /// Stripe's address object, as JSON.
    pub(crate) shipping_address: Option<String>,
    /// The name of the chosen shipping rate.
    pub(crate) shipping_method: Option<String>,
}

/// Compares what was paid with what was quoted. Returns `None` if they agree.
pub(crate) fn check_amounts(quoted: &checkout::Model, paid: &Payment) -> Option<Flag> {
    // Stripe also states tax that the prices include; that tax is not added.
    let added_tax = if options(quoted).prices_include_tax() {
        0
    } else {
        paid.tax
    };
    let sum = || {
        paid.subtotal
            .checked_sub(paid.discount)?
            .checked_add(paid.shipping)?
            .checked_add(added_tax)
    };
    if paid.currency.known() != Some(quoted.currency) {
        Some(Flag::CurrencyDiffers)
    } else if paid.subtotal != quoted.amount_subtotal {
        Some(Flag::SubtotalDiffers)
    } else if sum() != Some(paid.total) {
        Some(Flag::TotalDiffers)
    } else {
        None
    }
}

/// Returns the options of a checkout. Falls back to none if a newer server has written options that
/// this one does not know: amounts that do not add up without them are flagged for the owner.
pub(crate) fn options(checkout: &checkout::Model) -> Options {
    serde_json::from_str(&checkout.options).unwrap_or_default()
}

/// An order that has just been created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CreatedOrder {
    pub(crate) id: i64,
    pub(crate) number: String,
}

/// Writes the order of a paid checkout, without its lines. `None` if the order exists already; it
/// is not changed.
///
/// If the number is taken, another one is drawn. On PostgreSQL a unique violation would abort the
/// transaction, so the insert does nothing on any conflict, and the conflict is looked up
/// afterwards.
pub(crate) async fn create(
    transaction: &WriteTransaction,
    quote: &Quote,
    paid: Payment,
    (flag, fulfilment): (Option<Flag>, Fulfilment),
    paid_at: time::OffsetDateTime,
    numbers: &OrderNumbers,
) -> Result<Option<CreatedOrder>, CheckoutError> {
    let now = clock::now();
    let words = list::words(&paid);
    let row = order::ActiveModel {
        id: NotSet,
        number: NotSet,
        checkout_id: Set(quote.checkout.id.clone()),
        stripe_session_id: Set(paid.session),
        stripe_payment_intent_id: Set(paid.payment_intent),
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
        billing_address: Set(paid.billing_address),
        business_name: Set(paid.business_name),
        tax_ids: Set(paid.tax_ids),
        customer_note: Set(paid.note),
        shipping_name: Set(paid.shipping_name),
        shipping_address: Set(paid.shipping_address),
        shipping_method: Set(paid.shipping_method),
        flag: Set(flag),
        stripe_invoice_id: Set(paid.invoice),
        invoice_url: Set(None),
        stripe_fee: Set(None),
        stripe_net: Set(None),
        stripe_fee_currency: Set(None),
        payment_method: Set(None),
        payment_brand: Set(None),
        payment_last4: Set(None),
        adopted_at: Set(None),
        fulfilment: Set(fulfilment),
        refunded: Set(None),
        disputed: Set(None),
        withdrawn: Set(None),
        search_text: NotSet,
        paid_at: Set(paid_at),
        created_at: Set(now),
    };
    for draws in 0..number::MAX_DRAWS {
        let number = numbers.draw(now, draws)?;
        let row = order::ActiveModel {
            number: Set(number.clone()),
            search_text: Set(list::with_number(&words, &number)),
            ..row.clone()
        };
        let inserted = order::Entity::insert(row.clone())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec(transaction)
            .await?;
        if let TryInsertResult::Inserted(inserted) = inserted {
            let id = inserted.last_insert_id;
            return Ok(Some(CreatedOrder { id, number }));
        }
        let taken = order::Entity::find()
            .filter(order::Column::Number.eq(&number))
            .count(transaction)
            .await?;
        if taken == 0 {
            // The checkout already has its order; a session that another order has is an error.
            let inserted = order::Entity::insert(row)
                .on_conflict_do_nothing_on([order::Column::CheckoutId])
                .exec(transaction)
                .await?;
            return Ok(match inserted {
                TryInsertResult::Inserted(inserted) => Some(CreatedOrder {
                    id: inserted.last_insert_id,
                    number,
                }),
                _ => None,
            });
        }
    }
    // The event fails, and Stripe sends it again.
    Err(DbErr::Custom("every order number drawn is taken".to_owned()).into())
}

/// Writes the lines of a new order, with the units that were taken out of the stock for it.
pub(crate) async fn add_lines(
    transaction: &WriteTransaction,
    order: i64,
    quote: &Quote,
    taken: &TakenUnits,
) -> Result<(), DbErr> {
    let lines = quote.lines.iter().map(|line| {
        order_line::Model {
            order_id: order,
            variant_id: line.variant_id,
            sku: line.sku.clone(),
            product_name: line.product_name.clone(),
            variant_name: line.variant_name.clone(),
            unit_amount: line.unit_amount,
            quantity: line.quantity,
            stock_taken: taken.get(&line.variant_id).copied().unwrap_or(0),
            restocked: 0,
            cancelled: 0,
            amount_discount: None,
            amount_tax: None,
            amount_total: None,
        }
        .into_active_model()
        .reset_all()
    });
    order_line::Entity::insert_many(lines)
        .exec_without_returning(transaction)
        .await?;
    Ok(())
}
