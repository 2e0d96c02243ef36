//! Finds what would keep the shop from taking payments before a shopper does: checks the key, the
//! account, a session as a shopper would start one, the webhook endpoint, the clock and the mail
//! server.
//!
//! Nothing is charged and nothing is left behind: the session is expired immediately.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::catalog::{self, CatalogError};
use crate::checkout::expiry;
use crate::checkout::options::Parcel;
use crate::entity::variant;
use crate::face::SHOP_LOGO;
use crate::inbox::TYPES;
use crate::live::in_one_line;
use crate::mail::CheckOutcome;
use crate::notice::{self, Notice};
use crate::outbox::TaskState;
use crate::outbox::queue;
use crate::policy::{self, PolicySlug};
use crate::profile::SHOP_TIME_ZONE;
use crate::reconcile;
use crate::stored_settings;
use crate::stripe::endpoint::WebhookEndpoint;
use crate::stripe::{
    API_VERSION, Account, CallError, ErrorResponse, SessionLine, SessionRequest, SessionStatus,
};
use crate::{Shop, clock};
use till_core::money::{Currency, MinorUnit};

mod troubles;

pub use troubles::{Trouble, troubles};

/// The name of the line item on Stripe's page, which no one should ever see.
const TEST_LINE_NAME: &str = "A test by till doctor";
/// The most tasks that are named one by one.
const MAX_NAMED_TASKS: u64 = 10;
/// The amount to try if there is no product, in minor units.
const DEFAULT_AMOUNT: i64 = 1_000;

/// The result of a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Everything is fine.
    Ok,
    /// The shop works, but the owner should know.
    Warning,
    /// Payments or orders are lost or late until it is fixed.
    Fault,
}

/// One finding of a check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was checked: `key`, `account`, `payment`, `webhook`, `clock`, `mail`, `times`,
    /// `logo`, `prices`, `policies` or `tasks`.
    pub check: &'static str,
    /// The result.
    pub verdict: Verdict,
    /// What was found, and how to fix it.
    pub words: String,
}

/// Why the checks could not run.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The database failed.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// The products cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The system provides no random numbers.
    #[error("no randomness")]
    Randomness(#[from] getrandom::Error),
}

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, check: &'static str, verdict: Verdict, words: impl Into<String>) {
        let words = words.into();
        self.0.push(Finding {
            check,
            verdict,
            words,
        });
    }
}

/// Runs all checks, one after the other.
///
/// # Errors
/// [`DoctorError`]. Errors of Stripe or the mail server are findings.
pub async fn examine(shop: &Shop) -> Result<Vec<Finding>, DoctorError> {
    let mut findings = Findings::default();
    match shop.stripe.account().await {
        Ok(account) => {
            check_key(shop, &account, &mut findings);
            check_payments(shop, Some(&account), &mut findings).await?;
            check_webhook(shop, &mut findings).await?;
        }
        Err(CallError::Refused(response)) if response.status == 403 => {
            findings.add(
                "key",
                Verdict::Ok,
                "Stripe accepts the key. It is restricted and may not read the account, which is \
                 not checked.",
            );
            check_payments(shop, None, &mut findings).await?;
            check_webhook(shop, &mut findings).await?;
        }
        Err(error) => findings.add("key", Verdict::Fault, account_error(&error)),
    }
    check_clock(shop, &mut findings);
    check_mail(shop, &mut findings).await;
    check_time_zone(shop, &mut findings).await?;
    check_logo(shop, &mut findings).await?;
    check_policies(shop, &mut findings);
    check_placeholders(shop, &mut findings).await?;
    check_tasks(shop, &mut findings).await?;
    Ok(findings.0)
}

/// Finds outbox tasks that were given up: emails, refunds and others that nobody gets any more.
async fn check_tasks(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    let limit = MAX_NAMED_TASKS + 1;
    let dead = queue::list(&shop.database, &[TaskState::Dead], limit).await?;
    let named = usize::try_from(MAX_NAMED_TASKS).unwrap_or(usize::MAX);
    for task in dead.iter().take(named) {
        let error = task.error.as_deref().unwrap_or("no reason is known");
        let words = format!(
            "task {} ({}) was given up: {error}. Remove the cause, then run till outbox retry {}.",
            task.id, task.key, task.id
        );
        findings.add("tasks", Verdict::Fault, words);
    }
    if dead.len() > named {
        let words = "more tasks were given up: till outbox list --state dead lists them, and till \
                     outbox retry --dead runs all of them again.";
        findings.add("tasks", Verdict::Fault, words);
    }
    Ok(())
}

