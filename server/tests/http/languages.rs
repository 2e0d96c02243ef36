//! Pages in the shop's languages.

use std::sync::Arc;

use shop::catalog::import::StockMode;

use crate::test_app::{Page, TestApp, assert_refused, eventually, session_id};

async fn shop(languages: &str) -> TestApp {
    let languages = Arc::new(languages.parse().unwrap());
    TestApp::start_with(|config| config.profile.languages = languages).await
}

async fn get(app: &TestApp, path: &str, headers: &[(&str, &str)]) -> Page {
    let mut request = app.request("GET", path).header("accept", "text/html");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    app.send(request).await
}

#[tokio::test]
async fn the_prefix_of_a_path_is_its_language() {
    let app = shop("en,de,fr").await;
    for (path, language, sold_out, price) in [
        ("/", "en", "Sold out", "€12.50"),
        ("/de", "de", "Ausverkauft", "12,50\u{a0}€"),
        ("/fr", "fr", "Épuisé", "12,50\u{a0}€"),
        ("/de/", "de", "Ausverkauft", "12,50\u{a0}€"),
    ] {
        let page = get(&app, path, &[]).await;
        assert_eq!(page.status, 200, "{path}");
        assert_eq!(page.attribute("html", "lang").unwrap(), language);
        assert!(page.texts(".stock-hint").contains(&sold_out.to_owned()));
        assert!(page.body.contains(price), "{path}");
        // A page of another language is one click away, and this one is marked.
        assert_eq!(page.texts("footer [aria-current]").len(), 1, "{path}");
    }
    let german = get(&app, "/de/products/pen", &[]).await;
    assert_eq!(german.status, 200);
    assert_eq!(german.attribute(".site-name", "href").unwrap(), "/de");
    assert_eq!(german.attribute(".back-link", "href").unwrap(), "/de");
}

#[tokio::test]
async fn other_prefixes_lead_nowhere_and_the_default_ones_own_redirects() {
    let app = shop("en,de").await;
    for path in [
        "/fr",
        "/DE",
        "/fr/products/pen",
        "/de/livez",
        "/de/de",
        "/de/api/checkout",
        "/de/pictures/mug.svg",
        "/de/favicon.svg",
    ] {
        assert_eq!(get(&app, path, &[]).await.status, 404, "{path}");
    }
    for (path, target) in [
        ("/en", "/"),
        ("/en/?page=2", "/?page=2"),
        ("/en/products/pen", "/products/pen"),
    ] {
        let page = get(&app, path, &[]).await;
        assert_eq!((page.status, page.header("location")), (308, target));
    }
}

#[tokio::test]
async fn only_the_front_page_looks_at_the_browsers_languages() {
    let app = shop("en,de").await;
    let german = ("accept-language", "de-AT,de;q=0.9,en;q=0.5");
    let page = get(&app, "/?page=1", &[german]).await;
    assert_eq!(page.location(), "/de?page=1");
    assert_eq!(page.header("cache-control"), "no-store");
    assert!(page.header("vary").contains("accept-language"));
    for (path, headers) in [
        ("/", vec![]),
        ("/", vec![("accept-language", "fr")]),
        ("/", vec![("accept-language", "\u{1}")]),
        ("/", vec![german, ("cookie", "language=en")]),
        ("/", vec![german, ("cookie", "a=b; language=de")]),
        ("/products/pen", vec![german]),
    ] {
        let headers: Vec<_> = headers
            .into_iter()
            .filter(|(_, value)| !value.contains('\u{1}'))
            .collect();
        assert_eq!(get(&app, path, &headers).await.status, 200, "{headers:?}");
    }
    let one = shop("en").await;
    let page = get(&one, "/", &[german]).await;
    assert_eq!(
        (page.status, page.has("footer [aria-current]")),
        (200, false)
    );
}

