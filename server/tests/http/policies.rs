//! The shop's policies, the notice on the legal guarantee, and what must be said before an order.

use std::path::Path;
use std::sync::{Arc, OnceLock};

use shop::law::EuRules;
use shop::mail::Route;
use shop::policy::{Policy, PolicySlug, save};

use crate::mails::mail;
use crate::test_app::{Page, TestApp, eventually, paid_session};
use crate::till_binary::{CommandOutput, Till};

fn policy(slug: PolicySlug, language: &str, text: &str) -> Policy {
    Policy::parse(slug, language.parse().unwrap(), text).unwrap()
}

fn pages(app: &TestApp, arguments: &[&str]) -> CommandOutput {
    Till::new().run_with(app, &[&["pages"], arguments].concat())
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(file, text).unwrap();
}

/// Waits until the footer of a page has this text.
async fn footer(app: &TestApp, path: &str, text: &str) -> Page {
    eventually(text, async || {
        let page = app.get(path).await;
        page.text("footer").contains(text).then_some(page)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn policies_are_imported_and_linked_in_every_footer() {
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    assert_eq!(app.get("/pages/terms").await.status, 404);
    let folder = tempfile::tempdir().unwrap();
    write(
        folder.path(),
        "en/terms.md",
        "# Terms of sale\n\nPay **first**.\n\n<b>x</b>",
    );
    write(folder.path(), "en/imprint.md", "# Imprint\n\nAda\\\nLeeds");
    write(
        folder.path(),
        "de/terms.md",
        "# Geschäftsbedingungen\n\nErst zahlen.",
    );
    let dir = folder.path().to_str().unwrap();
    let done = pages(&app, &["import", dir]);
    assert_eq!(
        (done.code, done.stdout.trim()),
        (Some(0), "3 pages imported"),
        "{done:?}"
    );

    let page = footer(&app, "/orders/find", "Terms of sale").await;
    assert_eq!(
        page.texts("footer nav a[href^='/pages/']"),
        ["Imprint", "Terms of sale"]
    );
    let terms = app.get("/pages/terms").await;
    assert_eq!(
        (terms.status, terms.text("h1")),
        (200, "Terms of sale".to_owned())
    );
    assert_eq!(terms.text("article strong"), "first");
    assert!(
        terms.body.contains("&lt;b&gt;x&lt;/b&gt;"),
        "{}",
        terms.body
    );

    // A page that is not translated is in the default language, and says so.
    let german = footer(&app, "/de", "Geschäftsbedingungen").await;
    let links = "footer nav a[href^='/de/pages/']";
    assert_eq!(german.texts(links), ["Imprint", "Geschäftsbedingungen"]);
    assert_eq!(german.attribute(links, "lang").as_deref(), Some("en"));
    let imprint = app.get("/de/pages/imprint").await;
    assert_eq!(imprint.attribute("html", "lang").as_deref(), Some("de"));
    assert_eq!(imprint.attribute("article", "lang").as_deref(), Some("en"));

    assert_eq!(app.get("/pages/privacy").await.status, 404);
    assert_eq!(app.get("/pages/other").await.status, 404);
    let list = pages(&app, &["list"]);
    assert!(list.stdout.contains("(missing)"), "{list:?}");
    let shown = pages(&app, &["show", "terms", "--language", "de"]);
    assert_eq!(shown.stdout, "# Geschäftsbedingungen\n\nErst zahlen.\n");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_folder_with_a_mistake_changes_nothing() {
    let app = TestApp::without_webhooks().await;
    for (name, text, said) in [
        ("en/term.md", "# Terms\n\nx", "no policy has this name"),
        ("en/terms.txt", "# Terms\n\nx", "no policy has this name"),
        ("xx/terms.md", "# Terms\n\nx", "not the code of a language"),
        (
            "en/terms.md",
            "Terms\n\nx",
            "the first line must be the title",
        ),
    ] {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), "en/imprint.md", "# Imprint\n\nAda");
        write(folder.path(), name, text);
        let refused = pages(&app, &["import", folder.path().to_str().unwrap()]);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains(said), "{refused:?}");
    }
    assert!(shop::policy::is_empty(&app.shop.database).await.unwrap());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_is_written_in_the_owners_editor() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let script = till.folder.path().join("editor");
    std::fs::write(&script, "printf '# Terms\\n\\nPay first.\\n' > \"$1\"\n").unwrap();
    let mut command = till.command(&["pages", "edit", "terms"]);
    command
        .envs(app.environment())
        .env("PATH", "/usr/bin:/bin")
        .env("TMPDIR", till.folder.path())
        .env("EDITOR", format!("sh {}", script.display()));
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    assert!(output.status.success(), "{output:?}");
    let shown = pages(&app, &["show", "terms"]);
    assert_eq!(shown.stdout, "# Terms\n\nPay first.\n");
}

#[tokio::test]
async fn the_email_that_confirms_a_payment_has_terms_and_withdrawal() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
    })
    .await;
    let all = [
        policy(
            PolicySlug::Terms,
            "en",
            "# Terms of sale\n\nPay **first**, see [help](/help).",
        ),
        policy(
            PolicySlug::Withdrawal,
            "en",
            "# Right of withdrawal\n\n- Ordered on (\\*)",
        ),
        policy(PolicySlug::Imprint, "en", "# Imprint\n\nNot in the email."),
    ];
    save(&app.shop.database, &crate::test_app::owner(), &all)
        .await
        .unwrap();
    let checkout = app.begin(&[("PEN", 1)]).await;
    let session = paid_session(&checkout);
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let mail = mail(&folder, "Your order").await;
    let help = format!("Pay first, see help ({}/help).", app.origin);
    for part in [
        "Terms of sale",
        &help,
        "Right of withdrawal",
        "- Ordered on (*)",
    ] {
        assert!(mail.text.contains(part), "{part} in {}", mail.text);
    }
    for part in [
        "<h2>Terms of sale</h2>",
        "<strong>first</strong>",
        "Ordered on (*)</li>",
    ] {
        assert!(mail.html.contains(part), "{part} in {}", mail.html);
    }
    assert!(!mail.text.contains("Not in the email"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_in_the_union_names_what_is_missing_when_it_starts() {
    let till = Till::new();
    let variables = [("SHOP_COUNTRY", "DE"), ("SHOP_LANGUAGES", "en,fr")];
    // The demo has policies in English and German.
    let serving = till.serve(&variables).await;
    let log = serving.log();
    for missing in [
        "imprint (fr)",
        "accessibility (fr)",
        "the notice on the legal guarantee (en)",
        "the notice on the legal guarantee (fr)",
    ] {
        assert!(log.contains(missing), "{missing} in {log}");
    }
    assert!(!log.contains("imprint (en)"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_doctor_names_what_is_missing() {
    let app = TestApp::start().await;
    let till = Till::new();
    let examine = |variable: (&str, &str)| {
        let mut command = till.command(&["doctor", "--json"]);
        command
            .envs(app.environment())
            .env("PUBLIC_URL", &app.origin)
            .env(variable.0, variable.1);
        let output = tokio::task::block_in_place(|| command.output()).unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let said = examine(("SHOP_COUNTRY", "FR"));
    assert!(said.contains("missing: imprint (en), terms (en)"), "{said}");
    let said = examine(("SHOP_COUNTRY", "US"));
    assert!(!said.contains("policies"), "{said}");
}

const NOTICE: &str = "<svg xmlns=\"http://www.w3.org/2000/svg\"><style>a{}</style></svg>\n";

#[tokio::test]
async fn the_notice_on_the_legal_guarantee_is_shown_unaltered_where_the_rules_apply() {
    let data = OnceLock::new();
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.law.eu_rules = EuRules::On;
        config.profile.languages = Arc::new("en,de".parse().unwrap());
        data.set(config.storage.data_dir.clone()).unwrap();
    })
    .await;
    let notices = data.get().unwrap().join("notices");
    assert_eq!(app.get("/pages/guarantee").await.status, 404);
    write(&notices, "guarantee-de.svg", NOTICE);
    write(&notices, "other.svg", NOTICE);
    let german = footer(
        &app,
        "/de/products/pen",
        "Gesetzliches Gewährleistungsrecht",
    )
    .await;
    let link = german.attribute("footer a[href$='guarantee']", "href");
    assert_eq!(link.as_deref(), Some("/de/pages/guarantee"));
    let page = app.get("/de/pages/guarantee").await;
    let picture = page.attribute("main img", "src");
    assert_eq!(picture.as_deref(), Some("/notices/guarantee-de.svg"));
    let file = app.get("/notices/guarantee-de.svg").await;
    assert_eq!((file.status, file.body.as_str()), (200, NOTICE));
    assert_eq!(file.header("content-type"), "image/svg+xml");
    assert!(file.header("content-security-policy").contains("sandbox"));
    // English has none: not another language's.
    assert_eq!(app.get("/pages/guarantee").await.status, 404);
    for name in [
        "other.svg",
        "guarantee-en.svg",
        "..%2Ftill.db",
        "guarantee-de.png",
    ] {
        let path = format!("/notices/{name}");
        assert_eq!(app.get(&path).await.status, 404, "{name}");
    }
}

#[tokio::test]
async fn payment_methods_and_countries_are_said_before_an_order_in_the_union() {
    let shop = async |rules: EuRules| {
        TestApp::without_webhooks_with(move |config| {
            config.profile.law.eu_rules = rules;
            let options = &mut config.checkout.options;
            let methods = ["card", "sepa_debit", "klarna"].map(|method| method.parse().unwrap());
            options.payment_methods = methods.to_vec();
            options.shipping = Some(shop::checkout::options::Shipping {
                countries: ["DE", "AT"].map(|code| code.parse().unwrap()).to_vec(),
                rates: Vec::new(),
            });
        })
        .await
    };
    let footer = shop(EuRules::On).await.get("/").await.text("footer");
    for sentence in [
        "You can pay with: card, SEPA Direct Debit, Klarna.",
        "We deliver to: Germany, Austria.",
    ] {
        assert!(footer.contains(sentence), "{footer}");
    }
    let footer = shop(EuRules::Auto).await.get("/").await.text("footer");
    assert!(!footer.contains("Austria"), "{footer}");
}
