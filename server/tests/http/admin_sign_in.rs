//! Signing in to the admin, the user's own account, links, and the list of users: over HTTP, as a
//! browser without scripts does it.

use std::collections::BTreeMap;

use secrecy::SecretString;
use server::config::Config;
use shop::admin::{CreateOutcome, Entrance, NewUser, create, find_user, make_link, signed_in};
use shop::audit::Actor;
use shop::mail::Route;
use shop::mail::smtp::SmtpSettings;
use tempfile::TempDir;
use till_core::admin::Role;
use till_core::limits::Limits;
use totp_rs::{Builder, Secret};

use crate::fake_smtp::{FakeSmtp, Smtp};
use crate::mails::mail;
use crate::test_app::{Page, TestApp};

const ADA: &str = "ada@shop.example";
pub const PASSWORD: &str = "correct horse battery";
const OTHER_PASSWORD: &str = "another horse battery";

/// A browser with its cookies.
pub struct Browser<'a> {
    app: &'a TestApp,
    /// What it sends as the address before a proxy.
    address: &'a str,
    cookies: BTreeMap<String, String>,
}

impl<'a> Browser<'a> {
    pub fn new(app: &'a TestApp) -> Self {
        Self::at(app, "192.0.2.1")
    }

    pub fn at(app: &'a TestApp, address: &'a str) -> Self {
        Self {
            app,
            address,
            cookies: BTreeMap::new(),
        }
    }

    pub async fn send(&mut self, request: reqwest::RequestBuilder) -> Page {
        let cookies = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"));
        let request = request
            .header("cookie", cookies.collect::<Vec<_>>().join("; "))
            .header("x-forwarded-for", self.address);
        let page = self.app.send(request).await;
        for cookie in page.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().unwrap();
            let (name, rest) = cookie.split_once('=').unwrap();
            let value = rest.split(';').next().unwrap();
            match rest.contains("Max-Age=0") {
                true => self.cookies.remove(name),
                false => self.cookies.insert(name.to_owned(), value.to_owned()),
            };
        }
        page
    }

    pub async fn get(&mut self, path: &str) -> Page {
        let request = self.app.request("GET", path);
        self.send(request).await
    }

    /// Sends a form from a page.
    pub async fn post(&mut self, function: &str, from: &str, fields: &[(&str, &str)]) -> Page {
        let mut fields = fields.to_vec();
        fields.push(("from", from));
        let path = format!("/admin/api/{function}");
        let request = self.app.request("POST", &path);
        let request = request
            .header("sec-fetch-site", "same-origin")
            .form(&fields);
        self.send(request).await
    }

    /// Signs in, without the second factor.
    pub async fn sign_in(&mut self, mail: &str, password: &str) -> Page {
        let fields = [("email", mail), ("password", password)];
        self.post("sign-in", "/admin/sign-in", &fields).await
    }

    fn session(&self) -> Option<&str> {
        self.cookies.get("till-session").map(String::as_str)
    }
}

/// A user with [`PASSWORD`].
pub async fn user(app: &TestApp, mail: &str, role: Role) -> i64 {
    let new = NewUser {
        mail: mail.to_owned(),
        role,
        language: "en".parse().unwrap(),
        is_first: false,
    };
    let entrance = Entrance::Password(SecretString::from(PASSWORD));
    let by = Actor::on_command_line("tester");
    match create(&app.shop.database, &new, entrance, &by)
        .await
        .unwrap()
    {
        CreateOutcome::Created { user, .. } => user,
        other => panic!("{other:?}"),
    }
}

async fn with_mails(folder: &TempDir) -> TestApp {
    let folder = folder.path().to_owned();
    TestApp::without_webhooks_with(|config: &mut Config| {
        config.mail.route = Route::Folder(folder);
        config.limits = Limits::off();
    })
    .await
}