/// Says that times are in UTC, which only its pages and emails would show, if the owner has not
/// chosen a time zone.
async fn check_time_zone(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    let is_variable = shop.live.base().variables.contains(SHOP_TIME_ZONE);
    let stored = stored_settings::load(shop.database.reader()).await?;
    if !is_variable && !stored.contains_key(SHOP_TIME_ZONE) {
        let words = format!(
            "dates, times and the days of sales are in UTC: set {SHOP_TIME_ZONE} to your time \
             zone, such as Europe/Berlin."
        );
        findings.add("times", Verdict::Ok, words);
    }
    Ok(())
}

/// Finds a logo that browsers cannot load.
async fn check_logo(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    if let Some(problem) = missing_logo(shop).await? {
        findings.add("logo", Verdict::Warning, format!("{problem}."));
    }
    Ok(())
}

/// Says that the picture of the shop's logo is not stored. `None` if it is, or there is no logo.
///
/// # Errors
/// If the database fails.
pub async fn missing_logo(shop: &Shop) -> Result<Option<String>, DbErr> {
    let profile = shop.profile();
    let Some(logo) = &profile.face.logo else {
        return Ok(None);
    };
    let stored = logo.is_stored(shop.database.reader()).await?;
    Ok((!stored).then(|| {
        format!(
            "{SHOP_LOGO} names a picture that is not stored ({logo}), so pages show no logo: unset \
             it, then run till pictures logo FILE"
        )
    }))
}

/// Finds what the rules of the European Union want, where they apply.
fn check_policies(shop: &Shop, findings: &mut Findings) {
    let current = shop.live.current();
    if !current.profile.law.eu_rules_apply() {
        return;
    }
    let automatic_tax = current.settings.checkout.options.automatic_tax;
    if current.profile.price_tax.said(automatic_tax).is_none() {
        let words = "prices do not say whether they include VAT: set PRICE_TAX.";
        findings.add("prices", Verdict::Warning, words);
    }
    let missing = current.missing();
    if missing.is_empty() {
        findings.add("policies", Verdict::Ok, "all policies are there.");
    } else {
        let words = format!(
            "missing: {}. Write the policies and load them with till pages import; the notice is a \
             file in {}.",
            in_one_line(&missing),
            shop.live.notices_folder().display()
        );
        findings.add("policies", Verdict::Warning, words);
    }
}

/// Finds policies that are still those of the demo shop.
async fn check_placeholders(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    let examples = policy::with_placeholders(shop.database.reader()).await?;
    if !examples.is_empty() {
        let name = |(slug, language): &(PolicySlug, String)| format!("{slug} ({language})");
        let examples: Vec<String> = examples.iter().map(name).collect();
        let words = format!(
            "text of the demo shop is still in: {}. Replace it with your own before you sell \
             anything: till pages edit, or till pages import.",
            examples.join(", ")
        );
        findings.add("policies", Verdict::Warning, words);
    }
    Ok(())
}

fn account_error(error: &CallError) -> String {
    let reason = error.explain();
    match error {
        CallError::Refused(response) if response.status == 401 => format!(
            "Stripe rejects STRIPE_SECRET_KEY: {reason}. Copy it again from Stripe's \
             dashboard, Developers, API keys."
        ),
        CallError::NoResponse(_) => format!(
            "Stripe cannot be reached: {reason}. Check the network, the firewall and the DNS \
             of this server."
        ),
        _ => format!("Stripe returned an unexpected response: {reason}."),
    }
}

