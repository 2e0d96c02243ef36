//! Compares each session at Stripe with its order here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use till_core::lifecycle::PaymentStatus;
use till_core::money::CurrencyCode;
use till_core::refunds::RefundStatus;
use till_core::token::{CheckoutId, ShopId};
use time::OffsetDateTime;

use super::pull::last_id;
use super::{ReconcileError, Sessions};
pub use crate::entity::order_difference::Kind;
use crate::entity::{checkout, order, refund};
use crate::{Shop, clock};

/// The number of sessions looked up at once.
const BATCH: usize = 100;
/// The number of orders read at once.
const ORDER_BATCH: u64 = 500;
/// The maximum number of sessions retrieved one by one because no list contains them. More than
/// this points to a systematic problem.
const MAX_RETRIEVED: usize = 200;

/// An amount in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// In minor units.
    pub amount: i64,
    /// The currency.
    pub currency: CurrencyCode,
}

impl Kind {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::PaidWithoutOrder => "paid at Stripe, but there is no order",
            Self::OrderWithoutPayment => "an order, but not paid at Stripe",
            Self::AmountDiffers => "the order's amount is not the amount paid",
            Self::RefundsDiffer => "the refunds here are not those at Stripe",
        }
    }
}

/// What became of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is fixed.
    Repaired,
    /// It remains and needs attention.
    Remains,
    /// It remains, but the owner has resolved its order with these amounts.
    Resolved,
    /// In a dry run: an event at Stripe would fix it.
    WouldBeRepaired,
    /// Its session was adopted as an order.
    Adopted,
    /// In a dry run: its session would be adopted.
    WouldBeAdopted,
}

impl Outcome {
    /// Whether the owner does not need to do anything about it.
    #[must_use]
    pub fn needs_no_action(self) -> bool {
        matches!(self, Self::Repaired | Self::Resolved | Self::Adopted)
    }
}

/// One difference between a session and its order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How they differ.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
    /// Stripe's id of the session.
    pub session: String,
    /// The checkout that created the session.
    pub checkout: String,
    /// The order's number, if there is an order.
    pub order: Option<String>,
    /// The order's id.
    #[serde(skip)]
    pub(super) order_id: Option<i64>,
    /// The total or the sum of refunds here.
    pub here: Option<Amount>,
    /// The same at Stripe.
    pub at_stripe: Option<Amount>,
    /// When it was paid at Stripe; `None` if it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub paid_at: Option<OffsetDateTime>,
    /// The email address that the shopper typed on Stripe's page.
    pub email: Option<String>,
    /// Whether it carries this shop's id but its checkout is unknown here: the database was
    /// restored from before the checkout was created.
    pub forgotten: bool,
}

/// The parts of a listed session that are compared.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct SessionView {
    id: String,
    #[serde(default)]
    client_reference_id: Option<String>,
    #[serde(default)]
    created: i64,
    #[serde(default)]
    status: Option<String>,
    #[serde(default)]
    payment_status: Option<PaymentStatus>,
    #[serde(default)]
    amount_total: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    /// Expanded with its charge, as requested.
    #[serde(default)]
    payment_intent: Value,
    #[serde(default)]
    metadata: Value,
    #[serde(default)]
    customer_details: Value,
}

impl SessionView {
    pub(super) fn is_paid(&self) -> bool {
        self.status.as_deref() == Some("complete")
            && self
                .payment_status
                .as_ref()
                .is_some_and(PaymentStatus::is_settled)
    }

    fn total(&self) -> Option<Amount> {
        Some(Amount {
            amount: self.amount_total?,
            currency: self.currency.as_deref()?.parse().ok()?,
        })
    }

    /// Returns the id of the shop that created it.
    pub(super) fn shop(&self) -> Option<&str> {
        self.metadata.get("shop")?.as_str()
    }

    fn email(&self) -> Option<String> {
        let email = self.customer_details.get("email")?.as_str()?;
        Some(email.to_owned())
    }

