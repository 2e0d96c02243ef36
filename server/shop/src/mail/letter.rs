//! What a mail says, in its two forms: plain text and HTML. Both carry the same words; neither loads anything from anywhere.

use std::fmt;

use askama::Template;

use crate::contact::Contact;

/// To whom.
#[derive(Clone, PartialEq, Eq)]
pub enum Recipient {
    /// Who paid.
    Shopper {
        /// As typed on Stripe's page.
        address: String,
        /// As typed on Stripe's page.
        name: Option<String>,
    },
    /// Who keeps the shop.
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

/// A mail before it has a form.
#[derive(Clone, Debug)]
pub struct Letter {
    /// To whom.
    pub to: Recipient,
    /// In the list of mails.
    pub subject: String,
    /// Above the HTML.
    pub heading: String,
    /// The first line.
    pub greeting: String,
    /// What happened, and what happens next.
    pub paragraphs: Vec<String>,
    /// What it is about.
    pub summary: Option<Summary>,
    /// Where to look.
    pub link: Link,
    /// Who writes.
    pub shop: String,
    /// Where that is; its links are absolute.
    pub contact: Contact,
    /// Whether no real payment is taken.
    pub sandbox: bool,
}

/// An order in short.
#[derive(Clone, Debug)]
pub struct Summary {
    /// Its number and day.
    pub title: String,
    /// What was ordered.
    pub lines: Vec<Row>,
    /// Discount, shipping, tax, total and what went back, as far as there is any.
    pub totals: Vec<Row>,
}

/// One amount, and what it is for.
#[derive(Clone, Debug)]
pub struct Row {
    /// Such as `2 × Enamel mug`.
    pub label: String,
    /// Such as `€25.00`.
    pub amount: String,
}

/// A link in words.
#[derive(Clone, Debug)]
pub struct Link {
    /// What is there.
    pub label: String,
    /// Absolute.
    pub url: String,
}

#[derive(Template)]
#[template(path = "mail.txt")]
struct Text<'a> {
    letter: &'a Letter,
}

#[derive(Template)]
#[template(path = "mail.html")]
struct Html<'a> {
    letter: &'a Letter,
}

impl Letter {
    /// Its text, and its HTML.
    ///
    /// # Errors
    /// Where a template fails; there is no letter for which one does.
    pub fn render(&self) -> Result<(String, String), askama::Error> {
        Ok((
            Text { letter: self }.render()?,
            Html { letter: self }.render()?,
        ))
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
mod tests {
    use super::*;
    use crate::contact::ContactLink;

    fn letter() -> Letter {
        let row = |label: &str, amount: &str| Row {
            label: label.to_owned(),
            amount: amount.to_owned(),
        };
        Letter {
            to: Recipient::Shopper {
                address: "ada@shopper.example".to_owned(),
                name: None,
            },
            subject: "Your order 12 at Pens & Paper".to_owned(),
            heading: "Thank you".to_owned(),
            greeting: "Hello <b>Ada</b>,".to_owned(),
            paragraphs: vec!["One.".to_owned(), "Two.".to_owned()],
            summary: Some(Summary {
                title: "Order 12".to_owned(),
                lines: vec![row("2 × Pen <script>", "€5.00"), row("1 × Mug", "€12.50")],
                totals: vec![row("Shipping", "€4.00"), row("Total", "€21.50")],
            }),
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
        let (text, _) = letter().render().unwrap();
        assert_eq!(
            text,
            "Hello <b>Ada</b>,\n\nOne.\n\nTwo.\n\nOrder 12\n\n  2 × Pen <script>: €5.00\n  1 × Mug: €12.50\n\n  Shipping: €4.00\n  Total: €21.50\n\nSee your order:\nhttps://shop.example/orders/0123\n\nThis shop is being tried out: no real payment is taken.\n\n-- \nPens & Paper"
        );
    }

    #[test]
    fn the_html_escapes_what_others_typed_and_loads_nothing() {
        let (_, html) = letter().render().unwrap();
        assert!(html.contains("Hello &#60;b&#62;Ada&#60;/b&#62;,"), "{html}");
        assert!(html.contains("2 × Pen &#60;script&#62;"), "{html}");
        assert!(html.contains("Pens &#38; Paper"), "{html}");
        for remote in ["<img", "<script", "<link", "src=", "url(", "@import"] {
            assert!(!html.contains(remote), "{remote} in {html}");
        }
        let links = html.matches("http").count();
        assert_eq!(links, 1, "{html}");
        assert!(html.contains("prefers-color-scheme: dark"));
    }

    #[test]
    fn both_forms_end_with_who_writes_and_where_that_is() {
        let contact = Contact {
            address: vec!["Pens <& Paper".to_owned(), "1 High Street".to_owned()],
            email: Some("hello@shop.example".to_owned()),
            phone: Some("+44 20 1234".to_owned()),
            links: vec![ContactLink {
                label: "Terms".to_owned(),
                url: "https://shop.example/terms".to_owned(),
            }],
        };
        let letter = Letter {
            contact,
            ..letter()
        };
        let (text, html) = letter.render().unwrap();
        assert!(
            text.ends_with(
                "-- \nPens & Paper\nPens <& Paper\n1 High Street\nhello@shop.example\n+44 20 1234\nTerms: https://shop.example/terms"
            ),
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
        let printed = format!("{:?}", letter());
        assert!(!printed.contains("shopper.example"), "{printed}");
    }
}
