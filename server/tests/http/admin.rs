//! The admin: what nobody may see or do without signing in.

use http::Method;
use server::http::router::routes;

use till_core::admin::{Right, Role};

use crate::admin_sign_in::{Browser, PASSWORD, user};
use crate::test_app::TestApp;

/// Pages that are open to everybody.
const OPEN_PAGES: [&str; 4] = [
    "/admin/sign-in",
    "/admin/second-factor",
    "/admin/forgotten",
    "/admin/link/1",
];
/// Server functions that need no session.
const OPEN_FUNCTIONS: [&str; 4] = [
    "/admin/api/sign-in",
    "/admin/api/sign-out",
    "/admin/api/request-reset",
    "/admin/api/set-password",
];

/// The admin's routes with this method, with examples instead of parameters.
fn admin_routes(wanted: &Method) -> Vec<String> {
    let routes = routes().into_iter();
    let routes = routes.filter(|(method, path)| method == wanted && path.starts_with("/admin"));
    let example = |part: &str| match part.starts_with(['{', ':', '*']) {
        true => "1".to_owned(),
        false => part.to_owned(),
    };
    routes
        .map(|(_, path)| path.split('/').map(example).collect::<Vec<_>>().join("/"))
        .collect()
}

#[tokio::test]
async fn without_a_session_every_page_leads_to_the_sign_in() {
    let app = TestApp::without_webhooks().await;
    let mut pages = 0;
    for path in admin_routes(&Method::GET) {
        let is_file = path.ends_with(".css") || path.ends_with(".js");
        if is_file || OPEN_PAGES.contains(&path.as_str()) {
            continue;
        }
        pages += 1;
        for cookie in [
            "",
            "till-session=x",
            &format!("till-session={}", "0".repeat(64)),
        ] {
            let request = app.request("GET", &path).header("cookie", cookie);
            let page = app.send(request).await;
            assert_eq!(page.status, 303, "{path} with {cookie:?}");
            let next = path.replace('/', "%2F");
            let sign_in = format!("/admin/sign-in?next={next}");
            assert_eq!(page.header("location"), sign_in);
            assert_eq!(page.header("cache-control"), "no-store", "{path}");
        }
    }
    assert!(pages >= 2, "{pages}");
}

#[tokio::test]
async fn without_a_session_no_function_does_anything() {
    let app = TestApp::without_webhooks().await;
    let mut functions = 0;
    for path in admin_routes(&Method::POST) {
        if OPEN_FUNCTIONS.contains(&path.as_str()) {
            continue;
        }
        functions += 1;
        for cookie in ["", &format!("till-session={}", "0".repeat(64))] {
            let request = app.request("POST", &path).header("cookie", cookie);
            let request = request.header("sec-fetch-site", "same-origin");
            let page = app.send(request.form(&FIELDS)).await;
            // A form that cannot be read leads to its page, and that to the sign-in.
            let leads_to_sign_in =
                page.status == 303 && page.header("location").starts_with("/admin/sign-in");
            let is_refused = page.status == 401 || leads_to_sign_in;
            // Proving the second factor is a part of the sign-in.
            let is_open = path.ends_with("/prove-second-factor");
            assert!(is_refused || is_open, "{path}: {}", page.status);
        }
    }
    assert!(functions >= 30, "{functions}");
}

#[tokio::test]
async fn a_form_that_does_not_say_where_it_comes_from_is_refused() {
    let app = TestApp::without_webhooks().await;
    for path in admin_routes(&Method::POST) {
        let page = app
            .send(app.request("POST", &path).form(&[("x", "1")]))
            .await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.alert().contains("another website"), "{path}");
    }
}

