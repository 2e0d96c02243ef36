//! Pictures in the database: added by the owner, beside an imported file, or fetched from another
//! server, and what pages, browsers and Stripe get of them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use sea_orm::{EntityTrait, PaginatorTrait, QueryOrder};
use shop::catalog::import::StockMode;
use shop::database::Database;
use shop::entity::{picture, picture_file};
use shop::pictures::{DownloadError, fetch_with, waiting};
use shop::prune::{PruneSettings, prune};
use shop::settings::FromVariables;

use crate::fake_stripe::{Answer, FakeStripe};
use crate::test_app::{TestApp, long_retries};
use crate::till_binary::{CommandOutput, Till};

/// Writes a PNG with this colour, and returns its path.
fn png(folder: &Path, name: &str, (width, height): (u32, u32), red: u8) -> PathBuf {
    let path = folder.join(name);
    let [x, y] = [40, 80].map(|step| move |at: u32| u8::try_from(at * step % 256).unwrap());
    let pixels = RgbImage::from_fn(width, height, |column, row| {
        Rgb([red, x(column / 64), y(row / 64)])
    });
    pixels.save(&path).unwrap();
    path
}

fn add(app: &TestApp, till: &Till, arguments: &[&str]) -> CommandOutput {
    till.run_with(app, &[&["pictures", "add"], arguments].concat())
}

async fn files(database: &Database) -> Vec<picture_file::Model> {
    picture_file::Entity::find()
        .order_by_asc(picture_file::Column::Hash)
        .order_by_asc(picture_file::Column::Format)
        .order_by_asc(picture_file::Column::Width)
        .all(database.reader())
        .await
        .unwrap()
}

async fn pictures(app: &TestApp) -> Vec<picture::Model> {
    picture::Entity::find()
        .order_by_asc(picture::Column::ProductId)
        .order_by_asc(picture::Column::Position)
        .all(app.shop.database.reader())
        .await
        .unwrap()
}

