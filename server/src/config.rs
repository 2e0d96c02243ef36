//! Everything that the environment decides, read in one place and checked before anything starts.
//!
//! `.env.example` describes each variable for the owner. A variable that is empty counts as unset. Secrets may stand in a
//! file instead: `NAME_FILE` names it.

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
use shop::limits::Limits;
use shop::mail::MailSettings;
use shop::orders::OrderNumbers;
use shop::prune::PruneSettings;
use shop::secret::Secret;
use shop::time_zone::TimeZone;
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
    /// `DATA_DIR`: database, sandbox state, mails, the owner's pictures.
    pub data_dir: PathBuf,
    /// `DATABASE_URL`: may hold a password.
    pub database_url: Secret,
    /// `POSTGRES_WRITERS`: connections to PostgreSQL that write.
    pub postgres_writers: NonZeroU32,
    /// `LEPTOS_SITE_ADDR`: where the server listens.
    pub site_addr: SocketAddr,
    /// `LEPTOS_SITE_ROOT`: pictures, styles and the WASM module.
    pub site_root: PathBuf,
    /// `PUBLIC_URL`: the origin under which shoppers reach the shop. `None`: the address where it listens.
    pub public_url: Option<String>,
    /// `SHOP_NAME`.
    pub shop_name: String,
    /// How payments are taken.
    pub payments: Payments,
    /// `HOLD_MINUTES`: how long a session can be paid and its stock is held.
    pub hold: Duration,
    /// `LATE_PAYMENT`: what becomes of a payment that arrives when the pieces are gone.
    pub late_payment: LatePayment,
    /// What shoppers are asked for on Stripe's page beside the payment.
    pub options: Options,
    /// `ORDER_PREFIX`: how orders are numbered.
    pub order_numbers: OrderNumbers,
    /// `SHOP_TIME_ZONE`: by which clocks pages, mails and tables show times.
    pub time_zone: TimeZone,
    /// `SHOP_ADDRESS`, `SHOP_EMAIL`, `SHOP_PHONE`, `SHOP_LINKS`: below every page and every mail.
    pub contact: Contact,
    /// `SMTP_URL`, `SMTP_CA_FILE`, `MAIL_FROM`, `MAIL_OWNER`: how mails leave, from whom, and who is told of trouble.
    pub mail: MailSettings,
    /// `LIMIT_…`: what one client, and all together, may ask for.
    pub limits: Limits,
    /// What connections and requests the server takes.
    pub serving: Serving,
    /// `PRUNE_CHECKOUTS_DAYS`, `PRUNE_IGNORED_EVENTS_DAYS`, `PRUNE_FAILED_EVENTS_DAYS`,
    /// `PRUNE_PAYLOADS_DAYS`: how long is kept what nobody needs any more.
    pub prune: PruneSettings,
    /// Patience with Stripe.
    pub patience: Patience,
    /// How often Stripe is compared with.
    pub rhythm: Rhythm,
}

/// How payments are taken.
#[derive(Clone, Debug)]
pub enum Payments {
    /// No key: a local Stripe runs inside the process, and no real payment is taken.
    Sandbox {
        /// `SANDBOX_ADDR`.
        addr: SocketAddr,
    },
    /// With Stripe, or something that speaks like it.
    Stripe {
        /// `STRIPE_SECRET_KEY`.
        key: Secret,
        /// `STRIPE_WEBHOOK_SECRET`: at least one.
        webhook_secrets: Vec<Secret>,
        /// `STRIPE_API_BASE`.
        api_base: Option<String>,
        /// `STRIPE_CHECKOUT_ORIGIN`: where Stripe's payment page is reached, if under a domain of the shop's own.
        checkout_origin: Option<String>,
        /// Whether the key takes real money.
        livemode: bool,
    },
}

/// Patience with Stripe: a shopper waits meanwhile.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// For one try.
    pub timeout: Duration,
    /// Tries in all.
    pub tries: u32,
    /// The first pause between tries.
    pub pause: Duration,
    /// For all that one request of a shopper asks Stripe.
    pub total: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(8),
            tries: 3,
            pause: Duration::from_millis(250),
            total: Duration::from_secs(10),
        }
    }
}

