//! What groups, settings and policies are called, and what they do, in the language of the page.

use std::borrow::Cow;

use locale::{Language, Texts};
use shop::face::SHOP_LOGO;
use shop::policy::PolicySlug;
use shop::settings_list::{SettingGroup, SettingRow};
use shop::stripe::checkout_options::SHIPPING_COUNTRIES;

type Text = Cow<'static, str>;

/// What a group is called.
pub(super) fn name_of_group(group: SettingGroup, texts: Texts) -> Text {
    match group {
        SettingGroup::Face => texts.admin_settings_face(),
        SettingGroup::Contact => texts.admin_settings_contact(),
        SettingGroup::Country => texts.admin_settings_country(),
        SettingGroup::Tax => texts.admin_settings_tax(),
        SettingGroup::Shipping => texts.admin_settings_shipping(),
        SettingGroup::Checkout => texts.admin_settings_checkout(),
        SettingGroup::Orders => texts.admin_settings_orders(),
        SettingGroup::Stock => texts.admin_settings_stock(),
        SettingGroup::Mail => texts.admin_settings_mail(),
        SettingGroup::Retention => texts.admin_settings_retention(),
        SettingGroup::Limits => texts.admin_settings_limits(),
        SettingGroup::Stripe => texts.admin_settings_stripe(),
        SettingGroup::Server => texts.admin_settings_server(),
    }
}

/// What a group is about.
pub(super) fn about_group(group: SettingGroup, texts: Texts) -> Text {
    match group {
        SettingGroup::Face => texts.admin_settings_face_about(),
        SettingGroup::Contact => texts.admin_settings_contact_about(),
        SettingGroup::Country => texts.admin_settings_country_about(),
        SettingGroup::Tax => texts.admin_settings_tax_about(),
        SettingGroup::Shipping => texts.admin_settings_shipping_about(),
        SettingGroup::Checkout => texts.admin_settings_checkout_about(),
        SettingGroup::Orders => texts.admin_settings_orders_about(),
        SettingGroup::Stock => texts.admin_settings_stock_about(),
        SettingGroup::Mail => texts.admin_settings_mail_about(),
        SettingGroup::Retention => texts.admin_settings_retention_about(),
        SettingGroup::Limits => texts.admin_settings_limits_about(),
        SettingGroup::Stripe => texts.admin_settings_stripe_about(),
        SettingGroup::Server => texts.admin_settings_server_about(),
    }
}

/// What a policy is called.
pub(crate) fn name_of_policy(slug: PolicySlug, texts: Texts) -> Text {
    match slug {
        PolicySlug::Imprint => texts.admin_policy_imprint(),
        PolicySlug::Terms => texts.admin_policy_terms(),
        PolicySlug::Privacy => texts.admin_policy_privacy(),
        PolicySlug::Withdrawal => texts.admin_policy_withdrawal(),
        PolicySlug::Shipping => texts.admin_policy_shipping(),
        PolicySlug::Accessibility => texts.admin_policy_accessibility(),
    }
}

/// What a setting is called; `None` as for [`words_of`].
pub(crate) fn label_of(name: &str, texts: Texts) -> Option<Text> {
    words_of(name, texts).map(|(label, _)| label)
}

/// Where a setting is in its group: what an owner decides first is first. Others stay as they are
/// declared.
pub(super) fn place_of(name: &str) -> u8 {
    match name {
        "SHOP_COUNTRY" => 0,
        "HANDLING_DAYS" | "TRANSIT_DAYS" | "SHOP_TIME_ZONE" | "LATE_PAYMENT" => 2,
        _ => 1,
    }
}

/// What a setting is called, and what it does.
pub(super) struct SettingWords {
    pub(super) label: Text,
    /// `None`: the label says it.
    pub(super) what: Option<Text>,
}

/// The name of a setting without the language that its text is in.
pub(super) fn base_of(row: &SettingRow) -> &str {
    match (row.language, row.name.rsplit_once('_')) {
        (Some(_), Some((base, _))) => base,
        _ => &row.name,
    }
}

/// What a setting is called, and what it does. `is_one_of_several`: other rows have the same text
/// in languages of their own.
pub(super) fn setting_words(
    row: &SettingRow,
    is_one_of_several: bool,
    texts: Texts,
) -> SettingWords {
    let base = base_of(row);
    let (label, what) = match (words_of(base, texts), server_label(base, texts)) {
        (Some((label, what)), _) => (label, Some(what)),
        (None, label) => (label.unwrap_or_else(|| base.to_owned().into()), None),
    };
    match row.language {
        Some(of) => SettingWords {
            label: format!("{label} ({})", Texts::of(of).language_name()).into(),
            what: None,
        },
        None if is_one_of_several => SettingWords {
            label: format!("{label} ({})", texts.admin_setting_other_languages()).into(),
            what,
        },
        None => SettingWords { label, what },
    }
}

