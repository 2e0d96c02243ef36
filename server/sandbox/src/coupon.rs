//! Coupons and promotion codes, and whether they can be redeemed.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::metadata::metadata_json;
use crate::money::Currency;
use crate::objects::coupon::{
    AppliedPromotionCode, Coupon, Discount, DiscountValue, PromotionCode,
};
use crate::store::{Store, Transaction};
use crate::totals::Reduction;

impl DiscountValue {
    pub(crate) fn reduction(self) -> Reduction {
        match self {
            DiscountValue::Percent(millionths) => Reduction::Percent(millionths),
            DiscountValue::Amount { amount, .. } => Reduction::Amount(amount),
        }
    }

    /// As text for shoppers: `25.5% off`, `€5.00 off`.
    pub(crate) fn display(self) -> String {
        match self {
            DiscountValue::Percent(millionths) => {
                let text = percent_text(millionths);
                format!("{}% off", text.strip_suffix(".0").unwrap_or(&text))
            }
            DiscountValue::Amount { amount, currency } => {
                format!("{} off", currency.display(amount))
            }
        }
    }
}

/// Formats `255000` as `25.5`, with at least one decimal, as Stripe prints percentages.
fn percent_text(millionths: u32) -> String {
    let decimals = format!("{:04}", millionths % 10_000);
    let decimals = decimals.trim_end_matches('0');
    let decimals = if decimals.is_empty() { "0" } else { decimals };
    format!("{}.{decimals}", millionths / 10_000)
}

/// A percentage as a JSON number. It is converted through text: amounts are never calculated with
/// floats, and this is only displayed.
pub(crate) fn percentage_json(millionths: u32) -> Value {
    serde_json::from_str(&percent_text(millionths)).unwrap_or_default()
}

