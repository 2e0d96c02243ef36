//! Sale prices and unit prices: what a page shows, what a checkout charges, and the price history.

use sea_orm::ActiveValue::Set;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
};
use shop::catalog::import::StockMode;
use shop::catalog::price_changes::record_due;
use shop::clock;
use shop::entity::{price_history, variant};
use time::{Duration, OffsetDateTime};

use crate::test_app::{Page, TestApp, eventually};

const PAGE: &str = "/products/coffee";

/// A product without a sale.
const REGULAR: &str = "slug,name,sku,price,currency,stock,content_amount,content_unit\n\
    coffee,Coffee,C,2000,EUR,,500,g\n";

/// A file that sets a sale from the day after tomorrow until the next one.
fn sale(price: i64) -> String {
    let day = |days| (clock::now() + Duration::days(days)).date();
    format!(
        "sku,sale_price,sale_from,sale_until,currency\nC,{price},{},{},EUR\n",
        day(2),
        day(3)
    )
}

impl TestApp {
    async fn with_coffee() -> Self {
        let app = Self::start().await;
        app.import(REGULAR, StockMode::OnlyNew).await;
        app
    }

    /// Steps the clock to an instant, by moving everything that is stored about prices back.
    async fn step_to(&self, instant: OffsetDateTime) {
        let by = instant - clock::now();
        let coffee = self.variant("C").await;
        let transaction = self.shop.database.begin_write("test").await.unwrap();
        for row in self.price_rows().await {
            let since = row.since - by;
            let mut row = row.into_active_model();
            row.since = Set(since);
            row.update(&transaction).await.unwrap();
        }
        let back = |at: Option<OffsetDateTime>| Set(at.map(|at| at - by));
        let mut row = coffee.clone().into_active_model();
        row.sale_begins = back(coffee.sale_begins);
        row.sale_ends = back(coffee.sale_ends);
        row.price_changes_at = back(coffee.price_changes_at);
        row.price_recorded_until = Set(coffee.price_recorded_until - by);
        row.update(&transaction).await.unwrap();
        transaction.commit().await.unwrap();
        self.render_anew().await;
    }

    /// The rows of the coffee's price history.
    async fn price_rows(&self) -> Vec<price_history::Model> {
        let coffee = self.variant("C").await.id;
        price_history::Entity::find()
            .filter(price_history::Column::VariantId.eq(coffee))
            .order_by_asc(price_history::Column::Id)
            .all(self.shop.database.reader())
            .await
            .unwrap()
    }

    async fn amounts(&self) -> Vec<i64> {
        let rows = self.price_rows().await;
        rows.into_iter().map(|row| row.amount).collect()
    }

    /// Sends a form of an earlier page, which must be refused because of its price.
    async fn refused_price(&self, form: &crate::test_app::Form) -> String {
        let coffee = self.variant("C").await.id;
        self.refused(form).await.quantity_error(coffee)
    }

    /// What a new checkout of one unit charges.
    async fn charged(&self) -> i64 {
        let form = self.form(PAGE).await;
        self.pay(&form).await.amount_subtotal
    }
}

/// Price, unit price, prior price and percentage.
fn shown(page: &Page) -> [Vec<String>; 4] {
    [".price", ".price-per-unit", ".prior-price s", ".reduction"].map(|part| page.texts(part))
}

fn texts(of: [&[&str]; 4]) -> [Vec<String>; 4] {
    of.map(|texts| texts.iter().map(|text| (*text).to_owned()).collect())
}

#[tokio::test]
async fn a_sale_begins_and_ends_on_pages_in_checkouts_and_in_the_history() {
    let app = TestApp::with_coffee().await;
    let regular = texts([&["€20.00"], &["€40.00 per 1 kg"], &[], &[]]);
    app.import(&sale(1500), StockMode::OnlyNew).await;
    assert_eq!(shown(&app.get(PAGE).await), regular);
    assert_eq!(app.charged().await, 2000);
    let before = app.form(PAGE).await;

    let begins = app.variant("C").await.sale_begins.unwrap();
    app.step_to(begins + Duration::hours(1)).await;
    assert_eq!(
        app.refused_price(&before).await,
        "The price has changed from €20.00 to €15.00. Please check it and try again."
    );
    let page = app.get(PAGE).await;
    let reduced = texts([&["€15.00"], &["€30.00 per 1 kg"], &["€20.00"], &["−25%"]]);
    assert_eq!(shown(&page), reduced);
    assert_eq!(
        page.text(".prior-price"),
        "Lowest price of the 30 days before: €20.00 −25%"
    );
    assert_eq!(app.charged().await, 1500);
    let during = app.form(PAGE).await;
    let card = app.get("/").await;
    assert!(card.texts(".prior-price s").contains(&"€20.00".to_owned()));
    assert!(
        card.texts(".price-per-unit")
            .contains(&"€30.00 per 1 kg".to_owned())
    );
    let rows = app.price_rows().await;
    assert_eq!(app.amounts().await, [2000, 1500]);
    assert_eq!(Some(rows[1].since), app.variant("C").await.sale_begins);

    let ends = app.variant("C").await.sale_ends.unwrap();
    app.step_to(ends).await;
    assert_eq!(
        app.refused_price(&during).await,
        "The price has changed from €15.00 to €20.00. Please check it and try again."
    );
    assert_eq!(shown(&app.get(PAGE).await), regular);
    assert_eq!(app.charged().await, 2000);
    let (rows, coffee) = (app.price_rows().await, app.variant("C").await);
    assert_eq!(app.amounts().await, [2000, 1500, 2000]);
    assert_eq!(Some(rows[1].since), coffee.sale_begins);
    assert_eq!(Some(rows[2].since), coffee.sale_ends);
    assert_eq!(coffee.price_changes_at, None);
}