/// Names of settings, with the messages of their label and their hint.
macro_rules! words {
    ($name:ident, $texts:ident, $($variable:literal => $label:ident, $hint:ident;)*) => {
        match $name {
            $($variable => Some(($texts.$label(), $texts.$hint())),)*
            _ => None,
        }
    };
}

/// What a setting is called, and what it does. `None` for those of the server.
fn words_of(name: &str, texts: Texts) -> Option<(Text, Text)> {
    words! { name, texts,
        "SHOP_NAME" => admin_set_name, admin_set_name_hint;
        "SHOP_TAGLINE" => admin_set_tagline, admin_set_tagline_hint;
        "SHOP_OPENING" => admin_set_opening, admin_set_opening_hint;
        "SHOP_ANNOUNCEMENT" => admin_set_announcement, admin_set_announcement_hint;
        "SHOP_ACCENT_COLOR" => admin_set_accent, admin_set_accent_hint;
        "SHOP_LOGO" => admin_set_logo, admin_set_logo_hint;
        "DELIVERY_NOTE" => admin_set_delivery_note, admin_set_delivery_note_hint;
        "RETURN_NOTE" => admin_set_return_note, admin_set_return_note_hint;
        "SHOP_ADDRESS" => admin_set_address, admin_set_address_hint;
        "SHOP_EMAIL" => admin_set_email, admin_set_email_hint;
        "SHOP_PHONE" => admin_set_phone, admin_set_phone_hint;
        "SHOP_LINKS" => admin_set_links, admin_set_links_hint;
        "SHOP_COUNTRY" => admin_set_country, admin_set_country_hint;
        "SHOP_LANGUAGES" => admin_set_languages, admin_set_languages_hint;
        "SHOP_TIME_ZONE" => admin_set_time_zone, admin_set_time_zone_hint;
        "EU_CONSUMER_RULES" => admin_set_eu_rules, admin_set_eu_rules_hint;
        "WITHDRAWALS" => admin_set_withdrawals, admin_set_withdrawals_hint;
        "PRICE_TAX" => admin_set_price_tax, admin_set_price_tax_hint;
        "AUTOMATIC_TAX" => admin_set_automatic_tax, admin_set_automatic_tax_hint;
        "TAX_IDS" => admin_set_tax_ids, admin_set_tax_ids_hint;
        "INVOICES" => admin_set_invoices, admin_set_invoices_hint;
        "SHIPPING_COUNTRIES" => admin_set_shipping_countries, admin_set_shipping_countries_hint;
        "SHIPPING_RATES" => admin_set_shipping_rates, admin_set_shipping_rates_hint;
        "HANDLING_DAYS" => admin_set_handling_days, admin_set_handling_days_hint;
        "TRANSIT_DAYS" => admin_set_transit_days, admin_set_transit_days_hint;
        "HOLD_MINUTES" => admin_set_hold, admin_set_hold_hint;
        "LATE_PAYMENT" => admin_set_late_payment, admin_set_late_payment_hint;
        "PROMOTION_CODES" => admin_set_promotion_codes, admin_set_promotion_codes_hint;
        "PHONE" => admin_set_ask_phone, admin_set_ask_phone_hint;
        "BILLING_ADDRESS" => admin_set_billing_address, admin_set_billing_address_hint;
        "TERMS_OF_SERVICE" => admin_set_terms, admin_set_terms_hint;
        "ORDER_NOTE" => admin_set_order_note, admin_set_order_note_hint;
        "PAYMENT_METHODS" => admin_set_payment_methods, admin_set_payment_methods_hint;
        "ORDER_PREFIX" => admin_set_order_prefix, admin_set_order_prefix_hint;
        "LOW_STOCK" => admin_set_low_stock, admin_set_low_stock_hint;
        "SMTP_URL" => admin_set_mail_server, admin_set_mail_server_hint;
        "MAIL_FROM" => admin_set_mail_from, admin_set_mail_from_hint;
        "MAIL_OWNER" => admin_set_mail_owner, admin_set_mail_owner_hint;
        "MAIL_OWNER_ORDERS" => admin_set_mail_orders, admin_set_mail_orders_hint;
        "PRUNE_CHECKOUTS_DAYS" => admin_set_keep_checkouts, admin_set_keep_checkouts_hint;
        "PRUNE_IGNORED_EVENTS_DAYS" => admin_set_keep_ignored, admin_set_keep_ignored_hint;
        "PRUNE_FAILED_EVENTS_DAYS" => admin_set_keep_failed, admin_set_keep_failed_hint;
        "PRUNE_PAYLOADS_DAYS" => admin_set_keep_payloads, admin_set_keep_payloads_hint;
        "KEEP_AUDIT_DAYS" => admin_set_keep_audit, admin_set_keep_audit_hint;
    }
}

