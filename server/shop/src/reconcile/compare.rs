//! Each session at Stripe against the order here.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::pull::last_of;
use super::{ReconcileError, Sessions};
use crate::entity::{checkout, order, refund};
use crate::money_back::RefundStatus;
use crate::token::{CheckoutId, ShopId};
use crate::{Shop, clock};

/// Sessions that are looked up together.
const BATCH: usize = 100;
/// Orders that are read together.
const ORDERS: u64 = 500;
/// Orders about which Stripe is asked one by one because no list names their session. More than this are no accident.
const ASKED_AT_MOST: usize = 200;

/// An amount in minor units.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Amount {
    /// In minor units.
    pub amount: i64,
    /// The lower-case ISO 4217 code.
    pub currency: String,
}

/// How money and orders disagree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Paid at Stripe, and no order here.
    PaidWithoutOrder,
    /// An order here, and not paid at Stripe.
    OrderWithoutPayment,
    /// Another total or another currency.
    AmountDiffers,
    /// Another sum went back than the refunds here say.
    RefundsDiffer,
}

impl Kind {
    /// The name in the database and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PaidWithoutOrder => "paid_without_order",
            Self::OrderWithoutPayment => "order_without_payment",
            Self::AmountDiffers => "amount_differs",
            Self::RefundsDiffer => "refunds_differ",
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::PaidWithoutOrder => "paid at Stripe, but there is no order",
            Self::OrderWithoutPayment => "an order, but not paid at Stripe",
            Self::AmountDiffers => "the order's amount is not what was paid",
            Self::RefundsDiffer => "the refunds here are not what went back",
        }
    }
}

/// What became of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is gone.
    Repaired,
    /// It stays until somebody sees to it.
    Remains,
    /// It stays, and the owner has resolved its order while the amounts were these.
    Resolved,
    /// In a dry run: an event at Stripe would mend it.
    WouldBeRepaired,
    /// The owner had an order made of what Stripe has.
    Adopted,
    /// In a dry run: an order would be made of it.
    WouldBeAdopted,
}

impl Outcome {
    /// Whether nobody has to do anything about it.
    #[must_use]
    pub fn is_settled(self) -> bool {
        matches!(self, Self::Repaired | Self::Resolved | Self::Adopted)
    }
}

/// One session about which Stripe and the shop disagree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// How.
    pub kind: Kind,
    /// What became of it.
    pub outcome: Outcome,
    /// Stripe's id of the session.
    pub session: String,
    /// The checkout that began it.
    pub checkout: String,
    /// The order's number, where there is one.
    pub order: Option<String>,
    /// The order's key.
    #[serde(skip)]
    pub(super) order_id: Option<i64>,
    /// The total or the sum of refunds here.
    pub here: Option<Amount>,
    /// The same at Stripe.
    pub at_stripe: Option<Amount>,
    /// When it was paid at Stripe; `None` where it was not.
    #[serde(with = "time::serde::rfc3339::option")]
    pub paid_at: Option<OffsetDateTime>,
    /// Who paid, as the shopper has typed it on Stripe's page.
    pub email: Option<String>,
    /// It carries this shop's id, and its checkout is unknown here: the database was restored from
    /// before it began.
    pub forgotten: bool,
}

/// A session as a list holds it, as far as it is compared.
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
    payment_status: Option<String>,
    #[serde(default)]
    amount_total: Option<i64>,
    #[serde(default)]
    currency: Option<String>,
    /// With its charge, as it was asked for.
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
            && matches!(
                self.payment_status.as_deref(),
                Some("paid" | "no_payment_required")
            )
    }

    fn total(&self) -> Option<Amount> {
        Some(Amount {
            amount: self.amount_total?,
            currency: self.currency.as_deref()?.to_ascii_lowercase(),
        })
    }

    /// The shop that began it.
    pub(super) fn shop(&self) -> Option<&str> {
        self.metadata.get("shop")?.as_str()
    }

    fn email(&self) -> Option<String> {
        let email = self.customer_details.get("email")?.as_str()?;
        Some(email.to_owned())
    }

    /// When its payment was made; where nothing was due, when it began.
    pub(super) fn paid_at(&self) -> Option<OffsetDateTime> {
        let charge = self.payment_intent.get("latest_charge");
        let charged = charge.and_then(|charge| charge.get("created")?.as_i64());
        let seconds = charged.unwrap_or(self.created);
        OffsetDateTime::from_unix_timestamp(seconds)
            .ok()
            .filter(|_| self.is_paid())
    }

    /// What went back, pending refunds included.
    fn refunded(&self) -> Option<Amount> {
        let charge = self.payment_intent.get("latest_charge")?;
        Some(Amount {
            amount: charge.get("amount_refunded")?.as_i64()?,
            currency: charge.get("currency")?.as_str()?.to_ascii_lowercase(),
        })
    }
}

