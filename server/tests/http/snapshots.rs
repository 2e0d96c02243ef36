//! What people read, word for word: the output of every command as a table and as JSON, and the
//! pages of refusals and errors.
//!
//! A changed word is a changed file below `snapshots/`. `INSTA_UPDATE=always` writes them anew.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use sea_orm::EntityTrait;
use sea_orm::sea_query::Expr;
use serde_json::{Value, json};
use server::config::RetryPolicy;
use shop::catalog::import::StockMode;
use shop::entity::outbox::TaskState;
use shop::entity::{checkout, outbox};
use till_core::limits::{LimitedAction, Limits};

use crate::adopt::erase_sales;
use crate::connections::answer;
use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{PRODUCTS, Page, TestApp, event, eventually, paid_session};
use crate::till_binary::{CommandOutput, Till, text};

const COMPLETED: &str = "checkout.session.completed";
/// Noon on 1 June 2025, UTC: long before today, whose times are replaced.
const JUNE: i64 = 1_748_779_200;
const DAY: i64 = 86_400;

// ---- What differs from run to run ----

/// Replaces random ids by letters, of the same length because they are columns of tables. The same
/// id always gets the same letter.
#[derive(Debug, Default)]
struct Ids(BTreeMap<String, String>);

impl Ids {
    fn replace(&mut self, text: &str) -> String {
        let is_word =
            |character: char| character.is_ascii_alphanumeric() || "_-".contains(character);
        let mut replaced = String::new();
        for part in text.split_inclusive(|character| !is_word(character)) {
            let word = part.trim_end_matches(|character| !is_word(character));
            replaced.push_str(&self.stable(word));
            replaced.push_str(&part[word.len()..]);
        }
        replaced
    }

    fn stable(&mut self, word: &str) -> String {
        let Some(kind) = Kind::of(word) else {
            return word.to_owned();
        };
        let known = self.0.keys().filter(|known| Kind::of(known) == Some(kind));
        let letter = char::from(b'A' + u8::try_from(known.count()).unwrap());
        let stable = self.0.entry(word.to_owned()).or_insert_with(|| {
            let (prefix, random) = word.split_at(kind.prefix().len());
            let letters = random.chars().map(|one| match one {
                '-' => '-',
                _ => letter,
            });
            prefix.chars().chain(letters).collect()
        });
        stable.clone()
    }
}

/// What a random word identifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    OrderNumber,
    Token,
    /// Of Stripe's, with this prefix.
    StripeId(&'static str),
}

impl Kind {
    fn of(word: &str) -> Option<Self> {
        let all = |allowed: fn(&u8) -> bool| word.bytes().all(|byte| allowed(&byte));
        let is_number = word.len() == 9
            && word.as_bytes()[4] == b'-'
            && all(|byte| matches!(byte, b'-' | b'2'..=b'9' | b'A'..=b'Z'));
        if is_number {
            return Some(Self::OrderNumber);
        }
        if word.len() == 32 && all(u8::is_ascii_hexdigit) {
            return Some(Self::Token);
        }
        let is_prefix = |prefix: &&str| word.starts_with(prefix) && word.len() >= prefix.len() + 14;
        let prefixes = ["cs_test_", "pi_", "evt_", "re_", "req_"];
        prefixes.into_iter().find(is_prefix).map(Self::StripeId)
    }

    fn prefix(self) -> &'static str {
        match self {
            Self::StripeId(prefix) => prefix,
            Self::OrderNumber | Self::Token => "",
        }
    }
}

fn assert_snapshot(name: &str, content: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_omit_expression(true);
    let date = r"20(2[6-9]|[3-9]\d)-\d\d-\d\d";
    for (pattern, replacement) in [
        (format!(r"{date} \d\d:\d\d:\d\d"), "YYYY-MM-DD hh:mm:ss"),
        (
            format!(r"{date}T\d\d:\d\d:\d\d(\.\d+)?Z"),
            "YYYY-MM-DDThh:mm:ssZ",
        ),
        (format!(r"{date}T\d{{6}}Z"), "YYYY-MM-DDThhmmssZ"),
        (r"[0-9a-f]{12}\.eml".to_owned(), "[key].eml"),
        (r"127\.0\.0\.1:\d+".to_owned(), "127.0.0.1:[port]"),
        (r"[^\s:(]*/\.tmp\w+".to_owned(), "[folder]"),
        // The first attempt may come before Stripe knows its fee.
        (r"(fetch_payment_details:\S+ +done +)\d".to_owned(), "${1}N"),
        (
            r#"("kind": "fetch_payment_details",\s+"state": "done",\s+"attempts": )\d"#.to_owned(),
            "${1}0",
        ),
    ] {
        settings.add_filter(&pattern, replacement);
    }
    settings.bind(|| insta::assert_snapshot!(name, content));
}

