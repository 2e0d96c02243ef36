//! Reads and checks the parameters of `POST /v1/checkout/sessions`, and builds the session.

mod custom_fields;

use url::Url;

use super::is_email;
use crate::countries;
use crate::coupon::{Basket, discount_by_coupon, discount_by_promotion_code};
use crate::error::ApiError;
use crate::form::Fields;
use crate::ids;
use crate::metadata::Metadata;
use crate::money::{Currency, MAX_AMOUNT};
use crate::objects::coupon::Discount;
use crate::objects::session::{CheckoutSession, LineItem, MethodType, PaymentStatus, Status};
use crate::objects::session_options::{
    CustomText, DeliveryBound, DeliveryEstimate, DeliveryUnit, SessionOptions, ShippingOption,
    TaxBehavior,
};
use crate::store::Store;

const MAX_LINES: usize = 100;
const MAX_QUANTITY: i64 = 999_999;
const MAX_SHIPPING_OPTIONS: usize = 5;
/// In seconds.
const MIN_EXPIRY_DELAY: i64 = 30 * 60;
/// In seconds; also the default.
const MAX_EXPIRY_DELAY: i64 = 24 * 60 * 60;

const LOCALES: [&str; 41] = [
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];

/// Builds a session from the parameters of its creation. Unknown parameters are refused before
/// missing ones, as Stripe does.
pub(super) fn read(
    mut fields: Fields,
    store: &Store,
    now: i64,
) -> Result<CheckoutSession, ApiError> {
    let mode = fields.one_of("mode", &["payment"])?;
    fields.one_of("ui_mode", &["hosted_page"])?;
    let lines = fields.hashes("line_items")?;
    let success_url = fields.short_text("success_url", 5000)?;
    let cancel_url = fields.short_text("cancel_url", 5000)?;
    let client_reference_id = fields.short_text("client_reference_id", 200)?;
    let customer_email = fields.short_text("customer_email", 512)?;
    let locale = fields.one_of("locale", &LOCALES)?;
    let metadata = fields.metadata("metadata")?;
    let expires_at = fields.integer("expires_at")?;
    let allowed_payment_method_types = read_method_types(&mut fields)?;
    let (payment_intent_metadata, payment_intent_description) =
        read_payment_intent_data(&mut fields)?;
    let requested = RequestedOptions::read(&mut fields)?;
    fields.finish()?;

    let success_url = success_url.ok_or_else(|| ApiError::parameter_missing("success_url"))?;
    require_url(&success_url, "success_url")?;
    if let Some(cancel_url) = &cancel_url {
        require_url(cancel_url, "cancel_url")?;
    }
    mode.ok_or_else(|| ApiError::parameter_missing("mode"))?;
    if let Some(email) = customer_email.as_ref().filter(|email| !is_email(email)) {
        return Err(ApiError::invalid(format!("Invalid email address: {email}"))
            .code("email_invalid")
            .param("customer_email"));
    }
    let lines = lines
        .filter(|lines| !lines.is_empty())
        .ok_or_else(|| ApiError::parameter_missing("line_items"))?;
    let (currency, lines) = read_lines(lines)?;
    let basket = Basket {
        currency,
        subtotal: subtotal(&lines, currency)?,
        now,
    };
    let options = SessionOptions {
        payment_intent_description,
        ..requested.into_options(store, basket)?
    };
    let session = CheckoutSession {
        id: ids::checkout_session_id(),
        created: now,
        expires_at: check_expiry(expires_at, now)?,
        status: Status::Open,
        payment_status: PaymentStatus::Unpaid,
        currency,
        lines,
        success_url,
        cancel_url,
        client_reference_id,
        customer_email,
        locale: locale.map(str::to_owned),
        metadata,
        payment_intent_metadata,
        allowed_payment_method_types,
        options: Some(options)
            .filter(|options| *options != SessionOptions::default())
            .map(Box::new),
        choices: None,
        authentication: None,
        payment_intent: None,
        shopper: None,
        completed_event: None,
        presentment_currency: None,
    };
    session.check_total()?;
    if session.payment_methods().is_empty() {
        return Err(ApiError::invalid(format!(
            "None of the allowed payment method types can take {}.",
            currency.code()
        ))
        .param("allowed_payment_method_types"));
    }
    Ok(session)
}

