//! Looks for what keeps a shop from taking payments, before a shopper finds it: the key, the account,
//! a session as a shopper would begin one, the webhook endpoint, the clock, the mail server.
//!
//! Nothing is charged and nothing is left behind: the session is ended at once.

use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::Serialize;

use crate::catalog::{self, CatalogError};
use crate::checkout::expiry;
use crate::entity::product;
use crate::inbox::TYPES;
use crate::mail::Reached;
use crate::money::{Currency, MinorUnit};
use crate::notice::{self, Notice};
use crate::reconcile;
use crate::stripe::endpoint::WebhookEndpoint;
use crate::stripe::{
    API_VERSION, Account, Answered, CallError, SessionLine, SessionRequest, SessionStatus,
};
use crate::token::CheckoutId;
use crate::{Shop, clock};

/// What shoppers would read on Stripe's page, should anybody ever see it.
const LINE: &str = "A test by till doctor";
/// Without a product, this much is tried, in minor units.
const USUAL_AMOUNT: i64 = 1_000;

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// The shop works, but the owner should know.
    Warning,
    /// Payments or orders are lost or late until it is put right.
    Fault,
}

/// What one check has found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// What was looked at: `key`, `account`, `payment`, `webhook`, `clock` or `mail`.
    pub check: &'static str,
    /// How it ended.
    pub verdict: Verdict,
    /// What it is, and what to do about it.
    pub words: String,
}

