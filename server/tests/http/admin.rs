//! The admin: what nobody may see or do without signing in.

use http::Method;
use server::http::router::routes;

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
        let request = app.request("POST", &path);
        let request = request.header("sec-fetch-site", "same-origin");
        let page = app.send(request.form(&[("x", "1")])).await;
        // A function whose arguments cannot be read does nothing either.
        assert!([401, 422].contains(&page.status), "{path}: {}", page.status);
    }
    let _ = functions;
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
