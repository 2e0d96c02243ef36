//! Product files of variants, imported and exported as the owner does it.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use proptest::prelude::*;
use proptest::test_runner::TestRunner;
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use shop::catalog::export::export;
use shop::catalog::import::{ImportOptions, StockMode, import};
use shop::database::Database;
use shop::entity::{category, picture, price_history, product, slug_history, variant};
use shop::time_zone::TimeZone;

use crate::test_app::{TestApp, event, paid_session};
use crate::till_binary::{CommandOutput, Till, text};

/// Everything that a product file can say.
const EVERYTHING: &str = include_str!("everything.csv");

/// Three sizes of a coffee, two of a shirt, and a jug.
const SHOP: &str = "slug,name,category,variant,sku,price,currency,stock,active\n\
    coffee,Coffee,Pantry,250 g,C-250,450,EUR,5,true\n\
    coffee,,,500 g,C-500,850,EUR,,\n\
    coffee,,,1 kg,C-1000,1600,EUR,7,\n\
    shirt,Shirt,Clothes,S,T-S,2000,EUR,9,true\n\
    shirt,,,M,T-M,2100,EUR,9,\n\
    jug,Jug,,,JUG,1250,EUR,3,true\n";

/// A file of these columns. Each row has cells by the names of their columns.
fn csv(columns: &str, rows: &[&[(&str, &str)]]) -> String {
    let mut file = format!("{columns}\n");
    for row in rows {
        let cell = |column: &str| {
            let cell = row.iter().find(|(name, _)| *name == column);
            cell.map_or("", |(_, cell)| *cell).replace('"', "\"\"")
        };
        let cells = columns.split(',').map(|name| format!("\"{}\"", cell(name)));
        file.push_str(&cells.collect::<Vec<_>>().join(","));
        file.push('\n');
    }
    for (column, _) in rows.iter().copied().flatten() {
        assert!(columns.split(',').any(|known| known == *column), "{column}");
    }
    file
}

/// Writes a file into the folder in which the program runs.
fn write(till: &Till, name: &str, file: &str) {
    std::fs::write(till.folder.path().join(name), file).unwrap();
}

/// The program with a migrated database.
fn migrated() -> Till {
    let till = Till::new();
    assert!(till.run(&["migrate"]).status.success());
    till
}

/// The program with the products of [`SHOP`].
fn with_shop() -> Till {
    let till = migrated();
    assert_eq!(
        changes(&till, SHOP, &[]),
        "3 created, 0 updated, 0 unchanged"
    );
    till
}

/// Imports a file and returns stdout, or stderr if it failed.
fn run_import(till: &Till, file: &str, options: &[&str]) -> Result<String, String> {
    write(till, "file.csv", file);
    let output = till.run(&[&["import", "file.csv"], options].concat());
    match output.status.success() {
        true => Ok(text(&output.stdout)),
        false => Err(text(&output.stderr)),
    }
}

/// Imports a file and returns how many products were changed.
fn changes(till: &Till, file: &str, options: &[&str]) -> String {
    let output = run_import(till, file, options).unwrap();
    output.lines().next().unwrap().to_owned()
}

/// Imports a file that is refused.
fn refusal(till: &Till, file: &str) -> String {
    let before = export_of(till);
    let message = run_import(till, file, &[]).unwrap_err();
    assert!(message.contains("nothing was imported"), "{message}");
    assert_eq!(export_of(till), before);
    message
}

