//! What groups, settings and policies are called, and what they do, in the language of the page.

use std::borrow::Cow;

use locale::Texts;
use shop::policy::PolicySlug;
use shop::settings_list::SettingGroup;

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

/// Names of settings, with the messages of their label and their hint.
macro_rules! words {
    ($name:ident, $texts:ident, $($variable:literal => $label:ident, $hint:ident;)*) => {
        match $name {
            $($variable => Some(($texts.$label(), $texts.$hint())),)*
            _ => None,
        }
    };
}

/// What a setting is called, and what it does. `None` for those that only variables set and whose
/// documentation is in English.
pub(super) fn words_of(name: &str, texts: Texts) -> Option<(Text, Text)> {
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

#[cfg(test)]
mod tests {
    use locale::Language;
    use shop::owner_settings::OwnerSettings;
    use shop::settings::FromVariables;

    use super::*;

    #[test]
    fn every_setting_that_can_be_changed_here_has_words() {
        for setting in OwnerSettings::documentation() {
            if setting.can_be_in_database {
                let words = words_of(setting.name, Texts::of(Language::default()));
                assert!(words.is_some(), "{}", setting.name);
            }
        }
    }
}
