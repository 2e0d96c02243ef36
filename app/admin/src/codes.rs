//! Recovery codes on their way to the page that shows them once.

use std::fmt;
use std::sync::Arc;

/// Recovery codes. They are not printed.
#[derive(Clone, PartialEq, Eq)]
pub struct RecoveryCodes(Arc<[String]>);

impl RecoveryCodes {
    /// The codes.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }
}

impl From<Vec<String>> for RecoveryCodes {
    fn from(codes: Vec<String>) -> Self {
        Self(codes.into())
    }
}

impl fmt::Debug for RecoveryCodes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RecoveryCodes(…)")
    }
}
