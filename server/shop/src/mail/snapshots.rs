//! Every email in each of its variations, compared with the reviewed copies in `snapshots/`.
//!
//! After a change of words, `cargo insta review` shows the differences and accepts them. Without
//! cargo-insta, rename the `.snap.new` files that the failed test has written.

use std::collections::BTreeSet;
use std::panic::catch_unwind;
use std::path::Path;

use locale::{Language, Texts};
use scraper::{CaseSensitivity, Html, Selector};
use till_core::admin::Role;
use till_core::carrier::Carrier;
use till_core::money::{Currency, MinorUnit, Money};
use till_core::refunds::DisputeStatus;
use till_core::view::{BuyerView, Destination, TaxView};
use time::OffsetDateTime;
use time::macros::datetime;

use super::account_templates::{AccountMail, AccountReason};
use super::email::{Email, Recipient};
use super::owner_templates::{
    DisputeClosed, Disputed, Inquiry, LatePayment, LateRefundRefused, NewOrder, Oversold,
    PaymentDiffers, PaymentsRefused, RefundCancelled, RefundFailed, RequestedRefundRefused,
    TestMail, UnusableEvents,
};
use super::shopper_templates::{
    Failed, OrderLink, Paid, PaidLate, PolicyText, Processing, RefundShare, Refunded, SentParcel,
    Shipped, ShippedShare, WithdrawalReceived,
};
use super::summary::{Line, Summary};
use super::templates::{MailTemplate, Sender};
use super::withdrawal_templates::{NewWithdrawal, WithdrawalFacts};
use crate::contact::{Contact, ContactLink};
use crate::time_zone::TimeZone;
use crate::withdrawals::{Part, StatedLine, Statement};

const SHOP_URL: &str = "https://shop.example";
const PAID_AT: OffsetDateTime = datetime!(2026-11-28 13:05:07 UTC);
const AT: &str = "2026-11-28 14:05:07 CET";

/// An email under the name of its snapshot: the template, and after a dot the variation.
type Sample = (&'static str, Email);

fn euros(cents: i64) -> Money {
    let euro: Currency = "eur".parse().unwrap();
    MinorUnit(cents).of(euro)
}

fn number() -> String {
    "K7QM-3XPA".to_owned()
}

/// The shop, which writes in this language.
fn sender_in(language: Language) -> Sender {
    Sender {
        shop: "Pens & Paper".to_owned(),
        contact: Contact {
            address: vec!["Pens & Paper Ltd".to_owned(), "1 High Street".to_owned()],
            email: Some("hello@shop.example".to_owned()),
            phone: Some("+44 (0)20 1234".to_owned()),
            links: vec![
                ContactLink {
                    label: "Imprint".to_owned(),
                    url: "https://shop.example/pages/imprint".to_owned(),
                },
                ContactLink {
                    label: "Terms".to_owned(),
                    url: "https://shop.example/pages/terms".to_owned(),
                },
            ],
        },
        policies: vec![ContactLink {
            label: "Right of withdrawal".to_owned(),
            url: "https://shop.example/pages/withdrawal".to_owned(),
        }],
        accent: None,
        sandbox: false,
        texts: Texts::of(language),
    }
}

fn time_zone() -> TimeZone {
    TimeZone::named("Europe/Berlin").unwrap()
}

fn to_shopper(sender: &Sender, mail: &impl MailTemplate) -> Email {
    let ada = Recipient::Shopper {
        address: "ada@shopper.example".to_owned(),
        name: Some("Ada Shopper".to_owned()),
    };
    Email::new(ada, sender, mail).unwrap()
}

fn to_owner(mail: &impl MailTemplate) -> Email {
    Email::new(Recipient::Owner, &sender_in(Language::default()), mail).unwrap()
}

fn line(quantity: u32, name: &str, cents: i64) -> Line {
    Line {
        quantity,
        name: name.to_owned(),
        sku: None,
        price: euros(cents / i64::from(quantity)),
        total: euros(cents),
    }
}

fn unpaid() -> Summary {
    Summary {
        number: None,
        paid_at: None,
        lines: vec![line(2, "Enamel mug", 2_500), line(1, "Pen", 500)],
        subtotal: euros(3_000),
        discount: None,
        shipping_method: None,
        shipping: None,
        tax: None,
        taxes: Vec::new(),
        tax_included: false,
        total: None,
        ships_to: Vec::new(),
        buyer: BuyerView::default(),
        url: format!("{SHOP_URL}/orders/0123456789abcdef"),
    }
}

fn paid(sender: &Sender) -> Summary {
    Summary {
        number: Some(number()),
        paid_at: Some(time_zone().format_minutes(PAID_AT, sender.texts.language())),
        total: Some(euros(3_000)),
        ..unpaid()
    }
}

fn lines_of(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|line| (*line).to_owned()).collect()
}

