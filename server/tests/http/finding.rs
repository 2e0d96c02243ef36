//! Finding products: the pages of categories, the search, and the order and pages of their lists.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use shop::catalog::import::StockMode;
use shop::catalog::listing::{self, Among, Sort};
use shop::catalog::search_query::SearchQuery;
use shop::database::Database;
use shop::database::copy::copy;

use crate::test_app::{Form, Page, TestApp};
use crate::test_database::TestDatabase;

const HEADER: &str = "sku,slug,name,description,brand,variant,category,price,currency,stock,active";

/// Products that a search can tell apart.
const PRODUCTS: &str = "\
    CAF-1,cafe,Café au Lait,Strong & smooth.,Søstrene,,Getränke,450,EUR,5,true\n\
    GTEE-100,gruentee,Grüner Tee,Loose leaves.,Uji,100 g,Getränke,900,EUR,0,true\n\
    GTEE-250,gruentee,,,,250 g,,2000,EUR,3,true\n\
    POT,pot,Teapot,\"For tea, coffee & more.\",,,Kitchen & <Co>,3000,EUR,,true\n\
    STR,street-map,Straßenkarte,Shows the way.,,,,700,EUR,0,true\n\
    OLD,old,Old Kettle,Made no more.,,,Kitchen & <Co>,100,EUR,1,false\n";

/// A shop with only these products on sale.
async fn shop_with(rows: &str) -> TestApp {
    let app = TestApp::without_webhooks().await;
    let off_sale = crate::test_app::PRODUCTS.replace(",true", ",false");
    app.import(&off_sale, StockMode::OnlyNew).await;
    app.import(&format!("{HEADER}\n{rows}"), StockMode::OnlyNew)
        .await;
    app
}

async fn shop() -> TestApp {
    shop_with(PRODUCTS).await
}

fn search_path(query: &str) -> String {
    let mut address = url::form_urlencoded::Serializer::new("/search?".to_owned());
    address.append_pair("q", query).finish()
}

async fn search(app: &TestApp, query: &str) -> Page {
    let page = app.get(&search_path(query)).await;
    assert_eq!(page.status, 200, "{query:?}: {}", page.body);
    page
}

/// The names of the products that a search finds, in its order.
async fn found(app: &TestApp, query: &str) -> Vec<String> {
    search(app, query).await.texts("main h3")
}

async fn names(app: &TestApp, path: &str) -> Vec<String> {
    let page = app.get(path).await;
    assert_eq!(page.status, 200, "{path}");
    page.texts("main h3")
}

/// Sends a form with one of its buttons, as a browser does.
async fn press(app: &TestApp, form: &Form, path: &str) -> Page {
    let request = app
        .request("POST", path)
        .header("accept", "text/html")
        .header("origin", &app.origin)
        .header("sec-fetch-site", "same-origin")
        .form(form.fields());
    app.send(request).await
}

// ---- The search ----

#[tokio::test]
async fn a_product_is_found_by_the_beginnings_of_its_words_whatever_their_accents_and_capitals() {
    let app = shop().await;
    for (query, names) in [
        ("cafe", vec!["Café au Lait"]),
        ("CAFÉ lai", vec!["Café au Lait"]),
        ("caf\u{65}\u{301}", vec!["Café au Lait"]),
        ("strasse", vec!["Straßenkarte"]),
        ("STRAẞENK", vec!["Straßenkarte"]),
        // Brand, SKU, variant, category and description.
        ("sostrene", vec!["Café au Lait"]),
        ("GTEE-250", vec!["Grüner Tee"]),
        ("gtee", vec!["Grüner Tee"]),
        ("250 g", vec!["Grüner Tee"]),
        ("getranke uji", vec!["Grüner Tee"]),
        ("kitchen", vec!["Teapot"]),
        ("loose", vec!["Grüner Tee"]),
        // The end of a word does not find it, and every word must be there.
        ("pot tea", vec!["Teapot"]),
        ("apot", vec![]),
        ("tea way", vec![]),
        // Off sale.
        ("kettle", vec![]),
    ] {
        assert_eq!(found(&app, query).await, names, "{query}");
    }
    let page = search(&app, "cafe").await;
    assert_eq!(page.text("h1"), "1 product for “cafe”");
    assert_eq!(page.text("title"), "Search: cafe · Test Shop");
    assert_eq!(page.attribute("#search", "value").as_deref(), Some("cafe"));
    assert_eq!(page.header("x-robots-tag"), "noindex");
    assert_eq!(page.header("cache-control"), "private, no-cache");
}

