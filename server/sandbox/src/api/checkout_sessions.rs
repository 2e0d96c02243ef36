//! `/v1/checkout/sessions`

use serde_json::Value;
use url::Url;

use super::list::{Created, Page, expansions, list_json};
use super::{Call, Reply};
use crate::error::ApiError;
use crate::form::Fields;
use crate::ids;
use crate::money::{Currency, MAXIMUM_AMOUNT};
use crate::session::{self, CheckoutSession, LineItem, MethodType, PaymentStatus, Status};
use crate::store::{Store, Transaction};

const MAXIMUM_LINES: usize = 100;
const MAXIMUM_QUANTITY: i64 = 999_999;
/// Lines in an expanded `line_items`; the rest is listed.
const EXPANDED_LINES: usize = 10;
const HALF_HOUR: i64 = 30 * 60;
const DAY: i64 = 24 * 60 * 60;

const EXPANDABLE: [&str; 4] = [
    "line_items",
    "line_items.data.price.product",
    "payment_intent",
    "payment_intent.latest_charge",
];
const EXPANDABLE_IN_LISTS: [&str; 4] = [
    "data.line_items",
    "data.line_items.data.price.product",
    "data.payment_intent",
    "data.payment_intent.latest_charge",
];

const LOCALES: [&str; 41] = [
    "auto", "bg", "cs", "da", "de", "el", "en", "en-GB", "es", "es-419", "et", "fi", "fil", "fr",
    "fr-CA", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "ms", "mt", "nb", "nl", "pl", "pt",
    "pt-BR", "ro", "ru", "sk", "sl", "sv", "th", "tr", "vi", "zh", "zh-HK", "zh-TW",
];

/// `POST /v1/checkout/sessions`
pub(crate) fn create(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let expand = expansions(&mut fields, &EXPANDABLE)?;
    let session = read_session(fields, call.now)?;
    let body = render(&session, tx.store(), tx.origin(), &expand);
    let id = session.id.clone();
    tx.save_session(session);
    Ok(Reply::created_session(body, id, expand))
}

/// `GET /v1/checkout/sessions/{id}`
pub(crate) fn retrieve(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let expand = expansions(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    Ok(render(find(store, &call.id)?, store, &call.origin, &expand))
}

/// `GET /v1/checkout/sessions`
pub(crate) fn list(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::of(&mut fields)?;
    let created = Created::of(&mut fields)?;
    let payment_intent = fields.text("payment_intent")?;
    let status = fields.word("status", &["open", "complete", "expired"])?;
    let expand = expansions(&mut fields, &EXPANDABLE_IN_LISTS)?;
    fields.finish()?;
    let expand: Vec<String> = expand
        .iter()
        .filter_map(|path| path.strip_prefix("data."))
        .map(str::to_owned)
        .collect();
    let matches = |session: &CheckoutSession| {
        created.contains(session.created)
            && status.is_none_or(|status| session.status.name() == status)
            && (payment_intent.is_none() || session.payment_intent == payment_intent)
    };
    let newest_first = store.sessions.iter().rev();
    let (sessions, has_more) = page.cut(
        newest_first,
        |session| &session.id,
        matches,
        "checkout.session",
    )?;
    let data = sessions
        .into_iter()
        .map(|session| render(session, store, &call.origin, &expand))
        .collect();
    Ok(list_json("/v1/checkout/sessions", data, has_more))
}

/// `POST /v1/checkout/sessions/{id}/expire`
pub(crate) fn expire(call: &Call, tx: &mut Transaction<'_>) -> Result<Reply, ApiError> {
    let mut fields = call.fields();
    let expand = expansions(&mut fields, &EXPANDABLE)?;
    fields.finish()?;
    let session = find(tx.store(), &call.id)?.clone();
    let session = session::expire(tx, &session, Some(call.request.clone()))?;
    Ok(Reply::new(render(
        &session,
        tx.store(),
        tx.origin(),
        &expand,
    )))
}

/// `GET /v1/checkout/sessions/{id}/line_items`, in the order in which they were given
pub(crate) fn line_items(call: &Call, store: &Store) -> Result<Value, ApiError> {
    let mut fields = call.fields();
    let page = Page::of(&mut fields)?;
    let expand = expansions(&mut fields, &["data.price.product"])?;
    fields.finish()?;
    let session = find(store, &call.id)?;
    // A line keeps only the random part of its id.
    let page = page.without_prefix("li_");
    let (lines, has_more) = page.cut(session.lines.iter(), |line| &line.key, |_| true, "item")?;
    let data = lines
        .into_iter()
        .map(|line| render_line(session, line, !expand.is_empty()))
        .collect();
    Ok(list_json(&line_items_url(session), data, has_more))
}

fn find<'a>(store: &'a Store, id: &str) -> Result<&'a CheckoutSession, ApiError> {
    store
        .sessions
        .get(id)
        .ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))
}