/// With every row that a summary can have.
fn shipped(sender: &Sender) -> Summary {
    Summary {
        discount: Some(euros(-300)),
        shipping_method: Some("Standard".to_owned()),
        shipping: Some(euros(490)),
        tax: Some(euros(606)),
        total: Some(euros(3_796)),
        ships_to: lines_of(&["Ada Shopper", "12 Mill Lane", "Oxford OX1 1AA"]),
        buyer: BuyerView {
            billing_address: Some(Destination {
                lines: lines_of(&["Bo Shopper", "Marktplatz 3", "10115 Berlin"]),
            }),
            ..BuyerView::default()
        },
        ..paid(sender)
    }
}

fn free(sender: &Sender) -> Summary {
    Summary {
        discount: Some(euros(-3_000)),
        total: Some(euros(0)),
        ..paid(sender)
    }
}

fn with_skus(mut summary: Summary) -> Summary {
    for (line, sku) in summary.lines.iter_mut().zip(["MUG-1", "PEN"]) {
        line.sku = Some(sku.to_owned());
    }
    summary
}

/// Bought by a company, with two taxes, a note and an invoice.
fn by_business(sender: &Sender) -> Summary {
    let tax = |percentage: &str, cents| TaxView {
        name: "VAT".to_owned(),
        percentage: Some(percentage.to_owned()),
        included: true,
        amount: euros(cents),
    };
    Summary {
        tax: Some(euros(432)),
        taxes: vec![tax("19", 399), tax("7", 33)],
        tax_included: true,
        buyer: BuyerView {
            billing_address: None,
            business_name: Some("Tea <Ltd>".to_owned()),
            tax_ids: vec!["DE123456789".to_owned()],
            note: Some("Please ring twice".to_owned()),
            invoice_url: Some("https://invoice.stripe.com/i/1".to_owned()),
        },
        ..paid(sender)
    }
}

fn confirmed(summary: Summary) -> Paid {
    Paid {
        number: number(),
        is_free: false,
        ships: false,
        withdrawal_url: None,
        summary,
        policies: Vec::new(),
    }
}

/// With the terms and the right of withdrawal.
fn with_policies(paid: Paid) -> Paid {
    let policy = |title: &str, markdown: &str| PolicyText {
        language: "en",
        title: title.to_owned(),
        text: crate::markdown::to_mail_text(markdown, SHOP_URL),
        html: crate::markdown::to_mail_html(markdown, SHOP_URL),
    };
    Paid {
        policies: vec![
            policy("Terms", "One & two.\n\n## Payment\n\nBy **card**."),
            policy(
                "Right of withdrawal",
                "Within 14 days.\nTo: hello@shop.example",
            ),
        ],
        ..paid
    }
}

fn samples() -> Vec<Sample> {
    let english = &sender_in(Language::default());
    let to_owners = [
        new_order_samples(english),
        flagged_samples(english),
        failed_refund_samples(english),
        dispute_samples(english),
        new_withdrawal_samples(),
        shop_samples(),
        account_samples(english),
    ];
    let to_owners = to_owners.into_iter().flatten();
    shopper_samples(english)
        .into_iter()
        .chain(to_owners)
        .collect()
}

fn shopper_samples(sender: &Sender) -> Vec<Sample> {
    let samples = [
        paid_samples(sender),
        payment_samples(sender),
        refund_samples(sender),
        parcel_samples(sender),
        withdrawal_samples(sender),
    ];
    samples.into_iter().flatten().collect()
}