fn check_key(shop: &Shop, account: &Account, findings: &mut Findings) {
    let Account {
        id,
        country,
        default_currency,
        ..
    } = account;
    let mode = if shop.settings.livemode {
        "a live key"
    } else {
        "a test key: no real payments are taken"
    };
    let place = country.as_deref().unwrap_or("no country");
    let currency = default_currency.as_deref().unwrap_or("no currency");
    findings.add(
        "key",
        Verdict::Ok,
        format!("Stripe accepts the key of the account {id} ({place}, {currency}); it is {mode}."),
    );
    let missing = match account.currently_due.as_slice() {
        [] => String::new(),
        due => format!(" Stripe asks for: {}.", due.join(", ")),
    };
    let reason = account.disabled_reason.as_deref();
    let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
    if account.charges_enabled == Some(false) {
        findings.add(
            "account",
            Verdict::Fault,
            format!(
                "the account cannot take payments yet{reason}.{missing} Finish its activation in \
                 Stripe's dashboard."
            ),
        );
        return;
    }
    let cards = account.card_payments.as_deref().unwrap_or("active");
    if cards != "active" {
        findings.add(
            "account",
            Verdict::Warning,
            format!("the account cannot take card payments: their status is {cards}.{missing}"),
        );
    } else if account.payouts_enabled == Some(false) {
        findings.add(
            "account",
            Verdict::Warning,
            format!(
                "the account can take payments, but not pay them out to a bank account \
                 yet{reason}.{missing}"
            ),
        );
    } else if missing.is_empty() {
        findings.add("account", Verdict::Ok, "the account can take payments.");
    } else {
        findings.add(
            "account",
            Verdict::Warning,
            format!("the account can take payments.{missing}"),
        );
    }
}

/// Starts a session in each currency of the catalog, as a shopper would, and expires it
/// immediately.
async fn check_payments(
    shop: &Shop,
    account: Option<&Account>,
    findings: &mut Findings,
) -> Result<(), DoctorError> {
    let mut currencies = catalog::currencies(&shop.database).await?;
    if currencies.is_empty() {
        findings.add(
            "payment",
            Verdict::Warning,
            "no products are on sale yet: load some with till import.",
        );
        let own = account.and_then(|account| account.default_currency.as_deref());
        currencies.extend(own.and_then(|code| code.parse::<Currency>().ok()));
    }
    let mut works = !currencies.is_empty();
    for currency in currencies {
        works &= check_payment_in(shop, currency, findings).await?;
    }
    if works {
        // The problem that shoppers had before is fixed.
        notice::clear_warning(&shop.database, Notice::PaymentsRefused).await?;
    }
    Ok(())
}

/// Returns whether a payment could be started.
async fn check_payment_in(
    shop: &Shop,
    currency: Currency,
    findings: &mut Findings,
) -> Result<bool, DoctorError> {
    let line = cheapest_line(shop, currency).await?;
    let quantity = i64::try_from(line.quantity).unwrap_or(i64::MAX);
    let subtotal = MinorUnit(line.unit_amount.0.saturating_mul(quantity));
    let total = subtotal.of(currency);
    let settings = shop.owner_settings();
    let now = clock::now();
    let page = format!("{}/", shop.settings.public_url);
    let request = SessionRequest {
        checkout_id: crate::new_token::checkout_id(now)?.into(),
        currency,
        lines: vec![line],
        options: settings
            .checkout
            .options
            .for_parcel(Parcel { subtotal, grams: 0 }),
        language: locale::Language::default(),
        success_url: page.clone(),
        cancel_url: page,
        expires_at: expiry(shop, now).unix_timestamp(),
        // Not a payment of the shop: the reconciler must not look for its order.
        shop: None,
    };
    let session = match shop.stripe.create_session(&request).await {
        Ok(session) => session,
        Err(error) => {
            findings.add(
                "payment",
                Verdict::Fault,
                format!(
                    "a payment of {total} cannot begin: {}. {}",
                    error.explain(),
                    error.fixable_by_owner().map_or(
                        "Try again later; Stripe's status is at https://status.stripe.com.",
                        hint
                    )
                ),
            );
            return Ok(false);
        }
    };
    match shop.stripe.expire_session(&session.id).await {
        Ok(SessionStatus::Expired) => findings.add(
            "payment",
            Verdict::Ok,
            format!(
                "a payment of {total} can begin: {} was created and expired.",
                session.id
            ),
        ),
        ended => {
            let reason = match ended {
                Ok(status) => format!("{status:?}"),
                Err(error) => error.explain(),
            };
            findings.add(
                "payment",
                Verdict::Warning,
                format!(
                    "a payment of {total} can begin, but its session {} could not be \
                     expired: {reason}. No one has its URL, and it expires in half an hour.",
                    session.id
                ),
            );
        }
    }
    Ok(true)
}