#[tokio::test]
async fn products_with_the_words_in_their_names_come_first() {
    let app = shop_with(
        "A,a,Towel,Dries a teapot.,,,,100,EUR,,true\n\
         B,b,Teapot Warmer,Keeps it warm.,,,,300,EUR,,true\n\
         C,c,Teapot,\"Small, warms.\",,,,200,EUR,,true\n",
    )
    .await;
    assert_eq!(
        found(&app, "teapot").await,
        ["Teapot Warmer", "Teapot", "Towel"]
    );
    assert_eq!(
        found(&app, "teapot warm").await,
        ["Teapot Warmer", "Teapot"]
    );
    let path = search_path("teapot");
    for (sort, order) in [
        ("name", ["Teapot", "Teapot Warmer", "Towel"]),
        ("price", ["Towel", "Teapot", "Teapot Warmer"]),
        ("newest", ["Teapot", "Teapot Warmer", "Towel"]),
    ] {
        assert_eq!(
            names(&app, &format!("{path}&sort={sort}")).await,
            order,
            "{sort}"
        );
    }
}

#[tokio::test]
async fn if_nothing_is_found_the_page_offers_categories() {
    let app = shop().await;
    for query in ["nonsense", "café nonsense", "🎁", "*"] {
        let page = search(&app, query).await;
        assert_eq!(page.text("h1"), format!("Nothing found for “{query}”"));
        assert_eq!(page.texts("main nav li a"), ["Getränke", "Kitchen & <Co>"]);
        let category = page.attribute("main nav li a", "href").unwrap();
        assert_eq!(names(&app, &category).await, ["Café au Lait", "Grüner Tee"]);
        assert!(!page.has(".pay-bar"));
    }
    let page = app.get("/search").await;
    assert_eq!(
        (page.status, page.text("h1").as_str()),
        (200, "What are you looking for?")
    );
    assert!(page.has("main nav li a"));
}

#[tokio::test]
async fn every_page_has_the_search() {
    let app = shop().await;
    for path in [
        "/",
        "/products/pot",
        "/categories/getraenke",
        "/orders/find",
        "/nowhere",
    ] {
        let page = app.get(path).await;
        let form = "header form[role=search]";
        assert_eq!(
            page.attribute(form, "action").as_deref(),
            Some("/search"),
            "{path}"
        );
        assert_eq!(
            page.attribute(form, "method").as_deref(),
            Some("get"),
            "{path}"
        );
        assert!(page.has("header form[role=search] button"), "{path}");
        assert!(page.has("header label[for=search]"), "{path}");
    }
}

#[tokio::test]
async fn lists_and_the_search_follow_every_import() {
    let app = shop().await;
    let import = async |rows: &str| {
        app.import(&format!("{HEADER}\n{rows}"), StockMode::Set)
            .await;
    };
    import("POT,pot,Kännchen,For tea.,Ada,,Getränke,100,EUR,,true\n").await;
    assert_eq!(found(&app, "teapot").await, [""; 0]);
    assert_eq!(found(&app, "kannchen ada getranke").await, ["Kännchen"]);
    assert_eq!(
        names(&app, "/categories/getraenke?sort=price").await,
        ["Kännchen", "Café au Lait", "Grüner Tee"]
    );
    let page = app.get("/categories/kitchen-co").await;
    assert_eq!(page.status, 200);
    assert!(
        page.text("main")
            .contains("There is nothing for sale in this category")
    );
    // Off sale, and on sale again.
    import("POT,pot,Kännchen,For tea.,Ada,,Getränke,100,EUR,,false\n").await;
    assert_eq!(found(&app, "kannchen").await, [""; 0]);
    import("POT,pot,Kännchen,For tea.,Ada,,Getränke,100,EUR,,true\n").await;
    assert_eq!(found(&app, "kannchen").await, ["Kännchen"]);
    // A variant that moves to another product is found there.
    import("GTEE-250,matcha,Matcha,Powder.,,250 g,Getränke,1900,EUR,3,true\n").await;
    assert_eq!(found(&app, "GTEE-250").await, ["Matcha"]);
    assert_eq!(found(&app, "GTEE-100").await, ["Grüner Tee"]);
}

#[tokio::test]
async fn a_copy_of_the_shop_finds_what_the_shop_does() {
    let app = shop().await;
    let folder = tempfile::tempdir().unwrap();
    let target = TestDatabase::migrated(folder.path());
    let target = Database::open(target.url()).await.unwrap();
    server::application::migrate(&target).await.unwrap();
    copy(&app.shop.database, &target, |_, _| {}).await.unwrap();
    let query = SearchQuery::parse("grüner t");
    for database in [&app.shop.database, &target] {
        let found = listing::page(
            database.reader(),
            Among::Search(&query),
            Sort::Name,
            false,
            1,
            locale::Language::default(),
        )
        .await;
        let found = found.unwrap().unwrap();
        assert_eq!(
            (found.products, found.page.products[0].slug.as_str()),
            (1, "gruentee")
        );
    }
}

