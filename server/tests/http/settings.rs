//! The shop's own face, and settings in the database: `till settings`, and what pages show of them.

use serde_json::{Value, json};
use shop::audit;
use shop::catalog::import::StockMode;
use shop::mail::{Route, SentTo, TestMailError, send_test};
use shop::owner_settings::OwnerSettings;
use shop::stored_settings::{self, ChangeError, SettingChange};

use crate::test_app::{Page, TestApp, eventually, owner, paid_session};
use crate::till_binary::{CommandOutput, Till, text};

fn settings(app: &TestApp, arguments: &[&str]) -> CommandOutput {
    Till::new().run_with(app, &[&["settings"], arguments].concat())
}

fn set(app: &TestApp, name: &str, value: &str) {
    let done = settings(app, &["set", name, value]);
    assert_eq!(done.code, Some(0), "{done:?}");
}

/// The same with a variable.
fn settings_with(app: &TestApp, variable: (&str, &str), arguments: &[&str]) -> CommandOutput {
    let till = Till::new();
    let mut command = till.command(&[&["settings"], arguments].concat());
    command.envs(app.environment()).env(variable.0, variable.1);
    let output = tokio::task::block_in_place(|| command.output()).unwrap();
    CommandOutput {
        code: output.status.code(),
        stdout: text(&output.stdout),
        stderr: text(&output.stderr),
    }
}

