//! What the audit log says, in the language of the page.

use std::borrow::Cow;

use locale::Texts;
use sea_orm::ActiveEnum;
use serde_json::{Map, Value};
use shop::admin::LinkPurpose;
use shop::audit::{Action, SubjectKind, in_words};
use shop::inbox::EventState;
use shop::outbox::{TaskKind, TaskState};
use shop::withdrawals::WithdrawalState;
use till_core::admin::Role;

use crate::pages::order::timeline::withdrawal_text;
use crate::pages::settings::words::{label_of, name_of_policy};
use crate::pages::users::role_name;
use crate::state_words::{event_state, task_name, task_state};

type Text = Cow<'static, str>;

/// What was done.
pub(crate) fn action_name(action: Action, texts: Texts) -> Text {
    match action {
        Action::RequestRefund => texts.admin_action_request_refund(),
        Action::RestockOrder => texts.admin_action_restock_order(),
        Action::ShipOrder => texts.admin_action_ship_order(),
        Action::CorrectShipment => texts.admin_action_correct_shipment(),
        Action::UndoShipment => texts.admin_action_undo_shipment(),
        Action::WriteNote => texts.admin_action_write_note(),
        Action::ResendMail => texts.admin_action_resend_mail(),
        Action::AcceptWithdrawal => texts.admin_action_accept_withdrawal(),
        Action::RefuseWithdrawal => texts.admin_action_refuse_withdrawal(),
        Action::ResolveOrder => texts.admin_action_resolve_order(),
        Action::SetSetting => texts.admin_action_set_setting(),
        Action::UnsetSetting => texts.admin_action_unset_setting(),
        Action::SignIn => texts.admin_action_sign_in(),
        Action::BlockSignIn => texts.admin_action_block_sign_in(),
        Action::SignOut => texts.admin_action_sign_out(),
        Action::EndSessions => texts.admin_action_end_sessions(),
        Action::CreateUser => texts.admin_action_create_user(),
        Action::ChangeRole => texts.admin_action_change_role(),
        Action::ChangeMail => texts.admin_action_change_mail(),
        Action::ChangeLanguage => texts.admin_action_change_language(),
        Action::DeactivateUser => texts.admin_action_deactivate_user(),
        Action::ActivateUser => texts.admin_action_activate_user(),
        Action::RemoveUser => texts.admin_action_remove_user(),
        Action::ChangePassword => texts.admin_action_change_password(),
        Action::SetPassword => texts.admin_action_set_password(),
        Action::MakeLink => texts.admin_action_make_link(),
        Action::TurnOnSecondFactor => texts.admin_action_turn_on_second_factor(),
        Action::TurnOffSecondFactor => texts.admin_action_turn_off_second_factor(),
        Action::ReplaceRecoveryCodes => texts.admin_action_replace_recovery_codes(),
        Action::UseRecoveryCode => texts.admin_action_use_recovery_code(),
        Action::CreateProduct => texts.admin_action_create_product(),
        Action::UpdateProduct => texts.admin_action_update_product(),
        Action::PutProductOnSale => texts.admin_action_put_product_on_sale(),
        Action::TakeProductOffSale => texts.admin_action_take_product_off_sale(),
        Action::MoveProduct => texts.admin_action_move_product(),
        Action::ChangeStock => texts.admin_action_change_stock(),
        Action::AddPictures => texts.admin_action_add_pictures(),
        Action::ChangePicture => texts.admin_action_change_picture(),
        Action::RemovePicture => texts.admin_action_remove_picture(),
        Action::CreateCategory => texts.admin_action_create_category(),
        Action::UpdateCategory => texts.admin_action_update_category(),
        Action::DeleteCategory => texts.admin_action_delete_category(),
        Action::ImportProducts => texts.admin_action_import_products(),
        Action::SavePolicy => texts.admin_action_save_policy(),
        Action::ReplayEvent => texts.admin_action_replay_event(),
        Action::DismissEvent => texts.admin_action_dismiss_event(),
        Action::RetryTask => texts.admin_action_retry_task(),
    }
}

