//! A form that was sent and is shown again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leptos::prelude::*;

use crate::decision::Problem;

/// A form that was sent, what is wrong with it, and what was typed. Provided as context by the code
/// that renders the form's page again.
#[derive(Debug, Default)]
pub struct SentForm {
    /// The path of the server function that it was sent to.
    pub action: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Names and values of its fields, in order.
    pub fields: Vec<(String, String)>,
    /// Whether a form on the page has shown what is wrong.
    pub is_shown: AtomicBool,
}

/// A form that was sent to this action and is shown again.
pub(crate) fn sent_to(action: &str) -> Option<Arc<SentForm>> {
    let sent = use_context::<Arc<SentForm>>()?;
    (sent.action == action).then_some(sent)
}

/// The same for what shows the problems of the whole form.
pub(crate) fn shown_by(action: &str) -> Option<Arc<SentForm>> {
    let sent = sent_to(action)?;
    sent.is_shown.store(true, Ordering::Relaxed);
    Some(sent)
}

/// What is wrong with a form that is not on the page any more, because somebody else has done
/// meanwhile what it was for. Asked once the rest of the page is rendered.
pub(crate) fn shown_by_none() -> Option<Arc<SentForm>> {
    let sent = use_context::<Arc<SentForm>>()?;
    let is_shown = sent.is_shown.load(Ordering::Relaxed);
    (!is_shown).then_some(sent)
}

/// What a hidden field says was shown, by which a form notices that somebody else has changed that
/// meanwhile. It stays what it was when the form is shown again, until the person is told
/// ([`Decision::changed`]): a mistake in another field does not show what has changed.
///
/// [`Decision::changed`]: crate::decision::Decision::changed
pub(crate) fn first_shown(action: &str, name: &str, now: impl ToString) -> String {
    let sent = sent_to(action).filter(|sent| sent.problem(name).is_none());
    let shown = sent.and_then(|sent| sent.typed(name).map(ToOwned::to_owned));
    shown.unwrap_or_else(|| now.to_string())
}

impl SentForm {
    /// What was typed into a field; of several with this name, into the first.
    #[must_use]
    pub fn typed(&self, name: &str) -> Option<&str> {
        let mut fields = self.fields.iter();
        let field = fields.find(|(field, _)| field == name);
        field.map(|(_, value)| value.as_str())
    }

    /// Whether a field with this name has this value, such as a box that was ticked.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        let mut fields = self.fields.iter();
        fields.any(|(field, typed)| field == name && typed == value)
    }

    /// What is wrong with a field.
    #[must_use]
    pub fn problem(&self, name: &str) -> Option<&Problem> {
        let mut problems = self.problems.iter();
        problems.find(|problem| problem.field.as_deref() == Some(name))
    }
}