/// Waits until the front page has this.
async fn front_page(app: &TestApp, what: &str, has: impl Fn(&Page) -> bool) -> Page {
    eventually(what, async || {
        Some(app.get("/").await).filter(|page| has(page))
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_running_server_shows_a_setting_that_was_stored() {
    let app = TestApp::without_webhooks().await;
    assert_eq!(app.get("/").await.text("h1"), "Test Shop");
    let other = TestApp::without_webhooks_at(app.database_url()).await;
    set(&app, "SHOP_NAME", "Pens & Paper");
    for server in [&app, &other] {
        let page = front_page(server, "the name", |page| page.text("h1") == "Pens & Paper").await;
        assert!(page.text("title").ends_with("· Pens & Paper"));
    }
    assert_eq!(settings(&app, &["unset", "SHOP_NAME"]).code, Some(0));
    // The name that this server was started with.
    front_page(&app, "no name", |page| page.text("h1") == "Test Shop").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variable_wins_over_the_database_and_locks_the_setting() {
    let app = TestApp::without_webhooks().await;
    set(&app, "SHOP_NAME", "Stored");
    let variable = ("SHOP_NAME", "Variable");
    let source = |answer: &CommandOutput| {
        let shown = &answer.json()[0];
        let of = |name: &str| shown[name].as_str().unwrap().to_owned();
        (of("value"), of("source"))
    };
    let pair = |value: &str, source: &str| (value.to_owned(), source.to_owned());
    let get = ["get", "SHOP_NAME", "--json"];
    assert_eq!(source(&settings(&app, &get)), pair("Stored", "database"));
    let locked = settings_with(&app, variable, &get);
    assert_eq!(source(&locked), pair("Variable", "environment"));
    let refused = settings_with(&app, variable, &["set", "SHOP_NAME", "Other"]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("which wins over the database"),
        "{refused:?}"
    );
    // It was not changed, and nothing was copied.
    assert_eq!(source(&settings(&app, &get)), pair("Stored", "database"));
    assert_eq!(settings(&app, &["unset", "SHOP_NAME"]).code, Some(0));
    assert_eq!(source(&settings(&app, &get)), pair("Till", "default"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_has_every_setting_and_no_secret() {
    let app = TestApp::without_webhooks().await;
    set(&app, "SHOP_OPENING", "Notebooks and ink.");
    let list = settings(&app, &["list"]);
    assert_eq!(list.code, Some(0), "{list:?}");
    let row = |name: &str| {
        let mut lines = list.stdout.lines();
        let line = lines.find(|line| line.starts_with(name)).unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(
        row("SHOP_OPENING"),
        "SHOP_OPENING database Notebooks and ink."
    );
    assert_eq!(row("HOLD_MINUTES"), "HOLD_MINUTES default 35");
    assert_eq!(
        row("STRIPE_SECRET_KEY"),
        "STRIPE_SECRET_KEY environment (hidden)"
    );
    assert!(!list.stdout.contains("sk_test"), "{list:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_stored_is_refused_with_a_sentence() {
    let app = TestApp::without_webhooks().await;
    for (name, value, said) in [
        (
            "SHOP_EMAIL",
            "hello",
            "SHOP_EMAIL must be one email address",
        ),
        (
            "SHOP_TIME_ZONE",
            "Nowhere",
            "SHOP_TIME_ZONE must be a name from the IANA",
        ),
        (
            "SHOP_ACCENT_COLOR",
            "red",
            "SHOP_ACCENT_COLOR must be a colour such as #1f5c46",
        ),
        ("SHOP_NAME", "  ", "use till settings unset SHOP_NAME"),
        (
            "SHOP_NAME",
            "Pens\r\nBcc: x@y.example",
            "SHOP_NAME must be one line of at most 100 characters.",
        ),
        (
            "SHOP_NAME",
            "\u{202e}sneP",
            "SHOP_NAME has a character that cannot be seen or turns the text around (U+202E)",
        ),
        (
            "STRIPE_SECRET_KEY",
            "sk_test_x",
            "STRIPE_SECRET_KEY cannot be in the database",
        ),
        (
            "PUBLIC_URL",
            "https://x.example",
            "PUBLIC_URL cannot be in the database",
        ),
        ("SHOP_NAM", "x", "SHOP_NAM is not a setting"),
        ("shop_id", "0", "shop_id is not a setting"),
    ] {
        let refused = settings(&app, &["set", name, value]);
        assert_eq!(refused.code, Some(2), "{name}");
        // Once, not again as its own cause.
        assert_eq!(refused.stderr.matches(said).count(), 1, "{refused:?}");
    }
    for action in ["get", "unset"] {
        let refused = settings(&app, &[action, "SHOP_NAM"]);
        assert_eq!(refused.code, Some(2), "{action}");
        assert!(
            refused.stderr.contains("SHOP_NAM is not a setting"),
            "{refused:?}"
        );
    }
    assert!(
        shop::stored_settings::load(app.shop.database.reader())
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_stored_value_that_is_not_valid_is_not_used() {
    let app = TestApp::without_webhooks().await;
    app.execute(
        "INSERT INTO setting (name, value, updated_at) VALUES
            ('SHOP_EMAIL', 'nonsense', '2026-11-28T00:00:00Z'),
            ('SHOP_PHONE', '+44 20 1234', '2026-11-28T00:00:00Z')",
    )
    .await;
    let page = front_page(&app, "the number", |page| {
        page.body.contains("tel:+44201234")
    })
    .await;
    assert!(!page.body.contains("nonsense"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_shop_says_its_own_words() {
    let app = TestApp::without_webhooks().await;
    let before = app.get("/").await;
    for selector in [".announcement", ".site-tagline"] {
        assert!(!before.has(selector), "{selector}");
    }
    assert!(!before.body.contains("/theme.css"));
    set(&app, "SHOP_OPENING", "Notebooks <and> ink.");
    set(&app, "SHOP_TAGLINE", "From Leeds");
    set(&app, "SHOP_ANNOUNCEMENT", "Closed on Friday.");
    let page = front_page(&app, "the bar", |page| page.has(".announcement")).await;
    assert_eq!(page.text(".announcement"), "Closed on Friday.");
    assert_eq!(page.text(".site-tagline"), "From Leeds");
    assert_eq!(page.text("main .lead"), "Notebooks <and> ink.");
    // The bar is above every page.
    let other = app.get("/orders/find").await;
    assert_eq!(other.text(".announcement"), "Closed on Friday.");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_colour_that_cannot_be_read_is_adjusted_and_the_owner_learns_the_figure() {
    let app = TestApp::without_webhooks().await;
    let done = settings(&app, &["set", "SHOP_ACCENT_COLOR", "#ffff00"]);
    assert!(
        done.stdout
            .contains("In the light scheme, #ffff00 has a contrast of 1.0"),
        "{done:?}"
    );
    let page = front_page(&app, "the sheet", |page| page.body.contains("/theme.css")).await;
    let sheets = page.body.matches("rel=\"stylesheet\"").count();
    assert_eq!(sheets, 2, "{}", page.body);
    let sheet = app.get("/theme.css?color=ffff00").await;
    assert_eq!(sheet.status, 200);
    assert_eq!(sheet.header("content-type"), "text/css; charset=utf-8");
    let (light, dark) = sheet
        .body
        .split_once("@media (prefers-color-scheme:dark)")
        .unwrap();
    assert!(
        !light.contains("#ffff00") && dark.contains("--accent:#ffff00"),
        "{}",
        sheet.body
    );
    for path in [
        "/theme.css",
        "/theme.css?color=",
        "/theme.css?color=%23ffff0",
        "/theme.css?color=red",
    ] {
        assert_eq!(app.get(path).await.status, 404, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn feeds_and_previews_have_the_stored_name() {
    let app = TestApp::start_with(|config| {
        config.profile.name = "Till".to_owned();
    })
    .await;
    set(&app, "SHOP_NAME", "Stored Name");
    for path in [
        "/feeds/products.xml",
        "/feeds/products.atom",
        "/site.webmanifest",
        "/",
        "/products/pen",
    ] {
        let page = eventually("the stored name", async || {
            let page = app.get(path).await;
            page.body.contains("Stored Name").then_some(page)
        });
        let page = page.await;
        for old in [">Till<", "\"Till\"", "· Till"] {
            assert!(!page.body.contains(old), "{path} has {old}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_is_shown_in_place_of_the_name_on_every_server() {
    let app = TestApp::without_webhooks().await;
    let other = TestApp::without_webhooks_at(app.database_url()).await;
    let till = Till::new();
    let file = till.folder.path().join("logo.png");
    let mut logo = image::RgbaImage::new(800, 200);
    logo.put_pixel(1, 1, image::Rgba([200, 0, 0, 255]));
    logo.save(&file).unwrap();
    let path = file.to_str().unwrap();
    let done = till.run_with(&app, &["pictures", "logo", path]);
    assert_eq!(done.code, Some(0), "{done:?}");
    for server in [&app, &other] {
        let page = front_page(server, "the logo", |page| page.has(".site-logo")).await;
        let of = |name: &str| page.attribute(".site-name .site-logo", name).unwrap();
        assert_eq!((of("width"), of("height")), ("320".into(), "80".into()));
        assert_eq!(of("alt"), "Test Shop");
        assert!(!page.has(".site-name bdi"));
        let picture = server.get(&of("src")).await;
        assert_eq!(picture.status, 200);
        assert!(
            picture.headers["cache-control"]
                .to_str()
                .unwrap()
                .contains("immutable")
        );
    }
    // Pruning keeps it, although no product has it.
    let pruned = till.run_with(&app, &["prune"]);
    assert_eq!(pruned.code, Some(0), "{pruned:?}");
    let page = app.get("/").await;
    let address = page.attribute(".site-logo", "src").unwrap();
    assert_eq!(app.get(&address).await.status, 200);

    // What cannot be read is refused with a sentence, and changes nothing.
    std::fs::write(&file, "no picture").unwrap();
    let refused = till.run_with(&app, &["pictures", "logo", path]);
    assert_eq!(refused.code, Some(2));
    assert!(refused.stderr.contains("logo.png"), "{refused:?}");
    let refused = settings(&app, &["set", "SHOP_LOGO", "logo.png"]);
    assert!(
        refused.stderr.contains("till pictures logo FILE"),
        "{refused:?}"
    );
    assert_eq!(
        app.get("/").await.attribute(".site-logo", "src").unwrap(),
        address
    );

    assert_eq!(settings(&app, &["unset", "SHOP_LOGO"]).code, Some(0));
    front_page(&app, "the name", |page| page.has(".site-name bdi")).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_is_a_stored_picture_of_a_usual_shape() {
    let app = TestApp::without_webhooks().await;
    let unknown = format!("{}-320x80", "9f".repeat(32));
    let refused = settings(&app, &["set", "SHOP_LOGO", &unknown]);
    assert_eq!(refused.code, Some(2));
    assert!(
        refused.stderr.contains("name a picture that is not stored"),
        "{refused:?}"
    );
    let till = Till::new();
    let file = till.folder.path().join("logo.png");
    let path = file.to_str().unwrap();
    for (width, height) in [(1, 3_000), (1_000, 100)] {
        image::RgbaImage::new(width, height).save(&file).unwrap();
        let refused = till.run_with(&app, &["pictures", "logo", path]);
        assert_eq!(refused.code, Some(2));
        let said =
            format!("the picture has {width} × {height} pixels, but a logo may be at most 8");
        assert!(refused.stderr.contains(&said), "{refused:?}");
    }
    assert!(app.get("/").await.has(".site-name bdi"));

    // A name that was printed before is one that can be set.
    image::RgbaImage::new(800, 100).save(&file).unwrap();
    let done = till.run_with(&app, &["pictures", "logo", path]);
    let name = done.stdout.trim().rsplit(' ').next().unwrap();
    set(&app, "SHOP_LOGO", name);
}

#[tokio::test]
async fn a_server_names_a_logo_that_is_not_stored_when_it_starts() {
    let till = Till::new();
    let logo = format!("{}-320x80", "9f".repeat(32));
    let server = till.serve(&[("SHOP_LOGO", &logo)]).await;
    let log = server.log();
    assert!(
        log.contains("SHOP_LOGO names a picture that is not stored"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn texts_of_the_shop_may_be_different_in_each_language() {
    let app = TestApp::start_with(|config| {
        config.profile.languages = std::sync::Arc::new("en,de,fr".parse().unwrap());
    })
    .await;
    set(&app, "SHOP_TAGLINE", "Paper goods");
    set(&app, "SHOP_TAGLINE_DE", "Papierwaren");
    set(&app, "SHOP_OPENING_FR", "Des carnets.");
    front_page(&app, "the words", |page| page.has(".site-tagline")).await;
    for (path, words, lang) in [
        ("/", "Paper goods", None),
        ("/de", "Papierwaren", None),
        ("/fr", "Paper goods", Some("en")),
    ] {
        let page = app.get(path).await;
        assert_eq!(page.text(".site-tagline"), words, "{path}");
        assert_eq!(page.attribute(".site-tagline", "lang").as_deref(), lang);
        assert_eq!(page.body.contains("Des carnets."), path == "/fr");
    }
    let list = settings(&app, &["list"]).stdout;
    let sources = |name: &str| list.lines().filter(|line| line.starts_with(name)).count();
    assert_eq!(sources("SHOP_TAGLINE "), 1);
    assert_eq!(sources("SHOP_TAGLINE_DE "), 1);
    // Only those that are set.
    assert_eq!(sources("SHOP_TAGLINE_FR"), 0);
    let variable = ("SHOP_TAGLINE_DE", "Variable");
    let locked = settings_with(&app, variable, &["set", "SHOP_TAGLINE_DE", "x"]);
    assert!(
        locked.stderr.contains("wins over the database"),
        "{locked:?}"
    );
    let refused = settings(&app, &["set", "SHOP_TAGLINE_XX", "x"]);
    assert!(refused.stderr.contains("is not a setting"), "{refused:?}");
}

/// The options that a checkout has stored.
fn options_of(checkout: &shop::entity::checkout::Model) -> Value {
    serde_json::from_str(&checkout.options).unwrap()
}

/// Waits until the shop that is served has these settings.
async fn applied(app: &TestApp, is_applied: impl Fn(&OwnerSettings) -> bool) {
    eventually("the setting", async || {
        app.get("/").await;
        is_applied(&app.shop.owner_settings()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_of_payments_are_those_of_the_next_checkout_and_not_of_an_open_one() {
    let app = TestApp::without_webhooks().await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/").await.choose(pen, "2");
    let before = app.pay(&form).await;
    assert_eq!(options_of(&before), json!({}));
    for (name, value) in [
        ("SHIPPING_COUNTRIES", "DE,AT"),
        ("SHIPPING_RATES", "Standard:490"),
        ("PHONE", "yes"),
    ] {
        set(&app, name, value);
    }
    applied(&app, |settings| {
        let options = &settings.checkout.options;
        options.phone && options.rates().len() == 1
    })
    .await;
    // The same form again leads to the same session, with what it was created with.
    let again = app.pay(&form).await;
    assert_eq!((&again.id, &again.options), (&before.id, &before.options));
    assert_eq!(
        app.session(&again).await["phone_number_collection"]["enabled"],
        false
    );
    let after = app.begin(&[("PEN", 2)]).await;
    let rates = json!([{ "name": "Standard", "amount": 490 }]);
    assert_eq!(options_of(&after)["shipping"]["rates"], rates);
    let session = app.session(&after).await;
    assert_eq!(session["phone_number_collection"]["enabled"], true);
    assert_eq!(session["shipping_options"][0]["shipping_amount"], 490);
    // And its order is what was promised, whatever is set meanwhile.
    set(&app, "SHIPPING_RATES", "Standard:990");
    applied(&app, |settings| {
        settings.checkout.options.rates()[0].amount.0 == 990
    })
    .await;
    assert_eq!(app.reload(&after).await.options, after.options);
    assert_eq!(app.reload(&before).await.options, "{}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shipping_costs_what_the_weight_says_and_is_free_from_an_amount() {
    let app = TestApp::without_webhooks().await;
    app.execute("UPDATE variant SET weight_grams = 300, stock = 40 WHERE sku = 'MUG'")
        .await;
    set(&app, "SHIPPING_COUNTRIES", "DE");
    set(
        &app,
        "SHIPPING_RATES",
        "Letter:190 up to 200 g,Parcel:490 up to 700 g free from 3000,Parcel:790 free from 3000",
    );
    applied(&app, |settings| {
        settings.checkout.options.rates().len() == 3
    })
    .await;
    let offered = async |chosen: &[(&str, u32)]| {
        let checkout = app.begin(chosen).await;
        let session = app.session(&checkout).await;
        let offered = session["shipping_options"].as_array().unwrap().clone();
        let amounts: Vec<_> = offered
            .iter()
            .map(|option| option["shipping_amount"].as_i64().unwrap())
            .collect();
        let rates = options_of(&checkout)["shipping"]["rates"].clone();
        let stored: Vec<_> = rates
            .as_array()
            .unwrap()
            .iter()
            .map(|rate| rate["amount"].as_i64().unwrap())
            .collect();
        // The checkout has no conditions left that could be decided anew.
        assert!(!rates.to_string().contains("up_to_grams"), "{rates}");
        assert!(!rates.to_string().contains("free_from"), "{rates}");
        assert_eq!(stored, amounts);
        amounts
    };
    assert_eq!(offered(&[("PEN", 1)]).await, [190, 490]);
    assert_eq!(offered(&[("MUG", 1)]).await, [490]);
    assert_eq!(offered(&[("MUG", 2)]).await, [490]);
    assert_eq!(offered(&[("MUG", 2), ("POSTER", 1)]).await, [0]);
    app.execute("UPDATE variant SET weight_grams = 800 WHERE sku = 'PEN'")
        .await;
    assert_eq!(offered(&[("PEN", 1)]).await, [790]);
    assert_eq!(offered(&[("PEN", 5), ("POSTER", 1)]).await, [0]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_that_do_not_go_together_are_refused() {
    let app = TestApp::without_webhooks().await;
    let refused = |name: &str, value: &str| {
        let refused = settings(&app, &["set", name, value]);
        assert_eq!(refused.code, Some(2), "{refused:?}");
        refused.stderr
    };
    let said = refused("SHIPPING_RATES", "Standard:490");
    assert!(said.contains("SHIPPING_COUNTRIES is not"), "{said}");
    set(&app, "SHIPPING_COUNTRIES", "DE");
    set(&app, "SHIPPING_RATES", "Standard:490");
    let said = refused("SHIPPING_COUNTRIES", "none");
    assert!(said.contains("SHIPPING_COUNTRIES is none"), "{said}");
    let kuwaiti = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
                   category,position,active\n\
                   OUD,oud,Oud,,5000,KWD,,1,,Music,1,true\n";
    app.import(kuwaiti, StockMode::OnlyNew).await;
    let said = refused("SHIPPING_RATES", "Standard:495");
    assert!(said.contains("495 is not an amount in kwd"), "{said}");
    // Nothing was changed, and nothing refused is in the log.
    let stored = shop::stored_settings::load(app.shop.database.reader())
        .await
        .unwrap();
    assert_eq!(stored["SHIPPING_RATES"], "Standard:490");
    assert_eq!(stored.len(), 2);
    let log = Till::new()
        .run_with(&app, &["audit", "list", "--kind", "setting", "--json"])
        .json();
    assert_eq!(log.as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn several_settings_change_together_or_not_at_all() {
    let app = TestApp::without_webhooks().await;
    let (database, base) = (&app.shop.database, app.shop.live.base());
    let change = |name: &str, value: Option<&str>| SettingChange {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        shown: None,
    };
    let refused = stored_settings::change(
        database,
        base,
        &owner(),
        &[
            change("SHOP_TAGLINE", Some("From Leeds")),
            change("SHOP_ACCENT_COLOR", Some("red")),
            change("SHOP_EMAIL", Some("nonsense")),
        ],
    )
    .await
    .unwrap_err();
    let ChangeError::Refused(refused) = refused else {
        panic!("{refused}")
    };
    let names: Vec<_> = refused.iter().map(|one| one.name.as_str()).collect();
    assert_eq!(names, ["SHOP_ACCENT_COLOR", "SHOP_EMAIL"]);
    assert!(
        stored_settings::load(database.reader())
            .await
            .unwrap()
            .is_empty()
    );
    // Countries and rates need each other.
    let both = [
        change("SHIPPING_RATES", Some("Standard:490")),
        change("SHIPPING_COUNTRIES", Some("DE")),
        change("SHOP_NAME", None),
    ];
    let changed = stored_settings::change(database, base, &owner(), &both)
        .await
        .unwrap();
    assert_eq!(changed.names, ["SHIPPING_COUNTRIES", "SHIPPING_RATES"]);
    let again = stored_settings::change(database, base, &owner(), &both)
        .await
        .unwrap();
    assert!(again.names.is_empty());
    let of_settings = audit::Filter {
        kind: Some(audit::SubjectKind::Setting),
        ..audit::Filter::default()
    };
    let log = audit::list(database, &of_settings, None, 10).await.unwrap();
    assert_eq!(log.rows.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_senders_address_may_be_in_the_database() {
    let data = tempfile::tempdir().unwrap();
    let path = data.path().to_owned();
    let app = TestApp::without_webhooks_with(|config| {
        config.mail.route = Route::Folder(path);
        config.mail.from = None;
        config.mail.owner = None;
    })
    .await;
    set(&app, "MAIL_FROM", "Ink <ink@shop.example>");
    applied(&app, |settings| settings.mail.from.is_some()).await;
    let shop = &app.shop;
    let recipient = "you@mail.example";
    let url = &shop.settings.public_url;
    let sent = send_test(&shop.mailer, &shop.owner_settings(), url, false, recipient).await;
    let Ok(SentTo::File(file)) = sent else {
        panic!("{sent:?}")
    };
    let mail = std::fs::read_to_string(file).unwrap();
    assert!(mail.contains("From: Ink <ink@shop.example>"), "{mail}");
    let sent = send_test(&shop.mailer, &shop.owner_settings(), url, false, "nobody").await;
    assert!(matches!(sent, Err(TestMailError::Address(_))), "{sent:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_prefix_is_that_of_the_next_order() {
    let app = TestApp::without_webhooks().await;
    set(&app, "ORDER_PREFIX", "TEA");
    let checkout = app.begin(&[("PEN", 2)]).await;
    eventually("the prefix", async || {
        app.shop.live.read(&app.shop.database).await.unwrap();
        let numbers = &app.shop.owner_settings().orders.numbers;
        (*numbers != shop::orders::OrderNumbers::default()).then_some(())
    })
    .await;
    let paid = paid_session(&checkout);
    app.deliver_session("checkout.session.completed", &paid)
        .await;
    let number = app.the_order().await.number;
    assert!(number.starts_with("TEA-"), "{number}");
}
