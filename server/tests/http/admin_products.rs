//! The admin's pages of products: forms as a browser without scripts sends them.

use image::{Rgb, RgbImage};
use locale::Language;
use scraper::{ElementRef, Html, Selector};
use sea_orm::sea_query::Expr;
use sea_orm::{EntityTrait, PaginatorTrait};
use secrecy::SecretString;
use shop::admin::{CreateOutcome, Entrance, NewUser, SignInOutcome, Visit, create, sign_in};
use shop::audit::Actor;
use shop::entity::{audit_log, import_draft};
use shop::prune::{PruneSettings, prune};
use shop::settings::FromVariables;
use till_core::admin::Role;

use crate::test_app::{Page, TestApp};

const PASSWORD: &str = "correct horse battery";

/// A signed-in user.
struct User<'a> {
    app: &'a TestApp,
    cookie: String,
}

impl TestApp {
    async fn user(&self, mail: &str, role: Role) -> User<'_> {
        self.user_with(mail, role, Language::default()).await
    }

    async fn user_with(&self, mail: &str, role: Role, language: Language) -> User<'_> {
        let new = NewUser {
            mail: mail.to_owned(),
            role,
            language,
            is_first: false,
        };
        let by = Actor::on_command_line("tester");
        let entrance = Entrance::Password(PASSWORD.into());
        let created = create(&self.shop.database, &new, entrance, &by)
            .await
            .unwrap();
        assert!(matches!(created, CreateOutcome::Created { .. }));
        let visit = Visit {
            address: "192.0.2.1".parse().unwrap(),
            user_agent: None,
            device: None,
        };
        let password = SecretString::from(PASSWORD);
        match sign_in(&self.shop, mail, &password, &visit, None)
            .await
            .unwrap()
        {
            SignInOutcome::SignedIn(session) => User {
                app: self,
                cookie: format!("till-session={}", session.token.as_str()),
            },
            other => panic!("{other:?}"),
        }
    }

    async fn owner(&self) -> User<'_> {
        self.user("ada@shop.example", Role::Owner).await
    }

    async fn german(&self) -> User<'_> {
        let language = "de".parse().unwrap();
        let mail = "eva@shop.example";
        self.user_with(mail, Role::Manager, language).await
    }
}

impl User<'_> {
    async fn get(&self, path: &str) -> Page {
        let request = self.app.request("GET", path).header("cookie", &self.cookie);
        self.app.send(request.header("accept", "text/html")).await
    }

    fn post(&self, path: &str) -> reqwest::RequestBuilder {
        let request = self.app.request("POST", path);
        request
            .header("cookie", &self.cookie)
            .header("sec-fetch-site", "same-origin")
    }

    async fn send(&self, form: &Fields) -> Page {
        self.app
            .send(self.post(&form.action).form(&form.fields))
            .await
    }

    /// Sends a form that must be accepted, and returns the page that follows.
    async fn done(&self, form: &Fields) -> Page {
        let answer = self.send(form).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        self.app.look().await;
        self.get(answer.header("location")).await
    }

    /// The form on a page with this action.
    async fn form(&self, page: &str, action: &str) -> Fields {
        let page = self.get(page).await;
        assert_eq!(page.status, 200);
        Fields::of(&page, action)
    }
}

/// The rows of a table, with blanks between their cells.
fn rows(page: &Page, selector: &str) -> Vec<String> {
    let document = Html::parse_document(&page.body);
    let (row, cell) = (
        Selector::parse(selector).unwrap(),
        Selector::parse("td").unwrap(),
    );
    let cells = |row: ElementRef<'_>| {
        let cells = row
            .select(&cell)
            .map(|cell| cell.text().collect::<String>());
        let text = cells.collect::<Vec<_>>().join(" ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    document.select(&row).map(cells).collect()
}

/// A form with what a browser would send.
#[derive(Clone, Debug)]
struct Fields {
    action: String,
    fields: Vec<(String, String)>,
}

impl Fields {
    /// The first form on the page whose action ends in this.
    fn of(page: &Page, action: &str) -> Self {
        let document = Html::parse_document(&page.body);
        let selector = Selector::parse(&format!("form[action$='{action}']")).unwrap();
        let form = document.select(&selector).next();
        let form = form.unwrap_or_else(|| panic!("no form {action} in {}", page.body));
        let inputs = Selector::parse("input[name], textarea[name], select[name]").unwrap();
        Self {
            action: form.attr("action").unwrap().to_owned(),
            fields: form.select(&inputs).filter_map(field).collect(),
        }
    }

    fn with(mut self, name: &str, value: &str) -> Self {
        match self.fields.iter_mut().find(|(known, _)| known == name) {
            Some(field) => value.clone_into(&mut field.1),
            None => self.fields.push((name.to_owned(), value.to_owned())),
        }
        self
    }

    fn without(mut self, name: &str) -> Self {
        self.fields.retain(|(known, _)| known != name);
        self
    }

    fn value(&self, name: &str) -> &str {
        let mut fields = self.fields.iter();
        let field = fields.find(|(known, _)| known == name);
        field.map_or_else(|| panic!("no field {name}"), |(_, value)| value.as_str())
    }
}

fn field(element: ElementRef<'_>) -> Option<(String, String)> {
    let name = element.attr("name")?.to_owned();
    let value = match element.value().name() {
        "textarea" => element.text().collect(),
        "select" => {
            let chosen = Selector::parse("option[selected]").unwrap();
            let first = Selector::parse("option").unwrap();
            let option = element.select(&chosen).next();
            let option = option.or_else(|| element.select(&first).next())?;
            option.attr("value").unwrap_or_default().to_owned()
        }
        _ => {
            let kind = element.attr("type").unwrap_or("text");
            let ticked = kind != "checkbox" || element.attr("checked").is_some();
            if !ticked || kind == "file" {
                return None;
            }
            element.attr("value").unwrap_or_default().to_owned()
        }
    };
    Some((name, value))
}

/// A file of a form: the field's name, the file's name, and its bytes.
pub type File<'a> = (&'a str, &'a str, &'a [u8]);

