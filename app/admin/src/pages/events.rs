//! `/admin/events`: Stripe's events that could not be applied.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use sea_orm::DbErr;
use shop::Shop;
use shop::inbox::EventState;
use shop::inbox::listing::{EventSummary, Filter, StateFilter, list};
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use crate::api::repairs::{DismissEvent, ReplayEvent};
use crate::form::{Field, Form};
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::state_words::{event_name, listed_event_state};
use crate::times::Time;
use ui::rendered::Rendered;

/// The most events of a page.
const MAX_EVENTS: u64 = 100;

/// `/admin/events`
#[component]
pub fn EventsPage() -> impl IntoView {
    page(Right::Resolve, |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match failed(&shop).await {
                    Ok(events) => view! { <Events events /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

/// Those that are not retried any more, then the others.
async fn failed(shop: &Shop) -> Result<Vec<EventSummary>, DbErr> {
    let mut events = Vec::new();
    for state in [EventState::Dead, EventState::Failed] {
        let filter = Filter {
            state: Some(StateFilter::State(state)),
            limit: MAX_EVENTS,
            ..Filter::default()
        };
        events.extend(list(&shop.database, &filter).await?);
    }
    Ok(events)
}

#[component]
fn Events(events: Vec<EventSummary>) -> impl IntoView {
    let texts = texts();
    let none = events
        .is_empty()
        .then(|| view! { <p>{texts.admin_events_none()}</p> });
    view! {
        <Layout title=texts.admin_events()>
            <p>{texts.admin_events_explanation()}</p>
            {none}
            {events.into_iter().map(|event| view! { <Event event /> }).collect_view()}
        </Layout>
    }
}

#[component]
fn Event(event: EventSummary) -> impl IntoView {
    let texts = texts();
    let order = event.order.map(|number| {
        view! {
            <dt>{texts.admin_event_order()}</dt>
            <dd><a href=format!("/admin/orders/{number}")>{number.clone()}</a></dd>
        }
    });
    let name = event_name(&event.r#type, texts).unwrap_or_else(|| event.r#type.clone().into());
    let (id, replayed, dismissed) = (event.id.clone(), event.id.clone(), event.id);
    let note_id = format!("note-{id}");
    view! {
        <article class="admin-card">
            <h2>{name}</h2>
            <dl class="facts">
                <dt>{texts.admin_event()}</dt>
                <dd><code>{event.r#type}</code> " " <code>{id}</code></dd>
                <dt>{texts.admin_order_status()}</dt>
                <dd>{listed_event_state(event.state, texts)}</dd>
                <dt>{texts.admin_event_received()}</dt>
                <dd><Time at=event.received_at /></dd>
                {order}
                <dt>{texts.admin_event_error()}</dt>
                <dd dir="auto" lang="en">{event.error}</dd>
            </dl>
            <Form action=ReplayEvent::PATH>
                <input type="hidden" name="event" value=replayed />
                <button type="submit" class="btn btn-primary">{texts.admin_event_replay()}</button>
            </Form>
            <details>
                <summary>{texts.admin_event_dismiss()}</summary>
                <Form action=DismissEvent::PATH>
                    <input type="hidden" name="event" value=dismissed />
                    <Field name="note" id=note_id label=texts.admin_event_note()
                        required=true />
                    <button type="submit" class="btn btn-outline">
                        {texts.admin_event_dismiss()}
                    </button>
                </Form>
            </details>
        </article>
    }
}