#[tokio::test]
async fn pages_are_kept_from_search_engines_frames_and_scripts_of_others() {
    let app = TestApp::without_webhooks().await;
    let page = app.get("/admin/sign-in").await;
    assert_eq!(page.status, 200);
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert_eq!(page.header("cache-control"), "no-store");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("script-src 'self';"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(page.text("h1").contains("Sign in"));
    assert!(
        page.text("pre").contains("till admin create"),
        "how to make the first owner"
    );
    for file in ["style_sheet", "script"] {
        let selector = match file {
            "script" => ("script[type=module]", "src"),
            _ => ("link[href^='/admin/']", "href"),
        };
        let address = page.attribute(selector.0, selector.1).unwrap();
        let file = app.get(&address).await;
        assert_eq!(file.status, 200, "{address}");
        assert!(
            file.header("cache-control").contains("immutable"),
            "{address}"
        );
    }
}

#[tokio::test]
async fn the_admin_speaks_the_browsers_language_and_has_no_prefix() {
    let app = TestApp::without_webhooks().await;
    let request = app.request("GET", "/admin/sign-in");
    let page = app
        .send(request.header("accept-language", "de-AT,en;q=0.5"))
        .await;
    assert!(page.text("h1").contains("Anmelden"));
    let french = app.request("GET", "/admin/sign-in");
    let page = app.send(french.header("accept-language", "fr")).await;
    assert!(page.text("h1").contains("Sign in"));
    assert_eq!(app.get("/de/admin/sign-in").await.status, 404);
}

/// The right that a page needs.
fn right_of_page(path: &str) -> Right {
    let (_, right) = [
        ("/admin/account", Right::Account),
        ("/admin/audit", Right::Audit),
        ("/admin/categories", Right::Products),
        ("/admin/events", Right::Resolve),
        ("/admin/orders/1/refund", Right::Refund),
        ("/admin/orders/1/ship", Right::Ship),
        ("/admin/orders", Right::Orders),
        ("/admin/outbox", Right::Resolve),
        ("/admin/products", Right::Products),
        ("/admin/settings", Right::Settings),
        ("/admin/users", Right::Users),
        ("/admin/withdrawals", Right::Resolve),
        // The page for unknown addresses.
        ("/admin/1", Right::Account),
        ("/admin", Right::Orders),
    ]
    .into_iter()
    .find(|(begins, _)| path.starts_with(begins))
    .unwrap_or_else(|| panic!("{path} is not listed"));
    right
}

/// The right that a server function needs.
fn right_of_function(path: &str) -> Right {
    match path.trim_start_matches("/admin/api/") {
        "begin-second-factor"
        | "change-password"
        | "confirm-second-factor"
        | "end-other-sessions"
        | "end-session"
        | "replace-recovery-codes"
        | "set-language"
        | "turn-off-second-factor" => Right::Account,
        "change-mail"
        | "change-role"
        | "invite-user"
        | "invite-user-again"
        | "remove-user"
        | "reset-second-factor"
        | "set-user-active" => Right::Users,
        "orders/note" | "orders/resend" => Right::Orders,
        "orders/refund" => Right::Refund,
        "orders/resolve" | "orders/decide-withdrawal" | "replay-event" | "dismiss-event" => {
            Right::Resolve
        }
        "retry-task" => Right::Resolve,
        path if path.starts_with("orders/") => Right::Ship,
        "save-settings" | "save-logo" | "save-policy" | "send-test-mail" => Right::Settings,
        "add-pictures" | "apply-import" | "archive-product" | "cancel-import"
        | "change-category" | "change-picture" | "change-stock" | "create-category"
        | "duplicate-product" | "move-product" | "save-product" | "save-product-table"
        | "upload-products" => Right::Products,
        other => panic!("{other} is not listed"),
    }
}

/// Fields that every function can read, and that name nothing that there is.
const FIELDS: [(&str, &str); 24] = [
    ("id", "999"),
    ("user", "999"),
    ("number", "1"),
    ("order", "X"),
    ("product", "999"),
    ("variant", "999"),
    ("category", "999"),
    ("picture", "999"),
    ("shipment", "999"),
    ("withdrawal", "999"),
    ("session", "999"),
    ("task", "999"),
    ("event", "evt_x"),
    ("slug", "x"),
    ("language", "en"),
    ("role", "staff"),
    ("email", "x@shop.example"),
    ("mail", "x@shop.example"),
    ("group", "x"),
    ("version", "1"),
    ("active", "true"),
    ("quantity", "1"),
    ("difference", "1"),
    ("decision", "accept"),
];

#[tokio::test]
async fn every_page_and_function_asks_for_its_right() {
    let app = TestApp::without_webhooks().await;
    for role in [Role::Owner, Role::Manager, Role::Staff] {
        let mail = format!("{role}@shop.example");
        user(&app, &mail, role).await;
        let mut browser = Browser::new(&app);
        assert_eq!(
            browser.sign_in(&mail, "correct horse battery").await.status,
            303
        );
        for path in admin_routes(&Method::GET) {
            let is_file = path.ends_with(".css") || path.ends_with(".js");
            if is_file || OPEN_PAGES.contains(&path.as_str()) {
                continue;
            }
            let page = browser.get(&path).await;
            let may = role.may(right_of_page(&path));
            assert_eq!(page.status != 403, may, "{role} at {path}: {}", page.status);
            let is_answered = matches!(page.status, 200 | 403 | 404);
            // The page of recovery codes is shown after a form only.
            let leads_away = page.status == 303 && path.ends_with("/recovery-codes");
            assert!(
                is_answered || leads_away,
                "{role} at {path}: {}",
                page.status
            );
        }
        for path in admin_routes(&Method::POST) {
            if OPEN_FUNCTIONS.contains(&path.as_str()) {
                continue;
            }
            let function = path.trim_start_matches("/admin/api/");
            // It needs a session, whatever its user may do.
            if function == "prove-second-factor" {
                continue;
            }
            let may = role.may(right_of_function(&path));
            let page = browser.post(function, "/admin", &FIELDS).await;
            assert_eq!(page.status != 403, may, "{role}: {path}: {}", page.status);
            assert_ne!(page.status, 401, "{role}: {path}");
            assert!(page.status < 500, "{role}: {path}: {}", page.status);
        }
    }
}

/// The pages of a shopper, with everything that differs from answer to answer left out.
async fn shoppers_pages(browser: &mut Browser<'_>) -> Vec<String> {
    let paths = [
        "/",
        "/products/pen",
        "/categories/desk",
        "/search?q=pen",
        "/orders/find",
        "/pages/imprint",
    ];
    let mut pages = Vec::new();
    for path in paths {
        let page = browser.get(path).await;
        assert!(!page.body.contains("/admin"), "{path}");
        let attempt = page.body.split_once("name=\"attempt\" value=\"");
        let attempt = attempt.map(|(_, rest)| rest[..32].to_owned());
        pages.push(match attempt {
            Some(attempt) => page.body.replace(&attempt, "attempt"),
            None => page.body,
        });
    }
    pages
}

#[tokio::test]
async fn shoppers_pages_are_the_same_to_the_byte_with_an_owner() {
    let app = TestApp::start().await;
    let mut browser = Browser::new(&app);
    let before = shoppers_pages(&mut browser).await;
    assert!(before[0].contains("value=\"attempt\""), "{}", before[0]);
    user(&app, "ada@shop.example", Role::Owner).await;
    let signed_in = browser.sign_in("ada@shop.example", PASSWORD).await;
    assert_eq!(signed_in.status, 303);
    assert_eq!(shoppers_pages(&mut browser).await, before);
}
