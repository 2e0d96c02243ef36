//! Addresses and forms with what no page expects: a sentence or an empty result, never an error of
//! the server.

use http::Method;
use server::http::router::routes;

use crate::connections::answer;
use crate::test_app::{Page, TestApp};

async fn post(app: &TestApp, path: &str, fields: &[(&str, &str)]) -> Page {
    let request = app
        .request("POST", path)
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin")
        .form(fields);
    app.send(request).await
}

/// A route with a text in place of each parameter.
fn address(route: &str, text: &str) -> String {
    let segments = route.split('/').map(|segment| match segment.contains('{') {
        true => text,
        false => segment,
    });
    segments.collect::<Vec<_>>().join("/")
}

#[tokio::test]
async fn no_text_in_an_address_is_an_error_of_the_server() {
    let app = TestApp::start().await;
    let long = "x".repeat(10_000);
    for text in [
        "%00",
        "a%00b",
        "%01%1b%5b31m",
        "%ff%fe",
        "%F0%9F%8E%81",
        "%D7%A9%D7%9C%D7%95%D7%9D",
        "%27%22%3B--",
        "%3Cscript%3E",
        "..%2f..%2fetc%2fpasswd",
        "%2500",
        "%%30%30",
        "%252500",
        &"x".repeat(255),
        &long,
    ] {
        let names = [
            "q", "sort", "page", "in_stock", "to", "color", "order", "next", "lang", "number",
        ];
        // A client sends no longer address.
        let names = names.iter().take(20_000 / text.len());
        let query: Vec<String> = names.map(|name| format!("{name}={text}")).collect();
        let query = query.join("&");
        for (method, route) in routes() {
            if method != Method::GET {
                continue;
            }
            let path = address(&route, text);
            for path in [path.clone(), format!("{path}?{query}")] {
                let page = app.get(&path).await;
                assert!(page.status < 500, "{}: {path}", page.status);
                assert!(!page.body.contains("<script>alert"));
            }
        }
    }
    for (path, status) in [
        ("/products/%00", 404),
        ("/products/pen%00", 404),
        ("/categories/%00", 404),
        ("/pages/%00", 404),
        ("/search?q=%00", 200),
        ("/search?q=pen%00", 200),
        ("/?page=%00", 404),
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, status, "{path}");
        assert!(!page.text("h1").is_empty(), "{path}");
    }
}

#[tokio::test]
async fn no_text_in_a_form_is_an_error_of_the_server() {
    let app = TestApp::start().await;
    let pen = app.variant("PEN").await.id;
    let (quantity, shown) = (format!("quantity[{pen}]"), format!("shown[{pen}]"));
    let form = app.form("/").await;
    for text in ["\0", "a\0b", "\u{1}\u{1b}[31m", "\u{202e}🎁שלום", "';--"] {
        for name in [
            "attempt", "from", "language", "origins", &quantity, &shown, text,
        ] {
            let form = form.clone().choose(pen, "1").with(name, text);
            let page = app.submit(&form).await;
            assert!(page.status < 500, "{}: {name} {text:?}", page.status);
        }
        for path in ["/", "/search?q=pen", "/categories/desk", "/api/choice"] {
            let fields = [(quantity.as_str(), text), ("language", text), ("q", text)];
            let page = post(&app, path, &fields).await;
            assert_eq!(page.status, 200, "{path} {text:?}");
        }
        let fields = [("number", text), ("email", "ada\0@shopper.example")];
        let page = post(&app, "/orders/find", &fields).await;
        assert!(page.status < 500, "{} {text:?}", page.status);
        for step in ["form", "review", "confirm", text] {
            let fields = [
                ("step", step),
                ("name", text),
                ("email", "ada@shopper.example"),
                ("contract", text),
                ("attempt", text),
                ("token", text),
                ("items", text),
                ("line", text),
            ];
            let page = post(&app, "/withdraw", &fields).await;
            assert!(page.status < 500, "{} {step:?} {text:?}", page.status);
        }
    }
    // The page of a form is an address in a field.
    for from in ["/products/%00", "/categories/%00", "/search?q=%00"] {
        let form = form.clone().choose(pen, "99").with("from", from);
        let page = app.refused(&form).await;
        assert_eq!(page.quantity(pen), "99", "{from}");
    }
}

#[tokio::test]
async fn a_page_of_a_list_that_does_not_exist_is_not_found() {
    let app = TestApp::start().await;
    for list in ["/", "/categories/desk", "/search?q=pen"] {
        for page in [
            "1000000000",
            "-1",
            "abc",
            "0",
            "1.5",
            "18446744073709551616",
        ] {
            let sign = if list.contains('?') { '&' } else { '?' };
            let found = app.get(&format!("{list}{sign}page={page}")).await;
            assert_eq!(
                (found.status, found.text("h1").as_str()),
                (404, "Page not found"),
                "{list} {page}"
            );
        }
    }
    for (path, status) in [
        ("/categories/nowhere", 404),
        ("/categories/desk?sort=colour", 200),
        ("/search?q=pen&sort=colour&in_stock=perhaps", 200),
        ("/xx/search?q=pen", 404),
        ("/language/xx?to=/", 404),
    ] {
        assert_eq!(app.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn no_address_is_answered_in_the_words_of_a_library() {
    let app = TestApp::start().await;
    for path in [
        "/language/%ff",
        "/pictures/%ff",
        "/notices/%ff",
        "/sitemaps/%ff",
        &"/x".repeat(2_100),
        &format!("/products{}", "/x".repeat(3_000)),
    ] {
        let page = app.get(path).await;
        assert_eq!(page.status, 404, "{path}");
        assert!(!page.body.contains("UTF-8"), "{}", page.body);
    }
    let twice = app.get("/language/en?to=/&to=/search").await;
    assert_eq!((twice.status, twice.header("location")), (303, "/"));
}

#[tokio::test]
async fn a_path_with_dots_leads_to_no_other_page() {
    let app = TestApp::without_webhooks().await;
    // Over a raw socket, because clients correct such paths.
    let status = async |path: &str| {
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n");
        let response = answer(&app, &request).await;
        response.lines().next().unwrap_or_default().to_owned()
    };
    for path in [
        "/..",
        "/.",
        "/%2e%2e",
        "/%2E%2e/",
        "/x/..",
        "/products/..",
        "/products/x/../pen",
        "/x\\..\\products/pen",
    ] {
        assert_eq!(status(path).await, "HTTP/1.1 404 Not Found", "{path}");
    }
    assert_eq!(status("/products/pen").await, "HTTP/1.1 200 OK");
}
