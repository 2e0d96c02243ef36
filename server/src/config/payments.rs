//! How payments are taken.

use std::net::SocketAddr;

use secrecy::{ExposeSecret, SecretString};
use shop::checkout::Options;
use shop::settings::{
    self, Documentation, FromVariables, InvalidSetting, Setting, Variables, invalid, list,
};
use shop::stripe::StripeSettings;
use stripe_sandbox::{API_KEY, PAYMENT_METHOD_TYPES, WEBHOOK_SECRET};
use url::Url;

use super::site::{SiteSettings, address, is_loopback, origin};

/// How payments are taken.
#[derive(Clone, Debug)]
pub enum Payments {
    /// Without a key: the sandbox runs inside the process, and no real payments are taken.
    Sandbox {
        /// Its address.
        addr: SocketAddr,
    },
    /// With Stripe, or a server with the same API.
    Stripe(StripeSettings),
}

impl Payments {
    /// How Stripe is reached, or the sandbox, if it runs already.
    #[must_use]
    pub fn stripe(&self) -> StripeSettings {
        match self {
            Self::Stripe(stripe) => stripe.clone(),
            Self::Sandbox { addr } => StripeSettings {
                key: API_KEY.into(),
                webhook_secrets: vec![WEBHOOK_SECRET.into()],
                api_base: Some(format!("http://{addr}")),
                checkout_origin: None,
                livemode: false,
            },
        }
    }

    /// Whether real payments are taken.
    #[must_use]
    pub fn livemode(&self) -> bool {
        matches!(self, Self::Stripe(stripe) if stripe.livemode)
    }
}

shop::settings! {
    /// The variables, before they are checked together.
    struct PaymentVariables {
        /// The secret key of the Stripe account. Without it, the sandbox is used.
        key: Option<SecretString> = Setting::optional("STRIPE_SECRET_KEY", secret_key)
            .or_in_file()
            .default_in_words("none: the sandbox")
            .example(""),
        /// The signing secrets of the webhook endpoint: two while one is being rolled.
        webhook_secrets: Vec<SecretString> =
            Setting::or_empty("STRIPE_WEBHOOK_SECRET", webhook_secrets).or_in_file().example(""),
        /// Another server with Stripe's API, for tests.
        api_base: Option<String> = Setting::optional("STRIPE_API_BASE", base_address)
            .default_in_words("Stripe's")
            .example("http://127.0.0.1:12111"),
        /// The origin of Stripe's payment page under a custom domain.
        checkout_origin: Option<String> =
            Setting::optional("STRIPE_CHECKOUT_ORIGIN", payment_page)
                .default_in_words("Stripe's")
                .example("https://pay.shop.example"),
        sandbox: SandboxSettings,
    }
}

const SANDBOX_ADDR: &str = "SANDBOX_ADDR";
const DEFAULT_SANDBOX_ADDR: &str = "127.0.0.1:12111";

shop::settings! {
    /// The settings of the sandbox.
    #[derive(Clone, Copy, Debug)]
    pub struct SandboxSettings {
        /// The address that the sandbox listens on.
        pub addr: SocketAddr =
            Setting::new(SANDBOX_ADDR, DEFAULT_SANDBOX_ADDR, address(DEFAULT_SANDBOX_ADDR)),
    }
}

