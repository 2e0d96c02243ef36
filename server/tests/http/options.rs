//! Checkout options: from the configuration to Stripe's page, and from there to the order and its
//! page.

use std::collections::BTreeMap;

use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use shop::checkout::options::{AutomaticTax, Options, Shipping};
use shop::checkout::rates::UnchargeableRate;
use shop::entity::checkout;
use shop::orders::Flag;
use shop::orders::overview::show;
use till_core::lifecycle::PaymentStatus;

use crate::fake_stripe::{Answer, FakeStripe};
use shop::catalog::import::StockMode;

use crate::test_app::{CARD, TestApp, card, import_text, long_retries, paid_session};

/// A shop in Germany that ships to two countries.
fn shipping(rates: &[&str]) -> Options {
    let countries = ["DE", "AT"].map(|code| code.parse().unwrap());
    Options {
        shipping: Some(Shipping {
            countries: countries.to_vec(),
            rates: rates.iter().map(|rate| rate.parse().unwrap()).collect(),
        }),
        ..Options::default()
    }
}

/// Every option that can be turned on.
fn all_options() -> Options {
    Options {
        automatic_tax: Some(AutomaticTax::Inclusive),
        promotion_codes: true,
        phone: true,
        billing_address: true,
        terms_of_service: true,
        invoices: true,
        tax_ids: true,
        order_note: true,
        payment_methods: vec!["card".parse().unwrap()],
        ..shipping(&["Standard:490", "Express:990"])
    }
}

const BERLIN: [(&str, &str); 5] = [
    ("shipping[name]", "Ada Shopper"),
    ("shipping[address][line1]", "Marktplatz 3"),
    ("shipping[address][postal_code]", "10115"),
    ("shipping[address][city]", "Berlin"),
    ("shipping[address][country]", "DE"),
];

/// A shop with these options, whose own sandbox sends its webhooks.
async fn shop_with(options: Options) -> TestApp {
    TestApp::start_with(|config| config.checkout.options = options).await
}

/// Pays with a card and these further fields, and waits for the order.
async fn pay(app: &TestApp, checkout: &checkout::Model, typed: &[(&str, &str)]) {
    let status = app
        .confirm(checkout, &[&card(CARD)[..], typed].concat())
        .await;
    assert_eq!(status, 200);
    app.wait_for(checkout, "paid").await;
}

/// Subtotal, discount, shipping, tax and total of the only order, which must not be flagged.
async fn amounts(app: &TestApp) -> [i64; 5] {
    let order = app.the_order().await;
    assert_eq!(order.flag, None);
    [
        order.amount_subtotal,
        order.amount_discount,
        order.amount_shipping,
        order.amount_tax,
        order.amount_total,
    ]
}

/// The heading of the order's page, and the rows below its lines.
async fn shown(app: &TestApp, checkout: &checkout::Model) -> (String, Vec<String>) {
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    (page.text("h1"), page.texts(".order-lines tfoot tr"))
}

/// A promotion code with this discount in percent.
async fn promotion_code(app: &TestApp, percent: &str, code: &str) {
    app.stripe_post(
        "/v1/coupons",
        &[("id", code), ("percent_off", percent), ("duration", "once")],
    )
    .await;
    let form = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", code),
        ("code", code),
    ];
    app.stripe_post("/v1/promotion_codes", &form).await;
}