/// What kind of thing was changed.
pub(crate) fn kind_name(kind: SubjectKind, texts: Texts) -> Text {
    match kind {
        SubjectKind::Order => texts.admin_kind_order(),
        SubjectKind::Product => texts.admin_kind_product(),
        SubjectKind::Variant => texts.admin_kind_variant(),
        SubjectKind::Category => texts.admin_kind_category(),
        SubjectKind::ProductFile => texts.admin_kind_product_file(),
        SubjectKind::Setting => texts.admin_kind_setting(),
        SubjectKind::Policy => texts.admin_kind_policy(),
        SubjectKind::Withdrawal => texts.admin_kind_withdrawal(),
        SubjectKind::Event => texts.admin_kind_event(),
        SubjectKind::Task => texts.admin_kind_task(),
        SubjectKind::User => texts.admin_kind_user(),
    }
}

/// What an entry names, as people know it: policies and settings by their names, and tasks by what
/// they do.
pub(crate) fn subject_name(kind: SubjectKind, subject: &str, texts: Texts) -> String {
    let name = match kind {
        SubjectKind::Policy => policy_name(subject, texts),
        SubjectKind::Setting => setting_label(subject, texts).map(Cow::into_owned),
        SubjectKind::Task if subject.starts_with("mail:") => {
            Some(task_name(TaskKind::Mail, subject, texts))
        }
        _ => None,
    };
    name.unwrap_or_else(|| subject.to_owned())
}

/// From `imprint (en)`.
fn policy_name(subject: &str, texts: Texts) -> Option<String> {
    let (slug, language) = subject.split_once(' ')?;
    let name = name_of_policy(slug.parse().ok()?, texts);
    Some(format!("{name} {language}"))
}

/// The name without the language of a setting in one: of `SHOP_TAGLINE_DE` the first two words.
pub(crate) fn setting_in_any_language(name: &str) -> Option<&str> {
    name.rsplit_once('_').map(|(name, _)| name)
}

fn setting_label(subject: &str, texts: Texts) -> Option<Text> {
    label_of(subject, texts).or_else(|| {
        let name = setting_in_any_language(subject)?;
        let (_, language) = subject.rsplit_once('_')?;
        Some(format!("{} ({})", label_of(name, texts)?, language.to_lowercase()).into())
    })
}

/// A part of what an entry says. Other names stay as they are, such as SKUs.
fn part_name(name: &str, texts: Texts) -> Text {
    match name {
        "active" | "on_sale" => texts.admin_part_active(),
        "address" => texts.admin_part_address(),
        "amount" => texts.admin_part_amount(),
        "attempts" => texts.admin_part_attempts(),
        "carrier" => texts.admin_part_carrier(),
        "category" => texts.admin_part_category(),
        "copy_of" => texts.admin_part_copy_of(),
        "created" => texts.admin_part_created(),
        "currency" => texts.admin_part_currency(),
        "description" => texts.admin_part_description(),
        "key" => texts.admin_part_key(),
        "language" => texts.admin_part_language(),
        "mail" => texts.admin_part_mail(),
        "name" => texts.admin_part_name(),
        "note" => texts.admin_part_note(),
        "notify" => texts.admin_part_notify(),
        "number" => texts.admin_part_number(),
        "numbers" => texts.admin_part_numbers(),
        "parcel" => texts.admin_part_parcel(),
        "place" | "position" => texts.admin_part_place(),
        "price" => texts.admin_part_price(),
        "purpose" | "link" => texts.admin_part_purpose(),
        "reason" => texts.admin_part_reason(),
        "reasons" => texts.admin_part_reasons(),
        "request" => texts.admin_part_request(),
        "restock" => texts.admin_part_restock(),
        "role" => texts.admin_part_role(),
        "sale_price" => texts.admin_part_sale_price(),
        "sessions" => texts.admin_part_sessions(),
        "shipment" => texts.admin_part_shipment(),
        "state" => texts.admin_part_state(),
        "stock" => texts.admin_part_stock(),
        "text" => texts.admin_part_text(),
        "texts" => texts.admin_part_texts(),
        "tracking_number" => texts.admin_part_tracking_number(),
        "units" => texts.admin_part_units(),
        "updated" => texts.admin_part_updated(),
        other => other.replace('_', " ").into(),
    }
}

/// What an entry says, a line for each part of it.
pub(crate) fn readable(value: &Value, kind: SubjectKind, texts: Texts) -> String {
    match value {
        Value::Object(parts) => parts_in_words(parts, kind, texts).join("\n"),
        value => in_words(value),
    }
}

fn parts_in_words(parts: &Map<String, Value>, kind: SubjectKind, texts: Texts) -> Vec<String> {
    let part = |(name, value): (&String, &Value)| {
        let said = known_word(name, value, kind, texts)
            .unwrap_or_else(|| value_in_words(value, kind, texts).into());
        format!("{}: {said}", part_name(name, texts))
    };
    parts.iter().map(part).collect()
}

