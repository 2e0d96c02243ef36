//! The account's promotion codes, which are made in Stripe's dashboard.

use std::time::Duration;

use serde_json::Value;
use stripe_client_core::RequestStrategy;
use till_core::money::{CurrencyCode, MinorUnit};
use time::OffsetDateTime;

use super::connection::NoResponse;
use super::raw::Get;
use super::{CallError, Stripe};

/// Codes that are listed.
const MAX_CODES: u32 = 100;
/// How long the owner waits for the list.
const TIMEOUT: Duration = Duration::from_secs(5);

/// What a code takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reduction {
    /// A share in percent, as a decimal number.
    Percent(String),
    /// An amount in minor units.
    Amount(MinorUnit, CurrencyCode),
    /// Stripe does not say.
    Unknown,
}

/// A promotion code (<https://docs.stripe.com/api/promotion_codes/object>).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionCode {
    /// `promo_…`
    pub id: String,
    /// What shoppers type.
    pub code: String,
    /// Whether it can be used now.
    pub active: bool,
    /// The name of its coupon.
    pub coupon: Option<String>,
    /// What it takes off.
    pub reduction: Reduction,
    /// When it can no longer be used.
    pub expires_at: Option<OffsetDateTime>,
    /// How often it was used.
    pub times_redeemed: i64,
    /// How often it can be used.
    pub max_redemptions: Option<i64>,
    /// The lowest subtotal that it is for, in minor units.
    pub minimum: Option<(MinorUnit, CurrencyCode)>,
}

/// The latest codes of the account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromotionCodes {
    /// The latest first.
    pub codes: Vec<PromotionCode>,
    /// Whether there are more.
    pub has_more: bool,
}

impl PromotionCode {
    fn read(object: &Value) -> Option<Self> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        // Versions before 2025-09-30 have the coupon itself.
        let coupon = match &object["promotion"]["coupon"] {
            Value::Null => &object["coupon"],
            coupon => coupon,
        };
        let restrictions = &object["restrictions"];
        Some(Self {
            id: text(&object["id"])?,
            code: text(&object["code"])?,
            active: object["active"] == true,
            coupon: text(&coupon["name"]).or_else(|| text(coupon)),
            reduction: Reduction::read(coupon),
            expires_at: instant(&object["expires_at"]),
            times_redeemed: object["times_redeemed"].as_i64().unwrap_or(0),
            max_redemptions: object["max_redemptions"].as_i64(),
            minimum: money(
                &restrictions["minimum_amount"],
                &restrictions["minimum_amount_currency"],
            ),
        })
    }
}

impl Reduction {
    fn read(coupon: &Value) -> Self {
        if let Value::Number(percent) = &coupon["percent_off"] {
            let percent = percent.to_string();
            let whole = percent.strip_suffix(".0").unwrap_or(&percent);
            return Self::Percent(whole.to_owned());
        }
        match money(&coupon["amount_off"], &coupon["currency"]) {
            Some((amount, currency)) => Self::Amount(amount, currency),
            None => Self::Unknown,
        }
    }
}

fn money(amount: &Value, currency: &Value) -> Option<(MinorUnit, CurrencyCode)> {
    let currency = currency.as_str()?.parse().ok()?;
    Some((MinorUnit(amount.as_i64()?), currency))
}

fn instant(seconds: &Value) -> Option<OffsetDateTime> {
    OffsetDateTime::from_unix_timestamp(seconds.as_i64()?).ok()
}

fn read_list(body: &[u8]) -> Option<PromotionCodes> {
    let list: Value = serde_json::from_slice(body).ok()?;
    let codes = list["data"].as_array()?;
    Some(PromotionCodes {
        codes: codes.iter().filter_map(PromotionCode::read).collect(),
        has_more: list["has_more"] == true,
    })
}

impl Stripe {
    /// Lists the latest promotion codes, in one short attempt.
    ///
    /// # Errors
    /// [`CallError`]; refused with 403 if a restricted key may not list them.
    pub async fn promotion_codes(&self) -> Result<PromotionCodes, CallError> {
        let stripe = self.without_retries();
        let call = Get::new("/promotion_codes")
            .with("limit", MAX_CODES)
            .with("expand[]", "data.promotion.coupon");
        let once = RequestStrategy::Once;
        let listed = stripe.call("list-promotion-codes", &call, &once, read_list);
        tokio::time::timeout(TIMEOUT, listed)
            .await
            .unwrap_or(Err(CallError::NoResponse(NoResponse::Timeout)))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;

    #[test]
    fn a_code_needs_only_an_id_and_what_shoppers_type() {
        let read = |body: &str| read_list(body.as_bytes());
        assert_eq!(read("{}"), None);
        let list = read(
            r#"{"data":[
                {"id":"promo_1","code":"HELLO"},
                {"id":"promo_2"},
                {"id":"promo_3","code":"TEN","active":true,"expires_at":1764460800,
                 "times_redeemed":2,"max_redemptions":5,
                 "restrictions":{"minimum_amount":5000,"minimum_amount_currency":"eur"},
                 "promotion":{"type":"coupon","coupon":{"name":"Ten","percent_off":10.0}}},
                {"id":"promo_4","code":"OLD","coupon":{"amount_off":250,"currency":"eur"}},
                {"id":"promo_5","code":"ID","promotion":{"coupon":"abc"}}
            ],"has_more":true}"#,
        );
        let PromotionCodes { codes, has_more } = list.unwrap();
        assert!(has_more);
        let [hello, ten, old, id] = &codes[..] else {
            panic!("{codes:?}")
        };
        assert_eq!(
            (hello.active, &hello.reduction),
            (false, &Reduction::Unknown)
        );
        assert_eq!(ten.reduction, Reduction::Percent("10".to_owned()));
        assert_eq!(ten.coupon.as_deref(), Some("Ten"));
        assert_eq!((ten.times_redeemed, ten.max_redemptions), (2, Some(5)));
        let euro: CurrencyCode = "eur".parse().unwrap();
        assert_eq!(ten.minimum, Some((MinorUnit(5000), euro.clone())));
        assert_eq!(old.reduction, Reduction::Amount(MinorUnit(250), euro));
        assert_eq!(id.coupon.as_deref(), Some("abc"));
    }
}