/// The code of the app with this secret, so many steps later.
fn code(secret: &str, steps: i64) -> String {
    let secret = Secret::try_from_base32(secret.replace(' ', "")).unwrap();
    let totp = Builder::new().with_secret(secret).build().unwrap();
    let now = time::OffsetDateTime::now_utc().unix_timestamp() + 30 * steps;
    totp.generate(u64::try_from(now).unwrap()).to_string()
}

fn assert_redirect(page: &Page, to: &str) {
    assert_eq!(page.status, 303, "{}", page.body);
    assert_eq!(page.header("location"), to);
}

// ---- Signing in ----

#[tokio::test]
async fn an_owner_signs_in_and_out_with_a_cookie_that_scripts_and_other_sites_do_not_get() {
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Owner).await;
    let mut browser = Browser::new(&app);
    let page = browser.get("/admin/sign-in").await;
    assert!(page.has("form[action='/admin/api/sign-in'] input[name=email]"));
    assert!(!page.body.contains("till admin create"));
    let page = browser.sign_in(ADA, PASSWORD).await;
    assert_redirect(&page, "/admin");
    let cookies: Vec<_> = page.headers.get_all("set-cookie").iter().collect();
    assert_eq!(cookies.len(), 2);
    for cookie in cookies {
        let cookie = cookie.to_str().unwrap();
        for attribute in ["; Path=/;", "; HttpOnly", "; SameSite=Lax", "; Max-Age="] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        // Plain http on this machine only.
        assert!(
            !cookie.contains("Secure") && !cookie.contains("Domain"),
            "{cookie}"
        );
    }
    let today = browser.get("/admin").await;
    assert_eq!(today.status, 200);
    assert_eq!(today.header("cache-control"), "no-store");
    assert!(today.text("a.admin-user").contains(ADA));
    let before = browser.session().unwrap().to_owned();
    let out = browser.post("sign-out", "/admin", &[]).await;
    assert_redirect(&out, "/admin/sign-in?done=signed-out");
    assert_eq!(browser.session(), None);
    // The browser's back, and the old cookie.
    browser.cookies.insert("till-session".to_owned(), before);
    assert_redirect(&browser.get("/admin").await, "/admin/sign-in?next=%2Fadmin");
}

#[tokio::test]
async fn with_https_the_cookies_belong_to_this_host_and_are_secure() {
    let app = TestApp::without_webhooks_with(|config| {
        config.site.public_url = Some("https://shop.example".to_owned());
    })
    .await;
    user(&app, ADA, Role::Owner).await;
    let mut browser = Browser::new(&app);
    let page = browser.sign_in(ADA, PASSWORD).await;
    assert_redirect(&page, "/admin");
    for cookie in page.headers.get_all("set-cookie") {
        let cookie = cookie.to_str().unwrap();
        assert!(cookie.starts_with("__Host-till-"), "{cookie}");
        assert!(cookie.ends_with("; Secure"), "{cookie}");
    }
    assert_eq!(browser.get("/admin").await.status, 200);
}

#[tokio::test]
async fn after_the_sign_in_comes_the_page_that_was_asked_for_if_it_is_ours() {
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Owner).await;
    for (next, to) in [
        ("/admin/users?x=1", "/admin/users?x=1"),
        ("https://evil.example/admin", "/admin"),
        ("//evil.example", "/admin"),
        ("/orders/find", "/admin"),
        ("/admin/../x", "/admin"),
        ("/admin/api/sign-out", "/admin"),
    ] {
        let mut browser = Browser::new(&app);
        let fields = [("email", ADA), ("password", PASSWORD), ("next", next)];
        let page = browser.post("sign-in", "/admin/sign-in", &fields).await;
        assert_redirect(&page, to);
    }
}

