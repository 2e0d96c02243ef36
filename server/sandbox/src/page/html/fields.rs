//! Labelled form fields, with hints and errors.

use std::fmt::Write;

use super::{Escaped, Form};
use crate::error::{ApiError, ErrorType};

/// An error as the shopper reads it, and the field that it belongs to.
pub(super) struct Problem {
    pub(super) message: String,
    pub(super) input: Option<String>,
}

impl Problem {
    /// `total` is the current total.
    pub(super) fn new(error: &ApiError, total: &str) -> Problem {
        let param = error.param.as_deref().unwrap_or_default();
        let missing = error.code == Some("parameter_missing");
        let input = input_for_param(param).filter(|_| !error.executed);
        let message = match (param, &input) {
            ("expected_amount", _) => {
                format!("The total has changed to {total}. Please check it before you pay.")
            }
            ("terms_of_service", _) if missing => {
                "Accept the terms of service to continue.".to_owned()
            }
            (_, Some(input)) if missing => format!("Enter {}.", field_description(input)),
            _ if error.kind == ErrorType::Card && error.executed => {
                format!("{} Nothing was paid.", error.message)
            }
            _ => error.message.clone(),
        };
        Problem { message, input }
    }
}

/// The field for a parameter of the confirmation.
fn input_for_param(param: &str) -> Option<String> {
    let known = [
        "email",
        "name",
        "phone",
        "number",
        "cvc",
        "iban",
        "promotion_code",
        "business_name",
        "terms_of_service",
    ];
    let input = match param {
        "exp_month" | "exp_year" => "expiry".to_owned(),
        "shipping[name]" => "name".to_owned(),
        param if known.contains(&param) || param.starts_with("custom_fields[") => param.to_owned(),
        param => {
            let (prefix, part) = param.strip_suffix(']')?.split_once("[address][")?;
            format!("{prefix}_{part}")
        }
    };
    Some(input)
}

/// What a field is for, as in "Enter your email address."
fn field_description(input: &str) -> &'static str {
    match input.split_once('_').map_or(input, |(_, part)| part) {
        "email" => "your email address",
        "name" => "your name",
        "phone" => "your phone number",
        "country" => "the country",
        "line1" => "the street and house number",
        "postal_code" => "the postal code",
        "city" => "the town or city",
        _ => "this field",
    }
}

/// A labelled text field.
pub(super) struct Input<'a> {
    pub(super) id: &'a str,
    pub(super) label: &'a str,
    pub(super) value: &'a str,
    pub(super) attributes: &'a str,
    pub(super) hint: Option<&'a str>,
}

impl Form<'_> {
    pub(super) fn input(&self, input: &Input<'_>) -> String {
        let Input {
            id,
            label,
            value,
            attributes,
            hint,
        } = input;
        let (state, notes) = self.state(id, *hint);
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label>\
             <input id=\"{id}\" name=\"{id}\" value=\"{}\" {attributes}{state}>{notes}</div>",
            Escaped(value)
        )
    }

    /// A labelled `select`; its first option is empty.
    pub(super) fn select<'c>(
        &self,
        (id, label, autocomplete): (&str, &str, &str),
        choices: impl Iterator<Item = (&'c str, &'c str)>,
        chosen: &str,
    ) -> String {
        let (state, notes) = self.state(id, None);
        let mut options = String::new();
        for (value, name) in choices {
            let selected = if value == chosen { " selected" } else { "" };
            let _ = write!(
                options,
                "<option value=\"{value}\"{selected}>{}</option>",
                Escaped(name)
            );
        }
        format!(
            "<div class=\"field\"><label for=\"{id}\">{label}</label>\
             <select id=\"{id}\" name=\"{id}\" autocomplete=\"{autocomplete}\"{state}>\
             <option value=\"\">Choose …</option>{options}</select>{notes}</div>"
        )
    }

    pub(super) fn checkbox(&self, id: &str, label: &str, ticked: bool) -> String {
        let (state, notes) = self.state(id, None);
        let checked = if ticked { " checked" } else { "" };
        format!(
            "<div class=\"field tick\"><label for=\"{id}\">\
             <input type=\"checkbox\" id=\"{id}\" name=\"{id}\" value=\"true\"{checked}{state}> \
             {}</label>{notes}</div>",
            Escaped(label)
        )
    }

    /// The attributes that link a field to its hint and error, and the HTML of both.
    fn state(&self, id: &str, hint: Option<&str>) -> (String, String) {
        let (mut described, mut notes, mut invalid) = (Vec::new(), String::new(), "");
        if let Some(hint) = hint {
            described.push(format!("{id}-hint"));
            let _ = write!(notes, "<small id=\"{id}-hint\">{}</small>", Escaped(hint));
        }
        let problem = self.problem.as_ref();
        if let Some(problem) = problem.filter(|problem| problem.input.as_deref() == Some(id)) {
            invalid = " aria-invalid=\"true\"";
            described.push(format!("{id}-error"));
            let _ = write!(
                notes,
                "<small class=\"error\" id=\"{id}-error\">{}</small>",
                Escaped(&problem.message)
            );
        }
        let described_by = match described.as_slice() {
            [] => String::new(),
            ids => format!(" aria-describedby=\"{}\"", ids.join(" ")),
        };
        (format!("{invalid}{described_by}"), notes)
    }
}
