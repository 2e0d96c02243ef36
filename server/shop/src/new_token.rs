//! New tokens and ids.

use sha2::{Digest, Sha256};
use till_core::token::{AttemptToken, CheckoutId, OrderToken};
use time::OffsetDateTime;

/// Generates the token of an order from the system's random number generator.
///
/// # Errors
/// If the random number generator fails.
pub fn order_token() -> Result<OrderToken, getrandom::Error> {
    random().map(OrderToken::from_bytes)
}

/// Generates the token of a form from the system's random number generator.
///
/// # Errors
/// If the random number generator fails.
pub fn attempt_token() -> Result<AttemptToken, getrandom::Error> {
    random().map(AttemptToken::from_bytes)
}

/// Generates the token of a form for its page. It is empty if the random number generator fails:
/// the form is then refused as out of date.
#[must_use]
pub fn form_attempt() -> String {
    attempt_token().map_or_else(
        |error| {
            tracing::error!(%error, "could not generate an attempt token");
            String::new()
        },
        String::from,
    )
}

/// Generates an id for a checkout created at this time.
///
/// # Errors
/// If the random number generator fails.
pub fn checkout_id(time: OffsetDateTime) -> Result<CheckoutId, getrandom::Error> {
    let mut bytes = random()?;
    // The lowest 32 bits. They wrap around in 2106, and only the order of ids depends on them.
    bytes[..4].copy_from_slice(&time.unix_timestamp().to_be_bytes()[4..]);
    Ok(CheckoutId::from_bytes(bytes))
}

/// Derives the attempt for another selection of the same form. The same quantities by variant id
/// give the same attempt.
#[must_use]
pub fn derived_attempt(
    form: &AttemptToken,
    quantities: impl IntoIterator<Item = (i64, u32)>,
) -> AttemptToken {
    let mut digest = Sha256::new();
    digest.update(form.as_str().as_bytes());
    for (variant, quantity) in quantities {
        digest.update(format!(";{variant}={quantity}").as_bytes());
    }
    let digest: [u8; 32] = digest.finalize().into();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    AttemptToken::from_bytes(bytes)
}

/// Derives the key under which what a form of the owner states is done once: 64 hexadecimal digits.
pub(crate) fn form_key(form: &AttemptToken, stated: &str) -> String {
    hex::encode(Sha256::digest(format!("{}\0{stated}", form.as_str())))
}

fn random() -> Result<[u8; 16], getrandom::Error> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use till_core::token::NotAToken;

    use super::*;

    #[test]
    fn two_random_tokens_differ() -> Result<(), getrandom::Error> {
        let (one, other) = (attempt_token()?, attempt_token()?);
        assert_ne!(one, other);
        assert!(one.as_str().parse::<AttemptToken>().is_ok());
        Ok(())
    }

    #[test]
    fn each_selection_of_a_form_has_its_own_attempt() -> Result<(), NotAToken> {
        let form: AttemptToken = "0123456789abcdef0123456789abcdef".parse()?;
        let one = derived_attempt(&form, [(1, 2), (12, 3)]);
        assert_eq!(one, derived_attempt(&form, [(1, 2), (12, 3)]));
        assert!(one.as_str().parse::<AttemptToken>().is_ok());
        for other in [
            derived_attempt(&form, [(1, 2)]),
            derived_attempt(&form, [(1, 21), (2, 3)]),
            derived_attempt(&form, [(1, 2), (12, 4)]),
            derived_attempt(&one, [(1, 2), (12, 3)]),
            form.clone(),
        ] {
            assert_ne!(one, other);
        }
        Ok(())
    }

    #[test]
    fn ids_of_checkouts_sort_by_the_second_of_their_creation()
    -> Result<(), Box<dyn std::error::Error>> {
        let second = OffsetDateTime::from_unix_timestamp(0x6930_0000)?;
        let id = checkout_id(second)?;
        assert!(id.as_str().starts_with("69300000"), "{}", id.as_str());
        assert!(id.as_str().parse::<CheckoutId>().is_ok());
        assert_ne!(id, checkout_id(second)?);
        assert!(id < checkout_id(second + time::Duration::SECOND)?);
        let far = checkout_id(second + time::Duration::seconds(1 << 32))?;
        assert_eq!(far.as_str()[..8], id.as_str()[..8]);
        Ok(())
    }
}