#[tokio::test]
async fn every_option_is_on_stripes_page() {
    let app =
        TestApp::without_webhooks_with(|config| config.checkout.options = all_options()).await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let session = app.session(&checkout).await;
    assert_eq!(
        session["shipping_address_collection"],
        json!({ "allowed_countries": ["DE", "AT"] })
    );
    let rates = session["shipping_options"].as_array().unwrap();
    let amounts: Vec<_> = rates.iter().map(|rate| &rate["shipping_amount"]).collect();
    assert_eq!(amounts, [490, 990]);
    assert_eq!(session["automatic_tax"]["enabled"], true);
    assert_eq!(session["allow_promotion_codes"], true);
    assert_eq!(session["phone_number_collection"]["enabled"], true);
    assert_eq!(session["billing_address_collection"], "required");
    assert_eq!(
        session["consent_collection"]["terms_of_service"],
        "required"
    );
    assert_eq!(session["invoice_creation"]["enabled"], true);
    assert_eq!(session["tax_id_collection"]["enabled"], true);
    let note = &session["custom_fields"][0];
    assert_eq!(
        (&note["key"], &note["optional"]),
        (&json!("order_note"), &json!(true))
    );
    assert_eq!(note["text"]["maximum_length"], 200);
    assert_eq!(session["allowed_payment_method_types"], json!(["card"]));
    assert_eq!(session["payment_method_types"], json!(["card"]));
    let id = session["id"].as_str().unwrap();
    let lines = app
        .stripe_get(&format!("/v1/checkout/sessions/{id}/line_items"))
        .await;
    assert_eq!(lines["data"][0]["price"]["tax_behavior"], "inclusive");
}

#[tokio::test]
async fn without_options_stripes_page_asks_for_nothing() {
    let app = TestApp::without_webhooks().await;
    let session = app.session(&app.begin(&[("PEN", 2)]).await).await;
    for (field, value) in [
        ("shipping_address_collection", Value::Null),
        ("shipping_options", json!([])),
        ("allow_promotion_codes", Value::Null),
        ("tax_id_collection", Value::Null),
        ("custom_fields", json!([])),
        ("billing_address_collection", Value::Null),
        ("consent_collection", Value::Null),
        ("allowed_payment_method_types", Value::Null),
    ] {
        assert_eq!(session[field], value, "{field}");
    }
    assert_eq!(session["automatic_tax"]["enabled"], false);
    assert_eq!(session["phone_number_collection"]["enabled"], false);
}

/// The fields of the session's creation request whose names start with `prefix`.
async fn session_params(options: Options, sku: &str, prefix: &str) -> BTreeMap<String, String> {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        config.checkout.options = options;
    })
    .await;
    app.begin(&[(sku, 1)]).await;
    let mut fields = fake.wait_for_creation().await.fields;
    fields.retain(|name, _| name.starts_with(prefix));
    fields
}

#[tokio::test]
async fn shipping_is_charged_and_taxed_as_the_goods_are() {
    let fields = session_params(all_options(), "DOLLAR", "shipping_options[1]").await;
    let of = |name: &str| {
        let name = format!("shipping_options[1][shipping_rate_data]{name}");
        fields.get(&name).map(String::as_str)
    };
    assert_eq!(of("[display_name]"), Some("Express"));
    assert_eq!(of("[type]"), Some("fixed_amount"));
    assert_eq!(of("[fixed_amount][amount]"), Some("990"));
    assert_eq!(of("[fixed_amount][currency]"), Some("usd"));
    assert_eq!(of("[tax_behavior]"), Some("inclusive"));
    assert_eq!(of("[tax_code]"), Some("txcd_92010001"));
    assert_eq!(fields.len(), 6, "{fields:?}");
    let untaxed = session_params(shipping(&["Standard:490"]), "PEN", "shipping_options").await;
    assert_eq!(untaxed.len(), 4, "{untaxed:?}");
    let exclusive = Options {
        automatic_tax: Some(AutomaticTax::Exclusive),
        ..Options::default()
    };
    let prices = session_params(exclusive, "PEN", "line_items[0][price_data][tax_behavior]").await;
    assert_eq!(prices.values().collect::<Vec<_>>(), ["exclusive"]);
}

