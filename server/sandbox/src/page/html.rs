//! The HTML of the payment page.

mod address;
mod fields;
mod methods;
mod summary;

use std::fmt::{self, Write};

use url::Url;

use crate::error::ApiError;
use crate::objects::payment::PaymentMethod;
use crate::objects::session::{Authentication, CheckoutSession};
use crate::page::form::FormValues;
use fields::{Input, Problem};

/// Text escaped for element content and quoted attributes.
pub(crate) struct Escaped<'a>(pub(crate) &'a str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for c in self.0.chars() {
            match c {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                c => f.write_char(c)?,
            }
        }
        Ok(())
    }
}

/// The form of an open session, with the values typed so far and an error, if any.
pub(super) struct Form<'a> {
    session: &'a CheckoutSession,
    typed: &'a FormValues,
    problem: Option<Problem>,
    updated: bool,
    /// The relative path from the page to `/c/pay/`.
    pub(super) base: &'static str,
}

impl<'a> Form<'a> {
    pub(super) fn new(session: &'a CheckoutSession, typed: &'a FormValues) -> Form<'a> {
        Form {
            session,
            typed,
            problem: None,
            updated: false,
            base: "",
        }
    }

    /// The same form for a page one level below the payment page.
    pub(super) fn below_page(self) -> Form<'a> {
        Form {
            base: "../",
            ..self
        }
    }

    /// Announces the updated total.
    pub(super) fn with_new_total(self) -> Form<'a> {
        Form {
            updated: true,
            ..self
        }
    }

    pub(super) fn with_error(self, error: &ApiError) -> Form<'a> {
        let total = self.session.currency.display(self.session.total());
        let mut problem = Problem::new(error, &total);
        // There is no input field while a code is applied.
        if self.session.discount().is_some() {
            problem.input.take_if(|input| input == "promotion_code");
        }
        Form {
            problem: Some(problem),
            ..self
        }
    }

    /// The whole page.
    pub(super) fn html(&self) -> String {
        let total = self.session.currency.display(self.session.total());
        let free = self.session.total() == 0;
        let title = match (&self.problem, free) {
            (Some(_), _) => format!("Not paid: {total}"),
            (None, _) => format!("Pay {total}"),
        };
        let body = format!(
            "<div class=\"columns\">{default_button}\
             <section class=\"summary\" aria-labelledby=\"total\">\
             <h1 id=\"total\"><span>{what}</span> {total}</h1>{summary}{back}</section>\
             <section class=\"payment\" aria-labelledby=\"payment\">\
             <h2 id=\"payment\">Payment</h2>{alert}\
             <form id=\"pay\" method=\"post\" action=\"{base}{id}\" novalidate>\
             <input type=\"hidden\" name=\"expected_amount\" value=\"{amount}\">\
             {contact}{addresses}{questions}{methods}{consent}\
             <button type=\"submit\" name=\"action\" value=\"pay\">{button}</button>{after}</form>\
             {test_numbers}</section></div>",
            default_button = self.default_button(),
            what = if free { "Nothing to pay" } else { "To pay" },
            summary = self.summary(),
            back = back_link(self.session),
            alert = self.alert(&total),
            base = self.base,
            id = self.session.id,
            amount = self.session.total(),
            contact = self.contact(),
            addresses = self.addresses(),
            questions = self.questions(),
            methods = if free { String::new() } else { self.methods() },
            consent = self.consent(),
            button = self.button(&total),
            after = custom_text(self.session.options().custom_text.after_submit.as_ref()),
            test_numbers = if free {
                String::new()
            } else {
                methods::test_numbers(self.session)
            },
        );
        document(&title, &body, self.base)
    }

    /// Return presses the first button of a form, which must be the one that pays. Empty if there
    /// is no other button.
    fn default_button(&self) -> &'static str {
        let options = self.session.options();
        let has_other_buttons = options.automatic_tax
            || options.shipping_options.len() > 1
            || options.allow_promotion_codes == Some(true);
        match has_other_buttons {
            true => {
                "<button class=\"default\" form=\"pay\" type=\"submit\" \
                 name=\"action\" value=\"pay\" tabindex=\"-1\" aria-hidden=\"true\">Pay</button>"
            }
            false => "",
        }
    }

    fn alert(&self, total: &str) -> String {
        match &self.problem {
            Some(Problem {
                message,
                input: Some(input),
            }) => format!(
                "<p class=\"alert\" role=\"alert\"><a href=\"#{input}\">{}</a></p>",
                Escaped(message)
            ),
            Some(Problem { message, .. }) => {
                format!("<p class=\"alert\" role=\"alert\">{}</p>", Escaped(message))
            }
            None if self.updated => {
                format!("<p class=\"news\" role=\"status\">The total is now {total}.</p>")
            }
            None => String::new(),
        }
    }

    fn contact(&self) -> String {
        let mut html = match &self.session.customer_email {
            Some(email) => format!(
                "<p class=\"known-email\">Email <strong>{}</strong></p>",
                Escaped(email)
            ),
            None => self.input(&Input {
                id: "email",
                label: "Email",
                value: &self.typed.email,
                attributes: "type=\"email\" autocomplete=\"email\" maxlength=\"254\"",
                hint: None,
            }),
        };
        html += &self.input(&Input {
            id: "name",
            label: "Name",
            value: &self.typed.name,
            attributes: "autocomplete=\"name\" maxlength=\"200\"",
            hint: None,
        });
        if self.session.options().phone_number_collection {
            html += &self.input(&Input {
                id: "phone",
                label: "Phone number",
                value: &self.typed.phone,
                attributes: "type=\"tel\" autocomplete=\"tel\" maxlength=\"40\"",
                hint: None,
            });
        }
        html
    }

    /// The company, its tax id and the shop's own fields, if the session asks for them.
    fn questions(&self) -> String {
        let options = self.session.options();
        let mut html = String::new();
        if options.tax_id_required.is_some() {
            let typed = &self.typed;
            let fields = [
                ("business_name", "Company (optional)", &typed.business_name),
                ("tax_id", "Tax ID (optional)", &typed.tax_id),
            ];
            for (id, label, value) in fields {
                html += &self.input(&Input {
                    id,
                    label,
                    value,
                    attributes: "maxlength=\"150\"",
                    hint: None,
                });
            }
        }
        for field in &options.custom_fields {
            let mut typed = self.typed.custom_fields.iter();
            let typed = typed.find(|(key, _)| *key == field.key);
            let optional = if field.optional { " (optional)" } else { "" };
            let default = field.default_value.as_deref().unwrap_or_default();
            html += &self.input(&Input {
                id: &format!("custom_fields[{}]", field.key),
                label: &format!("{}{optional}", Escaped(&field.label)),
                value: typed.map_or(default, |(_, value)| value),
                attributes: &format!("maxlength=\"{}\"", field.maximum_length.unwrap_or(255)),
                hint: None,
            });
        }
        html
    }

    /// The terms of service and the shop's text above the button.
    fn consent(&self) -> String {
        let options = self.session.options();
        let mut html = String::new();
        if options.requires_terms() {
            let text = options.custom_text.terms_of_service_acceptance.as_deref();
            html += &self.checkbox(
                "terms_of_service",
                text.unwrap_or("I agree to this shop's terms of service."),
                self.typed.accepts_terms,
            );
        }
        html + &custom_text(options.custom_text.submit.as_ref())
    }

    fn button(&self, total: &str) -> String {
        let verb = match self.session.options().submit_type.as_deref() {
            Some("book") => "Book for",
            Some("donate") => "Donate",
            Some("subscribe") => "Subscribe for",
            _ => "Pay",
        };
        match self.session.total() {
            0 => "Place the order".to_owned(),
            _ => format!("{verb} {total}"),
        }
    }
}

