//! Adoption: creates orders for paid sessions that carry this shop's id, but whose checkout a
//! restored database does not know.
//!
//! This is the only way in which an order is created without an event. The session is fetched with
//! our key, and only the owner's command does this. Checkout, lines and order are written in one
//! transaction. The checkout's id is Stripe's `client_reference_id`, as before, so later events
//! about the session find it paid, and a second adoption finds it there.
//!
//! The units are taken out of the stock, once, because the stock of a restored database is from
//! before the sale. An owner who has counted the stock since can say so.

use std::collections::{BTreeMap, HashSet};

use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ActiveModelTrait,
    ActiveValue::{NotSet, Set},
    ColumnTrait, DbErr, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, TryInsertResult,
};
use serde::Deserialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use till_core::lifecycle::CheckoutState;
use till_core::money::Currency;
use till_core::token::{CheckoutId, OrderToken, ShopId};
use time::OffsetDateTime;

use super::compare::SessionView;
use super::{Difference, Kind, Outcome, ReconcileError};
use crate::checkout::options::{AutomaticTax, Shipping};
use crate::checkout::{CheckoutError, Options, Quote, stock};
use crate::country::Country;
use crate::database::{WriteTransaction, is_permanent};
use crate::entity::{checkout, checkout_line, order, product};
use crate::inbox::payload::SessionPayload;
use crate::inbox::{ApplyError, InboxError, apply_events_waiting_for, payment, storable};
use crate::orders;
use crate::outbox::{self, Mail, Task};
use crate::{Shop, clock};

/// The maximum length of a line's name in the tables, in characters.
const MAX_NAME_LENGTH: usize = 250;

/// How to adopt paid sessions that the database does not know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// Adopt sessions of this shop id too: the shop had it before its database was lost.
    pub shop: Option<ShopId>,
    /// Email the payment confirmation to the shoppers, probably a second time.
    pub mail: bool,
    /// Leave the stock as it is, because it was counted after these sales.
    pub keep_stock: bool,
}

/// What became of one session.
enum AdoptOutcome {
    Adopted {
        number: String,
        /// What else the owner should know.
        notes: Vec<String>,
    },
    /// It remains a difference, for this reason.
    Skipped(String),
}

/// Adopts the forgotten sessions among the differences, one after the other. A session that cannot
/// be adopted does not hold up the others. Returns what the owner should know.
pub(super) async fn adopt(
    shop: &Shop,
    adoption: &Adoption,
    differences: &mut [Difference],
    dry_run: bool,
) -> Result<Vec<String>, ReconcileError> {
    let mut all_notes = Vec::new();
    let forgotten = differences.iter_mut().filter(|difference| {
        difference.forgotten
            && difference.kind == Kind::PaidWithoutOrder
            && difference.outcome == Outcome::Remains
    });
    for difference in forgotten {
        if dry_run {
            difference.outcome = Outcome::WouldBeAdopted;
            continue;
        }
        let session = &difference.session;
        match adopt_one(shop, adoption, session).await? {
            AdoptOutcome::Adopted { number, notes } => {
                tracing::warn!(
                    order = number,
                    session,
                    "order {number} was adopted from the paid session {session}"
                );
                all_notes.extend(notes);
                difference.outcome = Outcome::Adopted;
                difference.here.clone_from(&difference.at_stripe);
                difference.order = Some(number);
            }
            AdoptOutcome::Skipped(reason) => {
                tracing::error!(
                    session,
                    reason,
                    "session {session} could not be adopted: {reason}"
                );
                all_notes.push(format!("session {session} could not be adopted: {reason}"));
            }
        }
    }
    Ok(all_notes)
}

/// Creates the order of one session, in one transaction.
async fn adopt_one(
    shop: &Shop,
    adoption: &Adoption,
    session: &str,
) -> Result<AdoptOutcome, ReconcileError> {
    let found = match fetch(shop, adoption, session).await? {
        Ok(found) => found,
        Err(reason) => return Ok(AdoptOutcome::Skipped(reason)),
    };
    let transaction = shop.database.begin_write("adopt").await?;
    match write(shop, adoption, &found, &transaction).await {
        Ok(outcome @ AdoptOutcome::Adopted { .. }) => {
            transaction.commit().await?;
            Ok(outcome)
        }
        Ok(outcome) => {
            transaction.rollback().await?;
            Ok(outcome)
        }
        // The tables would reject it again, but may accept the other sessions.
        Err(error) => match permanent_error(&error) {
            Some(reason) => {
                transaction.rollback().await?;
                Ok(AdoptOutcome::Skipped(reason))
            }
            None => Err(error),
        },
    }
}

