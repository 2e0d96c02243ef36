//! What the owner edits of products, without pages: forms, the table form, categories, the order
//! of the catalog and previews of imports. `stock_changes.rs` is about stock.

use std::time::Instant;

use sea_orm::{ColumnTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder};
use serde_json::Value;
use shop::audit::Actor;
use shop::catalog::categories::{self, CategoryOutcome};
use shop::catalog::editing::{
    self, ArchiveOutcome, Editable, Field, FieldProblem, Move, MoveOutcome, ProductForm, Reason,
    SaveOutcome, TextForm, VariantField, VariantForm,
};
use shop::catalog::import::{ImportError, ImportOptions, ImportReport, StockMode, What, import};
use shop::catalog::list::{self, LIST_SIZE, ListFilter, ListKey, ListPage, ProductList, Scarce};
use shop::catalog::price_changes;
use shop::catalog::search_query::SearchQuery;
use shop::catalog::stock::StockReason;
use shop::catalog::table::{
    self, TableColumn, TableOutcome, TableProblem, TableReason, TableRow, TableValues,
};
use shop::database::Database;
use shop::entity::{audit_log, picture, price_history, product};
use shop::new_token::form_attempt;
use shop::pictures::{self, Of, Which};
use shop::time_zone::TimeZone;
use till_core::token::AttemptToken;

use crate::test_app::TestApp;

pub fn owner() -> Actor {
    Actor {
        user: Some(7),
        name: "owner@shop.example".to_owned(),
        address: Some("192.0.2.1".to_owned()),
    }
}

fn zone() -> TimeZone {
    TimeZone::named("Europe/Berlin").unwrap()
}

/// A new product with one variant.
fn cup() -> ProductForm {
    let mut form = editing::blank("eur");
    form.name = "Tin Cup".to_owned();
    form.variants[0].sku = "CUP".to_owned();
    form.variants[0].price = "12,50".to_owned();
    form.variants[0].stock = "4".to_owned();
    form
}

impl TestApp {
    /// Lets the server see what has changed, which it would at a request 250 ms after its last
    /// look.
    pub async fn look(&self) {
        self.shop.live.read(&self.shop.database).await.unwrap();
    }

    async fn create(&self, form: &ProductForm) -> SaveOutcome {
        let created = editing::create(&self.shop.database, &zone(), form, &owner()).await;
        self.look().await;
        created.unwrap()
    }

    /// The id of a product that can be created.
    async fn created(&self, form: &ProductForm) -> i64 {
        match self.create(form).await {
            SaveOutcome::Saved { id, changed: true } => id,
            other => panic!("{other:?}"),
        }
    }

    async fn save(&self, id: i64, version: i64, form: &ProductForm) -> SaveOutcome {
        let database = &self.shop.database;
        let saved = editing::save(database, &zone(), id, version, form, &owner()).await;
        self.look().await;
        saved.unwrap()
    }

    async fn editable(&self, id: i64) -> Editable {
        let editable = editing::load(&self.shop.database, id).await.unwrap();
        editable.unwrap()
    }

    /// The product that has the variant with this SKU.
    async fn product_of(&self, sku: &str) -> i64 {
        self.variant(sku).await.product_id
    }

    /// Edits the product that has the variant with this SKU.
    async fn edit(&self, sku: &str, change: impl FnOnce(&mut ProductForm)) -> SaveOutcome {
        let id = self.product_of(sku).await;
        let editable = self.editable(id).await;
        let mut form = editable.form;
        change(&mut form);
        self.save(id, editable.version, &form).await
    }

    async fn edited(&self, sku: &str, change: impl FnOnce(&mut ProductForm)) {
        let outcome = self.edit(sku, change).await;
        assert!(
            matches!(outcome, SaveOutcome::Saved { changed: true, .. }),
            "{outcome:?}"
        );
    }

    async fn entries(&self) -> Vec<audit_log::Model> {
        let all = audit_log::Entity::find()
            .filter(audit_log::Column::Actor.eq("owner@shop.example"))
            .order_by_asc(audit_log::Column::Id);
        all.all(self.shop.database.reader()).await.unwrap()
    }

    async fn prices(&self, sku: &str) -> Vec<i64> {
        let variant = self.variant(sku).await;
        let rows = price_history::Entity::find()
            .filter(price_history::Column::VariantId.eq(variant.id))
            .order_by_asc(price_history::Column::Id);
        let rows = rows.all(self.shop.database.reader()).await.unwrap();
        rows.into_iter().map(|row| row.amount).collect()
    }

    /// The names on the catalog's first page.
    async fn catalog(&self) -> Vec<String> {
        self.get("/").await.texts("h3")
    }
}

fn problems(outcome: SaveOutcome) -> Vec<FieldProblem> {
    match outcome {
        SaveOutcome::Invalid(problems) => problems,
        other => panic!("{other:?}"),
    }
}

fn json(text: Option<&String>) -> Value {
    serde_json::from_str(text.unwrap()).unwrap()
}

#[tokio::test]
async fn a_new_product_is_sold_at_once_and_found() {
    let app = TestApp::start().await;
    assert!(!app.catalog().await.iter().any(|name| name == "Tin Cup"));
    let mut form = cup();
    form.category = "kitchen".to_owned();
    form.description = "# Light\r\n\r\nand *shiny*.".to_owned();
    let german = TextForm {
        name: "Blechtasse".to_owned(),
        description: String::new(),
    };
    form.texts.insert("de".to_owned(), german);
    let id = app.created(&form).await;
    assert!(app.catalog().await.contains(&"Tin Cup".to_owned()));
    let page = app.get("/products/tin-cup").await;
    assert_eq!(page.text(".product-description em"), "shiny");
    let found = app.get("/search?q=tin").await;
    assert_eq!(found.texts("h3"), ["Tin Cup"]);
    app.begin(&[("CUP", 4)]).await;
    assert_eq!(app.prices("CUP").await, [1250]);

    let stored = app.editable(id).await;
    assert_eq!(stored.form.variants[0].price, "12.50");
    assert_eq!(stored.form.texts["de"].name, "Blechtasse");
    assert_eq!((stored.version, stored.variants[0].held), (1, 4));
    let entries = app.entries().await;
    assert_eq!(entries.len(), 1);
    let entry = &entries[0];
    assert_eq!(
        (entry.action.as_ref(), entry.subject.as_str()),
        ("create_product", "tin-cup")
    );
    assert_eq!(json(entry.after.as_ref())["variants"][0]["sku"], "CUP");

    // One of the same name gets another address.
    let mut other = cup();
    other.variants[0].sku = "CUP2".to_owned();
    let other = app.created(&other).await;
    assert_eq!(app.editable(other).await.form.slug, "tin-cup-2");
}