/// Parses a percentage above 0 and up to 100, with at most four decimals, into millionths.
pub(crate) fn parse_percent(text: &str) -> Option<u32> {
    let (whole, decimals) = text.split_once('.').unwrap_or((text, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || whole.len() > 3 || !digits(whole) {
        return None;
    }
    if decimals.len() > 4 || !digits(decimals) {
        return None;
    }
    let millionths =
        whole.parse::<u32>().ok()? * 10_000 + format!("{decimals:0<4}").parse::<u32>().ok()?;
    (1..=1_000_000).contains(&millionths).then_some(millionths)
}

impl Coupon {
    /// Whether it can be redeemed now.
    pub(crate) fn is_valid(&self, now: i64) -> bool {
        has_redemptions_left(self.max_redemptions, self.times_redeemed)
            && has_not_passed(self.redeem_by, now)
    }

    /// As the API returns it.
    pub(crate) fn json(&self, now: i64) -> Value {
        let (percent_off, amount_off, currency) = match self.off {
            DiscountValue::Percent(millionths) => (percentage_json(millionths), None, None),
            DiscountValue::Amount { amount, currency } => {
                (Value::Null, Some(amount), Some(currency))
            }
        };
        json!({
            "id": self.id,
            "object": "coupon",
            "amount_off": amount_off,
            "created": self.created,
            "currency": currency,
            "duration": self.duration,
            "duration_in_months": self.duration_in_months,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": metadata_json(&self.metadata),
            "name": self.name,
            "percent_off": percent_off,
            "redeem_by": self.redeem_by,
            "times_redeemed": self.times_redeemed,
            "valid": self.is_valid(now),
        })
    }
}

impl PromotionCode {
    /// Whether it can be redeemed now, which requires a valid coupon.
    pub(crate) fn is_active(&self, store: &Store, now: i64) -> bool {
        self.active
            && has_redemptions_left(self.max_redemptions, self.times_redeemed)
            && has_not_passed(self.expires_at, now)
            && store
                .coupons
                .get(&self.coupon)
                .is_some_and(|coupon| coupon.is_valid(now))
    }

    /// As the API returns it; with `expand`, the coupon is in place of its id.
    pub(crate) fn json(&self, store: &Store, now: i64, expand: bool) -> Value {
        let coupon = match store.coupons.get(&self.coupon).filter(|_| expand) {
            Some(coupon) => coupon.json(now),
            None => json!(self.coupon),
        };
        json!({
            "id": self.id,
            "object": "promotion_code",
            "active": self.is_active(store, now),
            "code": self.code,
            "created": self.created,
            "customer": null,
            "customer_account": null,
            "expires_at": self.expires_at,
            "livemode": false,
            "max_redemptions": self.max_redemptions,
            "metadata": metadata_json(&self.metadata),
            "promotion": { "coupon": coupon, "type": "coupon" },
            "restrictions": {
                "first_time_transaction": self.first_time_transaction,
                "minimum_amount": self.minimum.map(|(amount, _)| amount),
                "minimum_amount_currency": self.minimum.map(|(_, currency)| currency),
            },
            "times_redeemed": self.times_redeemed,
        })
    }
}

fn has_redemptions_left(maximum: Option<i64>, used: i64) -> bool {
    maximum.is_none_or(|maximum| used < maximum)
}

fn has_not_passed(end: Option<i64>, now: i64) -> bool {
    end.is_none_or(|end| now < end)
}

impl Discount {
    /// As in a session's `discounts`: only what was applied, the promotion code or the coupon.
    pub(crate) fn json(&self) -> Value {
        match &self.promotion_code {
            Some(code) => json!({ "coupon": null, "promotion_code": code.id }),
            None => json!({ "coupon": self.coupon, "promotion_code": null }),
        }
    }
}

/// What a discount is applied to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Basket {
    pub(crate) currency: Currency,
    /// In minor units.
    pub(crate) subtotal: i64,
    pub(crate) now: i64,
}

/// The discount of a coupon. `param` names the parameter in errors.
///
/// # Errors
/// 400 if there is none, or it cannot be redeemed for this basket.
pub(crate) fn discount_by_coupon(
    store: &Store,
    id: &str,
    basket: Basket,
    param: &str,
) -> Result<Discount, ApiError> {
    let coupon = store
        .coupons
        .get(id)
        .ok_or_else(|| no_such("coupon", id, param))?;
    if !coupon.is_valid(basket.now) {
        return Err(ApiError::invalid(format!("Coupon expired: {id}"))
            .code("coupon_expired")
            .param(param));
    }
    if let DiscountValue::Amount { currency, .. } = coupon.off
        && currency != basket.currency
    {
        return Err(ApiError::invalid(format!(
            "The coupon {id} takes off {}, and this Checkout Session is in {}.",
            currency.code(),
            basket.currency.code()
        ))
        .param(param));
    }
    Ok(Discount {
        coupon: coupon.id.clone(),
        name: coupon.name.clone(),
        off: coupon.off,
        promotion_code: None,
    })
}

/// The discount of a promotion code, by its id (`promo_…`).
///
/// # Errors
/// 400 if there is none, or it cannot be redeemed for this basket.
pub(crate) fn discount_by_promotion_code(
    store: &Store,
    id: &str,
    basket: Basket,
    param: &str,
) -> Result<Discount, ApiError> {
    let code = store
        .promotion_codes
        .get(id)
        .ok_or_else(|| no_such("promotion code", id, param))?;
    discount_if_redeemable(store, code, basket, param)
}

/// The discount of the code that a shopper typed, in upper or lower case.
///
/// # Errors
/// 400 if there is none, or it cannot be redeemed for this basket.
pub(crate) fn discount_by_typed_code(
    store: &Store,
    typed: &str,
    basket: Basket,
    param: &str,
) -> Result<Discount, ApiError> {
    // An inactive code may have the same text: prefer the active one.
    let named = |code: &&PromotionCode| code.code.eq_ignore_ascii_case(typed.trim());
    let codes = || store.promotion_codes.iter().rev().filter(named);
    let code = codes()
        .find(|code| code.is_active(store, basket.now))
        .or_else(|| codes().next());
    let code = code.ok_or_else(|| ApiError::invalid("This code is invalid.").param(param))?;
    discount_if_redeemable(store, code, basket, param)
}

fn discount_if_redeemable(
    store: &Store,
    code: &PromotionCode,
    basket: Basket,
    param: &str,
) -> Result<Discount, ApiError> {
    if !code.is_active(store, basket.now) {
        return Err(ApiError::invalid("This promotion code is no longer active.").param(param));
    }
    if let Some((amount, currency)) = code.minimum {
        let enough = currency == basket.currency && basket.subtotal >= amount;
        if !enough {
            let amount = currency.display(amount);
            return Err(ApiError::invalid(format!(
                "This code is for orders of at least {amount}."
            ))
            .param(param));
        }
    }
    let discount = discount_by_coupon(store, &code.coupon, basket, param)?;
    Ok(Discount {
        promotion_code: Some(AppliedPromotionCode {
            id: code.id.clone(),
            code: code.code.clone(),
        }),
        ..discount
    })
}

fn no_such(object: &str, id: &str, param: &str) -> ApiError {
    ApiError {
        status: axum::http::StatusCode::BAD_REQUEST,
        ..ApiError::no_such(object, id, param)
    }
}

/// Counts a redemption of a discount.
pub(crate) fn redeem(tx: &mut Transaction<'_>, discount: &Discount) {
    if let Some(mut coupon) = tx.store().coupons.get(&discount.coupon).cloned() {
        coupon.times_redeemed += 1;
        tx.save_coupon(coupon);
    }
    let code = discount.promotion_code.as_ref();
    if let Some(mut code) = code.and_then(|code| tx.store().promotion_codes.get(&code.id).cloned())
    {
        code.times_redeemed += 1;
        tx.save_promotion_code(code);
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a panic is how a test fails")]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_parsed_into_whole_numbers() {
        assert_eq!(parse_percent("25.5"), Some(255_000));
        assert_eq!(parse_percent("100"), Some(1_000_000));
        assert_eq!(parse_percent("0.0001"), Some(1));
        for bad in [
            "0", "0.0", "100.1", "1000", "-5", "1e1", "", ".5", "5.00001", "٣",
        ] {
            assert_eq!(parse_percent(bad), None, "{bad}");
        }
    }

    #[test]
    fn discounts_are_shown_in_words() {
        assert_eq!(DiscountValue::Percent(255_000).display(), "25.5% off");
        assert_eq!(DiscountValue::Percent(1_000_000).display(), "100% off");
        let currency = Currency::parse("eur").unwrap();
        let five = DiscountValue::Amount {
            amount: 500,
            currency,
        };
        assert_eq!(five.display(), "€5.00 off");
    }
}