/// A line with the cheapest variant in a currency, and enough units for Stripe's minimum amount.
async fn cheapest_line(shop: &Shop, currency: Currency) -> Result<SessionLine, DoctorError> {
    let variant = variant::Entity::find()
        .filter(variant::Column::Active.eq(true))
        .filter(variant::Column::Currency.eq(currency.code()))
        .filter(variant::Column::Price.gt(0))
        .order_by_asc(variant::Column::Price)
        .one(shop.database.reader())
        .await?;
    let minimum = currency.minimum().0;
    let usual = DEFAULT_AMOUNT.max(minimum);
    let price = variant.map_or(usual - usual % currency.step(), |variant| variant.price);
    let quantity = (minimum + price - 1) / price;
    Ok(SessionLine {
        name: TEST_LINE_NAME.to_owned(),
        sku: None,
        tax_code: None,
        picture: None,
        unit_amount: MinorUnit(price),
        quantity: u64::try_from(quantity).unwrap_or(1).max(1),
    })
}

/// What the owner can do about a refusal.
fn hint(refusal: &ErrorResponse) -> &'static str {
    let param = refusal.param.as_deref().unwrap_or_default();
    let message = refusal.message.as_deref().unwrap_or_default();
    if matches!(refusal.status, 401 | 403) {
        "Allow the key to write Checkout Sessions: Stripe's dashboard, Developers, API keys."
    } else if refusal.code.as_deref() == Some("amount_too_small") {
        "The amount is too small: raise the price. It may be worth less than Stripe's minimum in \
         the currency that the account settles in."
    } else if param == "expires_at" {
        "This server's clock is wrong: set it, and keep it synchronized with NTP."
    } else if param.starts_with("automatic_tax") || message.contains("head office") {
        "Set the address of the business in Stripe's dashboard, Settings, Tax, or unset \
         AUTOMATIC_TAX."
    } else if param.starts_with("consent_collection") || message.contains("terms of service") {
        "Set the address of your terms in Stripe's dashboard, Settings, Public details, or unset \
         TERMS_OF_SERVICE."
    } else {
        "Do what the message says in Stripe's dashboard, then run till doctor again."
    }
}

async fn check_webhook(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    const CHECK: &str = "webhook";
    let address = format!("{}/webhooks/stripe", shop.settings.public_url);
    match shop.stripe.webhook_endpoints().await {
        Ok(endpoints) => match endpoints.iter().find(|one| is_at(one, &address)) {
            Some(endpoint) => check_endpoint(endpoint, &address, findings),
            None => report_missing_endpoint(shop, &address, &endpoints, findings).await,
        },
        Err(CallError::Refused(response)) if response.status == 403 => findings.add(
            CHECK,
            Verdict::Warning,
            "the key may not list webhook endpoints, so they were not checked. Allow it to read \
             them for this check.",
        ),
        Err(error) => findings.add(
            CHECK,
            Verdict::Warning,
            format!(
                "the webhook endpoints could not be listed: {}.",
                error.explain()
            ),
        ),
    }
    check_silence(shop, findings).await?;
    for (notice, seen) in notice::current(shop.database.reader()).await? {
        if notice == Notice::UnusableEvents {
            findings.add(CHECK, Verdict::Fault, format!("{}.", notice.warning(&seen)));
        }
    }
    Ok(())
}

/// Finds that no webhook arrives.
async fn check_silence(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    if let Some(silence) = reconcile::silence(&shop.database).await? {
        findings.add(
            "webhook",
            Verdict::Fault,
            format!(
                "payments had to be fetched from Stripe, because no webhook has arrived since {}. \
                 Check the endpoint's deliveries in Stripe's dashboard, and whether \
                 STRIPE_WEBHOOK_SECRET is its signing secret.",
                clock::rfc3339(silence.since)
            ),
        );
    }
    Ok(())
}

/// Whether an endpoint has this URL; a trailing slash works as well.
fn is_at(endpoint: &WebhookEndpoint, address: &str) -> bool {
    endpoint.url.trim_end_matches('/') == address
}