/// The body of a form with files.
pub fn parts(fields: &[(&str, &str)], file: Option<File<'_>>) -> Vec<u8> {
    let mut body = Vec::new();
    let mut part = |disposition: String, bytes: &[u8]| {
        let head = format!("--boundary\r\ncontent-disposition: form-data; {disposition}\r\n\r\n");
        body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
    };
    for (name, value) in fields {
        part(format!("name=\"{name}\""), value.as_bytes());
    }
    if let Some((field, name, bytes)) = file {
        part(format!("name=\"{field}\"; filename=\"{name}\""), bytes);
    }
    body.extend(b"--boundary--\r\n");
    body
}

pub const MULTIPART: (&str, &str) = ("content-type", "multipart/form-data; boundary=boundary");

const SAVE: &str = "/save-product";

/// The filled form of a new product.
async fn new_cup(owner: &User<'_>) -> Fields {
    let form = owner.form("/admin/products/new", SAVE).await;
    form.with("form[name]", "Tin Cup")
        .with("form[variants][0][sku]", "CUP")
        .with("form[variants][0][price]", "12,50")
        .with("form[variants][0][stock]", "4")
}

#[tokio::test]
async fn an_owner_creates_a_first_product_and_it_is_for_sale() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let form = new_cup(&owner).await;
    assert_eq!(form.value("form[currency]"), "eur");
    let page = owner.done(&form).await;
    assert_eq!((page.status, page.text("h1")), (200, "Tin Cup".to_owned()));
    assert!(page.text("[role=status]").contains("add its pictures"));
    assert!(page.has(".actions a[href='#pictures']") && page.has("#pictures input[type=file]"));
    assert_eq!(app.get("/products/tin-cup").await.status, 200);
    app.begin(&[("CUP", 1)]).await;
    let list = owner.get("/admin/products?q=tin").await;
    assert_eq!(list.texts("tbody tr").len(), 1);
    let row = &rows(&list, "tbody tr")[0];
    assert!(row.contains("CUP €12.50 4 (1 reserved"), "{row}");
    // The navigation has the part, and its filters stay in the address.
    assert!(list.has("nav a[href='/admin/products'][aria-current=page]"));
    assert_eq!(list.attribute("#q", "value").as_deref(), Some("tin"));
}

#[tokio::test]
async fn a_refused_form_says_what_is_wrong_and_keeps_what_was_typed() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let name = "</script></textarea>\"<b>🎁";
    let long = "x".repeat(200_000);
    let form = new_cup(&owner)
        .await
        .with("form[name]", name)
        .with("form[slug]", "pen")
        .with("form[description]", &long)
        .with("form[variants][0][price]", "-3")
        .without("form[on_sale]");
    let page = owner.send(&form).await;
    assert_eq!(page.status, 422);
    assert!(page.text("main [role=alert]").contains("Nothing was saved"));
    let again = Fields::of(&page, SAVE);
    assert_eq!(again.value("form[name]"), name);
    assert_eq!(again.value("form[description]"), long);
    assert_eq!(again.value("form[variants][0][price]"), "-3");
    assert!(!again.fields.iter().any(|(name, _)| name == "form[on_sale]"));
    for (field, problem) in [
        ("form[slug]", "taken"),
        ("form[description]", "20,000 characters"),
        ("form[variants][0][price]", "above zero"),
    ] {
        let text = page.text(&format!("[id='{field}-problem']"));
        assert!(text.contains(problem), "{field}: {text}");
    }
    // Nothing unescaped, and a form that is larger than any is refused.
    assert!(!page.body.contains("</textarea>\"<b>"));
    let huge = form.with("form[description]", &"x".repeat(1_100_000));
    assert_eq!(owner.send(&huge).await.status, 413);
    assert_eq!(
        owner
            .get("/admin/products?q=CUP")
            .await
            .texts("tbody tr")
            .len(),
        0
    );
}

