//! From the form to Stripe's page.
//!
//! 1. The client's limits are looked at, and the form is checked against the shelf.
//! 2. One transaction writes the quote under its attempt token and holds the pieces.
//! 3. Stripe is asked for the session, with the checkout's id as idempotency key.
//! 4. One transaction stores the session and opens the checkout.
//!
//! Steps 2 to 4 go on to their end when the request is gone.
//!
//! The same form may be sent twice, at the same moment or later: the attempt token leads it to the checkout that is already there.
//! One that is paid keeps its attempt: with other quantities the form begins a checkout under an
//! attempt derived from both, so that a double click still is one checkout.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use sea_orm::sea_query::{Expr, SimpleExpr};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, DatabaseTransaction, EntityTrait, ExprTrait, IntoActiveModel,
    QueryFilter, TryInsertResult,
};
use time::OffsetDateTime;
use tracing::Instrument;

use super::options::MAX_TOTAL;
use super::{CheckoutError, Ended, Options, Quote, end, end_at_stripe, find, stock};
use crate::catalog::{self, available};
use crate::database::locked;
use crate::entity::{checkout, checkout_line, product};
use crate::lifecycle::CheckoutState;
use crate::limits::{Client, LimitedAction, held};
use crate::money::{Currency, MinorUnit, Money};
use crate::notice::{self, Notice};
use crate::quantity::{Quantity, QuantityError};
use crate::refusal::{LineReason, LineRefusal, Refusal};
use crate::stripe::{CallError, Session, SessionLine, SessionRequest};
use crate::token::{AttemptToken, CheckoutId, OrderToken};
use crate::{Shop, clock, crash_points};

/// Line items that one Checkout Session holds (<https://docs.stripe.com/api/checkout/sessions/create#create_checkout_session-line_items>).
pub const MAX_LINES: usize = 100;
/// Quantities that a form can carry: those of one page of the catalog, and as many chosen ones
/// as one order can hold.
pub const MAX_FORM_LINES: usize = catalog::PAGE_SIZE + MAX_LINES;
/// The largest form that is read, in bytes. Each product has two fields, `quantity[…]` and
/// `shown[…]`, whose names and values stay below 160 bytes together, percent-encoded and with the
/// longest ids; the rest is for the attempt and the page's address.
pub const MAX_FORM_BYTES: usize = MAX_FORM_LINES * 160 + 4 * 1024;
/// How long a second request waits for the first one's session before it asks Stripe itself, with the same key.
/// Shorter than all calls to Stripe together may take, so that there is time left to ask.
const WAIT_FOR_FIRST: Duration = Duration::from_secs(4);
/// How often it looks.
const LOOK_EVERY: Duration = Duration::from_millis(50);
/// Turns of the loop in [`begin`]: each ends or replaces a checkout that stood in the way.
const TURNS: usize = 6;
/// The least time that Stripe is asked for, by its clock: half an hour, and a minute for the way.
const SHORTEST_SESSION: time::Duration = time::Duration::minutes(31);
/// A clock that is behind by more than this is not corrected.
const MAX_CORRECTION_SECONDS: i64 = 60 * 60;
/// What calls Stripe or holds stock counts as both.
const LIMITED: [LimitedAction; 2] = [LimitedAction::Checkout, LimitedAction::CheckoutInShop];

/// What the shopper sent, as it was typed.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// The form's one-time token.
    pub attempt: String,
    /// Quantities by product id.
    pub quantity: HashMap<String, String>,
    /// Prices that the page showed, by product id, as [`Money::as_field`] writes them. A product
    /// that is missing here is sold at its price.
    pub shown: HashMap<String, String>,
    /// Who sent it. `None` is not limited.
    pub client: Option<Client>,
}

/// Where the shopper goes now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Begun {
    /// To Stripe's page.
    Pay {
        /// Its address.
        url: String,
    },
    /// Back to the form of the earlier checkout: what became of its session is not known, so it may still be paid, and another one
    /// beside it would let the shopper pay twice.
    StillOpen {
        /// Opens the page that ends it, with the same attempt.
        token: OrderToken,
    },
    /// To the order: this attempt has been paid, by the same choice.
    Order {
        /// Opens its page.
        token: OrderToken,
        /// Before this request came. Else while Stripe answered it.
        already: bool,
    },
    /// To the order: the earlier choice turned out to be paid when it was about to be replaced. The
    /// new choice was not begun.
    PaidMeanwhile {
        /// Opens its page.
        token: OrderToken,
        /// The new choice: quantities by product.
        choice: BTreeMap<i64, u32>,
    },
}