/// What the shop knows of the same session.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Booked {
    order: i64,
    number: String,
    total: Amount,
    /// Sum of the refunds that count.
    refunded: Amount,
}

/// A session that disagrees, with what it was compared with.
#[derive(Clone, Debug)]
struct Disagreement {
    session: SessionView,
    checkout: String,
    booked: Option<Booked>,
    /// Its checkout is unknown here.
    forgotten: bool,
    kinds: Vec<Kind>,
}

impl Disagreement {
    fn differences(&self, outcome: Outcome) -> impl Iterator<Item = Difference> {
        self.kinds.iter().map(move |kind| {
            let (here, at_stripe) = match kind {
                Kind::RefundsDiffer => (
                    self.booked.as_ref().map(|booked| booked.refunded.clone()),
                    self.session.refunded(),
                ),
                _ => (
                    self.booked.as_ref().map(|booked| booked.total.clone()),
                    self.session.total(),
                ),
            };
            Difference {
                kind: *kind,
                outcome,
                session: self.session.id.clone(),
                checkout: self.checkout.clone(),
                order: self.booked.as_ref().map(|booked| booked.number.clone()),
                order_id: self.booked.as_ref().map(|booked| booked.order),
                here,
                at_stripe,
                paid_at: self.session.paid_at(),
                email: self.session.email(),
                forgotten: self.forgotten && self.booked.is_none(),
            }
        })
    }

    /// Whether events could mend it. They are ignored where the checkout is unknown.
    fn is_repairable(&self) -> bool {
        !self.forgotten
            && self
                .kinds
                .iter()
                .any(|kind| matches!(kind, Kind::PaidWithoutOrder | Kind::RefundsDiffer))
    }

    /// Whether one of these sessions and payments is its own.
    fn is_told_by(&self, missing: &HashSet<String>) -> bool {
        let intent = &self.session.payment_intent;
        let intent = intent.as_str().or_else(|| intent.get("id")?.as_str());
        self.is_repairable()
            && (missing.contains(&self.session.id)
                || intent.is_some_and(|intent| missing.contains(intent)))
    }
}

/// The one rule: what is wrong between a session of ours and its order.
fn judge(session: &SessionView, booked: Option<&Booked>) -> Vec<Kind> {
    match (session.is_paid(), booked) {
        (false, None) => Vec::new(),
        (true, None) => vec![Kind::PaidWithoutOrder],
        (false, Some(_)) => vec![Kind::OrderWithoutPayment],
        (true, Some(booked)) => {
            let mut kinds = Vec::new();
            if session.total().as_ref() != Some(&booked.total) {
                kinds.push(Kind::AmountDiffers);
            }
            // Where nothing was due there is no charge, and nothing can go back.
            let nothing = |booked: &Booked| booked.refunded.amount == 0;
            match session.refunded() {
                Some(refunded) if refunded.amount != booked.refunded.amount => {
                    kinds.push(Kind::RefundsDiffer);
                }
                None if !nothing(booked) => kinds.push(Kind::RefundsDiffer),
                _ => {}
            }
            kinds
        }
    }
}

/// What a comparison found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) sessions: Sessions,
    disagreements: Vec<Disagreement>,
    /// Paid sessions that carry the id of another shop, by that id.
    other_shops: BTreeMap<String, usize>,
}