/// The picture with this address, and its hash.
async fn hash_of(app: &TestApp, address: &str) -> Option<String> {
    let pictures = pictures(app).await;
    let picture = pictures.iter().find(|picture| picture.address == address);
    picture.unwrap().hash.clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_added_picture_is_shown_and_served_in_several_sizes() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    png(till.folder.path(), "pen.png", (1_000, 700), 10);
    let added = add(&app, &till, &["PEN", "pen.png", "--alt", "A green pen"]);
    assert_eq!(added.code, Some(0), "{added:?}");
    assert_eq!(added.stdout, "pen.png is picture 2 of PEN\n");
    let hash = pictures(&app)
        .await
        .into_iter()
        .find_map(|picture| picture.hash)
        .unwrap();

    // The drawing of the catalog stays the first picture, so that the gallery has both.
    let page = app.get("/products/pen").await;
    let srcset = page.attribute(".gallery #picture-2 img", "srcset").unwrap();
    let widths = ["320", "640", "960"];
    let expected = widths.map(|width| format!("/pictures/{hash}-{width}.webp {width}w"));
    assert_eq!(srcset, expected.join(", "));
    let attribute = |selector: &str, name: &str| page.attribute(selector, name);
    assert_eq!(
        attribute("#picture-2 img", "alt").as_deref(),
        Some("A green pen")
    );
    assert_eq!(attribute("#picture-2 img", "width").as_deref(), Some("960"));
    assert_eq!(
        attribute("#picture-2 img", "height").as_deref(),
        Some("672")
    );
    assert_eq!(
        attribute("#picture-2 img", "loading").as_deref(),
        Some("lazy")
    );
    assert_eq!(attribute("#picture-1 img", "loading"), None);
    assert_eq!(
        attribute("#picture-1 img", "fetchpriority").as_deref(),
        Some("high")
    );
    // Reachable by keyboard and without JavaScript.
    assert!(page.has("ul[tabindex='0'][aria-label='Pictures of Green Pen'] > #picture-2"));
    assert!(page.has(".gallery a[href='#picture-2'] img[alt='Picture 2 of 2']"));

    for width in widths {
        let path = format!("/pictures/{hash}-{width}.webp");
        let file = app.send(app.request("GET", &path)).await;
        assert_eq!(
            (file.status, file.header("content-type")),
            (200, "image/webp")
        );
        let forever = "public, max-age=31536000, immutable";
        assert_eq!(file.header("cache-control"), forever);
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        let tag = file.header("etag").to_owned();
        for known in [tag.clone(), format!("\"other\", W/{tag}")] {
            let again = app.request("GET", &path).header("if-none-match", known);
            let again = app.send(again).await;
            assert_eq!(
                (again.status, again.header("cache-control")),
                (304, forever)
            );
        }
        let other = app
            .request("GET", &path)
            .header("if-none-match", "\"other\"");
        assert_eq!(app.send(other).await.status, 200);
    }
    let jpeg = app.get(&format!("/pictures/{hash}.jpg")).await;
    assert_eq!(
        (jpeg.status, jpeg.header("content-type")),
        (200, "image/jpeg")
    );
    let unknown = hash.replace(|_: char| true, "0");
    for missing in [
        format!("{hash}-320.jpg"),
        format!("{hash}-100.webp"),
        format!("{hash}-1600.webp"),
        format!("{hash}.webp"),
        format!("{unknown}-320.webp"),
        format!("{unknown}.jpg"),
    ] {
        assert_eq!(
            app.get(&format!("/pictures/{missing}")).await.status,
            404,
            "{missing}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_card_shows_only_files_with_few_bytes_and_the_first_one_comes_first() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    app.import("sku,image\nPEN,\n", StockMode::OnlyNew).await;
    png(till.folder.path(), "pen.png", (1_700, 1_000), 10);
    let added = add(&app, &till, &["PEN", "pen.png"]);
    assert_eq!(added.stdout, "pen.png is picture 1 of PEN\n");
    for file in files(&app.shop.database).await {
        assert!(
            file.width > 640 || file.bytes.len() <= 60_000,
            "{}",
            file.width
        );
    }
    let page = app.get("/").await;
    let srcset = page.attribute(".card img[srcset]", "srcset").unwrap();
    let largest = srcset.rsplit(' ').next();
    assert_eq!(largest, Some("640w"));
    assert!(
        page.attribute(".card img[srcset]", "sizes")
            .unwrap()
            .contains("112px")
    );
    assert_eq!(page.texts("img[fetchpriority='high']").len(), 1);
    // A product with one picture has no gallery.
    let page = app.get("/products/pen").await;
    assert!(!page.has(".gallery") && page.has(".product-page > img.product-picture"));
    assert!(page.has("img[srcset*='-1600.webp 1600w']"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_file_is_stored_once_and_deleted_after_its_last_picture() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    png(till.folder.path(), "one.png", (300, 200), 10);
    png(till.folder.path(), "other.png", (300, 200), 200);
    assert_eq!(
        add(&app, &till, &["PEN", "one.png", "other.png"]).code,
        Some(0)
    );
    assert_eq!(add(&app, &till, &["MUG", "one.png"]).code, Some(0));
    // A WebP and a JPEG of each.
    assert_eq!(files(&app.shop.database).await.len(), 4);

    let list = till
        .run_with(&app, &["pictures", "list", "PEN", "--json"])
        .json();
    let numbers: Vec<_> = list
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["number"])
        .collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(list[1]["stored"], true);
    assert_eq!(
        (&list[1]["width"], &list[1]["height"]),
        (&300.into(), &200.into())
    );
    let table = till.run_with(&app, &["pictures", "list"]).stdout;
    assert!(table.contains("stored  300 × 200"), "{table}");

    let settings = PruneSettings::read(&|_: &str| None).unwrap();
    let prune = async || {
        prune(&app.shop.database, &settings, false)
            .await
            .unwrap()
            .pictures
    };
    let removed = till.run_with(&app, &["pictures", "remove", "PEN", "2"]);
    assert_eq!(removed.stdout, "picture 2 of PEN was removed\n");
    // The mug still has it.
    assert_eq!(prune().await, 0);
    assert_eq!(
        till.run_with(&app, &["pictures", "remove", "PEN", "3"])
            .code,
        Some(0)
    );
    let dry = till
        .run_with(&app, &["prune", "--dry-run", "--json"])
        .json();
    assert_eq!(dry["pictures"], 1);
    assert_eq!(prune().await, 1);
    assert_eq!(files(&app.shop.database).await.len(), 2);
    let again = till.run_with(&app, &["pictures", "remove", "PEN", "3"]);
    assert_eq!(again.code, Some(2));
    assert!(
        again.stderr.contains("the product has no picture 3"),
        "{}",
        again.stderr
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_file_that_is_no_picture_gets_a_sentence_and_nothing_is_added() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let folder = till.folder.path();
    let fine = png(folder, "fine.png", (30, 20), 10);
    fs::write(
        folder.join("drawing.jpg"),
        "<svg xmlns='http://www.w3.org/2000/svg'/>",
    )
    .unwrap();
    fs::write(folder.join("empty.png"), "").unwrap();
    fs::write(folder.join("page.png"), "<!doctype html><title>cup</title>").unwrap();
    // Claims 60,000 × 60,000 pixels.
    let mut bomb = fs::read(&fine).unwrap();
    bomb[16..24].copy_from_slice(&[0, 0, 0xea, 0x60, 0, 0, 0xea, 0x60]);
    fs::write(folder.join("bomb.png"), bomb).unwrap();
    fs::write(folder.join("cut.png"), &fs::read(&fine).unwrap()[..60]).unwrap();
    let bad = [
        "drawing.jpg",
        "empty.png",
        "page.png",
        "bomb.png",
        "cut.png",
        "none.png",
        ".",
    ];
    let refused = add(
        &app,
        &till,
        &[&["PEN", "fine.png"], bad.as_slice()].concat(),
    );
    assert_eq!(refused.code, Some(2));
    let lines: Vec<_> = refused.stderr.lines().collect();
    assert_eq!(lines.len(), bad.len() + 1, "{}", refused.stderr);
    for (line, name) in lines.iter().zip(bad) {
        assert!(line.starts_with(&format!("till: {name} ")), "{line}");
    }
    assert_eq!(lines.last(), Some(&"till: no picture was added"));
    assert!(files(&app.shop.database).await.is_empty());

    for (arguments, reason) in [
        (
            ["NONE", "fine.png", "--alt", "x"],
            "no variant has the SKU \"NONE\"",
        ),
        (
            ["PEN", "fine.png", "--alt", &"x".repeat(501)],
            "at most 500 characters",
        ),
        (
            ["PEN", "fine.png", "--alt=a", "--alt=b"],
            "there are 1 file and 2 texts",
        ),
    ] {
        let refused = add(&app, &till, &arguments);
        assert_eq!(refused.code, Some(2));
        assert!(refused.stderr.contains(reason), "{}", refused.stderr);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_stores_the_files_beside_it_and_no_others() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let folder = till.folder.path().join("catalog");
    fs::create_dir(&folder).unwrap();
    png(&folder, "pen front.png", (300, 200), 10);
    png(till.folder.path(), "secret.png", (300, 200), 20);
    symlink("../secret.png", folder.join("link.png")).unwrap();
    fs::write(folder.join("broken.png"), "no picture").unwrap();
    let csv = "sku,image,image_alt\nPEN,pen front.png|link.png,Front|Link\nMUG,broken.png,\n";
    fs::write(folder.join("products.csv"), csv).unwrap();
    let import = |options: &[&str]| {
        let arguments = [&["import", "catalog/products.csv"], options].concat();
        till.run_with(&app, &arguments)
    };
    let dry = import(&["--dry-run"]);
    assert_eq!(dry.code, Some(0), "{dry:?}");
    assert!(files(&app.shop.database).await.is_empty());

    let imported = import(&[]);
    let printed = imported.stdout.as_str();
    assert!(
        printed.starts_with("0 created, 2 updated, 0 unchanged\n"),
        "{printed}"
    );
    assert!(printed.contains("\n1 picture was stored\n"), "{printed}");
    assert!(printed.ends_with("pictures: link.png\n"), "{printed}");
    assert!(
        imported.stderr.starts_with("till: broken.png "),
        "{imported:?}"
    );
    assert_eq!(imported.code, Some(0));
    let first = hash_of(&app, "/pictures/pen%20front.png").await;
    assert!(first.is_some());
    assert_eq!(hash_of(&app, "/pictures/link.png").await, None);
    assert!(
        app.get("/products/pen")
            .await
            .has("img[alt='Front'][srcset]")
    );

    // The same again changes nothing, not even without the files.
    fs::remove_file(folder.join("link.png")).unwrap();
    fs::rename(folder.join("pen front.png"), folder.join("away.png")).unwrap();
    let again = import(&[]);
    assert!(
        again
            .stdout
            .starts_with("0 created, 0 updated, 2 unchanged\n"),
        "{again:?}"
    );
    assert!(again.stdout.ends_with("pictures: link.png\n"), "{again:?}");
    assert_eq!(hash_of(&app, "/pictures/pen%20front.png").await, first);
    // Another file with the same name replaces the picture.
    png(&folder, "pen front.png", (300, 200), 99);
    assert!(import(&[]).stdout.contains("\n1 picture was stored\n"));
    assert_ne!(hash_of(&app, "/pictures/pen%20front.png").await, first);
}

#[tokio::test]
async fn pictures_of_other_servers_are_fetched_once_and_failures_are_tried_again() {
    let app = TestApp::without_webhooks().await;
    let folder = tempfile::tempdir().unwrap();
    let original = fs::read(png(folder.path(), "a.png", (400, 300), 10)).unwrap();
    let (pen, gone, page) = (
        "https://img.example/pen.png",
        "https://img.example/gone",
        "https://img.example/page",
    );
    let csv = format!("sku,image\nPEN,{pen}|{gone}\nMUG,{pen}|{page}\n");
    app.import(&csv, StockMode::OnlyNew).await;
    let database = &app.shop.database;
    assert_eq!(waiting(database).await.unwrap(), [gone, page, pen]);

    let asked = std::sync::Mutex::new(Vec::new());
    let download = async |address: &str| {
        asked.lock().unwrap().push(address.to_owned());
        match address {
            address if address == pen => Ok(original.clone()),
            address if address == page => Ok(b"<!doctype html>".to_vec()),
            _ => Err(DownloadError::Status(404)),
        }
    };
    let progress = std::sync::Mutex::new((0, 0));
    let report = fetch_with(database, download, |done, total| {
        *progress.lock().unwrap() = (done, total);
    });
    let report = report.await.unwrap();
    assert_eq!((report.fetched, *progress.lock().unwrap()), (1, (3, 3)));
    let failures: Vec<_> = report.failures.iter().map(ToString::to_string).collect();
    assert_eq!(failures[0], format!("{gone} responds with the status 404"));
    assert!(
        failures[1].starts_with(&format!("{page} is ")),
        "{failures:?}"
    );

    // Both products have it now, and only the others are asked for again.
    let hash = hash_of(&app, pen).await.unwrap();
    let with_hash = pictures(&app).await;
    let with_hash = with_hash
        .iter()
        .filter(|one| one.hash.as_ref() == Some(&hash));
    assert_eq!(with_hash.count(), 2);
    let mug = app.get("/products/becher-moewe").await;
    assert!(mug.has(&format!("img[src='/pictures/{hash}-400.webp']")));
    asked.lock().unwrap().clear();
    fetch_with(database, download, |_, _| {}).await.unwrap();
    let mut asked = asked.into_inner().unwrap();
    asked.sort();
    assert_eq!(asked, [gone, page]);
    // An import of the same file keeps what was fetched.
    let report = app.import(&csv, StockMode::OnlyNew).await;
    assert_eq!((report.updated, report.unchanged), (0, 2));
    assert_eq!(hash_of(&app, pen).await, Some(hash));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_import_names_the_addresses_that_it_must_not_fetch() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    let file = till.folder.path().join("products.csv");
    let addresses = "https://127.0.0.1/a.jpg|https://[::ffff:10.0.0.1]/a.jpg|\
                     https://8.8.8.8:8443/a.jpg";
    fs::write(&file, format!("sku,image\nPEN,{addresses}\n")).unwrap();
    let import =
        |options: &[&str]| till.run_with(&app, &[&["import", "products.csv"], options].concat());
    let not_fetched = import(&["--no-fetch"]);
    assert_eq!(
        (not_fetched.code, not_fetched.stderr.as_str()),
        (Some(0), "")
    );

    let imported = import(&[]);
    assert_eq!(imported.code, Some(0), "{imported:?}");
    let only = "only https:// and port 443 are allowed, without user name or password";
    let expected = [
        "https://127.0.0.1/a.jpg leads to 127.0.0.1, whose address 127.0.0.1 is not a public one",
        &format!("https://8.8.8.8:8443/a.jpg leads to https://8.8.8.8:8443: {only}"),
        "https://[::ffff:10.0.0.1]/a.jpg leads to [::ffff:a00:1], whose address \
         ::ffff:10.0.0.1 is not a public one",
        "3 pictures were not fetched: until `till pictures fetch` succeeds, browsers load them \
         from their addresses",
    ];
    let expected: String = expected
        .iter()
        .map(|line| format!("till: {line}\n"))
        .collect();
    assert_eq!(imported.stderr, expected);
    let fetch = till.run_with(&app, &["pictures", "fetch"]);
    assert_eq!((fetch.code, fetch.stderr), (Some(1), imported.stderr));

    fs::write(&file, "sku,image\nPEN,\n").unwrap();
    assert_eq!(import(&[]).stderr, "");
    let nothing = till.run_with(&app, &["pictures", "fetch"]);
    assert_eq!(nothing.stdout, "every picture was fetched before\n");
    assert_eq!(nothing.code, Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn stripes_page_shows_the_first_stored_picture_of_a_public_shop() {
    let fake = FakeStripe::start(&[], Answer::Works).await;
    let app = TestApp::with_stripe(Some(fake.url()), long_retries()).await;
    let till = Till::new();
    png(till.folder.path(), "one.png", (30, 20), 10);
    png(till.folder.path(), "two.png", (30, 20), 20);
    assert_eq!(
        add(&app, &till, &["PEN", "one.png", "two.png"]).code,
        Some(0)
    );
    let hash = pictures(&app)
        .await
        .into_iter()
        .find_map(|picture| picture.hash);
    let (pen, mug) = (app.variant("PEN").await.id, app.variant("MUG").await.id);
    let german = "de".parse().unwrap();
    let english = locale::Language::default();
    for (public_url, language) in [
        ("http://localhost:3000", english),
        ("https://shop.example", english),
        ("https://shop.example", german),
    ] {
        let mut shop = app.shop.clone();
        shop.settings_mut().languages = std::sync::Arc::new("en,de".parse().unwrap());
        public_url.clone_into(&mut shop.settings_mut().public_url);
        let form = shop::checkout::Form {
            attempt: app.form("/").await.attempt().to_owned(),
            quantity: [pen, mug].map(|id| (id.to_string(), "1".to_owned())).into(),
            shown: [].into(),
            client: None,
            language,
        };
        shop::checkout::begin(&shop, &form).await.unwrap();
    }
    let images: Vec<Vec<_>> = fake
        .session_creations()
        .iter()
        .map(|call| {
            let fields = call.fields.iter();
            fields
                .filter(|(name, _)| name.contains("[images]"))
                .map(|(_, image)| image.clone())
                .collect()
        })
        .collect();
    let jpeg = format!("https://shop.example/pictures/{}.jpg", hash.unwrap());
    // A local shop has no address that Stripe could fetch, and the mug has only a drawing.
    // The file is at one address in every language.
    assert_eq!(images, [vec![], vec![jpeg.clone()], vec![jpeg]]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_has_the_files_of_pictures() {
    let app = TestApp::without_webhooks().await;
    let till = Till::new();
    png(till.folder.path(), "one.png", (700, 500), 10);
    assert_eq!(add(&app, &till, &["PEN", "one.png"]).code, Some(0));
    let backup = till.run_with(&app, &["backup", "backup.db"]);
    assert_eq!(backup.code, Some(0), "{backup:?}");
    let copy = till.folder.path().join("backup.db");
    let copy = Database::open(&format!("sqlite://{}", copy.display()))
        .await
        .unwrap();
    let stored = files(&app.shop.database).await;
    assert_eq!(stored.len(), 3);
    assert!(files(&copy).await == stored, "the files differ");
    let used = picture::Entity::find().count(copy.reader()).await.unwrap();
    assert_eq!(used, u64::try_from(pictures(&app).await.len()).unwrap());
    copy.close().await.unwrap();
}
