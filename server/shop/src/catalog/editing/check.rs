//! Reads a form into the rows that are to be stored, and says what does not fit.

use std::collections::{BTreeMap, HashMap, HashSet};

use locale::Language;
use product_file::field::{self, AmountProblem, TextProblem};
use product_file::{Content, ContentUnit, Given, MAX_PRICE, ProductText, Sale};
use till_core::money::{Currency, MinorUnit, Money};
use till_core::quantity::Quantity;
use time::{Date, OffsetDateTime};

use super::form::{ProductForm, VariantForm};
use super::{Field, FieldProblem, Reason, VariantField};
use crate::catalog::MAX_VARIANTS;
use crate::catalog::checks::{self, MAX_FULL_NAME_CHARACTERS, Misfit};
use crate::catalog::import::DEFAULT_MAX_PER_ORDER;
use crate::catalog::import::write::content_columns;
use crate::catalog::prices::{PriceProblem, Prices};
use crate::catalog::rows::next_change;
use crate::catalog::stored::Stored;
use crate::catalog::texts::Localized;
use crate::entity::variant;
use crate::time_zone::TimeZone;

/// What a form is read against.
pub(super) struct Context<'a> {
    /// Ids of categories by slug.
    pub(super) categories: &'a HashMap<String, i64>,
    /// The time zone of the days of sales.
    pub(super) zone: &'a TimeZone,
    pub(super) now: OffsetDateTime,
}

/// Applies a form to a product, which is a blank one if the form is about a new one. Its slug and
/// SKUs may still be those of others.
///
/// # Errors
/// What does not fit.
pub(super) fn apply(
    form: &ProductForm,
    stored: &Stored,
    context: &Context<'_>,
) -> Result<Stored, Vec<FieldProblem>> {
    let mut reader = Reader {
        context,
        problems: Vec::new(),
    };
    let mut after = stored.clone();
    reader.product(form, &mut after);
    reader.texts(form, &mut after.texts);
    after.variants = reader.variants(form, stored);
    after.product.active = form.on_sale;
    after.product.listed |= form.on_sale;
    if form.on_sale && !form.variants.is_empty() && !form.variants.iter().any(|form| form.active) {
        reader.problem(Field::Variants, Reason::NoneOnSale);
    }
    reader.check_together(form, &after);
    match reader.problems.is_empty() {
        true => Ok(after),
        false => Err(reader.problems),
    }
}

struct Reader<'a> {
    context: &'a Context<'a>,
    problems: Vec<FieldProblem>,
}