#[tokio::test]
async fn every_failure_has_the_same_sentence_and_many_have_to_wait() {
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Owner).await;
    let mut browser = Browser::new(&app);
    let mut said = Vec::new();
    for (mail, password) in [
        (ADA, OTHER_PASSWORD),
        (ADA, ""),
        ("eve@shop.example", PASSWORD),
        ("", ""),
        ("</textarea><script>alert(1)</script>", "x"),
    ] {
        let page = browser.sign_in(mail, password).await;
        assert_eq!(page.status, 422, "{mail}");
        assert!(!page.body.contains("<script>alert"), "{mail}");
        assert!(page.headers.get("set-cookie").is_none());
        let field = page.attribute("input[name=email]", "value");
        assert_eq!(field.unwrap_or_default(), mail, "what was typed stays");
        assert_eq!(page.attribute("input[name=password]", "value"), None);
        said.push(page.alert());
    }
    said.dedup();
    assert_eq!(said.len(), 1, "{said:?}");
    for _ in 0..2 {
        browser.sign_in(ADA, OTHER_PASSWORD).await;
    }
    let page = browser.sign_in(ADA, PASSWORD).await;
    assert_eq!(page.status, 429);
    let wait: u32 = page.header("retry-after").parse().unwrap();
    assert!((1..=60).contains(&wait), "{wait}");
    assert!(
        page.alert().contains("too many attempts"),
        "{}",
        page.alert()
    );
    assert_redirect(
        &Browser::at(&app, "198.51.100.1")
            .sign_in(ADA, PASSWORD)
            .await,
        "/admin",
    );
}

#[tokio::test]
async fn the_admin_can_be_used_from_its_networks_only() {
    let app = TestApp::without_webhooks_with(|config| {
        let variables = |name: &str| (name == "ADMIN_NETWORKS").then(|| "192.0.2.0/24".to_owned());
        use shop::settings::FromVariables;
        let read = server::config::Serving::read(&variables).unwrap();
        config.serving.admin_networks = read.admin_networks;
    })
    .await;
    user(&app, ADA, Role::Owner).await;
    let mut outside = Browser::at(&app, "198.51.100.1");
    for path in ["/admin", "/admin/sign-in", "/admin/link/x"] {
        let page = outside.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.body.contains("Sign in"), "{path}");
    }
    assert_eq!(outside.sign_in(ADA, PASSWORD).await.status, 404);
    assert_eq!(outside.get("/").await.status, 200);
    let mut inside = Browser::at(&app, "192.0.2.200");
    assert_redirect(&inside.sign_in(ADA, PASSWORD).await, "/admin");
}

#[tokio::test]
async fn forms_of_any_size_and_content_are_refused_with_a_sentence() {
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Owner).await;
    let long = "x".repeat(300_000);
    for (mail, password) in [
        (ADA, long.as_str()),
        (&long, PASSWORD),
        ("ada\0@shop.example", PASSWORD),
        ("\u{202e}ada@shop.example", "\0"),
    ] {
        let mut browser = Browser::new(&app);
        let page = browser.sign_in(mail, password).await;
        assert_eq!(page.status, 422);
        assert!(page.alert().contains("do not match"), "{}", page.alert());
    }
    let mut browser = Browser::at(&app, "198.51.100.1");
    let huge = "x".repeat(2_000_000);
    assert_eq!(browser.sign_in(ADA, &huge).await.status, 413);
    browser.sign_in(ADA, PASSWORD).await;
    let account = "/admin/account";
    for fields in [
        vec![],
        vec![
            ("password", long.as_str()),
            ("new_password", &long),
            ("repeated_password", &long),
        ],
        vec![
            ("password", PASSWORD),
            ("new_password", PASSWORD),
            ("new_password", PASSWORD),
        ],
    ] {
        let page = browser.post("change-password", account, &fields).await;
        assert_eq!(page.status, 422);
        assert!(
            !page.body.contains("xxxxxxxx"),
            "no password is shown again"
        );
    }
    for id in ["abc", "0", "-1", "99999999999999999999", "1%2e%2e"] {
        let page = browser.get(&format!("/admin/users/{id}")).await;
        assert_eq!(page.status, 404, "{id}");
    }
    for session in ["", "x", "99999999999999999999"] {
        let page = browser
            .post("end-session", account, &[("session", session)])
            .await;
        assert!(
            [303, 422].contains(&page.status),
            "{session} {}",
            page.status
        );
    }
    assert_eq!(browser.get(account).await.status, 200);
}

