//! Parcels, notes and emails that are sent again: what the owner does with an order, by the
//! functions that the command line and the admin share.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::{Value, json};
use shop::audit::{Action, Actor};
use shop::entity::order::{DisputedMark, RefundedMark};
use shop::entity::{audit_log, checkout, order};
use shop::mail::Route;
use shop::mail::preview::{MailPreview, PreviewOutcome, PreviewedMail, preview};
use shop::orders::fulfilment::Units;
use shop::orders::notes::{self, MAX_NOTE, NoteOutcome};
use shop::orders::overview::{self, OrderDetails};
use shop::orders::packing::{pick_list, slips};
use shop::orders::resend::{ResendOutcome, resend};
use shop::orders::shipments::{
    self, Carrier, Correction, NewShipment, Parcel, ShipOutcome, ShipmentOutcome,
};
use shop::orders::timeline::Happening;
use tempfile::TempDir;
use till_core::fulfilment::Fulfilment;
use till_core::token::AttemptToken;

use crate::mails::{mail, mails, task, task_in};
use crate::test_app::{TestApp, event, paid_session};
use crate::till_binary::Till;

const COMPLETED: &str = "checkout.session.completed";

pub fn owner() -> Actor {
    Actor {
        user: Some(1),
        name: "owner@shop.example".to_owned(),
        address: Some("127.0.0.1".to_owned()),
    }
}

pub fn form(number: u8) -> AttemptToken {
    AttemptToken::from_bytes([number; 16])
}

/// A shop whose emails are files in this folder.
pub async fn shop_with_mails() -> (TestApp, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app =
        TestApp::without_webhooks_with(|config| config.mail.route = Route::Folder(path)).await;
    (app, folder)
}

/// The session of a checkout, paid and with a shipping address.
pub fn shipped_session(checkout: &checkout::Model) -> Value {
    let mut session = paid_session(checkout);
    session["collected_information"] = json!({ "shipping_details": {
        "name": "Ada Möwe",
        "address": {
            "line1": "Marktplatz 3", "city": "Berlin", "postal_code": "10115", "country": "DE",
        },
    } });
    session["custom_fields"] = json!([
        { "key": "order_note", "text": { "value": "Ring <twice>" } },
    ]);
    session
}

/// An order that is to be shipped.
pub async fn ordered(app: &TestApp, chosen: &[(&str, u32)]) -> (checkout::Model, order::Model) {
    let checkout = app.begin(chosen).await;
    app.deliver_session(COMPLETED, &shipped_session(&checkout))
        .await;
    let orders = app.orders().await;
    let order = orders
        .into_iter()
        .find(|order| order.checkout_id == checkout.id);
    (checkout, order.unwrap())
}

async fn details(app: &TestApp, order: i64) -> OrderDetails {
    let shown = overview::show(&app.shop.database, order).await.unwrap();
    shown.unwrap()
}

async fn fulfilment(app: &TestApp, order: i64) -> Fulfilment {
    let row = order::Entity::find_by_id(order);
    let row = row.one(app.shop.database.reader()).await.unwrap();
    row.unwrap().fulfilment
}

fn dhl(number: &str) -> Parcel {
    Parcel::parse("dhl", "", number).unwrap()
}

fn parcel_of(order: i64, lines: Option<Vec<Units>>) -> NewShipment {
    NewShipment {
        order,
        lines,
        parcel: dhl("0034"),
        notify: true,
        seen: None,
        form: None,
    }
}

async fn ship(app: &TestApp, shipment: &NewShipment) -> ShipOutcome {
    let shipped = shipments::ship(&app.shop.database, shipment, &owner()).await;
    shipped.unwrap()
}

async fn units(app: &TestApp, sku: &str, quantity: i64) -> Units {
    let variant = app.variant(sku).await.id;
    Units { variant, quantity }
}

async fn audited(app: &TestApp, action: Action) -> Vec<audit_log::Model> {
    audit_log::Entity::find()
        .filter(audit_log::Column::Action.eq(action))
        .order_by_asc(audit_log::Column::Id)
        .all(app.shop.database.reader())
        .await
        .unwrap()
}

