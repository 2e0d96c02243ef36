//! The order summary: line items and totals.

use std::fmt::Write;

use super::fields::Input;
use super::{Escaped, Form};
use crate::objects::coupon::Discount;
use crate::objects::session::LineItem;
use crate::totals::Totals;

impl Form<'_> {
    pub(super) fn summary(&self) -> String {
        let totals = self.session.totals();
        let code = match self.session.options().allow_promotion_codes {
            Some(true) => self.promotion_code(),
            _ => String::new(),
        };
        format!("{}{}{code}", self.lines(), self.totals(&totals))
    }

    fn lines(&self) -> String {
        let currency = self.session.currency;
        let row = |line: &LineItem| {
            let unit_price = match line.quantity {
                1 => String::new(),
                quantity => format!(
                    "<small>{quantity} × {}</small>",
                    currency.display(line.unit_amount)
                ),
            };
            format!(
                "<li><span>{}{unit_price}</span><span class=\"amount\">{}</span></li>",
                Escaped(&line.name),
                currency.display(line.subtotal())
            )
        };
        let rows: String = self.session.lines.iter().map(row).collect();
        format!("<ul class=\"lines\">{rows}</ul>")
    }

    /// The totals from subtotal to total; empty if the line items are all there is.
    fn totals(&self, totals: &Totals) -> String {
        let options = self.session.options();
        let (discount, shipping) = (self.session.discount(), self.session.shipping_option());
        if discount.is_none() && shipping.is_none() && !options.automatic_tax {
            return String::new();
        }
        let mut rows = String::new();
        let mut row = |what: &str, amount: &str| {
            let _ = write!(
                rows,
                "<div><dt>{}</dt><dd class=\"amount\">{amount}</dd></div>",
                Escaped(what)
            );
        };
        let display = |amount| self.session.currency.display(amount);
        row("Subtotal", &display(totals.subtotal));
        if let Some(discount) = discount {
            row(&discount_label(discount), &display(-totals.discount));
        }
        if let (Some(option), Some(share)) = (shipping, totals.shipping) {
            row(
                &format!("Shipping: {}", option.display_name),
                &display(share.subtotal),
            );
        }
        if options.automatic_tax {
            let known = self.session.tax_country().is_some();
            let (what, amount) = match known {
                true => (tax_label(totals), display(totals.tax)),
                false => ("Tax", "Enter address to calculate".to_owned()),
            };
            row(what, &amount);
        }
        row("Total", &display(totals.total));
        format!("<dl class=\"sums\">{rows}</dl>")
    }

    fn promotion_code(&self) -> String {
        let applied = self
            .session
            .discount()
            .and_then(|discount| discount.promotion_code.as_ref());
        if let Some(applied) = applied {
            return format!(
                "<p class=\"code\"><span>Promotion code <strong>{code}</strong> applied.</span> \
                 <button form=\"pay\" type=\"submit\" name=\"action\" value=\"remove\" \
                 class=\"secondary\">Remove {code}</button></p>",
                code = Escaped(&applied.code)
            );
        }
        let input = self.input(&Input {
            id: "promotion_code",
            label: "Promotion code",
            value: &self.typed.code,
            attributes: "form=\"pay\" autocomplete=\"off\" autocapitalize=\"characters\" \
                         maxlength=\"100\"",
            hint: None,
        });
        format!(
            "<div class=\"code\">{input}<button form=\"pay\" type=\"submit\" name=\"action\" \
             value=\"apply\" class=\"secondary\">Apply</button></div>"
        )
    }
}

fn discount_label(discount: &Discount) -> String {
    let code = discount.promotion_code.as_ref().map(|code| &code.code);
    match discount.name.as_ref().or(code) {
        Some(name) => format!("{name} ({})", discount.off.display()),
        None => format!("Discount ({})", discount.off.display()),
    }
}

fn tax_label(totals: &Totals) -> &'static str {
    let shipping = totals.shipping.map_or(0, |share| share.subtotal);
    let added = totals.total - (totals.subtotal - totals.discount + shipping);
    match added {
        0 if totals.tax > 0 => "Tax (included in the total)",
        added if added == totals.tax => "Tax",
        _ => "Tax (partly included in the prices)",
    }
}
