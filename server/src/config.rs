//! The configuration, read from the environment in one place and checked before anything starts.
//!
//! `.env.example` describes each variable for the owner. An empty variable counts as unset. A
//! secret can be read from a file instead: `NAME_FILE` is its path.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use shop::LatePayment;
use shop::checkout::Options;
use shop::contact::Contact;
use shop::database::POSTGRES_WRITERS;
use shop::mail::MailSettings;
use shop::orders::OrderNumbers;
use shop::prune::PruneSettings;
use shop::secret::Secret;
use shop::time_zone::TimeZone;
use till_core::limits::Limits;
use url::{Host, Url};

mod checkout;
mod contact;
pub mod env_file;
mod limits;
mod mail;
mod orders;
mod prune;

use env_file::Environment;

/// The configuration of one server.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DATA_DIR`: the folder of database, sandbox state, emails and the owner's pictures.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: may hold a password.
    pub database_url: Secret,
    /// `POSTGRES_WRITERS`: the number of PostgreSQL connections that write.
    pub postgres_writers: NonZeroU32,
    /// `LEPTOS_SITE_ADDR`: the address that the server listens on.
    pub site_addr: SocketAddr,
    /// `LEPTOS_SITE_ROOT`: the folder of the demo's pictures, the style sheet and the WASM module.
    pub site_root: PathBuf,
    /// `PUBLIC_URL`: the origin under which shoppers reach the shop. `None`: `site_addr`.
    pub public_url: Option<String>,
    /// `SHOP_NAME`.
    pub shop_name: String,
    /// How payments are taken.
    pub payments: Payments,
    /// `HOLD_MINUTES`: how long a session can be paid and its stock is held.
    pub hold: Duration,
    /// `LATE_PAYMENT`: what happens to a payment that arrives after its stock was sold.
    pub late_payment: LatePayment,
    /// What Stripe's page asks shoppers for beside the payment.
    pub options: Options,
    /// Whether `SHIPPING_COUNTRIES` is set, even to `none`.
    pub shipping_decided: bool,
    /// `ORDER_PREFIX`: how orders are numbered.
    pub order_numbers: OrderNumbers,
    /// `SHOP_TIME_ZONE`: the time zone of pages, emails and tables.
    pub time_zone: TimeZone,
    /// `SHOP_ADDRESS`, `SHOP_EMAIL`, `SHOP_PHONE`, `SHOP_LINKS`: shown below every page and email.
    pub contact: Contact,
    /// `SMTP_URL`, `SMTP_CA_FILE`, `MAIL_FROM`, `MAIL_OWNER`, `MAIL_OWNER_ORDERS`: the mail server,
    /// the sender, and the owner's address for notifications.
    pub mail: MailSettings,
    /// `LIMIT_…`: the limits of one client, and of all together.
    pub limits: Limits,
    /// The limits of connections and requests.
    pub serving: Serving,
    /// `PRUNE_CHECKOUTS_DAYS`, `PRUNE_IGNORED_EVENTS_DAYS`, `PRUNE_FAILED_EVENTS_DAYS`,
    /// `PRUNE_PAYLOADS_DAYS`: how long data is kept that is no longer needed.
    pub prune: PruneSettings,
    /// Timeouts and retries of requests to Stripe.
    pub retry_policy: RetryPolicy,
    /// How often the server reconciles with Stripe.
    pub job_intervals: JobIntervals,
}

/// How payments are taken.
#[derive(Clone, Debug)]
pub enum Payments {
    /// Without a key: the sandbox runs inside the process, and no real payments are taken.
    Sandbox {
        /// `SANDBOX_ADDR`.
        addr: SocketAddr,
    },
    /// With Stripe, or a server with the same API.
    Stripe {
        /// `STRIPE_SECRET_KEY`.
        key: Secret,
        /// `STRIPE_WEBHOOK_SECRET`: at least one.
        webhook_secrets: Vec<Secret>,
        /// `STRIPE_API_BASE`.
        api_base: Option<String>,
        /// `STRIPE_CHECKOUT_ORIGIN`: the origin of Stripe's payment page under a custom domain.
        checkout_origin: Option<String>,
        /// Whether the key is a live key, which takes real payments.
        livemode: bool,
    },
}

