//! Events that no webhook has brought, read from Stripe and put through the inbox.

use std::collections::HashSet;

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QuerySelect};
use serde::Deserialize;
use time::OffsetDateTime;

use super::{Events, ReconcileError};
use crate::entity::stripe_event;
use crate::inbox::payload::{Envelope, Reference, SessionPayload};
use crate::inbox::{EventState, Received, Source, TYPES, receive_from};
use crate::{Shop, crash_points};

/// What was pulled.
#[derive(Clone, Debug, Default)]
pub(super) struct Pulled {
    pub(super) events: Events,
    /// Confirmed payments that no webhook had brought.
    pub(super) payments: usize,
    /// When the first of them was confirmed.
    pub(super) first_payment: Option<OffsetDateTime>,
    /// Sessions and payment intents that the missing events are about; only in a dry run.
    pub(super) concerned: HashSet<String>,
}

impl Pulled {
    /// Both readings together; the later one may have met some of the same events.
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

/// The id after which the next page begins: that of a page's last object that has one.
pub(super) fn last_of(page: &[String]) -> Result<String, ReconcileError> {
    /// The one field that every object of Stripe's has.
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

/// Reads events from then on, a page at a time and the newest page first, and stores what is missing.
pub(super) async fn pull(
    shop: &Shop,
    since: OffsetDateTime,
    dry_run: bool,
) -> Result<Pulled, ReconcileError> {
    let mut pulled = Pulled::default();
    let mut after: Option<String> = None;
    loop {
        let page = shop
            .stripe
            .events(&TYPES, since.unix_timestamp(), after.as_deref())
            .await?;
        if page.objects.is_empty() {
            return Ok(pulled);
        }
        let last = last_of(&page.objects)?;
        crash_points::reach("reconcile:before-page");
        receive_page(shop, &page.objects, dry_run, &mut pulled).await?;
        crash_points::reach("reconcile:after-page");
        if !page.has_more {
            return Ok(pulled);
        }
        after = Some(last);
    }
}

/// Stores what is missing of one page, the oldest first.
async fn receive_page(
    shop: &Shop,
    page: &[String],
    dry_run: bool,
    pulled: &mut Pulled,
) -> Result<(), ReconcileError> {
    pulled.events.read += page.len();
    let mut events = Vec::with_capacity(page.len());
    for body in page.iter().rev() {
        match Envelope::read(body) {
            Some(envelope) => events.push((envelope, body)),
            None => {
                tracing::error!("an event in Stripe's list cannot be read");
                pulled.events.not_stored += 1;
            }
        }
    }
    let known = known(shop, events.iter().map(|(envelope, _)| &envelope.id)).await?;
    for (envelope, body) in events {
        if known.contains(&envelope.id) {
            continue;
        }
        pulled.events.missing += 1;
        if dry_run {
            pulled.concerned.extend(concerned(&envelope));
            continue;
        }
        match receive_from(shop, body, Source::Pulled).await {
            Ok(Received::Settled(state)) => pulled.count(&envelope, state),
            // A webhook was faster after all.
            Ok(Received::Duplicate) => pulled.events.missing -= 1,
            Ok(Received::Unusable) => pulled.events.not_stored += 1,
            Err(error) if shop.database.ping().await.is_err() => return Err(error.into()),
            // Its own trouble holds up none of the others.
            Err(error) => {
                tracing::error!(
                    event = envelope.id,
                    error = &error as &dyn std::error::Error,
                    "event {} could not be stored; the next run tries again",
                    envelope.id
                );
                pulled.events.not_stored += 1;
            }
        }
    }
    Ok(())
}

impl Pulled {
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

/// Which of these ids are stored already.
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
        matches!(
            session.payment_status.as_deref(),
            Some("paid" | "no_payment_required")
        )
    })
}

/// The session and the payment intent that an event is about.
fn concerned(envelope: &Envelope) -> impl Iterator<Item = String> {
    let object = &envelope.data.object;
    let id = object.get("id").and_then(|id| id.as_str());
    let intent = object
        .get("payment_intent")
        .and_then(|intent| serde_json::from_value::<Reference>(intent.clone()).ok());
    let intent = intent.and_then(|intent| intent.id().map(str::to_owned));
    id.map(str::to_owned).into_iter().chain(intent)
}
