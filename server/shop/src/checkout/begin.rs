//! From the form to Stripe's page.
//!
//! 1. Check the client's limits, and the form against the catalog.
//! 2. In one transaction, store the quote under its attempt token and reserve the units.
//! 3. Create the session at Stripe, with the checkout's id as idempotency key.
//! 4. In one transaction, store the session and open the checkout.
//!
//! Steps 2 to 4 run to completion even if the request is dropped.
//!
//! A form may be sent twice, at the same moment or later: its attempt token leads to the existing
//! checkout. Once a checkout is paid, its attempt token is used up. If the same form is then sent
//! with different quantities, the new checkout gets a token derived from the form's token and those
//! quantities, so a double click still creates only one.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use locale::{Language, paths};
use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, ExprTrait, IntoActiveModel, QueryFilter,
    TryInsertResult,
};
pub use till_core::choice::MAX_LINES;
use till_core::lifecycle::CheckoutState;
use till_core::limits::{Client, LimitedAction};
use till_core::money::{Currency, MinorUnit, Money};
use till_core::quantity::{Quantity, QuantityError};
use till_core::refusal::{LineReason, LineRefusal, Refusal};
use till_core::token::{AttemptToken, OrderToken};
use till_core::view::{full_name, jpeg_path};
use time::OffsetDateTime;
use tracing::Instrument;

use super::options::{MAX_TOTAL, Parcel};
use super::{
    CheckoutError, EndOutcome, Options, Quote, end, end_at_stripe, find, shown_stock, stock,
};
use crate::catalog::{self, available, price_changes, pricing, texts};
use crate::database::{WriteTransaction, locked};
use crate::entity::{checkout, checkout_line, product, variant};
use crate::limits::held;
use crate::notice::{self, Notice};
use crate::pictures;
use crate::stripe::{CallError, Session, SessionLine, SessionRequest};
use crate::{Shop, clock};

/// Maximum number of quantities in a form, also empty ones, which browsers send too: one page of
/// the catalog, plus the variants selected on other pages.
pub const MAX_FORM_LINES: usize =
    catalog::PAGE_SIZE * catalog::MAX_VARIANTS_ON_CARD + MAX_SELECTED_ELSEWHERE;
/// Maximum number of variants that a page shows because they were selected on another one: as many
/// as one order can hold, or all of a product whose form was refused after its page was gone.
const MAX_SELECTED_ELSEWHERE: usize = if MAX_LINES > catalog::MAX_VARIANTS {
    MAX_LINES
} else {
    catalog::MAX_VARIANTS
};
/// Maximum size of a form in bytes. Each variant has two fields, `quantity[…]` and `shown[…]`,
/// whose names and values together stay below 160 bytes, percent-encoded and with the longest ids.
/// The rest is for the attempt and the page's address.
pub const MAX_FORM_BYTES: usize = MAX_FORM_LINES * 160 + 4 * 1024;
/// How long a second request waits for the first one's session before it calls Stripe itself, with
/// the same key. Shorter than the time limit for all Stripe calls of a request, to leave time for
/// that call.
const EARLIER_REQUEST_TIMEOUT: Duration = Duration::from_secs(4);
/// How often the second request checks the checkout's state meanwhile.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// Maximum number of iterations in [`begin_or_resume`]. Each ends or replaces an earlier checkout
/// of the form.
const MAX_ITERATIONS: usize = 6;
/// The shortest session to request, by Stripe's clock: Stripe's minimum of 30 minutes, plus one
/// minute for the request.
const MIN_SESSION_TTL: time::Duration = time::Duration::minutes(31);
/// The largest clock difference to compensate for, in seconds.
const MAX_CLOCK_CORRECTION_SECONDS: i64 = 60 * 60;
/// Anything that calls Stripe or holds units counts against both the client's limit and the whole
/// shop's.
const LIMITED_ACTIONS: [LimitedAction; 2] =
    [LimitedAction::Checkout, LimitedAction::CheckoutInShop];

/// The form as the shopper sent it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The attempt token.
    pub attempt: String,
    /// Quantities by variant id.
    pub quantity: HashMap<String, String>,
    /// Prices that the page showed, by variant id, as written by [`Money::as_field`]. A variant
    /// missing here is sold at its current price.
    pub shown: HashMap<String, String>,
    /// The client, for limits. `None` is not limited.
    pub client: Option<Client>,
    /// The language of the form.
    pub language: Language,
}

/// Where to send the shopper next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BeginOutcome {
    /// To Stripe's page.
    Pay {
        /// Its URL.
        url: String,
    },
    /// Back to the form of the earlier checkout: the state of its session is unknown, so it may
    /// still be paid, and with a second session the shopper could pay twice.
    EarlierPaymentUnknown {
        /// Opens the page that ends the earlier checkout, with the same attempt.
        token: OrderToken,
    },
    /// To the order: this attempt has been paid, with the same selection.
    Order {
        /// Opens the order's page.
        token: OrderToken,
        /// Whether it was paid before this request arrived, not during it.
        already_paid: bool,
    },
    /// To the order: the earlier selection turned out to be paid when it was to be replaced. No
    /// checkout was begun for the new selection.
    PaidBeforeChange {
        /// Opens the order's page.
        token: OrderToken,
        /// The new selection: quantities by variant id.
        selection: BTreeMap<i64, u32>,
    },
}

