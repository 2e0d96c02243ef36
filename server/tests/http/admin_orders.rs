//! The admin's pages of orders, as a browser without scripts uses them.

use scraper::{Html, Selector};
use sea_orm::EntityTrait;
use secrecy::SecretString;
use shop::admin::{CreateOutcome, Entrance, NewUser, SignInOutcome, Visit, create, sign_in};
use shop::audit::Actor;
use shop::entity::{order, refund_request};
use shop::orders::overview;
use shop::orders::refund::RequestState;
use till_core::admin::Role;
use till_core::fulfilment::Fulfilment;

use crate::mails::{mail, task_in};
use crate::shipments::{ordered, shop_with_mails};
use crate::test_app::{Page, TestApp, eventually};

const PASSWORD: &str = "correct horse battery";

/// Somebody who is signed in.
struct User<'a> {
    app: &'a TestApp,
    cookie: String,
}

/// The fields of a form, as a browser would send them.
type Fields = Vec<(String, String)>;

impl<'a> User<'a> {
    async fn with(app: &'a TestApp, role: Role) -> Self {
        let mail = format!("{role}@shop.example");
        let new = NewUser {
            mail: mail.clone(),
            role,
            language: locale::Language::default(),
            is_first: false,
        };
        let entrance = Entrance::Password(PASSWORD.into());
        let actor = Actor::on_command_line("tester");
        let created = create(&app.shop.database, &new, entrance, &actor).await;
        assert!(matches!(created.unwrap(), CreateOutcome::Created { .. }));
        let visit = Visit {
            address: "192.0.2.1".parse().unwrap(),
            user_agent: None,
            device: None,
        };
        let password = SecretString::from(PASSWORD);
        let signed_in = sign_in(&app.shop, &mail, &password, &visit, None).await;
        let SignInOutcome::SignedIn(session) = signed_in.unwrap() else {
            panic!("not signed in")
        };
        Self {
            app,
            cookie: format!("till-session={}", session.token.as_str()),
        }
    }

    async fn get(&self, path: &str) -> Page {
        let request = self.app.request("GET", path).header("cookie", &self.cookie);
        self.app.send(request).await
    }

    async fn post(&self, action: &str, fields: &Fields) -> Page {
        let request = self
            .app
            .request("POST", action)
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
            .form(fields);
        self.app.send(request).await
    }

    /// Fills the form of a page that is sent to this function, and sends it.
    async fn fill(&self, page: &str, action: &str, typed: &[(&str, &str)]) -> Page {
        let action = format!("/admin/api/orders/{action}");
        let shown = self.get(page).await;
        assert_eq!(shown.status, 200, "{shown:?}");
        let fields = with(fields_of(&shown, &action), typed);
        self.post(&action, &fields).await
    }
}

/// The fields of the first form with this action, with what is in them.
fn fields_of(page: &Page, action: &str) -> Fields {
    let document = Html::parse_document(&page.body);
    let form = Selector::parse(&format!("form[action=\"{action}\"]")).unwrap();
    let form = document
        .select(&form)
        .next()
        .unwrap_or_else(|| panic!("{action}: {}", page.body));
    let fields = Selector::parse("input, textarea, select").unwrap();
    let option = Selector::parse("option[selected], option").unwrap();
    let selected = Selector::parse("option[selected]").unwrap();
    let mut found = Vec::new();
    for field in form.select(&fields) {
        let Some(name) = field.value().attr("name") else {
            continue;
        };
        let is_box = field.value().attr("type") == Some("checkbox");
        if is_box && field.value().attr("checked").is_none() {
            continue;
        }
        let value = match field.value().name() {
            "select" => {
                let chosen = field
                    .select(&selected)
                    .next()
                    .or(field.select(&option).next());
                chosen
                    .and_then(|chosen| chosen.value().attr("value"))
                    .unwrap_or_default()
            }
            "textarea" => "",
            _ => field.value().attr("value").unwrap_or_default(),
        };
        found.push((name.to_owned(), value.to_owned()));
    }
    found
}