fn check_endpoint(endpoint: &WebhookEndpoint, address: &str, findings: &mut Findings) {
    const CHECK: &str = "webhook";
    let id = &endpoint.id;
    if !endpoint.enabled {
        findings.add(
            CHECK,
            Verdict::Fault,
            format!(
                "the endpoint {id} for {address} is disabled: enable it in Stripe's dashboard."
            ),
        );
        return;
    }
    let needed = TYPES.into_iter().filter(|kind| !is_legacy_name(kind));
    let missing: Vec<&str> = needed.filter(|kind| !endpoint.receives(kind)).collect();
    if !missing.is_empty() {
        findings.add(
            CHECK,
            Verdict::Fault,
            format!(
                "the endpoint {id} for {address} does not get these events; add them in Stripe's \
                 dashboard: {}.",
                missing.join(", ")
            ),
        );
        return;
    }
    let version = endpoint.api_version.as_deref();
    match version.filter(|version| *version != API_VERSION) {
        Some(version) => findings.add(
            CHECK,
            Verdict::Warning,
            format!(
                "the endpoint {id} for {address} is enabled, in version {version} of Stripe's \
                 API. Till is written for {API_VERSION} and may not understand other versions."
            ),
        ),
        None => findings.add(
            CHECK,
            Verdict::Ok,
            format!("the endpoint {id} for {address} is enabled, with every event that is needed."),
        ),
    }
}

/// Whether this is the name of `refund.updated` in API versions before 2024-10-28.
fn is_legacy_name(kind: &str) -> bool {
    kind == "charge.refund.updated"
}

async fn report_missing_endpoint(
    shop: &Shop,
    address: &str,
    others: &[WebhookEndpoint],
    findings: &mut Findings,
) {
    const CHECK: &str = "webhook";
    // The v1 list does not contain endpoints for thin events.
    let all = shop.stripe.event_destinations().await.unwrap_or_default();
    if let Some(thin) = all.iter().find(|one| one.thin && is_at(one, address)) {
        findings.add(
            CHECK,
            Verdict::Fault,
            format!(
                "the endpoint {} for {address} gets thin events, which do not contain the object. \
                 Replace it with one that has the payload style \"snapshot\".",
                thin.id
            ),
        );
        return;
    }
    if let Some(found) = all.iter().find(|one| is_at(one, address)) {
        check_endpoint(found, address, findings);
        return;
    }
    let local = url::Url::parse(address).is_ok_and(|url| match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    });
    if local && !shop.settings.livemode {
        findings.add(
            CHECK,
            Verdict::Warning,
            format!(
                "no endpoint is registered for {address}, which Stripe could not reach anyway. Run \
                 stripe listen --forward-to {address} alongside the shop."
            ),
        );
        return;
    }
    let others: Vec<&str> = others.iter().map(|one| one.url.as_str()).collect();
    let known = match others.as_slice() {
        [] => "The account has none at all.".to_owned(),
        others => format!("The account has: {}.", others.join(", ")),
    };
    findings.add(
        CHECK,
        Verdict::Fault,
        format!(
            "no endpoint is registered for {address} (PUBLIC_URL): create one in Stripe's \
             dashboard, Developers, Webhooks. {known}"
        ),
    );
}

fn check_clock(shop: &Shop, findings: &mut Findings) {
    match (shop.stripe.clock_offset(), shop.stripe.clock_warning()) {
        (_, Some(warning)) => findings.add("clock", Verdict::Fault, format!("{warning}.")),
        (Some(_), None) => findings.add(
            "clock",
            Verdict::Ok,
            "this server's clock agrees with Stripe's.",
        ),
        (None, None) => findings.add(
            "clock",
            Verdict::Warning,
            "Stripe did not respond, so the clock could not be checked.",
        ),
    }
}

async fn check_mail(shop: &Shop, findings: &mut Findings) {
    match shop.mailer.check().await {
        Ok(CheckOutcome::Server) => findings.add(
            "mail",
            Verdict::Ok,
            "the mail server accepts emails from this server. No email was sent.",
        ),
        Ok(CheckOutcome::Folder(folder)) if shop.settings.livemode => findings.add(
            "mail",
            Verdict::Fault,
            format!(
                "SMTP_URL is not set: emails are written to files in {folder}, and reach no one."
            ),
        ),
        Ok(CheckOutcome::Folder(folder)) => findings.add(
            "mail",
            Verdict::Warning,
            format!(
                "emails are written to files in {folder}, and reach no one. Set SMTP_URL before \
                 selling."
            ),
        ),
        Err(reason) => findings.add(
            "mail",
            Verdict::Fault,
            format!("no email can be sent: {reason}. Check SMTP_URL."),
        ),
    }
}