/// Compares every session that was created from then on, a page at a time. `ids` are this shop's.
pub(super) async fn compare(
    shop: &Shop,
    since: OffsetDateTime,
    ids: &[ShopId],
) -> Result<Compared, ReconcileError> {
    let begun = clock::now();
    let mut compared = Compared::default();
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
        let last = last_of(&page.objects)?;
        compared.sessions.read += page.objects.len();
        let mut sessions = Vec::with_capacity(page.objects.len());
        for object in &page.objects {
            match serde_json::from_str::<SessionView>(object) {
                Ok(session) => sessions.push(session),
                Err(_) => compared.sessions.not_compared += 1,
            }
        }
        let paired = pair(shop, sessions, ids).await?;
        for (session, checkout, booked, forgotten) in paired.ours {
            seen.extend(booked.as_ref().map(|booked| booked.order));
            compared.add(session, checkout, booked, forgotten);
        }
        for id in paired.other_shops {
            *compared.other_shops.entry(id).or_default() += 1;
        }
        if !page.has_more {
            break;
        }
        after = Some(last);
    }
    // Checkouts that began meanwhile are in no list that was read, and are compared next time.
    ask_about_others(shop, since..begun, &seen, &mut compared).await?;
    Ok(compared)
}

impl Compared {
    fn add(
        &mut self,
        session: SessionView,
        checkout: String,
        booked: Option<Booked>,
        forgotten: bool,
    ) {
        self.sessions.ours += 1;
        let kinds = judge(&session, booked.as_ref());
        if !kinds.is_empty() {
            self.disagreements.push(Disagreement {
                session,
                checkout,
                booked,
                forgotten,
                kinds,
            });
        }
    }

    /// What the owner of a lost database needs to know of payments that carry another shop's id.
    pub(super) fn other_shops_words(&self) -> impl Iterator<Item = String> {
        self.other_shops.iter().map(|(id, paid)| {
            let sessions = if *paid == 1 { "session carries" } else { "sessions carry" };
            format!(
                "{paid} paid {sessions} the id of another shop, {id}: it shares this Stripe account, or it is this shop before its database was lost. Only in that case `till reconcile --adopt --shop {id}` makes orders of them"
            )
        })
    }

    /// When the oldest session was created whose difference events could mend.
    pub(super) fn oldest_repairable(&self) -> Option<OffsetDateTime> {
        let repairable = self.disagreements.iter().filter(|one| one.is_repairable());
        let oldest = repairable.map(|one| one.session.created).min()?;
        OffsetDateTime::from_unix_timestamp(oldest).ok()
    }

    /// Looks again at what disagreed, after everything was done that can be done. In a dry run nothing was: `missing` are
    /// the sessions and payments that missing events are about.
    pub(super) async fn again(
        self,
        shop: &Shop,
        missing: Option<&HashSet<String>>,
    ) -> Result<Vec<Difference>, ReconcileError> {
        let mut differences = Vec::new();
        let mut asked = 0;
        for batch in self.disagreements.chunks(BATCH) {
            let checkouts = batch.iter().map(|one| one.checkout.clone());
            let booked = booked(shop, checkouts.collect()).await?;
            for before in batch {
                let mut now = before.clone();
                now.booked = booked.get(&before.checkout).cloned();
                now.kinds = judge(&now.session, now.booked.as_ref());
                if !now.kinds.is_empty() && asked < ASKED_AT_MOST {
                    asked += 1;
                    // Stripe may have moved on since the list was read.
                    if let Retrieved::Found(session) = retrieve(shop, &now.session.id).await? {
                        now.kinds = judge(&session, now.booked.as_ref());
                        now.session = *session;
                    }
                }
                if !now.kinds.is_empty() {
                    let told = missing.is_some_and(|missing| now.is_told_by(missing));
                    let outcome = if told {
                        Outcome::WouldBeRepaired
                    } else {
                        Outcome::Remains
                    };
                    differences.extend(now.differences(outcome));
                } else if missing.is_none() && before.is_repairable() {
                    let repaired = Disagreement {
                        booked: now.booked,
                        ..before.clone()
                    };
                    differences.extend(repaired.differences(Outcome::Repaired));
                }
            }
        }
        Ok(differences)
    }
}

/// The sessions of a page, by whose they are.
#[derive(Debug, Default)]
struct Paired {
    /// Ours, with their checkout, their order, and whether the checkout is unknown here.
    ours: Vec<(SessionView, String, Option<Booked>, bool)>,
    /// The shops' ids that other sessions carry which are paid.
    other_shops: Vec<String>,
}