#[tokio::test]
async fn what_does_not_fit_is_said_of_each_field_and_nothing_is_written() {
    use Field::{Category, Currency, Description, Name, Slug, Variants};
    use VariantField::{
        ContentAmount, ContentUnit, Gtin, MaxPerOrder, Price, SaleFrom, SalePrice, SaleUntil, Sku,
        Stock, TaxCode, Weight,
    };
    let app = TestApp::start().await;
    type Change = fn(&mut ProductForm);
    let first = |field| Field::Variant(0, field);
    let euros = |amount: i64| till_core::money::MinorUnit(amount).of("eur".parse().unwrap());
    let cases: Vec<(Change, Field, Reason)> = vec![
        (|form| form.name.clear(), Name, Reason::Missing),
        (|form| form.name = " \t ".to_owned(), Name, Reason::Missing),
        (
            |form| form.name = "ä".repeat(300),
            Name,
            Reason::TooLong(250),
        ),
        (
            |form| form.name = "a\u{202e}b".to_owned(),
            Name,
            Reason::Characters,
        ),
        (
            |form| form.name = "a\nb".to_owned(),
            Name,
            Reason::Characters,
        ),
        (
            |form| form.slug = "Tin Cup".to_owned(),
            Slug,
            Reason::NotASlug,
        ),
        (|form| form.slug = "pen".to_owned(), Slug, Reason::Taken),
        (
            |form| form.description = "x".repeat(200_000),
            Description,
            Reason::TooLong(20_000),
        ),
        (
            |form| form.category = "nowhere".to_owned(),
            Category,
            Reason::Unknown,
        ),
        (
            |form| form.currency = "xxx".to_owned(),
            Currency,
            Reason::Unknown,
        ),
        (|form| form.variants.clear(), Variants, Reason::NoVariant),
        (
            |form| form.variants[0].active = false,
            Variants,
            Reason::NoneOnSale,
        ),
        (
            |form| form.variants[0].sku.clear(),
            first(Sku),
            Reason::Missing,
        ),
        (
            |form| form.variants[0].sku = "PEN".to_owned(),
            first(Sku),
            Reason::Taken,
        ),
        (
            |form| form.variants[0].price.clear(),
            first(Price),
            Reason::Missing,
        ),
        (
            |form| form.variants[0].price = "-3".to_owned(),
            first(Price),
            Reason::PriceOutOfRange(euros(99_999_999)),
        ),
        (
            |form| form.variants[0].price = "0".to_owned(),
            first(Price),
            Reason::PriceOutOfRange(euros(99_999_999)),
        ),
        (
            |form| form.variants[0].price = "1,250".to_owned(),
            first(Price),
            Reason::AmbiguousAmount(euros(1).currency),
        ),
        (
            |form| form.variants[0].price = "1e3".to_owned(),
            first(Price),
            Reason::NotAnAmount(euros(1).currency),
        ),
        (
            |form| form.variants[0].sale_price = "12.50".to_owned(),
            first(SalePrice),
            Reason::NotBelow(euros(1250)),
        ),
        (
            |form| form.variants[0].sale_from = "2031-01-01".to_owned(),
            first(SalePrice),
            Reason::SaleWithoutPrice,
        ),
        (
            |form| {
                form.variants[0].sale_price = "9".to_owned();
                form.variants[0].sale_from = "soon".to_owned();
            },
            first(SaleFrom),
            Reason::NotADay,
        ),
        (
            |form| {
                form.variants[0].sale_price = "9".to_owned();
                form.variants[0].sale_until = "9999-12-31".to_owned();
            },
            first(SaleUntil),
            Reason::NotADay,
        ),
        (
            |form| {
                form.variants[0].sale_price = "9".to_owned();
                form.variants[0].sale_from = "2031-01-02".to_owned();
                form.variants[0].sale_until = "2031-01-01".to_owned();
            },
            first(SaleUntil),
            Reason::EndsBeforeItBegins,
        ),
        (
            |form| form.variants[0].max_per_order = "0".to_owned(),
            first(MaxPerOrder),
            Reason::NotANumber(1, 999_999),
        ),
        (
            |form| form.variants[0].weight_grams = "1.5".to_owned(),
            first(Weight),
            Reason::NotANumber(1, 100_000_000),
        ),
        (
            |form| form.variants[0].stock = "-1".to_owned(),
            first(Stock),
            Reason::NotANumber(0, 1_000_000_000),
        ),
        (
            |form| form.variants[0].gtin = "4006381333932".to_owned(),
            first(Gtin),
            Reason::NotAGtin,
        ),
        (
            |form| form.variants[0].tax_code = "food".to_owned(),
            first(TaxCode),
            Reason::NotATaxCode,
        ),
        (
            |form| form.variants[0].content_amount = "0.75".to_owned(),
            first(ContentUnit),
            Reason::Incomplete,
        ),
        (
            |form| form.variants[0].content_unit = "l".to_owned(),
            first(ContentAmount),
            Reason::Incomplete,
        ),
        (
            |form| {
                form.variants[0].content_unit = "cups".to_owned();
                form.variants[0].content_amount = "1".to_owned();
            },
            first(ContentUnit),
            Reason::NotListed,
        ),
    ];
    let count = cases.len();
    for (change, field, reason) in cases {
        let mut form = cup();
        change(&mut form);
        let expected = FieldProblem { field, reason };
        let found = problems(app.create(&form).await);
        assert!(found.contains(&expected), "{expected:?} in {found:?}");
        assert!(!reason.to_string().is_empty());
    }
    assert!(count > 30);
    let stored = product::Entity::find();
    let stored = stored.count(app.shop.database.reader()).await.unwrap();
    assert_eq!((stored, app.entries().await.len()), (8, 0));
}

#[tokio::test]
async fn names_that_would_break_a_page_are_shown_as_they_were_typed() {
    let app = TestApp::start().await;
    let name = "</script></textarea><b>\"&'🎁{{x}}";
    let mut form = cup();
    form.name = name.to_owned();
    form.slug = "gift".to_owned();
    form.variants[0].sku = "<i>".to_owned();
    let id = app.created(&form).await;
    let page = app.get("/products/gift").await;
    assert_eq!(page.text("h1"), name);
    assert!(!page.body.contains("</textarea><b>"));
    assert_eq!(app.editable(id).await.form.name, name);
}

