//! What failed: applying events again or dismissing them, and running tasks again.

use leptos::prelude::*;
use shop::Shop;
use shop::inbox::dismissal::{DismissOutcome, dismiss};
use shop::inbox::{EventState, retry};
use shop::outbox::TaskKind;
use shop::outbox::queue::{self, RetryTarget};
use till_core::admin::Right;
use ui::language::texts;

use crate::access::require;
use crate::decision::{Decision, UnreadableForm, decide};
use crate::notice::Notice;

/// The page of failed events.
const EVENTS: &str = "/admin/events";
/// The page of failed tasks.
const OUTBOX: &str = "/admin/outbox";
/// The longest note, in characters.
const MAX_NOTE: usize = 500;

/// Applies a failed event again.
#[server(prefix = "/admin/api", endpoint = "replay-event")]
pub async fn replay_event(#[server(default)] event: String) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Resolve)?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        match retry::retry(&shop, &admin.actor, &event).await {
            Ok(Some(EventState::Failed | EventState::Dead)) => {
                Ok(Decision::done(EVENTS, Notice::EventFailedAgain))
            }
            Ok(Some(_)) => Ok(Decision::done(EVENTS, Notice::EventApplied)),
            Ok(None) => Ok(Decision::done(EVENTS, Notice::NothingToDo)),
            Err(error) => {
                tracing::error!(
                    event,
                    error = shop::error_chain::with_causes(&error),
                    "an event could not be replayed"
                );
                Err(Decision::Unavailable)
            }
        }
    })
    .await
}

/// Dismisses a failed event, with a note.
#[server(prefix = "/admin/api", endpoint = "dismiss-event")]
pub async fn dismiss_event(
    #[server(default)] event: String,
    #[server(default)] note: String,
) -> Result<(), UnreadableForm> {
    decide(async {
        let admin = require(Right::Resolve)?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        let note = note.replace(char::is_control, " ");
        let note = note.trim();
        if note.is_empty() || note.chars().count() > MAX_NOTE {
            return Err(Decision::again(texts().admin_event_note_missing()));
        }
        let outcome = dismiss(&shop.database, &event, &admin.actor, note).await?;
        Ok(Decision::done(
            EVENTS,
            match outcome {
                DismissOutcome::Dismissed => Notice::EventDismissed,
                DismissOutcome::AlreadyDismissed
                | DismissOutcome::NotFailed(_)
                | DismissOutcome::Unknown => Notice::NothingToDo,
            },
        ))
    })
    .await
}

/// Runs a task that was given up again.
#[server(prefix = "/admin/api", endpoint = "retry-task")]
pub async fn retry_task(#[server(default)] task: String) -> Result<(), UnreadableForm> {
    decide(async {
        let mut admin = require(Right::Resolve)?;
        let shop = use_context::<Shop>().ok_or(Decision::Unavailable)?;
        let kind = queue::kind_of(&shop.database, &task).await?;
        if kind == Some(TaskKind::Refund) {
            admin = require(Right::Refund)?;
        }
        let target = RetryTarget::One(task);
        let changed = queue::retry(&shop.database, &admin.actor, &target).await?;
        let notice = match changed.is_empty() {
            true => Notice::NothingToDo,
            false => Notice::TaskRetried,
        };
        Ok(Decision::done(OUTBOX, notice))
    })
    .await
}