/// The shop's custom text.
fn custom_text(text: Option<&String>) -> String {
    match text {
        Some(text) => format!("<p class=\"note\">{}</p>", Escaped(text)),
        None => String::new(),
    }
}

/// The bank's 3-D Secure page.
pub(super) fn authentication(session: &CheckoutSession, authentication: &Authentication) -> String {
    let card = match &authentication.method {
        PaymentMethod::Card { last4, .. } => format!("the card ending in {last4}"),
        PaymentMethod::SepaDebit { last4, .. } => format!("the account ending in {last4}"),
    };
    let body = format!(
        "<section class=\"notice\"><h1>Is this you?</h1>\
         <p>You are paying {} to {} with {card}. A bank would ask for a code now (3-D Secure); \
         the sandbox lets you choose the result.</p>\
         <form method=\"post\" class=\"answers\">\
         <button type=\"submit\" name=\"answer\" value=\"approve\">Approve the payment</button>\
         <button type=\"submit\" name=\"answer\" value=\"fail\" class=\"secondary\">\
         Fail the authentication</button>\
         </form><p class=\"back\"><a href=\"../{}\">← Pay another way</a></p></section>",
        session.currency.display(session.total()),
        Escaped(&shop_name(session)),
        session.id,
    );
    document("3-D Secure", &body, "../")
}