fn paid_samples(sender: &Sender) -> Vec<Sample> {
    let free_shipping_and_included_tax = Summary {
        discount: None,
        shipping_method: Some("Collect it".to_owned()),
        shipping: Some(euros(0)),
        tax: Some(euros(479)),
        tax_included: true,
        total: Some(euros(3_000)),
        ..paid(sender)
    };
    let unnamed = Recipient::Shopper {
        address: "ada@shopper.example".to_owned(),
        name: None,
    };
    let test_shop = Sender {
        contact: Contact::default(),
        policies: Vec::new(),
        sandbox: true,
        ..sender.clone()
    };
    let hostile = Summary {
        lines: vec![
            line(1, "<script>alert(\"&\")</script>", 1_000),
            line(2, "</style><img src=x onerror=alert(1)>", 1_000),
            line(1, &"Donaudampfschifffahrt".repeat(12), 500),
            line(1, "קומקום, כחול", 500),
        ],
        ..paid(sender)
    };
    let named = Recipient::Shopper {
        address: "ada@shopper.example".to_owned(),
        name: Some("Ada\r\nBcc: <b>".to_owned()),
    };
    vec![
        ("paid", to_shopper(sender, &confirmed(paid(sender)))),
        (
            "paid.policies",
            to_shopper(sender, &with_policies(confirmed(paid(sender)))),
        ),
        (
            "paid.shipped",
            to_shopper(
                sender,
                &Paid {
                    ships: true,
                    ..confirmed(shipped(sender))
                },
            ),
        ),
        (
            "paid.tax_included",
            to_shopper(sender, &confirmed(free_shipping_and_included_tax)),
        ),
        (
            "paid.free",
            to_shopper(
                sender,
                &Paid {
                    is_free: true,
                    ..confirmed(free(sender))
                },
            ),
        ),
        (
            "paid.business",
            to_shopper(sender, &confirmed(by_business(sender))),
        ),
        (
            "paid.withdrawal",
            to_shopper(
                sender,
                &Paid {
                    withdrawal_url: Some(format!("{SHOP_URL}/withdraw?order={}", number())),
                    ..confirmed(paid(sender))
                },
            ),
        ),
        (
            "paid.test_shop",
            Email::new(unnamed, &test_shop, &confirmed(paid(sender))).unwrap(),
        ),
        (
            "paid.markup",
            Email::new(named, sender, &confirmed(hostile)).unwrap(),
        ),
    ]
}

fn payment_samples(sender: &Sender) -> Vec<Sample> {
    let total_known = Summary {
        total: Some(euros(3_000)),
        ..unpaid()
    };
    let late = |refunding| PaidLate {
        number: number(),
        refunding,
        summary: paid(sender),
    };
    vec![
        (
            "order_link",
            to_shopper(
                sender,
                &OrderLink {
                    number: number(),
                    summary: paid(sender),
                },
            ),
        ),
        (
            "processing",
            to_shopper(sender, &Processing { summary: unpaid() }),
        ),
        (
            "processing.total_known",
            to_shopper(
                sender,
                &Processing {
                    summary: total_known,
                },
            ),
        ),
        (
            "failed",
            to_shopper(
                sender,
                &Failed {
                    shop_url: SHOP_URL.to_owned(),
                    summary: unpaid(),
                },
            ),
        ),
        (
            "paid_late.refunding",
            to_shopper(sender, &late(Some(euros(3_000)))),
        ),
        ("paid_late.kept", to_shopper(sender, &late(None))),
    ]
}

fn refund_samples(sender: &Sender) -> Vec<Sample> {
    let refunded = |amount, currency: &str, share| {
        to_shopper(
            sender,
            &Refunded {
                number: number(),
                amount,
                currency: currency.parse().unwrap(),
                share,
                summary: paid(sender),
            },
        )
    };
    vec![
        (
            "refunded.in_full",
            refunded(3_000, "eur", RefundShare::InFull),
        ),
        (
            "refunded.in_part",
            refunded(250, "eur", RefundShare::PartOf(euros(3_000))),
        ),
        (
            "refunded.other_currency",
            refunded(270, "usd", RefundShare::OtherCurrency),
        ),
    ]
}

