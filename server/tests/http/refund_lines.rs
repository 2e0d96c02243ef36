//! Refunds of units of an order's lines, by the functions that the command line and the admin
//! share.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};
use serde_json::{Value, json};
use shop::audit::Action;
use shop::catalog::stock::{self, StockChange, StockOutcome, StockReason};
use shop::entity::{audit_log, checkout, order, stock_change};
use shop::mail::preview::{PreviewOutcome, PreviewedMail, preview};
use shop::orders::fulfilment::Units;
use shop::orders::overview::{self, OrderDetails};
use shop::orders::refund::{RefundOutcome, RefundPart, RefundRequest, request_refund};
use shop::orders::shipments::{self, NewShipment, Parcel, ShipOutcome, ShipmentOutcome};
use shop::orders::timeline::Happening;
use till_core::fulfilment::Fulfilment;

use crate::mails::{mail, task_in};
use crate::shipments::{form, ordered as to_be_shipped, owner, shop_with_mails};
use crate::test_app::{TestApp, event, paid_session};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

/// An order that was paid at Stripe, with its lines' amounts.
async fn paid(app: &TestApp, chosen: &[(&str, u32)]) -> (checkout::Model, order::Model) {
    let checkout = app.begin(chosen).await;
    app.pay_by_card(&checkout).await;
    app.deliver(&app.event(COMPLETED).await).await;
    let orders = app.orders().await;
    let order = orders
        .into_iter()
        .find(|order| order.checkout_id == checkout.id);
    let key = format!("fetch_payment_details:{}", checkout.id);
    // It is fetched again until the fee is known.
    task_in(app, &key, "done").await;
    (checkout, order.unwrap())
}

fn request(order: i64, part: RefundPart) -> RefundRequest {
    RefundRequest {
        confirmed: None,
        order,
        part,
        restock: false,
        reason: None,
        notify: true,
        seen: None,
        form: None,
    }
}

async fn ask(app: &TestApp, request: &RefundRequest) -> RefundOutcome {
    let requested = request_refund(&app.shop.database, request, &owner()).await;
    requested.unwrap()
}

async fn lines(app: &TestApp, chosen: &[(&str, i64)]) -> RefundPart {
    let mut lines = Vec::new();
    for (sku, quantity) in chosen {
        let variant = app.variant(sku).await.id;
        lines.push(Units {
            variant,
            quantity: *quantity,
        });
    }
    RefundPart::Lines(lines)
}

async fn details(app: &TestApp, order: i64) -> OrderDetails {
    let shown = overview::show(&app.shop.database, order).await.unwrap();
    shown.unwrap()
}

/// The amounts of the refunds at Stripe, the first one first.
async fn at_stripe(app: &TestApp) -> Vec<i64> {
    let refunds = app.stripe_get("/v1/refunds").await;
    let refunds = refunds["data"].as_array().unwrap().iter().rev();
    refunds
        .map(|refund| refund["amount"].as_i64().unwrap())
        .collect()
}