// ---- Commands ----

/// An owner at a terminal.
struct Owner {
    till: Till,
    ids: RefCell<Ids>,
}

impl Owner {
    fn new() -> Self {
        Self {
            till: Till::new(),
            ids: RefCell::default(),
        }
    }

    /// Runs a command, with these variables.
    fn run(&self, variables: &[(&str, String)], arguments: &[&str]) -> CommandOutput {
        let mut command = self.till.command(arguments);
        let variables = variables
            .iter()
            .map(|(name, value)| (*name, value.as_str()));
        let output = command.env("USER", "ada").envs(variables).output().unwrap();
        CommandOutput {
            code: output.status.code(),
            stdout: text(&output.stdout),
            stderr: text(&output.stderr),
        }
    }

    /// Runs commands on a shop and asserts what they print.
    fn assert_on(&self, app: &TestApp, name: &str, commands: &[&[&str]]) {
        self.assert(&app.environment(), name, commands);
    }

    /// Runs commands with these variables and asserts what they print.
    fn assert(&self, variables: &[(&str, String)], name: &str, commands: &[&[&str]]) {
        let printed = commands.iter().map(|arguments| {
            let output = self.run(variables, arguments);
            let code = match output.code.unwrap() {
                0 => String::new(),
                code => format!("exit code: {code}\n"),
            };
            let is_logged = |line: &&str| line.starts_with("{\"timestamp\"");
            let lines = output.stderr.split_inclusive('\n');
            let stderr: String = lines.filter(|line| !is_logged(line)).collect();
            format!(
                "$ till {}\n{}{stderr}{code}",
                arguments.join(" "),
                output.stdout
            )
        });
        let printed = printed.collect::<Vec<_>>().join("\n");
        assert_snapshot(name, &self.ids.borrow_mut().replace(&printed));
    }
}

/// Delivers an event that Stripe created at this time.
async fn deliver(app: &TestApp, id: &str, at: i64, kind: &str, object: &Value) {
    let mut sent = event(kind, object);
    sent["id"] = id.into();
    sent["created"] = at.into();
    assert_eq!(app.deliver(&sent).await, 200);
}

/// An order, paid on this day of June. Returns its checkout and number.
async fn order(
    app: &TestApp,
    day: i64,
    chosen: &[(&str, u32)],
    change: impl FnOnce(&mut Value),
) -> (checkout::Model, String) {
    let checkout = app.begin(chosen).await;
    let mut session = paid_session(&checkout);
    change(&mut session);
    let (id, at) = (format!("evt_paid_{day}"), JUNE + (day - 1) * DAY);
    deliver(app, &id, at, COMPLETED, &session).await;
    let number = app.orders().await.pop().unwrap().number;
    (checkout, number)
}

/// Delivers a refund of three euros.
async fn refund(app: &TestApp, checkout: &checkout::Model, day: i64, id: &str, status: &str) {
    let refund = json!({
        "id": id, "amount": 300, "currency": "eur", "status": status,
        "created": JUNE + (day - 1) * DAY + 3_600,
        "payment_intent": paid_session(checkout)["payment_intent"],
    });
    let at = JUNE + (day - 1) * DAY + 3_600;
    deliver(app, &format!("evt_{id}"), at, "refund.updated", &refund).await;
}

async fn dispute(app: &TestApp, checkout: &checkout::Model, day: i64, id: &str, status: &str) {
    let dispute = json!({
        "id": id, "amount": 900, "currency": "eur", "status": status, "reason": "fraudulent",
        "payment_intent": paid_session(checkout)["payment_intent"],
    });
    let at = JUNE + (day - 1) * DAY + 7_200;
    let kind = "charge.dispute.updated";
    deliver(app, &format!("evt_{id}"), at, kind, &dispute).await;
}