impl Reader<'_> {
    fn problem(&mut self, field: Field, reason: Reason) {
        self.problems.push(FieldProblem { field, reason });
    }

    fn text(&mut self, field: Field, read: Result<String, TextProblem>) -> String {
        read.unwrap_or_else(|problem| {
            self.problem(field, text_reason(problem));
            String::new()
        })
    }

    fn line(&mut self, field: Field, typed: &str, max: usize) -> String {
        self.text(field, field::line(typed, max))
    }

    fn required(&mut self, field: Field, typed: &str, max: usize) -> String {
        let count = self.problems.len();
        let line = self.line(field, typed, max);
        if line.is_empty() && self.problems.len() == count {
            self.problem(field, Reason::Missing);
        }
        line
    }

    fn product(&mut self, form: &ProductForm, after: &mut Stored) {
        let product = &mut after.product;
        product.name = self.required(Field::Name, &form.name, field::MAX_NAME_CHARACTERS);
        product.slug = self.slug(form, &product.name, product.id == 0);
        let description = field::lines(&form.description, field::MAX_DESCRIPTION_CHARACTERS);
        product.description = self.text(Field::Description, description);
        product.brand = self.line(Field::Brand, &form.brand, field::MAX_GROUP_CHARACTERS);
        product.category_id = match form.category.as_str() {
            "" => None,
            slug => {
                let known = self.context.categories.get(slug).copied();
                if known.is_none() {
                    self.problem(Field::Category, Reason::Unknown);
                }
                known
            }
        };
        let max = field::max_characters;
        product.manufacturer_name = self.line(
            Field::ManufacturerName,
            &form.manufacturer_name,
            max(ProductText::ManufacturerName),
        );
        product.manufacturer_contact = self.line(
            Field::ManufacturerContact,
            &form.manufacturer_contact,
            max(ProductText::ManufacturerContact),
        );
        for (field, text, typed, column) in [
            (
                Field::ManufacturerAddress,
                ProductText::ManufacturerAddress,
                &form.manufacturer_address,
                &mut product.manufacturer_address,
            ),
            (
                Field::ResponsiblePerson,
                ProductText::ResponsiblePerson,
                &form.responsible_person,
                &mut product.responsible_person,
            ),
            (
                Field::Safety,
                ProductText::Safety,
                &form.safety,
                &mut product.safety,
            ),
        ] {
            *column = self.text(field, field::lines(typed, max(text)));
        }
    }

    /// The slug that was typed; for a new product also one that is made of its name.
    fn slug(&mut self, form: &ProductForm, name: &str, is_new: bool) -> String {
        let typed = form.slug.trim();
        if typed.is_empty() && !is_new {
            self.problem(Field::Slug, Reason::Missing);
        } else if typed.is_empty() {
            return slug_of(name);
        }
        if !typed.is_empty() && !field::is_slug(typed) {
            self.problem(Field::Slug, Reason::NotASlug);
        }
        typed.to_owned()
    }

    fn texts(&mut self, form: &ProductForm, texts: &mut Localized) {
        for language in Language::all() {
            let Some(typed) = form.texts.get(language.code()) else {
                continue;
            };
            let name = Field::NameIn(language);
            let name = self.line(name, &typed.name, field::MAX_NAME_CHARACTERS);
            let description = field::lines(&typed.description, field::MAX_DESCRIPTION_CHARACTERS);
            let description = self.text(Field::DescriptionIn(language), description);
            for (text, value) in [
                (ProductText::Name(language), name),
                (ProductText::Description(language), description),
            ] {
                match value.is_empty() {
                    true => texts.remove(&text),
                    false => texts.insert(text, value),
                };
            }
        }
    }

    /// The variants by their new SKUs. Those that the form leaves out stay, off sale.
    fn variants(
        &mut self,
        form: &ProductForm,
        stored: &Stored,
    ) -> BTreeMap<String, variant::Model> {
        let Ok(currency) = form.currency.parse::<Currency>() else {
            self.problem(Field::Currency, Reason::Unknown);
            return BTreeMap::new();
        };
        let known: HashMap<i64, &variant::Model> = stored
            .variants
            .values()
            .map(|variant| (variant.id, variant))
            .collect();
        let mut all: BTreeMap<String, variant::Model> = BTreeMap::new();
        let mut given: HashSet<i64> = HashSet::new();
        for (index, (typed, position)) in form.variants.iter().zip(1_i64..).enumerate() {
            let before = match typed.id {
                None => None,
                Some(id) => match known.get(&id).filter(|_| given.insert(id)) {
                    Some(before) => Some((*before).clone()),
                    None => {
                        let field = Field::Variant(index, VariantField::Id);
                        self.problem(field, Reason::OtherProduct);
                        continue;
                    }
                },
            };
            let before = before.unwrap_or_else(|| self.blank(stored.product.id, currency));
            let mut variant = self.variant(index, typed, &before, currency);
            variant.position = position;
            set_active(&mut variant, form.on_sale, typed.active);
            if !variant.sku.is_empty() && all.contains_key(&variant.sku) {
                let field = Field::Variant(index, VariantField::Sku);
                self.problem(field, Reason::Twice);
                continue;
            }
            all.insert(variant.sku.clone(), variant);
        }
        let mut last = i64::try_from(form.variants.len()).unwrap_or(i64::MAX);
        for (id, variant) in known {
            if !given.contains(&id) && !all.contains_key(&variant.sku) {
                let mut variant = variant.clone();
                last = last.saturating_add(1);
                variant.position = last;
                set_active(&mut variant, form.on_sale, false);
                all.insert(variant.sku.clone(), variant);
            }
        }
        all
    }

    fn blank(&self, product: i64, currency: Currency) -> variant::Model {
        let now = self.context.now;
        variant::Model {
            id: 0,
            product_id: product,
            position: 0,
            sku: String::new(),
            name: String::new(),
            price: 0,
            currency: currency.into(),
            stock: None,
            held: 0,
            max_per_order: DEFAULT_MAX_PER_ORDER,
            weight_grams: None,
            gtin: None,
            content_amount: None,
            content_unit: None,
            tax_code: None,
            sale_price: None,
            sale_from: None,
            sale_until: None,
            sale_begins: None,
            sale_ends: None,
            price_changes_at: None,
            price_recorded_until: now,
            active: false,
            archived_with_product: false,
            listed: false,
            created_at: now,
            updated_at: now,
        }
    }

    fn variant(
        &mut self,
        index: usize,
        typed: &VariantForm,
        before: &variant::Model,
        currency: Currency,
    ) -> variant::Model {
        let at = |field| Field::Variant(index, field);
        let mut variant = before.clone();
        variant.sku = self.required(
            at(VariantField::Sku),
            &typed.sku,
            field::MAX_CODE_CHARACTERS,
        );
        variant.name = self.line(
            at(VariantField::Name),
            &typed.name,
            field::MAX_NAME_CHARACTERS,
        );
        let max = i64::from(Quantity::MAX);
        let limit = self.number(at(VariantField::MaxPerOrder), &typed.max_per_order, 1, max);
        variant.max_per_order = limit.unwrap_or(DEFAULT_MAX_PER_ORDER);
        let weight = at(VariantField::Weight);
        variant.weight_grams = self.number(weight, &typed.weight_grams, 1, field::MAX_WEIGHT);
        variant.gtin = self.code(
            at(VariantField::Gtin),
            field::gtin(&typed.gtin),
            &typed.gtin,
            Reason::NotAGtin,
        );
        variant.tax_code = self.code(
            at(VariantField::TaxCode),
            field::tax_code(&typed.tax_code),
            &typed.tax_code,
            Reason::NotATaxCode,
        );
        self.content(index, typed, &mut variant);
        self.prices(index, typed, &mut variant, currency);
        if variant.id == 0 {
            let stock = at(VariantField::Stock);
            variant.stock = self.number(stock, &typed.stock, 0, field::MAX_STOCK);
            variant.price_changes_at = next_change(&variant);
        }
        variant
    }

    /// A whole number, or none if nothing is typed.
    fn number(&mut self, field: Field, typed: &str, min: i64, max: i64) -> Option<i64> {
        if typed.trim().is_empty() {
            return None;
        }
        let number = field::whole(typed, min, max);
        if number.is_none() {
            self.problem(field, Reason::NotANumber(min, max));
        }
        number
    }

    fn code(
        &mut self,
        field: Field,
        read: Option<String>,
        typed: &str,
        reason: Reason,
    ) -> Option<String> {
        if read.is_none() && !typed.trim().is_empty() {
            self.problem(field, reason);
        }
        read
    }

    fn content(&mut self, index: usize, typed: &VariantForm, variant: &mut variant::Model) {
        let at = |field| Field::Variant(index, field);
        let (amount, unit) = (typed.content_amount.trim(), typed.content_unit.trim());
        (variant.content_amount, variant.content_unit) = (None, None);
        if amount.is_empty() && unit.is_empty() {
            return;
        }
        let thousandths = field::thousandths(amount);
        let known = ContentUnit::parse(unit);
        match (thousandths, known) {
            (Some(thousandths), Some(unit)) => {
                let content = Content { thousandths, unit };
                (variant.content_amount, variant.content_unit) = content_columns(content);
            }
            (None, _) if amount.is_empty() => {
                self.problem(at(VariantField::ContentAmount), Reason::Incomplete);
            }
            (None, _) => self.problem(at(VariantField::ContentAmount), Reason::NotAContent),
            (_, None) if unit.is_empty() => {
                self.problem(at(VariantField::ContentUnit), Reason::Incomplete);
            }
            (_, None) => self.problem(at(VariantField::ContentUnit), Reason::NotListed),
        }
    }

    fn prices(
        &mut self,
        index: usize,
        typed: &VariantForm,
        variant: &mut variant::Model,
        currency: Currency,
    ) {
        let at = |field| Field::Variant(index, field);
        let count = self.problems.len();
        if typed.price.trim().is_empty() {
            self.problem(at(VariantField::Price), Reason::Missing);
            return;
        }
        let price = self.amount(at(VariantField::Price), &typed.price, currency);
        let from = self.day(at(VariantField::SaleFrom), &typed.sale_from);
        let until = self.day(at(VariantField::SaleUntil), &typed.sale_until);
        if let (Some(from), Some(until)) = (from, until)
            && until < from
        {
            self.problem(at(VariantField::SaleUntil), Reason::EndsBeforeItBegins);
        }
        let sale = if typed.sale_price.trim().is_empty() {
            if from.is_some() || until.is_some() {
                self.problem(at(VariantField::SalePrice), Reason::SaleWithoutPrice);
            }
            Given::Empty
        } else {
            let reduced = self.amount(at(VariantField::SalePrice), &typed.sale_price, currency);
            match reduced {
                Some(price) => Given::Value(Sale { price, from, until }),
                None => return,
            }
        };
        if self.problems.len() > count {
            return;
        }
        let mut prices = Prices::of(variant);
        match prices.apply(price, &sale, self.context.zone) {
            Ok(()) => prices.store(variant),
            Err(PriceProblem::NotBelow { regular, .. }) => {
                self.problem(at(VariantField::SalePrice), Reason::NotBelow(regular));
            }
            Err(PriceProblem::DayOutOfRange { day }) => {
                let field = match from == Some(day) {
                    true => VariantField::SaleFrom,
                    false => VariantField::SaleUntil,
                };
                self.problem(at(field), Reason::NotADay);
            }
            Err(PriceProblem::OtherCurrency { .. }) => {
                self.problem(Field::Currency, Reason::Unknown);
            }
        }
    }

    fn amount(&mut self, field: Field, typed: &str, currency: Currency) -> Option<Money> {
        match field::price(typed, currency) {
            Ok(money) => Some(money),
            Err(problem) => {
                self.problem(field, amount_reason(problem, currency));
                None
            }
        }
    }

    fn day(&mut self, field: Field, typed: &str) -> Option<Date> {
        if typed.trim().is_empty() {
            return None;
        }
        let day = field::day(typed);
        if day.is_none() {
            self.problem(field, Reason::NotADay);
        }
        day
    }

    /// What must hold for all variants together, which the import checks too.
    fn check_together(&mut self, form: &ProductForm, after: &Stored) {
        if form.variants.is_empty() {
            self.problem(Field::Variants, Reason::NoVariant);
        }
        let variants = after.variants.values();
        for found in checks::check(&after.product.name, variants, |_| None) {
            let index = form
                .variants
                .iter()
                .position(|variant| variant.sku.trim() == found.sku);
            let name = index.map_or(Field::Variants, |index| {
                Field::Variant(index, VariantField::Name)
            });
            let (field, reason) = match found.misfit {
                Misfit::TooMany => (Field::Variants, Reason::TooManyVariants(MAX_VARIANTS)),
                Misfit::Unnamed => (name, Reason::Unnamed),
                Misfit::SameName => (name, Reason::Twice),
                Misfit::Currency => (Field::Currency, Reason::Unknown),
                Misfit::LongName => (name, Reason::NamesTooLong(MAX_FULL_NAME_CHARACTERS)),
            };
            self.problem(field, reason);
        }
    }
}

