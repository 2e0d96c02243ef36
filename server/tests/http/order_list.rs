//! The owner's list of orders: by key, filtered and searched, with as many orders as there are.

use std::time::Instant;

use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, Statement, TransactionTrait};
use serde_json::json;
use shop::entity::{checkout, order};
use shop::orders::export::{Period, export_orders};
use shop::orders::list::{Cursor, ListQuery, OrderPage, OrderState, PAGE_SIZE, count, page};
use shop::orders::resolve::{ResolveOutcome, resolve};
use shop::time_zone::TimeZone;
use shop::withdrawals::{Decision, DecisionOutcome, WithdrawalState, decide};
use strum::IntoEnumIterator;
use time::OffsetDateTime;

use crate::shipments::{owner, shipped_session};
use crate::test_app::{TestApp, event, eventually, paid_session, session_id};
use crate::test_database::backend;

const COMPLETED: &str = "checkout.session.completed";
/// Noon on 1 November 2026, UTC.
const NOVEMBER: i64 = 1_793_534_400;

/// An order of this shopper, paid at this time.
async fn buy(app: &TestApp, sku: &str, name: &str, email: &str, at: i64) -> order::Model {
    let checkout = app.begin(&[(sku, 1)]).await;
    let mut session = shipped_session(&checkout);
    session["customer_details"] = json!({ "name": name, "email": email });
    session["collected_information"]["shipping_details"]["name"] = name.into();
    let mut paid = event(COMPLETED, &session);
    paid["created"] = at.into();
    assert_eq!(app.deliver(&paid).await, 200);
    order_of(app, &checkout).await
}

async fn order_of(app: &TestApp, checkout: &checkout::Model) -> order::Model {
    let orders = app.orders().await;
    let order = orders
        .into_iter()
        .find(|order| order.checkout_id == checkout.id);
    order.unwrap()
}

async fn listed(app: &TestApp, query: &ListQuery) -> OrderPage {
    let settings = app.shop.owner_settings();
    let numbers = &settings.orders.numbers;
    page(&app.shop.database, query, numbers).await.unwrap()
}

async fn numbers(app: &TestApp, query: &ListQuery) -> Vec<String> {
    let page = listed(app, query).await;
    page.rows
        .into_iter()
        .map(|row| row.summary.number)
        .collect()
}

async fn in_state(app: &TestApp, state: OrderState) -> Vec<String> {
    let query = ListQuery {
        state: Some(state),
        ..ListQuery::default()
    };
    let found = numbers(app, &query).await;
    let counted = count(&app.shop.database, state).await.unwrap();
    assert_eq!(counted, found.len() as u64, "{state}");
    found
}