/// Returns the permanent database error, such as a violated constraint, if the error is one.
fn permanent_error(error: &ReconcileError) -> Option<String> {
    let (ReconcileError::Database(error)
    | ReconcileError::Checkout(CheckoutError::Database(error))
    | ReconcileError::Inbox(InboxError::Unavailable(CheckoutError::Database(error)))) = error
    else {
        return None;
    };
    is_permanent(error).then(|| error.to_string())
}

// ---- What Stripe has ----

/// A session that can be adopted.
struct AdoptableSession {
    checkout: CheckoutId,
    token: OrderToken,
    session: SessionPayload,
    view: SessionView,
    terms: Terms,
    lines: Vec<LineItem>,
}

/// What a session says about how it was created.
#[derive(Debug, Deserialize)]
struct Terms {
    #[serde(default)]
    created: i64,
    #[serde(default)]
    expires_at: i64,
    /// `{public_url}/orders/{token}`: the order link that the shopper already has.
    #[serde(default)]
    success_url: String,
    #[serde(default)]
    automatic_tax: Value,
    #[serde(default)]
    shipping_address_collection: Value,
}

impl Terms {
    /// Splits the order link into origin and token.
    fn link(&self) -> (&str, Option<OrderToken>) {
        match self.success_url.rsplit_once("/orders/") {
            Some((origin, token)) => (origin, token.parse().ok()),
            None => (&self.success_url, None),
        }
    }

    /// Returns the options that the session was created with, as far as an order's page depends on
    /// them.
    fn options(&self, lines: &[LineItem]) -> Options {
        let taxed = self.automatic_tax.get("enabled") == Some(&Value::Bool(true));
        let inclusive = lines.iter().any(|line| {
            let price = line.price.as_ref();
            price.and_then(|price| price.tax_behavior.as_deref()) == Some("inclusive")
        });
        let tax = if inclusive {
            AutomaticTax::Inclusive
        } else {
            AutomaticTax::Exclusive
        };
        let countries = self.shipping_address_collection.get("allowed_countries");
        let countries = countries.and_then(Value::as_array);
        let countries: Vec<Country> = countries
            .into_iter()
            .flatten()
            .filter_map(|code| code.as_str()?.parse().ok())
            .collect();
        Options {
            automatic_tax: taxed.then_some(tax),
            shipping: (!countries.is_empty()).then_some(Shipping {
                countries,
                rates: Vec::new(),
            }),
            ..Options::default()
        }
    }
}

/// A line of a session.
#[derive(Clone, Debug, Deserialize)]
struct LineItem {
    /// The product's name.
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    quantity: Option<i64>,
    #[serde(default)]
    price: Option<Price>,
}

#[derive(Clone, Debug, Deserialize)]
struct Price {
    /// In minor units.
    #[serde(default)]
    unit_amount: Option<i64>,
    #[serde(default)]
    tax_behavior: Option<String>,
}

impl LineItem {
    fn name(&self) -> String {
        let name = storable(self.description.clone()).unwrap_or_else(|| "?".to_owned());
        name.chars().take(MAX_NAME_LENGTH).collect()
    }

    fn unit_amount(&self) -> i64 {
        let amount = self.price.as_ref().and_then(|price| price.unit_amount);
        amount.unwrap_or(0).max(0)
    }

    fn quantity(&self) -> i64 {
        self.quantity.unwrap_or(1).max(1)
    }
}