/// Begins the checkout of a form, or leads to the one that the same form has begun before.
///
/// # Errors
/// A [`Refusal`] for the shopper; then nothing was charged and, unless Stripe stays silent, nothing is held.
/// Causes of ours and of Stripe's are logged here.
pub async fn begin(shop: &Shop, form: &Form) -> Result<Begun, Refusal> {
    let attempt: AttemptToken = form.attempt.parse().map_err(|_| Refusal::StaleForm)?;
    let wanted = Arc::new(read(form)?);
    let shop = &shop.for_shopper();
    match settle(shop, &attempt, &wanted, form.client.as_ref()).await {
        Ok(outcome) => {
            if let Ok(Begun::Pay { url }) = &outcome
                && let Err(error) = shop.payment_origins.learn(&shop.database, url).await
            {
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "where sessions are paid could not be stored"
                );
            }
            outcome
        }
        Err(error) => {
            tracing::error!(
                error = &error as &dyn std::error::Error,
                "a checkout could not begin"
            );
            Err(Refusal::ShopUnavailable)
        }
    }
}

/// Does a step to its end, also where its request is dropped meanwhile: a browser hangs up at a
/// second click, and the second request would then find a checkout that nobody finishes. What only
/// waits is dropped with its request.
async fn to_its_end<T: Send + 'static>(
    step: impl Future<Output = Result<T, CheckoutError>> + Send + 'static,
) -> Result<T, CheckoutError> {
    tokio::spawn(step.in_current_span()).await?
}

/// What a request may still do for what it was counted. One count pays for ending a session and
/// creating one, which is what a changed form needs; a form that is sent again and again in a race
/// is counted again and again.
#[derive(Clone, Copy, Debug, Default)]
struct Allowance {
    ending: bool,
    creation: bool,
}

impl Allowance {
    /// Whether ending a session must be counted first.
    fn end(&mut self) -> bool {
        let counts = !std::mem::take(&mut self.ending);
        self.creation |= counts;
        counts
    }

    /// Whether creating a session must be counted first.
    fn create(&mut self) -> bool {
        let counts = !std::mem::take(&mut self.creation);
        self.ending |= counts;
        counts
    }
}

/// What one product's fields say.
#[derive(Clone, Debug)]
struct Wanted {
    quantity: Result<Quantity, QuantityError>,
    /// The price that the page showed.
    shown: Option<Money>,
}

fn read(form: &Form) -> Result<BTreeMap<i64, Wanted>, Refusal> {
    if form.quantity.len() > MAX_FORM_LINES {
        return Err(Refusal::Unreadable);
    }
    let mut wanted = BTreeMap::new();
    for (id, typed) in &form.quantity {
        let Some(quantity) = Quantity::parse(typed).transpose() else {
            continue;
        };
        let product = id.parse::<i64>().map_err(|_| Refusal::Unreadable)?;
        // A price without its currency is no price: 1250 may be €12.50 or ¥1,250.
        let shown = form.shown.get(id).map(|shown| shown.parse());
        let shown = shown.transpose().map_err(|_| Refusal::StaleForm)?;
        wanted.insert(product, Wanted { quantity, shown });
    }
    if wanted.is_empty() {
        return Err(Refusal::NothingChosen);
    }
    if wanted.len() > MAX_LINES {
        return Err(Refusal::TooManyLines);
    }
    Ok(wanted)
}

