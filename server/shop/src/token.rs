//! Tokens and ids of 32 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

/// Defines a type for each kind of token, so that one cannot be used as another.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// The 32 hexadecimal digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = NotAToken;

            fn from_str(text: &str) -> Result<Self, NotAToken> {
                let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                if text.len() == 32 && text.bytes().all(hexadecimal) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAToken)
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = NotAToken;

            fn try_from(text: String) -> Result<Self, NotAToken> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(token: $name) -> Self {
                token.0
            }
        }

        /// Prints the last four digits: enough to tell two apart, too few to use, so that no token
        /// gets into a log. Not the first ones, because a checkout's id begins with the time.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "(…{})"), &self.0[28..])
            }
        }
    };
}

/// A token of 128 random bits.
macro_rules! secret_token {
    ($(#[$doc:meta])* $name:ident) => {
        token! { $(#[$doc])* $name }

        impl $name {
            /// Generates a token from the system's random number generator.
            ///
            /// # Errors
            /// If the random number generator fails.
            #[cfg(feature = "ssr")]
            pub fn random() -> Result<Self, getrandom::Error> {
                let mut bytes = [0; 16];
                getrandom::fill(&mut bytes)?;
                Ok(Self(hex::encode(bytes)))
            }
        }
    };
}

token! {
    /// Identifies a checkout at Stripe: its `client_reference_id` and part of idempotency keys. Not
    /// a secret.
    ///
    /// It begins with its creation time in seconds, as Stripe's ids of events and payments do: six
    /// indexes contain it, and this keeps recent rows close together in them. The other 96 bits are
    /// random, so that two shops on one Stripe account never generate the same.
    CheckoutId
}
impl CheckoutId {
    /// Generates an id for a checkout created at this time.
    ///
    /// # Errors
    /// If the random number generator fails.
    #[cfg(feature = "ssr")]
    pub fn generate(time: time::OffsetDateTime) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        let (second, random) = bytes.split_at_mut(4);
        // The lowest 32 bits. They wrap around in 2106, and only the order of ids depends on them.
        second.copy_from_slice(&time.unix_timestamp().to_be_bytes()[4..]);
        getrandom::fill(random)?;
        Ok(Self(hex::encode(bytes)))
    }
}

token! {
    /// Identifies the shop at Stripe: `metadata[shop]` of its sessions and payments. Not a secret.
    /// See `shop::identity`.
    ShopId
}

secret_token! {
    /// Opens the page of an order (`/orders/{token}`) and of its cancelled checkout. Whoever has it
    /// may see the order.
    OrderToken
}
impl OrderToken {
    /// The token of 32 zeros, which opens nothing.
    #[must_use]
    pub fn nil() -> Self {
        Self("0".repeat(32))
    }
}

secret_token! {
    /// Identifies one rendering of the form: however often it is sent, it begins one checkout.
    AttemptToken
}
impl AttemptToken {
    /// Derives the attempt for another selection of the same form. The same quantities by product
    /// id give the same attempt.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn derive(&self, quantities: impl IntoIterator<Item = (i64, u32)>) -> Self {
        use sha2::{Digest, Sha256};

        let mut digest = Sha256::new();
        digest.update(self.0.as_bytes());
        for (product, quantity) in quantities {
            digest.update(format!(";{product}={quantity}").as_bytes());
        }
        Self(hex::encode(&digest.finalize()[..16]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_32_lower_case_hexadecimal_digits_are_a_token() {
        assert!(
            "0123456789abcdef0123456789abcdef"
                .parse::<OrderToken>()
                .is_ok()
        );
        for bad in [
            "",
            "0123",
            "0123456789ABCDEF0123456789ABCDEF",
            "0123456789abcdef0123456789abcdeg",
            "ä123456789abcdef0123456789abcde",
        ] {
            assert_eq!(bad.parse::<OrderToken>(), Err(NotAToken), "{bad}");
        }
    }

    #[test]
    fn a_token_is_not_printed_whole() {
        let printed = format!(
            "{:?}",
            "0123456789abcdef0123456789abcdef".parse::<OrderToken>()
        );
        assert_eq!(printed, "Ok(OrderToken(…cdef))");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn two_random_tokens_differ() -> Result<(), getrandom::Error> {
        let (one, other) = (AttemptToken::random()?, AttemptToken::random()?);
        assert_ne!(one, other);
        assert!(one.as_str().parse::<AttemptToken>().is_ok());
        Ok(())
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn each_selection_of_a_form_has_its_own_attempt() -> Result<(), NotAToken> {
        let form: AttemptToken = "0123456789abcdef0123456789abcdef".parse()?;
        let one = form.derive([(1, 2), (12, 3)]);
        assert_eq!(one, form.derive([(1, 2), (12, 3)]));
        assert!(one.as_str().parse::<AttemptToken>().is_ok());
        for other in [
            form.derive([(1, 2)]),
            form.derive([(1, 21), (2, 3)]),
            form.derive([(1, 2), (12, 4)]),
            one.derive([(1, 2), (12, 3)]),
            form.clone(),
        ] {
            assert_ne!(one, other);
        }
        Ok(())
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn ids_of_checkouts_sort_by_the_second_of_their_creation()
    -> Result<(), Box<dyn std::error::Error>> {
        let second = time::OffsetDateTime::from_unix_timestamp(0x6930_0000)?;
        let id = CheckoutId::generate(second)?;
        assert!(id.as_str().starts_with("69300000"), "{}", id.as_str());
        assert!(id.as_str().parse::<CheckoutId>().is_ok());
        assert_ne!(id, CheckoutId::generate(second)?);
        assert!(id < CheckoutId::generate(second + time::Duration::SECOND)?);
        let far = CheckoutId::generate(second + time::Duration::seconds(1 << 32))?;
        assert_eq!(far.as_str()[..8], id.as_str()[..8]);
        Ok(())
    }
}
