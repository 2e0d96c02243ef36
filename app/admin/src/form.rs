//! Forms and their fields. What was typed into a form that is shown again stays in its fields.

use std::borrow::Cow;
use std::sync::Arc;

use leptos::context::Provider;
use leptos::prelude::*;
use ui::text_area::TextArea;

use crate::access::here;
use crate::sent::{SentForm, shown_by};
use ui::rendered::{Rendered, RenderedChildren};

type Text = Cow<'static, str>;

/// The form around a field, if it was sent and is shown again.
#[derive(Clone, Debug)]
struct Shown(Option<Arc<SentForm>>);

/// A form for a server function.
#[component]
pub(crate) fn Form(
    /// The path of the server function: `SignIn::PATH`.
    action: &'static str,
    #[prop(default = "admin-form")] class: &'static str,
    children: RenderedChildren,
) -> impl IntoView {
    let sent = shown_by(action);
    let problems = sent.iter().flat_map(|sent| {
        let whole = sent
            .problems
            .iter()
            .filter(|problem| problem.field.is_none());
        whole.map(|problem| view! { <p>{problem.text.clone()}</p> })
    });
    let problems = problems.collect_view();
    let has_problems = sent.as_ref().is_some_and(|sent| !sent.problems.is_empty());
    let is_preview = sent
        .as_ref()
        .is_some_and(|sent| sent.typed("preview").is_some());
    let (alert, role) = match is_preview {
        true => ("alert alert-info", "status"),
        false => ("alert alert-danger", "alert"),
    };
    view! {
        <form class=class method="post" action=action novalidate=has_problems>
            {(!problems.is_empty()).then(|| view! {
                <div class=alert role=role>{problems}</div>
            })}
            <input type="hidden" name="from" value=from() />
            <Provider value=Shown(sent)>{children.render()}</Provider>
        </form>
    }
    .rendered()
}

/// A part of a form that is shown again, as if it had not been sent: what the person has not
/// touched shows what is stored now.
#[component]
pub(crate) fn Afresh(children: RenderedChildren) -> impl IntoView {
    let nothing = Arc::new(SentForm::default());
    view! {
        <Provider value=Shown(None)>
            <Provider value=nothing>{children.render()}</Provider>
        </Provider>
    }
    .rendered()
}

/// The address of the page, for showing it again. A form that is shown again stays on its page.
fn from() -> String {
    let sent = use_context::<Arc<SentForm>>();
    let earlier = sent.as_ref().and_then(|sent| sent.typed("from"));
    earlier.map_or_else(here, ToOwned::to_owned)
}

/// What is shown in a field: what was typed, or else the value.
fn shown(name: &str, value: String) -> (String, Option<Text>) {
    let Some(Shown(Some(sent))) = use_context() else {
        return (value, None);
    };
    let typed = sent.typed(name).unwrap_or_default().to_owned();
    let problem = sent.problem(name).map(|problem| problem.text.clone());
    (typed, problem)
}

/// The ids of what describes a field.
fn described_by(name: &str, problem: bool, hint: bool) -> Option<String> {
    match (problem, hint) {
        (true, true) => Some(format!("{name}-problem {name}-hint")),
        (true, false) => Some(format!("{name}-problem")),
        (false, true) => Some(format!("{name}-hint")),
        (false, false) => None,
    }
}

/// What is wrong with a field, and what helps to fill it.
#[component]
fn Beside(name: String, problem: Option<Text>, hint: Option<Text>) -> impl IntoView {
    view! {
        {hint.map(|hint| view! { <p class="hint" id=format!("{name}-hint")>{hint}</p> })}
        {problem.map(|problem| view! {
            <p class="invalid-feedback d-block" id=format!("{name}-problem")>{problem}</p>
        })}
    }
}