#[tokio::test]
async fn variants_are_added_renamed_arranged_and_taken_off_sale() {
    let app = TestApp::start().await;
    let id = app.created(&cup()).await;
    let editable = app.editable(id).await;
    let mut form = editable.form;
    form.variants[0].name = "Small".to_owned();
    let large = VariantForm {
        sku: "CUP-L".to_owned(),
        name: "Large".to_owned(),
        price: "15".to_owned(),
        active: true,
        ..VariantForm::default()
    };
    form.variants.insert(0, large);
    let saved = app.save(id, editable.version, &form).await;
    assert_eq!(saved, SaveOutcome::Saved { id, changed: true });
    let editable = app.editable(id).await;
    let names = |form: &ProductForm| -> Vec<String> {
        let variants = form.variants.iter();
        variants.map(|variant| variant.name.clone()).collect()
    };
    assert_eq!(names(&editable.form), ["Large", "Small"]);
    assert_eq!(editable.form.variants[0].max_per_order, "10");
    let page = app.get("/products/tin-cup").await;
    assert!(page.body.contains("Large") && page.body.contains("Small"));

    // Both exchange their SKUs, which keeps their stock and history.
    let mut form = editable.form.clone();
    let [large, small] = [0, 1].map(|index| form.variants[index].sku.clone());
    form.variants[0].sku = small;
    form.variants[1].sku = large;
    assert_eq!(
        app.save(id, editable.version, &form).await,
        SaveOutcome::Saved { id, changed: true }
    );
    assert_eq!(app.variant("CUP-L").await.stock, Some(4));
    assert_eq!(app.variant("CUP").await.stock, None);

    // One that the form leaves out goes off sale.
    let editable = app.editable(id).await;
    let mut form = editable.form.clone();
    form.variants.remove(0);
    app.save(id, editable.version, &form).await;
    assert!(!app.variant("CUP").await.active);
    assert!(app.variant("CUP-L").await.active);

    // Twice the same SKU or name, a second one without a name, and one of another product.
    let editable = app.editable(id).await;
    let pen = app.variant("PEN").await.id;
    for (change, field, reason) in [
        (
            (|form| form.variants[1].sku = "CUP-L".to_owned()) as fn(&mut ProductForm),
            VariantField::Sku,
            Reason::Twice,
        ),
        (
            |form| form.variants[1].name = "SMALL".to_owned(),
            VariantField::Name,
            Reason::Twice,
        ),
        (
            |form| form.variants[1].name.clear(),
            VariantField::Name,
            Reason::Unnamed,
        ),
    ] {
        let mut form = editable.form.clone();
        change(&mut form);
        let found = problems(app.save(id, editable.version, &form).await);
        let field = Field::Variant(1, field);
        assert!(found.contains(&FieldProblem { field, reason }), "{found:?}");
    }
    let mut form = editable.form.clone();
    form.variants[1].id = Some(pen);
    let found = problems(app.save(id, editable.version, &form).await);
    let (field, reason) = (Field::Variant(1, VariantField::Id), Reason::OtherProduct);
    assert!(found.contains(&FieldProblem { field, reason }), "{found:?}");
    assert_eq!(app.variant("PEN").await.price, 500);
}

#[tokio::test]
async fn who_saves_on_top_of_another_change_sees_both_and_chooses() {
    let app = TestApp::start().await;
    let id = app.product_of("PEN").await;
    let shown = app.editable(id).await;
    let mut theirs = shown.form.clone();
    theirs.variants[0].price = "6".to_owned();
    let saved = app.save(id, shown.version, &theirs).await;
    assert_eq!(saved, SaveOutcome::Saved { id, changed: true });
    // A double click is no conflict.
    let again = app.save(id, shown.version, &theirs).await;
    assert_eq!(again, SaveOutcome::Saved { id, changed: false });

    let mut yours = shown.form.clone();
    yours.name = "Blue Pen".to_owned();
    let SaveOutcome::Conflict(conflict) = app.save(id, shown.version, &yours).await else {
        panic!("no conflict");
    };
    assert_eq!(conflict.theirs.variants[0].price, "6.00");
    assert_eq!(
        (conflict.theirs.name.as_str(), conflict.yours),
        ("Green Pen", yours.clone())
    );
    assert_eq!(app.variant("PEN").await.price, 600);
    let chosen = app.save(id, conflict.version, &yours).await;
    assert_eq!(chosen, SaveOutcome::Saved { id, changed: true });
    let pen = app.editable(id).await;
    assert_eq!(
        (pen.form.name.as_str(), pen.form.variants[0].price.as_str()),
        ("Blue Pen", "5.00")
    );

    // An import is another's change too, and a sale is none.
    let file = "sku,price,currency\nPEN,700,EUR\n";
    app.import(file, StockMode::OnlyNew).await;
    let mut form = pen.form.clone();
    form.brand = "Quill".to_owned();
    let outcome = app.save(id, pen.version, &form).await;
    assert!(matches!(outcome, SaveOutcome::Conflict(_)), "{outcome:?}");
    let pen = app.editable(id).await;
    app.begin(&[("PEN", 2)]).await;
    let mut form = pen.form.clone();
    form.brand = "Quill".to_owned();
    let outcome = app.save(id, pen.version, &form).await;
    assert_eq!(outcome, SaveOutcome::Saved { id, changed: true });
    assert_eq!(app.held_and_stock("PEN").await, (2, Some(40)));

    let entries = app.entries().await;
    let last = entries.last().unwrap();
    assert_eq!(
        json(last.before.as_ref()),
        serde_json::json!({ "brand": "" })
    );
    assert_eq!(
        json(last.after.as_ref()),
        serde_json::json!({ "brand": "Quill" })
    );
    assert_eq!(app.save(999, 1, &form).await, SaveOutcome::NotFound);
}

#[tokio::test]
async fn of_two_who_take_a_slug_or_sku_at_once_one_gets_it() {
    let app = TestApp::start().await;
    let mut one = cup();
    one.slug = "cup".to_owned();
    let mut other = one.clone();
    other.variants[0].sku = "OTHER".to_owned();
    let same_slug = tokio::join!(app.create(&one), app.create(&other));
    let mut third = cup();
    third.variants[0].sku = "THIRD".to_owned();
    let mut fourth = third.clone();
    fourth.slug = "fourth".to_owned();
    let same_sku = tokio::join!(app.create(&third), app.create(&fourth));
    for (pair, field) in [
        (same_slug, Field::Slug),
        (same_sku, Field::Variant(0, VariantField::Sku)),
    ] {
        let pair = [pair.0, pair.1];
        let reason = Reason::Taken;
        let refused = SaveOutcome::Invalid(vec![FieldProblem { field, reason }]);
        assert!(pair.contains(&refused), "{pair:?}");
        let saved = |outcome: &SaveOutcome| matches!(outcome, SaveOutcome::Saved { .. });
        assert!(pair.iter().any(saved), "{pair:?}");
    }
}

#[tokio::test]
async fn a_form_that_is_saved_unchanged_writes_nothing_and_an_import_of_it_neither() {
    let app = TestApp::start().await;
    let mut form = cup();
    form.variants[0].sale_price = "9,99".to_owned();
    form.variants[0].sale_from = "2031-03-29".to_owned();
    form.variants[0].sale_until = "30.03.2031".to_owned();
    form.variants[0].content_amount = "0,75".to_owned();
    form.variants[0].content_unit = "l".to_owned();
    form.variants[0].gtin = "4006381333931".to_owned();
    form.variants[0].weight_grams = "250".to_owned();
    form.manufacturer_name = "Tin & Co".to_owned();
    let cup = app.created(&form).await;
    let stored = app.variant("CUP").await;
    let begins = time::macros::datetime!(2031-03-28 23:00 UTC);
    assert_eq!(stored.sale_begins, Some(begins));
    assert_eq!(stored.price_changes_at, Some(begins));
    for sku in ["CUP", "PEN", "MUG", "LAMP", "POSTER"] {
        let id = app.product_of(sku).await;
        let saved = app.edit(sku, |_| {}).await;
        assert_eq!(saved, SaveOutcome::Saved { id, changed: false }, "{sku}");
    }
    let mut file = Vec::new();
    shop::catalog::export::export(&app.shop.database, &mut file)
        .await
        .unwrap();
    let open = || {
        let file = std::io::Cursor::new(file.clone());
        Ok(vec![product_file::InputFile::new("products.csv", file)])
    };
    let options = ImportOptions::own(StockMode::OnlyNew, zone());
    let report = import(&app.shop.database, open, options, |_, _| {})
        .await
        .unwrap();
    assert_eq!(
        (report.created, report.updated, report.unchanged),
        (0, 0, 9)
    );
    assert_eq!(app.editable(cup).await.version, 1);
}