/// Timeouts and retries of requests to Stripe. Short, because a shopper is waiting.
#[derive(Clone, Copy, Debug)]
pub struct RetryPolicy {
    /// For one attempt.
    pub attempt_timeout: Duration,
    /// Attempts in total.
    pub max_attempts: u32,
    /// The delay before the first retry.
    pub delay: Duration,
    /// For all calls to Stripe of one request of a shopper.
    pub total_timeout: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempt_timeout: Duration::from_secs(8),
            max_attempts: 3,
            delay: Duration::from_millis(250),
            total_timeout: Duration::from_secs(10),
        }
    }
}

/// The limits of connections and requests.
#[derive(Clone, Debug)]
pub struct Serving {
    /// `TRUSTED_PROXIES`: whose `X-Forwarded-For` is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// `MAX_CONNECTIONS`: open at the same time.
    pub max_connections: usize,
    /// `MAX_CONNECTIONS_PER_CLIENT`: open at the same time, of one client that is not a trusted
    /// proxy. `None`: unlimited.
    pub max_connections_per_client: Option<usize>,
    /// The timeouts of connections.
    pub timeouts: Timeouts,
}

impl Default for Serving {
    fn default() -> Self {
        let loopback = Ipv4Net::new_assert(Ipv4Addr::LOCALHOST, 8).trunc();
        Self {
            trusted_proxies: vec![loopback.into(), Ipv6Net::from(Ipv6Addr::LOCALHOST).into()],
            max_connections: 10_000,
            max_connections_per_client: Some(200),
            timeouts: Timeouts::default(),
        }
    }
}

/// The timeouts of connections. Only tests change the defaults.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// For a request's head to arrive; also how long an idle connection is kept.
    pub head: Duration,
    /// From the head until the request has arrived and its response begins.
    pub request: Duration,
    /// For each part of the response to become ready and be read by the client.
    pub stall: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            head: Duration::from_secs(20),
            request: Duration::from_secs(30),
            stall: Duration::from_secs(30),
        }
    }
}

/// How often the server reconciles with Stripe. Only tests change the defaults.
#[derive(Clone, Copy, Debug)]
pub struct JobIntervals {
    /// From the server's start to the first run.
    pub first_delay: Duration,
    /// From the end of one run to the start of the next.
    pub interval: Duration,
}

impl Default for JobIntervals {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(5),
            interval: Duration::from_secs(5 * 60),
        }
    }
}

/// A sentence that says what is wrong with the environment and how to fix it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

fn invalid(sentence: impl Into<String>) -> ConfigError {
    ConfigError(sentence.into())
}

/// A source of variables: the process' environment, or a list in a test.
pub trait Variables {
    /// Returns the value, if the variable is set.
    fn get(&self, name: &str) -> Option<String>;
}

impl<F: Fn(&str) -> Option<String>> Variables for F {
    fn get(&self, name: &str) -> Option<String> {
        self(name)
    }
}

impl Config {
    /// Reads the process' environment and the file `.env`.
    ///
    /// # Errors
    /// A sentence that says which variable is wrong and how to fix it.
    pub fn from_environment(environment: &Environment) -> Result<Self, ConfigError> {
        environment.warn_of_unknown_names();
        Self::read(environment)
    }