/// What a setting of the server is called.
fn server_label(name: &str, texts: Texts) -> Option<Text> {
    Some(match name {
        "LIMIT_CHECKOUTS" => texts.admin_server_limit_checkouts(),
        "LIMIT_OPEN_CHECKOUTS" => texts.admin_server_limit_open_checkouts(),
        "LIMIT_HELD_SHARE" => texts.admin_server_limit_held_share(),
        "LIMIT_CHECKOUTS_SHOP" => texts.admin_server_limit_checkouts_shop(),
        "LIMIT_ORDER_SEARCHES" => texts.admin_server_limit_order_searches(),
        "LIMIT_CHOICES" => texts.admin_server_limit_choices(),
        "LIMIT_WITHDRAWALS" => texts.admin_server_limit_withdrawals(),
        "LIMIT_WITHDRAWAL_MAILS" => texts.admin_server_limit_withdrawal_mails(),
        "LIMIT_PASSWORD_RESETS" => texts.admin_server_limit_password_resets(),
        "LIMIT_PASSWORD_RESET_MAILS" => texts.admin_server_limit_password_reset_mails(),
        "TRUSTED_PROXIES" => texts.admin_server_trusted_proxies(),
        "MAX_CONNECTIONS" => texts.admin_server_max_connections(),
        "MAX_CONNECTIONS_PER_CLIENT" => texts.admin_server_max_connections_per_client(),
        "STRIPE_SECRET_KEY" => texts.admin_server_secret_key(),
        "STRIPE_WEBHOOK_SECRET" => texts.admin_server_webhook_secret(),
        "STRIPE_API_BASE" => texts.admin_server_api_base(),
        "STRIPE_CHECKOUT_ORIGIN" => texts.admin_server_checkout_origin(),
        "SANDBOX_ADDR" => texts.admin_server_sandbox(),
        "DATA_DIR" => texts.admin_server_data_dir(),
        "DATABASE_URL" => texts.admin_server_database(),
        "POSTGRES_WRITERS" => texts.admin_server_postgres_writers(),
        "LEPTOS_SITE_ADDR" => texts.admin_server_listens(),
        "LEPTOS_SITE_ROOT" => texts.admin_server_site_root(),
        "PUBLIC_URL" => texts.admin_server_public_url(),
        "ADMIN_NETWORKS" => texts.admin_server_admin_networks(),
        "PAGE_CACHE_MB" => texts.admin_server_page_cache(),
        "RUST_LOG" => texts.admin_server_log(),
        "SMTP_CA_FILE" => texts.admin_server_mail_ca(),
        _ => return None,
    })
}

/// What one of the words that a setting may be means.
pub(super) fn choice_text(name: &str, word: &str, texts: Texts) -> Text {
    match (name, word) {
        ("EU_CONSUMER_RULES", "auto") => texts.admin_choice_in_union(),
        ("WITHDRAWALS", "auto") => texts.admin_choice_if_rules(),
        ("EU_CONSUMER_RULES" | "WITHDRAWALS", "on") | ("BILLING_ADDRESS", "required") => {
            texts.admin_choice_always()
        }
        ("EU_CONSUMER_RULES" | "WITHDRAWALS", "off") => texts.admin_choice_never(),
        ("PRICE_TAX", "auto") => texts.admin_choice_as_stripe_tax(),
        ("PRICE_TAX", "included") | ("AUTOMATIC_TAX", "inclusive") => {
            texts.admin_choice_tax_included()
        }
        ("PRICE_TAX", "added") | ("AUTOMATIC_TAX", "exclusive") => texts.admin_choice_tax_added(),
        ("PRICE_TAX", "small-business") => texts.admin_choice_small_business(),
        ("AUTOMATIC_TAX", "no") => texts.admin_choice_stripe_tax_off(),
        ("INVOICES", "stripe") => texts.admin_choice_each_order(),
        ("LATE_PAYMENT", "refund") => texts.admin_choice_refund(),
        ("LATE_PAYMENT", "accept") => texts.admin_choice_accept(),
        ("BILLING_ADDRESS", "auto") => texts.admin_choice_if_needed(),
        ("TERMS_OF_SERVICE", "required") | (_, "on" | "yes") => texts.admin_choice_yes(),
        (_, "off" | "no" | "none") => texts.admin_choice_no(),
        (_, word) => word.to_owned().into(),
    }
}