#[tokio::test]
async fn a_new_address_redirects_from_the_old_one() {
    let app = TestApp::start().await;
    app.edited("PEN", |form| form.slug = "quill".to_owned())
        .await;
    let page = app.get("/products/pen").await;
    assert_eq!(
        (page.status, page.header("location")),
        (308, "/products/quill")
    );
    assert_eq!(app.get("/products/quill").await.text("h1"), "Green Pen");
    // Emptied, it is refused: an address is not made anew by accident.
    let outcome = app.edit("PEN", |form| form.slug = " ".to_owned()).await;
    let (field, reason) = (Field::Slug, Reason::Missing);
    assert_eq!(problems(outcome), [FieldProblem { field, reason }]);
}

#[tokio::test]
async fn a_sale_is_compared_with_the_lowest_price_of_thirty_days() {
    let app = TestApp::start().await;
    let id = app.product_of("MUG").await;
    let age = time::Duration::days(40);
    price_changes::backdate_all(&app.shop.database, age)
        .await
        .unwrap();
    app.edited("MUG", |form| form.variants[0].price = "14".to_owned())
        .await;
    let facts = app.editable(id).await.variants;
    assert_eq!(facts[0].lowest_price.unwrap().to_string(), "€12.50");
    app.edited("MUG", |form| form.variants[0].sale_price = "10".to_owned())
        .await;
    assert_eq!(app.prices("MUG").await, [1250, 1400, 1000]);
    let offer = app.editable(id).await.variants[0].offer.unwrap();
    assert_eq!(offer.price.to_string(), "€10.00");
    let prior = offer.reduction.unwrap().prior_price;
    assert_eq!(prior.to_string(), "€12.50");
    let page = app.get("/products/becher-moewe").await;
    assert!(page.body.contains("€10.00") && page.body.contains("€12.50"));
    app.edited("MUG", |form| form.variants[0].sale_price.clear())
        .await;
    assert_eq!(app.prices("MUG").await, [1250, 1400, 1000, 1400]);
}

#[tokio::test]
async fn a_changed_price_never_touches_an_open_checkout() {
    let app = TestApp::without_webhooks().await;
    let form = app.form("/").await;
    let pen = app.variant("PEN").await;
    let form = form.choose(pen.id, "2");
    app.submit(&form).await.location();
    let checkout = app.checkout_of(&form).await;
    app.edited("PEN", |form| {
        form.name = "Gold Pen".to_owned();
        form.variants[0].price = "900".to_owned();
    })
    .await;
    let session = app.session(&checkout).await;
    assert_eq!(session["amount_subtotal"], 1000);
    assert_eq!(app.reload(&checkout).await, checkout);
    // The same form leads to the same session, at its price.
    app.submit(&form).await.location();
    assert_eq!(app.checkouts().await.len(), 1);
    app.pay_by_card(&checkout).await;
    let session = app.session(&checkout).await;
    app.deliver_session("checkout.session.completed", &session)
        .await;
    let order = app.the_order().await;
    assert_eq!((order.amount_total, order.flag), (1000, None));
    // Who has an old page is told of the price before paying.
    let old = form.with("attempt", &"ab".repeat(16));
    app.refused(&old).await;
}

#[tokio::test]
async fn an_archived_product_comes_back_with_the_variants_that_it_had() {
    let app = TestApp::start().await;
    let id = app.created(&cup()).await;
    app.edited("CUP", |form| {
        form.variants[0].name = "S".to_owned();
        for (sku, active) in [("CUP-M", true), ("CUP-L", false)] {
            form.variants.push(VariantForm {
                sku: sku.to_owned(),
                name: sku.to_owned(),
                price: "13".to_owned(),
                active,
                ..VariantForm::default()
            });
        }
    })
    .await;
    let database = &app.shop.database;
    let archived = editing::take_off_sale(database, id, &owner())
        .await
        .unwrap();
    app.look().await;
    assert_eq!(archived, ArchiveOutcome::Done);
    let again = editing::take_off_sale(database, id, &owner())
        .await
        .unwrap();
    assert_eq!(again, ArchiveOutcome::Unchanged);
    assert_eq!(app.get("/products/tin-cup").await.status, 410);
    assert!(!app.catalog().await.iter().any(|name| name == "Tin Cup"));
    // Neither an edit nor an exported file puts it on sale.
    app.edited("CUP", |form| form.brand = "Tin".to_owned())
        .await;
    let mut file = Vec::new();
    shop::catalog::export::export(database, &mut file)
        .await
        .unwrap();
    let file = String::from_utf8(file).unwrap();
    app.import(&file, StockMode::OnlyNew).await;
    assert_eq!(app.get("/products/tin-cup").await.status, 410);
    let restored = editing::put_on_sale(database, id, &owner()).await.unwrap();
    app.look().await;
    assert_eq!(restored, ArchiveOutcome::Done);
    for (sku, active) in [("CUP", true), ("CUP-M", true), ("CUP-L", false)] {
        assert_eq!(app.variant(sku).await.active, active, "{sku}");
    }
    assert_eq!(app.get("/products/tin-cup").await.status, 200);
    let none = editing::put_on_sale(database, 999, &owner()).await.unwrap();
    assert_eq!(none, ArchiveOutcome::NotFound);
}

#[tokio::test]
async fn a_copy_is_not_on_sale_and_has_its_own_address_and_skus() {
    let app = TestApp::start().await;
    let mug = app.product_of("MUG").await;
    app.edited("MUG", |form| form.variants[0].sale_price = "10".to_owned())
        .await;
    let copy = editing::duplicate(&app.shop.database, mug, &owner())
        .await
        .unwrap();
    let copy = app.editable(copy.unwrap()).await;
    assert_eq!(copy.form.slug, "becher-moewe-2");
    assert!(!copy.form.on_sale && !copy.listed);
    let variant = &copy.form.variants[0];
    assert_eq!(
        (variant.sku.as_str(), variant.price.as_str()),
        ("MUG-2", "12.50")
    );
    assert_eq!((variant.sale_price.as_str(), variant.active), ("", true));
    assert_eq!(copy.variants[0].stock, Some(0));
    assert_eq!(copy.pictures.len(), 1);
    assert_eq!(app.get("/products/becher-moewe-2").await.status, 404);
    let none = editing::duplicate(&app.shop.database, 999, &owner())
        .await
        .unwrap();
    assert_eq!(none, None);
}

