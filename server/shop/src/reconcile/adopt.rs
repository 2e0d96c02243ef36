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

use std::collections::{BTreeMap, HashMap, HashSet};

use locale::Language;
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
use till_core::view::full_name;
use time::OffsetDateTime;

use super::compare::SessionView;
use super::{Difference, Kind, Outcome, ReconcileError};
use crate::checkout::options::{AutomaticTax, Shipping};
use crate::checkout::{CheckoutError, Options, Quote, shown_stock, stock};
use crate::country::Country;
use crate::database::{WriteTransaction, is_permanent};
use crate::entity::{checkout, checkout_line, order, price_history, product, variant};
use crate::inbox::payload::SessionPayload;
use crate::inbox::{ApplyError, InboxError, apply_events_waiting_for, payment, storable};
use crate::orders;
use crate::outbox::{self, Mail, Task};
use crate::{Shop, clock};

/// The maximum length of a product's name in the tables, in characters.
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
            shown_stock::commit(shop, transaction, found.checkout.as_str()).await?;
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
    /// The code of the language of Stripe's page.
    #[serde(default)]
    locale: Option<String>,
    #[serde(default)]
    automatic_tax: Value,
    #[serde(default)]
    shipping_address_collection: Value,
}

impl Terms {
    /// The language in which the shopper bought.
    fn language(&self) -> Language {
        let code = self.locale.as_deref();
        code.and_then(|code| code.parse().ok()).unwrap_or_default()
    }

    /// Splits the order link into what precedes the page's path and the token.
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
    /// The full name of the variant when it was sold.
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
    /// The product with its metadata; only its id if the key may not read products.
    #[serde(default)]
    product: Value,
}

impl LineItem {
    /// The full name of the variant. It is longer than a product's name may be if both product and
    /// variant have long ones.
    fn name(&self) -> String {
        storable(self.description.clone()).unwrap_or_else(|| "?".to_owned())
    }

    /// The name as a product's.
    fn product_name(&self) -> String {
        self.name().chars().take(MAX_NAME_LENGTH).collect()
    }

