//! `till import`, run as the owner runs it, and the demo catalog.

use std::collections::BTreeSet;

use sea_orm::EntityTrait;
use sea_orm::QueryOrder;
use shop::catalog::import::StockMode;
use shop::catalog::price_changes;
use shop::entity::{category, picture, product, variant};

use crate::test_app::{PRODUCTS, TestApp, assets, event, import_text, paid_session};
use crate::till_binary::Till;

const DEMO: &str = include_str!("../../demo/products.csv");
const DEMO_SALE: &str = include_str!("../../demo/sale.csv");

/// Imports a file and returns what has changed, without the summary of the file.
fn outcome(till: &Till, file: &str, options: &[&str]) -> String {
    let output = till.import(file, options).unwrap();
    let (changes, _) = output.split_once("\n8 products with 8 variants").unwrap();
    changes.to_owned()
}

/// All products by their positions, each with its variants.
async fn products(till: &Till) -> Vec<(product::Model, Vec<variant::Model>)> {
    let database = till.database().await;
    let all = product::Entity::find().order_by_asc(product::Column::Position);
    let products = all.all(database.reader()).await.unwrap();
    let all = variant::Entity::find().order_by_asc(variant::Column::Position);
    let variants = all.all(database.reader()).await.unwrap();
    database.close().await.unwrap();
    let of = |product: &product::Model| {
        let variants = variants.iter().cloned();
        variants
            .filter(|variant| variant.product_id == product.id)
            .collect()
    };
    products
        .into_iter()
        .map(|product| (product.clone(), of(&product)))
        .collect()
}

/// The variant with this SKU, and its product.
fn by_sku(
    products: &[(product::Model, Vec<variant::Model>)],
    sku: &str,
) -> (product::Model, variant::Model) {
    let mut all = products
        .iter()
        .flat_map(|(product, variants)| variants.iter().map(move |variant| (product, variant)));
    let (product, variant) = all.find(|(_, variant)| variant.sku == sku).unwrap();
    (product.clone(), variant.clone())
}

#[tokio::test]
async fn the_first_import_creates_and_the_second_changes_nothing() {
    let till = Till::new();
    assert_eq!(
        outcome(&till, PRODUCTS, &[]),
        "8 created, 0 updated, 0 unchanged"
    );
    let before = products(&till).await;
    assert_eq!(
        outcome(&till, PRODUCTS, &[]),
        "0 created, 0 updated, 8 unchanged"
    );
    assert_eq!(products(&till).await, before);
}

#[tokio::test]
async fn a_changed_line_updates_its_product_and_no_other() {
    let till = Till::new();
    till.import(PRODUCTS, &[]).unwrap();
    let changed = PRODUCTS.replace("Green Pen,Writes.,500", "Blue Pen,Writes.,550");
    assert_eq!(
        outcome(&till, &changed, &[]),
        "0 created, 1 updated, 7 unchanged"
    );
    let (product, pen) = by_sku(&products(&till).await, "PEN");
    assert_eq!(
        (product.name.as_str(), pen.price, pen.stock),
        ("Blue Pen", 550, Some(40))
    );
}

#[tokio::test]
async fn a_bad_file_is_rejected_with_line_and_column_and_writes_nothing() {
    let till = Till::new();
    till.import(PRODUCTS, &[]).unwrap();
    let before = products(&till).await;
    let bad = PRODUCTS
        .replace("Green Pen,Writes.,500", "Red Pen,Writes.,5.00")
        .replace("STICKER,sticker", "STICKER,Sticker 1");
    let message = till.import(&bad, &[]).unwrap_err();
    assert!(message.contains("nothing was imported"), "{message}");
    assert!(
        message.contains("line 2, column price: must be a whole number"),
        "{message}"
    );
    // The description of the product above is three lines long.
    assert!(
        message.contains("line 10, column slug: may hold lower-case letters"),
        "{message}"
    );
    assert_eq!(products(&till).await, before);
}