fn parcel_samples(sender: &Sender) -> Vec<Sample> {
    let shipped = |share, parcel| {
        to_shopper(
            sender,
            &Shipped {
                number: number(),
                parcel,
                share,
                summary: shipped(sender),
            },
        )
    };
    let lines = || vec![(2, "Enamel mug".to_owned()), (1, "Pen <b>".to_owned())];
    let dhl = SentParcel {
        carrier: Some("DHL".to_owned()),
        tracking_number: Some("00340434161094042557".to_owned()),
        url: Carrier::Dhl.tracking_address("00340434161094042557"),
        lines: lines(),
    };
    let unknown = || SentParcel {
        carrier: None,
        tracking_number: None,
        url: None,
        lines: lines(),
    };
    let courier = SentParcel {
        carrier: Some("Bike <courier>".to_owned()),
        ..unknown()
    };
    let numbered = SentParcel {
        tracking_number: Some("7".to_owned()),
        ..unknown()
    };
    vec![
        ("shipped", shipped(ShippedShare::All, dhl)),
        ("shipped.part", shipped(ShippedShare::PartOf, courier)),
        ("shipped.rest", shipped(ShippedShare::Rest, numbered)),
        ("shipped.untracked", shipped(ShippedShare::All, unknown())),
    ]
}

/// Withdrawals from some lines, and from what the shopper has described.
fn withdrawn_parts() -> [Part; 2] {
    let line = |variant, quantity, name: &str| StatedLine {
        variant,
        quantity,
        name: name.to_owned(),
    };
    [
        Part::Lines(vec![line(1, 2, "Enamel mug"), line(2, 1, "Pen <b>")]),
        Part::Described("One of the two <i>mugs</i>".to_owned()),
    ]
}

fn withdrawal_facts(part: Part, language: Language) -> WithdrawalFacts {
    let statement = Statement {
        name: "Ada <b>Shopper</b>".to_owned(),
        email: "ada@shopper.example".to_owned(),
        contract: number(),
        part,
    };
    WithdrawalFacts::of(&statement, time_zone().format_seconds(PAID_AT, language))
}

fn withdrawal_samples(sender: &Sender) -> Vec<Sample> {
    let received = |part| {
        let facts = withdrawal_facts(part, sender.texts.language());
        let shop_url = SHOP_URL.to_owned();
        to_shopper(sender, &WithdrawalReceived { facts, shop_url })
    };
    let [lines, described] = withdrawn_parts();
    vec![
        ("withdrawal_received", received(Part::Whole)),
        ("withdrawal_received.lines", received(lines)),
        ("withdrawal_received.described", received(described)),
    ]
}

fn new_withdrawal_samples() -> Vec<Sample> {
    let new = |part, order: Option<String>| {
        to_owner(&NewWithdrawal {
            order,
            facts: withdrawal_facts(part, Language::default()),
            url: format!("{SHOP_URL}/admin/withdrawals/7"),
        })
    };
    let [lines, described] = withdrawn_parts();
    vec![
        ("new_withdrawal", new(lines, Some(number()))),
        ("new_withdrawal.unknown_order", new(described, None)),
    ]
}

fn new_order_samples(sender: &Sender) -> Vec<Sample> {
    let new_order = || NewOrder {
        number: number(),
        total: euros(3_000),
        is_free: false,
        flag: None,
        ship_to: None,
        shipping_method: None,
        ordered_by: vec!["Ada Shopper".to_owned(), "ada@shopper.example".to_owned()],
        summary: with_skus(paid(sender)),
    };
    let address = [
        "Ada Shopper",
        "12 Mill Lane",
        "Oxford OX1 1AA",
        "United Kingdom",
    ];
    let packed = NewOrder {
        total: euros(3_796),
        ship_to: Some(address.map(str::to_owned).to_vec()),
        shipping_method: Some("Standard".to_owned()),
        ordered_by: vec![
            "Ada Shopper".to_owned(),
            "ada@shopper.example".to_owned(),
            "+44 7700 900123".to_owned(),
        ],
        summary: with_skus(shipped(sender)),
        ..new_order()
    };
    let flagged = NewOrder {
        flag: Some("Stripe's subtotal is not the sum of the lines".to_owned()),
        ..new_order()
    };
    let nothing_due = NewOrder {
        total: euros(0),
        is_free: true,
        summary: with_skus(free(sender)),
        ..new_order()
    };
    let anonymous = NewOrder {
        ordered_by: Vec::new(),
        summary: paid(sender),
        ..new_order()
    };
    let by_business = NewOrder {
        summary: with_skus(by_business(sender)),
        ..new_order()
    };
    vec![
        ("new_order", to_owner(&new_order())),
        ("new_order.business", to_owner(&by_business)),
        ("new_order.shipped", to_owner(&packed)),
        ("new_order.flagged", to_owner(&flagged)),
        ("new_order.free", to_owner(&nothing_due)),
        ("new_order.without_details", to_owner(&anonymous)),
    ]
}

