//! The admin's pages of settings, policies, promotion codes and the test email.

use shop::audit::{self, Filter};
use shop::mail::Route;
use shop::policy::{self, Policy, PolicySlug};
use shop::stored_settings;
use till_core::admin::Role;

use crate::admin_sign_in::{Browser, PASSWORD, user};
use crate::test_app::{Page, TestApp, owner};

/// A browser of a user with this role.
async fn browser(app: &TestApp, role: Role) -> Browser<'_> {
    let mail = format!("{role}@shop.example");
    user(app, &mail, role).await;
    let mut browser = Browser::new(app);
    let page = browser.sign_in(&mail, PASSWORD).await;
    assert_eq!(page.status, 303, "{}", page.body);
    browser
}

async fn stored(app: &TestApp, name: &str) -> Option<String> {
    let stored = stored_settings::load(app.shop.database.reader()).await;
    stored.unwrap().get(name).cloned()
}

async fn log(app: &TestApp) -> Vec<String> {
    let page = audit::list(&app.shop.database, &Filter::default(), None, 100).await;
    let rows = page.unwrap().rows.into_iter();
    let rows = rows.filter(|row| row.kind == audit::SubjectKind::Setting);
    rows.map(|row| format!("{} {} {}", row.actor, row.action, row.subject))
        .collect()
}

/// The value of a setting's field.
fn field(page: &Page, setting: &str) -> Option<String> {
    page.attribute(&format!("input[name='setting[{setting}]']"), "value")
}

#[tokio::test]
async fn an_owner_changes_settings_and_the_shop_shows_them_at_once() {
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner).await;
    let groups = owner.get("/admin/settings").await;
    assert_eq!(groups.status, 200, "{}", groups.body);
    assert!(groups.has("a[href='/admin/settings/face']"));
    let face = owner.get("/admin/settings/face").await;
    assert_eq!(field(&face, "SHOP_NAME").as_deref(), Some(""));
    assert!(face.body.contains("Default: "), "{}", face.body);
    let from = "/admin/settings/face";
    let fields = [
        ("group", "face"),
        ("setting[SHOP_NAME]", "Pens & <Paper>"),
        ("setting[SHOP_TAGLINE]", "From Leeds"),
        ("setting[SHOP_ACCENT_COLOR]", "#ff0000"),
        ("setting[SHOP_OPENING]", " "),
    ];
    let saved = owner.post("save-settings", from, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(saved.header("location"), "/admin/settings/face?done=saved");
    let page = owner.get(saved.header("location")).await;
    assert_eq!(field(&page, "SHOP_NAME").as_deref(), Some("Pens & <Paper>"));
    assert_eq!(page.text("[role=status]"), "Saved.");
    // The preview has the colours that everybody can read.
    assert_eq!(page.texts(".swatches li").len(), 2);
    assert_eq!(app.get("/").await.text("h1"), "Pens & <Paper>");
    assert_eq!(stored(&app, "SHOP_OPENING").await, None);
    let mut changes = log(&app).await;
    changes.sort();
    let by = "owner@shop.example set_setting";
    let names = ["SHOP_ACCENT_COLOR", "SHOP_NAME", "SHOP_TAGLINE"];
    assert_eq!(changes, names.map(|name| format!("{by} {name}")));
    // An empty field is the default again.
    let fields = [("group", "face"), ("setting[SHOP_NAME]", "")];
    let saved = owner.post("save-settings", from, &fields).await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(app.get("/").await.text("h1"), "Test Shop");
}