async fn search(app: &TestApp, text: &str) -> Vec<String> {
    let query = ListQuery {
        search: text.to_owned(),
        ..ListQuery::default()
    };
    numbers(app, &query).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pages_follow_each_other_without_a_gap_whatever_is_bought_meanwhile() {
    let app = TestApp::without_webhooks().await;
    let size = usize::try_from(PAGE_SIZE).unwrap();
    let mut expected = Vec::new();
    for number in 0..i64::try_from(size).unwrap() + 5 {
        // Several of the same second.
        let at = NOVEMBER + number / 3;
        expected.push(
            buy(&app, "POSTER", "Ada", "ada@shopper.example", at)
                .await
                .number,
        );
    }
    expected.reverse();
    for search in ["", "ada"] {
        let mut query = ListQuery {
            search: search.to_owned(),
            ..ListQuery::default()
        };
        let first = listed(&app, &query).await;
        assert_eq!(first.rows.len(), size);
        let next = first.next.unwrap();
        // The address of the next page.
        query.before = Some(next.to_string().parse::<Cursor>().unwrap());
        buy(&app, "POSTER", "Bo", "bo@shopper.example", NOVEMBER + 1_000).await;
        let second = listed(&app, &query).await;
        assert_eq!(second.next, None);
        let rows = first.rows.iter().chain(&second.rows);
        let found: Vec<_> = rows.map(|row| row.summary.number.clone()).collect();
        let found: Vec<_> = found
            .into_iter()
            .filter(|number| expected.contains(number))
            .collect();
        assert_eq!(found, expected, "{search:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_state_lists_its_orders() {
    let app = TestApp::without_webhooks().await;
    let buy =
        async |number: i64| buy(&app, "POSTER", "Ada", "a@b.example", NOVEMBER + number).await;
    let (plain, refunded, disputed) = (buy(1).await, buy(2).await, buy(3).await);
    let withdrawn = buy(4).await;
    let of = |order: &order::Model, mut object: serde_json::Value| {
        object["currency"] = "eur".into();
        object["payment_intent"] = order.stripe_payment_intent_id.clone().into();
        object["created"] = 1_790_000_000.into();
        object
    };
    let refund = json!({ "id": "re_1", "amount": 100, "status": "succeeded" });
    app.deliver(&event("refund.created", &of(&refunded, refund)))
        .await;
    let dispute = json!({ "id": "dp_1", "amount": 900, "status": "needs_response" });
    app.deliver(&event("charge.dispute.created", &of(&disputed, dispute)))
        .await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut wrong = paid_session(&checkout);
    wrong["amount_total"] = 400.into();
    app.deliver_session(COMPLETED, &wrong).await;
    let flagged = order_of(&app, &checkout).await;

    let fields = [
        ("attempt", "0123456789abcdef0123456789abcdef"),
        ("name", "Ada"),
        ("email", "a@b.example"),
        ("contract", &withdrawn.number),
        ("step", "confirm"),
    ];
    let sent = app
        .request("POST", "/withdraw")
        .header("origin", &app.origin)
        .form(&fields);
    assert_eq!(app.send(sent).await.status, 200);
    let only = |order: &order::Model| vec![order.number.clone()];
    let open = ListQuery {
        state: Some(OrderState::WithdrawalOpen),
        ..ListQuery::default()
    };
    eventually("the withdrawal is matched", async || {
        (numbers(&app, &open).await == only(&withdrawn)).then_some(())
    })
    .await;
    assert_eq!(
        in_state(&app, OrderState::Withdrawn).await,
        only(&withdrawn)
    );
    assert_eq!(in_state(&app, OrderState::Refunded).await, only(&refunded));
    assert_eq!(in_state(&app, OrderState::Disputed).await, only(&disputed));
    assert_eq!(
        in_state(&app, OrderState::DisputeOpen).await,
        only(&disputed)
    );
    assert_eq!(in_state(&app, OrderState::NotNeeded).await, only(&flagged));
    assert!(in_state(&app, OrderState::Shipped).await.is_empty());
    let to_ship = in_state(&app, OrderState::ToShip).await;
    assert_eq!(
        to_ship,
        [&withdrawn, &disputed, &refunded, &plain].map(|order| order.number.clone())
    );
    let attention = in_state(&app, OrderState::Attention).await;
    assert_eq!(
        attention,
        [&flagged, &disputed].map(|order| order.number.clone())
    );

    // Who decides on what somebody else has decided is told.
    let database = &app.shop.database;
    let decided = async |decision: Decision, seen| {
        decide(database, 1, &decision, Some(seen), &owner())
            .await
            .unwrap()
    };
    let (received, accepted) = (WithdrawalState::Received, WithdrawalState::Accepted);
    let refuse = Decision::Refuse { reason: None };
    assert_eq!(
        decided(Decision::Accept, received).await,
        DecisionOutcome::Decided
    );
    assert_eq!(
        decided(refuse.clone(), received).await,
        DecisionOutcome::Changed
    );
    assert!(in_state(&app, OrderState::WithdrawalOpen).await.is_empty());
    assert_eq!(decided(refuse, accepted).await, DecisionOutcome::Decided);

    let seen = vec!["something else".to_owned()];
    let resolved = resolve(database, flagged.id, "looked at it", Some(&seen), &owner()).await;
    assert!(matches!(resolved.unwrap(), ResolveOutcome::Changed(reasons) if reasons.len() == 1));
    let resolved = resolve(database, flagged.id, "looked at it", None, &owner()).await;
    assert!(matches!(resolved.unwrap(), ResolveOutcome::Resolved(_)));
    assert_eq!(in_state(&app, OrderState::Attention).await, only(&disputed));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_found_by_everything_that_an_owner_knows_of_them() {
    let app = TestApp::without_webhooks().await;
    let ada = buy(
        &app,
        "PEN",
        "Ada Möwe",
        "ada.moewe@Shopper.example",
        NOVEMBER,
    )
    .await;
    let bo = buy(
        &app,
        "MUG",
        "Bo_Lee O’Neil",
        "bo@other-shop.example",
        NOVEMBER + 1,
    )
    .await;
    let code = ada.number.to_lowercase();
    let session = ada.stripe_session_id.clone();
    let payment = ada.stripe_payment_intent_id.clone().unwrap();
    for text in [
        ada.number.as_str(),
        &code,
        &code.replace('-', ""),
        &code[..7],
        &code[5..],
        "ada",
        "MOWE",
        "möwe ada",
        "ada.moewe@shopper.example",
        "ada.moewe@",
        "shopper.example",
        "PEN",
        "pen",
        &session,
        &payment,
    ] {
        assert_eq!(search(&app, text).await, [ada.number.as_str()], "{text}");
    }
    for text in ["bo_lee", "lee", "o'neil", "MUG", "other-shop.example", "bo"] {
        assert_eq!(search(&app, text).await, [bo.number.as_str()], "{text}");
    }
    for text in [
        "example.org",
        "da",
        "nobody",
        "%",
        "_",
        "\"",
        "*",
        "cs_nothing",
        "')--",
    ] {
        assert!(search(&app, text).await.is_empty(), "{text}");
    }
    // No database has text with NUL.
    assert_eq!(search(&app, "möwe\0ada").await, [ada.number.as_str()]);
    // With a state and a period.
    let at = |second| OffsetDateTime::from_unix_timestamp(second).ok();
    let within = |from, until, search: &str| ListQuery {
        state: Some(OrderState::ToShip),
        period: Period {
            from: at(from),
            until: at(until),
        },
        search: search.to_owned(),
        before: None,
    };
    let found = numbers(&app, &within(NOVEMBER, NOVEMBER + 1, "")).await;
    assert_eq!(found, [ada.number.as_str()]);
    let found = numbers(&app, &within(NOVEMBER + 1, NOVEMBER + 2, "o")).await;
    assert_eq!(found, [bo.number.as_str()]);
    assert!(
        numbers(&app, &within(NOVEMBER + 1, NOVEMBER + 2, "ada"))
            .await
            .is_empty()
    );
    let rows = listed(&app, &ListQuery::default()).await.rows;
    assert_eq!(rows[0].items, ["Becher \"Möwe\" & <Söhne>"]);
    assert_eq!((rows[0].units, rows[0].country.as_deref()), (1, Some("DE")));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_export_of_some_orders_has_these_alone() {
    let app = TestApp::without_webhooks().await;
    let ada = buy(&app, "PEN", "Ada", "ada@shopper.example", NOVEMBER).await;
    let bo = buy(&app, "MUG", "Bo", "bo@shopper.example", NOVEMBER).await;
    for (order, id) in [(&ada, "re_ada"), (&bo, "re_bo")] {
        let refund = json!({
            "id": id, "amount": 100, "currency": "eur", "status": "succeeded",
            "payment_intent": order.stripe_payment_intent_id, "created": NOVEMBER,
        });
        app.deliver(&event("refund.created", &refund)).await;
    }
    let mut table = Vec::new();
    let zone = TimeZone::named("Europe/Berlin").unwrap();
    export_orders(&app.shop.database, &[bo.id], &zone, &mut table)
        .await
        .unwrap();
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.contains("re_bo") && table.contains(&bo.number),
        "{table}"
    );
    assert!(
        !table.contains("re_ada") && !table.contains(&ada.number),
        "{table}"
    );
}

/// An old shop has a million orders: no list reads them all.
#[tokio::test]
async fn each_list_is_read_by_an_index_of_its_own() {
    let app = TestApp::without_webhooks().await;
    let connection = app.shop.database.reader().begin().await.unwrap();
    if backend() == DbBackend::Postgres {
        let settings = "SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off";
        connection.execute_unprepared(settings).await.unwrap();
    }
    for (condition, index) in [
        ("1 = 1", "order_paid_at"),
        ("fulfilment = 'to_ship'", "order_fulfilment"),
        ("refunded IS NOT NULL", "order_refunded"),
        ("disputed IS NOT NULL", "order_disputed"),
        ("disputed = 'open'", "order_disputed"),
        ("withdrawn IS NOT NULL", "order_withdrawn"),
        ("withdrawn = 'open'", "order_withdrawn"),
        ("flag IS NOT NULL", "order_flag"),
        ("adopted_at IS NOT NULL", "order_adopted_at"),
    ] {
        let explain = match backend() {
            DbBackend::Sqlite => "EXPLAIN QUERY PLAN",
            _ => "EXPLAIN",
        };
        let sql = format!(
            "{explain} SELECT * FROM \"order\" WHERE {condition} \
             AND (paid_at, id) < ('2026-01-01 00:00:00+00:00', 7) \
             ORDER BY paid_at DESC, id DESC LIMIT 51"
        );
        let statement = Statement::from_string(connection.get_database_backend(), sql);
        let rows = connection.query_all_raw(statement).await.unwrap();
        let detail = if backend() == DbBackend::Sqlite { 3 } else { 0 };
        let plan: Vec<String> = rows
            .iter()
            .map(|row| row.try_get_by_index(detail).unwrap())
            .collect();
        let plan = plan.join("; ");
        assert!(plan.contains(index), "{condition}: {plan}");
        assert!(
            !plan.contains("TEMP B-TREE") && !plan.contains("Sort"),
            "{condition}: {plan}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_checkout_that_is_paid_twice_over_is_listed_once() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let session = paid_session(&checkout);
    for kind in [COMPLETED, "checkout.session.async_payment_succeeded"] {
        app.deliver(&event(kind, &session)).await;
    }
    let found = search(&app, session_id(&checkout)).await;
    assert_eq!(found.len(), 1);
    assert_eq!(
        order::Entity::find()
            .all(app.shop.database.reader())
            .await
            .unwrap()
            .len(),
        1
    );
}

// ---- Many orders ----

/// Inserts paid orders as a shop has after years: most are shipped, some are not, few are flagged
/// or refunded; every second buyer has an address at the same provider.
async fn fill(app: &TestApp, count: usize) {
    let (numbers, id, time) = match backend() {
        DbBackend::Sqlite => (
            format!(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
            ),
            "printf('%032x', i)",
            "strftime('%Y-%m-%d %H:%M:%S+00:00', 1600000000 + i * 100, 'unixepoch')",
        ),
        _ => (
            format!("WITH n(i) AS (SELECT generate_series(1, {count}::bigint))"),
            "lpad(to_hex(i), 32, '0')",
            "to_timestamp(1600000000 + i * 100)",
        ),
    };
    let surname = "'sur' || (i * 7919 % 40009)";
    let name = "'name' || (i * 104729 % 2003)";
    let domain = "CASE WHEN i % 2 = 0 THEN 'gmailcom' ELSE 'host' || (i % 997) || 'example' END";
    let pen = app.variant("PEN").await.id;
    for statement in [
        format!(
            "INSERT INTO checkout (id, token, state, currency, amount_subtotal, public_url, \
             options, expires_at, created_at, updated_at) {numbers} SELECT {id}, {id}, 'paid', \
             'eur', 500, 'http://x', '{{}}', {time}, {time}, {time} FROM n"
        ),
        format!(
            "INSERT INTO \"order\" (number, checkout_id, stripe_session_id, \
             stripe_payment_intent_id, currency, amount_subtotal, amount_discount, \
             amount_shipping, amount_tax, amount_total, payment_status, customer_name, \
             customer_email, shipping_address, flag, fulfilment, refunded, search_text, paid_at, \
             created_at) {numbers} SELECT substr({id}, 25, 4) || '-' || substr({id}, 29, 4), {id}, \
             'cs_' || {id}, 'pi_' || {id}, 'eur', 500, 0, 0, 0, 500, 'paid', \
             {name} || ' ' || {surname}, 'x@y.example', '{{\"country\":\"DE\"}}', \
             CASE WHEN i % 5000 = 0 THEN 'oversold' END, \
             CASE WHEN i > {count} - 1000 THEN 'to_ship' WHEN i % 2000 = 0 THEN 'partly_shipped' \
             ELSE 'shipped' END, CASE WHEN i % 20 = 0 THEN 'part' END, \
             {name} || ' ' || {surname} || ' ' || {name} || {surname} || {domain} || ' ' \
             || {domain} || ' ' || substr({id}, 25, 8) || ' ' || substr({id}, 29, 4), {time}, \
             {time} FROM n"
        ),
        format!(
            "INSERT INTO order_line (order_id, variant_id, sku, product_name, variant_name, \
             unit_amount, quantity) SELECT id, {pen}, 'SKU' || (id % 3), 'Pen', '', 500, 1 \
             FROM \"order\""
        ),
        "ANALYZE".to_owned(),
    ] {
        app.execute(&statement).await;
    }
}

/// `LIST_ORDERS=1000000` measures a million: lists and filters take at most 50 ms, and searches
/// 200 ms, at the 99th percentile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_searches_stay_fast_with_many_orders() {
    let measured = std::env::var("LIST_ORDERS").ok();
    let orders = measured
        .as_deref()
        .map_or(2_000, |orders| orders.parse().unwrap());
    let app = TestApp::without_webhooks().await;
    fill(&app, orders).await;
    let count = i64::try_from(orders).unwrap();
    let middle = OffsetDateTime::from_unix_timestamp(1_600_000_000 + count * 50);
    let middle = Cursor::before(middle.unwrap(), count / 2);
    let in_state = |state, before| ListQuery {
        state,
        before,
        ..ListQuery::default()
    };
    let mut queries = vec![("all".to_owned(), 50, in_state(None, None))];
    queries.push((
        "all, in the middle".to_owned(),
        50,
        in_state(None, Some(middle)),
    ));
    for state in OrderState::iter() {
        queries.push((state.to_string(), 50, in_state(Some(state), None)));
        let name = format!("{state}, in the middle");
        queries.push((name, 50, in_state(Some(state), Some(middle))));
    }
    for text in [
        "name7",
        "sur39",
        "name7 sur39",
        "gmail.com",
        "gma",
        "SKU1",
        "nobody",
        "0000-0007",
    ] {
        for state in [
            None,
            Some(OrderState::ToShip),
            Some(OrderState::PartlyShipped),
        ] {
            let query = ListQuery {
                search: text.to_owned(),
                ..in_state(state, None)
            };
            let state = state.map_or_else(String::new, |state| format!(", {state}"));
            queries.push((format!("\"{text}\"{state}"), 200, query));
        }
    }
    let mut slow = Vec::new();
    for (name, limit, query) in queries {
        let mut times = Vec::new();
        let rounds = if measured.is_some() { 100 } else { 2 };
        for _ in 0..rounds {
            let begin = Instant::now();
            listed(&app, &query).await;
            times.push(begin.elapsed().as_millis());
        }
        times.sort_unstable();
        let p99 = times[times.len() * 99 / 100];
        if measured.is_some() {
            println!("{name}: p50 {} ms, p99 {p99} ms", times[times.len() / 2]);
            if p99 > limit {
                slow.push(format!("{name}: {p99} ms"));
            }
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
    let page = listed(&app, &in_state(None, None)).await;
    assert_eq!(page.rows.len(), usize::try_from(PAGE_SIZE).unwrap());
    assert!(!search(&app, "gmail.com").await.is_empty());
}