/// The session's JSON with what was asked to be expanded.
pub(crate) fn render(
    session: &CheckoutSession,
    store: &Store,
    origin: &str,
    expand: &[String],
) -> Value {
    let asked = |path: &str| expand.iter().any(|asked| asked == path);
    let mut json = session.json(origin);
    let products = asked("line_items.data.price.product");
    if products || asked("line_items") {
        let lines = session
            .lines
            .iter()
            .take(EXPANDED_LINES)
            .map(|line| render_line(session, line, products))
            .collect();
        json["line_items"] = list_json(
            &line_items_url(session),
            lines,
            session.lines.len() > EXPANDED_LINES,
        );
    }
    let charges = asked("payment_intent.latest_charge");
    if (charges || asked("payment_intent"))
        && let Some(intent) = session
            .payment_intent
            .as_ref()
            .and_then(|id| store.payment_intents.get(id))
    {
        let charge = intent
            .latest_charge
            .as_ref()
            .filter(|_| charges)
            .and_then(|id| store.charges.get(id));
        json["payment_intent"] = intent.json(charge);
    }
    json
}

fn render_line(session: &CheckoutSession, line: &LineItem, product: bool) -> Value {
    let mut json = session.line_json(line);
    if product {
        json["price"]["product"] = session.product_json(line);
    }
    json
}

fn line_items_url(session: &CheckoutSession) -> String {
    format!("/v1/checkout/sessions/{}/line_items", session.id)
}

