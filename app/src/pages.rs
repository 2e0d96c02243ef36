//! One file per page, and components that pages share. All of it runs on the server only.

pub mod arrival;
pub mod buy_form;
pub mod cancelled;
pub mod catalog;
pub mod category;
pub mod category_links;
pub mod choice;
pub mod chosen;
pub mod error;
pub mod find_order;
pub mod form_state;
pub mod head;
pub mod icons;
pub mod island_script;
pub mod layout;
pub mod listing;
pub mod not_found;
pub mod order;
pub mod own_text;
pub mod payment_link;
pub mod picture;
pub mod policy;
pub mod policy_links;
pub mod price;
pub mod price_note;
pub mod product;
pub mod quantity;
pub mod search;
pub mod search_box;
pub mod selection;
pub mod structured_data;
pub mod withdraw;
pub mod withdraw_link;

use std::future::poll_fn;
use std::task::Poll;

use leptos::prelude::*;

/// A page, or a part of one, that is read before it is rendered.
///
/// `<Suspense>` begins its children several times to find out what they wait for, and drops all but
/// the last. So nothing is read at the first look: what was begun would be dropped in the middle of
/// a statement.
fn when_read<V, F>(read: impl Fn() -> F + Send + 'static) -> impl IntoView
where
    V: IntoView + 'static,
    F: Future<Output = V> + Send + 'static,
{
    let page = move || {
        let reading = read();
        Suspend::new(async move {
            second_look().await;
            reading.await
        })
    };
    view! { <Suspense>{page}</Suspense> }
}

/// Is ready when it is looked at for the second time.
async fn second_look() {
    let mut is_second = false;
    poll_fn(|context| {
        if is_second {
            return Poll::Ready(());
        }
        is_second = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