/// Begins a checkout for a form, or resumes the one that the same form began before.
///
/// # Errors
/// A [`Refusal`] for the shopper. This call charged nothing, but an earlier payment may exist (see
/// [`Refusal`]). No units stay held unless Stripe timed out. Internal causes and Stripe's are
/// logged here.
pub async fn begin(shop: &Shop, form: &Form) -> Result<BeginOutcome, Refusal> {
    let attempt: AttemptToken = form.attempt.parse().map_err(|_| Refusal::StaleForm)?;
    let selection = Arc::new(parse_selection(form)?);
    let shop = &shop.for_shopper();
    match begin_or_resume(shop, &attempt, &selection, form).await {
        Ok(outcome) => {
            if let Ok(BeginOutcome::Pay { url }) = &outcome
                && let Err(error) = shop.payment_origins.learn(&shop.database, url).await
            {
                tracing::warn!(
                    error = crate::error_chain::with_causes(&error),
                    "could not store the origin of Stripe's payment page"
                );
            }
            outcome
        }
        Err(error) => {
            tracing::error!(
                error = crate::error_chain::with_causes(&error),
                "could not begin a checkout"
            );
            Err(Refusal::ShopUnavailable)
        }
    }
}

/// Runs a step to completion even if its request is dropped: a browser closes the connection at a
/// second click, and the second request would find an unfinished checkout. Steps that only wait are
/// dropped with their request.
async fn run_to_completion<T: Send + 'static>(
    step: impl Future<Output = Result<T, CheckoutError>> + Send + 'static,
) -> Result<T, CheckoutError> {
    tokio::spawn(step.in_current_span()).await?
}

/// What this request has already been counted for. One count pays for ending one session and
/// creating one.
#[derive(Clone, Copy, Debug, Default)]
struct Allowance {
    may_end: bool,
    may_create: bool,
}

impl Allowance {
    /// Uses the allowance to end a session. Returns whether a new count is needed first.
    fn end_needs_count(&mut self) -> bool {
        let must_count = !std::mem::take(&mut self.may_end);
        self.may_create |= must_count;
        must_count
    }

    /// Uses the allowance to create a session. Returns whether a new count is needed first.
    fn create_needs_count(&mut self) -> bool {
        let must_count = !std::mem::take(&mut self.may_create);
        self.may_end |= must_count;
        must_count
    }
}

/// One variant's fields in the form.
#[derive(Clone, Debug)]
struct SelectedLine {
    quantity: Result<Quantity, QuantityError>,
    /// The price that the page showed.
    shown: Option<Money>,
}

fn parse_selection(form: &Form) -> Result<BTreeMap<i64, SelectedLine>, Refusal> {
    if form.quantity.len() > MAX_FORM_LINES {
        return Err(Refusal::Unreadable);
    }
    // Empty fields do not count as lines.
    let mut selection = BTreeMap::new();
    for (id, typed) in &form.quantity {
        let Some(quantity) = Quantity::parse(typed).transpose() else {
            continue;
        };
        let variant = id.parse::<i64>().map_err(|_| Refusal::Unreadable)?;
        // A price needs its currency: 1250 may be €12.50 or ¥1,250.
        let shown = form.shown.get(id).map(|shown| shown.parse());
        let shown = shown.transpose().map_err(|_| Refusal::StaleForm)?;
        selection.insert(variant, SelectedLine { quantity, shown });
    }
    if selection.is_empty() {
        return Err(Refusal::NothingChosen);
    }
    if selection.len() > MAX_LINES {
        return Err(Refusal::TooManyLines);
    }
    Ok(selection)
}

async fn begin_or_resume(
    shop: &Shop,
    attempt: &AttemptToken,
    selection: &Arc<BTreeMap<i64, SelectedLine>>,
    form: &Form,
) -> Result<Result<BeginOutcome, Refusal>, CheckoutError> {
    let client = form.client.as_ref();
    let mut allowance = Allowance::default();
    for _ in 0..MAX_ITERATIONS {
        let found = look_up(shop, attempt, selection, form.language).await?;
        let Some(existing) = found.checkout else {
            if shop.stripe.is_out_of_time() {
                return Ok(Err(Refusal::PaymentUnavailable));
            }
            let must_count = allowance.create_needs_count();
            let step = reserve_and_create(
                shop.clone(),
                found.attempt,
                selection.clone(),
                client.cloned(),
                must_count,
            );
            match run_to_completion(step).await? {
                Some(outcome) => return Ok(outcome),
                // Nothing was written, so nothing was counted.
                None => allowance = Allowance::default(),
            }
            continue;
        };
        let same = matches_quote(selection, &existing);
        match existing.checkout.state {
            CheckoutState::Processing | CheckoutState::Paid => {
                return Ok(Ok(to_order(&existing, true)));
            }
            CheckoutState::Creating => match wait_for_earlier_request(shop, &existing).await? {
                WaitOutcome::Moved => {}
                // Its process died, or Stripe is slow: finish it with the same key, whatever the
                // selection is now.
                WaitOutcome::TimedOut => {
                    if allowance.create_needs_count()
                        && let Err(refusal) = count_stripe_call(shop, client).await?
                    {
                        return Ok(Err(refusal));
                    }
                    let (shop, quote) = (shop.clone(), existing.clone());
                    let step = async move {
                        create_session(&shop, &quote, CreatedBy::EarlierRequest).await
                    };
                    match run_to_completion(step).await? {
                        Some(Ok(outcome)) if same => return Ok(Ok(outcome)),
                        // Its state is unknown, and another iteration would not change that.
                        Some(Ok(outcome @ BeginOutcome::EarlierPaymentUnknown { .. })) => {
                            return Ok(Ok(outcome));
                        }
                        Some(Ok(_)) | None => {}
                        Some(Err(refusal)) => return Ok(Err(refusal)),
                    }
                }
            },
            CheckoutState::Open if same && existing.checkout.expires_at > clock::now() => {
                if let Some(url) = existing.checkout.stripe_url {
                    return Ok(Ok(BeginOutcome::Pay { url }));
                }
                return Err(CheckoutError::Internal("an open checkout has no URL"));
            }
            CheckoutState::Open => {
                if allowance.end_needs_count()
                    && let Err(refusal) = count_stripe_call(shop, client).await?
                {
                    return Ok(Err(refusal));
                }
                let (shop, checkout) = (shop.clone(), existing.checkout.clone());
                let step =
                    async move { end_at_stripe(&shop, &checkout, CheckoutState::Cancelled).await };
                match run_to_completion(step).await? {
                    EndOutcome::Released => {}
                    EndOutcome::Complete if same_quantities(selection, &existing) => {
                        return Ok(Ok(to_order(&existing, true)));
                    }
                    EndOutcome::Complete => {
                        return Ok(Ok(paid_before_change(&existing, selection)));
                    }
                    EndOutcome::Unknown { .. } => {
                        return Ok(Ok(earlier_payment_unknown(&existing)));
                    }
                }
            }
            // Ended checkouts have no attempt; this one ended since it was found.
            CheckoutState::Failed
            | CheckoutState::Expired
            | CheckoutState::Cancelled
            | CheckoutState::Refused => {}
        }
    }
    tracing::warn!(
        "gave up on a checkout after {MAX_ITERATIONS} iterations: its form is sent repeatedly"
    );
    // The checkout found now was not handled: it may be paid.
    match look_up(shop, attempt, selection, form.language)
        .await?
        .checkout
    {
        Some(existing) => Ok(Ok(earlier_payment_unknown(&existing))),
        None => Ok(Err(Refusal::PaymentUnavailable)),
    }
}

