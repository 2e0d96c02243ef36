//! Reads a page before it is rendered.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use leptos::prelude::*;

use crate::rendered::Rendered;

type Reading = Pin<Box<dyn Future<Output = AnyView> + Send>>;

/// A page, or a part of one, that is read before it is rendered. It cannot be a part of another.
///
/// `<Suspense>` begins its children several times to find out what they wait for, and drops all but
/// the last. So nothing is read at the first look: what was begun would be dropped in the middle of
/// a statement.
pub fn when_read<V, F>(read: impl Fn() -> F + Send + 'static) -> AnyView
where
    V: IntoView + 'static,
    F: Future<Output = V> + Send + 'static,
{
    suspended(Box::new(move || {
        let reading = read();
        Box::pin(async move { reading.await.rendered() })
    }))
}

/// The same for every page, so that it is compiled once.
fn suspended(read: Box<dyn Fn() -> Reading + Send>) -> AnyView {
    let page = move || {
        let reading = read();
        Suspend::new(async move {
            second_look().await;
            reading.await
        })
    };
    view! { <Suspense>{page}</Suspense> }.into_any()
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