#[tokio::test]
async fn a_retry_after_the_options_have_changed_is_the_same_request() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        config.checkout.options = all_options();
    })
    .await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "2");
    let checkout = app.pay(&form).await;
    // The process died before it stored the session; it starts again with another configuration.
    app.update_checkout(&checkout, |row| {
        row.col_expr(checkout::Column::State, Expr::value("creating"))
            .col_expr(
                checkout::Column::StripeSessionId,
                Expr::value(None::<String>),
            )
            .col_expr(checkout::Column::StripeUrl, Expr::value(None::<String>))
    })
    .await;
    let mut changed = app.shop.clone();
    changed.change_owner_settings(|settings| {
        settings.checkout.options = shipping(&["Courier:1500"]);
    });
    let again = shop::checkout::Form {
        attempt: form.attempt().to_owned(),
        quantity: [(pen.to_string(), "2".to_owned())].into(),
        shown: [].into(),
        client: None,
        language: locale::Language::default(),
    };
    let outcome = shop::checkout::begin(&changed, &again).await.unwrap();
    assert_eq!(
        outcome,
        shop::checkout::BeginOutcome::Pay {
            url: checkout.stripe_url.unwrap()
        }
    );
    let calls = fake.session_creations();
    assert_eq!(calls.len(), 2);
    assert_eq!(calls[0].fields, calls[1].fields);
    assert_eq!(calls[0].idempotency_key, calls[1].idempotency_key);
}

/// What an owner may change in the database between a request whose answer was lost and its retry.
const CHANGED_ROWS: [&str; 8] = [
    "UPDATE product SET name = 'Blue Pen' WHERE slug = 'pen'",
    "UPDATE variant SET price = 900 WHERE sku = 'PEN'",
    "UPDATE product SET description = 'New words.', brand = 'New'",
    "UPDATE product SET active = false",
    "UPDATE variant SET stock = 12 WHERE sku = 'PEN'",
    "UPDATE setting SET value = '00112233445566778899aabbccddeeff'",
    "INSERT INTO setting (name, value, updated_at) \
     VALUES ('SHOP_NAME', 'New Name', '2026-01-01 00:00:00+00:00')",
    "INSERT INTO setting (name, value, updated_at) VALUES
        ('SHIPPING_COUNTRIES', 'FR', '2026-01-01 00:00:00+00:00'),
        ('SHIPPING_RATES', 'Courier:1500', '2026-01-01 00:00:00+00:00'),
        ('AUTOMATIC_TAX', 'exclusive', '2026-01-01 00:00:00+00:00'),
        ('PROMOTION_CODES', 'no', '2026-01-01 00:00:00+00:00'),
        ('PHONE', 'no', '2026-01-01 00:00:00+00:00'),
        ('BILLING_ADDRESS', 'auto', '2026-01-01 00:00:00+00:00'),
        ('TERMS_OF_SERVICE', 'none', '2026-01-01 00:00:00+00:00'),
        ('INVOICES', 'off', '2026-01-01 00:00:00+00:00'),
        ('TAX_IDS', 'off', '2026-01-01 00:00:00+00:00'),
        ('ORDER_NOTE', 'off', '2026-01-01 00:00:00+00:00')",
];

/// The same for a server that is started again with other variables.
const CHANGED_SETTINGS: [fn(&mut shop::Shop); 5] = [
    |shop| {
        shop.change_owner_settings(|settings| {
            settings.checkout.options = shipping(&["Courier:1500"]);
        });
    },
    |shop| shop.settings_mut().public_url = "https://new.example".to_owned(),
    |shop| {
        shop.change_owner_settings(|settings| {
            settings.checkout.hold = std::time::Duration::from_secs(3_600);
        });
    },
    |shop| {
        shop.settings_mut().identity.id = "00112233445566778899aabbccddeeff".parse().unwrap();
    },
    |shop| {
        shop.change_owner_settings(|settings| {
            settings.checkout.late_payment = shop::LatePayment::Accept;
        });
    },
];