    /// Returns when it was paid; if nothing was due, when the session was created.
    pub(super) fn paid_at(&self) -> Option<OffsetDateTime> {
        let charge = self.payment_intent.get("latest_charge");
        let charged = charge.and_then(|charge| charge.get("created")?.as_i64());
        let seconds = charged.unwrap_or(self.created);
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .filter(|_| self.is_paid())
    }

    /// Returns the refunded amount, including pending refunds.
    fn refunded(&self) -> Option<Amount> {
        let charge = self.payment_intent.get("latest_charge")?;
        Some(Amount {
            amount: charge.get("amount_refunded")?.as_i64()?,
            currency: charge.get("currency")?.as_str()?.parse().ok()?,
        })
    }
}

/// What the shop has recorded of the same session.
#[derive(Clone, Debug, PartialEq, Eq)]
struct RecordedOrder {
    order: i64,
    number: String,
    total: Amount,
    /// The sum of the refunds, without failed and canceled ones.
    refunded: Amount,
}

/// A session that differs from its order, with that order.
#[derive(Clone, Debug)]
struct MismatchedSession {
    session: SessionView,
    checkout: String,
    recorded: Option<RecordedOrder>,
    /// Its checkout is unknown here.
    forgotten: bool,
    kinds: Vec<Kind>,
}

impl MismatchedSession {
    fn differences(&self, outcome: Outcome) -> impl Iterator<Item = Difference> {
        self.kinds.iter().map(move |kind| {
            let (here, at_stripe) = match kind {
                Kind::RefundsDiffer => (
                    self.recorded
                        .as_ref()
                        .map(|recorded| recorded.refunded.clone()),
                    self.session.refunded(),
                ),
                _ => (
                    self.recorded
                        .as_ref()
                        .map(|recorded| recorded.total.clone()),
                    self.session.total(),
                ),
            };
            Difference {
                kind: *kind,
                outcome,
                session: self.session.id.clone(),
                checkout: self.checkout.clone(),
                order: self
                    .recorded
                    .as_ref()
                    .map(|recorded| recorded.number.clone()),
                order_id: self.recorded.as_ref().map(|recorded| recorded.order),
                here,
                at_stripe,
                paid_at: self.session.paid_at(),
                email: self.session.email(),
                forgotten: self.forgotten && self.recorded.is_none(),
            }
        })
    }

    /// Whether events could fix it. Events are ignored if the checkout is unknown.
    fn is_repairable(&self) -> bool {
        !self.forgotten
            && self
                .kinds
                .iter()
                .any(|kind| matches!(kind, Kind::PaidWithoutOrder | Kind::RefundsDiffer))
    }

    /// Whether one of these ids is that of its session or payment intent.
    fn is_explained_by(&self, missing: &HashSet<String>) -> bool {
        let intent = &self.session.payment_intent;
        let intent = intent.as_str().or_else(|| intent.get("id")?.as_str());
        self.is_repairable()
            && (missing.contains(&self.session.id)
                || intent.is_some_and(|intent| missing.contains(intent)))
    }
}

/// Returns how a session of ours differs from its order. This is the only such rule.
fn difference_kinds(session: &SessionView, recorded: Option<&RecordedOrder>) -> Vec<Kind> {
    match (session.is_paid(), recorded) {
        (false, None) => Vec::new(),
        (true, None) => vec![Kind::PaidWithoutOrder],
        (false, Some(_)) => vec![Kind::OrderWithoutPayment],
        (true, Some(recorded)) => {
            let mut kinds = Vec::new();
            if session.total().as_ref() != Some(&recorded.total) {
                kinds.push(Kind::AmountDiffers);
            }
            // If nothing was due there is no charge, and nothing can be refunded.
            let nothing_refunded = |recorded: &RecordedOrder| recorded.refunded.amount == 0;
            match session.refunded() {
                Some(refunded) if refunded.amount != recorded.refunded.amount => {
                    kinds.push(Kind::RefundsDiffer);
                }
                None if !nothing_refunded(recorded) => kinds.push(Kind::RefundsDiffer),
                _ => {}
            }
            kinds
        }
    }
}

