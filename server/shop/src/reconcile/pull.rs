//! Fetches events that no webhook has delivered, and passes them to the inbox.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{Events, ReconcileError};
use crate::Shop;
use crate::entity::stripe_event;
use crate::inbox::payload::{Envelope, Reference, SessionPayload};
use crate::inbox::{EventState, ReceiveOutcome, Source, TYPES, receive_from};

/// What was pulled.
#[derive(Clone, Debug, Default)]
pub(super) struct PullReport {
    pub(super) events: Events,
    /// Confirmed payments that no webhook had delivered.
    pub(super) payments: usize,
    /// When the first of them was confirmed.
    pub(super) first_payment: Option<OffsetDateTime>,
    /// Sessions and payment intents that the missing events are about; only in a dry run.
    pub(super) affected: HashSet<String>,
}

impl PullReport {
    /// Adds the report of a later pull, which may include some of the same events.
    pub(super) fn add(&mut self, later: Self) {
        let (events, more) = (&mut self.events, later.events);
        events.read = events.read.max(more.read);
        events.missing += more.missing;
        events.applied += more.applied;
        events.pending += more.pending;
        events.ignored += more.ignored;
        events.failed += more.failed;
        events.not_stored = events.not_stored.max(more.not_stored);
        self.payments += later.payments;
        self.first_payment = match (self.first_payment, later.first_payment) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        };
    }
}

/// Returns the id after which the next page begins: that of the page's last object with an id.
pub(super) fn last_id(page: &[String]) -> Result<String, ReconcileError> {
    /// The one field that all of Stripe's objects have.
    #[derive(Deserialize)]
    struct Identified {
        id: String,
    }
    page.iter()
        .rev()
        .find_map(|object| serde_json::from_str::<Identified>(object).ok())
        .map(|object| object.id)
        .ok_or(ReconcileError::Unreadable)
}

/// Fetches events created from then on, a page at a time with the newest page first, and stores the
/// missing ones.
pub(super) async fn pull(
    shop: &Shop,
    since: OffsetDateTime,
    dry_run: bool,
) -> Result<PullReport, ReconcileError> {
    let mut report = PullReport::default();
    let mut after: Option<String> = None;
    loop {
        let page = shop
            .stripe
            .events(&TYPES, since.unix_timestamp(), after.as_deref())
            .await?;
        if page.objects.is_empty() {
            return Ok(report);
        }
        let last = last_id(&page.objects)?;
        receive_page(shop, &page.objects, dry_run, &mut report).await?;
        if !page.has_more {
            return Ok(report);
        }
        after = Some(last);
    }
}

/// Stores the missing events of one page, the oldest first.
async fn receive_page(
    shop: &Shop,
    page: &[String],
    dry_run: bool,
    report: &mut PullReport,
) -> Result<(), ReconcileError> {
    report.events.read += page.len();
    let mut events = Vec::with_capacity(page.len());
    for body in page.iter().rev() {
        match Envelope::read(body) {
            Some(envelope) => events.push((envelope, body)),
            None => {
                tracing::error!("an event in Stripe's list cannot be read");
                report.events.not_stored += 1;
            }
        }
    }
    let known = known(shop, events.iter().map(|(envelope, _)| &envelope.id)).await?;
    for (envelope, body) in events {
        if known.contains(&envelope.id) {
            continue;
        }
        report.events.missing += 1;
        if dry_run {
            report.affected.extend(affected_ids(&envelope));
            continue;
        }
        match receive_from(shop, body, Source::Pulled).await {
            Ok(ReceiveOutcome::Stored(state)) => report.count(&envelope, state),
            // A webhook delivered it in the meantime.
            Ok(ReceiveOutcome::Duplicate) => report.events.missing -= 1,
            Ok(ReceiveOutcome::Unusable) => report.events.not_stored += 1,
            Err(error) if shop.database.ping().await.is_err() => return Err(error.into()),
            // An error of one event does not hold up the others.
            Err(error) => {
                tracing::error!(
                    event = envelope.id,
                    error = crate::error_chain::with_causes(&error),
                    "event {} could not be stored; the next run tries again",
                    envelope.id
                );
                report.events.not_stored += 1;
            }
        }
    }
    Ok(())
}

impl PullReport {
    fn count(&mut self, envelope: &Envelope, state: EventState) {
        let events = &mut self.events;
        *match state {
            EventState::Applied => &mut events.applied,
            EventState::Pending => &mut events.pending,
            EventState::Ignored => &mut events.ignored,
            EventState::Failed | EventState::Dead => &mut events.failed,
        } += 1;
        if state == EventState::Applied && confirms_payment(envelope) {
            self.payments += 1;
            let at = envelope.created_at();
            self.first_payment = Some(self.first_payment.map_or(at, |first| first.min(at)));
        }
    }
}

/// Returns which of these ids are stored already.
async fn known<'a>(
    shop: &Shop,
    ids: impl Iterator<Item = &'a String>,
) -> Result<HashSet<String>, DbErr> {
    let known: Vec<String> = stripe_event::Entity::find()
        .select_only()
        .column(stripe_event::Column::Id)
        .filter(stripe_event::Column::Id.is_in(ids))
        .into_tuple()
        .all(shop.database.reader())
        .await?;
    Ok(known.into_iter().collect())
}

fn confirms_payment(envelope: &Envelope) -> bool {
    let session = || serde_json::from_value::<SessionPayload>(envelope.data.object.clone());
    matches!(
        envelope.r#type.as_str(),
        "checkout.session.completed" | "checkout.session.async_payment_succeeded"
    ) && session().is_ok_and(|session| {
        session
            .payment_status
            .is_some_and(|status| status.is_settled())
    })
}

/// Returns the ids of the session and the payment intent that an event is about.
fn affected_ids(envelope: &Envelope) -> impl Iterator<Item = String> {
    let object = &envelope.data.object;
    let id = object.get("id").and_then(|id| id.as_str());
    let intent = object
        .get("payment_intent")
        .and_then(|intent| serde_json::from_value::<Reference>(intent.clone()).ok());
    let intent = intent.and_then(|intent| intent.id().map(str::to_owned));
    id.map(str::to_owned).into_iter().chain(intent)
}