#[tokio::test]
async fn the_switch_remembers_the_choice_and_keeps_the_page() {
    let app = shop("en,de").await;
    let page = get(&app, "/products/pen", &[]).await;
    let link = page.attribute("footer a[hreflang=de]", "href").unwrap();
    let switched = get(&app, &link, &[]).await;
    assert_eq!(switched.status, 303);
    assert_eq!(switched.header("location"), "/de/products/pen");
    let cookie = switched.header("set-cookie");
    assert!(cookie.starts_with("language=de; Path=/;"), "{cookie}");
    assert_eq!(switched.header("cache-control"), "no-store");
    let german = get(&app, "/de?page=1", &[]).await;
    let link = german.attribute("footer a[hreflang=en]", "href").unwrap();
    let back = get(&app, &link, &[]).await;
    assert_eq!(back.header("location"), "/?page=1");
    for target in [
        "//evil.example",
        "/%5Cevil.example",
        "https://evil.example",
        "/%2F/evil",
        "javascript:alert(1)",
        "",
    ] {
        let path = format!("/language/de?to={target}");
        let page = get(&app, &path, &[]).await;
        assert_eq!(page.status, 400, "{target}");
        assert!(!page.headers.contains_key("set-cookie"));
    }
    assert_eq!(get(&app, "/language/fr?to=/", &[]).await.status, 404);
}

#[tokio::test]
async fn a_purchase_keeps_its_language() {
    let app = shop("en,de").await;
    app.import("sku,name_de\nPEN,Füller\n", StockMode::OnlyNew)
        .await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/de/products/pen").await.choose(pen, "2");
    let checkout = app.pay(&form).await;
    assert_eq!(checkout.language, "de");
    let session = app.session(&checkout).await;
    assert_eq!(session["locale"], "de");
    let lines = format!("/v1/checkout/sessions/{}/line_items", session_id(&checkout));
    assert_eq!(
        app.stripe_get(&lines).await["data"][0]["description"],
        "Füller"
    );
    let beginning = format!("{}/de/", app.origin);
    for address in ["success_url", "cancel_url"] {
        let address = session[address].as_str().unwrap();
        assert!(address.starts_with(&beginning), "{address}");
    }
    let cancelled = session["cancel_url"].as_str().unwrap();
    let cancelled = app.get(&cancelled[app.origin.len()..]).await;
    assert_eq!(cancelled.text("h1"), "Zahlung abgebrochen");
    let checkout = app.pay(&cancelled.form("/")).await;
    assert_eq!(checkout.language, "de");
    app.pay_by_card(&checkout).await;
    let path = format!("/de/orders/{}", checkout.token.as_str());
    let order = eventually("the paid order", async || {
        let page = app.get(&path).await;
        page.text("h1").contains("ist bezahlt").then_some(page)
    });
    let order = order.await;
    assert!(order.body.contains("10,00\u{a0}€"), "{}", order.body);
    assert!(order.body.contains("Füller"), "{}", order.body);
}

#[tokio::test]
async fn a_refused_form_is_answered_in_its_language() {
    let app = shop("en,de").await;
    let pen = app.variant("PEN").await.id;
    let form = app.form("/de").await;
    let answer = app.refused(&form).await;
    assert!(
        answer.alert().contains("mindestens ein"),
        "{}",
        answer.alert()
    );
    assert_eq!(answer.attribute("html", "lang").unwrap(), "de");
    let many = app.submit(&form.choose(pen, "600")).await;
    assert_refused(&many);
    assert_eq!(many.quantity_error(pen), "Höchstens 5 pro Bestellung.");
    // A language that the shop does not have is the default one.
    let forged = app.form("/de").await.with("language", "xx");
    let answer = app.refused(&forged).await;
    assert_eq!(answer.attribute("html", "lang").unwrap(), "en");
}

#[tokio::test]
async fn an_order_is_searched_for_in_the_visitors_language() {
    let app = shop("en,de").await;
    let page = app.get("/de/orders/find").await;
    assert_eq!(
        page.attribute("main form", "action").unwrap(),
        "/de/orders/find"
    );
    let request = app
        .request("POST", "/de/orders/find")
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin")
        .form(&[("number", ""), ("email", "")]);
    let answer = app.send(request).await;
    assert_eq!(answer.status, 422);
    assert_eq!(answer.attribute("html", "lang").unwrap(), "de");
}