/// The attempt under which a checkout is begun.
#[derive(Clone, Debug)]
struct Attempt {
    token: AttemptToken,
    /// The form's own attempt, if its checkout is paid and `token` is derived from it.
    derived_from: Option<AttemptToken>,
    /// The language of the form.
    language: Language,
}

/// The result of [`look_up`].
struct Found {
    /// The attempt under which the form may begin a checkout.
    attempt: Attempt,
    /// The checkout that must be handled first.
    checkout: Option<Quote>,
}

/// Looks up the checkouts that a form has begun before. A paid one keeps its attempt: the form's
/// other selections have attempts of their own, and at most one of their checkouts is unpaid.
async fn look_up(
    shop: &Shop,
    form: &AttemptToken,
    selection: &BTreeMap<i64, SelectedLine>,
    language: Language,
) -> Result<Found, CheckoutError> {
    let reader = shop.database.reader();
    let by_attempt =
        |token: &AttemptToken| find(reader, checkout::Column::Attempt.eq(token.as_str()));
    let mut token = form.clone();
    let mut checkout = by_attempt(&token).await?;
    // This loops more than once only if the form on a cancelled checkout's page had a derived
    // token, and a different selection sent from that form has been paid too.
    while let Some(paid) = checkout.as_ref().filter(|found| is_complete(found))
        && !same_quantities(selection, paid)
    {
        token = crate::new_token::derived_attempt(&token, quantities(selection));
        checkout = by_attempt(&token).await?;
    }
    let derived_from = (token != *form).then(|| form.clone());
    if derived_from.is_some()
        && !checkout.as_ref().is_some_and(is_complete)
        && let Some(other) = find(reader, other_selection(form, &token)).await?
    {
        checkout = Some(other);
    }
    Ok(Found {
        attempt: Attempt {
            token,
            derived_from,
            language,
        },
        checkout,
    })
}

/// Whether the session is complete: paid, or a delayed payment is processing.
fn is_complete(quote: &Quote) -> bool {
    matches!(
        quote.checkout.state,
        CheckoutState::Processing | CheckoutState::Paid
    )
}

/// The valid quantities of a form, by variant id.
fn quantities(selection: &BTreeMap<i64, SelectedLine>) -> BTreeMap<i64, u32> {
    let quantity = |line: &SelectedLine| line.quantity.ok().map(Quantity::get);
    selection
        .iter()
        .filter_map(|(product, line)| Some((*product, quantity(line)?)))
        .collect()
}

/// Whether the form has the quoted quantities, at whatever price.
fn same_quantities(selection: &BTreeMap<i64, SelectedLine>, quote: &Quote) -> bool {
    selection.len() == quote.lines.len() && quantities(selection) == quote.quantities()
}

fn paid_before_change(quote: &Quote, selection: &BTreeMap<i64, SelectedLine>) -> BeginOutcome {
    BeginOutcome::PaidBeforeChange {
        token: quote.checkout.token.clone(),
        selection: quantities(selection),
    }
}

/// Returns the attempt under which a form begins another selection once this order's checkout is
/// paid. Uses the same derivation as [`begin`], so sending the selection from the order page and
/// resending the original form lead to the same checkout. `None` if no checkout has this token, or
/// its checkout has no attempt any more.
///
/// # Errors
/// If the database is unreachable.
pub async fn attempt_for_selection(
    shop: &Shop,
    token: &OrderToken,
    selection: &BTreeMap<i64, u32>,
) -> Result<Option<AttemptToken>, CheckoutError> {
    let paid = checkout::Entity::find()
        .filter(checkout::Column::Token.eq(token.as_str()))
        .one(shop.database.reader())
        .await?;
    let form = paid.and_then(|paid| paid.derived_from.or(paid.attempt));
    Ok(form.map(|form| crate::new_token::derived_attempt(&form, selection.clone())))
}

/// Counts a call to Stripe for an existing checkout.
pub(super) async fn count_stripe_call(
    shop: &Shop,
    client: Option<&Client>,
) -> Result<Result<(), Refusal>, CheckoutError> {
    let counted = shop
        .limiter
        .count(&shop.database, client, &LIMITED_ACTIONS)
        .await?;
    Ok(counted.map_err(Refusal::from))
}