async fn settle(
    shop: &Shop,
    attempt: &AttemptToken,
    wanted: &Arc<BTreeMap<i64, Wanted>>,
    client: Option<&Client>,
) -> Result<Result<Begun, Refusal>, CheckoutError> {
    let mut allowance = Allowance::default();
    for _ in 0..TURNS {
        let found = look_up(shop, attempt, wanted).await?;
        let Some(existing) = found.checkout else {
            if shop.stripe.is_out_of_time() {
                return Ok(Err(Refusal::PaymentUnavailable));
            }
            let counts = allowance.create();
            let step = start(
                shop.clone(),
                found.attempt,
                wanted.clone(),
                client.cloned(),
                counts,
            );
            match to_its_end(step).await? {
                Some(begun) => return Ok(begun),
                // Nothing was counted where nothing was written.
                None => allowance = Allowance::default(),
            }
            continue;
        };
        let same = asks_for(wanted, &existing);
        match existing.state {
            CheckoutState::Processing | CheckoutState::Paid => {
                return to_order(&existing, true).map(Ok);
            }
            CheckoutState::Creating => match wait_for_first(shop, &existing).await? {
                Waited::Moved => {}
                // Its process is gone, or Stripe is slow with it: finish it with the same key, whatever is wanted now.
                Waited::InVain => {
                    if allowance.create()
                        && let Err(refusal) = count(shop, client).await?
                    {
                        return Ok(Err(refusal));
                    }
                    let (shop, quote) = (shop.clone(), existing.clone());
                    let step = async move { create_session(&shop, &quote, Whose::Others).await };
                    match to_its_end(step).await? {
                        Some(Ok(begun)) if same => return Ok(Ok(begun)),
                        // Nobody knows what became of it: looking again would be the same.
                        Some(Ok(begun @ Begun::StillOpen { .. })) => return Ok(Ok(begun)),
                        Some(Ok(_)) | None => {}
                        Some(Err(refusal)) => return Ok(Err(refusal)),
                    }
                }
            },
            CheckoutState::Open if same && existing.checkout.expires_at > clock::now() => {
                if let Some(url) = existing.checkout.stripe_url {
                    return Ok(Ok(Begun::Pay { url }));
                }
                return Err(CheckoutError::Row("open without an address"));
            }
            CheckoutState::Open => {
                if allowance.end()
                    && let Err(refusal) = count(shop, client).await?
                {
                    return Ok(Err(refusal));
                }
                let (shop, checkout) = (shop.clone(), existing.checkout.clone());
                let step =
                    async move { end_at_stripe(&shop, &checkout, CheckoutState::Cancelled).await };
                match to_its_end(step).await? {
                    Ended::Free => {}
                    Ended::Complete if same_quantities(wanted, &existing) => {
                        return to_order(&existing, true).map(Ok);
                    }
                    Ended::Complete => return paid_meanwhile(&existing, wanted).map(Ok),
                    Ended::Unknown { .. } => return still_open(&existing).map(Ok),
                }
            }
            // Ended checkouts have given their attempt back; this one did so between two looks.
            CheckoutState::Failed
            | CheckoutState::Expired
            | CheckoutState::Cancelled
            | CheckoutState::Refused => {}
        }
    }
    tracing::warn!("a checkout did not settle: its form is sent again and again");
    // What stands in the way now was not looked at: it may be paid.
    match look_up(shop, attempt, wanted).await?.checkout {
        Some(existing) => still_open(&existing).map(Ok),
        None => Ok(Err(Refusal::PaymentUnavailable)),
    }
}

/// The attempt under which a checkout is begun.
#[derive(Clone, Debug)]
struct Attempt {
    token: AttemptToken,
    /// The form's own attempt, where the checkout of that is paid and this one is derived from it.
    derived_from: Option<AttemptToken>,
}

/// What a form finds.
struct Found {
    /// Under which attempt it may begin a checkout.
    attempt: Attempt,
    /// The checkout that must be dealt with first.
    checkout: Option<Quote>,
}

/// Looks for the checkouts that a form has begun before. A paid one stays with its attempt: the
/// form's other choices have attempts of their own, and of those at most one stays unpaid.
async fn look_up(
    shop: &Shop,
    form: &AttemptToken,
    wanted: &BTreeMap<i64, Wanted>,
) -> Result<Found, CheckoutError> {
    let reader = shop.database.reader();
    let by_attempt =
        |token: &AttemptToken| find(reader, checkout::Column::Attempt.eq(token.as_str()));
    let mut token = form.clone();
    let mut checkout = by_attempt(&token).await?;
    // More than one step only where the page of a cancelled checkout carried a derived attempt on,
    // another choice was made there, and that was paid as well.
    while let Some(paid) = checkout.as_ref().filter(|found| is_done(found))
        && !same_quantities(wanted, paid)
    {
        token = token.derived(quantities(wanted));
        checkout = by_attempt(&token).await?;
    }
    let derived_from = (token != *form).then(|| form.clone());
    if derived_from.is_some()
        && !checkout.as_ref().is_some_and(is_done)
        && let Some(other) = find(reader, other_choice(form, &token)).await?
    {
        checkout = Some(other);
    }
    Ok(Found {
        attempt: Attempt {
            token,
            derived_from,
        },
        checkout,
    })
}

/// The shopper has done their part: it is paid, or about to be.
fn is_done(quote: &Quote) -> bool {
    matches!(quote.state, CheckoutState::Processing | CheckoutState::Paid)
}

