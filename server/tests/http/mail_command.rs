//! `till mail test`, and what is said of a mail server that does not take a mail.

use std::net::TcpListener;

use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::mails::mails;
use crate::till_binary::{Answer, Till, text};

/// Sends a test mail by this mail server.
fn send_test(till: &Till, url: &str, address: &str) -> Answer {
    let mut command = till.command(&["mail", "test", address]);
    command
        .env("SMTP_URL", url)
        .env("MAIL_FROM", "shop@shop.example")
        .env("SHOP_NAME", "Tea & Cups");
    let output = command.output().unwrap();
    Answer {
        code: output.status.code(),
        said: text(&output.stdout),
        log: text(&output.stderr),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_test_mail_is_sent_at_once_and_needs_no_database() {
    let smtp = FakeSmtp::start(&[], Smtp::Takes).await;
    let till = Till::new();
    let sent = send_test(&till, smtp.url(), "me@mail.example");
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let server = smtp.url().trim_start_matches("smtp://");
    let said = format!("the mail server {server} has taken the test mail\n");
    assert_eq!(sent.said, said);
    let mails = smtp.mails();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].0.contains("<me@mail.example>"));
    assert!(mails[0].1.contains("Test mail from Tea"), "{}", mails[0].1);
    // A name or an address in brackets, as RFC 5321 wants it.
    assert!(smtp.lines().contains(&"EHLO [127.0.0.1]".to_owned()));
}

#[tokio::test]
async fn without_a_mail_server_the_test_mail_is_a_file_that_says_its_time_and_subject() {
    let till = Till::new();
    let sent = till.run(&["mail", "test", "me@mail.example"]);
    assert!(sent.status.success(), "{sent:?}");
    let said = text(&sent.stdout);
    assert!(said.starts_with("SMTP_URL is not set: "), "{said}");
    let folder = till.folder.path().join("data").join("mail");
    assert_eq!(mails(&folder).len(), 1);
    let file = std::fs::read_dir(&folder).unwrap().next().unwrap();
    let name = file.unwrap().file_name().into_string().unwrap();
    let (time, rest) = name.split_once(' ').unwrap();
    assert!(time.ends_with('Z') && time.len() == 18, "{name}");
    assert!(rest.starts_with("Test mail from Till "), "{name}");
    assert!(said.contains(&name), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_mail_server_that_does_not_take_it_is_named_with_the_cause() {
    let till = Till::new();
    let refuses = |answer| FakeSmtp::start(&[], Smtp::Says(answer));
    let smtp = refuses("550 5.7.1 <me@mail.example> is nobody").await;
    let refused = send_test(&till, smtp.url(), "me@mail.example");
    assert_eq!(refused.code, Some(2), "{refused:?}");
    let server = smtp.url().trim_start_matches("smtp://");
    let said = format!("the mail server {server} answered 550 5.7.1: it does not take mail");
    assert!(refused.log.contains(&said), "{refused:?}");
    // Its own sentence may hold anybody's address.
    assert!(!refused.log.contains("me@mail.example"), "{refused:?}");

    // Nobody listens there any more.
    let closed = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = closed.local_addr().unwrap().to_string();
    drop(closed);
    let nobody = send_test(&till, &format!("smtp://{server}"), "me@mail.example");
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    let said = format!("no connection to the mail server {server}: Connection refused");
    assert!(nobody.log.contains(&said), "{nobody:?}");

    let smtp = FakeSmtp::start(&[], Smtp::Takes).await;
    let url = format!("{}?tls=required", smtp.url());
    let clear = send_test(&till, &url, "me@mail.example");
    assert!(clear.log.contains("offers no STARTTLS"), "{clear:?}");

    for bad in ["me", "me@", "a@b.example, c@d.example"] {
        let refused = send_test(&till, smtp.url(), bad);
        assert_eq!(refused.code, Some(2), "{refused:?}");
    }
    assert!(smtp.mails().is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_domain_is_sent_in_its_ascii_form_and_a_name_only_where_it_is_taken() {
    let till = Till::new();
    let smtp = FakeSmtp::start(&[], Smtp::Takes).await;
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
    assert!(refused.log.contains("has no SMTPUTF8"), "{refused:?}");
    assert_eq!(smtp.mails().len(), 1);

    let smtp = FakeSmtp::start(&[], Smtp::TakesUtf8).await;
    let sent = send_test(&till, smtp.url(), "käthe@händler.example");
    assert_eq!(sent.code, Some(0), "{sent:?}");
    let (recipient, _) = smtp.mails().remove(0);
    assert!(
        recipient.contains("<käthe@xn--hndler-bua.example>"),
        "{recipient}"
    );
}
