//! The admin's forms of settings: words for choices, the table of shipping rates, the logo, and
//! what is said of mistakes.

use std::sync::Arc;

use image::{Rgb, RgbImage};
use shop::audit::{self, Filter};
use shop::catalog::import::StockMode;
use shop::policy::{self, Policy, PolicySlug};
use shop::stored_settings;
use till_core::admin::Role;

use crate::admin_products::{MULTIPART, parts};
use crate::admin_sign_in::{Browser, PASSWORD, user};
use crate::test_app::{Page, TestApp, owner};

/// A browser of a user with this role, who reads this language.
async fn browser<'a>(app: &'a TestApp, role: Role, language: &str) -> Browser<'a> {
    let mail = format!("{role}-{language}@shop.example");
    user(app, &mail, role).await;
    let mut browser = Browser::new(app);
    let page = browser.sign_in(&mail, PASSWORD).await;
    assert_eq!(page.status, 303, "{}", page.body);
    let chosen = browser
        .post("set-language", "/admin/account", &[("language", language)])
        .await;
    assert_eq!(chosen.status, 303, "{}", chosen.body);
    browser
}

fn path(group: &str) -> String {
    format!("/admin/settings/{group}")
}

async fn save(browser: &mut Browser<'_>, group: &str, fields: &[(&str, &str)]) -> Page {
    let fields = [&[("group", group)], fields].concat();
    browser.post("save-settings", &path(group), &fields).await
}

async fn saved(browser: &mut Browser<'_>, group: &str, fields: &[(&str, &str)]) -> Page {
    let answer = save(browser, group, fields).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    browser.get(answer.header("location")).await
}

async fn refused(browser: &mut Browser<'_>, group: &str, fields: &[(&str, &str)]) -> Page {
    let answer = save(browser, group, fields).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    answer
}

async fn stored(app: &TestApp, name: &str) -> Option<String> {
    let stored = stored_settings::load(app.shop.database.reader()).await;
    stored.unwrap().get(name).cloned()
}

fn value(page: &Page, field: &str) -> String {
    let value = page.attribute(&format!("input[name='{field}']"), "value");
    value.unwrap_or_default()
}

fn problem(page: &Page, field: &str) -> String {
    page.text(&format!("[id='{field}-problem']"))
}

fn options(page: &Page, setting: &str) -> Vec<String> {
    page.texts(&format!("select[name='setting[{setting}]'] option"))
}

#[tokio::test]
async fn choices_and_defaults_are_words_in_the_language_of_the_page() {
    let app = TestApp::without_webhooks().await;
    let mut english = browser(&app, Role::Owner, "en").await;
    let page = english.get(&path("tax")).await;
    assert_eq!(
        options(&page, "PRICE_TAX"),
        [
            "What Stripe Tax does (default)",
            "Prices include tax",
            "Tax is added to the prices",
            "No tax, because the business is small"
        ]
    );
    assert_eq!(options(&page, "TAX_IDS"), ["No (default)", "Yes"]);
    let mut german = browser(&app, Role::Owner, "de").await;
    let page = german.get(&path("country")).await;
    assert_eq!(
        options(&page, "WITHDRAWALS"),
        ["Wenn EU-Verbraucherrecht gilt (Standard)", "Immer", "Nie"]
    );
    let page = german.get(&path("checkout")).await;
    for word in ["auto", "required", "refund", "accept", "off", "none"] {
        let shown = page.texts("main option, main label, main dd, main .hint");
        let has = shown
            .iter()
            .any(|text| text.split(' ').any(|one| one == word));
        assert!(!has, "{word}: {shown:?}");
    }
    // The value is the same in every language, and a default that was chosen stays chosen.
    saved(
        &mut german,
        "tax",
        &[("setting[PRICE_TAX]", "small-business")],
    )
    .await;
    saved(&mut german, "tax", &[("setting[TAX_IDS]", "off")]).await;
    assert_eq!(stored(&app, "PRICE_TAX").await.unwrap(), "small-business");
    let page = german.get(&path("tax")).await;
    let chosen = page.texts("option[selected]");
    assert!(chosen.contains(&"Keine Steuer (Kleinunternehmer)".to_owned()));
    assert_eq!(options(&page, "TAX_IDS"), ["Nein (Standard)", "Nein", "Ja"]);
    // A manager reads the same words.
    let mut manager = browser(&app, Role::Manager, "en").await;
    let page = manager.get(&path("tax")).await;
    let values = page.texts("dd");
    assert!(
        values
            .iter()
            .any(|text| text.starts_with("No tax, because")),
        "{values:?}"
    );
    assert!(!page.has("main code"), "{}", page.body);
}