fn flagged_samples(sender: &Sender) -> Vec<Sample> {
    let oversold = |payment| {
        to_owner(&Oversold {
            number: number(),
            payment,
            summary: paid(sender),
        })
    };
    let differs = |is_refunded| {
        to_owner(&PaymentDiffers {
            number: number(),
            difference: "paid in a currency other than the quoted one".to_owned(),
            is_refunded,
            summary: paid(sender),
        })
    };
    vec![
        ("oversold.free", oversold(LatePayment::Free)),
        ("oversold.refunded", oversold(LatePayment::Refunded)),
        ("oversold.kept", oversold(LatePayment::Kept)),
        ("payment_differs", differs(false)),
        ("payment_differs.refunded", differs(true)),
    ]
}

fn failed_refund_samples(sender: &Sender) -> Vec<Sample> {
    vec![
        (
            "refund_failed",
            to_owner(&RefundFailed {
                number: number(),
                amount: "€3.00".to_owned(),
                summary: paid(sender),
            }),
        ),
        (
            "refund_cancelled",
            to_owner(&RefundCancelled {
                number: number(),
                amount: "€3.00".to_owned(),
                summary: paid(sender),
            }),
        ),
        (
            "late_refund_refused",
            to_owner(&LateRefundRefused {
                number: number(),
                total: euros(3_000),
                summary: paid(sender),
            }),
        ),
        (
            "requested_refund_refused",
            to_owner(&RequestedRefundRefused {
                number: number(),
                amount: euros(300),
                summary: paid(sender),
            }),
        ),
    ]
}

fn dispute_samples(sender: &Sender) -> Vec<Sample> {
    let amount = || "€30.00".to_owned();
    let inquiry = |reason: Option<&str>| {
        to_owner(&Inquiry {
            number: number(),
            amount: amount(),
            reason: reason.map(str::to_owned),
            summary: paid(sender),
        })
    };
    let disputed = |reason: Option<&str>, unknown_status: Option<&str>| {
        to_owner(&Disputed {
            number: number(),
            amount: amount(),
            reason: reason.map(str::to_owned),
            unknown_status: unknown_status.map(str::to_owned),
            summary: paid(sender),
        })
    };
    let closed = |status, decided_again| {
        to_owner(&DisputeClosed {
            number: number(),
            amount: amount(),
            status,
            decided_again,
            summary: paid(sender),
        })
    };
    vec![
        ("inquiry", inquiry(Some("product not received"))),
        ("inquiry.without_reason", inquiry(None)),
        ("disputed", disputed(Some("fraudulent"), None)),
        ("disputed.without_reason", disputed(None, None)),
        (
            "disputed.unknown_status",
            disputed(Some("general"), Some("under_new_review")),
        ),
        ("dispute_closed.won", closed(DisputeStatus::Won, false)),
        ("dispute_closed.lost", closed(DisputeStatus::Lost, false)),
        (
            "dispute_closed.inquiry",
            closed(DisputeStatus::WarningClosed, false),
        ),
        (
            "dispute_closed.refunded",
            closed(DisputeStatus::ChargeRefunded, false),
        ),
        (
            "dispute_closed.otherwise",
            closed(DisputeStatus::Prevented, false),
        ),
        (
            "dispute_closed.decided_again",
            closed(DisputeStatus::Lost, true),
        ),
    ]
}

fn shop_samples() -> Vec<Sample> {
    vec![
        (
            "payments_refused",
            to_owner(&PaymentsRefused {
                at: AT.to_owned(),
                detail: "Your account cannot currently make live charges".to_owned(),
            }),
        ),
        (
            "unusable_events",
            to_owner(&UnusableEvents {
                at: AT.to_owned(),
                detail: "a thin event".to_owned(),
                shop_url: SHOP_URL.to_owned(),
            }),
        ),
        (
            "test",
            to_owner(&TestMail {
                shop_url: SHOP_URL.to_owned(),
            }),
        ),
    ]
}