#[tokio::test]
async fn who_saves_over_another_change_compares_both_and_chooses() {
    let app = TestApp::start().await;
    let (ada, bob) = (
        app.owner().await,
        app.user("bob@shop.example", Role::Manager).await,
    );
    let id = app.variant("PEN").await.product_id;
    let path = format!("/admin/products/{id}");
    let (first, second) = (ada.form(&path, SAVE).await, bob.form(&path, SAVE).await);
    ada.done(&first.with("form[variants][0][price]", "6")).await;
    let second = second.with("form[name]", "Blue Pen");
    let page = bob.send(&second).await;
    assert_eq!(page.status, 422);
    let differences = rows(&page, "#differences tbody tr");
    assert_eq!(
        differences,
        ["Name Green Pen Blue Pen", "PEN: Price 6.00 5.00"]
    );
    // Amounts are written as on the rest of a page.
    let eva = app.german().await;
    let third = eva.form(&path, SAVE).await.with("version", "1");
    let third = third.with("form[variants][0][price]", "7,00");
    let compared = eva.send(&third).await;
    let differences = rows(&compared, "#differences tbody tr");
    assert_eq!(differences, ["PEN: Preis 6,00 7,00"]);
    assert_eq!(app.variant("PEN").await.price, 600);
    // What was typed is there, and saved now.
    let mine = Fields::of(&page, SAVE);
    assert_eq!(mine.value("form[name]"), "Blue Pen");
    let page = bob.done(&mine).await;
    assert_eq!(page.text("h1"), "Blue Pen");
    assert_eq!(app.variant("PEN").await.price, 500);
}

#[tokio::test]
async fn a_preview_saves_nothing() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = app.variant("PEN").await.product_id;
    let form = owner.form(&format!("/admin/products/{id}"), SAVE).await;
    let text = "*Fine* <script>alert(1)</script>";
    let form = form.with("form[description]", text).with("preview", "1");
    let page = owner.send(&form).await;
    assert_eq!(page.text(".product-description em"), "Fine");
    assert!(!page.has(".product-description script"));
    let found = page.text(".search-preview");
    assert!(
        found.contains("/products/pen") && found.contains("Green Pen · "),
        "{found}"
    );
    let again = Fields::of(&page, SAVE);
    assert_eq!(again.value("form[description]"), text);
    let stored = app.get("/products/pen").await;
    assert!(stored.body.contains("Writes."));
    // Saving what was previewed works.
    owner.done(&again).await;
    assert_eq!(
        app.get("/products/pen")
            .await
            .text(".product-description em"),
        "Fine"
    );
}

#[tokio::test]
async fn variants_are_added_and_arranged() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let page = owner.done(&new_cup(&owner).await).await;
    let form = Fields::of(&page, SAVE)
        .with("form[variants][0][name]", "Small")
        .with("form[variants][1][sku]", "CUP-L")
        .with("form[variants][1][name]", "Large")
        .with("form[variants][1][price]", "15")
        .with("form[variants][1][place]", "1");
    let page = owner.done(&form).await;
    let form = Fields::of(&page, SAVE);
    assert_eq!(form.value("form[variants][0][sku]"), "CUP-L");
    assert_eq!(form.value("form[variants][1][sku]"), "CUP");
    // Those of another product are not this one's.
    let pen = app.variant("PEN").await.id.to_string();
    let page = owner.send(&form.with("form[variants][0][id]", &pen)).await;
    assert_eq!(page.status, 422);
    assert_eq!(app.variant("PEN").await.sku, "PEN");
}

#[tokio::test]
async fn a_product_is_archived_restored_copied_and_moved() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = app.variant("PEN").await.product_id;
    let path = format!("/admin/products/{id}");
    let archive = owner.form(&path, "/archive-product").await;
    let page = owner.done(&archive).await;
    assert!(page.text("[role=status]").contains("no longer for sale"));
    assert_eq!(app.get("/products/pen").await.status, 410);
    let off_sale = owner.get("/admin/products?state=off").await;
    assert_eq!(off_sale.texts("tbody tr").len(), 2);
    owner.done(&Fields::of(&page, "/archive-product")).await;
    assert_eq!(app.get("/products/pen").await.status, 200);
    let copy = owner
        .done(&owner.form(&path, "/duplicate-product").await)
        .await;
    assert!(copy.text("[role=status]").contains("copy"));
    assert_eq!(
        Fields::of(&copy, SAVE).value("form[variants][0][sku]"),
        "PEN-2"
    );
    let first = owner.get("/admin/products").await;
    let moved = Fields::of(&first, "/move-product").with("to", "last");
    let page = owner.done(&moved).await;
    let last = page.texts("tbody tr").pop().unwrap();
    assert!(last.contains("Möwe"), "{last}");
}

#[tokio::test]
async fn stock_is_changed_with_a_reason_and_its_history_shown() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = app.variant("MUG").await.product_id;
    let path = format!("/admin/products/{id}/stock");
    app.begin(&[("MUG", 2)]).await;
    let form = owner.form(&path, "/change-stock").await;
    let received = form
        .clone()
        .with("units", "5")
        .with("note", "<i>delivery</i>");
    let page = owner.done(&received).await;
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(8)));
    let history = &rows(&page, "table:last-of-type tbody tr")[0];
    assert!(
        history.contains("Received +5 8 ada@shop.example <i>delivery</i>"),
        "{history}"
    );
    // Below what is held, and counted before units were sold or added.
    let damaged = form.clone().with("reason", "damaged").with("units", "7");
    let page = owner.send(&damaged).await;
    assert_eq!(page.status, 422);
    assert!(
        page.text("#units-problem")
            .contains("reserved 2 of the 8 units")
    );
    // What was shown first stays, until the person is told that it has changed.
    let shown = |page: &Page| Fields::of(page, "/change-stock").value("shown").to_owned();
    assert_eq!(shown(&page), form.value("shown"));
    // Nobody holds any, and there are fewer.
    let pen = app.variant("PEN").await;
    let pens = format!("/admin/products/{}/stock", pen.product_id);
    let page = owner.form(&pens, "/change-stock");
    let page = page.await.with("reason", "damaged").with("units", "41");
    let page = owner.send(&page).await;
    let text = page.text("#units-problem");
    assert!(text.contains("There are only 40 units"), "{text}");
    assert_eq!(app.held_and_stock("PEN").await, (0, Some(40)));
    let counted = form.with("reason", "counted").with("units", "3");
    let page = owner.send(&counted).await;
    assert!(
        page.text("main [role=alert]")
            .contains("while you were counting")
    );
    assert_eq!(shown(&page), "8");
    assert_eq!(app.held_and_stock("MUG").await, (2, Some(8)));
}

