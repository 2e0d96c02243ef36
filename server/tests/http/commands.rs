//! Rules for every command: whether it may change tables, its exit code, and what it logs.

use migration::{Migrator, MigratorTrait};
use sea_orm::{ConnectionTrait, DbBackend, Statement};
use shop::database::Database;

use crate::test_app::PRODUCTS;
use crate::test_database::backend;
use crate::till_binary::{CommandOutput, Till, refusal, text};

/// Every command that changes no tables, and its exit code where it cannot work.
const READ_ONLY_COMMANDS: [(&[&str], i32); 26] = [
    (&["doctor"], 2),
    (&["prune"], 1),
    (&["prune", "--dry-run"], 1),
    (&["orders", "list"], 2),
    (&["orders", "show", "1"], 2),
    (&["orders", "resolve", "1", "--note", "x"], 2),
    (&["orders", "refund", "1"], 2),
    (&["orders", "export"], 2),
    (&["products", "list"], 2),
    (&["pictures", "list"], 2),
    (&["pictures", "add", "PEN", "pen.png"], 2),
    (&["pictures", "remove", "PEN", "1"], 2),
    (&["pictures", "fetch"], 2),
    (&["events", "list"], 2),
    (&["events", "show", "evt_1"], 2),
    (&["events", "replay", "--failed"], 2),
    (&["events", "dismiss", "evt_1", "--note", "x"], 2),
    (&["outbox", "list"], 2),
    (&["outbox", "retry", "--dead"], 2),
    (&["reconcile"], 2),
    (&["admin", "list"], 2),
    (&["admin", "create", "ada@shop.example", "--link"], 2),
    (&["admin", "link", "ada@shop.example"], 2),
    (&["import", "products.csv"], 1),
    (&["backup", "backup.db"], 1),
    (&["copy", "--to", "sqlite://copy.db"], 1),
];

fn run(till: &Till, arguments: &[&str]) -> CommandOutput {
    std::fs::write(till.folder.path().join("products.csv"), PRODUCTS).unwrap();
    let mut command = till.command(arguments);
    command
        // No sandbox needs to be running before the database is opened.
        .env("SANDBOX_ADDR", "")
        .env("STRIPE_SECRET_KEY", "sk_test_x")
        .env("STRIPE_WEBHOOK_SECRET", "whsec_x");
    let output = command.output().unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

async fn applied_migrations(database: &Database) -> i64 {
    let reader = database.reader();
    let count = Statement::from_string(
        reader.get_database_backend(),
        "SELECT count(*) FROM seaql_migrations",
    );
    let row = reader.query_one_raw(count).await.unwrap().unwrap();
    row.try_get_by_index(0).unwrap()
}

/// A newer binary is often tried while the old servers still run.
#[tokio::test]
async fn only_serve_and_migrate_change_tables() {
    let till = Till::new();
    std::fs::create_dir_all(till.folder.path().join("data")).unwrap();
    let database = till.database().await;
    let before = u32::try_from(Migrator::migrations().len()).unwrap() - 1;
    Migrator::up(database.bare_writer(), Some(before))
        .await
        .unwrap();
    for (arguments, code) in READ_ONLY_COMMANDS {
        let answer = run(&till, arguments);
        assert_eq!(answer.code, Some(code), "{arguments:?}: {answer:?}");
        assert_eq!(answer.stdout, "", "{arguments:?}");
        assert_eq!(
            answer.stderr,
            "till: the database needs an update: stop older servers, then run `till migrate`\n"
        );
        assert_eq!(
            applied_migrations(&database).await,
            i64::from(before),
            "{arguments:?}"
        );
    }
    database.close().await.unwrap();
    assert_eq!(run(&till, &["migrate"]).code, Some(0));
    assert_eq!(
        applied_migrations(&till.database().await).await,
        i64::from(before) + 1
    );
    for arguments in [&["orders", "list"][..], &["import", "products.csv"]] {
        assert_eq!(run(&till, arguments).code, Some(0), "{arguments:?}");
    }
}

/// Orders and emails are stored there.
#[test]
fn only_its_user_can_read_the_data_folder() {
    use std::os::unix::fs::PermissionsExt;
    let till = Till::new();
    // The PostgreSQL tests need no such folder.
    let folder = till.folder.path().join("own");
    let mut command = till.command(&["migrate"]);
    let migrated = command.env("DATA_DIR", &folder).output().unwrap();
    assert!(migrated.status.success(), "{migrated:?}");
    let mode = folder.metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test]
async fn without_a_database_the_other_commands_create_none() {
    let till = Till::new();
    for (arguments, code) in READ_ONLY_COMMANDS {
        let answer = run(&till, arguments);
        assert_eq!(answer.code, Some(code), "{arguments:?}: {answer:?}");
        let message = match backend() {
            // A command in a wrong folder says where it looked.
            DbBackend::Sqlite => format!(
                "there is no database file {}. Run the command in the shop's folder, or set \
                 DATA_DIR or DATABASE_URL as for `till serve`; a new shop needs `till migrate` \
                 first",
                till.folder.path().join("data").join("till.db").display()
            ),
            _ => "the database has no tables yet: run `till migrate` first".to_owned(),
        };
        assert_eq!(answer.stderr, format!("till: {message}\n"));
    }
    if backend() == DbBackend::Sqlite {
        assert!(!till.folder.path().join("data").exists());
    }
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_reported_in_one_sentence() {
    let till = Till::new();
    assert_eq!(run(&till, &["migrate"]).code, Some(0));
    let database = till.database().await;
    let future =
        "INSERT INTO seaql_migrations (version, applied_at) VALUES ('m20991231_000001_future', 1)";
    let writer = database.bare_writer();
    writer.execute_unprepared(future).await.unwrap();
    database.close().await.unwrap();
    let sentence = "the database belongs to a newer version of Till, which has applied the \
                    migration m20991231_000001_future: run that version";
    for (arguments, code) in READ_ONLY_COMMANDS
        .into_iter()
        .chain([(&["migrate"][..], 1)])
    {
        let answer = run(&till, arguments);
        assert_eq!(answer.code, Some(code), "{arguments:?}: {answer:?}");
        assert_eq!(
            answer.stderr,
            format!("till: {sentence}\n"),
            "{arguments:?}"
        );
    }
    let error = refusal(&mut till.command(&["serve"])).await;
    assert!(error.contains(sentence), "{error}");
}

#[tokio::test]
async fn the_default_log_filter_equals_info() {
    let log = |variable: Option<&str>| {
        let till = Till::new();
        let mut command = till.command(&["migrate"]);
        command.envs(variable.map(|value| ("RUST_LOG", value)));
        let output = command.output().unwrap();
        assert!(output.status.success());
        let lines = text(&output.stdout);
        let target = |line: &str| {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            line["target"].as_str().unwrap().to_owned()
        };
        lines.lines().map(target).collect::<Vec<_>>()
    };
    let default = log(None);
    assert_eq!(default, ["server::cli::migrate"]);
    assert_eq!(log(Some("info")), default);
    assert_eq!(log(Some("info,shop=debug")), default);
    let verbose = log(Some("info,sea_orm_migration=info"));
    assert!(verbose.len() > default.len(), "{verbose:?}");
}
