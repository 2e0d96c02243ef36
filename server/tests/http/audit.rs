//! The audit log: `till audit`, its list, its export, and how long it is kept.

use sea_orm::sea_query::Expr;
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use shop::audit::{self, Action, AuditRow, Filter, SubjectKind};
use shop::entity::audit_log;
use shop::orders::export::Period;
use shop::prune::{PruneSettings, prune};
use shop::settings::FromVariables;
use shop::stored_settings;
use shop::time_zone::TimeZone;

use crate::test_app::{TestApp, owner};
use crate::till_binary::Till;

/// A shop without entries: that its products were imported is one.
async fn app() -> TestApp {
    let app = TestApp::without_webhooks().await;
    app.execute("DELETE FROM audit_log").await;
    app
}

/// Changes a setting this often, each time to another value.
async fn change(app: &TestApp, times: usize) {
    for number in 0..times {
        let value = format!("Shop {number}");
        let (database, base) = (&app.shop.database, app.shop.live.base());
        stored_settings::set(database, base, &owner(), "SHOP_NAME", &value)
            .await
            .unwrap();
    }
}

/// Gives the first entry another time.
async fn date_first(app: &TestApp, at: time::OffsetDateTime) {
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    let first = audit_log::Entity::find()
        .order_by_asc(audit_log::Column::Id)
        .one(&transaction)
        .await
        .unwrap()
        .unwrap();
    audit_log::Entity::update_many()
        .col_expr(audit_log::Column::At, Expr::value(at))
        .filter(audit_log::Column::Id.eq(first.id))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
}

async fn list(app: &TestApp, filter: &Filter) -> Vec<AuditRow> {
    let page = audit::list(&app.shop.database, filter, None, 100).await;
    page.unwrap().rows
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_change_on_the_command_line_is_in_the_log() {
    let app = app().await;
    let run = |arguments: &[&str]| {
        let done = Till::new().run_with(&app, arguments);
        assert_eq!(done.code, Some(0), "{done:?}");
        done
    };
    run(&["settings", "set", "SHOP_NAME", "Pens"]);
    run(&["settings", "set", "SHOP_NAME", "Pens & Paper"]);
    run(&["settings", "unset", "SHOP_NAME"]);
    // What changes nothing is not a change.
    run(&["settings", "unset", "SHOP_NAME"]);
    let pages = tempfile::tempdir().unwrap();
    std::fs::create_dir(pages.path().join("en")).unwrap();
    std::fs::write(pages.path().join("en/terms.md"), "# Terms\n\nBuy.\n").unwrap();
    run(&["pages", "import", pages.path().to_str().unwrap()]);
    run(&["pages", "import", pages.path().to_str().unwrap()]);
    let log = run(&["audit", "list", "--json"]).json();
    let rows = log.as_array().unwrap();
    let shown = |row: &Value| {
        let text = |name: &str| row[name].as_str().unwrap_or("-").to_owned();
        [
            text("action"),
            text("subject"),
            text("before"),
            text("after"),
        ]
        .join(" | ")
    };
    let shown: Vec<_> = rows.iter().map(shown).collect();
    assert_eq!(
        shown,
        [
            "save_policy | terms (en) | - | # Terms\n\nBuy.\n",
            "unset_setting | SHOP_NAME | Pens & Paper | -",
            "set_setting | SHOP_NAME | Pens | Pens & Paper",
            "set_setting | SHOP_NAME | - | Pens",
        ]
    );
    assert!(rows.iter().all(|row| row["address"].is_null()));
    let table = run(&["audit", "list", "--kind", "policy"]).stdout;
    assert_eq!(table.lines().count(), 2, "{table}");
    let refused = Till::new().run_with(&app, &["audit", "list", "--action", "dance"]);
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("set_setting"), "{refused:?}");
}

#[tokio::test]
async fn the_log_is_read_page_by_page_and_by_filter() {
    let app = app().await;
    change(&app, 5).await;
    let database = &app.shop.database;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = audit::list(database, &Filter::default(), after, 2)
            .await
            .unwrap();
        assert!(page.rows.len() <= 2);
        seen.extend(page.rows.iter().map(|row| row.after.clone().unwrap()));
        // As an address has it.
        after = page.next.map(|next| next.to_string().parse().unwrap());
        if after.is_none() {
            break;
        }
    }
    let all = ["Shop 4", "Shop 3", "Shop 2", "Shop 1", "Shop 0"];
    assert_eq!(seen, all);
}

