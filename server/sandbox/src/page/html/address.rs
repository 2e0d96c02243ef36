//! Addresses, shipping options, and the button that updates the total.

use super::fields::Input;
use super::{Escaped, Form, custom_text};
use crate::address::Address;
use crate::countries;
use crate::objects::session_options::ShippingOption;

impl Form<'_> {
    /// The addresses and shipping options that the session collects, if any.
    pub(super) fn addresses(&self) -> String {
        let options = self.session.options();
        let mut html = String::new();
        if options.collects_shipping_address() {
            let allowed = &options.shipping_countries;
            html += &format!(
                "<fieldset><legend>Shipping address</legend>{}{}</fieldset>",
                custom_text(options.custom_text.shipping_address.as_ref()),
                self.address("shipping", &self.typed.shipping, allowed),
            );
        }
        if !options.shipping_options.is_empty() {
            html += &self.shipping_options(&options.shipping_options);
        }
        if options.requires_billing_address() {
            html += &self.billing_address(options.collects_shipping_address());
        }
        if options.automatic_tax || options.shipping_options.len() > 1 {
            html += "<button type=\"submit\" name=\"action\" value=\"update\" \
                     class=\"secondary\">Update total</button>";
        }
        html
    }

    fn billing_address(&self, ships: bool) -> String {
        let same = match ships {
            true => self.checkbox(
                "billing_same",
                "Same as the shipping address",
                !self.typed.other_billing,
            ),
            false => String::new(),
        };
        format!(
            "<fieldset class=\"billing\"><legend>Billing address</legend>{same}\
             <div class=\"parts\">{}</div></fieldset>",
            self.address("billing", &self.typed.billing, &[]),
        )
    }

    /// The fields of one address. If `allowed` is empty, all countries are offered.
    fn address(&self, prefix: &str, typed: &Address, allowed: &[String]) -> String {
        let listed = |code: &str| allowed.is_empty() || allowed.iter().any(|known| known == code);
        let choices = countries::all().filter(|(code, _)| listed(code));
        let chosen = match (typed.country.as_str(), allowed) {
            ("", [only]) => only,
            ("", _) => self.session.tax_country().unwrap_or_default(),
            (typed, _) => typed,
        };
        let country = self.select(
            (
                &format!("{prefix}_country"),
                "Country",
                &format!("{prefix} country"),
            ),
            choices,
            chosen,
        );
        let field = |part: &str, label: &str, value: &str, token: &str| {
            self.input(&Input {
                id: &format!("{prefix}_{part}"),
                label,
                value,
                attributes: &format!("autocomplete=\"{prefix} {token}\" maxlength=\"200\""),
                hint: None,
            })
        };
        format!(
            "{country}{}{}<div class=\"pair\">{}{}</div>{}",
            field(
                "line1",
                "Street and house number",
                &typed.line1,
                "address-line1"
            ),
            field(
                "line2",
                "Flat, floor or company (optional)",
                &typed.line2,
                "address-line2"
            ),
            field(
                "postal_code",
                "Postal code",
                &typed.postal_code,
                "postal-code"
            ),
            field("city", "Town or city", &typed.city, "address-level2"),
            field(
                "state",
                "State or region (optional)",
                &typed.state,
                "address-level1"
            ),
        )
    }

    fn shipping_options(&self, offered: &[ShippingOption]) -> String {
        let chosen = self.session.shipping_option();
        let option = |option: &ShippingOption| {
            let checked = match chosen.is_some_and(|chosen| chosen.id == option.id) {
                true => " checked",
                false => "",
            };
            let estimate = match option.estimate.words() {
                words if words.is_empty() => words,
                words => format!("<small>{words}</small>"),
            };
            let amount = match option.amount {
                0 => "Free".to_owned(),
                amount => self.session.currency.display(amount),
            };
            format!(
                "<label><input type=\"radio\" name=\"shipping_rate\" value=\"{}\"{checked}>\
                 <span>{}{estimate}</span><span class=\"amount\">{amount}</span></label>",
                option.id,
                Escaped(&option.display_name),
            )
        };
        let options: String = offered.iter().map(option).collect();
        format!("<fieldset class=\"rates\"><legend>Shipping</legend>{options}</fieldset>")
    }
}
