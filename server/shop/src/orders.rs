//! Orders: how they come to be, and how they are shown.

use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel, PaginatorTrait,
    QueryFilter, TryInsertResult,
};

use crate::checkout::stock::Taken;
use crate::checkout::{CheckoutError, Options, Quote};
use crate::clock;
use crate::entity::{checkout, order, order_line};

mod number;
mod page;

pub use number::{BadPrefix, MAX_PREFIX, OrderNumbers, find};
pub use page::{by_token, status};

pub mod overview;
pub mod resolution;
pub mod search;

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
    /// Stripe's address object, as JSON.
    pub(crate) billing_address: Option<String>,
    pub(crate) shipping_name: Option<String>,
    /// Stripe's address object, as JSON.
    pub(crate) shipping_address: Option<String>,
}

/// Compares what was paid with what was promised. `None` where they agree.
pub(crate) fn compare(promised: &checkout::Model, paid: &Payment) -> Option<Flag> {
    // Stripe states the tax also where the prices contain it; then it is not added.
    let added_tax = if options(promised).contain_tax() {
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

/// The options that a checkout began with. None of them where a newer server has written some that this one does not know:
/// amounts that do not add up without them are flagged for the owner.
fn options(checkout: &checkout::Model) -> Options {
    serde_json::from_str(&checkout.options).unwrap_or_default()
}

/// An order that has just come to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Created {
    pub(crate) id: i64,
    pub(crate) number: String,
}

/// Writes the order of a paid checkout, without its lines. `None` where it is already there: then
/// it stays as it is.
///
/// A number that is taken is no reason to lose the order: another one is drawn. On PostgreSQL a
/// unique violation would abort the transaction, so the insert does nothing on any conflict, and
/// what was in the way is looked up.
pub(crate) async fn create(
    transaction: &DatabaseTransaction,
    quote: &Quote,
    paid: Payment,
    flag: Option<Flag>,
    paid_at: time::OffsetDateTime,
    numbers: &OrderNumbers,
) -> Result<Option<Created>, CheckoutError> {
    let now = clock::now();
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
        shipping_name: Set(paid.shipping_name),
        shipping_address: Set(paid.shipping_address),
        flag: Set(flag.map(|flag| flag.as_str().to_owned())),
        paid_at: Set(paid_at),
        created_at: Set(now),
    };
    for tried in 0..number::MAX_TRIES {
        let number = numbers.draw(now, tried)?;
        let row = order::ActiveModel {
            number: Set(number.clone()),
            ..row.clone()
        };
        let inserted = order::Entity::insert(row.clone())
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec(transaction)
            .await?;
        if let TryInsertResult::Inserted(inserted) = inserted {
            let id = inserted.last_insert_id;
            return Ok(Some(Created { id, number }));
        }
        let taken = order::Entity::find()
            .filter(order::Column::Number.eq(&number))
            .count(transaction)
            .await?;
        if taken == 0 {
            // The checkout has its order, or its session belongs to another one: that is an error.
            let inserted = order::Entity::insert(row)
                .on_conflict_do_nothing_on([order::Column::CheckoutId])
                .exec(transaction)
                .await?;
            return Ok(match inserted {
                TryInsertResult::Inserted(inserted) => Some(Created {
                    id: inserted.last_insert_id,
                    number,
                }),
                _ => None,
            });
        }
    }
    // Stripe sends the event again.
    Err(DbErr::Custom("every order number that was drawn is taken".to_owned()).into())
}

/// Writes the lines of an order that has just been created, with the pieces that were taken out of the stock for it.
pub(crate) async fn add_lines(
    transaction: &DatabaseTransaction,
    order: i64,
    quote: &Quote,
    taken: &Taken,
) -> Result<(), DbErr> {
    let lines = quote.lines.iter().map(|line| {
        order_line::Model {
            order_id: order,
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
    Ok(())
}
