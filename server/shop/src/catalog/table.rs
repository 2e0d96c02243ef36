//! The table form: price, stock, category and whether it is on sale, of many variants at once. All
//! is written in one transaction, or nothing.
//!
//! Each row says what was shown beside what was typed. A field that is as it was shown is not
//! touched, so a row that was only on the page undoes no change of others; one that was changed
//! here and meanwhile elsewhere too is refused.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use product_file::Given;
use product_file::field;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter, QueryOrder};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use till_core::token::AttemptToken;

use super::editing::Reason;
use super::editing::check::{amount_reason, set_active};
use super::editing::form::amount_text;
use super::listing;
use super::prices::{PriceProblem, Prices};
use super::rows::Rows;
use super::stock::{self, StockChange, StockOutcome, StockReason};
use crate::audit::{self, Action, Actor, Entry, SubjectKind};
use crate::catalog_change;
use crate::clock;
use crate::database::{Database, WriteTransaction, locked};
use crate::entity::{category, product, variant};
use crate::time_zone::TimeZone;

/// Maximum number of rows in one form.
pub const MAX_ROWS: usize = 250;

/// A row of the form: what was shown, and what was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableRow {
    /// The variant.
    pub variant: i64,
    /// What was shown.
    pub shown: TableValues,
    /// What was typed.
    pub typed: TableValues,
    /// The stock that was shown; empty if it was not counted.
    pub stock: String,
    /// Units to add, `-2` to take away, or empty. If the reason is that they were counted: the
    /// units that are there.
    pub units: String,
}

/// The values of a row. A category is the product's, and with it that of its other variants.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TableValues {
    /// The regular price, in units of the currency.
    pub price: String,
    /// The slug of the product's category; empty: none.
    pub category: String,
    /// Whether the variant is on sale, or will be with its product.
    pub active: bool,
}

/// The column of the form that a problem is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TableColumn {
    /// The row as a whole.
    Row,
    /// The price.
    Price,
    /// The units.
    Units,
    /// The category.
    Category,
    /// Whether it is on sale.
    Active,
}

/// Why a row is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TableReason {
    /// The field is refused as in the product's form.
    #[error("{0}")]
    Field(Reason),
    /// Someone else has changed it since the form was shown.
    #[error("was changed by someone else meanwhile")]
    ChangedMeanwhile,
    /// Unpaid checkouts hold more units than would be left.
    #[error("would leave fewer than the {held} that unpaid checkouts hold: {stock} are there")]
    BelowHeld {
        /// The stock as it is.
        stock: i64,
        /// The units held.
        held: i64,
    },
    /// The stock is not counted.
    #[error("cannot change: the stock is not counted")]
    NotCounted,
    /// Two rows of a product have different categories.
    #[error("differs from that of another row of the same product")]
    TwoCategories,
    /// The product has no variant on sale then.
    #[error("must stay: it is the product's only one on sale, so take the product off sale")]
    LastOnSale,
    /// There is no such variant.
    #[error("is no variant: it may have been removed meanwhile")]
    NotFound,
    /// An earlier row is about the same variant.
    #[error("is about the same variant as an earlier row")]
    Twice,
}

/// A row that is refused, and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TableProblem {
    /// The row's index.
    pub row: usize,
    /// The column.
    pub column: TableColumn,
    /// Why.
    pub reason: TableReason,
}

/// What came of the form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TableOutcome {
    /// All is stored.
    Saved {
        /// The number of variants that have changed.
        changed: usize,
    },
    /// Rows are refused. Nothing was written.
    Invalid(Vec<TableProblem>),
    /// There are more than [`MAX_ROWS`]. Nothing was written.
    TooManyRows,
}

/// Saves the form. `reason` and `note` are about all changes of stock in it, which are made once
/// however often the form with this token is sent.
///
/// # Errors
/// If the database fails. Nothing was written then.
pub async fn save(
    database: &Database,
    zone: &TimeZone,
    rows: &[TableRow],
    reason: StockReason,
    note: &str,
    form: Option<&AttemptToken>,
    actor: &Actor,
) -> Result<TableOutcome, DbErr> {
    if rows.len() > MAX_ROWS {
        return Ok(TableOutcome::TooManyRows);
    }
    let touched: Vec<(usize, &TableRow)> = rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.typed != row.shown || !row.units.trim().is_empty())
        .collect();
    if touched.is_empty() {
        return Ok(TableOutcome::Saved { changed: 0 });
    }
    let transaction = database.begin_edit("save-table").await?;
    let mut table = Table::read(&transaction, &touched, zone).await?;
    table
        .find_done(&transaction, &touched, reason, form)
        .await?;
    let mut seen: BTreeSet<i64> = BTreeSet::new();
    for (index, row) in &touched {
        match seen.insert(row.variant) {
            true => table.row(*index, row, reason),
            false => table.problem(*index, TableColumn::Row, TableReason::Twice),
        }
    }
    table.check_products();
    if !table.problems.is_empty() {
        return Ok(TableOutcome::Invalid(table.problems));
    }
    let changed = table.write(&transaction, note, actor).await?;
    if changed > 0 {
        catalog_change::note(&transaction).await?;
        transaction.commit().await?;
    }
    Ok(TableOutcome::Saved { changed })
}