// ---- The second factor ----

#[tokio::test]
async fn a_second_factor_is_set_up_asked_for_and_turned_off() {
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Owner).await;
    let settings = "/admin/account/second-factor";
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA, PASSWORD).await;
    let page = browser.get(settings).await;
    assert!(page.has("form[action='/admin/api/begin-second-factor']"));
    assert_redirect(
        &browser.post("begin-second-factor", settings, &[]).await,
        settings,
    );
    let page = browser.get(settings).await;
    let secret = page.text("code.secret");
    assert!(page.has(".qr-code svg path"));
    assert!(!page.body.contains("otpauth:"));
    // The same secret after a mistake.
    let wrong = browser
        .post("confirm-second-factor", settings, &[("code", "12")])
        .await;
    assert_eq!(wrong.status, 422);
    assert_eq!(wrong.text("code.secret"), secret);
    assert!(wrong.text("#code-problem").contains("not the code"));

    let before = browser.session().unwrap().to_owned();
    let fields = [("code", code(&secret, -1))];
    let fields = [(fields[0].0, fields[0].1.as_str())];
    let page = browser
        .post("confirm-second-factor", settings, &fields)
        .await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("cache-control"), "no-store");
    let codes = page.texts(".recovery-codes code");
    assert_eq!(codes.len(), 10);
    assert_ne!(browser.session().unwrap(), before, "a new token");
    // They are shown only once.
    assert_redirect(
        &browser.get("/admin/account/recovery-codes").await,
        settings,
    );
    assert!(
        browser
            .get(settings)
            .await
            .body
            .contains("10 recovery codes left")
    );

    let mut other = Browser::at(&app, "198.51.100.1");
    let page = other.sign_in(ADA, PASSWORD).await;
    assert_redirect(&page, "/admin/second-factor?next=%2Fadmin");
    let half = other.session().unwrap().to_owned();
    assert_redirect(
        &other.get("/admin").await,
        "/admin/second-factor?next=%2Fadmin",
    );
    let users = "/admin/second-factor?next=%2Fadmin%2Fusers";
    assert_redirect(&other.get("/admin/users").await, users);
    let page = other.get(users).await;
    assert_eq!(
        page.attribute("input[name=next]", "value").unwrap(),
        "/admin/users"
    );
    assert!(!page.has("nav"), "no way around it");
    let page = other
        .post("prove-second-factor", users, &[("code", "000000")])
        .await;
    assert_eq!(page.status, 422);
    assert!(page.text("#code-problem").contains("wrong"));
    let right = [("code", codes[0].as_str()), ("next", "/admin/users")];
    let page = other.post("prove-second-factor", users, &right).await;
    assert_redirect(&page, "/admin/users?done=recovery-code-used");
    assert_ne!(other.session().unwrap(), half, "a new token");
    let half = half.parse().unwrap();
    assert_eq!(signed_in(&app.shop.database, &half).await.unwrap(), None);
    assert!(other.get("/admin/users").await.has("table.rows"));
    let again = browser.post("prove-second-factor", users, &right).await;
    assert_eq!(again.status, 422, "each code once");

    let wrong = browser
        .post("turn-off-second-factor", settings, &[("password", "x")])
        .await;
    assert_eq!(wrong.status, 422);
    assert!(wrong.body.contains("not your current password"));
    let page = browser
        .post(
            "turn-off-second-factor",
            settings,
            &[("password", PASSWORD)],
        )
        .await;
    assert_redirect(&page, "/admin/account?done=second-factor-off");
}

// ---- Links ----

