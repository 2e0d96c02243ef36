//! Tokens of 256 random bits. The database has only their digests.

use std::fmt;
use std::str::FromStr;

use sha2::{Digest, Sha256};

/// The text is not 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a token")]
pub struct NotAToken;

/// Defines a type for each kind of token, so that one cannot be used as another.
macro_rules! token {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq)]
        pub struct $name(String);

        impl $name {
            /// A new one from the system's random number generator.
            ///
            /// # Errors
            /// If that fails.
            pub(super) fn random() -> Result<Self, getrandom::Error> {
                let mut bytes = [0; 32];
                getrandom::fill(&mut bytes)?;
                Ok(Self(hex::encode(bytes)))
            }

            /// The 64 hexadecimal digits.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }

            /// What the database has of it.
            pub(super) fn digest(&self) -> String {
                digest(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = NotAToken;

            fn from_str(text: &str) -> Result<Self, NotAToken> {
                let hexadecimal = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
                if text.len() == 64 && text.bytes().all(hexadecimal) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err(NotAToken)
                }
            }
        }

        /// Prints no part of it.
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

token! {
    /// Proves a session: the value of a browser's cookie.
    SessionToken
}
token! {
    /// Proves that a device has signed in before: the value of a cookie that lasts.
    DeviceToken
}
token! {
    /// Part of a one-time link.
    LinkToken
}

/// SHA-256 in hexadecimal digits. Enough for what is random; passwords have a slow hash.
pub(super) fn digest(text: &str) -> String {
    hex::encode(Sha256::digest(text.as_bytes()))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_random_and_not_printed() {
        let (one, other) = (
            SessionToken::random().unwrap(),
            SessionToken::random().unwrap(),
        );
        assert_ne!(one, other);
        assert_eq!(one.as_str().parse(), Ok(one.clone()));
        assert_eq!(format!("{one:?}"), "SessionToken(…)");
    }

    #[test]
    fn a_digest_is_another_token() {
        let token = SessionToken::random().unwrap();
        assert_ne!(token.digest(), token.as_str());
        let stolen: SessionToken = token.digest().parse().unwrap();
        assert_ne!(stolen.digest(), token.digest());
    }

    #[test]
    fn only_64_lower_case_hexadecimal_digits_are_a_token() {
        for bad in [
            "",
            "00",
            &"0".repeat(63),
            &"0".repeat(65),
            &"A".repeat(64),
            &"g".repeat(64),
        ] {
            assert_eq!(bad.parse::<LinkToken>(), Err(NotAToken), "{bad}");
        }
        assert!("0".repeat(64).parse::<LinkToken>().is_ok());
    }
}
