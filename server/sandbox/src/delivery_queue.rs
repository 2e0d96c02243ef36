//! The queue of deliveries, in the order of the events.

use tokio::sync::{mpsc, watch};

use crate::store::DeliveryKey;

/// An entry of the queue.
#[derive(Debug)]
pub(crate) enum Work {
    /// Attempt until the endpoint accepts the event or the retry schedule ends.
    Deliver(DeliveryKey),
    /// Attempt once, as a manual resend: without faults, in addition to the automatic attempts.
    Resend(DeliveryKey),
}

/// The sender of the delivery queue, with a notification for completed attempts.
#[derive(Debug)]
pub(crate) struct Deliveries {
    queue: mpsc::UnboundedSender<Work>,
    attempted: watch::Sender<()>,
}

/// The receiver of the delivery queue.
#[derive(Debug)]
pub(crate) struct Queue(mpsc::UnboundedReceiver<Work>);

impl Queue {
    /// Waits for the next entry; `None` when the sender is gone.
    pub(crate) async fn next(&mut self) -> Option<Work> {
        self.0.recv().await
    }
}

impl Deliveries {
    /// Creates the sender, and the queue that the deliveries are taken from.
    pub(crate) fn new() -> (Deliveries, Queue) {
        let (queue, work) = mpsc::unbounded_channel();
        let deliveries = Deliveries {
            queue,
            attempted: watch::Sender::new(()),
        };
        (deliveries, Queue(work))
    }

    /// Queues a delivery. If the sandbox has stopped, the delivery stays pending.
    pub(crate) fn enqueue(&self, key: DeliveryKey) {
        let _ = self.queue.send(Work::Deliver(key));
    }

    /// Queues a manual resend, whatever the state of the delivery.
    pub(crate) fn resend(&self, key: DeliveryKey) {
        let _ = self.queue.send(Work::Resend(key));
    }

    /// Notifies those that wait for an attempt.
    pub(crate) fn notify_attempted(&self) {
        self.attempted.send_replace(());
    }

    /// Receives a notification for each attempt from now on.
    pub(crate) fn subscribe(&self) -> watch::Receiver<()> {
        self.attempted.subscribe()
    }
}