/// Why nothing could be looked at.
#[derive(Debug, thiserror::Error)]
pub enum DoctorError {
    /// The database does not answer.
    #[error("the database failed")]
    Database(#[from] DbErr),
    /// The products cannot be read.
    #[error(transparent)]
    Catalog(#[from] CatalogError),
    /// The system gives no random numbers.
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

/// Looks at everything, one thing after the other.
///
/// # Errors
/// [`DoctorError`]. What Stripe or the mail server say is a finding, never an error.
pub async fn examine(shop: &Shop) -> Result<Vec<Finding>, DoctorError> {
    let mut findings = Findings::default();
    match shop.stripe.account().await {
        Ok(account) => {
            key(shop, &account, &mut findings);
            payment(shop, Some(&account), &mut findings).await?;
            webhook(shop, &mut findings).await?;
        }
        Err(CallError::Refused(answered)) if answered.status == 403 => {
            findings.add(
                "key",
                Verdict::Ok,
                "Stripe takes the key. It is restricted and may not read the account, which is \
                 not looked at.",
            );
            payment(shop, None, &mut findings).await?;
            webhook(shop, &mut findings).await?;
        }
        Err(error) => findings.add("key", Verdict::Fault, no_account(&error)),
    }
    clock_of(shop, &mut findings);
    mail(shop, &mut findings).await;
    Ok(findings.0)
}

fn no_account(error: &CallError) -> String {
    let explained = error.explained();
    match error {
        CallError::Refused(answered) if answered.status == 401 => format!(
            "Stripe does not take STRIPE_SECRET_KEY: {explained}. Copy it again from Stripe's \
             dashboard, Developers, API keys."
        ),
        CallError::Silent(_) => format!(
            "Stripe cannot be reached: {explained}. Look at the network, the firewall and DNS of \
             this server."
        ),
        _ => format!("Stripe does not answer as it should: {explained}."),
    }
}

fn key(shop: &Shop, account: &Account, findings: &mut Findings) {
    let Account {
        id,
        country,
        default_currency,
        ..
    } = account;
    let mode = if shop.settings.livemode {
        "a live key"
    } else {
        "a test key: no real payment is taken"
    };
    let place = country.as_deref().unwrap_or("no country");
    let currency = default_currency.as_deref().unwrap_or("no currency");
    findings.add(
        "key",
        Verdict::Ok,
        format!("Stripe takes the key of the account {id} ({place}, {currency}); it is {mode}."),
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
                "the account may not take payments yet{reason}.{missing} Finish its activation in \
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
            format!("the account may not take cards: Stripe calls that {cards}.{missing}"),
        );
    } else if account.payouts_enabled == Some(false) {
        findings.add(
            "account",
            Verdict::Warning,
            format!(
                "the account takes payments, but its money reaches no bank account \
                 yet{reason}.{missing}"
            ),
        );
    } else if missing.is_empty() {
        findings.add("account", Verdict::Ok, "the account may take payments.");
    } else {
        findings.add(
            "account",
            Verdict::Warning,
            format!("the account may take payments.{missing}"),
        );
    }
}

/// Begins a session in each currency that is sold in, as a shopper would, and ends it at once.
async fn payment(
    shop: &Shop,
    account: Option<&Account>,
    findings: &mut Findings,
) -> Result<(), DoctorError> {
    let mut currencies = catalog::currencies(&shop.database).await?;
    if currencies.is_empty() {
        findings.add(
            "payment",
            Verdict::Warning,
            "no product is sold yet: load some by till import.",
        );
        let own = account.and_then(|account| account.default_currency.as_deref());
        currencies.extend(own.and_then(|code| code.parse::<Currency>().ok()));
    }
    let mut works = !currencies.is_empty();
    for currency in currencies {
        works &= payment_in(shop, currency, findings).await?;
    }
    if works {
        // What a shopper has met before is over.
        notice::settle(&shop.database, Notice::PaymentsRefused).await?;
    }
    Ok(())
}

/// Says whether a payment could be begun.
async fn payment_in(
    shop: &Shop,
    currency: Currency,
    findings: &mut Findings,
) -> Result<bool, DoctorError> {
    let line = cheapest(shop, currency).await?;
    let quantity = i64::try_from(line.quantity).unwrap_or(i64::MAX);
    let total = MinorUnit(line.unit_amount.0.saturating_mul(quantity)).of(currency);
    let now = clock::now();
    let page = format!("{}/", shop.settings.public_url);
    let request = SessionRequest {
        checkout_id: CheckoutId::made_at(now)?.into(),
        currency,
        lines: vec![line],
        options: shop.settings.options.clone(),
        success_url: page.clone(),
        cancel_url: page,
        expires_at: expiry(shop, now).unix_timestamp(),
        // No payment of the shop's: nobody is to look for its order.
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
                    error.explained(),
                    error.owners_refusal().map_or(
                        "Try again in a while; Stripe's state is at https://status.stripe.com.",
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
                "a payment of {total} can begin: {} was made and ended.",
                session.id
            ),
        ),
        ended => {
            let reason = match ended {
                Ok(status) => format!("{status:?}"),
                Err(error) => error.explained(),
            };
            findings.add(
                "payment",
                Verdict::Warning,
                format!(
                    "a payment of {total} can begin, but its session {} could not be ended: \
                     {reason}. Nobody has its address, and it ends in half an hour.",
                    session.id
                ),
            );
        }
    }
    Ok(true)
}

/// One line of the cheapest product in a currency, as many units as Stripe takes payments from.
async fn cheapest(shop: &Shop, currency: Currency) -> Result<SessionLine, DoctorError> {
    let product = product::Entity::find()
        .filter(product::Column::Active.eq(true))
        .filter(product::Column::Currency.eq(currency.code()))
        .filter(product::Column::Price.gt(0))
        .order_by_asc(product::Column::Price)
        .one(shop.database.reader())
        .await?;
    let minimum = currency.minimum().0;
    let usual = USUAL_AMOUNT.max(minimum);
    let price = product.map_or(usual - usual % currency.step(), |product| product.price);
    let quantity = (minimum + price - 1) / price;
    Ok(SessionLine {
        name: LINE.to_owned(),
        unit_amount: MinorUnit(price),
        quantity: u64::try_from(quantity).unwrap_or(1).max(1),
    })
}

/// What an owner can do about a refusal.
fn hint(refusal: &Answered) -> &'static str {
    let param = refusal.param.as_deref().unwrap_or_default();
    let message = refusal.message.as_deref().unwrap_or_default();
    if matches!(refusal.status, 401 | 403) {
        "Allow the key to write Checkout Sessions: Stripe's dashboard, Developers, API keys."
    } else if refusal.code.as_deref() == Some("amount_too_small") {
        "So small an order cannot be paid: raise the price, or the account settles in a currency \
         in which it is worth too little."
    } else if param == "expires_at" {
        "This server's clock is wrong: set it, and keep it right by NTP."
    } else if param.starts_with("automatic_tax") || message.contains("head office") {
        "Set the address of the business in Stripe's dashboard, Settings, Tax, or unset \
         AUTOMATIC_TAX."
    } else if param.starts_with("consent_collection") || message.contains("terms of service") {
        "Set the address of your terms in Stripe's dashboard, Settings, Public details, or unset \
         TERMS_OF_SERVICE."
    } else {
        "Do what the sentence says in Stripe's dashboard, then run till doctor again."
    }
}