fn export_of(till: &Till) -> String {
    let output = till.run(&["export", "products"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The cells of a column of an export.
fn cells(export: &str, column: &str) -> Vec<String> {
    let export = export.trim_start_matches('\u{feff}');
    let mut lines = export.lines();
    let at = lines
        .next()
        .unwrap()
        .split(',')
        .position(|name| name == column)
        .unwrap();
    // Files with quoted commas are compared as a whole.
    lines
        .map(|line| line.split(',').nth(at).unwrap().to_owned())
        .collect()
}

/// A column of the shop's products, as the export has it.
fn column(till: &Till, name: &str) -> Vec<String> {
    cells(&export_of(till), name)
}

/// The content of all tables that an import writes.
async fn tables(database: &Database) -> String {
    let reader = database.reader();
    let products = product::Entity::find().order_by_asc(product::Column::Id);
    let variants = variant::Entity::find().order_by_asc(variant::Column::Id);
    let prices = price_history::Entity::find().order_by_asc(price_history::Column::Id);
    let categories = category::Entity::find().order_by_asc(category::Column::Id);
    let pictures = picture::Entity::find()
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position);
    let slugs = slug_history::Entity::find().order_by_asc(slug_history::Column::Slug);
    format!(
        "{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}\n{:#?}",
        products.all(reader).await.unwrap(),
        variants.all(reader).await.unwrap(),
        prices.all(reader).await.unwrap(),
        categories.all(reader).await.unwrap(),
        pictures.all(reader).await.unwrap(),
        slugs.all(reader).await.unwrap(),
    )
}

/// The prices that a variant has had.
async fn prices(till: &Till, sku: &str) -> Vec<i64> {
    let database = till.database().await;
    let history = price_histories(&database).await;
    database.close().await.unwrap();
    history[sku].clone()
}

/// The prices of all variants, by their SKU.
async fn price_histories(database: &Database) -> BTreeMap<String, Vec<i64>> {
    let variants = variant::Entity::find().all(database.reader()).await;
    let rows = price_history::Entity::find().order_by_asc(price_history::Column::Id);
    let rows = rows.all(database.reader()).await.unwrap();
    let of = |id: i64| {
        let rows = rows.iter().filter(|row| row.variant_id == id);
        rows.map(|row| row.amount).collect()
    };
    let variants = variants.unwrap().into_iter();
    variants.map(|row| (row.sku, of(row.id))).collect()
}

/// Imports a file into the shop of a running server.
fn import_beside(till: &Till, app: &TestApp, file: &str, options: &[&str]) -> CommandOutput {
    write(till, "file.csv", file);
    till.run_with(app, &[&["import", "file.csv"], options].concat())
}

/// The first line of a successful import.
fn succeeded(output: &CommandOutput) -> &str {
    assert_eq!(output.code, Some(0), "{output:?}");
    output.stdout.lines().next().unwrap()
}

/// Starts the program and does not wait for it.
fn start(till: &Till, environment: Vec<(&'static str, String)>, arguments: &[&str]) -> Child {
    let mut command = till.command(arguments);
    command.envs(environment).stdout(Stdio::piped());
    command.stderr(Stdio::piped()).spawn().unwrap()
}

/// What the started program printed at its successful end.
fn end(child: Child) -> String {
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

#[test]
fn importing_an_export_changes_nothing_and_an_empty_shop_becomes_the_same() {
    let till = migrated();
    assert_eq!(
        changes(&till, EVERYTHING, &[]),
        "4 created, 0 updated, 0 unchanged"
    );
    let export = export_of(&till);
    for kept in [
        "Möwe",
        "\"\"Kräuter\"\"",
        "'=HYPERLINK(",
        "'-5 °C",
        "'=1+1",
        "''tis",
        "2031-01-01,2031-01-31",
        "/pictures/c%20d.png",
        "Von vorn|",
        "4006381333931",
        "txcd_40060003",
        ",0.25,kg,",
        ",false,",
    ] {
        assert!(export.contains(kept), "{kept} is not in\n{export}");
    }
    for options in [&[][..], &["--stock"]] {
        assert_eq!(
            changes(&till, &export, options),
            "0 created, 0 updated, 4 unchanged"
        );
        assert_eq!(export_of(&till), export);
    }
    let empty = migrated();
    changes(&empty, &export, &[]);
    assert_eq!(export_of(&empty), export);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn importing_the_export_from_before_a_sale_changes_nothing() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    succeeded(&import_beside(&till, &app, SHOP, &[]));
    let before = till.run_with(&app, &["export", "products"]).stdout;
    let checkout = app.begin(&[("C-250", 2)]).await;
    app.deliver(&event(
        "checkout.session.completed",
        &paid_session(&checkout),
    ))
    .await;
    app.begin(&[("C-1000", 1)]).await;
    let after = till.run_with(&app, &["export", "products"]).stdout;
    assert_ne!(after, before);
    let output = import_beside(&till, &app, &before, &[]);
    assert_eq!(succeeded(&output), "0 created, 0 updated, 11 unchanged");
    assert!(
        output.stdout.contains("a different stock for 1 variant"),
        "{output:?}"
    );
    assert_eq!(app.held_and_stock("C-250").await, (0, Some(3)));
    assert_eq!(app.held_and_stock("C-1000").await, (1, Some(7)));
    assert_eq!(till.run_with(&app, &["export", "products"]).stdout, after);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_says_what_would_change_and_changes_nothing() {
    let till = with_shop();
    let database = till.database().await;
    let (export, before) = (export_of(&till), tables(&database).await);
    let changed = SHOP
        .replace("coffee,", "good-coffee,")
        .replace("450,EUR", "475,EUR")
        .replace("JUG,1250,EUR,3", "JUG,1250,EUR,4")
        + "tea,Tea,Herbs,,TEA,300,EUR,1,true\n";
    for (options, said) in [
        (
            &["--dry-run"][..],
            "1 would be created, 1 updated, 2 unchanged",
        ),
        (
            &["--dry-run", "--stock"],
            "1 would be created, 2 updated, 1 unchanged",
        ),
    ] {
        assert_eq!(
            changes(&till, &changed, options),
            format!("dry run, nothing was changed: {said}")
        );
        assert_eq!(tables(&database).await, before);
        assert_eq!(export_of(&till), export);
    }
    let output = run_import(&till, &changed, &["--dry-run", "--stock"]).unwrap();
    for line in [
        "\n  coffee: address coffee → good-coffee; C-250: price €4.50 → €4.75\n",
        "\n  jug: JUG: stock 3 → 4\n",
        "\n  new: tea: TEA at €3.00\n",
    ] {
        assert!(output.contains(line), "{output}");
    }
    assert_eq!(
        changes(&till, &changed, &["--stock"]),
        "1 created, 2 updated, 1 unchanged"
    );
    database.close().await.unwrap();
}

#[test]
fn a_dry_run_names_each_change_of_a_variant() {
    let till = with_shop();
    for (file, line) in [
        (
            "sku,sale_price,sale_from,sale_until,currency\nT-S,1500,2031-01-01,31.01.2031,EUR\n",
            "shirt: T-S: sale at €15.00 from 2031-01-01 until 2031-01-31",
        ),
        (
            "sku,sale_price,currency\nT-S,1500,EUR\n",
            "shirt: T-S: sale at €15.00",
        ),
        (
            "slug,sku,variant\nshirt,C-500,L\n",
            "shirt: C-500 moves here from coffee; C-500: name \"500 g\" → \"L\"",
        ),
        (
            "slug,name,sku\nsmall,Small,T-S\n",
            "new: small: T-S moves here from shirt",
        ),
        (
            "slug,name,sku,variant,active,weight_grams\nshirt,Tee,T-M,L,no,9\n",
            "shirt: name \"Shirt\" → \"Tee\"; T-M: name \"M\" → \"L\", goes off sale, another \
             weight",
        ),
        (
            "slug,sku,variant,price,currency\nshirt,T-L,L,900,EUR\n",
            "shirt: new variant T-L at €9.00",
        ),
        (
            "slug,sku,variant\nshirt,T-M,M\nshirt,T-S,S\n",
            "shirt: T-M: another place among the variants; T-S: another place among the variants",
        ),
    ] {
        let output = run_import(&till, file, &["--dry-run"]).unwrap();
        assert!(output.contains(&format!("\n  {line}\n")), "{output}");
    }
    changes(&till, "sku,sale_price,currency\nT-S,1500,EUR\n", &[]);
    let output = run_import(&till, "sku,price,currency\nT-S,1800,EUR\n", &["--dry-run"]);
    let output = output.unwrap();
    assert!(
        output.contains("T-S: price €20.00 → €18.00, the sale ends"),
        "{output}"
    );
    let rows = (0..60).map(|row| format!("p-{row},P {row},P-{row},100,EUR\n"));
    let many = format!("slug,name,sku,price,currency\n{}", rows.collect::<String>());
    let output = run_import(&till, &many, &["--dry-run"]).unwrap();
    assert!(
        output.contains("new: p-49: P-49 at €1.00\n  and 10 more products\n"),
        "{output}"
    );
    assert!(!run_import(&till, &many, &[]).unwrap().contains("new: p-0"));
}

/// As Shopify exports them.
fn shopify() -> String {
    csv(
        "Handle,Title,Body (HTML),Vendor,Type,Published,Option1 Name,Option1 Value,Option2 Value,\
         Variant SKU,Variant Grams,Variant Inventory Tracker,Variant Inventory Qty,Variant Price,\
         Variant Compare At Price,Variant Requires Shipping,Image Src,Image Position,\
         Image Alt Text,Gift Card,Status",
        &[
            &[
                ("Handle", "moewe-shirt"),
                ("Title", "Möwe Shirt"),
                ("Body (HTML)", "<p>Soft &amp; warm.</p>"),
                ("Vendor", "Söhne"),
                ("Type", "Clothes"),
                ("Published", "true"),
                ("Option1 Name", "Size"),
                ("Option1 Value", "S"),
                ("Option2 Value", "Blue"),
                ("Variant SKU", "SH-S"),
                ("Variant Grams", "200"),
                ("Variant Inventory Tracker", "shopify"),
                ("Variant Inventory Qty", "5"),
                ("Variant Price", "19.90"),
                ("Variant Compare At Price", "25.00"),
                ("Variant Requires Shipping", "true"),
                ("Image Src", "https://cdn.example/s.jpg"),
                ("Image Position", "1"),
                ("Image Alt Text", "Front"),
                ("Status", "active"),
            ],
            &[
                ("Handle", "moewe-shirt"),
                ("Option1 Value", "M"),
                ("Option2 Value", "Blue"),
                ("Variant Price", "21.00"),
                ("Variant Requires Shipping", "true"),
            ],
            &[
                ("Handle", "moewe-shirt"),
                ("Option1 Value", "Pattern"),
                ("Variant Price", "5.00"),
                ("Variant Requires Shipping", "false"),
            ],
            &[
                ("Handle", "card"),
                ("Title", "Gift Card"),
                ("Variant Price", "10.00"),
                ("Gift Card", "true"),
            ],
        ],
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shopifys_export_becomes_products_with_variants() {
    let app = TestApp::start().await;
    let till = Till::new();
    let refused = import_beside(&till, &app, &shopify(), &["--from", "shopify"]);
    assert_eq!(refused.code, Some(1));
    assert!(
        refused.stderr.contains("give it with --currency EUR"),
        "{refused:?}"
    );
    let options = ["--from", "shopify", "--currency", "EUR"];
    let output = import_beside(&till, &app, &shopify(), &options);
    assert_eq!(succeeded(&output), "1 created, 0 updated, 0 unchanged");
    for said in [
        "file.csv, line 4, Möwe Shirt, Pattern: left out, because it needs no shipping",
        "file.csv, line 5, Gift Card: left out, because it is a gift card",
        "2 rows left out",
    ] {
        assert!(output.stdout.contains(said), "{said}: {output:?}");
    }
    let page = app.get("/products/moewe-shirt").await;
    assert_eq!(page.text("h1"), "Möwe Shirt");
    assert_eq!(page.texts(".variant .price"), ["€19.90", "€21.00"]);
    for shown in ["S / Blue", "M / Blue", "Soft &amp; warm."] {
        assert!(page.body.contains(shown), "{shown}");
    }
    let output = import_beside(&till, &app, &shopify(), &options);
    assert_eq!(succeeded(&output), "0 created, 0 updated, 1 unchanged");
    // In Till's own format the file is no product file, and the message says whose it is.
    let own = import_beside(&till, &app, &shopify(), &[]);
    assert!(own.stderr.contains("use --from shopify"), "{own:?}");
}

/// As WooCommerce exports them.
fn woocommerce() -> String {
    csv(
        "ID,Type,SKU,Name,Published,Description,Stock,Sale price,Regular price,Categories,Images,\
         Parent,Position,Attribute 1 name,Attribute 1 value(s)",
        &[
            &[
                ("ID", "1"),
                ("Type", "variable"),
                ("SKU", "CUP"),
                ("Name", "Tin Cup"),
                ("Published", "1"),
                ("Description", "<b>Holds</b> tea."),
                ("Categories", "Kitchen > Cups"),
                ("Images", "https://cdn.example/cup.jpg"),
                ("Attribute 1 name", "Size"),
                ("Attribute 1 value(s)", "Small, Large"),
            ],
            &[
                ("ID", "2"),
                ("Type", "variation"),
                ("SKU", "CUP-S"),
                ("Name", "Tin Cup - Small"),
                ("Published", "1"),
                ("Stock", "4"),
                ("Regular price", "9.50"),
                ("Parent", "CUP"),
                ("Attribute 1 name", "Size"),
                ("Attribute 1 value(s)", "Small"),
            ],
            &[
                ("ID", "3"),
                ("Type", "variation"),
                ("SKU", "CUP-L"),
                ("Name", "Tin Cup - Large"),
                ("Published", "1"),
                ("Sale price", "10.00"),
                ("Regular price", "12.00"),
                ("Parent", "id:1"),
                ("Attribute 1 name", "Size"),
                ("Attribute 1 value(s)", "Large"),
            ],
            &[
                ("ID", "4"),
                ("Type", "simple, virtual"),
                ("SKU", "TALK"),
                ("Name", "A Talk"),
                ("Published", "1"),
                ("Regular price", "5.00"),
            ],
            &[
                ("ID", "5"),
                ("Type", "simple"),
                ("SKU", "FREE"),
                ("Name", "A Sample"),
                ("Published", "1"),
            ],
        ],
    )
}

/// WooCommerce's export has no addresses.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn woocommerces_products_keep_their_addresses_and_take_no_others() {
    let till = migrated();
    let own = "slug,name,variant,sku,price,currency\n\
        mug,My Mug,,mug,1250,EUR\n\
        plate,My Plate,XL,plate-xl,1250,EUR\n";
    changes(&till, own, &[]);
    let rows = |rows: &[[&str; 3]]| {
        let rows = rows
            .iter()
            .map(|[id, sku, name]| format!("{id},simple,{sku},{name},1,9.00,5,1\n"));
        "ID,Type,SKU,Name,Published,Regular price,Stock,In stock?\n".to_owned()
            + &rows.collect::<String>()
    };
    let woocommerce = ["--from", "woocommerce", "--currency", "EUR"];
    let [first, second] = [["7", "WA", "Mug"], ["8", "WB", "Mug"]];
    let bowl = ["9", "", "Plate"];
    let file = rows(&[first, second, bowl]);
    assert_eq!(
        changes(&till, &file, &woocommerce),
        "3 created, 0 updated, 0 unchanged"
    );
    let export = export_of(&till);
    let addresses = || {
        let skus = column(&till, "sku").into_iter().zip(column(&till, "slug"));
        skus.collect::<BTreeMap<_, _>>()
    };
    let stored = addresses();
    for (sku, slug) in [
        ("mug", "mug"),
        ("plate-xl", "plate"),
        ("WA", "mug-3"),
        ("WB", "mug-2"),
        ("plate-9", "plate-2"),
    ] {
        assert_eq!(stored[sku], slug, "{stored:?}");
    }
    // In another order, and without some of them.
    for some in [
        rows(&[bowl, second, first]),
        rows(&[second]),
        rows(&[first, bowl]),
    ] {
        let changed = changes(&till, &some, &woocommerce);
        assert!(changed.starts_with("0 created, "), "{changed}");
        assert_eq!(addresses(), stored);
    }
    assert!(export.contains("My Mug") && export.contains("My Plate"));
    assert!(export_of(&till).contains("My Mug"));
}

#[test]
fn a_picture_that_a_product_has_twice_keeps_both_texts() {
    let till = migrated();
    let file = "slug,name,sku,price,currency,image,image_alt\n\
        jug,Jug,JUG,1250,EUR,/pictures/a.svg|/pictures/a.svg,one|two\n";
    changes(&till, file, &[]);
    let same = "slug,sku,image\njug,JUG,/pictures/a.svg|/pictures/a.svg\n";
    assert_eq!(
        changes(&till, same, &[]),
        "0 created, 0 updated, 1 unchanged"
    );
    assert!(export_of(&till).contains("one|two"));
}

#[cfg(unix)]
#[test]
fn what_cannot_be_read_twice_is_refused_at_once() {
    let till = migrated();
    let pipe = till.folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    for (path, said) in [
        (
            "pipe",
            "pipe: it is a pipe or a device, but must be read twice",
        ),
        ("/dev/zero", "save it as a file first"),
        ("-", "cannot be standard input"),
    ] {
        let output = till.run(&["import", path]);
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert!(message.contains(said), "{message}");
    }
    write(&till, "file.csv", SHOP);
    let output = till.run(&["import", "file.csv", "./file.csv"]);
    assert!(text(&output.stderr).contains("./file.csv is given twice"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn woocommerces_export_becomes_products_with_variants() {
    let app = TestApp::start().await;
    let till = Till::new();
    let refused = import_beside(&till, &app, &woocommerce(), &["--from", "woocommerce"]);
    assert!(
        refused.stderr.contains("give it with --currency EUR"),
        "{refused:?}"
    );
    let options = ["--from", "woocommerce", "--currency", "EUR"];
    let output = import_beside(&till, &app, &woocommerce(), &options);
    assert_eq!(succeeded(&output), "1 created, 0 updated, 0 unchanged");
    for said in [
        "file.csv, line 5, A Talk: left out, because it is not a thing",
        "file.csv, line 6, A Sample: left out, because it has no price",
    ] {
        assert!(output.stdout.contains(said), "{said}: {output:?}");
    }
    let page = app.get("/products/tin-cup").await;
    assert_eq!(page.texts(".variant .price"), ["€9.50", "€10.00"]);
    for shown in ["Small", "Large", "Holds tea."] {
        assert!(page.body.contains(shown), "{shown}");
    }
    let output = import_beside(&till, &app, &woocommerce(), &options);
    assert_eq!(succeeded(&output), "0 created, 0 updated, 1 unchanged");
}

#[test]
fn a_file_with_a_new_variant_alone_adds_it_after_the_others() {
    let till = with_shop();
    let more = "slug,sku,variant,price,currency\ncoffee,A-1,2 kg,3000,EUR\n";
    assert_eq!(
        changes(&till, more, &[]),
        "0 created, 1 updated, 0 unchanged"
    );
    let skus = ["C-250", "C-500", "C-1000", "A-1", "T-S", "T-M", "JUG"];
    assert_eq!(column(&till, "sku"), skus);
    assert_eq!(
        changes(&till, more, &[]),
        "0 created, 0 updated, 1 unchanged"
    );
    // A file that has all of them also orders them.
    let ordered = "slug,sku,variant,price,currency\n\
        coffee,A-1,2 kg,3000,EUR\n\
        coffee,C-1000,1 kg,1600,EUR\n\
        coffee,A-2,750 g,1200,EUR\n\
        coffee,C-250,250 g,450,EUR\n\
        coffee,C-500,500 g,850,EUR\n";
    changes(&till, ordered, &[]);
    let skus = [
        "A-1", "C-1000", "A-2", "C-250", "C-500", "T-S", "T-M", "JUG",
    ];
    assert_eq!(column(&till, "sku"), skus);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_of_skus_and_prices_changes_prices_alone() {
    let till = with_shop();
    let list = "sku,price,currency\nC-500,875,EUR\nC-250,450,EUR\nT-M,2200,EUR\n";
    let expected = export_of(&till)
        .replace(",850,EUR", ",875,EUR")
        .replace(",2100,EUR", ",2200,EUR");
    assert_eq!(
        changes(&till, list, &[]),
        "0 created, 2 updated, 0 unchanged"
    );
    assert_eq!(export_of(&till), expected);
    assert_eq!(prices(&till, "C-500").await, [850, 875]);
    assert_eq!(prices(&till, "C-250").await, [450]);
    assert_eq!(prices(&till, "T-M").await, [2100, 2200]);
    assert_eq!(
        changes(&till, list, &[]),
        "0 created, 0 updated, 2 unchanged"
    );
    let without_currency = "sku,price\nC-500,900\n";
    assert!(refusal(&till, without_currency).contains("--currency EUR"));
    assert_eq!(
        changes(&till, without_currency, &["--currency", "EUR"]),
        "0 created, 1 updated, 0 unchanged"
    );
    let message = refusal(&till, "sku,price,currency\nC-250,500,EUR\nC-999,100,EUR\n");
    assert!(
        message.contains(
            "file.csv, line 3, column sku: is not known: a new product also needs a slug, a name \
             and a price"
        ),
        "{message}"
    );
    assert_eq!(prices(&till, "C-250").await, [450]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_variant_moves_to_another_product_with_its_history() {
    let till = with_shop();
    let moved = "slug,sku,variant\nshirt,C-500,L\n";
    assert_eq!(
        changes(&till, moved, &[]),
        "0 created, 1 updated, 0 unchanged"
    );
    assert_eq!(
        column(&till, "sku"),
        ["C-250", "C-1000", "T-S", "T-M", "C-500", "JUG"]
    );
    assert_eq!(prices(&till, "C-500").await, [850]);
    let export = export_of(&till);
    assert_eq!(
        changes(&till, &export, &[]),
        "0 created, 0 updated, 3 unchanged"
    );
    // Two new products of one: both are there, and the same file changes nothing.
    let divided = "slug,name,sku,variant\nsmall-shirt,Small,T-S,\nmiddle-shirt,Middle,T-M,\n\
        long-shirt,Long,C-500,\n";
    changes(&till, divided, &[]);
    assert_eq!(
        changes(&till, divided, &[]),
        "0 created, 0 updated, 3 unchanged"
    );
    let slugs = column(&till, "slug");
    for slug in ["small-shirt", "middle-shirt", "long-shirt"] {
        assert!(slugs.iter().any(|known| known == slug), "{slugs:?}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_product_whose_variants_have_all_moved_is_off_sale() {
    let app = TestApp::start().await;
    let till = Till::new();
    succeeded(&import_beside(&till, &app, SHOP, &[]));
    let moved = "slug,sku,variant\njug,T-S,S\njug,T-M,M\njug,JUG,One size\n";
    succeeded(&import_beside(&till, &app, moved, &[]));
    let moved = app.get("/products/shirt").await;
    assert_eq!(
        (moved.status, moved.header("location")),
        (308, "/products/jug")
    );
    let page = app.get("/products/jug").await;
    assert_eq!(
        page.texts(".variant .price"),
        ["€20.00", "€21.00", "€12.50"]
    );
}

#[test]
fn several_variants_need_different_names_and_one_currency() {
    let till = with_shop();
    let header = "slug,sku,variant,price,currency\n";
    for (row, said) in [
        // The stored one has no name.
        (
            "jug,JUG-L,Large,1500,EUR",
            "line 2, column variant: is empty for the SKU \"JUG\"",
        ),
        (
            "shirt,T-L,,1500,EUR",
            "line 2, column variant: is empty for the SKU \"T-L\"",
        ),
        (
            "shirt,T-L,m,1500,EUR",
            "line 2, column variant: is \"m\" for two variants of the product",
        ),
        (
            "shirt,T-L,L,1500,USD",
            "line 2, column currency: is EUR for the SKU \"T-S\", but USD for the SKU \"T-L\"",
        ),
        ("shirt,T-M,S,1500,EUR", "is \"S\" for two variants"),
    ] {
        let message = refusal(&till, &format!("{header}{row}\n"));
        assert!(message.contains(said), "{message}");
    }
    let named = format!("{header}jug,JUG,Small,1250,EUR\njug,JUG-L,Large,1500,EUR\n");
    assert_eq!(
        changes(&till, &named, &[]),
        "0 created, 1 updated, 0 unchanged"
    );
    // By their SKUs alone, in one product: names swap, and the currency changes.
    let swapped = "sku,variant,price,currency\nT-S,M,2000,USD\nT-M,S,2100,USD\n";
    assert_eq!(
        changes(&till, swapped, &[]),
        "0 created, 1 updated, 0 unchanged"
    );
    let export = export_of(&till);
    assert_eq!(
        changes(&till, &export, &[]),
        "0 created, 0 updated, 3 unchanged"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_inactive_variant_is_off_sale_and_with_all_of_them_the_product() {
    let app = TestApp::start().await;
    let till = Till::new();
    succeeded(&import_beside(&till, &app, SHOP, &[]));
    let one = "sku,active\nC-500,false\n";
    succeeded(&import_beside(&till, &app, one, &[]));
    let page = app.get("/products/coffee").await;
    assert_eq!(page.texts(".variant .price"), ["€4.50", "€16.00"]);
    for all in [
        "sku,active\nC-250,no\nC-500,no\nC-1000,no\n",
        "slug,sku,variant,active\nshirt,T-S,S,false\nshirt,T-M,M,false\n",
    ] {
        succeeded(&import_beside(&till, &app, all, &[]));
    }
    for (path, name) in [("/products/coffee", "Coffee"), ("/products/shirt", "Shirt")] {
        let page = app.get(path).await;
        assert_eq!((page.status, page.text("h1")), (410, name.to_owned()));
    }
    let again = "sku,active\nC-1000,yes\n";
    succeeded(&import_beside(&till, &app, again, &[]));
    let page = app.get("/products/coffee").await;
    assert_eq!(page.status, 200);
    assert!(page.body.contains("€16.00") && !page.body.contains("€4.50"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sale_is_kept_and_ended_without_losing_the_regular_price() {
    let till = with_shop();
    let dates =
        "sku,sale_price,sale_from,sale_until,currency\nT-S,1500,2031-01-01,2031-01-31,EUR\n";
    changes(&till, dates, &[]);
    assert_eq!(prices(&till, "T-S").await, [2000]);
    // A new regular price keeps the sale of the future.
    changes(&till, "sku,price,currency\nT-S,1900,EUR\n", &[]);
    assert_eq!(prices(&till, "T-S").await, [2000, 1900]);
    let export = export_of(&till);
    assert!(
        export.contains("1500,2031-01-01,2031-01-31,1900,EUR"),
        "{export}"
    );
    // One that is not above the sale's ends it.
    changes(&till, "sku,price,currency\nT-S,1500,EUR\n", &[]);
    assert_eq!(prices(&till, "T-S").await, [2000, 1900, 1500]);
    let export = export_of(&till);
    assert!(!export.contains("2031-01-01"), "{export}");
    // A sale without days is the price at once, and the regular price comes back after it.
    changes(&till, "sku,sale_price,currency\nJUG,999,EUR\n", &[]);
    assert_eq!(prices(&till, "JUG").await, [1250, 999]);
    let message = refusal(&till, "sku,sale_price,currency\nJUG,1250,EUR\n");
    assert!(
        message.contains(
            "line 2, column sale_price: must be below the regular price of €12.50, not €12.50"
        ),
        "{message}"
    );
    let export = export_of(&till);
    assert!(export.contains(",999,,,1250,EUR"), "{export}");
    assert_eq!(
        changes(&till, &export, &[]),
        "0 created, 0 updated, 3 unchanged"
    );
    changes(&till, "sku,sale_price,currency\nJUG,,EUR\n", &[]);
    assert_eq!(prices(&till, "JUG").await, [1250, 999, 1250]);
    // A sale alone is no price of a new variant.
    let new = "slug,name,sku,sale_price,currency\ntea,Tea,TEA,300,EUR\n";
    assert!(refusal(&till, new).contains("line 2, column price: is missing"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_wrong_row_at_the_end_of_many_files_keeps_all_of_them_out() {
    let till = with_shop();
    let database = till.database().await;
    let before = tables(&database).await;
    let header = "slug,name,sku,price,currency\n";
    let rows = |wrong: &str| {
        let rows = (0..700).map(|row| format!("p-{row},Product {row},P-{row},100,EUR\n"));
        format!("{header}{}{wrong}", rows.collect::<String>())
    };
    // Wrong in the file alone, wrong beside what is stored, and wrong in the second file.
    for (wrong, said) in [
        ("p-x,Product,P-X,free,EUR\n", "line 702, column price"),
        (
            "p-x,Product,P-1,100,EUR\n",
            "\"P-1\" is already used in line 3",
        ),
        ("jug,Jug,JUG-2,100,EUR\n", "line 702, column variant"),
    ] {
        let message = refusal(&till, &rows(wrong));
        assert!(message.contains(said), "{message}");
        write(&till, "first.csv", &rows(""));
        write(&till, "second.csv", &format!("{header}{wrong}"));
        let output = till.run(&["import", "first.csv", "second.csv"]);
        assert_eq!(output.status.code(), Some(1));
        let message = text(&output.stderr);
        assert!(message.contains("second.csv, line 2"), "{message}");
        assert_eq!(tables(&database).await, before);
    }
    database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_of_stock_beside_sales_loses_no_unit() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    succeeded(&import_beside(&till, &app, SHOP, &[]));
    let buy = async |count: usize| {
        let all = (0..count).map(|_| app.begin(&[("T-S", 1)]));
        futures::future::join_all(all).await
    };
    let held = buy(4).await;
    write(&till, "stock.csv", "sku,stock\nT-S,100\nC-250,50\n");
    let arguments = ["import", "--stock", "stock.csv"];
    let import = start(&till, app.environment(), &arguments);
    let again = start(&till, app.environment(), &arguments);
    let pay = async |checkouts: &[shop::entity::checkout::Model]| {
        for checkout in checkouts {
            let paid = event("checkout.session.completed", &paid_session(checkout));
            assert_eq!(app.deliver(&paid).await, 200);
        }
    };
    let ((), more) = futures::join!(pay(&held), buy(5));
    for import in [import, again] {
        tokio::task::spawn_blocking(move || end(import))
            .await
            .unwrap();
    }
    // What was paid before an import is in the file's number; what was paid after it is not.
    let (units, stock) = app.held_and_stock("T-S").await;
    let stock = stock.unwrap();
    assert_eq!(units, 5);
    assert!((96..=100).contains(&stock), "{stock}");
    write(&till, "stock.csv", "sku,stock\nT-S,2\n");
    let output = till.run_with(&app, &arguments);
    assert!(
        output
            .stdout
            .contains("T-S: the file says 2, but unpaid checkouts hold 5: the stock was set to 5"),
        "{output:?}"
    );
    pay(&more).await;
    assert_eq!(app.held_and_stock("T-S").await, (0, Some(0)));
    assert_eq!(app.held_and_stock("C-250").await, (0, Some(50)));
    assert_eq!(app.orders().await.len(), 9);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_imports_of_one_file_at_once_make_one_set_of_products() {
    let till = migrated();
    write(&till, "file.csv", EVERYTHING);
    let both = [(); 2].map(|()| start(&till, Vec::new(), &["import", "file.csv"]));
    let mut said = both.map(|child| {
        let output = end(child);
        output.lines().next().unwrap().to_owned()
    });
    said.sort();
    assert_eq!(
        said,
        [
            "0 created, 0 updated, 4 unchanged",
            "4 created, 0 updated, 0 unchanged"
        ]
    );
    let alone = migrated();
    changes(&alone, EVERYTHING, &[]);
    assert_eq!(export_of(&till), export_of(&alone));
    let database = till.database().await;
    let rows = price_history::Entity::find().count(database.reader()).await;
    let variants = variant::Entity::find().count(database.reader()).await;
    assert_eq!(rows.unwrap(), variants.unwrap());
    database.close().await.unwrap();
}

/// An import of some of a shop's four variants.
#[derive(Clone, Debug)]
struct Import {
    /// New prices in cents, by the variants' numbers.
    prices: BTreeMap<usize, i64>,
    /// Whether the rows name their products.
    with_slugs: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Kept,
    DryRun,
    /// Another row is wrong.
    Refused,
}

fn imports() -> impl Strategy<Value = Vec<Import>> {
    let kind = prop_oneof![
        3 => Just(Kind::Kept),
        1 => Just(Kind::DryRun),
        1 => Just(Kind::Refused)
    ];
    // Few prices, so that many do not change.
    let prices = proptest::collection::btree_map(0..4_usize, 100..104_i64, 1..=4);
    let import = (prices, any::<bool>(), kind).prop_map(|(prices, with_slugs, kind)| Import {
        prices,
        with_slugs,
        kind,
    });
    proptest::collection::vec(import, 1..6)
}

/// The file of an import. Two variants are one product's.
fn file_of(import: &Import, shop: usize) -> String {
    let mut file = match import.with_slugs {
        true => "slug,name,variant,sku,price,currency\n".to_owned(),
        false => "sku,price,currency\n".to_owned(),
    };
    for (number, price) in &import.prices {
        if import.with_slugs {
            let product = format!("p-{shop}-{}", number / 2);
            file.push_str(&format!("{product},Product,Size {number},"));
        }
        file.push_str(&format!("S-{shop}-{number},{price},EUR\n"));
    }
    if matches!(import.kind, Kind::Refused) {
        let cells = if import.with_slugs { ",,," } else { "" };
        file.push_str(&format!("{cells}UNKNOWN,100,EUR\n"));
    }
    file
}

#[test]
fn the_price_history_is_every_change_of_a_kept_import() {
    let till = migrated();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let database = runtime.block_on(till.database());
    let mut runner = TestRunner::new(ProptestConfig {
        cases: 12,
        failure_persistence: None,
        ..ProptestConfig::default()
    });
    // Each case has products of its own in one database.
    let shops = std::cell::Cell::new(0);
    let result = runner.run(&imports(), |imports| {
        let shop = shops.replace(shops.get() + 1);
        let mut expected: BTreeMap<String, Vec<i64>> = BTreeMap::new();
        let all = (0..4).map(|number| (number, 100)).collect();
        let first = Import {
            prices: all,
            with_slugs: true,
            kind: Kind::Kept,
        };
        for one in std::iter::once(first).chain(imports) {
            let file = file_of(&one, shop);
            let open = || {
                let file = std::io::Cursor::new(file.clone());
                Ok(vec![product_file::InputFile::new("products.csv", file)])
            };
            let options = ImportOptions {
                dry_run: matches!(one.kind, Kind::DryRun),
                ..ImportOptions::own(StockMode::OnlyNew, TimeZone::default())
            };
            let imported = runtime.block_on(import(&database, open, options, |_, _| {}));
            prop_assert_eq!(imported.is_err(), matches!(one.kind, Kind::Refused));
            if matches!(one.kind, Kind::Kept) {
                for (number, price) in one.prices {
                    let history = expected.entry(format!("S-{shop}-{number}")).or_default();
                    if history.last() != Some(&price) {
                        history.push(price);
                    }
                }
            }
            let mut histories = runtime.block_on(price_histories(&database));
            histories.retain(|sku, _| sku.starts_with(&format!("S-{shop}-")));
            prop_assert_eq!(&histories, &expected);
        }
        Ok(())
    });
    result.unwrap();
    // What the histories end with is what the shop asks for.
    let mut file = Vec::new();
    runtime.block_on(export(&database, &mut file)).unwrap();
    let file = text(&file);
    let last = runtime.block_on(price_histories(&database));
    for (sku, price) in cells(&file, "sku").iter().zip(cells(&file, "price")) {
        assert_eq!(last[sku].last().unwrap().to_string(), price);
    }
    runtime.block_on(database.close()).unwrap();
}
