//! Random ids in Stripe's formats.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A random string of letters and digits.
///
/// # Panics
/// If the operating system has no random bytes: the sandbox cannot run without them.
pub(crate) fn random(length: usize) -> String {
    let mut text = String::with_capacity(length);
    let mut bytes = [0_u8; 64];
    while text.len() < length {
        if let Err(error) = getrandom::fill(&mut bytes) {
            panic!("could not get random bytes from the operating system: {error}");
        }
        // 248 is the largest multiple of 62 in a byte; higher values would favor the first
        // characters.
        let usable = bytes.iter().filter(|byte| **byte < 248);
        text.extend(
            usable
                .take(length - text.len())
                .map(|byte| char::from(ALPHABET[usize::from(*byte % 62)])),
        );
    }
    text
}

/// An id such as `pi_…`, with 24 random characters.
pub(crate) fn object_id(prefix: &str) -> String {
    format!("{prefix}_{}", random(24))
}

/// A Checkout Session's id, 66 characters long, like Stripe's.
pub(crate) fn checkout_session_id() -> String {
    format!("cs_test_a1{}", random(56))
}

/// A request's id.
pub(crate) fn request_id() -> String {
    format!("req_{}", random(14))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_length_of_the_real_ones_and_do_not_repeat() {
        assert_eq!(checkout_session_id().len(), 66);
        assert_eq!(object_id("pi").len(), 27);
        assert_ne!(object_id("pi"), object_id("pi"));
        assert!(random(200).chars().all(|c| c.is_ascii_alphanumeric()));
    }
}