impl FromVariables for Payments {
    fn read(variables: &dyn Variables) -> Result<Self, InvalidSetting> {
        let PaymentVariables {
            key,
            webhook_secrets,
            api_base,
            checkout_origin,
            sandbox,
        } = PaymentVariables::read(variables)?;
        let Some(key) = key else {
            if !webhook_secrets.is_empty() || api_base.is_some() || checkout_origin.is_some() {
                return Err(invalid(
                    "STRIPE_WEBHOOK_SECRET, STRIPE_API_BASE or STRIPE_CHECKOUT_ORIGIN is set, but \
                     STRIPE_SECRET_KEY is not. Set the key too, or unset all of them to use the \
                     sandbox.",
                ));
            }
            if !sandbox.addr.ip().is_loopback() {
                return Err(invalid(
                    "SANDBOX_ADDR must be a loopback address such as 127.0.0.1:12111: the sandbox \
                     confirms payments that nobody made.",
                ));
            }
            return Ok(Self::Sandbox { addr: sandbox.addr });
        };
        if webhook_secrets.is_empty() {
            return Err(invalid(
                "STRIPE_SECRET_KEY is set, but STRIPE_WEBHOOK_SECRET is not: no payment could ever \
                 be confirmed. Set it to the signing secret (whsec_…) of the webhook endpoint.",
            ));
        }
        let stripe = StripeSettings {
            livemode: is_live(key.expose_secret()),
            key,
            webhook_secrets,
            api_base,
            checkout_origin,
        };
        if stripe.livemode {
            if settings::value(variables, SANDBOX_ADDR).is_some() {
                return Err(invalid(
                    "SANDBOX_ADDR is set, and STRIPE_SECRET_KEY takes real money. Unset one of \
                     them.",
                ));
            }
            let api_base = stripe.api_base.as_deref();
            if api_base.is_some_and(|base| base != "https://api.stripe.com") {
                return Err(invalid(
                    "STRIPE_API_BASE is not Stripe's own address, and STRIPE_SECRET_KEY takes real \
                     money. Unset one of them.",
                ));
            }
        }
        Ok(Self::Stripe(stripe))
    }

    fn documentation() -> Vec<Documentation> {
        PaymentVariables::documentation()
    }
}

fn is_live(key: &str) -> bool {
    key.starts_with("sk_live_") || key.starts_with("rk_live_")
}

fn secret_key(name: &str, typed: &str) -> Result<SecretString, InvalidSetting> {
    if is_live(typed) || typed.starts_with("sk_test_") || typed.starts_with("rk_test_") {
        return Ok(typed.into());
    }
    Err(invalid(format!(
        "{name} must begin with sk_test_, sk_live_, rk_test_ or rk_live_."
    )))
}

fn webhook_secrets(name: &str, typed: &str) -> Result<Vec<SecretString>, InvalidSetting> {
    let secret = |typed: &str| {
        if typed.starts_with("whsec_") {
            return Ok(typed.into());
        }
        Err(invalid(format!(
            "{name} must begin with whsec_: it is the signing secret that Stripe's dashboard shows \
             for the webhook endpoint. Separate several with commas."
        )))
    };
    list(typed).into_iter().map(secret).collect()
}