/// What applies if a setting is unset. `None`: nothing.
pub(super) fn default_text(row: &SettingRow, texts: Texts) -> Option<Text> {
    Some(match (row.name.as_str(), row.default.as_str()) {
        (name, word) if row.choices.contains(&word) => choice_text(name, word, texts),
        ("SHOP_ACCENT_COLOR", _) => texts.admin_default_green(),
        (SHOP_LOGO, _) => texts.admin_default_name(),
        ("MAIL_OWNER", _) => texts.admin_default_sender(),
        ("PAYMENT_METHODS", _) => texts.admin_default_all_methods(),
        ("SMTP_URL", _) => texts.admin_default_mail_files(),
        ("STRIPE_SECRET_KEY", _) => texts.admin_default_sandbox(),
        ("STRIPE_API_BASE" | "STRIPE_CHECKOUT_ORIGIN", _) => texts.admin_default_stripes_own(),
        ("PUBLIC_URL", _) => texts.admin_default_listens(),
        ("ADMIN_NETWORKS", _) => texts.admin_default_anywhere(),
        ("SHOP_LANGUAGES", codes) => language_names(codes).into(),
        (_, "none" | "") => return None,
        (name, value) => match limit_text(name, value, texts) {
            Some(limit) => limit,
            None => value.to_owned().into(),
        },
    })
}

/// The names of languages, each in its own, by their codes.
pub(super) fn language_names(codes: &str) -> String {
    let name = |code: &str| match code.trim().parse::<Language>() {
        Ok(language) => Texts::of(language).language_name().into_owned(),
        Err(_) => code.trim().to_owned(),
    };
    let names: Vec<_> = codes.split(',').map(name).collect();
    names.join(", ")
}

/// A limit in words: `20/10m` is 20 in 10 minutes.
pub(super) fn limit_text(name: &str, value: &str, texts: Texts) -> Option<Text> {
    if !name.starts_with("LIMIT_") && name != "MAX_CONNECTIONS_PER_CLIENT" {
        return None;
    }
    if value == "off" {
        return Some(texts.admin_server_no_limit());
    }
    let (count, time) = value.split_once('/')?;
    let split = time.len().checked_sub(1)?;
    let (number, unit) = time.split_at_checked(split)?;
    let unit = match unit {
        "s" => "s",
        "m" => "min",
        "h" => "h",
        _ => return None,
    };
    Some(
        texts
            .admin_server_rate(count, &format!("{number} {unit}"))
            .into(),
    )
}

/// What the box beside a setting says.
pub(super) fn box_text(name: &str, texts: Texts) -> Text {
    match name {
        SHIPPING_COUNTRIES => texts.admin_setting_nothing_shipped(),
        _ => texts.admin_setting_keep_forever(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use shop::owner_settings::OwnerSettings;
    use shop::settings::FromVariables;
    use shop::settings_list::AllSettings;

    use super::*;

    fn german() -> Texts {
        let language = Language::all().find(|language| language.code() == "de");
        Texts::of(language.unwrap_or_default())
    }

    fn rows() -> Vec<SettingRow> {
        let all = AllSettings::new(OwnerSettings::documentation(), &|_: &str| None);
        all.rows(&BTreeMap::new())
    }

    #[test]
    fn every_setting_that_can_be_changed_here_has_words() {
        for row in rows().iter().filter(|row| row.can_be_in_database) {
            let words = words_of(base_of(row), german());
            assert!(words.is_some(), "{}", row.name);
        }
    }

    #[test]
    fn choices_and_defaults_are_words_of_the_language() {
        for row in rows() {
            for word in &row.choices {
                let text = choice_text(&row.name, word, german());
                assert_ne!(text, *word, "{}", row.name);
            }
            let Some(default) = default_text(&row, german()) else {
                continue;
            };
            // Names and numbers are the same everywhere.
            let is_name = matches!(row.name.as_str(), "SHOP_NAME" | "SHOP_TIME_ZONE");
            let is_number = default.bytes().all(|byte| byte.is_ascii_digit());
            let is_translated = default != row.default;
            assert!(
                is_name || is_number || is_translated,
                "{}: {default}",
                row.name
            );
        }
        assert_eq!(language_names("de,en"), "Deutsch, English");
    }

    #[test]
    fn limits_are_words() {
        let limit = |value| limit_text("LIMIT_CHECKOUTS", value, german());
        assert_eq!(limit("20/10m").as_deref(), Some("20 in 10 min"));
        assert_eq!(limit("off").as_deref(), Some("keine Grenze"));
        for value in ["50%", "5", "20/", "20/x", "20/10ä"] {
            assert_eq!(limit(value), None, "{value}");
        }
        assert_eq!(limit_text("SHOP_NAME", "off", german()), None);
    }

    #[test]
    fn no_two_choices_of_a_setting_read_the_same() {
        for row in rows() {
            let mut texts: Vec<_> = row
                .choices
                .iter()
                .map(|word| choice_text(&row.name, word, german()))
                .collect();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), row.choices.len(), "{}", row.name);
        }
    }
}
