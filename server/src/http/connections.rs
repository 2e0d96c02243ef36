//! Counts open connections, in total and per client.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ipnet::IpNet;
use shop::limits::LogInterval;
use till_core::limits::Client;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::client::is_trusted;
use crate::config::Serving;

/// How often rejected connections are logged.
const LOG_INTERVAL: Duration = Duration::from_secs(60);

/// Counts the open connections; cheap to clone.
#[derive(Clone, Debug)]
pub struct Connections(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    all: Arc<Semaphore>,
    max: usize,
    max_per_client: Option<usize>,
    trusted: Vec<IpNet>,
    by_client: Mutex<HashMap<Client, usize>>,
    log: LogInterval,
}

/// One open connection; counted until dropped.
#[derive(Debug)]
pub struct Slot {
    connections: Connections,
    client: Option<Client>,
    _permit: OwnedSemaphorePermit,
}

impl Connections {
    /// Starts with no open connections.
    #[must_use]
    pub fn new(serving: &Serving) -> Self {
        Self(Arc::new(Inner {
            all: Arc::new(Semaphore::new(serving.max_connections)),
            max: serving.max_connections,
            max_per_client: serving.max_connections_per_client,
            trusted: serving.trusted_proxies.clone(),
            by_client: Mutex::default(),
            log: LogInterval::new(LOG_INTERVAL),
        }))
    }

    /// Counts one more. `None` if the limit is reached.
    #[must_use]
    pub fn admit(&self, peer: IpAddr) -> Option<Slot> {
        let Ok(permit) = self.0.all.clone().try_acquire_owned() else {
            if self.0.log.is_due() {
                let max = self.0.max;
                tracing::warn!(
                    "{max} connections are open, as many as MAX_CONNECTIONS allows: more are \
                     rejected"
                );
            }
            return None;
        };
        // A proxy's connections are those of its clients.
        let limited = self
            .0
            .max_per_client
            .filter(|_| !is_trusted(&self.0.trusted, peer));
        let client = limited.map(|_| Client::at(peer));
        if let (Some(max), Some(client)) = (limited, &client) {
            let mut by_client = self.by_client();
            let open = by_client.entry(client.clone()).or_default();
            if *open >= max {
                drop(by_client);
                if self.0.log.is_due() {
                    tracing::warn!(
                        "{} has {max} connections, as many as MAX_CONNECTIONS_PER_CLIENT allows: \
                         more are rejected. If it is your proxy, add it to TRUSTED_PROXIES",
                        client.key()
                    );
                }
                return None;
            }
            *open += 1;
        }
        Some(Slot {
            connections: self.clone(),
            client,
            _permit: permit,
        })
    }

    fn by_client(&self) -> MutexGuard<'_, HashMap<Client, usize>> {
        self.0
            .by_client
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let Some(client) = &self.client else {
            return;
        };
        let mut by_client = self.connections.by_client();
        if let Some(open) = by_client.get_mut(client) {
            *open -= 1;
            if *open == 0 {
                by_client.remove(client);
            }
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use shop::settings::FromVariables;

    use super::*;

    fn connections(max: usize, per_client: Option<usize>) -> Connections {
        Connections::new(&Serving {
            max_connections: max,
            max_connections_per_client: per_client,
            ..Serving::read(&|_: &str| None).unwrap()
        })
    }

    fn peer(address: &str) -> IpAddr {
        address.parse().unwrap()
    }

    #[test]
    fn a_client_has_a_limit_that_closed_connections_free_again() {
        let connections = connections(10, Some(2));
        let first = connections.admit(peer("192.0.2.1")).unwrap();
        let _second = connections.admit(peer("::ffff:192.0.2.1")).unwrap();
        assert!(connections.admit(peer("192.0.2.1")).is_none());
        assert!(connections.admit(peer("192.0.2.2")).is_some());
        drop(first);
        assert!(connections.admit(peer("192.0.2.1")).is_some());
        assert_eq!(connections.by_client().len(), 1);
    }

    #[test]
    fn a_trusted_proxy_is_limited_only_by_the_total() {
        let connections = connections(3, Some(1));
        let all: Vec<_> = (0..3)
            .map(|_| connections.admit(peer("127.0.0.1")))
            .collect();
        assert!(all.iter().all(Option::is_some));
        assert!(connections.admit(peer("127.0.0.1")).is_none());
        assert!(connections.admit(peer("192.0.2.1")).is_none());
        drop(all);
        assert!(connections.admit(peer("192.0.2.1")).is_some());
    }
}
