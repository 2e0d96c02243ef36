//! The account behind the key.

use serde_json::Value;
use stripe_client_core::RequestStrategy;

use super::raw::Get;
use super::{CallError, Stripe};

/// What the shop needs to know of its account (<https://docs.stripe.com/api/accounts/object>).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// `acct_…`
    pub id: String,
    /// Two letters.
    pub country: Option<String>,
    /// Lower-case code.
    pub default_currency: Option<String>,
    /// Whether it can take payments; `None` where Stripe does not say.
    pub charges_enabled: Option<bool>,
    /// Whether its money reaches a bank.
    pub payouts_enabled: Option<bool>,
    /// Stripe's word for why it is restricted.
    pub disabled_reason: Option<String>,
    /// What Stripe wants to be told now, in its words.
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
    /// The account of the key. The cheapest call that shows whether Stripe takes the key.
    ///
    /// # Errors
    /// [`CallError`]; refused with 401 where Stripe does not know the key, with 403 where a
    /// restricted key may not ask.
    pub async fn account(&self) -> Result<Account, CallError> {
        self.call(&Get::new("/account"), &RequestStrategy::Once, Account::read)
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_needs_an_id_and_nothing_more() {
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
