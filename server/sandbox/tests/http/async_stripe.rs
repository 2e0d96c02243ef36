//! async-stripe, the client that the shop uses, can parse every response.

use stripe::{Client, ClientBuilder, IdempotencyKey, RequestStrategy, StripeError, StripeRequest};
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAutomaticTax, CreateCheckoutSessionDiscounts,
    CreateCheckoutSessionLineItems, CreateCheckoutSessionLineItemsPriceData,
    CreateCheckoutSessionPhoneNumberCollection, CreateCheckoutSessionShippingAddressCollection,
    CreateCheckoutSessionShippingAddressCollectionAllowedCountries,
    CreateCheckoutSessionShippingOptions, CreateCheckoutSessionShippingOptionsShippingRateData,
    CreateCheckoutSessionShippingOptionsShippingRateDataFixedAmount, ExpireCheckoutSession,
    ListCheckoutSession, ListLineItemsCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_checkout::{CheckoutSessionMode, CheckoutSessionPaymentStatus, CheckoutSessionStatus};
use stripe_core::event::ListEvent;
use stripe_core::refund::{CreateRefund, ListRefund, RetrieveRefund};
use stripe_sandbox::API_KEY;

use crate::bench::{Bench, CARD};

fn client(bench: &Bench) -> Client {
    ClientBuilder::new(API_KEY)
        .url(bench.sandbox.url())
        .build()
        .unwrap()
}

fn creation() -> CreateCheckoutSession {
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(stripe_types::Currency::EUR);
    price.unit_amount = Some(1250);
    price.product_data = Some(ProductData::new("Tea"));
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(1);
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .success_url("http://shop.test/done?id={CHECKOUT_SESSION_ID}")
        .cancel_url("http://shop.test/cancelled")
        .client_reference_id("checkout-1")
        .metadata([("checkout".to_owned(), "abc".to_owned())])
        .line_items(vec![line])
}

#[tokio::test]
async fn it_creates_retrieves_lists_and_expires_sessions() {
    let bench = Bench::start().await;
    let client = client(&bench);
    let request = creation();
    let keyed = request
        .customize()
        .request_strategy(RequestStrategy::Idempotent(
            IdempotencyKey::new("key-1").unwrap(),
        ));
    let session = keyed.send(&client).await.unwrap();
    assert_eq!(session.amount_total, Some(1250));
    assert_eq!(session.metadata.unwrap()["checkout"], "abc");
    let expand = vec![
        "line_items.data.price.product".to_owned(),
        "payment_intent".to_owned(),
    ];
    let expanded = RetrieveCheckoutSession::new(session.id.clone())
        .expand(expand)
        .send(&client)
        .await
        .unwrap();
    assert_eq!(expanded.line_items.unwrap().data[0].amount_total, 1250);
    let lines = ListLineItemsCheckoutSession::new(session.id.clone())
        .send(&client)
        .await
        .unwrap();
    assert_eq!(lines.data[0].quantity, Some(1));
    assert_eq!(
        ListCheckoutSession::new()
            .send(&client)
            .await
            .unwrap()
            .data
            .len(),
        1
    );
    let expired = ExpireCheckoutSession::new(session.id.clone())
        .send(&client)
        .await
        .unwrap();
    assert_eq!(expired.status, Some(CheckoutSessionStatus::Expired));
    let again = ExpireCheckoutSession::new(session.id)
        .send(&client)
        .await
        .unwrap_err();
    assert!(matches!(again, StripeError::Stripe(_, 400)), "{again}");
}

#[tokio::test]
async fn it_reads_a_paid_session_with_intent_and_charge_and_the_events() {
    let bench = Bench::start().await;
    let client = client(&bench);
    let id = creation().send(&client).await.unwrap().id;
    bench.pay(id.as_str()).await;
    let expand = vec!["payment_intent.latest_charge".to_owned()];
    let paid = RetrieveCheckoutSession::new(id)
        .expand(expand)
        .send(&client)
        .await
        .unwrap();
    assert_eq!(paid.payment_status, CheckoutSessionPaymentStatus::Paid);
    let intent = paid.payment_intent.unwrap().into_object().unwrap();
    assert_eq!(
        intent.latest_charge.unwrap().as_object().unwrap().amount,
        1250
    );
    let events = ListEvent::new()
        .types(vec!["checkout.session.completed".to_owned()])
        .send(&client)
        .await
        .unwrap();
    assert_eq!(events.data.len(), 1);
}