#[tokio::test]
async fn the_table_saves_all_rows_or_none() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let form = owner
        .form("/admin/products/table", "/save-product-table")
        .await;
    // The mug is the first row, and the board the second.
    let both = form
        .clone()
        .with("rows[0][typed][price]", "13,00")
        .with("rows[1][units]", "-1");
    let page = owner.send(&both).await;
    assert_eq!(page.status, 422);
    assert_eq!(app.variant("MUG").await.price, 1250);
    let again = Fields::of(&page, "/save-product-table");
    assert_eq!(again.value("rows[0][typed][price]"), "13,00");
    assert_eq!(again.value("rows[1][units]"), "-1");
    assert!(page.body.contains("There is no unit left"));
    // Two rows of one variant contradict each other.
    let twice = again.clone().with("rows[1][units]", "2");
    let mug = twice.value("rows[0][variant]").to_owned();
    let page = owner.send(&twice.with("rows[1][variant]", &mug)).await;
    assert_eq!((page.status, app.variant("MUG").await.price), (422, 1250));
    let page = owner.done(&again.with("rows[1][units]", "2")).await;
    assert!(page.text("[role=status]").contains("Saved"));
    assert_eq!(app.variant("MUG").await.price, 1300);
    assert_eq!(app.variant("BOARD").await.stock, Some(2));
}

#[tokio::test]
async fn categories_are_kept_on_their_page() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    // The list of products leads there.
    let list = owner.get("/admin/products").await;
    assert!(list.has("main a[href='/admin/categories']"));
    let create = owner.form("/admin/categories", "/create-category").await;
    let page = owner.done(&create.clone().with("name", "Garden")).await;
    assert!(page.body.contains("Garden"));
    assert!(page.has("nav a[href='/admin/products'][aria-current=true]"));
    // None that is first moves ahead, and none that is last moves back.
    let count = page.texts("form[action$='/change-category']").len();
    assert_eq!(page.texts("button[value=up]").len(), count - 1);
    assert_eq!(page.texts("button[value=down]").len(), count - 1);
    let page = owner.send(&create.with("name", "garden")).await;
    assert_eq!(page.status, 422);
    assert!(page.text("#name-problem").contains("taken"));
    let first = Fields::of(&page, "/change-category");
    let renamed = first.with("action", "rename").with("new_name", "Cooking");
    owner.done(&renamed).await;
    assert!(
        app.get("/")
            .await
            .texts("h2")
            .contains(&"Cooking".to_owned())
    );
    let page = owner.send(&renamed.with("action", "delete")).await;
    assert!(page.text("main [role=alert]").contains("has products"));
}

/// Amounts of currencies with two, three and no decimals.
#[tokio::test]
async fn amounts_in_fields_are_written_as_in_the_language_of_the_page() {
    let app = TestApp::start().await;
    let (ada, eva) = (app.owner().await, app.german().await);
    let id = app.variant("MUG").await.product_id;
    let path = format!("/admin/products/{id}");
    let (price, sale) = ("form[variants][0][price]", "form[variants][0][sale_price]");
    let content = "form[variants][0][content_amount]";
    let form = eva.form(&path, SAVE).await;
    assert_eq!(form.value(price), "12,50");
    // Both ways of writing are read in both languages.
    for (user, typed, stored) in [
        (&eva, "13,00", 1300),
        (&eva, "13.50", 1350),
        (&eva, "1.234,50 €", 123_450),
        (&ada, "14,25", 1425),
        (&ada, "1,234.50", 123_450),
        (&ada, "15.75", 1575),
    ] {
        user.done(&user.form(&path, SAVE).await.with(price, typed))
            .await;
        assert_eq!(app.variant("MUG").await.price, stored, "{typed}");
    }
    let form = form.with("version", eva.form(&path, SAVE).await.value("version"));
    let form = form
        .with(price, "1575,00")
        .with(sale, "13,99")
        .with(content, "0,75");
    let page = eva
        .done(&form.with("form[variants][0][content_unit]", "l"))
        .await;
    let form = Fields::of(&page, SAVE);
    let values = [price, sale, content].map(|name| form.value(name).to_owned());
    assert_eq!(values, ["1575,00", "13,99", "0,75"]);
    let mug = app.variant("MUG").await;
    assert_eq!(
        (mug.price, mug.sale_price, mug.content_amount),
        (157_500, Some(1399), Some(750))
    );
    let form = ada.form(&path, SAVE).await;
    let values = [price, sale, content].map(|name| form.value(name).to_owned());
    assert_eq!(values, ["1575.00", "13.99", "0.75"]);
    // What may mean two amounts is refused, and says how to write it.
    for (user, example) in [(&eva, "1250,00"), (&ada, "1250.00")] {
        for typed in ["1.250", "1,250"] {
            let page = user
                .send(&user.form(&path, SAVE).await.with(price, typed))
                .await;
            let problem = page.text(&format!("[id='{price}-problem']"));
            assert!(problem.contains(example), "{typed}: {problem}");
            assert_eq!(Fields::of(&page, SAVE).value(price), typed);
        }
    }
    let form = eva.form(&path, SAVE).await.with(price, "teuer");
    let problem = eva
        .send(&form)
        .await
        .text(&format!("[id='{price}-problem']"));
    assert_eq!(problem, "Schreiben Sie einen Betrag wie 12,50.");
    // The table form has them too, and nothing that was only shown counts as changed.
    let table = eva
        .form("/admin/products/table", "/save-product-table")
        .await;
    assert_eq!(table.value("rows[0][typed][price]"), "1575,00");
    assert_eq!(table.value("rows[0][shown][price]"), "1575,00");
    let entries = async || {
        let all = audit_log::Entity::find();
        all.count(app.shop.database.reader()).await.unwrap()
    };
    let before = entries().await;
    eva.done(&table).await;
    assert_eq!(entries().await, before);
    eva.done(&table.with("rows[0][typed][price]", "1.600,00"))
        .await;
    assert_eq!(app.variant("MUG").await.price, 160_000);
}

