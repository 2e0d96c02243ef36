//! What is wrong with forms that do not say it themselves.

use leptos::prelude::*;

use crate::sent::shown_by;

/// What is wrong with a form that was sent to one of these actions and is shown again.
#[component]
pub(crate) fn Problems(of: Vec<&'static str>) -> impl IntoView {
    let sent = of.into_iter().find_map(shown_by);
    let problems = sent.iter().flat_map(|sent| sent.problems.iter());
    let problems = problems.map(|problem| view! { <p>{problem.text.clone()}</p> });
    let problems: Vec<_> = problems.collect();
    (!problems.is_empty()).then(|| {
        view! { <div class="alert alert-danger" role="alert">{problems}</div> }
    })
}
