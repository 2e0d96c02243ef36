//! Payment methods, and the test numbers for them.

use std::fmt::Write;

use super::Form;
use super::fields::Input;
use crate::objects::session::{CheckoutSession, MethodType};
use crate::test_cards::{TEST_CARDS, TEST_IBANS};

impl Form<'_> {
    /// The fields for cards and bank accounts, and the choice between them.
    pub(super) fn methods(&self) -> String {
        let offered = self.session.payment_methods();
        let chosen = self
            .typed
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
                MethodType::Card => self.card_fields(),
                MethodType::SepaDebit => self.sepa_fields(),
            })
            .collect();
        choices + &fields
    }

    fn card_fields(&self) -> String {
        // No autocomplete: cards saved in the browser are real ones.
        let number = self.input(&Input {
            id: "number",
            label: "Card number",
            value: "",
            attributes: "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"24\" \
                     placeholder=\"4242 4242 4242 4242\"",
            hint: Some("Test numbers only. See the list below."),
        });
        let expiry = self.input(&Input {
            id: "expiry",
            label: "Expiry",
            value: &self.typed.expiry,
            attributes: "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"9\" \
                     placeholder=\"12 / 34\"",
            hint: Some("MM / YY"),
        });
        let cvc = self.input(&Input {
            id: "cvc",
            label: "CVC",
            value: "",
            attributes: "inputmode=\"numeric\" autocomplete=\"off\" maxlength=\"4\" \
                     placeholder=\"123\"",
            hint: None,
        });
        format!("<div class=\"card\">{number}<div class=\"pair\">{expiry}{cvc}</div></div>")
    }

    fn sepa_fields(&self) -> String {
        let iban = self.input(&Input {
        id: "iban",
        label: "IBAN",
        value: "",
        attributes: "autocomplete=\"off\" maxlength=\"42\" \
                     placeholder=\"AT61 1904 3002 3457 3201\"",
        hint: Some(
            "The bank confirms the payment a few seconds after the order; a real one takes days.",
        ),
    });
        format!("<div class=\"sepa_debit\">{iban}</div>")
    }
}

fn method_choice(method: MethodType, chosen: bool) -> String {
    let name = method.name();
    let label = match method {
        MethodType::Card => "Card",
        MethodType::SepaDebit => "SEPA Direct Debit",
    };
    let checked = if chosen { " checked" } else { "" };
    format!(
        "<label for=\"method-{name}\"><input type=\"radio\" id=\"method-{name}\" name=\"method\" \
         value=\"{name}\"{checked}> {label}</label>"
    )
}

/// The test numbers for the session's payment methods.
pub(super) fn test_numbers(session: &CheckoutSession) -> String {
    let offered = session.payment_methods();
    let mut rows = String::new();
    if offered.contains(&MethodType::Card) {
        for card in &TEST_CARDS {
            if let Some(description) = card.description {
                let _ = write!(
                    rows,
                    "<div><dt>{}</dt><dd>{description}</dd></div>",
                    group_by_four(card.number)
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
                group_by_four(account.iban)
            );
        }
    }
    format!(
        "<details open><summary>Test numbers</summary>\
         <p>Use any future expiry date and any three-digit CVC:</p><dl>{rows}</dl></details>"
    )
}

fn group_by_four(digits: &str) -> String {
    let mut grouped = String::with_capacity(digits.len() * 5 / 4);
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && at % 4 == 0 {
            grouped.push(' ');
        }
        grouped.push(c);
    }
    grouped
}