/// A field of one line, with its label.
#[component]
pub(crate) fn Field(
    #[prop(into)] name: String,
    #[prop(into)] label: Text,
    /// If another form of the page has a field with this name.
    #[prop(optional, into)]
    id: Option<String>,
    #[prop(optional, into)] value: String,
    /// `type` of the `<input>`.
    #[prop(default = "text")]
    kind: &'static str,
    #[prop(optional)] autocomplete: Option<&'static str>,
    /// Which keys a phone shows: `decimal` or `numeric`.
    #[prop(optional)]
    inputmode: Option<&'static str>,
    #[prop(optional)] required: bool,
    /// The maximum number of characters.
    #[prop(optional_no_strip)]
    max_length: Option<u32>,
    #[prop(optional)] hint: Option<Text>,
    /// What else sets it.
    #[prop(optional)]
    beside: Option<AnyView>,
) -> impl IntoView {
    let (typed, problem) = shown(&name, value);
    let hint = hint.filter(|hint| !hint.is_empty());
    // A password is typed again.
    let value = (kind != "password").then_some(typed);
    let id = id.unwrap_or_else(|| name.clone());
    let described_by = described_by(&id, problem.is_some(), hint.is_some());
    let class = match problem {
        Some(_) => "form-control is-invalid",
        None => "form-control",
    };
    let input = view! {
        <input class=class type=kind id=id.clone() name=name value=value
            dir=(kind == "text").then_some("auto") autocomplete=autocomplete
            inputmode=inputmode required=required maxlength=max_length aria-describedby=described_by
            aria-invalid=problem.is_some().then_some("true") />
    };
    let input = match beside {
        Some(beside) => view! { <div class="field-beside">{input}{beside}</div> }.rendered(),
        None => input.rendered(),
    };
    view! {
        <div class="field">
            <label for=id.clone()>{label}</label>
            {input}
            <Beside name=id problem hint />
        </div>
    }
    .rendered()
}

/// A field of several lines, with its label.
#[component]
pub(crate) fn LongField(
    #[prop(into)] name: String,
    #[prop(into)] label: Text,
    #[prop(optional, into)] value: String,
    #[prop(default = 6)] rows: u32,
    #[prop(optional)] hint: Option<Text>,
) -> impl IntoView {
    let (typed, problem) = shown(&name, value);
    let described_by = described_by(&name, problem.is_some(), hint.is_some());
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <TextArea name=name.clone() value=typed rows described_by max_length=None
                invalid=problem.is_some() />
            <Beside name problem hint />
        </div>
    }
    .rendered()
}

/// A box to tick, with its label.
#[component]
pub(crate) fn Checkbox(
    #[prop(into)] name: String,
    #[prop(into)] label: Text,
    /// What is sent if it is ticked.
    #[prop(default = "on".to_owned(), into)]
    value: String,
    #[prop(optional)] checked: bool,
) -> impl IntoView {
    let ticked = match use_context() {
        Some(Shown(Some(sent))) => sent.has(&name, &value),
        _ => checked,
    };
    view! {
        <label class="check">
            <input type="checkbox" name=name value=value checked=ticked />
            <span>{label}</span>
        </label>
    }
    .rendered()
}

/// One of several values, with its label.
#[component]
pub(crate) fn Select(
    #[prop(into)] name: String,
    #[prop(into)] label: Text,
    /// Values and what they are called.
    options: Vec<(String, Text)>,
    #[prop(optional, into)] value: String,
    #[prop(optional)] hint: Option<Text>,
) -> impl IntoView {
    let (chosen, problem) = shown(&name, value);
    let described_by = described_by(&name, problem.is_some(), hint.is_some());
    let options = options.into_iter().map(|(value, label)| {
        let selected = value == chosen;
        view! { <option value=value selected=selected>{label}</option> }
    });
    view! {
        <div class="field">
            <label for=name.clone()>{label}</label>
            <select class="form-control" id=name.clone() name=name.clone()
                aria-describedby=described_by aria-invalid=problem.is_some().then_some("true")>
                {options.collect_view()}
            </select>
            <Beside name problem hint />
        </div>
    }
    .rendered()
}