#[tokio::test]
async fn what_is_wrong_is_said_at_its_field_and_nothing_is_stored() {
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner).await;
    let fields = [
        ("group", "face"),
        ("setting[SHOP_NAME]", "</textarea><script>"),
        ("setting[SHOP_ACCENT_COLOR]", "red"),
    ];
    let page = owner
        .post("save-settings", "/admin/settings/face", &fields)
        .await;
    assert_eq!(page.status, 422, "{}", page.body);
    let wrong = "[id='setting[SHOP_ACCENT_COLOR]-problem']";
    assert!(
        page.text(wrong).contains("a colour such as #1f5c46"),
        "{}",
        page.body
    );
    // What was typed stays.
    assert_eq!(
        field(&page, "SHOP_NAME").as_deref(),
        Some("</textarea><script>")
    );
    assert!(!page.body.contains("<script>\""), "{}", page.body);
    assert_eq!(stored(&app, "SHOP_NAME").await, None);
    assert!(log(&app).await.is_empty());
    // Shipping rates without countries.
    let rates = [
        ("group", "shipping"),
        ("setting[SHIPPING_COUNTRIES]", ""),
        ("rates[0][name]", "Standard"),
        ("rates[0][price]", "4.90"),
        ("currency", "eur"),
    ];
    let page = owner
        .post("save-settings", "/admin/settings/shipping", &rates)
        .await;
    assert_eq!(page.status, 422, "{}", page.body);
    let wrong = page.text("[id='setting[SHIPPING_COUNTRIES]-problem']");
    assert!(wrong.contains("where you ship to"), "{wrong}");
}

#[tokio::test]
async fn what_decides_about_payments_is_for_owners_and_nothing_is_for_staff() {
    let app = TestApp::without_webhooks().await;
    let mut manager = browser(&app, Role::Manager).await;
    let page = manager.get("/admin/settings/shipping").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(
        page.body.contains("Only an owner may change"),
        "{}",
        page.body
    );
    assert!(!page.has("[name^='rates[']"));
    let rates = [("group", "shipping"), ("setting[SHIPPING_COUNTRIES]", "DE")];
    let refused = manager
        .post("save-settings", "/admin/settings/shipping", &rates)
        .await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    // Not as a field of a group that a manager may change, either.
    let hidden = [("group", "face"), ("setting[SHIPPING_COUNTRIES]", "DE")];
    let refused = manager
        .post("save-settings", "/admin/settings/face", &hidden)
        .await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(stored(&app, "SHIPPING_COUNTRIES").await, None);
    let name = [("group", "face"), ("setting[SHOP_NAME]", "Pens")];
    let saved = manager
        .post("save-settings", "/admin/settings/face", &name)
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);

    let mut staff = browser(&app, Role::Staff).await;
    for path in [
        "/admin/settings",
        "/admin/settings/face",
        "/admin/settings/policies",
    ] {
        assert_eq!(staff.get(path).await.status, 403, "{path}");
    }
    let name = [("group", "face"), ("setting[SHOP_NAME]", "Ink")];
    let refused = staff
        .post("save-settings", "/admin/settings/face", &name)
        .await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert_eq!(stored(&app, "SHOP_NAME").await.as_deref(), Some("Pens"));
}

#[tokio::test]
async fn secrets_and_settings_of_the_server_are_locked_and_never_shown() {
    let app = TestApp::without_webhooks_with(|config| {
        let variables = |name: &str| match name {
            "STRIPE_SECRET_KEY" => Some("sk_test_hidden".to_owned()),
            "STRIPE_WEBHOOK_SECRET" => Some("whsec_hidden".to_owned()),
            "SHOP_NAME" => Some("Locked".to_owned()),
            _ => None,
        };
        *config = server::config::Config {
            all: server::config::Config::read(&variables).unwrap().all,
            variables: server::config::Config::read(&variables).unwrap().variables,
            ..config.clone()
        };
    })
    .await;
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin/settings/stripe").await;
    assert_eq!(page.status, 200, "{}", page.body);
    assert!(page.body.contains("(set, and not shown)"), "{}", page.body);
    assert!(!page.body.contains("hidden<"), "{}", page.body);
    assert!(!page.body.contains("sk_test_hidden"), "{}", page.body);
    assert!(!page.has("[name^='setting[']"));
    let page = owner.get("/admin/settings/face").await;
    assert!(!page.has("[name='setting[SHOP_NAME]']"), "{}", page.body);
    assert!(
        page.body.contains("This is set on the server"),
        "{}",
        page.body
    );
    let fields = [("group", "face"), ("setting[SHOP_NAME]", "Other")];
    let refused = owner
        .post("save-settings", "/admin/settings/face", &fields)
        .await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(stored(&app, "SHOP_NAME").await, None);
    let fixed = [
        ("group", "server"),
        ("setting[PUBLIC_URL]", "https://x.example"),
    ];
    let refused = owner
        .post("save-settings", "/admin/settings/server", &fixed)
        .await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert_eq!(owner.get("/admin/settings/nothing").await.status, 404);
}