// ---- Categories ----

#[tokio::test]
async fn a_category_has_a_page_with_its_products_in_the_chosen_order() {
    let app = shop().await;
    let page = app.get("/categories/getraenke").await;
    assert_eq!((page.status, page.text("h1").as_str()), (200, "Getränke"));
    assert_eq!(page.text("title"), "Getränke · Test Shop");
    assert_eq!(page.text("main .lead"), "2 products");
    assert_eq!(page.texts("main h3"), ["Café au Lait", "Grüner Tee"]);
    let path = "/categories/getraenke?sort=newest";
    assert_eq!(names(&app, path).await, ["Grüner Tee", "Café au Lait"]);
    // Each order and the filter are buttons whose targets are addresses.
    let mut targets = Vec::new();
    for label in page.texts(".list-controls button") {
        let number = targets.len();
        let button = scraper::Html::parse_document(&page.body);
        let selector = scraper::Selector::parse(".list-controls button").unwrap();
        let button = button.select(&selector).nth(number).unwrap();
        targets.push((label, button.attr("formaction").unwrap().to_owned()));
    }
    let targets: Vec<_> = targets
        .iter()
        .map(|(label, to)| (label.as_str(), to.as_str()))
        .collect();
    assert_eq!(
        targets,
        [
            ("Recommended", "/categories/getraenke"),
            ("Name", "/categories/getraenke?sort=name"),
            ("Lowest price", "/categories/getraenke?sort=price"),
            ("Newest", "/categories/getraenke?sort=newest"),
            ("In stock only", "/categories/getraenke?in_stock=1"),
        ]
    );
    for unknown in [
        "/categories/nothing",
        "/categories/",
        "/categories/a/b",
        "/categories/%00",
    ] {
        assert_eq!(app.get(unknown).await.status, 404, "{unknown}");
    }
    let with_full_stop = app.get("/categories/getraenke.").await;
    assert_eq!(with_full_stop.header("location"), "/categories/getraenke");
}

#[tokio::test]
async fn the_catalog_leads_to_categories() {
    let app = shop().await;
    let page = app.get("/").await;
    assert_eq!(
        page.texts("h2"),
        ["Getränke", "Kitchen & <Co>", "Other products"]
    );
    let links = page.texts("h2 a[href^='/categories/']");
    assert_eq!(links, ["Getränke", "Kitchen & <Co>"]);
    // On one page, the links above lead to its parts: what was typed stays.
    assert_eq!(
        page.attribute(".category-links a", "href").as_deref(),
        Some("#category-0")
    );
    let several = format!(
        "{}\nX,x,Other,,,,Stuff,100,EUR,2,true\n",
        many(60).trim_end()
    );
    let page = shop_with(&several).await.get("/").await;
    for category in ["things", "stuff"] {
        let link = format!(".category-links a[href='/categories/{category}']");
        assert!(page.has(&link), "{category}");
    }
    // A list of one leads nowhere else.
    let page = shop_with(&many(60)).await.get("/").await;
    assert!(!page.has(".category-links"));
}

#[tokio::test]
async fn only_what_can_be_bought_now_is_listed_if_chosen() {
    let app = shop_with(
        "A,a,Counted,,,,Things,100,EUR,2,true\n\
         B,b,Uncounted,,,,Things,200,EUR,,true\n\
         C,c,Sold Out,,,,Things,300,EUR,0,true\n\
         D-1,d,Partly,,,1,Things,400,EUR,0,true\n\
         D-2,d,,,,2,,500,EUR,1,true\n",
    )
    .await;
    let path = "/categories/things?in_stock=1";
    assert_eq!(names(&app, path).await, ["Counted", "Uncounted", "Partly"]);
    // Units that another shopper has reserved cannot be bought now.
    app.begin(&[("A", 2)]).await;
    assert_eq!(names(&app, path).await, ["Uncounted", "Partly"]);
    let page = app.get("/search?q=sold&in_stock=1").await;
    assert!(
        page.text("main")
            .contains("None of these products is in stock at the moment.")
    );
    let button = ".list-controls button[formaction='/search?q=sold']";
    assert_eq!(page.text(button), "In stock only");
    assert_eq!(
        page.attribute(button, "aria-pressed").as_deref(),
        Some("true")
    );
}