fn read_payment_intent_data(fields: &mut Fields) -> Result<(Metadata, Option<String>), ApiError> {
    let Some(mut data) = fields.fields("payment_intent_data")? else {
        return Ok((Vec::new(), None));
    };
    let metadata = data.metadata("metadata")?;
    let description = data.short_text("description", 1000)?;
    data.finish()?;
    Ok((metadata, description))
}

/// The options as they were sent. Discounts and shipping options are not yet read, as they depend
/// on the currency of the line items.
struct RequestedOptions {
    options: SessionOptions,
    discounts: Vec<Fields>,
    shipping_options: Vec<Fields>,
}

impl RequestedOptions {
    fn read(fields: &mut Fields) -> Result<RequestedOptions, ApiError> {
        let owned = |word: Option<&str>| word.map(str::to_owned);
        let billing = fields.one_of("billing_address_collection", &["auto", "required"])?;
        let submit_types = ["auto", "book", "donate", "pay", "subscribe"];
        let submit_type = fields.one_of("submit_type", &submit_types)?;
        let customer_creation = fields.one_of("customer_creation", &["if_required", "always"])?;
        let options = SessionOptions {
            adaptive_pricing_off: read_adaptive_pricing(fields)? == Some(false),
            automatic_tax: read_switch(fields, "automatic_tax")?,
            allow_promotion_codes: fields.boolean("allow_promotion_codes")?,
            discount: None,
            billing_address_collection: owned(billing),
            shipping_countries: read_shipping_countries(fields)?,
            shipping_options: Vec::new(),
            phone_number_collection: read_switch(fields, "phone_number_collection")?,
            terms_of_service: owned(read_terms(fields)?),
            custom_text: read_custom_text(fields)?,
            submit_type: owned(submit_type),
            customer_creation: owned(customer_creation),
            payment_intent_description: None,
            custom_fields: custom_fields::read(fields)?,
            tax_id_required: custom_fields::read_tax_id_collection(fields)?,
            invoice_creation: read_switch(fields, "invoice_creation")?,
        };
        Ok(RequestedOptions {
            options,
            discounts: fields.hashes("discounts")?.unwrap_or_default(),
            shipping_options: fields.hashes("shipping_options")?.unwrap_or_default(),
        })
    }

    fn into_options(self, store: &Store, basket: Basket) -> Result<SessionOptions, ApiError> {
        if self.options.allow_promotion_codes.is_some() && !self.discounts.is_empty() {
            return Err(ApiError::invalid(
                "You may only specify one of these parameters: allow_promotion_codes, discounts.",
            )
            .code("parameters_exclusive")
            .param("allow_promotion_codes"));
        }
        if self.shipping_options.len() > MAX_SHIPPING_OPTIONS {
            return Err(ApiError::invalid(format!(
                "A Checkout Session can have at most {MAX_SHIPPING_OPTIONS} shipping options."
            ))
            .param("shipping_options"));
        }
        let shipping_options = self
            .shipping_options
            .into_iter()
            .map(|option| read_shipping_option(option, basket.currency));
        Ok(SessionOptions {
            shipping_options: shipping_options.collect::<Result<_, _>>()?,
            discount: read_discount(self.discounts, store, basket)?,
            ..self.options
        })
    }
}

/// Reads a hash with only a switch, such as `automatic_tax[enabled]`.
fn read_switch(fields: &mut Fields, key: &str) -> Result<bool, ApiError> {
    let Some(mut hash) = fields.fields(key)? else {
        return Ok(false);
    };
    let name = hash.name_of("enabled");
    let enabled = hash.boolean("enabled")?;
    hash.finish()?;
    enabled.ok_or_else(|| ApiError::parameter_missing(&name))
}