#[tokio::test]
async fn a_retry_is_the_same_request_whatever_was_changed_in_between() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(Some(fake.url()), long_retries(), |config| {
        config.checkout.options = all_options();
    })
    .await;
    let pen = app.variant("PEN").await.id;
    // One for each change of settings, and one for the database.
    let mut begun = Vec::new();
    for _ in 0..=CHANGED_SETTINGS.len() {
        let form = app.form("/").await.choose(pen, "2");
        let checkout = app.pay(&form).await;
        forget_session(&app, &checkout).await;
        begun.push((form, checkout));
    }
    for change in CHANGED_ROWS {
        app.execute(change).await;
    }
    app.shop.live.read(&app.shop.database).await.unwrap();
    let now = &app.shop.owner_settings().checkout.options;
    let rates: Vec<_> = now.rates().iter().map(|rate| &*rate.name).collect();
    assert_eq!(
        (rates, now.promotion_codes, now.phone),
        (vec!["Courier"], false, false)
    );
    let nothing: fn(&mut shop::Shop) = |_| {};
    let changes = CHANGED_SETTINGS.into_iter().chain([nothing]);
    // All at once: a retry waits for its predecessor first.
    futures::future::join_all(changes.zip(&begun).map(async |(change, (form, checkout))| {
        let mut changed = app.shop.clone();
        change(&mut changed);
        let again = shop::checkout::Form {
            attempt: form.attempt().to_owned(),
            quantity: [(pen.to_string(), "2".to_owned())].into(),
            shown: [].into(),
            client: None,
            language: locale::Language::default(),
        };
        let outcome = shop::checkout::begin(&changed, &again).await.unwrap();
        let url = checkout.stripe_url.clone().unwrap();
        assert_eq!(outcome, shop::checkout::BeginOutcome::Pay { url });
    }))
    .await;
    let calls = fake.session_creations();
    assert_eq!(calls.len(), 2 * begun.len());
    let (first, again) = calls.split_at(begun.len());
    for call in first {
        let mut same = again
            .iter()
            .filter(|one| one.idempotency_key == call.idempotency_key);
        let retry = same.next().unwrap();
        assert!(same.next().is_none());
        assert_eq!(call.fields, retry.fields);
        let shop = &call.fields["metadata[shop]"];
        assert_eq!(shop, app.shop.settings.identity.id.as_str());
        assert_eq!(&call.fields["payment_intent_data[metadata][shop]"], shop);
    }
}

/// Requests of an older version carried no shop id.
#[tokio::test]
async fn a_retry_after_an_update_of_till_is_the_same_request() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "2");
    let checkout = app.pay(&form).await;
    forget_session(&app, &checkout).await;
    app.update_checkout(&checkout, |row| {
        row.col_expr(checkout::Column::Shop, Expr::value(None::<String>))
    })
    .await;
    app.pay(&form).await;
    let calls = fake.session_creations();
    let mut without = calls[0].fields.clone();
    without
        .retain(|name, _| !name.ends_with("metadata[shop]") && !name.ends_with("[metadata][shop]"));
    assert_eq!(calls[1].fields, without);
}

/// As if the process had died before it stored the session.
async fn forget_session(app: &TestApp, checkout: &checkout::Model) {
    let nothing = || Expr::value(None::<String>);
    app.update_checkout(checkout, |row| {
        row.col_expr(checkout::Column::State, Expr::value("creating"))
            .col_expr(checkout::Column::StripeSessionId, nothing())
            .col_expr(checkout::Column::StripeUrl, nothing())
    })
    .await;
}

#[tokio::test]
async fn the_session_ends_when_the_hold_does() {
    for minutes in [31, 600] {
        let hold = std::time::Duration::from_secs(minutes * 60);
        let app = TestApp::without_webhooks_with(|config| config.checkout.hold = hold).await;
        let checkout = app.begin(&[("PEN", 2)]).await;
        assert_eq!(checkout.expires_at - checkout.created_at, hold);
        let session = app.session(&checkout).await;
        assert_eq!(session["expires_at"], checkout.expires_at.unix_timestamp());
    }
}

#[tokio::test]
async fn the_order_keeps_the_billing_address() {
    let app = shop_with(Options {
        billing_address: true,
        ..Options::default()
    })
    .await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let vienna = [
        ("billing[address][line1]", "Stephansplatz 1"),
        ("billing[address][postal_code]", "1010"),
        ("billing[address][city]", "Wien"),
        ("billing[address][country]", "AT"),
    ];
    pay(&app, &checkout, &vienna).await;
    let number = app.the_order().await.id;
    let order = show(&app.shop.database, number).await.unwrap().unwrap();
    let address = order.customer.billing_address.unwrap();
    assert_eq!(address["line1"], "Stephansplatz 1");
    assert_eq!(
        (&address["city"], &address["country"]),
        (&json!("Wien"), &json!("AT"))
    );
    assert_eq!(order.customer.shipping_address, None);
}