/// What can be bought of a form, by product.
fn quantities(wanted: &BTreeMap<i64, Wanted>) -> BTreeMap<i64, u32> {
    let quantity = |wanted: &Wanted| wanted.quantity.ok().map(Quantity::get);
    wanted
        .iter()
        .filter_map(|(product, wanted)| Some((*product, quantity(wanted)?)))
        .collect()
}

/// Whether the form asks for as much of everything as has been promised, at whatever price.
fn same_quantities(wanted: &BTreeMap<i64, Wanted>, quote: &Quote) -> bool {
    wanted.len() == quote.lines.len() && quantities(wanted) == quote.quantities()
}

fn paid_meanwhile(quote: &Quote, wanted: &BTreeMap<i64, Wanted>) -> Result<Begun, CheckoutError> {
    Ok(Begun::PaidMeanwhile {
        token: order_token(quote)?,
        choice: quantities(wanted),
    })
}

/// The attempt under which a form begins another choice once this order's checkout is paid, as
/// [`begin`] derives it: offered on the order's page and sent by the form itself, it is one
/// checkout. `None` where nothing has this token, or its checkout has given its attempt back.
///
/// # Errors
/// Where the database does not answer.
pub async fn attempt_of_choice(
    shop: &Shop,
    token: &OrderToken,
    choice: &BTreeMap<i64, u32>,
) -> Result<Option<AttemptToken>, CheckoutError> {
    let paid = checkout::Entity::find()
        .filter(checkout::Column::Token.eq(token.as_str()))
        .one(shop.database.reader())
        .await?;
    let form = paid.and_then(|paid| paid.derived_from.or(paid.attempt));
    let form: Option<AttemptToken> = form.and_then(|form| form.parse().ok());
    Ok(form.map(|form| form.derived(choice.clone())))
}

/// Counts one more call to Stripe of a checkout that is there already.
pub(super) async fn count(
    shop: &Shop,
    client: Option<&Client>,
) -> Result<Result<(), Refusal>, CheckoutError> {
    let counted = shop.limiter.count(&shop.database, client, &LIMITED).await?;
    Ok(counted.map_err(Refusal::from))
}

/// Makes the promise and creates its session. `None` where another request is at the same attempt.
async fn start(
    shop: Shop,
    attempt: Attempt,
    wanted: Arc<BTreeMap<i64, Wanted>>,
    client: Option<Client>,
    counts: bool,
) -> Result<Option<Result<Begun, Refusal>>, CheckoutError> {
    match promise(&shop, &attempt, &wanted, client.as_ref(), counts).await? {
        Promise::Made(quote) => create_session(&shop, &quote, Whose::Ours).await,
        Promise::Refused(refusal) => Ok(Some(Err(refusal))),
        // The same form came twice at the same moment, and the other one was first.
        Promise::Taken => Ok(None),
    }
}

fn still_open(quote: &Quote) -> Result<Begun, CheckoutError> {
    let token = order_token(quote)?;
    Ok(Begun::StillOpen { token })
}

fn to_order(quote: &Quote, already: bool) -> Result<Begun, CheckoutError> {
    let token = order_token(quote)?;
    Ok(Begun::Order { token, already })
}

fn order_token(quote: &Quote) -> Result<OrderToken, CheckoutError> {
    let token = quote.checkout.token.parse();
    token.map_err(|_| CheckoutError::Row("unreadable token"))
}

/// Whether the form asks for what has been promised: the same pieces at the same prices.
fn asks_for(wanted: &BTreeMap<i64, Wanted>, quote: &Quote) -> bool {
    wanted.len() == quote.lines.len()
        && quote.lines.iter().all(|line| {
            wanted.get(&line.product_id).is_some_and(|wanted| {
                wanted
                    .quantity
                    .is_ok_and(|quantity| i64::from(quantity.get()) == line.quantity)
                    && wanted.shown.is_none_or(|shown| {
                        shown.amount.0 == line.unit_amount
                            && shown.currency.code() == quote.checkout.currency
                    })
            })
        })
}

/// One line that can be promised.
#[derive(Clone, Debug)]
struct Line {
    product: i64,
    name: String,
    price: MinorUnit,
    quantity: Quantity,
}

/// What can be promised: lines in the order of their products' ids, and their sum.
#[derive(Clone, Debug)]
struct Order {
    lines: Vec<Line>,
    currency: Currency,
    subtotal: MinorUnit,
}

