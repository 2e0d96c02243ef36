//! Enums of Stripe's words, which keep a word that this version does not know.

/// Converts an enum with a variant `Other(String)` from and to text. Its `Display` and `FromStr`
/// are derived.
macro_rules! open_enum {
    ($name:ident) => {
        impl From<String> for $name {
            fn from(word: String) -> Self {
                word.parse().unwrap_or(Self::Other(word))
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    };
}

pub(crate) use open_enum;