/// Reads `adaptive_pricing[enabled]`; if unset, the account's setting applies, which is on.
fn read_adaptive_pricing(fields: &mut Fields) -> Result<Option<bool>, ApiError> {
    let Some(mut hash) = fields.fields("adaptive_pricing")? else {
        return Ok(None);
    };
    let enabled = hash.boolean("enabled")?;
    hash.finish()?;
    Ok(enabled)
}

fn read_terms(fields: &mut Fields) -> Result<Option<&'static str>, ApiError> {
    let Some(mut hash) = fields.fields("consent_collection")? else {
        return Ok(None);
    };
    let terms = hash.one_of("terms_of_service", &["none", "required"])?;
    hash.finish()?;
    Ok(terms)
}

fn read_custom_text(fields: &mut Fields) -> Result<CustomText, ApiError> {
    let Some(mut hash) = fields.fields("custom_text")? else {
        return Ok(CustomText::default());
    };
    let mut part = |key| {
        let Some(mut part) = hash.fields(key)? else {
            return Ok(None);
        };
        let name = part.name_of("message");
        let message = part.short_text("message", 1200)?;
        part.finish()?;
        let message = message.ok_or_else(|| ApiError::parameter_missing(&name))?;
        Ok::<_, ApiError>(Some(message))
    };
    let text = CustomText {
        submit: part("submit")?,
        shipping_address: part("shipping_address")?,
        terms_of_service_acceptance: part("terms_of_service_acceptance")?,
        after_submit: part("after_submit")?,
    };
    hash.finish()?;
    Ok(text)
}

fn read_shipping_countries(fields: &mut Fields) -> Result<Vec<String>, ApiError> {
    let Some(mut hash) = fields.fields("shipping_address_collection")? else {
        return Ok(Vec::new());
    };
    let name = hash.name_of("allowed_countries");
    let allowed = hash.texts("allowed_countries")?;
    hash.finish()?;
    if allowed.is_empty() {
        return Err(ApiError::parameter_missing(&name));
    }
    match allowed.iter().find(|code| countries::name(code).is_none()) {
        None => Ok(allowed),
        Some(code) => {
            let shown: String = code.chars().take(10).collect();
            Err(ApiError::invalid(format!(
                "Invalid allowed_countries: {shown} is no country that Stripe ships to"
            ))
            .param(name))
        }
    }
}

fn read_shipping_option(
    mut option: Fields,
    currency: Currency,
) -> Result<ShippingOption, ApiError> {
    let (rate_name, data_name) = (
        option.name_of("shipping_rate"),
        option.name_of("shipping_rate_data"),
    );
    let rate = option.text("shipping_rate")?;
    let data = option.fields("shipping_rate_data")?;
    option.finish()?;
    if let Some(rate) = rate {
        // The sandbox has no endpoint to create one, so the id is unknown.
        let error = ApiError::no_such("shipping rate", &rate, &rate_name);
        return Err(ApiError {
            status: axum::http::StatusCode::BAD_REQUEST,
            ..error
        });
    }
    let data = data.ok_or_else(|| ApiError::parameter_missing(&data_name))?;
    read_shipping_rate(data, currency)
}

