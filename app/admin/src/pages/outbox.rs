//! `/admin/outbox`: tasks that were given up.

use leptos::prelude::*;
use leptos::server_fn::ServerFn;
use shop::Shop;
use shop::entity::outbox;
use shop::outbox::TaskState;
use shop::outbox::queue::list;
use till_core::admin::Right;
use ui::language::texts;
use ui::when_read::when_read;

use crate::api::repairs::RetryTask;
use crate::form::Form;
use crate::guarded::page;
use crate::layout::Layout;
use crate::pages::unavailable::unavailable;
use crate::state_words::task_name;
use crate::times::Time;
use ui::rendered::Rendered;

/// The most tasks of a page.
const MAX_TASKS: u64 = 100;

/// `/admin/outbox`
#[component]
pub fn OutboxPage() -> impl IntoView {
    page(Right::Resolve, |_| {
        let shop = expect_context::<Shop>();
        when_read(move || {
            let shop = shop.clone();
            async move {
                match list(&shop.database, &[TaskState::Dead], MAX_TASKS).await {
                    Ok(tasks) => view! { <Tasks tasks /> }.rendered(),
                    Err(error) => unavailable(&error),
                }
            }
        })
    })
}

#[component]
fn Tasks(tasks: Vec<outbox::Model>) -> impl IntoView {
    let texts = texts();
    let none = tasks
        .is_empty()
        .then(|| view! { <p>{texts.admin_outbox_none()}</p> });
    let tasks = tasks.into_iter().map(move |task| {
        let name = task_name(task.kind, &task.key, texts);
        view! {
            <article class="admin-card">
                <h2>{name}</h2>
                <dl class="facts">
                    <dt>{texts.admin_task()}</dt>
                    <dd><code>{task.key.clone()}</code></dd>
                    <dt>{texts.admin_task_since()}</dt>
                    <dd><Time at=task.updated_at /></dd>
                    <dt>{texts.admin_event_error()}</dt>
                    <dd dir="auto" lang="en">{task.error}</dd>
                </dl>
                <Form action=RetryTask::PATH>
                    <input type="hidden" name="task" value=task.id.to_string() />
                    <button type="submit" class="btn btn-primary">
                        {texts.admin_task_retry()}
                    </button>
                </Form>
            </article>
        }
    });
    view! {
        <Layout title=texts.admin_outbox()>
            <p>{texts.admin_outbox_explanation()}</p>
            {none}
            {tasks.collect_view()}
        </Layout>
    }
}