#[tokio::test]
async fn a_file_without_its_columns_or_a_missing_file_is_reported() {
    let till = Till::new();
    let message = till.import("slug,name\nA,B\n", &[]).unwrap_err();
    assert!(
        message.contains("line 1, column sku: is missing"),
        "{message}"
    );
    // A new product also needs the columns without which it cannot be sold.
    let message = till.import("sku,name\nA,B\n", &[]).unwrap_err();
    assert!(
        message.contains("line 2, column sku: is not known"),
        "{message}"
    );
    // The error is reported once.
    let header = PRODUCTS.lines().next().unwrap();
    let message = till.import(&format!("{header}\nA,B\n"), &[]).unwrap_err();
    assert!(message.contains("line 2: has 2 cells"), "{message}");
    assert_eq!(message.matches("2 cells").count(), 1, "{message}");
    let output = till.run(&["import", "/nowhere/products.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("could not read /nowhere/products.csv: No such file"),
        "{message}"
    );
}

#[tokio::test]
async fn shipping_rates_that_do_not_fit_the_import_are_reported_and_the_products_stay() {
    let till = Till::new();
    let path = till.folder.path().join("products.csv");
    // Stripe accepts whole crowns only.
    let icelandic = "sku,slug,name,description,price,currency,stock,max_per_order,image,\
        category,position,active\n\
        INK,ink,Ink,,50000,ISK,,1,,Desk,10,true\n";
    std::fs::write(&path, icelandic).unwrap();
    assert!(till.run(&["migrate"]).status.success());
    let mut command = till.command(&["import", path.to_str().unwrap()]);
    command
        .env("SHIPPING_COUNTRIES", "IS")
        .env("SHIPPING_RATES", "Standard:490");
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("the products were imported"), "{message}");
    assert!(
        message.contains("490 is not an amount in isk") && message.contains("a multiple of 100"),
        "{message}"
    );
    assert!(
        String::from_utf8(output.stdout)
            .unwrap()
            .contains("1 created")
    );
    assert_eq!(products(&till).await.len(), 1);
    command.env("SHIPPING_RATES", "Standard:50000");
    assert!(command.output().unwrap().status.success());
}

#[tokio::test]
async fn stock_is_set_once_and_later_only_when_asked_for() {
    let till = Till::new();
    till.import(PRODUCTS, &[]).unwrap();
    let more = PRODUCTS
        .replace("500,EUR,40", "500,EUR,90")
        .replace("5400,EUR,0", "5400,EUR,");
    assert_eq!(
        outcome(&till, &more, &[]),
        "0 created, 0 updated, 8 unchanged\nthe file gives a different stock for 2 variants, \
         which was not changed: use --stock to set it"
    );
    assert_eq!(
        outcome(&till, &more, &["--stock"]),
        "0 created, 2 updated, 6 unchanged"
    );
    let after = products(&till).await;
    let stock = |sku: &str| by_sku(&after, sku).1.stock;
    assert_eq!((stock("PEN"), stock("BOARD")), (Some(90), None));
}

#[tokio::test]
async fn an_import_after_sales_restores_no_stock() {
    let app = TestApp::without_webhooks().await;
    let checkout = app.begin(&[("PEN", 2)]).await;
    app.deliver(&event(
        "checkout.session.completed",
        &paid_session(&checkout),
    ))
    .await;
    app.begin(&[("PEN", 3)]).await;
    let report = app.import(PRODUCTS, StockMode::OnlyNew).await;
    assert_eq!(
        (report.created, report.updated, report.unchanged),
        (0, 0, 8)
    );
    assert_eq!(app.held_and_stock("PEN").await, (3, Some(38)));
}

