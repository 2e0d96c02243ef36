//! Products with several variants: what shoppers see, choose and get.

use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder};
use shop::catalog::import::StockMode;
use shop::catalog::{MAX_VARIANTS, MAX_VARIANTS_ON_CARD, PAGE_SIZE};
use shop::checkout::MAX_LINES;
use shop::entity::{order_line, price_history};

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{Form, TestApp, event, import_text, long_retries, paid_session};

/// A coffee in three sizes, a shirt in eight, and a poster in two currencies.
const VARIANTS: &str = "sku,slug,name,description,variant,price,currency,stock,max_per_order,\
    image,category,position,active,tax_code\n\
    C-250,coffee,Coffee,Dark.,250 g,450,EUR,5,10,/pictures/coffee.svg,Pantry,1,true,\n\
    C-500,coffee,,,500 g,850,EUR,0,10,,,,,\n\
    C-1000,coffee,,,1 kg,1600,EUR,,10,,,,,txcd_40060003\n\
    T-1,shirt,Shirt,Soft.,XXS,2000,EUR,9,10,,Clothes,2,true,\n\
    T-2,shirt,,,XS,2000,EUR,9,10,,,,,\n\
    T-3,shirt,,,S,1900,EUR,9,10,,,,,\n\
    T-4,shirt,,,M,2000,EUR,9,10,,,,,\n\
    T-5,shirt,,,L,2000,EUR,9,10,,,,,\n\
    T-6,shirt,,,XL,2000,EUR,9,10,,,,,\n\
    T-7,shirt,,,XXL,2000,EUR,9,10,,,,,\n\
    T-8,shirt,,,3XL,2000,EUR,9,10,,,,,\n";

async fn shop() -> TestApp {
    let app = TestApp::start().await;
    app.import(VARIANTS, StockMode::Set).await;
    app
}

#[tokio::test]
async fn a_card_has_the_fields_of_three_variants_and_a_link_to_more() {
    let app = shop().await;
    let page = app.get("/").await;
    for (sku, sold_out) in [("C-250", false), ("C-500", true), ("C-1000", false)] {
        let field = format!("#quantity-{}", app.variant(sku).await.id);
        assert_eq!(
            page.attribute(&field, "disabled").is_some(),
            sold_out,
            "{sku}"
        );
    }
    assert_eq!(page.texts(".variant .price"), ["€4.50", "€8.50", "€16.00"]);
    let shirt = app.variant("T-1").await.id;
    assert!(!page.has(&format!("#quantity-{shirt}")));
    let prices = page.texts(".product-buy .price");
    assert!(prices.contains(&"from €19.00".to_owned()), "{prices:?}");
    assert_eq!(
        page.text("a.btn[href='/products/shirt']"),
        "See all 8 options for Shirt"
    );
    assert_eq!(
        page.attribute("a.btn[href='/products/shirt']", "href")
            .as_deref(),
        Some("/products/shirt")
    );
}

#[tokio::test]
async fn a_products_page_has_a_field_for_each_variant_and_all_are_paid_together() {
    let app = shop().await;
    let (small, large) = (app.variant("T-3").await.id, app.variant("T-8").await.id);
    let form = app.form("/products/shirt").await;
    let checkout = app.pay(&form.choose(small, "2").choose(large, "1")).await;
    assert_eq!(checkout.amount_subtotal, 2 * 1900 + 2000);
    assert_eq!(app.held_and_stock("T-3").await, (2, Some(9)));
    app.deliver(&event(
        "checkout.session.completed",
        &paid_session(&checkout),
    ))
    .await;
    let lines = order_line::Entity::find().order_by_asc(order_line::Column::VariantId);
    let lines = lines.all(app.shop.database.reader()).await.unwrap();
    let named: Vec<_> = lines
        .iter()
        .map(|line| (&*line.sku, &*line.product_name, &*line.variant_name))
        .collect();
    assert_eq!(named, [("T-3", "Shirt", "S"), ("T-8", "Shirt", "3XL")]);
    assert_eq!(app.held_and_stock("T-3").await, (0, Some(7)));
    let order = app
        .get(&format!("/orders/{}", checkout.token.as_str()))
        .await
        .body;
    assert!(order.contains("Shirt, S") && order.contains("Shirt, 3XL"));
}