fn read_shipping_rate(mut data: Fields, currency: Currency) -> Result<ShippingOption, ApiError> {
    let (name_name, amount_name) = (data.name_of("display_name"), data.name_of("fixed_amount"));
    let display_name = data.short_text("display_name", 100)?;
    data.one_of("type", &["fixed_amount"])?;
    let amount = data.fields("fixed_amount")?;
    let tax_behavior = data.one_of("tax_behavior", &TaxBehavior::NAMES)?;
    let tax_code = data.short_text("tax_code", 100)?;
    let estimate = match data.fields("delivery_estimate")? {
        Some(estimate) => read_estimate(estimate)?,
        None => DeliveryEstimate::default(),
    };
    let metadata = data.metadata("metadata")?;
    data.finish()?;
    let display_name = display_name.ok_or_else(|| ApiError::parameter_missing(&name_name))?;
    let mut fixed = amount.ok_or_else(|| ApiError::parameter_missing(&amount_name))?;
    let (amount_name, currency_name) = (fixed.name_of("amount"), fixed.name_of("currency"));
    let amount = fixed.integer("amount")?;
    let code = fixed.text("currency")?;
    fixed.finish()?;
    let amount = amount.ok_or_else(|| ApiError::parameter_missing(&amount_name))?;
    let code = code.ok_or_else(|| ApiError::parameter_missing(&currency_name))?;
    if Currency::read(&code, &currency_name)? != currency {
        return Err(ApiError::invalid(
            "Shipping options must have the same currency as the line items.",
        )
        .param(currency_name));
    }
    check_amount(amount, currency, &amount_name)?;
    Ok(ShippingOption {
        id: ids::object_id("shr"),
        display_name,
        amount,
        tax_behavior: TaxBehavior::named(tax_behavior),
        tax_code,
        estimate,
        metadata,
    })
}

fn read_estimate(mut estimate: Fields) -> Result<DeliveryEstimate, ApiError> {
    let mut bound = |key| {
        let Some(mut bound) = estimate.fields(key)? else {
            return Ok(None);
        };
        let (unit_name, value_name) = (bound.name_of("unit"), bound.name_of("value"));
        let unit = bound.one_of("unit", &DeliveryUnit::NAMES)?;
        let value = bound.integer("value")?;
        bound.finish()?;
        let unit = unit.ok_or_else(|| ApiError::parameter_missing(&unit_name))?;
        let value = value.ok_or_else(|| ApiError::parameter_missing(&value_name))?;
        if value < 1 {
            return Err(below_minimum(1, value_name));
        }
        let unit = DeliveryUnit::named(unit);
        Ok(Some(DeliveryBound { unit, value }))
    };
    let read = DeliveryEstimate {
        minimum: bound("minimum")?,
        maximum: bound("maximum")?,
    };
    estimate.finish()?;
    Ok(read)
}

fn read_discount(
    discounts: Vec<Fields>,
    store: &Store,
    basket: Basket,
) -> Result<Option<Discount>, ApiError> {
    if discounts.len() > 1 {
        return Err(
            ApiError::invalid("A Checkout Session can have at most one discount.")
                .param("discounts"),
        );
    }
    let Some(mut discount) = discounts.into_iter().next() else {
        return Ok(None);
    };
    let (coupon_name, code_name) = (
        discount.name_of("coupon"),
        discount.name_of("promotion_code"),
    );
    let coupon = discount.text("coupon")?;
    let code = discount.text("promotion_code")?;
    discount.finish()?;
    match (coupon, code) {
        (Some(_), Some(_)) => Err(ApiError::invalid(
            "You may only specify one of these parameters: coupon, promotion_code.",
        )
        .code("parameters_exclusive")
        .param(coupon_name)),
        (Some(id), None) => discount_by_coupon(store, &id, basket, &coupon_name).map(Some),
        (None, Some(id)) => discount_by_promotion_code(store, &id, basket, &code_name).map(Some),
        (None, None) => Err(ApiError::parameter_missing(&coupon_name)),
    }
}

fn read_method_types(fields: &mut Fields) -> Result<Option<Vec<MethodType>>, ApiError> {
    let names = fields.texts("allowed_payment_method_types")?;
    let mut methods = Vec::with_capacity(names.len());
    for name in &names {
        let known = [MethodType::Card, MethodType::SepaDebit]
            .into_iter()
            .find(|method| method.name() == name);
        methods.push(known.ok_or_else(|| {
            ApiError::invalid("The sandbox knows these payment method types: card, sepa_debit.")
                .param("allowed_payment_method_types")
        })?);
    }
    Ok(Some(methods).filter(|methods| !methods.is_empty()))
}

