//! `SHOP_ADDRESS`, `SHOP_EMAIL`, `SHOP_PHONE` and `SHOP_LINKS`.

use shop::contact::{Contact, ContactLink};
use shop::mail::MailAddress;
use url::Url;

use super::{ConfigError, invalid};

pub(super) fn contact(text: &impl Fn(&str) -> Option<String>) -> Result<Contact, ConfigError> {
    let address = text("SHOP_ADDRESS").unwrap_or_default();
    Ok(Contact {
        address: parts(&address, &[';', '\n']),
        email: text("SHOP_EMAIL").map(email).transpose()?,
        phone: text("SHOP_PHONE").map(phone).transpose()?,
        links: parts(&text("SHOP_LINKS").unwrap_or_default(), &[','])
            .iter()
            .map(|link| parse(link))
            .collect::<Result<_, _>>()?,
    })
}

/// Splits at the separators and drops empty parts.
fn parts(text: &str, separators: &[char]) -> Vec<String> {
    text.split(separators)
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Parses an email address without a name: it is used in a `mailto:` link unchanged.
fn email(typed: String) -> Result<String, ConfigError> {
    let plain = !typed.contains(['<', '>', '"', ' ', '?', '&']);
    match typed.parse::<MailAddress>() {
        Ok(_) if plain => Ok(typed),
        _ => Err(invalid(
            "SHOP_EMAIL must be one email address such as hello@shop.example.",
        )),
    }
}

fn phone(typed: String) -> Result<String, ConfigError> {
    let digits = typed.bytes().filter(u8::is_ascii_digit).count();
    let known = |character: char| character.is_ascii_digit() || "+ ()/-.".contains(character);
    if digits >= 3 && typed.chars().all(known) {
        return Ok(typed);
    }
    Err(invalid(format!(
        "SHOP_PHONE must be a phone number such as +49 30 123456, not \"{typed}\"."
    )))
}

/// Parses one link such as `Privacy=https://shop.example/privacy`.
fn parse(typed: &str) -> Result<ContactLink, ConfigError> {
    let bad = || {
        invalid(format!(
            "SHOP_LINKS must be labels and addresses such as Terms=https://shop.example/terms, \
             separated by commas, not \"{typed}\"."
        ))
    };
    let (label, address) = typed.split_once('=').ok_or_else(bad)?;
    let (label, address) = (label.trim(), address.trim());
    let path = address.starts_with('/') && !address.starts_with("//");
    let web = || Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    if label.is_empty() || !(path || web()) {
        return Err(bad());
    }
    Ok(ContactLink {
        label: label.to_owned(),
        url: address.to_owned(),
    })
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::super::tests::{read, refusal};
    use super::*;

    #[test]
    fn a_shop_says_who_runs_it() {
        let contact = read(&[
            ("SHOP_ADDRESS", "Pens & Paper Ltd; 1 High Street;; London"),
            ("SHOP_EMAIL", "hello@shop.example"),
            ("SHOP_PHONE", "+44 (0)20 1234-56"),
            (
                "SHOP_LINKS",
                "Terms = https://shop.example/terms?a=b, Imprint=/pages/imprint,",
            ),
        ])
        .unwrap()
        .contact;
        assert_eq!(
            contact.address,
            ["Pens & Paper Ltd", "1 High Street", "London"]
        );
        assert_eq!(contact.email.as_deref(), Some("hello@shop.example"));
        assert_eq!(contact.phone.as_deref(), Some("+44 (0)20 1234-56"));
        let link = |label: &str, url: &str| ContactLink {
            label: label.to_owned(),
            url: url.to_owned(),
        };
        assert_eq!(
            contact.links,
            [
                link("Terms", "https://shop.example/terms?a=b"),
                link("Imprint", "/pages/imprint")
            ]
        );
        assert_eq!(read(&[]).unwrap().contact, Contact::default());
    }

    #[test]
    fn what_cannot_be_a_contact_is_refused_with_an_example() {
        for (name, typed) in [
            ("SHOP_EMAIL", "hello"),
            ("SHOP_EMAIL", "Shop <hello@shop.example>"),
            ("SHOP_EMAIL", "hello@shop.example?bcc=x@y.example"),
            ("SHOP_PHONE", "call us"),
            ("SHOP_LINKS", "Terms"),
            ("SHOP_LINKS", "Terms=javascript:alert(1)"),
            ("SHOP_LINKS", "Terms=//evil.example"),
            ("SHOP_LINKS", "=https://shop.example"),
        ] {
            let said = refusal(&[(name, typed)]);
            assert!(said.starts_with(&format!("{name} must be ")), "{said}");
        }
    }
}
