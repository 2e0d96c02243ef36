//! `/v1/account`: the one account that the sandbox has, in the state set by [`crate::account`].

use serde_json::{Value, json};

use super::Call;
use super::list::read_expand;
use crate::account::AccountState;
use crate::error::ApiError;
use crate::store::Store;

pub(crate) const ACCOUNT: &str = "acct_1SandboxOfTheShop00";

/// `GET /v1/account`
pub(crate) fn retrieve(call: &Call, _store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    Ok(account(&call.account))
}

/// `GET /v1/accounts/{id}`
pub(crate) fn retrieve_by_id(call: &Call, store: &Store) -> Result<Value, ApiError> {
    if call.id != ACCOUNT {
        return Err(ApiError::no_such("account", &call.id, "account"));
    }
    retrieve(call, store)
}

fn account(state: &AccountState) -> Value {
    let disabled_reason = (!state.charges_enabled).then_some("requirements.past_due");
    let requirements = json!({
        "alternatives": [], "current_deadline": null, "currently_due": state.currently_due,
        "disabled_reason": disabled_reason, "errors": [],
        "eventually_due": [], "past_due": [], "pending_verification": [],
    });
    json!({
        "id": ACCOUNT,
        "object": "account",
        "business_profile": {
            "annual_revenue": null, "estimated_worker_count": null, "mcc": null,
            "minority_owned_business_designation": null, "name": "Stripe sandbox",
            "product_description": null, "support_address": null, "support_email": null,
            "support_phone": null, "support_url": null, "url": null,
        },
        "business_type": null,
        "capabilities": {
            "card_payments": state.card_payments, "sepa_debit_payments": "active",
            "transfers": "active",
        },
        "charges_enabled": state.charges_enabled,
        "controller": { "type": "account" },
        "country": "DE",
        "created": 1_700_000_000,
        "default_currency": "eur",
        "details_submitted": true,
        "email": "sandbox@example.com",
        "external_accounts": {
            "object": "list", "data": [], "has_more": false,
            "url": format!("/v1/accounts/{ACCOUNT}/external_accounts"),
        },
        "future_requirements": requirements,
        "metadata": {},
        "payouts_enabled": state.payouts_enabled,
        "requirements": requirements,
        "settings": {
            "bacs_debit_payments": { "display_name": null, "service_user_number": null },
            "branding": {
                "icon": null, "logo": null, "primary_color": null, "secondary_color": null,
            },
            "card_issuing": { "tos_acceptance": { "date": null, "ip": null } },
            "card_payments": {
                "decline_on": { "avs_failure": false, "cvc_failure": true },
                "statement_descriptor_prefix": null, "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
            "dashboard": { "display_name": "Stripe sandbox", "timezone": "Etc/UTC" },
            "invoices": { "default_account_tax_ids": null, "hosted_payment_method_save": null },
            "payments": {
                "statement_descriptor": "SANDBOX", "statement_descriptor_kana": null,
                "statement_descriptor_kanji": null, "statement_descriptor_prefix_kana": null,
                "statement_descriptor_prefix_kanji": null,
            },
            "payouts": {
                "debit_negative_balances": true,
                "schedule": { "delay_days": 2, "interval": "daily" },
                "statement_descriptor": null,
            },
            "sepa_debit_payments": {},
        },
        "tos_acceptance": { "date": null, "ip": null, "user_agent": null },
        "type": "standard",
    })
}
