//! `total_details.breakdown`, which exists only where it is expanded: the taxes by rate, and the
//! discounts.

use serde_json::{Value, json};

use crate::countries;
use crate::coupon::percentage_json;
use crate::objects::session::CheckoutSession;
use crate::totals::Tax;

/// What one tax rate comes to, in minor units.
struct TaxShare {
    tax: Tax,
    amount: i64,
    taxable_amount: i64,
}

impl CheckoutSession {
    /// The expanded `total_details.breakdown`.
    pub(crate) fn breakdown_json(&self) -> Value {
        let taxes = self.tax_shares();
        let taxes = taxes.iter().map(|share| self.tax_json(share));
        let taxes: Vec<Value> = taxes.collect();
        json!({ "discounts": self.discounts_json(), "taxes": taxes })
    }

    fn tax_shares(&self) -> Vec<TaxShare> {
        let input = self.totals_input();
        let totals = input.totals();
        let prices = input.lines.iter().chain(&input.shipping);
        let parts = totals.lines.iter().chain(&totals.shipping);
        let mut shares: Vec<TaxShare> = Vec::new();
        for (price, part) in prices.zip(parts) {
            let Some(tax) = price.tax.filter(|tax| tax.rate > 0) else {
                continue;
            };
            let taxable_amount = match tax.inclusive {
                true => part.total - part.tax,
                false => part.subtotal - part.discount,
            };
            match shares.iter_mut().find(|share| share.tax == tax) {
                Some(share) => {
                    share.amount += part.tax;
                    share.taxable_amount += taxable_amount;
                }
                None => shares.push(TaxShare {
                    tax,
                    amount: part.tax,
                    taxable_amount,
                }),
            }
        }
        shares
    }

    fn tax_json(&self, share: &TaxShare) -> Value {
        let country = self.tax_country().unwrap_or_default();
        let behavior = if share.tax.inclusive {
            "inclusive"
        } else {
            "exclusive"
        };
        let percentage = percentage_json(share.tax.rate);
        json!({
            "amount": share.amount,
            "rate": {
                "id": format!("txr_sandbox{country}{behavior}"),
                "object": "tax_rate",
                "active": false,
                "country": country,
                "created": self.created,
                "description": null,
                "display_name": if country == "US" { "Sales Tax" } else { "VAT" },
                "effective_percentage": percentage,
                "flat_amount": null,
                "inclusive": share.tax.inclusive,
                "jurisdiction": countries::name(country),
                "jurisdiction_level": "country",
                "livemode": false,
                "metadata": {},
                "percentage": percentage,
                "rate_type": "percentage",
                "state": null,
                "tax_type": if country == "US" { "sales_tax" } else { "vat" },
            },
            "taxability_reason": "standard_rated",
            "taxable_amount": share.taxable_amount,
        })
    }

    fn discounts_json(&self) -> Vec<Value> {
        let Some(discount) = self.discount() else {
            return Vec::new();
        };
        let code = discount.promotion_code.as_ref().map(|code| &code.id);
        vec![json!({
            "amount": self.totals().discount,
            "discount": {
                "id": format!("di_{}", self.short_key()),
                "object": "discount",
                "checkout_session": self.id,
                "customer": null,
                "customer_account": null,
                "end": null,
                "invoice": null,
                "invoice_item": null,
                "promotion_code": code,
                "source": { "coupon": discount.coupon, "type": "coupon" },
                "start": self.created,
                "subscription": null,
                "subscription_item": null,
            },
        })]
    }
}
