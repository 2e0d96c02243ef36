//! The owner's contact details, shown below every page and email.

/// The owner's contact details. Each is optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Contact {
    /// Name and street address, line by line.
    pub address: Vec<String>,
    /// An email address for shoppers.
    pub email: Option<String>,
    /// A telephone number as people write it.
    pub phone: Option<String>,
    /// Links such as imprint, terms or privacy.
    pub links: Vec<ContactLink>,
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tel_uri_leaves_out_what_people_put_between_digits() {
        let contact = Contact {
            phone: Some("+49 (0)30 / 12 34-56".to_owned()),
            ..Contact::default()
        };
        assert_eq!(contact.tel_number().as_deref(), Some("+4930123456"));
        assert_eq!(Contact::default().tel_number(), None);
    }
}