#[tokio::test]
async fn the_order_keeps_shipping_and_where_it_goes() {
    let app = shop_with(Options {
        phone: true,
        ..shipping(&["Standard:490", "Express:990"])
    })
    .await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let rates = app.session(&checkout).await["shipping_options"].clone();
    let express = rates[1]["shipping_rate"].as_str().unwrap();
    let chosen = [("phone", "+49 30 1234567"), ("shipping[rate]", express)];
    pay(&app, &checkout, &[&BERLIN[..], &chosen].concat()).await;

    assert_eq!(amounts(&app).await, [1000, 0, 990, 0, 1990]);
    let order = app.the_order().await;
    assert_eq!(order.customer_phone.as_deref(), Some("+49 30 1234567"));
    assert_eq!(order.shipping_name.as_deref(), Some("Ada Shopper"));
    assert_eq!(order.shipping_method.as_deref(), Some("Express"));
    let address: Value = serde_json::from_str(&order.shipping_address.unwrap()).unwrap();
    assert_eq!(address["line1"], "Marktplatz 3");
    assert_eq!(address["postal_code"], "10115");
    assert_eq!(address["country"], "DE");

    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert_eq!(
        page.texts(".order-lines tfoot tr"),
        [
            "Subtotal€10.00",
            "Shipping (Express)€9.90",
            "Total paid€19.90"
        ]
    );
    assert_eq!(
        page.texts(".ships-to address span"),
        ["Ada Shopper", "Marktplatz 3", "10115 Berlin", "Germany"]
    );
    // The phone number is for the parcel service, not for everybody with the link.
    assert!(!page.body.contains("1234567"));
}

#[tokio::test]
async fn an_address_with_a_state_and_without_a_street_is_shown_as_far_as_it_goes() {
    let app = TestApp::without_webhooks().await;
    for (address, lines) in [
        (
            json!({
                "line1": "1 Main St", "line2": "Apt <4>", "city": "Portland", "state": "OR",
                "postal_code": "97201", "country": "US",
            }),
            vec![
                "Sam",
                "1 Main St",
                "Apt <4>",
                "Portland OR 97201",
                "United States",
            ],
        ),
        (
            json!({ "line1": null, "city": "Nowhere", "country": "QQ" }),
            vec!["Sam", "Nowhere", "QQ"],
        ),
    ] {
        let checkout = app.begin(&[("POSTER", 1)]).await;
        let mut session = paid_session(&checkout);
        session["collected_information"] =
            json!({ "shipping_details": { "name": "Sam", "address": address } });
        app.deliver_session("checkout.session.completed", &session)
            .await;
        let page = app
            .get(&format!("/orders/{}", checkout.token.as_str()))
            .await;
        assert_eq!(page.texts(".ships-to address span"), lines);
    }
}

#[tokio::test]
async fn tax_that_is_added_is_a_part_of_the_total() {
    let app = shop_with(Options {
        automatic_tax: Some(AutomaticTax::Exclusive),
        ..shipping(&["Standard:490"])
    })
    .await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    pay(&app, &checkout, &BERLIN).await;
    // 19 % of 1000 and of 490, each rounded.
    assert_eq!(amounts(&app).await, [1000, 0, 490, 283, 1773]);
    let (_, sums) = shown(&app, &checkout).await;
    assert_eq!(
        sums,
        [
            "Subtotal€10.00",
            "Shipping (Standard)€4.90",
            "Tax€2.83",
            "Total paid€17.73"
        ]
    );
}

#[tokio::test]
async fn tax_that_the_prices_contain_is_stated_and_not_added() {
    let app = shop_with(Options {
        automatic_tax: Some(AutomaticTax::Inclusive),
        ..shipping(&["Standard:490"])
    })
    .await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    pay(&app, &checkout, &BERLIN).await;
    // 1000 contains 160 of it at 19 %, and 490 contains 78.
    assert_eq!(amounts(&app).await, [1000, 0, 490, 238, 1490]);
    let (_, sums) = shown(&app, &checkout).await;
    assert_eq!(
        sums,
        [
            "Subtotal€10.00",
            "Shipping (Standard)€4.90",
            "Total paid€14.90",
            "Tax (included)€2.38"
        ]
    );
}