#[tokio::test]
async fn stripe_gets_the_names_the_sku_and_the_tax_code_of_a_variant() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    app.import(VARIANTS, StockMode::Set).await;
    app.begin(&[("C-1000", 1)]).await;
    let fields = fake.wait_for_creation().await.fields;
    let of = |name: &str| {
        let name = format!("line_items[0][price_data][product_data]{name}");
        fields.get(&name).map(String::as_str)
    };
    assert_eq!(of("[name]"), Some("Coffee, 1 kg"));
    assert_eq!(of("[metadata][sku]"), Some("C-1000"));
    assert_eq!(of("[tax_code]"), Some("txcd_40060003"));
}

#[tokio::test]
async fn a_refused_variant_is_named_and_keeps_what_was_typed() {
    let app = shop().await;
    let (small, other) = (app.variant("T-3").await.id, app.variant("C-250").await.id);
    // The form of the first page has no field of this variant.
    let form = app.form("/").await.choose(small, "99").choose(other, "1");
    let page = app.refused(&form).await;
    assert_eq!(page.quantity(small), "99");
    assert_eq!(page.quantity(other), "1");
    assert_eq!(page.text("#selection"), "Your selection");
    assert!(
        page.alert().contains("Shirt, S: Only 9 left."),
        "{}",
        page.alert()
    );
}

/// Browsers also send the fields that are empty.
#[tokio::test]
async fn the_forms_of_the_longest_pages_are_read() {
    let app = TestApp::start().await;
    app.execute("UPDATE product SET active = false").await;
    let mut file = VARIANTS.lines().take(1).collect::<String>();
    for product in 1..=PAGE_SIZE {
        for variant in ["S", "M", "L"] {
            file.push_str(&format!(
                "\nP{product}-{variant},p{product},Print {product},x,{variant},900,EUR,9,10,,\
                 Prints,{product},true,"
            ));
        }
    }
    for variant in 1..=MAX_VARIANTS {
        file.push_str(&format!(
            "\nR{variant},ring,Ring,x,Size {variant},900,EUR,9,10,,Rings,1000,true,"
        ));
    }
    app.import(&file, StockMode::Set).await;
    let fields = |form: &Form| {
        let fields = form.fields().iter();
        fields
            .filter(|(name, _)| name.starts_with("quantity["))
            .count()
    };
    let form = app.form("/products/ring").await;
    assert_eq!(fields(&form), MAX_VARIANTS);
    let last = app.variant(&format!("R{MAX_VARIANTS}")).await.id;
    assert_eq!(
        app.pay(&form.choose(last, "2")).await.amount_subtotal,
        2 * 900
    );
    // A page of the catalog, and a selection that it has no fields of.
    let mut form = app.form("/").await;
    assert_eq!(fields(&form), PAGE_SIZE * MAX_VARIANTS_ON_CARD);
    for variant in 1..=MAX_LINES {
        let ring = app.variant(&format!("R{variant}")).await.id;
        form = form.choose(ring, "1");
    }
    let checkout = app.pay(&form).await;
    assert_eq!(checkout.amount_subtotal, 100 * 900);
    // More than an order can hold is refused with everything that was typed.
    let mut form = app.form("/products/ring").await;
    for variant in 1..=MAX_LINES + 1 {
        let ring = app.variant(&format!("R{variant}")).await.id;
        form = form.choose(ring, "3");
    }
    let page = app.refused(&form).await;
    assert!(
        page.alert().starts_with("One order can hold at most 100"),
        "{}",
        page.alert()
    );
    let ring = app.variant("R101").await.id;
    assert_eq!(page.quantity(ring), "3");
}