/// Reads and checks the parameters of a creation. Unknown ones are refused before missing ones, as Stripe does.
fn read_session(mut fields: Fields, now: i64) -> Result<CheckoutSession, ApiError> {
    let mode = fields.word("mode", &["payment"])?;
    fields.word("ui_mode", &["hosted_page"])?;
    let lines = fields.hashes("line_items")?;
    let success_url = fields.short_text("success_url", 5000)?;
    let cancel_url = fields.short_text("cancel_url", 5000)?;
    let client_reference_id = fields.short_text("client_reference_id", 200)?;
    let customer_email = fields.short_text("customer_email", 512)?;
    let locale = fields.word("locale", &LOCALES)?;
    let metadata = fields.metadata("metadata")?;
    let expires_at = fields.integer("expires_at")?;
    let allowed_payment_method_types = read_method_types(&mut fields)?;
    let payment_intent_metadata = match fields.fields("payment_intent_data")? {
        Some(mut data) => {
            let metadata = data.metadata("metadata")?;
            data.finish()?;
            metadata
        }
        None => Vec::new(),
    };
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
    check_total(&lines, currency)?;
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
        payment_intent: None,
        shopper: None,
        completed_event: None,
    };
    if session.payment_methods().is_empty() {
        return Err(ApiError::invalid(format!(
            "None of the allowed payment method types can take {}.",
            currency.code()
        ))
        .param("allowed_payment_method_types"));
    }
    Ok(session)
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
    if hashes.len() > MAXIMUM_LINES {
        return Err(ApiError::invalid(format!(
            "A Checkout Session can have at most {MAXIMUM_LINES} line items."
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
        // There is no endpoint to make one.
        let error = ApiError::no_such("price", &price, &price_name);
        return Err(ApiError {
            status: axum::http::StatusCode::BAD_REQUEST,
            ..error
        });
    }
    let price_data = price_data.ok_or_else(|| ApiError::parameter_missing(&price_data_name))?;
    let (currency, line) = read_price_data(price_data)?;
    let quantity = quantity.ok_or_else(|| ApiError::parameter_missing(&quantity_name))?;
    if !(1..=MAXIMUM_QUANTITY).contains(&quantity) {
        return Err(ApiError::invalid(format!(
            "This value must be between 1 and {MAXIMUM_QUANTITY}."
        ))
        .code("parameter_invalid_integer")
        .param(quantity_name));
    }
    Ok((currency, LineItem { quantity, ..line }))
}

fn read_price_data(mut data: Fields) -> Result<(Currency, LineItem), ApiError> {
    let (currency_name, amount_name) = (data.name_of("currency"), data.name_of("unit_amount"));
    let product_name = data.name_of("product_data");
    let currency = data.text("currency")?;
    let unit_amount = data.integer("unit_amount")?;
    let product = data.fields("product_data")?;
    data.finish()?;
    let currency = currency.ok_or_else(|| ApiError::parameter_missing(&currency_name))?;
    let currency = Currency::parse(&currency).ok_or_else(|| {
        let shown: String = currency.chars().take(10).collect();
        ApiError::invalid(format!("Invalid currency: {shown}")).param(&currency_name)
    })?;
    let unit_amount = unit_amount.ok_or_else(|| ApiError::parameter_missing(&amount_name))?;
    if unit_amount < 0 {
        return Err(
            ApiError::invalid("This value must be greater than or equal to 0.")
                .code("parameter_invalid_integer")
                .param(amount_name),
        );
    }
    if unit_amount > MAXIMUM_AMOUNT {
        return Err(
            ApiError::invalid(format!("Amounts can be at most {MAXIMUM_AMOUNT}."))
                .code("amount_too_large")
                .param(amount_name),
        );
    }
    if unit_amount % currency.granularity() != 0 {
        return Err(ApiError::invalid(format!(
            "Amounts in {} must be a multiple of {}.",
            currency.code(),
            currency.granularity()
        ))
        .code("parameter_invalid_integer")
        .param(amount_name));
    }
    let mut product = product.ok_or_else(|| ApiError::parameter_missing(&product_name))?;
    let name_name = product.name_of("name");
    let name = product.short_text("name", 5000)?;
    let description = product.short_text("description", 5000)?;
    let images = product.texts("images")?;
    let images_name = product.name_of("images");
    let metadata = product.metadata("metadata")?;
    product.finish()?;
    let name = name.ok_or_else(|| ApiError::parameter_missing(&name_name))?;
    if images.len() > 8 {
        return Err(ApiError::invalid("A product can have at most 8 images.").param(images_name));
    }
    for image in &images {
        require_url(image, &images_name)?;
    }
    let line = LineItem {
        key: ids::random(24),
        name,
        description,
        images,
        metadata,
        unit_amount,
        quantity: 1,
    };
    Ok((currency, line))
}

fn check_total(lines: &[LineItem], currency: Currency) -> Result<(), ApiError> {
    let total = lines.iter().try_fold(0_i64, |sum, line| {
        sum.checked_add(line.unit_amount.checked_mul(line.quantity)?)
    });
    let total = total
        .filter(|total| *total <= MAXIMUM_AMOUNT)
        .ok_or_else(|| {
            ApiError::invalid(format!(
                "The total can be at most {}.",
                currency.display(MAXIMUM_AMOUNT)
            ))
            .code("amount_too_large")
        })?;
    if total > 0 && total < currency.minimum_total() {
        return Err(ApiError::invalid(format!(
            "The Checkout Session's total amount due must add up to at least {}.",
            currency.display(currency.minimum_total())
        ))
        .code("amount_too_small"));
    }
    Ok(())
}

fn check_expiry(expires_at: Option<i64>, now: i64) -> Result<i64, ApiError> {
    let Some(expires_at) = expires_at else {
        return Ok(now + DAY);
    };
    if expires_at < now + HALF_HOUR {
        return Err(ApiError::invalid(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
        )
        .param("expires_at"));
    }
    if expires_at > now + DAY {
        return Err(ApiError::invalid(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        )
        .param("expires_at"));
    }
    Ok(expires_at)
}

/// An absolute http or https address.
pub(crate) fn require_url(text: &str, param: &str) -> Result<(), ApiError> {
    match Url::parse(text) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Ok(()),
        _ => Err(ApiError::invalid("Not a valid URL")
            .code("url_invalid")
            .param(param)),
    }
}

/// Enough of a mail address to be one; the mailbox decides the rest.
pub(crate) fn is_email(text: &str) -> bool {
    let Some((local, domain)) = text.rsplit_once('@') else {
        return false;
    };
    let plain = !text.chars().any(|c| c.is_whitespace() || c.is_control()) && text.len() <= 254;
    let dotted = domain.contains('.') && !domain.starts_with('.') && !domain.ends_with('.');
    plain && dotted && !local.is_empty() && !local.contains('@')
}