/// Reserves the units and creates the session. `None` if another request holds the same attempt.
async fn reserve_and_create(
    shop: Shop,
    attempt: Attempt,
    selection: Arc<BTreeMap<i64, SelectedLine>>,
    client: Option<Client>,
    must_count: bool,
) -> Result<Option<Result<BeginOutcome, Refusal>>, CheckoutError> {
    match reserve(&shop, &attempt, &selection, client.as_ref(), must_count).await? {
        Reservation::Made(quote) => create_session(&shop, &quote, CreatedBy::ThisRequest).await,
        Reservation::Refused(refusal) => Ok(Some(Err(refusal))),
        // The same form was sent twice at the same moment, and the other request was first.
        Reservation::AttemptTaken => Ok(None),
    }
}

fn earlier_payment_unknown(quote: &Quote) -> BeginOutcome {
    BeginOutcome::EarlierPaymentUnknown {
        token: quote.checkout.token.clone(),
    }
}

fn to_order(quote: &Quote, already_paid: bool) -> BeginOutcome {
    BeginOutcome::Order {
        token: quote.checkout.token.clone(),
        already_paid,
    }
}

/// Whether the form matches the quote: the same quantities at the same prices.
fn matches_quote(selection: &BTreeMap<i64, SelectedLine>, quote: &Quote) -> bool {
    selection.len() == quote.lines.len()
        && quote.lines.iter().all(|line| {
            selection.get(&line.variant_id).is_some_and(|selected| {
                selected
                    .quantity
                    .is_ok_and(|quantity| i64::from(quantity.get()) == line.quantity)
                    && selected.shown.is_none_or(|shown| {
                        shown.amount.0 == line.unit_amount
                            && shown.currency == quote.checkout.currency
                    })
            })
        })
}

/// A line that can be sold.
#[derive(Clone, Debug)]
struct PricedLine {
    variant: variant::Model,
    product_name: String,
    price: MinorUnit,
    quantity: Quantity,
}

/// A selection that can be sold: lines ordered by variant id, and their sum.
#[derive(Clone, Debug)]
struct PricedSelection {
    lines: Vec<PricedLine>,
    currency: Currency,
    subtotal: MinorUnit,
    /// The shop's options, with what shipping this selection costs.
    options: Options,
}

/// Reads the variants and prices the form's selection.
async fn load_and_price(
    connection: &impl sea_orm::ConnectionTrait,
    selection: &BTreeMap<i64, SelectedLine>,
    options: &Options,
) -> Result<Result<PricedSelection, Refusal>, CheckoutError> {
    let variants = variant::Entity::find()
        .filter(variant::Column::Id.is_in(selection.keys().copied()))
        .filter(variant::Column::Active.eq(true))
        .all(connection)
        .await?;
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(variants.iter().map(|variant| variant.product_id)))
        .filter(product::Column::Active.eq(true))
        .all(connection)
        .await?;
    let products = products
        .into_iter()
        .map(|product| (product.id, product))
        .collect();
    let on_sale = OnSale {
        variants,
        products,
        now: clock::now(),
    };
    Ok(price_selection(&on_sale, selection, options))
}

/// The selected variants that are on sale.
struct OnSale {
    variants: Vec<variant::Model>,
    /// By id.
    products: HashMap<i64, product::Model>,
    /// When they are priced.
    now: OffsetDateTime,
}

impl OnSale {
    fn find(&self, id: i64) -> Option<(&variant::Model, &product::Model)> {
        let variant = self.variants.iter().find(|variant| variant.id == id)?;
        Some((variant, self.products.get(&variant.product_id)?))
    }
}

/// Checks and prices every line of the selection.
fn price_selection(
    on_sale: &OnSale,
    selection: &BTreeMap<i64, SelectedLine>,
    options: &Options,
) -> Result<PricedSelection, Refusal> {
    let mut lines = Vec::new();
    let mut refused = Vec::new();
    let mut currency: Option<Currency> = None;
    for (&id, selected) in selection {
        let line = match on_sale.find(id) {
            Some((variant, product)) => {
                price_line(variant, product, selected, on_sale.now, &mut currency)
            }
            None => Err(LineReason::NotSold),
        };
        match line {
            Ok(line) => lines.push(line),
            Err(reason) => refused.push(LineRefusal {
                variant: id,
                reason,
            }),
        }
    }
    let Some(currency) = currency.filter(|_| refused.is_empty()) else {
        return Err(Refusal::Lines(refused));
    };
    let subtotal = lines
        .iter()
        .try_fold(MinorUnit::ZERO, |sum, line| {
            sum.checked_add(line.price.checked_mul(line.quantity.get())?)
        })
        .ok_or(Refusal::AboveMaximum)?;
    let options = options.for_parcel(Parcel {
        subtotal,
        grams: grams(&lines),
    });
    options
        .max_total(subtotal)
        .filter(|total| *total <= MAX_TOTAL)
        .ok_or(Refusal::AboveMaximum)?;
    // Stripe's minimum applies to the total, including shipping.
    if options
        .min_total(subtotal)
        .is_none_or(|total| total < currency.minimum())
    {
        return Err(Refusal::BelowMinimum(currency.minimum().of(currency)));
    }
    Ok(PricedSelection {
        lines,
        currency,
        subtotal,
        options,
    })
}

/// The weight of all units. A variant without a weight counts as 0.
fn grams(lines: &[PricedLine]) -> i64 {
    let weights = lines.iter().map(|line| {
        let unit = line.variant.weight_grams.unwrap_or(0);
        unit.saturating_mul(i64::from(line.quantity.get()))
    });
    weights.fold(0, i64::saturating_add)
}