#[tokio::test]
async fn a_policy_is_previewed_saved_and_not_overwritten() {
    let app = TestApp::without_webhooks().await;
    let mut browser = browser(&app, Role::Owner).await;
    let path = "/admin/settings/policies/terms/en";
    let page = browser.get("/admin/settings/policies").await;
    assert!(page.has(&format!("a[href='{path}']")), "{}", page.body);
    let page = browser.get(path).await;
    let seen = page.attribute("input[name=seen]", "value").unwrap();
    assert_eq!(seen, "");
    let text = "# Terms\r\n\r\nBuy <script>alert(1)</script> **now**.\r\n</textarea>";
    let fields = |text, seen, step| {
        [
            ("policy", "terms"),
            ("language", "en"),
            ("text", text),
            ("seen", seen),
            ("step", step),
        ]
    };
    let preview = browser
        .post("save-policy", path, &fields(text, "", "preview"))
        .await;
    assert_eq!(preview.status, 200, "{}", preview.body);
    assert_eq!(preview.text(".policy-preview strong"), "now");
    assert_eq!(preview.text(".policy-preview h2"), "Terms");
    assert!(!preview.body.contains("<script>alert"), "{}", preview.body);
    let read = async || {
        policy::find(
            &app.shop.database,
            PolicySlug::Terms,
            &["en".parse().unwrap()],
        )
        .await
        .unwrap()
    };
    assert_eq!(read().await, None);
    let wrong = browser
        .post("save-policy", path, &fields("Terms", "", "save"))
        .await;
    assert_eq!(wrong.status, 422, "{}", wrong.body);
    assert!(wrong.body.contains("The first line must be the title"));
    let saved = browser
        .post("save-policy", path, &fields(text, "", "save"))
        .await;
    assert_eq!(saved.status, 303, "{}", saved.body);
    assert_eq!(read().await.unwrap().title, "Terms");
    let shown = app.get("/pages/terms").await;
    assert!(shown.body.contains("&lt;script&gt;"), "{}", shown.body);

    // Somebody else changes it meanwhile.
    let page = browser.get(path).await;
    let seen = page.attribute("input[name=seen]", "value").unwrap();
    let theirs = Policy::parse(
        PolicySlug::Terms,
        "en".parse().unwrap(),
        "# Terms\n\nTheirs.",
    );
    let theirs = theirs.unwrap();
    policy::save(&app.shop.database, &owner(), std::slice::from_ref(&theirs))
        .await
        .unwrap();
    let mine = "# Terms\n\nMine.";
    let refused = browser
        .post("save-policy", path, &fields(mine, &seen, "save"))
        .await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.text(".policy-text").contains("Theirs."),
        "{}",
        refused.body
    );
    assert!(
        refused.text("textarea").contains("Mine."),
        "{}",
        refused.body
    );
    assert_eq!(read().await, Some(theirs));
}