#[tokio::test]
async fn products_move_in_the_catalog_also_if_they_had_the_same_position() {
    let app = TestApp::start().await;
    app.execute("UPDATE product SET position = 5").await;
    let ids: Vec<i64> = product_ids(&app.shop.database).await;
    let go = async |id: i64, to: Move| {
        let moved = editing::move_product(&app.shop.database, id, to, &owner()).await;
        (moved.unwrap(), product_ids(&app.shop.database).await)
    };
    let (first, second, third) = (ids[0], ids[1], ids[2]);
    let (moved, order) = go(second, Move::Up).await;
    assert_eq!(
        (moved, &order[..3]),
        (MoveOutcome::Moved, &[second, first, third][..])
    );
    let (moved, order) = go(second, Move::Up).await;
    assert_eq!((moved, order[0]), (MoveOutcome::Unchanged, second));
    let (_, order) = go(second, Move::Down).await;
    assert_eq!(order, ids);
    let (_, order) = go(first, Move::Last).await;
    assert_eq!(order.last(), Some(&first));
    let (_, order) = go(first, Move::First).await;
    assert_eq!(order, ids);
    let (_, order) = go(ids[6], Move::PlaceOf(second)).await;
    assert_eq!(&order[..4], &[first, ids[6], second, third]);
    let (moved, _) = go(999, Move::First).await;
    assert_eq!(moved, MoveOutcome::NotFound);
    let (moved, _) = go(first, Move::PlaceOf(999)).await;
    assert_eq!(moved, MoveOutcome::NotFound);
    // Shoppers see the same order.
    app.look().await;
    let names = app.catalog().await;
    let sticker = names.iter().position(|name| name == "Sticker");
    assert_eq!(sticker, Some(1));
}

async fn product_ids(database: &Database) -> Vec<i64> {
    let all = product::Entity::find()
        .order_by_asc(product::Column::Position)
        .order_by_asc(product::Column::Id);
    let all = all.all(database.reader()).await.unwrap();
    all.into_iter().map(|product| product.id).collect()
}

// ---- The list ----

impl TestApp {
    async fn list(&self, filter: &ListFilter, page: ListPage) -> ProductList {
        list::page(&self.shop.database, filter, page).await.unwrap()
    }

    /// The slugs of those that a filter finds.
    async fn slugs(&self, filter: ListFilter) -> Vec<String> {
        let list = self.list(&filter, ListPage::First).await;
        let count = list::count(&self.shop.database, &filter).await.unwrap();
        assert_eq!(count, list.products.len() as u64);
        list.products.into_iter().map(|row| row.slug).collect()
    }
}

fn search(typed: &str) -> ListFilter {
    ListFilter {
        search: SearchQuery::parse(typed),
        ..ListFilter::default()
    }
}

#[tokio::test]
async fn the_list_has_all_products_and_is_searched_and_filtered() {
    let app = TestApp::start().await;
    let all = app.list(&ListFilter::default(), ListPage::First).await;
    assert_eq!(all.products.len(), 8);
    let mug = &all.products[0];
    assert_eq!(mug.category.as_deref(), Some("Kitchen"));
    assert!(mug.picture.is_some());
    assert_eq!(mug.variants[0].values.price, "12.50");
    assert_eq!(mug.variants[0].left, Some(3));
    // The lamp is not on sale.
    assert_eq!(app.slugs(search("made lamp")).await, ["lamp"]);
    assert_eq!(app.slugs(search("möwe")).await, ["becher-moewe"]);
    assert_eq!(app.slugs(search("PEN")).await, ["pen"]);
    assert!(app.slugs(search("\"*' OR 1=1 --")).await.is_empty());
    assert!(app.slugs(search("***")).await.is_empty());
    let off_sale = ListFilter {
        on_sale: Some(false),
        ..ListFilter::default()
    };
    assert_eq!(app.slugs(off_sale).await, ["lamp"]);
    let sold_out = ListFilter {
        stock: Some(Scarce::SoldOut),
        ..ListFilter::default()
    };
    assert_eq!(app.slugs(sold_out).await, ["board"]);
    let low = ListFilter {
        stock: Some(Scarce::Low(3)),
        ..ListFilter::default()
    };
    assert_eq!(app.slugs(low).await, ["becher-moewe"]);
    let kitchen = categories::all(&app.shop.database).await.unwrap();
    let kitchen = kitchen.iter().find(|row| row.name == "Kitchen").unwrap();
    let in_kitchen = ListFilter {
        category: Some(kitchen.id),
        ..ListFilter::default()
    };
    assert_eq!(
        (app.slugs(in_kitchen).await.len(), kitchen.products),
        (2, 2)
    );
    app.edited("PEN", |form| {
        form.variants[0].sale_price = "4".to_owned();
        form.variants[0].sale_until = "2001-01-01".to_owned();
    })
    .await;
    let reduced = ListFilter {
        reduced: true,
        ..ListFilter::default()
    };
    assert!(app.slugs(reduced.clone()).await.is_empty());
    app.edited("PEN", |form| form.variants[0].sale_until.clear())
        .await;
    assert_eq!(app.slugs(reduced).await, ["pen"]);
    // A variant off sale is found by its SKU.
    app.edited("PEN", |form| {
        form.variants[0].name = "Green".to_owned();
        form.variants.push(VariantForm {
            sku: "PEN/Old".to_owned(),
            name: "Old".to_owned(),
            price: "3".to_owned(),
            ..VariantForm::default()
        });
    })
    .await;
    assert_eq!(app.slugs(search("PEN/Old")).await, ["pen"]);
    // What is off sale stays hidden from shoppers' search and lists.
    assert!(app.get("/search?q=lamp").await.texts("h3").is_empty());
}

#[tokio::test]
async fn pages_of_the_list_follow_each_other_in_both_directions() {
    let app = TestApp::start().await;
    let mut file = "slug,name,sku,price,currency,position\n".to_owned();
    for number in 0..60 {
        // Some share a position.
        let position = 1000 + number / 7;
        file.push_str(&format!("p-{number},P,P-{number},100,EUR,{position}\n"));
    }
    app.import(&file, StockMode::OnlyNew).await;
    let expected = product_ids(&app.shop.database).await;
    let filter = ListFilter::default();
    let ids = |list: &ProductList| -> Vec<i64> {
        list.products.iter().map(|product| product.id).collect()
    };
    let first = app.list(&filter, ListPage::First).await;
    assert_eq!(
        (ids(&first), first.previous),
        (expected[..LIST_SIZE].to_vec(), None)
    );
    let next = |list: &ProductList| ListPage::After(list.next.unwrap());
    let second = app.list(&filter, next(&first)).await;
    let third = app.list(&filter, next(&second)).await;
    assert_eq!([ids(&first), ids(&second), ids(&third)].concat(), expected);
    assert_eq!(third.next, None);
    let back = app
        .list(&filter, ListPage::Before(third.previous.unwrap()))
        .await;
    assert_eq!(back, second);
    let back = app
        .list(&filter, ListPage::Before(back.previous.unwrap()))
        .await;
    assert_eq!(ids(&back), ids(&first));
    assert_eq!(back.previous, None);
}