/// Parses the address of an API, without a slash at its end.
fn base_address(name: &str, typed: &str) -> Result<String, InvalidSetting> {
    let url = Url::parse(typed)
        .ok()
        .filter(|url| matches!(url.scheme(), "http" | "https") && url.host_str().is_some());
    let url = url.ok_or_else(|| {
        invalid(format!(
            "{name} must be a URL such as http://127.0.0.1:12111, not \"{typed}\"."
        ))
    })?;
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn payment_page(name: &str, typed: &str) -> Result<String, InvalidSetting> {
    let origin = origin(name, typed)?;
    if origin.starts_with("https://") {
        return Ok(origin);
    }
    Err(invalid(format!(
        "{name} must begin with https://, as Stripe's payment page does."
    )))
}

/// Refuses ways to take payments that are unsafe or impossible where the shop is served.
pub(super) fn check_site(payments: &Payments, site: &SiteSettings) -> Result<(), InvalidSetting> {
    let SiteSettings { addr, .. } = site;
    if matches!(payments, Payments::Sandbox { .. }) {
        if !addr.ip().is_loopback() {
            return Err(invalid(format!(
                "STRIPE_SECRET_KEY is not set, and without it the shop only listens on this \
                 machine. Set the key and STRIPE_WEBHOOK_SECRET, or set LEPTOS_SITE_ADDR to \
                 127.0.0.1:{}.",
                addr.port()
            )));
        }
        // The sandbox's secret is public: anyone could confirm payments.
        if let Some(url) = site.public_url.as_ref().filter(|url| !is_loopback(url)) {
            return Err(invalid(format!(
                "PUBLIC_URL is {url}, but STRIPE_SECRET_KEY is not set: shoppers would pay at a \
                 sandbox that takes no money. Set STRIPE_SECRET_KEY and STRIPE_WEBHOOK_SECRET, or \
                 unset PUBLIC_URL to try the shop on this machine."
            )));
        }
    }
    if site.public_url.is_none() && !addr.ip().is_loopback() {
        return Err(invalid(format!(
            "PUBLIC_URL is not set, and Stripe cannot send shoppers back to {addr}. Set it to the \
             address under which shoppers reach the shop, such as https://shop.example."
        )));
    }
    match payments {
        Payments::Sandbox { .. } => Ok(()),
        Payments::Stripe(stripe) => check_key(stripe, site),
    }
}

/// Refuses a public shop with the sandbox's webhook secret, and a live one without an https
/// address.
fn check_key(stripe: &StripeSettings, site: &SiteSettings) -> Result<(), InvalidSetting> {
    let is_sandboxs = |secret: &SecretString| secret.expose_secret() == WEBHOOK_SECRET;
    if site.is_public() && stripe.webhook_secrets.iter().any(is_sandboxs) {
        return Err(invalid(
            "STRIPE_WEBHOOK_SECRET is that of the sandbox, which everybody knows, and this shop is \
             public. Set it to the signing secret (whsec_…) of your webhook endpoint.",
        ));
    }
    match &site.public_url {
        _ if !stripe.livemode => Ok(()),
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

/// Refuses payment methods that the sandbox does not know, if it takes the payments.
pub(super) fn check_methods(payments: &Payments, options: &Options) -> Result<(), InvalidSetting> {
    let known = |method: &str| PAYMENT_METHOD_TYPES.contains(&method);
    let unknown = options
        .payment_methods
        .iter()
        .find(|method| !known(method.as_str()));
    match (payments, unknown) {
        (Payments::Sandbox { .. }, Some(method)) => Err(invalid(format!(
            "PAYMENT_METHODS names {}, but without STRIPE_SECRET_KEY the sandbox takes the \
             payments, which supports only {}.",
            method.as_str(),
            PAYMENT_METHOD_TYPES.join(" and ")
        ))),
        _ => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::config::tests::{read, refusal};

    fn webhook_secrets(config: &Config) -> Vec<String> {
        let secrets = config.payments.stripe().webhook_secrets;
        let expose = |secret: &SecretString| secret.expose_secret().to_owned();
        secrets.iter().map(expose).collect()
    }

    #[test]
    fn with_nothing_set_the_sandbox_takes_the_payments() {
        let config = read(&[]).unwrap();
        assert!(matches!(
            config.payments,
            Payments::Sandbox { addr } if addr.to_string() == "127.0.0.1:12111"
        ));
        assert_eq!(config.site.addr.to_string(), "127.0.0.1:3000");
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
        assert_eq!(webhook_secrets(&config), ["whsec_a", "whsec_b"]);
        assert!(!config.payments.livemode());
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
    fn stripes_page_under_a_domain_of_the_shops_own_is_an_https_origin() {
        let with = |value| {
            read(&[
                ("STRIPE_SECRET_KEY", "sk_test_x"),
                ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
                ("STRIPE_CHECKOUT_ORIGIN", value),
            ])
        };
        let stripe = with("https://pay.Shop.example/").unwrap().payments.stripe();
        assert_eq!(stripe.checkout_origin.unwrap(), "https://pay.shop.example");
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
        assert_eq!(webhook_secrets(&read(&variables).unwrap()), ["whsec_filed"]);
        assert!(
            refusal(&[&variables[..], &[("STRIPE_WEBHOOK_SECRET", "whsec_b")]].concat())
                .contains("both set")
        );
        assert!(
            refusal(&[("STRIPE_SECRET_KEY_FILE", "/nowhere/at/all")]).contains("could not read")
        );
    }

    #[test]
    fn the_sandbox_knows_two_ways_to_pay() {
        let said = refusal(&[("PAYMENT_METHODS", "card,paypal")]);
        assert!(
            said.contains("paypal") && said.contains("sandbox"),
            "{said}"
        );
        let variables = [
            ("STRIPE_SECRET_KEY", "sk_test_x"),
            ("STRIPE_WEBHOOK_SECRET", "whsec_a"),
            ("PAYMENT_METHODS", "card,paypal"),
        ];
        assert_eq!(
            read(&variables)
                .unwrap()
                .checkout
                .options
                .payment_methods
                .len(),
            2
        );
    }
}
