//! The two fields of a new password.

use leptos::prelude::*;
use secrecy::SecretString;
use shop::admin::{MAX_PASSWORD_CHARS, MIN_PASSWORD_CHARS, PasswordProblem};
use ui::language::texts;

use crate::decision::Decision;
use crate::form::Field;

/// The fields of a new password.
#[component]
pub(crate) fn NewPasswordFields() -> impl IntoView {
    let texts = texts();
    let hint = texts.admin_new_password_hint(count(MIN_PASSWORD_CHARS));
    view! {
        <Field name="new_password" kind="password" label=texts.admin_new_password()
            autocomplete="new-password" required=true hint=hint.into() />
        <Field name="repeated_password" kind="password" label=texts.admin_repeated_password()
            autocomplete="new-password" required=true />
    }
}

/// The password that was typed twice.
pub(crate) fn new_password(typed: String, repeated: &str) -> Result<SecretString, Decision> {
    if typed != repeated {
        let text = texts().admin_passwords_differ();
        return Err(Decision::wrong_field("repeated_password", text));
    }
    Ok(typed.into())
}

/// Show the form again, because the new password is not allowed.
pub(crate) fn problem(problem: PasswordProblem) -> Decision {
    let texts = texts();
    let text = match problem {
        PasswordProblem::TooShort => texts
            .admin_password_too_short(count(MIN_PASSWORD_CHARS))
            .into(),
        PasswordProblem::TooLong => texts
            .admin_password_too_long(count(MAX_PASSWORD_CHARS))
            .into(),
        PasswordProblem::TooCommon => texts.admin_password_too_common(),
        PasswordProblem::IsMail => texts.admin_password_is_mail(),
    };
    Decision::wrong_field("new_password", text)
}

fn count(chars: usize) -> u64 {
    u64::try_from(chars).unwrap_or(u64::MAX)
}