struct Table<'a> {
    zone: &'a TimeZone,
    /// By id, as they are stored.
    before: BTreeMap<i64, variant::Model>,
    /// By id, as they are to be stored, but for their stock.
    after: BTreeMap<i64, variant::Model>,
    /// All variants of their products that are on sale, or will be with them, by product.
    others_on_sale: HashMap<i64, BTreeSet<i64>>,
    products: BTreeMap<i64, product::Model>,
    /// Slugs by id.
    categories: HashMap<i64, String>,
    /// The new categories of products, with the row that gave it.
    moved: BTreeMap<i64, (usize, Option<i64>)>,
    /// The row that changed whether a variant is on sale, by product.
    switched: BTreeMap<i64, usize>,
    stock: BTreeMap<i64, StockChange>,
    /// The keys of the changes of stock, by variant.
    submissions: BTreeMap<i64, String>,
    /// The variants whose stock the same form has changed before.
    done: BTreeSet<i64>,
    problems: Vec<TableProblem>,
}

impl<'a> Table<'a> {
    /// Reads what the rows are about, and locks it.
    async fn read(
        transaction: &WriteTransaction,
        rows: &[(usize, &TableRow)],
        zone: &'a TimeZone,
    ) -> Result<Self, DbErr> {
        let wanted = variant::Entity::find()
            .filter(variant::Column::Id.is_in(rows.iter().map(|(_, row)| row.variant)))
            .order_by_asc(variant::Column::Id);
        let variants = locked(wanted).all(transaction).await?;
        let ids: BTreeSet<i64> = variants.iter().map(|variant| variant.product_id).collect();
        let products = product::Entity::find()
            .filter(product::Column::Id.is_in(ids.iter().copied()))
            .all(transaction)
            .await?;
        let all = variant::Entity::find()
            .filter(variant::Column::ProductId.is_in(ids))
            .all(transaction)
            .await?;
        let mut others_on_sale: HashMap<i64, BTreeSet<i64>> = HashMap::new();
        for variant in all.iter().filter(|variant| is_wanted(variant)) {
            let of = others_on_sale.entry(variant.product_id).or_default();
            of.insert(variant.id);
        }
        let categories = category::Entity::find().all(transaction).await?;
        let before: BTreeMap<i64, variant::Model> = variants
            .into_iter()
            .map(|variant| (variant.id, variant))
            .collect();
        Ok(Self {
            zone,
            after: before.clone(),
            before,
            others_on_sale,
            products: products
                .into_iter()
                .map(|product| (product.id, product))
                .collect(),
            categories: categories
                .into_iter()
                .map(|category| (category.id, category.slug))
                .collect(),
            moved: BTreeMap::new(),
            switched: BTreeMap::new(),
            stock: BTreeMap::new(),
            submissions: BTreeMap::new(),
            done: BTreeSet::new(),
            problems: Vec::new(),
        })
    }

    /// Finds the changes of stock that were made when the same form was sent before.
    async fn find_done(
        &mut self,
        transaction: &WriteTransaction,
        rows: &[(usize, &TableRow)],
        reason: StockReason,
        form: Option<&AttemptToken>,
    ) -> Result<(), DbErr> {
        let keys = rows.iter().filter_map(|(_, row)| {
            let key = stock::submission(form, row.variant, reason, &row.units)?;
            Some((row.variant, key))
        });
        self.submissions = keys.collect();
        let keys = self.submissions.values().map(String::as_str);
        self.done = stock::done(transaction, keys).await?;
        Ok(())
    }

    fn problem(&mut self, row: usize, column: TableColumn, reason: TableReason) {
        self.problems.push(TableProblem {
            row,
            column,
            reason,
        });
    }

