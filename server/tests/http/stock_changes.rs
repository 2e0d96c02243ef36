//! Changes of stock by people: by a difference with a reason, beside sales.

use futures::future::join_all;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shop::audit::Action;
use shop::catalog::import::StockMode;
use shop::catalog::stock::{self, HistoryRow, StockChange, StockOutcome, StockReason};
use shop::entity::{audit_log, stock_change};
use shop::new_token::form_attempt;
use till_core::token::AttemptToken;

use crate::product_editing::owner;
use crate::test_app::TestApp;
use crate::till_binary::Till;

impl TestApp {
    async fn change_stock(&self, sku: &str, change: StockChange) -> StockOutcome {
        let variant = self.variant(sku).await.id;
        let (database, by) = (&self.shop.database, owner());
        let changed = stock::change(database, variant, change, "a note", None, &by);
        let outcome = changed.await.unwrap();
        self.look().await;
        outcome
    }

    async fn stock_history(&self, sku: &str) -> Vec<HistoryRow> {
        let variant = self.variant(sku).await.id;
        let (database, variants) = (&self.shop.database, [variant]);
        let rows = stock::history(database, &variants, None, 100);
        rows.await.unwrap()
    }
}

fn counted(units: i64) -> StockChange {
    StockChange::Counted { units, shown: None }
}

/// A double click, or a form that is sent again because its answer got lost.
#[tokio::test]
async fn a_form_that_is_sent_twice_changes_the_stock_once() {
    let app = TestApp::start().await;
    let variant = app.variant("MUG").await.id;
    let before = app.variant("MUG").await.stock.unwrap();
    let form: AttemptToken = form_attempt().parse().unwrap();
    let (database, by) = (&app.shop.database, owner());
    let received = StockChange::Received(10);
    let send = |change| stock::change(database, variant, change, "", Some(&form), &by);
    let after = Some(before + 10);
    let outcomes = join_all((0..5).map(|_| send(received))).await;
    let outcomes: Vec<_> = outcomes.into_iter().map(Result::unwrap).collect();
    let changed = StockOutcome::Changed { stock: after };
    let count = |wanted| {
        outcomes
            .iter()
            .filter(|outcome| **outcome == wanted)
            .count()
    };
    assert_eq!(
        (count(changed), count(StockOutcome::AlreadyChanged)),
        (1, 4)
    );
    assert_eq!(app.variant("MUG").await.stock, after);
    // What was typed differently is another change, and so is another form.
    let more = send(StockChange::Received(1)).await.unwrap();
    assert_eq!(
        more,
        StockOutcome::Changed {
            stock: Some(before + 11)
        }
    );
    let other = stock::change(database, variant, received, "", None, &by);
    let stock = Some(before + 21);
    assert_eq!(other.await.unwrap(), StockOutcome::Changed { stock });
}