/// Fetches a session with its lines, or returns the reason why it cannot be adopted.
async fn fetch(
    shop: &Shop,
    adoption: &Adoption,
    id: &str,
) -> Result<Result<AdoptableSession, String>, ReconcileError> {
    let skipped = |reason: &str| Ok(Err(reason.to_owned()));
    let object = match shop.stripe.raw_session(id).await {
        Ok(Some(object)) => object,
        Ok(None) => return skipped("Stripe does not know it"),
        Err(error) if error.affects_other_calls() => return Err(error.into()),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let (Ok(session), Ok(view), Ok(terms)) = (
        serde_json::from_str::<SessionPayload>(&object),
        serde_json::from_str::<SessionView>(&object),
        serde_json::from_str::<Terms>(&object),
    ) else {
        return skipped("Stripe's response cannot be read");
    };
    let known = [Some(&shop.settings.identity.id), adoption.shop.as_ref()];
    let ours = known
        .into_iter()
        .flatten()
        .any(|id| view.shop() == Some(id.as_str()));
    let reference = session.client_reference_id.as_deref();
    let checkout = reference.and_then(|id| id.parse::<CheckoutId>().ok());
    let (Some(checkout), true, true) = (checkout, ours, view.is_paid()) else {
        return skipped("it is not a paid session of this shop");
    };
    let items = match shop.stripe.line_items(id).await {
        Ok(items) => items,
        Err(error) if error.affects_other_calls() => return Err(error.into()),
        Err(error) => return Ok(Err(error.to_string())),
    };
    let lines: Result<Vec<LineItem>, _> = items
        .iter()
        .map(|item| serde_json::from_str(item))
        .collect();
    let Ok(lines) = lines else {
        return skipped("its lines cannot be read");
    };
    if lines.is_empty() {
        return skipped("it has no lines");
    }
    let token = match terms.link().1 {
        Some(token) => token,
        None => crate::new_token::order_token().map_err(CheckoutError::from)?,
    };
    Ok(Ok(AdoptableSession {
        checkout,
        token,
        session,
        view,
        terms,
        lines,
    }))
}

// ---- What is written ----

async fn write(
    shop: &Shop,
    adoption: &Adoption,
    found: &AdoptableSession,
    transaction: &WriteTransaction,
) -> Result<AdoptOutcome, ReconcileError> {
    let options = found.terms.options(&found.lines);
    let payment = match payment(&found.session, &options) {
        Ok(payment) => payment,
        Err(ApplyError::CannotApply(reason)) => return Ok(AdoptOutcome::Skipped(reason)),
        Err(ApplyError::Unavailable(error)) => return Err(error.into()),
    };
    let mut notes = Vec::new();
    let Some(currency) = payment.currency.known() else {
        let currency = payment.currency;
        return Ok(AdoptOutcome::Skipped(format!(
            "its currency {currency} is not one that the shop can sell in"
        )));
    };
    let checkout = checkout_row(found, currency, payment.subtotal)?;
    let row = checkout.clone().into_active_model().reset_all();
    let inserted = checkout::Entity::insert(row)
        .on_conflict(OnConflict::new().do_nothing().to_owned())
        .try_insert()
        .exec(transaction)
        .await?;
    if !matches!(inserted, TryInsertResult::Inserted(_)) {
        return Ok(AdoptOutcome::Skipped(
            "its checkout was created in the meantime".to_owned(),
        ));
    }
    let products = products(transaction, &found.lines, currency).await?;
    if !products.unknown.is_empty() {
        notes.push(format!(
            "not found in the catalog by name, and added as products that are not on sale: {}",
            products.unknown.join(", ")
        ));
    }
    let lines = lines(&checkout.id, &found.lines, &products.ids);
    let rows = lines.iter().cloned();
    let rows = rows.map(|line| line.into_active_model().reset_all());
    checkout_line::Entity::insert_many(rows)
        .exec_without_returning(transaction)
        .await?;
    let quote = Quote { checkout, lines };
    let taken = if adoption.keep_stock {
        stock::TakenUnits::new()
    } else {
        stock::sell_remaining(transaction, &quote.lines).await?
    };
    let flag = orders::check_amounts(&quote.checkout, &payment);
    let payment_intent = payment.payment_intent.clone();
    let paid_at = found.view.paid_at().unwrap_or_else(clock::now);
    let numbers = &shop.settings.orders.numbers;
    let created = orders::create(transaction, &quote, payment, flag, paid_at, numbers).await?;
    let Some(created) = created else {
        return Ok(AdoptOutcome::Skipped("its order exists already".to_owned()));
    };
    order::Entity::update_many()
        .col_expr(order::Column::AdoptedAt, Expr::value(Some(clock::now())))
        .filter(order::Column::Id.eq(created.id))
        .exec(transaction)
        .await?;
    orders::add_lines(transaction, created.id, &quote, &taken).await?;
    if adoption.mail {
        let mail = Mail::Paid;
        outbox::enqueue(transaction, &quote.checkout.id, &Task::Mail { mail }).await?;
    }
    if let Some(payment_intent) = payment_intent {
        apply_events_waiting_for(shop, transaction, &payment_intent).await?;
    }
    notes.extend(shortage(&quote.lines, &taken));
    let number = created.number;
    for note in &mut notes {
        *note = format!("order {number}: {note}");
    }
    Ok(AdoptOutcome::Adopted { number, notes })
}

/// Returns the checkout as it was when it was paid.
fn checkout_row(
    found: &AdoptableSession,
    currency: Currency,
    subtotal: i64,
) -> Result<checkout::Model, CheckoutError> {
    let time = |seconds| OffsetDateTime::from_unix_timestamp(seconds).ok();
    let created_at = time(found.terms.created).unwrap_or_else(clock::now);
    let options = serde_json::to_string(&found.terms.options(&found.lines))
        .map_err(|_| CheckoutError::Internal("the options cannot be serialized"))?;
    Ok(checkout::Model {
        id: found.checkout.clone().into(),
        attempt: None,
        derived_from: None,
        token: found.token.clone(),
        state: CheckoutState::Paid,
        currency,
        amount_subtotal: subtotal.max(0),
        public_url: found.terms.link().0.to_owned(),
        stripe_session_id: Some(found.session.id.clone()),
        stripe_url: None,
        error: None,
        options,
        client: None,
        client_network: None,
        shop: found.view.shop().and_then(|id| id.parse().ok()),
        expires_at: time(found.terms.expires_at).unwrap_or(created_at),
        created_at,
        updated_at: clock::now(),
    })
}

/// The products of a session's lines.
struct Products {
    /// One for each line, all different.
    ids: Vec<i64>,
    /// The names of the placeholders that were created.
    unknown: Vec<String>,
}

/// Finds the products of the lines. Stripe knows only names and prices: of several products with
/// the same name, the one with the same price is used. A line without a product gets a placeholder
/// that is not on sale, because every order line needs a product.
async fn products(
    transaction: &WriteTransaction,
    lines: &[LineItem],
    currency: Currency,
) -> Result<Products, ReconcileError> {
    let names = lines.iter().map(LineItem::name);
    let known = product::Entity::find()
        .filter(product::Column::Name.is_in(names))
        .order_by_asc(product::Column::Id)
        .all(transaction)
        .await?;
    let mut used = HashSet::new();
    let mut products = Products {
        ids: Vec::with_capacity(lines.len()),
        unknown: Vec::new(),
    };
    for line in lines {
        let name = line.name();
        let found = known
            .iter()
            .filter(|product| product.name == name && !used.contains(&product.id))
            .min_by_key(|product| {
                let same = product.currency.known() == Some(currency)
                    && product.price == line.unit_amount();
                (!same, !product.active, product.id)
            });
        let id = match found {
            Some(product) => product.id,
            None => {
                products.unknown.push(format!("\"{name}\""));
                placeholder_product(transaction, line, currency, &used).await?
            }
        };
        used.insert(id);
        products.ids.push(id);
    }
    Ok(products)
}

/// Finds or creates a placeholder product, not on sale, for a line whose product is not in the
/// catalog. The same line always gets the same placeholder.
async fn placeholder_product(
    transaction: &WriteTransaction,
    line: &LineItem,
    currency: Currency,
    used: &HashSet<i64>,
) -> Result<i64, ReconcileError> {
    let name = line.name();
    let digest = Sha256::digest(format!("{name}\n{}\n{currency}", line.unit_amount()));
    let digest = hex::encode(&digest[..8]);
    let now = clock::now();
    // Two such lines of one order need two products.
    for sku in [
        format!("adopted-{digest}"),
        format!("adopted-{digest}-{}", used.len()),
    ] {
        let row = product::ActiveModel {
            id: NotSet,
            sku: Set(sku.clone()),
            slug: Set(sku.clone()),
            name: Set(name.clone()),
            description: Set(String::new()),
            price: Set(line.unit_amount().max(1)),
            currency: Set(currency.into()),
            stock: Set(None),
            held: Set(0),
            max_per_order: Set(1),
            image: Set(String::new()),
            category: Set(String::new()),
            position: Set(0),
            active: Set(false),
            listed: Set(false),
            created_at: Set(now),
            updated_at: Set(now),
        };
        let inserted = product::Entity::insert(row)
            .on_conflict(OnConflict::new().do_nothing().to_owned())
            .try_insert()
            .exec(transaction)
            .await?;
        if let TryInsertResult::Inserted(inserted) = inserted {
            return Ok(inserted.last_insert_id);
        }
        // The placeholder exists, but its name has been changed.
        let existing = product::Entity::find().filter(product::Column::Sku.eq(&sku));
        let existing = existing.one(transaction).await?;
        if let Some(existing) = existing.filter(|existing| !used.contains(&existing.id)) {
            return Ok(existing.id);
        }
    }
    Err(DbErr::Custom("could not create a placeholder product".to_owned()).into())
}

/// Returns the lines in the order of their products' ids.
fn lines(checkout: &str, items: &[LineItem], products: &[i64]) -> Vec<checkout_line::Model> {
    let by_product: BTreeMap<i64, &LineItem> = products.iter().copied().zip(items).collect();
    let line = |(product_id, item): (i64, &LineItem)| checkout_line::Model {
        checkout_id: checkout.to_owned(),
        product_id,
        name: item.name(),
        unit_amount: item.unit_amount(),
        quantity: item.quantity(),
    };
    by_product.into_iter().map(line).collect()
}

/// Describes the units that were no longer in stock.
fn shortage(lines: &[checkout_line::Model], taken: &stock::TakenUnits) -> Option<String> {
    let short: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let missing = line.quantity - taken.get(&line.product_id)?;
            (missing > 0).then(|| format!("{missing} × \"{}\"", line.name))
        })
        .collect();
    (!short.is_empty()).then(|| format!("not in stock any more: {}", short.join(", ")))
}
