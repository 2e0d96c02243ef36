//! Work on one thing of many, so that a panic in it ends nothing but itself.

use tokio::task::JoinSet;

/// The work has panicked; where, the panic itself has said.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it panicked")]
pub(crate) struct Panicked;

/// Does the work in a task of its own, which ends where this is dropped.
///
/// # Errors
/// [`Panicked`]
pub(crate) async fn isolated<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Panicked> {
    let mut tasks = JoinSet::new();
    tasks.spawn(work);
    match tasks.join_next().await {
        Some(Ok(done)) => Ok(done),
        Some(Err(_)) | None => Err(Panicked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_anything_else_a_result() {
        assert_eq!(isolated(async { 1 }).await, Ok(1));
        let broken: Result<(), _> = isolated(async { panic!("broken") }).await;
        assert_eq!(broken, Err(Panicked));
    }

    #[tokio::test]
    async fn work_that_nobody_waits_for_ends() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let endless = isolated(async move {
            let _sender = sender;
            std::future::pending::<()>().await;
        });
        let mut endless = Box::pin(endless);
        assert!(futures_poll_once(endless.as_mut()).await.is_none());
        drop(endless);
        assert!(receiver.await.is_err(), "what it owned is dropped");
    }

    async fn futures_poll_once<F: Future + Unpin>(future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = future => Some(done),
            () = tokio::task::yield_now() => None,
        }
    }
}
