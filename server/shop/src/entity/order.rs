//! A paid checkout.

use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use strum::{AsRefStr, Display};
use till_core::fulfilment::Fulfilment;
use till_core::lifecycle::PaymentStatus;
use till_core::money::CurrencyCode;

/// Why an order needs the owner's attention. It was paid in every case, so the order is valid.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
    Deserialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum Flag {
    /// Paid in a currency other than the quoted one.
    CurrencyDiffers,
    /// Stripe's subtotal is not the sum of the lines.
    SubtotalDiffers,
    /// The total is not subtotal − discount + shipping + tax.
    TotalDiffers,
    /// Paid after the hold was released, when not enough units were left.
    Oversold,
}

/// How much of an order is refunded, in a list.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum RefundedMark {
    /// A part.
    Part,
    /// Everything that was paid.
    Full,
}

/// Whether a dispute of an order is open, in a list.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum DisputedMark {
    /// An inquiry or a dispute is open.
    Open,
    /// All have ended.
    Closed,
}

/// Whether a withdrawal from an order is decided, in a list.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    AsRefStr,
    Display,
    EnumIter,
    DeriveActiveEnum,
    Serialize,
)]
#[serde(rename_all = "snake_case")]
#[strum(serialize_all = "snake_case")]
#[sea_orm(rs_type = "String", db_type = "Text", rename_all = "snake_case")]
pub enum WithdrawnMark {
    /// One waits for the owner's decision.
    Open,
    /// All are decided.
    Decided,
}

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "order")]
pub struct Model {
    /// Internal key; people see `number`.
    #[sea_orm(primary_key)]
    pub id: i64,
    /// The order number, see [`crate::orders::OrderNumbers`]. It never changes.
    #[sea_orm(unique)]
    pub number: String,
    #[sea_orm(unique)]
    pub checkout_id: String,
    #[sea_orm(unique)]
    pub stripe_session_id: String,
    /// `None` if nothing was due.
    pub stripe_payment_intent_id: Option<String>,
    /// The currency of all amounts, which are in minor units, as confirmed by Stripe.
    pub currency: CurrencyCode,
    pub amount_subtotal: i64,
    pub amount_discount: i64,
    pub amount_shipping: i64,
    pub amount_tax: i64,
    pub amount_total: i64,
    /// Paid, or nothing was due.
    pub payment_status: PaymentStatus,
    pub customer_email: Option<String>,
    pub customer_name: Option<String>,
    pub customer_phone: Option<String>,
    /// Stripe's address object as JSON, if the payment page collected it.
    pub billing_address: Option<String>,
    /// The company that the shopper entered.
    pub business_name: Option<String>,
    /// The tax ids that the shopper entered: Stripe's list of objects with type and value, as JSON.
    pub tax_ids: Option<String>,
    /// The shopper's note.
    pub customer_note: Option<String>,
    pub shipping_name: Option<String>,
    /// Stripe's address object as JSON.
    pub shipping_address: Option<String>,
    /// The name of the chosen shipping rate.
    pub shipping_method: Option<String>,
    /// Why it needs the owner's attention.
    pub flag: Option<Flag>,
    /// Stripe's id of the invoice; `None` if Stripe wrote none.
    pub stripe_invoice_id: Option<String>,
    /// Stripe's page of the invoice; `None` until it is fetched.
    pub invoice_url: Option<String>,
    /// Stripe's fee, in minor units of `stripe_fee_currency`; `None` until it is fetched.
    pub stripe_fee: Option<i64>,
    /// What remains of the payment after the fee, in minor units of `stripe_fee_currency`.
    pub stripe_net: Option<i64>,
    /// The currency in which Stripe settles.
    pub stripe_fee_currency: Option<CurrencyCode>,
    /// How it was paid, in Stripe's words, such as `card` or `sepa_debit`; `None` until it is
    /// fetched.
    pub payment_method: Option<String>,
    /// The card's brand in Stripe's words, such as `visa`; `None` for what is no card.
    pub payment_brand: Option<String>,
    /// The last four digits of the card or account, if it has any.
    pub payment_last4: Option<String>,
    /// When it was adopted from Stripe's data, see [`crate::reconcile::Adoption`]; `None` if it was
    /// not adopted. An adopted order needs the owner's attention.
    pub adopted_at: Option<TimeDateTimeWithTimeZone>,
    /// How far its shipping is, see [`crate::orders::fulfilment`].
    pub fulfilment: Fulfilment,
    /// `None` if nothing is refunded. It follows from the refunds that count.
    pub refunded: Option<RefundedMark>,
    /// `None` if there was no dispute. It follows from the disputes.
    pub disputed: Option<DisputedMark>,
    /// `None` if there is no withdrawal. It follows from the withdrawals.
    pub withdrawn: Option<WithdrawnMark>,
    /// The folded words by which the owner finds it.
    pub search_text: String,
    pub paid_at: TimeDateTimeWithTimeZone,
    pub created_at: TimeDateTimeWithTimeZone,
}

impl ActiveModelBehavior for ActiveModel {}