#[tokio::test]
async fn a_forgotten_password_is_set_with_the_link_of_the_email() {
    let folder = tempfile::tempdir().unwrap();
    let app = with_mails(&folder).await;
    user(&app, ADA, Role::Owner).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA, PASSWORD).await;
    let form = browser.get("/admin/forgotten").await;
    assert!(form.has("form[action='/admin/api/request-reset'] input[name=email]"));
    let mut said = Vec::new();
    for mail in ["eve@shop.example", ADA] {
        let page = browser
            .post("request-reset", "/admin/forgotten", &[("email", mail)])
            .await;
        assert_redirect(&page, "/admin/forgotten?done=link-in-file");
        said.push(browser.get("/admin/forgotten?done=link-in-file").await.body);
    }
    assert_eq!(said[0], said[1]);
    let sent = mail(&folder, "Set a new password").await;
    let (_, rest) = sent.text.split_once("/admin/link/").unwrap();
    let (token, path) = (&rest[..64], format!("/admin/link/{}", &rest[..64]));
    let page = browser.get(&path).await;
    assert_eq!(page.status, 200);
    assert_eq!(page.attribute("#user", "value").as_deref(), Some(ADA));
    let set = |one: &'static str, two: &'static str| {
        [
            ("token", token),
            ("new_password", one),
            ("repeated_password", two),
        ]
    };
    let page = browser
        .post("set-password", &path, &set(OTHER_PASSWORD, "other"))
        .await;
    assert_eq!(page.status, 422);
    assert!(page.text("#repeated_password-problem").contains("differ"));
    let page = browser
        .post("set-password", &path, &set("short", "short"))
        .await;
    assert_eq!(page.status, 422);
    assert!(page.text("#new_password-problem").contains("at least 12"));
    let page = browser
        .post("set-password", &path, &set(OTHER_PASSWORD, OTHER_PASSWORD))
        .await;
    assert_redirect(&page, "/admin/sign-in?done=password-set");
    // Everybody is signed out, and the link is used up.
    assert_eq!(browser.get("/admin").await.status, 303);
    let page = browser.get(&path).await;
    assert_eq!(page.status, 404);
    assert!(page.text("h1").contains("cannot be used"));
    let page = browser
        .post("set-password", &path, &set(PASSWORD, PASSWORD))
        .await;
    assert!(page.text("h1").contains("cannot be used"), "{}", page.body);
    assert_eq!(browser.sign_in(ADA, PASSWORD).await.status, 422);
    assert_redirect(&browser.sign_in(ADA, OTHER_PASSWORD).await, "/admin");
    for path in ["/admin/link/x", &format!("/admin/link/{}", "0".repeat(64))] {
        assert_eq!(browser.get(path).await.status, 404);
    }
}

#[tokio::test]
async fn the_first_owner_sets_a_password_with_the_link_of_the_command_line() {
    let app = TestApp::without_webhooks().await;
    let page = app.get("/admin/sign-in").await;
    assert!(
        page.text("pre").contains("till admin create"),
        "{}",
        page.body
    );
    let new = NewUser {
        mail: ADA.to_owned(),
        role: Role::Owner,
        language: "de".parse().unwrap(),
        is_first: true,
    };
    let by = Actor::on_command_line("tester");
    let created = create(&app.shop.database, &new, Entrance::Link, &by)
        .await
        .unwrap();
    let CreateOutcome::Created {
        link: Some(link), ..
    } = created
    else {
        panic!("{created:?}");
    };
    let path = link.url("");
    let mut browser = Browser::new(&app);
    assert!(browser.get(&path).await.body.contains("owner of this shop"));
    let fields = [
        ("token", link.token.as_str()),
        ("new_password", PASSWORD),
        ("repeated_password", PASSWORD),
    ];
    let page = browser.post("set-password", &path, &fields).await;
    assert_redirect(&page, "/admin/sign-in?done=password-set");
    browser.sign_in(ADA, PASSWORD).await;
    // The user's language, whatever the browser prefers.
    assert!(browser.get("/admin").await.text("h1").contains("Heute"));
}

// ---- The account ----

