//! `till admin`: the first owner, other users, and help for those who are locked out.

use std::io::Write;
use std::process::Stdio;

use sea_orm::EntityTrait;
use serde_json::Value;
use shop::admin::{LinkPurpose, LinkToken, find_link, find_user};
use shop::entity::audit_log;

use crate::till_binary::{CommandOutput, Till, text};

const ADA: &str = "ada@shop.example";
const PASSWORD: &str = "correct horse battery\n";

/// Runs a command with this standard input.
fn run(till: &Till, arguments: &[&str], input: &str) -> CommandOutput {
    let mut command = till.command(arguments);
    command
        .env("USER", "tester")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    // A command that reads nothing may have ended.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

fn done(till: &Till, arguments: &[&str], input: &str) -> String {
    let output = run(till, arguments, input);
    assert_eq!(
        (output.code, output.stderr.as_str()),
        (Some(0), ""),
        "{arguments:?}"
    );
    output.stdout
}

fn refused(till: &Till, arguments: &[&str], input: &str) -> String {
    let output = run(till, arguments, input);
    assert_eq!(
        (output.code, output.stdout.as_str()),
        (Some(2), ""),
        "{arguments:?}"
    );
    output.stderr
}

fn migrated() -> Till {
    let till = Till::new();
    assert!(till.run(&["migrate"]).status.success());
    till
}

/// The token in the second line of a printed link.
fn link_in(printed: &str) -> LinkToken {
    let (_, token) = printed.trim().rsplit_once("/admin/link/").unwrap();
    token.parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_owner_is_created_with_a_password_from_standard_input() {
    let till = migrated();
    let create = ["admin", "create", ADA, "--password-stdin"];
    assert_eq!(
        refused(&till, &create, "too short\n"),
        "till: the password must have at least 12 characters. Nothing was changed\n"
    );
    assert_eq!(
        refused(&till, &create, "password1234\n"),
        "till: the password is too easy to guess. Nothing was changed\n"
    );
    assert_eq!(
        refused(&till, &create, ""),
        "till: the password must have at least 12 characters. Nothing was changed\n"
    );
    assert_eq!(
        refused(
            &till,
            &["admin", "create", "ada", "--password-stdin"],
            PASSWORD
        ),
        "till: ada is not an email address\n"
    );
    assert_eq!(
        refused(&till, &["admin", "create", ADA], PASSWORD),
        "till: there is no terminal to ask for the password: use --password-stdin, or --link for a \
         link with which it is set\n"
    );
    assert_eq!(
        done(&till, &["admin", "list"], ""),
        "USER  ROLE  STATE  SECOND FACTOR  LAST SIGN-IN\n"
    );

    let printed = done(&till, &create, PASSWORD);
    let expected = format!("{ADA} can sign in at http://127.0.0.1:0/admin (owner)\n");
    assert_eq!(printed, expected);
    assert_eq!(
        refused(
            &till,
            &["admin", "create", "eve@shop.example", "--password-stdin"],
            PASSWORD
        ),
        "till: there is an owner already, so nothing was changed. To create one more, say so: till \
         admin create eve@shop.example --role owner\n"
    );
    let staff = [
        "admin",
        "create",
        "bo@shop.example",
        "--role",
        "staff",
        "--password-stdin",
    ];
    done(&till, &staff, PASSWORD);
    assert_eq!(
        refused(&till, &staff, PASSWORD),
        "till: there is a user bo@shop.example already. If the password is forgotten: till admin \
         link bo@shop.example\n"
    );
    assert_eq!(
        done(&till, &["admin", "list"], ""),
        "USER              ROLE   STATE   SECOND FACTOR  LAST SIGN-IN\n\
         ada@shop.example  owner  active  off            –\n\
         bo@shop.example   staff  active  off            –\n"
    );
    let json: Value = serde_json::from_str(&done(&till, &["admin", "list", "--json"], "")).unwrap();
    assert_eq!(json[1]["mail"], "bo@shop.example");
    assert_eq!(json[1]["role"], "staff");
    assert_eq!(json[1]["state"], "active");
    assert_eq!(json[1]["has_second_factor"], false);
    assert_eq!(json[1]["signed_in_at"], Value::Null);
    let database = till.database().await;
    let log = audit_log::Entity::find()
        .all(database.reader())
        .await
        .unwrap();
    let written: Vec<_> = log
        .iter()
        .map(|row| (row.actor.as_str(), row.subject.as_str()))
        .collect();
    assert_eq!(written, [("tester", ADA), ("tester", "bo@shop.example")]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn links_are_printed_for_new_users_and_for_those_who_are_locked_out() {
    let till = migrated();
    let printed = done(
        &till,
        &["admin", "create", ADA, "--link", "--language", "de"],
        "",
    );
    assert!(
        printed.starts_with("With this link, set a password once, until 20"),
        "{printed}"
    );
    let database = till.database().await;
    let details = find_link(&database, &link_in(&printed))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(
        (details.purpose, details.mail.as_str()),
        (LinkPurpose::FirstOwner, ADA)
    );
    assert_eq!(details.language.code(), "de");

    done(
        &till,
        &["admin", "create", "eve@shop.example", "--password-stdin"],
        PASSWORD,
    );
    let printed = done(&till, &["admin", "link", "EVE@shop.example"], "");
    assert!(
        printed.starts_with("With this link, set a new password once, until 20"),
        "{printed}"
    );
    let details = find_link(&database, &link_in(&printed))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(details.purpose, LinkPurpose::Reset);
    assert_eq!(
        refused(&till, &["admin", "link", "nobody@shop.example"], ""),
        "till: there is no user nobody@shop.example; till admin list names them all\n"
    );
    let wrong = run(&till, &["admin", "create", ADA, "--language", "fr"], "");
    assert!(
        wrong.stderr.contains("the admin is in en and de"),
        "{}",
        wrong.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn users_are_removed_but_for_the_last_owner() {
    let till = migrated();
    done(
        &till,
        &["admin", "create", ADA, "--password-stdin"],
        PASSWORD,
    );
    assert_eq!(
        refused(&till, &["admin", "remove", ADA], ""),
        "till: ada@shop.example is the last owner, so nothing was changed. Create another owner \
         first: till admin create MAIL --role owner\n"
    );
    let eve = [
        "admin",
        "create",
        "eve@shop.example",
        "--role",
        "owner",
        "--password-stdin",
    ];
    done(&till, &eve, PASSWORD);
    assert_eq!(
        done(&till, &["admin", "remove", ADA], ""),
        "ada@shop.example is removed\n"
    );
    assert_eq!(
        done(
            &till,
            &["admin", "reset-second-factor", "eve@shop.example"],
            ""
        ),
        "eve@shop.example has no second factor: nothing to do\n"
    );
    let database = till.database().await;
    assert!(find_user(&database, ADA).await.unwrap().is_none());
}