#[tokio::test]
async fn stock_changes_by_a_difference_with_a_reason_and_has_a_history() {
    let app = TestApp::start().await;
    let now = |stock| StockOutcome::Changed { stock: Some(stock) };
    for (change, outcome) in [
        (StockChange::Received(10), now(50)),
        (StockChange::Damaged(3), now(47)),
        (StockChange::Returned(1), now(48)),
        (counted(45), now(45)),
        (counted(45), StockOutcome::Unchanged { stock: Some(45) }),
        (StockChange::Received(0), StockOutcome::InvalidUnits),
        (StockChange::Received(-5), StockOutcome::InvalidUnits),
        (StockChange::Damaged(i64::MIN), StockOutcome::InvalidUnits),
        (StockChange::Received(i64::MAX), StockOutcome::InvalidUnits),
        (
            StockChange::Received(1_000_000_000),
            StockOutcome::InvalidUnits,
        ),
        (counted(-1), StockOutcome::InvalidUnits),
        (
            StockChange::Damaged(46),
            StockOutcome::BelowHeld { stock: 45, held: 0 },
        ),
        (
            StockChange::Uncounted,
            StockOutcome::Changed { stock: None },
        ),
        (
            StockChange::Uncounted,
            StockOutcome::Unchanged { stock: None },
        ),
        (StockChange::Received(1), StockOutcome::NotCounted),
        (counted(7), now(7)),
    ] {
        assert_eq!(app.change_stock("PEN", change).await, outcome, "{change:?}");
    }
    let rows = app.stock_history("PEN").await;
    let rows: Vec<_> = rows
        .iter()
        .rev()
        .map(|row| (row.reason, row.difference, row.stock_after))
        .collect();
    assert_eq!(
        rows,
        [
            (StockReason::Received, Some(10), Some(50)),
            (StockReason::Damaged, Some(-3), Some(47)),
            (StockReason::Returned, Some(1), Some(48)),
            (StockReason::Counted, Some(-3), Some(45)),
            (StockReason::Uncounted, None, None),
            (StockReason::Counted, None, Some(7)),
        ]
    );
    let first = app.stock_history("PEN").await.pop().unwrap();
    assert_eq!(
        (first.note.as_str(), first.actor.as_str()),
        ("a note", "owner@shop.example")
    );
    let by = owner();
    let none = stock::change(&app.shop.database, 999, counted(1), "", None, &by);
    assert_eq!(none.await.unwrap(), StockOutcome::NotFound);
    let entries = audit_log::Entity::find()
        .filter(audit_log::Column::Action.eq(Action::ChangeStock))
        .order_by_asc(audit_log::Column::Id)
        .all(app.shop.database.reader())
        .await
        .unwrap();
    assert_eq!(entries.len(), 6);
    assert!(entries[3].after.as_ref().unwrap().contains("\"counted\""));
}

#[tokio::test]
async fn stock_is_never_below_what_is_held_and_shoppers_see_it_at_once() {
    let app = TestApp::start().await;
    app.begin(&[("MUG", 2)]).await;
    let below = StockOutcome::BelowHeld { stock: 3, held: 2 };
    assert_eq!(
        app.change_stock("MUG", StockChange::Damaged(2)).await,
        below
    );
    assert_eq!(app.change_stock("MUG", counted(1)).await, below);
    assert_eq!(
        app.change_stock("MUG", counted(2)).await,
        StockOutcome::Changed { stock: Some(2) }
    );
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(2)));

    let sold_out = format!("#quantity-{}[disabled]", app.variant("BOARD").await.id);
    assert!(app.get("/").await.has(&sold_out));
    app.change_stock("BOARD", StockChange::Received(1)).await;
    assert!(!app.get("/").await.has(&sold_out));
    app.begin(&[("BOARD", 1)]).await;
}