/// A value of a part, on one line.
fn value_in_words(value: &Value, kind: SubjectKind, texts: Texts) -> String {
    match value {
        Value::Null => "–".to_owned(),
        Value::Bool(true) => texts.admin_yes().into_owned(),
        Value::Bool(false) => texts.admin_no().into_owned(),
        Value::Array(values) => {
            let values = values.iter();
            let values: Vec<_> = values
                .map(|value| value_in_words(value, kind, texts))
                .collect();
            values.join(", ")
        }
        Value::Object(parts) => match parts_in_words(parts, kind, texts).as_slice() {
            [] => "–".to_owned(),
            parts => format!("({})", parts.join(", ")),
        },
        // A line break would look like another part.
        Value::Number(_) | Value::String(_) => in_words(value).replace(char::is_control, " "),
    }
}

/// The word for a role, a state or a purpose.
fn known_word(name: &str, value: &Value, kind: SubjectKind, texts: Texts) -> Option<Text> {
    let word = value.as_str()?;
    match (name, kind) {
        ("role", _) => word.parse::<Role>().ok().map(|role| role_name(texts, role)),
        ("purpose" | "link", _) => purpose_name(word, texts),
        ("state", SubjectKind::Withdrawal) => {
            let state = WithdrawalState::try_from_value(&word.to_owned()).ok()?;
            Some(withdrawal_text(texts, state))
        }
        ("state", SubjectKind::Event) => {
            let state = EventState::try_from_value(&word.to_owned()).ok()?;
            Some(event_state(state, texts))
        }
        ("state", SubjectKind::Task) => {
            let state = TaskState::try_from_value(&word.to_owned()).ok()?;
            Some(task_state(state, texts))
        }
        _ => None,
    }
}

fn purpose_name(word: &str, texts: Texts) -> Option<Text> {
    let purpose = LinkPurpose::try_from_value(&word.to_owned()).ok()?;
    Some(match purpose {
        LinkPurpose::FirstOwner => texts.admin_purpose_first_owner(),
        LinkPurpose::Invitation => texts.admin_purpose_invitation(),
        LinkPurpose::Reset => texts.admin_purpose_reset(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn said(value: &Value, kind: SubjectKind, language: &str) -> String {
        let language = language.parse().unwrap_or_default();
        readable(value, kind, Texts::of(language))
    }

    #[test]
    fn what_is_named_has_the_name_that_people_know() {
        let german = Texts::of("de".parse().unwrap_or_default());
        let name = |kind, subject| subject_name(kind, subject, german);
        assert_eq!(name(SubjectKind::Policy, "imprint (en)"), "Impressum (en)");
        assert_eq!(name(SubjectKind::Setting, "SHOP_TAGLINE_DE"), "Slogan (de)");
        let task = name(SubjectKind::Task, "mail:paid:co_1");
        assert_eq!(task, "E-Mail: Bestellbestätigung");
        assert_eq!(name(SubjectKind::Setting, "NEW_THING"), "NEW_THING");
        assert_eq!(name(SubjectKind::Order, "TEA-1"), "TEA-1");
    }

    #[test]
    fn what_somebody_typed_does_not_look_like_another_part() {
        let forged = json!({ "reason": "why\r\nAmount: 99" });
        assert_eq!(said(&forged, SubjectKind::Order, "en").lines().count(), 1);
    }

    #[test]
    fn an_entry_is_said_in_the_language_of_the_page() {
        let decided = json!({ "state": "accepted", "reason": null });
        assert_eq!(
            said(&decided, SubjectKind::Withdrawal, "de"),
            "Grund: –\nStatus: Angenommen"
        );
        let role = json!({ "role": "staff" });
        assert_eq!(said(&role, SubjectKind::User, "de"), "Rolle: Mitarbeit");
        let refund = json!({ "amount": 500, "restock": true, "units": { "PEN": 1 } });
        assert_eq!(
            said(&refund, SubjectKind::Order, "en"),
            "Amount: 500\nBack in stock: yes\nUnits: (PEN: 1)"
        );
        // What has no word stays.
        let other = json!({ "unit_price": "5.00" });
        assert_eq!(said(&other, SubjectKind::Product, "en"), "unit price: 5.00");
        assert_eq!(said(&json!("+44 20"), SubjectKind::Setting, "de"), "+44 20");
    }
}