    /// Reads the variables.
    ///
    /// # Errors
    /// A sentence that says which variable is wrong and how to fix it.
    pub fn read(variables: &impl Variables) -> Result<Self, ConfigError> {
        let text = |name: &str| {
            variables
                .get(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let data_dir = PathBuf::from(text("DATA_DIR").unwrap_or_else(|| "data".to_owned()));
        let database_url = secret(variables, "DATABASE_URL")?.unwrap_or_else(|| {
            Secret::new(format!(
                "sqlite://{}/till.db?mode=rwc",
                percent_encode(&data_dir)
            ))
        });
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| database_url.expose().starts_with(scheme))
        {
            return Err(invalid(
                "DATABASE_URL must begin with sqlite: or postgres:.",
            ));
        }
        if Url::parse(database_url.expose()).is_err() {
            return Err(invalid(
                "DATABASE_URL is not a valid URL. Characters such as / or @ in its password must \
                 be percent-encoded.",
            ));
        }
        let site_addr = address(variables, "LEPTOS_SITE_ADDR", 3000)?;
        let public_url = text("PUBLIC_URL")
            .map(|value| origin("PUBLIC_URL", &value))
            .transpose()?;
        let payments = payments(variables, &text, site_addr, public_url.as_deref())?;
        let options = checkout::options(&text)?;
        if matches!(payments, Payments::Sandbox { .. })
            && let Some(method) = options
                .payment_methods
                .iter()
                .find(|method| !stripe_sandbox::PAYMENT_METHOD_TYPES.contains(&method.as_str()))
        {
            return Err(invalid(format!(
                "PAYMENT_METHODS names {}, but without STRIPE_SECRET_KEY the sandbox takes the \
                 payments, which supports only {}.",
                method.as_str(),
                stripe_sandbox::PAYMENT_METHOD_TYPES.join(" and ")
            )));
        }
        if public_url.is_none() && !site_addr.ip().is_loopback() {
            return Err(invalid(format!(
                "PUBLIC_URL is not set, and Stripe cannot send shoppers back to {site_addr}. Set \
                 it to the address under which shoppers reach the shop, such as \
                 https://shop.example."
            )));
        }
        check_public(&payments, public_url.as_deref(), site_addr)?;
        let mail = mail::settings(variables, &text, &data_dir)?;
        Ok(Self {
            data_dir,
            database_url,
            postgres_writers: postgres_writers(text("POSTGRES_WRITERS").as_deref())?,
            site_addr,
            site_root: PathBuf::from(
                text("LEPTOS_SITE_ROOT").unwrap_or_else(|| "target/site".to_owned()),
            ),
            public_url,
            shop_name: text("SHOP_NAME").unwrap_or_else(|| "Till".to_owned()),
            payments,
            hold: checkout::hold(&text)?,
            late_payment: late_payment(text("LATE_PAYMENT").as_deref())?,
            options,
            shipping_decided: checkout::shipping_is_decided(&text),
            order_numbers: orders::numbers(&text)?,
            time_zone: orders::time_zone(&text)?,
            contact: contact::contact(&text)?,
            mail,
            limits: limits::limits(&text)?,
            serving: limits::serving(&text)?,
            prune: prune::settings(&text)?,
            retry_policy: RetryPolicy::default(),
            job_intervals: JobIntervals::default(),
        })
    }
}

/// Reads an address with a port. The default is loopback with `port`.
fn address(variables: &impl Variables, name: &str, port: u16) -> Result<SocketAddr, ConfigError> {
    let value = variables.get(name).unwrap_or_default();
    let value = value.trim();
    if value.is_empty() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    value.parse().map_err(|_| {
        invalid(format!(
            "{name} must be an IP address and a port such as 127.0.0.1:{port}, not \"{value}\"."
        ))
    })
}

/// `SANDBOX_ADDR`: the address that the sandbox listens on.
///
/// # Errors
/// If it is not an address with a port.
pub fn sandbox_addr(variables: &impl Variables) -> Result<SocketAddr, ConfigError> {
    address(variables, "SANDBOX_ADDR", 12111)
}

/// With the readers, more would exceed the hundred connections that PostgreSQL allows by default.
const MAX_POSTGRES_WRITERS: u32 = 64;

fn postgres_writers(value: Option<&str>) -> Result<NonZeroU32, ConfigError> {
    let Some(typed) = value else {
        return Ok(POSTGRES_WRITERS);
    };
    typed
        .parse()
        .ok()
        .filter(|writers: &NonZeroU32| writers.get() <= MAX_POSTGRES_WRITERS)
        .ok_or_else(|| {
            invalid(format!(
                "POSTGRES_WRITERS must be a whole number from 1 to {MAX_POSTGRES_WRITERS}, not \
                 \"{typed}\"."
            ))
        })
}

fn late_payment(value: Option<&str>) -> Result<LatePayment, ConfigError> {
    match value {
        None | Some("refund") => Ok(LatePayment::Refund),
        Some("accept") => Ok(LatePayment::Accept),
        Some(other) => Err(invalid(format!(
            "LATE_PAYMENT must be refund or accept, not \"{other}\"."
        ))),
    }
}

fn payments(
    variables: &impl Variables,
    text: &impl Fn(&str) -> Option<String>,
    site_addr: SocketAddr,
    public_url: Option<&str>,
) -> Result<Payments, ConfigError> {
    let key = secret(variables, "STRIPE_SECRET_KEY")?;
    let webhook = secret(variables, "STRIPE_WEBHOOK_SECRET")?;
    let api_base = text("STRIPE_API_BASE");
    let checkout_origin = text("STRIPE_CHECKOUT_ORIGIN");
    let sandbox = text("SANDBOX_ADDR");
    let Some(key) = key else {
        if !site_addr.ip().is_loopback() {
            return Err(invalid(format!(
                "STRIPE_SECRET_KEY is not set, and without it the shop only listens on this \
                 machine. Set the key and STRIPE_WEBHOOK_SECRET, or set LEPTOS_SITE_ADDR to \
                 127.0.0.1:{}.",
                site_addr.port()
            )));
        }
        // The sandbox's secret is public: anyone could confirm payments.
        if let Some(url) = public_url.filter(|url| !is_loopback(url)) {
            return Err(invalid(format!(
                "PUBLIC_URL is {url}, but STRIPE_SECRET_KEY is not set: shoppers would pay at a \
                 sandbox that takes no money. Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or \
                 unset PUBLIC_URL to try the shop on this machine."
            )));
        }
        if webhook.is_some() || api_base.is_some() || checkout_origin.is_some() {
            return Err(invalid(
                "STRIPE_WEBHOOK_SECRET, STRIPE_API_BASE or STRIPE_CHECKOUT_ORIGIN is set, but \
                 STRIPE_SECRET_KEY is not. Set the key too, or unset all of them to use the \
                 sandbox.",
            ));
        }
        let addr = sandbox_addr(variables)?;
        if !addr.ip().is_loopback() {
            return Err(invalid(
                "SANDBOX_ADDR must be a loopback address such as 127.0.0.1:12111: the sandbox \
                 confirms payments that nobody made.",
            ));
        }
        return Ok(Payments::Sandbox { addr });
    };
    let livemode = match key.expose() {
        key if key.starts_with("sk_live_") || key.starts_with("rk_live_") => true,
        key if key.starts_with("sk_test_") || key.starts_with("rk_test_") => false,
        _ => {
            return Err(invalid(
                "STRIPE_SECRET_KEY must begin with sk_test_, sk_live_, rk_test_ or rk_live_.",
            ));
        }
    };
    let webhook_secrets: Vec<_> = webhook
        .iter()
        .flat_map(|secrets| secrets.expose().split(','))
        .map(str::trim)
        .filter(|secret| !secret.is_empty())
        .map(Secret::new)
        .collect();
    if webhook_secrets.is_empty() {
        return Err(invalid(
            "STRIPE_SECRET_KEY is set, but STRIPE_WEBHOOK_SECRET is not: no payment could ever be \
             confirmed. Set it to the signing secret (whsec_…) of the webhook endpoint.",
        ));
    }
    if webhook_secrets
        .iter()
        .any(|secret| !secret.expose().starts_with("whsec_"))
    {
        return Err(invalid(
            "STRIPE_WEBHOOK_SECRET must begin with whsec_: it is the signing secret that Stripe's \
             dashboard shows for the webhook endpoint. Separate several with commas.",
        ));
    }
    if livemode && sandbox.is_some() {
        return Err(invalid(
            "SANDBOX_ADDR is set, and STRIPE_SECRET_KEY takes real money. Unset one of them.",
        ));
    }
    let api_base = api_base.map(|base| base_address(&base)).transpose()?;
    if livemode
        && api_base
            .as_deref()
            .is_some_and(|base| base != "https://api.stripe.com")
    {
        return Err(invalid(
            "STRIPE_API_BASE is not Stripe's own address, and STRIPE_SECRET_KEY takes real money. \
             Unset one of them.",
        ));
    }
    let checkout_origin = checkout_origin
        .map(|value| origin("STRIPE_CHECKOUT_ORIGIN", &value))
        .transpose()?;
    if checkout_origin
        .as_ref()
        .is_some_and(|origin| !origin.starts_with("https://"))
    {
        return Err(invalid(
            "STRIPE_CHECKOUT_ORIGIN must begin with https://, as Stripe's payment page does.",
        ));
    }
    Ok(Payments::Stripe {
        key,
        webhook_secrets,
        api_base,
        checkout_origin,
        livemode,
    })
}

/// A folder's path as part of a URL: characters that would end it or begin an escape are encoded.
pub(crate) fn percent_encode(folder: &std::path::Path) -> String {
    let mut encoded = String::new();
    for character in folder.display().to_string().chars() {
        match character {
            '%' | '?' | '#' | ' ' => encoded.push_str(&format!("%{:02X}", u32::from(character))),
            _ => encoded.push(character),
        }
    }
    encoded
}

/// Reads a secret from its variable, or from the file that `NAME_FILE` names.
fn secret(variables: &impl Variables, name: &str) -> Result<Option<Secret>, ConfigError> {
    let set = |name: &str| {
        variables
            .get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let file_name = format!("{name}_FILE");
    match (set(name), set(&file_name)) {
        (Some(_), Some(_)) => Err(invalid(format!(
            "{name} and {file_name} are both set. Unset one of them."
        ))),
        (value, None) => Ok(value.map(Secret::new)),
        (None, Some(path)) => {
            let value = std::fs::read_to_string(&path).map_err(|error| {
                invalid(format!("{file_name}: could not read {path}: {error}."))
            })?;
            let value = value.trim();
            if value.is_empty() {
                return Err(invalid(format!("{file_name}: {path} is empty.")));
            }
            Ok(Some(Secret::new(value)))
        }
    }
}

/// Parses a URL that consists of scheme, host and port only.
fn origin(name: &str, value: &str) -> Result<String, ConfigError> {
    let bad = || {
        invalid(format!(
            "{name} must be an address such as https://shop.example, without a path, not \
             \"{value}\"."
        ))
    };
    let url = Url::parse(value).map_err(|_| bad())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.host_str().is_some()
        && url.path() == "/"
        && url.query().is_none()
        && url.fragment().is_none()
        && url.username().is_empty()
        && url.password().is_none();
    if plain {
        Ok(url.origin().ascii_serialization())
    } else {
        Err(bad())
    }
}

/// Rejects settings that are unsafe for a shop with a key: a public one with the sandbox's webhook
/// secret, or a live one without an https address.
fn check_public(
    payments: &Payments,
    public_url: Option<&str>,
    site_addr: SocketAddr,
) -> Result<(), ConfigError> {
    let Payments::Stripe {
        webhook_secrets,
        livemode,
        ..
    } = payments
    else {
        return Ok(());
    };
    let is_public =
        !site_addr.ip().is_loopback() || public_url.is_some_and(|url| !is_loopback(url));
    if is_public && webhook_secrets.contains(&Secret::new(stripe_sandbox::WEBHOOK_SECRET)) {
        return Err(invalid(
            "STRIPE_WEBHOOK_SECRET is that of the sandbox, which everybody knows, and this shop is \
             public. Set it to the signing secret (whsec_…) of your webhook endpoint.",
        ));
    }
    match public_url {
        _ if !livemode => Ok(()),
        Some(url) if url.starts_with("https://") => Ok(()),
        Some(_) => Err(invalid(
            "PUBLIC_URL must begin with https:// when STRIPE_SECRET_KEY takes real money.",
        )),
        None => Err(invalid(
            "PUBLIC_URL is not set, but STRIPE_SECRET_KEY takes real money: Stripe would send \
             shoppers back to this machine's own address. Set it to the address under which \
             shoppers reach the shop, such as https://shop.example.",
        )),
    }
}

/// Whether an origin is on this machine.
fn is_loopback(origin: &str) -> bool {
    let url = Url::parse(origin);
    match url.as_ref().ok().and_then(Url::host) {
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        // Reserved for this machine (RFC 6761).
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

/// Parses the address of an API, without a slash at its end.
fn base_address(value: &str) -> Result<String, ConfigError> {
    let url = Url::parse(value)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    let url = url.ok_or_else(|| {
        invalid(format!(
            "STRIPE_API_BASE must be a URL such as http://127.0.0.1:12111, not \"{value}\"."
        ))
    })?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn read(variables: &[(&str, &str)]) -> Result<Config, ConfigError> {
        let variables: Vec<_> = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        Config::read(&move |name: &str| {
            variables
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
        })
    }

    pub(crate) fn refusal(variables: &[(&str, &str)]) -> String {
        read(variables).unwrap_err().to_string()
    }

    #[test]
    fn late_payments_are_refunded_unless_the_owner_accepts_them() {
        let of = |value| read(&[("LATE_PAYMENT", value)]).unwrap().late_payment;
        assert_eq!(of(""), LatePayment::Refund);
        assert_eq!(of("refund"), LatePayment::Refund);
        assert_eq!(of("accept"), LatePayment::Accept);
        let said = refusal(&[("LATE_PAYMENT", "keep")]);
        assert_eq!(said, "LATE_PAYMENT must be refund or accept, not \"keep\".");
    }

    #[test]
    fn with_nothing_set_the_sandbox_takes_the_payments() {
        let config = read(&[]).unwrap();
        assert!(matches!(
            config.payments,
            Payments::Sandbox { addr } if addr.to_string() == "127.0.0.1:12111"
        ));
        assert_eq!(
            config.database_url.expose(),
            "sqlite://data/till.db?mode=rwc"
        );
        assert_eq!(config.site_addr.to_string(), "127.0.0.1:3000");
    }

    #[test]
    fn an_empty_variable_counts_as_unset() {
        let config = read(&[
            ("STRIPE_SECRET_KEY", ""),
            ("STRIPE_WEBHOOK_SECRET", " "),
            ("SHOP_NAME", ""),
            ("PUBLIC_URL", ""),
        ])
        .unwrap();
        assert!(matches!(config.payments, Payments::Sandbox { .. }));
        assert_eq!(config.shop_name, "Till");
    }

    #[test]
    fn the_number_of_postgres_writers_can_be_set() {
        let writers =
            |typed| read(&[("POSTGRES_WRITERS", typed)]).map(|config| config.postgres_writers);
        assert_eq!(writers("").unwrap(), POSTGRES_WRITERS);
        assert_eq!(writers("12").unwrap().get(), 12);
        for typed in ["0", "65", "-1", "many"] {
            let said = refusal(&[("POSTGRES_WRITERS", typed)]);
            let sentence =
                format!("POSTGRES_WRITERS must be a whole number from 1 to 64, not \"{typed}\".");
            assert_eq!(said, sentence);
        }
    }

    #[test]
    fn a_folder_with_unusual_characters_still_holds_the_database() {
        let config = read(&[("DATA_DIR", "my shop/50% #1?")]).unwrap();
        assert_eq!(
            config.database_url.expose(),
            "sqlite://my%20shop/50%25%20%231%3F/till.db?mode=rwc"
        );
    }

    #[test]
    fn an_invalid_database_url_is_refused_without_its_password() {
        let said = refusal(&[("DATABASE_URL", "postgres://u:hid/den@h/d")]);
        assert!(
            said.starts_with("DATABASE_URL is not a valid URL"),
            "{said}"
        );
        assert!(!said.contains("hid"), "{said}");
    }

    #[test]
    fn without_a_key_the_shop_listens_on_this_machine_only() {
        assert!(
            refusal(&[("LEPTOS_SITE_ADDR", "0.0.0.0:3000")])
                .starts_with("STRIPE_SECRET_KEY is not set")
        );
        assert!(
            refusal(&[("SANDBOX_ADDR", "0.0.0.0:12111")])
                .starts_with("SANDBOX_ADDR must be a loopback address")
        );
    }

    #[test]
    fn a_public_shop_cannot_use_the_sandbox() {
        for public in [
            "https://shop.example",
            "http://192.168.1.7:3000",
            "https://localhost.example",
            "http://[2001:db8::1]",
        ] {
            let said = refusal(&[("PUBLIC_URL", public)]);
            assert!(said.contains("STRIPE_SECRET_KEY is not set"), "{said}");
            assert!(said.contains("unset PUBLIC_URL"), "{said}");
        }
        for own in [
            "http://localhost:3000",
            "http://shop.localhost",
            "http://127.0.0.2:80",
            "http://[::1]:3000",
        ] {
            assert!(read(&[("PUBLIC_URL", own)]).is_ok(), "{own}");
        }
    }

    #[test]
    fn a_key_needs_a_webhook_secret_that_is_not_empty() {
        assert!(
            refusal(&[("STRIPE_SECRET_KEY", "sk_test_x")]).contains("STRIPE_WEBHOOK_SECRET is not")
        );
        assert!(
            refusal(&[
                ("STRIPE_SECRET_KEY", "sk_test_x"),
                ("STRIPE_WEBHOOK_SECRET", " , ,")
            ])
            .contains("STRIPE_WEBHOOK_SECRET is not")
        );
    }

    #[test]
    fn anything_but_a_signing_secret_is_refused() {
        for wrong in ["hello", "sk_test_x", "whsec_a,hello"] {
            let said = refusal(&[
                ("STRIPE_SECRET_KEY", "sk_test_x"),
                ("STRIPE_WEBHOOK_SECRET", wrong),
            ]);
            assert!(said.starts_with("STRIPE_WEBHOOK_SECRET must begin with whsec_"));
            assert!(!said.contains("hello"), "{said}");
        }
    }

    #[test]
    fn empty_items_in_the_list_of_secrets_are_ignored() {
        let config = read(&[
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_a,, whsec_b ,"),
        ])
        .unwrap();
        let Payments::Stripe {
            webhook_secrets,
            livemode: false,
            ..
        } = config.payments
        else {
            panic!()
        };
        assert_eq!(
            webhook_secrets,
            [Secret::new("whsec_a"), Secret::new("whsec_b")]
        );
    }

    #[test]
    fn a_live_key_excludes_the_sandbox_and_other_apis() {
        let live = [
            ("STRIPE_SECRET_KEY", "sk_live_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
            ("PUBLIC_URL", "https://shop.example"),
        ];
        let with = |name, value| [&live[..], &[(name, value)]].concat();
        assert!(read(&live).is_ok());
        assert!(refusal(&with("SANDBOX_ADDR", "127.0.0.1:12111")).contains("real money"));
        assert!(refusal(&with("STRIPE_API_BASE", "http://127.0.0.1:12111")).contains("real money"));
        assert!(read(&with("STRIPE_API_BASE", "https://api.stripe.com/")).is_ok());
    }

    #[test]
    fn a_public_shop_has_a_webhook_secret_of_its_own() {
        let with = |public| {
            let key = ("STRIPE_SECRET_KEY", "sk_test_x");
            let secret = ("STRIPE_WEBHOOK_SECRET", "whsec_a,whsec_sandbox");
            read(&[key, secret, ("PUBLIC_URL", public)])
        };
        let said = with("https://shop.example").unwrap_err().to_string();
        assert!(said.contains("which everybody knows"), "{said}");
        assert!(with("http://localhost:3000").is_ok());
    }

    #[test]
    fn a_live_shop_needs_a_public_url() {
        let key = ("STRIPE_SECRET_KEY", "sk_live_x");
        let said = refusal(&[key, ("STRIPE_WEBHOOK_SECRET", "whsec_a")]);
        assert!(said.starts_with("PUBLIC_URL is not set"), "{said}");
    }

    #[test]
    fn a_live_shop_is_reached_over_https() {
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_live_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
            ("PUBLIC_URL", "http://shop.example"),
        ];
        assert!(refusal(&variables).contains("https://"));
    }

    #[test]
    fn a_server_on_a_public_address_needs_a_public_url() {
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
            ("LEPTOS_SITE_ADDR", "0.0.0.0:80"),
        ];
        assert!(refusal(&variables).starts_with("PUBLIC_URL is not set"));
    }

    #[test]
    fn the_public_url_is_an_origin() {
        let public = |value| {
            let key = ("STRIPE_SECRET_KEY", "sk_test_x");
            let secret = ("STRIPE_WEBHOOK_SECRET", "whsec_a");
            read(&[key, secret, ("PUBLIC_URL", value)]).map(|config| config.public_url.unwrap())
        };
        assert_eq!(
            public("https://Shop.Example/").unwrap(),
            "https://shop.example"
        );
        assert_eq!(
            public("http://127.0.0.1:8080").unwrap(),
            "http://127.0.0.1:8080"
        );
        for bad in [
            "shop.example",
            "https://shop.example/till",
            "https://u:p@shop.example",
            "ftp://shop.example",
            "https://shop.example/?x=1",
        ] {
            assert!(public(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn stripes_page_under_a_domain_of_the_shops_own_is_an_https_origin() {
        let with = |value| {
            read(&[
                ("STRIPE_SECRET_KEY", "sk_test_x"),
                ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
                ("STRIPE_CHECKOUT_ORIGIN", value),
            ])
        };
        let Payments::Stripe {
            checkout_origin, ..
        } = with("https://pay.Shop.example/").unwrap().payments
        else {
            panic!()
        };
        assert_eq!(checkout_origin.unwrap(), "https://pay.shop.example");
        for bad in [
            "pay.shop.example",
            "http://pay.shop.example",
            "https://pay.shop.example/c",
            "https://pay.shop.example; script-src *",
        ] {
            let said = with(bad).unwrap_err().to_string();
            assert!(said.starts_with("STRIPE_CHECKOUT_ORIGIN must"), "{said}");
        }
        assert!(
            refusal(&[("STRIPE_CHECKOUT_ORIGIN", "https://pay.shop.example")])
                .contains("STRIPE_SECRET_KEY is not")
        );
    }

    #[test]
    fn a_secret_may_be_in_a_file_but_not_in_both_places() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "whsec_filed\n").unwrap();
        let path = file.path().to_str().unwrap();
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("STRIPE_WEBHOOK_SECRET_FILE", path),
        ];
        let Payments::Stripe {
            webhook_secrets, ..
        } = read(&variables).unwrap().payments
        else {
            panic!()
        };
        assert_eq!(webhook_secrets, [Secret::new("whsec_filed")]);
        assert!(
            refusal(&[&variables[..], &[("STRIPE_WEBHOOK_SECRET", "whsec_b")]].concat())
                .contains("both set")
        );
        assert!(
            refusal(&[("STRIPE_SECRET_KEY_FILE", "/nowhere/at/all")]).contains("could not read")
        );
    }

    #[test]
    fn a_configuration_prints_no_secret() {
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_test_hidden1"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_hidden2"),
            ("DATABASE_URL", "postgres://u:hidden3@h/d"),
        ];
        let printed = format!("{:?}", read(&variables).unwrap());
        assert!(!printed.contains("hidden"), "{printed}");
    }
}
