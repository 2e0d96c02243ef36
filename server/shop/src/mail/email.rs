//! An email as it is sent: a subject, and the same words as plain text and as HTML. Neither loads
//! remote content.

use std::fmt;

use super::one_line;
use super::owner_templates::TestMail;
use super::templates::{MailTemplate, Rendered, Sender};

/// Who receives an email. It does not print the address.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Who paid, or a user of the admin, who has no name.
    Shopper {
        /// As typed on Stripe's page, or as the user signs in.
        address: String,
        /// As typed on Stripe's page.
        name: Option<String>,
    },
    /// The shop's owner.
    Owner,
}

impl fmt::Debug for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shopper { .. } => "Shopper",
            Self::Owner => "Owner",
        })
    }
}

/// An email as it is sent. Its `Debug` output shows neither the address nor the words.
#[derive(Clone, PartialEq, Eq)]
pub struct Email {
    /// Who receives it.
    pub to: Recipient,
    /// The shop's name, for a sender without one.
    pub shop: String,
    /// The code of the language that it is written in.
    pub language: &'static str,
    /// The subject line.
    pub subject: String,
    /// The plain text.
    pub text: String,
    /// The HTML, a whole document.
    pub html: String,
}

impl fmt::Debug for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Email")
            .field("to", &self.to)
            .finish_non_exhaustive()
    }
}

impl Email {
    /// Writes an email from its templates.
    ///
    /// # Errors
    /// If a template fails, which no email makes it do.
    pub(crate) fn new(
        to: Recipient,
        sender: &Sender,
        mail: &impl MailTemplate,
    ) -> Result<Self, askama::Error> {
        let name = match &to {
            Recipient::Shopper { name, .. } => name.as_deref().map(one_line),
            Recipient::Owner => None,
        };
        let Rendered {
            subject,
            text,
            html,
        } = mail.render(name.as_deref(), sender)?;
        Ok(Self {
            to,
            shop: sender.shop.clone(),
            language: sender.language(),
            subject,
            text,
            html,
        })
    }

    /// The email of `till mail test`, with a link to the shop.
    ///
    /// # Errors
    /// If a template fails, which no email makes it do.
    pub fn test(to: Recipient, sender: &Sender, shop_url: &str) -> Result<Self, askama::Error> {
        let shop_url = shop_url.to_owned();
        Self::new(to, sender, &TestMail { shop_url })
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::super::owner_templates::NewOrder;
    use super::super::summary::{Line, Summary};
    use super::*;
    use crate::contact::{Contact, ContactLink};
    use locale::{Language, Texts};
    use till_core::money::{Currency, MinorUnit, Money};
    use till_core::view::BuyerView;

    fn euros(cents: i64) -> Money {
        let euro: Currency = "eur".parse().unwrap();
        MinorUnit(cents).of(euro)
    }

    fn email(contact: Contact) -> Email {
        let line = |quantity, name: &str, cents| Line {
            quantity,
            name: name.to_owned(),
            sku: None,
            price: euros(cents / i64::from(quantity)),
            total: euros(cents),
        };
        let summary = Summary {
            number: Some("12".to_owned()),
            paid_at: Some("1 May 2026".to_owned()),
            ships_to: Vec::new(),
            lines: vec![line(2, "Pen <script>", 500), line(1, "Mug", 1_250)],
            subtotal: euros(1_750),
            discount: None,
            shipping_method: None,
            shipping: Some(euros(400)),
            tax: None,
            taxes: Vec::new(),
            tax_included: false,
            total: Some(euros(2_150)),
            buyer: BuyerView::default(),
            url: "https://shop.example/orders/0123".to_owned(),
        };
        let mail = NewOrder {
            number: "12".to_owned(),
            total: euros(2_150),
            is_free: false,
            flag: Some("<i>".to_owned()),
            ship_to: Some(vec!["Ada <b>".to_owned(), "Berlin".to_owned()]),
            shipping_method: None,
            ordered_by: Vec::new(),
            summary,
        };
        let to = Recipient::Shopper {
            address: "ada@shopper.example".to_owned(),
            name: Some("<b>Ada</b>".to_owned()),
        };
        let sender = Sender {
            shop: "Pens & Paper".to_owned(),
            contact,
            policies: Vec::new(),
            accent: None,
            sandbox: true,
            texts: Texts::of(Language::default()),
        };
        Email::new(to, &sender, &mail).unwrap()
    }

    #[test]
    fn the_text_is_plain() {
        let text = email(Contact::default()).text;
        assert_eq!(
            text,
            concat!(
                "Hello <b>Ada</b>,\n\n",
                "Check it before you send anything: <i>. A separate email says more.\n\n",
                "€21.50 has been paid. The items are below; the order’s page has everything else, ",
                "and there you mark it as shipped.\n\n",
                "View this order:\nhttps://shop.example/orders/0123\n\n",
                "Order 12, 1 May 2026\n\n",
                "  2 × Pen <script>: €5.00 (€2.50 each)\n  1 × Mug: €12.50\n\n",
                "  Subtotal: €17.50\n  Shipping: €4.00\n  Total: €21.50\n\n",
                "Ship to:\n  Ada <b>\n  Berlin\n\n",
                "This is a test shop: no real payments are taken.\n\n",
                "-- \nPens & Paper"
            )
        );
    }

    #[test]
    fn the_html_escapes_its_content_and_loads_nothing_remote() {
        let html = email(Contact::default()).html;
        assert!(html.contains("Hello &#60;b&#62;Ada&#60;/b&#62;,"), "{html}");
        assert!(html.contains("2 × Pen &#60;script&#62;"), "{html}");
        assert!(html.contains("Ada &#60;b&#62;<br>Berlin"), "{html}");
        assert!(html.contains("Pens &#38; Paper"), "{html}");
        for remote in ["<img", "<script", "<link", "src=", "url(", "@import"] {
            assert!(!html.contains(remote), "{remote} in {html}");
        }
        let links = html.matches("http").count();
        assert_eq!(links, 1, "{html}");
        assert!(html.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn both_forms_end_with_the_shops_name_and_contact() {
        let contact = Contact {
            address: vec!["Pens <& Paper".to_owned(), "1 High Street".to_owned()],
            email: Some("hello@shop.example".to_owned()),
            phone: Some("+44 20 1234".to_owned()),
            links: vec![ContactLink {
                label: "Terms".to_owned(),
                url: "https://shop.example/terms".to_owned(),
            }],
        };
        let Email { text, html, .. } = email(contact);
        assert!(
            text.ends_with(concat!(
                "-- \nPens & Paper\nPens <& Paper\n1 High Street\nhello@shop.example\n",
                "+44 20 1234\nTerms: https://shop.example/terms"
            )),
            "{text}"
        );
        assert!(
            html.contains("Pens &#60;&#38; Paper<br>1 High Street"),
            "{html}"
        );
        assert!(
            html.contains("<a href=\"mailto:hello@shop.example\""),
            "{html}"
        );
        assert!(html.contains("<a href=\"tel:+44201234\""), "{html}");
        assert!(
            html.contains("<a href=\"https://shop.example/terms\"") && html.contains("Terms</a>"),
            "{html}"
        );
    }

    #[test]
    fn a_recipient_is_not_printed() {
        let printed = format!("{:?}", email(Contact::default()));
        assert!(!printed.contains("shopper.example"), "{printed}");
    }
}