#[tokio::test]
async fn amounts_have_as_many_decimals_as_their_currency() {
    let app = TestApp::start().await;
    let (ada, eva) = (app.owner().await, app.german().await);
    let price = "form[variants][0][price]";
    for (sku, currency, typed, stored, german, english) in [
        ("K-1", "kwd", "1,250", 1250, "1,250", "1.250"),
        ("K-2", "kwd", "12", 12_000, "12,000", "12.000"),
        ("Y-1", "jpy", "1.250", 1250, "1250", "1250"),
        ("E-1", "eur", "1250", 125_000, "1250,00", "1250.00"),
    ] {
        let form = eva.form("/admin/products/new", SAVE).await;
        let form = form
            .with("form[name]", sku)
            .with("form[currency]", currency);
        let form = form.with("form[variants][0][sku]", sku).with(price, typed);
        let page = eva.done(&form).await;
        assert_eq!(app.variant(sku).await.price, stored, "{sku}");
        let shown = Fields::of(&page, SAVE);
        assert_eq!(shown.value(price), german, "{sku}");
        let path = format!("/admin/products/{}", app.variant(sku).await.product_id);
        assert_eq!(ada.form(&path, SAVE).await.value(price), english, "{sku}");
        // What is shown is read as it is stored, in each language.
        for user in [&ada, &eva] {
            let form = user.form(&path, SAVE).await.with("form[brand]", "B");
            user.done(&form).await;
            assert_eq!(app.variant(sku).await.price, stored, "{sku}");
        }
    }
    // Read in the other language, it may mean two amounts, and is not guessed.
    let path = format!("/admin/products/{}", app.variant("K-1").await.product_id);
    let form = eva.form(&path, SAVE).await;
    let page = ada.send(&form).await;
    let problem = page.text(&format!("[id='{price}-problem']"));
    assert!(problem.contains("1250.000"), "{problem}");
}

#[tokio::test]
async fn a_new_product_has_room_for_three_variants_and_blank_ones_are_none() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let page = owner.get("/admin/products/new").await;
    let legends = page.texts("fieldset legend");
    assert_eq!(legends, ["Variant 1", "Another variant", "Another variant"]);
    assert!(page.body.contains("Save the product first"));
    assert!(!page.has("input[type=file]"));
    let form = new_cup(&owner).await;
    let form = form
        .with("form[variants][0][name]", "Small")
        .with("form[variants][2][sku]", "CUP-L")
        .with("form[variants][2][name]", "Large")
        .with("form[variants][2][price]", "15");
    let page = owner.done(&form).await;
    let form = Fields::of(&page, SAVE);
    let skus = [0, 1, 2].map(|index| form.value(&format!("form[variants][{index}][sku]")));
    assert_eq!(skus, ["CUP", "CUP-L", ""]);
    // The first stock of the first one is no count of somebody's.
    let path = format!(
        "/admin/products/{}/stock",
        app.variant("CUP").await.product_id
    );
    let page = owner.get(&path).await;
    let history = rows(&page, "table:last-of-type tbody tr");
    assert_eq!(history.len(), 1);
    assert!(
        history[0].contains("CUP First stock +4 4 ada@shop.example"),
        "{history:?}"
    );
}

