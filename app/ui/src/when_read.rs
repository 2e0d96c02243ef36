//! Reads a page before it is rendered.

use std::future::poll_fn;
use std::task::Poll;

use leptos::prelude::*;

/// A page, or a part of one, that is read before it is rendered.
///
/// `<Suspense>` begins its children several times to find out what they wait for, and drops all but
/// the last. So nothing is read at the first look: what was begun would be dropped in the middle of
/// a statement.
pub fn when_read<V, F>(read: impl Fn() -> F + Send + 'static) -> impl IntoView
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