/// Few of them are found by an index, many by looking at one product after the other, and what is
/// beyond the index among all.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn filters_find_the_same_however_many_variants_are_scarce_or_reduced() {
    let app = TestApp::without_webhooks().await;
    let header = "slug,name,variant,sku,position,stock,price,sale_price,currency\n";
    let file = |products: std::ops::Range<usize>, stock: usize, sale: &str| {
        let mut file = header.to_owned();
        for product in products {
            for variant in 0..200 {
                file.push_str(&format!(
                    "p-{product},P,V{variant},P{product}-{variant},{},{stock},500,{sale},EUR\n",
                    1000 + product,
                ));
            }
        }
        file
    };
    let low = |units| ListFilter {
        stock: Some(Scarce::Low(units)),
        ..ListFilter::default()
    };
    let sold_out = ListFilter {
        stock: Some(Scarce::SoldOut),
        ..ListFilter::default()
    };
    let reduced = ListFilter {
        reduced: true,
        ..ListFilter::default()
    };
    app.import(&file(0..6, 0, ""), StockMode::Set).await;
    let all: Vec<String> = (0..6).map(|product| format!("p-{product}")).collect();
    let found = app.slugs(sold_out.clone()).await;
    assert_eq!(found, [&["board".to_owned()], &*all].concat());
    app.import(&file(0..6, 99, "400"), StockMode::Set).await;
    assert_eq!(app.slugs(reduced.clone()).await, all);
    assert_eq!(app.slugs(low(99)).await.len(), 10);
    assert_eq!(app.slugs(low(98)).await, app.slugs(low(40)).await);
    app.import(&file(0..6, 101, ""), StockMode::Set).await;
    assert!(app.slugs(reduced).await.is_empty());
    assert_eq!(app.slugs(low(99)).await, app.slugs(low(40)).await);
    assert_eq!(
        (
            app.slugs(low(100)).await.len(),
            app.slugs(low(101)).await.len()
        ),
        (5, 11)
    );
    assert_eq!(app.slugs(sold_out).await, ["board"]);
}

/// A product file of products with three variants each: some off sale, some scarce, some reduced.
fn long_file(products: usize) -> String {
    let mut file = "slug,name,description,category,position,variant,sku,active,stock,sale_price,\
                    price,currency\n"
        .to_owned();
    for product in 0..products {
        for variant in 0..3 {
            let active = product % 50 != 7;
            let stock = match (product * 3 + variant) % 500 {
                0 => 0,
                1..4 => 2,
                other => other,
            };
            let sale = if product % 100 == 3 { "400" } else { "" };
            file.push_str(&format!(
                "p-{product},Word{} name{product},A text of some words about it.,Category {},\
                 {product},V{variant},P{product}-{variant},{active},{stock},{sale},500,EUR\n",
                product % 97,
                product % 40,
            ));
        }
    }
    file
}

/// `LIST_VARIANTS=100000` measures a hundred thousand: lists and filters take at most 50 ms, and
/// searches 200 ms, at the 99th percentile.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lists_and_searches_of_products_stay_fast_with_many_variants() {
    let measured = std::env::var("LIST_VARIANTS").ok();
    let variants: usize = measured.as_ref().map_or(300, |text| text.parse().unwrap());
    let app = TestApp::without_webhooks().await;
    app.import(&long_file(variants / 3), StockMode::Set).await;
    // As PostgreSQL does within a minute, and SQLite's plans need not.
    app.execute("ANALYZE").await;
    let category = categories::all(&app.shop.database).await.unwrap();
    let category = category
        .iter()
        .find(|row| row.name == "Category 7")
        .unwrap();
    let all = ListFilter::default;
    let middle: ListKey = format!("{}-0", variants / 6).parse().unwrap();
    let filters = [
        ("all", 50, all()),
        (
            "on sale",
            50,
            ListFilter {
                on_sale: Some(true),
                ..all()
            },
        ),
        (
            "off sale",
            50,
            ListFilter {
                on_sale: Some(false),
                ..all()
            },
        ),
        (
            "a category",
            50,
            ListFilter {
                category: Some(category.id),
                ..all()
            },
        ),
        (
            "low stock",
            50,
            ListFilter {
                stock: Some(Scarce::Low(3)),
                ..all()
            },
        ),
        (
            "sold out",
            50,
            ListFilter {
                stock: Some(Scarce::SoldOut),
                ..all()
            },
        ),
        (
            "reduced",
            50,
            ListFilter {
                reduced: true,
                ..all()
            },
        ),
        ("a common word", 200, search("word7")),
        ("two words", 200, search("word7 name7")),
        ("a beginning", 200, search("na")),
        ("a SKU", 200, search("P77-1")),
        ("nothing", 200, search("nobody")),
    ];
    let mut slow = Vec::new();
    for (name, limit, filter) in filters {
        for (place, page) in [
            ("first page", ListPage::First),
            ("behind the middle", ListPage::After(middle)),
        ] {
            let mut times = Vec::new();
            let rounds = if measured.is_some() { 100 } else { 1 };
            for _ in 0..rounds {
                let begin = Instant::now();
                app.list(&filter, page).await;
                times.push(begin.elapsed().as_millis());
            }
            times.sort_unstable();
            let p99 = times[times.len() * 99 / 100];
            if measured.is_some() {
                println!(
                    "{name}, {place}: p50 {} ms, p99 {p99} ms",
                    times[times.len() / 2]
                );
                if p99 > limit {
                    slow.push(format!("{name}, {place}: {p99} ms"));
                }
            }
        }
    }
    let begin = Instant::now();
    let today = shop::today::today(&app.shop).await.unwrap();
    if measured.is_some() {
        println!("today: {} ms", begin.elapsed().as_millis());
    }
    assert!(today.sold_out.count > 0 && today.low_stock.count > 0);
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

// ---- The table form ----

impl TestApp {
    /// The row of a variant as the list shows it.
    async fn table_row(&self, sku: &str) -> TableRow {
        let list = self.list(&search(sku), ListPage::First).await;
        let mut variants = list
            .products
            .into_iter()
            .flat_map(|product| product.variants);
        let variant = variants.find(|variant| variant.sku == sku).unwrap();
        TableRow {
            variant: variant.id,
            shown: variant.values.clone(),
            typed: variant.values,
            stock: String::new(),
            units: String::new(),
        }
    }

