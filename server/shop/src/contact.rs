//! Who keeps the shop, and where to write: below every page and every mail.

/// What the owner has said about the shop. Each may be missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Name and street address, line by line.
    pub address: Vec<String>,
    /// A mail address for shoppers.
    pub email: Option<String>,
    /// A telephone number, as people write it.
    pub phone: Option<String>,
    /// Pages such as imprint, terms or privacy.
    pub links: Vec<ContactLink>,
}

/// A page of the shop, or about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactLink {
    /// What it is called.
    pub label: String,
    /// Absolute, or a path of this shop.
    pub url: String,
}

impl Contact {
    /// The telephone number as a `tel:` address takes it
    /// (<https://www.rfc-editor.org/rfc/rfc3966>).
    #[must_use]
    pub fn dialled(&self) -> Option<String> {
        let phone = self.phone.as_deref()?;
        let kept = |character: &char| character.is_ascii_digit() || *character == '+';
        Some(phone.replace("(0)", "").chars().filter(kept).collect())
    }

    /// The links as a mail needs them: absolute.
    #[must_use]
    pub fn links_from(&self, public_url: &str) -> Vec<ContactLink> {
        let absolute = |link: &ContactLink| ContactLink {
            url: match link.url.starts_with('/') {
                true => format!("{public_url}{}", link.url),
                false => link.url.clone(),
            },
            ..link.clone()
        };
        self.links.iter().map(absolute).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_dialled_without_what_people_put_between_digits() {
        let contact = Contact {
            phone: Some("+49 (0)30 / 12 34-56".to_owned()),
            ..Contact::default()
        };
        assert_eq!(contact.dialled().as_deref(), Some("+4930123456"));
        assert_eq!(Contact::default().dialled(), None);
    }
}