fn price_line(
    variant: &variant::Model,
    product: &product::Model,
    selected: &SelectedLine,
    now: OffsetDateTime,
    currency: &mut Option<Currency>,
) -> Result<PricedLine, LineReason> {
    let available = available(variant);
    let quantity = available.check(selected.quantity)?;
    let current_price = pricing::price_at(variant, now).ok_or(LineReason::NotSold)?;
    let own_currency = current_price.currency;
    if *currency.get_or_insert(own_currency) != own_currency {
        return Err(LineReason::OtherCurrency);
    }
    if let Some(shown) = selected.shown.filter(|shown| *shown != current_price) {
        return Err(LineReason::PriceChanged {
            shown,
            now: current_price,
        });
    }
    Ok(PricedLine {
        variant: variant.clone(),
        product_name: product.name.clone(),
        price: current_price.amount,
        quantity,
    })
}

enum Reservation {
    Made(Box<Quote>),
    Refused(Refusal),
    /// Another checkout has this attempt.
    AttemptTaken,
}

impl Reservation {
    /// Refused, unless the same form was sent twice and its other request has made the reservation.
    async fn refused_unless_taken(
        shop: &Shop,
        attempt: &Attempt,
        refusal: Refusal,
    ) -> Result<Self, CheckoutError> {
        let taken = find(
            shop.database.reader(),
            checkout::Column::Attempt.eq(attempt.token.as_str()),
        )
        .await?
        .is_some();
        Ok(if taken {
            Self::AttemptTaken
        } else {
            Self::Refused(refusal)
        })
    }
}

/// Stores the quote and reserves its units, in one transaction.
async fn reserve(
    shop: &Shop,
    attempt: &Attempt,
    selection: &BTreeMap<i64, SelectedLine>,
    client: Option<&Client>,
    must_count: bool,
) -> Result<Reservation, CheckoutError> {
    let limits = shop.limiter.limits();
    // The same for all that follows, even if the owner changes them meanwhile.
    let settings = shop.owner_settings();
    let options = &settings.checkout.options;
    let counted: &[LimitedAction] = if must_count { &LIMITED_ACTIONS } else { &[] };
    // Most refusals need no write transaction.
    let reader = shop.database.reader();
    let mut early = shop.limiter.check(client, counted).err().map(Refusal::from);
    if early.is_none()
        && let Some(client) = client
    {
        early = held::check_open_checkouts(reader, limits, client).await?;
    }
    let early = match early {
        Some(refusal) => Err(refusal),
        None => load_and_price(reader, selection, options).await?,
    };
    let priced = match early {
        Ok(priced) => priced,
        Err(refusal) => return Reservation::refused_unless_taken(shop, attempt, refusal).await,
    };
    let currency = priced.currency;
    // The order and Stripe's page name products as the shopper's page did. Read before the
    // transaction, because no checkout should wait for another because of its texts.
    let ids = priced.lines.iter().map(|line| line.variant.product_id);
    let names = texts::names(reader, ids, attempt.language).await?;
    // Not in the transaction below: no checkout waits for another because of its price.
    let due = price_changes::due(priced.lines.iter().map(|line| &line.variant));
    price_changes::record_due_of(&shop.database, &due).await?;
    let transaction = shop.database.begin_write("begin").await?;
    if let Some(client) = client {
        held::lock(&transaction, limits, client).await?;
        // Again, because the lock may have waited for another request.
        let mut late = shop
            .limiter
            .check(Some(client), counted)
            .err()
            .map(Refusal::from);
        if late.is_none() {
            late = held::check_open_checkouts(&transaction, limits, client).await?;
        }
        if let Some(refusal) = late {
            transaction.rollback().await?;
            return Reservation::refused_unless_taken(shop, attempt, refusal).await;
        }
    }
    if is_overtaken(&transaction, attempt).await? {
        transaction.rollback().await?;
        return Ok(Reservation::AttemptTaken);
    }
    let insert = insert(&transaction, shop, attempt, currency, client);
    let Some(checkout) = insert.await? else {
        transaction.rollback().await?;
        return Ok(Reservation::AttemptTaken);
    };
    let variants = stock::lock(&transaction, selection.keys().copied()).await?;
    let mut priced = match load_and_price(&transaction, selection, options).await? {
        Ok(priced) => priced,
        Err(refusal) => {
            transaction.rollback().await?;
            return Ok(Reservation::Refused(refusal));
        }
    };
    for line in &mut priced.lines {
        if let Some(name) = names.get(&line.variant.product_id) {
            line.product_name.clone_from(name);
        }
    }
    if let Some(client) = client {
        let requested = priced
            .lines
            .iter()
            .map(|line| (line.variant.id, i64::from(line.quantity.get())))
            .collect();
        let refused =
            held::check_held_share(&transaction, limits, client, &variants, &requested).await?;
        if !refused.is_empty() {
            transaction.rollback().await?;
            return Ok(Reservation::Refused(Refusal::Lines(refused)));
        }
    }
    // Stripe fetches pictures from the internet.
    let mut pictures = HashMap::new();
    if checkout.public_url.starts_with("https://") {
        let products = priced.lines.iter().map(|line| line.variant.product_id);
        pictures = pictures::first_hashes(&transaction, products).await?;
    }
    let mut lines = Vec::with_capacity(priced.lines.len());
    for line in priced.lines {
        let quantity = i64::from(line.quantity.get());
        if !stock::hold(&transaction, line.variant.id, quantity).await? {
            // Impossible, because the rows are locked.
            transaction.rollback().await?;
            return Err(CheckoutError::Internal(
                "could not hold units that were available under lock",
            ));
        }
        lines.push(checkout_line::Model {
            checkout_id: checkout.id.clone(),
            variant_id: line.variant.id,
            sku: line.variant.sku,
            product_name: line.product_name,
            variant_name: line.variant.name,
            tax_code: line.variant.tax_code,
            picture_hash: pictures.get(&line.variant.product_id).cloned(),
            unit_amount: line.price.0,
            quantity,
        });
    }
    let rows = lines
        .iter()
        .cloned()
        .map(|line| line.into_active_model().reset_all());
    checkout_line::Entity::insert_many(rows)
        .exec_without_returning(&transaction)
        .await?;
    let quoted = checkout::Model {
        currency: priced.currency,
        amount_subtotal: priced.subtotal.0,
        options: serde_json::to_string(&priced.options)
            .map_err(|_| CheckoutError::Internal("the options cannot be serialized"))?,
        ..checkout
    };
    checkout::Entity::update_many()
        .col_expr(checkout::Column::Currency, Expr::value(quoted.currency))
        .col_expr(
            checkout::Column::AmountSubtotal,
            Expr::value(quoted.amount_subtotal),
        )
        .col_expr(checkout::Column::Options, Expr::value(&quoted.options))
        .filter(checkout::Column::Id.eq(&quoted.id))
        .exec(&transaction)
        .await?;
    // Last, because all checkouts of the shop contend for one row here.
    let written = match shop.limiter.write(&transaction, client, counted).await? {
        Ok(written) => written,
        Err(exceeded) => {
            transaction.rollback().await?;
            return Ok(Reservation::Refused(exceeded.into()));
        }
    };
    shown_stock::commit(shop, transaction, &quoted.id).await?;
    shop.limiter.remember(written);
    Ok(Reservation::Made(Box::new(Quote {
        checkout: quoted,
        lines,
    })))
}