/// The result of a comparison.
#[derive(Debug, Default)]
pub(super) struct Comparison {
    pub(super) sessions: Sessions,
    mismatched: Vec<MismatchedSession>,
    /// Paid sessions that carry the id of another shop, by that id.
    other_shops: BTreeMap<String, usize>,
}

/// Compares every session created since `since`, a page at a time. `ids` are this shop's ids.
pub(super) async fn compare(
    shop: &Shop,
    since: OffsetDateTime,
    ids: &[ShopId],
) -> Result<Comparison, ReconcileError> {
    let started = clock::now();
    let mut compared = Comparison::default();
    let mut seen = HashSet::new();
    let mut after: Option<String> = None;
    loop {
        let page = shop
            .stripe
            .sessions(since.unix_timestamp(), after.as_deref())
            .await?;
        if page.objects.is_empty() {
            break;
        }
        let last = last_id(&page.objects)?;
        compared.sessions.read += page.objects.len();
        let mut sessions = Vec::with_capacity(page.objects.len());
        for object in &page.objects {
            match serde_json::from_str::<SessionView>(object) {
                Ok(session) => sessions.push(session),
                Err(_) => compared.sessions.not_compared += 1,
            }
        }
        let page_matches = match_to_orders(shop, sessions, ids).await?;
        for (session, checkout, recorded, forgotten) in page_matches.ours {
            seen.extend(recorded.as_ref().map(|recorded| recorded.order));
            compared.add(session, checkout, recorded, forgotten);
        }
        for id in page_matches.other_shops {
            *compared.other_shops.entry(id).or_default() += 1;
        }
        if !page.has_more {
            break;
        }
        after = Some(last);
    }
    // Checkouts created in the meantime are in none of the pages; the next run compares them.
    compare_unlisted(shop, since..started, &seen, &mut compared).await?;
    Ok(compared)
}

impl Comparison {
    fn add(
        &mut self,
        session: SessionView,
        checkout: String,
        recorded: Option<RecordedOrder>,
        forgotten: bool,
    ) {
        self.sessions.ours += 1;
        let kinds = difference_kinds(&session, recorded.as_ref());
        if !kinds.is_empty() {
            self.mismatched.push(MismatchedSession {
                session,
                checkout,
                recorded,
                forgotten,
                kinds,
            });
        }
    }

    /// Describes paid sessions with another shop's id, for an owner whose database was lost.
    pub(super) fn other_shops_words(&self) -> impl Iterator<Item = String> {
        self.other_shops.iter().map(|(id, paid)| {
            let sessions = if *paid == 1 {
                "session carries"
            } else {
                "sessions carry"
            };
            format!(
                "{paid} paid {sessions} the id of another shop, {id}: either it shares this Stripe \
                 account, or it is this shop before its database was lost. Only in the second \
                 case, `till reconcile --adopt --shop {id}` creates their orders"
            )
        })
    }

    /// Returns when the oldest session was created whose difference events could fix.
    pub(super) fn oldest_repairable(&self) -> Option<OffsetDateTime> {
        let repairable = self.mismatched.iter().filter(|one| one.is_repairable());
        let oldest = repairable.map(|one| one.session.created).min()?;
        OffsetDateTime::from_unix_timestamp(oldest).ok()
    }