/// Our sessions of a page, with their checkout and their order. A session is ours if the checkout that it names exists and
/// belongs to no other session, or if there is no such checkout and it carries one of these ids.
async fn pair(
    shop: &Shop,
    sessions: Vec<SessionView>,
    shop_ids: &[ShopId],
) -> Result<Paired, DbErr> {
    let named: Vec<(SessionView, String)> = sessions
        .into_iter()
        .filter_map(|session| {
            let id = session.client_reference_id.as_deref()?;
            let id = id.parse::<CheckoutId>().ok()?.as_str().to_owned();
            Some((session, id))
        })
        .collect();
    let ids: Vec<String> = named.iter().map(|(_, id)| id.clone()).collect();
    let known: Vec<(String, Option<String>)> = checkout::Entity::find()
        .select_only()
        .column(checkout::Column::Id)
        .column(checkout::Column::StripeSessionId)
        .filter(checkout::Column::Id.is_in(&ids))
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    let known: HashMap<String, Option<String>> = known.into_iter().collect();
    let mut booked = booked(shop, ids).await?;
    let mut paired = Paired::default();
    for (session, id) in named {
        let forgotten = match (known.get(&id), session.shop()) {
            (Some(Some(other)), _) if *other != session.id => continue,
            (Some(_), _) => false,
            (None, Some(of)) if shop_ids.iter().any(|ours| ours.as_str() == of) => true,
            (None, of) => {
                let other = of.and_then(|of| of.parse::<ShopId>().ok());
                paired
                    .other_shops
                    .extend(other.filter(|_| session.is_paid()).map(String::from));
                continue;
            }
        };
        let booked = booked.remove(&id);
        paired.ours.push((session, id, booked, forgotten));
    }
    Ok(paired)
}

/// The orders of these checkouts, by checkout, with what went back.
async fn booked(shop: &Shop, checkouts: Vec<String>) -> Result<HashMap<String, Booked>, DbErr> {
    let orders = order::Entity::find()
        .filter(order::Column::CheckoutId.is_in(checkouts))
        .all(shop.database.reader())
        .await?;
    let refunds: Vec<(i64, String, i64)> = refund::Entity::find()
        .select_only()
        .column(refund::Column::OrderId)
        .column(refund::Column::Currency)
        .column(refund::Column::Amount)
        .filter(refund::Column::OrderId.is_in(orders.iter().map(|order| order.id)))
        .filter(refund::Column::Status.is_not_in(RefundStatus::failing()))
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    // Sums are of one currency.
    let mut sums: HashMap<(i64, String), i64> = HashMap::new();
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
            let booked = Booked {
                order: order.id,
                number: order.number,
                total: amount(order.amount_total),
                refunded: amount({
                    let sum = sums.get(&(order.id, order.currency.clone()));
                    sum.copied().unwrap_or(0)
                }),
            };
            (order.checkout_id, booked)
        })
        .collect())
}