/// Whether another selection of the same paid form has begun in the meantime. The lock on the paid
/// checkout's row serializes them.
async fn is_overtaken(
    transaction: &WriteTransaction,
    attempt: &Attempt,
) -> Result<bool, CheckoutError> {
    let Some(form) = &attempt.derived_from else {
        return Ok(false);
    };
    let paid = checkout::Entity::find().filter(checkout::Column::Attempt.eq(form.as_str()));
    locked(paid).one(transaction).await?;
    Ok(find(transaction, other_selection(form, &attempt.token))
        .await?
        .is_some())
}

/// Matches unpaid checkouts of a paid form, except the one of this attempt.
fn other_selection(form: &AttemptToken, attempt: &AttemptToken) -> SimpleExpr {
    checkout::Column::DerivedFrom
        .eq(form.as_str())
        .and(checkout::Column::Attempt.ne(attempt.as_str()))
        .and(checkout::Column::State.is_in([CheckoutState::Creating, CheckoutState::Open]))
}

/// Inserts the checkout under its attempt, without prices yet. `None` if the attempt already has
/// one.
///
/// On PostgreSQL this waits for a concurrent transaction that inserts the same attempt.
async fn insert(
    transaction: &WriteTransaction,
    shop: &Shop,
    attempt: &Attempt,
    currency: Currency,
    client: Option<&Client>,
) -> Result<Option<checkout::Model>, CheckoutError> {
    let now = clock::now();
    let language = attempt.language;
    let prefix = paths::prefix(language, &shop.settings.languages);
    let row = checkout::Model {
        id: crate::new_token::checkout_id(now)?.into(),
        attempt: Some(attempt.token.clone()),
        derived_from: attempt.derived_from.clone(),
        token: crate::new_token::order_token()?,
        state: CheckoutState::Creating,
        currency,
        amount_subtotal: 0,
        language: language.code().to_owned(),
        public_url: format!("{}{prefix}", shop.settings.public_url),
        stripe_session_id: None,
        stripe_url: None,
        error: None,
        // Written with the prices: they depend on the selection.
        options: "{}".to_owned(),
        client: client.map(|client| client.key().to_owned()),
        client_network: client.and_then(Client::network).map(str::to_owned),
        shop: Some(shop.settings.identity.id.clone()),
        expires_at: expiry(shop, now),
        created_at: now,
        updated_at: now,
    };
    let active = row.clone().into_active_model().reset_all();
    match checkout::Entity::insert(active)
        .on_conflict_do_nothing_on([checkout::Column::Attempt])
        .exec(transaction)
        .await?
    {
        TryInsertResult::Inserted(_) => Ok(Some(row)),
        TryInsertResult::Conflicted | TryInsertResult::Empty => Ok(None),
    }
}

/// Which request made the reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum CreatedBy {
    /// This request.
    ThisRequest,
    /// An earlier request, which may still be waiting for Stripe.
    EarlierRequest,
}

/// Creates the session of a quote at Stripe and opens the checkout. `None` if another request has
/// changed the checkout's state since.
async fn create_session(
    shop: &Shop,
    quote: &Quote,
    created_by: CreatedBy,
) -> Result<Option<Result<BeginOutcome, Refusal>>, CheckoutError> {
    let request = build_request(quote)?;
    let created = shop.stripe.create_session(&request).await;
    match created {
        Ok(session) => open(shop, quote, session).await.map(Some),
        Err(error) => {
            let explanation = explain(shop, &error);
            let fixable = error.fixable_by_owner();
            tracing::error!(
                checkout = quote.checkout.id,
                reason = %error,
                stripe_message = fixable.and_then(|response| response.message.as_deref()),
                param = fixable.and_then(|response| response.param.as_deref()),
                stripe_request = fixable.and_then(|response| response.request_id.as_deref()),
                "could not create a session for checkout {}: {explanation}",
                quote.checkout.id
            );
            if created_by == CreatedBy::EarlierRequest && !error.was_not_executed() {
                // The earlier request may succeed with the same key, and its shopper may have
                // paid. If its process died, the sweep ends this checkout.
                let current = find(
                    shop.database.reader(),
                    checkout::Column::Id.eq(&quote.checkout.id),
                );
                return match current.await? {
                    Some(current) if current.checkout.state == CheckoutState::Creating => {
                        Ok(Some(Ok(earlier_payment_unknown(quote))))
                    }
                    // The earlier request has finished since.
                    _ => Ok(None),
                };
            }
            // A session may exist if the outcome is unknown. No shopper has seen its page, so it
            // cannot be paid and expires.
            let transaction = shop.database.begin_write("refuse").await?;
            let reason = error.to_string();
            let ended = end(
                &transaction,
                &quote.checkout.id,
                &[CheckoutState::Creating],
                CheckoutState::Refused,
                Some(&reason),
            )
            .await?;
            if fixable.is_some() {
                notice::record(&transaction, Notice::PaymentsRefused, &explanation).await?;
            }
            shown_stock::commit(shop, transaction, &quote.checkout.id).await?;
            let for_shopper = match fixable {
                Some(_) => Refusal::PaymentsRefused,
                None => Refusal::PaymentUnavailable,
            };
            Ok(ended.then_some(Err(for_shopper)))
        }
    }
}