/// Reads the products and checks the form against them.
async fn check(
    connection: &impl sea_orm::ConnectionTrait,
    wanted: &BTreeMap<i64, Wanted>,
    options: &Options,
) -> Result<Result<Order, Refusal>, CheckoutError> {
    let products = product::Entity::find()
        .filter(product::Column::Id.is_in(wanted.keys().copied()))
        .all(connection)
        .await?;
    Ok(judge(&products, wanted, options))
}

/// Decides, product by product, whether the form can be promised.
fn judge(
    products: &[product::Model],
    wanted: &BTreeMap<i64, Wanted>,
    options: &Options,
) -> Result<Order, Refusal> {
    let mut lines = Vec::new();
    let mut refused = Vec::new();
    let mut currency: Option<Currency> = None;
    for (&id, wanted) in wanted {
        let product = products
            .iter()
            .find(|product| product.id == id && product.active);
        let line = match product {
            Some(product) => judge_line(product, wanted, &mut currency),
            None => Err(LineReason::NotSold),
        };
        match line {
            Ok(line) => lines.push(line),
            Err(reason) => refused.push(LineRefusal {
                product: id,
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
            sum.checked_add(line.price.checked_times(line.quantity.get())?)
        })
        .filter(|subtotal| {
            options
                .most(*subtotal)
                .is_some_and(|most| most <= MAX_TOTAL)
        })
        .ok_or(Refusal::AboveMaximum)?;
    // What is charged counts, with the way to ship.
    if options
        .least(subtotal)
        .is_none_or(|least| least < currency.minimum())
    {
        return Err(Refusal::BelowMinimum(currency.minimum().of(currency)));
    }
    Ok(Order {
        lines,
        currency,
        subtotal,
    })
}

fn judge_line(
    product: &product::Model,
    wanted: &Wanted,
    currency: &mut Option<Currency>,
) -> Result<Line, LineReason> {
    let available = available(product);
    let quantity = available.check(wanted.quantity)?;
    let own_currency: Currency = product.currency.parse().map_err(|_| LineReason::NotSold)?;
    if *currency.get_or_insert(own_currency) != own_currency {
        return Err(LineReason::OtherCurrency);
    }
    let price = MinorUnit(product.price);
    let now = price.of(own_currency);
    if let Some(shown) = wanted.shown.filter(|shown| *shown != now) {
        return Err(LineReason::PriceChanged { shown, now });
    }
    Ok(Line {
        product: product.id,
        name: product.name.clone(),
        price,
        quantity,
    })
}

enum Promise {
    Made(Box<Quote>),
    Refused(Refusal),
    /// The attempt has a checkout already.
    Taken,
}

impl Promise {
    /// Refused, unless only because the same form, sent twice, holds by now what is asked for.
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
            Self::Taken
        } else {
            Self::Refused(refusal)
        })
    }
}