/// Waits until every task is done, so that no number of attempts changes.
async fn wait_for_tasks(app: &TestApp) {
    eventually("every task is done", async || {
        let tasks = outbox::Entity::find().all(app.shop.database.reader()).await;
        let settled = |task: &outbox::Model| task.state == TaskState::Done;
        tasks.unwrap().iter().all(settled).then_some(())
    })
    .await;
}

/// The session of an order with everything on it.
fn complete(session: &mut Value) {
    let address = json!({
        "line1": "Marktplatz 3", "line2": null, "postal_code": "10115", "city": "Berlin",
        "country": "DE",
    });
    session["customer_details"] = json!({
        "name": "Ada Möwe", "email": "ada@shopper.example", "phone": "+49 30 123456",
        "address": address,
    });
    session["collected_information"]["shipping_details"] =
        json!({ "name": "Bo Lee", "address": address });
    session["total_details"] =
        json!({ "amount_discount": 100, "amount_shipping": 490, "amount_tax": 57 });
    session["amount_total"] = 3_447.into();
}

/// A shop with an order in each state. Returns the numbers of the orders, the oldest first.
async fn seed(app: &TestApp, owner: &Owner) -> Vec<String> {
    let mut numbers = Vec::new();
    let (full, number) = order(app, 1, &[("MUG", 2), ("PEN", 1)], complete).await;
    numbers.push(number);
    refund(app, &full, 1, "re_succeeded", "succeeded").await;
    let wrong_total = |session: &mut Value| session["amount_total"] = 400.into();
    let (_, number) = order(app, 2, &[("PEN", 1)], wrong_total).await;
    numbers.push(number);
    let (_, number) = order(app, 3, &[("PEN", 1)], |session| {
        wrong_total(session);
        session["currency"] = "usd".into();
    })
    .await;
    numbers.push(number);
    let (disputed, number) = order(app, 4, &[("POSTER", 1)], |session| {
        session["customer_details"]["name"] = "陳茶 🍵".into();
    })
    .await;
    numbers.push(number);
    dispute(app, &disputed, 4, "dp_open", "needs_response").await;
    let (lost, number) = order(app, 5, &[("POSTER", 1)], |_| {}).await;
    numbers.push(number);
    dispute(app, &lost, 5, "dp_lost", "lost").await;
    let (failed, number) = order(app, 6, &[("PEN", 1)], |_| {}).await;
    numbers.push(number);
    refund(app, &failed, 6, "re_failed", "failed").await;
    let nameless = |session: &mut Value| session["customer_details"] = Value::Null;
    let (_, number) = order(app, 7, &[("PEN", 5)], nameless).await;
    numbers.push(number);
    // Letters in the order of the orders.
    for order in app.orders().await {
        owner.ids.borrow_mut().replace(&format!(
            "{} {} {} {}",
            order.number,
            order.checkout_id,
            order.stripe_session_id,
            order.stripe_payment_intent_id.unwrap_or_default()
        ));
    }
    // Units that are held, and events in every other state.
    let open = app.begin(&[("PEN", 2)]).await;
    let mut unknown = paid_session(&open);
    unknown["payment_status"] = "unheard_of".into();
    deliver(app, "evt_failed", JUNE, COMPLETED, &unknown).await;
    deliver(app, "evt_dead", JUNE, COMPLETED, &unknown).await;
    deliver(app, "evt_dismissed", JUNE, COMPLETED, &unknown).await;
    deliver(
        app,
        "evt_ignored",
        JUNE,
        COMPLETED,
        &json!({ "id": "cs_theirs" }),
    )
    .await;
    wait_for_tasks(app).await;
    // Events are listed by the second in which they came: all in the same one.
    app.execute(
        "UPDATE stripe_event SET received_at = '2025-06-10T12:00:00Z'; \
         UPDATE stripe_event SET state = 'dead', attempts = 9 WHERE id = 'evt_dead'",
    )
    .await;
    app.execute(
        "UPDATE outbox SET state = 'dead', attempts = 10, error = 'the mail server did not answer' \
         WHERE key LIKE 'mail:refund_failed:%'; \
         UPDATE outbox SET state = 'pending', attempts = 1, error = '451 try again later', \
         due_at = '2099-01-01T00:00:00Z' WHERE key LIKE 'mail:disputed:%'",
    )
    .await;
    numbers
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commands_print_about_a_shop() {
    let app = TestApp::without_webhooks().await;
    let owner = Owner::new();
    let empty = [
        &["orders", "list"][..],
        &["orders", "list", "--json"],
        &["orders", "export"],
        &["events", "list"],
        &["outbox", "list"],
        &["outbox", "list", "--json"],
        &["outbox", "retry", "--dead"],
        &["prune"],
    ];
    owner.assert_on(&app, "empty", &empty);
    let numbers = seed(&app, &owner).await;
    let number: Vec<&str> = numbers.iter().map(String::as_str).collect();

    let list = ["orders", "list"];
    owner.assert_on(
        &app,
        "orders_list",
        &[&list, &["orders", "list", "--flagged"]],
    );
    owner.assert_on(&app, "orders_list_json", &[&["orders", "list", "--json"]]);
    let shown: Vec<_> = number
        .iter()
        .map(|number| ["orders", "show", number])
        .collect();
    let shown: Vec<&[&str]> = shown.iter().map(<[_; 3]>::as_slice).collect();
    owner.assert_on(&app, "orders_show", &shown);
    let json = ["orders", "show", number[0], "--json"];
    owner.assert_on(&app, "orders_show_json", &[&json]);
    let july = [
        "orders",
        "export",
        "--from",
        "2025-06-04",
        "--to",
        "2025-06-05",
    ];
    owner.assert_on(&app, "orders_export", &[&["orders", "export"], &july]);

    let dismiss = [
        "events",
        "dismiss",
        "evt_dismissed",
        "--note",
        "a test of ours",
    ];
    let dismissals = [
        &dismiss[..],
        &dismiss,
        &[
            "events",
            "dismiss",
            "evt_dismissed",
            "--note",
            "x",
            "--json",
        ],
        &["events", "dismiss", "evt_paid_1", "--note", "x"],
        &["events", "dismiss", "evt_ignored", "--note", "x"],
        &["events", "dismiss", "evt_none", "--note", "x"],
    ];
    owner.assert_on(&app, "events_dismiss", &dismissals);
    let lists = [
        &["events", "list"][..],
        &["events", "list", "--all", "--limit", "1"],
        &["events", "list", "--state", "failed"],
        &["events", "list", "--state", "dismissed"],
    ];
    owner.assert_on(&app, "events_list", &lists);
    let json = ["events", "list", "--limit", "2", "--json"];
    owner.assert_on(&app, "events_list_json", &[&json]);
    let shows = [
        &["events", "show", "evt_failed"][..],
        &["events", "show", "evt_dismissed"],
        &["events", "show", "evt_ignored", "--payload"],
        &["events", "show", "evt_ignored", "--payload", "--json"],
        &["events", "show", "evt_none"],
    ];
    owner.assert_on(&app, "events_show", &shows);
    let replays = [
        &["events", "replay", "evt_failed"][..],
        &["events", "replay", "evt_failed", "--json"],
        &["events", "replay", "evt_paid_1"],
        &["events", "replay", "evt_none"],
        &["events", "replay", "--failed"],
        &["events", "replay", "--failed", "--json"],
    ];
    owner.assert_on(&app, "events_replay", &replays);

    let lists = [
        &["outbox", "list"][..],
        &["outbox", "list", "--state", "done", "--limit", "2"],
    ];
    owner.assert_on(&app, "outbox_list", &lists);
    owner.assert_on(&app, "outbox_list_json", &[&["outbox", "list", "--json"]]);
    let retries = [
        &["outbox", "retry", "mail:nothing"][..],
        &["outbox", "retry", "1"],
        &["outbox", "retry", "mail:refund_failed:re_failed"],
    ];
    owner.assert_on(&app, "outbox_retry", &retries);

    let lists = [
        &["products", "list"][..],
        &["products", "list", "--low"],
        &["products", "list", "--low", "3", "--json"],
    ];
    owner.assert_on(&app, "products_list", &lists);

    let resolve = [
        "orders",
        "resolve",
        number[1],
        "--note",
        "agreed with the shopper",
    ];
    let resolutions = [
        &resolve[..],
        &resolve,
        &["orders", "resolve", number[4], "--note", "x"],
        &["orders", "show", number[1]],
    ];
    owner.assert_on(&app, "orders_resolve", &resolutions);
    let refunds = [
        &["orders", "refund", number[3]][..],
        &["orders", "refund", number[4]],
        &["orders", "refund", number[5], "--amount", "9.00"],
        &["orders", "refund", number[5], "--amount", "-1.00"],
        &["orders", "refund", number[5], "--amount", "1"],
        &["orders", "refund", "2222-2222"],
        &["orders", "show", "2222-2222"],
    ];
    owner.assert_on(&app, "orders_refund_refused", &refunds);
}

/// The orders are paid at the sandbox, where they can be refunded.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_refund_prints() {
    let app = TestApp::without_webhooks().await;
    let owner = Owner::new();
    let checkout = app.begin(&[("MUG", 2)]).await;
    app.pay_by_card(&checkout).await;
    let paid = app.event(COMPLETED).await;
    assert_eq!(app.deliver(&paid).await, 200);
    let number = app.the_order().await.number;
    let first = ["orders", "refund", &number, "--amount", "12.50"];
    owner.assert_on(&app, "orders_refund", &[&first]);
    wait_for_tasks(&app).await;
    let rest = [
        &["orders", "refund", &number, "--restock"][..],
        &["orders", "refund", &number],
    ];
    owner.assert_on(&app, "orders_refund_rest", &rest);
    wait_for_tasks(&app).await;
    let after = [
        &["orders", "show", &number][..],
        &["orders", "refund", &number],
        &["orders", "refund", &number, "--json"],
    ];
    owner.assert_on(&app, "orders_refund_done", &after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_prune_prints() {
    let app = TestApp::without_webhooks().await;
    let owner = Owner::new();
    let expired = app.begin(&[("PEN", 1)]).await;
    app.at_stripe(&expired, "expire", json!({})).await;
    let ended = app.event("checkout.session.expired").await;
    assert_eq!(app.deliver(&ended).await, 200);
    for id in ["cs_one", "cs_two"] {
        app.deliver_session(COMPLETED, &json!({ "id": id })).await;
    }
    let dry_run = ["prune", "--dry-run"];
    owner.assert_on(&app, "prune_nothing", &[&dry_run, &["prune", "--json"]]);
    let then = shop::clock::now() - time::Duration::days(400);
    app.update_checkout(&expired, |update| {
        update
            .col_expr(checkout::Column::CreatedAt, Expr::value(then))
            .col_expr(checkout::Column::UpdatedAt, Expr::value(then))
            .col_expr(checkout::Column::ExpiresAt, Expr::value(then))
    })
    .await;
    app.execute(
        "UPDATE stripe_event SET created_at = '2025-06-01T12:00:00Z', \
         received_at = '2025-06-01T12:00:00Z'",
    )
    .await;
    let commands = [&dry_run[..], &["prune", "--dry-run", "--json"], &["prune"]];
    owner.assert_on(&app, "prune", &commands);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reconcile_prints() {
    let app = TestApp::without_webhooks().await;
    let owner = Owner::new();
    owner.assert_on(&app, "reconcile_nothing", &[&["reconcile"]]);
    // Paid, and missing in a restored database.
    let forgotten = app.begin(&[("PEN", 2)]).await;
    app.pay_by_card(&forgotten).await;
    app.deliver(&app.event(COMPLETED).await).await;
    erase_sales(&app).await;
    // Paid, and no webhook came.
    let missed = app.begin(&[("MUG", 1)]).await;
    app.pay_by_card(&missed).await;
    // An order here that is not paid there.
    let invented = app.begin(&[("POSTER", 1)]).await;
    app.deliver_session(COMPLETED, &paid_session(&invented))
        .await;
    let dry_run = ["reconcile", "--dry-run"];
    owner.assert_on(&app, "reconcile", &[&dry_run, &["reconcile"]]);
    owner.assert_on(&app, "reconcile_json", &[&["reconcile", "--json"]]);
    let adopt = ["reconcile", "--adopt"];
    owner.assert_on(&app, "reconcile_adopt", &[&adopt, &["orders", "list"]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_doctor_prints() {
    let app = TestApp::without_webhooks().await;
    let owner = Owner::new();
    let mut variables = app.environment();
    let commands = [&["doctor"][..], &["doctor", "--json"]];
    owner.assert(&variables, "doctor", &commands);
    variables.push(("PUBLIC_URL", "https://shop.example".to_owned()));
    let account = json!({ "charges_enabled": false, "currently_due": ["external_account"] });
    app.set_account(account).await;
    owner.assert(&variables, "doctor_faults", &[&["doctor"]]);
    app.set_account(json!({ "key_is_valid": false })).await;
    owner.assert(&variables, "doctor_key", &[&["doctor"]]);
    // Nothing runs there.
    let file = owner.till.folder.path().join("till.db");
    let sandbox = [
        ("SANDBOX_ADDR", "127.0.0.1:9".to_owned()),
        ("DATABASE_URL", sqlite(&file)),
    ];
    let commands = [&["migrate"][..], &["doctor"], &["reconcile"]];
    owner.assert(&sandbox, "without_sandbox", &commands);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_backup_restore_and_copy_print() {
    let app = TestApp::without_webhooks().await;
    let owner = Owner::new();
    order(&app, 1, &[("PEN", 1)], |_| {}).await;
    order(&app, 2, &[("PEN", 2)], |_| {}).await;
    wait_for_tasks(&app).await;
    let backups = [
        &["backup", "backup.db"][..],
        &["backup", "backup.db"],
        &["backup", "none/backup.db"],
    ];
    owner.assert_on(&app, "backup", &backups);
    std::fs::write(owner.till.folder.path().join("notes.txt"), "notes").unwrap();
    let file = owner.till.folder.path().join("restored.db");
    let restored = [("DATABASE_URL", sqlite(&file))];
    let restores = [
        &["restore", "notes.txt"][..],
        &["restore", "none.db"],
        &["restore", "backup.db"],
        &["restore", "backup.db"],
    ];
    owner.assert(&restored, "restore", &restores);
    let copies = [
        &["copy", "--to", "sqlite://copy.db"][..],
        &["copy", "--to", "sqlite://copy.db"],
        &["copy", "--to", "copy.db"],
    ];
    owner.assert_on(&app, "copy", &copies);
}

/// Always of SQLite, so that both test databases give the same messages.
fn sqlite(file: &Path) -> String {
    format!("sqlite://{}?mode=rwc", file.display())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_commands_print_before_there_is_a_shop() {
    let owner = Owner::new();
    let folder = owner.till.folder.path();
    std::fs::write(folder.join("products.csv"), PRODUCTS).unwrap();
    let broken = PRODUCTS.replace("Writes.,500,EUR", "Writes.,5.00,EUR");
    std::fs::write(folder.join("broken.csv"), broken).unwrap();
    let database = [("DATABASE_URL", sqlite(&folder.join("till.db")))];
    let import = ["import", "products.csv"];
    let commands = [
        &["orders", "list"][..],
        &["backup", "backup.db"],
        &["migrate"],
        &["import", "none.csv"],
        &["import", "broken.csv"],
        &import,
        &import,
        &["import", "products.csv", "--stock"],
        &["orders", "list"],
    ];
    owner.assert(&database, "before_there_is_a_shop", &commands);

    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let mail = ["mail", "test", "me@mail.example"];
    owner.assert(&[], "mail_test_file", &[&mail, &["mail", "test", "me"]]);
    let server = [
        ("SMTP_URL", smtp.url().to_owned()),
        ("MAIL_FROM", "shop@shop.example".to_owned()),
    ];
    owner.assert(&server, "mail_test", &[&mail]);
}

#[test]
fn what_wrong_arguments_print() {
    let owner = Owner::new();
    owner.assert(&[], "help", &[&["--help"]]);
    let commands = [
        &["order"][..],
        &["orders", "list", "--limit", "0"],
        &["orders", "list", "--search", ""],
        &["orders", "export", "--from", "June"],
        &["orders", "resolve", "2222-2222", "--note", " "],
        &["events", "list", "--state", "done"],
        &["events", "replay"],
        &["outbox", "list", "--state", "failed"],
        &["outbox", "retry"],
        &["reconcile", "--since", "-1h"],
        &["reconcile", "--since", "9999-01-01"],
        &["reconcile", "--shop", "x"],
        &["reconcile", "--adopt", "--shop", "x"],
    ];
    owner.assert(&[], "wrong_arguments", &commands);
}

// ---- Pages ----

/// The words of a page that are not the catalog: what a shopper reads about a refusal or an error.
fn said(what: &str, page: &Page) -> String {
    let mut words = if !page.header("content-type").starts_with("text/html") {
        vec![page.body.trim().to_owned()]
    } else if page.has("main form[action='/api/checkout']") {
        page.texts("title, main h1, [role=alert] p, [role=alert] li, [id$='-error']")
    } else {
        page.texts("title, main h1, main p:not(.actions), main label, main .btn")
    };
    words.retain(|line| !line.is_empty());
    let words: String = words.iter().map(|line| format!("    {line}\n")).collect();
    format!("{what}: {}\n{words}", page.status)
}

/// A raw answer's status and body.
fn said_raw(what: &str, answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.split(' ').nth(1).unwrap_or_default();
    format!("{what}: {status}\n    {body}\n").replace("    \n", "")
}

#[tokio::test]
async fn what_pages_say_about_addresses_and_requests_that_are_wrong() {
    let app = TestApp::without_webhooks().await;
    let mut all = Vec::new();
    let products = PRODUCTS.replace(",Desk,30,true", ",Desk,30,false");
    app.import(&products, StockMode::OnlyNew).await;
    let token = "0123456789abcdef0123456789abcdef";
    for path in [
        "/nothing",
        "/products/nothing",
        "/products/pen",
        "/orders/short",
        &format!("/orders/{token}"),
        &format!("/checkout/{token}/cancelled"),
        "/pkg/nothing.js",
        "/pictures/nothing.webp",
        "/webhooks/stripe",
        "/webhooks/other",
    ] {
        all.push(said(&format!("GET {path}"), &app.get(path).await));
    }
    for (method, path) in [
        ("POST", "/"),
        ("DELETE", "/products/pen"),
        ("PUT", "/api/checkout"),
        ("POST", "/webhooks/stripe"),
        ("POST", "/webhooks/other"),
        ("POST", "/orders/find"),
        ("POST", "/api/checkout"),
    ] {
        let request = app.request(method, path).header("accept", "text/html");
        all.push(said(&format!("{method} {path}"), &app.send(request).await));
    }
    for path in ["/api/checkout", "/orders/find", "/webhooks/stripe"] {
        let large = app
            .request("POST", path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("x".repeat(300_000));
        all.push(said(
            &format!("POST {path}, too large"),
            &app.send(large).await,
        ));
        let foreign = app
            .request("POST", path)
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .form(&[("attempt", "x")]);
        all.push(said(
            &format!("POST {path}, from elsewhere"),
            &app.send(foreign).await,
        ));
    }
    let head = format!(
        "GET / HTTP/1.1\r\nhost: shop\r\nx-filler: {}\r\n\r\n",
        "x".repeat(17_000)
    );
    all.push(said_raw(
        "GET / with a large head",
        &answer(&app, &head).await,
    ));
    assert_snapshot("pages_of_wrong_requests", &all.join("\n"));
}

#[tokio::test]
async fn what_pages_say_about_refused_forms() {
    let mut limits = Limits::off();
    for action in [LimitedAction::Checkout, LimitedAction::FindOrder] {
        limits.rates.insert(action, "1/1h".parse().unwrap());
    }
    let app = TestApp::without_webhooks_with(|config| config.limits = limits).await;
    let mut all = Vec::new();
    let form = app.form("/").await;
    let id = async |sku: &str| app.variant(sku).await.id;
    let (pen, mug, board) = (id("PEN").await, id("MUG").await, id("BOARD").await);
    let (dollar, sticker, piano) = (id("DOLLAR").await, id("STICKER").await, id("PIANO").await);
    let chosen = |product: i64, quantity: &str| form.clone().choose(product, quantity);
    for (what, form) in [
        ("nothing", form.clone()),
        ("no whole number", chosen(pen, "1.5")),
        (
            "above the limit and the stock",
            chosen(pen, "6").choose(mug, "4"),
        ),
        ("sold out", chosen(board, "1")),
        ("unknown", chosen(999, "1")),
        ("two currencies", chosen(pen, "1").choose(dollar, "1")),
        ("below the minimum", chosen(sticker, "1")),
        ("above the maximum", chosen(piano, "2")),
        (
            "another price",
            chosen(pen, "1").with(&format!("shown[{pen}]"), "400:eur"),
        ),
        ("out of date", chosen(pen, "1").with("attempt", "")),
        (
            "too many products",
            (1..=101).fold(form.clone(), |form, id| form.choose(id, "1")),
        ),
    ] {
        all.push(said(what, &app.submit(&form).await));
    }
    let limited = eventually("the limit is reached", async || {
        let form = app.form("/").await.choose(pen, "1");
        let page = app.submit(&form).await;
        (page.status == 429).then_some(page)
    });
    all.push(said("too many", &limited.await));
    for what in ["a search", "too many searches"] {
        let search = app
            .request("POST", "/orders/find")
            .header("origin", &app.origin)
            .form(&[("number", "2222-2222"), ("email", "ada@shopper.example")]);
        all.push(said(what, &app.send(search).await));
    }
    assert_snapshot("pages_of_refused_forms", &all.join("\n"));
}

#[tokio::test]
async fn what_pages_say_while_stripe_has_a_problem() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe_and(
        Some(fake.url()),
        RetryPolicy {
            delay: Duration::from_millis(1),
            ..RetryPolicy::default()
        },
        |config| config.serving.timeouts.request = Duration::from_secs(2),
    )
    .await;
    let pen = app.variant("PEN").await.id;
    let mut all = Vec::new();
    let paid = app.form("/").await.choose(pen, "1");
    let checkout = app.pay(&paid).await;
    for (what, response) in [
        ("Stripe fails", Answer::Error(500)),
        ("Stripe refuses the key", Answer::Error(401)),
    ] {
        fake.answer(response);
        let form = app.form("/").await.choose(pen, "1");
        all.push(said(what, &app.submit(&form).await));
    }
    fake.answer(Answer::Error(500));
    let changed = paid.choose(pen, "2");
    all.push(said(
        "Stripe fails, and the form was sent before",
        &app.submit(&changed).await,
    ));
    let cancelled = format!("/checkout/{}/cancelled", checkout.token.as_str());
    let page = app.get(&cancelled).await;
    let mut page_words = page.texts("main h1, main .alert[role=status]");
    page_words.truncate(2);
    all.push(format!(
        "back from Stripe: {}\n    {}\n",
        page.status,
        page_words.join("\n    ")
    ));
    fake.answer(Answer::Held);
    let form = app.form("/").await.choose(pen, "1");
    all.push(said(
        "Stripe does not answer in time",
        &app.submit(&form).await,
    ));
    fake.release();
    let body = "POST /webhooks/stripe HTTP/1.1\r\nhost: shop\r\ncontent-length: 20\r\n\r\n";
    all.push(said_raw(
        "a request that does not arrive",
        &answer(&app, body).await,
    ));
    assert_snapshot("pages_while_stripe_has_a_problem", &all.join("\n"));
}

#[tokio::test]
async fn what_pages_say_while_the_database_has_a_problem() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 1)]).await;
    let form = app.form("/").await.choose(app.variant("PEN").await.id, "1");
    let paid = event(COMPLETED, &paid_session(&checkout));
    app.execute("ALTER TABLE product RENAME TO product_away")
        .await;
    app.execute("ALTER TABLE \"order\" RENAME TO order_away")
        .await;
    app.execute("ALTER TABLE stripe_event RENAME TO stripe_event_away")
        .await;
    let mut all = Vec::new();
    for path in [
        "/",
        "/products/pen",
        &format!("/orders/{}", checkout.token.as_str()),
    ] {
        let what = path.replace(checkout.token.as_str(), "{token}");
        all.push(said(&format!("GET {what}"), &app.get(path).await));
    }
    all.push(said("POST /api/checkout", &app.submit(&form).await));
    let status = app.deliver(&paid).await;
    all.push(format!("a webhook: {status}\n"));
    assert_snapshot("pages_while_the_database_has_a_problem", &all.join("\n"));
}

#[tokio::test]
async fn what_the_server_says_above_its_limit_of_connections() {
    let app = TestApp::without_webhooks_with(|config| config.serving.max_connections = 0).await;
    let refused = answer(&app, "GET / HTTP/1.1\r\nhost: shop\r\n\r\n").await;
    assert_snapshot("too_many_connections", &said_raw("GET /", &refused));
}