    /// Compares again whatever differed, after everything possible was done. In a dry run nothing
    /// was done: `missing` are the ids of the sessions and payment intents that missing events are
    /// about.
    pub(super) async fn recheck(
        self,
        shop: &Shop,
        missing: Option<&HashSet<String>>,
    ) -> Result<Vec<Difference>, ReconcileError> {
        let mut differences = Vec::new();
        let mut retrieved = 0;
        for batch in self.mismatched.chunks(BATCH) {
            let checkouts = batch.iter().map(|one| one.checkout.clone());
            let recorded = recorded_orders(shop, checkouts.collect()).await?;
            for before in batch {
                let mut now = before.clone();
                now.recorded = recorded.get(&before.checkout).cloned();
                now.kinds = difference_kinds(&now.session, now.recorded.as_ref());
                if !now.kinds.is_empty() && retrieved < MAX_RETRIEVED {
                    retrieved += 1;
                    // The session may have changed since the list was read.
                    let outcome = retrieve(shop, &now.session.id).await?;
                    if let RetrieveOutcome::Found(session) = outcome {
                        now.kinds = difference_kinds(&session, now.recorded.as_ref());
                        now.session = *session;
                    }
                }
                if !now.kinds.is_empty() {
                    let explained = missing.is_some_and(|missing| now.is_explained_by(missing));
                    let outcome = if explained {
                        Outcome::WouldBeRepaired
                    } else {
                        Outcome::Remains
                    };
                    differences.extend(now.differences(outcome));
                } else if missing.is_none() && before.is_repairable() {
                    let repaired = MismatchedSession {
                        recorded: now.recorded,
                        ..before.clone()
                    };
                    differences.extend(repaired.differences(Outcome::Repaired));
                }
            }
        }
        Ok(differences)
    }
}

/// The sessions of a page, by the shop they belong to.
#[derive(Debug, Default)]
struct PageMatches {
    /// This shop's, with their checkout, their order, and whether the checkout is unknown here.
    ours: Vec<(SessionView, String, Option<RecordedOrder>, bool)>,
    /// The shop ids of other paid sessions.
    other_shops: Vec<String>,
}

/// Finds our sessions of a page, with their checkout and order. A session is ours if its checkout
/// exists and has no other session, or if the checkout is unknown and the session carries one of
/// these shop ids.
async fn match_to_orders(
    shop: &Shop,
    sessions: Vec<SessionView>,
    shop_ids: &[ShopId],
) -> Result<PageMatches, DbErr> {
    let with_checkout_id: Vec<(SessionView, String)> = sessions
        .into_iter()
        .filter_map(|session| {
            let id = session.client_reference_id.as_deref()?;
            let id = id.parse::<CheckoutId>().ok()?.as_str().to_owned();
            Some((session, id))
        })
        .collect();
    let ids: Vec<String> = with_checkout_id.iter().map(|(_, id)| id.clone()).collect();
    let known: Vec<(String, Option<String>)> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .column(checkout::Column::StripeSessionId)
        .filter(checkout::Column::Id.is_in(&ids))
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    let known: HashMap<String, Option<String>> = known.into_iter().collect();
    let mut recorded = recorded_orders(shop, ids).await?;
    let mut page_matches = PageMatches::default();
    for (session, id) in with_checkout_id {
        let forgotten = match (known.get(&id), session.shop()) {
            (Some(Some(other)), _) if *other != session.id => continue,
            (Some(_), _) => false,
            (None, Some(shop_id)) if shop_ids.iter().any(|ours| ours.as_str() == shop_id) => true,
            (None, shop_id) => {
                let other = shop_id.and_then(|shop_id| shop_id.parse::<ShopId>().ok());
                page_matches
                    .other_shops
                    .extend(other.filter(|_| session.is_paid()).map(String::from));
                continue;
            }
        };
        let recorded = recorded.remove(&id);
        page_matches.ours.push((session, id, recorded, forgotten));
    }
    Ok(page_matches)
}