/// Orders of checkouts of this time whose session was in no list: Stripe is asked about each.
async fn ask_about_others(
    shop: &Shop,
    time: Range<OffsetDateTime>,
    seen: &HashSet<i64>,
    compared: &mut Compared,
) -> Result<(), ReconcileError> {
    let mut asked = 0;
    let mut below = i64::MAX;
    loop {
        let orders = order::Entity::find()
            .filter(order::Column::Id.lt(below))
            .order_by_desc(order::Column::Id)
            .limit(ORDERS)
            .all(shop.database.reader())
            .await?;
        let Some(oldest) = orders.last() else {
            return Ok(());
        };
        // Orders get their keys as they come to be, and none is older than its checkout.
        let done = oldest.created_at < time.start;
        below = oldest.id;
        let unseen: Vec<order::Model> = orders
            .into_iter()
            .filter(|order| order.created_at >= time.start && !seen.contains(&order.id))
            // Orders of the time before the shop went live, or of a trial after it: this key sees none of their sessions.
            .filter(|order| is_of_mode(&order.stripe_session_id, shop.settings.livemode))
            .collect();
        let begun = begun_within(shop, &unseen, &time).await?;
        for order in unseen {
            if !begun.contains(&order.checkout_id) {
                continue;
            }
            if asked == ASKED_AT_MOST {
                compared.sessions.not_compared += 1;
                continue;
            }
            asked += 1;
            let session = match retrieve(shop, &order.stripe_session_id).await? {
                Retrieved::Found(session) => *session,
                // A session that Stripe does not know is not paid there.
                Retrieved::Missing => SessionView {
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
                Retrieved::Unknown => {
                    compared.sessions.not_compared += 1;
                    continue;
                }
            };
            let checkout = order.checkout_id;
            let order = booked(shop, vec![checkout.clone()])
                .await?
                .remove(&checkout);
            compared.add(session, checkout, order, false);
        }
        if done {
            return Ok(());
        }
    }
}

/// Whether a key of this mode can know a session: ids tell whether real money was concerned.
fn is_of_mode(session: &str, livemode: bool) -> bool {
    let other = if livemode { "cs_test_" } else { "cs_live_" };
    !session.starts_with(other)
}

/// The checkouts of these orders that were begun from then on: the sessions of all others are too old to be in the list.
async fn begun_within(
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

/// What Stripe says about one session.
enum Retrieved {
    Found(Box<SessionView>),
    /// Stripe does not know it.
    Missing,
    /// Its answer is an error or cannot be read.
    Unknown,
}

/// Asks about one session. Trouble with it alone does not end the comparison of the others.
async fn retrieve(shop: &Shop, session: &str) -> Result<Retrieved, ReconcileError> {
    let found = match shop.stripe.raw_session(session).await {
        Ok(Some(object)) => serde_json::from_str(&object).map_err(|_| "unreadable".to_owned()),
        Ok(None) => return Ok(Retrieved::Missing),
        Err(error) if error.concerns_others() => return Err(error.into()),
        Err(error) => Err(error.to_string()),
    };
    match found {
        Ok(session) => Ok(Retrieved::Found(session)),
        Err(reason) => {
            tracing::error!(
                session,
                reason,
                "session {session} could not be compared: {reason}"
            );
            Ok(Retrieved::Unknown)
        }
    }
}

#[cfg(test)]
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
            payment_status: Some(payment.to_owned()),
            amount_total: Some(total),
            currency: Some("eur".to_owned()),
            payment_intent: intent.unwrap_or_default(),
            metadata: Value::Null,
            customer_details: Value::Null,
        }
    }

    fn booked(total: i64, currency: &str, refunded: i64) -> Booked {
        let amount = |amount| Amount {
            amount,
            currency: currency.to_owned(),
        };
        Booked {
            order: 1,
            number: "1".to_owned(),
            total: amount(total),
            refunded: amount(refunded),
        }
    }

    #[test]
    fn a_session_and_its_order_agree_or_are_told_apart() {
        let paid = |refunded| session("complete", "paid", 1000, Some(refunded));
        let cases = [
            (session("open", "unpaid", 1000, None), None, vec![]),
            (session("expired", "unpaid", 1000, None), None, vec![]),
            // A delayed payment on its way.
            (session("complete", "unpaid", 1000, Some(0)), None, vec![]),
            (paid(0), Some(booked(1000, "eur", 0)), vec![]),
            (paid(0), None, vec![Kind::PaidWithoutOrder]),
            (
                session("complete", "unpaid", 1000, None),
                Some(booked(1000, "eur", 0)),
                vec![Kind::OrderWithoutPayment],
            ),
            (
                paid(0),
                Some(booked(999, "eur", 0)),
                vec![Kind::AmountDiffers],
            ),
            (
                paid(0),
                Some(booked(1000, "usd", 0)),
                vec![Kind::AmountDiffers],
            ),
            (
                paid(400),
                Some(booked(1000, "eur", 0)),
                vec![Kind::RefundsDiffer],
            ),
            (
                paid(0),
                Some(booked(1000, "eur", 400)),
                vec![Kind::RefundsDiffer],
            ),
            (paid(400), Some(booked(1000, "eur", 400)), vec![]),
            (
                session("complete", "no_payment_required", 0, None),
                Some(booked(0, "eur", 0)),
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
        for (session, booked, kinds) in cases {
            assert_eq!(judge(&session, booked.as_ref()), kinds, "{session:?}");
        }
    }
}
