//! Each object has the keys of Stripe's example for it; every exception has a reason.
//!
//! The keys are those of the examples in Stripe's public API description. Objects that the sandbox
//! does not serve on their own (prices, products, shipping rates) are compared as part of another
//! object. Not served at all: customers, because shoppers are guests in the sandbox; payment
//! methods, which are only ids here; discounts and tax rates, which a session shows in `discounts`,
//! `total_details` and its lines.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::bench::{Bench, CARD, SESSION, changed, eventually};

/// The keys of Stripe's example, and the keys that the sandbox omits or adds, each with its reason.
struct Shape {
    example: &'static str,
    omitted: &'static [(&'static str, &'static str)],
    added: &'static [(&'static str, &'static str)],
}

const fn same_as(example: &'static str) -> Shape {
    Shape {
        example,
        omitted: &[],
        added: &[],
    }
}

impl Shape {
    fn assert_matches(&self, object: &Value) {
        let name = object["object"].as_str().unwrap();
        let mut expected: BTreeSet<&str> = self.example.split_whitespace().collect();
        for (key, reason) in self.omitted {
            assert!(expected.remove(key), "{name}: the example has no {key}");
            assert!(!reason.is_empty());
        }
        for (key, reason) in self.added {
            assert!(expected.insert(key), "{name}: the example has {key} too");
            assert!(!reason.is_empty());
        }
        let keys: BTreeSet<&str> = object
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        let missing: Vec<_> = expected.difference(&keys).collect();
        let surplus: Vec<_> = keys.difference(&expected).collect();
        assert!(
            missing.is_empty() && surplus.is_empty(),
            "{name}: missing {missing:?}, more than expected {surplus:?}"
        );
    }
}

const CHECKOUT_SESSION: &str = "
    adaptive_pricing after_expiration allow_promotion_codes amount_subtotal amount_total
    automatic_tax billing_address_collection cancel_url client_reference_id client_secret
    collected_information consent consent_collection created currency currency_conversion
    custom_fields custom_text customer customer_account customer_creation customer_details
    customer_email discounts expires_at id integration_identifier invoice invoice_creation
    livemode locale managed_payments metadata mode object origin_context payment_intent
    payment_link payment_method_collection payment_method_configuration_details
    payment_method_options payment_method_types payment_status permissions
    phone_number_collection recovered_from saved_payment_method_options setup_intent
    shipping_address_collection shipping_cost shipping_options status submit_type subscription
    success_url total_details ui_mode url wallet_options
";

const ITEM: &str = "
    adjustable_quantity amount_discount amount_subtotal amount_tax amount_total currency
    description id metadata object price quantity
";

const PRICE: &str = "
    active billing_scheme created currency custom_unit_amount id livemode lookup_key metadata
    nickname object product recurring tax_behavior tiers_mode transform_quantity type
    unit_amount unit_amount_decimal
";

const PRODUCT: &str = "
    active created default_price description id images livemode marketing_features metadata name
    object package_dimensions shippable statement_descriptor tax_code type unit_label updated
    url
";

const PAYMENT_INTENT: &str = "
    amount amount_capturable amount_details amount_received application application_fee_amount
    automatic_payment_methods canceled_at cancellation_reason capture_method client_secret
    confirmation_method created currency customer customer_account description
    excluded_payment_method_types id last_payment_error latest_charge livemode managed_payments
    metadata next_action object on_behalf_of payment_method payment_method_configuration_details
    payment_method_options payment_method_types processing receipt_email review
    setup_future_usage shipping source statement_descriptor statement_descriptor_suffix status
    transfer_data transfer_group
";

const CHARGE: &str = "
    amount amount_captured amount_refunded application application_fee application_fee_amount
    balance_transaction billing_details calculated_statement_descriptor captured created
    currency customer description disputed failure_balance_transaction failure_code
    failure_message fraud_details id livemode metadata object on_behalf_of outcome paid
    payment_intent payment_method payment_method_details receipt_email receipt_number
    receipt_url refunded refunds review shipping source source_transfer statement_descriptor
    statement_descriptor_suffix status transfer_data transfer_group
";