fn read_lines(hashes: Vec<Fields>) -> Result<(Currency, Vec<LineItem>), ApiError> {
    if hashes.len() > MAX_LINES {
        return Err(ApiError::invalid(format!(
            "A Checkout Session can have at most {MAX_LINES} line items."
        ))
        .param("line_items"));
    }
    let mut currency = None;
    let mut lines = Vec::with_capacity(hashes.len());
    for hash in hashes {
        let (line_currency, line) = read_line(hash)?;
        if *currency.get_or_insert(line_currency) != line_currency {
            return Err(ApiError::invalid(
                "All line items of a Checkout Session must have the same currency.",
            )
            .param("line_items"));
        }
        lines.push(line);
    }
    let currency = currency.ok_or_else(|| ApiError::parameter_missing("line_items"))?;
    Ok((currency, lines))
}

fn read_line(mut line: Fields) -> Result<(Currency, LineItem), ApiError> {
    let quantity_name = line.name_of("quantity");
    let price_data_name = line.name_of("price_data");
    let price = line.text("price")?;
    let price_data = line.fields("price_data")?;
    let quantity = line.integer("quantity")?;
    let price_name = line.name_of("price");
    line.finish()?;
    if let Some(price) = price {
        // The sandbox has no endpoint to create one, so the id is unknown.
        let error = ApiError::no_such("price", &price, &price_name);
        return Err(ApiError {
            status: axum::http::StatusCode::BAD_REQUEST,
            ..error
        });
    }
    let price_data = price_data.ok_or_else(|| ApiError::parameter_missing(&price_data_name))?;
    let (currency, line) = read_price_data(price_data)?;
    let quantity = quantity.ok_or_else(|| ApiError::parameter_missing(&quantity_name))?;
    if !(1..=MAX_QUANTITY).contains(&quantity) {
        return Err(
            ApiError::invalid(format!("This value must be between 1 and {MAX_QUANTITY}."))
                .code("parameter_invalid_integer")
                .param(quantity_name),
        );
    }
    Ok((currency, LineItem { quantity, ..line }))
}

fn read_price_data(mut data: Fields) -> Result<(Currency, LineItem), ApiError> {
    let (currency_name, product_name) = (data.name_of("currency"), data.name_of("product_data"));
    let currency = data.text("currency")?;
    let amount = read_unit_amount(&mut data)?;
    let amount_name = data.name_of("unit_amount");
    let product = data.fields("product_data")?;
    let tax_behavior = data.one_of("tax_behavior", &TaxBehavior::NAMES)?;
    data.finish()?;
    let currency = currency.ok_or_else(|| ApiError::parameter_missing(&currency_name))?;
    let currency = Currency::read(&currency, &currency_name)?;
    let unit_amount = amount.ok_or_else(|| ApiError::parameter_missing(&amount_name))?;
    check_amount(unit_amount, currency, &amount_name)?;
    let product = product.ok_or_else(|| ApiError::parameter_missing(&product_name))?;
    let line = LineItem {
        unit_amount,
        tax_behavior: TaxBehavior::named(tax_behavior),
        ..read_product(product)?
    };
    Ok((currency, line))
}

/// Reads `unit_amount`, or `unit_amount_decimal` if it is whole: the sandbox charges no fractions
/// of a minor unit.
fn read_unit_amount(data: &mut Fields) -> Result<Option<i64>, ApiError> {
    let name = data.name_of("unit_amount_decimal");
    let amount = data.integer("unit_amount")?;
    let Some(decimal) = data.text("unit_amount_decimal")? else {
        return Ok(amount);
    };
    if amount.is_some() {
        return Err(ApiError::invalid(
            "You may only specify one of these parameters: unit_amount, unit_amount_decimal.",
        )
        .code("parameters_exclusive")
        .param(name));
    }
    let (whole, fraction) = decimal.split_once('.').unwrap_or((&decimal, ""));
    let plain = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
    match whole.parse() {
        Ok(amount) if plain && fraction.bytes().all(|byte| byte == b'0') => Ok(Some(amount)),
        _ => Err(
            ApiError::invalid("The sandbox takes whole minor units only, as 625 or 625.00.")
                .code("parameter_invalid_integer")
                .param(name),
        ),
    }
}