#[tokio::test]
async fn every_selected_variant_has_a_field_even_of_a_product_with_many() {
    let app = shop().await;
    let mut form = app.form("/").await;
    let mut chosen = Vec::new();
    for sku in ["T-1", "T-3", "T-5", "T-6", "T-8"] {
        let variant = app.variant(sku).await.id;
        form = form.choose(variant, "99");
        chosen.push(variant);
    }
    let page = app.refused(&form).await;
    assert_eq!(page.text("#selection"), "Your selection");
    for variant in chosen {
        assert_eq!(page.quantity(variant), "99");
        let field = format!("[role=alert] a[href='#quantity-{variant}']");
        assert!(page.has(&field), "{}", page.alert());
    }
    let not_chosen = app.variant("T-2").await.id;
    assert!(!page.has(&format!("#quantity-{not_chosen}")));
}

#[tokio::test]
async fn a_product_whose_last_units_are_reserved_is_not_called_sold_out() {
    let app = shop().await;
    app.execute(
        "UPDATE variant SET stock = 0 WHERE sku LIKE 'T-%'; \
         UPDATE variant SET stock = 1 WHERE sku = 'T-4'",
    )
    .await;
    let reserved = "Other shoppers are checking out with the last of these right now.";
    let sold_out = "This product is sold out at the moment.";
    let form = app.form("/products/shirt").await;
    app.pay(&form.choose(app.variant("T-4").await.id, "1"))
        .await;
    let page = app.get("/products/shirt").await;
    assert!(page.body.contains(reserved) && !page.body.contains(sold_out));
    app.execute("UPDATE variant SET held = 0, stock = 0 WHERE sku = 'T-4'")
        .await;
    let page = app.get("/products/shirt").await;
    assert!(page.body.contains(sold_out) && !page.body.contains(reserved));
}

#[tokio::test]
async fn the_lowest_price_on_a_card_is_of_a_variant_that_is_left() {
    let app = shop().await;
    app.execute("UPDATE variant SET stock = 0 WHERE sku = 'T-3'")
        .await;
    let prices = app.get("/").await.texts(".product-buy .price");
    assert!(prices.contains(&"€20.00".to_owned()), "{prices:?}");
}

/// A variant that the owner has not published yet must not be revealed by guessing ids.
#[tokio::test]
async fn the_name_of_a_variant_never_on_sale_is_not_revealed() {
    let app = shop().await;
    let secret = "T-9,shirt,,,Secret,2000,EUR,9,10,,,,false,\n";
    let with_secret = format!("{VARIANTS}{secret}");
    app.import(&with_secret, StockMode::Set).await;
    let variant = app.variant("T-9").await.id;
    for from in ["/", "/products/shirt"] {
        let form = app.form("/").await.choose(variant, "1").with("from", from);
        let page = app.refused(&form).await;
        assert!(!page.body.contains("Secret"), "{from}");
        assert_eq!(
            page.texts("[role=alert] li"),
            ["An item you selected is no longer available."]
        );
    }
    // Once it has been on sale, it is named.
    let published = with_secret.replace(",,,,false,", ",,,,true,");
    app.import(&published, StockMode::Set).await;
    app.import(&with_secret, StockMode::Set).await;
    let form = app.form("/").await.choose(variant, "1");
    assert_eq!(
        app.refused(&form).await.texts("[role=alert] li"),
        ["Shirt, Secret: This is no longer sold."]
    );
}

#[tokio::test]
async fn a_variant_that_is_no_longer_sold_is_named_without_its_product_going() {
    let app = shop().await;
    let half = app.variant("C-250").await.id;
    let form = app.form("/products/coffee").await.choose(half, "1");
    app.execute("UPDATE variant SET active = false WHERE sku = 'C-250'")
        .await;
    let page = app.refused(&form).await;
    assert!(
        page.alert()
            .contains("Coffee, 250 g: This is no longer sold.")
    );
    assert_eq!(page.texts(".variant .price"), ["€8.50", "€16.00"]);
}