/// The slug that is made of a product's name.
pub(super) fn slug_of(name: &str) -> String {
    let made = product_file::slug_of(name, field::MAX_CODE_CHARACTERS);
    match made.is_empty() {
        true => "product".to_owned(),
        false => made,
    }
}

/// Sets whether a variant is on sale: with its product, or once that is.
pub(in crate::catalog) fn set_active(variant: &mut variant::Model, product: bool, wanted: bool) {
    variant.active = product && wanted;
    variant.archived_with_product = !product && wanted;
    variant.listed |= variant.active;
}

pub(in crate::catalog) fn text_reason(problem: TextProblem) -> Reason {
    match problem {
        TextProblem::TooLong(max) => Reason::TooLong(max),
        TextProblem::Characters => Reason::Characters,
    }
}

pub(in crate::catalog) fn amount_reason(problem: AmountProblem, currency: Currency) -> Reason {
    match problem {
        AmountProblem::NotAnAmount => Reason::NotAnAmount(currency),
        AmountProblem::Ambiguous => Reason::AmbiguousAmount(currency),
        AmountProblem::OutOfRange => Reason::PriceOutOfRange(MinorUnit(MAX_PRICE).of(currency)),
        AmountProblem::NotAStep => Reason::NotAStep(MinorUnit(currency.step()).of(currency)),
    }
}