#[tokio::test]
async fn discount_shipping_and_tax_add_up_to_the_total() {
    let app = shop_with(Options {
        automatic_tax: Some(AutomaticTax::Exclusive),
        promotion_codes: true,
        ..shipping(&["Standard:490"])
    })
    .await;
    promotion_code(&app, "15", "SPRING").await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    pay(
        &app,
        &checkout,
        &[&BERLIN[..], &[("promotion_code", "spring")]].concat(),
    )
    .await;
    // 19 % of 850 is 161.5, and of 490 it is 93.1.
    assert_eq!(amounts(&app).await, [1000, 150, 490, 255, 1595]);
    let (_, sums) = shown(&app, &checkout).await;
    assert_eq!(
        sums,
        [
            "Subtotal€10.00",
            "Discount−€1.50",
            "Shipping (Standard)€4.90",
            "Tax€2.55",
            "Total paid€15.95"
        ]
    );
}

#[tokio::test]
async fn with_everything_taken_off_there_is_an_order_and_nothing_to_pay() {
    let app = shop_with(Options {
        promotion_codes: true,
        ..Options::default()
    })
    .await;
    promotion_code(&app, "100", "GIFT").await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    assert_eq!(
        app.confirm(&checkout, &[("promotion_code", "GIFT")]).await,
        200
    );
    app.wait_for(&checkout, "paid").await;
    assert_eq!(amounts(&app).await, [1000, 1000, 0, 0, 0]);
    let order = app.the_order().await;
    assert_eq!(order.payment_status, PaymentStatus::NoPaymentRequired);
    assert_eq!(order.stripe_payment_intent_id, None);
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(38)));
    let (heading, sums) = shown(&app, &checkout).await;
    assert_eq!(heading, "Thank you, we have your order");
    assert_eq!(sums, ["Subtotal€10.00", "Discount−€10.00", "Total€0.00"]);
}

/// The flag of a payment in a shop with this tax, with this total in cents.
async fn flag(automatic_tax: Option<AutomaticTax>, total: i64) -> Option<Flag> {
    let app = TestApp::without_webhooks_with(|config| {
        config.checkout.options.automatic_tax = automatic_tax;
    })
    .await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    let mut session = paid_session(&checkout);
    session["total_details"]["amount_tax"] = 160.into();
    session["amount_total"] = total.into();
    app.deliver_session("checkout.session.completed", &session)
        .await;
    app.the_order().await.flag
}

#[tokio::test]
async fn a_total_that_does_not_add_up_is_flagged_with_tax_inside_and_outside() {
    let differs = Some(Flag::TotalDiffers);
    assert_eq!(flag(Some(AutomaticTax::Inclusive), 1000).await, None);
    assert_eq!(flag(Some(AutomaticTax::Inclusive), 1160).await, differs);
    assert_eq!(flag(Some(AutomaticTax::Exclusive), 1160).await, None);
    assert_eq!(flag(Some(AutomaticTax::Exclusive), 1000).await, differs);
    assert_eq!(flag(None, 1160).await, None);
    assert_eq!(flag(None, 1000).await, differs);
}

#[tokio::test]
async fn before_the_payment_no_page_claims_to_know_the_total() {
    let app = TestApp::without_webhooks_with(|config| {
        config.checkout.options = Options {
            automatic_tax: Some(AutomaticTax::Exclusive),
            ..shipping(&["Standard:490"])
        };
    })
    .await;
    let catalog = app.get("/").await;
    let note = catalog.text(".pay-note");
    assert!(
        note.contains("Delivery to Germany and Austria costs €4.90."),
        "{note}"
    );
    assert!(note.contains("Tax is added at checkout."), "{note}");
    // The button never shows an incomplete sum.
    let button = catalog.text(".pay-bar button [data-idle]");
    assert_eq!(button, "Continue to payment");
    assert!(!catalog.has(".pay-bar button [data-sum]"));
    let checkout = app.begin(&[("PEN", 2)]).await;
    let (_, sums) = shown(&app, &checkout).await;
    assert_eq!(sums, ["Subtotal€10.00"]);
    let plain = TestApp::without_webhooks().await;
    let note = plain.get("/").await.text(".pay-note");
    assert!(
        !note.contains("added") && !note.contains("Delivery"),
        "{note}"
    );
    let checkout = plain.begin(&[("PEN", 2)]).await;
    assert_eq!(shown(&plain, &checkout).await.1, ["Total€10.00"]);
}