#[tokio::test]
async fn it_reads_a_session_with_every_option_open_and_paid() {
    let bench = Bench::start().await;
    let client = client(&bench);
    bench
        .post("/v1/coupons", &[("id", "TEN"), ("percent_off", "10")])
        .await;
    let mut rate = CreateCheckoutSessionShippingOptionsShippingRateData::new("Parcel");
    rate.fixed_amount = Some(
        CreateCheckoutSessionShippingOptionsShippingRateDataFixedAmount::new(
            490,
            stripe_types::Currency::EUR,
        ),
    );
    let mut option = CreateCheckoutSessionShippingOptions::new();
    option.shipping_rate_data = Some(rate);
    let mut discount = CreateCheckoutSessionDiscounts::new();
    discount.coupon = Some("TEN".to_owned());
    let session = creation()
        .automatic_tax(CreateCheckoutSessionAutomaticTax::new(true))
        .phone_number_collection(CreateCheckoutSessionPhoneNumberCollection::new(true))
        .shipping_address_collection(CreateCheckoutSessionShippingAddressCollection::new(vec![
            CreateCheckoutSessionShippingAddressCollectionAllowedCountries::De,
        ]))
        .shipping_options(vec![option])
        .discounts(vec![discount])
        .send(&client)
        .await
        .unwrap();
    assert_eq!(session.amount_total, Some(1125 + 490));
    let form = [
        CARD.as_slice(),
        &crate::shipping::ULM,
        &[("phone", "0731 12345")],
    ]
    .concat();
    let paid = bench.confirm(session.id.as_str(), &form).await;
    assert_eq!(paid.status, 200, "{}", paid.text);
    let expand = vec![
        "shipping_cost.shipping_rate".to_owned(),
        "payment_intent.latest_charge".to_owned(),
    ];
    let paid = RetrieveCheckoutSession::new(session.id)
        .expand(expand)
        .send(&client)
        .await
        .unwrap();
    let totals = paid.total_details.unwrap();
    assert_eq!((totals.amount_discount, totals.amount_tax), (125, 214 + 93));
    let shipping = paid.shipping_cost.unwrap();
    let rate = shipping.shipping_rate.unwrap().into_object().unwrap();
    assert_eq!(rate.display_name.as_deref(), Some("Parcel"));
    let collected = paid
        .collected_information
        .unwrap()
        .shipping_details
        .unwrap();
    assert_eq!(collected.name, "Ada Lovelace");
}

#[tokio::test]
async fn it_reads_a_payment_that_waits_for_the_shopper() {
    let bench = Bench::start().await;
    let client = client(&bench);
    let id = creation().send(&client).await.unwrap().id;
    let form = crate::bench::changed(&CARD, &[("card[number]", "4000002760003184")]);
    bench.confirm(id.as_str(), &form).await;
    let waiting = RetrieveCheckoutSession::new(id.clone())
        .expand(vec!["payment_intent".to_owned()])
        .send(&client)
        .await
        .unwrap();
    let intent = waiting.payment_intent.unwrap().into_object().unwrap();
    assert_eq!(intent.next_action.unwrap().type_, "redirect_to_url");
    ExpireCheckoutSession::new(id).send(&client).await.unwrap();
    let events = ListEvent::new().send(&client).await.unwrap();
    assert_eq!(events.data.len(), 4);
}

#[tokio::test]
async fn it_reads_refusals() {
    let bench = Bench::start().await;
    let client = client(&bench);
    let refused = creation()
        .success_url("nonsense")
        .send(&client)
        .await
        .unwrap_err();
    let StripeError::Stripe(error, 400) = refused else {
        panic!("{refused}")
    };
    assert_eq!(error.param.as_deref(), Some("success_url"));
    let stranger = ClientBuilder::new("sk_live_x")
        .url(bench.sandbox.url())
        .build()
        .unwrap();
    let refused = creation().send(&stranger).await.unwrap_err();
    assert!(matches!(refused, StripeError::Stripe(_, 401)), "{refused}");
}

#[tokio::test]
async fn it_refunds_and_reads_refunds_with_their_charge() {
    let bench = Bench::start().await;
    let client = client(&bench);
    let id = creation().send(&client).await.unwrap().id;
    bench.pay(id.as_str()).await;
    let paid = RetrieveCheckoutSession::new(id)
        .send(&client)
        .await
        .unwrap();
    let intent = paid.payment_intent.unwrap().id().to_string();
    let refund = CreateRefund::new()
        .payment_intent(intent.clone())
        .amount(250)
        .expand(vec!["charge".to_owned(), "payment_intent".to_owned()])
        .send(&client)
        .await
        .unwrap();
    assert_eq!(refund.status.as_deref(), Some("succeeded"));
    let charge = refund.charge.unwrap().into_object().unwrap();
    assert_eq!((charge.amount_refunded, charge.refunded), (250, false));
    let again = RetrieveRefund::new(refund.id).send(&client).await.unwrap();
    assert_eq!(again.amount, 250);
    let listed = ListRefund::new()
        .payment_intent(intent.clone())
        .send(&client)
        .await
        .unwrap();
    assert_eq!(listed.data.len(), 1);
    let above = CreateRefund::new()
        .payment_intent(intent)
        .amount(1001)
        .send(&client)
        .await
        .unwrap_err();
    let StripeError::Stripe(error, 400) = above else {
        panic!("{above}")
    };
    assert_eq!(error.param.as_deref(), Some("amount"));
}