#[tokio::test]
async fn of_two_shoppers_who_want_the_last_unit_of_a_variant_one_gets_it() {
    let app = shop().await;
    app.execute("UPDATE variant SET stock = 1 WHERE sku = 'T-4'")
        .await;
    let last = app.variant("T-4").await.id;
    let (one, other) = (
        app.form("/products/shirt").await,
        app.form("/products/shirt").await,
    );
    app.pay(&one.choose(last, "1")).await;
    let page = app.refused(&other.choose(last, "1")).await;
    assert!(
        page.alert()
            .contains("Shirt, M: Reserved by another shopper.")
    );
    assert_eq!(app.held_and_stock("T-4").await, (1, Some(1)));
    // The other variants of the product are not touched.
    assert_eq!(app.held_and_stock("T-5").await, (0, Some(9)));
}

#[tokio::test]
async fn a_product_whose_slug_changed_redirects_from_the_old_address() {
    let app = shop().await;
    let renamed = VARIANTS.replace(",coffee,", ",good-coffee,");
    let report = app.import(&renamed, StockMode::OnlyNew).await;
    assert_eq!(
        (report.created, report.updated, report.unchanged),
        (0, 1, 1)
    );
    let moved = app.get("/products/coffee").await;
    assert_eq!(moved.status, 308);
    assert_eq!(moved.header("location"), "/products/good-coffee");
    assert_eq!(app.get("/products/good-coffee").await.status, 200);
    // And back: the address is the product's own again.
    app.import(VARIANTS, StockMode::OnlyNew).await;
    assert_eq!(app.get("/products/coffee").await.status, 200);
    assert_eq!(app.get("/products/good-coffee").await.status, 308);
    // A form that was sent from the old address is shown with its reasons.
    let half = app.variant("C-250").await.id;
    let form = app.form("/products/coffee").await.choose(half, "99");
    app.import(&renamed, StockMode::OnlyNew).await;
    let page = app.refused(&form).await;
    assert_eq!(page.quantity(half), "99");
}

#[tokio::test]
async fn two_products_may_swap_their_slugs() {
    let app = shop().await;
    let (coffee, shirt) = (app.variant("C-250").await, app.variant("T-1").await);
    let swapped = VARIANTS
        .replace(",coffee,", ",x,")
        .replace(",shirt,", ",coffee,")
        .replace(",x,", ",shirt,");
    app.import(&swapped, StockMode::OnlyNew).await;
    let page = app.get("/products/shirt").await;
    assert_eq!(page.text("h1"), "Coffee");
    // Variants keep their ids, and with them their stock and history.
    assert_eq!(app.variant("C-250").await.id, coffee.id);
    assert_eq!(app.variant("T-1").await.product_id, coffee.product_id);
    assert_eq!(app.variant("C-250").await.product_id, shirt.product_id);
}

#[tokio::test]
async fn every_price_change_is_recorded_and_nothing_else() {
    let app = shop().await;
    let prices = async || -> Vec<(i64, String)> {
        let small = app.variant("C-250").await.id;
        let rows = price_history::Entity::find()
            .filter(price_history::Column::VariantId.eq(small))
            .order_by_asc(price_history::Column::Id);
        let rows = rows.all(app.shop.database.reader()).await.unwrap();
        rows.into_iter()
            .map(|row| (row.amount, row.currency.to_string()))
            .collect()
    };
    let euros = |amounts: &[i64]| -> Vec<(i64, String)> {
        amounts
            .iter()
            .map(|amount| (*amount, "eur".to_owned()))
            .collect()
    };
    assert_eq!(prices().await, euros(&[450]));
    app.import(&VARIANTS.replace("Dark.", "Very dark."), StockMode::Set)
        .await;
    assert_eq!(prices().await, euros(&[450]));
    app.import(&VARIANTS.replace("250 g,450", "250 g,475"), StockMode::Set)
        .await;
    assert_eq!(prices().await, euros(&[450, 475]));
    // Nothing of an import that is refused stays.
    let refused = VARIANTS
        .replace("250 g,450", "250 g,499")
        .replace("500 g", "250 g");
    import_text(&app.shop.database, &refused, StockMode::Set)
        .await
        .unwrap_err();
    assert_eq!(prices().await, euros(&[450, 475]));
    app.import(VARIANTS, StockMode::Set).await;
    assert_eq!(prices().await, euros(&[450, 475, 450]));
}