#[tokio::test]
async fn what_cannot_be_undone_asks_first() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let create = owner.form("/admin/categories", "/create-category").await;
    owner.done(&create.with("name", "Garden")).await;
    let id = app.variant("MUG").await.product_id;
    for (page, button, question) in [
        (
            format!("/admin/products/{id}"),
            "form[action$='/archive-product'] button",
            "Stop selling this product?",
        ),
        (
            format!("/admin/products/{id}"),
            "button[value=remove]",
            "Remove this picture?",
        ),
        (
            "/admin/categories".to_owned(),
            "button[value=delete]",
            "Delete this category?",
        ),
    ] {
        let page = owner.get(&page).await;
        let asked = page.attribute(button, "data-confirm").unwrap_or_default();
        assert!(asked.starts_with(question), "{button}: {asked}");
    }
    // To put a product on sale is no loss.
    let lamp = app.variant("LAMP").await.product_id;
    let page = owner.get(&format!("/admin/products/{lamp}")).await;
    assert!(!page.has("form[action$='/archive-product'] button[data-confirm]"));
}

#[tokio::test]
async fn the_preview_shows_the_address_that_the_page_will_have() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    for (name, slug, address) in [
        ("Käse & Wein", "", "/products/kaese-wein"),
        ("Pen", "", "/products/pen-2"),
        ("Pen", " my-pen ", "/products/my-pen"),
        ("", "", "/products/product"),
    ] {
        let form = owner.form("/admin/products/new", SAVE).await;
        let form = form.with("form[name]", name).with("form[slug]", slug);
        let page = owner.send(&form.with("preview", "1")).await;
        let shown = page.text(".search-preview .hint");
        assert!(shown.ends_with(address), "{name}: {shown}");
    }
    // One that exists keeps its address until another is typed.
    let path = format!("/admin/products/{}", app.variant("PEN").await.product_id);
    let form = owner.form(&path, SAVE).await.with("form[slug]", "");
    let page = owner.send(&form.with("preview", "1")).await;
    assert!(
        page.text(".search-preview .hint")
            .ends_with("/products/pen")
    );
}

#[tokio::test]
async fn what_cannot_be_bought_is_called_the_same_everywhere() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    app.begin(&[("MUG", 3)]).await;
    let today = owner.get("/admin").await;
    let cards = today.texts(".admin-card");
    let card = cards
        .iter()
        .find(|card| card.starts_with("None available"))
        .unwrap();
    assert!(card.contains("BOARD, sold out"), "{card}");
    assert!(
        card.contains("MUG, all reserved by customers who are paying"),
        "{card}"
    );
    let list = owner.get("/admin/products?stock=none").await;
    assert_eq!(list.text("#stock option[selected]"), "None available");
    let found = rows(&list, "tbody tr");
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(
        found[0].contains("3 (all reserved by customers who are paying)"),
        "{found:?}"
    );
    assert!(found[1].contains("BOARD €54.00 sold out"), "{found:?}");
    // What is sold out is not among what is nearly so.
    assert!(rows(&owner.get("/admin/products?stock=low").await, "tbody tr").is_empty());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pictures_are_uploaded_and_lies_are_refused() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let id = app.variant("PEN").await.product_id;
    let upload = async |name: &'static str, bytes: Vec<u8>| {
        let (product, from) = (id.to_string(), format!("/admin/products/{id}"));
        let fields = [
            ("product", product.as_str()),
            ("from", &from),
            ("alt", "A <green> pen"),
        ];
        let body = parts(&fields, Some(("pictures", name, &bytes)));
        let request = owner.post("/admin/api/add-pictures");
        app.send(request.header(MULTIPART.0, MULTIPART.1).body(body))
            .await
    };
    let mut png = std::io::Cursor::new(Vec::new());
    let pixels = RgbImage::from_fn(600, 400, |x, _| Rgb([u8::try_from(x % 256).unwrap(), 0, 9]));
    pixels.write_to(&mut png, image::ImageFormat::Png).unwrap();
    let answer = upload("pen.png", png.into_inner()).await;
    assert_eq!(answer.status, 303, "{}", answer.body);
    let page = owner.get(&format!("/admin/products/{id}")).await;
    assert_eq!(page.texts(".picture-row").len(), 2);
    assert!(page.body.contains("A &lt;green&gt; pen"));
    assert_eq!(
        answer.header("location"),
        format!("/admin/products/{id}?done=saved#pictures")
    );
    for (name, bytes, why) in [
        (
            "pen.png",
            b"<svg onload=alert(1)>".to_vec(),
            "not a picture in the format",
        ),
        ("pen.png", b"\x89PNG\r\n\x1a\n".to_vec(), "cannot be read"),
        ("pen.png", vec![b'x'; 20_000_001], "larger than 20 MB"),
        ("none.png", Vec::new(), "Choose"),
    ] {
        let page = upload(name, bytes).await;
        assert_eq!(page.status, 422);
        let text = page.text("main [role=alert]");
        assert!(text.contains(why), "{text}");
        assert!(
            text.contains("No picture was added") || text.contains("Choose"),
            "{text}"
        );
    }
    // The script says the same before the form is sent.
    let attribute = |name| page.attribute("input[type=file]", name).unwrap_or_default();
    assert_eq!(attribute("data-max-bytes"), "20000000");
    for (name, why) in [
        ("data-kind", "not a picture in the format"),
        ("data-bytes", "larger than 20 MB"),
        ("data-unreadable", "cannot be read"),
    ] {
        assert!(attribute(name).contains(why), "{name}");
    }
    // Each form has a name, and no button that can do nothing.
    assert_eq!(
        page.attribute(".picture-row", "aria-label").as_deref(),
        Some("Picture 1")
    );
    assert_eq!(page.texts(".picture-row button[value=up]").len(), 1);
    assert_eq!(page.texts(".picture-row button[value=down]").len(), 1);
    // The second one goes ahead of the first.
    let page = owner.get(&format!("/admin/products/{id}")).await;
    let second = Fields::of(&page, "/change-picture");
    owner.done(&second.clone().with("action", "down")).await;
    let stale = owner.send(&second.with("action", "remove")).await;
    assert!(
        stale
            .text("main [role=alert]")
            .contains("look at them again")
    );
    // Who is not signed in cannot send so much.
    let body = parts(&[("product", &"x".repeat(2_000_000))], None);
    let request = app.request("POST", "/admin/api/add-pictures");
    let request = request.header("sec-fetch-site", "same-origin");
    let request = request.header(MULTIPART.0, MULTIPART.1).body(body);
    assert_eq!(app.send(request).await.status, 413);
}

