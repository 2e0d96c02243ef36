//! Random names of 128 bits, written as 32 hexadecimal digits.

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

        /// Enough of it to tell two apart, too little to use: tokens stay out of logs.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({}…)"), &self.0[..4])
            }
        }
    };
}

token! {
    /// Names a checkout to Stripe: its `client_reference_id` and part of idempotency keys. No secret.
    CheckoutId
}
token! {
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

token! {
    /// Marks one rendering of the form, so that one buy click begins one checkout however often it is sent.
    AttemptToken
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
        assert_eq!(printed, "Ok(OrderToken(0123…))");
    }

    #[cfg(feature = "ssr")]
    #[test]
    fn two_random_tokens_differ() -> Result<(), getrandom::Error> {
        let (one, other) = (AttemptToken::random()?, AttemptToken::random()?);
        assert_ne!(one, other);
        assert!(one.as_str().parse::<AttemptToken>().is_ok());
        Ok(())
    }
}