const REFUND: &str = "
    amount balance_transaction charge created currency customer customer_account
    destination_details id metadata object payment_intent payment_method reason receipt_number
    source_transfer_reversal status transfer_reversal
";

const DISPUTE: &str = "
    amount balance_transactions charge created currency enhanced_eligibility_types evidence
    evidence_details id is_charge_refundable livemode metadata object payment_intent
    payment_method_details reason status
";

const EVENT: &str = "
    api_version created data id livemode object pending_webhooks request type
";

const ACCOUNT: &str = "
    business_profile business_type capabilities charges_enabled controller country created
    default_currency details_submitted email external_accounts future_requirements id metadata
    object payouts_enabled requirements settings tos_acceptance type
";

const BALANCE_TRANSACTION: &str = "
    amount available_on balance_type created currency description exchange_rate fee fee_details
    id net object reporting_category source status type
";

const COUPON: &str = "
    amount_off created currency duration duration_in_months id livemode max_redemptions metadata
    name object percent_off redeem_by times_redeemed valid
";

const PROMOTION_CODE: &str = "
    active code created customer customer_account expires_at id livemode max_redemptions
    metadata object promotion restrictions times_redeemed
";

const WEBHOOK_ENDPOINT: &str = "
    api_version application created description enabled_events id livemode metadata object
    status url
";

const SHIPPING_RATE: &str = "
    active created delivery_estimate display_name fixed_amount id livemode metadata object
    tax_behavior tax_code type
";

/// Pays a session; returns its id and its payment intent with the charge.
async fn paid(bench: &Bench) -> (String, Value) {
    let id = bench.session().await;
    bench.pay(&id).await;
    let path = format!("/v1/checkout/sessions/{id}?expand[]=payment_intent.latest_charge");
    let intent = bench.get(&path).await.json()["payment_intent"].clone();
    (id, intent)
}

#[tokio::test]
async fn a_checkout_session_before_and_after_its_payment() {
    let shape = Shape {
        example: CHECKOUT_SESSION,
        omitted: &[],
        added: &[(
            "allowed_payment_method_types",
            "newer than the example: it took the place of payment_method_types in a creation",
        )],
    };
    let bench = Bench::start().await;
    let open = bench.session().await;
    shape.assert_matches(&bench.retrieve(&open).await);
    shape.assert_matches(&bench.retrieve(&paid(&bench).await.0).await);
}

#[tokio::test]
async fn a_line_item_with_its_price_and_product() {
    let bench = Bench::start().await;
    let id = bench.session().await;
    let path = format!("/v1/checkout/sessions/{id}/line_items?expand[]=data.price.product");
    let item = bench.get(&path).await.json()["data"][0].clone();
    same_as(ITEM).assert_matches(&item);
    same_as(PRICE).assert_matches(&item["price"]);
    same_as(PRODUCT).assert_matches(&item["price"]["product"]);
}

#[tokio::test]
async fn a_shipping_rate_that_was_given_with_its_session() {
    let bench = Bench::start().await;
    let rate = "shipping_options[0][shipping_rate_data]";
    let (name, kind) = (format!("{rate}[display_name]"), format!("{rate}[type]"));
    let amount = format!("{rate}[fixed_amount][amount]");
    let currency = format!("{rate}[fixed_amount][currency]");
    let shipping = [
        (name.as_str(), "Standard"),
        (&kind, "fixed_amount"),
        (&amount, "490"),
        (&currency, "eur"),
        ("expand[]", "shipping_cost.shipping_rate"),
    ];
    let session = bench
        .post("/v1/checkout/sessions", &changed(&SESSION, &shipping))
        .await;
    same_as(SHIPPING_RATE).assert_matches(&session.json()["shipping_cost"]["shipping_rate"]);
}

#[tokio::test]
async fn a_payment_intent_and_its_charge() {
    let charge = Shape {
        example: CHARGE,
        omitted: &[(
            "refunds",
            "there only when it is expanded, as at Stripe since 2022-11-15",
        )],
        added: &[],
    };
    let bench = Bench::start().await;
    let (_, intent) = paid(&bench).await;
    same_as(PAYMENT_INTENT).assert_matches(&intent);
    charge.assert_matches(&intent["latest_charge"]);
    let path = format!(
        "/v1/charges/{}?expand[]=refunds",
        intent["latest_charge"]["id"].as_str().unwrap()
    );
    same_as(CHARGE).assert_matches(&bench.get(&path).await.json());
}