/// The page of a session that is already paid.
pub(super) fn already_paid(session: &CheckoutSession, success_url: &str, base: &str) -> String {
    let body = format!(
        "<section class=\"notice\"><h1>This is already paid</h1>\
         <p>You paid {} (in the sandbox). There is nothing left to do on this page.</p>\
         <p><a class=\"button\" href=\"{}\">Back to {}</a></p></section>",
        session.currency.display(session.total()),
        Escaped(success_url),
        Escaped(&shop_name(session)),
    );
    document("Already paid", &body, base)
}

/// The page of an expired session.
pub(super) fn expired(session: &CheckoutSession, base: &str) -> String {
    let body = format!(
        "<section class=\"notice\"><h1>This payment page has expired</h1>\
         <p>Nothing was paid. Go back to the shop to start again.</p>{}</section>",
        back_link(session)
    );
    document("Expired", &body, base)
}

/// The page of an invoice. The sandbox writes no PDF.
pub(super) fn invoice(session: &CheckoutSession, number: &str) -> String {
    let lines: String = session
        .priced_lines()
        .iter()
        .map(|(line, totals)| {
            format!(
                "<li>{} × {}: {}</li>",
                line.quantity,
                Escaped(&line.name),
                session.currency.display(totals.subtotal)
            )
        })
        .collect();
    let body = format!(
        "<section class=\"notice\"><h1>Invoice {}</h1><ul>{lines}</ul>\
         <p>Paid: {}</p></section>",
        Escaped(number),
        session.currency.display(session.total()),
    );
    document("Invoice", &body, "")
}

/// The page for an unknown session or an invalid form.
pub(super) fn not_found() -> String {
    document(
        "Not found",
        "<section class=\"notice\"><h1>There is no payment here</h1>\
         <p>The address is incomplete, or the sandbox has been reset. \
         Go back to the shop to start again.</p></section>",
        "",
    )
}

fn document(title: &str, body: &str, base: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\">\
         <meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – Sandbox</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"{base}../sandbox.css\"></head>\
         <body><header><p><strong>Sandbox</strong> — no real payment is taken</p></header>\
         <main>{body}</main></body></html>\n",
        title = Escaped(title),
    )
}

fn back_link(session: &CheckoutSession) -> String {
    match &session.cancel_url {
        Some(url) => format!(
            "<p class=\"back\"><a href=\"{}\">← Back to {}</a></p>",
            Escaped(url),
            Escaped(&shop_name(session))
        ),
        None => String::new(),
    }
}

/// The shop's name: the host of its URL.
fn shop_name(session: &CheckoutSession) -> String {
    let url = Url::parse(&session.success_url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "the shop".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_cannot_become_markup() {
        assert_eq!(
            Escaped("<b a=\"1\" c='2'>&amp;").to_string(),
            "&lt;b a=&quot;1&quot; c=&#39;2&#39;&gt;&amp;amp;"
        );
    }
}
