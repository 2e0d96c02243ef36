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
        #[cfg_attr(
            feature = "sea-orm",
            derive(sea_orm::DeriveValueType),
            sea_orm(value_type = "String", to_str = "AsRef::<str>::as_ref")
        )]
        pub struct $name(String);

        impl $name {
            /// The 32 hexadecimal digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// The token with these 128 bits.
            #[must_use]
            pub fn from_bytes(bytes: [u8; 16]) -> Self {
                Self(format!("{:032x}", u128::from_be_bytes(bytes)))
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

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
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

token! {
    /// Identifies a checkout at Stripe: its `client_reference_id` and part of idempotency keys. Not
    /// a secret.
    ///
    /// It begins with its creation time in seconds, as Stripe's ids of events and payments do: six
    /// indexes contain it, and this keeps recent rows close together in them. The other 96 bits are
    /// random, so that two shops on one Stripe account never generate the same.
    CheckoutId
}
token! {
    /// Identifies the shop at Stripe: `metadata[shop]` of its sessions and payments. Not a secret.
    /// See `shop::identity`.
    ShopId
}

token! {
    /// Opens the page of an order (`/orders/{token}`) and of its cancelled checkout. Whoever has it
    /// may see the order.
    OrderToken
}
impl OrderToken {
    /// The token of 32 zeros, which opens nothing.
    #[must_use]
    pub fn nil() -> Self {
        Self::from_bytes([0; 16])
    }
}

token! {
    /// Identifies one rendering of the form: however often it is sent, it begins one checkout.
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
        assert_eq!(printed, "Ok(OrderToken(…cdef))");
    }

    #[test]
    fn bytes_become_their_digits_with_leading_zeros() {
        let mut bytes = [0; 16];
        bytes[0] = 0x0a;
        bytes[15] = 0xff;
        let token = OrderToken::from_bytes(bytes);
        assert_eq!(token.as_str(), "0a0000000000000000000000000000ff");
        assert_eq!(token.as_str().parse::<OrderToken>().as_ref(), Ok(&token));
        assert_eq!(OrderToken::nil().as_str(), "0".repeat(32));
    }
}