/// Rows of this many products of one category.
fn many(count: usize) -> String {
    let mut rows = String::new();
    for number in 1..=count {
        let price = 1_000 - number;
        writeln!(
            rows,
            "M{number},m-{number},Thing {number},,,,Things,{price},EUR,9,true"
        )
        .unwrap();
    }
    rows
}

#[tokio::test]
async fn long_lists_have_pages_of_48() {
    let app = shop_with(&many(100)).await;
    for path in ["/categories/things", "/search?q=thing"] {
        let with = |query: &str| match path.contains('?') {
            true => format!("{path}&{query}"),
            false => format!("{path}?{query}"),
        };
        let mut all = Vec::new();
        for (number, expected) in [(1, 48), (2, 48), (3, 4)] {
            let page = app.get(&with(&format!("sort=price&page={number}"))).await;
            assert_eq!(page.text(".page-links span"), format!("Page {number} of 3"));
            let found = page.texts("main h3");
            assert_eq!(found.len(), expected, "{path} {number}");
            all.extend(found);
        }
        let cheapest_first: Vec<_> = (1..=100)
            .rev()
            .map(|number| format!("Thing {number}"))
            .collect();
        assert_eq!(all, cheapest_first, "{path}");
        for bad in [
            "0",
            "-1",
            "4",
            "x",
            "1000000000",
            "99999999999999999999",
            "1e3",
            "",
        ] {
            let page = app.get(&with(&format!("page={bad}"))).await;
            assert_eq!(
                (page.status, page.text("h1").as_str()),
                (404, "Page not found"),
                "{bad}"
            );
        }
        // Crawlers follow links; shoppers press buttons.
        let second = app.get(&with("sort=price&page=2")).await;
        for (rel, page) in [("prev", ""), ("next", "&page=3")] {
            let target = format!("{}{page}", with("sort=price"));
            let link = format!(".page-links a[rel={rel}]");
            assert_eq!(second.attribute(&link, "href"), Some(target.clone()));
            assert!(second.has(&format!(".page-links button[formaction='{target}']")));
        }
    }
}

// ---- What was typed ----

#[tokio::test]
async fn buttons_for_another_order_or_page_keep_what_was_typed() {
    let app = shop_with(&many(100)).await;
    let (first, last) = (app.variant("M1").await.id, app.variant("M100").await.id);
    for path in ["/", "/categories/things", "/search?q=thing"] {
        let form = app.form(path).await.choose(first, "3");
        let next = app
            .get(path)
            .await
            .attribute(".page-links button", "formaction")
            .unwrap();
        let page = press(&app, &form, &next).await;
        assert_eq!(page.status, 200, "{next}");
        assert_eq!(page.header("cache-control"), "no-store");
        assert!(page.text(".page-links span").starts_with("Page 2 of"));
        assert_eq!(page.quantity(first), "3");
        assert!(page.texts("main h2").contains(&"Your selection".to_owned()));
        assert!(!page.has("[role=alert]"));
        // Invalid quantities are kept as well, until the form is sent to pay.
        let form = page.form(&next).choose(last, "999").choose(first, "2");
        assert_eq!(form.field("from"), Some(next.as_str()));
        let page = app.refused(&form).await;
        assert_ne!(page.quantity_error(last), "");
        assert_eq!(
            (page.quantity(first), page.quantity(last)),
            ("2".to_owned(), "999".to_owned())
        );
        assert!(
            page.text(".page-links span").starts_with("Page 2 of"),
            "the same page"
        );
        let checkout = app.pay(&page.form(&next).choose(last, "1")).await;
        assert_eq!(checkout.amount_subtotal, 2 * 999 + 900);
    }
}

#[tokio::test]
async fn a_form_from_another_website_is_not_shown_again() {
    let app = shop().await;
    let pot = app.variant("POT").await.id;
    for path in ["/", "/categories/getraenke?sort=name", "/search?q=tea"] {
        let request = app
            .request("POST", path)
            .header("accept", "text/html")
            .header("origin", "https://evil.example")
            .header("sec-fetch-site", "cross-site")
            .form(&[(format!("quantity[{pot}]"), "7")]);
        let page = app.send(request).await;
        assert_eq!(page.status, 403, "{path}");
        assert!(page.alert().contains("came from another website"));
        assert_eq!(page.quantity(pot), "");
    }
}

// ---- Bad input ----