#[tokio::test]
async fn the_job_writes_what_nobody_has_asked_for_and_only_once() {
    let app = TestApp::with_coffee().await;
    app.import(&sale(1500), StockMode::OnlyNew).await;
    assert_eq!(record_due(&app.shop.database).await.unwrap(), 0);
    let ends = app.variant("C").await.sale_ends.unwrap();
    app.step_to(ends + Duration::days(3)).await;
    assert_eq!(record_due(&app.shop.database).await.unwrap(), 2);
    assert_eq!(record_due(&app.shop.database).await.unwrap(), 0);
    let (rows, coffee) = (app.price_rows().await, app.variant("C").await);
    let written: Vec<_> = rows
        .iter()
        .skip(1)
        .map(|row| (row.amount, Some(row.since)))
        .collect();
    assert_eq!(
        written,
        [(1500, coffee.sale_begins), (2000, coffee.sale_ends)]
    );
}

#[tokio::test]
async fn a_checkout_writes_the_due_row_itself() {
    let app = TestApp::with_coffee().await;
    app.import(&sale(1500), StockMode::OnlyNew).await;
    let form = app.form(PAGE).await;
    let id = app.variant("C").await.id;
    let begins = app.variant("C").await.sale_begins.unwrap();
    app.step_to(begins).await;
    let form = form.with(&format!("shown[{id}]"), "1500:eur");
    assert_eq!(app.pay(&form).await.amount_subtotal, 1500);
    assert_eq!(app.amounts().await, [2000, 1500]);
}

#[tokio::test]
async fn a_sale_that_is_cancelled_before_it_begins_leaves_no_row() {
    let app = TestApp::with_coffee().await;
    app.import(&sale(1500), StockMode::OnlyNew).await;
    let ends = app.variant("C").await.sale_ends.unwrap();
    app.import("sku,sale_price,currency\nC,,EUR\n", StockMode::OnlyNew)
        .await;
    app.step_to(ends + Duration::days(1)).await;
    assert_eq!(record_due(&app.shop.database).await.unwrap(), 0);
    assert_eq!(app.amounts().await, [2000]);
    // Nor does one whose days are over when it is set.
    let past = "sku,sale_price,sale_until,currency\nC,1500,2020-01-31,EUR\n";
    app.import(past, StockMode::OnlyNew).await;
    assert_eq!(record_due(&app.shop.database).await.unwrap(), 0);
    assert_eq!(app.amounts().await, [2000]);
    assert_eq!(app.charged().await, 2000);
}

#[tokio::test]
async fn a_sale_that_is_changed_while_it_runs_is_compared_with_its_first_price_too() {
    let app = TestApp::with_coffee().await;
    app.import(&sale(1500), StockMode::OnlyNew).await;
    let begins = app.variant("C").await.sale_begins.unwrap();
    app.step_to(begins + Duration::hours(1)).await;
    let cheaper = "sku,sale_price,currency\nC,1200,EUR\n";
    app.import(cheaper, StockMode::OnlyNew).await;
    assert_eq!(app.amounts().await, [2000, 1500, 1200]);
    let page = app.get(PAGE).await;
    let expected = texts([&["€12.00"], &["€24.00 per 1 kg"], &["€15.00"], &["−20%"]]);
    assert_eq!(shown(&page), expected);
    assert_eq!(app.charged().await, 1200);
}

#[tokio::test]
async fn a_product_that_is_new_and_on_sale_at_once_has_no_prior_price() {
    let app = TestApp::start().await;
    let new = "slug,name,sku,price,sale_price,currency,content_amount,content_unit\n\
        coffee,Coffee,C,2000,1500,EUR,3,item\n";
    app.import(new, StockMode::OnlyNew).await;
    let page = app.get(PAGE).await;
    let expected = texts([&["€15.00"], &["€5.00 per item"], &[], &[]]);
    assert_eq!(shown(&page), expected);
    assert_eq!(app.charged().await, 1500);
    assert_eq!(app.amounts().await, [1500]);
    let listed = shop::catalog::list(&app.shop.database, None).await.unwrap();
    let coffee = listed.iter().find(|variant| variant.sku == "C").unwrap();
    assert_eq!(coffee.price, 1500);
    let stored: variant::Model = app.variant("C").await;
    assert_eq!((stored.price, stored.sale_price), (2000, Some(1500)));
}

#[tokio::test]
async fn a_list_by_price_is_right_soon_after_a_sale_has_begun() {
    let app = TestApp::with_coffee().await;
    let tea = "slug,name,sku,price,currency,category\ncoffee,Coffee,C,2000,EUR,Drinks\n\
               tea,Tea,T,1700,EUR,Drinks\n";
    app.import(tea, StockMode::OnlyNew).await;
    app.import(&sale(1500), StockMode::OnlyNew).await;
    let listed = async || {
        let page = app.get("/categories/drinks?sort=price").await;
        page.texts(".card-title")
    };
    assert_eq!(listed().await, ["Tea", "Coffee"]);
    let begins = app.variant("C").await.sale_begins.unwrap();
    app.step_to(begins + Duration::minutes(1)).await;
    eventually("coffee is the cheapest", async || {
        (listed().await == ["Coffee", "Tea"]).then_some(())
    })
    .await;
}
