//! The sandbox's Stripe account, with the problems that only its owner could fix in the dashboard.

use serde::{Deserialize, Serialize};

use crate::error::{ApiError, ErrorType};
use crate::money::Currency;
use crate::objects::session::CheckoutSession;
use crate::presentment::convert;

/// The state of the account. Every field is optional; `{}` is an account without problems.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct AccountState {
    /// Whether it can accept payments.
    pub(crate) charges_enabled: bool,
    /// Whether it gets payouts.
    pub(crate) payouts_enabled: bool,
    /// Stripe's status of the capability `card_payments`.
    pub(crate) card_payments: String,
    /// The requirements that Stripe needs now.
    pub(crate) currently_due: Vec<String>,
    /// Whether it has a name, which Checkout requires.
    pub(crate) has_name: bool,
    /// Whether the URL of its terms of service is set, which consent to them requires.
    pub(crate) has_terms_url: bool,
    /// Whether its head office address is set, which automatic tax requires.
    pub(crate) has_head_office: bool,
    /// A session's total, converted to this currency, must reach its minimum. With `null`, only the
    /// minimum of the session's currency applies.
    pub(crate) settlement_currency: Option<String>,
    /// Whether the API key is valid; otherwise it was revoked.
    pub(crate) key_is_valid: bool,
    /// The prefixes of paths that a restricted key may not call, such as `/v1/account`.
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
    /// Refuses a call that the API key does not allow.
    ///
    /// # Errors
    /// 401 for a revoked key, 403 for a path that a restricted key may not call.
    pub(crate) fn authorize(&self, path: &str) -> Result<(), ApiError> {
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
            .any(|prefix| path.starts_with(prefix.as_str()))
        {
            let message = "The provided key does not have the required permissions for this \
                endpoint on this account.";
            return refuse(axum::http::StatusCode::FORBIDDEN, message);
        }
        Ok(())
    }

    /// Refuses a session that this account cannot create.
    ///
    /// # Errors
    /// 400, with Stripe's message.
    pub(crate) fn check_session(&self, session: &CheckoutSession) -> Result<(), ApiError> {
        let options = session.options();
        if !self.charges_enabled {
            return Err(ApiError::invalid(
                "Your account cannot currently make charges. Finish its activation at \
                 https://dashboard.stripe.com/account/onboarding.",
            ));
        }
        if !self.has_name {
            return Err(ApiError::invalid(
                "In order to use Checkout, you must set an account or business name at \
                 https://dashboard.stripe.com/account.",
            ));
        }
        if options.requires_terms() && !self.has_terms_url {
            return Err(ApiError::invalid(
                "You cannot collect consent to your terms of service unless a URL is set in the \
                 Stripe Dashboard.",
            )
            .param("consent_collection[terms_of_service]"));
        }
        if options.automatic_tax && !self.has_head_office {
            return Err(ApiError::invalid(
                "You must have a valid head office address to enable automatic tax calculation in \
                 test mode.",
            )
            .param("automatic_tax"));
        }
        let settlement_currency = self
            .settlement_currency
            .as_deref()
            .and_then(Currency::parse);
        if let Some(currency) = settlement_currency {
            let (total, minimum) = (session.total(), currency.minimum_total());
            let converted = convert(total, session.currency, currency);
            if total > 0 && converted < minimum {
                return Err(ApiError::invalid(format!(
                    "The Checkout Session's total amount must convert to at least {}. {} converts \
                     to approximately {}.",
                    currency.display(minimum),
                    session.currency.display(total),
                    currency.display(converted)
                ))
                .code("amount_too_small"));
            }
        }
        Ok(())
    }
}