/// The emails to users of the admin.
fn account_samples(sender: &Sender) -> Vec<Sample> {
    let sender = Sender {
        policies: Vec::new(),
        ..sender.clone()
    };
    let link = format!("{SHOP_URL}/admin/link/{}", "0123456789abcdef".repeat(4));
    let account = format!("{SHOP_URL}/admin/account");
    let to_user = |reason, url: &str| {
        let to = Recipient::Shopper {
            address: "ada@shop.example".to_owned(),
            name: None,
        };
        let mail = AccountMail {
            reason,
            url: url.to_owned(),
        };
        Email::new(to, &sender, &mail).unwrap()
    };
    let invitation = AccountReason::Invitation;
    vec![
        (
            "password_reset",
            to_user(AccountReason::PasswordReset, &link),
        ),
        ("invitation.owner", to_user(invitation(Role::Owner), &link)),
        (
            "invitation.manager",
            to_user(invitation(Role::Manager), &link),
        ),
        ("invitation.staff", to_user(invitation(Role::Staff), &link)),
        (
            "password_guessed",
            to_user(AccountReason::PasswordGuessed, &account),
        ),
        (
            "codes_guessed",
            to_user(AccountReason::CodesGuessed, &account),
        ),
    ]
}

/// The HTML without its style, which is the same in all emails.
fn without_style(html: &str) -> String {
    let (before, rest) = html.split_once("<style>").unwrap();
    let (_, after) = rest.split_once("</style>").unwrap();
    format!("{before}<style>…</style>{after}")
}

fn snapshot(email: &Email) -> String {
    let html = without_style(&email.html);
    format!(
        "Subject: {}\n\n──── text\n{}\n\n──── HTML\n{html}",
        email.subject, email.text
    )
}

fn assert_reviewed(name: &str, content: &str) {
    let settings = {
        let mut settings = insta::Settings::clone_current();
        settings.set_prepend_module_to_snapshot(false);
        settings.set_omit_expression(true);
        settings
    };
    settings.bind(|| insta::assert_snapshot!(name, content));
}

#[test]
fn every_email_is_as_reviewed() {
    let samples = samples();
    let style = samples.first().unwrap().1.html.clone();
    let style = style.split_once("<style>").unwrap().1;
    let style = style.split_once("</style>").unwrap().0.to_owned();
    let mut contents = vec![("style", style)];
    contents.extend(samples.iter().map(|(name, email)| (*name, snapshot(email))));
    // All of them, so that one run writes every `.snap.new`.
    let differing: Vec<&str> = contents
        .iter()
        .filter(|(name, content)| catch_unwind(|| assert_reviewed(name, content)).is_err())
        .map(|(name, _)| *name)
        .collect();
    assert!(differing.is_empty(), "not as reviewed: {differing:?}");
}

/// The texts of all emails to shoppers in one file; another test compares them with the HTML.
#[test]
fn every_email_to_shoppers_is_as_reviewed_in_every_language() {
    for language in Language::all().filter(|language| *language != Language::default()) {
        let samples = shopper_samples(&sender_in(language));
        let texts = samples.iter().map(|(name, email)| {
            let subject = &email.subject;
            format!("════ {name}\nSubject: {subject}\n\n{}\n", email.text)
        });
        let texts: Vec<String> = texts.collect();
        assert_reviewed(&format!("to_shoppers.{language}"), &texts.join("\n"));
        for (name, email) in samples {
            let lang = format!("<html lang=\"{language}\"");
            assert!(email.html.contains(&lang), "{name}");
            assert_eq!(email.language, language.code());
        }
    }
}

#[test]
fn every_email_to_users_of_the_admin_is_as_reviewed_in_german() {
    let samples = account_samples(&sender_in("de".parse().unwrap()));
    let texts = samples.iter().map(|(name, email)| {
        let subject = &email.subject;
        format!("════ {name}\nSubject: {subject}\n\n{}\n", email.text)
    });
    let texts: Vec<String> = texts.collect();
    assert_reviewed("to_users.de", &texts.join("\n"));
}

/// The names of the files in a folder that end like this, without that end.
fn file_stems(folder: &str, end: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .filter_map(|name| name.strip_suffix(end).map(str::to_owned))
        .collect()
}