/// Returns the orders of these checkouts, by checkout, with their refunds.
async fn recorded_orders(
    shop: &Shop,
    checkouts: Vec<String>,
) -> Result<HashMap<String, RecordedOrder>, DbErr> {
    let orders = order::Entity::find()
        .filter(order::Column::CheckoutId.is_in(checkouts))
        .all(shop.database.reader())
        .await?;
    let refunds: Vec<(i64, CurrencyCode, i64)> = refund::Entity::find()
        .select_only()
        .column(refund::Column::OrderId)
        .column(refund::Column::Currency)
        .column(refund::Column::Amount)
        .filter(refund::Column::OrderId.is_in(orders.iter().map(|order| order.id)))
        .filter(refund::Column::Status.is_not_in(RefundStatus::not_counted()))
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    // Never add up two currencies.
    let mut sums: HashMap<(i64, CurrencyCode), i64> = HashMap::new();
    for (order, currency, amount) in refunds {
        let sum = sums.entry((order, currency)).or_default();
        *sum = sum.saturating_add(amount);
    }
    Ok(orders
        .into_iter()
        .map(|order| {
            let amount = |amount| Amount {
                amount,
                currency: order.currency.clone(),
            };
            let recorded = RecordedOrder {
                order: order.id,
                number: order.number,
                total: amount(order.amount_total),
                refunded: amount({
                    let sum = sums.get(&(order.id, order.currency.clone()));
                    sum.copied().unwrap_or(0)
                }),
            };
            (order.checkout_id, recorded)
        })
        .collect())
}

/// Compares orders of this period whose session was in no list: each session is retrieved.
async fn compare_unlisted(
    shop: &Shop,
    time: Range<OffsetDateTime>,
    seen: &HashSet<i64>,
    compared: &mut Comparison,
) -> Result<(), ReconcileError> {
    let mut retrieved = 0;
    let mut below = i64::MAX;
    loop {
        let orders = order::Entity::find()
            .filter(order::Column::Id.lt(below))
            .order_by_desc(order::Column::Id)
            .limit(ORDER_BATCH)
            .all(shop.database.reader())
            .await?;
        let Some(oldest) = orders.last() else {
            return Ok(());
        };
        // Ids grow with the time of creation, and no order is older than its checkout.
        let done = oldest.created_at < time.start;
        below = oldest.id;
        let unseen: Vec<order::Model> = orders
            .into_iter()
            .filter(|order| order.created_at >= time.start && !seen.contains(&order.id))
            // Skip orders from before the shop went live, or from later tests in test mode: this
            // key cannot see their sessions.
            .filter(|order| visible_in_mode(&order.stripe_session_id, shop.settings.livemode))
            .collect();
        let created = created_within(shop, &unseen, &time).await?;
        for order in unseen {
            if !created.contains(&order.checkout_id) {
                continue;
            }
            if retrieved == MAX_RETRIEVED {
                compared.sessions.not_compared += 1;
                continue;
            }
            retrieved += 1;
            let session = match retrieve(shop, &order.stripe_session_id).await? {
                RetrieveOutcome::Found(session) => *session,
                // A session that Stripe does not know is not paid.
                RetrieveOutcome::Missing => SessionView {
                    id: order.stripe_session_id.clone(),
                    client_reference_id: None,
                    created: 0,
                    status: None,
                    payment_status: None,
                    amount_total: None,
                    currency: None,
                    payment_intent: Value::Null,
                    metadata: Value::Null,
                    customer_details: Value::Null,
                },
                RetrieveOutcome::Unknown => {
                    compared.sessions.not_compared += 1;
                    continue;
                }
            };
            let checkout = order.checkout_id;
            let order = recorded_orders(shop, vec![checkout.clone()])
                .await?
                .remove(&checkout);
            compared.add(session, checkout, order, false);
        }
        if done {
            return Ok(());
        }
    }
}

/// Whether a key of this mode (live or test) can see a session. The mode is part of the id.
fn visible_in_mode(session: &str, livemode: bool) -> bool {
    let other = if livemode { "cs_test_" } else { "cs_live_" };
    !session.starts_with(other)
}

/// Returns the checkouts of these orders that were created in this period. The sessions of all
/// others are outside the list.
async fn created_within(
    shop: &Shop,
    orders: &[order::Model],
    time: &Range<OffsetDateTime>,
) -> Result<HashSet<String>, DbErr> {
    let ids: Vec<String> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .filter(checkout::Column::Id.is_in(orders.iter().map(|order| &order.checkout_id)))
        .filter(checkout::Column::CreatedAt.gte(time.start))
        .filter(checkout::Column::CreatedAt.lte(time.end))
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    Ok(ids.into_iter().collect())
}