/// Writes the quote and holds its pieces, in one transaction.
async fn promise(
    shop: &Shop,
    attempt: &Attempt,
    wanted: &BTreeMap<i64, Wanted>,
    client: Option<&Client>,
    counts: bool,
) -> Result<Promise, CheckoutError> {
    let limits = shop.limiter.limits();
    let counted: &[LimitedAction] = if counts { &LIMITED } else { &[] };
    // Most refusals are told without troubling the writer.
    let reader = shop.database.reader();
    let mut early = shop.limiter.check(client, counted).err().map(Refusal::from);
    if early.is_none()
        && let Some(client) = client
    {
        early = held::too_many_open(reader, limits, client).await?;
    }
    if early.is_none() {
        early = check(reader, wanted, &shop.settings.options).await?.err();
    }
    if let Some(refusal) = early {
        return Promise::refused_unless_taken(shop, attempt, refusal).await;
    }
    let transaction = shop.database.begin_write().await?;
    if let Some(client) = client {
        held::lock(&transaction, limits, client).await?;
        // Once more: others may have been waited for.
        let mut late = shop
            .limiter
            .check(Some(client), counted)
            .err()
            .map(Refusal::from);
        if late.is_none() {
            late = held::too_many_open(&transaction, limits, client).await?;
        }
        if let Some(refusal) = late {
            transaction.rollback().await?;
            return Promise::refused_unless_taken(shop, attempt, refusal).await;
        }
    }
    if is_overtaken(&transaction, attempt).await? {
        transaction.rollback().await?;
        return Ok(Promise::Taken);
    }
    crash_points::reach("begin:before-insert");
    let Some(checkout) = insert(&transaction, shop, attempt, client).await? else {
        transaction.rollback().await?;
        return Ok(Promise::Taken);
    };
    crash_points::reach("begin:after-insert");
    let products = stock::lock(&transaction, wanted.keys().copied()).await?;
    let order = match check(&transaction, wanted, &shop.settings.options).await? {
        Ok(order) => order,
        Err(refusal) => {
            transaction.rollback().await?;
            return Ok(Promise::Refused(refusal));
        }
    };
    if let Some(client) = client {
        let asked = order
            .lines
            .iter()
            .map(|line| (line.product, i64::from(line.quantity.get())))
            .collect();
        let refused = held::above_share(&transaction, limits, client, &products, &asked).await?;
        if !refused.is_empty() {
            transaction.rollback().await?;
            return Ok(Promise::Refused(Refusal::Lines(refused)));
        }
    }
    crash_points::reach("begin:before-hold");
    let mut lines = Vec::with_capacity(order.lines.len());
    for line in order.lines {
        let quantity = i64::from(line.quantity.get());
        if !stock::hold(&transaction, line.product, quantity).await? {
            // The rows are locked, so this cannot be; if it is, nothing must be promised.
            transaction.rollback().await?;
            return Err(CheckoutError::Row("a hold failed after its check"));
        }
        lines.push(checkout_line::Model {
            checkout_id: checkout.id.clone(),
            product_id: line.product,
            name: line.name,
            unit_amount: line.price.0,
            quantity,
        });
    }
    crash_points::reach("begin:after-hold");
    let rows = lines
        .iter()
        .cloned()
        .map(|line| line.into_active_model().reset_all());
    checkout_line::Entity::insert_many(rows)
        .exec_without_returning(&transaction)
        .await?;
    let priced = checkout::Model {
        currency: order.currency.code().to_owned(),
        amount_subtotal: order.subtotal.0,
        ..checkout
    };
    checkout::Entity::update_many()
        .col_expr(checkout::Column::Currency, Expr::value(&priced.currency))
        .col_expr(
            checkout::Column::AmountSubtotal,
            Expr::value(priced.amount_subtotal),
        )
        .filter(checkout::Column::Id.eq(&priced.id))
        .exec(&transaction)
        .await?;
    // Last, because all checkouts of the shop wait here for one row.
    let written = match shop.limiter.write(&transaction, client, counted).await? {
        Ok(written) => written,
        Err(exceeded) => {
            transaction.rollback().await?;
            return Ok(Promise::Refused(exceeded.into()));
        }
    };
    crash_points::reach("begin:before-commit");
    transaction.commit().await?;
    shop.limiter.learn(written);
    crash_points::reach("begin:after-commit");
    Ok(Promise::Made(Box::new(Quote {
        checkout: priced,
        state: CheckoutState::Creating,
        lines,
    })))
}

/// Whether another choice of the same paid form has begun meanwhile. Such choices wait for each other
/// at the paid checkout's row.
async fn is_overtaken(
    transaction: &DatabaseTransaction,
    attempt: &Attempt,
) -> Result<bool, CheckoutError> {
    let Some(form) = &attempt.derived_from else {
        return Ok(false);
    };
    let paid = checkout::Entity::find().filter(checkout::Column::Attempt.eq(form.as_str()));
    locked(paid).one(transaction).await?;
    Ok(find(transaction, other_choice(form, &attempt.token))
        .await?
        .is_some())
}

/// Unpaid checkouts of a paid form, but for the one of this attempt.
fn other_choice(form: &AttemptToken, attempt: &AttemptToken) -> SimpleExpr {
    checkout::Column::DerivedFrom
        .eq(form.as_str())
        .and(checkout::Column::Attempt.ne(attempt.as_str()))
        .and(checkout::Column::State.is_in([
            CheckoutState::Creating.as_str(),
            CheckoutState::Open.as_str(),
        ]))
}