#[tokio::test]
async fn stock_is_never_set_below_what_is_held() {
    let till = Till::new();
    till.import(PRODUCTS, &[]).unwrap();
    {
        let database = till.database().await;
        let transaction = database.begin_write("test").await.unwrap();
        let held = sea_orm::sea_query::Expr::value(3);
        let hold = variant::Entity::update_many().col_expr(variant::Column::Held, held);
        let pens = sea_orm::ColumnTrait::eq(&variant::Column::Sku, "PEN");
        sea_orm::QueryFilter::filter(hold, pens)
            .exec(&transaction)
            .await
            .unwrap();
        transaction.commit().await.unwrap();
        database.close().await.unwrap();
    }
    let fewer = PRODUCTS.replace("500,EUR,40", "500,EUR,2");
    // The file's other products are still imported.
    let fewer = fewer.replace("5400,EUR,0", "5400,EUR,7");
    assert_eq!(
        outcome(&till, &fewer, &["--stock"]),
        "0 created, 2 updated, 6 unchanged\nPEN: the file says 2, but unpaid checkouts hold 3: \
         the stock was set to 3"
    );
    let set = products(&till).await;
    let stock = |sku: &str| by_sku(&set, sku).1.stock;
    assert_eq!((stock("PEN"), stock("BOARD")), (Some(3), Some(7)));
    let as_many = fewer.replace("500,EUR,2", "500,EUR,3");
    assert_eq!(
        outcome(&till, &as_many, &["--stock"]),
        "0 created, 0 updated, 8 unchanged"
    );
}

#[tokio::test]
async fn the_demo_catalog_shows_everything_that_a_shop_can_have() {
    let till = Till::new();
    till.import(DEMO, &[]).unwrap();
    till.import(DEMO_SALE, &[]).unwrap();
    let products = products(&till).await;
    assert!(products.len() >= 16, "{}", products.len());
    let categories: BTreeSet<_> = products
        .iter()
        .map(|(product, _)| product.category_id.unwrap())
        .collect();
    assert_eq!(categories.len(), 3);
    let any = |what: &str, is: &dyn Fn(&product::Model, &variant::Model) -> bool| {
        let mut all = products.iter();
        assert!(
            all.any(|(product, variants)| variants.iter().any(|variant| is(product, variant))),
            "{what}"
        );
    };
    any("sold out", &|_, variant| variant.stock == Some(0));
    any("stock 3", &|_, variant| variant.stock == Some(3));
    any("two an order", &|_, variant| variant.max_per_order == 2);
    any("no stock limit", &|_, variant| variant.stock.is_none());
    any("a brand", &|product, _| !product.brand.is_empty());
    any("a GTIN", &|_, variant| variant.gtin.is_some());
    any("umlauts", &|product, _| {
        product.name.contains(['ä', 'ö', 'ü'])
    });
    any("a unit price", &|_, variant| {
        variant.content_amount.is_some()
    });
    any("a sale", &|_, variant| variant.sale_price.is_some());
    any("variants", &|_, variant| !variant.name.is_empty());
    any("quotes", &|product, _| product.name.contains('"'));
    any("an ampersand", &|product, _| product.name.contains('&'));
    any("a long description", &|product, _| {
        product.description.len() > 500
    });
    let database = till.database().await;
    let named = category::Entity::find().all(database.reader()).await;
    assert!(
        named
            .unwrap()
            .iter()
            .all(|category| !category.name.is_empty())
    );
    let pictures = picture::Entity::find()
        .all(database.reader())
        .await
        .unwrap();
    database.close().await.unwrap();
    for (product, _) in &products {
        let picture = pictures
            .iter()
            .find(|picture| picture.product_id == product.id);
        let file = assets().join(picture.unwrap().address.trim_start_matches('/'));
        assert!(
            file.is_file(),
            "{} has no picture at {}",
            product.name,
            file.display()
        );
    }
}

/// Three sizes of a coffee and two of a shirt.
const SIZES: &str = "slug,name,category,variant,sku,price,currency,active\n\
    coffee,Coffee,Pantry,250 g,C-250,450,EUR,true\n\
    coffee,,,500 g,C-500,850,EUR,true\n\
    coffee,,,1 kg,C-1000,1600,EUR,true\n\
    shirt,Shirt,Clothes,S,T-S,2000,EUR,true\n\
    shirt,,,M,T-M,2100,EUR,true\n";

fn with_sizes() -> Till {
    let till = Till::new();
    assert_eq!(changes(&till, SIZES), "2 created, 0 updated, 0 unchanged");
    till
}