#[tokio::test]
async fn the_minimum_order_counts_the_cheapest_way_to_ship() {
    let sticker = async |options: Options| {
        let app = TestApp::without_webhooks_with(|config| config.checkout.options = options).await;
        let id = app.variant("STICKER").await.id;
        (app.form("/").await.choose(id, "1"), app)
    };
    let (form, app) = sticker(shipping(&["Express:990", "Standard:40"])).await;
    app.pay(&form).await;
    for options in [
        shipping(&["Express:990", "Standard:39"]),
        shipping(&["Express:990", "Pick up:0"]),
        shipping(&[]),
    ] {
        let (form, app) = sticker(options).await;
        let page = app.refused(&form).await;
        assert!(page.alert().contains("minimum order"), "{}", page.alert());
        app.assert_nothing_begun().await;
    }
}

#[tokio::test]
async fn the_largest_order_leaves_room_for_shipping_and_tax() {
    let piano = async |options: Options| {
        let app = TestApp::without_webhooks_with(|config| config.checkout.options = options).await;
        let id = app.variant("PIANO").await.id;
        (app.form("/").await.choose(id, "1"), app)
    };
    let exclusive = Options {
        automatic_tax: Some(AutomaticTax::Exclusive),
        ..Options::default()
    };
    // 600,000.00 with 30 % of it, and with a courier for 399,999.99.
    for fits in [exclusive, shipping(&["Standard:490", "Courier:39999999"])] {
        let (form, app) = piano(fits).await;
        app.pay(&form).await;
    }
    let both = Options {
        automatic_tax: Some(AutomaticTax::Exclusive),
        ..shipping(&["Courier:20000000"])
    };
    for too_large in [both, shipping(&["Standard:490", "Courier:40000000"])] {
        let (form, app) = piano(too_large).await;
        let page = app.refused(&form).await;
        assert!(page.alert().contains("too large"), "{}", page.alert());
        app.assert_nothing_begun().await;
    }
}

#[tokio::test]
async fn a_shipping_rate_invalid_in_a_products_currency_stops_startup() {
    use server::application::Application;
    use server::error::StartError;

    let data = tempfile::tempdir().unwrap();
    let variables = |rates: &'static str| {
        let folder = data.path().display().to_string();
        move |name: &str| match name {
            "DATA_DIR" => Some(folder.clone()),
            "LEPTOS_SITE_ADDR" | "SANDBOX_ADDR" => Some("127.0.0.1:0".to_owned()),
            "SHIPPING_COUNTRIES" => Some("KW".to_owned()),
            "SHIPPING_RATES" => Some(rates.to_owned()),
            _ => None,
        }
    };
    let config = |rates| server::config::Config::read(&variables(rates)).unwrap();
    let database = server::application::open_database(&config("Standard:490"))
        .await
        .unwrap();
    let kuwaiti = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
                  category,position,active\n\
                  OUD,oud,Oud,,5000,KWD,,1,,Music,1,true\n";
    import_text(&database, kuwaiti, StockMode::OnlyNew)
        .await
        .unwrap();
    database.close().await.unwrap();
    let refused = Application::build(config("Standard:495"))
        .await
        .unwrap_err();
    assert!(matches!(
        refused,
        StartError::ShippingRate(UnchargeableRate { rate: 495, .. })
    ));
    assert_eq!(
        refused.to_string(),
        "SHIPPING_RATES: 495 is not an amount in kwd, in which products are sold. Use a multiple \
         of 10."
    );
    Application::build(config("Standard:490")).await.unwrap();
}
