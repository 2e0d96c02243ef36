//! `/v1/promotion_codes`

use serde_json::Value;

use super::coupons::{at_least_one, in_future};
use super::list::{Created, Page, list_json, read_expand};
use super::{Call, Reply};
use crate::error::ApiError;
use crate::form::Fields;
use crate::ids;
use crate::money::Currency;
use crate::objects::coupon::PromotionCode;
use crate::store::{Store, Transaction};

const EXPANDABLE: [&str; 1] = ["promotion.coupon"];

/// `POST /v1/promotion_codes`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let expand = !read_expand(&mut fields, &EXPANDABLE)?.is_empty();
    let code = read_promotion_code(fields, call.now)?;
    let coupon = tx
        .store()
        .coupons
        .get(&code.coupon)
        .ok_or_else(|| ApiError {
            status: axum::http::StatusCode::BAD_REQUEST,
            ..ApiError::no_such("coupon", &code.coupon, "promotion[coupon]")
        })?;
    if !coupon.is_valid(call.now) {
        return Err(
            ApiError::invalid(format!("Coupon expired: {}", code.coupon))
                .code("coupon_expired")
                .param("promotion[coupon]"),
        );
    }
    require_unique(tx.store(), &code, call.now)?;
    let body = code.json(tx.store(), call.now, expand);
    tx.save_promotion_code(code);
    Ok(Reply::new(body))
}

/// `GET /v1/promotion_codes/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = !read_expand(&mut fields, &EXPANDABLE)?.is_empty();
    fields.finish()?;
    Ok(find(store, &call.id)?.json(store, call.now, expand))
}

/// `POST /v1/promotion_codes/{id}`: activates or deactivates it.
pub(crate) fn update(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let expand = !read_expand(&mut fields, &EXPANDABLE)?.is_empty();
    let active = fields.boolean("active")?;
    fields.finish()?;
    let mut code = find(tx.store(), &call.id)?.clone();
    if let Some(active) = active {
        if active && !code.active {
            require_unique(tx.store(), &code, call.now)?;
        }
        code.active = active;
    }
    let body = code.json(tx.store(), call.now, expand);
    tx.save_promotion_code(code);
    Ok(Reply::new(body))
}

/// `GET /v1/promotion_codes`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::read(&mut fields)?;
    let created = Created::read(&mut fields)?;
    let active = fields.boolean("active")?;
    let typed = fields.text("code")?;
    let coupon = fields.text("coupon")?;
    let expand = !read_expand(&mut fields, &["data.promotion.coupon"])?.is_empty();
    fields.finish()?;
    let matches = |code: &PromotionCode| {
        created.contains(code.created)
            && active.is_none_or(|active| code.is_active(store, call.now) == active)
            && typed
                .as_ref()
                .is_none_or(|typed| code.code.eq_ignore_ascii_case(typed))
            && coupon.as_ref().is_none_or(|coupon| code.coupon == *coupon)
    };
    let (codes, has_more) = page.query(&store.promotion_codes, matches, "promotion code")?;
    let data = codes
        .into_iter()
        .map(|code| code.json(store, call.now, expand))
        .collect();
    Ok(list_json("/v1/promotion_codes", data, has_more))
}

fn find<'a>(store: &'a Store, id: &str) -> Result<&'a PromotionCode, ApiError> {
    store
        .promotion_codes
        .get(id)
        .ok_or_else(|| ApiError::no_such("promotion code", id, "promotion_code"))
}

fn read_promotion_code(mut fields: Fields, now: i64) -> Result<PromotionCode, ApiError> {
    let promotion = fields.fields("promotion")?;
    let typed = fields.short_text("code", 500)?;
    let active = fields.boolean("active")?;
    let max_redemptions = fields.integer("max_redemptions")?;
    let expires_at = fields.integer("expires_at")?;
    let restrictions = fields.fields("restrictions")?;
    let metadata = fields.metadata("metadata")?;
    let (first_time_transaction, minimum) = match restrictions {
        Some(restrictions) => read_restrictions(restrictions)?,
        None => (false, None),
    };
    let (kind, coupon) = match promotion {
        Some(mut promotion) => {
            let kind = promotion.one_of("type", &["coupon"])?;
            let coupon = promotion.text("coupon")?;
            promotion.finish()?;
            (kind, coupon)
        }
        None => {
            return fields
                .finish()
                .and(Err(ApiError::parameter_missing("promotion")));
        }
    };
    fields.finish()?;
    kind.ok_or_else(|| ApiError::parameter_missing("promotion[type]"))?;
    let coupon = coupon.ok_or_else(|| ApiError::parameter_missing("promotion[coupon]"))?;
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if typed.as_ref().is_some_and(|code| !code.chars().all(plain)) {
        return Err(ApiError::invalid(
            "Promotion codes are made of letters (a-z), digits (0-9) and dashes (-).",
        )
        .param("code"));
    }
    Ok(PromotionCode {
        id: ids::object_id("promo"),
        created: now,
        code: typed.unwrap_or_else(|| ids::random(8).to_ascii_uppercase()),
        coupon,
        active: active.unwrap_or(true),
        max_redemptions: at_least_one(max_redemptions, "max_redemptions")?,
        expires_at: in_future(expires_at, now, "expires_at")?,
        minimum,
        first_time_transaction,
        times_redeemed: 0,
        metadata,
    })
}

fn read_restrictions(mut fields: Fields) -> Result<(bool, Option<(i64, Currency)>), ApiError> {
    let amount_name = fields.name_of("minimum_amount");
    let currency_name = fields.name_of("minimum_amount_currency");
    let first_time = fields.boolean("first_time_transaction")?;
    let amount = at_least_one(fields.integer("minimum_amount")?, &amount_name)?;
    let currency = fields.text("minimum_amount_currency")?;
    fields.finish()?;
    let minimum = match (amount, currency) {
        (Some(amount), Some(code)) => Some((amount, Currency::read(&code, &currency_name)?)),
        (Some(_), None) => return Err(ApiError::parameter_missing(&currency_name)),
        (None, Some(_)) => return Err(ApiError::parameter_missing(&amount_name)),
        (None, None) => None,
    };
    Ok((first_time.unwrap_or(false), minimum))
}

/// Refuses a code whose text is already used by an active code.
fn require_unique(store: &Store, code: &PromotionCode, now: i64) -> Result<(), ApiError> {
    let taken = store.promotion_codes.iter().any(|other| {
        other.id != code.id
            && other.code.eq_ignore_ascii_case(&code.code)
            && other.is_active(store, now)
    });
    match taken {
        false => Ok(()),
        true => Err(ApiError::invalid(format!(
            "An active promotion code with `code: {}` already exists.",
            code.code
        ))
        .param("code")),
    }
}
