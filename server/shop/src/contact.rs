//! The owner's contact details, shown below every page and email.

use url::Url;

use crate::mail::MailAddress;
use crate::settings::{InvalidSetting, Setting, invalid};

crate::settings! {
    /// The owner's contact details. Each is optional.
    #[derive(Clone, Debug, Default, PartialEq, Eq)]
    pub struct Contact {
        /// Name and street address, line by line.
        pub address: Vec<String> =
            Setting::or_empty("SHOP_ADDRESS", |_, typed| Ok(parts(typed, &[';', '\n'])))
                .or_in_database()
                .example("Pens & Paper Ltd; 1 High Street; London"),
        /// An email address for shoppers.
        pub email: Option<String> =
            Setting::optional("SHOP_EMAIL", email)
                .or_in_database()
                .example("hello@shop.example"),
        /// A telephone number as people write it.
        pub phone: Option<String> =
            Setting::optional("SHOP_PHONE", phone)
                .or_in_database()
                .example("+44 20 7946 0000"),
        /// Links such as imprint, terms or privacy.
        pub links: Vec<ContactLink> = Setting::or_empty("SHOP_LINKS", links)
            .or_in_database()
            .example("Terms=https://shop.example/terms, Privacy=https://shop.example/privacy"),
    }
}

/// A link to a page of the shop or about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactLink {
    /// The link's text.
    pub label: String,
    /// An absolute URL, or a path of this shop.
    pub url: String,
}

impl Contact {
    /// The telephone number in the format of a `tel:` URI
    /// (<https://www.rfc-editor.org/rfc/rfc3966>).
    #[must_use]
    pub fn tel_number(&self) -> Option<String> {
        let phone = self.phone.as_deref()?;
        let kept = |character: &char| character.is_ascii_digit() || *character == '+';
        Some(phone.replace("(0)", "").chars().filter(kept).collect())
    }

    /// The same with absolute links, for emails.
    #[must_use]
    pub fn with_absolute_links(&self, public_url: &str) -> Self {
        let absolute = |link: &ContactLink| ContactLink {
            url: match link.url.starts_with('/') {
                true => format!("{public_url}{}", link.url),
                false => link.url.clone(),
            },
            ..link.clone()
        };
        Self {
            links: self.links.iter().map(absolute).collect(),
            ..self.clone()
        }
    }
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
fn email(name: &str, typed: &str) -> Result<String, InvalidSetting> {
    let plain = !typed.contains(['<', '>', '"', ' ', '?', '&']);
    match typed.parse::<MailAddress>() {
        Ok(_) if plain => Ok(typed.to_owned()),
        _ => Err(invalid(format!(
            "{name} must be one email address such as hello@shop.example."
        ))),
    }
}

fn phone(name: &str, typed: &str) -> Result<String, InvalidSetting> {
    let digits = typed.bytes().filter(u8::is_ascii_digit).count();
    let known = |character: char| character.is_ascii_digit() || "+ ()/-.".contains(character);
    if digits >= 3 && typed.chars().all(known) {
        return Ok(typed.to_owned());
    }
    Err(invalid(format!(
        "{name} must be a phone number such as +49 30 123456, not \"{typed}\"."
    )))
}

fn links(name: &str, typed: &str) -> Result<Vec<ContactLink>, InvalidSetting> {
    let links = parts(typed, &[',']);
    links.iter().map(|typed| link(name, typed)).collect()
}

/// Parses one link such as `Privacy=https://shop.example/privacy`.
fn link(name: &str, typed: &str) -> Result<ContactLink, InvalidSetting> {
    let bad = || {
        invalid(format!(
            "{name} must be labels and addresses such as Terms=https://shop.example/terms, \
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
    use super::*;
    use crate::settings::tests::{read, refusal};

    #[test]
    fn a_tel_uri_leaves_out_what_people_put_between_digits() {
        let contact = Contact {
            phone: Some("+49 (0)30 / 12 34-56".to_owned()),
            ..Contact::default()
        };
        assert_eq!(contact.tel_number().as_deref(), Some("+4930123456"));
        assert_eq!(Contact::default().tel_number(), None);
    }

    #[test]
    fn a_shop_says_who_runs_it() {
        let contact: Contact = read(&[
            ("SHOP_ADDRESS", "Pens & Paper Ltd; 1 High Street;; London"),
            ("SHOP_EMAIL", "hello@shop.example"),
            ("SHOP_PHONE", "+44 (0)20 1234-56"),
            (
                "SHOP_LINKS",
                "Terms = https://shop.example/terms?a=b, Imprint=/pages/imprint,",
            ),
        ])
        .unwrap();
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
        assert_eq!(read::<Contact>(&[]).unwrap(), Contact::default());
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
            let said = refusal::<Contact>(&[(name, typed)]);
            assert!(said.starts_with(&format!("{name} must be ")), "{said}");
        }
    }
}