/// Explains to the log and the owner why Stripe created no session. If Stripe rejected the expiry
/// time, a warning about this server's clock is added.
fn explain(shop: &Shop, error: &CallError) -> String {
    let explanation = error.explain();
    let fixable = error.fixable_by_owner();
    let about_time =
        fixable.is_some_and(|response| response.param.as_deref() == Some("expires_at"));
    match shop.stripe.clock_warning().filter(|_| about_time) {
        Some(clock) => format!("{explanation}; {clock}"),
        None => explanation,
    }
}

/// When a session created now expires. Stripe requires at least 30 minutes by its own clock, so the
/// known lag of this server's clock is added.
pub(crate) fn expiry(shop: &Shop, now: OffsetDateTime) -> OffsetDateTime {
    let configured = now + shop.owner_settings().checkout.hold;
    let behind = shop.stripe.clock_offset().map_or(0, |ahead| -ahead);
    let behind = time::Duration::seconds(behind.clamp(0, MAX_CLOCK_CORRECTION_SECONDS));
    Ord::max(configured, now + behind + MIN_SESSION_TTL)
}

/// The origin of a URL without what may follow it, such as a language's prefix.
fn origin_of(url: &str) -> &str {
    let host = url.find("://").map_or(0, |scheme| scheme + 3);
    let end = url[host..].find('/').map_or(url.len(), |path| host + path);
    &url[..end]
}

/// Builds the request for a quote's session from its rows alone, so that a retry is identical.
fn build_request(quote: &Quote) -> Result<SessionRequest, CheckoutError> {
    let checkout = &quote.checkout;
    let (public_url, token) = (&checkout.public_url, checkout.token.as_str());
    let origin = origin_of(public_url);
    let lines = quote
        .lines
        .iter()
        .map(|line| {
            let quantity = u64::try_from(line.quantity)
                .map_err(|_| CheckoutError::Internal("a quantity is negative"))?;
            Ok(SessionLine {
                name: full_name(&line.product_name, &line.variant_name),
                sku: Some(line.sku.clone()),
                tax_code: line.tax_code.clone(),
                // Files are the same in every language.
                picture: line
                    .picture_hash
                    .as_ref()
                    .map(|hash| format!("{origin}{}", jpeg_path(hash))),
                unit_amount: MinorUnit(line.unit_amount),
                quantity,
            })
        })
        .collect::<Result<_, CheckoutError>>()?;
    Ok(SessionRequest {
        checkout_id: checkout.id.clone(),
        shop: checkout.shop.clone(),
        currency: checkout.currency,
        lines,
        options: serde_json::from_str(&checkout.options)
            .map_err(|_| CheckoutError::Internal("the options of a checkout cannot be read"))?,
        language: checkout.language.parse().unwrap_or_default(),
        success_url: format!("{public_url}/orders/{token}"),
        cancel_url: format!("{public_url}/checkout/{token}/cancelled"),
        expires_at: checkout.expires_at.unix_timestamp(),
    })
}

/// Stores the session and opens the checkout (`creating → open`).
async fn open(
    shop: &Shop,
    quote: &Quote,
    session: Session,
) -> Result<Result<BeginOutcome, Refusal>, CheckoutError> {
    let transaction = shop.database.begin_write("open").await?;
    let opened = checkout::Entity::update_many()
        .col_expr(checkout::Column::State, Expr::value(CheckoutState::Open))
        .col_expr(checkout::Column::StripeSessionId, Expr::value(&session.id))
        .col_expr(
            checkout::Column::StripeUrl,
            Expr::value(session.url.clone()),
        )
        .col_expr(
            checkout::Column::UpdatedAt,
            Expr::value::<OffsetDateTime>(clock::now()),
        )
        .filter(checkout::Column::Id.eq(&quote.checkout.id))
        .filter(checkout::Column::State.eq(CheckoutState::Creating))
        .exec(&transaction)
        .await?
        .rows_affected
        == 1;
    transaction.commit().await?;
    if opened && let Some(url) = session.url {
        return Ok(Ok(BeginOutcome::Pay { url }));
    }
    // Something else changed it first: a request with the same key, an event or the sweep.
    let current = find(
        shop.database.reader(),
        checkout::Column::Id.eq(&quote.checkout.id),
    )
    .await?;
    match current {
        Some(current) => match (current.checkout.state, &current.checkout.stripe_url) {
            (CheckoutState::Open, Some(url)) => Ok(Ok(BeginOutcome::Pay { url: url.clone() })),
            (CheckoutState::Processing | CheckoutState::Paid, _) => {
                Ok(Ok(to_order(&current, false)))
            }
            _ => {
                // The checkout has ended and its units are released: the session must not be paid.
                if let Err(error) = shop.stripe.expire_session(&session.id).await {
                    tracing::warn!(
                        checkout = quote.checkout.id,
                        %error,
                        "could not expire an unused session of checkout {}",
                        quote.checkout.id
                    );
                }
                Ok(Err(Refusal::PaymentUnavailable))
            }
        },
        None => Err(CheckoutError::Internal(
            "the checkout was deleted while its session was being created",
        )),
    }
}

