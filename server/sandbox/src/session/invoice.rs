//! The invoice of a paid session, with `invoice_creation`. It is computed from its session, whose
//! id it shares in part.

use serde_json::{Value, json};

use crate::metadata::metadata_json;
use crate::objects::session::{CheckoutSession, PaymentStatus};
use crate::payment::empty_address;
use crate::store::Store;

/// The session of the invoice with this id.
pub(crate) fn session_of_invoice<'a>(store: &'a Store, id: &str) -> Option<&'a CheckoutSession> {
    let key = id.strip_prefix("in_")?;
    let mut sessions = store.sessions.iter();
    sessions.find(|session| session.short_key() == key && session.invoice().is_some())
}

impl CheckoutSession {
    /// The last 24 characters of the id.
    pub(super) fn short_key(&self) -> &str {
        let start = self.id.len().saturating_sub(24);
        self.id.get(start..).unwrap_or(&self.id)
    }

    /// The id of its invoice, once it is paid.
    pub(crate) fn invoice(&self) -> Option<String> {
        let paid = self.payment_status != PaymentStatus::Unpaid;
        (self.options().invoice_creation && paid).then(|| format!("in_{}", self.short_key()))
    }

    /// Its invoice as the API returns it; `None` as long as it has none.
    pub(crate) fn invoice_json(&self, origin: &str) -> Option<Value> {
        let id = self.invoice()?;
        let totals = self.totals();
        let shopper = self.shopper.as_deref()?;
        let url = format!("{origin}/c/invoice/{id}");
        let lines: Vec<Value> = self
            .lines
            .iter()
            .map(|line| self.invoice_line(line))
            .collect();
        Some(json!({
            "id": id,
            "object": "invoice",
            "amount_due": totals.total,
            "amount_paid": totals.total,
            "amount_remaining": 0,
            "amount_shipping": totals.shipping.map_or(0, |shipping| shipping.subtotal),
            "attempt_count": 0,
            "attempted": true,
            "auto_advance": false,
            "billing_reason": "manual",
            "collection_method": "charge_automatically",
            "created": self.created,
            "currency": self.currency.code(),
            "customer": null,
            "customer_address": shopper.billing.as_ref()
                .map_or_else(empty_address, |address| address.json()),
            "customer_email": shopper.email,
            "customer_name": shopper.business_name.as_ref().or(shopper.name.as_ref()),
            "customer_tax_ids": shopper.tax_id.as_ref().into_iter().collect::<Vec<_>>(),
            "hosted_invoice_url": url,
            "invoice_pdf": format!("{url}/pdf"),
            "lines": {
                "object": "list", "data": lines, "has_more": false,
                "total_count": self.lines.len(), "url": format!("/v1/invoices/{id}/lines"),
            },
            "livemode": false,
            "metadata": metadata_json(&self.metadata),
            "number": format!("SANDBOX-{}", self.short_key().get(..8).unwrap_or_default()),
            "status": "paid",
            "subtotal": totals.subtotal,
            "total": totals.total,
        }))
    }

    fn invoice_line(&self, line: &crate::objects::session::LineItem) -> Value {
        json!({
            "id": format!("il_{}", line.key), "object": "line_item", "amount": line.subtotal(),
            "currency": self.currency.code(), "description": line.name, "livemode": false,
            "quantity": line.quantity,
        })
    }
}