#[tokio::test]
async fn a_file_is_imported_after_a_look_at_what_it_changes() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let upload = async |file: &'static str| {
        let fields = [("format", "till"), ("from", "/admin/products/import")];
        let body = parts(&fields, Some(("file", "products.csv", file.as_bytes())));
        let request = owner.post("/admin/api/upload-products");
        let answer = app
            .send(request.header(MULTIPART.0, MULTIPART.1).body(body))
            .await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").to_owned()
    };
    let rejected = owner
        .get(&upload("sku,price,currency\nPEN,cheap,EUR\n").await)
        .await;
    assert!(rejected.text("main [role=alert]").contains("line 2"));
    let path = upload("sku,price,currency\nPEN,550,EUR\n").await;
    let page = owner.get(&path).await;
    assert_eq!(
        rows(&page, "#preview tbody tr"),
        ["Green Pen PEN Price €5.00 €5.50"]
    );
    assert_eq!(app.variant("PEN").await.price, 500);
    // An export is a file that changes nothing.
    let export = owner.get("/admin/products/export").await;
    assert!(export.header("content-type").starts_with("text/csv"));
    assert!(
        export
            .header("content-disposition")
            .contains("products.csv")
    );
    assert!(export.body.contains("becher-moewe"));
    // Nobody else may apply it.
    let apply = Fields::of(&page, "/apply-import");
    let bob = app.user("bob@shop.example", Role::Manager).await;
    let page = bob.send(&apply).await;
    assert!(page.text("main [role=alert]").contains("no longer there"));
    let wrong = apply.clone().with("seen", "0");
    let page = owner.send(&wrong).await;
    assert!(page.text("main [role=alert]").contains("since you looked"));
    assert_eq!(app.variant("PEN").await.price, 500);
    let page = owner.done(&apply).await;
    assert!(page.text("[role=status]").contains("imported"));
    assert_eq!(app.variant("PEN").await.price, 550);
    assert_eq!(owner.send(&apply).await.status, 422);
}

impl User<'_> {
    /// Uploads a product file, and returns the address of what it would change.
    async fn upload(&self, name: &str, file: &str, fields: &[(&str, &str)]) -> String {
        let fields = [&[("from", "/admin/products/import")], fields].concat();
        let body = parts(&fields, Some(("file", name, file.as_bytes())));
        let request = self.post("/admin/api/upload-products");
        let request = request.header(MULTIPART.0, MULTIPART.1).body(body);
        let answer = self.app.send(request).await;
        assert_eq!(answer.status, 303, "{}", answer.body);
        answer.header("location").to_owned()
    }
}

#[tokio::test]
async fn a_preview_names_what_is_new_and_counts_each_kind_of_change() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let file = "slug,name,variant,sku,price,currency,stock,sale_price,sale_until\n\
        pen,Green Pen,,PEN,550,EUR,7,400,2031-02-01\n\
        cup,<Tin> Cup,Small,CUP-S,1250,EUR,4,,\ncup,,Large,CUP-L,1500,EUR,,,\n";
    let path = owner.upload("products.csv", file, &[]).await;
    let page = owner.get(&path).await;
    let preview = page.text("#preview");
    assert!(
        preview.contains("New products: 1 · changed: 1 · unchanged: 0"),
        "{preview}"
    );
    let kinds = page.texts("#preview .counts li");
    assert_eq!(kinds, ["New variant: 2", "Price: 1", "Reduced price: 1"]);
    assert!(
        preview.contains("another stock for one variant"),
        "{preview}"
    );
    assert_eq!(
        rows(&page, "#preview tbody tr"),
        [
            "Green Pen PEN Price €5.00 €5.50",
            "Green Pen PEN Reduced price – €4.00, until 1 Feb 2031",
            "<Tin> Cup CUP-S new New variant – Small, €12.50, stock: 4",
            "<Tin> Cup CUP-L new New variant – Large, €15.00, not counted",
        ]
    );
    // The same in German, which another user has to upload again.
    let eva = app.german().await;
    let page = eva.get(&eva.upload("products.csv", file, &[]).await).await;
    let german = rows(&page, "#preview tbody tr");
    assert_eq!(
        german[1],
        "Green Pen PEN Reduzierter Preis – 4,00 €, bis 01.02.2031"
    );
    assert_eq!(
        german[2],
        "<Tin> Cup CUP-S neu Neue Variante – Small, 12,50 €, Bestand: 4"
    );
    // Who does not want it removes the file.
    let cancel = owner.form(&path, "/cancel-import").await;
    let stranger = eva.send(&cancel).await;
    assert_eq!(stranger.status, 303);
    assert!(owner.get(&path).await.has("#preview"));
    let page = owner.done(&cancel).await;
    assert!(page.text("[role=status]").contains("Nothing was imported"));
    assert!(owner.get(&path).await.body.contains("no longer there"));
    assert_eq!(app.variant("PEN").await.price, 500);
}