/// The first line of an import's output: how many products have changed.
fn changes(till: &Till, file: &str) -> String {
    let output = till.import(file, &[]).unwrap();
    output.lines().next().unwrap().to_owned()
}

fn export(till: &Till) -> String {
    let output = till.run(&["export", "products"]);
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// Exports the products, and imports them again: that changes nothing.
fn reimport(till: &Till, products: usize) {
    let exported = export(till);
    assert_eq!(
        changes(till, &exported),
        format!("0 created, 0 updated, {products} unchanged"),
        "{exported}"
    );
    assert_eq!(export(till), exported);
}

#[tokio::test]
async fn a_sale_keeps_the_regular_price_and_an_export_of_it_changes_nothing() {
    let till = with_sizes();
    let dated = "sku,sale_price,sale_from,currency\nT-S,1500,2031-01-01,EUR\n";
    for (file, regular, reduced) in [
        ("sku,sale_price,currency\nT-S,1800,EUR\n", 2000, Some(1800)),
        // A sale with dates instead.
        (dated, 2000, Some(1500)),
        ("sku,price,currency\nT-S,1900,EUR\n", 1900, Some(1500)),
        // Without a sale that would be no reduction.
        ("sku,price,currency\nT-S,1500,EUR\n", 1500, None),
        ("sku,sale_price,currency\nT-S,1000,EUR\n", 1500, Some(1000)),
        ("sku,sale_price,currency\nT-S,,EUR\n", 1500, None),
    ] {
        assert_eq!(changes(&till, file), "0 created, 1 updated, 0 unchanged");
        let (_, small) = by_sku(&products(&till).await, "T-S");
        assert_eq!(
            (small.price, small.sale_price),
            (regular, reduced),
            "{file}"
        );
        reimport(&till, 2);
    }
    let message = till
        .import("sku,Sale price decimal,currency\nT-S,15.00,EUR\n", &[])
        .unwrap_err();
    assert!(
        message.contains(
            "line 2, column Sale price decimal: must be below the regular price of €15.00, not \
             €15.00"
        ),
        "{message}"
    );
}

#[tokio::test]
async fn two_new_products_of_one_are_two_products() {
    let till = with_sizes();
    let divided = "slug,name,sku\nsmall-shirt,Small Shirt,T-S\nmiddle-shirt,Middle Shirt,T-M\n";
    assert_eq!(changes(&till, divided), "1 created, 1 updated, 0 unchanged");
    assert_eq!(changes(&till, divided), "0 created, 0 updated, 2 unchanged");
    let all = products(&till).await;
    for (sku, slug) in [("T-S", "small-shirt"), ("T-M", "middle-shirt")] {
        assert_eq!(by_sku(&all, sku).0.slug, slug);
    }
}

#[tokio::test]
async fn a_new_slug_of_some_variants_is_a_new_product_and_leaves_the_others() {
    let till = with_sizes();
    let message = till
        .import("slug,sku,variant\nbag,C-1000,\n", &[])
        .unwrap_err();
    assert!(
        message.contains("line 2, column name: is missing, and there is no product \"bag\" yet"),
        "{message}"
    );
    let bag = "slug,name,sku\nbag,Bag of Coffee,C-1000\n";
    assert_eq!(changes(&till, bag), "1 created, 0 updated, 0 unchanged");
    let all = products(&till).await;
    let (bag, large) = by_sku(&all, "C-1000");
    assert_eq!((bag.slug.as_str(), large.price), ("bag", 1600));
    assert_eq!(by_sku(&all, "C-250").0.slug, "coffee");
    reimport(&till, 3);
}

#[tokio::test]
async fn the_page_of_a_product_without_variants_redirects_to_where_they_went() {
    let app = TestApp::start().await;
    app.import(SIZES, StockMode::Set).await;
    let renamed = SIZES.replace("shirt,", "tee,");
    app.import(&renamed, StockMode::Set).await;
    // Into a product that is there: the old one keeps its slug, and is off sale.
    let moved = "slug,sku,variant\ncoffee,T-S,Small Shirt\ncoffee,T-M,Middle Shirt\n";
    app.import(moved, StockMode::Set).await;
    for old in ["/products/shirt", "/products/tee"] {
        let page = app.get(old).await;
        assert_eq!(
            (page.status, page.header("location")),
            (308, "/products/coffee")
        );
    }
    // And back: the page is the product's own again.
    app.import(&renamed, StockMode::Set).await;
    assert_eq!(app.get("/products/tee").await.text("h1"), "Shirt");
}

#[tokio::test]
async fn rows_without_a_slug_are_one_change_of_their_product() {
    let till = with_sizes();
    let rows = "sku,name,category,active\n\
        C-250,Coffee,Drinks,false\nT-M,,Clothes,\nC-1000,,,false\nC-500,,,false\n";
    assert_eq!(changes(&till, rows), "0 created, 1 updated, 1 unchanged");
    assert_eq!(changes(&till, rows), "0 created, 0 updated, 2 unchanged");
    let all = products(&till).await;
    let (coffee, _) = by_sku(&all, "C-500");
    assert!(!coffee.active && coffee.category_id.is_some());
    // The order of such rows is not that of the variants.
    let skus: Vec<_> = all[0].1.iter().map(|variant| &*variant.sku).collect();
    assert_eq!(skus, ["C-250", "C-500", "C-1000"]);
    let names = "sku,variant\nT-S,M\nT-M,S\n";
    assert_eq!(changes(&till, names), "0 created, 1 updated, 0 unchanged");
    reimport(&till, 2);
}

#[tokio::test]
async fn variants_are_sorted_by_a_file_that_has_all_of_them() {
    let till = with_sizes();
    let order = async || -> Vec<String> {
        let all = products(&till).await;
        let coffee = by_sku(&all, "C-250").0.id;
        let (_, variants) = all
            .iter()
            .find(|(product, _)| product.id == coffee)
            .unwrap();
        variants.iter().map(|variant| variant.sku.clone()).collect()
    };
    let some = "slug,sku,variant\ncoffee,C-1000,1 kg\ncoffee,C-250,250 g\n";
    assert_eq!(changes(&till, some), "0 created, 0 updated, 1 unchanged");
    let new = "slug,sku,variant,price,currency\n\
        coffee,C-50,50 g,100,EUR\ncoffee,C-250,250 g,450,EUR\n";
    assert_eq!(changes(&till, new), "0 created, 1 updated, 0 unchanged");
    assert_eq!(order().await, ["C-250", "C-500", "C-1000", "C-50"]);
    let all = "slug,sku,variant\n\
        coffee,C-50,50 g\ncoffee,C-250,250 g\ncoffee,C-500,500 g\ncoffee,C-1000,1 kg\n";
    assert_eq!(changes(&till, all), "0 created, 1 updated, 0 unchanged");
    assert_eq!(order().await, ["C-50", "C-250", "C-500", "C-1000"]);
    reimport(&till, 2);
}

#[tokio::test]
async fn what_does_not_fit_the_stored_variants_is_named_with_its_row() {
    let till = with_sizes();
    let long = "x".repeat(240);
    for (file, said) in [
        (
            "slug,sku,variant,price,currency\nshirt,T-S,S,2000,EUR\nshirt,T-L,m,2000,EUR\n",
            "line 3, column variant: is \"m\" for two variants of the product",
        ),
        (
            "sku,variant\nT-S,Small\nT-M,\n",
            "line 3, column variant: is empty for the SKU \"T-M\"",
        ),
        (
            "sku,price,currency\nT-M,2000,USD\n",
            "line 2, column currency: is EUR for the SKU \"T-S\", but USD for the SKU \"T-M\"",
        ),
        (
            "slug,sku,variant,Price decimal,currency\nshirt,T-S,S,20,EUR\nshirt,T-L,L,,EUR\n",
            "line 3, column Price decimal: must not be empty",
        ),
        (
            "slug,sku,variant\nshirt,T-S,S\nshirt,T-L,L\n",
            "line 3, column price: is missing, and no variant has the SKU \"T-L\" yet",
        ),
        (
            format!("sku,variant\nC-250,a\nT-M,{long}12345\n").as_str(),
            "line 3, column variant: makes a name of 252 characters with that of the product",
        ),
        (
            "sku,image_alt\nT-S,Front\n",
            "line 2, column image_alt: describes pictures, so it also needs the column image",
        ),
    ] {
        let message = till.import(file, &[]).unwrap_err();
        assert!(message.contains(said), "{message}");
    }
}

#[tokio::test]
async fn a_product_has_at_most_250_variants() {
    let app = TestApp::start().await;
    let header = "slug,name,sku,variant,price,currency\n";
    let rows = |numbers: std::ops::Range<u32>| {
        let rows = numbers.map(|number| format!("ring,Ring,R-{number},{number} mm,100,EUR\n"));
        format!("{header}{}", rows.collect::<String>())
    };
    app.import(&rows(0..250), StockMode::Set).await;
    for too_many in [rows(250..251), rows(0..251)] {
        let refused = import_text(&app.shop.database, &too_many, StockMode::Set)
            .await
            .unwrap_err();
        let message = refused.to_string();
        assert!(
            message.contains("column sku: is that of one of 251 variants"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn pictures_keep_their_texts_unless_the_file_has_that_column() {
    let till = with_sizes();
    changes(&till, "sku,image,image_alt\nT-S,a.jpg|b.jpg,Front|Back\n");
    let output = till
        .import("sku,image\nT-S,b.jpg|c.jpg|b.jpg\n", &[])
        .unwrap();
    let folder = till.folder.path().join("data/pictures");
    let missing = format!(
        "2 pictures are missing in {}: b.jpg, c.jpg",
        folder.display()
    );
    assert!(output.contains(&missing), "{output}");
    assert!(
        export(&till).contains("/pictures/b.jpg|/pictures/c.jpg|/pictures/b.jpg,Back||Back,"),
        "{}",
        export(&till)
    );
    changes(&till, "sku,image,image_alt\nT-S,b.jpg,\n");
    assert!(export(&till).contains("/pictures/b.jpg,,"));
}

#[tokio::test]
async fn categories_with_similar_names_get_different_addresses() {
    let till = Till::new();
    let file = "slug,name,category,sku,price,currency\n\
        a,A,Tea,A,100,EUR\nb,B,Tea!,B,100,EUR\nc,C,Téa,C,100,EUR\nd,D,!,D,100,EUR\n\
        e,E,?,E,100,EUR\n";
    assert_eq!(changes(&till, file), "5 created, 0 updated, 0 unchanged");
    let database = till.database().await;
    let all = category::Entity::find().order_by_asc(category::Column::Id);
    let all = all.all(database.reader()).await.unwrap();
    database.close().await.unwrap();
    let slugs: Vec<_> = all.iter().map(|category| category.slug.as_str()).collect();
    assert_eq!(slugs, ["tea", "tea-2", "tea-3", "category", "category-2"]);
    reimport(&till, 5);
}

#[tokio::test]
async fn the_demo_shows_its_sale_beside_the_price_before_it_and_texts_in_each_language() {
    let app = TestApp::start_with(|config| {
        config.profile.languages = std::sync::Arc::new("en,de,fr".parse().unwrap());
    })
    .await;
    app.import(DEMO, StockMode::Set).await;
    let age = time::Duration::days(60);
    price_changes::backdate_all(&app.shop.database, age)
        .await
        .unwrap();
    app.import(DEMO_SALE, StockMode::Set).await;
    let page = app.get("/products/wooden-spoons").await;
    assert_eq!(page.text(".product-price s"), "€32.00");
    assert_eq!(page.text(".reduction"), "−15%");
    for (path, name) in [
        (
            "/de/products/wooden-spoons",
            "Drei Kochlöffel aus Kirschholz",
        ),
        ("/fr/products/wooden-spoons", "Trois cuillères en merisier"),
    ] {
        assert_eq!(app.get(path).await.text("h1"), name);
    }
    let lamp = app.get("/products/desk-lamp").await.text(".product-safety");
    assert!(
        lamp.contains("Example Import GmbH") && lamp.contains("Unplug the lamp"),
        "{lamp}"
    );
}