    fn row(&mut self, index: usize, row: &TableRow, reason: StockReason) {
        let Some(mut variant) = self.after.get(&row.variant).cloned() else {
            self.problem(index, TableColumn::Row, TableReason::NotFound);
            return;
        };
        if row.typed.price.trim() != row.shown.price.trim() {
            self.price(index, row, &mut variant);
        }
        if row.typed.active != row.shown.active {
            self.active(index, row, &mut variant);
        }
        if row.typed.category != row.shown.category {
            self.category(index, row, variant.product_id);
        }
        if !row.units.trim().is_empty() && !self.done.contains(&row.variant) {
            self.units(index, row, &variant, reason);
        }
        self.after.insert(row.variant, variant);
    }

    fn price(&mut self, index: usize, row: &TableRow, variant: &mut variant::Model) {
        let column = TableColumn::Price;
        let Some(currency) = variant.currency.known() else {
            self.problem(index, column, TableReason::Field(Reason::Unknown));
            return;
        };
        let price = match field::price(&row.typed.price, currency) {
            Ok(price) => price,
            Err(problem) => {
                let reason = TableReason::Field(amount_reason(problem, currency));
                self.problem(index, column, reason);
                return;
            }
        };
        if price.amount.0 == variant.price {
            return;
        }
        if amount_text(variant.price, variant) != row.shown.price.trim() {
            self.problem(index, column, TableReason::ChangedMeanwhile);
            return;
        }
        // A price alone keeps a sale with dates that is below it, and ends others, as in an import.
        let mut prices = Prices::of(variant);
        match prices.apply(Some(price), &Given::Absent, self.zone) {
            Ok(()) => prices.store(variant),
            Err(PriceProblem::NotBelow { regular, .. }) => {
                let reason = TableReason::Field(Reason::NotBelow(regular));
                self.problem(index, column, reason);
            }
            Err(_) => {
                let reason = Reason::NotAnAmount(currency);
                self.problem(index, column, TableReason::Field(reason));
            }
        }
    }

    fn active(&mut self, index: usize, row: &TableRow, variant: &mut variant::Model) {
        if is_wanted(variant) == row.typed.active {
            return;
        }
        let id = variant.product_id;
        let on_sale = self.products.get(&id).is_some_and(|product| product.active);
        set_active(variant, on_sale, row.typed.active);
        let wanted = self.others_on_sale.entry(id).or_default();
        match row.typed.active {
            true => wanted.insert(variant.id),
            false => wanted.remove(&variant.id),
        };
        self.switched.insert(id, index);
    }

    fn category(&mut self, index: usize, row: &TableRow, id: i64) {
        let column = TableColumn::Category;
        let typed = row.typed.category.as_str();
        let found = self.categories.iter().find(|(_, slug)| *slug == typed);
        let category = found.map(|(id, _)| *id);
        if category.is_none() && !typed.is_empty() {
            self.problem(index, column, TableReason::Field(Reason::Unknown));
            return;
        }
        let stored = self
            .products
            .get(&id)
            .and_then(|product| product.category_id);
        if stored == category {
            return;
        }
        let slug = stored.and_then(|id| self.categories.get(&id));
        if slug.map_or("", String::as_str) != row.shown.category {
            self.problem(index, column, TableReason::ChangedMeanwhile);
            return;
        }
        let given = self.moved.insert(id, (index, category));
        if given.is_some_and(|(_, other)| other != category) {
            self.problem(index, column, TableReason::TwoCategories);
        }
    }

    fn units(
        &mut self,
        index: usize,
        row: &TableRow,
        variant: &variant::Model,
        reason: StockReason,
    ) {
        let column = TableColumn::Units;
        let max = field::MAX_STOCK;
        let counted = reason == StockReason::Counted;
        let min = if counted { 0 } else { -max };
        let Some(units) = field::whole(&row.units, min, max) else {
            let reason = TableReason::Field(Reason::NotANumber(min, max));
            self.problem(index, column, reason);
            return;
        };
        // Whoever types -2 takes two away, whatever the reason is called.
        let change = match units {
            0 if !counted => return,
            ..0 => Some(StockChange::Damaged(-units)),
            _ => StockChange::of(reason, units),
        };
        let change = change.map(|change| match change {
            // Units that were sold since the form was shown are not put back.
            StockChange::Counted { units, .. } => StockChange::Counted {
                units,
                shown: row.stock.trim().parse().ok(),
            },
            change => change,
        });
        let Some(change) = change else {
            self.problem(index, column, TableReason::Field(Reason::NotListed));
            return;
        };
        match stock::decide(variant, change) {
            Ok(_) | Err(StockOutcome::Unchanged { .. }) => {
                self.stock.insert(variant.id, change);
            }
            Err(StockOutcome::BelowHeld { stock, held }) => {
                self.problem(index, column, TableReason::BelowHeld { stock, held });
            }
            Err(StockOutcome::NotCounted) => {
                self.problem(index, column, TableReason::NotCounted);
            }
            Err(StockOutcome::ChangedMeanwhile { .. }) => {
                self.problem(index, column, TableReason::ChangedMeanwhile);
            }
            Err(_) => {
                let reason = TableReason::Field(Reason::NotANumber(min, max));
                self.problem(index, column, reason);
            }
        }
    }

