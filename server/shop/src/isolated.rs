//! Runs work on one of many items so that a panic does not affect the others.

use tokio::task::JoinSet;

/// The work panicked; the panic itself is in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it panicked")]
pub(crate) struct Panicked;

/// Runs the work in its own task, which is aborted if this future is dropped.
///
/// # Errors
/// [`Panicked`]
pub(crate) async fn run_isolated<T: Send + 'static>(
    work: impl Future<Output = T> + Send + 'static,
) -> Result<T, Panicked> {
    let mut tasks = JoinSet::new();
    tasks.spawn(work);
    match tasks.join_next().await {
        Some(Ok(result)) => Ok(result),
        Some(Err(_)) | None => Err(Panicked),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_panic_is_an_error_and_anything_else_a_result() {
        assert_eq!(run_isolated(async { 1 }).await, Ok(1));
        let broken: Result<(), _> = run_isolated(async { panic!("broken") }).await;
        assert_eq!(broken, Err(Panicked));
    }

    #[tokio::test]
    async fn work_is_aborted_when_its_future_is_dropped() {
        let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
        let endless = run_isolated(async move {
            let _sender = sender;
            std::future::pending::<()>().await;
        });
        let mut endless = Box::pin(endless);
        assert!(poll_once(endless.as_mut()).await.is_none());
        drop(endless);
        assert!(receiver.await.is_err(), "what it owned is dropped");
    }

    async fn poll_once<F: Future + Unpin>(future: F) -> Option<F::Output> {
        tokio::select! {
            biased;
            done = future => Some(done),
            () = tokio::task::yield_now() => None,
        }
    }
}
