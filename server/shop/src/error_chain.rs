//! Errors with their causes, for logs.

use std::error::Error;

/// Formats an error and its causes, outermost first: `could not store: the disk is full`.
///
/// Log it as a field instead of the error itself: the JSON format of `tracing-subscriber` writes
/// only the outermost message of an error.
#[must_use]
pub fn with_causes(error: &(dyn Error + 'static)) -> String {
    let mut chain = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        next = error.source();
        let message = error.to_string();
        // Some errors repeat their cause in their own message.
        if chain.ends_with(&message) {
            continue;
        }
        if !chain.is_empty() {
            chain.push_str(": ");
        }
        chain.push_str(&message);
    }
    chain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error)]
    enum Failure {
        #[error("could not store")]
        Outer(#[source] Box<Self>),
        #[error("the database said: disk full")]
        Repeats(#[source] Box<Self>),
        #[error("disk full")]
        Inner,
    }

    #[test]
    fn causes_follow_and_are_not_repeated() {
        assert_eq!(with_causes(&Failure::Inner), "disk full");
        let outer = Failure::Outer(Box::new(Failure::Inner));
        assert_eq!(with_causes(&outer), "could not store: disk full");
        let repeats = Failure::Outer(Box::new(Failure::Repeats(Box::new(Failure::Inner))));
        assert_eq!(
            with_causes(&repeats),
            "could not store: the database said: disk full"
        );
    }
}