#[tokio::test]
async fn a_refund_in_every_state() {
    let pending = Shape {
        example: REFUND,
        omitted: &[],
        added: &[("pending_reason", "the example is not pending")],
    };
    let failed = Shape {
        example: REFUND,
        omitted: &[],
        added: &[
            ("failure_reason", "the example has not failed"),
            ("failure_balance_transaction", "the example has not failed"),
        ],
    };
    for (number, at_first, later) in [
        ("4242424242424242", same_as(REFUND), same_as(REFUND)),
        ("4000000000007726", pending, same_as(REFUND)),
        ("4000000000005126", same_as(REFUND), failed),
    ] {
        let bench = Bench::start().await;
        let id = bench.session().await;
        let form = changed(&CARD, &[("card[number]", number)]);
        assert_eq!(bench.confirm(&id, &form).await.status, 200);
        let session = bench.retrieve(&id).await;
        let intent = session["payment_intent"].as_str().unwrap();
        let refund = bench
            .post("/v1/refunds", &[("payment_intent", intent)])
            .await
            .json();
        at_first.assert_matches(&refund);
        bench.advance_clock(60).await;
        let path = format!("/v1/refunds/{}", refund["id"].as_str().unwrap());
        let updated = eventually(|| async {
            let types = bench.event_types().await;
            types.contains(&"refund.updated".to_owned()).then_some(())
        });
        updated.await;
        later.assert_matches(&bench.get(&path).await.json());
    }
}

#[tokio::test]
async fn a_dispute_and_its_balance_transactions() {
    let bench = Bench::start().await;
    let (id, _) = paid(&bench).await;
    let path = format!("/_sandbox/sessions/{id}/dispute");
    assert_eq!(bench.post_json(&path, json!({})).await.status, 200);
    let dispute = bench.get("/v1/disputes").await.json()["data"][0].clone();
    same_as(DISPUTE).assert_matches(&dispute);
    same_as(BALANCE_TRANSACTION).assert_matches(&dispute["balance_transactions"][0]);
}

#[tokio::test]
async fn an_event() {
    let bench = Bench::start().await;
    paid(&bench).await;
    let events = bench.get("/v1/events").await.json();
    for event in events["data"].as_array().unwrap() {
        same_as(EVENT).assert_matches(event);
    }
}

#[tokio::test]
async fn the_account() {
    let bench = Bench::start().await;
    same_as(ACCOUNT).assert_matches(&bench.get("/v1/account").await.json());
}

#[tokio::test]
async fn a_coupon_and_its_promotion_code() {
    let bench = Bench::start().await;
    let coupon = bench
        .post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10")])
        .await;
    same_as(COUPON).assert_matches(&coupon.json());
    let form = [("promotion[type]", "coupon"), ("promotion[coupon]", "TEN")];
    let code = bench.post("/v1/promotion_codes", &form).await.json();
    same_as(PROMOTION_CODE).assert_matches(&code);
    let path = format!(
        "/v1/promotion_codes/{}?expand[]=promotion.coupon",
        code["id"].as_str().unwrap()
    );
    same_as(COUPON).assert_matches(&bench.get(&path).await.json()["promotion"]["coupon"]);
}

#[tokio::test]
async fn a_webhook_endpoint_that_shows_its_secret_once() {
    let with_secret = Shape {
        example: WEBHOOK_ENDPOINT,
        omitted: &[],
        added: &[("secret", "returned only at creation")],
    };
    let bench = Bench::start().await;
    let form = [
        ("url", "http://shop.test/webhooks/stripe"),
        ("enabled_events[]", "checkout.session.completed"),
    ];
    let created = bench.post("/v1/webhook_endpoints", &form).await.json();
    with_secret.assert_matches(&created);
    let path = format!("/v1/webhook_endpoints/{}", created["id"].as_str().unwrap());
    same_as(WEBHOOK_ENDPOINT).assert_matches(&bench.get(&path).await.json());
}