#[tokio::test]
async fn users_change_password_language_and_devices() {
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Staff).await;
    let account = "/admin/account";
    let mut here = Browser::new(&app);
    let mut there = Browser::at(&app, "198.51.100.1");
    let mut third = Browser::at(&app, "198.51.100.2");
    for browser in [&mut here, &mut there, &mut third] {
        browser.sign_in(ADA, PASSWORD).await;
    }
    let page = here.get(account).await;
    assert_eq!(page.texts("table.rows tbody tr").len(), 3);
    assert!(page.body.contains("198.51.100.1") && page.body.contains("This device"));
    let database = &app.shop.database;
    let token = there.session().unwrap().parse().unwrap();
    let session = signed_in(database, &token)
        .await
        .unwrap()
        .unwrap()
        .session
        .to_string();
    let page = here
        .post("end-session", account, &[("session", &session)])
        .await;
    assert_redirect(&page, "/admin/account?done=device-signed-out");
    assert_eq!(there.get(account).await.status, 303);
    let page = here.post("end-other-sessions", account, &[]).await;
    assert_redirect(&page, "/admin/account?done=other-devices-signed-out");
    assert_eq!(third.get(account).await.status, 303);
    assert_eq!(here.get(account).await.status, 200);

    third.sign_in(ADA, PASSWORD).await;
    let change = |current: &'static str, new: &'static str, again: &'static str| {
        [
            ("password", current),
            ("new_password", new),
            ("repeated_password", again),
        ]
    };
    let fields = change(OTHER_PASSWORD, OTHER_PASSWORD, OTHER_PASSWORD);
    let page = here.post("change-password", account, &fields).await;
    assert_eq!(page.status, 422);
    assert!(page.text("#password-problem").contains("not your current"));
    assert!(!page.body.contains(OTHER_PASSWORD));
    let fields = change(PASSWORD, "password1234", "password1234");
    let page = here.post("change-password", account, &fields).await;
    assert!(
        page.text("#new_password-problem")
            .contains("first that somebody")
    );
    let fields = change(PASSWORD, OTHER_PASSWORD, OTHER_PASSWORD);
    let page = here.post("change-password", account, &fields).await;
    assert_redirect(&page, "/admin/account?done=password-changed");
    assert_eq!(here.get(account).await.status, 200);
    assert_eq!(third.get(account).await.status, 303);

    let page = here
        .post("set-language", account, &[("language", "de")])
        .await;
    assert_redirect(&page, "/admin/account?done=saved");
    assert!(here.get(account).await.text("h1").contains("Ihr Konto"));
    here.post("set-language", account, &[("language", "fr")])
        .await;
    assert!(here.get(account).await.text("h1").contains("Ihr Konto"));
}

// ---- Users ----

