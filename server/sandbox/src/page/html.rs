//! The payment page's markup.

use std::fmt::{self, Write};

use url::Url;

use super::Typed;
use crate::error::{ApiError, ErrorType};
use crate::session::{CheckoutSession, LineItem, MethodType};
use crate::test_cards::{TEST_CARDS, TEST_IBANS};

/// Text made safe for element content and quoted attributes.
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

/// A refusal as the shopper reads it, and the input it belongs to.
struct Problem {
    message: String,
    input: Option<&'static str>,
}

impl Problem {
    fn of(error: &ApiError) -> Problem {
        let input = match error.param.as_deref() {
            // What the bank says is about the payment, not about a field.
            _ if error.executed => None,
            Some("email") => Some("email"),
            Some("name") => Some("name"),
            Some("number") => Some("number"),
            Some("exp_month" | "exp_year") => Some("expiry"),
            Some("cvc") => Some("cvc"),
            Some("iban") => Some("iban"),
            _ => None,
        };
        let message = match (error.kind, error.param.as_deref(), error.code) {
            (_, Some("email"), Some("parameter_missing")) => "Enter your email address.".to_owned(),
            (_, Some("expected_amount"), _) => {
                "The amount has changed. Look at it again before you pay.".to_owned()
            }
            (ErrorType::Card, _, _) if error.executed => {
                format!("{} Nothing was paid.", error.message)
            }
            _ => error.message.clone(),
        };
        Problem { message, input }
    }
}

/// The form of an open session, with what is wrong in what was typed.
pub(super) fn payment_form(
    session: &CheckoutSession,
    typed: &Typed,
    error: Option<&ApiError>,
) -> String {
    let problem = error.map(Problem::of);
    let total = session.currency.display(session.total());
    let alert = match &problem {
        Some(problem) => match problem.input {
            Some(input) => format!(
                "<p class=\"alert\" role=\"alert\"><a href=\"#{input}\">{}</a></p>",
                Escaped(&problem.message)
            ),
            None => format!(
                "<p class=\"alert\" role=\"alert\">{}</p>",
                Escaped(&problem.message)
            ),
        },
        None => String::new(),
    };
    let free = session.total() == 0;
    let methods = if free {
        String::new()
    } else {
        method_fields(session, typed, problem.as_ref())
    };
    let email = match &session.customer_email {
        Some(email) => format!(
            "<p class=\"known-email\">Email <strong>{}</strong></p>",
            Escaped(email)
        ),
        None => input(&Input {
            id: "email",
            label: "Email",
            value: &typed.email,
            attributes: "type=\"email\" autocomplete=\"email\" maxlength=\"254\"",
            hint: None,
            problem: problem.as_ref(),
        }),
    };
    let name = input(&Input {
        id: "name",
        label: "Name",
        value: &typed.name,
        attributes: "autocomplete=\"name\" maxlength=\"200\"",
        hint: None,
        problem: problem.as_ref(),
    });
    let title = if error.is_some() {
        format!("Not paid: {total}")
    } else {
        format!("Pay {total}")
    };
    let button = if free {
        "Place the order".to_owned()
    } else {
        format!("Pay {total}")
    };
    let body = format!(
        "<div class=\"columns\">\
         <section class=\"summary\" aria-labelledby=\"total\">\
         <h1 id=\"total\"><span>{what}</span> {total}</h1>{lines}{back}</section>\
         <section class=\"payment\" aria-labelledby=\"payment\">\
         <h2 id=\"payment\">Payment</h2>{alert}\
         <form method=\"post\" novalidate>\
         <input type=\"hidden\" name=\"expected_amount\" value=\"{amount}\">\
         {email}{methods}{name}\
         <button type=\"submit\">{button}</button></form>\
         {test_numbers}</section></div>",
        what = if free { "Nothing to pay" } else { "To pay" },
        lines = lines(session),
        back = back_link(session),
        amount = session.total(),
        test_numbers = if free {
            String::new()
        } else {
            test_numbers(session)
        },
    );
    document(&title, &body)
}

