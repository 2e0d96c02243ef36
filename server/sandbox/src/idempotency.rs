//! Idempotency keys: the first response for a key is saved with a digest of the request's
//! parameters, and returned again for the same request.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, ErrorType};

/// How long a response is saved, in seconds.
const KEY_TTL: i64 = 24 * 60 * 60;

/// The response to the first request with a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SavedResponse {
    pub(crate) key: String,
    #[serde(with = "hex::serde")]
    pub(crate) fingerprint: [u8; 32],
    pub(crate) created: i64,
    pub(crate) status: u16,
    pub(crate) body: SavedBody,
}

/// The body to return again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum SavedBody {
    Text(String),
    /// A session as it was created. It is rendered again: its text would double the size of the
    /// state.
    CreatedSession {
        id: String,
        expand: Vec<String>,
    },
}

/// The responses saved for their idempotency keys.
#[derive(Debug, Default)]
pub(crate) struct SavedResponses {
    responses: HashMap<String, SavedResponse>,
    by_age: VecDeque<(i64, String)>,
}

impl SavedResponses {
    /// The response saved for this key and these parameters.
    ///
    /// # Errors
    /// 400 if the key was used with other parameters or for another path.
    pub(crate) fn find(
        &self,
        key: &str,
        fingerprint: &[u8; 32],
        now: i64,
    ) -> Result<Option<&SavedResponse>, ApiError> {
        match self
            .responses
            .get(key)
            .filter(|response| response.created + KEY_TTL > now)
        {
            Some(response) if response.fingerprint != *fingerprint => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                ErrorType::Idempotency,
                format!(
                    "Keys for idempotent requests can only be used with the same parameters they \
                     were first used with. Try using a key other than '{key}' if you meant to \
                     execute a different request."
                ),
            )),
            response => Ok(response),
        }
    }

    /// Saves a response, and removes expired ones.
    pub(crate) fn insert(&mut self, response: SavedResponse) {
        while let Some((created, key)) = self.by_age.front() {
            if created + KEY_TTL > response.created {
                break;
            }
            if self
                .responses
                .get(key)
                .is_some_and(|old| old.created == *created)
            {
                self.responses.remove(key);
            }
            self.by_age.pop_front();
        }
        self.by_age
            .push_back((response.created, response.key.clone()));
        self.responses.insert(response.key.clone(), response);
    }
}

/// The keys of the requests that are executing now.
#[derive(Debug, Default, Clone)]
pub(crate) struct KeysInUse(Arc<Mutex<HashSet<String>>>);

/// Holds a key, and releases it when dropped.
#[derive(Debug)]
pub(crate) struct KeyGuard {
    keys: KeysInUse,
    key: String,
}

impl KeysInUse {
    /// Acquires a key for one request.
    ///
    /// # Errors
    /// 409 while another request holds it.
    pub(crate) fn acquire(&self, key: &str) -> Result<KeyGuard, ApiError> {
        if self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key.to_owned())
        {
            return Ok(KeyGuard {
                keys: self.clone(),
                key: key.to_owned(),
            });
        }
        Err(ApiError::new(
            StatusCode::CONFLICT,
            ErrorType::Idempotency,
            format!(
                "There is currently another in-progress request using this idempotency key: {key}. \
                 Try again later."
            ),
        )
        .code("idempotency_key_in_use"))
    }
}

impl Drop for KeyGuard {
    fn drop(&mut self) {
        self.keys
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn response(key: &str, fingerprint: u8, created: i64) -> SavedResponse {
        SavedResponse {
            key: key.into(),
            fingerprint: [fingerprint; 32],
            created,
            status: 200,
            body: SavedBody::Text(format!("{key} {created}")),
        }
    }

    #[test]
    fn a_key_is_free_again_when_its_request_ends() {
        let keys = KeysInUse::default();
        let guard = keys.acquire("k").unwrap();
        assert_eq!(keys.acquire("k").unwrap_err().status, StatusCode::CONFLICT);
        drop(guard);
        assert!(keys.acquire("k").is_ok());
    }

    #[test]
    fn a_response_expires_after_a_day() {
        let mut saved = SavedResponses::default();
        saved.insert(response("k", 1, 0));
        assert!(saved.find("k", &[1; 32], KEY_TTL - 1).unwrap().is_some());
        assert!(saved.find("k", &[2; 32], KEY_TTL).unwrap().is_none());
        saved.insert(response("other", 1, KEY_TTL));
        assert_eq!(saved.responses.len(), 1);
    }

    proptest! {
        #[test]
        fn the_same_request_gets_the_same_answer_and_another_one_none(
            uses in proptest::collection::vec(("[ab]", 0_u8..3), 1..40),
        ) {
            let mut saved = SavedResponses::default();
            let mut first: HashMap<String, u8> = HashMap::new();
            for (now, (key, fingerprint)) in (0_i64..).zip(uses) {
                match saved.find(&key, &[fingerprint; 32], now) {
                    Ok(None) => {
                        prop_assert!(first.insert(key.clone(), fingerprint).is_none());
                        saved.insert(response(&key, fingerprint, now));
                    }
                    Ok(Some(_)) => prop_assert_eq!(first.get(&key), Some(&fingerprint)),
                    Err(error) => {
                        prop_assert_eq!(error.kind, ErrorType::Idempotency);
                        prop_assert_ne!(first.get(&key), Some(&fingerprint));
                    }
                }
            }
        }
    }
}
