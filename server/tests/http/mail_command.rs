//! `till mail test`, and how a mail server that refuses an email is reported.

use std::net::TcpListener;

use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::mails::mails;
use crate::till_binary::{CommandOutput, Till, text};

/// Sends a test email through this mail server.
fn send_test(till: &Till, url: &str, address: &str) -> CommandOutput {
    let mut command = till.command(&["mail", "test", address]);
    command
        .env("SMTP_URL", url)
        .env("MAIL_FROM", "shop@shop.example")
        .env("SHOP_NAME", "Tea & Cups");
    let output = command.output().unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_email_is_sent_at_once_and_needs_no_database() {
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let till = Till::new();
    let sent = send_test(&till, smtp.url(), "me@mail.example");
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let server = smtp.url().trim_start_matches("smtp://");
    let message = format!("the mail server {server} accepted the test email\n");
    assert_eq!(sent.stdout, message);
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].0.contains("<me@mail.example>"));
    assert!(mails[0].1.contains("Test email from Tea"), "{}", mails[0].1);
    // A host name or an address in brackets, as RFC 5321 requires.
    assert!(smtp.lines().contains(&"EHLO [127.0.0.1]".to_owned()));
}

#[tokio::test]
async fn without_a_mail_server_the_test_email_is_a_file_named_by_time_and_subject() {
    let till = Till::new();
    let sent = till.run(&["mail", "test", "me@mail.example"]);
    assert!(sent.status.success(), "{sent:?}");
    let message = text(&sent.stdout);
    assert!(message.starts_with("SMTP_URL is not set: "), "{message}");
    let folder = till.folder.path().join("data").join("mail");
    assert_eq!(mails(&folder).len(), 1);
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap();
    let name = file.unwrap().file_name().into_string().unwrap();
    let (time, rest) = name.split_once(' ').unwrap();
    assert!(time.ends_with('Z') && time.len() == 18, "{name}");
    assert!(rest.starts_with("Test email from Till "), "{name}");
    assert!(message.contains(&name), "{message}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_refuses_the_email_is_reported_with_the_cause() {
    let till = Till::new();
    let refuses = |answer| FakeSmtp::start(&[], Smtp::RejectsRecipient(answer));
    let smtp = refuses("550 5.7.1 <me@mail.example> is nobody").await;
    let refused = send_test(&till, smtp.url(), "me@mail.example");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let server = smtp.url().trim_start_matches("smtp://");
    let message = format!("the mail server {server} answered 550 5.7.1: it does not accept emails");
    assert!(refused.stderr.contains(&message), "{refused:?}");
    // The server's own text may contain anybody's address.
    assert!(!refused.stderr.contains("me@mail.example"), "{refused:?}");

    // Nothing listens there any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = closed.local_addr().unwrap().to_string();
    drop(closed);
    let unreachable = send_test(&till, &format!("smtp://{server}"), "me@mail.example");
    assert_eq!(unreachable.code, Some(2), "{unreachable:?}");
    let message = format!("no connection to the mail server {server}: Connection refused");
    assert!(unreachable.stderr.contains(&message), "{unreachable:?}");

    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let url = format!("{}?tls=required", smtp.url());
    let clear = send_test(&till, &url, "me@mail.example");
    assert!(clear.stderr.contains("offers no STARTTLS"), "{clear:?}");

    for bad in ["me", "me@", "a@b.example, c@d.example"] {
        let refused = send_test(&till, smtp.url(), bad);
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    assert!(smtp.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_sent_in_ascii_and_a_non_ascii_name_only_where_it_is_accepted() {
    let till = Till::new();
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let sent = send_test(&till, smtp.url(), "ada@händler.example");
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let (recipient, mail) = smtp.mails().remove(0);
    assert!(
        recipient.contains("<ada@xn--hndler-bua.example>"),
        "{recipient}"
    );
    assert!(!mail.contains("händler"), "{mail}");
    let refused = send_test(&till, smtp.url(), "käthe@shop.example");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    assert!(refused.stderr.contains("has no SMTPUTF8"), "{refused:?}");
    assert_eq!(smtp.mails().len(), 1);

    let smtp = FakeSmtp::start(&[], Smtp::AcceptsUtf8).await;
    let sent = send_test(&till, smtp.url(), "käthe@händler.example");
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let (recipient, _) = smtp.mails().remove(0);
    assert!(
        recipient.contains("<käthe@xn--hndler-bua.example>"),
        "{recipient}"
    );
}