    /// The SKU when it was sold, which the session was created with.
    fn sku(&self) -> Option<&str> {
        let product = &self.price.as_ref()?.product;
        product.get("metadata")?.get("sku")?.as_str()
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
    let variants = variants(transaction, &found.lines, currency).await?;
    if !variants.unknown.is_empty() {
        notes.push(format!(
            "not found in the catalog by SKU or name, and added as products that are not on sale: \
             {}",
            variants.unknown.join(", ")
        ));
    }
    let lines = lines(&checkout.id, &found.lines, &variants.found);
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
    let settings = shop.owner_settings();
    let numbers = &settings.orders.numbers;
    let fulfilment = orders::fulfilment::initial(&quote, &payment, false);
    let created = orders::create(
        transaction,
        &quote,
        payment,
        (flag, fulfilment),
        paid_at,
        numbers,
    )
    .await?;
    let Some(created) = created else {
        return Ok(AdoptOutcome::Skipped("its order exists already".to_owned()));
    };
    order::Entity::update_many()
        .col_expr(order::Column::AdoptedAt, Expr::value(Some(clock::now())))
        .filter(order::Column::Id.eq(created.id))
        .exec(transaction)
        .await?;
    orders::add_lines(transaction, created.id, &quote, &taken).await?;
    let mut tasks = Vec::new();
    if adoption.mail {
        tasks.push(Task::Mail { mail: Mail::Paid });
    }
    tasks.push(Task::FetchPaymentDetails);
    outbox::enqueue_all(transaction, &quote.checkout.id, &tasks).await?;
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
    let (beginning, _) = found.terms.link();
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
        language: found.terms.language().code().to_owned(),
        public_url: beginning.to_owned(),
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

/// The variants of a session's lines.
struct Variants {
    /// One for each line, all different.
    found: Vec<NamedVariant>,
    /// The names of the placeholders that were created.
    unknown: Vec<String>,
}

/// A variant with its product's name.
#[derive(Clone)]
struct NamedVariant {
    product_name: String,
    variant: variant::Model,
}

impl NamedVariant {
    fn full_name(&self) -> String {
        full_name(&self.product_name, &self.variant.name)
    }
}

/// Finds the variants of the lines: by their SKU at Stripe, or else by their full name. Of several
/// variants with the same name, the one with the same price is used. A line without a variant gets
/// a placeholder that is not on sale, because every order line needs a variant.
async fn variants(
    transaction: &WriteTransaction,
    lines: &[LineItem],
    currency: Currency,
) -> Result<Variants, ReconcileError> {
    let by_sku = variants_by_sku(transaction, lines).await?;
    let by_name = variants_by_full_name(transaction, lines).await?;
    // No name may take a variant that a later line has by its SKU.
    let skus: HashSet<&str> = lines.iter().filter_map(LineItem::sku).collect();
    let mut used = HashSet::new();
    let mut variants = Variants {
        found: Vec::with_capacity(lines.len()),
        unknown: Vec::new(),
    };
    for line in lines {
        let name = line.name();
        let of_sku = line.sku().and_then(|sku| by_sku.get(sku));
        let of_name = || {
            by_name
                .iter()
                .filter(|known| known.full_name() == name)
                .filter(|known| !used.contains(&known.variant.id))
                .filter(|known| !skus.contains(known.variant.sku.as_str()))
                .min_by_key(|known| {
                    let variant = &known.variant;
                    let same = variant.currency.known() == Some(currency)
                        && [Some(variant.price), variant.sale_price]
                            .contains(&Some(line.unit_amount()));
                    (!same, !variant.active, variant.id)
                })
        };
        let found = of_sku
            .filter(|known| !used.contains(&known.variant.id))
            .or_else(of_name);
        let variant = match found {
            Some(known) => known.clone(),
            None => {
                variants.unknown.push(format!("\"{name}\""));
                placeholder(transaction, line, currency, &used).await?
            }
        };
        used.insert(variant.variant.id);
        variants.found.push(variant);
    }
    Ok(variants)
}

/// Returns the variants that have these lines' SKUs, by SKU.
async fn variants_by_sku(
    transaction: &WriteTransaction,
    lines: &[LineItem],
) -> Result<HashMap<String, NamedVariant>, DbErr> {
    let variants = variant::Entity::find()
        .filter(variant::Column::Sku.is_in(lines.iter().filter_map(LineItem::sku)))
        .all(transaction)
        .await?;
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(variants.iter().map(|variant| variant.product_id)))
        .all(transaction)
        .await?;
    let products: HashMap<i64, String> = products
        .into_iter()
        .map(|product| (product.id, product.name))
        .collect();
    let named = variants.into_iter().filter_map(|variant| {
        let product_name = products.get(&variant.product_id)?.clone();
        let sku = variant.sku.clone();
        Some((
            sku,
            NamedVariant {
                product_name,
                variant,
            },
        ))
    });
    Ok(named.collect())
}

/// Returns the variants that may have these lines' names. A full name is `product, variant`, and
/// both may contain commas, so every beginning may be the product's name.
async fn variants_by_full_name(
    transaction: &WriteTransaction,
    lines: &[LineItem],
) -> Result<Vec<NamedVariant>, DbErr> {
    let mut names: HashSet<String> = HashSet::new();
    for name in lines.iter().map(LineItem::name) {
        let beginnings = name
            .match_indices(", ")
            .map(|(end, _)| name[..end].to_owned());
        names.extend(beginnings);
        names.insert(name);
    }
    let products = product::Entity::find()
        .filter(product::Column::Name.is_in(names))
        .all(transaction)
        .await?;
    let products: BTreeMap<i64, String> = products
        .into_iter()
        .map(|product| (product.id, product.name))
        .collect();
    let found = variant::Entity::find()
        .filter(variant::Column::ProductId.is_in(products.keys().copied()))
        .order_by_asc(variant::Column::Id)
        .all(transaction)
        .await?;
    let named = found.into_iter().filter_map(|variant| {
        let product_name = products.get(&variant.product_id)?.clone();
        Some(NamedVariant {
            product_name,
            variant,
        })
    });
    Ok(named.collect())
}

/// Finds or creates a placeholder, not on sale, for a line whose variant is not in the catalog. The
/// same line always gets the same placeholder.
async fn placeholder(
    transaction: &WriteTransaction,
    line: &LineItem,
    currency: Currency,
    used: &HashSet<i64>,
) -> Result<NamedVariant, ReconcileError> {
    let name = line.name();
    let digest = Sha256::digest(format!("{name}\n{}\n{currency}", line.unit_amount()));
    let digest = hex::encode(&digest[..8]);
    // Two such lines of one order need two variants.
    for sku in [
        format!("adopted-{digest}"),
        format!("adopted-{digest}-{}", used.len()),
    ] {
        let existing = variant::Entity::find().filter(variant::Column::Sku.eq(&sku));
        let variant = match existing.one(transaction).await? {
            Some(existing) if used.contains(&existing.id) => continue,
            // The placeholder exists, but its name has been changed.
            Some(existing) => existing,
            None => insert_placeholder(transaction, line, currency, &sku).await?,
        };
        return Ok(NamedVariant {
            product_name: line.product_name(),
            variant,
        });
    }
    Err(DbErr::Custom("could not create a placeholder product".to_owned()).into())
}

async fn insert_placeholder(
    transaction: &WriteTransaction,
    line: &LineItem,
    currency: Currency,
    sku: &str,
) -> Result<variant::Model, DbErr> {
    let now = clock::now();
    let product = product::ActiveModel {
        id: NotSet,
        slug: Set(sku.to_owned()),
        name: Set(line.product_name()),
        description: Set(String::new()),
        brand: Set(String::new()),
        manufacturer_name: Set(String::new()),
        manufacturer_address: Set(String::new()),
        manufacturer_contact: Set(String::new()),
        responsible_person: Set(String::new()),
        safety: Set(String::new()),
        category_id: Set(None),
        position: Set(0),
        active: Set(false),
        listed: Set(false),
        version: Set(1),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let product = product.insert(transaction).await?;
    let variant = variant::ActiveModel {
        id: NotSet,
        product_id: Set(product.id),
        position: Set(1),
        sku: Set(sku.to_owned()),
        name: Set(String::new()),
        price: Set(line.unit_amount().max(1)),
        currency: Set(currency.into()),
        stock: Set(None),
        held: Set(0),
        max_per_order: Set(1),
        weight_grams: Set(None),
        gtin: Set(None),
        content_amount: Set(None),
        content_unit: Set(None),
        tax_code: Set(None),
        sale_price: Set(None),
        sale_from: Set(None),
        sale_until: Set(None),
        sale_begins: Set(None),
        sale_ends: Set(None),
        price_changes_at: Set(None),
        price_recorded_until: Set(now),
        active: Set(false),
        archived_with_product: Set(false),
        listed: Set(false),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let variant = variant.insert(transaction).await?;
    let price = price_history::ActiveModel {
        id: NotSet,
        variant_id: Set(variant.id),
        amount: Set(variant.price),
        currency: Set(variant.currency.clone()),
        since: Set(now),
    };
    price_history::Entity::insert(price)
        .exec_without_returning(transaction)
        .await?;
    Ok(variant)
}

/// Returns the lines in the order of their variants' ids, with the names that the shopper saw.
fn lines(
    checkout: &str,
    items: &[LineItem],
    variants: &[NamedVariant],
) -> Vec<checkout_line::Model> {
    let mut lines: Vec<_> = variants
        .iter()
        .zip(items)
        .map(|(named, item)| {
            // Where product and variant are divided is known only if they still have their names.
            let (product_name, variant_name) = if named.full_name() == item.name() {
                (named.product_name.clone(), named.variant.name.clone())
            } else {
                (item.product_name(), String::new())
            };
            checkout_line::Model {
                checkout_id: checkout.to_owned(),
                variant_id: named.variant.id,
                sku: named.variant.sku.clone(),
                product_name,
                variant_name,
                tax_code: named.variant.tax_code.clone(),
                picture_hash: None,
                unit_amount: item.unit_amount(),
                quantity: item.quantity(),
            }
        })
        .collect();
    lines.sort_by_key(|line| line.variant_id);
    lines
}

/// Describes the units that were no longer in stock.
fn shortage(lines: &[checkout_line::Model], taken: &stock::TakenUnits) -> Option<String> {
    let short: Vec<String> = lines
        .iter()
        .filter_map(|line| {
            let missing = line.quantity - taken.get(&line.variant_id)?;
            let name = full_name(&line.product_name, &line.variant_name);
            (missing > 0).then(|| format!("{missing} × \"{name}\""))
        })
        .collect();
    (!short.is_empty()).then(|| format!("not in stock any more: {}", short.join(", ")))
}