/// What connections and requests the server takes.
#[derive(Clone, Debug)]
pub struct Serving {
    /// `TRUSTED_PROXIES`: what they write into `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpNet>,
    /// `MAX_CONNECTIONS`: open at the same time.
    pub max_connections: usize,
    /// `MAX_CONNECTIONS_PER_CLIENT`: of one client that is no trusted proxy.
    pub max_connections_per_client: Option<usize>,
    /// How long a client may take.
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

/// How long a client may take. Only tests set others than these.
#[derive(Clone, Copy, Debug)]
pub struct Timeouts {
    /// To send a request's head; also how long an idle connection is kept.
    pub head: Duration,
    /// From the head to the end of the request and the beginning of its answer.
    pub request: Duration,
    /// For a part of the answer to be taken, or to be ready.
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

/// How often the server compares with Stripe. Only tests are in more of a hurry than this.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// From the start to the first time.
    pub first: Duration,
    /// From the end of one time to the beginning of the next.
    pub every: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self {
            first: Duration::from_secs(5),
            every: Duration::from_secs(5 * 60),
        }
    }
}

/// What is wrong with the environment, and how to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError(String);

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for ConfigError {}

fn wrong(sentence: impl Into<String>) -> ConfigError {
    ConfigError(sentence.into())
}

