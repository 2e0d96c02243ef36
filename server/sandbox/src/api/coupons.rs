//! `/v1/coupons`

use serde_json::Value;

use super::list::{Created, Page, list_json, read_expand};
use super::{Call, Reply};
use crate::coupon::parse_percent;
use crate::error::ApiError;
use crate::form::Fields;
use crate::ids;
use crate::money::{Currency, MAX_AMOUNT};
use crate::objects::coupon::{Coupon, DiscountValue};
use crate::store::{Store, Transaction};

/// `POST /v1/coupons`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    let coupon = read_coupon(fields, call.now)?;
    if tx.store().coupons.get(&coupon.id).is_some() {
        return Err(ApiError::invalid("Coupon already exists.")
            .code("resource_already_exists")
            .param("id"));
    }
    let body = coupon.json(call.now);
    tx.save_coupon(coupon);
    Ok(Reply::new(body))
}

/// `GET /v1/coupons/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    let coupon = store
        .coupons
        .get(&call.id)
        .ok_or_else(|| ApiError::no_such("coupon", &call.id, "coupon"))?;
    Ok(coupon.json(call.now))
}

/// `GET /v1/coupons`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let created = Created::read(&mut fields)?;
    read_expand(&mut fields, &[])?;
    fields.finish()?;
    let (coupons, has_more) = page.query(
        &store.coupons,
        |coupon| created.contains(coupon.created),
        "coupon",
    )?;
    let data = coupons
        .into_iter()
        .map(|coupon| coupon.json(call.now))
        .collect();
    Ok(list_json("/v1/coupons", data, has_more))
}

fn read_coupon(mut fields: Fields, now: i64) -> Result<Coupon, ApiError> {
    let id = fields.short_text("id", 255)?;
    let name = fields.short_text("name", 40)?;
    let percent_off = fields.text("percent_off")?;
    let amount_off = fields.integer("amount_off")?;
    let currency = fields.text("currency")?;
    let duration = fields.one_of("duration", &["once", "forever", "repeating"])?;
    let duration_in_months = fields.integer("duration_in_months")?;
    let max_redemptions = fields.integer("max_redemptions")?;
    let redeem_by = fields.integer("redeem_by")?;
    let metadata = fields.metadata("metadata")?;
    fields.finish()?;
    let duration = duration.unwrap_or("once");
    if (duration == "repeating") != duration_in_months.is_some() {
        return Err(ApiError::invalid(
            "`duration_in_months` goes with a `duration` of repeating, and only with that.",
        )
        .param("duration_in_months"));
    }
    if let Some(id) = id.as_ref().filter(|id| !is_coupon_id(id)) {
        let shown: String = id.chars().take(40).collect();
        return Err(ApiError::invalid(format!("Invalid coupon id: {shown}")).param("id"));
    }
    Ok(Coupon {
        id: id.unwrap_or_else(|| ids::random(8)),
        created: now,
        name,
        off: read_off(percent_off, amount_off, currency)?,
        duration: duration.to_owned(),
        duration_in_months,
        max_redemptions: at_least_one(max_redemptions, "max_redemptions")?,
        redeem_by: in_future(redeem_by, now, "redeem_by")?,
        times_redeemed: 0,
        metadata,
    })
}

/// Allows letters, digits, dashes and underscores, since an id is part of a path.
fn is_coupon_id(id: &str) -> bool {
    id.chars()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn read_off(
    percent_off: Option<String>,
    amount_off: Option<i64>,
    currency: Option<String>,
) -> Result<DiscountValue, ApiError> {
    match (percent_off, amount_off) {
        (None, None) => Err(ApiError::invalid(
            "Must provide percent_off or amount_off when creating a coupon.",
        )
        .code("parameter_missing")),
        (Some(_), Some(_)) => Err(ApiError::invalid(
            "You may only specify one of these parameters: amount_off, percent_off.",
        )
        .code("parameters_exclusive")
        .param("amount_off")),
        (Some(percent), None) => parse_percent(&percent)
            .map(DiscountValue::Percent)
            .ok_or_else(|| {
                ApiError::invalid(
                "This value must be greater than 0 and at most 100, with at most four decimals.",
            )
            .param("percent_off")
            }),
        (None, Some(amount)) => {
            let code = currency.ok_or_else(|| ApiError::parameter_missing("currency"))?;
            let currency = Currency::read(&code, "currency")?;
            if !(1..=MAX_AMOUNT).contains(&amount) || amount % currency.granularity() != 0 {
                return Err(ApiError::invalid(format!(
                    "This value must be between 1 and {MAX_AMOUNT}, and a multiple of {}.",
                    currency.granularity()
                ))
                .code("parameter_invalid_integer")
                .param("amount_off"));
            }
            Ok(DiscountValue::Amount { amount, currency })
        }
    }
}

/// Refuses a maximum below 1.
pub(super) fn at_least_one(value: Option<i64>, param: &str) -> Result<Option<i64>, ApiError> {
    match value {
        Some(value) if value < 1 => Err(ApiError::invalid(
            "This value must be greater than or equal to 1.",
        )
        .code("parameter_invalid_integer")
        .param(param)),
        value => Ok(value),
    }
}

/// Refuses a time that is not in the future.
pub(super) fn in_future(
    value: Option<i64>,
    now: i64,
    param: &str,
) -> Result<Option<i64>, ApiError> {
    match value {
        Some(value) if value <= now => {
            Err(ApiError::invalid("This timestamp must be in the future.").param(param))
        }
        value => Ok(value),
    }
}