#[test]
fn every_snapshot_is_of_an_email() {
    let mut expected: BTreeSet<String> = samples()
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    expected.insert("style".to_owned());
    let languages = Language::all().filter(|language| *language != Language::default());
    expected.extend(languages.map(|language| format!("to_shoppers.{language}")));
    expected.insert("to_users.de".to_owned());
    assert_eq!(file_stems("src/mail/snapshots", ".snap"), expected);
}

#[test]
fn every_email_to_the_owner_has_its_files_and_every_file_an_email() {
    let samples = samples();
    let to_owner = samples
        .iter()
        .filter(|(_, email)| email.to == Recipient::Owner);
    let templates = to_owner.filter_map(|(name, _)| name.split('.').next());
    let expected: BTreeSet<String> = templates.map(str::to_owned).collect();
    for end in [".subject.txt", ".txt", ".html"] {
        let found: BTreeSet<String> = file_stems("templates/mail/owner", end)
            .into_iter()
            .filter(|stem| !stem.ends_with(".subject"))
            .collect();
        assert_eq!(found, expected, "{end}");
    }
}

#[test]
fn no_email_loads_anything_or_runs_what_a_name_says() {
    for (name, email) in samples() {
        for remote in ["<img", "<script", "<link", "src=\"", "url(", "@import"] {
            assert!(!email.html.contains(remote), "{remote} in {name}");
        }
        assert_eq!(email.html.matches("</style>").count(), 1, "{name}");
    }
}

#[test]
fn a_chosen_accent_is_shown_in_both_schemes() {
    let sender = Sender {
        accent: Some("#ffff00".parse().unwrap()),
        ..sender_in(Language::default())
    };
    let html = to_shopper(&sender, &confirmed(paid(&sender))).html;
    let (light, dark) = (sender.accent().light, sender.accent().dark);
    assert_eq!(dark, "#ffff00");
    assert_ne!(light, "#ffff00");
    assert!(html.contains(&format!("background:{light};color:#ffffff")));
    assert!(html.contains(&format!("background: {dark} !important; color: #0d2018")));
    // Not the theme's.
    assert!(!html.contains("#1f5c46") && !html.contains("#93d5b5"));
}

/// Writes all emails as HTML files into the folder `MAILS`, to look at them in a browser.
#[test]
#[ignore = "writes files for people"]
fn emails_are_written_to_look_at_them() {
    let folder = std::env::var_os("MAILS").unwrap();
    let folder = Path::new(&folder);
    for language in Language::all() {
        for (name, email) in shopper_samples(&sender_in(language)) {
            std::fs::write(folder.join(format!("{name}.{language}.html")), email.html).unwrap();
        }
    }
    for (name, email) in samples() {
        std::fs::write(folder.join(format!("{name}.html")), email.html).unwrap();
    }
}

/// What a mail program shows of the HTML below the heading, with the targets of links to pages.
fn visible_text(html: &str) -> String {
    let document = Html::parse_document(html);
    let body = document
        .select(&Selector::parse("body").unwrap())
        .next()
        .unwrap();
    let mut visible = String::new();
    for node in body.descendants() {
        let Some(text) = node.value().as_text() else {
            continue;
        };
        let parent = node
            .parent()
            .and_then(|parent| parent.value().as_element().cloned());
        let parent = parent.unwrap();
        let is_name_above = parent.has_class("shop", CaseSensitivity::CaseSensitive);
        if parent.name() == "h1" || is_name_above {
            continue;
        }
        visible.push_str(text);
        let target = parent.attr("href").filter(|href| href.starts_with("http"));
        visible.push_str(target.unwrap_or_default());
    }
    visible
}

/// The words alone: text and HTML separate labels, amounts and links in different ways, and isolate
/// right-to-left names in different places.
fn words_of(text: &str) -> String {
    let is_word = |character: &char| {
        !character.is_whitespace() && !":·()\u{2068}\u{2069}".contains(*character)
    };
    text.replace("\n-- \n", "\n")
        .chars()
        .filter(is_word)
        .collect()
}

#[test]
fn text_and_html_say_the_same() {
    let in_languages = Language::all().map(sender_in);
    let in_languages = in_languages.flat_map(|sender| shopper_samples(&sender));
    for (name, email) in samples().into_iter().chain(in_languages) {
        let (text, html) = (words_of(&email.text), words_of(&visible_text(&email.html)));
        assert_eq!(text, html, "{name}");
    }
}