async fn webhook(shop: &Shop, findings: &mut Findings) -> Result<(), DoctorError> {
    const CHECK: &str = "webhook";
    let address = format!("{}/webhooks/stripe", shop.settings.public_url);
    match shop.stripe.webhook_endpoints().await {
        Ok(endpoints) => match endpoints.iter().find(|one| is_at(one, &address)) {
            Some(endpoint) => of_endpoint(endpoint, &address, findings),
            None => no_endpoint(shop, &address, &endpoints, findings).await,
        },
        Err(CallError::Refused(answered)) if answered.status == 403 => findings.add(
            CHECK,
            Verdict::Warning,
            "the key may not list webhook endpoints, so none was looked at. Allow it to read them \
             for this check.",
        ),
        Err(error) => findings.add(
            CHECK,
            Verdict::Warning,
            format!(
                "the webhook endpoints cannot be listed: {}.",
                error.explained()
            ),
        ),
    }
    if let Some(silence) = reconcile::silence(&shop.database).await? {
        findings.add(
            CHECK,
            Verdict::Fault,
            format!(
                "payments had to be read from Stripe, because no webhook has arrived since {}. \
                 Look at the endpoint's deliveries in Stripe's dashboard, and whether \
                 STRIPE_WEBHOOK_SECRET is its signing secret.",
                clock::written(silence.since)
            ),
        );
    }
    for (notice, seen) in notice::current(shop.database.reader()).await? {
        if notice == Notice::UnusableEvents {
            findings.add(CHECK, Verdict::Fault, format!("{}.", notice.warning(&seen)));
        }
    }
    Ok(())
}

/// Whether an endpoint is at this address, which is also answered with a slash at its end.
fn is_at(endpoint: &WebhookEndpoint, address: &str) -> bool {
    endpoint.url.trim_end_matches('/') == address
}

fn of_endpoint(endpoint: &WebhookEndpoint, address: &str, findings: &mut Findings) {
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
    let needed = TYPES.into_iter().filter(|kind| !is_of_old_versions(kind));
    let missing: Vec<&str> = needed.filter(|kind| !endpoint.takes(kind)).collect();
    if !missing.is_empty() {
        findings.add(
            CHECK,
            Verdict::Fault,
            format!(
                "the endpoint {id} for {address} does not get these events, add them in Stripe's \
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
                 API. Till is made for {API_VERSION}, and understands others as far as they agree."
            ),
        ),
        None => findings.add(
            CHECK,
            Verdict::Ok,
            format!("the endpoint {id} for {address} is enabled, with every event that is needed."),
        ),
    }
}

/// The name that versions before 2024-10-28 have for `refund.updated`.
fn is_of_old_versions(kind: &str) -> bool {
    kind == "charge.refund.updated"
}

async fn no_endpoint(
    shop: &Shop,
    address: &str,
    others: &[WebhookEndpoint],
    findings: &mut Findings,
) {
    const CHECK: &str = "webhook";
    // The older list does not show those for thin events.
    let all = shop.stripe.event_destinations().await.unwrap_or_default();
    if let Some(thin) = all.iter().find(|one| one.thin && is_at(one, address)) {
        findings.add(
            CHECK,
            Verdict::Fault,
            format!(
                "the endpoint {} for {address} is one for thin events, which only name what has \
                 happened. Make one with the payload style \"snapshot\" in its place.",
                thin.id
            ),
        );
        return;
    }
    if let Some(found) = all.iter().find(|one| is_at(one, address)) {
        of_endpoint(found, address, findings);
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
                 stripe listen --forward-to {address} beside the shop."
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
            "no endpoint is registered for {address} (PUBLIC_URL): make one in Stripe's \
             dashboard, Developers, Webhooks. {known}"
        ),
    );
}

fn clock_of(shop: &Shop, findings: &mut Findings) {
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
            "Stripe has not answered, so the clock was compared with nothing.",
        ),
    }
}

async fn mail(shop: &Shop, findings: &mut Findings) {
    match shop.mailer.check().await {
        Ok(Reached::Server) => findings.add(
            "mail",
            Verdict::Ok,
            "the mail server takes mails from this server. No mail was sent.",
        ),
        Ok(Reached::Folder(folder)) if shop.settings.livemode => findings.add(
            "mail",
            Verdict::Fault,
            format!("SMTP_URL is not set: mails are files in {folder}, and reach nobody."),
        ),
        Ok(Reached::Folder(folder)) => findings.add(
            "mail",
            Verdict::Warning,
            format!("mails are files in {folder}, and reach nobody. Set SMTP_URL before selling."),
        ),
        Err(reason) => findings.add(
            "mail",
            Verdict::Fault,
            format!("no mail can be sent: {reason}. Look at SMTP_URL."),
        ),
    }
}
