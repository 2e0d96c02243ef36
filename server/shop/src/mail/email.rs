//! The content of an email and its two renderings, plain text and HTML. Both have the same words;
//! neither loads remote content.

use std::fmt;

use askama::Template;

use crate::contact::Contact;

/// Who receives an email. It does not print the address.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Who paid.
    Shopper {
        /// As typed on Stripe's page.
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

/// The content of an email.
#[derive(Clone, Debug)]
pub struct Email {
    /// Who receives it.
    pub to: Recipient,
    /// The subject line.
    pub subject: String,
    /// The heading of the HTML; the text has none.
    pub heading: String,
    /// The first line, such as `Hello,`.
    pub greeting: String,
    /// What happened, and what happens next.
    pub paragraphs: Vec<String>,
    /// The order that it is about.
    pub summary: Option<Summary>,
    /// Further facts, such as the shipping address.
    pub blocks: Vec<Block>,
    /// Where to find out more.
    pub link: Link,
    /// The shop's name.
    pub shop: String,
    /// The shop's address and links, which are absolute.
    pub contact: Contact,
    /// Whether this is a test shop, which takes no real payments.
    pub sandbox: bool,
}

/// The summary of an order.
#[derive(Clone, Debug)]
pub struct Summary {
    /// The order's number and when it was paid.
    pub title: String,
    /// What was ordered.
    pub lines: Vec<Row>,
    /// Subtotal, discount, shipping, tax and total, without those that are zero.
    pub totals: Vec<Row>,
}

/// An amount and its label.
#[derive(Clone, Debug)]
pub struct Row {
    /// Such as `2 × Enamel mug`.
    pub label: String,
    /// Such as `€25.00`.
    pub amount: String,
}

/// Lines below a title.
#[derive(Clone, Debug)]
pub struct Block {
    /// Such as `Ship to`.
    pub title: String,
    /// At least one.
    pub lines: Vec<String>,
}

/// A link and its label.
#[derive(Clone, Debug)]
pub struct Link {
    /// The text of the link.
    pub label: String,
    /// Absolute.
    pub url: String,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    email: &'a Email,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    email: &'a Email,
}

impl Email {
    /// Renders the plain text and the HTML.
    ///
    /// # Errors
    /// If a template fails, which no email makes it do.
    pub fn render(&self) -> Result<(String, String), askama::Error> {
        Ok((
            Text { email: self }.render()?,
            Html { email: self }.render()?,
        ))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::contact::ContactLink;

    fn email() -> Email {
        let row = |label: &str, amount: &str| Row {
            label: label.to_owned(),
            amount: amount.to_owned(),
        };
        Email {
            to: Recipient::Shopper {
                address: "ada@shopper.example".to_owned(),
                name: None,
            },
            subject: "Your order 12 from Pens & Paper".to_owned(),
            heading: "Thank you".to_owned(),
            greeting: "Hello <b>Ada</b>,".to_owned(),
            paragraphs: vec!["One.".to_owned(), "Two.".to_owned()],
            summary: Some(Summary {
                title: "Order 12".to_owned(),
                lines: vec![row("2 × Pen <script>", "€5.00"), row("1 × Mug", "€12.50")],
                totals: vec![row("Shipping", "€4.00"), row("Total", "€21.50")],
            }),
            blocks: vec![Block {
                title: "Ship to".to_owned(),
                lines: vec!["Ada <b>".to_owned(), "Berlin".to_owned()],
            }],
            link: Link {
                label: "See your order".to_owned(),
                url: "https://shop.example/orders/0123".to_owned(),
            },
            shop: "Pens & Paper".to_owned(),
            contact: Contact::default(),
            sandbox: true,
        }
    }

    #[test]
    fn the_text_is_plain() {
        let (text, _) = email().render().unwrap();
        assert_eq!(
            text,
            concat!(
                "Hello <b>Ada</b>,\n\nOne.\n\nTwo.\n\nOrder 12\n\n",
                "  2 × Pen <script>: €5.00\n  1 × Mug: €12.50\n\n",
                "  Shipping: €4.00\n  Total: €21.50\n\n",
                "Ship to:\n  Ada <b>\n  Berlin\n\n",
                "See your order:\nhttps://shop.example/orders/0123\n\n",
                "This is a test shop: no real payments are taken.\n\n",
                "-- \nPens & Paper"
            )
        );
    }

    #[test]
    fn the_html_escapes_its_content_and_loads_nothing_remote() {
        let (_, html) = email().render().unwrap();
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
        let email = Email { contact, ..email() };
        let (text, html) = email.render().unwrap();
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
            html.contains("<a href=\"mailto:hello@shop.example\">"),
            "{html}"
        );
        assert!(html.contains("<a href=\"tel:+44201234\">"), "{html}");
        assert!(
            html.contains("<a href=\"https://shop.example/terms\">Terms</a>"),
            "{html}"
        );
    }

    #[test]
    fn a_recipient_is_not_printed() {
        let printed = format!("{:?}", email());
        assert!(!printed.contains("shopper.example"), "{printed}");
    }
}