fn below_minimum(minimum: i64, param: String) -> ApiError {
    ApiError::invalid(format!(
        "This value must be greater than or equal to {minimum}."
    ))
    .code("parameter_invalid_integer")
    .param(param)
}

/// Refuses an amount that cannot be charged in this currency.
fn check_amount(amount: i64, currency: Currency, param: &str) -> Result<(), ApiError> {
    if amount < 0 {
        return Err(below_minimum(0, param.to_owned()));
    }
    if amount > MAX_AMOUNT {
        return Err(
            ApiError::invalid(format!("Amounts can be at most {MAX_AMOUNT}."))
                .code("amount_too_large")
                .param(param),
        );
    }
    if amount % currency.granularity() != 0 {
        return Err(ApiError::invalid(format!(
            "Amounts in {} must be a multiple of {}.",
            currency.code(),
            currency.granularity()
        ))
        .code("parameter_invalid_integer")
        .param(param));
    }
    Ok(())
}

/// A line item with one unit of this product; the caller sets price and quantity.
fn read_product(mut product: Fields) -> Result<LineItem, ApiError> {
    let name_name = product.name_of("name");
    let name = product.short_text("name", 5000)?;
    let description = product.short_text("description", 5000)?;
    let images = product.texts("images")?;
    let images_name = product.name_of("images");
    let metadata = product.metadata("metadata")?;
    let tax_code = product.short_text("tax_code", 100)?;
    product.finish()?;
    let name = name.ok_or_else(|| ApiError::parameter_missing(&name_name))?;
    if images.len() > 8 {
        return Err(ApiError::invalid("A product can have at most 8 images.").param(images_name));
    }
    for image in &images {
        require_url(image, &images_name)?;
    }
    Ok(LineItem {
        key: ids::random(24),
        name,
        description,
        images,
        metadata,
        unit_amount: 0,
        quantity: 1,
        tax_behavior: TaxBehavior::Unspecified,
        tax_code: tax_code.map(String::into_boxed_str),
    })
}

/// The sum of the line items before discounts and tax, in minor units.
fn subtotal(lines: &[LineItem], currency: Currency) -> Result<i64, ApiError> {
    let sum = lines.iter().try_fold(0_i64, |sum, line| {
        sum.checked_add(line.unit_amount.checked_mul(line.quantity)?)
    });
    sum.filter(|sum| *sum <= MAX_AMOUNT).ok_or_else(|| {
        ApiError::invalid(format!(
            "The total can be at most {}.",
            currency.display(MAX_AMOUNT)
        ))
        .code("amount_too_large")
    })
}

fn check_expiry(expires_at: Option<i64>, now: i64) -> Result<i64, ApiError> {
    let Some(expires_at) = expires_at else {
        return Ok(now + MAX_EXPIRY_DELAY);
    };
    if expires_at < now + MIN_EXPIRY_DELAY {
        return Err(ApiError::invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session \
             creation.",
        )
        .param("expires_at"));
    }
    if expires_at > now + MAX_EXPIRY_DELAY {
        return Err(ApiError::invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        )
        .param("expires_at"));
    }
    Ok(expires_at)
}

/// Refuses anything but an absolute `http` or `https` URL.
pub(in crate::api) fn require_url(text: &str, param: &str) -> Result<(), ApiError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        _ => Err(ApiError::invalid("Not a valid URL")
            .code("url_invalid")
            .param(param)),
    }
}
