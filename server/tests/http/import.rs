//! `till import`, run as the owner runs it, and the demo catalog.

use std::collections::BTreeSet;

use sea_orm::EntityTrait;
use sea_orm::QueryOrder;
use shop::catalog::import::StockMode;
use shop::entity::product;

use crate::test_app::{PRODUCTS, TestApp, assets, event, paid_session};
use crate::till_binary::Till;

const DEMO: &str = include_str!("../../demo/products.csv");

async fn products(till: &Till) -> Vec<product::Model> {
    let database = till.database().await;
    let all = product::Entity::find().order_by_asc(product::Column::Position);
    let products = all.all(database.reader()).await.unwrap();
    database.close().await.unwrap();
    products
}

#[tokio::test]
async fn the_first_import_creates_and_the_second_changes_nothing() {
    let till = Till::new();
    assert_eq!(
        till.import(PRODUCTS, &[]).unwrap(),
        "8 created, 0 updated, 0 unchanged"
    );
    let before = products(&till).await;
    assert_eq!(
        till.import(PRODUCTS, &[]).unwrap(),
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
        till.import(&changed, &[]).unwrap(),
        "0 created, 1 updated, 7 unchanged"
    );
    let pen = products(&till)
        .await
        .into_iter()
        .find(|product| product.sku == "PEN")
        .unwrap();
    assert_eq!(
        (pen.name.as_str(), pen.price, pen.stock),
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
    let message = till.import("sku,name\nA,B\n", &[]).unwrap_err();
    assert!(
        message.contains("line 1, column price: is missing"),
        "{message}"
    );
    // The error is reported once.
    let header = PRODUCTS.lines().next().unwrap();
    let message = till.import(&format!("{header}\nA,B\n"), &[]).unwrap_err();
    assert!(message.contains("could not read the file"), "{message}");
    assert_eq!(message.matches("found record").count(), 1, "{message}");
    let output = till.run(&["import", "/nowhere/products.csv"]);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("could not open /nowhere/products.csv"),
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
        till.import(&more, &[]).unwrap(),
        "0 created, 0 updated, 8 unchanged\nthe file has another stock for 2 products, which was \
         not changed: use --stock to set it"
    );
    assert_eq!(
        till.import(&more, &["--stock"]).unwrap(),
        "0 created, 2 updated, 6 unchanged"
    );
    let stock_of = |products: &[product::Model], sku: &str| {
        products
            .iter()
            .find(|product| product.sku == sku)
            .unwrap()
            .stock
    };
    let after = products(&till).await;
    assert_eq!(
        (stock_of(&after, "PEN"), stock_of(&after, "BOARD")),
        (Some(90), None)
    );
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
        let hold = product::Entity::update_many().col_expr(product::Column::Held, held);
        let pens = sea_orm::ColumnTrait::eq(&product::Column::Sku, "PEN");
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
        till.import(&fewer, &["--stock"]).unwrap(),
        "0 created, 2 updated, 6 unchanged\nPEN: the file says 2, but unpaid checkouts hold 3: \
         the stock was set to 3"
    );
    let set = products(&till).await;
    let stock = |sku: &str| set.iter().find(|product| product.sku == sku).unwrap().stock;
    assert_eq!((stock("PEN"), stock("BOARD")), (Some(3), Some(7)));
    let as_many = fewer.replace("500,EUR,2", "500,EUR,3");
    assert_eq!(
        till.import(&as_many, &["--stock"]).unwrap(),
        "0 created, 0 updated, 8 unchanged"
    );
}

#[tokio::test]
async fn the_demo_catalog_shows_everything_that_a_shop_can_have() {
    let till = Till::new();
    till.import(DEMO, &[]).unwrap();
    let products = products(&till).await;
    assert!(products.len() >= 16, "{}", products.len());
    let categories: BTreeSet<_> = products.iter().map(|product| &product.category).collect();
    assert_eq!(categories.len(), 3);
    let any = |what: &str, is: &dyn Fn(&product::Model) -> bool| {
        assert!(products.iter().any(is), "{what}");
    };
    any("sold out", &|product| product.stock == Some(0));
    any("stock 3", &|product| product.stock == Some(3));
    any("two an order", &|product| product.max_per_order == 2);
    any("no stock limit", &|product| product.stock.is_none());
    any("umlauts", &|product| product.name.contains(['ä', 'ö', 'ü']));
    any("quotes", &|product| product.name.contains('"'));
    any("an ampersand", &|product| product.name.contains('&'));
    any("a long description", &|product| {
        product.description.len() > 500
    });
    for product in &products {
        let file = assets().join(product.image.trim_start_matches('/'));
        assert!(
            file.is_file(),
            "{} has no picture at {}",
            product.sku,
            file.display()
        );
    }
}