/// Something that knows the variables: the process' environment, or a list in a test.
pub trait Variables {
    /// The value, if the variable is set.
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
    /// A sentence that says which variable is wrong and how to mend it.
    pub fn read(variables: &impl Variables) -> Result<Self, ConfigError> {
        let text = |name: &str| {
            variables
                .get(name)
                .map(|value| value.trim().to_owned())
                .filter(|value| !value.is_empty())
        };
        let data_dir = PathBuf::from(text("DATA_DIR").unwrap_or_else(|| "data".to_owned()));
        let database_url = secret(variables, "DATABASE_URL")?.unwrap_or_else(|| {
            Secret::new(format!("sqlite://{}/till.db?mode=rwc", encoded(&data_dir)))
        });
        if !["sqlite:", "postgres:", "postgresql:"]
            .iter()
            .any(|scheme| database_url.expose().starts_with(scheme))
        {
            return Err(wrong("DATABASE_URL must begin with sqlite: or postgres:."));
        }
        if Url::parse(database_url.expose()).is_err() {
            return Err(wrong(
                "DATABASE_URL is no address. Characters such as / or @ in its password must be percent-encoded.",
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
            return Err(wrong(format!(
                "PAYMENT_METHODS names {}, and without STRIPE_SECRET_KEY the sandbox takes the payments, which knows {} only.",
                method.as_str(),
                stripe_sandbox::PAYMENT_METHOD_TYPES.join(" and ")
            )));
        }
        if public_url.is_none() && !site_addr.ip().is_loopback() {
            return Err(wrong(format!(
                "PUBLIC_URL is not set, and nobody can be sent back to {site_addr}. Set it to the address under which shoppers reach the shop, such as https://shop.example."
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
            order_numbers: orders::numbers(&text)?,
            time_zone: orders::time_zone(&text)?,
            contact: contact::contact(&text)?,
            mail,
            limits: limits::limits(&text)?,
            serving: limits::serving(&text)?,
            prune: prune::settings(&text)?,
            patience: Patience::default(),
            rhythm: Rhythm::default(),
        })
    }
}

/// An address and a port from its variable, or a port on this machine.
fn address(variables: &impl Variables, name: &str, port: u16) -> Result<SocketAddr, ConfigError> {
    let value = variables.get(name).unwrap_or_default();
    let value = value.trim();
    if value.is_empty() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    value.parse().map_err(|_| {
        wrong(format!(
            "{name} must be an address and a port such as 127.0.0.1:{port}, not \"{value}\"."
        ))
    })
}

/// `SANDBOX_ADDR`: where the sandbox listens.
///
/// # Errors
/// A sentence, where it is not an address.
pub fn sandbox_addr(variables: &impl Variables) -> Result<SocketAddr, ConfigError> {
    address(variables, "SANDBOX_ADDR", 12111)
}

/// More would not fit beside the readers into the hundred connections that PostgreSQL allows by default.
const MOST_WRITERS: u32 = 64;

fn postgres_writers(value: Option<&str>) -> Result<NonZeroU32, ConfigError> {
    let Some(typed) = value else {
        return Ok(POSTGRES_WRITERS);
    };
    typed
        .parse()
        .ok()
        .filter(|writers: &NonZeroU32| writers.get() <= MOST_WRITERS)
        .ok_or_else(|| {
            wrong(format!(
                "POSTGRES_WRITERS must be a whole number from 1 to {MOST_WRITERS}, not \"{typed}\"."
            ))
        })
}

fn late_payment(value: Option<&str>) -> Result<LatePayment, ConfigError> {
    match value {
        None | Some("refund") => Ok(LatePayment::Refund),
        Some("accept") => Ok(LatePayment::Accept),
        Some(other) => Err(wrong(format!(
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
            return Err(wrong(format!(
                "STRIPE_SECRET_KEY is not set, and without it the shop only listens on this machine. Set the key and STRIPE_WEBHOOK_SECRET, or set LEPTOS_SITE_ADDR to 127.0.0.1:{}.",
                site_addr.port()
            )));
        }
        // Whoever knows the sandbox's secret, and it is public, can confirm payments there.
        if let Some(url) = public_url.filter(|url| !is_loopback(url)) {
            return Err(wrong(format!(
                "PUBLIC_URL is {url}, but STRIPE_SECRET_KEY is not set: shoppers would pay a sandbox that takes no money. Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or unset PUBLIC_URL to try the shop on this machine."
            )));
        }
        if webhook.is_some() || api_base.is_some() || checkout_origin.is_some() {
            return Err(wrong(
                "STRIPE_WEBHOOK_SECRET, STRIPE_API_BASE or STRIPE_CHECKOUT_ORIGIN is set, but STRIPE_SECRET_KEY is not. Set the key too, or none of them to use the sandbox.",
            ));
        }
        let addr = sandbox_addr(variables)?;
        if !addr.ip().is_loopback() {
            return Err(wrong(
                "SANDBOX_ADDR must be an address of this machine, such as 127.0.0.1:12111: the sandbox confirms payments that nobody made.",
            ));
        }
        return Ok(Payments::Sandbox { addr });
    };
    let livemode = match key.expose() {
        key if key.starts_with("sk_live_") || key.starts_with("rk_live_") => true,
        key if key.starts_with("sk_test_") || key.starts_with("rk_test_") => false,
        _ => {
            return Err(wrong(
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
        return Err(wrong(
            "STRIPE_SECRET_KEY is set, but STRIPE_WEBHOOK_SECRET is not: no payment could ever be confirmed. Set it to the signing secret (whsec_…) of the webhook endpoint.",
        ));
    }
    if livemode && sandbox.is_some() {
        return Err(wrong(
            "SANDBOX_ADDR is set beside a key that takes real money. Unset one of them.",
        ));
    }
    let api_base = api_base.map(|base| base_address(&base)).transpose()?;
    if livemode
        && api_base
            .as_deref()
            .is_some_and(|base| base != "https://api.stripe.com")
    {
        return Err(wrong(
            "STRIPE_API_BASE leads elsewhere than to Stripe, and STRIPE_SECRET_KEY takes real money. Unset one of them.",
        ));
    }
    let checkout_origin = checkout_origin
        .map(|value| origin("STRIPE_CHECKOUT_ORIGIN", &value))
        .transpose()?;
    if checkout_origin
        .as_ref()
        .is_some_and(|origin| !origin.starts_with("https://"))
    {
        return Err(wrong(
            "STRIPE_CHECKOUT_ORIGIN must begin with https://: Stripe serves its payment page in no other way.",
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

/// A folder as part of an address: what would end its path or begin an escape is escaped.
fn encoded(folder: &std::path::Path) -> String {
    let mut encoded = String::new();
    for character in folder.display().to_string().chars() {
        match character {
            '%' | '?' | '#' | ' ' => encoded.push_str(&format!("%{:02X}", u32::from(character))),
            _ => encoded.push(character),
        }
    }
    encoded
}

/// A secret from its variable, or from the file that `NAME_FILE` names.
fn secret(variables: &impl Variables, name: &str) -> Result<Option<Secret>, ConfigError> {
    let set = |name: &str| {
        variables
            .get(name)
            .map(|value| value.trim().to_owned())
            .filter(|value| !value.is_empty())
    };
    let file_name = format!("{name}_FILE");
    match (set(name), set(&file_name)) {
        (Some(_), Some(_)) => Err(wrong(format!(
            "{name} and {file_name} are both set. Unset one of them."
        ))),
        (value, None) => Ok(value.map(Secret::new)),
        (None, Some(path)) => {
            let value = std::fs::read_to_string(&path)
                .map_err(|error| wrong(format!("{file_name}: {path} cannot be read: {error}.")))?;
            let value = value.trim();
            if value.is_empty() {
                return Err(wrong(format!("{file_name}: {path} is empty.")));
            }
            Ok(Some(Secret::new(value)))
        }
    }
}

/// Scheme, host and port of an address that has nothing else.
fn origin(name: &str, value: &str) -> Result<String, ConfigError> {
    let bad = || {
        wrong(format!(
            "{name} must be an address such as https://shop.example, without a path, not \"{value}\"."
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

/// Refuses a shop with a key that others reach and that is only half set up.
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
        return Err(wrong(
            "STRIPE_WEBHOOK_SECRET is the sandbox's, which everybody knows, and others reach this shop. Set it to the signing secret (whsec_…) of your webhook endpoint.",
        ));
    }
    match public_url {
        _ if !livemode => Ok(()),
        Some(url) if url.starts_with("https://") => Ok(()),
        Some(_) => Err(wrong(
            "PUBLIC_URL must begin with https:// when STRIPE_SECRET_KEY takes real money.",
        )),
        None => Err(wrong(
            "PUBLIC_URL is not set, but STRIPE_SECRET_KEY takes real money: shoppers would be sent back to this machine's own address. Set it to the address under which shoppers reach the shop, such as https://shop.example.",
        )),
    }
}

/// Whether an origin leads to this machine and to no other.
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

/// The address of an API without a slash at its end.
fn base_address(value: &str) -> Result<String, ConfigError> {
    let url = Url::parse(value)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    let url = url.ok_or_else(|| {
        wrong(format!(
            "STRIPE_API_BASE must be an address such as http://127.0.0.1:12111, not \"{value}\"."
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
    fn late_payments_go_back_unless_the_owner_accepts_them() {
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
        assert!(
            matches!(config.payments, Payments::Sandbox { addr } if addr.to_string() == "127.0.0.1:12111")
        );
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
    fn as_many_connections_write_as_the_owner_says() {
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
    fn a_database_address_that_is_none_is_refused_without_its_password() {
        let said = refusal(&[("DATABASE_URL", "postgres://u:hid/den@h/d")]);
        assert!(said.starts_with("DATABASE_URL is no address"), "{said}");
        assert!(!said.contains("hid"), "{said}");
    }

    #[test]
    fn without_a_key_the_shop_does_not_leave_this_machine() {
        assert!(
            refusal(&[("LEPTOS_SITE_ADDR", "0.0.0.0:3000")])
                .starts_with("STRIPE_SECRET_KEY is not set")
        );
        assert!(
            refusal(&[("SANDBOX_ADDR", "0.0.0.0:12111")])
                .starts_with("SANDBOX_ADDR must be an address of this machine")
        );
    }

    #[test]
    fn a_public_shop_is_no_sandbox() {
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
    fn a_live_key_stands_beside_no_sandbox_and_no_foreign_api() {
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
    fn a_live_shop_says_where_it_is() {
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
    fn whoever_listens_for_everyone_says_under_which_name() {
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
    fn a_secret_may_stand_in_a_file_but_not_in_both_places() {
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
            refusal(&[("STRIPE_SECRET_KEY_FILE", "/nowhere/at/all")]).contains("cannot be read")
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
