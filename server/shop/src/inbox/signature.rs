//! Verifies that a webhook comes from Stripe
//! (<https://docs.stripe.com/webhooks#verify-manually>).

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use subtle::{Choice, ConstantTimeEq};

/// The maximum difference between a signature's timestamp and our clock, in seconds, in either
/// direction. The default of Stripe's own libraries.
pub const TOLERANCE: u64 = 300;

/// The maximum number of signatures in a header. Stripe sends one for each valid secret, so two
/// while a secret is being rolled.
const MAX_SIGNATURES: usize = 8;
/// The length of a signature (HMAC with SHA-256) in bytes.
const SIGNATURE_LENGTH: usize = 32;

/// Why a webhook is rejected. Each becomes a 400.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    /// The header is missing, or not in Stripe's format.
    #[error("the Stripe-Signature header is missing or malformed")]
    Unreadable,
    /// Signed too long ago, or in the future.
    #[error("signed more than 300 seconds before or after the current time")]
    OutsideTolerance,
    /// No secret matches any of the signatures.
    #[error("no signature matches")]
    NoMatch,
}

/// Verifies a `Stripe-Signature` header against the raw body.
///
/// `secrets` are all currently valid secrets (two while one is being rolled); empty ones are
/// skipped. `now` is Unix time in seconds. The body is hashed at most once for each secret,
/// whatever the header contains, and only if the header is well-formed and recent.
///
/// # Errors
/// [`SignatureError`]; then the body must not be trusted.
pub fn verify(
    secrets: &[SecretString],
    header: &str,
    body: &[u8],
    now: i64,
) -> Result<(), SignatureError> {
    let signed = Signed::read(header)?;
    if now.abs_diff(signed.seconds) > TOLERANCE {
        return Err(SignatureError::OutsideTolerance);
    }
    let secrets = secrets.iter().map(ExposeSecret::expose_secret);
    for secret in secrets.filter(|secret| !secret.is_empty()) {
        let Some(expected) = signature(secret.as_bytes(), signed.time, body) else {
            continue;
        };
        // Compare all of them, each in constant time.
        let matches = signed
            .signatures
            .iter()
            .fold(Choice::from(0), |found, signature| {
                found | expected.ct_eq(signature)
            });
        if matches.into() {
            return Ok(());
        }
    }
    Err(SignatureError::NoMatch)
}

/// A parsed header.
struct Signed<'a> {
    /// The timestamp as text, because that is what is signed.
    time: &'a str,
    /// The same, as Unix time in seconds.
    seconds: i64,
    /// At least one.
    signatures: Vec<[u8; SIGNATURE_LENGTH]>,
}

impl<'a> Signed<'a> {
    fn read(header: &'a str) -> Result<Self, SignatureError> {
        let mut time = None;
        let mut signatures = Vec::new();
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", value)) => time = Some(value),
                Some(("v1", value)) => {
                    let mut signature = [0; SIGNATURE_LENGTH];
                    hex::decode_to_slice(value, &mut signature)
                        .map_err(|_| SignatureError::Unreadable)?;
                    signatures.push(signature);
                    if signatures.len() > MAX_SIGNATURES {
                        return Err(SignatureError::Unreadable);
                    }
                }
                // Ignore other schemes such as v0.
                _ => {}
            }
        }
        let time = time.ok_or(SignatureError::Unreadable)?;
        let seconds = time.parse().map_err(|_| SignatureError::Unreadable)?;
        if signatures.is_empty() {
            return Err(SignatureError::Unreadable);
        }
        Ok(Self {
            time,
            seconds,
            signatures,
        })
    }
}

/// Computes the signature for this secret. Never `None`: HMAC accepts a key of any length.
fn signature(secret: &[u8], time: &str, body: &[u8]) -> Option<[u8; SIGNATURE_LENGTH]> {
    #[cfg(test)]
    tests::MACS.with(|macs| macs.set(macs.get() + 1));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(time.as_bytes());
    mac.update(b".");
    mac.update(body);
    Some(mac.finalize().into_bytes().into())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// MACs that this thread has computed.
        pub(super) static MACS: Cell<usize> = const { Cell::new(0) };
    }

    /// Returns how many MACs a check computes, and its result.
    fn counted(secrets: &[&str], header: &str) -> (usize, Result<(), SignatureError>) {
        MACS.with(|macs| macs.set(0));
        let said = check(secrets, header);
        (MACS.with(Cell::get), said)
    }

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
        let secrets: Vec<_> = secrets
            .iter()
            .map(|secret| SecretString::from(*secret))
            .collect();
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
    fn the_body_is_read_once_for_each_secret_whatever_the_header_holds() {
        let forged = |count: usize| {
            let signatures = format!(",v1={}", "0".repeat(64)).repeat(count);
            format!("t={NOW}{signatures}")
        };
        let secrets = ["whsec_a", "whsec_b", ""];
        assert_eq!(
            counted(&secrets, &forged(8)),
            (2, Err(SignatureError::NoMatch))
        );
        for many in [9, 10_000] {
            assert_eq!(
                counted(&secrets, &forged(many)),
                (0, Err(SignatureError::Unreadable)),
                "{many}"
            );
        }
        let right = sign("whsec_b", NOW, BODY);
        assert_eq!(
            counted(&secrets, &format!("{},v1={right}", forged(7))),
            (2, Ok(()))
        );
    }

    #[test]
    fn the_time_is_judged_before_the_body_is_read() {
        for time in [NOW - 301, NOW + 301, 0] {
            let header = header("whsec_a", time);
            let refused = (0, Err(SignatureError::OutsideTolerance));
            assert_eq!(counted(&["whsec_a"], &header), refused);
        }
    }

    #[test]
    fn a_signature_of_another_length_is_unreadable() {
        let whole = sign("a", NOW, BODY);
        for signature in [&whole[..62], &format!("{whole}00"), &whole[..63], ""] {
            assert_eq!(
                check(&["a"], &format!("t={NOW},v1={signature}")),
                Err(SignatureError::Unreadable),
                "{signature}"
            );
        }
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
            Err(SignatureError::OutsideTolerance)
        );
        assert_eq!(
            check(&["a"], &header("a", NOW + 301)),
            Err(SignatureError::OutsideTolerance)
        );
        assert_eq!(
            check(&["a"], &header("a", i64::MIN)),
            Err(SignatureError::OutsideTolerance)
        );
    }

    #[test]
    fn a_changed_byte_or_another_secret_matches_nothing() {
        assert_eq!(
            check(&["b"], &header("a", NOW)),
            Err(SignatureError::NoMatch)
        );
        let changed = verify(
            &[SecretString::from("a")],
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
            let result = verify(&[SecretString::from("a")], &header, body.as_bytes(), NOW);
            proptest::prop_assert!(result.is_err());
        }
    }
}