/// The result of retrieving one session.
enum RetrieveOutcome {
    Found(Box<SessionView>),
    /// Stripe does not know it.
    Missing,
    /// The response is an error or cannot be read.
    Unknown,
}

/// Retrieves one session. An error that concerns only this session does not end the comparison.
async fn retrieve(shop: &Shop, session: &str) -> Result<RetrieveOutcome, ReconcileError> {
    let found = match shop.stripe.raw_session(session).await {
        Ok(Some(object)) => serde_json::from_str(&object).map_err(|_| "unreadable".to_owned()),
        Ok(None) => return Ok(RetrieveOutcome::Missing),
        Err(error) if error.affects_other_calls() => return Err(error.into()),
        Err(error) => Err(error.to_string()),
    };
    match found {
        Ok(session) => Ok(RetrieveOutcome::Found(session)),
        Err(reason) => {
            tracing::error!(
                session,
                reason,
                "session {session} could not be compared: {reason}"
            );
            Ok(RetrieveOutcome::Unknown)
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    fn session(status: &str, payment: &str, total: i64, refunded: Option<i64>) -> SessionView {
        let intent = refunded.map(|refunded| {
            serde_json::json!({
                "id": "pi_1",
                "latest_charge": { "amount_refunded": refunded, "currency": "eur" },
            })
        });
        SessionView {
            id: "cs_1".to_owned(),
            client_reference_id: None,
            created: 0,
            status: Some(status.to_owned()),
            payment_status: Some(payment.to_owned().into()),
            amount_total: Some(total),
            currency: Some("eur".to_owned()),
            payment_intent: intent.unwrap_or_default(),
            metadata: Value::Null,
            customer_details: Value::Null,
        }
    }

    fn recorded(total: i64, currency: &str, refunded: i64) -> RecordedOrder {
        let amount = |amount| Amount {
            amount,
            currency: currency.parse().unwrap(),
        };
        RecordedOrder {
            order: 1,
            number: "1".to_owned(),
            total: amount(total),
            refunded: amount(refunded),
        }
    }

    #[test]
    fn differences_between_session_and_order_are_classified() {
        let paid = |refunded| session("complete", "paid", 1000, Some(refunded));
        let cases = [
            (session("open", "unpaid", 1000, None), None, vec![]),
            (session("expired", "unpaid", 1000, None), None, vec![]),
            // A delayed payment on its way.
            (session("complete", "unpaid", 1000, Some(0)), None, vec![]),
            (paid(0), Some(recorded(1000, "eur", 0)), vec![]),
            (paid(0), None, vec![Kind::PaidWithoutOrder]),
            (
                session("complete", "unpaid", 1000, None),
                Some(recorded(1000, "eur", 0)),
                vec![Kind::OrderWithoutPayment],
            ),
            (
                paid(0),
                Some(recorded(999, "eur", 0)),
                vec![Kind::AmountDiffers],
            ),
            (
                paid(0),
                Some(recorded(1000, "usd", 0)),
                vec![Kind::AmountDiffers],
            ),
            (
                paid(400),
                Some(recorded(1000, "eur", 0)),
                vec![Kind::RefundsDiffer],
            ),
            (
                paid(0),
                Some(recorded(1000, "eur", 400)),
                vec![Kind::RefundsDiffer],
            ),
            (paid(400), Some(recorded(1000, "eur", 400)), vec![]),
            (
                session("complete", "no_payment_required", 0, None),
                Some(recorded(0, "eur", 0)),
                vec![],
            ),
            (
                session("complete", "no_payment_required", 0, None),
                None,
                vec![Kind::PaidWithoutOrder],
            ),
            // Nothing is due, but the shopper has not finished.
            (
                session("open", "no_payment_required", 0, None),
                None,
                vec![],
            ),
        ];
        for (session, recorded, kinds) in cases {
            assert_eq!(
                difference_kinds(&session, recorded.as_ref()),
                kinds,
                "{session:?}"
            );
        }
    }
}