#[tokio::test]
async fn an_owner_invites_changes_and_removes_users() {
    let folder = tempfile::tempdir().unwrap();
    let app = with_mails(&folder).await;
    let ada = user(&app, ADA, Role::Owner).await;
    let database = &app.shop.database;
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA, PASSWORD).await;
    let users = "/admin/users";
    let invite = |mail: &'static str, role: &'static str| {
        [("email", mail), ("role", role), ("user_language", "en")]
    };
    for (mail, role, problem) in [
        (ADA, "staff", "#email-problem"),
        ("nobody", "staff", "#email-problem"),
        ("bo@shop.example", "king", "#role-problem"),
    ] {
        let page = browser
            .post("invite-user", users, &invite(mail, role))
            .await;
        assert_eq!(page.status, 422, "{mail}");
        assert!(page.has(problem), "{mail} {}", page.body);
    }
    let page = browser
        .post("invite-user", users, &invite("bo@shop.example", "staff"))
        .await;
    let bo = find_user(database, "bo@shop.example").await.unwrap();
    let bo = bo.unwrap();
    // Without a mail server nobody gets it: the page says how to get the link.
    let to = format!("/admin/users/{}?done=user-invited-in-file", bo.id);
    assert_redirect(&page, &to);
    let page = browser.get(&to).await;
    let said = page.text("p[role=status]");
    assert!(said.contains("there is no mail server"), "{said}");
    assert_eq!(page.text("pre.command"), "till admin link bo@shop.example");
    assert!(
        mail(&folder, "You are invited")
            .await
            .text
            .contains("/admin/link/")
    );
    let (id, path) = (bo.id.to_string(), format!("/admin/users/{}", bo.id));
    let page = browser.get(users).await;
    assert!(page.body.contains("Invited") && page.has(&format!("a[href='{path}']")));
    let page = browser.get(&path).await;
    assert!(page.has("form[action='/admin/api/invite-user-again']"));

    let role = [("user", id.as_str()), ("role", "manager")];
    let page = browser.post("change-role", &path, &role).await;
    assert_redirect(&page, &format!("{path}?done=role-changed"));
    let moved = [("user", id.as_str()), ("email", "bo@other.example")];
    let page = browser.post("change-mail", &path, &moved).await;
    assert_redirect(&page, &format!("{path}?done=mail-changed"));
    let off = [("user", id.as_str()), ("active", "false")];
    let page = browser.post("set-user-active", &path, &off).await;
    assert_redirect(&page, &format!("{path}?done=user-deactivated"));
    let unconfirmed = browser.post("remove-user", &path, &[("user", &id)]).await;
    assert_eq!(unconfirmed.status, 422);
    let sure = [("user", id.as_str()), ("confirmed", "true")];
    let page = browser.post("remove-user", &path, &sure).await;
    assert_redirect(&page, "/admin/users?done=user-removed");
    assert_eq!(browser.get(&path).await.status, 404);
    let page = browser.post("remove-user", &path, &sure).await;
    assert_redirect(&page, "/admin/users?done=user-gone");

    // The last owner stays.
    let (id, path) = (ada.to_string(), format!("/admin/users/{ada}"));
    for (function, field) in [
        ("change-role", ("role", "staff")),
        ("set-user-active", ("active", "false")),
        ("remove-user", ("confirmed", "true")),
    ] {
        let page = browser.post(function, &path, &[("user", &id), field]).await;
        assert_eq!(page.status, 422, "{function}");
        assert!(
            page.alert().contains("last owner"),
            "{function} {}",
            page.alert()
        );
    }
    assert_eq!(browser.get(users).await.status, 200);
}

#[tokio::test]
async fn only_owners_manage_users_and_a_lost_role_ends_the_session() {
    let app = TestApp::without_webhooks().await;
    let ada = user(&app, ADA, Role::Owner).await;
    let bo = user(&app, "bo@shop.example", Role::Manager).await;
    let mut manager = Browser::at(&app, "198.51.100.1");
    manager.sign_in("bo@shop.example", PASSWORD).await;
    assert!(!manager.get("/admin").await.body.contains("/admin/users"));
    let (id, other) = (bo.to_string(), ada.to_string());
    assert_eq!(manager.get("/admin/users").await.status, 403);
    assert_eq!(
        manager.get(&format!("/admin/users/{ada}")).await.status,
        403
    );
    for (function, fields) in [
        ("change-role", [("user", id.as_str()), ("role", "owner")]),
        (
            "change-mail",
            [("user", other.as_str()), ("email", "x@y.example")],
        ),
        (
            "set-user-active",
            [("user", other.as_str()), ("active", "false")],
        ),
        (
            "remove-user",
            [("user", other.as_str()), ("confirmed", "true")],
        ),
        (
            "reset-second-factor",
            [("user", other.as_str()), ("confirmed", "true")],
        ),
        ("invite-user-again", [("user", other.as_str()), ("x", "")]),
        (
            "invite-user",
            [("email", "eve@shop.example"), ("role", "owner")],
        ),
    ] {
        let page = manager.post(function, "/admin/users", &fields).await;
        assert_eq!(page.status, 403, "{function}");
    }
    let users = shop::admin::list_users(&app.shop.database).await.unwrap();
    assert_eq!(users.len(), 2);
    assert!(
        users
            .iter()
            .all(|user| user.role != Role::Owner || user.mail == ADA)
    );

    // A page is open while the role is taken away.
    let mut owner = Browser::new(&app);
    owner.sign_in(ADA, PASSWORD).await;
    manager.get("/admin/account").await;
    let path = format!("/admin/users/{bo}");
    owner
        .post("change-role", &path, &[("user", &id), ("role", "staff")])
        .await;
    let page = manager
        .post("set-language", "/admin/account", &[("language", "de")])
        .await;
    assert_eq!(page.status, 401);
    assert!(
        page.alert().contains("no longer signed in"),
        "{}",
        page.alert()
    );
    let by = Actor::on_command_line("tester");
    make_link(&app.shop.database, bo, &by)
        .await
        .unwrap()
        .unwrap();
}