#[tokio::test]
async fn the_import_offers_a_sample_that_it_takes_and_the_shops_currency() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let page = owner.get("/admin/products/import").await;
    assert_eq!(
        page.attribute("#currency option[selected]", "value")
            .as_deref(),
        Some("eur")
    );
    assert!(page.text("main").contains("price_decimal"));
    assert!(page.has("main a[href='/admin/products/export'][download]"));
    let sample = owner.get("/admin/products/sample").await;
    assert!(sample.header("content-type").starts_with("text/csv"));
    assert!(sample.header("content-disposition").contains("sample.csv"));
    let path = owner
        .upload("sample.csv", &sample.body, &[("format", "till")])
        .await;
    let page = owner.get(&path).await;
    assert!(
        page.text("#preview").contains("New products: 2"),
        "{}",
        page.body
    );
    owner.done(&Fields::of(&page, "/apply-import")).await;
    assert_eq!(app.variant("CUP-L").await.price, 1500);
    // A file of another shop names no currency.
    let shopify = "Handle,Title,Option1 Name,Option1 Value,Variant SKU,Variant Price\n\
        mat,Mat,Title,Default Title,MAT,7.50\n";
    let fields = [("format", "shopify"), ("currency", "eur")];
    let page = owner
        .get(&owner.upload("shopify.csv", shopify, &fields).await)
        .await;
    assert!(page.text("#preview").contains("€7.50"), "{}", page.body);
}

#[tokio::test]
async fn uploads_do_not_fill_the_disk() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let count = async || {
        let all = import_draft::Entity::find();
        all.count(app.shop.database.reader()).await.unwrap()
    };
    let file = "sku,price,currency\nPEN,550,EUR\n";
    let mut paths = Vec::new();
    for _ in 0..5 {
        paths.push(owner.upload("products.csv", file, &[]).await);
    }
    assert_eq!(count().await, 3);
    // The latest ones are there.
    for (path, is_there) in paths.iter().zip([false, false, true, true, true]) {
        assert_eq!(owner.get(path).await.has("#preview"), is_there, "{path}");
    }
    for number in 0..4 {
        let user = app
            .user(&format!("u{number}@shop.example"), Role::Manager)
            .await;
        for _ in 0..3 {
            user.upload("products.csv", file, &[]).await;
        }
    }
    assert_eq!(count().await, 10);
    // They end after a day, and are deleted by the job that prunes.
    let last = app.user("last@shop.example", Role::Manager).await;
    let path = last.upload("products.csv", file, &[]).await;
    let page = last.get(&path).await;
    let apply = Fields::of(&page, "/apply-import");
    let yesterday = shop::clock::now() - time::Duration::hours(25);
    let transaction = app.shop.database.begin_write("test").await.unwrap();
    import_draft::Entity::update_many()
        .col_expr(import_draft::Column::CreatedAt, Expr::value(yesterday))
        .exec(&transaction)
        .await
        .unwrap();
    transaction.commit().await.unwrap();
    assert!(last.get(&path).await.body.contains("no longer there"));
    assert_eq!(last.send(&apply).await.status, 422);
    assert_eq!(app.variant("PEN").await.price, 500);
    let settings = PruneSettings::read(&|_: &str| None).unwrap();
    let report = prune(&app.shop.database, &settings, true).await.unwrap();
    assert_eq!((report.admin, count().await), (10, 10));
    let report = prune(&app.shop.database, &settings, false).await.unwrap();
    assert_eq!((report.admin, count().await), (10, 0));
}

#[tokio::test]
async fn staff_sees_and_changes_no_products() {
    let app = TestApp::start().await;
    let owner = app.owner().await;
    let staff = app.user("sam@shop.example", Role::Staff).await;
    let id = app.variant("PEN").await.product_id;
    for page in [
        "/admin/products".to_owned(),
        "/admin/products/table".to_owned(),
        "/admin/products/new".to_owned(),
        "/admin/products/import".to_owned(),
        "/admin/products/export".to_owned(),
        "/admin/products/sample".to_owned(),
        "/admin/categories".to_owned(),
        format!("/admin/products/{id}"),
        format!("/admin/products/{id}/stock"),
    ] {
        assert_eq!(staff.get(&page).await.status, 403, "{page}");
        assert_eq!(owner.get(&page).await.status, 200, "{page}");
    }
    let form = owner.form(&format!("/admin/products/{id}"), SAVE).await;
    let page = staff.send(&form.with("form[name]", "Mine")).await;
    assert_eq!(page.status, 403);
    assert_eq!(app.get("/products/pen").await.text("h1"), "Green Pen");
    for missing in [
        "/admin/products/999",
        "/admin/products/x",
        "/admin/products/999/stock",
    ] {
        assert_eq!(owner.get(missing).await.status, 404, "{missing}");
    }
}