#[tokio::test]
async fn who_counted_before_a_sale_is_told_of_it() {
    let app = TestApp::start().await;
    let change = |shown| StockChange::Counted {
        units: 38,
        shown: Some(shown),
    };
    let outcome = app.change_stock("PEN", change(39)).await;
    assert_eq!(outcome, StockOutcome::ChangedMeanwhile { stock: Some(40) });
    let outcome = app.change_stock("PEN", change(40)).await;
    assert_eq!(outcome, StockOutcome::Changed { stock: Some(38) });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_changes_at_once_beside_checkouts_lose_no_unit() {
    let app = TestApp::start().await;
    let received = (0..10).map(|_| app.change_stock("PEN", StockChange::Received(3)));
    let damaged = (0..5).map(|_| app.change_stock("PEN", StockChange::Damaged(2)));
    let checkouts = (0..5).map(|_| app.begin(&[("PEN", 1)]));
    let (received, damaged, begun) =
        tokio::join!(join_all(received), join_all(damaged), join_all(checkouts));
    assert_eq!((received.len(), damaged.len(), begun.len()), (10, 5, 5));
    assert_eq!(app.held_and_stock("PEN").await, (5, Some(40 + 30 - 10)));
    let rows = app.stock_history("PEN").await;
    let sum: i64 = rows.iter().filter_map(|row| row.difference).sum();
    assert_eq!((rows.len(), sum), (15, 20));
}

#[tokio::test]
async fn an_import_that_sets_the_stock_is_in_the_history() {
    let app = TestApp::start().await;
    let file = "sku,stock\nPEN,12\nMUG,3\n";
    app.import(file, StockMode::OnlyNew).await;
    assert!(app.stock_history("PEN").await.is_empty());
    app.import(file, StockMode::Set).await;
    let rows = app.stock_history("PEN").await;
    assert_eq!((rows.len(), rows[0].difference), (1, Some(-28)));
    assert_eq!(rows[0].reason, StockReason::Imported);
    let all = stock_change::Entity::find().all(app.shop.database.reader());
    assert_eq!(all.await.unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_owner_changes_stock_and_archives_on_the_command_line() {
    let app = TestApp::start().await;
    let till = Till::new();
    let run = |arguments: &[&str]| {
        let output = till.run_with(&app, &[&["products"], arguments].concat());
        (output.code.unwrap(), output.stdout, output.stderr)
    };
    let (code, out, _) = run(&["stock", "PEN", "--received", "5", "--note", "delivery"]);
    assert_eq!((code, out.as_str()), (0, "the stock of PEN is 45\n"));
    let (code, out, _) = run(&["stock", "PEN", "--counted", "45"]);
    assert_eq!(
        (code, out.as_str()),
        (0, "the stock of PEN is 45 already\n")
    );
    let (code, _, error) = run(&["stock", "POSTER", "--damaged", "5"]);
    assert_eq!(code, 1);
    assert!(error.contains("begin with --counted"), "{error}");
    let (code, _, error) = run(&["stock", "NONE", "--received", "5"]);
    assert_eq!(code, 2);
    assert!(error.contains("no variant has the SKU"), "{error}");
    let (code, ..) = run(&["stock", "PEN", "--received", "5", "--counted", "3"]);
    assert_eq!(code, 2);
    let (code, out, _) = run(&["history", "PEN"]);
    assert_eq!(code, 0);
    assert!(out.contains("+5") && out.contains("delivery"), "{out}");
    let (_, out, _) = run(&["archive", "PEN"]);
    assert_eq!(out, "the product of PEN is off sale\n");
    assert_eq!(app.get("/products/pen").await.status, 410);
    let (_, out, _) = run(&["restore", "PEN"]);
    assert_eq!(out, "the product of PEN is on sale\n");
    assert_eq!(app.get("/products/pen").await.status, 200);
}

/// Where `till products stock` is killed.
#[cfg(feature = "crash-points")]
const POINTS: [&str; 10] = [
    "change-stock:before-begin",
    "change-stock:update-variant:before",
    "change-stock:update-variant:after",
    "change-stock:insert-stock_change:before",
    "change-stock:insert-stock_change:after",
    "change-stock:insert-audit_log:before",
    "change-stock:insert-audit_log:after",
    "change-stock:update-catalog_change:before",
    "change-stock:before-commit",
    "change-stock:after-commit",
];

#[cfg(feature = "crash-points")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn wherever_the_process_dies_stock_history_and_audit_log_agree() {
    let app = TestApp::start().await;
    let till = Till::new();
    for point in POINTS {
        let before = app.variant("PEN").await.stock.unwrap();
        let rows = app.stock_history("PEN").await.len();
        let entries = audit_entries(&app).await;
        let mut command = till.command(&["products", "stock", "PEN", "--received", "3"]);
        command.envs(app.environment()).env("TILL_CRASH_AT", point);
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        assert_eq!(output.status.code(), None, "{point} was not reached");
        let done = usize::from(point == "change-stock:after-commit");
        let stock = app.variant("PEN").await.stock.unwrap();
        assert_eq!(stock, before + 3 * i64::try_from(done).unwrap(), "{point}");
        assert_eq!(app.stock_history("PEN").await.len(), rows + done, "{point}");
        assert_eq!(audit_entries(&app).await, entries + done, "{point}");
    }
}

#[cfg(feature = "crash-points")]
async fn audit_entries(app: &TestApp) -> usize {
    let all = audit_log::Entity::find().all(app.shop.database.reader());
    all.await.unwrap().len()
}
