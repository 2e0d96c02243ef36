//! The JSON of a Checkout Session and its line items.

use serde_json::{Value, json};

use crate::metadata::metadata_json;
use crate::objects::coupon::Discount;
use crate::objects::session::{CheckoutSession, LineItem, Status};
use crate::objects::session_options::CustomField;
use crate::presentment;
use crate::totals::{LineTotals, Totals};

impl CheckoutSession {
    /// As the API returns it, with nothing expanded. `origin` is the origin of the payment page.
    pub(crate) fn json(&self, origin: &str) -> Value {
        let (totals, options) = (self.totals(), self.options());
        let open = self.status == Status::Open;
        let mut json = json!({
            "id": self.id,
            "object": "checkout.session",
            "adaptive_pricing": { "enabled": !options.adaptive_pricing_off },
            "after_expiration": null,
            "allow_promotion_codes": options.allow_promotion_codes,
            "allowed_payment_method_types": self.allowed_payment_method_types.as_ref()
                .map(|types| types.iter().map(|method| method.name()).collect::<Vec<_>>()),
            "amount_subtotal": totals.subtotal,
            "amount_total": totals.total,
            "automatic_tax": self.automatic_tax_json(),
            "billing_address_collection": options.billing_address_collection,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id,
            "client_secret": null,
            "collected_information": self.collected_information(),
            "consent": self.consent_json(),
            "consent_collection": options.consent_collection_json(),
            "created": self.created,
            "currency": self.currency.code(),
            "currency_conversion": null,
            "custom_fields": self.custom_fields_json(),
            "custom_text": options.custom_text.json(),
            "customer": null,
            "customer_account": null,
            "customer_creation": options.customer_creation.as_deref().unwrap_or("if_required"),
            "customer_details": self.customer_details(),
            "customer_email": self.customer_email,
            "discounts": self.discount().map(Discount::json).into_iter().collect::<Vec<_>>(),
            "expires_at": self.expires_at,
            "integration_identifier": null,
            "invoice": self.invoice(),
            "invoice_creation": {
                "enabled": options.invoice_creation,
                "invoice_data": {
                    "account_tax_ids": null, "custom_fields": null, "description": null,
                    "footer": null, "issuer": null, "metadata": {}, "rendering_options": null,
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
            "payment_method_types": self.payment_methods().iter()
                .map(|method| method.name()).collect::<Vec<_>>(),
            "payment_status": self.payment_status,
            "permissions": null,
            "phone_number_collection": { "enabled": options.phone_number_collection },
            "recovered_from": null,
            "saved_payment_method_options": null,
            "setup_intent": null,
            "shipping_address_collection": options.shipping_address_collection_json(),
            "shipping_cost": self.shipping_cost(&totals),
            "shipping_options": options.shipping_options_json(),
            "status": self.status,
            "submit_type": options.submit_type,
            "subscription": null,
            "success_url": self.success_url,
            "total_details": {
                "amount_discount": totals.discount,
                "amount_shipping": totals.shipping.map_or(0, |shipping| shipping.subtotal),
                "amount_tax": totals.tax,
            },
            "ui_mode": "hosted_page",
            "url": open.then(|| format!("{origin}/c/pay/{}", self.id)),
            "wallet_options": null,
        });
        if let Some(required) = &options.tax_id_required {
            json["tax_id_collection"] = json!({ "enabled": true, "required": required });
        }
        if let Some(presentment_currency) = self.presentment_currency {
            json["presentment_details"] =
                presentment::details(totals.total, self.currency, presentment_currency);
        }
        json
    }

    fn customer_details(&self) -> Value {
        match (&self.shopper, &self.customer_email) {
            (Some(shopper), _) => json!({
                "address": shopper.billing_json(), "business_name": shopper.business_name,
                "email": shopper.email, "individual_name": null, "name": shopper.name,
                "phone": shopper.phone, "tax_exempt": "none",
                "tax_ids": shopper.tax_id.as_ref().into_iter().collect::<Vec<_>>(),
            }),
            (None, Some(email)) => json!({
                "address": null, "business_name": null, "email": email,
                "individual_name": null, "name": null, "phone": null,
                "tax_exempt": "none", "tax_ids": null,
            }),
            (None, None) => Value::Null,
        }
    }

    fn automatic_tax_json(&self) -> Value {
        if !self.options().automatic_tax {
            return json!({
                "enabled": false, "liability": null, "provider": null, "status": null,
            });
        }
        let status = match self.tax_country() {
            Some(_) => "complete",
            None => "requires_location_inputs",
        };
        json!({
            "enabled": true, "liability": { "type": "self" }, "provider": "stripe",
            "status": status,
        })
    }

    fn shipping_cost(&self, totals: &Totals) -> Option<Value> {
        let (option, shipping) = (self.shipping_option()?, totals.shipping?);
        Some(json!({
            "amount_subtotal": shipping.subtotal, "amount_tax": shipping.tax,
            "amount_total": shipping.total,
            "shipping_rate": option.id,
        }))
    }

    fn consent_json(&self) -> Value {
        let accepted = self
            .shopper
            .as_ref()
            .is_some_and(|shopper| shopper.accepted_terms);
        match self.options().terms_of_service {
            None => Value::Null,
            Some(_) => {
                json!({ "promotions": null, "terms_of_service": accepted.then_some("accepted") })
            }
        }
    }

    fn collected_information(&self) -> Option<Value> {
        let shopper = self.shopper.as_ref()?;
        let shipping = shopper
            .shipping
            .as_ref()
            .map(|shipping| json!({ "address": shipping.address.json(), "name": shipping.name }));
        if shipping.is_none() && shopper.business_name.is_none() {
            return None;
        }
        Some(json!({
            "business_name": shopper.business_name, "individual_name": null,
            "shipping_details": shipping,
        }))
    }

    fn custom_fields_json(&self) -> Vec<Value> {
        let typed = |key: &str| {
            let fields = &self.shopper.as_ref()?.custom_fields;
            let (_, value) = fields.iter().find(|(name, _)| name == key)?;
            Some(value.clone())
        };
        let fields = self.options().custom_fields.iter();
        let json = |field: &CustomField| {
            json!({
                "key": field.key,
                "label": { "custom": field.label, "type": "custom" },
                "optional": field.optional,
                "text": {
                    "default_value": field.default_value,
                    "maximum_length": field.maximum_length,
                    "minimum_length": field.minimum_length,
                    "value": typed(&field.key),
                },
                "type": "text",
            })
        };
        fields.map(json).collect()
    }

    /// One of its line items as the API returns it.
    pub(crate) fn line_json(&self, line: &LineItem, totals: &LineTotals) -> Value {
        let key = &line.key;
        let product = key.get(..14).unwrap_or(key);
        json!({
            "id": line.id(),
            "object": "item",
            "adjustable_quantity": null,
            "amount_discount": totals.discount,
            "amount_subtotal": totals.subtotal,
            "amount_tax": totals.tax,
            "amount_total": totals.total,
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
                "tax_behavior": line.tax_behavior,
                "tiers_mode": null,
                "transform_quantity": null,
                "type": "one_time",
                "unit_amount": line.unit_amount,
                "unit_amount_decimal": line.unit_amount.to_string(),
            },
            "quantity": line.quantity,
        })
    }

    /// The product of a line item, which `expand` puts in place of its id.
    pub(crate) fn product_json(&self, line: &LineItem) -> Value {
        let product = line.key.get(..14).unwrap_or(&line.key);
        json!({
            "id": format!("prod_{product}"),
            "object": "product",
            "active": false,
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
            "tax_code": line.tax_code,
            "type": "service",
            "unit_label": null,
            "updated": self.created,
            "url": null,
        })
    }
}

impl LineItem {
    /// The line item's id.
    pub(crate) fn id(&self) -> String {
        format!("li_{}", self.key)
    }
}
