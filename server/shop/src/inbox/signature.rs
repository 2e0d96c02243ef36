//! Proof that a webhook comes from Stripe (<https://docs.stripe.com/webhooks#verify-manually>).

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::secret::Secret;

/// How far a signature's time may lie from ours, in seconds, in either direction: Stripe's own libraries' default.
pub const TOLERANCE: u64 = 300;

/// Why a webhook is not believed. Each becomes a 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// No header, or not of Stripe's form.
    #[error("no Stripe-Signature header that can be read")]
    Unreadable,
    /// Signed too long ago, or in the future.
    #[error("signed more than 300 seconds away from now")]
    OutOfTime,
    /// None of the secrets made any of the signatures.
    #[error("no signature matches")]
    NoMatch,
}

/// Checks a `Stripe-Signature` header against the raw body.
///
/// `secrets` are all that are valid at the moment (two while one is being rolled); an empty one proves nothing and is
/// passed over. `now` is Unix time in seconds.
///
/// # Errors
/// [`SignatureError`]; then the body must not be looked at.
pub fn verify(
    secrets: &[Secret],
    header: &str,
    body: &[u8],
    now: i64,
) -> Result<(), SignatureError> {
    let mut time = None;
    let mut signatures = Vec::new();
    for part in header.split(',') {
        match part.trim().split_once('=') {
            Some(("t", value)) => time = Some(value),
            // Other schemes, such as v0, are noise.
            Some(("v1", value)) => signatures.extend(hex::decode(value)),
            _ => {}
        }
    }
    let time = time.ok_or(SignatureError::Unreadable)?;
    let seconds: i64 = time.parse().map_err(|_| SignatureError::Unreadable)?;
    if signatures.is_empty() {
        return Err(SignatureError::Unreadable);
    }
    let matches = secrets
        .iter()
        .filter(|secret| !secret.expose().is_empty())
        .any(|secret| {
            signatures.iter().any(|signature| {
                // HMAC takes a key of any length.
                Hmac::<Sha256>::new_from_slice(secret.expose().as_bytes()).is_ok_and(|mut mac| {
                    mac.update(time.as_bytes());
                    mac.update(b".");
                    mac.update(body);
                    // In constant time.
                    mac.verify_slice(signature).is_ok()
                })
            })
        });
    if !matches {
        return Err(SignatureError::NoMatch);
    }
    // Last, so that a stranger learns nothing of our clock.
    if now.abs_diff(seconds) > TOLERANCE {
        return Err(SignatureError::OutOfTime);
    }
    Ok(())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    const NOW: i64 = 1_790_000_000;
    const BODY: &[u8] = b"{\n  \"id\": \"evt_1\"\n}";

    fn sign(secret: &str, time: i64, body: &[u8]) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(format!("{time}.").as_bytes());
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    }

    fn header(secret: &str, time: i64) -> String {
        format!("t={time},v1={}", sign(secret, time, BODY))
    }

    fn check(secrets: &[&str], header: &str) -> Result<(), SignatureError> {
        let secrets: Vec<_> = secrets.iter().map(|secret| Secret::new(*secret)).collect();
        verify(&secrets, header, BODY, NOW)
    }

    #[test]
    fn any_of_several_secrets_and_signatures_proves_the_origin() {
        assert_eq!(check(&["whsec_a"], &header("whsec_a", NOW)), Ok(()));
        assert_eq!(
            check(&["whsec_b", "whsec_a"], &header("whsec_a", NOW)),
            Ok(())
        );
        let rolling = format!(
            "t={NOW},v1={},v1={},v0=abc",
            sign("whsec_new", NOW, BODY),
            sign("whsec_a", NOW, BODY)
        );
        assert_eq!(check(&["whsec_a"], &rolling), Ok(()));
    }

    #[test]
    fn an_empty_or_missing_secret_refuses_everything() {
        assert_eq!(
            check(&[], &header("whsec_a", NOW)),
            Err(SignatureError::NoMatch)
        );
        assert_eq!(check(&[""], &header("", NOW)), Err(SignatureError::NoMatch));
    }

    #[test]
    fn the_time_may_differ_by_300_seconds_in_either_direction() {
        assert_eq!(check(&["a"], &header("a", NOW - 300)), Ok(()));
        assert_eq!(check(&["a"], &header("a", NOW + 300)), Ok(()));
        assert_eq!(
            check(&["a"], &header("a", NOW - 301)),
            Err(SignatureError::OutOfTime)
        );
        assert_eq!(
            check(&["a"], &header("a", NOW + 301)),
            Err(SignatureError::OutOfTime)
        );
        assert_eq!(
            check(&["a"], &header("a", i64::MIN)),
            Err(SignatureError::OutOfTime)
        );
    }

    #[test]
    fn a_changed_byte_or_another_secret_matches_nothing() {
        assert_eq!(
            check(&["b"], &header("a", NOW)),
            Err(SignatureError::NoMatch)
        );
        let changed = verify(
            &[Secret::new("a")],
            &header("a", NOW),
            b"{\n  \"id\": \"evt_2\"\n}",
            NOW,
        );
        assert_eq!(changed, Err(SignatureError::NoMatch));
        let other_time = header("a", NOW).replace(&format!("t={NOW}"), &format!("t={}", NOW + 1));
        assert_eq!(check(&["a"], &other_time), Err(SignatureError::NoMatch));
    }

    #[test]
    fn headers_of_another_form_are_unreadable() {
        for bad in [
            "",
            "t=",
            "t=1",
            "v1=00",
            "t=x,v1=00",
            "t=1,v0=00",
            "garbage",
            "t=1,v1=zz",
        ] {
            assert_eq!(check(&["a"], bad), Err(SignatureError::Unreadable), "{bad}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_header_makes_the_check_panic_or_pass(header in ".*", body in ".*") {
            proptest::prop_assert!(verify(&[Secret::new("a")], &header, body.as_bytes(), NOW).is_err());
        }
    }
}