    async fn save_table(&self, rows: &[TableRow]) -> TableOutcome {
        let (database, reason) = (&self.shop.database, StockReason::Received);
        let saved = table::save(database, &zone(), rows, reason, "delivery", None, &owner()).await;
        self.look().await;
        saved.unwrap()
    }
}

fn with(row: &TableRow, change: impl FnOnce(&mut TableValues)) -> TableRow {
    let mut row = row.clone();
    change(&mut row.typed);
    row
}

#[tokio::test]
async fn the_table_form_changes_many_variants_in_one_step_or_none() {
    let app = TestApp::start().await;
    let [pen, mug, board] = [
        app.table_row("PEN").await,
        app.table_row("MUG").await,
        app.table_row("BOARD").await,
    ];
    app.begin(&[("MUG", 2)]).await;
    let priced = with(&pen, |typed| typed.price = "6,50".to_owned());
    let mut lost = mug.clone();
    lost.units = "-2".to_owned();
    let bad = with(&board, |typed| typed.price = "-1".to_owned());
    let outcome = app.save_table(&[priced.clone(), lost.clone(), bad]).await;
    let TableOutcome::Invalid(found) = outcome else {
        panic!("{outcome:?}");
    };
    let of = |row, column, reason| TableProblem {
        row,
        column,
        reason,
    };
    let held = TableReason::BelowHeld { stock: 3, held: 2 };
    assert_eq!(found.len(), 2, "{found:?}");
    assert_eq!(found[0], of(1, TableColumn::Units, held));
    assert_eq!((found[1].row, found[1].column), (2, TableColumn::Price));
    assert_eq!(
        (app.variant("PEN").await.price, app.entries().await.len()),
        (500, 0)
    );

    lost.units = "-1".to_owned();
    let moved = with(&board, |typed| {
        typed.category = "desk".to_owned();
        typed.price = "50".to_owned();
    });
    let saved = app.save_table(&[priced, lost, moved, pen.clone()]).await;
    assert_eq!(saved, TableOutcome::Saved { changed: 3 });
    assert_eq!(app.variant("PEN").await.price, 650);
    assert_eq!(app.prices("PEN").await, [500, 650]);
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(2)));
    let board = app.product_of("BOARD").await;
    let board = app.editable(board).await;
    assert_eq!((board.form.category.as_str(), board.version), ("desk", 2));
    let pen_page = app.get("/products/pen").await;
    assert!(pen_page.body.contains("€6.50"));
    assert_eq!(app.entries().await.len(), 3);
}

#[tokio::test]
async fn who_counted_in_the_table_before_a_sale_does_not_undo_it() {
    let app = TestApp::start().await;
    let mut row = app.table_row("MUG").await;
    row.units = "3".to_owned();
    row.stock = "3".to_owned();
    // One is sold while the shelf is counted.
    app.execute("UPDATE variant SET stock = 2 WHERE sku = 'MUG'")
        .await;
    let (database, reason) = (&app.shop.database, StockReason::Counted);
    let saved = table::save(database, &zone(), &[row], reason, "", None, &owner()).await;
    let TableOutcome::Invalid(found) = saved.unwrap() else {
        panic!("saved");
    };
    assert_eq!(found[0].reason, TableReason::ChangedMeanwhile);
    assert_eq!(app.held_and_stock("MUG").await, (0, Some(2)));
}

#[tokio::test]
async fn the_table_form_that_is_sent_twice_changes_the_stock_once() {
    let app = TestApp::start().await;
    let (mut pen, mut mug) = (app.table_row("PEN").await, app.table_row("MUG").await);
    let before = app.variant("PEN").await.stock.unwrap();
    pen.units = "5".to_owned();
    // Taking all away cannot be done a second time.
    mug.units = "-3".to_owned();
    let form: AttemptToken = form_attempt().parse().unwrap();
    let (database, by, zone) = (&app.shop.database, owner(), zone());
    for changed in [2, 0] {
        let rows = [pen.clone(), mug.clone()];
        let reason = StockReason::Received;
        let saved = table::save(database, &zone, &rows, reason, "", Some(&form), &by);
        assert_eq!(saved.await.unwrap(), TableOutcome::Saved { changed });
        assert_eq!(app.held_and_stock("PEN").await, (0, Some(before + 5)));
        assert_eq!(app.held_and_stock("MUG").await, (0, Some(0)));
    }
}

#[tokio::test]
async fn a_row_that_was_only_shown_undoes_no_change() {
    let app = TestApp::start().await;
    let pen = app.table_row("PEN").await;
    let mug = app.table_row("MUG").await;
    app.edited("PEN", |form| form.variants[0].price = "7".to_owned())
        .await;
    let active = with(&pen, |typed| typed.active = false);
    let other = with(&mug, |typed| typed.price = "13".to_owned());
    // The pen's row has its old price, which was not touched.
    let outcome = app.save_table(&[pen.clone(), other]).await;
    assert_eq!(outcome, TableOutcome::Saved { changed: 1 });
    assert_eq!(app.variant("PEN").await.price, 700);
    // Whoever changed it here too is told, and the only variant cannot go off sale alone.
    let priced = with(&pen, |typed| typed.price = "8".to_owned());
    for (row, column, reason) in [
        (priced, TableColumn::Price, TableReason::ChangedMeanwhile),
        (active, TableColumn::Active, TableReason::LastOnSale),
        (
            with(&pen, |typed| typed.category = "nowhere".to_owned()),
            TableColumn::Category,
            TableReason::Field(Reason::Unknown),
        ),
        (
            TableRow {
                variant: 999,
                units: "1".to_owned(),
                ..TableRow::default()
            },
            TableColumn::Row,
            TableReason::NotFound,
        ),
        (
            TableRow {
                units: "many".to_owned(),
                ..pen.clone()
            },
            TableColumn::Units,
            TableReason::Field(Reason::NotANumber(-1_000_000_000, 1_000_000_000)),
        ),
        (
            TableRow {
                units: "5".to_owned(),
                ..app.table_row("POSTER").await
            },
            TableColumn::Units,
            TableReason::NotCounted,
        ),
    ] {
        let row = app.save_table(&[row]).await;
        let problem = TableProblem {
            row: 0,
            column,
            reason,
        };
        assert_eq!(row, TableOutcome::Invalid(vec![problem]));
    }
    let too_many = vec![pen; table::MAX_ROWS + 1];
    assert_eq!(app.save_table(&too_many).await, TableOutcome::TooManyRows);
}

// ---- Categories ----