/// Inserts the checkout under its attempt, without a price yet. `None` where the attempt has one.
///
/// On PostgreSQL this waits for a transaction that is just inserting the same attempt.
async fn insert(
    transaction: &DatabaseTransaction,
    shop: &Shop,
    attempt: &Attempt,
    client: Option<&Client>,
) -> Result<Option<checkout::Model>, CheckoutError> {
    let now = clock::now();
    let row = checkout::Model {
        id: CheckoutId::made_at(now)?.into(),
        attempt: Some(attempt.token.as_str().to_owned()),
        derived_from: attempt
            .derived_from
            .as_ref()
            .map(|form| form.as_str().to_owned()),
        token: OrderToken::random()?.into(),
        state: CheckoutState::Creating.as_str().to_owned(),
        currency: String::new(),
        amount_subtotal: 0,
        public_url: shop.settings.public_url.clone(),
        stripe_session_id: None,
        stripe_url: None,
        error: None,
        options: serde_json::to_string(&shop.settings.options)
            .map_err(|_| CheckoutError::Row("the options cannot be written"))?,
        client: client.map(|client| client.key().to_owned()),
        client_network: client.and_then(Client::network).map(str::to_owned),
        shop: Some(shop.settings.identity.id.clone().into()),
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

/// Who made the promise for which a session is created.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Whose {
    /// This request.
    Ours,
    /// An earlier one, which may still be waiting for Stripe.
    Others,
}

/// Asks Stripe for the session of a quote, and opens the checkout. `None` where another request has moved it meanwhile.
async fn create_session(
    shop: &Shop,
    quote: &Quote,
    whose: Whose,
) -> Result<Option<Result<Begun, Refusal>>, CheckoutError> {
    let request = request(quote)?;
    crash_points::reach("begin:before-session");
    let created = shop.stripe.create_session(&request).await;
    crash_points::reach("begin:after-session");
    match created {
        Ok(session) => open(shop, quote, session).await.map(Some),
        Err(error) => {
            let explained = explained(shop, &error);
            let refusal = error.owners_refusal();
            tracing::error!(
                checkout = quote.checkout.id,
                reason = %error,
                stripe_message = refusal.and_then(|refusal| refusal.message.as_deref()),
                param = refusal.and_then(|refusal| refusal.param.as_deref()),
                stripe_request = refusal.and_then(|refusal| refusal.request_id.as_deref()),
                "Stripe created no session for checkout {}: {explained}",
                quote.checkout.id
            );
            if whose == Whose::Others && !error.is_definite() {
                // The earlier request may be about to succeed with the same key, or have done so: its
                // shopper may have paid. If it is no more, the sweeper ends this.
                let now = find(
                    shop.database.reader(),
                    checkout::Column::Id.eq(&quote.checkout.id),
                );
                return match now.await? {
                    Some(now) if now.state == CheckoutState::Creating => {
                        still_open(quote).map(|begun| Some(Ok(begun)))
                    }
                    // The earlier request has come to its end meanwhile.
                    _ => Ok(None),
                };
            }
            // A session may exist after an unknown outcome. Nobody has seen its page, so nobody can pay it, and it expires.
            let transaction = shop.database.begin_write().await?;
            let reason = error.to_string();
            let ended = end(
                &transaction,
                &quote.checkout.id,
                &[CheckoutState::Creating],
                CheckoutState::Refused,
                Some(&reason),
            )
            .await?;
            if refusal.is_some() {
                notice::note(&transaction, Notice::PaymentsRefused, &explained).await?;
            }
            transaction.commit().await?;
            let told = match refusal {
                Some(_) => Refusal::PaymentsRefused,
                None => Refusal::PaymentUnavailable,
            };
            Ok(ended.then_some(Err(told)))
        }
    }
}

/// Why Stripe created no session, for the log and the owner; with what is known of our clock, where
/// Stripe does not like the time.
fn explained(shop: &Shop, error: &CallError) -> String {
    let explained = error.explained();
    let refusal = error.owners_refusal();
    let about_time = refusal.is_some_and(|it| it.param.as_deref() == Some("expires_at"));
    match shop.stripe.clock_warning().filter(|_| about_time) {
        Some(clock) => format!("{explained}; {clock}"),
        None => explained,
    }
}

/// When a session that begins now can no longer be paid. Stripe's least is half an hour by its own
/// clock, so that a clock of ours that is known to be behind must not use up the margin.
pub(crate) fn expiry(shop: &Shop, now: OffsetDateTime) -> OffsetDateTime {
    let usual = now + shop.settings.hold;
    let behind = shop.stripe.clock_offset().map_or(0, |ahead| -ahead);
    // A clock that is off by more than that cannot be helped.
    let behind = time::Duration::seconds(behind.clamp(0, MAX_CORRECTION_SECONDS));
    Ord::max(usual, now + behind + SHORTEST_SESSION)
}

/// The request that belongs to a quote, built from nothing but its rows.
fn request(quote: &Quote) -> Result<SessionRequest, CheckoutError> {
    let checkout = &quote.checkout;
    let lines = quote
        .lines
        .iter()
        .map(|line| {
            let quantity = u64::try_from(line.quantity)
                .map_err(|_| CheckoutError::Row("negative quantity"))?;
            Ok(SessionLine {
                name: line.name.clone(),
                unit_amount: MinorUnit(line.unit_amount),
                quantity,
            })
        })
        .collect::<Result<_, CheckoutError>>()?;
    Ok(SessionRequest {
        checkout_id: checkout.id.clone(),
        shop: checkout
            .shop
            .as_deref()
            .map(str::parse)
            .transpose()
            .map_err(|_| CheckoutError::Row("unreadable shop"))?,
        currency: checkout
            .currency
            .parse()
            .map_err(|_| CheckoutError::Row("unknown currency"))?,
        lines,
        options: serde_json::from_str(&checkout.options)
            .map_err(|_| CheckoutError::Row("unknown options"))?,
        success_url: format!("{}/orders/{}", checkout.public_url, checkout.token),
        cancel_url: format!(
            "{}/checkout/{}/cancelled",
            checkout.public_url, checkout.token
        ),
        expires_at: checkout.expires_at.unix_timestamp(),
    })
}

/// Stores the session: `creating → open`.
async fn open(
    shop: &Shop,
    quote: &Quote,
    session: Session,
) -> Result<Result<Begun, Refusal>, CheckoutError> {
    crash_points::reach("begin:before-open");
    let transaction = shop.database.begin_write().await?;
    let opened = checkout::Entity::update_many()
        .col_expr(
            checkout::Column::State,
            Expr::value(CheckoutState::Open.as_str()),
        )
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
        .filter(checkout::Column::State.eq(CheckoutState::Creating.as_str()))
        .exec(&transaction)
        .await?
        .rows_affected
        == 1;
    crash_points::reach("begin:before-open-commit");
    transaction.commit().await?;
    crash_points::reach("begin:after-open-commit");
    if opened && let Some(url) = session.url {
        return Ok(Ok(Begun::Pay { url }));
    }
    // Somebody was faster: a second request with the same key, an event, or the sweeper.
    let now = find(
        shop.database.reader(),
        checkout::Column::Id.eq(&quote.checkout.id),
    )
    .await?;
    match now {
        Some(now) => match (now.state, &now.checkout.stripe_url) {
            (CheckoutState::Open, Some(url)) => Ok(Ok(Begun::Pay { url: url.clone() })),
            (CheckoutState::Processing | CheckoutState::Paid, _) => to_order(&now, false).map(Ok),
            _ => {
                // It was given up meanwhile and its pieces are back on the shelf: nobody may pay for them.
                if let Err(error) = shop.stripe.expire_session(&session.id).await {
                    tracing::warn!(checkout = quote.checkout.id, %error, "a session that nobody has seen could not be ended");
                }
                Ok(Err(Refusal::PaymentUnavailable))
            }
        },
        None => Err(CheckoutError::Row("it is gone")),
    }
}

enum Waited {
    /// It left `creating`.
    Moved,
    InVain,
}

/// Waits for the request that came first with the same form.
async fn wait_for_first(shop: &Shop, quote: &Quote) -> Result<Waited, CheckoutError> {
    let begun = tokio::time::Instant::now();
    let left = shop.stripe.time_left().unwrap_or(WAIT_FOR_FIRST);
    let waited = wait_until(shop, quote, begun + left.min(WAIT_FOR_FIRST)).await;
    // The first one waits for Stripe, and this one with it.
    shop.stripe.spend(begun.elapsed());
    waited
}

async fn wait_until(
    shop: &Shop,
    quote: &Quote,
    deadline: tokio::time::Instant,
) -> Result<Waited, CheckoutError> {
    while tokio::time::Instant::now() < deadline {
        let now = checkout::Entity::find_by_id(&quote.checkout.id)
            .one(shop.database.reader())
            .await?;
        if now.is_none_or(|now| now.state != CheckoutState::Creating.as_str()) {
            return Ok(Waited::Moved);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Ok(Waited::InVain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_count_pays_for_ending_a_session_and_creating_one() {
        let mut changed = Allowance::default();
        assert!(changed.end());
        assert!(!changed.create());
        assert!(changed.create());
        assert!(!changed.end());
        assert!(changed.end());
        assert!(!changed.create());
    }
}