/// A session that was paid before.
pub(super) fn already_paid(session: &CheckoutSession, success_url: &str) -> String {
    let body = format!(
        "<section class=\"notice\"><h1>This is already paid</h1>\
         <p>{} went through the sandbox. There is nothing left to do on this page.</p>\
         <p><a class=\"button\" href=\"{}\">Back to {}</a></p></section>",
        session.currency.display(session.total()),
        Escaped(success_url),
        Escaped(&shop_name(session)),
    );
    document("Already paid", &body)
}

/// A session whose time is over, or that the shop ended.
pub(super) fn expired(session: &CheckoutSession) -> String {
    let body = format!(
        "<section class=\"notice\"><h1>This payment page has expired</h1>\
         <p>Nothing was paid. Go back to the shop to begin again.</p>{}</section>",
        back_link(session)
    );
    document("Expired", &body)
}

/// No session, or nothing that this page sent.
pub(super) fn unknown() -> String {
    document(
        "Not found",
        "<section class=\"notice\"><h1>There is no payment here</h1>\
         <p>The address is incomplete, or the sandbox has been reset. Go back to the shop and begin again.</p></section>",
    )
}

fn document(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <meta name=\"robots\" content=\"noindex\"><meta name=\"color-scheme\" content=\"light dark\">\
         <title>{title} – Sandbox</title><link rel=\"icon\" href=\"data:,\">\
         <link rel=\"stylesheet\" href=\"../sandbox.css\"></head>\
         <body><header><p><strong>Sandbox</strong> — no real payment is taken</p></header>\
         <main>{body}</main></body></html>\n",
        title = Escaped(title),
    )
}

fn lines(session: &CheckoutSession) -> String {
    let row = |line: &LineItem| {
        let each = match line.quantity {
            1 => String::new(),
            quantity => format!(
                "<small>{quantity} × {}</small>",
                session.currency.display(line.unit_amount)
            ),
        };
        format!(
            "<li><span>{}{each}</span><span class=\"amount\">{}</span></li>",
            Escaped(&line.name),
            session.currency.display(line.total())
        )
    };
    let rows: String = session.lines.iter().map(row).collect();
    format!("<ul class=\"lines\">{rows}</ul>")
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

/// The shop as its address names it.
fn shop_name(session: &CheckoutSession) -> String {
    let url = Url::parse(&session.success_url).ok();
    url.and_then(|url| url.host_str().map(str::to_owned))
        .unwrap_or_else(|| "the shop".to_owned())
}

struct Input<'a> {
    id: &'static str,
    label: &'a str,
    value: &'a str,
    attributes: &'a str,
    hint: Option<&'a str>,
    problem: Option<&'a Problem>,
}

/// A labelled input; its hint and its error are tied to it.
fn input(input: &Input<'_>) -> String {
    let Input {
        id,
        label,
        value,
        attributes,
        hint,
        problem,
    } = input;
    let problem = problem.filter(|problem| problem.input == Some(id));
    let mut described = Vec::new();
    let mut notes = String::new();
    if let Some(hint) = hint {
        described.push(format!("{id}-hint"));
        let _ = write!(notes, "<small id=\"{id}-hint\">{}</small>", Escaped(hint));
    }
    if let Some(problem) = problem {
        described.push(format!("{id}-error"));
        let _ = write!(
            notes,
            "<small class=\"error\" id=\"{id}-error\">{}</small>",
            Escaped(&problem.message)
        );
    }
    let described_by = match described.as_slice() {
        [] => String::new(),
        ids => format!(" aria-describedby=\"{}\"", ids.join(" ")),
    };
    let invalid = if problem.is_some() {
        " aria-invalid=\"true\""
    } else {
        ""
    };
    format!(
        "<div class=\"field\"><label for=\"{id}\">{label}</label>\
         <input id=\"{id}\" name=\"{id}\" value=\"{}\" {attributes}{invalid}{described_by}>{notes}</div>",
        Escaped(value)
    )
}