#[tokio::test]
async fn countries_are_chosen_by_name() {
    let app = TestApp::without_webhooks().await;
    let mut german = browser(&app, Role::Owner, "de").await;
    let page = german.get(&path("country")).await;
    let countries = options(&page, "SHOP_COUNTRY");
    let of = |name: &str| countries.iter().position(|one| one == name).unwrap();
    assert!(of("Norwegen") < of("Österreich") && of("Österreich") < of("Pakistan"));
    saved(&mut german, "country", &[("setting[SHOP_COUNTRY]", "AT")]).await;
    assert_eq!(stored(&app, "SHOP_COUNTRY").await.unwrap(), "AT");
    let names = [("setting[SHIPPING_COUNTRIES]", "de, Österreich")];
    let page = saved(&mut german, "shipping", &names).await;
    assert_eq!(stored(&app, "SHIPPING_COUNTRIES").await.unwrap(), "DE,AT");
    assert_eq!(page.text(".setting-names"), "Deutschland, Österreich");
    let unknown = [("setting[SHIPPING_COUNTRIES]", "DE, Atlantis")];
    let page = refused(&mut german, "shipping", &unknown).await;
    let text = problem(&page, "setting[SHIPPING_COUNTRIES]");
    assert!(text.contains("kein Land Atlantis"), "{text}");
    // A box says that nothing is shipped.
    let nothing = [
        ("setting[SHIPPING_COUNTRIES]", "DE,AT"),
        ("shown[SHIPPING_COUNTRIES]", "DE,AT"),
        ("word[SHIPPING_COUNTRIES]", "none"),
    ];
    let page = saved(&mut german, "shipping", &nothing).await;
    assert_eq!(stored(&app, "SHIPPING_COUNTRIES").await.unwrap(), "none");
    assert_eq!(value(&page, "setting[SHIPPING_COUNTRIES]"), "");
    assert!(page.has("input[name='word[SHIPPING_COUNTRIES]'][checked]"));
}

/// Fields of one row of the table of rates.
fn rate(index: usize, cells: [&str; 4]) -> Vec<(String, &str)> {
    let columns = ["name", "price", "up_to_grams", "free_from"];
    let cells = columns.iter().zip(cells);
    let cells = cells.map(|(column, cell)| (format!("rates[{index}][{column}]"), cell));
    cells.collect()
}

/// The fields of the table, as it was shown with this stored value.
fn table<'a>(rows: &[[&'a str; 4]], shown: &'a str) -> Vec<(String, &'a str)> {
    let rows = rows.iter().enumerate();
    let rows = rows.flat_map(|(index, cells)| rate(index, *cells));
    let shown = ("shown[SHIPPING_RATES]".to_owned(), shown);
    rows.chain([shown, ("currency".to_owned(), "eur")])
        .collect()
}

