//! The account that the sandbox plays, and what is not in order with it: only its owner could put
//! that right, in the dashboard.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, ErrorType};
use crate::money::Currency;
use crate::presentment::convert;
use crate::session::CheckoutSession;

/// How the account stands. Everything is optional; `{}` is an account with which all is well.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountState {
    /// It may take payments.
    pub(crate) charges_enabled: bool,
    /// Its money reaches a bank.
    pub(crate) payouts_enabled: bool,
    /// Stripe's word for its capability to take cards.
    pub(crate) card_payments: String,
    /// What Stripe wants to be told now.
    pub(crate) currently_due: Vec<String>,
    /// Checkout needs a name to show.
    pub(crate) has_name: bool,
    /// Consent to terms needs their address.
    pub(crate) has_terms_url: bool,
    /// Tax needs the address of the head office.
    pub(crate) has_head_office: bool,
    /// A total must be worth Stripe's minimum in this currency. `null` asks only for that of its own.
    pub(crate) settlement_currency: Option<String>,
    /// The key is taken; otherwise it has been revoked.
    pub(crate) key_is_valid: bool,
    /// What a restricted key may not call, by the beginning of its path: `/v1/account`.
    pub(crate) forbidden: Vec<String>,
}

impl Default for AccountState {
    fn default() -> AccountState {
        AccountState {
            charges_enabled: true,
            payouts_enabled: true,
            card_payments: "active".to_owned(),
            currently_due: Vec::new(),
            has_name: true,
            has_terms_url: true,
            has_head_office: true,
            settlement_currency: None,
            key_is_valid: true,
            forbidden: Vec::new(),
        }
    }
}

impl AccountState {
    /// Refuses a call that the key does not allow.
    ///
    /// # Errors
    /// 401 for a revoked key, 403 for what a restricted one may not call.
    pub(crate) fn admit(&self, path: &str) -> Result<(), ApiError> {
        let refuse = |status, message: &str| {
            let kind = ErrorType::InvalidRequest;
            Err(ApiError::new(status, kind, message))
        };
        if !self.key_is_valid {
            let message = "Expired API Key provided: sk_test_****************";
            return refuse(axum::http::StatusCode::UNAUTHORIZED, message);
        }
        if self
            .forbidden
            .iter()
            .any(|part| path.starts_with(part.as_str()))
        {
            let message = "The provided key does not have the required permissions for this endpoint on this account.";
            return refuse(axum::http::StatusCode::FORBIDDEN, message);
        }
        Ok(())
    }

    /// Refuses a session for a reason that is the account's.
    ///
    /// # Errors
    /// 400, in Stripe's words.
    pub(crate) fn check(&self, session: &CheckoutSession) -> Result<(), ApiError> {
        let options = session.options();
        if !self.charges_enabled {
            return Err(ApiError::invalid(
                "Your account cannot currently make charges. Finish its activation at https://dashboard.stripe.com/account/onboarding.",
            ));
        }
        if !self.has_name {
            return Err(ApiError::invalid(
                "In order to use Checkout, you must set an account or business name at https://dashboard.stripe.com/account.",
            ));
        }
        if options.requires_terms() && !self.has_terms_url {
            return Err(ApiError::invalid(
                "You cannot collect consent to your terms of service unless a URL is set in the Stripe Dashboard.",
            )
            .param("consent_collection[terms_of_service]"));
        }
        if options.automatic_tax && !self.has_head_office {
            return Err(ApiError::invalid(
                "You must have a valid head office address to enable automatic tax calculation in test mode.",
            )
            .param("automatic_tax"));
        }
        let settled = self
            .settlement_currency
            .as_deref()
            .and_then(Currency::parse);
        if let Some(settled) = settled {
            let (total, least) = (session.total(), settled.minimum_total());
            let worth = convert(total, session.currency, settled);
            if total > 0 && worth < least {
                return Err(ApiError::invalid(format!(
                    "The Checkout Session's total amount must convert to at least {}. {} converts to approximately {}.",
                    settled.display(least),
                    session.currency.display(total),
                    settled.display(worth)
                ))
                .code("amount_too_small"));
            }
        }
        Ok(())
    }
}
