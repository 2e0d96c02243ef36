//! The account that the key belongs to.

use serde_json::Value;
use stripe_client_core::RequestStrategy;

use super::raw::Get;
use super::{CallError, Stripe};

/// What the shop needs to know about its account (<https://docs.stripe.com/api/accounts/object>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// `acct_…`
    pub id: String,
    /// The two-letter code.
    pub country: Option<String>,
    /// The lower-case code.
    pub default_currency: Option<String>,
    /// Whether it can take payments; `None` if Stripe does not say.
    pub charges_enabled: Option<bool>,
    /// Whether payouts to a bank account are enabled.
    pub payouts_enabled: Option<bool>,
    /// Stripe's word for why it is restricted.
    pub disabled_reason: Option<String>,
    /// The information that Stripe requires now, in Stripe's words.
    pub currently_due: Vec<String>,
    /// Stripe's word for whether it can take cards, such as `active`.
    pub card_payments: Option<String>,
}

impl Account {
    fn read(body: &[u8]) -> Option<Self> {
        let account: Value = serde_json::from_slice(body).ok()?;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let requirements = &account["requirements"];
        let due = requirements["currently_due"].as_array();
        Some(Self {
            id: text(&account["id"]).filter(|id| !id.is_empty())?,
            country: text(&account["country"]),
            default_currency: text(&account["default_currency"]),
            charges_enabled: account["charges_enabled"].as_bool(),
            payouts_enabled: account["payouts_enabled"].as_bool(),
            disabled_reason: text(&requirements["disabled_reason"]),
            currently_due: due.into_iter().flatten().filter_map(text).collect(),
            card_payments: text(&account["capabilities"]["card_payments"]),
        })
    }
}

impl Stripe {
    /// Fetches the account of the key. It is the cheapest call that checks the key.
    ///
    /// # Errors
    /// [`CallError`]; refused with 401 if Stripe rejects the key, with 403 if a restricted key may
    /// not read the account.
    pub async fn account(&self) -> Result<Account, CallError> {
        self.call(
            "get-account",
            &Get::new("/account"),
            &RequestStrategy::Once,
            Account::read,
        )
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_needs_only_an_id() {
        let read = |body: &str| Account::read(body.as_bytes());
        assert_eq!(read("{}"), None);
        assert_eq!(read("[]"), None);
        let least = read(r#"{"id":"acct_1","capabilities":[],"requirements":null}"#);
        let id = "acct_1".to_owned();
        assert_eq!(
            least,
            Some(Account {
                id,
                ..Account::default()
            })
        );
    }
}