fn borrowed<'a>(fields: &'a [(String, &'a str)]) -> Vec<(&'a str, &'a str)> {
    fields
        .iter()
        .map(|(name, value)| (&**name, *value))
        .collect()
}

#[tokio::test]
async fn shipping_rates_are_a_table_of_prices_as_people_write_them() {
    let app = TestApp::start().await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let page = owner.get(&path("shipping")).await;
    assert_eq!(page.texts(".rate-table tbody tr").len(), 2);
    assert!(page.texts("th").contains(&"Price in EUR".to_owned()));
    assert!(!page.has("[name='setting[SHIPPING_RATES]']"));
    let blank = ["", "", "", ""];
    let rows = [
        ["Letter", "1,90", "500", ""],
        blank,
        ["Parcel", "4.90", "2000", "50"],
        ["Parcel", "7.90", "", ""],
    ];
    let fields = table(&rows, "");
    // Without countries they would not count, which is said where the countries are.
    let page = refused(&mut owner, "shipping", &borrowed(&fields)).await;
    let text = problem(&page, "setting[SHIPPING_COUNTRIES]");
    assert!(text.contains("where you ship to"), "{text}");
    assert!(page.text("main [role=alert]").contains("Nothing was saved"));
    assert_eq!(value(&page, "rates[3][price]"), "7.90");
    let fields = [
        borrowed(&fields),
        vec![
            ("setting[SHIPPING_COUNTRIES]", "DE"),
            ("shown[SHIPPING_COUNTRIES]", ""),
        ],
    ];
    let page = saved(&mut owner, "shipping", &fields.concat()).await;
    let text = "Letter:190 up to 500 g,Parcel:490 up to 2000 g free from 5000,Parcel:790";
    assert_eq!(stored(&app, "SHIPPING_RATES").await.unwrap(), text);
    assert_eq!(value(&page, "rates[1][price]"), "4.90");
    assert_eq!(value(&page, "rates[1][free_from]"), "50.00");
    assert_eq!(value(&page, "shown[SHIPPING_RATES]"), text);
    assert_eq!(page.texts(".rate-table tbody tr").len(), 5);
    // A manager reads them as words.
    let mut manager = browser(&app, Role::Manager, "de").await;
    let values = manager.get(&path("shipping")).await.texts("dd");
    let words = "Parcel: 4,90, bis 2000 g, kostenlos ab 50,00";
    assert!(values.iter().any(|text| text.contains(words)), "{values:?}");
    // A row that is emptied is removed, and all of them are.
    let rows = [rows[0], blank, ["Parcel", "4.90", "", ""]];
    saved(&mut owner, "shipping", &borrowed(&table(&rows, text))).await;
    let text = "Letter:190 up to 500 g,Parcel:490";
    assert_eq!(stored(&app, "SHIPPING_RATES").await.unwrap(), text);
    saved(&mut owner, "shipping", &borrowed(&table(&[blank], text))).await;
    assert_eq!(stored(&app, "SHIPPING_RATES").await, None);
}

#[tokio::test]
async fn a_rate_that_is_refused_says_so_at_its_field() {
    let app = TestApp::start().await;
    let mut german = browser(&app, Role::Owner, "de").await;
    let countries = [("setting[SHIPPING_COUNTRIES]", "DE")];
    saved(&mut german, "shipping", &countries).await;
    let blank = ["", "", "", ""];
    let cases = [
        (["Paket", "billig", "", ""], "price", "4,90 oder 4.90"),
        (["Paket", "-1", "", ""], "price", "nicht unter null"),
        (["", "4,90", "", ""], "name", "Bitte"),
        (["Paket, groß", "4,90", "", ""], "name", "kein Komma"),
        (["Paket", "4,90", "schwer", ""], "up_to_grams", "10000000"),
        (["Paket", "4,90", "", "viel"], "free_from", "4,90 oder 4.90"),
        (["Paket", "4,90", "500", ""], "up_to_grams", "leer"),
    ];
    for (row, column, said) in cases {
        let fields = table(&[blank, row, blank], "");
        let page = refused(&mut german, "shipping", &borrowed(&fields)).await;
        let field = format!("rates[1][{column}]");
        let text = problem(&page, &field);
        assert!(text.contains(said), "{row:?}: {text}");
        assert!(page.has(&format!("input[name='{field}'][aria-invalid=true]")));
        // What was typed stays.
        assert_eq!(value(&page, "rates[1][name]"), row[0]);
    }
    let twice = table(&[["Paket", "1", "", ""], ["Paket", "2", "", ""]], "");
    let page = refused(&mut german, "shipping", &borrowed(&twice)).await;
    assert!(problem(&page, "rates[1][name]").contains("denselben Namen"));
    assert_eq!(stored(&app, "SHIPPING_RATES").await, None);
    // The table is as protected as its setting: by its right and its group.
    let mut manager = browser(&app, Role::Manager, "en").await;
    let fields = table(&[["Paket", "1", "", ""]], "");
    let page = save(&mut manager, "shipping", &borrowed(&fields)).await;
    assert_eq!(page.status, 403, "{}", page.body);
    let page = save(&mut manager, "face", &borrowed(&fields)).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert_eq!(stored(&app, "SHIPPING_RATES").await, None);
}

#[tokio::test]
async fn a_table_of_rates_undoes_nothing_that_somebody_else_saved() {
    let app = TestApp::start().await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let by = crate::test_app::owner();
    let base = app.shop.live.base();
    for (name, value) in [
        ("SHIPPING_COUNTRIES", "DE"),
        ("SHIPPING_RATES", "A: 100, B:200"),
    ] {
        let set = stored_settings::set(&app.shop.database, base, &by, name, value);
        set.await.unwrap();
    }
    let shown = "A: 100, B:200";
    let same = [["A", "1.00", "", ""], ["B", "2.00", "", ""]];
    // Somebody else changes the rates, this one only the days.
    let theirs = "A:150,B:200";
    let set = stored_settings::set(&app.shop.database, base, &by, "SHIPPING_RATES", theirs);
    set.await.unwrap();
    let fields = table(&same, shown);
    let mut fields = borrowed(&fields);
    fields.extend([
        ("setting[HANDLING_DAYS]", "1"),
        ("shown[HANDLING_DAYS]", ""),
    ]);
    saved(&mut owner, "shipping", &fields).await;
    assert_eq!(stored(&app, "SHIPPING_RATES").await.unwrap(), theirs);
    assert_eq!(stored(&app, "HANDLING_DAYS").await.unwrap(), "1");
    // Who changes them too learns it.
    let changed = table(&[["A", "3.00", "", ""], ["B", "2.00", "", ""]], shown);
    let page = refused(&mut owner, "shipping", &borrowed(&changed)).await;
    assert!(
        page.body.contains("Somebody else has changed this"),
        "{}",
        page.body
    );
    assert_eq!(value(&page, "shown[SHIPPING_RATES]"), theirs);
    assert_eq!(value(&page, "rates[0][price]"), "3.00");
    assert_eq!(stored(&app, "SHIPPING_RATES").await.unwrap(), theirs);
}

#[tokio::test]
async fn a_mistake_does_not_hide_what_somebody_else_saved() {
    let app = TestApp::start().await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let by = crate::test_app::owner();
    let set = async |name: &str, value: &str| {
        let base = app.shop.live.base();
        let set = stored_settings::set(&app.shop.database, base, &by, name, value);
        set.await.unwrap();
    };
    set("SHOP_TAGLINE", "Old").await;
    set("SHOP_TAGLINE", "Theirs").await;
    let face = |color, tagline| {
        [
            ("setting[SHOP_ACCENT_COLOR]", color),
            ("shown[SHOP_ACCENT_COLOR]", ""),
            ("setting[SHOP_TAGLINE]", tagline),
            ("shown[SHOP_TAGLINE]", "Old"),
        ]
    };
    // What was not touched shows what is stored now.
    let page = refused(&mut owner, "face", &face("brown", "Old")).await;
    assert_eq!(value(&page, "setting[SHOP_ACCENT_COLOR]"), "brown");
    assert_eq!(value(&page, "setting[SHOP_TAGLINE]"), "Theirs");
    assert_eq!(value(&page, "shown[SHOP_TAGLINE]"), "Theirs");
    // What was typed stays; the person is told, with a mistake and without, and chooses.
    for color in ["brown", "#336699"] {
        let page = refused(&mut owner, "face", &face(color, "Mine")).await;
        assert_eq!(value(&page, "setting[SHOP_TAGLINE]"), "Mine");
        assert!(page.body.contains("Stored now: Theirs"), "{}", page.body);
        assert_eq!(value(&page, "shown[SHOP_TAGLINE]"), "Theirs");
    }
    let mut chosen = face("#336699", "Mine");
    chosen[3].1 = "Theirs";
    saved(&mut owner, "face", &chosen).await;
    assert_eq!(stored(&app, "SHOP_TAGLINE").await.unwrap(), "Mine");

    // The table of rates likewise: a rate that somebody has added is not deleted.
    set("SHIPPING_COUNTRIES", "DE").await;
    set("SHIPPING_RATES", "A:100,Express:900").await;
    let fields = table(&[["A", "1.00", "", ""], ["", "", "", ""]], "A:100");
    let mut fields = borrowed(&fields);
    fields.extend([
        ("setting[HANDLING_DAYS]", "soon"),
        ("shown[HANDLING_DAYS]", ""),
    ]);
    let page = refused(&mut owner, "shipping", &fields).await;
    assert_eq!(value(&page, "rates[1][name]"), "Express");
    assert_eq!(value(&page, "shown[SHIPPING_RATES]"), "A:100,Express:900");
    // What was typed into it stays beside a mistake, and still says what it was shown with.
    let fields = table(&[["A", "much", "", ""]], "A:100");
    let page = refused(&mut owner, "shipping", &borrowed(&fields)).await;
    assert_eq!(value(&page, "rates[0][price]"), "much");
    assert_eq!(value(&page, "shown[SHIPPING_RATES]"), "A:100");
    // No name has a line break or turns the text around.
    for name in ["A\nB", "A\u{202e}B"] {
        let fields = table(&[[name, "1.00", "", ""]], "A:100,Express:900");
        let page = refused(&mut owner, "shipping", &borrowed(&fields)).await;
        assert!(!problem(&page, "rates[0][name]").is_empty(), "{name:?}");
    }
    // A browser sends a line break of a hidden field as CRLF.
    app.execute("UPDATE setting SET value = 'One\nTwo' WHERE name = 'SHOP_TAGLINE'")
        .await;
    let fields = [
        ("setting[SHOP_TAGLINE]", "Three"),
        ("shown[SHOP_TAGLINE]", "One\r\nTwo"),
    ];
    saved(&mut owner, "face", &fields).await;
}

#[tokio::test]
async fn amounts_of_rates_have_the_decimals_of_the_products() {
    let app = TestApp::start().await;
    let cup = "sku,slug,name,price,currency\nYEN,yen-cup,Cup,500,JPY\n";
    app.import(cup, StockMode::OnlyNew).await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let page = owner.get(&path("shipping")).await;
    assert!(page.body.contains("EUR, JPY"), "{}", page.body);
    let yen = [
        ("setting[SHIPPING_COUNTRIES]", "JP"),
        ("rates[0][name]", "Parcel"),
        ("rates[0][price]", "490"),
        ("currency", "jpy"),
    ];
    saved(&mut owner, "shipping", &yen).await;
    assert_eq!(stored(&app, "SHIPPING_RATES").await.unwrap(), "Parcel:490");
    let unknown = [
        ("rates[0][name]", "A"),
        ("rates[0][price]", "1"),
        ("currency", "xyz"),
    ];
    let page = refused(&mut owner, "shipping", &unknown).await;
    assert!(page.body.contains("did not arrive"), "{}", page.body);
}

#[tokio::test]
async fn an_address_has_several_lines_and_a_box_keeps_data_forever() {
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let lines = "Pens & Paper\r\n1 High Street\r\n\r\nLondon";
    let links = "Terms = https://shop.example/terms\r\nImprint=/pages/imprint";
    let fields = [
        ("setting[SHOP_ADDRESS]", lines),
        ("setting[SHOP_LINKS]", links),
    ];
    let page = saved(&mut owner, "contact", &fields).await;
    let address = "Pens & Paper; 1 High Street; London";
    assert_eq!(stored(&app, "SHOP_ADDRESS").await.unwrap(), address);
    assert_eq!(
        stored(&app, "SHOP_LINKS").await.unwrap(),
        "Terms = https://shop.example/terms, Imprint=/pages/imprint"
    );
    let text = page.text("textarea[name='setting[SHOP_ADDRESS]']");
    assert_eq!(text, "Pens & Paper 1 High Street London");
    assert_eq!(value(&page, "shown[SHOP_ADDRESS]"), address);
    // Sent as it was shown, it is not changed, whatever somebody else has done meanwhile.
    let shown = [
        (
            "setting[SHOP_ADDRESS]",
            "Pens & Paper\r\n1 High Street\r\nLondon",
        ),
        ("shown[SHOP_ADDRESS]", "Pens & Paper;1 High Street;London"),
    ];
    saved(&mut owner, "contact", &shown).await;
    assert_eq!(stored(&app, "SHOP_ADDRESS").await.unwrap(), address);

    let forever = [
        ("setting[KEEP_AUDIT_DAYS]", ""),
        ("shown[KEEP_AUDIT_DAYS]", ""),
        ("word[KEEP_AUDIT_DAYS]", "off"),
    ];
    let page = saved(&mut owner, "retention", &forever).await;
    assert_eq!(stored(&app, "KEEP_AUDIT_DAYS").await.unwrap(), "off");
    assert!(page.has("input[name='word[KEEP_AUDIT_DAYS]'][checked]"));
    assert!(!page.has("input[name='word[PRUNE_CHECKOUTS_DAYS]'][checked]"));
    // Without the tick, the number counts, and an empty one is the default.
    let again = [
        ("setting[KEEP_AUDIT_DAYS]", ""),
        ("shown[KEEP_AUDIT_DAYS]", "off"),
    ];
    saved(&mut owner, "retention", &again).await;
    assert_eq!(stored(&app, "KEEP_AUDIT_DAYS").await, None);
    // A box of another group is as locked as its setting.
    let hidden = [("word[SHIPPING_COUNTRIES]", "none")];
    refused(&mut owner, "retention", &hidden).await;
}

#[tokio::test]
async fn what_is_wrong_is_said_in_german_on_a_german_page() {
    let app = TestApp::without_webhooks().await;
    let mut german = browser(&app, Role::Owner, "de").await;
    for (group, setting, typed, said) in [
        ("face", "SHOP_ACCENT_COLOR", "rot", "eine Farbe wie #1f5c46"),
        (
            "face",
            "SHOP_TAGLINE",
            &"x".repeat(81),
            "höchstens 80 Zeichen",
        ),
        ("contact", "SHOP_EMAIL", "hallo", "eine E-Mail-Adresse wie"),
        ("contact", "SHOP_PHONE", "anrufen", "eine Telefonnummer wie"),
        ("contact", "SHOP_LINKS", "AGB", "in eine eigene Zeile"),
        ("country", "SHOP_TIME_ZONE", "Berlin", "Europe/Berlin"),
        ("country", "SHOP_COUNTRY", "Atlantis", "Wählen Sie"),
        ("shipping", "HANDLING_DAYS", "bald", "eine Zahl von Tagen"),
        ("orders", "ORDER_PREFIX", "T-1", "bis zu 4 Buchstaben"),
        ("stock", "LOW_STOCK", "-1", "von 0 bis 1000000"),
        ("retention", "PRUNE_PAYLOADS_DAYS", "7", "von 35 bis 36500"),
        ("mail", "MAIL_FROM", "Shop", "eine E-Mail-Adresse wie"),
        ("checkout", "PHONE", "vielleicht", "Wählen Sie"),
        ("contact", "SHOP_ADDRESS", &"x".repeat(4_001), "zu lang"),
    ] {
        let field = format!("setting[{setting}]");
        let page = refused(&mut german, group, &[(&field, typed)]).await;
        let text = problem(&page, &field);
        assert!(text.contains(said), "{setting}: {text}");
        let whole = page.text("main [role=alert]");
        assert_eq!(
            whole,
            "Es wurde nichts gespeichert. Bitte sehen Sie sich die markierten Felder an."
        );
        for text in [&text, &whole] {
            assert!(!text.contains("must") && !text.contains(setting), "{text}");
        }
    }
}

#[tokio::test]
async fn a_shop_in_one_language_has_one_field_for_a_text() {
    let tagline = |page: &Page| {
        page.texts("label")
            .into_iter()
            .filter(|label| label.starts_with("Tagline"))
            .collect::<Vec<_>>()
    };
    let app = TestApp::without_webhooks().await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    assert_eq!(tagline(&owner.get(&path("face")).await), ["Tagline"]);
    // One that was set in a language would win without being seen.
    let set = [("setting[SHOP_TAGLINE_EN]", "From Leeds")];
    let page = saved(&mut owner, "face", &set).await;
    let both = ["Tagline (languages without their own)", "Tagline (English)"];
    assert_eq!(tagline(&page), both);

    let app = TestApp::without_webhooks_with(|config| {
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let all = [both[0], "Tagline (Deutsch)", both[1]];
    assert_eq!(tagline(&owner.get(&path("face")).await), all);
}

#[tokio::test]
async fn settings_of_the_server_have_names_in_words() {
    let app = TestApp::without_webhooks().await;
    for language in ["en", "de"] {
        let mut owner = browser(&app, Role::Owner, language).await;
        for group in ["limits", "stripe", "server", "mail", "checkout"] {
            let page = owner.get(&path(group)).await;
            let (names, variables) = (page.texts("dt"), page.texts("dt code"));
            assert_eq!(names.len(), variables.len(), "{group}");
            assert!(!names.is_empty(), "{group}");
            for (name, variable) in names.iter().zip(&variables) {
                let words = name.strip_suffix(variable.as_str()).unwrap().trim();
                assert!(words.len() > 3 && !words.contains('_'), "{name}");
            }
        }
    }
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut png = std::io::Cursor::new(Vec::new());
    let pixels = RgbImage::from_fn(width, height, |x, _| {
        Rgb([u8::try_from(x % 256).unwrap(), 0, 9])
    });
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    png.into_inner()
}

async fn upload(app: &TestApp, browser: &mut Browser<'_>, name: &str, bytes: &[u8]) -> Page {
    let from = path("face");
    let body = parts(&[("from", &from)], Some(("logo", name, bytes)));
    let request = app.request("POST", "/admin/api/save-logo");
    let request = request.header("sec-fetch-site", "same-origin");
    browser
        .send(request.header(MULTIPART.0, MULTIPART.1).body(body))
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_is_uploaded_shown_and_removed() {
    let app = TestApp::without_webhooks().await;
    let mut manager = browser(&app, Role::Manager, "en").await;
    let page = manager.get(&path("face")).await;
    assert!(page.text("#logo").contains("There is no logo"));
    assert!(!page.has("#logo [name=remove]"));
    assert!(!page.has("[name='setting[SHOP_LOGO]']"));
    let answer = upload(&app, &mut manager, "logo.png", &png(800, 200)).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = manager.get(answer.header("location")).await;
    let address = page.attribute("#logo img", "src").unwrap();
    assert_eq!(app.get(&address).await.status, 200);
    // Shoppers see it at once.
    let shown = app.get("/").await.attribute(".site-logo", "src").unwrap();
    assert_eq!(shown, address);
    let kept = stored(&app, "SHOP_LOGO").await.unwrap();

    for (name, bytes) in [
        ("logo.png", b"<svg onload=alert(1)>".to_vec()),
        ("logo.png", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("<b>.svg", b"<svg/>".to_vec()),
    ] {
        let page = upload(&app, &mut manager, name, &bytes).await;
        assert_eq!(page.status, 422, "{}", page.body);
        let text = page.text("#logo [role=alert]");
        assert!(text.contains(&format!("{name} was not accepted")), "{text}");
    }
    let flat = upload(&app, &mut manager, "flat.png", &png(900, 100)).await;
    let text = flat.text("#logo [role=alert]");
    assert!(
        flat.status == 422 && text.contains("900 × 100 pixels"),
        "{text}"
    );
    let none = upload(&app, &mut manager, "none.png", &[]).await;
    assert!(none.status == 422 && none.body.contains("Choose a picture first"));
    assert_eq!(stored(&app, "SHOP_LOGO").await.as_ref(), Some(&kept));

    // Who has seen another logo removes nothing.
    let late = [("remove", "yes"), ("shown", "")];
    let page = manager.post("save-logo", &path("face"), &late).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(page.text("#logo [role=alert]").contains("Somebody else"));
    let remove = [("remove", "yes"), ("shown", &kept)];
    let removed = manager.post("save-logo", &path("face"), &remove).await;
    assert_eq!(removed.status, 303, "{}", removed.body);
    assert!(!app.get("/").await.has(".site-logo"));
    let page = audit::list(&app.shop.database, &Filter::default(), None, 100).await;
    let rows = page.unwrap().rows.into_iter();
    let rows = rows.filter(|row| row.subject == "SHOP_LOGO");
    let mut actions: Vec<_> = rows
        .map(|row| format!("{} {}", row.actor, row.action))
        .collect();
    actions.sort();
    let by = "manager-en@shop.example";
    assert_eq!(
        actions,
        [format!("{by} set_setting"), format!("{by} unset_setting")]
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_logo_is_for_those_who_may_change_settings_and_not_against_a_variable() {
    let app = TestApp::without_webhooks_with(|config| {
        let logo = format!("{}-320x80", "9f".repeat(32));
        let variables = move |name: &str| (name == "SHOP_LOGO").then(|| logo.clone());
        let read = server::config::Config::read(&variables).unwrap();
        *config = server::config::Config {
            all: read.all,
            variables: read.variables,
            ..config.clone()
        };
    })
    .await;
    let mut owner = browser(&app, Role::Owner, "en").await;
    let page = owner.get(&path("face")).await;
    assert!(!page.has("#logo"), "{}", page.body);
    assert!(page.has(".admin-fixed img"), "{}", page.body);
    let page = upload(&app, &mut owner, "logo.png", &png(800, 200)).await;
    assert_eq!(page.status, 422, "{}", page.body);
    assert!(
        page.body.contains("This is set on the server"),
        "{}",
        page.body
    );
    let mut staff = browser(&app, Role::Staff, "en").await;
    let page = upload(&app, &mut staff, "logo.png", &png(800, 200)).await;
    assert_eq!(page.status, 403, "{}", page.body);
    assert_eq!(stored(&app, "SHOP_LOGO").await, None);
}

#[tokio::test]
async fn a_written_policy_links_its_page() {
    let app = TestApp::without_webhooks_with(|config| {
        config.profile.languages = Arc::new("en,de".parse().unwrap());
    })
    .await;
    let mut browser = browser(&app, Role::Owner, "en").await;
    let page = browser.get("/admin/settings/policies/terms/de").await;
    assert!(!page.has("a[href='/de/pages/terms']"), "{}", page.body);
    let german = "de".parse().unwrap();
    let terms = Policy::parse(PolicySlug::Terms, german, "# AGB\n\nKurz.").unwrap();
    policy::save(&app.shop.database, &owner(), &[terms])
        .await
        .unwrap();
    let page = browser
        .get("/admin/settings/policies/terms/de?done=saved")
        .await;
    assert_eq!(page.text("a[href='/de/pages/terms']"), "See the page");
}