/// The same fields with other values; an empty name removes the field.
fn with(mut fields: Fields, typed: &[(&str, &str)]) -> Fields {
    for (name, value) in typed {
        fields.retain(|(field, _)| field != name);
        if *value != "(unticked)" {
            fields.push(((*name).to_owned(), (*value).to_owned()));
        }
    }
    fields
}

fn is_done(page: &Page, order: &order::Model, notice: &str) {
    assert_eq!(page.status, 303, "{page:?}");
    let to = format!("/admin/orders/{}?done={notice}", order.number);
    assert_eq!(page.header("location"), to);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn orders_are_listed_found_and_shown() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let (_, order) = ordered(&app, &[("MUG", 2), ("PEN", 1)]).await;
    let list = owner.get("/admin/orders").await;
    assert_eq!(list.status, 200);
    let rows = list.texts(".rows tbody tr");
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert!(
        rows[0].contains(&order.number) && rows[0].contains("To ship"),
        "{rows:?}"
    );
    // What shoppers and products are called is text.
    assert!(!list.body.contains("<Söhne>"), "{}", list.body);
    for (query, count) in [
        ("q=shopper%40example.com", 1),
        ("q=nobody", 0),
        ("state=to_ship", 1),
        ("state=shipped", 0),
        ("state=%3Cscript%3E&before=x&from=yesterday", 1),
        ("from=2100-01-01", 0),
    ] {
        let list = owner.get(&format!("/admin/orders?{query}")).await;
        assert_eq!(list.texts(".rows tbody tr").len(), count, "{query}");
        assert!(!list.body.contains("<script>"), "{query}");
    }
    let page = owner.get(&format!("/admin/orders/{}", order.number)).await;
    let text = page.text("main");
    for expected in [
        "MUG",
        "Ada Möwe",
        "Marktplatz 3",
        "Ring <twice>",
        "€30.00",
        "To ship",
    ] {
        assert!(text.contains(expected), "{expected}: {text}");
    }
    assert!(text.contains("checkout.session.completed"), "{text}");
    for unknown in [
        "/admin/orders/NOPE",
        "/admin/orders/1/ship",
        "/admin/orders/%00",
    ] {
        assert_eq!(owner.get(unknown).await.status, 404, "{unknown}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_order_is_shipped_corrected_and_undone() {
    let (app, folder) = shop_with_mails().await;
    let owner = User::with(&app, Role::Owner).await;
    let (_, order) = ordered(&app, &[("MUG", 2)]).await;
    let page = format!("/admin/orders/{}", order.number);
    let ship = format!("{page}/ship");
    let units = format!("units[{}]", app.variant("MUG").await.id);
    let refused = owner
        .fill(&ship, "ship", &[(&units, "3"), ("tracking", "typed")])
        .await;
    assert_eq!(refused.status, 422);
    assert_eq!(
        refused.alert(),
        "Only 2 of MUG can be shipped. Nothing was recorded."
    );
    // What was typed stays.
    assert_eq!(
        refused
            .attribute(&format!("[name=\"{units}\"]"), "value")
            .as_deref(),
        Some("3")
    );
    assert_eq!(
        refused
            .attribute("input[name=tracking]", "value")
            .as_deref(),
        Some("typed")
    );

    // The preview, and what is sent.
    let shown = owner.get(&ship).await;
    let action = "/admin/api/orders/ship";
    let typed = [
        (units.as_str(), "1"),
        ("carrier", "dhl"),
        ("tracking", "0034"),
    ];
    let fields = with(fields_of(&shown, action), &typed);
    let query = url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(&fields)
        .finish();
    let preview = owner.get(&format!("{page}/mail?{query}")).await;
    let text = preview.text(".mail-text");
    assert!(text.contains("tracking number is 0034"), "{text}");
    let done = owner.post(action, &fields).await;
    is_done(&done, &order, "shipped");
    let sent = mail(&folder, "is on its way").await;
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert_eq!(words(&sent.text), words(&text));
    // A double click, and the second of two people.
    is_done(&owner.post(action, &fields).await, &order, "shipped");
    let second = with(fields, &[("attempt", "0123456789abcdef0123456789abcdef")]);
    let told = owner.post(action, &second).await;
    assert!(
        told.alert()
            .contains("Somebody has shipped or changed something"),
        "{told:?}"
    );
    let shown = overview::show(&app.shop.database, order.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shown.shipments.len(), 1);

    let parcel = format!("{page}/shipments/{}", shown.shipments[0].id);
    let corrected = owner
        .fill(
            &parcel,
            "correct-shipment",
            &[("tracking", "0035"), ("notify", "(unticked)")],
        )
        .await;
    is_done(&corrected, &order, "shipment-corrected");
    assert!(owner.get(&page).await.text("main").contains("DHL 0035"));
    let undone = owner.fill(&parcel, "undo-shipment", &[]).await;
    is_done(&undone, &order, "shipment-undone");
    let shown = overview::show(&app.shop.database, order.id)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(shown.fulfilment, Fulfilment::ToShip);
    assert!(
        owner
            .get(&page)
            .await
            .text("main")
            .contains("Shipment undone")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn several_orders_are_packed_exported_and_shipped_at_once() {
    let app = TestApp::without_webhooks_with(|config| {
        let address = ["Pens Ltd", "1 High Street"].map(str::to_owned);
        config.profile.contact.address = address.to_vec();
    })
    .await;
    let owner = User::with(&app, Role::Staff).await;
    let (_, first) = ordered(&app, &[("MUG", 1), ("PEN", 2)]).await;
    let (_, second) = ordered(&app, &[("PEN", 1)]).await;
    let chosen = format!("order%5B{}%5D=on&order%5B{}%5D=on", first.id, second.id);
    let slips = owner.get(&format!("/admin/orders/packing?{chosen}")).await;
    assert_eq!(slips.texts(".slip").len(), 2);
    let slip = &slips.texts(".slip")[0];
    let sender = "From: Pens Ltd, 1 High Street";
    for expected in [
        first.number.as_str(),
        "Marktplatz 3",
        "Ring <twice>",
        "MUG",
        sender,
    ] {
        assert!(slip.contains(expected), "{expected}: {slip}");
    }
    let list = owner
        .get(&format!("/admin/orders/pick-list?{chosen}"))
        .await;
    let rows = list.texts(".slip-lines tbody tr");
    assert_eq!(rows.len(), 2);
    assert!(rows[1].starts_with("3PEN"), "{rows:?}");
    let table = owner.get(&format!("/admin/orders/export?{chosen}")).await;
    assert_eq!(table.header("content-type"), "text/csv; charset=utf-8");
    assert!(table.body.contains(&second.number), "{}", table.body);

    let nothing = owner.fill("/admin/orders", "ship-all", &[]).await;
    assert!(
        nothing.alert().contains("No order was chosen"),
        "{nothing:?}"
    );
    let (one, two) = (
        format!("order[{}]", first.id),
        format!("order[{}]", second.id),
    );
    let both = [
        (one.as_str(), "on"),
        (two.as_str(), "on"),
        ("order[999]", "on"),
    ];
    let some = owner.fill("/admin/orders", "ship-all", &both).await;
    assert_eq!(some.status, 422);
    assert!(
        some.alert()
            .contains("2 orders are marked as shipped, these are not:"),
        "{some:?}"
    );
    assert!(
        some.alert().contains("999: There is no such order."),
        "{some:?}"
    );
    let again = owner.fill("/admin/orders", "ship-all", &both[..1]).await;
    assert!(
        again.alert().contains("Nothing is left to ship"),
        "{again:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refund_is_requested_once_and_never_above_the_rest() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let checkout = app.begin(&[("MUG", 2)]).await;
    app.pay_by_card(&checkout).await;
    app.deliver(&app.event("checkout.session.completed").await)
        .await;
    let order = app.the_order().await;
    let details = format!("fetch_payment_details:{}", checkout.id);
    eventually("the amounts are there", async || {
        let task = crate::mails::task(&app, &details).await;
        task.filter(|task| task.attempts > 0)
    })
    .await;
    let page = format!("/admin/orders/{}", order.number);
    let form = format!("{page}/refund");
    let units = format!("units[{}]", app.variant("MUG").await.id);
    for (typed, problem) in [
        (
            &[("part", "amount"), ("amount", "25.01")][..],
            "Only €25.00 can still be refunded",
        ),
        (&[("part", "amount"), ("amount", "12,5")], "such as 12.50"),
        (&[("part", "amount"), ("amount", "-1.00")], "such as 12.50"),
        (&[("part", "lines")], "No items were chosen"),
        (
            &[("part", "rest"), ("amount", "1.00")],
            "choose “This amount”",
        ),
        (&[("part", "rest"), (&units, "1")], "choose “These items”"),
        (
            &[("part", "amount"), ("amount", "1.00"), ("restock", "on")],
            "not clear which items return",
        ),
    ] {
        let refused = owner.fill(&form, "refund", typed).await;
        assert_eq!(refused.status, 422, "{typed:?}");
        assert!(
            refused.text("main").contains(problem),
            "{typed:?}: {}",
            refused.text("main")
        );
        assert_eq!(
            refused.attribute("option[selected]", "value").as_deref(),
            Some(typed[0].1)
        );
    }
    let action = "/admin/api/orders/refund";
    let shown = owner.get(&form).await;
    let typed = [
        ("part", "lines"),
        (units.as_str(), "1"),
        ("restock", "on"),
        ("reason", "broken"),
    ];
    let typed = with(fields_of(&shown, action), &typed);
    // The sum is asked first. Nothing is done yet, and what was typed can be changed.
    let asked = owner.post(action, &typed).await;
    assert_eq!(asked.status, 200);
    assert_eq!(
        asked.text("form.admin-form .lead"),
        "Refund €12.50 to Ada Shopper? The money cannot be taken back."
    );
    let says = asked.texts("form.admin-form li");
    assert!(says[0].starts_with("1 × "), "{says:?}");
    let effects = [
        "One item returns to stock.",
        "One item that is not shipped yet will not be shipped.",
    ];
    assert_eq!(says[1..3], effects);
    // Nothing is promised that does not happen.
    assert!(says[3].contains("the customer does not get it"), "{says:?}");
    assert_eq!(asked.texts("button[type=submit]")[1], "Refund €12.50");
    let fields = fields_of(&asked, action);
    let change = with(fields.clone(), &[("change", "on")]);
    let back = fields_of(&owner.post(action, &change).await, action);
    for name in ["part", "reason", units.as_str(), "restock"] {
        let of = |fields: &Fields| fields.iter().find(|(field, _)| field == name).cloned();
        assert_eq!(of(&back), of(&typed), "{name}");
    }
    // Another sum than the one that was asked is not refunded.
    let other = owner
        .post(action, &with(fields.clone(), &[(units.as_str(), "2")]))
        .await;
    assert_eq!(other.status, 422, "{other:?}");
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(1)));
    for _ in 0..2 {
        is_done(
            &owner.post(action, &fields).await,
            &order,
            "refund-requested",
        );
    }
    let second = with(fields, &[("attempt", "0123456789abcdef0123456789abcdef")]);
    let told = owner.post(action, &second).await;
    assert!(told.alert().contains("€12.50 is left now"), "{told:?}");
    eventually("the refund is made", async || {
        let requests = refund_request::Entity::find();
        let requests = requests.all(app.shop.database.reader()).await.unwrap();
        matches!(&requests[..], [one] if one.state == RequestState::Made).then_some(())
    })
    .await;
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
    let text = owner.get(&page).await.text("main");
    assert!(
        text.contains("Refund of €12.50 requested (made): broken"),
        "{text}"
    );
    assert!(text.contains("by owner@shop.example"), "{text}");
    // List and page say the same of its state.
    app.deliver(&app.event("refund.created").await).await;
    let list = owner.get("/admin/orders").await;
    let of_list = list.texts(".rows tbody .badge");
    assert!(
        of_list.contains(&"Partly refunded".to_owned()),
        "{of_list:?}"
    );
    let badges = owner.get(&page).await.texts("h1 ~ p:first-of-type .badge");
    assert_eq!(badges, of_list);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn neither_a_mistake_nor_a_change_hides_what_somebody_else_has_done() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let manager = User::with(&app, Role::Manager).await;
    let (_, order) = ordered(&app, &[("PEN", 4)]).await;
    let page = format!("/admin/orders/{}", order.number);
    let action = "/admin/api/orders/refund";
    let form = format!("{page}/refund");
    let amount = [("part", "amount"), ("amount", "5.00")];
    // The manager is asked, or has mistyped; meanwhile the owner refunds the same.
    let asked = manager.fill(&form, "refund", &amount).await;
    assert_eq!(asked.status, 200);
    let mistaken = manager
        .fill(&form, "refund", &[("part", "amount"), ("amount", "5")])
        .await;
    assert_eq!(mistaken.status, 422);
    let of_owner = owner.fill(&form, "refund", &amount).await;
    let done = owner.post(action, &fields_of(&of_owner, action)).await;
    is_done(&done, &order, "refund-requested");
    let change = with(fields_of(&asked, action), &[("change", "on")]);
    let back = manager.post(action, &change).await;
    for form in [back, mistaken] {
        let fields = with(fields_of(&form, action), &amount);
        let told = manager.post(action, &fields).await;
        assert_eq!(told.status, 422, "{told:?}");
        assert!(told.alert().contains("Something was refunded"), "{told:?}");
        // Told, the manager may go on.
        let again = manager.post(action, &fields_of(&told, action)).await;
        assert_eq!(again.status, 200, "{again:?}");
    }
    // A question about another order than the page's is not shown.
    let elsewhere = with(fields_of(&asked, action), &[("number", "K7QM-3XPA")]);
    let elsewhere = with(elsewhere, &[("confirmed", "")]);
    assert_eq!(manager.post(action, &elsewhere).await.status, 422);

    let (_, order) = ordered(&app, &[("PEN", 2)]).await;
    let page = format!("/admin/orders/{}", order.number);
    let form = format!("{page}/ship");
    let action = "/admin/api/orders/ship";
    let units = format!("units[{}]", app.variant("PEN").await.id);
    let one = [(units.as_str(), "1"), ("carrier", "pigeon")];
    let mistaken = manager.fill(&form, "ship", &one).await;
    assert_eq!(mistaken.status, 422);
    let sent = owner.fill(&form, "ship", &[(&units, "1")]).await;
    is_done(&sent, &order, "shipped");
    let shown_again = manager
        .post(action, &with(fields_of(&mistaken, action), &one))
        .await;
    let fields = with(fields_of(&shown_again, action), &[("carrier", "dhl")]);
    let told = manager.post(action, &fields).await;
    assert_eq!(told.status, 422, "{told:?}");
    assert!(told.alert().contains("Somebody has shipped"), "{told:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_shipped_yet_is_said_before_it_is_cancelled() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let list = owner.get("/admin/orders").await;
    assert!(list.text("main").contains("No orders yet."));
    let (_, order) = ordered(&app, &[("POSTER", 2), ("PEN", 1)]).await;
    let page = owner.get(&format!("/admin/orders/{}", order.number)).await;
    assert!(page.has("a[href^='/admin/orders/packing?order']"));
    let form = format!("/admin/orders/{}/refund", order.number);
    let poster = format!("units[{}]", app.variant("POSTER").await.id);
    let all = [("part", "rest"), ("restock", "on"), ("reason", "a\nb: c")];
    let asked = owner.fill(&form, "refund", &all).await;
    let says = asked.texts("form.admin-form li");
    let cancelled = "3 items that are not shipped yet will not be shipped.";
    assert!(says.contains(&cancelled.to_owned()), "{says:?}");
    let lines = [("part", "lines"), (&poster, "1"), ("restock", "on")];
    let asked = owner.fill(&form, "refund", &lines).await;
    let says = asked.texts("form.admin-form li");
    let cancelled = "One item that is not shipped yet will not be shipped.";
    assert!(says.contains(&cancelled.to_owned()), "{says:?}");
    // Amounts are written as in the language of the page.
    app.execute("UPDATE admin_user SET language = 'de'").await;
    let amount = |typed| [("part", "amount"), ("amount", typed)];
    let refused = owner.fill(&form, "refund", &amount("1.250")).await;
    assert_eq!(refused.status, 422);
    assert!(refused.text("#amount-problem").contains("etwa 12,50"));
    let asked = owner.fill(&form, "refund", &amount("2,50")).await;
    assert!(
        asked.text(".lead").contains("2,50 € erstatten?"),
        "{asked:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staff_ship_and_note_but_do_not_refund_or_resolve() {
    let app = TestApp::without_webhooks().await;
    let staff = User::with(&app, Role::Staff).await;
    let (_, order) = ordered(&app, &[("PEN", 1)]).await;
    let page = format!("/admin/orders/{}", order.number);
    let shown = staff.get(&page).await;
    assert!(!shown.has(&format!("a[href=\"{page}/refund\"]")));
    assert!(shown.has(&format!("a[href=\"{page}/ship\"]")));
    assert_eq!(staff.get(&format!("{page}/refund")).await.status, 403);
    let number = ("number".to_owned(), order.number.clone());
    for function in ["refund", "resolve", "decide-withdrawal"] {
        let action = format!("/admin/api/orders/{function}");
        let extra = [
            ("withdrawal", "1"),
            ("decision", "accept"),
            ("resolution", "x"),
        ];
        let fields = with(vec![number.clone()], &extra);
        assert_eq!(staff.post(&action, &fields).await.status, 403, "{function}");
    }
    let hostile = "</textarea><script>alert(1)</script>";
    let noted = staff.fill(&page, "note", &[("note", hostile)]).await;
    is_done(&noted, &order, "note-written");
    let shown = staff.get(&page).await;
    assert!(!shown.body.contains("<script>alert"), "{}", shown.body);
    assert!(shown.text("#main .timeline").contains(hostile));
    let empty = staff.fill(&page, "note", &[]).await;
    assert_eq!(empty.status, 422);
    let long = "x".repeat(4_001);
    let long = staff.fill(&page, "note", &[("note", &long)]).await;
    assert!(
        long.text("main").contains("has 4,001 characters"),
        "{}",
        long.text("main")
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_email_is_shown_and_sent_again_and_a_flag_is_resolved() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let mut session = crate::test_app::paid_session(&checkout);
    session["amount_total"] = 400.into();
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let order = app.the_order().await;
    let paid = task_in(&app, &format!("mail:paid:{}", checkout.id), "done").await;
    let page = format!("/admin/orders/{}", order.number);
    let mail = format!("{page}/mail?task={}", paid.id);
    let shown = owner.get(&mail).await;
    assert!(
        shown.text("main").contains("shopper@example.com"),
        "{}",
        shown.text("main")
    );
    let fields = fields_of(&shown, "/admin/api/orders/resend");
    is_done(
        &owner.post("/admin/api/orders/resend", &fields).await,
        &order,
        "mail-in-file",
    );
    let again = owner.post("/admin/api/orders/resend", &fields).await;
    assert!(
        again.alert().contains("Another email was sent"),
        "{again:?}"
    );

    let shown = owner.get(&page).await;
    // Nobody got it.
    let mails = shown.text("section[aria-labelledby=mails]");
    assert!(mails.contains("There is no mail server yet"), "{mails}");
    let said = "Order confirmation (Not sent, only written to a file)";
    assert!(mails.contains(said), "{mails}");
    assert!(
        shown.text("main").contains("The total is not subtotal"),
        "{}",
        shown.text("main")
    );
    let empty = owner.fill(&page, "resolve", &[]).await;
    assert_eq!(empty.status, 422);
    let resolved = owner
        .fill(&page, "resolve", &[("resolution", "checked it")])
        .await;
    is_done(&resolved, &order, "resolved");
    let text = owner.get(&page).await.text("main");
    assert!(text.contains("Resolved: checked it"), "{text}");
    assert!(!text.contains("Needs attention"), "{text}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_does_not_say_what_to_refund_refunds_nothing() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let (_, order) = ordered(&app, &[("MUG", 2)]).await;
    let path = format!("/admin/orders/{}/refund", order.number);
    // The form as it is shown, with an amount typed, and forged ones.
    for typed in [
        &[("amount", "5.00")][..],
        &[("part", "(unticked)")],
        &[("part", "units")],
    ] {
        let page = owner.fill(&path, "refund", typed).await;
        assert_eq!(page.status, 422, "{typed:?}");
        let said = page.text("#part-problem");
        assert!(said.contains("choose what to refund"), "{typed:?}: {said}");
    }
    let shown = overview::show(&app.shop.database, order.id).await.unwrap();
    assert!(shown.unwrap().refund_requests.is_empty());
}

/// What somebody else has done meanwhile leaves no form on the page, which says it all the same.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_form_that_is_gone_still_says_why_nothing_was_done() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let (_, order) = ordered(&app, &[("MUG", 1)]).await;
    let page = format!("/admin/orders/{}", order.number);
    owner
        .fill(&format!("{page}/ship"), "ship", &[("carrier", "dhl")])
        .await;
    let shipment = format!("{page}/shipments/1");
    let action = "/admin/api/orders/undo-shipment";
    let fields = fields_of(&owner.get(&shipment).await, action);
    assert_eq!(owner.post(action, &fields).await.status, 303);
    let again = owner.post(action, &fields).await;
    assert_eq!(again.status, 422);
    assert!(again.alert().contains("nothing was changed"), "{again:?}");
}

#[tokio::test]
async fn a_withdrawal_without_an_order_is_decided_on_its_own_page() {
    let (app, _folder) = shop_with_mails().await;
    let owner = User::with(&app, Role::Owner).await;
    let fields = [
        ("attempt", "0123456789abcdef0123456789abcdef"),
        ("name", "Ada <b>Shopper</b>"),
        ("email", "ada@shopper.example"),
        ("contract", "A towel in May"),
        ("step", "confirm"),
    ];
    let request = app.request("POST", "/withdraw").form(&fields);
    assert_eq!(app.send(request).await.status, 200);
    let today = owner.get("/admin").await;
    let page = today.attribute("a[href^='/admin/withdrawals/']", "href");
    let page = page.expect("a link to the withdrawal");
    let list = owner.get("/admin/withdrawals").await;
    assert!(list.text("tbody").contains("No order was found"));
    let shown = owner.get(&page).await;
    assert!(shown.text("main").contains("A towel in May"));
    // Enter in the reason refuses: the field's form has no other button.
    let action = "/admin/api/orders/decide-withdrawal";
    assert!(shown.has("form:has([name=reason]) input[name=decision][value=refuse]"));
    let fields = fields_of(&shown, action);
    let undecided = with(fields.clone(), &[("decision", "(unticked)")]);
    assert_eq!(owner.post(action, &undecided).await.status, 422);
    let decided = owner.post(action, &fields).await;
    assert_eq!(decided.status, 303);
    let shown = owner.get(&page).await;
    assert!(shown.text("main .badge").contains("Accepted"), "{shown:?}");
    assert!(!shown.has("form[action$='decide-withdrawal']"));
}

#[tokio::test]
async fn a_form_that_is_too_large_gets_a_page() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let note = "x".repeat(2 * 1024 * 1024);
    let fields = vec![("note".to_owned(), note)];
    let page = owner.post("/admin/api/orders/note", &fields).await;
    assert_eq!(page.status, 413);
    assert!(page.has("main h1") && page.header("content-type").contains("text/html"));
}

#[tokio::test]
async fn the_history_of_an_order_is_in_words() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let (_, order) = ordered(&app, &[("PEN", 2)]).await;
    let dispute = serde_json::json!({
        "id": "dp_1", "object": "dispute", "amount": 1000, "currency": "eur",
        "status": "needs_response", "reason": "product_not_received",
        "payment_intent": order.stripe_payment_intent_id,
    });
    let created = crate::test_app::event("charge.dispute.created", &dispute);
    assert_eq!(app.deliver(&created).await, 200);
    app.execute("UPDATE admin_user SET language = 'de'").await;
    let page = format!("/admin/orders/{}", order.number);
    let shown = owner.get(&page).await;
    let happened = shown.text("#main .timeline");
    for words in [
        "Zahlung angefochten, charge.dispute.created (verarbeitet)",
        "(wartet auf Ihre Antwort): die Ware kam nicht an",
        "Bezahlvorgang abgeschlossen, checkout.session.completed (verarbeitet)",
    ] {
        assert!(happened.contains(words), "{words}: {happened}");
    }
    let attention = shown.text("section[aria-labelledby=attention]");
    let said = "Status: wartet auf Ihre Antwort. Grund der Bank: die Ware kam nicht an.";
    assert!(attention.contains(said), "{attention}");
}

#[tokio::test]
async fn an_accepted_withdrawal_leads_to_the_refund_until_the_legal_deadline() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    let (_, order) = ordered(&app, &[("PEN", 2)]).await;
    app.execute(&format!(
        "INSERT INTO withdrawal
            (submission, language, name, email, contract, order_id, state, received_at)
         VALUES ('a', 'en', 'Ada', 'ada@shopper.example', 'A towel', {}, 'received',
            '2026-11-01 12:00:00+00:00')",
        order.id
    ))
    .await;
    let pages = [
        format!("/admin/orders/{}", order.number),
        "/admin/withdrawals/1".to_owned(),
    ];
    let refund = format!(
        "main a.btn-primary[href='/admin/orders/{}/refund']",
        order.number
    );
    let deadline = "Refund until 15 November 2026";
    for page in &pages {
        // Outside the European Union, the shop knows no deadline.
        let shown = owner.get(page).await;
        assert!(!shown.text("main").contains("Refund until"), "{shown:?}");
        assert!(!shown.has(&refund), "{shown:?}");
    }
    let (database, base) = (&app.shop.database, app.shop.live.base());
    let by = crate::test_app::owner();
    shop::stored_settings::set(database, base, &by, "SHOP_COUNTRY", "DE")
        .await
        .unwrap();
    app.shop.live.read(database).await.unwrap();
    app.execute("UPDATE withdrawal SET state = 'accepted'")
        .await;
    for page in &pages {
        let shown = owner.get(page).await;
        assert!(shown.text("main").contains(deadline), "{shown:?}");
        assert!(shown.has(&refund), "{shown:?}");
        assert!(shown.text("main").contains("the whole order"));
    }
    app.execute("UPDATE withdrawal SET state = 'refused'").await;
    for page in &pages {
        let shown = owner.get(page).await;
        assert!(!shown.text("main").contains("Refund until"), "{shown:?}");
        assert!(!shown.has(&refund), "{shown:?}");
    }
}

#[tokio::test]
async fn withdrawals_are_listed_by_pages_those_to_decide_first() {
    let app = TestApp::without_webhooks().await;
    let owner = User::with(&app, Role::Owner).await;
    for number in 1..=120 {
        let state = match number % 2 {
            0 => "received",
            _ => "accepted",
        };
        app.execute(&format!(
            "INSERT INTO withdrawal
                (submission, language, name, email, contract, state, received_at)
             VALUES ('{number}', 'en', 'Ada', 'ada@shopper.example', 'A towel', '{state}',
                '2026-11-01 00:00:00+00:00')"
        ))
        .await;
    }
    let mut address = "/admin/withdrawals".to_owned();
    let mut seen: Vec<i64> = Vec::new();
    let mut sizes = Vec::new();
    loop {
        let page = owner.get(&address).await;
        let numbers = page.texts("tbody tr td:first-child");
        sizes.push(numbers.len());
        seen.extend(numbers.iter().map(|number| number.parse::<i64>().unwrap()));
        let older = "a[href^='/admin/withdrawals?after=']";
        if !page.has(older) {
            break;
        }
        address = page.attribute(older, "href").unwrap();
    }
    assert_eq!(sizes, [50, 50, 20]);
    let mut expected: Vec<i64> = (1..=120).rev().collect();
    expected.sort_by_key(|number| number % 2);
    assert_eq!(seen, expected);
    // What is no place is the beginning.
    let page = owner.get("/admin/withdrawals?after=x").await;
    assert_eq!(page.texts("tbody tr").len(), 50);
}