async fn deliver_refunds(app: &TestApp) {
    for event in app.stripe_events_of(&["refund."]).await {
        assert_eq!(app.deliver(&event).await, 200);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_refunded_one_by_one_add_up_to_their_line_with_odd_cents() {
    let app = TestApp::without_webhooks().await;
    let (checkout, order) = paid(&app, &[("MUG", 3)]).await;
    // As after a discount: what was paid cannot be divided by three.
    app.execute("UPDATE order_line SET amount_total = 1000")
        .await;
    for (number, amount) in [(1, 333), (2, 333), (3, 334)] {
        let one = request(order.id, lines(&app, &[("MUG", 1)]).await);
        assert_eq!(
            ask(&app, &one).await,
            RefundOutcome::Requested { amount, units: 0 }
        );
        task_in(&app, &format!("refund:{}:{number}", checkout.id), "done").await;
    }
    assert_eq!(at_stripe(&app).await, [333, 333, 334]);
    let more = request(order.id, lines(&app, &[("MUG", 1)]).await);
    let none_left = RefundOutcome::MoreUnitsThanLeft {
        sku: "MUG".to_owned(),
        left: 0,
    };
    assert_eq!(ask(&app, &more).await, none_left);
    let shown = details(&app, order.id).await;
    assert_eq!(
        (shown.lines[0].refunded, shown.lines[0].paid),
        (3, Some(1_000))
    );
    assert_eq!(shown.refundable, 2_750);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_refunded_is_refused_and_nothing_is_requested() {
    let app = TestApp::without_webhooks().await;
    let (checkout, order) = paid(&app, &[("MUG", 2), ("PEN", 1)]).await;
    let (_, _) = paid(&app, &[("POSTER", 1)]).await;
    let too_many = |left| RefundOutcome::MoreUnitsThanLeft {
        sku: "MUG".to_owned(),
        left,
    };
    for (chosen, outcome) in [
        (vec![("MUG", 3)], too_many(2)),
        (vec![("MUG", -1)], too_many(2)),
        (vec![("MUG", 1), ("MUG", 1)], too_many(2)),
        (vec![("MUG", i64::MAX)], too_many(2)),
        (vec![("MUG", 0)], RefundOutcome::NoUnits),
        (vec![], RefundOutcome::NoUnits),
        // A line of another order.
        (vec![("POSTER", 1)], RefundOutcome::UnknownLine),
    ] {
        let asked = request(order.id, lines(&app, &chosen).await);
        assert_eq!(ask(&app, &asked).await, outcome, "{chosen:?}");
    }
    let unknown = request(999, RefundPart::Rest);
    assert_eq!(ask(&app, &unknown).await, RefundOutcome::UnknownOrder);
    let above = request(order.id, RefundPart::Amount(3_001));
    let left = RefundOutcome::MoreThanLeft { left: 3_000 };
    assert_eq!(ask(&app, &above).await, left);
    for amount in [0, -1, i64::MIN] {
        let asked = request(order.id, RefundPart::Amount(amount));
        assert_eq!(ask(&app, &asked).await, RefundOutcome::WorthNothing);
    }
    assert!(details(&app, order.id).await.refund_requests.is_empty());

    // Lines and amounts share what is left.
    let amount = request(order.id, RefundPart::Amount(2_000));
    assert!(matches!(
        ask(&app, &amount).await,
        RefundOutcome::Requested { amount: 2_000, .. }
    ));
    let both = request(order.id, lines(&app, &[("MUG", 1)]).await);
    let left = RefundOutcome::MoreThanLeft { left: 1_000 };
    assert_eq!(ask(&app, &both).await, left);

    // A disputed order is not refunded, by whatever part.
    let dispute = json!({
        "id": "dp_1", "amount": 3_000, "currency": "eur", "status": "needs_response",
        "payment_intent": order.stripe_payment_intent_id, "created": 1_790_000_000,
    });
    app.deliver(&event("charge.dispute.created", &dispute))
        .await;
    for part in [RefundPart::Rest, lines(&app, &[("PEN", 1)]).await] {
        let asked = request(order.id, part);
        assert_eq!(ask(&app, &asked).await, RefundOutcome::Disputed);
    }
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!(at_stripe(&app).await, [2_000]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_people_at_once_one_refunds_and_a_double_click_is_one_refund() {
    let app = TestApp::without_webhooks().await;
    let (checkout, order) = paid(&app, &[("MUG", 3)]).await;
    let at_once = async |requests: Vec<RefundRequest>| {
        let asked = requests.into_iter().map(|request| {
            let database = app.shop.database.clone();
            tokio::spawn(async move {
                let requested = request_refund(&database, &request, &owner()).await;
                requested.unwrap()
            })
        });
        let outcomes = futures::future::join_all(asked).await.into_iter();
        outcomes.map(Result::unwrap).collect::<Vec<_>>()
    };
    let one = request(order.id, lines(&app, &[("MUG", 1)]).await);
    let people = (1..=4_u8).map(|number| RefundRequest {
        seen: Some(3_750),
        form: Some(form(number)),
        ..one.clone()
    });
    let outcomes = at_once(people.collect()).await;
    let requested = RefundOutcome::Requested {
        amount: 1_250,
        units: 0,
    };
    let told = RefundOutcome::Changed { left: 2_500 };
    let count = |outcomes: &[RefundOutcome], of: &RefundOutcome| {
        outcomes.iter().filter(|outcome| *outcome == of).count()
    };
    assert_eq!(count(&outcomes, &requested), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, &told), 3, "{outcomes:?}");

    let click = RefundRequest {
        seen: Some(2_500),
        form: Some(form(9)),
        ..one
    };
    let outcomes = at_once(vec![click; 4]).await;
    let again = RefundOutcome::AlreadyRequested { amount: 1_250 };
    assert_eq!(count(&outcomes, &requested), 1, "{outcomes:?}");
    assert_eq!(count(&outcomes, &again), 3, "{outcomes:?}");
    for number in [1, 2] {
        task_in(&app, &format!("refund:{}:{number}", checkout.id), "done").await;
    }
    assert_eq!(at_stripe(&app).await, [1_250, 1_250]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_the_refunded_units_come_back_and_they_are_not_shipped() {
    let app = TestApp::without_webhooks().await;
    let (checkout, order) = paid(&app, &[("MUG", 2), ("PEN", 1)]).await;
    app.execute("UPDATE \"order\" SET shipping_address = '{}', fulfilment = 'to_ship'")
        .await;
    let asked = RefundRequest {
        restock: true,
        ..request(order.id, lines(&app, &[("MUG", 1)]).await)
    };
    assert_eq!(
        ask(&app, &asked).await,
        RefundOutcome::Requested {
            amount: 1_250,
            units: 1
        }
    );
    // Before Stripe has made it, nobody ships what is refunded.
    let left: Vec<_> = details(&app, order.id)
        .await
        .lines
        .iter()
        .map(|line| line.to_ship)
        .collect();
    assert_eq!(left, [1, 1]);
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(39)));
    let shipment = NewShipment {
        order: order.id,
        lines: None,
        parcel: Parcel::default(),
        notify: false,
        seen: None,
        form: None,
    };
    let shipped = shipments::ship(&app.shop.database, &shipment, &owner()).await;
    assert!(matches!(
        shipped.unwrap(),
        ShipOutcome::Shipped { units: 2, .. }
    ));
    let shown = details(&app, order.id).await;
    assert_eq!(shown.fulfilment, Fulfilment::Shipped);
    assert_eq!((shown.lines[0].cancelled, shown.lines[0].restocked), (0, 0));
    let mugs = shown.lines.iter().find(|line| line.sku == "MUG").unwrap();
    assert_eq!((mugs.cancelled, mugs.restocked, mugs.shipped), (1, 1, 1));

    // What comes back after it was sent was sent.
    let returned = RefundRequest {
        restock: true,
        ..request(order.id, lines(&app, &[("MUG", 1), ("PEN", 1)]).await)
    };
    assert_eq!(
        ask(&app, &returned).await,
        RefundOutcome::Requested {
            amount: 1_750,
            units: 2
        }
    );
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(3)));
    // The history of the stock says why.
    let history = stock_change::Entity::find()
        .all(app.shop.database.reader())
        .await;
    let history: Vec<_> = history
        .unwrap()
        .into_iter()
        .map(|row| (row.reason, row.difference, row.note, row.actor))
        .collect();
    let returned = |units| {
        let by = "owner@shop.example".to_owned();
        (StockReason::Returned, Some(units), order.number.clone(), by)
    };
    assert_eq!(history.len(), 3, "{history:?}");
    assert!(history.iter().all(|row| *row == returned(1)), "{history:?}");
    let shown = details(&app, order.id).await;
    let mugs = shown.lines.iter().find(|line| line.sku == "MUG").unwrap();
    assert_eq!((mugs.cancelled, mugs.restocked, mugs.shipped), (1, 2, 1));
    assert_eq!(shown.fulfilment, Fulfilment::Shipped);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_buyer_is_told_of_a_refund_unless_the_owner_says_otherwise() {
    let (app, folder) = shop_with_mails().await;
    let (checkout, order) = paid(&app, &[("MUG", 2)]).await;
    let quietly = RefundRequest {
        notify: false,
        reason: Some("a broken handle".to_owned()),
        ..request(order.id, RefundPart::Amount(500))
    };
    ask(&app, &quietly).await;
    task_in(&app, &format!("refund:{}:1", checkout.id), "done").await;
    // As if the event came before the response to our request.
    app.execute("UPDATE refund_request SET stripe_refund_id = NULL")
        .await;
    deliver_refunds(&app).await;
    let told = async || {
        let tasks = app.tasks().await;
        tasks
            .iter()
            .filter(|key| key.starts_with("mail:refunded:"))
            .count()
    };
    assert_eq!(told().await, 0);

    let PreviewOutcome::Email(shown) = preview(
        &app.shop,
        order.id,
        &PreviewedMail::Refunded { amount: 700 },
    )
    .await
    .unwrap() else {
        panic!("no preview")
    };
    ask(&app, &request(order.id, RefundPart::Amount(700))).await;
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    deliver_refunds(&app).await;
    assert_eq!(told().await, 1);
    let sent = mail(&folder, "Your refund from").await;
    assert_eq!(
        (&*sent.subject, sent.text.trim()),
        (&*shown.subject, shown.text.trim())
    );

    let timeline = details(&app, order.id).await.timeline;
    let asked = timeline.iter().find_map(|entry| match &entry.what {
        Happening::RefundRequested { reason, notify, .. } => Some((entry, reason, *notify)),
        _ => None,
    });
    let (entry, reason, notify) = asked.unwrap();
    assert_eq!(entry.by.as_deref(), Some("owner@shop.example"));
    assert_eq!(
        (reason.as_deref(), notify),
        (Some("a broken handle"), false)
    );
    let written = audit_log::Entity::find()
        .filter(audit_log::Column::Action.eq(Action::RequestRefund))
        .all(app.shop.database.reader())
        .await
        .unwrap();
    assert_eq!(written.len(), 2);
    let after: Value = serde_json::from_str(written[0].after.as_ref().unwrap()).unwrap();
    assert_eq!(after["amount"], 500);
    assert_eq!(written[0].subject, order.number);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_what_was_paid_for_each_line_only_an_amount_is_refunded() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("MUG", 2)]).await;
    let mut session = paid_session(&checkout);
    session["amount_total"] = 2_250.into();
    session["total_details"]["amount_discount"] = 250.into();
    app.deliver_session(COMPLETED, &session).await;
    let order = app.the_order().await;
    let by_line = request(order.id, lines(&app, &[("MUG", 1)]).await);
    assert_eq!(ask(&app, &by_line).await, RefundOutcome::AmountsUnknown);
    assert_eq!(details(&app, order.id).await.lines[0].paid, None);

    // Paid in another currency, the lines say nothing about the payment.
    app.execute("UPDATE \"order\" SET flag = 'currency_differs', amount_discount = 0")
        .await;
    assert_eq!(ask(&app, &by_line).await, RefundOutcome::AmountsUnknown);
    app.execute("UPDATE \"order\" SET flag = NULL").await;
    assert_eq!(details(&app, order.id).await.lines[0].paid, Some(2_500));
    app.execute("UPDATE order_line SET amount_total = 0").await;
    assert_eq!(ask(&app, &by_line).await, RefundOutcome::WorthNothing);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_event_marks_its_order_for_the_list() {
    let app = TestApp::without_webhooks().await;
    let (checkout, order) = to_be_shipped(&app, &[("MUG", 2)]).await;
    let refund = |id: &str, amount: i64, status: &str| {
        json!({
            "id": id, "amount": amount, "currency": "eur", "status": status,
            "payment_intent": paid_session(&checkout)["payment_intent"],
        })
    };
    let marked = async || {
        let row = order::Entity::find_by_id(order.id);
        let row = row.one(app.shop.database.reader()).await.unwrap().unwrap();
        let word = |mark: Option<String>| mark.unwrap_or_default();
        (
            word(row.refunded.map(|mark| mark.to_string())),
            word(row.disputed.map(|mark| mark.to_string())),
        )
    };
    let words = |refunded: &str, disputed: &str| (refunded.to_owned(), disputed.to_owned());
    assert_eq!(marked().await, words("", ""));
    app.deliver(&event("refund.created", &refund("re_1", 500, "succeeded")))
        .await;
    assert_eq!(marked().await, words("part", ""));
    app.deliver(&event("refund.created", &refund("re_2", 2_000, "pending")))
        .await;
    assert_eq!(marked().await, words("full", ""));
    app.deliver(&event("refund.failed", &refund("re_2", 2_000, "failed")))
        .await;
    assert_eq!(marked().await, words("part", ""));
    let dispute = |status: &str| {
        json!({
            "id": "dp_1", "amount": 2_500, "currency": "eur", "status": status,
            "payment_intent": paid_session(&checkout)["payment_intent"],
            "created": 1_790_000_000,
        })
    };
    app.deliver(&event("charge.dispute.created", &dispute("needs_response")))
        .await;
    assert_eq!(marked().await, words("part", "open"));
    app.deliver(&event("charge.dispute.closed", &dispute("won")))
        .await;
    assert_eq!(marked().await, words("part", "closed"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn units_are_refunded_on_the_command_line() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (checkout, order) = paid(&app, &[("MUG", 2), ("PEN", 1)]).await;
    let run = |options: &[&str]| {
        till.run_with(
            &app,
            &[&["orders", "refund", &order.number], options].concat(),
        )
    };
    let one = run(&[
        "--line",
        "MUG=1",
        "--reason",
        "a broken handle",
        "--no-mail",
    ]);
    assert_eq!(one.code, Some(0), "{one:?}");
    assert!(
        one.stdout.contains("the refund of €12.50 for order"),
        "{one:?}"
    );
    let rest = run(&["--line", "MUG", "--line", "PEN=1", "--restock"]);
    assert!(
        rest.stdout.contains("the refund of €17.50 for order"),
        "{rest:?}"
    );
    assert!(rest.stdout.contains("returns 2 units to stock"), "{rest:?}");
    task_in(&app, &format!("refund:{}:2", checkout.id), "done").await;
    let shown = details(&app, order.id).await.refund_requests;
    assert_eq!(shown[0].reason.as_deref(), Some("a broken handle"));
    assert!(!shown[0].notify && shown[1].notify);
    assert_eq!(shown[1].lines.len(), 2);
    for (options, code) in [
        (&["--line", "MUG=1", "--amount", "1.00"][..], 2),
        (&["--line", "MUG=x"], 2),
        (&["--line", "LAMP"], 2),
        (&["--line", "MUG=1"], 1),
    ] {
        let refused = run(options);
        assert_eq!(refused.code, Some(code), "{refused:?}");
    }
}

// ---- In any order ----

/// What the owner does with an order of three mugs, and with their stock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// A unit is refunded and put back into stock.
    Refund,
    /// A unit is shipped, and another one, whose parcel is undone.
    Ship,
    /// Two units are received, and one is found broken.
    Stock,
}

fn permutations(steps: &[Step]) -> Vec<Vec<Step>> {
    let Some((first, rest)) = steps.split_first() else {
        return vec![Vec::new()];
    };
    let of_rest = permutations(rest).into_iter();
    let with_first = of_rest.flat_map(|rest| {
        (0..=rest.len()).map(move |place| {
            let mut all = rest.clone();
            all.insert(place, *first);
            all
        })
    });
    with_first.collect()
}

async fn take(app: &TestApp, step: Step, order: i64, mug: i64) {
    let database = &app.shop.database;
    let parcel = NewShipment {
        order,
        lines: Some(vec![Units {
            variant: mug,
            quantity: 1,
        }]),
        parcel: Parcel::default(),
        notify: false,
        seen: None,
        form: None,
    };
    let ship = async || match shipments::ship(database, &parcel, &owner()).await.unwrap() {
        ShipOutcome::Shipped { shipment, .. } => shipment,
        other => panic!("{other:?}"),
    };
    match step {
        Step::Refund => {
            let one = RefundRequest {
                restock: true,
                ..request(order, lines(app, &[("MUG", 1)]).await)
            };
            let asked = ask(app, &one).await;
            assert!(
                matches!(asked, RefundOutcome::Requested { .. }),
                "{asked:?}"
            );
        }
        Step::Ship => {
            ship().await;
            let parcel = ship().await;
            let undone = shipments::undo(database, order, parcel, None, &owner()).await;
            assert_eq!(undone.unwrap(), ShipmentOutcome::Done);
        }
        Step::Stock => {
            for change in [StockChange::Received(2), StockChange::Damaged(1)] {
                let changed = stock::change(database, mug, change, "", None, &owner()).await;
                assert!(matches!(changed.unwrap(), StockOutcome::Changed { .. }));
            }
        }
    }
}

/// Stripe makes the refund and tells about it at any time in between: the order and the stock end
/// up the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn refunds_shipments_and_stock_in_any_order_leave_the_same_order_and_stock() {
    let app = TestApp::without_webhooks().await;
    app.execute("UPDATE variant SET stock = 1000 WHERE sku = 'MUG'")
        .await;
    let mug = app.variant("MUG").await.id;
    let all = permutations(&[Step::Refund, Step::Ship, Step::Stock]);
    assert_eq!(all.len(), 6);
    for (number, steps) in all.into_iter().enumerate() {
        let before = app.variant("MUG").await.stock.unwrap();
        let (checkout, order) = paid(&app, &[("MUG", 3)]).await;
        for (place, step) in steps.iter().enumerate() {
            take(&app, *step, order.id, mug).await;
            if place == number % 3 {
                deliver_refunds(&app).await;
            }
        }
        let key = format!("refund:{}:{}", checkout.id, number + 1);
        task_in(&app, &key, "done").await;
        deliver_refunds(&app).await;
        let shown = details(&app, order.id).await;
        let line = &shown.lines[0];
        let units = (line.shipped, line.cancelled, line.refunded, line.to_ship);
        assert_eq!(units, (1, 1, 1, 1), "{steps:?}");
        // No address was asked for, so what is left need not be shipped.
        assert_eq!(shown.fulfilment, Fulfilment::Shipped, "{steps:?}");
        assert_eq!((line.stock_taken, line.restocked), (3, 1), "{steps:?}");
        let left = shown.summary.amount_total - line.paid.unwrap() / 3;
        assert_eq!((shown.refundable, shown.refund_under_way), (left, 0));
        let after = app.variant("MUG").await.stock.unwrap();
        assert_eq!(after, before - 3 + 1 + 2 - 1, "{steps:?}");
    }
}