#[tokio::test]
async fn categories_are_created_renamed_arranged_and_deleted() {
    let app = TestApp::start().await;
    let database = &app.shop.database;
    let names = async || -> Vec<String> {
        let all = categories::all(database).await.unwrap();
        all.into_iter().map(|category| category.name).collect()
    };
    let created = categories::create(database, " Käse & Wein ", &owner())
        .await
        .unwrap();
    let slug = "kaese-wein".to_owned();
    assert_eq!(created, CategoryOutcome::Done { slug });
    let before = names().await;
    assert_eq!(before.last().unwrap(), "Käse & Wein");
    for (name, reason) in [
        ("", Reason::Missing),
        ("KITCHEN", Reason::Taken),
        ("a\u{0}b", Reason::Characters),
        (&"x".repeat(101), Reason::TooLong(100)),
    ] {
        let refused = categories::create(database, name, &owner()).await.unwrap();
        assert_eq!(refused, CategoryOutcome::Invalid(reason));
    }
    let all = categories::all(database).await.unwrap();
    let id = |name: &str| all.iter().find(|row| row.name == name).unwrap().id;
    let (cheese, kitchen) = (id("Käse & Wein"), id("Kitchen"));
    let renamed = categories::rename(database, kitchen, "Cooking", &owner())
        .await
        .unwrap();
    let slug = "kitchen".to_owned();
    assert_eq!(renamed, CategoryOutcome::Done { slug });
    // Its page and the search know the new name.
    app.look().await;
    let page = app.get("/categories/kitchen").await;
    assert_eq!(page.text("h1"), "Cooking");
    let found = app.get("/search?q=cooking").await;
    assert_eq!(found.texts("h3").len(), 2);
    categories::move_category(database, cheese, Move::First, &owner())
        .await
        .unwrap();
    assert_eq!(names().await[0], "Käse & Wein");
    let kept = categories::delete(database, kitchen, &owner())
        .await
        .unwrap();
    assert_eq!(kept, CategoryOutcome::HasProducts(2));
    categories::delete(database, cheese, &owner())
        .await
        .unwrap();
    assert_eq!(names().await.len(), before.len() - 1);
    let none = categories::delete(database, cheese, &owner())
        .await
        .unwrap();
    assert_eq!(none, CategoryOutcome::NotFound);
}

// ---- Pictures ----

#[tokio::test]
async fn pictures_are_described_arranged_and_removed_by_who_has_seen_them() {
    let app = TestApp::start().await;
    let id = app.product_of("MUG").await;
    let file = "sku,image,image_alt,currency\n\
        MUG,/pictures/a.svg|/pictures/b.svg|/pictures/c.svg,A|B|C,EUR\n";
    app.import(file, StockMode::OnlyNew).await;
    let database = &app.shop.database;
    let alts = async || -> Vec<String> {
        let rows = picture::Entity::find()
            .filter(picture::Column::ProductId.eq(id))
            .order_by_asc(picture::Column::Position);
        let rows = rows.all(database.reader()).await.unwrap();
        rows.into_iter().map(|row| row.alt).collect()
    };
    let which = |number, address| Which {
        number,
        address: Some(address),
    };
    let (of, c) = (Of::Product(id), which(3, "/pictures/c.svg"));
    pictures::move_picture(database, of, c, Move::First, &owner())
        .await
        .unwrap();
    assert_eq!(alts().await, ["C", "A", "B"]);
    // Whoever saw the old order is told.
    let stale = pictures::remove(database, of, c, &owner())
        .await
        .unwrap_err();
    assert!(
        matches!(stale, pictures::ChangeError::ChangedMeanwhile),
        "{stale}"
    );
    let first = which(1, "/pictures/c.svg");
    pictures::set_alt(database, of, first, " <C> ", &owner())
        .await
        .unwrap();
    assert_eq!(alts().await[0], "<C>");
    let long = "x".repeat(501);
    let refused = pictures::set_alt(database, of, first, &long, &owner()).await;
    assert!(matches!(refused, Err(pictures::ChangeError::Alt)));
    pictures::remove(database, of, first, &owner())
        .await
        .unwrap();
    assert_eq!(alts().await, ["A", "B"]);
    let actions: Vec<String> = app
        .entries()
        .await
        .into_iter()
        .map(|entry| entry.action.to_string())
        .collect();
    assert_eq!(
        actions,
        ["change_picture", "change_picture", "remove_picture"]
    );
}

// ---- Imports with a preview ----

async fn run_import(
    app: &TestApp,
    file: &str,
    dry_run: bool,
    seen: Option<String>,
) -> Result<ImportReport, ImportError> {
    let open = || {
        let file = std::io::Cursor::new(file.to_owned());
        Ok(vec![product_file::InputFile::new("products.csv", file)])
    };
    let options = ImportOptions {
        dry_run,
        seen,
        actor: owner(),
        ..ImportOptions::own(StockMode::Set, TimeZone::default())
    };
    import(&app.shop.database, open, options, |_, _| {}).await
}

#[tokio::test]
async fn an_import_does_what_its_preview_showed_or_nothing() {
    let app = TestApp::start().await;
    let file = "slug,name,sku,price,currency,stock\npen,Green Pen,PEN,550,EUR,41\n\
        becher-moewe,\"Becher \"\"Möwe\"\" & <Söhne>\",MUG,1250,EUR,3\n\
        new,New,NEW,100,EUR,\n";
    let preview = run_import(&app, file, true, None).await.unwrap();
    assert_eq!(
        (preview.created, preview.updated, preview.unchanged),
        (1, 1, 1)
    );
    let pen = &preview.changes.first[0];
    assert_eq!(
        pen.to_string(),
        "pen: PEN: price €5.00 → €5.50, stock 40 → 41"
    );
    let price = &pen.parts[0];
    let shown = |value: &Option<_>| value.as_ref().map(shop::catalog::import::Value::to_string);
    assert_eq!(
        (shown(&price.old), shown(&price.new)),
        (Some("€5.00".to_owned()), Some("€5.50".to_owned()))
    );
    let new = &preview.changes.first[1];
    assert_eq!((new.is_new, new.name.as_str()), (true, "New"));
    let kinds = [(What::NewVariant, 1), (What::Price, 1), (What::Stock, 1)];
    assert_eq!(preview.changes.kinds, kinds.into());
    let seen = preview.digest();
    assert_eq!(app.variant("PEN").await.price, 500);

    // Someone changes another field of the product meanwhile.
    app.edited("PEN", |form| form.brand = "Quill".to_owned())
        .await;
    let refused = run_import(&app, file, false, Some(seen)).await;
    assert!(
        matches!(refused, Err(ImportError::NotAsSeen)),
        "{refused:?}"
    );
    assert_eq!(app.variant("PEN").await.price, 500);
    // A change of what the file does not touch does not matter.
    let seen = run_import(&app, file, true, None).await.unwrap().digest();
    app.edited("BOARD", |form| form.brand = "Oak".to_owned())
        .await;
    let report = run_import(&app, file, false, Some(seen.clone()))
        .await
        .unwrap();
    assert_eq!((report.created, report.updated), (1, 1));
    assert_eq!(app.variant("PEN").await.price, 550);
    // Sent twice, it is not what was seen any more.
    let again = run_import(&app, file, false, Some(seen)).await;
    assert!(matches!(again, Err(ImportError::NotAsSeen)));
    let entries = app.entries().await;
    let last = entries.last().unwrap();
    assert_eq!(
        (last.action.as_ref(), last.subject.as_str()),
        ("import_products", "products.csv")
    );
}