/// Lines of a log.
#[derive(Clone, Default)]
struct Lines(std::sync::Arc<std::sync::Mutex<Vec<u8>>>);

impl std::io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Lines {
    /// How many passwords were hashed since the last look.
    fn take_hashes(&self) -> usize {
        let log = std::mem::take(&mut *self.0.lock().unwrap());
        let log = String::from_utf8(log).unwrap();
        log.matches("computing a password hash").count()
    }
}

#[tokio::test]
async fn a_failed_sign_in_costs_one_hash_whoever_it_is() {
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter("shop::admin::password=trace")
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let app = TestApp::without_webhooks().await;
    user(&app, ADA, Role::Owner).await;
    user(&app, "gone@shop.example", Role::Staff).await;
    app.execute("UPDATE admin_user SET deactivated_at = created_at WHERE mail LIKE 'gone%'")
        .await;
    let invited = NewUser {
        mail: "new@shop.example".to_owned(),
        role: Role::Staff,
        language: "en".parse().unwrap(),
        is_first: false,
    };
    let by = Actor::on_command_line("tester");
    create(&app.shop.database, &invited, Entrance::Mail, &by)
        .await
        .unwrap();
    // Another thread, which has no subscriber, may have hashed first: then this event is off.
    tracing::callsite::rebuild_interest_cache();
    lines.take_hashes();
    for (address, mail) in [
        ("192.0.2.1", ADA),
        ("192.0.2.2", "gone@shop.example"),
        ("192.0.2.3", "new@shop.example"),
        ("192.0.2.4", "nobody@shop.example"),
        ("192.0.2.5", "no address"),
        ("192.0.2.6", ""),
    ] {
        let mut browser = Browser::at(&app, address);
        let refused = browser.sign_in(mail, OTHER_PASSWORD).await;
        assert_eq!(refused.status, 422, "{mail}");
        assert_eq!(lines.take_hashes(), 1, "{mail}");
    }
}

#[tokio::test]
async fn with_a_mail_server_invitations_and_links_are_on_their_way() {
    let smtp = FakeSmtp::start(&[], Smtp::Accepts).await;
    let settings = SmtpSettings::parse(smtp.url()).unwrap();
    let app = TestApp::without_webhooks_with(|config: &mut Config| {
        config.mail.route = Route::Smtp(settings);
    })
    .await;
    user(&app, ADA, Role::Owner).await;
    let mut browser = Browser::new(&app);
    browser.sign_in(ADA, PASSWORD).await;
    let invited = [("email", "bo@shop.example"), ("role", "staff")];
    let page = browser.post("invite-user", "/admin/users", &invited).await;
    assert_redirect(&page, "/admin/users?done=user-invited");
    let page = browser.get("/admin/users").await;
    assert!(!page.has("pre.command"), "{}", page.body);
    let asked = [("email", ADA)];
    let page = browser
        .post("request-reset", "/admin/forgotten", &asked)
        .await;
    assert_redirect(&page, "/admin/forgotten?done=link-requested");
}
