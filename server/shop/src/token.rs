//! Names that nobody can guess, written as 32 hexadecimal digits.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// The text is not 32 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

/// One type for each kind of token, so that one cannot stand in for another.
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

        /// Enough of it to tell two apart, too little to use: tokens stay out of logs. The end, because a checkout's id begins
        /// with the time.
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
            /// A new one from the system's source of randomness.
            ///
            /// # Errors
            /// Where the system has none to give.
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
    /// Names a checkout to Stripe: its `client_reference_id` and part of idempotency keys. No secret.
    ///
    /// It begins with the second in which it was made, as Stripe's ids of events and payments do: six indexes hold it, and what
    /// is written together then lies together in them, however many orders there are. The other 96 bits are random, so that no
    /// two shops on one Stripe account ever have the same.
    CheckoutId
}
impl CheckoutId {
    /// A new one, made at this time.
    ///
    /// # Errors
    /// Where the system has no randomness to give.
    #[cfg(feature = "ssr")]
    pub fn made_at(time: time::OffsetDateTime) -> Result<Self, getrandom::Error> {
        let mut bytes = [0; 16];
        let (second, random) = bytes.split_at_mut(4);
        // The last 32 bits of it: they begin anew in 2106, and only the order of ids depends on them.
        second.copy_from_slice(&time.unix_timestamp().to_be_bytes()[4..]);
        getrandom::fill(random)?;
        Ok(Self(hex::encode(bytes)))
    }
}

secret_token! {
    /// Opens the page of an order (`/orders/{token}`) and of its cancelled checkout. Whoever has it may see the order.
    OrderToken
}
impl OrderToken {
    /// A token that opens nothing: random ones are never all zeros.
    #[must_use]
    pub fn nobodys() -> Self {
        Self("0".repeat(32))
    }
}

secret_token! {
    /// Marks one rendering of the form, so that one buy click begins one checkout however often it is sent.
    AttemptToken
}
impl AttemptToken {
    /// The attempt of another choice of the same form: always the same one for the same quantities,
    /// given by product.
    #[cfg(feature = "ssr")]
    #[must_use]
    pub fn derived(&self, quantities: impl IntoIterator<Item = (i64, u32)>) -> Self {
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
    fn each_choice_of_a_form_has_an_attempt_of_its_own() -> Result<(), NotAToken> {
        let form: AttemptToken = "0123456789abcdef0123456789abcdef".parse()?;
        let one = form.derived([(1, 2), (12, 3)]);
        assert_eq!(one, form.derived([(1, 2), (12, 3)]));
        assert!(one.as_str().parse::<AttemptToken>().is_ok());
        for other in [
            form.derived([(1, 2)]),
            form.derived([(1, 21), (2, 3)]),
            form.derived([(1, 2), (12, 4)]),
            one.derived([(1, 2), (12, 3)]),
            form.clone(),
        ] {
            assert_ne!(one, other);
        }
        Ok(())
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn ids_of_checkouts_sort_by_the_second_in_which_they_were_made()
    -> Result<(), Box<dyn std::error::Error>> {
        let second = time::OffsetDateTime::from_unix_timestamp(0x6930_0000)?;
        let id = CheckoutId::made_at(second)?;
        assert!(id.as_str().starts_with("69300000"), "{}", id.as_str());
        assert!(id.as_str().parse::<CheckoutId>().is_ok());
        assert_ne!(id, CheckoutId::made_at(second)?);
        assert!(id < CheckoutId::made_at(second + time::Duration::SECOND)?);
        let far = CheckoutId::made_at(second + time::Duration::seconds(1 << 32))?;
        assert_eq!(far.as_str()[..8], id.as_str()[..8]);
        Ok(())
    }
}
