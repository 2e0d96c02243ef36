//! Products' texts in the languages of shoppers.

use std::collections::{BTreeMap, HashMap};

use locale::Language;
use product_file::ProductText;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};

use crate::entity::{product, product_text};

/// The names that products have in this language, by their ids; only those that have one of their
/// own.
///
/// # Errors
/// If the database fails.
pub(crate) async fn names(
    connection: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
    language: Language,
) -> Result<HashMap<i64, String>, DbErr> {
    let texts = in_language(connection, ids, language).await?;
    let names = texts.into_iter();
    Ok(names
        .filter_map(|(id, text)| Some((id, text.name?)))
        .collect())
}

/// Products' texts in this language, by the products' ids.
async fn in_language(
    connection: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
    language: Language,
) -> Result<HashMap<i64, product_text::Model>, DbErr> {
    let texts = product_text::Entity::find()
        .filter(product_text::Column::ProductId.is_in(ids))
        .filter(product_text::Column::Language.eq(language.code()))
        .all(connection)
        .await?;
    Ok(texts
        .into_iter()
        .map(|text| (text.product_id, text))
        .collect())
}

/// Texts by products' ids, as they are stored. At most some hundred ids.
pub(super) async fn read(
    connection: &impl ConnectionTrait,
    ids: impl IntoIterator<Item = i64>,
) -> Result<HashMap<i64, Localized>, DbErr> {
    let rows = product_text::Entity::find()
        .filter(product_text::Column::ProductId.is_in(ids))
        .all(connection)
        .await?;
    let mut texts: HashMap<i64, Localized> = HashMap::new();
    for row in rows {
        let of = texts.entry(row.product_id).or_default();
        // A language that only a newer version knows stays as it is, and is not exported.
        if let Ok(language) = row.language.parse::<Language>() {
            let name = row.name.map(|name| (ProductText::Name(language), name));
            let description = row.description;
            let description = description.map(|text| (ProductText::Description(language), text));
            of.extend(name.into_iter().chain(description));
        }
    }
    Ok(texts)
}

/// The texts of one product in languages.
pub(super) type Localized = BTreeMap<ProductText, String>;

/// The rows of `product_text` for a product's texts.
pub(super) fn rows(product_id: i64, texts: &Localized) -> Vec<product_text::Model> {
    let of = |text| texts.get(&text).cloned();
    let rows = Language::all().map(|language| product_text::Model {
        product_id,
        language: language.code().to_owned(),
        name: of(ProductText::Name(language)),
        description: of(ProductText::Description(language)),
    });
    rows.filter(|row| row.name.is_some() || row.description.is_some())
        .collect()
}

/// The column of a product with this text. `None` if it is a text in a language.
pub(super) fn column(product: &mut product::Model, text: ProductText) -> Option<&mut String> {
    match text {
        ProductText::Name(_) | ProductText::Description(_) => None,
        ProductText::ManufacturerName => Some(&mut product.manufacturer_name),
        ProductText::ManufacturerAddress => Some(&mut product.manufacturer_address),
        ProductText::ManufacturerContact => Some(&mut product.manufacturer_contact),
        ProductText::ResponsiblePerson => Some(&mut product.responsible_person),
        ProductText::Safety => Some(&mut product.safety),
    }
}

/// The texts that some product has, in the order of [`ProductText::all`].
pub(super) async fn used(connection: &impl ConnectionTrait) -> Result<Vec<ProductText>, DbErr> {
    let mut used = Vec::new();
    for text in ProductText::all() {
        if is_used(connection, text).await? {
            used.push(text);
        }
    }
    Ok(used)
}

async fn is_used(connection: &impl ConnectionTrait, text: ProductText) -> Result<bool, DbErr> {
    let (language, column) = match text {
        ProductText::Name(language) => (language, product_text::Column::Name),
        ProductText::Description(language) => (language, product_text::Column::Description),
        ProductText::ManufacturerName => {
            return exists(connection, product::Column::ManufacturerName).await;
        }
        ProductText::ManufacturerAddress => {
            return exists(connection, product::Column::ManufacturerAddress).await;
        }
        ProductText::ManufacturerContact => {
            return exists(connection, product::Column::ManufacturerContact).await;
        }
        ProductText::ResponsiblePerson => {
            return exists(connection, product::Column::ResponsiblePerson).await;
        }
        ProductText::Safety => return exists(connection, product::Column::Safety).await,
    };
    let found = product_text::Entity::find()
        .filter(product_text::Column::Language.eq(language.code()))
        .filter(column.is_not_null())
        .one(connection)
        .await?;
    Ok(found.is_some())
}

async fn exists(connection: &impl ConnectionTrait, column: product::Column) -> Result<bool, DbErr> {
    let found = product::Entity::find().filter(column.ne(""));
    Ok(found.one(connection).await?.is_some())
}
