//! What differs between what is stored and what was to be saved.

use std::collections::BTreeMap;

use leptos::prelude::*;
use shop::catalog::editing::{ProductForm, VariantForm};
use ui::language::texts;

use super::label;
use ui::rendered::Rendered;

/// Both values of each field that differs, side by side.
#[component]
pub(super) fn Differences(id: i64, theirs: ProductForm, yours: ProductForm) -> impl IntoView {
    let texts = texts();
    let rows = differences(&theirs, &yours).into_iter().map(|row| {
        let name = label(row.field, texts);
        let name = match row.of.is_empty() {
            true => name.into_owned(),
            false => format!("{}: {name}", row.of),
        };
        view! {
            <tr>
                <td data-label=texts.admin_product_conflict_field() dir="auto">{name}</td>
                <td data-label=texts.admin_product_conflict_theirs() dir="auto">{row.theirs}</td>
                <td data-label=texts.admin_product_conflict_yours() dir="auto">{row.yours}</td>
            </tr>
        }
    });
    view! {
        <section class="admin-card" id="differences">
            <h2>{texts.admin_product_conflict_heading()}</h2>
            <table class="rows">
                <thead><tr>
                    <th>{texts.admin_product_conflict_field()}</th>
                    <th>{texts.admin_product_conflict_theirs()}</th>
                    <th>{texts.admin_product_conflict_yours()}</th>
                </tr></thead>
                <tbody>{rows.collect_view()}</tbody>
            </table>
            <p><a href=format!("/admin/products/{id}")>{texts.admin_product_open_theirs()}</a></p>
        </section>
    }
    .rendered()
}

#[derive(Debug, PartialEq, Eq)]
struct Difference {
    /// The SKU of a variant or the code of a language; empty: the product itself.
    of: String,
    field: &'static str,
    theirs: String,
    yours: String,
}

fn differences(theirs: &ProductForm, yours: &ProductForm) -> Vec<Difference> {
    let mut all = Vec::new();
    compare("", product(theirs), product(yours), &mut all);
    let languages = theirs.texts.keys().chain(yours.texts.keys());
    let languages: std::collections::BTreeSet<&String> = languages.collect();
    for code in languages {
        let of = |form: &ProductForm| {
            let text = form.texts.get(code).cloned().unwrap_or_default();
            [("name", text.name), ("description", text.description)]
        };
        compare(code, of(theirs), of(yours), &mut all);
    }
    let by_id = |form: &ProductForm| -> BTreeMap<i64, VariantForm> {
        let variants = form.variants.iter();
        variants
            .filter_map(|variant| Some((variant.id?, variant.clone())))
            .collect()
    };
    let (theirs_by_id, yours_by_id) = (by_id(theirs), by_id(yours));
    for (id, theirs) in &theirs_by_id {
        let missing = VariantForm::default();
        let yours = yours_by_id.get(id).unwrap_or(&missing);
        compare(&theirs.sku, variant(theirs), variant(yours), &mut all);
    }
    let added = yours.variants.iter().filter(|variant| variant.id.is_none());
    for added in added.filter(|added| !added.sku.is_empty()) {
        let none = variant(&VariantForm::default());
        compare(&added.sku, none, variant(added), &mut all);
    }
    all
}

fn compare<const N: usize>(
    of: &str,
    theirs: [(&'static str, String); N],
    yours: [(&'static str, String); N],
    all: &mut Vec<Difference>,
) {
    for ((field, theirs), (_, yours)) in theirs.into_iter().zip(yours) {
        // Browsers send line breaks as CRLF.
        if theirs.trim() != yours.replace("\r\n", "\n").trim() {
            all.push(Difference {
                of: of.to_owned(),
                field,
                theirs,
                yours,
            });
        }
    }
}

fn sign(value: bool) -> String {
    if value { "✓" } else { "–" }.to_owned()
}

fn product(form: &ProductForm) -> [(&'static str, String); 12] {
    let form = form.clone();
    [
        ("name", form.name),
        ("slug", form.slug),
        ("description", form.description),
        ("category", form.category),
        ("brand", form.brand),
        ("currency", form.currency),
        ("on_sale", sign(form.on_sale)),
        ("manufacturer_name", form.manufacturer_name),
        ("manufacturer_address", form.manufacturer_address),
        ("manufacturer_contact", form.manufacturer_contact),
        ("responsible_person", form.responsible_person),
        ("safety", form.safety),
    ]
}

fn variant(form: &VariantForm) -> [(&'static str, String); 13] {
    let form = form.clone();
    [
        ("sku", form.sku),
        ("variant_name", form.name),
        ("price", form.price),
        ("sale_price", form.sale_price),
        ("sale_from", form.sale_from),
        ("sale_until", form.sale_until),
        ("max_per_order", form.max_per_order),
        ("weight_grams", form.weight_grams),
        ("gtin", form.gtin),
        ("content_amount", form.content_amount),
        ("content_unit", form.content_unit),
        ("tax_code", form.tax_code),
        ("active", sign(form.active)),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_differs_is_shown() {
        let mut theirs = ProductForm {
            name: "Pen".to_owned(),
            description: "a\nb".to_owned(),
            ..ProductForm::default()
        };
        theirs.variants.push(VariantForm {
            id: Some(1),
            sku: "PEN".to_owned(),
            price: "5.00".to_owned(),
            ..VariantForm::default()
        });
        let mut yours = theirs.clone();
        yours.description = "a\r\nb".to_owned();
        assert_eq!(differences(&theirs, &yours), []);
        yours.name = "Quill".to_owned();
        yours.variants[0].price = "6".to_owned();
        let found = differences(&theirs, &yours);
        let found: Vec<_> = found
            .iter()
            .map(|row| (row.of.as_str(), row.field, row.yours.as_str()))
            .collect();
        assert_eq!(found, [("", "name", "Quill"), ("PEN", "price", "6")]);
    }
}