// ---- Parcels ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shipped_in_two_parts_and_its_page_is_true_at_any_time() {
    let (app, folder) = shop_with_mails().await;
    let (checkout, order) = ordered(&app, &[("MUG", 2), ("PEN", 1)]).await;
    let address = format!("/orders/{}", checkout.token.as_str());
    assert_eq!(order.fulfilment, Fulfilment::ToShip);
    let page = app.get(&address).await;
    assert!(!page.has("#parcels"));
    assert!(page.text("main").contains("We’ll send your order to"));

    let mug = units(&app, "MUG", 1).await;
    let first = parcel_of(order.id, Some(vec![mug]));
    let ShipOutcome::Shipped { shipment, units: 1 } = ship(&app, &first).await else {
        panic!("not shipped")
    };
    assert_eq!(fulfilment(&app, order.id).await, Fulfilment::PartlyShipped);
    let sent = mail(&folder, "is on its way").await;
    assert!(sent.text.contains("The rest will follow."), "{}", sent.text);
    assert!(
        sent.text
            .contains("carried by DHL, and its tracking number is 0034")
    );
    assert!(sent.text.contains("1 × Becher"), "{}", sent.text);
    let tracking =
        "https://www.dhl.de/de/privatkunden/pakete-empfangen/verfolgen.html?piececode=0034";
    assert!(sent.html.contains(tracking), "{}", sent.html);
    let page = app.get(&address).await;
    assert_eq!(
        page.attribute("#main section a[rel=noreferrer]", "href")
            .as_deref(),
        Some(tracking)
    );
    let text = page.text("main");
    assert!(text.contains("We’ll send the rest of your order"), "{text}");

    let rest = NewShipment {
        parcel: Parcel::parse("other", "Bike courier", "").unwrap(),
        notify: false,
        ..parcel_of(order.id, None)
    };
    assert!(matches!(
        ship(&app, &rest).await,
        ShipOutcome::Shipped { units: 2, .. }
    ));
    assert_eq!(fulfilment(&app, order.id).await, Fulfilment::Shipped);
    let text = app.get(&address).await.text("main");
    assert!(
        text.contains("Everything we have to send is on its way"),
        "{text}"
    );
    assert!(text.contains("with Bike courier"), "{text}");
    assert!(!text.contains("We’ll send"), "{text}");

    let shown = details(&app, order.id).await;
    let to_ship: Vec<_> = shown
        .lines
        .iter()
        .map(|line| (line.shipped, line.to_ship))
        .collect();
    assert_eq!(to_ship, [(1, 0), (2, 0)]);
    assert_eq!(shown.shipments[0].id, shipment);
    let parcels: Vec<_> = shown
        .timeline
        .iter()
        .filter(|entry| matches!(entry.what, Happening::Shipped { .. }))
        .map(|entry| entry.by.as_deref())
        .collect();
    assert_eq!(parcels, [Some("owner@shop.example"); 2]);
    // Without notifying, there is one email only.
    let about = mails(folder.path()).into_iter();
    assert_eq!(
        about
            .filter(|mail| mail.subject.contains("on its way"))
            .count(),
        1
    );
    let written = audited(&app, Action::ShipOrder).await;
    assert_eq!(written.len(), 2);
    assert_eq!(written[0].subject, order.number);
    assert_eq!(written[0].actor, "owner@shop.example");
    let after: Value = serde_json::from_str(written[0].after.as_ref().unwrap()).unwrap();
    assert_eq!(after["units"], json!({ "MUG": 1 }));
    assert_eq!(after["parcel"]["tracking_number"], "0034");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_shipped_is_refused_and_nothing_is_recorded() {
    let app = TestApp::without_webhooks().await;
    let (_, order) = ordered(&app, &[("MUG", 2)]).await;
    let (_, other) = ordered(&app, &[("PEN", 1)]).await;
    let mug = units(&app, "MUG", 0).await.variant;
    let of_mug = |quantity| {
        Some(vec![Units {
            variant: mug,
            quantity,
        }])
    };
    let too_many = |left| ShipOutcome::MoreThanLeft {
        sku: "MUG".to_owned(),
        left,
    };
    let pen = units(&app, "PEN", 1).await;
    let twice = vec![
        Units {
            variant: mug,
            quantity: 1
        };
        2
    ];
    for (lines, outcome) in [
        (of_mug(3), too_many(2)),
        (of_mug(-1), too_many(2)),
        (of_mug(i64::MAX), too_many(2)),
        (of_mug(0), ShipOutcome::NoUnits),
        (Some(vec![]), ShipOutcome::NoUnits),
        (Some(twice), too_many(2)),
        // A line of another order.
        (Some(vec![pen]), ShipOutcome::UnknownLine),
    ] {
        assert_eq!(ship(&app, &parcel_of(order.id, lines)).await, outcome);
    }
    assert_eq!(
        ship(&app, &parcel_of(999, None)).await,
        ShipOutcome::UnknownOrder
    );
    assert!(details(&app, order.id).await.shipments.is_empty());
    assert!(audited(&app, Action::ShipOrder).await.is_empty());

    assert!(matches!(
        ship(&app, &parcel_of(order.id, None)).await,
        ShipOutcome::Shipped { .. }
    ));
    assert_eq!(
        ship(&app, &parcel_of(order.id, None)).await,
        ShipOutcome::NothingLeft
    );
    // The other order's parcels are its own.
    let shipment = details(&app, order.id).await.shipments[0].id;
    let database = &app.shop.database;
    let undone = shipments::undo(database, other.id, shipment, None, &owner()).await;
    assert_eq!(undone.unwrap(), ShipmentOutcome::UnknownShipment);
    let correction = Correction {
        order: other.id,
        shipment,
        parcel: dhl("1"),
        notify: true,
        seen: None,
    };
    let corrected = shipments::correct(database, &correction, &owner()).await;
    assert_eq!(corrected.unwrap(), ShipmentOutcome::UnknownShipment);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_people_at_once_one_ships_and_the_other_is_told() {
    let app = TestApp::without_webhooks().await;
    let (_, order) = ordered(&app, &[("MUG", 2), ("PEN", 3)]).await;
    let shipment = NewShipment {
        seen: Some(details(&app, order.id).await.shipments_revision),
        ..parcel_of(order.id, Some(vec![units(&app, "MUG", 1).await]))
    };
    let at_once = futures::future::join_all((0..4_u8).map(|number| {
        let (database, shipment) = (app.shop.database.clone(), shipment.clone());
        let shipment = NewShipment {
            form: Some(form(number)),
            ..shipment
        };
        tokio::spawn(async move {
            let shipped = shipments::ship(&database, &shipment, &owner()).await;
            shipped.unwrap()
        })
    }));
    let outcomes: Vec<_> = at_once.await.into_iter().map(Result::unwrap).collect();
    let shipped = outcomes
        .iter()
        .filter(|outcome| matches!(outcome, ShipOutcome::Shipped { .. }));
    assert_eq!(shipped.count(), 1, "{outcomes:?}");
    let told = outcomes
        .iter()
        .filter(|outcome| **outcome == ShipOutcome::Changed);
    assert_eq!(told.count(), 3, "{outcomes:?}");

    // A double click is one parcel, whatever was seen.
    let shipment = NewShipment {
        form: Some(form(9)),
        ..parcel_of(order.id, Some(vec![units(&app, "PEN", 1).await]))
    };
    let at_once = (0..4).map(|_| {
        let (database, shipment) = (app.shop.database.clone(), shipment.clone());
        tokio::spawn(async move {
            let shipped = shipments::ship(&database, &shipment, &owner()).await;
            shipped.unwrap()
        })
    });
    let outcomes: Vec<_> = futures::future::join_all(at_once).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    let again = outcomes
        .iter()
        .filter(|outcome| **outcome == ShipOutcome::AlreadyShipped);
    assert_eq!(again.count(), 3, "{outcomes:?}");
    assert_eq!(details(&app, order.id).await.shipments.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parcel_is_corrected_and_undone_by_who_saw_it_as_it_is() {
    let (app, folder) = shop_with_mails().await;
    let (checkout, order) = ordered(&app, &[("MUG", 1)]).await;
    let database = &app.shop.database;
    ship(
        &app,
        &NewShipment {
            notify: false,
            ..parcel_of(order.id, None)
        },
    )
    .await;
    let row = details(&app, order.id).await.shipments.remove(0);
    let correction = |number: &str, seen| Correction {
        order: order.id,
        shipment: row.id,
        parcel: dhl(number),
        notify: true,
        seen: Some(seen),
    };
    let correct = async |correction: Correction| {
        let corrected = shipments::correct(database, &correction, &owner()).await;
        corrected.unwrap()
    };
    assert_eq!(
        correct(correction("0034", 1)).await,
        ShipmentOutcome::Unchanged
    );
    assert_eq!(correct(correction("0035", 1)).await, ShipmentOutcome::Done);
    assert_eq!(
        correct(correction("0036", 1)).await,
        ShipmentOutcome::Changed
    );
    let sent = mail(&folder, "is on its way").await;
    assert!(sent.text.contains("0035"), "{}", sent.text);
    let undo = async |seen| {
        let undone = shipments::undo(database, order.id, row.id, seen, &owner()).await;
        undone.unwrap()
    };
    assert_eq!(undo(Some(1)).await, ShipmentOutcome::Changed);
    assert_eq!(undo(Some(2)).await, ShipmentOutcome::Done);
    assert_eq!(undo(Some(2)).await, ShipmentOutcome::Unchanged);
    assert_eq!(
        correct(correction("0036", 3)).await,
        ShipmentOutcome::Changed
    );
    assert_eq!(fulfilment(&app, order.id).await, Fulfilment::ToShip);
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert!(!page.has("#parcels"));
    assert!(page.text("main").contains("We’ll send your order"));
    let actions: Vec<_> = [Action::CorrectShipment, Action::UndoShipment].into();
    for action in actions {
        assert_eq!(audited(&app, action).await.len(), 1, "{action}");
    }
    // Its units can be sent again; the parcel that was undone stays in the timeline.
    assert!(matches!(
        ship(&app, &parcel_of(order.id, None)).await,
        ShipOutcome::Shipped { .. }
    ));
    let shown = details(&app, order.id).await;
    let is_undone = |what: &Happening| matches!(what, Happening::ShipmentUndone { .. });
    assert!(shown.timeline.iter().any(|entry| is_undone(&entry.what)));
    let times: Vec<_> = shown.timeline.iter().map(|entry| entry.at).collect();
    assert!(times.is_sorted());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_email_of_a_parcel_that_was_undone_is_not_sent() {
    let (app, folder) = shop_with_mails().await;
    let (_, order) = ordered(&app, &[("MUG", 1)]).await;
    let mail = PreviewedMail::Shipped {
        parcel: dhl("0034"),
        lines: None,
    };
    let PreviewOutcome::Email(shown) = preview(&app.shop, order.id, &mail).await.unwrap() else {
        panic!("no preview")
    };
    let ShipOutcome::Shipped { shipment, .. } = ship(&app, &parcel_of(order.id, None)).await else {
        panic!("not shipped")
    };
    let sent = crate::mails::mail(&folder, "is on its way").await;
    // What the form has shown is what was sent.
    assert_eq!(
        (sent.subject.as_str(), sent.text.trim()),
        (&*shown.subject, shown.text.trim())
    );
    assert_eq!(shown.to.as_deref(), Some("shopper@example.com"));

    let database = &app.shop.database;
    shipments::undo(database, order.id, shipment, None, &owner())
        .await
        .unwrap();
    let key = shown_key(&app, "mail:shipped:").await;
    let id = task(&app, &key).await.unwrap().id;
    let again = preview(&app.shop, order.id, &PreviewedMail::Again { task: id }).await;
    assert_eq!(
        again.unwrap(),
        PreviewOutcome::NotSent("the shipment was undone")
    );
}

/// The key of the only task that begins so.
async fn shown_key(app: &TestApp, beginning: &str) -> String {
    let tasks = app.tasks().await;
    let mut found = tasks.into_iter().filter(|key| key.starts_with(beginning));
    found.next().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_orders_are_shipped_at_once_each_on_its_own() {
    let app = TestApp::without_webhooks().await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(ordered(&app, &[("PEN", 1)]).await.1.id);
    }
    ship(&app, &parcel_of(ids[1], None)).await;
    let all = [ids.clone(), vec![999]].concat();
    let parcel = Parcel::default();
    let outcomes = shipments::ship_all(&app.shop.database, &all, &parcel, false, &owner()).await;
    let outcomes = outcomes.unwrap();
    let is_shipped = |outcome: &ShipOutcome| matches!(outcome, ShipOutcome::Shipped { .. });
    let shipped: Vec<_> = outcomes
        .iter()
        .map(|(_, outcome)| is_shipped(outcome))
        .collect();
    assert_eq!(shipped, [true, false, true, false]);
    assert_eq!(outcomes[1].1, ShipOutcome::NothingLeft);
    assert_eq!(outcomes[3].1, ShipOutcome::UnknownOrder);
    for id in ids {
        assert_eq!(fulfilment(&app, id).await, Fulfilment::Shipped);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refunded_order_is_not_to_be_shipped_and_one_without_an_address_never_was() {
    let app = TestApp::without_webhooks().await;
    let (checkout, order) = ordered(&app, &[("MUG", 1)]).await;
    let refund = |status: &str| {
        json!({
            "id": "re_1", "amount": 1_250, "currency": "eur", "status": status,
            "payment_intent": paid_session(&checkout)["payment_intent"],
        })
    };
    app.deliver(&event("refund.created", &refund("succeeded")))
        .await;
    assert_eq!(fulfilment(&app, order.id).await, Fulfilment::NotNeeded);
    assert_eq!(
        ship(&app, &parcel_of(order.id, None)).await,
        ShipOutcome::NothingLeft
    );
    let page = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await;
    assert!(!page.text("main").contains("We’ll send"));
    // The refund came back: the order is to be shipped again.
    app.deliver(&event("refund.failed", &refund("failed")))
        .await;
    assert_eq!(fulfilment(&app, order.id).await, Fulfilment::ToShip);

    let checkout = app.begin(&[("PEN", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&checkout))
        .await;
    let orders = app.orders().await;
    let order = orders
        .iter()
        .find(|order| order.checkout_id == checkout.id)
        .unwrap();
    assert_eq!(order.fulfilment, Fulfilment::NotNeeded);
    assert_eq!(
        ship(&app, &parcel_of(order.id, None)).await,
        ShipOutcome::NothingLeft
    );
    // The owner may know better.
    let pen = Some(vec![units(&app, "PEN", 1).await]);
    assert!(matches!(
        ship(&app, &parcel_of(order.id, pen)).await,
        ShipOutcome::Shipped { .. }
    ));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn slips_and_the_pick_list_have_what_is_left_to_ship() {
    let app = TestApp::without_webhooks().await;
    let (_, first) = ordered(&app, &[("MUG", 2), ("PEN", 1)]).await;
    let (_, second) = ordered(&app, &[("PEN", 3)]).await;
    let mug = vec![units(&app, "MUG", 2).await];
    ship(&app, &parcel_of(first.id, Some(mug))).await;
    let found = slips(&app.shop.database, &[second.id, first.id, 999])
        .await
        .unwrap();
    let numbers: Vec<_> = found.iter().map(|slip| &slip.number).collect();
    assert_eq!(numbers, [&second.number, &first.number]);
    let slip = &found[1];
    assert!(slip.partly_shipped);
    assert_eq!(
        slip.ship_to,
        ["Ada Möwe", "Marktplatz 3", "10115 Berlin", "Germany"]
    );
    assert_eq!(slip.note.as_deref(), Some("Ring <twice>"));
    let lines: Vec<_> = slip
        .lines
        .iter()
        .map(|line| (&*line.sku, line.quantity))
        .collect();
    assert_eq!(lines, [("PEN", 1)]);
    let list = pick_list(&found);
    assert_eq!(list.len(), 1);
    assert_eq!((list[0].quantity, list[0].orders.len()), (4, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_shipped_and_noted_on_the_command_line() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let (_, order) = ordered(&app, &[("MUG", 2), ("PEN", 1)]).await;
    let number = order.number.as_str();
    let run = |arguments: &[&str]| till.run_with(&app, &[&["orders"], arguments].concat());
    let shipped = run(&[
        "ship",
        number,
        "--line",
        "MUG=1",
        "--carrier",
        "dhl",
        "--tracking",
        "7",
    ]);
    assert_eq!(shipped.code, Some(0), "{shipped:?}");
    assert!(
        shipped.stdout.contains("1 unit shipped, parcel 1"),
        "{shipped:?}"
    );
    let too_many = run(&["ship", number, "--line", "MUG=2"]);
    assert_eq!(too_many.code, Some(1), "{too_many:?}");
    assert!(
        too_many.stdout.contains("only 1 unit of MUG left to ship"),
        "{too_many:?}"
    );
    let unknown = run(&["ship", number, "--line", "BOARD"]);
    assert_eq!(unknown.code, Some(2), "{unknown:?}");
    let corrected = run(&["correct-shipment", number, "1", "--carrier", "Bike courier"]);
    assert_eq!(corrected.code, Some(0), "{corrected:?}");
    let shown = details(&app, order.id).await.shipments.remove(0);
    assert_eq!(shown.carrier, Some(Carrier::Other));
    assert_eq!(shown.carrier_name.as_deref(), Some("Bike courier"));
    let noted = run(&["note", number, "Fragile\nlines"]);
    assert_eq!(noted.code, Some(0), "{noted:?}");
    let rest = run(&["ship", number, "--no-mail"]);
    assert!(rest.stdout.contains("2 units shipped"), "{rest:?}");
    let undone = run(&["undo-shipment", number, "2"]);
    assert_eq!(undone.code, Some(0), "{undone:?}");
    let printed = run(&["show", number]);
    for expected in [
        "partly shipped",
        "Bike courier",
        "1 × MUG",
        "Fragile lines",
        "TO SHIP",
    ] {
        assert!(printed.stdout.contains(expected), "{expected}: {printed:?}");
    }
    let json = run(&["show", number, "--json"]).json();
    assert_eq!(json["fulfilment"], "partly_shipped");
    assert_eq!(json["lines"][0]["to_ship"], 1);
    assert!(json["timeline"].as_array().unwrap().len() > 4, "{json}");
}

// ---- Notes ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_note_is_written_once_for_each_form() {
    let app = TestApp::without_webhooks().await;
    let (_, order) = ordered(&app, &[("PEN", 1)]).await;
    let database = &app.shop.database;
    let write = async |text: &str, number: u8| {
        let form = form(number);
        let written = notes::write(database, order.id, text, Some(&form), &owner()).await;
        written.unwrap()
    };
    let text = "First line\r\n</textarea><script>";
    assert_eq!(write(text, 1).await, NoteOutcome::Written);
    assert_eq!(write(text, 1).await, NoteOutcome::AlreadyWritten);
    assert_eq!(write("changed", 1).await, NoteOutcome::Written);
    assert_eq!(write(" \n ", 2).await, NoteOutcome::Empty);
    let long = "ä".repeat(MAX_NOTE + 1);
    let characters = MAX_NOTE + 1;
    assert_eq!(write(&long, 3).await, NoteOutcome::TooLong { characters });
    assert_eq!(write(&long[2..], 3).await, NoteOutcome::Written);
    let unknown = notes::write(database, 999, "x", None, &owner()).await;
    assert_eq!(unknown.unwrap(), NoteOutcome::UnknownOrder);
    let stored = details(&app, order.id).await.notes;
    assert_eq!(stored.len(), 3);
    assert_eq!(stored[0].text, "First line\n</textarea><script>");
    assert_eq!(stored[0].by, "owner@shop.example");
    assert_eq!(audited(&app, Action::WriteNote).await.len(), 3);
}

// ---- Emails that are sent again ----

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_email_is_sent_again_once_for_each_form_and_as_its_preview_says() {
    let (app, folder) = shop_with_mails().await;
    let (checkout, order) = ordered(&app, &[("PEN", 1)]).await;
    let (other_checkout, other) = ordered(&app, &[("MUG", 1)]).await;
    let paid = task_in(&app, &format!("mail:paid:{}", checkout.id), "done").await;
    task_in(&app, &format!("mail:paid:{}", other_checkout.id), "done").await;
    let database = &app.shop.database;
    let tasks = async || details(&app, order.id).await.outbox.len();
    let seen = tasks().await;
    let asked = PreviewedMail::Again { task: paid.id };
    let PreviewOutcome::Email(MailPreview { text, .. }) =
        preview(&app.shop, order.id, &asked).await.unwrap()
    else {
        panic!("no preview")
    };
    let again = async |order: i64, seen| {
        let resent = resend(database, order, paid.id, Some(seen), &owner()).await;
        resent.unwrap()
    };
    assert_eq!(again(order.id, seen).await, ResendOutcome::Enqueued);
    assert_eq!(again(order.id, seen).await, ResendOutcome::Changed);
    // The email of another order.
    let others = details(&app, other.id).await.outbox.len();
    assert_eq!(again(other.id, others).await, ResendOutcome::UnknownMail);
    let key = format!("mail:paid:{}:again:{seen}", checkout.id);
    task_in(&app, &key, "done").await;
    let sent: Vec<_> = mails(folder.path())
        .into_iter()
        .filter(|mail| mail.subject.contains(&order.number) && mail.to.contains("shopper"))
        .collect();
    assert_eq!(sent.len(), 2);
    assert_ne!(sent[0].message_id, sent[1].message_id);
    assert_eq!(sent[0].text, sent[1].text);
    assert_eq!(sent[0].text.trim(), text.trim());
    assert_eq!(audited(&app, Action::ResendMail).await.len(), 1);
    // Its payload is gone after a while, and its key still names it.
    app.execute("UPDATE outbox SET payload = ''").await;
    assert_eq!(
        again(order.id, tasks().await).await,
        ResendOutcome::Enqueued
    );
}

// ---- In any order ----

/// What happens to an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    /// The owner ships a unit.
    Ship,
    /// The owner ships another one, and undoes it.
    ShipAndUndo,
    /// A part is refunded in Stripe's dashboard.
    Refund,
    /// A refund of the rest is made, and comes back.
    RefundFails,
    /// The bank opens and closes a dispute.
    Dispute,
}

/// All orders of these steps.
fn permutations(steps: &[Step]) -> Vec<Vec<Step>> {
    if steps.is_empty() {
        return vec![Vec::new()];
    }
    let begin_with = |first: &Step| {
        let others: Vec<_> = steps.iter().copied().filter(|step| step != first).collect();
        let rests = permutations(&others).into_iter();
        rests
            .map(|rest| [vec![*first], rest].concat())
            .collect::<Vec<_>>()
    };
    steps.iter().flat_map(begin_with).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shipments_refunds_and_disputes_in_any_order_leave_the_same_order() {
    let app = TestApp::without_webhooks().await;
    let poster = units(&app, "POSTER", 1).await;
    let all = [
        Step::Ship,
        Step::ShipAndUndo,
        Step::Refund,
        Step::RefundFails,
        Step::Dispute,
    ];
    let mut ends = Vec::new();
    for (number, steps) in permutations(&all).into_iter().enumerate() {
        let (checkout, order) = ordered(&app, &[("POSTER", 3)]).await;
        let intent = paid_session(&checkout)["payment_intent"].clone();
        let deliver = async |kind: &str, id: &str, amount: i64, status: &str| {
            let object = json!({
                "id": format!("{id}_{number}"), "amount": amount, "currency": "eur",
                "status": status, "payment_intent": intent, "created": 1_790_000_000,
            });
            assert_eq!(app.deliver(&event(kind, &object)).await, 200);
        };
        for step in &steps {
            let parcel = parcel_of(order.id, Some(vec![poster]));
            match step {
                Step::Ship => {
                    let shipped = ship(&app, &parcel).await;
                    assert!(matches!(shipped, ShipOutcome::Shipped { .. }), "{steps:?}");
                }
                Step::ShipAndUndo => {
                    let ShipOutcome::Shipped { shipment, .. } = ship(&app, &parcel).await else {
                        panic!("{steps:?}")
                    };
                    let database = &app.shop.database;
                    let undone =
                        shipments::undo(database, order.id, shipment, None, &owner()).await;
                    assert_eq!(undone.unwrap(), ShipmentOutcome::Done);
                }
                Step::Refund => deliver("refund.created", "re_part", 900, "succeeded").await,
                Step::RefundFails => {
                    deliver("refund.created", "re_rest", 1_800, "pending").await;
                    deliver("refund.failed", "re_rest", 1_800, "failed").await;
                }
                Step::Dispute => {
                    deliver("charge.dispute.created", "dp", 900, "needs_response").await;
                    deliver("charge.dispute.closed", "dp", 900, "won").await;
                }
            }
        }
        let row = order::Entity::find_by_id(order.id);
        let row = row.one(app.shop.database.reader()).await.unwrap().unwrap();
        ends.push((steps, row.fulfilment, row.refunded, row.disputed));
    }
    assert_eq!(ends.len(), 120);
    for (steps, fulfilment, refunded, disputed) in ends {
        assert_eq!(fulfilment, Fulfilment::PartlyShipped, "{steps:?}");
        assert_eq!(refunded, Some(RefundedMark::Part), "{steps:?}");
        assert_eq!(disputed, Some(DisputedMark::Closed), "{steps:?}");
    }
}
