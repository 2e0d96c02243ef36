//! Idempotency keys: the first answer to a key is kept with a digest of the request's parameters, and given again.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use axum::http::StatusCode;
use serde::{Deserialize, Serialize};

use crate::error::{ApiError, ErrorType};

/// How long an answer is kept, in seconds.
const KEPT_SECONDS: i64 = 24 * 60 * 60;

/// The answer to the first request with a key.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct KeptAnswer {
    pub(crate) key: String,
    #[serde(with = "hex::serde")]
    pub(crate) fingerprint: [u8; 32],
    pub(crate) created: i64,
    pub(crate) status: u16,
    pub(crate) body: KeptBody,
}

/// What to answer again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum KeptBody {
    Text(String),
    /// A session as it was created: rendered again, for the text would be as long as everything else about a session.
    CreatedSession {
        id: String,
        expand: Vec<String>,
    },
}

/// The kept answers.
#[derive(Debug, Default)]
pub(crate) struct KeptAnswers {
    answers: HashMap<String, KeptAnswer>,
    by_age: VecDeque<(i64, String)>,
}

impl KeptAnswers {
    /// The answer kept for this key and these parameters.
    ///
    /// # Errors
    /// 400 when the key was used with other parameters or for another path.
    pub(crate) fn find(
        &self,
        key: &str,
        fingerprint: &[u8; 32],
        now: i64,
    ) -> Result<Option<&KeptAnswer>, ApiError> {
        match self
            .answers
            .get(key)
            .filter(|answer| answer.created + KEPT_SECONDS > now)
        {
            Some(answer) if answer.fingerprint != *fingerprint => Err(ApiError::new(
                StatusCode::BAD_REQUEST,
                ErrorType::Idempotency,
                format!(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with. \
                     Try using a key other than '{key}' if you meant to execute a different request."
                ),
            )),
            answer => Ok(answer),
        }
    }

    /// Keeps an answer, and forgets those that are too old.
    pub(crate) fn keep(&mut self, answer: KeptAnswer) {
        while let Some((created, key)) = self.by_age.front() {
            if created + KEPT_SECONDS > answer.created {
                break;
            }
            if self
                .answers
                .get(key)
                .is_some_and(|old| old.created == *created)
            {
                self.answers.remove(key);
            }
            self.by_age.pop_front();
        }
        self.by_age.push_back((answer.created, answer.key.clone()));
        self.answers.insert(answer.key.clone(), answer);
    }
}

/// The keys whose requests are executing at this moment.
#[derive(Debug, Default, Clone)]
pub(crate) struct KeysInUse(Arc<Mutex<HashSet<String>>>);

/// Gives the key back when its request has been answered or abandoned.
#[derive(Debug)]
pub(crate) struct KeyGuard {
    keys: KeysInUse,
    key: String,
}

impl KeysInUse {
    /// Takes a key for one request.
    ///
    /// # Errors
    /// 409 while another request holds it.
    pub(crate) fn take(&self, key: &str) -> Result<KeyGuard, ApiError> {
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
            format!("There is currently another in-progress request using this idempotency key: {key}. Try again later."),
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

    fn answer(key: &str, fingerprint: u8, created: i64) -> KeptAnswer {
        KeptAnswer {
            key: key.into(),
            fingerprint: [fingerprint; 32],
            created,
            status: 200,
            body: KeptBody::Text(format!("{key} {created}")),
        }
    }

    #[test]
    fn a_key_is_free_again_when_its_request_ends() {
        let keys = KeysInUse::default();
        let guard = keys.take("k").unwrap();
        assert_eq!(keys.take("k").unwrap_err().status, StatusCode::CONFLICT);
        drop(guard);
        assert!(keys.take("k").is_ok());
    }

    #[test]
    fn an_answer_is_forgotten_after_a_day() {
        let mut kept = KeptAnswers::default();
        kept.keep(answer("k", 1, 0));
        assert!(
            kept.find("k", &[1; 32], KEPT_SECONDS - 1)
                .unwrap()
                .is_some()
        );
        assert!(kept.find("k", &[2; 32], KEPT_SECONDS).unwrap().is_none());
        kept.keep(answer("other", 1, KEPT_SECONDS));
        assert_eq!(kept.answers.len(), 1);
    }

    proptest! {
        #[test]
        fn the_same_request_gets_the_same_answer_and_another_one_none(
            uses in proptest::collection::vec(("[ab]", 0_u8..3), 1..40),
        ) {
            let mut kept = KeptAnswers::default();
            let mut first: HashMap<String, u8> = HashMap::new();
            for (now, (key, fingerprint)) in (0_i64..).zip(uses) {
                match kept.find(&key, &[fingerprint; 32], now) {
                    Ok(None) => {
                        prop_assert!(first.insert(key.clone(), fingerprint).is_none());
                        kept.keep(answer(&key, fingerprint, now));
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
