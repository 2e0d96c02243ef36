//! The fields of the form, each with what is wrong beside it.

use std::borrow::Cow;

use leptos::prelude::*;
use shop::withdrawals::{Problems, WithdrawalForm};

use super::problem_text;
use ui::rendered::{Rendered, RenderedChildren};

type Text = Cow<'static, str>;

/// What is wrong with each field, in words.
pub(super) struct FormFields {
    pub(super) name: Option<Text>,
    pub(super) email: Option<Text>,
    pub(super) contract: Option<Text>,
    pub(super) items: Option<Text>,
}

impl FormFields {
    pub(super) fn of(texts: locale::Texts, problems: &Problems) -> Self {
        let text = |problem, missing| problem_text(texts, problem, missing);
        Self {
            name: text(problems.name, texts.withdraw_name_missing()),
            email: text(problems.email, texts.withdraw_email_missing()),
            contract: text(problems.contract, texts.withdraw_contract_missing()),
            items: text(problems.items, texts.withdraw_items_missing()),
        }
    }
}

/// How a field refers to what is wrong with it.
fn described_by(name: &str, problem: Option<&Text>) -> Option<String> {
    problem.map(|_| format!("{name}-problem"))
}

fn class(problem: Option<&Text>) -> &'static str {
    match problem {
        Some(_) => "form-control is-invalid",
        None => "form-control",
    }
}

/// What is wrong, below a field.
#[component]
fn FieldProblem(name: &'static str, problem: Option<Text>) -> impl IntoView {
    problem.map(|problem| {
        view! { <p class="invalid-feedback d-block" id=format!("{name}-problem")>{problem}</p> }
    })
}

/// One line of text. Not a `<textarea>`, whose content Leptos 0.8 does not escape.
#[component]
pub(super) fn TextField(
    name: &'static str,
    label: Text,
    value: String,
    problem: Option<Text>,
    autocomplete: &'static str,
) -> impl IntoView {
    let describes = described_by(name, problem.as_ref());
    view! {
        <label for=name>{label}</label>
        <input class=class(problem.as_ref()) type="text" id=name name=name dir="auto"
            autocomplete=autocomplete aria-invalid=problem.is_some().then_some("true")
            aria-describedby=describes value=value />
        <FieldProblem name problem />
    }
    .rendered()
}

/// The email address.
#[component]
pub(super) fn EmailField(label: Text, value: String, problem: Option<Text>) -> impl IntoView {
    let describes = described_by("email", problem.as_ref());
    view! {
        <label for="email">{label}</label>
        <input class=class(problem.as_ref()) type="email" id="email" name="email"
            autocomplete="email" aria-invalid=problem.is_some().then_some("true")
            aria-describedby=describes value=value />
        <FieldProblem name="email" problem />
    }
    .rendered()
}

/// Radio buttons or checkboxes, each in its label.
#[component]
pub(super) fn Choices(
    legend: Text,
    problem: Option<Text>,
    children: RenderedChildren,
) -> impl IntoView {
    let describes = described_by("choices", problem.as_ref());
    view! {
        <fieldset class="choices" aria-describedby=describes>
            <legend>{legend}</legend>
            {children.render()}
            <FieldProblem name="choices" problem />
        </fieldset>
    }
    .rendered()
}

/// The whole form again, for the page that shows it before it is confirmed.
#[component]
pub(super) fn HiddenFields(form: WithdrawalForm) -> impl IntoView {
    let scope = if form.is_part { "part" } else { "whole" };
    let fields = [
        ("attempt", form.attempt),
        ("token", form.token),
        ("name", form.name),
        ("email", form.email),
        ("contract", form.contract),
        ("scope", scope.to_owned()),
        ("items", form.items),
    ];
    let fields = fields
        .into_iter()
        .chain(form.lines.iter().map(|line| ("line", line.to_string())))
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> });
    fields.collect_view().rendered()
}