    /// A product that is on sale keeps a variant that is.
    fn check_products(&mut self) {
        let without = self.switched.iter().filter(|(id, _)| {
            let on_sale = self.products.get(id).is_some_and(|product| product.active);
            let none = self.others_on_sale.get(id).is_none_or(BTreeSet::is_empty);
            on_sale && none
        });
        let rows: Vec<usize> = without.map(|(_, row)| *row).collect();
        for row in rows {
            self.problem(row, TableColumn::Active, TableReason::LastOnSale);
        }
    }

    /// Writes what differs, and returns the number of variants that have changed.
    async fn write(
        self,
        transaction: &WriteTransaction,
        note: &str,
        actor: &Actor,
    ) -> Result<usize, DbErr> {
        let write = Rows {
            transaction,
            now: clock::now(),
        };
        let mut changed: BTreeSet<i64> = BTreeSet::new();
        let mut products: BTreeMap<i64, Changed> = BTreeMap::new();
        for (id, after) in &self.after {
            let Some(before) = self.before.get(id).filter(|before| *before != after) else {
                continue;
            };
            write.update_variant(before, after.clone()).await?;
            changed.insert(*id);
            products
                .entry(after.product_id)
                .or_default()
                .add(before, after);
        }
        for (id, (_, category)) in &self.moved {
            let Some(before) = self.products.get(id) else {
                continue;
            };
            set_category(&write, before, *category).await?;
            let slug = |id: &Option<i64>| id.and_then(|id| self.categories.get(&id));
            let of = products.entry(*id).or_default();
            of.before
                .insert("category".to_owned(), json!(slug(&before.category_id)));
            of.after
                .insert("category".to_owned(), json!(slug(category)));
            let variants = self
                .before
                .values()
                .filter(|variant| variant.product_id == *id);
            changed.extend(variants.map(|variant| variant.id));
        }
        for (id, change) in &self.stock {
            let submission = self.submissions.get(id).cloned();
            let Some(variant) = self.before.get(id) else {
                continue;
            };
            let outcome =
                stock::apply(transaction, variant, *change, note, submission, actor).await?;
            if matches!(outcome, StockOutcome::Changed { .. }) {
                changed.insert(*id);
            }
        }
        let ids: Vec<i64> = products.keys().copied().collect();
        write.count_change(&ids).await?;
        listing::refresh(transaction, &ids).await?;
        for (id, of) in products {
            let slug = self.products.get(&id).map(|product| product.slug.clone());
            let entry = Entry {
                action: Action::UpdateProduct,
                kind: SubjectKind::Product,
                subject: slug.unwrap_or_default(),
                before: Some(Value::Object(of.before)),
                after: Some(Value::Object(of.after)),
            };
            audit::write(transaction, actor, entry).await?;
        }
        Ok(changed.len())
    }
}

/// What an entry of the audit log says of a product.
#[derive(Default)]
struct Changed {
    before: Map<String, Value>,
    after: Map<String, Value>,
}

impl Changed {
    fn add(&mut self, before: &variant::Model, after: &variant::Model) {
        let of = |variant: &variant::Model| {
            json!({
                "price": amount_text(variant.price, variant),
                "sale_price": variant.sale_price.map(|price| amount_text(price, variant)),
                "active": is_wanted(variant),
            })
        };
        let (was, is) = audit::differences(Some(of(before)), Some(of(after)));
        self.before.extend(was.map(|was| (before.sku.clone(), was)));
        self.after.extend(is.map(|is| (before.sku.clone(), is)));
    }
}

/// Whether a variant is on sale, or will be once its product is.
fn is_wanted(variant: &variant::Model) -> bool {
    variant.active || variant.archived_with_product
}

async fn set_category(
    write: &Rows<'_>,
    product: &product::Model,
    category: Option<i64>,
) -> Result<(), DbErr> {
    use sea_orm::sea_query::Expr;
    product::Entity::update_many()
        .col_expr(product::Column::CategoryId, Expr::value(category))
        .col_expr(product::Column::UpdatedAt, Expr::value(write.now))
        .filter(product::Column::Id.eq(product.id))
        .exec(write.transaction)
        .await
        .map(|_| ())
}