enum WaitOutcome {
    /// It left `creating`.
    Moved,
    TimedOut,
}

/// Waits for an earlier request with the same form.
async fn wait_for_earlier_request(
    shop: &Shop,
    quote: &Quote,
) -> Result<WaitOutcome, CheckoutError> {
    let started = tokio::time::Instant::now();
    let left = shop.stripe.time_left().unwrap_or(EARLIER_REQUEST_TIMEOUT);
    let outcome = wait_until(shop, quote, started + left.min(EARLIER_REQUEST_TIMEOUT)).await;
    // The earlier request waits for Stripe, so this counts as time spent on Stripe.
    shop.stripe.spend(started.elapsed());
    outcome
}

async fn wait_until(
    shop: &Shop,
    quote: &Quote,
    deadline: tokio::time::Instant,
) -> Result<WaitOutcome, CheckoutError> {
    while tokio::time::Instant::now() < deadline {
        let current = checkout::Entity::find_by_id(&quote.checkout.id)
            .one(shop.database.reader())
            .await?;
        if current.is_none_or(|current| current.state != CheckoutState::Creating) {
            return Ok(WaitOutcome::Moved);
        }
        tokio::time::sleep(POLL_INTERVAL).await;
    }
    Ok(WaitOutcome::TimedOut)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A form with this many fields, of which the first ones have a quantity.
    fn form(fields: usize, filled: usize) -> Form {
        let quantity = |id: usize| if id < filled { "1" } else { "" };
        Form {
            quantity: (0..fields)
                .map(|id| (id.to_string(), quantity(id).to_owned()))
                .collect(),
            ..Form::default()
        }
    }

    #[test]
    fn empty_fields_are_read_and_are_not_lines() {
        let lines = |fields, filled| parse_selection(&form(fields, filled)).map(|all| all.len());
        let page = catalog::PAGE_SIZE * catalog::MAX_VARIANTS_ON_CARD;
        assert_eq!(lines(page + MAX_LINES, MAX_LINES), Ok(MAX_LINES));
        assert_eq!(lines(catalog::MAX_VARIANTS, 1), Ok(1));
        assert_eq!(
            lines(catalog::MAX_VARIANTS, MAX_LINES + 1),
            Err(Refusal::TooManyLines)
        );
        assert_eq!(lines(MAX_FORM_LINES + 1, 1), Err(Refusal::Unreadable));
    }

    #[test]
    fn a_picture_has_no_language() {
        for url in ["https://shop.example", "https://shop.example/de"] {
            assert_eq!(origin_of(url), "https://shop.example");
        }
    }

    #[test]
    fn one_count_covers_ending_a_session_and_creating_one() {
        let mut changed = Allowance::default();
        assert!(changed.end_needs_count());
        assert!(!changed.create_needs_count());
        assert!(changed.create_needs_count());
        assert!(!changed.end_needs_count());
        assert!(changed.end_needs_count());
        assert!(!changed.create_needs_count());
    }

    /// A variant in euros that may be on sale.
    fn variant(price: i64, sale: Option<i64>, days: [Option<i64>; 2]) -> variant::Model {
        let [sale_begins, sale_ends] = days.map(|day| Some(time_of(day?)));
        variant::Model {
            id: 1,
            product_id: 1,
            position: 1,
            sku: "A".to_owned(),
            name: String::new(),
            price,
            currency: "eur".parse::<Currency>().unwrap().into(),
            stock: None,
            held: 0,
            max_per_order: 9,
            weight_grams: None,
            gtin: None,
            content_amount: None,
            content_unit: None,
            tax_code: None,
            sale_price: sale,
            sale_from: None,
            sale_until: None,
            sale_begins,
            sale_ends,
            price_changes_at: None,
            price_recorded_until: time_of(0),
            active: true,
            archived_with_product: false,
            listed: true,
            created_at: time_of(0),
            updated_at: time_of(0),
        }
    }

    fn product() -> product::Model {
        product::Model {
            id: 1,
            slug: "a".to_owned(),
            name: "A".to_owned(),
            description: String::new(),
            brand: String::new(),
            category_id: None,
            position: 1,
            active: true,
            listed: true,
            version: 1,
            created_at: time_of(0),
            updated_at: time_of(0),
            manufacturer_name: String::new(),
            manufacturer_address: String::new(),
            manufacturer_contact: String::new(),
            responsible_person: String::new(),
            safety: String::new(),
        }
    }

    fn time_of(day: i64) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH + time::Duration::days(day)
    }

    proptest! {
        /// A page was shown at one instant, and its form arrives at another one.
        #[test]
        fn what_is_charged_is_what_was_shown_and_is_in_force(
            price in 1_i64..20,
            sale in proptest::option::of(1_i64..20),
            days in proptest::array::uniform2(proptest::option::of(0_i64..9)),
            shown_on in 0_i64..9,
            sent_on in 0_i64..9,
        ) {
            let variant = variant(price, sale, days);
            let shown = pricing::price_at(&variant, time_of(shown_on)).unwrap();
            let now = pricing::price_at(&variant, time_of(sent_on)).unwrap();
            let selected = SelectedLine {
                quantity: Quantity::parse("1").unwrap().ok_or(QuantityError::NotWhole),
                shown: Some(shown),
            };
            let mut currency = None;
            let line = price_line(&variant, &product(), &selected, time_of(sent_on), &mut currency);
            match line {
                Ok(line) => prop_assert_eq!([line.price, line.price], [shown.amount, now.amount]),
                Err(reason) => {
                    prop_assert_ne!(shown, now);
                    prop_assert_eq!(reason, LineReason::PriceChanged { shown, now });
                }
            }
        }
    }
}