#[tokio::test]
async fn a_test_email_is_sent_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_owned();
    let app =
        TestApp::without_webhooks_with(|config| config.mail.route = Route::Folder(path)).await;
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin/settings/mail").await;
    let to = page.attribute("input[name=address]", "value");
    assert_eq!(to.as_deref(), Some("owner@shop.example"));
    let fields = [("address", "you@mail.example")];
    let sent = owner
        .post("send-test-mail", "/admin/settings/mail", &fields)
        .await;
    assert_eq!(
        sent.header("location"),
        "/admin/settings/mail?done=test-mail-written"
    );
    let files: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(files.len(), 1);
    let fields = [("address", "nobody")];
    let refused = owner
        .post("send-test-mail", "/admin/settings/mail", &fields)
        .await;
    assert_eq!(refused.status, 422, "{}", refused.body);
    assert!(
        refused.body.contains("Nothing was sent"),
        "{}",
        refused.body
    );
}

#[tokio::test]
async fn promotion_codes_are_those_of_stripe() {
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner).await;
    let page = owner.get("/admin/settings/promotions").await;
    assert!(
        page.body.contains("There are no promotion codes yet"),
        "{}",
        page.body
    );
    let coupon = [
        ("percent_off", "12.5"),
        ("name", "Autumn"),
        ("duration", "once"),
    ];
    let coupon = app.stripe_post("/v1/coupons", &coupon).await;
    let code = [
        ("promotion[type]", "coupon"),
        ("promotion[coupon]", coupon["id"].as_str().unwrap()),
        ("code", "AUTUMN"),
        ("max_redemptions", "3"),
    ];
    app.stripe_post("/v1/promotion_codes", &code).await;
    let page = owner.get("/admin/settings/promotions").await;
    assert_eq!(page.text("tbody code"), "AUTUMN");
    let row = page.text("tbody tr");
    for part in ["Autumn", "12.5", "0 / 3", "active"] {
        assert!(row.contains(part), "{part}: {row}");
    }
    // Stripe is away: the page says so.
    app.set_faults(serde_json::json!({ "api_error": 1.0 }))
        .await;
    let page = owner.get("/admin/settings/promotions").await;
    assert_eq!(page.status, 200);
    assert!(page.alert().contains("did not list"), "{}", page.body);
}

/// Two people change different settings of one group, and then the same one.
#[tokio::test]
async fn who_saves_settings_undoes_nothing_that_others_changed() {
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner).await;
    let from = "/admin/settings/face";
    let name = |shown: &'static str, typed: &'static str| {
        [("shown[SHOP_NAME]", shown), ("setting[SHOP_NAME]", typed)]
    };
    let tagline = |shown: &'static str, typed: &'static str| {
        [
            ("shown[SHOP_TAGLINE]", shown),
            ("setting[SHOP_TAGLINE]", typed),
        ]
    };
    let page = owner.get(from).await;
    assert_eq!(
        page.attribute("input[name='shown[SHOP_NAME]']", "value")
            .as_deref(),
        Some("")
    );
    let group = [("group", "face")];
    let theirs = [&group[..], &name("", "Pens"), &tagline("", "")].concat();
    assert_eq!(owner.post("save-settings", from, &theirs).await.status, 303);
    // The name is as it was shown to this one, so it is not touched.
    let ours = [&group[..], &name("", ""), &tagline("", "From Leeds")].concat();
    assert_eq!(owner.post("save-settings", from, &ours).await.status, 303);
    assert_eq!(stored(&app, "SHOP_NAME").await.as_deref(), Some("Pens"));
    assert_eq!(
        stored(&app, "SHOP_TAGLINE").await.as_deref(),
        Some("From Leeds")
    );
    let late = [&group[..], &name("", "Paper"), &tagline("", "Late")].concat();
    let refused = owner.post("save-settings", from, &late).await;
    assert_eq!(refused.status, 422);
    assert!(refused.body.contains("Somebody else has changed this"));
    assert_eq!(stored(&app, "SHOP_NAME").await.as_deref(), Some("Pens"));
    // What is stored now goes with the form that is shown again: whoever saves it has seen it.
    let now = refused.attribute("input[name='shown[SHOP_NAME]']", "value");
    assert_eq!(now.as_deref(), Some("Pens"));
    assert_eq!(field(&refused, "SHOP_NAME").as_deref(), Some("Paper"));
}