#[tokio::test]
async fn a_filter_names_person_action_thing_and_period() {
    let app = app().await;
    change(&app, 2).await;
    date_first(&app, time::macros::datetime!(2020-01-01 00:00 UTC)).await;
    let count = async |filter: Filter| list(&app, &filter).await.len();
    let filter = Filter::default;
    assert_eq!(count(filter()).await, 2);
    let actor = |name: &str| Filter {
        actor: Some(name.to_owned()),
        ..filter()
    };
    assert_eq!(count(actor("ada")).await, 2);
    assert_eq!(count(actor("bob")).await, 0);
    let action = |action| Filter {
        action: Some(action),
        ..filter()
    };
    assert_eq!(count(action(Action::SetSetting)).await, 2);
    assert_eq!(count(action(Action::SavePolicy)).await, 0);
    let thing = |kind, subject: &str| Filter {
        kind: Some(kind),
        subject: Some(subject.to_owned()),
        ..filter()
    };
    assert_eq!(count(thing(SubjectKind::Setting, "SHOP_NAME")).await, 2);
    assert_eq!(count(thing(SubjectKind::Setting, "SHOP_EMAIL")).await, 0);
    assert_eq!(count(thing(SubjectKind::Order, "SHOP_NAME")).await, 0);
    let day = time::macros::datetime!(2020-01-02 00:00 UTC);
    let period = |from, until| Filter {
        period: Period { from, until },
        ..filter()
    };
    assert_eq!(count(period(Some(day), None)).await, 1);
    assert_eq!(count(period(None, Some(day))).await, 1);
    assert_eq!(audit::actors(&app.shop.database).await.unwrap(), ["ada"]);
}

#[tokio::test]
async fn an_export_has_every_entry_and_no_formula() {
    let app = app().await;
    let (database, base) = (&app.shop.database, app.shop.live.base());
    let formula = "=HYPERLINK(\"https://x.example\")";
    stored_settings::set(database, base, &owner(), "SHOP_NAME", formula)
        .await
        .unwrap();
    change(&app, 1).await;
    let mut file = Vec::new();
    audit::export(
        database,
        &Filter::default(),
        &TimeZone::default(),
        &mut file,
    )
    .await
    .unwrap();
    let text = String::from_utf8(file).unwrap();
    let text = text.trim_start_matches('\u{feff}');
    let lines: Vec<_> = text.lines().collect();
    assert_eq!((lines.len(), lines[0]), (3, &*audit::COLUMNS.join(",")));
    let cell = "\"'=HYPERLINK(\"\"https://x.example\"\")\"";
    let set = "ada,,set_setting,setting,SHOP_NAME";
    assert!(lines[1].ends_with(&format!(",{set},,{cell}")), "{text}");
    assert!(
        lines[2].ends_with(&format!(",{set},{cell},Shop 0")),
        "{text}"
    );
}

#[tokio::test]
async fn entries_are_kept_for_two_years_and_deleted_by_the_prune_job_alone() {
    let app = app().await;
    change(&app, 3).await;
    let settings = PruneSettings::read(&|_: &str| None).unwrap();
    let aged = async |days: i64| {
        date_first(&app, shop::clock::now() - time::Duration::days(days)).await;
    };
    let run = async |dry| {
        prune(&app.shop.database, &settings, dry)
            .await
            .unwrap()
            .audit
    };
    aged(729).await;
    assert_eq!(run(false).await, 0);
    aged(732).await;
    assert_eq!(run(true).await, 1);
    assert_eq!(list(&app, &Filter::default()).await.len(), 3);
    assert_eq!(run(false).await, 1);
    assert_eq!(list(&app, &Filter::default()).await.len(), 2);
    // Not even a setting in the database makes it forget the last year.
    let forgetful = PruneSettings {
        audit_days: Some(1),
        ..settings
    };
    aged(300).await;
    let report = prune(&app.shop.database, &forgetful, false).await.unwrap();
    assert_eq!(report.audit, 0);
    let kept = PruneSettings {
        audit_days: None,
        ..settings
    };
    aged(4_000).await;
    assert_eq!(
        prune(&app.shop.database, &kept, false).await.unwrap().audit,
        0
    );
}