fn method_fields(session: &CheckoutSession, typed: &Typed, problem: Option<&Problem>) -> String {
    let offered = session.payment_methods();
    let chosen = typed
        .method
        .filter(|method| offered.contains(method))
        .or(offered.first().copied());
    let choices = match offered.as_slice() {
        [only] => format!(
            "<input type=\"hidden\" name=\"method\" value=\"{}\">",
            only.name()
        ),
        several => {
            let choices: String = several
                .iter()
                .map(|method| method_choice(*method, chosen == Some(*method)))
                .collect();
            format!("<fieldset class=\"methods\"><legend>Pay with</legend>{choices}</fieldset>")
        }
    };
    let fields: String = offered
        .iter()
        .map(|method| match method {
            MethodType::Card => card_fields(typed, problem),
            MethodType::SepaDebit => sepa_fields(problem),
        })
        .collect();
    choices + &fields
}

fn method_choice(method: MethodType, chosen: bool) -> String {
    let name = method.name();
    let label = match method {
        MethodType::Card => "Card",
        MethodType::SepaDebit => "SEPA Direct Debit",
    };
    let checked = if chosen { " checked" } else { "" };
    format!(
        "<label for=\"method-{name}\"><input type=\"radio\" id=\"method-{name}\" name=\"method\" value=\"{name}\"{checked}> {label}</label>"
    )
}

fn card_fields(typed: &Typed, problem: Option<&Problem>) -> String {
    // Browsers are asked not to offer the cards that they have saved: those are real.
    let number = input(&Input {
        id: "number",
        label: "Card number",
        value: "",
        attributes: "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"24\" placeholder=\"4242 4242 4242 4242\"",
        hint: Some("Test numbers only. They are listed below."),
        problem,
    });
    let expiry = input(&Input {
        id: "expiry",
        label: "Expiry (MM / YY)",
        value: &typed.expiry,
        attributes: "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"9\" placeholder=\"12 / 34\"",
        hint: None,
        problem,
    });
    let cvc = input(&Input {
        id: "cvc",
        label: "CVC",
        value: "",
        attributes: "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"4\" placeholder=\"123\"",
        hint: None,
        problem,
    });
    format!("<div class=\"card\">{number}<div class=\"pair\">{expiry}{cvc}</div></div>")
}

fn sepa_fields(problem: Option<&Problem>) -> String {
    let iban = input(&Input {
        id: "iban",
        label: "IBAN",
        value: "",
        attributes: "autocomplete=\"off\" maxlength=\"42\" placeholder=\"AT61 1904 3002 3457 3201\"",
        hint: Some(
            "The bank's answer comes a few seconds after the order, as it comes days later in life.",
        ),
        problem,
    });
    format!("<div class=\"sepa_debit\">{iban}</div>")
}

fn test_numbers(session: &CheckoutSession) -> String {
    let offered = session.payment_methods();
    let mut rows = String::new();
    if offered.contains(&MethodType::Card) {
        for card in &TEST_CARDS {
            if let Some(description) = card.description {
                let _ = write!(
                    rows,
                    "<div><dt>{}</dt><dd>{description}</dd></div>",
                    in_fours(card.number)
                );
            }
        }
    }
    if offered.contains(&MethodType::SepaDebit) {
        for account in TEST_IBANS {
            let result = if account.succeeds {
                "succeeds later"
            } else {
                "fails later"
            };
            let _ = write!(
                rows,
                "<div><dt>{}</dt><dd>{result}</dd></div>",
                in_fours(account.iban)
            );
        }
    }
    format!(
        "<details open><summary>Test numbers</summary>\
         <p>With any expiry in the future and any CVC of three digits:</p><dl>{rows}</dl></details>"
    )
}

fn in_fours(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() * 5 / 4);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(c);
    }
    grouped
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