/// What people and scanners type.
fn bad_input() -> Vec<String> {
    let mut bad: Vec<String> = [
        "\"",
        "*",
        "\"\"",
        "NEAR(",
        "NEAR(a b, 5)",
        "OR",
        "AND",
        "NOT",
        "a OR",
        "a AND (",
        "-a",
        "^a",
        "a:b",
        "search_text:a",
        "{a b}:c",
        "a + b",
        "(",
        ")",
        "'",
        "''",
        "\\",
        "%",
        "_",
        "&",
        "|",
        "!",
        "<->",
        "a:*",
        "'a':*",
        "a & !b",
        "\0",
        "a\0b",
        "\u{1}\u{7}\u{1b}[31m",
        "\r\nset-cookie: x",
        "' OR 1=1 --",
        "'; DROP TABLE product; --",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title><script>",
        "{{7*7}}",
        "${x}",
        "../../etc/passwd",
        "🎁🎁",
        "👩‍👩‍👧‍👦 tea",
        "שלום",
        "مرحبا بالعالم",
        "日本語",
        "नमस्ते",
        "ก็",
        "\u{202e}evil\u{202c}",
        "\u{fdfa}",
        "\u{feff}",
        "e\u{301}\u{301}\u{301}",
        "ﬃ",
        "½ ² Ⅷ",
        "1e5 0x1F -1.5 1.2.3.4 a@b.example",
        "http://a.example/b?c=d",
        "a b c d e f g h i j k l m n",
    ]
    .map(str::to_owned)
    .to_vec();
    bad.push("x".repeat(300));
    bad.push("🎁".repeat(300));
    bad.push("tea ".repeat(2_500));
    bad.push("NEAR(a b) ".repeat(500));
    bad.push("\"*".repeat(1_000));
    bad
}

#[tokio::test]
async fn no_input_is_an_error_and_nothing_is_shown_unescaped() {
    let app = shop().await;
    for bad in bad_input() {
        let page = search(&app, &bad).await;
        for raw in ["<script>alert", "<img src=x", "</title><script>"] {
            assert!(!page.body.contains(raw), "{bad:?}");
        }
        if bad.len() > 1_000 {
            continue;
        }
        let encoded = search_path(&bad)
            .trim_start_matches("/search?q=")
            .to_owned();
        for path in [
            format!("/search?q=tea&sort={encoded}&in_stock={encoded}&x={encoded}"),
            format!("/categories/getraenke?sort={encoded}&in_stock={encoded}&q={encoded}"),
        ] {
            let page = app.get(&path).await;
            assert_eq!(page.status, 200, "{path}");
            assert!(!page.texts("main h3").is_empty(), "{path}");
        }
        let page = app.get(&format!("/search?q=tea&page={encoded}")).await;
        assert_eq!(page.status, 404, "{bad:?}");
    }
    for (path, status) in [
        ("/search?q=%ff%fe%zz%", 200),
        ("/search?q", 200),
        ("/search?&&&=&q=tea&q=x", 200),
        ("/search?q[]=tea", 200),
        ("/categories/%3Cb%3Ex?sort=%ff", 404),
        ("/categories/getraenke?page=%ff", 404),
    ] {
        assert_eq!(app.get(path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn products_with_any_name_are_found_by_it() {
    let long = "x".repeat(250);
    let names = [
        "שלום עולם",
        "مرحبا بالعالم",
        "日本語ノート",
        "नमस्ते दुनिया",
        "สวัสดี",
        "Ελλάς",
        "İstanbul",
        "Ǆ ǅ ǆ",
        "ﬁre ½ ² Ⅷ",
        "1e5 0x1F 007 3.14",
        "a@b.example",
        "Cookies & <3",
        "🎁 Gift",
        &long,
    ];
    let mut rows = String::new();
    for (number, name) in names.iter().enumerate() {
        writeln!(rows, "N{number},n-{number},{name},,,,,100,EUR,,true").unwrap();
    }
    let app = shop_with(&rows).await;
    for name in names {
        let page = search(&app, name).await;
        assert_eq!(page.texts("main h3"), [name], "{name}");
    }
}

#[tokio::test]
async fn whatever_is_searched_for_the_database_answers() {
    let app = shop().await;
    let mut runner = TestRunner::deterministic();
    let any = prop_oneof![
        any::<String>(),
        "\\PC{0,40}",
        "[a-z\"*()':&|!^ -]{0,20}",
        "(NEAR|AND|OR|NOT|\"|\\*| |tea){0,8}",
    ];
    for _ in 0..300 {
        let typed = any.new_tree(&mut runner).unwrap().current();
        let query = SearchQuery::parse(&typed);
        for sort in Sort::ALL {
            let found = listing::page(
                app.shop.database.reader(),
                Among::Search(&query),
                sort,
                true,
                1,
                locale::Language::default(),
            )
            .await;
            assert!(found.unwrap().is_some(), "{typed:?}");
        }
    }
}
