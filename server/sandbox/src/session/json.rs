//! How a Checkout Session and its lines look in an answer.

use serde_json::{Value, json};

use super::{CheckoutSession, LineItem, Status};
use crate::payment::{empty_address, metadata_json};

impl CheckoutSession {
    /// As the API answers it, nothing expanded. `origin` is where the payment page is reached.
    pub(crate) fn json(&self, origin: &str) -> Value {
        let total = self.total();
        let open = self.status == Status::Open;
        json!({
            "id": self.id,
            "object": "checkout.session",
            "adaptive_pricing": { "enabled": false },
            "after_expiration": null,
            "allow_promotion_codes": null,
            "allowed_payment_method_types": self.allowed_payment_method_types.as_ref()
                .map(|types| types.iter().map(|method| method.name()).collect::<Vec<_>>()),
            "amount_subtotal": total,
            "amount_total": total,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": null,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "client_secret": null,
            "collected_information": null,
            "consent": null,
            "consent_collection": null,
            "created": self.created,
            "currency": self.currency.code(),
            "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null, "terms_of_service_acceptance": null,
            },
            "customer": null,
            "customer_account": null,
            "customer_creation": "if_required",
            "customer_details": self.customer_details(),
            "customer_email": self.customer_email,
            "discounts": [],
            "expires_at": self.expires_at,
            "integration_identifier": null,
            "invoice": null,
            "invoice_creation": {
                "enabled": false,
                "invoice_data": {
                    "account_tax_ids": null, "custom_fields": null, "description": null, "footer": null,
                    "issuer": null, "metadata": {}, "rendering_options": null,
                },
            },
            "livemode": false,
            "locale": self.locale,
            "managed_payments": { "enabled": false },
            "metadata": metadata_json(&self.metadata),
            "mode": "payment",
            "origin_context": null,
            "payment_intent": self.payment_intent,
            "payment_link": null,
            "payment_method_collection": "if_required",
            "payment_method_configuration_details": null,
            "payment_method_options": {},
            "payment_method_types": self.payment_methods().iter().map(|method| method.name()).collect::<Vec<_>>(),
            "payment_status": self.payment_status,
            "permissions": null,
            "phone_number_collection": { "enabled": false },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": null,
            "shipping_cost": null,
            "shipping_options": [],
            "status": self.status,
            "submit_type": null,
            "subscription": null,
            "success_url": self.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": "hosted_page",
            "url": open.then(|| format!("{origin}/c/pay/{}", self.id)),
            "wallet_options": null,
        })
    }

    fn customer_details(&self) -> Value {
        match (&self.shopper, &self.customer_email) {
            (Some(shopper), _) => json!({
                "address": empty_address(), "business_name": null, "email": shopper.email,
                "individual_name": null, "name": shopper.name, "phone": null, "tax_exempt": "none", "tax_ids": [],
            }),
            (None, Some(email)) => json!({
                "address": null, "business_name": null, "email": email,
                "individual_name": null, "name": null, "phone": null, "tax_exempt": "none", "tax_ids": null,
            }),
            (None, None) => Value::Null,
        }
    }

    /// One of its lines as the API answers it.
    pub(crate) fn line_json(&self, line: &LineItem) -> Value {
        let key = &line.key;
        let product = key.get(..14).unwrap_or(key);
        json!({
            "id": line.id(),
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0,
            "amount_subtotal": line.total(),
            "amount_tax": 0,
            "amount_total": line.total(),
            "currency": self.currency.code(),
            "description": line.name,
            "metadata": {},
            "price": {
                "id": format!("price_{key}"),
                "object": "price",
                "active": false,
                "billing_scheme": "per_unit",
                "created": self.created,
                "currency": self.currency.code(),
                "custom_unit_amount": null,
                "livemode": false,
                "lookup_key": null,
                "metadata": {},
                "nickname": null,
                "product": format!("prod_{product}"),
                "recurring": null,
                "tax_behavior": "unspecified",
                "tiers_mode": null,
                "transform_quantity": null,
                "type": "one_time",
                "unit_amount": line.unit_amount,
                "unit_amount_decimal": line.unit_amount.to_string(),
            },
            "quantity": line.quantity,
        })
    }

    /// The product behind a line, which `expand` puts in the place of its id.
    pub(crate) fn product_json(&self, line: &LineItem) -> Value {
        let product = line.key.get(..14).unwrap_or(&line.key);
        json!({
            "id": format!("prod_{product}"),
            "object": "product",
            "active": false,
            "attributes": [],
            "created": self.created,
            "default_price": null,
            "description": line.description,
            "images": line.images,
            "livemode": false,
            "marketing_features": [],
            "metadata": metadata_json(&line.metadata),
            "name": line.name,
            "package_dimensions": null,
            "shippable": null,
            "statement_descriptor": null,
            "tax_code": null,
            "type": "service",
            "unit_label": null,
            "updated": self.created,
            "url": null,
        })
    }
}

impl LineItem {
    /// The line's own id.
    pub(crate) fn id(&self) -> String {
        format!("li_{}", self.key)
    }
}
