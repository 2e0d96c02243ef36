//! A form that was sent and is shown again.

use std::sync::Arc;

use leptos::prelude::*;

use crate::decision::Problem;

/// A form that was sent, what is wrong with it, and what was typed. Provided as context by the code
/// that renders the form's page again.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SentForm {
    /// The path of the server function that it was sent to.
    pub action: String,
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// Names and values of its fields, in order.
    pub fields: Vec<(String, String)>,
}

/// A form that was sent to this action and is shown again.
pub(crate) fn sent_to(action: &str) -> Option<Arc<SentForm>> {
    let sent = use_context::<Arc<SentForm>>()?;
    (sent.action == action).then_some(sent)
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
